//! Words and pairs in a header: loggers, threads, hosts, named ids.

use super::Reader;
use super::columns::{is_bare_id, is_id_list};
use super::kinds::{
    contains_word, group_has_id, is_class_label, is_code, is_code_place, is_logger, is_logger_with_more,
    is_place, is_thread, is_uuid, looks_like_id, pair_like, tells_context,
};
use super::moments::before_level;
use crate::model::{Date, Level, Stamp};
use crate::record::text::{names_context, pair, skip_blanks, word_end};
use crate::record::{At, NameHash, Role, WEAK_SERVICE, level, names, timestamp};
use memchr::memchr;

/// One word before the time is no longer.
const MAX_LABEL: usize = 100;
/// Where the time has no date, it is no longer than this.
const MAX_PLAIN_LABEL: usize = 24;

impl Reader<'_, '_> {
    /// Named ids before the message: `trace_id=… span_id=…`, `TraceID: … SpanID: …`.
    pub(super) fn pairs(&mut self) -> bool {
        if self.header_run() || self.named_level() {
            return true;
        }
        let mut at = self.at;
        let mut taken = false;
        while let Some((name, value, end)) = pair(self.text, at, true) {
            let colon = self.text.get(name.end()) == Some(&b':');
            // "trace" and "span" are words too
            let short = names::lookup_name(NameHash::of(name.of(self.text)), false).is_none();
            let known = names_context(name.of(self.text))
                && (!(colon || short) || looks_like_id(value.of(self.text)))
                // "… | req=UUID | message"
                || !colon && is_uuid(value.of(self.text)) && self.text[end..].starts_with(b" | ");
            // "service=orders trace_id=…"
            let before_ids = || {
                let next = pair(self.text, skip_blanks(self.text, end), false);
                next.is_some_and(|(name, value, _)| tells_context(name.of(self.text), value.of(self.text)))
            };
            let known = known || !colon && self.states_service(name) && before_ids();
            let listed = || matches!(self.text[..at].trim_ascii_end().last(), Some(b',' | b';'));
            if !(known || taken && !colon && listed()) {
                break;
            }
            taken = true;
            self.service_of(name, value);
            self.head.pairs.get_or_insert(name.start as usize);
            self.at = end;
            at = end;
            if matches!(self.text.get(at), Some(b',' | b';')) {
                at += 1;
                // "trace=…; message"
                self.at += usize::from(self.text[at - 1] == b';');
            }
            at = skip_blanks(self.text, at);
        }
        self.head.context |= taken;
        self.head.ended |= taken && self.logger;
        self.closed |= self.head.ended;
        taken
    }

    /// The service, if a pair states it.
    pub(super) fn service_of(&mut self, name: At, value: At) {
        if self.states_service(name) && !value.is_empty() {
            self.draft.service.get_or_insert(value);
        }
    }

    fn states_service(&self, name: At) -> bool {
        let known = names::known(name.of(self.text), true);
        known.is_some_and(|known| known.role == Role::Service && known.rank < WEAK_SERVICE)
    }

    /// The service among pairs, which are kept as a group.
    pub(super) fn service_among(&mut self, pairs: At) {
        self.draft.groups.push(pairs);
        let mut at = pairs.start as usize;
        while let Some((name, value, end)) =
            pair(self.text, at, false).filter(|(.., end)| *end <= pairs.end())
        {
            self.service_of(name, value);
            at = end + self.text[end..].iter().take_while(|byte| matches!(byte, b' ' | b',')).count();
        }
    }

    /// `level=INFO` among the parts of a header.
    fn named_level(&mut self) -> bool {
        if !self.known() || self.closed || self.head.level.is_some() {
            return false;
        }
        let Some((name, value, end)) = pair(self.text, self.at, false) else { return false };
        let role = names::lookup_name(NameHash::of(name.of(self.text)), true).map(|known| known.role);
        let level = level::from_word(value.of(self.text)).filter(|_| role == Some(Role::Level));
        level.is_some_and(|level| self.set_level(level, end))
    }

    /// `-key="value" key="value"- `: logback's %kvp between dashes.
    pub(super) fn dashed_pairs(&mut self) -> bool {
        let mut at = self.at + 1;
        while let Some((_, _, end)) = pair(self.text, at, false) {
            if self.text[end..].starts_with(b"- ") {
                self.head.context = true;
                self.at = end + 1;
                return true;
            }
            at = skip_blanks(self.text, end);
        }
        false
    }

    /// Pairs that a separator or a level closes, one of which names context: all of them are header.
    pub(super) fn header_run(&mut self) -> bool {
        let (mut at, mut end, mut known, mut count) = (self.at, self.at, false, 0);
        while let Some((name, _, after)) = pair(self.text, at, false) {
            count += 1;
            known |= names_context(name.of(self.text));
            end = after;
            at = after + usize::from(matches!(self.text.get(after), Some(b',' | b';')));
            at = skip_blanks(self.text, at);
        }
        let rest = &self.text[at..];
        // "time p=4711 u=root n=x | message" (Ansible)
        let behind_time = self.text[..self.at].trim_ascii_end().len() == self.head.stamp_at.end();
        known |= count > 1 && behind_time && rest.starts_with(b"| ");
        if end == self.at || !known || !self.known() {
            return false;
        }
        let level = self.head.level.is_none() && before_level(rest);
        let dash = matches!(rest, [b'-' | b'|', b' ', ..]);
        if level || dash {
            self.head.context = true;
            self.at = end;
        }
        level || dash
    }

    /// A bare word: a logger, host or thread, if what follows says so.
    pub(super) fn word(&mut self) -> bool {
        let text = self.text;
        let end = word_end(text, self.at);
        // "name - 2025-… - LEVEL - message" (Python)
        let apart = [&b" - "[..], b" | "].iter().any(|mark| text[end..].starts_with(mark));
        let time = end + if apart { 3 } else { 1 };
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
            let sure = |stamp: &Stamp| (near && !apart) || stamp.date == Date::Full;
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
                    self.at = close + 2;
                    return true;
                }
            }
            self.at = open;
            return false;
        }
        if !self.logger && (self.before_groups(word) || self.host_level_logger(word)) {
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
            let behind_span = text[..self.at].trim_ascii_end().ends_with(b"}:");
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

    /// Whether the pairs from `start` on are closed by ` - `, so that they stand before the message.
    pub(super) fn ends_in_dash(&self, start: usize) -> bool {
        let mut at = start;
        while let Some((_, _, end)) = pair(self.text, at, false) {
            at = skip_blanks(self.text, end);
        }
        matches!(self.text.get(at), Some(b'-' | b'|')) && self.text.get(at + 1) == Some(&b' ')
    }
}

/// The level that a word of one letter is, in a column of its own.
fn lone_letter(word: &[u8]) -> Option<Level> {
    let [letter @ (b'T' | b'D' | b'I' | b'W' | b'E' | b'F')] = word else { return None };
    level::from_letter(*letter)
}
