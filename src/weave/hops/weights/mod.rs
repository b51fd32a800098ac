//! What the numbers of `hops::numbers` are worth: a weighted sum and a small network of one layer, for beginning a hop and
//! for going on with one.
//!
//! Fitted by `examples/fit_hops` to systems recorded, drawn and written by hand.

mod decide;
mod try_out;

pub use decide::DECIDE;
pub use try_out::TRY_OUT;

/// Numbers of a record that would begin a hop.
pub const BEGIN: usize = 62;
/// Numbers of a record that would go on with one.
pub const ON: usize = 45;
/// Units of each network.
pub const UNITS: usize = 16;

/// What `N` numbers are worth.
#[derive(Clone, Debug)]
pub struct Side<const N: usize> {
    /// In the sum.
    pub linear: [f32; N],
    /// In each unit: a row of these for each number.
    pub units: [[f32; UNITS]; N],
    /// What each unit begins with.
    pub bias: [f32; UNITS],
    /// What each unit is worth.
    pub out: [f32; UNITS],
}

impl<const N: usize> Side<N> {
    /// Nothing is worth anything.
    pub const ZERO: Side<N> =
        Side { linear: [0.0; N], units: [[0.0; UNITS]; N], bias: [0.0; UNITS], out: [0.0; UNITS] };

    /// The sum of each unit.
    pub fn sums(&self, numbers: &[f32; N]) -> [f32; UNITS] {
        let mut sums = self.bias;
        for (number, row) in numbers.iter().zip(&self.units).filter(|(number, _)| **number != 0.0) {
            sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += number * weight);
        }
        sums
    }

    /// What numbers are worth.
    pub fn worth(&self, numbers: &[f32; N]) -> f32 {
        let linear: f32 = numbers.iter().zip(&self.linear).map(|(number, weight)| number * weight).sum();
        let units = self.sums(numbers);
        units.iter().zip(&self.out).fold(linear, |sum, (unit, out)| sum + bent(*unit) * out)
    }
}

/// The rows of a table that is written in one go.
const fn rows<const N: usize>(table: &[f32]) -> [[f32; UNITS]; N] {
    assert!(table.len() == N * UNITS);
    let mut rows = [[0.0; UNITS]; N];
    let mut at = 0;
    while at < table.len() {
        rows[at / UNITS][at % UNITS] = table[at];
        at += 1;
    }
    rows
}

/// What speaks for beginning a hop, and for going on with one.
#[derive(Clone, Debug)]
pub struct Weights {
    /// For beginning one.
    pub begin: Side<BEGIN>,
    /// For going on with one.
    pub on: Side<ON>,
}

/// A unit's sum, bent: plain operations, so that all machines agree.
pub fn bent(sum: f32) -> f32 {
    sum / (1.0 + sum.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_count_together_what_a_sum_cannot() {
        let mut side = Side::<2>::ZERO;
        (side.units[0][0], side.units[1][0], side.bias[0], side.out[0]) = (10.0, 10.0, -15.0, 2.0);
        let alone = side.worth(&[1.0, 0.0]);
        assert_eq!(alone, side.worth(&[0.0, 1.0]));
        assert!(side.worth(&[1.0, 1.0]) > alone + 3.0);
    }
}
