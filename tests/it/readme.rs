//! The commands in README.md are run, and their output compared with what stands below them.
//!
//! A fenced block marked `console` is run: each line that begins with `$ ` is a command, and the lines up to the next one
//! are what it prints (standard output and standard error together, as a terminal shows them). A line of nothing but `…`
//! stands for any lines, also none. Commands run in a shell, at the root of the project, with the program in the path, so
//! that pipes work. Blocks marked otherwise (`sh`, `text`, `toml` …) are not run, but what they and the text name of the
//! program must exist.
//!
//! With `SPANLOOM_BLESS=1` the shown lines are written anew: as many before, between and behind the lines `…` as before.

use crate::{diff, program};
use std::fs;
use std::path::PathBuf;

/// A command of a block and what is shown below it.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    command: String,
    shown: String,
    /// Lines of the document before what is shown.
    above: usize,
}

/// The commands of all blocks marked `console`.
fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(mark) = line.trim_start().strip_prefix("```") {
            open = !open;
            inside = open && mark.trim() == "console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            examples.push(Example { command: command.to_owned(), shown: String::new(), above: index + 1 });
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

/// What is shown, written anew: each run of lines is taken from what the command prints, those between two lines `…` from
/// where their first line stands.
fn renewed<'t>(shown: &[&'t str], got: &[&'t str]) -> Vec<&'t str> {
    let parts: Vec<&[&str]> = shown.split(|line| *line == "…").collect();
    let [first, between @ .., last] = parts.as_slice() else { return got.to_vec() };
    let mut lines = got[..first.len().min(got.len())].to_vec();
    for part in between {
        let start = part.first().and_then(|first| got.iter().position(|line| line == first));
        let taken = start.map(|start| &got[start..(start + part.len()).min(got.len())]);
        lines.push("…");
        lines.extend(taken.unwrap_or(part));
    }
    lines.push("…");
    lines.extend(&got[got.len().saturating_sub(last.len())..]);
    lines
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

fn readme() -> (PathBuf, String) {
    let path = program::root().join("README.md");
    let text = fs::read_to_string(&path).expect("there is a README.md");
    (path, text)
}

#[cfg(unix)]
#[test]
fn commands_in_the_readme_print_what_it_shows() {
    let (path, text) = readme();
    let mut document: Vec<String> = text.lines().map(str::to_owned).collect();
    let examples = examples(&text);
    assert!(examples.len() > 3, "only {} commands", examples.len());
    let mut wrong = Vec::new();
    // from the end, so that the places of those before stay
    for Example { command, shown, above } in examples.into_iter().rev() {
        let got = run(&command);
        if !fits(&lines(&shown), &lines(&got)) {
            wrong.push(format!("$ {command}\n{}", diff::diff(&shown, &got)));
            let new = renewed(&lines(&shown), &lines(&got)).into_iter().map(str::to_owned);
            document.splice(above..above + lines(&shown).len(), new);
        }
    }
    if program::bless() {
        fs::write(path, document.join("\n") + "\n").expect("the project can be written");
    } else {
        diff::none(&wrong);
    }
}

/// What a text calls of the program: in blocks marked `sh`, and between backticks.
fn calls(text: &str) -> Vec<&str> {
    let mut calls = Vec::new();
    let mut mark = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), mark) {
            (Some(word), None) => mark = Some(word),
            (Some(_), Some(_)) => mark = None,
            (None, None) => calls.extend(line.split('`').skip(1).step_by(2)),
            (None, Some("sh")) => calls.extend(line.split(" #").take(1).flat_map(|line| line.split('|'))),
            (None, Some(_)) => {}
        }
    }
    calls.into_iter().filter_map(|call| call.trim().strip_prefix("spanloom ")).collect()
}

#[test]
fn what_the_readme_names_of_the_program_exists() {
    let dir = program::directory::<&str, &str>(&[]);
    let (_, text) = readme();
    let mut wrong = Vec::new();
    for call in calls(&text) {
        let command = call.split(' ').next().filter(|word| word.chars().all(|c| c.is_ascii_lowercase()));
        let args: Vec<&str> = command.into_iter().chain(["--help"]).collect();
        let help = program::run(dir.path(), &args).text();
        if command.is_some_and(|command| !help.contains(&format!("Usage: spanloom {command}"))) {
            wrong.push(format!("spanloom {call}: no such command"));
        }
        for flag in call.split(' ').filter(|word| word.starts_with("--") && *word != "--help") {
            if !help.contains(flag) {
                wrong.push(format!("spanloom {call}: no {flag}"));
            }
        }
    }
    diff::none(&wrong);
}

#[test]
fn calls_are_found_in_shell_blocks_and_between_backticks() {
    let text = "`a` and `spanloom show ID`\n```sh\nx | spanloom list # y\n```\n```toml\n`spanloom no`\n```\n";
    assert_eq!(calls(text), ["show ID", "list"]);
}

#[test]
fn only_blocks_marked_console_are_run() {
    let text = "```sh\n$ rm -r /\n```\n\n```console\n$ one | two\nout\n\n$ three\n```\n$ four\n";
    let example =
        |command: &str, shown: &str, above| Example { command: command.into(), shown: shown.into(), above };
    assert_eq!(examples(text), [example("one | two", "out\n\n", 6), example("three", "", 9)]);
}

#[test]
fn an_ellipsis_stands_for_any_lines() {
    assert!(fits(&["a", "…", "d"], &["a", "b", "c", "d"]));
    assert!(fits(&["a", "…"], &["a"]));
    assert!(!fits(&["a", "…", "d"], &["a", "b"]));
    assert!(!fits(&["a"], &["a", "b"]));
}

#[test]
fn shown_lines_are_renewed_around_their_ellipses() {
    let got = ["a", "b", "c", "d", "e"];
    assert_eq!(renewed(&["x"], &got), got);
    assert_eq!(renewed(&["x", "y", "…", "z"], &got), ["a", "b", "…", "e"]);
    assert_eq!(renewed(&["…", "c", "x", "…"], &got), ["…", "c", "d", "…"]);
    assert_eq!(renewed(&["…", "gone", "…", "x"], &got), ["…", "gone", "…", "e"]);
}
