//! Which step makes which hop begin, and how many of them: what such rules say of a transaction.

use super::steps::{Place, Steps};
use super::tally::Tally;
use crate::model::Sample;
use crate::weave::words::Act;
use rustc_hash::{FxHashMap, FxHashSet};

/// A rule holds where it is right in at least this share of the transactions that it is about.
const MIN_RIGHT: f64 = 0.9;

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
    pub(super) index: u32,
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
    pub(super) lacks: u32,
    /// Steps of these: in how many.
    pub(super) lacking: FxHashMap<u64, u32>,
    /// Other rules by which these lack effects too: in how many.
    pub(super) along: FxHashMap<u32, u32>,
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
    pub(super) fn of(mut rules: Vec<Rule>) -> Rules {
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
    pub(super) fn least(&self) -> f64 {
        if self.delivery { MIN_DELIVERED } else { MIN_RIGHT }
    }

    /// Whether it is a delivery that would be too rarely right for anything else.
    pub(super) fn is_often_wrong(&self) -> bool {
        self.delivery && f64::from(self.right) < f64::from(self.peers) * MIN_RIGHT
    }

    /// Whether what makes the effect begin was done again, and then it began.
    pub fn was_tried_again(&self, steps: &Steps, once: impl Fn(u64) -> bool) -> bool {
        let again = |trigger: &Trigger| steps.number(trigger.step) > 1 && once(trigger.step);
        steps.number(self.effect) >= self.number && self.triggers.iter().any(again)
    }

    fn triggers_in(&self, steps: &Steps) -> u32 {
        self.triggers.iter().map(|trigger| steps.number(trigger.step)).sum()
    }

    /// How many effects a transaction lacks.
    pub fn absent(&self, steps: &Steps) -> u32 {
        self.triggers_in(steps).saturating_mul(self.number).saturating_sub(steps.number(self.effect))
    }

    /// How many effects more a transaction has than its steps make begin.
    pub fn surplus(&self, steps: &Steps) -> u32 {
        steps.number(self.effect).saturating_sub(self.triggers_in(steps).saturating_mul(self.number))
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
    pub(super) direct: bool,
    /// An example.
    pub(super) example: Sample,
    /// Hops with the step that have the effect.
    pub(super) present: u32,
}

impl Trigger {
    /// Whether the step itself tells of what makes the hops begin, rather than of something before it.
    pub fn is_cause(&self) -> bool {
        self.direct || self.act == Act::Send
    }
}
