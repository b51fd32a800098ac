//! Events beyond what memory holds, in parts that are read again one by one.

use super::codec::{decode, encode};
use super::heads::Heads;
use super::spill::{Chunk, Spill, SpillError};
use crate::model::{Batch, Event, EventId, TraceId};
use rayon::prelude::*;
use std::ops::Range;

/// Parts of the events with a trace id, by the low half of that id: what may be one fragment is in one part.
pub(super) const TRACED: u32 = 1024;
/// Parts of the events without one, by source and thread: what a thread does in turn is in one part.
pub(super) const UNTRACED: u32 = 64;

/// Events of a chunk, at most.
const CHUNK: usize = 4 << 10;
/// Bytes of chunks that lie side by side that are read at once.
const AT_ONCE: u64 = 256 << 10;

/// What an event is put away by.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The part that it comes to.
    pub part: u32,
    /// Events of a part are put in the order of this.
    pub order: u32,
    /// A number that comes back with the event.
    pub tag: u32,
    /// Which event.
    pub id: EventId,
}

impl Row {
    /// For an event of which nothing is known but itself.
    pub(super) fn of(event: &Event, id: EventId) -> Row {
        let mixed = |number: u64| (number ^ number >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let share = |mixed: u64, parts: u32| ((mixed * u64::from(parts)) >> 32) as u32;
        match event.trace {
            Some(trace) => {
                let mixed = mixed(trace.bits() as u64);
                // what has one trace comes together
                Row { part: share(mixed, TRACED), order: mixed as u32, tag: 0, id }
            }
            None => {
                // an event without thread follows no other
                let thread = if event.thread.is_none() { event.place.line } else { event.thread.0 };
                let source = u64::from(event.place.source.0) + 1;
                let of = thread ^ source.wrapping_mul(0xff51_afd7_ed55_8ccd);
                Row { part: TRACED + share(mixed(of), UNTRACED), order: 0, tag: 0, id }
            }
        }
    }
}

/// Events by part.
#[derive(Debug)]
pub(super) struct Parts {
    spill: Spill,
    heads: Heads,
    chunks: Vec<Vec<Chunk>>,
    /// Events of each part.
    counts: Vec<u64>,
}

impl Parts {
    /// So many parts, empty; `firm`: see [`Spill::new`].
    pub fn new(parts: u32, heads: Heads, firm: bool) -> Result<Parts, SpillError> {
        let chunks = vec![Vec::new(); parts as usize];
        Ok(Parts { spill: Spill::new(firm)?, heads, chunks, counts: vec![0; parts as usize] })
    }

    /// What is known of the events.
    pub fn heads(&self) -> &Heads {
        &self.heads
    }

    /// Puts events away, and learns what they have in common.
    pub fn put(&mut self, batches: &[Batch], mut rows: Vec<Row>) -> Result<(), SpillError> {
        for batch in batches {
            batch.events.iter().for_each(|event| self.heads.learn(event, batch.details(event)));
        }
        rows.sort_by_key(|row| (row.part, row.order));
        let mut bytes = Vec::new();
        let ends = chunks(&rows).map(|rows| {
            self.encode(batches, rows, &mut bytes);
            (rows, bytes.len())
        });
        let ends: Vec<(&[Row], usize)> = ends.collect();
        self.write(&bytes, ends)
    }

    /// Puts events away that have in common what is known already; on many threads.
    pub fn put_known(&mut self, batches: &[Batch], mut rows: Vec<Row>) -> Result<(), SpillError> {
        rows.par_sort_by_key(|row| (row.part, row.order));
        let chunks: Vec<&[Row]> = chunks(&rows).collect();
        let encoded: Vec<Vec<u8>> = chunks
            .par_iter()
            .map(|rows| {
                let mut bytes = Vec::new();
                self.encode(batches, rows, &mut bytes);
                bytes
            })
            .collect();
        let mut end = 0;
        let ends = chunks.iter().zip(&encoded).map(|(rows, bytes)| {
            end += bytes.len();
            (*rows, end)
        });
        let ends = ends.collect();
        self.write(&encoded.concat(), ends)
    }

    fn encode(&self, batches: &[Batch], rows: &[Row], out: &mut Vec<u8>) {
        let event = |row: &Row| {
            let batch = &batches[row.id.batch as usize];
            let event = &batch.events[row.id.index as usize];
            (event, batch.details(event), row.tag)
        };
        encode(&self.heads, rows.iter().map(event), out);
    }

    /// Writes chunks of rows, each of which ends somewhere in the bytes.
    fn write(&mut self, bytes: &[u8], ends: Vec<(&[Row], usize)>) -> Result<(), SpillError> {
        let first = self.spill.write(bytes)?;
        let mut start = 0;
        for (rows, end) in ends {
            let part = rows[0].part as usize;
            self.counts[part] += rows.len() as u64;
            self.chunks[part].push(Chunk { offset: first + start as u64, len: (end - start) as u32 });
            start = end;
        }
        Ok(())
    }

    /// How many events a part has.
    pub fn count(&self, part: u32) -> u64 {
        self.counts[part as usize]
    }
}

/// Rows in their order, chunk by chunk.
fn chunks(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|a, b| a.part == b.part).flat_map(|of_part| of_part.chunks(CHUNK))
}

/// Chunks of some parts that lie side by side.
struct Together<'p> {
    parts: &'p Parts,
    whole: Chunk,
    lens: Vec<u32>,
}

/// The events of some parts with their numbers, in the same order each time: those of `wanted` traces and all without one.
pub(super) fn read(
    all: &[Parts],
    range: Range<u32>,
    wanted: impl Fn(TraceId) -> bool + Sync,
) -> Result<Vec<(Batch, Vec<u32>)>, SpillError> {
    let mut runs: Vec<Together<'_>> = Vec::new();
    for parts in all {
        let chunks = &parts.chunks[range.start as usize..range.end as usize];
        let mut chunks: Vec<Chunk> = chunks.iter().flatten().copied().collect();
        chunks.sort_unstable_by_key(|chunk| chunk.offset);
        let mut last = u64::MAX;
        for chunk in chunks {
            let grown = runs.last().map_or(0, |run| u64::from(run.whole.len)) + u64::from(chunk.len);
            match runs.last_mut() {
                Some(run) if last == chunk.offset && grown <= AT_ONCE => {
                    run.whole.len += chunk.len;
                    run.lens.push(chunk.len);
                }
                _ => runs.push(Together { parts, whole: chunk, lens: vec![chunk.len] }),
            }
            last = chunk.offset + u64::from(chunk.len);
        }
    }
    let read = |run: &Together<'_>| {
        let bytes = run.parts.spill.read(run.whole)?;
        let (mut batch, mut tags) = (Batch::default(), Vec::new());
        let mut start = 0;
        for len in &run.lens {
            let chunk = &bytes[start..start + *len as usize];
            decode(&run.parts.heads, chunk, &mut batch, &mut tags, &wanted)
                .ok_or_else(SpillError::damaged)?;
            start += *len as usize;
        }
        batch.events.shrink_to_fit();
        batch.details.shrink_to_fit();
        tags.shrink_to_fit();
        Ok((batch, tags))
    };
    runs.par_iter().map(read).collect()
}
