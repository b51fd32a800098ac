//! Hops that should have begun and did not.

use super::case::{Case, Fate, Found};
use super::words;
use crate::analyze::flow::{Hop, Rule, Step, Trigger};
use crate::model::{FindingKind, Level, Severity};
use crate::weave::words::Act;

/// What follows in fewer transactions than this share may also be left out for a reason.
const MIN_CERTAIN: f64 = 0.95;

/// Where a smaller share of the absences is real, none is certain.
pub(super) const MIN_REAL: f64 = 0.75;

/// Judges all that should have followed something.
pub(super) fn judge(case: &mut Case<'_>) {
    // what fails or is done twice upsets the numbers of all that follows
    if case.any_broken() || case.fates.contains(&Fate::Repeated) {
        return;
    }
    let usual = case.usual;
    let mut absent: Vec<Absent<'_>> = Vec::new();
    for rule in usual.rules.about(&case.steps) {
        if !case.lacks(rule) {
            continue;
        }
        // the hops that did what makes the effect begin: first those under which it is not seen
        let mut causes: Vec<(bool, usize, usize)> = Vec::new();
        for index in 0..case.shape.hops.len() {
            let hop = case.hop(index);
            let at = hop.steps.iter().position(|step| rule.triggers.iter().any(|it| it.step == step.kind));
            if let Some(at) = at {
                let seen = hop.children.iter().any(|&child| case.hop(child as usize).kind == rule.effect);
                causes.push((seen, index, at));
            }
        }
        causes.sort_unstable();
        let mut open = causes.iter().filter(|(_, index, at)| may_miss(case, *index, *at, rule));
        if let Some(&(_, index, at)) = open.next() {
            // of several effects the first ones are there: what is absent is due later than these
            let some = case.times(rule.effect) > 0;
            let due = case.hop(index).steps[at].time.saturating_add(rule.delays.at(0.5));
            let due = (some && rule.number > 1, due);
            absent.push(Absent { due, rule, index, at });
        }
    }
    // what is absent first is why the rest is: whatever needs several things lacks one of them
    absent.sort_by_key(|absent| absent.due);
    // what is due after something broke off follows from that
    let stuck = (0..case.shape.hops.len()).filter(|&hop| case.fates[hop] == Fate::Stuck);
    let told = |hop: &usize| {
        let span = case.shape.hops[*hop].steps.last().map(|last| case.trace.spans[last.span as usize].id);
        case.findings.iter().any(|finding| finding.kind == FindingKind::Stuck && finding.span == span)
    };
    let stuck = stuck.filter(told).filter_map(|hop| Some(case.hop(hop).steps.last()?.time)).min();
    let mut told: Vec<&Rule> = Vec::new();
    for Absent { rule, index, at, due: (_, due) } in absent {
        if told.iter().any(|cause| usual.rules.follows(rule, cause)) {
            continue;
        }
        let time = case.hop(index).steps[at].time;
        if stuck.is_some_and(|since| due >= since) {
            continue;
        }
        if cut(case, time, rule) {
            case.truncated = true;
            continue;
        }
        if report_before(case, rule, index, at) {
            told.push(rule);
            continue;
        }
        let instead = instead(case, rule, time);
        if report(case, index, at, rule, instead) > Severity::Info {
            told.push(rule);
        }
    }
}

/// Whether an effect follows often enough for its absence to matter. What a message sets off is hardly left out for a reason
/// once it was sent: then the transaction itself is not counted as one that lacks it.
fn is_certain(case: &Case<'_>, rule: &Rule) -> bool {
    let is_sent = case.usual.by_message(rule.effect) && rule.triggers.iter().all(Trigger::is_cause);
    let itself = u32::from(case.is_whole() && is_sent);
    rule.delivery || f64::from(rule.right + itself) >= f64::from(rule.peers) * MIN_CERTAIN
}

/// An effect that is absent.
struct Absent<'r> {
    /// When it should have begun, in nanoseconds; what is there in part comes last.
    due: (bool, i64),
    rule: &'r Rule,
    /// The hop and the step after which it should have.
    index: usize,
    at: usize,
}

/// Whether nothing else explains that an effect is absent.
fn may_miss(case: &Case<'_>, index: usize, at: usize, rule: &Rule) -> bool {
    let hop = case.hop(index);
    let fate = case.fates[index];
    if rule.delivery
        && hop.children.iter().any(|&child| arrived(case, hop, at, case.hop(child as usize), rule))
    {
        return false;
    }
    let act =
        rule.triggers.iter().find(|trigger| trigger.step == hop.steps[at].kind).map(|trigger| trigger.act);
    fate != Fate::Broken && (fate != Fate::Stuck || matches!(act, Some(Act::Send | Act::Call)))
}

/// Whether a hop is what a step sent, but logged something else first than such hops do.
fn arrived(case: &Case<'_>, hop: &Hop, at: usize, child: &Hop, rule: &Rule) -> bool {
    let often = case.usual.child(hop, child).map_or(0, |count| count.hops);
    child.service == rule.example.service
        && child.cause == Some(hop.steps[at].span)
        && child.kind != rule.effect
        && often * 2 < case.usual.kind(hop).hops
}

/// Whether the logs end before the effect could begin.
fn cut(case: &Case<'_>, time: i64, rule: &Rule) -> bool {
    let effect = rule.example.service;
    time.saturating_add(rule.delays.at(0.99)) >= case.run.window_of(effect).1
}

/// What the service of an absent effect logged in its place: a warning in a hop of its own.
fn instead(case: &Case<'_>, rule: &Rule, after: i64) -> Option<Step> {
    let service = rule.example.service;
    let hops = case.shape.hops.iter().filter(|hop| hop.service == service && hop.start >= after);
    let warned = |hop: &Hop| {
        let last = hop.steps.last()?;
        let event = case.run.store.event(last.event);
        (event.level >= Some(Level::Warn) && case.told(last.event).fails).then(|| last.clone())
    };
    hops.filter_map(warned).find(|step| case.usual.rare(step.kind))
}

/// Reports that the service that usually does something right before an absent effect did not, or stopped there, as it lacks
/// more than that: then it is the fault.
fn report_before(case: &mut Case<'_>, rule: &Rule, index: usize, at: usize) -> bool {
    let (store, usual) = (case.run.store, case.usual);
    let of = |step: u64| usual.step(step).map(|count| count.example.service);
    let hop = case.hop(index);
    let step = hop.steps[at].clone();
    let Some((service, before)) = usual.along.right_before(rule.effect, of) else { return false };
    if service == hop.service || service == rule.example.service {
        return false;
    }
    // of what is usual after the step it must lack something itself
    let mut usually = usual.along.usual(step.kind).filter(|(it, _)| of(*it) == Some(service));
    if case.times(step.kind) != 1 || !usually.any(|(it, number)| case.times(it) < number) {
        return false;
    }
    let name = store.symbols.text(service);
    let own = case.shape.hops.iter().filter(|hop| hop.service == service).flat_map(|hop| &hop.steps);
    let reached = own.filter(|it| before.contains(&it.kind)).max_by_key(|it| (it.time, it.kind)).cloned();
    let lost = before.iter().find(|it| case.times(**it) == 0).and_then(|it| usual.step(*it));
    let follows = words::told(store, &rule.example);
    let (kind, span, evidence, summary) = match (reached, lost) {
        (Some(last), _) if last.time >= step.time => {
            let summary =
                format!("{name} stopped after {}; {follows} usually follows", case.says(last.event));
            (FindingKind::Stuck, last.span, vec![step.event, last.event], summary)
        }
        (_, Some(count)) => {
            let summary = format!(
                "{name} never logged {} after {} of {}; {follows} usually follows",
                words::told(store, &count.example),
                case.says(step.event),
                case.service(hop),
            );
            (FindingKind::MissingStep, step.span, vec![step.event], summary)
        }
        _ => return false,
    };
    let (right, peers) = (f64::from(rule.right), f64::from(rule.peers));
    if case.real_by(rule) < MIN_REAL || !is_certain(case, rule) {
        return false;
    }
    let group = (rule.effect, step.kind);
    case.find(
        index,
        Found {
            kind,
            severity: Severity::Warning,
            span: Some(span),
            service: Some(service),
            summary,
            confidence: case.real_by(rule) * right / (peers + 2.0),
            evidence,
            group,
        },
    );
    true
}

fn report(case: &mut Case<'_>, index: usize, at: usize, rule: &Rule, instead: Option<Step>) -> Severity {
    let hop = case.hop(index);
    let step = hop.steps[at].clone();
    let store = case.run.store;
    let mut service = rule.example.service;
    let absence = case.absence(rule, step.event, hop);
    let summary = format!("{absence}; it did in {} of {} such transactions", rule.right, rule.peers);
    // who left out what it always does itself did not come to what the effect follows from
    let before =
        |it: u64| case.usual.along.after(step.kind, it).is_none_or(|after| after <= rule.delays.at(0.5));
    let lost = case.usual.lacking(hop).find(|it| case.times(*it) == 0 && before(*it));
    let lost = lost.filter(|_| !rule.delivery);
    let lost = lost.and_then(|it| case.usual.step(it)).map(|count| count.example);
    let (kind, summary) = match (&instead, &lost) {
        (_, Some(lost)) => {
            service = hop.service;
            let follows = words::told(store, &rule.example);
            let lost = words::told(store, lost);
            (
                FindingKind::Stuck,
                format!("{} never came to {lost}; {follows} usually follows", case.service(hop)),
            )
        }
        (Some(warned), _) => {
            let summary = format!(
                "{} gave up with {} after {} of {}",
                store.symbols.text(service),
                case.says(warned.event),
                case.says(step.event),
                case.service(hop)
            );
            (FindingKind::Error, summary)
        }
        _ => (FindingKind::MissingStep, summary),
    };
    let (right, peers) = (f64::from(rule.right), f64::from(rule.peers));
    let real = case.real_by(rule);
    let severity =
        if real >= MIN_REAL && is_certain(case, rule) { Severity::Warning } else { Severity::Info };
    case.find(
        index,
        Found {
            kind,
            severity,
            span: Some(step.span),
            service: Some(service),
            summary,
            confidence: real * right / (peers + 2.0),
            evidence: std::iter::once(step.event).chain(instead.map(|warned| warned.event)).collect(),
            group: (rule.effect, step.kind),
        },
    );
    severity
}

#[cfg(test)]
mod tests {
    use crate::analyze::made::{Does, Made};
    use crate::model::Level::Info;
    use crate::model::{FindingKind, Severity};

    /// What is found where one of so many things that were due did not follow.
    fn found(peers: usize, message: bool) -> Vec<(FindingKind, Severity)> {
        const OTHER: Does<'_> = ("shop", None, false, &[(0, Info, "cart shown")]);
        let due: Does<'_> =
            ("desk", None, false, &[(0, Info, "device back"), (5, Info, "late, so it costs")]);
        let taken: Does<'_> =
            ("payer", Some(0), message, &[(9, Info, "charge wanted"), (30, Info, "charged")]);
        let mut made = Made::new();
        (0..40).for_each(|_| made.add(&[OTHER]));
        (1..peers).for_each(|_| made.add(&[due, taken]));
        made.add(&[due]);
        let found = made.by_trace_ids().of_the_last().into_iter();
        found.map(|(kind, severity, ..)| (kind, severity)).collect()
    }

    #[test]
    fn of_few_that_were_sent_a_message_one_may_lack_it() {
        assert_eq!(found(12, true), [(FindingKind::MissingStep, Severity::Warning)]);
        // a call may be left out for a reason
        assert_eq!(found(12, false), [(FindingKind::MissingStep, Severity::Info)]);
        assert_eq!(found(40, false), [(FindingKind::MissingStep, Severity::Warning)]);
    }
}
