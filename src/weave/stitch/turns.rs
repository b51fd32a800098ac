//! Which of several transactions about one thing a part goes on with that was not asked for by itself: an order is placed, asked
//! about and cancelled, and the mail that is sent then holds the number of the order as well as all of these do.

use crate::model::Time;
use rustc_hash::{FxHashMap, FxHashSet};

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
    /// Takes in the transactions that are about one value, and the parts, both by time.
    pub fn see(&mut self, transactions: &[Begun], parts: &[Begun]) {
        let latest: FxHashMap<u32, Time> = parts.iter().map(|(time, sort)| (*sort, *time)).collect();
        for (part, latest) in latest {
            *self.all.entry(part).or_default() += 1;
            let before = &transactions[..before(transactions, latest)];
            for begun in before.iter().map(|(_, sort)| *sort).collect::<FxHashSet<u32>>() {
                *self.after.entry((begun, part)).or_default() += 1;
            }
        }
    }

    /// The place of the transaction, of some by time, that a part goes on with: the latest one before it of those without whose like
    /// there is none of its like; else the first one.
    pub fn of(&self, transactions: &[Begun], (time, part): Begun) -> usize {
        let all = self.all.get(&part).copied().unwrap_or_default();
        let may_cause = |(_, begun): &Begun| {
            let after = self.after.get(&(*begun, part)).copied().unwrap_or_default();
            after * 10 >= all * MOSTLY
        };
        transactions[..before(transactions, time)].iter().rposition(may_cause).unwrap_or(0)
    }
}

/// How many of some transactions, by time, did not begin after a time.
fn before(transactions: &[Begun], time: Time) -> usize {
    transactions.partition_point(|(begun, _)| *begun <= time)
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
