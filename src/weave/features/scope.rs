//! What part of a transaction a span belongs to: an order has parcels, a parcel has scans. Values that only some of the spans
//! hold tell the part; a span is rather caused by one of its part than by one of another.

use super::numbers::*;
use super::{Candidate, log2, yes};
use crate::model::{Shape, Symbol};
use crate::weave::scene::{Node, Scene, Value};

/// So many values of a child are looked at, those that fewest spans hold.
const MOST: usize = 4;

/// A value of the child that a candidate holds, too.
#[derive(Clone, Copy, Debug)]
struct Part<'s> {
    value: Symbol,
    shape: Shape,
    holders: &'s [u32],
    /// What it is called.
    names: &'s [Symbol],
    /// Near 1 if few of the spans hold it, 0 if all do.
    special: f32,
}

/// Tells of the candidates of a child how they share its part of the transaction, and its request.
pub(super) fn tell(scene: &Scene, child: u32, found: &mut [Candidate]) {
    let mut own: Vec<Value> = scene.lines_of(child).flat_map(|line| scene.values(line)).copied().collect();
    own.sort_unstable_by_key(|(_, value, _)| *value);
    own.dedup_by_key(|(_, value, _)| *value);
    let parts = parts(scene, child, &own, found);
    if !parts.is_empty() {
        for candidate in found.iter_mut() {
            let Some(parent) = candidate.node else { continue };
            let out = &mut candidate.features;
            for part in &parts {
                if part.holders.contains(&parent) {
                    out[SCOPE] = part.special.max(out[SCOPE]);
                    continue;
                }
                out[SCOPE_LACKED] = part.special.max(out[SCOPE_LACKED]);
                if part.special > out[SCOPE_OTHER] && holds_another(scene, parent, part, &own) {
                    out[SCOPE_OTHER] = part.special;
                }
            }
        }
    }
    requests(scene, child, found);
}

/// The values of the child that tell most.
fn parts<'s>(scene: &'s Scene, child: u32, own: &[Value], found: &[Candidate]) -> Vec<Part<'s>> {
    let all = log2(scene.nodes.len().max(2) as f32);
    let held = |holders: &[u32]| {
        found.iter().filter_map(|candidate| candidate.node).any(|node| holders.contains(&node))
    };
    let parts = own.iter().filter_map(|&(_, value, shape)| {
        let holding = scene.holders.of_value(value).filter(|holding| holding.nodes.len() > 1)?;
        let special = 1.0 - log2((holding.nodes.len() - 1) as f32) / all;
        let (holders, names) = (holding.nodes, holding.names);
        (special > 0.0 && held(holders)).then_some(Part { value, shape, holders, names, special })
    });
    let mut parts: Vec<Part<'s>> = parts.collect();
    parts.sort_unstable_by_key(|part| (part.holders.len(), matches!(part.shape, Shape::Number), part.value));
    parts.truncate(MOST);
    debug_assert!(parts.iter().all(|part| part.holders.contains(&child)), "the child holds its values");
    parts
}

/// Whether a span holds, in place of a value, another one of that name which the child does not hold.
fn holds_another(scene: &Scene, node: u32, part: &Part<'_>, own: &[Value]) -> bool {
    scene.lines_of(node).flat_map(|line| scene.values(line)).any(|(name, value, shape)| {
        *shape == part.shape
            && part.names.contains(name)
            && own.binary_search_by_key(value, |(_, value, _)| *value).is_err()
    })
}

/// Who of another service is about the path that the child is about.
fn requests(scene: &Scene, child: u32, found: &mut [Candidate]) {
    let routes = |node: u32| scene.lines_of(node).map(|line| line.route).filter(|route| !route.is_none());
    let service = scene.nodes[child as usize].service;
    let own: Vec<Symbol> = routes(child).collect();
    if own.is_empty() {
        return;
    }
    let other = |node: &Node| node.service != service;
    let same =
        |node: u32| other(&scene.nodes[node as usize]) && routes(node).any(|route| own.contains(&route));
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
