//! Columns that only the whole source tells: what stands before the message in nearly all of its lines.
//!
//! A header is read atom by atom ([`super::head`]); some layouts go on with parts that a single line does not tell from
//! the message: an id, a name before a dash, a level in small letters, a nested context. If nine of ten lines of the
//! sample have such a part in the same place, it is one of the header.

use super::ids::{is_bare_id, names_ids};
use super::kinds::{group_has_id, is_logger, is_number, is_numbered_name, is_thread};
use super::widths::{padded, width};
use super::{Head, Reader};
use crate::model::Level;
use crate::record::text::{is_id_group, names_context, pair, skip_blanks, trim};
use crate::record::{At, level, names};

/// A part of a header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    /// A word for a severity.
    Level,
    /// A UUID or hex digits, and what parts it from the next (0 if nothing does).
    Id(u8),
    /// A group that opens with this byte.
    Group(u8),
    /// A group that holds ids and opens with this byte.
    Ids(u8),
    /// A word before a separator, which begins with this byte.
    Named(u8),
    /// The name of a logger before a colon.
    Logger,
    /// A plain name before a colon, where other lines of the source have the name of a logger there.
    Name,
    /// All up to the next bar or tab, one word.
    Cell(u8),
    /// The same of several words; a column only where most lines agree.
    Phrase(u8),
    /// A named value that tells context, before the message.
    Pair,
    /// A number.
    Number,
    /// A word that blanks fill up to so many bytes.
    Padded(u8),
    /// A word; a column only if something follows that is one for sure.
    Word,
}

/// More columns than this are not looked for.
const MAX_COLUMNS: usize = 8;
/// A level is not looked for behind so many words.
pub(super) const MAX_TOKEN: usize = 16;
/// So many lines tell a column of levels that none of them tells by itself.
const MIN_LEVELS: usize = 5;
/// Words longer than this are no names.
pub(super) const MAX_WORD: usize = 80;

/// What the header before a column leaves open.
#[derive(Clone, Copy)]
pub(super) struct Behind {
    /// It has no level yet.
    levels: bool,
    /// Named ids end it: several groups in a row, or one with words, are the message's.
    ended: bool,
}

impl Behind {
    fn of(head: &Head) -> Behind {
        Behind { levels: head.level.is_none(), ended: head.ended }
    }
}

/// The columns behind the headers of a source's lines: of each line, what its header is, and its text.
pub fn learn(lines: &[(Head, &[u8])]) -> Vec<Column> {
    let mut rest: Vec<(&[u8], usize, Behind)> = lines
        .iter()
        .filter(|(head, text)| head.starts_record() && head.message < text.len())
        .map(|(head, text)| (*text, head.message, Behind::of(head)))
        .collect();
    let before = rest.len();
    rest.retain(|&(text, at, _)| !behind_logger(text, at));
    let mixed = rest.len() < before;
    if mixed {
        let found: Vec<_> = rest.iter().map(|&(text, at, behind)| column(text, at, behind)).collect();
        let mut named = found.iter().flatten().filter(|(kind, ..)| *kind == Column::Named(b':'));
        let few = rest.len() < 3 || rest.len() * 10 < before;
        if !few && named.by_ref().count() == rest.len() {
            return vec![Column::Name];
        }
        rest = lines
            .iter()
            .filter(|(head, text)| head.starts_record() && head.message < text.len())
            .map(|(head, text)| (*text, head.message, Behind::of(head)))
            .collect();
    }
    let all = rest.len();
    let mut columns = Vec::new();
    // what is left of each line behind so many columns
    let mut rests = vec![rest.clone()];
    while columns.len() < MAX_COLUMNS {
        let found: Vec<_> = rest.iter().map(|&(text, at, behind)| column(text, at, behind)).collect();
        let count = |kind: Column| found.iter().flatten().filter(|(other, ..)| *other == kind).count();
        let kinds = found.iter().flatten().map(|&(kind, ..)| (count(kind), kind));
        let Some((most, kind)) = kinds.max_by_key(|&(count, _)| count) else { break };
        if kind == Column::Word
            && let Some(width) = width(&rest, &found)
        {
            columns.push(Column::Padded(width));
            rest = rest
                .iter()
                .filter_map(|&(text, at, behind)| Some((text, padded(text, at, width)?.1, behind)))
                .collect();
            rests.push(rest.clone());
            continue;
        }
        if most < 2 || most * 10 < all * 9 {
            break;
        }
        let tails = rest
            .iter()
            .zip(&found)
            .filter(|((text, ..), found)| found.is_some_and(|(_, _, end)| begins_tail(text, end)));
        if matches!(kind, Column::Cell(_) | Column::Phrase(_)) && tails.count() * 2 > most {
            // the message before its tail
            break;
        }
        if let Column::Phrase(_) = kind {
            let mut texts: Vec<&[u8]> = rest
                .iter()
                .zip(&found)
                .filter_map(|((text, ..), found)| found.map(|(_, at, _)| at.of(text)))
                .collect();
            texts.sort_unstable();
            texts.dedup();
            if texts.len() * 2 > most {
                break;
            }
        }
        columns.push(kind);
        rest = rest
            .iter()
            .zip(&found)
            .filter_map(|(&(text, _, behind), found)| {
                let (_, _, end) = found.filter(|(other, ..)| *other == kind)?;
                Some((text, end, Behind { levels: behind.levels && kind != Column::Level, ..behind }))
            })
            .collect();
        rests.push(rest.clone());
    }
    // words and numbers are columns only if something surer follows
    let weak = |column: &Column, surer: &[Column]| match column {
        Column::Word => {
            let ids = matches!(surer, [Column::Id(0), Column::Id(_), ..]);
            !matches!(
                surer.first(),
                Some(Column::Level | Column::Logger | Column::Id(1..) | Column::Ids(_) | Column::Pair)
            ) && !ids
        }
        Column::Number => surer.first().is_none_or(|next| matches!(next, Column::Word | Column::Number)),
        _ => false,
    };
    while let Some(at) = (0..columns.len()).rfind(|&at| {
        let is_weak = |next: &&Column| matches!(next, Column::Word | Column::Number | Column::Padded(_));
        let skipped = columns[at + 1..].iter().take_while(is_weak).count();
        weak(&columns[at], &columns[at + 1 + skipped..])
    }) {
        columns.truncate(at);
    }
    if !messages_differ(&rests[columns.len()]) && !messages_differ(&rest) {
        let sure = |column: &&Column| matches!(column, Column::Level | Column::Cell(_) | Column::Phrase(_));
        columns.truncate(columns.iter().take_while(sure).count());
    }
    columns
}

/// Whether the name of a logger with several parts and a colon end the header.
fn behind_logger(text: &[u8], at: usize) -> bool {
    let before = text[..at.min(text.len())].trim_ascii_end();
    let name = before.rsplit(|byte| matches!(byte, b' ' | b'\t')).next().unwrap_or_default();
    name.strip_suffix(b":").is_some_and(is_logger)
}

/// The number of the word, from the start of the line, that is a level in nearly all lines, although not each of them
/// tells it from the message.
pub fn level_token(lines: &[(Head, &[u8])]) -> Option<u8> {
    let mut counts = [0usize; MAX_TOKEN];
    let mut seen = [[0usize; 1 + Level::Fatal as usize]; MAX_TOKEN];
    let (mut all, mut found) = (0, 0);
    for (head, text) in lines.iter().filter(|(head, _)| head.stamp.is_some() && head.stamp_at.start < 3) {
        all += 1;
        found += usize::from(head.level.is_some());
        for (token, word) in words(text).enumerate().take(MAX_TOKEN) {
            let Some(level) = bare_level(word) else { continue };
            counts[token] += 1;
            seen[token][level as usize] += usize::from(word[0].is_ascii_uppercase());
        }
    }
    let token = counts.iter().position(|count| count * 10 >= all * 9)?;
    // where no line tells it, different levels in capitals do
    let told = found > 0 || all >= MIN_LEVELS && seen[token].iter().filter(|count| **count > 0).count() > 1;
    (all >= 2 && told && found < all).then_some(token as u8)
}

/// The words of a line, as blanks part them.
pub(super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty())
}

/// The level that a word is, maybe in brackets or before a colon.
pub(super) fn bare_level(word: &[u8]) -> Option<Level> {
    let start = word.iter().position(u8::is_ascii_alphabetic).filter(|&start| start <= 1)?;
    let length = word[start..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let closed = word[start + length..].iter().all(|byte| matches!(byte, b']' | b':' | b'>' | b')' | b'|'));
    level::from_word(&word[start..start + length]).filter(|_| closed)
}

/// Whether what follows the columns begins with different words, as messages do.
fn messages_differ(rest: &[(&[u8], usize, Behind)]) -> bool {
    let first = |&(text, at, _): &(&[u8], usize, Behind)| -> Vec<u8> {
        let word = text[at.min(text.len())..].trim_ascii_start();
        let word = &word[..word.iter().position(|byte| *byte == b' ').unwrap_or(word.len())];
        // a value tells nothing
        if word.iter().any(u8::is_ascii_digit) { Vec::new() } else { word.to_vec() }
    };
    let mut words = rest.iter().map(first);
    words.next().is_some_and(|one| words.any(|other| other != one))
}

/// The column at `start`: its kind, what is in it, and one past it with its separator.
fn column(text: &[u8], start: usize, behind: Behind) -> Option<(Column, At, usize)> {
    let start = skip_blanks(text, start);
    let open = *text.get(start)?;
    if let Some(cell) = cell(text, start) {
        return Some(cell);
    }
    if matches!(open, b'[' | b'{' | b'(' | b'<') {
        let end = group_end(text, start)?;
        let bounded =
            text.get(end).is_none_or(|next| matches!(next, b' ' | b'\t' | b':' | b'[' | b'{' | b'('));
        let colon = usize::from(text.get(end) == Some(&b':'));
        let inside = trim(text, At::new(start + 1, end - 1));
        if behind.ended && (text.get(end) == Some(&b'[') || inside.of(text).contains(&b' ')) {
            return None;
        }
        let after = past_separator(text, end + colon);
        let ids = is_id_group(inside.of(text)) || names_ids(inside.of(text));
        let kind = if ids { Column::Ids(open) } else { Column::Group(open) };
        return (bounded && end < text.len()).then_some((kind, inside, after));
    }
    let length =
        text[start..].iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(text.len() - start);
    let word = &text[start..start + length];
    let end = start + length;
    if length == 0 || length > MAX_WORD || end == text.len() {
        return None;
    }
    let at = At::new(start, end);
    if is_bare_id(word) {
        let after = past_separator(text, end);
        let separator = if after > end { text[skip_blanks(text, end)] } else { 0 };
        return Some((Column::Id(separator), at, after));
    }
    if let Some(end) = pairs_before_message(text, start) {
        return Some((Column::Pair, at, end));
    }
    let bare = word.strip_suffix(b":").unwrap_or(word);
    let colon = bare.len() < word.len();
    let bare = bare.strip_suffix(b"()").unwrap_or(bare);
    let name = At::new(start, start + bare.len());
    if behind.levels && level::from_word(bare).is_some() {
        return Some((Column::Level, name, past_separator(text, end)));
    }
    if is_number(bare) {
        return Some((Column::Number, name, past_separator(text, end)));
    }
    let plain = bare.iter().all(|byte| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b'-' | b'$' | b'/' | b':' | b'#' | b'@' | b'[' | b']')
    });
    if !plain || !bare.first().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    if names_context(bare) || names::says_digest(bare) {
        return None;
    }
    if colon {
        let kind = if is_logger(bare) { Column::Logger } else { Column::Named(b':') };
        return Some((kind, name, end));
    }
    let after = past_separator(text, end);
    if after > end {
        return Some((Column::Named(text[skip_blanks(text, end)]), name, after));
    }
    Some((Column::Word, name, end))
}

/// One past the pair at `start` if it tells context and words without a name follow the pairs.
pub(super) fn pairs_before_message(text: &[u8], start: usize) -> Option<usize> {
    let (name, _, first) = pair(text, start, false)?;
    let mut at = first;
    while let Some((_, _, end)) = pair(text, skip_blanks(text, at), false) {
        at = end;
    }
    let followed = !text[at..].trim_ascii().is_empty() && text[at] == b' ';
    (followed && names_context(name.of(text))).then_some(first)
}

/// Whether an object, or a named value, begins at `at`.
pub(super) fn begins_tail(text: &[u8], at: usize) -> bool {
    let rest = text[at.min(text.len())..].trim_ascii_start();
    let name = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        .count();
    // not "file.cpp:42"
    let colon = rest.get(name) == Some(&b':') && !rest.get(name + 1).is_some_and(u8::is_ascii_digit);
    rest.starts_with(b"{")
        || name > 0 && (colon || rest.get(name) == Some(&b'=')) && !rest.starts_with(b"http")
}

/// A cell between bars or tabs: the text before it ends with one, and another follows.
fn cell(text: &[u8], start: usize) -> Option<(Column, At, usize)> {
    if matches!(text[start], b'[' | b'{' | b'(' | b'<') {
        return None;
    }
    let before = &text[..start];
    let separator = match before.trim_ascii_end().last() {
        _ if before.ends_with(b"\t") => b'\t',
        Some(b'|') => b'|',
        _ => return None,
    };
    let end = start + memchr::memchr(separator, &text[start..text.len().min(start + 128)])?;
    let content = trim(text, At::new(start, end));
    let words = content.of(text).contains(&b' ');
    let kind = if words { Column::Phrase(separator) } else { Column::Cell(separator) };
    (!content.is_empty() && level::from_word(content.of(text)).is_none()).then_some((kind, content, end + 1))
}

/// One past a separator of its own behind `at`, or `at`.
fn past_separator(text: &[u8], at: usize) -> usize {
    let from = skip_blanks(text, at);
    let run = text[from..].iter().take_while(|byte| matches!(byte, b'-' | b'|' | b':' | b'>')).count();
    let alone = run > 0 && run <= 3 && from > at && text.get(from + run).is_none_or(|next| *next == b' ');
    if alone { from + run } else { at }
}

fn group_end(text: &[u8], start: usize) -> Option<usize> {
    let close = match text[start] {
        b'[' => b']',
        b'{' => b'}',
        b'(' => b')',
        _ => b'>',
    };
    let mut depth = 0;
    for (index, &byte) in text[start..].iter().enumerate().take(512) {
        depth += i32::from(byte == text[start]) - i32::from(byte == close);
        if depth == 0 {
            return Some(start + index + 1);
        }
    }
    None
}

impl Reader<'_, '_> {
    /// Takes the learned columns that this line has.
    pub(super) fn columns(&mut self, columns: &[Column]) {
        // words and numbers are columns only before one that is one for sure
        let mut sure = self.at;
        for &kind in columns {
            if let Column::Padded(width) = kind {
                let Some((word, end)) = padded(self.text, self.at, width) else {
                    self.at = sure;
                    return;
                };
                let content = word.of(self.text);
                if is_thread(content) || is_numbered_name(content) {
                    self.draft.thread.get_or_insert(word);
                } else {
                    self.draft.logger.get_or_insert(word);
                }
                self.at = end;
                sure = end;
                continue;
            }
            if kind == Column::Name {
                let named = column(self.text, self.at, Behind::of(&self.head));
                if let Some((Column::Named(b':'), name, end)) = named.filter(|_| !self.closed && !self.logger)
                {
                    self.draft.logger = Some(name);
                    self.at = end;
                }
                return;
            }
            let found = column(self.text, self.at, Behind::of(&self.head));
            let Some((_, inside, end)) = found.filter(|(found, ..)| *found == kind) else {
                self.at = sure;
                return;
            };
            let content = inside.of(self.text);
            match kind {
                Column::Level => self.head.level = level::from_word(content),
                Column::Id(_) | Column::Ids(_) => self.draft.groups.push(inside),
                Column::Number | Column::Word | Column::Pair | Column::Padded(_) => {}
                _ if group_has_id(content) => self.draft.groups.push(inside),
                _ if is_thread(content) => {
                    self.draft.thread.get_or_insert(inside);
                }
                Column::Cell(_) if !is_logger(content) => {}
                Column::Named(_) | Column::Logger | Column::Cell(_) => {
                    self.draft.logger.get_or_insert(inside);
                }
                Column::Group(_) | Column::Phrase(_) | Column::Name => {}
            }
            self.at = end;
            if !matches!(kind, Column::Word | Column::Number) {
                sure = end;
            }
        }
    }
}
