//! Reads parts of plain files again, after the run, and notices when a file is no longer the one that was read.
//!
//! A file that grew is still the same. One that was emptied and written anew is told by its start.

use std::collections::VecDeque;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::error::{RereadError, words};
use super::open::{self, FileId, modified};
use crate::model::Time;

/// A plain file as it was when it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Original(Arc<Identity>);

#[derive(PartialEq, Eq, Debug)]
struct Identity {
    name: String,
    path: PathBuf,
    id: Option<FileId>,
    modified: Option<Time>,
    /// Length and hash of the start.
    head: (u64, u64),
    /// Bytes in front of offset 0: the byte order mark.
    skipped: u64,
}

impl Original {
    /// A file that begins with `head`, of which the first `skipped` bytes were left out.
    pub(super) fn new(name: &str, path: PathBuf, metadata: &Metadata, head: &[u8], skipped: u64) -> Original {
        Original(Arc::new(Identity {
            name: name.to_owned(),
            path,
            id: FileId::of(metadata),
            modified: modified(metadata),
            head: (head.len() as u64, xxh3_64(head)),
            skipped,
        }))
    }
}

/// Reads parts of files again; keeps a few of them open.
#[derive(Debug)]
pub struct Rereader {
    /// The one used last comes last.
    open: VecDeque<Opened>,
    most: usize,
}

#[derive(Debug)]
struct Opened {
    original: Original,
    file: File,
    /// When the content was last found to be the original's.
    checked: Option<Time>,
    /// Parts of the file that were read since, and their numbers; the newest comes last.
    chunks: VecDeque<(u64, Vec<u8>)>,
}

/// Bytes that are read at once: records that are asked for stand near each other, in every file that a transaction
/// touches.
const CHUNK: usize = 32 << 10;
/// So many chunks are kept of all open files.
const MOST_CHUNKS: usize = 768;
/// And at least so many of each.
const MIN_CHUNKS: usize = 8;

impl Rereader {
    /// Keeps at most `most` files open, and at least one.
    pub fn new(most: usize) -> Rereader {
        Rereader { open: VecDeque::new(), most: most.max(1) }
    }

    /// Reads `len` bytes at `offset`, as a [`Block`](super::Block) gave it, into `into`, which is emptied first.
    pub fn fetch(
        &mut self,
        original: &Original,
        offset: u64,
        len: usize,
        into: &mut Vec<u8>,
    ) -> Result<(), RereadError> {
        into.clear();
        let mut opened = match self.open.iter().position(|opened| opened.original == *original) {
            Some(index) => self.open.remove(index).expect("it was found there"),
            None => Opened::new(original)?,
        };
        let most = (MOST_CHUNKS / (self.open.len() + 1)).max(MIN_CHUNKS);
        let result = opened.read(offset, len, most, into);
        if result.is_ok() {
            while self.open.len() >= self.most {
                self.open.pop_front();
            }
            self.open.push_back(opened);
        } else {
            into.clear();
        }
        result
    }
}

impl Opened {
    fn new(original: &Original) -> Result<Opened, RereadError> {
        let file =
            open::open(&original.0.path, original.0.id).map_err(|error| original.unreadable(&error))?;
        let found = file.metadata().map_err(|error| original.unreadable(&error))?;
        if original.0.id.is_some() && FileId::of(&found) != original.0.id {
            return Err(RereadError::Replaced { name: original.0.name.clone() });
        }
        Ok(Opened { original: original.clone(), file, checked: original.0.modified, chunks: VecDeque::new() })
    }

    /// Looks at the start again if the file was written to.
    fn check(&mut self) -> Result<(), RereadError> {
        let written = self.file.metadata().map_err(|error| self.original.unreadable(&error))?;
        if self.checked.is_some() && modified(&written) == self.checked {
            return Ok(());
        }
        let (len, hash) = self.original.0.head;
        let mut head = Vec::new();
        self.read_at(0, len, &mut head)?;
        if xxh3_64(&head) != hash {
            return Err(RereadError::Replaced { name: self.original.0.name.clone() });
        }
        self.checked = modified(&written);
        Ok(())
    }

    /// Reads a part; keeps at most so many chunks.
    fn read(&mut self, offset: u64, len: usize, most: usize, into: &mut Vec<u8>) -> Result<(), RereadError> {
        let mut at = self.original.0.skipped + offset;
        if len > CHUNK * MIN_CHUNKS / 2 {
            self.check()?;
            return self.read_at(at, len as u64, into);
        }
        let mut missing = len;
        while missing > 0 {
            let chunk = self.chunk(at / CHUNK as u64, most)?;
            let part = chunk.get(at as usize % CHUNK..).unwrap_or_default();
            if part.is_empty() {
                return Err(RereadError::Shrunk { name: self.original.0.name.clone() });
            }
            let part = &part[..part.len().min(missing)];
            into.extend_from_slice(part);
            at += part.len() as u64;
            missing -= part.len();
        }
        Ok(())
    }

    /// The chunk with this number; shorter than others at the end of the file.
    fn chunk(&mut self, number: u64, most: usize) -> Result<&[u8], RereadError> {
        let known = self.chunks.iter().rposition(|(other, _)| *other == number);
        let index = match known {
            Some(index) => index,
            None => {
                self.check()?;
                let mut bytes = Vec::with_capacity(CHUNK);
                self.file
                    .seek(SeekFrom::Start(number * CHUNK as u64))
                    .and_then(|_| (&self.file).take(CHUNK as u64).read_to_end(&mut bytes))
                    .map_err(|error| self.original.unreadable(&error))?;
                while self.chunks.len() >= most {
                    self.chunks.pop_front();
                }
                self.chunks.push_back((number, bytes));
                self.chunks.len() - 1
            }
        };
        Ok(&self.chunks[index].1)
    }

    fn read_at(&mut self, at: u64, len: u64, into: &mut Vec<u8>) -> Result<(), RereadError> {
        let result =
            self.file.seek(SeekFrom::Start(at)).and_then(|_| (&self.file).take(len).read_to_end(into));
        match result {
            Ok(read) if read as u64 == len => Ok(()),
            Ok(_) => Err(RereadError::Shrunk { name: self.original.0.name.clone() }),
            Err(error) => Err(self.original.unreadable(&error)),
        }
    }
}

impl Original {
    fn unreadable(&self, error: &io::Error) -> RereadError {
        RereadError::Unreadable { name: self.0.name.clone(), cause: words(error) }
    }
}
