//! Writes what was found. One file an output format, each with its own escaping.

pub mod extract;
pub mod json_text;
