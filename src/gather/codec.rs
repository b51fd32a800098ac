//! Events as bytes: what many have in common is named by a number ([`Heads`]), ids stand once for those that share them, what
//! grows slowly (times, places) is told by differences.
//!
//! Events that follow each other and have one trace and tag are a *run*, of which the length is told, so that those that are
//! not wanted are passed over.

use super::bytes::{Get, Put};
use super::heads::{Head, Heads};
use crate::model::{
    Batch, Detail, Event, HeaderRole, Level, Place, Prefix, Shape, SourceId, SpanId, SpanKind, Symbol, Time,
    TraceId,
};

const LEVELS: [Level; 6] = [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal];
const KINDS: [SpanKind; 5] =
    [SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer, SpanKind::Internal];
const SHAPES: [Shape; 7] =
    [Shape::Uuid, Shape::Hex, Shape::Mixed, Shape::Number, Shape::Decimal, Shape::Word, Shape::Serial];
const ROLES: [HeaderRole; 3] = [HeaderRole::Incoming, HeaderRole::Outgoing, HeaderRole::Unknown];

/// Bits of the first byte of an event.
mod bit {
    /// The head is told in full.
    pub const LITERAL: u8 = 1;
    /// A span, and whether it is that of the event before.
    pub const SPAN: u8 = 1 << 1;
    pub const SAME_SPAN: u8 = 1 << 2;
    /// Likewise a parent.
    pub const PARENT: u8 = 1 << 3;
    pub const SAME_PARENT: u8 = 1 << 4;
    /// The thread is not that of the event before.
    pub const THREAD: u8 = 1 << 5;
    /// The record has a part.
    pub const PART: u8 = 1 << 6;
}

/// What the next event is told by its differences from.
#[derive(Debug, Default, Clone, Copy)]
struct Last {
    time: i64,
    line: u64,
    offset: u64,
    span: Option<SpanId>,
    parent: Option<SpanId>,
    thread: Symbol,
}

impl Last {
    fn of(event: &Event) -> Last {
        let Place { line, offset, .. } = event.place;
        let (span, parent) = (event.span, event.parent);
        Last { time: event.time.0, line, offset, span, parent, thread: event.thread }
    }
}

/// Appends a chunk of events, each with its details, a number that the caller gives it, and the number of its head if that is
/// known.
pub(super) fn encode<'e>(
    heads: &Heads,
    events: impl IntoIterator<Item = (&'e Event, &'e [Detail], u32, Option<u32>)>,
    out: &mut Vec<u8>,
) {
    let mut events = events.into_iter().peekable();
    let Some((first, ..)) = events.peek() else { return };
    let base = Last { span: None, parent: None, thread: Symbol::NONE, ..Last::of(first) };
    out.bits(base.time as u64);
    out.number(base.line);
    out.number(base.offset);
    let mut run = Vec::new();
    while let Some((event, details, tag, head)) = events.next() {
        let trace = event.trace;
        run.clear();
        let mut last = base;
        let mut count = 1;
        put(heads, head, &mut last, event, details, &mut run);
        while let Some((event, details, _, head)) =
            events.next_if(|(event, _, other, _)| event.trace == trace && *other == tag)
        {
            put(heads, head, &mut last, event, details, &mut run);
            count += 1;
        }
        out.number(count << 1 | u64::from(trace.is_some()));
        if let Some(trace) = trace {
            out.trace_id(trace);
        }
        out.number(u64::from(tag));
        out.number(run.len() as u64);
        out.extend_from_slice(&run);
    }
}

/// Writes an event behind another one of its run.
fn put(
    heads: &Heads,
    head: Option<u32>,
    last: &mut Last,
    event: &Event,
    details: &[Detail],
    out: &mut Vec<u8>,
) {
    let place = &event.place;
    let when = |on: bool, bit: u8| if on { bit } else { 0 };
    let id = |id: Option<SpanId>, last: Option<SpanId>, some: u8, same: u8| match id {
        None => 0,
        known if known == last => same,
        _ => some,
    };
    let (span, parent) = (event.span, event.parent);
    let bits = when(head.is_none(), bit::LITERAL)
        | id(span, last.span, bit::SPAN, bit::SAME_SPAN)
        | id(parent, last.parent, bit::PARENT, bit::SAME_PARENT)
        | when(event.thread != last.thread, bit::THREAD)
        | when(place.part != 0, bit::PART);
    out.push(bits);
    match head {
        Some(head) => out.number(u64::from(head)),
        None => put_head(event, details, out),
    }
    out.signed(event.time.0.wrapping_sub(last.time));
    out.signed(place.line.wrapping_sub(last.line) as i64);
    out.signed(place.offset.wrapping_sub(last.offset) as i64);
    out.number(u64::from(place.len));
    if bits & bit::SPAN != 0 {
        out.bits(span.map_or(0, SpanId::bits));
    }
    if bits & bit::PARENT != 0 {
        out.bits(parent.map_or(0, SpanId::bits));
    }
    if bits & bit::THREAD != 0 {
        put_name(heads, event.thread, out);
    }
    if bits & bit::PART != 0 {
        out.number(u64::from(place.part));
    }
    *last = Last::of(event);
    for detail in details {
        match *detail {
            Detail::Key { value, shape, prefix, .. } => {
                out.bits(value.0);
                if shape == Shape::Mixed {
                    out.push(prefix.number());
                }
            }
            Detail::Route(path) => out.bits(path.0),
            Detail::Operation(name)
            | Detail::Topic(name)
            | Detail::Event(name)
            | Detail::Peer(name)
            | Detail::Caller(name) => put_name(heads, name, out),
            Detail::Duration(nanos) => out.number(nanos),
            Detail::Link { trace, span } => {
                out.trace_id(trace);
                out.bits(span.bits());
            }
            Detail::Header { trace, span, .. } => {
                out.trace_id(trace);
                // no span id is zero
                out.bits(span.map_or(0, SpanId::bits));
            }
            Detail::Kind(_) | Detail::Method(_) | Detail::Database(_) | Detail::Status(_) => {}
        }
    }
}

fn put_name(heads: &Heads, name: Symbol, out: &mut Vec<u8>) {
    match heads.number_of_name(name) {
        Some(number) => out.number(u64::from(number) + 1),
        None => {
            out.push(0);
            out.bits(name.0);
        }
    }
}

/// Writes a head in full.
fn put_head(event: &Event, details: &[Detail], out: &mut Vec<u8>) {
    out.number(u64::from(event.place.source.0));
    out.number(u64::from(event.flags));
    out.push(event.level.map_or(0, |level| level as u8));
    [event.service, event.instance, event.template].iter().for_each(|name| out.bits(name.0));
    out.number(details.len() as u64);
    for detail in details {
        match *detail {
            Detail::Key { name, shape, .. } => {
                out.push(shape as u8);
                out.bits(name.0);
            }
            Detail::Operation(_) => out.push(8),
            Detail::Topic(_) => out.push(9),
            Detail::Event(_) => out.push(19),
            Detail::Route(_) => out.push(10),
            Detail::Method(name) => {
                out.push(11);
                out.bits(name.0);
            }
            Detail::Peer(_) => out.push(12),
            Detail::Caller(_) => out.push(20),
            Detail::Database(name) => {
                out.push(13);
                out.bits(name.0);
            }
            Detail::Duration(_) => out.push(14),
            Detail::Status(status) => {
                out.push(15);
                out.number(u64::from(status));
            }
            Detail::Kind(kind) => out.extend([16, kind as u8]),
            Detail::Link { .. } => out.push(17),
            Detail::Header { role, .. } => out.extend([18, role as u8]),
        }
    }
}

/// Appends the events of a chunk that [`encode`] wrote, and the numbers they were given, to others: those of `wanted` traces
/// and all without a trace; `None` if it did not write this.
pub(super) fn decode(
    heads: &Heads,
    bytes: &[u8],
    batch: &mut Batch,
    tags: &mut Vec<u32>,
    wanted: impl Fn(TraceId) -> bool,
) -> Option<()> {
    let mut bytes = Get(bytes);
    if bytes.is_empty() {
        return Some(());
    }
    let time = bytes.bits()? as i64;
    let base = Last { time, line: bytes.number()?, offset: bytes.number()?, ..Last::default() };
    while !bytes.is_empty() {
        let head = bytes.number()?;
        let trace = if head & 1 != 0 { Some(bytes.trace_id()?) } else { None };
        let tag = bytes.number()? as u32;
        let len = usize::try_from(bytes.number()?).ok()?;
        let mut run = Get(bytes.take(len)?);
        if trace.is_some_and(|trace| !wanted(trace)) {
            continue;
        }
        let mut last = base;
        for _ in 0..head >> 1 {
            let mut event = get(heads, &mut last, &mut run, &mut batch.details)?;
            event.trace = trace;
            batch.events.push(event);
            tags.push(tag);
        }
        if !run.is_empty() {
            return None;
        }
    }
    Some(())
}

/// Reads an event and its details.
fn get(heads: &Heads, last: &mut Last, bytes: &mut Get<'_>, details: &mut Vec<Detail>) -> Option<Event> {
    let bits = bytes.byte()?;
    let told;
    let head = if bits & bit::LITERAL == 0 {
        heads.head(bytes.number()?)?
    } else {
        told = get_head(bytes)?;
        &told
    };
    let start = details.len();
    let mut event = head.event.clone();
    details.extend_from_slice(&head.details);
    event.time = Time(last.time.wrapping_add(bytes.signed()?));
    event.place.line = last.line.wrapping_add(bytes.signed()? as u64);
    event.place.offset = last.offset.wrapping_add(bytes.signed()? as u64);
    event.place.len = bytes.number()? as u32;
    let mut id = |some: u8, same: u8, last: Option<SpanId>| {
        Some(match bits {
            bits if bits & some != 0 => Some(SpanId::new(bytes.bits()?)?),
            bits if bits & same != 0 => last,
            _ => None,
        })
    };
    event.span = id(bit::SPAN, bit::SAME_SPAN, last.span)?;
    event.parent = id(bit::PARENT, bit::SAME_PARENT, last.parent)?;
    event.thread = if bits & bit::THREAD != 0 { get_name(heads, bytes)? } else { last.thread };
    if bits & bit::PART != 0 {
        event.place.part = bytes.number()? as u32;
    }
    event.details_start = u32::try_from(start).ok()?;
    *last = Last::of(&event);
    for detail in &mut details[start..] {
        match detail {
            Detail::Key { value, shape, prefix, .. } => {
                *value = Symbol(bytes.bits()?);
                if *shape == Shape::Mixed {
                    *prefix = Prefix::numbered(bytes.byte()?)?;
                }
            }
            Detail::Route(path) => *path = Symbol(bytes.bits()?),
            Detail::Operation(name)
            | Detail::Topic(name)
            | Detail::Event(name)
            | Detail::Peer(name)
            | Detail::Caller(name) => {
                *name = get_name(heads, bytes)?;
            }
            Detail::Duration(nanos) => *nanos = bytes.number()?,
            Detail::Link { trace, span } => {
                (*trace, *span) = (bytes.trace_id()?, SpanId::new(bytes.bits()?)?)
            }
            Detail::Header { trace, span, .. } => {
                (*trace, *span) = (bytes.trace_id()?, SpanId::new(bytes.bits()?));
            }
            Detail::Kind(_) | Detail::Method(_) | Detail::Database(_) | Detail::Status(_) => {}
        }
    }
    Some(event)
}

fn get_name(heads: &Heads, bytes: &mut Get<'_>) -> Option<Symbol> {
    match bytes.number()? {
        0 => Some(Symbol(bytes.bits()?)),
        number => heads.name(number - 1),
    }
}

/// Reads a head that is told in full.
fn get_head(bytes: &mut Get<'_>) -> Option<Head> {
    let source = SourceId(bytes.number()? as u32);
    let mut event = Event::at(Place { source, ..Place::default() });
    event.flags = bytes.number()? as u16;
    event.level = usize::from(bytes.byte()?).checked_sub(1).and_then(|at| LEVELS.get(at)).copied();
    for name in [&mut event.service, &mut event.instance, &mut event.template] {
        *name = Symbol(bytes.bits()?);
    }
    event.details_len = bytes.number()? as u16;
    let mut details = Vec::new();
    let (none, trace) = (Symbol::NONE, TraceId::opaque(b""));
    for _ in 0..event.details_len {
        details.push(match bytes.byte()? {
            8 => Detail::Operation(none),
            9 => Detail::Topic(none),
            19 => Detail::Event(none),
            10 => Detail::Route(none),
            11 => Detail::Method(Symbol(bytes.bits()?)),
            12 => Detail::Peer(none),
            20 => Detail::Caller(none),
            13 => Detail::Database(Symbol(bytes.bits()?)),
            14 => Detail::Duration(0),
            15 => Detail::Status(bytes.number()? as u16),
            16 => Detail::Kind(*KINDS.get(usize::from(bytes.byte()?))?),
            17 => Detail::Link { trace, span: SpanId::opaque(b"") },
            18 => Detail::Header { role: *ROLES.get(usize::from(bytes.byte()?))?, trace, span: None },
            shape => {
                let shape = *SHAPES.get(usize::from(shape))?;
                Detail::Key { name: Symbol(bytes.bits()?), value: none, shape, prefix: Prefix::default() }
            }
        });
    }
    Some(Head { event, details: details.into() })
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
            (symbol(), symbol(), 0..SHAPES.len(), 0..Prefix::COUNT).prop_map(
                |(name, value, shape, prefix)| {
                    let shape = SHAPES[shape];
                    let prefix =
                        Prefix::numbered(prefix).filter(|_| shape == Shape::Mixed).unwrap_or_default();
                    Detail::Key { name, value, shape, prefix }
                }
            ),
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
            symbol().prop_map(Detail::Event),
            symbol().prop_map(Detail::Route),
            symbol().prop_map(Detail::Method),
            symbol().prop_map(Detail::Peer),
            symbol().prop_map(Detail::Caller),
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
            // some are known, some are told in full
            let mut heads = Heads::default();
            for (event, details, _) in events.iter().step_by(2) {
                heads.learn(event, details);
            }
            let all = || events.iter().map(|(event, details, tag)| {
                (event, &details[..], *tag, heads.number(event, details))
            });
            let mut bytes = Vec::new();
            encode(&heads, all(), &mut bytes);
            let read = |wanted: fn(TraceId) -> bool| {
                let (mut batch, mut tags) = (Batch::default(), Vec::new());
                decode(&heads, &bytes, &mut batch, &mut tags, wanted).expect("it was just written");
                (batch, tags)
            };
            let untraced = events.iter().filter(|(event, ..)| event.trace.is_none()).count();
            prop_assert_eq!(read(|_| false).0.events.len(), untraced);
            let (batch, tags) = read(|_| true);
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
