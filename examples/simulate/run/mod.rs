//! Lets a drawn system run: a simulation in which events happen in the order of time.
//!
//! Everything that waits (for a worker, a message, a timer) is a job in one queue, ordered by time and, among equal
//! times, by the order in which the jobs were made. What comes out is spans and records; nothing is text yet.

mod faults;
mod messages;
mod reactions;
mod record;
mod steps;
mod transaction;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::rc::Rc;

use crate::draw::Draw;
use crate::plan::{Origin, SpanPlan, System};

pub(crate) use faults::{Fault, FaultKind, Planned};
pub(crate) use record::Record;
pub(crate) use transaction::Transaction;

/// One millisecond.
pub(crate) const MS: i64 = 1_000_000;

/// How a sequence of steps ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Done,
    /// A message vanished: nothing follows, nobody says so.
    Silent,
    /// The business said no.
    Declined,
    /// It broke.
    Failed,
}

/// What goes on afterwards.
type Then = Box<dyn FnOnce(&mut Run, i64, End)>;

/// What a worker does: given the time and the worker's number.
type Work = Box<dyn FnOnce(&mut Run, i64, u32)>;

/// A finished or open span.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) transaction: usize,
    pub(crate) parent: Option<usize>,
    pub(crate) links: Vec<usize>,
    pub(crate) service: usize,
    pub(crate) name: String,
    pub(crate) kind: crate::plan::Kind,
    pub(crate) start: i64,
    pub(crate) end: Option<i64>,
    pub(crate) error: bool,
    pub(crate) attributes: Vec<(String, String)>,
    /// The context does not survive on the way here (in v3).
    pub(crate) loses_context: bool,
    /// The reaction whose entry this is.
    pub(crate) reaction: Option<usize>,
    /// Where it logs at its ends.
    pub(crate) sites: (Option<usize>, Option<usize>),
}

/// A message on its way.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) channel: usize,
    pub(crate) partition: u32,
    pub(crate) offset: u64,
    /// The span whose context travels along; none if the message comes from outside.
    pub(crate) producer: Option<usize>,
    pub(crate) transaction: usize,
    pub(crate) unit: Option<usize>,
    /// Who waits for an answer to it, and the id that ties the two together.
    pub(crate) ask: Option<(u64, String)>,
}

/// Where something happens.
#[derive(Clone)]
struct Ctx {
    transaction: usize,
    /// The innermost open span.
    span: usize,
    reaction: usize,
    /// Server, consumer, side_thread or timer thread, and its number.
    thread: (usize, u32),
    unit: Option<usize>,
    message: Option<Rc<Message>>,
    tag: u64,
    redelivered: bool,
    attempt: u32,
    /// The service that called.
    caller: Option<usize>,
    /// When the reaction began.
    started: i64,
    correlation: Option<String>,
    batch: Option<Rc<Vec<Rc<Message>>>>,
}

/// Workers of one reaction.
struct Pool {
    /// Those that have worked and are free; higher numbers up to `size` have never worked.
    free: BTreeSet<u32>,
    used: u32,
    size: u32,
    waiting: VecDeque<Work>,
}

/// How hard a system is driven.
#[derive(Clone, Debug, Default)]
pub(crate) struct Load {
    /// Transactions from outside.
    pub(crate) transactions: usize,
    /// Nanoseconds between two, on average.
    pub(crate) gap_ns: f64,
    /// Runs of each scheduled job.
    pub(crate) job_runs: usize,
    /// Workers of each reaction; none: as many as needed.
    pub(crate) workers: Vec<u32>,
    /// How long each reaction usually takes.
    pub(crate) typical_ns: Vec<i64>,
    /// Reactions of each flow at which faults may strike; empty: no faults.
    pub(crate) targets: Vec<Vec<usize>>,
    /// The share of transactions with a fault.
    pub(crate) fault_rate: f64,
    /// Retries may run out by nature.
    pub(crate) exhaustion: bool,
}

struct Job {
    at: i64,
    order: u64,
    work: Box<dyn FnOnce(&mut Run)>,
}

impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Job {}

impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Job {
    /// The earliest is the greatest, as the heap pops the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

/// A running system.
pub(crate) struct Run {
    system: Rc<System>,
    load: Load,
    jobs: BinaryHeap<Job>,
    order: u64,
    pub(crate) spans: Vec<Span>,
    pub(crate) records: Vec<Record>,
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) faults: Vec<Fault>,
    pools: BTreeMap<(usize, u32), Pool>,
    side_threads: BTreeMap<usize, BTreeSet<u32>>,
    joins: BTreeMap<(usize, usize), Vec<usize>>,
    gathered: BTreeMap<usize, messages::Gathered>,
    /// Messages so far by channel and partition.
    offsets: BTreeMap<(usize, u32), u64>,
    tags: BTreeMap<usize, u64>,
    asks: BTreeMap<u64, Then>,
    /// Answers that came before their question's broker had confirmed it.
    early_answers: BTreeSet<u64>,
    fetched: BTreeMap<(usize, i64), usize>,
    draw: Draw,
}

/// Runs `system` under `load`; the stream of chance is called `name`.
pub(crate) fn run(system: &Rc<System>, load: Load, name: &str) -> Run {
    let draw = Draw::new(system.seed, name);
    let mut run = Run {
        system: Rc::clone(system),
        load,
        jobs: BinaryHeap::new(),
        order: 0,
        spans: Vec::new(),
        records: Vec::new(),
        transactions: Vec::new(),
        faults: Vec::new(),
        pools: BTreeMap::new(),
        side_threads: BTreeMap::new(),
        joins: BTreeMap::new(),
        gathered: BTreeMap::new(),
        offsets: BTreeMap::new(),
        tags: BTreeMap::new(),
        asks: BTreeMap::new(),
        early_answers: BTreeSet::new(),
        fetched: BTreeMap::new(),
        draw,
    };
    run.arrivals();
    while let Some(job) = run.jobs.pop() {
        (job.work)(&mut run);
    }
    run.close_all();
    run.records.sort_by_key(|record| (record.at, record.order));
    run
}

impl Run {
    /// Does `work` at the time `at`.
    fn at(&mut self, at: i64, work: impl FnOnce(&mut Self) + 'static) {
        self.order += 1;
        self.jobs.push(Job { at, order: self.order, work: Box::new(work) });
    }

    /// Puts everything that comes from outside into the queue.
    fn arrivals(&mut self) {
        let system = Rc::clone(&self.system);
        let flows: Vec<(u32, usize)> = system
            .flows
            .iter()
            .enumerate()
            .map(|(at, flow)| (flow.weight, at))
            .filter(|(weight, _)| *weight > 0)
            .collect();
        // Things take some seconds to come up.
        let first = system.company.epoch_ns + 3_000 * MS;
        let mut at = first;
        for _ in 0..self.load.transactions {
            // Some calls come in bursts.
            let gap = if self.draw.chance(0.12) { self.load.gap_ns * 0.05 } else { self.load.gap_ns * 1.12 };
            at += self.draw.exponential(gap) as i64 + 1;
            let flow = self.draw.weighted(&flows);
            self.at(at, move |run| run.begin(flow, at));
        }
        let length = at - first;
        for (flow, _) in system.flows.iter().enumerate().filter(|(_, flow)| flow.origin == Origin::Clock) {
            let runs = self.load.job_runs as i64;
            let phase = self.draw.unit();
            for turn in 0..runs {
                let at = first + ((turn as f64 + phase) * length as f64 / runs as f64) as i64;
                self.at(at, move |run| run.begin(flow, at));
            }
        }
    }

    /// A transaction of `flow` begins.
    fn begin(&mut self, flow: usize, at: i64) {
        let system = Rc::clone(&self.system);
        let origin = system.flows[flow].origin;
        let transaction = self.transaction(flow, at);
        let entry = system.flows[flow].entry;
        match origin {
            Origin::Request | Origin::FollowUp => {
                self.serve(entry, None, transaction, None, false, at, None, Box::new(|_, _, _| {}))
            }
            Origin::Device => {
                let message = self.message_from_outside(entry, transaction, at);
                self.receive(entry, message, 1, at);
            }
            Origin::Clock => self.tick(entry, transaction, at),
        }
    }

    /// Opens a span.
    fn open(
        &mut self,
        plan: &SpanPlan,
        service: usize,
        transaction: usize,
        parent: Option<usize>,
        at: i64,
    ) -> usize {
        let attributes =
            plan.attribute.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        self.spans.push(Span {
            transaction,
            parent,
            links: Vec::new(),
            service,
            name: plan.name.clone(),
            kind: plan.kind,
            start: at,
            end: None,
            error: false,
            attributes,
            loses_context: false,
            reaction: None,
            sites: (plan.first, plan.last),
        });
        self.spans.len() - 1
    }

    /// Closes a span.
    fn close(&mut self, span: usize, at: i64, error: bool) {
        self.spans[span].end = Some(at);
        self.spans[span].error |= error;
    }

    /// Closes what was still open when everything had happened.
    fn close_all(&mut self) {
        for at in (0..self.spans.len()).rev() {
            if self.spans[at].end.is_none() {
                self.spans[at].end = Some(self.spans[at].start + MS);
            }
        }
    }

    /// Gives `job` a worker of the pool, at once or when one is free.
    fn enter(&mut self, pool: (usize, u32), at: i64, job: Work) {
        let system = Rc::clone(&self.system);
        let lanes = matches!(system.reactions[pool.0].trigger, crate::plan::Trigger::Channel(channel)
            if system.channels[channel].broker.has_offsets());
        let size = match self.load.workers.get(pool.0) {
            Some(_) if lanes && self.load.targets.is_empty() => 1,
            Some(size) => *size,
            None => 10_000,
        };
        let fresh = || Pool { free: BTreeSet::new(), used: 0, size, waiting: VecDeque::new() };
        let pool = self.pools.entry(pool).or_insert_with(fresh);
        let worker = pool.free.pop_first().or_else(|| {
            let number = pool.used;
            pool.used += u32::from(number < pool.size);
            (number < pool.size).then_some(number)
        });
        match worker {
            Some(worker) => job(self, at, worker),
            None => pool.waiting.push_back(job),
        }
    }

    /// Gives a worker back, or to whoever waits longest.
    fn leave(&mut self, pool: (usize, u32), worker: u32, at: i64) {
        let entry = self.pools.get_mut(&pool).expect("it was entered");
        match entry.waiting.pop_front() {
            Some(job) => self.at(at, move |run| job(run, at, worker)),
            None => {
                entry.free.insert(worker);
            }
        }
    }

    /// The lowest number that no side_thread thread of `service` has.
    fn side_thread(&mut self, service: usize) -> u32 {
        let busy = self.side_threads.entry(service).or_default();
        let number = (0..).find(|number| !busy.contains(number)).expect("numbers do not end");
        busy.insert(number);
        number
    }

    fn release(&mut self, service: usize, side_thread: u32) {
        self.side_threads.entry(service).or_default().remove(&side_thread);
    }

    /// A small time that passes between two things that a program does.
    fn moment(&mut self, transaction: usize) -> i64 {
        (self.transactions[transaction].draw.magnitude(0.008, 0.12) * MS as f64) as i64
    }
}
