//! Page-aligned read buffers, used again and again, and the blocks that are handed out in them.
//!
//! The kernel copies several times faster to the start of a page than to 16 bytes behind it, where the allocator puts
//! a large `Vec`. Nothing here is ever read or parsed.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Size of a memory page; reads land on multiples of it.
pub(super) const PAGE: usize = 4096;

/// Free buffers are kept up to this many bytes, unless [`Buffers::new`] says otherwise.
pub const DEFAULT_KEPT_BYTES: usize = 64 << 20;

/// At least this many buffers can be kept; larger ones, which served an odd long line, are not.
const MIN_KEPT: usize = 8;

/// Bytes whose start lies on a page.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

impl Buffer {
    /// At least `len` zero bytes.
    pub(super) fn new(len: usize) -> Buffer {
        let bytes = vec![0; len + PAGE];
        // `align_offset` may give up (`usize::MAX`); reads are then merely slower.
        let start = Some(bytes.as_ptr().align_offset(PAGE)).filter(|&start| start < PAGE).unwrap_or(0);
        Buffer { bytes, start }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..]
    }
}

/// Buffers that are free to be used again; clones share them. A [`Block`] gives its buffer back when it is dropped.
#[derive(Clone)]
pub struct Buffers(Arc<Pool>);

struct Pool {
    free: Mutex<Vec<Buffer>>,
    kept_bytes: usize,
}

impl Buffers {
    /// Keeps free buffers up to `kept_bytes` in all, none larger than an eighth of that; what is given back beyond that
    /// is freed.
    pub fn new(kept_bytes: usize) -> Buffers {
        Buffers(Arc::new(Pool { free: Mutex::default(), kept_bytes }))
    }

    /// A buffer of at least `len` bytes, with any content.
    pub(super) fn take(&self, len: usize) -> Buffer {
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        // A far larger one would stay bound to a small block, as after a very long line.
        let fits = |buffer: &Buffer| buffer.len() >= len && buffer.len() / 2 <= len + PAGE;
        match free.iter().rposition(fits) {
            Some(index) => free.swap_remove(index),
            None => {
                drop(free);
                Buffer::new(len)
            }
        }
    }

    /// Takes back a buffer that is no longer used.
    pub(super) fn give(&self, buffer: Buffer) {
        if buffer.bytes.is_empty() || buffer.len() > self.0.kept_bytes / MIN_KEPT {
            return;
        }
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.iter().map(Buffer::len).sum::<usize>() + buffer.len() <= self.0.kept_bytes {
            free.push(buffer);
        }
    }

    /// How many buffers lie ready.
    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Default for Buffers {
    fn default() -> Buffers {
        Buffers::new(DEFAULT_KEPT_BYTES)
    }
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers").field("kept_bytes", &self.0.kept_bytes).finish_non_exhaustive()
    }
}

/// Whole lines of a source, one after the other; only the last block of a source may lack its line end.
///
/// The bytes are as the source holds them, after decompression and conversion to UTF-8: any bytes, `\n` or `\r\n`.
pub struct Block {
    buffer: Buffer,
    range: Range<usize>,
    /// Where the first byte stands in the decoded content of the source.
    pub offset: u64,
    home: Buffers,
}

impl Block {
    /// The part `range` of `buffer`, which goes back to `home` in the end.
    pub(super) fn new(buffer: Buffer, range: Range<usize>, offset: u64, home: &Buffers) -> Block {
        Block { buffer, range, offset, home: home.clone() }
    }

    /// The lines; never empty.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer.bytes()[self.range.clone()]
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.home.give(std::mem::take(&mut self.buffer));
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Block").field("offset", &self.offset).field("len", &self.range.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_start_on_a_page() {
        for len in [1, 100, PAGE, 1 << 20] {
            let buffer = Buffer::new(len);
            assert_eq!(buffer.bytes().as_ptr() as usize % PAGE, 0, "{len}");
            assert!(buffer.len() >= len);
        }
    }

    #[test]
    fn a_dropped_block_gives_its_buffer_back() {
        let buffers = Buffers::default();
        let block = Block::new(buffers.take(100), 0..10, 0, &buffers);
        assert_eq!(buffers.free(), 0);
        drop(block);
        assert_eq!(buffers.free(), 1);
        let again = buffers.take(90);
        assert_eq!(buffers.free(), 0);
        assert!(again.len() >= 100);
    }

    #[test]
    fn no_more_than_the_stated_bytes_are_kept_and_large_buffers_do_not_serve_small_needs() {
        let buffers = Buffers::new(256 * PAGE);
        let taken: Vec<Buffer> = (0..40).map(|_| buffers.take(8 * PAGE)).collect();
        taken.into_iter().for_each(|buffer| buffers.give(buffer));
        let kept = buffers.free();
        assert!((25..=32).contains(&kept), "{kept} are kept");
        assert!(buffers.take(2 * PAGE).len() < 8 * PAGE);
        assert_eq!(buffers.free(), kept);
        buffers.give(Buffer::new(20 * PAGE));
        assert_eq!(buffers.free(), kept);
    }
}
