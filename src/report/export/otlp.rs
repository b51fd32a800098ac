//! OTLP JSON (OpenTelemetry Protocol, "JSON Protobuf Encoding"), one request a line, as the file exporter of the collector writes
//! and its file receiver reads: ids in hex, times as decimal strings, kinds and codes as numbers.

use super::{Event, Exported, spans};
use crate::model::{SpanKind, Trace};
use crate::report::{Report, TextOf};
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::io::{self, Write};

/// Writes each transaction on a line.
pub fn write(report: &Report<'_>, texts: &mut TextOf<'_>, out: &mut dyn Write) -> io::Result<()> {
    for trace in report.traces.iter().filter(|trace| !trace.spans.is_empty()) {
        serde_json::to_writer(&mut *out, &request(report, trace, texts))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn request(report: &Report<'_>, trace: &Trace, texts: &mut TextOf<'_>) -> Value {
    let mut services: IndexMap<&str, Vec<Value>> = IndexMap::new();
    let spans = spans(report, trace, texts);
    for span in &spans {
        services.entry(span.service).or_default().push(object(trace, span));
    }
    let resource = |(service, spans): (&str, Vec<Value>)| {
        json!({
            "resource": {"attributes": [attribute("service.name", service)]},
            "scopeSpans": [{
                "scope": {"name": "spanloom", "version": env!("CARGO_PKG_VERSION")},
                "spans": spans,
            }],
        })
    };
    json!({"resourceSpans": services.into_iter().map(resource).collect::<Vec<Value>>()})
}

fn attribute(name: &str, value: &str) -> Value {
    json!({"key": name, "value": {"stringValue": value}})
}

fn object(trace: &Trace, exported: &Exported<'_>) -> Value {
    let span = exported.span;
    let mut object = json!({
        "traceId": trace.id.to_string(),
        "spanId": exported.id.to_string(),
        "name": exported.name,
        "kind": match span.kind {
            None => 0,
            Some(SpanKind::Internal) => 1,
            Some(SpanKind::Server) => 2,
            Some(SpanKind::Client) => 3,
            Some(SpanKind::Producer) => 4,
            Some(SpanKind::Consumer) => 5,
        },
        "startTimeUnixNano": exported.start.to_string(),
        "endTimeUnixNano": exported.start.saturating_add_unsigned(exported.duration).to_string(),
    });
    if let Some(parent) = exported.parent {
        object["parentSpanId"] = parent.to_string().into();
    }
    let tags: Vec<Value> = exported.tags.iter().map(|(name, value)| attribute(name, value)).collect();
    let events: Vec<Value> = exported.events.iter().map(event).collect();
    let link = |link: &crate::model::Link| json!({"traceId": link.trace.to_string(), "spanId": link.span.to_string()});
    let links: Vec<Value> = span.links.iter().map(link).collect();
    for (name, list) in [("attributes", tags), ("events", events), ("links", links)] {
        if !list.is_empty() {
            object[name] = list.into();
        }
    }
    if span.failed {
        object["status"] = json!({"code": 2});
    }
    object
}

fn event(event: &Event) -> Value {
    let mut attributes = Vec::new();
    if !event.level.is_empty() {
        attributes.push(attribute("log.severity", event.level));
    }
    attributes.push(attribute("log.file.path", &event.file));
    attributes.push(json!({"key": "log.file.line", "value": {"intValue": event.line.to_string()}}));
    json!({"timeUnixNano": event.time.max(0).to_string(), "name": event.message, "attributes": attributes})
}
