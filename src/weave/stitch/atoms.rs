//! What is joined: fragments, and single events without a trace id, with the values they hold.

use crate::gather::{Fragment, Fragments, Store};
use crate::model::{Detail, EventId, HeaderRole, Shape, Symbol, Time, TraceId};
use rustc_hash::{FxHashMap, FxHashSet};

/// A value held by an atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub value: Symbol,
    pub name: Symbol,
    pub shape: Shape,
    /// Which of the pairs of name and shape; see [`Atoms::types`].
    pub sort: u32,
    pub atom: u32,
    /// The first record of the atom that holds it.
    pub event: EventId,
    pub time: Time,
}

/// More values of one atom than this are left out: it is no step of a transaction but a dump.
const MAX_VALUES: usize = 512;

/// The atoms of a run: fragments first, then events without trace id that hold a value.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    firsts: Vec<Time>,
    lasts: Vec<Time>,
    /// What an atom begins with: service and template of its first event.
    sorts: Vec<u64>,
    events: Vec<EventId>,
    /// Sorted by value, then time.
    pub holdings: Vec<Holding>,
    /// The pairs of name and shape that values have, in the order in which the sorted holdings show them.
    pub types: Vec<(Symbol, Shape)>,
    traced: usize,
}

impl Atoms {
    pub fn of(store: &Store, fragments: &Fragments) -> Atoms {
        let mut atoms = Atoms { traced: fragments.traced.len(), ..Atoms::default() };
        let mut own: Vec<Holding> = Vec::new();
        let foreign = foreign_traces(store);
        for fragment in &fragments.traced {
            own.clear();
            let atom = atoms.begin(store, &fragment.events);
            if foreign.contains(&fragment.trace) {
                own.push(trace_value(store, fragment, atom));
            }
            for &id in &fragment.events {
                hold(store, id, atom, &mut own);
            }
            own.sort_unstable_by_key(|holding| (holding.value, holding.name, holding.time, holding.event));
            own.dedup_by_key(|holding| (holding.value, holding.name));
            if own.len() <= MAX_VALUES {
                atoms.holdings.extend_from_slice(&own);
            }
        }
        for &id in &fragments.untraced {
            own.clear();
            hold(store, id, atoms.firsts.len() as u32, &mut own);
            if own.is_empty() || own.len() > MAX_VALUES {
                continue;
            }
            atoms.begin(store, &[id]);
            atoms.holdings.extend_from_slice(&own);
        }
        atoms
            .holdings
            .sort_unstable_by_key(|holding| (holding.value, holding.time, holding.atom, holding.name));
        let mut types: FxHashMap<(Symbol, Shape), u32> = FxHashMap::default();
        for holding in &mut atoms.holdings {
            holding.sort = *types.entry((holding.name, holding.shape)).or_insert_with(|| {
                atoms.types.push((holding.name, holding.shape));
                atoms.types.len() as u32 - 1
            });
        }
        atoms
    }

    fn begin(&mut self, store: &Store, events: &[EventId]) -> u32 {
        let first = store.event(events[0]);
        let last = store.event(events[events.len() - 1]);
        self.firsts.push(first.time);
        self.lasts.push(last.time);
        self.sorts.push(sort(first.service, first.template));
        self.events.push(events[0]);
        self.firsts.len() as u32 - 1
    }

    pub fn len(&self) -> usize {
        self.firsts.len()
    }

    pub fn first(&self, atom: usize) -> Time {
        self.firsts[atom]
    }

    pub fn last(&self, atom: usize) -> Time {
        self.lasts[atom]
    }

    pub fn sort(&self, atom: u32) -> u64 {
        self.sorts[atom as usize]
    }

    pub fn event(&self, atom: usize) -> EventId {
        self.events[atom]
    }

    /// Whether an atom has a trace id.
    pub fn is_traced(&self, atom: u32) -> bool {
        (atom as usize) < self.traced
    }

    /// Earliest and latest time.
    pub fn span(&self) -> (Time, Time) {
        let low = self.firsts.iter().min().copied().unwrap_or_default();
        let high = self.lasts.iter().max().copied().unwrap_or_default();
        (low, high)
    }

    /// The holdings, value by value.
    pub fn by_value(&self) -> impl Iterator<Item = &[Holding]> {
        self.holdings.chunk_by(|a, b| a.value == b.value)
    }
}

fn sort(service: Symbol, template: Symbol) -> u64 {
    service.0.rotate_left(17) ^ template.0
}

fn hold(store: &Store, id: EventId, atom: u32, out: &mut Vec<Holding>) {
    let event = store.event(id);
    for detail in store.details(id) {
        let (name, value, shape) = match *detail {
            Detail::Key { name, .. } if store.keys.ignores(name) => continue,
            Detail::Key { name, value, shape } if shape != Shape::Word || store.keys.joins(name) => {
                (name, value, shape)
            }
            Detail::Header { trace, role, .. }
                if role != HeaderRole::Outgoing && event.trace != Some(trace) =>
            {
                (header_name(), header_value(trace), Shape::Uuid)
            }
            _ => continue,
        };
        out.push(Holding { value, name, shape, sort: 0, atom, event: id, time: store.time(id) });
    }
}

/// Traces named by headers that were received in another trace, or in none.
fn foreign_traces(store: &Store) -> FxHashSet<TraceId> {
    let mut traces = FxHashSet::default();
    for batch in &store.batches {
        for event in &batch.events {
            for detail in batch.details(event) {
                if let Detail::Header { trace, role, .. } = *detail
                    && role != HeaderRole::Outgoing
                    && event.trace != Some(trace)
                {
                    traces.insert(trace);
                }
            }
        }
    }
    traces
}

/// A fragment holds its own trace id for those that received it in a header.
fn trace_value(store: &Store, fragment: &Fragment, atom: u32) -> Holding {
    let event = fragment.events[0];
    let time = store.time(event);
    Holding {
        value: header_value(fragment.trace),
        name: header_name(),
        shape: Shape::Uuid,
        sort: 0,
        atom,
        event,
        time,
    }
}

fn header_name() -> Symbol {
    Symbol::of(b"traceparent")
}

fn header_value(trace: TraceId) -> Symbol {
    Symbol::of(&trace.bits().to_be_bytes())
}
