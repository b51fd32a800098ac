//! Fits the units of `weave::units`: a hidden layer beside the linear sum, by Adam on small batches.

use super::{Choice, Run, normalized, tell};
use rayon::prelude::*;
use spanloom::weave::choose::Unit;
use spanloom::weave::features::COUNT;

/// Units that are fitted.
const UNITS: usize = 12;
/// How often all choices are gone through.
const ROUNDS: usize = 10;
/// Choices of one step.
const BATCH: usize = 384;
/// Choices of one run.
const MAX_CHOICES: usize = 800;
/// Penalty of large weights.
const DECAY: f32 = 0.0004;

/// All weights, one behind the other: the linear ones, then those of each unit, then biases and worths.
const SIZE: usize = COUNT * (UNITS + 1) + 2 * UNITS;

fn row_of(weights: &[f32], unit: usize) -> &[f32] {
    &weights[COUNT * (unit + 1)..COUNT * (unit + 2)]
}

const BIAS: usize = COUNT * (UNITS + 1);
const WORTH: usize = BIAS + UNITS;

/// The weighted sum.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    let (a8, a1) = a.as_chunks::<8>();
    let (b8, b1) = b.as_chunks::<8>();
    for (a, b) in a8.iter().zip(b8) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + a1.iter().zip(b1).map(|(a, b)| a * b).sum::<f32>()
}

/// The sum of each unit before it is rectified, and the score.
fn forward(weights: &[f32], row: &[f32; COUNT]) -> ([f32; UNITS], f32) {
    let mut sums = [0f32; UNITS];
    let mut score = dot(&weights[..COUNT], row);
    for (unit, sum) in sums.iter_mut().enumerate() {
        *sum = weights[BIAS + unit] + dot(row_of(weights, unit), row);
        score += weights[WORTH + unit] * sum.max(0.0);
    }
    (sums, score)
}

fn judge(weights: &[f32], rows: &[[f32; COUNT]]) -> Vec<f32> {
    normalized(rows.iter().map(|row| forward(weights, row).1).collect())
}

/// Adds the slope of one choice.
fn slope(weights: &[f32], choice: &Choice, weight: f32, out: &mut [f32]) {
    let passes: Vec<([f32; UNITS], f32)> = choice.rows.iter().map(|row| forward(weights, row)).collect();
    let shares = normalized(passes.iter().map(|(_, score)| *score).collect());
    for (index, (row, share)) in choice.rows.iter().zip(shares).enumerate() {
        let error = (share - f32::from(u8::from(Some(index) == choice.right))) * weight;
        if error.abs() < 1e-4 {
            continue;
        }
        add(&mut out[..COUNT], row, error);
        for unit in 0..UNITS {
            let sum = passes[index].0[unit];
            if sum > 0.0 {
                out[WORTH + unit] += error * sum;
                let passed = error * weights[WORTH + unit];
                out[BIAS + unit] += passed;
                add(&mut out[COUNT * (unit + 1)..COUNT * (unit + 2)], row, passed);
            }
        }
    }
}

fn add(to: &mut [f32], row: &[f32; COUNT], times: f32) {
    to.iter_mut().zip(row).for_each(|(to, value)| *to += times * value);
}

/// Random numbers, the same on each run (Marsaglia, "Xorshift RNGs", 2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Fits units, and the linear weights anew; begins with the given linear ones.
pub fn fit(
    [sets, small]: &[Vec<Vec<Choice>>; 2],
    runs: &[Run],
    linear: &[f32; COUNT],
) -> ([f32; COUNT], Vec<Unit>) {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut weights = vec![0f32; SIZE];
    weights[..COUNT].copy_from_slice(linear);
    for weight in &mut weights[COUNT..BIAS] {
        *weight = (random.next() % 2001) as f32 / 1000.0 * 0.12 - 0.12;
    }
    for unit in 0..UNITS {
        weights[WORTH + unit] = if unit % 2 == 0 { 0.3 } else { -0.3 };
    }
    let mut training: Vec<(&Choice, f32)> = Vec::new();
    let large = sets.iter().zip(runs).map(|(set, run)| (set, run, 1.0));
    let small = small.iter().zip(runs).map(|(set, run)| (set, run, 0.3));
    for (set, _, share) in large.chain(small).filter(|(_, run, _)| !run.test) {
        let step = set.len().div_ceil(MAX_CHOICES).max(1);
        let taken: Vec<&Choice> = set.iter().step_by(step).filter(|choice| choice.right.is_some()).collect();
        let share = share / taken.len().max(1) as f32;
        training.extend(taken.into_iter().map(|choice| (choice, share)));
    }
    let mean = training.iter().map(|(_, weight)| weight).sum::<f32>() / training.len().max(1) as f32;
    let (mut first, mut second) = (vec![0f32; SIZE], vec![0f32; SIZE]);
    let steps = ROUNDS * training.len().div_ceil(BATCH);
    let mut step = 0;
    for _ in 0..ROUNDS {
        for index in (1..training.len()).rev() {
            training.swap(index, (random.next() % (index as u64 + 1)) as usize);
        }
        for batch in training.chunks(BATCH) {
            step += 1;
            let parts: Vec<Vec<f32>> = batch
                .par_chunks(BATCH / 4)
                .map(|part| {
                    let mut out = vec![0f32; SIZE];
                    for (choice, weight) in part {
                        slope(&weights, choice, weight / mean, &mut out);
                    }
                    out
                })
                .collect();
            let rate = 0.006 * (1.0 - step as f32 / (steps as f32 * 1.02));
            for index in 0..SIZE {
                let sum: f32 = parts.iter().map(|part| part[index]).sum();
                let slope = sum / batch.len() as f32 + DECAY * weights[index];
                first[index] = 0.9 * first[index] + 0.1 * slope;
                second[index] = 0.999 * second[index] + 0.001 * slope * slope;
                let (m, s) =
                    (first[index] / (1.0 - 0.9f32.powi(step)), second[index] / (1.0 - 0.999f32.powi(step)));
                weights[index] -= rate * m / (s.sqrt() + 1e-8);
            }
        }
    }
    tell("JOINT", sets, runs, &|rows| judge(&weights, rows));
    let mut fitted = [0f32; COUNT];
    fitted.copy_from_slice(&weights[..COUNT]);
    let units = (0..UNITS).map(|unit| {
        let mut row = [0f32; COUNT];
        row.copy_from_slice(row_of(&weights, unit));
        Unit { worth: weights[WORTH + unit], bias: weights[BIAS + unit], weights: row }
    });
    (fitted, units.collect())
}

/// Prints units as Rust.
pub fn print(units: &[Unit]) {
    println!("pub const UNITS: [Unit; {}] = [", units.len());
    for unit in units {
        println!(
            "    Unit {{\n        worth: {:.3},\n        bias: {:.3},\n        weights: [",
            unit.worth, unit.bias
        );
        for row in unit.weights.chunks(12) {
            let row: Vec<String> = row.iter().map(|weight| format!("{weight:.3}")).collect();
            println!("            {},", row.join(", "));
        }
        println!("        ],\n    }},");
    }
    println!("];");
}
