//! How far the clocks of services disagree, from all transactions of a run together.
//!
//! Two templates of two services that belong together (a message sent and received, a call and its answer) are apart by
//! the difference of the clocks plus a delay that is never negative: over many transactions the differences have a sharp
//! edge where the delay is smallest (the idea of Geng et al., "Exploiting a Natural Network Effect for Scalable,
//! Fine-grained Clock Synchronization", NSDI 2018). Edges in both directions give an interval; over the graph of clocks
//! they must agree. Nothing is moved unless an order that is proven would be broken otherwise, and moving mends most of what
//! is broken.

mod evidence;
mod settle;
mod solve;

use super::arrange::copy;
use super::lexicon::Lexicon;
use super::stitch::{Stitched, tagged};
use crate::gather::{Clocks, Fragments, SpillError, Store};
pub(in crate::weave) use evidence::looks_at;

/// Finds the offsets.
pub(super) fn estimate(
    store: &mut Store,
    stitched: &Stitched,
    lexicon: &Lexicon,
) -> Result<Clocks, SpillError> {
    let all = stitched.groups.len();
    let evidence = match &stitched.whole {
        Some(fragments) => evidence::Evidence::of(
            store,
            fragments,
            &stitched.local(store, |number| looks_at(number, all)),
            lexicon,
        ),
        None => {
            copy(store, stitched)?.open(store);
            let fragments = Fragments::of(store);
            evidence::Evidence::of(store, &fragments, &tagged(store, &fragments), lexicon)
        }
    };
    Ok(solve::solve(store, &evidence))
}
