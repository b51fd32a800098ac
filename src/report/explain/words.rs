//! Formats and roles in words.

use crate::model::Shape;
use crate::record::{Format, Role};

/// What a format looks like, and so why a record begins with a line of it.
pub(super) fn format(format: Format) -> &'static str {
    match format {
        Format::Json => "a JSON object",
        Format::Logfmt => "pairs of key=value",
        Format::Object => "an object as a program prints it, not quite JSON",
        Format::Cef => "a security event (CEF or LEEF)",
        Format::Ltsv => "cells of label:value between tabs",
        Format::Xml => "elements of XML",
        Format::Block => "lines of a name and a value each",
        Format::Text => "free text",
        Format::Klog => "a klog header: level letter, month, day, time, process, file",
        Format::Access => "a line of an access log",
        Format::Table => "a row under the column names at the top",
        Format::Custom => "matches a pattern of the settings file",
        Format::OtlpLogs => "a log record of an OTLP request",
        Format::OtlpSpans => "a span of an OTLP request",
        Format::Jaeger => "a span of a Jaeger document",
        Format::Zipkin => "a span of a Zipkin document",
        Format::Docker => "a line as Docker's json-file driver wraps it",
        Format::Cri => "a line as Kubernetes wraps it: time, stream, tag",
        Format::Compose => "a line as docker compose shows it, with the container in front",
        Format::Kubectl => "a line as kubectl, stern and their like show it, with the pod in front",
        Format::Syslog => "syslog",
        Format::Journald => "an entry of systemd's journal",
        Format::Export => "an entry of a cloud's or shipper's export",
    }
}

/// Whether a format only wraps lines, so that what begins a record is told inside it.
pub(super) fn wraps_lines(format: Format) -> bool {
    matches!(format, Format::Docker | Format::Cri | Format::Compose | Format::Kubectl)
}

/// What a field is for; empty for fields without a role.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Other => "",
        Role::Noise => "of no use",
        Role::Time | Role::TimeSeconds | Role::TimeNanos => "time",
        Role::Level | Role::SeverityNumber => "level",
        Role::LevelOrTime => "level or time",
        Role::Message => "message",
        Role::Service => "service",
        Role::Instance => "instance",
        Role::Thread => "thread",
        Role::Logger => "logger",
        Role::TraceId | Role::GcpTrace | Role::XrayTraceId | Role::DatadogTraceId | Role::B3TraceId => {
            "trace id"
        }
        Role::SpanId | Role::DatadogSpanId | Role::B3SpanId => "span id",
        Role::ParentId | Role::DatadogParentId | Role::B3ParentId => "parent span id",
        Role::Tid => "trace id if it looks like one, else a thread",
        Role::DatadogHigh => "high half of a trace id",
        Role::Traceparent
        | Role::B3
        | Role::UberTraceId
        | Role::AmznTraceId
        | Role::CloudTraceContext
        | Role::DatadogTraceHeader
        | Role::DatadogParentHeader
        | Role::DatadogTags
        | Role::Sw8
        | Role::SwCtx
        | Role::SentryTrace
        | Role::NewRelic
        | Role::GrpcTraceBin
        | Role::RequestIdHeader => "propagation header",
        Role::Baggage => "baggage: its entries are keys",
        Role::Id => "correlation id",
        Role::DurationNanos
        | Role::DurationMicros
        | Role::DurationMillis
        | Role::DurationSeconds
        | Role::Duration => "duration",
        Role::Kind => "span kind",
        Role::Operation => "operation",
        Role::Topic => "topic",
        Role::Event => "kind of event",
        Role::Route => "route",
        Role::Method => "method",
        Role::Peer => "peer",
        Role::Caller => "caller",
        Role::Database => "database",
        Role::Status => "status",
        Role::Exception => "exception",
        Role::Payload => "line inside a wrapping",
    }
}

/// Whether a field's name says that its value is trace context.
pub(super) fn is_context(role: Role) -> bool {
    matches!(self::role(role), "trace id" | "span id" | "parent span id" | "propagation header")
        || role == Role::Tid
}

/// What a value looks like.
pub(super) fn shape(shape: Shape) -> &'static str {
    match shape {
        Shape::Uuid => "UUID",
        Shape::Hex => "hex",
        Shape::Mixed => "letters and digits",
        Shape::Number | Shape::Serial => "number",
        Shape::Decimal => "decimal number",
        Shape::Word => "word",
    }
}
