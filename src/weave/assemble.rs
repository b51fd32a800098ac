//! Puts the spans of a transaction in their order and says what it is as a whole.

use super::spans::{Draft, Drafts};
use crate::gather::{Fragment, Store};
use crate::model::{Span, Status, Symbol, Time, Trace};

/// A trace of spans that have their parents.
pub(super) fn trace(store: &Store, fragment: &Fragment, drafts: Drafts) -> Trace {
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
    let times = || fragment.events.iter().map(|id| store.event(*id).time);
    let start = spans.iter().map(|span| span.start).chain(times()).min().unwrap_or_default();
    let end = spans.iter().map(|span| span.end).chain(times()).max().unwrap_or_default();
    let root = (0..spans.len()).find(|&index| spans[index].parent.is_none());
    let mut services: Vec<Symbol> = Vec::new();
    let mut by_start: Vec<&Span> = spans.iter().filter(|span| !span.missing).collect();
    by_start.sort_by_key(|span| (span.start, span.id));
    let logged = fragment.events.iter().map(|id| store.event(*id).service);
    for service in by_start.iter().map(|span| span.service).chain(logged) {
        if !service.is_none() && !services.contains(&service) {
            services.push(service);
        }
    }
    let named =
        root.map(|index| &spans[index]).filter(|span| !span.missing).or_else(|| by_start.first().copied());
    let failed = root.is_some_and(|index| spans[index].failed);
    Trace {
        id: fragment.trace,
        opaque: fragment.opaque,
        members: vec![fragment.trace],
        keys: Vec::new(),
        name: named.map_or(Symbol::NONE, |span| span.name),
        service: named.map_or_else(|| services.first().copied().unwrap_or_default(), |span| span.service),
        root: root.map(|index| index as u32),
        start,
        end,
        status: if failed { Status::Error } else { Status::Ok },
        services,
        spans,
        loose,
        critical_path: Vec::new(),
    }
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
            (draft.start, draft.end) = (Time(0), Time(0));
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
        raw: None,
        failed: draft.failed,
        errors: draft.errors,
        events: draft.events,
        self_time: None,
        queue_time: None,
    }
}
