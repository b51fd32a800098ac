//! The small types that every stage shares.
//!
//! Nothing here reads, decides or prints: a type, its units and ranges, and how it is written down.

mod coverage;
mod event;
mod finding;
mod id;
mod keys;
mod level;
mod symbol;
mod time;
mod trace;
pub mod units;

pub use coverage::{Coverage, Skip, SkipReason};
pub use event::{
    Batch, Detail, Event, HeaderRole, OF_NO_UNIT, Origin, Place, Prefix, Sample, Shape, SourceId, SpanKind,
    TOO_LONG, flag,
};
pub use finding::{Finding, FindingKind, Severity};
pub use id::{SpanId, TraceId};
pub use keys::KeyRules;
pub use level::Level;
pub use symbol::{Symbol, Symbols};
pub use time::{DAY, SECOND, civil_from_days, days_from_civil};
pub use time::{Date, Precision, Stamp, Time};
pub use trace::{Basis, Edge, EventId, Link, PathKind, PathPart, Proof, Span, Status, Trace};
