//! What numbers of [`super::features`] tell together, in the second round.
//!
//! Fitted by `examples/fit_weights.rs` to recorded and simulated systems.

#![allow(clippy::approx_constant, reason = "fitted numbers are near constants by chance")]

use super::choose::Unit;

/// The units.
pub const UNITS: [Unit; 0] = [];
