//! Events that share a trace id.

use super::Store;
use crate::model::{Batch, Event, EventId, Time, TraceId, flag};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// The events of one trace id, in order of time.
#[derive(Clone, Debug)]
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

/// Events of one trace that follow each other: their trace, the first of them, and how many they are.
type Run = (TraceId, EventId, u32);

/// Some events: those with a trace id by parts, and those without.
#[derive(Default)]
struct Sorted {
    traced: Vec<Vec<Run>>,
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
            let mut runs: Vec<Run> = Vec::with_capacity(traced().map(Vec::len).sum());
            traced().for_each(|some| runs.extend_from_slice(some));
            runs.sort_unstable();
            let fragments = runs.chunk_by(|a, b| a.0 == b.0).map(|runs| fragment(store, runs));
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

/// So many fragments, or so many times as many events without trace id, come into one batch.
const NEIGHBOURS: usize = 512;

impl Store {
    /// The fragments of all events; these are brought to lie in memory in the order of the fragments, as later stages look
    /// at one transaction after the other.
    pub fn by_fragments(&mut self) -> Fragments {
        let mut fragments = Fragments::of(self);
        let Fragments { traced, untraced } = &mut fragments;
        let store = &*self;
        let chunks = traced.len().div_ceil(NEIGHBOURS) as u32;
        let of_chunk = |(batch, chunk): (u32, &mut [Fragment])| {
            let ids = chunk.iter_mut().flat_map(|fragment| &mut fragment.events);
            bring(store, batch, ids)
        };
        let mut batches: Vec<Batch> =
            (0..chunks).into_par_iter().zip(traced.par_chunks_mut(NEIGHBOURS)).map(of_chunk).collect();
        let rest = (chunks..u32::MAX).into_par_iter().zip(untraced.par_chunks_mut(NEIGHBOURS * 32));
        batches.par_extend(rest.map(|(batch, chunk)| bring(store, batch, chunk.iter_mut())));
        for batch in &mut self.batches {
            self.symbols.absorb(std::mem::take(&mut batch.symbols));
        }
        self.batches = batches;
        fragments
    }
}

/// Copies events into one batch, and names them by their copies.
fn bring<'i>(store: &Store, number: u32, ids: impl Iterator<Item = &'i mut EventId>) -> Batch {
    let mut batch = Batch::default();
    for id in ids {
        let event = store.event(*id);
        let details_start = batch.details.len() as u32;
        batch.details.extend_from_slice(store.details(*id));
        *id = EventId { batch: number, index: batch.events.len() as u32 };
        batch.events.push(Event { details_start, ..event.clone() });
    }
    batch.events.shrink_to_fit();
    batch.details.shrink_to_fit();
    batch
}

/// The events of a store, some at a time, each time with the id of the first one.
fn chunks(store: &Store) -> impl ParallelIterator<Item = (EventId, &[Event])> {
    store.batches.par_iter().enumerate().flat_map_iter(|(batch, events)| {
        (0..).zip(events.events.chunks(CHUNK)).map(move |(chunk, events)| {
            (EventId { batch: batch as u32, index: chunk * CHUNK as u32 }, events)
        })
    })
}

/// The events of one trace id, of which the runs are in the order of the store; with the first time.
fn fragment(store: &Store, runs: &[Run]) -> (Time, Fragment) {
    // whether the id is no number says the event that came first
    let (trace, came, _) = runs[0];
    let ids = |(_, first, count): &Run| {
        let EventId { batch, index } = *first;
        (index..index + *count).map(move |index| EventId { batch, index })
    };
    let mut events: Vec<(Time, EventId)> = runs.iter().flat_map(ids).map(|id| (store.time(id), id)).collect();
    // what was arranged is in order already
    events.sort_unstable();
    for same in events.chunk_by_mut(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        same.sort_by_key(|(_, id)| store.order(*id));
    }
    let opaque = store.event(came).is(flag::OPAQUE_TRACE);
    let first = events.first().map_or(Time::UNKNOWN, |(first, _)| *first);
    (first, Fragment { trace, opaque, events: events.into_iter().map(|(_, id)| id).collect() })
}

/// Puts some events into parts by their trace.
fn sorted(store: &Store, first: EventId, events: &[Event], whole: &Whole) -> Sorted {
    let mut sorted = Sorted::default();
    let mut index = first.index;
    for run in events.chunk_by(|a, b| a.trace == b.trace) {
        let (id, count) = (EventId { index, ..first }, run.len() as u32);
        index += count;
        let Some(trace) = run[0].trace else {
            let times = run.iter().map(|event| store.clocks.time(event));
            sorted.untraced.extend(times.zip((id.index..).map(|index| EventId { index, ..first })));
            continue;
        };
        let low = trace.bits() as u64;
        let short = trace.bits() >> 64 == 0;
        let trace = if short { whole.get(&low).copied().flatten().unwrap_or(trace) } else { trace };
        if sorted.traced.is_empty() {
            sorted.traced.resize_with(PARTS, Vec::new);
        }
        sorted.traced[part(trace)].push((trace, id, count));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::Source;
    use crate::model::{Detail, Place, Symbol};

    /// Two sources whose records are of three traces in turn, and of none.
    fn store() -> Store {
        let mut store = Store::default();
        for source in 0..2u32 {
            store.sources.push(Source {
                name: source.to_string().into(),
                rank: source,
                descending: false,
                first: None,
                placement: Default::default(),
            });
            let mut batch = Batch::default();
            for line in 0..40u64 {
                let place = Place { source: crate::model::SourceId(source), line, ..Place::default() };
                let mut event = Event::at(place);
                event.time = Time((line / 3) as i64);
                event.trace = TraceId::new(u128::from(line % 4) << 64 | u128::from(line % 4));
                event.details_start = batch.details.len() as u32;
                event.details_len = 1;
                batch.details.push(Detail::Topic(Symbol(line + 1)));
                batch.events.push(event);
            }
            store.batches.push(batch);
        }
        store
    }

    #[test]
    fn events_that_are_brought_together_stay_what_they_are() {
        let mut store = store();
        let told = |store: &Store, ids: &[EventId]| -> Vec<_> {
            let of =
                |id: &EventId| (store.event(*id).place, store.event(*id).time, store.details(*id).to_vec());
            ids.iter().map(of).collect()
        };
        let before = Fragments::of(&store);
        let expected: Vec<_> = before.traced.iter().map(|fragment| told(&store, &fragment.events)).collect();
        let untraced = told(&store, &before.untraced);
        let after = store.by_fragments();
        assert_eq!(after.traced.len(), 3);
        for (fragment, expected) in after.traced.iter().zip(&expected) {
            assert_eq!(&told(&store, &fragment.events), expected);
            assert!(fragment.events.is_sorted_by_key(|id| store.order(*id)));
            assert!(fragment.events.windows(2).all(|pair| pair[0].index + 1 == pair[1].index));
        }
        assert_eq!(told(&store, &after.untraced), untraced);
        assert_eq!(untraced.len(), 20);
    }
}
