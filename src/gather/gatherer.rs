//! Takes the events of a run as they are read: holds them as long as they fit into memory, then puts them away by part.

use super::budget::Room;
use super::census::Census;
use super::heads::Heads;
use super::parts::{Parts, TRACED, UNTRACED};
use super::spill::SpillError;
use crate::model::{Batch, Detail, Event, SourceId, Symbols};

/// What one line of work gathers.
#[derive(Debug)]
pub struct Gatherer {
    pub(super) census: Census,
    pub(super) symbols: Symbols,
    /// What is held, by source and in its order.
    pub(super) batches: Vec<(SourceId, Batch)>,
    bytes: usize,
    room: Room,
    pub(super) parts: Option<Parts>,
    pub(super) failure: Option<SpillError>,
}

/// Bytes of events that are put away at once, when not all fit into memory.
const BUFFER: usize = 12 << 20;

/// Bytes that a batch takes.
fn size(batch: &Batch) -> usize {
    batch.events.capacity() * size_of::<Event>() + batch.details.capacity() * size_of::<Detail>()
}

impl Gatherer {
    /// Holds so many bytes of events.
    pub fn new(room: Room) -> Gatherer {
        Gatherer {
            census: Census::default(),
            symbols: Symbols::default(),
            batches: Vec::new(),
            bytes: 0,
            room,
            parts: None,
            failure: None,
        }
    }

    /// Takes events; whether that went well.
    pub fn take(&mut self, source: SourceId, mut batch: Batch) -> bool {
        if self.failure.is_some() {
            return false;
        }
        self.census.add(&batch);
        self.symbols.absorb(std::mem::take(&mut batch.symbols));
        batch.events.shrink_to_fit();
        batch.details.shrink_to_fit();
        self.bytes += size(&batch);
        self.batches.push((source, batch));
        if self.bytes > self.room.bytes {
            self.failure = self.put_away().err();
        }
        self.failure.is_none()
    }

    /// Puts away what is held.
    pub(super) fn put_away(&mut self) -> Result<(), SpillError> {
        // what goes to a file need not be gathered long
        self.room.bytes = self.room.bytes.min(BUFFER);
        let parts = match &mut self.parts {
            Some(parts) => parts,
            none => none.insert(Parts::new(TRACED + UNTRACED, Heads::default(), self.room.firm)?),
        };
        let batches: Vec<Batch> = self.batches.drain(..).map(|(_, batch)| batch).collect();
        self.bytes = 0;
        parts.put(&batches)
    }
}
