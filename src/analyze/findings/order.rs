//! Steps in an order that such transactions do not have: a step came after another one that elsewhere always comes after it.

use super::case::{Case, Fate, Found};
use crate::analyze::flow::pairs;
use crate::model::{FindingKind, Severity};

/// An order is known where it was seen so often,
const MIN_SEEN: u32 = 50;
/// and the other one once, or at most in this share of all.
const MAX_OTHER: f64 = 0.01;
/// What comes closer together than this, in nanoseconds, may have been written in another order than it happened.
const MIN_APART: i64 = 1_000_000;

/// Judges the order of what services did for a transaction.
pub(super) fn judge(case: &mut Case<'_>) {
    // what failed or is done again comes later for a reason
    if case.fates.iter().any(|fate| !matches!(fate, Fate::Fine)) {
        return;
    }
    let mut told: Vec<usize> = Vec::new();
    for (first, second) in pairs(&case.shape) {
        let (one, other) = (case.hop(first), case.hop(second));
        let usual = case.usual.began_before(other.kind, one.kind);
        let (against, along) = (usual.times, case.usual.began_before(one.kind, other.kind).times);
        let apart = (other.start - one.start).max(0);
        if against < MIN_SEEN
            || along > 1 && f64::from(along) > f64::from(along + against) * MAX_OTHER
            || apart < MIN_APART.max(2 * case.run.grain(one.service))
            || !usual.is_kept_apart()
            || told.contains(&second)
        {
            continue;
        }
        told.push(second);
        let (Some(early), Some(late)) = (one.steps.first(), other.steps.first()) else { continue };
        let summary = format!(
            "{} came to {} only after {}; it comes before it in {against} of {} such transactions",
            case.service(other),
            case.says(late.event),
            case.says(early.event),
            against + along,
        );
        let (span, evidence) = (late.span, vec![early.event, late.event]);
        let group = (late.kind, early.kind);
        let confidence = f64::from(against) / f64::from(against + along + 2);
        case.find(
            second,
            Found {
                kind: FindingKind::OutOfOrder,
                severity: Severity::Warning,
                span: Some(span),
                service: None,
                summary,
                confidence,
                evidence,
                group,
            },
        );
    }
}
