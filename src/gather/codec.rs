//! Events as bytes: what repeats (names, trace ids) stands once, what grows slowly (times, places) as differences.

use super::bytes::{Get, Put, Seen};
use crate::model::{
    Batch, Detail, Event, HeaderRole, Level, Place, Shape, SourceId, SpanId, SpanKind, Symbol, Time, TraceId,
};

const LEVELS: [Level; 6] = [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal];
const KINDS: [SpanKind; 5] =
    [SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer, SpanKind::Internal];
const SHAPES: [Shape; 6] =
    [Shape::Uuid, Shape::Hex, Shape::Mixed, Shape::Number, Shape::Decimal, Shape::Word];
const ROLES: [HeaderRole; 3] = [HeaderRole::Incoming, HeaderRole::Outgoing, HeaderRole::Unknown];

/// What the next event is told by its differences from.
#[derive(Debug, Default, Clone, Copy)]
struct Last {
    time: i64,
    line: u64,
    offset: u64,
}

/// Writes events.
#[derive(Debug)]
pub(super) struct Encoder {
    out: Vec<u8>,
    symbols: Seen<Symbol>,
    traces: Seen<TraceId>,
    last: Last,
}

impl Default for Encoder {
    fn default() -> Encoder {
        let (symbols, traces) = (Seen::default(), Seen::default());
        Encoder { out: Vec::new(), symbols, traces, last: Last::default() }
    }
}

impl Encoder {
    /// Appends an event with its details and a number that the caller gives it.
    pub fn push(&mut self, event: &Event, details: &[Detail], tag: u32) {
        let level = event.level.map_or(0, |level| level as u8);
        let has = u8::from(event.trace.is_some())
            | u8::from(event.span.is_some()) << 1
            | u8::from(event.parent.is_some()) << 2;
        self.out.push(has | level << 3);
        self.out.number(u64::from(tag));
        self.out.number(u64::from(event.flags));
        self.out.signed(event.time.0.wrapping_sub(self.last.time));
        let place = &event.place;
        self.out.number(u64::from(place.source.0));
        self.out.signed(place.line.wrapping_sub(self.last.line) as i64);
        self.out.signed(place.offset.wrapping_sub(self.last.offset) as i64);
        self.out.number(u64::from(place.len));
        self.out.number(u64::from(place.part));
        self.last = Last { time: event.time.0, line: place.line, offset: place.offset };
        if let Some(trace) = event.trace {
            self.trace(trace);
        }
        for span in [event.span, event.parent].into_iter().flatten() {
            self.out.bits(span.bits());
        }
        for symbol in [event.service, event.instance, event.thread, event.template] {
            self.symbol(symbol);
        }
        self.out.number(details.len() as u64);
        for detail in details {
            self.detail(detail);
        }
    }

    fn symbol(&mut self, symbol: Symbol) {
        self.out.symbol(symbol, &mut self.symbols);
    }

    fn trace(&mut self, trace: TraceId) {
        let (number, new) = self.traces.number(trace);
        self.out.number(number);
        if new {
            self.out.trace_id(trace);
        }
    }

    fn detail(&mut self, detail: &Detail) {
        let mut named = |tag: u8, name: Symbol| {
            self.out.push(tag);
            self.symbol(name);
        };
        match *detail {
            Detail::Key { name, value, shape } => {
                named(shape as u8, name);
                self.out.bits(value.0);
            }
            Detail::Operation(name) => named(8, name),
            Detail::Topic(name) => named(9, name),
            Detail::Route(name) => named(10, name),
            Detail::Method(name) => named(11, name),
            Detail::Peer(name) => named(12, name),
            Detail::Database(name) => named(13, name),
            Detail::Duration(nanos) => {
                self.out.push(14);
                self.out.number(nanos);
            }
            Detail::Status(status) => {
                self.out.push(15);
                self.out.number(u64::from(status));
            }
            Detail::Kind(kind) => self.out.extend([16, kind as u8]),
            Detail::Link { trace, span } => {
                self.out.push(17);
                self.trace(trace);
                self.out.bits(span.bits());
            }
            Detail::Header { role, trace, span } => {
                self.out.extend([18, role as u8]);
                self.trace(trace);
                // no span id is zero
                self.out.bits(span.map_or(0, SpanId::bits));
            }
        }
    }

    /// The bytes, and begins anew.
    pub fn finish(&mut self) -> Vec<u8> {
        self.symbols.clear();
        self.traces.clear();
        self.last = Last::default();
        std::mem::take(&mut self.out)
    }
}

/// Reads events.
struct Decoder<'b> {
    bytes: Get<'b>,
    symbols: Vec<Symbol>,
    traces: Vec<TraceId>,
    last: Last,
}

/// The events that an [`Encoder`] wrote and the numbers they were given; `None` if it did not write this.
pub(super) fn decode(bytes: &[u8]) -> Option<(Batch, Vec<u32>)> {
    let mut decoder =
        Decoder { bytes: Get(bytes), symbols: Vec::new(), traces: Vec::new(), last: Last::default() };
    let mut batch = Batch::default();
    let mut tags = Vec::new();
    while !decoder.bytes.is_empty() {
        tags.push(decoder.event(&mut batch)?);
    }
    batch.events.shrink_to_fit();
    batch.details.shrink_to_fit();
    Some((batch, tags))
}

impl Decoder<'_> {
    fn event(&mut self, batch: &mut Batch) -> Option<u32> {
        let head = self.bytes.byte()?;
        let tag = self.bytes.number()? as u32;
        let flags = self.bytes.number()? as u16;
        let time = self.last.time.wrapping_add(self.bytes.signed()?);
        let source = SourceId(self.bytes.number()? as u32);
        let line = self.last.line.wrapping_add(self.bytes.signed()? as u64);
        let offset = self.last.offset.wrapping_add(self.bytes.signed()? as u64);
        let (len, part) = (self.bytes.number()? as u32, self.bytes.number()? as u32);
        self.last = Last { time, line, offset };
        let mut event = Event::at(Place { source, line, offset, len, part });
        event.time = Time(time);
        event.flags = flags;
        event.level = usize::from(head >> 3).checked_sub(1).and_then(|at| LEVELS.get(at)).copied();
        if head & 1 != 0 {
            event.trace = Some(self.trace()?);
        }
        if head & 2 != 0 {
            event.span = SpanId::new(self.bytes.bits()?);
        }
        if head & 4 != 0 {
            event.parent = SpanId::new(self.bytes.bits()?);
        }
        for symbol in [&mut event.service, &mut event.instance, &mut event.thread, &mut event.template] {
            *symbol = self.symbol()?;
        }
        event.details_start = batch.details.len() as u32;
        event.details_len = self.bytes.number()? as u16;
        for _ in 0..event.details_len {
            let detail = self.detail()?;
            batch.details.push(detail);
        }
        batch.events.push(event);
        Some(tag)
    }

    fn symbol(&mut self) -> Option<Symbol> {
        self.bytes.symbol(&mut self.symbols)
    }

    fn trace(&mut self) -> Option<TraceId> {
        let number = self.bytes.number()? as usize;
        if number == self.traces.len() {
            self.traces.push(self.bytes.trace_id()?);
        }
        self.traces.get(number).copied()
    }

    fn detail(&mut self) -> Option<Detail> {
        Some(match self.bytes.byte()? {
            8 => Detail::Operation(self.symbol()?),
            9 => Detail::Topic(self.symbol()?),
            10 => Detail::Route(self.symbol()?),
            11 => Detail::Method(self.symbol()?),
            12 => Detail::Peer(self.symbol()?),
            13 => Detail::Database(self.symbol()?),
            14 => Detail::Duration(self.bytes.number()?),
            15 => Detail::Status(self.bytes.number()? as u16),
            16 => Detail::Kind(*KINDS.get(usize::from(self.bytes.byte()?))?),
            17 => Detail::Link { trace: self.trace()?, span: SpanId::new(self.bytes.bits()?)? },
            18 => {
                let role = *ROLES.get(usize::from(self.bytes.byte()?))?;
                Detail::Header { role, trace: self.trace()?, span: SpanId::new(self.bytes.bits()?) }
            }
            shape => {
                let shape = *SHAPES.get(usize::from(shape))?;
                Detail::Key { name: self.symbol()?, value: Symbol(self.bytes.bits()?), shape }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn detail() -> impl Strategy<Value = Detail> {
        let symbol = || any::<u64>().prop_map(Symbol);
        let trace = || any::<u128>().prop_map(|bits| TraceId::new(bits).unwrap_or(TraceId::opaque(b"x")));
        let span = || any::<u64>().prop_map(SpanId::new);
        prop_oneof![
            (symbol(), symbol(), 0..SHAPES.len()).prop_map(|(name, value, shape)| Detail::Key {
                name,
                value,
                shape: SHAPES[shape]
            }),
            (0..ROLES.len(), trace(), span()).prop_map(|(role, trace, span)| Detail::Header {
                role: ROLES[role],
                trace,
                span
            }),
            (trace(), any::<u64>()).prop_map(|(trace, span)| Detail::Link {
                trace,
                span: SpanId::new(span).unwrap_or(SpanId::opaque(b"x"))
            }),
            any::<u64>().prop_map(Detail::Duration),
            (0..KINDS.len()).prop_map(|kind| Detail::Kind(KINDS[kind])),
            symbol().prop_map(Detail::Operation),
            symbol().prop_map(Detail::Topic),
            symbol().prop_map(Detail::Route),
            symbol().prop_map(Detail::Method),
            symbol().prop_map(Detail::Peer),
            symbol().prop_map(Detail::Database),
            any::<u16>().prop_map(Detail::Status),
        ]
    }

    fn event() -> impl Strategy<Value = (Event, Vec<Detail>, u32)> {
        let place = (any::<u32>(), any::<u64>(), any::<u64>(), any::<u32>(), any::<u32>()).prop_map(
            |(source, line, offset, len, part)| Place { source: SourceId(source), line, offset, len, part },
        );
        let ids = (any::<u128>(), 0u64..3, 0u64..3);
        let names = (0u64..4, 0u64..4, any::<u64>(), any::<u64>());
        let rest = (any::<i64>(), 0usize..7, any::<u16>(), any::<u32>());
        (place, ids, names, rest, prop::collection::vec(detail(), 0..5)).prop_map(
            |(place, (trace, span, parent), names, (time, level, flags, tag), details)| {
                let mut event = Event::at(place);
                event.time = Time(time);
                event.trace = TraceId::new(trace);
                (event.span, event.parent) = (SpanId::new(span), SpanId::new(parent));
                (event.service, event.instance) = (Symbol(names.0), Symbol(names.1));
                (event.thread, event.template) = (Symbol(names.2), Symbol(names.3));
                event.level = level.checked_sub(1).map(|level| LEVELS[level]);
                event.flags = flags;
                event.details_len = details.len() as u16;
                (event, details, tag)
            },
        )
    }

    proptest! {
        #[test]
        fn events_come_back(events in prop::collection::vec(event(), 0..20)) {
            let mut encoder = Encoder::default();
            for (event, details, tag) in &events {
                encoder.push(event, details, *tag);
            }
            let bytes = encoder.finish();
            let (batch, tags) = decode(&bytes).expect("it was just written");
            prop_assert_eq!(batch.events.len(), events.len());
            for ((found, tag), (event, details, expected)) in batch.events.iter().zip(tags).zip(&events) {
                prop_assert_eq!(tag, *expected);
                prop_assert_eq!(batch.details(found), &details[..]);
                let same = Event { details_start: event.details_start, ..found.clone() };
                prop_assert_eq!(format!("{same:?}"), format!("{event:?}"));
            }
        }
    }
}
