//! Hops that should have begun and did not.

use super::case::{Case, Fate, Found};
use super::words::{self, fails};
use crate::analyze::flow::{Hop, Rule, Step};
use crate::model::{FindingKind, Level, Severity};
use crate::weave::words::Act;

/// What follows in fewer transactions than this share may also be left out for a reason.
const MIN_CERTAIN: f64 = 0.95;

/// Steps before an absent effect that are absent as well, one before the other.
const MAX_STEPS_BACK: usize = 4;

/// Judges all that should have followed something.
pub(super) fn judge(case: &mut Case<'_>) {
    // what fails or is done twice upsets the numbers of all that follows
    if case.any_broken() || case.fates.contains(&Fate::Repeated) {
        return;
    }
    let usual = case.usual;
    let mut absent: Vec<Absent<'_>> = Vec::new();
    for rule in usual.rules.about(&case.steps) {
        let again = rule.was_tried_again(&case.steps, |step| usual.once(step));
        if case.absent(rule) == 0 || again || case.explained(rule).is_some() {
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
    let mut told: Vec<&Rule> = Vec::new();
    for Absent { rule, index, at, .. } in absent {
        if told.iter().any(|cause| usual.rules.follows(rule, cause)) {
            continue;
        }
        let time = case.hop(index).steps[at].time;
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
        let failed = fails(case.run.store.symbols.text(event.template));
        (event.level >= Some(Level::Warn) && failed).then(|| last.clone())
    };
    hops.filter_map(warned).find(|step| case.usual.rare(step.kind))
}

/// Reports that what is usually right before an absent effect, in another service, is absent as well, or that its service
/// stopped there: then that is the fault.
fn report_before(case: &mut Case<'_>, rule: &Rule, index: usize, at: usize) -> bool {
    let (store, usual) = (case.run.store, case.usual);
    let service = |step: u64| usual.step(step).map(|count| count.example.service);
    let mut effect = rule.effect;
    let mut found = None;
    for _ in 0..MAX_STEPS_BACK {
        let own = service(effect);
        let before = usual.along.right_before(effect, |step| service(step).is_some_and(|it| Some(it) != own));
        let Some(before) = before.filter(|step| !rule.triggers.iter().any(|it| it.step == *step)) else { break };
        if case.times(before) > 0 {
            break;
        }
        found = Some(before);
        effect = before;
    }
    let Some(count) = found.and_then(|step| usual.step(step)) else { return false };
    let hop = case.hop(index);
    let step = hop.steps[at].clone();
    let service = count.example.service;
    let summary = format!(
        "{} never logged {} after {} of {}; {} usually follows",
        store.symbols.text(service),
        words::told(store, &count.example),
        case.says(step.event),
        case.service(hop),
        words::told(store, &rule.example),
    );
    let (right, peers) = (f64::from(rule.right), f64::from(rule.peers));
    if !rule.delivery && right < peers * MIN_CERTAIN {
        return false;
    }
    let group = (effect, step.kind);
    case.find(
        index,
        Found {
            kind: FindingKind::MissingStep,
            severity: Severity::Warning,
            span: Some(step.span),
            service: Some(service),
            summary,
            confidence: right / (peers + 2.0),
            evidence: vec![step.event],
            group,
        },
    );
    true
}

fn report(case: &mut Case<'_>, index: usize, at: usize, rule: &Rule, instead: Option<Step>) -> Severity {
    let hop = case.hop(index);
    let step = hop.steps[at].clone();
    let store = case.run.store;
    let service = rule.example.service;
    let absence = case.absence(rule, step.event, hop);
    let summary = format!("{absence}; it did in {} of {} such transactions", rule.right, rule.peers);
    let (kind, summary) = match &instead {
        Some(warned) => {
            let summary = format!(
                "{} gave up with {} after {} of {}",
                store.symbols.text(service),
                case.says(warned.event),
                case.says(step.event),
                case.service(hop)
            );
            (FindingKind::Error, summary)
        }
        None => (FindingKind::MissingStep, summary),
    };
    let (right, peers) = (f64::from(rule.right), f64::from(rule.peers));
    let severity =
        if rule.delivery || right >= peers * MIN_CERTAIN { Severity::Warning } else { Severity::Info };
    case.find(
        index,
        Found {
            kind,
            severity,
            span: Some(step.span),
            service: Some(service),
            summary,
            confidence: right / (peers + 2.0),
            evidence: std::iter::once(step.event).chain(instead.map(|warned| warned.event)).collect(),
            group: (rule.effect, step.kind),
        },
    );
    severity
}
