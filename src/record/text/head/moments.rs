//! Times in a header, and what stands around them only.

use super::Reader;
use super::ids::{is_bare_id, is_id_list};
use super::kinds::{is_class_label, is_logger, is_place, is_uuid};
use crate::model::Date;
use crate::record::text::{skip_blanks, word_end};
use crate::record::{At, level, timestamp};

impl Reader<'_, '_> {
    pub(super) fn time(&mut self) -> bool {
        if self.closed {
            return false;
        }
        let Some((stamp, taken)) = timestamp::parse_prefix(&self.text[self.at..], self.order) else {
            return false;
        };
        let end = self.at + taken;
        // a number that only may be a time (an epoch) counts at the front of a line
        if let Some(&next) = self.text.get(end)
            && !matches!(
                next,
                b' ' | b'\t'
                    | b']'
                    | b')'
                    | b'|'
                    | b','
                    | b':'
                    | b';'
                    | b'-'
                    | b'>'
                    | b'['
                    | b'"'
                    | b'#'
                    | b'\r'
            )
            && next.is_ascii_alphanumeric()
            && self.head.stamp.is_some()
        {
            return false;
        }
        // what shows a container's output puts a time of its own before a finer one
        let finer = self.head.stamp.is_some_and(|first| {
            let full = first.date == Date::Full && stamp.date == Date::Full;
            full && first.offset.is_none() && stamp.offset.is_none() && stamp.precision < first.precision
        }) && self.at == self.head.stamp_at.end() + 1;
        if self.head.stamp.is_none() || finer {
            self.head.stamp = Some(stamp);
            self.head.stamp_at = At::new(self.at, end);
        }
        // what Go adds to a time that it prints
        let monotonic = self.text[end..].starts_with(b" m=+") || self.text[end..].starts_with(b" m=-");
        self.at = if monotonic { word_end(self.text, skip_blanks(self.text, end) + 2) } else { end };
        true
    }

    /// `#2024-05-01T12:00:00Z message`: a remark among rows of values, with a time as theirs.
    pub(super) fn marked_time(&mut self) -> bool {
        let found = timestamp::parse_prefix(&self.text[1..], self.order);
        let apart = |taken: usize| matches!(self.text.get(1 + taken), Some(b' ' | b'\t'));
        let Some((stamp, taken)) = found.filter(|(stamp, taken)| stamp.date == Date::Full && apart(*taken))
        else {
            return false;
        };
        self.head.stamp = Some(stamp);
        self.head.stamp_at = At::new(1, 1 + taken);
        self.at = 1 + taken;
        true
    }

    /// `"2024-05-01T12:00:00Z"` at the front, or behind the level.
    pub(super) fn quoted_time(&mut self) -> bool {
        let start = self.at + 1;
        if self.closed || self.head.stamp.is_some() || self.at > 0 && self.head.level.is_none() {
            return false;
        }
        let found = timestamp::parse_prefix(&self.text[start..], self.order);
        let found = found
            .filter(|(stamp, taken)| stamp.date == Date::Full && self.text.get(start + taken) == Some(&b'"'));
        let Some((stamp, taken)) = found else { return false };
        self.head.stamp = Some(stamp);
        self.head.stamp_at = At::new(start, start + taken);
        self.at = start + taken + 1;
        true
    }

    /// `05-01 12:00 `, a date without a year and a time without seconds before a level in capitals, as the cookbook of
    /// Python's logging has it.
    pub(super) fn short_time(&mut self) -> bool {
        const SHAPE: &[u8] = b"00-00 00:00 ";
        let shaped = self.at == 0
            && self.text.len() > SHAPE.len()
            && self
                .text
                .iter()
                .zip(SHAPE)
                .all(|(byte, shape)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == shape });
        let levels = || {
            let words = self.text[SHAPE.len()..].split(|byte| *byte == b' ').filter(|word| !word.is_empty());
            words.take(3).any(|word| level::stands_for_level(word).is_some() && word[0].is_ascii_uppercase())
        };
        if !shaped || !levels() {
            return false;
        }
        let written = [&self.text[..SHAPE.len() - 1], b":00"].concat();
        let Some((stamp, _)) = timestamp::parse_prefix(&written, self.order) else { return false };
        self.head.stamp = Some(stamp);
        self.head.stamp_at = At::new(0, SHAPE.len() - 1);
        self.at = SHAPE.len() - 1;
        true
    }

    /// `=WARNING REPORT==== 2-Feb-2024::17:42:36.859888 UTC ===` (Erlang's legacy header).
    pub(super) fn erlang_report(&mut self) -> bool {
        let text = self.text;
        let Some(mark) = memchr::memmem::find(text, b" REPORT==== ") else { return false };
        let Some(level) = level::from_word(&text[1..mark]) else { return false };
        let start = mark + 12;
        let Some(end) = memchr::memmem::find(&text[start..], b" ===").map(|length| start + length) else {
            return false;
        };
        let written = String::from_utf8_lossy(&text[start..end]).replacen("::", " ", 1);
        let Some((stamp, _)) = timestamp::parse_prefix(written.as_bytes(), self.order) else { return false };
        self.head.stamp = Some(stamp);
        self.head.stamp_at = At::new(start, end);
        self.closed = true;
        self.set_level(level, text.len())
    }

    /// `I20240501-12:00:00.123(0)`: Meteor's letter before the date.
    pub(super) fn lettered_time(&mut self) -> bool {
        let digits = self.text[1..].iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
        let level = level::from_letter(self.text[self.at]).filter(|_| self.at == 0 && digits == 8);
        let Some(level) = level else { return false };
        let Some((stamp, taken)) = timestamp::parse_prefix(&self.text[1..], self.order) else { return false };
        self.head.stamp = Some(stamp);
        self.head.stamp_at = At::new(1, 1 + taken);
        let end = 1 + taken;
        let sequence = memchr::memchr(b')', &self.text[end..self.text.len().min(end + 8)])
            .filter(|_| self.text[end..].starts_with(b"("));
        self.set_level(level, end + sequence.map_or(0, |close| close + 1))
    }

    /// A UUID before the time (FreeSWITCH's call) or before a request line (morgan's `:id :method :url`).
    pub(super) fn first_id(&mut self) -> bool {
        let word = At::new(0, self.text.len().min(36));
        if self.at > 0 || !is_uuid(word.of(self.text)) || self.text.get(36) != Some(&b' ') {
            return false;
        }
        let rest = &self.text[37..];
        let capitals = rest.iter().take(8).take_while(|byte| byte.is_ascii_uppercase()).count();
        let before_request = capitals >= 3 && rest[capitals..].starts_with(b" /");
        let before_time = timestamp::parse_prefix(rest, self.order).is_some();
        if before_time || before_request {
            self.draft.groups.push(word);
            self.at = 36;
            self.head.context |= before_request;
        }
        before_time || before_request
    }

    /// A UUID, or hex digits, between tabs or bars, or before a level.
    pub(super) fn bare_id(&mut self) -> bool {
        let text = self.text;
        if self.closed || !self.known() {
            return false;
        }
        let length =
            text[self.at..].iter().take(64).take_while(|byte| !matches!(byte, b' ' | b'\t' | b'|')).count();
        let whole = &text[self.at..self.at + length];
        let before = text[..self.at].trim_ascii_end().last();
        // "LEVEL - UUID- message"
        if before == Some(&b'-') && self.head.level.is_some() && whole.strip_suffix(b"-").is_some_and(is_uuid)
        {
            self.draft.groups.push(At::new(self.at, self.at + length - 1));
            self.at += length;
            return true;
        }
        // "logger: TRACE: message", "…;TRACE;…"
        let cell = before.filter(|byte| matches!(byte, b':' | b';' | b','));
        let cut = cell.and_then(|byte| memchr::memchr(*byte, whole)).unwrap_or(length);
        let word = At::new(self.at, self.at + if is_id_list(whole) { length } else { cut });
        if !is_bare_id(word.of(text)) && !is_id_list(word.of(text)) {
            return false;
        }
        let next = skip_blanks(text, word.end());
        let next_word = &text[next..word_end(text, next)];
        let behind_id =
            self.draft.groups.last().is_some_and(|id| id.end() == text[..self.at].trim_ascii_end().len());
        let parted = text.get(word.end()) == Some(&b'\t')
            || word.end() < self.at + length
            || behind_id && matches!(text.get(next), Some(b'|'))
            // not "deploy - DIGEST - verified"
            || text[next..].starts_with(b"- ") && self.head.level.is_some() && before != Some(&b'-')
            || text[next..].starts_with(b":: ")
            || is_logger(next_word) && next_word.iter().filter(|&&byte| byte == b'.').count() > 1
            // "TRACE SPAN message"
            || word.len == 32 && next_word.len() == 16 && is_bare_id(next_word)
            || word.len == 16 && behind_id
            || is_bare_id(next_word) && before == Some(&b'|')
            || is_bare_id(next_word) && text[skip_blanks(text, next + next_word.len())..].starts_with(b"- ")
            || text.get(next) == Some(&b'|') && before.is_some_and(|before| !before.is_ascii_alphabetic())
            || self.head.level.is_none() && before_level(&text[next..])
            // "LEVEL [time] UUID Class: message"
            || is_uuid(word.of(text)) && self.behind_time_group() && is_class_label(next_word)
            // AWS Lambda's request id behind the time
            || self.head.level.is_none() && text.get(word.end()) == Some(&b' ') && is_uuid(word.of(text));
        if !parted {
            return false;
        }
        self.draft.groups.push(word);
        self.at = word.end();
        true
    }

    /// `#UUID` behind a level: the id of a request.
    pub(super) fn tagged_id(&mut self) -> bool {
        let end = word_end(self.text, self.at);
        let mut inside = At::new(self.at + 1, end);
        let closed = self.text[..end].ends_with(b"#") && inside.len > 1;
        inside.len -= u32::from(closed);
        let taken = is_uuid(inside.of(self.text)) || closed && is_bare_id(inside.of(self.text));
        if taken {
            self.draft.groups.push(inside);
            self.at = end;
        }
        taken
    }

    /// A number that is no time: process, thread or line.
    pub(super) fn number(&mut self) -> bool {
        if self.closed {
            return false;
        }
        let text = self.text;
        let digits = text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = self.at + digits;
        if self.job(digits)
            || self.process_slash_thread(digits)
            || self.bundle(digits)
            || self.key_before_level()
        {
            return true;
        }
        if digits > 12 {
            return false;
        }
        let word = &text[self.at
            ..text.len().min(
                self.at
                    + text[self.at..].iter().position(|&byte| byte == b' ').unwrap_or(usize::MAX - self.at),
            )];
        if self.known() && memchr::memmem::find(word, b"/[$").is_some() {
            // the name of a Lambda's log stream: "2023/06/11/[$LATEST]d00c…"
            self.at += word.len();
            return true;
        }
        if self.at == 0
            && word.len() > 2
            && word.ends_with(b"s")
            && word[..word.len() - 1].iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        {
            // seconds since the start, before a level
            let next = skip_blanks(text, word.len());
            let letters = text[next..].iter().take_while(|byte| byte.is_ascii_uppercase()).count();
            if level::stands_for_level(&text[next..next + letters]).is_some() && letters >= 3 {
                self.at = word.len();
                return true;
            }
        }
        if matches!(text.get(end), Some(b'#' | b'.' | b'/')) && self.known() {
            // nginx "123#0:", Erlang and MySQL numbers
            end += 1 + text[end + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        }
        if let [b':', b'0'..=b'9', ..] = text[end..]
            && self.known()
        {
            // process and thread: "4711:140327044737920 INFO"
            end += 1 + text[end + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        }
        if let [b':', role, b' ', ..] = text[end..] {
            // Redis "3750:M 22 Nov 2026 …"
            if self.at == 0 && role.is_ascii_uppercase() {
                self.at = end + 2;
                return true;
            }
        }
        let colon = usize::from(text.get(end) == Some(&b':'));
        let next = skip_blanks(text, end + colon);
        if next == end + colon && !matches!(text.get(next), Some(b'[' | b',' | b'|')) {
            return false;
        }
        let rest = &text[next..];
        let followed = match rest.first() {
            Some(b'[' | b'-' | b'|') => true,
            Some(b',') => self.known(),
            Some(b'*' | b'#') => self.known(),
            Some(b'0'..=b'9') if !self.known() => timestamp::parse_prefix(rest, self.order).is_some(),
            // "PID TID --- "
            Some(b'0'..=b'9')
                if rest[rest.iter().take_while(|byte| byte.is_ascii_digit()).count()..]
                    .starts_with(b" --- ") =>
            {
                true
            }
            Some(b'0'..=b'9') => {
                rest.iter().take_while(|byte| byte.is_ascii_digit()).count() < 8
                    && self.at > 0
                    && digits >= 3
                    && self.head.level.is_none()
            }
            Some(byte) if byte.is_ascii_alphabetic() => {
                let word = &rest[..rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()];
                let level =
                    level::stands_for_level(word).is_some() && word.iter().all(u8::is_ascii_uppercase);
                (self.head.level.is_none()
                    && (level || word.len() == 1 && level::from_letter(word[0]).is_some()))
                    || (!self.known() && timestamp::parse_prefix(rest, self.order).is_some())
                    || colon == 1 && self.known() && end > self.at + digits
                    // "4711:140327044737920 file.py:17 "
                    || self.known() && end > self.at + digits && is_place(&rest[..word_end(rest, 0)])
            }
            _ => false,
        };
        if !followed {
            return false;
        }
        self.at = end + colon;
        true
    }
}

/// Whether a level in capitals, maybe in brackets, begins the text.
pub(super) fn before_level(text: &[u8]) -> bool {
    let inside = text.strip_prefix(b"[").unwrap_or(text);
    let letters = inside.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = &inside[..letters];
    letters >= 3
        && !inside.get(letters).is_some_and(u8::is_ascii_alphanumeric)
        && level::stands_for_level(word).is_some()
        && (word.iter().all(u8::is_ascii_uppercase) || inside.len() < text.len())
}
