//! Values under the word before them.

use super::durations::{closes, done_before, ends_message, is_done, is_to_come, unit_nanos};
use super::requests::{METHODS, is_requests_column};
use super::{IN_TEXT, Region, looks_like_id, shape_of};
use crate::context::tape::{Own, Step};
use crate::context::{Found, Scheme, header, id};
use crate::model::Shape;
use crate::record::Role;

/// What may stand between a trace id and the span id behind it.
const JOINTS: &[u8] = b",/:|;~@# \t";

impl Found {
    /// A word with a digit in it and no name before an equals sign; gives where to go on.
    pub(super) fn word(
        &mut self,
        text: &[u8],
        (start, end, opens): (usize, usize, bool),
        before: Option<(usize, usize)>,
        region: Region,
    ) -> usize {
        let word = &text[start..end];
        if word.len() >= 55
            && let Some(header) = header::traceparent(word)
        {
            self.step(
                |tape| tape.part(word).map(|part| Step::Header(Role::Traceparent, part)),
                |found| found.add_header(header),
            );
            return end;
        }
        if word.len() > 49
            && word[32] == b'-'
            && matches!(word.get(49), Some(b'-'))
            && let Some(header) = header::b3(word)
        {
            self.step(
                |tape| tape.part(word).map(|part| Step::Header(Role::B3, part)),
                |found| found.add_header(header),
            );
            return end;
        }
        if word.len() == 32
            && text.get(end) == Some(&b'/')
            && let Some((length, true)) = header::cloud_form(&text[start..])
            && let Some(header) = header::cloud(&text[start..start + length])
        {
            // the lengths of its parts vary
            self.refuse();
            self.add_header(header);
            return start + length;
        }
        let name = before.map(|(from, to)| &text[from..to]);
        let facts = name.map(|name| self.facts.get(name));
        if word.len() == 36
            && region == Region::Header
            && is_requests_column(text, (start, end), false)
            && id::uuid(word).is_some_and(|bits| bits != 0)
        {
            self.refuse();
            self.add_id(b"request_id", word);
        }
        if word.len() == 36 && region == Region::Message && id::uuid(word).is_some_and(|bits| bits != 0) {
            self.bracketed_uuid(text, start, end);
            if (text[..start].ends_with(b" ") || text[..start].ends_with(b" \""))
                && memchr::memmem::find(&text[..start], b" HTTP/").is_some()
                || text[..start].ends_with(b" [")
                    && text[end..].starts_with(b"]: ")
                    && memchr::memmem::find(&text[end..], b" HTTP/").is_some()
            {
                // a line of an access log behind a logger's header
                self.add_id(b"request_id", word);
            } else if is_requests_column(text, (start, end), opens) {
                self.refuse();
                self.add_id(b"request_id", word);
            }
        }
        if word.len() == 40
            && word.starts_with(b"req-")
            && region == Region::Message
            && id::uuid(&word[4..]).is_some()
        {
            self.add_id(b"request_id", word);
        }
        let near = before.is_some_and(|(_, to)| {
            start - to <= 2
                && text[to..start]
                    .iter()
                    .all(|byte| matches!(byte, b' ' | b'#' | b'[' | b'(' | b'"' | b'\'' | b':'))
        });
        if text.get(end) == Some(&b':')
            && (near || word.len() >= MIN_TRACE)
            && let Some(next) = self.reported_span(text, start, name.filter(|_| near))
        {
            return next;
        }
        if word.len() == 35
            && word.starts_with(b"1-")
            && id::xray(word).is_some()
            && !facts.is_some_and(|facts| facts.digest)
        {
            return self.xray_id(text, start, end);
        }
        // "trace 4bf9…", "TraceID 4bf9…", "trace id 4bf9…"
        if let Some(name) =
            name.filter(|_| near || before.is_some_and(|before| points_at(text, before, start)))
            && let Some(known) = facts.and_then(|facts| facts.known)
            && matches!(known.role, Role::TraceId | Role::SpanId | Role::ParentId)
            && looks_like_id(word)
        {
            let of_parent =
                known.role == Role::SpanId && before.is_some_and(|(from, _)| is_parents(&text[..from]));
            self.text_context(if of_parent { Role::ParentId } else { known.role }, name, word);
            return self.span_behind(text, end);
        }
        // TRACE and SPAN side by side
        if word.len() >= 32 && id::exact_trace(&word[..32]).is_some() {
            let alone = word.len() == 32 && !text.get(end).is_some_and(u8::is_ascii_alphanumeric);
            let inside = id::trace_and_span(word).is_some();
            let behind = if inside {
                Some(&word[33..])
            } else if alone && text.get(end).is_some_and(|byte| JOINTS.contains(byte)) {
                let from = end + 1 + usize::from(text.get(end + 1) == Some(&b' '));
                text.get(from..from + 16)
                    .filter(|_| !text.get(from + 16).is_some_and(u8::is_ascii_alphanumeric))
            } else {
                None
            };
            // parts of a path
            let path = start > 0 && text[start - 1] == b'/'
                || text.get(end) == Some(&b'/')
                    && matches!(text.get(end + 17), Some(b'/' | b'.' | b'-' | b'_'));
            if let Some(behind) = behind.filter(|_| !path)
                && id::exact_span(behind).is_some()
                && !facts.is_some_and(|facts| facts.digest)
            {
                self.exact(Own::Trace, IN_TEXT + 60, Scheme::Sleuth, &word[..32]);
                self.exact(Own::Span, IN_TEXT + 60, Scheme::Sleuth, behind);
                let next = if inside { end } else { end + 17 };
                return self.linking(text, start, next);
            }
            if alone && links_to_trace(&text[..start]) {
                self.exact(Own::Trace, super::LINKED, Scheme::Plain, word);
                return end;
            }
        }
        if word.len() >= 20 && word[0].is_ascii_uppercase() {
            self.tagged_word(word);
        }
        if region == Region::Message {
            self.text_request(text, start);
            if let Some(name) = name {
                if near && facts.is_some_and(|facts| facts.correlation) && shape_of(word).is_some() {
                    self.add_id(name, word);
                } else if near && word.len() == 36 && is_thing(name) && id::uuid(word).is_some() {
                    // "job UUID", "message UUID"
                    let name = [&name.to_ascii_lowercase(), &b"_id"[..]].concat();
                    self.add_id(&name, word);
                }
            }
            if near && name.is_some_and(says_id) && matches!(shape_of(word), Some(Shape::Uuid | Shape::Hex)) {
                self.id_of_thing(text, start, end);
            }
            self.measure(text, start, end, before);
            if let Some(shape) = shape_of(word).filter(|_| !is_length(word)) {
                let name = name.filter(|name| name.len() >= 2).unwrap_or(b"value");
                let (facts, index) = self.facts.find(name);
                if !facts.digest {
                    self.add_known_key(name, (&facts, index), word, shape);
                }
            }
        }
        end
    }

    /// `1-5759e988-bd862e3fe1be46a994272793`, which is nothing but a trace of X-Ray, and its segment in `TRACE@SEGMENT`;
    /// gives where to go on.
    fn xray_id(&mut self, text: &[u8], start: usize, end: usize) -> usize {
        self.refuse();
        self.trace_value(IN_TEXT, b"trace_id", &text[start..end]);
        let segment = text.get(end + 1..end + 17).filter(|_| text[end] == b'@').and_then(id::exact_span);
        match segment.filter(|_| !text.get(end + 17).is_some_and(u8::is_ascii_alphanumeric)) {
            Some(span) => {
                self.set_span(IN_TEXT, span);
                end + 17
            }
            None => end,
        }
    }

    /// `Reporting span TRACE:SPAN:PARENT:FLAGS` of Jaeger's clients, or such a context alone, if its trace is long enough to be
    /// nothing else; gives where to go on.
    fn reported_span(&mut self, text: &[u8], start: usize, name: Option<&[u8]>) -> Option<usize> {
        let length =
            text[start..].iter().take_while(|byte| byte.is_ascii_hexdigit() || **byte == b':').count();
        let context = &text[start..start + length];
        let trace = context.iter().take_while(|byte| **byte != b':').count();
        let named = name.is_some_and(|name| {
            name.eq_ignore_ascii_case(b"span")
                || name.eq_ignore_ascii_case(b"trace")
                || name.ends_with(b"ontext")
        });
        let told = (named || trace >= MIN_TRACE)
            && context.iter().filter(|byte| **byte == b':').count() == 3
            && !text.get(start + length).is_some_and(u8::is_ascii_alphanumeric);
        if !told {
            return None;
        }
        // leading zeros are left out, so that the lengths of its parts tell nothing
        self.refuse();
        self.text_context(Role::UberTraceId, name.unwrap_or_default(), context).then_some(start + length)
    }

    /// `JID-aca9134a8afe7d0a19344805`: an id behind its name in capitals.
    fn tagged_word(&mut self, word: &[u8]) {
        let Some(dash) = memchr::memchr(b'-', word) else { return };
        let (name, rest) = (&word[..dash], &word[dash + 1..]);
        if name.iter().all(u8::is_ascii_uppercase)
            && matches!(shape_of(rest), Some(Shape::Hex | Shape::Uuid))
            && self.facts.get(name).correlation
        {
            self.add_id(name, rest);
        }
    }

    /// `message … with id X`: the id of the thing named last before it.
    pub(super) fn id_of_thing(&mut self, text: &[u8], start: usize, end: usize) {
        let thing = text[..start].rsplit(|byte| !byte.is_ascii_alphabetic()).find(|word| is_thing(word));
        if let Some(thing) = thing {
            let name = [&thing.to_ascii_lowercase(), &b"_id"[..]].concat();
            self.add_id(&name, &text[start..end]);
        }
    }

    /// `tasks.charge[UUID]`: Celery's task and its id (celery.app.log, `worker_task_log_format`).
    pub(super) fn bracketed_uuid(&mut self, text: &[u8], start: usize, end: usize) {
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

    /// `NR-LINKING|entity.guid|hostname|TRACE|SPAN|entity.name|`: the entity, which is the service, behind the ids; gives where to
    /// go on. Source: New Relic's agents, "Logs in context", decorated logs.
    fn linking(&mut self, text: &[u8], start: usize, end: usize) -> usize {
        let name = text[end..].strip_prefix(b"|").and_then(|rest| {
            let length = memchr::memchr(b'|', &rest[..rest.len().min(MAX_ENTITY)])?;
            Some(&rest[..length]).filter(|name| !name.is_empty() && !name.contains(&b'%'))
        });
        let Some(name) = name.filter(|_| is_linking(&text[..start])) else { return end };
        if self.service.is_none() {
            self.step(
                |tape| tape.part(name).map(Step::Service),
                |found| found.service = Some(found.keep(name)),
            );
        }
        end + 1 + name.len()
    }

    /// A span id that stands right behind a trace id: `TRACE/SPAN`.
    pub(super) fn span_behind(&mut self, text: &[u8], end: usize) -> usize {
        if text.get(end).is_some_and(|byte| JOINTS.contains(byte))
            && !text.get(end + 17).is_some_and(u8::is_ascii_alphanumeric)
            && self.span.is_none()
            && let Some(behind) = text.get(end + 1..end + 17)
            && id::exact_span(behind).is_some()
        {
            self.exact(Own::Span, IN_TEXT, Scheme::Plain, behind);
            return end + 17;
        }
        end
    }

    /// `done in 125 ms`, `took 44699 ms`, `(0.3s)`: a duration by its unit and the word before.
    pub(super) fn measure(&mut self, text: &[u8], start: usize, end: usize, before: Option<(usize, usize)>) {
        if self.duration.is_some() && !self.no_unit {
            return;
        }
        let word = &text[start..end];
        let digits = decimals(word);
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
        let behind = &text[start + (unit.as_ptr_range().end as usize - word.as_ptr() as usize)..];
        let message = self.body.min(start);
        let said = |to: usize| &text[message.min(to)..to];
        let told = before.is_some_and(|(from, to)| {
            let name = &text[from..to];
            name.eq_ignore_ascii_case(b"took")
                || name.eq_ignore_ascii_case(b"elapsed")
                || name.eq_ignore_ascii_case(b"duration")
                || name == b"in" && (done_before(said(from)) || self.came_to(said(from)))
                || name == b"after" && done_before(said(from))
        });
        // whole seconds are more often waited for than taken
        let fine = scale < 1_000_000_000 || scale == 1_000_000_000 && word[..digits].contains(&b'.');
        let own = || (is_done(said(start)) || ends_message(said(start), behind)) && !is_to_come(said(start));
        if told || self.answered(said(start)) || closes(said(start), behind) || fine && own() {
            self.text_duration(&word[..digits], scale);
        } else if scale == 1_000_000_000 && self.method.is_some() {
            // behind other statuses it may be one
            self.refuse();
        }
    }

    /// Whether what stands before "in" is what a request or a step came to: `GET /orders/7 -> paid in`, `claim 7 => clear in`.
    fn came_to(&self, before: &[u8]) -> bool {
        let arrow =
            || [&b"-> "[..], b"=> "].iter().any(|arrow| memchr::memmem::find(before, arrow).is_some());
        let last = before.trim_ascii_end().rsplit(|byte| *byte == b' ').next().unwrap_or_default();
        (self.method.is_some() && last.contains(&b'/') || arrow()) && !is_to_come(before)
    }
}

/// Longer names are no entity's.
const MAX_ENTITY: usize = 80;

/// Whether a text ends in `NR-LINKING|entity.guid|hostname|`.
fn is_linking(before: &[u8]) -> bool {
    let mut parts = before.rsplit(|byte| *byte == b'|');
    parts.next().is_some_and(<[u8]>::is_empty)
        && parts.nth(2).is_some_and(|mark| mark.ends_with(b"NR-LINKING"))
}

/// Whether a text ends in a link to the page of a trace (`http://jaeger:16686/trace/`), which nobody asks for in this line.
fn links_to_trace(before: &[u8]) -> bool {
    let Some(address) = before.strip_suffix(b"/trace/") else { return false };
    let begins =
        address.iter().rposition(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'(' | b'<' | b'='));
    let (words, link) = address.split_at(begins.map_or(0, |at| at + 1));
    let words = words.trim_ascii_end();
    let asked = METHODS.iter().any(|method| words.ends_with(method));
    !asked && (link.starts_with(b"http://") || link.starts_with(b"https://"))
}

/// How many bytes of a word are the number that it begins with.
fn decimals(word: &[u8]) -> usize {
    word.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count()
}

/// Whether a word is a length of time: `809ms`.
fn is_length(word: &[u8]) -> bool {
    let digits = decimals(word);
    digits > 0 && unit_nanos(&word[digits..]).is_some()
}

/// Whether a name is "id", or ends in it as a word of its own.
fn says_id(name: &[u8]) -> bool {
    let before = name.len().wrapping_sub(2);
    name.get(before..).is_some_and(|last| last.eq_ignore_ascii_case(b"id"))
        && (before == 0 || name[before - 1] == b' ')
}

/// Shorter numbers before a colon may be an address.
const MIN_TRACE: usize = 13;

/// Whether only an arrow, a slash or the like stands between a name and a value: `traceId -> 4bf9…`, `trace/4bf9…`.
fn points_at(text: &[u8], (from, to): (usize, usize), start: usize) -> bool {
    let between = text[to..start].trim_ascii();
    let in_path = from > 0 && text[from - 1] == b'/';
    match between {
        b"->" | b"=>" | b"-" | b"=" | b"{" | b"<" => true,
        b"/" => !in_path && start - to == 1,
        _ => false,
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

/// Whether what is named next is the parent's: `parent span 54807cbe10727ea4`, `from span …`, `caused by span …`.
fn is_parents(before: &[u8]) -> bool {
    const WORDS: [&[u8]; 6] = [b"parent", b"from", b"by", b"caller", b"calling", b"sending"];
    let before = before.trim_ascii_end();
    let start = before.iter().rposition(|byte| !byte.is_ascii_alphabetic()).map_or(0, |at| at + 1);
    WORDS.iter().any(|word| before[start..].eq_ignore_ascii_case(word))
}
