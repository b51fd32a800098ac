//! Which step makes which hop begin, and how many of them: told by counting both in every transaction.
//!
//! The edges between hops only say which pairs to look at. Whether they belong together is decided on whole
//! transactions, so that one edge drawn wrongly neither hides a missing step nor makes one up.

use super::counts::Counts;
use super::shape::{Frame, mix};
use super::steps::{Place, Steps};
use super::tally::Tally;
use crate::model::Sample;
use crate::weave::words::Act;
use rustc_hash::{FxHashMap, FxHashSet};

/// Steps that are tried as the causes of one kind of hop.
const MAX_TRIGGERS: usize = 5;
/// Numbers are told apart up to this.
const MAX_COUNT: u32 = 64;
/// Hops that one step may make begin.
const MAX_NUMBER: u32 = 3;
/// A rule holds where it is right in at least this share of the transactions that it is about.
const MIN_RIGHT: f64 = 0.9;
/// The number of effects is exactly that of the rule in at least this share: in others they may be repeated.
const MIN_EXACT: f64 = 0.6;
/// A rule that is right in fewer transactions is none.
const MIN_TRANSACTIONS: u32 = 8;

/// Effects that one transaction lacks of which others may be a consequence.
const MAX_LACKING: usize = 64;
/// Something is absent because something else is where both are absent in this share of the transactions.
const MIN_ALONG: f64 = 0.8;
/// The same for the delivery of messages: only faults keep them away.
const MIN_DELIVERED: f64 = 0.75;

/// A step explains an absence that at least so many transactions with it show,
const MIN_EXPLAINED: u32 = 3;
/// and at least this share of them.
const MIN_EXPLAINED_SHARE: f64 = 0.6;

/// Every so many steps of these kinds make so many hops of a kind begin.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its number.
    index: u32,
    /// First step of the hops that begin.
    pub effect: u64,
    /// An example of it.
    pub example: Sample,
    /// The steps that make them begin, most frequent first.
    pub triggers: Vec<Trigger>,
    /// How many hops begin for one such step.
    pub number: u32,
    /// Transactions with such a step.
    pub peers: u32,
    /// Transactions among them with as many effects as there should be, or more.
    pub right: u32,
    /// How long after the step the effect begins.
    pub delays: Tally,
    /// A message reaches who takes it: nothing but a fault keeps the effect away.
    pub delivery: bool,
    /// Transactions with the effect and none of the steps: parts of others, torn off.
    pub loose: u32,
    /// Transactions that lack effects.
    lacks: u32,
    /// Steps of these: in how many.
    lacking: FxHashMap<u64, u32>,
    /// Other rules by which these lack effects too: in how many.
    along: FxHashMap<u32, u32>,
}

/// What is seen of a rule in transactions.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    delays: Tally,
    lacks: u32,
    lacking: FxHashMap<u64, u32>,
    along: FxHashMap<u32, u32>,
}

impl Seen {
    pub(super) fn merge(&mut self, other: Seen) {
        self.delays.merge(&other.delays);
        self.lacks += other.lacks;
        for (rule, times) in other.along {
            *self.along.entry(rule).or_default() += times;
        }
        for (step, times) in other.lacking {
            *self.lacking.entry(step).or_default() += times;
        }
    }
}

/// The rules that hold, found by the steps that they are about.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    by_trigger: FxHashMap<u64, Vec<u32>>,
}

impl Rules {
    fn of(mut rules: Vec<Rule>) -> Rules {
        for (index, rule) in (0..).zip(&mut rules) {
            rule.index = index;
        }
        let mut by_trigger: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        for (index, rule) in rules.iter().enumerate() {
            for trigger in &rule.triggers {
                by_trigger.entry(trigger.step).or_default().push(index as u32);
            }
        }
        Rules { rules, by_trigger }
    }

    /// The rules about a transaction, by what they are about.
    pub fn about<'r>(&'r self, tally: &Steps) -> impl Iterator<Item = &'r Rule> + use<'r> {
        self.indices(tally).into_iter().map(|index| &self.rules[index as usize])
    }

    /// The rules that a kind of step triggers.
    pub fn triggered_by(&self, step: u64) -> impl Iterator<Item = &Rule> {
        let indices = self.by_trigger.get(&step).map_or(&[][..], Vec::as_slice);
        indices.iter().map(|&index| &self.rules[index as usize])
    }

    /// Whether so many hops of a kind are due, as the steps that make them begin are there so often.
    pub fn are_due(&self, steps: &Steps, effect: u64, number: u32) -> bool {
        let mut rules = self.about(steps).filter(|rule| rule.effect == effect);
        rules.any(|rule| rule.triggers_in(steps).saturating_mul(rule.number) >= number)
    }

    /// The first steps of all hops that rules are about.
    pub(super) fn effects(&self) -> FxHashSet<u64> {
        self.rules.iter().map(|rule| rule.effect).collect()
    }

    /// The steps that trigger them.
    pub(super) fn triggers(&self) -> impl Iterator<Item = u64> {
        self.rules.iter().flat_map(|rule| rule.triggers.iter().map(|trigger| trigger.step))
    }

    fn indices(&self, steps: &Steps) -> Vec<u32> {
        let mut indices: Vec<u32> =
            steps.kinds().filter_map(|step| self.by_trigger.get(&step)).flatten().copied().collect();
        indices.sort_unstable();
        indices.dedup();
        indices
    }

    /// Looks at a transaction.
    pub(super) fn see(&self, steps: &Steps, seen: &mut FxHashMap<u32, Seen>) {
        let indices = self.indices(steps);
        let lacks = |index: &u32| self.rules[*index as usize].absent(steps) > 0;
        let lacking: Vec<u32> = indices.iter().copied().filter(lacks).take(MAX_LACKING).collect();
        for index in indices {
            let seen = seen.entry(index).or_default();
            if lacks(&index) {
                for other in lacking.iter().filter(|other| **other != index) {
                    *seen.along.entry(*other).or_default() += 1;
                }
            }
            self.rules[index as usize].see(steps, seen);
        }
    }

    /// Whether the effect of one rule is mostly absent where that of another one is.
    pub fn follows(&self, rule: &Rule, cause: &Rule) -> bool {
        let along = cause.along.get(&rule.index).copied().unwrap_or(0);
        f64::from(along) >= f64::from(cause.lacks) * MIN_ALONG
    }

    /// Takes over what was seen in all transactions.
    pub(super) fn learn(&mut self, seen: FxHashMap<u32, Seen>) {
        for (index, seen) in seen {
            let rule = &mut self.rules[index as usize];
            rule.delays = seen.delays;
            (rule.lacks, rule.lacking, rule.along) = (seen.lacks, seen.lacking, seen.along);
        }
    }
}

impl Rule {
    /// The share of transactions in which it must be right.
    fn least(&self) -> f64 {
        if self.delivery { MIN_DELIVERED } else { MIN_RIGHT }
    }

    /// Whether what makes the effect begin was done again, and then it began.
    pub fn was_tried_again(&self, steps: &Steps, once: impl Fn(u64) -> bool) -> bool {
        let again = |trigger: &Trigger| steps.number(trigger.step) > 1 && once(trigger.step);
        steps.number(self.effect) >= self.number && self.triggers.iter().any(again)
    }

    /// Whether as many effects are parts of other transactions as are absent.
    pub fn is_torn(&self) -> bool {
        self.peers > self.right && self.loose >= self.peers - self.right
    }

    fn triggers_in(&self, steps: &Steps) -> u32 {
        self.triggers.iter().map(|trigger| steps.number(trigger.step)).sum()
    }

    /// How many effects a transaction lacks.
    pub fn absent(&self, steps: &Steps) -> u32 {
        self.triggers_in(steps).saturating_mul(self.number).saturating_sub(steps.number(self.effect))
    }

    /// Where cause and effect are, if there is one of each.
    pub fn pair(&self, steps: &Steps) -> Option<(Place, Place)> {
        if self.triggers_in(steps) != 1 || steps.number(self.effect) != 1 {
            return None;
        }
        let cause = self.triggers.iter().find_map(|trigger| steps.first(trigger.step))?;
        Some((cause, steps.first(self.effect)?))
    }

    fn see(&self, steps: &Steps, seen: &mut Seen) {
        if self.absent(steps) > 0 {
            seen.lacks += 1;
            for step in steps.kinds() {
                *seen.lacking.entry(step).or_default() += 1;
            }
        } else if let Some((cause, effect)) = self.pair(steps) {
            seen.delays.add(effect.time - cause.time);
        }
    }

    /// Whether a step explains that effects are absent: most transactions with it, `present` in all, lack them.
    pub fn explained_by(&self, step: u64, present: u32) -> bool {
        let lacking = self.lacking.get(&step).copied().unwrap_or(0);
        lacking >= MIN_EXPLAINED && f64::from(lacking) >= f64::from(present) * MIN_EXPLAINED_SHARE
    }
}

/// A step that makes hops begin.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// The kind of step.
    pub step: u64,
    /// What it is about.
    pub act: Act,
    /// The span with the step is itself the cause.
    direct: bool,
    /// An example.
    example: Sample,
    /// Hops with the step that have the effect.
    present: u32,
}

/// What may hold: for each kind of hop the steps that may make it begin.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    rules: Vec<Rule>,
    by_step: FxHashMap<u64, Vec<u32>>,
}

/// For each candidate: the numbers of effects and triggers in a transaction, and in how many transactions they are so.
pub(super) type Tables = FxHashMap<(u32, u32, [u32; MAX_TRIGGERS]), u32>;

/// Adds the numbers of another part of the run.
pub(super) fn merge(mut tables: Tables, other: Tables) -> Tables {
    for (key, times) in other {
        *tables.entry(key).or_default() += times;
    }
    tables
}

impl Candidates {
    /// The pairs that edges between hops suggest.
    pub(super) fn of(frame: &Frame, counts: &Counts) -> Candidates {
        let mut steps: FxHashMap<u64, Vec<u64>> = FxHashMap::default();
        for &(hop, step) in counts.steps.keys() {
            steps.entry(hop).or_default().push(step);
        }
        let mut rules: FxHashMap<u64, Rule> = FxHashMap::default();
        for (&(hop, effect), child) in &counts.children {
            let rank = |step: u64| {
                let count = &counts.steps[&(hop, step)];
                let causes = counts.causes.get(&mix(mix(hop, step), effect));
                let (present, direct) = causes.copied().unwrap_or_default();
                let share = f64::from(present) / f64::from(count.hops.max(1));
                let cover = f64::from(present) / f64::from(child.hops.max(1));
                let act = frame.act(&count.example);
                // the step of the very cause, and one that says "sent", are preferred to others that fit as well
                let direct = direct * 2 >= present;
                let fit =
                    ((share * cover * 200.0).round() as i64, direct, matches!(act, Act::Send | Act::Call));
                (fit, Trigger { step, act, direct, example: count.example, present })
            };
            let best = steps[&hop].iter().map(|&step| rank(step));
            let Some((_, trigger)) = best.max_by_key(|(fit, trigger)| (*fit, trigger.example)) else {
                continue;
            };
            let rule = rules.entry(effect).or_insert_with(|| Rule {
                index: 0,
                effect,
                example: child.example,
                triggers: Vec::new(),
                number: 1,
                peers: 0,
                right: 0,
                delays: Tally::default(),
                delivery: true,
                loose: 0,
                lacks: 0,
                lacking: FxHashMap::default(),
                along: FxHashMap::default(),
            });
            rule.example = rule.example.min(child.example);
            let sent = trigger.direct || trigger.act == Act::Send;
            rule.delivery &= sent
                && child.messages * 2 > child.hops
                && frame.share_a_name(&trigger.example, &child.example);
            match rule.triggers.iter_mut().find(|known| known.step == trigger.step) {
                Some(known) => known.present += trigger.present,
                None => rule.triggers.push(trigger),
            }
        }
        let mut candidates = Candidates { rules: rules.into_values().collect(), ..Candidates::default() };
        candidates.rules.sort_by_key(|rule| (rule.example, rule.effect));
        for (index, rule) in candidates.rules.iter_mut().enumerate() {
            rule.triggers.sort_by_key(|trigger| (std::cmp::Reverse(trigger.present), trigger.example));
            rule.triggers.truncate(MAX_TRIGGERS);
            for step in rule.triggers.iter().map(|trigger| trigger.step).chain([rule.effect]) {
                candidates.by_step.entry(step).or_default().push(index as u32);
            }
        }
        candidates
    }

    /// Counts a transaction.
    pub(super) fn count(&self, steps: &Steps, tables: &mut Tables) {
        let mut touched: Vec<u32> =
            steps.kinds().filter_map(|step| self.by_step.get(&step)).flatten().copied().collect();
        touched.sort_unstable();
        touched.dedup();
        let number = |step: u64| steps.number(step).min(MAX_COUNT);
        for index in touched {
            let rule = &self.rules[index as usize];
            let mut numbers = [0; MAX_TRIGGERS];
            for (number_of, trigger) in numbers.iter_mut().zip(&rule.triggers) {
                *number_of = number(trigger.step);
            }
            *tables.entry((index, number(rule.effect), numbers)).or_default() += 1;
        }
    }

    /// The rules that hold, given the numbers of all transactions.
    pub(super) fn rules(self, tables: &Tables) -> Rules {
        let mut rows: Vec<Vec<(u32, [u32; MAX_TRIGGERS], u32)>> = vec![Vec::new(); self.rules.len()];
        for (&(index, effects, numbers), &times) in tables {
            rows[index as usize].push((effects, numbers, times));
        }
        let settled = self.rules.into_iter().zip(rows);
        Rules::of(settled.filter_map(|(rule, rows)| settle(rule, &rows)).collect())
    }
}

/// A set of triggers and a number, and how well they fit.
struct Choice {
    rank: (i64, u32, u32),
    set: u32,
    number: u32,
    peers: u32,
    right: u32,
    /// Transactions with more effects than that.
    more: u32,
    /// Transactions with effects only.
    loose: u32,
}

/// Chooses the triggers and the number that are right most often.
fn settle(rule: Rule, rows: &[(u32, [u32; MAX_TRIGGERS], u32)]) -> Option<Rule> {
    let mut best: Option<Choice> = None;
    for set in 1u32..1 << rule.triggers.len() {
        let chosen = |numbers: &[u32; MAX_TRIGGERS]| -> u32 {
            (0..rule.triggers.len()).filter(|at| set >> at & 1 == 1).map(|at| numbers[at]).sum()
        };
        for number in 1..=MAX_NUMBER {
            let (mut peers, mut right, mut more, mut wrong, mut loose) = (0, 0, 0, 0, 0);
            for (effects, numbers, times) in rows {
                let sum = chosen(numbers);
                peers += if sum > 0 { *times } else { 0 };
                if *effects == number * sum {
                    right += if sum > 0 { *times } else { 0 };
                } else {
                    wrong += *times;
                    loose += if sum == 0 { *times } else { 0 };
                    more += if sum > 0 && *effects > number * sum { *times } else { 0 };
                }
            }
            // few triggers and small numbers where they explain as much
            let rank = (-i64::from(wrong), u32::MAX - set.count_ones(), u32::MAX - number);
            if best.as_ref().is_none_or(|known| rank > known.rank) {
                best = Some(Choice { rank, set, number, peers, right, more, loose });
            }
        }
    }
    let Choice { set, number, peers, right, more, loose, .. } = best?;
    let exact = right;
    // what is done again is not absent
    let right = right + more;
    let share = |times: u32| f64::from(times) / f64::from(peers.max(1));
    if exact < MIN_TRANSACTIONS || share(exact) < MIN_EXACT || share(right) < rule.least() {
        return None;
    }
    let triggers = rule.triggers.into_iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
    Some(Rule {
        triggers: triggers.map(|(_, trigger)| trigger).collect(),
        number,
        peers,
        right,
        loose,
        ..rule
    })
}
