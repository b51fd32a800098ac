//! How a check ended: what failed first, with transactions that show it.

use super::paint::Paint;
use super::row::{Row, wrap};
use super::{Style, coverage, id_text};
use crate::analyze::check::{State, Verdict};
use crate::report::check::Judged;
use crate::report::units::{count, counted};
use std::io::{self, Write};

/// Checks that passed are shown up to this number.
const MAX_PASSED: usize = 30;
/// Column where sentences begin.
const INDENT: usize = 2;

/// Writes the outcome of a check; `notes` tell where its rules come from.
pub fn check(judged: &Judged<'_>, notes: &[String], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let view = View { judged, style };
    view.title(out)?;
    for note in notes {
        Row::new(&style).put(Paint::Faint, note).write(out)?;
    }
    let mut passed = 0;
    let mut before = None;
    for verdict in judged.worst_first() {
        if before != Some(verdict.state) {
            Row::new(&style).write(out)?;
            before = Some(verdict.state);
        }
        if verdict.state == State::Passed {
            passed += 1;
            if passed > MAX_PASSED {
                continue;
            }
        }
        view.verdict(verdict, out)?;
    }
    if passed > MAX_PASSED {
        let more = format!("and {} more passed", count((passed - MAX_PASSED) as u64));
        Row::new(&style).gap(INDENT).put(Paint::Faint, &more).write(out)?;
    }
    Row::new(&style).write(out)?;
    coverage::full(judged.coverage, &style, out)
}

struct View<'j> {
    judged: &'j Judged<'j>,
    style: Style,
}

impl View<'_> {
    fn title(&self, out: &mut dyn Write) -> io::Result<()> {
        let (word, paint) = match self.judged.state() {
            State::Failed => ("Failed", Paint::Error),
            State::Unjudged => ("Could not be judged", Paint::Warning),
            _ => ("Passed", Paint::Strong),
        };
        let parts = [
            (State::Failed, "failed"),
            (State::Unjudged, "not judged"),
            (State::Noted, "noted"),
            (State::Passed, "passed"),
        ];
        let counts: Vec<String> = parts
            .iter()
            .map(|(state, word)| (self.judged.count(*state), word))
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{} {word}", count(number)))
            .collect();
        let mut row = Row::new(&self.style);
        row.put(paint, word).put(Paint::Plain, ": ").put(Paint::Plain, &counts.join(", "));
        let traces = counted(self.judged.traces.len() as u64, "transaction");
        row.put(Paint::Faint, &format!(" ({traces})")).write(out)
    }

    fn verdict(&self, verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
        let mut row = Row::new(&self.style);
        let paint = match verdict.state {
            State::Failed => {
                row.glyph(Paint::Error, "✗", "X");
                Paint::Error
            }
            State::Unjudged => {
                row.put(Paint::Warning, "?");
                Paint::Warning
            }
            State::Noted => {
                row.put(Paint::Plain, "+");
                Paint::Plain
            }
            State::Passed => {
                row.glyph(Paint::Faint, "✓", "=");
                Paint::Faint
            }
        };
        row.to(INDENT).put(paint, &verdict.rule.replace('-', " "));
        row.put(Paint::Plain, ": ").without_limit().put(Paint::Plain, &verdict.name).write(out)?;
        let room = self.style.width.saturating_sub(INDENT * 2);
        let text = super::clean::clean(&verdict.summary, self.style.terminal);
        for line in wrap(&text, room) {
            row.gap(INDENT * 2).put(Paint::Faint, line).write(out)?;
        }
        if verdict.state == State::Passed {
            return Ok(());
        }
        for example in &verdict.examples {
            let trace = &self.judged.traces[example.trace];
            row.without_limit()
                .gap(INDENT * 2)
                .put(Paint::Faint, "trace ")
                .put(Paint::Plain, &id_text(self.judged.store, trace.id));
            if let Some((file, line)) = self.judged.place(example) {
                row.put(Paint::Faint, &format!(" at {file}:{line}"));
            }
            if !example.about.is_empty() {
                row.put(Paint::Faint, &format!(": {}", example.about));
            }
            row.write(out)?;
        }
        Ok(())
    }
}
