//! What of a record tells which hop it is of.

use super::super::handed::{Handed, values};
use super::super::lexicon::Lexicon;
use super::super::roles::TOLD;
use super::super::words::Act;
use crate::gather::Store;
use crate::model::{Detail, EventId, HeaderRole, Level, Shape, SpanId, Symbol, Time};

/// A record without span id.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub id: EventId,
    pub time: Time,
    pub service: Symbol,
    pub instance: Symbol,
    pub thread: Symbol,
    pub level: Option<Level>,
    /// See `Lexicon::what`.
    pub what: Symbol,
    pub act: Act,
    /// Whether its words tell that something is done.
    pub closes: bool,
    /// How much its words speak for each part and for standing at the end (see `roles`): logarithms of odds.
    pub told: [f32; TOLD],
    /// It tells that a request was answered, as the lines of access logs do.
    pub answer: bool,
    /// What it names that came in or goes out.
    pub topic: Symbol,
    pub route: Symbol,
    /// The sender's span in a header that may have been received.
    pub sender: Option<SpanId>,
    /// How long it says that something took, in nanoseconds.
    pub duration: Option<i64>,
    /// Its values that may name things.
    pub values: Vec<Symbol>,
    /// Those that few records hold.
    pub messages: Vec<Symbol>,
    pub names: Names,
    /// Records of other services in the transaction before it.
    pub others: u32,
    /// The act of the record before it in the transaction, if another service logged that.
    pub cue: Option<Act>,
    /// That record holds a value of this one.
    pub cue_shares: bool,
}

/// Values by their names, sorted.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Vec<(Symbol, Symbol)>);

/// More named values of a hop are not compared.
const MAX_NAMES: usize = 48;

impl Names {
    fn of(store: &Store, id: EventId) -> Names {
        let key = |detail: &Detail| match *detail {
            Detail::Key { name, value, shape, .. } if shape != Shape::Decimal => Some((name, value)),
            _ => None,
        };
        let mut names: Vec<(Symbol, Symbol)> = store.details(id).iter().filter_map(key).collect();
        names.sort_unstable();
        // a name with several values names none of them
        let single = names.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() == 1);
        Names(single.take(MAX_NAMES).map(|same| same[0]).collect())
    }

    /// For each name of both, whether the values are the same.
    pub fn compared<'n>(&'n self, other: &'n Names) -> impl Iterator<Item = (Symbol, bool)> + 'n {
        other.0.iter().filter_map(|(name, value)| {
            let at = self.0.binary_search_by(|(known, _)| known.cmp(name)).ok()?;
            Some((*name, self.0[at].1 == *value))
        })
    }

    /// Takes over the latest values.
    pub fn merge(&mut self, other: &Names) {
        for &(name, value) in &other.0 {
            match self.0.binary_search_by(|(known, _)| known.cmp(&name)) {
                Ok(at) => self.0[at].1 = value,
                Err(at) if self.0.len() < MAX_NAMES => self.0.insert(at, (name, value)),
                Err(_) => {}
            }
        }
    }
}

impl Line {
    fn of(store: &Store, lexicon: &Lexicon, held: &Handed, id: EventId) -> Line {
        let event = store.event(id);
        let words = lexicon.words(event.template);
        let own: Vec<Symbol> = values(store, id).collect();
        let mut line = Line {
            id,
            time: store.time(id),
            service: event.service,
            instance: event.instance,
            thread: event.thread,
            level: event.level,
            what: lexicon.what(store, id),
            act: words.act,
            closes: words.closes(),
            told: words.told,
            answer: false,
            topic: Symbol::NONE,
            route: Symbol::NONE,
            sender: None,
            duration: store.duration(id),
            messages: own.iter().copied().filter(|value| held.is_message(*value)).collect(),
            values: own,
            names: Names::of(store, id),
            others: 0,
            cue: None,
            cue_shares: false,
        };
        let (mut method, mut status) = (false, false);
        for detail in store.details(id) {
            match *detail {
                Detail::Method(_) => method = true,
                Detail::Status(_) => status = true,
                Detail::Topic(name) => line.topic = name,
                Detail::Route(path) => line.route = lexicon.route(path),
                Detail::Header { role, span, .. } if role != HeaderRole::Outgoing => {
                    line.sender = line.sender.or(span);
                }
                _ => {}
            }
        }
        line.answer = method && status;
        line
    }

    /// The records of a transaction that hops are to be made of, in order of time; `all`: all its records, in order of time, each
    /// with whether it is one of them.
    pub fn all(store: &Store, lexicon: &Lexicon, held: &Handed, all: &[(EventId, bool)]) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut counts: Vec<(Symbol, u32)> = Vec::new();
        for (at, &(id, is_loose)) in all.iter().enumerate() {
            let service = store.event(id).service;
            let place = counts.iter().position(|(known, _)| *known == service).unwrap_or_else(|| {
                counts.push((service, 0));
                counts.len() - 1
            });
            if is_loose {
                let mut line = Line::of(store, lexicon, held, id);
                line.others = at as u32 - counts[place].1;
                let before = at.checked_sub(1).map(|before| all[before].0);
                if let Some(before) = before.filter(|before| store.event(*before).service != service) {
                    line.cue = Some(lexicon.words(store.event(before).template).act);
                    line.cue_shares = values(store, before).any(|value| line.values.contains(&value));
                }
                lines.push(line);
            }
            counts[place].1 += 1;
        }
        lines
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A record of one service at some millisecond, with values (numbers stand for texts) by their names.
    pub fn line(at: i64, names: &[(u64, u64)]) -> Line {
        let symbols = names.iter().map(|(name, value)| (Symbol(*name), Symbol(*value)));
        Line {
            id: EventId { batch: 0, index: at as u32 },
            time: Time(at * 1_000_000),
            service: Symbol(1),
            instance: Symbol::NONE,
            thread: Symbol::NONE,
            level: None,
            what: Symbol(at as u64 + 100),
            act: Act::Other,
            closes: false,
            told: [0.0; TOLD],
            answer: false,
            topic: Symbol::NONE,
            route: Symbol::NONE,
            sender: None,
            duration: None,
            values: symbols.clone().map(|(_, value)| value).collect(),
            messages: Vec::new(),
            names: Names(symbols.collect()),
            others: 0,
            cue: None,
            cue_shares: false,
        }
    }

    #[test]
    fn names_of_both_are_compared_and_the_latest_values_stay() {
        let mut names = line(0, &[(1, 10), (3, 30)]).names;
        let other = line(1, &[(1, 11), (2, 20), (3, 30)]).names;
        let compared: Vec<(Symbol, bool)> = names.compared(&other).collect();
        assert_eq!(compared, [(Symbol(1), false), (Symbol(3), true)]);
        names.merge(&other);
        assert_eq!(names.0, other.0);
    }
}
