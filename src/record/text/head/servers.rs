//! Names and ids in headers as the defaults of servers and frameworks put them.

use super::Reader;
use super::kinds::{group_has_id, is_logger, is_logger_with_more, is_thread, is_uuid, pair_like};
use super::moments::before_level;
use crate::model::{Date, Level};
use crate::record::text::{skip_blanks, word_end};
use crate::record::{At, level, timestamp};
use memchr::memchr;

/// A cell between bars is not longer than this.
const MAX_CELL: usize = 160;

impl Reader<'_, '_> {
    /// `[time] LEVEL in module: ` (Flask), `logger in thread ` (Play).
    pub(super) fn in_place(&mut self) -> bool {
        let text = self.text;
        if self.closed || !text[self.at..].starts_with(b"in ") {
            return false;
        }
        let start = self.at + 3;
        let end = word_end(text, start);
        let word = &text[start..end];
        if text.get(end) != Some(&b' ') {
            return false;
        }
        if self.logger && is_thread(word) {
            self.draft.thread.get_or_insert(At::new(start, end));
            self.at = end;
            return true;
        }
        let name = word.strip_suffix(b":").unwrap_or_default();
        let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        let behind_level = self.head.level_end > 0
            && text[..self.at].trim_ascii_end().len() == self.head.level_end
            && text.starts_with(b"[");
        let taken = !self.logger && behind_level && !name.is_empty() && plain;
        if taken {
            self.draft.logger = Some(At::new(start, end - 1));
            self.logger = true;
            self.closed = true;
            self.at = end;
        }
        taken
    }

    /// `*SYSTEM com.acme.Orders - `: a user behind a star, before the logger (Nexus).
    pub(super) fn starred(&mut self) -> bool {
        if self.known() && self.enclosed_level(b'*') {
            return true;
        }
        let text = self.text;
        let end = word_end(text, self.at + 1);
        let name = skip_blanks(text, end);
        let name_end = word_end(text, name);
        let taken = self.known()
            && !self.closed
            && !self.logger
            && end > self.at + 1
            && name > end
            && is_logger(&text[name..name_end])
            && text[name_end..].starts_with(b" - ");
        self.at = if taken { end } else { self.at };
        taken
    }

    /// `web[ID][logger]`, `web[][logger]`: a process before groups that follow without a blank (SonarQube).
    pub(super) fn before_groups(&mut self, word: At) -> bool {
        let text = self.text;
        if self.head.level.is_none() || text.get(word.end()) != Some(&b'[') {
            return false;
        }
        let inside = &text[word.end() + 1..text.len().min(word.end() + 1 + MAX_CELL)];
        let Some(close) = memchr(b']', inside) else { return false };
        let taken = inside.get(close + 1) == Some(&b'[')
            && (close == 0 || is_uuid(&inside[..close]))
            && word.of(text).iter().all(u8::is_ascii_alphabetic)
            && !word.is_empty();
        if taken {
            self.draft.thread.get_or_insert(word);
            self.at = word.end();
        }
        taken
    }

    /// Whether a group of named ids stands at `at`: `[traceId=…]`, or `{traceId=…} - `.
    pub(super) fn group_behind(&self, at: usize) -> bool {
        let (close, brace) = match self.text.get(at) {
            Some(b'[') => (b']', false),
            Some(b'{') => (b'}', true),
            _ => return false,
        };
        memchr(close, &self.text[at..]).is_some_and(|close| {
            let inside = &self.text[at + 1..at + close];
            let closed = !brace || self.text[at + close + 1..].starts_with(b" - ");
            closed && group_has_id(inside) && pair_like(inside)
        })
    }

    /// `| 12 - org.shop - 4.0.0 | `: number, name and version of a bundle between bars (Karaf).
    pub(super) fn bundle(&mut self, digits: usize) -> bool {
        let text = self.text;
        if !self.known() || !text[..self.at].trim_ascii_end().ends_with(b"|") {
            return false;
        }
        let start = self.at + digits;
        let near = &text[start..text.len().min(start + MAX_CELL)];
        let Some(bar) = memchr::memmem::find(near, b" |").filter(|_| near.starts_with(b" - ")) else {
            return false;
        };
        let words = near[..bar].split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        // every second word is a dash
        let taken = words.enumerate().all(|(index, word)| {
            (word == b"-") == (index % 2 == 0) && !word.iter().any(|byte| matches!(byte, b'=' | b':'))
        });
        self.at = if taken { start + bar } else { self.at };
        taken
    }

    /// `1234567890ABCD INFO `: a key of the program's own between time and level.
    pub(super) fn key_before_level(&mut self) -> bool {
        let text = self.text;
        let end = word_end(text, self.at);
        let word = &text[self.at..end];
        let taken = self.known()
            && !self.closed
            && self.head.level.is_none()
            && text[..self.at].trim_ascii_end().len() == self.head.stamp_at.end()
            && (8..=64).contains(&word.len())
            && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            && word.iter().any(u8::is_ascii_alphabetic)
            && before_level(&text[skip_blanks(text, end)..]);
        self.at = if taken { end } else { self.at };
        taken
    }

    /// `[ info shop.orders file.cpp:959 ]:`: level and logger in one group behind the time (Qt).
    pub(super) fn level_before_logger(&self, content: &[u8], end: usize) -> Option<Level> {
        let (first, rest) = content.split_at(memchr(b' ', content)?);
        let behind_time = self.head.stamp.is_some() && self.text.get(end) == Some(&b':');
        let logger = rest.trim_ascii_start().split(|byte| *byte == b' ').next().unwrap_or_default();
        level::stands_for_level(first).filter(|_| behind_time && is_logger(logger))
    }

    /// `[error 2024/05/01 12:00:00.999 UTC <thread> tid=0x1]` at the front of a line: a level, a time and more (Geode).
    pub(super) fn level_and_time(&mut self, inside: At, end: usize) -> bool {
        let content = inside.of(self.text);
        let Some(blank) = memchr(b' ', &content[..content.len().min(12)]).filter(|_| self.at == 0) else {
            return false;
        };
        let Some(level) = level::from_word(&content[..blank]).filter(|_| blank > 1) else { return false };
        let Some((stamp, taken)) = timestamp::parse_prefix(&content[blank + 1..], self.order) else {
            return false;
        };
        let start = inside.start as usize + blank + 1;
        self.head.stamp = Some(stamp);
        self.head.stamp_at = At::new(start, start + taken);
        self.set_level(level, end)
    }

    /// `(2024-05-01 12:00:00) ` at the front of a line.
    pub(super) fn time_in_parentheses(&mut self) -> bool {
        if self.at > 0 {
            return false;
        }
        let Some(close) = memchr(b')', &self.text[..self.text.len().min(48)]) else { return false };
        let found = timestamp::parse_prefix(&self.text[1..close], self.order);
        let Some((stamp, taken)) = found.filter(|(stamp, _)| stamp.date != Date::None) else { return false };
        if 1 + taken != close {
            return false;
        }
        self.head.stamp = Some(stamp);
        self.head.stamp_at = At::new(1, close);
        self.at = close + 1;
        true
    }

    /// `LEVEL @ time`.
    pub(super) fn at_a_time(&mut self) -> bool {
        let taken = self.head.level.is_some()
            && self.head.stamp.is_none()
            && self.text.get(self.at + 1) == Some(&b' ')
            && self.text.get(self.at + 2).is_some_and(u8::is_ascii_digit);
        self.at += usize::from(taken);
        taken
    }

    /// `logger -message`.
    pub(super) fn dash_behind_logger(&mut self) -> bool {
        let taken = !self.closed
            && self.draft.logger.is_some_and(|logger| {
                logger.end() == self.text[..self.at].trim_ascii_end().len()
                    && is_logger_with_more(logger.of(self.text))
            });
        self.closed |= taken;
        self.at += usize::from(taken);
        taken
    }

    /// `host/LEVEL/logger: ` (Locust).
    pub(super) fn host_level_logger(&mut self, word: At) -> bool {
        let text = self.text;
        let Some(bare) = word.of(text).strip_suffix(b":").filter(|_| self.head.level.is_none()) else {
            return false;
        };
        let mut parts = bare.splitn(3, |byte| *byte == b'/');
        let (Some(_), Some(found), Some(logger)) = (parts.next(), parts.next(), parts.next()) else {
            return false;
        };
        let level = level::from_word(found).filter(|_| found.iter().all(u8::is_ascii_uppercase));
        let Some(level) = level.filter(|_| text.get(word.end()) == Some(&b' ')) else { return false };
        self.draft.logger = Some(At::new(word.end() - 1 - logger.len(), word.end() - 1));
        self.logger = true;
        self.closed = true;
        self.set_level(level, word.end())
    }

    /// Whether a class of several words stands behind the level, or behind a group: `LEVEL BlockManager: ` (Spark). What a
    /// message begins with that tells of an exception is none.
    pub(super) fn class_behind_level(&self, class: &[u8]) -> bool {
        let before = self.text[..self.at].trim_ascii_end();
        let humps = class.windows(2).filter(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
        self.head.level.is_some()
            && self.head.stamp.is_some()
            && (before.len() == self.head.level_end || before.ends_with(b"]"))
            && humps.count() > 0
            && ![&b"Exception"[..], b"Error", b"Failure", b"Warning"].iter().any(|kind| class.ends_with(kind))
    }

    /// Whether the group of the time ends right before this place.
    pub(super) fn behind_time_group(&self) -> bool {
        self.head.level.is_some()
            && self.head.stamp.is_some()
            && self.text[..self.at].trim_ascii_end().len() == self.head.stamp_at.end() + 1
    }

    /// Whether the last group, which is an id, ends right before this place.
    pub(super) fn behind_group_of_id(&self) -> bool {
        let end = self.text[..self.at].trim_ascii_end().len();
        self.draft.groups.last().is_some_and(|group| group.end() == end && is_uuid(group.of(self.text)))
    }

    /// `OrderService:42 ` before a group or a dash: a class and a line.
    pub(super) fn class_and_line(&mut self, word: At) -> bool {
        let bytes = word.of(self.text);
        let digits = bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let Some(class) = bytes[..bytes.len() - digits].strip_suffix(b":") else { return false };
        let named = (class.first().is_some_and(u8::is_ascii_uppercase) || class.starts_with(b"__"))
            && class.len() > 2
            && class.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'));
        let rest = self.text[word.end()..].strip_prefix(b" ").unwrap_or_default();
        let followed = matches!(
            rest,
            [b'[' | b'{' | b'(', ..] | [b'-' | b'|' | b'>', b' ', ..] | [b'>', b'>', b' ', ..]
        );
        if digits == 0 || !named || !followed || level::from_word(class).is_some() {
            return false;
        }
        self.draft.logger = Some(word);
        self.logger = true;
        self.at = word.end();
        true
    }

    /// `module 4711 140327044737920 `: the number of a process and that of a thread behind a name.
    pub(super) fn process_and_thread(&mut self, word: At) -> bool {
        let number = |at: usize| {
            let start = skip_blanks(self.text, at);
            let digits = self.text[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            (digits, start + digits)
        };
        let (process, end) = number(word.end());
        let (thread, end) = number(end);
        let taken =
            (1..8).contains(&process) && (12..17).contains(&thread) && self.text.get(end) == Some(&b' ');
        if taken {
            self.draft.logger = Some(word);
            self.at = end;
        }
        taken
    }

    /// `name/4711 on HOST: `: program, process and host as Bunyan prints them.
    pub(super) fn on_host(&mut self, word: At) -> bool {
        let bytes = word.of(self.text);
        let Some(slash) = memchr(b'/', bytes).filter(|&slash| slash > 0) else { return false };
        let Some(rest) = self.text[word.end()..].strip_prefix(b" on ") else { return false };
        let host = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
        if !bytes[slash + 1..].iter().all(u8::is_ascii_digit) || !rest[..host].ends_with(b":") {
            return false;
        }
        self.draft.service.get_or_insert(At::new(self.at, self.at + slash));
        self.logger = true;
        self.closed = true;
        self.at = word.end() + 4 + host;
        true
    }
}
