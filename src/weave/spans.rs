//! Spans from events: the events with one span id are one span.

use super::stitch::Group;
use crate::gather::{Fragments, Store};
use crate::model::{
    Basis, Detail, Edge, EventId, HeaderRole, Level, Link, Proof, SpanId, SpanKind, Symbol, Time, TraceId,
    flag,
};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// A span on its way to its place in a tree.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub id: SpanId,
    pub opaque: bool,
    pub synthetic: bool,
    pub missing: bool,
    pub trace: Option<TraceId>,
    pub service: Symbol,
    pub instance: Symbol,
    pub kind: Option<SpanKind>,
    /// First and last record, or the times of an exported span.
    pub start: Time,
    pub end: Time,
    /// The same as logged.
    pub raw: (Time, Time),
    pub failed: bool,
    pub errors: u32,
    pub events: Vec<EventId>,
    /// The parent that a record states.
    pub stated: Option<(SpanId, EventId)>,
    /// Some record says that there is no parent, and may be believed.
    pub root: bool,
    /// The sender's span in a header that was received.
    pub header: Option<(SpanId, EventId)>,
    pub links: Vec<Link>,
    pub parent: Option<u32>,
    pub edge: Option<Edge>,
    pub name: Symbol,
}

/// The spans of a transaction, and its events without one.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub spans: Vec<Draft>,
    /// By time.
    pub loose: Vec<EventId>,
    /// Spans by trace and id.
    pub by_id: FxHashMap<(TraceId, SpanId), Same>,
}

/// The spans with one id: several where services share it.
#[derive(Clone, Debug)]
pub(super) struct Same {
    first: u32,
    others: Vec<u32>,
}

impl Same {
    /// All of them, in the order of their coming.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// Whether there are several.
    pub fn are_several(&self) -> bool {
        !self.others.is_empty()
    }

    /// Adds a span to those of an id.
    pub fn add(entry: Entry<'_, (TraceId, SpanId), Same>, span: u32) {
        match entry {
            Entry::Occupied(mut known) => known.get_mut().others.push(span),
            Entry::Vacant(free) => {
                free.insert(Same { first: span, others: Vec::new() });
            }
        }
    }
}

impl Draft {
    pub fn new(id: SpanId) -> Draft {
        Draft {
            id,
            opaque: false,
            synthetic: false,
            missing: false,
            trace: None,
            service: Symbol::NONE,
            instance: Symbol::NONE,
            kind: None,
            start: Time(i64::MAX),
            end: Time(i64::MIN),
            raw: (Time(i64::MAX), Time(i64::MIN)),
            failed: false,
            errors: 0,
            events: Vec::new(),
            stated: None,
            root: false,
            header: None,
            links: Vec::new(),
            parent: None,
            edge: None,
            name: Symbol::NONE,
        }
    }

    pub fn add(&mut self, store: &Store, id: EventId) {
        let event = store.event(id);
        self.events.push(id);
        let time = store.time(id);
        if !event.is(flag::TIME_UNKNOWN) {
            self.start = self.start.min(time);
            let delay = store.delay(id);
            self.end = self.end.max(Time(time.0.saturating_add(delay)));
            self.raw = (self.raw.0.min(event.time), self.raw.1.max(Time(event.time.0.saturating_add(delay))));
        }
        self.trace = self.trace.or(event.trace);
        if self.instance.is_none() {
            self.instance = event.instance;
        }
        self.opaque |= event.is(flag::OPAQUE_SPAN);
        self.root |= event.is(flag::ROOT);
        self.failed |= event.is(flag::FAILED);
        if event.level >= Some(Level::Error) {
            self.errors += 1;
            self.failed = true;
        }
        if let Some(parent) = event.parent.filter(|parent| *parent != self.id) {
            self.stated.get_or_insert((parent, id));
        }
        let mut duration = None;
        for detail in store.details(id) {
            match *detail {
                Detail::Duration(nanos) => duration = Some(nanos),
                Detail::Kind(kind) => self.kind = self.kind.or(Some(kind)),
                Detail::Operation(name) if self.name.is_none() => self.name = name,
                Detail::Header { role, trace, span: Some(span) }
                    if role != HeaderRole::Outgoing && span != self.id && Some(trace) == event.trace =>
                {
                    self.header.get_or_insert((span, id));
                }
                Detail::Link { trace, span } => {
                    self.links.push(Link { trace, span, basis: Basis::Link, confidence: 1.0 })
                }
                _ => {}
            }
        }
        if event.is(flag::WHOLE_SPAN) {
            let length = duration.unwrap_or(0).min(i64::MAX as u64) as i64;
            self.end = self.end.max(Time(time.0.saturating_add(length)));
            self.raw.1 = self.raw.1.max(Time(event.time.0.saturating_add(length)));
        }
    }
}

/// The spans that the events of a transaction name.
pub(super) fn drafts(store: &Store, fragments: &Fragments, group: &Group) -> Drafts {
    let mut drafts = Drafts::default();
    for &fragment in &group.fragments {
        let fragment = &fragments.traced[fragment as usize];
        for &id in &fragment.events {
            match store.event(id).span {
                Some(span) => place(store, &mut drafts, fragment.trace, span, id),
                None => drafts.loose.push(id),
            }
        }
    }
    drafts.loose.extend_from_slice(&group.untraced);
    drafts.loose.sort_by_key(|id| store.order(*id));
    for draft in &mut drafts.spans {
        name(store, draft);
    }
    drafts
}

/// Adds an event to the span that it names.
fn place(store: &Store, drafts: &mut Drafts, trace: TraceId, span: SpanId, id: EventId) {
    let event = store.event(id);
    let known = drafts.by_id.entry((trace, span));
    // client and server of one call may share an id: they log to different sources under different names
    let source = event.place.source;
    let fits = |index: &u32| {
        let draft = &drafts.spans[*index as usize];
        draft.service == event.service
            || draft.events.iter().any(|other| store.event(*other).place.source == source)
                && !event.is(flag::WHOLE_SPAN)
    };
    let same = match &known {
        Entry::Occupied(known) => known.get().iter().find(fits),
        Entry::Vacant(_) => None,
    };
    let index = same.unwrap_or_else(|| {
        let mut draft = Draft::new(span);
        draft.service = event.service;
        draft.trace = Some(trace);
        drafts.spans.push(draft);
        let index = drafts.spans.len() as u32 - 1;
        Same::add(known, index);
        index
    });
    drafts.spans[index as usize].add(store, id);
}

/// Names a span that no record names: by the template of its first message.
pub(super) fn name(store: &Store, draft: &mut Draft) {
    if draft.name.is_none() {
        let mut templates = draft.events.iter().map(|id| store.event(*id).template);
        draft.name = templates.find(|name| !name.is_none()).unwrap_or_default();
    }
}

/// A proof that a record states.
pub(super) fn stated_edge(basis: Basis, proof: Proof) -> Edge {
    Edge {
        basis,
        confidence: if basis == Basis::Stated { 1.0 } else { 0.99 },
        proofs: vec![proof],
        runner_up: None,
    }
}
