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
    let prefix = wanted.to_ascii_lowercase().replace('-', "");
    if prefix.len() < 4 {
        return Vec::new();
    }
    let begins = |trace: &Trace| {
        std::iter::once(trace.id)
            .chain(trace.members.iter().copied())
            .any(|id| id.to_string().starts_with(&prefix))
    };
    traces.iter().filter(|trace| begins(trace)).cloned().collect()
}
