//! What the traces of a run tell: where the time went, what is usual, what deviates from it, what failed.
//!
//! Works on woven traces only and knows nothing of output. Everything usual is learned from the run itself: no word, key
//! or service of any system is known here. Counts are integers and merge in any order, so threads never show.

pub mod findings;
pub mod flow;

use crate::gather::Store;
use crate::model::{Finding, Trace};

/// Learns the usual shapes of the traces of a run, finds what deviates, and sets how each transaction ended.
pub fn analyze(store: &Store, traces: &mut [Trace]) -> Vec<Finding> {
    let run = flow::Run::of(store);
    let learned = flow::learn(&run, traces);
    findings::find(&run, &learned, traces)
}
