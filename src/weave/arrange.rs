//! Brings the events of each transaction together, where not all events are at hand.

use super::stitch::Stitched;
use crate::gather::{Arranger, Copied, Fragments, SpillError, Store};
use crate::model::EventId;
use rustc_hash::FxHashMap;

/// Hands over each event that is in a transaction, with the number of that.
fn each(
    store: &mut Store,
    stitched: &Stitched,
    mut take: impl FnMut(&Store, EventId, u32) -> Result<(), SpillError>,
) -> Result<(), SpillError> {
    for window in 0..store.windows() {
        store.open(window)?;
        let fragments = Fragments::of(store);
        for (index, fragment) in fragments.traced.iter().enumerate() {
            let group = stitched.group(window, index);
            for &id in &fragment.events {
                take(store, id, group)?;
            }
        }
        for (id, group) in stitched.untraced(store, window, &fragments) {
            take(store, id, group)?;
        }
    }
    Ok(())
}

/// Copies the events of some transactions.
pub(super) fn copy(
    store: &mut Store,
    stitched: &Stitched,
    wanted: impl Fn(u32) -> bool,
) -> Result<Copied, SpillError> {
    let mut copied = Copied::default();
    each(store, stitched, |store, id, group| {
        if wanted(group) {
            copied.add(store.event(id), store.details(id), group);
        }
        Ok(())
    })?;
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
    let mut sampling = Filling::new(most);
    let sampled = (0..groups.len() as u32).filter(|&group| wanted(group));
    let samples: FxHashMap<u32, u32> =
        sampled.map(|group| (group, sampling.put(groups[group as usize].events))).collect();
    let mut arranger = Arranger::new(filling.count(), sampling.count(), store.budget)?;
    each(store, stitched, |store, id, group| {
        let (event, details) = (store.event(id), store.details(id));
        if let Some(&sample) = samples.get(&group) {
            arranger.sample(event, details, sample, group)?;
        }
        arranger.add(event, details, windows[group as usize], group)
    })?;
    arranger.finish(store)
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
