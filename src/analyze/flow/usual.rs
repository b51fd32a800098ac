//! What is usual in a run, drawn from the counts.

use super::counts::{ChildCount, Counts, KindCount, StepCount, Tally};
use super::rules::Rule;
use super::shape::Hop;
use crate::model::Symbol;
use rustc_hash::FxHashMap;

/// Fewer hops than this teach nothing.
pub const MIN_PEERS: u32 = 8;
/// A step is the end of a hop where at least this share of the hops with it end with it.
const MIN_END: f64 = 0.12;
/// A step belongs to a hop where at least this share of the hops has it.
const MIN_MANDATORY: f64 = 0.9;
/// The share of hops that must cause the same number of hops for that number to be usual.
const MIN_SAME: f64 = 0.9;

/// A step is rare if at most this share of all transactions has it.
const MAX_RARE: f64 = 0.2;

/// What is usual.
#[derive(Debug, Default)]
pub struct Usual {
    /// All counts.
    pub counts: Counts,
    /// Which steps make which hops begin.
    pub rules: Vec<Rule>,
    /// By kind of hop: the steps that nearly all of them have in which nothing failed.
    mandatory: FxHashMap<u64, Vec<u64>>,
    /// By kind of hop and of step: the step that mostly comes next.
    next: FxHashMap<(u64, u64), (u32, u64)>,
}

impl Usual {
    /// Draws what is usual from counts.
    pub(super) fn of(counts: Counts, rules: Vec<Rule>) -> Usual {
        let mut usual = Usual { rules, ..Usual::default() };
        for (&(hop, step), count) in &counts.steps {
            let clean = counts.kinds.get(&hop).map_or(0, |kind| kind.clean);
            if clean >= MIN_PEERS && f64::from(count.clean) >= f64::from(clean) * MIN_MANDATORY {
                usual.mandatory.entry(hop).or_default().push(step);
            }
        }
        for (&(hop, before, after), tally) in &counts.gaps {
            let best = usual.next.entry((hop, before)).or_default();
            *best = (*best).max((tally.count() as u32, after));
        }
        usual.counts = counts;
        usual
    }

    /// Counts of a kind of hop.
    pub fn kind(&self, hop: &Hop) -> KindCount {
        self.counts.kinds.get(&hop.kind).cloned().unwrap_or_default()
    }

    /// Counts of a step in a kind of hop.
    pub fn step(&self, hop: &Hop, step: u64) -> Option<&StepCount> {
        self.counts.steps.get(&(hop.kind, step))
    }

    /// How long a kind of hop takes from one step to the next.
    pub fn gap(&self, hop: &Hop, before: u64, after: u64) -> Option<&Tally> {
        self.counts.gaps.get(&(hop.kind, before, after))
    }

    /// Counts of hops under hops.
    pub fn child(&self, hop: &Hop, child: &Hop) -> Option<&ChildCount> {
        self.counts.children.get(&(hop.kind, child.kind))
    }

    /// The step that mostly follows one, in hops of a kind.
    pub fn next(&self, hop: &Hop, step: u64) -> Option<u64> {
        self.next.get(&(hop.kind, step)).map(|(_, next)| *next)
    }

    /// Whether hops of a kind in which nothing fails end with a step.
    pub fn ends(&self, hop: &Hop, step: u64) -> bool {
        self.step(hop, step).is_some_and(|count| {
            count.clean >= 3 && f64::from(count.clean_last) >= f64::from(count.clean) * MIN_END
        })
    }

    /// The steps that nearly all hops of its kind have and this one lacks.
    pub fn lacking<'u>(&'u self, hop: &'u Hop) -> impl Iterator<Item = u64> + 'u {
        let mandatory = self.mandatory.get(&hop.kind).map_or(&[][..], Vec::as_slice);
        mandatory.iter().copied().filter(|kind| !hop.steps.iter().any(|step| step.kind == *kind))
    }

    /// How many hops of a kind in one transaction usually hold the same value under a name; none if that varies.
    pub fn holders(&self, kind: u64, name: Symbol) -> Option<u32> {
        let numbers = self.counts.held.get(&(kind, name))?;
        usual_number(numbers, numbers.iter().sum())
    }

    /// Whether few transactions have a step.
    pub fn rare(&self, step: u64) -> bool {
        let with = self.counts.present.get(&step).copied().unwrap_or(0);
        f64::from(with) <= f64::from(self.counts.transactions) * MAX_RARE
    }

    /// Whether a step explains that an effect is absent: hops with it never have that effect.
    pub fn excludes(&self, hop: &Hop, step: u64, effect: u64) -> bool {
        let with = self.counts.causes.get(&(hop.kind, step, effect)).copied().unwrap_or(0);
        self.step(hop, step).is_some_and(|count| count.hops >= 3 && f64::from(with) <= f64::from(count.hops) * 0.3)
    }
}

/// The number that nearly all have.
fn usual_number(numbers: &[u32], all: u32) -> Option<u32> {
    let countable = numbers.get(1..numbers.len() - 1)?;
    let (number, most) = (1u32..).zip(countable).max_by_key(|(_, count)| **count)?;
    (all >= MIN_PEERS && f64::from(*most) >= f64::from(all) * MIN_SAME).then_some(number)
}
