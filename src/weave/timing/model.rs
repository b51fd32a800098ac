//! What is usual inside requests: how many calls of each kind they make, and how long after what.

use rustc_hash::FxHashMap;

/// What a call or the end of a request comes after: the request's beginning, or the end of a call of a kind.
pub const BEGIN: u64 = 0;
/// Stands for the end of a request where a kind of call is asked for.
pub const END: u64 = 1;

/// Buckets of gaps: four to an octave of nanoseconds.
const BUCKETS: usize = 256;
/// How far a sample speaks for its neighbours, in quarters.
const SPREAD: [u32; 4] = [4, 3, 2, 1];
/// Counts of calls that are told apart.
const COUNTS: usize = 8;

/// Gaps of one kind: a histogram over their logarithms, in integers, so that parts merge in any order.
#[derive(Clone, Debug)]
struct Gaps {
    buckets: Box<[u32; BUCKETS]>,
    total: u32,
}

impl Default for Gaps {
    fn default() -> Gaps {
        Gaps { buckets: Box::new([0; BUCKETS]), total: 0 }
    }
}

/// Four buckets to an octave, by integers: the leading bit and the two after it.
fn bucket(gap: i64) -> usize {
    let gap = gap.max(1) as u64;
    let octave = 63 - gap.leading_zeros() as usize;
    let quarter = if octave >= 2 { (gap >> (octave - 2)) as usize & 3 } else { 0 };
    (octave * 4 + quarter).min(BUCKETS - 1)
}

impl Gaps {
    fn add(&mut self, gap: i64) {
        let at = bucket(gap);
        for (distance, weight) in SPREAD.iter().enumerate() {
            if let Some(below) = at.checked_sub(distance) {
                self.buckets[below] += weight;
                self.total += weight;
            }
            if distance > 0 && at + distance < BUCKETS {
                self.buckets[at + distance] += weight;
                self.total += weight;
            }
        }
    }

    /// The logarithm of how likely a gap is; never below that of a gap nobody has seen.
    fn log(&self, gap: i64) -> f64 {
        let seen = f64::from(self.buckets[bucket(gap)]) + 0.05;
        libm::log(seen / (f64::from(self.total) + 0.05 * BUCKETS as f64))
    }
}

/// What was seen inside the requests of a run. Kinds are hashes of service and operation.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// By kind of request, what came before, and the kind of call.
    gaps: FxHashMap<(u64, u64, u64), Gaps>,
    /// By kind of request and of call: how many requests made so many of them.
    counts: FxHashMap<(u64, u64), [u32; COUNTS]>,
    /// Requests of a kind.
    requests: FxHashMap<u64, u32>,
}

/// A call inside a request: its kind, start and end.
pub type Call = (u64, i64, i64);

/// What each call of a request comes after, and what its end comes after: the call that ended last before.
fn steps(start: i64, end: i64, calls: &[Call]) -> impl Iterator<Item = (u64, u64, i64)> + '_ {
    let before = move |time: i64| {
        calls
            .iter()
            .filter(|call| call.2 <= time)
            .max_by_key(|call| (call.2, call.0))
            .map_or((BEGIN, start), |call| (call.0, call.2))
    };
    let of_calls = calls.iter().map(move |call| {
        let (kind, time) = before(call.1);
        (kind, call.0, call.1 - time)
    });
    let (kind, time) = before(end);
    of_calls.chain(std::iter::once((kind, END, end - time)))
}

/// How many calls of each kind, in the order of first mention.
fn counted(calls: &[Call]) -> Vec<(u64, usize)> {
    let mut counted: Vec<(u64, usize)> = Vec::new();
    for call in calls {
        match counted.iter_mut().find(|(kind, _)| *kind == call.0) {
            Some((_, count)) => *count += 1,
            None => counted.push((call.0, 1)),
        }
    }
    counted
}

impl Model {
    /// Takes in one request with the calls that it is taken to have made.
    pub fn learn(&mut self, kind: u64, start: i64, end: i64, calls: &[Call]) {
        for (before, call, gap) in steps(start, end, calls) {
            self.gaps.entry((kind, before, call)).or_default().add(gap);
        }
        *self.requests.entry(kind).or_default() += 1;
        for (call, count) in counted(calls) {
            self.counts.entry((kind, call)).or_default()[count.min(COUNTS - 1)] += 1;
        }
    }

    /// The logarithm of how likely a request made just these calls.
    pub fn score(&self, kind: u64, start: i64, end: i64, calls: &[Call], possible: &[u64]) -> f64 {
        let unseen = -libm::log(BUCKETS as f64) - 4.0;
        let mut sum: f64 = steps(start, end, calls)
            .map(|(before, call, gap)| {
                self.gaps.get(&(kind, before, call)).map_or(unseen, |gaps| gaps.log(gap))
            })
            .sum();
        let requests = f64::from(self.requests.get(&kind).copied().unwrap_or(0));
        let counted = counted(calls);
        for call in possible {
            let count = counted.iter().find(|(kind, _)| kind == call).map_or(0, |(_, count)| *count);
            let seen = self.counts.get(&(kind, *call)).copied().unwrap_or_default();
            let times = if count == 0 {
                requests - f64::from(seen.iter().sum::<u32>())
            } else {
                f64::from(seen[count.min(COUNTS - 1)])
            };
            sum += libm::log((times + 0.1) / (requests + 0.1 * COUNTS as f64));
        }
        sum
    }

    /// In how many requests of a kind a kind of call was seen.
    pub fn times(&self, kind: u64, call: u64) -> u32 {
        self.counts.get(&(kind, call)).map_or(0, |counts| counts.iter().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_gaps_and_counts_are_likelier_than_others() {
        let mut model = Model::default();
        for request in 0..50i64 {
            let start = request * 1_000_000;
            model.learn(7, start, start + 50_000, &[(9, start + 1_000 + request * 10, start + 30_000)]);
        }
        let score = |calls: &[Call]| model.score(7, 0, 50_000, calls, &[9]);
        let usual = score(&[(9, 1_200, 30_000)]);
        assert!(usual > score(&[(9, 20_000, 30_000)]), "a late call");
        assert!(usual > score(&[]), "no call");
        assert!(usual > score(&[(9, 1_200, 30_000), (9, 1_300, 30_000)]), "two calls");
        assert_eq!(model.times(7, 9), 50);
    }

    #[test]
    fn buckets_grow_with_gaps() {
        let mut before = 0;
        for gap in [0, 1, 2, 3, 4, 5, 6, 7, 8, 1_000, 1_300, 1_000_000, i64::MAX] {
            assert!(bucket(gap) >= before && bucket(gap) < BUCKETS, "{gap}");
            before = bucket(gap);
        }
    }
}
