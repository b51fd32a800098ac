//! Whether what failed was tried again, and worked.

use super::case::{Case, Fate};
use crate::analyze::flow::{Hop, Step};
use crate::model::Level;

/// So many times the usual number of hops of a kind are more than usual.
const MORE: f64 = 1.5;
/// Steps before a failure that may be seen again.
const MAX_LED: usize = 8;
/// The same, of those that the service did elsewhere.
const MAX_BEFORE: usize = 3;

/// Whether a step of a hop was done again after a failure.
pub(super) fn repeats_step(hop: &Hop) -> bool {
    let Some(at) = hop.steps.iter().position(|step| step.failed) else { return false };
    let (before, after) = hop.steps.split_at(at);
    after.iter().any(|step| before.iter().any(|earlier| earlier.kind == step.kind))
}

/// Whether the same thing was done again later and worked.
pub(super) fn tried_again(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let Some(failure) = hop.steps.iter().rfind(|step| step.failed) else { return false };
    let last = last_failure(case, hop);
    // more of a kind than usual are further attempts, whatever they were hung under
    let more = f64::from(case.times(hop.kind)) >= case.usual.often(hop.kind) * MORE;
    let again = case.shape.hops.iter().zip(&case.fates).enumerate().any(|(other, (later, fate))| {
        other != index
            && later.kind == hop.kind
            && (later.parent == hop.parent || more || shares_a_value(hop, later))
            && later.start >= failure.time
            && *fate != Fate::Broken
            && (*fate == Fate::Healed || later.end > last)
            && same_values(hop, later)
    });
    again || led_there_again(case, hop, last) || told_of_retry(case, hop, failure, last)
}

/// When the service of a hop last failed in this transaction.
fn last_failure(case: &Case<'_>, hop: &Hop) -> i64 {
    let hops = case.shape.hops.iter().filter(|other| other.service == hop.service);
    let failed = hops.flat_map(|other| &other.steps).filter(|step| step.failed);
    failed.map(|step| step.time).max().unwrap_or(i64::MIN)
}

/// Whether steps that led to a failure, and that transactions usually have once, are there again after the last failure of
/// the service: wherever the hops of further attempts were hung, and whatever they begin with.
fn led_there_again(case: &Case<'_>, hop: &Hop, last: i64) -> bool {
    let others =
        || case.shape.hops.iter().filter(|other| other.service == hop.service && same_values(hop, other));
    let at = hop.steps.iter().rposition(|step| step.failed).unwrap_or(0);
    let mut led: Vec<&Step> =
        hop.steps[..at].iter().filter(|step| !step.failed).rev().take(MAX_LED).collect();
    if led.is_empty() {
        // what comes right before it may have been hung elsewhere
        let before = |step: &&Step| !step.failed && step.time <= hop.steps[at].time;
        led = others().flat_map(|other| &other.steps).filter(before).collect();
        led.sort_by_key(|step| std::cmp::Reverse((step.time, case.run.store.order(step.event))));
        led.truncate(MAX_BEFORE);
    }
    let mut led = led.into_iter().filter(|step| case.times(step.kind) > 1 && case.usual.once(step.kind));
    led.any(|step| {
        let mut later = others().flat_map(|other| &other.steps);
        later.any(|later| later.kind == step.kind && later.time > last)
    })
}

/// Whether a failure is a warning of a caller that tries again, and something follows that is no failure.
fn told_of_retry(case: &Case<'_>, hop: &Hop, failure: &Step, last: i64) -> bool {
    let store = case.run.store;
    let record = store.event(failure.event);
    let above = hop.parent.map(|parent| case.hop(parent as usize));
    // a caller's word may have been hung below what it called
    let calls = failure.span != hop.span
        || !hop.message && above.is_some_and(|above| above.service != hop.service && above.failed());
    let goes_on = |other: &Hop| {
        let called = || other.parent.is_some_and(|parent| std::ptr::eq(case.hop(parent as usize), hop));
        if other.service == hop.service {
            other.end > failure.time
        } else {
            called() && other.start > failure.time
        }
    };
    calls
        && record.level < Some(Level::Error)
        && failure.time >= last
        && case.told(failure.event).announces
        && case.shape.hops.iter().any(goes_on)
}

/// Whether two hops of one kind are about the same thing: none of the values that tell things apart differs.
fn same_values(one: &Hop, other: &Hop) -> bool {
    one.values.iter().filter(|(.., telling)| *telling).all(|(name, value, _)| {
        let mut values = other.values.iter().filter(|(known, ..)| known == name).peekable();
        values.peek().is_none() || values.any(|(_, known, _)| known == value)
    })
}

/// Whether two hops hold the same value that tells things apart.
fn shares_a_value(one: &Hop, other: &Hop) -> bool {
    one.values.iter().any(|value| value.2 && other.values.contains(value))
}
