//! Levels in a header.

use super::Reader;
use super::columns::{bare_level, words};
use super::ids::is_bare_id;
use super::kinds::{group_has_id, is_logger, is_number, is_thread, tells_context};
use super::marked::tag_and_process;
use crate::model::{Date, Level};
use crate::record::text::{pair, skip_blanks, word_end};
use crate::record::{At, level, timestamp};
use memchr::memchr;

/// Braces before a level hold no more than this.
const MAX_BRACES: usize = 128;

impl Reader<'_, '_> {
    pub(super) fn set_level(&mut self, level: Level, end: usize) -> bool {
        self.head.level = Some(level);
        self.head.level_end = end;
        self.at = end;
        true
    }

    /// Takes the level of a line that does not tell its level from the message, at the place where other lines of the
    /// source have it: the word with this number.
    pub(super) fn level_at(&mut self, token: usize) -> bool {
        if self.head.stamp.is_none() || self.head.level.is_some() {
            return false;
        }
        let Some(word) = words(self.text).nth(token) else { return false };
        let start = word.as_ptr() as usize - self.text.as_ptr() as usize;
        let level = bare_level(word).filter(|_| start >= self.at);
        level.is_some_and(|level| self.set_level(level, start + word.len()))
    }

    /// A level as a bare word.
    pub(super) fn level_word(&mut self) -> bool {
        let text = self.text;
        if self.closed {
            // Go's log package with a level of the program's own: "main.go:31: WARN message"
            let letters = text[self.at..].iter().take_while(|byte| byte.is_ascii_uppercase()).count();
            let word = &text[self.at..self.at + letters];
            let bounded = matches!(text.get(self.at + letters), Some(b' ' | b'\t' | b':'));
            let found = level::stands_for_level(word).filter(|_| {
                letters >= 4 && bounded && self.head.level.is_none() && self.head.stamp.is_some()
            });
            let end = self.at + letters + usize::from(text.get(self.at + letters) == Some(&b':'));
            return found.is_some_and(|level| self.set_level(level, end)) || self.dashed_level();
        }
        let end = self.at + text[self.at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let word = &text[self.at..end];
        if let Some(level) = self.head.level {
            // Ruby writes its level twice
            let again = word.len() > 1
                && word.iter().all(u8::is_ascii_uppercase)
                && level::from_word(word) == Some(level);
            let bounded = text.get(end).is_none_or(|next| matches!(next, b' ' | b'\t' | b']' | b':'));
            if again && bounded && !self.logger {
                self.at = end;
            }
            return again && bounded && !self.logger;
        }
        let next = text.get(end).copied();
        if word == b"LOG" && next == Some(b'_') && self.known() {
            // Quill: "LOG_WARNING  name  message"
            let rest = &text[end + 1..];
            let letters = rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
            let level = level::from_word(&rest[..letters]).filter(|_| rest[letters..].starts_with(b" "));
            return level.is_some_and(|level| self.set_level(level, end + 1 + letters));
        }
        if let [letter] = word {
            return self.level_letter(*letter, end);
        }
        if self.at == 0 && next == Some(b'(') && self.scoped_level(word, end) {
            return true;
        }
        if matches!(next, Some(b'_' | b'.' | b'=' | b'@' | b'\'' | b'('))
            || next == Some(b'-') && text.get(end + 1).is_some_and(u8::is_ascii_alphanumeric)
        {
            return false;
        }
        // .NET's console: "fail: Category[7]"
        let behind_time = self.head.stamp_at.end() == text[..self.at].trim_ascii_end().len();
        let dotnet = (self.at == 0 || behind_time)
            && word.len() == 4
            && text[end..].starts_with(b": ")
            && text.get(end + 2).is_some_and(u8::is_ascii_alphabetic);
        // "trace: ID" names a trace
        if word.eq_ignore_ascii_case(b"trace") && next == Some(b':') {
            let id = skip_blanks(text, end + 1);
            if is_bare_id(&text[id..word_end(text, id)]) {
                return false;
            }
        }
        // "Trace[445256728]: …" is a line of a trace that Kubernetes prints
        if self.at == 0 && next == Some(b'[') && text.get(end + 1).is_some_and(u8::is_ascii_digit) {
            let digits = text[end + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if word[1..].iter().any(u8::is_ascii_lowercase) && text[end + 1 + digits..].starts_with(b"]: ") {
                return false;
            }
        }
        let found = level::stands_for_level(word).or_else(|| level::from_word(word).filter(|_| dotnet));
        let Some(level) = found else { return false };
        let upper = word.iter().all(u8::is_ascii_uppercase);
        let colon = next == Some(b':');
        if !upper {
            let capitalized = word[0].is_ascii_uppercase();
            let wide = matches!(next, Some(b'\t' | b'|' | b']' | b'[')) || text[end..].starts_with(b"  ");
            let plain = matches!(level, Level::Debug | Level::Trace)
                || matches!(word, b"info" | b"warn" | b"warning" | b"inf" | b"err");
            let spaced = next.is_none_or(|next| matches!(next, b' ' | b'\t'));
            let separated = matches!(text.get(skip_blanks(text, end)), Some(b'-' | b'|' | b'[' | b'('));
            let next_word = skip_blanks(text, end);
            let before_logger = self.known() && next_word > end && {
                let next = &text[next_word..word_end(text, next_word)];
                is_logger(next)
                    && (next.iter().filter(|&&byte| byte == b'.').count() >= 2
                        || next.contains(&b':') && next.last().is_some_and(u8::is_ascii_digit))
            };
            // "info  [2024-05-01 12:00:00.123 Z] message", "info 2024-05-01T12:00:00Z message"
            let time = &text[next_word + usize::from(text.get(next_word) == Some(&b'['))..];
            let before_time = self.at == 0
                && time.first().is_some_and(u8::is_ascii_digit)
                && timestamp::parse_prefix(time, self.order)
                    .is_some_and(|(stamp, _)| stamp.date == Date::Full);
            // "info outbox: trace=… message", where an envelope tells the time
            let name_end = word_end(text, next_word);
            let before_ids = || {
                let ids = skip_blanks(text, name_end);
                self.at == 0
                    && spaced
                    && text[next_word..name_end].ends_with(b":")
                    && (pair(text, ids, false)
                        .is_some_and(|(name, value, _)| tells_context(name.of(text), value.of(text)))
                        || self.group_behind(ids))
            };
            let accepted = if before_time || before_ids() {
                true
            } else if capitalized && colon && self.head.stamp.is_some() && self.behind_group() {
                // "[time] [name] Warning: message"; "Error: message" is what was thrown
                level < Level::Error && text.get(end + 1) == Some(&b' ')
            } else if capitalized && colon && self.at == 0 {
                matches!(word, b"Info" | b"Debug" | b"Notice") && text.get(end + 1) == Some(&b' ')
            } else if capitalized && spaced && self.behind_time_and_colon() {
                // "TIME: Warning message"
                level < Level::Error
            } else if capitalized {
                !colon && (wide || separated || before_logger) && (self.known() || separated)
            } else if self.at == 0 && text[end..].trim_ascii_start().starts_with(b"- ") && spaced {
                // Next.js: "error - message"
                true
            } else if colon {
                // "debug: …" at the front or behind a time; "error: …" alone may be a shell's message
                // "TIME error:" with all else on the next line
                text.get(end + 1).map_or(self.known(), |next| next.is_ascii_whitespace())
            } else {
                self.known() && (wide || separated || before_logger || plain && spaced)
            };
            if !accepted {
                return false;
            }
        } else if self.at == 0 && next == Some(b'!') && text.get(end + 1) == Some(&b' ') {
            // npm's own: "ERR! name message"
            return self.set_level(level, end + 1);
        } else if self.at == 0
            && !colon
            && (word == b"LOG"
                || next.is_some_and(|next| !matches!(next, b' ' | b'\t' | b'|' | b'[' | b']' | b'-' | b',')))
        {
            return false;
        }
        let mut end = end;
        if colon && text.get(end + 1).is_none_or(|next| matches!(next, b' ' | b'\t')) {
            end += 1;
        } else if colon && upper {
            // Python's default "INFO:root:message"
            end = self.time_in_column(end + 1);
            let name_end = end
                + text[end..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
                    .count();
            if name_end > end && text.get(name_end) == Some(&b':') && !text[end].is_ascii_digit() {
                self.draft.logger = Some(At::new(end, name_end));
                self.logger = true;
                end = name_end + 1;
                self.closed = true;
                // "LEVEL:name:TRACE:message"
                while let Some(length) =
                    memchr(b':', &text[end..text.len().min(end + 40)]).filter(|&length| length > 0)
                    && is_bare_id(&text[end..end + length])
                {
                    self.draft.groups.push(At::new(end, end + length));
                    end += length + 1;
                }
                end = self.time_in_column(end);
            }
        }
        self.set_level(level, end)
    }

    /// `LEVEL:TIME:[ids]:name:message`, `LEVEL:name:TIME: message`: a time, and ids in brackets behind it, among columns that
    /// colons part; gives where they end.
    fn time_in_column(&mut self, start: usize) -> usize {
        let text = self.text;
        let rest = &text[start.min(text.len())..];
        let found = Some(rest).filter(|rest| rest.first().is_some_and(u8::is_ascii_digit));
        let found = found.and_then(|rest| timestamp::parse_prefix(rest, self.order));
        let Some((stamp, taken)) = found.filter(|(stamp, taken)| {
            stamp.date == Date::Full && rest.get(*taken) == Some(&b':') && self.head.stamp.is_none()
        }) else {
            return start;
        };
        self.head.stamp = Some(stamp);
        self.head.stamp_at = At::new(start, start + taken);
        let end = start + taken + 1;
        let close = memchr(b']', &text[end..]).filter(|_| text[end..].starts_with(b"["));
        let Some(close) = close.filter(|close| text[end + close + 1..].starts_with(b":")) else { return end };
        let inside = At::new(end + 1, end + close);
        let none = inside.of(text).iter().all(|byte| matches!(byte, b'-' | b'/' | b',' | b':' | b' '));
        if !none && !group_has_id(inside.of(text)) {
            return end;
        }
        self.draft.groups.push(inside);
        end + close + 2
    }

    /// Whether a time, maybe in a bracket, is the next part of the header.
    pub(super) fn time_follows(&self, at: usize) -> bool {
        let at = skip_blanks(self.text, at);
        let at = at + usize::from(self.text.get(at) == Some(&b'['));
        let rest = &self.text[at.min(self.text.len())..];
        rest.first().is_some_and(u8::is_ascii_digit)
            && timestamp::parse_prefix(rest, self.order)
                .is_some_and(|(_, taken)| rest[..taken].contains(&b':'))
    }

    /// `I, [2024-…` (Ruby), ` I tag: …` (Android), `E/tag`.
    pub(super) fn level_letter(&mut self, letter: u8, end: usize) -> bool {
        let Some(level) = level::from_letter(letter) else { return false };
        let rest = &self.text[end..];
        // "I 2024-05-01 12:00:00 …"
        if self.at == 0 && rest.starts_with(b" ") && self.time_follows(end) {
            return self.set_level(level, end);
        }
        if self.at == 0 && self.letter_and_uptime(level, end) {
            return true;
        }
        let ruby = self.at == 0
            && (rest.starts_with(b", [") || rest.starts_with(b", ") && self.time_follows(end + 2));
        let tag = self.head.stamp.is_some() && rest.starts_with(b" ") && {
            let start = skip_blanks(self.text, end);
            let word = &self.text[start..word_end(self.text, start)];
            word.ends_with(b":")
                || self.names_its_logger(start)
                || word.contains(&b'.') && word.iter().any(u8::is_ascii_alphabetic)
                || matches!(letter, b'T' | b'D' | b'I' | b'W' | b'E' | b'F') && rest.starts_with(b" [")
        };
        // logcat fills short tags up: "I Gate    : message"
        let name = skip_blanks(self.text, end);
        let name_end = word_end(self.text, name);
        let colon = skip_blanks(self.text, name_end);
        if self.head.stamp.is_some()
            && rest.starts_with(b" ")
            && colon > name_end
            && self.text.get(colon..colon + 2) == Some(b": ")
            && !self.text[name..name_end].contains(&b':')
        {
            self.draft.logger = Some(At::new(name, name_end));
            (self.logger, self.closed) = (true, true);
            return self.set_level(level, colon + 1);
        }
        // MongoDB before 4.4: "TIME I NETWORK  [conn12] message"
        let component = rest.iter().skip(1).take_while(|byte| byte.is_ascii_uppercase()).count();
        let context = skip_blanks(self.text, end + 1 + component);
        if self.head.stamp.is_some()
            && component > 2
            && context > end + 1 + component
            && self.text.get(context) == Some(&b'[')
        {
            self.draft.logger = Some(At::new(end + 1, end + 1 + component));
            self.logger = true;
            return self.set_level(level, end + 1 + component);
        }
        // "TIME W 4711 name: message"
        let digits = rest.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
        if self.head.stamp_at.end() == self.text[..self.at].trim_ascii_end().len()
            && self.head.stamp.is_some()
            && digits > 2
            && rest.get(1 + digits) == Some(&b' ')
            && self.text[end + 2 + digits..word_end(self.text, end + 2 + digits)].ends_with(b":")
        {
            return self.set_level(level, end + 1 + digits);
        }
        let slash = rest.starts_with(b"/")
            && rest.get(1).is_some_and(u8::is_ascii_alphabetic)
            && rest.iter().take(60).any(|&byte| byte == b':' || byte == b'(');
        if slash
            && self.at == 0
            && let Some((tag, behind)) = tag_and_process(self.text, end + 1)
        {
            self.draft.logger = Some(tag);
            (self.logger, self.closed) = (true, true);
            return self.set_level(level, behind);
        }
        // Telegraf: "I! message"
        let bang = self.head.stamp.is_some() && rest.starts_with(b"! ");
        if bang {
            return self.set_level(level, end + 1);
        }
        if ruby || tag {
            self.set_level(level, end + usize::from(ruby))
        } else if slash && (self.at == 0 || self.head.stamp.is_some()) {
            self.set_level(level, end + 1)
        } else {
            false
        }
    }

    /// Whether one name stands here, closed by a dash or by named ids and a dash: `Rivet - `, `Rivet trace=… span=… - `.
    fn names_its_logger(&self, start: usize) -> bool {
        let text = self.text;
        let end = word_end(text, start);
        let named = text[start..end].iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            && text[start..end].first().is_some_and(u8::is_ascii_uppercase);
        let behind_time = text[..self.at].trim_ascii_end().len() == self.head.stamp_at.end();
        named
            && behind_time
            && (text[end..].starts_with(b" - ")
                || text.get(end) == Some(&b' ')
                    && pair(text, end + 1, false)
                        .is_some_and(|(name, value, _)| tells_context(name.of(text), value.of(text)))
                    && self.ends_in_dash(end + 1))
    }

    /// `queries: info: message` (BIND), `LogOrders: Warning: message` (Unreal), `warning/ApiListener: message` (Icinga): a
    /// name and a level in any case behind the time, both closed by colons or joined by a slash.
    pub(super) fn level_and_name(&mut self, word: At) -> bool {
        let text = self.text;
        let bare = word.of(text).strip_suffix(b":").unwrap_or_default();
        let before = text[..self.at].trim_ascii_end();
        let before = before.strip_suffix(b"]").unwrap_or(before);
        let plain = |name: &[u8]| {
            name.first().is_some_and(u8::is_ascii_alphabetic)
                && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        if bare.is_empty() || self.head.level.is_some() || self.head.stamp.is_none() || self.logger {
            return false;
        }
        if let Some(slash) = memchr(b'/', bare)
            && before.trim_ascii_end().len() == self.head.stamp_at.end()
            && plain(&bare[slash + 1..])
            && let Some(level) = level::stands_for_level(&bare[..slash])
        {
            self.draft.logger = Some(At::new(self.at + slash + 1, word.end() - 1));
            self.logger = true;
            self.closed = true;
            return self.set_level(level, word.end());
        }
        let start = skip_blanks(text, word.end());
        let next = &text[start..word_end(text, start)];
        let level = next.strip_suffix(b":").and_then(level::stands_for_level);
        let front = word.start < 60 && text[word.end()..].starts_with(b" ");
        let Some(level) = level.filter(|_| front && plain(bare) && level::from_word(bare).is_none()) else {
            return false;
        };
        self.draft.logger = Some(At::new(self.at, word.end() - 1));
        self.logger = true;
        self.closed = true;
        self.set_level(level, start + next.len())
    }

    /// What was passed over on the way to the level at `at`: a name up to `end`, and ids.
    fn passed_over(&mut self, end: usize, at: usize) {
        let name = At::new(self.at, end);
        for word in self.text[self.at..at].split(|byte| *byte == b' ').filter(|word| is_bare_id(word)) {
            let start = word.as_ptr() as usize - self.text.as_ptr() as usize;
            self.draft.groups.push(At::new(start, start + word.len()));
        }
        if !is_bare_id(name.of(self.text)) {
            self.draft.logger.get_or_insert(name);
        }
        self.at = at;
    }

    /// Takes up to two more words if a level in capitals follows: "host `name[pid]` LEVEL message".
    pub(super) fn level_ahead(&mut self, end: usize) -> bool {
        let mut at = end;
        for _ in 0..3 {
            if self.text.get(at) == Some(&b'[') {
                at = memchr(b']', &self.text[at..]).map_or(self.text.len(), |length| at + length + 1);
            }
            at = skip_blanks(self.text, at);
            if self.text.get(at) == Some(&b'{') {
                // Airflow: "{file.py:17} LEVEL"
                let near = &self.text[at..self.text.len().min(at + MAX_BRACES)];
                at = memchr(b'}', near).map_or(at, |length| skip_blanks(self.text, at + length + 1));
            }
            if self.text.get(at) == Some(&b'[') {
                // fly: "app[machine] region [info]"
                let close = memchr(b']', &self.text[at..]).map_or(at, |length| at + length);
                if level::from_word(&self.text[(at + 1).min(close)..close]).is_some() {
                    self.at = at;
                    return true;
                }
                let inside = &self.text[(at + 1).min(close)..close];
                if is_thread(inside) || is_number(inside) {
                    // "name [thread] LEVEL"
                    at = skip_blanks(self.text, close + 1);
                }
            }
            let letters = self.text[at..].iter().take_while(|byte| byte.is_ascii_uppercase()).count();
            let bounded = !self
                .text
                .get(at + letters)
                .is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_');
            if letters >= 3 && bounded && level::stands_for_level(&self.text[at..at + letters]).is_some() {
                self.passed_over(end, at);
                return true;
            }
            if let Some((_, _, pair_end)) = pair(self.text, at, false) {
                at = pair_end;
            } else {
                let next = word_end(self.text, at);
                if next == at {
                    return false;
                }
                at = next;
            }
        }
        false
    }
}
