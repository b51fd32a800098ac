//! What the names of fields mean: data, by role.
//!
//! A name is compared without case and separators: `trace_id`, `traceId`, `Trace-ID`, `trace.id` and a nested
//! `{"trace":{"id":…}}` are all `traceid`. A nested field is looked up by its whole path first, then by its own name.

use rustc_hash::FxHashMap;
use std::sync::LazyLock;

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
    /// Request path or route.
    Route,
    /// HTTP or RPC method.
    Method,
    /// Who is talked to.
    Peer,
    /// Kind or name of a database.
    Database,
    /// HTTP status.
    Status,
    /// Stack trace or exception.
    Exception,
    /// One line of output inside an envelope.
    Payload,
}

/// What is known of a name.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The role.
    pub role: Role,
    /// Between several fields of one role the lowest rank counts.
    pub rank: u8,
    /// Holds only at the top of the record or in a container that adds nothing ([`TRANSPARENT`]).
    pub top_only: bool,
}

/// Containers whose fields count as if they stood at the top.
pub const TRANSPARENT: &[&str] = &[
    "fields",
    "attributes",
    "attrs",
    "attr",
    "labels",
    "label",
    "mdc",
    "context",
    "contextmap",
    "ctx",
    "extra",
    "extras",
    "data",
    "properties",
    "property",
    "props",
    "resource",
    "meta",
    "metadata",
    "tags",
    "tag",
    "params",
    "args",
    "scope",
    "scopes",
    "state",
    "jsonpayload",
    "structuredpayload",
    "payload",
    "body",
    "record",
    "event",
    "log",
    "span",
    "spans",
    "thread",
    "values",
    "kv",
    "info",
    "details",
    "bindings",
    "annotations",
    "customdimensions",
    "mdcfields",
    "xfields",
    "headers",
    "header",
    "threadcontext",
    "diagnosticcontext",
    "logs",
    "detail",
    "entry",
    "resourceattributes",
    "logattributes",
    "instrumentationscope",
    "atfields",
    "userdata",
    "custom",
    "eventdata",
    "msgattributes",
    "message",
    "msg",
    "result",
    "source",
    "rpc",
];

/// Names that hold at any depth: (role, rank of the first name, names without separators, most telling first).
const ANYWHERE: &[(Role, &[&str])] = &[
    (
        Role::Time,
        &[
            "attimestamp",
            "eventtimestamp",
            "logtimestamp",
            "timestampns",
            "timestampms",
            "timetimestamp",
            "timerepr",
        ],
    ),
    (Role::TimeSeconds, &["instantepochsecond", "timestampseconds"]),
    (Role::TimeNanos, &["instantnanoofsecond", "timestampnanos", "timenanos"]),
    (
        Role::Service,
        &[
            "servicename",
            "resourceservicename",
            "otelservicename",
            "ddservice",
            "resourceattributesservicename",
            "otelresourceservicename",
            "entityname",
            "serviceid",
            "svcname",
            "applicationname",
            "appname",
            "springapplicationname",
            "loggingapplicationname",
            "kubernetespodlabelsapp",
            "kuberneteslabelsapp",
            "kuberneteslabelsappkubernetesioname",
            "k8sdeploymentname",
            "kubernetescontainername",
            "resourcelabelscontainername",
            "k8scontainername",
            "syslogidentifier",
            "sysloggeridentifier",
            "systemdunit",
            "resourcelabelsservicename",
            "resourcelabelsfunctionname",
            "microservice",
            "microservicename",
            "componentname",
            "servicecontextservice",
            "cloudrolename",
            "approlename",
        ],
    ),
    (
        Role::Instance,
        &[
            "serviceinstanceid",
            "kubernetespodname",
            "k8spodname",
            "podname",
            "resourcelabelspodname",
            "containerid",
            "kubernetespod",
            "instanceid",
            "hosthostname",
            "hostname",
        ],
    ),
    (
        Role::TraceId,
        &[
            "traceid",
            "oteltraceid",
            "xtraceid",
            "traceidhex",
            "traceident",
            "logtraceid",
            "mdctraceid",
            "contexttraceid",
            "sentrytraceid",
            "activitytraceid",
            "otelspantraceid",
            "currenttraceid",
            "w3ctraceid",
            "traceguid",
            "distributedtraceid",
            "skywalkingtraceid",
            "swtraceid",
            "apmtraceid",
            "elasticapmtraceid",
            "tracingid",
            "operationtraceid",
            "spantraceid",
            "spancontexttraceid",
            "spancontexttrace",
            "ottracertraceid",
        ],
    ),
    (
        Role::SpanId,
        &[
            "spanid",
            "otelspanid",
            "xspanid",
            "activityspanid",
            "currentspanid",
            "spancontextspanid",
            "spancontextspan",
            "ottracerspanid",
            "logginggoogleapiscomspanid",
            "swspanid",
            "contextspanid",
            "mdcspanid",
        ],
    ),
    (
        Role::ParentId,
        &[
            "parentspanid",
            "parentid",
            "spanparentid",
            "otelparentspanid",
            "otelparentid",
            "parentspan",
            "activityparentid",
            "xparentspanid",
            "parentspancontextspanid",
            "spanparentspanid",
        ],
    ),
    (Role::DatadogTraceId, &["ddtraceid"]),
    (Role::DatadogSpanId, &["ddspanid"]),
    (Role::DatadogParentId, &["ddparentid"]),
    (Role::XrayTraceId, &["xraytraceid", "awsxraytraceid", "xrayid", "awstraceid", "awsxraytrace"]),
    (Role::GcpTrace, &["logginggoogleapiscomtrace"]),
    (
        Role::Traceparent,
        &[
            "traceparent",
            "httptraceparent",
            "elasticapmtraceparent",
            "httpelasticapmtraceparent",
            "cetraceparent",
            "googcloudpubsubtraceparent",
            "googclienttraceparent",
        ],
    ),
    (Role::B3, &["b3", "httpb3", "xb3"]),
    (Role::B3TraceId, &["xb3traceid", "httpxb3traceid", "b3traceid"]),
    (Role::B3SpanId, &["xb3spanid", "httpxb3spanid", "b3spanid"]),
    (Role::B3ParentId, &["xb3parentspanid", "httpxb3parentspanid", "b3parentspanid"]),
    (Role::UberTraceId, &["ubertraceid", "httpubertraceid"]),
    (Role::AmznTraceId, &["xamzntraceid", "httpxamzntraceid", "awstraceheader", "root"]),
    (Role::CloudTraceContext, &["xcloudtracecontext", "httpxcloudtracecontext"]),
    (Role::DatadogTraceHeader, &["xdatadogtraceid", "httpxdatadogtraceid"]),
    (Role::DatadogParentHeader, &["xdatadogparentid", "httpxdatadogparentid"]),
    (Role::DatadogTags, &["xdatadogtags", "httpxdatadogtags"]),
    (Role::DatadogHigh, &["ddptid"]),
    (Role::Sw8, &["sw8", "httpsw8"]),
    (Role::SwCtx, &["swctx"]),
    (Role::SentryTrace, &["sentrytrace", "httpsentrytrace"]),
    (Role::NewRelic, &["newrelic", "httpnewrelic"]),
    (Role::GrpcTraceBin, &["grpctracebin", "httpgrpctracebin"]),
    (Role::Baggage, &["baggage", "httpbaggage"]),
    (
        Role::DurationNanos,
        &[
            "durationns",
            "durationnanos",
            "elapsedns",
            "elapsednanos",
            "eventduration",
            "tookns",
            "latencyns",
            "durationnanoseconds",
            "durationinnanos",
        ],
    ),
    (
        Role::DurationMicros,
        &[
            "durationus",
            "durationmicros",
            "elapsedus",
            "latencyus",
            "tookus",
            "durationmicroseconds",
            "elapsedmicros",
        ],
    ),
    (
        Role::DurationMillis,
        &[
            "durationms",
            "durationmillis",
            "elapsedms",
            "elapsedmilliseconds",
            "elapsedmillis",
            "latencyms",
            "tookms",
            "responsetime",
            "responsetimems",
            "timems",
            "ms",
            "queuedurationms",
            "executiontimems",
            "processingtimems",
            "timetakenms",
            "timetaken",
            "durationmilliseconds",
            "runtimems",
            "handlems",
            "requesttimems",
            "latencymillis",
            "durationinms",
            "totalms",
            "wallms",
            "dms",
            "elapsedtimems",
            "costms",
            "timecostms",
            "processms",
        ],
    ),
    (
        Role::DurationSeconds,
        &[
            "durations",
            "durationsec",
            "durationseconds",
            "durationsecs",
            "elapsedseconds",
            "elapsedsec",
            "elapseds",
            "latencyseconds",
            "tooks",
            "requesttime",
            "upstreamresponsetime",
            "responsetimeseconds",
            "processingtimeseconds",
            "runtime",
            "durationinseconds",
            "rt",
        ],
    ),
    (
        Role::Duration,
        &[
            "duration",
            "elapsed",
            "took",
            "latency",
            "elapsedtime",
            "processingtime",
            "executiontime",
            "timeelapsed",
            "responseduration",
            "requestduration",
            "durationhuman",
            "timeidle",
            "timebusy",
        ],
    ),
    (Role::Message, &["bodystringvalue", "fieldsmessage", "messagetext"]),
    (Role::Kind, &["spankind", "otelkind", "otelspankind"]),
    (
        Role::Operation,
        &["spanname", "operationname", "otelname", "rpcmethod", "otelspanname", "codefunctionname"],
    ),
    (
        Role::Topic,
        &[
            "topic",
            "routingkey",
            "queue",
            "queuename",
            "exchange",
            "destination",
            "messagingdestinationname",
            "messagingdestination",
            "topicname",
            "subject",
            "stream",
            "streamname",
            "channelname",
            "kafkatopic",
            "messagingkafkatopic",
            "eventtype",
            "messagetype",
            "kafkareceivedtopic",
            "dwdestination",
            "rabbitmqroutingkey",
            "messagingrabbitmqdestinationroutingkey",
            "destinationname",
            "queueurl",
            "destinationtopic",
            "sourcetopic",
            "subscription",
            "eventname",
            "messagingrabbitmqroutingkey",
        ],
    ),
    (
        Role::Route,
        &[
            "httproute",
            "httptarget",
            "urlpath",
            "httppath",
            "path",
            "uri",
            "requesturi",
            "requestpath",
            "httpurl",
            "route",
            "url",
            "urlfull",
            "endpoint",
            "httpreqpath",
            "requrl",
            "requesturl",
            "httprequestpath",
            "httprequesturl",
            "reqpath",
            "requestroute",
        ],
    ),
    (
        Role::Method,
        &["httpmethod", "httprequestmethod", "method", "requestmethod", "reqmethod", "httpreqmethod", "verb"],
    ),
    (
        Role::Peer,
        &[
            "peerservice",
            "peer",
            "peername",
            "upstream",
            "upstreamservice",
            "serveraddress",
            "netpeername",
            "targetservice",
            "destservice",
            "remoteservice",
            "downstream",
            "upstreamhost",
            "callee",
            "dependency",
        ],
    ),
    (Role::Database, &["dbsystem", "dbsystemname", "dbtype", "dbname", "dbnamespace"]),
    (
        Role::Status,
        &[
            "httpstatuscode",
            "httpresponsestatuscode",
            "statuscode",
            "resstatuscode",
            "httpstatus",
            "responsestatus",
            "responsestatuscode",
            "status",
            "httpresstatus",
        ],
    ),
    (
        Role::Exception,
        &[
            "exceptionstacktrace",
            "stacktrace",
            "stack",
            "errorstacktrace",
            "errorstack",
            "errstack",
            "exception",
            "excinfo",
            "thrown",
            "exceptionmessage",
            "exceptiontype",
            "traceback",
            "errorkind",
        ],
    ),
    (
        Role::Noise,
        &[
            "traceflags",
            "tracesampled",
            "oteltracesampled",
            "traceflag",
            "sampled",
            "xb3sampled",
            "xb3flags",
            "tracestate",
            "logginggoogleapiscomtracesampled",
            "xdatadogsamplingpriority",
            "ddversion",
            "ddenv",
            "ecsversion",
            "atversion",
            "levelvalue",
            "endofbatch",
            "loggerfqcn",
            "threadpriority",
            "receivetimestamp",
            "ingestiontime",
            "insertid",
            "droppedattributescount",
            "logoriginal",
            "cursor",
            "monotonictimestamp",
            "bootid",
            "machineid",
            "sourcerealtimetimestamp",
            "seqnum",
            "eventoutcome",
            "httpversion",
            "useragent",
            "httpuseragent",
            "processuptime",
            "lineno",
            "linenumber",
            "source",
            "sourcelocation",
            "caller",
            "filename",
            "func",
            "function",
            "file",
            "logoriginfileline",
            "logoriginfilename",
            "logoriginfunction",
            "processname",
            "processpid",
            "pid",
            "processthreadname",
            "uid",
            "gid",
        ],
    ),
    (
        Role::Logger,
        &[
            "loggername",
            "loglogger",
            "logger",
            "sourcecontext",
            "category",
            "categoryname",
            "target",
            "otelscopename",
            "channel",
            "pythonlogger",
        ],
    ),
    (
        Role::Thread,
        &[
            "threadname",
            "threadid",
            "processthreadname",
            "processthreadid",
            "thread",
            "goroutine",
            "fiber",
            "taskname",
            "threadnum",
        ],
    ),
];

/// Names that mean this only at the top of a record.
const TOP: &[(Role, &[&str])] = &[
    (
        Role::Time,
        &[
            "timestamp",
            "time",
            "ts",
            "t",
            "datetime",
            "date",
            "asctime",
            "eventtime",
            "logtime",
            "when",
            "instant",
            "timeunixnano",
            "epochmillis",
            "timemillis",
            "realtimetimestamp",
            "created",
            "createdat",
            "timestamputc",
            "localtime",
            "timelocal",
            "timeiso8601",
            "tdate",
            "written",
            "logdate",
            "timegenerated",
            "starttime",
            "isotime",
            "utctime",
            "timestampmillis",
            "epoch",
            "msec",
            "timereceived",
            "eventtimeutc",
            "logged",
            "loggedat",
            "startedat",
            "observedtimeunixnano",
            "observedtimestamp",
        ],
    ),
    (
        Role::Level,
        &[
            "level",
            "severity",
            "loglevel",
            "loglevelname",
            "levelname",
            "severitytext",
            "lvl",
            "lev",
            "l",
            "levelstr",
            "priority",
            "syslogseverity",
            "s",
            "logseverity",
            "errorseverity",
            "verbosity",
            "leveltext",
            "severityname",
            "severitylevel",
            "levelupper",
        ],
    ),
    (Role::LevelOrTime, &["at"]),
    (
        Role::Message,
        &[
            "message",
            "msg",
            "event",
            "m",
            "text",
            "shortmessage",
            "body",
            "messagetext",
            "renderedmessage",
            "logmessage",
            "mt",
            "messagetemplate",
            "fullmessage",
            "textpayload",
            "description",
            "content",
            "eventmessage",
            "formattedmessage",
            "log",
            "rawmessage",
            "line",
            "statement",
        ],
    ),
    (
        Role::Service,
        &[
            "service",
            "svc",
            "app",
            "application",
            "name",
            "program",
            "microservice",
            "component",
            "job",
            "module",
            "system",
            "ident",
            "containername",
        ],
    ),
    (Role::Instance, &["pod", "instance", "host", "node", "nodename", "vm", "machinename", "computer"]),
    (Role::TraceId, &["trace", "tr", "trid", "operationid"]),
    (Role::SpanId, &["span", "sp", "spid", "sid"]),
    (Role::SeverityNumber, &["severitynumber", "otelseveritynumber"]),
    (Role::Tid, &["tid"]),
    (Role::ParentId, &["parent", "ps", "operationparentid"]),
    (Role::Kind, &["kind"]),
    (Role::Operation, &["operation", "op", "action", "activity"]),
    (Role::Thread, &["thread", "task", "worker", "ctx"]),
    (Role::Exception, &["error", "err", "exc", "ex"]),
    (
        Role::Noise,
        &[
            "version",
            "v",
            "hostip",
            "env",
            "environment",
            "region",
            "type",
            "facility",
            "flags",
            "id",
            "seq",
            "n",
        ],
    ),
];

static TABLE: LazyLock<FxHashMap<u64, Known>> = LazyLock::new(|| {
    let mut table = FxHashMap::default();
    for (list, top_only) in [(ANYWHERE, false), (TOP, true)] {
        for (role, names) in list {
            for (rank, name) in names.iter().enumerate() {
                let rank = (rank + if top_only { 32 } else { 0 }).min(255) as u8;
                let known = Known { role: *role, rank, top_only };
                table.entry(NameHash::default().text(name.as_bytes()).0).or_insert(known);
            }
        }
    }
    table
});

static TRANSPARENT_HASHES: LazyLock<rustc_hash::FxHashSet<u64>> =
    LazyLock::new(|| TRANSPARENT.iter().map(|name| NameHash::default().text(name.as_bytes()).0).collect());

/// The hash of a name without case and separators; can be carried on along a path.
///
/// FNV-1a over the letters and digits of the name, letters in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NameHash(pub u64);

impl Default for NameHash {
    fn default() -> NameHash {
        NameHash(0xcbf2_9ce4_8422_2325)
    }
}

impl NameHash {
    /// The hash of this name with another appended.
    #[inline]
    pub fn text(self, name: &[u8]) -> NameHash {
        let mut hash = self.0;
        for &byte in name {
            let class = FOLD[usize::from(byte)];
            if class != 0 {
                hash = (hash ^ u64::from(class)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        NameHash(hash)
    }

    /// The hash of one name.
    #[inline]
    pub fn of(name: &[u8]) -> NameHash {
        NameHash::default().text(name)
    }
}

/// Letters in lower case and digits as they are; other ASCII bytes are left out (0).
static FOLD: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            c @ (b'a'..=b'z' | b'0'..=b'9') => c,
            c @ b'A'..=b'Z' => c + 32,
            c if c >= 0x80 => c,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// What is known of a field: by its whole path, else by its name with its container's (`pair`), else by its name.
///
/// `top` tells whether the field stands at the top of the record or in transparent containers only, `outer_top` whether
/// its container does.
pub fn lookup(path: NameHash, pair: NameHash, leaf: NameHash, top: bool, outer_top: bool) -> Option<Known> {
    let get = |hash: NameHash, top: bool| TABLE.get(&hash.0).copied().filter(|known| !known.top_only || top);
    if path == leaf {
        return get(leaf, top);
    }
    get(path, outer_top).or_else(|| get(pair, outer_top)).or_else(|| get(leaf, top))
}

/// What is known of a name without containers.
pub fn lookup_name(name: NameHash, top: bool) -> Option<Known> {
    lookup(name, name, name, top, top)
}

/// Whether a container of this name leaves its fields as telling as if they stood at the top.
pub fn is_transparent(name: NameHash) -> bool {
    TRANSPARENT_HASHES.contains(&name.0)
}

/// Whether a name, by its spelling, names an id: `order_id`, `orderId`, `ID`, `request.uuid`, `bookingRef`.
pub fn names_an_id(name: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[b"id", b"uuid", b"guid", b"ref", b"ids"];
    ENDS.iter().any(|end| ends_with_word(name, end))
}

/// Whether a name is that of an id by which logs tie records together, whatever the business.
pub fn names_a_correlation(name: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "requestid",
        "reqid",
        "correlationid",
        "corrid",
        "messageid",
        "msgid",
        "transactionid",
        "txid",
        "txnid",
        "sessionid",
        "taskid",
        "jobid",
        "eventid",
        "uniqueid",
        "operationid",
        "conversationid",
        "workflowid",
        "runid",
        "executionid",
        "invocationid",
        "awsrequestid",
        "rid",
        "xrequestid",
        "xcorrelationid",
        "corr",
        "cid",
        "xid",
        "reqno",
        "requestuuid",
        "correlation",
        "jid",
        "tid",
        "opid",
        "callid",
        "processid",
        "batchid",
        "sagaid",
        "activityid",
        "rootid",
        "causationid",
        "deliveryid",
        "segmentid",
        "traceno",
        "interactionid",
        "flowid",
        "functionrequestid",
    ];
    static HASHES: LazyLock<rustc_hash::FxHashSet<u64>> =
        LazyLock::new(|| WORDS.iter().map(|name| NameHash::of(name.as_bytes()).0).collect());
    HASHES.contains(&NameHash::of(name).0)
}

/// Whether `name` ends with `word` (lowercase) as a word of its own: after a separator, or capitalized after a small letter.
pub fn ends_with_word(name: &[u8], word: &[u8]) -> bool {
    let Some(start) = name.len().checked_sub(word.len()) else { return false };
    if !name[start..].eq_ignore_ascii_case(word) {
        return false;
    }
    let Some(&before) = start.checked_sub(1).and_then(|index| name.get(index)) else { return true };
    !before.is_ascii_alphanumeric()
        || name[start].is_ascii_uppercase() && before.is_ascii_lowercase()
        || name[start].is_ascii_uppercase() && before.is_ascii_digit()
        // "traceid", "requestid" written in one: long enough not to be "paid" or "valid", nor the "pid" of a process
        || word == b"id"
            && name.len() >= 6
            && last_word(name).len() > 3
            && !NOT_IDS.iter().any(|other| ends_with_ignoring_case(name, other))
}

/// What stands behind the last separator.
fn last_word(name: &[u8]) -> &[u8] {
    let start = name.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    &name[start..]
}

/// Whether an id names a part of the machinery (a container, an agent, a host), not of a transaction.
pub fn names_machinery(container: &[u8], name: &[u8]) -> bool {
    const CONTAINERS: &[&str] = &[
        "kubernetes",
        "k8s",
        "agent",
        "host",
        "container",
        "cloud",
        "ecs",
        "beat",
        "metadata",
        "docker",
        "node",
        "machine",
        "pod",
        "process",
        "datastream",
        "telemetry",
        "ec2",
    ];
    const NAMES: &[&str] = &[
        "dockerid",
        "containerid",
        "podid",
        "poduid",
        "hostid",
        "machineid",
        "bootid",
        "agentid",
        "ephemeralid",
        "imageid",
        "containerimageid",
        "nodeid",
        "clusterid",
        "insertid",
        "processid",
        "threadid",
        "pid",
        "tid",
        "uid",
        "gid",
        "namespaceid",
        "kubernetespodid",
        "syslogpid",
        "instanceid",
        "cloudaccountid",
    ];
    static HASHES: LazyLock<[rustc_hash::FxHashSet<u64>; 2]> = LazyLock::new(|| {
        [CONTAINERS, NAMES].map(|names| names.iter().map(|name| NameHash::of(name.as_bytes()).0).collect())
    });
    let bare = container.rsplit(|&byte| byte == b'.').next().unwrap_or(container);
    HASHES[0].contains(&NameHash::of(bare).0) || HASHES[1].contains(&NameHash::of(name).0)
        // "container.id", "host.id" written in one
        || name.split(|byte| matches!(byte, b'.' | b'_')).next().is_some_and(|first| first.len() < name.len() && first != b"process" && HASHES[0].contains(&NameHash::of(first).0))
}

/// Words that end in "id" and name no id.
const NOT_IDS: &[&[u8]] = &[
    b"valid", b"paid", b"void", b"avoid", b"solid", b"grid", b"bid", b"acid", b"fluid", b"hybrid", b"rapid",
    b"said", b"android", b"liquid", b"vivid", b"raid", b"maid", b"rigid", b"humid", b"did",
];

fn ends_with_ignoring_case(name: &[u8], end: &[u8]) -> bool {
    name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn role(path: &[&str], top: bool) -> Option<Role> {
        let pair = &path[path.len().saturating_sub(2)..];
        let pair = pair.iter().fold(NameHash::default(), |hash, name| hash.text(name.as_bytes()));
        let whole = path.iter().fold(NameHash::default(), |hash, name| hash.text(name.as_bytes()));
        lookup(whole, pair, NameHash::of(path.last().expect("a name").as_bytes()), top, top)
            .map(|known| known.role)
    }

    #[test]
    fn spellings_of_one_name_are_one() {
        for name in ["trace_id", "traceId", "TraceID", "trace-id", "trace.id", "TRACE_ID", "Trace Id"] {
            assert_eq!(role(&[name], true), Some(Role::TraceId), "{name}");
        }
        assert_eq!(role(&["trace", "id"], false), Some(Role::TraceId));
        assert_eq!(role(&["dd", "trace_id"], false), Some(Role::DatadogTraceId));
        assert_eq!(role(&["context", "trace_id"], true), Some(Role::TraceId));
    }

    #[test]
    fn general_names_count_at_the_top_only() {
        assert_eq!(role(&["name"], true), Some(Role::Service));
        assert_eq!(role(&["customer", "name"], false), None);
        assert_eq!(role(&["time"], true), Some(Role::Time));
    }

    #[test]
    fn ids_are_told_by_the_end_of_the_name() {
        for name in
            ["order_id", "orderId", "id", "requestID", "requestid", "wf-run-id", "bookingRef", "message.uuid"]
        {
            assert!(names_an_id(name.as_bytes()), "{name}");
        }
        for name in ["valid", "paid", "invalid", "void", "index", "href", "pid", "process.pid", "process_pid"]
        {
            assert!(!names_an_id(name.as_bytes()), "{name}");
        }
    }
}
