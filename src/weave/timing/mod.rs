//! Finds, by timing alone, which request made which call, where exported spans state nothing that ties them.
//!
//! Looks at exported spans only, and at kinds of calls whose parents the export never states: a system that states them
//! for some means it when it states none. Joins no spans of different service instances: those are tied by their ids.

mod assign;
mod model;

use super::spans::Drafts;
use super::stitch::Stitched;
use crate::gather::{Fragments, SpillError, Store};
use crate::model::{Basis, Detail, Edge, EventId, Proof, SpanId, SpanKind, Symbol, Time, TraceId, flag};
use assign::{Work, assign};
use rustc_hash::FxHashMap;

/// A call's parent.
#[derive(Clone, Copy, Debug)]
struct Cause {
    trace: TraceId,
    span: SpanId,
    confidence: f32,
    times: u32,
}

/// The parents that timing tells.
#[derive(Debug, Default)]
pub(super) struct Timed {
    /// By trace and id of the call.
    causes: FxHashMap<(TraceId, SpanId), Cause>,
}

/// A call kind must lie within requests of its instance in so many of a hundred cases.
const ENCLOSED_PERCENT: usize = 90;
/// ... and be seen so often.
const MIN_CALLS: usize = 5;

/// An exported span.
struct Exported {
    /// The place of its fragment in the run.
    fragment: u32,
    trace: TraceId,
    span: SpanId,
    work: Work,
}

/// The requests and calls of one service instance, each by start.
#[derive(Default)]
struct Instance {
    requests: Vec<Exported>,
    calls: Vec<Exported>,
}

/// Joins transactions of which one made a call that began the other, and remembers the parents.
pub(super) fn join(
    store: &mut Store,
    stitched: &mut Stitched,
    min_confidence: f32,
) -> Result<Timed, SpillError> {
    let mut timed = Timed::default();
    if store.logs_only {
        return Ok(timed);
    }
    let instances = instances(store, stitched)?;
    if instances.is_empty() {
        return Ok(timed);
    }
    let works: Vec<(Vec<Work>, Vec<Work>)> = instances
        .iter()
        .map(|instance| {
            let works = |spans: &[Exported]| spans.iter().map(|span| span.work).collect();
            (works(&instance.requests), works(&instance.calls))
        })
        .collect();
    let mut joints = Vec::new();
    for (instance, found) in instances.iter().zip(assign(&works)) {
        for (call, found) in instance.calls.iter().zip(found) {
            let Some(found) = found.filter(|found| found.confidence >= min_confidence) else { continue };
            let request = &instance.requests[found.request as usize];
            joints.push((request.fragment, call.fragment));
            timed.causes.insert(
                (call.trace, call.span),
                Cause {
                    trace: request.trace,
                    span: request.span,
                    confidence: found.confidence,
                    times: found.times,
                },
            );
        }
    }
    stitched.unite(&joints);
    Ok(timed)
}

impl Timed {
    /// Gives the calls of a transaction the parents that timing tells.
    pub fn apply(&self, drafts: &mut Drafts) {
        if self.causes.is_empty() {
            return;
        }
        for index in 0..drafts.spans.len() {
            let draft = &drafts.spans[index];
            if draft.parent.is_some() {
                continue;
            }
            let cause = draft.trace.and_then(|trace| self.causes.get(&(trace, draft.id)));
            let Some(cause) = cause else { continue };
            let parents = drafts.by_id.get(&(cause.trace, cause.span));
            let parent = parents.and_then(|known| {
                known.iter().find(|&other| {
                    let other = &drafts.spans[other as usize];
                    other.service == draft.service && takes(other.kind)
                })
            });
            let Some(parent) = parent else { continue };
            let mut proofs = vec![Proof::Encloses];
            if cause.times > 1 {
                proofs.push(Proof::Usual { times: cause.times });
            }
            let draft = &mut drafts.spans[index];
            draft.parent = Some(parent);
            draft.edge =
                Some(Edge { basis: Basis::Nesting, confidence: cause.confidence, proofs, runner_up: None });
        }
    }
}

/// Whether spans of a kind handle what comes from outside.
fn takes(kind: Option<SpanKind>) -> bool {
    matches!(kind, Some(SpanKind::Server | SpanKind::Consumer))
}

/// What makes a kind of call or request: its service and operation.
fn kind(service: Symbol, operation: Symbol, kind: SpanKind) -> u64 {
    let parts = [service.0, operation.0, kind as u64 + 2];
    let bytes: Vec<u8> = parts.iter().flat_map(|part| part.to_le_bytes()).collect();
    // 0 and 1 have meanings of their own
    Symbol::of(&bytes).0.max(2)
}

/// The service instances that handled requests and made calls of which nothing states the parent.
fn instances(store: &mut Store, stitched: &Stitched) -> Result<Vec<Instance>, SpillError> {
    let mut by_instance: FxHashMap<(Symbol, Symbol), Instance> = FxHashMap::default();
    // by kind of call: whether one states its parent
    let mut stated: FxHashMap<u64, bool> = FxHashMap::default();
    for window in 0..store.windows() {
        store.open(window)?;
        let gathered = if stitched.whole.is_none() { Some(Fragments::of(store)) } else { None };
        let Some(fragments) = gathered.as_ref().or(stitched.whole.as_ref()) else { continue };
        for (index, fragment) in fragments.traced.iter().enumerate() {
            for &id in &fragment.events {
                let event = store.event(id);
                let (true, Some(span)) = (event.is(flag::WHOLE_SPAN), event.span) else { continue };
                let Some((role, work)) = work(store, id) else { continue };
                let fragment = (stitched.place(window, index), fragment.trace);
                let exported = Exported { fragment: fragment.0, trace: fragment.1, span, work };
                let instance = by_instance.entry((event.service, event.instance)).or_default();
                if takes(Some(role)) {
                    instance.requests.push(exported);
                } else if event.parent.is_some_and(|parent| parent != span) || event.is(flag::ROOT) {
                    stated.insert(work.kind, true);
                } else {
                    instance.calls.push(exported);
                }
            }
        }
    }
    let mut enclosed: FxHashMap<u64, Enclosed> = FxHashMap::default();
    for instance in by_instance.values_mut() {
        instance.requests.sort_by_key(|span| (span.work.start, span.work.end, span.trace, span.span));
        instance.calls.retain(|call| !stated.contains_key(&call.work.kind));
        instance.calls.sort_by_key(|span| (span.work.start, span.work.end, span.trace, span.span));
        let requests: Vec<Work> = instance.requests.iter().map(|span| span.work).collect();
        let calls: Vec<Work> = instance.calls.iter().map(|span| span.work).collect();
        for (call, candidates) in calls.iter().zip(assign::candidates(&requests, &calls)) {
            let counts = enclosed.entry(call.kind).or_default();
            counts.within += usize::from(!candidates.is_empty());
            counts.all += 1;
        }
        for moved in elsewhere(&requests, &calls) {
            for (call, candidates) in moved.iter().zip(assign::candidates(&requests, &moved)) {
                enclosed.entry(call.kind).or_default().by_chance += usize::from(!candidates.is_empty());
            }
        }
    }
    let usual = |kind: u64| enclosed.get(&kind).is_some_and(Enclosed::is_no_chance);
    let mut found: Vec<((Symbol, Symbol), Instance)> = by_instance.into_iter().collect();
    found.sort_by_key(|(key, _)| *key);
    Ok(found
        .into_iter()
        .map(|(_, mut instance)| {
            instance.calls.retain(|call| usual(call.work.kind));
            instance
        })
        .filter(|instance| !instance.calls.is_empty())
        .collect())
}

/// How often calls of a kind lie within requests.
#[derive(Default)]
struct Enclosed {
    within: usize,
    all: usize,
    /// The same of the calls put to [`PLACES`] other times.
    by_chance: usize,
}

/// Calls are put to so many other times to see how often they lie within requests by chance.
const PLACES: usize = 7;

impl Enclosed {
    /// Whether nearly all lie within requests, and more than would at any other time: by over three standard deviations.
    fn is_no_chance(&self) -> bool {
        let all = self.all as f64;
        let share = self.by_chance as f64 / (all * PLACES as f64);
        let expected = share * all;
        self.all >= MIN_CALLS
            && self.within * 100 >= self.all * ENCLOSED_PERCENT
            && self.within as f64 - expected > 3.0 * (expected * (1.0 - share)).sqrt()
    }
}

/// The calls at other times of those in which the instance handled requests, going round at the end.
fn elsewhere(requests: &[Work], calls: &[Work]) -> Vec<Vec<Work>> {
    let (Some(first), Some(last)) = (requests.first(), requests.iter().map(|work| work.end).max()) else {
        return Vec::new();
    };
    let whole = last.saturating_sub(first.start).max(1);
    (1..=PLACES as i64)
        .map(|place| {
            let by = whole / (PLACES as i64 + 1) * place;
            let put = |call: &Work| {
                let start =
                    first.start + call.start.saturating_sub(first.start).saturating_add(by).rem_euclid(whole);
                Work { start, end: start.saturating_add(call.end.saturating_sub(call.start)), ..*call }
            };
            let mut moved: Vec<Work> = calls.iter().map(put).collect();
            moved.sort_by_key(|work| (work.start, work.end, work.kind));
            moved
        })
        .collect()
}

/// What an exported span did and when; nothing if it is inner work.
fn work(store: &Store, id: EventId) -> Option<(SpanKind, Work)> {
    let event = store.event(id);
    let (mut role, mut length, mut operation) = (None, 0i64, event.template);
    for detail in store.details(id) {
        match *detail {
            Detail::Kind(kind) => role = Some(kind),
            Detail::Duration(nanos) => length = i64::try_from(nanos).unwrap_or(i64::MAX),
            Detail::Operation(name) => operation = name,
            _ => {}
        }
    }
    let role = role.filter(|role| *role != SpanKind::Internal)?;
    let Time(start) = store.time(id);
    let work = Work { kind: kind(event.service, operation, role), start, end: start.saturating_add(length) };
    Some((role, work))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enclosed(requests: &[Work], calls: &[Work]) -> Enclosed {
        let within = |calls: &[Work]| {
            assign::candidates(requests, calls).iter().filter(|candidates| !candidates.is_empty()).count()
        };
        let by_chance = elsewhere(requests, calls).iter().map(|moved| within(moved)).sum();
        Enclosed { within: within(calls), all: calls.len(), by_chance }
    }

    #[test]
    fn calls_that_lie_within_requests_by_chance_are_not_theirs() {
        let work = |start: i64, length: i64| Work { kind: 7, start, end: start + length };
        // requests that cover 95 % of the time
        let busy: Vec<Work> = (0..100).map(|index| work(index * 1_000, 950)).collect();
        let background: Vec<Work> = (0..60).map(|index| work(index * 1_600 + index % 7 * 111, 10)).collect();
        let found = enclosed(&busy, &background);
        assert!(found.within * 100 >= found.all * ENCLOSED_PERCENT, "the test wants a busy service");
        assert!(!found.is_no_chance());
        let own: Vec<Work> = (0..100).map(|index| work(index * 1_000 + 10, 930)).collect();
        assert!(enclosed(&busy, &own).is_no_chance());
    }
}
