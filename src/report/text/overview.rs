//! What happened: what is wrong first, then the slowest transactions, the shape of the run, and what was read.

use super::bars::{histogram, share_bar, sparkline};
use super::digest::{Brief, Digest};
use super::findings::{self, Group};
use super::list::{MAX_ID, MIN_ID, name, name_width, short_id, status_mark};
use super::paint::Paint;
use super::row::{Row, width, wrap};
use super::services::services;
use super::{Style, coverage, duration};
use crate::model::{Status, Time};
use crate::report::units::{count, counted, date, time_of_day};
use crate::report::{Report, TextOf};
use std::io::{self, Write};

/// Columns of a name that leaves no room for more.
const MIN_NAME: usize = 24;
/// Column where values begin.
const LABEL: usize = 12;
/// Fewer transactions than this make no curve.
const MIN_CURVE: usize = 8;
/// Columns of a sparkline.
const SPARK: usize = 48;

/// Writes the overview of a run.
pub fn overview(
    report: &Report<'_>,
    _texts: &mut TextOf<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut digest = Digest::default();
    digest.add(report.traces);
    digest.find(report.findings);
    digested(report, digest, style, out)
}

/// Writes the overview of a run of which the digest tells the transactions and findings.
pub fn digested(
    report: &Report<'_>,
    mut digest: Digest,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if digest.transactions() == 0 {
        nothing(report, &style, out)?;
        if report.coverage.records > 0 {
            services(report, &style, out)?;
        }
        Row::new(&style).write(out)?;
        return coverage::full(report.coverage, &style, out);
    }
    let id = digest.id_length(report.store, MIN_ID, MAX_ID);
    let groups = std::mem::take(&mut digest.groups);
    let any_finding = !groups.is_empty();
    let view = Overview { report, groups: groups.sorted(), digest, style, id };
    view.title(out)?;
    if any_finding {
        view.heading("What is wrong", out)?;
        findings::write(report, &view.groups, view.id, &style, out)?;
    } else {
        view.failed(out)?;
    }
    view.slowest(out)?;
    view.shape(out)?;
    services(report, &style, out)?;
    Row::new(&style).write(out)?;
    coverage::full(report.coverage, &style, out)?;
    view.hints(out)
}

struct Overview<'r> {
    report: &'r Report<'r>,
    digest: Digest,
    groups: Vec<Group>,
    style: Style,
    /// Characters of a short id.
    id: usize,
}

impl Overview<'_> {
    /// How many transactions, and how they ended.
    fn title(&self, out: &mut dyn Write) -> io::Result<()> {
        let (counts, slow, twice) = (self.digest.statuses, self.digest.slow, self.digest.twice);
        let of = |status: Status| (Paint::of_status(status), counts[status as usize], status.name());
        let ends = [
            of(Status::Error),
            of(Status::Incomplete),
            of(Status::Truncated),
            (Paint::Warning, slow, "slow"),
            (Paint::Warning, twice, "done twice"),
            (Paint::Plain, counts[Status::Ok as usize] - slow - twice, Status::Ok.name()),
        ];
        let mut row = Row::new(&self.style);
        row.put(Paint::Strong, &counted(self.digest.transactions(), "transaction"));
        let mut before = ": ";
        for (paint, number, name) in ends.into_iter().filter(|(_, number, _)| *number > 0) {
            row.put(Paint::Plain, before).put(paint, &format!("{} {name}", count(number)));
            before = ", ";
        }
        row.write(out)
    }

    /// Where no finding says what went wrong: the first transactions that failed.
    fn failed(&self, out: &mut dyn Write) -> io::Result<()> {
        let shown = &self.digest.failed;
        if shown.is_empty() {
            return Ok(());
        }
        let names = self.names(shown);
        self.heading("Failed", out)?;
        for brief in shown {
            self.transaction(brief, 0, names, out)?;
        }
        match self.digest.failures - shown.len() as u64 {
            0 => Ok(()),
            more => {
                let text = format!("and {} more", count(more));
                Row::new(&self.style).gap(2).put(Paint::Faint, &text).write(out)
            }
        }
    }

    fn heading(&self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        Row::new(&self.style).write(out)?;
        Row::new(&self.style).put(Paint::Strong, text).write(out)
    }

    fn slowest(&self, out: &mut dyn Write) -> io::Result<()> {
        let slow = &self.digest.slowest;
        let Some(longest) = slow.first().map(|brief| brief.trace.duration()) else { return Ok(()) };
        self.heading("Slowest", out)?;
        let names = self.names(slow);
        for brief in slow {
            self.transaction(brief, longest, names, out)?;
        }
        Ok(())
    }

    /// Columns that the names of some transactions need.
    fn names(&self, briefs: &[Brief]) -> usize {
        briefs.iter().map(|brief| name_width(self.report, &brief.trace, &self.style)).max().unwrap_or(0)
    }

    /// A transaction in one row, its name in `names` columns; its bar is its share of `longest`.
    fn transaction(&self, brief: &Brief, longest: u64, names: usize, out: &mut dyn Write) -> io::Result<()> {
        let (style, trace) = (&self.style, &brief.trace);
        let bar = if longest == 0 || style.width < 72 { 0 } else { (style.width / 5).min(24) };
        let duration = duration(trace, style);
        let mut row = Row::new(style);
        let paint = match trace.status {
            Status::Ok => Paint::Service(trace.service),
            status => Paint::of_status(status),
        };
        row.put(paint, status_mark(trace.status, style)).to(2);
        row.left(Paint::Faint, &short_id(self.report, trace.id, self.id), self.id);
        row.right(Paint::Plain, &duration, 10).gap(2);
        if bar > 0 {
            let share = trace.duration() as f64 / longest as f64;
            row.left(paint, &share_bar(share, bar, style), bar).gap(2);
        }
        let facts = format!(
            "{}{}{}",
            counted(brief.spans, "span"),
            style.separator(),
            counted(trace.services.len() as u64, "service")
        );
        let room = row.room();
        let beside = room >= width(&facts) + MIN_NAME;
        let cell = if beside { room - width(&facts) - 2 } else { room };
        name(self.report, trace, cell.min(names), &mut row);
        if beside {
            row.gap(2).put(Paint::Faint, &facts);
        }
        row.write(out)
    }

    /// How transactions lie in time and how long they took.
    fn shape(&self, out: &mut dyn Write) -> io::Result<()> {
        let starts = || self.digest.times.iter().map(|(start, _)| *start);
        let (Some(low), Some(last), Some(high)) = (starts().min(), starts().max(), self.digest.end) else {
            return Ok(());
        };
        self.heading("Shape", out)?;
        let style = &self.style;
        let mut row = Row::new(style);
        let length = high.0.saturating_sub(low.0).max(0) as u64;
        let end = if low.civil() == high.civil() { String::new() } else { format!("{} ", date(high)) };
        let from = format!("{} {}", date(low), time_of_day(low));
        let to = format!("to {end}{} UTC ({})", time_of_day(high), style.duration(length));
        row.gap(2).put(Paint::Faint, "time").to(LABEL);
        if row.room() > from.len() + to.len() {
            row.put(Paint::Plain, &format!("{from} {to}")).write(out)?;
        } else {
            row.put(Paint::Plain, &from).write(out)?;
            row.to(LABEL).put(Paint::Plain, &to).write(out)?;
        }
        let cells = SPARK.min(style.width.saturating_sub(LABEL + 26)).max(8);
        let lengths: Vec<u64> = self.digest.times.iter().map(|(_, length)| *length).collect();
        let curves = lengths.len() >= MIN_CURVE;
        if curves && last > low {
            let spread = last.0.saturating_sub(low.0) as f64;
            let place = |time: Time| time.0.saturating_sub(low.0) as f64 / spread;
            let counts = histogram(starts().map(place), cells);
            let most = counts.iter().copied().max().unwrap_or(0);
            let part = style.duration((spread / cells as f64) as u64);
            row.gap(2).put(Paint::Faint, "starts").to(LABEL).put(Paint::Faint, &sparkline(&counts, style));
            row.to(LABEL + cells + 2)
                .put(Paint::Plain, &format!("up to {} in {part}", count(most)))
                .write(out)?;
        }
        self.durations(lengths, cells, out)
    }

    fn durations(&self, mut lengths: Vec<u64>, cells: usize, out: &mut dyn Write) -> io::Result<()> {
        lengths.sort_unstable();
        let (Some(&low), Some(&high)) = (lengths.first(), lengths.last()) else { return Ok(()) };
        let style = &self.style;
        let mut row = Row::new(style);
        row.gap(2).put(Paint::Faint, "durations").to(LABEL);
        let range = format!("{} to {}", style.duration(low), style.duration(high));
        if lengths.len() < MIN_CURVE || high == low {
            return row.put(Paint::Plain, &range).write(out);
        }
        let log = |nanos: u64| (nanos.max(1) as f64).ln();
        let (from, to) = (log(low), log(high));
        let counts = histogram(lengths.iter().map(|&nanos| (log(nanos) - from) / (to - from)), cells);
        row.put(Paint::Faint, &sparkline(&counts, style));
        row.to(LABEL + cells + 2).put(Paint::Plain, &range).write(out)?;
        let at = |share: f64| lengths[((lengths.len() - 1) as f64 * share).round() as usize];
        let facts = [("median ", 0.5), ("p90 ", 0.9), ("p99 ", 0.99)]
            .map(|(name, share)| format!("{name}{}", style.duration(at(share))));
        row.facts(Paint::Plain, &facts, LABEL, out)
    }

    /// What to look at next.
    fn hints(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let worst = self.groups.iter().find_map(|group| group.example);
        let of = |briefs: &[Brief]| briefs.first().map(|brief| brief.trace.id);
        let (id, why) = match (worst, of(&self.digest.failed)) {
            (Some(id), _) => (Some(id), "the first finding, with its log lines"),
            (None, Some(id)) => (Some(id), "a failed transaction, with its log lines"),
            _ => (of(&self.digest.slowest), "the slowest, with its log lines"),
        };
        let mut lines = Vec::new();
        let rest = self.style.ellipsis();
        if let Some(id) = id {
            let id = short_id(report, id, self.id);
            lines.push((format!("spanloom show {id} --lines {rest}"), why.to_owned()));
        }
        let unplaced = report.coverage.records_unplaced;
        if unplaced * 10 > report.coverage.records {
            let why = format!("why {} are in no transaction", counted(unplaced, "record"));
            lines.push((format!("spanloom explain {rest}"), why));
        }
        hints(&lines, &self.style, out)
    }
}

/// Commands and what they tell; beside each other where there is room.
fn hints(lines: &[(String, String)], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let commands = lines.iter().map(|(command, _)| width(command)).max().unwrap_or(0);
    let whole = lines.iter().all(|(_, why)| commands + 4 + width(why) <= style.width);
    let mut row = Row::new(style);
    row.write(out)?;
    row.put(Paint::Strong, "Next").write(out)?;
    for (command, why) in lines {
        row.gap(2).put(Paint::Plain, command);
        if whole {
            row.to(commands + 4).put(Paint::Faint, why).write(out)?;
            continue;
        }
        row.write(out)?;
        for line in wrap(why, style.width.saturating_sub(4)) {
            row.gap(4).put(Paint::Faint, line).write(out)?;
        }
    }
    Ok(())
}

/// Says that there is no transaction, why, and what may help.
pub(super) fn nothing(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let coverage = report.coverage;
    let mut row = Row::new(style);
    row.put(Paint::Strong, "No transaction found").write(out)?;
    let records = counted(coverage.records, "record");
    let (why, explain) = if coverage.records == 0 {
        let sources = counted(coverage.sources, "source");
        (format!("There was nothing to read: {sources}, {records}."), false)
    } else if coverage.records_filtered > 0 {
        let left_out = counted(coverage.records_filtered, "record");
        (format!("The selection left out every transaction there is ({left_out})."), false)
    } else if coverage.records_with_context == 0 {
        let whose = if coverage.records == 1 { "its text" } else { "any of them" };
        (format!("{records} read, but no trace, span or correlation id was recognised in {whose}."), true)
    } else {
        let with = counted(coverage.records_with_context, "record");
        (format!("{records} read. Ids were found in {with}, but they tie no records together."), true)
    };
    for line in wrap(&why, style.width) {
        row.put(Paint::Plain, line).write(out)?;
    }
    if explain {
        let command = format!("spanloom explain {}", style.ellipsis());
        hints(&[(command, "how each line was read, and which ids were seen".to_owned())], style, out)?;
    }
    Ok(())
}
