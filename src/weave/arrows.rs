//! Which way arrows point: `=> orders.placed m-17` tells with one team that a message goes out, with another that it came in.
//!
//! The run tells: what comes in names values that another service held before, what goes out is the first to name them.

use super::handed::{Handed, values};
use super::lexicon::Lexicon;
use super::stitch::Group;
use super::words;
use crate::gather::{Fragments, Store};
use crate::model::{EventId, Symbol};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Templates whose meaning hangs on which way an arrow points, and what the run tells of them.
#[derive(Debug, Default)]
pub(super) struct Arrows {
    /// Whether the arrow of each says that a message goes out, if it points as arrows mostly do.
    out: FxHashMap<Symbol, bool>,
    /// For a service and a template: how often another service held a message's value before, and how often any other did.
    told: Told,
}

type Told = FxHashMap<(Symbol, Symbol), (u32, u32)>;

/// Fewer values tell nothing.
const ENOUGH: u32 = 4;

impl Arrows {
    /// The templates of a run.
    pub fn of(store: &Store, lexicon: &Lexicon) -> Arrows {
        let out = |&template: &Symbol| {
            let (turned, out) = words::turned(store.symbols.text(template))?;
            let (words, other) = (lexicon.words(template), words::words(&turned));
            (words.act != other.act || words.told != other.told).then_some((template, out))
        };
        Arrows { out: store.census.templates.keys().filter_map(out).collect(), told: Told::default() }
    }

    /// Whether there are any.
    pub fn any(&self) -> bool {
        !self.out.is_empty()
    }

    /// Learns from some transactions.
    pub fn learn(&mut self, store: &Store, fragments: &Fragments, groups: &[Group]) {
        let add = |mut told: Told, group: &Group| {
            let all: Vec<EventId> = group.events(fragments).chain(group.untraced.iter().copied()).collect();
            let points = |id: &&EventId| self.out.contains_key(&store.event(**id).template);
            if all.iter().any(|id| points(&id)) {
                let held = Handed::of(store, all.clone());
                for &id in all.iter().filter(points) {
                    let event = store.event(id);
                    let handed = values(store, id);
                    for earlier in handed.filter_map(|value| held.handed_over(value, event.service, id)) {
                        let counts = told.entry((event.service, event.template)).or_default();
                        counts.0 += u32::from(earlier);
                        counts.1 += 1;
                    }
                }
            }
            told
        };
        let told = groups.par_iter().fold(Told::default, add).reduce(Told::default, merged);
        self.told = merged(std::mem::take(&mut self.told), told);
    }

    /// Has the lexicon read those the other way round of which the run tells that they are meant so.
    pub fn settle(self, store: &Store, lexicon: &mut Lexicon) {
        // one team means one thing by one arrow
        let mut services: FxHashMap<(Symbol, bool), (u32, u32)> = FxHashMap::default();
        for (&(service, template), counts) in &self.told {
            let sums = services.entry((service, self.out[&template])).or_default();
            (sums.0, sums.1) = (sums.0 + counts.0, sums.1 + counts.1);
        }
        let mut votes: FxHashMap<Symbol, i64> = FxHashMap::default();
        for &(service, template) in self.told.keys() {
            let out = self.out[&template];
            let (earlier, all) = services[&(service, out)];
            let other = if out { earlier * 5 > all * 4 } else { earlier * 5 < all };
            let votes = votes.entry(template).or_default();
            *votes += if other && all >= ENOUGH { i64::from(all) } else { -i64::from(all) };
        }
        for (template, _) in votes.into_iter().filter(|(_, votes)| *votes > 0) {
            if let Some((turned, _)) = words::turned(store.symbols.text(template)) {
                lexicon.read(template, &turned);
            }
        }
    }
}

fn merged(mut into: Told, from: Told) -> Told {
    for (key, (earlier, all)) in from {
        let counts = into.entry(key).or_default();
        (counts.0, counts.1) = (counts.0 + earlier, counts.1 + all);
    }
    into
}
