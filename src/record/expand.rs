//! JSON that holds several records: OTLP requests, CloudWatch and Loki answers, lists of log entries.

use super::layers::Layers;
use super::pick::pick;
use super::read::{Reader, read};
use super::{Class, Draft, Format, Head, Layer, Look, look};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The records of an OTLP logs request. Source: opentelemetry-proto, logs/v1/logs.proto in the OTLP JSON mapping.
#[derive(Deserialize)]
struct OtlpLogs<'a> {
    #[serde(borrow, rename = "resourceLogs", alias = "resource_logs")]
    resources: Vec<ResourceLogs<'a>>,
}

#[derive(Deserialize)]
struct ResourceLogs<'a> {
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
    #[serde(
        borrow,
        default,
        rename = "scopeLogs",
        alias = "scope_logs",
        alias = "instrumentationLibraryLogs"
    )]
    scopes: Vec<ScopeLogs<'a>>,
}

#[derive(Deserialize)]
struct ScopeLogs<'a> {
    #[serde(borrow, default)]
    scope: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "logRecords", alias = "log_records")]
    records: Vec<&'a RawValue>,
}

/// CloudWatch's `get-log-events` and `filter-log-events`, and subscription data.
#[derive(Deserialize)]
struct Events<'a> {
    #[serde(borrow, alias = "logEvents", alias = "entries", alias = "records")]
    events: Vec<&'a RawValue>,
}

/// The answer of Loki's `query_range`, or what is pushed to it.
#[derive(Deserialize)]
struct Loki<'a> {
    #[serde(borrow)]
    data: Option<LokiData<'a>>,
    #[serde(borrow)]
    streams: Option<Vec<LokiStream<'a>>>,
}

#[derive(Deserialize)]
struct LokiData<'a> {
    #[serde(borrow)]
    result: Vec<LokiStream<'a>>,
}

#[derive(Deserialize)]
struct LokiStream<'a> {
    #[serde(borrow)]
    stream: &'a RawValue,
    #[serde(borrow)]
    values: Vec<&'a RawValue>,
}

/// Hands each record of such a JSON to `emit`; `false` if the layer is an ordinary record.
pub(super) fn expand(
    layer: &Layer<'_>,
    outer: Layers<'_>,
    reader: &mut Reader<'_>,
    emit: &mut dyn FnMut(Layers<'_>, u32),
) -> bool {
    let Some(kind) = kind(layer.text) else { return false };
    let Ok(text) = std::str::from_utf8(layer.text) else { return false };
    let mut part = 0;
    match kind {
        Kind::OtlpLogs => {
            let resources = match serde_json::from_str::<OtlpLogs<'_>>(text) {
                Ok(request) => request.resources,
                Err(_) => match serde_json::from_str::<ResourceLogs<'_>>(text) {
                    Ok(resource) => vec![resource],
                    Err(_) => return false,
                },
            };
            for resource in resources {
                for scope in resource.scopes {
                    for record in scope.records {
                        nested(
                            &[(resource.resource, Format::OtlpLogs), (scope.scope, Format::OtlpLogs)],
                            record,
                            Format::OtlpLogs,
                            outer,
                            reader,
                            &mut |layers, _| {
                                emit(layers, part);
                                part += 1;
                            },
                        );
                    }
                }
            }
        }
        Kind::Spans => {
            let spans = Layer { format: Format::OtlpSpans, ..*layer };
            emit(outer.with(spans), 0);
            return true;
        }
        Kind::Events => {
            let Ok(list) = serde_json::from_str::<Events<'_>>(text) else { return false };
            for event in list.events {
                nested(&[], event, Format::Json, outer, reader, &mut |layers, _| {
                    emit(layers, part);
                    part += 1;
                });
            }
        }
        Kind::Loki => {
            let Ok(answer) = serde_json::from_str::<Loki<'_>>(text) else { return false };
            let streams = answer.streams.or(answer.data.map(|data| data.result)).unwrap_or_default();
            for stream in streams {
                for value in stream.values {
                    nested(
                        &[(Some(stream.stream), Format::Export)],
                        value,
                        Format::Export,
                        outer,
                        reader,
                        &mut |layers, _| {
                            emit(layers, part);
                            part += 1;
                        },
                    );
                }
            }
        }
    }
    part > 0
}

enum Kind {
    OtlpLogs,
    Spans,
    Events,
    Loki,
}

/// Told by the first names of the object.
fn kind(text: &[u8]) -> Option<Kind> {
    let start = text.iter().position(|byte| !matches!(byte, b'{' | b'[' | b' ' | b'\n' | b'\r' | b'\t'))?;
    let rest = text[start..].strip_prefix(b"\"")?;
    let name = &rest[..memchr::memchr(b'"', rest)?];
    let has = |name: &[u8]| memchr::memmem::find(&text[..text.len().min(4096)], name).is_some();
    match name {
        b"resourceLogs" | b"resource_logs" => Some(Kind::OtlpLogs),
        b"resourceSpans" | b"resource_spans" => Some(Kind::Spans),
        b"resource" | b"scopeSpans" | b"schemaUrl" if has(b"\"scopeSpans\"") => Some(Kind::Spans),
        b"resource" | b"scopeLogs" | b"schemaUrl" if has(b"\"scopeLogs\"") => Some(Kind::OtlpLogs),
        b"spanID" | b"operationName" | b"references" | b"processes" | b"flags" if has(b"\"traceID\"") => {
            Some(Kind::Spans)
        }
        b"traceID" | b"traceId"
            if has(b"\"spans\"") && has(b"\"processes\"")
                || has(b"\"operationName\"") && has(b"\"references\"") =>
        {
            Some(Kind::Spans)
        }
        b"data" if has(b"\"spans\"") && has(b"\"traceID\"") => Some(Kind::Spans),
        b"traceId" | b"id" | b"parentId" | b"kind" | b"name"
            if (has(b"\"localEndpoint\"") || has(b"\"annotations\""))
                && has(b"\"traceId\"")
                && has(b"\"id\"") =>
        {
            Some(Kind::Spans)
        }
        b"events" | b"logEvents" | b"messageType" | b"owner"
            if has(b"\"events\"") || has(b"\"logEvents\"") =>
        {
            Some(Kind::Events)
        }
        b"status" | b"streams" | b"data" if has(b"\"stream\"") && has(b"\"values\"") => Some(Kind::Loki),
        _ => None,
    }
}

/// Reads a JSON value as a record, with the JSON objects around it as layers.
fn nested(
    around: &[(Option<&RawValue>, Format)],
    value: &RawValue,
    format: Format,
    outer: Layers<'_>,
    reader: &mut Reader<'_>,
    emit: &mut dyn FnMut(Layers<'_>, u32),
) {
    match around.split_first() {
        Some(((None, _), rest)) => nested(rest, value, format, outer, reader, emit),
        Some(((Some(container), kind), rest)) => {
            let text = container.get().as_bytes();
            let mut draft = Draft::default();
            draft.scan_json(text, 0);
            pick(text, &mut draft);
            draft.message = None;
            let layers = outer.with(Layer { text, draft: &draft, format: *kind, names: &[] });
            nested(rest, value, format, layers, reader, emit);
        }
        None => {
            let text = value.get().as_bytes();
            let mut draft = Draft::default();
            let profile = reader.profile;
            if text.starts_with(b"[") {
                return loki_value(value, outer, reader, emit);
            }
            let seen = Look {
                format: Format::Json,
                class: Class::Start,
                head: Head::default(),
                awaits_level: false,
            };
            let reader = Reader { profile, drafts: reader.drafts, buffers: reader.buffers };
            if format == Format::OtlpLogs {
                draft.scan_json(text, 0);
                pick(text, &mut draft);
                emit(outer.with(Layer { text, draft: &draft, format, names: &[] }), 0);
            } else {
                read(text, &seen, &mut draft, outer, reader, emit);
            }
        }
    }
}

/// `["1712000000000000000", "line", {metadata}]`: the line is read like one of a file.
fn loki_value(
    value: &RawValue,
    outer: Layers<'_>,
    reader: &mut Reader<'_>,
    emit: &mut dyn FnMut(Layers<'_>, u32),
) {
    let Ok(parts) = serde_json::from_str::<Vec<&RawValue>>(value.get()) else { return };
    let [time, line, ..] = parts.as_slice() else { return };
    let Ok(line) = serde_json::from_str::<String>(line.get()) else { return };
    let time = time.get().trim_matches('"');
    let draft = Draft { stamp: super::timestamp::parse_epoch(time.as_bytes()), ..Draft::default() };
    let layers =
        outer.with(Layer { text: time.as_bytes(), draft: &draft, format: Format::Export, names: &[] });
    let mut inner = Draft::default();
    let plain = super::Profile { order: reader.profile.order, ..super::Profile::default() };
    let line = line.trim_end().as_bytes();
    let seen = look::look(line.split(|&byte| byte == b'\n').next().unwrap_or_default(), &plain, &mut inner);
    read(
        line,
        &seen,
        &mut inner,
        layers,
        Reader { profile: &plain, drafts: reader.drafts, buffers: reader.buffers },
        emit,
    );
}
