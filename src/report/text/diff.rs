//! Two runs against each other, for people.

use super::paint::Paint;
use super::row::{Row, wrap};
use super::{Style, ascii_units, coverage};
use crate::analyze::compare::{Change, Difference};
use crate::report::diff::{Compared, odds, words};
use crate::report::units::{count, counted};
use std::io::{self, Write};

/// Differences that are shown.
const MAX_SHOWN: usize = 100;
/// Column where names begin.
const INDENT: usize = 2;

/// Writes a comparison.
pub fn diff(compared: &Compared<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut row = Row::new(&style);
    let worse = compared.worse();
    let other = compared.differences.len() - worse;
    let (paint, title) = match (worse, other) {
        (0, 0) => (Paint::Strong, "No difference".to_owned()),
        (0, other) => {
            (Paint::Strong, format!("Nothing got worse, {}", counted(other as u64, "other difference")))
        }
        (worse, other) => {
            let other = if other > 0 { format!(", {} not", count(other as u64)) } else { String::new() };
            let are = if worse == 1 { "is" } else { "are" };
            (Paint::Error, format!("{} {are} for the worse{other}", counted(worse as u64, "difference")))
        }
    };
    row.put(paint, &title).write(out)?;
    for (word, run) in ["base", "new"].iter().zip(&compared.runs) {
        let transactions = counted(run.transactions as u64, "transaction");
        row.gap(INDENT).left(Paint::Faint, word, 6).put(Paint::Plain, run.name);
        row.put(Paint::Faint, &format!(": {transactions}")).write(out)?;
    }
    let mut before = None;
    for difference in compared.differences.iter().take(MAX_SHOWN) {
        if before != Some(difference.is_worse()) {
            before = Some(difference.is_worse());
            row.write(out)?;
            let heading = if difference.is_worse() { "Worse" } else { "Other differences" };
            row.put(Paint::Strong, heading).write(out)?;
        }
        one(compared, difference, &style, out)?;
    }
    if compared.differences.len() > MAX_SHOWN {
        let more = format!("and {} more", count((compared.differences.len() - MAX_SHOWN) as u64));
        row.gap(INDENT).put(Paint::Faint, &more).write(out)?;
    }
    for run in &compared.runs {
        row.write(out)?;
        row.put(Paint::Faint, run.name).write(out)?;
        coverage::full(run.coverage, &style, out)?;
    }
    Ok(())
}

fn one(
    compared: &Compared<'_>,
    difference: &Difference,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut row = Row::new(style);
    match difference.change {
        _ if difference.is_worse() => row.glyph(Paint::Error, "✗", "X"),
        Change::New => row.put(Paint::Plain, "+"),
        Change::Gone => row.put(Paint::Plain, "-"),
        _ => row.put(Paint::Faint, "="),
    };
    row.to(INDENT).put(Paint::Faint, &format!("{} ", difference.kind.name()));
    let paint = if compared.service(difference).is_empty() {
        Paint::Plain
    } else {
        Paint::Service(difference.service)
    };
    row.without_limit().put(paint, &difference.name).write(out)?;
    let odds = odds(difference);
    let mut text = ascii_units(words(difference), style);
    if !odds.is_empty() {
        text.push_str(&format!(" ({odds})"));
    }
    for line in wrap(&text, style.width.saturating_sub(INDENT * 2)) {
        row.gap(INDENT * 2).put(Paint::Plain, line).write(out)?;
    }
    Ok(())
}
