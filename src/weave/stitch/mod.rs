//! Tells which fragments are one transaction although their trace ids differ or nobody printed any.
//!
//! Fragments, and events without a trace id, are *atoms*; atoms that hold a value of a trusted kind are joined (Zhao et
//! al., "Non-Intrusive Performance Profiling for Entire Software Stacks based on the Flow Reconstruction Principle",
//! OSDI 2016, for the idea of typed identifiers). Which kinds are trusted is found from the data: the values of a kind
//! that names a transaction (or less) never join two beginnings of the same sort; those of a customer, a product or a
//! counter do.

mod atoms;
mod join;
mod kinds;
mod neighbours;
mod sets;

use crate::gather::{Fragments, Store};
use crate::model::{EventId, Symbol, Time};
use rustc_hash::FxHashMap;

/// A transaction: fragments and events without trace id that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
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

/// One fragment that handled messages of several transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The atom that received.
    pub receiver: EventId,
    /// The record that holds the value on the sending side.
    pub sender: EventId,
}

/// What stitching gave.
#[derive(Debug, Default)]
pub struct Stitched {
    /// The transactions, by first time.
    pub groups: Vec<Group>,
    /// Messages that link transactions instead of joining them.
    pub batches: Vec<Batch>,
    /// Names of values that name a transaction, with the one name under which all of their kind are shown.
    pub keys: FxHashMap<Symbol, Symbol>,
    /// Fragments joined by values: a record on each side.
    pub joints: Vec<(EventId, EventId)>,
}

/// Joins the fragments of a store, and its events without trace id.
pub fn stitch(store: &Store, fragments: &Fragments) -> Stitched {
    let atoms = atoms::Atoms::of(store, fragments);
    let kinds = kinds::kinds(store, &atoms);
    let joined = join::join(&atoms, &kinds);
    groups(store, fragments, &atoms, joined, &kinds.list)
}

fn groups(
    store: &Store,
    fragments: &Fragments,
    atoms: &atoms::Atoms,
    mut joined: join::Joined,
    kinds: &[kinds::Kind],
) -> Stitched {
    let traced = fragments.traced.len();
    let mut at: Vec<Option<u32>> = vec![None; atoms.len()];
    let mut groups: Vec<(Time, Group)> = Vec::new();
    for atom in 0..atoms.len() {
        let root = joined.sets.find(atom as u32) as usize;
        let alone = atom >= traced && joined.sets.size(atom as u32) == 1;
        if alone {
            continue;
        }
        let index = *at[root].get_or_insert_with(|| {
            groups.push((Time(i64::MAX), Group::default()));
            groups.len() as u32 - 1
        });
        let (time, group) = &mut groups[index as usize];
        *time = (*time).min(atoms.first(atom));
        if atom < traced {
            group.fragments.push(atom as u32);
        } else {
            group.untraced.push(atoms.event(atom));
        }
    }
    for (_, group) in &mut groups {
        group.untraced.sort_by_key(|id| store.order(*id));
    }
    groups.sort_by_key(|(time, group)| {
        (*time, group.fragments.first().copied(), group.untraced.first().copied())
    });
    let mut groups: Vec<Group> = groups.into_iter().map(|(_, group)| group).collect();
    neighbours::place(store, fragments, &mut groups);
    Stitched {
        groups,
        batches: joined.batches,
        keys: kinds
            .iter()
            .filter(|kind| kind.names_transaction)
            .flat_map(|kind| kind.names.iter().map(|name| (*name, kind.label)))
            .collect(),
        joints: joined.joints,
    }
}
