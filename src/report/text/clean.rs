//! Text that comes from logs, made fit for a cell of a table or for a terminal.
//!
//! What a log says may try to move the cursor, to hide text or to turn its order around. On a terminal such characters are
//! written as escapes; in a file or pipe they stay as they are, but for line ends and tabs, which would break a row.

use std::borrow::Cow;
use std::fmt::Write;

/// More combining marks in a row than this are no writing system's; they are escaped.
const MAX_MARKS: usize = 4;

/// A text for one cell: on one line, and on a terminal without anything that is not seen.
pub(super) fn clean(text: &str, terminal: bool) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let breaks =
        |c: char| matches!(c, '\n' | '\r' | '\t' | '\x0b' | '\x0c' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if !terminal && !text.chars().any(breaks) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        marks = if super::row::char_width(c) == 0 { marks + 1 } else { 0 };
        if breaks(c) {
            out.push(' ');
        } else if terminal && is_variation(c) {
            // picks one of two pictures for the character before it; terminals disagree on the width of the other
        } else if terminal && (is_hidden(c) || marks > MAX_MARKS) {
            escape(c, &mut out);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn escape(c: char, out: &mut String) {
    let code = u32::from(c);
    // writing to a String does not fail
    let _ = if code < 0x100 { write!(out, "\\x{code:02x}") } else { write!(out, "\\u{{{code:x}}}") };
}

/// Variation selectors.
fn is_variation(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// Characters that are not seen and do something, or stand for nothing: controls, bidirectional marks (Unicode UAX 9),
/// zero-width and filling characters, tags.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, terminal: &str, pipe: &str) {
        assert_eq!(clean(text, true), terminal, "on a terminal: {text:?}");
        assert_eq!(clean(text, false), pipe, "in a pipe: {text:?}");
    }

    #[test]
    fn what_moves_the_cursor_is_written_out_on_a_terminal_only() {
        check("a\x1b[2Jb\x07", "a\\x1b[2Jb\\x07", "a\x1b[2Jb\x07");
        check("\u{9b}31m\x7f\0", "\\x9b31m\\x7f\\x00", "\u{9b}31m\x7f\0");
    }

    #[test]
    fn line_ends_and_tabs_become_blanks_everywhere() {
        check("a\nb\r\nc\td\u{2028}e", "a b  c d e", "a b  c d e");
    }

    #[test]
    fn what_hides_or_turns_text_around_is_written_out() {
        check("user\u{202e}nimda", "user\\u{202e}nimda", "user\u{202e}nimda");
        check("ad\u{200b}min\u{feff}", "ad\\u{200b}min\\u{feff}", "ad\u{200b}min\u{feff}");
        check("a\u{e0041}", "a\\u{e0041}", "a\u{e0041}");
    }

    #[test]
    fn writing_of_all_kinds_stays() {
        for text in ["plain text", "naïve", "日本語", "e\u{301}", "🚀", "नमस्ते", "حساب"]
        {
            check(text, text, text);
        }
        check("\u{2764}\u{fe0f}", "\u{2764}", "\u{2764}\u{fe0f}");
    }

    #[test]
    fn piles_of_marks_are_written_out() {
        let pile = format!("a{}", "\u{301}".repeat(6));
        check(&pile, &format!("a{}\\u{{301}}\\u{{301}}", "\u{301}".repeat(4)), &pile);
    }
}
