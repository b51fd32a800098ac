//! From a store of events to what reports tell.

use crate::analyze;
use crate::analyze::query::{Context, Query, View};
use crate::analyze::times::Operations;
use crate::gather::{ClockOffset, Store};
use crate::model::{Coverage, Finding, Symbol, Time, Trace, TraceId};
use crate::report::{ClockSummary, ServiceSummary};
use crate::weave;
use rustc_hash::{FxHashMap, FxHashSet};

/// The transactions of a run.
#[derive(Debug, Default)]
pub struct Woven {
    /// The traces, by start and id.
    pub traces: Vec<Trace>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Counts, with what was placed.
    pub coverage: Coverage,
    /// Services, by name.
    pub services: Vec<ServiceSummary>,
    /// How long operations take, where that is to be told.
    pub operations: Option<Operations>,
}

/// Which transactions are asked for.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// They end at or after this.
    pub since: Option<Time>,
    /// They start before this.
    pub until: Option<Time>,
    /// One of these services has a part; any, if empty.
    pub services: Vec<Symbol>,
    /// The condition they meet.
    pub query: Option<Query>,
}

impl Selection {
    /// Whether a transaction lies where it is asked for.
    fn takes(&self, trace: &Trace) -> bool {
        self.since.is_none_or(|since| trace.end >= since)
            && self.until.is_none_or(|until| trace.start < until)
            && (self.services.is_empty()
                || self.services.iter().any(|service| trace.services.contains(service)))
    }

    /// Keeps the transactions that are asked for.
    pub fn retain(&self, store: &Store, findings: &[Finding], traces: &mut Vec<Trace>) {
        let context = Context::of(findings);
        traces.retain(|trace| {
            let view = View { store, trace, context: &context };
            self.takes(trace) && self.query.as_ref().is_none_or(|query| query.meets(&view))
        });
    }

    /// Whether all transactions are.
    pub fn is_all(&self) -> bool {
        self.since.is_none() && self.until.is_none() && self.services.is_empty() && self.query.is_none()
    }
}

/// Weaves the events of a store on so many threads and keeps the transactions that are asked for.
pub fn run(store: &mut Store, selection: &Selection, options: &weave::Options, threads: usize) -> Woven {
    let tell = |store: &mut Store| {
        let mut traces = weave::weave(store, options);
        let findings = analyze::analyze(store, &mut traces);
        analyze::detail(store, &mut traces);
        (traces, findings)
    };
    let (mut traces, mut findings) = match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(|| tell(store)),
        // no thread to be had: the caller's own does it
        Err(_) => tell(store),
    };
    let store = &*store;
    let mut coverage = store.coverage.clone();
    let mut counts = services(store);
    for trace in &traces {
        for span in trace.spans.iter().filter(|span| !span.missing) {
            let entry = counts.entry(span.service).or_default();
            entry.spans += 1;
            entry.errors += u64::from(span.failed);
        }
    }
    let placed = |traces: &[Trace]| traces.iter().map(|trace| trace.record_count() as u64).sum::<u64>();
    let all = placed(&traces);
    if !selection.is_all() {
        selection.retain(store, &findings, &mut traces);
        let taken: FxHashSet<TraceId> = traces.iter().map(|trace| trace.id).collect();
        findings.retain(|finding| finding.trace.is_none_or(|trace| taken.contains(&trace)));
    }
    coverage.records_placed = placed(&traces);
    coverage.records_filtered = all - coverage.records_placed;
    coverage.records_unplaced = coverage.records - all;
    let mut services: Vec<ServiceSummary> = counts
        .into_iter()
        .map(|(name, summary)| ServiceSummary { name, ..summary })
        .filter(|service| !service.name.is_none())
        .collect();
    services.sort_by(|a, b| store.symbols.text(a.name).cmp(store.symbols.text(b.name)));
    Woven { traces, findings, coverage, services, operations: None }
}

fn services(store: &Store) -> FxHashMap<Symbol, ServiceSummary> {
    let mut counts: FxHashMap<Symbol, ServiceSummary> = FxHashMap::default();
    for batch in &store.batches {
        for event in &batch.events {
            counts.entry(event.service).or_default().records += 1;
        }
    }
    // of a service's clocks the middle one stands for it
    let mut clocks: FxHashMap<Symbol, Vec<&ClockOffset>> = FxHashMap::default();
    for ((service, _), offset) in &store.clocks.offsets {
        clocks.entry(*service).or_default().push(offset);
    }
    for (service, mut offsets) in clocks {
        offsets.sort_by_key(|clock| (clock.offset, clock.uncertainty));
        let middle = offsets[(offsets.len() - 1) / 2];
        counts.entry(service).or_default().clock = Some(ClockSummary {
            offset: middle.offset,
            drift_ppm: middle.drift,
            uncertainty: middle.uncertainty.max(0) as u64,
        });
    }
    counts
}
