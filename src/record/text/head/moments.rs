//! Times in a header, and what stands around them only.

use super::Reader;
use super::kinds::is_uuid;
use crate::record::text::skip_blanks;
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
        if self.head.stamp.is_none() {
            self.head.stamp = Some(stamp);
            self.head.stamp_at = At::new(self.at, end);
        }
        self.at = end;
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

    /// A UUID between tabs, or before a level: AWS Lambda's request id.
    pub(super) fn request_uuid(&mut self) -> bool {
        let word = At::new(self.at, self.text.len().min(self.at + 36));
        let after = self.text.get(word.end());
        let parted = after == Some(&b'\t') || after == Some(&b' ') && self.head.level.is_none();
        if self.closed || !self.known() || !is_uuid(word.of(self.text)) || !parted {
            return false;
        }
        self.draft.groups.push(word);
        self.at = word.end();
        true
    }

    /// A number that is no time: process, thread or line.
    pub(super) fn number(&mut self) -> bool {
        if self.closed {
            return false;
        }
        let text = self.text;
        let digits = text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = self.at + digits;
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
        if let [b':', role, b' ', ..] = text[end..] {
            // Redis "3750:M 22 Nov 2026 …"
            if self.at == 0 && role.is_ascii_uppercase() {
                self.at = end + 2;
                return true;
            }
        }
        let colon = usize::from(text.get(end) == Some(&b':'));
        let next = skip_blanks(text, end + colon);
        if next == end + colon && !matches!(text.get(next), Some(b'[' | b',')) {
            return false;
        }
        let rest = &text[next..];
        let followed = match rest.first() {
            Some(b'[' | b'-' | b'|') => true,
            Some(b',') => self.known(),
            Some(b'*' | b'#') => self.known(),
            Some(b'0'..=b'9') if !self.known() => timestamp::parse_prefix(rest, self.order).is_some(),
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
