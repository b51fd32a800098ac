//! Rounds: a program begins something by itself and goes through several things that others began before, as one that bills
//! them all. It is a transaction of its own, and of none of theirs.
//!
//! Most that a round logs holds one value, its number. What it goes through tells it from what
//! holds several things because they came to it, as a train does: they were all there when it began.

use super::atoms::Atoms;
use super::brackets::fill;
use super::holdings::Holding;
use super::order::Ordered;
use super::sets::Sets;
use super::values::Values;
use crate::gather::bytes::{Get, Put};
use crate::gather::{Room, Rows, SpillError};
use crate::model::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// What more events hold is no number of a round.
const MOST_EVENTS: usize = 1 << 12;
/// So many rounds of a kind have to go through things of several transactions, and one in so many of those that go through any.
const MIN_ROUNDS: u32 = 2;
const SEVERAL: u32 = 4;
/// One in so many things may have begun after the round that goes through it.
const AFTER: u32 = 10;

/// Values that may be numbers of rounds.
pub(super) struct RoundNumbers {
    /// By kind: for each value how many events of the service that it was born in hold it, and those, by time.
    rows: Rows,
    /// By kind: how many values that several atoms hold are no such number.
    others: Vec<u32>,
}

impl RoundNumbers {
    /// Of so many kinds; so many bytes of them are held in memory.
    pub fn new(kinds: usize, room: Room) -> RoundNumbers {
        RoundNumbers { rows: Rows::new(kinds, room), others: vec![0; kinds] }
    }

    /// Takes in a value with its holdings by time, each of another atom; whether it may be the number of a round.
    pub fn add(&mut self, atoms: &Atoms, kind: usize, value: &[&Holding]) -> Result<bool, SpillError> {
        if value.len() < 2 {
            return Ok(false);
        }
        let service = atoms.service(value[0]);
        let own: Vec<&Holding> =
            value.iter().copied().filter(|held| atoms.service(held) == service).collect();
        let by_itself = value.iter().all(|held| !atoms.is_traced(held.atom))
            && own.iter().all(|held| held.asked.is_nothing());
        let begins_once = own.len() > 1 && own[1..].iter().all(|held| held.sort != own[0].sort);
        if !by_itself || !begins_once || own.len() > MOST_EVENTS {
            self.others[kind] += 1;
            return Ok(false);
        }
        self.rows.push(kind, |out| {
            out.number(own.len() as u64);
            own.iter().for_each(|held| out.number(u64::from(held.atom)));
        })?;
        Ok(true)
    }

    /// Takes in other values.
    pub fn append(&mut self, others: &RoundNumbers) -> Result<(), SpillError> {
        self.others.iter_mut().zip(&others.others).for_each(|(own, other)| *own += other);
        self.rows.append(&others.rows)
    }

    /// Those that may be rounds, kind by kind: their events by time.
    fn candidates(&self, atoms: &Ordered) -> Result<Vec<Candidate>, SpillError> {
        let mut found = Vec::new();
        for kind in 0..self.others.len() {
            let before = found.len();
            self.rows.each(kind, |bytes| {
                let mut bytes = Get(bytes);
                while let Some(count) = bytes.number() {
                    let event = |_| atoms.place(bytes.number().unwrap_or_default() as u32);
                    let events: Vec<u32> = (0..count).map(event).collect();
                    found.push(Candidate { kind, events });
                }
            })?;
            if (found.len() - before) < self.others[kind] as usize {
                found.truncate(before);
            }
        }
        Ok(found)
    }
}

/// So many kinds of values of a service tell what is logged between.
const MAX_FILLED: usize = 16;

/// What may be a round.
struct Candidate {
    kind: usize,
    events: Vec<u32>,
}

/// Takes into candidates what is only ever logged within those of their kind and service.
fn fill_all(candidates: &mut [Candidate], atoms: &Ordered) {
    let mut of_service: FxHashMap<Symbol, Vec<u32>> = FxHashMap::default();
    for event in atoms.traced() as u32..atoms.len() as u32 {
        of_service.entry(atoms.service(event)).or_default().push(event);
    }
    let mut brackets: FxHashMap<(usize, Symbol), Vec<&mut Vec<u32>>> = FxHashMap::default();
    for Candidate { kind, events } in candidates {
        brackets.entry((*kind, atoms.service(events[0]))).or_default().push(events);
    }
    let mut most: Vec<_> = brackets.into_iter().collect();
    most.sort_unstable_by_key(|((kind, service), own)| (*service, std::cmp::Reverse(own.len()), *kind));
    for same in most.chunk_by_mut(|a, b| a.0.1 == b.0.1) {
        for ((_, service), own) in same.iter_mut().take(MAX_FILLED) {
            fill(own, &of_service[service], atoms);
        }
    }
}

/// What the candidates of one kind go through.
#[derive(Default)]
struct Kept {
    before: u32,
    after: u32,
    /// How many go through anything, and how many through what several transactions began.
    any: u32,
    several: u32,
}

/// Rounds of a run.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    /// The events of each, by time.
    pub events: Vec<Vec<u32>>,
    /// Atoms in which values were born that an event of a round holds together: these are about one thing.
    pub ties: Vec<(u32, u32)>,
}

/// A value that an event of a candidate holds and that was born before it elsewhere: the event, the kind of value, where it was born.
type Met = (u32, usize, u32);

/// What a candidate goes through: which one it is, whether that was there before it, and the set that it was born in.
type Thing = (u32, bool, u32);

/// What stands together in the events that hold one value of each of several kinds.
fn ties(mut met: Vec<Met>) -> Vec<(u32, u32)> {
    met.sort_unstable();
    met.dedup();
    let mut ties = Vec::new();
    for of_one in met.chunk_by(|a, b| a.0 == b.0) {
        let single = of_one.chunk_by(|a, b| a.1 == b.1).filter(|same| same.len() == 1);
        let origins: Vec<u32> = single.map(|same| same[0].2).collect();
        ties.extend(origins.windows(2).map(|two| (two[0], two[1])));
    }
    ties
}

/// Finds rounds. `values` gives those of the kinds that name transactions, by the kind, and `sets`
/// what these joined.
pub(super) fn rounds(
    numbers: &RoundNumbers,
    atoms: &Ordered,
    sets: &mut Sets,
    kinds: &[usize],
    values: impl Fn(usize) -> Result<Values, SpillError>,
) -> Result<Rounds, SpillError> {
    let mut candidates = numbers.candidates(atoms)?;
    fill_all(&mut candidates, atoms);
    let mut of_event: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (at, candidate) in (0..).zip(&candidates) {
        for event in &candidate.events {
            of_event.entry(*event).or_default().push(at);
        }
    }
    // those that begin with something that was there before go on with that
    let mut goes_on: FxHashSet<u32> = FxHashSet::default();
    let mut met: Vec<Met> = Vec::new();
    let mut held: FxHashMap<(usize, usize), Vec<Thing>> = FxHashMap::default();
    for &kind in kinds.iter().filter(|_| !candidates.is_empty()) {
        for value in values(kind)?.iter() {
            let origin = value[0];
            let born_in = of_event.get(&origin).map(Vec::as_slice).unwrap_or_default();
            for event in &value[1..] {
                for at in of_event.get(event).into_iter().flatten().filter(|at| !born_in.contains(at)) {
                    let Candidate { kind: own, events } = &candidates[*at as usize];
                    if *own == kind {
                        continue;
                    }
                    if event == &events[0] {
                        goes_on.insert(*at);
                    }
                    let before = atoms.first(origin) <= atoms.first(events[0]);
                    if before {
                        met.push((*event, kind, origin));
                    }
                    held.entry((*own, kind)).or_default().push((*at, before, sets.find(origin)));
                }
            }
        }
    }
    let mut found: FxHashSet<usize> = FxHashSet::default();
    for ((kind, _), mut things) in held {
        things.retain(|(at, ..)| !goes_on.contains(at));
        things.sort_unstable();
        things.dedup();
        let mut kept = Kept::default();
        for of_one in things.chunk_by(|a, b| a.0 == b.0) {
            let before: FxHashSet<u32> =
                of_one.iter().filter(|(_, before, _)| *before).map(|(.., set)| *set).collect();
            kept.any += 1;
            kept.several += u32::from(before.len() > 1);
            kept.before += before.len() as u32;
            kept.after += of_one.iter().filter(|(_, before, _)| !before).count() as u32;
        }
        let Kept { before, after, any, several } = kept;
        if several >= MIN_ROUNDS && several * SEVERAL >= any && after * AFTER <= before {
            found.insert(kind);
        }
    }
    let is_round = |at: u32, candidate: &Candidate| found.contains(&candidate.kind) && !goes_on.contains(&at);
    let numbered = (0..).zip(candidates);
    let events: Vec<Vec<u32>> =
        numbered.filter(|(at, round)| is_round(*at, round)).map(|(_, round)| round.events).collect();
    let of_rounds: FxHashSet<u32> = events.iter().flatten().copied().collect();
    met.retain(|(event, ..)| of_rounds.contains(event));
    Ok(Rounds { events, ties: ties(met) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_holds_one_each_of_is_about_one_thing() {
        // a pallet and its delivery; two deliveries with a pallet; a delivery alone
        let met = vec![(7, 1, 20), (7, 0, 10), (8, 0, 11), (8, 0, 12), (8, 1, 21), (9, 0, 13)];
        assert_eq!(ties(met), [(10, 20)]);
    }
}
