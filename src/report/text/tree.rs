//! The rows of a tree: one a span, or one for many siblings that look the same.
//!
//! Siblings look the same if service, name and outcome are equal and what hangs below them looks the same. Folding changes
//! what is drawn, never what is counted: each row knows its spans.

use crate::model::{Basis, Span, Trace};
use std::hash::Hasher;

/// So many siblings that look the same are folded to one row.
pub(super) const FOLD_FROM: usize = 5;

/// A row of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Its spans, by index; several if it is folded.
    pub(super) spans: Vec<u32>,
    /// Levels below a root.
    pub(super) depth: usize,
    /// No sibling follows.
    pub(super) last: bool,
    /// Nothing hangs below.
    pub(super) leaf: bool,
}

/// The rows of a trace in order; parents come before their children.
pub(super) fn nodes(trace: &Trace, fold: bool) -> Vec<Node> {
    let forest = Forest::of(&trace.spans);
    let looks = if fold { forest.looks(&trace.spans) } else { Vec::new() };
    let mut nodes = Vec::new();
    // an explicit stack, as trees may be deep
    let mut stack = Vec::new();
    push(&mut stack, groups(&forest.roots, &looks, FOLD_FROM), 0);
    while let Some((spans, depth, last)) = stack.pop() {
        let children: Vec<u32> =
            spans.iter().flat_map(|&span| &forest.children[span as usize]).copied().collect();
        // below a folded row each kind of child is one row
        let below = groups(&children, &looks, if spans.len() > 1 { 1 } else { FOLD_FROM });
        nodes.push(Node { spans, depth, last, leaf: below.is_empty() });
        push(&mut stack, below, depth + 1);
    }
    nodes
}

fn push(stack: &mut Vec<(Vec<u32>, usize, bool)>, groups: Vec<Vec<u32>>, depth: usize) {
    for (index, group) in groups.into_iter().rev().enumerate() {
        stack.push((group, depth, index == 0));
    }
}

/// Siblings that look the same together, where there are at least `least`; in the order of their first.
fn groups(siblings: &[u32], looks: &[u64], least: usize) -> Vec<Vec<u32>> {
    if looks.is_empty() || siblings.len() < least.max(2) {
        return siblings.iter().map(|&span| vec![span]).collect();
    }
    let look = |span: u32| looks[span as usize];
    let mut alike: indexmap::IndexMap<u64, Vec<u32>, rustc_hash::FxBuildHasher> =
        indexmap::IndexMap::default();
    for &span in siblings {
        alike.entry(look(span)).or_default().push(span);
    }
    let mut out = Vec::new();
    for &span in siblings {
        let Some(group) = alike.get_mut(&look(span)) else { continue };
        if group.len() < least {
            out.push(vec![span]);
        } else if group.first() == Some(&span) {
            out.push(group.clone());
        }
    }
    out
}

struct Forest {
    roots: Vec<u32>,
    children: Vec<Vec<u32>>,
}

impl Forest {
    fn of(spans: &[Span]) -> Forest {
        let mut forest = Forest { roots: Vec::new(), children: vec![Vec::new(); spans.len()] };
        for (index, span) in spans.iter().enumerate() {
            match span.parent.filter(|&parent| (parent as usize) < index) {
                Some(parent) => forest.children[parent as usize].push(index as u32),
                None => forest.roots.push(index as u32),
            }
        }
        forest
    }

    /// What each span looks like with all that hangs below it: equal numbers look the same.
    fn looks(&self, spans: &[Span]) -> Vec<u64> {
        let mut looks = vec![0; spans.len()];
        for (index, span) in spans.iter().enumerate().rev() {
            let mut below: Vec<u64> =
                self.children[index].iter().map(|&child| looks[child as usize]).collect();
            below.sort_unstable();
            below.dedup();
            let mut hasher = rustc_hash::FxHasher::default();
            hasher.write_u64(span.service.0);
            hasher.write_u64(span.name.0);
            hasher.write_u8(
                u8::from(span.failed) | u8::from(span.errors > 0) << 1 | u8::from(inferred(span)) << 2,
            );
            if span.missing || !span.links.is_empty() {
                // each of these tells something of its own
                hasher.write_usize(index);
            }
            below.into_iter().for_each(|look| hasher.write_u64(look));
            looks[index] = hasher.finish();
        }
        looks
    }
}

/// Whether the span's place in the tree is no more than likely.
pub(super) fn inferred(span: &Span) -> bool {
    span.edge.as_ref().is_some_and(|edge| !is_stated(edge.basis))
}

/// Whether the logs themselves say what an edge on this basis says.
pub(super) fn is_stated(basis: Basis) -> bool {
    matches!(basis, Basis::Stated | Basis::Header | Basis::Link)
}

/// The lines before a row that tie it to its parent: which levels go on below.
#[derive(Debug, Default)]
pub(super) struct Guides {
    /// By level: a further sibling follows.
    open: Vec<bool>,
}

impl Guides {
    /// Goes on to a row; rows must come in order.
    pub(super) fn enter(&mut self, node: &Node) {
        self.open.truncate(node.depth);
        self.open.push(!node.last);
    }

    /// The lines before the row itself, of at most `most` columns; `dotted` for a place that is inferred.
    pub(super) fn branch(&self, dotted: bool, most: usize, unicode: bool) -> String {
        let depth = self.open.len().saturating_sub(1);
        if depth == 0 {
            return String::new();
        }
        let mut out = self.levels(depth - 1, &depth.to_string(), most.saturating_sub(3), unicode);
        out.push_str(match (self.open[depth], dotted, unicode) {
            (true, false, true) => "├─ ",
            (false, false, true) => "└─ ",
            (true, true, true) => "├╌ ",
            (false, true, true) => "└╌ ",
            (true, false, false) => "|- ",
            (false, false, false) => "`- ",
            (true, true, false) => "|~ ",
            (false, true, false) => "`~ ",
        });
        out
    }

    /// The lines before what is told below the row, of at most `most` columns.
    pub(super) fn below(&self, node: &Node, most: usize, unicode: bool) -> String {
        let depth = self.open.len().saturating_sub(1);
        let mut out = self.levels(depth, "", most.saturating_sub(3), unicode);
        out.push_str(match (node.leaf, unicode) {
            (true, _) => "  ",
            (false, true) => "│ ",
            (false, false) => "| ",
        });
        out
    }

    /// The first levels below the root, two columns each; where they are too many, the inner ones give way to their number.
    fn levels(&self, levels: usize, number: &str, most: usize, unicode: bool) -> String {
        const NUMBER: usize = 6;
        let shown = if levels * 2 > most { most.saturating_sub(NUMBER) / 2 } else { levels };
        let mut out = String::new();
        for &open in &self.open[1..=shown] {
            out.push_str(match (open, unicode) {
                (true, true) => "│ ",
                (true, false) => "| ",
                (false, _) => "  ",
            });
        }
        if shown < levels {
            let mark = if unicode { "⋯" } else { "." };
            out.push_str(&format!("{:<NUMBER$}", format!("{mark}{number}")));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::made;
    use crate::model::{SpanId, Symbol, Time};

    /// A span under a parent; those whose name begins with `!` failed.
    fn span(name: &str, parent: Option<u32>) -> Span {
        Span {
            id: SpanId::new(1).expect("not zero"),
            opaque: false,
            synthetic: false,
            missing: false,
            trace: None,
            parent,
            edge: None,
            links: Vec::new(),
            service: Symbol::of(b"svc"),
            instance: Symbol::NONE,
            name: Symbol::of(name.as_bytes()),
            kind: None,
            start: Time(0),
            end: Time(0),
            raw: None,
            failed: name.starts_with('!'),
            errors: 0,
            events: Vec::new(),
            self_time: None,
            queue_time: None,
        }
    }

    /// The rows of a tree: depth, and how many spans of what index first.
    fn rows(spans: &[(&str, Option<u32>)], fold: bool) -> Vec<(usize, usize, u32)> {
        let trace = made::trace(spans.iter().map(|&(name, parent)| span(name, parent)).collect());
        let nodes = nodes(&trace, fold);
        let mut all: Vec<u32> = nodes.iter().flat_map(|node| node.spans.clone()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..spans.len() as u32).collect::<Vec<_>>(), "every span has one row");
        nodes.iter().map(|node| (node.depth, node.spans.len(), node.spans[0])).collect()
    }

    #[test]
    fn siblings_that_look_the_same_share_a_row_where_they_are_many() {
        let mut spans = vec![("root", None)];
        spans.extend([("select", Some(0)); FOLD_FROM - 1]);
        assert_eq!(rows(&spans, true).len(), FOLD_FROM);
        spans.push(("select", Some(0)));
        spans.push(("insert", Some(0)));
        assert_eq!(rows(&spans, true), [(0, 1, 0), (1, FOLD_FROM, 1), (1, 1, FOLD_FROM as u32 + 1)]);
        assert_eq!(rows(&spans, false).len(), spans.len());
    }

    #[test]
    fn failed_spans_look_different() {
        let mut spans = vec![("root", None)];
        spans.extend((0..20).map(|index| if index == 7 { ("!x", Some(0)) } else { ("x", Some(0)) }));
        assert_eq!(rows(&spans, true), [(0, 1, 0), (1, 19, 1), (1, 1, 8)]);
    }

    #[test]
    fn what_hangs_below_is_part_of_the_look() {
        let mut spans = vec![("root", None)];
        for order in 0..6u32 {
            let at = spans.len() as u32;
            spans.push(("order", Some(0)));
            spans.push(("charge", Some(at)));
            if order < 5 {
                spans.push(("ship", Some(at)));
                spans.push(("ship", Some(at)));
            }
        }
        // five with a shipment, however many spans that took, and one without
        let expected = [(0, 1, 0), (1, 5, 1), (2, 5, 2), (2, 10, 3), (1, 1, 21), (2, 1, 22)];
        assert_eq!(rows(&spans, true), expected);
    }

    #[test]
    fn rows_that_are_too_deep_tell_their_level_by_number() {
        let deep = |depth: usize| Node { spans: vec![0], depth, last: true, leaf: false };
        let mut guides = Guides::default();
        (0..=40).for_each(|depth| guides.enter(&deep(depth)));
        assert_eq!(guides.branch(false, 20, true), "          ⋯40   └─ ");
        assert_eq!(guides.branch(true, 20, false), "          .40   `~ ");
        assert_eq!(guides.below(&deep(40), 20, true), "          ⋯     │ ");
    }
}
