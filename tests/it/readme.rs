//! The commands in README.md are run, and their output compared with what stands below them.
//!
//! A fenced block marked `console` is run: each line that begins with `$ ` is a command, and the lines up to the next one
//! are what it prints (standard output and standard error together, as a terminal shows them). A line of nothing but `…`
//! stands for any lines, also none. Commands run in a shell, at the root of the project, with the program in the path, so
//! that pipes work. Blocks marked otherwise (`sh`, `text`, `toml` …) are not run.

use crate::{diff, program};
use std::fs;

/// A command of a block and what is shown below it.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    command: String,
    shown: String,
}

/// The commands of all blocks marked `console`.
fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    let mut open = false;
    for line in text.lines() {
        if let Some(mark) = line.trim_start().strip_prefix("```") {
            open = !open;
            inside = open && mark.trim() == "console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            examples.push(Example { command: command.to_owned(), shown: String::new() });
        } else if let (true, Some(example)) = (inside, examples.last_mut()) {
            example.shown.push_str(line);
            example.shown.push('\n');
        }
    }
    examples
}

/// Whether a text is as shown, where a line `…` stands for any lines.
fn fits(shown: &[&str], got: &[&str]) -> bool {
    match shown.split_first() {
        None => got.is_empty(),
        Some((&"…", rest)) => (0..=got.len()).any(|skipped| fits(rest, &got[skipped..])),
        Some((line, rest)) => got.first() == Some(line) && fits(rest, &got[1..]),
    }
}

/// Blank lines at the end are for the reader.
fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

#[cfg(unix)]
fn run(command: &str) -> String {
    let bin = program::path().parent().expect("the program is in a directory");
    let mut shell = program::command("sh".as_ref(), program::root());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&path));
    shell.env("PATH", std::env::join_paths(paths).expect("paths have no colon"));
    shell.args(["-c", &format!("{{ {command}\n}} 2>&1")]);
    program::finish(program::start(shell), Vec::new()).text()
}

#[cfg(unix)]
#[test]
fn commands_in_the_readme_print_what_it_shows() {
    let path = program::root().join("README.md");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let examples = examples(&text);
    if examples.is_empty() {
        eprintln!("README.md has no block marked console: nothing to run");
    }
    let mut wrong = Vec::new();
    for Example { command, shown } in examples {
        let got = run(&command);
        if !fits(&lines(&shown), &lines(&got)) {
            wrong.push(format!("$ {command}\n{}", diff::diff(&shown, &got)));
        }
    }
    diff::none(&wrong);
}

#[test]
fn only_blocks_marked_console_are_run() {
    let text = "```sh\n$ rm -r /\n```\n\n```console\n$ one | two\nout\n\n$ three\n```\n$ four\n";
    let example = |command: &str, shown: &str| Example { command: command.into(), shown: shown.into() };
    assert_eq!(examples(text), [example("one | two", "out\n\n"), example("three", "")]);
}

#[test]
fn an_ellipsis_stands_for_any_lines() {
    assert!(fits(&["a", "…", "d"], &["a", "b", "c", "d"]));
    assert!(fits(&["a", "…"], &["a"]));
    assert!(!fits(&["a", "…", "d"], &["a", "b"]));
    assert!(!fits(&["a"], &["a", "b"]));
}
