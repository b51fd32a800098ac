//! Hops that should have begun and did not.

use super::case::{Case, Fate, Found};
use crate::analyze::flow::Rule;
use crate::model::{FindingKind, Severity};
use crate::weave::words::Act;

/// Judges all that should have followed something.
pub(super) fn judge(case: &mut Case<'_>) {
    let usual = case.usual;
    for rule in &usual.rules {
        let absent = case.absent(rule);
        if absent == 0 {
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
        let open = causes.iter().filter(|(_, index, at)| may_miss(case, *index, *at, rule));
        let Some(&(_, index, at)) = open.clone().next() else { continue };
        if cut(case, index, rule) {
            case.truncated = true;
            continue;
        }
        report(case, index, at, rule);
    }
}

/// Whether nothing else explains that an effect is absent.
fn may_miss(case: &Case<'_>, index: usize, at: usize, rule: &Rule) -> bool {
    let hop = case.hop(index);
    let fate = case.fates[index];
    let act = rule.triggers.iter().find(|trigger| trigger.step == hop.steps[at].kind).map(|trigger| trigger.act);
    if fate == Fate::Broken || fate == Fate::Stuck && !matches!(act, Some(Act::Send | Act::Call)) {
        return false;
    }
    !hop.steps.iter().any(|step| case.usual.excludes(hop, step.kind, rule.effect))
}

/// Whether the logs end before the effect could begin.
fn cut(case: &Case<'_>, index: usize, rule: &Rule) -> bool {
    let effect = case.run.store.event(rule.example).service;
    case.hop(index).start.saturating_add(rule.late) >= case.run.window_of(effect).1
}

fn report(case: &mut Case<'_>, index: usize, at: usize, rule: &Rule) {
    let hop = case.hop(index);
    let step = hop.steps[at].clone();
    let store = case.run.store;
    let service = store.event(rule.example).service;
    let summary = format!(
        "{} never logged {} after {} of {}; it did in {} of {} such transactions",
        store.symbols.text(service),
        case.says(rule.example),
        case.says(step.event),
        case.service(hop),
        rule.right,
        rule.peers,
    );
    let (right, peers) = (f64::from(rule.right), f64::from(rule.peers));
    case.find(index, Found {
        kind: FindingKind::MissingStep,
        severity: Severity::Warning,
        span: Some(step.span),
        service: Some(service),
        summary,
        confidence: right / (peers + 2.0),
        evidence: vec![step.event],
        group: (rule.effect, step.kind),
    });
}
