//! A baseline: what the transactions of a good run look like, and how a run is held against it.
//!
//! A baseline holds counts, so that what a run has less or more of can be told from chance (at most one in a hundred). What every
//! transaction of the baseline has must be in every transaction of the run.

use super::rules::{Tolerance, percent, time};
use super::{Case, State, Verdict};
use crate::analyze::numbers::{MIN_SAMPLES, binomial_tail, corrected, fisher_more, quantile};
use crate::analyze::profile::{Flow, Profile, Step};
use crate::model::units::counted;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The version of the file.
pub const VERSION: u32 = 1;
/// Differences of counts are real if their chance, corrected for how many are looked at, is below this.
const SURE: f64 = 0.01;
/// A step that every transaction of the baseline has is required if there are at least so many of them.
const MIN_ALWAYS: u64 = 5;
/// Kinds of transactions that a baseline holds; the most frequent ones.
const MAX_FLOWS: usize = 200;
/// Differences below this, in nanoseconds, make nothing slower.
const MIN_SLOWER: u64 = 1_000_000;

/// What the transactions of a good run look like.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Of the file.
    pub version: u32,
    /// Kinds of transactions, by name.
    #[serde(default)]
    pub flow: Vec<FlowBaseline>,
    /// What flows between services and topics.
    #[serde(default)]
    pub edge: Vec<EdgeBaseline>,
}

/// One kind of transaction.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowBaseline {
    /// What it is called.
    pub name: String,
    /// How many there were.
    pub transactions: u64,
    /// How many failed.
    #[serde(default)]
    pub failed: u64,
    /// Nanoseconds that half of them did not exceed.
    pub p50_ns: Option<u64>,
    /// Nanoseconds that 19 of 20 did not exceed.
    pub p95_ns: Option<u64>,
    /// Its steps, by name.
    #[serde(default)]
    pub steps: BTreeMap<String, StepBaseline>,
}

/// A step of it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepBaseline {
    /// How many transactions had it.
    pub seen: u64,
    /// The step that it follows: where that one is missing, this one is not expected.
    pub after: Option<String>,
    /// The most often that one transaction had it; 1 if left out.
    #[serde(default = "one")]
    pub most: u32,
    /// In how many it failed.
    #[serde(default)]
    pub failed: u64,
    /// Nanoseconds that 19 of 20 did not exceed.
    pub p95_ns: Option<u64>,
}

/// An edge of the map.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeBaseline {
    /// Where it begins.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// How often.
    pub count: u64,
    /// How often the trace did not go on.
    #[serde(default)]
    pub context_lost: u64,
}

fn one() -> u32 {
    1
}

/// Keeps of what steps follow only what leads to the root, and only where each needs the other.
fn without_cycles(mut steps: BTreeMap<String, StepBaseline>) -> BTreeMap<String, StepBaseline> {
    let names: Vec<String> = steps.keys().cloned().collect();
    for name in names {
        let mut at = name.as_str();
        let mut left = steps.len();
        let mut cyclic = false;
        while let Some(next) = steps.get(at).and_then(|step| step.after.as_deref()) {
            left -= 1;
            cyclic = next == name || left == 0;
            if cyclic {
                break;
            }
            at = next;
        }
        let rarer = |step: &StepBaseline| {
            step.after.as_ref().and_then(|after| steps.get(after)).is_none_or(|after| after.seen < step.seen)
        };
        let drop = cyclic || steps.get(&name).is_some_and(rarer);
        if let Some(step) = steps.get_mut(&name).filter(|_| drop) {
            step.after = None;
        }
    }
    steps
}

impl Baseline {
    /// Learns a run.
    pub fn of(case: &Case<'_>) -> Baseline {
        let step = |step: &Step| {
            let learned = StepBaseline {
                seen: step.times.len() as u64,
                after: step.after.clone(),
                most: step.most(),
                failed: step.failed.len() as u64,
                p95_ns: quantile(&step.durations, 0.95),
            };
            (step.name.clone(), learned)
        };
        let flow = |flow: &Flow| FlowBaseline {
            name: flow.name.clone(),
            transactions: flow.traces.len() as u64,
            failed: flow.failed.len() as u64,
            p50_ns: quantile(&flow.durations, 0.5),
            p95_ns: quantile(&flow.durations, 0.95),
            steps: without_cycles(flow.steps.iter().map(step).collect()),
        };
        let edge = |edge: &crate::analyze::map::MapEdge| EdgeBaseline {
            from: case.map.nodes[edge.from].id.clone(),
            to: case.map.nodes[edge.to].id.clone(),
            count: edge.count,
            context_lost: edge.context_lost,
        };
        let mut flows: Vec<&Flow> = case.profile.flows.iter().collect();
        flows.sort_by_key(|flow| std::cmp::Reverse(flow.traces.len()));
        flows.truncate(MAX_FLOWS);
        flows.sort_by(|a, b| a.name.cmp(&b.name));
        Baseline {
            version: VERSION,
            flow: flows.into_iter().map(flow).collect(),
            edge: case.map.edges.iter().map(edge).collect(),
        }
    }

    pub(super) fn judge(&self, case: &Case<'_>, tolerance: &Tolerance) -> Vec<Verdict> {
        let mut judge = Judge { case, tolerance, verdicts: Vec::new(), doubtful: Vec::new() };
        for flow in &self.flow {
            judge.flow(flow);
        }
        judge.edges(&self.edge);
        judge.unheard_of(self, case.profile);
        judge.finish()
    }
}

/// A difference that may be chance: it fails if its corrected chance is small.
struct Doubtful {
    chance: f64,
    verdict: Verdict,
}

struct Judge<'j> {
    case: &'j Case<'j>,
    tolerance: &'j Tolerance,
    verdicts: Vec<Verdict>,
    doubtful: Vec<Doubtful>,
}

impl Judge<'_> {
    fn flow(&mut self, base: &FlowBaseline) {
        let Some(now) = self.case.profile.flow(&base.name) else {
            let summary = format!("no such transaction; the baseline has {}", base.transactions);
            self.verdicts.push(Verdict::new("baseline-flow", &base.name, State::Unjudged, summary));
            return;
        };
        let summary =
            format!("{} held against {}", counted(now.traces.len() as u64, "transaction"), base.transactions);
        self.verdicts.push(Verdict::new("baseline-flow", &base.name, State::Passed, summary));
        let failed = now.failed.len() as u64;
        let all = now.traces.len() as u64;
        let summary =
            format!("{failed} of {all} failed, {} of {} in the baseline", base.failed, base.transactions);
        let verdict = Verdict::new("baseline-failed", &base.name, State::Failed, summary)
            .shown_by(self.case, now.failed.iter().copied());
        self.doubt(fisher_more(failed, all, base.failed, base.transactions), verdict);
        self.slower("baseline-slower", &base.name, &now.durations, base.transactions, 0.5, base.p50_ns);
        self.slower("baseline-slower", &base.name, &now.durations, base.transactions, 0.95, base.p95_ns);
        for (name, step) in &base.steps {
            self.step(base, now, name, step);
        }
    }

    fn step(&mut self, base: &FlowBaseline, flow: &Flow, name: &str, step: &StepBaseline) {
        let absent = Step::default();
        let now = flow.step(name).unwrap_or(&absent);
        // where the step before it is missing or done again, that one is told
        let before = step.after.as_ref().and_then(|after| Some((base.steps.get(after)?, flow.step(after)?)));
        let whole = before.map_or(base.transactions, |(before, _)| before.seen);
        let expected: Vec<usize> = match before {
            Some((_, before)) => before.times.iter().map(|(trace, _)| *trace).collect(),
            None => flow.traces.clone(),
        };
        let lacking: Vec<usize> =
            expected.iter().copied().filter(|&trace| now.times_in(trace) == 0).collect();
        let all = flow.traces.len() as u64;
        let service = match now.service.is_none() {
            true => crate::model::Symbol::of(name.split(": ").next().unwrap_or_default().as_bytes()),
            false => now.service,
        };
        let full = format!("{} / {name}", base.name);
        let with = |verdict: Verdict| Verdict { service, ..verdict };
        if !lacking.is_empty() {
            let always = step.seen >= whole && whole >= MIN_ALWAYS;
            let usual = match always {
                true => format!("all {whole} of the baseline have it"),
                false => format!("{} of {whole} of the baseline have it", step.seen),
            };
            let after = step.after.as_ref().filter(|_| before.is_some());
            let after = after.map(|after| format!(" that have '{after}'")).unwrap_or_default();
            let (lacks, of) = (lacking.len() as u64, expected.len() as u64);
            let summary = format!("missing in {lacks} of {}{after}; {usual}", counted(of, "transaction"));
            let verdict = Verdict::new("baseline-missing-step", &full, State::Failed, summary);
            let verdict = with(verdict.shown_by(self.case, lacking));
            if always {
                self.verdicts.push(verdict);
            } else {
                self.doubt(fisher_more(lacks, of, whole.saturating_sub(step.seen), whole), verdict);
            }
        }
        let repeated = |trace: &usize| {
            let again = before.is_some_and(|(before, now)| now.times_in(*trace) > before.most);
            now.times_in(*trace) > step.most && !again
        };
        let often: Vec<usize> = now.times.iter().map(|(trace, _)| *trace).filter(repeated).collect();
        if !often.is_empty() {
            let summary = format!(
                "more often than {} in {}, up to {}",
                counted(u64::from(step.most), "time"),
                counted(often.len() as u64, "transaction"),
                counted(u64::from(now.most()), "time")
            );
            let verdict = Verdict::new("baseline-repeated-step", &full, State::Failed, summary);
            self.verdicts.push(with(verdict.shown_by(self.case, often)));
        }
        let failed = now.failed.len() as u64;
        if failed > 0 {
            let summary = format!(
                "failed in {failed} of {all}, {} of {} in the baseline",
                step.failed, base.transactions
            );
            let verdict = Verdict::new("baseline-failed-step", &full, State::Failed, summary)
                .shown_by(self.case, now.failed.iter().copied());
            self.doubt(fisher_more(failed, all, step.failed, base.transactions), with(verdict));
        }
        self.slower("baseline-slower-step", &full, &now.durations, step.seen, 0.95, step.p95_ns);
    }

    /// Whether more than a quantile's share exceeds what the baseline's quantile allows (the quantile test: W. J. Conover,
    /// Practical Nonparametric Statistics, 3.2). A quantile of a handful of samples is not held against anybody.
    fn slower(
        &mut self,
        rule: &'static str,
        name: &str,
        durations: &[u64],
        learned_from: u64,
        part: f64,
        base: Option<u64>,
    ) {
        let (Some(base), Some(now)) = (base, quantile(durations, part)) else { return };
        let enough = learned_from >= MIN_SAMPLES as u64 && learned_from as f64 * (1.0 - part) > 0.999;
        let limit = ((base as f64 * self.tolerance.slower) as u64).max(base.saturating_add(MIN_SLOWER));
        if !enough || now <= limit {
            return;
        }
        let above = durations.len() - durations.partition_point(|length| *length <= limit);
        let chance = binomial_tail(above as u64, durations.len() as u64, 1.0 - part);
        let summary = format!("p{:.0} is {}, {} in the baseline", part * 100.0, time(now), time(base));
        self.doubt(chance, Verdict::new(rule, name, State::Failed, summary));
    }

    fn edges(&mut self, base: &[EdgeBaseline]) {
        let map = self.case.map;
        let base: FxHashMap<(&str, &str), &EdgeBaseline> =
            base.iter().map(|edge| ((edge.from.as_str(), edge.to.as_str()), edge)).collect();
        for edge in &map.edges {
            let (from, to) = (&map.nodes[edge.from], &map.nodes[edge.to]);
            let name = format!("{} -> {}", from.id, to.id);
            let known = base.get(&(from.id.as_str(), to.id.as_str()));
            let verdict = match known {
                Some(known) if edge.context_lost > 0 => {
                    let summary = format!(
                        "the trace does not go on over {} of {}, {} of {} in the baseline",
                        edge.context_lost, edge.count, known.context_lost, known.count
                    );
                    let chance = fisher_more(edge.context_lost, edge.count, known.context_lost, known.count);
                    let verdict = Verdict::new("baseline-context-lost", &name, State::Failed, summary);
                    self.doubt(chance, Verdict { service: to.service, ..verdict });
                    continue;
                }
                Some(_) => continue,
                None => Verdict::new("baseline-new-edge", &name, self.unknown(), "is not in the baseline"),
            };
            self.verdicts.push(Verdict { service: to.service, ..verdict });
        }
    }

    /// What the baseline does not have.
    fn unheard_of(&mut self, base: &Baseline, now: &Profile) {
        let base: FxHashMap<&str, &FlowBaseline> =
            base.flow.iter().map(|flow| (flow.name.as_str(), flow)).collect();
        for flow in &now.flows {
            let examples = |verdict: Verdict, traces: &mut dyn Iterator<Item = usize>| {
                verdict.shown_by(self.case, traces)
            };
            let Some(known) = base.get(flow.name.as_str()) else {
                let summary = format!(
                    "{} of a kind that the baseline does not have",
                    counted(flow.traces.len() as u64, "transaction")
                );
                let verdict = Verdict::new("baseline-new-flow", &flow.name, self.unknown(), summary);
                let verdict = examples(verdict, &mut flow.traces.iter().copied());
                self.verdicts.push(verdict);
                continue;
            };
            for step in flow.steps.iter().filter(|step| !known.steps.contains_key(&step.name)) {
                let name = format!("{} / {}", flow.name, step.name);
                let summary = format!(
                    "is not in the baseline; {} it",
                    match step.times.len() {
                        1 => "1 transaction has".to_owned(),
                        number => format!("{number} transactions have"),
                    }
                );
                let verdict = Verdict::new("baseline-new-step", name, self.unknown(), summary);
                let verdict = examples(verdict, &mut step.times.iter().map(|(trace, _)| *trace));
                self.verdicts.push(Verdict { service: step.service, ..verdict });
            }
        }
    }

    fn unknown(&self) -> State {
        if self.tolerance.strict { State::Failed } else { State::Noted }
    }

    fn doubt(&mut self, chance: f64, verdict: Verdict) {
        self.doubtful.push(Doubtful { chance, verdict });
    }

    /// What may be chance is left out.
    fn finish(mut self) -> Vec<Verdict> {
        let chances: Vec<f64> = self.doubtful.iter().map(|doubtful| doubtful.chance).collect();
        for (doubtful, chance) in self.doubtful.into_iter().zip(corrected(&chances)) {
            if chance < SURE {
                let mut verdict = doubtful.verdict;
                let odds = if chance < 0.0001 { "<0.01%".to_owned() } else { percent(chance) };
                verdict.summary = format!("{} (by chance: {odds})", verdict.summary);
                self.verdicts.push(verdict);
            }
        }
        self.verdicts.sort_by(|a, b| (&a.name, a.rule).cmp(&(&b.name, b.rule)));
        self.verdicts
    }
}
