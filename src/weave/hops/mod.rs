//! Spans for events that print no span id: what one service logged while it handled one call or message.
//!
//! Within a transaction each record of a service begins a hop or goes on with one of its service. What speaks for either is
//! weighed (`numbers`, [`weights`]) by what the run tells of how its records follow one another (`sequences`): in a first
//! round by their order alone, then by the hops that came of the first round as well.

mod lines;
mod numbers;
mod sequences;
pub mod weights;

use super::handed::{Handed, values};
use super::lexicon::Lexicon;
use super::spans::{Draft, Drafts, name};
use super::stitch::Group;
use super::words::Act;
use crate::gather::{Fragments, Store};
use crate::model::{EventId, SpanId, Symbol};
use lines::Line;
pub use numbers::{Begin, On};
use numbers::{Hop, Moment, Sent};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use sequences::Sequences;
pub(super) use sequences::Tried;
pub(super) use weights::TRY_OUT;
use weights::{DECIDE, Weights};

/// Folds the events without span id into hops, but for services that print span ids otherwise: there an event without one
/// belongs to no span.
#[derive(Debug)]
pub(super) struct Folding {
    printers: FxHashSet<Symbol>,
    /// All services print span ids.
    all: bool,
    sequences: Sequences,
}

/// A record of which it is known whether it begins a hop or which one it goes on with: for the tool that fits the weights.
#[derive(Clone, Debug)]
pub struct Cut {
    /// What speaks for beginning one.
    pub begin: Begin,
    /// What speaks for going on with each of the open ones.
    pub on: Vec<On>,
    /// Which of these it goes on with.
    pub right: Option<usize>,
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

    /// Learns from all transactions of a run.
    pub fn learn_all(&mut self, store: &Store, lexicon: &Lexicon, fragments: &Fragments, groups: &[Group]) {
        self.learn(store, lexicon, fragments, groups);
        self.settle();
        let tried = self.try_out(store, lexicon, (fragments, groups), &TRY_OUT);
        self.take(tried);
    }

    /// Learns from the order of records in some transactions.
    pub fn learn(&mut self, store: &Store, lexicon: &Lexicon, fragments: &Fragments, groups: &[Group]) {
        let learn = |mut sequences: Sequences, group: &Group| {
            if let Some(records) = self.records(store, lexicon, fragments, group) {
                sequences.learn(store, &records.lines, &records.held);
            }
            sequences
        };
        let learned =
            groups.par_iter().fold(Sequences::default, learn).reduce(Sequences::default, Sequences::merge);
        self.sequences = std::mem::take(&mut self.sequences).merge(learned);
    }

    /// Sums up, once all transactions were learned from.
    pub fn settle(&mut self) {
        self.sequences.settle();
    }

    /// Tries hops out on some transactions, by the order of records alone: what these hops tell.
    pub fn try_out(
        &self,
        store: &Store,
        lexicon: &Lexicon,
        (fragments, groups): (&Fragments, &[Group]),
        weights: &Weights,
    ) -> Tried {
        let learn = |mut tried: Tried, group: &Group| {
            if let Some(records) = self.records(store, lexicon, fragments, group) {
                let seen = |moment: &Moment<'_>, hop| tried.learn(moment, hop);
                let hops = fold(&records, &self.sequences, |moment| choose(moment, weights), seen);
                hops.iter().for_each(|hop| tried.take_hop(hop.lines.iter().map(|at| &records.lines[*at])));
            }
            tried
        };
        groups.par_iter().fold(Tried::default, learn).reduce(Tried::default, Tried::merge)
    }

    /// Takes over what the hops of all transactions told.
    pub fn take(&mut self, tried: Tried) {
        self.sequences.tried = tried;
    }

    fn takes(&self, store: &Store, id: EventId) -> bool {
        !self.printers.contains(&store.event(id).service)
    }

    /// What of a transaction tells of its hops, if it has events without span id.
    fn records(
        &self,
        store: &Store,
        lexicon: &Lexicon,
        fragments: &Fragments,
        group: &Group,
    ) -> Option<Records> {
        let is_loose = |id: EventId| store.event(id).span.is_none() && self.takes(store, id);
        let traced = group.events(fragments).map(|id| (id, is_loose(id)));
        let untraced = group.untraced.iter().map(|id| (*id, self.takes(store, *id)));
        Records::of(store, lexicon, traced.chain(untraced).collect())
    }

    /// Folds the loose events of a transaction.
    pub fn fold(&self, store: &Store, lexicon: &Lexicon, drafts: &mut Drafts) {
        let spans = drafts.spans.iter().flat_map(|span| &span.events).map(|id| (*id, false));
        let loose = drafts.loose.iter().map(|id| (*id, self.takes(store, *id)));
        let Some(records) = Records::of(store, lexicon, loose.chain(spans).collect()) else { return };
        let hops = fold(&records, &self.sequences, |moment| choose(moment, &DECIDE), |_, _| {});
        drafts.spans.extend(spans_of(store, &records.lines, &hops));
        drafts.loose.retain(|id| !self.takes(store, *id));
    }

    /// The choices of a transaction of which the hops are known by `hop`, in the first round or in the second one.
    pub fn cuts(
        &self,
        store: &Store,
        lexicon: &Lexicon,
        (fragments, group): (&Fragments, &Group),
        hop: impl Fn(EventId) -> Option<u64>,
    ) -> Vec<Cut> {
        let Some(mut records) = self.records(store, lexicon, fragments, group) else { return Vec::new() };
        records.lines.retain(|line| hop(line.id).is_some());
        let mut cuts = Vec::new();
        let right = |moment: &Moment<'_>| {
            let own = hop(moment.line.id);
            let is_own = |open: &&Hop| hop(moment.lines[open.lines[0]].id) == own;
            let right = moment.open.iter().position(is_own);
            cuts.push(Cut {
                begin: moment.begin(),
                on: (0..moment.open.len()).map(|at| moment.on(at)).collect(),
                right,
            });
            right
        };
        fold(&records, &self.sequences, right, |_, _| {});
        cuts
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

/// What of a transaction tells of its hops.
struct Records {
    /// The records that hops are made of, in order of time.
    lines: Vec<Line>,
    /// Who holds the values of the transaction.
    held: Handed,
}

impl Records {
    /// Of all events of a transaction, each with whether it is to be of a hop; `None` where none is.
    fn of(store: &Store, lexicon: &Lexicon, mut all: Vec<(EventId, bool)>) -> Option<Records> {
        if !all.iter().any(|(_, loose)| *loose) {
            return None;
        }
        all.sort_by_key(|(id, _)| store.order(*id));
        let held = Handed::of(store, all.iter().map(|(id, _)| *id).collect());
        Some(Records { lines: Line::all(store, lexicon, &held, &all), held })
    }
}

/// Hops of a place that may go on: those that logged last. A moment has a bit for each.
const MAX_OPEN: usize = 48;

/// Folds records into hops: `choose` tells which of the open ones a record goes on with, if any; `see` is told of each choice.
fn fold(
    records: &Records,
    sequences: &Sequences,
    mut choose: impl FnMut(&Moment<'_>) -> Option<usize>,
    mut see: impl FnMut(&Moment<'_>, Option<usize>),
) -> Vec<Hop> {
    let mut places: FxHashMap<(Symbol, Symbol), Place> = FxHashMap::default();
    let mut hops: Vec<Hop> = Vec::new();
    for (at, line) in records.lines.iter().enumerate() {
        let Place { order, sent } = places.entry((line.service, line.instance)).or_default();
        let open: Vec<&Hop> =
            order[order.len().saturating_sub(MAX_OPEN)..].iter().map(|hop| &hops[*hop]).collect();
        let moment = Moment::new((&records.lines, line), &open, (sequences, &records.held, sent));
        let chosen = if open.is_empty() { None } else { choose(&moment) };
        see(&moment, chosen);
        let first = order.len() - open.len();
        let hop = match chosen {
            Some(chosen) => order.remove(first + chosen),
            None => {
                hops.push(Hop::begun(line));
                hops.len() - 1
            }
        };
        order.push(hop);
        hops[hop].add(at, line);
        for value in &line.messages {
            *sent.entry(*value).or_insert(true) &= line.act == Act::Send;
        }
    }
    hops
}

/// What a service logged so far in one place.
#[derive(Default)]
struct Place {
    /// Its hops, the one that logged last behind the others.
    order: Vec<usize>,
    sent: Sent,
}

/// The open hop that a record goes on with, if that is likelier than that it begins one.
fn choose(moment: &Moment<'_>, weights: &Weights) -> Option<usize> {
    let begin = weights.begin.worth(&moment.begin());
    let worth = (0..moment.open.len()).map(|at| (at, weights.on.worth(&moment.on(at))));
    // of several that are worth the same, the one that logged last
    let (best, on) = worth.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (on >= begin).then_some(best)
}

/// Hops as spans, in the order of their beginning, place by place.
fn spans_of(store: &Store, lines: &[Line], hops: &[Hop]) -> Vec<Draft> {
    // of several that logged the same, each has its number
    let mut known: FxHashMap<SpanId, u64> = FxHashMap::default();
    hops.iter()
        .map(|hop| {
            let events: Vec<EventId> = hop.lines.iter().map(|at| lines[*at].id).collect();
            let mut content = content(store, &events);
            let number = known.entry(SpanId::opaque(&content)).or_default();
            if *number > 0 {
                content.extend_from_slice(&number.to_le_bytes());
            }
            *number += 1;
            draft(store, &events, SpanId::opaque(&content))
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::lines::tests::line;
    use super::*;

    /// The records of each hop, where each record goes on with what `choose` says.
    fn folded(count: i64, mut choose: impl FnMut(&Moment<'_>) -> Option<usize>) -> Vec<Vec<usize>> {
        let lines = (0..count).map(|at| line(at, &[])).collect();
        let records = Records { lines, held: Handed::default() };
        let hops = fold(&records, &Sequences::default(), &mut choose, |_, _| {});
        hops.into_iter().map(|hop| hop.lines).collect()
    }

    #[test]
    fn the_hop_that_logged_last_is_the_last_one() {
        // the third goes on with the first, the fourth with what logged last
        let mut choices = [None, Some(0), Some(1)].into_iter();
        assert_eq!(folded(4, |_| choices.next().unwrap()), [vec![0, 2, 3], vec![1]]);
    }

    #[test]
    fn no_more_hops_are_open_than_may_be() {
        let mut most = 0;
        let hops = folded(200, |moment| {
            most = most.max(moment.open.len());
            None
        });
        assert_eq!((hops.len(), most), (200, MAX_OPEN));
    }
}
