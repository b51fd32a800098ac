//! What is kept of a record: owned, compact, without its text.

use super::{Level, SpanId, Symbol, Symbols, Time, TraceId};

/// Which of the run's sources (files, archive members, stdin); an index into their list, which is sorted by name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SourceId(pub u32);

/// Where a record stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Place {
    /// The file, archive member or stdin.
    pub source: SourceId,
    /// First physical line, counted from 1.
    pub line: u64,
    /// First byte, counted from 0 after decompression.
    pub offset: u64,
    /// Bytes from the first line to the end of the last one, its line end not counted.
    pub len: u32,
    /// Which record of this line, when one line holds several (an OTLP request, say); counted from 0.
    pub part: u32,
}

/// Where a record stands among all of a run: the source's rank by name, line, part. Tells the same order however events are
/// held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Origin {
    /// The rank of its source among all by name.
    pub rank: u32,
    /// See [`Place::line`].
    pub line: u64,
    /// See [`Place::part`].
    pub part: u32,
}

/// What can be told of a record that stands for all of its kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Sample {
    /// Where it stands; of several samples the first one stays.
    pub origin: Origin,
    /// Its service.
    pub service: Symbol,
    /// Its template.
    pub template: Symbol,
    /// The name of the exported span that it is.
    pub operation: Symbol,
    /// Its topic.
    pub topic: Symbol,
}

/// OpenTelemetry span kinds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SpanKind {
    /// Handles a call from outside.
    Server,
    /// Calls another service.
    Client,
    /// Sends a message.
    Producer,
    /// Handles a message.
    Consumer,
    /// Work inside a service.
    Internal,
}

impl SpanKind {
    /// The name in capitals, as OpenTelemetry and Zipkin write it.
    pub fn name(self) -> &'static str {
        match self {
            SpanKind::Server => "SERVER",
            SpanKind::Client => "CLIENT",
            SpanKind::Producer => "PRODUCER",
            SpanKind::Consumer => "CONSUMER",
            SpanKind::Internal => "INTERNAL",
        }
    }
}

/// What a value looks like; says how far it may serve as a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Shape {
    /// A UUID with dashes.
    Uuid,
    /// Sixteen or more hex digits.
    Hex,
    /// Letters and digits mixed: `ORD-179652`, `i7xk2`.
    Mixed,
    /// A whole number.
    Number,
    /// A number with a fraction.
    Decimal,
    /// Letters only.
    Word,
    /// A whole number of so many digits that two things hardly have the same one by chance.
    Serial,
}

impl Shape {
    /// A number of so many digits is a serial one.
    const SERIAL_DIGITS: usize = 6;

    /// The shape of a value of so many bytes that is written like others of this shape, as numbers differ in their digits.
    #[must_use]
    pub fn of_length(self, bytes: usize) -> Shape {
        match self {
            Shape::Number | Shape::Serial if bytes >= Shape::SERIAL_DIGITS => Shape::Serial,
            Shape::Serial => Shape::Number,
            other => other,
        }
    }
}

/// The letters that a value begins with before a separator (`ORD` of `ORD-179652`), which tell values of different things apart
/// that stand under one name: a number below 64, in which few of them agree; 0 for values without.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Prefix(u8);

impl Prefix {
    /// Longer words before a separator are no prefix.
    const MAX_LETTERS: usize = 12;
    /// So many are told apart, with that of values without.
    pub const COUNT: u8 = 64;

    /// Of a value as written.
    #[must_use]
    pub fn of(value: &[u8], shape: Shape) -> Prefix {
        if shape != Shape::Mixed {
            return Prefix::default();
        }
        let letters = value.iter().take(Prefix::MAX_LETTERS).take_while(|byte| byte.is_ascii_alphabetic());
        let count = letters.count();
        match value.get(count) {
            Some(b'-' | b'_' | b'.' | b':' | b'/' | b'#') if count > 0 => {
                let hash = Symbol::of(&value[..count].to_ascii_lowercase()).0;
                Prefix((hash % u64::from(Prefix::COUNT - 1)) as u8 + 1)
            }
            _ => Prefix::default(),
        }
    }

    /// By its number; `None` if there is none such.
    #[must_use]
    pub fn numbered(number: u8) -> Option<Prefix> {
        (number < Prefix::COUNT).then_some(Prefix(number))
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }
}

/// Whose context a propagation header in a record is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HeaderRole {
    /// The record says that it was received.
    Incoming,
    /// The record says that it was sent.
    Outgoing,
    /// The record does not say.
    Unknown,
}

/// One further fact of a record, apart from the fixed part of an [`Event`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Detail {
    /// A value that may tie records together, under the name (normalized: lowercase, no separators) it was written with.
    Key {
        /// Normalized name.
        name: Symbol,
        /// The value as written.
        value: Symbol,
        /// What the value looks like.
        shape: Shape,
        /// What it begins with, if it is of mixed letters and digits.
        prefix: Prefix,
    },
    /// A propagation header other than the record's own context.
    Header {
        /// Received or sent.
        role: HeaderRole,
        /// Trace of the header.
        trace: TraceId,
        /// Span of the header.
        span: Option<SpanId>,
    },
    /// A stated span link.
    Link {
        /// Trace of the linked span.
        trace: TraceId,
        /// The linked span.
        span: SpanId,
    },
    /// How long the work took that the record reports, in nanoseconds.
    Duration(u64),
    /// The stated kind of the record's span.
    Kind(SpanKind),
    /// The stated name of the record's span or operation.
    Operation(Symbol),
    /// A message destination: topic, queue, exchange or routing key.
    Topic(Symbol),
    /// The request path as written, without query.
    Route(Symbol),
    /// The kind of event that the record is about, where a topic is told, too.
    Event(Symbol),
    /// The HTTP or RPC method.
    Method(Symbol),
    /// The service or host that the record says it talks to.
    Peer(Symbol),
    /// The program or service that the record says asked for what it tells of: `billing` of `billing/2.4`.
    Caller(Symbol),
    /// The database that the record says it talks to: its kind, or its name where the kind is not told.
    Database(Symbol),
    /// The HTTP status code.
    Status(u16),
}

/// What [`Detail::Duration`] counts of a duration whose unit is not told: so many make one.
pub const OF_NO_UNIT: u64 = 1_000_000;
/// No transaction lasts a year: what is said to take this long, in nanoseconds, is no duration.
pub const TOO_LONG: u64 = 32_000_000_000_000_000;

/// Bits of [`Event::flags`].
pub mod flag {
    /// The record has no time of its own; it carries that of its neighbour.
    pub const TIME_INHERITED: u16 = 1;
    /// Neither the record nor a neighbour has a time; `time` is 0.
    pub const TIME_UNKNOWN: u16 = 1 << 1;
    /// The trace id is no number.
    pub const OPAQUE_TRACE: u16 = 1 << 2;
    /// The span id is no number.
    pub const OPAQUE_SPAN: u16 = 1 << 3;
    /// The record is a whole span of a span export: `time` is its start, [`Detail::Duration`](super::Detail) its length.
    pub const WHOLE_SPAN: u16 = 1 << 4;
    /// The record states that its span failed (an error status; not the level).
    pub const FAILED: u16 = 1 << 5;
    /// The record carries a stack trace or an exception.
    pub const EXCEPTION: u16 = 1 << 6;
    /// The ids were mangled by the log and read leniently.
    pub const LENIENT: u16 = 1 << 7;
    /// The record states that its span has no parent.
    pub const ROOT: u16 = 1 << 8;
    /// The record has a context: a trace, span or parent id, or a correlation id known by name.
    pub const CONTEXT: u16 = 1 << 9;
    /// The time lacks its year; `time` stands in the year 2000.
    pub const NO_YEAR: u16 = 1 << 10;
    /// The time lacks its date; `time` stands on 1970-01-01.
    pub const NO_DATE: u16 = 1 << 11;
    /// A time without year or date states its zone.
    pub const ZONED: u16 = 1 << 12;
    /// `time` is when that began of which the record tells, and how long it took; written it was when that was over.
    pub const STAMPED_AT_START: u16 = 1 << 13;
    /// The unit of the duration is not told; until all is read, [`Detail::Duration`](super::Detail) holds millionths of it.
    pub const NO_UNIT: u16 = 1 << 14;
    /// The record tells in a field of its own which statement was put to a database.
    pub const STATEMENT: u16 = 1 << 15;
}

/// What is kept of a record. Each byte here is paid once a record.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// When; UTC.
    pub time: Time,
    /// Where the record stands.
    pub place: Place,
    /// The record's trace.
    pub trace: Option<TraceId>,
    /// The record's span.
    pub span: Option<SpanId>,
    /// The parent of that span.
    pub parent: Option<SpanId>,
    /// Service name.
    pub service: Symbol,
    /// Instance (pod, host, container) where the service's name does not tell it.
    pub instance: Symbol,
    /// Thread, task, goroutine or process number, as written.
    pub thread: Symbol,
    /// The message with its variable parts masked.
    pub template: Symbol,
    /// Severity.
    pub level: Option<Level>,
    /// Bits of [`flag`].
    pub flags: u16,
    /// First of this event's details in its [`Batch`].
    pub details_start: u32,
    /// Number of details.
    pub details_len: u16,
}

impl Event {
    /// An event of which nothing is known but its place.
    pub fn at(place: Place) -> Event {
        Event {
            time: Time(0),
            place,
            trace: None,
            span: None,
            parent: None,
            service: Symbol::NONE,
            instance: Symbol::NONE,
            thread: Symbol::NONE,
            template: Symbol::NONE,
            level: None,
            flags: 0,
            details_start: 0,
            details_len: 0,
        }
    }

    /// Whether a bit of [`flag`] is set.
    pub fn is(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }
}

/// Events in the order of their source, with their details and the texts of the symbols first seen in them.
#[derive(Default, Debug)]
pub struct Batch {
    /// The events.
    pub events: Vec<Event>,
    /// The details of all events.
    pub details: Vec<Detail>,
    /// Texts of symbols used here (services, templates, names; not key values).
    pub symbols: Symbols,
}

impl Batch {
    /// The details of an event of this batch.
    pub fn details(&self, event: &Event) -> &[Detail] {
        let start = event.details_start as usize;
        &self.details[start..start + usize::from(event.details_len)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_letters_before_a_separator() {
        let of = |value: &str| Prefix::of(value.as_bytes(), Shape::Mixed);
        assert_eq!(of("ORD-17"), of("ord_2"));
        assert_ne!(of("ORD-17"), of("INV-17"));
        for none in ["ORD17", "17-ORD", "-17", "ORD", "", "averyveryverylongword-1"] {
            assert_eq!(of(none), Prefix::default(), "{none}");
        }
        assert_eq!(Prefix::of(b"abc-12", Shape::Hex), Prefix::default());
        assert_eq!(Prefix::numbered(of("a-1").number()), Some(of("a-1")));
        assert_eq!(Prefix::numbered(Prefix::COUNT), None);
    }

    #[test]
    fn what_is_kept_of_a_record_is_small() {
        assert_eq!((size_of::<Event>(), size_of::<Detail>()), (120, 32));
    }
}
