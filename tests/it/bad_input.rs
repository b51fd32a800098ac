//! What goes wrong, and what is said of it: the exit code, one line (and hints) on standard error, and all that could be
//! read is still reported, with coverage that adds up.

use crate::contract::report_faults;
use crate::program::{self, Outcome};
use serde_json::{Value, json};
use std::path::Path;

/// A record that is read whatever stands beside it.
pub(crate) const GOOD: &str = concat!(
    r#"{"time":"2024-05-01T12:00:00Z","service":"till","level":"info","msg":"paid","#,
    r#""trace_id":"5b8efff798038103d269b633813fc60c","span_id":"eee19b7ec3c1b174"}"#,
    "\n"
);

/// What helps where a path does not exist.
const NAME: &str = "hint: name a file, a directory, a pattern in quotes, or - for standard input";

#[track_caller]
fn check(got: &Outcome, exit: i32, stderr: &[&str]) {
    let lines: Vec<&str> = got.stderr.lines().collect();
    assert_eq!((got.code, lines.as_slice()), (exit, stderr), "output: {}", got.text());
}

/// Runs `extract` and gives its records.
#[track_caller]
pub(crate) fn extract(dir: &Path, args: &[&str], exit: i32, stderr: &[&str]) -> Vec<Value> {
    let got = program::run(dir, &[&["extract"], args].concat());
    check(&got, exit, stderr);
    got.lines()
}

/// Runs `report` and gives it, after its contract was checked.
#[track_caller]
pub(crate) fn report(dir: &Path, args: &[&str], exit: i32, stderr: &[&str]) -> Value {
    let got = program::run(dir, &[&["report", "--format", "json"], args].concat());
    check(&got, exit, stderr);
    let report = got.json();
    assert_eq!(report_faults(&report), Vec::<String>::new());
    report
}

/// Records, and what was skipped: reason, count, file.
pub(crate) fn counts(report: &Value) -> (u64, Vec<(String, u64, String)>) {
    let coverage = &report["coverage"];
    let skipped = coverage["skipped"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let skipped =
        skipped.map(|skip| (text(&skip["reason"]), skip["count"].as_u64().unwrap_or(0), text(&skip["file"])));
    (coverage["records"].as_u64().unwrap_or(0), skipped.collect())
}

/// Counts as they are expected: records, and one thing that was skipped.
pub(crate) fn skips(records: u64, reason: &str, count: u64, file: &str) -> (u64, Vec<(String, u64, String)>) {
    (records, vec![(reason.to_owned(), count, file.to_owned())])
}

#[track_caller]
pub(crate) fn has_good_record(report: &Value) {
    let spans = report["traces"].as_array().into_iter().flatten().flat_map(|trace| trace["spans"].as_array());
    let mut ids = spans.flatten().map(|span| &span["span_id"]);
    assert!(ids.any(|id| id == "eee19b7ec3c1b174"), "{report}");
}

#[test]
fn a_path_that_is_not_there_is_named_and_the_rest_is_read() {
    let dir = program::directory(&[("good.log", GOOD)]);
    let said = ["spanloom: cannot read 'missing.log': no such file or directory", NAME];
    assert_eq!(extract(dir.path(), &["missing.log", "good.log"], 2, &said).len(), 1);
    assert_eq!(extract(dir.path(), &["--quiet", "missing.log", "good.log"], 2, &said[..1]).len(), 1);
    let both = [said[0], "spanloom: cannot read 'other.log': no such file or directory", NAME];
    assert_eq!(extract(dir.path(), &["missing.log", "other.log", "good.log"], 2, &both).len(), 1);
    has_good_record(&report(dir.path(), &["missing.log", "good.log"], 2, &said));
    assert_eq!(counts(&report(dir.path(), &["missing.log"], 2, &said)), (0, Vec::new()));
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_named_or_counted() {
    use std::os::unix::fs::PermissionsExt;
    let dir = program::directory(&[("logs/good.log", GOOD), ("logs/secret.log", GOOD)]);
    let secret = dir.path().join("logs/secret.log");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).expect("it is ours");
    if std::fs::File::open(&secret).is_ok() {
        return eprintln!("skipped: this user may read everything");
    }
    let said = [
        "spanloom: cannot read 'logs/secret.log': permission denied",
        "hint: name only what you may read, or ask its owner",
    ];
    has_good_record(&report(dir.path(), &["logs/secret.log", "logs/good.log"], 2, &said));
    let walked = report(dir.path(), &["logs"], 0, &[]);
    has_good_record(&walked);
    assert_eq!(counts(&walked), skips(1, "cannot be read", 1, "logs/secret.log"));
}

#[cfg(unix)]
#[test]
fn directories_that_contain_themselves_are_read_once() {
    let dir = program::directory(&[("logs/good.log", GOOD)]);
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, dir.path().join(name)).expect("links can be made");
    };
    link(".", "logs/again");
    link("..", "logs/up");
    link("nowhere", "logs/broken");
    let walked = report(dir.path(), &["logs"], 0, &[]);
    assert_eq!(counts(&walked), skips(1, "cannot be read", 1, "logs/broken"));
    has_good_record(&walked);
}

#[cfg(unix)]
#[test]
fn pipes_in_a_directory_are_left_alone() {
    let dir = program::directory(&[("logs/good.log", GOOD)]);
    crate::interrupted::make_pipe(&dir.path().join("logs/pipe"));
    let walked = report(dir.path(), &["logs"], 0, &[]);
    assert_eq!(counts(&walked), skips(1, "not a regular file", 1, "logs/pipe"));
}

#[test]
fn compressed_data_that_ends_early_is_read_up_to_there() {
    use std::io::Write;
    let text: String =
        (0..3000).map(|n| GOOD.replace("paid", &format!("paid {}", n * 7919 % 3001))).collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory can be written");
    let packed = encoder.finish().expect("memory can be written");
    let dir =
        program::directory(&[("cut.log.gz", &packed[..packed.len() / 2]), ("good.log", GOOD.as_bytes())]);
    let reported = report(dir.path(), &["cut.log.gz", "good.log"], 0, &[]);
    let (records, skipped) = counts(&reported);
    assert!(records > 1000, "{records}");
    assert_eq!(skipped, skips(0, "damaged or truncated compressed data", 1, "cut.log.gz").1);
    let said = ["spanloom: left out a part of 'cut.log.gz': damaged or truncated compressed data"];
    assert_eq!(extract(dir.path(), &["cut.log.gz", "good.log"], 0, &said).len() as u64, records);
    assert_eq!(extract(dir.path(), &["--quiet", "cut.log.gz", "good.log"], 0, &[]).len() as u64, records);
}

#[test]
fn an_archive_that_is_none_is_counted() {
    let bytes: &[u8] = b"PK\x03\x04 but nothing that a zip has behind it";
    let dir = program::directory(&[("bad.zip", bytes), ("good.log", GOOD.as_bytes())]);
    let reported = report(dir.path(), &["bad.zip", "good.log"], 0, &[]);
    has_good_record(&reported);
    assert_eq!(counts(&reported), skips(1, "damaged or truncated compressed data", 1, "bad.zip"));
    let said = ["spanloom: left out 'bad.zip': damaged or truncated compressed data"];
    assert_eq!(extract(dir.path(), &["bad.zip", "good.log"], 0, &said).len(), 1);
}

#[test]
fn nul_bytes_are_text_within_a_line_and_nothing_on_their_own() {
    let text = ["a\0b\n".as_bytes(), GOOD.as_bytes(), b"\0\0\0\0\n"].concat();
    let dir = program::directory(&[("nul.log", text)]);
    let reported = report(dir.path(), &["nul.log"], 0, &[]);
    has_good_record(&reported);
    assert_eq!(counts(&reported), skips(2, "binary data", 1, "nul.log"));
    let said = ["spanloom: left out a part of 'nul.log': binary data"];
    assert_eq!(extract(dir.path(), &["nul.log"], 0, &said)[0]["message"], "a\0b");
}

#[test]
fn empty_files_and_directories_are_reports_of_nothing() {
    let dir = program::directory(&[("empty.log", "")]);
    std::fs::create_dir(dir.path().join("nothing")).expect("directories can be made");
    for path in ["empty.log", "nothing", "."] {
        assert_eq!(extract(dir.path(), &[path], 0, &[]), Vec::<Value>::new());
        let reported = report(dir.path(), &[path], 0, &[]);
        assert_eq!(counts(&reported), (0, Vec::new()), "{path}");
        assert_eq!(reported["traces"], json!([]));
    }
    check(&program::run(dir.path(), &["extract", "-"]), 0, &[]);
}

#[test]
fn binary_files_are_counted() {
    let program: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0";
    let dir = program::directory(&[("program", program), ("good.log", GOOD.as_bytes())]);
    let reported = report(dir.path(), &["."], 0, &[]);
    has_good_record(&reported);
    assert_eq!(counts(&reported), skips(1, "binary file", 1, "./program"));
    let said = ["spanloom: left out './program': binary file"];
    assert_eq!(extract(dir.path(), &["."], 0, &said).len(), 1);
}

#[test]
fn bytes_that_are_no_utf8_become_replacement_characters() {
    let line = b"{\"time\":\"2024-05-01T12:00:00Z\",\"service\":\"t\xc3ll\",\"msg\":\"caf\xe9 \xff\",\"trace_id\":\"5b8efff798038103d269b633813fc60c\"}\n";
    let dir = program::directory(&[("latin.log", &line[..])]);
    let records = extract(dir.path(), &["latin.log"], 0, &[]);
    assert_eq!(records[0]["service"], "t\u{fffd}ll");
    assert_eq!(records[0]["message"], "caf\u{fffd} \u{fffd}");
    report(dir.path(), &["latin.log"], 0, &[]);
}

#[test]
fn line_ends_and_encodings_of_windows_make_no_difference() {
    let text = format!("\u{feff}{GOOD}{}", GOOD.replace("paid", "café"));
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let files = [
        ("app.log", text.trim_start_matches('\u{feff}').as_bytes().to_vec()),
        ("app.crlf.log", text.replace('\n', "\r\n").into_bytes()),
        ("app.le.log", wide(u16::to_le_bytes)),
        ("app.be.log", wide(u16::to_be_bytes)),
    ];
    let dir = program::directory(&files);
    let of = |file: &str| {
        let mut records = extract(dir.path(), &[file], 0, &[]);
        for record in &mut records {
            record["file"] = "".into();
        }
        records
    };
    let plain = of("app.log");
    assert_eq!(plain.len(), 2);
    assert_eq!(plain[1]["message"], "café");
    for (file, _) in &files[1..] {
        assert_eq!(of(file), plain, "{file}");
    }
}

#[test]
fn deeply_nested_json_is_read_without_harm() {
    let deep = [
        "[".repeat(100_000) + &"]".repeat(100_000),
        r#"{"a":"#.repeat(100_000) + "1" + &"}".repeat(100_000),
        "{".repeat(100_000),
        format!(r#"{{"msg":"{}"#, "\\".repeat(100_001)),
    ];
    let text = format!("{}\n{GOOD}", deep.join("\n"));
    let dir = program::directory(&[("deep.log", text)]);
    let reported = report(dir.path(), &["deep.log"], 0, &[]);
    has_good_record(&reported);
    assert_eq!(counts(&reported), (5, Vec::new()));
}

/// Records of one trace: span, parent.
fn spans(ids: &[(&str, &str)]) -> String {
    let line = |(index, (span, parent)): (usize, &(&str, &str))| {
        let record = json!({
            "time": format!("2024-05-01T12:00:{index:02}Z"),
            "service": "till",
            "msg": "step",
            "trace_id": "5b8efff798038103d269b633813fc60c",
            "span_id": format!("{span:0>16}"),
            "parent_span_id": format!("{parent:0>16}"),
        });
        format!("{record}\n")
    };
    ids.iter().enumerate().map(line).collect()
}

/// Span, parent and basis of all spans of the only trace.
fn tree(reported: &Value) -> Vec<(String, Option<String>, bool)> {
    let traces = reported["traces"].as_array().expect("a list");
    assert_eq!(traces.len(), 1, "{reported}");
    let short = |value: &Value| value.as_str().map(|id| id.trim_start_matches('0').to_owned());
    let span = |span: &Value| {
        (short(&span["span_id"]).unwrap_or_default(), short(&span["parent_span_id"]), span["missing"] == true)
    };
    traces[0]["spans"].as_array().expect("a list").iter().map(span).collect()
}

#[track_caller]
fn woven(ids: &[(&str, &str)]) -> Vec<(String, Option<String>, bool)> {
    let dir = program::directory(&[("spans.log", spans(ids))]);
    let reported = report(dir.path(), &["spans.log"], 0, &[]);
    assert_eq!(reported["coverage"]["records_placed"], ids.len());
    tree(&reported)
}

#[test]
fn parents_in_a_circle_are_a_tree_with_nothing_lost() {
    let got = woven(&[("a1", "a3"), ("a2", "a1"), ("a3", "a2"), ("a4", "a3")]);
    assert_eq!(got.len(), 4, "{got:?}");
    assert_eq!(got.iter().filter(|(_, parent, _)| parent.is_none()).count(), 1, "{got:?}");
    assert!(got.contains(&("a4".to_owned(), Some("a3".to_owned()), false)), "{got:?}");
}

#[test]
fn a_span_is_never_its_own_parent() {
    assert_eq!(woven(&[("a1", "a1")]), [("a1".to_owned(), None, false)]);
}

#[test]
fn records_with_one_span_id_are_one_span() {
    let got = woven(&[("a1", "0"), ("a2", "a1"), ("a2", "a1"), ("a1", "0")]);
    assert_eq!(got, [("a1".to_owned(), None, false), ("a2".to_owned(), Some("a1".to_owned()), false)]);
}

#[test]
fn a_parent_that_logged_nothing_has_a_place() {
    let got = woven(&[("a1", "ff"), ("a2", "ff")]);
    let under = |id: &str| (id.to_owned(), Some("ff".to_owned()), false);
    assert_eq!(got, [("ff".to_owned(), None, true), under("a1"), under("a2")]);
}

#[test]
fn ids_of_zeros_are_no_ids() {
    let zeros = GOOD
        .replace("5b8efff798038103d269b633813fc60c", &"0".repeat(32))
        .replace("eee19b7ec3c1b174", &"0".repeat(16));
    let dir = program::directory(&[("zeros.log", zeros)]);
    let record = &extract(dir.path(), &["zeros.log"], 0, &[])[0];
    assert_eq!((&record["trace_id"], &record["span_id"]), (&Value::Null, &Value::Null));
    let reported = report(dir.path(), &["zeros.log"], 0, &[]);
    assert_eq!(reported["coverage"]["records_with_context"], 0);
}

#[test]
fn mistakes_in_the_settings_are_told_with_their_place() {
    let cases = [
        (
            "[[format]]\npattern = '('\n",
            "cannot use 'spanloom.toml': format 1: cannot read the pattern '(': unclosed group",
        ),
        (
            "[[format]]\npatern = 'x'\n",
            "cannot use 'spanloom.toml': line 2: unknown field `patern`, expected `files` or `pattern`",
        ),
        ("[[format]\n", "cannot use 'spanloom.toml': line 1: unclosed array table, expected `]`"),
    ];
    for (text, said) in cases {
        let dir = program::directory(&[("spanloom.toml", text), ("good.log", GOOD)]);
        check(&program::run(dir.path(), &["extract", "good.log"]), 2, &[&format!("spanloom: {said}")]);
        let named = program::directory(&[("other.toml", text), ("good.log", GOOD)]);
        let got = program::run(named.path(), &["report", "--config", "other.toml", "good.log"]);
        check(&got, 2, &[&format!("spanloom: {}", said.replace("spanloom.toml", "other.toml"))]);
        assert_eq!(extract(named.path(), &["good.log"], 0, &[]).len(), 1);
    }
    let dir = program::directory(&[("good.log", GOOD)]);
    let said = ["spanloom: cannot read 'none.toml': no such file or directory"];
    check(&program::run(dir.path(), &["extract", "--config", "none.toml", "good.log"]), 2, &said);
}

#[test]
fn mistakes_in_the_arguments_are_told_in_one_line() {
    let dir = program::directory(&[("good.log", GOOD)]);
    let wrong = |args: &[&str], stderr: &[&str]| {
        let got = program::run(dir.path(), args);
        check(&got, 2, stderr);
        assert_eq!(got.text(), "", "{args:?}");
    };
    wrong(
        &["extract", "--nope", "good.log"],
        &[
            "spanloom: unexpected argument '--nope' found",
            "hint: to pass '--nope' as a value, use '-- --nope'",
        ],
    );
    wrong(
        &["report", "--colour", "always"],
        &["spanloom: unexpected argument '--colour' found", "hint: a similar argument exists: '--color'"],
    );
    wrong(
        &["report", "--format", "xml", "good.log"],
        &[
            "spanloom: invalid value 'xml' for '--format <FORMAT>'",
            "hint: possible values are text, json, ndjson",
        ],
    );
    wrong(
        &["show"],
        &[
            "spanloom: the following required arguments were not provided: <ID>",
            "hint: --help tells what there is",
        ],
    );
    wrong(&["extract", "--threads", "0", "good.log"], &["spanloom: --threads must be at least 1"]);
    wrong(
        &["extract", "--timezone", "Mars", "good.log"],
        &[
            "spanloom: unknown zone 'Mars' for --timezone",
            "hint: use a name such as Europe/Berlin, an offset such as +02:00, or local",
        ],
    );
    wrong(
        &["report", "--since", "yesterday", "good.log"],
        &[
            "spanloom: cannot read the time 'yesterday' for --since",
            "hint: use a time such as 2024-05-01T12:00:00Z, or -15m for a quarter of an hour before the newest \
             record",
        ],
    );
}

#[test]
fn output_that_cannot_be_written_is_told() {
    let dir = program::directory(&[("good.log", GOOD)]);
    let told = |args: &[&str], said: &str| check(&program::run(dir.path(), args), 2, &[said]);
    let said = "spanloom: cannot write 'none/out.json': no such file or directory";
    told(&["extract", "-o", "none/out.json", "good.log"], said);
    told(&["report", "-o", "none/out.json", "good.log"], said);
    told(&["report", "-o", ".", "good.log"], "spanloom: cannot write '.': is a directory");
    let ids = program::run(dir.path(), &["extract", "-o", "out.ndjson", "good.log"]);
    check(&ids, 0, &[]);
    assert_eq!(ids.text(), "");
    let written = std::fs::read_to_string(dir.path().join("out.ndjson")).expect("it was written");
    assert!(written.contains("eee19b7ec3c1b174"), "{written}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_told() {
    let long: String = (0..4000).map(|n| GOOD.replace("paid", &format!("paid {n}"))).collect();
    let dir = program::directory(&[("good.log", GOOD), ("long.log", &long)]);
    for file in ["good.log", "long.log"] {
        for command in [&["extract"][..], &["report", "--format", "json"]] {
            let said = ["spanloom: cannot write '/dev/full': no space left on device"];
            check(&program::run(dir.path(), &[command, &["-o", "/dev/full", file]].concat()), 2, &said);
            let mut shell = program::command("sh".as_ref(), dir.path());
            let words = command.join(" ");
            shell.args(["-c", &format!("'{}' {words} {file} > /dev/full", program::path().display())]);
            let said = ["spanloom: cannot write to standard output: no space left on device"];
            check(&program::finish(program::start(shell), Vec::new()), 2, &said);
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_run_quietly() {
    use std::io::Read;
    // more than pipes and buffers hold
    let text: String = (0..20_000).map(|n| GOOD.replace("paid", &format!("paid {n}"))).collect();
    let dir = program::directory(&[("long.log", text)]);
    for command in [&["extract"][..], &["report", "--format", "json"], &["report", "--format", "ndjson"]] {
        let mut run = program::command(program::path(), dir.path());
        run.args(command).arg("long.log");
        let mut child = program::start(run);
        let mut first = [0];
        let mut stdout = child.stdout.take().expect("it is a pipe");
        stdout.read_exact(&mut first).expect("there is output");
        drop(stdout);
        let got = program::finish(child, Vec::new());
        check(&got, 0, &[]);
    }
}

#[test]
fn standard_input_is_read_where_it_is_meant() {
    let dir = program::directory(&[("good.log", GOOD)]);
    let read = |args: &[&str]| {
        let got = program::run_with(dir.path(), &[&["extract"], args].concat(), GOOD.into());
        check(&got, 0, &[]);
        let file = |record: &Value| record["file"].as_str().unwrap_or_default().to_owned();
        got.lines().iter().map(file).collect::<Vec<_>>()
    };
    assert_eq!(read(&[]), ["-"]);
    assert_eq!(read(&["-"]), ["-"]);
    assert_eq!(read(&["-", "-"]), ["-"]);
    assert_eq!(read(&["good.log", "-"]), ["-", "good.log"]);
    assert_eq!(read(&["good.log"]), ["good.log"]);
    let got =
        program::run_with(dir.path(), &["report", "--format", "json", "-", "good.log"], GOOD.into()).json();
    assert_eq!(report_faults(&got), Vec::<String>::new());
    assert_eq!(got["traces"][0]["record_count"], 2);
}

#[test]
fn a_pattern_without_a_match_is_told() {
    let dir = program::directory(&[("good.log", GOOD)]);
    let said = [
        "spanloom: no file matches '*.gone'",
        "hint: patterns know *, ?, [a-z], {a,b}, and ** for any directories",
    ];
    assert_eq!(extract(dir.path(), &["*.gone", "*.log"], 2, &said).len(), 1);
    let said = [
        "spanloom: cannot read pattern '[': unclosed character class; missing ']'",
        "hint: a bracket that stands for itself is written [[]",
    ];
    assert_eq!(extract(dir.path(), &["[", "good.log"], 2, &said).len(), 1);
}

#[test]
fn nothing_found_is_an_exit_code_of_its_own() {
    let dir = program::directory(&[("good.log", GOOD)]);
    let said = ["spanloom: no transaction matches the selection"];
    let reported = report(dir.path(), &["--service", "nobody", "good.log"], 1, &said);
    assert_eq!(reported["coverage"]["records_filtered"], 1);
    report(dir.path(), &["--since", "2030-01-01", "good.log"], 1, &said);
    report(dir.path(), &["--until", "2020-01-01", "good.log"], 1, &said);
    let shown = program::run(dir.path(), &["show", "ORD-1", "good.log"]);
    check(&shown, 1, &["spanloom: no transaction has the id or value 'ORD-1'"]);
    // what cannot be read goes before what is not found
    let both = program::run(dir.path(), &["list", "--service", "nobody", "good.log", "gone.log"]);
    assert_eq!(both.code, 2, "{}", both.stderr);
}

#[test]
fn names_reach_standard_error_without_control_characters() {
    let dir = program::directory(&[("good.log", GOOD)]);
    let got = program::run(dir.path(), &["extract", "\u{1b}(0red\u{7}.log", "good.log"]);
    check(&got, 2, &["spanloom: cannot read '\u{fffd}(0red\u{fffd}.log': no such file or directory", NAME]);
}
