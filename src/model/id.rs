//! Trace and span ids in their canonical form.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};

/// A trace id: 128 bits, written as 32 lowercase hex digits; shorter ids are padded with zeros on the left.
///
/// An id that is no number (a SkyWalking trace id, say) is *opaque*: it is held as a hash of its bytes, and its text is
/// kept among the run's [`Symbols`](super::Symbols) under [`TraceId::symbol`]. An all-zero id does not exist.
// aligned like the numbers around it in an event, of which there are many
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(Rust, packed(8))]
pub struct TraceId(NonZeroU128);

/// A span id: 64 bits, written as 16 lowercase hex digits. Opaque ids are hashes, as with [`TraceId`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SpanId(NonZeroU64);

impl TraceId {
    /// The id with these bits; `None` for zero.
    pub fn new(bits: u128) -> Option<TraceId> {
        NonZeroU128::new(bits).map(TraceId)
    }

    /// The id that stands for an opaque text.
    pub fn opaque(text: &[u8]) -> TraceId {
        let high = u128::from(super::Symbol::of_pair(b"trace", text).0);
        TraceId(
            NonZeroU128::new(high << 64 | u128::from(super::Symbol::of(text).0)).unwrap_or(NonZeroU128::MIN),
        )
    }

    /// The bits, most significant first in the written form.
    pub fn bits(self) -> u128 {
        self.0.get()
    }

    /// The written form.
    pub fn digits(self) -> [u8; 32] {
        let bits = self.bits();
        let mut digits = [0; 32];
        let (high, low) = digits.split_at_mut(16);
        high.copy_from_slice(&sixteen((bits >> 64) as u64));
        low.copy_from_slice(&sixteen(bits as u64));
        digits
    }

    /// The symbol under which an opaque id's text is kept.
    pub fn symbol(self) -> super::Symbol {
        super::Symbol(self.bits() as u64)
    }
}

impl SpanId {
    /// The id with these bits; `None` for zero.
    pub fn new(bits: u64) -> Option<SpanId> {
        NonZeroU64::new(bits).map(SpanId)
    }

    /// The id that stands for an opaque text.
    pub fn opaque(text: &[u8]) -> SpanId {
        SpanId(NonZeroU64::new(super::Symbol::of(text).0).unwrap_or(NonZeroU64::MIN))
    }

    /// The bits, most significant first in the written form.
    pub fn bits(self) -> u64 {
        self.0.get()
    }

    /// The written form.
    pub fn digits(self) -> [u8; 16] {
        sixteen(self.bits())
    }

    /// The symbol under which an opaque id's text is kept.
    pub fn symbol(self) -> super::Symbol {
        super::Symbol(self.bits())
    }
}

/// Sixteen hex digits.
fn sixteen(bits: u64) -> [u8; 16] {
    std::array::from_fn(|at| b"0123456789abcdef"[(bits >> (60 - 4 * at)) as usize & 15])
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}
