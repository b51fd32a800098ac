//! Reads all streams into a store.

use super::placing::placements;
use super::read::{Outcome, Settings, SourceRead, Taker, Text, read};
use super::worker::Notes;
use crate::gather::{Gatherer, Placement, Source, SpillError, Store};
use crate::input::{Discovery, Stop};
use crate::model::{Batch, SourceId, Time};
use std::sync::{Arc, Mutex, PoisonError};

/// What reading gave: the events, and the sources to read texts from again.
#[derive(Debug)]
pub struct Loaded {
    /// The events.
    pub store: Store,
    /// The sources, by [`SourceId`].
    pub sources: Vec<SourceRead>,
    /// Errors of this program.
    pub failures: Vec<String>,
    /// Reading was stopped from outside.
    pub stopped: bool,
    /// Threads that may work on it.
    pub threads: usize,
}

/// What one line of work collects.
type Shared = Arc<Mutex<Gatherer>>;

struct Collect {
    gatherer: Shared,
    stop: Stop,
}

impl Taker for Collect {
    fn take(&mut self, source: SourceId, _name: &str, batch: Batch, _notes: Notes) {
        let mut gatherer = self.gatherer.lock().unwrap_or_else(PoisonError::into_inner);
        if !gatherer.take(source, batch) {
            // what is read further could not be kept
            self.stop.set();
        }
    }
}

/// Reads everything that was discovered. `now` serves where nothing else tells a year or a date.
pub fn load(discovery: &Discovery, settings: &Settings, now: Time) -> Result<Loaded, SpillError> {
    let lines = settings.threads.clamp(1, discovery.streams.len().max(1));
    let gatherer = || Arc::new(Mutex::new(Gatherer::new(settings.memory.gathering().each(lines))));
    let collected: Vec<Shared> = (0..lines).map(|_| gatherer()).collect();
    let stop = &settings.read.stop;
    let takers = collected
        .iter()
        .map(|gatherer| {
            Box::new(Collect { gatherer: gatherer.clone(), stop: stop.clone() }) as Box<dyn Taker>
        })
        .collect();
    let Outcome { sources, skipped, symbols, failures, stopped } = read(&discovery.streams, settings, takers);
    // sources go by name, so that no order of reading shows
    let ranks = ranks(&sources);
    let mut store = Store { symbols, budget: settings.memory, ..Store::default() };
    store.keys = settings.keys.clone();
    let gathered = collected.into_iter().filter_map(|shared| {
        Arc::into_inner(shared).map(|shared| shared.into_inner().unwrap_or_else(PoisonError::into_inner))
    });
    store.gathered(gathered.collect(), |source| ranks[source as usize])?;
    store.sources = described(&sources, now);
    let coverage = &mut store.coverage;
    coverage.sources = sources.len() as u64;
    for source in &sources {
        coverage.bytes += source.bytes;
        for &(reason, count, line) in &source.skipped {
            coverage.skip(reason, count, &source.name, line);
        }
    }
    for (reason, name, count) in skipped {
        coverage.skip(reason, count, &name, None);
    }
    for (reason, name) in &discovery.skipped {
        coverage.skip(*reason, 1, name, None);
    }
    store.complete();
    Ok(Loaded { store, sources, failures, stopped, threads: settings.threads })
}

/// The sources as later stages see them, once all are read.
pub(super) fn described(sources: &[SourceRead], now: Time) -> Vec<Source> {
    let placements = placements(sources.iter().map(|source| &source.dating), now);
    let describe = |((source, rank), placement): ((&SourceRead, u32), Placement)| {
        let dating = &source.dating;
        Source {
            name: source.name.clone(),
            rank,
            descending: dating.steps.1 > dating.steps.0,
            // where a record told it, the first time is right already
            first: dating.first.map(|time| if dating.told.is_some() { time } else { placement.place(time) }),
            placement,
        }
    };
    sources.iter().zip(ranks(sources)).zip(placements).map(describe).collect()
}

/// The place of each source among all by name.
fn ranks(sources: &[SourceRead]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..sources.len()).collect();
    order.sort_by(|&a, &b| sources[a].name.cmp(&sources[b].name).then(a.cmp(&b)));
    let mut ranks = vec![0; sources.len()];
    for (rank, index) in order.into_iter().enumerate() {
        ranks[index] = rank as u32;
    }
    ranks
}

impl SourceRead {
    /// Whether the source's text can be had again.
    pub fn has_text(&self) -> bool {
        !matches!(self.text, Text::Gone)
    }
}
