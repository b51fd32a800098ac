//! Events that hold no value of a transaction but stand between two that do, on a thread that handles one at a time.

use super::NONE;
use super::atoms::{Atoms, is_untraced_atom};
use crate::gather::{Fragments, Store};
use crate::model::{EventId, Symbol};
use rustc_hash::FxHashMap;

/// A thread's next event with a value is of the same transaction in this share, if it handles one at a time.
const MIN_KEPT: f32 = 0.6;

#[derive(Debug, Default)]
struct Thread {
    last: Option<u32>,
    between: Vec<EventId>,
    kept: u32,
    left: u32,
    /// Events that may be placed, and where.
    found: Vec<(EventId, u32)>,
}

/// Looks at the events without trace id of a run, window by window; a thread's are in one window.
pub(super) struct Threads<'a> {
    atoms: &'a Atoms,
    of_atom: &'a [u32],
    /// The atom that comes next.
    next: usize,
}

impl<'a> Threads<'a> {
    /// For atoms of which the groups are known.
    pub fn new(atoms: &'a Atoms, of_atom: &'a [u32]) -> Threads<'a> {
        Threads { atoms, of_atom, next: atoms.traced() }
    }

    /// The events of a window without trace id that are in a transaction, by their ids: those that hold a value, and those
    /// that such events surround on their thread.
    pub fn place(&mut self, store: &Store, fragments: &Fragments) -> Vec<(EventId, u32)> {
        let mut placed: Vec<(EventId, u32)> = Vec::new();
        let mut threads: FxHashMap<(u32, Symbol, Symbol), Thread> = FxHashMap::default();
        for &id in &fragments.untraced {
            let mut group = NONE;
            if is_untraced_atom(store, id) {
                group = self.of_atom[self.atoms.place(self.next) as usize];
                self.next += 1;
            }
            if group != NONE {
                placed.push((id, group));
            }
            let event = store.event(id);
            if event.thread.is_none() {
                continue;
            }
            let thread = threads.entry((event.place.source.0, event.instance, event.thread)).or_default();
            if group == NONE {
                thread.between.push(id);
                continue;
            }
            if thread.last == Some(group) {
                thread.kept += 1;
                thread.found.extend(thread.between.drain(..).map(|id| (id, group)));
            } else if thread.last.replace(group).is_some() {
                thread.left += 1;
            }
            thread.between.clear();
        }
        for thread in threads.into_values() {
            if thread.kept as f32 >= MIN_KEPT * (thread.kept + thread.left) as f32 {
                placed.extend(thread.found);
            }
        }
        placed.sort_unstable();
        placed
    }
}
