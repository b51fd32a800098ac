//! The header of a line of text.

use super::{names_context, pair, skip_blanks, trim, word_end};
use crate::model::{Level, Stamp};
use crate::record::timestamp::{self, DayOrder};
use crate::record::{At, Draft, level};
use memchr::memchr;

/// A header with more atoms than this ends there.
const MAX_ATOMS: usize = 24;
/// A bracketed group longer than this belongs to the message.
const MAX_GROUP: usize = 1024;

/// What a line begins with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head {
    /// The time in the header.
    pub stamp: Option<Stamp>,
    /// Where it stands.
    pub stamp_at: At,
    /// The level in the header.
    pub level: Option<Level>,
    /// Where the message begins.
    pub message: usize,
    /// The header holds named ids.
    pub context: bool,
}

impl Head {
    /// Whether the line begins a record by itself.
    pub fn starts_record(&self) -> bool {
        self.stamp.is_some() || self.level.is_some()
    }
}

/// Reads the header of the line `text`; thread, logger, service and bracketed groups go to `draft`.
pub fn head(text: &[u8], order: DayOrder, draft: &mut Draft) -> Head {
    let mut reader = Reader {
        text,
        order,
        draft,
        at: 0,
        head: Head::default(),
        logger: false,
        closed: false,
        bracketed_level: false,
    };
    reader.run();
    reader.postgres();
    let mut head = reader.head;
    head.message = reader.at;
    if !head.starts_record() && !head.context {
        head.message = 0;
        draft.groups.clear();
        draft.thread = None;
        draft.logger = None;
        draft.service = None;
    }
    head
}

struct Reader<'t, 'd> {
    text: &'t [u8],
    order: DayOrder,
    draft: &'d mut Draft,
    at: usize,
    head: Head,
    logger: bool,
    /// A separator came after which only ids may still belong to the header (`logger: `, ` : `).
    closed: bool,
    bracketed_level: bool,
}

impl Reader<'_, '_> {
    fn run(&mut self) {
        for _ in 0..MAX_ATOMS {
            let start = self.at;
            self.at = skip_blanks(self.text, self.at);
            let Some(&byte) = self.text.get(self.at) else { return };
            let taken = match byte {
                b'[' => self.bracket(),
                b'(' => self.parenthesis(),
                b'<' => self.angle(),
                b'{' => self.brace(),
                b'0'..=b'9' => self.time() || self.request_uuid() || self.number(),
                b'=' if self.at == 0 => self.erlang_report(),
                b'#' if self.at == 0 && self.text.starts_with(b"# Time: ") => {
                    // MySQL's slow query log
                    self.at = 8;
                    self.time()
                }
                b'-' | b'|' | b':' | b'=' | b'*' | b'#' | b'>' | b',' | b';' => self.separator(byte),
                b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                    (byte.is_ascii_alphabetic() && self.time())
                        || self.request_uuid()
                        || self.level_word()
                        || self.pairs()
                        || self.word()
                }
                b'@' => self.time(),
                b'?' | b'.' => self.placeholder(),
                0xc2 | 0xe2 => self.ornament(),
                _ => false,
            };
            if !taken {
                self.at = self.at.max(start);
                return;
            }
        }
    }

    /// `LEVEL:  ` behind whatever log_line_prefix has put before it (PostgreSQL, "Error Reporting and Logging").
    fn postgres(&mut self) {
        if self.head.stamp.is_none() || self.head.level.is_some() {
            return;
        }
        let near = &self.text[self.at..self.text.len().min(self.at + 200)];
        if let Some(colon) = memchr::memmem::find(near, b":  ") {
            let start =
                near[..colon].iter().rposition(|byte| !byte.is_ascii_uppercase()).map_or(0, |at| at + 1);
            if let Some(level) = level::from_word(&near[start..colon]).filter(|_| colon - start >= 3) {
                self.head.level = Some(level);
                self.at += colon + 3;
            }
        }
    }

    fn known(&self) -> bool {
        self.head.starts_record()
    }

    fn time(&mut self) -> bool {
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

    /// `?` or `...` in the place of something that is not known.
    fn placeholder(&mut self) -> bool {
        let run = self.text[self.at..].iter().take_while(|byte| matches!(byte, b'?' | b'.')).count();
        let taken = self.known()
            && !self.closed
            && self.text.get(self.at + run) == Some(&b' ')
            && (run == 3 || run == 1);
        self.at += if taken { run } else { 0 };
        taken
    }

    /// `›`, `✔`, `ℹ` and their like between the parts of a header.
    fn ornament(&mut self) -> bool {
        let length = if self.text[self.at] == 0xc2 { 2 } else { 3 };
        let symbol = self.text[self.at] == 0xc2
            || matches!(self.text.get(self.at + 1), Some(0x80 | 0x84..=0x9f | 0xac));
        let taken = self.known()
            && !self.closed
            && self.head.level.is_none()
            && symbol
            && matches!(self.text.get(self.at + length), Some(b' '));
        self.at += if taken { length } else { 0 };
        taken
    }

    /// A UUID between tabs, or before a level: AWS Lambda's request id.
    fn request_uuid(&mut self) -> bool {
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

    /// `=WARNING REPORT==== 2-Feb-2024::17:42:36.859888 UTC ===` (Erlang's legacy header).
    fn erlang_report(&mut self) -> bool {
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

    fn separator(&mut self, byte: u8) -> bool {
        if self.at == 0 && byte != b'-' && byte != b'*' && byte != b'#' {
            return false;
        }
        let run = self.text[self.at..].iter().take_while(|&&next| next == byte).count();
        let mut end = self.at + run;
        if byte == b'=' {
            // .NET: "=> SpanId:…"
            if run != 1 || self.text.get(end) != Some(&b'>') {
                return false;
            }
            end += 1;
        }
        let before_blank = self.text.get(end).is_none_or(|next| matches!(next, b' ' | b'\t' | b'['));
        match byte {
            b'-' | b'*' | b'#' | b'>' if !before_blank => return false,
            b'-' if run > 3 => return false,
            b':' if self.known() && before_blank && self.logger => self.closed = true,
            b':' | b'|' if !self.known() && self.at == 0 => return false,
            _ => {}
        }
        self.at = end;
        true
    }

    fn set_level(&mut self, level: Level, end: usize) -> bool {
        self.head.level = Some(level);
        self.at = end;
        true
    }

    /// A level as a bare word.
    fn level_word(&mut self) -> bool {
        if self.closed {
            return false;
        }
        let text = self.text;
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
        if let [letter] = word {
            return self.level_letter(*letter, end);
        }
        if matches!(next, Some(b'_' | b'.' | b'=' | b'@' | b'\'' | b'('))
            || next == Some(b'-') && text.get(end + 1).is_some_and(u8::is_ascii_alphanumeric)
        {
            return false;
        }
        // .NET's console: "fail: Category[7]"
        let dotnet = self.at == 0
            && word.len() == 4
            && text[end..].starts_with(b": ")
            && text.get(end + 2).is_some_and(u8::is_ascii_alphabetic);
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
                is_logger(next) && next.iter().filter(|&&byte| byte == b'.').count() >= 2
            };
            let accepted = if capitalized {
                !colon && (wide || separated || before_logger) && (self.known() || separated)
            } else if colon {
                // "debug: …" at the front or behind a time; "error: …" alone may be a shell's message
                text.get(end + 1).is_some_and(|next| next.is_ascii_whitespace())
            } else {
                self.known() && (wide || separated || plain && spaced)
            };
            if !accepted {
                return false;
            }
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
            end += 1;
            let name_end = end
                + text[end..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
                    .count();
            if name_end > end && text.get(name_end) == Some(&b':') {
                self.draft.logger = Some(At::new(end, name_end));
                self.logger = true;
                end = name_end + 1;
                self.closed = true;
            }
        }
        self.set_level(level, end)
    }

    /// `I, [2024-…` (Ruby), ` I tag: …` (Android), `E/tag`.
    fn level_letter(&mut self, letter: u8, end: usize) -> bool {
        let Some(level) = level::from_letter(letter) else { return false };
        let rest = &self.text[end..];
        let ruby = self.at == 0 && rest.starts_with(b", [");
        let tag = self.head.stamp.is_some() && rest.starts_with(b" ") && {
            let start = skip_blanks(self.text, end);
            let word = &self.text[start..word_end(self.text, start)];
            word.ends_with(b":") || word.contains(&b'.') && word.iter().any(u8::is_ascii_alphabetic)
        };
        let slash = rest.starts_with(b"/")
            && rest.get(1).is_some_and(u8::is_ascii_alphabetic)
            && rest.iter().take(60).any(|&byte| byte == b':' || byte == b'(');
        if ruby || tag {
            self.set_level(level, end + usize::from(ruby))
        } else if slash && (self.at == 0 || self.head.stamp.is_some()) {
            self.set_level(level, end + 1)
        } else {
            false
        }
    }

    /// The end of the group that opens here: the position of its closing byte.
    fn group_end(&self, close: u8) -> Option<usize> {
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

    fn bracket(&mut self) -> bool {
        let Some(close) = self.group_end(b']') else { return false };
        let inside = trim(self.text, At::new(self.at + 1, close));
        let content = inside.of(self.text);
        let end = close + 1;
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
                level::from_word(content).filter(|_| content.iter().all(u8::is_ascii_uppercase)),
            ) {
                return self.set_level(level, end);
            }
            return false;
        }
        if self.head.stamp.is_none() && !has_id {
            let letter = content.len() > 2 && content[1] == b' ' && level::from_letter(content[0]).is_some();
            let skip = if letter { 2 } else { 0 };
            if let Some((stamp, taken)) = timestamp::parse_prefix(&content[skip..], self.order) {
                if letter && self.head.level.is_none() {
                    self.head.level = level::from_letter(content[0]);
                }
                let start = inside.start as usize + skip;
                self.head.stamp = Some(stamp);
                self.head.stamp_at = At::new(start, start + taken);
                self.inside_group(start + taken, inside.end());
                self.at = end;
                return true;
            }
        }
        if self.head.level.is_none() && !has_id {
            let word =
                content.rsplit(|&byte| matches!(byte, b':' | b'#')).next().unwrap_or(content).trim_ascii();
            let found = match word {
                [letter] => level::from_letter(*letter).filter(|_| self.known()),
                word => level::from_word(word).filter(|_| word.iter().all(u8::is_ascii_alphanumeric)),
            };
            if let Some(level) = found {
                self.bracketed_level = true;
                return self.set_level(level, end);
            }
        }
        if has_id {
            // Rails tags its lines "[UUID] …" without a time
            self.head.context = self.head.context || self.known() || is_uuid(content);
            self.draft.groups.push(inside);
        } else if is_number(content) || content.starts_with(b"pid") || content.starts_with(b"tid") {
            // a process number
        } else {
            self.name_group(inside, end);
        }
        self.at = end;
        true
    }

    /// Level, thread and logger that stand in one group with the time.
    fn inside_group(&mut self, start: usize, end: usize) {
        for word in self.text[start..end].split(|byte| matches!(byte, b' ' | b'\t' | b'/' | b',' | b'|')) {
            let word = word.trim_ascii();
            let bare = word.strip_suffix(b":").unwrap_or(word);
            if bare.is_empty() || bare == b"-" || bare.starts_with(b"#") || is_number(bare) {
                continue;
            }
            let offset = bare.as_ptr() as usize - self.text.as_ptr() as usize;
            let at = At::new(offset, offset + bare.len());
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
    fn name_group(&mut self, inside: At, end: usize) {
        let content = inside.of(self.text);
        self.draft.groups.push(inside);
        if is_thread(content) {
            self.draft.thread.get_or_insert(inside);
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

    fn parenthesis(&mut self) -> bool {
        if !self.known() || self.closed {
            return false;
        }
        let Some(close) = self.group_end(b')') else { return false };
        let inside = At::new(self.at + 1, close);
        let content = inside.of(self.text);
        let followed = self.text.get(close + 1).is_none_or(|next| matches!(next, b':' | b' ' | b'\t'));
        if content.is_empty() || content.len() > 80 || !followed {
            return false;
        }
        // pino-pretty: "(name/pid): "
        let mut parts = content.splitn(2, |&byte| byte == b'/');
        let (name, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let pid = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if pid > 0 && !name.is_empty() && !name.contains(&b' ') {
            self.draft.service.get_or_insert(At::new(self.at + 1, self.at + 1 + name.len()));
            self.draft.service_is_weak = true;
        } else if group_has_id(content) {
            self.draft.groups.push(inside);
        } else if !self.logger && is_logger(content) {
            self.draft.logger = Some(inside);
        } else if self.text.get(self.at.wrapping_sub(2)) == Some(&b']') || is_thread(content) {
            self.draft.thread.get_or_insert(inside);
        } else if self.text.get(close + 1) != Some(&b':') {
            return false;
        }
        self.at = close + 1;
        true
    }

    /// `<0.123.0>` (Erlang), `<Notice>` (WebLogic).
    fn angle(&mut self) -> bool {
        if self.closed || self.text.get(self.at + 1) == Some(&b'-') {
            return false;
        }
        let Some(close) = memchr(b'>', &self.text[self.at..self.text.len().min(self.at + 80)])
            .map(|length| self.at + length)
        else {
            return false;
        };
        let inside = At::new(self.at + 1, close);
        let content = inside.of(self.text);
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
            return self.set_level(level, close + 1);
        }
        if !content.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
            return false;
        }
        self.at = close + 1;
        true
    }

    /// `{spanId=…, traceId=…}` before the message.
    fn brace(&mut self) -> bool {
        if !self.known() {
            return false;
        }
        let Some(close) = self.group_end(b'}') else { return false };
        let inside = At::new(self.at + 1, close);
        let content = inside.of(self.text);
        if is_logger(content) && content.contains(&b':') && self.head.level.is_none() {
            // Airflow: "{file.py:line}"
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

    /// A number that is no time: process, thread or line.
    fn number(&mut self) -> bool {
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

    /// Named ids before the message: `trace_id=… span_id=…`, `TraceID: … SpanID: …`.
    fn pairs(&mut self) -> bool {
        if self.header_run() {
            return true;
        }
        let mut at = self.at;
        let mut taken = false;
        while let Some((name, value, end)) = pair(self.text, at, true) {
            let colon = self.text.get(name.end()) == Some(&b':');
            let known = names_context(name.of(self.text)) && (!colon || looks_like_id(value.of(self.text)));
            if !(known || taken && !colon && self.text.get(at.wrapping_sub(2)) == Some(&b',')) {
                break;
            }
            taken = true;
            self.at = end;
            at = end;
            if matches!(self.text.get(at), Some(b',' | b';')) {
                at += 1;
            }
            at = skip_blanks(self.text, at);
        }
        self.head.context |= taken;
        taken
    }

    /// Pairs that a separator or a level closes, one of which names context: all of them are header.
    fn header_run(&mut self) -> bool {
        let (mut at, mut end, mut known) = (self.at, self.at, false);
        while let Some((name, _, after)) = pair(self.text, at, false) {
            known |= names_context(name.of(self.text));
            end = after;
            at = after + usize::from(matches!(self.text.get(after), Some(b',' | b';')));
            at = skip_blanks(self.text, at);
        }
        if end == self.at || !known || !self.known() {
            return false;
        }
        let rest = &self.text[at..];
        let word = &rest[..rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count()];
        let level = word.len() >= 3 && self.head.level.is_none() && level::stands_for_level(word).is_some();
        let dash = matches!(rest, [b'-' | b'|', b' ', ..]);
        if level || dash {
            self.head.context = true;
            self.at = end;
        }
        level || dash
    }

    /// A bare word: a logger, host or thread, if what follows says so.
    fn word(&mut self) -> bool {
        let text = self.text;
        let end = word_end(text, self.at);
        if self.at == 0
            && end < 24
            && text.get(end) == Some(&b' ')
            && text.get(end + 1).is_some_and(u8::is_ascii_digit)
        {
            // one word before the time: a type, a logger ("h2 2025-01-27T02:22:35Z …")
            // but "Timestamp: 2025-…" is a line of a record
            let bytes = &text[self.at..end];
            let is_label =
                bytes.ends_with(b":") && (contains_word(bytes, b"time") || contains_word(bytes, b"date"));
            if !is_label && timestamp::parse_prefix(&text[end + 1..], self.order).is_some() {
                self.at = end;
                return true;
            }
        }
        if !self.known() || self.closed {
            return false;
        }
        let word = At::new(self.at, end);
        let bytes = word.of(text);
        // tracing-subscriber: "span{field=…}: target: message"
        if text.get(end) == Some(&b'{') {
            let open = self.at;
            self.at = end;
            if let Some(close) = self.group_end(b'}') {
                let inside = At::new(end + 1, close);
                if inside.of(text).contains(&b'=') && text.get(close + 1) == Some(&b':') {
                    self.draft.groups.push(inside);
                    self.head.context |= group_has_id(inside.of(text));
                    self.at = close + 2;
                    return true;
                }
            }
            self.at = open;
            return false;
        }
        // loguru: "module:function:line"
        let whole = &text[self.at
            ..self.at
                + text[self.at..]
                    .iter()
                    .position(|byte| matches!(byte, b' ' | b'\t'))
                    .unwrap_or(text.len() - self.at)];
        if !self.logger && is_code_place(whole) {
            self.draft.logger = Some(At::new(self.at, self.at + whole.len()));
            self.logger = true;
            self.at += whole.len();
            return true;
        }
        let bare = bytes.strip_suffix(b":").unwrap_or(bytes);
        let colon = bare.len() < bytes.len();
        // Monolog: "channel.LEVEL:"
        if self.head.level.is_none()
            && colon
            && !self.logger
            && let Some(dot) = bare.iter().rposition(|&byte| byte == b'.')
        {
            let word = &bare[dot + 1..];
            if let Some(level) = level::from_word(word).filter(|_| word.iter().all(u8::is_ascii_uppercase)) {
                self.draft.logger = Some(At::new(self.at, self.at + dot));
                self.logger = true;
                self.closed = true;
                return self.set_level(level, end);
            }
        }
        if !self.logger
            && is_logger(bare)
            && (text.get(end).is_none_or(|next| matches!(next, b' ' | b'\t' | b'[' | b'(' | b'|')))
        {
            self.draft.logger = Some(At::new(self.at, self.at + bare.len()));
            self.logger = true;
            self.closed = colon;
            self.at = end;
            return true;
        }
        if bytes.len() > 64 {
            return false;
        }
        let next = skip_blanks(text, end);
        // "name: message" of hclog and Ruby
        if colon && !self.logger {
            if text[next..].starts_with(b"\"")
                && memchr::memmem::find(&text[next..], b"\"=").is_some_and(|at| at < 40)
            {
                self.draft.logger = Some(At::new(self.at, self.at + bare.len()));
                self.logger = true;
                self.at = end;
                return true;
            }
            let inside = memchr(b']', &text[next..])
                .filter(|_| text[next..].starts_with(b"["))
                .map(|close| &text[next + 1..next + close]);
            if inside.is_some_and(|inside| group_has_id(inside) && pair_like(inside)) {
                self.draft.logger = Some(At::new(self.at, self.at + bare.len()));
                self.logger = true;
                self.at = end;
                return true;
            }
            let ruby = text[..self.at].trim_ascii_end().ends_with(b"--");
            if self.bracketed_level
                && bare.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
                || ruby
            {
                self.draft.logger = Some(At::new(self.at, self.at + bare.len()));
                self.logger = true;
                self.closed = true;
                self.at = end;
                return true;
            }
            return false;
        }
        // "name - ", "name | ", "name : "
        if !self.logger
            && next > end
            && matches!(text.get(next), Some(b'-' | b'|' | b':'))
            && text.get(next + 1) == Some(&b' ')
        {
            self.draft.logger = Some(word);
            self.logger = true;
            self.at = end;
            return true;
        }
        // columns: "|thread|logger|trace_id=…|message"
        if text.get(end) == Some(&b'|') && end > self.at && !bytes.contains(&b'=') {
            if is_logger(bytes) {
                self.draft.logger.get_or_insert(word);
            } else {
                self.draft.thread.get_or_insert(word);
            }
            self.at = end;
            return true;
        }
        // "name [traceId=…]", "name file.pl:7 - ", "name: "key"=…"
        if !self.logger && next > end {
            let grouped = text[next] == b'['
                && memchr(b']', &text[next..]).is_some_and(|close| {
                    group_has_id(&text[next + 1..next + close]) && pair_like(&text[next + 1..next + close])
                });
            let place = &text[next..word_end(text, next)];
            let placed = place.contains(&b':')
                && place.contains(&b'.')
                && place.last().is_some_and(u8::is_ascii_digit)
                && is_logger(place);
            if grouped || placed {
                self.draft.logger = Some(word);
                self.logger = grouped;
                self.at = end;
                return true;
            }
        }
        // "name traceId=… - "
        if !self.logger
            && next > end
            && let Some((name, ..)) = pair(text, next, false)
            && names_context(name.of(text))
            && text.get(name.end()) == Some(&b'=')
            && self.ends_in_dash(next)
        {
            self.draft.logger = Some(word);
            self.logger = true;
            self.at = end;
            return true;
        }
        self.head.level.is_none() && self.head.stamp.is_some() && self.level_ahead(end)
    }

    /// Whether the pairs from `start` on are closed by ` - `, so that they stand before the message.
    fn ends_in_dash(&self, start: usize) -> bool {
        let mut at = start;
        while let Some((_, _, end)) = pair(self.text, at, false) {
            at = skip_blanks(self.text, end);
        }
        matches!(self.text.get(at), Some(b'-' | b'|')) && self.text.get(at + 1) == Some(&b' ')
    }

    /// Takes up to two more words if a level in capitals follows: "host `name[pid]` LEVEL message".
    fn level_ahead(&mut self, end: usize) -> bool {
        let mut at = end;
        for _ in 0..3 {
            if self.text.get(at) == Some(&b'[') {
                at = memchr(b']', &self.text[at..]).map_or(self.text.len(), |length| at + length + 1);
            }
            at = skip_blanks(self.text, at);
            if self.text.get(at) == Some(&b'[') {
                // fly: "app[machine] region [info]"
                let close = memchr(b']', &self.text[at..]).map_or(at, |length| at + length);
                if level::from_word(&self.text[(at + 1).min(close)..close]).is_some() {
                    self.at = at;
                    return true;
                }
            }
            let letters = self.text[at..].iter().take_while(|byte| byte.is_ascii_uppercase()).count();
            let bounded = !self
                .text
                .get(at + letters)
                .is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_');
            if letters >= 3 && bounded && level::stands_for_level(&self.text[at..at + letters]).is_some() {
                self.draft.logger.get_or_insert(At::new(self.at, end));
                self.at = at;
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

fn is_number(content: &[u8]) -> bool {
    !content.is_empty() && content.iter().all(u8::is_ascii_digit)
}

/// `com.acme.Orders`, `shop::orders`, `main.go:10`, `orders/worker`; not `e.g.`, an address or a number.
fn is_logger(word: &[u8]) -> bool {
    let joined =
        word.iter().any(|byte| matches!(byte, b'.' | b'$' | b'/')) || word.windows(2).any(|two| two == b"::");
    joined
        && word.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && word.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'>')
        && !word.windows(3).any(|three| three == b"://")
        && word.iter().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'.' | b':' | b'$' | b'/' | b'_' | b'-' | b'<' | b'>' | b'@')
        })
}

/// `module:function:line`.
fn is_code_place(word: &[u8]) -> bool {
    let parts: Vec<&[u8]> = word.split(|&byte| byte == b':').collect();
    matches!(parts.as_slice(), [module, function, line] if !module.is_empty() && !function.is_empty() && is_number(line) && module[0].is_ascii_alphabetic() | (module[0] == b'_'))
}

fn contains_word(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

/// Names that thread pools give.
fn is_thread(name: &[u8]) -> bool {
    const PARTS: &[&[u8]] = &[
        b"thread",
        b"exec",
        b"pool",
        b"worker",
        b"nio",
        b"dispatcher",
        b"scheduling",
        b"task-",
        b"eventloop",
        b"executor",
        b"reactor",
        b"vert.x",
        b"akka",
        b"forkjoin",
        b"consumer-",
        b"listener",
    ];
    let lower = name.to_ascii_lowercase();
    lower == b"main" || PARTS.iter().any(|part| memchr::memmem::find(&lower, part).is_some())
}

/// Whether a group holds named values, or something that looks like an id.
fn group_has_id(content: &[u8]) -> bool {
    content.contains(&b'=') && pair_in(content)
        || content
            .split(|byte| matches!(byte, b',' | b' ' | b'-' | b'/' | b'|' | b';' | b':' | b'='))
            .any(|part| part.len() >= 16 && part.iter().all(u8::is_ascii_hexdigit))
        || is_uuid(content)
        || content.split(|byte| matches!(byte, b',' | b' ')).any(|part| {
            let mut halves = part.splitn(2, |&byte| byte == b':');
            let name = halves.next().unwrap_or_default();
            halves.next().is_some() && names_context(name)
        })
        || content.ends_with(b",,")
}

/// Whether a group names what it holds, or holds an id alone.
fn pair_like(content: &[u8]) -> bool {
    content.contains(&b'=')
        || content.contains(&b':')
        || is_uuid(content)
        || content.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b',' | b'-'))
}

fn pair_in(content: &[u8]) -> bool {
    content
        .iter()
        .enumerate()
        .any(|(at, &byte)| byte == b'=' && at > 0 && content[at - 1].is_ascii_alphanumeric())
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| {
            if matches!(at, 8 | 13 | 18 | 23) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
        })
}

/// Whether a value may be an id: hex, a UUID, a number, digits and letters mixed; or one of the words for "none".
fn looks_like_id(value: &[u8]) -> bool {
    let plain = value
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'|' | b':'));
    plain
        && (value.iter().any(u8::is_ascii_digit)
            || matches!(value, b"" | b"-" | b"null" | b"none" | b"N/A" | b"undefined"))
}
