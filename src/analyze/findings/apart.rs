//! Which durations are far beyond all that is usual for their kind.
//!
//! What is slow stands apart from the rest, of which it tells nothing: it is left out before the rest is looked at, and so are
//! the few others that took about as long, as one fault may hit several. A step that goes a slow way of its own now and then,
//! or that is ever slower in ever fewer cases, has durations in between.

use crate::analyze::flow::Tally;

/// Fewer durations than this make no usual one.
pub(super) const MIN_KNOWN: u64 = 12;
/// What is shorter than this is never far off, in nanoseconds.
const GRAIN: f64 = 1e6;
/// How far beyond the middle half of all durations, in widths of that half, on a logarithmic scale.
const FAR: f64 = 3.0;
/// The least width of the middle half, on a logarithmic scale.
const MIN_WIDTH: f64 = 0.4;
/// What is slow takes twice as long as this share of all.
const RARE: f64 = 0.95;
/// The share for what is longer by [`LONG`].
const LONG_RARE: f64 = 0.85;
/// What is not longer by this, in nanoseconds, disturbs nobody.
const MIN_EXCESS: f64 = 100e6;
/// What is longer by this, in nanoseconds, is felt.
pub(super) const LONG: f64 = 1e9;

/// What is shorter than this is all the same beside what stands apart, in nanoseconds.
const BLUR: i64 = 10_000_000;
/// So many may take as long as what is slow, itself among them,
const MAX_LIKE: f64 = 2.0;
/// and further ones up to this share of all: more are a way of its own to take the step.
const MAX_LIKE_SHARE: f64 = 0.03;
/// What takes so many times as long as all others stands apart from them, however they are spread.
const CLEAR: f64 = 8.0;
/// What takes so many times as long does if they are spread so that it is no chance,
const TIMES: f64 = 4.0;
/// or so many times if at least
const TIMES_OF_MANY: f64 = 3.0;
/// so many are known;
pub(super) const MANY_KNOWN: u64 = 100;
/// this share of all may be in between.
const MAX_BETWEEN: f64 = 0.02;
/// By chance, so many of all durations of a kind would be as long.
const MAX_CHANCE: f64 = 0.05;
/// The shares of the others between which it is seen how their tail falls off.
const TAILS: [(f64, f64); 3] = [(0.5, 0.9), (0.5, 0.95), (0.75, 0.98)];
/// The least distance between these, on a logarithmic scale.
const MIN_TAIL: f64 = 0.1;

/// What a duration is far beyond.
#[derive(Clone, Copy, Debug)]
pub(super) struct Far {
    /// The usual duration, in nanoseconds.
    pub(super) usual: i64,
    /// It stands apart from all others.
    pub(super) apart: bool,
}

/// Whether a duration is too short to be far off, whatever is usual.
pub(super) fn is_short(nanos: i64) -> bool {
    (nanos as f64) < MIN_EXCESS
}

/// What is usual, if a duration is far beyond it.
pub(super) fn far_off(tally: &Tally, nanos: i64) -> Option<Far> {
    if is_short(nanos) || tally.count() < MIN_KNOWN {
        return None;
    }
    let log = |nanos: i64| (nanos as f64 + GRAIN).ln();
    // mostly that much tells it
    let (found, high, usual) = (log(nanos), log(tally.at(0.75)), tally.at(0.5));
    let excess = (nanos - usual) as f64;
    if found <= high + FAR * MIN_WIDTH && excess < LONG || excess < MIN_EXCESS {
        return None;
    }
    let apart = stands_apart(tally, nanos);
    let far = || found > high + FAR * (high - log(tally.at(0.25))).max(MIN_WIDTH);
    // where many take half as long, that is a way of its own to take the step
    let rare = || nanos > tally.at(if excess >= LONG { LONG_RARE } else { RARE }).saturating_mul(2);
    (apart || far() && rare()).then_some(Far { usual, apart })
}

/// How many durations of a kind are about as long as one, or longer.
fn like(tally: &Tally, nanos: i64) -> u64 {
    tally.at_least((nanos - BLUR) / 2)
}

/// Whether so many durations of a kind are as long that this is one of the ways things go.
pub(super) fn is_common(tally: &Tally, nanos: i64) -> bool {
    like(tally, nanos) as f64 > MAX_LIKE + MAX_LIKE_SHARE * tally.count() as f64
}

/// Whether a duration, itself among those of a kind, stands apart from the others.
fn stands_apart(tally: &Tally, nanos: i64) -> bool {
    if is_common(tally, nanos) {
        return false;
    }
    let all = tally.count();
    let others = all - like(tally, nanos);
    let times = |place: u64| (nanos + BLUR) as f64 / (tally.nth(place) + BLUR) as f64;
    if times(others - 1) >= CLEAR {
        return true;
    }
    let between = (MAX_BETWEEN * all as f64) as u64;
    let least = if all < MANY_KNOWN { TIMES } else { TIMES_OF_MANY };
    times((others - 1).saturating_sub(between)) >= least && expected(tally, others, nanos) <= MAX_CHANCE
}

/// How many durations of a kind would be as long as one by chance, if the lowest so many of them fall off as a power law,
/// which is slower than queues and pauses do.
fn expected(tally: &Tally, others: u64, nanos: i64) -> f64 {
    let log = |nanos: i64| ((nanos + BLUR) as f64).ln();
    let at = |share: f64| log(tally.nth((share * (others - 1) as f64) as u64));
    let beyond = |(low, high): (f64, f64)| {
        let steep = ((1.0 - low) / (1.0 - high)).ln() / (at(high) - at(low)).max(MIN_TAIL);
        (1.0 - high) * (-(log(nanos) - at(high)) * steep).exp()
    };
    TAILS.into_iter().map(beyond).fold(0.0, f64::max) * tally.count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a duration stands apart from others, in milliseconds.
    fn apart(others: impl IntoIterator<Item = i64>, found: i64) -> bool {
        let mut tally = Tally::default();
        others.into_iter().chain([found]).for_each(|millis| tally.add(millis * 1_000_000));
        stands_apart(&tally, found * 1_000_000)
    }

    #[test]
    fn what_is_slow_tells_nothing_of_what_is_usual() {
        assert!(apart((0..15).map(|at| 30 + at), 5_000));
        // another one is as slow
        assert!(apart((0..15).map(|at| 30 + at).chain([5_300]), 5_000));
        // a way of its own
        assert!(!apart((0..15).map(|at| 30 + at).chain([5_300, 4_800, 5_100]), 5_000));
    }

    #[test]
    fn the_steeper_the_tail_and_the_more_are_known_the_less_is_apart() {
        let even = |number: i64| (0..number).map(move |at| 300 + 300 * at / number);
        assert!(apart(even(200), 2_000));
        assert!(!apart(even(40), 2_000));
        assert!(apart(even(40), 3_000));
        // each half of them is twice as slow
        let heavy = (1..200).map(|at| 30_000 / at);
        assert!(!apart(heavy.clone(), 20_000));
        assert!(!apart(heavy, 60_000));
    }
}
