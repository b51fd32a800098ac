//! Tables that are filled while many threads work: as many as there are threads, so that few have to be merged.

use std::sync::{Mutex, PoisonError};

/// Tables at rest. Which of them takes in what is left to chance, so the order must not matter to them.
#[derive(Debug)]
pub struct Tables<T>(Mutex<Vec<Box<T>>>);

impl<T> Default for Tables<T> {
    /// None so far.
    fn default() -> Tables<T> {
        Tables(Mutex::new(Vec::new()))
    }
}

impl<T: Default> Tables<T> {
    /// Fills one of them.
    pub fn fill(&self, work: impl FnOnce(&mut T)) {
        let resting = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = resting().pop();
        let mut table = rested.unwrap_or_default();
        work(&mut table);
        resting().push(table);
    }

    /// Looks at each of them, while no thread fills one.
    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).iter_mut().map(|table| &mut **table)
    }

    /// All of them.
    pub fn all(self) -> impl Iterator<Item = T> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().map(|table| *table)
    }
}
