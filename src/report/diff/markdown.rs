//! A comparison as Markdown, for the summary of a job or a comment.

use super::{Compared, odds, words};
use crate::report::check::markdown::escape;
use std::io::{self, Write};

/// Differences that are listed.
const MAX_ROWS: usize = 200;

/// Writes the comparison.
pub fn write(compared: &Compared<'_>, out: &mut dyn Write) -> io::Result<()> {
    let worse = compared.worse();
    let title = match (worse, compared.differences.len()) {
        (_, 0) => "✅ No difference".to_owned(),
        (0, number) => format!("✅ Nothing got worse, {number} differences"),
        (worse, number) => format!("❌ {worse} of {number} differences are for the worse"),
    };
    writeln!(out, "## {title}\n")?;
    let [base, new] = &compared.runs;
    writeln!(
        out,
        "{}: {} transactions. {}: {} transactions.",
        escape(base.name),
        base.transactions,
        escape(new.name),
        new.transactions
    )?;
    if !compared.differences.is_empty() {
        writeln!(out, "\n| | what | which | change | |\n| --- | --- | --- | --- | --- |")?;
    }
    for difference in compared.differences.iter().take(MAX_ROWS) {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            if difference.is_worse() { "❌" } else { "ℹ️" },
            difference.kind.name(),
            escape(&difference.name),
            escape(&words(difference)),
            odds(difference).replace('<', "&lt;")
        )?;
    }
    match compared.differences.len().saturating_sub(MAX_ROWS) {
        0 => Ok(()),
        more => writeln!(out, "\nand {more} more"),
    }
}
