//! One transaction before its judges.

use super::words::{self, Sayings, Told};
use crate::analyze::flow::{Hop, Rule, Run, Shape, Step, Steps, Usual};
use crate::model::{EventId, Finding, FindingKind, Severity, Trace};

/// What is known of a hop so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Fate {
    /// Nothing is wrong.
    #[default]
    Fine,
    /// It failed, and what failed was handled.
    Healed,
    /// It failed, and a later try worked.
    Retried,
    /// It failed.
    Broken,
    /// It was tried again, or is a further time of something done already.
    Repeated,
    /// It began and never went on.
    Stuck,
}

/// A transaction, and what was found in it.
pub(super) struct Case<'c> {
    pub(super) run: &'c Run<'c>,
    pub(super) usual: &'c Usual,
    sayings: &'c Sayings,
    pub(super) trace: &'c Trace,
    pub(super) shape: Shape,
    pub(super) fates: Vec<Fate>,
    pub(super) findings: Vec<Finding>,
    /// The logs begin or end within it.
    pub(super) truncated: bool,
    /// Its steps by kind.
    pub(super) steps: Steps,
}

impl<'c> Case<'c> {
    pub(super) fn new(
        run: &'c Run<'c>,
        (usual, sayings): (&'c Usual, &'c Sayings),
        trace: &'c Trace,
    ) -> Case<'c> {
        let shape = run.shape(trace);
        Case {
            run,
            usual,
            sayings,
            trace,
            fates: vec![Fate::Fine; shape.hops.len()],
            findings: Vec::new(),
            truncated: false,
            steps: Steps::of(&shape),
            shape,
        }
    }

    pub(super) fn hop(&self, index: usize) -> &Hop {
        &self.shape.hops[index]
    }

    /// Whether one trace id makes the transaction, so that all that belongs to it is in it.
    pub(super) fn is_whole(&self) -> bool {
        self.trace.members.len() == 1
    }

    /// Whether a step must have happened though no record of it is there; see [`Usual::has_happened`].
    pub(super) fn has_happened(&self, step: u64) -> bool {
        self.usual.has_happened(&self.shape, &self.steps, step, self.is_whole())
    }

    /// The share of the absences by a rule that is real; see [`Usual::real_by`].
    pub(super) fn real_by(&self, rule: &Rule) -> f64 {
        self.usual.real_by(rule, self.is_whole())
    }

    /// Whether a rule's effect is absent, for no reason that is known.
    pub(super) fn lacks(&self, rule: &Rule) -> bool {
        self.absent(rule) > 0
            && !rule.was_tried_again(&self.steps, |step| self.usual.once(step))
            && self.explained(rule).is_none()
            && !self.has_happened(rule.effect)
    }

    /// Whether a step is the first one of its span.
    pub(super) fn begins_span(&self, step: &Step) -> bool {
        self.trace.spans[step.span as usize].events.first() == Some(&step.event)
    }

    /// How often a kind of step occurs.
    pub(super) fn times(&self, step: u64) -> u32 {
        self.steps.number(step)
    }

    /// Whether something failed that nothing handled.
    pub(super) fn any_broken(&self) -> bool {
        self.fates.contains(&Fate::Broken)
    }

    /// How many of the hops that a rule is about are absent.
    pub(super) fn absent(&self, rule: &Rule) -> u32 {
        rule.absent(&self.steps)
    }

    /// Whether some step explains that effects are absent.
    pub(super) fn explained(&self, rule: &Rule) -> Option<u64> {
        let explains = |step: &u64| rule.explained_by(*step, self.usual.present(*step));
        self.steps.kinds().filter(explains).min()
    }

    /// What a record tells of a failure.
    pub(super) fn told(&self, event: EventId) -> Told {
        self.sayings.told(self.run.store, event)
    }

    /// What a record says, for a sentence.
    pub(super) fn says(&self, event: EventId) -> String {
        words::quoted(self.run.store, event)
    }

    /// That an effect is absent after a record of a hop, as the beginning of a sentence.
    pub(super) fn absence(&self, rule: &Rule, after: EventId, hop: &Hop) -> String {
        let store = self.run.store;
        let service = store.symbols.text(rule.example.service);
        let effect = words::told(store, &rule.example);
        format!("{service} never logged {effect} after {} of {}", self.says(after), self.service(hop))
    }

    /// A service's name, for a sentence.
    pub(super) fn service(&self, hop: &Hop) -> String {
        self.run.store.symbols.text(hop.service).to_owned()
    }

    /// Adds a finding about a hop.
    pub(super) fn find(&mut self, index: usize, found: Found) {
        let hop = &self.shape.hops[index];
        let span = &self.trace.spans[found.span.unwrap_or(hop.span) as usize];
        let matters = found.severity > Severity::Info;
        let parts = [found.kind as u64, found.group.0, found.group.1, u64::from(matters)];
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.to_le_bytes()).collect();
        self.findings.push(Finding {
            kind: found.kind,
            severity: found.severity,
            trace: Some(self.trace.id),
            span: Some(span.id),
            service: found.service.unwrap_or(hop.service),
            summary: found.summary,
            confidence: found.confidence.clamp(0.0, 1.0) as f32,
            evidence: found.evidence.into_iter().map(|id| self.run.store.event(id).place).collect(),
            group: crate::model::Symbol::of(&bytes).0,
        });
    }

    /// The findings, worst first.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        self.findings
    }
}

/// What a judge says.
pub(super) struct Found {
    pub(super) kind: FindingKind,
    pub(super) severity: Severity,
    /// The span, if not the hop's first.
    pub(super) span: Option<u32>,
    /// The service, if not the hop's.
    pub(super) service: Option<crate::model::Symbol>,
    pub(super) summary: String,
    pub(super) confidence: f64,
    pub(super) evidence: Vec<EventId>,
    /// Findings of one cause share it.
    pub(super) group: (u64, u64),
}
