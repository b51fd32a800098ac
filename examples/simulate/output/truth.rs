//! The truth beside the logs, in the form of the recorded corpora.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Placed, Setting};
use crate::run::{FaultKind, Transaction};

#[derive(Serialize)]
struct Reference<'a> {
    trace_id: &'a str,
    span_id: &'a str,
}

#[derive(Serialize)]
struct SpanRow<'a> {
    trace_id: &'a str,
    span_id: &'a str,
    parent_span_id: Option<&'a str>,
    service: &'a str,
    name: &'a str,
    kind: &'static str,
    start_ns: i64,
    end_ns: i64,
    status: &'static str,
    transaction: &'a str,
    log_records: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'a str, Value>,
}

#[derive(Serialize)]
struct TransactionRow<'a> {
    transaction: &'a str,
    kind: &'static str,
    flow: &'a str,
    key: &'a str,
    request_id: &'a str,
    outcome: &'static str,
    root_span_id: &'a str,
    trace_ids: Vec<&'a str>,
    spans: usize,
    logged_spans: usize,
    services: BTreeSet<&'a str>,
    errors: usize,
    start_ns: i64,
    end_ns: i64,
}

#[derive(Serialize)]
struct FaultRow<'a> {
    transaction: &'a str,
    kind: &'static str,
    service: &'a str,
    trace_id: Option<&'a str>,
    span_id: Option<&'a str>,
    producer_span_id: Option<&'a str>,
    time_ns: i64,
    key: &'a str,
    message_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logged: Option<bool>,
}

#[derive(Serialize)]
struct OffsetRow {
    offset_s: f64,
    drift_ppm: f64,
    base_ns: Option<i64>,
    offset_at_mid_s: f64,
}

/// All files of the truth by name.
pub(super) fn files(setting: &Setting<'_>, placed: &[Placed]) -> BTreeMap<String, String> {
    let mut records = vec![0usize; setting.run.spans.len()];
    for span in placed.iter().filter_map(|place| place.span) {
        records[span] += 1;
    }
    let mut files = BTreeMap::new();
    files.insert("spans.jsonl".to_owned(), spans(setting, &records));
    files.insert("contracted.jsonl".to_owned(), contracted(setting, &records));
    files.insert("transactions.jsonl".to_owned(), transactions(setting, &records));
    files.insert("lines.tsv".to_owned(), lines(setting, placed));
    files.insert("faults.json".to_owned(), faults(setting, &records));
    files.insert("offsets.json".to_owned(), offsets(setting));
    files.insert("stats.json".to_owned(), stats(setting, placed, &records));
    files
}

/// The trace id of a transaction's root names the transaction.
fn transaction_id<'a>(setting: &'a Setting<'_>, transaction: usize) -> &'a str {
    let root = setting.run.transactions[transaction].root.expect("a transaction has a root");
    &setting.ids[root].trace
}

fn reference<'a>(setting: &'a Setting<'_>, span: usize) -> Reference<'a> {
    Reference { trace_id: &setting.ids[span].trace, span_id: &setting.ids[span].span }
}

fn spans(setting: &Setting<'_>, records: &[usize]) -> String {
    let mut order: Vec<usize> = (0..setting.run.spans.len()).collect();
    order.sort_by_key(|at| (setting.run.spans[*at].start, *at));
    let mut text = String::new();
    for at in order {
        let span = &setting.run.spans[at];
        let ids = &setting.ids[at];
        let attribute = |(key, value): &'_ (String, String)| {
            let number = (key == "http.response.status_code").then(|| value.parse::<u16>().ok()).flatten();
            number.map_or_else(|| json!(value), |number| json!(number))
        };
        let row = SpanRow {
            trace_id: &ids.trace,
            span_id: &ids.span,
            parent_span_id: span.parent.filter(|_| !ids.cut).map(|parent| setting.ids[parent].span.as_str()),
            service: &setting.system.services[span.service].name,
            name: &span.name,
            kind: span.kind.name(),
            start_ns: span.start,
            end_ns: span.end.expect("all spans are closed"),
            status: if span.error { "ERROR" } else { "UNSET" },
            transaction: transaction_id(setting, span.transaction),
            log_records: records[at],
            links: span.links.iter().map(|link| reference(setting, *link)).collect(),
            cause: span.parent.filter(|_| ids.cut).map(|parent| reference(setting, parent)),
            attributes: span.attributes.iter().map(|pair| (pair.0.as_str(), attribute(pair))).collect(),
        };
        text += &serde_json::to_string(&row).expect("a row is JSON");
        text.push('\n');
    }
    text
}

/// The nearest ancestor that logs, of each span that logs.
fn contracted(setting: &Setting<'_>, records: &[usize]) -> String {
    let mut text = String::new();
    for at in (0..records.len()).filter(|at| records[*at] > 0) {
        let up = |at: &usize| setting.run.spans[*at].parent;
        let ancestor = std::iter::successors(up(&at), up).find(|at| records[*at] > 0);
        let row = json!({
            "trace_id": setting.ids[at].trace,
            "span_id": setting.ids[at].span,
            "logged_ancestor_id": ancestor.map(|at| setting.ids[at].span.as_str()),
        });
        text += &format!("{row}\n");
    }
    text
}

fn transactions(setting: &Setting<'_>, records: &[usize]) -> String {
    let run = setting.run;
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); run.transactions.len()];
    for (at, span) in run.spans.iter().enumerate() {
        members[span.transaction].push(at);
    }
    let mut text = String::new();
    for (at, transaction) in run.transactions.iter().enumerate() {
        let Some(root) = transaction.root else { continue };
        let own = &members[at];
        let mut trace_ids: Vec<&str> = Vec::new();
        for span in own {
            let trace = setting.ids[*span].trace.as_str();
            if !trace_ids.contains(&trace) {
                trace_ids.push(trace);
            }
        }
        let ends = [FaultKind::Drop, FaultKind::Error];
        let struck = run.faults.iter().any(|fault| fault.transaction == at && ends.contains(&fault.kind));
        let outcome = match () {
            () if transaction.failed => "failed",
            () if transaction.declined => "declined",
            () if struck => "incomplete",
            () => "completed",
        };
        let row = TransactionRow {
            transaction: transaction_id(setting, at),
            kind: transaction.kind,
            flow: &setting.system.flows[transaction.flow].name,
            key: &transaction.key,
            request_id: &transaction.request,
            outcome,
            root_span_id: &setting.ids[root].span,
            trace_ids,
            spans: own.len(),
            logged_spans: own.iter().filter(|span| records[**span] > 0).count(),
            services: own
                .iter()
                .map(|span| setting.system.services[run.spans[*span].service].name.as_str())
                .collect(),
            errors: own.iter().filter(|span| run.spans[**span].error).count(),
            start_ns: own.iter().map(|span| run.spans[*span].start).min().expect("it has a root"),
            end_ns: own.iter().filter_map(|span| run.spans[*span].end).max().expect("it has a root"),
        };
        text += &serde_json::to_string(&row).expect("a row is JSON");
        text.push('\n');
    }
    text
}

fn lines(setting: &Setting<'_>, placed: &[Placed]) -> String {
    let mut text = "#service\tfirst_line\tlines\tspan_id (- = logged outside any span)\n".to_owned();
    for place in placed {
        let service = &setting.system.services[place.service].name;
        let span = place.span.map_or("-", |span| setting.ids[span].span.as_str());
        text += &format!("{service}\t{}\t{}\t{span}\n", place.first_line, place.lines);
    }
    text
}

fn faults(setting: &Setting<'_>, records: &[usize]) -> String {
    let mut by_kind: BTreeMap<&str, usize> = BTreeMap::new();
    let rows: Vec<FaultRow<'_>> = setting
        .run
        .faults
        .iter()
        .map(|fault| {
            *by_kind.entry(fault.kind.name()).or_default() += 1;
            let dropped = fault.kind == FaultKind::Drop;
            FaultRow {
                transaction: transaction_id(setting, fault.transaction),
                kind: fault.kind.name(),
                service: &setting.system.services[fault.service].name,
                trace_id: fault.span.map(|span| setting.ids[span].trace.as_str()),
                span_id: fault.span.map(|span| setting.ids[span].span.as_str()),
                producer_span_id: fault.producer.map(|span| setting.ids[span].span.as_str()),
                time_ns: fault.at,
                key: &setting.run.transactions[fault.transaction].key,
                message_id: fault.message.as_deref(),
                logged: dropped.then(|| fault.span.is_some_and(|span| records[span] > 0)),
            }
        })
        .collect();
    let affected: BTreeSet<usize> = setting.run.faults.iter().map(|fault| fault.transaction).collect();
    pretty(&json!({ "faults": rows, "by_kind": by_kind, "transactions_affected": affected.len() }))
}

fn offsets(setting: &Setting<'_>) -> String {
    let (from, to) = extent(setting);
    let mut rows = BTreeMap::new();
    for (service, clock) in setting.system.services.iter().zip(&setting.clocks) {
        let wrong = clock.offset_s != 0.0 || clock.drift_ppm != 0.0;
        let mid = clock.ahead(from + (to - from) / 2) as f64 / 1e9;
        let row = OffsetRow {
            offset_s: clock.offset_s,
            drift_ppm: clock.drift_ppm,
            base_ns: wrong.then_some(clock.base_ns),
            offset_at_mid_s: (mid * 1e6).round() / 1e6,
        };
        rows.insert(service.name.as_str(), row);
    }
    pretty(&rows)
}

fn extent(setting: &Setting<'_>) -> (i64, i64) {
    let from = setting.run.spans.iter().map(|span| span.start).min().unwrap_or(0);
    let to = setting.run.spans.iter().filter_map(|span| span.end).max().unwrap_or(0);
    (from, to)
}

fn stats(setting: &Setting<'_>, placed: &[Placed], records: &[usize]) -> String {
    let run = setting.run;
    let begun = |request: bool| {
        let begun = |other: &&Transaction| other.root.is_some() && (other.kind == "request") == request;
        run.transactions.iter().filter(begun).count()
    };
    pretty(&json!({
        "system": format!("{}-{}", setting.system.domain.name, setting.system.seed),
        "variant": setting.variant.name(),
        "services": setting.system.services.len(),
        "transactions": begun(true),
        "other_transactions": begun(false),
        "traces": setting.ids.iter().map(|ids| ids.trace.as_str()).collect::<BTreeSet<_>>().len(),
        "spans": run.spans.len(),
        "spans_with_log_lines": records.iter().filter(|count| **count > 0).count(),
        "log_records": placed.len(),
        "log_lines": placed.iter().map(|place| place.lines).sum::<usize>(),
        "records_in_spans": records.iter().sum::<usize>(),
        "faults": run.faults.len(),
    }))
}

fn pretty<T: Serialize>(value: &T) -> String {
    let mut bytes = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, format);
    value.serialize(&mut writer).expect("the truth is JSON");
    String::from_utf8(bytes).expect("JSON is text")
}
