//! Which service held a value of a transaction first, and so may have handed it to others.

use crate::gather::Store;
use crate::model::{Detail, EventId, Shape, Symbol};
use rustc_hash::FxHashMap;

/// A value that more events of the transaction hold names no message.
const MAX_MESSAGE_HOLDERS: u32 = 4;

/// Who holds the values of a transaction.
#[derive(Debug, Default)]
pub(super) struct Handed {
    /// For each value: its first event in each service, in order of time, and how many events hold it.
    values: FxHashMap<Symbol, (Vec<(Symbol, EventId)>, u32)>,
}

impl Handed {
    pub fn of(store: &Store, mut events: Vec<EventId>) -> Handed {
        events.sort_by_key(|id| store.order(*id));
        let mut holders = Handed::default();
        for id in events {
            let service = store.event(id).service;
            for value in values(store, id) {
                let (firsts, count) = holders.values.entry(value).or_default();
                *count += 1;
                if firsts.iter().all(|(other, _)| *other != service) {
                    firsts.push((service, id));
                }
            }
        }
        holders
    }

    /// Whether a value is held by few enough events to name a message.
    pub fn is_message(&self, value: Symbol) -> bool {
        self.values.get(&value).is_some_and(|(_, count)| *count <= MAX_MESSAGE_HOLDERS)
    }

    /// If an event is its service's first to hold a message's value that other services hold too: whether one of them held
    /// it earlier.
    pub fn handed_over(&self, value: Symbol, service: Symbol, id: EventId) -> Option<bool> {
        let (firsts, count) = self.values.get(&value)?;
        let own = firsts.iter().position(|(other, first)| *other == service && *first == id)?;
        (*count <= MAX_MESSAGE_HOLDERS && firsts.len() > 1).then_some(own > 0)
    }
}

/// The values of an event that may name a message.
pub(super) fn values(store: &Store, id: EventId) -> impl Iterator<Item = Symbol> + '_ {
    store.details(id).iter().filter_map(|detail| match *detail {
        Detail::Key { value, shape, .. }
            if !matches!(shape, Shape::Word | Shape::Number | Shape::Serial | Shape::Decimal) =>
        {
            Some(value)
        }
        _ => None,
    })
}
