//! What a run teaches of itself: which kinds of spans cause which, and with which delay.
//!
//! Counted from edges that were certain enough; all in integers, so that parts of a run merge in any order.

use super::scene::{Line, Scene};
use crate::model::Symbol;
use rustc_hash::FxHashMap;

/// Buckets of delays: eight a factor of ten, from 1 µs up to about 3 hours; negative ones in the first.
const BUCKETS: usize = 84;

/// A histogram of delays.
#[derive(Clone, Debug)]
struct Delays {
    counts: Vec<u32>,
    total: u32,
}

impl Default for Delays {
    fn default() -> Delays {
        Delays { counts: vec![0; BUCKETS], total: 0 }
    }
}

fn bucket(nanos: i64) -> usize {
    if nanos <= 1_000 {
        return 0;
    }
    let place = ((nanos as f64 / 1_000.0).log10() * 8.0) as usize + 1;
    place.min(BUCKETS - 1)
}

impl Delays {
    fn add(&mut self, nanos: i64, weight: u32) {
        self.counts[bucket(nanos)] += weight;
        self.total += weight;
    }

    /// How likely a delay is, against one spread evenly over all buckets: log10 of the ratio, smoothed over neighbours.
    fn fit(&self, nanos: i64) -> f32 {
        let at = bucket(nanos);
        let near: u32 =
            (at.saturating_sub(1)..=(at + 1).min(BUCKETS - 1)).map(|index| self.counts[index]).sum();
        let share = (near as f32 / 3.0 + 0.5) / (self.total as f32 + 0.5 * BUCKETS as f32);
        (share * BUCKETS as f32).log10()
    }

    /// How narrow the delays are: 1 for all in one bucket, towards 0 for spread ones.
    fn tightness(&self) -> f32 {
        if self.total == 0 {
            return 0.0;
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
        (1.0 - entropy / (BUCKETS as f32).log2()).max(0.0)
    }
}

/// What was learned.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// Weight of edges by child kind and parent kind (0: no parent).
    causes: FxHashMap<(u64, u64), u32>,
    /// Weight of all edges by child kind.
    totals: FxHashMap<u64, u32>,
    /// Weight of edges within a service by child kind.
    inside: FxHashMap<u64, u32>,
    /// Delays from a record of the parent to the child, by the templates of the two.
    delays: FxHashMap<(Symbol, u64), Delays>,
}

/// What one edge teaches.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    child: u64,
    /// The parent's kind; 0 for having no parent.
    parent: u64,
    /// The edge lies within a service.
    inside: bool,
    /// The parent's record from which the delay counts, by its template, and the delay.
    delay: Option<(Symbol, i64)>,
    /// 1 to 100.
    weight: u32,
}

impl Lesson {
    /// What an edge with a weight (1 to 100) teaches.
    pub fn of(scene: &Scene, parent: Option<u32>, child: u32, weight: u32) -> Lesson {
        let c = &scene.nodes[child as usize];
        let p = parent.map(|parent| &scene.nodes[parent as usize]);
        let delay = parent.and_then(|parent| {
            let opening = scene.opening(child)?;
            let anchor = anchor(scene, parent, opening)?;
            Some((anchor.template, opening.time - anchor.time))
        });
        Lesson {
            child: c.kind,
            parent: p.map_or(0, |p| p.kind),
            inside: p.is_some_and(|p| p.service == c.service),
            delay,
            weight,
        }
    }
}

impl Learned {
    /// Takes what an edge teaches.
    pub fn add(&mut self, lesson: &Lesson) {
        let Lesson { child, parent, inside, delay, weight } = *lesson;
        *self.totals.entry(child).or_default() += weight;
        *self.causes.entry((child, parent)).or_default() += weight;
        if inside {
            *self.inside.entry(child).or_default() += weight;
        }
        if let Some((template, nanos)) = delay {
            self.delays.entry((template, child)).or_default().add(nanos, weight);
        }
    }

    /// log10 of how often this kind of parent causes that kind of child, smoothed; 0 if nothing is known of the child.
    pub fn share(&self, parent: Option<u64>, child: u64) -> f32 {
        let Some(&total) = self.totals.get(&child) else { return 0.0 };
        let count = self.causes.get(&(child, parent.unwrap_or(0))).copied().unwrap_or(0);
        ((count as f32 + 20.0) / (total as f32 + 400.0) * 20.0).log10()
    }

    /// In how many transactions this kind of parent caused that kind of child.
    pub fn times(&self, parent: u64, child: u64) -> u32 {
        self.causes.get(&(child, parent)).copied().unwrap_or(0) / 100
    }

    /// The share of a kind's edges that lie within its service; one half if nothing is known.
    pub fn inner(&self, child: u64) -> f32 {
        let total = self.totals.get(&child).copied().unwrap_or(0) as f32;
        let inside = self.inside.get(&child).copied().unwrap_or(0) as f32;
        (inside + 50.0) / (total + 100.0)
    }

    /// How well the delay from `parent` fits what was learned of such pairs, and how narrow those delays are.
    pub fn delay(&self, scene: &Scene, parent: u32, opening: &Line, child: u64) -> (f32, f32) {
        let Some(anchor) = anchor(scene, parent, opening) else { return (0.0, 0.0) };
        match self.delays.get(&(anchor.template, child)) {
            Some(delays) if delays.total >= 200 => {
                (delays.fit(opening.time - anchor.time), delays.tightness())
            }
            _ => (0.0, 0.0),
        }
    }
}

/// The record of a parent from which the delay to a child counts: its last one before the child, else its first.
fn anchor<'s>(scene: &'s Scene, parent: u32, opening: &Line) -> Option<&'s Line> {
    scene.lines_of(parent).rfind(|line| line.order < opening.order).or_else(|| scene.opening(parent))
}
