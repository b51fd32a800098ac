//! Which kinds of events stand close to others by their nature. Counted over a whole run, so that it does not matter which
//! of its events are at hand together.

use crate::gather::Store;
use crate::model::{EventId, Symbol};
use rustc_hash::{FxHashMap, FxHashSet};

/// So many events of a kind tell whether it is tied to its neighbour.
const MIN_TIED: u32 = 8;
/// This share of the events of a kind that is tied to its neighbour stands close to it, in tenths.
const TIED_TENTHS: u32 = 5;

/// The service and template of an event.
pub(super) type Kind = (Symbol, Symbol);

/// The kind of an event of the store.
pub(super) fn kind(store: &Store, id: EventId) -> Kind {
    let event = store.event(id);
    (event.service, event.template)
}

/// How the events of a kind that hold no value stand to those next to them.
#[derive(Debug, Default)]
struct Stand {
    /// Those that stand between two others.
    all: u32,
    /// By side (whether the neighbour comes after) and template of the neighbour: how often it is much closer than the one
    /// on the other side.
    close: FxHashMap<(bool, Symbol), u32>,
    /// Those that tell how long they took, and how many of them began when one of a template was logged.
    lasting: u32,
    begun: FxHashMap<Symbol, u32>,
}

/// How the events of all kinds stand to those next to them.
#[derive(Debug, Default)]
pub(super) struct Counts(FxHashMap<Kind, Stand>);

impl Counts {
    /// Takes in an event that stands between two others; on which side the one is that is much closer, and its template.
    pub fn between(&mut self, kind: Kind, closer: Option<(bool, Symbol)>) {
        let stand = self.0.entry(kind).or_default();
        stand.all += 1;
        if let Some(closer) = closer {
            *stand.close.entry(closer).or_default() += 1;
        }
    }

    /// Takes in an event that tells how long it took, with the templates of those that were logged when it began, each once.
    pub fn lasting(&mut self, kind: Kind, begun_with: impl Iterator<Item = Symbol>) {
        let stand = self.0.entry(kind).or_default();
        stand.lasting += 1;
        begun_with.for_each(|template| *stand.begun.entry(template).or_default() += 1);
    }

    /// What they tell.
    pub fn ties(self) -> Ties {
        let mut ties = Ties::default();
        let most = |count: u32, all: u32| all >= MIN_TIED && count * 10 >= all * TIED_TENTHS;
        for (kind, stand) in self.0 {
            let begun = stand.begun.iter().max_by_key(|(template, count)| (**count, **template));
            if let Some((template, _)) = begun.filter(|(_, count)| most(**count, stand.lasting)) {
                ties.begun.insert(kind, *template);
            }
            let sides = stand.close.iter().filter(|(_, count)| most(**count, stand.all));
            ties.sides.extend(sides.map(|((after, template), _)| (kind, *after, *template)));
        }
        ties
    }
}

/// Which kinds of events are tied to their neighbours.
#[derive(Debug, Default)]
pub(super) struct Ties {
    sides: FxHashSet<(Kind, bool, Symbol)>,
    begun: FxHashMap<Kind, Symbol>,
}

impl Ties {
    /// Whether the events of a kind stand close to those of a template on a side (after them, or before).
    pub fn is_close(&self, kind: Kind, after: bool, template: Symbol) -> bool {
        self.sides.contains(&(kind, after, template))
    }

    /// Whether the events of a kind began when one of a template was logged.
    pub fn began_with(&self, kind: Kind, template: Symbol) -> bool {
        self.begun.get(&kind) == Some(&template)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = (Symbol(1), Symbol(2));
    const OTHER: Symbol = Symbol(3);

    fn close(often: u32, of: u32) -> Ties {
        let mut counts = Counts::default();
        (0..of).for_each(|at| counts.between(KIND, (at < often).then_some((true, OTHER))));
        counts.ties()
    }

    #[test]
    fn a_kind_is_tied_to_what_half_of_it_stands_close_to() {
        assert!(close(8, 16).is_close(KIND, true, OTHER));
        assert!(!close(7, 16).is_close(KIND, true, OTHER));
        assert!(!close(16, 16).is_close(KIND, false, OTHER), "the other side");
        assert!(!close(7, 7).is_close(KIND, true, OTHER), "too few");
    }

    #[test]
    fn a_kind_begins_with_what_is_logged_most_often_then() {
        let mut counts = Counts::default();
        (0..8).for_each(|at| counts.lasting(KIND, (at < 5).then_some(OTHER).into_iter()));
        (0..3).for_each(|_| counts.lasting((KIND.0, OTHER), [OTHER].into_iter()));
        let ties = counts.ties();
        assert!(ties.began_with(KIND, OTHER) && !ties.began_with(KIND, KIND.1));
        assert!(!ties.began_with((KIND.0, OTHER), OTHER), "too few");
    }
}
