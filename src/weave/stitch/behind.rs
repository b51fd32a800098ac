//! Sets that begin right behind a line of another set on one thread, as the lines of their kind always do: what one request
//! or message had done for each of several things, without a value that tells so.

use super::super::lexicon::Lexicon;
use super::super::words::Act;
use crate::gather::Store;
use crate::model::{EventId, Symbol};
use rustc_hash::FxHashMap;

/// So many sets have to begin with lines of a kind.
const MIN_BEGUN: u32 = 16;
/// This share of them stands behind lines of one kind, or behind others of their own kind that do, in tenths.
const BEHIND_TENTHS: u32 = 8;
/// What stands in front is so many times farther from what is in front of it.
const CLOSER: i64 = 8;

/// The service and template of a line.
type Kind = (Symbol, Symbol);

/// The lines that sets begin with.
#[derive(Debug, Default)]
struct Begun {
    all: u32,
    /// By the template of the line in front: the line's set, the set that begins, and how long between.
    behind: FxHashMap<Symbol, Vec<(u32, u32, i64)>>,
}

/// Which sets begin behind which.
#[derive(Debug, Default)]
pub(super) struct Behind {
    begun: FxHashMap<Kind, Begun>,
    /// By kind of line: how long it is after the one in front of it.
    gaps: FxHashMap<Kind, Vec<i64>>,
}

impl Behind {
    /// Takes in a line of a thread that holds a value of a set, and the one in front with its set; `begins`: the set begins
    /// with it.
    pub fn add(&mut self, store: &Store, before: Option<(EventId, u32)>, line: (EventId, u32), begins: bool) {
        let event = store.event(line.0);
        let kind = (event.service, event.template);
        let gap = before.map_or(i64::MAX, |(id, _)| event.time.0.saturating_sub(store.event(id).time.0));
        self.gaps.entry(kind).or_default().push(gap);
        if !begins {
            return;
        }
        let begun = self.begun.entry(kind).or_default();
        begun.all += 1;
        if let Some((id, set)) = before
            && gap >= 0
        {
            begun.behind.entry(store.event(id).template).or_default().push((set, line.1, gap));
        }
    }

    /// The sets that belong together.
    pub fn joints(mut self, lexicon: &Lexicon) -> Vec<(u32, u32)> {
        let mut kinds: Vec<(Kind, Begun)> = self.begun.into_iter().collect();
        kinds.sort_unstable_by_key(|(kind, _)| *kind);
        let mut joints = Vec::new();
        for ((service, template), begun) in kinds {
            // what is received or begun of itself belongs to nothing before it
            if begun.all < MIN_BEGUN || lexicon.words(template).act.begins() {
                continue;
            }
            let count = |template: &Symbol| begun.behind.get(template).map_or(0, Vec::len) as u32;
            let others = begun.behind.keys().filter(|other| **other != template);
            let Some(front) = others.max_by_key(|other| (count(other), **other)).copied() else { continue };
            let ends = lexicon.words(front).act == Act::End;
            if ends || count(&front) * 4 < begun.all {
                continue;
            }
            if (count(&front) + count(&template)) * 10 < begun.all * BEHIND_TENTHS {
                continue;
            }
            let mut gaps: Vec<i64> = begun.behind[&front].iter().map(|(.., gap)| *gap).collect();
            let Some(idle) = self.gaps.get_mut(&(service, front)).and_then(|gaps| middle(gaps)) else {
                continue;
            };
            let Some(usual) = middle(&mut gaps).filter(|usual| usual.saturating_mul(CLOSER) <= idle) else {
                continue;
            };
            let close = |gap: i64| gap <= usual.saturating_mul(CLOSER) && gap <= idle;
            let here = [front, template].into_iter().flat_map(|kind| begun.behind.get(&kind)).flatten();
            joints.extend(here.filter(|(.., gap)| close(*gap)).map(|(front, set, _)| (*front, *set)));
        }
        joints
    }
}

/// The one in the middle.
fn middle(gaps: &mut [i64]) -> Option<i64> {
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: Symbol = Symbol(1);
    const FRONT: Symbol = Symbol(2);
    const LINE: Symbol = Symbol(3);
    const MILLI: i64 = 1_000_000;

    /// Requests that have two things done for them each, 1 ms and 2 ms after their own line; one comes `idle` after another.
    fn begun(requests: u32, idle: i64) -> Behind {
        let mut behind = Behind::default();
        behind.gaps.insert((SERVICE, FRONT), vec![idle; requests as usize]);
        let begun = behind.begun.entry((SERVICE, LINE)).or_default();
        for request in 0..requests {
            let (front, first, second) = (request * 3, request * 3 + 1, request * 3 + 2);
            begun.all += 2;
            begun.behind.entry(FRONT).or_default().push((front, first, MILLI));
            begun.behind.entry(LINE).or_default().push((first, second, MILLI));
        }
        behind
    }

    #[test]
    fn what_always_stands_right_behind_a_line_belongs_to_it() {
        let joints = begun(20, 500 * MILLI).joints(&Lexicon::default());
        let chain = |request: u32| {
            let front = request * 3;
            joints.contains(&(front, front + 1)) && joints.contains(&(front + 1, front + 2))
        };
        assert_eq!(joints.len(), 40);
        assert!((0..20).all(chain));
    }

    #[test]
    fn few_lines_tell_nothing() {
        assert!(begun(4, 500 * MILLI).joints(&Lexicon::default()).is_empty());
    }

    #[test]
    fn lines_that_are_always_close_tell_nothing() {
        assert!(begun(20, 2 * MILLI).joints(&Lexicon::default()).is_empty());
    }

    #[test]
    fn lines_behind_many_kinds_belong_to_none() {
        let mut behind = begun(20, 500 * MILLI);
        if let Some(begun) = behind.begun.get_mut(&(SERVICE, LINE)) {
            begun.all += 40;
        }
        assert!(behind.joints(&Lexicon::default()).is_empty());
    }

    #[test]
    fn one_that_comes_much_later_stands_alone() {
        let mut behind = begun(20, 500 * MILLI);
        let late = behind.begun.get_mut(&(SERVICE, LINE)).and_then(|begun| begun.behind.get_mut(&FRONT));
        if let Some(late) = late {
            late[7].2 = 100 * MILLI;
        }
        let joints = behind.joints(&Lexicon::default());
        assert_eq!(joints.len(), 39);
        assert!(!joints.contains(&(21, 22)));
    }
}
