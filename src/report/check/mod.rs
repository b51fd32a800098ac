//! How a check ended, in the formats that CI systems read.

pub mod github;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;

use crate::analyze::check::{Example, State, Verdict};
use crate::gather::Store;
use crate::model::{Coverage, Trace};

/// What is told of a check.
#[derive(Debug)]
pub struct Judged<'j> {
    /// Events and names.
    pub store: &'j Store,
    /// The transactions.
    pub traces: &'j [Trace],
    /// What was read.
    pub coverage: &'j Coverage,
    /// How each check ended.
    pub verdicts: &'j [Verdict],
}

impl Judged<'_> {
    /// How all of them ended.
    pub fn state(&self) -> State {
        let states = self.verdicts.iter().map(|verdict| verdict.state);
        // what cannot be judged hides no failure
        match states.max().unwrap_or(State::Passed) {
            State::Noted => State::Passed,
            state => state,
        }
    }

    /// How many ended so.
    pub fn count(&self, state: State) -> u64 {
        self.verdicts.iter().filter(|verdict| verdict.state == state).count() as u64
    }

    /// The verdicts, the worst first.
    pub fn worst_first(&self) -> Vec<&Verdict> {
        let mut verdicts: Vec<&Verdict> = self.verdicts.iter().collect();
        verdicts.sort_by_key(|verdict| std::cmp::Reverse(verdict.state));
        verdicts
    }

    /// The trace id of an example.
    pub fn trace_id(&self, example: &Example) -> String {
        self.store.trace_text(self.traces[example.trace].id)
    }

    /// File and line of an example.
    pub fn place(&self, example: &Example) -> Option<(&str, u64)> {
        let place = example.place?;
        Some((&*self.store.source(place.source).name, place.line))
    }
}

/// What a rule is about, for people.
pub fn about(rule: &str) -> &'static str {
    match rule {
        "coverage" => "Enough of the records stand in transactions",
        "transactions" => "There are enough transactions",
        "failed-transactions" => "Transactions do not fail",
        "findings" => "Nothing of this kind is found",
        "context-lost" => "Trace context survives the edge",
        "rule" => "A rule about transactions",
        "edge" => "A rule about an edge between services",
        "baseline-flow" => "The kinds of transactions of the baseline are there",
        "baseline-failed" => "No more transactions fail than in the baseline",
        "baseline-slower" => "Transactions are not slower than in the baseline",
        "baseline-missing-step" => "The steps of the baseline are there",
        "baseline-repeated-step" => "Steps are not done more often than in the baseline",
        "baseline-failed-step" => "No more steps fail than in the baseline",
        "baseline-slower-step" => "Steps are not slower than in the baseline",
        "baseline-context-lost" => "No more trace context is lost than in the baseline",
        "baseline-new-edge" => "No edge is new",
        "baseline-new-flow" => "No kind of transaction is new",
        "baseline-new-step" => "No step is new",
        _ => "A check",
    }
}
