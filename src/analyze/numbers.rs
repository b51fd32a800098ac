//! Quantiles and tests of significance.
//!
//! All of it is exact in the sense that equal samples give equal results whatever their order.

/// The value at a share (0 to 1) of sorted samples, by the nearest rank; `None` of no samples.
pub fn quantile(sorted: &[u64], share: f64) -> Option<u64> {
    let last = sorted.len().checked_sub(1)?;
    let rank = (share * sorted.len() as f64).ceil() as usize;
    Some(sorted[rank.saturating_sub(1).min(last)])
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
}
