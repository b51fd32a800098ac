//! Two runs against each other: what is new or gone, what fails more, what got slower.
//!
//! What the user sees as a difference has to be one. Durations are compared by the rank-sum test, counts by Fisher's exact
//! test, both two-sided; all chances of a comparison are corrected together (see [`super::numbers`]), so that of the
//! differences told, no more than [`Limits::false_share`] are expected to be chance. A difference that is real but small is
//! none: see [`Limits::min_change`].

use super::map::Map;
use super::numbers::{corrected, fisher_more, quantile, rank_sum};
use super::profile::{Flow, Profile, Step};
use crate::model::Symbol;
use std::collections::BTreeMap;

/// When a difference is told.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The share of differences told that may be chance.
    pub false_share: f64,
    /// The share by which a median has to change.
    pub min_change: f64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { false_share: 0.01, min_change: 0.1 }
    }
}

/// Medians that differ by less, in nanoseconds, are equal.
const MIN_SHIFT: u64 = 500_000;

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Side<'s> {
    /// What its transactions look like.
    pub profile: &'s Profile,
    /// What flows between its services.
    pub map: &'s Map,
}

/// What kind of difference it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A kind of transaction.
    Flow,
    /// A step of one.
    Step,
    /// An edge between services or topics.
    Edge,
}

impl Kind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Flow => "flow",
            Kind::Step => "step",
            Kind::Edge => "edge",
        }
    }
}

/// What changed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Change {
    /// It was not there before.
    New,
    /// It is not there any more.
    Gone,
    /// The share of transactions that have it.
    Share(f64, f64),
    /// The share that fails.
    Failures(f64, f64),
    /// The share over which the trace does not go on.
    ContextLost(f64, f64),
    /// The median duration, in nanoseconds.
    Duration(u64, u64),
}

impl Change {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Change::New => "new",
            Change::Gone => "gone",
            Change::Share(..) => "share",
            Change::Failures(..) => "failures",
            Change::ContextLost(..) => "context_lost",
            Change::Duration(..) => "duration",
        }
    }

    /// Whether it is a change for the worse, if there is enough of it.
    fn is_worse(self) -> bool {
        match self {
            Change::New => false,
            Change::Gone => true,
            Change::Share(before, after) => after < before,
            Change::Failures(before, after) | Change::ContextLost(before, after) => after > before,
            Change::Duration(before, after) => after > before,
        }
    }
}

/// A difference between two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Of what.
    pub kind: Kind,
    /// Which one; of steps with the flow before it.
    pub name: String,
    /// The service it is in.
    pub service: Symbol,
    /// What changed.
    pub change: Change,
    /// The chance of such a difference between equal runs, corrected for how many were compared; `None` where there is no doubt
    /// (something is there or not).
    pub chance: Option<f64>,
    /// How many there were before and after: transactions, or messages and calls.
    pub counts: (u64, u64),
}

/// What is gone was there at least so often, or its absence says nothing.
const MIN_GONE: u64 = 5;

impl Difference {
    /// Whether somebody should look: more fails, more is lost or missing, it is slower.
    pub fn is_worse(&self) -> bool {
        self.change.is_worse() && (self.change != Change::Gone || self.counts.0 >= MIN_GONE)
    }
}

/// The differences, those that are worse first, then by kind and name.
pub fn compare(base: Side<'_>, new: Side<'_>, limits: &Limits) -> Vec<Difference> {
    let mut comparing = Comparing { limits, sure: Vec::new(), doubtful: Vec::new() };
    let mut flows: BTreeMap<&str, (Option<&Flow>, Option<&Flow>)> = BTreeMap::new();
    for flow in &base.profile.flows {
        flows.entry(&flow.name).or_default().0 = Some(flow);
    }
    for flow in &new.profile.flows {
        flows.entry(&flow.name).or_default().1 = Some(flow);
    }
    for (name, (before, after)) in flows {
        comparing.flow(name, before, after);
    }
    comparing.edges(base.map, new.map);
    comparing.finish()
}

struct Comparing<'c> {
    limits: &'c Limits,
    sure: Vec<Difference>,
    doubtful: Vec<(f64, Difference)>,
}

impl Comparing<'_> {
    fn flow(&mut self, name: &str, before: Option<&Flow>, after: Option<&Flow>) {
        let count = |flow: Option<&Flow>| flow.map_or(0, |flow| flow.traces.len() as u64);
        let counts = (count(before), count(after));
        let make = |change| Difference {
            kind: Kind::Flow,
            name: name.to_owned(),
            service: Symbol::NONE,
            change,
            chance: None,
            counts,
        };
        let (Some(before), Some(after)) = (before, after) else {
            return self.sure.push(make(if before.is_some() { Change::Gone } else { Change::New }));
        };
        let failed = (before.failed.len() as u64, after.failed.len() as u64);
        self.share(failed, counts, |a, b| make(Change::Failures(a, b)));
        self.durations(&before.durations, &after.durations, |a, b| make(Change::Duration(a, b)));
        let mut steps: BTreeMap<&str, (Option<&Step>, Option<&Step>)> = BTreeMap::new();
        for step in &before.steps {
            steps.entry(&step.name).or_default().0 = Some(step);
        }
        for step in &after.steps {
            steps.entry(&step.name).or_default().1 = Some(step);
        }
        for (step_name, (one, other)) in steps {
            self.step(&format!("{name} / {step_name}"), counts, one, other);
        }
    }

    fn step(&mut self, name: &str, transactions: (u64, u64), before: Option<&Step>, after: Option<&Step>) {
        let seen = |step: Option<&Step>| step.map_or(0, |step| step.times.len() as u64);
        let counts = (seen(before), seen(after));
        let service = before.or(after).map(|step| step.service).unwrap_or_default();
        let make = |change| Difference {
            kind: Kind::Step,
            name: name.to_owned(),
            service,
            change,
            chance: None,
            counts,
        };
        self.share(counts, transactions, |a, b| match (counts.0, counts.1) {
            (0, _) => make(Change::New),
            (_, 0) => make(Change::Gone),
            _ => make(Change::Share(a, b)),
        });
        if let (Some(before), Some(after)) = (before, after) {
            let failed = (before.failed.len() as u64, after.failed.len() as u64);
            self.share(failed, counts, |a, b| make(Change::Failures(a, b)));
            self.durations(&before.durations, &after.durations, |a, b| make(Change::Duration(a, b)));
        }
    }

    fn edges(&mut self, before: &Map, after: &Map) {
        type Numbers = (u64, u64, u64);
        let mut edges: BTreeMap<String, (Numbers, Numbers, Symbol)> = BTreeMap::new();
        for (map, is_new) in [(before, false), (after, true)] {
            for edge in &map.edges {
                let name = format!("{} -> {}", map.nodes[edge.from].id, map.nodes[edge.to].id);
                let entry = edges.entry(name).or_default();
                let side = if is_new { &mut entry.1 } else { &mut entry.0 };
                // calls and messages may flow along one edge
                *side = (side.0 + edge.count, side.1 + edge.errors, side.2 + edge.context_lost);
                entry.2 = map.nodes[edge.to].service;
            }
        }
        for (name, (before, after, service)) in edges {
            let counts = (before.0, after.0);
            let make = |change| Difference {
                kind: Kind::Edge,
                name: name.clone(),
                service,
                change,
                chance: None,
                counts,
            };
            match counts {
                (0, _) => self.sure.push(make(Change::New)),
                (_, 0) => self.sure.push(make(Change::Gone)),
                _ => {
                    self.share((before.1, after.1), counts, |a, b| make(Change::Failures(a, b)));
                    self.share((before.2, after.2), counts, |a, b| make(Change::ContextLost(a, b)));
                }
            }
        }
    }

    /// Compares two shares.
    fn share(&mut self, hits: (u64, u64), tries: (u64, u64), make: impl FnOnce(f64, f64) -> Difference) {
        let part = |hits: u64, tries: u64| hits as f64 / tries.max(1) as f64;
        let (before, after) = (part(hits.0, tries.0), part(hits.1, tries.1));
        if before == after {
            return;
        }
        let one_sided = match after > before {
            true => fisher_more(hits.1, tries.1, hits.0, tries.0),
            false => fisher_more(hits.0, tries.0, hits.1, tries.1),
        };
        self.doubtful.push(((one_sided * 2.0).min(1.0), make(before, after)));
    }

    /// Compares two sets of sorted durations.
    fn durations(&mut self, before: &[u64], after: &[u64], make: impl FnOnce(u64, u64) -> Difference) {
        let (Some(chance), Some(old), Some(new)) =
            (rank_sum(before, after), quantile(before, 0.5), quantile(after, 0.5))
        else {
            return;
        };
        let shift = old.abs_diff(new);
        let large = shift >= MIN_SHIFT && shift as f64 >= old.min(new) as f64 * self.limits.min_change;
        // also what is too small to be told is one of those compared
        self.doubtful.push((if large { chance } else { 1.0 }, make(old, new)));
    }

    fn finish(self) -> Vec<Difference> {
        let chances: Vec<f64> = self.doubtful.iter().map(|(chance, _)| *chance).collect();
        let mut all = self.sure;
        for ((_, difference), chance) in self.doubtful.into_iter().zip(corrected(&chances)) {
            if chance < self.limits.false_share {
                all.push(Difference { chance: Some(chance), ..difference });
            }
        }
        all.sort_by(|a, b| {
            let key = |difference: &Difference| (!difference.is_worse(), difference.kind);
            key(a).cmp(&key(b)).then_with(|| (&a.name, a.change.name()).cmp(&(&b.name, b.change.name())))
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flow of so many transactions; a step that the first of them have; durations around a median.
    fn side(transactions: usize, with_step: usize, failed: usize, median: u64) -> Profile {
        let durations = |median: u64| (0..transactions as u64).map(|at| median + at * 10_000).collect();
        let step = Step {
            name: "b: step".to_owned(),
            times: (0..with_step).map(|at| (at, 1)).collect(),
            ..Step::default()
        };
        let flow = Flow {
            name: "a: flow".to_owned(),
            traces: (0..transactions).collect(),
            failed: (0..failed).collect(),
            durations: durations(median),
            steps: vec![step],
        };
        Profile { flows: vec![flow] }
    }

    #[track_caller]
    fn check(before: &Profile, after: &Profile, expected: &[(Kind, Change)]) {
        let map = Map::default();
        let side = |profile| Side { profile, map: &map };
        let got = compare(side(before), side(after), &Limits::default());
        let got: Vec<(Kind, Change)> = got.iter().map(|one| (one.kind, one.change)).collect();
        assert_eq!(got, expected);
    }

    const MS: u64 = 1_000_000;

    #[test]
    fn equal_runs_do_not_differ() {
        let run = side(100, 90, 3, 50 * MS);
        check(&run, &run, &[]);
        // a few more or less are chance
        check(&run, &side(110, 97, 4, 50 * MS), &[]);
    }

    #[test]
    fn what_is_no_chance_is_told() {
        let base = side(100, 100, 0, 50 * MS);
        let median = |start: u64, count: u64| start + (count / 2 - 1) * 10_000;
        check(&base, &side(100, 70, 0, 50 * MS), &[(Kind::Step, Change::Share(1.0, 0.7))]);
        check(&base, &side(100, 0, 0, 50 * MS), &[(Kind::Step, Change::Gone)]);
        check(&base, &side(100, 100, 20, 50 * MS), &[(Kind::Flow, Change::Failures(0.0, 0.2))]);
        let slower = Change::Duration(median(50 * MS, 100), median(70 * MS, 100));
        check(&base, &side(100, 100, 0, 70 * MS), &[(Kind::Flow, slower)]);
        // faster is told, and is not worse
        let faster = Change::Duration(median(70 * MS, 100), median(50 * MS, 100));
        assert!(!faster.is_worse());
        check(&side(100, 100, 0, 70 * MS), &base, &[(Kind::Flow, faster)]);
    }

    #[test]
    fn small_shifts_are_none_however_sure() {
        check(&side(1_000, 0, 0, 50 * MS), &side(1_000, 0, 0, 52 * MS), &[]);
    }

    #[test]
    fn flows_come_and_go() {
        let base = side(10, 10, 0, MS);
        check(&base, &Profile::default(), &[(Kind::Flow, Change::Gone)]);
        check(&Profile::default(), &base, &[(Kind::Flow, Change::New)]);
    }
}
