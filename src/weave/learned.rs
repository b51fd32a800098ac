//! What a run teaches of itself: which kinds of spans cause which, and with which delay.
//!
//! Counted from edges that were certain enough; all in integers, so that parts of a run merge in any order.

use super::delays::{Delays, Fits};
use super::scene::Scene;
use crate::model::Symbol;
use rustc_hash::FxHashMap;

/// What was learned.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// Weight of edges by child kind and parent kind (0: no parent).
    causes: FxHashMap<(u64, u64), Cause>,
    /// Weight of all edges by child kind, and of those within a service.
    totals: FxHashMap<u64, (u32, u32)>,
    /// Delays from a record of the parent to the child, by the template and the kind of the two.
    delays: FxHashMap<(Symbol, u64), Delays>,
    /// What those tell of which there are enough, once all are there.
    fits: FxHashMap<(Symbol, u64), Fits>,
}

/// How often one kind causes another.
#[derive(Clone, Copy, Debug, Default)]
struct Cause {
    weight: u32,
    /// See [`Learned::share`]; once all are counted.
    share: f32,
}

/// Fewer delays than this, in hundredths, tell nothing.
const MIN_DELAYS: u32 = 200;

/// What was learned of a kind as a child.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfChild {
    /// The share of its edges that lie within its service; one half if nothing is known.
    pub inner: f32,
    /// See [`Learned::share`], for kinds that never cause it.
    unseen: f32,
}

impl Learned {
    /// Adds what another part of the run taught.
    pub fn merge(mut self, other: Learned) -> Learned {
        for (kinds, cause) in other.causes {
            self.causes.entry(kinds).or_default().weight += cause.weight;
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
        for ((child, _), cause) in &mut self.causes {
            cause.share = share(cause.weight, self.totals.get(child).map_or(0, |total| total.0));
        }
        let enough = std::mem::take(&mut self.delays).into_iter().filter(|(_, of)| of.total() >= MIN_DELAYS);
        self.fits = enough.map(|(key, delays)| (key, delays.settle())).collect();
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
        self.causes.entry((c.kind, kind)).or_default().weight += weight;
        let Some(parent) = parent else { return };
        if let Some((template, time)) = anchor(scene, parent, child) {
            self.delays.entry((template, c.kind)).or_default().add(c.begin.saturating_sub(time), weight);
        }
    }

    /// What was learned of a kind as a child.
    pub fn of_child(&self, child: u64) -> OfChild {
        let known = self.totals.get(&child);
        let (total, inside) = known.copied().unwrap_or_default();
        OfChild {
            inner: (inside as f32 + 50.0) / (total as f32 + 100.0),
            unseen: known.map_or(0.0, |_| share(0, total)),
        }
    }

    /// log10 of how often this kind of parent causes that kind of child, smoothed; 0 if nothing is known of the child.
    pub fn share(&self, parent: Option<u64>, child: u64, of: OfChild) -> f32 {
        self.causes.get(&(child, parent.unwrap_or(0))).map_or(of.unseen, |cause| cause.share)
    }

    /// In how many transactions this kind of parent caused that kind of child.
    pub fn times(&self, parent: u64, child: u64) -> u32 {
        self.causes.get(&(child, parent)).map_or(0, |cause| cause.weight) / 100
    }

    /// How well the delay from a parent's record fits what was learned of such pairs, and how narrow those delays are.
    pub fn delay(&self, (template, time): (Symbol, i64), begin: i64, child: u64) -> (f32, f32) {
        let fits = self.fits.get(&(template, child));
        fits.map_or((0.0, 0.0), |fits| (fits.fit(begin.saturating_sub(time)), fits.tight))
    }
}

/// See [`Learned::share`].
fn share(weight: u32, total: u32) -> f32 {
    ((weight as f32 + 20.0) / (total as f32 + 400.0) * 20.0).log10()
}

/// What of a parent the delay to a child counts from: its last record before the child, else its first.
fn anchor(scene: &Scene, parent: u32, child: u32) -> Option<(Symbol, i64)> {
    scene.anchor(parent, child).or_else(|| first(scene, parent))
}

/// The first record of a span: template and time.
pub(super) fn first(scene: &Scene, node: u32) -> Option<(Symbol, i64)> {
    scene.opening(node).map(|line| (line.template, line.time))
}
