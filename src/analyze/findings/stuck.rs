//! Hops that began and never went on: they end where hops of their kind do not end.

use super::case::{Case, Fate, Found};
use super::missing::MIN_REAL;
use super::words;
use crate::analyze::flow::{Hop, MIN_PEERS, Step, StepCount};
use crate::model::{FindingKind, Level, Severity};
use crate::weave::words::Act;

/// A step is an unusual end where at most this share of the hops with it end with it.
const MAX_END: f64 = 0.08;

/// Something follows each step of a kind where it is there at least this share as often.
const MIN_EACH: f64 = 0.95;

/// Marks all hops in which nothing failed that end where hops of their kind do not end.
pub(super) fn mark(case: &mut Case<'_>) {
    for index in 0..case.shape.hops.len() {
        if !case.hop(index).failed() && unfinished(case, index).is_some() {
            case.fates[index] = Fate::Stuck;
        }
    }
}

/// Judges the marked hops that no failure explains, effects before causes.
pub(super) fn judge(case: &mut Case<'_>) {
    let broken = case.any_broken();
    for index in (0..case.shape.hops.len()).rev() {
        if case.fates[index] != Fate::Stuck {
            continue;
        }
        let Some(share) = unfinished(case, index) else { continue };
        let hop = case.hop(index);
        let last = hop.steps[hop.steps.len() - 1].clone();
        if cut(case, index) {
            case.truncated = true;
            continue;
        }
        let hop = case.hop(index);
        let below = |fate: Fate| hop.children.iter().any(|&child| case.fates[child as usize] == fate);
        if broken || below(Fate::Stuck) || waits_for_absent(case, hop, last.kind) {
            continue;
        }
        let record = case.run.store.event(last.event);
        let warned = record.level >= Some(Level::Warn);
        if warned && !case.told(last.event).fails {
            // a refusal is an outcome
            continue;
        }
        let (service, says) = (case.service(hop), case.says(last.event));
        let peers = case.usual.step(last.kind).map_or(0, |count| count.hops);
        let (kind, summary) = if warned {
            (FindingKind::Error, format!("{service} gave up after {says}"))
        } else {
            let next = case.usual.next(last.kind).and_then(|(_, next)| case.usual.step(next));
            let usually = next.map_or(String::new(), |next| {
                format!("; {} usually follows", words::told(case.run.store, &next.example))
            });
            (FindingKind::Stuck, format!("{service} stopped after {says}{usually}"))
        };
        let group = (0, last.kind);
        case.find(
            index,
            Found {
                kind,
                severity: Severity::Warning,
                span: Some(last.span),
                service: None,
                summary,
                confidence: (1.0 - share) * f64::from(peers) / f64::from(peers + 2),
                evidence: vec![last.event],
                group,
            },
        );
    }
}

/// The share of hops that end where this one ends, if that is no usual end.
fn unfinished(case: &Case<'_>, index: usize) -> Option<f64> {
    let hop = case.hop(index);
    let last = hop.steps.last()?;
    let count = case.usual.step(last.kind)?;
    if count.hops < MIN_PEERS {
        return None;
    }
    let share_of = |count: &StepCount| f64::from(count.last) / f64::from(count.hops);
    let share = share_of(count);
    let alike = case.usual.step_of(hop, last.kind).filter(|count| count.hops >= MIN_PEERS);
    let here = case.usual.ends_in(case.hop(0).kind, last.kind);
    if here.is_some_and(|share| share > MAX_END) {
        return None;
    }
    if share > MAX_END
        || alike.is_some_and(|count| share_of(count) > MAX_END)
        || !case.usual.goes_on(last.kind)
    {
        return None;
    }
    // what usually follows may have been folded into another hop
    let times = case.times(last.kind);
    let nexts: u32 = case.usual.followed(last.kind).1.map(|(_, next)| case.times(next)).sum();
    // one thing may follow several
    let fewer = case.usual.is_followed_less(last.kind, MIN_EACH);
    // where what follows also begins hops, it was torn off
    if case.usual.torn_after(last.kind) > count.last / 2 {
        return None;
    }
    if let Some((_, next)) = case.usual.next(last.kind)
        && (case.usual.real(next, count.last, 0) < MIN_REAL
            || case.has_happened(next)
            || case.usual.leads_elsewhere(&case.steps, last.time, next))
    {
        return None;
    }
    let lacks = if fewer { nexts == 0 } else { nexts < times };
    (lacks && lacks_what_follows(case, hop, last)).then_some(share)
}

/// Whether most of what follows a step elsewhere is neither there before it, as where several things go on at once, nor in a
/// hop of its own soon after.
fn lacks_what_follows(case: &Case<'_>, hop: &Hop, last: &Step) -> bool {
    let lacking = |step: u64| {
        let soon =
            case.usual.gap(last.kind, step).map_or(0, |gap| gap.at(0.99)) + case.run.grain(hop.service);
        let follows = |other: &Hop| {
            let near = |it: &Step| it.kind == step && (0..=soon).contains(&(it.time - last.time));
            other.service == hop.service
                && other.steps.iter().any(near)
                && !other.steps.iter().any(|it| it.kind == last.kind)
        };
        !hop.steps.iter().any(|it| it.kind == step) && !case.shape.hops.iter().any(follows)
    };
    let (all, often) = case.usual.followed(last.kind);
    let lacks: u32 = often.filter(|(_, step)| lacking(*step)).map(|(times, _)| times).sum();
    lacks * 2 >= all
}

/// Whether the logs end before the hop could go on.
fn cut(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let Some(last) = hop.steps.last() else { return false };
    let Some((_, next)) = case.usual.next(last.kind) else { return false };
    let usual = case.usual.gap(last.kind, next).map_or(0, |gap| gap.at(0.99));
    last.time.saturating_add(usual) >= case.run.window_of(hop.service).1
}

/// Whether a hop ended with a call or message whose effect is absent: then that is the fault.
fn waits_for_absent(case: &Case<'_>, hop: &Hop, last: u64) -> bool {
    case.usual.rules.triggered_by(last).any(|rule| {
        let trigger = rule.triggers.iter().find(|trigger| trigger.step == last);
        // what another service does sooner than this one goes on is what it waits for
        let sooner = || {
            let next = case.usual.next(last).and_then(|(_, next)| case.usual.gap(last, next));
            rule.example.service != hop.service
                && next.is_some_and(|gap| rule.delays.count() > 0 && rule.delays.at(0.5) <= gap.at(0.5))
        };
        trigger.is_some_and(|trigger| matches!(trigger.act, Act::Send | Act::Call) || sooner())
            && case.absent(rule) > 0
            && !hop.children.iter().any(|&child| case.hop(child as usize).kind == rule.effect)
    })
}
