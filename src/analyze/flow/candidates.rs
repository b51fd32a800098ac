//! Which step makes which hop begin: told by counting both in every transaction.
//!
//! The edges between hops only say which pairs to look at. Whether they belong together is decided on whole
//! transactions, so that one edge drawn wrongly neither hides a missing step nor makes one up.

use super::counts::Counts;
use super::frame::Frame;
use super::rules::{Rule, Rules, Trigger};
use super::shape::mix;
use super::steps::Steps;
use super::tally::Tally;
use crate::model::Symbol;
use crate::weave::words::Act;
use rustc_hash::FxHashMap;

/// Steps that are tried as the causes of one kind of hop.
const MAX_TRIGGERS: usize = 5;
/// Numbers are told apart up to this.
const MAX_COUNT: u32 = 64;
/// Hops that one step may make begin.
const MAX_NUMBER: u32 = 3;
/// The number of effects is exactly that of the rule in at least this share: in others they may be repeated.
const MIN_EXACT: f64 = 0.6;
/// A rule that is right in fewer transactions is none.
const MIN_TRANSACTIONS: u32 = 8;

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
            rule.delivery &= trigger.is_cause()
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
        Rules::of(due(settled.filter_map(|(rule, rows)| settle(rule, &rows)).collect()))
    }
}

/// A service that often lacks so many kinds of messages, and most of those that reach it, does not log all that it gets: a fault
/// keeps away those of one kind.
const SPARING: usize = 2;

/// Rules without deliveries to services that do not log all that they get.
fn due(mut rules: Vec<Rule>) -> Vec<Rule> {
    let mut services: FxHashMap<Symbol, (usize, usize)> = FxHashMap::default();
    for rule in rules.iter().filter(|rule| rule.delivery) {
        let (all, wrong) = services.entry(rule.example.service).or_default();
        *all += 1;
        *wrong += usize::from(rule.is_often_wrong());
    }
    let is_sparing = |(all, wrong): &(usize, usize)| *wrong >= SPARING && wrong * 2 > *all;
    rules.retain(|rule| {
        !(rule.is_often_wrong() && services.get(&rule.example.service).is_some_and(is_sparing))
    });
    rules
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
