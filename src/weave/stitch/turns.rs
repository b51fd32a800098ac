//! Which of several transactions about one thing a part goes on with that was not asked for by itself: an order is placed, asked
//! about and cancelled, and the mail that is sent then holds the number of the order as well as all of these do.

use crate::model::Time;
use rustc_hash::FxHashMap;

/// What mostly is there before a part of some sort may have caused it: in so many of ten values.
const MOSTLY: u32 = 8;

/// A transaction has to bring so many more parts of a sort about with it, in tenths.
const EXCESS_TENTHS: u64 = 5;
/// So many values with a sort of transaction, and so many without, tell what that brings about.
const MIN_CONTRAST: u32 = 4;

/// Of the values with parts of some sort: how many there are, and what of them.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// With the sort of transaction before the latest part.
    before: u32,
    /// How many parts of the sort those with the sort of transaction have.
    parts: u64,
}

/// For each sort of part: with what transactions were begun before it that are about the same thing.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// How many values there are, and how many with each sort of transaction.
    values: u32,
    begun: FxHashMap<u32, (u32, u64)>,
    /// By sort of part: values with such, and how many they are in all.
    all: FxHashMap<u32, (u32, u64)>,
    /// By the sorts of a transaction and of a part.
    after: FxHashMap<(u32, u32), Seen>,
}

/// When something began, and with what: see [`Ordered::sort`](super::order::Ordered::sort).
pub(super) type Begun = (Time, u32);

impl Turns {
    /// Takes in the transactions that are about one value, and the parts, both by time.
    pub fn see(&mut self, transactions: &[Begun], parts: &[Begun]) {
        let mut begun: FxHashMap<u32, (Time, u64)> = FxHashMap::default();
        for (time, sort) in transactions {
            begun.entry(*sort).or_insert((*time, 0)).1 += 1;
        }
        self.values += 1;
        for (sort, (_, count)) in &begun {
            let known = self.begun.entry(*sort).or_default();
            *known = (known.0 + 1, known.1 + count);
        }
        let mut latest: FxHashMap<u32, (Time, u64)> = FxHashMap::default();
        for (time, sort) in parts {
            let known = latest.entry(*sort).or_default();
            *known = (*time, known.1 + 1);
        }
        for (part, (latest, count)) in latest {
            let known = self.all.entry(part).or_default();
            *known = (known.0 + 1, known.1 + count);
            for (sort, (first, _)) in &begun {
                let seen = self.after.entry((*sort, part)).or_default();
                seen.before += u32::from(*first <= latest);
                seen.parts += count;
            }
        }
    }

    /// Whether parts of a sort may come of transactions of a sort: they are hardly ever without one before, or there are more of
    /// them where one is.
    fn may_cause(&self, begun: u32, part: u32) -> bool {
        let (with, transactions) = self.begun.get(&begun).copied().unwrap_or_default();
        let (values, parts) = self.all.get(&part).copied().unwrap_or_default();
        let seen = self.after.get(&(begun, part)).copied().unwrap_or_default();
        let without = self.values - with;
        if seen.before * 10 >= values * MOSTLY {
            return true;
        }
        if with < MIN_CONTRAST || without < MIN_CONTRAST {
            return false;
        }
        // parts a value with such a transaction, less those a value without one, by the number of such transactions there
        let (with, without, transactions) = (u64::from(with), u64::from(without), transactions.max(1));
        let more = (seen.parts * without).saturating_sub((parts - seen.parts) * with);
        more * 10 >= EXCESS_TENTHS * transactions * without
    }

    /// The place of the transaction, of some by time, that a part goes on with: the latest one before it of those that it may come
    /// of; else the first one.
    pub fn of(&self, transactions: &[Begun], (time, part): Begun) -> usize {
        let before = &transactions[..before(transactions, time)];
        before.iter().rposition(|(_, begun)| self.may_cause(*begun, part)).unwrap_or(0)
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

    #[test]
    fn what_there_is_more_of_with_a_transaction_may_come_of_it() {
        const UPDATED: u32 = 5;
        let at = |time: i64, sort: u32| (Time(time), sort);
        let mut turns = Turns::default();
        for order in 0..10 {
            // each is updated once when it is placed, and once more when it is canceled; some are asked about in between
            let mut transactions = vec![at(0, PLACED)];
            let mut parts = vec![at(5, UPDATED)];
            if order % 3 == 1 {
                transactions.push(at(10, ASKED));
            }
            if order % 2 == 0 {
                transactions.push(at(30, CANCELED));
                parts.push(at(35, UPDATED));
            }
            turns.see(&transactions, &parts);
        }
        let order = [at(0, PLACED), at(10, ASKED), at(30, CANCELED)];
        assert_eq!(turns.of(&order, at(5, UPDATED)), 0);
        assert_eq!(turns.of(&order, at(35, UPDATED)), 2);
        // asking brings no update about
        assert_eq!(turns.of(&order[..2], at(20, UPDATED)), 0);
    }
}
