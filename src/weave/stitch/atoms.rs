//! What is joined: fragments, and single events without a trace id, with the values they hold.
//!
//! Atoms are numbered as they come: fragments first. Of an event without trace id nothing is kept but its values, which may
//! be put away, as most of them join nothing; see [`super::order`] for those that may.

use super::asked::{Asked, Services};
use super::holdings::{Added, Holding, Holdings, by_value};
use super::kinds::Type;
use super::numbers::Numbers;
use crate::gather::{Fragment, Fragments, SpillError, Store};
use crate::model::{Detail, EventId, HeaderRole, Origin, Prefix, Shape, Symbol, Time, TraceId, flag};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// More values of one atom than this are left out: it is no step of a transaction but a dump.
const MAX_VALUES: usize = 512;
/// So many fragments, or events without trace id, are looked at together.
const CHUNK: usize = 2048;

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
    /// In which services each was asked for something.
    pub asked: Vec<Asked>,
    /// The services that they have events of, each by its bit.
    pub services: u64,
}

impl Traced {
    /// Adds others, with the numbers of what they begin with.
    fn append(&mut self, mut others: Traced, sorts: &[u32]) {
        self.traces.append(&mut others.traces);
        self.begins.append(&mut others.begins);
        self.starts.append(&mut others.starts);
        self.firsts.append(&mut others.firsts);
        self.lasts.append(&mut others.lasts);
        self.sizes.append(&mut others.sizes);
        self.asked.append(&mut others.asked);
        self.services |= others.services;
        self.sorts.extend(others.sorts.into_iter().map(|sort| sorts[sort as usize]));
    }
}

/// The atoms of a run.
#[derive(Debug)]
pub(super) struct Atoms {
    pub traced: Traced,
    /// How many events without trace id hold a value.
    untraced: usize,
    holdings: Holdings,
    /// The types that values have; in their order, once all are there.
    types: Numbers<Type>,
    /// By pair: the one template that tells such values; none if several do.
    tellers: Vec<Option<Symbol>>,
    /// What atoms begin with: service and template of the first event.
    sorts: Numbers<(Symbol, Symbol)>,
    /// First and last time as logged.
    span: (Time, Time),
}

impl Atoms {
    fn new(holdings: Holdings) -> Atoms {
        Atoms {
            traced: Traced::default(),
            untraced: 0,
            holdings,
            types: Numbers::default(),
            tellers: Vec::new(),
            sorts: Numbers::default(),
            span: (Time(i64::MAX), Time(i64::MIN)),
        }
    }

    /// For a run of which not all is at hand: its atoms are added window by window.
    pub fn spilled(store: &Store) -> Atoms {
        Atoms::new(Holdings::spilled(store.budget.tables()))
    }

    /// The atoms of a run of which all is at hand.
    pub fn whole(store: &Store, services: &Services, fragments: &Fragments) -> Atoms {
        let mut parts = of_fragments(store, services, fragments, Holdings::held);
        parts.append(&mut of_events(store, services, fragments, Holdings::held));
        let mut atoms = Atoms::new(Holdings::held());
        let mut added = atoms.merge(parts);
        let ranks = atoms.settle_types();
        for own in &mut added {
            own.kinds.iter_mut().for_each(|kind| *kind = ranks[*kind as usize]);
        }
        atoms.holdings = Holdings::sorted(added);
        atoms
    }

    /// Takes in what is known of others but for their holdings, which it gives.
    fn merge(&mut self, parts: Vec<Atoms>) -> Vec<Added> {
        let merge = |part: Atoms| {
            let base = self.len() as u32;
            let (kinds, sorts) = (self.types.of_all(&part.types), self.sorts.of_all(&part.sorts));
            for (kind, teller) in kinds.iter().zip(&part.tellers) {
                tell(&mut self.tellers, *kind, *teller);
            }
            self.traced.append(part.traced, &sorts);
            self.untraced += part.untraced;
            self.extend(part.span);
            Added { holdings: part.holdings, base, kinds, sorts }
        };
        parts.into_iter().map(merge).collect()
    }

    /// Adds the fragments at hand; none may be added behind events without trace id.
    pub fn add_traced(
        &mut self,
        store: &Store,
        services: &Services,
        fragments: &Fragments,
    ) -> Result<(), SpillError> {
        let added = self.merge(of_fragments(store, services, fragments, Holdings::to_spill));
        self.holdings.extend(&added)
    }

    /// Adds the events without trace id at hand.
    pub fn add_untraced(
        &mut self,
        store: &Store,
        services: &Services,
        fragments: &Fragments,
    ) -> Result<(), SpillError> {
        let added = self.merge(of_events(store, services, fragments, Holdings::to_spill));
        self.holdings.extend(&added)
    }

    fn add_fragments(&mut self, store: &Store, services: &Services, fragments: &[Fragment]) {
        let mut own: Vec<Held> = Vec::new();
        for fragment in fragments {
            own.clear();
            if store.census.any_foreign {
                own.push(trace_value(store, fragment));
            }
            let mut asked = Asked::default();
            let opening = services.opening(store, &fragment.events);
            // who calls back without the trace id of what was asked of him comes from outside
            let called_back = services.calls_back(store, opening);
            let received = !called_back && services.begins_by_message(store, opening, &fragment.events);
            for &id in &fragment.events {
                let start = own.len();
                hold(store, id, &mut own);
                let (late, bit) = (!begins(store, opening, id), services.bit(store.event(id).service));
                own[start..].iter_mut().for_each(|held| (held.late, held.services) = (late, bit));
                self.traced.services |= bit;
                let here = services.asked(store, id, received && id == opening, !called_back);
                if here.by_request != 0 && store.began(id) <= store.time(opening) {
                    asked.enters |= here.by_request;
                }
                let elsewhere = || store.event(id).service != store.event(opening).service;
                let message = || here.by_message != 0 || services.receives_named(store, id);
                let carried = asked.carried || elsewhere() && message();
                asked = Asked { carried, ..asked.and(here) };
            }
            let bit = services.bit(store.event(opening).service);
            let by_message = services.asked(store, opening, false, !called_back).by_message != 0;
            let begun = !received && !by_message;
            let by_request = asked.by_request & bit != 0 && asked.by_request.count_ones() > 1;
            asked.wide = has_services(store, &fragment.events, MANY_SERVICES);
            asked.whole = begun && (by_request || asked.wide);
            asked.handed = !(begun || asked.wide && asked.by_message & !bit != 0);
            asked.unasked = asked.by_request & bit == 0 && !asked.wide;
            asked.told = by_message || services.receives_named(store, opening);
            asked.called_back = called_back;
            self.traced.asked.push(asked);
            by_value(&mut own, |held| held.value, |held| (held.of.0, held.time, held.origin));
            // one that holds a value early holds it early under all names
            for same in own.chunk_by_mut(|a, b| a.value == b.value) {
                let late = same.iter().all(|held| held.late);
                let by = same.iter().fold(0, |all, held| all | held.services);
                same.iter_mut().for_each(|held| (held.late, held.services) = (late, by));
            }
            own.dedup_by_key(|held| (held.value, held.of.0));
            let atom = self.len() as u32;
            let (first, sort) = self.begin(store, fragment, opening, services.what(store, opening));
            self.hold(&own, |holding| Holding { first, atom, sort, ..holding });
        }
    }

    /// Takes in what is known of a fragment; gives its first time as logged, and what it begins with.
    fn begin(&mut self, store: &Store, fragment: &Fragment, opening: EventId, what: Symbol) -> (Time, u32) {
        let events = &fragment.events;
        let (first, last) = (store.event(events[0]), store.event(events[events.len() - 1]));
        let known = events.iter().filter(|id| !store.event(**id).is(flag::TIME_UNKNOWN));
        // what a coarse clock logged comes as late as it may
        let began = Time(store.event(opening).time.0.saturating_add(store.grain(opening)));
        let opening = store.event(opening);
        let sort = self.sorts.of((opening.service, what));
        let traced = &mut self.traced;
        traced.traces.push(fragment.trace);
        traced.begins.push(store.time(events[0]));
        traced.starts.push(known.map(|id| store.time(*id)).min().unwrap_or(Time::UNKNOWN));
        traced.firsts.push(began);
        traced.lasts.push(last.time);
        traced.sorts.push(sort);
        traced.sizes.push(events.len() as u32);
        self.extend((first.time, last.time));
        (began, sort)
    }

    fn add_events(&mut self, store: &Store, services: &Services, events: &[EventId]) {
        let mut own: Vec<Held> = Vec::new();
        for &id in events {
            own.clear();
            hold(store, id, &mut own);
            if !is_atom(own.len()) {
                continue;
            }
            let event = store.event(id);
            let (atom, sort) = (self.len() as u32, self.sorts.of((event.service, services.what(store, id))));
            // who calls back comes from outside, too
            let received = services.receives(store, id) && !services.calls_back(store, id);
            let mut asked = services.asked(store, id, received, false);
            let grain = store.grain(id);
            // the line of a request is written at its end, unless it is stamped with its beginning
            let is_end = asked.by_request != 0 && !event.is(flag::STAMPED_AT_START);
            let took = store.duration(id).filter(|_| is_end).unwrap_or(0);
            let tells_end = |detail: &Detail| matches!(detail, Detail::Status(_) | Detail::Duration(_));
            if store.details(id).iter().any(tells_end) {
                asked.enters = asked.by_request;
            }
            let (first, timed) = (
                Time(event.time.0.saturating_add(grain).saturating_sub(took)),
                !event.is(flag::TIME_UNKNOWN),
            );
            self.untraced += 1;
            self.extend((first, first));
            self.hold(&own, |holding| Holding { first, grain, atom, sort, timed, asked, ..holding });
        }
    }

    fn hold(&mut self, own: &[Held], of_atom: impl Fn(Holding) -> Holding) {
        if own.len() > MAX_VALUES {
            return;
        }
        for &Held { value, of, time, origin, teller, own, late, services } in own {
            let kind = self.types.of(of);
            tell(&mut self.tellers, kind, Some(teller));
            let asked = Asked::default();
            let (timed, spread) = (true, !late && services.count_ones() >= SPREAD);
            let held = Holding {
                value,
                time,
                origin,
                first: time,
                grain: 0,
                atom: 0,
                kind,
                sort: 0,
                timed,
                own,
                late,
                spread,
                asked,
            };
            self.holdings.add(&of_atom(held));
        }
    }

    fn extend(&mut self, span: (Time, Time)) {
        self.span = (self.span.0.min(span.0), self.span.1.max(span.1));
    }

    /// Sorts the types; gives the number of each by the one it had.
    fn settle_types(&mut self) -> Vec<u32> {
        let types = &mut self.types.1;
        let mut order: Vec<u32> = (0..types.len() as u32).collect();
        order.sort_unstable_by_key(|&came| types[came as usize]);
        let mut ranks = vec![0; order.len()];
        for (rank, came) in (0..).zip(&order) {
            ranks[*came as usize] = rank;
        }
        self.tellers = order.iter().map(|came| self.tellers[*came as usize]).collect();
        types.sort_unstable();
        self.types.0 = FxHashMap::default();
        ranks
    }

    /// Puts the types in order, once the atoms of all windows are there.
    pub fn finish(&mut self) {
        let ranks = self.settle_types();
        self.holdings.rename(ranks);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.traced.firsts.len() + self.untraced
    }

    /// The types that values have.
    pub fn types(&self) -> &[Type] {
        &self.types.1
    }

    /// By type: the one template that tells such values; none if several do.
    pub fn tellers(&self) -> &[Option<Symbol>] {
        &self.tellers
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

    /// Looks at the holdings, value by value, each by time: in parts of the values, of which the results are merged in order.
    pub fn by_value<T: Send>(
        &self,
        begin: impl Fn() -> T + Sync,
        take: impl Fn(&mut T, &[Holding]) -> Result<(), SpillError> + Sync,
        merge: impl FnMut(&mut T, T) -> Result<(), SpillError>,
    ) -> Result<T, SpillError> {
        self.holdings.by_value(begin, take, merge)
    }
}

/// The atoms of the fragments at hand, some in each.
fn of_fragments(
    store: &Store,
    services: &Services,
    fragments: &Fragments,
    holdings: fn() -> Holdings,
) -> Vec<Atoms> {
    let some = |chunk: &[Fragment]| {
        let mut atoms = Atoms::new(holdings());
        atoms.add_fragments(store, services, chunk);
        atoms
    };
    fragments.traced.par_chunks(CHUNK).map(some).collect()
}

/// The atoms of the events without trace id at hand, some in each.
fn of_events(
    store: &Store,
    services: &Services,
    fragments: &Fragments,
    holdings: fn() -> Holdings,
) -> Vec<Atoms> {
    let some = |chunk: &[EventId]| {
        let mut atoms = Atoms::new(holdings());
        atoms.add_events(store, services, chunk);
        atoms
    };
    fragments.untraced.par_chunks(CHUNK).map(some).collect()
}

/// A value that an event holds.
struct Held {
    value: Symbol,
    of: Type,
    time: Time,
    origin: Origin,
    /// The template of the record.
    teller: Symbol,
    own: bool,
    /// The record is not of the span that its fragment begins with.
    late: bool,
    /// The services of its fragment that hold it, each by its bit.
    services: u64,
}

/// Whether an event is of the span that a fragment begins with; where there are no span ids, of the service.
fn begins(store: &Store, opening: EventId, id: EventId) -> bool {
    let (first, event) = (store.event(opening), store.event(id));
    id == opening || first.service == event.service && first.span == event.span
}

/// What so many services of a fragment hold is what it is about.
const SPREAD: u32 = 3;

/// A fragment of so many services that begins with no message is a whole transaction.
const MANY_SERVICES: usize = 4;

/// Whether events are of so many services.
fn has_services(store: &Store, events: &[EventId], most: usize) -> bool {
    let mut seen: Vec<Symbol> = Vec::with_capacity(most);
    events.iter().any(|id| {
        let service = store.event(*id).service;
        if !seen.contains(&service) {
            seen.push(service);
        }
        seen.len() == most
    })
}

/// Whether an event without trace id that holds so many values is an atom.
fn is_atom(values: usize) -> bool {
    (1..=MAX_VALUES).contains(&values)
}

/// Whether an event without trace id is an atom.
pub(super) fn is_untraced_atom(store: &Store, id: EventId) -> bool {
    is_atom(values(store, id).count())
}

/// The values of an event that may tie it to others, each with its type.
fn values(store: &Store, id: EventId) -> impl Iterator<Item = (Symbol, Type)> + '_ {
    let trace = store.event(id).trace;
    store.details(id).iter().filter_map(move |detail| match *detail {
        Detail::Key { name, .. } if store.keys.ignores(name) => None,
        Detail::Key { name, value, shape, prefix } if shape != Shape::Word || store.keys.joins(name) => {
            Some((value, (name, shape, prefix)))
        }
        Detail::Key { name, value, .. } if trace.is_none() && store.keys.takes_words(name) => {
            Some((value, (name, Shape::Mixed, Prefix::default())))
        }
        Detail::Header { trace: named, role, .. } if role != HeaderRole::Outgoing && trace != Some(named) => {
            Some((header_value(named), header_type()))
        }
        _ => None,
    })
}

fn hold(store: &Store, id: EventId, out: &mut Vec<Held>) {
    let (time, origin) = (store.time(id), store.origin(id));
    let teller = store.event(id).template;
    out.extend(values(store, id).map(|(value, of)| Held {
        value,
        of,
        time,
        origin,
        teller,
        own: false,
        late: false,
        services: 0,
    }));
}

/// Takes in that a template tells values of a type, of which there are such as have a place already, or the next one.
fn tell(tellers: &mut Vec<Option<Symbol>>, kind: u32, teller: Option<Symbol>) {
    match tellers.get_mut(kind as usize) {
        Some(known) if *known != teller => *known = None,
        Some(_) => {}
        None => tellers.push(teller),
    }
}

/// A fragment holds its own trace id for those that received it in a header.
fn trace_value(store: &Store, fragment: &Fragment) -> Held {
    let event = fragment.events[0];
    Held {
        value: header_value(fragment.trace),
        of: header_type(),
        origin: store.origin(event),
        time: store.time(event),
        teller: store.event(event).template,
        own: true,
        late: false,
        services: 0,
    }
}

fn header_type() -> Type {
    (Symbol::of(b"traceparent"), Shape::Uuid, Prefix::default())
}

fn header_value(trace: TraceId) -> Symbol {
    Symbol::of(&trace.bits().to_be_bytes())
}
