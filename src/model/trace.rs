//! What is woven: spans, the edges between them, and the traces they make.

use super::{SpanId, SpanKind, Symbol, Time, TraceId};

/// An event of a run, by its number in the order (time, source, line) within its trace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct EventId {
    /// Which batch.
    pub batch: u32,
    /// Which event of it.
    pub index: u32,
}

/// What an edge rests on, strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Basis {
    /// The logs print the parent's id with the span, or one span id on both sides of a call.
    Stated,
    /// The receiving span logged the propagation header that it got.
    Header,
    /// A stated span link.
    Link,
    /// A send and a receive name the same message.
    Message,
    /// An outgoing call and a server span match, and the one encloses the other.
    Call,
    /// Same service; one span encloses the other or opened right before it.
    Nesting,
    /// The same business key, in the right order, by a relation that holds across transactions.
    Key,
    /// How this operation is caused in the other transactions of the run.
    Learned,
}

impl Basis {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Stated => "stated",
            Basis::Header => "header",
            Basis::Link => "link",
            Basis::Message => "message",
            Basis::Call => "call",
            Basis::Nesting => "nesting",
            Basis::Key => "key",
            Basis::Learned => "learned",
        }
    }
}

/// One reason for an edge.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Proof {
    /// The record states the parent's id.
    ParentId(EventId),
    /// Client and server log the same span id.
    SharedSpan,
    /// The record prints a header with the parent's span.
    Header(EventId),
    /// The record states a link to the parent.
    Link(EventId),
    /// Sent by one record and received by another under the same value.
    Message {
        /// Name of the value where it was received.
        name: Symbol,
        /// The value.
        value: Symbol,
        /// The sending record.
        sent: EventId,
        /// The receiving record.
        received: EventId,
    },
    /// Both spans hold this value.
    Key {
        /// Name of the value in the child.
        name: Symbol,
        /// The value.
        value: Symbol,
    },
    /// Method, route, status or peer of a call agree.
    Call,
    /// The parent was open while the child ran.
    Encloses,
    /// The parent's last record before the child began.
    Follows {
        /// That record.
        before: EventId,
        /// Nanoseconds between them.
        delay: i64,
    },
    /// This kind of span is caused by that kind in other transactions.
    Usual {
        /// In how many.
        times: u32,
    },
    /// Nothing else was there to choose.
    OnlyCandidate,
}

/// Why a span has its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The strongest reason.
    pub basis: Basis,
    /// How sure: the share of such edges that are right, 0 to 1.
    pub confidence: f32,
    /// The reasons.
    pub proofs: Vec<Proof>,
    /// The next best parent (an index of the trace's spans) and its share.
    pub runner_up: Option<(u32, f32)>,
}

/// A further cause of a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Trace of the cause.
    pub trace: TraceId,
    /// The causing span.
    pub span: SpanId,
    /// What the link rests on.
    pub basis: Basis,
    /// How sure, 0 to 1.
    pub confidence: f32,
}

/// A span of a woven trace.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its id; made from its content if no log states one.
    pub id: SpanId,
    /// The id is no number; its text is among the symbols.
    pub opaque: bool,
    /// No log states the id.
    pub synthetic: bool,
    /// Only named as somebody's parent: nothing was logged in it.
    pub missing: bool,
    /// The trace id its records state.
    pub trace: Option<TraceId>,
    /// Index of its parent in the trace's spans.
    pub parent: Option<u32>,
    /// Why it has that parent.
    pub edge: Option<Edge>,
    /// Further causes.
    pub links: Vec<Link>,
    /// Service.
    pub service: Symbol,
    /// Instance.
    pub instance: Symbol,
    /// What it does: a stated operation, route or topic, or the template of its first message.
    pub name: Symbol,
    /// Kind, if known.
    pub kind: Option<SpanKind>,
    /// Start on the common clock.
    pub start: Time,
    /// End on the common clock.
    pub end: Time,
    /// Start and end as logged, where the clock was corrected.
    pub raw: Option<(Time, Time)>,
    /// The span failed.
    pub failed: bool,
    /// Records at level error or worse.
    pub errors: u32,
    /// Its records, in order.
    pub events: Vec<EventId>,
    /// Nanoseconds in which no child ran.
    pub self_time: Option<u64>,
    /// Nanoseconds between the sending of its message and its start.
    pub queue_time: Option<u64>,
}

/// How a transaction ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Status {
    /// Nothing went wrong.
    Ok,
    /// A failure that nothing healed.
    Error,
    /// A step is missing that such transactions have.
    Incomplete,
    /// Cut by the start or end of the logs.
    Truncated,
}

impl Status {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Error => "error",
            Status::Incomplete => "incomplete",
            Status::Truncated => "truncated",
        }
    }
}

/// What a part of the critical path was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathKind {
    /// The span's own work.
    Work,
    /// On the way between two services.
    Network,
    /// In a queue: sent and not yet taken up.
    Queue,
    /// Nothing was logged.
    Unlogged,
}

impl PathKind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            PathKind::Work => "work",
            PathKind::Network => "network",
            PathKind::Queue => "queue",
            PathKind::Unlogged => "unlogged",
        }
    }
}

/// A part of the critical path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathPart {
    /// Index of the span.
    pub span: u32,
    /// From when.
    pub start: Time,
    /// Until when.
    pub end: Time,
    /// What it was spent on.
    pub kind: PathKind,
}

/// One transaction: a causal tree plus links.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Its id: the trace id of its root, or one made of its content.
    pub id: TraceId,
    /// The id is no number; its text is among the symbols.
    pub opaque: bool,
    /// Every trace id joined into it, sorted.
    pub members: Vec<TraceId>,
    /// Keys that name it (an order number, say): name and value, sorted by name.
    pub keys: Vec<(Symbol, Symbol)>,
    /// What it does: the name of its root.
    pub name: Symbol,
    /// The root's service.
    pub service: Symbol,
    /// Index of the root.
    pub root: Option<u32>,
    /// First start.
    pub start: Time,
    /// Last end.
    pub end: Time,
    /// How it ended.
    pub status: Status,
    /// Services in order of their first span.
    pub services: Vec<Symbol>,
    /// Spans: parents before children, siblings by start.
    pub spans: Vec<Span>,
    /// Records that belong to no span.
    pub loose: Vec<EventId>,
    /// Those of them at level error or worse.
    pub loose_errors: u32,
    /// The chain of work that made it last as long as it did.
    pub critical_path: Vec<PathPart>,
}

impl Trace {
    /// Number of its records.
    pub fn record_count(&self) -> usize {
        self.loose.len() + self.spans.iter().map(|span| span.events.len()).sum::<usize>()
    }

    /// Number of records at level error or worse.
    pub fn error_count(&self) -> u32 {
        self.loose_errors + self.spans.iter().map(|span| span.errors).sum::<u32>()
    }

    /// Gives all events that it names other ids.
    pub fn rename(&mut self, new: &mut dyn FnMut(EventId) -> EventId) {
        for span in &mut self.spans {
            span.events.iter_mut().for_each(|id| *id = new(*id));
            for proof in span.edge.iter_mut().flat_map(|edge| &mut edge.proofs) {
                match proof {
                    Proof::ParentId(id)
                    | Proof::Header(id)
                    | Proof::Link(id)
                    | Proof::Follows { before: id, .. } => *id = new(*id),
                    Proof::Message { sent, received, .. } => {
                        *sent = new(*sent);
                        *received = new(*received);
                    }
                    Proof::SharedSpan
                    | Proof::Key { .. }
                    | Proof::Call
                    | Proof::Encloses
                    | Proof::Usual { .. }
                    | Proof::OnlyCandidate => {}
                }
            }
        }
        self.loose.iter_mut().for_each(|id| *id = new(*id));
    }

    /// Nanoseconds from the first start to the last end.
    pub fn duration(&self) -> u64 {
        (self.end.0 - self.start.0).max(0) as u64
    }
}
