//! The names that mean something, by role: lowercase, without separators, parted by blanks, most telling first.

use super::Role;

/// Containers whose fields count as if they stood at the top.
pub(super) const TRANSPARENT: &str = "\
    json fields attributes attrs attr labels label mdc context contextmap ctx extra extras data properties property \
    props resource meta metadata tags tag params args scope scopes state jsonpayload structuredpayload payload \
    body record event log span spans thread values kv info details bindings annotations customdimensions \
    mdcfields xfields headers header threadcontext diagnosticcontext logs detail entry resourceattributes \
    logattributes instrumentationscope atfields userdata custom eventdata msgattributes message msg result \
    source rpc";

/// Names that hold at any depth.
pub(super) const ANYWHERE: &[(Role, &str)] = &[
    (
        Role::Time,
        "attimestamp eventtimestamp logtimestamp timestampns timestampms timetimestamp timerepr mulogtimestamp",
    ),
    (Role::TimeSeconds, "instantepochsecond timestampseconds"),
    (Role::TimeNanos, "instantnanoofsecond timestampnanos timenanos"),
    (
        Role::Service,
        "\
         servicename resourceservicename otelservicename ddservice resourceattributesservicename \
         otelresourceservicename entityname serviceid svcname applicationname appname springapplicationname \
         loggingapplicationname kubernetespodlabelsapp kuberneteslabelsapp kuberneteslabelsappkubernetesioname \
         k8sdeploymentname kubernetescontainername resourcelabelscontainername k8scontainername syslogidentifier \
         sysloggeridentifier systemdunit resourcelabelsservicename resourcelabelsfunctionname microservice \
         microservicename componentname servicecontextservice cloudrolename aicloudrole approlename",
    ),
    (
        Role::Instance,
        "\
         serviceinstanceid kubernetespodname k8spodname podname resourcelabelspodname containerid kubernetespod \
         instanceid hosthostname hostname",
    ),
    (
        Role::TraceId,
        "\
         traceid oteltraceid xtraceid traceidhex traceident logtraceid mdctraceid contexttraceid sentrytraceid \
         activitytraceid otelspantraceid currenttraceid w3ctraceid traceguid distributedtraceid \
         skywalkingtraceid swtraceid apmtraceid elasticapmtraceid tracingid operationtraceid spantraceid \
         spancontexttraceid spancontexttrace ottracertraceid xinstanat httpxinstanat traceidw3c traceidb3 \
         traceidjaeger traceidot traceidgcp traceidaws tracecontextparenttraceid flowtracecontextparenttraceid \
         mulogroottrace",
    ),
    (
        Role::SpanId,
        "\
         spanid tracespan otelspanid xspanid activityspanid currentspanid spancontextspanid spancontextspan ottracerspanid \
         logginggoogleapiscomspanid swspanid contextspanid mdcspanid xinstanas httpxinstanas mulogtraceid",
    ),
    (
        Role::ParentId,
        "\
         parentspanid parentid spanparentid otelparentspanid otelparentid parentspan activityparentid \
         xparentspanid parentspancontextspanid spanparentspanid pspanid mulogparenttrace",
    ),
    (Role::DatadogTraceId, "ddtraceid traceiddatadog"),
    (Role::DatadogSpanId, "ddspanid"),
    (Role::DatadogParentId, "ddparentid"),
    (Role::XrayTraceId, "xraytraceid awsxraytraceid xrayid awstraceid awsxraytrace xray xraytrace"),
    (Role::GcpTrace, "logginggoogleapiscomtrace"),
    (
        Role::Traceparent,
        "\
         traceparent httptraceparent elasticapmtraceparent httpelasticapmtraceparent cetraceparent \
         googcloudpubsubtraceparent googclienttraceparent",
    ),
    (Role::B3, "b3 httpb3 xb3"),
    (Role::B3TraceId, "xb3traceid httpxb3traceid b3traceid"),
    (Role::B3SpanId, "xb3spanid httpxb3spanid b3spanid"),
    (Role::B3ParentId, "xb3parentspanid httpxb3parentspanid b3parentspanid"),
    (Role::UberTraceId, "ubertraceid httpubertraceid"),
    (Role::AmznTraceId, "xamzntraceid httpxamzntraceid awstraceheader root"),
    (Role::CloudTraceContext, "xcloudtracecontext httpxcloudtracecontext"),
    (Role::DatadogTraceHeader, "xdatadogtraceid httpxdatadogtraceid"),
    (Role::DatadogParentHeader, "xdatadogparentid httpxdatadogparentid"),
    (Role::DatadogTags, "xdatadogtags httpxdatadogtags"),
    (Role::DatadogHigh, "ddptid"),
    (Role::Sw8, "sw8 httpsw8"),
    (Role::SwCtx, "swctx"),
    (Role::SentryTrace, "sentrytrace httpsentrytrace"),
    (Role::NewRelic, "newrelic httpnewrelic"),
    (Role::GrpcTraceBin, "grpctracebin httpgrpctracebin"),
    (Role::Baggage, "baggage httpbaggage"),
    (
        Role::DurationNanos,
        "\
         durationns durationnanos elapsedns elapsednanos eventduration tookns latencyns durationnanoseconds \
         durationinnanos mulogduration durns elapsednanoseconds",
    ),
    (
        Role::DurationMicros,
        "\
         durationus durationmicros elapsedus latencyus tookus durationmicroseconds elapsedmicros micros \
         microseconds usec durus totalus exectimeus",
    ),
    (
        Role::DurationMillis,
        "\
         durationms durationmillis elapsedms elapsedmilliseconds elapsedmillis latencyms tookms responsetime \
         responsetimems timems ms queuedurationms executiontimems processingtimems timetakenms timetaken \
         durationmilliseconds runtimems handlems requesttimems latencymillis durationinms totalms wallms dms \
         elapsedtimems costms timecostms processms millis milliseconds msec durms latms execms exectimems \
         totaltimems totaldurationms querytimems walltimems calltimems spentms servicetimems qtime \
         upstreamservicetime xenvoyupstreamservicetime",
    ),
    (
        Role::DurationSeconds,
        "\
         durations durationsec durationseconds durationsecs elapsedseconds elapsedsec elapseds latencyseconds \
         tooks requesttime upstreamresponsetime responsetimeseconds processingtimeseconds runtime \
         durationinseconds rt seconds secs durs dursec totalseconds",
    ),
    (
        Role::Duration,
        "\
         duration elapsed took latency elapsedtime processingtime executiontime timeelapsed responseduration \
         requestduration durationhuman timeidle timebusy dur totalduration totaltime exectime walltime \
         querytime calltime timespent timecost servicetime",
    ),
    (Role::Message, "bodystringvalue bodyvalue fieldsmessage messagetext"),
    (Role::Kind, "spankind otelkind otelspankind"),
    (Role::Operation, "spanname operationname otelname rpcmethod otelspanname codefunctionname actiontype"),
    (
        Role::Topic,
        "\
         topic routingkey queue queuename exchange destination messagingdestinationname messagingdestination \
         topicname subject stream streamname channelname kafkatopic messagingkafkatopic kafkareceivedtopic \
         dwdestination rabbitmqroutingkey messagingrabbitmqdestinationroutingkey destinationname queueurl \
         destinationtopic sourcetopic subscription messagingrabbitmqroutingkey",
    ),
    (
        Role::Event,
        "\
         eventtype messagetype eventname eventkind messagename messagekind msgtype commandtype commandname \
         cloudeventstype cetype notificationtype mulogeventname",
    ),
    (
        Role::Route,
        "\
         httproute httptarget urlpath httppath path uri requesturi requestpath httpurl route url urlfull \
         endpoint httpreqpath requrl requesturl httprequestpath httprequesturl reqpath requestroute",
    ),
    (Role::Method, "httpmethod httprequestmethod method requestmethod reqmethod httpreqmethod verb"),
    (
        Role::Peer,
        "\
         peerservice peer peername upstream upstreamservice serveraddress netpeername targetservice destservice \
         remoteservice downstream upstreamhost callee dependency",
    ),
    (
        Role::Caller,
        "\
         useragent httpuseragent useragentoriginal callerservice callername callingservice sourceservice requestingservice \
         client clientname clientapp clientservice requester requestedby xcaller xclientname",
    ),
    (Role::Database, "dbsystem dbsystemname dbtype dbname dbnamespace"),
    (
        Role::Status,
        "\
         httpstatuscode httpresponsestatuscode statuscode resstatuscode httpstatus responsestatus \
         responsestatuscode status httpresstatus",
    ),
    (
        Role::Exception,
        "\
         exceptionstacktrace stacktrace stack errorstacktrace errorstack errstack exception excinfo thrown \
         exceptionmessage exceptiontype traceback errorkind",
    ),
    (
        Role::Noise,
        "\
         traceflags tracesampled oteltracesampled traceflag sampled xb3sampled xb3flags tracestate \
         logginggoogleapiscomtracesampled xdatadogsamplingpriority ddversion ddenv ecsversion atversion \
         levelvalue endofbatch loggerfqcn threadpriority receivetimestamp ingestiontime insertid \
         droppedattributescount logoriginal cursor monotonictimestamp bootid machineid sourcerealtimetimestamp \
         seqnum eventoutcome httpversion processuptime lineno linenumber source \
         sourcelocation caller filename func function file logoriginfileline logoriginfilename logoriginfunction \
         processname processpid pid processthreadname uid gid",
    ),
    (
        Role::Logger,
        "\
         loggername loglogger logger sourcecontext category categoryname target otelscopename channel \
         pythonlogger mulognamespace",
    ),
    (
        Role::Thread,
        "\
         threadname threadid processthreadname processthreadid thread goroutine fiber taskname threadnum",
    ),
];

/// Names that mean this only at the top of a record.
pub(super) const TOP: &[(Role, &str)] = &[
    (
        Role::Time,
        "\
         timestamp time ts t datetime date asctime eventtime logtime when instant timeunixnano epochmillis \
         timemillis realtimetimestamp created createdat timestamputc localtime timelocal timeiso8601 tdate \
         written logdate timegenerated starttime isotime utctime timestampmillis epoch msec timereceived \
         eventtimeutc logged loggedat startedat observedtimeunixnano observedtimestamp lasttimestamp firsttimestamp",
    ),
    (
        Role::Level,
        "\
         level severity loglevel loglevelname levelname severitytext lvl lev l levelstr priority syslogseverity \
         s logseverity errorseverity verbosity leveltext severityname severitylevel levelupper",
    ),
    (Role::LevelOrTime, "at"),
    (
        Role::Message,
        "\
         message msg renderedmessage m mt messagetemplate event text shortmessage body messagetext logmessage \
         fullmessage textpayload description content eventmessage formattedmessage log rawmessage line statement",
    ),
    (
        Role::Service,
        "\
         service svc app application name program microservice component job module system ident containername",
    ),
    (Role::Instance, "pod instance host node nodename vm machinename computer"),
    (Role::TraceId, "trace tr trid operationid aioperationid"),
    (Role::SpanId, "span sp spid sid"),
    (Role::SeverityNumber, "severitynumber otelseveritynumber"),
    (Role::Tid, "tid"),
    (Role::ParentId, "parent ps operationparentid aioperationparentid psid"),
    (Role::Kind, "kind"),
    (Role::Operation, "operation op action activity"),
    (Role::Thread, "thread task worker ctx"),
    (Role::Exception, "error err exc ex"),
    (Role::Event, "type evt cmd command"),
    (Role::Noise, "version v hostip env environment region facility flags seq n"),
];
