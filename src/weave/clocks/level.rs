//! Clocks that tell whole seconds, say, against clocks that tell more.
//!
//! Such a clock leaves out what is beyond the second, so its differences from a finer one are spread evenly over one second,
//! and no side of them is sharp. But where two records follow each other at once they are spread no further than that, and
//! the middle between both ends is half a second away from what the clocks would tell.

use super::super::lexicon::Lexicon;
use super::evidence::{Evidence, Moment, Node, Seen};
use crate::gather::{COARSE, Store};
use crate::model::{EventId, Symbol};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// So many differences tell the ends of a second.
const MIN_SAMPLES: usize = 32;
/// This share of the differences, as its inverse, may lie beyond each end.
const BEYOND: usize = 20;
/// What a clock is moved by at most, in nanoseconds: what is further apart is rather done so much later.
const MOST: i64 = 10_000_000_000;

/// A delay that varies as little is less than this share of what a coarse clock leaves out, as its inverse.
const DELAYED: i64 = 4;

/// Whether the times of a clock are multiples of so much that its differences have no sharp side.
pub(super) fn is_coarse(resolution: i64) -> bool {
    resolution >= COARSE
}

/// What an event's clock logs there: its template; of a coarse clock, of which all that is told has to be level, more precisely.
pub(super) fn logged(store: &Store, lexicon: &Lexicon, id: EventId) -> Symbol {
    if store.grain(id) > 0 { lexicon.what(store, id) } else { store.event(id).template }
}

/// How far sorted differences are spread, and how far the two clocks are apart by them, if these are spread no further than
/// the coarse one leaves open; `grains` are what the times of the first and of the second clock are multiples of, of which one is coarse.
pub(super) fn level(gaps: &[i64], grains: [i64; 2]) -> Option<(i64, i64)> {
    let grain = grains[0].max(grains[1]);
    if gaps.len() < MIN_SAMPLES || is_coarse(grains[0].min(grains[1])) {
        return None;
    }
    let beyond = gaps.len() / BEYOND;
    let (low, high) = (gaps[beyond], gaps[gaps.len() - 1 - beyond]);
    let width = high - low;
    let half = if grains[0] == grain { -grain / 2 } else { grain / 2 };
    (width <= grain / 20 * 19).then(|| (width, low + width / 2 + half))
}

/// The differences between what coarse clocks and finer ones logged, over transactions.
#[derive(Debug, Default)]
pub(super) struct Level {
    gaps: FxHashMap<(Node, Node), Vec<i64>>,
}

impl Level {
    /// Takes in what a transaction logged once; what the times of each clock are multiples of, as far as it was seen.
    pub fn see(&mut self, seen: &[Seen], resolutions: &[i64]) {
        let coarse = |one: &&Seen| is_coarse(resolutions[one.node.0 as usize]);
        for one in seen.iter().filter(coarse) {
            for other in seen.iter().filter(|other| !coarse(other)) {
                let gap = one.time.0.saturating_sub(other.time.0);
                self.gaps.entry((one.node, other.node)).or_default().push(gap);
            }
        }
    }

    /// What these tell of coarse clocks.
    pub fn told(mut self, resolutions: &[i64]) -> Told {
        self.gaps.values_mut().for_each(|gaps| gaps.sort_unstable());
        let mut told = Told::default();
        for (&(one, other), gaps) in &self.gaps {
            let grains = [other, one].map(|node| resolutions[node.0 as usize]);
            if let Some((_, difference)) = level(gaps, grains) {
                told.level.push((one.0, other.0, difference));
            }
            told.within.extend(self.within(one, other, resolutions));
        }
        told.level.sort_unstable();
        told.within.sort_unstable_by_key(|within| {
            (within.clock, within.what, within.other, within.least, within.most)
        });
        told
    }

    /// What a record of a finer clock tells of one of a coarse clock that tells how long something took.
    fn within(&self, one: Node, other: Node, resolutions: &[i64]) -> Option<Within> {
        let gaps = self.gaps.get(&(one, other)).filter(|gaps| gaps.len() >= MIN_SAMPLES)?;
        let begun = self.gaps.get(&((one.0, one.1, Moment::Begin), other));
        let begun = begun.filter(|_| one.2 == Moment::Logged)?;
        let beyond = |gaps: &[i64]| gaps.len() / BEYOND / 2;
        Some(Within {
            clock: one.0,
            what: one.1,
            other: other.0,
            least: begun[begun.len() - 1 - beyond(begun)],
            most: gaps[beyond(gaps)] + resolutions[one.0 as usize],
        })
    }
}

/// What finer clocks tell of coarse ones.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Coarse clocks, finer ones, and how far the coarse one is ahead of the finer one by two records that are level.
    pub level: Vec<(u32, u32, i64)>,
    /// By what lies within what coarse clocks tell the length of.
    pub within: Vec<Within>,
}

/// How far a coarse clock is ahead of a finer one if the finer one's records come after the beginning of what the coarse one tells
/// of, at least, and if they come before its end, at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Within {
    clock: u32,
    /// What the coarse clock tells of.
    what: Symbol,
    other: u32,
    least: i64,
    most: i64,
}

/// The offset of a coarse clock that nothing is level with, by a kind of its records that all else in its transactions comes
/// after: it is so far ahead at least. What comes before the end of these tells most; what would contradict comes behind it.
fn around(evidence: &Evidence, offsets: &[Option<i64>], clock: u32) -> Option<i64> {
    let of_clock: Vec<&Within> =
        evidence.coarse.within.iter().filter(|within| within.clock == clock).collect();
    let kinds = of_clock.chunk_by(|a, b| a.what == b.what).filter_map(|kind| {
        let bound = |within: &&Within| {
            let offset = offsets[within.other as usize]?;
            Some((offset + within.least, offset + within.most))
        };
        let bounds: Vec<(i64, i64)> = kind.iter().filter_map(bound).collect();
        let low = bounds.iter().map(|(low, _)| *low).max()?;
        let high = bounds.iter().map(|(_, high)| *high).filter(|high| *high >= low).min()?;
        Some((low, high))
    });
    // of others something comes before, which puts them too far ahead
    let narrow = |(low, high): &(i64, i64)| high - low <= evidence.resolution[clock as usize] / 2;
    let (low, high) = kinds.filter(narrow).min()?;
    Some(low + (high - low) / 2).filter(|offset| offset.abs() <= MOST)
}

/// The offsets of coarse clocks, by those of finer ones that they are level with: the one in the middle, as what comes before
/// a record of theirs says a bit more, and what comes behind it a bit less.
pub(super) fn leveled(evidence: &Evidence, offsets: &[Option<i64>]) -> BTreeMap<usize, i64> {
    let mut all: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for &(clock, other, difference) in &evidence.coarse.level {
        let Some(offset) = offsets[other as usize].map(|offset| offset + difference) else { continue };
        if offset.abs() <= MOST {
            all.entry(clock as usize).or_default().push(offset);
        }
    }
    let found = all.into_iter().map(|(clock, mut of)| {
        of.sort_unstable();
        let middle = of[of.len() / 2];
        (clock, proven(evidence, offsets, clock, middle))
    });
    let mut found: BTreeMap<usize, i64> = found.collect();
    for clock in coarse(evidence) {
        if !found.contains_key(&(clock as usize))
            && let Some(offset) = around(evidence, offsets, clock)
        {
            found.insert(clock as usize, offset);
        }
    }
    found
}

/// The offset of a coarse clock that is nearest to the one at hand and leaves nothing that is proven to cause something
/// behind it, of what is as far from it as delays may be.
fn proven(evidence: &Evidence, offsets: &[Option<i64>], clock: usize, at: i64) -> i64 {
    let grain = evidence.resolution[clock];
    let (mut low, mut high) = (at, at);
    for pair in evidence.pairs.iter().filter(|pair| pair.proven && pair.gaps.len() >= MIN_SAMPLES) {
        let [from, to] = [pair.from as usize, pair.to as usize];
        let least = pair.quantile(1.0 / BEYOND as f64 / 2.0);
        let delayed = |bound: &i64| (bound - at).abs() <= grain / DELAYED;
        if to == clock
            && let Some(bound) = offsets[from].map(|offset| offset + least + grain).filter(delayed)
        {
            high = high.min(bound);
        } else if from == clock
            && let Some(bound) = offsets[to].map(|offset| offset - least).filter(delayed)
        {
            low = low.max(bound);
        }
    }
    if high < at { high } else { low }
}

/// Those coarse clocks of which finer ones tell something.
pub(super) fn coarse(evidence: &Evidence) -> BTreeSet<u32> {
    let within = evidence.coarse.within.iter().map(|within| within.clock);
    evidence.coarse.level.iter().map(|(clock, ..)| *clock).chain(within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: i64 = 1_000_000;

    /// Evenly spread differences.
    fn spread(low: i64, high: i64) -> Vec<i64> {
        (0..=100).map(|at| (low + (high - low) * at / 100) * MILLI).collect()
    }

    #[test]
    fn the_middle_of_a_second_tells_how_far_a_coarse_clock_is_off() {
        // it is 300 ms ahead and leaves out what is beyond the second
        let (fine, coarse) = (MILLI, 1000 * MILLI);
        let told = |gaps: &[i64], grains| level(gaps, grains).map(|(_, difference)| difference / MILLI);
        assert_eq!(told(&spread(-700, 300), [fine, coarse]), Some(300));
        assert_eq!(told(&spread(-300, 700), [coarse, fine]), Some(-300));
        // there is more between the two than a second leaves open
        assert_eq!(told(&spread(-1100, 300), [fine, coarse]), None);
        assert_eq!(told(&spread(-700, 300), [coarse, coarse]), None);
        assert_eq!(told(&spread(-700, 300)[..20], [fine, coarse]), None);
    }

    #[test]
    fn what_lies_within_requests_tells_where_the_coarse_clock_of_their_proxy_is() {
        let within = |what: u64, least: i64, most: i64| Within {
            clock: 1,
            what: Symbol(what),
            other: 0,
            least: least * MILLI,
            most: most * MILLI,
        };
        let told = |within: &[Within]| {
            let resolution = vec![MILLI, 1000 * MILLI];
            let coarse = Told { within: within.to_vec(), ..Told::default() };
            let evidence = Evidence { resolution, coarse, ..Evidence::default() };
            leveled(&evidence, &[Some(0), None]).get(&1).map(|told| told / MILLI)
        };
        // the service that answers, a consumer that is done long after, and one that begins far within
        let all = [within(1, -430, -350), within(1, -900, -1400), within(1, -700, -300)];
        assert_eq!(told(&all), Some(-390));
        // of requests that something comes before nothing is told
        assert_eq!(told(&[all[0], within(2, 5000, 5100)]), Some(-390));
        // nothing tells more than a second leaves open
        assert_eq!(told(&[within(1, -900, -200)]), None);
    }

    #[test]
    fn what_is_before_and_behind_tells_where_a_coarse_clock_is() {
        let evidence = |level: &[(u32, u32, i64)]| Evidence {
            resolution: vec![MILLI, 1000 * MILLI, MILLI, MILLI],
            coarse: Told {
                level: level
                    .iter()
                    .map(|&(clock, other, difference)| (clock, other, difference * MILLI))
                    .collect(),
                ..Told::default()
            },
            ..Evidence::default()
        };
        let offsets = [Some(0), None, Some(500 * MILLI), None];
        let told =
            |level: &[(u32, u32, i64)]| leveled(&evidence(level), &offsets).get(&1).map(|told| told / MILLI);
        assert_eq!(told(&[(1, 0, 1975), (1, 0, 1900), (1, 0, 1785)]), Some(1900));
        assert_eq!(told(&[(1, 2, 1200)]), Some(1700));
        // nothing is known of the other clock
        assert_eq!(told(&[(1, 3, 1200)]), None);
        // what is half a minute later was done half a minute later
        assert_eq!(told(&[(1, 0, 30_000)]), None);
    }
}
