//! Layouts that print a header and free text, as the loggers named print them.
//!
//! A pattern's places: `{time} {level} {service} {pid} {thread} {logger} {short} {source} {line} {function} {host} {company}`,
//! `{ids}`, `{message}`; `{logger:<40}` pads, `{logger:>15}` pads on the left. A line break makes a record of two lines.

use super::tail::Tail;
use super::{IdNames, Ids, Lang, Line, Spelling, Value};
use crate::stamp::{self, Stamp, Zone, blank, iso, zoned};

/// A layout.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) name: &'static str,
    pub(crate) langs: &'static [Lang],
    pattern: &'static str,
    level: Spelling,
    /// What `{ids}` is within a span.
    inside: &'static str,
    /// What `{ids}` is outside.
    outside: &'static str,
    pub(crate) stamps: &'static [Stamp],
    /// The layout's own way of printing fields.
    pub(crate) tail: Option<Tail>,
    /// Names under which ids stand among the fields, where they do.
    among: Option<(&'static str, &'static str)>,
}

/// `2026-11-22 08:29:19,892`
pub(crate) const COMMA: Stamp = stamp::comma();
/// `2026-11-22 10:29:19,892+0200`
pub(crate) const PACKED: Stamp =
    Stamp::Iso { separator: ' ', digits: 3, comma: true, zone: Zone::Packed(120) };
const OFFSET: Stamp = Stamp::Iso { separator: ' ', digits: 3, comma: false, zone: Zone::Offset(60) };
const WORD: Stamp = Stamp::Iso { separator: ' ', digits: 3, comma: false, zone: Zone::Word };

/// What most rows of the table share.
const BASE: Text = Text {
    name: "",
    langs: &[],
    pattern: "{time} {level} {message}",
    level: Spelling::Upper,
    inside: "",
    outside: "",
    stamps: &[blank(3)],
    tail: None,
    among: None,
};

/// The layouts.
#[rustfmt::skip]
pub(crate) static TABLE: [Text; 40] = [
    Text { name: "sleuth", langs: &[Lang::Java], pattern: "{time} {level:>5} {ids}{pid} --- [{thread:>15}] {short:<40} : {message}", inside: "[{service},{trace},{span}] ", outside: "[{service},,] ", ..BASE },
    Text { name: "spring-boot", langs: &[Lang::Java], pattern: "{time} {level:>5} {pid} --- [{service}] [{thread:>15}] {ids}{short:<40} : {message}", inside: "[{trace}-{span}] ", outside: "[                                                 ] ", stamps: &[iso(3), zoned(3, 60)], ..BASE },
    Text { name: "logback-mdc", langs: &[Lang::Java], pattern: "{time} [{thread}] {level:<5} {logger} {ids}- {message}", inside: "[traceId={trace}, spanId={span}] ", outside: "[] ", stamps: &[blank(3), COMMA], ..BASE },
    Text { name: "log4j2-pattern", langs: &[Lang::Java], pattern: "{time} [{thread}] {level:<5} {short} - {message}{ids}", inside: " {spanId={span}, traceId={trace}}", outside: " {}", stamps: &[iso(3), COMMA, blank(3)], ..BASE },
    Text { name: "otel-java-agent", langs: &[Lang::Java], pattern: "{time} - {logger} - {level} - {ids}{message}", inside: "trace_id={trace} span_id={span} trace_flags=01 - ", outside: "trace_id= span_id= trace_flags= - ", ..BASE },
    Text { name: "jul", langs: &[Lang::Java], pattern: "{time} {logger} {function}\n{level}: {message}{ids}", level: Spelling::UpperLong, inside: " [traceId={trace} spanId={span}]", outside: "", stamps: &[blank(3), Stamp::Tomcat], ..BASE },
    Text { name: "tomcat-juli", langs: &[Lang::Java], pattern: "{time} {level} [{thread}] {logger}.{function} {ids}{message}", level: Spelling::UpperLong, inside: "trace={trace} span={span} ", outside: "", stamps: &[Stamp::Tomcat], ..BASE },
    Text { name: "quarkus", langs: &[Lang::Java], pattern: "{time} {level:<5} {ids}[{short}] ({thread}) {message}", inside: "traceId={trace}, spanId={span}, sampled=true ", outside: "traceId=, spanId=, sampled= ", stamps: &[COMMA], ..BASE },
    Text { name: "python-otel", langs: &[Lang::Python], pattern: "{time} {level} [{logger}] [{source}] {ids}- {message}", level: Spelling::UpperLong, inside: "[trace_id={trace} span_id={span} resource.service.name={service} trace_sampled=True] ", outside: "[trace_id=0 span_id=0 resource.service.name={service} trace_sampled=False] ", stamps: &[COMMA], ..BASE },
    Text { name: "python-plain", langs: &[Lang::Python], pattern: "{time} {level:<8} {logger} {ids}{message}", level: Spelling::UpperLong, inside: "[{trace}/{span}] ", outside: "[-/-] ", stamps: &[COMMA], ..BASE },
    Text { name: "python-dashes", langs: &[Lang::Python], pattern: "{time} - {logger} - {level} - {message}{ids}", level: Spelling::UpperLong, inside: " trace_id={trace} span_id={span}", outside: "", stamps: &[COMMA, blank(3)], ..BASE },
    Text { name: "python-threads", langs: &[Lang::Python], pattern: "{time} {level} [{thread}] {ids}{function}: {message}", level: Spelling::UpperLong, inside: "[trace={trace} span={span}] ", outside: "[trace= span=] ", stamps: &[COMMA, WORD], ..BASE },
    Text { name: "loguru", langs: &[Lang::Python], pattern: "{time} | {level:<8} | {logger}:{function}:{line} - {message}{ids}", level: Spelling::UpperLong, inside: " | {'trace_id': '{trace}', 'span_id': '{span}'}", outside: " | {}", ..BASE },
    Text { name: "structlog-console", langs: &[Lang::Python], pattern: "{time} [{level:<9}] {message}", level: Spelling::LowerLong, stamps: &[iso(6)], tail: Some(Tail::Logfmt), among: Some(("trace_id", "span_id")), ..BASE },
    Text { name: "celery", langs: &[Lang::Python], pattern: "[{time}: {level}/{thread}] {ids}{message}", level: Spelling::UpperLong, inside: "trace_id={trace} span_id={span} ", outside: "", stamps: &[COMMA], ..BASE },
    Text { name: "logfmter", langs: &[Lang::Python], pattern: "at={level} when={time} msg={quoted}", stamps: &[iso(3), iso(6)], tail: Some(Tail::Logfmt), among: Some(("trace_id", "span_id")), ..BASE },
    Text { name: "slog-text", langs: &[Lang::Go], pattern: "time={time} level={level} msg={quoted}", stamps: &[iso(3), zoned(3, 60)], tail: Some(Tail::Logfmt), among: Some(("trace_id", "span_id")), ..BASE },
    Text { name: "logrus-text", langs: &[Lang::Go], pattern: "time=\"{time}\" level={level} msg={quoted} service={service}", level: Spelling::LowerLong, stamps: &[iso(3), iso(6)], tail: Some(Tail::Logfmt), among: Some(("trace_id", "span_id")), ..BASE },
    Text { name: "go-kit", langs: &[Lang::Go], pattern: "ts={time} caller={source} level={level} svc={service} msg={quoted}", level: Spelling::Lower, stamps: &[iso(9), iso(6)], tail: Some(Tail::Logfmt), among: Some(("traceID", "spanID")), ..BASE },
    Text { name: "go-log", langs: &[Lang::Go], pattern: "{time} {source}: {message}{ids}", inside: " trace_id={trace} span_id={span}", outside: "", stamps: &[Stamp::Slashes(6)], ..BASE },
    Text { name: "go-prefixed", langs: &[Lang::Go], pattern: "[{service}] {time} {level} {message}{ids}", inside: " (trace {trace} span {span})", outside: "", stamps: &[Stamp::Slashes(6), iso(6)], ..BASE },
    Text { name: "klog", langs: &[Lang::Go], pattern: "{level}{time} {pid:>7} {source}] {message}{ids}", level: Spelling::Letter, inside: " [trace_id={trace} span_id={span}]", outside: "", stamps: &[Stamp::Klog], ..BASE },
    Text { name: "zap-console", langs: &[Lang::Go], pattern: "{time}\t{level}\t{source}\t{message}", stamps: &[iso(3), zoned(3, 0)], tail: Some(Tail::Json), among: Some(("trace_id", "span_id")), ..BASE },
    Text { name: "zerolog-console", langs: &[Lang::Go], pattern: "{time} {level} {message}", level: Spelling::Three, stamps: &[iso(3), iso(6)], tail: Some(Tail::Logfmt), among: Some(("trace_id", "span_id")), ..BASE },
    Text { name: "hclog", langs: &[Lang::Go], pattern: "{time} [{level}] {service}: {message}:", stamps: &[iso(3)], tail: Some(Tail::Logfmt), among: Some(("trace_id", "span_id")), ..BASE },
    Text { name: "tracing", langs: &[Lang::Rust], pattern: "{time} {level:>5} {ids}{logger}: {message}", inside: "{function}{trace_id=\"{trace}\" span_id=\"{span}\"}: ", outside: "", stamps: &[iso(6)], tail: Some(Tail::Quoted), ..BASE },
    Text { name: "env-logger", langs: &[Lang::Rust], pattern: "[{time} {level:<5} {logger}] {message}{ids}", inside: " trace_id={trace} span_id={span}", outside: "", stamps: &[iso(3), iso(6), iso(9)], ..BASE },
    Text { name: "dotnet-console", langs: &[Lang::DotNet], pattern: "{time}{level}: {logger}[0]{ids}\n      {message}", level: Spelling::Four, inside: "\n      => SpanId:{span}, TraceId:{trace}", outside: "", stamps: &[Stamp::Iso { separator: ' ', digits: 3, comma: false, zone: Zone::Bare }], ..BASE },
    Text { name: "serilog-console", langs: &[Lang::DotNet], pattern: "[{time} {level}] <{logger}> {ids}{message}", level: Spelling::Three, inside: "trace:{trace} span:{span} ", outside: "", stamps: &[OFFSET, blank(3)], ..BASE },
    Text { name: "serilog-file", langs: &[Lang::DotNet], pattern: "{time} [{level}] {message}{ids}", level: Spelling::Three, inside: " {TraceId=\"{trace}\", SpanId=\"{span}\"}", outside: " {}", stamps: &[OFFSET], ..BASE },
    Text { name: "nlog", langs: &[Lang::DotNet], pattern: "{time}|{level}|{logger}|{ids}{message}", inside: "{trace}|{span}|", outside: "||", stamps: &[Stamp::Iso { separator: ' ', digits: 4, comma: false, zone: Zone::Bare }], ..BASE },
    Text { name: "log4js", langs: &[Lang::Node], pattern: "[{time}] [{level}] {logger} {ids}- {message}", inside: "traceId={trace} spanId={span} ", outside: "", stamps: &[iso(3), blank(3)], ..BASE },
    Text { name: "winston-printf", langs: &[Lang::Node], pattern: "{time} [{service}] {level}: {message}{ids}", level: Spelling::Lower, inside: " traceId={trace} spanId={span}", outside: "", stamps: &[blank(3), iso(3)], ..BASE },
    Text { name: "bracketed", langs: &[Lang::Node, Lang::Go, Lang::Ruby], pattern: "{time} {level:<5} [{service}] {ids}{message}", inside: "[{trace},{span}] ", outside: "", stamps: &[iso(3)], ..BASE },
    Text { name: "ruby-logger", langs: &[Lang::Ruby], pattern: "{letter}, [{time} #{pid}] {level:>5} -- {service}: {ids}{message}", inside: "[{trace}] [{span}] ", outside: "", stamps: &[Stamp::Iso { separator: 'T', digits: 6, comma: false, zone: Zone::Bare }], ..BASE },
    Text { name: "lograge", langs: &[Lang::Ruby], pattern: "[{time}] {level} {ids}{message}", level: Spelling::Lower, inside: "trace_id={trace} span_id={span} ", outside: "", stamps: &[blank(6), iso(6)], ..BASE },
    Text { name: "monolog-line", langs: &[Lang::Php], pattern: "[{time}] {service}.{level}: {message}", level: Spelling::UpperLong, stamps: &[zoned(6, 0)], tail: Some(Tail::Json), among: Some(("trace_id", "span_id")), ..BASE },
    Text { name: "spdlog", langs: &[Lang::Cpp], pattern: "[{time}] [{logger}] [{level}] [{thread}] {ids}{message}", level: Spelling::LowerLong, inside: "[{trace}:{span}] ", outside: "", stamps: &[blank(3), blank(6), blank(9)], ..BASE },
    Text { name: "elixir", langs: &[Lang::Elixir], pattern: "{time} {ids}[{level}] {message}", level: Spelling::LowerLong, inside: "trace_id={trace} span_id={span} ", outside: "", stamps: &[blank(3), blank(6)], ..BASE },
    Text { name: "syslog-5424", langs: &[Lang::Cpp, Lang::Php, Lang::Ruby], pattern: "<134>1 {time} {host} {service} {pid} {function} {ids}{message}", inside: "[trace@32473 traceId=\"{trace}\" spanId=\"{span}\"] ", outside: "- ", stamps: &[iso(6), iso(3), zoned(6, 0)], ..BASE },
];

/// A layout that keeps only whole seconds, for the few services that do.
pub(crate) static SECONDS: [Text; 4] = [
    Text {
        name: "syslog-3164",
        pattern: "<13>{time} {host} {service}[{pid}]: {message}{ids}",
        inside: " trace_id={trace} span_id={span}",
        stamps: &[Stamp::Bsd],
        ..BASE
    },
    Text {
        name: "nest",
        pattern: "[Nest] {pid}  - {time}     {level:<5} [{logger}] {message}{ids}",
        inside: " traceId={trace} spanId={span}",
        stamps: &[Stamp::American],
        ..BASE
    },
    Text {
        name: "jul-default",
        pattern: "{time} {logger} {function}\n{level}: {message}{ids}",
        level: Spelling::UpperLong,
        inside: " [traceId={trace} spanId={span}]",
        stamps: &[Stamp::Jul],
        ..BASE
    },
    Text {
        name: "bracketed-seconds",
        pattern: "[{time}] {level} {ids}{message}",
        inside: "{trace} {span} ",
        outside: "- - ",
        stamps: &[Stamp::Common],
        ..BASE
    },
];

impl Text {
    /// The physical lines of one record.
    pub(crate) fn write(
        &self,
        line: &Line<'_>,
        time: Stamp,
        tail: Tail,
        names: Option<&IdNames>,
    ) -> Vec<String> {
        let mut fields = line.fields.to_vec();
        let mut message = line.message.to_owned();
        if let (Some((trace_key, span_key)), Ids::Inside(trace, span)) = (self.among, line.ids) {
            let named = names.map(|names| (names.trace.as_str(), names.span.as_str()));
            let (trace_key, span_key) = named.unwrap_or((trace_key, span_key));
            fields.push((trace_key.to_owned(), Value::Text(trace.to_owned())));
            fields.push((span_key.to_owned(), Value::Text(span.to_owned())));
        }
        let behind = match self.tail {
            Some(Tail::Json) if self.pattern.contains('\t') => {
                Tail::Json.write(&fields).replacen(' ', "\t", 1).replace("\",\"", "\", \"")
            }
            Some(own) => own.write(&fields),
            None => {
                message = tail.append(&message, &fields);
                String::new()
            }
        };
        let mut text = self.header(line, time, &message, names);
        text += &behind;
        text.lines().map(str::to_owned).chain(line.stack.iter().cloned()).collect()
    }

    fn header(&self, line: &Line<'_>, time: Stamp, message: &str, names: Option<&IdNames>) -> String {
        let mut out = String::with_capacity(200);
        let mut rest = self.pattern;
        while let Some(open) = rest.find('{') {
            out += &rest[..open];
            let close = open + rest[open..].find('}').expect("patterns are well formed");
            let (name, pad) = rest[open + 1..close].split_once(':').unwrap_or((&rest[open + 1..close], ""));
            let value = match name {
                "ids" => self.ids(line, names),
                _ => self.place(name, line, time, message),
            };
            match (pad.get(..1), pad.get(1..).and_then(|width| width.parse::<usize>().ok())) {
                (Some("<"), Some(width)) => out += &format!("{value:<width$}"),
                (Some(">"), Some(width)) => out += &format!("{value:>width$}"),
                _ => out += &value,
            }
            rest = &rest[close + 1..];
        }
        out + rest
    }

    fn place(&self, name: &str, line: &Line<'_>, time: Stamp, message: &str) -> String {
        match name {
            // The console of .NET has a blank behind its optional time.
            "time" if self.name == "dotnet-console" => format!("{} ", time.write(line.at)),
            "time" => time.write(line.at),
            "level" => line.level.spelled(self.level).to_owned(),
            "letter" => line.level.spelled(Spelling::Letter).to_owned(),
            "service" => line.service.to_owned(),
            "pid" => line.pid.to_string(),
            "thread" => line.thread.to_owned(),
            "logger" => line.logger.to_owned(),
            "short" => shortened(line.logger),
            "source" => line.source.to_owned(),
            "line" => line.source.rsplit(':').next().unwrap_or("1").to_owned(),
            "function" => line.function.to_owned(),
            "host" => line.host.to_owned(),
            "company" => line.company.to_owned(),
            "message" => message.to_owned(),
            "quoted" if message.contains([' ', '=', '"']) => super::json::quoted(message),
            "quoted" => message.to_owned(),
            _ => unreachable!("no place is called {name}"),
        }
    }

    fn ids(&self, line: &Line<'_>, names: Option<&IdNames>) -> String {
        let (form, trace, span) = match line.ids {
            Ids::Hidden => return String::new(),
            Ids::Outside => (self.outside, "", ""),
            Ids::Inside(trace, span) => (self.inside, trace, span),
        };
        let form = match (names, line.ids) {
            // Structured data has names already; others take their place.
            (Some(names), Ids::Inside(..)) if form.contains('@') => {
                form.replace("traceId", &names.trace).replace("spanId", &names.span)
            }
            (Some(_), _) if self.inside.contains('@') => form.to_owned(),
            (Some(names), Ids::Inside(..)) => {
                let lead = if form.starts_with(' ') { " " } else { "" };
                let close = if form.ends_with(' ') { " " } else { "" };
                format!("{lead}[{}={{trace}} {}={{span}}]{close}", names.trace, names.span)
            }
            (Some(_), _) => return String::new(),
            (None, _) => form.to_owned(),
        };
        form.replace("{service}", line.service)
            .replace("{function}", line.function)
            .replace("{trace}", trace)
            .replace("{span}", span)
    }
}

/// `com.acme.orders.api.OrderController` as `c.a.o.api.OrderController`, the way logback shortens it.
fn shortened(logger: &str) -> String {
    let parts: Vec<&str> = logger.split('.').collect();
    let keep = parts.len().saturating_sub(2);
    let short =
        parts.iter().enumerate().map(|(at, part)| if at < keep { &part[..1.min(part.len())] } else { part });
    short.collect::<Vec<_>>().join(".")
}
