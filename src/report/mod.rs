//! Writes what was found. One file an output format, each with its own escaping.

pub mod baseline;
pub mod check;
pub mod diff;
pub mod explain;
pub mod export;
pub mod extract;
pub mod graph;
pub mod json;
mod json_map;
pub mod json_text;
pub mod recipe;
pub mod text;

pub use crate::model::units;

use crate::analyze::map::Map;
use crate::analyze::times::Operations;
use crate::gather::Store;
use crate::model::{Coverage, Finding, Place, Symbol, Trace};

/// What a record says, when it is read again for a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordText {
    /// Its message.
    pub message: String,
    /// Its lines as they stand in the source.
    pub raw: String,
    /// Its keys: name, value, and the value's text.
    pub keys: Vec<(Symbol, Symbol, String)>,
}

/// Gives the text of the record at a place; `None` if it cannot be had any more.
pub type TextOf<'a> = dyn FnMut(Place) -> Option<RecordText> + 'a;

/// A service of the run.
#[derive(Clone, Debug, Default)]
pub struct ServiceSummary {
    /// Its name.
    pub name: Symbol,
    /// Records.
    pub records: u64,
    /// Spans.
    pub spans: u64,
    /// Failed spans.
    pub errors: u64,
    /// Its clock, where it was compared with others.
    pub clock: Option<ClockSummary>,
}

/// A service's clock against the common clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClockSummary {
    /// The service's clock minus the common clock, in nanoseconds, in the middle of the run.
    pub offset: i64,
    /// Parts per million by which it runs fast.
    pub drift_ppm: f64,
    /// Half the width of the interval in which the offset lies, in nanoseconds.
    pub uncertainty: u64,
}

/// Everything a report may tell.
#[derive(Debug)]
pub struct Report<'r> {
    /// Events and names.
    pub store: &'r Store,
    /// The traces, in the order to be written.
    pub traces: &'r [Trace],
    /// How many transactions there are to choose from; more than there are traces if the list was limited.
    pub transactions: usize,
    /// What was read.
    pub coverage: &'r Coverage,
    /// Services, by name.
    pub services: Vec<ServiceSummary>,
    /// Findings.
    pub findings: &'r [Finding],
    /// How long operations take in the whole run, where that is told.
    pub operations: Option<&'r Operations>,
    /// What flows between services, if it was asked for.
    pub map: Option<Map>,
}

impl<'r> Report<'r> {
    /// Of transactions that were let go: how many there are, and what was read.
    pub fn without_traces(
        store: &'r Store,
        transactions: usize,
        coverage: &'r Coverage,
        services: Vec<ServiceSummary>,
    ) -> Report<'r> {
        Report {
            store,
            traces: &[],
            transactions,
            coverage,
            services,
            findings: &[],
            operations: None,
            map: None,
        }
    }
}
