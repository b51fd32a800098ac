//! The JSON that Jaeger's user interface loads and its query service gives (`/api/traces`): times in microseconds.

use super::{Event, Exported, spans};
use crate::model::Trace;
use crate::report::{Report, TextOf};
use indexmap::IndexSet;
use serde_json::{Value, json};
use std::io::{self, Write};

/// Writes all transactions as one object.
pub fn write(report: &Report<'_>, texts: &mut TextOf<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"data\":[")?;
    let mut first = true;
    for trace in report.traces.iter().filter(|trace| !trace.spans.is_empty()) {
        if !first {
            out.write_all(b",")?;
        }
        first = false;
        serde_json::to_writer(&mut *out, &object(report, trace, texts))?;
    }
    out.write_all(b"]}\n")
}

fn object(report: &Report<'_>, trace: &Trace, texts: &mut TextOf<'_>) -> Value {
    let id = trace.id.to_string();
    let spans = spans(report, trace, texts);
    let mut services: IndexSet<&str> = IndexSet::new();
    let spans: Vec<Value> =
        spans.iter().map(|one| span(&id, one, services.insert_full(one.service).0)).collect();
    let process =
        |(at, name): (usize, &&str)| (format!("p{}", at + 1), json!({"serviceName": name, "tags": []}));
    let processes: serde_json::Map<String, Value> = services.iter().enumerate().map(process).collect();
    json!({"traceID": id, "spans": spans, "processes": processes})
}

fn span(trace: &str, exported: &Exported<'_>, service: usize) -> Value {
    let span = exported.span;
    let reference =
        |kind: &str, trace: &str, id: String| json!({"refType": kind, "traceID": trace, "spanID": id});
    let mut references: Vec<Value> =
        exported.parent.iter().map(|parent| reference("CHILD_OF", trace, parent.to_string())).collect();
    references.extend(
        span.links
            .iter()
            .map(|link| reference("FOLLOWS_FROM", &link.trace.to_string(), link.span.to_string())),
    );
    let mut tags: Vec<Value> = exported.tags.iter().map(|(name, value)| tag(name, value)).collect();
    tags.extend(span.kind.map(|kind| tag("span.kind", &kind.name().to_ascii_lowercase())));
    if span.failed {
        tags.push(json!({"key": "error", "type": "bool", "value": true}));
    }
    json!({
        "traceID": trace,
        "spanID": exported.id.to_string(),
        "operationName": exported.name,
        "references": references,
        "startTime": exported.start / 1_000,
        "duration": exported.duration / 1_000,
        "tags": tags,
        "logs": exported.events.iter().map(log).collect::<Vec<Value>>(),
        "processID": format!("p{}", service + 1),
    })
}

fn tag(name: &str, value: &str) -> Value {
    json!({"key": name, "type": "string", "value": value})
}

fn log(event: &Event) -> Value {
    let mut fields = vec![tag("message", &event.message)];
    if !event.level.is_empty() {
        fields.push(tag("level", event.level));
    }
    fields.push(tag("file", &format!("{}:{}", event.file, event.line)));
    json!({"timestamp": event.time.max(0) / 1_000, "fields": fields})
}
