//! The critical path: the chain of work and waiting that made a transaction last as long as it did.
//!
//! Walked backwards from an end. Within a span the way leads into the child that ended last before (the span waited for
//! it), from the start of such a child back to its caller, and from the start of a span that nobody waited for back to
//! where its cause sent it off. Sections follow one another without gap or overlap and sum to the whole exactly. No
//! recursion; each child is looked at once, so the cost is that of sorting the children.

use super::waits::{Waits, known, sent};
use crate::gather::Store;
use crate::model::{PathKind, PathPart, Span, Time, Trace};

/// Two children overlap if more than this part of their parent's time is common to both.
const HAIR: i64 = 100;

/// A critical path, and by how much its other branches could have been later.
#[derive(Clone, Debug, Default)]
pub struct CriticalPath {
    /// The sections, in order of time.
    pub parts: Vec<PathPart>,
    /// By span: how much later it could have ended, in nanoseconds, before it held up whoever waited for it; none for
    /// spans on the path and for those that nobody waited for.
    pub slack: Vec<Option<u64>>,
}

impl CriticalPath {
    /// Until the last effect: all of a transaction's time.
    pub fn until_the_end(store: &Store, trace: &Trace) -> CriticalPath {
        let known = |index: &usize| known(&trace.spans[*index]);
        // of several that end last the outermost: the way leads into those that it waits for
        let last = (0..trace.spans.len())
            .filter(known)
            .max_by_key(|&index| (trace.spans[index].end, std::cmp::Reverse(index)));
        last.map_or_else(CriticalPath::default, |last| walk(store, trace, last, trace.start))
    }

    /// Until the root has answered: what a caller of the transaction waits for.
    pub fn until_the_answer(store: &Store, trace: &Trace) -> CriticalPath {
        let root = trace.root.map(|root| root as usize).filter(|&root| known(&trace.spans[root]));
        root.map_or_else(CriticalPath::default, |root| walk(store, trace, root, trace.spans[root].start))
    }
}

/// One walk from the end of a span back to `floor`.
struct Walk<'w> {
    trace: &'w Trace,
    waits: Waits,
    /// By span: the children that it waits for, those that end first come first; taken from the end.
    children: Vec<Vec<u32>>,
    /// By span: when the last child that held it up ended.
    held: Vec<Option<Time>>,
    parts: Vec<PathPart>,
    slack: Vec<Option<u64>>,
    /// Where the path is: everything later is told.
    at: Time,
}

fn walk(store: &Store, trace: &Trace, last: usize, floor: Time) -> CriticalPath {
    let waits = Waits::of(store, trace);
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); trace.spans.len()];
    for (index, span) in trace.spans.iter().enumerate() {
        if let (Some(parent), true) = (span.parent, waits.waited[index]) {
            children[parent as usize].push(index as u32);
        }
    }
    for list in &mut children {
        // of two that end together the one that began later comes first on the way back
        list.sort_by_key(|&child| {
            let span = &trace.spans[child as usize];
            (waits.end[child as usize], span.start, span.id, child)
        });
    }
    let slots = || vec![None; trace.spans.len()];
    let at = trace.spans[last].end;
    let mut walk = Walk {
        trace,
        waits,
        children,
        held: vec![None; trace.spans.len()],
        parts: Vec::new(),
        slack: slots(),
        at,
    };
    let mut current = last as u32;
    // who waits for the spans that the way led into
    let mut callers: Vec<u32> = Vec::new();
    while walk.at > floor {
        let span = &trace.spans[current as usize];
        if let Some((child, end)) = walk.awaited(current) {
            walk.tell(current, end.max(floor), work(span));
            callers.push(current);
            current = child;
            continue;
        }
        walk.tell(current, span.start.max(floor), work(span));
        if let Some(caller) = callers.pop() {
            current = caller;
            continue;
        }
        let Some(cause) = span.parent else { break };
        let source = &trace.spans[cause as usize];
        if known(source) {
            let kind = match (walk.waits.waited[current as usize], span.service == source.service) {
                (false, _) => PathKind::Queue,
                (true, false) => PathKind::Network,
                (true, true) => PathKind::Work,
            };
            walk.tell(current, sent(store, source, span).max(floor), kind);
        }
        current = cause;
    }
    walk.tell(current, floor, PathKind::Unlogged);
    walk.parts.reverse();
    for part in &walk.parts {
        walk.slack[part.span as usize] = None;
    }
    CriticalPath { parts: walk.parts, slack: walk.slack }
}

fn work(span: &Span) -> PathKind {
    if span.missing { PathKind::Unlogged } else { PathKind::Work }
}

impl Walk<'_> {
    /// The child that a span waited for last before the path's place, and when it ended; those that ended later had the
    /// time to spare until the one that held the span up. A hair's breadth of overlap is the clock's, not theirs.
    fn awaited(&mut self, span: u32) -> Option<(u32, Time)> {
        let whole = &self.trace.spans[span as usize];
        let hair = whole.end.0.saturating_sub(whole.start.0).max(0) / HAIR;
        while let Some(child) = self.children[span as usize].pop() {
            let (start, end) = (self.trace.spans[child as usize].start, self.waits.end[child as usize]);
            let overlap = end.0.saturating_sub(self.at.0);
            let ended = overlap <= 0 || overlap <= hair && self.at.0.saturating_sub(start.0) > overlap;
            if ended && start < self.at {
                let end = end.min(self.at);
                self.held[span as usize] = Some(end);
                return Some((child, end));
            }
            if let Some(held) = self.held[span as usize] {
                self.slack[child as usize] = Some(held.0.saturating_sub(end.0).max(0) as u64);
            }
        }
        None
    }

    /// Tells the time from `from` to the path's place, if there is any.
    fn tell(&mut self, span: u32, from: Time, kind: PathKind) {
        if from < self.at {
            self.parts.push(PathPart { span, start: from, end: self.at, kind });
            self.at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::made::trace;
    use crate::model::{Basis, Batch, Edge, Event, EventId, Place, SpanId, SpanKind, Symbol, flag};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// A span of a service below another one, from one time to another in milliseconds.
    fn span(id: u64, parent: Option<u32>, service: &str, times: (i64, i64), message: bool) -> Span {
        let (start, end) = (Time(times.0 * 1_000_000), Time(times.1 * 1_000_000));
        let basis = if message { Basis::Message } else { Basis::Stated };
        Span {
            id: SpanId::new(id + 1).expect("not zero"),
            opaque: false,
            synthetic: false,
            missing: false,
            trace: None,
            parent,
            edge: parent.map(|_| Edge { basis, confidence: 1.0, proofs: Vec::new(), runner_up: None }),
            links: Vec::new(),
            service: Symbol::of(service.as_bytes()),
            instance: Symbol::NONE,
            name: Symbol::NONE,
            kind: message.then_some(SpanKind::Consumer),
            start,
            end,
            raw: None,
            failed: false,
            errors: 0,
            events: Vec::new(),
            self_time: None,
            queue_time: None,
        }
    }

    /// A path as span, kind and milliseconds.
    fn told(path: &CriticalPath) -> Vec<(u32, PathKind, i64, i64)> {
        let millis = |time: Time| time.0 / 1_000_000;
        path.parts.iter().map(|part| (part.span, part.kind, millis(part.start), millis(part.end))).collect()
    }

    #[test]
    fn the_path_goes_through_calls_and_queues() {
        use PathKind::{Queue, Work};
        let trace = trace(vec![
            span(0, None, "shop", (1, 101), false),
            span(1, Some(0), "orders", (21, 81), false),
            span(2, Some(1), "mail", (201, 301), true),
        ]);
        let store = Store::default();
        let whole = CriticalPath::until_the_end(&store, &trace);
        assert_eq!(
            told(&whole),
            [(0, Work, 1, 21), (1, Work, 21, 81), (2, Queue, 81, 201), (2, Work, 201, 301)]
        );
        let answer = CriticalPath::until_the_answer(&store, &trace);
        assert_eq!(told(&answer), [(0, Work, 1, 21), (1, Work, 21, 81), (0, Work, 81, 101)]);
    }

    #[test]
    fn calls_that_touch_are_all_on_the_path() {
        use PathKind::Work;
        let trace = trace(vec![
            span(0, None, "shop", (1, 41), false),
            span(1, Some(0), "a", (11, 21), false),
            span(2, Some(0), "b", (21, 31), false),
        ]);
        let path = CriticalPath::until_the_answer(&Store::default(), &trace);
        assert_eq!(told(&path), [(0, Work, 1, 11), (1, Work, 11, 21), (2, Work, 21, 31), (0, Work, 31, 41)]);
    }

    #[test]
    fn the_slow_branch_of_a_fan_out_is_on_the_path_and_the_others_have_slack() {
        let trace = trace(vec![
            span(0, None, "shop", (1, 101), false),
            span(1, Some(0), "slow", (11, 91), false),
            span(2, Some(0), "quick", (11, 31), false),
        ]);
        let path = CriticalPath::until_the_answer(&Store::default(), &trace);
        assert_eq!(path.slack, [None, None, Some(60_000_000)]);
        assert!(path.parts.iter().all(|part| part.span != 2));
    }

    /// A case: spans as service, operation, parent, start and end; own times of operations as CRISP publishes them, and
    /// where they differ, as they are here.
    #[derive(serde::Deserialize)]
    struct Published {
        name: String,
        spans: Vec<(String, String, Option<u32>, i64, i64)>,
        published: BTreeMap<String, i64>,
        here: Option<BTreeMap<String, i64>>,
    }

    /// CRISP counts the time that two children have in common twice, and takes it from the parent; here it is told once,
    /// so that the sections sum to the whole: that is the only difference.
    #[test]
    fn published_times_of_operations_are_found_again() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/critical-paths.json");
        let text = std::fs::read_to_string(path).expect("it is there");
        let cases: Vec<Published> = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(cases.len(), 33);
        for case in &cases {
            let make =
                |(at, (service, _, parent, from, to)): (usize, &(String, String, Option<u32>, i64, i64))| {
                    span(at as u64, *parent, service, (1_000 + from, 1_000 + to), false)
                };
            let mut trace = trace(case.spans.iter().enumerate().map(make).collect());
            // all spans are exported ones
            let mut event = Event::at(Place::default());
            event.flags = flag::WHOLE_SPAN;
            let batch = Batch { events: vec![event], ..Batch::default() };
            let store = Store { batches: vec![batch], ..Store::default() };
            trace.spans.iter_mut().for_each(|span| span.events.push(EventId::default()));
            let mut own: BTreeMap<String, i64> = BTreeMap::new();
            for (span, _, from, to) in told(&CriticalPath::until_the_answer(&store, &trace)) {
                let (service, operation, ..) = &case.spans[span as usize];
                *own.entry(format!("{service} {operation}")).or_default() += to - from;
            }
            let mut expected = case.here.as_ref().unwrap_or(&case.published).clone();
            expected.retain(|_, own| *own > 0);
            assert_eq!(own, expected, "{}", case.name);
            let whole = case.spans[0].4 - case.spans[0].3;
            assert_eq!(own.values().sum::<i64>(), whole, "{}", case.name);
        }
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_spans_is_no_trouble() {
        let spans = (0..100_000)
            .map(|at| span(at, (at > 0).then(|| at as u32 - 1), "s", (1 + at as i64, 300_000), false));
        let trace = trace(spans.collect());
        let path = CriticalPath::until_the_end(&Store::default(), &trace);
        assert_eq!(path.parts.len(), 100_000);
    }

    /// Random causes: each span under one before it, calls and messages, children that begin before their parents and
    /// outlive them.
    fn graphs() -> impl Strategy<Value = Trace> {
        let one = (any::<prop::sample::Index>(), 0usize..4, -30i64..80, 0i64..60, any::<bool>());
        prop::collection::vec(one, 0..40).prop_map(|rest| {
            let mut spans = vec![span(0, None, "0", (1_000, 1_050), false)];
            for (parent, service, after, length, message) in rest {
                let parent = parent.index(spans.len());
                let start = spans[parent].start.0 / 1_000_000 + after;
                let id = spans.len() as u64;
                spans.push(span(
                    id,
                    Some(parent as u32),
                    &service.to_string(),
                    (start, start + length),
                    message,
                ));
            }
            trace(spans)
        })
    }

    proptest! {
        #[test]
        fn sections_follow_one_another_and_sum_to_the_whole(trace in graphs()) {
            let store = Store::default();
            let root = &trace.spans[0];
            for (path, from, to) in [
                (CriticalPath::until_the_end(&store, &trace), trace.start, trace.end),
                (CriticalPath::until_the_answer(&store, &trace), root.start, root.end),
            ] {
                let mut at = from;
                for part in &path.parts {
                    prop_assert_eq!(part.start, at);
                    prop_assert!(part.end > part.start);
                    at = part.end;
                }
                prop_assert_eq!(at, to);
            }
        }
    }
}
