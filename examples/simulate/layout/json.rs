//! Layouts that print one JSON object a record, as the loggers named print them.

use super::tail::raw;
use super::{IdNames, Ids, Lang, Level, Line, Spelling, Value};
use crate::stamp::{Stamp, iso, zoned};

/// What stands for ids outside any span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    Omitted,
    Empty,
    Zero,
    Null,
}

/// A layout.
#[derive(Debug)]
pub(crate) struct Json {
    pub(crate) name: &'static str,
    pub(crate) langs: &'static [Lang],
    /// The object's places in order, as `key=what`. `IDS` has the span's key and perhaps one of flags behind it,
    /// `NEST` the two keys within an object; `CONST` the value as it stands; `LEVEL` its spelling.
    slots: &'static str,
    pub(crate) stamps: &'static [Stamp],
    /// Blanks behind commas and colons, as Python does.
    spaced: bool,
    /// Keys in alphabetical order.
    sorted: bool,
    absent: Absent,
}

/// What most rows of the table share.
const BASE: Json = Json {
    name: "",
    langs: &[],
    slots: "",
    stamps: &[iso(3)],
    spaced: false,
    sorted: false,
    absent: Absent::Omitted,
};

/// The layouts.
#[rustfmt::skip]
pub(crate) static TABLE: [Json; 24] = [
    Json { name: "pino", langs: &[Lang::Node], slots: "level=LEVEL:Tens time=TIME pid=PID hostname=HOST name=SERVICE trace_id=IDS:span_id:trace_flags *=FIELDS stack=STACK msg=MSG", stamps: &[Stamp::EpochMs], ..BASE },
    Json { name: "pino-labels", langs: &[Lang::Node], slots: "level=LEVEL:Lower time=TIME service=SERVICE traceId=IDS:spanId msg=MSG data=FIELDSIN stack=STACK", stamps: &[iso(3)], ..BASE },
    Json { name: "winston", langs: &[Lang::Node], slots: "level=LEVEL:Lower message=MSG service=SERVICE timestamp=TIME trace_id=IDS:span_id:trace_flags *=FIELDS stack=STACK", sorted: true, ..BASE },
    Json { name: "bunyan", langs: &[Lang::Node], slots: "name=SERVICE hostname=HOST pid=PID level=LEVEL:Tens trace_id=IDS:span_id *=FIELDS msg=MSG time=TIME v=CONST:0", ..BASE },
    Json { name: "ecs-pino", langs: &[Lang::Node], slots: r#"log.level=LEVEL:Lower @timestamp=TIME process.pid=PID host.hostname=HOST ecs.version=CONST:"8.10.0" service.name=SERVICE trace.id=IDS:span.id *=FIELDS error.stack_trace=STACK message=MSG"#, ..BASE },
    Json { name: "zap", langs: &[Lang::Go], slots: "level=LEVEL:Lower ts=TIME caller=SOURCE msg=MSG service=SERVICE trace_id=IDS:span_id *=FIELDS stackbacktrace=STACK", stamps: &[Stamp::EpochSeconds(6), Stamp::EpochSeconds(7), iso(3)], ..BASE },
    Json { name: "zerolog", langs: &[Lang::Go], slots: "level=LEVEL:Lower service=SERVICE trace_id=IDS:span_id *=FIELDS stack=STACK time=TIME message=MSG", stamps: &[iso(3), iso(6), Stamp::EpochMs], ..BASE },
    Json { name: "slog", langs: &[Lang::Go], slots: "time=TIME level=LEVEL:Upper msg=MSG service=SERVICE trace_id=IDS:span_id *=FIELDS stack=STACK", stamps: &[iso(9), iso(6), zoned(9, 60)], ..BASE },
    Json { name: "logrus", langs: &[Lang::Go], slots: "time=TIME level=LEVEL:LowerLong msg=MSG svc=SERVICE traceID=IDS:spanID *=FIELDS stack=STACK", stamps: &[iso(3), zoned(3, 120)], sorted: true, ..BASE },
    Json { name: "structlog", langs: &[Lang::Python], slots: "*=FIELDS event=MSG level=LEVEL:LowerLong timestamp=TIME trace_id=IDS:span_id service=SERVICE exception=STACK", stamps: &[iso(6)], spaced: true, ..BASE },
    Json { name: "python-json-logger", langs: &[Lang::Python], slots: "timestamp=TIME levelname=LEVEL:UpperLong name=LOGGER message=MSG *=FIELDS otelTraceID=IDS:otelSpanID otelServiceName=SERVICE exc_info=STACK", stamps: &[zoned(6, 0), super::text::COMMA], spaced: true, absent: Absent::Zero, ..BASE },
    Json { name: "loguru-serialized", langs: &[Lang::Python], slots: "time=TIME level=LEVEL:UpperLong module=LOGGER message=MSG extra=NEST:trace_id:span_id fields=FIELDSIN exception=STACK", stamps: &[zoned(6, 0), Stamp::EpochSeconds(6)], spaced: true, ..BASE },
    Json { name: "powertools", langs: &[Lang::Python], slots: "level=LEVEL:UpperLong location=SOURCE message=MSG timestamp=TIME service=SERVICE cold_start=CONST:false *=FIELDS trace_id=IDS:span_id exception=STACK", stamps: &[zoned(3, 0), super::text::PACKED], ..BASE },
    Json { name: "google-cloud", langs: &[Lang::Python, Lang::Go, Lang::Node, Lang::Java], slots: "message=MSG severity=LEVEL:UpperLong timestamp=TIME logging.googleapis.com/labels=FIELDSIN *=CLOUD serviceName=SERVICE stack_backtrace=STACK", stamps: &[iso(9), iso(6)], spaced: true, ..BASE },
    Json { name: "logstash-logback", langs: &[Lang::Java], slots: r#"@timestamp=TIME @version=CONST:"1" message=MSG logger_name=LOGGER thread_name=THREAD level=LEVEL:Upper traceId=IDS:spanId app=SERVICE *=FIELDS stack_backtrace=STACK"#, stamps: &[iso(3), zoned(9, 60), iso(9)], ..BASE },
    Json { name: "log4j2-json", langs: &[Lang::Java], slots: "instant=INSTANT thread=THREAD level=LEVEL:Upper loggerName=LOGGER message=MSG endOfBatch=CONST:false contextMap=NEST:traceId:spanId data=FIELDSIN application=SERVICE thrown=STACK", stamps: &[iso(9)], ..BASE },
    Json { name: "ecs-java", langs: &[Lang::Java], slots: r#"@timestamp=TIME log.level=LEVEL:Upper message=MSG ecs.version=CONST:"1.2.0" service.name=SERVICE process.thread.name=THREAD log.logger=LOGGER trace.id=IDS:span.id *=FIELDS error.stack_backtrace=STACK"#, ..BASE },
    Json { name: "gelf", langs: &[Lang::Java], slots: r#"version=CONST:"1.1" host=HOST timestamp=TIME level=LEVEL:Syslog _thread=THREAD _logger=LOGGER _traceId=IDS:_spanId _app=SERVICE _mdc=FIELDSIN short_message=MSG full_message=STACK"#, stamps: &[Stamp::EpochSeconds(3)], ..BASE },
    Json { name: "serilog-clef", langs: &[Lang::DotNet], slots: "@t=TIME @m=MSG @l=LEVEL:Title @tr=IDS:@sp *=FIELDS SourceContext=LOGGER Application=SERVICE @x=STACK", stamps: &[iso(7)], ..BASE },
    Json { name: "dotnet-json", langs: &[Lang::DotNet], slots: "Timestamp=TIME EventId=CONST:0 LogLevel=LEVEL:Title Category=LOGGER Message=MSG State=FIELDSIN Activity=NEST:TraceId:SpanId Exception=STACK", stamps: &[iso(3), iso(7)], absent: Absent::Empty, ..BASE },
    Json { name: "tracing-json", langs: &[Lang::Rust], slots: "timestamp=TIME level=LEVEL:Upper message=MSG target=LOGGER fields=FIELDSIN span=NEST:trace_id:span_id threadName=THREAD", stamps: &[iso(6)], ..BASE },
    Json { name: "monolog-json", langs: &[Lang::Php], slots: "message=MSG context=FIELDSIN level=LEVEL:Hundreds level_name=LEVEL:UpperLong channel=LOGGER datetime=TIME extra=NEST:trace_id:span_id backtrace=STACK", stamps: &[zoned(6, 0)], ..BASE },
    Json { name: "ruby-semantic", langs: &[Lang::Ruby, Lang::Elixir], slots: "host=HOST application=SERVICE timestamp=TIME level=LEVEL:Lower pid=PID thread=THREAD name=LOGGER message=MSG payload=FIELDSIN named_tags=NEST:trace_id:span_id exception=STACK", stamps: &[iso(6)], absent: Absent::Null, ..BASE },
    Json { name: "house-json", langs: &[Lang::Cpp, Lang::Rust, Lang::Go, Lang::Elixir, Lang::Php], slots: "t=TIME lvl=LEVEL:Letter app=SERVICE thr=THREAD trace=IDS:span m=MSG *=FIELDS bt=STACK", stamps: &[Stamp::EpochNs, Stamp::EpochMs, iso(3)], ..BASE },
];

impl Json {
    /// The object in one line.
    pub(crate) fn write(&self, line: &Line<'_>, time: Stamp, names: Option<&IdNames>) -> String {
        let mut entries: Vec<(String, String)> = Vec::with_capacity(12 + line.fields.len());
        for slot in self.slots.split(' ') {
            let (key, what) = slot.split_once('=').expect("a slot is key=what");
            let (what, more) = what.split_once(':').unwrap_or((what, ""));
            match what {
                "IDS" | "NEST" | "CLOUD" => self.ids(key, what, more, line, names, &mut entries),
                "FIELDS" => self.fields(line, &mut entries),
                // CLEF leaves the usual level out.
                "LEVEL" if key == "@l" && line.level == Level::Info => {}
                _ => {
                    if let Some(value) = self.place(what, more, line, time) {
                        entries.push((key.to_owned(), value));
                    }
                }
            }
        }
        if self.sorted {
            entries.sort();
        }
        self.object(&entries)
    }

    fn object(&self, entries: &[(String, String)]) -> String {
        let (comma, colon) = if self.spaced { (", ", ": ") } else { (",", ":") };
        let parts: Vec<String> =
            entries.iter().map(|(key, value)| format!("{}{colon}{value}", quoted(key))).collect();
        format!("{{{}}}", parts.join(comma))
    }

    /// What stands in one place, as JSON; `None` where the key is left out.
    fn place(&self, what: &str, more: &str, line: &Line<'_>, time: Stamp) -> Option<String> {
        let text = match what {
            "TIME" if time.is_number() => return Some(time.write(line.at)),
            "TIME" => time.write(line.at),
            "INSTANT" => {
                let (seconds, nanos) = (line.at.div_euclid(1_000_000_000), line.at.rem_euclid(1_000_000_000));
                return Some(format!(
                    "{{\"epochSecond\":{seconds},\"nanoOfSecond\":{}}}",
                    nanos / 1_000 * 1_000
                ));
            }
            "LEVEL" => {
                let text = line.level.spelled(Spelling::named(more));
                if text.starts_with(|c: char| c.is_ascii_digit()) {
                    return Some(text.to_owned());
                }
                text.to_owned()
            }
            "MSG" => line.message.to_owned(),
            "LOGGER" => line.logger.to_owned(),
            "THREAD" if line.thread.is_empty() => return None,
            "THREAD" => line.thread.to_owned(),
            "SERVICE" => line.service.to_owned(),
            "HOST" => line.host.to_owned(),
            "PID" => return Some(line.pid.to_string()),
            "SOURCE" => line.source.to_owned(),
            "STACK" if line.stack.is_empty() => return None,
            "STACK" => line.stack.join("\n"),
            "CONST" => return Some(more.to_owned()),
            "FIELDSIN" if line.fields.is_empty() => return None,
            "FIELDSIN" => {
                let mut inner = Vec::new();
                self.fields(line, &mut inner);
                return Some(self.object(&inner));
            }
            _ => unreachable!("no slot is called {what}"),
        };
        Some(quoted(&text))
    }

    fn fields(&self, line: &Line<'_>, entries: &mut Vec<(String, String)>) {
        for (key, value) in line.fields {
            let taken =
                entries.iter().any(|(other, _)| other == key) || self.slots.contains(&format!("{key}="));
            let key = if taken { format!("ctx_{key}") } else { key.clone() };
            let text = raw(value);
            let spaced = self.spaced && matches!(value, Value::List(_));
            entries.push((key, if spaced { text.replace("\",\"", "\", \"") } else { text }));
        }
    }

    fn ids(
        &self,
        key: &str,
        what: &str,
        more: &str,
        line: &Line<'_>,
        names: Option<&IdNames>,
        entries: &mut Vec<(String, String)>,
    ) {
        let (trace, span) = match (line.ids, self.absent) {
            (Ids::Hidden, _) | (Ids::Outside, Absent::Omitted) => return,
            (Ids::Inside(trace, span), _) => (quoted(trace), quoted(span)),
            (Ids::Outside, Absent::Empty) => (quoted(""), quoted("")),
            (Ids::Outside, Absent::Zero) => (quoted("0"), quoted("0")),
            (Ids::Outside, Absent::Null) => ("null".to_owned(), "null".to_owned()),
        };
        if let Some(names) = names {
            let pair = [(names.trace.clone(), trace), (names.span.clone(), span)];
            match &names.parent {
                Some(parent) => entries.push((parent.clone(), self.object(&pair))),
                None => entries.extend(pair),
            }
            return;
        }
        let mut more = more.split(':').filter(|name| !name.is_empty()).map(str::to_owned);
        match what {
            "IDS" => {
                entries.push((key.to_owned(), trace));
                entries.push((more.next().expect("IDS names the span's key"), span));
                entries.extend(more.next().map(|flags| (flags, quoted("01"))));
            }
            "NEST" => {
                let pair: Vec<_> = more.zip([trace, span]).collect();
                entries.push((key.to_owned(), self.object(&pair)));
            }
            _ => {
                let path = format!("\"projects/{}-prod/traces/{}", line.company, &trace[1..]);
                entries.push(("logging.googleapis.com/trace".to_owned(), path));
                entries.push(("logging.googleapis.com/spanId".to_owned(), span));
            }
        }
    }
}

/// `text` as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always JSON")
}
