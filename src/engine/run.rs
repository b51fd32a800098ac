//! From a store of events to what reports tell.

use crate::analyze::query::{Context, Query, View};
use crate::analyze::times::Operations;
use crate::analyze::{Learning, flow};
use crate::gather::{ClockOffset, Kept, SpillError, Store};
use crate::model::{Coverage, Finding, Symbol, Time, Trace, TraceId};
use crate::report::{ClockSummary, ServiceSummary};
use crate::weave;
use rayon::prelude::*;
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

/// What is known when all transactions were handed over.
#[derive(Debug, Default)]
pub struct Summary {
    /// Counts, with what was placed.
    pub coverage: Coverage,
    /// Services, by name.
    pub services: Vec<ServiceSummary>,
    /// What was found of the run as a whole.
    pub findings: Vec<Finding>,
}

/// Weaves the events of a store on so many threads and keeps the transactions that are asked for.
pub fn run(
    store: &mut Store,
    selection: &Selection,
    options: &weave::Options,
    threads: usize,
) -> Result<Woven, SpillError> {
    let mut woven = Woven::default();
    let mut kept = Kept::default();
    let summary = parts(store, selection, options, threads, true, |store, mut traces, findings| {
        if store.is_spilled() {
            kept.take(store, &mut traces);
        }
        if woven.traces.is_empty() {
            woven.traces = traces
        } else {
            woven.traces.append(&mut traces)
        }
        woven.findings.extend(findings);
        Ok::<(), SpillError>(())
    })?;
    if store.is_spilled() {
        kept.finish(store);
    }
    woven.findings.extend(summary.findings);
    Ok(Woven { coverage: summary.coverage, services: summary.services, ..woven })
}

/// Likewise, but hands the transactions that are asked for over, some at a time in the order of their start, with what was
/// found in them. Their events are at hand only then, if not all fit into memory. The times of their spans are told only
/// where a condition may ask for them.
pub fn each<E: From<SpillError> + Send>(
    store: &mut Store,
    selection: &Selection,
    options: &weave::Options,
    threads: usize,
    take: impl FnMut(&Store, Vec<Trace>, Vec<Finding>) -> Result<(), E> + Send,
) -> Result<Summary, E> {
    parts(store, selection, options, threads, selection.query.is_some(), take)
}

/// Likewise; `in_detail`: with the times of their spans and the critical path.
fn parts<E: From<SpillError> + Send>(
    store: &mut Store,
    selection: &Selection,
    options: &weave::Options,
    threads: usize,
    in_detail: bool,
    mut take: impl FnMut(&Store, Vec<Trace>, Vec<Finding>) -> Result<(), E> + Send,
) -> Result<Summary, E> {
    let mut all = || weave_all(store, selection, options, in_detail, &mut take);
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(all),
        // no thread to be had: the caller's own does it
        Err(_) => all(),
    }
}

/// What is noted of transactions while they are woven: what they teach, and by service how many spans they have and how
/// many of those failed.
type Part = (flow::Part, FxHashMap<Symbol, (u64, u64)>);

/// Takes transactions over, with what was found in them.
type Take<'t, E> = dyn FnMut(&Store, Vec<Trace>, Vec<Finding>) -> Result<(), E> + 't;

fn weave_all<E: From<SpillError>>(
    store: &mut Store,
    selection: &Selection,
    options: &weave::Options,
    in_detail: bool,
    take: &mut Take<'_, E>,
) -> Result<Summary, E> {
    let plan = weave::plan(store, options)?;
    let mut learning = Learning::new(store);
    let mut counts = services(store);
    let rounds = weave::rounds(store, &plan);
    let mut packed = weave::Packed::new(store.budget.tables());
    // few are not worth it
    let mut held: Option<Vec<Trace>> = None;
    for round in 0..rounds {
        let see = |store: &Store, (lessons, spans): &mut Part, trace: &Trace| {
            learning.see(store, lessons, trace);
            for span in trace.spans.iter().filter(|span| !span.missing) {
                let (all, failed) = spans.entry(span.service).or_default();
                *all += 1;
                *failed += u64::from(span.failed);
            }
        };
        let (traces, parts) = weave::weave(store, &plan, round, see)?;
        let (lessons, spans): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        learning.add(lessons)?;
        for (service, (all, failed)) in spans.into_iter().flatten() {
            let entry = counts.entry(service).or_default();
            entry.spans += all;
            entry.errors += failed;
        }
        if rounds > 1 {
            packed.push(&traces)?;
        } else {
            held = Some(traces);
        }
    }
    drop(plan);
    let mut judging = learning.finish()?;
    let mut coverage = store.coverage.clone();
    let placed = |traces: &[Trace]| traces.par_iter().map(|trace| trace.record_count() as u64).sum::<u64>();
    let mut all = 0;
    for round in 0..rounds {
        if store.is_spilled() {
            store.open(round)?;
        }
        let mut traces = match held.take() {
            Some(traces) => traces,
            None => packed.take(round)?,
        };
        let mut findings = judging.judge(store, &mut traces, in_detail);
        let mut records = placed(&traces);
        all += records;
        if !selection.is_all() {
            selection.retain(store, &findings, &mut traces);
            let taken: FxHashSet<TraceId> = traces.iter().map(|trace| trace.id).collect();
            findings.retain(|finding| finding.trace.is_none_or(|trace| taken.contains(&trace)));
            records = placed(&traces);
        }
        coverage.records_placed += records;
        take(store, traces, findings)?;
    }
    coverage.records_filtered = all - coverage.records_placed;
    coverage.records_unplaced = coverage.records - all;
    let mut services: Vec<ServiceSummary> = counts
        .into_iter()
        .map(|(name, summary)| ServiceSummary { name, ..summary })
        .filter(|service| !service.name.is_none())
        .collect();
    services.sort_by(|a, b| store.symbols.text(a.name).cmp(store.symbols.text(b.name)));
    Ok(Summary { coverage, services, findings: judging.finish(store) })
}

/// Gives the memory of transactions back, which is in millions of pieces.
pub fn let_go(traces: Vec<Trace>) {
    traces.into_par_iter().for_each(drop);
}

fn services(store: &Store) -> FxHashMap<Symbol, ServiceSummary> {
    let mut counts: FxHashMap<Symbol, ServiceSummary> = FxHashMap::default();
    for (service, of) in &store.census.services {
        counts.entry(*service).or_default().records = of.records;
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
