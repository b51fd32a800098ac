//! `extract`: what was read from each record, one JSON object a line. Unknown keys are left out.

use super::json_text::{decimal, string};
use crate::context::Found;
use crate::model::{Batch, Detail, Event, flag};
use crate::record::{Record, Writing};

/// The members of a record's object that need its bytes: all but `file`, `line` and `time`.
pub fn note(record: &Record<'_>, found: Option<&Found>, event: &Event, batch: &Batch, out: &mut Vec<u8>) {
    let text = |symbol| batch.symbols.text(symbol).as_bytes();
    let mut member = |key: &str, value: &[u8]| member(key, value, out);
    member("service", text(event.service));
    member("instance", text(event.instance));
    if let Some(level) = event.level {
        member("level", level.name().as_bytes());
    }
    match found {
        None => span_members(event, batch, &mut member),
        Some(found) => {
            if let Some((message, writing)) = record.message() {
                if writing.is_coded() {
                    let mut decoded = Vec::new();
                    writing.decode(message, &mut decoded);
                    member("message", &decoded);
                } else {
                    member("message", message);
                }
            }
            if let Some(trace) = found.trace {
                let digits = trace.id.digits();
                member("trace_id", trace.text.map_or(&digits, |at| found.text(at)));
            }
            let spans = [("span_id", found.shown_span()), ("parent_span_id", found.shown_parent())];
            for (key, span) in spans {
                if let Some(span) = span {
                    let digits = span.id.digits();
                    member(key, span.text.map_or(&digits, |at| found.text(at)));
                }
            }
            let scheme = found
                .trace
                .map(|trace| trace.scheme)
                .or_else(|| found.headers.first().map(|header| header.trace.scheme));
            if let Some(scheme) = scheme {
                member("scheme", scheme.name().as_bytes());
            }
            if event.is(flag::LENIENT) {
                out.extend_from_slice(b",\"lenient\":true");
            }
            if !found.ids.is_empty() {
                out.extend_from_slice(b",\"ids\":{");
                for id in &found.ids {
                    let key = String::from_utf8_lossy(found.text(id.name)).into_owned();
                    super::json_text::member(&key, found.text(id.value), out);
                }
                out.push(b'}');
            }
        }
    }
    formats(record, out);
}

/// Appends how the record is written, from the outside.
pub(super) fn formats(record: &Record<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"format\":\"");
    let start = out.len();
    for name in record.layers.iter().map(|layer| layer.format.name().as_bytes()) {
        if !out[start..].ends_with(name) {
            if out.len() > start {
                out.push(b'+');
            }
            out.extend_from_slice(name);
        }
    }
    out.push(b'"');
}

/// Appends what a text stands for as a JSON string.
pub(super) fn text(written: &[u8], writing: Writing, out: &mut Vec<u8>) {
    if writing.is_coded() {
        let mut decoded = Vec::new();
        writing.decode(written, &mut decoded);
        string(&decoded, out);
    } else {
        string(written, out);
    }
}

/// Appends a member, unless its text is empty; the key needs no escaping.
pub(super) fn member(key: &str, value: &[u8], out: &mut Vec<u8>) {
    if !value.is_empty() {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b"\":");
        string(value, out);
    }
}

fn span_members(event: &Event, batch: &Batch, member: &mut impl FnMut(&str, &[u8])) {
    let operation = batch.details(event).iter().find_map(|detail| match detail {
        Detail::Operation(name) => Some(*name),
        _ => None,
    });
    member("message", operation.map_or(&[], |name| batch.symbols.text(name).as_bytes()));
    let ids = [
        ("trace_id", event.trace.map(|id| id.to_string())),
        ("span_id", event.span.map(|id| id.to_string())),
        ("parent_span_id", event.parent.map(|id| id.to_string())),
    ];
    for (key, id) in ids {
        member(key, id.unwrap_or_default().as_bytes());
    }
    member("scheme", b"otlp");
}

/// What all lines of the records of a source begin with.
pub fn opening(file: &str) -> Vec<u8> {
    let mut out = b"{\"file\":".to_vec();
    string(file.as_bytes(), &mut out);
    out.extend_from_slice(b",\"line\":");
    out
}

/// Appends one record's line, which begins with `opening`.
pub fn line(opening: &[u8], event: &Event, note: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(opening);
    decimal(event.place.line, out);
    // a time of day that nothing has given a date yet stands at the start of the epoch
    let undated = event.is(flag::NO_DATE) && event.time.civil().0 <= 1970;
    if !undated && !event.is(flag::TIME_UNKNOWN | flag::TIME_INHERITED) {
        out.extend_from_slice(b",\"time\":\"");
        out.extend_from_slice(&event.time.written());
        out.push(b'"');
    }
    out.extend_from_slice(note);
    out.extend_from_slice(b"}\n");
}
