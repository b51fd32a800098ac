//! The gaps in time between records of one kind of span and the start or end of another, over a whole run.

use super::delays::{Delays, Fits};
use crate::model::Symbol;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// The gaps of all pairs of kinds that were met.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaps {
    /// By the template of the one kind's record, its kind, and the other kind.
    delays: FxHashMap<(Symbol, u64, u64), Delays>,
    /// Those of each pair together, once they are settled.
    known: Vec<Known>,
    /// How well gaps fit that are near to those: see [`Fits`].
    near: Vec<f32>,
}

/// Gaps between two kinds at records of one template.
#[derive(Clone, Debug)]
struct Known {
    template: Symbol,
    /// See [`Gap`].
    steady: f32,
    tight: f32,
    narrow: f32,
    /// Few gaps prove little.
    sure: f32,
    fits: Fits,
}

/// Where the gaps of a pair of kinds are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Of {
    start: u32,
    end: u32,
}

/// What is usual of a gap; each from 0 to 1, or 0 where too little is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gap {
    /// The share of pairs in which the record is of this template.
    pub steady: f32,
    /// How narrow the gaps are for their length.
    pub tight: f32,
    /// How narrow they are, whatever their length.
    pub narrow: f32,
    /// How well this gap fits them.
    pub fit: f32,
}

impl Gaps {
    /// Takes in the gap of a pair.
    pub fn add(&mut self, template: Symbol, kinds: (u64, u64), nanos: i64) {
        self.delays.entry((template, kinds.0, kinds.1)).or_default().add(nanos, 1);
    }

    /// Adds the gaps of another part of the run.
    pub fn merge(&mut self, other: Gaps) {
        for (key, delays) in other.delays {
            match self.delays.entry(key) {
                Entry::Occupied(mut own) => own.get_mut().merge(&delays),
                Entry::Vacant(free) => {
                    free.insert(delays);
                }
            }
        }
    }

    /// Draws from the gaps what is asked for often, when all parts are merged; hands over where those of each pair are.
    pub fn settle(&mut self, mut take: impl FnMut((u64, u64), Of)) {
        let mut delays: Vec<((u64, u64), Symbol, Delays)> = std::mem::take(&mut self.delays)
            .into_iter()
            .map(|((template, one, other), delays)| ((one, other), template, delays))
            .collect();
        // those of one later kind are asked for together
        delays.sort_unstable_by_key(|(kinds, template, _)| (kinds.1, kinds.0, *template));
        self.known.reserve_exact(delays.len());
        let mut delays = delays.into_iter().peekable();
        while let Some(((kinds, ..), start)) = delays.peek().map(|first| (first, self.known.len())) {
            let kinds = *kinds;
            let mut stood = 0;
            while let Some((_, template, delays)) = delays.next_if(|next| next.0 == kinds) {
                let total = delays.total() as f32;
                stood += delays.total();
                let sure = total / (total + 10.0);
                let fits = delays.settle(&mut self.near);
                self.known.push(Known {
                    template,
                    steady: total,
                    tight: fits.tight * sure,
                    narrow: fits.narrow * sure,
                    sure,
                    fits,
                });
            }
            // how often a span of the first kind had such a record at all
            let stood = stood as f32;
            self.known[start..].iter_mut().for_each(|known| known.steady /= stood + 3.0);
            take(kinds, Of { start: start as u32, end: self.known.len() as u32 });
        }
    }

    /// What is usual of this gap.
    pub fn gap(&self, template: Symbol, of: Of, nanos: i64) -> Gap {
        let Some(known) = self.known(template, of) else { return Gap::default() };
        let fit = known.fits.fit(&self.near, nanos) * known.sure;
        Gap { steady: known.steady, tight: known.tight, narrow: known.narrow, fit }
    }

    /// How narrow such gaps are: for their length, and whatever their length.
    pub fn width(&self, template: Symbol, of: Of) -> [f32; 2] {
        self.known(template, of).map_or([0.0; 2], |known| [known.tight, known.narrow])
    }

    fn known(&self, template: Symbol, of: Of) -> Option<&Known> {
        let known = &self.known[of.start as usize..of.end as usize];
        let at = known.binary_search_by_key(&template, |known| known.template).ok()?;
        Some(&known[at])
    }
}
