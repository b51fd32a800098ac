//! Brings the events of each transaction together, where not all events are at hand.

use super::stitch::Stitched;
use crate::gather::{Arranger, Copied, Fragments, SpillError, Store};
use crate::model::EventId;

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
        for &(id, group) in stitched.untraced(window) {
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
/// next one. Copies the events of some transactions.
pub(super) fn arrange(
    store: &mut Store,
    stitched: &Stitched,
    wanted: impl Fn(u32) -> bool,
) -> Result<Copied, SpillError> {
    let groups = &stitched.groups;
    let mut order: Vec<u32> = (0..groups.len() as u32).collect();
    order.sort_unstable_by_key(|&group| groups[group as usize].start);
    let most = store.budget.woven();
    let mut windows = vec![0u32; groups.len()];
    let (mut window, mut events) = (0, 0);
    for same in order.chunk_by(|a, b| groups[*a as usize].start == groups[*b as usize].start) {
        let more: u64 = same.iter().map(|&group| groups[group as usize].events).sum();
        if events > 0 && events + more > most {
            window += 1;
            events = 0;
        }
        events += more;
        for &group in same {
            windows[group as usize] = window;
        }
    }
    drop(order);
    let mut arranger = Arranger::new(window + 1, store.budget)?;
    let mut copied = Copied::default();
    each(store, stitched, |store, id, group| {
        let (event, details) = (store.event(id), store.details(id));
        if wanted(group) {
            copied.add(event, details, group);
        }
        arranger.add(event, details, windows[group as usize], group)
    })?;
    arranger.finish(store)?;
    Ok(copied)
}
