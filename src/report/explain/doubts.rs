//! What looks like an id, or is named as one, and was not taken for one.

use super::place::{self, cut, text};
use super::{Named, words};
use crate::context::{Found, id};
use crate::model::{SpanId, TraceId};
use crate::record::{At, NameHash, Record, Role, Writing, names};

/// Bytes of a value that are kept.
const MAX_VALUE: usize = 200;
/// Doubts of a record that are listed.
const MAX_DOUBTS: usize = 8;

/// The doubts of a record. What only looks like an id is of interest where no trace id was found.
pub(super) fn doubts(record: &Record<'_>, found: &Found) -> Vec<Named> {
    let mut doubts: Vec<Named> = Vec::new();
    let mut doubt = |name: String, value: &[u8], why: String| {
        let value = cut(value, MAX_VALUE);
        // what an inner layer says goes before what its wrapping says
        if doubts.len() < MAX_DOUBTS && !doubts.iter().any(|other| other.value == value) {
            doubts.push(Named { name, value, role: why });
        }
    };
    for layer in record.layers.iter().rev() {
        for field in layer.draft.fields.iter().filter(|field| words::is_context(field.role)) {
            let value = field.value.of(layer.text);
            if field.writing == Writing::Null || value.is_empty() {
                doubt(place::name(layer, field), value, "empty: there is no id".to_owned());
            } else if !taken(found, value)
                && let Some(why) = refusal(field.role, value)
            {
                doubt(place::name(layer, field), value, why);
            }
        }
        place::words_of(layer.text, |at| {
            let word = at.of(layer.text);
            if taken(found, word) {
                return;
            }
            if let Some(why) = role_before(layer.text, at).and_then(|role| refusal(role, word)) {
                doubt(place::of(layer, at), word, why);
            } else if found.trace.is_none() && looks_like_an_id(word) {
                doubt(place::of(layer, at), word, what_it_is(found, word));
            }
        });
    }
    doubts
}

/// The role of the name that stands before a word, if it names trace context.
fn role_before(text: &[u8], at: At) -> Option<Role> {
    let name = place::name_before(&text[..at.start as usize])?;
    let role = names::lookup_name(NameHash::of(name), true)?.role;
    Some(role).filter(|role| words::is_context(*role))
}

fn looks_like_an_id(word: &[u8]) -> bool {
    id::exact_trace(word).is_some() && !word.iter().all(u8::is_ascii_digit) || id::uuid(word).is_some()
}

/// What a word that looks like an id was taken for.
fn what_it_is(found: &Found, word: &[u8]) -> String {
    let known = |name: At, value: At| (found.text(value) == word).then(|| text(found.text(name)));
    let id = found.ids.iter().find_map(|id| known(id.name, id.value));
    let key = found.keys.iter().find_map(|key| known(key.name_text, key.value_text));
    match (id, key) {
        (Some(name), _) => format!("a correlation id, {name}: nothing names it a trace id"),
        (None, Some(name)) => format!("a key, {name}: nothing names it a trace id"),
        _ if id::looks_like_digest(word) => "looks like a digest".to_owned(),
        _ => "nothing names it a trace id".to_owned(),
    }
}

/// Whether a word writes this trace id.
pub(super) fn is_trace(word: &[u8], wanted: TraceId) -> bool {
    [id::trace(word), id::datadog_trace(word)].iter().flatten().any(|trace| {
        // the high half of a Datadog id stands elsewhere
        trace.id == wanted || trace.id.bits() >> 64 == 0 && trace.id.bits() as u64 == wanted.bits() as u64
    })
}

/// Whether a word writes this span id.
pub(super) fn is_span(word: &[u8], wanted: SpanId) -> bool {
    [id::span(word), id::decimal_span(word)].iter().flatten().any(|span| span.id == wanted)
}

/// Whether a value is one of the ids that were found.
fn taken(found: &Found, value: &[u8]) -> bool {
    let traces = found.trace.iter().chain(found.headers.iter().map(|header| &header.trace));
    let spans = [found.span, found.parent].into_iter().flatten();
    let headers = found.headers.iter().flat_map(|header| [header.span, header.parent]).flatten();
    traces.clone().any(|trace| is_trace(value, trace.id))
        || spans.chain(headers).any(|span| is_span(value, span.id))
        // a whole header holds its ids
        || value.len() > 36 && traces.clone().any(|trace| {
            let digits = trace.id.to_string();
            value.windows(digits.len()).any(|part| part.eq_ignore_ascii_case(digits.as_bytes()))
        })
}

/// Why the value of a field that is named like an id is none.
fn refusal(role: Role, value: &[u8]) -> Option<String> {
    let digits = id::hex_digits(value);
    let read = match role {
        Role::TraceId | Role::GcpTrace | Role::B3TraceId | Role::XrayTraceId => id::trace(value).map(|_| ()),
        Role::DatadogTraceId => id::datadog_trace(value).map(|_| ()),
        Role::SpanId | Role::B3SpanId | Role::ParentId | Role::B3ParentId => id::span(value).map(|_| ()),
        Role::DatadogSpanId | Role::DatadogParentId => id::decimal_span(value).map(|_| ()),
        Role::Tid => return None,
        _ => Err(if id::is_absent(value) { id::Refused::Absent } else { id::Refused::NoId }),
    };
    Some(match read {
        Ok(()) => "another field goes before it".to_owned(),
        Err(id::Refused::Absent) => "stands for no id".to_owned(),
        Err(id::Refused::WrongLength) => {
            let wanted = if words::role(role) == "trace id" { "32 or 16" } else { "16" };
            format!("{} digits: such an id has {wanted}", digits.max(value.len()))
        }
        Err(id::Refused::NoId) => format!("not the form of a {}", words::role(role)),
    })
}
