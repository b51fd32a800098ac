//! Events that share a trace id.

use super::Store;
use crate::model::{EventId, Time, TraceId, flag};
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
        let mut traced: Vec<(TraceId, bool, Timed)> = Vec::new();
        let mut untraced = Timed::default();
        for id in store.ids() {
            let event = store.event(id);
            let time = store.clocks.time(event);
            let Some(trace) = event.trace else {
                untraced.0.push((time, id));
                continue;
            };
            let trace = if trace.bits() >> 64 == 0 {
                whole.get(&(trace.bits() as u64)).copied().flatten().unwrap_or(trace)
            } else {
                trace
            };
            let at = *index.entry(trace).or_insert_with(|| {
                traced.push((trace, event.is(flag::OPAQUE_TRACE), Timed::default()));
                traced.len() - 1
            });
            traced[at].2.0.push((time, id));
        }
        let mut sorted: Vec<(Time, Fragment)> = traced
            .into_iter()
            .map(|(trace, opaque, events)| {
                let (first, events) = events.sorted(store);
                (first, Fragment { trace, opaque, events })
            })
            .collect();
        sorted.sort_unstable_by_key(|(first, fragment)| (*first, fragment.trace));
        Fragments {
            traced: sorted.into_iter().map(|(_, fragment)| fragment).collect(),
            untraced: untraced.sorted(store).1,
        }
    }
}

/// Events with their times, so that sorting seldom has to look at the events themselves.
#[derive(Debug, Default)]
struct Timed(Vec<(Time, EventId)>);

impl Timed {
    /// The first time, and the events in their order.
    fn sorted(mut self, store: &Store) -> (Time, Vec<EventId>) {
        self.0.sort_unstable();
        for same in self.0.chunk_by_mut(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            same.sort_by_key(|(_, id)| store.order(*id));
        }
        let first = self.0.first().map_or(Time::UNKNOWN, |(time, _)| *time);
        (first, self.0.iter().map(|(_, id)| *id).collect())
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
