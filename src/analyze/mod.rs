//! What the traces of a run tell: what flows between services, where the time went, what is usual, what deviates from
//! it, what failed.
//!
//! Works on woven traces only and knows nothing of output. Everything usual is learned from the run itself: no word, key
//! or service of any system is known here. Counts are integers and merge in any order, so threads never show.

pub mod channels;
pub mod check;
pub mod compare;
pub mod findings;
pub mod flow;
#[cfg(test)]
pub(crate) mod made;
pub mod map;
pub mod numbers;
pub mod path;
pub mod profile;
pub mod query;
pub mod times;
mod waits;

use crate::gather::{SpillError, Store};
use crate::model::{Finding, Trace};
use rayon::prelude::*;

/// Learns the usual shapes of the transactions of a run, which come part by part.
#[derive(Debug)]
pub struct Learning {
    frame: flow::Frame,
    learner: flow::Learner,
    sayings: findings::Sayings,
}

impl Learning {
    /// Of the run of a store.
    pub fn new(store: &Store) -> Learning {
        Learning {
            frame: flow::Frame::of(store),
            learner: flow::Learner::new(store.budget.tables()),
            sayings: findings::Sayings::of(store),
        }
    }

    /// Adds what a transaction teaches to a part, while its events are at hand.
    pub fn see(&self, store: &Store, part: &mut flow::Part, trace: &Trace) {
        part.add(&flow::Run::new(store, &self.frame), trace);
    }

    /// Takes what grows with the number of transactions out of a part.
    pub fn put_away(&mut self, part: &mut flow::Part) -> Result<(), SpillError> {
        self.learner.put_away(part)
    }

    /// Takes in what transactions taught, in any order.
    pub fn add(&mut self, part: flow::Part) -> Result<(), SpillError> {
        self.learner.add(part)
    }

    /// Goes on to judging, once all transactions were taken in.
    pub fn finish(self) -> Result<Judging, SpillError> {
        let usual = self.learner.finish(&self.frame)?;
        let whole = findings::Whole::default();
        Ok(Judging { frame: self.frame, usual, sayings: self.sayings, whole })
    }
}

/// Finds what deviates from what is usual in transactions, which come part by part again, in their order.
#[derive(Debug)]
pub struct Judging {
    frame: flow::Frame,
    usual: flow::Usual,
    sayings: findings::Sayings,
    whole: findings::Whole,
}

impl Judging {
    /// What is wrong with the transactions at hand. Sets how each ended and, if they are to be shown in detail, the times
    /// of its spans and its critical path.
    pub fn judge(&mut self, store: &Store, traces: &mut [Trace], in_detail: bool) -> Vec<Finding> {
        let found = findings::find(&flow::Run::new(store, &self.frame), &self.usual, &self.sayings, traces);
        self.whole.add(store, traces);
        if in_detail {
            detail(store, traces);
        }
        found
    }

    /// What is wrong with the run as a whole.
    pub fn finish(self, store: &Store) -> Vec<Finding> {
        self.whole.finish(store)
    }
}

/// Sets the times of all spans and the critical paths.
fn detail(store: &Store, traces: &mut [Trace]) {
    traces.par_iter_mut().for_each(|trace| {
        times::fill(store, trace);
        trace.critical_path = path::CriticalPath::until_the_end(store, trace).parts;
    });
}
