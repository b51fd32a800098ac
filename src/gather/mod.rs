//! Holds the events of a run and groups them by trace. Knows nothing of spans.

mod budget;
pub mod bytes;
mod census;
mod clocks;
mod codec;
mod durations;
mod fragments;
mod gatherer;
mod heads;
mod kept;
mod parts;
mod rows;
mod spill;
mod stamps;
mod windows;

pub use budget::{Budget, Room};
pub use census::{COARSE, Census, OfService, Window};
pub use clocks::{ClockOffset, Clocks};
pub use fragments::{Fragment, Fragments};
pub use gatherer::Gatherer;
pub use kept::Kept;
pub use parts::{Row, strand};
pub use rows::Rows;
pub use spill::{Log, SpillError};
pub use windows::{Arranger, Copied};

use crate::model::{
    Batch, Coverage, Detail, Event, EventId, KeyRules, Origin, Sample, SourceId, SpanId, Symbol, Symbols,
    Time, TraceId, flag,
};
use std::sync::Arc;

/// A source as the later stages see it.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name.
    pub name: Arc<str>,
    /// Its place among the sources by name: the order of records at the same time.
    pub rank: u32,
    /// It runs newest first.
    pub descending: bool,
    /// The time of records before the first one that has a time.
    pub first: Option<Time>,
    /// Where times of which the date or the year was only assumed belong.
    pub placement: Placement,
}

/// Brings times of which the date or the year was only assumed to their place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Placement {
    /// Nanoseconds to be added, whole days.
    pub shift: i64,
    /// The year to put in place of an assumed one: the assumed year and the right one.
    pub year: Option<(i64, i64)>,
    /// The dates were read with the month first, and have the day first.
    pub day_first: bool,
}

impl Placement {
    /// The right time for an assumed one.
    pub fn place(self, assumed: Time) -> Time {
        let assumed = if self.day_first { assumed.day_first() } else { assumed };
        let time = Time(assumed.0 + self.shift);
        self.year.map_or(time, |(assumed, right)| time.in_year(time.civil().0 - assumed + right))
    }

    /// The assumed time that [`place`](Placement::place) brings to this one.
    pub fn displace(self, right: Time) -> Time {
        let back = self.year.map(|(assumed, right)| (right, assumed));
        // turned once more, day and month are as they were
        Placement { shift: -self.shift, year: back, day_first: self.day_first }.place(right)
    }
}

impl Source {
    /// Gives the time of an event its missing parts.
    pub fn complete(&self, event: &mut Event) {
        let Some(time) = self.completed(event.time, event.flags) else { return };
        event.time = time;
        if event.is(flag::TIME_UNKNOWN) {
            event.flags = event.flags & !flag::TIME_UNKNOWN | flag::TIME_INHERITED;
        }
    }

    /// Completes a time with what only the end of reading tells; `class` are the flags of its record.
    pub fn completed(&self, time: Time, class: u16) -> Option<Time> {
        if class & flag::TIME_UNKNOWN != 0 {
            self.first
        } else if class & (flag::NO_DATE | flag::NO_YEAR) != 0 || self.placement.day_first {
            Some(self.placement.place(time))
        } else {
            Some(time)
        }
    }
}

/// All events of a run.
#[derive(Debug, Default)]
pub struct Store {
    /// The sources, by [`SourceId`].
    pub sources: Vec<Source>,
    /// The events that are at hand: all of them, in the order of sources and lines, or those of a window.
    pub batches: Vec<Batch>,
    /// The numbers that those of a window were put away with.
    pub(crate) tags: Vec<Vec<u32>>,
    /// All events, where they do not fit into memory.
    pub(crate) spilled: Option<windows::Spilled>,
    /// How much memory there is.
    pub budget: Budget,
    /// Texts of names.
    pub symbols: Symbols,
    /// What was read; placed and unplaced records are counted later.
    pub coverage: Coverage,
    /// How far the clocks are off.
    pub clocks: Clocks,
    /// Names of values that join transactions or never do, as the user says.
    pub keys: Arc<KeyRules>,
    /// No event is a whole span; known when the store is complete.
    pub logs_only: bool,
    /// What is counted over all events.
    pub census: Census,
}

impl Store {
    /// An event.
    pub fn event(&self, id: EventId) -> &Event {
        &self.batches[id.batch as usize].events[id.index as usize]
    }

    /// The details of an event.
    pub fn details(&self, id: EventId) -> &[Detail] {
        let batch = &self.batches[id.batch as usize];
        batch.details(&batch.events[id.index as usize])
    }

    /// What the times of an event's clock are multiples of, if that is coarse, else 0: nanoseconds.
    pub fn grain(&self, id: EventId) -> i64 {
        let event = self.event(id);
        let window = self.census.windows.get(&(event.service, event.instance));
        window.filter(|window| window.is_coarse()).map_or(0, |window| window.grain)
    }

    /// A source.
    pub fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }

    /// A trace id as reports write it: an opaque one as the logs have it.
    pub fn trace_text(&self, id: TraceId) -> String {
        let text = self.symbols.text(id.symbol());
        if !text.is_empty() && TraceId::opaque(text.as_bytes()) == id {
            text.to_owned()
        } else {
            id.to_string()
        }
    }

    /// A span id as reports write it: an opaque one as the logs have it.
    pub fn span_text(&self, id: SpanId, opaque: bool) -> String {
        let text = self.symbols.text(id.symbol());
        if opaque && !text.is_empty() { text.to_owned() } else { id.to_string() }
    }

    /// Where an event stands among all of the run.
    pub fn origin(&self, id: EventId) -> Origin {
        let place = &self.event(id).place;
        Origin { rank: self.source(place.source).rank, line: place.line, part: place.part }
    }

    /// What can be told of an event that stands for all of its kind.
    pub fn sample(&self, id: EventId) -> Sample {
        let event = self.event(id);
        let (mut operation, mut topic) = (Symbol::NONE, Symbol::NONE);
        for detail in self.details(id) {
            match *detail {
                Detail::Topic(name) if topic.is_none() => topic = name,
                // tells more than where it came from
                Detail::Event(name) => topic = name,
                Detail::Operation(name) if event.is(flag::WHOLE_SPAN) => operation = name,
                _ => {}
            }
        }
        let (service, template) = (event.service, event.template);
        Sample { origin: self.origin(id), service, template, operation, topic }
    }

    /// All events, in the order of the batches.
    pub fn ids(&self) -> impl Iterator<Item = EventId> + '_ {
        self.batches.iter().enumerate().flat_map(|(batch, events)| {
            (0..events.events.len()).map(move |index| EventId { batch: batch as u32, index: index as u32 })
        })
    }

    /// The time of an event on the common clock.
    pub fn time(&self, id: EventId) -> Time {
        self.clocks.time(self.event(id))
    }

    /// How long after its time the record of an event was written: nanoseconds.
    pub fn delay(&self, id: EventId) -> i64 {
        if self.event(id).is(flag::STAMPED_AT_START) { self.duration(id).unwrap_or(0) } else { 0 }
    }

    /// When the record of an event was written, on the common clock.
    pub fn written(&self, id: EventId) -> Time {
        Time(self.time(id).0.saturating_add(self.delay(id)))
    }

    /// When that began which an event tells of, on the common clock: as long before it was written as it says that it took.
    pub fn began(&self, id: EventId) -> Time {
        Time(self.written(id).0.saturating_sub(self.duration(id).unwrap_or(0)))
    }

    /// How long something took that an event tells of: nanoseconds.
    pub fn duration(&self, id: EventId) -> Option<i64> {
        self.details(id).iter().find_map(|detail| match *detail {
            Detail::Duration(nanos) => i64::try_from(nanos).ok(),
            _ => None,
        })
    }

    /// What the order of events in time is decided by, ties included: time, source, line.
    pub fn order(&self, id: EventId) -> (Time, u32, u64, u32) {
        let event = self.event(id);
        let source = self.source(event.place.source);
        let line = if source.descending { u64::MAX - event.place.line } else { event.place.line };
        (self.clocks.time(event), source.rank, line, event.place.part)
    }

    /// Whether one of these events is a whole span of an export.
    pub fn any_whole(&self, events: &[EventId]) -> bool {
        !self.logs_only && events.iter().any(|id| self.event(*id).is(flag::WHOLE_SPAN))
    }

    /// Gives the last times their missing parts, now that all sources are known, and counts.
    pub fn complete(&mut self) {
        if self.census.records == 0 {
            for batch in &self.batches {
                self.census.add(batch);
            }
        }
        self.census.settle(&self.sources);
        for batch in &mut self.batches {
            stamps::complete(batch, &self.sources, &self.census);
        }
        self.logs_only = self.census.whole == 0;
        self.coverage.records = self.census.records;
        self.coverage.records_with_time = self.census.with_time;
        self.coverage.records_with_context = self.census.with_context;
    }
}
