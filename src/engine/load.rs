//! Reads all streams into a store.

use super::read::{Outcome, Settings, SourceRead, Taker, Text, read};
use super::worker::Notes;
use crate::gather::{Source, Store};
use crate::input::Discovery;
use crate::model::{Batch, DAY, SourceId, Time};
use crate::record::timestamp::Zone;
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
type Shared = Arc<Mutex<Vec<(SourceId, Batch)>>>;

struct Collect {
    batches: Shared,
}

impl Taker for Collect {
    fn take(&mut self, source: SourceId, _name: &str, batch: Batch, _notes: Notes) {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner).push((source, batch));
    }
}

/// Reads everything that was discovered. `now` serves where nothing else tells a year or a date.
pub fn load(discovery: &Discovery, settings: &Settings, now: Time) -> Loaded {
    let lines = settings.threads.clamp(1, discovery.streams.len().max(1));
    let collected: Vec<Shared> = (0..lines).map(|_| Arc::default()).collect();
    let takers = collected
        .iter()
        .map(|batches| Box::new(Collect { batches: batches.clone() }) as Box<dyn Taker>)
        .collect();
    let Outcome { sources, skipped, mut symbols, failures, stopped } =
        read(&discovery.streams, settings, takers);
    let mut batches: Vec<(SourceId, Batch)> = Vec::new();
    for shared in collected {
        batches.append(&mut shared.lock().unwrap_or_else(PoisonError::into_inner));
    }
    // the parts of one source came in order; sources go by name, so that no order of reading shows
    let ranks = ranks(&sources);
    batches.sort_by_key(|(source, _)| ranks[source.0 as usize]);
    let mut store = Store::default();
    for (_, mut batch) in batches {
        symbols.absorb(std::mem::take(&mut batch.symbols));
        store.batches.push(batch);
    }
    store.symbols = symbols;
    store.sources = described(&sources, now, settings);
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
    Loaded { store, sources, failures, stopped, threads: settings.threads }
}

/// The sources as later stages see them, once all are read.
pub(super) fn described(sources: &[SourceRead], now: Time, settings: &Settings) -> Vec<Source> {
    let (low, high) = dated_range(sources);
    let describe = |(source, &rank): (&SourceRead, &u32)| {
        let (undated_shift, year) = assumed(source, low, high, now, &settings.zone);
        let dating = &source.dating;
        Source {
            name: source.name.clone(),
            rank,
            descending: dating.steps.1 > dating.steps.0,
            first: dating.first.map(|time| Time(time.0 + undated_shift)),
            undated_shift,
            year,
        }
    };
    sources.iter().zip(&ranks(sources)).map(describe).collect()
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

/// The first and last time of the sources that state their dates.
fn dated_range(sources: &[SourceRead]) -> (Option<Time>, Option<Time>) {
    let ranges =
        || sources.iter().filter(|source| !source.dating.assumed).filter_map(|source| source.dating.range);
    (ranges().map(|(low, _)| low).min(), ranges().map(|(_, high)| high).max())
}

/// What a source of which year or date is only assumed is to be shifted by: so that it lies with the others, else near now.
fn assumed(
    source: &SourceRead,
    low: Option<Time>,
    high: Option<Time>,
    now: Time,
    _zone: &Zone,
) -> (i64, Option<(i64, i64)>) {
    let dating = &source.dating;
    let Some((first, last)) = dating.range.filter(|_| dating.assumed) else { return (0, None) };
    let middle = |low: Time, high: Time| low.0 / 2 + high.0 / 2;
    let target = match (low, high) {
        (Some(low), Some(high)) => middle(low, high),
        // the last record is from before now
        _ => now.0 - (last.0 - first.0) / 2,
    };
    if first.civil().0 <= 1970 {
        let days = (target - middle(first, last) + DAY / 2).div_euclid(DAY);
        let late = low.is_none() && last.0 + days * DAY > now.0;
        return ((days - i64::from(late)) * DAY, None);
    }
    let year = first.civil().0;
    let target = Time(target).civil().0;
    (0, Some((year, target)))
}

impl SourceRead {
    /// Whether the source's text can be had again.
    pub fn has_text(&self) -> bool {
        !matches!(self.text, Text::Gone)
    }
}
