//! What is joined: fragments, and single events without a trace id, with the values they hold.

use crate::gather::bytes::{Get, Put};
use crate::gather::{Fragment, Fragments, Rows, SpillError, Store};
use crate::model::{Detail, EventId, HeaderRole, Origin, Shape, Symbol, Time, TraceId, flag};
use rustc_hash::FxHashMap;

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
    pub origin: Origin,
    pub time: Time,
}

/// More values of one atom than this are left out: it is no step of a transaction but a dump.
const MAX_VALUES: usize = 512;
/// Values are looked at in so many parts, in their order.
const PARTS: usize = 64;

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
    /// The values, by their first bits; atoms in the order of their coming.
    holdings: Rows,
    /// The pairs of name and shape that values have, in the order in which the sorted holdings show them.
    pub types: Vec<(Symbol, Shape)>,
    sort_of: FxHashMap<(Symbol, Shape), u32>,
    traced: usize,
    /// The place of each atom by its place in the order of coming; none where that is the same.
    places: Option<Vec<u32>>,
}

impl Atoms {
    pub fn new(store: &Store) -> Atoms {
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
            holdings: Rows::new(PARTS, store.budget.tables()),
            types: Vec::new(),
            sort_of: FxHashMap::default(),
            traced: 0,
            places: None,
        }
    }

    /// Adds the fragments at hand; none may be added behind events without trace id.
    pub fn add_traced(&mut self, store: &Store, fragments: &Fragments) -> Result<(), SpillError> {
        let mut own: Vec<Holding> = Vec::new();
        for fragment in &fragments.traced {
            own.clear();
            let atom = self.begin(store, &fragment.events);
            self.traces.push(fragment.trace);
            if store.census.foreign.contains(&fragment.trace) {
                own.push(trace_value(store, fragment, atom));
            }
            for &id in &fragment.events {
                hold(store, id, atom, &mut own);
            }
            own.sort_unstable_by_key(|holding| (holding.value, holding.name, holding.time, holding.origin));
            own.dedup_by_key(|holding| (holding.value, holding.name));
            self.hold(&own)?;
        }
        self.traced = self.firsts.len();
        Ok(())
    }

    /// Adds the events without trace id at hand.
    pub fn add_untraced(&mut self, store: &Store, fragments: &Fragments) -> Result<(), SpillError> {
        let mut own: Vec<Holding> = Vec::new();
        for &id in &fragments.untraced {
            own.clear();
            hold(store, id, self.firsts.len() as u32, &mut own);
            if is_atom(own.len()) {
                self.begin(store, &[id]);
                self.orders.push(store.order(id));
                self.hold(&own)?;
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

    fn hold(&mut self, own: &[Holding]) -> Result<(), SpillError> {
        for holding in own.iter().take(if own.len() <= MAX_VALUES { MAX_VALUES } else { 0 }) {
            let part = (holding.value.0 >> 58) as usize;
            self.holdings.push(part, |out| holding.write(out))?;
        }
        Ok(())
    }

    /// Puts all in order, once all atoms are there.
    pub fn finish(&mut self, several: bool) -> Result<(), SpillError> {
        if several {
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
            self.places = Some(places);
        }
        self.orders = Vec::new();
        let mut types = Vec::new();
        let mut sort_of = FxHashMap::default();
        self.by_value(|holdings| {
            for holding in holdings {
                let kind = (holding.name, holding.shape);
                sort_of.entry(kind).or_insert_with(|| {
                    types.push(kind);
                    types.len() as u32 - 1
                });
            }
        })?;
        (self.types, self.sort_of) = (types, sort_of);
        Ok(())
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

    /// The holdings, value by value, each by time.
    pub fn by_value(&self, mut take: impl FnMut(&[Holding])) -> Result<(), SpillError> {
        for part in 0..self.holdings.parts() {
            let mut holdings: Vec<Holding> = Vec::new();
            self.holdings.each(part, |bytes| {
                let mut bytes = Get(bytes);
                while let Some(mut holding) = Holding::read(&mut bytes) {
                    holding.atom = self.place(holding.atom as usize);
                    holding.sort =
                        self.sort_of.get(&(holding.name, holding.shape)).copied().unwrap_or_default();
                    holdings.push(holding);
                }
            })?;
            holdings
                .sort_unstable_by_key(|holding| (holding.value, holding.time, holding.atom, holding.name));
            for same in holdings.chunk_by(|a, b| a.value == b.value) {
                take(same);
            }
        }
        Ok(())
    }
}

/// Brings a list into an order.
fn put<T: Copy>(list: &mut Vec<T>, order: &[u32]) {
    *list = order.iter().map(|&at| list[at as usize]).collect();
}

impl Holding {
    fn write(&self, out: &mut Vec<u8>) {
        out.bits(self.value.0);
        out.bits(self.name.0);
        out.push(SHAPES.iter().position(|shape| *shape == self.shape).unwrap_or_default() as u8);
        out.number(u64::from(self.atom));
        out.bits(self.time.0 as u64);
        out.number(u64::from(self.origin.rank));
        out.number(self.origin.line);
        out.number(u64::from(self.origin.part));
    }

    fn read(bytes: &mut Get<'_>) -> Option<Holding> {
        Some(Holding {
            value: Symbol(bytes.bits()?),
            name: Symbol(bytes.bits()?),
            shape: *SHAPES.get(usize::from(bytes.byte()?))?,
            sort: 0,
            atom: bytes.number()? as u32,
            time: Time(bytes.bits()? as i64),
            origin: Origin {
                rank: bytes.number()? as u32,
                line: bytes.number()?,
                part: bytes.number()? as u32,
            },
        })
    }
}

const SHAPES: [Shape; 6] =
    [Shape::Uuid, Shape::Hex, Shape::Mixed, Shape::Number, Shape::Decimal, Shape::Word];

/// Whether an event without trace id that holds so many values is an atom.
fn is_atom(values: usize) -> bool {
    (1..=MAX_VALUES).contains(&values)
}

/// Whether an event without trace id is an atom.
pub(super) fn is_untraced_atom(store: &Store, id: EventId) -> bool {
    let mut own = Vec::new();
    hold(store, id, 0, &mut own);
    is_atom(own.len())
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
        let (time, origin) = (store.time(id), store.origin(id));
        out.push(Holding { value, name, shape, sort: 0, atom, origin, time });
    }
}

/// A fragment holds its own trace id for those that received it in a header.
fn trace_value(store: &Store, fragment: &Fragment, atom: u32) -> Holding {
    let event = fragment.events[0];
    Holding {
        value: header_value(fragment.trace),
        name: header_name(),
        shape: Shape::Uuid,
        sort: 0,
        atom,
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
