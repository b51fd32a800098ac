//! What comes along with a step: which steps the transactions have that have it, and how often.
//!
//! It is counted over whole transactions, so that edges drawn wrongly change nothing. Only steps after which a warning came
//! are looked at, and the steps right before the hops that rules are about.

use super::rules::Rules;
use super::shape::{Hop, Shape, Step};
use super::steps::Steps;
use crate::model::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// So often a step is told apart.
const MOST: usize = 4;
/// Steps that are looked at.
const MAX_ANCHORS: usize = 1024;
/// Transactions that are looked at, about.
const ENOUGH: u32 = 16_384;
/// Steps of one hop before a warning that are looked at.
const MAX_BEFORE: usize = 2;
/// Hops among which it is looked for what came before.
const MAX_HOPS: usize = 256;
/// What comes along in this share of the transactions does so usually.
const MIN_USUAL: f64 = 0.9;
/// Fewer transactions teach nothing.
const MIN_PEERS: u32 = 8;
/// What is right before an effect is known where it is of one service in this share of all.
const MIN_BEFORE: f64 = 0.5;

/// The steps before a warning whose company may tell whether all went on as usual after it: those of the same hop, of the
/// same service, of the cause, and the first one of all.
pub fn anchors(shape: &Shape, hop: &Hop, at: usize) -> Vec<u64> {
    let warned = &hop.steps[at];
    let calm = |step: &&Step| !step.warned;
    let mut found: Vec<u64> =
        hop.steps[..at].iter().rev().filter(calm).take(MAX_BEFORE).map(|step| step.kind).collect();
    if found.is_empty() && shape.hops.len() <= MAX_HOPS {
        let others = shape.hops.iter().filter(|other| other.service == hop.service);
        let before = others.flat_map(|other| &other.steps).filter(calm).filter(|it| it.time < warned.time);
        found.extend(before.max_by_key(|it| (it.time, it.kind)).map(|it| it.kind));
    }
    if let Some(parent) = hop.parent {
        let before = shape.hops[parent as usize].steps.iter().rev().filter(|it| it.time <= warned.time);
        found.extend(before.filter(calm).take(MAX_BEFORE).map(|it| it.kind));
    }
    found.extend(shape.hops.first().and_then(|first| first.steps.first()).map(|step| step.kind));
    found.sort_unstable();
    found.dedup();
    found
}

/// How often steps come along with one.
#[derive(Clone, Debug, Default)]
struct Company {
    /// Transactions with it once.
    once: u32,
    /// By further step: in how many of these at least one, two, and so on are there.
    steps: FxHashMap<u64, [u32; MOST]>,
}

/// What comes along with steps, by their kinds.
#[derive(Clone, Debug, Default)]
pub struct Along {
    company: FxHashMap<u64, Company>,
    /// By effect: how often each step is right before the first one of its kind.
    before: FxHashMap<u64, FxHashMap<u64, u32>>,
}

/// What is looked at, and in which transactions.
#[derive(Debug)]
pub(super) struct Looked {
    anchors: FxHashSet<u64>,
    effects: FxHashSet<u64>,
    /// One of so many transactions, as a power of two.
    rare: u32,
}

impl Looked {
    pub(super) fn of(anchors: &FxHashSet<u64>, rules: &Rules, transactions: u32) -> Looked {
        let mut kept: Vec<u64> = anchors.iter().copied().chain(rules.triggers()).collect();
        kept.sort_unstable();
        kept.dedup();
        kept.truncate(MAX_ANCHORS);
        let rare = (transactions / ENOUGH).checked_ilog2().map_or(0, |bits| bits + 1);
        Looked { anchors: kept.into_iter().collect(), effects: rules.effects(), rare }
    }

    /// Looks at a transaction.
    pub(super) fn see(&self, steps: &Steps, along: &mut Along) {
        let Some(start) = steps.places().map(|(.., place)| place.time).min() else { return };
        if self.rare > 0 && (start as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - self.rare) != 0 {
            return;
        }
        for (anchor, number) in steps.numbers() {
            if number != 1 || !self.anchors.contains(&anchor) {
                continue;
            }
            let company = along.company.entry(anchor).or_default();
            company.once += 1;
            for (step, number) in steps.numbers() {
                let counts = company.steps.entry(step).or_default();
                counts.iter_mut().take(number as usize).for_each(|count| *count += 1);
            }
        }
        if steps.numbers().any(|(step, _)| self.effects.contains(&step)) {
            let mut in_time: Vec<(i64, u64)> =
                steps.places().map(|(kind, _, place)| (place.time, kind)).collect();
            in_time.sort_unstable();
            for pair in in_time.windows(2).filter(|pair| self.effects.contains(&pair[1].1)) {
                *along.before.entry(pair[1].1).or_default().entry(pair[0].1).or_default() += 1;
            }
        }
    }
}

impl Along {
    pub(super) fn merge(mut self, mut other: Along) -> Along {
        if other.company.len() > self.company.len() {
            std::mem::swap(&mut self, &mut other);
        }
        for (anchor, company) in other.company {
            let known = self.company.entry(anchor).or_default();
            known.once += company.once;
            for (step, counts) in company.steps {
                let all = known.steps.entry(step).or_default();
                all.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
            }
        }
        for (effect, steps) in other.before {
            let known = self.before.entry(effect).or_default();
            for (step, times) in steps {
                *known.entry(step).or_default() += times;
            }
        }
        self
    }

    /// The steps that usually come along with one that a transaction has once, with how often at least, in no order.
    pub fn usual(&self, anchor: u64) -> impl Iterator<Item = (u64, u32)> + '_ {
        let company = self.company.get(&anchor).filter(|company| company.once >= MIN_PEERS);
        company.into_iter().flat_map(|company| {
            let least = f64::from(company.once) * MIN_USUAL;
            company.steps.iter().filter_map(move |(step, counts)| {
                let number = counts.iter().filter(|count| f64::from(**count) >= least).count() as u32;
                (number > 0).then_some((*step, number))
            })
        })
    }

    /// The other service whose steps are usually right before an effect, and these steps, most frequent first.
    pub fn right_before(
        &self,
        effect: u64,
        service: impl Fn(u64) -> Option<Symbol>,
    ) -> Option<(Symbol, Vec<u64>)> {
        let own = service(effect)?;
        let mut all = 0;
        let mut by_service: FxHashMap<Symbol, (u32, Vec<(u32, u64)>)> = FxHashMap::default();
        for (&step, &times) in self.before.get(&effect)? {
            all += times;
            if let Some(service) = service(step).filter(|service| *service != own) {
                let (sum, steps) = by_service.entry(service).or_default();
                *sum += times;
                steps.push((times, step));
            }
        }
        let (service, (sum, mut steps)) =
            by_service.into_iter().max_by_key(|(name, (sum, _))| (*sum, name.0))?;
        if all < MIN_PEERS || f64::from(sum) < f64::from(all) * MIN_BEFORE {
            return None;
        }
        steps.sort_unstable_by(|one, other| other.cmp(one));
        Some((service, steps.into_iter().map(|(_, step)| step).collect()))
    }
}
