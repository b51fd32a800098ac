//! The packages that the program is built from: how many, why, which of them twice, and under which licences.

use crate::{diff, program};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The most packages that Cargo.lock may have, tests included. A new one needs a reason in ARCHITECTURE.md.
const MAX_PACKAGES: usize = 205;

/// Packages that are there in two major versions, and why.
const TWICE: [(&str, &str); 5] = [
    ("bit-set", "jsonschema and proptest, both for tests only"),
    ("bit-vec", "jsonschema and proptest, both for tests only"),
    ("getrandom", "jsonschema, for tests only, lags behind tempfile"),
    ("r-efi", "follows getrandom"),
    ("syn", "macros: clap's and serde's have not met yet; nothing of it is in the program"),
];

/// Licences that let the program be given away under its own.
const LICENCES: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "bzip2-1.0.6",
];

/// Names and versions in Cargo.lock.
fn locked() -> Vec<(String, String)> {
    let text = fs::read_to_string(program::root().join("Cargo.lock")).expect("there is a Cargo.lock");
    let lock: toml::Table = text.parse().expect("Cargo.lock is TOML");
    let packages = lock["package"].as_array().expect("a list of packages");
    let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap_or_default().to_owned();
    packages.iter().map(|package| (text(package, "name"), text(package, "version"))).collect()
}

#[test]
fn the_packages_stay_within_their_number() {
    let count = locked().len();
    assert!(
        count <= MAX_PACKAGES,
        "Cargo.lock has {count} packages; {MAX_PACKAGES} is the most. Is the new one worth it? \
         Then say in ARCHITECTURE.md what it saves, and set the number up."
    );
}

#[test]
fn the_reason_for_each_dependency_is_told() {
    let read =
        |name: &str| fs::read_to_string(program::root().join(name)).expect("it is part of the project");
    let manifest: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml is TOML");
    let targets = manifest["target"].as_table().expect("a table").values();
    let tables = targets.filter_map(|target| target.get("dependencies"));
    let tables = tables.chain([&manifest["dependencies"], &manifest["dev-dependencies"]]);
    let taken: BTreeSet<String> =
        tables.filter_map(toml::Value::as_table).flat_map(toml::Table::keys).cloned().collect();
    let document = read("ARCHITECTURE.md");
    let (_, chapter) = document.split_once("## Dependencies").expect("a chapter of dependencies");
    let rows = chapter.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let told: BTreeSet<String> = rows.map(str::to_owned).collect();
    let untold =
        taken.difference(&told).map(|name| format!("ARCHITECTURE.md does not say why {name} is here"));
    let gone =
        told.difference(&taken).map(|name| format!("ARCHITECTURE.md tells of {name}, which is not here"));
    diff::none(&untold.chain(gone).collect::<Vec<String>>());
}

/// The part of a version that another one must share to be taken in its place.
fn major(version: &str) -> String {
    let mut parts = version.split(['.', '-', '+']);
    let mut out = parts.next().unwrap_or_default().to_owned();
    while out.trim_matches(['0', '.']).is_empty() {
        let Some(part) = parts.next() else { break };
        out = format!("{out}.{part}");
    }
    out
}

#[test]
fn no_package_is_there_in_two_major_versions() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version) in locked() {
        versions.entry(name).or_default().insert(major(&version));
    }
    let mut wrong = Vec::new();
    for (name, versions) in &versions {
        let allowed = TWICE.iter().any(|(twice, _)| twice == name);
        match (versions.len() > 1, allowed) {
            (true, false) => wrong.push(format!("{name} is there as {versions:?}")),
            (false, true) => wrong.push(format!("{name} is there once: take it off the list")),
            _ => {}
        }
    }
    for (name, _) in TWICE {
        if !versions.contains_key(name) {
            wrong.push(format!("{name} is not there: take it off the list"));
        }
    }
    diff::none(&wrong);
}

#[test]
fn versions_before_one_count_by_their_second_number() {
    for (version, expected) in
        [("1.2.3", "1"), ("0.8.1", "0.8"), ("0.0.7", "0.0.7"), ("12.0.0-rc.1", "12"), ("0.0.0", "0.0.0")]
    {
        assert_eq!(major(version), expected, "{version}");
    }
}

/// Whether one of the licences that an expression offers is among those allowed (SPDX 2.3, annex D).
fn is_allowed(expression: &str) -> bool {
    // the old spelling of OR
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = expression.split_whitespace().collect();
    let mut at = 0;
    let allowed = any(&words, &mut at);
    allowed && at == words.len()
}

fn any(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = all(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        allowed |= all(words, at);
    }
    allowed
}

fn all(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        allowed &= one(words, at);
    }
    allowed
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let Some(&word) = words.get(*at) else { return false };
    *at += 1;
    if word == "(" {
        let allowed = any(words, at);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return allowed && closed;
    }
    if words.get(*at) == Some(&"WITH") {
        let name = format!("{word} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
        // an exception only permits more
        return LICENCES.contains(&name.as_str()) || LICENCES.contains(&word);
    }
    LICENCES.contains(&word)
}

#[test]
fn licence_expressions_are_read_as_spdx_has_them() {
    for allowed in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR GPL-2.0) AND Unicode-3.0"] {
        assert!(is_allowed(allowed), "{allowed}");
    }
    for refused in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC", "MIT ISC", "LGPL-2.1 OR MPL-2.0"] {
        assert!(!is_allowed(refused), "{refused}");
    }
    assert!(is_allowed("Apache-2.0 WITH LLVM-exception OR GPL-2.0"));
}

/// What `cargo metadata` tells without a network: of all platforms if all packages were fetched, else of this one.
fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = |more: &[&str]| {
        let fixed = ["metadata", "--format-version", "1", "--offline", "--locked"];
        let mut command = std::process::Command::new(&cargo);
        command.current_dir(program::root()).args(fixed).args(more);
        command.output().expect("cargo is there: it runs this test")
    };
    let mut got = run(&[]);
    if !got.status.success() {
        let about = std::process::Command::new("rustc").arg("-vV").output().expect("rustc is there");
        let about = String::from_utf8_lossy(&about.stdout).into_owned();
        let host = about.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
        got = run(&["--filter-platform", host]);
    }
    assert!(got.status.success(), "{}", String::from_utf8_lossy(&got.stderr));
    serde_json::from_slice(&got.stdout).expect("cargo writes JSON")
}

#[test]
fn all_licences_are_permissive() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("a list of packages");
    assert!(packages.len() > 20, "only {} packages", packages.len());
    let mut wrong = Vec::new();
    for package in packages {
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_allowed(licence) {
            wrong.push(format!("{} {}: '{licence}'", package["name"], package["version"]));
        }
    }
    diff::none(&wrong);
}
