//! Fits the weights of `weave::weights` to runs of which the truth is known.
//!
//! Usage: `cargo run --release --example fit_weights -- [--test DIR]... DIR...`; a DIR holds `logs/` and
//! `truth/spans.jsonl` (or `truth/contracted.jsonl`), as the simulator writes them. Runs named by `--test` are only scored.
//! Prints the weights as Rust, and the share of spans whose nearest logged ancestor is chosen.
//!
//! The model is a conditional logit: the share of a candidate is the softmax over a span's candidates of the weighted sum
//! of its numbers (McFadden, "Conditional logit analysis of qualitative choice behavior", 1974), fitted by Adam with an
//! L2 penalty.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use rayon::prelude::*;
use serde_json::Value;
use spanloom::engine::load::load;
use spanloom::engine::read::Settings;
use spanloom::input::{DiscoverOptions, Input, discover};
use spanloom::model::Time;
use spanloom::weave::features::COUNT;
use spanloom::weave::training::{Example, examples};
use std::collections::HashMap;
use std::path::Path;

struct Run {
    name: String,
    test: bool,
    store: spanloom::gather::Store,
    /// Nearest logged ancestor of each logged span.
    truth: HashMap<String, Option<String>>,
}

/// Transactions of a small run.
const SMALL: usize = 12;
/// Steps of the descent.
const STEPS: i32 = 500;
/// So many choices of one run are fitted to.
const MAX_CHOICES: usize = 1500;

/// A choice among candidates of which one is right.
struct Choice {
    rows: Vec<[f32; COUNT]>,
    right: Option<usize>,
}

fn main() {
    let mut runs = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let test = arg == "--test";
        let name = if test { args.next().expect("--test DIR") } else { arg };
        runs.push(run(&name, test));
    }
    let first = fit("FIRST", &runs, None);
    let second = fit("SECOND", &runs, Some(&first));
    print("FIRST", &first);
    print("SECOND", &second);
}

fn run(name: &str, test: bool) -> Run {
    let logs = ["logs", "docker-json"]
        .iter()
        .map(|logs| Path::new(name).join(logs))
        .find(|path| path.exists())
        .expect("a folder of logs");
    let discovery = discover(&[Input::Path(logs)], &DiscoverOptions::default());
    let settings = Settings { threads: 2, ..Settings::default() };
    let loaded = load(&discovery, &settings, Time(0)).expect("all fits into memory");
    Run { name: name.to_owned(), test, store: loaded.store, truth: truth(Path::new(name)) }
}

fn truth(folder: &Path) -> HashMap<String, Option<String>> {
    let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    if let Ok(contracted) = std::fs::read_to_string(folder.join("truth/contracted.jsonl")) {
        let lines = contracted.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        return lines
            .map(|span| (text(&span, "span_id").expect("an id"), text(&span, "logged_ancestor_id")))
            .collect();
    }
    let spans = std::fs::read_to_string(folder.join("truth/spans.jsonl")).expect("truth/spans.jsonl");
    let mut parents = HashMap::new();
    let mut logged = HashMap::new();
    for line in spans.lines() {
        let span: Value = serde_json::from_str(line).expect("JSON");
        let id = text(&span, "span_id").expect("an id");
        let parent =
            text(&span, "parent_span_id").or_else(|| span["cause"]["span_id"].as_str().map(str::to_owned));
        logged.insert(id.clone(), span["log_records"].as_u64().unwrap_or(0) > 0);
        parents.insert(id, parent);
    }
    let mut out = HashMap::new();
    for (id, _) in logged.iter().filter(|(_, has)| **has) {
        let mut up = parents[id].clone();
        while let Some(parent) = &up {
            if logged.get(parent).copied().unwrap_or(false) {
                break;
            }
            up = parents.get(parent).cloned().flatten();
        }
        out.insert(id.clone(), up);
    }
    out
}

fn choices(run: &Run, examples: Vec<Example>) -> Vec<Choice> {
    examples
        .into_iter()
        .filter_map(|example| {
            let truth = run.truth.get(&example.span.to_string())?;
            let right = example
                .candidates
                .iter()
                .position(|(parent, _)| parent.map(|parent| parent.to_string()) == *truth);
            if right.is_none() && std::env::var_os("SHOW_IMPOSSIBLE").is_some() {
                eprintln!("{} {} {:?}", run.name, example.span, truth);
            }
            Some(Choice {
                rows: example.candidates.into_iter().map(|(_, features)| features).collect(),
                right,
            })
        })
        .collect()
}

fn fit(name: &str, runs: &[Run], first: Option<&[f32; COUNT]>) -> [f32; COUNT] {
    let sets: Vec<Vec<Choice>> =
        runs.par_iter().map(|run| choices(run, examples(&run.store, first, None))).collect();
    // a few transactions teach little: the weights must do without, too
    let small: Vec<Vec<Choice>> =
        runs.par_iter().map(|run| choices(run, examples(&run.store, first, Some(SMALL)))).collect();
    let mut weights = [0f32; COUNT];
    let (mut mean, mut square) = ([0f32; COUNT], [0f32; COUNT]);
    // every run counts the same, whatever its size
    let training: Vec<(&Choice, f32)> = sets
        .iter()
        .zip(runs)
        .map(|(set, run)| (set, run, 1.0))
        .chain(small.iter().zip(runs).map(|(set, run)| (set, run, 0.3)))
        .filter(|(_, run, _)| !run.test)
        .flat_map(|(set, _, share)| {
            let step = set.len().div_ceil(MAX_CHOICES).max(1);
            set.iter().step_by(step).map(move |choice| (choice, share / set.len() as f32))
        })
        .filter(|(choice, _)| choice.right.is_some())
        .collect();
    let total: f32 = training.iter().map(|(_, weight)| weight).sum();
    for step in 1..=STEPS {
        let gradient = training
            .par_chunks(512)
            .map(|part| {
                let mut gradient = [0f32; COUNT];
                for (choice, weight) in part {
                    let shares = shares(&choice.rows, &weights);
                    for (index, (row, share)) in choice.rows.iter().zip(shares).enumerate() {
                        let error = (share - f32::from(u8::from(Some(index) == choice.right))) * weight;
                        for (slot, value) in gradient.iter_mut().zip(row) {
                            *slot += error * value;
                        }
                    }
                }
                gradient
            })
            .reduce(
                || [0f32; COUNT],
                |mut a, b| {
                    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
                    a
                },
            );
        let rate = 0.15 * (1.0 - step as f32 / (STEPS as f32 * 1.15));
        for index in 0..COUNT {
            let slope = gradient[index] / total + 0.0004 * weights[index];
            mean[index] = 0.9 * mean[index] + 0.1 * slope;
            square[index] = 0.999 * square[index] + 0.001 * slope * slope;
            let (m, s) =
                (mean[index] / (1.0 - 0.9f32.powi(step)), square[index] / (1.0 - 0.999f32.powi(step)));
            weights[index] -= rate * m / (s.sqrt() + 1e-8);
        }
    }
    println!("{name}");
    for (set, run) in sets.iter().zip(runs) {
        let right = set.iter().filter(|choice| {
            let shares = shares(&choice.rows, &weights);
            let best = (0..shares.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b]));
            choice.right.is_some() && best == choice.right
        });
        let possible = set.iter().filter(|choice| choice.right.is_some()).count();
        println!(
            "  {:6.2} % right, {:6.2} % possible  {} {}",
            100.0 * right.count() as f32 / set.len() as f32,
            100.0 * possible as f32 / set.len() as f32,
            if run.test { "(test)" } else { "" },
            run.name
        );
    }
    weights
}

fn shares(rows: &[[f32; COUNT]], weights: &[f32; COUNT]) -> Vec<f32> {
    let scores: Vec<f32> = rows.iter().map(|row| row.iter().zip(weights).map(|(a, b)| a * b).sum()).collect();
    let top = scores.iter().copied().fold(f32::MIN, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - top).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

fn print(name: &str, weights: &[f32; COUNT]) {
    println!("pub const {name}: [f32; COUNT] = [");
    for row in weights.chunks(8) {
        let row: Vec<String> = row.iter().map(|weight| format!("{weight:.3}")).collect();
        println!("    {},", row.join(", "));
    }
    println!("];");
}
