//! For the tool that fits the weights: the candidates of every span of a run.

use super::choose::{self, Parent, Room, Round};
use super::features::{Features, Known};
use super::habits::Habits;
use super::hops::weights::Weights as HopWeights;
use super::hops::{Cut, Tried};
use super::infer::Woven;
use super::learned::Learned;
use super::lexicon::Lexicon;
use super::score::Weights;
use super::spans::Draft;
use super::{Options, Plan, Whole, prepare, weights};
use crate::gather::Store;
use crate::model::{EventId, SpanId};
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

/// A run of which the transactions are laid out.
pub struct Course<'s> {
    store: &'s Store,
    lexicon: Lexicon,
    scenes: Vec<Woven>,
}

impl<'s> Course<'s> {
    /// Lays out all transactions; `None` where events are spilled.
    pub fn of(store: &'s mut Store) -> Option<Course<'s>> {
        let plan = prepare(store, &Options::default(), false).ok()?;
        let store = &*store;
        let Whole { fragments, groups, .. } = plan.whole.as_ref()?;
        let scenes = groups.par_iter().map(|group| plan.lay_out(store, fragments, group)).collect();
        Some(Course { store, lexicon: plan.lexicon, scenes })
    }

    /// What is to be learned from so many transactions, about `most` spans of them, after rounds with the given weights: each
    /// teaches the next one, and the second one drafts the last.
    pub fn lessons(&self, rounds: &[&Weights], limit: usize, most: usize) -> Vec<Lesson> {
        let scenes = &self.scenes[..limit.min(self.scenes.len())];
        let mut habits = Habits::default();
        for woven in scenes {
            habits.learn(&woven.scene);
        }
        let habits = habits.settle();
        let known = Known { lexicon: &self.lexicon, habits: &habits };
        let mut before = None;
        for weights in rounds {
            let mut learned = Learned::default();
            for woven in scenes {
                let round = Round { known, learned: before.as_ref(), draft: None, weights };
                choose::teach(woven, &mut learned, round, &mut Room::default());
            }
            before = Some(learned.settle());
        }
        let all: usize = scenes.iter().map(|woven| woven.parents.len()).sum();
        let taken: Vec<&Woven> = scenes.iter().step_by(all.div_ceil(most).max(1)).collect();
        let round =
            Round { known, learned: before.as_ref(), draft: rounds.get(1).copied(), weights: &weights::LAST };
        taken.into_par_iter().map(|woven| self.lesson(woven, round)).collect()
    }

    fn lesson(&self, woven: &Woven, round: Round<'_>) -> Lesson {
        let Woven { drafts, parents, scene } = woven;
        let spans = &drafts.spans;
        let mut given = Vec::with_capacity(parents.len());
        choose::each(
            scene,
            parents,
            round,
            &mut Room::default(),
            |_| false,
            |parent, found, _| {
                given.push(match *parent {
                    Parent::Known(parent) => Given::Stated(parent),
                    Parent::Open(node) => {
                        let rows = found.iter().map(|candidate| (candidate.node, candidate.features));
                        Given::Open { span: spans[node as usize].id, candidates: rows.collect() }
                    }
                });
            },
        );
        let records = |draft: &Draft| {
            let places =
                draft.events.iter().filter(|_| draft.synthetic).map(|id| self.store.event(*id).place);
            places.map(|place| (place.source.0 as usize, place.line)).collect()
        };
        Lesson {
            given,
            ids: spans.iter().map(|draft| draft.id).collect(),
            records: spans.iter().map(records).collect(),
        }
    }
}

/// A run of which the records are cut into hops.
pub struct Cutting<'s> {
    store: &'s Store,
    plan: Plan,
}

impl<'s> Cutting<'s> {
    /// Finds the transactions of a run; `None` where events are spilled.
    pub fn of(store: &'s mut Store) -> Option<Cutting<'s>> {
        let plan = prepare(store, &Options::default(), false).ok()?;
        plan.whole.is_some().then_some(Cutting { store, plan })
    }

    /// Where each transaction is cut; `hop` tells which hop the record in some line of some source is of, and `before` is what
    /// the first round is to go by, if the second one is asked for.
    pub fn cuts(
        &mut self,
        before: Option<&HopWeights>,
        hop: impl Fn(usize, u64) -> Option<u64> + Sync,
    ) -> Vec<Vec<Cut>> {
        self.plan.folding.take(Tried::default());
        let store = self.store;
        let tried = self.tried(before);
        self.plan.folding.take(tried);
        let plan = &self.plan;
        let Some(Whole { fragments, groups, .. }) = &plan.whole else { return Vec::new() };
        let of_event = |id: EventId| {
            let place = store.event(id).place;
            hop(place.source.0 as usize, place.line)
        };
        let cuts = |group| plan.folding.cuts(store, &plan.lexicon, (fragments, group), of_event);
        groups.par_iter().map(cuts).collect()
    }

    /// What hops tell that are tried out by some weights.
    fn tried(&self, weights: Option<&HopWeights>) -> Tried {
        let (Some(weights), Some(whole)) = (weights, &self.plan.whole) else { return Tried::default() };
        let Whole { fragments, groups, .. } = whole;
        self.plan.folding.try_out(self.store, &self.plan.lexicon, (fragments, groups), weights)
    }
}
