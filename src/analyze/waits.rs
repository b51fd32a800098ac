//! Who waited for whom: whether a span held up the one that caused it, and until when.

use crate::gather::Store;
use crate::model::{Basis, Proof, Span, SpanKind, Time, Trace};

/// Whether it is known when a span was.
pub(super) fn known(span: &Span) -> bool {
    span.start.0 != 0 || span.end.0 != 0
}

/// Who waited for whom, and until when.
pub(super) struct Waits {
    /// By span: its cause waited for it.
    pub(super) waited: Vec<bool>,
    /// By span: when it ended for whoever waited for it.
    pub(super) end: Vec<Time>,
}

impl Waits {
    pub(super) fn of(store: &Store, trace: &Trace) -> Waits {
        let spans = &trace.spans;
        let exact = |span: &Span| exact(store, span);
        // spans of one service that belong together, and when they last logged anything
        let mut group: Vec<usize> = Vec::with_capacity(spans.len());
        let mut last: Vec<Time> = spans.iter().map(|span| span.end).collect();
        for (index, span) in spans.iter().enumerate() {
            let parent = span.parent.map(|parent| parent as usize);
            let joins = parent.filter(|&parent| spans[parent].service == span.service && !by_message(span));
            group.push(joins.map_or(index, |parent| group[parent]));
            let whole = group[index];
            last[whole] = last[whole].max(span.end);
        }
        let mut waited = vec![false; spans.len()];
        for (index, span) in spans.iter().enumerate() {
            let Some(parent) = span.parent.map(|parent| parent as usize) else { continue };
            let cause = &spans[parent];
            waited[index] = known(span)
                && known(cause)
                && !by_message(span)
                && match exact(cause) {
                    true => span.start < cause.end || span.start == cause.start,
                    // who waits says something afterwards
                    false => group[index] == group[parent] || last[group[parent]] >= span.end,
                };
        }
        let mut end: Vec<Time> = spans.iter().map(|span| span.end).collect();
        // the last record of a span may come before those of the spans that it waits for; effects come after causes
        for index in (0..spans.len()).rev() {
            if let (true, Some(parent)) = (waited[index], spans[index].parent)
                && !exact(&spans[parent as usize])
            {
                end[parent as usize] = end[parent as usize].max(end[index]);
            }
        }
        for index in 0..spans.len() {
            if let (true, Some(parent)) = (waited[index], spans[index].parent) {
                end[index] = end[index].min(end[parent as usize]);
            }
        }
        Waits { waited, end }
    }
}

/// Whether a span is set off by a message.
pub(super) fn by_message(span: &Span) -> bool {
    let basis = span.edge.as_ref().map(|edge| edge.basis);
    span.kind == Some(SpanKind::Consumer) || matches!(basis, Some(Basis::Message | Basis::Link))
}

/// Whether a span is exported, so that it is known when it ended.
fn exact(store: &Store, span: &Span) -> bool {
    store.any_whole(&span.events)
}

/// When the cause of a span sent it off: the record that says so, else the last one before the span began; at once, if the
/// cause has no records but the span itself.
pub(super) fn sent(store: &Store, cause: &Span, span: &Span) -> Time {
    if exact(store, cause) {
        return span.start.min(cause.end);
    }
    let proofs = span.edge.iter().flat_map(|edge| &edge.proofs);
    let stated = proofs.filter_map(|proof| match proof {
        Proof::Message { sent, .. } => Some(store.time(*sent)),
        _ => None,
    });
    let logged = cause.events.iter().map(|&event| store.time(event));
    let before = |time: &Time| *time <= span.start;
    let time = stated.filter(before).max().or_else(|| logged.filter(before).max());
    time.unwrap_or(cause.end).clamp(cause.start, cause.end.max(cause.start)).min(span.start)
}
