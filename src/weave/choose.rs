//! Chooses parents: the share of each candidate among all, by what speaks for it, and by which trees it allows.

use super::features::{Candidate, Drafted, Known, candidates};
use super::infer::Woven;
use super::learned::Learned;
use super::scene::Scene;
use super::score::Weights;
use super::spans::Draft;
use super::tree::{self, Possible};

/// What is to be decided for one span of a transaction.
#[derive(Debug)]
pub(super) enum Parent {
    /// Nothing: it is stated, or it has none.
    Known(Option<u32>),
    /// One is to be found on behalf of this node: the span itself, or one below it if it is a placeholder for an unlogged
    /// span, which takes the place that its children would have.
    Open(u32),
}

/// What is to be decided for each span.
pub(super) fn parents(spans: &[Draft]) -> Vec<Parent> {
    let mut parents: Vec<Parent> = spans.iter().map(|span| Parent::Known(span.parent)).collect();
    // all others hang below the one that has no parent
    let tops = spans.iter().filter(|span| span.parent.is_none()).count();
    if tops > 1 {
        for node in 0..spans.len() as u32 {
            let top = topmost(spans, node);
            let draft = &spans[top as usize];
            let taken = matches!(parents[top as usize], Parent::Open(_));
            let closed = draft.parent.is_some() || draft.root || top != node && draft.edge.is_some();
            if !closed && !taken && (top != node || !draft.missing) {
                parents[top as usize] = Parent::Open(node);
            }
        }
    }
    parents
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

/// What is known when the parents of a transaction are chosen, and what it is worth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round<'r> {
    pub known: Known<'r>,
    /// What rounds before taught.
    pub learned: Option<&'r Learned>,
    /// With these a draft of the whole transaction is made first.
    pub draft: Option<&'r Weights>,
    pub weights: &'r Weights,
}

/// What a draft is so sure of stays: what else it says of the transaction changes nothing about it.
const SURE: f32 = 0.995;

/// In larger transactions candidates are looked at twice rather than kept.
const MAX_KEPT: usize = 512;

/// Room for candidates, to be used again for the next transaction.
#[derive(Debug, Default)]
pub(super) struct Room(Vec<Candidate>);

/// Hands over the candidates of each span, none for those of which the parent is known. Where a draft is sure of some by
/// their shares, as `sure` tells, its shares are handed over, too, and what it says of the others is not told of those.
pub(super) fn each(
    scene: &Scene,
    parents: &[Parent],
    round: Round<'_>,
    Room(found): &mut Room,
    sure: impl Fn(&[Possible]) -> bool,
    mut see: impl FnMut(&Parent, &[Candidate], Option<&[Possible]>),
) {
    let find = |parent: &Parent, found: &mut Vec<Candidate>| {
        if let Parent::Open(node) = parent {
            candidates(scene, *node, round.learned, round.known, found);
        }
    };
    let Some(draft) = round.draft else {
        for parent in parents {
            found.clear();
            find(parent, found);
            see(parent, found, None);
        }
        return;
    };
    let keep = parents.len() <= MAX_KEPT;
    let mut lists: Vec<Vec<Possible>> = Vec::with_capacity(parents.len());
    found.clear();
    for parent in parents {
        if !keep {
            found.clear();
        }
        let start = found.len();
        find(parent, found);
        lists.push(shares(parent, &found[start..], draft));
    }
    tree::among_trees(&mut lists);
    let behalf = on_behalf(parents);
    let is_sure: Vec<bool> = lists.iter().map(|list| sure(list)).collect();
    let mut drafted = (!is_sure.iter().all(|sure| *sure)).then(|| Drafted::of(scene, &lists, &behalf));
    let mut start = 0;
    for ((span, parent), list) in (0u32..).zip(parents).zip(&lists) {
        if !keep {
            found.clear();
            find(parent, found);
            start = 0;
        }
        let count = if matches!(parent, Parent::Open(_)) { list.len() } else { 0 };
        let found = &mut found[start..start + count];
        start += count;
        let sure = is_sure[span as usize];
        if let Some(drafted) = drafted.as_mut().filter(|_| !sure) {
            drafted.tell(scene, span, found);
        }
        see(parent, found, sure.then_some(list));
    }
}

/// Whether one of some possible parents is next to certain.
fn is_sure(list: &[Possible]) -> bool {
    list.iter().any(|(_, share)| *share >= SURE)
}

/// The span on whose behalf the parent of each span is to be found.
fn on_behalf(parents: &[Parent]) -> Vec<u32> {
    let of = |(span, parent): (u32, &Parent)| match parent {
        Parent::Known(_) => span,
        Parent::Open(node) => *node,
    };
    (0..).zip(parents).map(of).collect()
}

/// The possible parents of a span with their shares, each span by itself.
fn shares(parent: &Parent, found: &[Candidate], weights: &Weights) -> Vec<Possible> {
    match parent {
        Parent::Known(parent) => vec![(*parent, 1.0)],
        Parent::Open(_) => {
            let shares = weights.shares(found.iter().map(|candidate| &candidate.features));
            found.iter().map(|candidate| candidate.node).zip(shares).collect()
        }
    }
}

/// What was decided of a transaction.
pub(super) struct Decided {
    /// Of each span the possible parents, each with its share among all trees.
    pub lists: Vec<Vec<Possible>>,
    /// The place of the one that it has in the best tree.
    best: Vec<Option<usize>>,
    /// Of the candidates of all spans, one after the other: see [`Candidate::calls`].
    calls: Vec<bool>,
}

impl Decided {
    /// Of each span for which a parent is to be found the place of the one in the best tree, and whether it is known to call.
    pub fn best<'d>(&'d self, parents: &'d [Parent]) -> impl Iterator<Item = (usize, u32, usize, bool)> + 'd {
        let mut start = 0;
        let open = (0..).zip(parents).filter_map(|(span, parent)| match parent {
            Parent::Open(node) => Some((span, *node)),
            Parent::Known(_) => None,
        });
        open.filter_map(move |(span, node): (usize, u32)| {
            let calls = &self.calls[start..];
            start += self.lists[span].len();
            self.best[span].map(|best| (span, node, best, calls[best]))
        })
    }
}

/// Decides a transaction.
pub(super) fn decide(scene: &Scene, parents: &[Parent], round: Round<'_>, room: &mut Room) -> Decided {
    let mut calls: Vec<bool> = Vec::with_capacity(parents.len() * 8);
    let mut lists: Vec<Vec<Possible>> = Vec::with_capacity(parents.len());
    each(scene, parents, round, room, is_sure, |parent, found, drafted| {
        lists.push(drafted.map_or_else(|| shares(parent, found, round.weights), <[Possible]>::to_vec));
        calls.extend(found.iter().map(Candidate::calls));
    });
    // without circles any choice is a tree
    let best = if tree::among_trees(&mut lists) { tree::best(&lists) } else { tree::largest(&lists) };
    Decided { lists, best, calls }
}

/// Adds the edges of a transaction that are stated, or certain enough by what is known in this round.
pub(super) fn teach(woven: &Woven, learned: &mut Learned, round: Round<'_>, room: &mut Room) {
    let Woven { drafts, parents, scene } = woven;
    let Decided { lists, .. } = decide(scene, parents, round, room);
    learned.add_spans(scene);
    for (span, (parent, list)) in (0u32..).zip(parents.iter().zip(&lists)) {
        match parent {
            Parent::Known(Some(parent)) if drafts.spans[*parent as usize].missing => {}
            Parent::Known(parent) => learned.add(scene, *parent, span, 100, true),
            Parent::Open(node) => {
                teach_access(scene, *node, (list, round.known), learned);
                for &(parent, share) in list.iter().filter(|(_, share)| *share >= POSSIBLE) {
                    learned.add(scene, parent, *node, (share * 100.0) as u32, share >= CERTAIN);
                }
            }
        }
    }
}

/// Adds the line of an access log that spans of other services might have caused.
fn teach_access(scene: &Scene, node: u32, (list, known): (&[Possible], Known<'_>), learned: &mut Learned) {
    let service = scene.nodes[node as usize].service;
    if known.lexicon.calls_back_at(scene.routes(node)) {
        return;
    }
    let is_other = |parent: &u32| scene.nodes[*parent as usize].service != service;
    if scene.is_access(node) && list.iter().any(|(parent, _)| parent.as_ref().is_some_and(is_other)) {
        let none = list.iter().filter(|(parent, _)| parent.is_none()).map(|(_, share)| share).sum::<f32>();
        learned.add_access(service, (none * 100.0) as u32);
    }
}

/// Edges below this share teach nothing, and below this nothing certain.
const POSSIBLE: f32 = 0.02;
const CERTAIN: f32 = 0.6;
