//! The records of a transaction, with those of other clocks that each record of a coarse one belongs to.

use super::super::words::Act;
use crate::model::{EventId, SourceId, Symbol};
use rustc_hash::FxHashMap;

/// A service, and what its record is; see [`what`](crate::weave::lexicon::Lexicon::what).
pub(super) type Kind = (Symbol, Symbol);

/// A record on its way to its place.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub id: EventId,
    /// As logged, on the common clock.
    pub time: i64,
    /// It was logged less than this later; 0 if its clock is a fine one.
    pub grain: i64,
    pub kind: Kind,
    pub source: SourceId,
    pub act: Act,
    /// It is the first record of its span.
    pub opens: bool,
    pub values: Vec<Symbol>,
    /// Which of the transaction's spans it belongs to.
    pub span: u32,
    /// It stands where that began which the record tells of.
    pub begins: bool,
    /// How long something took that it tells of: nanoseconds.
    pub took: Option<i64>,
    /// The name of its service, normalized, and of the one that it says asked for this.
    pub service_name: Symbol,
    pub caller: Symbol,
}

impl Mark {
    /// From when to count how much later than a partner this one comes: from the partner itself, and where it tells how long
    /// something took, from when it would come if that had begun with the partner.
    pub fn from(&self, partner: &Mark) -> impl Iterator<Item = (bool, i64)> {
        let began = self.took.map(|took| (true, partner.time.saturating_add(took)));
        std::iter::once((false, partner.time)).chain(began)
    }
}

/// The one record of a kind that belongs to another record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partner {
    pub index: usize,
    /// So many records hold the value that both share and that fewest hold.
    pub holders: usize,
    /// So many records would do.
    equal: u32,
}

/// They share nothing.
pub(super) const NOTHING: usize = usize::MAX;

/// The records of a transaction in the order of time.
#[derive(Debug)]
pub(super) struct Marks {
    pub all: Vec<Mark>,
    /// By value: those that hold it.
    pub holders: FxHashMap<Symbol, Vec<u32>>,
    /// Of each kind of fine clocks the first record, and how many there are.
    kinds: FxHashMap<Kind, (usize, u32)>,
}

impl Marks {
    pub fn of(all: Vec<Mark>) -> Marks {
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

    pub fn coarse(&self) -> impl Iterator<Item = &Mark> {
        self.all.iter().filter(|mark| mark.grain > 0)
    }

    /// How long the span of a coarse record took at least: as it says, or as its records tell.
    pub fn least_length(&self, span: u32) -> Option<i64> {
        let own = || self.coarse().filter(|mark| mark.span == span);
        own().filter_map(|mark| mark.took).max().or_else(|| {
            let (first, last) = (own().min_by_key(|mark| mark.time)?, own().max_by_key(|mark| mark.time)?);
            Some((last.time - first.time - first.grain).max(0))
        })
    }

    /// Of each kind of fine clocks the record that belongs to a coarse one: the only one that shares its rarest value, or
    /// that there is.
    pub fn partners(&self, coarse: &Mark) -> Vec<(Kind, Partner)> {
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
