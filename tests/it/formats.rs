//! Sample lines of log formats, each with the record expected of it: one file a family below `testdata/formats`.
//!
//! `testdata/README.md` tells how a sample is written. All samples of all files go through the program in one run, so that
//! none can be read as it should only because nothing else is there.

use crate::{diff, program};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;

/// A file of samples.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    sample: Vec<Sample>,
}

/// Lines that stand in one file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    /// Library and version that wrote them.
    origin: String,
    /// They were written by it, not after its documents.
    #[serde(default = "yes")]
    recorded: bool,
    /// What the file is called.
    #[serde(default = "usual_name")]
    file: String,
    /// The lines.
    lines: Vec<String>,
    /// The records in them, in order, with no other between them.
    record: Vec<Map<String, Value>>,
    /// Why this cannot be right yet: the sample is expected to fail.
    fails_today: Option<String>,
}

fn yes() -> bool {
    true
}

/// A name that tells nothing of the service.
fn usual_name() -> String {
    "app.log".to_owned()
}

/// What a record must not have unless it is expected.
const STRICT: [&str; 6] = ["trace_id", "span_id", "parent_span_id", "scheme", "lenient", "ids"];

/// All samples, each with the directory it is put in.
fn all() -> Vec<(String, Sample)> {
    let folder = program::root().join("testdata/formats");
    let mut samples = Vec::new();
    for name in program::files(&folder) {
        let text = fs::read_to_string(folder.join(&name)).expect("samples are UTF-8");
        let family: Family = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}:\n{error}"));
        let stem = name.trim_end_matches(".toml");
        samples.extend(
            family
                .sample
                .into_iter()
                .enumerate()
                .map(|(index, sample)| (format!("{stem}/{index:02}"), sample)),
        );
    }
    samples
}

/// The lines of all samples.
pub(crate) fn lines() -> Vec<String> {
    all().into_iter().flat_map(|(_, sample)| sample.lines).collect()
}

/// The lines of each sample, joined.
pub(crate) fn samples() -> Vec<String> {
    all().into_iter().map(|(_, sample)| sample.lines.join("\n")).collect()
}

/// How the records of a sample differ from those expected.
fn check(sample: &Sample, got: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    if got.len() != sample.record.len() {
        let lines: Vec<&Value> = got.iter().map(|record| &record["line"]).collect();
        wrong.push(format!("{} records in place of {}, at lines {lines:?}", got.len(), sample.record.len()));
    }
    for (expected, record) in sample.record.iter().zip(got) {
        let at = &record["line"];
        for (key, value) in expected.iter().filter(|(key, _)| *key != "absent") {
            if &record[key] != value {
                wrong.push(format!("line {at}, {key}:\n  expected {value}\n  got      {}", record[key]));
            }
        }
        let absent = expected.get("absent").and_then(Value::as_array).into_iter().flatten();
        let absent = absent.filter_map(Value::as_str);
        for key in STRICT.into_iter().filter(|key| !expected.contains_key(*key)).chain(absent) {
            if !record[key].is_null() {
                wrong.push(format!("line {at}, {key}:\n  expected nothing\n  got      {}", record[key]));
            }
        }
    }
    wrong
}

#[test]
fn every_sample_gives_its_records() {
    let samples = all();
    let files: Vec<(String, String)> = samples
        .iter()
        .map(|(place, sample)| {
            (
                format!("{place}/{}", sample.file),
                sample.lines.iter().map(|line| format!("{line}\n")).collect(),
            )
        })
        .collect();
    let dir = program::directory(&files);
    let got = program::run(dir.path(), &["extract", "."]);
    assert_eq!((got.code, got.stderr.as_str()), (0, ""));
    let mut records: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for record in got.lines() {
        let file =
            record["file"].as_str().expect("every record has a file").trim_start_matches("./").to_owned();
        records.entry(file).or_default().push(record);
    }
    let mut wrong = Vec::new();
    for ((place, sample), (file, text)) in samples.iter().zip(&files) {
        let faults = check(sample, records.get(file).map_or(&[], Vec::as_slice));
        match (&sample.fails_today, faults.is_empty()) {
            (None, true) | (Some(_), false) => {}
            (None, false) => {
                let recorded = if sample.recorded { "" } else { " (from its documents)" };
                wrong.push(format!("{place}, {}{recorded}:\n{text}{}\n", sample.origin, faults.join("\n")));
            }
            (Some(reason), true) => {
                wrong.push(format!("{place} is right: take away fails_today = '{reason}'\n"))
            }
        }
    }
    diff::none(&wrong);
}
