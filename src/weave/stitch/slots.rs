//! Events that hold no value of a transaction, though lines of their kind always stand between the same lines of one.
//!
//! Two lines of a transaction that follow each other on one strand make a *slot*. How many events of a kind the slots of a
//! sort hold, and how long these stand behind the first line and before the second one, is learned from all such events of the
//! run by expectation maximization (Dempster, Laird, Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm",
//! J. R. Stat. Soc. B 39, 1977): where only one transaction is at work, it is plain where an event belongs, and that tells of
//! those where several are. Events that come at any time belong to none.

use super::NONE;
use super::neighbours::{StrandKey, strand_of};
use super::numbers::Numbers;
use super::ties::{Kind, kind};
use crate::gather::Store;
use crate::model::{EventId, Origin, Symbol};
use rustc_hash::{FxHashMap, FxHashSet};

/// So many lines of transactions before and behind an event are looked at.
const NEAR: usize = 48;
/// An event may belong to so many transactions that have a line before it, and to as many that have one only behind it.
const MOST: usize = 24;
/// Learned from are events with at most so many places together.
const ENOUGH: usize = 1 << 19;
/// So many events of a kind tell something.
const MIN_SEEN: u32 = 8;
/// Of a kind of which more events than this share belong nowhere, none is looked at.
const STRAY: f64 = 0.97;
/// Rounds of learning.
const ROUNDS: usize = 8;
/// In the first round an event belongs to no transaction in one of so many cases.
const NOWHERE: f64 = 0.2;
/// From this share on an event belongs to a slot.
const SURE: f64 = 0.6;
/// A slot that mostly holds one event of a kind, or none, hardly holds another one.
const SINGLE: f64 = 1.3;
const ANOTHER: f64 = 0.02;
/// Times are told apart by powers of two of nanoseconds from this one on: about 65 microseconds. Finer ones gain nothing.
const FIRST_BIT: u32 = 16;
const TIMES: usize = 30;
/// What each time is seen in addition, as not all that may be was.
const UNSEEN: f64 = 0.05;

/// How long ago something was, by powers of two.
fn time(nanos: i64) -> u8 {
    let bits = u64::BITS - (nanos.max(0) as u64).leading_zeros();
    bits.saturating_sub(FIRST_BIT).min(TIMES as u32 - 1) as u8
}

/// How many nanoseconds make one such time.
fn width(time: usize) -> f64 {
    (1u64 << (FIRST_BIT + (time as u32).saturating_sub(1))) as f64
}

/// How often something was seen at which time.
#[derive(Clone, Debug)]
struct Times([f64; TIMES]);

impl Times {
    fn none() -> Times {
        Times([0.0; TIMES])
    }

    /// The share of each time in a nanosecond, and how much these tell.
    fn settle(&self) -> ([f64; TIMES], f64) {
        let all: f64 = self.0.iter().sum::<f64>() + UNSEEN * TIMES as f64;
        let mut shares = [0.0; TIMES];
        let mut tells = 0.0;
        for (at, (share, seen)) in shares.iter_mut().zip(self.0).enumerate() {
            *share = (seen + UNSEEN) / all / width(at);
            tells += seen / all * *share;
        }
        (shares, tells)
    }
}

/// A line that a transaction has on a strand.
#[derive(Clone, Copy, Debug)]
struct Line {
    at: i64,
    template: Symbol,
    group: u32,
}

/// The service, the templates of the two lines of a slot, or of one, and that of an event.
type Sort = (Symbol, [Symbol; 3]);

/// What an event may belong to: a slot of a sort, and where it stands there.
#[derive(Clone, Copy, Debug)]
struct Place {
    sort: Sort,
    /// How long after the first line, and before the second one.
    times: [Option<u8>; 2],
    group: u32,
    /// Tells the slot from others.
    slot: (u32, i64),
}

/// The lines of the transactions on one strand, and its events that belong to none so far, all by time.
#[derive(Debug, Default)]
struct Strand {
    lines: Vec<Line>,
    /// Each with how many lines came before it.
    open: Vec<(EventId, usize)>,
}

impl Strand {
    /// Takes in the next event, with its transaction or none.
    fn add(&mut self, store: &Store, id: EventId, group: u32) {
        if group == NONE {
            self.open.push((id, self.lines.len()));
            return;
        }
        let event = store.event(id);
        self.lines.push(Line { at: event.time.0, template: event.template, group });
    }

    /// What an event may belong to.
    fn places(&self, store: &Store, (id, before): (EventId, usize), places: &mut Vec<Place>) {
        places.clear();
        let event = store.event(id);
        let mut groups: Vec<u32> = Vec::with_capacity(MOST * 2);
        let of_group = |groups: &[u32], group| groups.iter().position(|known| *known == group);
        for line in self.lines[..before].iter().rev().take(NEAR) {
            if groups.len() == MOST {
                break;
            }
            if of_group(&groups, line.group).is_none() {
                groups.push(line.group);
                places.push(Place {
                    sort: (event.service, [line.template, Symbol::NONE, event.template]),
                    times: [Some(time(event.time.0.saturating_sub(line.at))), None],
                    group: line.group,
                    slot: (line.group, line.at),
                });
            }
        }
        for line in self.lines[before..].iter().take(NEAR) {
            let at = match of_group(&groups, line.group) {
                Some(at) => at,
                None if groups.len() < MOST * 2 => {
                    groups.push(line.group);
                    places.push(Place {
                        sort: (event.service, [Symbol::NONE, Symbol::NONE, event.template]),
                        times: [None, None],
                        group: line.group,
                        slot: (line.group, i64::MIN),
                    });
                    places.len() - 1
                }
                None => continue,
            };
            let place = &mut places[at];
            if place.times[1].is_none() {
                place.sort.1[1] = line.template;
                place.times[1] = Some(time(line.at.saturating_sub(event.time.0)));
            }
        }
    }

    /// Counts the slots by sort.
    fn count(&self, service: Symbol, slots: &mut FxHashMap<(Symbol, Symbol, Symbol), f64>) {
        let mut last: FxHashMap<u32, Symbol> = FxHashMap::default();
        let mut add = |first, second| *slots.entry((service, first, second)).or_default() += 1.0;
        for line in &self.lines {
            let before = last.insert(line.group, line.template).unwrap_or(Symbol::NONE);
            add(before, line.template);
        }
        last.into_values().for_each(|template| add(template, Symbol::NONE));
    }
}

/// The strands of the events at hand, in the order of their first event, each with its service.
#[derive(Debug, Default)]
pub(super) struct Strands {
    at: FxHashMap<StrandKey, usize>,
    all: Vec<(Symbol, Strand)>,
}

impl Strands {
    /// Takes in the next event without trace id, with its transaction or none.
    pub fn add(&mut self, store: &Store, id: EventId, group: u32) {
        let at = *self.at.entry(strand_of(store, id)).or_insert_with(|| {
            self.all.push((store.event(id).service, Strand::default()));
            self.all.len() - 1
        });
        self.all[at].1.add(store, id, group);
    }
}

/// A place of an event, by the numbers of what it is learned from.
#[derive(Clone, Copy, Debug)]
struct Noted {
    sort: u32,
    /// For both lines: the number of the pair of line and event, and the time.
    sides: [Option<(u32, u8)>; 2],
}

/// An event that is learned from.
#[derive(Clone, Debug)]
struct Learned {
    origin: Origin,
    kind: u32,
    places: Vec<Noted>,
}

impl Learned {
    /// Which share of all events has to be learned from for this one to be: it does not depend on the others.
    fn share(origin: Origin) -> u64 {
        let mixed = (origin.line ^ u64::from(origin.rank) << 40 ^ u64::from(origin.part) << 20)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }
}

/// What is learned of slots.
#[derive(Debug, Default)]
pub(super) struct Slots {
    sorts: Numbers<Sort>,
    pairs: Numbers<(Symbol, Symbol, Symbol, bool)>,
    slots: FxHashMap<(Symbol, Symbol, Symbol), f64>,
    kinds: Numbers<Kind>,
    /// By kind: how many events were seen that belong to no transaction so far, and how many that do.
    seen: Vec<(u32, u32)>,
    /// The events that are learned from, how many places they have together, and how often their share of all was halved.
    events: Vec<Learned>,
    places: usize,
    halved: u32,
    /// First and last time of an event without a transaction.
    span: Option<(i64, i64)>,
    /// By sort: events in a slot. By pair: the shares of times, and how much they tell. By kind: events in a nanosecond that
    /// belong nowhere.
    rates: Vec<f64>,
    times: Vec<([f64; TIMES], f64)>,
    nowhere: Vec<f64>,
    /// Kinds of which next to none belongs to a transaction.
    stray: Vec<bool>,
}

impl Slots {
    fn kind(&mut self, of: Kind) -> usize {
        let kind = self.kinds.of(of) as usize;
        if kind == self.seen.len() {
            self.seen.push((0, 0));
        }
        kind
    }

    /// Notes an event that holds a value of a transaction.
    pub fn holds(&mut self, store: &Store, id: EventId) {
        let kind = self.kind(kind(store, id));
        self.seen[kind].1 += 1;
    }

    /// Takes in what is to be learned from the strands at hand.
    pub fn see(&mut self, store: &Store, strands: &Strands) {
        let mut places = Vec::new();
        for (service, strand) in &strands.all {
            strand.count(*service, &mut self.slots);
            for &open in &strand.open {
                let kind = self.kind(kind(store, open.0)) as u32;
                self.seen[kind as usize].0 += 1;
                let at = store.event(open.0).time.0;
                let (first, last) = self.span.unwrap_or((at, at));
                self.span = Some((first.min(at), last.max(at)));
                let origin = store.origin(open.0);
                if !self.is_learned_from(origin) {
                    continue;
                }
                strand.places(store, open, &mut places);
                let places: Vec<Noted> = places.iter().map(|place| self.note(place)).collect();
                self.places += places.len();
                self.events.push(Learned { origin, kind, places });
                while self.places > ENOUGH {
                    self.halve();
                }
            }
        }
    }

    fn is_learned_from(&self, origin: Origin) -> bool {
        Learned::share(origin).checked_shr(u64::BITS - self.halved).unwrap_or_default() == 0
    }

    fn halve(&mut self) {
        self.halved += 1;
        let mut events = std::mem::take(&mut self.events);
        events.retain(|event| self.is_learned_from(event.origin));
        self.places = events.iter().map(|event| event.places.len()).sum();
        self.events = events;
    }

    fn note(&mut self, place: &Place) -> Noted {
        let (service, [first, second, template]) = place.sort;
        let pair = |pairs: &mut Numbers<_>, line, after| pairs.of((service, line, template, after));
        let [before, behind] = place.times;
        let before = before.map(|time| (pair(&mut self.pairs, first, false), time));
        let behind = behind.map(|time| (pair(&mut self.pairs, second, true), time));
        Noted { sort: self.sorts.of(place.sort), sides: [before, behind] }
    }

    /// Settles what was learned.
    pub fn settle(&mut self) {
        // how many slots there are of each sort
        let mut slots = vec![1.0; self.sorts.1.len()];
        for ((service, [first, second, _]), slots) in self.sorts.1.iter().zip(&mut slots) {
            if let Some(count) = self.slots.get(&(*service, *first, *second)) {
                *slots = *count;
            }
        }
        // the order of sums is that of the logs, however events are at hand
        self.events.sort_unstable_by_key(|event| event.origin);
        let long = self.span.map_or(1, |(first, last)| last.saturating_sub(first).max(1)) as f64;
        let of_all = (1u64 << self.halved.min(63)) as f64;
        for round in 0..ROUNDS {
            let mut rates = vec![0.0; slots.len()];
            let mut times = vec![Times::none(); self.pairs.1.len()];
            let (mut nowhere, mut all_of) = (vec![0.0; self.seen.len()], vec![0.0; self.seen.len()]);
            let mut shares: Vec<f64> = Vec::new();
            for Learned { kind, places, .. } in &self.events {
                let kind = *kind as usize;
                all_of[kind] += 1.0;
                shares.clear();
                let none = if round == 0 {
                    shares.extend(places.iter().map(|_| (1.0 - NOWHERE) / places.len() as f64));
                    NOWHERE
                } else {
                    shares.extend(places.iter().map(|place| self.fits(place)));
                    self.nowhere[kind]
                };
                let all: f64 = shares.iter().sum::<f64>() + none;
                if all <= 0.0 {
                    nowhere[kind] += 1.0;
                    continue;
                }
                nowhere[kind] += none / all;
                for (place, share) in places.iter().zip(&shares) {
                    let share = share / all;
                    rates[place.sort as usize] += share;
                    for (pair, time) in place.sides.into_iter().flatten() {
                        times[pair as usize].0[usize::from(time)] += share;
                    }
                }
            }
            self.rates = rates.iter().zip(&slots).map(|(rate, slots)| rate * of_all / slots).collect();
            self.times = times.iter().map(Times::settle).collect();
            self.stray = nowhere.iter().zip(&all_of).map(|(nowhere, all)| *nowhere > all * STRAY).collect();
            self.nowhere = nowhere.into_iter().map(|count| count * of_all / long).collect();
        }
        self.events = Vec::new();
    }

    /// How many events of a kind are to be expected in a nanosecond at a place: by that side of it which tells more.
    fn fits(&self, place: &Noted) -> f64 {
        let sides = place.sides.into_iter().flatten().map(|(pair, time)| {
            let (shares, tells) = &self.times[pair as usize];
            (*tells, shares[usize::from(time)])
        });
        let best = sides.max_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or(0.0, |(_, share)| share * self.rates[place.sort as usize])
    }

    /// The place by what was learned; none if nothing was.
    fn known(&self, place: &Place) -> Option<Noted> {
        let (service, [first, second, template]) = place.sort;
        let pair = |line, after| self.pairs.get(&(service, line, template, after));
        let [before, behind] = place.times;
        let before = before.and_then(|time| Some((pair(first, false)?, time)));
        let behind = behind.and_then(|time| Some((pair(second, true)?, time)));
        Some(Noted { sort: self.sorts.get(&place.sort)?, sides: [before, behind] })
    }

    /// The events of the strands at hand that belong to a transaction.
    pub fn of(&self, store: &Store, strands: &Strands) -> Vec<(EventId, u32)> {
        let mut found = Vec::new();
        let mut places = Vec::new();
        // the slots that have an event of a kind already
        let mut taken: FxHashSet<((u32, i64), Symbol)> = FxHashSet::default();
        for (_, strand) in &strands.all {
            taken.clear();
            for &open in &strand.open {
                let own = kind(store, open.0);
                let Some(at) = self.kinds.get(&own) else { continue };
                let (alone, held) = self.seen[at as usize];
                // of a kind that mostly holds values, one without is a transaction of its own
                if alone < MIN_SEEN || held > alone || self.stray[at as usize] {
                    continue;
                }
                strand.places(store, open, &mut places);
                let fits = |place: &Place| {
                    let known = self.known(place)?;
                    let single = self.rates[known.sort as usize] < SINGLE;
                    let again = single && taken.contains(&(place.slot, own.1));
                    Some(self.fits(&known) * if again { ANOTHER } else { 1.0 })
                };
                let shares: Vec<f64> = places.iter().map(|place| fits(place).unwrap_or(0.0)).collect();
                let all = shares.iter().sum::<f64>() + self.nowhere[at as usize];
                let best = places.iter().zip(&shares).max_by(|a, b| a.1.total_cmp(b.1));
                if let Some((place, share)) = best
                    && *share >= SURE * all
                    && all > 0.0
                {
                    taken.insert((place.slot, own.1));
                    found.push((open.0, place.group));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_apart_by_powers_of_two() {
        assert_eq!((time(-5), time(0), time(65_535), time(65_536), time(131_071)), (0, 0, 0, 1, 1));
        assert_eq!((time(131_072), time(i64::MAX)), (2, TIMES as u8 - 1));
        let all: f64 = (0..time(1 << 40) as usize).map(width).sum();
        assert_eq!(all, (1u64 << 40) as f64);
    }

    #[test]
    fn what_is_learned_from_does_not_depend_on_how_often_the_share_was_halved_before() {
        let origins: Vec<Origin> = (1..20_000).map(|line| Origin { rank: 3, line, part: 0 }).collect();
        let of = |halved: u32| {
            let slots = Slots { halved, ..Slots::default() };
            origins.iter().filter(|origin| slots.is_learned_from(**origin)).count()
        };
        assert_eq!(of(0), origins.len());
        let quarter = of(2);
        assert!((4000..6000).contains(&quarter), "{quarter}");
        let both = |origin: &&Origin| {
            let few = Slots { halved: 5, ..Slots::default() };
            let more = Slots { halved: 2, ..Slots::default() };
            !few.is_learned_from(**origin) || more.is_learned_from(**origin)
        };
        assert!(origins.iter().all(|origin| both(&origin)));
    }
}
