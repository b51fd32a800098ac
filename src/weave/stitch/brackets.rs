//! What is only ever logged between the first and the last event of something, as what a program does between "begins" and
//! "done", belongs to that.

use super::order::Ordered;
use rustc_hash::FxHashMap;

/// So many events of a sort tell where they are logged, and one in so many of them may be elsewhere.
const MIN_EVENTS: u32 = 8;
const ELSEWHERE: u32 = 20;
/// So many brackets tell what is logged between, if they cover at most one in so many parts of the time.
const MIN_BRACKETS: usize = 4;
const COVERED: i64 = 2;

/// Takes into brackets, each told by some events by time, what is only logged within them; `events`: all of their service, by time.
/// Nothing, if two brackets overlap: what is between is of one or the other then.
pub(super) fn fill(brackets: &mut [&mut Vec<u32>], events: &[u32], atoms: &Ordered) {
    brackets.sort_unstable_by_key(|bracket| bracket.first().copied());
    let ends = |bracket: &[u32]| bracket.first().copied().zip(bracket.last().copied());
    let spans: Vec<(u32, u32)> = brackets.iter().filter_map(|bracket| ends(bracket)).collect();
    let length = |(first, last): (u32, u32)| atoms.first(last).0.saturating_sub(atoms.first(first).0);
    let covered = spans.iter().fold(0i64, |all, span| all.saturating_add(length(*span)));
    let overlap = spans.windows(2).any(|two| two[1].0 <= two[0].1);
    let all = ends(events).map_or(0, length);
    if spans.len() < MIN_BRACKETS || overlap || covered.saturating_mul(COVERED) > all {
        return;
    }
    let within = |event: u32| {
        let at = spans.partition_point(|(first, _)| *first < event).checked_sub(1)?;
        (event < spans[at].1).then_some(at)
    };
    let mut counts: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
    for &event in events {
        let count = counts.entry(atoms.sort(event)).or_default();
        count.0 += 1;
        count.1 += u32::from(within(event).is_some());
    }
    let only_within = |event: u32| {
        let (all, within) = counts.get(&atoms.sort(event)).copied().unwrap_or_default();
        all >= MIN_EVENTS && (all - within) * ELSEWHERE <= all
    };
    let of_brackets = |event: &&u32| only_within(**event) && atoms.asked(**event).is_nothing();
    for &event in events.iter().filter(of_brackets) {
        if let Some(at) = within(event) {
            brackets[at].push(event);
        }
    }
    for bracket in brackets {
        bracket.sort_unstable();
        bracket.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGINS: u32 = 0;
    const WITHIN: u32 = 1;
    const ANYWHERE: u32 = 2;
    const DONE: u32 = 3;

    /// Ten times: something begins, goes through two things and is done, and much comes after it.
    fn events() -> Vec<u32> {
        let one = [BEGINS, WITHIN, ANYWHERE, WITHIN, DONE];
        let after = [ANYWHERE; 7];
        (0..10).flat_map(|_| one.into_iter().chain(after)).collect()
    }

    #[test]
    fn what_is_only_logged_within_brackets_belongs_to_them() {
        let atoms = Ordered::of_sorts(&events());
        let all: Vec<u32> = (0..atoms.len() as u32).collect();
        let mut brackets: Vec<Vec<u32>> = (0..10).map(|at| vec![at * 12, at * 12 + 4]).collect();
        fill(&mut brackets.iter_mut().collect::<Vec<_>>(), &all, &atoms);
        for (at, bracket) in (0..).zip(brackets) {
            assert_eq!(bracket, [0, 1, 3, 4].map(|event| at * 12 + event));
        }
    }

    #[test]
    fn brackets_that_overlap_or_are_everywhere_tell_nothing() {
        let atoms = Ordered::of_sorts(&events());
        let all: Vec<u32> = (0..atoms.len() as u32).collect();
        for ends in [10, 13] {
            let mut brackets: Vec<Vec<u32>> = (0..9).map(|at| vec![at * 12, at * 12 + ends]).collect();
            fill(&mut brackets.iter_mut().collect::<Vec<_>>(), &all, &atoms);
            assert!(brackets.iter().all(|bracket| bracket.len() == 2), "{ends}");
        }
    }
}
