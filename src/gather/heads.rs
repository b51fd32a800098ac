//! What many events have in common: it is told once, and events name it by its number.

use crate::model::{Detail, Event, Place, Prefix, Symbol, Time, TraceId};
use rustc_hash::{FxHashMap, FxHasher};
use std::collections::hash_map::Entry;
use std::hash::Hasher;

/// More heads than this are not remembered: events that have others tell them in full.
const MAX_HEADS: usize = 1 << 15;
/// Likewise names of threads, topics, operations and peers.
const MAX_NAMES: usize = 1 << 16;

/// What is the same in many events: source, service, template, level, flags, and which details there are.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// An event with everything that differs left out.
    pub event: Event,
    /// Its details, likewise.
    pub details: Box<[Detail]>,
}

impl Head {
    /// What others may have in common with an event.
    pub fn of(event: &Event, details: &[Detail]) -> Head {
        let place = Place { source: event.place.source, ..Place::default() };
        let bare = Event {
            time: Time(0),
            place,
            trace: None,
            span: None,
            parent: None,
            thread: Symbol::NONE,
            details_start: 0,
            ..event.clone()
        };
        Head { event: bare, details: details.iter().map(bare_detail).collect() }
    }

    fn is_of(&self, event: &Event, details: &[Detail]) -> bool {
        let head = &self.event;
        head.place.source == event.place.source
            && (head.service, head.instance, head.template) == (event.service, event.instance, event.template)
            && (head.level, head.flags) == (event.level, event.flags)
            && self.details.len() == details.len()
            && self.details.iter().zip(details).all(|(bare, detail)| is_alike(bare, detail))
    }
}

/// Whether two details are the same without what differs.
fn is_alike(one: &Detail, other: &Detail) -> bool {
    match (one, other) {
        (Detail::Key { name, shape, .. }, Detail::Key { name: of, shape: like, .. }) => {
            name == of && shape == like
        }
        (Detail::Header { role, .. }, Detail::Header { role: other, .. }) => role == other,
        (Detail::Kind(_) | Detail::Method(_) | Detail::Database(_) | Detail::Status(_), _) => one == other,
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// A detail without what differs.
fn bare_detail(detail: &Detail) -> Detail {
    let trace = TraceId::opaque(b"");
    match *detail {
        Detail::Key { name, shape, .. } => {
            Detail::Key { name, value: Symbol::NONE, shape, prefix: Prefix::default() }
        }
        Detail::Header { role, .. } => Detail::Header { role, trace, span: None },
        Detail::Link { .. } => Detail::Link { trace, span: crate::model::SpanId::opaque(b"") },
        Detail::Duration(_) => Detail::Duration(0),
        Detail::Operation(_) => Detail::Operation(Symbol::NONE),
        Detail::Topic(_) => Detail::Topic(Symbol::NONE),
        Detail::Event(_) => Detail::Event(Symbol::NONE),
        Detail::Route(_) => Detail::Route(Symbol::NONE),
        Detail::Peer(_) => Detail::Peer(Symbol::NONE),
        Detail::Caller(_) => Detail::Caller(Symbol::NONE),
        Detail::Kind(_) | Detail::Method(_) | Detail::Database(_) | Detail::Status(_) => *detail,
    }
}

/// Tells most heads apart.
fn hash(event: &Event, details: &[Detail]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u64(event.service.0);
    hasher.write_u64(event.instance.0);
    hasher.write_u64(event.template.0);
    let level = event.level.map_or(0, |level| level as u64 + 1);
    let source = u64::from(event.place.source.0);
    hasher.write_u64(source << 32 | u64::from(event.flags) << 8 | level);
    for detail in details {
        let (tag, name) = match *detail {
            Detail::Key { name, shape, .. } => (shape as u64, name.0),
            Detail::Header { role, .. } => (8, role as u64),
            Detail::Link { .. } => (9, 0),
            Detail::Duration(_) => (10, 0),
            Detail::Kind(kind) => (11, kind as u64),
            Detail::Operation(_) => (12, 0),
            Detail::Topic(_) => (13, 0),
            Detail::Route(_) => (14, 0),
            Detail::Method(name) => (15, name.0),
            Detail::Peer(_) => (16, 0),
            Detail::Database(name) => (17, name.0),
            Detail::Status(status) => (18, u64::from(status)),
            Detail::Event(_) => (19, 0),
            Detail::Caller(_) => (20, 0),
        };
        hasher.write_u64(name.rotate_left(5) ^ tag);
    }
    hasher.finish()
}

/// The heads and names of events that were put away.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads {
    heads: Vec<Head>,
    by_hash: FxHashMap<u64, u32>,
    names: Vec<Symbol>,
    by_name: FxHashMap<Symbol, u32>,
    /// The thread that was learned last.
    last: Symbol,
}

impl Heads {
    /// Remembers the head and the names of an event; gives the number of the head.
    pub fn learn(&mut self, event: &Event, details: &[Detail]) -> Option<u32> {
        let next = self.heads.len() as u32;
        let number = match self.by_hash.entry(hash(event, details)) {
            Entry::Occupied(known) => {
                let number = *known.get();
                self.heads[number as usize].is_of(event, details).then_some(number)
            }
            Entry::Vacant(_) if self.heads.len() >= MAX_HEADS => None,
            Entry::Vacant(free) => {
                free.insert(next);
                self.heads.push(Head::of(event, details));
                Some(next)
            }
        };
        if event.thread != self.last {
            self.last = event.thread;
            self.learn_name(event.thread);
        }
        for detail in details {
            if let Detail::Operation(name)
            | Detail::Topic(name)
            | Detail::Event(name)
            | Detail::Peer(name)
            | Detail::Caller(name) = *detail
            {
                self.learn_name(name);
            }
        }
        number
    }

    fn learn_name(&mut self, name: Symbol) {
        if self.names.len() < MAX_NAMES {
            let next = self.names.len() as u32;
            if *self.by_name.entry(name).or_insert(next) == next {
                self.names.push(name);
            }
        }
    }

    /// Takes over what others know.
    pub fn absorb(&mut self, others: &Heads) {
        for head in &others.heads {
            self.learn(&head.event, &head.details);
        }
        others.names.iter().for_each(|name| self.learn_name(*name));
    }

    /// The number of the head of an event; none if it is not known.
    pub fn number(&self, event: &Event, details: &[Detail]) -> Option<u32> {
        let number = *self.by_hash.get(&hash(event, details))?;
        self.heads[number as usize].is_of(event, details).then_some(number)
    }

    /// The number of a name; none if it is not known.
    pub fn number_of_name(&self, name: Symbol) -> Option<u32> {
        self.by_name.get(&name).copied()
    }

    /// The head of a number.
    pub fn head(&self, number: u64) -> Option<&Head> {
        self.heads.get(usize::try_from(number).ok()?)
    }

    /// The name of a number.
    pub fn name(&self, number: u64) -> Option<Symbol> {
        self.names.get(usize::try_from(number).ok()?).copied()
    }
}
