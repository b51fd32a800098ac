//! What is wrong with a run as a whole: clocks, context that is lost between services, parents that no log has.

use crate::gather::Store;
use crate::model::{Finding, FindingKind, Place, Severity, Span, Symbol, Trace};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// A clock that is off by more than this, in nanoseconds, misleads whoever reads the logs.
const MISLEADING: i64 = 100_000_000;
/// Records that are named as evidence.
const MAX_EVIDENCE: usize = 5;

/// What is counted over all transactions for findings of the run as a whole; transactions are added in their order.
#[derive(Debug, Default)]
pub struct Whole {
    /// By two services: the edges between them, those over which the trace id changes, and some records behind these.
    edges: FxHashMap<(Symbol, Symbol), (u64, u64, Vec<Place>)>,
    /// By service: spans with a parent that no log has, and some records of these.
    orphans: FxHashMap<Symbol, (u64, Vec<Place>)>,
}

impl Whole {
    /// Takes in transactions.
    pub fn add(&mut self, store: &Store, traces: &[Trace]) {
        let seen = |mut seen: Whole, trace: &Trace| {
            seen.see(store, trace);
            seen
        };
        let seen = traces.par_iter().fold(Whole::default, seen).reduce(Whole::default, Whole::merge);
        *self = std::mem::take(self).merge(seen);
    }

    /// Adds what was seen in later transactions.
    fn merge(mut self, other: Whole) -> Whole {
        for (services, (all, lost, places)) in other.edges {
            let (own, own_lost, evidence) = self.edges.entry(services).or_default();
            *own += all;
            *own_lost += lost;
            evidence.extend(places);
            evidence.truncate(MAX_EVIDENCE);
        }
        for (service, (count, places)) in other.orphans {
            let (own, evidence) = self.orphans.entry(service).or_default();
            *own += count;
            evidence.extend(places);
            evidence.truncate(MAX_EVIDENCE);
        }
        self
    }

    fn see(&mut self, store: &Store, trace: &Trace) {
        let first = |span: &Span| span.events.first().map(|id| store.event(*id).place);
        for span in &trace.spans {
            let Some(parent) = span.parent.map(|parent| &trace.spans[parent as usize]) else { continue };
            if parent.missing && !span.missing {
                let (count, evidence) = self.orphans.entry(span.service).or_default();
                *count += 1;
                if evidence.len() < MAX_EVIDENCE {
                    evidence.extend(first(span));
                }
            }
            let (Some(from), Some(to)) = (parent.trace, span.trace) else { continue };
            if parent.service == span.service {
                continue;
            }
            let (all, lost, evidence) = self.edges.entry((parent.service, span.service)).or_default();
            *all += 1;
            if from != to {
                *lost += 1;
                if evidence.len() < MAX_EVIDENCE {
                    evidence.extend(first(span));
                }
            }
        }
    }

    /// The findings, in the order of their services' names.
    pub fn finish(self, store: &Store) -> Vec<Finding> {
        let mut findings = clocks(store);
        findings.extend(context(store, self.edges));
        findings.extend(orphans(store, self.orphans));
        findings
    }
}

fn finding(kind: FindingKind, service: Symbol, severity: Severity, summary: String) -> Finding {
    let group = Symbol::of_pair(kind.name().as_bytes(), summary.as_bytes()).0;
    Finding {
        kind,
        severity,
        trace: None,
        span: None,
        service,
        summary,
        confidence: 0.9,
        evidence: Vec::new(),
        group,
    }
}

/// Clocks that are off by more than can be explained.
fn clocks(store: &Store) -> Vec<Finding> {
    let mut clocks: Vec<_> = store.clocks.offsets.iter().collect();
    let text = |symbol: Symbol| store.symbols.text(symbol);
    clocks.sort_by_key(|((service, instance), _)| (text(*service), text(*instance)));
    let off = clocks.into_iter().filter(|(_, clock)| clock.offset.abs() > clock.uncertainty.max(0));
    off.map(|((service, instance), clock)| {
        let of = match text(*instance) {
            "" => text(*service).to_owned(),
            instance => format!("{} ({instance})", text(*service)),
        };
        let seconds = |nanos: i64| nanos.abs() as f64 / 1e9;
        let way = if clock.offset > 0 { "ahead of" } else { "behind" };
        let (offset, give) = (seconds(clock.offset), seconds(clock.uncertainty));
        let mut summary =
            format!("the clock of {of} is {offset:.3} s {way} the others (give or take {give:.3} s)");
        if clock.drift.abs() >= 1.0 {
            summary.push_str(&format!(" and drifts by {:.0} millionths", clock.drift));
        }
        let severity = if clock.offset.abs() >= MISLEADING { Severity::Warning } else { Severity::Info };
        finding(FindingKind::ClockSkew, *service, severity, summary)
    })
    .collect()
}

/// Edges between services over which the trace id changes.
fn context(store: &Store, edges: FxHashMap<(Symbol, Symbol), (u64, u64, Vec<Place>)>) -> Vec<Finding> {
    let text = |symbol: Symbol| store.symbols.text(symbol);
    let mut edges: Vec<_> = edges.into_iter().filter(|(_, (_, lost, _))| *lost > 0).collect();
    edges.sort_by_key(|((from, to), _)| (text(*from), text(*to)));
    edges
        .into_iter()
        .map(|((from, to), (all, lost, evidence))| {
            let summary = format!(
                "trace context does not reach {} from {}: {lost} of {all} spans began a trace of their own",
                text(to),
                text(from)
            );
            let severity = if lost * 2 >= all { Severity::Warning } else { Severity::Info };
            Finding { evidence, ..finding(FindingKind::ContextLost, to, severity, summary) }
        })
        .collect()
}

/// Services whose spans name parents that no log has.
fn orphans(store: &Store, counts: FxHashMap<Symbol, (u64, Vec<Place>)>) -> Vec<Finding> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(service, _)| store.symbols.text(*service));
    counts
        .into_iter()
        .map(|(service, (count, evidence))| {
            let spans = if count == 1 {
                "1 span names a parent".to_owned()
            } else {
                format!("{count} spans name parents")
            };
            let summary = format!("{spans} that no log has, in {}", store.symbols.text(service));
            Finding { evidence, ..finding(FindingKind::Orphan, service, Severity::Info, summary) }
        })
        .collect()
}
