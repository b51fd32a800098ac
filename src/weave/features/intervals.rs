//! How the times of two spans lie to each other, with what durations tell of their beginnings.
//!
//! A span that logs only its end, with how long it took, has an interval all the same: what it encloses it may have caused,
//! and what encloses it may have caused it. Of several that enclose a span the innermost is the nearest.

use super::{Candidate, scaled, yes};
use crate::weave::scene::{Node, Scene};

/// Times and durations are written in whole milliseconds at worst.
const BLUR: i64 = 1_500_000;
/// The numbers of candidates of the same service; those of others come right behind.
const SAME: usize = 120;
const COUNT: usize = 10;

/// Whether the first node encloses the second, as far as their times tell.
pub(super) fn encloses(outer: &Node, inner: &Node) -> bool {
    outer.last > outer.begin && outer.begin <= inner.begin + BLUR && outer.last + BLUR >= inner.last
}

/// Whether the first is the outer one of two that enclose each other within the blur: the longer one, else the one whose
/// last record comes later. Whoever waits for another logs its end behind it.
fn is_outer(outer: &Node, inner: &Node) -> bool {
    let more = (outer.last - outer.begin) - (inner.last - inner.begin);
    if more.abs() > BLUR { more > 0 } else { outer.lines.last() > inner.lines.last() }
}

/// Enters the numbers of all candidates of a span.
pub(super) fn enter(scene: &Scene, child: u32, found: &mut [Candidate]) {
    let c = &scene.nodes[child as usize];
    let known = c.last > c.begin;
    let (mut same, mut cross, mut all) = (None, None, None);
    for candidate in found.iter_mut() {
        let Some(parent) = candidate.node else { continue };
        let p = &scene.nodes[parent as usize];
        let own = p.service == c.service;
        let base = if own { SAME } else { SAME + COUNT };
        let out = &mut candidate.features;
        let around = encloses(p, c) && (!encloses(c, p) || is_outer(p, c));
        let length = p.last - p.begin;
        out[base] = yes(around);
        out[base + 1] = scaled(p.begin - c.begin - BLUR).min(4.0);
        out[base + 2] = yes(encloses(c, p) && !around);
        out[base + 3] = if length > 0 { scaled(c.last - p.last - BLUR).min(4.0) } else { 0.0 };
        if around {
            let inner = c.last - c.begin;
            out[base + 5] = inner as f32 / length as f32;
            out[base + 6] = scaled(length - inner);
            out[base + 7] = yes(p.lines.len() == 1);
            out[base + 9] = yes(known);
            let key = (length, parent);
            for best in [if own { &mut same } else { &mut cross }, &mut all] {
                if best.is_none_or(|known| key < known) {
                    *best = Some(key);
                }
            }
        }
    }
    for candidate in found.iter_mut() {
        let Some(parent) = candidate.node else { continue };
        let own = scene.nodes[parent as usize].service == c.service;
        let base = if own { SAME } else { SAME + COUNT };
        let is = |best: Option<(i64, u32)>| yes(best.is_some_and(|(_, node)| node == parent));
        candidate.features[base + 4] = is(if own { same } else { cross });
        candidate.features[base + 8] = is(all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Symbol;

    fn node(begin: i64, last: i64, line: u32) -> Node {
        Node {
            service: Symbol::NONE,
            service_name: Symbol::NONE,
            kind: 0,
            lines: vec![line],
            first: last,
            last,
            begin,
            exact: false,
        }
    }

    #[test]
    fn of_two_equal_intervals_the_one_that_ends_later_in_the_file_is_the_outer() {
        let (inner, outer) = (node(4_000_000, 9_000_000, 1), node(4_000_000, 9_000_000, 2));
        assert!(encloses(&inner, &outer) && encloses(&outer, &inner));
        assert!(is_outer(&outer, &inner) && !is_outer(&inner, &outer));
    }

    #[test]
    fn a_span_encloses_what_whole_milliseconds_put_slightly_outside() {
        assert!(encloses(&node(4_000_000, 9_000_000, 2), &node(3_200_000, 8_000_000, 1)));
        assert!(!encloses(&node(4_000_000, 9_000_000, 2), &node(1_000_000, 8_000_000, 1)));
    }
}
