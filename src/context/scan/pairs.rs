//! Named values in a text.

use super::value::Value;
use super::{
    IN_TEXT, Region, duration, is_id_of, is_unique, is_work, looks_like_id, names_some_id, path_keys,
    shape_of,
};
use crate::context::pairing::{says_span, says_trace};
use crate::context::tape::{Own, Step};
use crate::context::{Facts, Found, Scheme, header, id};
use crate::model::Shape;
use crate::record::{NameHash, Role, WEAK_SERVICE, names};

impl Found {
    /// A pair; gives where to go on, or `None` if it is to be read as words.
    pub(super) fn pair(
        &mut self,
        text: &[u8],
        start: usize,
        end: usize,
        value: Value,
        region: Region,
    ) -> Option<usize> {
        let name = &text[start..end];
        // brackets of other scripts count as letters
        let name = &name[name.iter().take_while(|byte| !byte.is_ascii()).count()..];
        let facts = self.facts.get(name);
        let Facts { hash, known, named, .. } = facts;
        self.named(name, &facts);
        if value.quoted && value.equals && in_a_tag(text, start) && facts.id && !facts.correlation {
            return Some(value.start);
        }
        let mut role = known.map_or(Role::Other, |known| known.role);
        let (mut from, mut to) = value.extent(text, role);
        let of_trace = name == b"id" && self.trace.is_some() && is_behind_trace(&text[..start]);
        if of_trace && id::exact_span(&text[from..to]).is_some() {
            // "span{trace=… id=…}"
            role = Role::SpanId;
        }
        if text[from..to].first() == Some(&b'[') && role != Role::SwCtx {
            // Java prints the values of a header as a list
            from += 1;
            let inside = &text[from..to.max(from)];
            if matches!(role, Role::Other | Role::Level | Role::Noise | Role::Message | Role::Exception)
                && memchr::memchr2(b':', b'=', inside)
                    .is_some_and(|at| names::known(&inside[..at], true).is_some())
            {
                // "WARNING: [traceId:…]": a group of its own
                return Some(from);
            }
            from += usize::from(matches!(text.get(from), Some(b'"' | b'\'')));
            to = from
                + text[from..]
                    .iter()
                    .position(|byte| matches!(byte, b']' | b',' | b' ' | b'"' | b'\''))
                    .unwrap_or(text.len() - from);
            if text[from..to].contains(&b'(') {
                // "headers = [RecordHeader(key = …": a list of printed objects
                return Some(from);
            }
            let more = text[to..].iter().find(|byte| !matches!(byte, b'"' | b'\'')) == Some(&b',');
            if more && role == Role::Other {
                // a list of several values is no id of the record, but each may tie it to others
                if region == Region::Message
                    && let Some(shape) = shape_of(&text[from..to])
                {
                    self.add_key(name, &text[from..to], shape);
                }
                return Some(to);
            }
        }
        let hierarchical = text.get(from) == Some(&b'|') && hash == NameHash::of(b"requestid");
        if hierarchical {
            to = from
                + text[from..]
                    .iter()
                    .position(|byte| matches!(byte, b' ' | b'"' | b'\'' | b','))
                    .unwrap_or(text.len() - from);
            let value = &text[from..to];
            if let Some(header) = header::request_id(value) {
                self.step(
                    |tape| tape.part(value).map(|part| Step::Header(Role::RequestIdHeader, part)),
                    |found| found.add_header(header),
                );
                return Some(to);
            }
        }
        let bytes = &text[from..to];
        self.same_length(bytes);
        if value.quoted
            && bytes.contains(&b' ')
            && matches!(
                role,
                Role::Other | Role::Noise | Role::Message | Role::Operation | Role::Peer | Role::Caller
            )
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
            && memchr::memchr(b'=', bytes).is_some_and(|at| {
                at > 0 && (!bytes[..at].contains(&b'-') || names::names_an_id(&bytes[..at]))
            })
            && !may_hold_equals(role)
        {
            // "took 5 ms: trace_id=…": the colon ends a phrase
            return None;
        }
        if role != Role::TraceId
            && id::exact_trace(bytes).is_some_and(|_| bytes.len() == 32)
            && text.get(to) == Some(&b' ')
            && text.get(to + 1..to + 17).and_then(id::exact_span).is_some()
        {
            // "'message' : TRACE SPAN [scope]" of OpenTelemetry Java: by their place, not by the word before
            return None;
        }
        if bytes.len() == 32
            && !matches!(role, Role::TraceId | Role::B3TraceId | Role::DatadogTraceId | Role::Id)
            && let Some(next) = self.short_pair(text, name, (from, to))
        {
            return Some(next);
        }
        if !value.quoted && printed_object(bytes).is_some_and(|_| may_be_an_object(role)) {
            // "spanContext=SpanContext{traceId=…"
            return Some(from + printed_object(bytes).unwrap_or_default());
        }
        if value.colon
            && !value.quoted
            && bytes.len() > 38
            && bytes[bytes.len() - 37] == b'['
            && id::uuid(&bytes[bytes.len() - 36..]).is_some()
        {
            // "task: name[UUID]"
            return None;
        }
        if bytes.is_empty() {
            if role == Role::ParentId {
                self.step(|_| Some(Step::Root), |found| found.root = true);
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
        if role == Role::Other && !facts.digest && id::trace_and_span(bytes).is_some() {
            // "otel=TRACE:SPAN"
            self.trace_and_span(IN_TEXT + 60, bytes);
            return Some(value.next(to));
        }
        if self.text_context(role, name, bytes) {
            // "trace=TRACE,SPAN"
            let behind = if role == Role::TraceId { self.span_behind(text, to) } else { to };
            return Some(if behind > to { behind } else { value.next(to) });
        }
        // Java prints "key = NAME, value = [48, …]", Go "Key:NAME Value:[48 …]"
        if name.eq_ignore_ascii_case(b"key")
            && memchr::memmem::find(&text[to..text.len().min(to + 12)], b"alue").is_some()
            && let Some(next) = self.record_header(text, (from, to), 16)
        {
            return Some(next);
        }
        if named && region != Region::Ids {
            self.text_key(name, bytes, Region::Message);
        }
        match role {
            Role::Service
                if region != Region::Ids
                    && known.is_some_and(|known| {
                        // "service=…" stands for one in a header; in a message it may be another's
                        let header = region == Region::Header && value.equals;
                        !known.top_only || header && known.rank < WEAK_SERVICE
                    }) =>
            {
                if self.service.is_none() && bytes.len() <= 80 && !id::is_absent(bytes) {
                    self.step(
                        |tape| tape.part(bytes).map(Step::Service),
                        |found| found.service = Some(found.keep(bytes)),
                    );
                }
                return Some(value.next(to));
            }
            Role::DurationNanos => self.text_duration(bytes, 1),
            Role::DurationMicros => self.text_duration(bytes, 1_000),
            Role::DurationMillis => self.text_duration(bytes, 1_000_000),
            Role::DurationSeconds => self.text_duration(bytes, 1_000_000_000),
            Role::Duration => self.text_duration(bytes, 0),
            Role::Topic | Role::Event if region == Region::Message && is_id_of(role, bytes) => {
                self.text_key(name, bytes, region);
            }
            Role::Topic
                if region != Region::Ids && self.topic.is_none() && bytes.len() <= 128 && value.equals =>
            {
                self.step(
                    |tape| tape.part(bytes).map(Step::Topic),
                    |found| found.topic = Some(found.keep(bytes)),
                );
            }
            Role::Event if region != Region::Ids && value.equals => {
                self.step(|tape| tape.part(bytes).map(Step::Event), |found| found.event_kind(bytes));
            }
            Role::Status if region == Region::Message => {
                self.text_status(bytes);
            }
            Role::Route if region == Region::Message && bytes.starts_with(b"/") => {
                path_keys(self, crate::context::fields::path_of(bytes))
            }
            Role::Other
            | Role::Id
            | Role::Noise
            | Role::Peer
            | Role::Caller
            | Role::Operation
            | Role::Message
            | Role::Service => {
                if bytes.starts_with(b"{") || bytes.starts_with(b"[") || bytes.starts_with(b"(") {
                    return Some(from);
                }
                if value.colon
                    && name.contains(&b'.')
                    && !facts.id
                    && id::uuid(bytes).is_some_and(|bits| bits != 0)
                {
                    // Huey: "Executing tasks.charge: UUID"
                    self.add_id(b"task_id", bytes);
                }
                if value.colon
                    && !value.quoted
                    && !named
                    && shape_of(bytes).is_none_or(|shape| shape == Shape::Word)
                {
                    // "status: ok", "user: see …": prose
                    return None;
                }
                if name.len() == 2 && name.eq_ignore_ascii_case(b"id") && is_unique(bytes) {
                    // "at node (ID: …"
                    let before = text[..start].trim_ascii_end();
                    let before = before.strip_suffix(b"(").unwrap_or(before).trim_ascii_end();
                    let word = before.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
                    if names::names_a_lasting_thing(word) || names::names_machinery(word, b"") {
                        return Some(value.next(to));
                    }
                }
                self.text_key(name, bytes, region);
            }
            Role::Thread if region == Region::Message && is_work(name) && is_id_of(role, bytes) => {
                self.text_key(name, bytes, region);
            }
            Role::Thread | Role::Logger | Role::Kind | Role::Instance => {
                self.text_header(bytes);
            }
            _ => {}
        }
        Some(value.next(to))
    }

    /// `t=TRACE s=SPAN`, `[trc:TRACE, spn:SPAN]`: two values beside each other whose names shorten what they are.
    fn short_pair(&mut self, text: &[u8], name: &[u8], (from, to): (usize, usize)) -> Option<usize> {
        let between =
            |byte: &u8| matches!(byte, b' ' | b',' | b';' | b'|' | b'/' | b'"' | b'\'' | b']' | b'[');
        id::exact_trace(&text[from..to]).filter(|_| says_trace(name))?;
        let start = to + text[to..].iter().take(4).take_while(|byte| between(byte)).count();
        let length = text[start..].iter().take(16).take_while(|byte| is_of_a_name(**byte)).count();
        let span_name = &text[start..start + length];
        text.get(start + length).filter(|byte| matches!(byte, b'=' | b':'))?;
        let at = start + length + 1;
        let at =
            at + text[at..].iter().take(2).take_while(|byte| matches!(byte, b' ' | b'"' | b'\'')).count();
        let span = text.get(at..at + 16).filter(|_| says_span(span_name))?;
        if id::exact_span(span).is_none() || text.get(at + 16).is_some_and(u8::is_ascii_alphanumeric) {
            return None;
        }
        self.exact(Own::Trace, IN_TEXT, Scheme::Plain, &text[from..to]);
        self.exact(Own::Span, IN_TEXT, Scheme::Plain, span);
        Some(at + 16)
    }

    /// Trace context under a name; `true` if the role is of that kind.
    pub(in crate::context) fn text_context(&mut self, role: Role, name: &[u8], value: &[u8]) -> bool {
        let (rank, text) = (IN_TEXT, true);
        let told = self.step(
            |tape| Some(Step::Context { role, rank, name: tape.part(name)?, value: tape.part(value)?, text }),
            |found| {
                match role {
                    Role::TraceId => found.trace_value(IN_TEXT, name, value),
                    Role::SpanId => found.span_value(IN_TEXT, name, value),
                    Role::ParentId => found.parent_value(IN_TEXT, value),
                    _ => return found.context(role, IN_TEXT, name, value, false),
                }
                true
            },
        );
        if !told {
            self.untold();
        }
        told
    }

    /// Whether a value is a status.
    pub(in crate::context) fn text_status(&mut self, value: &[u8]) -> bool {
        let number = std::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse().ok())
            .filter(|number| (100..600).contains(number));
        self.step(|tape| tape.part(value).map(Step::Status), |found| found.status = found.status.or(number));
        number.is_some()
    }

    /// A propagation header under whatever name.
    fn text_header(&mut self, value: &[u8]) -> bool {
        let Some((role, header)) = header::of_any_name(value) else { return false };
        if role != Role::Traceparent {
            // the lengths of its parts vary
            self.refuse();
        }
        self.step(
            |tape| tape.part(value).map(|part| Step::Header(role, part)),
            |found| found.add_header(header),
        );
        true
    }

    pub(super) fn text_key(&mut self, name: &[u8], value: &[u8], region: Region) {
        let (facts, index) = self.facts.find(name);
        let Facts { digest, correlation, id: named_id, machinery, lasting, .. } = facts;
        if digest || id::looks_like_digest(value) || id::is_absent(value) {
            return;
        }
        if self.text_header(value) {
            return;
        }
        if value.len() == 32
            && !value.iter().all(u8::is_ascii_digit)
            && names_some_trace(name)
            && self.exact(Own::Trace, IN_TEXT + 20, Scheme::Plain, value)
        {
            return;
        }
        let is_id = correlation
            || named_id && name.len() > 2 && !machinery
            // Apache's "uid" is a request's, whatever the system calls so
            || names_some_id(name, value) && !(machinery && name.len() > 3)
            || names_a_request(name) && shape_of(value) == Some(Shape::Uuid);
        let thing = lasting || name.eq_ignore_ascii_case(b"uuid") || name.eq_ignore_ascii_case(b"guid");
        if is_id
            && !(thing && is_unique(value))
            && region != Region::Ids
            && !value.contains(&b' ')
            && (facts.named || !self.tells_nothing(name, value))
        {
            self.add_id(name, value.strip_suffix(b":").unwrap_or(value));
        }
        if region == Region::Message
            && let Some(shape) = shape_of(value)
        {
            self.add_known_key(name, (&facts, index), value, shape);
        }
    }

    /// `RecordHeader(key = traceparent, value = [48, 48, 45, …])`: a Kafka header as Java prints it; gives where to go on.
    pub(super) fn record_header(
        &mut self,
        text: &[u8],
        name: (usize, usize),
        within: usize,
    ) -> Option<usize> {
        self.refuse();
        let rest = &text[name.1..];
        let open = name.1 + memchr::memchr(b'[', &rest[..rest.len().min(within)])?;
        if ![&b"value"[..], b"Value", b"Buffer"]
            .iter()
            .any(|word| memchr::memmem::find(&text[name.1..open], word).is_some())
        {
            return None;
        }
        let close = open + memchr::memchr(b']', &text[open..])?;
        let mut bytes = Vec::new();
        let numbers = text[open + 1..close].split(|byte| matches!(byte, b',' | b' '));
        for number in numbers.filter(|number| !number.is_empty()).take(512) {
            bytes.push(std::str::from_utf8(number.trim_ascii()).ok()?.parse::<i16>().ok()? as u8);
        }
        let name = &text[name.0..name.1];
        let role = names::lookup_name(NameHash::of(name), true).map_or(Role::Other, |known| known.role);
        if !self.text_context(role, name, &bytes) {
            self.text_key(name, &bytes, Region::Message);
        }
        Some(close + 1)
    }

    pub(in crate::context) fn text_duration(&mut self, value: &[u8], unit: u64) {
        // "150ms" names its unit
        let named = value.trim_ascii_end().last().is_some_and(u8::is_ascii_alphabetic);
        let unit = if unit == super::NO_UNIT && named { 1 } else { unit };
        if self.duration.is_none() || self.no_unit && unit != super::NO_UNIT {
            self.step(
                |tape| tape.part(value).map(|part| Step::Duration(part, unit)),
                |found| {
                    if let Some(told) = duration(value, unit) {
                        (found.duration, found.no_unit) = (Some(told), unit == super::NO_UNIT);
                    }
                },
            );
        }
    }
}

/// Whether a named trace id stands right before what follows a text.
fn is_behind_trace(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let digits = before.len().saturating_sub(32);
    let (name, value) = before.split_at(digits);
    matches!(name.last(), Some(b'=' | b':')) && id::exact_trace(value).is_some()
}

/// `MdcTrace`, `app-trace`: a name that ends in the word, of no trace but this record's.
fn names_some_trace(name: &[u8]) -> bool {
    const NOT: [&[u8]; 2] = [b"stack", b"back"];
    let Some((before, word)) = name.len().checked_sub(5).map(|at| name.split_at(at)) else { return false };
    word.eq_ignore_ascii_case(b"trace")
        && !names::names_others(name)
        && !NOT.iter().any(|not| before.len() >= not.len() && before[..not.len()].eq_ignore_ascii_case(not))
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Whether an attribute of markup stands here: `<span id="price">`.
fn in_a_tag(text: &[u8], at: usize) -> bool {
    /// A tag opens within so many bytes.
    const WITHIN: usize = 96;
    let near = &text[at.saturating_sub(WITHIN)..at];
    memchr::memrchr(b'<', near).is_some_and(|open| {
        near.get(open + 1).is_some_and(u8::is_ascii_lowercase) && !near[open..].contains(&b'>')
    })
}

/// Whether values of this role may hold an equals sign.
fn may_hold_equals(role: Role) -> bool {
    matches!(
        role,
        Role::AmznTraceId
            | Role::XrayTraceId
            | Role::CloudTraceContext
            | Role::GrpcTraceBin
            | Role::NewRelic
            | Role::Baggage
            | Role::Sw8
    )
}

/// Whether a value of this role may be printed as an object.
fn may_be_an_object(role: Role) -> bool {
    use Role::{Caller, Instance, Logger, Message, Noise, Operation, Other, Peer, Service, Thread};
    matches!(role, Other | Noise | Thread | Operation | Message | Peer | Caller | Service | Instance | Logger)
}

/// One past the brace that opens the members of an object behind the name of its type: `Context{id=1`, `Context(id=1`.
fn printed_object(value: &[u8]) -> Option<usize> {
    let open = value.iter().position(|byte| matches!(byte, b'{' | b'(' | b'['))?;
    let named = open > 0
        && value[..open].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
    let member = memchr::memchr2(b'=', b':', &value[open..]).is_some_and(|at| at > 1);
    (named && value[..open].iter().any(u8::is_ascii_alphabetic) && member).then_some(open + 1)
}

/// Whether a UUID under this name is an id although nothing in the name says so: `req`, `vcap_request`.
fn names_a_request(name: &[u8]) -> bool {
    let last = name.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or(name);
    [&b"req"[..], b"request", b"transaction", b"txn", b"corr", b"correlation", b"rqid", b"rid", b"cid"]
        .iter()
        .any(|word| last.eq_ignore_ascii_case(word))
}
