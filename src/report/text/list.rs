//! Transactions, one a row.

use super::bars::share_bar;
use super::clean::clean;
use super::digest::Brief;
use super::keys::{Named, in_words, keys, named};
use super::paint::Paint;
use super::row::{Row, clean_width, cut_name};
use super::{Style, coverage, duration, has_time, id_text};
use crate::gather::Store;
use crate::model::{Status, Trace, TraceId};
use crate::report::units::{count, counted, date, time_of_day};
use crate::report::{Report, TextOf};
use std::io::{self, Write};

/// An id is cut to this many characters unless it takes more to tell it from others.
pub(super) const MIN_ID: usize = 8;
/// No id takes more columns.
pub(super) const MAX_ID: usize = 40;
/// Columns of a duration.
const DURATION: usize = 8;
/// Columns of the bar beside it.
const BAR: usize = 8;
/// Keys of one row.
const MAX_KEYS: usize = 3;
/// Columns that a name needs to be of use.
const MIN_NAME: usize = 16;

/// A transaction in a list, of which spans and records may be gone when it is written.
#[derive(Clone, Debug)]
pub struct Listed {
    brief: Brief,
    /// Spans, with those that were never logged.
    pub spans: usize,
    /// Records, and those among them that tell of errors.
    pub records: usize,
    /// See [`Listed::records`].
    pub errors: u32,
    keys: Vec<Named>,
}

impl Listed {
    /// What is told of a transaction, of which the records are at hand.
    pub fn of(store: &Store, trace: &Trace) -> Listed {
        Listed {
            brief: Brief::of(trace),
            spans: trace.spans.len(),
            records: trace.record_count(),
            errors: trace.error_count(),
            keys: named(store, trace),
        }
    }

    /// From its start to its end, in nanoseconds.
    pub fn duration(&self) -> u64 {
        self.brief.trace.duration()
    }
}

/// Writes one row a transaction, then what was read.
pub fn list(
    report: &Report<'_>,
    rows: &[Listed],
    texts: &mut TextOf<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if rows.is_empty() {
        super::overview::nothing(report, &style, out)?;
        Row::new(&style).write(out)?;
    } else {
        let table = Table::new(report, rows, style);
        table.head(out)?;
        for listed in rows {
            table.row(listed, texts, out)?;
        }
        Row::new(&style).write(out)?;
        let shown = rows.len();
        let what = if report.transactions > shown {
            format!("{} of {}", count(shown as u64), counted(report.transactions as u64, "transaction"))
        } else {
            counted(shown as u64, "transaction")
        };
        Row::new(&style).put(Paint::Plain, &what).write(out)?;
    }
    coverage::line(report.coverage, &style, out)
}

/// The first characters of an id, as many as its report needs.
pub(super) fn short_id(report: &Report<'_>, id: TraceId, length: usize) -> String {
    let id = id_text(report.store, id);
    match id.char_indices().nth(length) {
        Some((end, _)) => id[..end].to_owned(),
        None => id,
    }
}

/// Columns of the table; 0 for those that the width has no room for.
struct Table<'r> {
    report: &'r Report<'r>,
    rows: &'r [Listed],
    style: Style,
    /// All transactions are of this date.
    date: Option<String>,
    longest: u64,
    start: usize,
    id: usize,
    bar: usize,
    spans: usize,
    services: usize,
    errors: usize,
    status: usize,
    name: usize,
    keys: usize,
}

impl<'r> Table<'r> {
    fn new(report: &'r Report<'r>, rows: &'r [Listed], style: Style) -> Table<'r> {
        let digits = |number: usize| count(number as u64).len();
        let most = |of: fn(&Listed) -> usize| rows.iter().map(of).max().unwrap_or(0);
        let traces = || rows.iter().map(|row| &row.brief.trace);
        let timed = || traces().filter(|trace| has_time(trace));
        let first = timed().next().map(|trace| trace.start);
        let one_day = first.filter(|first| timed().all(|trace| trace.start.civil() == first.civil()));
        let date = one_day.map(date);
        let mut ids: Vec<TraceId> = Vec::with_capacity(rows.len());
        for trace in traces() {
            ids.push(trace.id);
            ids.extend(trace.members.iter().filter(|&&member| member != trace.id));
        }
        let errors = most(|row| row.errors as usize);
        let mut table = Table {
            report,
            rows,
            style,
            start: if date.is_some() { 14 } else { 23 },
            date,
            longest: timed().map(Trace::duration).max().unwrap_or(0),
            id: super::digest::id_length(report.store, ids, MIN_ID, MAX_ID),
            bar: BAR,
            spans: digits(most(|row| row.spans)).max("SPANS".len()),
            services: digits(most(|row| row.brief.trace.services.len())).max("SVCS".len()),
            errors: if errors > 0 { digits(errors).max("ERRS".len()) } else { 0 },
            status: most(|row| row.brief.trace.status.name().len()).max("STATUS".len()),
            name: 0,
            keys: 0,
        };
        table.fit();
        table
    }

    /// Leaves columns out until a name has room, and shares the rest among name and keys.
    fn fit(&mut self) {
        let drop: [fn(&mut Table<'_>); 6] = [
            |table| table.bar = 0,
            |table| table.services = 0,
            |table| table.errors = 0,
            |table| table.spans = 0,
            |table| table.start = 0,
            |table| table.status = 1,
        ];
        let mut free = self.style.width.saturating_sub(self.fixed());
        for less in drop {
            if free >= MIN_NAME {
                break;
            }
            less(self);
            free = self.style.width.saturating_sub(self.fixed());
        }
        let has_keys = self.rows.iter().any(|row| !row.keys.is_empty());
        let width = |row: &Listed| name_width(self.report, &row.brief.trace, &self.style);
        let longest = self.rows.iter().map(width).max().unwrap_or(0);
        self.name = free;
        if has_keys && free >= MIN_NAME * 2 {
            self.name = longest.min(free * 6 / 10).max(MIN_NAME);
            self.keys = free - self.name - 2;
        }
    }

    /// Columns of all but name and keys.
    fn fixed(&self) -> usize {
        let bar = if self.bar > 0 { self.bar + 1 } else { 0 };
        let cells =
            [self.start, self.id, DURATION + bar, self.spans, self.services, self.errors, self.status];
        cells.into_iter().filter(|&cell| cell > 0).map(|cell| cell + 2).sum()
    }

    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut row = Row::new(&self.style);
        let paint = Paint::Faint;
        if self.start > 0 {
            let date = self.date.as_ref().map(|date| format!("{date} UTC"));
            row.left(paint, date.as_deref().unwrap_or("START (UTC)"), self.start).gap(2);
        }
        row.left(paint, "ID", self.id).gap(2).right(paint, "DURATION", DURATION);
        row.gap(if self.bar > 0 { self.bar + 3 } else { 2 });
        for (name, cell) in [("SPANS", self.spans), ("SVCS", self.services), ("ERRS", self.errors)] {
            if cell > 0 {
                row.right(paint, name, cell).gap(2);
            }
        }
        row.left(paint, if self.status > 1 { "STATUS" } else { "" }, self.status).gap(2);
        row.left(paint, "NAME", self.name);
        if self.keys > 0 {
            row.gap(2).left(paint, "KEYS", self.keys);
        }
        row.write(out)
    }

    fn row(&self, listed: &Listed, texts: &mut TextOf<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (style, trace) = (&self.style, &listed.brief.trace);
        let mut row = Row::new(style);
        let timed = has_time(trace);
        if self.start > 0 {
            let time = match (&self.date, timed) {
                (_, false) => "-".to_owned(),
                (Some(_), true) => time_of_day(trace.start),
                (None, true) => format!("{} {}", date(trace.start), time_of_day(trace.start)),
            };
            row.left(Paint::Plain, &time, self.start).gap(2);
        }
        row.left(Paint::Plain, &short_id(self.report, trace.id, self.id), self.id).gap(2);
        row.right(Paint::Plain, &duration(trace, style), DURATION).gap(1);
        if self.bar > 0 {
            let share = if timed { trace.duration() as f64 / self.longest.max(1) as f64 } else { 0.0 };
            let paint = match trace.status {
                Status::Ok => Paint::Faint,
                status => Paint::of_status(status),
            };
            row.left(paint, &share_bar(share, self.bar, style), self.bar).gap(1);
        }
        row.gap(1);
        let errors = listed.errors;
        if self.spans > 0 {
            row.right(Paint::Plain, &count(listed.brief.spans), self.spans).gap(2);
        }
        if self.services > 0 {
            row.right(Paint::Plain, &count(trace.services.len() as u64), self.services).gap(2);
        }
        if self.errors > 0 {
            let text = if errors > 0 { count(u64::from(errors)) } else { String::new() };
            row.right(Paint::Warning, &text, self.errors).gap(2);
        }
        let status = if self.status > 1 { trace.status.name() } else { status_mark(trace.status, style) };
        let paint = if trace.status == Status::Ok { Paint::Faint } else { Paint::of_status(trace.status) };
        row.left(paint, status, self.status).gap(2);
        name(self.report, trace, self.name, &mut row);
        if self.keys > 0 && !listed.keys.is_empty() {
            let keys = keys(self.report.store, &listed.keys, MAX_KEYS, texts);
            row.gap(2).left(Paint::Faint, &in_words(&keys, style), self.keys);
        }
        row.write(out)
    }
}

/// Columns that service and name of a transaction need.
pub(super) fn name_width(report: &Report<'_>, trace: &Trace, style: &Style) -> usize {
    let text = |symbol| clean_width(report.store.symbols.text(symbol), style);
    let name = match text(trace.name) {
        0 => "(no name)".len(),
        name => name,
    };
    text(trace.service) + 1 + name
}

/// Service and name of a transaction in a cell.
pub(super) fn name(report: &Report<'_>, trace: &Trace, cell: usize, row: &mut Row) {
    let text = |symbol| report.store.symbols.text(symbol);
    let end = row.at() + cell;
    let service = text(trace.service);
    if !service.is_empty() {
        row.left(Paint::Service(trace.service), service, clean_width(service, row.style()).min(cell)).gap(1);
    }
    let name = match text(trace.name) {
        "" => "(no name)",
        name => name,
    };
    let room = end.saturating_sub(row.at());
    let name = clean(name, row.style().terminal);
    let name = cut_name(&name, room, row.style()).into_owned();
    row.put(Paint::Plain, &name).to(end);
}

/// A sign for a status.
pub(super) fn status_mark(status: Status, style: &Style) -> &'static str {
    match (status, style.unicode) {
        (Status::Ok, _) => "",
        (Status::Error, true) => "✗",
        (Status::Error, false) => "X",
        (Status::Incomplete, _) => "?",
        (Status::Truncated, true) => "…",
        (Status::Truncated, false) => "~",
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::width;
    use super::*;

    #[test]
    fn every_status_but_ok_has_a_sign_of_one_column() {
        for unicode in [true, false] {
            let style = Style { color: false, unicode, width: 80, terminal: true };
            for status in [Status::Error, Status::Incomplete, Status::Truncated] {
                assert_eq!(width(status_mark(status, &style)), 1, "{status:?}");
            }
        }
    }
}
