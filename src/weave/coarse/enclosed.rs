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
