//! Makes traces of events: spans, the edges between them, trees.
//!
//! Knows nothing of formats and output. What the logs state goes before what is inferred; nothing is dropped: spans named
//! only as parents become placeholders, cycles are broken at one edge, records of no span stay with their trace.

mod ages;
mod arrange;
mod arrows;
mod assemble;
mod branching;
pub mod choose;
mod clocks;
mod coarse;
mod delays;
mod extents;
pub mod features;
mod frames;
mod gaps;
pub mod habits;
mod handed;
pub mod holders;
pub mod hops;
mod infer;
pub mod learned;
pub mod lexicon;
mod naming;
mod packed;
mod places;
mod repair;
pub mod roles;
mod routes;
pub mod scene;
pub mod score;
mod spans;
pub mod statements;
pub mod stitch;
mod tables;
mod timing;
pub mod training;
pub mod tree;
mod vocabulary;
pub mod weights;
pub mod words;

use crate::gather::{Fragments, SpillError, Store};
use crate::model::{Symbol, Time, Trace, flag};
pub use packed::Packed;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::ops::Range;
use stitch::{Group, Stitched};
pub use tables::Tables;

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
    coarse: coarse::Coarse,
    ages: ages::Ages,
    habits: habits::Habits,
    learned: learned::Learned,
    names: naming::Names,
    min_confidence: f32,
    /// The transactions, where all events are at hand.
    whole: Option<Whole>,
}

/// The transactions of a run of which all events are at hand.
#[derive(Debug)]
struct Whole {
    fragments: Fragments,
    /// In the order of their start.
    groups: Vec<Group>,
    /// Those that are woven together; what starts at one time is.
    rounds: Vec<Range<usize>>,
}

/// Events that are woven together, where all are at hand: what is made of them is packed before the next ones are woven.
const ROUND: u64 = 1 << 18;

impl Whole {
    fn of(stitched: &Stitched, fragments: Fragments, mut groups: Vec<Group>, most: u64) -> Whole {
        let whole = |group: &Group| stitched.groups[group.number as usize];
        groups.sort_by_key(|group| whole(group).start);
        let mut rounds: Vec<Range<usize>> = Vec::new();
        let (mut at, mut events) = (0, 0);
        for same in groups.chunk_by(|a, b| whole(a).start == whole(b).start) {
            let more: u64 = same.iter().map(|group| whole(group).events).sum();
            match rounds.last_mut().filter(|_| events + more <= most) {
                Some(last) => last.end += same.len(),
                None => {
                    rounds.push(at..at + same.len());
                    events = 0;
                }
            }
            at += same.len();
            events += more;
        }
        Whole { fragments, groups, rounds }
    }
}

/// Finds out which events make a transaction and how the transactions of the run are. Leaves the offsets of clocks in the
/// store; where its events are not all at hand, each window holds whole transactions then, in the order of their start.
pub fn plan(store: &mut Store, options: &Options) -> Result<Plan, SpillError> {
    prepare(store, options, true)
}

/// See [`plan`]; `learn`: with what its transactions teach, where all events are at hand.
fn prepare(store: &mut Store, options: &Options, learn: bool) -> Result<Plan, SpillError> {
    let mut lexicon = lexicon::Lexicon::of(store);
    let mut stitched = stitch::stitch(store, &lexicon)?;
    if options.correct_clocks {
        let clocks = clocks::estimate(store, &stitched, &mut lexicon)?;
        if !clocks.agree() {
            store.clocks = clocks;
            stitched = stitch::stitch(store, &lexicon)?;
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
        coarse: coarse::Coarse::of(store),
        ages: ages::Ages::default(),
        habits: habits::Habits::default(),
        learned: learned::Learned::default(),
        names: naming::Names::default(),
        min_confidence: options.min_confidence,
        whole: None,
    };
    plan.names = naming::Names::of(store, &plan.lexicon);
    let mut arrows = arrows::Arrows::of(store, &plan.lexicon);
    if stitched.whole.is_some() {
        let groups = stitched.local(store, |_| true);
        let fragments = stitched.whole.take().unwrap_or_default();
        if arrows.any() {
            arrows.learn(store, &fragments, &groups);
        }
        arrows.settle(store, &mut plan.lexicon);
        if plan.folding.may_learn(any_untraced) {
            plan.folding.learn_all(store, &plan.lexicon, &fragments, &groups);
        }
        let teaches = |group: &&Group| teaches[group.number as usize];
        let teachers: Vec<&Group> = groups.iter().filter(teaches).collect();
        let orders = plan.orders(store, &fragments, &teachers);
        plan.coarse.settle(orders);
        if learn {
            plan.learn(store, &fragments, &teachers, all);
        }
        plan.whole = Some(Whole::of(&stitched, fragments, groups, ROUND.min(store.budget.woven())));
        return Ok(plan);
    }
    arrange::arrange(store, &stitched, |group| teaches[group as usize])?;
    drop(stitched);
    drop(teaches);
    let windows = if arrows.any() { store.windows() } else { 0 };
    for window in 0..windows {
        store.open(window)?;
        let fragments = Fragments::of(store);
        arrows.learn(store, &fragments, &stitch::tagged(store, &fragments));
    }
    arrows.settle(store, &mut plan.lexicon);
    if plan.folding.may_learn(any_untraced) {
        plan.learn_hops(store)?;
    }
    if !plan.coarse.is_idle() {
        let mut orders = coarse::Tallies::default();
        for sample in 0..store.samples() {
            store.open_sample(sample)?;
            let fragments = Fragments::of(store);
            let groups = stitch::tagged(store, &fragments);
            orders = orders.merge(plan.orders(store, &fragments, &groups.iter().collect::<Vec<_>>()));
        }
        plan.coarse.settle(orders);
    }
    plan.learn_from_samples(store, all)?;
    store.close();
    Ok(plan)
}

/// Weaves some transactions of a store with its clocks as they are, by what these transactions alone teach.
fn weave_some(
    store: &Store,
    fragments: &Fragments,
    groups: &[Group],
    lexicon: &mut lexicon::Lexicon,
) -> Vec<Trace> {
    let (fragments, groups) = stitch::in_order(store, fragments, groups);
    let mut plan = Plan {
        lexicon: std::mem::take(lexicon),
        keys: FxHashMap::default(),
        timed: timing::Timed::default(),
        folding: hops::Folding::of(store),
        coarse: coarse::Coarse::of(store),
        ages: ages::Ages::default(),
        habits: habits::Habits::default(),
        learned: learned::Learned::default(),
        names: naming::Names::default(),
        min_confidence: 0.0,
        whole: None,
    };
    let any_untraced = groups.iter().any(|group| !group.untraced.is_empty());
    if plan.folding.may_learn(any_untraced) {
        plan.folding.learn_all(store, &plan.lexicon, &fragments, &groups);
    }
    let teachers: Vec<&Group> = groups.iter().collect();
    let orders = plan.orders(store, &fragments, &teachers);
    plan.coarse.settle(orders);
    plan.learn(store, &fragments, &teachers, false);
    let traces = plan.weave(store, &fragments, &groups, |_, _| {});
    *lexicon = plan.lexicon;
    traces
}

/// In how many rounds the transactions of a run are woven; where not all events are at hand, each has its window.
pub fn rounds(store: &Store, plan: &Plan) -> usize {
    plan.whole.as_ref().map_or(store.windows(), |whole| whole.rounds.len())
}

/// Weaves the transactions of a round, as planned, and has each trace seen while its events are in the cache. Traces come in
/// the order of their first record and id, and those of later rounds begin later. Their events are at hand then.
pub fn weave(
    store: &mut Store,
    plan: &Plan,
    round: usize,
    see: impl Fn(&Store, &Trace) + Sync + Send,
) -> Result<Vec<Trace>, SpillError> {
    match &plan.whole {
        Some(Whole { fragments, groups, rounds }) => {
            Ok(plan.weave(store, fragments, &groups[rounds[round].clone()], see))
        }
        None => {
            store.open(round)?;
            let fragments = Fragments::of(store);
            Ok(plan.weave(store, &fragments, &stitch::tagged(store, &fragments), see))
        }
    }
}

/// When the first record of a transaction was logged.
fn first_record(store: &Store, trace: &Trace) -> Time {
    let events = trace.spans.iter().flat_map(|span| &span.events).chain(&trace.loose);
    let timed = events.filter(|id| !store.event(**id).is(flag::TIME_UNKNOWN));
    timed.map(|id| store.time(*id)).min().unwrap_or(Time::UNKNOWN)
}

/// The sample of a store that was laid out last.
#[derive(Default)]
struct LaidOut {
    sample: Option<usize>,
    woven: Vec<infer::Woven>,
}

impl LaidOut {
    /// A sample, laid out.
    fn of(&mut self, plan: &Plan, store: &mut Store, sample: usize) -> Result<&[infer::Woven], SpillError> {
        if self.sample != Some(sample) {
            // one at a time
            self.woven.clear();
            store.open_sample(sample)?;
            let fragments = Fragments::of(store);
            let groups = stitch::tagged(store, &fragments);
            self.woven = groups.par_iter().map(|group| plan.lay_out(store, &fragments, group)).collect();
            self.sample = Some(sample);
        }
        Ok(&self.woven)
    }
}

impl Plan {
    /// A transaction with what is stated.
    fn begin(&self, store: &Store, fragments: &Fragments, group: &Group) -> spans::Drafts {
        let mut drafts = spans::drafts(store, fragments, group);
        self.folding.fold(store, &self.lexicon, &mut drafts);
        repair::false_roots(store, &mut drafts.spans);
        repair::stated(&mut drafts);
        self.timed.apply(&mut drafts);
        repair::cycles(&mut drafts.spans);
        drafts
    }

    /// A transaction with what is to be decided.
    fn lay_out(&self, store: &Store, fragments: &Fragments, group: &Group) -> infer::Woven {
        let drafts = self.begin(store, fragments, group);
        let parents = choose::parents(&drafts.spans);
        let placed = self.coarse.times(store, &self.lexicon, &drafts.spans);
        infer::lay_out(store, (&self.lexicon, &self.ages), drafts, parents, &placed)
    }

    /// Drops the durations that are not those of their spans from transactions that were laid out before these were known.
    fn doubt(&self, laid_out: &mut [infer::Woven]) {
        if !self.ages.is_empty() {
            laid_out.par_iter_mut().for_each(|woven| woven.scene.doubt(&self.lexicon, &self.ages));
        }
    }

    /// How records of coarse clocks stand to others, as some transactions tell.
    fn orders(&self, store: &Store, fragments: &Fragments, teachers: &[&Group]) -> coarse::Tallies {
        let tables = tables::Tables::<coarse::Tallies>::default();
        if !self.coarse.is_idle() {
            teachers.par_iter().for_each(|group| {
                let drafts = self.begin(store, fragments, group);
                let teach = |orders: &mut _| self.coarse.teach(store, &self.lexicon, &drafts.spans, orders);
                tables.fill(teach);
            });
        }
        tables.all().reduce(coarse::Tallies::merge).unwrap_or_default()
    }

    /// Learns how hops are told apart, window by window.
    fn learn_hops(&mut self, store: &mut Store) -> Result<(), SpillError> {
        let mut tried = hops::Tried::default();
        for try_out in [false, true] {
            for window in 0..store.windows() {
                store.open(window)?;
                let fragments = Fragments::of(store);
                let groups = stitch::tagged(store, &fragments);
                if try_out {
                    tried = tried.merge(self.folding.try_out(
                        store,
                        &self.lexicon,
                        (&fragments, &groups),
                        &hops::TRY_OUT,
                    ));
                } else {
                    self.folding.learn(store, &self.lexicon, &fragments, &groups);
                }
            }
            if !try_out {
                self.folding.settle();
            }
        }
        self.folding.take(tried);
        Ok(())
    }

    /// Learns what some transactions teach; `all`: they are all that there are.
    fn learn(&mut self, store: &Store, fragments: &Fragments, teachers: &[&Group], all: bool) {
        let lay_out = |group: &&Group| self.lay_out(store, fragments, group);
        let mut laid_out: Vec<infer::Woven> = teachers.par_iter().map(lay_out).collect();
        self.ages = infer::ages(&laid_out).settle();
        if all && !infer::any_open(&laid_out) {
            return;
        }
        self.doubt(&mut laid_out);
        let habits = infer::habits(&laid_out).settle();
        let known = features::Known { lexicon: &self.lexicon, habits: &habits };
        let first = infer::learn(&laid_out, known, None).settle();
        self.learned = infer::learn(&laid_out, known, Some(&first)).settle();
        self.habits = habits;
    }

    /// Likewise, from the samples of a store: windows of them that do not fit into memory together are laid out for each
    /// round.
    fn learn_from_samples(&mut self, store: &mut Store, all: bool) -> Result<(), SpillError> {
        let mut last = LaidOut::default();
        // each round begins with the one that is laid out still
        let mut order: Vec<usize> = (0..store.samples()).collect();
        let mut ages = ages::Tallies::default();
        let mut any_open = false;
        for sample in &order {
            let woven = last.of(self, store, *sample)?;
            any_open |= infer::any_open(woven);
            ages = ages.merge(infer::ages(woven));
        }
        self.ages = ages.settle();
        if all && !any_open {
            return Ok(());
        }
        self.doubt(&mut last.woven);
        order.reverse();
        let mut habits = habits::Habits::default();
        for sample in &order {
            habits = habits.merge(infer::habits(last.of(self, store, *sample)?));
        }
        let habits = habits.settle();
        let known = features::Known { lexicon: &self.lexicon, habits: &habits };
        let mut before = None;
        for _ in 0..2 {
            order.reverse();
            let mut learned = learned::Learned::default();
            for sample in &order {
                learned = learned.merge(infer::learn(last.of(self, store, *sample)?, known, before.as_ref()));
            }
            before = Some(learned.settle());
        }
        self.learned = before.unwrap_or_default();
        self.habits = habits;
        Ok(())
    }

    fn weave(
        &self,
        store: &Store,
        fragments: &Fragments,
        groups: &[Group],
        see: impl Fn(&Store, &Trace) + Sync + Send,
    ) -> Vec<Trace> {
        let known = features::Known { lexicon: &self.lexicon, habits: &self.habits };
        // a transaction is finished while it is at hand
        let finish = |room: &mut choose::Room, group: &Group| {
            let mut drafts = self.begin(store, fragments, group);
            let parents = choose::parents(&drafts.spans);
            let placed = self.coarse.times(store, &self.lexicon, &drafts.spans);
            if infer::is_open(&parents) {
                let mut woven = infer::lay_out(store, (&self.lexicon, &self.ages), drafts, parents, &placed);
                infer::decide(&mut woven, &self.learned, known, self.min_confidence, room);
                drafts = woven.drafts;
                repair::cycles(&mut drafts.spans);
            }
            extents::set(store, (&self.lexicon, &self.ages), &placed, &mut drafts.spans);
            drafts.spans.iter_mut().for_each(|span| self.names.name(store, span));
            assemble::trace(store, fragments, group, &self.keys, drafts)
        };
        let mut traces: Vec<(Time, Trace)> = groups
            .par_iter()
            .map_init(choose::Room::default, |room, group| {
                let trace = finish(room, group);
                see(store, &trace);
                (first_record(store, &trace), trace)
            })
            .collect();
        traces.par_sort_by_key(|(first, trace)| (*first, trace.id));
        traces.into_iter().map(|(_, trace)| trace).collect()
    }
}
