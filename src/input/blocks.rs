//! Cuts a stream of bytes into blocks of whole lines.
//!
//! What always holds, whatever the size of blocks and of single reads:
//! - the blocks one after the other are the bytes that were read, but for the ends of lines beyond the longest;
//! - each block but the last ends with a line end, and its offset is where it stands in what was read;
//! - which lines are cut short depends on their length only;
//! - memory stays below the longest line plus twice the block size, and a quarter of the line while a buffer grows.

use std::io::{self, Read};

use memchr::{memchr, memrchr};

use super::buffers::{Block, Buffer, Buffers, PAGE};

/// Room in each buffer for the part of a line that is carried over from the block before.
const CARRY_ROOM: usize = 64 << 10;

/// How many times what it holds a buffer is enlarged by when a line outgrows it.
const GROWTH: usize = 4;

/// What [`Lines`] gives next.
pub(super) enum Cut {
    /// Whole lines.
    Block(Block),
    /// The last line of the block before was cut short.
    LongLine,
    /// Nothing has come for a while.
    Pause,
    /// Reading failed behind the last block; nothing follows.
    Failed(io::Error),
}

/// A reader's bytes as blocks of whole lines.
pub(super) struct Lines<R> {
    reader: R,
    buffers: Buffers,
    /// How much is read before a block is cut; at most `max_line`.
    chunk: usize,
    max_line: usize,
    /// A line that is too long is given in parts.
    in_parts: bool,
    buffer: Buffer,
    /// The bytes read but not given yet; they hold no line end unless `rest_has_lines`.
    start: usize,
    end: usize,
    /// Where `start` stands in what was read.
    offset: u64,
    rest_has_lines: bool,
    at_end: bool,
    /// The reader had nothing to give; told once.
    paused: bool,
    after_block: Option<Cut>,
    failure: Option<io::Error>,
}

impl<R: Read> Lines<R> {
    /// Cuts what `reader` gives; its first byte stands at `offset`.
    pub(super) fn new(
        reader: R,
        offset: u64,
        block_size: usize,
        max_line: usize,
        buffers: &Buffers,
    ) -> Lines<R> {
        let max_line = max_line.max(1);
        Lines {
            reader,
            buffers: buffers.clone(),
            // A line that lies within one chunk is then never too long; only the first line in the buffer can be.
            chunk: block_size.clamp(1, max_line),
            max_line,
            in_parts: false,
            buffer: Buffer::default(),
            start: 0,
            end: 0,
            offset,
            rest_has_lines: false,
            at_end: false,
            paused: false,
            after_block: None,
            failure: None,
        }
    }

    /// Gives a line that is too long in parts instead of cutting it short.
    pub(super) fn in_parts(self, in_parts: bool) -> Lines<R> {
        Lines { in_parts, ..self }
    }

    /// Where what comes next stands in what was read; at the end, the length of all.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// What comes next; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Cut> {
        if let Some(cut) = self.after_block.take() {
            return Some(cut);
        }
        if std::mem::take(&mut self.rest_has_lines)
            && let Some(last) = memrchr(b'\n', &self.buffer.bytes()[self.start..self.end])
        {
            return Some(self.cut_at(self.start + last + 1));
        }
        loop {
            if self.end - self.start > self.max_line {
                return Some(if self.in_parts { self.cut_at(self.end) } else { self.cut_open_line() });
            }
            if std::mem::take(&mut self.paused) {
                return Some(Cut::Pause);
            }
            if self.at_end {
                if self.start < self.end {
                    return Some(self.cut_at(self.end));
                }
                self.buffers.give(std::mem::take(&mut self.buffer));
                (self.start, self.end) = (0, 0);
                return self.failure.take().map(Cut::Failed);
            }
            self.make_room(self.chunk);
            let from = self.end;
            self.fill(from + self.chunk);
            let new = &self.buffer.bytes()[from..self.end];
            if self.end - self.start > self.max_line
                && !self.in_parts
                && let Some(first) = memchr(b'\n', new)
                && from + first - self.start > self.max_line
            {
                return Some(self.cut_long_line(from + first + 1, 0, true));
            }
            if let Some(last) = memrchr(b'\n', new) {
                return Some(self.cut_at(from + last + 1));
            }
        }
    }

    /// Reads until `goal`, the end of the source, or a pause behind something new.
    fn fill(&mut self, goal: usize) {
        let from = self.end;
        while self.end < goal && !self.at_end && !self.paused {
            match self.reader.read(&mut self.buffer.bytes_mut()[self.end..goal]) {
                Ok(0) => self.at_end = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.paused = self.end > from,
                Err(error) => {
                    self.failure = Some(error);
                    self.at_end = true;
                }
            }
        }
    }

    /// Makes sure that `more` bytes fit behind those that are there.
    fn make_room(&mut self, more: usize) {
        if self.buffer.len() < self.end + more {
            let held = self.end - self.start;
            let most = (self.max_line + 1 + more).saturating_sub(held).max(more);
            // In few steps: a buffer that is left behind costs memory, one that is not filled costs none.
            let outgrown = self.change_buffer(self.start, (held * GROWTH).clamp(more, most));
            self.buffers.give(outgrown);
        }
    }

    /// Gives the lines up to `to` and keeps the rest.
    fn cut_at(&mut self, to: usize) -> Cut {
        let (start, offset) = (self.start, self.offset);
        self.offset += (to - start) as u64;
        let full = self.change_buffer(to, self.chunk);
        Cut::Block(Block::new(full, start..to, offset, &self.buffers))
    }

    /// Reads on to the end of a line that is too long already, and gives the line.
    fn cut_open_line(&mut self) -> Cut {
        let mut dropped = 0;
        loop {
            let kept = self.start + self.max_line;
            dropped += (self.end - kept) as u64;
            self.end = kept;
            self.make_room(self.chunk);
            let from = self.end;
            self.paused = false;
            self.fill(from + self.chunk);
            match memchr(b'\n', &self.buffer.bytes()[from..self.end]) {
                Some(at) => return self.cut_long_line(from + at + 1, dropped, true),
                None if self.at_end => return self.cut_long_line(self.end, dropped, false),
                None => {}
            }
        }
    }

    /// Gives the start of the first line, which is too long; the next line begins at `to`, and `dropped` further bytes
    /// of the line were read over. A kept start gets a line end of its own if the line `ends`.
    fn cut_long_line(&mut self, to: usize, dropped: u64, ends: bool) -> Cut {
        let (start, offset) = (self.start, self.offset);
        self.offset += (to - start) as u64 + dropped;
        let mut full = self.change_buffer(to, self.chunk);
        let mut kept = start + self.max_line;
        if ends {
            full.bytes_mut()[kept] = b'\n';
            kept += 1;
        }
        self.rest_has_lines = true;
        self.after_block = Some(Cut::LongLine);
        Cut::Block(Block::new(full, start..kept, offset, &self.buffers))
    }

    /// Moves the bytes from `keep` on to another buffer with `room` bytes behind them, such that the next read lands
    /// on a page. Gives the buffer that was used so far.
    fn change_buffer(&mut self, keep: usize, room: usize) -> Buffer {
        let rest = self.end - keep;
        let front = rest.next_multiple_of(PAGE);
        // Few distinct sizes, so that buffers fit again.
        let mut next = self.buffers.take(front.next_multiple_of(CARRY_ROOM).max(CARRY_ROOM) + room);
        next.bytes_mut()[front - rest..front].copy_from_slice(&self.buffer.bytes()[keep..self.end]);
        (self.start, self.end) = (front - rest, front);
        std::mem::replace(&mut self.buffer, next)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives its bytes in reads of the stated sizes, over and over, and interrupts now and then.
    struct Chopped<'a> {
        bytes: &'a [u8],
        sizes: Vec<usize>,
        calls: usize,
    }

    impl Read for Chopped<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.calls += 1;
            if self.calls.is_multiple_of(5) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let size = self.sizes[self.calls % self.sizes.len()].min(into.len());
            self.bytes.read(&mut into[..size])
        }
    }

    struct Got {
        blocks: Vec<(u64, Vec<u8>)>,
        long_lines: usize,
        pauses: usize,
    }

    fn read_all(reader: impl Read, block_size: usize, max_line: usize) -> Got {
        let buffers = Buffers::default();
        let mut lines = Lines::new(reader, 0, block_size, max_line, &buffers);
        let mut got = Got { blocks: Vec::new(), long_lines: 0, pauses: 0 };
        while let Some(cut) = lines.next() {
            match cut {
                Cut::Block(block) => got.blocks.push((block.offset, block.bytes().to_vec())),
                Cut::LongLine => got.long_lines += 1,
                Cut::Pause => got.pauses += 1,
                Cut::Failed(error) => panic!("{error}"),
            }
        }
        got
    }

    /// What the blocks must hold, found in the plainest way: each line with its offset, cut short.
    fn expected(bytes: &[u8], max_line: usize) -> (Vec<(u64, Vec<u8>)>, usize) {
        let (mut lines, mut long, mut offset) = (Vec::new(), 0, 0);
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (text, end) = match line.strip_suffix(b"\n") {
                Some(text) => (text, &b"\n"[..]),
                None => (line, &b""[..]),
            };
            long += usize::from(text.len() > max_line);
            lines.push((offset, [&text[..text.len().min(max_line)], end].concat()));
            offset += line.len() as u64;
        }
        (lines, long)
    }

    #[track_caller]
    fn check(bytes: &[u8], sizes: &[usize], block_size: usize, max_line: usize) {
        let reader = Chopped { bytes, sizes: sizes.to_vec(), calls: 0 };
        let got = read_all(reader, block_size, max_line);
        let (lines, long) = expected(bytes, max_line);
        assert_eq!(got.long_lines, long);
        let mut lines = lines.into_iter();
        for (index, (offset, block)) in got.blocks.iter().enumerate() {
            assert!(!block.is_empty());
            assert!(block.ends_with(b"\n") || index + 1 == got.blocks.len());
            let mut at = 0;
            while at < block.len() {
                let (line_offset, line) = lines.next().expect("no more lines than were put in");
                assert_eq!(&block[at..][..line.len()], line);
                if at == 0 {
                    assert_eq!(*offset, line_offset);
                }
                at += line.len();
            }
        }
        assert_eq!(lines.next(), None);
    }

    fn log_like() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![8 => Just(b'a'), 2 => Just(b'\n'), 1 => any::<u8>()];
        let line = (0..700usize).prop_map(|len| [&vec![b'x'; len][..], b"\n"].concat());
        prop_oneof![
            prop::collection::vec(byte, 0..3000),
            prop::collection::vec(line, 0..20).prop_map(|lines| lines.concat()),
        ]
    }

    proptest! {
        #[test]
        fn blocks_are_the_lines_that_were_read(
            bytes in log_like(),
            sizes in prop::collection::vec(1..200usize, 1..5),
            block_size in 1..400usize,
        ) {
            check(&bytes, &sizes, block_size, 1 << 20);
        }

        #[test]
        fn lines_are_cut_by_their_length_whatever_the_blocks(
            bytes in log_like(),
            sizes in prop::collection::vec(1..200usize, 1..5),
            block_size in 1..400usize,
            max_line in 1..300usize,
        ) {
            check(&bytes, &sizes, block_size, max_line);
        }
    }

    #[test]
    fn nothing_gives_no_block_and_one_byte_gives_one() {
        assert!(read_all(&b""[..], 64, 64).blocks.is_empty());
        assert_eq!(read_all(&b"x"[..], 64, 64).blocks, [(0, b"x".to_vec())]);
        assert_eq!(read_all(&b"\n"[..], 64, 64).blocks, [(0, b"\n".to_vec())]);
    }

    #[test]
    fn a_line_without_end_is_kept_up_to_the_longest_and_needs_little_memory() {
        let max_line = 100_000;
        let endless = io::repeat(b'x').take(50_000_000).chain(&b"\nnext\n"[..]);
        let buffers = Buffers::default();
        let mut lines = Lines::new(endless, 0, 4096, max_line, &buffers);
        let Some(Cut::Block(line)) = lines.next() else { panic!("a block comes first") };
        assert_eq!((line.offset, line.bytes().len()), (0, max_line + 1));
        assert!(line.bytes().ends_with(b"x\n"));
        assert!(matches!(lines.next(), Some(Cut::LongLine)));
        let Some(Cut::Block(next)) = lines.next() else { panic!("the next line follows") };
        assert_eq!((next.offset, next.bytes()), (50_000_001, &b"next\n"[..]));
        assert!(lines.next().is_none());
        assert!(lines.buffer.len() < max_line + CARRY_ROOM + 3 * 4096);
    }

    #[test]
    fn a_long_line_may_be_given_in_parts() {
        let text = [&b"x".repeat(1_000)[..], b"\nshort\n"].concat();
        let buffers = Buffers::default();
        let mut lines = Lines::new(&text[..], 0, 64, 100, &buffers).in_parts(true);
        let mut got = Vec::new();
        while let Some(Cut::Block(block)) = lines.next() {
            assert!(block.bytes().len() <= 100 + 64);
            got.extend_from_slice(block.bytes());
        }
        assert_eq!((got, lines.offset()), (text.clone(), text.len() as u64));
    }

    #[test]
    fn a_pause_gives_what_is_whole_and_is_told_once() {
        /// Gives a part at a time, with two pauses behind each.
        struct Slow(Vec<&'static [u8]>, usize);
        impl Read for Slow {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                self.1 += 1;
                if self.1 % 3 != 1 {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                let part = self.0.pop().unwrap_or_default();
                into[..part.len()].copy_from_slice(part);
                Ok(part.len())
            }
        }
        let buffers = Buffers::default();
        let slow = Slow(vec![b"ee\n", b"two\nthr", b"one\n"], 0);
        let mut lines = Lines::new(slow, 0, 64, 64, &buffers);
        let mut got = Vec::new();
        while let Some(cut) = lines.next() {
            got.push(match cut {
                Cut::Block(block) => String::from_utf8_lossy(block.bytes()).into_owned(),
                Cut::Pause => "-".to_owned(),
                Cut::LongLine | Cut::Failed(_) => panic!("nothing of the kind"),
            });
        }
        assert_eq!(got, ["one\n", "-", "two\n", "-", "three\n", "-"]);
    }

    #[test]
    fn what_was_read_before_a_failure_is_given() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let buffers = Buffers::default();
        let mut lines = Lines::new((&b"one\ntwo"[..]).chain(Broken), 0, 64, 64, &buffers);
        let mut text = Vec::new();
        while let Some(Cut::Block(block)) = lines.next().filter(|cut| matches!(cut, Cut::Block(_))) {
            text.extend_from_slice(block.bytes());
        }
        assert_eq!(text, b"one\ntwo");
    }

    #[test]
    fn steady_reading_uses_the_same_buffers_again_and_lands_on_pages() {
        let text = b"a line of some length\n".repeat(100_000);
        let buffers = Buffers::default();
        let mut lines = Lines::new(&text[..], 0, 8192, 1 << 20, &buffers);
        let mut seen = std::collections::BTreeSet::new();
        let mut held = None;
        while let Some(Cut::Block(block)) = lines.next() {
            seen.insert(block.bytes().as_ptr() as usize / PAGE);
            held = Some(block);
        }
        drop(held);
        // The block that is held, the one being filled, and the one taken before the other is given back.
        assert!(seen.len() <= 3, "{} buffers", seen.len());
    }
}
