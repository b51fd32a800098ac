//! What fields are for.

/// What a field is for. Roles of ids say which scheme wrote them; what they mean is decided by the context stage.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// No role of its own; may still be a key.
    Other,
    /// Known, and of no use: versions, flags, counters of the logger itself.
    Noise,
    /// When it happened.
    Time,
    /// Seconds of a time whose nanoseconds stand beside it (log4j2 `instant.epochSecond`).
    TimeSeconds,
    /// The nanoseconds beside [`Role::TimeSeconds`].
    TimeNanos,
    /// Severity, as a word or number.
    Level,
    /// OpenTelemetry's severity number; counts where no word tells the severity.
    SeverityNumber,
    /// Severity in one logger's field, time in another's (`at=`): told by the value.
    LevelOrTime,
    /// What the record says.
    Message,
    /// Service name.
    Service,
    /// Pod, host or container.
    Instance,
    /// Thread, task or process.
    Thread,
    /// Logger or category.
    Logger,
    /// Trace id in hex, or as its scheme writes it.
    TraceId,
    /// Span id.
    SpanId,
    /// Parent span id.
    ParentId,
    /// `tid`: a trace id if it looks like one, else a thread.
    Tid,
    /// Datadog trace id: decimal unless it has 32 hex digits.
    DatadogTraceId,
    /// Datadog span id: decimal.
    DatadogSpanId,
    /// Datadog parent id: decimal.
    DatadogParentId,
    /// AWS X-Ray trace id or header.
    XrayTraceId,
    /// Google Cloud: `projects/P/traces/ID`, or the bare id.
    GcpTrace,
    /// W3C `traceparent`; also Elastic's and others of that form.
    Traceparent,
    /// B3 single header.
    B3,
    /// B3 multi headers.
    B3TraceId,
    /// B3 multi headers.
    B3SpanId,
    /// B3 multi headers.
    B3ParentId,
    /// Jaeger `uber-trace-id`.
    UberTraceId,
    /// AWS `X-Amzn-Trace-Id`.
    AmznTraceId,
    /// Google `X-Cloud-Trace-Context`.
    CloudTraceContext,
    /// Datadog header `x-datadog-trace-id`: decimal.
    DatadogTraceHeader,
    /// Datadog header `x-datadog-parent-id`: decimal.
    DatadogParentHeader,
    /// `x-datadog-tags`: holds `_dd.p.tid`.
    DatadogTags,
    /// The high half of a Datadog trace id in hex (`_dd.p.tid`).
    DatadogHigh,
    /// SkyWalking `sw8`.
    Sw8,
    /// SkyWalking `SW_CTX`.
    SwCtx,
    /// `sentry-trace`.
    SentryTrace,
    /// New Relic's `newrelic` header (base64 or JSON).
    NewRelic,
    /// OpenCensus `grpc-trace-bin`.
    GrpcTraceBin,
    /// .NET `Request-Id`, hierarchical.
    RequestIdHeader,
    /// W3C `baggage`: its entries are fields.
    Baggage,
    /// An id of something that several records share.
    Id,
    /// A duration in nanoseconds.
    DurationNanos,
    /// A duration in microseconds.
    DurationMicros,
    /// A duration in milliseconds.
    DurationMillis,
    /// A duration in seconds.
    DurationSeconds,
    /// A duration whose unit stands in the value, or is unknown.
    Duration,
    /// Span kind.
    Kind,
    /// Name of span or operation.
    Operation,
    /// Topic, queue, exchange, routing key.
    Topic,
    /// Which kind of event, message or alert it is about.
    Event,
    /// Request path or route.
    Route,
    /// HTTP or RPC method.
    Method,
    /// Who is talked to.
    Peer,
    /// Who asked.
    Caller,
    /// Kind or name of a database.
    Database,
    /// HTTP status.
    Status,
    /// Stack trace or exception.
    Exception,
    /// One line of output inside an envelope.
    Payload,
}
