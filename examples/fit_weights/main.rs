//! Fits the weights of `weave::weights` to runs of which the truth is known.
//!
//! Usage: `cargo run --release --example fit_weights -- [--into DIR] [--last] [--go-on] [--test DIR]... [[--times N] [--thin SEED] DIR]...`; a DIR holds `logs/` and `truth/spans.jsonl` (or `truth/contracted.jsonl`), as the simulator writes them. Runs
//! named by `--test` are only scored; those after `--times N` count N times; of those after `--thin SEED` a part of the kinds
//! of records is left out, drawn by the seed, as if the authors of the services had logged less. Prints the share of spans
//! whose nearest logged ancestor is chosen; writes the weights as Rust to `DIR/first.rs`, `DIR/second.rs` and `DIR/last.rs`.
//!
//! With `--last` only the last round is fitted, after the program's own weights for the others. With `--go-on` the program's own
//! weights are gone on from and drawn towards: for a few more runs, where those that they were fitted to are not at hand.
//!
//! The model is a conditional logit over trees: the share of a candidate is the softmax over a span's candidates of what
//! speaks for it (McFadden, "Conditional logit analysis of qualitative choice behavior", 1974), which is a weighted sum and
//! a network of one layer (see `weave::score`), and of all choices only those count that form trees (see `weave::tree`).

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

mod descent;
mod drawn;
mod hops;
mod told;
mod truth;

use descent::{Choice, Tree, fit, shares};
use spanloom::engine::load::load;
use spanloom::engine::read::Settings;
use spanloom::gather::Store;
use spanloom::input::{DiscoverOptions, Input, discover};
use spanloom::model::{Symbol, Time};
use spanloom::weave::score::Weights;
use spanloom::weave::training::{Course, Given, Lesson};
use spanloom::weave::{tree, weights};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;
use truth::Truth;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A run to be learned from, or only judged.
struct Run {
    name: String,
    test: bool,
    /// How often it counts.
    times: f32,
    /// Which kinds of records are left out, if any.
    thin: Option<u64>,
}

/// Transactions of a small run.
const SMALL: usize = 12;
/// Of a service that is thinned this share of the kinds of records is left out at most.
const MOST_LEFT_OUT: f32 = 0.6;
/// So many choices of one run are fitted to.
const MAX_CHOICES: usize = 150;
/// And of those that are only scored.
const MAX_TESTED: usize = 2000;

fn main() {
    let mut runs = Vec::new();
    let mut args = std::env::args().skip(1);
    let (mut times, mut thin, mut into, mut last) = (1.0, None, None, false);
    let mut go_on = false;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--into" => into = args.next(),
            "--last" => last = true,
            "--go-on" => go_on = true,
            "--times" => times = args.next().and_then(|times| times.parse().ok()).expect("--times N"),
            "--thin" => {
                thin = Some(args.next().and_then(|seed| seed.parse().ok()).expect("--thin SEED"));
            }
            "--test" => {
                let name = args.next().expect("--test DIR");
                runs.push(Run { name, test: true, times: 1.0, thin: None });
            }
            _ => {
                runs.push(Run { name: arg, test: false, times, thin });
                (times, thin) = (1.0, None);
            }
        }
    }
    let rounds = [
        ("first", "FIRST", "For the first round, in which nothing is learned of the run.", &weights::FIRST),
        ("second", "SECOND", "For the second round, and for drafts.", &weights::SECOND),
        ("last", "LAST", "For the last round, which has a draft.", &weights::LAST),
    ];
    let mut before: Vec<Cow<'_, Weights>> = Vec::new();
    for (file, name, about, own) in rounds {
        if last && before.len() < 2 {
            before.push(Cow::Borrowed(own));
            continue;
        }
        let fitted = round(name, &runs, &before, go_on.then_some(own));
        if let Some(into) = into.as_deref().map(Path::new) {
            let path = into.join(file).with_extension("rs");
            std::fs::write(path, text(name, about, &fitted)).expect("written");
        }
        before.push(Cow::Owned(fitted));
    }
}

/// What a run teaches, as a whole and as a few of its transactions; each with its share of the whole.
fn trees(run: &Run, before: &[Cow<'_, Weights>]) -> [Vec<Tree>; 2] {
    let folder = Path::new(&run.name);
    let logs = ["logs", "docker-json"].iter().map(|logs| folder.join(logs));
    let logs = logs.into_iter().find(|path| path.exists()).expect("a folder of logs");
    let discovery = discover(&[Input::Path(logs)], &DiscoverOptions::default());
    let settings = Settings { threads: 2, ..Settings::default() };
    let mut store = load(&discovery, &settings, Time(0)).expect("all fits into memory").store;
    let sources: Vec<String> = store.sources.iter().map(|source| source.name.to_string()).collect();
    if let Some(seed) = run.thin {
        thin(&mut store, seed);
    }
    let truth = Truth::of(folder, run.thin.map(|_| logged(&store)));
    let course = Course::of(&mut store).expect("all fits into memory");
    let before: Vec<&Weights> = before.iter().map(AsRef::as_ref).collect();
    let most = if run.test { MAX_TESTED } else { MAX_CHOICES };
    // a few transactions teach little: the weights must do without, too
    [(usize::MAX, 1.0), (SMALL, 0.3)].map(|(limit, share)| {
        let lessons = course.lessons(&before, limit, most);
        let trees = lessons.into_iter().map(|lesson| tree(&truth.answers(&sources, &lesson), lesson));
        let mut trees: Vec<Tree> = trees.filter(|tree| tree.asked > 0).collect();
        let asked: usize = trees.iter().map(|tree| tree.asked).sum();
        trees.iter_mut().for_each(|tree| tree.weight = share * run.times / asked as f32);
        trees
    })
}

/// Leaves out some kinds of records. How many differs from service to service.
fn thin(store: &mut Store, seed: u64) {
    let share = |of: &[Symbol]| {
        let bytes: Vec<u8> = of.iter().flat_map(|symbol| symbol.0.to_le_bytes()).collect();
        (xxh3_64_with_seed(&bytes, seed) >> 40) as f32 / (1u64 << 24) as f32
    };
    for batch in &mut store.batches {
        batch.events.retain(|event| {
            let most = MOST_LEFT_OUT * share(&[event.service]);
            share(&[event.service, event.template]) >= most
        });
    }
}

/// The spans of which something is logged.
fn logged(store: &Store) -> HashSet<String> {
    let events = store.batches.iter().flat_map(|batch| &batch.events);
    events.filter_map(|event| Some(event.span?.to_string())).collect()
}

fn tree(answers: &[Option<Option<usize>>], lesson: Lesson) -> Tree {
    let choices = lesson.given.into_iter().zip(answers).map(|(given, answer)| match given {
        Given::Stated(parent) => Choice::stated(parent),
        Given::Open { candidates, .. } => Choice::open(candidates, *answer),
    });
    Tree { choices: choices.collect(), asked: answers.iter().flatten().count(), weight: 0.0 }
}

/// Fits the weights of a round, after those with the given weights; `from`: see [`fit`].
fn round(name: &str, runs: &[Run], before: &[Cow<'_, Weights>], from: Option<&Weights>) -> Weights {
    // one after the other, as each is read and woven by all threads
    let sets: Vec<[Vec<Tree>; 2]> = runs.iter().map(|run| trees(run, before)).collect();
    let training = sets.iter().zip(runs).filter(|(_, run)| !run.test);
    let weights = fit(training.flat_map(|(sets, _)| sets.iter().flatten()).collect(), from);
    println!("{name}");
    for ([set, _], run) in sets.iter().zip(runs) {
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

/// Weights as Rust, to be formatted by rustfmt.
fn text(name: &str, about: &str, weights: &Weights) -> String {
    let row = |numbers: &[f32]| {
        let numbers: Vec<String> = numbers.iter().map(|number| format!("{number:.3}")).collect();
        format!("[{}]", numbers.join(", "))
    };
    let mut out = format!("//! {about} Written by `examples/fit_weights`.\n\n");
    out += "#![allow(clippy::approx_constant, reason = \"fitted numbers are near constants by chance\")]\n\n";
    out += "use crate::weave::score::Weights;\n\n";
    let _ = write!(
        out,
        "/// {about}\npub static {name}: Weights = Weights {{ linear: {}, units: {}, bias: {}, out: {} }};\n",
        row(&weights.linear),
        row(&weights.units),
        row(&weights.bias),
        row(&weights.out)
    );
    out
}
