//! For the tool that fits the weights: the candidates of every span of a run.

use super::choose::{self, Parent};
use super::features::{Features, Known, candidates};
use super::habits::Habits;
use super::infer::Woven;
use super::learned::Learned;
use super::spans::Draft;
use super::{Options, plan};
use crate::gather::Store;
use crate::model::SpanId;
use rayon::prelude::*;

/// What is given of the parent of a span.
#[derive(Clone, Debug)]
pub enum Given {
    /// It is stated (`None`: it has none).
    Stated(Option<u32>),
    /// It is to be found.
    Open {
        /// On behalf of this span.
        span: SpanId,
        /// Among these (`None`: it has none), with what speaks for each.
        candidates: Vec<(Option<u32>, Features)>,
    },
}

/// The spans of a transaction, with what is given of their parents.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// The spans, to which parents are indices.
    pub ids: Vec<SpanId>,
    /// For each span what is given.
    pub given: Vec<Given>,
    /// For spans without an id of their own, where their records stand: indices of sources, and first lines.
    pub records: Vec<Vec<(usize, u64)>>,
}

/// What is to be learned from a run, or from so many of its transactions: with what a first round with the given weights
/// learned of these, or without.
pub fn lessons(store: &mut Store, first: Option<&Features>, limit: Option<usize>) -> Vec<Lesson> {
    // fails only where events are spilled
    let Ok(plan) = plan(store, &Options::default()) else { return Vec::new() };
    let Some(super::Whole { fragments, groups, .. }) = &plan.whole else { return Vec::new() };
    let store = &*store;
    let groups = &groups[..limit.unwrap_or(usize::MAX).min(groups.len())];
    let scenes: Vec<Woven> = groups.par_iter().map(|group| plan.lay_out(store, fragments, group)).collect();
    let mut habits = Habits::default();
    for woven in &scenes {
        habits.learn(&woven.scene);
    }
    let habits = habits.settle();
    let known = Known { lexicon: &plan.lexicon, habits: &habits };
    let learned = first.map(|weights| {
        let mut learned = Learned::default();
        for woven in &scenes {
            choose::teach(woven, &mut learned, known, weights);
        }
        learned.settle()
    });
    let lesson = |Woven { drafts, parents, scene }: &Woven| {
        let spans = &drafts.spans;
        let given = parents.iter().map(|parent| match *parent {
            Parent::Known(parent) => Given::Stated(parent),
            Parent::Open(node) => {
                let found = candidates(scene, node, learned.as_ref(), known);
                let rows = found.into_iter().map(|candidate| (candidate.node, candidate.features));
                let draft = &spans[node as usize];
                Given::Open { span: draft.id, candidates: rows.collect() }
            }
        });
        let records = |draft: &Draft| {
            let places = draft.events.iter().filter(|_| draft.synthetic).map(|id| store.event(*id).place);
            places.map(|place| (place.source.0 as usize, place.line)).collect()
        };
        Lesson {
            given: given.collect(),
            ids: spans.iter().map(|draft| draft.id).collect(),
            records: spans.iter().map(records).collect(),
        }
    };
    scenes.par_iter().map(lesson).collect()
}
