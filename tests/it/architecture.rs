//! The rules of the source tree: what imports what, how long files are, and what no text of the project says.

use crate::{diff, program};
use std::fs;
use std::path::Path;

/// The stages; each imports only those to its left.
const STAGES: [&str; 10] =
    ["model", "input", "record", "context", "gather", "weave", "analyze", "report", "engine", "cli"];

/// Lines of code (no blank lines, no comments, no unit tests) that a file may have.
const MAX_LINES: usize = 450;

/// Files that are longer, each with the most it may have, and why.
const LONGER: [(&str, usize, &str); 1] =
    [("src/weave/vocabulary.rs", 1200, "a table that is written by a program")];

/// Files beside `src/engine` that may start threads, and why.
const THREADS: [(&str, &str); 2] = [
    ("src/cli/interrupt.rs", "an interruption bounds how long weaving goes on"),
    ("src/cli/progress.rs", "the progress bar moves while the work is done"),
];

/// The files of a folder of the project: path and text.
fn sources(folder: &str, ending: &str) -> Vec<(String, String)> {
    let root = program::root().join(folder);
    program::files(&root)
        .into_iter()
        .filter(|name| name.ends_with(ending))
        .map(|name| {
            let text = fs::read(root.join(&name)).expect("it was just listed");
            (format!("{folder}/{name}"), String::from_utf8_lossy(&text).into_owned())
        })
        .collect()
}

/// The text without its comments; what looks like one within a string goes too, which no rule here minds.
fn code(text: &str) -> String {
    let line = |line: &str| line.split("//").next().unwrap_or_default().trim_end().to_owned();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The text up to its unit tests.
fn without_tests(text: &str) -> &str {
    let end = ["\n#[cfg(test)]", "\n#[cfg(all(test"].iter().filter_map(|mark| text.find(mark)).min();
    &text[..end.unwrap_or(text.len())]
}

/// The modules that a text names behind `crate::`, also in lists.
fn imports(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `other_crate::` is another one
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => names.extend(first_names(list)),
            None => names.extend(word(rest)),
        }
    }
    names
}

/// The first word of each element of a list, up to the brace that closes it.
fn first_names(list: &str) -> Vec<String> {
    let mut names: Vec<String> = word(list).into_iter().collect();
    let mut depth = 0;
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.extend(word(&list[at + 1..])),
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> Option<String> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

#[test]
fn a_stage_imports_only_stages_to_its_left() {
    let rank = |name: &str| STAGES.iter().position(|stage| *stage == name);
    let mut wrong = Vec::new();
    for (path, text) in sources("src", ".rs") {
        let stage = path.split('/').nth(1).unwrap_or_default();
        let Some(own) = rank(stage) else {
            if !["lib.rs", "main.rs"].contains(&stage) {
                wrong.push(format!("{path} belongs to no stage"));
            }
            continue;
        };
        for name in imports(&code(&text)) {
            match rank(&name) {
                Some(other) if other <= own => {}
                Some(_) => wrong.push(format!("{path}: {stage} imports {name}, which is to its right")),
                None => wrong.push(format!("{path}: crate::{name} is no stage")),
            }
        }
    }
    diff::none(&wrong);
}

#[test]
fn imports_are_found_in_all_their_spellings() {
    let code = "use crate::model::Time;\nuse crate::{record::{self, Record}, input};\npub(crate) fn f() {\n\
                other_crate::x(); crate::engine::run::<u8>(&mut crate::gather::Store::default()) }";
    assert_eq!(imports(code), ["model", "record", "input", "engine", "gather"]);
}

#[test]
fn files_are_short() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src", ".rs").into_iter().chain(sources("tests", ".rs")) {
        let code = code(without_tests(&text));
        let lines = code.lines().filter(|line| !line.trim().is_empty()).count();
        let longer = LONGER.iter().find(|(longer, ..)| *longer == path);
        let most = longer.map_or(MAX_LINES, |(_, most, _)| *most);
        if lines > most {
            wrong.push(format!("{path} has {lines} lines of code; {most} is the most"));
        }
        if longer.is_some() && lines <= MAX_LINES {
            wrong.push(format!("{path} has {lines} lines of code: take it off the list of longer files"));
        }
    }
    diff::none(&wrong);
}

#[test]
fn only_the_engine_starts_threads() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src", ".rs") {
        if path.starts_with("src/engine/") || path.contains("/tests/") {
            continue;
        }
        let code = code(without_tests(&text));
        let starts = [
            "thread::spawn",
            "thread::scope",
            "thread::Builder",
            "ThreadPoolBuilder",
            "rayon::spawn",
            "rayon::scope",
        ];
        let found = starts.iter().any(|start| code.contains(start));
        let allowed = THREADS.iter().any(|(allowed, _)| *allowed == path);
        match (found, allowed) {
            (true, false) => wrong.push(format!("{path} starts threads")),
            (false, true) => wrong.push(format!("{path} starts no threads: take it off the list")),
            _ => {}
        }
    }
    diff::none(&wrong);
}

#[test]
fn only_the_command_line_asks_for_the_time_of_day() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src", ".rs") {
        let code = code(without_tests(&text));
        let asks = ["SystemTime::now", "Zoned::now", "Timestamp::now"].iter().any(|ask| code.contains(ask));
        if asks && !path.starts_with("src/cli/") {
            wrong.push(format!("{path} asks for the time of day"));
        }
    }
    diff::none(&wrong);
}

/// Files of the project that people wrote: recorded lines and lists of packages are left out.
fn written() -> Vec<(String, String)> {
    let root = program::root();
    let walk = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    let skipped = |path: &Path| {
        let within = |folder: &str| path.starts_with(root.join("testdata").join(folder));
        path.ends_with(".git")
            || path.ends_with("target")
            || path.ends_with("Cargo.lock")
            || path.ends_with("input") && within("cases")
            || within("formats")
    };
    walk.filter_entry(|entry| !skipped(entry.path()))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(root).expect("it is below").to_string_lossy().into_owned();
            let text = fs::read(entry.path()).expect("it was just listed");
            (name, String::from_utf8_lossy(&text).into_owned())
        })
        .collect()
}

/// Where a text has a word, in any case, by line.
fn lines_with(text: &str, word: &str) -> Vec<usize> {
    let word = word.to_lowercase();
    let with = |line: &str| {
        let line = line.to_lowercase();
        line.match_indices(&word).any(|(at, _)| {
            let joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.');
            !joined(line[..at].chars().next_back())
        })
    };
    text.lines().enumerate().filter(|(_, line)| with(line)).map(|(index, _)| index + 1).collect()
}

#[test]
fn no_text_names_the_place_where_it_was_written() {
    let home = std::env::var_os("HOME").map(std::path::PathBuf::from);
    let places: Vec<String> = [Some(program::root().to_owned()), home]
        .into_iter()
        .flatten()
        // a path such as /root or /app may be in any text
        .filter(|path: &std::path::PathBuf| path.components().count() > 2)
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    let mut wrong = Vec::new();
    for (path, text) in written() {
        for place in &places {
            for line in lines_with(&text, place) {
                wrong.push(format!("{path}:{line} names {place}"));
            }
        }
    }
    diff::none(&wrong);
}

#[test]
fn texts_are_about_the_program_only() {
    // in two parts, so that this file does not have them
    let words = [
        ["hel", "per"],
        ["sub", "agent"],
        ["work", "tree"],
        ["anth", "ropic"],
        ["chat", "gpt"],
        ["/work/", "shared"],
        ["/work/", "wt-"],
        ["/work/", "main"],
        ["to", "do:"],
        ["fix", "me"],
    ]
    .map(|parts| parts.concat());
    let mut wrong = Vec::new();
    for (path, text) in written() {
        for word in &words {
            for line in lines_with(&text, word) {
                wrong.push(format!("{path}:{line} has the word '{word}'"));
            }
        }
    }
    diff::none(&wrong);
}

#[test]
fn tests_state_behaviour_and_all_of_them_run() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src", ".rs").into_iter().chain(sources("tests", ".rs")) {
        let code = code(&text);
        for refused in [["#[ig", "nore"], ["should_", "panic"], ["fn te", "st_"]].map(|parts| parts.concat())
        {
            if code.contains(&refused) {
                wrong.push(format!("{path} has {refused}"));
            }
        }
        if path.starts_with("tests/") && code.contains(&["thread::", "sleep"].concat()) {
            wrong.push(format!("{path} sleeps"));
        }
    }
    diff::none(&wrong);
}

#[test]
fn every_source_file_tells_what_it_is_for() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src", ".rs").into_iter().chain(sources("tests", ".rs")) {
        if !text.starts_with("//! ") {
            wrong.push(format!("{path} begins without a //! comment"));
        }
    }
    diff::none(&wrong);
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    for (path, text) in written().into_iter().filter(|(path, _)| path.ends_with(".md")) {
        let folder = program::root().join(&path).parent().map(Path::to_owned).unwrap_or_default();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.contains("://") && !folder.join(file).exists() {
                wrong.push(format!("{path}: {target} is not there"));
            }
        }
    }
    diff::none(&wrong);
}
