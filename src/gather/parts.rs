//! Events beyond what memory holds, in parts that are read again one by one.

use super::codec::{decode, encode};
use super::heads::Heads;
use super::spill::{Chunk, Spill, SpillError};
use crate::model::{Batch, Detail, Event, EventId, TraceId};
use rayon::prelude::*;
use std::ops::Range;

/// Parts of the events with a trace id, by the low half of that id: what may be one fragment is in one part.
pub(super) const TRACED: u32 = 1024;
/// Parts of the events without one, by source and [`strand`]: what a thread does in turn is in one part.
pub(super) const UNTRACED: u32 = 64;
/// So many lines of a source, in powers of two, are one strand where they do not tell their thread.
const STRAND_BITS: u32 = 14;

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
                let source = u64::from(event.place.source.0) + 1;
                let of = strand(event) ^ source.wrapping_mul(0xff51_afd7_ed55_8ccd);
                Row { part: TRACED + share(mixed(of), UNTRACED), order: 0, tag: 0, id }
            }
        }
    }
}

/// Which events of a source may follow each other, however the events of a run are held: those of a thread, or those without
/// one that stand in the same stretch of lines.
pub fn strand(event: &Event) -> u64 {
    if event.thread.is_none() { event.place.line >> STRAND_BITS } else { event.thread.0 }
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
    pub fn put(&mut self, batches: &[Batch]) -> Result<(), SpillError> {
        let mut rows = Vec::with_capacity(batches.iter().map(|batch| batch.events.len()).sum());
        for (batch, events) in (0..).zip(batches) {
            for (index, event) in (0..).zip(&events.events) {
                let head = self.heads.learn(event, events.details(event));
                rows.push((Row::of(event, EventId { batch, index }), head));
            }
        }
        rows.sort_by_key(|(row, _)| (row.part, row.order));
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for rows in rows.chunk_by(|a, b| a.0.part == b.0.part).flat_map(|of_part| of_part.chunks(CHUNK)) {
            encode(&self.heads, rows.iter().map(|(row, head)| told(batches, row, *head)), &mut bytes);
            ends.push((rows[0].0.part, rows.len(), bytes.len()));
        }
        self.write(&bytes, ends)
    }

    /// Puts events away that have in common what is known already; on many threads.
    pub fn put_known(&mut self, batches: &[Batch], mut rows: Vec<Row>) -> Result<(), SpillError> {
        rows.par_sort_by_key(|row| (row.part, row.order));
        let chunks = rows.chunk_by(|a, b| a.part == b.part).flat_map(|of_part| of_part.chunks(CHUNK));
        let chunks: Vec<&[Row]> = chunks.collect();
        let encode = |rows: &&[Row]| {
            let mut bytes = Vec::new();
            let row = |row: &Row| {
                let (event, details, ..) = told(batches, row, None);
                (event, details, row.tag, self.heads.number(event, details))
            };
            encode(&self.heads, rows.iter().map(row), &mut bytes);
            bytes
        };
        let encoded: Vec<Vec<u8>> = chunks.par_iter().map(encode).collect();
        let mut end = 0;
        let ends = chunks.iter().zip(&encoded).map(|(rows, bytes)| {
            end += bytes.len();
            (rows[0].part, rows.len(), end)
        });
        let ends = ends.collect();
        self.write(&encoded.concat(), ends)
    }

    /// Writes chunks: of each its part, how many events it has, and where it ends.
    fn write(&mut self, bytes: &[u8], ends: Vec<(u32, usize, usize)>) -> Result<(), SpillError> {
        let first = self.spill.write(bytes)?;
        let mut start = 0;
        for (part, events, end) in ends {
            self.counts[part as usize] += events as u64;
            let chunk = Chunk { offset: first + start as u64, len: (end - start) as u32 };
            self.chunks[part as usize].push(chunk);
            start = end;
        }
        Ok(())
    }

    /// How many events a part has.
    pub fn count(&self, part: u32) -> u64 {
        self.counts[part as usize]
    }
}

/// What is told of an event.
fn told<'b>(
    batches: &'b [Batch],
    row: &Row,
    head: Option<u32>,
) -> (&'b Event, &'b [Detail], u32, Option<u32>) {
    let batch = &batches[row.id.batch as usize];
    let event = &batch.events[row.id.index as usize];
    (event, batch.details(event), row.tag, head)
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
