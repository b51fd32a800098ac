//! A transaction as hops and steps.

use super::frame::Frame;
use crate::gather::Store;
use crate::model::{
    Basis, Detail, EventId, Level, Sample, Shape as Form, Span, SpanKind, Symbol, Trace, flag,
};
use crate::weave::words::{Act, normalized};
use rustc_hash::FxHashMap;

/// Values of a record that are looked at.
const MAX_VALUES: usize = 16;

/// What one record says that a service did.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it is: the same for all steps of a kind.
    pub kind: u64,
    /// All that it says: the same for steps that say the same of the same things.
    pub content: u64,
    /// The record.
    pub event: EventId,
    /// Its span.
    pub span: u32,
    /// When, on the common clock, in nanoseconds.
    pub time: i64,
    /// It tells of a failure.
    pub failed: bool,
    /// It warns, or tells of a failure.
    pub warned: bool,
    /// It answers with success, or refuses what was asked for: the status is below 500.
    pub answered: bool,
    /// It answers that the request is at fault: the status is from 400 to 499 (RFC 9110, section 15.5).
    pub refused: bool,
    /// It says that what it is about was there before.
    pub again: bool,
    /// How long what it tells of took, if it says so.
    pub took: Option<i64>,
}

/// What a service did for one call or message: a span with its descendants in the same service.
#[derive(Clone, Debug)]
pub struct Hop {
    /// What it is: the kind of its first step.
    pub kind: u64,
    /// Its service.
    pub service: Symbol,
    /// Its first span.
    pub span: u32,
    /// The hop that caused it.
    pub parent: Option<u32>,
    /// The span that caused it.
    pub cause: Option<u32>,
    /// It is caused by a message, so nobody waits for it.
    pub message: bool,
    /// Its steps, in order of time.
    pub steps: Vec<Step>,
    /// The hops that it caused.
    pub children: Vec<u32>,
    /// The values in its first record: name, value, and whether no other thing is likely to have the same value.
    pub values: Vec<(Symbol, Symbol, bool)>,
    /// Start and end on the common clock, in nanoseconds.
    pub start: i64,
    /// End.
    pub end: i64,
}

impl Hop {
    /// Whether a step tells of a failure.
    pub fn failed(&self) -> bool {
        self.steps.iter().any(|step| step.failed)
    }
}

/// A transaction as hops, causes before effects.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// The hops.
    pub hops: Vec<Hop>,
    /// Steps within hops of which the kind begins others: the kind, a value that they hold and its name, sorted.
    pub within: Vec<(u64, Symbol, Symbol)>,
}

impl Shape {
    /// From the first start to the last end, in nanoseconds.
    pub fn length(&self) -> i64 {
        let start = self.hops.iter().map(|hop| hop.start).min().unwrap_or(0);
        let end = self.hops.iter().map(|hop| hop.end).max().unwrap_or(0);
        end.saturating_sub(start)
    }
}

/// What all traces of a run are read with.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    /// Events and names.
    pub store: &'r Store,
    frame: &'r Frame,
}

/// Mixes a further part into the number of a kind.
pub(super) fn mix(kind: u64, part: u64) -> u64 {
    (kind.rotate_left(23) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl<'r> Run<'r> {
    /// The events at hand, of a run.
    pub fn new(store: &'r Store, frame: &'r Frame) -> Run<'r> {
        Run { store, frame }
    }

    /// What a record's template tells.
    pub fn act(&self, record: &Sample) -> Act {
        self.frame.act(record)
    }

    /// Whether two records are about the same topic or kind of event.
    pub fn share_a_name(&self, one: &Sample, other: &Sample) -> bool {
        let topic =
            |of: &Sample| (!of.topic.is_none()).then(|| normalized(self.store.symbols.text(of.topic)));
        let named = |of: &Sample, by: &Sample| {
            let names = self.frame.names.get(&of.template);
            topic(by).is_some_and(|topic| names.is_some_and(|names| names.contains(&topic)))
        };
        self.frame.share_a_name(one, other) || named(one, other) || named(other, one)
    }

    /// How fine the times of a service are written, in nanoseconds.
    pub fn grain(&self, service: Symbol) -> i64 {
        self.frame.grains.get(&service).copied().unwrap_or(1)
    }

    /// How far the times of two services may seem to be apart though they are not, in nanoseconds.
    pub fn blur(&self, one: Symbol, other: Symbol) -> i64 {
        let of = |service: Symbol| self.frame.blurs.get(&service).copied().unwrap_or_default();
        self.grain(one).max(self.grain(other)).saturating_add(of(one)).saturating_add(of(other))
    }

    /// When the first and last record of the run was logged, in nanoseconds.
    pub fn window(&self) -> (i64, i64) {
        self.frame.window
    }

    /// When the first and last record of a service was logged, in nanoseconds.
    pub fn window_of(&self, service: Symbol) -> (i64, i64) {
        self.frame.windows.get(&service).copied().unwrap_or(self.frame.window)
    }

    /// A trace as hops and steps.
    pub fn shape(&self, trace: &Trace) -> Shape {
        let mut shape = Shape::default();
        // the hop of each span, or of the hop above a span that was never logged
        let mut of_span: Vec<Option<u32>> = Vec::with_capacity(trace.spans.len());
        let mut under_missing: FxHashMap<(u32, Symbol), u32> = FxHashMap::default();
        for (index, span) in trace.spans.iter().enumerate() {
            let index = index as u32;
            let above = span.parent.and_then(|parent| of_span[parent as usize]);
            if span.missing {
                of_span.push(above);
                continue;
            }
            let parent = span.parent.filter(|&parent| trace.spans[parent as usize].missing);
            let known = match (above, parent) {
                (Some(above), _) if self.continues(trace, span, shape.hops[above as usize].service) => {
                    Some(above)
                }
                (None, Some(missing)) => under_missing.get(&(missing, span.service)).copied(),
                _ => None,
            };
            let hop = known.unwrap_or_else(|| {
                let hop = shape.hops.len() as u32;
                if let Some(above) = above {
                    shape.hops[above as usize].children.push(hop);
                }
                if let Some(missing) = parent {
                    under_missing.insert((missing, span.service), hop);
                }
                shape.hops.push(Hop {
                    kind: 0,
                    service: span.service,
                    span: index,
                    parent: above,
                    cause: span.parent,
                    message: self.by_message(trace, span),
                    steps: Vec::new(),
                    children: Vec::new(),
                    values: Vec::new(),
                    start: i64::MAX,
                    end: i64::MIN,
                });
                hop
            });
            of_span.push(Some(hop));
            self.add(span, index, &mut shape.hops[hop as usize]);
        }
        for hop in &mut shape.hops {
            let order = |step: &Step| self.store.order(step.event);
            hop.steps.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| order(a).cmp(&order(b))));
            let Some(first) = hop.steps.first() else { continue };
            hop.kind = first.kind;
            hop.values = self.values(first.event);
        }
        shape.within = self.within(&shape.hops);
        shape
    }

    /// What steps within hops hold of which the kind begins others.
    fn within(&self, hops: &[Hop]) -> Vec<(u64, Symbol, Symbol)> {
        let mut begins: Vec<u64> = hops.iter().map(|hop| hop.kind).collect();
        begins.sort_unstable();
        let inner = hops.iter().flat_map(|hop| hop.steps.iter().skip(1));
        let inner = inner.filter(|step| begins.binary_search(&step.kind).is_ok());
        let held = |step: &Step| {
            let kind = step.kind;
            self.values(step.event).into_iter().map(move |(name, value, _)| (kind, name, value))
        };
        let mut within: Vec<(u64, Symbol, Symbol)> = inner.flat_map(held).collect();
        within.sort_unstable();
        within
    }

    /// Whether a span goes on with what its parent's hop does, rather than handling a call or message of its own.
    fn continues(&self, trace: &Trace, span: &Span, service: Symbol) -> bool {
        let entry =
            matches!(span.kind, Some(SpanKind::Server | SpanKind::Consumer)) || self.by_message(trace, span);
        span.service == service && !entry
    }

    fn by_message(&self, trace: &Trace, span: &Span) -> bool {
        match (span.kind, span.edge.as_ref().map(|edge| edge.basis)) {
            (Some(SpanKind::Consumer), _) | (_, Some(Basis::Message | Basis::Link)) => true,
            (Some(SpanKind::Server), _) => false,
            // stated edges do not tell what they are
            (_, Some(Basis::Stated | Basis::Header)) => {
                let parent = span.parent.map(|parent| &trace.spans[parent as usize]);
                let sends =
                    |id: &EventId| self.frame.acts.get(&self.store.event(*id).template) == Some(&Act::Send);
                parent.is_some_and(|parent| {
                    parent.service != span.service
                        && (parent.kind == Some(SpanKind::Producer) || parent.events.iter().any(sends))
                })
            }
            _ => false,
        }
    }

    /// Whether two records are about the same thing: none of the values that tell things apart differs.
    pub fn same_values(&self, one: EventId, other: EventId) -> bool {
        let others = self.values(other);
        self.values(one).iter().filter(|(.., telling)| *telling).all(|(name, value, _)| {
            let mut values = others.iter().filter(|(known, ..)| known == name).peekable();
            values.peek().is_none() || values.any(|(_, known, _)| known == value)
        })
    }

    /// Whether two records hold the same id that is a UUID, as messages have.
    pub fn share_a_message(&self, one: EventId, other: EventId) -> bool {
        let ids = |event: EventId| {
            self.store.details(event).iter().filter_map(|detail| match *detail {
                Detail::Key { name, value, shape: Form::Uuid, .. } => Some((name, value)),
                _ => None,
            })
        };
        ids(one).take(MAX_VALUES).any(|id| ids(other).any(|known| known == id))
    }

    /// The values that two records hold, and whether no two things are likely to have one in common.
    pub fn shared_values(
        &self,
        one: EventId,
        other: EventId,
    ) -> impl Iterator<Item = (Symbol, bool)> + use<> {
        let others = self.values(other);
        let shared = self.values(one).into_iter().filter(move |it| others.contains(it));
        shared.map(|(_, value, telling)| (value, telling))
    }

    fn values(&self, event: EventId) -> Vec<(Symbol, Symbol, bool)> {
        let values = self.store.details(event).iter().filter_map(|detail| match *detail {
            Detail::Key { name, value, shape, .. } if shape != Form::Word => {
                Some((name, value, matches!(shape, Form::Uuid | Form::Hex | Form::Mixed)))
            }
            _ => None,
        });
        values.take(MAX_VALUES).collect()
    }

    fn add(&self, span: &Span, index: u32, hop: &mut Hop) {
        hop.start = hop.start.min(span.start.0);
        hop.end = hop.end.max(span.end.0);
        hop.steps.reserve(span.events.len());
        for &id in &span.events {
            let event = self.store.event(id);
            let whole = event.is(flag::WHOLE_SPAN);
            let mut kind =
                mix(span.service.0, if whole { span.name } else { self.frame.wording(event.template) }.0);
            let level = event.level.or_else(|| self.frame.loud.get(&event.template).copied());
            let mut failed = event.is(flag::FAILED)
                || level >= Some(Level::Error)
                || event.is(flag::EXCEPTION) && level >= Some(Level::Warn);
            let (mut answered, mut refused, mut took) = (false, false, None);
            let mut content = event.template.0;
            for detail in self.store.details(id) {
                match *detail {
                    Detail::Topic(name) | Detail::Event(name) => kind = mix(kind, name.0),
                    Detail::Status(status) => {
                        failed |= status >= 500;
                        answered = status < 500;
                        refused = (400..500).contains(&status);
                        kind = mix(kind, u64::from(status / 100));
                    }
                    Detail::Method(method) => kind = mix(kind, method.0),
                    Detail::Duration(nanos) => took = i64::try_from(nanos).ok(),
                    Detail::Key { name, value, .. } => content = mix(mix(content, name.0), value.0),
                    Detail::Route(said) | Detail::Peer(said) => content = mix(content, said.0),
                    _ => {}
                }
            }
            kind = mix(kind, u64::from(failed));
            let time = self.store.time(id).0;
            let warned = failed || level >= Some(Level::Warn);
            let again = self.frame.again.contains(&event.template);
            hop.steps.push(Step {
                kind,
                content: mix(kind, content),
                event: id,
                span: index,
                time,
                failed,
                warned,
                answered,
                refused,
                again,
                took,
            });
        }
    }
}

/// How long a hop itself took from one step to the next: the time in which no hop that it waits for ran.
pub(crate) fn gaps(shape: &Shape, hop: &Hop) -> Vec<(u64, u64, i64)> {
    if hop.steps.len() < 2 {
        return Vec::new();
    }
    let awaited =
        |child: &&Hop| !child.message || hop.steps.last().is_some_and(|last| child.end <= last.time);
    let mut busy: Vec<(i64, i64)> = hop
        .children
        .iter()
        .map(|&child| &shape.hops[child as usize])
        .filter(awaited)
        .map(|child| (child.start, child.end))
        .collect();
    busy.sort_unstable();
    let mut next = 0;
    // until when the time is accounted for to hops below
    let mut covered = i64::MIN;
    let mut free = |from: i64, to: i64| {
        let mut own = 0;
        let mut at = from.max(covered.min(to));
        while next < busy.len() && busy[next].0 < to {
            own += (busy[next].0 - at).max(0);
            at = at.max(busy[next].1.min(to));
            covered = covered.max(busy[next].1);
            next += 1;
        }
        own + (to - at).max(0)
    };
    let mut gaps = Vec::with_capacity(hop.steps.len());
    for pair in hop.steps.windows(2) {
        gaps.push((pair[0].kind, pair[1].kind, free(pair[0].time, pair[1].time)));
    }
    gaps
}
