//! Reads all streams: producers read bytes, workers read blocks, and seams put them in order.
//!
//! Streams are dealt out to *lines of work*; within one, everything happens in the order of its streams. An output that
//! needs all records in order asks for one line; otherwise there are as many as threads, so that several compressed
//! streams are decompressed at once. Every queue is bounded: blocks that were read and not yet put in order hold a permit.

use super::dating::Dating;
use super::seam::{Consumer, Seam, SourceContext};
use super::worker::{Note, Notes, Read, Worker};
use crate::context::Defaults;
use crate::input::{Block, Original, Piece, ReadOptions, SourceInfo, Stream, StreamReader};
use crate::model::{Batch, SkipReason, SourceId, Symbol, Symbols};
use crate::record::custom::Pattern;
use crate::record::timestamp::Zone;
use crate::record::{LaneState, Profile};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// So many bytes at the front of a source tell its profile, whatever the block size.
const SAMPLE: usize = 64 << 10;

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
    /// What outputs want of each record.
    pub note: Option<Note>,
    /// Keep the text of sources that cannot be read again.
    pub keep_text: bool,
    /// Set from outside: read no further.
    pub stop: Arc<AtomicBool>,
    /// Bytes read so far, before decompression; for showing progress.
    pub progress: Arc<AtomicU64>,
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

/// Something that reached its turn in a line of work.
enum Turn {
    Begin(Box<Begun>),
    Read { block: Block, read: Box<Read> },
    LongLine,
    Skipped { reason: SkipReason, count: u64 },
    Failed { offset: u64, what: String },
    End,
}

struct Begun {
    id: SourceId,
    name: Arc<str>,
    context: Arc<SourceContext>,
    dating: Dating,
    original: Option<Original>,
    hint: Boundaries,
}

/// A block to be read.
struct Job {
    line: usize,
    turn: u64,
    block: Block,
    context: Arc<SourceContext>,
    hint: Boundaries,
    first: bool,
}

/// One line of work: what waits for its turn, and what is done in order.
struct Work<'t> {
    next: AtomicU64,
    waiting: Mutex<BTreeMap<u64, Turn>>,
    order: Mutex<Order<'t>>,
}

struct Order<'t> {
    taker: Box<dyn Taker + 't>,
    current: Option<Current>,
    done: Vec<(SourceId, SourceRead)>,
    failures: Vec<String>,
}

struct Current {
    begun: Begun,
    seam: Seam,
    bytes: u64,
    text: Text,
    skipped: Vec<(SkipReason, u64, Option<u64>)>,
}

struct Shared<'t> {
    settings: &'t Settings,
    streams: &'t [Stream],
    next_stream: AtomicUsize,
    next_source: AtomicU32,
    lines: Vec<Work<'t>>,
    permits: (Sender<()>, Receiver<()>),
    skipped: Mutex<Vec<(SkipReason, String, u64)>>,
    symbols: Mutex<Symbols>,
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
        order: Mutex::new(Order { taker, current: None, done: Vec::new(), failures: Vec::new() }),
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
    let stopped = shared.settings.stop.load(Ordering::Relaxed);
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads streams until there are none left, and gives their blocks out.
fn produce(shared: &Shared<'_>, line: usize, give: &mut dyn FnMut(Job)) {
    let mut turn = 0;
    let mut read_before = 0;
    loop {
        let index = shared.next_stream.fetch_add(1, Ordering::Relaxed);
        let Some(stream) = shared.streams.get(index) else { return };
        let mut reader = StreamReader::open(stream, &shared.settings.read);
        let mut producer = Producer { shared, line, turn: &mut turn, open: None };
        while let Some(piece) = reader.next() {
            producer.piece(piece, give);
            let read = reader.bytes_read();
            shared.settings.progress.fetch_add(read.saturating_sub(read_before), Ordering::Relaxed);
            read_before = read;
            if shared.settings.stop.load(Ordering::Relaxed) {
                producer.end(give);
                return;
            }
        }
        read_before = 0;
    }
}

/// Makes turns and jobs of a stream's pieces.
struct Producer<'p, 't> {
    shared: &'p Shared<'t>,
    line: usize,
    turn: &'p mut u64,
    open: Option<OpenSource>,
}

/// States of the lanes at the ends of blocks.
type Boundaries = Arc<Mutex<Vec<(u64, LaneState)>>>;

struct OpenSource {
    info: SourceInfo,
    sample: Vec<Block>,
    sampled: usize,
    /// Known as soon as the sample is complete.
    begun: Option<(Arc<SourceContext>, Boundaries)>,
    blocks: u64,
}

impl Producer<'_, '_> {
    fn piece(&mut self, piece: Piece, give: &mut dyn FnMut(Job)) {
        match piece {
            Piece::Begin(info) => {
                self.open = Some(OpenSource { info, sample: Vec::new(), sampled: 0, begun: None, blocks: 0 })
            }
            Piece::Block(block) => {
                let Some(open) = &mut self.open else { return };
                if open.begun.is_none() && open.sampled < SAMPLE {
                    open.sampled += block.bytes().len();
                    open.sample.push(block);
                    if open.sampled >= SAMPLE {
                        self.flush_sample(give);
                    }
                } else {
                    self.job(block, give);
                }
            }
            Piece::Skipped { reason, name, count } => {
                if self.open.is_some() {
                    self.flush_sample(give);
                    let turn = if reason == SkipReason::LongLine {
                        Turn::LongLine
                    } else {
                        Turn::Skipped { reason, count }
                    };
                    self.turn(turn);
                } else {
                    lock(&self.shared.skipped).push((reason, name.to_string(), count));
                }
            }
            Piece::End => self.end(give),
        }
    }

    fn end(&mut self, give: &mut dyn FnMut(Job)) {
        if self.open.is_some() {
            self.flush_sample(give);
            self.turn(Turn::End);
            self.open = None;
        }
    }

    fn turn(&mut self, turn: Turn) {
        let number = *self.turn;
        *self.turn += 1;
        settle(self.shared, self.line, number, turn);
    }

    /// Begins the source, once its sample tells its profile, and gives out the blocks of the sample.
    fn flush_sample(&mut self, give: &mut dyn FnMut(Job)) {
        let Some(open) = &mut self.open else { return };
        if open.begun.is_none() {
            let mut sample = Vec::new();
            for block in &open.sample {
                let room = SAMPLE - sample.len();
                sample.extend_from_slice(&block.bytes()[..block.bytes().len().min(room)]);
            }
            let settings = self.shared.settings;
            let id = SourceId(self.shared.next_source.fetch_add(1, Ordering::Relaxed));
            let context = Arc::new(context(&open.info, id, &sample, settings));
            lock(&self.shared.symbols).absorb(context.defaults.names.clone());
            let hint = Arc::new(Mutex::new(guess(&sample, &context, open.sampled)));
            let date = open.info.hints.date.map(|date| (date.year, date.day));
            let dating = Dating::new(settings.zone.clone(), date, open.info.modified);
            open.begun = Some((context.clone(), hint.clone()));
            let begun = Begun {
                id,
                name: open.info.name.clone(),
                context,
                dating,
                original: open.info.original.clone(),
                hint,
            };
            self.turn(Turn::Begin(Box::new(begun)));
        }
        let Some(open) = &mut self.open else { return };
        for block in std::mem::take(&mut open.sample) {
            self.job(block, give);
        }
    }

    fn job(&mut self, block: Block, give: &mut dyn FnMut(Job)) {
        let Some(open) = &mut self.open else { return };
        let Some((context, hint)) = &open.begun else { return };
        let first = open.blocks == 0;
        open.blocks += 1;
        let job = Job {
            line: self.line,
            turn: *self.turn,
            block,
            context: context.clone(),
            hint: hint.clone(),
            first,
        };
        *self.turn += 1;
        // a permit comes back when an earlier block had its turn
        let _ = self.shared.permits.1.recv();
        give(job);
    }
}

/// What all blocks of a source share.
fn context(info: &SourceInfo, id: SourceId, sample: &[u8], settings: &Settings) -> SourceContext {
    let mut names = Symbols::default();
    let service = settings.service.as_deref().or(info.hints.service.as_deref()).unwrap_or_default();
    let defaults = Defaults {
        source: id,
        service: names.keep(service.as_bytes()),
        service_is_sure: settings.service.is_none() && info.hints.instance.is_some(),
        instance: info.hints.instance.as_deref().map_or(Symbol::NONE, |name| names.keep(name.as_bytes())),
        names,
        zone: settings.zone.clone(),
    };
    SourceContext {
        profile: Profile::of(sample, (settings.patterns)(&info.name)),
        defaults,
        note: settings.note,
        document: crate::record::document::is_document(sample),
    }
}

/// The lane states that blocks in the midst of a source most likely begin with: those at the end of the sample.
fn guess(sample: &[u8], context: &SourceContext, sampled: usize) -> Vec<(u64, LaneState)> {
    if sampled < SAMPLE {
        return Vec::new();
    }
    struct Ignore;
    impl crate::record::Sink for Ignore {
        fn record(&mut self, _: &crate::record::Record<'_>) {}
    }
    let end = memchr::memrchr(b'\n', sample).map_or(0, |end| end + 1);
    let exit = crate::record::Lines::default().block(&sample[..end], &context.profile, &[], &mut Ignore);
    exit.lanes.iter().map(|lane| (lane.lane, lane.exit)).collect()
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
            Turn::Failed { offset: job.block.offset, what: words(&*panic) }
        }
    };
    settle(shared, job.line, job.turn, turn);
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no reason given".to_owned())
}

/// Lets a turn wait until all before it were taken, and takes those whose time has come.
fn settle(shared: &Shared<'_>, line: usize, number: u64, turn: Turn) {
    let work = &shared.lines[line];
    lock(&work.waiting).insert(number, turn);
    loop {
        let Ok(mut order) = work.order.try_lock() else { return };
        loop {
            let next = work.next.load(Ordering::Acquire);
            let Some(turn) = lock(&work.waiting).remove(&next) else { break };
            let held = matches!(turn, Turn::Read { .. } | Turn::Failed { .. });
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

impl Order<'_> {
    fn turn(&mut self, turn: Turn, settings: &Settings) {
        match turn {
            Turn::Begin(begun) => {
                let text = match &begun.original {
                    Some(original) => Text::File(original.clone()),
                    None if settings.keep_text => tempfile::tempfile().map_or(Text::Gone, Text::Spooled),
                    None => Text::Gone,
                };
                let seam = Seam::new(begun.dating.clone());
                self.current = Some(Current { begun: *begun, seam, bytes: 0, text, skipped: Vec::new() });
            }
            Turn::Read { block, read } => {
                let Some(current) = &mut self.current else { return };
                current.bytes = block.offset + block.bytes().len() as u64;
                if let Text::Spooled(file) = &mut current.text {
                    let written =
                        file.seek(SeekFrom::Start(block.offset)).and_then(|_| file.write_all(block.bytes()));
                    if let Err(error) = written {
                        self.failures
                            .push(format!("cannot keep the text of '{}': {error}", current.begun.name));
                        current.text = Text::Gone;
                    }
                }
                let Begun { id, name, context, hint, .. } = &current.begun;
                let mut hand = Hand { taker: &mut *self.taker, source: *id, name };
                if context.document {
                    current.seam.absorb_document(block.bytes(), context, &mut hand);
                } else {
                    current.seam.absorb(block.bytes(), block.offset, *read, context, &mut hand);
                }
                let mut hint = lock(hint);
                hint.clear();
                hint.extend_from_slice(current.seam.states());
            }
            Turn::LongLine => {
                if let Some(current) = &mut self.current {
                    let line = current.seam.lines().max(1);
                    current.skip(SkipReason::LongLine, 1, Some(line));
                }
            }
            Turn::Skipped { reason, count } => {
                if let Some(current) = &mut self.current {
                    current.skip(reason, count, None);
                }
            }
            Turn::Failed { offset, what } => {
                let name = self.current.as_ref().map_or("", |current| &current.begun.name);
                self.failures.push(format!("internal error in '{name}' at byte {offset}: {what}"));
            }
            Turn::End => {
                let Some(mut current) = self.current.take() else { return };
                let Begun { id, name, context, .. } = &current.begun;
                let mut hand = Hand { taker: &mut *self.taker, source: *id, name };
                let dating = current.seam.end(context, &mut hand);
                for skipped in std::mem::take(&mut current.seam.skipped) {
                    current.skip(skipped.reason, skipped.count, Some(skipped.line));
                }
                let read = SourceRead {
                    name: current.begun.name.clone(),
                    dating,
                    bytes: current.bytes,
                    lines: current.seam.lines(),
                    text: current.text,
                    context: current.begun.context.clone(),
                    skipped: current.skipped,
                };
                self.done.push((current.begun.id, read));
            }
        }
    }
}

impl Current {
    fn skip(&mut self, reason: SkipReason, count: u64, line: Option<u64>) {
        match self.skipped.iter_mut().find(|(other, ..)| *other == reason) {
            Some((_, total, _)) => *total += count,
            None => self.skipped.push((reason, count, line)),
        }
    }
}

struct Hand<'a, 't> {
    taker: &'a mut (dyn Taker + 't),
    source: SourceId,
    name: &'a str,
}

impl Consumer for Hand<'_, '_> {
    fn take(&mut self, batch: Batch, notes: Notes) {
        self.taker.take(self.source, self.name, batch, notes);
    }
}
