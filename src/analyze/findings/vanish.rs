//! What ended without a word: all that is there is as usual, but what practically always follows is not.
//!
//! Rules say which step makes which hop begin. What a service does within a hop, or what comes of it elsewhere, is known from
//! whole transactions alone: of all that always follows what is there, the first that is absent is where it broke off.

use super::case::{Case, Fate, Found};
use super::missing::MIN_REAL;
use super::words;
use crate::analyze::flow::{Follower, Hop, Place, Step};
use crate::model::{FindingKind, Severity};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// A step that hardly any transaction with the last usual one has tells of another way that things went.
const MAX_OTHER: f64 = 0.05;
/// The logs must go on for so many times the usual time.
const PATIENCE: i64 = 8;
/// Steps that are told as absent are at least so late, in nanoseconds.
const MIN_LATE: i64 = 1_000_000_000;

/// The last step of what is as usual, and what should have followed.
struct Break {
    since: u64,
    place: Place,
    absent: Follower,
}

/// Judges a transaction in which nothing else is missing.
pub(super) fn judge(case: &mut Case<'_>) {
    let told = |kind: FindingKind| {
        case.findings.iter().any(|finding| finding.kind == kind && finding.severity > Severity::Info)
    };
    let known = [FindingKind::MissingStep, FindingKind::Stuck, FindingKind::Error].into_iter().any(told);
    // what always follows is known of transactions in which nothing failed
    let failed = case.shape.hops.iter().any(Hop::failed);
    if known || failed || case.truncated || case.fates.contains(&Fate::Repeated) {
        return;
    }
    let happened = |found: &Break| case.has_happened(found.absent.step);
    let found = first_absent(case).filter(|found| !goes_another_way(case, found) && !happened(found));
    let Some(found) = found else { return };
    if cut(case, &found) {
        case.truncated = true;
        return;
    }
    report(case, &found);
}

/// Of all that always follows what is there, what is absent and was due first.
fn first_absent(case: &Case<'_>) -> Option<Break> {
    // the same may be due after several: the last one of these knows best when
    let mut absent: FxHashMap<u64, Break> = FxHashMap::default();
    for since in case.steps.kinds() {
        let followers = case.usual.along.followers(since);
        let times = case.times(since);
        if !followers.iter().any(|follower| case.times(follower.step) < times) || is_extra(case, since) {
            continue;
        }
        let Some(place) = case.steps.first(since) else { continue };
        for follower in followers.iter().filter(|follower| case.times(follower.step) < times) {
            let found = Break { since, place, absent: *follower };
            let closer = |known: &Break| (follower.after, since) < (known.absent.after, known.since);
            match absent.entry(follower.step) {
                Entry::Occupied(mut known) if closer(known.get()) => *known.get_mut() = found,
                Entry::Occupied(_) => {}
                Entry::Vacant(free) => {
                    free.insert(found);
                }
            }
        }
    }
    let due = |found: &Break| (found.place.time.saturating_add(found.absent.after), found.absent.step);
    absent.into_values().min_by_key(due)
}

/// Whether a step is there more often than most of what always follows each: then it is one too many.
fn is_extra(case: &Case<'_>, since: u64) -> bool {
    let (mut all, mut fewer, mut none) = (0, 0, 0);
    for follower in case.usual.along.followers(since) {
        all += 1;
        fewer += u32::from(case.times(follower.step) < case.times(since));
        none += u32::from(case.times(follower.step) == 0);
    }
    case.times(since) > 1 && none == 0 && fewer * 2 <= all
}

/// Whether something after the last usual step is there that hardly ever is, or somebody warned: then things went another
/// way.
fn goes_another_way(case: &Case<'_>, found: &Break) -> bool {
    let other = |step: u64| {
        let later = case.steps.first(step).is_some_and(|place| place.time >= found.place.time);
        later && case.usual.along.share(found.since, step) < MAX_OTHER
    };
    let warned = |hop: &Hop| {
        let warns = |step: &Step| step.warned && step.time >= found.place.time && case.usual.rare(step.kind);
        hop.steps.iter().any(warns)
    };
    case.steps.kinds().filter(|step| *step != found.since).any(other) || case.shape.hops.iter().any(warned)
}

/// Whether the logs end before it could follow.
fn cut(case: &Case<'_>, found: &Break) -> bool {
    let service = case.usual.step(found.absent.step).map(|count| count.example.service);
    let patience = found.absent.after.saturating_mul(PATIENCE).max(MIN_LATE);
    service.is_none_or(|service| found.place.time.saturating_add(patience) >= case.run.window_of(service).1)
}

fn report(case: &mut Case<'_>, found: &Break) {
    let Break { since, place, absent } = found;
    let Some(example) = case.usual.step(absent.step).map(|count| count.example) else { return };
    let (index, store) = (place.hop as usize, case.run.store);
    let hop = case.hop(index);
    let Some(step) = hop.steps.get(place.step as usize).cloned() else { return };
    let real = case.usual.real(absent.step, absent.all.saturating_sub(absent.each), absent.loose);
    let follows = words::told(store, &example);
    // who said something else before began, and went no further
    let began = case.shape.hops.iter().any(|hop| hop.service == example.service && hop.start >= step.time);
    let within = hop.service == example.service;
    let (kind, summary) = if within || began {
        let (service, says) = (store.symbols.text(example.service), case.says(step.event));
        let of = if within { String::new() } else { format!(" of {}", case.service(hop)) };
        (FindingKind::Stuck, format!("{service} stopped after {says}{of}; {follows} always follows"))
    } else {
        let summary = format!(
            "{} never logged {follows} after {} of {}; it did in {} of {} such transactions",
            store.symbols.text(example.service),
            case.says(step.event),
            case.service(hop),
            absent.each,
            absent.all
        );
        (FindingKind::MissingStep, summary)
    };
    let group = (absent.step, *since);
    case.find(
        index,
        Found {
            kind,
            severity: if real >= MIN_REAL { Severity::Warning } else { Severity::Info },
            span: Some(step.span),
            service: Some(example.service),
            summary,
            confidence: real * f64::from(absent.each) / f64::from(absent.all + 2),
            evidence: vec![step.event],
            group,
        },
    );
}
