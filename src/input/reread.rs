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
    /// A part of the file that was read since, and where it stands: records that are asked for stand near each other.
    window: Vec<u8>,
    start: u64,
}

/// Bytes that are read at once.
const WINDOW: u64 = 128 << 10;
/// So many of them lie in front of what is asked for.
const BEFORE: u64 = 16 << 10;

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
        let result = opened.read(offset, len, into);
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
        Ok(Opened {
            original: original.clone(),
            file,
            checked: original.0.modified,
            window: Vec::new(),
            start: 0,
        })
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

    fn read(&mut self, offset: u64, len: usize, into: &mut Vec<u8>) -> Result<(), RereadError> {
        let at = self.original.0.skipped + offset;
        if self.take_from_window(at, len, into) {
            return Ok(());
        }
        self.check()?;
        if len as u64 <= WINDOW - BEFORE {
            let mut window = std::mem::take(&mut self.window);
            window.clear();
            self.start = at.saturating_sub(BEFORE);
            // the file may end before the window does
            let read = self
                .file
                .seek(SeekFrom::Start(self.start))
                .and_then(|_| (&self.file).take(WINDOW).read_to_end(&mut window));
            self.window = window;
            read.map_err(|error| self.original.unreadable(&error))?;
            if self.take_from_window(at, len, into) {
                return Ok(());
            }
        }
        self.read_at(at, len as u64, into)
    }

    /// Takes bytes from the window, if they are in it.
    fn take_from_window(&self, at: u64, len: usize, into: &mut Vec<u8>) -> bool {
        let found = at
            .checked_sub(self.start)
            .and_then(|from| self.window.get(usize::try_from(from).ok()?..)?.get(..len));
        into.extend_from_slice(found.unwrap_or_default());
        found.is_some()
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
