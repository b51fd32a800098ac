//! Parents that the logs state, and what has to be mended in them.

use super::spans::{Draft, Drafts, Same, stated_edge};
use crate::gather::Store;
use crate::model::{Basis, Proof, SpanId, SpanKind, Symbol, Time, TraceId, flag};
use rustc_hash::FxHashMap;

/// Gives each span the parent that is stated for it; a parent that logged nothing becomes a placeholder.
pub(super) fn stated(drafts: &mut Drafts) {
    shared(drafts);
    for index in 0..drafts.spans.len() {
        let draft = &drafts.spans[index];
        if draft.parent.is_some() {
            continue;
        }
        let (parent, edge) = match (draft.stated, draft.header) {
            (Some((parent, event)), _) => (parent, stated_edge(Basis::Stated, Proof::ParentId(event))),
            (None, Some((parent, event))) => (parent, stated_edge(Basis::Header, Proof::Header(event))),
            (None, None) => continue,
        };
        let (service, Some(trace)) = (draft.service, draft.trace) else { continue };
        let at = find(drafts, trace, parent, service, index as u32)
            .unwrap_or_else(|| placeholder(drafts, trace, parent));
        drafts.spans[index].parent = Some(at);
        drafts.spans[index].edge = Some(edge);
    }
    // one that another trace id caused begins with such a span, too
    if drafts.spans.windows(2).all(|pair| pair[0].trace == pair[1].trace) {
        drafts.spans.iter_mut().filter(|draft| is_named_as_trace(draft)).for_each(|draft| draft.root = true);
    }
}

/// Takes back that spans have no parent where the logs may only leave out who it is. A trace has one root, it is the first
/// span of its service there, and a service that never states a parent says nothing by stating none; what the whole trace
/// begins with is a root whoever says so.
pub(super) fn false_roots(store: &Store, spans: &mut [Draft]) {
    let logged = |draft: &Draft| draft.events.iter().any(|id| !store.event(*id).is(flag::WHOLE_SPAN));
    if !spans.iter().any(|draft| draft.root && logged(draft)) {
        return;
    }
    let mut claims: FxHashMap<Option<TraceId>, u32> = FxHashMap::default();
    // of each trace, and of each service in it
    let mut first: FxHashMap<(Option<TraceId>, Option<Symbol>), Time> = FxHashMap::default();
    for draft in spans.iter() {
        *claims.entry(draft.trace).or_default() += u32::from(draft.root);
        for service in [None, Some(draft.service)] {
            let first = first.entry((draft.trace, service)).or_insert(draft.start);
            *first = draft.start.min(*first);
        }
    }
    for draft in spans.iter_mut().filter(|draft| draft.root && logged(draft)) {
        let begins = |service| first[&(draft.trace, service)] == draft.start;
        let states = || store.census.services.get(&draft.service).is_some_and(|of| of.parents > 0);
        draft.root = begins(None) || begins(Some(draft.service)) && claims[&draft.trace] == 1 && states();
    }
}

/// Whether a span's id is one half of its trace's, as that of the first span is with Zipkin's tracers, with Datadog's for Node
/// and where a proxy makes both of one number.
fn is_named_as_trace(draft: &Draft) -> bool {
    let bits = draft.trace.filter(|_| draft.parent.is_none()).map_or(0, TraceId::bits);
    draft.id.bits() == bits as u64 || draft.id.bits() == (bits >> 64) as u64
}

/// Of the spans with one id, the server's hangs under the client's.
fn shared(drafts: &mut Drafts) {
    let several = drafts.by_id.values().filter(|group| group.are_several());
    let groups: Vec<Vec<u32>> = several.map(|group| group.iter().collect()).collect();
    for mut group in groups {
        let rank = |draft: &Draft| match draft.kind {
            Some(SpanKind::Client | SpanKind::Producer) => 0,
            Some(SpanKind::Server | SpanKind::Consumer) => 2,
            _ => 1,
        };
        group.sort_by_key(|&index| {
            let draft = &drafts.spans[index as usize];
            (rank(draft), draft.start, draft.service)
        });
        let first = group[0];
        for &index in &group[1..] {
            let draft = &mut drafts.spans[index as usize];
            let text = [draft.id.bits().to_be_bytes(), draft.service.0.to_be_bytes()].concat();
            draft.id = SpanId::opaque(&text);
            draft.synthetic = true;
            draft.stated = None;
            draft.parent = Some(first);
            draft.edge = Some(stated_edge(Basis::Stated, Proof::SharedSpan));
        }
    }
}

/// The span that an id means to a child: one of the child's own service goes before.
fn find(drafts: &Drafts, trace: TraceId, id: SpanId, service: Symbol, child: u32) -> Option<u32> {
    let group = drafts.by_id.get(&(trace, id))?;
    let own = group.iter().find(|&index| drafts.spans[index as usize].service == service && index != child);
    own.or_else(|| group.iter().find(|&index| index != child))
}

/// A span that is only known as somebody's parent: one for each id, so that siblings stay together.
fn placeholder(drafts: &mut Drafts, trace: TraceId, id: SpanId) -> u32 {
    let index = drafts.spans.len() as u32;
    let mut draft = Draft::new(id);
    draft.missing = true;
    draft.trace = Some(trace);
    drafts.spans.push(draft);
    Same::add(drafts.by_id.entry((trace, id)), index);
    index
}

/// Breaks each cycle of parents at the edge of its earliest span.
pub(super) fn cycles(spans: &mut [Draft]) {
    // 0: not seen, 1: on the way, 2: done
    let mut state = vec![0u8; spans.len()];
    for start in 0..spans.len() {
        let mut path = Vec::new();
        let mut at = start;
        while state[at] == 0 {
            state[at] = 1;
            path.push(at);
            match spans[at].parent {
                Some(parent) => at = parent as usize,
                None => break,
            }
        }
        if state[at] == 1
            && spans[at].parent.is_some()
            && let Some(from) = path.iter().position(|&index| index == at)
        {
            let cut = path[from..]
                .iter()
                .copied()
                .min_by_key(|&index| (spans[index].start, spans[index].id))
                .unwrap_or(at);
            spans[cut].parent = None;
            spans[cut].edge = None;
        }
        for index in path {
            state[index] = 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spans of one trace with these ids.
    fn drafts(trace: u128, ids: &[u64]) -> Drafts {
        let mut drafts = Drafts::default();
        for (index, id) in (0..).zip(ids) {
            let id = SpanId::new(*id).unwrap_or(SpanId::opaque(b"none"));
            let mut draft = Draft::new(id);
            draft.trace = TraceId::new(trace);
            Same::add(drafts.by_id.entry((draft.trace.unwrap_or(TraceId::opaque(b"none")), id)), index);
            drafts.spans.push(draft);
        }
        drafts
    }

    #[test]
    fn a_span_with_the_id_of_its_trace_has_no_parent() {
        let mut found = drafts(0xa1_0000_0000_0000_00b2, &[0xb2, 0xa1, 0xc3]);
        stated(&mut found);
        assert_eq!(found.spans.iter().map(|draft| draft.root).collect::<Vec<_>>(), [true, true, false]);
        found.spans.iter_mut().for_each(|draft| draft.root = false);
        // it may be caused by another trace
        found.spans[2].trace = TraceId::new(7);
        stated(&mut found);
        assert!(found.spans.iter().all(|draft| !draft.root));
    }
}
