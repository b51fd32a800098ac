//! Counts the bytes of a source on their way in, and stops one that expands beyond measure.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Stop;
use super::feed::Bytes;

/// How far compressed data may expand. It is stopped when it exceeds both `bytes` and `ratio`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MaxExpansion {
    /// Decompressed bytes; all layers and members of an archive count.
    pub bytes: u64,
    /// Decompressed bytes for each compressed one. gzip reaches 1032 at most.
    pub ratio: u64,
}

impl Default for MaxExpansion {
    /// 4 GiB and 1100:1.
    fn default() -> MaxExpansion {
        MaxExpansion { bytes: 4 << 30, ratio: 1100 }
    }
}

/// Counts of one source; all its layers share them.
#[derive(Debug)]
pub(super) struct Meter {
    read: AtomicU64,
    decompressed: AtomicU64,
    max: MaxExpansion,
    stop: Stop,
}

impl Meter {
    pub(super) fn new(max: MaxExpansion, stop: &Stop) -> Arc<Meter> {
        let stop = stop.clone();
        Arc::new(Meter { read: AtomicU64::new(0), decompressed: AtomicU64::new(0), max, stop })
    }

    /// Bytes read from the file or pipe so far.
    pub(super) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Counts a file as read that is read here and there, some parts again and again.
    pub(super) fn count_whole(&self, len: u64) {
        self.read.store(len, Ordering::Relaxed);
    }

    fn check_expansion(&self) -> io::Result<()> {
        let total = self.decompressed.load(Ordering::Relaxed);
        if total > self.max.bytes && total / self.max.ratio.max(1) > self.read() {
            return Err(io::Error::other(ExpandsTooFar));
        }
        Ok(())
    }
}

/// What a stream fails with that expands beyond its limit.
#[derive(Debug)]
struct ExpandsTooFar;

impl fmt::Display for ExpandsTooFar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("compressed data expands too far")
    }
}

impl std::error::Error for ExpandsTooFar {}

/// Whether a stream failed because it expands too far.
pub(super) fn expands_too_far(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|cause| cause.is::<ExpandsTooFar>())
}

/// Counts what is read from the file or pipe, which ends where reading is ended from outside.
pub(super) struct Counted<R> {
    pub(super) inner: R,
    pub(super) meter: Arc<Meter>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.meter.stop.is_set() {
            return Ok(0);
        }
        let read = self.inner.read(into)?;
        self.meter.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Counts what comes out of a decompressor, and fails when that is too much.
pub(super) struct Limited {
    pub(super) inner: Bytes,
    pub(super) meter: Arc<Meter>,
}

impl Read for Limited {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.meter.check_expansion()?;
        let read = self.inner.read(into)?;
        self.meter.decompressed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(read: u64, decompressed: u64, max: MaxExpansion, stops: bool) {
        let meter = Meter::new(max, &Stop::default());
        meter.count_whole(read);
        let mut limited = Limited { inner: Box::new(io::repeat(b'x').take(decompressed)), meter };
        let result = io::copy(&mut limited, &mut io::sink());
        assert_eq!(result.is_err_and(|error| expands_too_far(&error)), stops, "{read} to {decompressed}");
    }

    #[test]
    fn only_much_data_from_little_is_stopped() {
        let max = MaxExpansion { bytes: 50_000, ratio: 100 };
        check(10, 50_000, max, false);
        check(10, 100_000, max, true);
        check(1_000, 100_000, max, false);
        check(1_000, 120_000, max, true);
    }
}
