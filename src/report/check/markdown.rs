//! The outcome of a check as Markdown, for the summary of a job.

use super::Judged;
use crate::analyze::check::State;
use crate::model::units::{counted, percent};
use std::io::{self, Write};

/// Checks that passed are listed up to this number.
const MAX_PASSED: usize = 50;

/// Writes the outcome.
pub fn write(judged: &Judged<'_>, out: &mut dyn Write) -> io::Result<()> {
    let title = match judged.state() {
        State::Failed => "❌ Check failed",
        State::Unjudged => "⚠️ Check could not be judged",
        _ => "✅ Check passed",
    };
    writeln!(out, "## {title}\n")?;
    let parts = [
        (State::Failed, "failed"),
        (State::Unjudged, "not judged"),
        (State::Noted, "noted"),
        (State::Passed, "passed"),
    ];
    let counts: Vec<String> = parts
        .iter()
        .filter(|(state, _)| judged.count(*state) > 0)
        .map(|(state, word)| format!("{} {word}", judged.count(*state)))
        .collect();
    let coverage = judged.coverage;
    let placed = coverage.records_placed + coverage.records_filtered;
    writeln!(
        out,
        "{}. {}, which hold {} of {}.\n",
        if counts.is_empty() { "No check".to_owned() } else { counts.join(", ") },
        counted(judged.traces.len() as u64, "transaction"),
        percent(placed as f64 / coverage.records.max(1) as f64),
        counted(coverage.records, "record"),
    )?;
    let worst = judged.worst_first();
    let (passed, other): (Vec<_>, Vec<_>) =
        worst.into_iter().partition(|verdict| verdict.state == State::Passed);
    if !other.is_empty() {
        writeln!(out, "| | check | what | example |\n| --- | --- | --- | --- |")?;
    }
    for verdict in other {
        let mark = match verdict.state {
            State::Failed => "❌",
            State::Unjudged => "⚠️",
            _ => "ℹ️",
        };
        let examples: Vec<String> =
            verdict.examples.iter().take(2).map(|example| code(&judged.trace_id(example))).collect();
        writeln!(
            out,
            "| {mark} | **{}** {} | {} | {} |",
            escape(verdict.rule),
            escape(&verdict.name),
            escape(&verdict.summary),
            examples.join("<br>")
        )?;
    }
    if !passed.is_empty() {
        writeln!(out, "\n<details><summary>{} passed</summary>\n", passed.len())?;
        for verdict in passed.iter().take(MAX_PASSED) {
            writeln!(
                out,
                "- **{}** {}: {}",
                escape(verdict.rule),
                escape(&verdict.name),
                escape(&verdict.summary)
            )?;
        }
        if passed.len() > MAX_PASSED {
            writeln!(out, "- and {} more", passed.len() - MAX_PASSED)?;
        }
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

/// A text within a cell: on one line, and nothing of it is markup (CommonMark, 2.4 and 6.6; tables as GitHub has them).
pub(in crate::report) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// An id as code.
fn code(text: &str) -> String {
    let clean = |c: char| if c.is_control() || c == '`' || c == '|' { ' ' } else { c };
    format!("`{}`", text.chars().map(clean).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup() {
        assert_eq!(
            escape("a|b <img src=x> *c* [d](e) `f`\n@everyone"),
            "a\\|b &lt;img src=x&gt; \\*c\\* \\[d\\](e) \\`f\\` &#64;everyone"
        );
        assert_eq!(code("a`|b"), "`a  b`");
    }
}
