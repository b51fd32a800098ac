//! For the tool that fits the weights: the candidates of every span of a run.

use super::features::{COUNT, Features, Known, candidates};
use super::habits::Habits;
use super::learned::Learned;
use super::scene::{Lexicon, Scene};
use super::{choose, hops, spans, stitch};
use crate::gather::{Fragments, Store};
use crate::model::SpanId;

/// A span and its possible parents.
#[derive(Clone, Debug)]
pub struct Example {
    /// The span.
    pub span: SpanId,
    /// The possible parents (`None`: it has none) with what speaks for each.
    pub candidates: Vec<(Option<SpanId>, Features)>,
}

/// The examples of a run, or of so many of its transactions: with what a first round with the given weights learned of
/// these, or without.
pub fn examples(store: &Store, first: Option<&[f32; COUNT]>, limit: Option<usize>) -> Vec<Example> {
    let lexicon = Lexicon::of(store);
    let none = Fragments::default();
    // fails only where events are spilled
    let stitched = stitch::stitch_whole(store).unwrap_or_default();
    let fragments = stitched.whole.as_ref().unwrap_or(&none);
    let mut groups = stitched.local(store);
    groups.truncate(limit.unwrap_or(usize::MAX));
    let groups = &groups[..];
    let mut folding = hops::Folding::of(store);
    if folding.may_learn(groups.iter().any(|group| !group.untraced.is_empty())) {
        folding.learn(store, fragments, groups);
    }
    let folding = folding.settle();
    let scenes: Vec<(Scene, Vec<SpanId>)> = groups
        .iter()
        .map(|group| {
            let mut drafts = spans::drafts(store, fragments, group);
            folding.fold(store, &lexicon, &mut drafts);
            let ids = drafts.spans.iter().map(|draft| draft.id).collect();
            (Scene::of(store, &lexicon, &drafts.spans), ids)
        })
        .collect();
    let mut habits = Habits::default();
    for (scene, _) in &scenes {
        habits.learn(scene);
    }
    let habits = habits.settle();
    let known = Known { lexicon: &lexicon, habits: &habits };
    let learned = first.map(|weights| {
        let mut learned = Learned::default();
        for (scene, _) in &scenes {
            choose::teach(scene, &mut learned, known, weights, &|_| None);
        }
        learned.settle()
    });
    let mut examples = Vec::new();
    for (scene, ids) in &scenes {
        for node in 0..scene.nodes.len() as u32 {
            let found = candidates(scene, node, learned.as_ref(), known);
            examples.push(Example {
                span: ids[node as usize],
                candidates: found
                    .into_iter()
                    .map(|candidate| (candidate.node.map(|node| ids[node as usize]), candidate.features))
                    .collect(),
            });
        }
    }
    examples
}
