//! Durations, for quantiles.

use sketches_ddsketch::{Config, DDSketch};

/// How exact quantiles are: a hundredth either way.
const ACCURACY: f64 = 0.01;
/// Bins of a sketch: enough for a nanosecond to a century.
const BINS: u32 = 2_500;

/// Durations in nanoseconds, for quantiles that no order of arrival changes.
#[derive(Clone)]
pub struct Tally(DDSketch);

impl Default for Tally {
    fn default() -> Tally {
        Tally(DDSketch::new(Config::new(ACCURACY, BINS, 1.0)))
    }
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Tally of {}", self.0.count())
    }
}

impl Tally {
    /// Takes in a duration; what is negative counts as nothing.
    pub fn add(&mut self, nanos: i64) {
        self.0.add(nanos.max(0) as f64);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.count() as u64
    }

    /// The duration that such a share of all does not exceed.
    pub fn at(&self, share: f64) -> i64 {
        self.0.quantile(share).ok().flatten().unwrap_or(0.0).round() as i64
    }

    /// Takes in those of another tally.
    pub fn merge(&mut self, other: &Tally) {
        // fails only for sketches of another configuration
        let _ = self.0.merge(&other.0);
    }
}
