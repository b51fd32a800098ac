//! The values of the kinds that may join, kind by kind: for each value the atoms that hold it.

use super::atoms::Atoms;
use super::dependents::Dependents;
use super::holdings::Holding;
use super::kinds::{Kind, Kinds, MIN_FORM};
use super::order::{Ordered, Sharing};
use super::rounds::RoundNumbers;
use crate::gather::bytes::{Get, Put};
use crate::gather::{Room, Rows, SpillError};
use rustc_hash::FxHashSet;

/// Kinds that score less than this are never tried as they are.
pub(super) const MIN_SCORE: f32 = 0.15;

/// The values of a kind: for each the atoms that hold it, by time.
#[derive(Debug, Default)]
pub(super) struct Values {
    atoms: Vec<u32>,
    /// Of each atom that holds a value, whether it comes back to what others began: see [`begins_later`].
    back: Vec<bool>,
    ends: Vec<u32>,
}

impl Values {
    /// Those of a kind: the atoms that one is born in, or that go on with what others began.
    pub fn of(
        shared: &Rows,
        kinds: &Kinds,
        kind: usize,
        atoms: &Ordered,
        (dependents, new): (&Dependents, &FxHashSet<u32>),
    ) -> Result<Values, SpillError> {
        let named = kinds.list[kind].named;
        let mut values = Values::default();
        shared.each(kind, |bytes| {
            let mut bytes = Get(bytes);
            while let Some(count) = bytes.number() {
                let start = values.atoms.len();
                for _ in 0..count {
                    let holder = bytes.number().unwrap_or_default();
                    let came = (holder >> 2) as u32;
                    let atom = atoms.place(came);
                    let origin = values.atoms.get(start).is_none_or(|origin| *origin == atom);
                    if named || origin || dependents.depends(atoms, kind, atom) {
                        values.atoms.push(atom);
                        values.back.push(holder & 1 == 1 || holder & 2 == 2 && new.contains(&came));
                    }
                }
                values.end(start);
            }
        })?;
        Ok(values)
    }

    /// Adds a value with the atoms that hold it.
    pub fn add(&mut self, atoms: impl Iterator<Item = u32>) {
        let start = self.atoms.len();
        self.atoms.extend(atoms);
        self.back.resize(self.atoms.len(), false);
        self.end(start);
    }

    fn end(&mut self, start: usize) {
        if self.atoms.len() - start > 1 {
            self.ends.push(self.atoms.len() as u32);
        } else {
            self.atoms.truncate(start);
            self.back.truncate(start);
        }
    }

    /// Drops the values that were born in some atoms.
    pub fn drop_born_in(&mut self, dropped: impl Fn(u32) -> bool) {
        let kept: Vec<_> = self.ranges().filter(|range| !dropped(self.atoms[range.start])).collect();
        if kept.len() == self.len() {
            return;
        }
        let all = std::mem::take(self);
        for range in kept {
            self.atoms.extend_from_slice(&all.atoms[range.clone()]);
            self.back.extend_from_slice(&all.back[range]);
            self.ends.push(self.atoms.len() as u32);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.ranges().map(|range| &self.atoms[range])
    }

    /// Likewise, with which of the atoms come back to what others began.
    pub fn iter_with_back(&self) -> impl Iterator<Item = (&[u32], &[bool])> {
        self.ranges().map(|range| (&self.atoms[range.clone()], &self.back[range]))
    }

    fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| start as usize..*end as usize)
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }
}

/// The values of a kind that come again, with the times at which they are held.
#[derive(Debug, Default)]
pub(super) struct Timed {
    holders: Vec<(u32, i64)>,
    ends: Vec<u32>,
}

impl Timed {
    /// Those of a kind.
    pub fn of(timed: &Rows, kind: usize, atoms: &Ordered) -> Result<Timed, SpillError> {
        let mut values = Timed::default();
        timed.each(kind, |bytes| {
            let mut bytes = Get(bytes);
            while let (Some(count), Some(first)) = (bytes.number(), bytes.bits()) {
                let mut time = first as i64;
                for _ in 0..count {
                    let atom = atoms.place(bytes.number().unwrap_or_default() as u32);
                    time = time.wrapping_add(bytes.signed().unwrap_or_default());
                    values.holders.push((atom, time));
                }
                values.ends.push(values.holders.len() as u32);
            }
        })?;
        Ok(values)
    }

    /// Values told by those that hold them, by time.
    #[cfg(test)]
    pub fn from(values: impl Iterator<Item = Vec<(u32, i64)>>) -> Timed {
        let mut timed = Timed::default();
        for holders in values {
            timed.holders.extend(holders);
            timed.ends.push(timed.holders.len() as u32);
        }
        timed
    }

    /// Value by value: the atoms that hold it, and when, by time.
    pub fn iter(&self) -> impl Iterator<Item = &[(u32, i64)]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.holders[start as usize..*end as usize])
    }

    /// How many values there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }
}

/// A value that more atoms hold tells nothing, whatever it stands beside: a count of a few, a code of an answer.
const MOST_TIMED: usize = 1 << 14;

/// Splits values by kind.
pub(super) struct Split<'k> {
    kinds: &'k Kinds,
    /// By kind that may be tried as it is: for each value that several atoms hold how many these are, and those, by time, each
    /// with how it comes back to what others began, if it does.
    pub values: Rows,
    /// By kind that may join by parts: likewise, with their times.
    pub timed: Rows,
    pub numbers: RoundNumbers,
    pub dependents: Dependents,
    pub sharing: Sharing,
    /// The fragments that begin with a value which is new and which several of their services hold: they are about something
    /// else than those before.
    pub new: FxHashSet<u32>,
}

/// Whether a fragment that nothing was handed over to began when a value was known already. If it met it only after its beginning,
/// or began with something new, it comes back to what others began.
fn begins_later(atoms: &Atoms, first: &Holding, holding: &Holding) -> bool {
    let atom = holding.atom as usize;
    atoms.is_traced(holding.atom)
        && !atoms.traced.asked[atom].handed
        && atoms.traced.begins[atom] > first.time
}

impl<'k> Split<'k> {
    /// For the values of these kinds, of which so many bytes are held in memory.
    pub fn new(kinds: &'k Kinds, room: Room) -> Split<'k> {
        // rows that grow take twice their bytes
        let room = room.shared_by(2 * 4);
        Split {
            kinds,
            values: Rows::new(kinds.list.len(), room),
            timed: Rows::new(kinds.list.len(), room),
            numbers: RoundNumbers::new(kinds.list.len(), room),
            dependents: Dependents::new(room),
            sharing: Sharing::default(),
            new: FxHashSet::default(),
        }
    }

    /// Takes in other values.
    pub fn append(&mut self, others: Split<'_>) -> Result<(), SpillError> {
        self.values.append(&others.values)?;
        self.timed.append(&others.timed)?;
        self.numbers.append(&others.numbers)?;
        self.dependents.append(&others.dependents)?;
        self.sharing.append(others.sharing);
        self.new.extend(others.new);
        Ok(())
    }

    /// Takes in the holdings of a value.
    pub fn value(&mut self, atoms: &Atoms, holdings: &[Holding]) -> Result<(), SpillError> {
        let mut by_kind: Vec<(usize, &Holding)> = Vec::new();
        let of = self.kinds.of(holdings);
        for holding in holdings {
            by_kind.push((of(holding), holding));
        }
        by_kind.sort_by_key(|(kind, holding)| (*kind, holding.atom, holding.time));
        for group in by_kind.chunk_by(|a, b| a.0 == b.0) {
            let kind = group[0].0;
            let mut value: Vec<&Holding> = group.iter().map(|(_, holding)| *holding).collect();
            value.dedup_by_key(|holding| holding.atom);
            value.sort_by_key(|holding| (holding.time, holding.first, holding.origin));
            let Kind { score, form, unique, named, in_parts, .. } = self.kinds.list[kind];
            let whole = score >= MIN_SCORE;
            if (whole || in_parts) && value[0].spread && form >= MIN_FORM {
                self.new.insert(value[0].atom);
            }
            if whole {
                self.dependents.add(atoms, kind, &value)?;
            }
            let in_parts = in_parts && value.len() <= MOST_TIMED;
            let is_number = self.numbers.add(atoms, kind, &value)?;
            if value.len() < 2 || !whole && !in_parts && !is_number {
                continue;
            }
            if whole {
                let back = |holding: &Holding| {
                    let later = !unique && !named && begins_later(atoms, value[0], holding);
                    // where nothing tells of a request, what is called may log before who received something does
                    let met = later && holding.late && !atoms.traced.asked[holding.atom as usize].unasked;
                    u64::from(later && !met) << 1 | u64::from(met)
                };
                self.values.push(kind, |out| {
                    out.number(value.len() as u64);
                    value.iter().for_each(|holding| {
                        out.number(u64::from(holding.atom) << 2 | back(holding));
                    });
                })?;
            }
            if in_parts {
                self.timed.push(kind, |out| {
                    out.number(value.len() as u64);
                    let mut before = value[0].time.0;
                    out.bits(before as u64);
                    for holding in &value {
                        out.number(u64::from(holding.atom));
                        out.signed(holding.time.0.wrapping_sub(before));
                        before = holding.time.0;
                    }
                })?;
            }
            value
                .iter()
                .filter(|holding| !atoms.is_traced(holding.atom))
                .for_each(|holding| self.sharing.add(holding));
        }
        Ok(())
    }
}
