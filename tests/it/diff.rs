//! Shows how a text differs from what was expected.

use similar::{ChangeTag, TextDiff};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Unchanged lines shown around a change.
const AROUND: usize = 2;
/// A longer difference is cut.
const MAX_LINES: usize = 120;
/// A longer line is cut.
const MAX_COLUMNS: usize = 300;

/// The difference of two texts, `-` for what was expected and is not there, `+` for what is there instead.
pub(crate) fn diff(expected: &str, got: &str) -> String {
    let lines = TextDiff::from_lines(expected, got);
    let mut out = String::new();
    let mut shown = 0;
    for (index, group) in lines.grouped_ops(AROUND).iter().enumerate() {
        if index > 0 {
            out.push_str("  …\n");
        }
        for change in group.iter().flat_map(|op| lines.iter_changes(op)) {
            shown += 1;
            if shown > MAX_LINES {
                out.push_str("  … and more\n");
                return out;
            }
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let line = change.value().trim_end_matches('\n');
            let more = if line.chars().count() > MAX_COLUMNS { " …" } else { "" };
            let _ = writeln!(out, "{sign} {}{more}", visible(line));
        }
    }
    if out.is_empty() && expected != got {
        out.push_str("  (they differ in how the last line ends)\n");
    }
    out
}

/// The front of a line, with control characters as escapes.
fn visible(line: &str) -> String {
    let mut out = String::new();
    for c in line.chars().take(MAX_COLUMNS) {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// Compares a text with a file, or writes the file if expected output is to be written anew. Gives what is wrong.
pub(crate) fn with_file(path: &Path, got: &str) -> Option<String> {
    if crate::program::bless() {
        fs::write(path, got).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        return None;
    }
    compared(path, got)
}

/// Compares a text with a file. Gives what is wrong.
pub(crate) fn compared(path: &Path, got: &str) -> Option<String> {
    let name = path.strip_prefix(crate::program::root()).unwrap_or(path).display();
    match fs::read(path) {
        Err(error) => Some(format!("cannot read {name}: {error}\n(SPANLOOM_BLESS=1 writes it)\n")),
        Ok(expected) if expected == got.as_bytes() => None,
        Ok(expected) => {
            Some(format!("not as in {name}:\n{}", diff(&String::from_utf8_lossy(&expected), got)))
        }
    }
}

/// Fails with all that is wrong, if anything is.
#[track_caller]
pub(crate) fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_difference_shows_both_sides_and_what_is_near() {
    let got = diff("one\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nvier\nfive\n");
    assert_eq!(got, "  two\n  three\n- four\n+ vier\n  five\n");
    assert_eq!(diff("same\n", "same\n"), "");
    assert_eq!(diff("a\tb\n", "a b\n"), "- a\\tb\n+ a b\n");
}
