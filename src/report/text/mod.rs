//! Reports for people, on a terminal or in a pipe.
//!
//! How things look is decided by [`Style`] alone: colours, symbols, width, and whether what comes from logs has to be made
//! harmless. Nothing here reads the environment. Colours only repeat what a symbol or word says as well.

mod bars;
mod check;
mod clean;
mod coverage;
mod diff;
mod digest;
mod explain;
mod findings;
mod header;
mod keys;
mod label;
mod lines;
mod list;
mod map;
mod overview;
mod paint;
mod row;
mod services;
mod show;
mod tree;
mod why;

pub use check::check;
pub use diff::diff;
pub use digest::Digest;
pub use explain::explain;
pub use list::{Listed, list};
pub use map::map;
pub use overview::{digested, overview};
pub use show::show;

use super::units;
use crate::gather::Store;
use crate::model::{Trace, TraceId};

/// How text is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Use colours.
    pub color: bool,
    /// Use characters beyond ASCII.
    pub unicode: bool,
    /// Columns to fill.
    pub width: usize,
    /// The output is a terminal: control characters must not reach it.
    pub terminal: bool,
}

/// What `show` adds to the tree.
#[derive(Clone, Copy, Debug, Default)]
pub struct Show {
    /// Log lines.
    pub lines: bool,
    /// Reasons of edges.
    pub why: bool,
    /// Neither fold spans that look the same nor shorten long messages.
    pub all: bool,
}

impl Style {
    /// A duration for people.
    fn duration(&self, nanos: u64) -> String {
        ascii_units(units::duration(nanos.try_into().unwrap_or(i64::MAX)), self)
    }

    /// A duration that may be negative, with its sign.
    fn offset(&self, nanos: i64) -> String {
        let sign = if nanos < 0 { "" } else { "+" };
        format!("{sign}{}", ascii_units(units::duration(nanos), self))
    }

    /// Stands between facts of one row.
    fn separator(&self) -> &'static str {
        if self.unicode { " · " } else { ", " }
    }

    /// Stands before a number of times.
    fn times(&self) -> &'static str {
        if self.unicode { "×" } else { "x" }
    }

    /// Stands for what is left out.
    fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

/// A text of our own without letters beyond ASCII, where the style has none: `us` for `µs`.
fn ascii_units(text: String, style: &Style) -> String {
    if style.unicode || text.is_ascii() { text } else { text.replace('µ', "u") }
}

/// Whether it is known when a transaction took place: its records may all lack a time.
fn has_time(trace: &Trace) -> bool {
    trace.start.0 != 0
}

/// How long a transaction took; one record, or none with a time, tells no duration.
fn duration(trace: &Trace, style: &Style) -> String {
    if has_time(trace) && trace.duration() > 0 { style.duration(trace.duration()) } else { "-".to_owned() }
}

/// A trace id as people copy it: the digits that tell it apart, so without leading zeros, or an opaque id as it stands.
fn id_text(store: &Store, id: TraceId) -> String {
    let text = store.trace_text(id);
    if text.len() == 32 { text.trim_start_matches('0').to_owned() } else { text }
}
