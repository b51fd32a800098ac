//! Events that hold no value of a transaction but stand between two that do, on a thread that handles one at a time, or
//! that by their kind always stand close to one that does.

use super::NONE;
use super::atoms::is_untraced_atom;
use super::behind::Behind;
use crate::gather::{Fragments, Store};
use crate::model::{Detail, EventId, Symbol, Time};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// A thread's next event with a value is of the same transaction in this share, if it handles one at a time.
const MIN_KEPT: f32 = 0.6;

/// Likewise, where events do not tell their thread.
const MIN_KEPT_UNTOLD: f32 = 0.8;
/// So many events of a kind tell whether it is tied to its neighbour.
const MIN_TIED: u32 = 8;
/// This share of the events of a kind that is tied to its neighbour stands close to it, in tenths.
const TIED_TENTHS: u32 = 5;
/// What is tied stands so many times closer than what comes on the other side.
const CLOSER: i64 = 4;

/// What tells how long it took began when an earlier event was logged, give or take so many nanoseconds.
const SAME_MOMENT: i64 = 1_000_000;
/// So many events of a thread are looked at for that.
const MAX_RECENT: usize = 256;

#[derive(Debug, Default)]
struct Thread {
    /// The last events: when, their kinds and groups.
    recent: VecDeque<(Time, Symbol, u32)>,
    /// The last event, with the group it holds a value of, if any.
    before: Option<(EventId, u32)>,
    /// An event without a group, and the one before it: the next one tells to which it is closer.
    open: Option<(EventId, Option<(EventId, u32)>)>,
    last: Option<u32>,
    between: Vec<EventId>,
    kept: u32,
    left: u32,
    /// Events that may be placed, and where.
    found: Vec<(EventId, u32)>,
}

/// How the events of a kind that hold no value stand to those next to them.
#[derive(Debug, Default)]
struct Ties {
    all: u32,
    /// By the kind of the neighbour, before or after: how often it is much closer than the one on the other side.
    close: FxHashMap<(bool, Symbol), u32>,
    /// Events that are close to one that has a group.
    found: Vec<(bool, Symbol, EventId, u32)>,
    /// Events that tell how long they took, how many began when one of a kind was logged, and those of such a one's group.
    lasting: u32,
    begun: FxHashMap<Symbol, u32>,
    begun_in: Vec<(Symbol, EventId, u32)>,
}

impl Ties {
    /// Takes in an event that stands between two others.
    fn add(&mut self, store: &Store, id: EventId, before: Option<(EventId, u32)>, after: (EventId, u32)) {
        self.all += 1;
        let time = store.event(id).time;
        let back = before.map_or(i64::MAX, |(other, _)| time.0.saturating_sub(store.event(other).time.0));
        let on = store.event(after.0).time.0.saturating_sub(time.0);
        let near = |one: i64, other: i64| one >= 0 && one.saturating_mul(CLOSER) < other;
        let (behind, (other, group)) = match (near(on, back), before) {
            (true, _) => (true, after),
            (false, Some(before)) if near(back, on) => (false, before),
            _ => return,
        };
        let kind = store.event(other).template;
        *self.close.entry((behind, kind)).or_default() += 1;
        if group != NONE {
            self.found.push((behind, kind, id, group));
        }
    }

    /// Takes in an event that tells how long it took: whether one event alone was logged when it began, and which.
    fn add_lasting(&mut self, thread: &Thread, id: EventId, time: Time, length: i64) {
        self.lasting += 1;
        let begin = time.0.saturating_sub(length);
        let then = thread.recent.iter().filter(|(time, ..)| (time.0 - begin).abs() <= SAME_MOMENT);
        let mut kinds: Vec<(Symbol, u32)> = then.map(|(_, kind, group)| (*kind, *group)).collect();
        kinds.sort_unstable();
        for same in kinds.chunk_by(|a, b| a.0 == b.0) {
            *self.begun.entry(same[0].0).or_default() += 1;
            if same.len() == 1 && same[0].1 != NONE {
                self.begun_in.push((same[0].0, id, same[0].1));
            }
        }
    }

    /// The events that began when one of a group was logged, as most of their kind do.
    fn begun(&self) -> impl Iterator<Item = (EventId, u32)> + '_ {
        let kind = self
            .begun
            .iter()
            .max_by_key(|(kind, count)| (**count, **kind))
            .map(|(kind, count)| (*kind, *count));
        let kind =
            kind.filter(|(_, count)| self.lasting >= MIN_TIED && count * 10 >= self.lasting * TIED_TENTHS);
        let of_kind = move |of: Symbol| kind.is_some_and(|(kind, _)| kind == of);
        self.begun_in.iter().filter(move |(of, ..)| of_kind(*of)).map(|(_, id, group)| (*id, *group))
    }

    /// The events that may be placed, and where.
    fn placed(self) -> impl Iterator<Item = (EventId, u32)> {
        let Ties { all, close, found, .. } = self;
        let tied = move |side: &(bool, Symbol)| {
            all >= MIN_TIED && close.get(side).is_some_and(|count| count * 10 >= all * TIED_TENTHS)
        };
        found
            .into_iter()
            .filter(move |(behind, kind, ..)| tied(&(*behind, *kind)))
            .map(|(.., id, group)| (id, group))
    }
}

/// How long an event says that what it tells of took.
fn length(store: &Store, id: EventId) -> Option<i64> {
    store.details(id).iter().find_map(|detail| match detail {
        Detail::Duration(nanos) => i64::try_from(*nanos).ok().filter(|nanos| *nanos > SAME_MOMENT),
        _ => None,
    })
}

/// The events without trace id of a run that hold a value of a transaction.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// By window: how many atoms come before its first event without trace id that holds a value.
    pub begins: Vec<u32>,
    /// Those that share a value, by the order of coming, and the group of each.
    came: Vec<u32>,
    groups: Vec<u32>,
}

impl Placed {
    /// For events without trace id of which the groups are known.
    pub fn new(mut came: Vec<u32>, mut groups: Vec<u32>) -> Placed {
        let mut placed = groups.iter().map(|group| *group != NONE);
        came.retain(|_| placed.next().unwrap_or_default());
        groups.retain(|group| *group != NONE);
        Placed { begins: Vec::new(), came, groups }
    }

    /// Whether there are any.
    pub fn any(&self) -> bool {
        !self.came.is_empty()
    }

    /// Gives the groups other numbers.
    pub fn rename(&mut self, new: impl Fn(u32) -> u32) {
        self.groups.iter_mut().for_each(|group| *group = new(*group));
    }

    /// Goes through the events of a window without trace id in their order, with the group of each or none.
    fn each(&self, store: &Store, window: usize, fragments: &Fragments, mut take: impl FnMut(EventId, u32)) {
        let mut next = self.begins[window];
        let mut at = self.came.partition_point(|came| *came < next);
        for &id in &fragments.untraced {
            let mut group = NONE;
            if is_untraced_atom(store, id) {
                if self.came.get(at) == Some(&next) {
                    group = self.groups[at];
                    at += 1;
                }
                next += 1;
            }
            take(id, group);
        }
    }

    /// Finds out which groups of a window begin behind lines of others; `start` tells when a group begins.
    pub fn behind(
        &self,
        store: &Store,
        window: usize,
        fragments: &Fragments,
        start: impl Fn(u32) -> Time,
        behind: &mut Behind,
    ) {
        let mut threads: FxHashMap<(u32, Symbol, Symbol), (EventId, u32)> = FxHashMap::default();
        self.each(store, window, fragments, |id, group| {
            let event = store.event(id);
            let thread = (event.place.source.0, event.instance, event.thread);
            let before = threads.insert(thread, (id, group));
            if group != NONE {
                let begins = start(group) == store.time(id);
                behind.add(store, before.filter(|(_, group)| *group != NONE), (id, group), begins);
            }
        });
    }

    /// The events of a window without trace id that are in a transaction, by their ids: those that hold a value, and those
    /// that such events surround on their thread, or are close to. A thread's events are in one window.
    pub fn of(&self, store: &Store, window: usize, fragments: &Fragments) -> Vec<(EventId, u32)> {
        let mut placed: Vec<(EventId, u32)> = Vec::new();
        let mut threads: FxHashMap<(u32, Symbol, Symbol), Thread> = FxHashMap::default();
        let mut ties: FxHashMap<(Symbol, Symbol), Ties> = FxHashMap::default();
        self.each(store, window, fragments, |id, group| {
            if group != NONE {
                placed.push((id, group));
            }
            let event = store.event(id);
            let thread = threads.entry((event.place.source.0, event.instance, event.thread)).or_default();
            if let Some((open, before)) = thread.open.take() {
                let kind = store.event(open);
                ties.entry((kind.service, kind.template)).or_default().add(store, open, before, (id, group));
            }
            let before = thread.before.replace((id, group));
            if group == NONE
                && let Some(length) = length(store, id)
            {
                let kind = (event.service, event.template);
                ties.entry(kind).or_default().add_lasting(thread, id, event.time, length);
            }
            thread.recent.push_back((event.time, event.template, group));
            if thread.recent.len() > MAX_RECENT {
                thread.recent.pop_front();
            }
            if group == NONE {
                thread.open = Some((id, before));
                thread.between.push(id);
                return;
            }
            if thread.last == Some(group) {
                thread.kept += 1;
                thread.found.extend(thread.between.drain(..).map(|id| (id, group)));
            } else if thread.last.replace(group).is_some() {
                thread.left += 1;
            }
            thread.between.clear();
        });
        for ((.., name), thread) in threads {
            let share = if name.is_none() { MIN_KEPT_UNTOLD } else { MIN_KEPT };
            if thread.kept as f32 >= share * (thread.kept + thread.left) as f32 {
                placed.extend(thread.found);
            }
        }
        // one that both are true of stands where its thread has it
        let mut surrounded: FxHashSet<EventId> = placed.iter().map(|(id, _)| *id).collect();
        for (id, group) in ties.values().flat_map(Ties::begun) {
            if surrounded.insert(id) {
                placed.push((id, group));
            }
        }
        placed.extend(ties.into_values().flat_map(Ties::placed).filter(|(id, _)| !surrounded.contains(id)));
        placed.sort_unstable();
        placed
    }
}
