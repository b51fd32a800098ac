//! What is joined: fragments, and single events without a trace id, with the values they hold.

use super::holdings::{Holding, Holdings, by_value};
use crate::gather::{Fragment, Fragments, SpillError, Store};
use crate::model::{Detail, Event, EventId, HeaderRole, Shape, Symbol, Time, TraceId, flag};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// More values of one atom than this are left out: it is no step of a transaction but a dump.
const MAX_VALUES: usize = 512;
/// So many fragments, or events without trace id, are looked at together.
const CHUNK: usize = 2048;

/// The place of an event without trace id in the order of time.
type Order = (Time, u32, u64, u32);

/// The atoms of a run: fragments first, then events without trace id that hold a value; each in their order.
#[derive(Debug)]
pub(super) struct Atoms {
    /// Of fragments: their trace.
    traces: Vec<TraceId>,
    /// Time of the first event on the common clock, and the first known one, else [`Time::UNKNOWN`].
    begins: Vec<Time>,
    starts: Vec<Time>,
    /// Times of the first and last event as logged.
    firsts: Vec<Time>,
    lasts: Vec<Time>,
    /// What an atom begins with: service and template of its first event.
    sorts: Vec<u64>,
    services: Vec<Symbol>,
    /// Events.
    sizes: Vec<u32>,
    /// Where events without a trace id stand, while the order is sought.
    orders: Vec<Order>,
    /// The values; atoms in the order of their coming.
    holdings: Holdings,
    /// The pairs of name and shape that values have: in the order of their coming, sorted once all are there.
    pub types: Vec<(Symbol, Shape)>,
    type_of: FxHashMap<(Symbol, Shape), u32>,
    traced: usize,
    /// The place of each atom by its place in the order of coming; none where that is the same.
    places: Option<Vec<u32>>,
}

impl Atoms {
    fn new(holdings: Holdings) -> Atoms {
        Atoms {
            traces: Vec::new(),
            begins: Vec::new(),
            starts: Vec::new(),
            firsts: Vec::new(),
            lasts: Vec::new(),
            sorts: Vec::new(),
            services: Vec::new(),
            sizes: Vec::new(),
            orders: Vec::new(),
            holdings,
            types: Vec::new(),
            type_of: FxHashMap::default(),
            traced: 0,
            places: None,
        }
    }

    /// For a run of which not all is at hand: its atoms are added window by window.
    pub fn spilled(store: &Store) -> Atoms {
        Atoms::new(Holdings::spilled(store.budget.tables()))
    }

    /// The atoms of a run of which all is at hand.
    pub fn whole(store: &Store, fragments: &Fragments) -> Result<Atoms, SpillError> {
        let traced = fragments.traced.par_chunks(CHUNK).map(|chunk| {
            let mut atoms = Atoms::new(Holdings::held());
            atoms.add_fragments(store, chunk).map(|()| atoms)
        });
        let mut parts = traced.collect::<Result<Vec<Atoms>, SpillError>>()?;
        let traced = parts.iter().map(Atoms::len).sum();
        let untraced = fragments.untraced.par_chunks(CHUNK).map(|chunk| {
            let mut atoms = Atoms::new(Holdings::held());
            atoms.add_events(store, chunk).map(|()| atoms)
        });
        parts.append(&mut untraced.collect::<Result<Vec<Atoms>, SpillError>>()?);
        let mut atoms = Atoms::new(Holdings::held());
        let mut held = Vec::with_capacity(parts.len());
        for mut part in parts {
            let types: Vec<u32> = part.types.iter().map(|kind| atoms.number(*kind)).collect();
            held.push((part.holdings, atoms.len() as u32, types));
            atoms.traces.append(&mut part.traces);
            atoms.begins.append(&mut part.begins);
            atoms.starts.append(&mut part.starts);
            atoms.firsts.append(&mut part.firsts);
            atoms.lasts.append(&mut part.lasts);
            atoms.sorts.append(&mut part.sorts);
            atoms.services.append(&mut part.services);
            atoms.sizes.append(&mut part.sizes);
        }
        atoms.traced = traced;
        let types = atoms.settle_types();
        for (.., own) in &mut held {
            own.iter_mut().for_each(|kind| *kind = types[*kind as usize]);
        }
        atoms.holdings = Holdings::sorted(held);
        Ok(atoms)
    }

    /// Adds the fragments at hand; none may be added behind events without trace id.
    pub fn add_traced(&mut self, store: &Store, fragments: &Fragments) -> Result<(), SpillError> {
        self.add_fragments(store, &fragments.traced)?;
        self.traced = self.firsts.len();
        Ok(())
    }

    fn add_fragments(&mut self, store: &Store, fragments: &[Fragment]) -> Result<(), SpillError> {
        let mut own: Vec<Holding> = Vec::new();
        for fragment in fragments {
            own.clear();
            let atom = self.begin(store, &fragment.events);
            self.traces.push(fragment.trace);
            if store.census.foreign.contains(&fragment.trace) {
                let holding = self.trace_value(store, fragment, atom);
                own.push(holding);
            }
            for &id in &fragment.events {
                self.hold(store, id, atom, &mut own);
            }
            let name = |holding: &Holding| self.types[holding.kind as usize].0;
            by_value(&mut own, |holding| (name(holding), holding.time, holding.origin));
            own.dedup_by_key(|holding| (holding.value, name(holding)));
            self.keep(&own)?;
        }
        Ok(())
    }

    /// Adds the events without trace id at hand.
    pub fn add_untraced(&mut self, store: &Store, fragments: &Fragments) -> Result<(), SpillError> {
        self.add_events(store, &fragments.untraced)
    }

    fn add_events(&mut self, store: &Store, events: &[EventId]) -> Result<(), SpillError> {
        let mut own: Vec<Holding> = Vec::new();
        for &id in events {
            own.clear();
            self.hold(store, id, self.firsts.len() as u32, &mut own);
            if is_atom(own.len()) {
                self.begin(store, &[id]);
                self.orders.push(store.order(id));
                self.keep(&own)?;
            }
        }
        Ok(())
    }

    fn begin(&mut self, store: &Store, events: &[EventId]) -> u32 {
        let first = store.event(events[0]);
        let last = store.event(events[events.len() - 1]);
        self.begins.push(store.time(events[0]));
        let known = events.iter().filter(|id| !store.event(**id).is(flag::TIME_UNKNOWN));
        self.starts.push(known.map(|id| store.time(*id)).min().unwrap_or(Time::UNKNOWN));
        self.firsts.push(first.time);
        self.lasts.push(last.time);
        self.sorts.push(sort(first.service, first.template));
        self.services.push(first.service);
        self.sizes.push(events.len() as u32);
        self.firsts.len() as u32 - 1
    }

    fn keep(&mut self, own: &[Holding]) -> Result<(), SpillError> {
        if own.len() <= MAX_VALUES { self.holdings.add(own) } else { Ok(()) }
    }

    /// The number of a pair of name and shape.
    fn number(&mut self, kind: (Symbol, Shape)) -> u32 {
        *self.type_of.entry(kind).or_insert_with(|| {
            self.types.push(kind);
            self.types.len() as u32 - 1
        })
    }

    /// Sorts the pairs of name and shape; gives the new number of each by its old one.
    fn settle_types(&mut self) -> Vec<u32> {
        let came = std::mem::take(&mut self.types);
        self.types.clone_from(&came);
        self.types.sort_unstable();
        self.type_of = (0..).zip(&self.types).map(|(number, kind)| (*kind, number)).collect();
        came.iter().map(|kind| self.type_of[kind]).collect()
    }

    /// Puts all in order, once the atoms of all windows are there.
    pub fn finish(&mut self) {
        let mut order: Vec<u32> = (0..self.firsts.len() as u32).collect();
        let (traced, untraced) = order.split_at_mut(self.traced);
        traced.sort_unstable_by_key(|&atom| (self.begins[atom as usize], self.traces[atom as usize]));
        untraced.sort_unstable_by_key(|&atom| self.orders[atom as usize - self.traced]);
        self.orders = Vec::new();
        put(&mut self.traces, &order[..self.traced]);
        put(&mut self.begins, &order);
        put(&mut self.starts, &order);
        put(&mut self.firsts, &order);
        put(&mut self.lasts, &order);
        put(&mut self.sorts, &order);
        put(&mut self.services, &order);
        put(&mut self.sizes, &order);
        let mut places = vec![0; order.len()];
        for (place, came) in (0..).zip(&order) {
            places[*came as usize] = place;
        }
        let types = self.settle_types();
        self.holdings.rename(places.clone(), types);
        self.places = Some(places);
    }

    /// The place of the atom that came at some place.
    pub fn place(&self, came: usize) -> u32 {
        self.places.as_ref().map_or(came as u32, |places| places[came])
    }

    /// Where each atom went that came at some place; none if all stayed.
    pub fn into_places(self) -> Option<Vec<u32>> {
        self.places
    }

    pub fn len(&self) -> usize {
        self.firsts.len()
    }

    /// How many are fragments.
    pub fn traced(&self) -> usize {
        self.traced
    }

    pub fn first(&self, atom: usize) -> Time {
        self.firsts[atom]
    }

    pub fn last(&self, atom: usize) -> Time {
        self.lasts[atom]
    }

    pub fn start(&self, atom: usize) -> Time {
        self.starts[atom]
    }

    pub fn size(&self, atom: usize) -> u32 {
        self.sizes[atom]
    }

    pub fn sort(&self, atom: u32) -> u64 {
        self.sorts[atom as usize]
    }

    pub fn service(&self, atom: usize) -> Symbol {
        self.services[atom]
    }

    /// A number that tells an atom from most others, and that does not depend on them.
    pub fn id(&self, atom: usize) -> u64 {
        match self.traces.get(atom) {
            Some(trace) => trace.bits() as u64,
            None => {
                let template = self.sorts[atom] ^ self.services[atom].0.rotate_left(17);
                self.firsts[atom].0 as u64 ^ template
            }
        }
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

    fn hold(&mut self, store: &Store, id: EventId, atom: u32, out: &mut Vec<Holding>) {
        let event = store.event(id);
        for detail in store.details(id) {
            if let Some((name, value, shape)) = held(store, event, detail) {
                let kind = self.number((name, shape));
                out.push(Holding { value, kind, atom, origin: store.origin(id), time: store.time(id) });
            }
        }
    }

    /// A fragment holds its own trace id for those that received it in a header.
    fn trace_value(&mut self, store: &Store, fragment: &Fragment, atom: u32) -> Holding {
        let event = fragment.events[0];
        let kind = self.number((header_name(), Shape::Uuid));
        let (origin, time) = (store.origin(event), store.time(event));
        Holding { value: header_value(fragment.trace), kind, atom, origin, time }
    }

    /// Looks at the holdings, value by value, each by time: in parts of the values, of which the results come in order, or
    /// all in one where not all are at hand.
    pub fn by_value<T: Default + Send>(
        &self,
        take: impl Fn(&mut T, &[Holding]) + Sync,
    ) -> Result<Vec<T>, SpillError> {
        self.holdings.by_value(take)
    }
}

/// Brings a list into an order.
fn put<T: Copy>(list: &mut Vec<T>, order: &[u32]) {
    *list = order.iter().map(|&at| list[at as usize]).collect();
}

/// Whether an event without trace id that holds so many values is an atom.
fn is_atom(values: usize) -> bool {
    (1..=MAX_VALUES).contains(&values)
}

/// Whether an event without trace id is an atom.
pub(super) fn is_untraced_atom(store: &Store, id: EventId) -> bool {
    is_atom(store.details(id).iter().filter_map(|detail| held(store, store.event(id), detail)).count())
}

fn sort(service: Symbol, template: Symbol) -> u64 {
    service.0.rotate_left(17) ^ template.0
}

/// A value that a detail of an event holds: name, value and shape.
fn held(store: &Store, event: &Event, detail: &Detail) -> Option<(Symbol, Symbol, Shape)> {
    match *detail {
        Detail::Key { name, .. } if store.keys.ignores(name) => None,
        Detail::Key { name, value, shape } if shape != Shape::Word || store.keys.joins(name) => {
            Some((name, value, shape))
        }
        Detail::Header { trace, role, .. } if role != HeaderRole::Outgoing && event.trace != Some(trace) => {
            Some((header_name(), header_value(trace), Shape::Uuid))
        }
        _ => None,
    }
}

fn header_name() -> Symbol {
    Symbol::of(b"traceparent")
}

fn header_value(trace: TraceId) -> Symbol {
    Symbol::of(&trace.bits().to_be_bytes())
}
