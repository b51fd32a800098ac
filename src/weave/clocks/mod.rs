//! How far the clocks of services disagree, from all transactions of a run together.
//!
//! Two templates of two services that belong together (a message sent and received, a call and its answer) are apart by
//! the difference of the clocks plus a delay that is never negative: over many transactions the differences have a sharp
//! edge where the delay is smallest (the idea of Geng et al., "Exploiting a Natural Network Effect for Scalable,
//! Fine-grained Clock Synchronization", NSDI 2018). Edges in both directions give an interval; over the graph of clocks
//! they must agree. Nothing is moved unless an order that is proven would be broken otherwise.

mod evidence;
mod solve;

use super::lexicon::Lexicon;
use super::stitch::Group;
use crate::gather::{Clocks, Fragments, Store};

/// Finds the offsets.
pub(super) fn estimate(store: &Store, fragments: &Fragments, groups: &[Group], lexicon: &Lexicon) -> Clocks {
    let evidence = evidence::Evidence::of(store, fragments, groups, lexicon);
    solve::solve(store, &evidence)
}
