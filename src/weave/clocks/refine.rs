//! Offsets to a few milliseconds, from transactions that were woven with rough ones.
//!
//! Where one service hands over to another, some two records of theirs follow each other with next to nothing between: one
//! sends and the other receives, one answers and the other goes on. What is between them varies as little as it is short:
//! of all pairs of templates of two hops that an edge connects the one whose differences crowd most tells how the two
//! clocks are apart. Edges that are wrong, as offsets are rough, are scattered and do not crowd.

use super::super::lexicon::Lexicon;
use super::evidence::{Moment, Node, begun};
use super::known::Known;
use super::level::{is_coarse, level, logged};
use super::solve::{LEAST, MOST_DRIFT, Tie, least_squares, slope};
use crate::gather::{ClockOffset, Clocks, Store};
use crate::model::{Span, Time, Trace, flag};
use rustc_hash::FxHashMap;

/// Edges of less confidence are not looked at.
const MIN_CONFIDENCE: f32 = 0.7;
/// So many records of a span, and of a hop, are looked at.
const MAX_RECORDS: usize = 16;
/// So many differences have to crowd, and this share of those that two clocks have at most, as its inverse.
const MIN_SAMPLES: usize = 16;
const MIN_SHARE: usize = 8;
/// Differences that crowd less, in nanoseconds, tell nothing.
const MAX_WIDTH: i64 = 30_000_000;
/// What rough offsets leave is less, in nanoseconds: what is further apart was not logged at one moment.
const MOST_MOVED: i64 = 10_000_000_000;
/// What moves a coarse clock by less than this share of what it leaves out, as its inverse, is no reason to move it.
const SLIGHT: i64 = 4;
/// How little two clocks are known to differ by at best.
const SURE: i64 = 500_000;
/// What more it is where one is coarse, as a share of what that leaves out, as its inverse.
const LEVEL_MARGIN: i64 = 40;

/// Two templates of two clocks, the lesser one first.
type Two = (Node, Node);

/// The differences of two templates: when, and time of the second minus time of the first.
type Course = Vec<(Time, i64)>;

/// What was logged: each template that was logged once.
type Records = Vec<(Node, Time)>;

/// Where two clocks stand to each other.
struct Found {
    width: i64,
    middle: i64,
    /// How far the middle may be wrong.
    margin: i64,
    course: Course,
}

/// Offsets that are better than those that traces were woven with, which the store holds.
pub(super) fn refine(store: &Store, traces: &[Trace], lexicon: &Lexicon) -> Clocks {
    let mut clocks = store.clocks.clone();
    let mut known = Known::default();
    let mut courses: FxHashMap<Two, Course> = FxHashMap::default();
    for trace in traces {
        let told = told(store, trace, lexicon, &mut known);
        for (parent, child) in pairs(trace) {
            let (a, b) = (&told.around(trace, parent), &told.around(trace, child));
            for (one, time) in a {
                for (other, then) in b {
                    let (one, other, gap) = match one < other {
                        true => (*one, *other, then.0.saturating_sub(time.0)),
                        false => (*other, *one, time.0.saturating_sub(then.0)),
                    };
                    courses.entry((one, other)).or_default().push((*time.min(then), gap));
                }
            }
        }
    }
    let Known { names, resolutions, .. } = known;
    // numbers follow from the order of traces: names tell the order of what is found
    let mut order: Vec<u32> = (0..names.len() as u32).collect();
    order.sort_unstable_by_key(|&clock| names[clock as usize]);
    let found = found(courses, &resolutions);
    let mut keys: Vec<(u32, u32)> = found.keys().copied().collect();
    keys.sort_unstable_by_key(|&(a, b)| (names[a as usize], names[b as usize]));
    let tie = |&(from, to): &(u32, u32)| {
        let Found { middle, margin, .. } = &found[&(from, to)];
        Tie { from, to, difference: *middle, margin: *margin, sure: true, pair: 0 }
    };
    let mut ties: Vec<Tie> = keys.iter().map(tie).collect();
    ties.sort_by_key(|tie| (tie.margin, names[tie.from as usize], names[tie.to as usize]));
    // what nothing ties to the others stays where it was, as a whole
    while let Some(start) = ties.first().map(|tie| tie.from as usize) {
        let (own, rest) = connected(ties, names.len(), start);
        ties = rest;
        let moved = least_squares(names.len(), &own, start);
        let slopes: Vec<Tie> = own
            .iter()
            .map(|tie| {
                let slope = slope(&found[&(tie.from, tie.to)].course) * 1000.0;
                Tie { difference: slope as i64, margin: tie.margin, ..*tie }
            })
            .collect();
        let turned = least_squares(names.len(), &slopes, start);
        let shift = middle(&moved);
        let turn = middle(&turned);
        for &clock in &order {
            let Some(more) = moved[clock as usize] else { continue };
            let name = names[clock as usize];
            let known = clocks.offsets.get(&name).copied().unwrap_or_default();
            let offset = known.offset + (more - shift).round() as i64;
            let drift = known.drift + (turned[clock as usize].unwrap_or(turn) - turn) / 1000.0;
            let drift = drift.clamp(-MOST_DRIFT, MOST_DRIFT);
            let margin =
                own.iter().filter(|tie| tie.from == clock || tie.to == clock).map(|tie| tie.margin).min();
            let uncertainty = margin.unwrap_or(known.uncertainty);
            let better = match offset.abs() > LEAST {
                true => ClockOffset { offset, drift, uncertainty },
                false => ClockOffset { offset: 0, drift: 0.0, uncertainty },
            };
            clocks.offsets.insert(name, better);
        }
    }
    clocks
}

/// What the spans of a trace logged, and its hops by their first span; times are on the common clock.
struct Told {
    spans: Vec<Records>,
    hops: FxHashMap<u32, Records>,
}

impl Told {
    /// What a span logged, and what else its hop did.
    fn around(&self, trace: &Trace, span: u32) -> Records {
        let mut all = self.spans[span as usize].clone();
        let own = all.len();
        let hop = self.hops.get(&hop(trace, span)).into_iter().flatten();
        all.extend(hop.filter(|(node, _)| self.spans[span as usize].iter().all(|(other, _)| other != node)));
        all.truncate(own.max(MAX_RECORDS));
        all
    }
}

fn told(store: &Store, trace: &Trace, lexicon: &Lexicon, known: &mut Known) -> Told {
    let mut told = Told { spans: Vec::with_capacity(trace.spans.len()), hops: FxHashMap::default() };
    for (index, span) in (0..).zip(&trace.spans) {
        let mut records = Records::new();
        for &id in span.events.iter().take(MAX_RECORDS) {
            let event = store.event(id);
            if event.is(flag::TIME_UNKNOWN | flag::TIME_INHERITED) {
                continue;
            }
            let clock = known.number((event.service, event.instance), event.time);
            let time = store.written(id);
            let what = logged(store, lexicon, id);
            records.push(((clock, what, Moment::Logged), time));
            if let Some(length) = begun(store, id) {
                records.push(((clock, what, Moment::Begin), Time(time.0.saturating_sub(length))));
            }
        }
        told.hops.entry(hop(trace, index)).or_default().extend_from_slice(&records);
        told.spans.push(once(records));
    }
    told.hops.values_mut().for_each(|records| *records = once(std::mem::take(records)));
    told
}

/// Those that were logged once.
fn once(mut records: Records) -> Records {
    records.sort_unstable();
    let same = records.chunk_by(|a, b| a.0 == b.0);
    same.filter(|same| same.len() == 1).map(|same| same[0]).collect()
}

/// The first span of the hop that a span is in: as far up as it is the same service.
fn hop(trace: &Trace, mut index: u32) -> u32 {
    for _ in 0..trace.spans.len() {
        let span = &trace.spans[index as usize];
        match span.parent {
            Some(parent) if is_same(span, &trace.spans[parent as usize]) => index = parent,
            _ => break,
        }
    }
    index
}

fn is_same(a: &Span, b: &Span) -> bool {
    (a.service, a.instance) == (b.service, b.instance)
}

/// The spans of two clocks that an edge connects that is sure enough.
fn pairs(trace: &Trace) -> Vec<(u32, u32)> {
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for (index, span) in (0..).zip(&trace.spans) {
        let Some(parent) = span.parent.filter(|parent| !is_same(span, &trace.spans[*parent as usize])) else {
            continue;
        };
        if span.edge.as_ref().is_none_or(|edge| edge.confidence >= MIN_CONFIDENCE) {
            pairs.push((parent, index));
        }
    }
    pairs
}

/// Of each two clocks the pair of templates whose differences crowd most.
fn found(courses: FxHashMap<Two, Course>, resolutions: &[i64]) -> FxHashMap<(u32, u32), Found> {
    let clocks = |two: &Two| (two.0.0, two.1.0);
    let mut most: FxHashMap<(u32, u32), usize> = FxHashMap::default();
    for (two, course) in &courses {
        let entry = most.entry(clocks(two)).or_default();
        *entry = course.len().max(*entry);
    }
    let mut all: Vec<(Two, Course)> = courses.into_iter().collect();
    all.sort_unstable_by_key(|(two, _)| (two.0.1, two.1.1, two.0.2, two.1.2));
    let mut found: FxHashMap<(u32, u32), Found> = FxHashMap::default();
    let mut levels: FxHashMap<(u32, u32), Vec<(i64, i64)>> = FxHashMap::default();
    for (two, course) in all {
        let clocks = clocks(&two);
        if clocks.0 == clocks.1 || course.len() < MIN_SAMPLES || course.len() * MIN_SHARE < most[&clocks] {
            continue;
        }
        let grains = [clocks.0, clocks.1].map(|clock| resolutions[clock as usize]);
        if grains.iter().any(|grain| is_coarse(*grain)) {
            levels.entry(clocks).or_default().extend(level(&sorted(&course), grains));
        } else if let Some(one) = fine(course, grains).filter(|one| one.middle.saturating_abs() <= MOST_MOVED)
            && found.get(&clocks).is_none_or(|best| one.width < best.width)
        {
            found.insert(clocks, one);
        }
    }
    found.extend(levels.into_iter().filter_map(|(clocks, levels)| {
        let grain = resolutions[clocks.0 as usize].max(resolutions[clocks.1 as usize]);
        Some((clocks, coarse(levels, grain)?))
    }));
    found
}

/// How two clocks are apart by the differences of two templates, where a quarter of these crowd.
fn fine(course: Course, grains: [i64; 2]) -> Option<Found> {
    let gaps = sorted(&course);
    let quarter = gaps.len() / 4;
    let crowd = gaps.windows(quarter + 1).map(|window| (window[quarter] - window[0], window[0])).min();
    let (width, low) = crowd.filter(|(width, _)| *width <= MAX_WIDTH)?;
    let margin = width + grains[0].max(grains[1]) + SURE;
    Some(Found { width, middle: low + width / 2, margin, course })
}

/// Likewise where one of the clocks is coarse, from all templates of theirs that are level: widths and differences. What is
/// less than the offsets at hand may be wrong by is left to these.
fn coarse(mut levels: Vec<(i64, i64)>, grain: i64) -> Option<Found> {
    levels.sort_unstable_by_key(|&(width, difference)| (difference, width));
    let &(width, middle) = levels.get(levels.len() / 2)?;
    let middle = if middle.saturating_abs() < grain / SLIGHT { 0 } else { middle };
    let margin = grain / LEVEL_MARGIN + SURE;
    (middle.saturating_abs() <= MOST_MOVED).then(|| Found { width, middle, margin, course: Course::new() })
}

/// The differences in their order.
fn sorted(course: &Course) -> Vec<i64> {
    let mut gaps: Vec<i64> = course.iter().map(|(_, gap)| *gap).collect();
    gaps.sort_unstable();
    gaps
}

/// Those ties that hang together with the start, each behind one that reaches it, and the rest.
fn connected(mut rest: Vec<Tie>, clocks: usize, start: usize) -> (Vec<Tie>, Vec<Tie>) {
    let mut known = vec![false; clocks];
    known[start] = true;
    let mut ties = Vec::new();
    while let Some(at) = rest.iter().position(|tie| known[tie.from as usize] || known[tie.to as usize]) {
        let tie = rest.remove(at);
        known[tie.from as usize] = true;
        known[tie.to as usize] = true;
        ties.push(tie);
    }
    (ties, rest)
}

/// The one in the middle of those that are known.
fn middle(values: &[Option<f64>]) -> f64 {
    let mut known: Vec<f64> = values.iter().flatten().copied().collect();
    known.sort_by(f64::total_cmp);
    known.get(known.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Symbol;

    const MILLI: i64 = 1_000_000;

    fn node(clock: u32, template: u64) -> Node {
        (clock, Symbol(template), Moment::Logged)
    }

    /// Differences of so much, each a bit more than the one before.
    fn course(count: i64, from: i64, step: i64) -> Course {
        (0..count).map(|at| (Time(at * 1000 * MILLI), from + at * step)).collect()
    }

    #[test]
    fn the_pair_that_crowds_most_tells_how_clocks_are_apart() {
        let courses = [
            ((node(0, 1), node(1, 2)), course(40, 250 * MILLI, MILLI / 100)),
            ((node(0, 1), node(1, 3)), course(40, 300 * MILLI, 2 * MILLI)),
        ];
        let found = found(courses.into_iter().collect(), &[MILLI; 4]);
        let middle = found.get(&(0, 1)).map(|found| found.middle).unwrap_or_default();
        assert!((250 * MILLI..251 * MILLI).contains(&middle), "{middle}");
    }

    #[test]
    fn what_is_scattered_or_rare_tells_nothing() {
        let courses = [
            ((node(0, 1), node(1, 2)), course(40, 0, 20 * MILLI)),
            ((node(0, 1), node(2, 2)), course(8, 0, MILLI / 100)),
            ((node(3, 1), node(3, 2)), course(40, 0, MILLI / 100)),
        ];
        assert!(found(courses.into_iter().collect(), &[MILLI; 4]).is_empty());
    }

    #[test]
    fn few_of_two_clocks_do_not_outweigh_many() {
        let courses = [
            ((node(0, 1), node(1, 2)), course(400, 0, MILLI)),
            ((node(0, 1), node(1, 3)), course(20, 70 * MILLI, MILLI / 100)),
        ];
        assert!(found(courses.into_iter().collect(), &[MILLI; 4]).is_empty());
    }

    #[test]
    fn what_is_hours_apart_was_not_logged_at_one_moment() {
        let courses = [((node(0, 1), node(1, 2)), course(40, 7_200_000 * MILLI, MILLI / 100))];
        assert!(found(courses.into_iter().collect(), &[MILLI; 4]).is_empty());
    }

    #[test]
    fn whole_seconds_tell_how_clocks_are_apart_by_the_middle_of_a_second() {
        // the second clock is 300 ms ahead and leaves out what is beyond the second
        let spread = |most: i64| course(101, 300 * MILLI - most, most / 100);
        let told = |course: Course| {
            let courses = [((node(0, 1), node(1, 2)), course)];
            found(courses.into_iter().collect(), &[MILLI, 1000 * MILLI])
                .get(&(0, 1))
                .map(|found| found.middle / MILLI)
        };
        assert_eq!(told(spread(1000 * MILLI)), Some(300));
        // there is more between the two than the seconds leave open
        assert_eq!(told(spread(1400 * MILLI)), None);
    }

    #[test]
    fn what_was_logged_twice_is_left_out() {
        let records = vec![(node(0, 1), Time(5)), (node(0, 2), Time(6)), (node(0, 1), Time(7))];
        assert_eq!(once(records), [(node(0, 2), Time(6))]);
    }

    #[test]
    fn ties_follow_those_that_reach_them() {
        let tie = |from, to, margin| Tie { from, to, difference: 0, margin, sure: true, pair: 0 };
        let (ties, rest) = connected(vec![tie(2, 3, 1), tie(0, 1, 2), tie(1, 2, 3), tie(4, 5, 4)], 6, 0);
        let ends: Vec<(u32, u32)> = ties.iter().map(|tie| (tie.from, tie.to)).collect();
        assert_eq!(ends, [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(rest.iter().map(|tie| tie.from).collect::<Vec<_>>(), [4]);
    }
}
