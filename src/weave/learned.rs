//! What a run teaches of itself: which kinds of spans cause which, and with which delay.
//!
//! Counted from edges that were certain enough; all in integers, so that parts of a run merge in any order.

use super::scene::Scene;
use crate::model::Symbol;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Buckets of delays: eight a factor of ten, from 1 µs up to about 3 hours; negative ones in the first.
const BUCKETS: usize = 84;

/// A histogram of delays.
#[derive(Clone, Debug)]
pub(super) struct Delays {
    counts: Vec<u32>,
    total: u32,
    /// See [`Delays::tightness`].
    tight: f32,
}

impl Default for Delays {
    fn default() -> Delays {
        Delays { counts: vec![0; BUCKETS], total: 0, tight: 0.0 }
    }
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
        self.counts[bucket(nanos)] += weight;
        self.total += weight;
    }

    /// Adds the delays of another part of the run.
    pub fn merge(&mut self, other: &Delays) {
        for (own, count) in self.counts.iter_mut().zip(&other.counts) {
            *own += count;
        }
        self.total += other.total;
    }

    /// The sum of the weights.
    pub fn total(&self) -> u32 {
        self.total
    }

    /// How likely a delay is, against one spread evenly over all buckets: log10 of the ratio, smoothed over neighbours.
    pub fn fit(&self, nanos: i64) -> f32 {
        let at = bucket(nanos);
        let near: u32 =
            (at.saturating_sub(1)..=(at + 1).min(BUCKETS - 1)).map(|index| self.counts[index]).sum();
        let share = (near as f32 / 3.0 + 0.5) / (self.total as f32 + 0.5 * BUCKETS as f32);
        (share * BUCKETS as f32).log10()
    }

    /// How narrow the delays are: 1 for all in one bucket, towards 0 for spread ones; once it is settled.
    pub fn tightness(&self) -> f32 {
        self.tight
    }

    /// Computes the tightness, now that all delays are there.
    pub fn settle(&mut self) {
        if self.total == 0 {
            return;
        }
        let entropy: f32 = self
            .counts
            .iter()
            .filter(|&&count| count > 0)
            .map(|&count| {
                let share = count as f32 / self.total as f32;
                -share * share.log2()
            })
            .sum();
        self.tight = (1.0 - entropy / (BUCKETS as f32).log2()).max(0.0);
    }
}

/// What was learned.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// Weight of edges by child kind and parent kind (0: no parent).
    causes: FxHashMap<(u64, u64), u32>,
    /// The same of all edges that are possible, each by its share.
    soft: FxHashMap<(u64, u64), u32>,
    soft_totals: FxHashMap<u64, u32>,
    /// Spans by kind.
    spans: FxHashMap<u64, u32>,
    /// Weight of all edges by child kind, and of those within a service.
    totals: FxHashMap<u64, (u32, u32)>,
    /// Delays from a record of the parent to the child, by the templates of the two.
    delays: FxHashMap<(Symbol, u64), Delays>,
}

impl Learned {
    /// Adds what another part of the run taught.
    pub fn merge(mut self, other: Learned) -> Learned {
        for (kinds, weight) in other.causes {
            *self.causes.entry(kinds).or_default() += weight;
        }
        for (kinds, weight) in other.soft {
            *self.soft.entry(kinds).or_default() += weight;
        }
        for (kinds, weight) in other.soft_totals {
            *self.soft_totals.entry(kinds).or_default() += weight;
        }
        for (kinds, weight) in other.spans {
            *self.spans.entry(kinds).or_default() += weight;
        }
        for (kind, (all, inside)) in other.totals {
            let own = self.totals.entry(kind).or_default();
            own.0 += all;
            own.1 += inside;
        }
        for (key, delays) in other.delays {
            self.delays.entry(key).or_default().merge(&delays);
        }
        self
    }

    /// Draws from the counts what is asked for often; to be called when all parts are merged.
    pub fn settle(mut self) -> Learned {
        self.delays.values_mut().for_each(Delays::settle);
        self
    }

    /// Adds an edge with a weight (1 to 100).
    pub fn add(&mut self, scene: &Scene, parent: Option<u32>, child: u32, weight: u32) {
        let c = &scene.nodes[child as usize];
        let inside = parent.is_some_and(|parent| scene.nodes[parent as usize].service == c.service);
        let total = self.totals.entry(c.kind).or_default();
        total.0 += weight;
        total.1 += if inside { weight } else { 0 };
        let kind = parent.map_or(0, |parent| scene.nodes[parent as usize].kind);
        *self.causes.entry((c.kind, kind)).or_default() += weight;
        let Some(parent) = parent else { return };
        if let Some((template, time)) = anchor(scene, parent, child) {
            self.delays.entry((template, c.kind)).or_default().add(c.begin.saturating_sub(time), weight);
        }
    }

    /// Adds a possible edge by its share (1 to 100).
    pub fn add_soft(&mut self, scene: &Scene, parent: Option<u32>, child: u32, weight: u32) {
        let kind = parent.map_or(0, |parent| scene.nodes[parent as usize].kind);
        let own = scene.nodes[child as usize].kind;
        *self.soft.entry((own, kind)).or_default() += weight;
        *self.soft_totals.entry(own).or_default() += weight;
    }

    /// Takes in the spans of a transaction.
    pub fn add_spans(&mut self, scene: &Scene) {
        for node in scene.nodes.iter().filter(|node| !node.lines.is_empty()) {
            *self.spans.entry(node.kind).or_default() += 1;
        }
    }

    /// As [`Learned::share`], of all edges by their shares.
    pub fn soft_share(&self, parent: Option<u64>, child: u64) -> f32 {
        let Some(&total) = self.soft_totals.get(&child) else { return 0.0 };
        let count = self.soft.get(&(child, parent.unwrap_or(0))).copied().unwrap_or(0);
        ((count as f32 + 20.0) / (total as f32 + 400.0) * 20.0).log10()
    }

    /// How many children of a kind a span of a kind has, log10, smoothed.
    pub fn fans(&self, parent: u64, child: u64) -> f32 {
        let count = self.soft.get(&(child, parent)).copied().unwrap_or(0);
        let spans = self.spans.get(&parent).copied().unwrap_or(0);
        ((count as f32 / 100.0 + 0.2) / (spans as f32 + 4.0) * 20.0).log10()
    }

    /// log10 of how often this kind of parent causes that kind of child, smoothed; 0 if nothing is known of the child.
    pub fn share(&self, parent: Option<u64>, child: u64) -> f32 {
        let Some(&(total, _)) = self.totals.get(&child) else { return 0.0 };
        let count = self.causes.get(&(child, parent.unwrap_or(0))).copied().unwrap_or(0);
        ((count as f32 + 20.0) / (total as f32 + 400.0) * 20.0).log10()
    }

    /// In how many transactions this kind of parent caused that kind of child.
    pub fn times(&self, parent: u64, child: u64) -> u32 {
        self.causes.get(&(child, parent)).copied().unwrap_or(0) / 100
    }

    /// The share of a kind's edges that lie within its service; one half if nothing is known.
    pub fn inner(&self, child: u64) -> f32 {
        let (total, inside) = self.totals.get(&child).copied().unwrap_or_default();
        (inside as f32 + 50.0) / (total as f32 + 100.0)
    }

    /// How well the delay from a parent's record fits what was learned of such pairs, and how narrow those delays are.
    pub fn delay(&self, (template, time): (Symbol, i64), begin: i64, child: u64) -> (f32, f32) {
        match self.delays.get(&(template, child)) {
            Some(delays) if delays.total >= 200 => {
                (delays.fit(begin.saturating_sub(time)), delays.tightness())
            }
            _ => (0.0, 0.0),
        }
    }
}

/// What of a parent the delay to a child counts from: its last record before the child, else its first.
fn anchor(scene: &Scene, parent: u32, child: u32) -> Option<(Symbol, i64)> {
    scene.anchor(parent, child).or_else(|| first(scene, parent))
}

/// The first record of a span: template and time.
pub(super) fn first(scene: &Scene, node: u32) -> Option<(Symbol, i64)> {
    scene.opening(node).map(|line| (line.template, line.time))
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
}
