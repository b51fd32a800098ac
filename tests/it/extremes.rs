//! Input that is rare but right: very long lines, long documents on one line, times that nothing completes.

use crate::bad_input::{GOOD, counts, has_good_record, report, skips};
use crate::program;
use std::time::{SystemTime, UNIX_EPOCH};

#[test]
fn bytes_left_out_of_a_long_line_are_counted() {
    let text = [vec![b'x'; 20 << 20], b"\n".to_vec(), GOOD.into()].concat();
    let dir = program::directory::<&str, &str>(&[]);
    program::write(dir.path(), "long.log", &text);
    let reported = report(dir.path(), &["long.log"], 0, &[]);
    assert_eq!(reported["coverage"]["bytes"], text.len());
}

#[test]
fn a_document_on_one_line_may_be_longer_than_any_line() {
    let element = GOOD.trim_end();
    let count = (20 << 20) / element.len();
    let text = format!("[{}]", vec![element; count].join(","));
    let dir = program::directory::<&str, &str>(&[]);
    program::write(dir.path(), "all.json", text.as_bytes());
    let reported = report(dir.path(), &["all.json"], 0, &[]);
    assert_eq!(counts(&reported), (count as u64, Vec::new()));
    assert_eq!(reported["coverage"]["bytes"], text.len());
}

#[test]
fn a_year_that_nothing_tells_is_not_long_past() {
    let dir = program::directory::<&str, &str>(&[]);
    let line = "May  1 12:00:00 till app[7]: paid trace_id=d3adb33fd3adb33fd3adb33fd3adb33f\n";
    let got = program::run_with(dir.path(), &["report", "--format", "json", "-"], line.into());
    let start = got.json()["traces"][0]["start"].as_str().unwrap_or_default()[..4].parse::<u64>();
    let days = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() / 86_400;
    let year = 1970 + days * 400 / 146_097;
    assert!(start.as_ref().is_ok_and(|start| (year - 1..=year).contains(start)), "{start:?} in {year}");
}

#[test]
fn a_line_of_64_mib_without_end_is_cut() {
    let dir = program::directory(&[("good.log", GOOD.as_bytes())]);
    program::write(dir.path(), "long.log", &vec![b'x'; 64 << 20]);
    let reported = report(dir.path(), &["."], 0, &[]);
    has_good_record(&reported);
    assert_eq!(counts(&reported), skips(2, "rest of a line that is too long", 1, "./long.log"));
}
