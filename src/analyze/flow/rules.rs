//! Which step makes which hop begin, and how many of them: told by counting both in every transaction.
//!
//! The edges between hops only say which pairs to look at. Whether they belong together is decided on whole
//! transactions, so that one edge drawn wrongly neither hides a missing step nor makes one up.

use super::counts::Counts;
use super::shape::{Frame, Shape, Step};
use super::tally::Tally;
use crate::gather::bytes::{Get, Put};
use crate::model::Sample;
use crate::weave::words::Act;
use rustc_hash::FxHashMap;

/// Steps that are tried as the causes of one kind of hop.
const MAX_TRIGGERS: usize = 5;
/// Numbers are told apart up to this.
const MAX_COUNT: u32 = 64;
/// Hops that one step may make begin.
const MAX_NUMBER: u32 = 3;
/// A rule holds where it is right in at least this share of the transactions that it is about.
const MIN_RIGHT: f64 = 0.9;
/// A rule that is right in fewer transactions is none.
const MIN_TRANSACTIONS: u32 = 8;

/// A step explains an absence that at least so many transactions with it show,
const MIN_EXPLAINED: u32 = 3;
/// and at least this share of them.
const MIN_EXPLAINED_SHARE: f64 = 0.6;

/// Every so many steps of these kinds make so many hops of a kind begin.
#[derive(Clone, Debug)]
pub struct Rule {
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
    /// Transactions among them in which the numbers are right.
    pub right: u32,
    /// How long after the step the effect begins.
    pub delays: Tally,
    /// Steps of transactions that lack effects: in how many.
    lacking: FxHashMap<u64, u32>,
}

/// What is seen of a rule in transactions.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    delays: Tally,
    lacking: FxHashMap<u64, u32>,
}

impl Seen {
    pub(super) fn merge(&mut self, other: Seen) {
        self.delays.merge(&other.delays);
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
    fn of(rules: Vec<Rule>) -> Rules {
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

    fn indices(&self, steps: &Steps) -> Vec<u32> {
        let mut indices: Vec<u32> =
            steps.kinds().filter_map(|step| self.by_trigger.get(&step)).flatten().copied().collect();
        indices.sort_unstable();
        indices.dedup();
        indices
    }

    /// Looks at a transaction.
    pub(super) fn see(&self, steps: &Steps, seen: &mut FxHashMap<u32, Seen>) {
        for index in self.indices(steps) {
            self.rules[index as usize].see(steps, seen.entry(index).or_default());
        }
    }

    /// Takes over what was seen in all transactions.
    pub(super) fn learn(&mut self, seen: FxHashMap<u32, Seen>) {
        for (index, seen) in seen {
            let rule = &mut self.rules[index as usize];
            rule.delays = seen.delays;
            rule.lacking = seen.lacking;
        }
    }
}

/// The steps of a transaction by kind: how many, and where the first one is.
#[derive(Debug, Default)]
pub struct Steps(Box<[(u64, u32, Place)]>);

/// Where a step is, and when.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Index of the hop.
    pub hop: u32,
    /// Index of the step in it.
    pub step: u32,
    /// When, in nanoseconds.
    pub time: i64,
}

impl Steps {
    /// Counts the steps of a transaction.
    pub fn of(shape: &Shape) -> Steps {
        let mut steps = Vec::with_capacity(shape.hops.iter().map(|hop| hop.steps.len()).sum());
        for (hop, of_hop) in (0..).zip(&shape.hops) {
            let place =
                |(step, of_step): (u32, &Step)| (of_step.kind, 1, Place { hop, step, time: of_step.time });
            steps.extend((0..).zip(&of_hop.steps).map(place));
        }
        steps.sort_unstable_by_key(|(kind, _, place): &(u64, u32, Place)| (*kind, place.hop, place.step));
        steps.dedup_by(|later, first| {
            let same = later.0 == first.0;
            first.1 += u32::from(same);
            same
        });
        Steps(steps.into_boxed_slice())
    }

    /// Appends them to bytes.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.number(self.0.len() as u64);
        let mut last = 0i64;
        for (kind, number, place) in &self.0 {
            out.bits(*kind);
            out.number(u64::from(*number));
            out.number(u64::from(place.hop));
            out.number(u64::from(place.step));
            out.signed(place.time.wrapping_sub(last));
            last = place.time;
        }
    }

    /// Reads what [`Steps::write`] wrote; `None` at the end.
    pub(super) fn read(bytes: &mut Get<'_>) -> Option<Steps> {
        let count = bytes.number()? as usize;
        let mut steps = Vec::with_capacity(count);
        let mut last = 0i64;
        for _ in 0..count {
            let (kind, number) = (bytes.bits()?, bytes.number()? as u32);
            let (hop, step) = (bytes.number()? as u32, bytes.number()? as u32);
            last = last.wrapping_add(bytes.signed()?);
            steps.push((kind, number, Place { hop, step, time: last }));
        }
        Some(Steps(steps.into_boxed_slice()))
    }

    fn get(&self, kind: u64) -> Option<&(u64, u32, Place)> {
        self.0.binary_search_by_key(&kind, |(known, ..)| *known).ok().map(|at| &self.0[at])
    }

    /// How many there are of a kind.
    pub fn number(&self, kind: u64) -> u32 {
        self.get(kind).map_or(0, |(_, number, _)| *number)
    }

    /// The kinds, with how many there are of each.
    pub fn numbers(&self) -> impl Iterator<Item = (u64, u32)> {
        self.0.iter().map(|(kind, number, _)| (*kind, *number))
    }

    /// The kinds.
    pub fn kinds(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|(kind, ..)| *kind)
    }

    fn first(&self, kind: u64) -> Option<Place> {
        self.get(kind).map(|(.., place)| *place)
    }
}

impl Rule {
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
                let present = counts.causes.get(&(hop, step, effect)).copied().unwrap_or(0);
                let share = f64::from(present) / f64::from(count.hops.max(1));
                let cover = f64::from(present) / f64::from(child.hops.max(1));
                let act = frame.act(&count.example);
                // the step that says "sent" is preferred to others that fit as well
                let fit = ((share * cover * 200.0).round() as i64, matches!(act, Act::Send | Act::Call));
                (fit, Trigger { step, act, example: count.example, present })
            };
            let best = steps[&hop].iter().map(|&step| rank(step));
            let Some((_, trigger)) = best.max_by_key(|(fit, trigger)| (*fit, trigger.example)) else {
                continue;
            };
            let rule = rules.entry(effect).or_insert_with(|| Rule {
                effect,
                example: child.example,
                triggers: Vec::new(),
                number: 1,
                peers: 0,
                right: 0,
                delays: Tally::default(),
                lacking: FxHashMap::default(),
            });
            rule.example = rule.example.min(child.example);
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
}

/// Chooses the triggers and the number that are right most often.
fn settle(rule: Rule, rows: &[(u32, [u32; MAX_TRIGGERS], u32)]) -> Option<Rule> {
    let mut best: Option<Choice> = None;
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
            if best.as_ref().is_none_or(|known| rank > known.rank) {
                best = Some(Choice { rank, set, number, peers, right });
            }
        }
    }
    let Choice { set, number, peers, right, .. } = best?;
    if right < MIN_TRANSACTIONS || f64::from(right) < f64::from(peers) * MIN_RIGHT {
        return None;
    }
    let triggers = rule.triggers.into_iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
    Some(Rule { triggers: triggers.map(|(_, trigger)| trigger).collect(), number, peers, right, ..rule })
}
