//! Parts of headers that a few loggers write in a way of their own.

use super::Reader;
use super::columns::is_bare_id;
use super::kinds::{is_logger, is_place, is_thread};
use super::moments::before_level;
use crate::record::text::{pair, skip_blanks, word_end};
use crate::record::{At, NameHash, Role, level, names, timestamp};
use memchr::memchr;

/// Braces of a span hold no more than this.
const MAX_SPANS: usize = 512;
/// So many words may stand between a job's process and its level.
const MAX_JOB: usize = 5;

impl Reader<'_, '_> {
    /// `ts=… lvl=INFO trace=… | message`: pairs at the front of a line, one of them the time, closed by a bar or a dash.
    pub(super) fn leading_pairs(&mut self) -> bool {
        if self.at > 0 {
            return false;
        }
        let text = self.text;
        let (mut stamp, mut found, mut at, mut count) = (None, None, 0, 0);
        while let Some((name, value, mut end)) = pair(text, at, false) {
            match names::lookup_name(NameHash::of(name.of(text)), true).map(|known| known.role) {
                Some(Role::Time) if stamp.is_none() => {
                    let start = value.start as usize;
                    let Some((time, taken)) = timestamp::parse_prefix(&text[start..], self.order) else {
                        return false;
                    };
                    // a date and a time may be two words
                    end = end.max(start + taken);
                    stamp = Some((time, At::new(start, start + taken)));
                }
                Some(Role::Level) => found = found.or_else(|| level::from_word(value.of(text))),
                _ => {}
            }
            count += 1;
            at = skip_blanks(text, end);
        }
        let closed = matches!(text[at..], [b'|' | b'-', b' ', ..]);
        let Some((time, place)) = stamp.filter(|_| closed && count > 1) else { return false };
        self.head.stamp = Some(time);
        self.head.stamp_at = place;
        self.head.level = found;
        self.head.context = true;
        self.at = at + 1;
        true
    }

    /// `ThreadId(01) `, and the name of a thread before `span{…}: ` (tracing-subscriber).
    pub(super) fn thread_before_spans(&mut self) -> bool {
        if self.head.level.is_none() || self.closed || self.logger {
            return false;
        }
        let text = self.text;
        let rest = &text[self.at..];
        if let Some(number) = rest.strip_prefix(b"ThreadId(") {
            let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let taken = digits > 0 && number[digits..].starts_with(b") ");
            if taken {
                let end = self.at + 9 + digits + 1;
                self.draft.thread.get_or_insert(At::new(self.at, end));
                self.at = end;
            }
            return taken;
        }
        let end = word_end(text, self.at);
        let span = skip_blanks(text, end);
        let open = word_end(text, span);
        let near = &text[open..text.len().min(open + MAX_SPANS)];
        let taken = span > end
            && open > span
            && near.first() == Some(&b'{')
            && memchr::memmem::find(near, b"}:").is_some_and(|close| near[..close].contains(&b'='))
            && is_thread(&text[self.at..end]);
        if taken {
            self.draft.thread.get_or_insert(At::new(self.at, end));
            self.at = end;
        }
        taken
    }

    /// `src/main.rs:42: ` behind the target of a span.
    pub(super) fn place_behind(&mut self) {
        let start = skip_blanks(self.text, self.at);
        let end = word_end(self.text, start);
        let place = self.text[start..end].strip_suffix(b":").is_some_and(is_place);
        self.at = if place { end } else { self.at };
    }

    /// `ID: UUID INFO `, `ID:      INFO `: a label and an id, or none, before the level.
    pub(super) fn labelled_id(&mut self) -> bool {
        if !self.known() || self.closed || self.head.level.is_some() {
            return false;
        }
        let text = self.text;
        let end = word_end(text, self.at);
        let label = text[self.at..end].strip_suffix(b":").unwrap_or_default();
        if label.len() < 2 || label.len() > 24 || level::from_word(label).is_some() {
            return false;
        }
        let start = skip_blanks(text, end);
        let id = At::new(start, word_end(text, start));
        if is_bare_id(id.of(text)) && before_level(&text[skip_blanks(text, id.end())..]) {
            self.draft.groups.push(id);
            self.at = id.end();
            return true;
        }
        // so wide a gap is where the id stands in other lines
        let taken = start > end + 15 && before_level(&text[start..]);
        self.at = if taken { start } else { self.at };
        taken
    }

    /// `PID TID-… Worker JID-… INFO: `: process, thread, class and job (Sidekiq before version 6).
    pub(super) fn job(&mut self, digits: usize) -> bool {
        let text = self.text;
        let mut at = self.at + digits;
        if self.head.level.is_some() || self.closed || !text[at..].starts_with(b" TID-") {
            return false;
        }
        for _ in 0..MAX_JOB {
            at = skip_blanks(text, at);
            let end = word_end(text, at);
            let word = &text[at..end];
            let found = word.strip_suffix(b":").filter(|word| word.iter().all(u8::is_ascii_uppercase));
            if let Some(level) = found.and_then(level::from_word) {
                self.head.context = true;
                return self.set_level(level, end);
            }
            if memchr(b'-', word).is_some_and(|dash| names::names_a_correlation(&word[..dash])) {
                self.draft.groups.push(At::new(at, end));
            }
            at = end;
        }
        false
    }

    /// `4711/MainThread `: process and thread.
    pub(super) fn process_slash_thread(&mut self, digits: usize) -> bool {
        let start = self.at + digits + 1;
        if !self.known() || self.text.get(start - 1) != Some(&b'/') {
            return false;
        }
        let end = word_end(self.text, start);
        let taken = is_thread(&self.text[start..end]) && self.text.get(end) == Some(&b' ');
        if taken {
            self.draft.thread.get_or_insert(At::new(start, end));
            self.at = end;
        }
        taken
    }

    /// `LEVEL\tthread\tcom.acme.Orders\tmessage` (airlift): a thread between tabs before a logger, and the logger.
    pub(super) fn tab_cell(&mut self, word: At) -> bool {
        let text = self.text;
        let between = text[..self.at].ends_with(b"\t") && text.get(word.end()) == Some(&b'\t');
        if !between || self.head.level.is_none() {
            return false;
        }
        let next = word.end() + 1;
        let length = memchr(b'\t', &text[next..text.len().min(next + 128)]);
        let before_logger = length.is_some_and(|length| is_logger(&text[next..next + length]));
        if is_logger(word.of(text)) {
            self.draft.logger.get_or_insert(word);
            self.logger = true;
        } else if before_logger {
            self.draft.thread.get_or_insert(word);
        } else {
            return false;
        }
        self.at = word.end();
        true
    }
}
