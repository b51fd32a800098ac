//! Groups in brackets in a header: `[..]`.

use super::Reader;
use super::kinds::{group_has_id, is_logger, is_number, is_thread, is_uuid, names_trace};
use super::moments::before_level;
use crate::model::Level;
use crate::record::text::{skip_blanks, trim};
use crate::record::{At, level, timestamp};
use memchr::memchr;

/// A bracketed group longer than this belongs to the message.
const MAX_GROUP: usize = 1024;

/// Brackets of mathematics, of other languages and of other scripts.
const FOREIGN: [(&str, &str); 12] = [
    ("⟨", "⟩"),
    ("⟪", "⟫"),
    ("⟦", "⟧"),
    ("❨", "❩"),
    ("❬", "❭"),
    ("❲", "❳"),
    ("‹", "›"),
    ("«", "»"),
    ("〈", "〉"),
    ("《", "》"),
    ("「", "」"),
    ("【", "】"),
];

impl Reader<'_, '_> {
    /// The end of the group that opens here: the position of its closing byte.
    pub(super) fn group_end(&self, close: u8) -> Option<usize> {
        let open = self.text[self.at];
        let mut depth = 0;
        for (index, &byte) in self.text[self.at..].iter().enumerate().take(MAX_GROUP) {
            if byte == open {
                depth += 1;
            } else if byte == close {
                depth -= 1;
                if depth == 0 {
                    return Some(self.at + index);
                }
            } else if byte == b'\n' {
                return None;
            }
        }
        None
    }

    pub(super) fn bracket(&mut self) -> bool {
        let Some(close) = self.group_end(b']') else { return false };
        let inside = trim(self.text, At::new(self.at + 1, close));
        let content = inside.of(self.text);
        let end = close + 1;
        if content.starts_with(b"\"") {
            return false;
        }
        if content.is_empty() || content.iter().all(|byte| matches!(byte, b',' | b'-' | b' ')) {
            if self.closed {
                return false;
            }
            self.draft.groups.push(inside);
            self.at = end;
            return true;
        }
        let has_id = group_has_id(content);
        if self.closed && !has_id {
            // Go's log package with a level of the program's own: "file.go:310: [INFO] message"
            if let (None, Some(level)) = (
                self.head.level,
                level::from_word(content).filter(|_| content.first().is_some_and(u8::is_ascii_uppercase)),
            ) {
                return self.set_level(level, end);
            }
            // its prefix before the message: "file.go:310: [name] ERROR message"
            let level = self.text[end..].trim_ascii_start();
            let bare = level.first().is_some_and(u8::is_ascii_uppercase) && before_level(level);
            let prefix = self.head.level.is_none() && is_plain_name(content) && bare;
            self.at = if prefix { end } else { self.at };
            return prefix;
        }
        if self.level_and_time(inside, end) {
            return true;
        }
        // "task[2019352994]" numbers a task
        let numbers = is_number(content) && self.at > 0 && self.text[self.at - 1].is_ascii_alphanumeric();
        if self.head.stamp.is_none() && !numbers {
            let letter = content.len() > 2 && content[1] == b' ' && level::from_letter(content[0]).is_some();
            let skip = if letter { 2 } else { 0 };
            // an id may begin as a number of seconds does
            let written = |taken: usize| !has_id || content[skip..skip + taken].contains(&b':');
            let found = timestamp::parse_prefix(&content[skip..], self.order);
            if let Some((stamp, taken)) = found.filter(|(_, taken)| written(*taken)) {
                if letter && self.head.level.is_none() {
                    self.head.level = level::from_letter(content[0]);
                }
                let start = inside.start as usize + skip;
                self.head.stamp = Some(stamp);
                self.head.stamp_at = At::new(start, start + taken);
                if has_id {
                    self.draft.groups.push(trim(self.text, At::new(start + taken, inside.end())));
                    self.head.context = true;
                }
                self.inside_group(start + taken, inside.end());
                self.at = end;
                return true;
            }
        }
        if self.head.stamp.is_none() && content.len() == 10 && self.parted_time(inside) {
            return true;
        }
        if self.head.level.is_none() && !has_id {
            let word =
                content.rsplit(|&byte| matches!(byte, b':' | b'#')).next().unwrap_or(content).trim_ascii();
            // monad-logger: "[Warn#source]"
            let first = content.split(|&byte| byte == b'#').next().unwrap_or(content);
            let found = match word {
                [letter] => level::from_letter(*letter)
                    .filter(|_| self.known() || self.at == 0 && self.time_follows(end)),
                word => level::from_word(word)
                    .filter(|_| word.iter().all(u8::is_ascii_alphanumeric))
                    .or_else(|| level::from_word(first).filter(|_| first.len() < content.len()))
                    .or_else(|| level_behind_slash(content))
                    .or_else(|| level_before_bar(content).filter(|_| self.known()))
                    .or_else(|| self.level_before_logger(content, end)),
            };
            if let Some(level) = found {
                self.bracketed_level = true;
                return self.set_level(level, end);
            }
        }
        if self.head.level.is_none() && self.at == 0 && !has_id {
            // env_logger without times: "[INFO orders orders::cart] "
            let mut words = content.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
            let level = words.next().filter(|word| word.len() > 3 && word.iter().all(u8::is_ascii_uppercase));
            let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-' | b'.');
            let (mut count, mut named) = (0, true);
            for word in words {
                count += 1;
                named &= word.iter().all(name);
            }
            if let Some(level) =
                level.and_then(level::from_word).filter(|_| named && (1..=2).contains(&count))
            {
                self.bracketed_level = true;
                self.draft.groups.push(inside);
                return self.set_level(level, end);
            }
        }
        if has_id {
            // Rails tags its lines "[UUID] …" without a time
            self.head.context =
                self.head.context || self.known() || is_uuid(content) || self.at == 0 && names_trace(content);
            self.draft.groups.push(inside);
        } else if is_number(content) || content.starts_with(b"pid") || content.starts_with(b"tid") {
            // a process number
        } else if self.begins_message(content, end) {
            return false;
        } else {
            self.name_group(inside, end);
        }
        self.at = end;
        true
    }

    /// `⟨TRACE SPAN⟩`, `«…»`, `【…】`: ids in brackets that ASCII has not.
    pub(super) fn foreign_brackets(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let Some((open, close)) = FOREIGN.iter().find(|(open, _)| rest.starts_with(open.as_bytes())) else {
            return false;
        };
        let near = &rest[open.len()..rest.len().min(MAX_GROUP)];
        let Some(length) = memchr::memmem::find(near, close.as_bytes()) else { return false };
        let start = self.at + open.len();
        let inside = trim(self.text, At::new(start, start + length));
        let content = inside.of(self.text);
        let none = !self.closed && content.iter().all(|byte| matches!(byte, b',' | b'-' | b' ' | b'/'));
        let taken = self.known() && (none || group_has_id(content));
        if taken {
            self.draft.groups.push(inside);
            self.at = start + length + close.len();
        }
        taken
    }

    /// Whether a group in capitals is the first word of a message: `LEVEL logger … - [REQUEST] method=…`.
    fn begins_message(&self, content: &[u8], end: usize) -> bool {
        self.head.level.is_some()
            && self.logger
            && self.text[..self.at].ends_with(b" - ")
            && self.text[end..]
                .strip_prefix(b" ")
                .is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_alphabetic))
            && content.len() > 2
            && content.iter().all(u8::is_ascii_uppercase)
    }

    /// `[2026-03-07][09:15:42]`: date and time in groups of their own.
    fn parted_time(&mut self, date: At) -> bool {
        let rest = &self.text[date.end() + 1..];
        let open = rest.iter().take_while(|byte| **byte == b' ').count();
        let Some(close) = memchr(b']', rest).filter(|close| rest.get(open) == Some(&b'[') && *close < 40)
        else {
            return false;
        };
        let written = [date.of(self.text), b" ", &rest[open + 1..close]].concat();
        let Some((stamp, taken)) = timestamp::parse_prefix(&written, self.order) else { return false };
        if taken < written.len() {
            return false;
        }
        self.at = date.end() + 1 + close + 1;
        self.head.stamp = Some(stamp);
        self.head.stamp_at = At::new(date.start as usize, self.at - 1);
        true
    }

    /// Level, thread and logger that stand in one group with the time.
    pub(super) fn inside_group(&mut self, start: usize, end: usize) {
        let mut tagged = false;
        for word in self.text[start..end].split(|byte| matches!(byte, b' ' | b'\t' | b'/' | b',' | b'|')) {
            let word = word.trim_ascii();
            let bare = word.strip_suffix(b":").unwrap_or(word);
            if bare.is_empty()
                || bare == b"-"
                || bare.starts_with(b"#")
                || is_number(bare)
                || group_has_id(bare)
            {
                continue;
            }
            let offset = bare.as_ptr() as usize - self.text.as_ptr() as usize;
            let at = At::new(offset, offset + bare.len());
            if let [letter] = bare
                && self.head.level.is_none()
                && self.text.get(offset + 1) == Some(&b'/')
            {
                // logcat's long format: "[ date time pid: tid I/Tag ]"
                self.head.level = level::from_letter(*letter);
                tagged = self.head.level.is_some();
                continue;
            }
            if let [letter] = bare
                && self.head.level.is_none()
                && self.text[start..offset].trim_ascii().is_empty()
                && self.text.get(offset + 2).is_some_and(u8::is_ascii_digit)
            {
                // "[time E process thread]" of spdlog's pattern in Ray
                self.head.level = level::from_letter(*letter);
                continue;
            }
            if std::mem::take(&mut tagged) {
                self.draft.logger.get_or_insert(at);
                continue;
            }
            if self.head.level.is_none()
                && let Some(level) = level::stands_for_level(bare)
            {
                self.head.level = Some(level);
                continue;
            }
            if is_logger(bare) {
                self.draft.logger.get_or_insert(at);
                self.logger = true;
            } else {
                self.draft.thread.get_or_insert(at);
            }
        }
    }

    /// A group that holds a name: of a thread, a logger or the program.
    pub(super) fn name_group(&mut self, inside: At, end: usize) {
        let content = inside.of(self.text);
        self.draft.groups.push(inside);
        if is_thread(content) {
            self.draft.thread.get_or_insert(inside);
            return;
        }
        // "LEVEL [orders-api] [TRACE] message"
        let behind_level = self.head.level_end > 0
            && self.text[self.head.level_end..inside.start as usize]
                .iter()
                .all(|byte| matches!(byte, b' ' | b'[' | b']'));
        if behind_level && is_kebab(content) && self.group_behind(skip_blanks(self.text, end)) {
            self.draft.service.get_or_insert(inside);
            self.draft.service_is_weak = true;
            return;
        }
        // winston's printf example: "[label] level: message"
        if self.head.stamp.is_some()
            && self.head.level.is_none()
            && !content.contains(&b' ')
            && !is_logger(content)
        {
            let next = skip_blanks(self.text, end);
            let word_end =
                next + self.text[next..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            if self.text.get(word_end) == Some(&b':')
                && level::stands_for_level(&self.text[next..word_end]).is_some()
            {
                self.draft.service.get_or_insert(inside);
                return;
            }
        }
        // Spring Boot 3.2: "--- [app] [thread] [trace-span] logger : message"
        let before = self.text[..inside.start as usize - 1].trim_ascii_end();
        if before.ends_with(b"---") && !content.contains(&b' ') {
            let next = skip_blanks(self.text, end);
            if self.text.get(next) == Some(&b'[') {
                self.draft.service.get_or_insert(inside);
                return;
            }
            self.draft.thread.get_or_insert(inside);
            return;
        }
        if !self.logger && self.known() && is_logger(content) {
            self.draft.logger = Some(inside);
            self.logger = true;
        }
    }
}

/// One word of letters, digits and what joins them.
fn is_plain_name(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/'))
}

/// `orders-api`, as programs are named, not threads.
fn is_kebab(name: &[u8]) -> bool {
    name.contains(&b'-')
        && name.first().is_some_and(u8::is_ascii_lowercase)
        && name.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-')
}

/// `[I|app|1a2b3c4d]` (Foreman).
fn level_before_bar(content: &[u8]) -> Option<Level> {
    match content.split_at(memchr(b'|', content)?) {
        ([letter], _) => level::from_letter(*letter),
        (word, _) => level::stands_for_level(word),
    }
}

/// `[Server thread/INFO]` (Minecraft).
fn level_behind_slash(content: &[u8]) -> Option<Level> {
    let slash = memchr::memrchr(b'/', content)?;
    let word = &content[slash + 1..];
    level::from_word(word).filter(|_| word.iter().all(u8::is_ascii_uppercase))
}
