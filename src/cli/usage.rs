//! Says what is wrong with the arguments in the way all else is said: one line, and hints below it.

use super::message::{Exit, Voice};
use clap::error::ErrorKind;

/// Prints help where it was asked for, and says what is wrong otherwise.
pub(super) fn end(error: &clap::Error) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // a closed pipe is a quiet end
        let _ = error.print();
        return Exit::Done;
    }
    let voice = Voice { quiet: false };
    let (what, hints) = parts(&error.to_string());
    voice.error(what);
    for hint in hints {
        voice.hint(hint);
    }
    Exit::Trouble
}

/// The mistake and the hints in a text of several lines.
fn parts(text: &str) -> (String, Vec<String>) {
    let mut what = String::new();
    let mut hints = Vec::new();
    let mut above = true;
    for line in text.lines().map(str::trim) {
        if let Some(values) = line.strip_prefix("[possible values: ") {
            hints.push(format!("possible values are {}", values.trim_end_matches(']')));
        } else if let Some(tip) = line.strip_prefix("tip: ") {
            hints.push(tip.to_owned());
        } else if line.is_empty() {
            above = false;
        } else if above {
            what.push_str(if what.is_empty() { "" } else { " " });
            what.push_str(line.trim_start_matches("error: "));
        }
    }
    if hints.is_empty() {
        hints.push("--help tells what there is".to_owned());
    }
    (what, hints)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, what: &str, hints: &[&str]) {
        let got = parts(text);
        assert_eq!(got.0, what);
        assert_eq!(got.1, hints);
    }

    #[test]
    fn a_mistake_is_one_line_with_its_hints_below() {
        check(
            "error: invalid value 'xml' for '--format <FORMAT>'\n  [possible values: text, json]\n\n\
             For more information, try '--help'.\n",
            "invalid value 'xml' for '--format <FORMAT>'",
            &["possible values are text, json"],
        );
        check(
            "error: unexpected argument '--colour' found\n\n  tip: a similar argument exists: '--color'\n\n\
             Usage: spanloom [OPTIONS]\n\nFor more information, try '--help'.\n",
            "unexpected argument '--colour' found",
            &["a similar argument exists: '--color'"],
        );
        check(
            "error: the following required arguments were not provided:\n  <ID>\n\nUsage: spanloom show <ID>\n",
            "the following required arguments were not provided: <ID>",
            &["--help tells what there is"],
        );
    }
}
