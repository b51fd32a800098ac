//! The usual shape of each kind of transaction, learned from the run.
//!
//! A transaction is seen as *hops* (what one service does for one call or message) made of *steps* (what its records say).
//! Learned are: how hops of a kind end, which step makes which further hop begin, how often, how long after.

mod counts;
mod rules;
mod shape;
mod usual;

pub(crate) use counts::holders;
pub use counts::{ChildCount, Counts, Distinct, HeldCount, KindCount, StepCount, Tally};
pub use rules::{Place, Rule, Rules, Steps, Trigger};
pub(crate) use shape::gaps;
pub use shape::{Hop, Run, Shape, Step};
pub use usual::{MIN_PEERS, Usual};

use crate::model::Trace;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Learns from all traces of a run.
pub fn learn(run: &Run<'_>, traces: &[Trace]) -> Usual {
    // of each transaction only the numbers of its steps are looked at again
    let begin = || (Counts::default(), Vec::new());
    let (counts, steps) = traces
        .par_iter()
        .fold(begin, |(mut counts, mut all), trace| {
            let shape = run.shape(trace);
            let steps = Steps::of(&shape);
            counts.add(&shape, &steps);
            all.push(steps);
            (counts, all)
        })
        .reduce(begin, |(counts, mut all), (more, steps)| {
            all.extend(steps);
            (counts.merge(more), all)
        });
    let candidates = rules::Candidates::of(run, &counts);
    let tables = steps
        .par_iter()
        .fold(rules::Tables::default, |mut tables, steps| {
            candidates.count(steps, &mut tables);
            tables
        })
        .reduce(rules::Tables::default, |mut tables, other| {
            for (key, times) in other {
                *tables.entry(key).or_default() += times;
            }
            tables
        });
    let mut rules = candidates.rules(&tables);
    let seen = steps
        .par_iter()
        .fold(FxHashMap::default, |mut seen, steps| {
            rules.see(steps, &mut seen);
            seen
        })
        .reduce(FxHashMap::default, |mut seen: FxHashMap<u32, rules::Seen>, other| {
            for (index, other) in other {
                seen.entry(index).or_default().merge(other);
            }
            seen
        });
    rules.learn(seen);
    Usual::of(counts, rules)
}
