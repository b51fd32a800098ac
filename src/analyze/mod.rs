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
pub mod map;
pub mod numbers;
pub mod path;
pub mod profile;
pub mod query;
pub mod times;
mod waits;

use crate::gather::Store;
use crate::model::{Finding, Trace};
use rayon::prelude::*;

/// Learns the usual shapes of the traces of a run, finds what deviates, and sets how each transaction ended.
pub fn analyze(store: &Store, traces: &mut [Trace]) -> Vec<Finding> {
    let run = flow::Run::of(store);
    let learned = flow::learn(&run, traces);
    findings::find(&run, &learned, traces)
}

/// Sets the times of all spans and the critical paths.
pub fn detail(store: &Store, traces: &mut [Trace]) {
    traces.par_iter_mut().for_each(|trace| {
        times::fill(store, trace);
        trace.critical_path = path::CriticalPath::until_the_end(store, trace).parts;
    });
}
