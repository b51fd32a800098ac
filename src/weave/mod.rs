//! Makes traces of events: spans, the edges between them, trees.
//!
//! Knows nothing of formats and output. What the logs state goes before what is inferred; nothing is dropped: spans named
//! only as parents become placeholders, cycles are broken at one edge, records of no span stay with their trace.

mod arrange;
mod assemble;
pub mod choose;
mod clocks;
mod delays;
pub mod features;
mod gaps;
pub mod habits;
mod hops;
mod infer;
pub mod learned;
pub mod lexicon;
mod repair;
pub mod scene;
mod spans;
pub mod stitch;
mod tables;
mod timing;
pub mod training;
pub mod tree;
pub mod weights;
pub mod words;

use crate::gather::{Fragments, SpillError, Store};
use crate::model::{Symbol, Trace};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use stitch::Group;
use tables::Tables;

/// How to weave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Move the times of services whose clocks are off.
    pub correct_clocks: bool,
    /// Inferred edges of lower confidence are left out; 0 to 1.
    pub min_confidence: f32,
}

impl Default for Options {
    fn default() -> Options {
        Options { correct_clocks: true, min_confidence: 0.0 }
    }
}

/// What has to be known of a run before its transactions are woven, one by one.
#[derive(Debug)]
pub struct Plan {
    lexicon: lexicon::Lexicon,
    keys: FxHashMap<Symbol, Symbol>,
    timed: timing::Timed,
    folding: hops::Folding,
    habits: habits::Habits,
    learned: learned::Learned,
    min_confidence: f32,
    /// The transactions, where all events are at hand.
    whole: Option<(Fragments, Vec<Group>)>,
}

/// Finds out which events make a transaction and how the transactions of the run are. Leaves the offsets of clocks in the
/// store; where its events are not all at hand, each window holds whole transactions then, in the order of their start.
pub fn plan(store: &mut Store, options: &Options) -> Result<Plan, SpillError> {
    let lexicon = lexicon::Lexicon::of(store);
    let mut stitched = stitch::stitch(store)?;
    if options.correct_clocks {
        let clocks = clocks::estimate(store, &stitched, &lexicon)?;
        if !clocks.agree() {
            store.clocks = clocks;
            stitched = stitch::stitch(store)?;
        }
    }
    let timed = timing::join(store, &mut stitched, options.min_confidence)?;
    let teaches = infer::teachers(&stitched.groups);
    let all = teaches.iter().all(|teaches| *teaches);
    let any_untraced = stitched.any_untraced();
    let mut plan = Plan {
        lexicon,
        keys: std::mem::take(&mut stitched.keys),
        timed,
        folding: hops::Folding::of(store),
        habits: habits::Habits::default(),
        learned: learned::Learned::default(),
        min_confidence: options.min_confidence,
        whole: None,
    };
    if stitched.whole.is_some() {
        let groups = stitched.local(store, |_| true);
        let fragments = stitched.whole.take().unwrap_or_default();
        if plan.folding.may_learn(any_untraced) {
            plan.folding.learn(store, &fragments, &groups);
        }
        plan.folding = plan.folding.settle();
        let teachers: Vec<&Group> = groups.iter().filter(|group| teaches[group.number as usize]).collect();
        (plan.habits, plan.learned) = plan.learn(store, &fragments, &teachers, all);
        plan.whole = Some((fragments, groups));
        return Ok(plan);
    }
    let copied = arrange::arrange(store, &stitched, |group| teaches[group as usize])?;
    drop(stitched);
    if plan.folding.may_learn(any_untraced) {
        for window in 0..store.windows() {
            store.open(window)?;
            let fragments = Fragments::of(store);
            plan.folding.learn(store, &fragments, &stitch::tagged(store, &fragments));
        }
    }
    plan.folding = plan.folding.settle();
    copied.open(store);
    let fragments = Fragments::of(store);
    let groups = stitch::tagged(store, &fragments);
    (plan.habits, plan.learned) = plan.learn(store, &fragments, &groups.iter().collect::<Vec<_>>(), all);
    Ok(plan)
}

/// Weaves the transactions at hand, as planned; traces come in the order of their first time and id.
pub fn weave(store: &Store, plan: &Plan) -> Vec<Trace> {
    weave_and(store, plan, |(): &mut (), _| ()).0
}

/// Likewise, and has each trace seen while its events are in the cache; gives what was noted of them, in parts that chance
/// made.
pub fn weave_and<T: Default + Send>(
    store: &Store,
    plan: &Plan,
    see: impl Fn(&mut T, &Trace) + Sync + Send,
) -> (Vec<Trace>, Vec<T>) {
    match &plan.whole {
        Some((fragments, groups)) => plan.weave(store, fragments, groups, see),
        None => {
            let fragments = Fragments::of(store);
            plan.weave(store, &fragments, &stitch::tagged(store, &fragments), see)
        }
    }
}

impl Plan {
    /// A transaction with what is stated.
    fn begin(&self, store: &Store, fragments: &Fragments, group: &Group) -> spans::Drafts {
        let mut drafts = spans::drafts(store, fragments, group);
        self.folding.fold(store, &self.lexicon, &mut drafts);
        repair::stated(&mut drafts);
        self.timed.apply(&mut drafts);
        repair::cycles(&mut drafts.spans);
        drafts
    }

    /// A transaction with what is to be decided.
    fn lay_out(&self, store: &Store, fragments: &Fragments, group: &Group) -> infer::Woven {
        let drafts = self.begin(store, fragments, group);
        let parents = choose::parents(&drafts.spans);
        infer::lay_out(store, &self.lexicon, drafts, parents)
    }

    /// What some transactions teach; `all`: they are all that there are.
    fn learn(
        &self,
        store: &Store,
        fragments: &Fragments,
        teachers: &[&Group],
        all: bool,
    ) -> (habits::Habits, learned::Learned) {
        let lay_out = |group: &&Group| self.lay_out(store, fragments, group);
        let teachers: Vec<infer::Woven> = teachers.par_iter().map(lay_out).collect();
        infer::learn(&teachers, all, &self.lexicon)
    }

    fn weave<T: Default + Send>(
        &self,
        store: &Store,
        fragments: &Fragments,
        groups: &[Group],
        see: impl Fn(&mut T, &Trace) + Sync + Send,
    ) -> (Vec<Trace>, Vec<T>) {
        let known = features::Known { lexicon: &self.lexicon, habits: &self.habits };
        // a transaction is finished while it is at hand
        let finish = |group: &Group| {
            let mut drafts = self.begin(store, fragments, group);
            let parents = choose::parents(&drafts.spans);
            if infer::any_open(&parents) {
                let mut woven = infer::lay_out(store, &self.lexicon, drafts, parents);
                infer::decide(&mut woven, &self.learned, known, self.min_confidence);
                drafts = woven.drafts;
                repair::cycles(&mut drafts.spans);
            }
            assemble::trace(store, fragments, group, &self.keys, drafts)
        };
        let notes = Tables::new();
        let mut traces: Vec<Trace> = groups
            .par_iter()
            .map(|group| {
                let trace = finish(group);
                notes.fill(|notes| see(notes, &trace));
                trace
            })
            .collect();
        traces.par_sort_by_key(|trace| (trace.start, trace.id));
        (traces, notes.all().collect())
    }
}
