//! Transactions among the events at hand.

use crate::gather::{Fragments, Store};
use crate::model::EventId;
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

/// Some transactions with their fragments alone, all events in the order that the clocks of the store tell.
pub fn in_order(store: &Store, fragments: &Fragments, groups: &[Group]) -> (Fragments, Vec<Group>) {
    let mut own = Fragments::default();
    let mut moved: Vec<Group> = Vec::with_capacity(groups.len());
    for group in groups {
        let begin = own.traced.len() as u32;
        let of_group = group.fragments.iter().map(|&at| fragments.traced[at as usize].clone());
        own.traced.extend(of_group.map(|mut fragment| {
            fragment.events.sort_by_key(|id| store.order(*id));
            fragment
        }));
        let some = &mut own.traced[begin as usize..];
        some.sort_by_key(|fragment| (store.order(fragment.events[0]), fragment.trace));
        let mut untraced = group.untraced.clone();
        untraced.sort_by_key(|id| store.order(*id));
        moved.push(Group {
            number: group.number,
            fragments: (begin..own.traced.len() as u32).collect(),
            untraced,
        });
    }
    (own, moved)
}
