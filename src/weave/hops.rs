//! Spans for events that print no span id: what one service logged while it handled one call or message.
//!
//! Within a transaction the events of a service are cut where a new call or message comes in, and an event goes to the
//! hop that it continues: by thread, by the values it shares, else the one that logged last.

use super::handed::{Handed, values};
use super::lexicon::Lexicon;
use super::spans::{Draft, Drafts, name};
use super::stitch::Group;
use super::words::Act;
use crate::gather::{Fragments, Store};
use crate::model::{Detail, Event, EventId, HeaderRole, SpanId, Symbol, Time};
use rustc_hash::{FxHashMap, FxHashSet};

/// How the events of a service follow one another in the transactions of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequences {
    /// For a service and a template: how often it came first in a transaction, and how often at all.
    firsts: FxHashMap<(Symbol, Symbol), (u32, u32)>,
    /// For a service and a template: how often it came last.
    lasts: FxHashMap<(Symbol, Symbol), u32>,
    /// For a service and two templates: how often the second came right after the first, and the sum of the gaps (see
    /// [`scaled`]).
    follows: FxHashMap<(Symbol, Symbol, Symbol), (u32, u64)>,
    /// For a service and a template that holds a message's value first in its service: how often another service held it
    /// before, and how often any other held it.
    incoming: FxHashMap<(Symbol, Symbol), (u32, u32)>,
    /// For a service: the counts and sums of gaps of all that follows, once all parts are merged.
    gaps: FxHashMap<Symbol, (u64, u64)>,
}

/// A gap as sixteenths of its binary logarithm in microseconds: sums of these give the geometric mean.
fn scaled(gap: i64) -> u64 {
    (((gap.max(0) / 1000 + 1) as f64).log2() * 16.0) as u64
}

impl Sequences {
    /// Takes in one transaction: its events without span id, and who holds its values.
    fn learn(&mut self, store: &Store, events: &[EventId], held: &Handed) {
        let mut last: Vec<(Symbol, EventId)> = Vec::new();
        for &id in events {
            let event = store.event(id);
            let key = (event.service, event.template);
            let entry = self.firsts.entry(key).or_default();
            entry.1 += 1;
            match last.iter_mut().find(|(service, _)| *service == event.service) {
                Some((_, before)) => {
                    let (known, known_time) = (store.event(*before), store.time(*before));
                    let entry =
                        self.follows.entry((event.service, known.template, event.template)).or_default();
                    entry.0 += 1;
                    entry.1 += scaled(store.time(id).0.saturating_sub(known_time.0));
                    *before = id;
                }
                None => {
                    last.push((event.service, id));
                    entry.0 += 1;
                }
            }
            for value in values(store, id) {
                if let Some(earlier) = held.handed_over(value, event.service, id) {
                    let entry = self.incoming.entry(key).or_default();
                    entry.0 += u32::from(earlier);
                    entry.1 += 1;
                }
            }
        }
        for (service, id) in last {
            *self.lasts.entry((service, store.event(id).template)).or_default() += 1;
        }
    }

    /// Adds what another part of the run taught.
    fn merge(mut self, other: Sequences) -> Sequences {
        for (key, (first, all)) in other.firsts {
            let entry = self.firsts.entry(key).or_default();
            entry.0 += first;
            entry.1 += all;
        }
        for (key, (count, gaps)) in other.follows {
            let entry = self.follows.entry(key).or_default();
            entry.0 += count;
            entry.1 += gaps;
        }
        for (key, count) in other.lasts {
            *self.lasts.entry(key).or_default() += count;
        }
        for (key, (later, all)) in other.incoming {
            let entry = self.incoming.entry(key).or_default();
            entry.0 += later;
            entry.1 += all;
        }
        self
    }

    /// Share of a template's events that come first.
    fn first(&self, service: Symbol, template: Symbol) -> f32 {
        self.firsts.get(&(service, template)).map_or(0.0, |(first, all)| *first as f32 / (*all).max(1) as f32)
    }

    /// How likely the second template comes right after the first, as a logarithm.
    fn follows(&self, service: Symbol, before: Symbol, template: Symbol) -> f32 {
        let count = self.follows.get(&(service, before, template)).map_or(0, |(count, _)| *count) as f32;
        let all = self.firsts.get(&(service, before)).map_or(0, |(_, all)| *all) as f32;
        ((count + 0.1) / (all + 1.0)).ln()
    }

    /// Whether a template's new values come from other services, by what mostly was so.
    fn comes_in(&self, service: Symbol, template: Symbol, act: Act) -> bool {
        let Some((later, all)) = self.incoming.get(&(service, template)) else { return false };
        match act {
            Act::Send | Act::Call => *later * 20 > *all * 19,
            Act::Receive => *later * 5 > *all,
            _ => *later * 10 > *all * 6,
        }
    }

    /// Whether the second template begins another hop although nothing in it says so: the first one ends hops, and the
    /// gap between them is long for this service.
    fn breaks(&self, service: Symbol, before: Symbol, template: Symbol, ends: bool, starts: bool) -> bool {
        let Some(&(count, gaps)) = self.follows.get(&(service, before, template)) else { return false };
        let last = self.lasts.get(&(service, before)).copied().unwrap_or(0);
        let all = self.firsts.get(&(service, before)).map_or(0, |(_, all)| *all);
        let gap = gaps / u64::from(count.max(1));
        let usual = self.usual_gap(service, before, template);
        // 16 is a factor of two
        let long = gap > usual + 32 && gap > 16 * 12;
        let stops = last >= 3 && last * 50 > all;
        long && ends && (starts || stops)
    }

    /// The geometric mean of the gaps of a service, but for one pair.
    fn usual_gap(&self, service: Symbol, before: Symbol, template: Symbol) -> u64 {
        let (count, sum) = self.gaps.get(&service).copied().unwrap_or_default();
        let (own, gaps) = self.follows.get(&(service, before, template)).copied().unwrap_or_default();
        (sum - gaps) / (count - u64::from(own)).max(1)
    }

    /// Sums up what is asked for often.
    fn settle(mut self) -> Sequences {
        for ((service, ..), (count, gaps)) in &self.follows {
            let entry = self.gaps.entry(*service).or_default();
            entry.0 += u64::from(*count);
            entry.1 += gaps;
        }
        self
    }
}

/// Folds the events without span id into hops, but for services that print span ids otherwise: there an event without one
/// belongs to no span.
#[derive(Debug)]
pub(super) struct Folding {
    printers: FxHashSet<Symbol>,
    /// All services print span ids.
    all: bool,
    sequences: Sequences,
}

impl Folding {
    /// For the events of a run, before it learns how they follow one another.
    pub fn of(store: &Store) -> Folding {
        let (printers, all) = printers(store);
        Folding { printers, all, sequences: Sequences::default() }
    }

    /// Whether there may be something to learn from transactions; without events that lack a trace id, if there are none.
    pub fn may_learn(&self, untraced: bool) -> bool {
        !self.all || untraced
    }

    /// Learns from transactions.
    pub fn learn(&mut self, store: &Store, fragments: &Fragments, groups: &[Group]) {
        use rayon::prelude::*;
        let folding = &*self;
        let learned = groups
            .par_iter()
            .fold(Sequences::default, |mut sequences, group| {
                let all = || group.events(fragments).chain(group.untraced.iter().copied());
                let takes = |id: &EventId| folding.takes(store, *id);
                let mut events: Vec<EventId> =
                    group.events(fragments).filter(|id| store.event(*id).span.is_none()).collect();
                events.extend_from_slice(&group.untraced);
                events.retain(takes);
                if !events.is_empty() {
                    events.sort_by_key(|id| store.order(*id));
                    sequences.learn(store, &events, &Handed::of(store, all().collect()));
                }
                sequences
            })
            .reduce(Sequences::default, Sequences::merge);
        self.sequences = std::mem::take(&mut self.sequences).merge(learned);
    }

    /// Sums up, once all transactions were learned from.
    pub fn settle(self) -> Folding {
        Folding { sequences: self.sequences.settle(), ..self }
    }

    fn takes(&self, store: &Store, id: EventId) -> bool {
        !self.printers.contains(&store.event(id).service)
    }

    /// Folds the loose events of a transaction.
    pub fn fold(&self, store: &Store, lexicon: &Lexicon, drafts: &mut Drafts) {
        let (events, loose): (Vec<EventId>, Vec<EventId>) =
            drafts.loose.iter().partition(|id| self.takes(store, **id));
        if events.is_empty() {
            return;
        }
        let mut all = drafts.loose.clone();
        all.extend(drafts.spans.iter().flat_map(|span| &span.events));
        let held = Handed::of(store, all);
        drafts.spans.extend(fold(store, lexicon, &self.sequences, &held, &events));
        drafts.loose = loose;
    }
}

/// Services that print span ids, of their records with a trace id at least one in ten has one; and whether all do.
fn printers(store: &Store) -> (FxHashSet<Symbol>, bool) {
    let traced = store.census.services.iter().filter(|(_, of)| of.traced > 0);
    let services = traced.clone().count();
    let printers: FxHashSet<Symbol> = traced
        .filter(|(_, of)| of.spanned > 0 && of.spanned * 10 >= of.traced)
        .map(|(service, _)| *service)
        .collect();
    let all = printers.len() == services;
    (printers, all)
}

/// A template that comes first this often always opens a hop.
const OPENS: f32 = 0.3;
/// A hop that has been silent for so long is over if something else could take the event.
const SILENT: i64 = 60_000_000_000;

/// More values of a hop than this are not looked at: it is no step of a transaction but a dump.
const MAX_HELD: usize = 2048;
/// What it is worth that an event holds a hop's message, and a value that but one hop holds: as a logarithm.
const MESSAGE: f32 = 4.0;
const TELLING: f32 = 4.0;

struct Hop {
    events: Vec<EventId>,
    values: Vec<Symbol>,
    thread: Symbol,
    template: Symbol,
    last: Time,
}

/// Folds `events` (those without span id, in order of time) into hops.
fn fold(
    store: &Store,
    lexicon: &Lexicon,
    sequences: &Sequences,
    held: &Handed,
    events: &[EventId],
) -> Vec<Draft> {
    let mut places: Vec<(Symbol, Symbol)> = Vec::new();
    let mut hops: Vec<Vec<Hop>> = Vec::new();
    for &id in events {
        let (event, time) = (store.event(id), store.time(id));
        let place = (event.service, event.instance);
        let at = places.iter().position(|known| *known == place).unwrap_or_else(|| {
            places.push(place);
            hops.push(Vec::new());
            places.len() - 1
        });
        let own: Vec<Symbol> = values(store, id).collect();
        let messages: Vec<Symbol> = own.iter().copied().filter(|value| held.is_message(*value)).collect();
        let open = &mut hops[at];
        let act = lexicon.words(event.template).act;
        let new = messages.iter().any(|value| held.handed_over(*value, event.service, id).is_some());
        let opens = open.is_empty()
            || sequences.first(event.service, event.template) >= OPENS
            || new && sequences.comes_in(event.service, event.template, act)
            || act == Act::Receive && names_message(store, id)
            || is_handed(store, lexicon, open, id, &messages)
            || tells_another(store, open, id, act);
        let index = if opens { None } else { continued(open, sequences, (event, time), &messages, &own) };
        let index = index.filter(|&index| {
            let before = open[index].template;
            let last = open[index].events.last();
            let ends = lexicon.words(before).act == Act::End || last.is_some_and(|id| is_answer(store, *id));
            let starts = act.begins();
            messages.iter().any(|value| open[index].values.contains(value))
                || !sequences.breaks(event.service, before, event.template, ends, starts)
        });
        let index = index.unwrap_or_else(|| {
            open.push(Hop {
                events: Vec::new(),
                values: Vec::new(),
                thread: event.thread,
                template: event.template,
                last: time,
            });
            open.len() - 1
        });
        let hop = &mut open[index];
        hop.events.push(id);
        hop.template = event.template;
        hop.last = time;
        for value in own {
            if hop.values.len() < MAX_HELD && !hop.values.contains(&value) {
                hop.values.push(value);
            }
        }
    }
    // of several that logged the same, each has its number
    let mut known: FxHashMap<SpanId, u64> = FxHashMap::default();
    hops.into_iter()
        .flatten()
        .map(|hop| {
            let mut content = content(store, &hop.events);
            let number = known.entry(SpanId::opaque(&content)).or_default();
            if *number > 0 {
                content.extend_from_slice(&number.to_le_bytes());
            }
            *number += 1;
            draft(store, &hop.events, SpanId::opaque(&content))
        })
        .collect()
}

/// Whether an event tells that a request was answered, as the lines of access logs do.
fn is_answer(store: &Store, id: EventId) -> bool {
    let details = store.details(id);
    details.iter().any(|detail| matches!(detail, Detail::Method(_)))
        && details.iter().any(|detail| matches!(detail, Detail::Status(_)))
}

/// The hop that an event continues: by what usually comes next, by thread, by the message.
fn continued(
    open: &[Hop],
    sequences: &Sequences,
    (event, time): (&Event, Time),
    messages: &[Symbol],
    own: &[Symbol],
) -> Option<usize> {
    // what not all hops hold tells them apart, the better the fewer hold it
    let telling: Vec<(Symbol, f32)> = own
        .iter()
        .map(|value| (*value, open.iter().filter(|hop| hop.values.contains(value)).count()))
        .filter(|(_, holders)| (1..open.len()).contains(holders))
        .map(|(value, holders)| (value, TELLING / holders as f32))
        .collect();
    let score = |hop: &Hop| {
        let known = !event.thread.is_none() && !hop.thread.is_none();
        let thread = if !known {
            0.0
        } else if hop.thread == event.thread {
            3.0
        } else {
            -3.0
        };
        let message = if messages.iter().any(|value| hop.values.contains(value)) { MESSAGE } else { 0.0 };
        let held = telling.iter().filter(|(value, _)| hop.values.contains(value));
        let message = held.map(|(_, worth)| *worth).fold(message, f32::max);
        let silent = if time.0.saturating_sub(hop.last.0) > SILENT { -4.0 } else { 0.0 };
        sequences.follows(event.service, hop.template, event.template) + thread + message + silent
    };
    (0..open.len()).max_by(|&a, &b| {
        score(&open[a]).total_cmp(&score(&open[b])).then(open[a].last.cmp(&open[b].last)).then(a.cmp(&b))
    })
}

/// Whether an event names what it received: a topic or a route.
fn names_message(store: &Store, id: EventId) -> bool {
    store.details(id).iter().any(|detail| matches!(detail, Detail::Topic(_) | Detail::Route(_)))
}

/// Whether an event goes on with a message that its own service sent: holds what names it, as none but the one that sent it did
/// before.
fn is_handed(store: &Store, lexicon: &Lexicon, open: &[Hop], id: EventId, messages: &[Symbol]) -> bool {
    let words = |id: EventId| lexicon.words(store.event(id).template);
    let own = words(id);
    if messages.is_empty()
        || own.closes()
        || is_answer(store, id)
        || !matches!(own.act, Act::Receive | Act::Start | Act::Other)
    {
        return false;
    }
    let holds = |id: &&EventId| values(store, **id).any(|value| messages.contains(&value));
    let holders = open.iter().filter(|hop| hop.values.iter().any(|value| messages.contains(value)));
    let mut before = holders.flat_map(|hop| &hop.events).filter(holds).peekable();
    before.peek().is_some() && before.all(|id| words(*id).act == Act::Send)
}

/// Whether an event tells of a whole request, as the one before it in its service did of another one: one of its kind, or one that
/// another span sent.
fn tells_another(store: &Store, open: &[Hop], id: EventId, act: Act) -> bool {
    if matches!(act, Act::Call | Act::Send) || !is_answer(store, id) {
        return false;
    }
    let before = open.iter().filter_map(|hop| hop.events.last()).max_by_key(|last| store.order(**last));
    let sender = |id: EventId| {
        store.details(id).iter().find_map(|detail| match *detail {
            Detail::Header { role, span, .. } if role != HeaderRole::Outgoing => span,
            _ => None,
        })
    };
    before.is_some_and(|before| {
        let sent = |other: SpanId| sender(*before).is_some_and(|sender| sender != other);
        store.event(*before).template == store.event(id).template || sender(id).is_some_and(sent)
    })
}

/// What a hop logged, from which its id follows.
fn content(store: &Store, events: &[EventId]) -> Vec<u8> {
    let mut content: Vec<u8> = Vec::new();
    for &id in events {
        let event = store.event(id);
        for part in [event.service.0, event.instance.0, event.time.0 as u64, event.template.0] {
            content.extend_from_slice(&part.to_le_bytes());
        }
        if let Some(trace) = event.trace {
            content.extend_from_slice(&trace.bits().to_le_bytes());
        }
        for value in values(store, id) {
            content.extend_from_slice(&value.0.to_le_bytes());
        }
    }
    content
}

/// A hop as a span.
fn draft(store: &Store, events: &[EventId], id: SpanId) -> Draft {
    let mut draft = Draft::new(id);
    draft.synthetic = true;
    let first = store.event(events[0]);
    draft.service = first.service;
    for &id in events {
        draft.add(store, id);
    }
    name(store, &mut draft);
    draft
}
