//! spanloom weaves the logs of many services into traces.
//!
//! The stages follow the way of the data; a stage imports only stages to its left:
//!
//! ```text
//! model < input < record < context < gather < weave < analyze < report < engine < cli
//! ```
//!
//! `ARCHITECTURE.md` holds the map of the code and what always holds.

pub mod analyze;
pub mod cli;
pub mod context;
pub mod engine;
pub mod gather;
pub mod input;
pub mod model;
pub mod record;
pub mod report;
pub mod weave;
