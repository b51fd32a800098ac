//! Which of several transactions about one thing a part goes on with that was not asked for by itself: an order is placed, asked
//! about and cancelled, and the mail that is sent then holds the number of the order as well as all of these do.

use crate::model::Time;
use rustc_hash::FxHashMap;

/// What mostly is there before a part of some sort may have caused it: in so many of ten values.
const MOSTLY: u32 = 8;

/// For each sort of part: with what transactions were begun before it that are about the same thing.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Values by the sort of a part.
    all: FxHashMap<u32, u32>,
    /// Values by the sorts of a transaction and of a part.
    after: FxHashMap<(u32, u32), u32>,
}

/// When something began, and with what: see [`Ordered::sort`](super::order::Ordered::sort).
pub(super) type Begun = (Time, u32);

impl Turns {
    /// Takes in the transactions that are about one value, and the parts.
    pub fn see(&mut self, transactions: &[Begun], parts: &[Begun]) {
        let mut sorts: Vec<u32> = parts.iter().map(|(_, sort)| *sort).collect();
        sorts.sort_unstable();
        sorts.dedup();
        for sort in sorts {
            *self.all.entry(sort).or_default() += 1;
            let latest = parts.iter().filter(|part| part.1 == sort).map(|part| part.0).max();
            let before = transactions.iter().filter(|it| latest.is_some_and(|latest| it.0 <= latest));
            let mut before: Vec<u32> = before.map(|(_, sort)| *sort).collect();
            before.sort_unstable();
            before.dedup();
            for begun in before {
                *self.after.entry((begun, sort)).or_default() += 1;
            }
        }
    }

    /// The place of the transaction that a part goes on with: the latest one before it of those without whose like there is none
    /// of its like; else the first one.
    pub fn of(&self, transactions: &[Begun], part: Begun) -> usize {
        let all = self.all.get(&part.1).copied().unwrap_or_default();
        let may_cause = |it: &&(usize, &Begun)| {
            let after = self.after.get(&(it.1.1, part.1)).copied().unwrap_or_default();
            it.1.0 <= part.0 && after * 10 >= all * MOSTLY
        };
        let latest =
            transactions.iter().enumerate().filter(|it| may_cause(&it)).max_by_key(|it| (it.1.0, it.0));
        latest.map_or(0, |(place, _)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACED: u32 = 0;
    const ASKED: u32 = 1;
    const CANCELED: u32 = 2;
    const PACKED: u32 = 3;
    const REFUNDED: u32 = 4;

    #[test]
    fn a_part_goes_on_with_the_latest_of_those_that_are_always_there() {
        let at = |time: i64, sort: u32| (Time(time), sort);
        let mut turns = Turns::default();
        for order in 0..10 {
            // each is packed, three are asked about before, and five are canceled later and refunded then
            let mut transactions = vec![at(0, PLACED)];
            let mut parts = vec![at(20, PACKED)];
            if order % 3 == 1 {
                transactions.push(at(10, ASKED));
            }
            if order % 2 == 0 {
                transactions.push(at(30, CANCELED));
                parts.push(at(40, REFUNDED));
            }
            turns.see(&transactions, &parts);
        }
        let order = [at(0, PLACED), at(10, ASKED), at(15, CANCELED)];
        assert_eq!(turns.of(&order, at(20, PACKED)), 0);
        assert_eq!(turns.of(&order, at(20, REFUNDED)), 2);
        // canceled only later, or never seen
        assert_eq!(turns.of(&order, at(12, REFUNDED)), 0);
        assert_eq!(turns.of(&order[..2], at(20, REFUNDED)), 0);
    }
}
