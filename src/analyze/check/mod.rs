//! Judges a run: by rules of the user's, and by a baseline that was learned from a good run.

pub mod baseline;
pub mod rules;

use super::map::Map;
use super::profile::Profile;
use super::query::Context;
use crate::gather::Store;
use crate::model::{Coverage, Finding, Place, Symbol, Trace};
use baseline::Baseline;
use rules::Rules;

/// What a run is judged by, and what is judged.
#[derive(Debug)]
pub struct Case<'c> {
    /// Names and events.
    pub store: &'c Store,
    /// The transactions.
    pub traces: &'c [Trace],
    /// What was found in them.
    pub findings: &'c [Finding],
    /// What was read.
    pub coverage: &'c Coverage,
    /// What flows between services.
    pub map: &'c Map,
    /// What the transactions look like.
    pub profile: &'c Profile,
    /// What conditions may ask about the run.
    pub context: Context,
}

/// How a check ended, better ones first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum State {
    /// It holds.
    Passed,
    /// Worth a look; fails nothing.
    Noted,
    /// It could not be judged.
    Unjudged,
    /// It does not hold.
    Failed,
}

impl State {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            State::Passed => "passed",
            State::Noted => "noted",
            State::Unjudged => "not_judged",
            State::Failed => "failed",
        }
    }
}

/// A transaction that shows what is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Index of the trace.
    pub trace: usize,
    /// Where a record of it stands.
    pub place: Option<Place>,
    /// What holds of this one in particular.
    pub about: String,
}

/// What a check gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What kind of check it is; the same in every run.
    pub rule: &'static str,
    /// Which one: a rule's name, a flow, a step, an edge.
    pub name: String,
    /// How it ended.
    pub state: State,
    /// One sentence.
    pub summary: String,
    /// The service where the fault is, if it is in one.
    pub service: Symbol,
    /// Transactions that show it; not all, if there are many.
    pub examples: Vec<Example>,
}

/// Examples that one verdict has.
const MAX_EXAMPLES: usize = 5;

impl Verdict {
    fn new(rule: &'static str, name: impl Into<String>, state: State, summary: impl Into<String>) -> Verdict {
        Verdict {
            rule,
            name: name.into(),
            state,
            summary: summary.into(),
            service: Symbol::NONE,
            examples: Vec::new(),
        }
    }

    /// With the first of these traces as examples.
    fn shown_by(mut self, case: &Case<'_>, traces: impl IntoIterator<Item = usize>) -> Verdict {
        self.examples = traces
            .into_iter()
            .take(MAX_EXAMPLES)
            .map(|trace| Example {
                trace,
                place: first_record(case.store, &case.traces[trace]),
                about: String::new(),
            })
            .collect();
        self
    }
}

/// The record that a transaction is shown by: the first of its root, or of all.
fn first_record(store: &Store, trace: &Trace) -> Option<Place> {
    let spans = trace.spans.iter().flat_map(|span| &span.events);
    spans.chain(&trace.loose).next().map(|id| store.event(*id).place)
}

/// Judges a run by all that is asked for, in the order: rules, baseline.
pub fn judge(case: &Case<'_>, rules: &Rules, baseline: Option<&Baseline>) -> Vec<Verdict> {
    let mut verdicts = rules.judge(case);
    if let Some(baseline) = baseline {
        verdicts.extend(baseline.judge(case, &rules.tolerance));
    }
    verdicts
}
