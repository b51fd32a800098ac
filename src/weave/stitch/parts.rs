//! What values tell that name more than a transaction: a meter, a customer, a product.
//!
//! Two of them may name one together (a meter and the number of its reading), and one of them names one for a while: what
//! holds it within moments is one transaction, and the next time it is held is another.

use super::values::{Timed, Values};
use rustc_hash::FxHashMap;

/// An atom that holds more values of a kind than this is a batch.
const MAX_HELD: usize = 4;

/// The values of two kinds together: atoms that hold the same value of both.
pub(super) fn together(one: &Timed, other: &Timed) -> Values {
    let mut of_atom: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (value, holders) in (0..).zip(one.iter()) {
        for (atom, _) in holders {
            of_atom.entry(*atom).or_default().push(value);
        }
    }
    of_atom.retain(|_, values| values.len() <= MAX_HELD);
    let mut values = Values::default();
    let mut here: Vec<(u32, usize, u32)> = Vec::new();
    for holders in other.iter() {
        here.clear();
        for (place, (atom, _)) in holders.iter().enumerate() {
            for value in of_atom.get(atom).into_iter().flatten() {
                here.push((*value, place, *atom));
            }
        }
        here.sort_unstable();
        for same in here.chunk_by(|a, b| a.0 == b.0) {
            values.add(same.iter().map(|(.., atom)| *atom));
        }
    }
    values
}

/// Values that are held one after the other by chance may be so many times fewer than those that are so by cause, at most.
const BY_CHANCE: f64 = 20.0;
/// So many values have to be held in moments.
const MIN_JOINED: u64 = 8;
/// The least and the greatest moment that is tried, in nanoseconds; each is so many times the one before.
const MOMENTS: std::ops::Range<i64> = 1_000_000..1_000_000_000;
const STEP: f64 = 1.5;

/// The longest pause within a transaction between two atoms that hold one value of a kind, if there is such a thing: what
/// is held again within it is so much more often than chance would have it.
///
/// Without cause, the episodes of a value are spread over the run, and two of them are closer than some time in proportion
/// to it. `set` tells which atoms are one thing already.
pub(super) fn moment(values: &Timed, mut set: impl FnMut(u32) -> u32) -> Option<i64> {
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    let sets: Vec<u32> = values.iter().flatten().map(|(atom, _)| set(*atom)).collect();
    for (_, time) in values.iter().flatten() {
        (low, high) = (low.min(*time), high.max(*time));
    }
    let run = high.saturating_sub(low).max(1) as f64;
    let mut best: Option<(f64, i64)> = None;
    let mut pause = MOMENTS.start;
    while pause < MOMENTS.end && (pause as f64) < run / 4.0 {
        let (mut joined, mut chance) = (0u64, 0.0);
        let mut start = 0;
        for holders in values.iter() {
            let sets = &sets[start..start + holders.len()];
            start += holders.len();
            let (mut episodes, mut length) = (1u64, 0i64);
            for (two, sets) in holders.windows(2).zip(sets.windows(2)) {
                let gap = two[1].1.saturating_sub(two[0].1);
                if gap > pause {
                    episodes += 1;
                } else {
                    length = length.saturating_add(gap);
                    joined += u64::from(sets[0] != sets[1]);
                }
            }
            let others = (episodes - 1) as f64;
            chance += others * ((episodes as f64 * pause as f64 + length as f64) / run);
        }
        let gain = joined as f64 - BY_CHANCE * chance;
        if joined >= MIN_JOINED && gain > 0.0 && best.is_none_or(|(most, _)| gain > most) {
            best = Some((gain, pause));
        }
        pause = (pause as f64 * STEP) as i64;
    }
    best.map(|(_, pause)| pause)
}

/// Cuts values into episodes with pauses between them; `begin` tells of an atom how its set begins.
///
/// Sets that begin in a way in which most that hold such values come first are beginnings; an episode that has two
/// different ones of these joins nothing, as nobody can tell which of the two the rest belongs to.
pub(super) fn episodes(
    values: &Timed,
    pause: i64,
    mut set: impl FnMut(u32) -> u32,
    begin: impl Fn(u32) -> u32,
) -> Values {
    let mut firsts: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
    let mut all: Vec<Vec<(u32, u32)>> = Vec::new();
    for holders in values.iter() {
        for episode in holders.chunk_by(|a, b| b.1.saturating_sub(a.1) <= pause) {
            let mut sets: Vec<(u32, u32)> = Vec::new();
            for (atom, _) in episode {
                let set = set(*atom);
                if sets.iter().all(|(known, _)| *known != set) {
                    sets.push((set, *atom));
                }
            }
            for (at, (set, _)) in sets.iter().enumerate() {
                let entry = firsts.entry(begin(*set)).or_default();
                entry.0 += 1;
                entry.1 += u32::from(at == 0);
            }
            if sets.len() > 1 {
                all.push(sets);
            }
        }
    }
    let begins = |set: u32| firsts.get(&begin(set)).is_some_and(|(all, first)| first * 2 >= *all);
    let mut cut = Values::default();
    for sets in all {
        if sets.iter().filter(|(set, _)| begins(*set)).count() <= 1 {
            cut.add(sets.into_iter().map(|(_, atom)| atom));
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: i64 = 1_000_000;

    fn timed(values: &[&[(u32, i64)]]) -> Timed {
        Timed::from(
            values.iter().map(|holders| holders.iter().map(|&(atom, at)| (atom, at * MILLI)).collect()),
        )
    }

    /// Meters, each read once in a while; a lookup follows 5 ms after each reading.
    fn meters(readings: u32, apart: i64) -> Timed {
        let meter = |meter: u32| {
            let of = |reading: u32| {
                let (atom, at) =
                    ((meter * readings + reading) * 2, i64::from(reading) * apart + i64::from(meter) * 37);
                [(atom, at * MILLI), (atom + 1, (at + 5) * MILLI)]
            };
            (0..readings).flat_map(of).collect()
        };
        Timed::from((0..10).map(meter))
    }

    #[test]
    fn two_values_together_are_one() {
        let meter = timed(&[&[(0, 0), (1, 1), (2, 5), (3, 6)], &[(4, 0), (5, 1)]]);
        let number = timed(&[&[(0, 0), (1, 1), (4, 0), (5, 1)], &[(2, 5), (3, 6)]]);
        let values = together(&meter, &number);
        let values: Vec<&[u32]> = values.iter().collect();
        assert_eq!(values, [&[0, 1][..], &[4, 5], &[2, 3]]);
    }

    #[test]
    fn what_follows_at_once_is_told_from_what_comes_again() {
        let meters = meters(20, 3000);
        let pause = moment(&meters, |atom| atom);
        assert!(pause.is_some_and(|pause| (5 * MILLI..2000 * MILLI).contains(&pause)), "{pause:?}");
        let episodes = episodes(&meters, pause.unwrap_or_default(), |atom| atom, |atom| atom % 2);
        assert_eq!(episodes.len(), 200);
        assert!(episodes.iter().all(|atoms| atoms.len() == 2 && atoms[0] + 1 == atoms[1]));
    }

    #[test]
    fn what_comes_again_at_any_time_has_no_moment() {
        let spread = |value: u32| {
            (0..20).map(move |at| (value * 20 + at, (i64::from(at * at * 31 + value * 17) % 9973) * MILLI))
        };
        let sorted = (0..10).map(|value| {
            let mut holders: Vec<(u32, i64)> = spread(value).collect();
            holders.sort_by_key(|(_, time)| *time);
            holders
        });
        assert_eq!(moment(&Timed::from(sorted), |atom| atom), None);
    }

    #[test]
    fn two_beginnings_within_a_moment_join_nothing() {
        let mut values: Vec<Vec<(u32, i64)>> =
            (0..8).map(|at| vec![(at * 2, 0), (at * 2 + 1, MILLI)]).collect();
        values.push(vec![(100, 0), (102, MILLI), (103, 2 * MILLI)]);
        let values = episodes(&Timed::from(values.into_iter()), 5 * MILLI, |atom| atom, |atom| atom % 2);
        assert_eq!(values.len(), 8);
        assert!(values.iter().all(|atoms| atoms[0] < 100));
    }
}
