//! The outcome of a check as JUnit XML, as Jenkins, GitLab and others read it: one suite, one case a check. What could not be
//! judged is an error, which is not the same as a failure.

use super::{Judged, about};
use crate::analyze::check::{State, Verdict};
use rustc_hash::FxHashMap;
use std::io::{self, Write};

/// Writes the outcome.
pub fn write(judged: &Judged<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\"",
        judged.verdicts.len(),
        judged.count(State::Failed),
        judged.count(State::Unjudged)
    );
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"spanloom\" {counts}>")?;
    writeln!(out, "  <testsuite name=\"spanloom check\" {counts} skipped=\"0\">")?;
    let mut named: FxHashMap<(&str, &str), u32> = FxHashMap::default();
    for verdict in judged.verdicts {
        let times = named.entry((verdict.rule, &verdict.name)).or_default();
        *times += 1;
        // cases of one name are one case to many readers
        let name = if *times == 1 { verdict.name.clone() } else { format!("{} ({times})", verdict.name) };
        case(judged, verdict, &name, out)?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn case(judged: &Judged<'_>, verdict: &Verdict, name: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "    <testcase classname=\"spanloom.{}\" name=\"{}\"", verdict.rule, escape(name))?;
    let (element, kind) = match verdict.state {
        State::Passed => return writeln!(out, "/>"),
        State::Noted => {
            return writeln!(
                out,
                ">\n      <system-out>{}</system-out>\n    </testcase>",
                escape(&verdict.summary)
            );
        }
        State::Failed => ("failure", "failed"),
        State::Unjudged => ("error", "not judged"),
    };
    let mut text = format!("{}: {}", about(verdict.rule), verdict.summary);
    for example in &verdict.examples {
        text.push_str(&format!("\ntrace {}", judged.trace_id(example)));
        if let Some((file, line)) = judged.place(example) {
            text.push_str(&format!(" at {file}:{line}"));
        }
        if !example.about.is_empty() {
            text.push_str(&format!(": {}", example.about));
        }
    }
    writeln!(out, ">")?;
    writeln!(
        out,
        "      <{element} type=\"{kind}\" message=\"{}\">{}</{element}>",
        escape(&verdict.summary),
        escape(&text)
    )?;
    writeln!(out, "    </testcase>")
}

/// A text for an element or attribute. Characters that XML 1.0 cannot hold (2.2) become U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                out.push(char::REPLACEMENT_CHARACTER)
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_survives_an_xml_parser() {
        let text = "</testcase> ]]> \"a\" & 'b' <!-- \n\t é 日本 \u{10ffff}";
        let xml = format!("<a b=\"{}\">{}</a>", escape(text), escape(text));
        let document = roxmltree::Document::parse(&xml).expect(&xml);
        assert_eq!(document.root_element().attribute("b"), Some(text));
        assert_eq!(document.root_element().text(), Some(text));
        assert_eq!(escape("\0\x1b\u{85}\u{ffff}"), "\u{fffd}\u{fffd}\u{fffd}\u{fffd}");
    }
}
