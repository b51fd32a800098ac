//! Makes traces of events: spans, the edges between them, trees.
//!
//! Knows nothing of formats and output. What the logs state goes before what is inferred; nothing is dropped: spans named
//! only as parents become placeholders, cycles are broken at one edge, records of no span stay with their trace.

mod assemble;
pub mod choose;
mod clocks;
pub mod features;
mod gaps;
pub mod habits;
mod hops;
mod infer;
pub mod learned;
pub mod lexicon;
mod repair;
pub mod scene;
mod spans;
pub mod stitch;
mod timing;
pub mod training;
pub mod tree;
pub mod weights;
pub mod words;

use crate::gather::{Fragments, Store};
use crate::model::Trace;

/// How to weave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Move the times of services whose clocks are off.
    pub correct_clocks: bool,
    /// Inferred edges of lower confidence are left out; 0 to 1.
    pub min_confidence: f32,
}

impl Default for Options {
    fn default() -> Options {
        Options { correct_clocks: true, min_confidence: 0.0 }
    }
}

/// What is known of a run before spans are looked at.
struct Prepared {
    lexicon: lexicon::Lexicon,
    fragments: Fragments,
    stitched: stitch::Stitched,
}

/// Finds what belongs together, and the offsets of clocks, which it leaves in the store.
fn prepare(store: &mut Store, options: &Options) -> Prepared {
    let lexicon = lexicon::Lexicon::of(store);
    let mut fragments = Fragments::of(store);
    let mut stitched = stitch::stitch(store, &fragments);
    if options.correct_clocks {
        let clocks = clocks::estimate(store, &fragments, &stitched.groups, &lexicon);
        if !clocks.agree() {
            store.clocks = clocks;
            fragments = Fragments::of(store);
            stitched = stitch::stitch(store, &fragments);
        }
    }
    Prepared { lexicon, fragments, stitched }
}

/// The spans of a transaction, with the edges that are stated, or that are known by their timing.
fn begin(
    store: &Store,
    prepared: &Prepared,
    folding: &hops::Folding,
    timed: Option<&timing::Timed>,
    group: &stitch::Group,
) -> spans::Drafts {
    let mut drafts = spans::drafts(store, &prepared.fragments, group);
    folding.fold(&mut drafts);
    repair::stated(&mut drafts);
    if let Some(timed) = timed {
        timed.apply(&mut drafts);
    }
    repair::cycles(&mut drafts.spans);
    drafts
}

/// Weaves all events of a store; traces come in the order of their first time and id. Leaves the offsets of clocks in the
/// store.
pub fn weave(store: &mut Store, options: &Options) -> Vec<Trace> {
    use rayon::prelude::*;
    let mut prepared = prepare(store, options);
    let store = &*store;
    let timed = timing::join(store, &prepared.fragments, &mut prepared.stitched, options.min_confidence);
    let (prepared, groups) = (&prepared, &prepared.stitched.groups);
    let folding = hops::Folding::of(store, &prepared.lexicon, &prepared.fragments, groups);
    let begin = |group: &stitch::Group| begin(store, prepared, &folding, Some(&timed), group);
    let teachers = infer::teachers(store, &prepared.fragments, groups);
    let all = teachers.len() == groups.len();
    let teachers: Vec<infer::Woven> = teachers
        .into_par_iter()
        .map(|group| infer::lay_out(store, &prepared.lexicon, begin(group)))
        .collect();
    let (habits, learned) = infer::learn(&teachers, all, &prepared.lexicon);
    drop(teachers);
    let known = features::Known { lexicon: &prepared.lexicon, habits: &habits };
    // a transaction is finished while it is at hand
    let mut traces: Vec<Trace> = groups
        .par_iter()
        .map(|group| {
            let mut drafts = begin(group);
            if infer::any_open(&drafts.spans) {
                let mut woven = infer::lay_out(store, &prepared.lexicon, drafts);
                infer::decide(&mut woven, &learned, known, options.min_confidence);
                drafts = woven.drafts;
                repair::cycles(&mut drafts.spans);
            }
            assemble::trace(store, &prepared.fragments, group, &prepared.stitched.keys, drafts)
        })
        .collect();
    traces.sort_by_key(|trace| (trace.start, trace.id));
    traces
}
