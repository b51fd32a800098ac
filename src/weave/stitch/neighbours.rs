//! Events that hold no value of a transaction but stand between two that do, on a thread that handles one at a time, or
//! that by their kind always stand close to one that does.

use super::NONE;
use super::atoms::is_untraced_atom;
use super::behind::Behind;
use super::slots::{Slots, Strands};
use super::ties::{Counts, Ties, kind};
use crate::gather::{Fragments, Store, strand};
use crate::model::{EventId, Symbol, Time};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// A thread's next event with a value is of the same transaction in this share, if it handles one at a time.
const MIN_KEPT: f32 = 0.6;
/// Likewise, where events do not tell their thread.
const MIN_KEPT_UNTOLD: f32 = 0.8;
/// What is tied stands so many times closer than what comes on the other side.
const CLOSER: i64 = 4;
/// What tells how long it took began when an earlier event was logged, give or take so many nanoseconds.
const SAME_MOMENT: i64 = 1_000_000;
/// So many events of a strand are looked at for that.
const MAX_RECENT: usize = 256;

/// Source, instance, thread, and see [`strand`].
pub(super) type StrandKey = (u32, Symbol, Symbol, u64);

/// The strand of an event.
pub(super) fn strand_of(store: &Store, id: EventId) -> StrandKey {
    let event = store.event(id);
    (event.place.source.0, event.instance, event.thread, strand(event))
}

/// Events that follow each other; see [`strand`].
#[derive(Debug, Default)]
struct Strand {
    /// The last events: when, their templates and groups.
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

impl Strand {
    /// Takes in the next event.
    fn add(&mut self, store: &Store, id: EventId, group: u32) {
        let event = store.event(id);
        self.recent.push_back((event.time, event.template, group));
        if self.recent.len() > MAX_RECENT {
            self.recent.pop_front();
        }
        if group == NONE {
            self.between.push(id);
            return;
        }
        if self.last == Some(group) {
            self.kept += 1;
            self.found.extend(self.between.drain(..).map(|id| (id, group)));
        } else if self.last.replace(group).is_some() {
            self.left += 1;
        }
        self.between.clear();
    }

    /// What was logged at a time: templates and groups, in their order.
    fn then(&self, time: i64) -> Vec<(Symbol, u32)> {
        let then = self.recent.iter().filter(|(at, ..)| (at.0 - time).abs() <= SAME_MOMENT);
        let mut then: Vec<(Symbol, u32)> = then.map(|(_, template, group)| (*template, *group)).collect();
        then.sort_unstable();
        then
    }
}

/// A neighbour of an event that is much closer than the one on the other side, with its group; whether it comes after it.
#[derive(Clone, Copy, Debug)]
struct Near {
    id: EventId,
    group: u32,
    after: bool,
}

/// How an event without a group stands to others of its strand.
enum Seen<'s> {
    /// It stands between two others, one of which may be near.
    Between(EventId, Option<Near>),
    /// It tells how long it took; the templates and groups of what was logged when it began.
    Lasting(EventId, &'s [(Symbol, u32)]),
}

/// The one of two neighbours of an event that is near, with their groups.
fn nearer(store: &Store, id: EventId, before: Option<(EventId, u32)>, after: (EventId, u32)) -> Option<Near> {
    let time = store.event(id).time.0;
    let back = before.map_or(i64::MAX, |(other, _)| time.saturating_sub(store.event(other).time.0));
    let on = store.event(after.0).time.0.saturating_sub(time);
    let near = |one: i64, other: i64| one >= 0 && one.saturating_mul(CLOSER) < other;
    if near(on, back) {
        return Some(Near { id: after.0, group: after.1, after: true });
    }
    before.filter(|_| near(back, on)).map(|(id, group)| Near { id, group, after: false })
}

/// The strands of a window, with what is placed of their events.
fn strands(store: &Store, fragments: &Fragments, placed: &[(EventId, u32)]) -> Strands {
    let known: FxHashMap<EventId, u32> = placed.iter().copied().collect();
    let mut strands = Strands::default();
    for &id in &fragments.untraced {
        strands.add(store, id, known.get(&id).copied().unwrap_or(NONE));
    }
    strands
}

/// How long an event says that what it tells of took.
fn length(store: &Store, id: EventId) -> Option<i64> {
    store.duration(id).filter(|nanos| *nanos > SAME_MOMENT)
}

/// The events without trace id of a run that hold a value of a transaction.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// By window: how many atoms come before its first event without trace id that holds a value.
    pub begins: Vec<u32>,
    /// Those that share a value, by the order of coming, and the group of each.
    came: Vec<u32>,
    groups: Vec<u32>,
    /// What is known of the kinds of events beside them.
    pub ties: Ties,
    pub slots: Slots,
}

impl Placed {
    /// For events without trace id of which the groups are known.
    pub fn new(mut came: Vec<u32>, mut groups: Vec<u32>) -> Placed {
        let mut placed = groups.iter().map(|group| *group != NONE);
        came.retain(|_| placed.next().unwrap_or_default());
        groups.retain(|group| *group != NONE);
        Placed { came, groups, ..Placed::default() }
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
        let mut strands: FxHashMap<StrandKey, (EventId, u32)> = FxHashMap::default();
        self.each(store, window, fragments, |id, group| {
            let before = strands.insert(strand_of(store, id), (id, group));
            if group != NONE {
                let begins = start(group) == store.time(id);
                behind.add(store, before.filter(|(_, group)| *group != NONE), (id, group), begins);
            }
        });
    }

    /// Counts how the events of a window stand to those next to them.
    pub fn count(
        &self,
        store: &Store,
        window: usize,
        fragments: &Fragments,
        (counts, slots): (&mut Counts, &mut Slots),
    ) {
        let placed = self.look(store, window, fragments, |seen| match seen {
            Seen::Between(id, near) => {
                counts.between(kind(store, id), near.map(|near| (near.after, store.event(near.id).template)));
            }
            Seen::Lasting(id, then) => {
                let each = then.chunk_by(|a, b| a.0 == b.0);
                counts.lasting(kind(store, id), each.map(|same| same[0].0));
            }
        });
        self.each(store, window, fragments, |id, group| {
            if group != NONE {
                slots.holds(store, id);
            }
        });
        slots.see(store, &strands(store, fragments, &placed));
    }

    /// The events of a window without trace id that are in a transaction, by their ids: those that hold a value, and those
    /// that such events surround on their strand, or are close to.
    pub fn of(&self, store: &Store, window: usize, fragments: &Fragments) -> Vec<(EventId, u32)> {
        let (mut begun, mut close) = (Vec::new(), Vec::new());
        let mut placed = self.look(store, window, fragments, |seen| match seen {
            Seen::Between(id, Some(Near { id: other, group, after })) if group != NONE => {
                if self.ties.is_close(kind(store, id), after, store.event(other).template) {
                    close.push((id, group));
                }
            }
            Seen::Between(..) => {}
            Seen::Lasting(id, then) => {
                let own = kind(store, id);
                let mut each = then.chunk_by(|a, b| a.0 == b.0);
                if let Some(&[(_, group)]) = each.find(|same| self.ties.began_with(own, same[0].0))
                    && group != NONE
                {
                    begun.push((id, group));
                }
            }
        });
        // one that several are true of stands where its strand has it, else where it began
        for found in [begun, close] {
            let known: FxHashSet<EventId> = placed.iter().map(|(id, _)| *id).collect();
            placed.extend(found.into_iter().filter(|(id, _)| !known.contains(id)));
        }
        let slots = self.slots.of(store, &strands(store, fragments, &placed));
        placed.extend(slots);
        placed.sort_unstable();
        placed
    }

    /// Goes through the events of a window and tells how those without a group stand to those next to them; gives those that
    /// hold a value or that such events surround.
    fn look(
        &self,
        store: &Store,
        window: usize,
        fragments: &Fragments,
        mut see: impl FnMut(Seen<'_>),
    ) -> Vec<(EventId, u32)> {
        let mut placed: Vec<(EventId, u32)> = Vec::new();
        let mut strands: FxHashMap<StrandKey, Strand> = FxHashMap::default();
        self.each(store, window, fragments, |id, group| {
            if group != NONE {
                placed.push((id, group));
            }
            let strand = strands.entry(strand_of(store, id)).or_default();
            if let Some((open, before)) = strand.open.take() {
                see(Seen::Between(open, nearer(store, open, before, (id, group))));
            }
            let before = strand.before.replace((id, group));
            if group == NONE
                && let Some(length) = length(store, id)
            {
                let over = store.event(id).time.0.saturating_add(store.delay(id));
                see(Seen::Lasting(id, &strand.then(over.saturating_sub(length))));
            }
            strand.add(store, id, group);
            if group == NONE {
                strand.open = Some((id, before));
            }
        });
        for ((.., thread, _), strand) in strands {
            let share = if thread.is_none() { MIN_KEPT_UNTOLD } else { MIN_KEPT };
            if strand.kept as f32 >= share * (strand.kept + strand.left) as f32 {
                placed.extend(strand.found);
            }
        }
        placed
    }
}
