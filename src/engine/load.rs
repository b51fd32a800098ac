//! Reads all streams into a store.

use super::dating::{ASSUMED_YEAR, Assumed, Dating};
use super::read::{Outcome, Settings, SourceRead, Taker, Text, read};
use super::worker::Notes;
use crate::gather::{Gatherer, Source, SpillError, Store};
use crate::input::{Discovery, Stop};
use crate::model::{Batch, DAY, SourceId, Time};
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
    let gatherer = || Arc::new(Mutex::new(Gatherer::new(settings.memory.gathering() / lines)));
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
    let gathered = collected.into_iter().filter_map(|shared| {
        Arc::into_inner(shared).map(|shared| shared.into_inner().unwrap_or_else(PoisonError::into_inner))
    });
    store.gathered(gathered.collect(), |source| ranks[source as usize])?;
    store.keys = settings.keys.clone();
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
    let others = dated_range(sources);
    let describe = |(source, &rank): (&SourceRead, &u32)| {
        let dating = &source.dating;
        let (undated_shift, year) = assumed(dating, others, now);
        Source {
            name: source.name.clone(),
            rank,
            descending: dating.steps.1 > dating.steps.0,
            first: dating.first.map(|time| moved(time, undated_shift, year)),
            undated_shift,
            year,
        }
    };
    sources.iter().zip(&ranks(sources)).map(describe).collect()
}

/// A time moved as a source's times are.
fn moved(time: Time, shift: i64, year: Option<(i64, i64)>) -> Time {
    let time = Time(time.0 + shift);
    year.map_or(time, |(assumed, right)| time.in_year(time.civil().0 - assumed + right))
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
fn dated_range(sources: &[SourceRead]) -> Option<(Time, Time)> {
    let told = |source: &&SourceRead| source.dating.assumed == Assumed::Nothing;
    let mut ranges = sources.iter().filter(told).filter_map(|source| source.dating.range);
    let first = ranges.next()?;
    Some(ranges.fold(first, |(low, high), range| (low.min(range.0), high.max(range.1))))
}

/// What brings a source of which the date or year is only assumed to its place among the others, else near to now: what
/// its times are shifted by, or the year to put in place of another.
fn assumed(dating: &Dating, others: Option<(Time, Time)>, now: Time) -> (i64, Option<(i64, i64)>) {
    let Some((first, last)) = dating.range else { return (0, None) };
    let middle = |(low, high): (Time, Time)| low.0 / 2 + high.0 / 2;
    match dating.assumed {
        Assumed::Nothing => (0, None),
        Assumed::Date => {
            // the last record is from before now
            let target = others.map_or(now.0 - (last.0 - first.0) / 2, middle);
            let days = (target - middle((first, last)) + DAY / 2).div_euclid(DAY);
            let late = others.is_none() && last.0 + days * DAY > now.0;
            ((days - i64::from(late)) * DAY, None)
        }
        Assumed::Year => {
            let placed =
                |year: i64| (first.in_year(year), last.in_year(year + last.civil().0 - first.civil().0));
            let near = others.map_or(now, |others| Time(middle(others))).civil().0;
            let year = match others {
                Some(others) => (near - 1..=near + 1)
                    .min_by_key(|&year| (middle(placed(year)) - middle(others)).abs())
                    .unwrap_or(near),
                // clocks may differ a little
                None => near - i64::from(placed(near).1.0 > now.0 + DAY),
            };
            (0, Some((ASSUMED_YEAR, year)))
        }
    }
}

impl SourceRead {
    /// Whether the source's text can be had again.
    pub fn has_text(&self) -> bool {
        !matches!(self.text, Text::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i64, month: u32, day: u32) -> Time {
        Time::from_civil(year, month, day, 0).expect("within range")
    }

    #[track_caller]
    fn check(first: Time, last: Time, others: Option<(Time, Time)>, expected: i64) {
        let mut dating = Dating::default();
        (dating.assumed, dating.range) = (Assumed::Year, Some((first, last)));
        let (shift, year) = assumed(&dating, others, day(2026, 3, 1));
        assert_eq!((shift, year), (0, Some((ASSUMED_YEAR, expected))));
        assert_eq!(moved(first, shift, year).civil().0, expected);
    }

    #[test]
    fn a_year_that_nothing_tells_is_the_last_one_possible() {
        check(day(1972, 2, 28), day(1972, 3, 1), None, 2026);
        check(day(1972, 3, 5), day(1972, 3, 6), None, 2025);
        check(day(1972, 12, 31), day(1973, 1, 1), None, 2025);
    }

    #[test]
    fn a_year_that_nothing_tells_is_that_of_the_other_sources() {
        check(day(1972, 5, 1), day(1972, 5, 2), Some((day(2024, 5, 1), day(2024, 5, 3))), 2024);
        check(day(1972, 12, 31), day(1972, 12, 31), Some((day(2024, 1, 1), day(2024, 1, 2))), 2023);
        check(day(1972, 1, 1), day(1972, 1, 2), Some((day(2023, 12, 30), day(2023, 12, 31))), 2024);
    }
}
