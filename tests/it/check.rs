//! `check`: what CI systems are told, exit codes, and what a baseline is made of.

use crate::program::{self, Outcome};
use crate::{cases, diff};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The two runs of the case that checks are tested with.
fn runs() -> TempDir {
    let all = cases::all();
    all.iter().find(|case| case.name == "check-by-rules-and-baseline").expect("it is there").input()
}

fn check(dir: &Path, args: &[&str]) -> Outcome {
    program::run(dir, &[&["check"], args].concat())
}

/// A text that would end a string, a tag, a cell or a command of every format.
const HOSTILE: &str = "a\"]b</failure>]]>|c`d::error::e%f\u{1b}[2J#g<script>'h\\";

/// A run whose services and messages are called by a hostile name.
fn hostile() -> TempDir {
    let line = |second: u32, trace: char, level: &str| {
        let id = trace.to_string().repeat(32);
        let fields = serde_json::json!({
            "time": format!("2026-05-01T12:00:{second:02}Z"), "level": level, "service": HOSTILE, "trace_id": id,
            "span_id": "1".repeat(16), "msg": HOSTILE, "status": 500,
        });
        format!("{fields}\n")
    };
    let text: String =
        "abcdef".chars().enumerate().map(|(at, trace)| line(at as u32, trace, "ERROR")).collect();
    let rules = "[[check.rule]]\nname = \"x</failure>|`]]>\"\nforbid = \"{}\"\n";
    program::directory(&[("logs/a,b:c.log", text.as_str()), ("spanloom.toml", rules)])
}

#[track_caller]
fn output(dir: &Path, format: &str, logs: &str, baseline: &[&str]) -> Outcome {
    let got = check(dir, &[baseline, &["--format", format, logs]].concat());
    assert!(got.code == 1 && got.stderr.is_empty(), "{format}: {} {}", got.code, got.stderr);
    got
}

/// All outputs of a format that tests look at: of a broken run, and of one with hostile names.
fn outputs(format: &str) -> Vec<Outcome> {
    let (runs, hostile) = (runs(), hostile());
    vec![
        output(runs.path(), format, "broken", &["--baseline", "good.baseline.toml"]),
        output(hostile.path(), format, "logs", &[]),
    ]
}

/// A schema; what it borrows from that of reports is looked up there.
fn schema(name: &str) -> jsonschema::Validator {
    let text =
        |name: &str| fs::read_to_string(program::root().join("schema").join(name)).expect("it is there");
    let own = text(name).replace("report.schema.json#", "#");
    let mut schema: Value = serde_json::from_str(&own).expect("it is JSON");
    let report: Value = serde_json::from_str(&text("report.schema.json")).expect("it is JSON");
    let mut definitions = report["$defs"].clone();
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        definitions[name] = definition.clone();
    }
    schema["$defs"] = definitions;
    jsonschema::draft202012::options().build(&schema).expect("a schema")
}

#[test]
fn json_keeps_its_schema() {
    let schema = schema("check.schema.json");
    for got in outputs("json") {
        let json = got.json();
        let wrong: Vec<String> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
        diff::none(&wrong);
        assert_eq!(json["result"], "failed");
    }
}

#[test]
fn sarif_keeps_the_schema_of_oasis() {
    let text = fs::read(program::root().join("testdata/schemas/sarif-2.1.0.json")).expect("it is there");
    let schema: Value = serde_json::from_slice(&text).expect("it is JSON");
    let validator = jsonschema::draft4::options().build(&schema).expect("a schema");
    for got in outputs("sarif") {
        let sarif = got.json();
        let wrong: Vec<String> = validator
            .iter_errors(&sarif)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        diff::none(&wrong);
        let results = sarif["runs"][0]["results"].as_array().expect("results");
        assert!(results.iter().any(|result| result["level"] == "error" && result["locations"].is_array()));
        for result in results {
            let rule = &sarif["runs"][0]["tool"]["driver"]["rules"]
                [result["ruleIndex"].as_u64().expect("a number") as usize];
            assert_eq!(rule["id"], result["ruleId"]);
        }
    }
    // the schema is one that refuses something
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0", "runs": [{}]})));
}

#[test]
fn junit_is_one_case_a_check() {
    for got in outputs("junit") {
        let text = got.text();
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "testsuites");
        let suites: Vec<_> = root.children().filter(roxmltree::Node::is_element).collect();
        assert_eq!(suites.len(), 1);
        let cases: Vec<_> = suites[0].children().filter(roxmltree::Node::is_element).collect();
        let mut names = std::collections::BTreeSet::new();
        let mut counts = [0, 0];
        for case in &cases {
            assert_eq!(case.tag_name().name(), "testcase");
            assert!(
                names.insert((case.attribute("classname"), case.attribute("name"))),
                "{case:?} is there twice"
            );
            for child in case.children().filter(roxmltree::Node::is_element) {
                match child.tag_name().name() {
                    "failure" => counts[0] += 1,
                    "error" => counts[1] += 1,
                    "system-out" => continue,
                    other => panic!("<{other}> in a case"),
                }
                assert!(child.attribute("message").is_some_and(|message| !message.is_empty()));
            }
        }
        for node in [root, suites[0]] {
            let number = |name: &str| node.attribute(name).and_then(|text| text.parse::<usize>().ok());
            assert_eq!(number("tests"), Some(cases.len()));
            assert_eq!((number("failures"), number("errors")), (Some(counts[0]), Some(counts[1])));
        }
        assert!(counts[0] > 0);
    }
}

#[test]
fn annotations_are_one_command_a_line() {
    for got in outputs("github") {
        for line in got.text().lines() {
            let rest =
                ["::error ", "::warning ", "::notice "].iter().find_map(|command| line.strip_prefix(command));
            let properties = rest.and_then(|rest| rest.split("::").next()).expect(line);
            assert!(properties.split(',').all(|part| part.split_once('=').is_some()), "{line}");
        }
    }
}

#[test]
fn markdown_has_rows_of_one_width_and_no_markup_of_logs() {
    for got in outputs("markdown") {
        let text = got.text();
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert!(rows.len() > 2 && rows.iter().all(|row| cells(row) == 5), "{text}");
        assert!(!text.contains("<script>") && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn exit_codes_have_their_precedence() {
    let dir = runs();
    let dir = dir.path();
    let code = |args: &[&str]| check(dir, args).code;
    let (good, broken) =
        (["--baseline", "good.baseline.toml", "good"], ["--baseline", "good.baseline.toml", "broken"]);
    assert_eq!(code(&good), 0);
    assert_eq!(code(&broken), 1);
    assert_eq!(code(&["--where", "service = nobody", "good"]), 3, "nothing matches");
    fs::write(dir.join("floor.toml"), "[check]\nmin_placed = 1\nmin_transactions = 1000\n")
        .expect("it can be written");
    assert_eq!(code(&["--config", "floor.toml", "good"]), 3, "too few");
    let one = "[check]\nmin_transactions = 1000\n[[check.rule]]\nname = \"x\"\nforbid = \"{}\"\n";
    fs::write(dir.join("both.toml"), one).expect("it can be written");
    assert_eq!(code(&["--config", "both.toml", "good"]), 1, "a failure goes before what cannot be judged");
    assert_eq!(
        code(&["--config", "both.toml", "good", "missing.log"]),
        2,
        "a path that is not there goes before both"
    );
    assert_eq!(code(&["--baseline", "missing.toml", "good"]), 2);
}

#[test]
fn mistakes_in_rules_are_told_with_their_place() {
    let mistake = |rules: &str| {
        let dir = program::directory(&[("a.log", ""), ("spanloom.toml", rules)]);
        let got = check(dir.path(), &["a.log"]);
        assert_eq!((got.code, got.stdout.len()), (2, 0), "{rules}");
        got.stderr
    };
    assert_eq!(
        mistake("[[check.rule]]\nname = 'r'\nrequire = 'servic = x'\n"),
        "spanloom: cannot use 'spanloom.toml': check.rule 'r': require: unknown field 'servic'\n  servic = x\n  ^^^^^^\n\
         hint: did you mean 'service'?\n"
    );
    for (rules, expected) in [
        ("[check]\nmax_faild = 0\n", "line 2: unknown field `max_faild`"),
        (
            "[check]\nmax_failed = '200%'\n",
            "check.max_failed: expected a share such as \"1%\" or 0.01, found '200%'",
        ),
        (
            "[[check.rule]]\nname = 'r'\n",
            "check.rule 'r': has none of require, forbid, p50, p90, p95, p99 and max",
        ),
        (
            "[[check.rule]]\nname = 'r'\np95 = 'soon'\n",
            "check.rule 'r': p95: expected a duration such as \"2s\"",
        ),
        ("[check]\nfindings = { slow = 1, sloow = 2 }\n", "check.findings: no kind is called 'sloow'"),
        (
            "[check.baseline]\nslower = 0.5\n",
            "check.baseline.slower: expected a number of at least 1, found 0.5",
        ),
    ] {
        let got = mistake(rules);
        assert!(got.contains(expected), "{rules}\n{got}");
    }
}

#[test]
fn every_run_passes_the_baseline_that_was_learned_from_it() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        let dir = case.input();
        let path = dir.path().join("baseline.out");
        let options: Vec<&str> = case.options.iter().map(String::as_str).collect();
        fs::write(dir.path().join("none.toml"), "[check]\n").expect("it can be written");
        let fixed = ["--config", "none.toml", "--baseline", "baseline.out"];
        let run = |more: &[&str]| check(dir.path(), &[&options, &fixed[..], more].concat());
        let inputs: Vec<String> = program::files(dir.path());
        let inputs: Vec<&str> =
            inputs.iter().map(String::as_str).filter(|name| !name.ends_with(".toml")).collect();
        let learned = run(&[&["--update-baseline"], &inputs[..]].concat());
        if learned.code == 3 && !path.exists() {
            continue;
        }
        let got = run(&inputs);
        if (learned.code, got.code) != (0, 0) {
            wrong.push(format!("{}: {} {}\n{}{}", case.name, learned.code, got.code, got.text(), got.stderr));
        }
    }
    diff::none(&wrong);
}

#[test]
fn a_run_that_breaks_a_rule_is_not_learned() {
    let dir = runs();
    let got = check(dir.path(), &["--update-baseline", "--baseline", "new.toml", "broken"]);
    assert_eq!(got.code, 1);
    assert!(got.text().contains("Not learned"), "{}", got.text());
    assert!(!dir.path().join("new.toml").exists());
}

#[test]
fn without_rules_it_is_said_what_is_judged() {
    let dir = runs();
    fs::remove_file(dir.path().join("spanloom.toml")).expect("it is there");
    let got = check(dir.path(), &["good"]);
    assert_eq!(got.code, 0);
    assert!(got.text().contains("judged by the rules that are built in"), "{}", got.text());
}

/// `diff` of the two runs.
fn compare(args: &[&str]) -> Outcome {
    let dir = runs();
    program::run(dir.path(), &[&["diff", "--no-clock-correction"], args].concat())
}

#[test]
fn a_comparison_keeps_its_schema() {
    let schema = schema("diff.schema.json");
    for (base, new) in [("good", "broken"), ("broken", "good"), ("good", "good")] {
        let json = compare(&["--format", "json", base, new]).json();
        let wrong: Vec<String> =
            schema.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        diff::none(&wrong);
        let differences = json["differences"].as_array().expect("a list");
        assert_eq!(json["worse"], differences.iter().filter(|one| one["worse"] == true).count());
        assert_eq!(differences.is_empty(), base == new, "{base} {new}");
    }
}

#[test]
fn a_comparison_fails_where_it_is_asked_to() {
    for (args, code) in [
        (&["good", "broken"][..], 0),
        (&["--fail-on", "any", "good", "broken"], 1),
        (&["--fail-on", "any", "good", "good"], 0),
        (&["--fail-on", "worse", "--where", "service = nobody", "good", "good"], 1),
        (&["good", "missing"], 2),
        (&["good"], 2),
    ] {
        assert_eq!(compare(args).code, code, "{args:?}");
    }
}

#[test]
fn a_comparison_is_the_same_with_any_threads() {
    let plain = compare(&["--threads", "1", "--format", "json", "good", "broken"]).text();
    assert_eq!(
        compare(&["--threads", "8", "--block-size", "997", "--format", "json", "good", "broken"]).text(),
        plain
    );
}
