//! How far the clocks of services disagree, from all transactions of a run together.
//!
//! Two templates of two services that belong together (a message sent and received, a call and its answer) are apart by
//! the difference of the clocks plus a delay that is never negative: over many transactions the differences have a sharp
//! edge where the delay is smallest (the idea of Geng et al., "Exploiting a Natural Network Effect for Scalable,
//! Fine-grained Clock Synchronization", NSDI 2018). Edges in both directions give an interval; over the graph of clocks
//! they must agree. Nothing is moved unless an order that is proven would be broken otherwise, and moving mends most of what
//! is broken. What is woven with such offsets tells better ones (`refine`).

mod evidence;
mod refine;
mod settle;
mod solve;

use super::arrange::copy;
use super::lexicon::Lexicon;
use super::stitch::{Group, Stitched, tagged};
use crate::gather::{Clocks, Fragments, SpillError, Store};
pub(in crate::weave) use evidence::looks_at;

/// So often offsets are refined by what was woven with those before.
const ROUNDS: usize = 3;

/// Finds the offsets.
pub(super) fn estimate(
    store: &mut Store,
    stitched: &Stitched,
    lexicon: &mut Lexicon,
) -> Result<Clocks, SpillError> {
    let all = stitched.groups.len();
    match &stitched.whole {
        Some(fragments) => {
            let groups = stitched.local(store, |number| looks_at(number, all));
            Ok(of(store, fragments, &groups, lexicon))
        }
        None => {
            copy(store, stitched)?.open(store);
            let fragments = Fragments::of(store);
            let groups = tagged(store, &fragments);
            Ok(of(store, &fragments, &groups, lexicon))
        }
    }
}

/// Likewise, from some transactions at hand.
fn of(store: &mut Store, fragments: &Fragments, groups: &[Group], lexicon: &mut Lexicon) -> Clocks {
    let evidence = evidence::Evidence::of(store, fragments, groups, lexicon);
    let mut clocks = solve::solve(store, &evidence);
    drop(evidence);
    if clocks.agree() {
        return clocks;
    }
    let before = std::mem::take(&mut store.clocks);
    for _ in 0..ROUNDS {
        store.clocks = clocks;
        let traces = super::weave_some(store, fragments, groups, lexicon);
        clocks = refine::refine(store, &traces);
    }
    store.clocks = before;
    clocks
}
