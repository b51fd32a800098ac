//! Rules that the user wrote.

use super::{Case, State, Verdict};
use crate::analyze::map::{EdgeKind, MapEdge};
use crate::analyze::numbers::quantile;
use crate::analyze::query::{Query, View};
use crate::model::units::{counted, duration};
use crate::model::{FindingKind, Severity, Status};

/// A ceiling of durations: the name and share of the quantile, and nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Ceiling {
    /// `p95`, say.
    pub name: String,
    /// 0 to 1.
    pub share: f64,
    /// Nanoseconds.
    pub most: u64,
}

/// A rule about transactions.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it is called.
    pub name: String,
    /// Which transactions it is about; all, if there is no condition.
    pub when: Option<Query>,
    /// What each of them has to meet.
    pub require: Option<Query>,
    /// What none of them may meet.
    pub forbid: Option<Query>,
    /// The share of them that may break the rule.
    pub may_break: f64,
    /// How long they may take.
    pub ceilings: Vec<Ceiling>,
    /// Fewer of them cannot be judged.
    pub min_transactions: u64,
}

/// A rule about an edge of the map.
#[derive(Clone, Debug, Default)]
pub struct EdgeRule {
    /// Where it begins.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// It must not be there.
    pub forbidden: bool,
    /// The share that may fail.
    pub max_failed: Option<f64>,
    /// The share that may lose its context.
    pub max_context_lost: Option<f64>,
    /// How long a call, or the handling of a message, may take.
    pub ceilings: Vec<Ceiling>,
    /// How long a message may wait.
    pub queue_ceilings: Vec<Ceiling>,
}

/// How far a run may be from its baseline.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// Durations may be so many times those of the baseline.
    pub slower: f64,
    /// Steps and edges that the baseline does not have fail the check.
    pub strict: bool,
}

impl Default for Tolerance {
    fn default() -> Tolerance {
        Tolerance { slower: 1.5, strict: false }
    }
}

/// All rules.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The share of records that has to stand in transactions.
    pub min_placed: Option<f64>,
    /// Fewer transactions cannot be judged.
    pub min_transactions: u64,
    /// The share of transactions that may fail.
    pub max_failed: Option<f64>,
    /// The share that may lose its context, on any edge.
    pub max_context_lost: Option<f64>,
    /// How many findings of a kind there may be; `info` ones do not count.
    pub max_findings: Vec<(FindingKind, u64)>,
    /// About transactions.
    pub rules: Vec<Rule>,
    /// About edges.
    pub edges: Vec<EdgeRule>,
    /// For the baseline.
    pub tolerance: Tolerance,
}

impl Rules {
    /// What is judged where nobody wrote a rule: nothing fails, nothing is missing, nothing is stuck.
    pub fn built_in() -> Rules {
        Rules {
            min_transactions: 1,
            max_failed: Some(0.0),
            max_findings: vec![(FindingKind::MissingStep, 0), (FindingKind::Stuck, 0)],
            ..Rules::default()
        }
    }

    pub(super) fn judge(&self, case: &Case<'_>) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        verdicts.extend(self.min_placed.map(|least| placed(case, least)));
        verdicts.extend((self.min_transactions > 0).then(|| enough(case, self.min_transactions)));
        verdicts.extend(self.max_failed.map(|most| failed(case, most)));
        verdicts.extend(self.max_findings.iter().map(|&(kind, most)| findings(case, kind, most)));
        if let Some(most) = self.max_context_lost {
            let received = |edge: &&MapEdge| edge.kind != EdgeKind::Send || edge.fan_out.is_none();
            verdicts
                .extend(case.map.edges.iter().filter(received).map(|edge| context_lost(case, edge, most)));
        }
        verdicts.extend(self.rules.iter().flat_map(|rule| rule.judge(case)));
        verdicts.extend(self.edges.iter().flat_map(|edge| edge.judge(case)));
        verdicts
    }
}

/// A share in percent, with as many digits as it needs.
pub(super) fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn state(holds: bool) -> State {
    if holds { State::Passed } else { State::Failed }
}

fn placed(case: &Case<'_>, least: f64) -> Verdict {
    let coverage = case.coverage;
    // what the selection left out was placed, too
    let placed = share(coverage.records_placed + coverage.records_filtered, coverage.records);
    let enough = placed >= least && coverage.records > 0;
    let summary =
        format!("{} of the records stand in transactions, {} is the least", percent(placed), percent(least));
    Verdict::new("coverage", "min_placed", if enough { State::Passed } else { State::Unjudged }, summary)
}

fn enough(case: &Case<'_>, least: u64) -> Verdict {
    let count = case.traces.len() as u64;
    let state = if count >= least { State::Passed } else { State::Unjudged };
    let summary = format!("{} found, {least} is the least", counted(count, "transaction"));
    Verdict::new("transactions", "min_transactions", state, summary)
}

/// A duration in words.
pub(super) fn time(nanos: u64) -> String {
    duration(nanos.try_into().unwrap_or(i64::MAX))
}

fn failed(case: &Case<'_>, most: f64) -> Verdict {
    let failed: Vec<usize> =
        (0..case.traces.len()).filter(|&at| case.traces[at].status == Status::Error).collect();
    let part = share(failed.len() as u64, case.traces.len() as u64);
    let summary = format!(
        "{} of {} failed ({}), {} may",
        failed.len(),
        counted(case.traces.len() as u64, "transaction"),
        percent(part),
        percent(most)
    );
    Verdict::new("failed-transactions", "max_failed", state(part <= most), summary).shown_by(case, failed)
}

fn findings(case: &Case<'_>, kind: FindingKind, most: u64) -> Verdict {
    let found: Vec<_> = case
        .findings
        .iter()
        .filter(|finding| finding.kind == kind && finding.severity > Severity::Info)
        .collect();
    let traces = found.iter().filter_map(|finding| {
        let id = finding.trace?;
        case.traces.iter().position(|trace| trace.id == id || trace.members.contains(&id))
    });
    let name = kind.name().replace('_', " ");
    let summary = format!("{} of kind '{name}', {most} may be", counted(found.len() as u64, "finding"));
    let mut verdict = Verdict::new("findings", kind.name(), state(found.len() as u64 <= most), summary)
        .shown_by(case, traces.take(super::MAX_EXAMPLES).collect::<Vec<_>>());
    verdict.service = found.first().map(|finding| finding.service).unwrap_or_default();
    for (example, finding) in verdict.examples.iter_mut().zip(&found) {
        example.about.clone_from(&finding.summary);
        example.place = finding.evidence.first().copied().or(example.place);
    }
    verdict
}

fn edge_name(case: &Case<'_>, edge: &MapEdge) -> String {
    format!("{} -> {}", case.map.nodes[edge.from].id, case.map.nodes[edge.to].id)
}

fn context_lost(case: &Case<'_>, edge: &MapEdge, most: f64) -> Verdict {
    let lost = share(edge.context_lost, edge.count);
    let summary = format!(
        "the trace does not go on over {} of {} ({}), {} may be lost",
        edge.context_lost,
        edge.count,
        percent(lost),
        percent(most)
    );
    let mut verdict = Verdict::new("context-lost", edge_name(case, edge), state(lost <= most), summary);
    verdict.service = case.map.nodes[edge.to].service;
    verdict
}

impl Rule {
    fn judge(&self, case: &Case<'_>) -> Vec<Verdict> {
        let view = |at: usize| View { store: case.store, trace: &case.traces[at], context: &case.context };
        let about = |at: &usize| {
            let cut = case.traces[*at].status == Status::Truncated;
            !cut && self.when.as_ref().is_none_or(|when| when.meets(&view(*at)))
        };
        let matching: Vec<usize> = (0..case.traces.len()).filter(about).collect();
        let count = matching.len() as u64;
        if count < self.min_transactions.max(1) {
            let summary = match count {
                0 => "no transaction is of this kind".to_owned(),
                count => {
                    format!(
                        "{} of this kind, {} is the least",
                        counted(count, "transaction"),
                        self.min_transactions
                    )
                }
            };
            return vec![Verdict::new("rule", &self.name, State::Unjudged, summary)];
        }
        let mut verdicts = Vec::new();
        let mut broken = |what: &str, query: &Query, wanted: bool| {
            let breaking: Vec<usize> =
                matching.iter().copied().filter(|&at| query.meets(&view(at)) != wanted).collect();
            let part = share(breaking.len() as u64, count);
            let may = if self.may_break > 0.0 {
                format!(", {} may", percent(self.may_break))
            } else {
                String::new()
            };
            let summary = match breaking.len() {
                0 => format!("all {} {what}", counted(count, "transaction")).replace("all 1 ", "1 "),
                number => format!("{number} of {count} do not: they should {what} ({}{may})", percent(part)),
            };
            let verdict = Verdict::new("rule", &self.name, state(part <= self.may_break), summary);
            verdicts.push(verdict.shown_by(case, breaking));
        };
        if let Some(query) = &self.require {
            broken("meet what is required", query, true);
        }
        if let Some(query) = &self.forbid {
            broken("keep from what is forbidden", query, false);
        }
        let mut durations: Vec<(u64, usize)> =
            matching.iter().map(|&at| (case.traces[at].duration(), at)).collect();
        durations.sort_unstable();
        let lengths: Vec<u64> = durations.iter().map(|(length, _)| *length).collect();
        for ceiling in &self.ceilings {
            let found = quantile(&lengths, ceiling.share).unwrap_or(0);
            let summary = format!("{} is {}, {} may be", ceiling.name, time(found), time(ceiling.most));
            let verdict = Verdict::new("rule", &self.name, state(found <= ceiling.most), summary);
            let slow = durations.iter().rev().filter(|(length, _)| *length > ceiling.most).map(|(_, at)| *at);
            verdicts.push(if found > ceiling.most { verdict.shown_by(case, slow) } else { verdict });
        }
        verdicts
    }
}

impl EdgeRule {
    fn judge(&self, case: &Case<'_>) -> Vec<Verdict> {
        let named = |at: usize, name: &str| case.map.nodes[at].id == name;
        let found =
            case.map.edges.iter().find(|edge| named(edge.from, &self.from) && named(edge.to, &self.to));
        let name = format!("{} -> {}", self.from, self.to);
        let verdict = |holds: bool, summary: String| {
            let mut verdict = Verdict::new("edge", &name, state(holds), summary);
            verdict.service = found.map(|edge| case.map.nodes[edge.to].service).unwrap_or_default();
            verdict
        };
        if case.traces.is_empty() {
            let nothing = verdict(false, "no transaction to see it in".to_owned());
            return vec![Verdict { state: State::Unjudged, ..nothing }];
        }
        let Some(edge) = found else {
            return match self.forbidden {
                true => vec![verdict(true, "is not there, as it should be".to_owned())],
                false => vec![verdict(false, "is required, and not there".to_owned())],
            };
        };
        if self.forbidden {
            return vec![verdict(false, format!("is forbidden, and there {}", counted(edge.count, "time")))];
        }
        let mut verdicts = vec![verdict(true, format!("is there {}", counted(edge.count, "time")))];
        let shares = [
            ("failed", edge.errors, self.max_failed),
            ("lost the trace", edge.context_lost, self.max_context_lost),
        ];
        for (what, number, most) in shares {
            if let Some(most) = most {
                let part = share(number, edge.count);
                let summary =
                    format!("{number} of {} {what} ({}), {} may", edge.count, percent(part), percent(most));
                verdicts.push(verdict(part <= most, summary));
            }
        }
        let spreads = [("", edge.latency, &self.ceilings), ("wait ", edge.queue, &self.queue_ceilings)];
        for (what, spread, ceilings) in spreads {
            for ceiling in ceilings {
                let found = spread.map(|spread| if ceiling.share < 0.75 { spread.p50 } else { spread.p99 });
                verdicts.push(match found {
                    Some(found) => {
                        let summary = format!(
                            "{what}{} is {}, {} may be",
                            ceiling.name,
                            time(found),
                            time(ceiling.most)
                        );
                        verdict(found <= ceiling.most, summary)
                    }
                    None => {
                        let summary = format!("{what}{} is not known", ceiling.name);
                        Verdict { state: State::Unjudged, ..verdict(false, summary) }
                    }
                });
            }
        }
        verdicts
    }
}
