//! Who is at fault where something failed: not who says so, but who was silent.

use super::case::{Case, Fate, Found};
use super::recover::is_lost;
use super::words::{self, names, waits_in_vain};
use crate::analyze::flow::{ChildCount, Hop, Rule, Step};
use crate::model::{EventId, FindingKind, Severity};
use crate::weave::words::Act;

/// What takes longer than this share of all comes no more.
const LATEST: f64 = 0.99;
/// Whoever nearly all hops of a kind need answers them.
const MIN_NEEDED: f64 = 0.6;

/// The hop at which a failure began without a word: one that was caused by a hop that failed, and ended where such hops do
/// not end before the failure.
pub(super) fn silent_cause(case: &Case<'_>, index: usize, failure: i64) -> Option<usize> {
    let mut below: Vec<u32> = case.hop(index).children.clone();
    let mut found: Option<(i64, usize)> = None;
    while let Some(child) = below.pop() {
        let child = child as usize;
        let hop = case.hop(child);
        below.extend(&hop.children);
        let Some(last) = hop.steps.last() else { continue };
        // who sent what failed elsewhere did its part
        let sent = case.run.act(&case.run.store.sample(last.event)) == Act::Send;
        let handed_over = || {
            let mut rules = case.usual.rules.triggered_by(last.kind);
            rules.any(|rule| rule.example.service == case.hop(index).service)
        };
        if case.fates[child] == Fate::Stuck && last.time <= failure && !sent && !handed_over() {
            found = found.max(Some((last.time, child)));
        }
    }
    found.map(|(_, child)| child)
}

/// The hop of another service that a failure speaks of, if that began before and came to no usual end.
pub(super) fn named_cause(case: &Case<'_>, index: usize, failure: &Step) -> Option<usize> {
    let store = case.run.store;
    let template = store.symbols.text(store.event(failure.event).template);
    let own = case.hop(index).service;
    let before = |other: &usize| {
        let hop = case.hop(*other);
        hop.service != own
            && hop.start <= failure.time
            && names(template, store.symbols.text(hop.service))
            && !hop.steps.last().is_some_and(|last| {
                case.usual.ends(last.kind) || case.run.act(&store.sample(last.event)) == Act::Send
            })
    };
    (0..case.shape.hops.len()).filter(before).max_by_key(|&other| (case.hop(other).start, other))
}

/// Reports that a hop failed because what it sent was never taken up: then that is the fault.
pub(super) fn report_unanswered(case: &mut Case<'_>, index: usize, failure: &Step) -> bool {
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
    let Some((rule, sent)) = lost else {
        // a failure itself may speak of what it waited for within
        return told.event != failure.event && report_silent(case, index, told.event, failure);
    };
    let absence = case.absence(rule, sent.event, hop);
    let summary = format!("{absence}, which failed with {}", case.says(failure.event));
    let evidence = vec![sent.event, told.event, failure.event];
    case.find(index, absent(rule, sent, severity(hop), summary, evidence));
    true
}

/// Reports that a hop failed after what others were asked for had not come for longer than it ever takes: then that is the
/// fault.
pub(super) fn report_overdue(case: &mut Case<'_>, index: usize, failure: &Step) -> bool {
    let own = case.hop(index).service;
    let lost = |rule: &&Rule| {
        let mut asked = rule.triggers.iter().filter(|trigger| case.times(trigger.step) > 0);
        rule.example.service != own
            && asked.any(|trigger| matches!(trigger.act, Act::Send | Act::Call))
            && is_lost(case, rule)
    };
    let due = |rule: &Rule| {
        let asked = rule.triggers.iter().filter_map(|trigger| case.steps.first(trigger.step));
        let asked = asked.max_by_key(|place| (place.time, place.hop, place.step))?;
        let due = asked.time.saturating_add(rule.delays.at(LATEST));
        (due < failure.time).then_some((due, asked))
    };
    let lost = case.usual.rules.about(&case.steps).filter(lost);
    let lost = lost.filter_map(|rule| Some((due(rule)?, rule)));
    let Some(((_, asked), rule)) = lost.min_by_key(|((due, _), rule)| (*due, rule.effect)) else {
        return false;
    };
    let (asking, at) = (case.hop(asked.hop as usize), asked.hop as usize);
    let sent = &asking.steps[asked.step as usize];
    let absence = case.absence(rule, sent.event, asking);
    let (failed, says) = (case.service(case.hop(index)), case.says(failure.event));
    let summary = format!("{absence}, and {failed} failed with {says}");
    let evidence = vec![sent.event, failure.event];
    case.find(at, absent(rule, sent, severity(case.hop(index)), summary, evidence));
    true
}

/// That the effect of something that was sent is absent.
fn absent(rule: &Rule, sent: &Step, severity: Severity, summary: String, evidence: Vec<EventId>) -> Found {
    Found {
        kind: FindingKind::MissingStep,
        severity,
        span: Some(sent.span),
        service: Some(rule.example.service),
        summary,
        confidence: f64::from(rule.right) / (f64::from(rule.peers) + 2.0),
        evidence,
        group: (rule.effect, sent.kind),
    }
}

/// Where nothing caused the hop that failed, the whole transaction did.
fn severity(hop: &Hop) -> Severity {
    if hop.parent.is_none() { Severity::Critical } else { Severity::Warning }
}

/// Reports that a hop failed because nobody took up what it asked for, though its own records do not tell what that was:
/// the hop below it that such hops have, and that this transaction lacks.
fn report_silent(case: &mut Case<'_>, index: usize, told: EventId, failure: &Step) -> bool {
    let Some(silent) = silent_callee(case, index, told) else { return false };
    let (store, hop) = (case.run.store, case.hop(index));
    let service = silent.example.service;
    let summary = format!(
        "{} never logged {}, and {} failed with {}",
        store.symbols.text(service),
        words::told(store, &silent.example),
        case.service(hop),
        case.says(failure.event)
    );
    let all = case.usual.kind(hop).hops;
    let found = Found {
        kind: FindingKind::MissingStep,
        severity: severity(hop),
        span: Some(failure.span),
        service: Some(service),
        summary,
        confidence: f64::from(silent.hops) / f64::from(all + 2),
        evidence: vec![told, failure.event],
        group: (silent.example.template.0, hop.kind),
    };
    case.find(index, found);
    true
}

/// What hops like one usually cause and this transaction has nowhere: what a record names, or the only such thing.
fn silent_callee(case: &Case<'_>, index: usize, told: EventId) -> Option<ChildCount> {
    let (store, hop) = (case.run.store, case.hop(index));
    let says = store.symbols.text(store.event(told).template);
    let needed = f64::from(case.usual.kind(hop).whole) * MIN_NEEDED;
    let mut absent: Vec<(bool, &ChildCount)> = case
        .usual
        .children(hop)
        .filter(|(kind, count)| f64::from(count.hops) >= needed && case.times(*kind) == 0)
        .filter(|(_, count)| count.example.service != hop.service)
        .map(|(_, count)| {
            let (topic, service) = (store.symbols.text(count.example.topic), count.example.service);
            let named = !topic.is_empty() && says.contains(topic) || names(says, store.symbols.text(service));
            (named, count)
        })
        .collect();
    absent.sort_by_key(|(named, count)| (std::cmp::Reverse((*named, count.hops)), count.example));
    let (named, first) = absent.first()?;
    (*named || absent.len() == 1).then(|| (*first).clone())
}
