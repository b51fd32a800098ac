//! Which sorts of fragments go on with what others began.

use super::atoms::Atoms;
use super::holdings::Holding;
use rustc_hash::FxHashMap;

/// What is noted twice is dropped when there are so many notes more than twice as many as are known to differ.
const MIN_DOUBLE: usize = 1 << 16;

/// Which sorts of fragments mostly hold values of a kind that were born elsewhere. Where a sort seldom does, its fragments
/// are transactions of their own that come back to the same thing later: trace context is not lost there.
#[derive(Debug, Default)]
pub(super) struct Dependents {
    /// Kind, atom, and whether a value of it was born elsewhere: in one number, in this order.
    holders: Vec<u64>,
    /// So many of them differ, as far as that is known.
    known: usize,
    /// Kind and sort: fragments that hold a value of the kind, and those that hold one born elsewhere.
    sorts: FxHashMap<(u32, u64), (u32, u32)>,
}

/// So many fragments of a sort tell whether it depends on others.
const MIN_DEPENDENTS: u32 = 4;

impl Dependents {
    /// Takes in a value with its holdings by time.
    pub fn add(&mut self, atoms: &Atoms, kind: usize, value: &[&Holding]) {
        let traced = value.iter().enumerate().filter(|(_, holding)| atoms.is_traced(holding.atom));
        self.holders.extend(traced.map(|(index, holding)| {
            (kind as u64) << 33 | u64::from(holding.atom) << 1 | u64::from(index > 0)
        }));
        if self.holders.len() > 2 * self.known + MIN_DOUBLE {
            self.holders.sort_unstable();
            self.holders.dedup();
            self.known = self.holders.len();
        }
    }

    /// Takes in those of other values.
    pub fn append(&mut self, mut others: Dependents) {
        self.holders.append(&mut others.holders);
    }

    /// Counts, when all values are there.
    pub fn count(&mut self, atoms: &Atoms) {
        let mut holders = std::mem::take(&mut self.holders);
        holders.sort_unstable();
        for group in holders.chunk_by(|a, b| a >> 1 == b >> 1) {
            let (kind, atom) = ((group[0] >> 33) as u32, (group[0] >> 1) as u32);
            let entry = self.sorts.entry((kind, atoms.sort(atom))).or_default();
            entry.0 += 1;
            entry.1 += u32::from(group[group.len() - 1] & 1 == 1);
        }
    }

    /// Whether fragments such as this one mostly hold values of a kind that were born elsewhere; events without a trace
    /// always may.
    pub fn depends(&self, atoms: &Atoms, kind: usize, atom: u32) -> bool {
        if !atoms.is_traced(atom) {
            return true;
        }
        let (all, later) = self.sorts.get(&(kind as u32, atoms.sort(atom))).copied().unwrap_or_default();
        all < MIN_DEPENDENTS || later * 2 >= all
    }
}
