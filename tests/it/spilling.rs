//! What does not fit into memory: the same bytes, and clear errors where it cannot be kept elsewhere.

use crate::{cases, diff, program};

/// The commands whose output is compared.
const COMMANDS: [&[&str]; 4] =
    [&["report"], &["report", "--format", "json"], &["list", "--format", "ndjson"], &["map"]];

#[test]
fn what_is_told_does_not_depend_on_memory() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        let dir = case.input();
        let mut names: Vec<String> = program::files(dir.path());
        names.retain(|name| !name.ends_with(".toml"));
        for command in COMMANDS {
            let output = |more: &[&str]| {
                let words = command.iter().chain(more).map(|&word| word.to_owned());
                let args: Vec<String> = words.chain(case.options.iter().chain(&names).cloned()).collect();
                program::run(dir.path(), &args).stdout
            };
            let plain = output(&["--memory", "1G"]);
            // nothing is held but one transaction at a time, or a few of them
            for memory in ["1", "300k"] {
                let spilled = output(&["--memory", memory]);
                let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("},{", "},\n{");
                if plain != spilled {
                    let difference = diff::diff(&shown(&plain), &shown(&spilled));
                    wrong.push(format!("{}: {command:?} with {memory}:\n{difference}", case.name));
                }
            }
        }
    }
    diff::none(&wrong);
}

#[test]
fn a_folder_for_temporary_files_that_is_missing_is_told() {
    for case in cases::all().into_iter().take(3) {
        let dir = case.input();
        let mut command = program::command(program::path(), dir.path());
        command.args(["report", "--memory", "1", "-o", "report.txt", "."]);
        command.args(&case.options).env("TMPDIR", dir.path().join("nowhere"));
        let got = program::finish(program::start(command), Vec::new());
        assert_eq!(got.code, 2, "{}", got.stderr);
        assert!(got.stderr.contains("cannot make a temporary file in"), "{}", got.stderr);
        assert!(got.stderr.contains("TMPDIR"), "{}", got.stderr);
        assert!(got.stdout.is_empty() && !dir.path().join("report.txt").exists());
    }
}

#[test]
fn a_size_that_is_none_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    for size in ["", "much", "-1", "5X", "0", "1e3M"] {
        let got = program::run(dir.path(), &["report", &format!("--memory={size}"), "."]);
        assert_eq!(got.code, 2, "{size}: {}", got.stderr);
        assert!(got.stderr.contains("--memory"), "{size}: {}", got.stderr);
    }
}
