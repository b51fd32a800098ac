//! Ends reading from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends reading once it is set: what was read already is given, and every source seems to end there. Clones are one.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    own: Arc<AtomicBool>,
    outer: Option<Arc<AtomicBool>>,
}

impl Stop {
    /// One that ends a part of the reading; setting this one ends the part, too.
    pub fn part(&self) -> Stop {
        Stop { own: Arc::default(), outer: Some(Arc::clone(&self.own)) }
    }

    /// Ends reading; tells whether it was ended before.
    pub fn set(&self) -> bool {
        self.own.swap(true, Ordering::Relaxed)
    }

    /// Whether reading is to end.
    pub fn is_set(&self) -> bool {
        self.own.load(Ordering::Relaxed)
            || self.outer.as_ref().is_some_and(|outer| outer.load(Ordering::Relaxed))
    }
}
