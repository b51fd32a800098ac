//! How the records of a service follow one another in the transactions of a run.

use super::super::handed::{Handed, values};
use super::lines::{Line, Names};
use super::numbers::Moment;
use crate::gather::Store;
use crate::model::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};
use std::hash::Hash;

/// How often something was so, of how often it could have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub so: u32,
    pub all: u32,
}

impl Share {
    fn add(&mut self, so: bool) {
        self.so += u32::from(so);
        self.all += 1;
    }

    fn merge(&mut self, other: Share) {
        self.so += other.so;
        self.all += other.all;
    }

    /// The share, drawn towards `usual` while little is known.
    pub fn of(self, usual: f32) -> f32 {
        (self.so as f32 + usual) / (self.all as f32 + 1.0)
    }
}

/// What a record of a service is (see `Lexicon::what`).
type Kind = (Symbol, Symbol);
/// A service, and what two of its records are.
type Pair = (Symbol, Symbol, Symbol);

/// What the order of records alone tells, and then, where hops were tried out, what these tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sequences {
    /// How many of a kind came first in a transaction, and how many there are.
    firsts: FxHashMap<Kind, Share>,
    /// How many came last.
    lasts: FxHashMap<Kind, u32>,
    /// In how many transactions a kind occurs.
    spread: FxHashMap<Kind, u32>,
    /// How often the second came right after the first, and the sum of the gaps (see [`scaled`]).
    follows: FxHashMap<Pair, (u32, u64)>,
    /// For a kind that holds a message's value first in its service: how often another service held it before.
    incoming: FxHashMap<Kind, Share>,
    /// For a service and the name of a value: how often neighbours that both have one have the same.
    same: FxHashMap<Kind, Share>,
    /// For a service: counts and sums of gaps of all that follows.
    gaps: FxHashMap<Symbol, (u64, u64)>,
    pub tried: Tried,
}

/// What hops that were tried out tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Tried {
    /// How many of a kind began a hop.
    begins: FxHashMap<Kind, Share>,
    /// How often the second went on with a hop when the first was what its hop logged last.
    on: FxHashMap<Pair, Share>,
    /// How many hops that begin with the first have the second.
    whole: FxHashMap<Pair, u32>,
    /// How many hops begin with a kind.
    hops: FxHashMap<Kind, u32>,
    /// As [`Sequences::same`], of the records of hops.
    same: FxHashMap<Kind, Share>,
}

/// A gap as sixteenths of its binary logarithm in microseconds: sums of these give the geometric mean.
pub(super) fn scaled(gap: i64) -> u64 {
    (((gap.max(0) / 1000 + 1) as f64).log2() * 16.0) as u64
}

impl Sequences {
    /// Takes in one transaction: its records without span id in order of time, and who holds its values.
    pub fn learn(&mut self, store: &Store, lines: &[Line], held: &Handed) {
        let mut last: Vec<usize> = Vec::new();
        let mut seen: FxHashSet<Kind> = FxHashSet::default();
        for (at, line) in lines.iter().enumerate() {
            let key = (line.service, line.what);
            if seen.insert(key) {
                *self.spread.entry(key).or_default() += 1;
            }
            let before = last.iter_mut().find(|before| lines[**before].service == line.service);
            self.firsts.entry(key).or_default().add(before.is_none());
            match before {
                Some(index) => {
                    let before = &lines[*index];
                    let entry = self.follows.entry((line.service, before.what, line.what)).or_default();
                    entry.0 += 1;
                    entry.1 += scaled(line.time.0.saturating_sub(before.time.0));
                    compare(&before.names, line, &mut self.same);
                    *index = at;
                }
                None => last.push(at),
            }
            for value in values(store, line.id) {
                if let Some(earlier) = held.handed_over(value, line.service, line.id) {
                    self.incoming.entry(key).or_default().add(earlier);
                }
            }
        }
        for line in last.into_iter().map(|at| &lines[at]) {
            *self.lasts.entry((line.service, line.what)).or_default() += 1;
        }
    }

    /// Adds what another part of the run taught.
    pub fn merge(mut self, other: Sequences) -> Sequences {
        add_shares(&mut self.firsts, other.firsts);
        add_shares(&mut self.incoming, other.incoming);
        add_shares(&mut self.same, other.same);
        add_counts(&mut self.lasts, other.lasts);
        add_counts(&mut self.spread, other.spread);
        for (key, (count, gaps)) in other.follows {
            let entry = self.follows.entry(key).or_default();
            entry.0 += count;
            entry.1 += gaps;
        }
        self
    }

    /// Sums up what is asked for often, once all transactions were learned from.
    pub fn settle(&mut self) {
        for ((service, ..), (count, gaps)) in &self.follows {
            let entry = self.gaps.entry(*service).or_default();
            entry.0 += u64::from(*count);
            entry.1 += gaps;
        }
    }

    /// How many of a kind came first in their transactions.
    pub fn first(&self, line: &Line) -> Share {
        self.firsts.get(&(line.service, line.what)).copied().unwrap_or_default()
    }

    /// The share of a kind that came last in their transactions.
    pub fn last(&self, service: Symbol, what: Symbol) -> f32 {
        let all = self.firsts.get(&(service, what)).map_or(0, |share| share.all);
        self.lasts.get(&(service, what)).copied().unwrap_or(0) as f32 / all.max(1) as f32
    }

    /// How many of a kind there are in a transaction that has any.
    pub fn times(&self, line: &Line) -> f32 {
        let key = (line.service, line.what);
        let all = self.firsts.get(&key).map_or(0, |share| share.all);
        all as f32 / self.spread.get(&key).copied().unwrap_or(0).max(1) as f32
    }

    /// How likely a record comes right after one of another kind, as a logarithm.
    pub fn follows(&self, before: Symbol, line: &Line) -> f32 {
        let count = self.follows.get(&(line.service, before, line.what)).map_or(0, |(count, _)| *count);
        let all = self.firsts.get(&(line.service, before)).map_or(0, |share| share.all);
        ((count as f32 + 0.1) / (all as f32 + 1.0)).ln()
    }

    /// The usual gap between two kinds, and that between all others of the service (see [`scaled`]).
    pub fn usual_gaps(&self, before: Symbol, line: &Line) -> (Option<u64>, u64) {
        let (count, sum) = self.gaps.get(&line.service).copied().unwrap_or_default();
        let (own, gaps) = self.follows.get(&(line.service, before, line.what)).copied().unwrap_or_default();
        let others = (sum - gaps) / (count - u64::from(own)).max(1);
        (gaps.checked_div(u64::from(own)), others)
    }

    /// How often a kind that holds a message's value first in its service got it from another one.
    pub fn comes_in(&self, line: &Line) -> Share {
        self.incoming.get(&(line.service, line.what)).copied().unwrap_or_default()
    }

    /// How likely records of a service that belong together have the same value of a name.
    pub fn is_same(&self, service: Symbol, name: Symbol) -> f32 {
        let key = (service, name);
        let tried = self.tried.same.get(&key).filter(|share| share.all >= ENOUGH);
        tried.or_else(|| self.same.get(&key)).copied().unwrap_or_default().of(0.5)
    }

    /// How many of a kind began a hop when hops were tried out.
    pub fn began(&self, line: &Line) -> Share {
        self.tried.begins.get(&(line.service, line.what)).copied().unwrap_or_default()
    }

    /// How many of a kind went on with a hop that had logged another kind last.
    pub fn went_on(&self, last: Symbol, line: &Line) -> Share {
        self.tried.on.get(&(line.service, last, line.what)).copied().unwrap_or_default()
    }

    /// The share of hops beginning with a kind that have another one, when hops were tried out.
    pub fn has(&self, first: Symbol, line: &Line) -> Share {
        let all = self.tried.hops.get(&(line.service, first)).copied().unwrap_or(0);
        Share { so: self.tried.whole.get(&(line.service, first, line.what)).copied().unwrap_or(0), all }
    }
}

impl Tried {
    /// Takes in a record and which of the open hops it went on with, if any.
    pub(super) fn learn(&mut self, moment: &Moment<'_>, chosen: Option<usize>) {
        let line = moment.line;
        self.begins.entry((line.service, line.what)).or_default().add(chosen.is_none());
        // the one that logged last, and the one that was chosen
        let last = moment.open.len().checked_sub(1);
        for at in [last, chosen.filter(|chosen| Some(*chosen) != last)].into_iter().flatten() {
            let before = moment.open[at].last(moment.lines).what;
            self.on.entry((line.service, before, line.what)).or_default().add(chosen == Some(at));
        }
    }

    /// Takes in a hop.
    pub(super) fn take_hop<'l>(&mut self, mut lines: impl Iterator<Item = &'l Line>) {
        let Some(first) = lines.next() else { return };
        *self.hops.entry((first.service, first.what)).or_default() += 1;
        let mut seen = vec![first.what];
        let mut names = first.names.clone();
        for line in lines {
            compare(&names, line, &mut self.same);
            names.merge(&line.names);
            if !seen.contains(&line.what) && seen.len() < MAX_KINDS {
                seen.push(line.what);
                *self.whole.entry((line.service, first.what, line.what)).or_default() += 1;
            }
        }
    }

    /// Adds what the hops of another part of the run told.
    pub fn merge(mut self, other: Tried) -> Tried {
        add_shares(&mut self.begins, other.begins);
        add_shares(&mut self.on, other.on);
        add_shares(&mut self.same, other.same);
        add_counts(&mut self.whole, other.whole);
        add_counts(&mut self.hops, other.hops);
        self
    }
}

fn add_shares<K: Eq + Hash>(into: &mut FxHashMap<K, Share>, from: FxHashMap<K, Share>) {
    from.into_iter().for_each(|(key, share)| into.entry(key).or_default().merge(share));
}

fn add_counts<K: Eq + Hash>(into: &mut FxHashMap<K, u32>, from: FxHashMap<K, u32>) {
    from.into_iter().for_each(|(key, count)| *into.entry(key).or_default() += count);
}

/// Fewer neighbours than this do not tell whether a value stays the same.
const ENOUGH: u32 = 8;
/// More kinds of records of one hop are not kept: it is no step of a transaction but a dump.
const MAX_KINDS: usize = 64;

/// Counts for the names that a record has in common with earlier ones whether the values are the same.
fn compare(names: &Names, line: &Line, same: &mut FxHashMap<Kind, Share>) {
    for (name, equal) in names.compared(&line.names) {
        same.entry((line.service, name)).or_default().add(equal);
    }
}
