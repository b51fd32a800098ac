//! From differences to offsets.

use super::evidence::{Evidence, Pair};
use super::{Clocks, Offset};
use crate::gather::Store;
use crate::model::Time;
use rustc_hash::FxHashMap;

/// Nothing smaller than this is moved.
const LEAST: i64 = 5_000_000;
/// A bound that is blurred more than this tells nothing.
const MAX_BLUR: i64 = 2_000_000_000;

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
    let (offsets, known) = least_squares(evidence, &bounds, store);
    for (index, clock) in evidence.clocks.iter().enumerate() {
        let uncertainty = uncertainty(index as u32, &bounds, &offsets);
        if known[index]
            && offsets[index].abs()
                > LEAST.max(uncertainty.min(offsets[index].abs() / 2)).max(evidence.resolution[index])
        {
            let drift = drift(index as u32, evidence, &bounds);
            clocks.offsets.insert(*clock, Offset { offset: offsets[index], drift, uncertainty });
        }
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
    let blur = |bound: &Bound| {
        LEAST
            .max(3 * bound.blur)
            .max(evidence.resolution[bound.from as usize])
            .max(evidence.resolution[bound.to as usize])
    };
    bounds.iter().any(|bound| {
        if bound.least >= -blur(bound) || evidence.pairs[bound.pair].quantile(0.75) >= -LEAST {
            return false;
        }
        // without proof both directions must agree on a narrow interval
        bound.proven
            || bounds.iter().any(|other| {
                (other.from, other.to) == (bound.to, bound.from) && {
                    let width = bound.least + other.least;
                    width >= -blur(bound) && width * 4 < -bound.least
                }
            })
    })
}

/// Offsets with the least squared contradiction; bounds that contradict the others lose their weight.
fn least_squares(evidence: &Evidence, bounds: &[Bound], store: &Store) -> (Vec<i64>, Vec<bool>) {
    let count = evidence.clocks.len();
    let mut offsets = vec![0f64; count];
    let delay = usual_delay(bounds);
    // the sharpest bounds first lay a tree from clock to clock
    let mut known = vec![false; count];
    let mut order: Vec<&Bound> = bounds.iter().collect();
    order.sort_by_key(|bound| (!bound.proven, bound.blur, bound.from, bound.to));
    let start = reference(evidence, bounds, store);
    known[start] = true;
    while let Some((bound, outward)) =
        order.iter().find_map(|bound| match (known[bound.from as usize], known[bound.to as usize]) {
            (true, false) => Some((*bound, true)),
            (false, true) => Some((*bound, false)),
            _ => None,
        })
    {
        let difference = (bound.least - delay) as f64;
        if outward {
            offsets[bound.to as usize] = offsets[bound.from as usize] + difference;
            known[bound.to as usize] = true;
        } else {
            offsets[bound.from as usize] = offsets[bound.to as usize] - difference;
            known[bound.from as usize] = true;
        }
    }
    // then all of them pull
    for _ in 0..200 {
        for index in 0..count {
            if index == start || !known[index] {
                continue;
            }
            let (mut sum, mut weights) = (0.0, 0.0);
            for bound in bounds {
                let difference = (bound.least - delay) as f64;
                let (aim, other) = if bound.to as usize == index {
                    (offsets[bound.from as usize] + difference, bound.from)
                } else if bound.from as usize == index {
                    (offsets[bound.to as usize] - difference, bound.to)
                } else {
                    continue;
                };
                if !known[other as usize] {
                    continue;
                }
                let scale = bound.blur.max(500_000) as f64;
                let off = (aim - offsets[index]) / (10.0 * scale + 5e6);
                let trust = if bound.proven { 4.0 } else { 1.0 };
                let weight = trust / (scale * scale) / (1.0 + off * off).powi(2);
                sum += weight * aim;
                weights += weight;
            }
            if weights > 0.0 {
                offsets[index] = sum / weights;
            }
        }
    }
    let shift = agreed(&offsets, &known);
    (offsets.iter().map(|offset| (offset - shift).round() as i64).collect(), known)
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
        let out = bounds.iter().filter(|bound| bound.from as usize == index).count() as i64;
        let into = bounds.iter().filter(|bound| bound.to as usize == index).count() as i64;
        out - into
    };
    let text = |index: usize| store.symbols.text(evidence.clocks[index].0);
    (0..evidence.clocks.len())
        .max_by(|&a, &b| balance(a).cmp(&balance(b)).then_with(|| text(b).cmp(text(a))))
        .unwrap_or(0)
}

/// What most clocks agree on: the offset with the most others close by; the reference's where none are.
fn agreed(offsets: &[f64], known: &[bool]) -> f64 {
    let close = |offset: f64| {
        offsets.iter().zip(known).filter(|(other, known)| **known && (**other - offset).abs() < 20e6).count()
    };
    let best = offsets
        .iter()
        .zip(known)
        .filter(|(_, known)| **known)
        .map(|(offset, _)| close(*offset))
        .max()
        .unwrap_or(0);
    if best < 2 || close(0.0) == best {
        return 0.0;
    }
    let center = offsets
        .iter()
        .zip(known)
        .filter(|(offset, known)| **known && close(**offset) == best)
        .map(|(offset, _)| *offset)
        .fold(f64::MAX, f64::min);
    let near: Vec<f64> = offsets.iter().copied().filter(|offset| (offset - center).abs() < 20e6).collect();
    near.iter().sum::<f64>() / near.len().max(1) as f64
}

/// Half the width of what the bounds of a clock leave it, given the others.
fn uncertainty(index: u32, bounds: &[Bound], offsets: &[i64]) -> i64 {
    let above = bounds
        .iter()
        .filter(|bound| bound.to == index)
        .map(|bound| offsets[bound.from as usize] + bound.least)
        .min();
    let below = bounds
        .iter()
        .filter(|bound| bound.from == index)
        .map(|bound| offsets[bound.to as usize] - bound.least)
        .max();
    let own = offsets[index as usize];
    match (above, below) {
        (Some(above), Some(below)) => (above - below).abs() / 2,
        (Some(bound), None) | (None, Some(bound)) => (bound - own).abs().max(LEAST),
        (None, None) => i64::MAX,
    }
}

/// How the clock runs against those it is bound to, in parts per million: the slope of the least gaps over time.
fn drift(index: u32, evidence: &Evidence, bounds: &[Bound]) -> f64 {
    let sharpest =
        bounds.iter().filter(|bound| bound.to == index || bound.from == index).min_by_key(|bound| bound.blur);
    let Some(bound) = sharpest else { return 0.0 };
    let slope = slope(&evidence.pairs[bound.pair]);
    if bound.to == index { slope } else { -slope }
}

/// The slope of a pair's lower edge in parts per million; 0 where it does not stand out.
fn slope(pair: &Pair) -> f64 {
    const WINDOWS: usize = 8;
    let mut course = pair.course.clone();
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
    if slope.abs() > 5.0 * error && slope.abs() * length > LEAST as f64 { slope * 1e6 } else { 0.0 }
}
