//! One step of each kind of decompression, behind one trait.
//!
//! The libraries' own readers throw away what a failing step has written; these steps do not.

use flate2::{Decompress, FlushDecompress};
use liblzma::stream::Action;
use zstd::zstd_safe;

/// The most memory that an xz stream may ask for; `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 256 << 20;

/// Bytes of a zstd frame that tell how much of its header follows.
const ZSTD_START: usize = 5;

/// How far one step went.
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
    pub(super) state: State,
}

/// What may follow a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// More of the same member.
    Going,
    /// The member is complete.
    Ended,
    /// Nothing; the data is corrupt.
    Corrupt,
}

/// A decompressor of one or more members (gzip members, zstd frames, bzip2 and xz streams).
pub(super) trait Codec: Send {
    /// Whether a further member begins with these bytes: at least [`MAGIC_LEN`], or all that are left.
    fn begins(&self, bytes: &[u8]) -> bool;

    /// Makes ready for a member.
    fn begin(&mut self);

    /// Decompresses from `input`, which is empty at the end of the data only.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step;
}

/// As many bytes as the longest magic number has.
pub(super) const MAGIC_LEN: usize = 10;

/// gzip: RFC 1952.
pub(super) struct Gzip(Decompress);

impl Gzip {
    pub(super) fn new() -> Gzip {
        Gzip(Decompress::new_gzip(15))
    }

    pub(super) fn is(bytes: &[u8]) -> bool {
        bytes.starts_with(&[0x1f, 0x8b, 8])
    }
}

impl Codec for Gzip {
    fn begins(&self, bytes: &[u8]) -> bool {
        Gzip::is(bytes)
    }

    fn begin(&mut self) {
        if self.0.total_in() > 0 {
            *self = Gzip::new();
        }
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        inflate(&mut self.0, input, output)
    }
}

/// Deflate data without a wrapping (RFC 1951), as in zip; one member.
pub(super) struct Deflate(Decompress);

impl Deflate {
    pub(super) fn new() -> Deflate {
        Deflate(Decompress::new(false))
    }
}

impl Codec for Deflate {
    fn begins(&self, _: &[u8]) -> bool {
        self.0.total_in() == 0
    }

    fn begin(&mut self) {}

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        inflate(&mut self.0, input, output)
    }
}

fn inflate(decompress: &mut Decompress, input: &[u8], output: &mut [u8]) -> Step {
    let before = (decompress.total_in(), decompress.total_out());
    let state = match decompress.decompress(input, output, FlushDecompress::None) {
        Ok(flate2::Status::StreamEnd) => State::Ended,
        Ok(_) => State::Going,
        Err(_) => State::Corrupt,
    };
    let read = (decompress.total_in() - before.0) as usize;
    let written = (decompress.total_out() - before.1) as usize;
    Step { read, written, state }
}

/// bzip2 streams.
pub(super) struct Bzip2(bzip2::Decompress);

impl Bzip2 {
    pub(super) fn new() -> Bzip2 {
        Bzip2(bzip2::Decompress::new(false))
    }

    /// The letters alone could begin a text, so the first block's magic number must follow.
    pub(super) fn is(bytes: &[u8]) -> bool {
        bytes.starts_with(b"BZh")
            && matches!(bytes.get(3), Some(b'1'..=b'9'))
            && matches!(bytes.get(4..10), Some(b"\x31\x41\x59\x26\x53\x59" | b"\x17\x72\x45\x38\x50\x90"))
    }
}

impl Codec for Bzip2 {
    fn begins(&self, bytes: &[u8]) -> bool {
        Bzip2::is(bytes)
    }

    fn begin(&mut self) {
        if self.0.total_in() > 0 {
            *self = Bzip2::new();
        }
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let before = (self.0.total_in(), self.0.total_out());
        let state = match self.0.decompress(input, output) {
            Ok(bzip2::Status::StreamEnd) => State::Ended,
            Ok(_) => State::Going,
            Err(_) => State::Corrupt,
        };
        let read = (self.0.total_in() - before.0) as usize;
        let written = (self.0.total_out() - before.1) as usize;
        Step { read, written, state }
    }
}

/// xz streams (the .xz file format 1.2).
pub(super) struct Xz(Option<liblzma::stream::Stream>);

impl Xz {
    pub(super) fn new() -> Xz {
        Xz(None)
    }

    pub(super) fn is(bytes: &[u8]) -> bool {
        bytes.starts_with(b"\xfd7zXZ\0")
    }
}

impl Codec for Xz {
    fn begins(&self, bytes: &[u8]) -> bool {
        Xz::is(bytes)
    }

    fn begin(&mut self) {
        self.0 = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, 0).ok();
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let Some(stream) = &mut self.0 else { return Step { read: 0, written: 0, state: State::Corrupt } };
        let before = (stream.total_in(), stream.total_out());
        let state = match stream.process(input, output, Action::Run) {
            Ok(liblzma::stream::Status::StreamEnd) => State::Ended,
            Ok(_) => State::Going,
            Err(_) => State::Corrupt,
        };
        let read = (stream.total_in() - before.0) as usize;
        let written = (stream.total_out() - before.1) as usize;
        Step { read, written, state }
    }
}

/// zstd frames (RFC 8878), skippable ones too.
///
/// A step that fails says nothing of what it wrote before, so each is given one compressed block only.
pub(super) struct Zstd {
    context: zstd_safe::DCtx<'static>,
    wanted: usize,
    /// The last step filled its output, so that there may be more of it.
    pending: bool,
}

impl Zstd {
    pub(super) fn new() -> Zstd {
        Zstd { context: zstd_safe::DCtx::create(), wanted: ZSTD_START, pending: false }
    }

    pub(super) fn is(bytes: &[u8]) -> bool {
        bytes.starts_with(b"\x28\xb5\x2f\xfd")
    }

    fn run(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let mut input = zstd_safe::InBuffer::around(input);
        let room = output.len();
        let mut output = zstd_safe::OutBuffer::around(output);
        let result = self.context.decompress_stream(&mut output, &mut input);
        let (read, written) = (input.pos(), output.pos());
        self.pending = written == room;
        let state = match result {
            Ok(0) => State::Ended,
            Ok(wanted) => {
                self.wanted = wanted;
                State::Going
            }
            Err(_) => State::Corrupt,
        };
        Step { read, written, state }
    }
}

impl Codec for Zstd {
    fn begins(&self, bytes: &[u8]) -> bool {
        Zstd::is(bytes) || is_skippable(bytes)
    }

    fn begin(&mut self) {
        self.wanted = ZSTD_START;
        self.pending = false;
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        if self.pending {
            let rest = self.run(&[], output);
            if rest.written > 0 || rest.state != State::Going {
                return rest;
            }
        }
        self.run(&input[..input.len().min(self.wanted)], output)
    }
}

/// The start of an lz4 frame (LZ4 Frame Format 1.6).
pub(super) fn is_lz4(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x04\x22\x4d\x18")
}

/// The start of a skippable frame, of zstd or lz4: four bytes that hold the length of its content follow.
pub(super) fn is_skippable(bytes: &[u8]) -> bool {
    matches!(bytes, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// The length of the skippable frame with this start, its head included.
pub(super) fn skippable_len(bytes: &[u8]) -> Option<u64> {
    let length = bytes.get(4..8)?;
    Some(8 + u64::from(u32::from_le_bytes(length.try_into().expect("four bytes were taken"))))
}
