//! Jaeger's JSON: the answer of its query API, one trace of it, or single spans as its Elasticsearch storage keeps them.
//! Source: jaeger, model/json.

use super::{Exported, scalar, whole};
use crate::context::fields::kind;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Answer<'t> {
    #[serde(borrow)]
    data: Vec<Trace<'t>>,
}

#[derive(Deserialize)]
struct Trace<'t> {
    #[serde(borrow)]
    spans: Vec<Span<'t>>,
    #[serde(borrow, default)]
    processes: BTreeMap<Cow<'t, str>, Process<'t>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Process<'t> {
    #[serde(borrow, default)]
    service_name: Cow<'t, str>,
    #[serde(borrow, default)]
    tags: Vec<Tag<'t>>,
}

#[derive(Deserialize)]
struct Tag<'t> {
    #[serde(borrow)]
    key: Cow<'t, str>,
    #[serde(borrow, default)]
    value: Option<&'t RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span<'t> {
    #[serde(borrow, rename = "traceID")]
    trace_id: Cow<'t, str>,
    #[serde(borrow, rename = "spanID")]
    span_id: Cow<'t, str>,
    #[serde(borrow, default, rename = "parentSpanID")]
    parent_span_id: Cow<'t, str>,
    #[serde(borrow)]
    operation_name: Cow<'t, str>,
    #[serde(borrow, default)]
    references: Option<Vec<Reference<'t>>>,
    #[serde(borrow)]
    start_time: &'t RawValue,
    #[serde(borrow, default)]
    duration: Option<&'t RawValue>,
    #[serde(borrow, default)]
    tags: Option<Vec<Tag<'t>>>,
    #[serde(borrow, default, rename = "processID")]
    process_id: Cow<'t, str>,
    #[serde(borrow, default)]
    process: Option<Process<'t>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference<'t> {
    #[serde(borrow, default)]
    ref_type: Cow<'t, str>,
    #[serde(borrow, default, rename = "traceID")]
    trace_id: Cow<'t, str>,
    #[serde(borrow, default, rename = "spanID")]
    span_id: Cow<'t, str>,
}

/// Hands out the spans; `None` if the text is not Jaeger's.
pub(super) fn spans<'t>(text: &'t str, take: &mut dyn FnMut(Exported<'t>)) -> Option<()> {
    let traces = if let Ok(answer) = serde_json::from_str::<Answer<'t>>(text) {
        answer.data
    } else if let Ok(trace) = serde_json::from_str::<Trace<'t>>(text) {
        vec![trace]
    } else if let Ok(span) = serde_json::from_str::<Span<'t>>(text) {
        vec![Trace { spans: vec![span], processes: BTreeMap::new() }]
    } else {
        vec![Trace { spans: serde_json::from_str::<Vec<Span<'t>>>(text).ok()?, processes: BTreeMap::new() }]
    };
    for trace in traces {
        for span in trace.spans {
            take(exported(span, &trace.processes));
        }
    }
    Some(())
}

fn exported<'t>(span: Span<'t>, processes: &BTreeMap<Cow<'t, str>, Process<'t>>) -> Exported<'t> {
    let none = Process::default();
    let process = span.process.as_ref().or_else(|| processes.get(&span.process_id)).unwrap_or(&none);
    let process_tag = |name: &str| {
        process
            .tags
            .iter()
            .find(|tag| tag.key == name)
            .and_then(|tag| tag.value)
            .map(scalar)
            .unwrap_or_default()
    };
    let tags: Vec<(Cow<'t, str>, Cow<'t, str>)> = span
        .tags
        .unwrap_or_default()
        .into_iter()
        .map(|tag| (tag.key, tag.value.map(scalar).unwrap_or_default()))
        .collect();
    let tag = |name: &str| tags.iter().find(|(key, _)| key == name).map(|(_, value)| &**value);
    // the parent is the first reference of that kind within the trace; all others are links
    let mut parent = span.parent_span_id;
    let mut links = Vec::new();
    let references = span.references.unwrap_or_default();
    let is_parent = |reference: &Reference<'_>, kind: &str| {
        reference.ref_type == kind && reference.trace_id == span.trace_id
    };
    let chosen = references
        .iter()
        .position(|reference| is_parent(reference, "CHILD_OF"))
        .or_else(|| references.iter().position(|reference| is_parent(reference, "FOLLOWS_FROM")))
        .filter(|_| parent.is_empty());
    for (index, reference) in references.into_iter().enumerate() {
        if Some(index) == chosen {
            parent = reference.span_id;
        } else if reference.span_id != parent {
            links.push((reference.trace_id, reference.span_id));
        }
    }
    Exported {
        kind: tag("span.kind").and_then(|word| kind(word.as_bytes())),
        failed: matches!(tag("error"), Some("true")) || matches!(tag("otel.status_code"), Some("ERROR")),
        peer: tag("peer.service").map(|name| Cow::Owned(name.to_owned())).unwrap_or_default(),
        service: process.service_name.clone(),
        instance: [process_tag("service.instance.id"), process_tag("hostname")]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default(),
        trace: span.trace_id,
        span: span.span_id,
        parent,
        name: span.operation_name,
        start: whole(Some(span.start_time)).saturating_mul(1_000),
        duration: whole(span.duration).max(0) as u64 * 1_000,
        links,
        attributes: tags,
    }
}
