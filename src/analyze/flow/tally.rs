//! Durations of which quantiles are asked for.

use sketches_ddsketch::{Config, DDSketch};

/// How exact quantiles are: a hundredth either way.
const ACCURACY: f64 = 0.01;
/// Bins of a sketch: enough for a nanosecond to a century.
const BINS: u32 = 2_500;
/// Durations that are no longer than so many nanoseconds are none to a sketch.
const LEAST: f64 = 1.0;
/// So few durations take less memory as they are than in a sketch.
const FEW: usize = 48;

/// Durations in nanoseconds, for quantiles that no order of arrival changes.
#[derive(Clone)]
pub struct Tally(Held);

#[derive(Clone)]
enum Held {
    /// In the order of arrival; what is told is what a sketch of them would tell.
    Few(Vec<u64>),
    Many(Box<DDSketch>),
}

impl Default for Tally {
    fn default() -> Tally {
        Tally(Held::Few(Vec::new()))
    }
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Tally of {}", self.count())
    }
}

fn config() -> Config {
    Config::new(ACCURACY, BINS, LEAST)
}

fn sketch(durations: &[u64]) -> Box<DDSketch> {
    let mut sketch = DDSketch::new(config());
    durations.iter().for_each(|nanos| sketch.add(*nanos as f64));
    Box::new(sketch)
}

/// What a sketch of a few durations tells.
fn of_few(few: &[u64], share: f64) -> i64 {
    let mut sorted = [0; FEW];
    let sorted = &mut sorted[..few.len()];
    sorted.copy_from_slice(few);
    sorted.sort_unstable();
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else { return 0 };
    if share <= 0.0 {
        return first as i64;
    }
    if share >= 1.0 {
        return last as i64;
    }
    let nanos = sorted[(share * (sorted.len() - 1) as f64) as usize] as f64;
    if nanos <= LEAST {
        return 0;
    }
    let config = config();
    config.value(config.key(nanos)).round() as i64
}

impl Tally {
    /// Takes in a duration; what is negative counts as nothing.
    pub fn add(&mut self, nanos: i64) {
        let nanos = nanos.max(0) as u64;
        match &mut self.0 {
            Held::Few(few) if few.len() < FEW => few.push(nanos),
            Held::Few(few) => {
                let mut many = sketch(few);
                many.add(nanos as f64);
                self.0 = Held::Many(many);
            }
            Held::Many(many) => many.add(nanos as f64),
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        match &self.0 {
            Held::Few(few) => few.len() as u64,
            Held::Many(many) => many.count() as u64,
        }
    }

    /// The duration that such a share of all does not exceed.
    pub fn at(&self, share: f64) -> i64 {
        match &self.0 {
            Held::Few(few) => of_few(few, share),
            Held::Many(many) => many.quantile(share).ok().flatten().unwrap_or(0.0).round() as i64,
        }
    }

    /// The duration with such a place in their order; the longest if there are fewer.
    pub fn nth(&self, place: u64) -> i64 {
        // half a place more, lest rounding tells the one before
        self.at(((place as f64 + 0.5) / self.count().saturating_sub(1).max(1) as f64).min(1.0))
    }

    /// How many are at least as long as this.
    pub fn at_least(&self, nanos: i64) -> u64 {
        let (mut shorter, mut end) = (0, self.count());
        while shorter < end {
            let middle = shorter + (end - shorter) / 2;
            if self.nth(middle) < nanos { shorter = middle + 1 } else { end = middle }
        }
        self.count() - shorter
    }

    /// Takes in those of another tally.
    pub fn merge(&mut self, other: &Tally) {
        match (&mut self.0, &other.0) {
            (_, Held::Few(few)) => few.iter().for_each(|nanos| self.add(*nanos as i64)),
            (Held::Few(few), Held::Many(many)) => {
                let mut all = many.clone();
                few.iter().for_each(|nanos| all.add(*nanos as f64));
                self.0 = Held::Many(all);
            }
            (Held::Many(own), Held::Many(many)) => {
                // fails only for sketches of another configuration
                let _ = own.merge(many);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn neither_order_nor_number_changes_what_is_told(
            durations in prop::collection::vec(prop_oneof![0i64..5, 0i64..1 << 40], 0..3 * FEW),
            cut in any::<prop::sample::Index>(),
        ) {
            let of = |durations: &[i64]| {
                let mut tally = Tally::default();
                durations.iter().for_each(|nanos| tally.add(*nanos));
                tally
            };
            let (one, other) = durations.split_at(cut.index(durations.len() + 1));
            let (mut merged, mut turned) = (of(one), of(other));
            merged.merge(&of(other));
            turned.merge(&of(one));
            let numbers: Vec<u64> = durations.iter().map(|nanos| *nanos as u64).collect();
            let expected = sketch(&numbers);
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            for tally in [&of(&durations), &merged, &turned] {
                prop_assert_eq!(tally.count(), expected.count() as u64);
                for share in [0.0, 0.05, 0.5, 0.95, 1.0] {
                    let told = expected.quantile(share).ok().flatten().unwrap_or(0.0).round() as i64;
                    prop_assert_eq!(tally.at(share), told);
                    let right = sorted.get((share * (numbers.len() as f64 - 1.0)) as usize).copied();
                    let (right, told) = (right.unwrap_or(0) as f64, told as f64);
                    prop_assert!((told - right).abs() <= right * ACCURACY + 1.0, "{share}: {told} {right}");
                }
                for (place, right) in sorted.iter().enumerate() {
                    let (told, right) = (tally.nth(place as u64) as f64, *right as f64);
                    prop_assert!((told - right).abs() <= right * ACCURACY + 1.0, "{place}: {told} {right}");
                    let least = sorted.iter().filter(|nanos| **nanos as f64 > right * 1.05 + 3.0).count() as u64;
                    prop_assert!(tally.at_least((right * 1.02) as i64 + 2) >= least);
                    prop_assert!(tally.at_least((right * 0.98) as i64 - 1) >= (sorted.len() - place) as u64);
                }
            }
        }
    }
}
