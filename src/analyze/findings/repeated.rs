//! What was handled more than once: the same hop for the same value, where the other transactions have it once.

use super::case::{Case, Fate, Found};
use super::received::delivered_twice;
use super::said::said_again;
use crate::analyze::flow::{Hop, Step, holders, records, whole};
use crate::model::{EventId, FindingKind, Level, Severity, Symbol};
use crate::weave::words::Act;

/// Hops with one value that are looked at beyond the usual ones.
const MAX_FURTHER: usize = 50;

/// Hops above one another that are looked at for a cause.
const MAX_ABOVE: usize = 16;

/// Judges all that was done more than once in a transaction.
pub(super) fn judge(case: &mut Case<'_>) {
    if case.shape.hops.len() < 2 {
        return;
    }
    let mut repeated: Vec<(Vec<u32>, u32, Symbol)> = holders(&case.shape)
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|hops| {
            let (kind, name, _) = hops[0].0;
            let records = records(&case.shape, hops[0].0, hops.len()) as u32;
            let usual = case.usual.holders(kind, name).filter(|&usual| records > usual)?;
            // those beyond the usual number are the last ones; some may be within hops
            let usual = (hops.len() as u32).saturating_sub(records - usual).max(1);
            (hops.len() > 1).then(|| (hops.iter().map(|(_, hop)| *hop).collect(), usual, name))
        })
        .collect();
    repeated.sort_unstable();
    let mut seen: Vec<Vec<u32>> = Vec::new();
    let mut found: Vec<Again> = Vec::new();
    for (mut hops, usual, name) in repeated {
        if seen.contains(&hops) {
            continue;
        }
        seen.push(hops.clone());
        hops.sort_by_key(|&hop| (case.hop(hop as usize).start, hop));
        if told_apart(case, &hops) {
            continue;
        }
        let (first, further) = hops.split_at(usual as usize);
        found.extend(
            further
                .iter()
                .take(MAX_FURTHER)
                .filter_map(|&later| again(case, &hops, first[first.len() - 1], later, name)),
        );
    }
    if !case.any_broken() {
        let told = told_again(case);
        if found.iter().all(|again| again.retried) {
            found.extend(received_again(case, !told.is_empty()));
            found.extend(said_again(case, !told.is_empty()));
        }
        found.extend(told);
        found.extend(delivered_twice(case));
    }
    report(case, found);
}

/// A message that was handled twice, though not in hops of its own: what such a hop begins with, and what transactions
/// hardly ever have twice, is there twice. Of several the one that is there again first. Where somebody told of it, no more is
/// needed.
fn received_again(case: &Case<'_>, told: bool) -> Option<Again> {
    let root = case.hop(0).kind;
    let mut twice: Vec<(i64, Again)> = Vec::new();
    for kind in case.steps.kinds().filter(|kind| case.times(*kind) == 2) {
        let delivered = case.usual.is_delivered_once(root, kind);
        if !delivered && !case.usual.is_done_once(root, kind)
            || case.usual.rules.are_due(&case.steps, kind, 2)
        {
            continue;
        }
        let places = (0..case.shape.hops.len())
            .flat_map(|hop| (0..case.hop(hop).steps.len()).map(move |step| (hop, step)))
            .filter(|&(hop, step)| case.hop(hop).steps[step].kind == kind);
        let mut places: Vec<(usize, usize)> = places.collect();
        places.sort_by_key(|&(hop, step)| (case.hop(hop).steps[step].time, hop, step));
        let [(earlier, first), (later, second)] = places[..] else { continue };
        let (one, other) = (&case.hop(earlier).steps[first], &case.hop(later).steps[second]);
        let same = case.run.same_values(one.event, other.event);
        let service = case.hop(earlier).service;
        let message = || {
            delivered || told || all_again(case, service) || case.run.share_a_message(one.event, other.event)
        };
        if same && message() && (told || calm(case, one, other)) && !sent_apart(case, &[one, other]) {
            let records = Some((one.event, other.event));
            twice.push((other.time, Again { earlier, later, name: Symbol::NONE, retried: false, records }));
        }
    }
    twice.sort_by_key(|(time, again)| (*time, again.later, again.earlier));
    twice.into_iter().next().map(|(_, again)| again)
}

/// Whether a service did all of what it did in a transaction twice, and that was more than one thing.
fn all_again(case: &Case<'_>, service: Symbol) -> bool {
    let own = || case.shape.hops.iter().filter(|hop| hop.service == service).flat_map(|hop| &hop.steps);
    let root = case.hop(0).kind;
    let first = own().next().map(|step| step.kind);
    own().any(|step| Some(step.kind) != first)
        && own().all(|step| case.times(step.kind) == 2 && case.usual.is_done_once(root, step.kind))
}

/// Whether nobody warned between two steps, or told of a further attempt: what comes after is done again for a reason.
pub(super) fn calm(case: &Case<'_>, one: &Step, other: &Step) -> bool {
    let mut steps = case.shape.hops.iter().flat_map(|hop| &hop.steps);
    !steps.any(|step| {
        let between = one.time <= step.time && step.time <= other.time && !step.again;
        between && (step.warned || announces(case, step))
    })
}

/// Whether several receipts are of messages of their own: as many were sent, and in hops that do not do the same.
pub(super) fn sent_apart(case: &Case<'_>, receipts: &[&Step]) -> bool {
    let store = case.run.store;
    let Some(service) = receipts.first().map(|step| store.event(step.event).service) else { return false };
    let received = store.sample(receipts[0].event);
    let last = receipts.iter().map(|step| step.time).max().unwrap_or(i64::MAX);
    let mut senders: Vec<(u64, u64)> = Vec::new();
    for hop in case.shape.hops.iter().filter(|hop| hop.service != service) {
        for (at, step) in hop.steps.iter().enumerate().filter(|(_, step)| step.time <= last) {
            let sample = store.sample(step.event);
            if case.run.act(&sample) == Act::Send && case.run.share_a_name(&sample, &received) {
                // who sends the same again does the same before
                senders.push((hop.kind, if at > 0 { hop.steps[at - 1].kind } else { 0 }));
            }
        }
    }
    senders.len() >= receipts.len() && senders.windows(2).any(|pair| pair[0] != pair[1])
}

/// What a service says itself that it was there before, though nothing had failed.
fn told_again(case: &Case<'_>) -> Vec<Again> {
    let mut found = Vec::new();
    if !case.is_whole() {
        // who failed may have been put elsewhere
        return found;
    }
    for (index, hop) in case.shape.hops.iter().enumerate() {
        for step in hop.steps.iter().filter(|step| step.again && case.usual.rare(step.kind)).take(1) {
            let own = || case.shape.hops.iter().enumerate().filter(|(_, other)| other.service == hop.service);
            let before = |it: &Step| it.time < step.time;
            if own().any(|(_, other)| other.steps.iter().any(|it| before(it) && it.warned && !it.again)) {
                continue;
            }
            let first = own().find(|(_, other)| other.steps.iter().any(before));
            if let Some((earlier, _)) = first {
                let records = Some((step.event, step.event));
                found.push(Again { earlier, later: index, name: Symbol::NONE, retried: false, records });
            }
        }
    }
    found
}

/// Whether some other value, which usually only one hop holds, tells the hops apart.
fn told_apart(case: &Case<'_>, hops: &[u32]) -> bool {
    let hop = |index: u32| case.hop(index as usize);
    let first = hop(hops[0]);
    first.values.iter().filter(|(.., telling)| *telling).any(|&(name, value, _)| {
        let Some(usual) = case.usual.holders(first.kind, name) else { return false };
        let same = hops
            .iter()
            .filter(|&&other| hop(other).values.iter().any(|held| (held.0, held.1) == (name, value)));
        let has = hops.iter().all(|&other| hop(other).values.iter().any(|held| held.0 == name));
        has && same.count() as u32 <= usual && (hops.len() as u32) > usual
    })
}

/// Whether it says nothing that a hop is there again: causes of this kind, or transactions that begin like
/// this one, usually have so many, or such hops do now this, now that.
fn always(case: &Case<'_>, hops: &[u32], later: usize, name: Symbol) -> bool {
    if !case.usual.goes_on(case.hop(later).kind) {
        return true;
    }
    let parent = |hop: usize| case.hop(hop).parent;
    let number = hops.iter().filter(|&&hop| parent(hop as usize) == parent(later)).count() as u32;
    let cause = parent(later).map_or(0, |parent| case.hop(parent as usize).kind);
    let kind = case.hop(later).kind;
    let whole = whole(case.hop(0).kind);
    number > 1 && case.usual.causes_so_many(cause, kind, name, number)
        || case.usual.causes_so_many(whole, kind, name, hops.len() as u32)
}

/// Whether a hop before one begins with the same wording: kinds of steps leave out words that are data, but what is done
/// again is done with the same data.
fn is_worded_again(case: &Case<'_>, hops: &[u32], later: usize) -> bool {
    let wording =
        |hop: usize| case.hop(hop).steps.first().map(|step| case.run.store.event(step.event).template);
    let before = hops.iter().map(|&hop| hop as usize).take_while(|&hop| hop != later);
    before.into_iter().any(|hop| wording(hop) == wording(later))
}

/// A hop that did again what another one had done.
pub(super) struct Again {
    /// The hop that was there first.
    pub(super) earlier: usize,
    /// The one that did it again.
    pub(super) later: usize,
    /// The name of the value by which they are known, if any.
    pub(super) name: Symbol,
    /// There was a reason: the first time it had not finished, or its caller said why.
    pub(super) retried: bool,
    /// The records that say so, if not the first ones of the hops.
    pub(super) records: Option<(EventId, EventId)>,
}

/// Marks a hop as done again; says so unless something else explains it.
fn again(case: &mut Case<'_>, hops: &[u32], earlier: u32, later: u32, name: Symbol) -> Option<Again> {
    let (earlier, later) = (earlier as usize, later as usize);
    if always(case, hops, later, name) || !is_worded_again(case, hops, later) {
        return None;
    }
    if matches!(case.fates[later], Fate::Fine | Fate::Stuck) {
        case.fates[later] = Fate::Repeated;
    }
    let (before, hop) = (case.hop(earlier), case.hop(later));
    let receipts: Vec<&Step> =
        hops.iter().filter_map(|&hop| case.hop(hop as usize).steps.first()).take(MAX_FURTHER).collect();
    if sent_apart(case, &receipts) {
        return None;
    }
    if elsewhere(case, earlier, later) || matches!(case.fates[earlier], Fate::Retried | Fate::Broken) {
        return None;
    }
    let gave_up = before.steps.last().is_some_and(|last| warns(case, last) || failed(case, last));
    let caller = hop.parent.filter(|_| !hop.message).map(|parent| case.hop(parent as usize));
    let between = before.start..=hop.start;
    let told = |step: &Step| between.contains(&step.time) && warns(case, step);
    let told = caller.is_some_and(|caller| caller.steps.iter().any(told)) || announced(case, earlier, later);
    let unfinished = case.usual.lacking(before).count() > case.usual.lacking(hop).count();
    let idle = before.children.is_empty() && before.steps.len() == 1;
    // whoever tries again does again what follows
    let tried_again = |(hop, fate): (&Hop, &Fate)| {
        *fate == Fate::Retried && hop.steps.iter().any(|step| step.failed && between.contains(&step.time))
    };
    let upstream = case.shape.hops.iter().zip(&case.fates).any(tried_again);
    let retried = gave_up || told || upstream || unfinished && idle;
    if matches!(case.fates[earlier], Fate::Fine | Fate::Stuck) {
        case.fates[earlier] = Fate::Repeated;
    }
    Some(Again { earlier, later, name, retried, records: None })
}

/// Whether a step tells of a further attempt: what most transactions say does not.
fn announces(case: &Case<'_>, step: &Step) -> bool {
    (step.warned || case.usual.rare(step.kind)) && case.told(step.event).announces
}

/// Whether somebody told of a further attempt between two hops: the first one itself, or a record about the same.
fn announced(case: &Case<'_>, earlier: usize, later: usize) -> bool {
    let (before, hop) = (case.hop(earlier), case.hop(later));
    let Some(first) = before.steps.first() else { return false };
    let between = before.start..=hop.start;
    let says = |step: &Step| {
        between.contains(&step.time)
            && announces(case, step)
            && (before.steps.iter().any(|own| own.event == step.event)
                || case.run.share_a_message(step.event, first.event))
    };
    case.shape.hops.iter().flat_map(|hop| &hop.steps).any(says)
}

/// Whether a hop that is there again has another cause: causes that were repeated themselves repeat their effects, and a
/// cause of another kind is another matter if it usually is one. Nothing does itself again.
fn elsewhere(case: &Case<'_>, earlier: usize, later: usize) -> bool {
    let (before, hop) = (case.hop(earlier), case.hop(later));
    let Some(cause) = hop.parent.filter(|_| before.parent != hop.parent).map(|parent| parent as usize) else {
        return before.parent != hop.parent;
    };
    cause != earlier && (case.fates[cause] == Fate::Repeated || case.usual.often_causes(case.hop(cause), hop))
}

/// Reports what was done again. What is done twice first in a transaction is the cause of all that is done twice after it.
fn report(case: &mut Case<'_>, mut found: Vec<Again>) {
    let since = |again: &Again| match again.records {
        Some((_, later)) => case.run.store.time(later).0,
        None => case.hop(again.later).steps.first().map_or(i64::MAX, |step| step.time),
    };
    found.sort_by_key(|again| (again.retried, since(again), again.later, again.name));
    let mut twice = false;
    let mut told: Vec<usize> = Vec::new();
    for Again { earlier, later, name, retried, records } in found {
        if told.contains(&later) || twice {
            continue;
        }
        told.push(later);
        let (later, records) = match caused_twice(case, later).filter(|_| !retried) {
            Some((cause, one, other)) => (cause, Some((one, other))),
            None => (later, records),
        };
        let (before, hop) = (case.hop(earlier), case.hop(later));
        let first = |hop: &Hop| hop.steps.first().map(|step| step.event);
        let Some((one, other)) = records.or(first(before).zip(first(hop))) else { continue };
        let (service, says) = (case.service(hop), case.says(other));
        let by = case.run.store.symbols.text(name);
        let by = if by.is_empty() { String::new() } else { format!(" (same {by})") };
        let (kind, severity, summary) = if retried {
            let summary = format!("{service} took up {says} again after it had not finished{by}");
            (FindingKind::Retry, Severity::Info, summary)
        } else if case.told(other).notices || hop.steps.iter().any(|step| case.told(step.event).notices) {
            let summary = format!("{service} was given {says} twice and noticed it{by}");
            (FindingKind::Duplicate, Severity::Info, summary)
        } else {
            twice = true;
            (FindingKind::Duplicate, Severity::Warning, format!("{service} handled {says} twice{by}"))
        };
        let mut evidence = vec![one, other];
        evidence.dedup();
        let group = (hop.kind, 0);
        case.find(
            later,
            Found { kind, severity, span: None, service: None, summary, confidence: 0.9, evidence, group },
        );
    }
}

/// The hop above one that was done again whose service itself did twice what it does once, as far up as that holds: it is
/// what was done again. With the two records that say so.
fn caused_twice(case: &Case<'_>, later: usize) -> Option<(usize, EventId, EventId)> {
    let root = case.hop(0).kind;
    let mut found = None;
    let mut at = later;
    for _ in 0..MAX_ABOVE {
        let Some(above) = case.hop(at).parent.map(|parent| parent as usize) else { break };
        let service = case.hop(above).service;
        at = above;
        if service == case.hop(later).service {
            continue;
        }
        let own = || case.shape.hops.iter().filter(|hop| hop.service == service).flat_map(|hop| &hop.steps);
        let twice =
            own().filter(|step| case.times(step.kind) == 2 && case.usual.is_done_once(root, step.kind));
        let pair = twice.filter_map(|one| {
            let other = own().find(|it| it.kind == one.kind && it.event != one.event)?;
            case.run.same_values(one.event, other.event).then_some((one, other))
        });
        match pair.min_by_key(|(one, other)| (one.time, other.time)) {
            Some((one, other)) => found = Some((above, one.event, other.event)),
            None => break,
        }
    }
    found
}

/// Whether a step tells of a failure, however calmly.
pub(super) fn failed(case: &Case<'_>, step: &Step) -> bool {
    step.failed || case.told(step.event).fails
}

/// Whether a step is a warning or worse: what comes after is done again for a reason.
fn warns(case: &Case<'_>, step: &Step) -> bool {
    case.run.store.event(step.event).level >= Some(Level::Warn)
}
