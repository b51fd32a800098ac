//! Spans that somebody exported: OTLP JSON traces, Jaeger JSON, Zipkin JSON (v2, and v1's annotations).
//!
//! Each span becomes one event that is a whole span; links, kinds and what attributes tell stay with it. The documents are
//! told by their content; one document may be a whole file, a line, or one element of a list.

mod jaeger;
mod otlp;
mod zipkin;

use super::{Defaults, Found, id};
use crate::model::{
    Batch, Detail, Event, HeaderRole, Place, Prefix, SpanId, SpanKind, Symbol, Symbols, Time, TraceId, flag,
};
use crate::record::Record;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A span as an export states it; ids as written.
#[derive(Debug, Default)]
struct Exported<'t> {
    trace: Cow<'t, str>,
    span: Cow<'t, str>,
    parent: Cow<'t, str>,
    name: Cow<'t, str>,
    kind: Option<SpanKind>,
    /// Nanoseconds since the epoch.
    start: i64,
    /// Nanoseconds.
    duration: u64,
    service: Cow<'t, str>,
    instance: Cow<'t, str>,
    peer: Cow<'t, str>,
    failed: bool,
    links: Vec<(Cow<'t, str>, Cow<'t, str>)>,
    attributes: Vec<(Cow<'t, str>, Cow<'t, str>)>,
}

/// Appends an event for each span of a document; a document that is none after all becomes one plain event.
pub(super) fn write(text: &[u8], record: &Record<'_>, defaults: &Defaults, batch: &mut Batch) {
    let before = batch.events.len();
    let place = Place {
        source: defaults.source,
        line: record.line,
        offset: record.offset as u64,
        len: record.len.try_into().unwrap_or(u32::MAX),
        part: record.part,
    };
    if let Ok(text) = std::str::from_utf8(text) {
        let mut found = Found::default();
        found.obey(&defaults.keys);
        let mut part = record.part;
        let mut take = |span: Exported<'_>| {
            event(&span, Place { part, ..place }, &mut found, defaults, batch);
            part += 1;
        };
        let _ = otlp::spans(text, &mut take)
            .or_else(|| jaeger::spans(text, &mut take))
            .or_else(|| zipkin::spans(text, &mut take));
    }
    if batch.events.len() == before {
        batch.events.push(Event {
            service: defaults.service,
            instance: defaults.instance,
            flags: flag::TIME_UNKNOWN,
            ..Event::at(place)
        });
    }
}

fn event(span: &Exported<'_>, place: Place, found: &mut Found, defaults: &Defaults, batch: &mut Batch) {
    let Batch { events, details, symbols } = batch;
    let mut event = Event {
        time: Time(span.start),
        details_start: details.len() as u32,
        flags: flag::WHOLE_SPAN | flag::CONTEXT,
        service: if span.service.is_empty() {
            defaults.service
        } else {
            symbols.keep(span.service.as_bytes())
        },
        instance: if span.instance.is_empty() {
            defaults.instance
        } else {
            symbols.keep(span.instance.as_bytes())
        },
        template: symbols.keep(&super::template::text(span.name.as_bytes())),
        ..Event::at(place)
    };
    if let Some((trace, opaque)) = trace_id(&span.trace, symbols) {
        event.trace = Some(trace);
        event.flags |= if opaque { flag::OPAQUE_TRACE } else { 0 };
    }
    if let Some((id, opaque)) = span_id(&span.span, symbols) {
        event.span = Some(id);
        event.flags |= if opaque { flag::OPAQUE_SPAN } else { 0 };
    }
    event.parent = span_id(&span.parent, symbols).map(|(id, _)| id);
    event.flags |= if span.failed { flag::FAILED } else { 0 };
    details.push(Detail::Duration(span.duration));
    details.extend(span.kind.map(Detail::Kind));
    if !span.name.is_empty() {
        details.push(Detail::Operation(symbols.keep(span.name.as_bytes())));
    }
    if !span.peer.is_empty() {
        details.push(Detail::Peer(symbols.keep(span.peer.as_bytes())));
    }
    for (trace, linked) in &span.links {
        if let (Some((trace, _)), Some((linked, _))) = (trace_id(trace, symbols), span_id(linked, symbols)) {
            details.push(Detail::Link { trace, span: linked });
        }
    }
    found.clear();
    for (name, value) in &span.attributes {
        found.attribute(name.as_bytes(), value.as_bytes());
    }
    for key in &found.keys {
        symbols.keep_as(key.name, found.text(key.name_text));
        let text = found.text(key.value_text);
        let shape = key.shape.of_length(text.len());
        let prefix = Prefix::of(text, shape);
        details.push(Detail::Key { name: key.name, value: key.value, shape, prefix });
    }
    for header in &found.headers {
        details.push(Detail::Header {
            role: HeaderRole::Unknown,
            trace: header.trace.id,
            span: header.span.map(|span| span.id),
        });
    }
    for (at, detail) in [
        (found.topic, Detail::Topic as fn(Symbol) -> Detail),
        (found.method, Detail::Method),
        (found.peer, Detail::Peer),
        (found.database, Detail::Database),
    ] {
        if let Some(at) = at {
            details.push(detail(symbols.keep(found.text(at))));
        }
    }
    details.extend(found.status.map(Detail::Status));
    event.details_len = (details.len() - event.details_start as usize).try_into().unwrap_or(u16::MAX);
    events.push(event);
}

/// An id of an export: hex of any length, base64 of 16 bytes, or opaque.
fn trace_id(text: &str, symbols: &mut Symbols) -> Option<(TraceId, bool)> {
    if let Some((bits, _)) = id::hex(text.as_bytes()) {
        return TraceId::new(bits).map(|id| (id, false));
    }
    if text.len() == 24
        && let Some(bytes) =
            super::header::base64(text.as_bytes()).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok())
    {
        return TraceId::new(u128::from_be_bytes(bytes)).map(|id| (id, false));
    }
    if let Some(bits) = id::uuid(text.as_bytes()) {
        return TraceId::new(bits).map(|id| (id, false));
    }
    if text.is_empty() || text.len() > 256 {
        return None;
    }
    let id = TraceId::opaque(text.as_bytes());
    symbols.keep_as(id.symbol(), text.as_bytes());
    Some((id, true))
}

fn span_id(text: &str, symbols: &mut Symbols) -> Option<(SpanId, bool)> {
    if text.len() <= 16
        && let Some((bits, _)) = id::hex(text.as_bytes())
    {
        return SpanId::new(bits as u64).map(|id| (id, false));
    }
    if text.len() == 12
        && let Some(bytes) =
            super::header::base64(text.as_bytes()).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok())
    {
        return SpanId::new(u64::from_be_bytes(bytes)).map(|id| (id, false));
    }
    if text.is_empty() || text.len() > 256 {
        return None;
    }
    let id = SpanId::opaque(text.as_bytes());
    symbols.keep_as(id.symbol(), text.as_bytes());
    Some((id, true))
}

/// The text of a JSON scalar: a string's content, a number or boolean as written; empty for anything else.
fn scalar<'t>(value: &'t RawValue) -> Cow<'t, str> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<Cow<'t, str>>(text).unwrap_or_default(),
        Some(b'{' | b'[' | b'n') | None => Cow::Borrowed(""),
        _ => Cow::Borrowed(text),
    }
}

/// A whole number, written as a JSON number or string; a fraction is cut off.
fn whole(value: Option<&RawValue>) -> i64 {
    let text = value.map(scalar).unwrap_or_default();
    text.parse().or_else(|_| text.split('.').next().unwrap_or_default().parse()).unwrap_or(0)
}
