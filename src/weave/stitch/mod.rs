//! Tells which fragments are one transaction although their trace ids differ or nobody printed any.
//!
//! Fragments, and events without a trace id, are *atoms*; atoms that hold a value of a trusted kind are joined (Zhao et
//! al., "Non-Intrusive Performance Profiling for Entire Software Stacks based on the Flow Reconstruction Principle",
//! OSDI 2016, for the idea of typed identifiers). Which kinds are trusted is found from the data: the values of a kind
//! that names a transaction (or less) never join two beginnings of the same sort; those of a customer, a product or a
//! counter do.

mod atoms;
mod dependents;
mod holdings;
mod join;
mod kinds;
mod neighbours;
mod sets;

pub(super) use sets::Sets;

use crate::gather::{Fragments, SpillError, Store};
use crate::model::{EventId, Symbol, Time};
use atoms::Atoms;
use neighbours::Threads;
use rustc_hash::FxHashMap;

/// A transaction among the events at hand: fragments and events without trace id that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Its number in the run.
    pub number: u32,
    /// Indices of its fragments, by first time.
    pub fragments: Vec<u32>,
    /// Its events without a trace id, by time.
    pub untraced: Vec<EventId>,
}

impl Group {
    /// Its events with a trace id, fragment by fragment.
    pub fn events<'f>(&'f self, fragments: &'f Fragments) -> impl Iterator<Item = EventId> + 'f {
        self.fragments.iter().flat_map(|&at| &fragments.traced[at as usize].events).copied()
    }
}

/// A transaction of the run, wherever its events are.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    /// Its first time, as logged.
    first: Time,
    /// Its first known time on the common clock, else [`Time::UNKNOWN`].
    pub start: Time,
    /// Its events.
    pub events: u64,
    /// Tells it from most others and does not depend on them.
    pub id: u64,
}

/// In no transaction.
const NONE: u32 = u32::MAX;

/// What stitching gave.
#[derive(Debug, Default)]
pub struct Stitched {
    /// The transactions, by first time.
    pub groups: Vec<Whole>,
    /// The group of each fragment of the run, fragments in the order of their first time.
    of_fragment: Vec<u32>,
    /// The place of each fragment in that order by its place in the order of windows; none where that is the same.
    places: Option<Vec<u32>>,
    /// By window: how many fragments there are in those before it.
    bases: Vec<usize>,
    /// By window: the events without trace id that are in a transaction, by their ids.
    untraced: Vec<Vec<(EventId, u32)>>,
    /// Names of values that name a transaction, with the one name under which all of their kind are shown.
    pub keys: FxHashMap<Symbol, Symbol>,
    /// The fragments, where all events are at hand.
    pub whole: Option<Fragments>,
}

/// Joins the fragments of a store, and its events without trace id.
pub fn stitch(store: &mut Store) -> Result<Stitched, SpillError> {
    if !store.is_spilled() {
        return stitch_whole(store);
    }
    let mut atoms = Atoms::spilled(store);
    let mut bases = Vec::new();
    let mut rest = Vec::new();
    for window in 0..store.windows() {
        bases.push(atoms.len());
        store.open(window)?;
        let fragments = Fragments::of(store);
        atoms.add_traced(store, &fragments)?;
        if !fragments.untraced.is_empty() {
            rest.push(window);
        }
    }
    for &window in &rest {
        store.open(window)?;
        atoms.add_untraced(store, &Fragments::of(store))?;
    }
    atoms.finish();
    let (mut stitched, of_atom) = Stitched::of(store, &atoms, bases)?;
    let mut untraced = vec![Vec::new(); store.windows()];
    if of_atom[atoms.traced()..].iter().any(|group| *group != NONE) {
        let mut threads = Threads::new(&atoms, &of_atom);
        for window in rest {
            store.open(window)?;
            untraced[window] = threads.place(store, &Fragments::of(store));
        }
    }
    stitched.places = atoms.into_places();
    stitched.took(untraced);
    Ok(stitched)
}

/// Likewise, for a store that has all events at hand.
pub fn stitch_whole(store: &mut Store) -> Result<Stitched, SpillError> {
    let fragments = store.by_fragments();
    let atoms = Atoms::whole(store, &fragments)?;
    let (mut stitched, of_atom) = Stitched::of(store, &atoms, vec![0])?;
    let untraced = Threads::new(&atoms, &of_atom).place(store, &fragments);
    stitched.took(vec![untraced]);
    stitched.whole = Some(fragments);
    Ok(stitched)
}

impl Stitched {
    /// Joins atoms; also gives the group of each.
    fn of(store: &Store, atoms: &Atoms, bases: Vec<usize>) -> Result<(Stitched, Vec<u32>), SpillError> {
        let kinds = kinds::kinds(store, atoms)?;
        let mut sets = join::join(atoms, &kinds)?;
        let mut at = vec![NONE; atoms.len()];
        let mut groups: Vec<(Whole, u32)> = Vec::new();
        let mut of_atom = vec![NONE; atoms.len()];
        for (atom, of_atom) in of_atom.iter_mut().enumerate() {
            let root = sets.find(atom as u32) as usize;
            if atom >= atoms.traced() && sets.size(atom as u32) == 1 {
                continue;
            }
            if at[root] == NONE {
                at[root] = groups.len() as u32;
                let first = Time(i64::MAX);
                groups.push((
                    Whole { first, start: Time::UNKNOWN, events: 0, id: atoms.id(atom) },
                    atom as u32,
                ));
            }
            *of_atom = at[root];
            let (group, _) = &mut groups[at[root] as usize];
            group.first = group.first.min(atoms.first(atom));
            group.start = earlier(group.start, atoms.start(atom));
            if atom < atoms.traced() {
                group.events += u64::from(atoms.size(atom));
            }
        }
        drop(at);
        let mut order: Vec<u32> = (0..groups.len() as u32).collect();
        order.sort_unstable_by_key(|&group| {
            let (whole, atom) = &groups[group as usize];
            // those without fragments come first
            (whole.first, *atom < atoms.traced() as u32, *atom)
        });
        let mut number = vec![0; groups.len()];
        for (at, group) in (0..).zip(&order) {
            number[*group as usize] = at;
        }
        for group in of_atom.iter_mut().filter(|group| **group != NONE) {
            *group = number[*group as usize];
        }
        let stitched = Stitched {
            groups: order.iter().map(|&group| groups[group as usize].0).collect(),
            of_fragment: of_atom[..atoms.traced()].to_vec(),
            bases,
            keys: kinds
                .list
                .iter()
                .filter(|kind| kind.names_transaction)
                .flat_map(|kind| kind.names.iter().map(|name| (*name, kind.label)))
                .collect(),
            ..Stitched::default()
        };
        Ok((stitched, of_atom))
    }

    /// Takes over which events without trace id are in transactions.
    fn took(&mut self, untraced: Vec<Vec<(EventId, u32)>>) {
        for (_, group) in untraced.iter().flatten() {
            self.groups[*group as usize].events += 1;
        }
        self.untraced = untraced;
    }

    /// The place in the run of a fragment of a window.
    pub fn place(&self, window: usize, fragment: usize) -> u32 {
        let came = self.bases[window] + fragment;
        self.places.as_ref().map_or(came as u32, |places| places[came])
    }

    /// The number of the group of a fragment of a window.
    pub fn group(&self, window: usize, fragment: usize) -> u32 {
        self.of_fragment[self.place(window, fragment) as usize]
    }

    /// The events without trace id of a window that are in a transaction, by their ids, with its number.
    pub fn untraced(&self, window: usize) -> &[(EventId, u32)] {
        &self.untraced[window]
    }

    /// Whether any event without trace id is in a transaction.
    pub fn any_untraced(&self) -> bool {
        self.untraced.iter().any(|events| !events.is_empty())
    }

    /// Those transactions that are wanted by their numbers, where all events are at hand.
    pub fn local(&self, store: &Store, wanted: impl Fn(u32) -> bool) -> Vec<Group> {
        let mut at = vec![NONE; self.groups.len()];
        let mut groups: Vec<Group> = Vec::new();
        for number in (0..self.groups.len() as u32).filter(|number| wanted(*number)) {
            at[number as usize] = groups.len() as u32;
            groups.push(Group { number, ..Group::default() });
        }
        let place = |group: u32| Some(at[group as usize]).filter(|at| *at != NONE).map(|at| at as usize);
        for (fragment, &group) in (0..).zip(&self.of_fragment) {
            if let Some(at) = place(group) {
                groups[at].fragments.push(fragment);
            }
        }
        for &(id, group) in self.untraced.iter().flatten() {
            if let Some(at) = place(group) {
                groups[at].untraced.push(id);
            }
        }
        for group in groups.iter_mut().filter(|group| group.untraced.len() > 1) {
            group.untraced.sort_by_key(|id| store.order(*id));
        }
        groups
    }

    /// Makes one of the groups that hold the fragments of each pair, which are told by their places in the run.
    pub fn unite(&mut self, joints: &[(u32, u32)]) {
        let mut sets = Sets::new(self.groups.len());
        for &(a, b) in joints {
            sets.union(self.of_fragment[a as usize], self.of_fragment[b as usize]);
        }
        // groups come by first time: the first of a set has its place
        let mut number = vec![NONE; self.groups.len()];
        let mut groups: Vec<Whole> = Vec::new();
        let mut moved = vec![NONE; self.groups.len()];
        for (group, whole) in self.groups.iter().enumerate() {
            let root = sets.find(group as u32) as usize;
            if number[root] == NONE {
                number[root] = groups.len() as u32;
                groups.push(*whole);
            } else {
                let known = &mut groups[number[root] as usize];
                known.start = earlier(known.start, whole.start);
                known.events += whole.events;
            }
            moved[group] = number[root];
        }
        for group in &mut self.of_fragment {
            *group = moved[*group as usize];
        }
        for (_, group) in self.untraced.iter_mut().flatten() {
            *group = moved[*group as usize];
        }
        self.groups = groups;
    }
}

/// The earlier of two times, if both are known.
fn earlier(one: Time, other: Time) -> Time {
    if one == Time::UNKNOWN || other == Time::UNKNOWN { one.max(other) } else { one.min(other) }
}

/// The transactions of a window that was arranged by transactions: events carry their numbers.
pub fn tagged(store: &Store, fragments: &Fragments) -> Vec<Group> {
    let mut groups: FxHashMap<u32, Group> = FxHashMap::default();
    for (index, fragment) in (0..).zip(&fragments.traced) {
        groups.entry(store.tag(fragment.events[0])).or_default().fragments.push(index);
    }
    for &id in &fragments.untraced {
        groups.entry(store.tag(id)).or_default().untraced.push(id);
    }
    let mut groups: Vec<Group> =
        groups.into_iter().map(|(number, group)| Group { number, ..group }).collect();
    groups.sort_unstable_by_key(|group| group.number);
    groups
}
