//! Moves no clock without need: each offset is held against all pairs of templates, not only those it was found from.
//!
//! A pair says that the effect is not before the cause, which allows a clock everything on one side of a point. Over
//! all pairs of a clock the offsets that break the fewest of them form an interval; few wrong pairs cannot move it far.

use super::evidence::{Evidence, MAX_BLUR, Pair};
use super::level::coarse;

/// Rounds over all clocks; each follows what the others found.
const ROUNDS: usize = 4;
/// Clocks that all agree break less than one pair in so many: causes that were guessed the wrong way round.
const FEW: usize = 10;
/// What a proven pair weighs among guessed ones.
const PROVEN: usize = 3;

/// What a pair says about the offsets of its two clocks: `to - from <= most`.
struct Limit {
    from: usize,
    to: usize,
    most: i64,
    weight: usize,
}

/// The offsets, corrected by what all pairs say; `None` for what does not have to be moved. Where most clocks agree, none
/// is moved. `least` is what is never told apart.
pub(super) fn settle(evidence: &Evidence, mut offsets: Vec<Option<i64>>, least: i64) -> Vec<Option<i64>> {
    let limits: Vec<Limit> = evidence.pairs.iter().filter_map(|pair| limit(evidence, pair, least)).collect();
    let leveled = coarse(evidence);
    for _ in 0..ROUNDS {
        let before = offsets.clone();
        for clock in 0..offsets.len() {
            // what is level with others, or within them, says more of a coarse clock than single pairs
            let is_fine = !leveled.contains(&(clock as u32));
            if let Some(offset) = offsets[clock].filter(|_| is_fine) {
                offsets[clock] = Some(held(&limits, &offsets, clock, offset));
            }
        }
        if offsets == before {
            break;
        }
    }
    let weight: usize = limits.iter().map(|limit| limit.weight).sum();
    let unmoved = broken(&limits, |_| 0);
    let moved = broken(&limits, |clock| offsets[clock].unwrap_or(0));
    if unmoved * FEW < weight || moved * 2 > unmoved { vec![None; offsets.len()] } else { offsets }
}

fn limit(evidence: &Evidence, pair: &Pair, least: i64) -> Option<Limit> {
    let (low, blur) = pair.crowd();
    let (from, to) = (pair.from as usize, pair.to as usize);
    let coarse = evidence.resolution[from].max(evidence.resolution[to]);
    (blur <= MAX_BLUR).then(|| Limit {
        from,
        to,
        most: low + least + blur + coarse,
        weight: if pair.proven { PROVEN } else { 1 },
    })
}

/// The weight of the pairs that offsets break.
fn broken<'l>(limits: impl IntoIterator<Item = &'l Limit>, offset: impl Fn(usize) -> i64) -> usize {
    limits
        .into_iter()
        .filter(|limit| offset(limit.to) - offset(limit.from) > limit.most)
        .map(|limit| limit.weight)
        .sum()
}

/// The offset of one clock among those of the others: the one at hand if that breaks nearly as few pairs as any, else
/// none if that does, else the nearest that does.
fn held(limits: &[Limit], offsets: &[Option<i64>], clock: usize, offset: i64) -> i64 {
    let of = |index: usize| offsets[index].unwrap_or(0);
    // above the first, or below the second, a pair is broken
    let mut above: Vec<(i64, usize)> = Vec::new();
    let mut below = above.clone();
    for limit in limits {
        if limit.to == clock {
            above.push((of(limit.from).saturating_add(limit.most), limit.weight));
        } else if limit.from == clock {
            below.push((of(limit.to).saturating_sub(limit.most), limit.weight));
        }
    }
    let breaks = |at: i64| -> usize {
        let over = above.iter().filter(|(point, _)| at > *point).map(|(_, weight)| weight);
        over.chain(below.iter().filter(|(point, _)| at < *point).map(|(_, weight)| weight)).sum()
    };
    let weight: usize = above.iter().chain(&below).map(|(_, weight)| weight).sum();
    let points = above.iter().chain(&below).map(|(point, _)| *point);
    // it changes only at these points
    let Some(fewest) = points.clone().map(breaks).min() else { return offset };
    let enough = fewest + weight / (2 * FEW);
    [offset, 0].into_iter().find(|at| breaks(*at) <= enough).unwrap_or_else(|| {
        let good = points.filter(|point| breaks(*point) <= enough);
        good.min_by_key(|point| ((point - offset).abs(), *point)).unwrap_or(offset)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Symbol, Time};

    const MILLI: i64 = 1_000_000;

    /// Clocks with pairs of templates: from, to, the gap that is always between them, and how many such pairs.
    fn evidence(clocks: usize, pairs: &[(u32, u32, i64, usize)]) -> Evidence {
        let pair = |&(from, to, gap, count): &(u32, u32, i64, usize)| {
            let gaps: Vec<i64> = (0..20).map(|index| gap * MILLI + index * 1000).collect();
            let one = Pair {
                from,
                to,
                course: gaps.iter().map(|gap| (Time(0), *gap)).collect(),
                gaps,
                proven: false,
            };
            vec![one; count]
        };
        Evidence {
            clocks: vec![(Symbol::default(), Symbol::default()); clocks],
            resolution: vec![MILLI; clocks],
            pairs: pairs.iter().flat_map(pair).collect(),
            span: (Time(0), Time(0)),
            ..Evidence::default()
        }
    }

    #[track_caller]
    fn check(pairs: &[(u32, u32, i64, usize)], found: [i64; 3], settled: Option<[i64; 3]>) {
        let offsets = found.map(|offset| Some(offset * MILLI)).to_vec();
        let got = settle(&evidence(3, pairs), offsets, 5 * MILLI);
        let settled =
            settled.map_or(vec![None; 3], |settled| settled.map(|offset| Some(offset * MILLI)).to_vec());
        assert_eq!(got, settled);
    }

    #[test]
    fn a_few_pairs_the_wrong_way_round_move_no_clock() {
        let right = [(0, 1, 3, 10), (1, 0, 4, 10), (1, 2, 3, 10)];
        check(&[&right[..], &[(2, 1, -40, 2)]].concat(), [0, 0, 40], None);
    }

    #[test]
    fn clocks_that_most_pairs_contradict_are_moved() {
        let pairs = [(0, 1, -800, 10), (1, 0, 810, 10), (1, 2, 3, 10)];
        check(&pairs, [0, -800, -800], Some([0, -800, -800]));
    }

    #[test]
    fn an_offset_that_its_other_pairs_contradict_gives_way() {
        let pairs = [(0, 1, -800, 10), (1, 0, 810, 10), (1, 2, 3, 10), (2, 1, 4, 10)];
        // found from a wrong pair: moved to the nearest time that the pairs with the second clock allow
        let got = settle(
            &evidence(3, &pairs),
            [0, -800, 500].map(|offset| Some(offset * MILLI)).to_vec(),
            5 * MILLI,
        );
        let third = got[2].map(|offset| offset / MILLI);
        assert!(third.is_some_and(|third| (-815..=-785).contains(&third)), "{third:?}");
    }
}
