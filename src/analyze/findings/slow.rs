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

/// Judges the time that each hop spent itself.
pub(super) fn judge(case: &mut Case<'_>) {
    for index in 0..case.shape.hops.len() {
        if !matches!(case.fates[index], Fate::Fine | Fate::Repeated) {
            continue;
        }
        let hop = case.hop(index);
        let mut worst: Option<(f64, usize, i64, i64)> = None;
        let first = usize::from(hop.steps.first().is_none_or(|step| step.took.is_none()));
        for (at, (before, after, nanos)) in gaps(&case.shape, hop).into_iter().enumerate() {
            let Some(tally) = case.usual.gap(hop, before, after) else { continue };
            let Some(times) = far_off(tally, nanos) else { continue };
            if worst.is_none_or(|(most, ..)| times > most) {
                worst = Some((times, at + first, nanos, tally.at(0.5)));
            }
        }
        if let Some((times, at, nanos, usual)) = worst {
            report(case, index, at, times, nanos, usual);
        }
    }
}

/// How many times as long as usual, if that is far off.
fn far_off(tally: &Tally, nanos: i64) -> Option<f64> {
    if tally.count() < MIN_KNOWN || (nanos as f64) < MIN_EXCESS {
        return None;
    }
    let log = |nanos: i64| (nanos as f64 + GRAIN).ln();
    let (low, high) = (log(tally.at(0.25)), log(tally.at(0.75)));
    let usual = tally.at(0.5);
    let far = log(nanos) > high + FAR * (high - low).max(MIN_WIDTH);
    let times = (nanos as f64 + GRAIN) / (usual as f64 + GRAIN);
    (far && (nanos - usual) as f64 >= MIN_EXCESS).then_some(times)
}

fn report(case: &mut Case<'_>, index: usize, at: usize, times: f64, nanos: i64, usual: i64) {
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
