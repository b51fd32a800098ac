//! Events beyond what memory holds, in parts that are read again one by one.

use super::codec::{Encoder, decode};
use super::spill::{Chunk, Spill, SpillError, decompressor};
use crate::model::{Batch, Event};
use rayon::prelude::*;
use std::ops::Range;

/// Parts of the events with a trace id, by the low half of that id: what may be one fragment is in one part.
pub(super) const TRACED: u32 = 1024;
/// Parts of the events without one, by source and thread: what a thread does in turn is in one part.
pub(super) const UNTRACED: u32 = 64;

/// Events of a chunk, at most.
const CHUNK: usize = 16 << 10;

/// The part of an event of which nothing is known but itself.
pub(super) fn part(event: &Event) -> u32 {
    let mixed = |number: u64| (number ^ number >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    match event.trace {
        Some(trace) => ((mixed(trace.bits() as u64) * u64::from(TRACED)) >> 32) as u32,
        None => {
            // an event without thread follows no other
            let thread = if event.thread.is_none() { event.place.line } else { event.thread.0 };
            let source = u64::from(event.place.source.0) + 1;
            let of = thread ^ source.wrapping_mul(0xff51_afd7_ed55_8ccd);
            TRACED + ((mixed(of) * u64::from(UNTRACED)) >> 32) as u32
        }
    }
}

/// What an event is put away with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Where {
    pub part: u32,
    /// A number that comes back with the event.
    pub tag: u32,
    /// Which event.
    pub batch: u32,
    pub index: u32,
}

/// Events by part.
#[derive(Debug)]
pub(super) struct Parts {
    spill: Spill,
    chunks: Vec<Vec<Chunk>>,
    /// Events of each part.
    counts: Vec<u64>,
    encoder: Encoder,
}

impl Parts {
    /// So many parts, empty.
    pub fn new(parts: u32) -> Result<Parts, SpillError> {
        let chunks = vec![Vec::new(); parts as usize];
        let counts = vec![0; parts as usize];
        Ok(Parts { spill: Spill::new()?, chunks, counts, encoder: Encoder::default() })
    }

    /// Puts events away.
    pub fn put(&mut self, batches: &[Batch], mut events: Vec<Where>) -> Result<(), SpillError> {
        events.sort_unstable_by_key(|at| (at.part, at.batch, at.index));
        for of_part in events.chunk_by(|a, b| a.part == b.part) {
            let part = of_part[0].part as usize;
            self.counts[part] += of_part.len() as u64;
            for some in of_part.chunks(CHUNK) {
                for at in some {
                    let batch = &batches[at.batch as usize];
                    let event = &batch.events[at.index as usize];
                    self.encoder.push(event, batch.details(event), at.tag);
                }
                let chunk = self.spill.write(&self.encoder.finish())?;
                self.chunks[part].push(chunk);
            }
        }
        Ok(())
    }

    /// How many events a part has.
    pub fn count(&self, part: u32) -> u64 {
        self.counts[part as usize]
    }
}

/// The events of some parts with their numbers, in the same order each time.
pub(super) fn read(all: &[Parts], range: Range<u32>) -> Result<Vec<(Batch, Vec<u32>)>, SpillError> {
    let chunks: Vec<(&Parts, Chunk)> = range
        .flat_map(|part| all.iter().map(move |parts| (parts, part)))
        .flat_map(|(parts, part)| parts.chunks[part as usize].iter().map(move |chunk| (parts, *chunk)))
        .collect();
    chunks
        .par_iter()
        .map_init(decompressor, |decompressor, (parts, chunk)| {
            let bytes = match decompressor {
                Ok(decompressor) => parts.spill.read_with(*chunk, decompressor)?,
                Err(_) => parts.spill.read(*chunk)?,
            };
            decode(&bytes).ok_or_else(SpillError::damaged)
        })
        .collect()
}
