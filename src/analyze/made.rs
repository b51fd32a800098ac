//! Made-up transactions for tests: what their services log, and when, without any file or weaving.

use super::Learning;
use super::flow::Part;
use crate::gather::{Placement, Source, Store, Window};
use crate::model::{
    Basis, Batch, Detail, Edge, Event, EventId, Finding, FindingKind, Level, Place, Prefix, Severity, Shape,
    Span, SpanId, Status, Symbol, Time, Trace, TraceId,
};

/// What one record says: milliseconds since the start of the transaction, level and template. What stands behind `=` is a
/// value.
pub(super) type Says<'t> = (i64, Level, &'t str);
/// A span: its service, the index of the span that caused it, whether a message did, and its records.
pub(super) type Does<'t> = (&'t str, Option<u32>, bool, &'t [Says<'t>]);

/// A run.
pub(super) struct Made {
    store: Store,
    traces: Vec<Trace>,
}

/// From one transaction to the next, in milliseconds.
const APART: i64 = 10_000;

impl Made {
    pub(super) fn new() -> Made {
        let batch = Batch { events: Vec::new(), ..Batch::default() };
        let source = Source {
            name: "made.log".into(),
            rank: 0,
            descending: false,
            first: None,
            placement: Placement::default(),
        };
        let store = Store { sources: vec![source], batches: vec![batch], ..Store::default() };
        Made { store, traces: Vec::new() }
    }

    /// Adds a transaction.
    pub(super) fn add(&mut self, does: &[Does<'_>]) {
        let at = self.traces.len() as i64 * APART + 1;
        let nanos = |millis: i64| Time((at + millis) * 1_000_000);
        let id = TraceId::opaque(&self.traces.len().to_le_bytes());
        let spans = does.iter().enumerate().map(|(index, &(service, parent, message, says))| {
            let name = self.store.symbols.keep(service.as_bytes());
            let basis = if message { Basis::Message } else { Basis::Call };
            let events = says.iter().map(|&(millis, level, text)| {
                let (text, keys) = masked(text);
                let template = self.store.symbols.keep(text.as_bytes());
                *self.store.census.templates.entry(template).or_default() += 1;
                let number = self.store.batches[0].events.len();
                let mut event = Event::at(Place { line: number as u64 + 1, ..Place::default() });
                (event.time, event.service, event.template) = (nanos(millis), name, template);
                (event.level, event.trace) = (Some(level), Some(id));
                let details = &mut self.store.batches[0].details;
                (event.details_start, event.details_len) = (details.len() as u32, keys.len() as u16);
                details.extend(keys);
                self.store.batches[0].events.push(event);
                EventId { batch: 0, index: number as u32 }
            });
            let events: Vec<EventId> = events.collect();
            let times = || says.iter().map(|(millis, ..)| nanos(*millis));
            Span {
                id: SpanId::new(index as u64 + 1).expect("not zero"),
                opaque: false,
                synthetic: false,
                missing: false,
                trace: None,
                parent,
                edge: parent.map(|_| Edge { basis, confidence: 1.0, proofs: Vec::new(), runner_up: None }),
                links: Vec::new(),
                service: name,
                instance: Symbol::NONE,
                name: Symbol::NONE,
                kind: None,
                start: times().min().unwrap_or_default(),
                end: times().max().unwrap_or_default(),
                raw: None,
                failed: false,
                errors: 0,
                events,
                self_time: None,
                queue_time: None,
            }
        });
        let spans: Vec<Span> = spans.collect();
        self.traces.push(Trace { id, service: spans[0].service, ..trace(spans) });
    }

    /// Has each transaction be the one of a trace id.
    pub(super) fn by_trace_ids(mut self) -> Made {
        self.traces.iter_mut().for_each(|trace| trace.members = vec![trace.id]);
        self
    }

    /// Has so many records logged with a template that are in no transaction.
    pub(super) fn log_elsewhere(&mut self, text: &str, records: u64) {
        let template = self.store.symbols.keep(text.as_bytes());
        *self.store.census.templates.entry(template).or_default() += records;
    }

    /// What is found in the transaction that was added last: kind, severity, service and summary.
    pub(super) fn of_the_last(mut self) -> Vec<(FindingKind, Severity, String, String)> {
        // the logs go on for long
        let end = Time((self.traces.len() as i64 + 100) * APART * 1_000_000);
        for trace in &self.traces {
            for span in &trace.spans {
                let window = Window { low: Time(0), high: end, grain: 1_000_000 };
                self.store.census.windows.insert((span.service, Symbol::NONE), window);
            }
        }
        let mut learning = Learning::new(&self.store);
        let mut part = Part::default();
        self.traces.iter().for_each(|trace| learning.see(&self.store, &mut part, trace));
        learning.add(part).expect("it is in memory");
        let mut judging = learning.finish().expect("it is in memory");
        let found = judging.judge(&self.store, &mut self.traces, false);
        let last = self.traces.last().map(|trace| trace.id);
        let text = |symbol: Symbol| self.store.symbols.text(symbol).to_owned();
        let told = |it: Finding| (it.kind, it.severity, text(it.service), it.summary);
        found.into_iter().filter(|finding| finding.trace == last).map(told).collect()
    }
}

/// A template without the values in it, and these.
fn masked(text: &str) -> (String, Vec<Detail>) {
    let mut keys = Vec::new();
    let words = text.split(' ').map(|word| match word.split_once('=') {
        Some((name, value)) => {
            let (name_of, value) = (Symbol::of(name.as_bytes()), Symbol::of(value.as_bytes()));
            keys.push(Detail::Key { name: name_of, value, shape: Shape::Mixed, prefix: Prefix::default() });
            format!("{name}=<*>")
        }
        None => word.to_owned(),
    });
    let text: Vec<String> = words.collect();
    (text.join(" "), keys)
}

/// A transaction of these spans, of which the first is the root.
pub(crate) fn trace(spans: Vec<Span>) -> Trace {
    Trace {
        id: TraceId::opaque(b"t"),
        opaque: false,
        members: Vec::new(),
        keys: Vec::new(),
        name: Symbol::NONE,
        service: Symbol::NONE,
        root: Some(0),
        start: spans.iter().map(|span| span.start).min().unwrap_or_default(),
        end: spans.iter().map(|span| span.end).max().unwrap_or_default(),
        status: Status::Ok,
        services: Vec::new(),
        spans,
        loose: Vec::new(),
        loose_errors: 0,
        critical_path: Vec::new(),
    }
}
