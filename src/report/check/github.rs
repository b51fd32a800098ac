//! The outcome of a check as annotations of GitHub Actions ("Workflow commands for GitHub Actions": a command is one line, so
//! percent signs and line ends are escaped, and in properties colons and commas, too).

use super::Judged;
use crate::analyze::check::State;
use std::io::{self, Write};

/// Writes one annotation for each check that did not pass.
pub fn write(judged: &Judged<'_>, out: &mut dyn Write) -> io::Result<()> {
    for verdict in judged.worst_first() {
        let command = match verdict.state {
            State::Failed => "error",
            State::Unjudged => "warning",
            State::Noted => "notice",
            State::Passed => continue,
        };
        let mut properties =
            vec![format!("title={}", property(&format!("{}: {}", verdict.rule, verdict.name)))];
        let example = verdict.examples.first();
        if let Some((file, line)) = example.and_then(|example| judged.place(example)) {
            properties.push(format!("file={}", property(file)));
            properties.push(format!("line={line}"));
        }
        let mut text = verdict.summary.clone();
        for example in &verdict.examples {
            text.push_str(&format!("\ntrace {}", judged.trace_id(example)));
        }
        writeln!(out, "::{command} {}::{}", properties.join(","), message(&text))?;
    }
    Ok(())
}

fn message(text: &str) -> String {
    let clean =
        |c: char| if c.is_control() && c != '\n' && c != '\r' { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(clean).collect::<String>().replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_no_command() {
        assert_eq!(
            property("a,b:c\n::error::50%\x1b"),
            "a%2Cb%3Cc".replace("%3C", "%3A") + "%0A%3A%3Aerror%3A%3A50%25\u{fffd}"
        );
        assert_eq!(message("one\r\ntwo: 5%"), "one%0D%0Atwo: 5%25");
    }
}
