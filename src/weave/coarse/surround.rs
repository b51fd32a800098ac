//! Where a coarse record stands that tells how long its span took, as the line of an access log does: so that the span surrounds
//! the one that it shares a value with, if its second allows that.

use super::super::holders::MOST_OF_REQUEST;
use super::marks::{Mark, Marks};
use crate::model::EventId;
use rustc_hash::{FxHashMap, FxHashSet};

/// What takes less than this part of the time of another span may be any part of it.
const LEAST_PART: i64 = 2;

/// Moves such records, which stand somewhere in their interval.
pub(super) fn surround(marks: &Marks, placed: &mut FxHashMap<EventId, i64>) {
    let coarse = marks.all.iter().filter(|mark| mark.grain > 0);
    let timed: Vec<_> = coarse.filter_map(|mark| Some((mark, mark.took?))).collect();
    if timed.is_empty() {
        return;
    }
    // of spans whose records are all fine: from when to when
    let mut extents: FxHashMap<u32, (i64, i64)> = FxHashMap::default();
    let mut mixed: FxHashSet<u32> = FxHashSet::default();
    for mark in marks.all.iter().filter(|mark| !mark.begins) {
        if mark.grain > 0 {
            mixed.insert(mark.span);
        }
        let began = mark.time.saturating_sub(mark.took.unwrap_or(0));
        let extent = extents.entry(mark.span).or_insert((began, mark.time));
        *extent = (extent.0.min(began), extent.1.max(mark.time));
    }
    for (mark, took) in timed {
        let mut partners: Vec<(u32, (i64, i64))> = Vec::new();
        for holders in mark.values.iter().filter_map(|value| marks.holders.get(value)) {
            let mut spans: Vec<u32> = holders.iter().map(|&at| marks.all[at as usize].span).collect();
            spans.sort_unstable();
            spans.dedup();
            if spans.len() <= MOST_OF_REQUEST {
                let fine = spans.into_iter().filter(|span| !mixed.contains(span));
                partners
                    .extend(fine.map(|span| (span, answered(marks, span, extents[&span], (holders, took)))));
            }
        }
        let length = |(first, last): (i64, i64)| last - first;
        partners
            .retain(|&(_, extent)| length(extent) > 0 && length(extent).saturating_mul(LEAST_PART) >= took);
        // the longest first
        partners.sort_unstable_by_key(|&(span, extent)| (std::cmp::Reverse(length(extent)), span));
        partners.dedup_by_key(|(span, _)| *span);
        let interval = (mark.time, mark.time + mark.grain - 1);
        let within = partners.iter().fold(interval, |(low, high), &(_, (first, last))| {
            let both = (low.max(last), high.min(first.saturating_add(took)));
            if both.0 <= both.1 { both } else { (low, high) }
        });
        if let Some(at) = placed.get_mut(&mark.id).filter(|at| !(within.0..=within.1).contains(*at)) {
            *at = within.0 + (within.1 - within.0) / 2;
        }
    }
}

/// From when to when a span is about what it shares with a record that took less than the whole of it: from the first of its
/// records that hold the value to the last one.
fn answered(marks: &Marks, span: u32, whole: (i64, i64), (holders, took): (&[u32], i64)) -> (i64, i64) {
    if whole.0 == whole.1 {
        // all that it logs is its beginning: what its service logs meanwhile is done for it
        let first = marks.all.iter().find(|mark| mark.span == span);
        let own = |mark: &&Mark| first.is_some_and(|first| mark.kind.0 == first.kind.0);
        let meanwhile = whole.0..=whole.1.saturating_add(took);
        let times =
            marks.all.iter().filter(own).map(|mark| mark.time).filter(|time| meanwhile.contains(time));
        return (whole.0, times.max().unwrap_or(whole.1));
    }
    if whole.1 - whole.0 <= took {
        return whole;
    }
    let own =
        holders.iter().map(|&at| &marks.all[at as usize]).filter(|mark| mark.span == span && !mark.begins);
    let times = own.map(|mark| mark.time);
    times.clone().min().zip(times.max()).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SourceId, Symbol};
    use crate::weave::words::Act;

    const MS: i64 = 1_000_000;

    fn mark(index: u32, span: u32, time: i64, took: Option<i64>) -> Mark {
        Mark {
            id: EventId { batch: 0, index },
            time,
            grain: if took.is_some() { 1000 * MS } else { 0 },
            kind: (Symbol(u64::from(span)), Symbol(u64::from(index))),
            source: SourceId(span),
            act: Act::Other,
            opens: true,
            values: vec![Symbol(5)],
            span,
            begins: false,
            took,
            service_name: Symbol(u64::from(span)),
            caller: Symbol::NONE,
        }
    }

    #[test]
    fn what_took_longer_surrounds_what_it_waited_for() {
        let inner = [mark(1, 1, 310 * MS, None), mark(2, 1, 690 * MS, None)];
        let place = |took: i64, at: i64| {
            let marks = Marks::of([&[mark(0, 0, 0, Some(took))][..], &inner].concat());
            let mut placed = [(EventId { batch: 0, index: 0 }, at)].into_iter().collect();
            surround(&marks, &mut placed);
            placed[&EventId { batch: 0, index: 0 }] / MS
        };
        // it ended between 690 and 710 ms; where it stands there already, it stays
        assert_eq!(place(400 * MS, 100 * MS), 700);
        assert_eq!(place(400 * MS, 705 * MS), 705);
        // what takes less surrounds nothing
        assert_eq!(place(200 * MS, 100 * MS), 100);
    }

    #[test]
    fn what_goes_on_is_surrounded_as_far_as_it_is_about_the_request() {
        // it answers after 380 ms, and sends something after another 100
        let inner = [mark(1, 1, 310 * MS, None), mark(2, 1, 690 * MS, None)];
        let sends = Mark { values: Vec::new(), ..mark(3, 1, 790 * MS, None) };
        let marks = Marks::of([&[mark(0, 0, 0, Some(400 * MS))][..], &inner, &[sends]].concat());
        let mut placed = [(EventId { batch: 0, index: 0 }, 100 * MS)].into_iter().collect();
        surround(&marks, &mut placed);
        assert_eq!(placed[&EventId { batch: 0, index: 0 }] / MS, 700);
    }

    #[test]
    fn what_a_service_logs_meanwhile_is_done_for_the_request() {
        // the handler logs its beginning only, two spans of its service something meanwhile, and one later
        let own = |index: u32, at: i64| {
            let values = if index == 1 { vec![Symbol(5)] } else { Vec::new() };
            Mark { values, kind: (Symbol(1), Symbol(7)), ..mark(index, index, at * MS, None) }
        };
        let others = [own(1, 310), own(2, 500), own(3, 690), own(4, 990)];
        let marks = Marks::of([&[mark(0, 0, 0, Some(400 * MS))][..], &others].concat());
        let mut placed = [(EventId { batch: 0, index: 0 }, 100 * MS)].into_iter().collect();
        surround(&marks, &mut placed);
        assert_eq!(placed[&EventId { batch: 0, index: 0 }] / MS, 700);
    }
}
