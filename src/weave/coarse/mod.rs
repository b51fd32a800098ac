//! Where records stand whose clock tells no more than whole seconds, among those of clocks that tell more.
//!
//! Such a record may have been logged at any moment of its second, so its order to others of that second is unknown. Over
//! the run it is not: how long after records of some kind it usually comes is told by all transactions together (`lags`), and
//! where it tells how long something took, also how long after them that began. Of those that tell most closely where it
//! stands, some may come right before or right after it (`sides`). Only the order is moved: reports show the times as logged.

mod enclosed;
mod lags;
mod marks;
mod sides;
mod surround;

use super::lexicon::Lexicon;
use super::spans::Draft;
use super::words::Act;
use crate::gather::Store;
use crate::model::{Detail, EventId, Shape, SourceId, Symbol, flag};
use lags::{Lag, Samples};
use marks::{Kind, Mark, Marks, NOTHING, Partner};
use rustc_hash::FxHashMap;

/// Larger transactions are left as they are.
const MAX_MARKS: usize = 512;
/// What tells where a record stands so many times less closely than another one does tells nothing.
const LOOSE: i64 = 4;

/// Tells the beginning of something from its end.
const BEGUN: u64 = 0x5bd1_e995_97f4_a7c5;

/// So many pairs tell a lag, if there is one.
const ENOUGH: usize = 8;

/// The kind of a coarse record, that of a fine one, and whether what the former tells of began then.
type Pair = (Kind, Kind, bool);

/// How the records of a run stand to each other in time.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies(Samples<Pair>);

impl Tallies {
    /// Adds what another part of the run taught.
    pub fn merge(self, other: Tallies) -> Tallies {
        Tallies(self.0.merge(other.0))
    }

    fn learn(&mut self, marks: &Marks) {
        for coarse in marks.coarse() {
            for (kind, partner) in marks.partners(coarse) {
                for (starts, time) in coarse.from(&marks.all[partner.index]) {
                    self.0.add((coarse.kind, kind, starts), time - coarse.time, coarse.grain);
                }
            }
        }
    }
}

/// The coarse clocks of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Coarse {
    /// By service and instance: what their times are multiples of. Empty if no clock is coarse, or all are.
    grains: FxHashMap<(Symbol, Symbol), i64>,
    lags: FxHashMap<Pair, Lag>,
}

/// What tells where a coarse record stands.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    /// The partner.
    index: usize,
    /// What the record tells of began with it.
    starts: bool,
    /// The record stands between these.
    least: i64,
    most: i64,
    /// When it would come if the partner were right beside it.
    beside: i64,
    /// See [`Lag::skewed`].
    skewed: Option<bool>,
}

impl Coarse {
    /// The clocks of a store.
    pub fn of(store: &Store) -> Coarse {
        let windows = &store.census.windows;
        let fine = windows.values().any(|window| !window.is_coarse());
        let grains = windows.iter().filter(|(_, window)| fine && window.is_coarse());
        Coarse { grains: grains.map(|(who, window)| (*who, window.grain)).collect(), ..Coarse::default() }
    }

    /// Whether there is nothing to be placed.
    pub fn is_idle(&self) -> bool {
        self.grains.is_empty()
    }

    /// Adds what a transaction teaches.
    pub fn teach(&self, store: &Store, lexicon: &Lexicon, spans: &[Draft], tallies: &mut Tallies) {
        if let Some(marks) = self.marks(store, lexicon, spans) {
            tallies.learn(&marks);
        }
    }

    /// Takes over what all transactions taught.
    pub fn settle(&mut self, tallies: Tallies) {
        self.lags = tallies.0.settle();
    }

    /// The times at which the coarse records of a transaction are put.
    pub fn times(&self, store: &Store, lexicon: &Lexicon, spans: &[Draft]) -> FxHashMap<EventId, i64> {
        let Some(marks) = self.marks(store, lexicon, spans) else { return FxHashMap::default() };
        let mut placed = self.placed(&marks);
        surround::surround(&marks, &mut placed);
        placed
    }

    /// The records of a transaction in the order of time, if coarse and fine ones are among them.
    fn marks(&self, store: &Store, lexicon: &Lexicon, spans: &[Draft]) -> Option<Marks> {
        if self.is_idle() {
            return None;
        }
        let grain = |id: EventId| {
            let event = store.event(id);
            let exact = event.is(flag::WHOLE_SPAN | flag::TIME_UNKNOWN);
            let grain = self.grains.get(&(event.service, event.instance)).copied();
            if exact { 0 } else { grain.unwrap_or(0) }
        };
        let count: usize = spans.iter().map(|span| span.events.len()).sum();
        let coarse = spans.iter().flat_map(|span| &span.events).filter(|id| grain(**id) > 0).count();
        if coarse == 0 || coarse == count || count > MAX_MARKS {
            return None;
        }
        let mut marks: Vec<Mark> = Vec::with_capacity(count);
        for (index, span) in (0..).zip(spans) {
            for (place, &id) in span.events.iter().enumerate() {
                let event = store.event(id);
                let value = |detail: &Detail| match *detail {
                    Detail::Key { value, shape, .. } if !matches!(shape, Shape::Word) => Some(value),
                    _ => None,
                };
                let mark = Mark {
                    id,
                    time: store.written(id).0,
                    grain: grain(id),
                    kind: (event.service, lexicon.what(store, id)),
                    source: event.place.source,
                    act: lexicon.words(event.template).act,
                    opens: place == 0,
                    values: store.details(id).iter().filter_map(value).collect(),
                    span: index,
                    begins: false,
                    took: store.duration(id),
                    service_name: lexicon.service(event.service),
                    caller: lexicon.caller(store, id),
                };
                // a fine clock tells when something ended also tells when that began
                if let Some(took) = mark.took.filter(|took| *took > 0 && mark.grain == 0) {
                    let kind = (mark.kind.0, Symbol(mark.kind.1.0 ^ BEGUN));
                    marks.push(Mark { time: mark.time - took, kind, begins: true, ..mark.clone() });
                }
                marks.push(mark);
            }
        }
        marks.sort_by_key(|mark| (mark.time, store.order(mark.id)));
        Some(Marks::of(marks))
    }

    fn placed(&self, marks: &Marks) -> FxHashMap<EventId, i64> {
        let coarse: Vec<&Mark> = marks.coarse().collect();
        let frames = enclosed::frames(marks);
        let within = |mark: &&Mark| self.within(marks, mark, frames.get(&mark.span).copied());
        let mut within: Vec<(i64, i64)> = coarse.iter().map(within).collect();
        // what a source logs later bounds what it logged before
        let mut bounds: FxHashMap<SourceId, i64> = FxHashMap::default();
        for (mark, (least, most)) in coarse.iter().zip(&mut within).rev() {
            let bound = bounds.entry(mark.source).or_insert(i64::MAX);
            *most = (*most).min(*bound).max(*least);
            *bound = *most;
        }
        let mut latest: FxHashMap<SourceId, i64> = FxHashMap::default();
        let place = |(mark, (least, most)): (&&Mark, &(i64, i64))| {
            let latest = latest.entry(mark.source).or_insert(i64::MIN);
            *latest = if mark.grain - 1 == most - least {
                // nothing tells
                (*least).max(*latest)
            } else {
                (least + (most - least) / 2).max(*latest)
            };
            (mark.id, *latest)
        };
        coarse.iter().zip(&within).map(place).collect()
    }

    /// Between which times a record stands.
    fn within(&self, marks: &Marks, coarse: &Mark, frame: Option<(i64, i64)>) -> (i64, i64) {
        let interval = (coarse.time, coarse.time + coarse.grain - 1);
        let framed = frame.map_or(interval, |frame| (interval.0.max(frame.0), interval.1.min(frame.1)));
        let interval = if framed.0 <= framed.1 { framed } else { interval };
        let partners = marks.partners(coarse);
        let mut anchors: Vec<Anchor> = Vec::new();
        for &(kind, partner) in &partners {
            for (starts, beside) in coarse.from(&marks.all[partner.index]) {
                let usual = self.lags.get(&(coarse.kind, kind, starts));
                let Some(usual) = usual.filter(|lag| lag.pairs >= ENOUGH) else { continue };
                let (least, most) = usual.nanos(coarse.grain);
                let (least, most) = (beside.saturating_add(least), beside.saturating_add(most));
                let skewed = usual.skewed;
                anchors.push(Anchor { index: partner.index, starts, least, most, beside, skewed });
            }
        }
        anchors.sort_by_key(|anchor| (anchor.most - anchor.least, anchor.index, anchor.starts));
        let (mut least, mut most) = interval;
        let closest = anchors.first().map_or(0, |anchor| anchor.most - anchor.least);
        anchors.retain(|anchor| {
            let both = (least.max(anchor.least), most.min(anchor.most));
            let tells = anchor.most - anchor.least <= closest.saturating_mul(LOOSE) && both.0 <= both.1;
            if tells {
                (least, most) = both;
            }
            tells
        });
        // of those that hold the value that fewest hold, the first one told it
        let here = |time: &i64| (least..most).contains(time);
        let told = self.first_told(marks, coarse, &partners).filter(here);
        // what tells how long it took began behind that, and was logged at its end
        let ended = |time: i64| Some(time.saturating_add(coarse.took.unwrap_or(0))).filter(here);
        let told = told.map(|time| ended(time).unwrap_or(time));
        if (least, most) != interval && most - least < coarse.grain / 2 {
            let least = told.map_or(least, |time| time + 1);
            return sides::narrowed(marks, coarse, &anchors, (least, most));
        }
        told.map_or(interval, |time| (time + 1, time + 1))
    }

    /// When the first of the partners of a record told what it is about, unless the run tells that it comes before or after.
    fn first_told(&self, marks: &Marks, coarse: &Mark, partners: &[(Kind, Partner)]) -> Option<i64> {
        let either = |kind: Kind| {
            let lag = self.lags.get(&(coarse.kind, kind, false)).filter(|lag| lag.pairs >= ENOUGH);
            lag.map(|lag| lag.nanos(coarse.grain))
                .is_some_and(|(least, most)| least < 0 && most - least > coarse.grain / 2)
        };
        let here = coarse.time..coarse.time + coarse.grain;
        let tied = partners.iter().filter(|(kind, partner)| partner.holders != NOTHING && !either(*kind));
        let tied = tied.map(|(_, partner)| (partner.holders, &marks.all[partner.index]));
        let tied = tied.filter(|(_, mark)| here.contains(&mark.time) && told(coarse, mark));
        tied.map(|(holders, mark)| (holders, mark.time)).min().map(|(_, time)| time)
    }
}

/// Whether a record may be about what another service told with one that shares a value with it.
fn told(coarse: &Mark, other: &Mark) -> bool {
    coarse.opens
        && coarse.kind.0 != other.kind.0
        && !matches!(coarse.act, Act::Send | Act::Call)
        && !matches!(other.act, Act::Receive | Act::End | Act::Answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const MS: i64 = 1_000_000;

    /// A record of the service `service` at `time`; service 9 has a coarse clock.
    fn mark(index: u32, service: u64, template: u64, time: i64, value: u64) -> Mark {
        let coarse = service == 9;
        Mark {
            id: EventId { batch: 0, index },
            time: if coarse { time.div_euclid(SECOND) * SECOND } else { time },
            grain: if coarse { SECOND } else { 0 },
            kind: (Symbol(service), Symbol(template)),
            source: SourceId(service as u32),
            act: Act::Other,
            opens: true,
            values: vec![Symbol(value)],
            span: index,
            begins: false,
            took: None,
            service_name: Symbol(service),
            caller: Symbol::NONE,
        }
    }

    /// A transaction at `start`: one asks, the coarse one takes it 30 ms later and answers after another 200, and 20 ms later
    /// the first one goes on.
    fn records(start: i64) -> Vec<Mark> {
        let mut marks = vec![
            mark(0, 1, 1, start, 5),
            mark(1, 9, 2, start + 30 * MS, 5),
            mark(2, 9, 3, start + 230 * MS, 5),
            mark(3, 1, 4, start + 250 * MS, 5),
        ];
        marks.sort_by_key(|mark| (mark.time, mark.id.index));
        marks
    }

    fn transaction(start: i64) -> Marks {
        Marks::of(records(start))
    }

    /// Learned from transactions that begin at any part of a second.
    fn taught(of: impl Fn(i64) -> Marks) -> Coarse {
        let mut tallies = Tallies::default();
        (0..200).for_each(|at| tallies.learn(&of(at * 3 * SECOND + at * 5 * MS)));
        Coarse { grains: FxHashMap::default(), lags: tallies.0.settle() }
    }

    fn time(placed: &FxHashMap<EventId, i64>, index: u32) -> i64 {
        placed[&EventId { batch: 0, index }]
    }

    #[test]
    fn a_coarse_record_stands_between_what_comes_before_and_after_it() {
        let coarse = taught(transaction);
        let placed = coarse.placed(&transaction(700 * MS));
        let off = |index: u32, right: i64| (time(&placed, index) - right).abs();
        assert!(off(1, 730 * MS) < 10 * MS && off(2, 930 * MS) < 10 * MS, "{placed:?}");
        // over the end of a second what is certain stays so
        let placed = coarse.placed(&transaction(900 * MS));
        assert!((900 * MS..SECOND).contains(&time(&placed, 1)), "{placed:?}");
        assert!((SECOND..1150 * MS).contains(&time(&placed, 2)), "{placed:?}");
    }

    #[test]
    fn what_comes_in_either_order_tells_nothing() {
        let either = |start: i64| {
            let turned = start / (3 * SECOND) % 2 == 0;
            let apart = if turned { -300 * MS } else { 300 * MS };
            Marks::of(vec![mark(0, 1, 1, start, 5), mark(1, 9, 2, start + apart, 5)])
        };
        let marks = either(700 * MS);
        assert_eq!(time(&taught(either).placed(&marks), 1), marks.all[1].time);
    }

    #[test]
    fn without_a_run_the_one_that_told_a_value_first_comes_before() {
        let alone = Coarse::default();
        let mut sends = records(300 * MS);
        let placed = alone.placed(&Marks::of(sends.clone()));
        assert_eq!((time(&placed, 1), time(&placed, 2)), (300 * MS + 1, 300 * MS + 1));
        // a line about what took a while is written at its end
        sends[1].took = Some(20 * MS);
        assert_eq!(time(&alone.placed(&Marks::of(sends.clone())), 2), 320 * MS + 1);
        sends[1].took = None;
        // what sends was not told
        sends.iter_mut().for_each(|mark| mark.act = Act::Send);
        assert_eq!(time(&alone.placed(&Marks::of(sends)), 1), 0);
    }

    #[test]
    fn of_several_alike_the_one_that_shares_the_rarest_value_belongs_to_a_record() {
        let mut marks = records(0);
        marks.insert(1, mark(4, 1, 1, 10 * MS, 6));
        let of = |marks: &[Mark]| {
            let coarse = marks.iter().find(|mark| mark.id.index == 1).unwrap();
            let found = Marks::of(marks.to_vec()).partners(coarse);
            let asked = found.iter().find(|(kind, _)| *kind == (Symbol(1), Symbol(1)));
            asked.map(|(_, partner)| marks[partner.index].id.index)
        };
        assert_eq!(of(&marks), Some(0));
        marks.iter_mut().for_each(|mark| mark.values = vec![Symbol(5)]);
        assert_eq!(of(&marks), None);
    }

    #[test]
    fn parts_of_a_run_merge_in_any_order() {
        let part = |range: std::ops::Range<i64>| {
            let mut tallies = Tallies::default();
            range.for_each(|at| tallies.learn(&transaction(at * 3_777 * MS)));
            tallies
        };
        let all = |tallies: Tallies| {
            let mut all: Vec<_> = tallies.0.settle().into_iter().collect();
            all.sort_unstable();
            all
        };
        let whole = all(part(0..50));
        assert_eq!(all(part(0..7).merge(part(7..50))), whole);
        assert_eq!(all(part(7..50).merge(part(0..7))), whole);
    }
}
