//! Finds transactions by an id or by a value that their records hold.

use crate::gather::Store;
use crate::model::{Detail, Symbol, Trace, TraceId};

/// The transactions that `wanted` names: a trace id in any spelling, the start of one, or a value of a key.
pub fn find(store: &Store, traces: &[Trace], wanted: &str) -> Vec<Trace> {
    let exact = crate::context::id::trace(wanted.as_bytes()).ok().map(|trace| trace.id);
    let opaque = TraceId::opaque(wanted.as_bytes());
    let has = |trace: &Trace, id: TraceId| trace.id == id || trace.members.contains(&id);
    let found: Vec<Trace> = traces
        .iter()
        .filter(|trace| exact.is_some_and(|id| has(trace, id)) || has(trace, opaque))
        .cloned()
        .collect();
    if !found.is_empty() {
        return found;
    }
    let value = Symbol::of(wanted.as_bytes());
    let holds = |trace: &Trace| {
        let events = trace.spans.iter().flat_map(|span| &span.events).chain(&trace.loose);
        events.copied().any(|id| {
            store
                .details(id)
                .iter()
                .any(|detail| matches!(detail, Detail::Key { value: held, .. } if *held == value))
        })
    };
    let found: Vec<Trace> = traces.iter().filter(|trace| holds(trace)).cloned().collect();
    if !found.is_empty() {
        return found;
    }
    let span = crate::context::id::exact_span(wanted.as_bytes()).map(|span| span.id);
    let found: Vec<Trace> = traces
        .iter()
        .filter(|trace| span.is_some_and(|id| trace.spans.iter().any(|span| span.id == id)))
        .cloned()
        .collect();
    if !found.is_empty() {
        return found;
    }
    traces.iter().filter(|trace| begins(store, trace, wanted)).cloned().collect()
}

/// A shorter text is no start of an id.
const MIN_START: usize = 4;

/// Whether an id of a transaction begins with `start`; zeros at its front, which reports leave out, may be missing.
pub fn begins(store: &Store, trace: &Trace, start: &str) -> bool {
    let digits = start.to_ascii_lowercase().replace('-', "");
    digits.len() >= MIN_START
        && std::iter::once(&trace.id).chain(&trace.members).any(|&id| {
            let text = store.trace_text(id);
            text.starts_with(start)
                || text.starts_with(&digits)
                || text.trim_start_matches('0').starts_with(&digits)
        })
}
