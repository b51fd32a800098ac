//! Random draws that depend only on a seed and a name.
//!
//! All chance in the simulator comes from here, so one seed gives one system and the same bytes on every run.
//! Ranges and distributions are computed here, not by a library, so that an upgrade of a library cannot change them.

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// One stream of chance.
pub(crate) struct Draw(ChaCha12Rng);

impl Draw {
    /// The stream `name` of `seed`; streams of other names are independent of it.
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        let mut key = [0u8; 32];
        let mut hash = 0xcbf2_9ce4_8422_2325u64 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for (at, part) in key.chunks_mut(8).enumerate() {
            for byte in name.bytes().chain([at as u8]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                hash ^= hash >> 29;
            }
            part.copy_from_slice(&hash.to_le_bytes());
        }
        Self(ChaCha12Rng::from_seed(key))
    }

    /// A stream of its own, taken from this one.
    pub(crate) fn fork(&mut self, name: &str) -> Self {
        Self::new(self.0.next_u64(), name)
    }

    /// A number in `0..n`; `n` must not be zero.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }

    /// A number in `lo..=hi`.
    pub(crate) fn range(&mut self, lo: i64, hi: i64) -> i64 {
        lo + self.below((hi - lo + 1) as usize) as i64
    }

    /// A number in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number in `[lo, hi)`.
    pub(crate) fn between(&mut self, lo: f64, hi: f64) -> f64 {
        lo + self.unit() * (hi - lo)
    }

    /// A number in `[lo, hi)`, each power of ten as likely as the next.
    pub(crate) fn magnitude(&mut self, lo: f64, hi: f64) -> f64 {
        self.between(lo.ln(), hi.ln()).exp()
    }

    /// True with probability `p`.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of `from`, all equally likely.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One of these words.
    pub(crate) fn word(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }

    /// One of `from`, each by its weight.
    pub(crate) fn weighted<T: Clone>(&mut self, from: &[(u32, T)]) -> T {
        share(self.unit(), from)
    }

    /// Puts all in any order.
    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
    }

    /// `n` hexadecimal digits in lower case.
    pub(crate) fn hex(&mut self, n: usize) -> String {
        self.of(b"0123456789abcdef", n)
    }

    /// `n` characters of `alphabet`.
    pub(crate) fn of(&mut self, alphabet: &[u8], n: usize) -> String {
        (0..n).map(|_| char::from(*self.pick(alphabet))).collect()
    }

    /// A draw from the standard normal distribution.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A draw from the exponential distribution with this mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// A rank below `n`, low ones far likelier (Zipf-like).
    pub(crate) fn rank(&mut self, n: usize) -> usize {
        (((n as f64 + 1.0).powf(self.unit()) - 1.0) as usize).min(n - 1)
    }
}

/// One of `from`, each by its weight: the `seed`-th of an even sequence, so that a few dozen neighbouring seeds show
/// all of them. Sequences of other strides (irrational numbers) are independent.
pub(crate) fn dealt<T: Clone>(seed: u64, stride: f64, from: &[(u32, T)]) -> T {
    share(((seed % 1_000_003) as f64 * stride).fract(), from)
}

/// What stands at this share of all weights.
fn share<T: Clone>(at: f64, from: &[(u32, T)]) -> T {
    let total: u32 = from.iter().map(|(weight, _)| weight).sum();
    let mut left = at * f64::from(total);
    for (weight, one) in from {
        left -= f64::from(*weight);
        if left < 0.0 {
            return one.clone();
        }
    }
    from.last().expect("there is something to choose from").1.clone()
}

/// How long a thing takes. Times are milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spread {
    /// Nearly always the same.
    Constant(f64),
    /// Log-normal with this median and sigma.
    LogNormal(f64, f64),
    /// Log-normal around the first, or with the given probability around the second.
    TwoPeaks(f64, f64, f64),
    /// Mostly short, with a tail that falls as a power; capped at eight times the median.
    HeavyTail(f64),
}

impl Spread {
    /// A distribution around `median_ms`, of a form that the stream chooses.
    pub(crate) fn around(draw: &mut Draw, median_ms: f64) -> Self {
        match draw.weighted(&[(50, 0), (15, 1), (18, 2), (17, 3)]) {
            0 => Self::LogNormal(median_ms, draw.between(0.15, 0.6)),
            1 => Self::Constant(median_ms),
            2 => Self::TwoPeaks(median_ms, median_ms * draw.between(2.5, 5.0), draw.between(0.05, 0.3)),
            _ => Self::HeavyTail(median_ms),
        }
    }

    /// One duration in nanoseconds.
    pub(crate) fn sample(self, draw: &mut Draw) -> i64 {
        let ms = match self {
            Self::Constant(ms) => ms * draw.between(0.97, 1.05),
            Self::LogNormal(ms, sigma) => ms * (sigma * draw.normal().clamp(-2.8, 2.8)).exp(),
            Self::TwoPeaks(one, two, p) => {
                let peak = if draw.chance(p) { two } else { one };
                peak * (0.15 * draw.normal().clamp(-2.8, 2.8)).exp()
            }
            Self::HeavyTail(ms) => 0.7 * ms * (1.0 - draw.unit()).powf(-0.5).min(11.0),
        };
        (ms * 1e6) as i64 + 1
    }
}
