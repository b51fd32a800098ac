//! Writes woven traces.

use super::bit;
use crate::gather::bytes::{Put, Seen};
use crate::model::{Edge, EventId, Proof, Span, Symbol, Trace, TraceId};

/// Writes the traces of a block.
#[derive(Default)]
pub(super) struct Packer {
    pub out: Vec<u8>,
    names: Seen<Symbol>,
    /// The event named last.
    event: EventId,
}

impl Packer {
    fn name(&mut self, name: Symbol) {
        self.out.symbol(name, &mut self.names);
    }

    /// An id that is mostly one of the members.
    fn trace_of(&mut self, id: Option<TraceId>, members: &[TraceId]) {
        let Some(id) = id else { return self.out.number(0) };
        match members.iter().position(|member| *member == id) {
            Some(at) => self.out.number(at as u64 + 2),
            None => {
                self.out.number(1);
                self.out.trace_id(id);
            }
        }
    }

    fn event(&mut self, id: EventId) {
        self.out.signed(i64::from(id.batch) - i64::from(self.event.batch));
        self.out.signed(i64::from(id.index) - i64::from(self.event.index));
        self.event = id;
    }

    fn events(&mut self, events: &[EventId]) {
        self.out.number(events.len() as u64);
        events.iter().for_each(|id| self.event(*id));
    }

    fn share(&mut self, share: f32) {
        self.out.number(u64::from(share.to_bits().reverse_bits()));
    }

    pub fn trace(&mut self, trace: &Trace) {
        self.out.trace_id(trace.id);
        self.out
            .push(u8::from(trace.opaque) | u8::from(trace.root.is_some()) << 1 | (trace.status as u8) << 2);
        self.out.number(u64::from(trace.root.unwrap_or_default()));
        self.out.number(trace.members.len() as u64);
        trace.members.iter().for_each(|member| self.out.trace_id(*member));
        self.out.number(trace.keys.len() as u64);
        for (name, value) in &trace.keys {
            self.name(*name);
            self.out.bits(value.0);
        }
        self.name(trace.name);
        self.name(trace.service);
        self.out.bits(trace.start.0 as u64);
        self.out.signed(trace.end.0.wrapping_sub(trace.start.0));
        self.out.number(trace.services.len() as u64);
        trace.services.iter().for_each(|service| self.name(*service));
        self.out.number(trace.spans.len() as u64);
        trace.spans.iter().for_each(|span| self.span(span, trace));
        self.events(&trace.loose);
        self.out.number(u64::from(trace.loose_errors));
    }

    fn span(&mut self, span: &Span, trace: &Trace) {
        let when = |on: bool, bit: u64| if on { bit } else { 0 };
        let kind = span.kind.map_or(0, |kind| kind as u64 + 1);
        self.out.number(
            when(span.opaque, bit::OPAQUE)
                | when(span.synthetic, bit::SYNTHETIC)
                | when(span.missing, bit::MISSING)
                | when(span.failed, bit::FAILED)
                | when(span.parent.is_some(), bit::PARENT)
                | when(span.edge.is_some(), bit::EDGE)
                | when(span.raw.is_some(), bit::RAW)
                | when(!span.links.is_empty(), bit::LINKS)
                | kind << bit::KIND,
        );
        self.out.bits(span.id.bits());
        self.trace_of(span.trace, &trace.members);
        if let Some(parent) = span.parent {
            self.out.number(u64::from(parent));
        }
        for name in [span.service, span.instance, span.name] {
            self.name(name);
        }
        self.out.signed(span.start.0.wrapping_sub(trace.start.0));
        self.out.signed(span.end.0.wrapping_sub(span.start.0));
        if let Some((start, end)) = span.raw {
            self.out.bits(start.0 as u64);
            self.out.bits(end.0 as u64);
        }
        self.out.number(u64::from(span.errors));
        self.events(&span.events);
        if let Some(edge) = &span.edge {
            self.edge(edge);
        }
        if !span.links.is_empty() {
            self.out.number(span.links.len() as u64);
            for link in &span.links {
                self.out.trace_id(link.trace);
                self.out.bits(link.span.bits());
                self.out.push(link.basis as u8);
                self.share(link.confidence);
            }
        }
    }

    fn edge(&mut self, edge: &Edge) {
        self.out.push(edge.basis as u8 | u8::from(edge.runner_up.is_some()) << 4);
        self.share(edge.confidence);
        if let Some((span, share)) = edge.runner_up {
            self.out.number(u64::from(span));
            self.share(share);
        }
        self.out.number(edge.proofs.len() as u64);
        edge.proofs.iter().for_each(|proof| self.proof(proof));
    }

    fn proof(&mut self, proof: &Proof) {
        match *proof {
            Proof::ParentId(id) => {
                self.out.push(0);
                self.event(id);
            }
            Proof::SharedSpan => self.out.push(1),
            Proof::Header(id) => {
                self.out.push(2);
                self.event(id);
            }
            Proof::Link(id) => {
                self.out.push(3);
                self.event(id);
            }
            Proof::Message { name, value, sent, received } => {
                self.out.push(4);
                self.name(name);
                self.out.bits(value.0);
                self.event(sent);
                self.event(received);
            }
            Proof::Key { name, value } => {
                self.out.push(5);
                self.name(name);
                self.out.bits(value.0);
            }
            Proof::Call => self.out.push(6),
            Proof::Encloses => self.out.push(7),
            Proof::Follows { before, delay } => {
                self.out.push(8);
                self.event(before);
                self.out.signed(delay);
            }
            Proof::Usual { times } => {
                self.out.push(9);
                self.out.number(u64::from(times));
            }
            Proof::OnlyCandidate => self.out.push(10),
        }
    }
}
