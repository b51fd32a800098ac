//! How long spans took, worked themselves and waited in queues; and how long that takes usually.

use super::flow::Tally;
use super::waits::{Waits, by_message, known, sent};
use crate::gather::Store;
use crate::model::{Span, Symbol, Trace};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Sets the own time of each span, and the time that its message was in a queue.
pub fn fill(store: &Store, trace: &mut Trace) {
    let waits = Waits::of(store, trace);
    let mut children: Vec<Vec<(i64, i64)>> = vec![Vec::new(); trace.spans.len()];
    for (index, span) in trace.spans.iter().enumerate() {
        if let (Some(parent), true) = (span.parent, waits.waited[index]) {
            children[parent as usize].push((span.start.0, waits.end[index].0));
        }
    }
    for (index, mut busy) in children.into_iter().enumerate() {
        let span = &trace.spans[index];
        if span.missing || !known(span) {
            continue;
        }
        busy.sort_unstable();
        let (mut own, mut at) = (0i64, span.start.0);
        for (start, end) in busy {
            own = own.saturating_add(start.min(span.end.0).saturating_sub(at).max(0));
            at = at.max(end);
        }
        own = own.saturating_add(span.end.0.saturating_sub(at).max(0));
        let cause = span.parent.map(|parent| &trace.spans[parent as usize]);
        let queued = cause.filter(|cause| known(cause) && by_message(span) && !waits.waited[index]);
        let queued =
            queued.map(|cause| span.start.0.saturating_sub(sent(store, cause, span).0).max(0) as u64);
        let span = &mut trace.spans[index];
        (span.self_time, span.queue_time) = (Some(own as u64), queued);
    }
}

/// The spans of one operation: a service and what it does.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// Spans.
    pub spans: u64,
    /// Failed ones.
    pub errors: u64,
    /// How long they took.
    pub durations: Tally,
}

/// All operations of a run.
#[derive(Debug, Default)]
pub struct Operations(FxHashMap<(Symbol, Symbol), Operation>);

impl Operations {
    /// Counts the spans of all traces.
    pub fn of(traces: &[Trace]) -> Operations {
        let count = |mut known: FxHashMap<(Symbol, Symbol), Operation>, trace: &Trace| {
            for span in trace.spans.iter().filter(|span| !span.missing) {
                let operation = known.entry((span.service, span.name)).or_default();
                operation.spans += 1;
                operation.errors += u64::from(span.failed);
                operation.durations.add(span.end.0.saturating_sub(span.start.0));
            }
            known
        };
        let operations = traces.par_iter().fold(FxHashMap::default, count);
        Operations(operations.reduce(FxHashMap::default, |mut known, other| {
            for (key, operation) in other {
                let entry: &mut Operation = known.entry(key).or_default();
                entry.spans += operation.spans;
                entry.errors += operation.errors;
                entry.durations.merge(&operation.durations);
            }
            known
        }))
    }

    /// The operation of a span.
    pub fn get(&self, span: &Span) -> Option<&Operation> {
        self.0.get(&(span.service, span.name))
    }

    /// How many times as long as usual a span took, where that is worth a word; and the usual duration in nanoseconds.
    pub fn unusual(&self, span: &Span) -> Option<(f64, u64)> {
        let operation = self.get(span).filter(|operation| operation.spans >= MIN_SPANS)?;
        let (usual, high) = (operation.durations.at(0.5), operation.durations.at(0.9));
        let took = span.end.0.saturating_sub(span.start.0);
        let times = took as f64 / usual.max(1) as f64;
        let worth = times >= MIN_TIMES && took > high && took.saturating_sub(usual) >= MIN_MORE;
        (worth && usual > 0).then_some((times, usual as u64))
    }
}

/// Fewer spans of an operation make no usual duration.
const MIN_SPANS: u64 = 10;
/// What takes fewer times as long as usual is not worth a word,
const MIN_TIMES: f64 = 3.0;
/// nor is what takes so little longer, in nanoseconds.
const MIN_MORE: i64 = 20_000_000;
