//! What was read and what was not: every report ends with it.

use super::Style;
use super::paint::Paint;
use super::row::Row;
use crate::model::{Coverage, Skip};
use crate::report::units::{bytes, count, counted};
use std::io::{self, Write};

/// One line: how much was read, and where it went.
pub(super) fn line(coverage: &Coverage, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut facts = vec![
        counted(coverage.sources, "source"),
        bytes(coverage.bytes),
        counted(coverage.records, "record"),
        format!("{} in transactions", count(coverage.records_placed)),
        format!("{} in none", count(coverage.records_unplaced)),
    ];
    if coverage.records_filtered > 0 {
        facts.push(format!("{} not shown", count(coverage.records_filtered)));
    }
    let skipped: u64 = coverage.skipped.values().map(|skip| skip.count).sum();
    if skipped > 0 {
        facts.push(format!("{} skipped", count(skipped)));
    }
    Row::new(style).facts(Paint::Faint, &facts, 0, out)
}

/// All counts, and what was skipped, why, how often and where first.
pub(super) fn full(coverage: &Coverage, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut row = Row::new(style);
    row.put(Paint::Strong, "Read").write(out)?;
    let facts =
        [counted(coverage.sources, "source"), bytes(coverage.bytes), counted(coverage.records, "record")];
    row.facts(Paint::Plain, &facts, 2, out)?;
    let mut facts = vec![
        format!("{} with a time", count(coverage.records_with_time)),
        format!("{} with ids", count(coverage.records_with_context)),
        format!("{} in transactions", count(coverage.records_placed)),
        format!("{} in none", count(coverage.records_unplaced)),
    ];
    if coverage.records_filtered > 0 {
        facts.push(format!("{} not shown", count(coverage.records_filtered)));
    }
    row.facts(Paint::Plain, &facts, 2, out)?;
    for (reason, skip) in &coverage.skipped {
        let what = format!("skipped {}{} {}", count(skip.count), style.times(), reason.text());
        row.facts(Paint::Plain, &[what, format!("first in {}", place(skip))], 2, out)?;
    }
    Ok(())
}

fn place(skip: &Skip) -> String {
    match skip.line {
        Some(line) => format!("{}:{line}", skip.file),
        None => skip.file.clone(),
    }
}
