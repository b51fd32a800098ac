//! What part of a transaction a span belongs to: an order has parcels, a parcel has scans. Values that only some of the spans
//! hold tell the part; a span is rather caused by one of its part than by one of another.

use super::numbers::*;
use super::{Candidate, log2, yes};
use crate::model::{Shape, Symbol};
use crate::weave::holders::{Held, Which};
use crate::weave::scene::Scene;

/// So many values of a child are looked at, those that fewest spans hold.
const MOST: usize = 4;

/// A value of the child that a candidate holds, too.
#[derive(Clone, Copy, Debug)]
struct Part<'s> {
    which: Which,
    shape: Shape,
    /// So many nodes hold it.
    holders: usize,
    /// What it is called.
    names: &'s [Symbol],
    /// Near 1 if few of the spans hold it, 0 if all do.
    special: f32,
}

/// Tells of the candidates of a child how they share its part of the transaction, and its request.
pub(super) fn tell(scene: &Scene, child: u32, found: &mut [Candidate]) {
    let parts = parts(scene, child, found);
    if !parts.is_empty() {
        // what is about several parts has to do with one of them by what is about that one alone
        let service = scene.nodes[child as usize].service;
        let alone = |part: &Part<'_>| {
            found.iter().filter_map(|candidate| candidate.node).any(|node| {
                scene.nodes[node as usize].service == service
                    && scene.holders.has(part.which, node)
                    && !holds_another(scene, node, part, child)
            })
        };
        let told_alone: Vec<bool> = parts.iter().map(alone).collect();
        for candidate in found.iter_mut() {
            let Some(parent) = candidate.node else { continue };
            let out = &mut candidate.features;
            for (part, told_alone) in parts.iter().zip(&told_alone) {
                let holds = scene.holders.has(part.which, parent);
                let among_others = holds && *told_alone && holds_another(scene, parent, part, child);
                if holds && !among_others {
                    out[SCOPE] = part.special.max(out[SCOPE]);
                    continue;
                }
                out[SCOPE_LACKED] = part.special.max(out[SCOPE_LACKED]);
                let another = || among_others || holds_another(scene, parent, part, child);
                if part.special > out[SCOPE_OTHER] && another() {
                    out[SCOPE_OTHER] = part.special;
                }
            }
        }
    }
    requests(scene, child, found);
}

/// The values of the child that tell most.
fn parts<'s>(scene: &'s Scene, child: u32, found: &[Candidate]) -> Vec<Part<'s>> {
    let all = log2(scene.nodes.len().max(2) as f32);
    let held = |which: Which| {
        found.iter().filter_map(|candidate| candidate.node).any(|node| scene.holders.has(which, node))
    };
    let mut parts: Vec<Part<'s>> = Vec::new();
    // a value with several names stands there several times, one after the other
    for of_value in scene.holders.held_by(child).chunk_by(|a, b| a.which == b.which) {
        let Held { which, shape, .. } = of_value[0];
        let holding = scene.holders.value(which);
        let holders = holding.nodes.len();
        if holders < 2 {
            continue;
        }
        let special = 1.0 - log2((holders - 1) as f32) / all;
        if special > 0.0 && held(which) {
            parts.push(Part { which, shape, holders, names: holding.names, special });
        }
    }
    // those of lower numbers are the lesser values
    parts.sort_unstable_by_key(|part| (part.holders, matches!(part.shape, Shape::Number), part.which));
    parts.truncate(MOST);
    parts
}

/// Whether a span holds, in place of a value, another one of that name which the child does not hold.
fn holds_another(scene: &Scene, node: u32, part: &Part<'_>, child: u32) -> bool {
    scene.holders.held_by(node).iter().any(|held| {
        held.shape == part.shape && part.names.contains(&held.name) && !scene.holders.has(held.which, child)
    })
}

/// Whether two spans are about one path.
pub(super) fn same_request(scene: &Scene, one: u32, other: u32) -> bool {
    scene.routes(one).iter().any(|route| scene.routes(other).contains(route))
}

/// Who of another service is about the path that the child is about.
fn requests(scene: &Scene, child: u32, found: &mut [Candidate]) {
    if scene.routes(child).is_empty() {
        return;
    }
    let service = scene.nodes[child as usize].service;
    let same = |node: u32| scene.nodes[node as usize].service != service && same_request(scene, node, child);
    let both = |candidate: &Candidate| candidate.node.map(same);
    let shared: Vec<Option<bool>> = found.iter().map(both).collect();
    if !shared.contains(&Some(true)) {
        return;
    }
    for (candidate, both) in found.iter_mut().zip(shared) {
        let Some(both) = both else { continue };
        candidate.features[REQUEST] = yes(both);
        candidate.features[REQUEST_ELSEWHERE] = yes(!both);
    }
}
