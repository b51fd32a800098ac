//! Pairs at the end of a line that a sentence tells, told from those that a logger adds.

use super::pair;
use crate::record::{Role, names};

/// Whether a sentence goes on behind its last word: `finished for job_id=7` is one, `finished job_id=7` a message and a tail.
pub(super) fn asks_for_more(message: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"for", b"with", b"of", b"to", b"by", b"from", b"in", b"on", b"at", b"and", b"or", b"the", b"a",
        b"is", b"was", b"has", b"as", b"via", b"using", b"into", b"under", b"where", b"than",
    ];
    WORDS.contains(&message.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default())
}

/// Whether the pairs from `start` on tell nothing but what a message may tell as well: one value behind a colon, or
/// processes, files, threads and the like without any id.
pub(super) fn is_remark(bytes: &[u8], start: usize, colon: bool) -> bool {
    let mut at = start;
    let mut count = 0;
    while let Some((name, _, end)) = pair(bytes, at, colon) {
        let name = name.of(bytes);
        count += 1;
        if names_a_trace(name) || names_a_span(name) || names_a_service(name) {
            return false;
        }
        if names::names_a_correlation(name) && (!colon || count > 1) {
            return false;
        }
        at = end + bytes[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b',' | b';')).count();
    }
    true
}

fn names_a_service(name: &[u8]) -> bool {
    names::known(name, false).is_some_and(|known| known.role == Role::Service)
}

/// Whether a name that is a word as well (`trace`, `span`) tells of trace context.
pub(super) fn names_a_span(name: &[u8]) -> bool {
    let role = names::known(name, true).map(|known| known.role);
    matches!(
        role,
        Some(
            Role::TraceId
                | Role::SpanId
                | Role::Tid
                | Role::DatadogSpanId
                | Role::B3TraceId
                | Role::XrayTraceId
        )
    )
}

pub(super) fn names_a_trace(name: &[u8]) -> bool {
    let role = names::known(name, false).map(|known| known.role);
    matches!(
        role,
        Some(Role::TraceId | Role::SpanId | Role::ParentId | Role::DatadogTraceId | Role::Traceparent)
    )
}
