//! Reports for people. (draft)

use super::{Report, TextOf};
use std::io::{self, Write};

/// How text is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Use colours.
    pub color: bool,
    /// Use characters beyond ASCII.
    pub unicode: bool,
    /// Columns to fill.
    pub width: usize,
    /// The output is a terminal: control characters must not reach it.
    pub terminal: bool,
}

/// What `show` adds to the tree.
#[derive(Clone, Copy, Debug, Default)]
pub struct Show {
    /// Log lines.
    pub lines: bool,
    /// Reasons of edges.
    pub why: bool,
}

/// The whole run.
pub fn overview(
    report: &Report<'_>,
    texts: &mut TextOf<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    list(report, texts, style, out)
}

/// One row a transaction.
pub fn list(
    report: &Report<'_>,
    _texts: &mut TextOf<'_>,
    _style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    for trace in report.traces {
        writeln!(
            out,
            "{} {} {} {}",
            trace.start,
            trace.id,
            super::units::duration(trace.duration() as i64),
            report.store.symbols.text(trace.name)
        )?;
    }
    writeln!(out, "{:?}", report.coverage)
}

/// One transaction.
pub fn show(
    report: &Report<'_>,
    texts: &mut TextOf<'_>,
    style: Style,
    _show: Show,
    out: &mut dyn Write,
) -> io::Result<()> {
    list(report, texts, style, out)
}
