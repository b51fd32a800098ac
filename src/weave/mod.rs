//! Makes traces of events: spans, the edges between them, trees.
//!
//! Knows nothing of formats and output. What the logs state goes before what is inferred; nothing is dropped: spans named
//! only as parents become placeholders, cycles are broken at one edge, records of no span stay with their trace.

mod assemble;
pub mod choose;
mod clocks;
pub mod features;
pub mod habits;
mod hops;
mod infer;
pub mod learned;
mod repair;
pub mod scene;
mod spans;
pub mod stitch;
pub mod training;
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

/// Weaves all events of a store; traces come in the order of their first time and id. Leaves the offsets of clocks in the
/// store.
pub fn weave(store: &mut Store, options: &Options) -> Vec<Trace> {
    use rayon::prelude::*;
    let lexicon = scene::Lexicon::of(store);
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
    let store = &*store;
    let mut drafts: Vec<spans::Drafts> =
        stitched.groups.par_iter().map(|group| spans::drafts(store, &fragments, group)).collect();
    hops::fold_all(store, &lexicon, &mut drafts);
    let mut all: Vec<infer::Woven> = drafts
        .into_par_iter()
        .map(|mut drafts| {
            repair::stated(&mut drafts);
            repair::cycles(&mut drafts.spans);
            infer::lay_out(store, &lexicon, drafts)
        })
        .collect();
    let (habits, learned) = infer::learn(&all, &lexicon);
    let known = features::Known { lexicon: &lexicon, habits: &habits };
    all.par_iter_mut().for_each(|woven| infer::decide(woven, &learned, known, options.min_confidence));
    let mut traces: Vec<Trace> = stitched
        .groups
        .par_iter()
        .zip(all)
        .map(|(group, mut woven)| {
            repair::cycles(&mut woven.drafts.spans);
            assemble::trace(store, &fragments, group, &stitched.keys, woven.drafts)
        })
        .collect();
    traces.sort_by_key(|trace| (trace.start, trace.id));
    traces
}
