//! `extract`: what was read from each record, one JSON object a line. Unknown keys are left out.

use super::json_text::{member, name, number, plain, string};
use crate::context::{Found, FoundSpan, FoundTrace};
use crate::model::{Batch, Detail, Event, flag};
use crate::record::Record;

/// The members of a record's object that need its bytes: all but `file`, `line` and `time`.
pub fn note(record: &Record<'_>, found: Option<&Found>, event: &Event, batch: &Batch, out: &mut Vec<u8>) {
    let text = |symbol| batch.symbols.text(symbol).as_bytes();
    let mut member = |key: &str, value: &[u8]| {
        if !value.is_empty() {
            out.push(b',');
            string(key.as_bytes(), out);
            out.push(b':');
            string(value, out);
        }
    };
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
                member("trace_id", &trace_text(found, trace));
            }
            if let Some(span) = found.shown_span() {
                member("span_id", &span_text(found, span));
            }
            if let Some(span) = found.shown_parent() {
                member("parent_span_id", &span_text(found, span));
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
    out.push(b',');
    string(b"format", out);
    out.push(b':');
    let mut format = String::new();
    for layer in record.layers.iter() {
        if !format.ends_with(layer.format.name()) {
            if !format.is_empty() {
                format.push('+');
            }
            format.push_str(layer.format.name());
        }
    }
    string(format.as_bytes(), out);
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

fn trace_text(found: &Found, trace: FoundTrace) -> Vec<u8> {
    trace.text.map_or_else(|| trace.id.to_string().into_bytes(), |at| found.text(at).to_vec())
}

fn span_text(found: &Found, span: FoundSpan) -> Vec<u8> {
    span.text.map_or_else(|| span.id.to_string().into_bytes(), |at| found.text(at).to_vec())
}

/// Appends one record's line.
pub fn line(file: &str, event: &Event, note: &[u8], out: &mut Vec<u8>) {
    out.push(b'{');
    member("file", file.as_bytes(), out);
    number("line", event.place.line, out);
    // a time of day that nothing has given a date yet stands at the start of the epoch
    let undated = event.is(flag::NO_DATE) && event.time.civil().0 <= 1970;
    if !undated && !event.is(flag::TIME_UNKNOWN | flag::TIME_INHERITED) {
        plain("time", event.time, out);
    }
    out.extend_from_slice(note);
    out.extend_from_slice(b"}\n");
    let _ = name;
}
