//! Zipkin's JSON: version 2, and version 1 where annotations tell kind and service. Source: openzipkin/zipkin-api.

use super::{Exported, scalar, whole};
use crate::context::fields::kind;
use crate::model::SpanKind;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span<'t> {
    #[serde(borrow)]
    trace_id: Cow<'t, str>,
    #[serde(borrow)]
    id: Cow<'t, str>,
    #[serde(borrow, default)]
    parent_id: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    kind: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    name: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    timestamp: Option<&'t RawValue>,
    #[serde(borrow, default)]
    duration: Option<&'t RawValue>,
    #[serde(borrow, default)]
    local_endpoint: Option<Endpoint<'t>>,
    #[serde(borrow, default)]
    remote_endpoint: Option<Endpoint<'t>>,
    #[serde(borrow, default)]
    tags: Option<BTreeMap<Cow<'t, str>, &'t RawValue>>,
    #[serde(borrow, default)]
    annotations: Option<Vec<Annotation<'t>>>,
    #[serde(borrow, default)]
    binary_annotations: Option<Vec<Binary<'t>>>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
struct Endpoint<'t> {
    #[serde(borrow, default)]
    service_name: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    ipv4: Option<Cow<'t, str>>,
}

#[derive(Deserialize)]
struct Annotation<'t> {
    #[serde(borrow, default)]
    timestamp: Option<&'t RawValue>,
    #[serde(borrow, default)]
    value: Cow<'t, str>,
    #[serde(borrow, default)]
    endpoint: Option<Endpoint<'t>>,
}

#[derive(Deserialize)]
struct Binary<'t> {
    #[serde(borrow, default)]
    key: Cow<'t, str>,
    #[serde(borrow, default)]
    value: Option<&'t RawValue>,
    #[serde(borrow, default)]
    endpoint: Option<Endpoint<'t>>,
}

/// Hands out the spans: of a list, a list of traces, or a single span; `None` if the text is not Zipkin's.
pub(super) fn spans<'t>(text: &'t str, take: &mut dyn FnMut(Exported<'t>)) -> Option<()> {
    let spans = if let Ok(spans) = serde_json::from_str::<Vec<Span<'t>>>(text) {
        spans
    } else if let Ok(span) = serde_json::from_str::<Span<'t>>(text) {
        vec![span]
    } else {
        serde_json::from_str::<Vec<Vec<Span<'t>>>>(text).ok()?.into_iter().flatten().collect()
    };
    for span in spans {
        exported(span, take);
    }
    Some(())
}

/// A span of version 1 in which client and server annotated becomes two: the sides of the call.
fn exported<'t>(span: Span<'t>, take: &mut dyn FnMut(Exported<'t>)) {
    let start = whole(span.timestamp).saturating_mul(1_000);
    let duration = whole(span.duration).max(0) as u64 * 1_000;
    let annotations = span.annotations.unwrap_or_default();
    let named = |endpoint: &Option<Endpoint<'t>>| {
        endpoint.as_ref().and_then(|endpoint| endpoint.service_name.clone()).unwrap_or_default()
    };
    let address = |endpoint: &Option<Endpoint<'t>>| {
        endpoint.as_ref().and_then(|endpoint| endpoint.ipv4.clone()).unwrap_or_default()
    };
    let mut attributes: Vec<(Cow<'t, str>, Cow<'t, str>)> =
        span.tags.unwrap_or_default().into_iter().map(|(key, value)| (key, scalar(value))).collect();
    let binary = span.binary_annotations.unwrap_or_default();
    attributes.extend(binary.iter().map(|one| (one.key.clone(), one.value.map(scalar).unwrap_or_default())));
    let failed = attributes.iter().any(|(key, value)| key == "error" && value != "false");
    let side =
        |service: Cow<'t, str>, instance: Cow<'t, str>, kind: Option<SpanKind>, start: i64, duration: u64| {
            Exported {
                trace: span.trace_id.clone(),
                span: span.id.clone(),
                parent: span.parent_id.clone().unwrap_or_default(),
                name: span.name.clone().unwrap_or_default(),
                kind,
                start,
                duration,
                service,
                instance,
                peer: named(&span.remote_endpoint),
                failed,
                links: Vec::new(),
                attributes: attributes.clone(),
            }
        };
    let mut sides = 0;
    for (first, last, kind) in [
        ("cs", "cr", SpanKind::Client),
        ("sr", "ss", SpanKind::Server),
        ("ms", "ms", SpanKind::Producer),
        ("mr", "mr", SpanKind::Consumer),
    ] {
        let find = |word: &str| annotations.iter().find(|annotation| annotation.value == word);
        let Some(begin) = find(first).or_else(|| find(last)) else { continue };
        let from = whole(begin.timestamp) * 1_000;
        let to = find(last).map_or(from, |end| whole(end.timestamp) * 1_000).max(from);
        take(side(named(&begin.endpoint), address(&begin.endpoint), Some(kind), from, (to - from) as u64));
        sides += 1;
    }
    if sides == 0 {
        let stated = span.kind.as_ref().and_then(|word| kind(word.as_bytes()));
        let local = if span.local_endpoint.is_some() {
            named(&span.local_endpoint)
        } else {
            binary.iter().map(|one| named(&one.endpoint)).find(|name| !name.is_empty()).unwrap_or_default()
        };
        let begin = if start == 0 {
            annotations.iter().map(|one| whole(one.timestamp) * 1_000).min().unwrap_or(0)
        } else {
            start
        };
        take(side(local, address(&span.local_endpoint), stated, begin, duration));
    }
}
