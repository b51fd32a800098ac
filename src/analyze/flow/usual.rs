//! What is usual in a run, drawn from the counts.

use super::along::Along;
use super::count::{ChildCount, HeldCount, InRoot, KindCount, OrderCount, Present, StepCount};
use super::counts::Counts;
use super::frame::Frame;
use super::rules::Rules;
use super::shape::{Hop, Shape, mix};
use super::tally::Tally;
use crate::model::Symbol;
use rustc_hash::FxHashMap;

/// Fewer hops than this teach nothing.
pub const MIN_PEERS: u32 = 8;
/// A step is the end of a hop where at least this share of the hops with it end with it.
const MIN_END: f64 = 0.12;
/// A step belongs to a hop where at least this share of the hops has it.
const MIN_MANDATORY: f64 = 0.9;
/// What follows a step is known where so many kinds of steps
const FEW: usize = 3;
/// are at least this share of all that follow it: a step after which anything may come may also be the last.
const MIN_FOLLOWED: f64 = 0.7;
/// Hops of a kind are often caused by those of another that cause at least this share of them.
const MIN_CAUSE: f64 = 0.1;
/// The share of hops that must cause the same number of hops for that number to be usual.
const MIN_SAME: f64 = 0.9;

/// The share of transactions that must have a step once for that to be usual: some try it again.
const MIN_ONCE: f64 = 0.6;

/// The share for what a message sets off.
const MIN_DELIVERED_ONCE: f64 = 0.85;

/// The share for anything else.
const MIN_DONE_ONCE: f64 = 0.95;

/// Fewer transactions that begin alike do not tell how often they have a step.
const MIN_ALIKE: u32 = 3;

/// A step is rare if at most this share of all transactions has it.
const MAX_RARE: f64 = 0.2;

/// What is there only after failures answers to them if so many transactions have it,
const MIN_RESPONSES: u32 = 3;
/// and something failed before it in this share of them.
const MIN_RESPONDS: f64 = 0.8;

/// A value belongs to one transaction where there are at least this share as many values as transactions with one.
const MIN_OWN: f64 = 0.8;

/// What is usual.
#[derive(Debug, Default)]
pub struct Usual {
    /// All counts.
    pub counts: Counts,
    /// Which steps make which hops begin.
    pub rules: Rules,
    /// What comes along with steps before warnings.
    pub along: Along,
    /// By kind of step, in hops of whatever kind.
    pub(super) ends: FxHashMap<u64, StepCount>,
    /// By kind of hop: the steps that nearly all of them have that came to a good end.
    pub(super) mandatory: FxHashMap<u64, Vec<u64>>,
    /// By kind of hop: the kinds of hops that it causes, sorted.
    children: FxHashMap<u64, Vec<u64>>,
    /// By kind of step: what comes next.
    next: FxHashMap<u64, Next>,
    /// By kind of step: as many records like it are in no transaction.
    pub(super) nowhere: FxHashMap<u64, u32>,
    /// The kinds of hops that mostly are caused by something, of those that transactions begin with.
    pub(super) parts: Vec<u64>,
    /// By kind of step: how long after a step of any kind it comes, and how long before one.
    around: FxHashMap<u64, (Tally, Tally)>,
}

/// What comes after steps of a kind.
#[derive(Clone, Copy, Debug, Default)]
struct Next {
    /// How often each of the most frequent ones follows, most frequent first.
    often: [(u32, u64); FEW],
    /// How often any does.
    all: u32,
}

impl Next {
    fn add(&mut self, times: u32, step: u64) {
        self.all += times;
        if let Some(at) = self.often.iter().position(|known| (times, step) > *known) {
            self.often[at..].rotate_right(1);
            self.often[at] = (times, step);
        }
    }
}

impl Usual {
    /// Draws what is usual from counts.
    pub(super) fn of(frame: &Frame, counts: Counts, rules: Rules, along: Along) -> Usual {
        let mut usual = Usual { rules, along, ..Usual::default() };
        for (&(hop, step), count) in &counts.steps {
            let whole = counts.kinds.get(&hop).map_or(0, |kind| kind.whole);
            if whole >= MIN_PEERS && f64::from(count.whole) >= f64::from(whole) * MIN_MANDATORY {
                usual.mandatory.entry(hop).or_default().push(step);
            }
            usual.ends.entry(step).or_default().merge(count);
        }
        for (&(before, after), tally) in &counts.gaps {
            usual.next.entry(before).or_default().add(tally.count() as u32, after);
            if before != 0 {
                usual.around.entry(after).or_default().0.merge(tally);
                usual.around.entry(before).or_default().1.merge(tally);
            }
        }
        for &(hop, child) in counts.children.keys() {
            usual.children.entry(hop).or_default().push(child);
        }
        usual.children.values_mut().for_each(|kinds| kinds.sort_unstable());
        let caused = counts.kinds.iter().filter(|(_, count)| count.roots > 0 && count.roots * 2 < count.hops);
        usual.parts = caused.map(|(kind, _)| *kind).collect();
        usual.counts = counts;
        usual.nowhere = usual.in_no_transaction(frame);
        usual
    }

    /// Counts of a kind of hop.
    pub fn kind(&self, hop: &Hop) -> KindCount {
        self.counts.kinds.get(&hop.kind).cloned().unwrap_or_default()
    }

    /// Whether messages mostly cause hops of a kind.
    pub fn by_message(&self, kind: u64) -> bool {
        self.counts.kinds.get(&kind).is_some_and(|count| count.messages * 2 > count.hops)
    }

    /// Counts of a kind of step.
    pub fn step(&self, step: u64) -> Option<&StepCount> {
        self.ends.get(&step)
    }

    /// How long hops take from one step to the next.
    pub fn gap(&self, before: u64, after: u64) -> Option<&Tally> {
        self.counts.gaps.get(&(before, after))
    }

    /// How long hops take from whatever comes before a step to that step.
    pub fn gap_to(&self, step: u64) -> Option<&Tally> {
        self.around.get(&step).map(|(before, _)| before)
    }

    /// How long hops take from a step to whatever comes next.
    pub fn gap_from(&self, step: u64) -> Option<&Tally> {
        self.around.get(&step).map(|(_, after)| after)
    }

    /// Counts of hops under hops.
    pub fn child(&self, hop: &Hop, child: &Hop) -> Option<&ChildCount> {
        self.counts.children.get(&(hop.kind, child.kind))
    }

    /// The step that mostly follows one, and how often.
    pub fn next(&self, step: u64) -> Option<(u32, u64)> {
        self.next.get(&step).map(|next| next.often[0])
    }

    /// How often anything follows a step, and what mostly does, with how often.
    pub fn followed(&self, step: u64) -> (u32, impl Iterator<Item = (u32, u64)> + use<>) {
        let next = self.next.get(&step).copied().unwrap_or_default();
        (next.all, next.often.into_iter().filter(|(times, _)| *times > 0))
    }

    /// Whether all that mostly follows a step is there less often than this share of it.
    pub fn is_followed_less(&self, step: u64, share: f64) -> bool {
        let after: u32 = self.followed(step).1.map(|(_, next)| self.occurs(next).times).sum();
        f64::from(after) < f64::from(self.occurs(step).times) * share
    }

    /// How many hops begin with what mostly follows a step: as many may have been torn off from hops with the step.
    pub fn torn_after(&self, step: u64) -> u32 {
        let hops = |kind: u64| self.counts.kinds.get(&kind).map_or(0, |kind| kind.hops);
        self.followed(step).1.map(|(_, next)| hops(next)).sum()
    }

    /// Whether hops of one kind are often caused by hops of another.
    pub fn often_causes(&self, cause: &Hop, hop: &Hop) -> bool {
        let times = self.child(cause, hop).map_or(0, |count| count.hops);
        f64::from(times) >= f64::from(self.kind(hop).hops) * MIN_CAUSE
    }

    /// Whether it is known what follows a step: few other steps, or none.
    pub fn goes_on(&self, step: u64) -> bool {
        let last = self.step(step).map_or(0, |count| count.last);
        let next = self.next.get(&step).copied().unwrap_or_default();
        let few: u32 = next.often.iter().map(|(times, _)| times).sum();
        f64::from(few + last) >= f64::from(next.all + last) * MIN_FOLLOWED
    }

    /// The share of hops with a step that end with it, in transactions that begin with a hop of a kind.
    pub fn ends_in(&self, root: u64, step: u64) -> Option<f64> {
        let count = self.in_root(root, step);
        (count.hops >= MIN_PEERS).then(|| f64::from(count.last) / f64::from(count.hops))
    }

    /// How often a step occurs in transactions that begin with a hop of a kind.
    pub(super) fn in_root(&self, root: u64, step: u64) -> InRoot {
        self.counts.in_roots.get(&mix(root, step)).copied().unwrap_or_default()
    }

    /// How long after a step hops of a kind begin that it causes.
    pub fn delay(&self, cause: u64, begins: u64) -> Option<&Tally> {
        self.counts.delays.get(&mix(cause, begins))
    }

    /// Whether a step is there hardly ever but after something failed.
    pub fn responds(&self, step: u64) -> bool {
        let Present { transactions, after, .. } = self.occurs(step);
        transactions >= MIN_RESPONSES
            && f64::from(after) >= f64::from(transactions) * MIN_RESPONDS
            && self.rare(step)
    }

    /// Counts of a step in hops of one kind.
    pub fn step_of(&self, hop: &Hop, step: u64) -> Option<&StepCount> {
        self.counts.steps.get(&(hop.kind, step))
    }

    /// Whether hops in which nothing fails end with a step.
    pub fn ends(&self, step: u64) -> bool {
        self.step(step).is_some_and(|count| {
            count.clean >= 3 && f64::from(count.clean_last) >= f64::from(count.clean) * MIN_END
        })
    }

    /// Whether hops, even those in which something fails, mostly end with a step.
    pub fn mostly_ends(&self, step: u64) -> bool {
        self.step(step).is_some_and(|count| count.hops >= 3 && count.last * 2 >= count.hops)
    }

    /// The kinds of hops that hops of a kind cause.
    pub fn children(&self, hop: &Hop) -> impl Iterator<Item = (u64, &ChildCount)> {
        let (kind, kinds) = (hop.kind, self.children.get(&hop.kind).map_or(&[][..], Vec::as_slice));
        kinds.iter().filter_map(move |&child| Some((child, self.counts.children.get(&(kind, child))?)))
    }

    /// The steps that nearly all hops of its kind have and this one lacks.
    pub fn lacking<'u>(&'u self, hop: &'u Hop) -> impl Iterator<Item = u64> + 'u {
        let mandatory = self.mandatory.get(&hop.kind).map_or(&[][..], Vec::as_slice);
        mandatory.iter().copied().filter(|kind| !hop.steps.iter().any(|step| step.kind == *kind))
    }

    /// How many hops of a kind in one transaction usually hold the same value under a name; none if that varies, or if
    /// transactions share the values.
    pub fn holders(&self, kind: u64, name: Symbol) -> Option<u32> {
        let held = self.own(kind, name)?;
        usual_number(&held.numbers, held.numbers.iter().sum())
    }

    /// How hops of a kind hold the values of a name, if no two transactions share them.
    fn own(&self, kind: u64, name: Symbol) -> Option<&HeldCount> {
        let held = self.counts.held.get(&mix(kind, name.0))?;
        let all: u32 = held.numbers.iter().sum();
        (held.values.estimate() >= f64::from(all) * MIN_OWN).then_some(held)
    }

    /// Whether the values that hops of a kind hold under a name are those of one transaction each.
    pub fn are_own(&self, kind: u64, name: Symbol) -> bool {
        self.own(kind, name).is_some()
    }

    /// Whether causes of a kind usually cause so many hops of a kind with the same value under a name.
    pub fn causes_so_many(&self, cause: u64, kind: u64, name: Symbol, number: u32) -> bool {
        let numbers = self.counts.held_under.get(&mix(mix(cause, kind), name.0));
        numbers
            .and_then(|numbers| usual_number(numbers, numbers.iter().sum()))
            .is_some_and(|usual| usual >= number)
    }

    /// How often a hop of one kind began before one of another, both of one service.
    pub fn began_before(&self, first: u64, second: u64) -> OrderCount {
        self.counts.orders.get(&mix(first, second)).copied().unwrap_or_default()
    }

    /// How many transactions have a step.
    pub fn present(&self, step: u64) -> u32 {
        self.occurs(step).transactions
    }

    pub(super) fn occurs(&self, step: u64) -> Present {
        self.counts.present.get(&step).copied().unwrap_or_default()
    }

    /// How often transactions that have a step have it.
    pub fn often(&self, step: u64) -> f64 {
        let Present { transactions, times, .. } = self.occurs(step);
        f64::from(times) / f64::from(transactions.max(1))
    }

    /// Whether most transactions that have a step have it once.
    pub fn once(&self, step: u64) -> bool {
        let Present { transactions, once, .. } = self.occurs(step);
        transactions >= MIN_PEERS && f64::from(once) >= f64::from(transactions) * MIN_ONCE
    }

    /// Whether hops that messages cause begin with a step, and hardly any transaction has it more than once.
    pub fn is_delivered_once(&self, root: u64, step: u64) -> bool {
        let begins = self.counts.kinds.get(&step);
        self.mostly_once(root, step, MIN_DELIVERED_ONCE)
            && begins.is_some_and(|kind| kind.messages * 2 >= self.occurs(step).times)
    }

    /// Whether hardly any transaction has a step more than once.
    pub fn is_done_once(&self, root: u64, step: u64) -> bool {
        self.mostly_once(root, step, MIN_DONE_ONCE)
    }

    /// The share of what steps of a kind say that transactions say once; none of few.
    pub fn says_once(&self, step: u64) -> f64 {
        let once = self.occurs(step).once;
        let several = self.counts.said.get(&step).copied().unwrap_or_default();
        let all = once + several.contents;
        if all < MIN_PEERS { 0.0 } else { f64::from(once + several.once) / f64::from(all) }
    }

    /// Whether this share of the transactions that have a step have it once, also of those alone that begin with a hop of a
    /// kind.
    fn mostly_once(&self, root: u64, step: u64, share: f64) -> bool {
        let Present { transactions, once, .. } = self.occurs(step);
        let alike = self.in_root(root, step);
        let is_usual = |transactions: u32, once: u32| f64::from(once) >= f64::from(transactions) * share;
        transactions >= MIN_PEERS
            && is_usual(transactions, once)
            && (alike.transactions < MIN_ALIKE || is_usual(alike.transactions, alike.once))
    }

    /// How long transactions usually last that begin like this one, in nanoseconds.
    pub fn length(&self, shape: &Shape) -> i64 {
        let first = shape.hops.first().and_then(|hop| self.counts.lasting.get(&hop.kind));
        first.map_or(0, |tally| tally.at(0.5))
    }

    /// Whether few transactions have a step.
    pub fn rare(&self, step: u64) -> bool {
        f64::from(self.present(step)) <= f64::from(self.counts.transactions) * MAX_RARE
    }
}

/// The number that nearly all have.
fn usual_number(numbers: &[u32], all: u32) -> Option<u32> {
    let countable = numbers.get(1..numbers.len() - 1)?;
    let (number, most) = (1u32..).zip(countable).max_by_key(|(_, count)| **count)?;
    (all >= MIN_PEERS && f64::from(*most) >= f64::from(all) * MIN_SAME).then_some(number)
}
