//! Steps that took far longer than the same step in other transactions.

use super::case::{Case, Fate, Found};
use crate::analyze::flow::{Tally, gaps};
use crate::model::{FindingKind, Severity};

/// Fewer durations than this make no usual one.
const MIN_KNOWN: u64 = 12;
/// What is shorter than this is never far off, in nanoseconds.
const GRAIN: f64 = 1e6;
/// How far beyond the middle half of all durations, in widths of that half, on a logarithmic scale.
const FAR: f64 = 3.0;
/// The least width of the middle half, on a logarithmic scale.
const MIN_WIDTH: f64 = 0.4;
/// What is not longer by this, in nanoseconds, disturbs nobody.
const MIN_EXCESS: f64 = 200e6;

/// A stretch of time that a hop spent itself, far longer than usual.
struct Stretch {
    hop: usize,
    /// The step at its end.
    at: usize,
    from: i64,
    to: i64,
    nanos: i64,
    usual: i64,
}

/// Judges the time that each hop spent itself.
pub(super) fn judge(case: &mut Case<'_>) {
    let mut found: Vec<Stretch> = Vec::new();
    for index in 0..case.shape.hops.len() {
        if !matches!(case.fates[index], Fate::Broken | Fate::Retried | Fate::Stuck) {
            found.extend(slowest(case, index));
        }
    }
    found.sort_by_key(|it| (it.to - it.from, it.from, it.hop));
    // whoever waits for what is slow is slow too: of stretches that hold one another the inner one is the cause
    let mut causes: Vec<Stretch> = Vec::new();
    for stretch in found {
        let holds = |inner: &Stretch| {
            let common = stretch.to.min(inner.to) - stretch.from.max(inner.from);
            inner.hop != stretch.hop && common * 2 >= stretch.nanos - stretch.usual
        };
        if !causes.iter().any(holds) {
            causes.push(stretch);
        }
    }
    for stretch in causes {
        report(case, &stretch);
    }
}

/// The stretch of a hop that exceeds the usual most.
fn slowest(case: &Case<'_>, index: usize) -> Option<Stretch> {
    let hop = case.hop(index);
    let grain = case.run.grain(hop.service);
    let first = usize::from(hop.steps.first().is_none_or(|step| step.took.is_none()));
    let gaps = gaps(&case.shape, hop).into_iter().enumerate();
    let stretches = gaps.filter_map(|(at, (before, after, nanos))| {
        let at = at + first;
        let mut tally = case.usual.gap(hop, before, after);
        if tally.is_none_or(|tally| tally.count() < MIN_KNOWN) {
            // a rare step: then nothing that usually follows took as long
            let next = case.usual.next(hop, before)?;
            tally = case.usual.gap(hop, before, next);
        }
        let usual = far_off(tally?, nanos - grain)?;
        let to = hop.steps[at].time;
        let from = at.checked_sub(1).map_or(to - nanos, |before| hop.steps[before].time);
        Some(Stretch { hop: index, at, from, to, nanos, usual })
    });
    stretches.max_by_key(|it| (it.nanos - it.usual, std::cmp::Reverse(it.at)))
}

/// The usual duration, if one is far beyond it.
fn far_off(tally: &Tally, nanos: i64) -> Option<i64> {
    if tally.count() < MIN_KNOWN || (nanos as f64) < MIN_EXCESS {
        return None;
    }
    let log = |nanos: i64| (nanos as f64 + GRAIN).ln();
    let (low, high) = (log(tally.at(0.25)), log(tally.at(0.75)));
    let usual = tally.at(0.5);
    let far = log(nanos) > high + FAR * (high - low).max(MIN_WIDTH);
    (far && (nanos - usual) as f64 >= MIN_EXCESS).then_some(usual)
}

fn report(case: &mut Case<'_>, stretch: &Stretch) {
    let (index, at) = (stretch.hop, stretch.at);
    let (nanos, usual) = (stretch.nanos, stretch.usual);
    let times = (nanos as f64 + GRAIN) / (usual as f64 + GRAIN);
    let hop = case.hop(index);
    let Some(step) = hop.steps.get(at).cloned() else { return };
    let before = at.checked_sub(1).map(|before| hop.steps[before].clone());
    let (service, says) = (case.service(hop), case.says(step.event));
    let after = before.as_ref().map_or(String::new(), |before| format!(" after {}", case.says(before.event)));
    let seconds = |nanos: i64| format!("{:.3} s", nanos as f64 / 1e9);
    let summary = format!(
        "{service} took {} to {says}{after}, {times:.0} times the usual {}",
        seconds(nanos),
        seconds(usual)
    );
    let group = (hop.kind, step.kind);
    let evidence = before.map(|before| before.event).into_iter().chain([step.event]).collect();
    case.find(index, Found {
        kind: FindingKind::Slow,
        severity: Severity::Warning,
        span: Some(step.span),
        service: None,
        summary,
        confidence: 0.9,
        evidence,
        group,
    });
}
