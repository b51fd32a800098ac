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

/// The sorts of atoms that hold values born in several others: consumers of batches, or joins. `set` tells which atoms are one already.
pub(super) fn gathering(atoms: &Ordered, values: &Values, mut set: impl FnMut(u32) -> u32) -> FxHashSet<u32> {
    // where the first value of each atom was born, and whether another one was born elsewhere
    let mut incoming: FxHashMap<u32, (u32, bool)> = FxHashMap::default();
    for value in values.iter() {
        let origin = set(value[0]);
        for &atom in &value[1..] {
            incoming
                .entry(atom)
                .and_modify(|(first, several)| *several |= *first != origin)
                .or_insert((origin, false));
        }
    }
    let mut sorts: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
    for (atom, (_, several)) in incoming {
        let entry = sorts.entry(atoms.sort(atom)).or_default();
        entry.0 += 1;
        entry.1 += u32::from(several);
    }
    sorts.into_iter().filter(|(_, (all, several))| several * 8 >= *all).map(|(sort, _)| sort).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_run_among_their_own_sort_are_told_from_the_others_of_their_kind() {
        const ORDERED: u32 = 0;
        const PACKED: u32 = 1;
        const PAID: u32 = 2;
        // orders that are packed, and invoices that are each paid again and again
        let sorts: Vec<u32> = (0..20).flat_map(|_| [ORDERED, PACKED, PAID, PAID]).collect();
        let atoms = Ordered::of_traced_sorts(&sorts);
        let mut values = Values::default();
        (0..20).for_each(|at| values.add([4 * at, 4 * at + 1].into_iter()));
        (0..20).for_each(|at| values.add([4 * at + 2, 4 * at + 3].into_iter()));
        assert_eq!(not_directed(&atoms, &values), Some(FxHashSet::from_iter([PAID])));
        values.drop_born_in(|origin| atoms.sort(origin) == PAID);
        assert!(values.len() == 20 && values.iter().all(|value| atoms.sort(value[1]) == PACKED));
    }

    #[test]
    fn what_holds_two_values_that_one_handed_it_gathers_nothing() {
        const ORDERED: u32 = 0;
        const PAID: u32 = 1;
        const PACKED: u32 = 2;
        // each parcel has the numbers of its order and of that order's payment
        let sorts: Vec<u32> = (0..20).flat_map(|_| [ORDERED, PAID, PACKED]).collect();
        let atoms = Ordered::of_traced_sorts(&sorts);
        let mut values = Values::default();
        (0..20).for_each(|at| values.add([3 * at, 3 * at + 2].into_iter()));
        (0..20).for_each(|at| values.add([3 * at + 1, 3 * at + 2].into_iter()));
        assert_eq!(gathering(&atoms, &values, |atom| atom), FxHashSet::from_iter([PACKED]));
        // an order and its payment are one already
        assert!(gathering(&atoms, &values, |atom| atom / 3).is_empty());
    }

    #[test]
    fn values_that_run_both_ways_tell_no_cause() {
        // two customers' visits begin with either of two things, and go on to the other one a few times
        let sorts: Vec<u32> =
            (0..20).flat_map(|at| if at % 2 == 0 { [0, 1, 0] } else { [1, 0, 1] }).collect();
        let atoms = Ordered::of_traced_sorts(&sorts);
        let mut values = Values::default();
        (0..20).for_each(|at| values.add((3 * at..3 * at + 3).chain((at > 0).then(|| 3 * at - 1))));
        assert_eq!(not_directed(&atoms, &values), None);
    }
}
