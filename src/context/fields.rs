//! Context and keys in the fields of a structured layer.

use super::facts::Facts;
use super::scan::{NO_UNIT, Region, folder_keys, path_keys, shape_of};
use super::tape::Step;
use super::{Found, header, id};
use crate::model::{Shape, SpanKind};
use crate::record::statement::is_statement;
use crate::record::{At, Field, Format, Layer, NameHash, Role, Writing, access, names, timestamp};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Names of this rank and above are general words.
pub(super) const GENERAL: u8 = 32;

/// Texts shorter than this hold no header; longer ones are searched for one.
pub(super) const MIN_HEADER: usize = 40;

/// Begins a trace id in New Relic's header.
static NEW_RELIC: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"\"tr\":"));
/// More values than this in one list are none that one record is about.
const MAX_LISTED: usize = 256;
/// Names the type of bytes that Node prints.
static BUFFER: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"\"Buffer\""));

impl Found {
    /// Reads one layer: its fields, then the groups and free parts of a text.
    pub(super) fn layer(&mut self, layer: &Layer<'_>) {
        let mut scratch = std::mem::take(&mut self.scratch);
        for field in &layer.draft.fields {
            let value = field.value.of(layer.text);
            match field.writing {
                Writing::Null => self.absent(field.role, layer.name(field)),
                Writing::Bool => {}
                Writing::Escaped | Writing::Doubled => {
                    scratch.clear();
                    field.writing.decode(value, &mut scratch);
                    self.field(layer, field, &scratch);
                }
                Writing::Plain | Writing::Number => self.field(layer, field, value),
            }
        }
        self.paired(layer);
        let quotes = memchr::memchr(b'"', layer.text).is_some();
        if quotes && NEW_RELIC.find(layer.text).is_some() {
            let payload =
                memchr::memchr(b'{', layer.text).and_then(|open| header::newrelic(&layer.text[open..]));
            if let Some(header) = payload {
                self.add_header(header);
            }
            self.refuse();
        }
        if quotes && BUFFER.find(layer.text).is_some() {
            // Node's buffers hold header values as lists of bytes
            self.refuse();
            self.scan(layer.text, Region::Ids);
        }
        self.chain(layer);
        self.groups(layer);
        if layer.format == Format::Access {
            self.quoted_uuid(layer);
        }
        let message = layer.draft.message;
        if !matches!(layer.format, Format::Syslog | Format::Export | Format::Journald | Format::Docker)
            || message.is_some()
        {
            self.free(layer, message, &mut scratch);
        }
        self.scratch = scratch;
    }

    /// The free parts of a text, and the message of a structured record.
    fn free(&mut self, layer: &Layer<'_>, message: Option<(At, Writing)>, scratch: &mut Vec<u8>) {
        let draft = layer.draft;
        if draft.free.is_empty() {
            if let Some((at, writing)) = message {
                let text = at.of(layer.text);
                if writing.is_coded() {
                    scratch.clear();
                    writing.decode(text, scratch);
                    self.scan(scratch, Region::Message);
                } else {
                    self.scan(text, Region::Message);
                }
            }
            return;
        }
        for part in &draft.free {
            // the header before the message holds named ids only, its other numbers are no keys
            let start = message.map_or(part.start as usize, |(at, _)| at.start as usize);
            let body =
                if layer.format == Format::Access { 0 } else { start.saturating_sub(part.start as usize) };
            self.scan_parts(part.of(layer.text), body);
        }
    }

    /// An id that is stated to be none.
    fn absent(&mut self, role: Role, name: &[u8]) {
        let parent = matches!(role, Role::ParentId | Role::B3ParentId | Role::DatadogParentId);
        // as the SDKs of OpenTelemetry call what a span keeps of its parent
        if parent || role == Role::Other && NameHash::of(name) == NameHash::of(b"parentspancontext") {
            self.step(|_| Some(Step::Root), |found| found.root = true);
        }
    }

    pub(super) fn field(&mut self, layer: &Layer<'_>, field: &Field, value: &[u8]) {
        let otlp = layer.format == Format::OtlpLogs;
        let name = layer.name(field);
        if self.context(field.role, field.rank, name, value, otlp) {
            return;
        }
        // with a dash it is B3's header, which is looked for under any name
        let joined = field.role == Role::Other && value.get(32) != Some(&b'-');
        if joined && id::trace_and_span(value).is_some() && !self.facts.get(name).digest {
            self.trace_and_span(GENERAL, value);
            return;
        }
        if name.eq_ignore_ascii_case(b"id")
            && field.top
            && let Some(span) = id::exact_span(value)
        {
            self.refuse();
            self.own_id = Some(span.id);
            self.is_operation = is_operation(layer);
        }
        if self.facts.any_named() && self.facts.get(name).named {
            self.key_field(layer, field, name, value);
        }
        match field.role {
            Role::Kind
            | Role::Operation
            | Role::Topic
            | Role::Event
            | Role::Method
            | Role::Peer
            | Role::Caller
            | Role::Database
            | Role::Exception
            | Role::Message => {
                // the message itself is searched as a text
                if matches!(field.role, Role::Message | Role::Event)
                    && layer.draft.message.is_some_and(|(at, _)| at == field.value)
                {
                    return;
                }
                if super::scan::is_id_of(field.role, value) {
                    return self.key_field(layer, field, name, value);
                }
                self.described_in_step(layer, field, name, value);
            }
            Role::Other if may_state(field, name) => self.described_in_step(layer, field, name, value),
            // `"task":"TSK-57666"` is work, and who does it
            Role::Thread if super::scan::is_work(name) && super::scan::is_id_of(field.role, value) => {
                self.key_field(layer, field, name, value);
            }
            _ => self.described(layer, field, name, value),
        }
    }

    /// A field of which it hangs on the value what it tells: it is looked at anew in each line.
    fn described_in_step(&mut self, layer: &Layer<'_>, field: &Field, name: &[u8], value: &[u8]) {
        let parent = container(layer, field);
        self.step(
            |tape| Step::field(tape, field, [name, parent, value]),
            |found| found.described(layer, field, name, value),
        );
    }

    /// A field that carries no trace context.
    fn described(&mut self, layer: &Layer<'_>, field: &Field, name: &[u8], value: &[u8]) {
        if is_of_program(field.role, container(layer, field)) {
            return;
        }
        match field.role {
            Role::DurationMillis | Role::DurationSeconds | Role::Duration if timestamp::is_moment(value) => {}
            Role::DurationNanos => self.text_duration(value, 1),
            Role::DurationMicros => self.text_duration(value, 1_000),
            Role::DurationMillis => self.text_duration(value, 1_000_000),
            Role::DurationSeconds => self.text_duration(value, 1_000_000_000),
            Role::Duration => {
                let is_number = field.writing == Writing::Number;
                self.text_duration(value, if is_number { NO_UNIT } else { 1_000_000 })
            }
            Role::Kind => match kind(value) {
                Some(kind) => self.kind = self.kind.or(Some(kind)),
                None => self.event_kind(value),
            },
            Role::Service | Role::Operation if super::scan::is_id_of(field.role, value) => {
                self.key_field(layer, field, name, value)
            }
            Role::Operation if is_word(value) => {
                self.operation = self.operation.or_else(|| Some(self.keep(value)))
            }
            Role::Topic
                if is_word(value) && !matches!(value, b"stdout" | b"stderr") && self.topic.is_none() =>
            {
                self.topic = Some(self.keep(value));
            }
            Role::Message | Role::Event => self.event_kind(value),
            Role::Route
                if value.len() <= 512
                    && self.route.is_none()
                    && !value.is_empty()
                    && !id::is_absent(value) =>
            {
                let path = path_of(value);
                self.put_route(path);
                path_keys(self, path);
            }
            // that of a stack's frame is none of a request: `async run`
            Role::Method if value.len() <= 16 && is_word(value) && !value.contains(&b' ') => {
                self.method = self.method.or_else(|| Some(self.keep(value)))
            }
            // browsers tell their platform in parentheses, and are no service
            Role::Peer if is_word(value) && !value.contains(&b'(') && self.peer.is_none() => {
                self.peer = Some(self.keep(value));
            }
            Role::Caller => self.caller_field(layer, field, name, value),
            Role::Database if is_word(value) && self.database.is_none() => {
                self.database = Some(self.keep(value));
            }
            Role::Status => self.status_field(layer, field, name, value),
            Role::Exception => {
                self.exception |= value.len() > 24 && memchr::memchr(b'\n', value).is_some()
                    || name.eq_ignore_ascii_case(b"exception");
            }
            Role::Other if access::is_request_line(value) => self.text_request(value, value.len()),
            Role::Other if may_state(field, name) && is_statement(value) => self.statement = true,
            Role::Other | Role::Id | Role::TraceId => {
                self.key_field(layer, field, name, value);
            }
            Role::Noise if self.facts.get(name).id && (name.len() > 2 || super::scan::is_unique(value)) => {
                self.key_field(layer, field, name, value)
            }
            _ => {}
        }
    }

    /// What may name the kind of event that a record is about.
    pub(super) fn event_kind(&mut self, value: &[u8]) {
        if self.event_name.is_none() && is_event_name(value) {
            self.event_name = Some(self.keep(value));
        }
    }

    /// One attribute of an exported span.
    pub(super) fn attribute(&mut self, name: &[u8], value: &[u8]) {
        let path = NameHash::of(name);
        let known = names::lookup_name(path, false);
        let text = [name, value].concat();
        let field = Field {
            name: At::new(0, name.len()),
            parent: At::default(),
            path,
            role: known.map_or(Role::Other, |known| known.role),
            rank: known.map_or(u8::MAX, |known| known.rank),
            top: true,
            value: At::new(name.len(), text.len()),
            writing: Writing::Plain,
        };
        let draft = crate::record::Draft::default();
        let layer = Layer { text: &text, draft: &draft, format: Format::OtlpSpans, names: &[] };
        self.field(&layer, &field, value);
    }

    /// A field that states a status, or may be a key.
    fn status_field(&mut self, layer: &Layer<'_>, field: &Field, name: &[u8], value: &[u8]) {
        if !self.text_status(value) {
            self.key_field(layer, field, name, value);
        }
    }

    /// `"span_id:00f0…"` in a list of tags.
    fn pair_in_text(&mut self, value: &[u8]) -> bool {
        let Some(at) = memchr::memchr2(b':', b'=', value) else { return false };
        let (name, rest) = (&value[..at], &value[at + 1..]);
        let told = matches!(rest.len(), 16 | 32) && id::hex_digits(rest) == rest.len();
        if !told {
            return false;
        }
        let role = self.facts.get(name).known.map_or(Role::Other, |known| known.role);
        matches!(role, Role::TraceId | Role::SpanId | Role::ParentId) && self.text_context(role, name, rest)
    }

    /// `sales=SALE-940,SALE-941`: each of the values that a text lists, if all look like ids.
    fn list(&mut self, name: &[u8], value: &[u8]) {
        if memchr::memchr(b',', value).is_none() || self.facts.get(name).digest {
            return;
        }
        let inside = value.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")).unwrap_or(value);
        let parts = || inside.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        let shape = |part: &[u8]| {
            shape_of(part).filter(|shape| matches!(shape, Shape::Uuid | Shape::Hex | Shape::Mixed))
        };
        if parts().count() > MAX_LISTED || !parts().all(|part| shape(part).is_some()) {
            return;
        }
        // how many there are differs between lines that are alike otherwise
        self.refuse();
        for part in parts() {
            if let Some(shape) = shape(part) {
                self.add_key(name, part, shape);
            }
        }
    }

    /// Who asked, or a key of a like name: `client=billing`, `client=C-1048`.
    fn caller_field(&mut self, layer: &Layer<'_>, field: &Field, name: &[u8], value: &[u8]) {
        match program(value) {
            Some(program) if self.callers.len() < MAX_CALLERS => {
                let kept = self.keep(program);
                self.callers.push(kept);
            }
            None if !name.is_empty() && !value.contains(&b'(') => self.key_field(layer, field, name, value),
            _ => {}
        }
    }

    /// A field without role: an id if its name says so, a key in any case.
    fn key_field(&mut self, layer: &Layer<'_>, field: &Field, name: &[u8], value: &[u8]) {
        let value = value.trim_ascii();
        self.same_length(value);
        if (24..MIN_HEADER + 20).contains(&value.len()) && self.pair_in_text(value) {
            return;
        }
        if value.len() >= MIN_HEADER {
            if let Some((role, header)) =
                header::of_any_name(value).filter(|(role, _)| *role != Role::Traceparent)
            {
                self.refuse();
                return self.step(
                    |tape| tape.part(value).map(|part| Step::Header(role, part)),
                    |found| found.add_header(header),
                );
            }
            if value.starts_with(b"map[") || value.starts_with(b"&{") {
                // what Go prints names ids as any text does
                return self.scan(value, Region::Header);
            }
            if memchr::memmem::find(value, b"race").is_some()
                || memchr::memmem::find(value, b"-01").is_some()
                || value[..5].eq_ignore_ascii_case(b"Root=")
            {
                // an object that was written as a text names more than its trace
                let object = value.starts_with(b"{\"") && value.ends_with(b"}");
                self.scan(value, if object { Region::Header } else { Region::Ids });
            }
            if value.len() > 128 {
                self.list(name, value);
                return;
            }
        }
        if id::is_absent(value) && !value.iter().any(u8::is_ascii_digit) || id::looks_like_digest(value) {
            return;
        }
        let (facts, index) = self.facts.find(name);
        let Facts { digest, generic: short, correlation, id: named_id, machinery, lasting, .. } = facts;
        if digest {
            return;
        }
        let parent = container(layer, field);
        // an id of another trace or span keeps the name of what it belongs to
        let short = short || field.role == Role::Id;
        let joined_name = short && !parent.is_empty() && self.facts.any_named();
        let named = joined_name && self.facts.get(&[parent, name].concat()).named;
        // {"user":{"id":UUID}}
        let lasting = lasting || short && !parent.is_empty() && names::names_a_lasting_thing(parent);
        let is_id = named
            || (named_id || correlation || super::scan::names_some_id(name, value))
                && !(if parent.is_empty() {
                    machinery
                } else {
                    // what is called metadata may be that of a request
                    let of = if correlation && parent == b"metadata" { &b""[..] } else { parent };
                    names::names_machinery(of, name)
                });
        if is_id
            && (named || !(lasting && super::scan::is_unique(value)))
            && !value.contains(&b' ')
            && !id::is_absent(value)
            && (name.len() > 2 || !parent.is_empty())
            && (named
                || facts.named
                || !self.tells_nothing(if short && !parent.is_empty() { parent } else { name }, value))
        {
            if short && !parent.is_empty() {
                let joined = [parent, b".", name].concat();
                self.add_id(&joined, value);
            } else {
                self.add_id(name, value);
            }
        }
        let Some(shape) = shape_of(value) else {
            if value.starts_with(b"/") {
                path_keys(self, path_of(value));
            } else {
                self.list(name, value);
            }
            return;
        };
        if shape == Shape::Word && value.len() < 2 {
            return;
        }
        if shape == Shape::Mixed
            && let Some(slash) = memchr::memrchr(b'/', value)
        {
            // `CLM-260697/0.pdf`: what a file or an object belongs to is named by the folders that it is in
            folder_keys(self, name, &value[..slash]);
        }
        if short && !parent.is_empty() {
            let joined = [parent, name].concat();
            self.add_key(&joined, value, shape);
        } else {
            self.add_known_key(name, (&facts, index), value, shape);
        }
    }
}

/// The name of the container that a field stands in, or nothing.
pub(super) fn container<'t>(layer: &Layer<'t>, field: &Field) -> &'t [u8] {
    if layer.names.is_empty() { field.parent.of(layer.text) } else { &[] }
}

/// Whether the value of a field may be what was put to a database, by the field's name.
fn may_state(field: &Field, name: &[u8]) -> bool {
    names::names_a_statement(field.path) || names::names_a_statement(NameHash::of(name))
}

/// Whether a row of Application Insights is of a request or a call, so that its `Id` is that of a span: its type says so, or
/// an operation and a parent stand beside it. Source: Azure Monitor, tables AppRequests and AppDependencies.
fn is_operation(layer: &Layer<'_>) -> bool {
    let named = |name: &[u8]| {
        let hash = NameHash::of(name);
        layer.draft.fields.iter().find(|field| field.top && NameHash::of(layer.name(field)) == hash)
    };
    let types = [named(b"type"), named(b"itemtype")];
    let stated = |field: &Field| matches!(field.value.of(layer.text), b"AppRequests" | b"AppDependencies");
    let operation = || named(b"operationid").is_some();
    let parent = || named(b"parentid").or_else(|| named(b"operationparentid")).is_some();
    types.into_iter().flatten().any(stated) || operation() && parent()
}

/// Whether a field tells of the program what it would tell of the work elsewhere: the path of a source file, and the time
/// since the program began (`record.elapsed` of loguru, "The record dict").
fn is_of_program(role: Role, parent: &[u8]) -> bool {
    match role {
        Role::Route => [&b"file"[..], b"source", b"origin", b"code", b"caller"]
            .iter()
            .any(|of| parent.eq_ignore_ascii_case(of)),
        Role::Duration
        | Role::DurationNanos
        | Role::DurationMicros
        | Role::DurationMillis
        | Role::DurationSeconds => parent == b"elapsed",
        _ => false,
    }
}

/// Whether a text beside the message names a kind of event: `order.placed`, `PaymentCaptured`.
fn is_event_name(value: &[u8]) -> bool {
    (2..=80).contains(&value.len()) && shape_of(value) == Some(Shape::Word)
}

/// How many fields of a record may tell who asked.
const MAX_CALLERS: usize = 2;

/// The name of a program or service: `billing` of `billing/2.4 aiohttp`. Browsers tell their platform in parentheses, and what has
/// digits but no version is an address or an id.
pub(super) fn program(value: &[u8]) -> Option<&[u8]> {
    let product = value.split(|byte| matches!(byte, b' ' | b'/')).next().unwrap_or_default();
    let named = product.len() < value.len() || !product.iter().any(u8::is_ascii_digit);
    Some(product).filter(|product| named && is_word(product) && !value.contains(&b'('))
}

fn is_word(value: &[u8]) -> bool {
    !value.is_empty() && value.len() <= 128 && !id::is_absent(value) && !value.contains(&b'\n')
}

/// The path of a URL, without scheme, host and query.
pub(super) fn path_of(value: &[u8]) -> &[u8] {
    let rest = memchr::memmem::find(value, b"://").map_or(value, |at| {
        let host = &value[at + 3..];
        memchr::memchr(b'/', host).map_or(&b""[..], |slash| &host[slash..])
    });
    let end = rest.iter().position(|byte| matches!(byte, b'?' | b'#' | b' ')).unwrap_or(rest.len());
    &rest[..end]
}

/// A span kind in words or as OpenTelemetry's number.
pub(super) fn kind(value: &[u8]) -> Option<SpanKind> {
    let word = value.strip_prefix(b"SPAN_KIND_").unwrap_or(value).to_ascii_lowercase();
    Some(match word.as_slice() {
        b"server" | b"2" => SpanKind::Server,
        b"client" | b"3" => SpanKind::Client,
        b"producer" | b"4" => SpanKind::Producer,
        b"consumer" | b"5" => SpanKind::Consumer,
        b"internal" | b"1" => SpanKind::Internal,
        _ => return None,
    })
}
