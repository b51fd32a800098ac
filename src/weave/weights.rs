//! What the numbers of [`super::features`] are worth.

use super::features::COUNT;

/// For the first round, in which nothing is learned of the run.
pub const FIRST: [f32; COUNT] = [0.0; COUNT];

/// For the second round.
pub const SECOND: [f32; COUNT] = [0.0; COUNT];
