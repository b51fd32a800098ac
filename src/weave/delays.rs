//! How delays are spread, and how well a delay fits to others.

use std::sync::LazyLock;

/// Buckets of delays: eight a factor of ten, from 1 µs up to about 3 hours; negative ones in the first.
const BUCKETS: usize = 84;

/// A histogram of delays, in few bytes as there are many: buckets that hold any, with how many.
#[derive(Clone, Debug, Default)]
pub(super) struct Delays {
    counts: Vec<(u8, u32)>,
    total: u32,
}

/// What a histogram tells, at hand without a logarithm.
#[derive(Clone, Debug)]
pub(super) struct Fits {
    /// How narrow they are: 1 for all in one bucket, towards 0 for spread ones.
    pub tight: f32,
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
    let place = ((nanos as f64 / 1_000.0).log10() * 8.0) as usize + 1;
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
        let mut counts = [0; BUCKETS];
        for &(bucket, count) in &self.counts {
            counts[usize::from(bucket)] = count;
        }
        let ends = self.counts.first().zip(self.counts.last());
        let (low, high) = ends.map_or((0, 0), |(first, last)| {
            (usize::from(first.0).saturating_sub(1), (usize::from(last.0) + 2).min(BUCKETS))
        });
        let near = |at: usize| {
            let near: u32 = counts[at.saturating_sub(1)..=(at + 1).min(BUCKETS - 1)].iter().sum();
            self.fit(near)
        };
        let start = all.len() as u32;
        all.extend((low..high).map(near));
        Fits { tight: self.tightness(), far: self.fit(0), low: low as u8, count: (high - low) as u8, start }
    }

    /// How likely a delay is that has so many others near it, against one spread evenly over all buckets: log10 of the
    /// ratio, smoothed over neighbours.
    fn fit(&self, near: u32) -> f32 {
        let share = (near as f32 / 3.0 + 0.5) / (self.total as f32 + 0.5 * BUCKETS as f32);
        (share * BUCKETS as f32).log10()
    }

    fn tightness(&self) -> f32 {
        if self.total == 0 {
            return 0.0;
        }
        let entropy: f32 = self
            .counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|&(_, count)| {
                let share = count as f32 / self.total as f32;
                -share * share.log2()
            })
            .sum();
        (1.0 - entropy / (BUCKETS as f32).log2()).max(0.0)
    }
}

impl Fits {
    /// How well a delay fits: above 0 where it is likelier than one that is spread evenly; `all`: as when it was settled.
    pub fn fit(&self, all: &[f32], nanos: i64) -> f32 {
        let at = bucket(nanos).wrapping_sub(usize::from(self.low));
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
        let mut counts = [0u32; BUCKETS];
        delays.counts.iter().for_each(|&(bucket, count)| counts[usize::from(bucket)] += count);
        let mut all = vec![7.0];
        let fits = delays.clone().settle(&mut all);
        for at in 0..BUCKETS {
            let nanos = if at == 0 { 0 } else { BOUNDS.upper[at - 1] };
            let near = counts[at.saturating_sub(1)..=(at + 1).min(BUCKETS - 1)].iter().sum();
            assert_eq!(fits.fit(&all, nanos), delays.fit(near), "{at}");
        }
        assert!(fits.fit(&all, 2_000_000) > 0.5 && fits.fit(&all, 10_000) < 0.0);
        assert!(fits.tight > 0.3 && fits.tight < 1.0, "{}", fits.tight);
    }
}
