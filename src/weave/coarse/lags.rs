//! How long after records of fine clocks those of a coarse one usually come, although each of them tells its interval only.
//!
//! A record that comes δ after a partner, and whose clock tells no more than the interval it came in, tells of each pair an
//! interval that δ lies in. Transactions begin at any part of an interval, so the δ that lies in most of these intervals is the
//! median, and by as much as it misses some, the δ of single pairs are off it: over uniform phases the share of intervals of
//! length g that do not hold δ is E|Δ - δ| / g. With n pairs the median is found to about g / n.

use rustc_hash::FxHashMap;
use std::hash::Hash;

/// Parts of an interval that are told apart.
const STEPS: i64 = 4096;
/// A sample that is farther off than so many intervals is as far as that.
const FARTHEST: i64 = 7;
/// Single pairs are off the median by so many times what they are off it on average, at most.
const SPREAD: f64 = 1.5;

/// So many times as many on one side as on the other, and so many at least.
const SKEWED: usize = 4;

/// How much later than a partner a record usually comes: between these, in parts of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lag {
    least: i64,
    most: i64,
    /// So many pairs told it.
    pub pairs: usize,
    /// What lags differ by is mostly on one side: they are longer, as what is waited for may come late (`true`), or shorter.
    pub skewed: Option<bool>,
}

impl Lag {
    /// The same in nanoseconds, where an interval takes so many.
    pub fn nanos(self, grain: i64) -> (i64, i64) {
        let of = |steps: i64| (i128::from(steps) * i128::from(grain) / i128::from(STEPS)) as i64;
        (of(self.least), of(self.most))
    }
}

/// What pairs of records of certain kinds tell.
#[derive(Clone, Debug)]
pub(super) struct Samples<K>(FxHashMap<K, Vec<i16>>);

impl<K> Default for Samples<K> {
    fn default() -> Samples<K> {
        Samples(FxHashMap::default())
    }
}

impl<K: Hash + Eq> Samples<K> {
    /// Takes in a pair: `after` is how long after the beginning of the record's interval, which is `grain` long, its partner came.
    pub fn add(&mut self, kinds: K, after: i64, grain: i64) {
        let steps = i128::from(after) * i128::from(STEPS) / i128::from(grain.max(1));
        let most = i128::from(STEPS * FARTHEST);
        self.0.entry(kinds).or_default().push(steps.clamp(-most, most) as i16);
    }

    /// Adds what others tell.
    pub fn merge(mut self, mut others: Samples<K>) -> Samples<K> {
        if others.0.len() > self.0.len() {
            std::mem::swap(&mut self, &mut others);
        }
        for (kinds, mut samples) in others.0 {
            self.0.entry(kinds).or_default().append(&mut samples);
        }
        self
    }

    /// The usual lags.
    pub fn settle(self) -> FxHashMap<K, Lag> {
        self.0.into_iter().map(|(kinds, samples)| (kinds, usual(samples))).collect()
    }
}

/// The usual lag by when partners came after the beginnings of intervals.
fn usual(mut samples: Vec<i16>) -> Lag {
    samples.sort_unstable();
    let at = |index: usize| i64::from(samples[index]);
    // a lag of -from lies in the intervals of the samples in from..from + STEPS
    let (mut most, mut found) = (0, (0, 0));
    let mut end = 0;
    for start in 0..samples.len() {
        while end < samples.len() && at(end) < at(start) + STEPS {
            end += 1;
        }
        let count = end - start;
        // from after the sample before the first one, or such that the last one is in it, to the first one
        let before = if start == 0 { i64::MIN } else { at(start - 1) };
        let from = (at(end - 1) - STEPS + 1).max(before.saturating_add(1));
        if count > most {
            (most, found) = (count, (from, at(start)));
        } else if count == most && from <= at(start) {
            found = (found.0.min(from), found.1.max(at(start)));
        }
    }
    let off = (samples.len() - most) as f64 / samples.len().max(1) as f64;
    let spread = (off * STEPS as f64 * SPREAD) as i64;
    let middle = -(found.0 + found.1) / 2;
    let later = samples.partition_point(|after| -i64::from(*after) > middle);
    let sooner = samples.len() - samples.partition_point(|after| STEPS - i64::from(*after) > middle);
    let skewed = match (later, sooner) {
        (later, sooner) if later >= SKEWED && sooner * SKEWED <= later => Some(true),
        (later, sooner) if sooner >= SKEWED && later * SKEWED <= sooner => Some(false),
        _ => None,
    };
    Lag { least: -found.1 - spread, most: -found.0 + spread, pairs: samples.len(), skewed }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const MS: i64 = 1_000_000;

    /// The lag that is told by pairs at all phases; of each how much later the record came, by its number.
    fn told(pairs: i64, later: impl Fn(i64) -> i64) -> (i64, i64) {
        let mut samples = Samples::default();
        for pair in 0..pairs {
            let partner = pair * SECOND * 7 / pairs;
            let record = partner + later(pair);
            samples.add((), partner - record.div_euclid(SECOND) * SECOND, SECOND);
        }
        samples.settle()[&()].nanos(SECOND)
    }

    #[test]
    fn many_pairs_tell_a_lag_closely() {
        for right in [37 * MS, -4 * MS] {
            let (least, most) = told(300, |_| right);
            assert!(least <= right && right <= most && most - least < 6 * MS, "{least} {most}");
        }
    }

    #[test]
    fn lags_that_differ_tell_their_middle_and_how_they_differ() {
        let (least, most) = told(1000, |pair| (pair % 5) * 100 * MS);
        assert!(((least + most) / 2 - 200 * MS).abs() < 30 * MS, "{least} {most}");
        // on average they are off by 120 ms
        assert!((300 * MS..450 * MS).contains(&(most - least)), "{least} {most}");
    }

    #[test]
    fn what_is_waited_for_skews_the_lags() {
        let skewed = |later: fn(i64) -> i64| {
            let mut samples = Samples::default();
            for pair in 0..400 {
                let partner = pair * SECOND * 7 / 400;
                samples.add((), partner - (partner + later(pair)).div_euclid(SECOND) * SECOND, SECOND);
            }
            samples.settle()[&()].skewed
        };
        assert_eq!(skewed(|pair| if pair % 5 == 0 { 150 * MS } else { 4 * MS }), Some(true));
        assert_eq!(skewed(|pair| if pair % 5 == 0 { -150 * MS } else { -4 * MS }), Some(false));
        assert_eq!(skewed(|_| 4 * MS), None);
    }

    #[test]
    fn one_pair_tells_little() {
        let (least, most) = told(1, |_| 300 * MS);
        assert!(least <= 0 && most > 900 * MS, "{least} {most}");
    }

    #[test]
    fn samples_merge_in_any_order() {
        let part = |range: std::ops::Range<i64>| {
            let mut samples = Samples::default();
            range.for_each(|at| samples.add(at % 3, at * 37 * MS % SECOND, SECOND));
            samples
        };
        let all = |samples: Samples<i64>| {
            let mut all: Vec<_> = samples.settle().into_iter().collect();
            all.sort_unstable();
            all
        };
        let whole = all(part(0..100));
        assert_eq!(all(part(0..9).merge(part(9..100))), whole);
        assert_eq!(all(part(9..100).merge(part(0..9))), whole);
    }
}
