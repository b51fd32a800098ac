//! Spans in spans: `request{trace_id=… span_id=…}:query{span_id=…}: target: message`, as tracing-subscriber writes those that a
//! record was made in. The record is of the innermost one, which the one before it is the parent of.

use super::scan::IN_TEXT;
use super::tape::Own;
use super::{Found, Scheme, id};
use crate::record::{At, Layer, NameHash, Role, names};

/// Rank of ids that their place among spans tells: before what is merely named in the header.
pub(super) const CHAINED: u8 = IN_TEXT - 1;

impl Found {
    /// Takes the ids of the innermost span and of the one around it.
    pub(super) fn chain(&mut self, layer: &Layer<'_>) {
        let groups = &layer.draft.groups;
        let ends = (1..groups.len()).rev().filter(|at| is_within(layer.text, groups[at - 1], groups[*at]));
        for at in ends {
            let Some(own) = span(groups[at].of(layer.text)) else { continue };
            self.exact(Own::Span, CHAINED, Scheme::Plain, own);
            if let Some(around) = span(groups[at - 1].of(layer.text)) {
                self.exact(Own::Parent, CHAINED, Scheme::Plain, around);
            }
            return;
        }
    }

    /// A span that takes the id of the one around it over is not its own parent.
    pub(super) fn chain_of_one(&mut self) {
        let same = self.parent.is_some_and(|parent| self.span.is_some_and(|span| span.id == parent.id));
        if same && self.ranks[2] == CHAINED {
            self.parent = None;
        }
    }
}

/// Whether nothing but a name stands between the fields of two spans: `…}:query{…`.
fn is_within(text: &[u8], outer: At, inner: At) -> bool {
    let between = text.get(outer.end()..inner.start as usize).unwrap_or_default();
    let name = between.strip_prefix(b"}:").and_then(|rest| rest.strip_suffix(b"{")).unwrap_or_default();
    let of_a_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b' ' | b'/');
    !name.is_empty() && name.iter().all(of_a_name)
}

/// The id of a span among its fields.
fn span(fields: &[u8]) -> Option<&[u8]> {
    fields.split(|byte| matches!(byte, b' ' | b',')).find_map(|pair| {
        let (name, value) = pair.split_at(memchr::memchr(b'=', pair)?);
        let known = names::lookup_name(NameHash::of(name), true)?;
        let value = value[1..].trim_ascii();
        let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        (known.role == Role::SpanId && id::exact_span(value).is_some()).then_some(value)
    })
}
