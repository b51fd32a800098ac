//! Failures: what was handled, what was not, and which of several was the first.
//!
//! A failure is handled when something goes on after it to a stated outcome: an answer, an effect of its own, the usual
//! end, a later try that succeeds, a caller that goes on. How often something fails excuses nothing: what is usual is
//! learned only from hops in which nothing failed.

use super::case::{Case, Fate, Found};
use super::words::gives_up;
use crate::analyze::flow::Hop;
use crate::model::{EventId, FindingKind, Severity, flag};

/// An effect is known to follow a hop of a kind if so many did.
const MIN_KNOWN: u32 = 3;
/// Records that are named as evidence.
const MAX_EVIDENCE: usize = 6;

/// Judges all failures of a transaction.
pub(super) fn judge(case: &mut Case<'_>) {
    let failed: Vec<usize> = (0..case.shape.hops.len()).filter(|&hop| case.hop(hop).failed()).collect();
    if failed.is_empty() {
        return;
    }
    for &hop in &failed {
        case.fates[hop] = if healed_itself(case, hop) { Fate::Healed } else { Fate::Broken };
    }
    // causes come before effects, so what a caller made of its own failure is known when its callee's turn comes
    for &hop in &failed {
        if case.fates[hop] == Fate::Healed {
            let retried = repeats_step(case.hop(hop));
            report_healed(case, hop, retried);
        } else if tried_again(case, hop) {
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
    let compensated = hop.children.iter().map(|&child| case.hop(child as usize)).any(|child| {
        let known = case.usual.child(hop, child).is_some_and(|count| count.hops >= MIN_KNOWN);
        known && child.start >= failure.time && !child.failed()
    });
    if compensated {
        return true;
    }
    let exception = case.run.store.event(failure.event).is(flag::EXCEPTION);
    let ended = after.last().is_some_and(|last| case.usual.ends(last.kind));
    ended && (!exception || case.usual.lacking(hop).next().is_none())
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
    case.shape.hops.iter().zip(&case.fates).enumerate().any(|(other, (later, fate))| {
        other != index
            && later.kind == hop.kind
            && later.parent == hop.parent
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

/// Whether the caller waited for a hop that failed, and went on to its usual end all the same.
fn caller_went_on(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let Some(parent) = hop.parent.map(|parent| parent as usize) else { return false };
    let caller = case.hop(parent);
    let waits = case.usual.child(caller, hop).is_some_and(|count| count.waited * 2 >= count.hops);
    if hop.message || !waits || case.fates[parent] == Fate::Broken {
        return false;
    }
    let failure = hop.steps.iter().rfind(|step| step.failed).map_or(hop.end, |step| step.time);
    let mut after = caller.steps.iter().filter(|step| step.time >= failure);
    case.fates[parent] == Fate::Healed
        || after.next_back().is_some_and(|last| !last.failed && case.usual.ends(last.kind))
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

fn report_healed(case: &mut Case<'_>, index: usize, retried: bool) {
    let hop = case.hop(index);
    let Some(step) = hop.steps.iter().find(|step| step.failed).cloned() else { return };
    let (says, service) = (case.says(step.event), case.service(hop));
    let (kind, summary) = if retried {
        (FindingKind::Retry, format!("{service} failed with {says} and tried again with success"))
    } else {
        (FindingKind::Error, format!("{service} logged {says} and went on to an outcome"))
    };
    let group = (hop.service.0, step.kind);
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

/// Reports the failures of a transaction, by time, as what they are: the first one and what followed from it.
fn report_broken(case: &mut Case<'_>, broken: &[(i64, usize)]) {
    let (time, index) = broken[0];
    let hop = case.hop(index);
    let Some(first) = hop.steps.iter().find(|step| step.failed).cloned() else { return };
    let silent = silent_cause(case, index, time);
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
                "{} stopped after {}, and {} failed with {}",
                case.service(cause),
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
    let group = (cause.kind, first.kind);
    case.fates[at] = Fate::Broken;
    case.find(
        at,
        Found {
            kind: FindingKind::Error,
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
