//! Looks ahead in a stream, and reads it in large, page-aligned pieces.

use std::io::{self, Read};

use super::buffers::{Buffer, PAGE};

/// Any stream of bytes; the engine may move it to another thread.
pub(super) type Bytes = Box<dyn Read + Send>;

/// How much of a stream is looked at to tell what it is.
pub(super) const HEAD_LEN: usize = 2 * PAGE;

/// How much compressed data is read at once.
const FEED_LEN: usize = 64 * PAGE;

/// A stream whose first bytes were looked at.
pub(super) struct Peeked {
    head: Vec<u8>,
    at: usize,
    rest: Bytes,
    /// Met while looking ahead; given when the head is used up.
    failure: Option<io::Error>,
}

impl Peeked {
    /// Reads the first [`HEAD_LEN`] bytes of a stream, fewer if it is shorter.
    pub(super) fn new(rest: Bytes) -> Peeked {
        let mut peeked = Peeked { head: Vec::new(), at: 0, rest, failure: None };
        peeked.look_ahead();
        peeked
    }

    fn look_ahead(&mut self) {
        self.head.drain(..self.at);
        self.at = 0;
        while self.failure.is_none() {
            let missing = HEAD_LEN.saturating_sub(self.head.len()) as u64;
            match self.rest.by_ref().take(missing).read_to_end(&mut self.head) {
                // a pause: what is there must do, if there is anything
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && self.head.is_empty() => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                result => {
                    self.failure = result.err();
                    break;
                }
            }
        }
    }

    /// What was read ahead and not given yet.
    pub(super) fn head(&self) -> &[u8] {
        &self.head[self.at..]
    }

    /// Leaves out the next `count` bytes of the head.
    pub(super) fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.head.len());
    }

    /// Leaves out NUL bytes up to the first other byte, at most `most` and a little, and tells how many.
    pub(super) fn skip_nuls(&mut self, most: u64) -> u64 {
        let mut skipped = 0;
        while skipped < most && !self.head().is_empty() {
            let nuls = self.head().iter().position(|&byte| byte != 0).unwrap_or(self.head().len());
            skipped += nuls as u64;
            self.skip(nuls);
            let found_other = !self.head().is_empty();
            self.look_ahead();
            if found_other {
                break;
            }
        }
        skipped
    }

    /// The failure to read even the first byte, if that is what happened.
    pub(super) fn failed_at_once(&mut self) -> Option<io::Error> {
        if self.head().is_empty() { self.failure.take() } else { None }
    }
}

impl Read for Peeked {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at < self.head.len() {
            let read = self.head().read(into)?;
            self.at += read;
            return Ok(read);
        }
        match self.failure.take() {
            Some(error) => Err(error),
            None => self.rest.read(into),
        }
    }
}

/// Compressed data on its way into a decoder.
pub(super) struct Feed {
    inner: Bytes,
    buffer: Buffer,
    start: usize,
    end: usize,
    /// Whether somebody asked for bytes and there were none.
    pub(super) ran_dry: bool,
}

impl Feed {
    pub(super) fn new(inner: Bytes) -> Feed {
        Feed { inner, buffer: Buffer::new(FEED_LEN), start: 0, end: 0, ran_dry: false }
    }

    /// The bytes that lie ready; empty at the end only.
    pub(super) fn fill(&mut self) -> io::Result<&[u8]> {
        self.peek(1)
    }

    /// As [`Feed::fill`], with at least `count` bytes unless the end comes before.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end - self.start < count {
            if self.start == self.end {
                (self.start, self.end) = (0, 0);
            } else if self.buffer.len() - self.start < count {
                self.buffer.bytes_mut().copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            match self.inner.read(&mut self.buffer.bytes_mut()[self.end..]) {
                Ok(0) => {
                    self.ran_dry = true;
                    break;
                }
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buffer.bytes()[self.start..self.end])
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
    }

    /// Leaves out `count` bytes; fewer if the end comes before.
    pub(super) fn skip(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let step = (self.fill()?.len() as u64).min(count);
            if step == 0 {
                break;
            }
            self.consume(step as usize);
            count -= step;
        }
        Ok(())
    }
}

impl Read for Feed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_ahead_takes_nothing_away() {
        let bytes: Vec<u8> = (0..3 * HEAD_LEN).map(|index| index as u8).collect();
        let mut peeked = Peeked::new(Box::new(io::Cursor::new(bytes.clone())));
        assert_eq!(peeked.head(), &bytes[..HEAD_LEN]);
        let mut read = Vec::new();
        peeked.read_to_end(&mut read).expect("memory can be read");
        assert_eq!(read, bytes);
    }

    #[test]
    fn nuls_are_left_out_up_to_the_first_other_byte() {
        for nuls in [0, 1, HEAD_LEN - 1, HEAD_LEN, HEAD_LEN + 1, 3 * HEAD_LEN + 7] {
            let bytes = [&vec![0; nuls][..], b"text\0more"].concat();
            let mut peeked = Peeked::new(Box::new(io::Cursor::new(bytes)));
            assert_eq!(peeked.skip_nuls(u64::MAX), nuls as u64);
            assert_eq!(peeked.head(), b"text\0more");
        }
    }

    #[test]
    fn a_peek_across_the_end_of_the_buffer_loses_nothing() {
        let bytes: Vec<u8> = (0..FEED_LEN + 10).map(|index| index as u8).collect();
        let mut feed = Feed::new(Box::new(io::Cursor::new(bytes.clone())));
        feed.skip(FEED_LEN as u64 - 2).expect("memory can be read");
        assert_eq!(feed.peek(6).expect("memory can be read")[..6], bytes[FEED_LEN - 2..][..6]);
        let mut rest = Vec::new();
        feed.read_to_end(&mut rest).expect("memory can be read");
        assert_eq!(rest, bytes[FEED_LEN - 2..]);
        assert!(feed.ran_dry);
    }
}
