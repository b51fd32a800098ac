//! Columns that blanks part, behind what was read atom by atom: `time LEVEL Class [thread] {ids} - message`.
//!
//! A word alone tells little; it is a column if something stands behind it that no message has near its front: a level, ids,
//! a thread or a place in brackets, a separator of its own. All before the last such part is header, what follows is the
//! message.

use super::Reader;
use super::cells::{Cell, is_function_place};
use super::columns::pairs_before_message;
use super::ids::{is_bare_id, names_ids};
use super::kinds::{is_class_label, is_code, is_number, is_place, is_thread, tells_context};
use crate::model::{Date, Level};
use crate::record::text::{pair, skip_blanks, trim};
use crate::record::{At, level, timestamp};

/// So many parts are looked at.
const MAX_TOKENS: usize = 9;
/// So many blanks behind a word fill it up to a column.
const WIDE: usize = 4;
/// So many words in a row may be columns.
const MAX_WEAK: usize = 2;
/// Shorter numbers before a separator may be what a message tells of, such as a status.
const MIN_PROCESS: usize = 4;

/// Where the length of a number tells lines apart.
const FRONT: usize = 96;

/// A part of a line: what it holds, where, how it is closed, and what follows.
struct Token {
    inside: At,
    /// Its opening byte, 0 for a word.
    open: u8,
    /// A colon stands behind it.
    colon: bool,
    end: usize,
}

/// What is known of the parts so far.
#[derive(Default)]
struct Seen {
    found: [Option<(Cell, At)>; MAX_TOKENS],
    count: usize,
    /// Of `found`, those that are columns for sure.
    sure: usize,
    weak: usize,
    /// The words since then are names, each one blank before the next part.
    named: bool,
    level: Option<Level>,
    stamp: Option<(crate::model::Stamp, At)>,
    end: usize,
}

impl Reader<'_, '_> {
    /// Takes the columns behind those that were read already.
    pub(super) fn tokens(&mut self) {
        if !self.known() || self.closed && !self.head.ended || self.begins_sentence() {
            return;
        }
        let mut seen = Seen { end: self.at, named: true, ..Seen::default() };
        let mut at = self.at;
        while seen.count < MAX_TOKENS {
            at = skip_blanks(self.text, at);
            if let Some(end) = self.lone_separator(at) {
                // behind a column only, or a name
                let named = seen.weak == 1
                    && (self.text[at..].starts_with(b":: ")
                        || seen.found[seen.count - 1].is_some_and(|(_, at)| is_name(at.of(self.text))));
                if seen.weak > 0 && !named || seen.count == 0 && !self.head.ended {
                    break;
                }
                self.commit(&mut seen, end);
                at = end;
                continue;
            }
            let Some(token) = self.token(at) else { break };
            let Some(sure) = self.weigh(&token, &seen) else { break };
            at = token.end + usize::from(token.colon);
            let cell = self.kind_of(&token, &seen);
            seen.found[seen.count] = Some((cell, token.inside));
            seen.count += 1;
            match cell {
                Cell::Level(level) if sure => seen.level = Some(level),
                Cell::Time(stamp, at) if sure => seen.stamp = Some((stamp, at)),
                _ => {}
            }
            if sure {
                self.commit(&mut seen, at);
                if token.colon && pairs_before_message(self.text, skip_blanks(self.text, at)).is_none() {
                    break;
                }
            } else {
                seen.weak += 1;
                let gap = self.text[token.end..].iter().take_while(|byte| **byte == b' ').count();
                let word = token.inside.of(self.text);
                seen.named &= (is_name(word) || is_number(word)) && gap == 1;
                if seen.weak > MAX_WEAK || token.colon {
                    break;
                }
            }
        }
        let Seen { found, sure, level, stamp, end, .. } = seen;
        for (cell, inside) in found[..sure].iter().flatten() {
            match cell {
                Cell::Ids if inside.of(self.text).contains(&b'=') => self.service_among(*inside),
                Cell::Ids => self.draft.groups.push(*inside),
                Cell::Thread => _ = self.draft.thread.get_or_insert(*inside),
                Cell::Logger | Cell::Word => _ = self.draft.logger.get_or_insert(*inside),
                Cell::Level(_) | Cell::Place | Cell::Time(..) => {}
            }
        }
        if level.is_some() && self.head.level.is_none() {
            self.head.level = level;
            self.head.level_end = end;
        }
        if let Some((stamp, at)) = stamp {
            self.head.stamp = Some(stamp);
            self.head.stamp_at = at;
        }
        self.at = end;
    }

    /// Whether a plain word follows where nothing of the header is missing: what most messages begin with.
    fn begins_sentence(&self) -> bool {
        if self.head.level.is_none() || self.head.stamp.is_none() {
            return false;
        }
        let rest = &self.text[skip_blanks(self.text, self.at)..];
        let word = rest.iter().skip(1).take_while(|byte| byte.is_ascii_lowercase()).count() + 1;
        rest.first().is_some_and(u8::is_ascii_alphabetic)
            && rest.get(word) == Some(&b' ')
            && rest.get(word + 1).is_some_and(u8::is_ascii_alphanumeric)
    }

    /// Whether a part is one word as names are.
    fn is_plain(&self, token: &Token) -> bool {
        let word = token.inside.of(self.text);
        let plain = |byte: &u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'@' | b'#' | b'$')
        };
        word.first().is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, b'_' | b'#'))
            && word.iter().all(plain)
    }

    /// Whether the word before is no verb, with which a message may begin: `retrying (trace 4bf9…) later`.
    fn names_a_thing(&self, seen: &Seen) -> bool {
        let word = seen.count.checked_sub(1).and_then(|last| seen.found[last]);
        let word = word.map_or(&b""[..], |(_, at)| at.of(self.text));
        !word.is_empty() && ![&b"ed"[..], b"ing", b"s"].iter().any(|end| word.ends_with(end))
    }

    /// Whether nothing but groups follows: the name before them is the message.
    pub(super) fn groups_to_the_end(&self, mut at: usize) -> bool {
        while let Some(token) = self.token(at).filter(|token| token.open != 0) {
            at = skip_blanks(self.text, token.end);
            if at >= self.text.len() {
                return true;
            }
        }
        false
    }

    fn commit(&self, seen: &mut Seen, end: usize) {
        seen.sure = seen.count;
        seen.weak = 0;
        seen.named = true;
        seen.end = end;
    }

    /// One past a separator that stands alone.
    fn lone_separator(&self, at: usize) -> Option<usize> {
        let byte = *self.text.get(at).filter(|byte| matches!(byte, b'-' | b'|' | b':' | b'>'))?;
        let run = self.text[at..].iter().take_while(|next| **next == byte).count();
        let alone = (1..=2).contains(&run) && matches!(self.text.get(at + run), Some(b' ' | b'\t'));
        (alone && at > 0 && matches!(self.text[at - 1], b' ' | b'\t')).then_some(at + run)
    }

    fn token(&self, at: usize) -> Option<Token> {
        let text = self.text;
        let open = *text.get(at)?;
        if matches!(open, b'[' | b'(' | b'<' | b'{') {
            let close = match open {
                b'[' => b']',
                b'(' => b')',
                b'<' => b'>',
                _ => b'}',
            };
            let near = &text[at..text.len().min(at + 160)];
            let mut depth = 0;
            let length = near.iter().position(|byte| {
                depth += i32::from(*byte == open) - i32::from(*byte == close);
                depth == 0
            })?;
            let end = at + length + 1;
            let bounded = text
                .get(end)
                .is_none_or(|next| matches!(next, b' ' | b'\t' | b':' | b'[' | b'(' | b'{' | b'<'));
            let colon = text.get(end) == Some(&b':') && matches!(text.get(end + 1), Some(b' '));
            return bounded.then(|| Token { inside: trim(text, At::new(at + 1, end - 1)), open, colon, end });
        }
        if let Some((_, taken)) = self.later_time(at) {
            return Some(Token { inside: At::new(at, at + taken), open: 0, colon: false, end: at + taken });
        }
        // "traceId=…, spanId=…" are one
        let mut end = at;
        let mut next = at;
        while let Some((_, _, after)) =
            pair(text, next, false).filter(|(name, value, _)| tells_context(name.of(text), value.of(text)))
        {
            end = after;
            next = skip_blanks(text, after + usize::from(text.get(after) == Some(&b',')));
        }
        if end > at {
            return Some(Token { inside: At::new(at, end), open: 0, colon: false, end });
        }
        let length =
            text[at..].iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(text.len() - at);
        let word = &text[at..at + length];
        let bare = word.strip_suffix(b":").unwrap_or(word);
        // "level[ids][…"
        let cut = memchr::memchr(b'[', bare).filter(|&cut| cut > 0 && bare.ends_with(b"]"));
        let bare = cut.map_or(bare, |cut| &bare[..cut]);
        (!bare.is_empty() && bare.len() < 100).then(|| Token {
            inside: At::new(at, at + bare.len()),
            open: 0,
            colon: cut.is_none() && bare.len() < word.len(),
            end: at + bare.len(),
        })
    }

    /// A time behind the level, with its date.
    fn later_time(&self, at: usize) -> Option<(crate::model::Stamp, usize)> {
        let digit = self.head.stamp.is_none() && self.text[at].is_ascii_digit();
        digit.then(|| timestamp::parse_prefix(&self.text[at..], self.order)).flatten().filter(
            |(stamp, taken)| {
                (stamp.date != Date::None || *taken > 7) && self.text[at..at + taken].contains(&b':')
            },
        )
    }

    fn kind_of(&self, token: &Token, seen: &Seen) -> Cell {
        let content = token.inside.of(self.text);
        let start = token.inside.start as usize;
        if self.head.stamp.is_none()
            && let Some((stamp, taken)) = self.later_time(start)
            && taken == content.len()
        {
            return Cell::Time(stamp, token.inside);
        }
        if seen.level.is_some() && level::from_word(content).is_some() {
            return Cell::Word;
        }
        self.cell_of(token.inside).unwrap_or(Cell::Word)
    }

    /// Whether a part is a column for sure (`Some(true)`), may be one, or begins the message (`None`).
    fn weigh(&self, token: &Token, seen: &Seen) -> Option<bool> {
        let text = self.text;
        let content = token.inside.of(text);
        let behind = skip_blanks(text, token.end + usize::from(token.colon));
        let group = token.open != 0;
        let before_group = matches!(text.get(behind), Some(b'[' | b'{' | b'<' | b'('))
            && self.token(behind).is_some_and(|next| {
                let inside = next.inside.of(text);
                !inside.contains(&b' ') || inside.contains(&b'=') || names_ids(inside)
            });
        let followed = token.colon || self.lone_separator(behind).is_some() || before_group;
        // "[] [ids]" is an empty column, `["message"]` none
        if behind >= text.len() || content.starts_with(b"\"") || content.is_empty() && !before_group {
            return None;
        }
        let start = token.inside.start as usize;
        match self.kind_of(token, seen) {
            Cell::Time(..) => Some(true),
            Cell::Level(level) => {
                let capitals = content.iter().all(u8::is_ascii_uppercase);
                match content {
                    _ if seen.level.is_some() || self.head.level.is_some() => None,
                    _ if group => Some(true),
                    [letter] => {
                        let name = text.get(behind).is_some_and(u8::is_ascii_alphabetic);
                        let said = *letter == b'I' && name && !followed && says_i(&text[behind..]);
                        let before_ids = || {
                            self.token(behind).is_some_and(|next| {
                                let text = next.inside.of(text);
                                next.open == 0 && text.contains(&b'=') && text.len() > 32
                            })
                        };
                        let alone = seen.weak == 0 || followed || before_ids();
                        (alone && !said && self.head.stamp.is_some() && capitals).then_some(true)
                    }
                    _ if capitals => {
                        (content.len() > 2 && level::stands_for_level(content).is_some()).then_some(true)
                    }
                    // a small word is a level behind nothing but columns, and before one
                    // ("Warning: no space left" is a message)
                    _ if token.colon && content[0].is_ascii_uppercase() => None,
                    _ => (seen.weak == 0 && followed && level::stands_for_level(content) == Some(level))
                        .then_some(true),
                }
            }
            // plain words before it are the message's
            // "gate (trace 4bf9…, span 00f0…) message"
            Cell::Ids if group && seen.weak == 1 && names_ids(content) && self.names_a_thing(seen) => {
                Some(true)
            }
            _ if seen.weak > 0 && !seen.named => (!group).then_some(false).filter(|_| self.is_plain(token)),
            _ if group && (self.tail_at(behind) || self.groups_to_the_end(behind)) && seen.weak > 0 => None,
            Cell::Ids if group => Some(true),
            Cell::Ids => {
                let several = !is_bare_id(content) || content.len() == 49;
                // "deploy - DIGEST - verified" tells a digest
                let dashed = text[..start].trim_ascii_end().ends_with(b"-");
                (several || followed && !dashed).then_some(true)
            }
            Cell::Thread | Cell::Logger if group => {
                (!content.contains(&b' ') || token.open == b'[').then_some(true)
            }
            Cell::Place if group => Some(true),
            Cell::Thread => {
                // "Executing", "listener" and the like are words
                let numbered = content.last().is_some_and(u8::is_ascii_digit)
                    || content == b"main"
                    || content.ends_with(b"Thread");
                (followed && numbered).then_some(true).or(Some(false).filter(|_| self.is_plain(token)))
            }
            Cell::Logger => {
                let deep = content.iter().filter(|byte| **byte == b'.').count() > 1;
                (followed || deep && self.draft.logger.is_none()).then_some(true).or(deep.then_some(false))
            }
            Cell::Place if is_number(content) => {
                // beyond the front of a line, lines are alike whatever the lengths of their numbers
                let wide = content.len() >= MIN_PROCESS || token.end > FRONT;
                // "ERROR 1045: access denied" tells a code
                let behind_level = text[self.head.level_end.min(start)..start]
                    .iter()
                    .all(|byte| matches!(byte, b' ' | b']' | b':'));
                (followed
                    && wide
                    && self.head.level.is_some()
                    && seen.weak == 0
                    && !(token.colon && behind_level))
                    .then_some(true)
                    .or(wide.then_some(false))
            }
            Cell::Place => {
                let file = is_place(content) || is_function_place(content) && content.contains(&b':');
                (followed || file && self.head.level.is_some()).then_some(true)
            }
            Cell::Word if group => (followed || token.open != b'[' && is_name(content)).then_some(true),
            Cell::Word => {
                let plain = self.is_plain(token);
                // a name before a colon, behind columns only
                let labels = token.colon
                    && is_name(content)
                    && !is_code(content)
                    && !is_class_label(&text[token.inside.start as usize..token.end + 1])
                    && seen.weak == 0
                    && (seen.count > 0
                        || self.head.stamp.is_some() && self.head.level.is_some() && content.contains(&b'_'));
                // "outbox: trace=… message"
                let before_ids = || {
                    token.colon
                        && seen.weak == 0
                        && self.head.level.is_some()
                        && pairs_before_message(text, behind).is_some()
                };
                match () {
                    () if plain && before_ids() => Some(true),
                    () if !plain || is_code(content) => None,
                    () if labels => Some(true),
                    // filled up to a column; a message that is, has pairs behind it
                    () if behind >= token.end + WIDE
                        && self.head.level.is_some()
                        && seen.weak == 0
                        && text[self.head.level_end.min(start)..start].trim_ascii().is_empty()
                        && text[behind].is_ascii_alphabetic()
                        && !content.iter().any(u8::is_ascii_digit)
                        && !self.tail_at(behind)
                        && memchr::memmem::find(&text[behind..], b"  ").is_none() =>
                    {
                        Some(true)
                    }
                    () if token.colon => None,
                    () => Some(false),
                }
            }
        }
    }
}

/// Whether a word is more of a name than of a sentence: several words in one.
fn is_name(word: &[u8]) -> bool {
    let humps =
        word.windows(2).filter(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase()).count();
    let joined = word.iter().any(|byte| matches!(byte, b'_' | b'-' | b'.' | b':' | b'@' | b'$'));
    let named = word.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && word.last().is_some_and(|last| last.is_ascii_alphanumeric() || *last == b'_');
    !word.contains(&b' ') && (named && (humps > 0 || joined) || is_thread(word) && joined)
}

/// Whether a sentence goes on behind its first word "I".
fn says_i(rest: &[u8]) -> bool {
    const VERBS: [&[u8]; 16] = [
        b"am", b"was", b"have", b"had", b"will", b"would", b"can", b"could", b"do", b"did", b"think", b"see",
        b"need", b"want", b"got", b"know",
    ];
    let word = &rest[..rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count()];
    VERBS.contains(&word)
}
