//! What transactions of a run look like: by kind of transaction, how many there are, how long they take, and which steps they
//! have. Baselines are made of it, and runs are compared by it.
//!
//! A kind of transaction (a flow) is told by service and name of its root, a step by service and name of a span. Transactions
//! that the start or the end of the logs cut are left out: what they lack says nothing.

use crate::gather::Store;
use crate::model::{Status, Symbol, Trace};
use rustc_hash::FxHashMap;

/// All flows of a run.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// By service and name.
    pub flows: Vec<Flow>,
}

/// One kind of transaction.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// What it is called: `service: name`.
    pub name: String,
    /// Which of the run's traces they are.
    pub traces: Vec<usize>,
    /// Those that failed.
    pub failed: Vec<usize>,
    /// How long they took, sorted.
    pub durations: Vec<u64>,
    /// By name.
    pub steps: Vec<Step>,
}

/// One step of a kind of transaction.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// What it is called: `service: name`.
    pub name: String,
    /// The service.
    pub service: Symbol,
    /// The name of the step that it usually is a child of, where it usually is of one.
    pub after: Option<String>,
    /// The traces that have it, and how often.
    pub times: Vec<(usize, u32)>,
    /// The traces in which it failed.
    pub failed: Vec<usize>,
    /// Spans.
    pub spans: u64,
    /// How long those spans took of which more than one moment is known, sorted.
    pub durations: Vec<u64>,
}

impl Step {
    /// How often a trace has it.
    pub fn times_in(&self, trace: usize) -> u32 {
        self.times.binary_search_by_key(&trace, |(at, _)| *at).map_or(0, |at| self.times[at].1)
    }

    /// The most often that one transaction has it.
    pub fn most(&self) -> u32 {
        self.times.iter().map(|(_, times)| *times).max().unwrap_or(0)
    }
}

/// Service and name of a span.
type Key = (Symbol, Symbol);

/// A step, and how often it is a child of which others.
type Gathered = (Step, FxHashMap<Key, u64>);

impl Profile {
    /// The profile of some traces.
    pub fn of(store: &Store, traces: &[Trace]) -> Profile {
        let mut flows: FxHashMap<Key, (Flow, FxHashMap<Key, Gathered>)> = FxHashMap::default();
        for (number, trace) in traces.iter().enumerate() {
            if trace.status == Status::Truncated || trace.spans.is_empty() {
                continue;
            }
            let (flow, steps) = flows.entry((trace.service, trace.name)).or_default();
            flow.traces.push(number);
            if trace.status == Status::Error {
                flow.failed.push(number);
            }
            if trace.start.0 != 0 {
                flow.durations.push(trace.duration());
            }
            for span in trace.spans.iter().filter(|span| !span.missing) {
                let (step, parents) = steps.entry((span.service, span.name)).or_default();
                let parent = span.parent.map(|parent| &trace.spans[parent as usize]);
                *parents
                    .entry(parent.map(|parent| (parent.service, parent.name)).unwrap_or_default())
                    .or_default() += 1;
                step.service = span.service;
                step.spans += 1;
                match step.times.last_mut() {
                    Some((last, times)) if *last == number => *times += 1,
                    _ => step.times.push((number, 1)),
                }
                if span.failed && step.failed.last() != Some(&number) {
                    step.failed.push(number);
                }
                if span.end > span.start && span.start.0 != 0 {
                    step.durations.push((span.end.0 - span.start.0) as u64);
                }
            }
        }
        let called = |(service, name): Key| {
            let text = |symbol| store.symbols.text(symbol);
            let name = if text(name).is_empty() { "(no name)" } else { text(name) };
            if text(service).is_empty() { name.to_owned() } else { format!("{}: {name}", text(service)) }
        };
        let step = |(key, (mut step, parents)): (Key, Gathered)| {
            step.name = called(key);
            step.durations.sort_unstable();
            // more than half of the times
            let usual = parents.into_iter().find(|(_, times)| *times * 2 > step.spans);
            step.after = usual
                .map(|(parent, _)| parent)
                .filter(|parent| *parent != Key::default() && *parent != key)
                .map(called);
            step
        };
        let finished = |(key, (mut flow, steps)): (Key, (Flow, FxHashMap<Key, Gathered>))| {
            flow.name = called(key);
            flow.durations.sort_unstable();
            flow.steps = steps.into_iter().map(step).collect();
            flow.steps.sort_by(|a, b| a.name.cmp(&b.name));
            flow
        };
        let mut flows: Vec<Flow> = flows.into_iter().map(finished).collect();
        flows.sort_by(|a, b| a.name.cmp(&b.name));
        Profile { flows }
    }

    /// The flow of a name.
    pub fn flow(&self, name: &str) -> Option<&Flow> {
        self.flows.binary_search_by(|flow| flow.name.as_str().cmp(name)).ok().map(|at| &self.flows[at])
    }
}

impl Flow {
    /// The step of a name.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.binary_search_by(|step| step.name.as_str().cmp(name)).ok().map(|at| &self.steps[at])
    }
}
