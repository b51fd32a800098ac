//! The texts of `--help`, as files below `testdata/help`.

use crate::{diff, program};

/// The commands that people see.
const COMMANDS: [&str; 10] =
    ["", "report", "list", "show", "map", "check", "diff", "export", "extract", "explain"];

#[test]
fn help_texts_are_as_they_were_read_last() {
    let dir = program::directory::<&str, &str>(&[]);
    let folder = program::root().join("testdata/help");
    let mut wrong = Vec::new();
    for command in COMMANDS {
        for (flag, kind) in [("-h", "short"), ("--help", "long")] {
            let args: Vec<&str> = [command, flag].into_iter().filter(|word| !word.is_empty()).collect();
            let got = program::run(dir.path(), &args);
            assert_eq!((got.code, got.stderr.as_str()), (0, ""), "{args:?}");
            let name = if command.is_empty() { "spanloom" } else { command };
            wrong.extend(diff::with_file(&folder.join(format!("{name}.{kind}.txt")), &got.text()));
        }
    }
    diff::none(&wrong);
}

#[test]
fn help_lines_are_short_and_end_without_a_full_stop() {
    let dir = program::directory::<&str, &str>(&[]);
    let mut wrong = Vec::new();
    for command in COMMANDS {
        let args: Vec<&str> = [command, "-h"].into_iter().filter(|word| !word.is_empty()).collect();
        for line in program::run(dir.path(), &args).text().lines() {
            if line.chars().count() > 100 || line.ends_with('.') && !line.ends_with("...") {
                wrong.push(format!("{args:?}: {line}"));
            }
        }
    }
    diff::none(&wrong);
}

#[test]
fn every_flag_stands_under_a_heading() {
    let dir = program::directory::<&str, &str>(&[]);
    let mut wrong = Vec::new();
    for command in COMMANDS {
        let args: Vec<&str> = [command, "-h"].into_iter().filter(|word| !word.is_empty()).collect();
        let text = program::run(dir.path(), &args).text();
        let loose = text.split("\nOptions:\n").nth(1).and_then(|rest| rest.split("\n\n").next());
        for line in loose.into_iter().flat_map(str::lines).map(str::trim) {
            if line.starts_with('-') && !line.contains("--help") && !line.contains("--version") {
                wrong.push(format!("{args:?}: {line}"));
            }
        }
    }
    diff::none(&wrong);
}

#[test]
fn shells_get_their_completions_and_the_manual_its_page() {
    let dir = program::directory::<&str, &str>(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let got = program::run(dir.path(), &["completions", shell]);
        assert_eq!(got.code, 0, "{shell}: {}", got.stderr);
        for command in COMMANDS {
            assert!(got.text().contains(command), "{shell}: {command}");
        }
    }
    let page = program::run(dir.path(), &["man"]);
    assert!(page.code == 0 && page.text().contains(".TH"), "{}", page.stderr);
    for command in COMMANDS {
        assert!(page.text().contains(command), "the manual lacks {command}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let dir = program::directory::<&str, &str>(&[]);
    let got = program::run(dir.path(), &["--version"]);
    assert_eq!(got.text(), format!("spanloom {}\n", env!("CARGO_PKG_VERSION")));
}
