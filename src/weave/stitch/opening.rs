//! What a fragment begins with, although some clocks tell whole seconds only.

use crate::gather::Store;
use crate::model::EventId;

/// The event that a fragment begins with: what a coarse clock logged may be anywhere within its grain, and is not the first if
/// a finer clock logged something meanwhile.
pub(super) fn opening(store: &Store, events: &[EventId]) -> EventId {
    let first = events[0];
    let latest = |id: EventId| store.time(id).0.saturating_add(grain(store, id));
    let until = latest(first);
    let near = events.iter().copied().take_while(|id| store.time(*id).0 <= until);
    near.min_by_key(|id| latest(*id)).unwrap_or(first)
}

/// What the times of an event's clock are multiples of, if that is coarse: nanoseconds.
pub(super) fn grain(store: &Store, id: EventId) -> i64 {
    let event = store.event(id);
    let window = store.census.windows.get(&(event.service, event.instance));
    window.filter(|window| window.is_coarse()).map_or(0, |window| window.grain)
}
