//! How far the clocks of services disagree, from all transactions of a run together.
//!
//! Two templates of two services that belong together (a message sent and received, a call and its answer) are apart by
//! the difference of the clocks plus a delay that is never negative: over many transactions the differences have a sharp
//! edge where the delay is smallest (the idea of Geng et al., "Exploiting a Natural Network Effect for Scalable,
//! Fine-grained Clock Synchronization", NSDI 2018). Edges in both directions give an interval; over the graph of clocks
//! they must agree. Nothing is moved unless an order that is proven would be broken otherwise.

mod evidence;
mod solve;

use super::scene::Lexicon;
use super::stitch::Group;
use crate::gather::{Fragments, Store};
use crate::model::{Event, EventId, Symbol, Time};
use rustc_hash::FxHashMap;

/// What is known of one clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Offset {
    /// The clock minus the common clock, in nanoseconds, at [`Clocks::middle`].
    pub offset: i64,
    /// How much that grows in time, in parts per million.
    pub drift: f64,
    /// Half the width of the interval that the evidence leaves, in nanoseconds.
    pub uncertainty: i64,
}

/// The clocks of a run: those that are not listed agree.
#[derive(Clone, Debug, Default)]
pub struct Clocks {
    offsets: FxHashMap<(Symbol, Symbol), Offset>,
    /// The time to which the offsets belong.
    pub middle: Time,
}

impl Clocks {
    /// Finds the offsets.
    pub(super) fn of(store: &Store, fragments: &Fragments, groups: &[Group], lexicon: &Lexicon) -> Clocks {
        let evidence = evidence::Evidence::of(store, fragments, groups, lexicon);
        solve::solve(store, &evidence)
    }

    /// Whether all clocks agree.
    pub fn agree(&self) -> bool {
        self.offsets.is_empty()
    }

    /// The offset of the clock of a service's instance.
    pub fn offset(&self, service: Symbol, instance: Symbol) -> Option<&Offset> {
        self.offsets.get(&(service, instance))
    }

    /// The time of an event on the common clock.
    pub fn time(&self, event: &Event) -> Time {
        match self.offset(event.service, event.instance) {
            None => event.time,
            Some(known) => {
                let since = event.time.0.saturating_sub(self.middle.0) as f64;
                Time(
                    event
                        .time
                        .0
                        .saturating_sub(known.offset)
                        .saturating_sub((since * known.drift / 1e6) as i64),
                )
            }
        }
    }

    /// What the order of events is decided by on the common clock, ties included: see [`Store::order`].
    pub fn order(&self, store: &Store, id: EventId) -> (Time, u32, u64, u32) {
        let (time, source, line, part) = store.order(id);
        if self.agree() {
            (time, source, line, part)
        } else {
            (self.time(store.event(id)), source, line, part)
        }
    }

    /// The clocks that were corrected.
    pub fn corrected(&self) -> impl Iterator<Item = ((Symbol, Symbol), &Offset)> {
        self.offsets.iter().map(|(clock, offset)| (*clock, offset))
    }
}
