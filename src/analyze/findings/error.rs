//! Failures: what was handled, what was not, and which of several was the first.
//!
//! A failure is handled when something goes on after it to a stated outcome: an answer, an effect of its own, the usual
//! end, a later try that succeeds, a caller that goes on. How often something fails excuses nothing: what is usual is
//! learned only from hops in which nothing failed.

use super::case::{Case, Fate, Found};
use super::words::{self, breaks, fails, gives_up, names, refuses, waits_in_vain};
use crate::analyze::flow::{Hop, Step};
use crate::model::{EventId, FindingKind, Level, Severity, flag};
use crate::weave::words::Act;

/// An effect is known to follow a hop of a kind if so many did.
const MIN_KNOWN: u32 = 3;
/// So many times the usual number of hops of a kind are more than usual.
const MORE: f64 = 1.5;
/// Spans above one another within a hop that are looked at.
const MAX_DEPTH: usize = 64;
/// Hops that failed, of one transaction, that are looked at.
const MAX_FAILED: usize = 500;
/// Records that are named as evidence.
const MAX_EVIDENCE: usize = 6;

/// Judges all failures of a transaction.
pub(super) fn judge(case: &mut Case<'_>) {
    for index in 0..case.shape.hops.len() {
        if let Some(at) = ends_badly(case, index) {
            case.shape.hops[index].steps[at].failed = true;
        }
    }
    let failed: Vec<usize> =
        (0..case.shape.hops.len()).filter(|&hop| case.hop(hop).failed()).take(MAX_FAILED).collect();
    if failed.is_empty() {
        return;
    }
    for &hop in &failed {
        case.fates[hop] = if healed_itself(case, hop) { Fate::Healed } else { Fate::Broken };
    }
    // what was tried several times is healed from the last time on
    for &hop in failed.iter().rev() {
        if case.fates[hop] == Fate::Broken && tried_again(case, hop) {
            case.fates[hop] = Fate::Retried;
        }
    }
    // causes come before effects, so what a caller made of its own failure is known when its callee's turn comes
    for &hop in &failed {
        if case.fates[hop] == Fate::Healed {
            let retried = repeats_step(case.hop(hop));
            report_healed(case, hop, retried);
        } else if case.fates[hop] == Fate::Retried || tried_again(case, hop) {
            case.fates[hop] = Fate::Retried;
            report_healed(case, hop, true);
        } else if caller_went_on(case, hop) {
            case.fates[hop] = Fate::Healed;
            report_healed(case, hop, false);
        }
    }
    let mut broken: Vec<(i64, usize)> = failed
        .iter()
        .filter(|&&hop| case.fates[hop] == Fate::Broken)
        .filter_map(|&hop| Some((case.hop(hop).steps.iter().find(|step| step.failed)?.time, hop)))
        .collect();
    broken.sort_unstable();
    if !broken.is_empty() {
        report_broken(case, &broken);
    }
}

/// The step of a hop that warns of a failure and is the last one, where such hops do not end without it either: then the
/// failure was not worth an error to who wrote the service, but is one.
fn ends_badly(case: &Case<'_>, index: usize) -> Option<usize> {
    let hop = case.hop(index);
    let template = |step: &Step| case.run.store.symbols.text(case.run.store.event(step.event).template);
    let end = hop.steps.last().filter(|end| !hop.failed() && !end.answered)?;
    // who handles a message is asked by nobody how it went: its last word counts
    let alone = hop.message || hop.parent.is_none();
    let (says_fails, says_breaks) = (fails(template(end)), breaks(template(end)));
    if alone && !refuses(template(end)) && says_breaks && (says_fails || end.warned) {
        return Some(hop.steps.len() - 1);
    }
    let at = hop.steps.iter().rposition(|step| step.warned)?;
    let last = &hop.steps[at];
    let template = template(last);
    if last.answered || !(fails(template) || breaks(template)) || refuses(template) && !breaks(template) {
        return None;
    }
    if hop.steps[at + 1..].iter().any(|step| on_one_line(case, step, last)) {
        return None;
    }
    let before = hop.steps[..at].iter().rev().find(|step| on_one_line(case, step, last));
    if before.is_some_and(|before| hop.steps[at + 1..].iter().any(|step| step.kind == before.kind)) {
        // tried again
        return None;
    }
    let open = before.is_none_or(|step| !case.usual.ends(step.kind) && case.usual.goes_on(step.kind));
    (open || case.usual.lacking(hop).next().is_some()).then_some(at)
}

/// Whether a hop went on after its last failure.
fn healed_itself(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let Some(at) = hop.steps.iter().rposition(|step| step.failed) else { return true };
    let (failure, after) = (&hop.steps[at], &hop.steps[at + 1..]);
    if failure.answered || after.iter().any(|step| step.answered) {
        return true;
    }
    let template = |event: EventId| case.run.store.symbols.text(case.run.store.event(event).template);
    if hop.steps[at..].iter().any(|step| gives_up(template(step.event))) {
        return false;
    }
    // what other spans of the hop did meanwhile is no outcome of this one
    let own: Vec<&Step> =
        after.iter().filter(|step| !step.failed && on_one_line(case, step, failure)).collect();
    let compensated = hop.children.iter().map(|&child| case.hop(child as usize)).any(|child| {
        let known = case.usual.child(hop, child).is_some_and(|count| count.hops >= MIN_KNOWN);
        known && child.start >= failure.time && !child.failed()
    });
    if compensated && !own.is_empty() {
        return true;
    }
    let plain = !case.run.store.event(failure.event).is(flag::EXCEPTION);
    if plain && refuses(template(failure.event)) {
        return true;
    }
    let ended = own.last().is_some_and(|last| case.usual.ends(last.kind));
    ended && (plain || case.usual.lacking(hop).next().is_none())
}

/// Whether the span of one step is that of another one, above it or below it.
fn on_one_line(case: &Case<'_>, one: &Step, other: &Step) -> bool {
    let above = |from: u32, to: u32| {
        let parents = std::iter::successors(Some(from), |&span| case.trace.spans[span as usize].parent);
        parents.take(MAX_DEPTH).any(|span| span == to)
    };
    above(one.span, other.span) || above(other.span, one.span)
}

/// Whether a step of a hop was done again after a failure.
fn repeats_step(hop: &Hop) -> bool {
    let Some(at) = hop.steps.iter().position(|step| step.failed) else { return false };
    let (before, after) = hop.steps.split_at(at);
    after.iter().any(|step| before.iter().any(|earlier| earlier.kind == step.kind))
}

/// Whether the same thing was done again later and worked.
fn tried_again(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let failure = hop.steps.iter().rfind(|step| step.failed).map_or(hop.end, |step| step.time);
    // more of a kind than usual are further attempts, whatever they were hung under
    let more = f64::from(case.times(hop.kind)) >= case.usual.often(hop.kind) * MORE;
    case.shape.hops.iter().zip(&case.fates).enumerate().any(|(other, (later, fate))| {
        other != index
            && later.kind == hop.kind
            && (later.parent == hop.parent || more || shares_a_value(hop, later))
            && later.start >= failure
            && *fate != Fate::Broken
            && same_values(hop, later)
    })
}

/// Whether two hops of one kind are about the same thing: none of the values that tell things apart differs.
fn same_values(one: &Hop, other: &Hop) -> bool {
    one.values.iter().filter(|(.., telling)| *telling).all(|(name, value, _)| {
        let mut values = other.values.iter().filter(|(known, ..)| known == name).peekable();
        values.peek().is_none() || values.any(|(_, known, _)| known == value)
    })
}

/// Whether two hops hold the same value that tells things apart.
fn shares_a_value(one: &Hop, other: &Hop) -> bool {
    one.values.iter().any(|value| value.2 && other.values.contains(value))
}

/// Whether the caller waited for a hop that failed, noticed it, and went on to its usual end all the same.
fn caller_went_on(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let Some(parent) = hop.parent.map(|parent| parent as usize) else { return false };
    let caller = case.hop(parent);
    let waits = case.usual.child(caller, hop).is_some_and(|count| count.waited * 2 >= count.hops);
    if hop.message || !waits || case.fates[parent] == Fate::Broken {
        return false;
    }
    let failure = hop.steps.iter().rfind(|step| step.failed).map_or(hop.end, |step| step.time);
    let after: Vec<&Step> = caller.steps.iter().filter(|step| step.time >= failure).collect();
    let noticed = after.iter().any(|step| case.run.store.event(step.event).level >= Some(Level::Warn));
    case.fates[parent] == Fate::Healed
        || noticed
            && after.last().is_some_and(|last| !last.failed && case.usual.ends(last.kind))
            && case.usual.lacking(caller).next().is_none()
}

/// The hop at which a failure began without a word: one that was caused by a hop that failed, and ended where such hops do
/// not end before the failure.
fn silent_cause(case: &Case<'_>, index: usize, failure: i64) -> Option<usize> {
    let mut below: Vec<u32> = case.hop(index).children.clone();
    let mut found: Option<(i64, usize)> = None;
    while let Some(child) = below.pop() {
        let child = child as usize;
        let hop = case.hop(child);
        below.extend(&hop.children);
        let Some(last) = hop.steps.last() else { continue };
        if case.fates[child] == Fate::Stuck && last.time <= failure {
            found = found.max(Some((last.time, child)));
        }
    }
    found.map(|(_, child)| child)
}

/// The hop of another service that a failure speaks of, if that began before and came to no usual end.
fn named_cause(case: &Case<'_>, index: usize, failure: &Step) -> Option<usize> {
    let store = case.run.store;
    let template = store.symbols.text(store.event(failure.event).template);
    let own = case.hop(index).service;
    let before = |other: &usize| {
        let hop = case.hop(*other);
        hop.service != own
            && hop.start <= failure.time
            && names(template, store.symbols.text(hop.service))
            && !hop.steps.last().is_some_and(|last| case.usual.ends(last.kind))
    };
    (0..case.shape.hops.len()).filter(before).max_by_key(|&other| (case.hop(other).start, other))
}

fn report_healed(case: &mut Case<'_>, index: usize, retried: bool) {
    let hop = case.hop(index);
    let Some(step) = hop.steps.iter().find(|step| step.failed).cloned() else { return };
    let (says, service) = (case.says(step.event), case.service(hop));
    let (kind, summary) = if retried {
        (FindingKind::Retry, format!("{service} failed with {says} and tried again with success"))
    } else {
        (FindingKind::Error, format!("{service} logged {says} and went on to an outcome"))
    };
    let group = (hop.service.0, words::cause(case.run.store, step.event));
    case.find(
        index,
        Found {
            kind,
            severity: Severity::Info,
            span: Some(step.span),
            service: None,
            summary,
            confidence: 0.8,
            evidence: vec![step.event],
            group,
        },
    );
}

/// Reports that a hop failed because what it sent was never taken up: then that is the fault.
fn report_unanswered(case: &mut Case<'_>, index: usize, failure: &Step) -> bool {
    let (store, hop) = (case.run.store, case.hop(index));
    let waited = |step: &&Step| waits_in_vain(store.symbols.text(store.event(step.event).template));
    let Some(told) = hop.steps.iter().find(waited).filter(|told| told.time <= failure.time) else {
        return false;
    };
    let usual = case.usual;
    let lost = usual.rules.about(&case.steps).find_map(|rule| {
        let at = hop.steps.iter().find(|step| rule.triggers.iter().any(|it| it.step == step.kind))?;
        let act = rule.triggers.iter().find(|it| it.step == at.kind)?.act;
        let lost = at.time <= told.time
            && matches!(act, Act::Send | Act::Call)
            && case.absent(rule) > 0
            && rule.example.service != hop.service;
        lost.then_some((rule, at))
    });
    let Some((rule, sent)) = lost else { return false };
    let service = rule.example.service;
    let absence = case.absence(rule, sent.event, hop);
    let summary = format!("{absence}, which failed with {}", case.says(failure.event));
    let (right, peers) = (f64::from(rule.right), f64::from(rule.peers));
    let found = Found {
        kind: FindingKind::MissingStep,
        severity: if hop.parent.is_none() { Severity::Critical } else { Severity::Warning },
        span: Some(sent.span),
        service: Some(service),
        summary,
        confidence: right / (peers + 2.0),
        evidence: vec![sent.event, told.event, failure.event],
        group: (rule.effect, sent.kind),
    };
    case.find(index, found);
    true
}

/// Reports the failures of a transaction, by time, as what they are: the first one and what followed from it.
fn report_broken(case: &mut Case<'_>, broken: &[(i64, usize)]) {
    let (time, index) = broken[0];
    let hop = case.hop(index);
    let Some(first) = hop.steps.iter().find(|step| step.failed).cloned() else { return };
    let silent = silent_cause(case, index, time).or_else(|| named_cause(case, index, &first));
    if silent.is_none() && report_unanswered(case, index, &first) {
        return;
    }
    let hop = case.hop(index);
    let at = silent.unwrap_or(index);
    let cause = case.hop(at);
    let mut evidence: Vec<EventId> = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    let mut root = false;
    for &(_, other) in broken {
        let other = case.hop(other);
        evidence.extend(other.steps.iter().filter(|step| step.failed).map(|step| step.event));
        let name = case.service(other);
        if other.service != cause.service && !taken.contains(&name) {
            taken.push(name);
        }
        root |= other.parent.is_none();
    }
    let (span, mut summary) = match cause.steps.last().filter(|_| silent.is_some()) {
        Some(last) => {
            evidence.insert(0, last.event);
            let text = format!(
                "{} {} {}, and {} failed with {}",
                case.service(cause),
                if last.failed { "failed with" } else { "stopped after" },
                case.says(last.event),
                case.service(hop),
                case.says(first.event)
            );
            (last.span, text)
        }
        None => (first.span, format!("{} failed with {}", case.service(cause), case.says(first.event))),
    };
    evidence.truncate(MAX_EVIDENCE);
    if taken.is_empty() {
        summary.push_str(" and nothing handled it");
    } else if silent.is_none() {
        summary.push_str(&format!("; it took down {}", taken.join(", ")));
    }
    let group = (cause.service.0, words::cause(case.run.store, first.event));
    let stopped = case.fates[at] == Fate::Stuck && cause.steps.last().is_some_and(|last| !last.warned);
    case.fates[at] = Fate::Broken;
    case.find(
        at,
        Found {
            kind: if stopped { FindingKind::Stuck } else { FindingKind::Error },
            severity: if root { Severity::Critical } else { Severity::Warning },
            span: Some(span),
            service: None,
            summary,
            confidence: 0.9,
            evidence,
            group,
        },
    );
}
