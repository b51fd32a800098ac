//! The events of a run that do not fit into memory are at hand window by window.

use super::gatherer::Gatherer;
use super::heads::Heads;
use super::parts::{Parts, Row, TRACED, read};
use super::spill::SpillError;
use super::{Store, stamps};
use crate::model::{Batch, Detail, Event, EventId, TraceId};
use std::ops::Range;

/// Events in temporary files.
#[derive(Debug)]
pub(crate) struct Spilled {
    parts: Vec<Parts>,
    windows: Vec<Range<u32>>,
    /// Windows beside those, of copies.
    samples: Vec<Range<u32>>,
    /// Their times are not complete yet.
    raw: bool,
}

impl Store {
    /// How many windows there are.
    pub fn windows(&self) -> usize {
        self.spilled.as_ref().map_or(1, |spilled| spilled.windows.len())
    }

    /// Whether not all events are at hand.
    pub fn is_spilled(&self) -> bool {
        self.spilled.is_some()
    }

    /// How many windows of samples there are beside those; see [`Arranger::sample`].
    pub fn samples(&self) -> usize {
        self.spilled.as_ref().map_or(0, |spilled| spilled.samples.len())
    }

    /// Brings the events of a window to hand, in place of those of another one. They have the same ids each time.
    pub fn open(&mut self, window: usize) -> Result<(), SpillError> {
        let range = self.spilled.as_ref().map(|spilled| spilled.windows[window].clone());
        range.map_or(Ok(()), |range| self.open_parts(range, |_| true))
    }

    /// Likewise those of some traces, and all without a trace.
    pub fn open_some(
        &mut self,
        window: usize,
        wanted: impl Fn(TraceId) -> bool + Sync,
    ) -> Result<(), SpillError> {
        let range = self.spilled.as_ref().map(|spilled| spilled.windows[window].clone());
        range.map_or(Ok(()), |range| self.open_parts(range, wanted))
    }

    /// Whether the events of a window, as they were gathered, have trace ids: all have, or none.
    pub fn is_traced(&self, window: usize) -> bool {
        self.spilled.as_ref().is_none_or(|spilled| spilled.windows[window].start < TRACED)
    }

    /// Likewise those of a window of samples.
    pub fn open_sample(&mut self, sample: usize) -> Result<(), SpillError> {
        let range = self.spilled.as_ref().map(|spilled| spilled.samples[sample].clone());
        range.map_or(Ok(()), |range| self.open_parts(range, |_| true))
    }

    /// Lets go of the events at hand, where they can be had again.
    pub fn close(&mut self) {
        if self.is_spilled() {
            self.batches = Vec::new();
            self.tags = Vec::new();
        }
    }

    fn open_parts(
        &mut self,
        parts: Range<u32>,
        wanted: impl Fn(TraceId) -> bool + Sync,
    ) -> Result<(), SpillError> {
        self.close();
        let Some(spilled) = &self.spilled else { return Ok(()) };
        for (mut batch, tags) in read(&spilled.parts, parts, wanted)? {
            if spilled.raw {
                stamps::complete(&mut batch, &self.sources, &self.census);
            }
            self.batches.push(batch);
            self.tags.push(tags);
        }
        Ok(())
    }

    /// The number that an event was put away with.
    pub fn tag(&self, id: EventId) -> u32 {
        self.tags[id.batch as usize][id.index as usize]
    }

    /// Takes over what was gathered; events that are held come in the order of `rank`, which tells the place of their source.
    /// What is left to do is completing their times.
    pub fn gathered(&mut self, lines: Vec<Gatherer>, rank: impl Fn(u32) -> u32) -> Result<(), SpillError> {
        let any = lines.iter().any(|line| line.parts.is_some());
        let mut held = Vec::new();
        let mut all = Vec::new();
        for mut line in lines {
            if let Some(failure) = line.failure.take() {
                return Err(failure);
            }
            if any && !line.batches.is_empty() {
                line.put_away()?;
            }
            self.census.merge(line.census);
            self.symbols.absorb(line.symbols);
            held.extend(line.batches);
            all.extend(line.parts);
        }
        self.budget = self.budget.of(self.census.records);
        // the parts of one source came in order
        held.sort_by_key(|(source, _)| rank(source.0));
        self.batches = held.into_iter().map(|(_, batch)| batch).collect();
        if any {
            let windows = windows(&all, self.budget.surveyed());
            self.spilled = Some(Spilled { parts: all, windows, samples: Vec::new(), raw: true });
        }
        Ok(())
    }
}

/// Windows of parts that follow each other, of at most so many events; none holds events with and without trace ids.
fn windows(all: &[Parts], most: u64) -> Vec<Range<u32>> {
    let mut windows: Vec<Range<u32>> = Vec::new();
    let mut events = 0;
    for part in 0..TRACED + super::parts::UNTRACED {
        let count: u64 = all.iter().map(|parts| parts.count(part)).sum();
        if count == 0 {
            continue;
        }
        match windows.last_mut() {
            Some(last) if events + count <= most && (last.start < TRACED) == (part < TRACED) => {
                last.end = part + 1;
                events += count;
            }
            _ => {
                windows.push(part..part + 1);
                events = count;
            }
        }
    }
    windows
}

/// Some of the events that are at hand, copied.
#[derive(Debug, Default)]
pub struct Copied {
    batch: Batch,
    tags: Vec<u32>,
}

impl Copied {
    /// Copies an event, with a number.
    pub fn add(&mut self, event: &Event, details: &[Detail], tag: u32) -> u32 {
        let start = self.batch.details.len() as u32;
        self.batch.details.extend_from_slice(details);
        self.batch.events.push(Event { details_start: start, ..event.clone() });
        self.tags.push(tag);
        self.batch.events.len() as u32 - 1
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tags.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// The events.
    pub(super) fn into_batch(mut self) -> Batch {
        self.batch.events.shrink_to_fit();
        self.batch.details.shrink_to_fit();
        self.batch
    }

    /// Brings them to hand.
    pub fn open(self, store: &mut Store) {
        store.batches = vec![self.batch];
        store.tags = vec![self.tags];
    }
}

/// Puts the events of a run away anew, so that each window holds whole transactions.
#[derive(Debug)]
pub struct Arranger {
    parts: Parts,
    windows: u32,
    samples: u32,
}

impl Arranger {
    /// So many windows, and so many of samples, for the events of a store.
    pub fn new(store: &Store, windows: u32, samples: u32) -> Result<Arranger, SpillError> {
        let mut heads = Heads::default();
        for parts in store.spilled.iter().flat_map(|spilled| &spilled.parts) {
            heads.absorb(parts.heads());
        }
        Ok(Arranger {
            parts: Parts::new(windows + samples, heads, store.budget.tables().firm)?,
            windows,
            samples,
        })
    }

    /// The part of a window of samples; that of a window is its number.
    pub fn sample(&self, sample: u32) -> u32 {
        self.windows + sample
    }

    /// Puts events at hand into parts.
    pub fn put(&mut self, store: &Store, rows: Vec<Row>) -> Result<(), SpillError> {
        self.parts.put_known(&store.batches, rows)
    }

    /// Makes these the windows of the store.
    pub fn finish(self, store: &mut Store) {
        store.batches = Vec::new();
        store.tags = Vec::new();
        let each = |parts: Range<u32>| parts.map(|part| part..part + 1).collect();
        let (windows, samples) = (each(0..self.windows), each(self.windows..self.windows + self.samples));
        store.spilled = Some(Spilled { parts: vec![self.parts], windows, samples, raw: false });
    }
}
