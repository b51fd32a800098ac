//! Which step makes which hop begin, and how many of them: told by counting both in every transaction.
//!
//! The edges between hops only say which pairs to look at. Whether they belong together is decided on whole
//! transactions, so that one edge drawn wrongly neither hides a missing step nor makes one up.

use super::counts::Counts;
use super::shape::{Run, Shape};
use crate::model::EventId;
use crate::weave::words::Act;
use rustc_hash::FxHashMap;

/// Steps that are tried as the causes of one kind of hop.
const MAX_TRIGGERS: usize = 5;
/// Numbers are told apart up to this.
const MAX_COUNT: u32 = 64;
/// Hops that one step may make begin.
const MAX_NUMBER: u32 = 3;
/// A rule holds where it is right in at least this share of the transactions that it is about.
const MIN_RIGHT: f64 = 0.85;
/// A rule that is right in fewer transactions is none.
const MIN_TRANSACTIONS: u32 = 8;

/// Every so many steps of these kinds make so many hops of a kind begin.
#[derive(Clone, Debug)]
pub struct Rule {
    /// First step of the hops that begin.
    pub effect: u64,
    /// An example of it.
    pub example: EventId,
    /// The steps that make them begin, most frequent first.
    pub triggers: Vec<Trigger>,
    /// How many hops begin for one such step.
    pub number: u32,
    /// Transactions with such a step.
    pub peers: u32,
    /// Transactions among them in which the numbers are right.
    pub right: u32,
    /// By then, from the start of the cause, nearly all effects have begun: nanoseconds.
    pub late: i64,
}

/// A step that makes hops begin.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// The kind of step.
    pub step: u64,
    /// What it is about.
    pub act: Act,
    /// An example.
    example: EventId,
    /// Hops with the step that have the effect.
    present: u32,
}

/// How often a step of each kind occurs in a transaction.
pub(crate) fn step_counts(shape: &Shape) -> FxHashMap<u64, u32> {
    let mut counts: FxHashMap<u64, u32> = FxHashMap::default();
    for step in shape.hops.iter().flat_map(|hop| &hop.steps) {
        *counts.entry(step.kind).or_default() += 1;
    }
    counts
}

/// What may hold: for each kind of hop the steps that may make it begin.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    rules: Vec<Rule>,
    by_step: FxHashMap<u64, Vec<u32>>,
}

/// For each candidate: the numbers of effects and triggers in a transaction, and in how many transactions they are so.
pub(super) type Tables = FxHashMap<(u32, u32, [u32; MAX_TRIGGERS]), u32>;

impl Candidates {
    /// The pairs that edges between hops suggest.
    pub(super) fn of(run: &Run<'_>, counts: &Counts) -> Candidates {
        let mut steps: FxHashMap<u64, Vec<u64>> = FxHashMap::default();
        for &(hop, step) in counts.steps.keys() {
            steps.entry(hop).or_default().push(step);
        }
        let mut rules: FxHashMap<u64, Rule> = FxHashMap::default();
        for (&(hop, effect), child) in &counts.children {
            let rank = |step: u64| {
                let count = &counts.steps[&(hop, step)];
                let present = counts.causes.get(&(hop, step, effect)).copied().unwrap_or(0);
                let share = f64::from(present) / f64::from(count.hops.max(1));
                let cover = f64::from(present) / f64::from(child.hops.max(1));
                let act = run.act(count.example);
                // the step that says "sent" is preferred to others that fit as well
                let fit = ((share * cover * 200.0).round() as i64, matches!(act, Act::Send | Act::Call));
                (fit, Trigger { step, act, example: count.example, present })
            };
            let best = steps[&hop].iter().map(|&step| rank(step));
            let Some((_, trigger)) = best.max_by_key(|(fit, trigger)| (*fit, trigger.example)) else { continue };
            let rule = rules.entry(effect).or_insert_with(|| Rule {
                effect,
                example: child.example,
                triggers: Vec::new(),
                number: 1,
                peers: 0,
                right: 0,
                late: 0,
            });
            rule.example = rule.example.min(child.example);
            rule.late = rule.late.max(child.delays.at(0.99));
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
    pub(super) fn count(&self, shape: &Shape, tables: &mut Tables) {
        let counts = step_counts(shape);
        let mut touched: Vec<u32> =
            counts.keys().filter_map(|step| self.by_step.get(step)).flatten().copied().collect();
        touched.sort_unstable();
        touched.dedup();
        let number = |step: u64| counts.get(&step).copied().unwrap_or(0).min(MAX_COUNT);
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
    pub(super) fn rules(self, tables: &Tables) -> Vec<Rule> {
        let mut rows: Vec<Vec<(u32, [u32; MAX_TRIGGERS], u32)>> = vec![Vec::new(); self.rules.len()];
        for (&(index, effects, numbers), &times) in tables {
            rows[index as usize].push((effects, numbers, times));
        }
        self.rules.into_iter().zip(rows).filter_map(|(rule, rows)| settle(rule, &rows)).collect()
    }
}

/// Chooses the triggers and the number that are right most often.
fn settle(rule: Rule, rows: &[(u32, [u32; MAX_TRIGGERS], u32)]) -> Option<Rule> {
    let mut best: Option<((i64, u32, u32), u32, u32, u32, u32)> = None;
    for set in 1u32..1 << rule.triggers.len() {
        let chosen = |numbers: &[u32; MAX_TRIGGERS]| -> u32 {
            (0..rule.triggers.len()).filter(|at| set >> at & 1 == 1).map(|at| numbers[at]).sum()
        };
        for number in 1..=MAX_NUMBER {
            let (mut peers, mut right, mut wrong) = (0, 0, 0);
            for (effects, numbers, times) in rows {
                let sum = chosen(numbers);
                peers += if sum > 0 { *times } else { 0 };
                if *effects == number * sum {
                    right += if sum > 0 { *times } else { 0 };
                } else {
                    wrong += *times;
                }
            }
            // few triggers and small numbers where they explain as much
            let rank = (-i64::from(wrong), u32::MAX - set.count_ones(), u32::MAX - number);
            if best.is_none_or(|(known, ..)| rank > known) {
                best = Some((rank, set, number, peers, right));
            }
        }
    }
    let (_, set, number, peers, right) = best?;
    if right < MIN_TRANSACTIONS || f64::from(right) < f64::from(peers) * MIN_RIGHT {
        return None;
    }
    let triggers = rule.triggers.into_iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
    Some(Rule { triggers: triggers.map(|(_, trigger)| trigger).collect(), number, peers, right, ..rule })
}
