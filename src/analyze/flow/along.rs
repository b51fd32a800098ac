//! What comes along with a step: which steps the transactions have that have it, and how often.
//!
//! It is counted over whole transactions, so that edges drawn wrongly change nothing. Only steps are looked at after which a
//! warning came, or with which hops begin, or which make them begin; and what comes right before the latter.

use super::counts::Counts;
use super::rules::Rules;
use super::shape::{Hop, Shape, Step};
use super::steps::Steps;
use super::ways::Ways;
use crate::model::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// So often a step is told apart.
const MOST: usize = 4;
/// Steps that are looked at.
const MAX_ANCHORS: usize = 2048;
/// Transactions that are looked at, about.
const ENOUGH: u32 = 8_192;
/// Steps of one hop before a warning that are looked at.
const MAX_BEFORE: usize = 2;
/// Hops among which it is looked for what came before.
const MAX_HOPS: usize = 256;
/// What comes along in this share of the transactions does so usually.
const MIN_USUAL: f64 = 0.9;
/// Fewer transactions teach nothing.
const MIN_PEERS: u32 = 8;
/// What is there in this share of the transactions with a step always follows it,
const MIN_ALWAYS: f64 = 0.97;
/// if there are so many.
const MIN_FOLLOWED: u32 = 30;
/// What is right before an effect is known where it is of one service in this share of all.
const MIN_BEFORE: f64 = 0.5;

/// The steps before a warning whose company may tell whether all went on as usual after it: those of the same hop, of the
/// same service, of the cause, and the first one of all.
pub fn anchors(shape: &Shape, hop: &Hop, at: usize) -> Vec<u64> {
    let warned = &hop.steps[at];
    let calm = |step: &&Step| !step.warned;
    let mut found: Vec<u64> =
        hop.steps[..at].iter().rev().filter(calm).take(MAX_BEFORE).map(|step| step.kind).collect();
    if found.is_empty() && shape.hops.len() <= MAX_HOPS {
        let others = shape.hops.iter().filter(|other| other.service == hop.service);
        let before = others.flat_map(|other| &other.steps).filter(calm).filter(|it| it.time < warned.time);
        found.extend(before.max_by_key(|it| (it.time, it.kind)).map(|it| it.kind));
    }
    if let Some(parent) = hop.parent {
        let before = shape.hops[parent as usize].steps.iter().rev().filter(|it| it.time <= warned.time);
        found.extend(before.filter(calm).take(MAX_BEFORE).map(|it| it.kind));
    }
    found.extend(shape.hops.first().and_then(|first| first.steps.first()).map(|step| step.kind));
    found.sort_unstable();
    found.dedup();
    found
}

/// How often steps come along with one.
#[derive(Clone, Debug, Default)]
struct Company {
    /// Transactions with it.
    all: u32,
    /// Those among them in which nothing failed.
    calm: u32,
    /// Transactions with it once.
    once: u32,
    /// By further step.
    steps: FxHashMap<u64, Further>,
}

impl Company {
    /// Takes in a transaction with the step, which stands there at some place; the rest of its steps, of which the numbers
    /// are told, in a row of those of all steps. Those that are the first of their number are added to `there`.
    fn add(&mut self, steps: &Steps, at: usize, numbers: &[u32], row: &mut [Further], there: &mut Vec<u32>) {
        let calm = u32::from(!steps.failed());
        let Some((_, number, from)) = steps.places().nth(at) else { return };
        self.all += 1;
        self.calm += calm;
        self.once += u32::from(number == 1);
        for (place, (_, times, first)) in numbers.iter().zip(steps.places()) {
            let further = &mut row[*place as usize];
            if further.some == 0 {
                there.push(*place);
            }
            if number == 1 {
                further.least.iter_mut().take(times as usize).for_each(|count| *count += 1);
            }
            further.some += 1;
            further.each += if times >= number { calm } else { 0 };
            further.after = further.after.saturating_add(first.time.saturating_sub(from.time));
        }
    }

    /// Adds another one, of which the further steps are told.
    fn merge(&mut self, other: Company, steps: impl IntoIterator<Item = (u64, Further)>) {
        self.all += other.all;
        self.calm += other.calm;
        self.once += other.once;
        for (step, further) in steps {
            self.steps.entry(step).or_default().merge(further);
        }
    }
}

/// How often a step comes along with another one.
#[derive(Clone, Copy, Debug, Default)]
struct Further {
    /// In how many transactions that have the other one once at least one, two, and so on are there.
    least: [u32; MOST],
    /// In how many it is there.
    some: u32,
    /// In how many of those in which nothing failed it is there at least as often as the other one.
    each: u32,
    /// The sum of the times from the first other one to the first of these, in nanoseconds.
    after: i64,
}

impl Further {
    fn merge(&mut self, other: Further) {
        self.least.iter_mut().zip(other.least).for_each(|(all, count)| *all += count);
        self.some += other.some;
        self.each += other.each;
        self.after = self.after.saturating_add(other.after);
    }
}

/// A step that practically always follows another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Follower {
    /// The step.
    pub step: u64,
    /// How long after, on average, in nanoseconds.
    pub after: i64,
    /// In so many transactions with the other step it is there as often.
    pub each: u32,
    /// Of so many.
    pub all: u32,
    /// So many transactions have it without the other one.
    pub loose: u32,
}

/// What comes along with steps, by their kinds.
#[derive(Clone, Debug, Default)]
pub struct Along {
    company: FxHashMap<u64, Company>,
    /// See [`Along::followers`]; once all is counted.
    followers: FxHashMap<u64, Vec<Follower>>,
    /// In how many transactions each step is.
    present: FxHashMap<u64, u32>,
    /// By effect: how often each step is right before the first one of its kind.
    before: FxHashMap<u64, FxHashMap<u64, u32>>,
    /// What comes along with steps of which one or another may come.
    pub ways: Ways,
}

/// What is looked at, and in which transactions.
#[derive(Debug)]
pub(super) struct Looked {
    anchors: FxHashSet<u64>,
    effects: FxHashSet<u64>,
    ways: FxHashSet<u64>,
    /// One of so many transactions, as a power of two.
    rare: u32,
}

impl Looked {
    /// Looks at steps before warnings, those that rules are about, and those that begin hops.
    pub(super) fn of(counts: &Counts, rules: &Rules) -> Looked {
        let transactions = counts.transactions;
        let begin = counts.kinds.iter().filter(|(_, kind)| kind.hops >= MIN_FOLLOWED).map(|(kind, _)| *kind);
        let mut kept: Vec<u64> =
            counts.anchors.iter().copied().chain(rules.triggers()).chain(begin).collect();
        kept.sort_unstable();
        kept.dedup();
        kept.truncate(MAX_ANCHORS);
        let rare = (transactions / ENOUGH).checked_ilog2().map_or(0, |bits| bits + 1);
        let (anchors, effects) = (kept.into_iter().collect(), rules.effects());
        Looked { anchors, effects, ways: Ways::steps(counts), rare }
    }

    /// Looks at some transactions: at all that have one step, before those that have the next one, so that what is counted
    /// for a step is at hand.
    pub(super) fn see(&self, transactions: &[Steps], along: &mut Along) {
        let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
        // of each kind of step by its number: the kind, and in which transactions it is, at which place of theirs
        let mut kinds: Vec<(u64, Vec<(u32, u32)>)> = Vec::new();
        // the numbers of the steps of each transaction
        let mut numbered: Vec<Vec<u32>> = Vec::new();
        let seen: Vec<&Steps> = transactions.iter().filter(|steps| self.takes(steps)).collect();
        for (transaction, steps) in (0..).zip(&seen) {
            numbered.push(Vec::with_capacity(steps.kinds().count()));
            for (at, kind) in (0..).zip(steps.kinds()) {
                let number = *numbers.entry(kind).or_insert_with(|| {
                    kinds.push((kind, Vec::new()));
                    kinds.len() as u32 - 1
                });
                kinds[number as usize].1.push((transaction, at));
                numbered[transaction as usize].push(number);
            }
            self.see_effects(steps, along);
        }
        // by number what is counted for one step, and which steps have a count
        let mut row = vec![Further::default(); kinds.len()];
        let mut there: Vec<u32> = Vec::new();
        for (number, (kind, places)) in kinds.iter().enumerate() {
            *along.present.entry(*kind).or_default() += places.len() as u32;
            let (is_anchor, is_way) = (self.anchors.contains(kind), self.ways.contains(kind));
            if !is_anchor && !is_way {
                continue;
            }
            let mut company = Company::default();
            for &(transaction, at) in places {
                let numbers = &numbered[transaction as usize];
                company.add(seen[transaction as usize], at as usize, numbers, &mut row, &mut there);
            }
            // a step does not come along with itself
            there.retain(|there| *there as usize != number);
            let further = || there.iter().map(|&there| (kinds[there as usize].0, row[there as usize]));
            if is_way {
                along.ways.add(*kind, company.all, further().map(|(kind, further)| (kind, further.some)));
            }
            if is_anchor {
                along.company.entry(*kind).or_default().merge(company, further());
            }
            there.drain(..).for_each(|there| row[there as usize] = Further::default());
            row[number] = Further::default();
        }
    }

    /// Whether a transaction is looked at.
    fn takes(&self, steps: &Steps) -> bool {
        let start = steps.places().map(|(.., place)| place.time).min();
        let mixed = |start: i64| (start as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        start.is_some_and(|start| self.rare == 0 || mixed(start) >> (64 - self.rare) == 0)
    }

    /// Looks at what comes right before effects.
    fn see_effects(&self, steps: &Steps, along: &mut Along) {
        if !steps.kinds().any(|step| self.effects.contains(&step)) {
            return;
        }
        let mut in_time: Vec<(i64, u64)> =
            steps.places().map(|(kind, _, place)| (place.time, kind)).collect();
        in_time.sort_unstable();
        for pair in in_time.windows(2).filter(|pair| self.effects.contains(&pair[1].1)) {
            *along.before.entry(pair[1].1).or_default().entry(pair[0].1).or_default() += 1;
        }
    }
}

impl Along {
    pub(super) fn merge(mut self, mut other: Along) -> Along {
        if other.company.len() > self.company.len() {
            std::mem::swap(&mut self, &mut other);
        }
        for (anchor, mut company) in other.company {
            let steps = std::mem::take(&mut company.steps);
            self.company.entry(anchor).or_default().merge(company, steps);
        }
        self.ways.merge(other.ways);
        for (step, times) in other.present {
            *self.present.entry(step).or_default() += times;
        }
        for (effect, steps) in other.before {
            let known = self.before.entry(effect).or_default();
            for (step, times) in steps {
                *known.entry(step).or_default() += times;
            }
        }
        self
    }

    /// The steps that usually come along with one that a transaction has once, with how often at least, in no order.
    pub fn usual(&self, anchor: u64) -> impl Iterator<Item = (u64, u32)> + '_ {
        let company = self.company.get(&anchor).filter(|company| company.once >= MIN_PEERS);
        company.into_iter().flat_map(|company| {
            let least = f64::from(company.once) * MIN_USUAL;
            company.steps.iter().filter_map(move |(step, further)| {
                let number = further.least.iter().filter(|count| f64::from(**count) >= least).count() as u32;
                (number > 0).then_some((*step, number))
            })
        })
    }

    /// Draws from the counts what is asked of each transaction; to be called when all parts are merged.
    pub(super) fn settle(mut self) -> Along {
        let known = self.company.iter().filter(|(_, company)| company.calm >= MIN_FOLLOWED);
        let followers = known.map(|(anchor, company)| (*anchor, self.following(company)));
        self.followers = followers.filter(|(_, following)| !following.is_empty()).collect();
        self
    }

    /// The steps that practically always follow one with this company, in the order of their kinds.
    fn following(&self, company: &Company) -> Vec<Follower> {
        let all = company.calm;
        let steps = company.steps.iter().filter_map(|(&step, further)| {
            let present = self.present.get(&step).copied().unwrap_or_default();
            let follower = Follower {
                step,
                after: further.after / i64::from(further.some.max(1)),
                each: further.each,
                all,
                loose: present.saturating_sub(further.some),
            };
            let always = f64::from(further.each) >= f64::from(all - 1) * MIN_ALWAYS;
            (always && follower.after > 0).then_some(follower)
        });
        let mut steps: Vec<Follower> = steps.collect();
        steps.sort_unstable_by_key(|follower| follower.step);
        steps
    }

    /// The steps that practically always follow one, as often as it is there. The transaction that asks is not counted as one
    /// that lacks them.
    pub fn followers(&self, anchor: u64) -> &[Follower] {
        self.followers.get(&anchor).map_or(&[], Vec::as_slice)
    }

    /// The share of the transactions with one step that have another one.
    pub fn share(&self, anchor: u64, step: u64) -> f64 {
        let Some(company) = self.company.get(&anchor) else { return 0.0 };
        let some = company.steps.get(&step).map_or(0, |further| further.some);
        f64::from(some) / f64::from(company.all.max(1))
    }

    /// The share of the transactions with one step that have another one, and how many have the other one alone.
    pub fn with_and_without(&self, anchor: u64, step: u64) -> (f64, u32) {
        let company = self.company.get(&anchor);
        let some = company.and_then(|company| company.steps.get(&step)).map_or(0, |further| further.some);
        (self.share(anchor, step), self.present.get(&step).copied().unwrap_or_default().saturating_sub(some))
    }

    /// How long after the first of one step the first of another one is on average, in nanoseconds.
    pub fn after(&self, anchor: u64, step: u64) -> Option<i64> {
        let further = self.company.get(&anchor)?.steps.get(&step)?;
        Some(further.after / i64::from(further.some.max(1)))
    }

    /// The other service whose steps are usually right before an effect, and these steps, most frequent first.
    pub fn right_before(
        &self,
        effect: u64,
        service: impl Fn(u64) -> Option<Symbol>,
    ) -> Option<(Symbol, Vec<u64>)> {
        let own = service(effect)?;
        let mut all = 0;
        let mut by_service: FxHashMap<Symbol, (u32, Vec<(u32, u64)>)> = FxHashMap::default();
        for (&step, &times) in self.before.get(&effect)? {
            all += times;
            if let Some(service) = service(step).filter(|service| *service != own) {
                let (sum, steps) = by_service.entry(service).or_default();
                *sum += times;
                steps.push((times, step));
            }
        }
        let (service, (sum, mut steps)) =
            by_service.into_iter().max_by_key(|(name, (sum, _))| (*sum, name.0))?;
        if all < MIN_PEERS || f64::from(sum) < f64::from(all) * MIN_BEFORE {
            return None;
        }
        steps.sort_unstable_by(|one, other| other.cmp(one));
        Some((service, steps.into_iter().map(|(_, step)| step).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::flow::{KindCount, Present};
    use crate::model::EventId;

    /// A step of a kind at a time.
    fn step(kind: u64, time: i64, failed: bool) -> Step {
        Step {
            kind,
            content: kind,
            event: EventId::default(),
            span: 0,
            time,
            failed,
            warned: failed,
            answered: false,
            refused: false,
            again: false,
            took: None,
        }
    }

    fn hop(service: u64, parent: Option<u32>, steps: Vec<Step>) -> Hop {
        Hop {
            kind: steps[0].kind,
            service: Symbol(service),
            span: 0,
            parent,
            cause: None,
            message: false,
            start: steps[0].time,
            end: steps[steps.len() - 1].time,
            steps,
            children: Vec::new(),
            values: Vec::new(),
        }
    }

    /// What comes along in transactions of one hop, given as kinds and times; those of kind 9 fail.
    fn along(transactions: &[&[(u64, i64)]]) -> Along {
        let mut counts = Counts::default();
        counts.kinds.insert(1, KindCount { hops: 100, ..KindCount::default() });
        counts.present.insert(1, Present::default());
        let looked = Looked::of(&counts, &Rules::default());
        // in two parts, as threads do it
        let (mut one, mut other) = (Along::default(), Along::default());
        for (at, steps) in transactions.iter().enumerate() {
            let steps = steps.iter().map(|&(kind, time)| step(kind, time, kind == 9)).collect();
            let shape = Shape { hops: vec![hop(1, None, steps)], ..Shape::default() };
            looked.see(&[Steps::of(&shape)], if at % 3 == 0 { &mut one } else { &mut other });
        }
        one.merge(other).settle()
    }

    #[test]
    fn what_always_comes_later_follows() {
        let usual: &[(u64, i64)] = &[(1, 100), (2, 110), (3, 130)];
        let mut transactions = vec![usual; 40];
        // where something failed nothing is learned
        transactions.extend([&[(1, 100), (9, 105)][..]; 5]);
        transactions.push(&[(3, 50), (4, 60)]);
        let along_all = along(&transactions);
        let follower = |step, after, loose| Follower { step, after, each: 40, all: 40, loose };
        assert_eq!(along_all.followers(1), [follower(2, 10, 0), follower(3, 30, 1)]);
        assert!(along_all.followers(2).is_empty(), "not looked at");
        assert!((along_all.share(1, 9) - 5.0 / 45.0).abs() < 1e-9);
        // one in ten lacks it
        transactions.extend([&usual[..2]; 4]);
        let steps: Vec<u64> =
            along(&transactions).followers(1).iter().map(|follower| follower.step).collect();
        assert_eq!(steps, [2]);
    }

    #[test]
    fn what_comes_as_often_as_its_cause_follows_each() {
        let twice: &[(u64, i64)] = &[(1, 100), (1, 101), (2, 110), (2, 111)];
        let once: &[(u64, i64)] = &[(1, 100), (2, 110)];
        let mut transactions = vec![twice; 20];
        transactions.extend([once; 20]);
        let each = |transactions: &[&[(u64, i64)]]| {
            along(transactions).followers(1).iter().map(|follower| follower.each).collect::<Vec<u32>>()
        };
        assert_eq!(each(&transactions), [40]);
        transactions.extend([&[(1, 100), (1, 101), (2, 110)][..]; 3]);
        assert_eq!(each(&transactions), [0; 0]);
    }

    #[test]
    fn how_often_something_usually_comes_along_is_known() {
        let steps: &[(u64, i64)] = &[(1, 100), (2, 110), (2, 120), (3, 130)];
        let mut transactions = vec![steps; 19];
        transactions.push(&[(1, 100), (2, 110)]);
        let along = along(&transactions);
        let mut usual: Vec<(u64, u32)> = along.usual(1).collect();
        usual.sort_unstable();
        assert_eq!(usual, [(2, 2), (3, 1)]);
    }

    #[test]
    fn calm_steps_of_hop_service_cause_and_start_are_looked_at() {
        let first = hop(1, None, vec![step(1, 100, false)]);
        let cause = hop(2, Some(0), vec![step(2, 110, false), step(3, 120, false), step(4, 190, false)]);
        let fails = hop(3, Some(1), vec![step(5, 130, false), step(9, 140, true), step(6, 150, false)]);
        let shape = Shape { hops: vec![first, cause, fails], ..Shape::default() };
        assert_eq!(anchors(&shape, &shape.hops[2], 1), [1, 2, 3, 5]);
        // what begins with a failure: what its service did before
        let before = hop(3, Some(0), vec![step(7, 105, false)]);
        let alone = hop(3, None, vec![step(9, 140, true)]);
        let shape = Shape { hops: vec![shape.hops[0].clone(), before, alone], ..Shape::default() };
        assert_eq!(anchors(&shape, &shape.hops[2], 0), [1, 7]);
    }

    #[test]
    fn the_service_right_before_an_effect_is_known() {
        let mut along = Along::default();
        along.before.insert(5, [(4, 9), (3, 2), (1, 1)].into_iter().collect());
        let service = |step: u64| {
            Some(Symbol(if step == 5 {
                50
            } else if step == 1 {
                10
            } else {
                30
            }))
        };
        assert_eq!(along.right_before(5, service), Some((Symbol(30), vec![4, 3])));
        along.before.insert(5, [(4, 3), (1, 9)].into_iter().collect());
        assert_eq!(along.right_before(5, service).map(|(name, _)| name), Some(Symbol(10)));
        assert_eq!(along.right_before(6, service), None);
    }
}
