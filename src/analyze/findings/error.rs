//! Failures: what was handled, what was not, and which of several was the first.
//!
//! A failure is handled when something goes on after it to a stated outcome: an answer, an effect of its own, the usual
//! end, a later try that succeeds, a caller that goes on. How often something fails excuses nothing: what is usual is
//! learned only from hops in which nothing failed.

use super::blame::{named_cause, report_overdue, report_unanswered, silent_cause};
use super::case::{Case, Fate, Found};
use super::recover;
use super::retry::{repeats_step, tried_again};
use super::words;
use crate::analyze::flow::Step;
use crate::model::{EventId, FindingKind, Level, Severity, flag};

/// An effect is known to follow a hop of a kind if so many did.
const MIN_KNOWN: u32 = 3;
/// Spans above one another within a hop that are looked at.
const MAX_DEPTH: usize = 64;
/// Hops that failed, of one transaction, that are looked at.
const MAX_FAILED: usize = 500;
/// Edges of this confidence are hardly wrong.
const MIN_SURE: f32 = 0.9;
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
    let complete: Vec<bool> = failed.iter().map(|&hop| !recover::lacks_what_is_due(case, hop)).collect();
    for (&hop, &complete) in failed.iter().zip(&complete) {
        let healed = healed_itself(case, hop, complete)
            || was_refused(case, hop)
            || complete && (recover::went_on(case, hop) || recover::sent_on(case, hop))
            || recover::compensated(case, hop)
            || recover::taken_up(case, hop)
            || recover::only_announced(case, hop);
        case.fates[hop] = if healed { Fate::Healed } else { Fate::Broken };
    }
    // what was tried several times is healed from the last time on, if all of it was done again
    for (&hop, &complete) in failed.iter().zip(&complete).rev() {
        if case.fates[hop] == Fate::Broken && complete && tried_again(case, hop) {
            case.fates[hop] = Fate::Retried;
        }
    }
    // causes come before effects, so what a caller made of its own failure is known when its callee's turn comes
    for (&hop, &complete) in failed.iter().zip(&complete) {
        if case.fates[hop] == Fate::Healed {
            let retried = repeats_step(case.hop(hop));
            report_healed(case, hop, retried);
        } else if case.fates[hop] == Fate::Retried || complete && tried_again(case, hop) {
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
    let end = hop.steps.last().filter(|end| !hop.failed() && !end.answered)?;
    // who handles a message is asked by nobody how it went: its last word counts, unless it is said for developers only
    let aside = case.run.store.event(end.event).level.is_some_and(|level| level < Level::Info);
    let alone = !aside && (hop.message || hop.parent.is_none());
    let says = case.told(end.event);
    if end.warned && recover::is_outcome(case, index, hop.steps.len() - 1) {
        return None;
    }
    if alone
        && !says.refuses
        && !says.notices
        && (says.breaks && (says.fails || end.warned) || says.fails && end.warned)
    {
        return Some(hop.steps.len() - 1);
    }
    let at = hop.steps.iter().rposition(|step| step.warned)?;
    let last = &hop.steps[at];
    let says = case.told(last.event);
    if last.answered || !(says.fails || says.breaks) || says.refuses && !says.breaks {
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

/// Whether a hop went on after its last failure. Where its service does not do all that is due, what it says may be about
/// another of several things that it does at once.
fn healed_itself(case: &Case<'_>, index: usize, complete: bool) -> bool {
    let hop = case.hop(index);
    let Some(at) = hop.steps.iter().rposition(|step| step.failed) else { return true };
    let (failure, after) = (&hop.steps[at], &hop.steps[at + 1..]);
    if failure.answered || after.iter().any(|step| step.answered) {
        return true;
    }
    if hop.steps[at..].iter().any(|step| case.told(step.event).gives_up) {
        return false;
    }
    // what other spans of the hop did meanwhile is no outcome of this one
    let own: Vec<&Step> =
        after.iter().filter(|step| !step.failed && on_one_line(case, step, failure)).collect();
    let compensated = hop.children.iter().map(|&child| case.hop(child as usize)).any(|child| {
        let known = case.usual.child(hop, child).is_some_and(|count| count.hops >= MIN_KNOWN);
        known && child.start >= failure.time && !child.failed()
    });
    // what goes on below it does not tell how it ended
    let last = own.iter().rfind(|step| is_above(case, step.span, failure.span, 0.0));
    let own_word = complete || last.is_some_and(|last| is_above(case, last.span, failure.span, MIN_SURE));
    if own_word && compensated && !own.is_empty() {
        return true;
    }
    let plain = !case.run.store.event(failure.event).is(flag::EXCEPTION);
    if plain && case.told(failure.event).refuses {
        return true;
    }
    let Some(last) = last else { return false };
    if case.usual.ends(last.kind) {
        return own_word && (plain || case.usual.lacking(hop).next().is_none());
    }
    // an outcome that only follows such failures
    let outcome = case.told(last.event);
    plain
        && !case.told(failure.event).breaks
        && !outcome.fails
        && !outcome.breaks
        && case.usual.mostly_ends(last.kind)
}

/// Whether a hop, or one that it was done for, answered after the failure that the request is at fault: who asked was told.
fn was_refused(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let failure = hop.steps.iter().rfind(|step| step.failed).map_or(hop.end, |step| step.time);
    let above = |&index: &usize| case.hop(index).parent.map(|above| above as usize);
    // a clock that tells whole seconds tells less than where its span was put
    let after = |step: &Step| step.time.max(case.trace.spans[step.span as usize].end.0) >= failure;
    let mut asked = std::iter::successors(Some(index), above).take(MAX_DEPTH);
    asked.any(|hop| case.hop(hop).steps.iter().any(|step| step.refused && after(step)))
}

/// Whether the span of one step is that of another one, above it or below it.
fn on_one_line(case: &Case<'_>, one: &Step, other: &Step) -> bool {
    is_above(case, other.span, one.span, 0.0) || is_above(case, one.span, other.span, 0.0)
}

/// Whether a span is another one, or above it by edges of at least this confidence.
fn is_above(case: &Case<'_>, above: u32, span: u32, least: f32) -> bool {
    let parent = |&span: &u32| {
        let span = &case.trace.spans[span as usize];
        span.parent.filter(|_| span.edge.as_ref().is_none_or(|edge| edge.confidence >= least))
    };
    std::iter::successors(Some(span), parent).take(MAX_DEPTH).any(|span| span == above)
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
            && (case.usual.lacking(caller).next().is_none() || after.iter().any(|step| step.answered))
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

/// The failure that a failure began with: that of a hop below, unless it came later, as far as the times tell.
fn first_below(case: &Case<'_>, mut first: (i64, usize)) -> (i64, usize) {
    loop {
        let (time, index) = first;
        let above = case.hop(index);
        let began = |&child: &u32| {
            let (hop, fate) = (case.hop(child as usize), case.fates[child as usize]);
            let failed = hop.steps.iter().find(|step| step.failed)?;
            // of times that are written coarsely the coarse part counts; who waits for what fails fails later
            let grain = case.run.grain(hop.service).max(case.run.grain(above.service)).max(1);
            let earlier = failed.time.div_euclid(grain) <= time.div_euclid(grain);
            let counts = matches!(fate, Fate::Broken | Fate::Retried)
                && (earlier
                    || !hop.message && hop.start < time && failed.time < above.end.saturating_add(grain));
            counts.then_some((failed.time, child as usize))
        };
        // causes come before effects, so this ends
        match above.children.iter().filter_map(began).min() {
            Some(below) => first = (below.0.min(time), below.1),
            None => return first,
        }
    }
}

/// Reports the failures of a transaction, by time, as what they are: the first one and what followed from it.
fn report_broken(case: &mut Case<'_>, broken: &[(i64, usize)]) {
    let (time, index) = first_below(case, broken[0]);
    let hop = case.hop(index);
    let Some(first) = hop.steps.iter().find(|step| step.failed).cloned() else { return };
    if report_overdue(case, index, &first) {
        return;
    }
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
