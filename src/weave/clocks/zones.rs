//! Clocks that tell another zone's time: local time, written without a zone.
//!
//! Wherever such a service takes part in a transaction its records are a whole number of quarters of an hour away from all
//! others; and its logs begin and end by as much later or earlier. The second tells a zone from work that is done an hour
//! later by intention.

use super::known::Known;
use crate::gather::{ClockOffset, Clocks, Fragments, Store};
use crate::model::{Time, flag};
use crate::weave::stitch::Group;
use rustc_hash::FxHashMap;

/// Zones are apart by multiples of this: nanoseconds.
const QUARTER: i64 = 900_000_000_000;
/// Nothing is more quarters of an hour apart: from UTC-12 to UTC+14.
const MOST: i64 = 26 * 4;
/// Records of two services of a transaction that are next to each other may be so far apart: nanoseconds.
const NEAR: i64 = 60_000_000_000;
/// In so many transactions two services have to be apart alike, and in this share of those that have both.
const MIN_ALIKE: u32 = 5;
const MIN_SHARE: f64 = 0.8;
/// So many records of a transaction are looked at.
const MAX_RECORDS: usize = 4096;

/// The clocks that tell another zone's time, by how much.
pub(super) fn zones(store: &Store, fragments: &Fragments, groups: &[Group]) -> Clocks {
    let mut beside = Beside::default();
    let mut known = Known::default();
    let mut records: Vec<(u32, i64)> = Vec::new();
    for group in groups {
        let traced = group.fragments.iter().flat_map(|&one| &fragments.traced[one as usize].events);
        records.clear();
        for &id in traced.chain(&group.untraced).take(MAX_RECORDS) {
            let event = store.event(id);
            if event.is(flag::TIME_UNKNOWN | flag::TIME_INHERITED) || event.service.is_none() {
                continue;
            }
            records.push((known.number((event.service, event.instance), event.time), event.time.0));
        }
        beside.add(&mut records);
    }
    let told = beside.told(|clock| known.names[clock as usize]);
    let offset = |offset: i64| ClockOffset { offset, drift: 0.0, uncertainty: 0 };
    let offsets = known.names.into_iter().zip(told).filter(|(_, told)| *told != 0);
    Clocks { offsets: offsets.map(|(name, told)| (name, offset(told))).collect(), middle: Time(0) }
}

/// How the records of clocks stand beside each other, over transactions.
#[derive(Debug, Default)]
struct Beside {
    /// By clock: its first and last time.
    windows: Vec<(i64, i64)>,
    /// By two clocks, the lesser first: by how many quarters of an hour the second was ahead, and how often; `None` where it
    /// was by none.
    apart: FxHashMap<(u32, u32), FxHashMap<Option<i64>, u32>>,
}

impl Beside {
    /// Takes in the records of a transaction: clock and time in nanoseconds.
    fn add(&mut self, records: &mut [(u32, i64)]) {
        records.sort_unstable();
        let clocks: Vec<&[(u32, i64)]> = records.chunk_by(|a, b| a.0 == b.0).collect();
        for (at, one) in clocks.iter().enumerate() {
            let clock = one[0].0 as usize;
            if self.windows.len() <= clock {
                self.windows.resize(clock + 1, (i64::MAX, i64::MIN));
            }
            let window = &mut self.windows[clock];
            *window = (window.0.min(one[0].1), window.1.max(one[one.len() - 1].1));
            for other in &clocks[at + 1..] {
                let entry = self.apart.entry((one[0].0, other[0].0)).or_default();
                *entry.entry(quarters(nearest(one, other))).or_default() += 1;
            }
        }
    }

    /// By how much each clock is ahead of what most of those agree on that it stands beside: nanoseconds, whole quarters of an
    /// hour. Names tell which of two is asked first.
    fn told<N: Ord>(&self, name: impl Fn(u32) -> N) -> Vec<i64> {
        // two clocks, by how much the second is ahead, and how often they were seen so
        let mut ties: Vec<(u32, u32, i64, u32)> = Vec::new();
        for (&(a, b), counts) in &self.apart {
            let all: u32 = counts.values().sum();
            let alike = counts.iter().filter(|(_, count)| f64::from(**count) >= f64::from(all) * MIN_SHARE);
            if let Some((Some(quarters), &count)) = alike.max_by_key(|(_, count)| **count)
                && count >= MIN_ALIKE
            {
                ties.push((a, b, *quarters, count));
            }
        }
        ties.sort_by_key(|&(a, b, _, count)| {
            (std::cmp::Reverse(count), name(a).min(name(b)), name(a).max(name(b)))
        });
        let mut told: Vec<Option<i64>> = vec![None; self.windows.len()];
        while let Some(&(start, ..)) =
            ties.iter().find(|(a, b, ..)| told[*a as usize].is_none() && told[*b as usize].is_none())
        {
            told[start as usize] = Some(0);
            let mut part = vec![start];
            while let Some((clock, quarters)) =
                ties.iter().find_map(|&(a, b, quarters, _)| match (told[a as usize], told[b as usize]) {
                    (Some(known), None) => Some((b, known + quarters)),
                    (None, Some(known)) => Some((a, known - quarters)),
                    _ => None,
                })
            {
                told[clock as usize] = Some(quarters);
                part.push(clock);
            }
            self.agree(&part, &mut told);
        }
        told.into_iter().map(|quarters| quarters.unwrap_or(0) * QUARTER).collect()
    }

    /// Tells clocks that are tied to each other how far they are from what most of them agree on, if their logs begin and end
    /// by as much earlier or later.
    fn agree(&self, part: &[u32], told: &mut [Option<i64>]) {
        let of = |clock: &u32| told[*clock as usize].unwrap_or(0);
        let alike = |quarters: i64| part.iter().filter(|clock| of(clock) == quarters).count();
        let Some(usual) = part.iter().map(of).max_by_key(|&quarters| (alike(quarters), -quarters.abs()))
        else {
            return;
        };
        let window = |clocks: &mut dyn Iterator<Item = &u32>| {
            clocks
                .map(|clock| self.windows[*clock as usize])
                .fold((i64::MAX, i64::MIN), |all, one| (all.0.min(one.0), all.1.max(one.1)))
        };
        let (first, last) = window(&mut part.iter().filter(|clock| of(clock) == usual));
        let found: Vec<i64> = part
            .iter()
            .map(|clock| {
                let quarters = of(clock) - usual;
                let (own_first, own_last) = self.windows[*clock as usize];
                let off = |time: i64| (time - quarters * QUARTER).abs() * 2 < quarters.abs() * QUARTER;
                if off(own_first.saturating_sub(first)) && off(own_last.saturating_sub(last)) {
                    quarters
                } else {
                    0
                }
            })
            .collect();
        for (clock, quarters) in part.iter().zip(found) {
            told[*clock as usize] = Some(quarters);
        }
    }
}

/// By how much the nearest record of the second is later than one of the first: nanoseconds.
fn nearest(one: &[(u32, i64)], other: &[(u32, i64)]) -> i64 {
    let (mut a, mut b) = (0, 0);
    let mut least = i64::MAX;
    while a < one.len() && b < other.len() {
        let gap = other[b].1.saturating_sub(one[a].1);
        if gap.saturating_abs() < least.saturating_abs() {
            least = gap;
        }
        if gap < 0 { b += 1 } else { a += 1 }
    }
    least
}

/// How many quarters of an hour a gap is, if it is near a whole number.
fn quarters(gap: i64) -> Option<i64> {
    let quarters = (gap as f64 / QUARTER as f64).round() as i64;
    (quarters.abs() <= MOST && gap.abs_diff(quarters * QUARTER) <= NEAR as u64).then_some(quarters)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const HOUR: i64 = 3600 * SECOND;

    /// Transactions of so many seconds apart; in each, clocks log a second after one another, each so far ahead.
    #[track_caller]
    fn check(ahead: &[i64], transactions: i64, step: i64, told: &[i64]) {
        let mut beside = Beside::default();
        for at in 0..transactions {
            let mut records: Vec<(u32, i64)> = (0..)
                .zip(ahead)
                .map(|(clock, ahead)| (clock, (at * step + i64::from(clock)) * SECOND + ahead))
                .collect();
            beside.add(&mut records);
        }
        assert_eq!(beside.told(|clock| clock), told);
    }

    #[test]
    fn a_clock_that_is_always_an_hour_ahead_tells_another_zone() {
        check(&[0, 0, HOUR, 0], 40, 2, &[0, 0, HOUR, 0]);
        check(&[HOUR, HOUR, 0, HOUR], 40, 2, &[0, 0, -HOUR, 0]);
        check(&[0, 0, HOUR / 2 * 11, 7 * SECOND], 40, 2, &[0, 0, HOUR / 2 * 11, 0]);
    }

    #[test]
    fn what_is_done_an_hour_later_does_not() {
        // for five hours, to the end of the logs: nothing of the last one is there
        let mut beside = Beside::default();
        for at in 0..300 {
            let start = at * 60 * SECOND;
            let mut records = vec![(0, start), (1, start + SECOND)];
            if at < 240 {
                records.push((2, start + HOUR));
            }
            beside.add(&mut records);
        }
        assert_eq!(beside.told(|clock| clock), [0, 0, 0]);
    }

    #[test]
    fn few_transactions_and_other_distances_prove_nothing() {
        check(&[0, 0, HOUR], 4, 2, &[0, 0, 0]);
        check(&[0, 0, HOUR / 3], 40, 2, &[0, 0, 0]);
    }
}
