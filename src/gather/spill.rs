//! What does not fit into memory: chunks in a temporary file without a name, which vanishes with the program however that
//! ends.

use super::budget::Room;
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
    file: Option<Mutex<File>>,
    /// Bytes in the file.
    end: u64,
    /// What cannot be written to it must not be held instead.
    firm: bool,
    /// What could not be written.
    held: Vec<Vec<u8>>,
    /// Where each of that begins.
    starts: Vec<u64>,
}

impl std::fmt::Debug for Spill {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Spill of {} bytes", self.end)
    }
}

impl Spill {
    /// Makes the file. What cannot be kept in it is an error if memory is `firm`, and held in memory otherwise.
    pub fn new(firm: bool) -> Result<Spill, SpillError> {
        let file = match tempfile::tempfile() {
            Ok(file) => Some(Mutex::new(file)),
            Err(_) if !firm => None,
            Err(error) => return Err(SpillError::new("make", error)),
        };
        Ok(Spill { file, end: 0, firm, held: Vec::new(), starts: Vec::new() })
    }

    /// Appends bytes; gives the place of the first one.
    pub fn write(&mut self, bytes: &[u8]) -> Result<u64, SpillError> {
        if let (Some(file), []) = (&mut self.file, &self.held[..]) {
            let file = file.get_mut().unwrap_or_else(PoisonError::into_inner);
            match file.seek(SeekFrom::Start(self.end)).and_then(|_| file.write_all(bytes)) {
                Ok(()) => {
                    let offset = self.end;
                    self.end += bytes.len() as u64;
                    return Ok(offset);
                }
                Err(error) if self.firm => return Err(SpillError::new("write", error)),
                Err(_) => {}
            }
        }
        let last = self.starts.last().zip(self.held.last());
        let offset = last.map_or(self.end, |(start, held)| start + held.len() as u64);
        self.starts.push(offset);
        self.held.push(bytes.to_vec());
        Ok(offset)
    }

    /// Appends a chunk.
    pub fn chunk(&mut self, bytes: &[u8]) -> Result<Chunk, SpillError> {
        Ok(Chunk { offset: self.write(bytes)?, len: bytes.len() as u32 })
    }

    /// Reads a chunk, or several that lie side by side.
    pub fn read(&self, chunk: Chunk) -> Result<Vec<u8>, SpillError> {
        let in_file = self.end.saturating_sub(chunk.offset).min(u64::from(chunk.len));
        let mut bytes = vec![0; in_file as usize];
        if let (Some(file), true) = (&self.file, in_file > 0) {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(chunk.offset))
                .and_then(|_| file.read_exact(&mut bytes))
                .map_err(|error| SpillError::new("read", error))?;
        }
        self.read_held(chunk, &mut bytes).ok_or_else(SpillError::damaged)?;
        Ok(bytes)
    }

    /// Appends what is not in the file of a chunk of which that is read.
    fn read_held(&self, chunk: Chunk, bytes: &mut Vec<u8>) -> Option<()> {
        while bytes.len() < chunk.len as usize {
            let offset = chunk.offset + bytes.len() as u64;
            let at = self.starts.partition_point(|start| *start <= offset).checked_sub(1)?;
            let held =
                self.held[at].get((offset - self.starts[at]) as usize..).filter(|held| !held.is_empty())?;
            bytes.extend_from_slice(&held[..held.len().min(chunk.len as usize - bytes.len())]);
        }
        Some(())
    }
}

/// Blocks of bytes in the order in which they came: in memory up to a limit, beyond it in a temporary file, compressed.
#[derive(Debug)]
pub struct Log {
    held: Vec<Vec<u8>>,
    bytes: usize,
    room: Room,
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
    pub fn new(room: Room) -> Log {
        Log { held: Vec::new(), bytes: 0, room, spilled: None }
    }

    /// Appends a block.
    pub fn push(&mut self, block: Vec<u8>) -> Result<(), SpillError> {
        self.bytes += block.len();
        self.held.push(block);
        if self.bytes > self.room.bytes { self.put_away() } else { Ok(()) }
    }

    fn put_away(&mut self) -> Result<(), SpillError> {
        let (spill, chunks) = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert((Spill::new(self.room.firm)?, Vec::new())),
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
    fn what_no_file_takes_is_held_unless_that_is_too_much() {
        let mut spill = Spill::new(false).expect("a file can be made");
        let mut chunks: Vec<Chunk> =
            (0..3u8).map(|byte| spill.chunk(&[byte; 5]).expect("there is room")).collect();
        let file = spill.file.take();
        chunks.extend((3..6u8).map(|byte| spill.chunk(&[byte; 5]).expect("it is held")));
        spill.file = file;
        assert_eq!((spill.end, spill.held.len()), (15, 3));
        for (byte, chunk) in (0..).zip(&chunks) {
            assert_eq!(spill.read(*chunk).expect("it was written"), [byte; 5]);
        }
        let across = Chunk { offset: 12, len: 10 };
        assert_eq!(spill.read(across).expect("it was written"), [2, 2, 2, 3, 3, 3, 3, 3, 4, 4]);
        assert!(spill.read(Chunk { offset: 12, len: 20 }).is_err());
    }

    #[test]
    fn blocks_come_back_in_their_order_wherever_they_are() {
        for limit in [0, 100, usize::MAX] {
            let mut log = Log::new(Room { bytes: limit, firm: true });
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
