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

/// A possible parent (`None`: none) of a span.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scored {
    pub node: Option<u32>,
    /// Its share among all trees.
    pub share: f32,
    /// See [`Candidate::calls`].
    pub calls: bool,
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

/// In larger transactions candidates are looked at twice rather than kept.
const MAX_KEPT: usize = 512;

/// Hands over the candidates of each span, none for those of which the parent is known.
pub(super) fn each(
    scene: &Scene,
    parents: &[Parent],
    round: Round<'_>,
    mut see: impl FnMut(&Parent, Vec<Candidate>),
) {
    let of = |parent: &Parent| match parent {
        Parent::Known(_) => Vec::new(),
        Parent::Open(node) => candidates(scene, *node, round.learned, round.known),
    };
    let Some(draft) = round.draft else {
        return parents.iter().for_each(|parent| see(parent, of(parent)));
    };
    let mut kept = Vec::new();
    let mut lists: Vec<Vec<Possible>> = Vec::with_capacity(parents.len());
    for parent in parents {
        let found = of(parent);
        lists.push(shares(parent, &found, draft));
        if parents.len() <= MAX_KEPT {
            kept.push(found);
        }
    }
    tree::among_trees(&mut lists);
    let behalf = on_behalf(parents);
    let drafted = Drafted::of(scene, &lists, &behalf);
    let mut kept = kept.into_iter();
    for (span, parent) in parents.iter().enumerate() {
        let mut found = kept.next().unwrap_or_else(|| of(parent));
        drafted.tell(scene, span, &mut found);
        see(parent, found);
    }
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

/// Of each span for which a parent is to be found the possible ones, and the index of the one in the best tree.
pub(super) fn decide(
    scene: &Scene,
    parents: &[Parent],
    round: Round<'_>,
) -> Vec<(Vec<Scored>, Option<usize>)> {
    let mut calls: Vec<Vec<bool>> = Vec::with_capacity(parents.len());
    let mut lists: Vec<Vec<Possible>> = Vec::with_capacity(parents.len());
    each(scene, parents, round, |parent, found| {
        lists.push(shares(parent, &found, round.weights));
        calls.push(found.iter().map(Candidate::calls).collect());
    });
    // without circles any choice is a tree
    let best = if tree::among_trees(&mut lists) { tree::best(&lists) } else { tree::largest(&lists) };
    lists
        .into_iter()
        .zip(calls)
        .zip(best)
        .map(|((list, calls), best)| {
            let scored =
                list.into_iter().zip(calls).map(|((node, share), calls)| Scored { node, share, calls });
            (scored.collect(), best)
        })
        .collect()
}

/// Adds the edges of a transaction that are stated, or certain enough by what is known in this round.
pub(super) fn teach(woven: &Woven, learned: &mut Learned, round: Round<'_>) {
    let Woven { drafts, parents, scene } = woven;
    let decided = decide(scene, parents, round);
    learned.add_spans(scene);
    for (span, (parent, (options, _))) in (0u32..).zip(parents.iter().zip(&decided)) {
        match parent {
            Parent::Known(Some(parent)) if drafts.spans[*parent as usize].missing => {}
            Parent::Known(parent) => learned.add(scene, *parent, span, 100, true),
            Parent::Open(node) => {
                for option in options.iter().filter(|option| option.share >= POSSIBLE) {
                    let share = (option.share * 100.0) as u32;
                    learned.add(scene, option.node, *node, share, option.share >= CERTAIN);
                }
            }
        }
    }
}

/// Edges below this share teach nothing, and below this nothing certain.
const POSSIBLE: f32 = 0.02;
const CERTAIN: f32 = 0.6;
