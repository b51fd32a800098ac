//! Chooses parents: the share of each candidate among all, by what speaks for it, and by which trees it allows.

use super::features::{Candidate, Features, Known, candidates};
use super::infer::Woven;
use super::learned::Learned;
use super::scene::Scene;
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

/// Of each span for which a parent is to be found the possible ones, and the index of the one in the best tree.
pub(super) fn decide(
    scene: &Scene,
    parents: &[Parent],
    learned: Option<&Learned>,
    known: Known<'_>,
    weights: &Features,
) -> Vec<(Vec<Scored>, Option<usize>)> {
    let mut calls: Vec<Vec<bool>> = Vec::with_capacity(parents.len());
    let mut lists: Vec<Vec<Possible>> = Vec::with_capacity(parents.len());
    for parent in parents {
        match parent {
            Parent::Known(parent) => {
                lists.push(vec![(*parent, 1.0)]);
                calls.push(Vec::new());
            }
            Parent::Open(node) => {
                let found = candidates(scene, *node, learned, known);
                let shares = shares(found.iter().map(|candidate| &candidate.features), weights);
                lists.push(found.iter().map(|candidate| candidate.node).zip(shares).collect());
                calls.push(found.iter().map(Candidate::calls).collect());
            }
        }
    }
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

/// The shares of candidates, by what speaks for each: they sum to 1.
pub fn shares<'f>(found: impl Iterator<Item = &'f Features>, weights: &Features) -> Vec<f32> {
    let scores: Vec<f32> = found.map(|features| score(features, weights)).collect();
    let top = scores.iter().copied().fold(f32::MIN, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - top).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// What speaks for a candidate in all: in eight sums at once, as a processor likes it.
fn score(features: &Features, weights: &Features) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (values, rest) = features.as_chunks::<LANES>();
    let (weights, last) = weights.as_chunks::<LANES>();
    for (values, weights) in values.iter().zip(weights) {
        for lane in 0..LANES {
            sums[lane] += values[lane] * weights[lane];
        }
    }
    for (lane, (value, weight)) in rest.iter().zip(last).enumerate() {
        sums[lane] += value * weight;
    }
    sums.iter().sum()
}

/// Adds the edges of a transaction that are stated, or certain enough without anything learned.
pub(super) fn teach(woven: &Woven, learned: &mut Learned, known: Known<'_>, weights: &Features) {
    let Woven { drafts, parents, scene } = woven;
    let decided = decide(scene, parents, None, known, weights);
    for (span, (parent, (options, _))) in (0u32..).zip(parents.iter().zip(&decided)) {
        match parent {
            Parent::Known(Some(parent)) if !drafts.spans[*parent as usize].missing => {
                learned.add(scene, Some(*parent), span, 100)
            }
            Parent::Known(None) => learned.add(scene, None, span, 100),
            Parent::Known(Some(_)) => {}
            // certain edges count fully, doubtful ones for the doubt they leave
            Parent::Open(node) => {
                for option in options.iter().filter(|option| option.share >= CERTAIN) {
                    learned.add(scene, option.node, *node, (option.share * 100.0) as u32);
                }
            }
        }
    }
}

/// Edges below this share teach nothing.
const CERTAIN: f32 = 0.6;
