//! Reads woven traces.

use super::{BASES, KINDS, STATUSES, bit};
use crate::gather::bytes::Get;
use crate::model::{Edge, EventId, Link, Proof, Span, SpanId, Symbol, Time, Trace, TraceId};

/// Reads the traces of a block.
pub(super) struct Unpacker<'b> {
    bytes: Get<'b>,
    names: Vec<Symbol>,
    event: EventId,
}

impl Unpacker<'_> {
    /// Of a block.
    pub fn new(block: &[u8]) -> Unpacker<'_> {
        Unpacker { bytes: Get(block), names: Vec::new(), event: EventId::default() }
    }

    /// Whether all was read.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn name(&mut self) -> Option<Symbol> {
        self.bytes.symbol(&mut self.names)
    }

    fn trace_of(&mut self, members: &[TraceId]) -> Option<Option<TraceId>> {
        Some(match self.bytes.number()? {
            0 => None,
            1 => Some(self.bytes.trace_id()?),
            at => Some(*members.get(at as usize - 2)?),
        })
    }

    fn event(&mut self) -> Option<EventId> {
        let batch = i64::from(self.event.batch).wrapping_add(self.bytes.signed()?) as u32;
        let index = i64::from(self.event.index).wrapping_add(self.bytes.signed()?) as u32;
        self.event = EventId { batch, index };
        Some(self.event)
    }

    /// What is written as its number and then one by one.
    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.bytes.number()? as usize;
        // each takes a byte at least
        let mut list = Vec::with_capacity(count.min(self.bytes.0.len()));
        for _ in 0..count {
            list.push(one(self)?);
        }
        Some(list)
    }

    fn share(&mut self) -> Option<f32> {
        Some(f32::from_bits((self.bytes.number()? as u32).reverse_bits()))
    }

    pub fn trace(&mut self) -> Option<Trace> {
        let id = self.bytes.trace_id()?;
        let head = self.bytes.byte()?;
        let root = self.bytes.number()? as u32;
        let members = self.list(|it| it.bytes.trace_id())?;
        let keys = self.list(|bytes| Some((bytes.name()?, Symbol(bytes.bytes.bits()?))))?;
        let (name, service) = (self.name()?, self.name()?);
        let start = Time(self.bytes.bits()? as i64);
        let end = Time(start.0.wrapping_add(self.bytes.signed()?));
        let services = self.list(Unpacker::name)?;
        let spans = self.list(|bytes| bytes.span(start, &members))?;
        Some(Trace {
            id,
            opaque: head & 1 != 0,
            members,
            keys,
            name,
            service,
            root: (head & 2 != 0).then_some(root),
            start,
            end,
            status: *STATUSES.get(usize::from(head >> 2))?,
            services,
            spans,
            loose: self.list(Unpacker::event)?,
            loose_errors: self.bytes.number()? as u32,
            critical_path: Vec::new(),
        })
    }

    fn span(&mut self, begin: Time, members: &[TraceId]) -> Option<Span> {
        let bits = self.bytes.number()?;
        let is = |bit: u64| bits & bit != 0;
        let id = SpanId::new(self.bytes.bits()?)?;
        let trace = self.trace_of(members)?;
        let parent = if is(bit::PARENT) { Some(self.bytes.number()? as u32) } else { None };
        let (service, instance, name) = (self.name()?, self.name()?, self.name()?);
        let start = Time(begin.0.wrapping_add(self.bytes.signed()?));
        let end = Time(start.0.wrapping_add(self.bytes.signed()?));
        let raw = match is(bit::RAW) {
            true => Some((Time(self.bytes.bits()? as i64), Time(self.bytes.bits()? as i64))),
            false => None,
        };
        let errors = self.bytes.number()? as u32;
        let events = self.list(Unpacker::event)?;
        let edge = if is(bit::EDGE) { Some(self.edge()?) } else { None };
        let links = if is(bit::LINKS) { self.list(Unpacker::link)? } else { Vec::new() };
        let kind = match (bits >> bit::KIND) as usize {
            0 => None,
            kind => Some(*KINDS.get(kind - 1)?),
        };
        Some(Span {
            id,
            opaque: is(bit::OPAQUE),
            synthetic: is(bit::SYNTHETIC),
            missing: is(bit::MISSING),
            trace,
            parent,
            edge,
            links,
            service,
            instance,
            name,
            kind,
            start,
            end,
            raw,
            failed: is(bit::FAILED),
            errors,
            events,
            self_time: None,
            queue_time: None,
        })
    }

    fn link(&mut self) -> Option<Link> {
        let (trace, span) = (self.bytes.trace_id()?, SpanId::new(self.bytes.bits()?)?);
        let basis = *BASES.get(usize::from(self.bytes.byte()?))?;
        Some(Link { trace, span, basis, confidence: self.share()? })
    }

    fn edge(&mut self) -> Option<Edge> {
        let head = self.bytes.byte()?;
        let basis = *BASES.get(usize::from(head & 15))?;
        let confidence = self.share()?;
        let runner_up = match head & 16 {
            0 => None,
            _ => Some((self.bytes.number()? as u32, self.share()?)),
        };
        Some(Edge { basis, confidence, proofs: self.list(Unpacker::proof)?, runner_up })
    }

    fn proof(&mut self) -> Option<Proof> {
        Some(match self.bytes.byte()? {
            0 => Proof::ParentId(self.event()?),
            1 => Proof::SharedSpan,
            2 => Proof::Header(self.event()?),
            3 => Proof::Link(self.event()?),
            4 => {
                let (name, value) = (self.name()?, Symbol(self.bytes.bits()?));
                Proof::Message { name, value, sent: self.event()?, received: self.event()? }
            }
            5 => Proof::Key { name: self.name()?, value: Symbol(self.bytes.bits()?) },
            6 => Proof::Call,
            7 => Proof::Encloses,
            8 => Proof::Follows { before: self.event()?, delay: self.bytes.signed()? },
            9 => Proof::Usual { times: self.bytes.number()? as u32 },
            10 => Proof::OnlyCandidate,
            _ => return None,
        })
    }
}
