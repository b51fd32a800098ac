//! Tables that are filled while many threads work: as many as there are threads, so that few have to be merged.

use std::sync::{Mutex, PoisonError};

/// Tables at rest. Which of them takes in what is left to chance, so the order must not matter to them.
#[derive(Debug)]
pub(super) struct Tables<T>(Mutex<Vec<Box<T>>>);

impl<T: Default> Tables<T> {
    /// None so far.
    pub fn new() -> Tables<T> {
        Tables(Mutex::new(Vec::new()))
    }

    /// Fills one of them.
    pub fn fill(&self, work: impl FnOnce(&mut T)) {
        let rests = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = rests().pop();
        let mut table = rested.unwrap_or_default();
        work(&mut table);
        rests().push(table);
    }

    /// All of them.
    pub fn all(self) -> impl Iterator<Item = T> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().map(|table| *table)
    }
}
