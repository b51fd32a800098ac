//! Where records stand whose clock tells no more than whole seconds, among those of clocks that tell more.
//!
//! Such a record may have been logged at any moment of its second, so its order to others of that second is unknown. Over
//! the run it is not: what is logged a little after another record comes a second later now and then, and never one earlier,
//! and the more often the longer it takes. So two kinds of records tell which comes first, and how far they are apart. A
//! record is put between the last one that comes before and the first one that comes after, as near to each as it usually
//! is, and never before what its own source logged earlier. Only the order is moved: reports show the times as logged.

mod surround;

use super::lexicon::Lexicon;
use super::spans::Draft;
use super::words::Act;
use crate::gather::Store;
use crate::model::{Detail, EventId, Shape, SourceId, Symbol, flag};
use rustc_hash::FxHashMap;

/// Larger transactions are left as they are.
const MAX_MARKS: usize = 512;
/// One order of two kinds is so many times as frequent as the other if it is the right one.
const RARELY: u32 = 8;
/// Fewer cases tell nothing by themselves.
const MIN_CASES: u32 = 2;

/// A service and a template.
type Kind = (Symbol, Symbol);

/// How records of a coarse clock stand to those of a kind of a fine one.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Transactions that have both.
    all: u32,
    /// Of these, those in which the coarse one came after the other for certain, and those in which it came before.
    after: u32,
    before: u32,
}

/// What certain cases tell of the order of two records.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    /// The coarse one comes after, usually by this share of its interval.
    After(f64),
    /// It comes before.
    Before(f64),
    /// Too few cases tell.
    Unknown,
    /// Either way.
    Mixed,
}

impl Tally {
    /// `tied`: the two share a value, so that few cases count, too.
    fn order(self, tied: bool) -> Order {
        let Tally { all, after, before } = self;
        let share = |part: u32| f64::from(part) / f64::from(all.max(1));
        let least = if tied { 1 } else { MIN_CASES };
        if after >= least && after >= RARELY * before {
            Order::After(share(after))
        } else if before >= least && before >= RARELY * after {
            Order::Before(share(before))
        } else if after.max(before) < MIN_CASES {
            Order::Unknown
        } else {
            Order::Mixed
        }
    }
}

/// How the kinds of a run stand to each other in time, as far as times are certain.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies(FxHashMap<(Kind, Kind), Tally>);

impl Tallies {
    /// Adds what another part of the run taught.
    pub fn merge(mut self, mut other: Tallies) -> Tallies {
        if other.0.len() > self.0.len() {
            std::mem::swap(&mut self, &mut other);
        }
        for (kinds, other) in other.0 {
            let own = self.0.entry(kinds).or_default();
            own.all += other.all;
            own.after += other.after;
            own.before += other.before;
        }
        self
    }

    fn learn(&mut self, marks: &Marks) {
        for coarse in marks.coarse() {
            for (kind, partner) in marks.partners(coarse) {
                let tally = self.0.entry((coarse.kind, kind)).or_default();
                let time = marks.all[partner.index].time;
                tally.all += 1;
                tally.after += u32::from(time < coarse.time);
                tally.before += u32::from(time >= coarse.time + coarse.grain);
            }
        }
    }

    fn order(&self, coarse: Kind, other: Kind, tied: bool) -> Order {
        self.0.get(&(coarse, other)).map_or(Order::Unknown, |tally| tally.order(tied))
    }
}

/// The coarse clocks of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Coarse {
    /// By service and instance: what their times are multiples of. Empty if no clock is coarse, or all are.
    grains: FxHashMap<(Symbol, Symbol), i64>,
    tallies: Tallies,
}

/// A record on its way to its place.
#[derive(Clone, Debug)]
struct Mark {
    id: EventId,
    /// As logged, on the common clock.
    time: i64,
    /// It was logged less than this later; 0 if its clock is a fine one.
    grain: i64,
    kind: Kind,
    source: SourceId,
    act: Act,
    /// It is the first record of its span.
    opens: bool,
    values: Vec<Symbol>,
    /// Which of the transaction's spans it belongs to.
    span: u32,
    /// How long something took that it tells of: nanoseconds.
    took: Option<i64>,
}

/// The one record of a kind that belongs to another record.
#[derive(Clone, Copy, Debug)]
struct Partner {
    index: usize,
    /// So many records hold the value that both share and that fewest hold.
    holders: usize,
    /// So many records would do.
    equal: u32,
}

/// They share nothing.
const NOTHING: usize = usize::MAX;

/// The records of a transaction in the order of time.
#[derive(Debug)]
struct Marks {
    all: Vec<Mark>,
    /// By value: those that hold it.
    holders: FxHashMap<Symbol, Vec<u32>>,
    /// Of each kind of fine clocks the first record, and how many there are.
    kinds: FxHashMap<Kind, (usize, u32)>,
}

impl Marks {
    fn of(all: Vec<Mark>) -> Marks {
        let mut marks = Marks { all, holders: FxHashMap::default(), kinds: FxHashMap::default() };
        for (index, mark) in marks.all.iter().enumerate() {
            for value in &mark.values {
                let holders = marks.holders.entry(*value).or_default();
                if holders.last() != Some(&(index as u32)) {
                    holders.push(index as u32);
                }
            }
            if mark.grain == 0 {
                marks.kinds.entry(mark.kind).or_insert((index, 0)).1 += 1;
            }
        }
        marks
    }

    fn coarse(&self) -> impl Iterator<Item = &Mark> {
        self.all.iter().filter(|mark| mark.grain > 0)
    }

    /// Of each kind of fine clocks the record that belongs to a coarse one: the only one that shares its rarest value, or
    /// that there is.
    fn partners(&self, coarse: &Mark) -> Vec<(Kind, Partner)> {
        let mut lists: Vec<&Vec<u32>> =
            coarse.values.iter().filter_map(|value| self.holders.get(value)).collect();
        lists.sort_by_key(|list| list.len());
        let mut found: FxHashMap<Kind, Partner> = FxHashMap::default();
        for list in lists {
            for index in list.iter().map(|index| *index as usize).filter(|at| self.all[*at].grain == 0) {
                let holders = list.len();
                let new = Partner { index, holders, equal: 0 };
                let known = found.entry(self.all[index].kind).or_insert(new);
                known.equal +=
                    u32::from(known.holders == holders && (known.equal == 0 || known.index != index));
            }
        }
        for (&kind, &(index, equal)) in &self.kinds {
            found.entry(kind).or_insert(Partner { index, holders: NOTHING, equal });
        }
        let mut partners: Vec<(Kind, Partner)> =
            found.into_iter().filter(|(_, partner)| partner.equal == 1).collect();
        partners.sort_unstable_by_key(|(_, partner)| partner.index);
        partners
    }
}

/// Between what a coarse record lies, and by how much of its interval it is apart from either.
#[derive(Clone, Copy, Debug, Default)]
struct Between {
    after: Option<(i64, f64)>,
    before: Option<(i64, f64)>,
}

impl Between {
    /// The likeliest time, not before a certain one.
    fn time(self, coarse: &Mark, least: i64) -> i64 {
        let (first, last) = (coarse.time.max(least), coarse.time + coarse.grain - 1);
        let share = |share: f64| (coarse.grain as f64 * share) as i64;
        let time = match (self.after, self.before) {
            (Some((low, a)), Some((high, b))) if low < high => {
                let part = if a + b > 0.0 { a / (a + b) } else { 0.0 };
                (low + 1 + ((high - low) as f64 * part) as i64).min(high - 1)
            }
            (Some((low, a)), _) => low + 1 + share(a),
            (None, Some((high, b))) => high - 1 - share(b),
            (None, None) => first,
        };
        time.min(last).max(first)
    }
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
        self.tallies = tallies;
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
                marks.push(Mark {
                    id,
                    time: store.time(id).0,
                    grain: grain(id),
                    kind: (event.service, event.template),
                    source: event.place.source,
                    act: lexicon.words(event.template).act,
                    opens: place == 0,
                    values: store.details(id).iter().filter_map(value).collect(),
                    span: index,
                    took: store.duration(id),
                });
            }
        }
        marks.sort_by_key(|mark| store.order(mark.id));
        Some(Marks::of(marks))
    }

    fn placed(&self, marks: &Marks) -> FxHashMap<EventId, i64> {
        let coarse: Vec<&Mark> = marks.coarse().collect();
        let mut between: Vec<Between> = coarse.iter().map(|mark| self.between(marks, mark)).collect();
        // what a source logs later bounds what it logged before
        let mut bounds: FxHashMap<SourceId, (i64, f64)> = FxHashMap::default();
        for (mark, between) in coarse.iter().zip(&mut between).rev() {
            if let Some(&bound) = bounds.get(&mark.source)
                && between.before.is_none_or(|before| bound.0 < before.0)
                && between.after.is_some_and(|after| after.0 < bound.0)
            {
                between.before = Some(bound);
            }
            if let Some(before) = between.before {
                bounds.insert(mark.source, before);
            }
        }
        let mut latest: FxHashMap<SourceId, i64> = FxHashMap::default();
        let place = |(mark, between): (&&Mark, &Between)| {
            let least = latest.entry(mark.source).or_insert(i64::MIN);
            *least = between.time(mark, *least);
            (mark.id, *least)
        };
        coarse.iter().zip(&between).map(place).collect()
    }

    /// Between which records of its interval one lies.
    fn between(&self, marks: &Marks, coarse: &Mark) -> Between {
        let mut between = Between::default();
        let mut open: Option<(usize, i64)> = None;
        for (kind, partner) in marks.partners(coarse) {
            let mark = &marks.all[partner.index];
            if mark.time < coarse.time || mark.time >= coarse.time + coarse.grain {
                continue;
            }
            let tied = partner.holders != NOTHING;
            match self.tallies.order(coarse.kind, kind, tied) {
                Order::After(share) if between.after.is_none_or(|after| after.0 <= mark.time) => {
                    between.after = Some((mark.time, share));
                }
                Order::Before(share) if between.before.is_none_or(|before| mark.time < before.0) => {
                    between.before = Some((mark.time, share));
                }
                // of those that hold the value that fewest hold, the first one told it
                Order::Unknown if tied && told(coarse, mark) => {
                    open = Some(open.map_or((partner.holders, mark.time), |known| {
                        known.min((partner.holders, mark.time))
                    }));
                }
                _ => {}
            }
        }
        if let Some((_, time)) = open
            && between.after.is_none_or(|after| after.0 < time)
            && between.before.is_none_or(|before| time < before.0)
        {
            between.after = Some((time, 0.0));
        }
        between
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
            took: None,
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
        Coarse { grains: FxHashMap::default(), tallies }
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
            let mut all: Vec<_> = tallies.0.into_iter().collect();
            all.sort_by_key(|(kinds, _)| *kinds);
            format!("{all:?}")
        };
        let whole = all(part(0..50));
        assert_eq!(all(part(0..7).merge(part(7..50))), whole);
        assert_eq!(all(part(7..50).merge(part(0..7))), whole);
    }
}
