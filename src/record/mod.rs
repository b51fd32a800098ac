//! Turns the lines of a block into records. Knows nothing of ids.

pub mod timestamp;
