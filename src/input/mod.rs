//! Finds sources and gives their bytes as blocks of whole lines. Knows nothing of log formats.
//!
//! [`discover()`] turns what the user named into streams; a [`StreamReader`] turns a stream into pieces, in order. Nothing
//! here starts a thread or depends on the order of directories, the time, or the sizes of blocks and reads: the same
//! files give the same lines at the same offsets. What cannot be read is said and left out; nothing stops a run. A path
//! that was read from an archive is shown, never opened.
//!
//! ```
//! use spanloom::input::{DiscoverOptions, Input, Piece, ReadOptions, StreamReader, discover};
//!
//! let found = discover(&[Input::Path("Cargo.toml".into())], &DiscoverOptions::default());
//! let options = ReadOptions::default();
//! let mut lines = 0;
//! for piece in found.streams.iter().flat_map(|stream| StreamReader::open(stream, &options)) {
//!     if let Piece::Block(block) = piece {
//!         lines += block.bytes().split_inclusive(|&byte| byte == b'\n').count();
//!     }
//! }
//! assert!(lines > 10);
//! ```

mod archive;
mod blocks;
mod buffers;
mod charset;
mod codec;
mod content;
mod dates;
mod decode;
mod discover;
mod error;
mod feed;
mod instance;
mod meter;
mod naming;
mod open;
mod pattern;
mod reread;
mod rotation;
#[cfg(test)]
mod samples;
mod spool;
mod stop;
mod stream;
mod tar;
#[cfg(test)]
mod tests;
mod twins;
mod waiting;
mod zip;

use std::path::PathBuf;

pub use buffers::{Block, Buffers, DEFAULT_KEPT_BYTES};
pub use discover::discover;
pub use error::{InputError, RereadError, words};
pub use instance::{is_pod, split_instance, split_pod};
pub use meter::MaxExpansion;
pub use naming::{DateHint, Hints};
pub use reread::{Original, Rereader};
pub use stop::Stop;
pub use stream::{MAX_DEPTH, Piece, SourceInfo, StreamReader};

use crate::model::SkipReason;

/// What the user named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file, a directory, or a pattern if no such file exists; as written.
    Path(PathBuf),
}

/// How files are found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct DiscoverOptions {
    /// Also take hidden files and directories that are not named themselves.
    pub hidden: bool,
    /// The settings that are in use; they are no log, nor are files called as in [`SETTINGS`].
    pub settings: Option<PathBuf>,
}

/// What the program's own files are called unless they are named otherwise: settings, and a baseline of `check`.
pub const SETTINGS: [&str; 2] = ["spanloom.toml", "spanloom.baseline.toml"];

/// What was found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Discovery {
    /// What is to be read, sorted by name.
    pub streams: Vec<Stream>,
    /// What is left out, why, and its name; sorted by name.
    pub skipped: Vec<(SkipReason, String)>,
    /// What the user named and cannot be read; sorted.
    pub failed: Vec<InputError>,
}

/// The files of one log that was rotated, usually one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stream {
    /// The name of the newest file, without rotation, date and compression; streams are sorted by it.
    pub name: String,
    /// The files, oldest first.
    pub sources: Vec<Source>,
    /// Files beside it are called after several services: so is it, and none of them is called after the directory.
    pub among: bool,
}

/// A file, a pipe, or stdin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// As the user wrote it, or below the directory that the user wrote; `-` for stdin.
    pub name: String,
    /// Where it is opened; `None` for stdin.
    pub path: Option<PathBuf>,
    /// Bytes as stored when it was found; `None` for what is no file.
    pub size: Option<u64>,
    /// Knows the file again when it is renamed before it is read.
    id: Option<open::FileId>,
}

/// A block is cut as soon as this many bytes were read, unless [`ReadOptions`] say otherwise: few enough that they and what is
/// made of them stay in the cache of a core.
pub const DEFAULT_BLOCK_SIZE: usize = 256 << 10;

/// The longest line that is kept whole, unless [`ReadOptions`] say otherwise.
pub const DEFAULT_MAX_LINE: usize = 16 << 20;

/// The longest archive that is copied to a temporary file, unless [`ReadOptions`] say otherwise.
pub const DEFAULT_MAX_SPOOL: u64 = 4 << 30;

/// How streams are read. Clones share the buffers.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Bytes that are read before a block is cut; at least 1. A block is larger by the part of a line that was carried
    /// over, at most by `max_line`.
    pub block_size: usize,
    /// Bytes of a line that are kept, its line end not counted; the rest is dropped and counted.
    pub max_line: usize,
    /// How far compressed data may expand.
    pub max_expansion: MaxExpansion,
    /// Bytes of a zip archive that is copied to a temporary file because it comes from a pipe or another archive.
    pub max_spool: u64,
    /// Where buffers come from and return to.
    pub buffers: Buffers,
    /// Ends reading.
    pub stop: Stop,
    /// Give what a pipe holds whenever it pauses, as [`Piece::Pause`] tells; only for outputs that appear as they come.
    pub live: bool,
    /// Tells by the first bytes of a text whether its lines mean nothing: a line beyond `max_line` is then given in parts,
    /// and nothing of it is dropped.
    pub unlined: fn(&[u8]) -> bool,
}

impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions {
            block_size: DEFAULT_BLOCK_SIZE,
            max_line: DEFAULT_MAX_LINE,
            max_expansion: MaxExpansion::default(),
            max_spool: DEFAULT_MAX_SPOOL,
            buffers: Buffers::default(),
            stop: Stop::default(),
            live: false,
            unlined: |_| false,
        }
    }
}
