//! What each service did.

use super::Style;
use super::bars::share_bar;
use super::paint::Paint;
use super::row::{Row, clean_width};
use crate::report::units::{count, counted, percent};
use crate::report::{ClockSummary, Report, ServiceSummary};
use std::io::{self, Write};

/// Services that are shown.
const MAX_SERVICES: usize = 20;
/// The least width that has room for shares.
const SHARE_FROM: usize = 60;
/// The least width that has room for bars.
const BAR_FROM: usize = 90;
/// Columns that a clock needs to stand beside the rest.
const MIN_CLOCK: usize = 22;
/// Columns of a bar.
const BAR: usize = 16;

/// Writes a table of the services, the busiest first.
pub(super) fn services(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if report.services.is_empty() {
        return Ok(());
    }
    let mut services: Vec<&ServiceSummary> = report.services.iter().collect();
    let text = |service: &ServiceSummary| report.store.symbols.text(service.name);
    services
        .sort_by(|a, b| (b.spans, b.records).cmp(&(a.spans, a.records)).then_with(|| text(a).cmp(text(b))));
    let shown = &services[..services.len().min(MAX_SERVICES)];
    let table = Table::new(report, style, shown);
    let mut row = Row::new(style);
    row.write(out)?;
    table.head(&mut row, out)?;
    for service in shown {
        table.row(service, &mut row, out)?;
    }
    match services.len() - shown.len() {
        0 => Ok(()),
        more => {
            row.gap(2).put(Paint::Faint, &format!("and {} more", counted(more as u64, "service"))).write(out)
        }
    }
}

/// Columns of the table; 0 for those that are left out.
struct Table<'r> {
    report: &'r Report<'r>,
    style: &'r Style,
    name: usize,
    records: usize,
    spans: usize,
    errors: usize,
    share: usize,
    bar: usize,
    clock: bool,
    /// What shares are of: spans, or records where there is no span.
    whole: u64,
    /// The greatest share.
    most: f64,
}

impl<'r> Table<'r> {
    fn new(report: &'r Report<'r>, style: &'r Style, shown: &[&ServiceSummary]) -> Table<'r> {
        let digits = |of: fn(&ServiceSummary) -> u64| {
            shown.iter().map(|service| count(of(service)).len()).max().unwrap_or(0)
        };
        let names = shown.iter().map(|service| clean_width(report.store.symbols.text(service.name), style));
        let spans: u64 = report.services.iter().map(|service| service.spans).sum();
        let records: u64 = report.services.iter().map(|service| service.records).sum();
        let mut table = Table {
            report,
            style,
            name: names.max().unwrap_or(0).clamp(8, (style.width / 3).max(8)),
            records: digits(|service| service.records).max("records".len()) + 2,
            spans: if spans > 0 { digits(|service| service.spans).max("spans".len()) + 2 } else { 0 },
            errors: match digits(|service| service.errors) {
                _ if shown.iter().all(|service| service.errors == 0) => 0,
                digits => digits.max("errors".len()) + 2,
            },
            share: if style.width >= SHARE_FROM { "share".len() + 2 } else { 0 },
            bar: if style.width >= BAR_FROM { BAR } else { 0 },
            clock: shown.iter().any(|service| service.clock.is_some()),
            whole: if spans > 0 { spans } else { records },
            most: 0.0,
        };
        table.most = shown.iter().map(|service| table.share_of(service)).fold(0.0, f64::max);
        table
    }

    fn share_of(&self, service: &ServiceSummary) -> f64 {
        let part = if self.spans > 0 { service.spans } else { service.records };
        part as f64 / self.whole.max(1) as f64
    }

    fn head(&self, row: &mut Row, out: &mut dyn Write) -> io::Result<()> {
        row.left(Paint::Strong, "Services", self.name + 2);
        let cells = [
            ("records", self.records),
            ("spans", self.spans),
            ("errors", self.errors),
            ("share", self.share),
        ];
        for (name, cell) in cells {
            row.right(Paint::Faint, name, cell);
        }
        if self.clock && row.room() >= MIN_CLOCK {
            row.gap(if self.bar > 0 { self.bar + 3 } else { 2 }).put(Paint::Faint, "clock");
        }
        row.write(out)
    }

    fn row(&self, service: &ServiceSummary, row: &mut Row, out: &mut dyn Write) -> io::Result<()> {
        let text = self.report.store.symbols.text(service.name);
        row.gap(2).left(Paint::Service(service.name), text, self.name);
        row.right(Paint::Plain, &count(service.records), self.records);
        row.right(Paint::Plain, &count(service.spans), self.spans);
        let errors = if service.errors > 0 { count(service.errors) } else { String::new() };
        row.right(Paint::Error, &errors, self.errors);
        let share = self.share_of(service);
        row.right(Paint::Plain, &percent(share), self.share);
        if self.bar > 0 {
            let bar = share_bar(share / self.most.max(f64::MIN_POSITIVE), self.bar, self.style);
            row.gap(1).left(Paint::Service(service.name), &bar, self.bar);
        }
        if let Some(clock) = &service.clock {
            if row.room() < MIN_CLOCK {
                row.write(out)?;
                row.gap(2);
            }
            row.gap(2);
            self::clock(clock, self.style, row);
        }
        row.write(out)
    }
}

/// By how much a clock is off; faint where that is not more than what is unknown.
fn clock(clock: &ClockSummary, style: &Style, row: &mut Row) {
    let off = clock.offset.unsigned_abs() > clock.uncertainty;
    let paint = if off { Paint::Warning } else { Paint::Faint };
    let sign = if style.unicode { "±" } else { "+-" };
    row.put(paint, &style.offset(clock.offset));
    row.put(Paint::Faint, &format!(" {sign}{}", style.duration(clock.uncertainty)));
    if clock.drift_ppm.abs() >= 1.0 {
        row.put(paint, &format!(", drifts {:.0} ppm", clock.drift_ppm));
    }
}
