//! What a transaction is as a whole: the rows above its tree.

use super::keys::{in_words, keys, named};
use super::paint::Paint;
use super::row::{Row, wrap};
use super::{Style, has_time};
use crate::gather::Window;
use crate::model::{Finding, PathKind, Status, Symbol, Trace};
use crate::report::units::{count, counted, date, percent, time_of_day};
use crate::report::{Report, TextOf};
use std::io::{self, Write};

/// Column where values begin.
const LABEL: usize = 12;
/// Keys that are shown at most.
const MAX_KEYS: usize = 12;
/// Members that are shown at most.
const MAX_MEMBERS: usize = 8;
/// Places where the time went that are shown at most.
const MAX_SHARES: usize = 5;
/// Findings that are shown at most.
const MAX_FINDINGS: usize = 20;

/// Writes the rows.
pub(super) fn write(
    report: &Report<'_>,
    trace: &Trace,
    texts: &mut TextOf<'_>,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let store = report.store;
    let mut header = Header { style, out };
    header.title(report, trace)?;
    header.fact("trace", Paint::Plain, &store.trace_text(trace.id))?;
    if trace.members.len() > 1 {
        let members: Vec<String> =
            trace.members.iter().take(MAX_MEMBERS).map(|id| store.trace_text(*id)).collect();
        let more = match trace.members.len().saturating_sub(MAX_MEMBERS) {
            0 => String::new(),
            more => format!(" and {} more", count(more as u64)),
        };
        let joined = counted(trace.members.len() as u64, "trace");
        header.fact("joins", Paint::Plain, &format!("{joined}: {}{more}", members.join(", ")))?;
    }
    let when = if has_time(trace) {
        format!("{} {} UTC", date(trace.start), time_of_day(trace.start))
    } else {
        "unknown: its records have no time".to_owned()
    };
    header.fact("start", Paint::Plain, &when)?;
    if has_time(trace) && trace.duration() > 0 {
        header.fact("duration", Paint::Strong, &style.duration(trace.duration()))?;
    }
    let way = way(report, trace, style);
    if !way.is_empty() {
        header.fact("spent in", Paint::Plain, &way)?;
    }
    header.counts(trace)?;
    header.services(report, trace)?;
    let keys = keys(report.store, &named(report.store, trace), MAX_KEYS, texts);
    if !keys.is_empty() {
        header.fact("keys", Paint::Plain, &in_words(&keys, style))?;
    }
    let clocks = clocks(report, trace, style);
    if !clocks.is_empty() {
        header.fact("clocks", Paint::Plain, &clocks)?;
    }
    let mut findings = report.findings.iter().filter(|finding| is_about(finding, trace));
    for (index, finding) in findings.by_ref().take(MAX_FINDINGS).enumerate() {
        let text = format!("{}: {}", finding.kind.name().replace('_', " "), finding.summary);
        let label = if index == 0 { "findings" } else { "" };
        header.fact(label, Paint::of_severity(finding.severity), &text)?;
    }
    match findings.count() {
        0 => Ok(()),
        more => header.fact("", Paint::Faint, &format!("and {} more", count(more as u64))),
    }
}

fn is_about(finding: &Finding, trace: &Trace) -> bool {
    finding.trace.is_some_and(|id| id == trace.id || trace.members.contains(&id))
}

struct Header<'a> {
    style: &'a Style,
    out: &'a mut dyn Write,
}

impl Header<'_> {
    fn title(&mut self, report: &Report<'_>, trace: &Trace) -> io::Result<()> {
        let text = |symbol| report.store.symbols.text(symbol);
        let mut row = Row::new(self.style);
        row.put(Paint::Service(trace.service), text(trace.service));
        row.gap(usize::from(row.at() > 0));
        let name = match text(trace.name) {
            "" => "(no name)",
            name => name,
        };
        let status = trace.status.name();
        let room = row.room().saturating_sub(status.len() + 2);
        let name = super::row::cut(name, room.max(8), self.style).into_owned();
        row.put(Paint::Strong, &name).gap(2);
        let paint = if trace.status == Status::Ok { Paint::Faint } else { Paint::of_status(trace.status) };
        row.put(paint, status).write(self.out)
    }

    /// A value behind its label, on as many rows as it needs.
    fn fact(&mut self, label: &str, paint: Paint, value: &str) -> io::Result<()> {
        let mut row = Row::new(self.style);
        let value = super::clean::clean(value, self.style.terminal);
        for (index, line) in wrap(&value, self.style.width.saturating_sub(LABEL)).into_iter().enumerate() {
            row.gap(2).put(Paint::Faint, if index == 0 { label } else { "" });
            row.to(LABEL).put(paint, line).write(self.out)?;
        }
        Ok(())
    }

    /// `23 spans · 35 records · 7 services · 2 errors`.
    fn counts(&mut self, trace: &Trace) -> io::Result<()> {
        let missing = trace.spans.iter().filter(|span| span.missing).count();
        let roots = trace.spans.iter().filter(|span| span.parent.is_none()).count();
        let mut facts = vec![
            counted((trace.spans.len() - missing) as u64, "span"),
            counted(trace.record_count() as u64, "record"),
            counted(trace.services.len() as u64, "service"),
        ];
        if trace.error_count() > 0 {
            facts.push(counted(u64::from(trace.error_count()), "error"));
        }
        if missing > 0 {
            facts.push(format!("{} not logged", counted(missing as u64, "parent")));
        }
        if roots > 1 {
            facts.push(format!("{} without a parent", count(roots as u64)));
        }
        let mut row = Row::new(self.style);
        row.gap(2).put(Paint::Faint, "holds").facts(Paint::Plain, &facts, LABEL, self.out)
    }

    /// The services, each in its colour: the key to the tree.
    fn services(&mut self, report: &Report<'_>, trace: &Trace) -> io::Result<()> {
        if trace.services.is_empty() {
            return Ok(());
        }
        let mut row = Row::new(self.style);
        row.gap(2).put(Paint::Faint, "services").to(LABEL);
        for (index, service) in trace.services.iter().enumerate() {
            let name = report.store.symbols.text(*service);
            if index > 0 {
                let needed = super::row::clean_width(name, self.style) + 2;
                if row.room() < needed {
                    row.put(Paint::Faint, ",").write(self.out)?;
                    row.to(LABEL);
                } else {
                    row.put(Paint::Faint, ", ");
                }
            }
            row.put(Paint::Service(*service), name);
        }
        row.write(self.out)
    }
}

/// Where the time went along the critical path: `payments 1.95 s (62%), queue to mail 301 ms (9%)`.
fn way(report: &Report<'_>, trace: &Trace, style: &Style) -> String {
    let mut shares: Vec<(Symbol, PathKind, u64)> = Vec::new();
    for part in &trace.critical_path {
        let service = trace.spans[part.span as usize].service;
        let nanos = part.end.0.saturating_sub(part.start.0).max(0) as u64;
        match shares.iter_mut().find(|(known, kind, _)| (*known, *kind) == (service, part.kind)) {
            Some((.., sum)) => *sum += nanos,
            None => shares.push((service, part.kind, nanos)),
        }
    }
    if shares.len() < 2 {
        return String::new();
    }
    let whole: u64 = shares.iter().map(|(.., nanos)| nanos).sum();
    shares.sort_by_key(|(.., nanos)| std::cmp::Reverse(*nanos));
    let rest: u64 = shares.iter().skip(MAX_SHARES).map(|(.., nanos)| nanos).sum();
    let told = |nanos: u64| {
        let share = percent(nanos as f64 / whole.max(1) as f64);
        format!("{} ({share})", style.duration(nanos))
    };
    let mut words: Vec<String> = Vec::new();
    for (service, kind, nanos) in shares.iter().take(MAX_SHARES) {
        let service = report.store.symbols.text(*service);
        let place = match kind {
            PathKind::Work => service.to_owned(),
            PathKind::Network => format!("the way to {service}"),
            PathKind::Queue => format!("a queue to {service}"),
            PathKind::Unlogged => "what no log tells".to_owned(),
        };
        words.push(format!("{place} {}", told(*nanos)));
    }
    if rest > 0 {
        words.push(format!("elsewhere {}", told(rest)));
    }
    words.join(", ")
}

/// By how much the clocks of services were corrected, and which ones are too coarse to tell when a span was.
fn clocks(report: &Report<'_>, trace: &Trace, style: &Style) -> String {
    let store = report.store;
    let (mut shifts, mut coarse): (Vec<(Symbol, String)>, Vec<Symbol>) = Default::default();
    for span in &trace.spans {
        let Some((raw, _)) = span.raw else { continue };
        let clock = (span.service, span.instance);
        let is_coarse = store.census.windows.get(&clock).is_some_and(Window::is_coarse);
        if is_coarse && !store.clocks.offsets.contains_key(&clock) {
            if !coarse.contains(&span.service) {
                coarse.push(span.service);
            }
        } else if !shifts.iter().any(|(service, _)| *service == span.service) {
            let offset = raw.0.saturating_sub(span.start.0);
            let way = if offset < 0 { "behind" } else { "ahead" };
            let off = style.duration(offset.unsigned_abs());
            shifts.push((span.service, format!("{} was {off} {way}", store.symbols.text(span.service))));
        }
    }
    let mut words = Vec::new();
    if !shifts.is_empty() {
        let shifts: Vec<String> = shifts.into_iter().map(|(_, words)| words).collect();
        words.push(format!("corrected: {}", shifts.join(", ")));
    }
    if !coarse.is_empty() {
        let services: Vec<&str> = coarse.iter().map(|service| store.symbols.text(*service)).collect();
        words.push(format!("coarse, placed by the others: {}", services.join(", ")));
    }
    words.join("; ")
}
