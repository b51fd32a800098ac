//! Steps of which one or another comes, as things go one way or another: which other steps the transactions with them have.

use super::counts::Counts;
use rustc_hash::{FxHashMap, FxHashSet};

/// What comes in fewer transactions teaches nothing,
const MIN_PEERS: u32 = 4;
/// and what comes in more than this share of them is the usual way.
const MAX_SHARE: f64 = 0.5;
/// Steps that are looked at.
const MAX_STEPS: usize = 2048;

/// How often steps are in transactions, and how often others are there as well.
#[derive(Clone, Debug, Default)]
pub struct Ways(FxHashMap<u64, (u32, FxHashMap<u64, u32>)>);

impl Ways {
    /// The steps that are looked at.
    pub(super) fn steps(counts: &Counts) -> FxHashSet<u64> {
        let most = f64::from(counts.transactions) * MAX_SHARE;
        let known = counts.present.iter().filter(|(_, present)| {
            present.transactions >= MIN_PEERS && f64::from(present.transactions) <= most
        });
        // the most frequent ones; of equal ones it is all the same which
        let mut known: Vec<(u32, u64)> = known.map(|(step, present)| (present.transactions, *step)).collect();
        known.sort_unstable_by(|one, other| other.cmp(one));
        known.truncate(MAX_STEPS);
        known.into_iter().map(|(_, step)| step).collect()
    }

    /// Takes in so many transactions with a step, and in how many of them other steps are.
    pub(super) fn add(&mut self, way: u64, times: u32, steps: impl Iterator<Item = (u64, u32)>) {
        let (all, others) = self.0.entry(way).or_default();
        *all += times;
        for (step, times) in steps {
            *others.entry(step).or_default() += times;
        }
    }

    pub(super) fn merge(&mut self, other: Ways) {
        for (way, (times, steps)) in other.0 {
            self.add(way, times, steps.into_iter());
        }
    }

    /// How many transactions with a step there are, as far as that is known, and how many of them have another one.
    pub fn together(&self, way: u64, step: u64) -> (u32, u32) {
        let known = self.0.get(&way);
        known.map_or((0, 0), |(all, others)| (*all, others.get(&step).copied().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use crate::analyze::made::{Does, Made};
    use crate::model::Level::{self, Info};
    use crate::model::Severity;

    /// What somebody should look at where the last of some orders goes on after it is ready as it should not, and others met
    /// somebody who came before.
    fn warnings(met: usize, last: &[(i64, Level, &str)]) -> usize {
        const ORDER: Does<'_> =
            ("shop", None, false, &[(0, Info, "order placed"), (5, Info, "sent order.placed")]);
        let mut made = Made::new();
        let waits =
            &[(10, Info, "order is ready"), (20, Info, "waits for somebody"), (40, Info, "it is gone")];
        let meets = &[(8, Info, "somebody waits"), (10, Info, "order is ready")];
        (0..80).for_each(|_| made.add(&[ORDER, ("desk", Some(0), true, waits)]));
        (0..met).for_each(|_| {
            made.add(&[ORDER, ("door", Some(0), true, &meets[..1]), ("desk", Some(0), true, &meets[1..])])
        });
        made.add(&[
            ORDER,
            ("door", Some(0), true, &last[..last.len() - 1]),
            ("desk", Some(0), true, &last[last.len() - 1..]),
        ]);
        made.of_the_last().into_iter().filter(|(_, severity, ..)| *severity > Severity::Info).count()
    }

    #[test]
    fn what_came_before_tells_which_way_things_go() {
        let met = [(8, Info, "somebody waits"), (10, Info, "order is ready")];
        assert_eq!(warnings(4, &met), 0);
        // nobody knows what it means, or it is another way that leads to the usual one
        assert_eq!(warnings(1, &met), 1);
        assert_eq!(warnings(4, &[(8, Info, "somebody sings"), (10, Info, "order is ready")]), 1);
    }
}
