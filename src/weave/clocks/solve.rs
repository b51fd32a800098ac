//! From differences to offsets.

use super::evidence::{Evidence, MAX_BLUR};
use super::level::{coarse, leveled};
use super::settle::settle;
use crate::gather::{ClockOffset, Clocks, Store};
use crate::model::Time;
use rustc_hash::FxHashMap;

/// Nothing smaller than this is moved.
pub(super) const LEAST: i64 = 5_000_000;
/// What the offset of a coarse clock may be wrong by, as a share of what it leaves out, as its inverse.
const LEVEL_MARGIN: i64 = 8;
/// So many differences prove something.
const MIN_PROOF: usize = 20;

/// What is known of one clock against another: `to - from <= least`.
#[derive(Clone, Copy, Debug)]
struct Bound {
    from: u32,
    to: u32,
    least: i64,
    blur: i64,
    proven: bool,
    pair: usize,
}

/// The offsets that the evidence asks for.
pub(super) fn solve(store: &Store, evidence: &Evidence) -> Clocks {
    let bounds = bounds(evidence);
    let mut clocks =
        Clocks { middle: Time(evidence.span.0.0 / 2 + evidence.span.1.0 / 2), ..Clocks::default() };
    if !is_broken(evidence, &bounds) {
        return clocks;
    }
    // the differences of a coarse clock have no sharp side
    let coarse = coarse(evidence);
    let is_fine = |bound: &Bound| ![bound.from, bound.to].iter().any(|clock| coarse.contains(clock));
    let bounds: Vec<Bound> = bounds.into_iter().filter(is_fine).collect();
    let start = reference(evidence, &bounds, store);
    let ties = ties(evidence, &bounds, start);
    let offsets = least_squares(evidence.clocks.len(), &ties, start);
    let shift = agreed(&offsets);
    let mut offsets: Vec<Option<i64>> =
        offsets.iter().map(|offset| offset.map(|offset| (offset - shift).round() as i64)).collect();
    for (clock, offset) in leveled(evidence, &offsets) {
        offsets[clock] = Some(offset);
    }
    let offsets = settle(evidence, offsets, LEAST);
    for (index, clock) in evidence.clocks.iter().enumerate() {
        let Some(offset) = offsets[index] else { continue };
        let uncertainty = match coarse.contains(&(index as u32)) {
            true => evidence.resolution[index] / LEVEL_MARGIN,
            false => uncertainty(index as u32, &ties, &offsets).max(evidence.resolution[index] / 2),
        };
        let least = LEAST.max(uncertainty.saturating_mul(2));
        let (offset, drift) = match offset.abs() > least {
            true => (offset, drift(index as u32, evidence, &ties)),
            false => (0, 0.0),
        };
        clocks.offsets.insert(*clock, ClockOffset { offset, drift, uncertainty });
    }
    clocks
}

/// For each ordered pair of clocks the bound that tells most: a proven one, of these the least; else the sharpest.
fn bounds(evidence: &Evidence) -> Vec<Bound> {
    let mut best: FxHashMap<(u32, u32), Bound> = FxHashMap::default();
    for (index, pair) in evidence.pairs.iter().enumerate() {
        let (least, blur) = pair.crowd();
        let bound = Bound { from: pair.from, to: pair.to, least, blur, proven: pair.proven, pair: index };
        if bound.blur > MAX_BLUR {
            continue;
        }
        let rank = |bound: &Bound| (!bound.proven, bound.blur, bound.least);
        match best.entry((pair.from, pair.to)) {
            std::collections::hash_map::Entry::Occupied(mut known) => {
                if rank(&bound) < rank(known.get()) {
                    known.insert(bound);
                }
            }
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(bound);
            }
        }
    }
    let mut bounds: Vec<Bound> = best.into_values().collect();
    bounds.sort_by_key(|bound| (bound.from, bound.to));
    bounds
}

/// Whether an order that is proven is broken when no clock is moved.
fn is_broken(evidence: &Evidence, bounds: &[Bound]) -> bool {
    let samples = |bound: &Bound| evidence.pairs[bound.pair].gaps.len();
    let most = bounds.iter().map(samples).max().unwrap_or(0);
    bounds.iter().any(|bound| {
        let blur = LEAST
            .max(3 * bound.blur)
            .max(evidence.resolution[bound.from as usize])
            .max(evidence.resolution[bound.to as usize]);
        if bound.least >= -blur || evidence.pairs[bound.pair].quantile(0.75) >= -LEAST {
            return false;
        }
        // without proof, both directions must agree on a narrow interval, most of the time
        bound.proven && samples(bound) >= MIN_PROOF
            || bounds.iter().any(|other| {
                (other.from, other.to) == (bound.to, bound.from)
                    && samples(bound).min(samples(other)) * 4 >= most
                    && bound.least + other.least >= -blur
                    && (bound.least + other.least) * 4 < -bound.least
            })
    })
}

/// How two clocks are apart, as one bound or the two of both directions tell it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tie {
    pub from: u32,
    pub to: u32,
    /// Clock of `to` minus clock of `from`.
    pub difference: i64,
    /// How far that may be wrong.
    pub margin: i64,
    /// Which causes which is proven, or both directions agree on a narrow interval.
    pub sure: bool,
    pub pair: usize,
}

/// An interval narrower than this shows that its two bounds belong together.
const NARROW: i64 = 20_000_000;

/// What ties the clocks together: what is sure, and where that leaves parts apart, the sharpest of the rest. In an order
/// in which each tie has an end that is tied to the start already.
fn ties(evidence: &Evidence, bounds: &[Bound], start: usize) -> Vec<Tie> {
    let samples = |bound: &Bound| evidence.pairs[bound.pair].gaps.len();
    let most = bounds.iter().map(samples).max().unwrap_or(0);
    let delay = usual_delay(bounds);
    let tie = |bound: &Bound| {
        let Bound { from, to, least, blur, proven, pair } = *bound;
        let back = bounds.iter().find(|back| (back.from, back.to) == (to, from));
        let width = back.map(|back| (least + back.least, back)).filter(|(width, back)| {
            (-blur.max(back.blur)..NARROW).contains(width) && samples(bound).min(samples(back)) * 4 >= most
        });
        match width {
            Some((width, back)) => Tie {
                from,
                to,
                difference: (least - back.least) / 2,
                margin: (width.max(0) / 2).max(500_000),
                sure: true,
                pair,
            },
            None => Tie {
                from,
                to,
                difference: least - delay,
                margin: blur.max(500_000) + delay,
                sure: proven,
                pair,
            },
        }
    };
    let mut rest: Vec<Tie> = bounds.iter().map(tie).collect();
    rest.sort_by_key(|tie| (!tie.sure, tie.margin, tie.from, tie.to));
    let mut known = vec![false; evidence.clocks.len()];
    known[start] = true;
    let mut ties: Vec<Tie> = Vec::new();
    while let Some(at) = rest.iter().position(|tie| known[tie.from as usize] != known[tie.to as usize]) {
        let tie = rest.remove(at);
        known[tie.from as usize] = true;
        known[tie.to as usize] = true;
        ties.push(tie);
    }
    ties.extend(rest.into_iter().filter(|tie| tie.sure && known[tie.from as usize]));
    ties
}

/// Offsets with the least squared contradiction, from the reference's clock; ties that contradict the others lose their
/// weight. `None` for clocks that nothing ties to it.
pub(super) fn least_squares(count: usize, ties: &[Tie], start: usize) -> Vec<Option<f64>> {
    let aim = |tie: &Tie, index: usize, offsets: &[Option<f64>]| {
        if tie.to as usize == index {
            Some(offsets[tie.from as usize]? + tie.difference as f64)
        } else if tie.from as usize == index {
            Some(offsets[tie.to as usize]? - tie.difference as f64)
        } else {
            None
        }
    };
    let mut offsets: Vec<Option<f64>> = vec![None; count];
    offsets[start] = Some(0.0);
    for tie in ties {
        for end in [tie.from as usize, tie.to as usize] {
            if offsets[end].is_none() {
                offsets[end] = aim(tie, end, &offsets);
            }
        }
    }
    for _ in 0..200 {
        for index in (0..count).filter(|&index| index != start) {
            let Some(own) = offsets[index] else { continue };
            let (mut sum, mut weights) = (0.0, 0.0);
            for tie in ties {
                let Some(aim) = aim(tie, index, &offsets) else { continue };
                let margin = tie.margin as f64;
                let off = (aim - own) / (10.0 * margin + 5e6);
                let weight = 1.0 / (margin * margin) / (1.0 + off * off).powi(2);
                sum += weight * aim;
                weights += weight;
            }
            if weights > 0.0 {
                offsets[index] = Some(sum / weights);
            }
        }
    }
    offsets
}

/// The least delay that messages have here: half of what there and back take together, where both are known.
fn usual_delay(bounds: &[Bound]) -> i64 {
    let mut both: Vec<i64> = bounds
        .iter()
        .filter_map(|bound| {
            let back = bounds.iter().find(|other| (other.from, other.to) == (bound.to, bound.from))?;
            let delay = (bound.least + back.least) / 2;
            (bound.from < bound.to && delay > 0 && delay < 50_000_000).then_some(delay)
        })
        .collect();
    both.sort_unstable();
    both.get(both.len() / 2).copied().unwrap_or(1_000_000)
}

/// The clock that causes more than it is caused: the one of the first service.
fn reference(evidence: &Evidence, bounds: &[Bound], store: &Store) -> usize {
    let balance = |index: usize| {
        let count = |end: fn(&Bound) -> u32| {
            let of = |proven: bool| {
                bounds.iter().filter(|bound| bound.proven == proven && end(bound) as usize == index).count()
                    as i64
            };
            (of(true), of(false))
        };
        let (out, into) = (count(|bound| bound.from), count(|bound| bound.to));
        (out.0 - into.0, out.1 - into.1)
    };
    let text = |index: usize| store.symbols.text(evidence.clocks[index].0);
    (0..evidence.clocks.len())
        .max_by(|&a, &b| balance(a).cmp(&balance(b)).then_with(|| text(b).cmp(text(a))))
        .unwrap_or(0)
}

/// Clocks this close agree.
const CLOSE: f64 = 20e6;

/// What most clocks agree on: the offset with the most others close by; the reference's where none are.
fn agreed(offsets: &[Option<f64>]) -> f64 {
    let known = || offsets.iter().flatten().copied();
    let close = |offset: f64| known().filter(|other| (other - offset).abs() < CLOSE).count();
    let best = known().map(close).max().unwrap_or(0);
    if best < 2 || close(0.0) == best {
        return 0.0;
    }
    let center = known().filter(|offset| close(*offset) == best).fold(f64::MAX, f64::min);
    let near: Vec<f64> = known().filter(|offset| (offset - center).abs() < CLOSE).collect();
    near.iter().sum::<f64>() / near.len().max(1) as f64
}

/// How far an offset may be wrong: what its sharpest tie leaves, and how far that disagrees.
fn uncertainty(index: u32, ties: &[Tie], offsets: &[Option<i64>]) -> i64 {
    ties.iter()
        .filter(|tie| tie.from == index || tie.to == index)
        .filter_map(|tie| {
            let apart = offsets[tie.to as usize]? - offsets[tie.from as usize]?;
            Some(tie.margin.max((apart - tie.difference).abs()))
        })
        .min()
        .unwrap_or(0)
}

/// How the clock runs against those it is bound to, in parts per million: the slope of the least gaps over time.
fn drift(index: u32, evidence: &Evidence, ties: &[Tie]) -> f64 {
    let sharpest =
        ties.iter().filter(|tie| tie.to == index || tie.from == index).min_by_key(|tie| tie.margin);
    let Some(tie) = sharpest else { return 0.0 };
    let pair = &evidence.pairs[tie.pair];
    let slope = slope(&pair.course);
    if pair.to == index { slope } else { -slope }
}

/// No clock runs faster or slower, in parts per million: the oscillators of computers are good to some hundred.
pub(super) const MOST_DRIFT: f64 = 1000.0;

/// The slope of the lower edge of differences in parts per million; 0 where it does not stand out.
pub(super) fn slope(course: &[(Time, i64)]) -> f64 {
    const WINDOWS: usize = 8;
    let mut course = course.to_vec();
    course.sort_unstable();
    if course.len() < WINDOWS * 8 {
        return 0.0;
    }
    let size = course.len().div_ceil(WINDOWS);
    let points: Vec<(f64, f64)> = course
        .chunks(size)
        .filter_map(|window| window.iter().min_by_key(|(_, gap)| *gap))
        .map(|(time, gap)| ((time.0 - course[0].0.0) as f64, *gap as f64))
        .collect();
    let count = points.len() as f64;
    let (mean_x, mean_y) = (
        points.iter().map(|point| point.0).sum::<f64>() / count,
        points.iter().map(|point| point.1).sum::<f64>() / count,
    );
    let spread: f64 = points.iter().map(|point| (point.0 - mean_x).powi(2)).sum();
    if spread == 0.0 {
        return 0.0;
    }
    let slope = points.iter().map(|point| (point.0 - mean_x) * (point.1 - mean_y)).sum::<f64>() / spread;
    let rest: f64 = points.iter().map(|point| (point.1 - mean_y - slope * (point.0 - mean_x)).powi(2)).sum();
    let error = (rest / (count - 2.0).max(1.0) / spread).sqrt();
    let length = points[points.len() - 1].0;
    let stands_out = slope.abs() > 5.0 * error && slope.abs() * length > LEAST as f64;
    if stands_out && slope.abs() * 1e6 <= MOST_DRIFT { slope * 1e6 } else { 0.0 }
}
