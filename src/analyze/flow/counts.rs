//! What is counted over all transactions, in integers that merge in any order.

use super::along::anchors;
use super::count::{
    ChildCount, HeldCount, InRoot, KindCount, NUMBERS, OrderCount, Present, SaidCount, StepCount,
};
use super::shape::{Hop, Shape, Step, mix};
use super::steps::Steps;
use super::tally::Tally;
use crate::gather::Store;
use crate::model::{EventId, Sample, Symbol};
use rustc_hash::{FxHashMap, FxHashSet};

/// Different steps of one hop, and different kinds of hops that it causes, that are looked at.
const MAX_DIFFERENT: usize = 96;
/// Warnings of one hop before which is looked.
const MAX_WARNED: usize = 4;
/// Hops of one service whose order is compared.
const MAX_COMPARED: usize = 8;

/// Several kinds as one number: what is only asked for is found under that, as less memory is faster.
pub type Mixed = u64;

/// Everything that is counted.
#[derive(Debug, Default)]
pub struct Counts {
    /// Transactions.
    pub transactions: u32,
    /// Steps before warnings, of which is counted what comes along with them.
    pub anchors: FxHashSet<u64>,
    /// By kind of step.
    pub present: FxHashMap<u64, Present>,
    /// By kind of the first hop: how long transactions last.
    pub lasting: FxHashMap<u64, Tally>,
    /// By kind of hop.
    pub kinds: FxHashMap<u64, KindCount>,
    /// By kind of hop and of step.
    pub steps: FxHashMap<(u64, u64), StepCount>,
    /// By kind of the first hop of a transaction and of a step.
    pub in_roots: FxHashMap<Mixed, InRoot>,
    /// By the kinds of a step and of the first one of a hop that it caused: how long after.
    pub delays: FxHashMap<Mixed, Tally>,
    /// By the kinds of a step and the one after it: how long the hop itself took; by 0 and a kind of step: how long that
    /// step says that it took.
    pub gaps: FxHashMap<(u64, u64), Tally>,
    /// By kind of hop, kind of step, kind of hop that is caused: how many hops with the step cause such a one, and of how
    /// many of these the span with the step is the very cause.
    pub causes: FxHashMap<Mixed, (u32, u32)>,
    /// By the kinds of two hops of one service, of each of which a transaction has one: how often the first one began first.
    pub orders: FxHashMap<Mixed, OrderCount>,
    /// By kind of hop and kind of hop that is caused.
    pub children: FxHashMap<(u64, u64), ChildCount>,
    /// By kind of hop and name of a value in its first record: how many values one record of the kind in a transaction
    /// holds, two hold, and so on.
    pub held: FxHashMap<Mixed, HeldCount>,
    /// By kind of the cause, kind of hop and name of a value: how many such hops of one cause hold the same value.
    pub held_under: FxHashMap<Mixed, [u32; NUMBERS]>,
    /// By kind of step, where a transaction has several: what they say.
    pub said: FxHashMap<u64, SaidCount>,
}

/// The kinds of the steps of a hop, each once, in order of their first place.
pub(crate) fn distinct(hop: &Hop) -> Vec<(u64, EventId)> {
    let mut found: Vec<(u64, EventId)> = Vec::with_capacity(hop.steps.len().min(MAX_DIFFERENT));
    for step in &hop.steps {
        if found.len() < MAX_DIFFERENT && found.iter().all(|(kind, _)| *kind != step.kind) {
            found.push((step.kind, step.event));
        }
    }
    found
}

/// A hop that holds a value in its first record: the kind of hop, name and value, and the hop's index.
pub(crate) type Holder = ((u64, Symbol, Symbol), u32);

/// The hops that hold a value in their first record, sorted.
pub(crate) fn holders(shape: &Shape) -> Vec<Holder> {
    let mut holders: Vec<Holder> = Vec::new();
    for (index, hop) in (0..).zip(&shape.hops) {
        holders.extend(hop.values.iter().map(|&(name, value, _)| ((hop.kind, name, value), index)));
    }
    holders.sort_unstable();
    holders.dedup();
    holders
}

/// What steps say of which a transaction has several of a kind: kind, content, and the step's time, hop and place in it, sorted.
pub(crate) fn said(shape: &Shape, steps: &Steps) -> Vec<(u64, u64, i64, u32, u32)> {
    let mut said = Vec::new();
    for (index, hop) in (0..).zip(&shape.hops) {
        let several = (0..).zip(&hop.steps).filter(|(_, step)| steps.number(step.kind) > 1);
        said.extend(several.map(|(at, step)| (step.kind, step.content, step.time, index, at)));
    }
    said.sort_unstable();
    said
}

/// How many records a transaction has of the kind that a hop begins with, and with a value that this holds: those that begin
/// `hops` hops, and those within others.
pub(crate) fn records(shape: &Shape, held: (u64, Symbol, Symbol), hops: usize) -> usize {
    let from = shape.within.partition_point(|known| *known < held);
    let to = shape.within.partition_point(|known| *known <= held);
    hops + to - from
}

/// Stands for a transaction that begins with a hop of a kind, where the kind of a cause is asked for.
pub(crate) fn whole(root: u64) -> u64 {
    !root
}

/// For each cause of some hops its kind, and how many of them it caused.
fn per_cause(shape: &Shape, hops: impl Iterator<Item = u32>) -> Vec<(u64, usize)> {
    let mut parents: Vec<Option<u32>> = hops.map(|hop| shape.hops[hop as usize].parent).collect();
    parents.sort_unstable();
    let same = parents.chunk_by(|one, other| one == other);
    same.map(|same| (same[0].map_or(0, |parent| shape.hops[parent as usize].kind), same.len())).collect()
}

/// The step that caused a hop of another service, and the first one of that hop: the last of the span that is its cause that
/// came before it.
pub(crate) fn caused<'s>(shape: &'s Shape, hop: &'s Hop) -> Option<(&'s Step, &'s Step)> {
    let cause = &shape.hops[hop.parent? as usize];
    let first = hop.steps.first()?;
    let before = |step: &&Step| step.time <= first.time && Some(step.span) == hop.cause;
    let last = cause.steps.iter().rfind(before)?;
    (cause.service != hop.service).then_some((last, first))
}

/// The pairs of hops of one service whose order can be compared with that in other transactions: those whose kind occurs
/// once. The first of each pair began first.
pub(crate) fn pairs(shape: &Shape) -> Vec<(usize, usize)> {
    let mut hops: Vec<usize> = (0..shape.hops.len()).collect();
    hops.sort_by_key(|&hop| (shape.hops[hop].service, shape.hops[hop].kind));
    let of_kind = |hop: &usize| (shape.hops[*hop].service, shape.hops[*hop].kind);
    let mut once: Vec<usize> = hops
        .chunk_by(|one, other| of_kind(one) == of_kind(other))
        .filter(|same| same.len() == 1)
        .map(|same| same[0])
        .collect();
    once.sort_by_key(|&hop| (shape.hops[hop].service, shape.hops[hop].start, hop));
    let mut pairs = Vec::new();
    for of_service in once.chunk_by(|&one, &other| shape.hops[one].service == shape.hops[other].service) {
        let of_service = &of_service[..of_service.len().min(MAX_COMPARED)];
        for (at, &first) in of_service.iter().enumerate() {
            pairs.extend(of_service[at + 1..].iter().map(|&second| (first, second)));
        }
    }
    pairs
}

/// What a transaction adds to the largest tables. It is put down first, and then they are asked one after the other with
/// nothing in between, so that their memory is waited for once rather than each time.
#[derive(Default)]
struct Added {
    steps: Vec<Done>,
    gaps: Vec<((u64, u64), i64)>,
    causes: Vec<(Mixed, bool)>,
    held_under: Vec<(Mixed, usize)>,
}

/// A step that a hop has.
struct Done {
    hop: u64,
    step: u64,
    event: EventId,
    /// Nothing failed in the hop; nor does it end with a warning.
    clean: bool,
    whole: bool,
    /// The hop ends with it.
    last: bool,
}

impl Done {
    fn count(&self) -> StepCount {
        StepCount {
            hops: 1,
            clean: u32::from(self.clean),
            whole: u32::from(self.whole),
            last: u32::from(self.last),
            clean_last: u32::from(self.last && self.clean),
            example: Sample::default(),
        }
    }
}

impl Counts {
    /// Takes in a transaction and its steps.
    pub fn add(&mut self, store: &Store, shape: &Shape, steps: &Steps) {
        let mut added = Added::default();
        self.transactions += 1;
        let root = shape.hops.first().map_or(0, |hop| hop.kind);
        let failed = shape.hops.iter().flat_map(|hop| &hop.steps).filter(|step| step.failed);
        let failed = failed.map(|step| step.time).min().unwrap_or(i64::MAX);
        for (step, number, place) in steps.places() {
            let once = u32::from(number == 1);
            let after = u32::from(place.time > failed);
            let present = self.present.entry(step).or_default();
            present.add(Present { transactions: 1, times: number, once, after });
            let in_root = self.in_roots.entry(mix(root, step)).or_default();
            in_root.add(InRoot { transactions: 1, once, ..InRoot::default() });
        }
        for same in said(shape, steps).chunk_by(|one, other| one.0 == other.0) {
            let said = self.said.entry(same[0].0).or_default();
            for same in same.chunk_by(|one, other| one.1 == other.1) {
                said.contents += 1;
                said.once += u32::from(same.len() == 1);
            }
        }
        if let Some(first) = shape.hops.first() {
            self.lasting.entry(first.kind).or_default().add(shape.length());
        }
        for held in holders(shape).chunk_by(|a, b| a.0 == b.0) {
            let of = held[0].0;
            let (kind, name, value) = of;
            let (hops, number) = (held.iter().map(|(_, hop)| *hop), held.len());
            let held = self.held.entry(mix(kind, name.0)).or_default();
            held.numbers[records(shape, of, number).min(NUMBERS - 1)] += 1;
            held.values.add(value.0);
            for (cause, number) in per_cause(shape, hops).into_iter().chain([(whole(root), number)]) {
                added.held_under.push((mix(mix(cause, kind), name.0), number));
            }
        }
        for (first, second) in pairs(shape) {
            let (first, second) = (&shape.hops[first], &shape.hops[second]);
            let apart = second.start.saturating_sub(first.start).max(0);
            let order = self.orders.entry(mix(first.kind, second.kind)).or_default();
            order.merge(OrderCount { times: 1, least: apart, sum: apart });
        }
        for hop in &shape.hops {
            for (at, _) in hop.steps.iter().enumerate().filter(|(_, step)| step.warned).take(MAX_WARNED) {
                self.anchors.extend(anchors(shape, hop, at));
                // what comes along with a warning may tell that it is one of the ways that things go
                self.anchors.insert(hop.steps[at].kind);
            }
            let clean = !hop.failed();
            let kind = self.kinds.entry(hop.kind).or_default();
            kind.hops += 1;
            let whole = clean && !hop.steps.last().is_some_and(|last| last.warned);
            kind.whole += u32::from(whole);
            kind.roots += u32::from(hop.parent.is_none());
            kind.messages += u32::from(hop.message);
            let start = added.steps.len();
            let last = hop.steps.last().map(|step| step.kind);
            added.steps.extend(distinct(hop).into_iter().map(|(step, event)| {
                let last = last == Some(step);
                Done { hop: hop.kind, step, event, clean, whole, last }
            }));
            let gaps = super::shape::gaps(shape, hop).into_iter();
            added.gaps.extend(gaps.map(|(before, after, nanos)| ((before, after), nanos)));
            let took = hop.steps.iter().filter_map(|step| Some(((0, step.kind), step.took?)));
            added.gaps.extend(took);
            if let Some((cause, begins)) = caused(shape, hop) {
                let delays = self.delays.entry(mix(cause.kind, hop.kind)).or_default();
                delays.add(begins.time.saturating_sub(cause.time));
            }
            self.add_children(store, shape, hop, start, &mut added);
        }
        self.take(store, root, &added);
    }

    /// The hops that one causes, of which the steps begin at `start`.
    fn add_children(&mut self, store: &Store, shape: &Shape, hop: &Hop, start: usize, added: &mut Added) {
        let mut kinds: Vec<(u64, u32)> = Vec::new();
        for &child in &hop.children {
            let kind = shape.hops[child as usize].kind;
            if kinds.len() < MAX_DIFFERENT && kinds.iter().all(|(known, _)| *known != kind) {
                kinds.push((kind, child));
            }
        }
        let last = hop.steps.last().map_or(hop.end, |step| step.time);
        for (kind, first) in kinds {
            let child = &shape.hops[first as usize];
            let count = self.children.entry((hop.kind, kind)).or_default();
            if let Some(step) = child.steps.first()
                && (count.hops == 0 || store.origin(step.event) < count.example.origin)
            {
                count.example = store.sample(step.event);
            }
            count.hops += 1;
            count.messages += u32::from(child.message);
            count.waited += u32::from(!child.message && last >= child.end && child.end > child.start);
            let direct =
                |kind: u64| hop.steps.iter().any(|step| Some(step.span) == child.cause && step.kind == kind);
            let causes = added.steps[start..].iter().map(|Done { step, .. }| {
                let with_step = mix(hop.kind, *step);
                (mix(with_step, kind), direct(*step))
            });
            added.causes.extend(causes);
        }
    }

    /// Takes over what a transaction adds, which begins with a hop of a kind.
    fn take(&mut self, store: &Store, root: u64, added: &Added) {
        for done in &added.steps {
            self.steps.entry((done.hop, done.step)).or_default().add(store, &done.count(), done.event);
        }
        for done in &added.steps {
            let in_root = self.in_roots.entry(mix(root, done.step)).or_default();
            in_root.add(InRoot { hops: 1, last: u32::from(done.last), ..InRoot::default() });
        }
        for (kinds, nanos) in &added.gaps {
            self.gaps.entry(*kinds).or_default().add(*nanos);
        }
        for (key, direct) in &added.causes {
            let causes = self.causes.entry(*key).or_default();
            *causes = (causes.0 + 1, causes.1 + u32::from(*direct));
        }
        for (key, number) in &added.held_under {
            let numbers = self.held_under.entry(*key).or_default();
            numbers[(*number).min(NUMBERS - 1)] += 1;
        }
    }

    /// Takes in what another part of the run gave.
    pub fn merge(mut self, mut other: Counts) -> Counts {
        if other.steps.len() > self.steps.len() {
            std::mem::swap(&mut self, &mut other);
        }
        self.transactions += other.transactions;
        self.anchors.extend(other.anchors);
        for (key, count) in other.present {
            self.present.entry(key).or_default().add(count);
        }
        for (key, tally) in other.lasting {
            self.lasting.entry(key).or_default().merge(&tally);
        }
        for (key, count) in other.kinds {
            let known = self.kinds.entry(key).or_default();
            known.hops += count.hops;
            known.whole += count.whole;
            known.roots += count.roots;
            known.messages += count.messages;
        }
        for (key, count) in other.steps {
            self.steps.entry(key).or_default().merge(&count);
        }
        for (key, tally) in other.gaps {
            self.gaps.entry(key).or_default().merge(&tally);
        }
        for (key, count) in other.held {
            let known = self.held.entry(key).or_default();
            for (known, count) in known.numbers.iter_mut().zip(count.numbers) {
                *known += count;
            }
            known.values.merge(count.values);
        }
        for (key, times) in other.orders {
            self.orders.entry(key).or_default().merge(times);
        }
        for (key, count) in other.in_roots {
            self.in_roots.entry(key).or_default().add(count);
        }
        for (key, tally) in other.delays {
            self.delays.entry(key).or_default().merge(&tally);
        }
        for (key, numbers) in other.held_under {
            let known = self.held_under.entry(key).or_default();
            for (known, count) in known.iter_mut().zip(numbers) {
                *known += count;
            }
        }
        for (key, count) in other.said {
            let known = self.said.entry(key).or_default();
            known.contents += count.contents;
            known.once += count.once;
        }
        for (key, count) in other.causes {
            let causes = self.causes.entry(key).or_default();
            *causes = (causes.0 + count.0, causes.1 + count.1);
        }
        for (key, count) in other.children {
            let known = self.children.entry(key).or_default();
            known.example = if known.hops == 0 { count.example } else { known.example.min(count.example) };
            known.hops += count.hops;
            known.waited += count.waited;
            known.messages += count.messages;
        }
        self
    }
}
