//! Headers whose columns one separator parts throughout: `time | LEVEL | name | message`, `time;LEVEL;thread;message`.
//!
//! What a word between two separators is, its neighbours tell: where something stands behind it that no message has (a
//! level, an id, a file and a line, a thread), or the columns before it were parted likewise, it is a column too.

use super::Reader;
use super::columns::begins_tail;
use super::ids::{is_bare_id, is_id_list, names_ids};
use super::kinds::{
    group_has_id, is_code_place, is_logger, is_logger_with_more, is_number, is_thread, is_uuid, tells_context,
};
use crate::model::{Level, Stamp};
use crate::record::text::tail::all_pairs;
use crate::record::text::{pair, skip_blanks, trim};
use crate::record::{At, level, timestamp};
use memchr::memmem;

/// No header has more columns behind its time than this.
const MAX_CELLS: usize = 10;
/// Nor a wider one.
const MAX_CELL: usize = 160;
/// A level in the first column is no longer, with its bracket.
const MAX_LEVEL: usize = 14;
/// So many columns behind a level in the first one may be the time.
const MAX_BEFORE_TIME: usize = 3;

/// What parts the columns; a blank on either side is a part of the wider ones.
const SEPARATORS: [&[u8]; 8] = [b" - ", b"|", b";", b"\t", b" -- ", b" ! ", b" * ", b" :: "];

/// What a cell holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell {
    Level(Level),
    Time(Stamp, At),
    /// Ids, or pairs that name some.
    Ids,
    Logger,
    Thread,
    /// Numbers, files and lines, nothing.
    Place,
    /// One word, of which nothing more is known.
    Word,
}

impl Reader<'_, '_> {
    /// Takes the columns behind those that were read already, if one separator parts them all.
    pub(super) fn cells(&mut self) {
        // what a colon closed is read; named ids alone may stand before further columns
        if !self.known() && !self.level_first() || self.closed && !self.head.ended {
            return;
        }
        let Some((separator, first)) = self.separator_of_columns() else { return };
        self.level_among(separator, first);
        let mut start = self.at;
        let mut end = start;
        let mut weak = 0;
        let mut pending: [Option<(Cell, At)>; MAX_CELLS] = [None; MAX_CELLS];
        let mut taken = 0;
        let mut before = (end, taken);
        for count in 0..MAX_CELLS {
            start = self.past(separator, start);
            let near = &self.text[start..self.text.len().min(start + MAX_CELL)];
            let Some(length) = memmem::find(near, separator) else { break };
            let next = start + length + separator.len();
            let inside = trim(self.text, At::new(start, start + length));
            let Some(cell) = self.cell_of(inside) else { break };
            // "deploy - DIGEST - verified" tells a digest
            let said = matches!(cell, Cell::Ids) && separator == b" - " && self.behind_word(count, &pending);
            let span_behind = self.text[next..].get(..16).is_some_and(is_bare_id)
                && self.text[next + 16..].starts_with(separator);
            let digest = is_bare_id(inside.of(self.text)) && !is_uuid(inside.of(self.text));
            if said && digest && !span_behind {
                (end, taken) = before;
                break;
            }
            let last =
                memmem::find(&self.text[next..self.text.len().min(next + MAX_CELL)], separator).is_none();
            if last && self.tail_at(next) || self.text[next..].trim_ascii().is_empty() {
                break;
            }
            pending[count] = Some((cell, self.unwrapped(inside)));
            start = next;
            if matches!(cell, Cell::Word) {
                weak += 1;
                // between blanks and dashes, one word more may begin the message
                if weak > 2 || separator.len() > 1 && self.text[..self.at].trim_ascii_end().ends_with(b":") {
                    continue;
                }
                if separator == b"\t" {
                    continue;
                }
            }
            before = (end, taken);
            (end, taken) = (next, count + 1);
            match cell {
                Cell::Level(level) => self.head.level = Some(level),
                Cell::Time(stamp, at) => (self.head.stamp, self.head.stamp_at) = (Some(stamp), at),
                _ => {}
            }
        }
        for (cell, inside) in pending[..taken].iter().flatten() {
            match cell {
                Cell::Ids => self.draft.groups.push(*inside),
                Cell::Thread => _ = self.draft.thread.get_or_insert(*inside),
                Cell::Logger => {
                    self.draft.logger.get_or_insert(*inside);
                    self.logger = true;
                }
                Cell::Word => _ = self.draft.logger.get_or_insert(*inside),
                Cell::Level(_) | Cell::Time(..) | Cell::Place => {}
            }
        }
        // the message begins behind the separator
        self.at = if taken > 0 { end } else { self.past(separator, self.at) };
    }

    /// Whether the column before is a plain word, as a message may begin with.
    fn behind_word(&self, count: usize, columns: &[Option<(Cell, At)>]) -> bool {
        let before = count.checked_sub(1).and_then(|before| columns[before]);
        let word = match before {
            Some((Cell::Word, word)) => word.of(self.text),
            Some(_) => return false,
            None => {
                let before = self.text[..self.at].trim_ascii_end();
                let before = before.strip_suffix(b"-").unwrap_or(before).trim_ascii_end();
                before.rsplit(|byte| *byte == b' ').next().unwrap_or_default()
            }
        };
        !word.is_empty() && word.iter().all(u8::is_ascii_lowercase) && level::from_word(word).is_none()
    }

    /// `I | 2024-…`, `info;2024-…`, `[E] - 2024-…`, `INFO;main;message`: a level before the separator, and a time in one of
    /// the next columns, or none and a second column that no message begins with.
    fn level_first(&mut self) -> bool {
        let text = self.text;
        let open = usize::from(text.first() == Some(&b'['));
        let near = &text[open..text.len().min(MAX_LEVEL)];
        let letters = near.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let Some(level) = any_level(&near[..letters]) else { return false };
        let mut end = open + letters;
        if open == 1 {
            end = skip_blanks(text, end) + 1;
            if text.get(end - 1) != Some(&b']') {
                return false;
            }
        }
        let Some(separator) = separator_at(text, end) else { return false };
        let (mut start, mut sure) = (end, separator.len() == 1 && letters > 2);
        for count in 0..MAX_BEFORE_TIME {
            start = self.past(separator, start);
            let near = &text[start..text.len().min(start + MAX_CELL)];
            let Some(length) = memmem::find(near, separator) else { return false };
            match self.cell_of(trim(text, At::new(start, start + length))) {
                Some(Cell::Time(..)) => {
                    sure = true;
                    break;
                }
                Some(Cell::Word) if count == 0 => sure = false,
                Some(_) if sure => break,
                Some(_) => {}
                None => return false,
            }
            start += length;
        }
        if sure {
            self.head.level = Some(level);
            self.head.level_end = end;
            self.at = end;
        }
        sure
    }

    /// The level among the columns that were read for something else.
    fn level_among(&mut self, separator: &[u8], first: usize) {
        let mut start = first;
        for _ in 0..MAX_CELLS {
            if self.head.level.is_some() || start > self.at {
                return;
            }
            start = self.past(separator, start);
            let near = &self.text[start..self.text.len().min(start + MAX_CELL)];
            let Some(length) = memmem::find(near, separator) else { return };
            let inside = trim(self.text, At::new(start, start + length));
            if let Some(Cell::Level(level)) = self.cell_of(inside)
                && start <= self.at
            {
                self.head.level = Some(level);
                self.head.level_end = inside.end();
                self.at = self.at.max(start + length);
                for name in [&mut self.draft.thread, &mut self.draft.logger] {
                    if name.is_some_and(|name| name.start == inside.start) {
                        *name = None;
                    }
                }
            }
            start += length;
        }
    }

    /// What parts the first column, a time or a level, from the second, and where.
    fn separator_of_columns(&self) -> Option<(&'static [u8], usize)> {
        let (stamp, level) = (self.head.stamp_at, self.head.level_end);
        let front = self.head.stamp.is_some() && stamp.start < 4;
        let first = if front { stamp.end() } else { level };
        if first == 0 || first > self.at {
            return None;
        }
        let closed = usize::from(front && matches!(self.text.get(first), Some(b']' | b')' | b'>' | b'}')));
        separator_at(self.text, first + closed).map(|separator| (separator, first + closed))
    }

    /// One past the separator that stands at `at`, or `at`.
    fn past(&self, separator: &[u8], at: usize) -> usize {
        let bare = separator.trim_ascii();
        let bare = if bare.is_empty() { separator } else { bare };
        let filled = skip_blanks(self.text, at);
        if bare != b"\t" && self.text[filled..].starts_with(bare) && separator.len() <= 3 {
            let end = filled + bare.len();
            // "-" of a number or a name
            let apart = bare != b"-" || self.text.get(end) == Some(&b' ');
            if apart { end } else { at }
        } else if bare == b"\t" && self.text[at..filled].contains(&b'\t') {
            at + 1 + self.text[at..filled].iter().position(|byte| *byte == b'\t').unwrap_or(0)
        } else if self.text[filled..].starts_with(bare) {
            filled + bare.len()
        } else {
            at
        }
    }

    /// What stands in the brackets that a whole column stands in, else the column.
    fn unwrapped(&self, inside: At) -> At {
        match inside.of(self.text) {
            [b'[', .., b']'] | [b'(', .., b')'] | [b'<', .., b'>'] | [b'{', .., b'}'] => {
                trim(self.text, At::new(inside.start as usize + 1, inside.end() - 1))
            }
            _ => inside,
        }
    }

    /// Whether all that follows is an object or pairs.
    pub(super) fn tail_at(&self, at: usize) -> bool {
        let rest = skip_blanks(self.text, at);
        begins_tail(self.text, at)
            && (self.text[rest..].starts_with(b"{") || all_pairs(self.text, rest).is_ok())
    }

    /// What a column holds; `None` if it is none.
    pub(super) fn cell_of(&self, inside: At) -> Option<Cell> {
        let whole = inside.of(self.text);
        let content = self.unwrapped(inside).of(self.text);
        if content.is_empty() || content == b"-" {
            return Some(Cell::Place);
        }
        if self.head.stamp.is_none() && content[0].is_ascii_digit() {
            let found = timestamp::parse_prefix(content, self.order);
            if let Some((stamp, _)) =
                found.filter(|(_, taken)| *taken == content.len() && content.contains(&b':'))
            {
                return Some(Cell::Time(stamp, self.unwrapped(inside)));
            }
        }
        if self.head.level.is_none()
            && let Some(level) = any_level(content)
        {
            return Some(Cell::Level(level));
        }
        if is_bare_id(content) || is_id_list(content) || are_pairs(content) {
            return Some(Cell::Ids);
        }
        if names_ids(content) && content.split(|byte| !byte.is_ascii_alphanumeric()).any(is_bare_id) {
            return Some(Cell::Ids);
        }
        // "total=19.90", "label:12" and "Order{id=9}" are no ids
        let value = memchr::memchr(b':', content).map_or(content, |colon| &content[colon + 1..]);
        let told = whole.len() > content.len()
            || memchr::memchr2(b'=', b'{', content).is_none()
                && (value.len() == content.len() || is_bare_id(value));
        if told && group_has_id(content) && content.iter().filter(|byte| **byte == b' ').count() < 2 {
            return Some(Cell::Ids);
        }
        if content.contains(&b' ') {
            return (whole.len() > content.len() && is_thread(content)).then_some(Cell::Thread);
        }
        if is_number(content) || is_code_place(content) || is_function_place(content) {
            return Some(Cell::Place);
        }
        if is_thread(content) {
            return Some(Cell::Thread);
        }
        let file = content.strip_prefix(b"/").unwrap_or(content);
        if is_logger(file) || is_logger_with_more(content) {
            return Some(Cell::Logger);
        }
        let named = content.iter().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'-' | b'.' | b':' | b'@' | b'#' | b'$' | b'/')
        });
        let begins = content.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_');
        (named && begins && !content.ends_with(b":")).then_some(Cell::Word)
    }
}

/// The separator at `from`, maybe behind blanks that fill up the column before it.
fn separator_at(text: &[u8], from: usize) -> Option<&'static [u8]> {
    let filled = skip_blanks(text, from);
    SEPARATORS.into_iter().find(|separator| {
        let blank = usize::from(filled > from && separator.starts_with(b" "));
        text[from..].starts_with(separator)
            || text[filled - blank..].starts_with(separator)
            || **separator == *b"\t" && text[from..filled].contains(&b'\t')
    })
}

/// A level as it stands in a column of its own: in any case, or as one letter.
fn any_level(word: &[u8]) -> Option<Level> {
    match word {
        [letter] => level::from_letter(*letter).filter(|_| *letter != b'A'),
        word => level::from_word(word).filter(|_| !word.eq_ignore_ascii_case(b"all")),
    }
}

/// `orders(42)`, `handle(Orders.java:42)`: a function and where it stands.
pub(super) fn is_function_place(word: &[u8]) -> bool {
    let Some((name, rest)) = memchr::memchr(b'(', word).map(|open| word.split_at(open)) else { return false };
    let inside = rest[1..].strip_suffix(b")").unwrap_or_default();
    let digits = inside.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let file = &inside[..inside.len() - digits];
    let plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'<' | b'>' | b'-');
    digits > 0
        && !name.is_empty()
        && !name[0].is_ascii_digit()
        && name.iter().all(plain)
        && (file.is_empty()
            || file.strip_suffix(b":").is_some_and(|file| file.contains(&b'.') && file.iter().all(plain)))
}

/// Whether pairs, one of which names context, fill a cell.
fn are_pairs(content: &[u8]) -> bool {
    let (mut at, mut known) = (0, false);
    while let Some((name, value, end)) = pair(content, at, false) {
        known |= tells_context(name.of(content), value.of(content));
        at = end + content[end..].iter().take_while(|byte| matches!(byte, b' ' | b',' | b';')).count();
    }
    known && at == content.len()
}
