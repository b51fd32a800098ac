//! The atoms that may be joined, in their order: all fragments by their beginning, then those events without trace id that
//! share a value with another atom.

use super::asked::Asked;
use super::atoms::Atoms;
use super::entries::{Counts, Entries, Request};
use super::holdings::Holding;
use super::rounds::Rounds;
use super::sets::Sets;
use crate::model::{Origin, Symbol, Time, TraceId};
use rustc_hash::FxHashMap;

/// An event without trace id that shares a value.
#[derive(Clone, Copy, Debug)]
struct Note {
    time: Time,
    origin: Origin,
    first: Time,
    came: u32,
    sort: u32,
    timed: bool,
    asked: Asked,
    grain: i64,
}

/// The events without trace id that were seen to share a value.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    notes: Vec<Note>,
    /// So many of them differ, as far as that is known.
    known: usize,
}

/// What is noted twice is dropped when there are so many notes more than twice as many as are known to differ.
const MIN_DOUBLE: usize = 1 << 16;

impl Sharing {
    pub fn add(&mut self, holding: &Holding) {
        let Holding { time, origin, first, atom: came, sort, timed, asked, grain, .. } = *holding;
        self.notes.push(Note { time, origin, first, came, sort, timed, asked, grain });
        if self.notes.len() > 2 * self.known + MIN_DOUBLE {
            self.settle();
        }
    }

    /// Takes in those that share other values.
    pub fn append(&mut self, mut others: Sharing) {
        self.notes.append(&mut others.notes);
    }

    /// Leaves each once, by the order of their coming.
    fn settle(&mut self) {
        self.notes.sort_unstable_by_key(|note| note.came);
        self.notes.dedup_by_key(|note| note.came);
        self.known = self.notes.len();
    }
}

/// The atoms that may be joined, in their order.
#[derive(Debug)]
pub(super) struct Ordered {
    /// Of fragments: their trace, and how many events they have.
    traces: Vec<TraceId>,
    sizes: Vec<u32>,
    /// The first known time on the common clock, else [`Time::UNKNOWN`].
    starts: Vec<Time>,
    /// Times of the first event as logged.
    firsts: Vec<Time>,
    /// What each begins with: an index of `begin`.
    sorts: Vec<u32>,
    /// In which services each was asked for something.
    asked: Vec<Asked>,
    begin: Vec<(Symbol, Symbol)>,
    /// The place of each fragment by the order of coming; none where that is the same.
    places: Option<Vec<u32>>,
    /// Of the events without trace id: the order of coming, and the place of each.
    came: Vec<u32>,
    places_of_came: Vec<u32>,
    /// Messages take the trace id of their sender along in this run.
    carries: bool,
    /// What the events without trace id tell of requests.
    requests: Vec<Request>,
    rounds: Rounds,
}

/// Messages take the trace id along where so many fragments go on with one, and fewer than one in so many begin with one.
const CARRIED: usize = 20;
const BEGUN: usize = 10;
/// And where transactions begin in few of the services: at most so many of a hundred, or a few more if three in four events
/// are of fragments of many services. Elsewhere they would begin in all that handle messages.
const BEGINNING: u32 = 60;
const BEGINNING_WIDE: u32 = 70;
/// A service where fewer than one in so many begin is not counted.
const FEW: usize = 50;

impl Ordered {
    /// Puts atoms in order; `several`: fragments came from several windows.
    pub fn of(atoms: Atoms, mut sharing: Sharing, several: bool) -> Ordered {
        sharing.settle();
        let (traced, begin) = atoms.into_parts();
        drop(traced.lasts);
        let mut ordered = Ordered {
            traces: traced.traces,
            sizes: traced.sizes,
            starts: traced.starts,
            firsts: traced.firsts,
            sorts: traced.sorts,
            asked: traced.asked,
            begin,
            places: None,
            came: sharing.notes.iter().map(|note| note.came).collect(),
            places_of_came: vec![0; sharing.notes.len()],
            carries: false,
            requests: Vec::new(),
            rounds: Rounds::default(),
        };
        if several {
            let mut order: Vec<u32> = (0..ordered.traces.len() as u32).collect();
            let (begins, traces) = (&traced.begins, &ordered.traces);
            order.sort_unstable_by_key(|&atom| (begins[atom as usize], traces[atom as usize]));
            put(&mut ordered.traces, &order);
            put(&mut ordered.sizes, &order);
            put(&mut ordered.starts, &order);
            put(&mut ordered.firsts, &order);
            put(&mut ordered.sorts, &order);
            put(&mut ordered.asked, &order);
            let mut places = vec![0; order.len()];
            for (place, came) in (0..).zip(&order) {
                places[*came as usize] = place;
            }
            ordered.places = Some(places);
        }
        drop(traced.begins);
        ordered.carries = ordered.carries(traced.services);
        let counts = Counts::of(&ordered.asked);
        let by_time = counts.first_by_time();
        let entries = if by_time == 0 { counts.asked_by_all() } else { by_time };
        for asked in &mut ordered.asked {
            let first = if by_time == 0 { asked.by_request } else { asked.enters };
            asked.enters = if asked.told { 0 } else { first & entries };
        }
        let mut notes = sharing.notes;
        notes.sort_unstable_by_key(|note| (note.time, note.origin));
        for note in notes {
            if let Ok(at) = ordered.came.binary_search(&note.came) {
                ordered.places_of_came[at] = ordered.firsts.len() as u32;
            }
            ordered.starts.push(if note.timed { note.time } else { Time::UNKNOWN });
            ordered.firsts.push(note.first);
            ordered.sorts.push(note.sort);
            ordered.requests.push(Request::of(note.asked, note.first, note.grain));
            ordered.asked.push(Asked { enters: 0, ..note.asked });
        }
        ordered
    }

    /// Events without trace id, one a second, that begin with these.
    #[cfg(test)]
    pub fn of_sorts(sorts: &[u32]) -> Ordered {
        let times: Vec<Time> = (0..sorts.len() as i64).map(|at| Time(at * 1_000_000_000)).collect();
        let most = sorts.iter().max().map_or(0, |most| *most as usize + 1);
        Ordered {
            traces: Vec::new(),
            sizes: Vec::new(),
            starts: times.clone(),
            firsts: times,
            sorts: sorts.to_vec(),
            asked: vec![Asked::default(); sorts.len()],
            begin: vec![(Symbol::NONE, Symbol::NONE); most],
            places: None,
            came: Vec::new(),
            places_of_came: Vec::new(),
            carries: false,
            requests: Vec::new(),
            rounds: Rounds::default(),
        }
    }

    /// Fragments, one a second, that begin with these.
    #[cfg(test)]
    pub fn of_traced_sorts(sorts: &[u32]) -> Ordered {
        let traces = (1..=sorts.len() as u128).filter_map(TraceId::new).collect();
        Ordered { traces, ..Ordered::of_sorts(sorts) }
    }

    /// Finds where transactions enter if no fragment tells, by what was joined of the events without trace id. What is asked
    /// for there begins as early as it may.
    pub fn enter(&mut self, sets: &mut Sets) {
        let traced = self.traced();
        if self.asked[..traced].iter().any(|asked| asked.by_request != 0) {
            return;
        }
        let entries = Entries::of(&self.requests, |at| sets.find((traced + at) as u32));
        let firsts = self.firsts[traced..].iter_mut();
        for ((asked, first), request) in self.asked[traced..].iter_mut().zip(firsts).zip(&self.requests) {
            asked.enters = entries.of_request(request);
            if asked.enters != 0 {
                *first = Time(first.0.saturating_sub(request.grain));
            }
        }
    }

    /// Takes in which events are rounds: each is one transaction, and enters by itself wherever others do.
    pub fn begin_rounds(&mut self, rounds: Rounds) {
        for round in &rounds.events {
            self.asked[round[0] as usize].enters = u64::MAX;
        }
        self.rounds = rounds;
    }

    pub fn rounds(&self) -> &Rounds {
        &self.rounds
    }

    /// The place of the atom that came at some place.
    pub fn place(&self, came: u32) -> u32 {
        if (came as usize) < self.traces.len() {
            return self.places.as_ref().map_or(came, |places| places[came as usize]);
        }
        let at = self.came.binary_search(&came).unwrap_or_default();
        self.places_of_came.get(at).copied().unwrap_or_default()
    }

    /// Where each fragment went that came at some place, none if all stayed; the order of coming of the events without
    /// trace id; and the place of each of these.
    pub fn into_places(self) -> (Option<Vec<u32>>, Vec<u32>, Vec<u32>) {
        (self.places, self.came, self.places_of_came)
    }

    pub fn len(&self) -> usize {
        self.firsts.len()
    }

    /// How many are fragments.
    pub fn traced(&self) -> usize {
        self.traces.len()
    }

    pub fn first(&self, atom: u32) -> Time {
        self.firsts[atom as usize]
    }

    pub fn start(&self, atom: u32) -> Time {
        self.starts[atom as usize]
    }

    /// How many events with a trace id.
    pub fn size(&self, atom: u32) -> u32 {
        self.sizes.get(atom as usize).copied().unwrap_or_default()
    }

    pub fn sort(&self, atom: u32) -> u32 {
        self.sorts[atom as usize]
    }

    /// In which services an atom was asked for something.
    pub fn asked(&self, atom: u32) -> Asked {
        self.asked[atom as usize]
    }

    /// The service that an atom begins in.
    pub fn service(&self, atom: u32) -> Symbol {
        self.begin[self.sort(atom) as usize].0
    }

    /// A number that tells an atom from most others, and that does not depend on them.
    pub fn id(&self, atom: u32) -> u64 {
        match self.traces.get(atom as usize) {
            Some(trace) => trace.bits() as u64,
            None => self.first(atom).0 as u64 ^ self.begin[self.sort(atom) as usize].1.0,
        }
    }

    /// Whether messages take the trace id of their sender along, as far as the fragments tell; `services`: all that they have
    /// events of, each by its bit.
    fn carries(&self, services: u64) -> bool {
        let (mut carried, mut told, mut wide, mut events) = (0, 0, 0, 0);
        let mut begun: FxHashMap<Symbol, usize> = FxHashMap::default();
        for ((asked, sort), size) in self.asked.iter().zip(&self.sorts).zip(&self.sizes) {
            events += u64::from(*size);
            wide += if asked.wide { u64::from(*size) } else { 0 };
            carried += usize::from(asked.carried);
            told += usize::from(asked.told && !asked.called_back);
            *begun.entry(self.begin[*sort as usize].0).or_default() += 1;
        }
        let many = begun.values().filter(|count| **count * FEW >= self.sorts.len()).count() as u32;
        let most = if wide * 4 > events * 3 { BEGINNING_WIDE } else { BEGINNING };
        carried >= CARRIED && told * BEGUN <= carried && many * 100 <= services.count_ones() * most
    }

    /// Whether an event without trace id tells of a request where transactions enter.
    pub fn enters(&self, atom: u32) -> bool {
        !self.is_traced(atom) && self.asked(atom).enters != 0
    }

    /// Whether nothing went before a fragment: no message is told to begin it, and these take the trace id along. Who calls back
    /// without it was not told.
    pub fn begins_anew(&self, atom: u32) -> bool {
        let asked = self.asked(atom);
        self.carries && self.is_traced(atom) && (!asked.told || asked.called_back)
    }

    /// The trace id of a fragment.
    pub fn trace(&self, fragment: u32) -> TraceId {
        self.traces[fragment as usize]
    }

    /// Whether an atom has a trace id.
    pub fn is_traced(&self, atom: u32) -> bool {
        (atom as usize) < self.traces.len()
    }
}

/// Brings a list into an order.
fn put<T: Copy>(list: &mut Vec<T>, order: &[u32]) {
    *list = order.iter().map(|&at| list[at as usize]).collect();
}
