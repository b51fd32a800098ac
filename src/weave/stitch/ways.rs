//! How the values of a kind run between sorts of atoms.

use super::order::Ordered;
use super::values::Values;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;

/// Values may run both ways between two sorts of fragments in this share.
const MAX_BACKWARD: f32 = 0.1;

/// Whether the values of a kind run one way between sorts of fragments, as from cause to effect. What two transactions of
/// one customer share runs both ways.
pub(super) fn is_directed(atoms: &Ordered, values: &Values) -> bool {
    let mut ways: FxHashMap<(u32, u32), u32> = FxHashMap::default();
    for value in values.iter().filter(|value| atoms.is_traced(value[0])) {
        let origin = atoms.sort(value[0]);
        for &atom in value[1..].iter().filter(|atom| atoms.is_traced(**atom)) {
            *ways.entry((origin, atoms.sort(atom))).or_default() += 1;
        }
    }
    let all: u32 = ways.values().sum();
    let (mut backward, mut alike) = (0, 0);
    for ((from, to), count) in &ways {
        match from.cmp(to) {
            Ordering::Less => backward += (*count).min(ways.get(&(*to, *from)).copied().unwrap_or(0)),
            Ordering::Equal => alike += *count,
            Ordering::Greater => {}
        }
    }
    // sender and receiver of one message may log in either order, and a message may be delivered again
    let messages = all as usize <= 2 * values.len();
    (messages || backward < 2 || backward as f32 <= MAX_BACKWARD * all as f32)
        && (alike < 4 || alike * 3 <= all)
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
