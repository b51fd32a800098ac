//! Numbers of things, in the order in which they come.

use rustc_hash::FxHashMap;
use std::hash::Hash;

/// Things by their numbers, and the number of each.
#[derive(Debug)]
pub(super) struct Numbers<T>(pub FxHashMap<T, u32>, pub Vec<T>);

impl<T: Copy + Eq + Hash> Numbers<T> {
    /// The number of a thing, which may be a new one.
    pub fn of(&mut self, thing: T) -> u32 {
        *self.0.entry(thing).or_insert_with(|| {
            self.1.push(thing);
            self.1.len() as u32 - 1
        })
    }

    /// The numbers of things that have others elsewhere.
    pub fn of_all(&mut self, others: &Numbers<T>) -> Vec<u32> {
        others.1.iter().map(|thing| self.of(*thing)).collect()
    }

    /// The number of a thing, if it has one.
    pub fn get(&self, thing: &T) -> Option<u32> {
        self.0.get(thing).copied()
    }
}

impl<T> Default for Numbers<T> {
    fn default() -> Numbers<T> {
        Numbers(FxHashMap::default(), Vec::new())
    }
}
