//! Tells what traces mean: what flows between services, what deviates, what changed. Knows nothing of output.

pub mod channels;
pub mod map;
pub mod numbers;
pub mod query;
