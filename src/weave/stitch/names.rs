//! Names under which a word is an id: where most values of a name mix letters and digits, the few that happen to have no digit
//! (`K7QZ2M`, `KXQZBM`) are ids like them.

use crate::gather::{Fragments, Store};
use crate::model::{Detail, Shape, Symbol};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// So many values without a digit may there be for each that mixes letters and digits, as its inverse.
const MIXED_PER_WORD: u64 = 3;

/// How often values of a name mix letters and digits, and how often they are words, in events without trace id.
#[derive(Debug, Default)]
pub(super) struct Names(FxHashMap<Symbol, (u64, u64)>);

impl Names {
    /// Counts the events without trace id at hand.
    pub fn add(&mut self, store: &Store, fragments: &Fragments) {
        for &id in &fragments.untraced {
            for detail in store.details(id) {
                match *detail {
                    Detail::Key { name, shape: Shape::Mixed, .. } => self.0.entry(name).or_default().0 += 1,
                    Detail::Key { name, shape: Shape::Word, .. } => self.0.entry(name).or_default().1 += 1,
                    _ => {}
                }
            }
        }
    }

    /// Tells the store which names are such.
    pub fn tell(self, store: &mut Store) {
        let mixed = |(mixed, words): (u64, u64)| words > 0 && mixed >= MIXED_PER_WORD * words;
        let names: Vec<Symbol> =
            self.0.into_iter().filter(|(_, counts)| mixed(*counts)).map(|(name, _)| name).collect();
        if !names.is_empty() {
            Arc::make_mut(&mut store.keys).take_words(names);
        }
    }
}
