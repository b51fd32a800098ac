//! The edges of traces that cross from one service to another, and what each of them is.

use crate::analyze::channels::{self, Channels, Direction, Topic};
use crate::gather::Store;
use crate::model::{Basis, Detail, EventId, Proof, Span, SpanId, SpanKind, Symbol, Trace, TraceId};
use crate::weave::words::Act;
use rustc_hash::{FxHashMap, FxHashSet};

/// What an edge is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sort {
    /// A call of a service.
    Call,
    /// A message, through its topic if that is known.
    Message(Option<Topic>),
    /// A call of a database.
    Database(Symbol),
    /// A call of somebody whose logs are not there.
    External(Symbol),
}

/// An edge from one service to another.
#[derive(Clone, Debug)]
pub(super) struct Hop {
    pub(super) from: Symbol,
    pub(super) to: Symbol,
    pub(super) sort: Sort,
    pub(super) failed: bool,
    pub(super) lost: bool,
    /// How long the call or the handling of the message took; `None` if one record is all that is known of it.
    pub(super) length: Option<u64>,
    pub(super) wait: Option<u64>,
}

/// Messages of a service through a topic.
#[derive(Clone, Debug)]
pub(super) struct Flowed {
    pub(super) service: Symbol,
    pub(super) topic: Topic,
    pub(super) count: u64,
}

/// All that crosses services.
#[derive(Debug, Default)]
pub(super) struct Hops {
    pub(super) list: Vec<Hop>,
    /// Messages that were sent, whether or not somebody received them.
    pub(super) sent: Vec<Flowed>,
    /// Messages that were received and whose sender is not known.
    pub(super) received: Vec<Flowed>,
}

/// Service and name of what is called or handles a message: all edges to it are of one sort.
type Handler = (Symbol, Symbol);

/// An edge that is not judged yet.
struct Open {
    hop: Hop,
    handler: Handler,
    topic: Option<Topic>,
    /// Which trace, sending span and receiving span.
    ends: (u32, u32, u32),
}

/// What speaks for a call (negative) and for a message (positive).
type Votes = i64;

/// Finds the edges of all traces.
pub(super) fn hops(store: &Store, traces: &[Trace]) -> Hops {
    let channels = Channels::of(store);
    let mut finder = Finder {
        store,
        channels: &channels,
        open: Vec::new(),
        votes: FxHashMap::default(),
        list: Vec::new(),
    };
    let linked = linked_spans(traces);
    for (number, trace) in traces.iter().enumerate() {
        for (at, span) in trace.spans.iter().enumerate() {
            if span.missing || span.service.is_none() {
                continue;
            }
            let parent = caller(trace, span);
            if let Some(parent) = parent {
                let from = &trace.spans[parent as usize];
                finder.edge(from, span, (number as u32, parent, at as u32));
            }
            for link in &span.links {
                let Some(&(other, from)) = linked.get(&(link.trace, link.span)) else { continue };
                if other != number || Some(from) != parent {
                    let from_span = &traces[other].spans[from as usize];
                    finder.link(from_span, span, (other as u32, from, at as u32));
                }
            }
        }
    }
    finder.finish(traces)
}

/// The nearest ancestor that was logged.
fn caller(trace: &Trace, span: &Span) -> Option<u32> {
    let mut up = span.parent;
    while let Some(parent) = up {
        let span = &trace.spans[parent as usize];
        if !span.missing && !span.service.is_none() {
            return Some(parent);
        }
        up = span.parent;
    }
    None
}

/// Where the spans are that links name.
fn linked_spans(traces: &[Trace]) -> FxHashMap<(TraceId, SpanId), (usize, u32)> {
    let spans = || traces.iter().flat_map(|trace| &trace.spans);
    let wanted: FxHashSet<(TraceId, SpanId)> =
        spans().flat_map(|span| &span.links).map(|link| (link.trace, link.span)).collect();
    let mut found = FxHashMap::default();
    if wanted.is_empty() {
        return found;
    }
    for (number, trace) in traces.iter().enumerate() {
        for (at, span) in trace.spans.iter().enumerate() {
            let ids = [Some(trace.id), span.trace].into_iter().flatten().map(|id| (id, span.id));
            for id in ids.filter(|id| wanted.contains(id) && !span.missing) {
                found.entry(id).or_insert((number, at as u32));
            }
        }
    }
    found
}

struct Finder<'s> {
    store: &'s Store,
    channels: &'s Channels,
    open: Vec<Open>,
    votes: FxHashMap<Handler, Votes>,
    list: Vec<Hop>,
}

impl Finder<'_> {
    fn edge(&mut self, from: &Span, to: &Span, ends: (u32, u32, u32)) {
        let handler = (to.service, to.name);
        let (sent, received) = self.records(from, to);
        let topic = self.topic(from, to, sent, received);
        let vote = self.vote(from, to, received);
        // within a service only what is surely a message or a call of itself leaves it
        let leaves = from.service != to.service
            || from.kind == Some(SpanKind::Producer) && to.kind == Some(SpanKind::Consumer)
            || from.kind == Some(SpanKind::Client) && to.kind == Some(SpanKind::Server)
            || topic.is_some() && to.edge.as_ref().is_some_and(|edge| edge.basis == Basis::Message);
        if leaves {
            *self.votes.entry(handler).or_default() += vote;
            self.open.push(Open { hop: self.hop(from, to), handler, topic, ends });
        }
    }

    /// A stated link: of a message, if it leads to another service.
    fn link(&mut self, from: &Span, to: &Span, ends: (u32, u32, u32)) {
        if from.service == to.service {
            return;
        }
        let (sent, received) = self.records(from, to);
        let topic = self.topic(from, to, sent, received);
        let handler = (to.service, to.name);
        *self.votes.entry(handler).or_default() += TOLD;
        let hop = Hop { lost: false, wait: None, ..self.hop(from, to) };
        self.open.push(Open { hop, handler, topic, ends });
    }

    fn hop(&self, from: &Span, to: &Span) -> Hop {
        let length = to.end.0.saturating_sub(to.start.0).max(0) as u64;
        Hop {
            from: from.service,
            to: to.service,
            sort: Sort::Call,
            failed: to.failed,
            // without trace ids on both sides there is nothing to lose
            lost: from.trace.is_some() && from.trace != to.trace,
            length: (length > 0 && to.start.0 != 0).then_some(length),
            wait: to.queue_time,
        }
    }

    /// The records that sent and received the message of an edge.
    fn records(&self, from: &Span, to: &Span) -> (Option<EventId>, Option<EventId>) {
        let proofs = to.edge.iter().flat_map(|edge| &edge.proofs);
        let message = proofs.filter_map(|proof| match proof {
            Proof::Message { sent, received, .. } => Some((*sent, *received)),
            _ => None,
        });
        if let Some((sent, received)) = message.into_iter().next() {
            return (Some(sent), Some(received));
        }
        let speaks = |span: &Span, direction| {
            span.events
                .iter()
                .copied()
                .find(|id| self.channels.spoken(self.store, *id).direction == Some(direction))
        };
        let before = |id: &EventId| self.store.time(*id) <= to.start;
        (speaks(from, Direction::Sends).filter(before), speaks(to, Direction::Receives))
    }

    /// The topic of a message between two spans: what the sender states goes before what the receiver states, and both go
    /// before what texts name.
    fn topic(
        &self,
        from: &Span,
        to: &Span,
        sent: Option<EventId>,
        received: Option<EventId>,
    ) -> Option<Topic> {
        let store = self.store;
        let of = |id: Option<EventId>| id.and_then(|id| self.channels.topic(store, id));
        let (sender, receiver) = (of(sent), of(received));
        let named = [sender.clone(), receiver.clone()].into_iter().flatten().find(|topic| topic.stated);
        let by_kind = || {
            let spans = [(from, SpanKind::Producer), (to, SpanKind::Consumer)];
            let mut spans = spans.into_iter().filter(|(span, kind)| span.kind == Some(*kind));
            spans.find_map(|(span, _)| {
                let stated = span.events.iter().find_map(|id| channels::stated(store, *id));
                stated.or_else(|| channels::in_span_name(store, span))
            })
        };
        named.or_else(by_kind).or(sender).or(receiver)
    }

    /// Says whether an edge is a call or a message, by what its receiving side tells: any sender may stand in the wrong place.
    fn vote(&self, from: &Span, to: &Span, received: Option<EventId>) -> Votes {
        match (from.kind, to.kind) {
            (Some(SpanKind::Producer), _) | (_, Some(SpanKind::Consumer)) => return STATED,
            (Some(SpanKind::Client), _) | (_, Some(SpanKind::Server)) => return -STATED,
            _ => {}
        }
        let store = self.store;
        let first = received.or_else(|| to.events.first().copied());
        let handles = |id: EventId| {
            let asks = |detail: &Detail| matches!(detail, Detail::Route(_) | Detail::Method(_));
            store.details(id).iter().any(asks) || self.channels.spoken(store, id).method
        };
        let act = |id: Option<EventId>| id.map_or(Act::Other, |id| self.channels.spoken(store, id).act);
        if first.is_some_and(handles) {
            return -TOLD;
        }
        if act(first) == Act::Receive || first.is_some_and(|id| channels::stated(store, id).is_some()) {
            return TOLD;
        }
        // nobody waits for what begins when the parent is over, or goes on behind its end
        match from.end > from.start {
            true if to.end <= from.end => -HINT,
            true => HINT,
            // one record does not tell how long its span was open
            false => 0,
        }
    }

    fn finish(mut self, traces: &[Trace]) -> Hops {
        let mut topics: FxHashSet<Symbol> = FxHashSet::default();
        let mut answered: FxHashSet<(u32, u32)> = FxHashSet::default();
        let mut received: FxHashSet<(u32, u32)> = FxHashSet::default();
        let mut senders: FxHashMap<(u32, Symbol), (Symbol, Topic)> = FxHashMap::default();
        for open in std::mem::take(&mut self.open) {
            let (trace, from, to) = open.ends;
            let mut hop = open.hop;
            if self.votes.get(&open.handler).is_some_and(|votes| *votes > 0) {
                if let Some(topic) = &open.topic {
                    topics.insert(topic.symbol);
                    senders.entry((trace, topic.symbol)).or_insert((hop.from, topic.clone()));
                }
                received.insert((trace, to));
                hop.sort = Sort::Message(open.topic);
            } else {
                hop.wait = None;
                answered.insert((trace, from));
            }
            self.list.push(hop);
        }
        self.outside(traces, &answered);
        let (sent, received) = self.messages(traces, &topics, &received, senders);
        Hops { list: self.list, sent, received }
    }

    /// Calls of databases and of services without logs.
    fn outside(&mut self, traces: &[Trace], answered: &FxHashSet<(u32, u32)>) {
        let store = self.store;
        for (number, trace) in traces.iter().enumerate() {
            for (at, span) in trace.spans.iter().enumerate() {
                if span.missing || span.service.is_none() || answered.contains(&(number as u32, at as u32)) {
                    continue;
                }
                let client = span.kind == Some(SpanKind::Client);
                let calls = |id: &EventId| client || self.channels.spoken(store, *id).act == Act::Call;
                let details = || span.events.iter().filter(|id| calls(id)).flat_map(|id| store.details(*id));
                let database = details().find_map(|detail| match detail {
                    Detail::Database(name) => Some(Sort::Database(*name)),
                    _ => None,
                });
                let peer = || {
                    let peer = |detail: &Detail| match detail {
                        Detail::Peer(name) => Some(Sort::External(*name)),
                        _ => None,
                    };
                    details().find_map(peer).filter(|_| span.kind.is_none() || client)
                };
                if let Some(sort) = database.or_else(peer) {
                    let hop = self.hop(span, span);
                    self.list.push(Hop { sort, lost: false, wait: None, ..hop });
                }
            }
        }
    }

    /// Messages by service and topic: each sending record once, and what was received from nobody known. A topic that only a
    /// text names counts if some message went through it.
    fn messages(
        &self,
        traces: &[Trace],
        topics: &FxHashSet<Symbol>,
        linked: &FxHashSet<(u32, u32)>,
        mut senders: FxHashMap<(u32, Symbol), (Symbol, Topic)>,
    ) -> (Vec<Flowed>, Vec<Flowed>) {
        let store = self.store;
        let mut counts: FxHashMap<(bool, Symbol, Symbol), Flowed> = FxHashMap::default();
        let mut add = |sends: bool, service: Symbol, topic: Topic, count: u64| {
            let flowed =
                counts.entry((sends, service, topic.symbol)).or_insert(Flowed { service, topic, count: 0 });
            flowed.count += count;
        };
        for (number, trace) in traces.iter().enumerate() {
            for (at, span) in trace.spans.iter().enumerate().filter(|(_, span)| !span.missing) {
                let flows = self.channels.flows(store, span).into_iter();
                // what a field calls the name of an event may be no topic: somebody else has to speak of it
                let sure = |sends: bool| sends || span.kind == Some(SpanKind::Consumer);
                let flows = flows.filter_map(|flow| Some((flow.direction, flow.topic?, flow.count)));
                let flows = flows.filter(|(direction, topic, _)| {
                    topics.contains(&topic.symbol) || topic.stated && sure(*direction == Direction::Sends)
                });
                for (direction, topic, count) in flows {
                    match direction {
                        Direction::Sends => {
                            senders.remove(&(number as u32, topic.symbol));
                            add(true, span.service, topic, count);
                        }
                        Direction::Receives if !linked.contains(&(number as u32, at as u32)) => {
                            add(false, span.service, topic, 1);
                        }
                        Direction::Receives => {}
                    }
                }
            }
        }
        // messages whose sending no record tells of
        for (service, topic) in senders.into_values() {
            add(true, service, topic, 1);
        }
        let mut sent = Vec::new();
        let mut received = Vec::new();
        for ((sends, ..), flowed) in counts {
            if sends { sent.push(flowed) } else { received.push(flowed) }
        }
        for list in [&mut sent, &mut received] {
            list.sort_by_key(|flowed: &Flowed| (flowed.service, flowed.topic.symbol));
        }
        (sent, received)
    }
}

/// Votes of kinds and links, which the logs state.
const STATED: Votes = 1 << 20;
/// Votes of fields and words.
const TOLD: Votes = 1 << 8;
/// Votes of times.
const HINT: Votes = 1;
