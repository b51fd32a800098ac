//! What the numbers of [`super::features`] are worth.
//!
//! Fitted by `examples/fit_weights` to systems recorded, drawn and written by hand, but for those of `SAME_CLOSED`,
//! `SAME_SENT_RECEIVED` and `SAME_GATHERED`, which are set by hand. [`LAST`] is a mean of
//! several fits: see docs/weaving.md.

mod first;
mod last;
mod second;

pub use first::FIRST;
pub use last::LAST;
pub use second::SECOND;
