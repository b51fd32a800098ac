//! What a fragment begins with, although some clocks tell whole seconds only.

use crate::gather::Store;
use crate::model::EventId;

/// The event that a fragment begins with: what a coarse clock logged may be anywhere within its grain, and is not the first if
/// a finer clock logged something meanwhile.
pub(super) fn opening(store: &Store, events: &[EventId]) -> EventId {
    let first = events[0];
    let latest = |id: EventId| store.time(id).0.saturating_add(store.grain(id));
    let until = latest(first);
    let near = events.iter().copied().take_while(|id| store.time(*id).0 <= until);
    near.min_by_key(|id| latest(*id)).unwrap_or(first)
}
