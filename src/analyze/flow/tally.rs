//! Durations of which quantiles are asked for.
//!
//! Few are kept as they are, more are counted in buckets of which each is wider than the one before by a fiftieth, so that a
//! quantile is right to a hundredth (Masson, Rim, Lee, "DDSketch", VLDB 2019).

use std::sync::LazyLock;

/// How exact quantiles are: a hundredth either way.
const ACCURACY: f64 = 0.01;
/// By how much each bucket begins later than the one before.
const GAMMA: f64 = (1.0 + ACCURACY) / (1.0 - ACCURACY);
/// Durations that are no longer than so many nanoseconds are none.
const LEAST: u64 = 1;
/// So few durations take less memory as they are than in buckets.
const FEW: usize = 48;
/// So many empty buckets are made at once beside those that are there.
const SPARE: usize = 8;

/// Durations in nanoseconds, for quantiles that no order of arrival changes.
#[derive(Clone)]
pub struct Tally(Held);

#[derive(Clone)]
enum Held {
    /// In the order of arrival; what is told is what buckets would tell.
    Few(Vec<u64>),
    Many(Box<Buckets>),
}

/// How many durations are in which bucket.
#[derive(Clone, Default)]
struct Buckets {
    /// Of the first bucket that is there and those after it.
    counts: Vec<u32>,
    first: usize,
    /// Those that are none.
    nothing: u64,
    all: u64,
    least: u64,
    most: u64,
}

/// Where buckets end, so that no duration needs a logarithm.
struct Bounds {
    /// The least duration that lies above each.
    above: Vec<u64>,
    /// By the power of two and the five bits behind it: the bucket where such durations begin.
    begin: Vec<u16>,
}

static BOUNDS: LazyLock<Bounds> = LazyLock::new(|| {
    let last = computed(u64::MAX);
    let above = |bucket: usize| {
        // the bound lies near where it would lie if all were exact
        let about = middle_of(bucket) * (1.0 + GAMMA) / 2.0;
        let (mut low, mut high) = ((about * 0.999) as u64, (about * 1.001) as u64 + 2);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if computed(middle.max(1)) <= bucket { low = middle } else { high = middle }
        }
        high
    };
    let begin = |cell: u64| computed(((32 + (cell & 31)) << (cell >> 5) >> 5).max(1)) as u16;
    Bounds {
        above: (0..last).map(above).chain([u64::MAX]).collect(),
        begin: (0..u64::BITS as u64 * 32).map(begin).collect(),
    }
});

/// The bucket of a duration.
fn computed(nanos: u64) -> usize {
    ((nanos as f64).ln() / GAMMA.ln()).floor() as usize
}

/// Likewise.
fn bucket(nanos: u64) -> usize {
    let bounds = &*BOUNDS;
    let power = nanos.max(1).ilog2();
    let behind = (nanos << (u64::BITS - 1 - power) >> (u64::BITS - 6)) & 31;
    let mut at = usize::from(bounds.begin[power as usize * 32 + behind as usize]);
    while bounds.above[at] <= nanos && at + 1 < bounds.above.len() {
        at += 1;
    }
    at
}

/// The duration that stands for those of a bucket.
fn middle_of(bucket: usize) -> f64 {
    (bucket as f64 * GAMMA.ln()).exp() * (2.0 * GAMMA / (1.0 + GAMMA))
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

impl Buckets {
    fn of(durations: &[u64]) -> Box<Buckets> {
        let mut buckets = Buckets { least: u64::MAX, ..Buckets::default() };
        durations.iter().for_each(|nanos| buckets.add(*nanos));
        Box::new(buckets)
    }

    fn add(&mut self, nanos: u64) {
        self.all += 1;
        (self.least, self.most) = (self.least.min(nanos), self.most.max(nanos));
        if nanos <= LEAST {
            self.nothing += 1;
        } else {
            let bucket = bucket(nanos);
            self.make(bucket, bucket);
            let count = &mut self.counts[bucket - self.first];
            *count = count.saturating_add(1);
        }
    }

    /// Makes room from one bucket to another one.
    fn make(&mut self, low: usize, high: usize) {
        if self.counts.is_empty() {
            self.first = low;
        }
        if low < self.first {
            let first = low.saturating_sub(SPARE);
            self.counts.splice(0..0, std::iter::repeat_n(0, self.first - first));
            self.first = first;
        }
        if high >= self.first + self.counts.len() {
            self.counts.resize(high + 1 + SPARE - self.first, 0);
        }
    }

    fn merge(&mut self, other: &Buckets) {
        self.all += other.all;
        self.nothing += other.nothing;
        (self.least, self.most) = (self.least.min(other.least), self.most.max(other.most));
        if !other.counts.is_empty() {
            self.make(other.first, other.first + other.counts.len() - 1);
            for (count, more) in self.counts[other.first - self.first..].iter_mut().zip(&other.counts) {
                *count = count.saturating_add(*more);
            }
        }
    }

    fn at(&self, share: f64) -> i64 {
        if share <= 0.0 {
            return self.least as i64;
        }
        if share >= 1.0 {
            return self.most as i64;
        }
        let mut before = (share * (self.all as f64 - 1.0)) as u64;
        if before < self.nothing {
            return 0;
        }
        before -= self.nothing;
        for (bucket, count) in (self.first..).zip(&self.counts) {
            let count = u64::from(*count);
            if before < count {
                return middle_of(bucket).round() as i64;
            }
            before -= count;
        }
        self.most as i64
    }
}

/// What buckets of a few durations tell.
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
    let nanos = sorted[(share * (sorted.len() - 1) as f64) as usize];
    if nanos <= LEAST { 0 } else { middle_of(bucket(nanos)).round() as i64 }
}

impl Tally {
    /// Takes in a duration; what is negative counts as nothing.
    pub fn add(&mut self, nanos: i64) {
        let nanos = nanos.max(0) as u64;
        match &mut self.0 {
            Held::Few(few) if few.len() < FEW => few.push(nanos),
            Held::Few(few) => {
                let mut many = Buckets::of(few);
                many.add(nanos);
                self.0 = Held::Many(many);
            }
            Held::Many(many) => many.add(nanos),
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        match &self.0 {
            Held::Few(few) => few.len() as u64,
            Held::Many(many) => many.all,
        }
    }

    /// The duration that such a share of all does not exceed.
    pub fn at(&self, share: f64) -> i64 {
        match &self.0 {
            Held::Few(few) => of_few(few, share),
            Held::Many(many) => many.at(share),
        }
    }

    /// Takes in those of another tally.
    pub fn merge(&mut self, other: &Tally) {
        match (&mut self.0, &other.0) {
            (_, Held::Few(few)) => few.iter().for_each(|nanos| self.add(*nanos as i64)),
            (Held::Few(few), Held::Many(many)) => {
                let mut all = many.clone();
                few.iter().for_each(|nanos| all.add(*nanos));
                self.0 = Held::Many(all);
            }
            (Held::Many(own), Held::Many(many)) => own.merge(many),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_are_those_of_logarithms() {
        let mut nanos = 1u64;
        while nanos < u64::MAX / 2 {
            for nanos in [nanos.max(2) - 1, nanos, nanos + 1] {
                assert_eq!(bucket(nanos), computed(nanos), "{nanos}");
            }
            nanos += nanos / 301 + 1;
        }
        for (at, above) in BOUNDS.above.iter().enumerate().filter(|(_, above)| **above < u64::MAX) {
            assert!(*above <= 2 || computed(*above - 1) <= at, "{at}");
            assert!(computed(*above) > at, "{at}");
        }
        assert_eq!(bucket(u64::MAX), computed(u64::MAX));
    }

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
            let expected = Buckets::of(&numbers);
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            for tally in [&of(&durations), &merged, &turned] {
                prop_assert_eq!(tally.count(), numbers.len() as u64);
                for share in [0.0, 0.05, 0.5, 0.95, 1.0] {
                    let told = if numbers.is_empty() { 0 } else { expected.at(share) };
                    prop_assert_eq!(tally.at(share), told);
                    let right = sorted.get((share * (numbers.len() as f64 - 1.0)) as usize).copied();
                    let (right, told) = (right.unwrap_or(0) as f64, told as f64);
                    prop_assert!((told - right).abs() <= right * ACCURACY + 1.0, "{share}: {told} {right}");
                }
            }
        }
    }
}
