//! One row of output: cells of a known width, cut where they are too long.
//!
//! Everything that is written passes through [`Row::put`], which makes it fit for the output (see [`super::clean`]), so that
//! no name or message can break a row or reach a terminal raw. Widths are columns of a terminal, not characters.

use super::Style;
use super::clean::clean;
use super::paint::Paint;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};
use unicode_width::UnicodeWidthChar;

/// A row that is being written.
#[derive(Debug)]
pub(super) struct Row {
    text: String,
    style: Style,
    /// Columns that were written.
    width: usize,
    /// Blanks that come before the next text; at the end of a row they are not written.
    blanks: usize,
    /// No text goes beyond this column.
    limit: usize,
}

impl Row {
    /// An empty row as wide as the output.
    pub(super) fn new(style: &Style) -> Row {
        Row { text: String::new(), style: *style, width: 0, blanks: 0, limit: style.width }
    }

    /// How the row is drawn.
    pub(super) fn style(&self) -> &Style {
        &self.style
    }

    /// The column where the next text goes.
    pub(super) fn at(&self) -> usize {
        self.width + self.blanks
    }

    /// Columns that are left.
    pub(super) fn room(&self) -> usize {
        self.limit.saturating_sub(self.at())
    }

    /// Lets the row be as long as its text.
    pub(super) fn without_limit(&mut self) -> &mut Row {
        self.limit = usize::MAX;
        self
    }

    /// Writes a text; what does not fit in the row is cut off.
    pub(super) fn put(&mut self, paint: Paint, text: &str) -> &mut Row {
        if self.room() == 0 {
            return self;
        }
        let text = clean(text, self.style.terminal);
        let shown = cut(&text, self.room(), &self.style);
        if shown.is_empty() {
            return self;
        }
        self.text.extend(std::iter::repeat_n(' ', self.blanks));
        self.width += self.blanks + width(&shown);
        self.blanks = 0;
        if self.style.color && paint != Paint::Plain {
            let codes = paint.codes();
            // writing to a String does not fail
            let _ = write!(self.text, "{codes}{shown}{codes:#}");
        } else {
            self.text.push_str(&shown);
        }
        self
    }

    /// Writes a text of our own with the right glyphs for the output.
    pub(super) fn glyph(&mut self, paint: Paint, unicode: &str, ascii: &str) -> &mut Row {
        let text = if self.style.unicode { unicode } else { ascii };
        self.put(paint, text)
    }

    /// Leaves `blanks` columns free.
    pub(super) fn gap(&mut self, blanks: usize) -> &mut Row {
        self.blanks += blanks;
        self
    }

    /// Goes on at a column; does nothing if the row is there already or beyond.
    pub(super) fn to(&mut self, column: usize) -> &mut Row {
        self.blanks += column.saturating_sub(self.at());
        self
    }

    /// Writes a text into a cell of `cell` columns, at its left.
    pub(super) fn left(&mut self, paint: Paint, text: &str, cell: usize) -> &mut Row {
        let end = self.at() + cell;
        let text = clean(text, self.style.terminal);
        let text = cut(&text, cell, &self.style).into_owned();
        self.put(paint, &text).to(end)
    }

    /// Writes a text into a cell of `cell` columns, at its right.
    pub(super) fn right(&mut self, paint: Paint, text: &str, cell: usize) -> &mut Row {
        let text = clean(text, self.style.terminal);
        let text = cut(&text, cell, &self.style).into_owned();
        self.gap(cell.saturating_sub(width(&text))).put(paint, &text)
    }

    /// Writes facts behind each other, with what separates them, on as many rows as they need; later rows begin at
    /// `column`.
    pub(super) fn facts<T: AsRef<str>>(
        &mut self,
        paint: Paint,
        facts: &[T],
        column: usize,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let separator = self.style.separator();
        self.to(column);
        for (index, fact) in facts.iter().enumerate() {
            let fact = fact.as_ref();
            if index > 0 {
                if self.room() < width(separator) + clean_width(fact, &self.style) {
                    self.write(out)?;
                    self.to(column);
                } else {
                    self.put(Paint::Faint, separator);
                }
            }
            self.put(paint, fact);
        }
        self.write(out)
    }

    /// Writes the row and its line end, and begins the next one.
    pub(super) fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.text.push('\n');
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        (self.width, self.blanks, self.limit) = (0, 0, self.style.width);
        Ok(())
    }
}

/// Columns that a character takes.
pub(super) fn char_width(c: char) -> usize {
    if c.is_ascii() { usize::from(!c.is_ascii_control()) } else { c.width().unwrap_or(0) }
}

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) {
        text.len()
    } else {
        text.chars().map(char_width).sum()
    }
}

/// Columns that a text takes once it is cleaned for the output.
pub(super) fn clean_width(text: &str, style: &Style) -> usize {
    width(&clean(text, style.terminal))
}

/// A text of at most `most` columns: cut, with an ellipsis, if it is longer.
pub(super) fn cut<'t>(text: &'t str, most: usize, style: &Style) -> Cow<'t, str> {
    if text.len() <= most && text.is_ascii() || width(text) <= most {
        return Cow::Borrowed(text);
    }
    let ellipsis = if style.unicode { "…" } else { ".." };
    let ellipsis = if most > width(ellipsis) { ellipsis } else { "" };
    let end = fitting(text, most - width(ellipsis));
    if ellipsis.is_empty() {
        Cow::Borrowed(&text[..end])
    } else {
        Cow::Owned(text[..end].to_owned() + ellipsis)
    }
}

/// A name of at most `most` columns. A sentence is cut at its end; of a path or a qualified name both ends tell something,
/// so it loses its middle.
pub(super) fn cut_name<'t>(name: &'t str, most: usize, style: &Style) -> Cow<'t, str> {
    const LEAST: usize = 12;
    let ellipsis = if style.unicode { "…" } else { ".." };
    if most < LEAST || name.contains(' ') || width(name) <= most {
        return cut(name, most, style);
    }
    let room = most - width(ellipsis);
    let head = &name[..fitting(name, room / 3)];
    let mut tail = name.len();
    let mut taken = 0;
    for (at, c) in name.char_indices().rev() {
        taken += char_width(c);
        if taken > room - width(head) {
            break;
        }
        // a mark stays with its letter
        if char_width(c) > 0 {
            tail = at;
        }
    }
    Cow::Owned([head, ellipsis, &name[tail..]].concat())
}

/// How many bytes of a text fit in `most` columns; marks stay with their letter.
pub(super) fn fitting(text: &str, most: usize) -> usize {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += char_width(c);
        if taken > most {
            return at;
        }
    }
    text.len()
}

/// The lines of a text of at most `most` columns each, broken at blanks where that is possible.
pub(super) fn wrap(text: &str, most: usize) -> Vec<&str> {
    let most = most.max(8);
    let mut lines = Vec::new();
    let mut rest = text;
    loop {
        let end = fitting(rest, most);
        if end == rest.len() {
            lines.push(rest);
            return lines;
        }
        let head = &rest[..end];
        // a break far from the edge would waste the row
        let blank = head.rfind(' ').filter(|&at| width(&head[..at]) * 2 >= most);
        let (line, next) = match blank {
            Some(at) => (&rest[..at], at + 1),
            None if rest[end..].starts_with(' ') => (head, end + 1),
            None => (head, end),
        };
        lines.push(line);
        rest = &rest[next..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { color: false, unicode: true, width: 20, terminal: true };

    #[track_caller]
    fn check(text: &str, most: usize, expected: &str) {
        let got = cut(text, most, &STYLE);
        assert_eq!(got, expected, "{text} in {most}");
        assert!(width(&got) <= most);
    }

    #[test]
    fn texts_are_cut_to_columns_not_to_characters() {
        check("orders", 6, "orders");
        check("payments", 6, "payme…");
        check("支払いサービス", 14, "支払いサービス");
        check("支払いサービス", 13, "支払いサービ…");
        check("支払いサービス", 6, "支払…");
        check("cafe\u{301}s are fine", 6, "cafe\u{301}s…");
        check("🚀🚀🚀", 4, "🚀…");
        check("abc", 1, "a");
        check("支", 1, "");
        check("abc", 0, "");
    }

    #[test]
    fn qualified_names_lose_their_middle_and_sentences_their_end() {
        let name = "oteldemo.ProductCatalogService/GetProduct";
        assert_eq!(cut_name(name, 24, &STYLE), "oteldem…rvice/GetProduct");
        assert_eq!(cut_name("saving an order of three items", 24, &STYLE), "saving an order of thre…");
        assert_eq!(cut_name("支払いサービス.支払いを受け付ける", 20, &STYLE), "支払い…を受け付ける");
        assert_eq!(cut_name(name, 8, &STYLE), "oteldem…");
        assert_eq!(cut_name(name, 80, &STYLE), name);
    }

    #[test]
    fn without_unicode_the_ellipsis_is_two_points() {
        let ascii = Style { unicode: false, ..STYLE };
        assert_eq!(cut("payments", 6, &ascii), "paym..");
        assert_eq!(cut("payments", 2, &ascii), "pa");
    }

    #[test]
    fn cells_are_filled_and_rows_never_end_in_blanks() {
        let mut row = Row::new(&STYLE);
        row.left(Paint::Plain, "支払", 6).right(Paint::Plain, "12", 5).gap(4);
        let mut out = Vec::new();
        row.write(&mut out).expect("memory");
        assert_eq!(String::from_utf8_lossy(&out), "支払     12\n");
    }

    #[test]
    fn no_row_is_longer_than_the_output() {
        let mut row = Row::new(&STYLE);
        row.put(Paint::Plain, "0123456789").gap(3).put(Paint::Error, "0123456789").put(Paint::Plain, "more");
        let mut out = Vec::new();
        row.write(&mut out).expect("memory");
        assert_eq!(String::from_utf8_lossy(&out), "0123456789   012345…\n");
    }

    #[test]
    fn long_texts_are_broken_at_blanks() {
        assert_eq!(wrap("the quick brown fox jumps", 10), ["the quick", "brown fox", "jumps"]);
        assert_eq!(wrap("0123456789abcdef", 10), ["0123456789", "abcdef"]);
        assert_eq!(wrap("", 10), [""]);
    }
}
