//! Levels that are marked by where they stand: in a column, between tabs, behind a label, before what one logger alone writes.

use super::Reader;
use crate::model::Level;
use crate::record::text::{names_context, pair, skip_blanks, word_end};
use crate::record::{At, level};
use memchr::memchr;

/// A level between tabs is one of so many cells.
const MAX_CELLS: usize = 8;

/// Whether a text begins with a level in capitals that blanks fill up to a column.
pub fn begins_with_padded_level(text: &[u8]) -> bool {
    let letters = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let blanks = text[letters..].iter().take_while(|byte| **byte == b' ').count();
    (4..=8).contains(&letters) && letters + blanks == 9 && level::stands_for_level(&text[..letters]).is_some()
}

/// A level as a capitalized word that blanks fill up to a column: `Warn       `; gives one past the word, too.
pub fn capitalized_column(text: &[u8]) -> Option<(Level, usize)> {
    /// So many blanks fill a column up.
    const FILL: usize = 3;
    let letters = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, rest) = text.split_at(letters);
    let capitalized = matches!(word, [first, others @ ..] if first.is_ascii_uppercase()
        && others.len() > 1 && others.iter().all(u8::is_ascii_lowercase));
    let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
    let level =
        level::stands_for_level(word).filter(|_| capitalized && blanks >= FILL && blanks < rest.len());
    level.map(|level| (level, letters))
}

/// `flutter ( 4711): ` behind a letter and a slash: the tag, and one past the colon (logcat, `-v brief`).
pub(super) fn tag_and_process(text: &[u8], start: usize) -> Option<(At, usize)> {
    /// Longer tags are cut there.
    const TAG: usize = 48;
    let near = &text[start..text.len().min(start + TAG)];
    let open = memchr(b'(', near).filter(|open| near[..*open].ends_with(b" "))?;
    let rest = near[open + 1..].trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let closed = digits > 0 && rest[digits..].starts_with(b"): ");
    let behind = start + near.len() - rest.len() + digits + 2;
    let tag = near[..open].trim_ascii_end();
    (closed && !tag.is_empty()).then(|| (At::new(start, start + tag.len()), behind))
}

impl Reader<'_, '_> {
    /// `LEVEL:  ` behind whatever log_line_prefix has put before it (PostgreSQL, "Error Reporting and Logging").
    pub(super) fn postgres(&mut self) {
        if self.head.stamp.is_none() || self.head.level.is_some() {
            return;
        }
        if self.text[self.head.stamp_at.end()..].starts_with(b",") {
            self.head.level = super::layouts::csv_level(self.text);
            return;
        }
        let near = &self.text[self.at..self.text.len().min(self.at + 200)];
        if let Some(colon) = memchr::memmem::find(near, b":  ") {
            let start =
                near[..colon].iter().rposition(|byte| !byte.is_ascii_uppercase()).map_or(0, |at| at + 1);
            if let Some(level) = level::from_word(&near[start..colon]).filter(|_| colon - start >= 3) {
                self.head.level = Some(level);
                self.at += colon + 3;
            }
        }
    }

    /// A symbol before a level that is a column: `ℹ Info       TIME`, `⚠  warning   message` (signale).
    pub(super) fn level_behind_symbol(&mut self) -> bool {
        let symbol = self.text.iter().take(8).take_while(|byte| !byte.is_ascii()).count();
        let blanks = self.text[symbol..].iter().take_while(|byte| **byte == b' ').count();
        let start = symbol + blanks;
        let small = || {
            let letters = self.text[start..].iter().take_while(|byte| byte.is_ascii_lowercase()).count();
            let word = &self.text[start..start + letters];
            let gap = blanks == 2 && self.text[start + letters..].starts_with(b"  ");
            level::stands_for_level(word).filter(|_| gap).map(|level| (level, letters))
        };
        let level = capitalized_column(&self.text[start..]).filter(|_| blanks == 1).or_else(small);
        level.is_some_and(|(level, length)| self.set_level(level, start + length))
    }

    /// `TIME name[process]: error - message`: a small word between what names the process and a dash.
    pub(super) fn dashed_level(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let letters = rest.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        let fits = self.head.level.is_none()
            && self.head.stamp.is_some()
            && letters > 3
            && rest[letters..].starts_with(b" - ")
            && self.text[..self.at].ends_with(b": ");
        let level = if fits { level::stands_for_level(&rest[..letters]) } else { None };
        level.is_some_and(|level| self.set_level(level, self.at + letters + 2))
    }

    /// `LEVEL: Error` behind the time (Db2's db2diag.log, "Interpreting diagnostic log file entries").
    pub(super) fn labelled_level(&mut self) {
        if self.head.stamp.is_none() || self.head.level.is_some() {
            return;
        }
        let near = &self.text[self.at.min(self.text.len())..];
        let near = &near[..near.len().min(96)];
        if let Some(at) = memchr::memmem::find(near, b" LEVEL: ") {
            let word = near[at + 8..].trim_ascii_start();
            let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            self.head.level = level::from_word(&word[..letters]);
        }
    }

    /// A level that is a cell between tabs, in a line that begins with its time.
    pub(super) fn tabbed_level(&mut self) {
        let start = self.head.stamp_at.end();
        if self.head.stamp.is_none()
            || self.head.level.is_some()
            || self.head.stamp_at.start > 0
            || self.text.get(start) != Some(&b'\t')
        {
            return;
        }
        let mut at = start + 1;
        for cell in self.text[at..].split(|byte| *byte == b'\t').take(MAX_CELLS) {
            let end = at + cell.len();
            if let Some(level) = level::stands_for_level(cell)
                && at >= self.at
                && end + 1 < self.text.len()
            {
                _ = self.set_level(level, end);
                self.at = end + 1;
                return;
            }
            at = end + 1;
        }
    }

    /// `W (12345) wifi: message`: a letter, milliseconds since the start, a tag (ESP-IDF, "Logging library").
    pub(super) fn letter_and_uptime(&mut self, level: Level, end: usize) -> bool {
        let Some(rest) = self.text[end..].strip_prefix(b" (") else { return false };
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let Some(named) = rest[digits..].strip_prefix(b") ").filter(|_| digits > 0) else { return false };
        let tag = self.text.len() - named.len();
        let tag_end = word_end(self.text, tag);
        if !self.text[tag..tag_end].ends_with(b":") || tag_end == tag + 1 {
            return false;
        }
        self.draft.logger = Some(At::new(tag, tag_end - 1));
        (self.logger, self.closed) = (true, true);
        self.set_level(level, tag_end)
    }

    /// `time level label : key=value … [Module] message`: the pairs and the module behind the colon (swift-log,
    /// `StreamLogHandler`).
    pub(super) fn swift_module(&mut self, colon_end: usize) -> bool {
        let level = self.head.level_end.checked_sub(1).is_some_and(|at| self.text[at].is_ascii_lowercase());
        if !level || self.head.stamp.is_none() || self.closed || !self.text[..colon_end].ends_with(b" :") {
            return false;
        }
        let mut at = skip_blanks(self.text, colon_end);
        let first = at;
        let mut context = false;
        while let Some((name, _, end)) = pair(self.text, at, false) {
            context |= names_context(name.of(self.text));
            at = skip_blanks(self.text, end);
        }
        let Some(inside) = self.text[at..].strip_prefix(b"[") else { return false };
        let name = inside.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let module = name > 0 && inside[0].is_ascii_alphabetic() && inside[name..].starts_with(b"] ");
        if module {
            self.head.context |= context;
            if context {
                self.head.pairs = self.head.pairs.or(Some(first));
            }
            self.closed = true;
            self.at = at + name + 2;
        }
        module
    }

    pub(super) fn behind_time_and_colon(&self) -> bool {
        let before = self.text[..self.at].trim_ascii_end();
        self.head.stamp.is_some() && before.len() == self.head.stamp_at.end() + 1 && before.ends_with(b":")
    }

    /// `warning(scope): message`, as Zig's std.log writes it (lib/std/log.zig, `defaultLog`).
    pub(super) fn scoped_level(&mut self, word: &[u8], open: usize) -> bool {
        let rest = &self.text[open + 1..];
        let name =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
        let length = name.count();
        let level =
            level::stands_for_level(word).filter(|_| length > 0 && rest[length..].starts_with(b"): "));
        level.is_some_and(|level| {
            self.draft.logger = Some(At::new(open + 1, open + 1 + length));
            (self.logger, self.closed) = (true, true);
            self.set_level(level, open + length + 3)
        })
    }
}
