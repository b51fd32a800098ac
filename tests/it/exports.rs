//! `export`: what other tools are given holds the same spans and edges as the report, and nothing that comes from logs leaves its
//! place.

use crate::cases::{self, Case};
use crate::{diff, program};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn run(dir: &Path, case: &Case, args: &[&str]) -> program::Outcome {
    let options = case.options.iter().map(String::as_str);
    program::run(dir, &args.iter().copied().chain(options).collect::<Vec<&str>>())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A span of any format: trace, id, parent, service, name, nanoseconds or microseconds of start and length.
#[derive(Debug, PartialEq)]
struct Span {
    trace: String,
    id: String,
    parent: Option<String>,
    service: String,
    start: i128,
    end: i128,
}

/// Reads a format.
type Reader = fn(&str) -> Vec<Span>;

fn otlp(text_of: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for line in text_of.lines() {
        let request: Value = serde_json::from_str(line).expect("a request a line");
        for resource in list(&request["resourceSpans"]) {
            let service = &resource["resource"]["attributes"][0];
            assert_eq!(service["key"], "service.name");
            for span in resource["scopeSpans"]
                .as_array()
                .into_iter()
                .flatten()
                .flat_map(|scope| list(&scope["spans"]))
            {
                assert!(span["kind"].as_u64().is_some_and(|kind| kind <= 5), "{span}");
                let nanos = |key: &str| text(&span[key]).parse::<i128>().expect("decimal text");
                spans.push(Span {
                    trace: text(&span["traceId"]).to_owned(),
                    id: text(&span["spanId"]).to_owned(),
                    parent: span["parentSpanId"].as_str().map(str::to_owned),
                    service: text(&service["value"]["stringValue"]).to_owned(),
                    start: nanos("startTimeUnixNano"),
                    end: nanos("endTimeUnixNano"),
                });
            }
        }
    }
    spans
}

fn jaeger(text_of: &str) -> Vec<Span> {
    let whole: Value = serde_json::from_str(text_of).expect("JSON");
    let mut spans = Vec::new();
    for trace in list(&whole["data"]) {
        for span in list(&trace["spans"]) {
            assert_eq!(span["traceID"], trace["traceID"]);
            let child = list(&span["references"]).iter().find(|reference| reference["refType"] == "CHILD_OF");
            let start = i128::from(span["startTime"].as_i64().expect("a number"));
            spans.push(Span {
                trace: text(&span["traceID"]).to_owned(),
                id: text(&span["spanID"]).to_owned(),
                parent: child.map(|reference| text(&reference["spanID"]).to_owned()),
                service: text(&trace["processes"][text(&span["processID"])]["serviceName"]).to_owned(),
                start,
                end: start + i128::from(span["duration"].as_u64().expect("a number")),
            });
        }
    }
    spans
}

fn zipkin(text_of: &str) -> Vec<Span> {
    let whole: Value = serde_json::from_str(text_of).expect("JSON");
    let span = |span: &Value| {
        let start =
            i128::from(span["timestamp"].as_u64().filter(|time| *time > 0).expect("a positive number"));
        Span {
            trace: text(&span["traceId"]).to_owned(),
            id: text(&span["id"]).to_owned(),
            parent: span["parentId"].as_str().map(str::to_owned),
            service: text(&span["localEndpoint"]["serviceName"]).to_owned(),
            start,
            end: start
                + i128::from(
                    span["duration"].as_u64().filter(|length| *length > 0).expect("a positive number"),
                ),
        }
    };
    list(&whole).iter().map(span).collect()
}

/// What is wrong with the spans of an export, held against the report.
fn faults(spans: &[Span], report: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let hex = |id: &str, digits: usize| {
        id.len() == digits && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut traces: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for span in spans {
        if !hex(&span.trace, 32) || !hex(&span.id, 16) || span.service.is_empty() || span.end < span.start {
            wrong.push(format!("{span:?}"));
        }
        // parents stand before their children, unless services are apart
        if !traces.entry(&span.trace).or_default().insert(&span.id) {
            wrong.push(format!("{} is there twice in {}", span.id, span.trace));
        }
    }
    for span in spans {
        if span.parent.as_ref().is_some_and(|parent| !traces[span.trace.as_str()].contains(parent.as_str())) {
            wrong.push(format!("{span:?} hangs under what is not there"));
        }
    }
    let expected = |trace: &Value| {
        let spans = list(&trace["spans"]);
        let roots = spans.iter().filter(|span| span["parent_span_id"].is_null()).count();
        (spans.len(), roots)
    };
    let mut shapes: Vec<(usize, usize)> =
        list(&report["traces"]).iter().map(expected).filter(|shape| shape.0 > 0).collect();
    let mut got: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for span in spans {
        let shape = got.entry(&span.trace).or_default();
        shape.0 += 1;
        shape.1 += usize::from(span.parent.is_none());
    }
    let mut got: Vec<(usize, usize)> = got.into_values().collect();
    shapes.sort_unstable();
    got.sort_unstable();
    if got != shapes {
        wrong.push(format!("spans and roots of the transactions are {got:?} in place of {shapes:?}"));
    }
    wrong
}

#[test]
fn exports_hold_the_spans_and_edges_of_the_report() {
    let formats: [(&str, Reader); 3] = [("otlp", otlp), ("jaeger", jaeger), ("zipkin", zipkin)];
    let mut wrong = Vec::new();
    for case in cases::all() {
        let dir = case.input();
        let report = run(dir.path(), &case, &["report", "--format", "json", "."]).json();
        for (format, read) in formats {
            let got = run(dir.path(), &case, &["export", "--to", format, "--quiet", "."]);
            assert_eq!((got.code, got.stderr.as_str()), (0, ""), "{} {format}", case.name);
            let faults = faults(&read(&got.text()), &report);
            wrong.extend(faults.into_iter().map(|fault| format!("{} {format}: {fault}", case.name)));
        }
    }
    diff::none(&wrong);
}

#[test]
fn what_is_exported_can_be_read_again() {
    let case =
        cases::all().into_iter().find(|case| case.name == "shop-trace-and-span-ids").expect("it is there");
    let dir = case.input();
    let shape = |report: &Value| -> BTreeSet<(String, String, String)> {
        let spans = list(&report["traces"]).iter().flat_map(|trace| list(&trace["spans"]));
        let part = |span: &Value, key: &str| text(&span[key]).to_owned();
        spans
            .map(|span| (part(span, "span_id"), part(span, "parent_span_id"), part(span, "service")))
            .collect()
    };
    let expected = shape(&run(dir.path(), &case, &["report", "--format", "json", "."]).json());
    for format in ["otlp", "jaeger", "zipkin"] {
        let exported = run(dir.path(), &case, &["export", "--to", format, "."]);
        let again = program::directory(&[("export.json", exported.stdout.as_slice())]);
        let got = program::run(again.path(), &["report", "--format", "json", "export.json"]).json();
        assert_eq!(shape(&got), expected, "{format}");
    }
}

#[test]
fn slices_of_one_thread_never_cross() {
    for case in cases::all() {
        let dir = case.input();
        let trace = run(dir.path(), &case, &["export", "--to", "perfetto", "."]).json();
        let mut threads: BTreeMap<(u64, u64), Vec<(i64, i64)>> = BTreeMap::new();
        let mut arrows: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
        for event in list(&trace["traceEvents"]) {
            let number = |key: &str| event[key].as_u64().unwrap_or_else(|| panic!("{event}"));
            let nanos = |key: &str| (event[key].as_f64().expect("a number") * 1_000.0).round() as i64;
            match text(&event["ph"]) {
                "X" => {
                    let slice = (nanos("ts"), nanos("ts") + nanos("dur"));
                    threads.entry((number("pid"), number("tid"))).or_default().push(slice);
                }
                "M" => {}
                phase => assert!(arrows.entry(number("id")).or_default().insert(phase), "{event}"),
            }
        }
        assert!(arrows.values().all(|phases| phases.len() == 2), "{}", case.name);
        for slices in threads.values_mut() {
            slices.sort_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
            let mut open: Vec<i64> = Vec::new();
            for &(start, end) in slices.iter() {
                // a microsecond as a floating point number is good to a quarter of it
                while open.last().is_some_and(|last| *last <= start + 500) {
                    open.pop();
                }
                assert!(
                    open.last().is_none_or(|last| end <= *last + 500),
                    "{}: {start} {end} {open:?}",
                    case.name
                );
                open.push(end);
            }
        }
    }
}

/// The data of a page.
fn data(page: &str) -> &str {
    let start = page.find("id=\"data\">").expect("it has data") + "id=\"data\">".len();
    &page[start..start + page[start..].find("</script>").expect("its element ends")]
}

#[test]
fn the_page_holds_the_report_and_loads_nothing() {
    for case in cases::all().iter().filter(|case| case.name.starts_with("shop")) {
        let dir = case.input();
        let page = run(dir.path(), case, &["export", "--to", "html", "."]).text();
        let report = run(dir.path(), case, &["report", "--format", "json", "."]).json();
        assert_eq!(serde_json::from_str::<Value>(data(&page)).expect("JSON"), report, "{}", case.name);
        let around = page.replace(data(&page), "");
        assert!(
            !around.contains("://") && !around.contains("src=") && !around.contains("innerHTML"),
            "{around}"
        );
        assert!(around.contains("default-src 'none'"));
    }
}

#[test]
fn nothing_of_a_log_is_markup() {
    let hostile = "</script><script>alert(1)</script><!--<script>\u{2028}]]>\"\\\u{0}\u{1b}[2J";
    let line = serde_json::json!({
        "time": "2026-05-01T12:00:00Z", "level": "ERROR", "service": hostile, "trace_id": "a".repeat(32),
        "span_id": "1".repeat(16), "msg": hostile, "order_id": hostile,
    });
    let dir = program::directory(&[("<b>.log", format!("{line}\n"))]);
    let page = program::run(dir.path(), &["export", "--to", "html", "."]).text();
    assert!(!data(&page).contains(['<', '>', '&']), "{}", data(&page));
    let report: Value = serde_json::from_str(data(&page)).expect("JSON");
    assert_eq!(report["traces"][0]["spans"][0]["records"][0]["message"], hostile);
    assert_eq!(page.matches("<script").count(), 2);
    for format in ["otlp", "jaeger", "zipkin", "perfetto"] {
        let got = program::run(dir.path(), &["export", "--to", format, "."]);
        for part in got.text().lines().filter(|_| format == "otlp") {
            serde_json::from_str::<Value>(part).expect(part);
        }
        if format != "otlp" {
            got.json();
        }
    }
}
