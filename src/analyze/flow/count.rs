//! What is counted of one kind of thing.

use crate::gather::Store;
use crate::model::{EventId, Sample};

/// Hashes that are kept to estimate how many different values there are.
const KEPT: usize = 64;
/// How much longer the mean time between two hops may be than the least one where one waits for the other.
const MAX_VARIES: i64 = 4;
/// Numbers of hops with the same value that are told apart.
pub(super) const NUMBERS: usize = 9;

/// How often a step occurs in hops of one kind.
#[derive(Clone, Debug, Default)]
pub struct StepCount {
    /// In so many hops.
    pub hops: u32,
    /// In so many of them nothing failed.
    pub clean: u32,
    /// In so many of them nothing failed, and they do not end with a warning.
    pub whole: u32,
    /// So many hops end with it.
    pub last: u32,
    /// So many hops in which nothing failed end with it.
    pub clean_last: u32,
    /// An example: the first record.
    pub example: Sample,
}

impl StepCount {
    /// Takes in a hop, of which `event` is the step's first record.
    pub(super) fn add(&mut self, store: &Store, count: &StepCount, event: EventId) {
        if self.hops == 0 || store.origin(event) < self.example.origin {
            self.example = store.sample(event);
        }
        self.sum(count);
    }

    pub(super) fn merge(&mut self, other: &StepCount) {
        self.example = if self.hops == 0 { other.example } else { self.example.min(other.example) };
        self.sum(other);
    }

    /// Adds the numbers of another count.
    fn sum(&mut self, other: &StepCount) {
        self.hops += other.hops;
        self.clean += other.clean;
        self.whole += other.whole;
        self.last += other.last;
        self.clean_last += other.clean_last;
    }
}

/// How often a kind of step occurs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Present {
    /// In so many transactions.
    pub transactions: u32,
    /// So often in all of them.
    pub times: u32,
    /// In so many of them once.
    pub once: u32,
    /// In so many of them something had failed before the first one.
    pub after: u32,
}

impl Present {
    pub(super) fn add(&mut self, other: Present) {
        self.transactions += other.transactions;
        self.times += other.times;
        self.once += other.once;
        self.after += other.after;
    }
}

/// How often a kind of step occurs in transactions that begin with a hop of a kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct InRoot {
    /// In so many hops.
    pub hops: u32,
    /// So many of these end with it.
    pub last: u32,
    /// In so many transactions.
    pub transactions: u32,
    /// In so many of them once.
    pub once: u32,
}

impl InRoot {
    pub(super) fn add(&mut self, other: InRoot) {
        self.hops += other.hops;
        self.last += other.last;
        self.transactions += other.transactions;
        self.once += other.once;
    }
}

/// Hops of one kind.
#[derive(Clone, Debug, Default)]
pub struct KindCount {
    /// How many.
    pub hops: u32,
    /// In so many nothing failed, and they do not end with a warning.
    pub whole: u32,
    /// So many have no cause.
    pub roots: u32,
    /// Of so many a message is the cause.
    pub messages: u32,
}

/// How hops of two kinds follow each other.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderCount {
    /// So often.
    pub times: u32,
    /// The least time from the start of one to that of the other, in nanoseconds.
    pub least: i64,
    /// The sum of all these.
    pub sum: i64,
}

impl OrderCount {
    pub(super) fn merge(&mut self, other: OrderCount) {
        self.least = if self.times == 0 { other.least } else { self.least.min(other.least) };
        self.times += other.times;
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// Whether the one is never close to the other, as where it waits for it, rather than that they race.
    pub fn is_kept_apart(&self) -> bool {
        let mean = self.sum / i64::from(self.times.max(1));
        self.least.saturating_mul(MAX_VARIES) >= mean
    }
}

/// Hops of one kind under hops of another.
#[derive(Clone, Debug, Default)]
pub struct ChildCount {
    /// So many hops cause at least one.
    pub hops: u32,
    /// In so many the cause logged on after the effect had ended.
    pub waited: u32,
    /// In so many a message is the cause.
    pub messages: u32,
    /// An example of the effect's first record: the first of all.
    pub example: Sample,
}

/// What steps of a kind say, in transactions that have several.
#[derive(Clone, Copy, Debug, Default)]
pub struct SaidCount {
    /// How many different things in a transaction, over all.
    pub contents: u32,
    /// So many of these are said once.
    pub once: u32,
}

/// How the values of one name are spread over hops of one kind.
#[derive(Clone, Debug, Default)]
pub struct HeldCount {
    /// How many values one hop of a transaction holds, two hold, and so on.
    pub numbers: [u32; NUMBERS],
    /// The values.
    pub values: Distinct,
}

/// About how many different values there are, from the least of their hashes, which are in order.
#[derive(Clone, Debug, Default)]
pub struct Distinct(Vec<u64>);

impl Distinct {
    pub(super) fn add(&mut self, value: u64) {
        if (self.0.len() < KEPT || self.0.last().is_some_and(|most| value < *most))
            && let Err(at) = self.0.binary_search(&value)
        {
            self.0.truncate(KEPT - 1);
            self.0.insert(at, value);
        }
    }

    pub(super) fn merge(&mut self, other: Distinct) {
        for value in other.0 {
            self.add(value);
        }
    }

    /// The estimate; exact for few values.
    pub fn estimate(&self) -> f64 {
        match self.0.last() {
            Some(&most) if self.0.len() >= KEPT => (KEPT - 1) as f64 * (u64::MAX as f64 / most as f64),
            _ => self.0.len() as f64,
        }
    }
}
