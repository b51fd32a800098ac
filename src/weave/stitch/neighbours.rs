//! Events that hold no value of a transaction but stand between two that do, on a thread that handles one at a time.

use super::Group;
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
    found: Vec<(u32, EventId)>,
}

/// Places events without values in the groups whose events surround them on their thread.
pub(super) fn place(store: &Store, fragments: &Fragments, groups: &mut [Group]) {
    let mut of_event: FxHashMap<EventId, u32> = FxHashMap::default();
    for (index, group) in groups.iter().enumerate() {
        of_event.extend(group.untraced.iter().map(|id| (*id, index as u32)));
    }
    let mut threads: FxHashMap<(u32, Symbol, Symbol), Thread> = FxHashMap::default();
    for &id in &fragments.untraced {
        let event = store.event(id);
        if event.thread.is_none() {
            continue;
        }
        let thread = threads.entry((event.place.source.0, event.instance, event.thread)).or_default();
        let Some(&group) = of_event.get(&id) else {
            thread.between.push(id);
            continue;
        };
        if thread.last == Some(group) {
            thread.kept += 1;
            thread.found.extend(thread.between.drain(..).map(|id| (group, id)));
        } else if thread.last.replace(group).is_some() {
            thread.left += 1;
        }
        thread.between.clear();
    }
    let mut grown: Vec<u32> = Vec::new();
    for thread in threads.into_values() {
        if thread.kept as f32 >= MIN_KEPT * (thread.kept + thread.left) as f32 {
            for (group, id) in thread.found {
                groups[group as usize].untraced.push(id);
                grown.push(group);
            }
        }
    }
    grown.sort_unstable();
    grown.dedup();
    for group in grown {
        groups[group as usize].untraced.sort_by_key(|id| store.order(*id));
    }
}
