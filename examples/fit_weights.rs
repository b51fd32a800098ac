//! Fits the weights of `weave::weights` to runs of which the truth is known.
//!
//! Usage: `cargo run --release --example fit_weights -- [--test DIR]... [[--times N] DIR]...`; a DIR holds `logs/` and
//! `truth/spans.jsonl` (or `truth/contracted.jsonl`), as the simulator writes them. Runs named by `--test` are only scored;
//! those after `--times N` count N times.
//! Prints the weights as Rust, and the share of spans whose nearest logged ancestor is chosen.
//!
//! The model is a conditional logit over trees: the share of a candidate is the softmax over a span's candidates of the
//! weighted sum of its numbers (McFadden, "Conditional logit analysis of qualitative choice behavior", 1974), and of all
//! choices only those count that form trees (see `weave::tree`); fitted by Adam with an L2 penalty.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use rayon::prelude::*;
use serde_json::Value;
use spanloom::engine::load::load;
use spanloom::engine::read::Settings;
use spanloom::input::{DiscoverOptions, Input, discover};
use spanloom::model::Time;
use spanloom::weave::choose;
use spanloom::weave::features::{COUNT, Features};
use spanloom::weave::training::{Given, Lesson, lessons};
use spanloom::weave::tree;
use std::collections::HashMap;
use std::path::Path;

struct Run {
    name: String,
    test: bool,
    /// How often it counts.
    times: f32,
    store: spanloom::gather::Store,
    /// Nearest logged ancestor of each logged span.
    truth: HashMap<String, Option<String>>,
    hops: Hops,
}

/// What is true of hops: a span that another service caused, with what its own service did for it.
#[derive(Default)]
struct Hops {
    /// The hop of each span.
    of: HashMap<String, String>,
    /// The nearest hop above a hop of which something is logged.
    above: HashMap<String, Option<String>>,
    /// The span of each line, by the name of its file.
    lines: HashMap<(String, u64), String>,
}

/// Transactions of a small run.
const SMALL: usize = 12;
/// Steps of the descent.
const STEPS: i32 = 400;
/// So many choices of one run are fitted to.
const MAX_CHOICES: usize = 900;

/// A transaction to be fitted to.
struct Tree {
    choices: Vec<Choice>,
    /// How many of the choices have a right answer that is known.
    asked: usize,
    /// How much it counts.
    weight: f32,
}

/// A choice among candidates of which one is right.
struct Choice {
    parents: Vec<Option<u32>>,
    rows: Vec<Features>,
    /// Whether the right answer is known, and where it is.
    asked: bool,
    right: Option<usize>,
}

fn main() {
    let mut runs = Vec::new();
    let mut args = std::env::args().skip(1);
    let mut times = 1.0;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--times" => times = args.next().and_then(|times| times.parse().ok()).expect("--times N"),
            "--test" => runs.push(run(&args.next().expect("--test DIR"), true, times)),
            folder => {
                runs.push(run(folder, false, times));
                times = 1.0;
            }
        }
    }
    let first = fit("FIRST", &mut runs, None);
    let second = fit("SECOND", &mut runs, Some(&first));
    print("FIRST", &first);
    print("SECOND", &second);
}

fn run(name: &str, test: bool, times: f32) -> Run {
    let logs = ["logs", "docker-json"]
        .iter()
        .map(|logs| Path::new(name).join(logs))
        .find(|path| path.exists())
        .expect("a folder of logs");
    let discovery = discover(&[Input::Path(logs)], &DiscoverOptions::default());
    let settings = Settings { threads: 2, ..Settings::default() };
    let loaded = load(&discovery, &settings, Time(0)).expect("all fits into memory");
    let folder = Path::new(name);
    Run { name: name.to_owned(), test, times, store: loaded.store, truth: truth(folder), hops: hops(folder) }
}

fn hops(folder: &Path) -> Hops {
    let (Ok(spans), Ok(lines)) = (
        std::fs::read_to_string(folder.join("truth/spans.jsonl")),
        std::fs::read_to_string(folder.join("truth/lines.tsv")),
    ) else {
        return Hops::default();
    };
    let mut hops = Hops::default();
    for line in lines.lines().filter(|line| !line.starts_with('#')) {
        let [file, first, count, span] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        let (first, count): (u64, u64) = (first.parse().expect("a line"), count.parse().expect("a count"));
        for line in (first..first + count).filter(|_| span != "-") {
            hops.lines.insert((file.to_owned(), line), span.to_owned());
        }
    }
    let spans: HashMap<String, Value> = spans
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|span| (span["span_id"].as_str().expect("an id").to_owned(), span))
        .collect();
    let parent = |span: &Value| {
        let parent = span["parent_span_id"].as_str().or_else(|| span["cause"]["span_id"].as_str());
        parent.filter(|parent| spans.contains_key(*parent)).map(str::to_owned)
    };
    for (id, mut span) in &spans {
        let mut at = id.clone();
        while let Some(parent) = parent(span) {
            let entry = matches!(span["kind"].as_str(), Some("SERVER" | "CONSUMER"));
            if entry || spans[&parent]["service"] != span["service"] {
                break;
            }
            (at, span) = (parent.clone(), &spans[&parent]);
        }
        hops.of.insert(id.clone(), at);
    }
    let logged: std::collections::HashSet<&String> = spans
        .iter()
        .filter(|(_, span)| span["log_records"].as_u64() > Some(0))
        .map(|(id, _)| &hops.of[id])
        .collect();
    for hop in hops.of.values() {
        let above = |hop: &str| parent(&spans[hop]).map(|parent| hops.of[&parent].clone());
        hops.above.insert(hop.clone(), nearest(hop, above, |hop| logged.contains(hop)));
    }
    hops
}

/// The hops of the spans of a lesson that have no ids, by most of their records.
fn hops_of(run: &Run, lesson: &Lesson) -> Vec<Option<String>> {
    let hop = |records: &Vec<(usize, u64)>| {
        let mut votes: HashMap<&String, usize> = HashMap::new();
        for (source, line) in records {
            let name = &run.store.sources[*source].name;
            let file = name.rsplit('/').next().unwrap_or(name).split(".log").next().unwrap_or(name);
            if let Some(span) = run.hops.lines.get(&(file.to_owned(), *line)) {
                *votes.entry(&run.hops.of[span]).or_default() += 1;
            }
        }
        votes
            .into_iter()
            .max_by_key(|(hop, votes)| (*votes, std::cmp::Reverse(*hop)))
            .map(|(hop, _)| hop.clone())
    };
    lesson.records.iter().map(hop).collect()
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
    let is_logged = |id: &String| logged.get(id).copied().unwrap_or(false);
    let above = |id: &str| parents.get(id).cloned().flatten();
    let logged = logged.keys().filter(|id| is_logged(id));
    logged.map(|id| (id.clone(), nearest(id, above, is_logged))).collect()
}

/// The nearest one above of which something is logged.
fn nearest(
    below: &str,
    above: impl Fn(&str) -> Option<String>,
    is_logged: impl Fn(&String) -> bool,
) -> Option<String> {
    let mut up = above(below);
    while let Some(at) = &up
        && !is_logged(at)
    {
        up = above(at);
    }
    up
}

fn tree(run: &Run, lesson: Lesson) -> Tree {
    let ids: Vec<String> = lesson.ids.iter().map(ToString::to_string).collect();
    let hops = hops_of(run, &lesson);
    // several spans may have been made of a hop: the first stands for it
    let first = |hop: &String| hops.iter().position(|other| other.as_ref() == Some(hop));
    let choices = lesson.given.into_iter().enumerate().map(|(at, given)| match given {
        Given::Stated(parent) => {
            Choice { parents: vec![parent], rows: Vec::new(), asked: false, right: None }
        }
        Given::Open { span, candidates } => {
            let (parents, rows): (Vec<Option<u32>>, Vec<Features>) = candidates.into_iter().unzip();
            let truth = run.truth.get(&span.to_string());
            let right = truth.and_then(|truth| {
                parents.iter().position(|parent| parent.map(|parent| &ids[parent as usize]) == truth.as_ref())
            });
            if let (None, Some(hop)) = (truth, &hops[at]) {
                let above = run.hops.above.get(hop).cloned().flatten();
                let right = match first(hop) {
                    Some(first) if first != at => Some(first),
                    _ => above.as_ref().and_then(first),
                };
                let right = match right {
                    Some(right) => parents.iter().position(|parent| *parent == Some(right as u32)),
                    None if above.is_none() => parents.iter().position(Option::is_none),
                    None => None,
                };
                return Choice { parents, rows, asked: true, right };
            }
            if right.is_none() && truth.is_some() && std::env::var_os("SHOW_IMPOSSIBLE").is_some() {
                eprintln!("{} {span} {truth:?}", run.name);
            }
            Choice { parents, rows, asked: truth.is_some(), right }
        }
    });
    let choices: Vec<Choice> = choices.collect();
    Tree { asked: choices.iter().filter(|choice| choice.asked).count(), choices, weight: 0.0 }
}

/// The transactions of a run, or some of a large one.
fn trees(run: &mut Run, first: Option<&Features>, limit: Option<usize>, share: f32) -> Vec<Tree> {
    let lessons = lessons(&mut run.store, first, limit);
    let all: usize = lessons.iter().map(|lesson| lesson.given.len()).sum();
    let step = all.div_ceil(MAX_CHOICES).max(1);
    let mut trees: Vec<Tree> = lessons
        .into_iter()
        .step_by(step)
        .map(|lesson| tree(run, lesson))
        .filter(|tree| tree.asked > 0)
        .collect();
    let asked: usize = trees.iter().map(|tree| tree.asked).sum();
    trees.iter_mut().for_each(|tree| tree.weight = share * run.times / asked as f32);
    trees
}

fn fit(name: &str, runs: &mut [Run], first: Option<&Features>) -> Features {
    let sets: Vec<Vec<Tree>> = runs.par_iter_mut().map(|run| trees(run, first, None, 1.0)).collect();
    // a few transactions teach little: the weights must do without, too
    let small: Vec<Vec<Tree>> = runs.par_iter_mut().map(|run| trees(run, first, Some(SMALL), 0.3)).collect();
    let mut weights = NONE;
    let mut descent = Descent { mean: NONE, square: NONE };
    // every run counts the same, whatever its size
    let of_training =
        |sets: &[Vec<Tree>]| -> Vec<usize> { (0..sets.len()).filter(|at| !runs[*at].test).collect() };
    let training: Vec<&Tree> = [&sets, &small]
        .into_iter()
        .flat_map(|sets| of_training(sets).into_iter().flat_map(|at| &sets[at]))
        .collect();
    let total: f32 = training.iter().map(|tree| tree.weight * tree.asked as f32).sum();
    for step in 1..=STEPS {
        let gradient = training
            .par_chunks(8)
            .map(|part| part.iter().fold(NONE, |sum, tree| plus(sum, &slopes(tree, &weights))))
            .reduce(|| NONE, |a, b| plus(a, &b));
        descent.step(step, &mut weights, &gradient, total);
    }
    println!("{name}");
    for (set, run) in sets.iter().zip(runs.iter()) {
        let (mut right, mut possible, mut asked) = (0, 0, 0);
        for tree in set {
            let best = tree::best(&shares(tree, &weights));
            for (choice, best) in tree.choices.iter().zip(best).filter(|(choice, _)| choice.asked) {
                asked += 1;
                possible += usize::from(choice.right.is_some());
                right += usize::from(choice.right.is_some() && best == choice.right);
            }
        }
        println!(
            "  {:6.2} % right, {:6.2} % possible  {} {}",
            100.0 * right as f32 / asked as f32,
            100.0 * possible as f32 / asked as f32,
            if run.test { "(test)" } else { "" },
            run.name
        );
    }
    weights
}

const NONE: Features = [0.0; COUNT];

/// Adam's state (Kingma, Ba, "Adam: a method for stochastic optimization", 2015).
struct Descent {
    mean: Features,
    square: Features,
}

impl Descent {
    fn step(&mut self, step: i32, weights: &mut Features, gradient: &Features, total: f32) {
        let rate = 0.15 * (1.0 - step as f32 / (STEPS as f32 * 1.15));
        let (mean, square) = (&mut self.mean, &mut self.square);
        for index in 0..COUNT {
            let slope = gradient[index] / total + 0.0004 * weights[index];
            mean[index] = 0.9 * mean[index] + 0.1 * slope;
            square[index] = 0.999 * square[index] + 0.001 * slope * slope;
            let (m, s) =
                (mean[index] / (1.0 - 0.9f32.powi(step)), square[index] / (1.0 - 0.999f32.powi(step)));
            weights[index] -= rate * m / (s.sqrt() + 1e-8);
        }
    }
}

fn plus(mut sum: Features, other: &Features) -> Features {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
    sum
}

/// How the misfit of a transaction grows with each weight.
fn slopes(tree: &Tree, weights: &Features) -> Features {
    let shares = shares(tree, weights);
    let mut slopes = NONE;
    for (choice, shares) in tree.choices.iter().zip(&shares).filter(|(choice, _)| choice.right.is_some()) {
        for (index, (row, (_, share))) in choice.rows.iter().zip(shares).enumerate() {
            let error = (share - f32::from(u8::from(Some(index) == choice.right))) * tree.weight;
            for (slot, value) in slopes.iter_mut().zip(row) {
                *slot += error * value;
            }
        }
    }
    slopes
}

/// The shares of the candidates among all trees.
fn shares(tree: &Tree, weights: &Features) -> Vec<Vec<tree::Possible>> {
    let mut all: Vec<Vec<tree::Possible>> = tree
        .choices
        .iter()
        .map(|choice| {
            if choice.rows.is_empty() {
                return choice.parents.iter().map(|parent| (*parent, 1.0)).collect();
            }
            choice.parents.iter().copied().zip(choose::shares(choice.rows.iter(), weights)).collect()
        })
        .collect();
    tree::among_trees(&mut all);
    all
}

fn print(name: &str, weights: &Features) {
    println!("pub const {name}: Features = [");
    for row in weights.chunks(8) {
        let row: Vec<String> = row.iter().map(|weight| format!("{weight:.3}")).collect();
        println!("    {},", row.join(", "));
    }
    println!("];");
}
