//! How delays are spread, and how well a delay fits to others.

use std::sync::LazyLock;

/// Buckets of delays: 24 a factor of ten, from 1 µs up to about 3 hours; negative ones in the first.
const BUCKETS: usize = 250;
/// Of so many buckets one is made where it matters whether delays are alike.
const COARSE: usize = 3;
/// Such wide buckets.
const WIDE: usize = 84;

/// A histogram of delays, in few bytes as there are many: buckets that hold any, with how many.
#[derive(Clone, Debug, Default)]
pub(super) struct Delays {
    counts: Vec<(u8, u32)>,
    total: u32,
}

/// What a histogram tells, at hand without a logarithm.
#[derive(Clone, Debug)]
pub(super) struct Fits {
    /// How narrow they are for their length: 1 for all in one bucket, towards 0 for spread ones.
    pub tight: f32,
    /// How narrow they are, whatever their length: 1 if half of them are within 1 µs, 0 if within minutes only.
    pub narrow: f32,
    /// How well a delay fits that is far from all.
    far: f32,
    /// The first bucket that is near to one with delays, and where it stands how well delays of this bucket and of so many
    /// next ones fit.
    low: u8,
    count: u8,
    start: u32,
}

/// The bucket of a delay.
fn bucket(nanos: i64) -> usize {
    if nanos <= 1_000 {
        return 0;
    }
    let bounds = &*BOUNDS;
    let mut at = usize::from(bounds.first[nanos.ilog2() as usize]);
    while bounds.upper[at] <= nanos {
        at += 1;
    }
    at
}

/// The wide bucket of a bucket.
fn wide(bucket: u8) -> usize {
    usize::from(bucket).div_ceil(COARSE)
}

/// Where the buckets end, so that no delay needs a logarithm.
struct Bounds {
    /// The least delay that lies above each bucket.
    upper: [i64; BUCKETS],
    /// The bucket of each power of two.
    first: [u8; 63],
}

static BOUNDS: LazyLock<Bounds> = LazyLock::new(|| {
    let mut bounds = Bounds { upper: [i64::MAX; BUCKETS], first: [0; 63] };
    for (index, upper) in bounds.upper[..BUCKETS - 1].iter_mut().enumerate() {
        let (mut low, mut high) = (1_000, 1 << 50);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if computed(middle) <= index { low = middle } else { high = middle }
        }
        *upper = high;
    }
    for (power, first) in bounds.first.iter_mut().enumerate() {
        *first = computed(1 << power) as u8;
    }
    bounds
});

fn computed(nanos: i64) -> usize {
    if nanos <= 1_000 {
        return 0;
    }
    let place = ((nanos as f64 / 1_000.0).log10() * 24.0) as usize + 1;
    place.min(BUCKETS - 1)
}

impl Delays {
    /// Adds a delay.
    pub fn add(&mut self, nanos: i64, weight: u32) {
        self.count(bucket(nanos) as u8, weight);
        self.total += weight;
    }

    fn count(&mut self, bucket: u8, weight: u32) {
        match self.counts.iter_mut().find(|(known, _)| *known == bucket) {
            Some((_, count)) => *count += weight,
            None => self.counts.push((bucket, weight)),
        }
    }

    /// Adds the delays of another part of the run.
    pub fn merge(&mut self, other: &Delays) {
        for &(bucket, count) in &other.counts {
            self.count(bucket, count);
        }
        self.total += other.total;
    }

    /// How many there are.
    pub fn total(&self) -> u32 {
        self.total
    }

    /// What they tell, now that all are there; how well delays fit is put behind that of others.
    pub fn settle(mut self, all: &mut Vec<f32>) -> Fits {
        self.counts.sort_unstable();
        let narrow = self.narrow();
        for (bucket, _) in &mut self.counts {
            *bucket = wide(*bucket) as u8;
        }
        let mut counts = [0; WIDE];
        for &(bucket, count) in &self.counts {
            counts[usize::from(bucket)] += count;
        }
        let ends = self.counts.first().zip(self.counts.last());
        let (low, high) = ends.map_or((0, 0), |(first, last)| {
            (usize::from(first.0).saturating_sub(1), (usize::from(last.0) + 2).min(WIDE))
        });
        let near = |at: usize| {
            let near: u32 = counts[at.saturating_sub(1)..=(at + 1).min(WIDE - 1)].iter().sum();
            self.fit(near)
        };
        let start = all.len() as u32;
        all.extend((low..high).map(near));
        let (low, count) = (low as u8, (high - low) as u8);
        Fits { tight: self.tightness(&counts), narrow, far: self.fit(0), low, count, start }
    }

    /// How likely a delay is that has so many others near it, against one spread evenly over all buckets: log10 of the
    /// ratio, smoothed over neighbours.
    fn fit(&self, near: u32) -> f32 {
        let share = (near as f32 / 3.0 + 0.5) / (self.total as f32 + 0.5 * WIDE as f32);
        (share * WIDE as f32).log10()
    }

    fn tightness(&self, counts: &[u32; WIDE]) -> f32 {
        if self.total == 0 {
            return 0.0;
        }
        let entropy: f32 = counts
            .iter()
            .filter(|count| **count > 0)
            .map(|&count| {
                let share = count as f32 / self.total as f32;
                -share * share.log2()
            })
            .sum();
        (1.0 - entropy / (WIDE as f32).log2()).max(0.0)
    }

    /// By the distance between the quartiles; the buckets are in order.
    fn narrow(&self) -> f32 {
        let spread = self.quantile(0.75) - self.quantile(0.25);
        1.0 - ((1.0 + spread / 1_000.0).log10() / 8.0).min(1.0) as f32
    }

    /// So long is this share of the delays at most: within a bucket they are taken to be spread evenly.
    fn quantile(&self, share: f64) -> f64 {
        let wanted = f64::from(self.total) * share;
        let mut passed = 0.0;
        for &(bucket, count) in &self.counts {
            let (bucket, count) = (usize::from(bucket), f64::from(count));
            if passed + count >= wanted {
                let end = |bucket: usize| if bucket == 0 { 0 } else { BOUNDS.upper[bucket.min(BUCKETS - 2)] };
                let (low, high) = (end(bucket.saturating_sub(1)), end(bucket));
                return low as f64 + (high - low) as f64 * ((wanted - passed) / count).clamp(0.0, 1.0);
            }
            passed += count;
        }
        0.0
    }
}

impl Fits {
    /// How well a delay fits: above 0 where it is likelier than one that is spread evenly; `all`: as when it was settled.
    pub fn fit(&self, all: &[f32], nanos: i64) -> f32 {
        let at = wide(bucket(nanos) as u8).wrapping_sub(usize::from(self.low));
        if at < usize::from(self.count) { all[self.start as usize + at] } else { self.far }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_those_of_logarithms() {
        let mut delay: i64 = 1;
        while delay < 1 << 60 {
            for nanos in [delay - 1, delay, delay + 1] {
                assert_eq!(bucket(nanos), computed(nanos), "{nanos}");
            }
            delay += delay / 7 + 1;
        }
        for upper in &BOUNDS.upper[..BUCKETS - 1] {
            assert_eq!(bucket(*upper), computed(*upper));
            assert_eq!(bucket(*upper - 1), computed(*upper - 1));
        }
        assert_eq!(bucket(i64::MIN), 0);
    }

    #[test]
    fn what_is_told_is_what_all_buckets_tell() {
        let mut delays = Delays::default();
        for (nanos, weight) in [(700, 3), (2_000_000, 40), (2_100_000, 7), (90_000_000, 1), (1 << 50, 2)] {
            delays.add(nanos, weight);
        }
        let mut counts = [0u32; WIDE];
        delays.counts.iter().for_each(|&(bucket, count)| counts[wide(bucket)] += count);
        let mut all = vec![7.0];
        let fits = delays.clone().settle(&mut all);
        for at in 0..WIDE {
            let nanos = if at == 0 { 0 } else { BOUNDS.upper[at * COARSE - 1].min(1 << 50) };
            let near = counts[at.saturating_sub(1)..=(at + 1).min(WIDE - 1)].iter().sum();
            assert_eq!(fits.fit(&all, nanos), delays.fit(near), "{at}");
        }
        assert!(fits.fit(&all, 2_000_000) > 0.5 && fits.fit(&all, 10_000) < 0.0);
        assert!(fits.tight > 0.3 && fits.tight < 1.0, "{}", fits.tight);
    }

    #[test]
    fn narrow_is_what_varies_little_whatever_its_length() {
        let narrow = |nanos: [i64; 4]| {
            let mut delays = Delays::default();
            nanos.into_iter().for_each(|nanos| delays.add(nanos, 10));
            delays.settle(&mut Vec::new()).narrow
        };
        let near = narrow([1_000_000, 1_100_000, 1_300_000, 1_400_000]);
        let far = narrow([100_000_000, 101_000_000, 99_000_000, 100_500_000]);
        let varying = narrow([100_000_000, 150_000_000, 70_000_000, 200_000_000]);
        assert!(near > far && far > varying && varying > 0.2, "{near} {far} {varying}");
        assert_eq!(narrow([-5; 4]), 1.0);
    }
}
