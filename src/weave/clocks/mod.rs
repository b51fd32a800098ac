//! How far the clocks of services disagree, from all transactions of a run together.
//!
//! Two templates of two services that belong together (a message sent and received, a call and its answer) are apart by
//! the difference of the clocks plus a delay that is never negative: over many transactions the differences have a sharp
//! edge where the delay is smallest (the idea of Geng et al., "Exploiting a Natural Network Effect for Scalable,
//! Fine-grained Clock Synchronization", NSDI 2018). Edges in both directions give an interval; over the graph of clocks
//! they must agree. Nothing is moved unless an order that is proven would be broken otherwise, and moving mends most of what
//! is broken. What is woven with such offsets tells better ones (`refine`).

mod evidence;
mod known;
mod level;
mod refine;
mod settle;
mod solve;
mod zones;

use super::arrange::copy;
use super::lexicon::Lexicon;
use super::stitch::{Group, Stitched, tagged};
use crate::gather::{Clocks, Fragments, SpillError, Store};
use crate::model::Symbol;
pub(in crate::weave) use evidence::looks_at;
use rustc_hash::FxHashMap;

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
    let apart = apart(store, fragments, groups);
    let groups = apart.as_deref().unwrap_or(groups);
    let zones = zones::zones(store, fragments, groups);
    let evidence = evidence::Evidence::of(store, fragments, groups, &zones, lexicon);
    let mut clocks = solve::solve(store, &evidence);
    drop(evidence);
    if clocks.agree() {
        return zones;
    }
    for (name, zone) in zones.offsets {
        clocks.offsets.entry(name).or_default().offset += zone.offset;
    }
    let before = std::mem::take(&mut store.clocks);
    for _ in 0..ROUNDS {
        store.clocks = clocks;
        let traces = super::weave_some(store, fragments, groups, lexicon);
        clocks = refine::refine(store, &traces, lexicon);
    }
    store.clocks = before;
    clocks
}

/// In so many fragments at least a service has to stand beside others.
const MIN_BESIDE: usize = 8;

/// Each fragment by itself, if all services stand beside others within fragments: what was joined by clocks that disagree may
/// be joined wrongly, and a trace id is right whatever clocks say.
fn apart(store: &Store, fragments: &Fragments, groups: &[Group]) -> Option<Vec<Group>> {
    // by service: the fragments that have it, and those that have others, too
    let mut services: FxHashMap<Symbol, (usize, usize)> = FxHashMap::default();
    let mut own: Vec<Symbol> = Vec::new();
    let mut apart: Vec<Group> = Vec::new();
    for group in groups {
        for &id in &group.untraced {
            services.entry(store.event(id).service).or_default();
        }
        for &fragment in &group.fragments {
            own.clear();
            own.extend(fragments.traced[fragment as usize].events.iter().map(|id| store.event(*id).service));
            own.sort_unstable();
            own.dedup();
            for service in &own {
                let (all, beside) = services.entry(*service).or_default();
                *all += 1;
                *beside += usize::from(own.len() > 1);
            }
            if own.len() > 1 {
                apart.push(Group { number: group.number, fragments: vec![fragment], untraced: Vec::new() });
            }
        }
    }
    let is_beside = |(all, beside): &(usize, usize)| *beside >= MIN_BESIDE.min((*all).max(1));
    services.values().all(is_beside).then_some(apart)
}
