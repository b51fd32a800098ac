//! Zipkin's JSON, version 2: a list of spans, times in microseconds. A duration below one is written as one, since zero is refused.

use super::{Event, Exported, spans};
use crate::model::{SpanKind, Trace};
use crate::report::{Report, TextOf};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes the spans of all transactions as one list.
pub fn write(report: &Report<'_>, texts: &mut TextOf<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    let mut first = true;
    for trace in report.traces {
        for one in spans(report, trace, texts) {
            if !first {
                out.write_all(b",")?;
            }
            first = false;
            serde_json::to_writer(&mut *out, &span(trace, &one))?;
        }
    }
    out.write_all(b"]\n")
}

/// A span, its members in the order in which Zipkin writes them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ZipkinSpan<'s> {
    trace_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<String>,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    name: &'s str,
    timestamp: i64,
    duration: u64,
    local_endpoint: Endpoint<'s>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation<'s>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<&'s str, &'s str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint<'s> {
    service_name: &'s str,
}

#[derive(Serialize)]
struct Annotation<'s> {
    timestamp: i64,
    value: &'s str,
}

fn span<'s>(trace: &Trace, exported: &'s Exported<'_>) -> ZipkinSpan<'s> {
    let annotation =
        |event: &'s Event| Annotation { timestamp: event.time.max(0) / 1_000, value: &event.message };
    let mut tags: BTreeMap<&str, &str> =
        exported.tags.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if exported.span.failed {
        tags.insert("error", "true");
    }
    ZipkinSpan {
        trace_id: trace.id.to_string(),
        parent_id: exported.parent.map(|parent| parent.to_string()),
        id: exported.id.to_string(),
        // Zipkin has no kind for work within a service
        kind: exported.span.kind.filter(|kind| *kind != SpanKind::Internal).map(SpanKind::name),
        name: exported.name,
        timestamp: (exported.start / 1_000).max(1),
        duration: (exported.duration / 1_000).max(1),
        local_endpoint: Endpoint { service_name: exported.service },
        annotations: exported.events.iter().map(annotation).collect(),
        tags,
    }
}
