//! Values that are put together of the name of a whole and the number of a part: the second parcel of an order, `730011-2`, the
//! first load of a round, `RND-3001-RIV/1`. Who handles a part tells that he handles part of that whole, so the whole (its stem) counts as
//! a value of the record, too, under a name of its own.

use super::scan::shape_of;
use crate::model::{Detail, Prefix, Shape, Symbol, Symbols};

/// Bytes of a stem, at least, and of the number of a part behind `-`, `_` or `.`, and behind `/`, `#` or `:`, at most.
const MIN_STEM: usize = 4;
const MAX_PART: usize = 3;
const MAX_APART: usize = 6;
/// A number of so many digits is a moment, not a thing of which there are parts.
const MOMENT: usize = 10;

/// Where the mark stands in a value that may part a number off; further in front none does.
fn mark(value: &[u8]) -> Option<usize> {
    let from = value.len().saturating_sub(MAX_APART + 1);
    Some(from + value[from..].iter().rposition(|byte| !byte.is_ascii_alphanumeric())?)
}

/// Whether values with letters, digits and marks in the same places may have a stem.
pub(super) fn may_have(value: &[u8]) -> bool {
    mark(value).is_some()
}

/// The whole that a value tells a part of, if it tells any.
pub(crate) fn stem(value: &[u8]) -> Option<&[u8]> {
    let at = mark(value)?;
    let (stem, part) = (&value[..at], &value[at + 1..]);
    let is_part = match value[at] {
        b'/' | b'#' | b':' => !part.is_empty(),
        b'-' | b'_' | b'.' => {
            let numbered = part.len() <= MAX_PART && part.iter().all(u8::is_ascii_digit);
            !part.is_empty() && (numbered || part.len() == 1)
        }
        _ => false,
    };
    if !is_part {
        return None;
    }
    let digits = stem.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_whole = stem.len() >= MIN_STEM
        && digits > 0
        && stem.last().is_some_and(u8::is_ascii_alphanumeric)
        && (digits < stem.len() || digits < MOMENT)
        // addresses and versions
        && (digits == stem.len() || stem.iter().any(u8::is_ascii_alphabetic));
    (is_whole && matches!(shape_of(stem), Some(Shape::Mixed | Shape::Number))).then_some(stem)
}

/// The name of the stems of values with a name.
pub(crate) fn stem_name(name: Symbol) -> Symbol {
    Symbol(name.0.rotate_left(29) ^ 0x5354_454d)
}

/// Adds the stem of a value that was just added under a name, which is written as `text`, if it has one; `start`: where the
/// details of its record begin.
pub(super) fn add(
    (name, text): (Symbol, &[u8]),
    value: &[u8],
    (details, start): (&mut Vec<Detail>, usize),
    symbols: &mut Symbols,
) {
    let Some(stem) = stem(value) else { return };
    let name = stem_name(name);
    let detail = Detail::Key {
        name,
        value: Symbol::of(stem),
        shape: Shape::Mixed,
        prefix: Prefix::of(stem, Shape::Mixed),
    };
    if !details[start..].contains(&detail) {
        symbols.keep_as(name, &[text, b"_stem"].concat());
        details.push(detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_tell_their_wholes() {
        for (value, whole) in [
            ("730011-2", "730011"),
            ("RND-3001-RIV/1", "RND-3001-RIV"),
            ("HAR_3_21900_884#3", "HAR_3_21900_884"),
            ("GR-76263/A", "GR-76263"),
            ("i-431f41e.02", "i-431f41e"),
        ] {
            assert_eq!(stem(value.as_bytes()), Some(whole.as_bytes()), "{value}");
        }
    }

    #[test]
    fn other_values_have_no_stem() {
        for value in [
            "ORD-179652",
            "10.0.3.17",
            "10.0.3.17:8080",
            "1790332474347-0",
            "2026-03-01",
            "0af76519-16cd-43dd-8448-eb211c80319c",
            "order-2",
            "v2-1",
            "730011-",
            "730011--2",
            "730011",
            "",
        ] {
            assert_eq!(stem(value.as_bytes()), None, "{value}");
        }
    }
}
