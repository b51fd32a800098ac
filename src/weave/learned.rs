//! What a run teaches of itself: which kinds of spans cause which.
//!
//! Counted from edges that were certain enough, and from all possible ones by their shares; all in integers, so that parts
//! of a run merge in any order.

use super::scene::Scene;
use crate::model::Symbol;
use rustc_hash::FxHashMap;

/// What was learned.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// Edges by child kind and parent kind, or form if they are of one service (0: no parent).
    causes: FxHashMap<(u64, u64), (Counts, Causes)>,
    /// All edges by child kind.
    totals: FxHashMap<u64, Total>,
    /// Spans by kind.
    spans: FxHashMap<u64, u32>,
    /// Lines of access logs by service.
    accesses: FxHashMap<Symbol, Accesses>,
}

/// The lines of a service's access log that others might have caused, in hundredths.
#[derive(Clone, Copy, Debug, Default)]
struct Accesses {
    all: u32,
    /// What nothing caused, by its shares.
    entries: u32,
}

/// So many lines tell whether a service is entered from outside, in hundredths; it is if one of so many seems to be caused by
/// nothing. On three recorded systems that was so of more than a third of the lines of entries, whose clocks were coarse, and of
/// less than a quarter of those of others.
const TELLING: u32 = 2000;
const ENTERED: u32 = 3;

/// Edges, in hundredths.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// Those that are certain enough.
    certain: u32,
    /// All possible ones, by their shares.
    possible: u32,
}

/// The edges of a kind of child.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    all: Counts,
    /// Of the certain ones those within its service.
    inside: u32,
}

/// How often one kind causes another; once all are counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Causes {
    /// log10 of the share of the child kind's certain edges, smoothed; 0 if nothing is known of the child.
    pub share: f32,
    /// The same of all possible edges.
    pub possible: f32,
    /// log10 of how many such children a span of the parent's kind has, smoothed.
    pub fans: f32,
}

/// What was learned of a kind as a child.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfChild {
    /// The share of its edges that lie within its service; one half if nothing is known.
    pub inner: f32,
    /// For kinds that never cause it.
    unseen: Causes,
}

impl Learned {
    /// Adds what another part of the run taught.
    pub fn merge(mut self, other: Learned) -> Learned {
        for (kinds, (counts, _)) in other.causes {
            self.causes.entry(kinds).or_default().0.add(counts);
        }
        for (kind, total) in other.totals {
            let own = self.totals.entry(kind).or_default();
            own.all.add(total.all);
            own.inside += total.inside;
        }
        for (kind, spans) in other.spans {
            *self.spans.entry(kind).or_default() += spans;
        }
        for (service, accesses) in other.accesses {
            let own = self.accesses.entry(service).or_default();
            (own.all, own.entries) = (own.all + accesses.all, own.entries + accesses.entries);
        }
        self
    }

    /// Draws from the counts what is asked for often; to be called when all parts are merged.
    pub fn settle(mut self) -> Learned {
        for ((child, parent), (counts, causes)) in &mut self.causes {
            let total = self.totals.get(child).copied().unwrap_or_default();
            let spans = self.spans.get(parent).copied().unwrap_or(0);
            *causes = counts.settle(total.all, spans);
        }
        self
    }

    /// Takes in the spans of a transaction.
    pub fn add_spans(&mut self, scene: &Scene) {
        for node in scene.nodes.iter().filter(|node| !node.lines.is_empty()) {
            *self.spans.entry(node.kind).or_default() += 1;
            *self.spans.entry(node.form).or_default() += 1;
        }
    }

    /// Adds a possible edge by its share in hundredths; `certain`: it is certain enough.
    pub fn add(&mut self, scene: &Scene, parent: Option<u32>, child: u32, share: u32, certain: bool) {
        let c = &scene.nodes[child as usize];
        let counts = Counts { certain: if certain { share } else { 0 }, possible: share };
        let total = self.totals.entry(c.kind).or_default();
        total.all.add(counts);
        if parent.is_some_and(|parent| scene.nodes[parent as usize].service == c.service) {
            total.inside += counts.certain;
        }
        let kind = parent.map_or(0, |parent| scene.nodes[parent as usize].cause(c));
        self.causes.entry((c.kind, kind)).or_default().0.add(counts);
    }

    /// Adds a line of an access log that others might have caused: how likely it is that none did, in hundredths.
    pub fn add_access(&mut self, service: Symbol, none: u32) {
        let accesses = self.accesses.entry(service).or_default();
        (accesses.all, accesses.entries) = (accesses.all + 100, accesses.entries + none);
    }

    /// Whether the requests that a service logs come from outside: what often begins something, as far as times tell, does so
    /// always. The times of an access log may be coarse, and are those of the ends.
    pub fn is_entered(&self, service: Symbol) -> bool {
        let known = self.accesses.get(&service).filter(|known| known.all >= TELLING);
        known.is_some_and(|known| known.entries >= known.all / ENTERED)
    }

    /// What was learned of a kind as a child.
    pub fn of_child(&self, child: u64) -> OfChild {
        let known = self.totals.get(&child);
        let total = known.copied().unwrap_or_default();
        let unseen = known.map_or(Causes::default(), |total| Counts::default().settle(total.all, 0));
        OfChild { inner: (total.inside as f32 + 50.0) / (total.all.certain as f32 + 100.0), unseen }
    }

    /// How often this kind of parent causes that kind of child.
    pub fn causes(&self, parent: Option<u64>, child: u64, of: OfChild) -> Causes {
        self.causes.get(&(child, parent.unwrap_or(0))).map_or(of.unseen, |(_, causes)| *causes)
    }

    /// In how many transactions this kind of parent caused that kind of child.
    pub fn times(&self, parent: u64, child: u64) -> u32 {
        self.causes.get(&(child, parent)).map_or(0, |(counts, _)| counts.certain) / 100
    }
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.certain += other.certain;
        self.possible += other.possible;
    }

    /// Of all edges of the child's kind, and so many spans of the parent's.
    fn settle(self, all: Counts, spans: u32) -> Causes {
        let share = |part: u32, all: u32| ((part as f32 + 20.0) / (all as f32 + 400.0) * 20.0).log10();
        Causes {
            share: if all.certain > 0 { share(self.certain, all.certain) } else { 0.0 },
            possible: share(self.possible, all.possible),
            fans: ((self.possible as f32 / 100.0 + 0.2) / (spans as f32 + 4.0) * 20.0).log10(),
        }
    }
}

/// The first record of a span: template and time.
pub(super) fn first(scene: &Scene, node: u32) -> Option<(Symbol, i64)> {
    scene.opening(node).map(|line| (line.template, line.time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_often_asked_by_nobody_is_entered_from_outside() {
        let (edge, stock, rare) = (Symbol(1), Symbol(2), Symbol(3));
        let part = |range: std::ops::Range<u32>| {
            let mut learned = Learned::default();
            for line in range {
                // a clock that tells whole seconds leaves most in question
                learned.add_access(edge, if line % 5 < 2 { 95 } else { 5 });
                learned.add_access(stock, if line % 5 < 1 { 90 } else { 5 });
                if line < 10 {
                    learned.add_access(rare, 100);
                }
            }
            learned
        };
        let whole = part(0..30).merge(part(30..60)).settle();
        assert!(whole.is_entered(edge));
        // a call now and then of which nobody told; too few lines; none
        assert!(!whole.is_entered(stock) && !whole.is_entered(rare) && !whole.is_entered(Symbol(4)));
    }
}
