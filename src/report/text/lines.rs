//! The log lines of a span, under its row.

use super::paint::Paint;
use super::row::{Row, wrap};
use super::{Show, Style};
use crate::model::{EventId, Symbol, Time, flag};
use crate::report::units::counted;
use crate::report::{Report, TextOf};
use std::io::{self, Write};

/// Columns of the time since the start.
const OFFSET: usize = 9;
/// Columns of the level.
const LEVEL: usize = 5;
/// Lines of one message that are shown unless all are asked for.
const MAX_LINES: usize = 12;
/// A tab of a message's inner line is this many blanks.
const TAB: &str = "    ";

/// What the lines of one place share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines<'a> {
    /// The report.
    pub(super) report: &'a Report<'a>,
    /// How to draw.
    pub(super) style: &'a Style,
    /// What is asked for.
    pub(super) show: Show,
    /// Drawn before each row.
    pub(super) guide: &'a str,
    /// The service that needs no telling.
    pub(super) service: Symbol,
    /// The time that offsets count from.
    pub(super) zero: Time,
    /// What is to be added to the times of these records to bring them to the common clock.
    pub(super) shift: i64,
}

impl Lines<'_> {
    /// Writes the lines of some records.
    pub(super) fn write(
        &self,
        events: &[EventId],
        texts: &mut TextOf<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        for &id in events {
            self.record(id, texts, out)?;
        }
        Ok(())
    }

    fn record(&self, id: EventId, texts: &mut TextOf<'_>, out: &mut dyn Write) -> io::Result<()> {
        let store = self.report.store;
        let event = store.event(id);
        if event.is(flag::WHOLE_SPAN) {
            // an exported span is the row above, not a line of a log
            return Ok(());
        }
        let mut row = Row::new(self.style);
        row.put(Paint::Faint, self.guide);
        let offset = if event.is(flag::TIME_UNKNOWN) || self.zero.0 == 0 {
            String::new()
        } else {
            self.style.offset(event.time.0.saturating_add(self.shift).saturating_sub(self.zero.0))
        };
        row.right(Paint::Faint, &offset, OFFSET).gap(1);
        let paint = Paint::of_level(event.level);
        row.left(paint, event.level.map_or("", |level| level.name()), LEVEL).gap(1);
        if event.service != self.service && !event.service.is_none() {
            row.put(Paint::Service(event.service), store.symbols.text(event.service)).gap(1);
        }
        let column = row.at();
        let Some(text) = texts(event.place) else {
            let template = store.symbols.text(event.template);
            return row.put(Paint::Faint, &format!("(cannot be read again) {template}")).write(out);
        };
        let paint = match paint {
            Paint::Error => Paint::Error,
            Paint::Faint => Paint::Faint,
            _ => Paint::Plain,
        };
        let mut lines = text.message.trim_end().lines();
        self.line(&mut row, lines.next().unwrap_or_default(), column, paint, out)?;
        let most = if self.show.all { usize::MAX } else { MAX_LINES };
        for line in lines.by_ref().take(most - 1) {
            row.put(Paint::Faint, self.guide).to(column);
            self.line(&mut row, &line.replace('\t', TAB), column, Paint::Faint, out)?;
        }
        match lines.count() {
            0 => Ok(()),
            more => {
                let more = format!("{} {}", self.style.ellipsis(), counted(more as u64, "more line"));
                row.put(Paint::Faint, self.guide).to(column).put(Paint::Faint, &more).write(out)
            }
        }
    }

    /// One line of a message: on a terminal on as many rows as it needs, elsewhere on one.
    fn line(
        &self,
        row: &mut Row,
        line: &str,
        column: usize,
        paint: Paint,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if !self.style.terminal {
            return row.without_limit().put(paint, line).write(out);
        }
        let clean = super::clean::clean(line, true);
        let room = row.room();
        if room < 8 {
            return row.put(paint, &clean).write(out);
        }
        for (index, part) in wrap(&clean, room).into_iter().enumerate() {
            if index > 0 {
                row.put(Paint::Faint, self.guide).to(column);
            }
            row.put(paint, part).write(out)?;
        }
        Ok(())
    }
}
