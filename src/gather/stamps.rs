//! Which programs stamp the record of a request with the moment at which it began.
//!
//! Envoy's `%START_TIME%`, HAProxy's accept date and Apache's `%t` tell when a request came in; the record is written when it
//! is over. The order in which the records stand tells: a log is written from top to bottom, so the times at which its records
//! were written never fall.

use super::{Census, Source};
use crate::model::{Batch, Detail, Event, SourceId, Symbol, Time, flag};
use rustc_hash::{FxHashMap, FxHashSet};

/// So many records at least have to stand behind later ones.
const MIN_FALLS: u32 = 4;
/// The times at which the requests were over may fall once where those that are stamped fall so often.
const FEWER: u32 = 4;
const SECOND: i64 = 1_000_000_000;
const MILLISECOND: i64 = 1_000_000;

/// What has no time of its own, or no duration that is understood yet, tells nothing.
const OTHERWISE: u16 = flag::TIME_UNKNOWN | flag::TIME_INHERITED | flag::WHOLE_SPAN | flag::NO_UNIT;

/// Who writes: source, service, instance.
type Writer = (SourceId, Symbol, Symbol);

/// What came last, of one writer.
#[derive(Clone, Copy, Debug)]
struct Latest {
    stamp: Time,
    over: Time,
}

/// How often times fall.
#[derive(Clone, Copy, Debug, Default)]
struct Falls {
    stamp: u32,
    over: u32,
}

/// The order of the records of requests that tell how long these took. The records of one source come in their order.
#[derive(Clone, Debug, Default)]
pub struct Stamps {
    latest: FxHashMap<Writer, Latest>,
    falls: FxHashMap<(Symbol, Symbol), Falls>,
}

impl Stamps {
    /// Looks at the next record of its source.
    pub fn see(&mut self, batch: &Batch, event: &Event) {
        let Some(took) = took(batch, event) else { return };
        let writer = (event.place.source, event.service, event.instance);
        let over = Time(event.time.0.saturating_add(took));
        let latest = self.latest.entry(writer).or_insert(Latest { stamp: event.time, over });
        let falls = self.falls.entry((event.service, event.instance)).or_default();
        // what is written to seconds may be later by nearly one
        let slack = if event.time.0 % SECOND == 0 { SECOND } else { MILLISECOND };
        falls.stamp += u32::from(event.time < latest.stamp);
        falls.over += u32::from(over.0.saturating_add(slack) < latest.over.0);
        latest.stamp = latest.stamp.max(event.time);
        latest.over = latest.over.max(over);
    }

    /// Adds what was seen of other sources.
    pub fn merge(&mut self, other: Stamps) {
        self.latest.extend(other.latest);
        for (who, falls) in other.falls {
            let known = self.falls.entry(who).or_default();
            known.stamp += falls.stamp;
            known.over += falls.over;
        }
    }

    /// Services and instances that stamp the records of requests with their beginning.
    pub fn at_beginnings(&self) -> FxHashSet<(Symbol, Symbol)> {
        let begins = |falls: &Falls| falls.stamp >= MIN_FALLS && falls.over * FEWER <= falls.stamp;
        self.falls.iter().filter(|(_, falls)| begins(falls)).map(|(who, _)| *who).collect()
    }
}

/// Gives the times of a batch what only the whole run tells.
pub fn complete(batch: &mut Batch, sources: &[Source], census: &Census) {
    for at in 0..batch.events.len() {
        census.durations.complete(batch, at);
        let event = &batch.events[at];
        let at_start =
            census.at_beginnings.contains(&(event.service, event.instance)) && took(batch, event).is_some();
        let event = &mut batch.events[at];
        sources[event.place.source.0 as usize].complete(event);
        event.flags |= if at_start { flag::STAMPED_AT_START } else { 0 };
    }
}

/// How long a request took, if the record is of one and has a time of its own.
fn took(batch: &Batch, event: &Event) -> Option<i64> {
    let (mut took, mut is_request) = (None, false);
    for detail in batch.details(event) {
        match *detail {
            Detail::Duration(nanos) => took = i64::try_from(nanos).ok(),
            Detail::Route(_) => is_request = true,
            _ => {}
        }
    }
    took.filter(|_| is_request && !event.is(OTHERWISE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Place;

    const MS: i64 = 1_000_000;

    /// Whether a log is told to be stamped at the beginnings, of whose requests these are the stamps and lengths in milliseconds.
    fn told(requests: &[(i64, i64)]) -> bool {
        let mut batch = Batch::default();
        for (stamp, took) in requests {
            let mut event = Event::at(Place::default());
            (event.time, event.details_start) = (Time(stamp * MS), batch.details.len() as u32);
            event.details_len = 2;
            batch.details.push(Detail::Route(Symbol(1)));
            batch.details.push(Detail::Duration((took * MS) as u64));
            batch.events.push(event);
        }
        let mut stamps = Stamps::default();
        batch.events.iter().for_each(|event| stamps.see(&batch, event));
        !stamps.at_beginnings().is_empty()
    }

    #[test]
    fn what_is_written_when_it_is_over_tells_by_its_order_when_it_is_stamped() {
        // long and short requests overlap
        let mut at_ends: Vec<(i64, i64)> =
            (0..20).map(|at| (at * 10 + at % 2 * 35, 5 + at % 2 * 35)).collect();
        at_ends.sort_unstable();
        let at_starts: Vec<(i64, i64)> = at_ends.iter().map(|(end, took)| (end - took, *took)).collect();
        assert!(told(&at_starts) && !told(&at_ends));
        // one after the other: nobody can tell, and it does not matter
        let alone: Vec<(i64, i64)> = (0..20).map(|at| (at * 100, 5 + at % 2 * 35)).collect();
        assert!(!told(&alone));
    }
}
