//! The events of transactions that are to be told of, where not all events are at hand.

use super::{Copied, Store};
use crate::model::{Batch, EventId, Trace};
use rustc_hash::FxHashMap;

/// Copies of events.
#[derive(Debug, Default)]
pub struct Kept(Vec<Batch>);

impl Kept {
    /// Copies the events of transactions at hand, and names them there by the copies.
    pub fn take(&mut self, store: &Store, traces: &mut [Trace]) {
        let batch = self.0.len() as u32;
        let mut copied = Copied::default();
        let mut known: FxHashMap<EventId, EventId> = FxHashMap::default();
        for trace in traces {
            known.clear();
            trace.rename(&mut |id| {
                let copy = || EventId { batch, index: copied.add(store.event(id), store.details(id), 0) };
                *known.entry(id).or_insert_with(copy)
            });
        }
        self.0.push(copied.into_batch());
    }

    /// Makes them all events of the store that are at hand.
    pub fn finish(self, store: &mut Store) {
        store.batches = self.0;
        store.tags = Vec::new();
        store.spilled = None;
    }
}
