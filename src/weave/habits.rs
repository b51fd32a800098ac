//! How the kinds of spans of a run stand to each other before anything is decided: what always comes before what, and
//! after which record, at which distance.
//!
//! What causes a span comes before it in every transaction that has both; what merely stands beside it does so half of the
//! time, and at a distance that varies more. All is counted in integers, so that parts of a run merge in any order.

use super::features::ties::rarest;
use super::features::{SLACK, is_open, may_be_open, scaled};
use super::gaps::{self, Gap, Gaps};
use super::holders::Which;
use super::scene::Scene;
use crate::model::Symbol;
use rustc_hash::FxHashMap;

/// Transactions with more spans than this teach no habits.
const MAX_NODES: usize = 256;
/// So many spans before and after a span are looked at.
const MAX_NEAR: usize = 48;
/// Who had a value first is asked of values that so many spans hold at most.
const MOST_HOLDERS: usize = 12;
/// Lags that differ by less, in hundredths of [`scaled`], are one.
const LAG_STEP: u32 = 10;

/// One in so many spans of a kind tells what others may do.
const GOES_ON: u64 = 20;

/// When a span began, and with which of the lines of its transaction.
type Start = (i64, u32);

/// How two kinds stand to each other.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    /// Transactions that have both.
    both: u32,
    /// Of these, those in which the first kind's first record is the earlier one.
    before: u32,
    /// Of these, those in which it is not later by more than a moment.
    near: u32,
    /// Of these, those that have as many of the one as of the other.
    equal: u32,
    /// Spans of the second kind that began while one of the first was open.
    around: u32,
    /// Of the transactions with both, those that have several of the first and one of the second kind.
    several: u32,
    /// Of these, those in which it comes after all of them.
    gathered: u32,
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
    /// Of these, those that began while another span of their service may have been open.
    following: u32,
    /// Of these, those that logged more than one record.
    told_more: u32,
}

/// The habits of a run.
#[derive(Clone, Debug, Default)]
pub struct Habits {
    kinds: FxHashMap<u64, Alone>,
    /// By kind and name: how many spans of the kind got their rarest value under this name from one that is said to have
    /// sent it, and how many got one under this name.
    sent: FxHashMap<(u64, Symbol), (u32, u32)>,
    /// By kind and name: by how much later than the first one that held it spans of the kind held a value, summed up in the
    /// hundredths of [`scaled`], and how many did.
    lags: FxHashMap<(u64, Symbol), (u32, u32)>,
    pairs: FxHashMap<(u64, u64), Pair>,
    /// What the pairs tell, once all are counted.
    told: FxHashMap<(u64, u64), Between>,
    /// From the last record of an earlier span to the start of a later one.
    before: Gaps,
    /// From the end of a later span to the next record of an earlier one.
    after: Gaps,
}

/// What habits tell of two spans; each from 0 to 1, or 0 where too little is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Habit {
    /// The parent's kind comes first wherever both are: -1 for never, 1 for always.
    pub order: f32,
    /// The same where it may be later by a moment.
    pub order_near: f32,
    /// The share of transactions with the child's kind that have the parent's.
    pub needed: f32,
    /// The share of transactions with the parent's kind that have the child's.
    pub implied: f32,
    /// The share of transactions with both that have as many of each.
    pub equal: f32,
    /// The share of spans of the child's kind that began while one of the parent's kind was open.
    pub around: f32,
    /// The share of transactions with several of the parent's kind and one of the child's in which it comes after all of them:
    /// what waits for several follows the last one.
    pub gathers: f32,
}

/// All that is known of two kinds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Between {
    /// What they are to each other.
    pub habit: Habit,
    /// How rare it is that the one is without the other: the child without the parent, the parent without the child.
    pub exceptions: [f32; 2],
    /// See [`Habits::enters`], of the parent's kind.
    pub enters: f32,
    before: gaps::Of,
    after: gaps::Of,
}

impl Between {
    /// Draws from what the kinds are to each other what is asked for often.
    fn complete(&mut self, enters: f32) {
        self.enters = enters;
        self.exceptions = [exceptions(self.habit.needed), exceptions(self.habit.implied)];
    }
}

/// How rare exceptions are: 0 if they are the rule, 2 if there are none among hundreds.
fn exceptions(share: f32) -> f32 {
    -(1.01 - share.min(1.0)).log10()
}

impl Habits {
    /// Takes in one transaction.
    pub fn learn(&mut self, scene: &Scene) {
        if scene.nodes.len() > MAX_NODES {
            return;
        }
        self.together(scene);
        self.lags(scene);
        for index in
            (0..scene.nodes.len() as u32).filter(|index| !scene.nodes[*index as usize].lines.is_empty())
        {
            self.surroundings(scene, index);
            if let Some(rarest) = rarest(scene, index, None) {
                let entry = self.sent.entry((scene.nodes[index as usize].kind, rarest.name)).or_default();
                entry.0 += u32::from(rarest.sent());
                entry.1 += 1;
            }
            self.gaps(scene, index);
        }
    }

    /// How long after the first one that held it each one held a value.
    fn lags(&mut self, scene: &Scene) {
        for which in 0..scene.holders.count() {
            let holding = scene.holders.value(which);
            if !(2..=MOST_HOLDERS).contains(&holding.nodes.len()) {
                continue;
            }
            for (&node, since) in holding.nodes.iter().zip(holding.since) {
                let name = scene.holders.name(which, node);
                let entry = self.lags.entry((scene.nodes[node as usize].kind, name)).or_default();
                entry.0 += (scaled(since - holding.since[0]) * 100.0) as u32;
                entry.1 += 1;
            }
        }
    }

    /// How the kinds of spans stand together.
    fn together(&mut self, scene: &Scene) {
        let mut kinds: Vec<(u64, [Start; 2], u32)> = Vec::new();
        for node in scene.nodes.iter().filter(|node| !node.lines.is_empty()) {
            let (kind, begin) = (node.kind, (node.begin, node.lines[0]));
            match kinds.iter_mut().find(|(known, ..)| *known == kind) {
                Some((_, [first, last], count)) => {
                    (*first, *last) = ((*first).min(begin), (*last).max(begin));
                    *count += 1;
                }
                None => kinds.push((kind, [begin; 2], 1)),
            }
        }
        for &(kind, [first, last], count) in &kinds {
            self.kinds.entry(kind).or_default().traces += 1;
            for &(other, [later, _], others) in &kinds {
                if kind != other {
                    let pair = self.pairs.entry((kind, other)).or_default();
                    pair.both += 1;
                    pair.before += u32::from(first < later);
                    pair.near += u32::from(first.0 <= later.0 + SLACK);
                    pair.equal += u32::from(count == others);
                    let several = count > 1 && others == 1;
                    pair.several += u32::from(several);
                    pair.gathered += u32::from(several && last < later);
                }
            }
        }
    }

    /// The gaps between a span and those that began before it.
    fn gaps(&mut self, scene: &Scene, node: u32) {
        let own = &scene.nodes[node as usize];
        let mut near: Vec<u32> = Vec::with_capacity(MAX_NEAR);
        let earlier = scene.lines[..own.opens as usize].iter().rev();
        for line in earlier.filter(|line| line.node != node) {
            if !near.contains(&line.node) {
                near.push(line.node);
                let kinds = scene.nodes[line.node as usize].pair(own);
                self.before.add(line.template, kinds, own.begin.saturating_sub(line.time));
                if near.len() == MAX_NEAR {
                    break;
                }
            }
        }
        // spans of which only the end was logged, but a duration tells that they had begun
        for (index, other) in (0u32..).zip(&scene.nodes) {
            let unlogged = index != node && other.begin < other.first && other.last >= own.begin;
            if unlogged
                && !near.contains(&index)
                && let Some((template, time)) = scene.anchor(index, node)
            {
                self.before.add(template, other.pair(own), own.begin.saturating_sub(time));
            }
        }
        near.clear();
        let end = own.lines[own.lines.len() - 1];
        for line in scene.lines[end as usize + 1..].iter().filter(|line| line.node != node) {
            if !near.contains(&line.node) {
                let other = &scene.nodes[line.node as usize];
                near.push(line.node);
                self.after.add(line.template, other.pair(own), line.time.saturating_sub(own.last));
                if near.len() == MAX_NEAR {
                    break;
                }
            }
        }
    }

    fn surroundings(&mut self, scene: &Scene, node: u32) {
        let own = &scene.nodes[node as usize];
        let mut around: Vec<(u64, u64)> = Vec::new();
        let (mut accompanied, mut following) = (false, false);
        for (index, other) in scene.nodes.iter().enumerate() {
            following |= !following
                && index as u32 != node
                && other.service == own.service
                && !other.lines.is_empty()
                && may_be_open(scene, index as u32, own);
            if index as u32 != node && is_open(scene, index as u32, own.begin) {
                accompanied |= other.service == own.service && other.begin < own.begin;
                let pair = other.pair(own);
                if !around.contains(&pair) {
                    around.push(pair);
                }
            }
        }
        let entry = self.kinds.entry(own.kind).or_default();
        entry.all += 1;
        entry.alone += u32::from(!accompanied);
        entry.following += u32::from(following);
        entry.told_more += u32::from(own.lines.len() > 1);
        for pair in around {
            self.pairs.entry(pair).or_default().around += 1;
        }
    }

    /// How surely spans of a kind are the first of their service: 0 for those that another span of it always surrounds, 1
    /// for those that none does; one half if nothing is known.
    pub fn enters(&self, kind: u64) -> f32 {
        let Alone { all, alone, .. } = self.kinds.get(&kind).copied().unwrap_or_default();
        (alone as f32 + 1.0) / (all as f32 + 2.0)
    }

    /// How often the rarest value of spans of a kind, if it has this name, was said to be sent by one other span.
    pub fn sent(&self, kind: u64, name: Symbol) -> f32 {
        let (sent, all) = self.sent.get(&(kind, name)).copied().unwrap_or_default();
        sent as f32 / (all as f32 + 1.0)
    }

    /// Who of a transaction had a value first: the one whose kind holds such values soonest after their first record, of equal
    /// ones the first. A sender may log a message only after others have received it, but never long after.
    pub fn origin(&self, scene: &Scene, which: Which) -> u32 {
        let nodes = scene.holders.value(which).nodes;
        if !(3..=MOST_HOLDERS).contains(&nodes.len()) {
            return nodes[0];
        }
        let lag = |node: u32| {
            let key = (scene.nodes[node as usize].kind, scene.holders.name(which, node));
            let (sum, all) = self.lags.get(&key).copied().unwrap_or_default();
            sum / (all * LAG_STEP).max(1)
        };
        nodes.iter().copied().min_by_key(|node| lag(*node)).unwrap_or(nodes[0])
    }

    /// How surely spans of a kind begin while another span of their service is open, or may be.
    pub fn follows(&self, kind: u64) -> f32 {
        let Alone { all, following, .. } = self.kinds.get(&kind).copied().unwrap_or_default();
        (following as f32 + 1.0) / (all as f32 + 2.0)
    }

    /// Whether spans of a kind that logged one record may have been far from their end: others of the kind went on.
    pub fn goes_on(&self, kind: u64) -> bool {
        let Alone { all, told_more, .. } = self.kinds.get(&kind).copied().unwrap_or_default();
        u64::from(told_more) * GOES_ON > u64::from(all)
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
            own.following += other.following;
            own.told_more += other.told_more;
        }
        for (key, (sent, all)) in other.sent {
            let own = self.sent.entry(key).or_default();
            own.0 += sent;
            own.1 += all;
        }
        for (key, (sum, all)) in other.lags {
            let own = self.lags.entry(key).or_default();
            own.0 += sum;
            own.1 += all;
        }
        for (kinds, other) in other.pairs {
            let own = self.pairs.entry(kinds).or_default();
            own.both += other.both;
            own.before += other.before;
            own.near += other.near;
            own.equal += other.equal;
            own.around += other.around;
            own.several += other.several;
            own.gathered += other.gathered;
        }
        self.before.merge(other.before);
        self.after.merge(other.after);
        self
    }

    /// Draws from the counts what is asked for often; to be called when all parts are merged.
    pub fn settle(mut self) -> Habits {
        let mut told = std::mem::take(&mut self.told);
        for (kinds, pair) in std::mem::take(&mut self.pairs) {
            told.insert(kinds, Between { habit: self.tell(kinds, pair), ..Between::default() });
        }
        self.before.settle(|kinds, of| told.entry(kinds).or_default().before = of);
        self.after.settle(|kinds, of| told.entry(kinds).or_default().after = of);
        for ((parent, _), between) in &mut told {
            between.complete(self.enters(*parent));
        }
        self.told = told;
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
            let order = |before: u32| (2.0 * before as f32 / pair.both as f32 - 1.0) * sure;
            (habit.order, habit.order_near) = (order(pair.before), order(pair.near));
            habit.needed = share(pair.both, of(child).traces);
            habit.implied = share(pair.both, of(parent).traces);
            habit.equal = share(pair.equal, pair.both);
            habit.gathers = share(pair.gathered, pair.several);
        }
        habit.around = share(pair.around, of(child).all);
        habit
    }

    /// What is known of the kinds of a parent and a child.
    pub fn between(&self, (parent, child): (u64, u64)) -> Between {
        self.told.get(&(parent, child)).copied().unwrap_or_else(|| {
            let mut unknown = Between::default();
            unknown.complete(self.enters(parent));
            unknown
        })
    }

    /// How narrow the gaps before a child are, from what its parent did last: for their length, and whatever their length.
    pub(super) fn before(&self, between: &Between, point: Option<(Symbol, i64)>) -> [f32; 2] {
        point.map_or([0.0; 2], |(template, _)| self.before.width(template, between.before))
    }

    /// What is usual of the gap after a child, to what its parent did next.
    pub(super) fn after(&self, between: &Between, scene: &Scene, parent: u32, child: u32) -> Gap {
        let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child as usize]);
        let Some(&end) = c.lines.last() else { return Gap::default() };
        let next = p.lines.partition_point(|order| *order < end);
        let Some(line) = p.lines.get(next).map(|order| &scene.lines[*order as usize]) else {
            return Gap::default();
        };
        self.after.gap(line.template, between.after, line.time.saturating_sub(c.last))
    }
}
