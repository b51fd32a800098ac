//! Reads all streams: producers read bytes, workers read blocks, and seams put them in order.
//!
//! Streams are dealt out to *lines of work*; within one, everything happens in the order of its streams. An output that
//! needs all records in order asks for one line; otherwise there are as many as threads, so that several compressed
//! streams are decompressed at once. Every queue is bounded: blocks that were read and not yet put in order hold a permit.

use super::dating::Dating;
use super::order::{Boundaries, Order, Turn, words};
use super::produce::produce;
use super::seam::SourceContext;
use super::worker::{Note, Notes, Worker};
use crate::gather::Budget;
use crate::input::{Block, Original, ReadOptions, Stream};
use crate::model::{Batch, KeyRules, SkipReason, SourceId, Symbols};
use crate::record::custom::Pattern;
use crate::record::timestamp::Zone;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Gives the user's own formats for a source's name.
pub type Patterns = Arc<dyn Fn(&str) -> Vec<Pattern> + Send + Sync>;

/// How to read.
#[derive(Clone)]
pub struct Settings {
    /// Threads that read blocks; at least 1.
    pub threads: usize,
    /// Block sizes and limits.
    pub read: ReadOptions,
    /// Zone of times that state none.
    pub zone: Zone,
    /// Names the service of records that name none, in place of their path.
    pub service: Option<String>,
    /// The user's own formats: a test of the source's name, and the pattern.
    pub patterns: Patterns,
    /// Names of values that join transactions or never do, as the user says.
    pub keys: Arc<KeyRules>,
    /// What outputs want of each record.
    pub note: Option<Note>,
    /// Keep the text of sources that cannot be read again.
    pub keep_text: bool,
    /// How much memory there is for events and what is made of them.
    pub memory: Budget,
    /// Bytes read so far, before decompression; for showing progress.
    pub progress: Arc<AtomicU64>,
}

impl Default for Settings {
    /// One thread, UTC, no formats of the user's own; no text is kept.
    fn default() -> Settings {
        Settings {
            threads: 1,
            read: ReadOptions::default(),
            zone: Zone::utc(),
            service: None,
            patterns: Arc::new(|_| Vec::new()),
            keys: Arc::default(),
            note: None,
            keep_text: false,
            memory: Budget::default(),
            progress: Arc::default(),
        }
    }
}

/// Where the text of a source can be had again.
#[derive(Debug)]
pub enum Text {
    /// In its file.
    File(Original),
    /// In a temporary file that holds its decoded content.
    Spooled(File),
    /// Nowhere.
    Gone,
}

/// A source that was read.
#[derive(Debug)]
pub struct SourceRead {
    /// Its name.
    pub name: Arc<str>,
    /// How its times were completed.
    pub dating: Dating,
    /// Decoded bytes.
    pub bytes: u64,
    /// Physical lines.
    pub lines: u64,
    /// Where its text can be had again.
    pub text: Text,
    /// How it was read; for reading parts of it again.
    pub context: Arc<SourceContext>,
    /// What was passed over in it: reason, how often, and the first line (from 1) where lines are meant.
    pub skipped: Vec<(SkipReason, u64, Option<u64>)>,
}

/// What became of a run of reading.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The sources; events name them by index here.
    pub sources: Vec<SourceRead>,
    /// What was left out without being a source.
    pub skipped: Vec<(SkipReason, String, u64)>,
    /// Texts of names that paths gave.
    pub symbols: Symbols,
    /// Errors of this program: a worker that panicked, with source and offset.
    pub failures: Vec<String>,
    /// The run was stopped from outside.
    pub stopped: bool,
}

/// Takes events of one line of work.
pub trait Taker: Send {
    /// Events of a source, in the order of its lines; sources follow each other.
    fn take(&mut self, source: SourceId, name: &str, batch: Batch, notes: Notes);
}

/// A block to be read.
pub(super) struct Job {
    pub(super) line: usize,
    pub(super) turn: u64,
    pub(super) block: Block,
    pub(super) context: Arc<SourceContext>,
    pub(super) hint: Boundaries,
    pub(super) first: bool,
}

/// One line of work: what waits for its turn, and what is done in order.
struct Work<'t> {
    next: AtomicU64,
    waiting: Mutex<BTreeMap<u64, Turn>>,
    order: Mutex<Order<'t>>,
}

/// What all threads of a run of reading share.
pub(super) struct Shared<'t> {
    pub(super) settings: &'t Settings,
    pub(super) streams: &'t [Stream],
    pub(super) next_stream: AtomicUsize,
    pub(super) next_source: AtomicU32,
    lines: Vec<Work<'t>>,
    pub(super) permits: (Sender<()>, Receiver<()>),
    pub(super) skipped: Mutex<Vec<(SkipReason, String, u64)>>,
    pub(super) symbols: Mutex<Symbols>,
}

/// Reads the streams and hands all events to the takers: one line of work a taker.
pub fn read<'t>(streams: &'t [Stream], settings: &'t Settings, takers: Vec<Box<dyn Taker + 't>>) -> Outcome {
    let permits = bounded((settings.threads * 4).max(4));
    for _ in 0..(settings.threads * 4).max(4) {
        let _ = permits.0.send(());
    }
    let line = |taker| Work {
        next: AtomicU64::new(0),
        waiting: Mutex::default(),
        order: Mutex::new(Order::new(taker)),
    };
    let shared = Shared {
        settings,
        streams,
        next_stream: AtomicUsize::new(0),
        next_source: AtomicU32::new(0),
        lines: takers.into_iter().map(line).collect(),
        permits,
        skipped: Mutex::default(),
        symbols: Mutex::default(),
    };
    if settings.threads <= 1 {
        let mut worker = Worker::default();
        for line in 0..shared.lines.len() {
            produce(&shared, line, &mut |job| work(&shared, &mut worker, job));
        }
    } else {
        let (send, receive) = bounded::<Job>(settings.threads * 2);
        std::thread::scope(|scope| {
            for _ in 0..settings.threads {
                let receive = receive.clone();
                let shared = &shared;
                scope.spawn(move || {
                    let mut worker = Worker::default();
                    for job in receive {
                        work(shared, &mut worker, job);
                    }
                });
            }
            drop(receive);
            for line in 0..shared.lines.len() {
                let send = send.clone();
                let shared = &shared;
                scope.spawn(move || {
                    produce(shared, line, &mut |job| {
                        // workers live as long as there are jobs
                        let _ = send.send(job);
                    });
                });
            }
            drop(send);
        });
    }
    outcome(shared)
}

fn outcome(shared: Shared<'_>) -> Outcome {
    let stopped = shared.settings.read.stop.is_set();
    let mut outcome = Outcome {
        stopped,
        skipped: into(shared.skipped),
        symbols: into(shared.symbols),
        ..Outcome::default()
    };
    outcome.skipped.sort();
    let mut sources = Vec::new();
    for line in shared.lines {
        let order = into(line.order);
        sources.extend(order.done);
        outcome.failures.extend(order.failures);
    }
    sources.sort_by_key(|(id, _)| *id);
    outcome.sources = sources.into_iter().map(|(_, source)| source).collect();
    outcome
}

fn into<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a block and lets it have its turn.
fn work(shared: &Shared<'_>, worker: &mut Worker, job: Job) {
    if job.context.document {
        // its elements are cut in order
        return settle(shared, job.line, job.turn, Turn::Read { block: job.block, read: Box::default() });
    }
    let entry = if job.first { Vec::new() } else { lock(&job.hint).clone() };
    let context = &job.context;
    let read = catch_unwind(AssertUnwindSafe(|| {
        worker.block(job.block.bytes(), &context.profile, &context.defaults, &entry, context.note)
    }));
    let turn = match read {
        Ok(read) => Turn::Read { block: job.block, read: Box::new(read) },
        Err(panic) => {
            *worker = Worker::default();
            Turn::Failed { block: job.block, what: words(&*panic) }
        }
    };
    settle(shared, job.line, job.turn, turn);
}

/// Lets a turn wait until all before it were taken, and takes those whose time has come.
pub(super) fn settle(shared: &Shared<'_>, line: usize, number: u64, turn: Turn) {
    let work = &shared.lines[line];
    lock(&work.waiting).insert(number, turn);
    loop {
        let Ok(mut order) = work.order.try_lock() else { return };
        loop {
            let next = work.next.load(Ordering::Acquire);
            let Some(turn) = lock(&work.waiting).remove(&next) else { break };
            let held = turn.holds();
            order.turn(turn, shared.settings);
            work.next.store(next + 1, Ordering::Release);
            if held {
                let _ = shared.permits.0.send(());
            }
        }
        drop(order);
        // another thread may have put the next turn down while this one held the lock
        if !lock(&work.waiting).contains_key(&work.next.load(Ordering::Acquire)) {
            return;
        }
    }
}
