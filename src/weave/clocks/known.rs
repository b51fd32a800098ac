//! The clocks that were seen, each with a number.

use crate::model::{Symbol, Time};
use rustc_hash::FxHashMap;

/// The clocks that were seen, in the order in which they were.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Service and instance of each.
    pub names: Vec<(Symbol, Symbol)>,
    numbers: FxHashMap<(Symbol, Symbol), u32>,
    /// What the times of each are multiples of, in nanoseconds.
    pub resolutions: Vec<i64>,
}

impl Known {
    /// The number of a clock, which logged some time.
    pub fn number(&mut self, clock: (Symbol, Symbol), time: Time) -> u32 {
        let number = *self.numbers.entry(clock).or_insert_with(|| {
            self.names.push(clock);
            self.resolutions.push(1_000_000_000);
            self.names.len() as u32 - 1
        });
        let resolution = &mut self.resolutions[number as usize];
        while *resolution > 1 && time.0 % *resolution != 0 {
            *resolution /= 1000;
        }
        number
    }
}
