//! `explain`.

use super::{PIPE, TERMINAL, same, settings, width};
use proptest::prelude::*;
use spanloom::engine::explain::{Wanted, run};
use spanloom::input::{DiscoverOptions, Input, discover};
use spanloom::model::Time;
use spanloom::report::explain::{ExplainedSource, json, json_lines};
use spanloom::report::text::{Style, explain};
use std::sync::atomic::Ordering;

/// Explains files, given by name and content, as if they lay in `logs`.
fn explained(files: &[(&str, &[u8])], wanted: Wanted) -> Vec<ExplainedSource> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).expect("written");
    }
    let discovery = discover(&[Input::Path(folder.path().to_owned())], &DiscoverOptions::default());
    let mut sources = run(&discovery, &settings(), wanted, Time(0)).sources;
    let base = format!("{}/", folder.path().display());
    for source in &mut sources {
        source.file = source.file.replace(&base, "logs/");
    }
    sources
}

fn first(records: usize) -> Wanted {
    Wanted { line: None, records }
}

fn at(line: u64) -> Wanted {
    Wanted { line: Some(line), records: 1 }
}

fn text(files: &[(&str, &[u8])], wanted: Wanted, style: Style) -> String {
    let mut out = Vec::new();
    explain(&explained(files, wanted), style, &mut out).expect("memory");
    String::from_utf8(out).expect("text")
}

const PATTERN: &[u8] = b"\
2026-11-22 08:01:17,766 INFO [orders.api] [trace_id=0 span_id=0] - listening on port 7101
2026-11-22 08:01:22,796 ERROR [orders.api] [trace_id=c8c540e481b7bc3fc3658314c3259503 span_id=c9b06082e0e0c78e] - order ORD-230693 failed
Traceback (most recent call last):
  File \"orders.py\", line 67
ValueError: no stock
";

#[test]
fn ids_are_shown_with_their_place_and_those_that_are_none_with_the_reason() {
    same(&text(&[("orders.log", PATTERN)], first(2), TERMINAL), HEADER);
}

#[test]
fn every_wrapping_is_told() {
    let line = br#"{"log":"{\"severity\":\"info\",\"message\":\"TraceID: fe3c50e5e6ed305bc920b67605cafd9d SpanID: bf568004e7111708 Choose Ad\",\"session\":\"58dc8246-f4c4-4547-9fa0-433f6598d729\"}\n","stream":"stdout","time":"2022-08-22T05:18:22.597157691Z"}"#;
    same(&text(&[("checkout-7d9f8b6c5-x2x4q_server-json.log", line)], first(3), PIPE), WRAPPED);
}

#[test]
fn one_that_asks_why_its_trace_id_was_not_seen_is_told() {
    let lines: &[u8] = b"\
{\"time\":\"2024-05-01T12:00:00Z\",\"msg\":\"a\",\"trace_id\":\"4bf92f35\",\"span_id\":null}
{\"time\":\"2024-05-01T12:00:01Z\",\"msg\":\"b\",\"lookup\":\"4bf92f3577b34da6a3ce929d0e0e4736\"}
{\"time\":\"2024-05-01T12:00:02Z\",\"msg\":\"c\",\"request_id\":\"58dc8246-f4c4-4547-9fa0-433f6598d729\"}
{\"time\":\"2024-05-01T12:00:03Z\",\"msg\":\"d\",\"traceparent\":\"00-4bf92f3577b34da6a3ce929d0e0e4736\"}
";
    let sources = explained(&[("a.log", lines)], first(4));
    let doubts: Vec<Vec<String>> = sources[0]
        .records
        .iter()
        .map(|record| {
            record
                .doubts
                .iter()
                .map(|doubt| format!("{} {} {}", doubt.name, doubt.value, doubt.role))
                .collect()
        })
        .collect();
    let expected: [&[&str]; 4] = [
        &["span_id null empty: there is no id", "trace_id 4bf92f35 8 digits: such an id has 32 or 16"],
        &["field lookup 4bf92f3577b34da6a3ce929d0e0e4736 a key, lookup: nothing names it a trace id"],
        &[
            "field request_id 58dc8246-f4c4-4547-9fa0-433f6598d729 a correlation id, request_id: nothing names it a trace id",
        ],
        &["traceparent 00-4bf92f3577b34da6a3ce929d0e0e4736 not the form of a propagation header"],
    ];
    for (got, expected) in doubts.iter().zip(expected) {
        let mut got: Vec<&str> = got.iter().map(String::as_str).collect();
        got.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(got, expected);
    }
}

#[test]
fn missing_parts_of_a_time_are_told_with_their_source() {
    let lines: &[u8] = b"May  1 12:00:00 web1 app[12]: hello\nMay  1 12:00:05 web1 app[12]: bye\n";
    let sources = explained(&[("app-2023.log", lines)], first(2));
    let times: Vec<_> = sources[0].records.iter().filter_map(|record| record.time.clone()).collect();
    assert_eq!(times[0].written, "May  1 12:00:00");
    assert_eq!(times[0].utc, "2023-05-01T12:00:00.000000000Z");
    assert_eq!(
        times[0].completed,
        [
            "no year is written: told by the date in the file's name",
            "no zone is written: read as UTC (--timezone)"
        ]
    );
    assert_eq!(times[1].completed[0], "no year is written: told by the records before it");
}

#[test]
fn a_line_is_explained_with_the_record_it_belongs_to() {
    let lines = |line| {
        let sources = explained(&[("orders.log", PATTERN)], at(line));
        let records: Vec<u64> = sources[0].records.iter().map(|record| record.line).collect();
        (records, sources[0].remark.clone())
    };
    assert_eq!(lines(1), (vec![1], String::new()));
    assert_eq!(lines(4), (vec![2], String::new()));
    assert_eq!(
        lines(99),
        (
            vec![2],
            "line 99 belongs to no record, or to one that other lines stand in: the one before is shown"
                .to_owned()
        )
    );
    let sources = explained(&[("orders.log", PATTERN)], Wanted { line: Some(1), records: 2 });
    assert_eq!(sources[0].records.len(), 2);
}

#[test]
fn columns_of_a_table_are_told() {
    let rows: &[u8] = b"Timestamp,Level,TraceID,Log\n2024-05-01T12:00:00Z,INFO,4bf92f3577b34da6a3ce929d0e0e4736,hello there\n";
    same(&text(&[("rows.csv", rows)], first(1), TERMINAL), TABLE);
}

#[test]
fn a_source_without_records_says_so() {
    let shown = text(&[("empty.log", b"\n\n")], first(3), TERMINAL);
    same(&shown, EMPTY);
}

#[test]
fn json_tells_the_same_as_text() {
    let sources = explained(&[("a.log", PATTERN), ("b.log", PATTERN)], first(1));
    let (mut whole, mut lines) = (Vec::new(), Vec::new());
    json(&sources, &mut whole).expect("memory");
    json_lines(&sources, &mut lines).expect("memory");
    let whole: serde_json::Value = serde_json::from_slice(&whole).expect("JSON");
    assert_eq!(whole["schema"], "spanloom.explain/1");
    let back: Vec<ExplainedSource> = serde_json::from_value(whole["sources"].clone()).expect("sources");
    assert_eq!(back, sources);
    let back: Vec<ExplainedSource> = String::from_utf8_lossy(&lines)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a source"))
        .collect();
    assert_eq!(back, sources);
}

#[test]
fn no_more_is_read_than_it_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.log");
    std::fs::write(&path, "2024-05-01T12:00:00Z INFO a line like any other\n".repeat(200_000))
        .expect("written");
    let discovery = discover(&[Input::Path(path)], &DiscoverOptions::default());
    for threads in [1, 3] {
        let settings = spanloom::engine::read::Settings { threads, ..settings() };
        let explained = run(&discovery, &settings, first(2), Time(0));
        assert_eq!(explained.records(), 2);
        assert!(settings.progress.load(Ordering::Relaxed) < 5_000_000, "{threads} threads read on");
    }
}

/// Lines of names, ids, times and noise.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        "[ -~]{0,20}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..12),
        proptest::sample::select(vec![
            "2024-05-01T12:00:00Z ",
            "May  1 12:00:00 host app[1]: ",
            "12:00:01 ",
            "INFO ",
            "{\"trace_id\":\"",
            "\"}",
            "trace_id=",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "\n",
            "{\"log\":\"",
            "\\n\",\"stream\":\"stdout\",\"time\":\"2024-05-01T12:00:00Z\"}\n",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "\u{202e}",
            "=",
            ",",
            "支払",
            "<34>1 "
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    proptest::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_explained_within_the_width(content in lines(), columns in 40usize..120, line in 1u64..6) {
        let wanted = Wanted { line: Some(line).filter(|line| line % 2 == 0), records: 3 };
        let shown = text(&[("a.log", &content)], wanted, Style { width: columns, ..TERMINAL });
        for row in shown.lines() {
            prop_assert!(width(row) <= columns, "{} of {columns} columns: {row:?}", width(row));
            prop_assert!(!row.chars().any(char::is_control), "{row:?}");
        }
    }
}

const HEADER: &str = r#"
logs/orders.log
  service   orders  path of the source
  times     read as UTC where no zone is written

line 1  text
│ 2026-11-22 08:01:17,766 INFO [orders.api] [trace_id=0 span_id=0] - listening on port 7101
  time      2026-11-22 08:01:17,766 → 2026-11-22T08:01:17.766Z  front of the line
            no zone is written: read as UTC (--timezone)
  level     INFO  header
  service   orders  path of the source
  logger    orders.api  header
  message   listening on port 7101  what follows the header
  template  listening on port <*>
  trace id  none
  keys      port=7101
  not taken 0  header, behind "trace_id": stands for no id
  begins    it has a time and a level
  format    text  free text
  header    time 2026-11-22 08:01:17,766 · level INFO · logger orders.api
            in brackets trace_id=0 span_id=0

line 2, 4 lines  text
│ 2026-11-22 08:01:22,796 ERROR [orders.api] [trace_id=c8c540e481b7bc3fc3658314c3259503
│ span_id=c9b06082e0e0c78e] - order ORD-230693 failed
│ Traceback (most recent call last):
│   File "orders.py", line 67
│ ValueError: no stock
  time      2026-11-22 08:01:22,796 → 2026-11-22T08:01:22.796Z  front of the line
            no zone is written: read as UTC (--timezone)
  level     ERROR  header
  service   orders  path of the source
  logger    orders.api  header
  message   order ORD-230693 failed Traceback (most recent call last):   File "orders.py", line 67
            ValueError: no stock  what follows the header
  template  order <*> failed
  trace id  c8c540e481b7bc3fc3658314c3259503  header, behind "trace_id"
  span id   c9b06082e0e0c78e  header, behind "span_id"
  keys      order=ORD-230693 · line=67
  begins    it has a time and a level
            3 more lines go on with it: indented, a bracket, or part of a stack trace
  format    text  free text
  header    time 2026-11-22 08:01:22,796 · level ERROR · logger orders.api
            in brackets trace_id=c8c540e481b7bc3fc3658314c3259503 span_id=c9b06082e0e0c78e

1 of 2 records with a trace id · 2 with other ids or keys
"#;
const WRAPPED: &str = r#"
logs/checkout-7d9f8b6c5-x2x4q_server-json.log
  service   checkout  path of the source
  instance  checkout-7d9f8b6c5-x2x4q  path of the source
  times     read as UTC where no zone is written

line 1  docker > json
| {"log":"{\"severity\":\"info\",\"message\":\"TraceID: fe3c50e5e6ed305bc920b67605cafd9d SpanID: bf568004e7111708
| Choose Ad\",\"session\":\"58dc8246-f4c4-4547-9fa0-433f6598d729\"}\n","stream":"stdout","time":"2022-08-22T05:18:22.597
| 157691Z"}
  time      2022-08-22T05:18:22.597157691Z  field time
  level     INFO  field severity: info
  service   checkout  path of the source
  instance  checkout-7d9f8b6c5-x2x4q  path of the source
  message   TraceID: fe3c50e5e6ed305bc920b67605cafd9d SpanID: bf568004e7111708 Choose Ad  field message
  template  TraceID: <*> SpanID: <*> Choose Ad
  trace id  fe3c50e5e6ed305bc920b67605cafd9d  field message, behind "TraceID"
  span id   bf568004e7111708  field message, behind "SpanID"
  keys      session=58dc8246-f4c4-4547-9fa0-433f6598d729
  begins    a JSON object
  format    docker  a line as Docker's json-file driver wraps it
  fields    log     {\"severity\":\"info\",\"message\":\"Trace..  message
            stream  stdout                                        topic
            time    2022-08-22T05:18:22.597157691Z                time
  format    json  a JSON object
  fields    severity  info                                          level
            message   TraceID: fe3c50e5e6ed305bc920b67605cafd9d ..  message
            session   58dc8246-f4c4-4547-9fa0-433f6598d729          key

1 of 1 record with a trace id, 1 with other ids or keys
"#;
const TABLE: &str = r"
logs/rows.csv
  service   rows  path of the source
  times     read as UTC where no zone is written
  columns   Timestamp, Level, TraceID, Log
  skipped   1× header line  first at line 1

line 2  table
│ 2024-05-01T12:00:00Z,INFO,4bf92f3577b34da6a3ce929d0e0e4736,hello there
  time      2024-05-01T12:00:00Z  field Timestamp
  level     INFO  field Level: INFO
  service   rows  path of the source
  message   hello there  field Log
  trace id  4bf92f3577b34da6a3ce929d0e0e4736  field TraceID
  begins    a row under the column names at the top
  format    table  a row under the column names at the top
  fields    Timestamp  2024-05-01T12:00:00Z              time
            Level      INFO                              level
            TraceID    4bf92f3577b34da6a3ce929d0e0e4736  trace id
            Log        hello there                       message

1 of 1 record with a trace id · 0 with other ids or keys
";
const EMPTY: &str = r"
logs/empty.log
  service   empty  path of the source
  times     read as UTC where no zone is written
  skipped   2× empty line  first at line 1
            no record in it
";
