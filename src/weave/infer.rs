//! Finds the parents that nobody stated.
//!
//! Two rounds: in the first each span is looked at by itself; what was certain there teaches how the spans of this run
//! cause each other, and the second round decides with that.

use super::choose::{shares, teach};
use super::features::{Candidate, Known, candidates};
use super::habits::Habits;
use super::learned::Learned;
use super::scene::{Lexicon, Scene};
use super::spans::{Draft, Drafts};
use super::stitch::Whole;
use super::weights;
use super::words::Act;
use crate::gather::Store;
use crate::model::{Basis, Edge, Proof};
use rayon::prelude::*;

/// A transaction on its way to its tree.
pub(super) struct Woven {
    pub drafts: Drafts,
    pub scene: Scene,
}

/// Lays out a transaction whose stated parents are known.
pub(super) fn lay_out(store: &Store, lexicon: &Lexicon, drafts: Drafts) -> Woven {
    let scene = Scene::of(store, lexicon, &drafts.spans);
    Woven { drafts, scene }
}

/// What so many events teach does not change when more of a run are looked at.
const ENOUGH: u64 = 100_000;

/// Which transactions a run is learned from: all, or as many as are enough, chosen by their ids.
pub(super) fn teachers(groups: &[Whole]) -> Vec<bool> {
    let events: u64 = groups.iter().map(|group| group.events).sum();
    let share = (u128::from(ENOUGH) << 64) / u128::from(events.max(1));
    let mixed = |id: u64| (id ^ id >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    groups.iter().map(|group| u128::from(mixed(group.id)) <= share).collect()
}

/// What the transactions of a run teach; `all`: they are all that there are.
pub(super) fn learn(teachers: &[Woven], all: bool, lexicon: &Lexicon) -> (Habits, Learned) {
    if all && !teachers.par_iter().any(|woven| any_open(&woven.drafts.spans)) {
        return (Habits::default(), Learned::default());
    }
    let habits = teachers
        .par_iter()
        .fold(Habits::default, |mut habits, woven| {
            habits.learn(&woven.scene);
            habits
        })
        .reduce(Habits::default, Habits::merge)
        .settle();
    let known = Known { lexicon, habits: &habits };
    let learned = teachers
        .par_iter()
        .fold(Learned::default, |mut learned, Woven { scene, drafts }| {
            teach(scene, &mut learned, known, &weights::FIRST, &|node| stated(&drafts.spans, node));
            learned
        })
        .reduce(Learned::default, Learned::merge)
        .settle();
    (habits, learned)
}

/// Whether a parent is to be found for any span.
pub(super) fn any_open(spans: &[Draft]) -> bool {
    let tops = spans.iter().filter(|span| span.parent.is_none()).count();
    (0..spans.len() as u32).any(|node| open_above(spans, tops, node).is_some())
}

/// The stated parent of a node that has records itself.
fn stated(spans: &[Draft], node: u32) -> Option<Option<u32>> {
    let draft = &spans[node as usize];
    match draft.parent {
        Some(parent) if !spans[parent as usize].missing => Some(Some(parent)),
        None if draft.root || is_above_all(spans, node) => Some(None),
        _ => None,
    }
}

/// Gives each span without a stated parent its most likely one, if that is sure enough.
pub(super) fn decide(woven: &mut Woven, learned: &Learned, known: Known<'_>, min_confidence: f32) {
    let Woven { drafts, scene } = woven;
    let mut tops = drafts.spans.iter().filter(|span| span.parent.is_none()).count();
    for node in 0..scene.nodes.len() as u32 {
        let Some(top) = open_above(&drafts.spans, tops, node) else { continue };
        let found = candidates(scene, node, Some(learned), known);
        let shares = shares(&found, &weights::SECOND);
        let mut order: Vec<usize> = (0..found.len()).collect();
        order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]));
        // a parent below the span itself would close a circle
        let mut ranked = order
            .iter()
            .copied()
            .filter(|&index| found[index].node.is_none_or(|parent| !is_below(&drafts.spans, parent, top)));
        let Some(best) = ranked.next() else { continue };
        let second = ranked.next().and_then(|index| Some((found[index].node?, shares[index])));
        let Some(parent) = found[best].node else { continue };
        if shares[best] < min_confidence {
            continue;
        }
        let edge = edge(scene, node, &found[best], shares[best], second, learned);
        tops -= 1;
        let draft = &mut drafts.spans[top as usize];
        draft.parent = Some(parent);
        draft.edge = Some(edge);
    }
}

/// What a parent is to be found for on behalf of a node, of so many spans without parent: the node, or a placeholder above
/// it for an unlogged parent, which takes the place that its children would have. Where all other spans hang below the one
/// that has no parent, each as its parent would close a circle.
fn open_above(spans: &[Draft], tops: usize, node: u32) -> Option<u32> {
    let top = topmost(spans, node);
    let draft = &spans[top as usize];
    if draft.parent.is_some() || draft.root || top != node && draft.edge.is_some() {
        return None;
    }
    (tops > 1).then_some(top)
}

/// Whether all other spans have a parent: there are no circles, so that they are below this one.
fn is_above_all(spans: &[Draft], top: u32) -> bool {
    spans.iter().enumerate().all(|(index, span)| span.parent.is_some() || index == top as usize)
}

/// The span itself, or the topmost of the placeholders above it.
fn topmost(spans: &[Draft], node: u32) -> u32 {
    let mut at = node;
    let mut steps = 0;
    while let Some(parent) = spans[at as usize].parent {
        if !spans[parent as usize].missing || steps > spans.len() {
            break;
        }
        at = parent;
        steps += 1;
    }
    at
}

/// Whether `node` lies in the tree below `top`.
fn is_below(spans: &[Draft], node: u32, top: u32) -> bool {
    let mut at = Some(node);
    let mut steps = 0;
    while let Some(index) = at {
        if index == top || steps > spans.len() {
            return true;
        }
        at = spans[index as usize].parent;
        steps += 1;
    }
    false
}

/// Says what an edge rests on.
fn edge(
    scene: &Scene,
    node: u32,
    chosen: &Candidate,
    share: f32,
    runner_up: Option<(u32, f32)>,
    learned: &Learned,
) -> Edge {
    let features = &chosen.features;
    let mut proofs = Vec::new();
    let parent = chosen.node.unwrap_or_default();
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[node as usize]);
    let same = p.service == c.service;
    let opening = scene.opening(node);
    let mut basis = if same { Basis::Nesting } else { Basis::Learned };
    if let Some(opening) = opening {
        if !same {
            // the value that fewest spans hold names the message
            let held = scene.values(opening).iter().filter_map(|(name, value, _)| {
                let holders = scene.holders.get(*value)?;
                let sent = scene
                    .lines_of(parent)
                    .find(|line| scene.values(line).iter().any(|(_, other, _)| other == value))?;
                Some((holders.len(), *name, *value, sent))
            });
            if let Some((holders, name, value, sent)) = held.min_by_key(|(holders, ..)| *holders) {
                if holders * 3 <= scene.nodes.len().max(6) || sent.act == Act::Send {
                    basis = Basis::Message;
                    proofs.push(Proof::Message { name, value, sent: sent.id, received: opening.id });
                } else {
                    basis = Basis::Key;
                    proofs.push(Proof::Key { name, value });
                }
            }
            if features[36] > 0.0 || features[38] > 0.0 || features[72] > 0.0 && features[70] > 0.0 {
                if basis != Basis::Message {
                    basis = Basis::Call;
                }
                proofs.push(Proof::Call);
            }
        }
        if p.first <= c.first && p.last >= c.last && p.last > p.first {
            proofs.push(Proof::Encloses);
        }
        let previous = scene.lines_of(parent).rfind(|line| line.order < opening.order);
        if let Some(before) = previous {
            proofs.push(Proof::Follows { before: before.id, delay: opening.time - before.time });
        }
    }
    let times = learned.times(p.kind, c.kind);
    if times > 1 {
        proofs.push(Proof::Usual { times });
    }
    if proofs.is_empty() {
        proofs.push(Proof::OnlyCandidate);
    }
    Edge { basis, confidence: share, proofs, runner_up }
}
