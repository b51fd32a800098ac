//! What a condition says of each span of a transaction; one pass over the spans for each part of it.

use super::fields::{Field, key_name};
use super::{Expr, Order, Relation, Test};
use crate::analyze::channels::{Channels, Direction};
use crate::gather::Store;
use crate::model::{Detail, Finding, FindingKind, Span, Symbol, Trace, TraceId};
use rustc_hash::FxHashMap;
use std::cell::OnceCell;

/// What is known of the run that a transaction is of.
#[derive(Debug, Default)]
pub struct Context {
    /// The kinds of findings, by transaction.
    kinds: FxHashMap<TraceId, Vec<FindingKind>>,
    /// What records tell of messages; read when it is asked for.
    channels: OnceCell<Channels>,
}

impl Context {
    /// Of a run with these findings.
    pub fn of(findings: &[Finding]) -> Context {
        let mut kinds: FxHashMap<TraceId, Vec<FindingKind>> = FxHashMap::default();
        for finding in findings {
            if let Some(trace) = finding.trace {
                kinds.entry(trace).or_default().push(finding.kind);
            }
        }
        Context { kinds, channels: OnceCell::new() }
    }

    fn channels(&self, store: &Store) -> &Channels {
        self.channels.get_or_init(|| Channels::of(store))
    }
}

/// A transaction, and what conditions may ask about it.
#[derive(Clone, Copy, Debug)]
pub struct View<'v> {
    /// Names and events.
    pub store: &'v Store,
    /// The transaction.
    pub trace: &'v Trace,
    /// What is known of the run.
    pub context: &'v Context,
}

/// What an expression says of each span; of a transaction without spans, of one that has no field.
pub(super) fn spans(expr: &Expr, view: &View<'_>) -> Vec<bool> {
    let count = view.trace.spans.len().max(1);
    match expr {
        Expr::Not(inner) => spans(inner, view).into_iter().map(|met| !met).collect(),
        Expr::All(list) => joined(list, view, |a, b| a && b),
        Expr::Any(list) => joined(list, view, |a, b| a || b),
        Expr::Some(inner) => vec![spans(inner, view).contains(&true); count],
        Expr::Related(relation, inner) => related(*relation, &spans(inner, view), view.trace),
        Expr::Test(test) => {
            let mut depths = None;
            (0..count)
                .map(|at| Subject { view, at, span: view.trace.spans.get(at) }.meets(test, &mut depths))
                .collect()
        }
    }
}

fn joined(list: &[Expr], view: &View<'_>, join: fn(bool, bool) -> bool) -> Vec<bool> {
    let mut parts = list.iter().map(|expr| spans(expr, view));
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |one, other| one.into_iter().zip(other).map(|(a, b)| join(a, b)).collect())
}

/// Which spans have one that is `met` in this relation to them. Parents stand before their children.
fn related(relation: Relation, met: &[bool], trace: &Trace) -> Vec<bool> {
    let mut has = vec![false; met.len()];
    let parents =
        trace.spans.iter().enumerate().map(|(at, span)| (at, span.parent.map(|parent| parent as usize)));
    match relation {
        Relation::Parent => {
            parents.for_each(|(at, parent)| has[at] = parent.is_some_and(|parent| met[parent]))
        }
        Relation::Ancestor => {
            parents
                .for_each(|(at, parent)| has[at] = parent.is_some_and(|parent| met[parent] || has[parent]));
        }
        Relation::Child => parents.for_each(|(at, parent)| {
            if let Some(parent) = parent {
                has[parent] |= met[at];
            }
        }),
        Relation::Descendant => parents.rev().for_each(|(at, parent)| {
            if let Some(parent) = parent {
                has[parent] |= met[at] || has[at];
            }
        }),
    }
    has
}

struct Subject<'s, 'v> {
    view: &'s View<'v>,
    at: usize,
    span: Option<&'s Span>,
}

impl Subject<'_, '_> {
    fn meets(&self, test: &Test, depths: &mut Option<Vec<u32>>) -> bool {
        match test {
            Test::True => self.span.is_some(),
            Test::Has(field) => self.has(*field),
            Test::Named(name) => {
                self.any(Field::Service, &mut |text| text == name)
                    || self.any(Field::Name, &mut |text| text == name)
            }
            Test::Is { field, texts, not } => {
                self.texts(*field, *not, &mut |text| texts.iter().any(|wanted| wanted == text))
            }
            Test::Matches { field, pattern, not } => {
                self.texts(*field, *not, &mut |text| pattern.is_match(text))
            }
            Test::Number { field, order, number } => {
                self.number(*field, depths).is_some_and(|found| order.holds(found, *number))
            }
            Test::Key { name, values, not } => {
                let mut known = false;
                let mut equal = false;
                self.keys(*name, &mut |value| {
                    known = true;
                    equal |= values.contains(&value);
                });
                known && equal != *not
            }
        }
    }

    /// Whether one of the texts of a field meets a test; with `not`, whether there is one and none does.
    fn texts(&self, field: Field, not: bool, test: &mut dyn FnMut(&str) -> bool) -> bool {
        let mut known = false;
        let met = self.any(field, &mut |text| {
            known = true;
            test(text)
        });
        known && met != not
    }

    fn has(&self, field: Field) -> bool {
        let span = |test: fn(&Span) -> bool| self.span.is_some_and(test);
        match field {
            Field::Failed => span(|span| span.failed),
            Field::Root => span(|span| span.parent.is_none()),
            Field::Synthetic => span(|span| span.synthetic),
            Field::Missing => span(|span| span.missing),
            // spans stand right behind their parents
            Field::Leaf => {
                self.span.is_some()
                    && self
                        .view
                        .trace
                        .spans
                        .get(self.at + 1)
                        .is_none_or(|next| next.parent != Some(self.at as u32))
            }
            Field::Key(name) => {
                let mut known = false;
                self.keys(name, &mut |_| known = true);
                known
            }
            // also from a topic that nobody names
            Field::Receives | Field::Sends => self.any(field, &mut |_| true),
            field => self.any(field, &mut |text| !text.is_empty()),
        }
    }

    /// Whether one of the texts of a field meets a test.
    fn any(&self, field: Field, test: &mut dyn FnMut(&str) -> bool) -> bool {
        let View { store, trace, context } = *self.view;
        let symbol = |symbol: Symbol, test: &mut dyn FnMut(&str) -> bool| {
            let text = store.symbols.text(symbol);
            !text.is_empty() && test(text)
        };
        match field {
            Field::TraceId => {
                std::iter::once(&trace.id).chain(&trace.members).any(|id| test(&store.trace_text(*id)))
            }
            Field::TraceName => symbol(trace.name, test),
            Field::TraceService => symbol(trace.service, test),
            Field::TraceStatus => test(trace.status.name()),
            Field::TraceFinding => {
                let ids = std::iter::once(&trace.id).chain(&trace.members);
                ids.filter_map(|id| context.kinds.get(id)).flatten().any(|kind| test(kind.name()))
            }
            _ => self.span.is_some_and(|span| self.of_span(span, field, test)),
        }
    }

    fn of_span(&self, span: &Span, field: Field, test: &mut dyn FnMut(&str) -> bool) -> bool {
        let store = self.view.store;
        let symbol = |symbol: Symbol, test: &mut dyn FnMut(&str) -> bool| {
            let text = store.symbols.text(symbol);
            !text.is_empty() && test(text)
        };
        let flows = |wanted: Option<Direction>, test: &mut dyn FnMut(&str) -> bool| {
            let flows = self.view.context.channels(store).flows(store, span);
            let mut fitting =
                flows.iter().filter(|flow| wanted.is_none_or(|wanted| flow.direction == wanted));
            fitting.any(|flow| test(flow.topic.as_ref().map_or("", |topic| &topic.name)))
        };
        match field {
            Field::Service => symbol(span.service, test),
            Field::Instance => symbol(span.instance, test),
            Field::Name => symbol(span.name, test),
            Field::Kind => span.kind.is_some_and(|kind| test(&kind.name().to_ascii_lowercase())),
            Field::Status => test(if span.failed { "error" } else { "ok" }),
            Field::Basis => span.edge.as_ref().is_some_and(|edge| test(edge.basis.name())),
            Field::Message => span.events.iter().any(|id| symbol(store.event(*id).template, test)),
            Field::Id => test(&store.span_text(span.id, span.opaque)),
            Field::Topic => flows(None, test),
            Field::Sends => flows(Some(Direction::Sends), test),
            Field::Receives => flows(Some(Direction::Receives), test),
            _ => false,
        }
    }

    fn number(&self, field: Field, depths: &mut Option<Vec<u32>>) -> Option<f64> {
        let trace = self.view.trace;
        let of_trace = match field {
            Field::TraceDuration => Some(trace.duration()),
            Field::TraceErrors => Some(u64::from(trace.error_count())),
            Field::TraceSpans => Some(trace.spans.iter().filter(|span| !span.missing).count() as u64),
            Field::TraceRecords => Some(trace.record_count() as u64),
            Field::TraceServices => Some(trace.services.len() as u64),
            _ => None,
        };
        if let Some(number) = of_trace {
            return Some(number as f64);
        }
        let span = self.span?;
        match field {
            Field::Depth => Some(f64::from(depths.get_or_insert_with(|| depths_of(trace))[self.at])),
            Field::Confidence => span.edge.as_ref().map(|edge| f64::from(edge.confidence)),
            _ if span.missing => None,
            Field::Duration => Some(span.end.0.saturating_sub(span.start.0).max(0) as f64),
            Field::Own => span.self_time.map(|nanos| nanos as f64),
            Field::Queue => span.queue_time.map(|nanos| nanos as f64),
            Field::Offset => Some(span.start.0.saturating_sub(trace.start.0).max(0) as f64),
            Field::Errors => Some(f64::from(span.errors)),
            Field::Records => Some(span.events.len() as f64),
            _ => None,
        }
    }

    /// Hands out the values of a key: those in the span's records, and those that name the transaction.
    fn keys(&self, wanted: Symbol, take: &mut dyn FnMut(Symbol)) {
        let View { store, trace, .. } = *self.view;
        for (name, value) in &trace.keys {
            if key_name(store.symbols.text(*name)) == wanted {
                take(*value);
            }
        }
        let events = match self.span {
            Some(span) => &span.events,
            None => &trace.loose,
        };
        for detail in events.iter().flat_map(|id| store.details(*id)) {
            if let Detail::Key { name, value, .. } = detail
                && *name == wanted
            {
                take(*value);
            }
        }
    }
}

/// How many spans stand above each span.
fn depths_of(trace: &Trace) -> Vec<u32> {
    let mut depths = vec![0u32; trace.spans.len()];
    for (at, span) in trace.spans.iter().enumerate() {
        if let Some(parent) = span.parent {
            depths[at] = depths[parent as usize] + 1;
        }
    }
    depths
}

impl Order {
    pub(super) fn holds(self, found: f64, number: f64) -> bool {
        match self {
            Order::Equal => found == number,
            Order::Unequal => found != number,
            Order::Less => found < number,
            Order::AtMost => found <= number,
            Order::More => found > number,
            Order::AtLeast => found >= number,
        }
    }
}
