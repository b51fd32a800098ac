//! Where transactions enter: in which services something is asked for from outside.

use super::asked::Asked;
use crate::model::Time;
use rustc_hash::FxHashMap;

/// A service is one that transactions enter by if its requests may be the first thing in all but one of so many fragments.
const ENTRIES: usize = 50;

/// In how many fragments a service was asked, in how many its request may not be the first thing, and in how many others were
/// asked beside it.
#[derive(Clone, Copy, Default)]
struct Count {
    asked: usize,
    later: usize,
    beside: usize,
}

/// The fragments in which any service was asked, and those of each one, by its bit.
pub(super) struct Counts {
    any: usize,
    of: [Count; 64],
}

impl Counts {
    pub fn of(all: &[Asked]) -> Counts {
        let mut counts = Counts { any: 0, of: [Count::default(); 64] };
        for asked in all.iter().filter(|asked| asked.by_request != 0) {
            counts.any += 1;
            let mut bits = asked.by_request;
            while bits != 0 {
                let bit = bits & bits.wrapping_neg();
                let count = &mut counts.of[bits.trailing_zeros() as usize];
                count.asked += 1;
                count.later += usize::from(asked.enters & bit == 0);
                count.beside += usize::from(asked.by_request & !bit != 0);
                bits &= bits - 1;
            }
        }
        counts
    }

    /// The services that transactions enter by, as far as the times of fragments tell.
    pub fn first_by_time(&self) -> u64 {
        self.services(|count| count.asked > 0 && count.later * ENTRIES <= count.asked)
    }

    /// Those services of which the counts are so, each by its bit.
    fn services(&self, are: impl Fn(&Count) -> bool) -> u64 {
        self.of.iter().enumerate().filter(|(_, count)| are(count)).map(|(at, _)| 1 << at).sum()
    }

    /// The services of which the requests may be the first thing in half of the sets that they were asked in, and that were asked
    /// alone in half of them; or else the one that was asked in nearly all.
    pub fn asked_first(&self) -> u64 {
        let first = |count: &Count| count.asked > 0 && count.later * 2 <= count.asked;
        let alone = |count: &Count| first(count) && count.beside * 2 <= count.asked;
        let alone = self.services(alone);
        if alone != 0 {
            return alone;
        }
        let everywhere = self.services(|count| first(count) && self.is_everywhere(count));
        if everywhere.count_ones() == 1 { everywhere } else { 0 }
    }

    /// Whether a service was asked in nearly all in which any was.
    fn is_everywhere(&self, count: &Count) -> bool {
        self.any > 0 && (self.any - count.asked) * ENTRIES <= self.any
    }

    /// The one service that was asked in nearly all fragments in which any was, if others were asked beside it in many of them: the
    /// one that transactions enter by where the times of clocks that are off tell of none.
    pub fn asked_by_all(&self) -> u64 {
        let mut all = self.of.iter().enumerate().filter(|(_, count)| self.is_everywhere(count));
        match (all.next(), all.next()) {
            (Some((at, count)), None) if count.beside * 2 >= count.asked => 1 << at,
            _ => 0,
        }
    }
}

/// What an event without trace id tells of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// The service that was asked, by its bit; none if the event tells of no request.
    bit: u64,
    /// It tells how the request ended.
    over: bool,
    /// When it began, and how much earlier that may have been.
    first: Time,
    pub grain: i64,
}

impl Request {
    pub fn of(asked: Asked, first: Time, grain: i64) -> Request {
        let is_request = asked.by_message == 0;
        let bit = if is_request { asked.by_request } else { 0 };
        Request { bit, over: asked.enters != 0, first, grain }
    }
}

/// A service tells how its requests end if so many events that tell of any do for one that does not.
const TOLD: usize = 3;

/// The services that transactions enter by, as events without trace id tell.
#[derive(Debug, Default)]
pub(super) struct Entries {
    entries: u64,
    /// Those that tell how their requests end: other events are of the same requests.
    tell_ends: u64,
}

impl Entries {
    /// Of events that were joined; `set` gives the set of each.
    pub fn of(requests: &[Request], mut set: impl FnMut(usize) -> u32) -> Entries {
        let (mut all, mut over) = ([0usize; 64], [0usize; 64]);
        for request in requests.iter().filter(|request| request.bit != 0) {
            let at = request.bit.trailing_zeros() as usize;
            all[at] += 1;
            over[at] += usize::from(request.over);
        }
        let told =
            (0..64).filter(|&at| over[at] > 0 && over[at] * (TOLD + 1) >= all[at]).map(|at| 1 << at).sum();
        let mut entries = Entries { entries: u64::MAX, tell_ends: told };
        // of each set: how many events it has, when the first one was, and what was asked
        let mut sets: FxHashMap<u32, (usize, Time, Asked)> = FxHashMap::default();
        let roots: Vec<u32> = (0..requests.len()).map(&mut set).collect();
        for (root, request) in roots.iter().zip(requests) {
            let (count, first, _) = sets.entry(*root).or_insert((0, request.first, Asked::default()));
            *count += 1;
            *first = (*first).min(request.first);
        }
        for (root, request) in roots.iter().zip(requests) {
            let Some((_, first, asked)) = sets.get_mut(root) else { continue };
            let bit = entries.of_request(request);
            asked.by_request |= bit;
            if request.first.0.saturating_sub(request.grain) <= first.0 {
                asked.enters |= bit;
            }
        }
        // the order of counting does not matter
        let joined: Vec<Asked> =
            sets.into_values().filter(|(count, ..)| *count > 1).map(|(.., asked)| asked).collect();
        let counts = Counts::of(&joined);
        entries.entries = counts.asked_first();
        entries
    }

    /// The service that an event tells a request of where transactions enter, by its bit; none if it tells nothing of the kind.
    pub fn of_request(&self, request: &Request) -> u64 {
        let counts = request.over || self.tell_ends & request.bit == 0;
        if counts { request.bit & self.entries } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_enter_where_requests_come_first() {
        let asked = |by_request: u64, enters: u64| Asked { by_request, enters, ..Asked::default() };
        // the first service is asked before all others, the second one only where nobody else is
        let mut all = vec![asked(0b11, 0b01); 60];
        all.extend([asked(0b10, 0b10); 10]);
        assert_eq!(Counts::of(&all).first_by_time(), 0b01);
        // one in fifty may seem otherwise
        all.push(asked(0b01, 0));
        assert_eq!(Counts::of(&all).first_by_time(), 0b01);
        all.push(asked(0b01, 0));
        assert_eq!(Counts::of(&all).first_by_time(), 0);
    }

    #[test]
    fn transactions_enter_where_all_are_asked_if_times_tell_nothing() {
        let asked = |by_request: u64| Asked { by_request, ..Asked::default() };
        let mut all = vec![asked(0b011); 30];
        all.extend([asked(0b101); 20]);
        all.extend([asked(0b001); 30]);
        assert_eq!(Counts::of(&all).asked_by_all(), 0b001);
        // two are asked everywhere, or one is the only one that logs what it is asked
        assert_eq!(Counts::of(&vec![asked(0b011); 60]).asked_by_all(), 0);
        assert_eq!(Counts::of(&vec![asked(0b001); 60]).asked_by_all(), 0);
        all.extend([asked(0b010); 3]);
        assert_eq!(Counts::of(&all).asked_by_all(), 0);
        assert_eq!(Counts::of(&[]).asked_by_all(), 0);
    }

    #[test]
    fn transactions_enter_where_sets_of_events_begin() {
        let (edge, inner) = (1, 2);
        let request = |service: u64, over: bool, first: i64| {
            let asked =
                Asked { by_request: service, enters: if over { service } else { 0 }, ..Asked::default() };
            Request::of(asked, Time(first), 0)
        };
        // sets of an event at the edge that tells the end, one of the same request, an inner one and one of no request
        let mut requests = Vec::new();
        for set in 0..10 {
            let at = set * 100;
            requests.extend([request(edge, true, at), request(edge, false, at + 1)]);
            requests.extend([request(inner, true, at + 5), Request::of(Asked::default(), Time(at + 9), 0)]);
        }
        let entries = Entries::of(&requests, |at| at as u32 / 4);
        let enters = |at: usize| entries.of_request(&requests[at]);
        assert_eq!((enters(0), enters(1), enters(2), enters(3)), (edge, 0, 0, 0));
        // where nothing was joined, nothing tells
        let alone = Entries::of(&requests, |at| at as u32);
        assert_eq!(alone.of_request(&requests[0]), 0);
    }
}
