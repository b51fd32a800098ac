//! Makes traces of events: spans, the edges between them, trees.
//!
//! Knows nothing of formats and output. What the logs state goes before what is inferred; nothing is dropped: spans named
//! only as parents become placeholders, cycles are broken at one edge, records of no span stay with their trace.

mod assemble;
pub mod choose;
pub mod clocks;
pub mod features;
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

/// Weaves all fragments of a store; traces come in the order of their first time and id.
pub fn weave(store: &Store, fragments: &Fragments) -> Vec<Trace> {
    use rayon::prelude::*;
    let lexicon = scene::Lexicon::of(store);
    let stitched = stitch::stitch(store, fragments);
    let mut drafts: Vec<spans::Drafts> =
        stitched.groups.par_iter().map(|group| spans::drafts(store, fragments, group)).collect();
    hops::fold_all(store, &lexicon, &mut drafts);
    let mut all: Vec<infer::Woven> = drafts
        .into_par_iter()
        .map(|mut drafts| {
            repair::stated(&mut drafts);
            repair::cycles(&mut drafts.spans);
            infer::lay_out(store, &lexicon, drafts)
        })
        .collect();
    let learned = infer::learn(&all);
    all.par_iter_mut().for_each(|woven| infer::decide(woven, &learned, &lexicon));
    let mut traces: Vec<Trace> = stitched
        .groups
        .par_iter()
        .zip(all)
        .map(|(group, mut woven)| {
            repair::cycles(&mut woven.drafts.spans);
            assemble::trace(store, fragments, group, &stitched.keys, woven.drafts)
        })
        .collect();
    traces.sort_by_key(|trace| (trace.start, trace.id));
    traces
}

/// The clocks of a run.
pub fn clocks(store: &Store, fragments: &Fragments, stitched: &stitch::Stitched) -> clocks::Clocks {
    clocks::Clocks::of(store, fragments, &stitched.groups, &scene::Lexicon::of(store))
}
