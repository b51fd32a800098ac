//! The usual shape of each kind of transaction, learned from the run.
//!
//! A transaction is seen as *hops* (what one service does for one call or message) made of *steps* (what its records say).
//! Learned are: how hops of a kind end, which step makes which further hop begin, how often, how long after.

mod along;
mod candidates;
mod count;
mod counts;
mod frame;
mod kinds;
mod real;
mod rules;
mod shape;
mod steps;
mod tally;
mod usual;
mod values;
mod ways;

pub use along::{Along, Follower, anchors};
pub use count::{
    ChildCount, Distinct, HeldCount, InRoot, KindCount, OrderCount, Present, SaidCount, StepCount,
};
pub use counts::Counts;
pub(crate) use counts::{caused, holders, pairs, records, said, whole};
pub use frame::Frame;
pub use rules::{Rule, Rules, Trigger};
pub(crate) use shape::gaps;
pub use shape::{Hop, Run, Shape, Step};
pub use steps::{Place, Steps};
pub use tally::Tally;
pub use usual::{MIN_PEERS, Usual};

use crate::gather::{Log, Room, SpillError};
use crate::model::Trace;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// What some transactions teach.
#[derive(Debug, Default)]
pub struct Part {
    counts: Counts,
    /// The numbers of their steps, in blocks.
    blocks: Vec<Vec<u8>>,
}

impl Part {
    /// Takes in a transaction.
    pub fn add(&mut self, run: &Run<'_>, trace: &Trace) {
        let shape = run.shape(trace);
        let steps = Steps::of(&shape);
        self.counts.add(run.store, &shape, &steps);
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK => steps.write(block),
            _ => {
                let mut block = Vec::with_capacity(BLOCK + BLOCK / 4);
                steps.write(&mut block);
                self.blocks.push(block);
            }
        }
    }
}

/// Learns from the transactions of a run, part by part.
#[derive(Debug)]
pub struct Learner {
    counts: Counts,
    /// Of each transaction only the numbers of its steps are looked at again.
    steps: Log,
}

/// Bytes of steps that are put together.
const BLOCK: usize = 256 << 10;
/// Blocks that are looked at together.
const TOGETHER: usize = 8;

impl Learner {
    /// Holds so many bytes of what is looked at again in memory.
    pub fn new(room: Room) -> Learner {
        Learner { counts: Counts::default(), steps: Log::new(room) }
    }

    /// Takes the steps of the transactions out of a part.
    pub fn put_away(&mut self, part: &mut Part) -> Result<(), SpillError> {
        for mut block in part.blocks.drain(..) {
            block.shrink_to_fit();
            self.steps.push(block)?;
        }
        Ok(())
    }

    /// Takes in what transactions teach, in any order.
    pub fn add(&mut self, mut part: Part) -> Result<(), SpillError> {
        self.put_away(&mut part)?;
        self.counts = std::mem::take(&mut self.counts).merge(part.counts);
        Ok(())
    }

    /// What is usual, once all transactions were taken in.
    pub fn finish(self, frame: &Frame) -> Result<Usual, SpillError> {
        let candidates = candidates::Candidates::of(frame, &self.counts);
        let count = |mut tables: candidates::Tables, block: &Vec<u8>| {
            each(block, |steps| candidates.count(&steps, &mut tables));
            tables
        };
        let mut tables = candidates::Tables::default();
        self.steps.each(|blocks| {
            let more = blocks.par_iter().fold(candidates::Tables::default, count);
            let more = more.reduce(candidates::Tables::default, candidates::merge);
            tables = candidates::merge(std::mem::take(&mut tables), more);
        })?;
        let mut rules = candidates.rules(&tables);
        drop(tables);
        let looked = along::Looked::of(&self.counts, &rules);
        let see = |mut seen: (FxHashMap<u32, rules::Seen>, Along), blocks: &[Vec<u8>]| {
            let mut transactions = Vec::new();
            blocks.iter().for_each(|block| each(block, |steps| transactions.push(steps)));
            transactions.iter().for_each(|steps| rules.see(steps, &mut seen.0));
            looked.see(&transactions, &mut seen.1);
            seen
        };
        let merge = |mut seen: (FxHashMap<u32, rules::Seen>, Along),
                     other: (FxHashMap<u32, rules::Seen>, Along)| {
            for (index, other) in other.0 {
                seen.0.entry(index).or_default().merge(other);
            }
            (seen.0, seen.1.merge(other.1))
        };
        let mut seen = Default::default();
        self.steps.each(|blocks| {
            let more = blocks.par_chunks(TOGETHER).fold(Default::default, see);
            let more = more.reduce(Default::default, merge);
            seen = merge(std::mem::take(&mut seen), more);
        })?;
        let (seen, along) = seen;
        rules.learn(seen);
        Ok(Usual::of(frame, self.counts, rules, along.settle()))
    }
}

/// Reads the steps of each transaction of a block.
fn each(block: &[u8], mut take: impl FnMut(Steps)) {
    let mut bytes = crate::gather::bytes::Get(block);
    while let Some(steps) = Steps::read(&mut bytes) {
        take(steps);
    }
}
