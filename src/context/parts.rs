//! What may be found in a record.

use crate::model::{HeaderRole, Shape, SpanId, Symbol, TraceId};
use crate::record::At;

/// Which scheme the ids of a record were written in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    /// Plain fields such as `trace_id` and `span_id`.
    Plain,
    /// W3C Trace Context.
    W3c,
    /// B3, single or multi.
    B3,
    /// Jaeger's `uber-trace-id`.
    Jaeger,
    /// AWS X-Ray.
    Xray,
    /// Datadog.
    Datadog,
    /// Google Cloud.
    Gcp,
    /// SkyWalking.
    Skywalking,
    /// Sentry.
    Sentry,
    /// New Relic.
    NewRelic,
    /// OpenCensus binary.
    OpenCensus,
    /// Spring Cloud Sleuth, Micrometer: ids by their place in brackets.
    Sleuth,
    /// .NET hierarchical ids.
    Dotnet,
    /// OTLP, Jaeger and Zipkin JSON.
    Otlp,
}

impl Scheme {
    /// The name in `extract`.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Plain => "plain",
            Scheme::W3c => "w3c",
            Scheme::B3 => "b3",
            Scheme::Jaeger => "jaeger",
            Scheme::Xray => "xray",
            Scheme::Datadog => "datadog",
            Scheme::Gcp => "gcp",
            Scheme::Skywalking => "skywalking",
            Scheme::Sentry => "sentry",
            Scheme::NewRelic => "newrelic",
            Scheme::OpenCensus => "opencensus",
            Scheme::Sleuth => "sleuth",
            Scheme::Dotnet => "dotnet",
            Scheme::Otlp => "otlp",
        }
    }
}

/// A trace id as found: canonical, and whether it is opaque.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FoundTrace {
    /// The id.
    pub id: TraceId,
    /// Its text, for an opaque id, in [`Found::arena`](super::Found::arena).
    pub text: Option<At>,
    /// Its scheme.
    pub scheme: Scheme,
    /// It was mangled and read all the same.
    pub lenient: bool,
}

/// A span id as found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FoundSpan {
    /// The id.
    pub id: SpanId,
    /// Its text, for an opaque id, in [`Found::arena`](super::Found::arena).
    pub text: Option<At>,
}

/// A propagation header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FoundHeader {
    /// Received or sent, as far as the record tells.
    pub role: HeaderRole,
    /// Its trace.
    pub trace: FoundTrace,
    /// Its span: the sender's.
    pub span: Option<FoundSpan>,
    /// The sender's parent, where the header tells it (B3).
    pub parent: Option<FoundSpan>,
}

/// A correlation id with its name, both as written, in [`Found::arena`](super::Found::arena).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FoundId {
    /// The name as written; nested names joined by a dot.
    pub name: At,
    /// The value as written.
    pub value: At,
}

/// A value that may tie records together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FoundKey {
    /// Its name, lowercase, without separators.
    pub name: Symbol,
    /// The name's text in [`Found::arena`](super::Found::arena).
    pub name_text: At,
    /// Its value.
    pub value: Symbol,
    /// The value's text in [`Found::arena`](super::Found::arena).
    pub value_text: At,
    /// What the value looks like.
    pub shape: Shape,
}
