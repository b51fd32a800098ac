//! OTLP traces in JSON. Source: opentelemetry-proto, trace/v1/trace.proto; ids in hex as OTLP/JSON demands, or in base64 as
//! plain protobuf JSON has them.

use super::{Exported, scalar, whole};
use crate::context::fields::kind;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Request<'t> {
    #[serde(borrow, rename = "resourceSpans", alias = "resource_spans")]
    resources: Vec<Resource<'t>>,
}

#[derive(Deserialize)]
struct Resource<'t> {
    #[serde(borrow, default)]
    resource: Attributed<'t>,
    #[serde(borrow, rename = "scopeSpans", alias = "scope_spans", alias = "instrumentationLibrarySpans")]
    scopes: Vec<Scope<'t>>,
}

#[derive(Deserialize, Default)]
struct Attributed<'t> {
    #[serde(borrow, default)]
    attributes: Vec<Attribute<'t>>,
}

#[derive(Deserialize)]
struct Attribute<'t> {
    #[serde(borrow)]
    key: Cow<'t, str>,
    #[serde(borrow, default)]
    value: Value<'t>,
}

#[derive(Deserialize, Default)]
struct Value<'t> {
    #[serde(borrow, rename = "stringValue", alias = "string_value")]
    string: Option<&'t RawValue>,
    #[serde(borrow, rename = "intValue", alias = "int_value")]
    int: Option<&'t RawValue>,
    #[serde(borrow, rename = "doubleValue", alias = "double_value")]
    double: Option<&'t RawValue>,
    #[serde(borrow, rename = "boolValue", alias = "bool_value")]
    bool: Option<&'t RawValue>,
}

impl<'t> Value<'t> {
    fn text(&self) -> Cow<'t, str> {
        self.string.or(self.int).or(self.double).or(self.bool).map(scalar).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Scope<'t> {
    #[serde(borrow, default)]
    spans: Vec<Span<'t>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span<'t> {
    #[serde(borrow, default, alias = "trace_id")]
    trace_id: Cow<'t, str>,
    #[serde(borrow, default, alias = "span_id")]
    span_id: Cow<'t, str>,
    #[serde(borrow, default, alias = "parent_span_id")]
    parent_span_id: Cow<'t, str>,
    #[serde(borrow, default)]
    name: Cow<'t, str>,
    #[serde(borrow, default)]
    kind: Option<&'t RawValue>,
    #[serde(borrow, default, alias = "start_time_unix_nano")]
    start_time_unix_nano: Option<&'t RawValue>,
    #[serde(borrow, default, alias = "end_time_unix_nano")]
    end_time_unix_nano: Option<&'t RawValue>,
    #[serde(borrow, default)]
    attributes: Vec<Attribute<'t>>,
    #[serde(borrow, default)]
    links: Vec<Link<'t>>,
    #[serde(borrow, default)]
    status: Status<'t>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link<'t> {
    #[serde(borrow, default, alias = "trace_id")]
    trace_id: Cow<'t, str>,
    #[serde(borrow, default, alias = "span_id")]
    span_id: Cow<'t, str>,
}

#[derive(Deserialize, Default)]
struct Status<'t> {
    #[serde(borrow, default)]
    code: Option<&'t RawValue>,
}

/// Hands out the spans of a request, or of one element of its `resourceSpans`; `None` if the text is neither.
pub(super) fn spans<'t>(text: &'t str, take: &mut dyn FnMut(Exported<'t>)) -> Option<()> {
    let resources = match serde_json::from_str::<Request<'t>>(text) {
        Ok(request) => request.resources,
        Err(_) => vec![serde_json::from_str::<Resource<'t>>(text).ok()?],
    };
    for resource in resources {
        let attribute = |name: &str| {
            resource
                .resource
                .attributes
                .iter()
                .find(|attribute| attribute.key == name)
                .map(|attribute| attribute.value.text())
                .unwrap_or_default()
        };
        let service = attribute("service.name");
        let instance = ["service.instance.id", "k8s.pod.name", "host.name"]
            .into_iter()
            .map(attribute)
            .find(|name| !name.is_empty())
            .unwrap_or_default();
        for span in resource.scopes.into_iter().flat_map(|scope| scope.spans) {
            let start = whole(span.start_time_unix_nano);
            let end = whole(span.end_time_unix_nano).max(start);
            take(Exported {
                trace: span.trace_id,
                span: span.span_id,
                parent: span.parent_span_id,
                name: span.name,
                kind: span.kind.and_then(|value| kind(scalar(value).as_bytes())),
                start,
                duration: (end - start) as u64,
                service: service.clone(),
                instance: instance.clone(),
                peer: Cow::Borrowed(""),
                failed: span
                    .status
                    .code
                    .is_some_and(|code| matches!(&*scalar(code), "2" | "STATUS_CODE_ERROR")),
                links: span.links.into_iter().map(|link| (link.trace_id, link.span_id)).collect(),
                attributes: span
                    .attributes
                    .into_iter()
                    .map(|attribute| {
                        let text = attribute.value.text();
                        (attribute.key, text)
                    })
                    .collect(),
            });
        }
    }
    Some(())
}
