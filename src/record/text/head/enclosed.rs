//! Groups in a header that stand in parentheses, angles or braces: `(..)`, `<..>`, `{..}`.

use super::Reader;
use super::kinds::{
    group_has_id, is_duration, is_logger, is_number, is_numbered_name, is_place, is_thread, is_uuid,
};
use crate::model::Level;
use crate::record::text::word_end;
use crate::record::{At, level, timestamp};
use memchr::memchr;

impl Reader<'_, '_> {
    pub(super) fn parenthesis(&mut self) -> bool {
        if self.enclosed_level(b')') {
            return true;
        }
        if self.known() && self.text.get(self.at + 37) == Some(&b')') {
            // "name: (UUID) message"
            let inside = At::new(self.at + 1, self.at + 37);
            if is_uuid(inside.of(self.text)) && self.text.get(self.at + 38) == Some(&b' ') {
                self.draft.groups.push(inside);
                self.at += 38;
                return true;
            }
        }
        if self.time_in_parentheses() {
            return true;
        }
        if !self.known() || self.closed {
            return false;
        }
        if self.logger && self.text[self.at..].starts_with(b"(): ") {
            // "class.method(): "
            self.at += 3;
            self.closed = true;
            return true;
        }
        let Some(close) = self.group_end(b')') else { return false };
        let inside = At::new(self.at + 1, close);
        let content = inside.of(self.text);
        // "(file.py).function(17) - "
        if let Some(function) = self.text[close + 1..].strip_prefix(b".") {
            let word = word_end(function, 0);
            let line = function[word..].strip_prefix(b"(").unwrap_or_default();
            let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let placed = is_logger(content) && word > 0 && digits > 0 && line[digits..].starts_with(b") ");
            if placed {
                self.draft.logger.get_or_insert(inside);
                self.at = close + 2 + word + 1 + digits + 1;
            }
            return placed;
        }
        let followed = self.text.get(close + 1).is_none_or(|next| matches!(next, b':' | b' ' | b'\t' | b'['));
        if content.is_empty() || content.len() > 80 || !followed {
            return false;
        }
        // pino-pretty: "(name/pid): "
        let mut parts = content.splitn(2, |&byte| byte == b'/');
        let (name, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let pid = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let ends = rest.get(pid).is_none_or(|next| *next == b' ');
        if pid > 0 && ends && !name.is_empty() && !name.contains(&b' ') {
            self.draft.service.get_or_insert(At::new(self.at + 1, self.at + 1 + name.len()));
            self.draft.service_is_weak = true;
        } else if group_has_id(content) {
            self.draft.groups.push(inside);
        } else if is_duration(content)
            && self.text[..self.at].trim_ascii_end().last().is_some_and(|last| matches!(last, b'}' | b']'))
        {
            // semantic_logger: "[thread] {tags} (18.3ms) Class -- message"
            self.draft.groups.push(inside);
        } else if is_duration(content)
            && self.text[..self.at].trim_ascii_end().len() == self.head.stamp_at.end()
        {
            // loguru for C++, since the program began: "time (0.002s) [thread]"
        } else if !self.logger && is_logger(content) {
            self.draft.logger = Some(inside);
        } else if is_place(content) {
            // "logger (file.pl:7) - "
        } else if self.text.get(close + 1) == Some(&b':')
            && self.head.level.is_some()
            && self.head.stamp_at.end() + 2 == self.at
            && self.text[..self.at].ends_with(b"] ")
            && content.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        {
            // pino-pretty with the level first: "LEVEL [time] (name): "
            self.draft.service.get_or_insert(inside);
            self.draft.service_is_weak = true;
        } else if self.text.get(self.at.wrapping_sub(2)) == Some(&b']') || is_thread(content) {
            let thread = is_thread(content) || is_numbered_name(content);
            if thread && self.text[..self.at].ends_with(b"] ") {
                // "[name] (thread) message": what stands in brackets is the logger
                self.logger = true;
                let before = self.draft.thread.filter(|name| name.end() + 2 == self.at);
                if let Some(name) = before {
                    self.draft.logger.get_or_insert(name);
                    self.draft.thread = None;
                }
            }
            self.draft.thread.get_or_insert(inside);
        } else if self.text.get(close + 1) != Some(&b':') {
            return false;
        } else if self.head.level_end > 0
            && self.text[self.head.level_end..self.at].trim_ascii().is_empty()
            && content.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && !is_number(content)
        {
            // pino-pretty without process and host: "LEVEL (name): "
            self.draft.service.get_or_insert(inside);
            self.draft.service_is_weak = true;
        }
        self.at = close + 1;
        true
    }

    /// `(WARN)`, behind a time or before one; `<WARN>` and `|WARN|` before one.
    pub(super) fn enclosed_level(&mut self, close: u8) -> bool {
        if self.closed || self.head.level.is_some() {
            return false;
        }
        let near = &self.text[self.at + 1..self.text.len().min(self.at + 16)];
        let Some(close) = memchr(close, near).map(|length| self.at + 1 + length) else { return false };
        let rest = self.text[close + 1..].trim_ascii_start();
        let time = rest.strip_prefix(b"[").unwrap_or(rest);
        let before_time = self.at == 0 && timestamp::parse_prefix(time, self.order).is_some();
        let word = self.text[self.at + 1..close].trim_ascii();
        let level = level::from_word(word).filter(|_| self.head.stamp.is_some() || before_time);
        level.is_some_and(|level| self.set_level(level, close + 1))
    }

    /// `<4>` at the front, the severity of a line that journald takes from a program (sd-daemon(3)).
    fn numbered_level(&mut self) -> bool {
        let [b'<', digit @ b'0'..=b'7', b'>', next, ..] = *self.text else { return false };
        let level = Level::from_syslog(digit - b'0').filter(|_| next.is_ascii_alphanumeric() || next == b'[');
        level.is_some_and(|level| self.set_level(level, 3))
    }

    /// `<INFO> message` where what is around the text tells the time; no element of a document, which would be closed.
    fn level_in_angles(&mut self) -> bool {
        let letters = self.text[1..].iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let word = &self.text[1..1 + letters];
        let apart = letters >= 4 && self.text[1 + letters..].starts_with(b"> ");
        let level = level::stands_for_level(word)
            .filter(|_| apart && memchr::memmem::find(self.text, b"</").is_none());
        level.is_some_and(|level| self.set_level(level, letters + 2))
    }

    /// `<0.123.0>` (Erlang), `<Notice>` (WebLogic).
    pub(super) fn angle(&mut self) -> bool {
        if self.closed || self.text.get(self.at + 1) == Some(&b'-') {
            return false;
        }
        if self.at == 0 && (self.enclosed_level(b'>') || self.numbered_level() || self.level_in_angles()) {
            return true;
        }
        let Some(close) = self.group_end(b'>') else { return false };
        let inside = At::new(self.at + 1, close);
        let content = inside.of(self.text);
        if self.column_in_angles(inside) {
            return true;
        }
        if content.len() > 80 {
            return false;
        }
        if group_has_id(content) && self.known() {
            self.draft.groups.push(inside);
            self.at = close + 1;
            return true;
        }
        if self.head.stamp.is_none()
            && let Some((stamp, taken)) = timestamp::parse_prefix(content, self.order)
        {
            self.head.stamp = Some(stamp);
            self.head.stamp_at = At::new(self.at + 1, self.at + 1 + taken);
            self.at = close + 1;
            return true;
        }
        if !self.known() || content.contains(&b' ') {
            return false;
        }
        if self.head.level.is_none()
            && let Some(level) = level::from_word(content)
        {
            self.bracketed_level = true;
            return self.set_level(level, close + 1);
        }
        if !content.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
            return false;
        }
        self.at = close + 1;
        true
    }

    /// `<…> <…> <message>`: a line whose columns all stand in angles (WebLogic's server log: time, severity, subsystem,
    /// machine, server, thread, user, transaction, context, milliseconds, message id, message).
    fn column_in_angles(&mut self, inside: At) -> bool {
        let content = inside.of(self.text);
        let end = inside.end() + 1;
        let rest = &self.text[end..];
        let between = rest.strip_prefix(b" <").is_some_and(|next| !next.starts_with(b"-"));
        let before = &self.text[..self.at];
        let column = before.ends_with(b"> ");
        if !self.known() || !(between || column && rest.trim_ascii().is_empty()) {
            return false;
        }
        if !between {
            // the last one is the message; whoever reads it takes the closing angle off
            self.at = inside.start as usize;
            self.closed = true;
            return true;
        }
        let level = level::from_word(content).filter(|_| self.head.level.is_none());
        if let Some(level) = level {
            return self.set_level(level, end);
        }
        if group_has_id(content) {
            self.draft.groups.push(inside);
        } else if is_thread(content) {
            self.draft.thread.get_or_insert(inside);
        }
        self.at = end;
        true
    }

    /// `{spanId=…, traceId=…}` before the message.
    pub(super) fn brace(&mut self) -> bool {
        if self.enclosed_level(b'}') {
            return true;
        }
        if !self.known() {
            return false;
        }
        let Some(close) = self.group_end(b'}') else { return false };
        let inside = At::new(self.at + 1, close);
        let content = inside.of(self.text);
        if content.trim_ascii_start().starts_with(b"\"") && self.text[close + 1..].trim_ascii().is_empty() {
            // an object that is the record
            return false;
        }
        let dash = self.text[close + 1..].starts_with(b" - ");
        if is_logger(content) && (content.contains(&b':') || dash) && !self.closed {
            // Airflow: "{file.py:line}"; WSO2: "{logger} - "
            self.draft.logger = Some(inside);
            self.at = close + 1;
            return true;
        }
        if !inside.is_empty() && !group_has_id(content) {
            return false;
        }
        self.draft.groups.push(inside);
        self.head.context = true;
        self.at = close + 1;
        true
    }
}
