//! Whole runs: each folder below `testdata/cases` is one input and what the program makes of it.
//!
//! `testdata/README.md` tells how a case is written. The input is copied to a directory of its own, which the program
//! runs in.

use crate::program::{self, Outcome};
use crate::{diff, layout};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A case: `case.toml` and the folder it is in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What it shows, and where the input comes from.
    pub about: String,
    /// When the files of the input were changed last, in RFC 3339.
    modified: Option<String>,
    /// Arguments that every run of the input needs, here and where other tests use it.
    #[serde(default)]
    pub options: Vec<String>,
    /// Why its JSON outputs cannot keep the contract yet.
    pub breaks_contract_today: Option<String>,
    /// The runs; none for an input that is only checked for order and contract.
    #[serde(default)]
    run: Vec<Run>,
    /// The folder's name.
    #[serde(skip)]
    pub name: String,
}

/// One run of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    /// The arguments.
    args: Vec<String>,
    /// A file of the input that is piped in.
    stdin: Option<String>,
    /// The exit code.
    #[serde(default)]
    exit: i32,
    /// The lines on standard error.
    #[serde(default)]
    stderr: Vec<String>,
    /// The file with the expected output; without one, the output is only checked to be there.
    expected: Option<String>,
    /// Of JSON, the members to compare; all, if left out.
    keys: Option<Vec<String>>,
    /// Why this cannot be right yet: the run is expected to fail.
    fails_today: Option<String>,
}

impl Case {
    /// Where it is.
    pub(crate) fn folder(&self) -> PathBuf {
        folder().join(&self.name)
    }

    /// A copy of its input.
    pub(crate) fn input(&self) -> TempDir {
        let from = self.folder().join("input");
        let files: Vec<(String, Vec<u8>)> =
            program::files(&from).into_iter().map(|name| (name.clone(), read(&from.join(&name)))).collect();
        let dir = program::directory(&files);
        if let Some(text) = &self.modified {
            let seconds = text.parse::<jiff::Timestamp>().expect("RFC 3339").as_second();
            for (name, _) in &files {
                program::changed(&dir.path().join(name), seconds.try_into().expect("after 1970"));
            }
        }
        dir
    }
}

/// Where the cases are.
fn folder() -> PathBuf {
    program::root().join("testdata/cases")
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// All cases, by name.
pub(crate) fn all() -> Vec<Case> {
    let entries = fs::read_dir(folder()).expect("there are cases");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be listed"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let case = |name: String| {
        let path = folder().join(&name).join("case.toml");
        let text = String::from_utf8(read(&path)).expect("settings are UTF-8");
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{}:\n{error}", path.display()));
        Case { name, ..case }
    };
    names.into_iter().map(case).collect()
}

/// What is wrong with a run.
fn check(case: &Case, run: &Run, dir: &Path) -> Option<String> {
    let args: Vec<&String> = run.args.iter().chain(&case.options).collect();
    let stdin = run.stdin.as_ref().map(|name| read(&dir.join(name))).unwrap_or_default();
    let got = program::run_with(dir, &args, stdin);
    let mut wrong = String::new();
    if got.code != run.exit {
        wrong.push_str(&format!("exit code {} in place of {}\n", got.code, run.exit));
    }
    let stderr: String = run.stderr.iter().map(|line| format!("{line}\n")).collect();
    if got.stderr != stderr {
        wrong.push_str(&format!("on standard error:\n{}", diff::diff(&stderr, &got.stderr)));
    }
    match &run.expected {
        None if got.stdout.is_empty() => wrong.push_str("nothing on standard output\n"),
        None => {}
        Some(name) => {
            let text = shown(&got, name, run.keys.as_deref());
            let path = case.folder().join(name);
            // what is written by hand, ahead of the program, stays
            let compare = if run.fails_today.is_some() { diff::compared } else { diff::with_file };
            wrong.extend(compare(&path, &text));
        }
    }
    let command = run.args.join(" ");
    match (&run.fails_today, wrong.is_empty()) {
        (None, true) => None,
        (None, false) => Some(format!("{}: spanloom {command}\n{wrong}", case.name)),
        (Some(_), false) => None,
        (Some(reason), true) => {
            Some(format!("{}: spanloom {command}\nis right: take away fails_today = '{reason}'\n", case.name))
        }
    }
}

/// The output as its file shows it.
fn shown(got: &Outcome, name: &str, keys: Option<&[String]>) -> String {
    let text = got.text();
    if name.ends_with(".json") && serde_json::from_str::<serde_json::Value>(&text).is_ok() {
        return layout::lay_out(&text, keys);
    }
    text
}

#[test]
fn every_case_gives_what_is_expected_of_it() {
    let mut wrong = Vec::new();
    for case in all() {
        let dir = case.input();
        wrong.extend(case.run.iter().filter_map(|run| check(&case, run, dir.path())));
    }
    diff::none(&wrong);
}

#[test]
fn every_file_of_a_case_has_a_use() {
    let mut wrong = Vec::new();
    for case in all() {
        assert!(!case.about.is_empty(), "{} does not tell what it is about", case.name);
        for name in program::files(&case.folder()) {
            let used = name == "case.toml"
                || name.starts_with("input/")
                || case.run.iter().any(|run| run.expected.as_deref() == Some(&name));
            if !used {
                wrong.push(format!("{}/{name} is not used", case.name));
            }
        }
    }
    diff::none(&wrong);
}
