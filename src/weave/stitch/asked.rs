//! In which services something was asked for by a request, or by a message.
//!
//! A transaction begins with one request. What shares a value with it and was asked for by another request in the service
//! that it began in is a transaction of its own: somebody came back to the same thing later.

use super::super::lexicon::Lexicon;
use super::super::words::Act;
use super::opening::opening;
use crate::gather::Store;
use crate::model::{Detail, EventId, Symbol};
use rustc_hash::FxHashMap;

/// The services of a run that have a bit in [`Asked`].
const MAX_SERVICES: usize = 64;

/// The services of a run, each with its bit.
#[derive(Debug)]
pub(super) struct Services<'l> {
    bits: FxHashMap<Symbol, u64>,
    lexicon: &'l Lexicon,
}

/// In which services there was a request, and in which a message: a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub by_request: u64,
    pub by_message: u64,
    /// Where a request may have been what a fragment began with, of those services that mostly are asked so; see
    /// [`Ordered::of`](super::order::Ordered::of).
    pub enters: u64,
    /// Of a fragment: it begins with a request, or no message, and took its trace id along when it asked others for something:
    /// what comes of it has the same one, so that no other one such is part of it.
    pub whole: bool,
    /// Of a fragment: it took its trace id along to many services, whatever it begins with.
    pub wide: bool,
    /// Of a fragment: it begins with a message, and did not take its trace id along with others.
    pub handed: bool,
    /// Of a fragment: nothing tells that it begins with a request, nor did it take its trace id along to many services.
    pub unasked: bool,
    /// Of a fragment: it begins with a message whose topic or name it tells.
    pub told: bool,
    /// Of a fragment: it begins with a request that calls back.
    pub called_back: bool,
    /// Of a fragment: it goes on with a message as [`told`](Asked::told) ones begin with, in another service.
    pub carried: bool,
}

impl<'l> Services<'l> {
    /// None.
    #[cfg(test)]
    pub fn none(lexicon: &'l Lexicon) -> Services<'l> {
        Services { bits: FxHashMap::default(), lexicon }
    }

    pub fn of(store: &Store, lexicon: &'l Lexicon) -> Services<'l> {
        let mut services: Vec<Symbol> =
            store.census.services.keys().copied().filter(|service| !service.is_none()).collect();
        services.sort_unstable();
        let bits = services.into_iter().take(MAX_SERVICES).enumerate();
        Services { bits: bits.map(|(at, service)| (service, 1 << at)).collect(), lexicon }
    }

    /// The bit of a service.
    pub fn bit(&self, service: Symbol) -> u64 {
        self.bits.get(&service).copied().unwrap_or_default()
    }

    /// What an event is among those of its service: its template, and for requests what they ask for, as one template of an access
    /// log stands for all of them.
    pub fn what(&self, store: &Store, id: EventId) -> Symbol {
        if store.details(id).iter().any(tells_request) {
            self.lexicon.what(store, id)
        } else {
            store.event(id).template
        }
    }

    /// Whether an event tells of a request that calls back.
    pub fn calls_back(&self, store: &Store, id: EventId) -> bool {
        let calls_back =
            |detail: &Detail| matches!(*detail, Detail::Route(path) if self.lexicon.calls_back(path));
        store.details(id).iter().any(calls_back)
    }

    /// Whether an event says that something was received.
    pub fn receives(&self, store: &Store, id: EventId) -> bool {
        self.lexicon.words(store.event(id).template).act == Act::Receive
    }

    /// Whether an event says that something was received which it names: `got meal.requested`.
    pub fn receives_named(&self, store: &Store, id: EventId) -> bool {
        self.receives(store, id) && !self.lexicon.words(store.event(id).template).names.is_empty()
    }

    /// The event that a fragment begins with: that of a request that calls back, if it may surround all, though it is logged when
    /// that is over; else the first one. A clock may be too coarse to tell that a message began it.
    pub fn opening(&self, store: &Store, events: &[EventId]) -> EventId {
        let first = opening(store, events);
        if !self.lexicon.any_call_back() || self.receives(store, first) {
            return first;
        }
        let begins = |id: &EventId| self.calls_back(store, *id) && store.began(*id) <= store.time(events[0]);
        events.iter().copied().find(begins).unwrap_or(first)
    }

    /// Whether a fragment begins by receiving something that is no request which the same span tells of when it is over.
    pub fn begins_by_message(&self, store: &Store, opening: EventId, events: &[EventId]) -> bool {
        if !self.receives(store, opening) {
            return false;
        }
        let first = store.event(opening);
        let own = |id: &&EventId| {
            let event = store.event(**id);
            event.span.is_some() && event.span == first.span && event.service == first.service
        };
        !events.iter().filter(own).any(|id| {
            let has = |one: fn(&Detail) -> bool| store.details(*id).iter().any(one);
            has(tells_request) && has(|detail| matches!(detail, Detail::Status(_)))
        })
    }

    /// What an event tells; `received`: its atom begins with what it says that it received; `goes_on`: it goes on with others, so
    /// that a request that calls back is no new one.
    pub fn asked(&self, store: &Store, id: EventId, received: bool, goes_on: bool) -> Asked {
        let (mut request, mut message) = (false, false);
        for detail in store.details(id) {
            request |= tells_request(detail);
            message |= match *detail {
                Detail::Topic(name) => self.lexicon.tells_kind(name),
                Detail::Route(path) => goes_on && self.lexicon.calls_back(path),
                _ => false,
            };
        }
        message |= received && !request;
        if !request && !message {
            return Asked::default();
        }
        let bit = self.bit(store.event(id).service);
        match message {
            true => Asked { by_message: bit, ..Asked::default() },
            false => Asked { by_request: bit, ..Asked::default() },
        }
    }
}

impl Asked {
    /// What two parts tell together.
    #[must_use]
    pub fn and(self, other: Asked) -> Asked {
        Asked {
            by_request: self.by_request | other.by_request,
            by_message: self.by_message | other.by_message,
            enters: self.enters | other.enters,
            whole: self.whole && other.whole,
            wide: self.wide && other.wide,
            handed: self.handed && other.handed,
            unasked: self.unasked && other.unasked,
            told: self.told && other.told,
            called_back: self.called_back && other.called_back,
            carried: self.carried || other.carried,
        }
    }

    /// Whether nothing was asked for.
    pub fn is_nothing(self) -> bool {
        self.by_request == 0 && self.by_message == 0
    }

    /// Whether this was begun by a request in the service of a bit, and went on to others.
    pub fn is_begun(self, bit: u64) -> bool {
        let all = self.by_request | self.by_message;
        self.by_request & !self.by_message & bit != 0 && all & !bit != 0
    }

    /// Whether this was asked for on its own, beside a transaction that was asked for by a request in the service of a bit.
    pub fn is_apart_from(self, other: Asked, bit: u64) -> bool {
        let asked_anew = other.by_request & self.by_request & !self.by_message & bit != 0;
        // whatever calls back there later
        asked_anew || self.enters_as(other)
    }

    /// Whether both were asked for by a request where transactions enter.
    pub fn enters_as(self, other: Asked) -> bool {
        self.enters & other.enters != 0
    }
}

/// Whether a detail is of a request.
fn tells_request(detail: &Detail) -> bool {
    matches!(detail, Detail::Method(_) | Detail::Route(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_request_where_the_first_came_in_stands_apart() {
        let (edge, inner) = (1, 2);
        let asked = |by_request, by_message| Asked { by_request, by_message, ..Asked::default() };
        let order = asked(edge | inner, 0);
        assert!(asked(edge | inner, 0).is_apart_from(order, edge));
        // a message came back there; a call deeper down; nothing is known of the first
        assert!(!asked(edge, edge).is_apart_from(order, edge));
        assert!(!asked(inner, 0).is_apart_from(order, edge));
        assert!(!asked(edge, 0).is_apart_from(asked(inner, 0), edge));
        assert!(!asked(edge, 0).is_apart_from(order, 0));
        // where it began in another service, as a proxy logs its requests when they are over, who enters anew stands apart, too
        let entered = |asked: Asked| Asked { enters: edge, ..asked };
        assert!(entered(asked(edge | inner, 0)).is_apart_from(entered(order), 0));
        assert!(entered(asked(edge, edge)).is_apart_from(entered(order), 0));
        assert!(!asked(edge, 0).is_apart_from(entered(order), 0));
        assert!(order.is_begun(edge) && !asked(edge, 0).is_begun(edge) && !asked(inner, edge).is_begun(edge));
    }
}
