//! Tells which fragments are one transaction although their trace ids differ or nobody printed any.
//!
//! Fragments, and events without a trace id, are *atoms*; atoms that hold a value of a trusted kind are joined (Zhao et
//! al., "Non-Intrusive Performance Profiling for Entire Software Stacks based on the Flow Reconstruction Principle",
//! OSDI 2016, for the idea of typed identifiers). Which kinds are trusted is found from the data: the values of a kind
//! that names a transaction (or less) never join two beginnings of the same sort; those of a customer, a product or a
//! counter do.

mod asked;
mod atoms;
mod behind;
mod brackets;
mod dependents;
mod entries;
mod groups;
mod holdings;
mod join;
mod kinds;
mod names;
mod neighbours;
mod numbers;
mod opening;
mod order;
mod parts;
mod rounds;
mod sets;
mod slots;
mod ties;
mod turns;
mod values;
mod ways;
mod work;

pub use groups::{Group, in_order, tagged};
pub(super) use sets::Sets;

use super::clocks::looks_at;
use super::lexicon::Lexicon;
use crate::gather::{Fragments, SpillError, Store};
use crate::model::{EventId, Symbol, Time, TraceId, flag};
use asked::Services;
use atoms::Atoms;
use behind::Behind;
use neighbours::Placed;
use order::Ordered;
use rustc_hash::{FxHashMap, FxHashSet};
use slots::Slots;
use ties::Counts;

/// A transaction of the run, wherever its events are.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
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
    /// The events without trace id that are in a transaction.
    placed: Placed,
    /// Whether there are any.
    any_untraced: bool,
    /// Those of the store, by their ids, where all events are at hand.
    at_hand: Vec<(EventId, u32)>,
    /// Names of values that name a transaction, with the one name under which all of their kind are shown.
    pub keys: FxHashMap<Symbol, Symbol>,
    /// The fragments, where all events are at hand.
    pub whole: Option<Fragments>,
    /// The fragments of the transactions that clocks are looked at by, where not all events are at hand.
    pub samples: Samples,
}

/// What events without trace id that stand side by side tell of transactions and kinds.
#[derive(Debug, Default)]
struct Beside {
    behind: Behind,
    counts: Counts,
    slots: Slots,
}

/// The fragments of some transactions.
#[derive(Debug, Default)]
pub struct Samples {
    /// The numbers of the transactions.
    groups: FxHashMap<TraceId, u32>,
    /// The low halves of their ids, which their events may state alone.
    short: FxHashSet<u64>,
    /// Transactions in all.
    all: usize,
}

impl Samples {
    /// The transaction of a fragment, if it is one of them.
    pub fn of(&self, trace: TraceId) -> Option<u32> {
        self.groups.get(&trace).copied()
    }

    /// Whether a trace id that an event states may be that of such a fragment.
    pub fn may_be(&self, trace: TraceId) -> bool {
        self.short.contains(&(trace.bits() as u64))
    }

    /// Whether a transaction is one of them.
    pub fn has(&self, group: u32) -> bool {
        looks_at(group, self.all)
    }

    fn add(&mut self, trace: TraceId, group: u32) {
        self.groups.insert(trace, group);
        self.short.insert(trace.bits() as u64);
    }
}

/// Joins the fragments of a store, and its events without trace id.
pub fn stitch(store: &mut Store, lexicon: &Lexicon) -> Result<Stitched, SpillError> {
    if !store.is_spilled() {
        return stitch_whole(store, lexicon);
    }
    let services = Services::of(store, lexicon);
    let mut atoms = Atoms::spilled(store);
    let mut bases = Vec::new();
    let mut rest = Vec::new();
    let mut names = names::Names::default();
    for window in 0..store.windows() {
        bases.push(atoms.traced.firsts.len());
        store.open(window)?;
        let fragments = Fragments::of(store);
        if !store.is_traced(window) {
            names.add(store, &fragments);
            rest.push(window);
            continue;
        }
        atoms.add_traced(store, &services, &fragments)?;
    }
    names.tell(store);
    let mut begins = vec![u32::MAX; store.windows()];
    for &window in &rest {
        begins[window] = atoms.len() as u32;
        store.open(window)?;
        atoms.add_untraced(store, &services, &Fragments::of(store))?;
    }
    store.close();
    atoms.finish();
    let mut stitched = Stitched::of(store, &services, atoms, true)?;
    (stitched.bases, stitched.placed.begins) = (bases, begins);
    if stitched.placed.any() {
        let mut beside = Beside::default();
        for &window in &rest {
            store.open(window)?;
            stitched.look_beside(store, window, &Fragments::of(store), &mut beside);
        }
        stitched.settle(beside, lexicon);
        for window in rest {
            store.open(window)?;
            let placed = stitched.placed.of(store, window, &Fragments::of(store));
            stitched.took(store, &placed);
        }
    }
    Ok(stitched)
}

/// Likewise, for a store that has all events at hand.
pub fn stitch_whole(store: &mut Store, lexicon: &Lexicon) -> Result<Stitched, SpillError> {
    let fragments = store.by_fragments();
    let mut names = names::Names::default();
    names.add(store, &fragments);
    names.tell(store);
    let services = Services::of(store, lexicon);
    let atoms = Atoms::whole(store, &services, &fragments);
    let begins = vec![atoms.traced.firsts.len() as u32];
    let mut stitched = Stitched::of(store, &services, atoms, false)?;
    (stitched.bases, stitched.placed.begins) = (vec![0], begins);
    if stitched.placed.any() {
        let mut beside = Beside::default();
        stitched.look_beside(store, 0, &fragments, &mut beside);
        stitched.settle(beside, lexicon);
    }
    let placed = stitched.placed.of(store, 0, &fragments);
    stitched.took(store, &placed);
    stitched.at_hand = placed;
    stitched.whole = Some(fragments);
    Ok(stitched)
}

/// A transaction whose number is not known yet: its first time as logged, whether events without trace id are all that it
/// has, and its first atom tell its place.
struct Unnumbered {
    first: Time,
    atom: u32,
    whole: Whole,
}

impl Stitched {
    /// Joins atoms; `several`: fragments came from several windows.
    fn of(store: &Store, services: &Services, atoms: Atoms, several: bool) -> Result<Stitched, SpillError> {
        let kinds = kinds::kinds(store, &atoms)?;
        let (atoms, mut sets) = join::join(atoms, &kinds, services, store.budget.tables(), several)?;
        // of each atom first the first one of its set
        let mut of_atom = vec![NONE; atoms.len()];
        let mut groups = unnumbered(&atoms, &mut sets, &mut of_atom);
        drop(sets);
        // those without fragments come first
        groups.sort_unstable_by_key(|group| (group.first, atoms.is_traced(group.atom), group.atom));
        let mut number = vec![NONE; atoms.len()];
        for (at, group) in (0..).zip(&groups) {
            number[group.atom as usize] = at;
        }
        for group in of_atom.iter_mut().filter(|group| **group != NONE) {
            *group = number[*group as usize];
        }
        drop(number);
        let traced = atoms.traced();
        let mut samples = Samples { all: groups.len(), ..Samples::default() };
        if several {
            for (atom, &group) in (0..).zip(&of_atom[..traced]) {
                if samples.has(group) {
                    samples.add(atoms.trace(atom), group);
                }
            }
        }
        let (places, came, places_of_came) = atoms.into_places();
        let groups_of_came = places_of_came.into_iter().map(|place| of_atom[place as usize]).collect();
        of_atom.truncate(traced);
        of_atom.shrink_to_fit();
        Ok(Stitched {
            groups: groups.into_iter().map(|group| group.whole).collect(),
            of_fragment: of_atom,
            places,
            placed: Placed::new(came, groups_of_came),
            keys: kinds
                .list
                .iter()
                .filter(|kind| kind.names_transaction)
                .flat_map(|kind| kind.names.iter().map(|name| (*name, kind.label)))
                .collect(),
            samples,
            ..Stitched::default()
        })
    }

    fn look_beside(&self, store: &Store, window: usize, fragments: &Fragments, beside: &mut Beside) {
        let start = |group: u32| self.groups[group as usize].start;
        self.placed.behind(store, window, fragments, start, &mut beside.behind);
        self.placed.count(store, window, fragments, (&mut beside.counts, &mut beside.slots));
    }

    /// Goes by what the events of all windows told.
    fn settle(&mut self, mut beside: Beside, lexicon: &Lexicon) {
        self.unite_groups(&beside.behind.joints(lexicon));
        self.placed.ties = beside.counts.ties();
        beside.slots.settle();
        self.placed.slots = beside.slots;
    }

    /// Counts events without trace id that are in transactions, which may begin with one.
    fn took(&mut self, store: &Store, placed: &[(EventId, u32)]) {
        self.any_untraced |= !placed.is_empty();
        for (id, group) in placed {
            let group = &mut self.groups[*group as usize];
            group.events += 1;
            if !store.event(*id).is(flag::TIME_UNKNOWN) {
                group.start = earlier(group.start, store.time(*id));
            }
        }
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

    /// The events without trace id of a window at hand that are in a transaction, by their ids, with its number.
    pub fn untraced(&self, store: &Store, window: usize, fragments: &Fragments) -> Vec<(EventId, u32)> {
        if self.any_untraced { self.placed.of(store, window, fragments) } else { Vec::new() }
    }

    /// Whether any event without trace id is in a transaction.
    pub fn any_untraced(&self) -> bool {
        self.any_untraced
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
        for &(id, group) in &self.at_hand {
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
        let of = |fragment: u32| self.of_fragment[fragment as usize];
        let joints: Vec<(u32, u32)> = joints.iter().map(|&(a, b)| (of(a), of(b))).collect();
        self.unite_groups(&joints);
    }

    /// Makes one of the groups of each pair.
    fn unite_groups(&mut self, joints: &[(u32, u32)]) {
        let mut sets = Sets::new(self.groups.len());
        for &(a, b) in joints {
            sets.union(a, b);
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
        for (_, group) in &mut self.at_hand {
            *group = moved[*group as usize];
        }
        self.placed.rename(|group| moved[group as usize]);
        self.groups = groups;
    }
}

/// The transactions by their first atoms; each atom learns which that is, unless it is an event that was joined to nothing.
fn unnumbered(atoms: &Ordered, sets: &mut Sets, of_atom: &mut [u32]) -> Vec<Unnumbered> {
    // the group of each set, by its root
    let mut at = vec![NONE; atoms.len()];
    let mut groups: Vec<Unnumbered> = Vec::with_capacity(atoms.traced());
    for (atom, of_atom) in (0..).zip(of_atom) {
        let root = sets.find(atom) as usize;
        if !atoms.is_traced(atom) && sets.size(atom) == 1 {
            continue;
        }
        if at[root] == NONE {
            at[root] = groups.len() as u32;
            let whole = Whole { start: Time::UNKNOWN, events: 0, id: atoms.id(atom) };
            groups.push(Unnumbered { first: Time(i64::MAX), atom, whole });
        }
        let group = &mut groups[at[root] as usize];
        *of_atom = group.atom;
        group.first = group.first.min(atoms.first(atom));
        group.whole.start = earlier(group.whole.start, atoms.start(atom));
        group.whole.events += u64::from(atoms.size(atom));
    }
    groups
}

/// The earlier of two times, if both are known.
fn earlier(one: Time, other: Time) -> Time {
    if one == Time::UNKNOWN || other == Time::UNKNOWN { one.max(other) } else { one.min(other) }
}
