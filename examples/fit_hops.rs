//! Fits the weights of `weave::hops::weights` to runs of which the truth is known.
//!
//! Usage: `cargo run --release --example fit_hops -- [--into DIR] [--test DIR]... [[--times N] DIR]...`; a DIR holds `logs/`,
//! `truth/spans.jsonl` and `truth/lines.tsv`, as the simulator writes them. Runs named by `--test` are only scored; those after
//! `--times N` count N times. Prints the share of records that are put where they belong, of those of which that is in question;
//! writes the weights as Rust to `DIR/try_out.rs` and `DIR/decide.rs`.
//!
//! The model is a conditional logit (McFadden, "Conditional logit analysis of qualitative choice behavior", 1974): a record begins a
//! hop or goes on with one of those that are open, where all records before it are put right. Fitted with Adam (Kingma, Ba, "Adam: a
//! method for stochastic optimization", 2015), weights drawn towards 0 apart from it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

#[path = "fit_weights/drawn.rs"]
mod drawn;
#[path = "fit_weights/hops.rs"]
mod hops;
#[path = "fit_weights/told.rs"]
mod told;

use drawn::Drawn;
use hops::Hops;
use rayon::prelude::*;
use spanloom::engine::load::load;
use spanloom::engine::read::Settings;
use spanloom::input::{DiscoverOptions, Input, discover};
use spanloom::model::Time;
use spanloom::weave::hops::weights::{BEGIN, ON, Side, UNITS, Weights, bent};
use spanloom::weave::hops::{Begin, Cut, On};
use spanloom::weave::training::Cutting;
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

/// A run to be learned from, or only judged.
struct Run {
    name: String,
    test: bool,
    /// How often it counts.
    times: f32,
}

/// A choice with how much it counts.
type Weighed = (Cut, f32);

/// So many choices of one run are fitted to.
const MAX_CUTS: usize = 6000;
/// Times that all choices are fitted to.
const EPOCHS: usize = 12;
/// Choices a step.
const BATCH: usize = 512;
/// How far a step goes at most.
const RATE: f32 = 0.02;
/// How strongly weights are drawn towards 0: those of the sum, and those of the units.
const DECAY: (f32, f32) = (0.02, 0.2);
/// The share of the numbers that are not listened to, drawn each time (Srivastava et al., "Dropout", 2014).
const UNHEARD: f32 = 0.05;

fn main() {
    let mut runs = Vec::new();
    let mut args = std::env::args().skip(1);
    let (mut times, mut into) = (1.0, None);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--into" => into = args.next(),
            "--times" => times = args.next().and_then(|times| times.parse().ok()).expect("--times N"),
            "--test" => {
                runs.push(Run { name: args.next().expect("--test DIR"), test: true, times: 1.0 });
            }
            _ => {
                runs.push(Run { name: arg, test: false, times });
                times = 1.0;
            }
        }
    }
    let first = round(&runs, None);
    let second = round(&runs, Some(&first));
    if let Some(into) = into.as_deref().map(Path::new) {
        let written = [
            (
                "try_out",
                "TRY_OUT",
                "For the first round, in which only the order of records is known.",
                &first,
            ),
            ("decide", "DECIDE", "For the second round, in which hops were tried out.", &second),
        ];
        for (file, name, about, weights) in written {
            std::fs::write(into.join(file).with_extension("rs"), text(name, about, weights))
                .expect("written");
        }
    }
}

/// Fits the weights of a round, and says how good they are.
fn round(runs: &[Run], before: Option<&Weights>) -> Weights {
    let cuts: Vec<Vec<Weighed>> = runs.iter().map(|run| cuts(run, before)).collect();
    let learned = runs.iter().zip(&cuts).filter(|(run, _)| !run.test);
    let weights = fit(learned.flat_map(|(_, cuts)| cuts).collect());
    let (mut sums, mut counts) = ([0.0; 2], [0; 2]);
    for (run, cuts) in runs.iter().zip(&cuts) {
        let right = cuts.iter().filter(|(cut, _)| best(cut, &weights) == cut.right).count();
        let share = right as f32 / cuts.len().max(1) as f32;
        println!("{share:.4} {:6} {}{}", cuts.len(), if run.test { "test " } else { "" }, run.name);
        sums[usize::from(run.test)] += share;
        counts[usize::from(run.test)] += 1;
    }
    let mean = |at: usize| sums[at] / counts[at].max(1) as f32;
    println!("round {}: fitted {:.4}, test {:.4}", 1 + usize::from(before.is_some()), mean(0), mean(1));
    weights
}

fn cuts(run: &Run, before: Option<&Weights>) -> Vec<Weighed> {
    let folder = Path::new(&run.name);
    let discovery = discover(&[Input::Path(folder.join("logs"))], &DiscoverOptions::default());
    let settings = Settings { threads: 2, ..Settings::default() };
    let mut store = load(&discovery, &settings, Time(0)).expect("all fits into memory").store;
    let sources: Vec<String> =
        store.sources.iter().map(|source| told::file(&source.name).to_owned()).collect();
    let hops = Hops::of(folder);
    let mut numbers: HashMap<&String, u64> = HashMap::new();
    for hop in hops.of.values() {
        let number = numbers.len() as u64;
        numbers.entry(hop).or_insert(number);
    }
    let hop = |source: usize, line: u64| {
        let span = hops.lines.get(&(sources[source].clone(), line))?;
        Some(numbers[hops.of.get(span)?])
    };
    let mut cutting = Cutting::of(&mut store).expect("all fits into memory");
    let mut cuts: Vec<Cut> = cutting.cuts(before, hop).into_iter().flatten().collect();
    let each = cuts.len().div_ceil(MAX_CUTS).max(1);
    if !run.test {
        cuts = cuts.into_iter().step_by(each).collect();
    }
    let weight = run.times / cuts.len().max(1) as f32;
    cuts.into_iter().map(|cut| (cut, weight)).collect()
}

/// What each possibility is worth: to begin a hop, and to go on with each open one.
fn worths(cut: &Cut, weights: &Weights) -> Vec<f32> {
    let on = cut.on.iter().map(|on| weights.on.worth(on));
    std::iter::once(weights.begin.worth(&cut.begin)).chain(on).collect()
}

fn best(cut: &Cut, weights: &Weights) -> Option<usize> {
    let worths = worths(cut, weights);
    let best = (1..worths.len()).max_by(|a, b| worths[*a].total_cmp(&worths[*b]))?;
    (worths[best] >= worths[0]).then(|| best - 1)
}

/// The weights with which these choices are likely.
fn fit(mut cuts: Vec<&Weighed>) -> Weights {
    let mut drawn = Drawn(1);
    let mut weights = zero();
    each(&mut weights, |weight, kind| {
        *weight = match kind {
            Kind::Linear => 0.0,
            Kind::Unit => 0.6 * drawn.centred(),
            Kind::Bias => 0.2 * drawn.centred(),
            Kind::Out => drawn.centred(),
        }
    });
    let steps = EPOCHS * cuts.len().div_ceil(BATCH);
    let scale = cuts.len() as f32 / cuts.iter().map(|(_, weight)| weight).sum::<f32>();
    let (mut mean, mut square, mut settled) = (numbers(&zero()), numbers(&zero()), numbers(&zero()));
    let (mut step, mut count) = (0usize, 0.0f32);
    for epoch in 0..EPOCHS {
        for at in (1..cuts.len()).rev() {
            cuts.swap(at, drawn.below(at + 1));
        }
        for batch in cuts.chunks(BATCH) {
            let scale = scale / batch.len() as f32;
            let parts: Vec<Weights> = batch
                .par_chunks(BATCH / 8)
                .enumerate()
                .map(|(part, cuts)| {
                    let mut drawn = Drawn((((epoch * steps + step) as u64) << 8) + part as u64);
                    let mut slopes = zero();
                    cuts.iter().for_each(|(cut, weight)| {
                        add_slopes(cut, &weights, weight * scale, &mut drawn, &mut slopes);
                    });
                    slopes
                })
                .collect();
            let mut slopes = numbers(&zero());
            for part in &parts {
                slopes.iter_mut().zip(numbers(part)).for_each(|(sum, slope)| *sum += slope);
            }
            step += 1;
            let done = step as f32 / steps as f32;
            // up quickly, down slowly
            let rate = RATE
                * if done < 0.05 { done / 0.05 } else { 0.51 + 0.49 * (std::f32::consts::PI * done).cos() };
            let (m, s) = (1.0 - 0.9f32.powi(step as i32), 1.0 - 0.999f32.powi(step as i32));
            let mut at = 0;
            each(&mut weights, |weight, kind| {
                mean[at] = 0.9 * mean[at] + 0.1 * slopes[at];
                square[at] = 0.999 * square[at] + 0.001 * slopes[at] * slopes[at];
                let decay = match kind {
                    Kind::Linear => DECAY.0,
                    Kind::Unit => DECAY.1,
                    Kind::Bias | Kind::Out => DECAY.1 / 10.0,
                };
                *weight -= rate * (mean[at] / m / ((square[at] / s).sqrt() + 1e-6) + decay * *weight);
                at += 1;
            });
            // the mean of the last steps is better than the last one
            if step * 20 > steps * 17 {
                count += 1.0;
                settled
                    .iter_mut()
                    .zip(numbers(&weights))
                    .for_each(|(mean, weight)| *mean += (weight - *mean) / count);
            }
        }
    }
    let mut numbers = settled.into_iter();
    each(&mut weights, |weight, _| *weight = numbers.next().unwrap_or_default());
    weights
}

/// Adds how the misfit of a choice grows with each weight.
fn add_slopes(cut: &Cut, weights: &Weights, scale: f32, drawn: &mut Drawn, slopes: &mut Weights) {
    let mut heard = || if drawn.centred() + 0.5 >= UNHEARD { 1.0 / (1.0 - UNHEARD) } else { 0.0 };
    let (begins, ons): (Begin, On) = (std::array::from_fn(|_| heard()), std::array::from_fn(|_| heard()));
    let begin: Begin = std::array::from_fn(|at| cut.begin[at] * begins[at]);
    let on: Vec<On> = cut.on.iter().map(|on| std::array::from_fn(|at| on[at] * ons[at])).collect();
    let heard = Cut { begin, on, right: cut.right };
    let mut shares = worths(&heard, weights);
    let top = shares.iter().copied().fold(f32::MIN, f32::max);
    shares.iter_mut().for_each(|share| *share = (*share - top).exp());
    let sum: f32 = shares.iter().sum();
    let right = cut.right.map_or(0, |right| right + 1);
    for (at, share) in shares.iter().enumerate() {
        let error = (share / sum - f32::from(u8::from(at == right))) * scale;
        match at.checked_sub(1) {
            None => add(&heard.begin, &weights.begin, error, &mut slopes.begin),
            Some(at) => add(&heard.on[at], &weights.on, error, &mut slopes.on),
        }
    }
}

fn add<const N: usize>(numbers: &[f32; N], side: &Side<N>, error: f32, slopes: &mut Side<N>) {
    let units = side.sums(numbers);
    let mut back = [0.0; UNITS];
    for (unit, sum) in units.into_iter().enumerate() {
        let steep = 1.0 / (1.0 + sum.abs()) / (1.0 + sum.abs());
        back[unit] = error * side.out[unit] * steep;
        slopes.out[unit] += error * bent(sum);
        slopes.bias[unit] += back[unit];
    }
    for (at, number) in numbers.iter().enumerate().filter(|(_, number)| **number != 0.0) {
        slopes.linear[at] += error * number;
        slopes.units[at].iter_mut().zip(&back).for_each(|(slot, back)| *slot += number * back);
    }
}

fn zero() -> Weights {
    Weights { begin: Side::<BEGIN>::ZERO, on: Side::<ON>::ZERO }
}

/// What a weight is for.
#[derive(Clone, Copy)]
enum Kind {
    Linear,
    Unit,
    Bias,
    Out,
}

/// Goes through all weights, always in the same order.
fn each(weights: &mut Weights, mut see: impl FnMut(&mut f32, Kind)) {
    fn side<const N: usize>(side: &mut Side<N>, see: &mut impl FnMut(&mut f32, Kind)) {
        side.linear.iter_mut().for_each(|weight| see(weight, Kind::Linear));
        side.units.as_flattened_mut().iter_mut().for_each(|weight| see(weight, Kind::Unit));
        side.bias.iter_mut().for_each(|weight| see(weight, Kind::Bias));
        side.out.iter_mut().for_each(|weight| see(weight, Kind::Out));
    }
    side(&mut weights.begin, &mut see);
    side(&mut weights.on, &mut see);
}

fn numbers(weights: &Weights) -> Vec<f32> {
    let mut numbers = Vec::with_capacity((BEGIN + ON) * (UNITS + 1) + 4 * UNITS);
    each(&mut weights.clone(), |weight, _| numbers.push(*weight));
    numbers
}

/// Weights as Rust.
fn text(name: &str, about: &str, weights: &Weights) -> String {
    let mut text = format!(
        "//! Fitted by `examples/fit_hops`.\n\nuse super::{{Side, Weights, rows}};\n\n/// {about}\npub const {name}: Weights = Weights {{\n"
    );
    let list = |numbers: &[f32]| {
        let numbers: Vec<String> = numbers.iter().map(|number| format!("{number:.2}")).collect();
        format!("[{}]", numbers.join(", "))
    };
    fn side<const N: usize>(text: &mut String, name: &str, side: &Side<N>, list: impl Fn(&[f32]) -> String) {
        let (linear, bias, out) = (list(&side.linear), list(&side.bias), list(&side.out));
        let units = list(side.units.as_flattened());
        writeln!(
            text,
            "{name}: Side {{ linear: {linear}, units: rows(&{units}), bias: {bias}, out: {out} }},"
        )
        .expect("a string");
    }
    side(&mut text, "begin", &weights.begin, list);
    side(&mut text, "on", &weights.on, list);
    text.push_str("};\n");
    text
}
