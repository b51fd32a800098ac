//! Puts the spans of a transaction in their order and says what it is as a whole.

use super::spans::{Draft, Drafts};
use super::stitch::Group;
use crate::gather::{Fragments, Store};
use crate::model::{Detail, EventId, Level, Span, Status, Symbol, Time, Trace, TraceId, flag};
use rustc_hash::FxHashMap;

/// A trace of spans that have their parents.
pub(super) fn trace(
    store: &Store,
    fragments: &Fragments,
    group: &Group,
    keys: &FxHashMap<Symbol, Symbol>,
    drafts: Drafts,
) -> Trace {
    let Drafts { mut spans, loose, .. } = drafts;
    bound_missing(&mut spans);
    let order = preorder(&spans);
    let mut place = vec![0u32; spans.len()];
    for (at, &index) in order.iter().enumerate() {
        place[index] = at as u32;
    }
    let mut slots: Vec<Option<Draft>> = spans.into_iter().map(Some).collect();
    let spans: Vec<Span> =
        order.iter().filter_map(|&index| slots[index].take()).map(|draft| span(draft, &place)).collect();
    let events: Vec<EventId> = {
        let traced = group.fragments.iter().flat_map(|&fragment| &fragments.traced[fragment as usize].events);
        traced.chain(&group.untraced).copied().collect()
    };
    // those of spans lie within them
    let times =
        || loose.iter().filter(|id| !store.event(**id).is(flag::TIME_UNKNOWN)).map(|id| store.time(*id));
    let timed = || spans.iter().filter(|span| span.start != Time::UNKNOWN);
    let start = timed().map(|span| span.start).chain(times()).min().unwrap_or(Time::UNKNOWN);
    let end = timed().map(|span| span.end).chain(times()).max().unwrap_or(Time::UNKNOWN);
    let root = (0..spans.len()).find(|&index| spans[index].parent.is_none());
    let mut services: Vec<Symbol> = Vec::new();
    let mut by_start: Vec<&Span> = spans.iter().filter(|span| !span.missing).collect();
    by_start.sort_by_key(|span| (span.start, span.id));
    let logged = events.iter().map(|id| store.event(*id).service);
    for service in by_start.iter().map(|span| span.service).chain(logged) {
        if !service.is_none() && !services.contains(&service) {
            services.push(service);
        }
    }
    let named =
        root.map(|index| &spans[index]).filter(|span| !span.missing).or_else(|| by_start.first().copied());
    let errors = loose.iter().filter(|id| store.event(**id).level >= Some(Level::Error)).count();
    let loose_errors = u32::try_from(errors).unwrap_or(u32::MAX);
    let failed = root.is_some_and(|index| spans[index].failed);
    let mut members: Vec<TraceId> =
        group.fragments.iter().map(|&fragment| fragments.traced[fragment as usize].trace).collect();
    members.sort_unstable();
    let id = root
        .and_then(|index| spans[index].trace)
        .or_else(|| members.first().copied())
        .unwrap_or_else(|| made_up(store, &events));
    let opaque = group.fragments.iter().any(|&fragment| {
        fragments.traced[fragment as usize].opaque && fragments.traced[fragment as usize].trace == id
    });
    Trace {
        id,
        opaque,
        members,
        keys: naming(store, &events, keys),
        name: named.map_or(Symbol::NONE, |span| span.name),
        service: named.map_or_else(|| services.first().copied().unwrap_or_default(), |span| span.service),
        root: root.map(|index| index as u32),
        start,
        end,
        status: if failed { Status::Error } else { Status::Ok },
        services,
        spans,
        loose_errors,
        loose,
        critical_path: Vec::new(),
    }
}

/// An id for a transaction that has none: it follows from its first event.
fn made_up(store: &Store, events: &[EventId]) -> TraceId {
    let mut content = Vec::new();
    if let Some(&first) = events.iter().min_by_key(|id| store.order(**id)) {
        let event = store.event(first);
        content.extend(
            [event.service.0, event.time.0 as u64, event.template.0]
                .iter()
                .flat_map(|part| part.to_le_bytes()),
        );
        for detail in store.details(first) {
            if let Detail::Key { value, .. } = detail {
                content.extend_from_slice(&value.0.to_le_bytes());
            }
        }
    }
    TraceId::opaque(&content)
}

/// More values than this under one name do not name a transaction.
const MAX_NAMING: usize = 4;

/// The values that name a transaction, by the name they are shown under.
fn naming(store: &Store, events: &[EventId], keys: &FxHashMap<Symbol, Symbol>) -> Vec<(Symbol, Symbol)> {
    let mut found: Vec<(Symbol, Symbol)> = Vec::new();
    for &id in events {
        for detail in store.details(id) {
            if let Detail::Key { name, value, shape, .. } = *detail
                && let (Some(&label), false) =
                    (keys.get(&name), shape == crate::model::Shape::Word && !store.keys.joins(name))
                && !found.contains(&(label, value))
            {
                found.push((label, value));
            }
        }
    }
    let mut counts: FxHashMap<Symbol, usize> = FxHashMap::default();
    for (label, _) in &found {
        *counts.entry(*label).or_default() += 1;
    }
    found.retain(|(label, _)| counts[label] <= MAX_NAMING);
    let text = |name: Symbol| store.symbols.text(name);
    found.sort_by(|a, b| text(a.0).cmp(text(b.0)));
    found
}

/// A placeholder spans its children.
fn bound_missing(spans: &mut [Draft]) {
    for index in 0..spans.len() {
        let (start, end) = (spans[index].start, spans[index].end);
        let mut up = spans[index].parent;
        while let Some(parent) = up {
            let draft = &mut spans[parent as usize];
            if !draft.missing {
                break;
            }
            draft.start = draft.start.min(start);
            draft.end = draft.end.max(end);
            up = draft.parent;
        }
    }
    for draft in spans {
        if draft.end < draft.start {
            (draft.start, draft.end) = (Time::UNKNOWN, Time::UNKNOWN);
            draft.raw = (draft.start, draft.end);
        }
    }
}

/// Parents before children, siblings by start; an explicit stack, as trees may be deep.
fn preorder(spans: &[Draft]) -> Vec<usize> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut roots = Vec::new();
    for (index, span) in spans.iter().enumerate() {
        match span.parent {
            Some(parent) => children[parent as usize].push(index),
            None => roots.push(index),
        }
    }
    let key = |index: &usize| (spans[*index].start, spans[*index].end, spans[*index].id);
    roots.sort_by_key(key);
    let mut order = Vec::with_capacity(spans.len());
    let mut stack: Vec<usize> = roots.into_iter().rev().collect();
    while let Some(index) = stack.pop() {
        order.push(index);
        let mut below = std::mem::take(&mut children[index]);
        below.sort_by_key(key);
        stack.extend(below.into_iter().rev());
    }
    order
}

fn span(draft: Draft, place: &[u32]) -> Span {
    Span {
        id: draft.id,
        opaque: draft.opaque,
        synthetic: draft.synthetic,
        missing: draft.missing,
        trace: draft.trace,
        parent: draft.parent.map(|parent| place[parent as usize]),
        edge: draft.edge,
        links: draft.links,
        service: draft.service,
        instance: draft.instance,
        name: draft.name,
        kind: draft.kind,
        start: draft.start,
        end: draft.end,
        raw: (draft.raw != (draft.start, draft.end) && draft.raw.0 <= draft.raw.1).then_some(draft.raw),
        failed: draft.failed,
        errors: draft.errors,
        events: draft.events,
        self_time: None,
        queue_time: None,
    }
}
