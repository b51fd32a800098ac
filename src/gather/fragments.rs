//! Events that share a trace id.

use super::Store;
use crate::model::{EventId, TraceId, flag};
use rustc_hash::FxHashMap;

/// The events of one trace id, in order of time.
#[derive(Debug)]
pub struct Fragment {
    /// The trace id.
    pub trace: TraceId,
    /// The id is no number.
    pub opaque: bool,
    /// The events.
    pub events: Vec<EventId>,
}

/// All fragments of a run, by first time and id, and what has no trace id.
#[derive(Debug, Default)]
pub struct Fragments {
    /// Events with a trace id, by trace.
    pub traced: Vec<Fragment>,
    /// Events without one, in order of time.
    pub untraced: Vec<EventId>,
}

impl Fragments {
    /// Groups the events of a store. A 64-bit id and the one 128-bit id that ends in it are one (Datadog, Zipkin).
    pub fn of(store: &Store) -> Fragments {
        let whole = whole_ids(store);
        let mut index: FxHashMap<TraceId, usize> = FxHashMap::default();
        let mut fragments = Fragments::default();
        for id in store.ids() {
            let event = store.event(id);
            let Some(trace) = event.trace else {
                fragments.untraced.push(id);
                continue;
            };
            let trace = if trace.bits() >> 64 == 0 {
                whole.get(&(trace.bits() as u64)).copied().flatten().unwrap_or(trace)
            } else {
                trace
            };
            let at = *index.entry(trace).or_insert_with(|| {
                fragments.traced.push(Fragment {
                    trace,
                    opaque: event.is(flag::OPAQUE_TRACE),
                    events: Vec::new(),
                });
                fragments.traced.len() - 1
            });
            fragments.traced[at].events.push(id);
        }
        for fragment in &mut fragments.traced {
            fragment.events.sort_by_key(|id| store.order(*id));
        }
        fragments.untraced.sort_by_key(|id| store.order(*id));
        fragments.traced.sort_by_key(|fragment| (store.time(fragment.events[0]), fragment.trace));
        fragments
    }
}

/// The 128-bit ids by their low half; `None` where two share it.
fn whole_ids(store: &Store) -> FxHashMap<u64, Option<TraceId>> {
    let mut short = rustc_hash::FxHashSet::default();
    let traces =
        || store.batches.iter().flat_map(|batch| batch.events.iter().filter_map(|event| event.trace));
    for trace in traces() {
        if trace.bits() >> 64 == 0 {
            short.insert(trace.bits() as u64);
        }
    }
    let mut whole: FxHashMap<u64, Option<TraceId>> = FxHashMap::default();
    if short.is_empty() {
        return whole;
    }
    for trace in traces() {
        let low = trace.bits() as u64;
        if trace.bits() >> 64 != 0 && short.contains(&low) {
            let entry = whole.entry(low).or_insert(Some(trace));
            if entry.is_some_and(|other| other != trace) {
                *entry = None;
            }
        }
    }
    whole
}
