//! Events that share a trace id.

use super::Store;
use crate::model::{Event, EventId, Time, TraceId, flag};
use rayon::prelude::*;
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

/// Traces are looked at in so many parts.
const PARTS: usize = 64;
/// So many events are looked at together.
const CHUNK: usize = 1 << 15;

/// An event with its trace and time, so that sorting seldom has to look at the event itself.
type Timed = (TraceId, Time, EventId);

/// Some events: those with a trace id by parts, and those without.
#[derive(Default)]
struct Sorted {
    traced: Vec<Vec<Timed>>,
    untraced: Vec<(Time, EventId)>,
}

impl Fragments {
    /// Groups the events of a store. A 64-bit id and the one 128-bit id that ends in it are one (Datadog, Zipkin).
    pub fn of(store: &Store) -> Fragments {
        let whole = whole_ids(store);
        let chunks: Vec<Sorted> =
            chunks(store).map(|(first, events)| sorted(store, first, events, &whole)).collect();
        let parts = (0..PARTS).into_par_iter().map(|part| {
            let traced = || chunks.iter().filter_map(|chunk| chunk.traced.get(part));
            let mut events: Vec<Timed> = Vec::with_capacity(traced().map(Vec::len).sum());
            traced().for_each(|some| events.extend_from_slice(some));
            events.sort_unstable();
            let fragments = events.chunk_by_mut(|a, b| a.0 == b.0).map(|events| fragment(store, events));
            fragments.collect::<Vec<(Time, Fragment)>>()
        });
        let mut fragments: Vec<(Time, Fragment)> = parts.flatten_iter().collect();
        fragments.par_sort_unstable_by_key(|(first, fragment)| (*first, fragment.trace));
        let mut untraced: Vec<(Time, EventId)> = Vec::new();
        chunks.iter().for_each(|chunk| untraced.extend_from_slice(&chunk.untraced));
        untraced.par_sort_unstable();
        for same in untraced.chunk_by_mut(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            same.sort_by_key(|(_, id)| store.order(*id));
        }
        Fragments {
            traced: fragments.into_iter().map(|(_, fragment)| fragment).collect(),
            untraced: untraced.into_iter().map(|(_, id)| id).collect(),
        }
    }
}

/// The events of a store, some at a time, each time with the id of the first one.
fn chunks(store: &Store) -> impl ParallelIterator<Item = (EventId, &[Event])> {
    store.batches.par_iter().enumerate().flat_map_iter(|(batch, events)| {
        (0..).zip(events.events.chunks(CHUNK)).map(move |(chunk, events)| {
            (EventId { batch: batch as u32, index: chunk * CHUNK as u32 }, events)
        })
    })
}

/// The events of one trace id, sorted by time and place in the store, in their order; with the first time.
fn fragment(store: &Store, events: &mut [Timed]) -> (Time, Fragment) {
    let (trace, first, _) = events[0];
    // whether the id is no number says the event that came first
    let came = events.iter().map(|(.., id)| *id).min().unwrap_or_default();
    for same in events.chunk_by_mut(|a, b| a.1 == b.1).filter(|same| same.len() > 1) {
        same.sort_by_key(|(.., id)| store.order(*id));
    }
    let opaque = store.event(came).is(flag::OPAQUE_TRACE);
    (first, Fragment { trace, opaque, events: events.iter().map(|(.., id)| *id).collect() })
}

/// Puts some events into parts by their trace.
fn sorted(store: &Store, first: EventId, events: &[Event], whole: &Whole) -> Sorted {
    let mut sorted = Sorted::default();
    for (index, event) in (first.index..).zip(events) {
        let (time, id) = (store.clocks.time(event), EventId { index, ..first });
        let Some(trace) = event.trace else {
            sorted.untraced.push((time, id));
            continue;
        };
        let low = trace.bits() as u64;
        let short = trace.bits() >> 64 == 0;
        let trace = if short { whole.get(&low).copied().flatten().unwrap_or(trace) } else { trace };
        if sorted.traced.is_empty() {
            sorted.traced.resize_with(PARTS, || Vec::with_capacity(events.len() / PARTS * 5 / 4));
        }
        sorted.traced[part(trace)].push((trace, time, id));
    }
    sorted
}

/// The part of a trace id, of whatever kind.
fn part(trace: TraceId) -> usize {
    let bits = trace.bits();
    let mixed = (bits as u64 ^ (bits >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 58) as usize
}

/// The 128-bit ids by their low half; `None` where two share it.
type Whole = FxHashMap<u64, Option<TraceId>>;

fn whole_ids(store: &Store) -> Whole {
    let is_short = |trace: &TraceId| trace.bits() >> 64 == 0;
    let any = chunks(store)
        .any(|(_, events)| events.iter().filter_map(|event| event.trace).any(|trace| is_short(&trace)));
    let mut whole = Whole::default();
    if !any {
        return whole;
    }
    let mut short = rustc_hash::FxHashSet::default();
    let traces =
        || store.batches.iter().flat_map(|batch| batch.events.iter().filter_map(|event| event.trace));
    short.extend(traces().filter(is_short).map(|trace| trace.bits() as u64));
    for trace in traces().filter(|trace| !is_short(trace)) {
        let low = trace.bits() as u64;
        if short.contains(&low) {
            let entry = whole.entry(low).or_insert(Some(trace));
            if entry.is_some_and(|other| other != trace) {
                *entry = None;
            }
        }
    }
    whole
}
