//! What does not fit into memory: chunks in a temporary file without a name, which vanishes with the program however that
//! ends.

use rayon::prelude::*;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use zstd::bulk::{compress, decompress};

/// The fastest level that still makes good use of what repeats.
const LEVEL: i32 = 1;

/// Why something cannot be kept in a temporary file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} a temporary file in '{}'", folder.display())]
pub struct SpillError {
    what: &'static str,
    folder: PathBuf,
    source: io::Error,
}

impl SpillError {
    fn new(what: &'static str, source: io::Error) -> SpillError {
        SpillError { what, folder: std::env::temp_dir(), source }
    }

    /// A chunk that does not hold what was written.
    pub fn damaged() -> SpillError {
        SpillError::new("read", io::Error::other("it was changed"))
    }
}

/// A chunk of a spill file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub offset: u64,
    pub len: u32,
}

/// A temporary file of chunks.
pub(super) struct Spill {
    file: Mutex<File>,
    end: u64,
}

impl std::fmt::Debug for Spill {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Spill of {} bytes", self.end)
    }
}

impl Spill {
    /// Makes the file.
    pub fn new() -> Result<Spill, SpillError> {
        let file = tempfile::tempfile().map_err(|error| SpillError::new("make", error))?;
        Ok(Spill { file: Mutex::new(file), end: 0 })
    }

    /// Appends bytes; gives the place of the first one.
    pub fn write(&mut self, bytes: &[u8]) -> Result<u64, SpillError> {
        let failed = |error| SpillError::new("write", error);
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.end)).and_then(|_| file.write_all(bytes)).map_err(failed)?;
        let offset = self.end;
        self.end += bytes.len() as u64;
        Ok(offset)
    }

    /// Appends a chunk.
    pub fn chunk(&mut self, bytes: &[u8]) -> Result<Chunk, SpillError> {
        Ok(Chunk { offset: self.write(bytes)?, len: bytes.len() as u32 })
    }

    /// Reads a chunk.
    pub fn read(&self, chunk: Chunk) -> Result<Vec<u8>, SpillError> {
        let mut bytes = vec![0; chunk.len as usize];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(chunk.offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|error| SpillError::new("read", error))?;
        Ok(bytes)
    }
}

/// Blocks of bytes in the order in which they came: in memory up to a limit, beyond it in a temporary file, compressed.
#[derive(Debug)]
pub struct Log {
    held: Vec<Vec<u8>>,
    bytes: usize,
    limit: usize,
    spilled: Option<(Spill, Vec<Packed>)>,
}

/// A block in the file, and how many bytes it has when it is decompressed.
#[derive(Clone, Copy, Debug)]
struct Packed {
    chunk: Chunk,
    raw: u32,
}

impl Packed {
    fn read(self, spill: &Spill) -> Result<Vec<u8>, SpillError> {
        let packed = spill.read(self.chunk)?;
        decompress(&packed, self.raw as usize).map_err(|error| SpillError::new("read", error))
    }
}

/// So many blocks are read at once.
const AT_ONCE: usize = 32;

impl Log {
    /// Holds so many bytes in memory.
    pub fn new(limit: usize) -> Log {
        Log { held: Vec::new(), bytes: 0, limit, spilled: None }
    }

    /// Appends a block.
    pub fn push(&mut self, block: Vec<u8>) -> Result<(), SpillError> {
        self.bytes += block.len();
        self.held.push(block);
        if self.bytes > self.limit { self.put_away() } else { Ok(()) }
    }

    fn put_away(&mut self) -> Result<(), SpillError> {
        let (spill, chunks) = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert((Spill::new()?, Vec::new())),
        };
        let pack = |block: Vec<u8>| {
            let packed = compress(&block, LEVEL).map_err(|error| SpillError::new("write", error))?;
            Ok((packed, block.len() as u32))
        };
        let packed: Result<Vec<(Vec<u8>, u32)>, SpillError> = self.held.par_drain(..).map(pack).collect();
        for (packed, raw) in packed? {
            chunks.push(Packed { chunk: spill.chunk(&packed)?, raw });
        }
        self.bytes = 0;
        Ok(())
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        self.held.len() + self.spilled.as_ref().map_or(0, |(_, chunks)| chunks.len())
    }

    /// Takes blocks out by their places, each once.
    pub fn take(&mut self, range: Range<usize>) -> Result<Vec<Vec<u8>>, SpillError> {
        let mut blocks = Vec::new();
        let mut away = 0;
        if let Some((spill, chunks)) = &self.spilled {
            away = chunks.len();
            let some = &chunks[range.start.min(away)..range.end.min(away)];
            let read: Result<_, _> = some.par_iter().map(|chunk| chunk.read(spill)).collect();
            blocks = read?;
        }
        let held = &mut self.held[range.start.max(away) - away..range.end.max(away) - away];
        blocks.extend(held.iter_mut().map(std::mem::take));
        Ok(blocks)
    }

    /// Hands over all blocks in their order, some at a time.
    pub fn each(&self, mut take: impl FnMut(&[Vec<u8>])) -> Result<(), SpillError> {
        if let Some((spill, chunks)) = &self.spilled {
            for some in chunks.chunks(AT_ONCE) {
                let blocks: Result<Vec<Vec<u8>>, SpillError> =
                    some.par_iter().map(|chunk| chunk.read(spill)).collect();
                take(&blocks?);
            }
        }
        if !self.held.is_empty() {
            take(&self.held);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_back_in_their_order_wherever_they_are() {
        for limit in [0, 100, usize::MAX] {
            let mut log = Log::new(limit);
            for number in 0..100u8 {
                log.push(vec![number; usize::from(number)]).expect("there is room");
            }
            let mut found = Vec::new();
            log.each(|blocks| found.extend_from_slice(blocks)).expect("it can be read");
            assert_eq!(found.len(), 100);
            assert!(found.iter().enumerate().all(|(at, block)| *block == vec![at as u8; at]), "{limit}");
            for range in [0..0, 3..40, 40..100] {
                let taken = log.take(range.clone()).expect("it can be read");
                assert_eq!(taken, found[range.clone()], "{limit}");
            }
        }
    }
}
