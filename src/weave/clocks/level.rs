//! Clocks that tell whole seconds, say, against clocks that tell more.
//!
//! Such a clock leaves out what is beyond the second, so its differences from a finer one are spread evenly over one second,
//! and no side of them is sharp. But where two records follow each other at once they are spread no further than that, and
//! the middle between both ends is half a second away from what the clocks would tell.

use super::super::lexicon::Lexicon;
use super::evidence::{Evidence, Node, Seen};
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

    /// Coarse clocks, finer ones, and how far the coarse one is ahead of the finer one by two records that are level.
    pub fn told(self, resolutions: &[i64]) -> Vec<(u32, u32, i64)> {
        let told = self.gaps.into_iter().filter_map(|((one, other), mut gaps)| {
            gaps.sort_unstable();
            let grains = [other, one].map(|node| resolutions[node.0 as usize]);
            level(&gaps, grains).map(|(_, difference)| (one.0, other.0, difference))
        });
        let mut told: Vec<(u32, u32, i64)> = told.collect();
        told.sort_unstable();
        told
    }
}

/// The offsets of coarse clocks, by those of finer ones that they are level with: the one in the middle, as what comes before
/// a record of theirs says a bit more, and what comes behind it a bit less.
pub(super) fn leveled(evidence: &Evidence, offsets: &[Option<i64>]) -> BTreeMap<usize, i64> {
    let mut all: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for &(clock, other, difference) in &evidence.level {
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
    found.collect()
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

/// Those coarse clocks of which there are such templates.
pub(super) fn coarse(evidence: &Evidence) -> BTreeSet<u32> {
    evidence.level.iter().map(|(clock, ..)| *clock).collect()
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
    fn what_is_before_and_behind_tells_where_a_coarse_clock_is() {
        let evidence = |level: &[(u32, u32, i64)]| Evidence {
            resolution: vec![MILLI, 1000 * MILLI, MILLI, MILLI],
            level: level
                .iter()
                .map(|&(clock, other, difference)| (clock, other, difference * MILLI))
                .collect(),
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
