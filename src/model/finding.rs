//! What is wrong, or worth knowing.

use super::{Place, SpanId, Symbol, TraceId};

/// Kinds of findings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FindingKind {
    /// A step is absent that such transactions have.
    MissingStep,
    /// A step began and never went on.
    Stuck,
    /// Something failed.
    Error,
    /// Far slower than its peers.
    Slow,
    /// Handled more than once.
    Duplicate,
    /// Tried again.
    Retry,
    /// Steps in an order that such transactions do not have.
    OutOfOrder,
    /// Trace context does not survive an edge between services.
    ContextLost,
    /// Spans whose parents were never seen.
    Orphan,
    /// A clock is off.
    ClockSkew,
}

impl FindingKind {
    /// All kinds.
    pub const ALL: [FindingKind; 10] = [
        FindingKind::MissingStep,
        FindingKind::Stuck,
        FindingKind::Error,
        FindingKind::Slow,
        FindingKind::Duplicate,
        FindingKind::Retry,
        FindingKind::OutOfOrder,
        FindingKind::ContextLost,
        FindingKind::Orphan,
        FindingKind::ClockSkew,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            FindingKind::MissingStep => "missing_step",
            FindingKind::Stuck => "stuck",
            FindingKind::Error => "error",
            FindingKind::Slow => "slow",
            FindingKind::Duplicate => "duplicate",
            FindingKind::Retry => "retry",
            FindingKind::OutOfOrder => "out_of_order",
            FindingKind::ContextLost => "context_lost",
            FindingKind::Orphan => "orphan",
            FindingKind::ClockSkew => "clock_skew",
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Handled or harmless.
    Info,
    /// Somebody should look.
    Warning,
    /// Somebody should look now.
    Critical,
}

impl Severity {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// Something found in a transaction, or in the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// How much it matters.
    pub severity: Severity,
    /// The transaction; `None` for findings of the whole run.
    pub trace: Option<TraceId>,
    /// The span where the fault is.
    pub span: Option<SpanId>,
    /// The service where the fault is.
    pub service: Symbol,
    /// One sentence.
    pub summary: String,
    /// How sure, 0 to 1.
    pub confidence: f32,
    /// Records that prove it.
    pub evidence: Vec<Place>,
    /// Findings of one cause share it: text reports show one of them with the count.
    pub group: u64,
}
