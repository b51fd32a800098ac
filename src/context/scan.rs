//! Ids and keys in free text.
//!
//! The text is cut into words. A word behind a name (`name=word`, `name: word`, `"name": "word"`, and `name word` for
//! names of ids) is that name's value; a word with a digit in it is a value under the word before it. Nothing else is.

use super::{Found, Scheme, header, id, words};
use crate::model::Shape;
use crate::record::{NameHash, Role, access, names};

/// What a text may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Region {
    /// A header of a line: named ids, no keys.
    Header,
    /// A message: everything.
    Message,
    /// A value that may hold propagation headers: named trace context only.
    Ids,
}

/// Rank of ids found in free text; fields go before.
const IN_TEXT: u8 = 60;
/// Messages are searched up to this many bytes.
const MAX_TEXT: usize = 64 << 10;

/// Bytes of a word: 1 for letters, 2 for digits, 3 for bytes inside words.
static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => 1,
            b'0'..=b'9' => 2,
            b'-' | b'.' => 3,
            c if c >= 0x80 => 1,
            _ => 0,
        };
        byte += 1;
    }
    table
};

impl Found {
    /// Searches a text that is a header up to `body`, and a message from there on.
    pub(super) fn scan_parts(&mut self, text: &[u8], body: usize) {
        self.search(text, |start| if start < body { Region::Header } else { Region::Message });
    }

    /// Searches a text.
    pub(super) fn scan(&mut self, text: &[u8], region: Region) {
        self.search(text, |_| region);
    }

    #[inline]
    fn search(&mut self, text: &[u8], region: impl Fn(usize) -> Region) {
        let text = &text[..text.len().min(MAX_TEXT)];
        let mut before: Option<(usize, usize)> = None;
        let mut at = 0;
        while at < text.len() {
            let class = CLASS[usize::from(text[at])];
            if class == 0 || class == 3 {
                if matches!(text[at], b'\n' | b';') {
                    before = None;
                }
                at += 1;
                continue;
            }
            let start = at;
            let mut digits = false;
            while at < text.len() {
                match CLASS[usize::from(text[at])] {
                    0 => break,
                    2 => digits = true,
                    _ => {}
                }
                at += 1;
            }
            let mut end = at;
            while matches!(text[end - 1], b'-' | b'.') {
                end -= 1;
            }
            if let Some(value) = value_after(text, at)
                && (end == at || text[end] == b'.')
            {
                // "Trace ID: …"; not SQL's "where id=7"
                let joined = before.filter(|&(_, last)| {
                    last + 1 == start
                        && text[start..end].eq_ignore_ascii_case(b"id")
                        && (text[start] == b'I' || text.get(end) != Some(&b'='))
                });
                let start = joined.map_or(start, |(first, _)| first);
                if let Some(next) = self.pair(text, start, end, value, region(start)) {
                    at = next;
                    before = None;
                    continue;
                }
            }
            if digits {
                at = self.word(text, start, end, before, region(start)).max(at);
                before = None;
            } else {
                let joined = before.filter(|&(_, last)| {
                    matches!(&text[start..end], b"id" | b"Id" | b"ID") && last + 1 == start
                });
                before = Some((joined.map_or(start, |(first, _)| first), end));
            }
        }
    }

    /// A pair; gives where to go on, or `None` if it is to be read as words.
    fn pair(&mut self, text: &[u8], start: usize, end: usize, value: Value, region: Region) -> Option<usize> {
        let name = &text[start..end];
        // brackets of other scripts count as letters
        let name = &name[name.iter().take_while(|byte| !byte.is_ascii()).count()..];
        let hash = NameHash::of(name);
        let known = names::lookup_name(hash, true);
        let role = known.map_or(Role::Other, |known| known.role);
        let (mut from, mut to) = value.extent(text, role);
        if text[from..to].first() == Some(&b'[') && role != Role::SwCtx {
            // Java prints the values of a header as a list
            from += 1;
            to = from
                + text[from..]
                    .iter()
                    .position(|byte| matches!(byte, b']' | b',' | b' '))
                    .unwrap_or(text.len() - from);
        }
        let hierarchical = text.get(from) == Some(&b'|') && NameHash::of(name) == NameHash::of(b"requestid");
        if hierarchical {
            to = from
                + text[from..]
                    .iter()
                    .position(|byte| matches!(byte, b' ' | b'"' | b'\'' | b','))
                    .unwrap_or(text.len() - from);
            if let Some(header) = header::request_id(&text[from..to]) {
                self.add_header(header);
                return Some(to);
            }
        }
        let bytes = &text[from..to];
        if value.quoted
            && bytes.contains(&b' ')
            && matches!(role, Role::Other | Role::Noise | Role::Message | Role::Operation | Role::Peer)
        {
            // a text in quotes may hold pairs of its own
            return Some(from);
        }
        if role == Role::Service && value.quoted && value.equals {
            // <meta name="sentry-trace" content="…">
            let inner = NameHash::of(bytes);
            let header = names::lookup_name(inner, false).map(|known| known.role);
            if let Some(content) = memchr::memmem::find(&text[to..text.len().min(to + 16)], b"content=\"") {
                let start = to + content + 9;
                let end =
                    start + text[start..].iter().position(|&byte| byte == b'"').unwrap_or(text.len() - start);
                if let Some(role) = header {
                    self.text_context(role, bytes, &text[start..end]);
                }
                return Some(start);
            }
        }
        if value.colon
            && !value.quoted
            && memchr::memchr(b'=', bytes).is_some_and(|at| at > 0 && !bytes[..at].contains(&b'-'))
            && role != Role::AmznTraceId
            && role != Role::XrayTraceId
        {
            // "took 5 ms: trace_id=…": the colon ends a phrase
            return None;
        }
        if bytes.is_empty() {
            if role == Role::ParentId {
                self.root = true;
            }
            return Some(value.next(to));
        }
        if bytes.starts_with(b"{")
            && memchr::memmem::find(&text[from..text.len().min(from + 40)], b"Buffer").is_some()
            && let Some(next) = self.record_header(text, (start, end), 64)
        {
            return Some(next);
        }
        let named_trace = matches!(role, Role::TraceId | Role::SpanId | Role::ParentId | Role::Tid)
            && known.is_some_and(|known| known.top_only);
        if named_trace && !looks_like_id(bytes) {
            // "trace: see below"
            return if value.colon { None } else { Some(value.next(to)) };
        }
        if self.text_context(role, name, bytes) {
            return Some(value.next(to));
        }
        if name == b"key"
            && value.equals
            && memchr::memmem::find(&text[to..text.len().min(to + 12)], b"value").is_some()
            && let Some(next) = self.record_header(text, (from, to), 16)
        {
            return Some(next);
        }
        match role {
            Role::Service if region != Region::Ids && known.is_some_and(|known| !known.top_only) => {
                if self.service.is_none() && bytes.len() <= 80 && !id::is_absent(bytes) {
                    self.service = Some(self.keep(bytes));
                }
                return Some(value.next(to));
            }
            Role::DurationNanos => self.text_duration(bytes, 1),
            Role::DurationMicros => self.text_duration(bytes, 1_000),
            Role::DurationMillis => self.text_duration(bytes, 1_000_000),
            Role::DurationSeconds => self.text_duration(bytes, 1_000_000_000),
            Role::Duration => self.text_duration(bytes, 0),
            Role::Topic
                if region == Region::Message
                    && self.topic.is_none()
                    && bytes.len() <= 128
                    && value.equals =>
            {
                self.topic = Some(self.keep(bytes))
            }
            Role::Status if region == Region::Message => {
                let number = std::str::from_utf8(bytes)
                    .ok()
                    .and_then(|text| text.parse().ok())
                    .filter(|number| (100..600).contains(number));
                self.status = self.status.or(number);
            }
            Role::Route if region == Region::Message && bytes.starts_with(b"/") => {
                path_keys(self, super::fields::path_of(bytes))
            }
            Role::Other
            | Role::Id
            | Role::Noise
            | Role::Peer
            | Role::Operation
            | Role::Message
            | Role::Service => {
                if bytes.starts_with(b"{") || bytes.starts_with(b"[") || bytes.starts_with(b"(") {
                    return Some(from);
                }
                if value.colon && name.contains(&b'.') && id::uuid(bytes).is_some_and(|bits| bits != 0) {
                    // Huey: "Executing tasks.charge: UUID"
                    self.add_id(b"task_id", bytes);
                }
                if value.colon && !value.quoted && shape_of(bytes).is_none_or(|shape| shape == Shape::Word) {
                    // "status: ok", "user: see …": prose
                    return None;
                }
                self.text_key(name, bytes, region);
            }
            _ => {}
        }
        Some(value.next(to))
    }

    /// Trace context under a name; `true` if the role is of that kind.
    fn text_context(&mut self, role: Role, name: &[u8], value: &[u8]) -> bool {
        match role {
            Role::TraceId => self.trace_value(IN_TEXT, name, value),
            Role::SpanId => self.span_value(IN_TEXT, name, value),
            Role::ParentId => self.parent_value(IN_TEXT, value),
            _ => return self.context(role, IN_TEXT, name, value, false),
        }
        true
    }

    /// A word with a digit in it and no name before an equals sign; gives where to go on.
    fn word(
        &mut self,
        text: &[u8],
        start: usize,
        end: usize,
        before: Option<(usize, usize)>,
        region: Region,
    ) -> usize {
        let word = &text[start..end];
        if word.len() >= 55
            && let Some(header) = header::traceparent(word)
        {
            self.add_header(header);
            return end;
        }
        if word.len() > 49
            && word[32] == b'-'
            && matches!(word.get(49), Some(b'-'))
            && let Some(header) = header::b3(word)
        {
            self.add_header(header);
            return end;
        }
        let name = before.map(|(from, to)| &text[from..to]);
        if word.len() == 36 && region == Region::Message && id::uuid(word).is_some_and(|bits| bits != 0) {
            self.bracketed_uuid(text, start, end);
        }
        let near = before.is_some_and(|(_, to)| {
            start - to <= 2
                && text[to..start]
                    .iter()
                    .all(|byte| matches!(byte, b' ' | b'#' | b'[' | b'(' | b'"' | b'\'' | b':'))
        });
        // "trace 4bf9…", "TraceID 4bf9…", "trace id 4bf9…"
        if let Some(name) = name.filter(|_| near) {
            let hash = NameHash::of(name);
            if let Some(known) = names::lookup_name(hash, true)
                && matches!(known.role, Role::TraceId | Role::SpanId | Role::ParentId)
                && looks_like_id(word)
            {
                self.text_context(known.role, name, word);
                return self.span_behind(text, end);
            }
        }
        // TRACE and SPAN side by side
        if word.len() >= 32
            && let Some(trace) = id::exact_trace(&word[..32])
        {
            let alone = word.len() == 32 && !text.get(end).is_some_and(u8::is_ascii_alphanumeric);
            let inside = word.len() == 49 && word[32] == b'-';
            let rest = if inside { Some((33, start)) } else { None };
            let span = match rest {
                Some((at, _)) => id::exact_span(&word[at..]),
                None if alone && matches!(text.get(end), Some(b',' | b'/' | b':' | b'|' | b';')) => {
                    let from = end + 1 + usize::from(text.get(end + 1) == Some(&b' '));
                    text.get(from..from + 16)
                        .filter(|_| !text.get(from + 16).is_some_and(u8::is_ascii_alphanumeric))
                        .and_then(id::exact_span)
                }
                None => None,
            };
            if let Some(span) = span
                && !name.is_some_and(words::names_a_digest)
            {
                self.set_trace(IN_TEXT + 60, trace, Scheme::Sleuth);
                self.set_span(IN_TEXT + 60, span);
                return if inside { end } else { end + 17 };
            }
        }
        if region == Region::Message {
            self.text_request(text, start);
            if let Some(name) = name {
                if near && names::names_a_correlation(name) && shape_of(word).is_some() {
                    self.add_id(name, word);
                } else if near && word.len() == 36 && is_thing(name) && id::uuid(word).is_some() {
                    // "job UUID", "message UUID"
                    let name = [&name.to_ascii_lowercase(), &b"_id"[..]].concat();
                    self.add_id(&name, word);
                }
            }
            if near
                && name.is_some_and(|name| name.eq_ignore_ascii_case(b"id") || name.ends_with(b" id"))
                && matches!(shape_of(word), Some(Shape::Uuid | Shape::Hex))
            {
                self.id_of_thing(text, start, end);
            }
            self.measure(text, start, end, before);
            if let Some(shape) = shape_of(word) {
                let name = name.filter(|name| name.len() >= 2).unwrap_or(b"value");
                if !words::names_a_digest(name) {
                    self.add_key(name, word, shape);
                }
            }
        }
        end
    }

    /// `message … with id X`: the id of the thing named last before it.
    fn id_of_thing(&mut self, text: &[u8], start: usize, end: usize) {
        let thing = text[..start].rsplit(|byte| !byte.is_ascii_alphabetic()).find(|word| is_thing(word));
        if let Some(thing) = thing {
            let name = [&thing.to_ascii_lowercase(), &b"_id"[..]].concat();
            self.add_id(&name, &text[start..end]);
        }
    }

    /// `RecordHeader(key = traceparent, value = [48, 48, 45, …])`: a Kafka header as Java prints it; gives where to go on.
    fn record_header(&mut self, text: &[u8], name: (usize, usize), within: usize) -> Option<usize> {
        let rest = &text[name.1..];
        let open = name.1 + memchr::memchr(b'[', &rest[..rest.len().min(within)])?;
        if ![&b"value"[..], b"Buffer"]
            .iter()
            .any(|word| memchr::memmem::find(&text[name.1..open], word).is_some())
        {
            return None;
        }
        let close = open + memchr::memchr(b']', &text[open..])?;
        let mut bytes = Vec::new();
        for number in text[open + 1..close].split(|&byte| byte == b',').take(512) {
            bytes.push(std::str::from_utf8(number.trim_ascii()).ok()?.parse::<i16>().ok()? as u8);
        }
        let name = &text[name.0..name.1];
        let role = names::lookup_name(NameHash::of(name), true).map_or(Role::Other, |known| known.role);
        if !self.text_context(role, name, &bytes) {
            self.text_key(name, &bytes, Region::Message);
        }
        Some(close + 1)
    }

    /// `tasks.charge[UUID]`: Celery's task and its id (celery.app.log, `worker_task_log_format`).
    fn bracketed_uuid(&mut self, text: &[u8], start: usize, end: usize) {
        if start > 2
            && text.get(end) == Some(&b')')
            && text[start - 1] == b'('
            && (&text[start - 3..start] == b") (" || memchr::memmem::find(text, b"Job ").is_some())
        {
            // RQ: "queue: function(args) (UUID)", "queue: Job OK (UUID)"
            return self.add_id(b"job_id", &text[start..end]);
        }
        if text.get(end) != Some(&b']') || start == 0 || text[start - 1] != b'[' {
            return;
        }
        let name = text[..start - 1]
            .rsplit(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'_'))
            .next()
            .unwrap_or_default();
        if name.contains(&b'.') {
            self.add_id(b"task_id", &text[start..end]);
        }
    }

    /// A span id that stands right behind a trace id: `TRACE/SPAN`.
    fn span_behind(&mut self, text: &[u8], end: usize) -> usize {
        if matches!(text.get(end), Some(b'/' | b':' | b','))
            && self.span.is_none()
            && let Some(span) = text.get(end + 1..end + 17).and_then(id::exact_span)
        {
            self.set_span(IN_TEXT, span);
            return end + 17;
        }
        end
    }

    fn text_key(&mut self, name: &[u8], value: &[u8], region: Region) {
        if words::names_a_digest(name) || id::looks_like_digest(value) || id::is_absent(value) {
            return;
        }
        if value.len() >= 55
            && let Some(header) = header::traceparent(value)
        {
            return self.add_header(header);
        }
        let is_id = names::names_a_correlation(name)
            || names::names_an_id(name) && name.len() > 2
            || names_some_id(name, value);
        if is_id && region != Region::Ids && !value.contains(&b' ') {
            self.add_id(name, value);
        }
        if region == Region::Message
            && let Some(shape) = shape_of(value)
        {
            self.add_key(name, value, shape);
        }
    }

    fn text_duration(&mut self, value: &[u8], unit: u64) {
        if self.duration.is_none() {
            self.duration = duration(value, unit);
        }
    }

    /// `done in 125 ms`, `took 44699 ms`, `(0.3s)`: a duration by its unit and the word before.
    fn measure(&mut self, text: &[u8], start: usize, end: usize, before: Option<(usize, usize)>) {
        if self.duration.is_some() {
            return;
        }
        let word = &text[start..end];
        let digits = word.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        if digits == 0 {
            return;
        }
        let unit = if digits < word.len() {
            &word[digits..]
        } else {
            let from = end + usize::from(text.get(end) == Some(&b' '));
            let length =
                text[from..].iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
            &text[from..from + length]
        };
        let Some(scale) = unit_nanos(unit) else { return };
        let told = before.is_some_and(|(from, to)| {
            let name = &text[from..to];
            name.eq_ignore_ascii_case(b"took")
                || name.eq_ignore_ascii_case(b"elapsed")
                || name.eq_ignore_ascii_case(b"duration")
                || name == b"in" && done_before(&text[..from])
                || name == b"after" && done_before(&text[..from])
        });
        if told {
            self.duration = duration(&word[..digits], scale);
        }
    }

    /// `GET /orders/7` and `"POST /orders HTTP/1.1" 201`, looked for once at the first number of a message.
    fn text_request(&mut self, text: &[u8], start: usize) {
        if self.method.is_some() || self.route.is_some() {
            return;
        }
        let near = &text[..start];
        let Some(slash) = memchr::memrchr(b'/', near).map(|_| ()) else { return };
        let () = slash;
        let from = near.len().saturating_sub(256);
        let Some(method_end) =
            method_before_path(&text[from..]).map(|(at, len)| (from + at, from + at + len))
        else {
            return;
        };
        let (method_start, method_end) = method_end;
        let path_start = method_end + 1;
        let length = text[path_start..]
            .iter()
            .position(|byte| matches!(byte, b' ' | b'"' | b'?' | b'\'' | b'\n'))
            .unwrap_or(text.len() - path_start);
        self.method = Some(self.keep(&text[method_start..method_end]));
        let path = &text[path_start..path_start + length];
        self.route = Some(self.keep(path));
        path_keys(self, path);
        if let Some(request) = access::request(text, method_start.saturating_sub(1)) {
            let status = request.status.of(text);
            self.status = self.status.or_else(|| std::str::from_utf8(status).ok()?.parse().ok());
        }
    }
}

/// What messaging and job systems call the things that carry an id.
fn is_thing(word: &[u8]) -> bool {
    const THINGS: &[&[u8]] = &[
        b"message",
        b"task",
        b"job",
        b"request",
        b"event",
        b"correlation",
        b"transaction",
        b"session",
        b"batch",
    ];
    THINGS.iter().any(|thing| word.eq_ignore_ascii_case(thing))
}

/// Whether a name that only ends in "id" (`uid`) has a value that can be nothing else.
pub(super) fn names_some_id(name: &[u8], value: &[u8]) -> bool {
    let end = name.len().saturating_sub(2);
    name[end..].eq_ignore_ascii_case(b"id")
        && value.len() >= 12
        && matches!(shape_of(value), Some(Shape::Uuid | Shape::Hex | Shape::Mixed))
}

/// An HTTP method in capitals followed by a path: position and length of the method.
fn method_before_path(text: &[u8]) -> Option<(usize, usize)> {
    const METHODS: &[&[u8]] = &[b"GET", b"POST", b"PUT", b"DELETE", b"PATCH", b"HEAD", b"OPTIONS"];
    memchr::memmem::find_iter(text, b" /").find_map(|blank| {
        let start = text[..blank].iter().rposition(|byte| !byte.is_ascii_uppercase()).map_or(0, |at| at + 1);
        METHODS.contains(&&text[start..blank]).then_some((start, blank - start))
    })
}

/// Whether the words before "in" or "after" say that something was finished.
fn done_before(text: &[u8]) -> bool {
    let word = text.trim_ascii_end().rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
    word.ends_with(b"ed")
        || matches!(
            word,
            b"done"
                | b"ok"
                | b"OK"
                | b"complete"
                | b"sent"
                | b"built"
                | b"ran"
                | b"success"
                | b"successfully"
                | b"finish"
        )
        || word.len() == 3 && word.iter().all(u8::is_ascii_digit)
}

/// Nanoseconds in a unit of time.
fn unit_nanos(unit: &[u8]) -> Option<u64> {
    Some(match unit {
        b"ns" | b"nanos" | b"nanoseconds" => 1,
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" | b"micros" | b"microseconds" | b"usec" => 1_000,
        b"ms" | b"millis" | b"milliseconds" | b"msec" | b"msecs" | b"millisecond" => 1_000_000,
        b"s" | b"sec" | b"secs" | b"second" | b"seconds" => 1_000_000_000,
        b"m" | b"min" | b"mins" | b"minutes" | b"minute" => 60_000_000_000,
        b"h" | b"hours" | b"hour" => 3_600_000_000_000,
        _ => return None,
    })
}

/// A duration in nanoseconds: a number of `unit` nanoseconds, or a number with a unit of its own (`1.5s`, `2m3s`, `250µs`,
/// `PT1.5S`). A bare number counts in `unit`; with `unit` 0 it is refused.
pub(super) fn duration(value: &[u8], unit: u64) -> Option<u64> {
    let mut rest = value.trim_ascii();
    rest = rest.strip_prefix(b"PT").unwrap_or(rest);
    let mut total = 0f64;
    let mut parts = 0;
    while !rest.is_empty() && parts < 4 {
        let digits = rest
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-'))
            .count();
        let number: f64 = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        rest = &rest[digits..];
        let gap = rest.iter().take_while(|&&byte| byte == b' ').count();
        rest = &rest[gap..];
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
        let scale = if letters == 0 {
            if parts == 0 && unit > 0 { unit } else { return None }
        } else {
            unit_nanos(&rest[..letters].to_ascii_lowercase())?
        };
        rest = &rest[letters..];
        if !number.is_finite() || number < 0.0 {
            return None;
        }
        total += number * scale as f64;
        parts += 1;
    }
    // no transaction lasts a year
    (parts > 0 && total < 3.2e16).then_some(total.round() as u64)
}

/// The keys in a path: each part with a digit in it, under the part before.
pub(super) fn path_keys(found: &mut Found, path: &[u8]) {
    let mut before: &[u8] = b"path";
    for part in path.split(|&byte| byte == b'/').take(16) {
        if part.is_empty() {
            continue;
        }
        match shape_of(part) {
            Some(Shape::Word) | None => before = part,
            Some(shape) if part.len() == 2 && part[0] == b'v' => {
                let _ = shape;
            }
            Some(shape) => found.add_key(before, part, shape),
        }
    }
}

/// What a value looks like; `None` if it is no single word, or nothing that could tell records apart.
pub(super) fn shape_of(value: &[u8]) -> Option<Shape> {
    if value.is_empty() || value.len() > 128 {
        return None;
    }
    let (mut digits, mut letters, mut dots, mut others) = (0, 0, 0, 0);
    for &byte in value {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'a'..=b'z' | b'A'..=b'Z' => letters += 1,
            b'.' => dots += 1,
            b'-' | b'_' | b':' | b'#' | b'+' | b'=' | b'|' | b'~' => others += 1,
            b'/' | b'@' => others += 1,
            0x80.. => letters += 1,
            _ => return None,
        }
    }
    if digits == 0 {
        return (letters > 0 && dots <= 4).then_some(Shape::Word);
    }
    if value.len() == 36 && id::uuid(value).is_some() {
        return Some(Shape::Uuid);
    }
    if letters == 0 {
        return match (dots, others) {
            (0, 0) => Some(Shape::Number),
            (1, 0) => Some(Shape::Decimal),
            (0, 1) if value[0] == b'-' => Some(Shape::Number),
            _ => None,
        };
    }
    if value.len() >= 16 && digits + letters == value.len() && id::hex_digits(value) == value.len() {
        return Some(Shape::Hex);
    }
    (!value.starts_with(b"/")).then_some(Shape::Mixed)
}

/// Whether a value behind a general name (`trace`, `span`) looks like an id.
pub(super) fn looks_like_id(value: &[u8]) -> bool {
    let hex = id::hex_digits(value);
    hex == 16
        || hex == 32
        || id::uuid(value).is_some()
        || id::xray(value).is_some()
        || value.len() >= 17 && value.iter().all(u8::is_ascii_digit)
        || memchr::memmem::find(value, b"traces/").is_some()
        || header::traceparent(value).is_some()
}

/// Where the value of a pair stands.
#[derive(Clone, Copy, Debug)]
struct Value {
    start: usize,
    quote: Option<u8>,
    quoted: bool,
    colon: bool,
    equals: bool,
}

impl Value {
    /// First byte and one past the last byte of the value.
    fn extent(&self, text: &[u8], role: Role) -> (usize, usize) {
        let rest = &text[self.start..];
        let length = match self.quote {
            Some(quote) => rest.iter().position(|&byte| byte == quote || byte == b'\\' || byte == b'\n'),
            None if role == Role::SwCtx => memchr::memchr(b']', rest).map(|at| at + 1),
            None if matches!(role, Role::AmznTraceId | Role::XrayTraceId | Role::CloudTraceContext) => rest
                .iter()
                .position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'"' | b'\'' | b']' | b')' | b'}')),
            None if role == Role::NewRelic && rest.starts_with(b"{") => Some(rest.len()),
            // typographic quotes and brackets of other scripts end a value, letters do not
            None => rest.iter().position(|byte| {
                matches!(
                    byte,
                    b' ' | b'\t'
                        | b'\n'
                        | b'\r'
                        | b','
                        | b';'
                        | b')'
                        | b'}'
                        | b']'
                        | b'"'
                        | b'\''
                        | b'|'
                        | b'&'
                        | b'>'
                        | b'\\'
                )
            }),
        };
        let length = length.or(Some(rest.len())).map(|length| {
            let mark = rest[..length]
                .windows(2)
                .position(|two| matches!(two, [0xe2, 0x80] | [0xe3, 0x80] | [0xc2, 0xbb]));
            mark.unwrap_or(length)
        });
        (self.start, self.start + length.unwrap_or(rest.len()))
    }

    /// Where to go on behind a value that ends at `end`.
    fn next(&self, end: usize) -> usize {
        end + usize::from(self.quote.is_some())
    }
}

/// The value of a pair whose name ends at `at`: behind `=`, `:` or `=>`, quotes of the name and the value passed over.
#[inline]
fn value_after(text: &[u8], at: usize) -> Option<Value> {
    let mut next = at;
    let mut name_quoted = false;
    // closing quote of the name, maybe escaped
    while matches!(text.get(next), Some(b'"' | b'\'' | b'\\')) && next < at + 3 {
        next += 1;
        name_quoted = true;
    }
    if text.get(next) == Some(&b' ')
        && (name_quoted
            || matches!(text.get(next + 1), Some(b'=' | b':'))
                && matches!(text.get(next + 2), Some(b' ' | b'>')))
    {
        next += 1;
    }
    let mut separator = *text.get(next)?;
    if separator == b',' && name_quoted && matches!(text.get(next + 1..next + 3), Some([b' ', b'\'' | b'"']))
    {
        // Envoy writes headers as 'name', 'value'
        let name = text[..at].rsplit(|byte| matches!(byte, b'\'' | b'"')).next().unwrap_or_default();
        let known = names::lookup_name(NameHash::of(name), false).map(|known| known.role);
        let header = known.is_some_and(|role| !matches!(role, Role::Other | Role::Noise))
            || names::names_a_correlation(name);
        if header {
            separator = b':';
        }
    }
    let (colon, equals) = (separator == b':', separator == b'=');
    if !colon && !equals {
        return None;
    }
    next += 1;
    match text.get(next) {
        Some(b':' | b'/') if colon => return None,
        Some(b'>') if equals => next += 1,
        Some(b'=') => return None,
        _ => {}
    }
    let blanks = text[next..].iter().take_while(|&&byte| byte == b' ').count();
    if blanks > 3
        || equals && !name_quoted && blanks > 0 && text.get(at) != Some(&b' ') && text[next - 1] != b'>'
    {
        // "key= next=1": an empty value
        return Some(Value { start: next, quote: Some(b' '), quoted: false, colon, equals });
    }
    next += blanks;
    // Erlang's binaries
    if text[next.min(text.len())..].starts_with(b"<<\"") {
        next += 2;
    }
    // quotes of typography
    if matches!(
        text.get(next..next + 3),
        Some(b"\xe2\x80\x9c" | b"\xe2\x80\x98" | b"\xe2\x80\x9e" | b"\xc2\xab")
    ) {
        next += 3;
    }
    // Rust's Option, as {:?} prints it
    if text[next.min(text.len())..].starts_with(b"Some(") {
        next += 5;
    }
    let mut quoted = false;
    let mut quote = None;
    while matches!(text.get(next), Some(b'\\')) {
        next += 1;
    }
    if let Some(&found @ (b'"' | b'\'' | b'`')) = text.get(next) {
        quote = Some(found);
        quoted = true;
        next += 1;
    } else if text.get(next) == Some(&b'b') && matches!(text.get(next + 1), Some(b'\'' | b'"')) {
        // Python's bytes
        quote = text.get(next + 1).copied();
        quoted = true;
        next += 2;
    }
    Some(Value { start: next.min(text.len()), quote, quoted: quoted || name_quoted, colon, equals })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::At;
    use proptest::prelude::*;

    const T: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const S: &str = "00f067aa0ba902b7";

    fn found(text: &str) -> Found {
        let mut found = Found { ranks: [u8::MAX; 3], ..Found::default() };
        found.scan(text.as_bytes(), Region::Message);
        found
    }

    #[track_caller]
    fn check(text: &str, trace: Option<&str>, span: Option<&str>) {
        let found = found(text);
        let header = found.headers.first();
        let got_trace = found.trace.or(header.map(|header| header.trace)).map(|trace| trace.id.to_string());
        let got_span = found.span.or(header.and_then(|header| header.span)).map(|span| span.id.to_string());
        assert_eq!((got_trace.as_deref(), got_span.as_deref()), (trace, span), "{text}");
    }

    #[track_caller]
    fn keys(text: &str, expected: &[(&str, &str)]) {
        let found = found(text);
        let show = |at: At| String::from_utf8_lossy(at.of(&found.arena)).into_owned();
        let got: Vec<_> = found.keys.iter().map(|key| (show(key.name_text), show(key.value_text))).collect();
        let expected: Vec<_> =
            expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn named_ids_are_found_however_they_are_quoted() {
        for text in [
            format!("x trace_id={T} span_id={S} y"),
            format!("TraceID: {T} SpanID: {S} List products"),
            format!("event {{'type': 'A', 'trace_id': '{T}', 'span_id': '{S}', 'ok': None}}"),
            format!("payload={{\"orderId\":1,\"trace_id\":\"{T}\",\"span_id\":\"{S}\"}}"),
            format!("payload={{\\\"trace_id\\\": \\\"{T}\\\", \\\"span_id\\\": \\\"{S}\\\"}}"),
            format!("=> SpanId:{S}, TraceId:{T}, ParentId:e28d1ecccccf01b0"),
            format!("trace={T}/{S} parent=e28d1ecccccf01b0"),
            format!("(trace id {T}, span id {S})"),
        ] {
            check(&text, Some(T), Some(S));
        }
    }

    #[test]
    fn headers_are_found_with_or_without_a_name() {
        check(&format!("consumed 00-{T}-{S}-01 from shipments"), Some(T), Some(S));
        check(&format!("SELECT 1 /*db='x',traceparent='00-{T}-{S}-01'*/"), Some(T), Some(S));
        check(&format!("headers {{'b3': '{T}-{S}-1'}}"), Some(T), Some(S));
        check(&format!("HTTP_X_B3_TRACEID={T} HTTP_X_B3_SPANID={S}"), Some(T), Some(S));
        check(&format!("uber-trace-id: {T}:{S}:0:03"), Some(T), Some(S));
        check(&format!("[{T},{S}] <- order.placed"), Some(T), Some(S));
    }

    #[test]
    fn what_only_looks_like_an_id_is_none() {
        for text in [
            "deployed commit 2ce08771199d4c364d1de1ec2ff395d362b4fdd1",
            "etag 9e107d9d372bb6826bd81d3542a419d6 matched",
            "image orders@sha256:ba5250ce4cfb8708a98ebcf496b1b3cfcf6cc7fe8f6d4425150838af1dde5063",
            "Stack trace: see the attached file",
            "config trace=true span=false",
            "traceId: undefined, spanId: undefined",
            "trace_id=0 span_id=0",
            "customer 8242a861-8f99-45cf-a85a-66346c6f547c updated",
        ] {
            check(text, None, None);
        }
    }

    #[test]
    fn values_are_kept_under_the_name_or_word_before_them() {
        keys(
            "order ORD-179652 created for request req-23f1",
            &[("order", "ORD-179652"), ("request", "req-23f1")],
        );
        keys(
            "-> stock.reserved order=ORD-1 msg=e9670498-a2ce-43f3-9db2-7b20cbc960f8",
            &[("order", "ORD-1"), ("msg", "e9670498-a2ce-43f3-9db2-7b20cbc960f8")],
        );
        keys("status: ok; next: none", &[]);
        keys("published to topic orders partition 2", &[("partition", "2")]);
    }

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, nanos) in [
            ("reserved in 97 ms", 97_000_000),
            ("query took 1.5s", 1_500_000_000),
            ("duration_ms=12", 12_000_000),
            ("elapsed 250us", 250_000),
        ] {
            assert_eq!(found(text).duration, Some(nanos), "{text}");
        }
        assert_eq!(found("retrying in 500 ms").duration, None);
        assert_eq!(duration(b"2m3.5s", 0), Some(123_500_000_000));
        assert_eq!(duration(b"PT0.25S", 0), Some(250_000_000));
        assert_eq!(duration(b"abc", 1), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            for region in [Region::Header, Region::Message, Region::Ids] {
                let mut found = Found::default();
                found.scan(&text, region);
            }
        }

        #[test]
        fn any_text_around_an_id_is_survived(before in "[a-z =:\"'{}\\\\,]{0,30}", after in "[a-z =:\"'{}\\\\,]{0,30}") {
            let mut found = Found::default();
            found.scan(format!("{before}{T}{after}").as_bytes(), Region::Message);
        }
    }
}
