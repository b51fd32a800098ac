//! The gaps in time between records of one kind of span and the start or end of another, over a whole run.

use super::learned::Delays;
use crate::model::Symbol;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// The gaps of all pairs of kinds that were met.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaps {
    /// By the template of the one kind's record, its kind, and the other kind.
    delays: FxHashMap<(Symbol, u64, u64), Delays>,
    /// How often a span of the first kind had such a record at all.
    stood: FxHashMap<(u64, u64), u32>,
    /// Where the gaps of a pair are in `known`, once they are settled.
    places: FxHashMap<(u64, u64), (u32, u32)>,
    known: Vec<Known>,
}

/// Gaps between two kinds at records of one template.
#[derive(Clone, Debug)]
struct Known {
    template: Symbol,
    /// See [`Gap`].
    steady: f32,
    tight: f32,
    /// Few gaps prove little.
    sure: f32,
    delays: Delays,
}

/// What is usual of a gap; each from 0 to 1, or 0 where too little is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gap {
    /// The share of pairs in which the record is of this template.
    pub steady: f32,
    /// How narrow the gaps are.
    pub tight: f32,
    /// How well this gap fits them.
    pub fit: f32,
}

impl Gaps {
    /// Takes in the gap of a pair.
    pub fn add(&mut self, template: Symbol, kinds: (u64, u64), nanos: i64) {
        *self.stood.entry(kinds).or_default() += 1;
        self.delays.entry((template, kinds.0, kinds.1)).or_default().add(nanos, 1);
    }

    /// Adds the gaps of another part of the run.
    pub fn merge(&mut self, other: Gaps) {
        for (kinds, stood) in other.stood {
            *self.stood.entry(kinds).or_default() += stood;
        }
        for (key, delays) in other.delays {
            match self.delays.entry(key) {
                Entry::Occupied(mut own) => own.get_mut().merge(&delays),
                Entry::Vacant(free) => {
                    free.insert(delays);
                }
            }
        }
    }

    /// Draws from the gaps what is asked for often; to be called when all parts are merged.
    pub fn settle(&mut self) {
        let mut delays: Vec<((u64, u64), Symbol, Delays)> = std::mem::take(&mut self.delays)
            .into_iter()
            .map(|((template, one, other), delays)| ((one, other), template, delays))
            .collect();
        delays.sort_unstable_by_key(|(kinds, template, _)| (*kinds, *template));
        for (kinds, template, mut delays) in delays {
            delays.settle();
            let at = self.known.len() as u32;
            let place = self.places.entry(kinds).or_insert((at, at));
            place.1 = at + 1;
            let total = delays.total() as f32;
            let sure = total / (total + 10.0);
            self.known.push(Known {
                template,
                steady: total / (self.stood[&kinds] as f32 + 3.0),
                tight: delays.tightness() * sure,
                sure,
                delays,
            });
        }
    }

    /// What is usual of this gap.
    pub fn gap(&self, template: Symbol, kinds: (u64, u64), nanos: i64) -> Gap {
        let Some(&(start, end)) = self.places.get(&kinds) else { return Gap::default() };
        let known = &self.known[start as usize..end as usize];
        let Some(known) = known.iter().find(|known| known.template == template) else {
            return Gap::default();
        };
        Gap { steady: known.steady, tight: known.tight, fit: known.delays.fit(nanos) * known.sure }
    }
}
