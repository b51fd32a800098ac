//! How the values of a kind run between sorts of atoms.

use super::order::Ordered;
use super::values::Values;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;

/// Values may run both ways between two sorts of fragments in this share.
const MAX_BACKWARD: f32 = 0.1;

/// With what the fragments begin whose values of a kind run to others of their sort, as two transactions of one customer share
/// them; none if the values run both ways between sorts of fragments, and not one way, as from cause to effect.
pub(super) fn not_directed(atoms: &Ordered, values: &Values) -> Option<FxHashSet<u32>> {
    let mut ways: FxHashMap<(u32, u32), u32> = FxHashMap::default();
    for value in values.iter().filter(|value| atoms.is_traced(value[0])) {
        let origin = atoms.sort(value[0]);
        for &atom in value[1..].iter().filter(|atom| atoms.is_traced(**atom)) {
            *ways.entry((origin, atoms.sort(atom))).or_default() += 1;
        }
    }
    let (mut all, mut backward) = (0, 0);
    // by origin: all, and those of its sort
    let mut of: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
    for ((from, to), count) in &ways {
        all += count;
        let own = of.entry(*from).or_default();
        own.0 += count;
        match from.cmp(to) {
            Ordering::Less => backward += (*count).min(ways.get(&(*to, *from)).copied().unwrap_or(0)),
            Ordering::Equal => own.1 += count,
            Ordering::Greater => {}
        }
    }
    // sender and receiver of one message may log in either order, and a message may be delivered again
    let messages = all as usize <= 2 * values.len();
    let among_own = |(all, alike): &(u32, u32)| *alike >= 4 && alike * 3 > *all;
    (messages || backward < 2 || backward as f32 <= MAX_BACKWARD * all as f32)
        .then(|| of.into_iter().filter(|(_, counts)| among_own(counts)).map(|(sort, _)| sort).collect())
}

/// The sorts of atoms that hold several values born elsewhere, and those atoms: consumers of batches, or joins.
pub(super) fn gathering(atoms: &Ordered, values: &Values) -> FxHashSet<u32> {
    let mut incoming: FxHashMap<u32, u32> = FxHashMap::default();
    for value in values.iter() {
        for &atom in &value[1..] {
            *incoming.entry(atom).or_default() += 1;
        }
    }
    let mut sorts: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
    for (atom, count) in incoming {
        let entry = sorts.entry(atoms.sort(atom)).or_default();
        entry.0 += 1;
        entry.1 += u32::from(count > 1);
    }
    sorts.into_iter().filter(|(_, (all, several))| several * 8 >= *all).map(|(sort, _)| sort).collect()
}
