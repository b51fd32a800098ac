//! Within what coarse records stand for certain: what passes a request on, and tells how long that took, stands around who
//! handles the request. That it is the same request tells a value that only these two hold.

use super::marks::Marks;
use rustc_hash::FxHashMap;

/// Durations are rounded by as much as this, in nanoseconds.
const ROUNDED: i64 = 1_000_000;

/// By span of coarse records: between which times it stands, if that is known.
pub(super) fn frames(marks: &Marks) -> FxHashMap<u32, (i64, i64)> {
    let mut frames: FxHashMap<u32, (i64, i64)> = FxHashMap::default();
    for mark in marks.all.iter().filter(|mark| mark.grain == 0 && !mark.begins) {
        let Some(took) = mark.took.filter(|took| *took > 0) else { continue };
        for holders in mark.values.iter().filter_map(|value| marks.holders.get(value)) {
            let mut others =
                holders.iter().map(|&at| &marks.all[at as usize]).filter(|other| other.span != mark.span);
            let Some(other) = others.next() else { continue };
            let alone = others.all(|another| another.span == other.span);
            if !alone || other.grain == 0 || other.kind.0 == mark.kind.0 {
                continue;
            }
            if marks.least_length(other.span).is_some_and(|least| least <= took + ROUNDED) {
                let frame = (mark.time - took, mark.time);
                let known = frames.entry(other.span).or_insert(frame);
                *known = if known.1 - known.0 <= took { *known } else { frame };
            }
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::super::marks::Mark;
    use super::*;
    use crate::model::{EventId, SourceId, Symbol};
    use crate::weave::words::Act;

    const MS: i64 = 1_000_000;

    fn mark(index: u32, span: u32, time: i64, grain: i64, values: &[u64]) -> Mark {
        Mark {
            id: EventId { batch: 0, index },
            time: time * MS,
            grain: grain * MS,
            kind: (Symbol(u64::from(span)), Symbol(u64::from(index))),
            source: SourceId(span),
            act: Act::Other,
            opens: true,
            values: values.iter().map(|value| Symbol(*value)).collect(),
            span,
            begins: false,
            took: None,
            service_name: Symbol(u64::from(span)),
            caller: Symbol::NONE,
        }
    }

    #[test]
    fn who_handles_a_request_stands_within_the_line_of_who_passed_it_on() {
        let frames = |took: i64, others: &[u64]| {
            let proxy = Mark { took: Some(took * MS), ..mark(0, 0, 1_400, 0, &[5, 6]) };
            let handled = [mark(1, 1, 1_000, 1_000, &[5]), mark(2, 1, 1_000, 1_000, &[6])];
            frames(&Marks::of([&[proxy][..], &handled, &[mark(3, 2, 1_300, 0, others)]].concat()))
        };
        let frame = [(1, (1_340 * MS, 1_400 * MS))].into_iter().collect();
        assert_eq!(frames(60, &[6]), frame);
        // what others hold, too, may be anything
        assert!(frames(60, &[5, 6]).is_empty());
    }

    #[test]
    fn what_takes_longer_stands_within_nothing() {
        let proxy = Mark { took: Some(60 * MS), ..mark(0, 0, 1_400, 0, &[5]) };
        let handled = Mark { took: Some(80 * MS), ..mark(1, 1, 1_000, 1_000, &[5]) };
        assert!(frames(&Marks::of(vec![proxy, handled])).is_empty());
    }
}
