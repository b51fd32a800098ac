//! Events that hold no value of a transaction but stand between two that do, on a thread that handles one at a time.

use super::NONE;
use super::atoms::is_untraced_atom;
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

/// The events without trace id of a run that hold a value of a transaction.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// By window: how many atoms come before its first event without trace id that holds a value.
    pub begins: Vec<u32>,
    /// Those that share a value, by the order of coming, and the group of each.
    came: Vec<u32>,
    groups: Vec<u32>,
}

impl Placed {
    /// For events without trace id of which the groups are known.
    pub fn new(mut came: Vec<u32>, mut groups: Vec<u32>) -> Placed {
        let mut placed = groups.iter().map(|group| *group != NONE);
        came.retain(|_| placed.next().unwrap_or_default());
        groups.retain(|group| *group != NONE);
        Placed { begins: Vec::new(), came, groups }
    }

    /// Whether there are any.
    pub fn any(&self) -> bool {
        !self.came.is_empty()
    }

    /// Gives the groups other numbers.
    pub fn rename(&mut self, new: impl Fn(u32) -> u32) {
        self.groups.iter_mut().for_each(|group| *group = new(*group));
    }

    /// The events of a window without trace id that are in a transaction, by their ids: those that hold a value, and those
    /// that such events surround on their thread. A thread's events are in one window.
    pub fn of(&self, store: &Store, window: usize, fragments: &Fragments) -> Vec<(EventId, u32)> {
        let mut placed: Vec<(EventId, u32)> = Vec::new();
        let mut threads: FxHashMap<(u32, Symbol, Symbol), Thread> = FxHashMap::default();
        let mut next = self.begins[window];
        let mut at = self.came.partition_point(|came| *came < next);
        for &id in &fragments.untraced {
            let mut group = NONE;
            if is_untraced_atom(store, id) {
                if self.came.get(at) == Some(&next) {
                    group = self.groups[at];
                    at += 1;
                }
                next += 1;
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
