//! How the kinds of spans of a run stand to each other before anything is decided: what always comes before what, and
//! after which record, at which distance.
//!
//! What causes a span comes before it in every transaction that has both; what merely stands beside it does so half of the
//! time, and at a distance that varies more. All is counted in integers, so that parts of a run merge in any order.

use super::features::is_open;
use super::learned::Delays;
use super::scene::{Line, Scene};
use crate::model::Symbol;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// Transactions with more spans than this teach no habits.
const MAX_NODES: usize = 256;
/// So many spans before a span are looked at.
const MAX_BEFORE: usize = 48;

/// How two kinds stand to each other.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    /// Transactions that have both.
    both: u32,
    /// Of these, those in which the first kind's first record is the earlier one.
    before: u32,
    /// Of these, those that have as many of the one as of the other.
    equal: u32,
    /// How often a span of the first kind stood before one of the second.
    stood: u32,
    /// Spans of the second kind that began while one of the first was open.
    around: u32,
}

/// How spans of a kind stand among all.
#[derive(Clone, Copy, Debug, Default)]
struct Alone {
    /// Transactions that have the kind.
    traces: u32,
    /// Spans of the kind.
    all: u32,
    /// Of these, those that began while no other span of their service was open.
    alone: u32,
}

/// The habits of a run.
#[derive(Clone, Debug, Default)]
pub struct Habits {
    kinds: FxHashMap<u64, Alone>,
    pairs: FxHashMap<(u64, u64), Pair>,
    /// What the pairs tell, once all are counted, and where their distances are in `distances`.
    told: FxHashMap<(u64, u64), (Habit, u32, u32)>,
    distances: Vec<Distance>,
    /// Distances from the last record of an earlier span, by its template, its kind, and the kind of the later span.
    delays: FxHashMap<(Symbol, u64, u64), Delays>,
}

/// Distances between two kinds from records of one template.
#[derive(Clone, Debug)]
struct Distance {
    template: Symbol,
    /// See [`Habit`].
    steady: f32,
    tight: f32,
    /// Few distances prove little.
    sure: f32,
    delays: Delays,
}

/// What habits tell of two spans; each from 0 to 1, or 0 where too little is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Habit {
    /// The parent's kind comes first wherever both are: -1 for never, 1 for always.
    pub order: f32,
    /// The share of transactions with the child's kind that have the parent's.
    pub needed: f32,
    /// The share of transactions with the parent's kind that have the child's.
    pub implied: f32,
    /// The share of transactions with both that have as many of each.
    pub equal: f32,
    /// The share of pairs in which the parent's last record before the child is of this template.
    pub steady: f32,
    /// How narrow the distances from that record are.
    pub tight: f32,
    /// How well this distance fits them.
    pub fit: f32,
    /// The share of spans of the child's kind that began while one of the parent's kind was open.
    pub around: f32,
}

impl Habits {
    /// Takes in one transaction.
    pub fn learn(&mut self, scene: &Scene) {
        if scene.nodes.len() > MAX_NODES {
            return;
        }
        let mut kinds: Vec<(u64, u32, u32)> = Vec::new();
        for node in scene.nodes.iter().filter(|node| !node.lines.is_empty()) {
            match kinds.iter_mut().find(|(kind, ..)| *kind == node.kind) {
                Some((_, first, count)) => {
                    *first = (*first).min(node.lines[0]);
                    *count += 1;
                }
                None => kinds.push((node.kind, node.lines[0], 1)),
            }
        }
        for &(kind, first, count) in &kinds {
            self.kinds.entry(kind).or_default().traces += 1;
            for &(other, later, others) in &kinds {
                if kind != other {
                    let pair = self.pairs.entry((kind, other)).or_default();
                    pair.both += 1;
                    pair.before += u32::from(first < later);
                    pair.equal += u32::from(count == others);
                }
            }
        }
        for (index, node) in scene.nodes.iter().enumerate() {
            let Some(opening) = scene.opening(index as u32) else { continue };
            self.surroundings(scene, index as u32);
            // the last record of each span before this one, latest first
            let mut seen: Vec<u32> = Vec::with_capacity(MAX_BEFORE);
            for line in scene.lines[..opening.order as usize].iter().rev() {
                if line.node as usize == index || seen.contains(&line.node) {
                    continue;
                }
                seen.push(line.node);
                let kind = scene.nodes[line.node as usize].kind;
                self.pairs.entry((kind, node.kind)).or_default().stood += 1;
                self.delays
                    .entry((line.template, kind, node.kind))
                    .or_default()
                    .add(opening.time.saturating_sub(line.time), 1);
                if seen.len() == MAX_BEFORE {
                    break;
                }
            }
        }
    }

    fn surroundings(&mut self, scene: &Scene, node: u32) {
        let own = &scene.nodes[node as usize];
        let mut around: Vec<u64> = Vec::new();
        let mut accompanied = false;
        for (index, other) in scene.nodes.iter().enumerate() {
            if index as u32 != node && is_open(scene, index as u32, own.first) {
                accompanied |= other.service == own.service && other.first < own.first;
                if !around.contains(&other.kind) {
                    around.push(other.kind);
                }
            }
        }
        let entry = self.kinds.entry(own.kind).or_default();
        entry.all += 1;
        entry.alone += u32::from(!accompanied);
        for kind in around {
            self.pairs.entry((kind, own.kind)).or_default().around += 1;
        }
    }

    /// How surely spans of a kind are the first of their service: 0 for those that another span of it always surrounds, 1
    /// for those that none does; one half if nothing is known.
    pub fn enters(&self, kind: u64) -> f32 {
        let Alone { all, alone, .. } = self.kinds.get(&kind).copied().unwrap_or_default();
        (alone as f32 + 1.0) / (all as f32 + 2.0)
    }

    /// Adds what another part of the run taught.
    pub fn merge(mut self, mut other: Habits) -> Habits {
        if other.pairs.len() > self.pairs.len() {
            std::mem::swap(&mut self, &mut other);
        }
        for (kind, other) in other.kinds {
            let own = self.kinds.entry(kind).or_default();
            own.traces += other.traces;
            own.all += other.all;
            own.alone += other.alone;
        }
        for (kinds, other) in other.pairs {
            let own = self.pairs.entry(kinds).or_default();
            own.both += other.both;
            own.before += other.before;
            own.equal += other.equal;
            own.stood += other.stood;
            own.around += other.around;
        }
        for (key, delays) in other.delays {
            match self.delays.entry(key) {
                Entry::Occupied(mut own) => own.get_mut().merge(&delays),
                Entry::Vacant(free) => {
                    free.insert(delays);
                }
            }
        }
        self
    }

    /// Draws from the counts what is asked for often; to be called when all parts are merged.
    pub fn settle(mut self) -> Habits {
        let mut delays: Vec<((u64, u64), Symbol, Delays)> = std::mem::take(&mut self.delays)
            .into_iter()
            .map(|((template, parent, child), delays)| ((parent, child), template, delays))
            .collect();
        delays.sort_unstable_by_key(|(kinds, template, _)| (*kinds, *template));
        let pairs = std::mem::take(&mut self.pairs);
        for (kinds, pair) in &pairs {
            self.told.insert(*kinds, (self.tell(*kinds, *pair), 0, 0));
        }
        for (kinds, template, mut delays) in delays {
            delays.settle();
            let at = self.distances.len() as u32;
            let Some((_, start, end)) = self.told.get_mut(&kinds) else { continue };
            if *end == 0 {
                *start = at;
            }
            *end = at + 1;
            let total = delays.total() as f32;
            let sure = total / (total + 10.0);
            self.distances.push(Distance {
                template,
                steady: total / (pairs[&kinds].stood as f32 + 3.0),
                tight: delays.tightness() * sure,
                sure,
                delays,
            });
        }
        self
    }

    /// What is usual between two kinds.
    fn tell(&self, (parent, child): (u64, u64), pair: Pair) -> Habit {
        let of = |kind: u64| self.kinds.get(&kind).copied().unwrap_or_default();
        let mut habit = Habit::default();
        // few transactions prove little
        let share = |part: u32, all: u32| part as f32 / (all as f32 + 3.0);
        if pair.both > 0 {
            let sure = pair.both as f32 / (pair.both as f32 + 3.0);
            habit.order = (2.0 * pair.before as f32 / pair.both as f32 - 1.0) * sure;
            habit.needed = share(pair.both, of(child).traces);
            habit.implied = share(pair.both, of(parent).traces);
            habit.equal = share(pair.equal, pair.both);
        }
        habit.around = share(pair.around, of(child).all);
        habit
    }

    /// What is usual between a parent, of which `anchor` is the record before, and the span that `opening` opens.
    pub fn between(&self, scene: &Scene, parent: u32, opening: &Line, anchor: Option<&Line>) -> Habit {
        let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[opening.node as usize]);
        let Some(&(mut habit, start, end)) = self.told.get(&(p.kind, c.kind)) else {
            return Habit::default();
        };
        if let Some(anchor) = anchor
            && let distances = &self.distances[start as usize..end as usize]
            && let Some(known) = distances.iter().find(|known| known.template == anchor.template)
        {
            habit.steady = known.steady;
            habit.tight = known.tight;
            habit.fit = known.delays.fit(opening.time.saturating_sub(anchor.time)) * known.sure;
        }
        habit
    }
}
