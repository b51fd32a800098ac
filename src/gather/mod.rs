//! Holds the events of a run and groups them by trace. Knows nothing of spans.

mod clocks;
mod fragments;

pub use clocks::{ClockOffset, Clocks};
pub use fragments::{Fragment, Fragments};

use crate::model::{
    Batch, Coverage, Detail, Event, EventId, KeyRules, SourceId, SpanId, Symbols, Time, TraceId, flag,
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
    /// What is to be added to times of which only the time of day is known.
    pub undated_shift: i64,
    /// The year to put in place of an assumed one: the assumed year and the right one.
    pub year: Option<(i64, i64)>,
}

/// All events of a run.
#[derive(Debug, Default)]
pub struct Store {
    /// The sources, by [`SourceId`].
    pub sources: Vec<Source>,
    /// The events, in the order of sources and lines.
    pub batches: Vec<Batch>,
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
        self.logs_only = true;
        for batch in &mut self.batches {
            for event in &mut batch.events {
                let source = &self.sources[event.place.source.0 as usize];
                if event.is(flag::TIME_UNKNOWN) {
                    if let Some(first) = source.first {
                        event.time = first;
                        event.flags = event.flags & !flag::TIME_UNKNOWN | flag::TIME_INHERITED;
                    }
                } else if event.is(flag::NO_DATE) {
                    event.time.0 += source.undated_shift;
                } else if let (true, Some((assumed, right))) = (event.is(flag::NO_YEAR), source.year) {
                    event.time = event.time.in_year(event.time.civil().0 - assumed + right);
                }
                self.logs_only &= !event.is(flag::WHOLE_SPAN);
                self.coverage.records += 1;
                self.coverage.records_with_time +=
                    u64::from(!event.is(flag::TIME_UNKNOWN | flag::TIME_INHERITED));
                self.coverage.records_with_context += u64::from(event.is(flag::CONTEXT));
            }
        }
    }
}
