//! What is joined: fragments, and single events without a trace id, with the values they hold.
//!
//! Atoms are numbered as they come: fragments first. Of an event without trace id nothing is kept but its values, which may
//! be put away, as most of them join nothing; see [`super::order`] for those that may.

use super::kinds::Type;
use crate::gather::bytes::{Get, Put};
use crate::gather::{Fragment, Fragments, Rows, SpillError, Store};
use crate::model::{Detail, EventId, HeaderRole, Origin, Shape, Symbol, Time, TraceId, flag};
use rustc_hash::FxHashMap;

/// A value held by an atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub value: Symbol,
    /// When it was first held, on the common clock, and by which record of the atom.
    pub time: Time,
    pub origin: Origin,
    /// The time of the atom's first event as logged.
    pub first: Time,
    /// Which of the pairs of name and shape; see [`Atoms::types`].
    pub of_type: u32,
    pub atom: u32,
    /// What the atom begins with: which of the pairs of service and template of a first event.
    pub sort: u32,
    /// The time of the event is known; of events without trace id only.
    pub timed: bool,
}

/// More values of one atom than this are left out: it is no step of a transaction but a dump.
const MAX_VALUES: usize = 512;
/// Values are looked at in so many parts, in their order.
const PARTS: usize = 128;

/// Numbers things in the order in which they come.
#[derive(Debug)]
struct Numbers<T>(FxHashMap<T, u32>, Vec<T>);

impl<T: Copy + Eq + std::hash::Hash> Numbers<T> {
    fn of(&mut self, thing: T) -> u32 {
        *self.0.entry(thing).or_insert_with(|| {
            self.1.push(thing);
            self.1.len() as u32 - 1
        })
    }
}

impl<T> Default for Numbers<T> {
    fn default() -> Numbers<T> {
        Numbers(FxHashMap::default(), Vec::new())
    }
}

/// What is known of the fragments of a run, by the order of their coming.
#[derive(Debug, Default)]
pub(super) struct Traced {
    pub traces: Vec<TraceId>,
    /// Time of the first event on the common clock, and the first known one, else [`Time::UNKNOWN`].
    pub begins: Vec<Time>,
    pub starts: Vec<Time>,
    /// Times of the first and last event as logged.
    pub firsts: Vec<Time>,
    pub lasts: Vec<Time>,
    /// What each begins with, as in [`Holding::sort`].
    pub sorts: Vec<u32>,
    /// How many events each has.
    pub sizes: Vec<u32>,
}

/// The atoms of a run.
#[derive(Debug)]
pub(super) struct Atoms {
    pub traced: Traced,
    /// How many events without trace id hold a value.
    pub untraced: usize,
    /// The values, by their first bits.
    holdings: Rows,
    /// The pairs of name and shape that values have; in their order, once all are there.
    types: Numbers<Type>,
    ranks: Vec<u32>,
    /// What atoms begin with: service and template of the first event.
    sorts: Numbers<(Symbol, Symbol)>,
    /// First and last time as logged.
    span: (Time, Time),
}

impl Atoms {
    pub fn new(store: &Store) -> Atoms {
        Atoms {
            traced: Traced::default(),
            untraced: 0,
            holdings: Rows::new(PARTS, store.budget.tables()),
            types: Numbers::default(),
            ranks: Vec::new(),
            sorts: Numbers::default(),
            span: (Time(i64::MAX), Time(i64::MIN)),
        }
    }

    /// Adds the fragments at hand; none may be added behind events without trace id.
    pub fn add_traced(&mut self, store: &Store, fragments: &Fragments) -> Result<(), SpillError> {
        let mut own: Vec<Held> = Vec::new();
        for fragment in &fragments.traced {
            own.clear();
            if store.census.foreign.contains(&fragment.trace) {
                own.push(trace_value(store, fragment));
            }
            for &id in &fragment.events {
                hold(store, id, &mut own);
            }
            own.sort_unstable_by_key(|held| (held.value, held.name, held.time, held.origin));
            own.dedup_by_key(|held| (held.value, held.name));
            let (first, last) = self.begin(store, fragment);
            self.span = (self.span.0.min(first), self.span.1.max(last));
            let atom = self.traced.firsts.len() as u32 - 1;
            self.hold(&own, atom, |_| {})?;
        }
        Ok(())
    }

    fn begin(&mut self, store: &Store, fragment: &Fragment) -> (Time, Time) {
        let events = &fragment.events;
        let (first, last) = (store.event(events[0]), store.event(events[events.len() - 1]));
        let known = events.iter().filter(|id| !store.event(**id).is(flag::TIME_UNKNOWN));
        let traced = &mut self.traced;
        traced.traces.push(fragment.trace);
        traced.begins.push(store.time(events[0]));
        traced.starts.push(known.map(|id| store.time(*id)).min().unwrap_or(Time::UNKNOWN));
        traced.firsts.push(first.time);
        traced.lasts.push(last.time);
        traced.sorts.push(self.sorts.of((first.service, first.template)));
        traced.sizes.push(events.len() as u32);
        (first.time, last.time)
    }

    /// Adds the events without trace id at hand.
    pub fn add_untraced(&mut self, store: &Store, fragments: &Fragments) -> Result<(), SpillError> {
        let mut own: Vec<Held> = Vec::new();
        for &id in &fragments.untraced {
            own.clear();
            hold(store, id, &mut own);
            if !is_atom(own.len()) {
                continue;
            }
            let event = store.event(id);
            let sort = self.sorts.of((event.service, event.template));
            let atom = (self.traced.firsts.len() + self.untraced) as u32;
            self.untraced += 1;
            self.span = (self.span.0.min(event.time), self.span.1.max(event.time));
            let timed = !event.is(flag::TIME_UNKNOWN);
            let shift = event.time.0.wrapping_sub(store.time(id).0);
            self.hold(&own, atom, |out| {
                out.number(u64::from(sort) << 1 | u64::from(timed));
                out.signed(shift);
            })?;
        }
        Ok(())
    }

    fn hold(&mut self, own: &[Held], atom: u32, more: impl Fn(&mut Vec<u8>)) -> Result<(), SpillError> {
        if own.len() > MAX_VALUES {
            return Ok(());
        }
        for held in own {
            let of_type = self.types.of((held.name, held.shape));
            let part = (held.value.0 >> 57) as usize;
            self.holdings.push(part, |out| {
                out.bits(held.value.0);
                out.number(u64::from(of_type));
                out.number(u64::from(atom));
                out.bits(held.time.0 as u64);
                out.number(u64::from(held.origin.rank));
                out.number(held.origin.line);
                out.number(u64::from(held.origin.part));
                more(out);
            })?;
        }
        Ok(())
    }

    /// Puts the types in order, once all atoms are there.
    pub fn finish(&mut self) {
        let types = &mut self.types.1;
        let mut order: Vec<u32> = (0..types.len() as u32).collect();
        order.sort_unstable_by_key(|&came| types[came as usize]);
        self.ranks = vec![0; order.len()];
        for (rank, came) in (0..).zip(&order) {
            self.ranks[*came as usize] = rank;
        }
        types.sort_unstable();
        self.types.0 = FxHashMap::default();
    }

    /// The pairs of name and shape that values have.
    pub fn types(&self) -> &[Type] {
        &self.types.1
    }

    /// The fragments, and what atoms begin with: service and template of the first event.
    pub fn into_parts(self) -> (Traced, Vec<(Symbol, Symbol)>) {
        (self.traced, self.sorts.1)
    }

    /// Whether an atom has a trace id.
    pub fn is_traced(&self, atom: u32) -> bool {
        (atom as usize) < self.traced.firsts.len()
    }

    /// The service of the first event of the atom that holds a value.
    pub fn service(&self, holding: &Holding) -> Symbol {
        self.sorts.1[holding.sort as usize].0
    }

    /// The time of the last event of the atom that holds a value, as logged.
    pub fn last(&self, holding: &Holding) -> Time {
        self.traced.lasts.get(holding.atom as usize).copied().unwrap_or(holding.first)
    }

    /// Earliest and latest time.
    pub fn span(&self) -> (Time, Time) {
        self.span
    }

    /// The holdings, value by value, each by time.
    pub fn by_value(
        &self,
        mut take: impl FnMut(&[Holding]) -> Result<(), SpillError>,
    ) -> Result<(), SpillError> {
        let mut holdings: Vec<Holding> = Vec::new();
        for part in 0..self.holdings.parts() {
            holdings.clear();
            self.holdings.each(part, |bytes| {
                let mut bytes = Get(bytes);
                while let Some(holding) = self.read(&mut bytes) {
                    holdings.push(holding);
                }
            })?;
            holdings.sort_unstable_by_key(|held| (held.value, held.time, held.origin, held.of_type));
            for same in holdings.chunk_by(|a, b| a.value == b.value) {
                take(same)?;
            }
        }
        Ok(())
    }

    fn read(&self, bytes: &mut Get<'_>) -> Option<Holding> {
        let value = Symbol(bytes.bits()?);
        let of_type = *self.ranks.get(bytes.number()? as usize)?;
        let atom = bytes.number()? as u32;
        let time = Time(bytes.bits()? as i64);
        let origin =
            Origin { rank: bytes.number()? as u32, line: bytes.number()?, part: bytes.number()? as u32 };
        let (first, sort, timed) = match self.traced.firsts.get(atom as usize) {
            Some(first) => (*first, self.traced.sorts[atom as usize], true),
            None => {
                let sort = bytes.number()?;
                (Time(time.0.wrapping_add(bytes.signed()?)), (sort >> 1) as u32, sort & 1 == 1)
            }
        };
        Some(Holding { value, time, origin, first, of_type, atom, sort, timed })
    }
}

/// A value that an event holds.
struct Held {
    value: Symbol,
    name: Symbol,
    shape: Shape,
    time: Time,
    origin: Origin,
}

/// Whether an event without trace id that holds so many values is an atom.
fn is_atom(values: usize) -> bool {
    (1..=MAX_VALUES).contains(&values)
}

/// Whether an event without trace id is an atom.
pub(super) fn is_untraced_atom(store: &Store, id: EventId) -> bool {
    is_atom(values(store, id).count())
}

/// The values of an event that may tie it to others: value, name and shape.
fn values(store: &Store, id: EventId) -> impl Iterator<Item = (Symbol, Symbol, Shape)> + '_ {
    let trace = store.event(id).trace;
    store.details(id).iter().filter_map(move |detail| match *detail {
        Detail::Key { name, .. } if store.keys.ignores(name) => None,
        Detail::Key { name, value, shape } if shape != Shape::Word || store.keys.joins(name) => {
            Some((value, name, shape))
        }
        Detail::Header { trace: named, role, .. } if role != HeaderRole::Outgoing && trace != Some(named) => {
            Some((header_value(named), header_name(), Shape::Uuid))
        }
        _ => None,
    })
}

fn hold(store: &Store, id: EventId, out: &mut Vec<Held>) {
    let (time, origin) = (store.time(id), store.origin(id));
    out.extend(values(store, id).map(|(value, name, shape)| Held { value, name, shape, time, origin }));
}

/// A fragment holds its own trace id for those that received it in a header.
fn trace_value(store: &Store, fragment: &Fragment) -> Held {
    let event = fragment.events[0];
    Held {
        value: header_value(fragment.trace),
        name: header_name(),
        shape: Shape::Uuid,
        origin: store.origin(event),
        time: store.time(event),
    }
}

fn header_name() -> Symbol {
    Symbol::of(b"traceparent")
}

fn header_value(trace: TraceId) -> Symbol {
    Symbol::of(&trace.bits().to_be_bytes())
}
