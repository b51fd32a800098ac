//! Which sorts of fragments go on with what others began.

use super::atoms::Atoms;
use super::holdings::Holding;
use super::order::Ordered;
use crate::gather::bytes::{Get, Put};
use crate::gather::{Room, Rows, SpillError};
use rustc_hash::FxHashMap;

/// Fragments are counted in so many parts, one after the other.
const PARTS: u32 = 32;

/// Which sorts of fragments mostly hold values of a kind that were born elsewhere. Where a sort seldom does, its fragments
/// are transactions of their own that come back to the same thing later: trace context is not lost there.
#[derive(Debug)]
pub(super) struct Dependents {
    /// Kind, atom, and whether a value of it was born elsewhere; by atom.
    holders: Rows,
    /// Kind and sort: fragments that hold a value of the kind, and those that hold one born elsewhere.
    sorts: FxHashMap<(u32, u32), (u32, u32)>,
}

/// So many fragments of a sort tell whether it depends on others.
const MIN_DEPENDENTS: u32 = 4;

impl Dependents {
    /// Holds so many bytes in memory until they are counted.
    pub fn new(room: Room) -> Dependents {
        Dependents { holders: Rows::new(PARTS as usize, room), sorts: FxHashMap::default() }
    }

    /// Takes in a value with its holdings by time.
    pub fn add(&mut self, atoms: &Atoms, kind: usize, value: &[&Holding]) -> Result<(), SpillError> {
        for (index, holding) in value.iter().enumerate() {
            if atoms.is_traced(holding.atom) {
                self.holders.push((holding.atom % PARTS) as usize, |out| {
                    out.number(kind as u64);
                    out.number(u64::from(holding.atom) << 1 | u64::from(index > 0));
                })?;
            }
        }
        Ok(())
    }

    /// Takes in those of other values.
    pub fn append(&mut self, others: &Dependents) -> Result<(), SpillError> {
        self.holders.append(&others.holders)
    }

    /// Counts, when all values are there.
    pub fn count(&mut self, atoms: &Atoms) -> Result<(), SpillError> {
        let mut holders: Vec<(u32, u64)> = Vec::new();
        for part in 0..PARTS as usize {
            holders.clear();
            self.holders.each(part, |bytes| {
                let mut bytes = Get(bytes);
                while let (Some(kind), Some(holder)) = (bytes.number(), bytes.number()) {
                    holders.push((kind as u32, holder));
                }
            })?;
            holders.sort_unstable();
            for group in holders.chunk_by(|a, b| (a.0, a.1 >> 1) == (b.0, b.1 >> 1)) {
                let sort = atoms.traced.sorts[(group[0].1 >> 1) as usize];
                let entry = self.sorts.entry((group[0].0, sort)).or_default();
                entry.0 += 1;
                entry.1 += u32::from(group[group.len() - 1].1 & 1 == 1);
            }
        }
        self.holders = Rows::new(0, Room { bytes: 0, firm: true });
        Ok(())
    }

    /// Whether fragments such as this one mostly hold values of a kind that were born elsewhere; events without a trace
    /// always may.
    pub fn depends(&self, atoms: &Ordered, kind: usize, atom: u32) -> bool {
        if !atoms.is_traced(atom) {
            return true;
        }
        let (all, later) = self.sorts.get(&(kind as u32, atoms.sort(atom))).copied().unwrap_or_default();
        all < MIN_DEPENDENTS || later * 2 >= all
    }
}
