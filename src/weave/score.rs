//! What the numbers of a candidate are worth together: a weighted sum, and for those that it leaves in question a small
//! network on top, which sees what only counts together.
//!
//! A unit of the network is a weighted sum of the numbers, bent by x / (1 + |x|): plain operations in one order, so that all
//! machines agree.

use super::features::{COUNT, Features, OF_CHILD};

/// Units of the network.
pub const UNITS: usize = 24;

/// Sums that are made at once.
const LANES: usize = 8;
/// Units are added up by fours.
const QUAD: usize = 4;
/// Room for the places of all numbers.
const ROOM: usize = COUNT.next_multiple_of(LANES) + LANES;
// places are bytes, and the units come in whole quads
const _: () = assert!(ROOM <= 1 << 8 && UNITS.is_multiple_of(QUAD));

/// What each number is worth.
#[derive(Clone, Debug)]
pub struct Weights {
    /// In the sum.
    pub linear: Features,
    /// In each unit: a row of these for each number.
    pub units: [f32; COUNT * UNITS],
    /// What each unit begins with.
    pub bias: [f32; UNITS],
    /// What each unit is worth.
    pub out: [f32; UNITS],
}

/// Candidates whose sum is this far below the best one have no chance: the network does not look at them.
const REACH: f32 = 8.0;

impl Weights {
    /// The shares of the candidates of one child, by what speaks for each: they sum to 1.
    pub fn shares<'f>(&self, found: impl Iterator<Item = &'f Features> + Clone) -> Vec<f32> {
        let sums: Vec<f32> = found.clone().map(|features| self.sum(features)).collect();
        let best = sums.iter().copied().fold(f32::MIN, f32::max);
        let common = found.clone().next().map_or(self.bias, |features| self.common(features));
        let mut scores = sums.clone();
        let mut top = f32::MIN;
        let within = |sum: f32| sum >= best - REACH;
        for (score, features) in scores.iter_mut().zip(found).filter(|(sum, _)| within(**sum)) {
            *score += self.worth(&self.units(&common, features));
            top = top.max(*score);
        }
        // the others stay as far below the best as their sums are
        for (score, sum) in scores.iter_mut().zip(&sums).filter(|(_, sum)| !within(**sum)) {
            *score = top - (best - *sum);
        }
        scores.iter_mut().for_each(|score| *score = (*score - top).exp());
        let sum: f32 = scores.iter().sum();
        scores.iter_mut().for_each(|score| *score /= sum);
        scores
    }

    /// The weighted sum: in eight sums at once, as a processor likes it.
    fn sum(&self, features: &Features) -> f32 {
        let mut sums = [0.0; LANES];
        let (values, rest) = features.as_chunks::<LANES>();
        let (weights, last) = self.linear.as_chunks::<LANES>();
        for at in 0..values.len().min(weights.len()) {
            let (values, weights) = (&values[at], &weights[at]);
            for lane in 0..LANES {
                sums[lane] += values[lane] * weights[lane];
            }
        }
        for (lane, (value, weight)) in rest.iter().zip(last).enumerate() {
            sums[lane] += value * weight;
        }
        sums.iter().sum()
    }

    /// What each unit begins with for all candidates of a child: by the numbers that tell of the child.
    fn common(&self, features: &Features) -> [f32; UNITS] {
        let rows = self.units.as_chunks::<UNITS>().0;
        let mut sums = self.bias;
        for place in OF_CHILD {
            for (sum, weight) in sums.iter_mut().zip(&rows[place]) {
                *sum += features[place] * weight;
            }
        }
        sums
    }

    /// The sum of each unit, which begins with what the candidates have in common.
    fn units(&self, common: &[f32; UNITS], features: &Features) -> [f32; UNITS] {
        let mut places = [0; ROOM];
        let count = said(features, &mut places);
        self.sums_of(common, features, &places[..count])
    }

    /// Adds the numbers at some places to sums. By itself, so that these stay in registers.
    #[inline(never)]
    fn sums_of(&self, begin: &[f32; UNITS], features: &Features, places: &[u8]) -> [f32; UNITS] {
        let mut sums = *begin;
        let rows = self.units.as_chunks::<UNITS>().0;
        for place in places.iter().copied().map(usize::from) {
            let (value, weights) = (features[place], &rows[place]);
            for unit in 0..UNITS {
                sums[unit] += value * weights[unit];
            }
        }
        sums
    }

    /// The sum of each unit for one candidate.
    pub fn sums(&self, features: &Features) -> [f32; UNITS] {
        self.units(&self.common(features), features)
    }

    /// What units are worth together.
    fn worth(&self, units: &[f32; UNITS]) -> f32 {
        let mut sums = [0.0; QUAD];
        for (units, out) in units.as_chunks::<QUAD>().0.iter().zip(self.out.as_chunks::<QUAD>().0) {
            for lane in 0..QUAD {
                sums[lane] += out[lane] * bent(units[lane]);
            }
        }
        sums.iter().sum()
    }
}

/// For each number a 1, or 0 if it tells of the child.
const OF_PAIR: [u8; COUNT] = {
    let mut of_pair = [1; COUNT];
    let mut at = 0;
    while at < OF_CHILD.len() {
        of_pair[OF_CHILD[at]] = 0;
        at += 1;
    }
    of_pair
};

/// Puts down where numbers are that are not 0 and do not tell of the child, in order, and how many these are: without a
/// branch, as which ones it is cannot be foreseen.
fn said(features: &Features, places: &mut [u8; ROOM]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let says = |value: f32| u8::from(value.to_bits() << 1 != 0);
    let (eights, rest) = features.as_chunks::<LANES>();
    let (of_pairs, last) = OF_PAIR.as_chunks::<LANES>();
    let mut count = 0;
    for ((start, eight), of_pair) in (0u64..).step_by(LANES).zip(eights).zip(of_pairs) {
        let mut found = [0; LANES];
        for lane in 0..LANES {
            found[lane] = says(eight[lane]);
        }
        let bytes = u64::from_le_bytes(found) & u64::from_le_bytes(*of_pair);
        // the product gathers one bit of each byte in its highest byte, and likewise their sum
        let bits = bytes.wrapping_mul(0x0102_0408_1020_4080) >> 56;
        let found = PLACES[bits as usize].wrapping_add(start * EACH);
        places[count..count + LANES].copy_from_slice(&found.to_le_bytes());
        count += (bytes.wrapping_mul(EACH) >> 56) as usize;
    }
    for ((place, value), of_pair) in (features.len() - rest.len()..).zip(rest).zip(last) {
        places[count] = place as u8;
        count += usize::from(says(*value) & of_pair);
    }
    count
}

/// For eight bits, where those stand that are set.
const PLACES: [u64; 1 << LANES] = {
    let mut places = [0; 1 << LANES];
    let mut bits = 0;
    while bits < places.len() {
        let (mut bit, mut count) = (0, 0);
        while bit < LANES {
            if bits >> bit & 1 == 1 {
                places[bits] |= (bit as u64) << (8 * count);
                count += 1;
            }
            bit += 1;
        }
        bits += 1;
    }
    places
};

/// A unit's sum, bent.
pub fn bent(sum: f32) -> f32 {
    sum / (1.0 + sum.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights of which one unit is worth 2 if the first two numbers stand together.
    fn together() -> Weights {
        let mut weights = Weights {
            linear: [0.0; COUNT],
            units: [0.0; COUNT * UNITS],
            bias: [0.0; UNITS],
            out: [0.0; UNITS],
        };
        (weights.units[0], weights.units[UNITS], weights.bias[0], weights.out[0]) = (10.0, 10.0, -15.0, 2.0);
        weights
    }

    fn row(values: &[f32]) -> Features {
        let mut row = [0.0; COUNT];
        row[..values.len()].copy_from_slice(values);
        row
    }

    #[test]
    fn what_counts_only_together_counts() {
        let shares = together().shares([row(&[1.0]), row(&[0.0, 1.0]), row(&[1.0, 1.0])].iter());
        assert!((shares[0] - shares[1]).abs() < 1e-6, "{shares:?}");
        assert!(shares[2] > 0.8, "{shares:?}");
        assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{shares:?}");
    }

    #[test]
    fn units_are_the_sums_of_all_numbers() {
        let mut weights = together();
        let mut number = 0u32;
        let mut next = || {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (number >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        weights.units.iter_mut().chain(&mut weights.bias).for_each(|weight| *weight = next());
        let mut features = [0.0; COUNT];
        features.iter_mut().step_by(3).for_each(|value| *value = next());
        (features[0], features[COUNT - 1]) = (-0.0, 1.0);
        let common = weights.common(&features);
        let units = weights.units(&common, &features);
        for (unit, found) in units.into_iter().enumerate() {
            let rows = weights.units.as_chunks::<UNITS>().0;
            let products = features.iter().zip(rows).map(|(value, row)| value * row[unit]);
            let right = weights.bias[unit] + products.sum::<f32>();
            assert!((found - right).abs() < 1e-4, "{unit}: {found} {right}");
        }
        let right: f32 = units.iter().zip(weights.out).map(|(unit, out)| out * bent(*unit)).sum();
        assert!((weights.worth(&units) - right).abs() < 1e-4);
    }

    #[test]
    fn the_network_does_not_bring_back_what_is_out_of_reach() {
        let mut weights = together();
        weights.linear[2] = 20.0;
        weights.out[0] = 100.0;
        let shares = weights.shares([row(&[1.0, 1.0]), row(&[0.0, 0.0, 1.0])].iter());
        assert!(shares[1] > 0.99, "{shares:?}");
    }
}
