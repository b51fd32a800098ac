//! Brings the events of each transaction together, where not all events are at hand.

use super::stitch::Stitched;
use crate::gather::{Arranger, Copied, Fragments, Row, SpillError, Store};
use crate::model::{EventId, TraceId};
use rustc_hash::FxHashMap;

/// Hands over the events of each window that are in a transaction: those that share their place in it, with the number of the
/// transaction.
fn each(
    store: &mut Store,
    stitched: &Stitched,
    mut take: impl FnMut(&Store, Vec<(u32, &[EventId])>) -> Result<(), SpillError>,
) -> Result<(), SpillError> {
    for window in 0..store.windows() {
        if !store.is_traced(window) && !stitched.any_untraced() {
            continue;
        }
        store.open(window)?;
        let fragments = Fragments::of(store);
        let untraced = stitched.untraced(store, window, &fragments);
        let mut all: Vec<(u32, &[EventId])> = Vec::with_capacity(fragments.traced.len() + untraced.len());
        let traced = fragments.traced.iter().enumerate();
        all.extend(traced.map(|(index, fragment)| (stitched.group(window, index), &fragment.events[..])));
        all.extend(untraced.iter().map(|(id, group)| (*group, std::slice::from_ref(id))));
        take(store, all)?;
    }
    Ok(())
}

/// Copies the events of the transactions that clocks are looked at by.
pub(super) fn copy(store: &mut Store, stitched: &Stitched) -> Result<Copied, SpillError> {
    let mut copied = Copied::default();
    for window in 0..store.windows() {
        let mut add = |store: &Store, events: &[EventId], group: u32| {
            for &id in events {
                copied.add(store.event(id), store.details(id), group);
            }
        };
        if store.is_traced(window) {
            let wanted = |trace: TraceId| stitched.samples.may_be(trace);
            store.open_some(window, wanted)?;
            for fragment in &Fragments::of(store).traced {
                if let Some(group) = stitched.samples.of(fragment.trace) {
                    add(store, &fragment.events, group);
                }
            }
        } else if stitched.any_untraced() {
            store.open(window)?;
            for (id, group) in stitched.untraced(store, window, &Fragments::of(store)) {
                if stitched.samples.has(group) {
                    add(store, &[id], group);
                }
            }
        }
    }
    Ok(copied)
}

/// Puts the events away anew: each window then holds whole transactions, and those of a window start before those of the
/// next one. Copies the events of some transactions into windows of samples.
pub(super) fn arrange(
    store: &mut Store,
    stitched: &Stitched,
    wanted: impl Fn(u32) -> bool,
) -> Result<(), SpillError> {
    let groups = &stitched.groups;
    let most = store.budget.woven();
    let mut order: Vec<u32> = (0..groups.len() as u32).collect();
    order.sort_unstable_by_key(|&group| groups[group as usize].start);
    let mut windows = vec![0u32; groups.len()];
    let mut filling = Filling::new(most);
    for same in order.chunk_by(|a, b| groups[*a as usize].start == groups[*b as usize].start) {
        let window = filling.put(same.iter().map(|&group| groups[group as usize].events).sum());
        for &group in same {
            windows[group as usize] = window;
        }
    }
    drop(order);
    let sampled = || (0..groups.len() as u32).filter(|&group| wanted(group));
    let events = |group: u32| groups[group as usize].events;
    let mut sampling = Filling::new(store.budget.learned(sampled().map(events).sum()));
    let samples: FxHashMap<u32, u32> = sampled().map(|group| (group, sampling.put(events(group)))).collect();
    let mut arranger = Arranger::new(store, filling.count(), sampling.count())?;
    each(store, stitched, |store, all| {
        let rows = (0..).zip(&all).flat_map(|(order, (group, events))| {
            let parts = [Some(windows[*group as usize]), samples.get(group).map(|at| arranger.sample(*at))];
            parts
                .into_iter()
                .flatten()
                .flat_map(move |part| events.iter().map(move |&id| Row { part, order, tag: *group, id }))
        });
        let rows = rows.collect();
        arranger.put(store, rows)
    })?;
    arranger.finish(store);
    Ok(())
}

/// Windows that are filled one after the other.
struct Filling {
    most: u64,
    window: u32,
    events: u64,
}

impl Filling {
    /// With so many events each, or what comes together.
    fn new(most: u64) -> Filling {
        Filling { most, window: 0, events: 0 }
    }

    /// The window of so many events that stay together.
    fn put(&mut self, events: u64) -> u32 {
        if self.events > 0 && self.events + events > self.most {
            self.window += 1;
            self.events = 0;
        }
        self.events += events;
        self.window
    }

    fn count(&self) -> u32 {
        self.window + 1
    }
}
