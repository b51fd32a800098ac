//! Quantiles and tests of significance.
//!
//! Equal samples give equal results whatever their order.

/// The value at a share (0 to 1) of sorted samples, by the nearest rank; `None` of no samples.
pub fn quantile(sorted: &[u64], share: f64) -> Option<u64> {
    let last = sorted.len().checked_sub(1)?;
    let rank = (share * sorted.len() as f64).ceil() as usize;
    Some(sorted[rank.saturating_sub(1).min(last)])
}

/// The chance of at least `hits` among `tries` where each hits with chance `share`: the upper tail of the binomial
/// distribution.
pub fn binomial_tail(hits: u64, tries: u64, share: f64) -> f64 {
    if hits == 0 {
        return 1.0;
    }
    if hits > tries || share <= 0.0 {
        return 0.0;
    }
    if share >= 1.0 {
        return 1.0;
    }
    let (yes, no) = (share.ln(), (-share).ln_1p());
    let chance = |hits: u64| (ln_choose(tries, hits) + hits as f64 * yes + (tries - hits) as f64 * no).exp();
    tail(hits, tries, chance)
}

/// The chance of at least `hits` of `tries` if hits are spread by chance over these and `other_tries`, of which
/// `other_hits` hit: Fisher's exact test, one-sided (R. A. Fisher, Statistical Methods for Research Workers, 21.02).
pub fn fisher_more(hits: u64, tries: u64, other_hits: u64, other_tries: u64) -> f64 {
    let (hit, all) = (hits + other_hits, tries + other_tries);
    let whole = ln_choose(all, tries);
    let chance = |hits: u64| match (hit.checked_sub(hits), tries.checked_sub(hits)) {
        (Some(_), Some(missed)) if missed <= all - hit => {
            (ln_choose(hit, hits) + ln_choose(all - hit, missed) - whole).exp()
        }
        _ => 0.0,
    };
    tail(hits, tries.min(hit), chance)
}

/// The sum of chances from `first` to `last`, which fall off beyond their greatest.
fn tail(first: u64, last: u64, chance: impl Fn(u64) -> f64) -> f64 {
    let mut sum = 0.0;
    let mut most = 0.0f64;
    for hits in first..=last {
        let part = chance(hits);
        sum += part;
        most = most.max(part);
        if part < most * 1e-18 && part < sum * 1e-18 {
            break;
        }
    }
    sum.min(1.0)
}

fn ln_choose(all: u64, some: u64) -> f64 {
    let ln_factorial = |number: u64| libm::lgamma(number as f64 + 1.0);
    ln_factorial(all) - ln_factorial(some) - ln_factorial(all - some)
}

/// Samples on each side below which [`rank_sum`] tells nothing: its normal approximation needs them.
pub const MIN_SAMPLES: usize = 8;

/// The chance that two sets of sorted samples differ as they do, or more, although they are drawn alike: the rank-sum test of
/// Mann and Whitney (Ann. Math. Statist. 18, 1947), two-sided, by its normal approximation with corrections for ties and
/// continuity. `None` if there are fewer than [`MIN_SAMPLES`] on a side.
pub fn rank_sum(one: &[u64], other: &[u64]) -> Option<f64> {
    if one.len() < MIN_SAMPLES || other.len() < MIN_SAMPLES {
        return None;
    }
    let (mut at, mut beside) = (0, 0);
    let (mut ranks, mut ties, mut below) = (0.0, 0.0, 0.0);
    while at < one.len() || beside < other.len() {
        let value = match (one.get(at), other.get(beside)) {
            (Some(a), Some(b)) => *a.min(b),
            (Some(a), None) => *a,
            (None, b) => *b?,
        };
        let equal = |samples: &[u64]| samples.iter().take_while(|sample| **sample == value).count();
        let (here, there) = (equal(&one[at..]), equal(&other[beside..]));
        let tied = (here + there) as f64;
        ranks += here as f64 * (below + (tied + 1.0) / 2.0);
        ties += tied * tied * tied - tied;
        below += tied;
        at += here;
        beside += there;
    }
    let (n, m) = (one.len() as f64, other.len() as f64);
    let all = n + m;
    let mean = n * (all + 1.0) / 2.0;
    let variance = n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    if variance <= 0.0 {
        return Some(1.0);
    }
    let z = ((ranks - mean).abs() - 0.5).max(0.0) / variance.sqrt();
    Some(libm::erfc(z / std::f64::consts::SQRT_2))
}

/// Chances corrected for there being many: of all differences called real at a corrected chance below x, no more than x are
/// expected to be none (Benjamini and Hochberg, J. R. Statist. Soc. B 57, 1995). In the order given.
pub fn corrected(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|&a, &b| chances[a].total_cmp(&chances[b]).then(a.cmp(&b)));
    let mut out = vec![1.0; chances.len()];
    let mut least = 1.0f64;
    for (rank, &at) in order.iter().enumerate().rev() {
        least = least.min(chances[at] * chances.len() as f64 / (rank + 1) as f64);
        out[at] = least;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_samples() {
        let samples = [1, 2, 3, 4, 100];
        for (share, expected) in [(0.0, 1), (0.2, 1), (0.5, 3), (0.8, 4), (0.99, 100), (1.0, 100)] {
            assert_eq!(quantile(&samples, share), Some(expected), "{share}");
        }
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[track_caller]
    fn near(got: f64, expected: f64) {
        assert!((got - expected).abs() <= 1e-9 + expected.abs() * 1e-6, "{got} in place of {expected}");
    }

    #[test]
    fn tails_of_the_binomial_distribution() {
        near(binomial_tail(8, 10, 0.5), 56.0 / 1024.0);
        near(binomial_tail(0, 10, 0.5), 1.0);
        near(binomial_tail(10, 10, 0.1), 1e-10);
        near(binomial_tail(1, 3, 0.0), 0.0);
        // a million tries end
        assert!(binomial_tail(501_000, 1_000_000, 0.5) < 0.05);
    }

    #[test]
    fn the_lady_tasting_tea() {
        // Fisher, The Design of Experiments, chapter II: 3 of 4 cups against 1 of 4
        near(fisher_more(3, 4, 1, 4), 17.0 / 70.0);
        near(fisher_more(4, 4, 0, 4), 1.0 / 70.0);
        near(fisher_more(0, 4, 4, 4), 1.0);
    }

    #[test]
    fn shifted_samples_differ_and_equal_ones_do_not() {
        let base: Vec<u64> = (100..140).collect();
        let slower: Vec<u64> = (120..160).collect();
        assert!(rank_sum(&base, &slower).is_some_and(|chance| chance < 1e-6));
        near(rank_sum(&base, &base).expect("enough"), 1.0);
        near(rank_sum(&[5; 20], &[5; 30]).expect("enough"), 1.0);
        assert_eq!(rank_sum(&base, &base[..7]), None);
        // by hand: U = 10.5 of 64, with ties at 3, 5 and 7
        let other = [3, 5, 7, 9, 11, 13, 15, 17];
        near(rank_sum(&[1, 2, 3, 4, 5, 6, 7, 8], &other).expect("enough"), 0.027_082_806_7);
    }

    #[test]
    fn many_chances_are_corrected() {
        for (got, expected) in
            corrected(&[0.01, 0.04, 0.03, 0.5]).into_iter().zip([0.04, 0.053_333_333_3, 0.053_333_333_3, 0.5])
        {
            near(got, expected);
        }
        assert!(corrected(&[]).is_empty());
    }
}
