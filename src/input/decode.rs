//! Decompression, told by content.
//!
//! What always holds: all that can be decoded is given before an error is; members that follow one another are one
//! stream; zeros behind the last member are padding, anything else there is damage.

use std::io::{self, Read};

use lz4_flex::frame::FrameDecoder;

use super::codec::{
    Bzip2, Codec, Deflate, Gzip, MAGIC_LEN, State, Xz, Zstd, is_lz4, is_skippable, skippable_len,
};
use super::feed::{Bytes, Feed};

/// A kind of compression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compression {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Lz4,
    /// Without any wrapping, as in zip.
    Deflate,
}

impl Compression {
    /// Tells the compression from the first bytes of a stream.
    pub(super) fn of(head: &[u8]) -> Option<Compression> {
        Some(match head {
            _ if Gzip::is(head) => Compression::Gzip,
            _ if Zstd::is(head) => Compression::Zstd,
            _ if Bzip2::is(head) => Compression::Bzip2,
            _ if Xz::is(head) => Compression::Xz,
            _ if is_lz4(head) => Compression::Lz4,
            // zstd and lz4 share their skippable frames; what follows tells them apart.
            _ if is_skippable(head) => {
                let next = usize::try_from(skippable_len(head)?).ok().and_then(|len| head.get(len..));
                return next.filter(|next| !next.is_empty()).map_or(Some(Compression::Zstd), Compression::of);
            }
            _ => return None,
        })
    }

    /// The decompressed bytes of a stream.
    pub(super) fn decode(self, stream: Bytes) -> Bytes {
        match self {
            Compression::Gzip => Box::new(Decoder::new(stream, Gzip::new())),
            Compression::Zstd => Box::new(Decoder::new(stream, Zstd::new())),
            Compression::Bzip2 => Box::new(Decoder::new(stream, Bzip2::new())),
            Compression::Xz => Box::new(Decoder::new(stream, Xz::new())),
            Compression::Deflate => Box::new(Decoder::new(stream, Deflate::new())),
            Compression::Lz4 => {
                Box::new(Lz4Decoder { frames: FrameDecoder::new(Feed::new(stream)), phase: Phase::Start })
            }
        }
    }
}

/// Where a decoder stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Start,
    Inside,
    Between,
    Over,
}

struct Decoder<C> {
    feed: Feed,
    codec: C,
    phase: Phase,
    /// Given once what was decoded before is read.
    failure: Option<io::Error>,
}

impl<C: Codec> Decoder<C> {
    fn new(stream: Bytes, codec: C) -> Decoder<C> {
        Decoder { feed: Feed::new(stream), codec, phase: Phase::Start, failure: None }
    }

    fn fail(&mut self, written: usize, failure: io::Error) -> io::Result<usize> {
        self.phase = Phase::Over;
        if written == 0 {
            return Err(failure);
        }
        self.failure = Some(failure);
        Ok(written)
    }
}

impl<C: Codec> Read for Decoder<C> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            match self.phase {
                Phase::Over => return self.failure.take().map_or(Ok(0), Err),
                Phase::Start | Phase::Between => {
                    let codec = &self.codec;
                    if !begin_member(&mut self.feed, &mut self.phase, |bytes| codec.begins(bytes))? {
                        return Ok(0);
                    }
                    self.codec.begin();
                }
                Phase::Inside => {
                    let input = match self.feed.fill() {
                        Ok(input) => input,
                        Err(error) => return self.fail(0, error),
                    };
                    let at_end = input.is_empty();
                    let step = self.codec.step(input, into);
                    self.feed.consume(step.read);
                    match step.state {
                        State::Corrupt => return self.fail(step.written, corrupt()),
                        State::Ended => self.phase = Phase::Between,
                        State::Going if step.written > 0 => {}
                        State::Going if at_end => return self.fail(0, truncated()),
                        State::Going if step.read == 0 => return self.fail(0, corrupt()),
                        State::Going => {}
                    }
                    if step.written > 0 {
                        return Ok(step.written);
                    }
                }
            }
        }
    }
}

/// lz4 frames; the library reads one frame after the other, but nothing else between them.
struct Lz4Decoder {
    frames: FrameDecoder<Feed>,
    phase: Phase,
}

impl Read for Lz4Decoder {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            match self.phase {
                Phase::Over => return Ok(0),
                Phase::Start | Phase::Between => {
                    let feed = self.frames.get_mut();
                    let begins = |bytes: &[u8]| is_lz4(bytes) || is_skippable(bytes);
                    if !begin_member(feed, &mut self.phase, begins)? {
                        return Ok(0);
                    }
                    let start = feed.peek(MAGIC_LEN)?;
                    if is_skippable(start) {
                        let len = skippable_len(start).ok_or_else(truncated)?;
                        feed.skip(len)?;
                        self.phase = Phase::Between;
                    }
                    feed.ran_dry = false;
                }
                Phase::Inside => match self.frames.read(into) {
                    // A frame that ends as it should ends without a look beyond.
                    Ok(0) if self.frames.get_ref().ran_dry => {
                        self.phase = Phase::Over;
                        return Err(truncated());
                    }
                    Ok(0) => self.phase = Phase::Between,
                    Ok(read) => return Ok(read),
                    Err(error) => {
                        self.phase = Phase::Over;
                        return Err(error);
                    }
                },
            }
        }
    }
}

/// Goes to the start of the next member; `false` if there is none.
fn begin_member(feed: &mut Feed, phase: &mut Phase, begins: impl Fn(&[u8]) -> bool) -> io::Result<bool> {
    loop {
        let bytes = match feed.peek(MAGIC_LEN) {
            Ok(bytes) => bytes,
            Err(error) => {
                *phase = Phase::Over;
                return Err(error);
            }
        };
        if bytes.is_empty() {
            *phase = Phase::Over;
            return Ok(false);
        }
        if begins(bytes) || *phase == Phase::Start {
            *phase = Phase::Inside;
            return Ok(true);
        }
        let zeros = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
        if zeros == 0 {
            *phase = Phase::Over;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "garbage behind compressed data"));
        }
        feed.consume(zeros);
    }
}

fn corrupt() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "corrupt compressed data")
}

fn truncated() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "truncated compressed data")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::samples::compress;

    const WRAPPED: [Compression; 5] =
        [Compression::Gzip, Compression::Zstd, Compression::Bzip2, Compression::Xz, Compression::Lz4];

    fn text(lines: usize) -> Vec<u8> {
        (0..lines)
            .flat_map(|n| format!("2024-05-01T12:00:00Z line {n} {}\n", n * n % 977).into_bytes())
            .collect()
    }

    /// What can be decoded, and whether it ended in an error.
    fn decode(compression: Compression, bytes: &[u8], step: usize) -> (Vec<u8>, Option<String>) {
        let mut decoder = compression.decode(Box::new(io::Cursor::new(bytes.to_vec())));
        let (mut out, mut buffer) = (Vec::new(), vec![0; step]);
        loop {
            match decoder.read(&mut buffer) {
                Ok(0) => return (out, None),
                Ok(read) => out.extend_from_slice(&buffer[..read]),
                Err(error) => {
                    assert_eq!(decoder.read(&mut buffer).expect("an error comes once"), 0);
                    return (out, Some(error.to_string()));
                }
            }
        }
    }

    #[test]
    fn what_was_compressed_is_decompressed_whatever_the_size_of_reads() {
        for lines in [0, 1, 9_000] {
            let text = text(lines);
            for compression in WRAPPED {
                let packed = compress(compression, &text);
                assert_eq!(Compression::of(&packed), Some(compression));
                for step in [1, 777, 1 << 20].into_iter().skip(usize::from(lines > 1)) {
                    assert_eq!(decode(compression, &packed, step), (text.clone(), None), "{compression:?}");
                }
            }
        }
    }

    #[test]
    fn members_behind_one_another_and_zeros_behind_them_are_one_stream() {
        for compression in WRAPPED {
            let (first, second) = (compress(compression, b"one\n"), compress(compression, b"two\n"));
            let empty = compress(compression, b"");
            let packed = [&first[..], &empty, &second, &[0; 1024], &first, &[0; 4]].concat();
            assert_eq!(
                decode(compression, &packed, 64),
                (b"one\ntwo\none\n".to_vec(), None),
                "{compression:?}"
            );
        }
    }

    #[test]
    fn garbage_behind_the_data_is_told_after_it() {
        for compression in WRAPPED {
            let packed = [&compress(compression, b"one\n")[..], b"garbage"].concat();
            let (out, error) = decode(compression, &packed, 64);
            assert_eq!(out, b"one\n", "{compression:?}");
            assert_eq!(error.as_deref(), Some("garbage behind compressed data"), "{compression:?}");
        }
    }

    #[test]
    fn skippable_frames_hold_nothing() {
        let skippable = b"\x53\x2a\x4d\x18\x05\0\0\0extra";
        for compression in [Compression::Zstd, Compression::Lz4] {
            let member = compress(compression, b"one\n");
            let packed = [&skippable[..], &member, skippable, &member].concat();
            assert_eq!(Compression::of(&packed), Some(compression));
            assert_eq!(decode(compression, &packed, 64), (b"one\none\n".to_vec(), None), "{compression:?}");
        }
    }

    #[test]
    fn truncated_data_is_given_up_to_where_it_ends() {
        let text = text(24_000);
        for compression in WRAPPED {
            let packed = compress(compression, &text);
            for part in [packed.len() - 1, packed.len() / 2, 20, 5, 2] {
                let (out, error) = decode(compression, &packed[..part], 1 << 20);
                assert!(error.is_some(), "{compression:?} {part}");
                assert!(text.starts_with(&out), "{compression:?} {part}");
                let share = if part == packed.len() / 2 { text.len() / 4 } else { 0 };
                assert!(out.len() >= share, "{compression:?}: {} of {} bytes", out.len(), text.len());
            }
        }
    }

    #[test]
    fn an_lz4_frame_that_ends_between_two_blocks_is_truncated() {
        let packed = compress(Compression::Lz4, &text(9_000));
        let block = u32::from_le_bytes(packed[7..11].try_into().expect("four bytes")) as usize & 0x7fff_ffff;
        let (out, error) = decode(Compression::Lz4, &packed[..11 + block + 4], 1 << 20);
        assert!(!out.is_empty());
        assert!(error.is_some());
    }

    #[test]
    fn corrupt_data_is_given_up_to_the_damage() {
        let text = text(24_000);
        for compression in WRAPPED {
            let mut packed = compress(compression, &text);
            let middle = packed.len() / 2;
            packed[middle..middle + 64].fill(0xa5);
            let (out, error) = decode(compression, &packed, 1 << 20);
            let right = out.iter().zip(&text).take_while(|(got, want)| got == want).count();
            assert!(right > text.len() / 4, "{compression:?}: {right} of {} bytes", text.len());
            assert!(error.is_some(), "{compression:?}");
        }
    }

    #[test]
    fn damage_anywhere_neither_panics_nor_hangs() {
        for compression in WRAPPED {
            let packed = compress(compression, &text(100));
            for at in (0..packed.len()).step_by(1 + packed.len() / 400) {
                let mut damaged = packed.clone();
                damaged[at] ^= 0x41;
                decode(compression, &damaged, 4096);
                damaged.truncate(at);
                decode(compression, &damaged, 4096);
            }
        }
    }

    #[test]
    fn texts_are_not_taken_for_compressed_data() {
        for text in [&b""[..], b"BZh9 is how it starts\n", b"\x1f\x8b", b"PK\n", b"(\xb5/"] {
            assert_eq!(Compression::of(text), None, "{text:?}");
        }
    }
}
