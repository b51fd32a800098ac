//! The report as JSON: schema `spanloom.report/1`.

use super::json_text::{name, number, string};
use super::{Report, TextOf};
use crate::gather::Store;
use crate::model::{Coverage, Edge, EventId, Finding, Proof, Span, Symbol, Time, Trace, flag};
use std::io::{self, Write};

/// Writes the whole report as one JSON object.
pub fn write(report: &Report<'_>, texts: &mut TextOf<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = b"{\"schema\":\"spanloom.report/1\"".to_vec();
    rest(report, &mut buffer);
    name("traces", &mut buffer);
    buffer.push(b'[');
    for (index, trace) in report.traces.iter().enumerate() {
        if index > 0 {
            buffer.push(b',');
        }
        trace_object(report, trace, texts, &mut buffer);
        out.write_all(&buffer)?;
        buffer.clear();
    }
    buffer.push(b']');
    end(report, &mut buffer);
    out.write_all(&buffer)
}

/// Writes the report without its traces, as the last line of [`write_lines`] is.
pub fn write_rest(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = b"{\"schema\":\"spanloom.report/1\"".to_vec();
    rest(report, &mut buffer);
    end(report, &mut buffer);
    out.write_all(&buffer)
}

/// Writes one trace a line, then one line with the rest.
pub fn write_lines(report: &Report<'_>, texts: &mut TextOf<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = Vec::new();
    for trace in report.traces {
        trace_object(report, trace, texts, &mut buffer);
        buffer.push(b'\n');
        out.write_all(&buffer)?;
        buffer.clear();
    }
    write_rest(report, out)
}

/// All but the traces and findings.
fn rest(report: &Report<'_>, out: &mut Vec<u8>) {
    name("coverage", out);
    coverage(report.coverage, out);
    list("services", &report.services, out, |service, out| {
        out.push(b'{');
        text("service", report.store.symbols.text(service.name), out);
        number("records", service.records, out);
        number("spans", service.spans, out);
        number("errors", service.errors, out);
        if let Some(clock) = &service.clock {
            number("clock_offset_ns", clock.offset, out);
            number("clock_drift_ppm", clock.drift_ppm, out);
            number("clock_uncertainty_ns", clock.uncertainty, out);
        }
        out.push(b'}');
    });
}

/// What comes last, and the end of the object.
fn end(report: &Report<'_>, out: &mut Vec<u8>) {
    if let Some(map) = &report.map {
        super::json_map::map(map, out);
    }
    list("findings", report.findings, out, |finding, out| finding_object(report.store, finding, out));
    out.extend_from_slice(b"}\n");
}

/// Writes a member with a list; nothing if the list is empty.
fn list<T>(
    key: &str,
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) {
    let mut items = items.into_iter();
    let Some(first) = items.next() else { return };
    name(key, out);
    out.push(b'[');
    write(first, out);
    for item in items {
        out.push(b',');
        write(item, out);
    }
    out.push(b']');
}

/// Writes the counts of a run as an object.
pub fn coverage(coverage: &Coverage, out: &mut Vec<u8>) {
    out.push(b'{');
    for (key, count) in [
        ("sources", coverage.sources),
        ("bytes", coverage.bytes),
        ("records", coverage.records),
        ("records_with_time", coverage.records_with_time),
        ("records_with_context", coverage.records_with_context),
        ("records_placed", coverage.records_placed),
        ("records_unplaced", coverage.records_unplaced),
        ("records_filtered", coverage.records_filtered),
    ] {
        number(key, count, out);
    }
    list("skipped", &coverage.skipped, out, |(reason, skip), out| {
        out.push(b'{');
        text("reason", reason.text(), out);
        number("count", skip.count, out);
        text("file", &skip.file, out);
        if let Some(line) = skip.line {
            number("line", line, out);
        }
        out.push(b'}');
    });
    out.push(b'}');
}

fn text(key: &str, value: &str, out: &mut Vec<u8>) {
    if !value.is_empty() {
        name(key, out);
        string(value.as_bytes(), out);
    }
}

fn symbol(store: &Store, key: &str, symbol: Symbol, out: &mut Vec<u8>) {
    text(key, store.symbols.text(symbol), out);
}

fn time(key: &str, time: Time, out: &mut Vec<u8>) {
    if time != Time::UNKNOWN {
        super::json_text::plain(key, time, out);
    }
}

/// Writes one trace as an object.
pub fn trace_object(report: &Report<'_>, trace: &Trace, texts: &mut TextOf<'_>, out: &mut Vec<u8>) {
    let store = report.store;
    let mut values = Vec::new();
    let mut body = Vec::new();
    name_list(&mut body, trace, store);
    // the texts of keys are found while the records are read again
    let mut spans = Vec::new();
    for (index, span) in trace.spans.iter().enumerate() {
        if index > 0 {
            spans.push(b',');
        }
        span_object(store, trace, span, texts, &mut values, &mut spans);
    }
    let mut loose = Vec::new();
    records(store, &trace.loose, texts, &mut values, &mut loose);
    out.push(b'{');
    text("trace_id", &store.trace_text(trace.id), out);
    list("members", &trace.members, out, |member, out| string(store.trace_text(*member).as_bytes(), out));
    keys(store, trace, &values, out);
    out.extend_from_slice(&body);
    name("spans", out);
    out.push(b'[');
    out.extend_from_slice(&spans);
    out.push(b']');
    if !loose.is_empty() {
        name("records", out);
        out.push(b'[');
        out.extend_from_slice(&loose);
        out.push(b']');
    }
    if !trace.critical_path.is_empty() {
        name("critical_path", out);
        out.push(b'[');
        for (index, part) in trace.critical_path.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let span = &trace.spans[part.span as usize];
            out.push(b'{');
            text("span_id", &store.span_text(span.id, span.opaque), out);
            time("start", part.start, out);
            time("end", part.end, out);
            text("kind", part.kind.name(), out);
            out.push(b'}');
        }
        out.push(b']');
    }
    out.push(b'}');
}

/// The members of a trace that need no texts.
fn name_list(out: &mut Vec<u8>, trace: &Trace, store: &Store) {
    out.push(b'{');
    symbol(store, "name", trace.name, out);
    symbol(store, "service", trace.service, out);
    if let Some(root) = trace.root.map(|root| &trace.spans[root as usize]) {
        text("root_span_id", &store.span_text(root.id, root.opaque), out);
    }
    time("start", trace.start, out);
    time("end", trace.end, out);
    if trace.start != Time::UNKNOWN {
        number("duration_ns", trace.duration(), out);
    }
    text("status", trace.status.name(), out);
    list("services", &trace.services, out, |service, out| {
        string(store.symbols.text(*service).as_bytes(), out);
    });
    number("span_count", trace.spans.iter().filter(|span| !span.missing).count(), out);
    number("record_count", trace.record_count(), out);
    number("error_count", trace.error_count(), out);
    // joined to an object that is open already
    out[0] = b',';
}

fn keys(store: &Store, trace: &Trace, values: &[(Symbol, Symbol, String)], out: &mut Vec<u8>) {
    let mut names: Vec<(&str, Vec<&str>)> = Vec::new();
    for (key, value) in &trace.keys {
        let Some((.., written)) = values.iter().find(|(_, found, _)| found == value) else {
            continue;
        };
        let key = store.symbols.text(*key);
        match names.iter_mut().find(|(other, _)| *other == key) {
            Some((_, list)) => list.push(written),
            None => names.push((key, vec![written])),
        }
    }
    if names.is_empty() {
        return;
    }
    name("keys", out);
    out.push(b'{');
    for (key, list) in names {
        name(key, out);
        out.push(b'[');
        for (index, value) in list.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            string(value.as_bytes(), out);
        }
        out.push(b']');
    }
    out.push(b'}');
}

fn span_object(
    store: &Store,
    trace: &Trace,
    span: &Span,
    texts: &mut TextOf<'_>,
    values: &mut Vec<(Symbol, Symbol, String)>,
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    text("span_id", &store.span_text(span.id, span.opaque), out);
    if let Some(parent) = span.parent.map(|parent| &trace.spans[parent as usize]) {
        text("parent_span_id", &store.span_text(parent.id, parent.opaque), out);
    }
    name("synthetic", out);
    out.extend_from_slice(if span.synthetic { b"true" } else { b"false" });
    if span.missing {
        name("missing", out);
        out.extend_from_slice(b"true");
    }
    symbol(store, "service", span.service, out);
    symbol(store, "instance", span.instance, out);
    symbol(store, "name", span.name, out);
    text("kind", span.kind.map_or("", |kind| kind.name()), out);
    if !span.missing {
        time("start", span.start, out);
        time("end", span.end, out);
        if span.start != Time::UNKNOWN {
            number("duration_ns", (span.end.0 - span.start.0).max(0), out);
        }
        if let Some((start, end)) = span.raw {
            time("raw_start", start, out);
            time("raw_end", end, out);
        }
    }
    if let Some(nanos) = span.self_time {
        number("self_time_ns", nanos, out);
    }
    if let Some(nanos) = span.queue_time {
        number("queue_time_ns", nanos, out);
    }
    text("status", if span.failed { "error" } else { "ok" }, out);
    if let Some(edge) = &span.edge {
        edge_object(store, edge, out);
    }
    if !span.links.is_empty() {
        name("links", out);
        out.push(b'[');
        for (index, link) in span.links.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.push(b'{');
            text("trace_id", &store.trace_text(link.trace), out);
            text("span_id", &link.span.to_string(), out);
            text("basis", link.basis.name(), out);
            number("confidence", rounded(link.confidence), out);
            out.push(b'}');
        }
        out.push(b']');
    }
    if !span.events.is_empty() {
        name("records", out);
        out.push(b'[');
        records(store, &span.events, texts, values, out);
        out.push(b']');
    }
    out.push(b'}');
}

/// A share with three digits.
fn rounded(share: f32) -> f64 {
    (f64::from(share) * 1000.0).round() / 1000.0
}

fn edge_object(store: &Store, edge: &Edge, out: &mut Vec<u8>) {
    name("edge", out);
    out.push(b'{');
    text("basis", edge.basis.name(), out);
    number("confidence", rounded(edge.confidence), out);
    list("evidence", &edge.proofs, out, |proof, out| string(proof_text(store, proof).as_bytes(), out));
    out.push(b'}');
}

/// A proof in words.
pub fn proof_text(store: &Store, proof: &Proof) -> String {
    let at = |id: EventId| {
        let place = store.event(id).place;
        format!("{}:{}", store.source(place.source).name, place.line)
    };
    match *proof {
        Proof::ParentId(event) => format!("parent id stated in {}", at(event)),
        Proof::SharedSpan => "one span id on both sides of the call".to_owned(),
        Proof::Header(event) => format!("header received in {}", at(event)),
        Proof::Link(event) => format!("link stated in {}", at(event)),
        Proof::Message { name, sent, received, .. } => {
            format!("same {} sent in {} and received in {}", store.symbols.text(name), at(sent), at(received))
        }
        Proof::Key { name, .. } => format!("same {}", store.symbols.text(name)),
        Proof::Call => "call and handler agree".to_owned(),
        Proof::Encloses => "was open all the while".to_owned(),
        Proof::Follows { before, delay } => format!("{} after {}", super::units::duration(delay), at(before)),
        Proof::Usual { times } => format!("caused like this in {times} other transactions"),
        Proof::OnlyCandidate => "the only possible cause".to_owned(),
    }
}

fn records(
    store: &Store,
    events: &[EventId],
    texts: &mut TextOf<'_>,
    values: &mut Vec<(Symbol, Symbol, String)>,
    out: &mut Vec<u8>,
) {
    for (index, &id) in events.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let event = store.event(id);
        out.push(b'{');
        if !event.is(flag::TIME_UNKNOWN) {
            time("time", event.time, out);
        }
        text("level", event.level.map_or("", |level| level.name()), out);
        symbol(store, "service", event.service, out);
        if let Some(found) = texts(event.place) {
            text("message", &found.message, out);
            values.extend(found.keys);
        }
        text("file", &store.source(event.place.source).name, out);
        number("line", event.place.line, out);
        out.push(b'}');
    }
}

fn finding_object(store: &Store, finding: &Finding, out: &mut Vec<u8>) {
    out.push(b'{');
    text("kind", finding.kind.name(), out);
    text("severity", finding.severity.name(), out);
    if let Some(trace) = finding.trace {
        text("trace_id", &store.trace_text(trace), out);
    }
    if let Some(span) = finding.span {
        text("span_id", &span.to_string(), out);
    }
    symbol(store, "service", finding.service, out);
    text("summary", &finding.summary, out);
    number("confidence", rounded(finding.confidence), out);
    list("evidence", &finding.evidence, out, |place, out| {
        out.push(b'{');
        text("file", &store.source(place.source).name, out);
        number("line", place.line, out);
        out.push(b'}');
    });
    out.push(b'}');
}
