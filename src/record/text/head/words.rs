//! Words in a header: loggers, threads, hosts.

use super::Reader;
use super::ids::{is_bare_id, is_id_list};
use super::kinds::{
    contains_word, group_has_id, is_class_label, is_code, is_code_place, is_logger, is_logger_with_more,
    is_place, is_thread, pair_like,
};
use crate::model::{Date, Level, Stamp};
use crate::record::text::{names_context, pair, skip_blanks, word_end};
use crate::record::{At, level, timestamp};
use memchr::memchr;

/// One word before the time is no longer.
const MAX_LABEL: usize = 100;
/// Where the time has no date, it is no longer than this.
const MAX_PLAIN_LABEL: usize = 24;

impl Reader<'_, '_> {
    /// A bare word: a logger, host or thread, if what follows says so.
    pub(super) fn word(&mut self) -> bool {
        let text = self.text;
        let end = word_end(text, self.at);
        // "name - 2025-… - LEVEL - message" (Python)
        let apart = [&b" - "[..], b" | "].iter().any(|mark| text[end..].starts_with(mark));
        let time = if apart { end + 3 } else { skip_blanks(text, end) };
        if self.at == 0
            && end < MAX_LABEL
            && text.get(end) == Some(&b' ')
            && text.get(time).is_some_and(u8::is_ascii_digit)
        {
            // one word before the time: a type, a logger ("h2 2025-01-27T02:22:35Z …")
            // but "Timestamp: 2025-…" is a line of a record
            let bytes = &text[self.at..end];
            let is_label =
                bytes.ends_with(b":") && (contains_word(bytes, b"time") || contains_word(bytes, b"date"));
            let found = || timestamp::parse_prefix(&text[time..], self.order);
            // a long one may be a file's, as grep and multitail put it before each line
            let near = end < MAX_PLAIN_LABEL;
            let wide = !apart && time > end + 1;
            let sure = |stamp: &Stamp| (near && !apart && !wide) || stamp.date == Date::Full;
            let is_label = is_label || wide && bytes.ends_with(b":");
            if !is_label && found().is_some_and(|(stamp, _)| sure(&stamp)) {
                self.at = time - 1;
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
                    self.at = close + 2 + spans_without_fields(&text[close + 2..]);
                    return true;
                }
            }
            self.at = open;
            return false;
        }
        if !self.logger
            && (self.logger_in_thread()
                || self.before_groups(word)
                || self.host_level_logger(word)
                || self.level_and_name(word))
        {
            return true;
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
        // "{name}:{line}" of a program's first module
        if is_main_place(whole) {
            self.draft.logger.get_or_insert(At::new(self.at, self.at + whole.len()));
            self.logger = true;
            self.at += whole.len();
            return true;
        }
        let bare = bytes.strip_suffix(b":").unwrap_or(bytes);
        let colon = bare.len() < bytes.len();
        // Monolog: "channel.LEVEL:", "channel.LEVEL "
        if self.head.level.is_none()
            && (colon || text.get(end) == Some(&b' '))
            && !self.logger
            && let Some(dot) = bare.iter().rposition(|&byte| byte == b'.')
        {
            let word = &bare[dot + 1..];
            if let Some(level) = level::from_word(word).filter(|_| word.iter().all(u8::is_ascii_uppercase)) {
                self.draft.logger = Some(At::new(self.at, self.at + dot));
                self.logger = true;
                self.closed = colon;
                return self.set_level(level, end);
            }
        }
        if !self.logger && self.on_host(word) {
            return true;
        }
        if !self.logger && colon && self.before_target(bare, end) {
            self.at = end;
            return true;
        }
        if !self.logger && colon && self.bracketed_level && is_place(bare) {
            self.at = end;
            return true;
        }
        let whole = whole.strip_suffix(b":").unwrap_or(whole);
        if !self.logger && (whole.len() > bare.len() || !is_logger(bare)) && is_logger_with_more(whole) {
            self.draft.logger = Some(At::new(self.at, self.at + whole.len()));
            self.logger = true;
            self.at += whole.len();
            return true;
        }
        if !self.logger
            && is_logger(bare)
            // a function that a message tells of
            && !text[end..].starts_with(b"() ")
            && (text.get(end).is_none_or(|next| matches!(next, b' ' | b'\t' | b'[' | b'(' | b'|')))
        {
            self.draft.logger = Some(At::new(self.at, self.at + bare.len()));
            self.logger = true;
            self.closed = colon;
            self.at = end;
            if colon && memchr::memmem::find(bare, b"::").is_some() {
                self.place_behind();
            }
            return true;
        }
        // a file and a line behind the logger, or between a level in brackets and the logger
        if is_place(bare) && matches!(text.get(end), Some(b' ' | b'\t')) && (self.logger && !colon) {
            self.at = end;
            return true;
        }
        if !self.logger && !colon && self.class_and_line(word) {
            return true;
        }
        if bytes.len() > 64 {
            return false;
        }
        let next = skip_blanks(text, end);
        if !self.logger && !colon && (self.cell(word) || self.tab_cell(word) || self.process_and_thread(word))
        {
            return true;
        }
        // "name: TRACE: ", "name TRACE,SPAN - "
        if !self.logger && next > end {
            let length = text[next..].iter().take(100).take_while(|byte| **byte != b' ').count();
            let token = &text[next..next + length];
            let id = if colon { token.strip_suffix(b":").unwrap_or_default() } else { token };
            // one id behind a word may be a digest
            let behind_level = text[..self.at].trim_ascii_end().ends_with(b":");
            let closed = if colon {
                behind_level && is_bare_id(id)
            } else {
                text[next + length..].starts_with(b" - ") && is_id_list(id)
                    // "name TRACE-SPAN: "
                    || token.strip_suffix(b":").is_some_and(|id| id.len() == 49 && is_bare_id(id))
            };
            if closed {
                self.draft.logger = Some(At::new(self.at, self.at + bare.len()));
                self.draft.groups.push(At::new(next, next + id.len()));
                self.logger = true;
                self.closed = colon;
                self.at = next + length;
                return true;
            }
        }
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
            let ruby = text[..self.at].trim_ascii_end().ends_with(b"--") && text.get(1..4) == Some(b", [");
            // tracing-subscriber: "LEVEL span{…}: target: message"
            let spans =
                text[..self.at].trim_ascii_end().rsplit(|byte| *byte == b' ').next().unwrap_or_default();
            let behind_span = spans.ends_with(b":") && memchr::memmem::find(spans, b"}:").is_some();
            // "4711 1 --- Name: message"
            let behind_dashes = text[..self.at].trim_ascii_end().ends_with(b" ---");
            let behind_id = self.behind_group_of_id();
            // "[LEVEL] trace_id=… cache: 4 evictions" and "[LEVEL]: cache: …" tell no logger
            let behind_level = self.bracketed_level
                && self.head.pairs.is_none()
                && !behind_id
                && !text[..self.at].trim_ascii_end().ends_with(b"]:");
            let class = is_class_label(bytes) && (behind_id || self.class_behind_level(bare));
            if (behind_level || behind_span || behind_dashes || class)
                && !is_code(bare)
                && !text.get(next).is_some_and(u8::is_ascii_digit)
                && bare.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
                || ruby
            {
                self.draft.logger = Some(At::new(self.at, self.at + bare.len()));
                self.logger = true;
                self.closed = true;
                self.at = end;
                if behind_span {
                    self.place_behind();
                }
                return true;
            }
            return false;
        }
        // "name - ", "name | ", "name : "
        if !self.logger
            && next > end
            && matches!(text.get(next), Some(b'-' | b'|' | b':'))
            && (text.get(next + 1) == Some(&b' ') || text[next..].starts_with(b"-- "))
        {
            if let Some(level) = lone_letter(bytes).filter(|_| self.head.level.is_none()) {
                return self.set_level(level, end);
            }
            if is_bare_id(bytes) {
                self.draft.groups.push(word);
            } else if text[next] == b'|' && is_thread(bytes) {
                self.draft.thread.get_or_insert(word);
            } else {
                self.draft.logger = Some(word);
                self.logger = true;
            }
            self.at = end;
            return true;
        }
        // columns: "|thread|logger|trace_id=…|message"
        if text.get(end) == Some(&b'|') && end > self.at && !bytes.contains(&b'=') {
            if is_bare_id(bytes) {
                self.draft.groups.push(word);
            } else if is_logger(bytes) {
                self.draft.logger.get_or_insert(word);
            } else {
                self.draft.thread.get_or_insert(word);
            }
            self.at = end;
            return true;
        }
        // "name [traceId=…]", "name {traceId=…} - ", "name file.pl:7 - ", "name: "key"=…"
        if !self.logger && next > end {
            // "SENT [order=7]" is a message
            let grouped = self.group_behind(next) && !self.groups_to_the_end(next);
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

    /// `span:span: shop::orders: message` of tracing-subscriber: spans without fields before a target; one alone where the time is
    /// written as it writes it.
    fn before_target(&self, spans: &[u8], end: usize) -> bool {
        let path = |name: &[u8]| memchr::memmem::find(name, b"::").is_some();
        let next = skip_blanks(self.text, end);
        let target = self.text[next..word_end(self.text, next)].strip_suffix(b":").unwrap_or_default();
        let names =
            spans.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':'));
        let first = self.text.split(|byte| *byte == b' ').next().unwrap_or_default();
        let told = spans.contains(&b':') || first.ends_with(b"Z") && first.contains(&b'T');
        names && told && !path(spans) && path(target) && is_logger(target)
    }

    /// `…;main;…`, `…,shop.orders,…`: a name between separators without blanks.
    fn cell(&mut self, word: At) -> bool {
        let separator = self.text[..self.at].last().copied();
        let cell = separator.filter(|byte| matches!(byte, b';' | b',')) == self.text.get(word.end()).copied();
        let bytes = word.of(self.text);
        // a message may go on behind a comma, but not with the name of a logger
        if separator.is_none() || !cell || !(separator == Some(b';') || is_logger(bytes)) || word.is_empty() {
            return false;
        }
        if is_bare_id(bytes) {
            self.draft.groups.push(word);
        } else if is_logger(bytes) {
            self.draft.logger.get_or_insert(word);
        } else {
            self.draft.thread.get_or_insert(word);
        }
        self.at = word.end();
        true
    }

    /// `/srv/app/orders.py:17`: where the record was made, before the message.
    pub(super) fn path_and_line(&mut self) -> bool {
        let end = word_end(self.text, self.at);
        let taken = self.known()
            && !self.closed
            && is_place(&self.text[self.at + 1..end])
            && matches!(self.text.get(end), Some(b' ' | b'\t'));
        self.at = if taken { end } else { self.at };
        taken
    }
}

/// `__main__:64`: the module that Python runs, and a line of it.
fn is_main_place(word: &[u8]) -> bool {
    word.strip_prefix(b"__main__:")
        .is_some_and(|line| !line.is_empty() && line.iter().all(u8::is_ascii_digit))
}

/// The length of `query:commit: ` behind the span that they are in, as tracing-subscriber writes spans without fields.
fn spans_without_fields(text: &[u8]) -> usize {
    let of_a_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':');
    let length = text.iter().take_while(of_a_name).count();
    let names = length > 1 && text[..length].ends_with(b":") && text.get(length) == Some(&b' ');
    if names && text[0].is_ascii_alphabetic() { length } else { 0 }
}

/// The level that a word of one letter is, in a column of its own.
fn lone_letter(word: &[u8]) -> Option<Level> {
    let [letter @ (b'T' | b'D' | b'I' | b'W' | b'E' | b'F')] = word else { return None };
    level::from_letter(*letter)
}
