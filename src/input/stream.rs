//! Gives a stream's files, and the members of archives, piece by piece.

use std::fs::{File, Metadata};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::archive::Archive;
use super::blocks::{Cut, Lines};
use super::charset::Utf16;
use super::content::{Content, HOLE};
use super::discover::split_name;
use super::feed::{Bytes, Peeked};
use super::meter::{Counted, Limited, Meter, expands_too_far};
use super::naming::hints;
use super::open::{self, FileId, enlarge_pipe};
use super::spool::{SpoolError, spool};
use super::tar::Tar;
use super::waiting::Waiting;
use super::zip::Zip;
use super::{Block, Hints, Original, ReadOptions, Source, Stream};
use crate::model::{SkipReason, Time};

/// Compressions and archives within one another are opened up to this depth: `a.tar.gz!b.zip!c.gz` has four.
pub const MAX_DEPTH: usize = 4;

/// NUL bytes at the start of a file are left out up to this many: a log that was emptied while it was written has a hole
/// there. A file that goes on with NULs is no text.
const MAX_LEADING_NULS: u64 = 1 << 30;

/// A part of what a stream gives, in order: `Begin`, blocks, `End` for each source that is text, and what is skipped in
/// between.
#[derive(Debug)]
pub enum Piece {
    /// A file, an archive member, or stdin begins.
    Begin(SourceInfo),
    /// Whole lines of it.
    Block(Block),
    /// Something is left out; reading goes on.
    Skipped {
        /// Why. [`SkipReason::LongLine`] means the end of the last line of the block before, of which the start is kept;
        /// [`SkipReason::BinaryPart`] the NUL bytes in front of the first block.
        reason: SkipReason,
        /// The source, or the archive or file that holds none that can be read.
        name: Arc<str>,
        /// How many.
        count: u64,
    },
    /// A pipe is silent; what it gave was given.
    Pause,
    /// The source that began last ends.
    End {
        /// Bytes of it, after decompression, with those that were left out of lines and in front of the first block.
        bytes: u64,
    },
}

/// What is known of a source before its first line.
#[derive(Clone, Debug)]
pub struct SourceInfo {
    /// The name of the file; `ARCHIVE!MEMBER` for a member, and so on inwards.
    pub name: Arc<str>,
    /// What the name tells.
    pub hints: Hints,
    /// When the file, or the member, was written last.
    pub modified: Option<Time>,
    /// To read parts of it again; `None` if that cannot be done (stdin, compressed, in an archive, converted).
    pub original: Option<Original>,
}

/// Reads a stream. Works in the thread that calls it, and may be moved to another.
pub struct StreamReader {
    options: ReadOptions,
    /// What rotation leaves of the names of the files.
    base: String,
    among: bool,
    sources: std::vec::IntoIter<Source>,
    /// All files of the stream; none may stand in for another.
    ids: Vec<Option<FileId>>,
    current: Option<Current>,
    /// The archives that are open, outermost first.
    archives: Vec<Nested>,
    text: Option<Text>,
    /// To be given before anything else is read, in reverse.
    ready: Vec<Piece>,
    read_before: u64,
}

/// The file that is being read.
struct Current {
    meter: Arc<Meter>,
    metadata: Option<Metadata>,
    path: Option<PathBuf>,
    /// For an archive that is read here and there; until its content is known.
    file: Option<File>,
    /// Whether pauses of a pipe are told.
    tells_pauses: Arc<AtomicBool>,
}

struct Nested {
    archive: Archive,
    levels: Vec<String>,
    depth: usize,
}

struct Text {
    name: Arc<str>,
    lines: Lines<Bytes>,
    /// The file itself, not its decompressed or converted content.
    plain: bool,
}

/// A stream of bytes on its way to being known.
struct Unknown {
    bytes: Bytes,
    levels: Vec<String>,
    depth: usize,
    modified: Option<Time>,
}

impl StreamReader {
    /// Starts to read; files are opened when they are reached.
    pub fn open(stream: &Stream, options: &ReadOptions) -> StreamReader {
        StreamReader {
            options: options.clone(),
            base: split_name(&stream.name).1.to_owned(),
            among: stream.among,
            sources: stream.sources.clone().into_iter(),
            ids: stream.sources.iter().map(|source| source.id).collect(),
            current: None,
            archives: Vec::new(),
            text: None,
            ready: Vec::new(),
            read_before: 0,
        }
    }

    /// Bytes read so far from files and pipes, before decompression; for showing progress.
    pub fn bytes_read(&self) -> u64 {
        self.read_before + self.current.as_ref().map_or(0, |current| current.meter.read())
    }
}

impl Iterator for StreamReader {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some(piece) = self.ready.pop() {
                return Some(piece);
            }
            if let Some(text) = &mut self.text {
                match text.lines.next() {
                    Some(Cut::Block(block)) => return Some(Piece::Block(block)),
                    Some(Cut::LongLine) => return Some(skipped(SkipReason::LongLine, &text.name)),
                    Some(Cut::Pause) => return Some(Piece::Pause),
                    Some(Cut::Failed(error)) => return Some(self.failed(&error)),
                    None => return Some(self.end_text()),
                }
            }
            if self.options.stop.is_set() {
                return None;
            }
            if self.archives.last().is_some() {
                self.next_member();
            } else {
                let source = self.sources.next()?;
                self.begin(source);
            }
        }
    }
}

impl StreamReader {
    fn begin(&mut self, source: Source) {
        self.read_before = self.bytes_read();
        self.current = None;
        let opened = match &source.path {
            Some(path) => open::open(path, source.id),
            None => open::stdin(),
        };
        let Ok(file) = opened else { return self.skip(SkipReason::Unreadable, &source.name) };
        let metadata = file.metadata().ok();
        let id = metadata.as_ref().and_then(FileId::of);
        if id.is_some() && id != source.id && self.ids.contains(&id) {
            // Rotated away meanwhile, and what bears its name now is another file of this stream.
            return self.skip(SkipReason::Unreadable, &source.name);
        }
        self.begin_file(source, file, metadata);
    }

    fn begin_file(&mut self, source: Source, file: File, metadata: Option<Metadata>) {
        let regular = metadata.as_ref().is_some_and(Metadata::is_file);
        if !regular {
            enlarge_pipe(&file);
        }
        let meter = Meter::new(self.options.max_expansion, &self.options.stop);
        // Stdin may stand in the middle of a file.
        let copy = if regular && source.path.is_some() { file.try_clone().ok() } else { None };
        let modified = metadata.as_ref().filter(|_| regular).and_then(open::modified);
        let tells_pauses = Arc::new(AtomicBool::new(self.options.live));
        let bytes: Bytes = if regular {
            Box::new(Counted { inner: file, meter: Arc::clone(&meter) })
        } else {
            let stop = self.options.stop.clone();
            let waiting = Waiting { file, stop, tells_pauses: Arc::clone(&tells_pauses) };
            Box::new(Counted { inner: waiting, meter: Arc::clone(&meter) })
        };
        self.current = Some(Current { meter, metadata, path: source.path, file: copy, tells_pauses });
        self.look_into(Unknown { bytes, levels: vec![source.name], depth: 0, modified });
    }

    fn next_member(&mut self) {
        let Some(nested) = self.archives.last_mut() else { return };
        match nested.archive.next() {
            Ok(Some(member)) => {
                let levels = [&nested.levels[..], &[member.name]].concat();
                let depth = nested.depth;
                match member.content {
                    Some(bytes) => {
                        self.look_into(Unknown { bytes, levels, depth, modified: member.modified })
                    }
                    None => self.skip(SkipReason::Damaged, &levels.join("!")),
                }
            }
            Ok(None) => {
                let is_cut = matches!(&nested.archive, Archive::Zip(zip) if zip.is_cut());
                let name = nested.levels.join("!");
                self.archives.pop();
                if is_cut {
                    self.skip(SkipReason::Damaged, &name);
                }
            }
            Err(error) => {
                let name = nested.levels.join("!");
                self.archives.pop();
                let reason = self.reason(&error);
                self.skip(reason, &name);
            }
        }
    }

    /// Tells what a stream is, and opens what is in it: text, an archive, or another stream.
    fn look_into(&mut self, unknown: Unknown) {
        let Unknown { bytes, levels, mut depth, modified } = unknown;
        let mut stream = Peeked::new(bytes);
        loop {
            if let Some(error) = stream.failed_at_once() {
                let reason = self.reason(&error);
                return self.skip(reason, &levels.join("!"));
            }
            let content = Content::of(stream.head());
            if !matches!(content, Content::Text { .. })
                && let Some(current) = &self.current
            {
                // decoders take no pauses
                current.tells_pauses.store(false, Ordering::Relaxed);
            }
            let opens = matches!(content, Content::Compressed(_) | Content::Tar | Content::Zip);
            if opens && depth == MAX_DEPTH {
                return self.skip(SkipReason::NestedTooDeep, &levels.join("!"));
            }
            depth += usize::from(opens);
            match content {
                Content::Compressed(compression) => {
                    let Some(current) = &self.current else { return };
                    let meter = Arc::clone(&current.meter);
                    let inner = compression.decode(Box::new(stream));
                    stream = Peeked::new(Box::new(Limited { inner, meter }));
                }
                Content::Tar => {
                    let archive = Archive::Tar(Tar::new(Box::new(stream)));
                    return self.archives.push(Nested { archive, levels, depth });
                }
                Content::Zip => return self.open_zip(stream, levels, depth),
                Content::Text { .. } | Content::Utf16 { .. } | Content::Binary => {
                    let plain = depth == 0;
                    return self.begin_text(stream, &levels, modified, plain);
                }
            }
        }
    }

    fn open_zip(&mut self, mut stream: Peeked, levels: Vec<String>, depth: usize) {
        let Some(current) = &mut self.current else { return };
        let whole =
            current.file.take().filter(|_| depth == 1).zip(current.metadata.as_ref().map(Metadata::len));
        let opened = match whole {
            Some((file, len)) => {
                current.meter.count_whole(len);
                Ok((file, len))
            }
            None => spool(&mut stream, self.options.max_spool),
        };
        let meter = Arc::clone(&current.meter);
        let zip = match opened {
            Ok((file, len)) => Zip::open(file, len, &meter).map_err(|error| self.reason(&error)),
            Err(SpoolError::Read(error)) => Err(self.reason(&error)),
            Err(SpoolError::Write | SpoolError::TooLong) => Err(SkipReason::Unreadable),
        };
        match zip {
            Ok(zip) => self.archives.push(Nested { archive: Archive::Zip(zip), levels, depth }),
            Err(reason) => self.skip(reason, &levels.join("!")),
        }
    }

    fn begin_text(&mut self, mut stream: Peeked, levels: &[String], modified: Option<Time>, plain: bool) {
        let name: Arc<str> = levels.join("!").into();
        let start = stream.head().to_vec();
        let hole = if start.starts_with(&[0; HOLE]) { stream.skip_nuls(MAX_LEADING_NULS) } else { 0 };
        let content = Content::of(stream.head());
        let unlined = (self.options.unlined)(stream.head());
        let in_hole = hole > 0 && (stream.head().is_empty() || content != Content::Text { mark: 0 });
        let (bytes, mark, converted): (Bytes, usize, bool) = match content {
            _ if in_hole => return self.skip(SkipReason::BinaryFile, &name),
            Content::Text { mark } => {
                stream.skip(mark);
                (Box::new(stream), mark, false)
            }
            Content::Utf16 { order, mark } => {
                stream.skip(mark);
                (Box::new(Utf16::new(Box::new(stream), order)), mark, true)
            }
            _ => return self.skip(SkipReason::BinaryFile, &name),
        };
        let plain = plain && !converted;
        let original = self.current.as_ref().filter(|_| plain).and_then(|current| {
            let metadata = current.metadata.as_ref().filter(|metadata| metadata.is_file())?;
            Some(Original::new(&name, current.path.clone()?, metadata, &start, mark as u64))
        });
        let ReadOptions { block_size, max_line, buffers, .. } = &self.options;
        let lines = Lines::new(bytes, hole, *block_size, *max_line, buffers).in_parts(unlined);
        let base = Some(&self.base[..]).filter(|_| levels.len() == 1);
        let hints = hints(levels, base, self.among && base.is_some());
        let info = SourceInfo { name: Arc::clone(&name), hints, modified, original };
        if hole > 0 {
            self.ready.push(skipped(SkipReason::BinaryPart, &name));
        }
        self.ready.push(Piece::Begin(info));
        self.text = Some(Text { name, lines, plain });
    }

    fn end_text(&mut self) -> Piece {
        let text = self.text.take();
        let end = Piece::End { bytes: text.as_ref().map_or(0, |text| text.lines.offset()) };
        let shrunk = text.filter(|text| text.plain && !self.options.stop.is_set()).filter(|_| {
            let current = self.current.as_ref();
            let len = current.and_then(|current| current.metadata.as_ref().filter(|file| file.is_file()));
            current
                .zip(len)
                .is_some_and(|(current, file)| current.path.is_some() && current.meter.read() < file.len())
        });
        match shrunk {
            Some(text) => {
                self.ready.push(end);
                skipped(SkipReason::Shrunk, &text.name)
            }
            None => end,
        }
    }

    /// What came before a failure was given; the source ends here.
    fn failed(&mut self, error: &io::Error) -> Piece {
        let reason = self.reason(error);
        let text = self.text.take();
        let end = Piece::End { bytes: text.as_ref().map_or(0, |text| text.lines.offset()) };
        if self.options.stop.is_set() {
            return end;
        }
        self.ready.push(end);
        skipped(reason, &text.map_or_else(|| "".into(), |text| text.name))
    }

    /// Why a stream failed. One that expands too far takes all that it holds with it.
    fn reason(&mut self, error: &io::Error) -> SkipReason {
        if expands_too_far(error) {
            self.archives.clear();
            SkipReason::ExpandsTooFar
        } else if error.raw_os_error().is_some() {
            SkipReason::Unreadable
        } else {
            SkipReason::Damaged
        }
    }

    fn skip(&mut self, reason: SkipReason, name: &str) {
        // what is cut off by the end of the run is not damaged
        if !self.options.stop.is_set() {
            self.ready.push(skipped(reason, &name.into()));
        }
    }
}

fn skipped(reason: SkipReason, name: &Arc<str>) -> Piece {
    Piece::Skipped { reason, name: Arc::clone(name), count: 1 }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write;
    use std::os::fd::OwnedFd;

    use super::*;
    use crate::input::decode::Compression;
    use crate::input::samples::{compress, zip};

    /// What is read of bytes that come through a pipe, as stdin does: names and texts, and why something is skipped.
    fn piped(bytes: Vec<u8>, options: &ReadOptions) -> Vec<String> {
        let source = Source { name: "-".to_owned(), path: None, size: None, id: None };
        let stream = Stream { name: "-".to_owned(), sources: Vec::new(), among: false };
        let (output, mut input) = io::pipe().expect("a pipe");
        let writer = std::thread::spawn(move || input.write_all(&bytes));
        let mut reader = StreamReader::open(&stream, options);
        let file = File::from(OwnedFd::from(output));
        let metadata = file.metadata().ok();
        reader.begin_file(source, file, metadata);
        let mut found = Vec::new();
        for piece in reader {
            match piece {
                Piece::Begin(info) => {
                    assert!(info.original.is_none() && info.modified.is_none());
                    found.push(format!("{} ", info.name));
                }
                Piece::Block(block) => {
                    let text = String::from_utf8_lossy(block.bytes()).into_owned();
                    found.last_mut().expect("a source began").push_str(&text);
                }
                Piece::Skipped { reason, name, .. } => found.push(format!("{name} {reason:?}")),
                Piece::Pause | Piece::End { .. } => {}
            }
        }
        let _ = writer.join().expect("it does not panic");
        found
    }

    #[test]
    fn a_pipe_is_read_as_a_file_is() {
        let options = ReadOptions::default();
        let long = "a line\n".repeat(300_000);
        assert_eq!(piped(long.clone().into_bytes(), &options), [format!("- {long}")]);
        assert_eq!(piped(compress(Compression::Xz, b"text\n"), &options), ["- text\n"]);
        assert_eq!(piped(Vec::new(), &options), ["- "]);
        assert_eq!(piped(vec![0; 100], &options), ["- BinaryFile"]);
    }

    #[test]
    fn a_zip_archive_in_a_pipe_is_copied_up_to_the_limit() {
        let archive = zip(&[("a.log", b"a\n"), ("b.log", b"b\n")]);
        assert_eq!(piped(archive.clone(), &ReadOptions::default()), ["-!a.log a\n", "-!b.log b\n"]);
        let small = ReadOptions { max_spool: 20, ..ReadOptions::default() };
        assert_eq!(piped(archive, &small), ["- Unreadable"]);
    }
}
