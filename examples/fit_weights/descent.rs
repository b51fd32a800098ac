//! Fits weights so that the true trees are likely: Adam (Kingma, Ba, "Adam: a method for stochastic optimization", 2015)
//! over parts of the transactions in changing order, with weights drawn towards 0, or those before, apart from it (Loshchilov, Hutter,
//! "Decoupled weight decay regularization", 2019).

use crate::drawn::Drawn;
use rayon::prelude::*;
use spanloom::weave::features::{COUNT, Features};
use spanloom::weave::score::{UNITS, Weights, bent};
use spanloom::weave::tree::{self, Possible};

/// Rounds over all transactions.
const EPOCHS: usize = 8;
/// Transactions a step.
const BATCH: usize = 64;
/// How far a step goes at most.
const RATE: f32 = 0.02;
/// The same for weights that were fitted before.
const RATE_ON: f32 = 0.005;
/// How strongly weights are drawn towards 0: those of the sum, and those of the units.
const DECAY: (f32, f32) = (0.05, 0.5);
/// Candidates whose share is this near to the right one teach nothing.
const SLIGHT: f32 = 1e-5;

/// A transaction to be fitted to.
pub struct Tree {
    pub choices: Vec<Choice>,
    /// How many of the choices have a right answer that is known.
    pub asked: usize,
    /// How much each of these counts.
    pub weight: f32,
}

/// A choice among candidates of which one is right.
pub struct Choice {
    parents: Vec<Option<u32>>,
    /// Of each candidate.
    rows: Vec<Row>,
    /// Whether the right answer is known, and where it is.
    pub asked: bool,
    pub right: Option<usize>,
}

/// The numbers of a candidate that are not 0: which ones, and in units of [`UNIT`].
type Row = Box<[(u8, [u8; 2])]>;

/// Finer than this no number counts: there are many rows.
const UNIT: f32 = 1.0 / 1024.0;

fn packed(features: &Features) -> Row {
    let pack = |value: &f32| ((value / UNIT).round() as i16).to_le_bytes();
    (0u8..).zip(features.iter().map(pack)).filter(|(_, value)| *value != [0; 2]).collect()
}

/// Which numbers of a row are not 0, and these.
fn unpacked(row: &Row) -> impl Iterator<Item = (usize, f32)> {
    row.iter().map(|(number, value)| (usize::from(*number), f32::from(i16::from_le_bytes(*value)) * UNIT))
}

impl Choice {
    /// Nothing is to be chosen.
    pub fn stated(parent: Option<u32>) -> Choice {
        Choice { parents: vec![parent], rows: Vec::new(), asked: false, right: None }
    }

    /// One of these is to be chosen.
    pub fn open(candidates: Vec<(Option<u32>, Features)>, answer: Option<Option<usize>>) -> Choice {
        Choice {
            rows: candidates.iter().map(|(_, features)| packed(features)).collect(),
            parents: candidates.into_iter().map(|(parent, _)| parent).collect(),
            asked: answer.is_some(),
            right: answer.flatten(),
        }
    }

    fn row(&self, at: usize, heard: &Heard) -> Features {
        let mut features = [0.0; COUNT];
        heard.of(&self.rows[at]).for_each(|(number, value)| features[number] = value);
        features
    }
}

/// Which numbers are listened to: each time a transaction is fitted to, some are not, so that none is relied on alone
/// (Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014).
struct Heard(Option<[f32; COUNT]>);

/// The share of the numbers that are not listened to.
const UNHEARD: f32 = 0.05;

impl Heard {
    /// The numbers of a row that are listened to; these count more, as others are missing.
    fn of(&self, row: &Row) -> impl Iterator<Item = (usize, f32)> {
        let scale = |number: usize| self.0.as_ref().map_or(1.0, |scales| scales[number]);
        unpacked(row).map(move |(number, value)| (number, value * scale(number)))
    }

    fn drawn(drawn: &mut Drawn) -> Heard {
        let mut heard = || drawn.centred() + 0.5 >= UNHEARD;
        Heard(Some(std::array::from_fn(|_| if heard() { 1.0 / (1.0 - UNHEARD) } else { 0.0 })))
    }
}

/// The shares of the candidates among all trees.
pub fn shares(tree: &Tree, weights: &Weights) -> Vec<Vec<Possible>> {
    shares_by(tree, weights, &Heard(None))
}

fn shares_by(tree: &Tree, weights: &Weights, heard: &Heard) -> Vec<Vec<Possible>> {
    let of_choice = |choice: &Choice| -> Vec<Possible> {
        if choice.rows.is_empty() {
            return choice.parents.iter().map(|parent| (*parent, 1.0)).collect();
        }
        let rows: Vec<Features> = (0..choice.rows.len()).map(|at| choice.row(at, heard)).collect();
        choice.parents.iter().copied().zip(weights.shares(rows.iter())).collect()
    };
    let mut all: Vec<Vec<Possible>> = tree.choices.iter().map(of_choice).collect();
    tree::among_trees(&mut all);
    all
}

/// The weights with which these transactions are likely; `from`: those to go on from, with smaller steps, which they are drawn
/// towards then.
pub fn fit(trees: Vec<&Tree>, from: Option<&Weights>) -> Weights {
    let mut trees: Vec<(&Tree, u64)> = trees.into_iter().zip(0..).collect();
    let mut drawn = Drawn(1);
    let mut weights = zero();
    weights.units.iter_mut().for_each(|weight| *weight = 0.6 * drawn.centred());
    weights.bias.iter_mut().for_each(|weight| *weight = 0.2 * drawn.centred());
    weights.out.iter_mut().for_each(|weight| *weight = drawn.centred());
    let rate = if from.is_some() { RATE_ON } else { RATE };
    weights = from.cloned().unwrap_or(weights);
    let rest = from.cloned().unwrap_or_else(zero);
    let steps = EPOCHS * trees.len().div_ceil(BATCH);
    let mut descent = Descent { steps, step: 0, mean: zero(), square: zero() };
    let total: f32 = trees.iter().map(|(tree, _)| tree.weight * tree.asked as f32).sum();
    let norm = trees.len() as f32 / total;
    // the mean of the last steps is better than the last one
    let (mut settled, mut count) = (zero(), 0.0);
    for epoch in 0..EPOCHS {
        for at in (1..trees.len()).rev() {
            trees.swap(at, drawn.below(at + 1));
        }
        for batch in trees.chunks(BATCH) {
            let parts: Vec<Weights> = batch
                .par_chunks(BATCH / 8)
                .map(|part| {
                    let mut slopes = zero();
                    for (tree, number) in part {
                        let heard = Heard::drawn(&mut Drawn(((epoch as u64) << 32) + number));
                        add_slopes(tree, &weights, (norm / batch.len() as f32, &heard), &mut slopes);
                    }
                    slopes
                })
                .collect();
            let mut slopes = zero();
            for part in &parts {
                numbers(&mut slopes).zip(all(part)).for_each(|(sum, slope)| *sum += slope);
            }
            descent.step(&mut weights, &slopes, rate, &rest);
            if descent.step * 20 > steps * 17 {
                count += 1.0;
                numbers(&mut settled)
                    .zip(all(&weights))
                    .for_each(|(mean, weight)| *mean += (weight - *mean) / count);
            }
        }
    }
    settled
}

/// Adds how the misfit of a transaction grows with each weight.
fn add_slopes(tree: &Tree, weights: &Weights, (scale, heard): (f32, &Heard), slopes: &mut Weights) {
    let shares = shares_by(tree, weights, heard);
    for (choice, shares) in tree.choices.iter().zip(&shares).filter(|(choice, _)| choice.right.is_some()) {
        for (at, (_, share)) in shares.iter().enumerate() {
            let error = share - f32::from(u8::from(Some(at) == choice.right));
            if error.abs() < SLIGHT {
                continue;
            }
            let error = error * tree.weight * scale;
            let units = weights.sums(&choice.row(at, heard));
            let mut back = [0.0; UNITS];
            for (unit, sum) in units.into_iter().enumerate() {
                let steep = 1.0 / (1.0 + sum.abs()) / (1.0 + sum.abs());
                back[unit] = error * weights.out[unit] * steep;
                slopes.out[unit] += error * bent(sum);
                slopes.bias[unit] += back[unit];
            }
            for (number, value) in heard.of(&choice.rows[at]) {
                slopes.linear[number] += error * value;
                let slots = slopes.units[number * UNITS..].iter_mut();
                slots.zip(&back).for_each(|(slot, back)| *slot += value * back);
            }
        }
    }
}

/// Adam's state.
struct Descent {
    steps: usize,
    step: usize,
    mean: Weights,
    square: Weights,
}

impl Descent {
    /// Goes a step, and towards `rest`.
    fn step(&mut self, weights: &mut Weights, slopes: &Weights, rate: f32, rest: &Weights) {
        self.step += 1;
        let done = self.step as f32 / self.steps as f32;
        // up quickly, down slowly
        let rate =
            rate * if done < 0.05 { done / 0.05 } else { 0.51 + 0.49 * (std::f32::consts::PI * done).cos() };
        let (m, s) = (1.0 - 0.9f32.powi(self.step as i32), 1.0 - 0.999f32.powi(self.step as i32));
        let state = numbers(&mut self.mean).zip(numbers(&mut self.square)).zip(all(slopes));
        for (at, ((weight, rest), ((mean, square), slope))) in
            numbers(weights).zip(all(rest)).zip(state).enumerate()
        {
            *mean = 0.9 * *mean + 0.1 * slope;
            *square = 0.999 * *square + 0.001 * slope * slope;
            let decay = match at {
                _ if at < COUNT => DECAY.0,
                _ if at < COUNT + COUNT * UNITS => DECAY.1,
                _ => DECAY.1 / 10.0,
            };
            *weight -= rate * (*mean / m / ((*square / s).sqrt() + 1e-6) + decay * (*weight - rest));
        }
    }
}

fn zero() -> Weights {
    Weights { linear: [0.0; COUNT], units: [0.0; COUNT * UNITS], bias: [0.0; UNITS], out: [0.0; UNITS] }
}

fn numbers(weights: &mut Weights) -> impl Iterator<Item = &mut f32> {
    let units = weights.units.iter_mut();
    weights.linear.iter_mut().chain(units).chain(&mut weights.bias).chain(&mut weights.out)
}

fn all(weights: &Weights) -> impl Iterator<Item = f32> {
    let units = weights.units.iter();
    weights.linear.iter().chain(units).chain(&weights.bias).chain(&weights.out).copied()
}
