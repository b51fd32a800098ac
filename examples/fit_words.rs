//! Fits what words tell (`weave::vocabulary`) to runs of which the truth is known.
//!
//! Usage: `cargo run --release --example fit_words -- OUT.rs DIR...`; a DIR holds `logs/`, `truth/spans.jsonl` and `truth/lines.tsv`. Of
//! each template of a run it is known which part the spans of its records play, and whether they stand at their ends. Only words
//! of at least three runs count. Every fifth run is left out at first, and what is said of it printed; then all are fitted to.

#![allow(clippy::print_stdout, reason = "a program that prints")]

use spanloom::engine::load::load;
use spanloom::engine::read::Settings;
use spanloom::input::{DiscoverOptions, Input, discover};
use spanloom::model::Time;
use spanloom::weave::roles::{PARTS, TOLD, UNIT, forms, likely, shares};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;

#[path = "fit_weights/told.rs"]
mod told;

/// Words of fewer runs tell of these runs only.
const MIN_RUNS: usize = 3;
const EPOCHS: usize = 30;
const RATE: f32 = 0.1;
const DECAY: f32 = 0.1;

/// A template of a run.
struct Example {
    run: usize,
    forms: Vec<String>,
    /// How many of its records are of spans that play each part.
    parts: [f32; PARTS],
    /// How many stand in the first third of their spans, and in the last.
    ends: [f32; 2],
}

/// What is worth how much.
type Worth = HashMap<String, [f32; TOLD]>;

fn main() {
    let mut args = std::env::args().skip(1);
    let out = args.next().expect("OUT.rs");
    let mut examples = Vec::new();
    for (run, dir) in args.enumerate() {
        read(run, Path::new(&dir), &mut examples);
    }
    let mut runs: HashMap<&str, HashSet<usize>> = HashMap::new();
    for example in &examples {
        for form in &example.forms {
            runs.entry(form).or_default().insert(example.run);
        }
    }
    let known: HashSet<String> =
        runs.iter().filter(|(_, runs)| runs.len() >= MIN_RUNS).map(|(form, _)| (*form).to_owned()).collect();
    for example in &mut examples {
        example.forms.retain(|form| known.contains(form));
    }
    let (test, training): (Vec<&Example>, Vec<&Example>) =
        examples.iter().partition(|example| example.run % 5 == 0);
    let worth = fit(&training);
    say("fitted to", &training, &worth);
    say("left out", &test, &worth);
    let worth = fit(&examples.iter().collect::<Vec<_>>());
    std::fs::write(&out, text(&worth)).expect("written");
}

/// Reads the templates of a run.
fn read(run: usize, dir: &Path, examples: &mut Vec<Example>) {
    let spans = told::spans(dir).expect("spans.jsonl");
    let lines = told::lines(dir).expect("lines.tsv");
    let discovery = discover(&[Input::Path(dir.join("logs"))], &DiscoverOptions::default());
    let store = load(&discovery, &Settings::default(), Time(0)).expect("all fits into memory").store;
    let mut found: BTreeMap<u64, Example> = BTreeMap::new();
    for event in store.batches.iter().flat_map(|batch| &batch.events) {
        let name = &store.sources[event.place.source.0 as usize].name;
        let span = lines.get(&(told::file(name).to_owned(), event.place.line));
        let Some(span) = span.and_then(|span| spans.get(span)) else { continue };
        let example = found.entry(event.template.0).or_insert_with(|| {
            let mut of = Vec::new();
            forms(store.symbols.text(event.template), |form| of.push(form.to_owned()));
            Example { run, forms: of, parts: [0.0; PARTS], ends: [0.0; 2] }
        });
        let part = match span["kind"].as_str() {
            Some("SERVER" | "CONSUMER") => 0,
            Some("CLIENT") => 1,
            Some("PRODUCER") => 2,
            _ if span["parent_span_id"].is_null() => 0,
            _ => 3,
        };
        example.parts[part] += 1.0;
        let (start, end) =
            (span["start_ns"].as_i64().expect("a time"), span["end_ns"].as_i64().expect("a time"));
        if end - start > 2_000_000 {
            let at = (event.time.0 - start) as f32 / (end - start) as f32;
            // clocks that tell whole seconds tell nothing of it
            if (-0.01..1.01).contains(&at) {
                example.ends[0] += f32::from(u8::from(at < 0.33));
                example.ends[1] += f32::from(u8::from(at > 0.67));
            }
        }
    }
    examples.extend(found.into_values());
}

fn sums(example: &Example, worth: &Worth) -> [f32; TOLD] {
    let mut sums = worth[""];
    for form in &example.forms {
        if let Some(own) = worth.get(form) {
            sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        }
    }
    sums
}

/// Adagrad (Duchi et al., 2011) over all templates, each counting the same.
fn fit(examples: &[&Example]) -> Worth {
    let mut worth: Worth = HashMap::from([(String::new(), [0.0; TOLD])]);
    let mut squares: Worth = worth.clone();
    for epoch in 0..EPOCHS {
        for at in 0..examples.len() {
            let example = examples[(at * 7919 + epoch * 104_729) % examples.len()];
            let told = sums(example, &worth);
            let mut slopes = [0.0; TOLD];
            let all: f32 = example.parts.iter().sum();
            for (part, share) in shares(&told).into_iter().enumerate() {
                slopes[part] = share - example.parts[part] / all;
            }
            let ends = example.ends[0] + example.ends[1];
            if ends > 0.0 {
                slopes[PARTS] = likely(told[PARTS]) - example.ends[1] / ends;
            }
            for form in example.forms.iter().map(String::as_str).chain([""]) {
                let own = worth.entry(form.to_owned()).or_insert([0.0; TOLD]);
                let square = squares.entry(form.to_owned()).or_insert([0.0; TOLD]);
                for told in 0..TOLD {
                    let slope = slopes[told] + if form.is_empty() { 0.0 } else { DECAY * own[told] };
                    square[told] += slope * slope;
                    own[told] -= RATE * slope / (square[told].sqrt() + 1e-3);
                }
            }
        }
    }
    worth
}

/// Says how well parts and ends are told.
fn say(what: &str, examples: &[&Example], worth: &Worth) {
    let (mut right, mut count, mut usual) = (0.0, 0.0, [0.0f32; PARTS]);
    let (mut ends_right, mut ends, mut ends_usual) = (0.0, 0.0, 0.0f32);
    for example in examples {
        let told = sums(example, worth);
        let best = (0..PARTS).max_by(|a, b| told[*a].total_cmp(&told[*b])).unwrap_or(0);
        let all: f32 = example.parts.iter().sum();
        right += example.parts[best] / all;
        count += 1.0;
        (0..PARTS).for_each(|part| usual[part] += example.parts[part] / all);
        let of_ends = example.ends[0] + example.ends[1];
        if of_ends > 0.0 {
            let at_end = usize::from(told[PARTS] > 0.0);
            ends_right += example.ends[at_end] / of_ends;
            ends += 1.0;
            ends_usual += example.ends[1] / of_ends;
        }
    }
    println!(
        "{what}: {count} templates, parts {:.3} right (the most usual {:.3}), ends {:.3} right (at the end {:.3})",
        right / count,
        usual.iter().copied().fold(0.0, f32::max) / count,
        ends_right / ends,
        ends_usual / ends
    );
}

/// The table as Rust, to be formatted by rustfmt.
fn text(worth: &Worth) -> String {
    let row = |own: &[f32; TOLD]| own.map(|own| (own / UNIT).round() as i32);
    let mut out =
        "//! What words of records tell. Written by `examples/fit_words`.\n\nuse super::roles::TOLD;\n\n"
            .to_owned();
    out += "/// What is told without a word, and by each word: how much it speaks for each part of a span, and for its end.\n";
    let _ = writeln!(out, "pub static BIAS: [i32; TOLD] = {:?};", row(&worth[""]));
    out += "/// Sorted.\npub static WORDS: &[(&str, [i8; TOLD])] = &[\n";
    let mut words: Vec<(&String, [i32; TOLD])> = worth.iter().map(|(word, own)| (word, row(own))).collect();
    words.retain(|(word, own)| !word.is_empty() && own.iter().any(|own| own.abs() >= 4));
    words.sort_unstable();
    for (word, own) in words {
        let _ = writeln!(out, "({word:?}, {:?}),", own.map(|own| own.clamp(-128, 127)));
    }
    out += "];\n";
    out
}
