//! Finds trace context and keys in one record. Knows nothing of files and threads.
//!
//! Specifications make propagators drop a header on any doubt; a log is a witness, so what a log mangled is read leniently
//! and marked. What only looks like an id (a digest, a hash, an address) is none.

mod access;
mod chain;
mod direct;
mod event;
pub mod exports;
mod facts;
mod fields;
mod groups;
pub mod header;
pub mod id;
mod pairing;
mod parts;
mod plan;
mod scan;
pub(crate) mod stem;
mod tape;
mod template;
mod values;
mod words;

pub use direct::Places;
pub use event::{Defaults, Writer};
pub use parts::{FoundHeader, FoundId, FoundKey, FoundSpan, FoundTrace, Scheme};

use crate::model::{HeaderRole, KeyRules, Shape, SpanId, SpanKind, Symbol, TraceId};
use crate::record::{At, Record};
use facts::Facts;
use std::sync::Arc;
use tape::{Own, Step};

/// What was found in one record. Used again for each record.
#[derive(Debug, Default)]
pub struct Found {
    /// Texts that the parts below point into.
    pub arena: Vec<u8>,
    /// The record's own trace.
    pub trace: Option<FoundTrace>,
    /// The record's own span.
    pub span: Option<FoundSpan>,
    /// The parent of that span.
    pub parent: Option<FoundSpan>,
    /// The record says that its span has no parent.
    pub root: bool,
    /// The record's field `id`, if it may be a span's.
    own_id: Option<SpanId>,
    /// That field is of a row that tells an operation.
    is_operation: bool,
    /// The high half of a Datadog trace id.
    pub datadog_high: Option<u64>,
    /// Propagation headers.
    pub headers: Vec<FoundHeader>,
    /// Correlation ids.
    pub ids: Vec<FoundId>,
    /// Values that may tie records together.
    pub keys: Vec<FoundKey>,
    /// How long something took, in nanoseconds.
    pub duration: Option<u64>,
    /// It has no unit, and counts millionths.
    pub no_unit: bool,
    /// The stated kind of the span.
    pub kind: Option<SpanKind>,
    /// The stated name of the operation, in the arena.
    pub operation: Option<At>,
    /// Message destination.
    pub topic: Option<At>,
    /// The kind of event that the record is about, where that stands beside its message; the topic if there is no other.
    pub event_name: Option<At>,
    /// Request path.
    pub route: Option<At>,
    /// Request method.
    pub method: Option<At>,
    /// Who is talked to.
    pub peer: Option<At>,
    /// Who asked, as several fields may tell.
    pub callers: Vec<At>,
    /// Which database is talked to.
    pub database: Option<At>,
    /// HTTP status.
    pub status: Option<u16>,
    /// A service name that only the place of ids tells (Sleuth's brackets).
    pub service: Option<At>,
    /// The record has a stack trace or an exception.
    pub exception: bool,
    /// The record tells in a field which statement was put to a database.
    pub statement: bool,
    /// Where the message begins in the text that is searched.
    body: usize,
    /// Ranks of trace, span and parent: a better source replaces a worse one.
    ranks: [u8; 3],
    scratch: Vec<u8>,
    facts: facts::FactCache,
    /// What is done is recorded here, where it is to be done again for other records.
    tape: Option<Box<tape::Tape>>,
}

/// More ids or keys than this in one record are left out.
const MAX_KEYS: usize = 24;

impl Found {
    fn clear(&mut self) {
        self.arena.clear();
        (self.trace, self.span, self.parent, self.service) = (None, None, None, None);
        (self.root, self.exception, self.statement) = (false, false, false);
        (self.datadog_high, self.own_id, self.is_operation) = (None, None, false);
        (self.duration, self.no_unit, self.kind, self.status) = (None, false, None, None);
        (self.operation, self.topic, self.route, self.method) = (None, None, None, None);
        (self.peer, self.database, self.event_name) = (None, None, None);
        self.callers.clear();
        self.headers.clear();
        self.ids.clear();
        self.keys.clear();
        self.ranks = [u8::MAX; 3];
    }

    /// Follows the user's rules for names from now on.
    fn obey(&mut self, rules: &Arc<KeyRules>) {
        self.facts.obey(rules);
    }

    /// Finds the context of a record.
    pub fn find(&mut self, record: &Record<'_>) {
        self.clear();
        self.layers(record);
        self.settle(record);
    }

    fn layers(&mut self, record: &Record<'_>) {
        for layer in record.layers.iter() {
            self.layer(layer);
        }
    }

    /// The text of a part of the arena.
    pub fn text(&self, at: At) -> &[u8] {
        at.of(&self.arena)
    }

    fn keep(&mut self, text: &[u8]) -> At {
        self.within_step();
        let start = self.arena.len();
        self.arena.extend_from_slice(text);
        At::new(start, self.arena.len())
    }

    fn set_trace(&mut self, rank: u8, trace: id::Trace<'_>, scheme: Scheme) {
        self.within_step();
        if rank < self.ranks[0] {
            self.ranks[0] = rank;
            self.trace = Some(self.found_trace(trace, scheme));
        }
    }

    fn found_trace(&mut self, trace: id::Trace<'_>, scheme: Scheme) -> FoundTrace {
        let text = trace.opaque.map(|text| self.keep(text));
        FoundTrace { id: trace.id, text, scheme, lenient: trace.lenient }
    }

    fn found_span(&mut self, span: id::Span<'_>) -> FoundSpan {
        let text = span.opaque.map(|text| self.keep(text));
        FoundSpan { id: span.id, text }
    }

    fn set_span(&mut self, rank: u8, span: id::Span<'_>) {
        self.within_step();
        if rank < self.ranks[1] {
            self.ranks[1] = rank;
            self.span = Some(self.found_span(span));
        }
    }

    fn set_parent(&mut self, rank: u8, span: id::Span<'_>) {
        self.within_step();
        if rank < self.ranks[2] {
            self.ranks[2] = rank;
            self.parent = Some(self.found_span(span));
        }
    }

    fn put_route(&mut self, path: &[u8]) {
        self.step(|tape| tape.part(path).map(Step::Route), |found| found.route = Some(found.keep(path)));
    }

    /// An id that is in hex digits only; `false` if it is none.
    fn exact(&mut self, own: Own, rank: u8, scheme: Scheme, text: &[u8]) -> bool {
        self.step(
            |tape| Some(Step::Exact { own, rank, scheme, id: tape.part(text)? }),
            |found| {
                let is_id = match own {
                    Own::Trace => id::exact_trace(text).map(|trace| found.set_trace(rank, trace, scheme)),
                    Own::Span => id::exact_span(text).map(|span| found.set_span(rank, span)),
                    Own::Parent => id::exact_span(text).map(|span| found.set_parent(rank, span)),
                };
                is_id.is_some()
            },
        )
    }

    /// Takes both ids of a value that [`id::trace_and_span`] knows.
    fn trace_and_span(&mut self, rank: u8, value: &[u8]) {
        self.exact(Own::Trace, rank, Scheme::Plain, &value[..32]);
        self.exact(Own::Span, rank, Scheme::Plain, &value[33..]);
    }

    fn add_header(&mut self, header: header::Header<'_>) {
        self.within_step();
        let trace = self.found_trace(header.trace, header.scheme);
        let span = header.span.map(|span| self.found_span(span));
        let parent = header.parent.map(|span| self.found_span(span));
        let same = |other: &FoundHeader| {
            other.trace.id == trace.id && other.span.map(|span| span.id) == span.map(|span| span.id)
        };
        if self.headers.len() < MAX_KEYS && !self.headers.iter().any(same) {
            self.headers.push(FoundHeader { role: HeaderRole::Unknown, trace, span, parent });
        }
    }

    /// A SkyWalking header; its ids are texts.
    fn add_sw8(&mut self, trace: &[u8], span: &[u8]) {
        let Ok(trace) = id::trace(trace) else { return };
        let span = match id::span(span) {
            Ok(span) => span,
            Err(_) => id::Span { id: SpanId::opaque(span), opaque: Some(span) },
        };
        self.add_header(header::Header { scheme: Scheme::Skywalking, trace, span: Some(span), parent: None });
    }

    /// Adds a correlation id, which is a key, too, wherever it stands.
    fn add_id(&mut self, name: &[u8], value: &[u8]) {
        if id::is_address(value) {
            return;
        }
        if name.eq_ignore_ascii_case(b"segmentid") && id::exact_span(value).is_some() {
            // the segment of X-Ray is the span
            self.exact(Own::Span, scan::IN_TEXT + 10, Scheme::Xray, value);
            return;
        }
        self.step(|tape| Step::id(tape, name, value), |found| found.put_id(name, value));
        if let Some(shape) = scan::shape_of(value).filter(|shape| *shape != Shape::Word) {
            self.add_key(name, value, shape);
        }
    }

    fn put_id(&mut self, name: &[u8], value: &[u8]) {
        if self.ids.len() >= MAX_KEYS || value.len() > 256 || value.is_empty() {
            return;
        }
        let known = |id: &FoundId, arena: &[u8]| id.name.of(arena) == name;
        if self.ids.iter().any(|id| known(id, &self.arena)) {
            return;
        }
        let name = self.keep(name);
        let value = self.keep(value);
        self.ids.push(FoundId { name, value });
    }

    fn add_key(&mut self, name: &[u8], value: &[u8], shape: Shape) {
        if takes_key(name, value) {
            let (facts, index) = self.facts.find(name);
            self.push_key(name, (&facts, index), value, shape);
        }
    }

    /// As [`Found::add_key`] for a name that was the last one asked for.
    fn add_known_key(&mut self, name: &[u8], known: (&Facts, usize), value: &[u8], shape: Shape) {
        if takes_key(name, value) {
            self.push_key(name, known, value, shape);
        }
    }

    fn push_key(&mut self, name: &[u8], (facts, index): (&Facts, usize), value: &[u8], shape: Shape) {
        if facts.key.is_none() {
            return;
        }
        if let Some(mut tape) = self.tape.take() {
            tape.key(name, (facts.key, self.facts.snake(index)), value, shape);
            self.tape = Some(tape);
        }
        if let Some(symbol) = self.new_key(facts.key, value) {
            let start = self.arena.len();
            self.arena.extend_from_slice(self.facts.snake(index));
            let name_text = At::new(start, self.arena.len());
            self.put_key(facts.key, name_text, symbol, value, shape);
        }
    }

    /// The symbol of a value that is not known as a key of this name yet.
    #[inline]
    fn new_key(&self, name: Symbol, value: &[u8]) -> Option<Symbol> {
        let symbol = Symbol::of(value);
        let known = self.keys.iter().any(|key| key.value == symbol && key.name == name);
        (!known && self.keys.len() < MAX_KEYS).then_some(symbol)
    }

    #[inline]
    fn put_key(&mut self, name: Symbol, name_text: At, symbol: Symbol, value: &[u8], shape: Shape) {
        let start = self.arena.len();
        self.arena.extend_from_slice(value);
        let value_text = At::new(start, self.arena.len());
        self.keys.push(FoundKey { name, name_text, value: symbol, value_text, shape });
    }

    /// What needs the whole record: headers stand in for missing ids, and their role is told by the record's words.
    fn settle(&mut self, record: &Record<'_>) {
        if let (Some(high), Some(trace)) = (self.datadog_high, &mut self.trace)
            && trace.scheme == Scheme::Datadog
            && trace.id.bits() >> 64 == 0
        {
            trace.id = TraceId::new(u128::from(high) << 64 | trace.id.bits()).unwrap_or(trace.id);
        }
        self.chain_of_one();
        if self.topic.is_none() {
            self.topic = self.event_name.take();
        }
        if !self.headers.is_empty() {
            let role =
                record.message().map_or(HeaderRole::Unknown, |(message, _)| words::header_role(message));
            for header in &mut self.headers {
                header.role = role;
            }
        }
        if self.trace.is_none() || self.ranks[0] == scan::LINKED {
            // two headers of different traces name none as the record's own
            let mut traces = self.headers.iter().map(|header| header.trace);
            if let Some(first) = traces.next()
                && traces.all(|other| other.id == first.id)
            {
                self.trace = Some(first);
            }
        }
        let segment = self.trace.is_some_and(|trace| trace.scheme == Scheme::Xray);
        let told = self.parent.is_some() || self.root || segment || self.is_operation;
        if self.span.is_none() && self.trace.is_some() && told {
            // a span as it is exported: its trace, its parent or that it has none, and its own "id"; a segment of X-Ray
            self.span = self.own_id.map(|id| FoundSpan { id, text: None });
        }
        if self.trace.is_none()
            && self.span.is_none()
            && self.parent.is_some_and(|parent| parent.text.is_some())
        {
            // "parentId" of a comment, a category and the like
            self.parent = None;
        }
    }

    /// The span id to show for the record: its own, else the one of its propagation header.
    pub fn shown_span(&self) -> Option<FoundSpan> {
        self.span.or_else(|| {
            let trace = self.trace?.id;
            self.headers.iter().find(|header| header.trace.id == trace).and_then(|header| header.span)
        })
    }

    /// The parent id to show for the record: what it states, else what a header that it received does.
    pub fn shown_parent(&self) -> Option<FoundSpan> {
        if self.parent.is_some() || self.root {
            return self.parent;
        }
        let trace = self.trace?.id;
        let mut headers = self.headers.iter().filter(|header| header.trace.id == trace);
        match self.span {
            // who sent it is the parent of whom it reached
            Some(own) => headers
                .filter(|header| header.role == HeaderRole::Incoming)
                .filter_map(|header| header.span)
                .find(|span| span.id != own.id),
            None => headers.next().and_then(|header| header.parent),
        }
    }

    /// Whether a header that the record says it received may tell its parent.
    pub fn received_its_parent(&self) -> bool {
        self.parent.is_none() && self.headers.iter().any(|header| header.role == HeaderRole::Incoming)
    }

    /// Whether anything that correlates was found.
    pub fn has_context(&self) -> bool {
        self.trace.is_some()
            || self.span.is_some()
            || self.parent.is_some()
            || !self.ids.is_empty()
            || !self.headers.is_empty()
    }
}

/// Whether a key of this name and value may be kept.
fn takes_key(name: &[u8], value: &[u8]) -> bool {
    value.len() <= 128 && !value.is_empty() && !name.is_empty() && name.len() <= 64
}
