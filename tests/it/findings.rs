//! What is found in made-up systems: faults that were put in, and nothing where none was.

use crate::program;
use serde_json::Value;
use std::fmt::Write;
use std::fs;

/// What befalls a parcel.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Fate {
    Fine,
    /// The packer never takes it up.
    Lost,
    /// The packer takes it up and says no more.
    Stuck,
    /// The packer fails.
    Failed,
    /// The packer fails, tries again and succeeds.
    Healed,
    /// The packer refuses it, and the sorter takes it back.
    Refused,
    /// Packing takes long.
    Slow,
    /// The packer is given it twice.
    Twice,
    /// The packer fails, and only warns of it.
    Warned,
    /// The packer warns, and all is well.
    Told,
    /// The message to the packer waits.
    Waits,
    /// The packer fails, is given it again and succeeds.
    Redelivered,
}
use Fate::{Failed, Fine, Healed, Lost, Redelivered, Refused, Slow, Stuck, Told, Twice, Waits, Warned};

/// Parcels go through a depot: the gate takes them in, the sorter hands them to the packer.
struct Depot {
    gate: String,
    sorter: String,
    packer: String,
}

fn depot(fates: &[Fate]) -> Depot {
    let mut depot = Depot { gate: String::new(), sorter: String::new(), packer: String::new() };
    for (number, &fate) in fates.iter().enumerate() {
        parcel(&mut depot, number, fate);
    }
    depot
}

/// A line of a log, so many milliseconds after the first parcel.
fn line(log: &mut String, parcel: usize, span: usize, at: usize, level: &str, text: &str) {
    let at = at + parcel * 700;
    let (seconds, millis) = (at / 1000, at % 1000);
    let _ = writeln!(
        log,
        "2026-03-01T{:02}:{:02}:{:02}.{millis:03}Z {level} {text} trace_id={:032x} span_id={:016x}",
        8 + seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        0xabc0_0000 + parcel,
        0x1000 * (parcel + 1) + span,
    );
}

fn parcel(depot: &mut Depot, number: usize, fate: Fate) {
    // no two parcels are alike
    let wobble = number * 7 % 13;
    let job = format!("job_id=5f1c9a52-0000-4000-8000-{number:012x}");
    line(&mut depot.gate, number, 1, 0, "INFO", &format!("parcel arrives parcel=PX-{number:05}"));
    line(&mut depot.sorter, number, 2, 10 + wobble, "INFO", &format!("sorting begins parcel=PX-{number:05}"));
    line(&mut depot.sorter, number, 2, 40 + wobble, "INFO", &format!("published parcel.sorted {job}"));
    line(&mut depot.gate, number, 1, 60 + wobble, "INFO", "parcel accepted");
    match fate {
        Lost => return,
        Twice => pack(depot, number, 4, 320, &job, Fine),
        Redelivered => pack(depot, number, 4, 420, &job, Fine),
        _ => {}
    }
    let wait = if fate == Waits { 5_000 } else { 0 };
    pack(depot, number, 3, 70 + wobble + wait, &job, fate);
}

/// The packer is told that a parcel is paid, as a rule after it was packed.
fn pay(depot: &mut Depot, number: usize, at: usize) {
    let bill = format!("bill_id=9b2c0000-0000-4000-8000-{number:012x}");
    line(&mut depot.gate, number, 1, at, "INFO", &format!("published parcel.paid {bill}"));
    line(&mut depot.packer, number, 5, at + 12, "INFO", &format!("received parcel.paid {bill}"));
    line(&mut depot.packer, number, 5, at + 20, "INFO", "bill put into the box");
}

/// The packer is told that a parcel is insured. Only what is packed and insured goes to the sorter again, who says so.
fn insure(depot: &mut Depot, number: usize, lost: bool) {
    let policy = format!("policy_id=4d1e0000-0000-4000-8000-{number:012x}");
    let label = format!("label_id=6c3f0000-0000-4000-8000-{number:012x}");
    let wobble = number * 5 % 11;
    line(&mut depot.gate, number, 1, 62, "INFO", &format!("published parcel.insured {policy}"));
    if lost {
        return;
    }
    line(&mut depot.packer, number, 6, 260 + wobble, "INFO", &format!("received parcel.insured {policy}"));
    line(
        &mut depot.packer,
        number,
        6,
        264 + wobble,
        "INFO",
        &format!("all is there, sending parcel.ready {label}"),
    );
    line(&mut depot.sorter, number, 7, 280 + wobble, "INFO", &format!("received parcel.ready {label}"));
    line(&mut depot.sorter, number, 7, 290 + wobble, "INFO", "parcel goes to its truck");
}

fn pack(depot: &mut Depot, number: usize, span: usize, at: usize, job: &str, fate: Fate) {
    let wobble = number * 11 % 17;
    let mut say = |after: usize, level: &str, text: &str| {
        line(&mut depot.packer, number, span, at + after, level, text);
    };
    say(0, "INFO", &format!("received parcel.sorted {job}"));
    match fate {
        Stuck => return,
        Redelivered => return say(30, "ERROR", "could not print the label: broken pipe, message requeued"),
        Failed => return say(30, "ERROR", "box is torn, parcel left behind"),
        Healed => say(20, "ERROR", "printer jammed"),
        Warned => return say(30, "WARN", "could not print the label: connection refused, message requeued"),
        Told => say(20, "WARN", "printer answers late: timed out once"),
        Refused => {
            say(20, "ERROR", "parcel too heavy");
            say(
                25,
                "INFO",
                &format!("published parcel.refused refusal_id=7a000000-0000-4000-9000-{number:012x}"),
            );
            say(30, "INFO", "parcel dealt with");
            let taken = format!("received parcel.refused refusal_id=7a000000-0000-4000-9000-{number:012x}");
            line(&mut depot.sorter, number, 9, at + 45, "INFO", &taken);
            return line(&mut depot.sorter, number, 9, at + 60, "INFO", "parcel goes back");
        }
        _ => {}
    }
    say(40 + wobble, "INFO", "label printed");
    let packed = if fate == Slow { 4_000 } else { 120 + wobble };
    say(packed, "INFO", "box closed");
    say(packed + 5, "INFO", "parcel dealt with");
}

/// The sorter takes no parcel in, and the gate answers who brought it.
fn turn_away(depot: &mut Depot, number: usize, status: u16) {
    line(&mut depot.gate, number, 1, 0, "INFO", &format!("parcel arrives parcel=PX-{number:05}"));
    line(&mut depot.sorter, number, 2, 10, "INFO", &format!("sorting begins parcel=PX-{number:05}"));
    line(&mut depot.sorter, number, 2, 25, "ERROR", "sorting broke off: quota of the sender exceeded");
    line(&mut depot.gate, number, 1, 40, "INFO", &format!("parcel answered status={status}"));
}

/// The findings that somebody should look at: transaction number, kind, service.
fn found(fates: &[Fate]) -> Vec<(usize, String, String)> {
    let told = findings(&depot(fates));
    told.into_iter().map(|(number, kind, service, _)| (number, kind, service)).collect()
}

/// The same with the words of each finding.
fn findings(depot: &Depot) -> Vec<(usize, String, String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, log) in
        [("gate.log", &depot.gate), ("sorter.log", &depot.sorter), ("packer.log", &depot.packer)]
    {
        fs::write(folder.path().join(name), log).expect("written");
    }
    let report = program::run(folder.path(), &["report", "--format", "json", "."]).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<(usize, String, String, String)> = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| finding["severity"] != "info" && finding["trace_id"].is_string())
        .map(|finding| {
            let id = u64::from_str_radix(&text(&finding["trace_id"]), 16).expect("an id");
            let words = text(&finding["summary"]);
            (id as usize - 0xabc0_0000, text(&finding["kind"]), text(&finding["service"]), words)
        })
        .collect();
    found.sort();
    found
}

/// Sixty parcels, some of which meet another fate.
fn sixty(others: &[(usize, Fate)]) -> Vec<Fate> {
    let mut fates = vec![Fine; 60];
    for &(number, fate) in others {
        fates[number] = fate;
    }
    fates
}

#[track_caller]
fn check(others: &[(usize, Fate)], expected: &[(usize, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|&(number, kind)| (number, kind.to_owned(), "packer".to_owned())).collect();
    assert_eq!(found(&sixty(others)), expected, "{others:?}");
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    check(&[], &[]);
}

#[test]
fn each_fault_is_found_where_it_is_and_as_what_it_is() {
    let faults = [(7, Lost), (12, Stuck), (19, Failed), (26, Slow), (33, Twice), (40, Lost), (41, Failed)];
    let kinds = ["missing_step", "stuck", "error", "slow", "duplicate", "missing_step", "error"];
    let expected: Vec<(usize, &str)> = faults.iter().map(|(number, _)| *number).zip(kinds).collect();
    check(&faults, &expected);
}

#[test]
fn failures_that_are_handled_need_nobody() {
    check(&[(5, Healed), (9, Refused), (14, Refused), (22, Refused), (30, Healed), (44, Refused)], &[]);
}

#[test]
fn a_message_that_is_lost_in_every_fifth_transaction_is_still_missed() {
    let lost: Vec<usize> = (3..58).step_by(5).collect();
    let fates: Vec<(usize, Fate)> = lost.iter().map(|&number| (number, Lost)).collect();
    check(&fates, &lost.iter().map(|&number| (number, "missing_step")).collect::<Vec<_>>());
}

#[test]
fn a_message_that_fails_and_comes_again_is_not_missed_nor_handled_twice() {
    let fates: Vec<(usize, Fate)> = (4..60).step_by(4).map(|number| (number, Redelivered)).collect();
    check(&fates, &[]);
    // nor does that hide what is lost
    let others: Vec<(usize, Fate)> = fates.into_iter().chain([(31, Lost)]).collect();
    check(&others, &[(31, "missing_step")]);
}

#[test]
fn of_what_waits_for_two_things_only_the_missing_one_is_told() {
    let lost = [17, 42];
    let mut depot = depot(&sixty(&[]));
    for number in 0..60 {
        insure(&mut depot, number, lost.contains(&number));
    }
    let told: Vec<_> =
        findings(&depot).into_iter().map(|(number, kind, service, _)| (number, kind, service)).collect();
    assert_eq!(told, lost.map(|number| (number, "missing_step".to_owned(), "packer".to_owned())));
}

#[test]
fn what_fails_in_most_transactions_is_still_found() {
    let fates: Vec<Fate> = (0..60).map(|number| if number % 5 < 3 { Failed } else { Fine }).collect();
    let found = found(&fates);
    let failed = fates.iter().filter(|fate| **fate == Failed).count();
    assert_eq!(found.len(), failed, "{found:?}");
    assert!(found.iter().all(|(number, kind, _)| kind == "error" && fates[*number] == Failed));
}

#[test]
fn a_warning_is_a_failure_where_nothing_goes_on_after_it() {
    check(&[(6, Warned), (17, Told), (28, Warned), (39, Told)], &[(6, "error"), (28, "error")]);
    let fates: Vec<Fate> = (0..60).map(|number| if number % 5 < 3 { Warned } else { Fine }).collect();
    let failed = fates.iter().filter(|fate| **fate == Warned).count();
    assert_eq!(found(&fates).len(), failed);
}

#[test]
fn a_message_that_waits_is_slow_and_the_queue_is_named() {
    let found = findings(&depot(&sixty(&[(11, Waits)])));
    let [(11, kind, service, words)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((kind.as_str(), service.as_str()), ("slow", "packer"));
    assert!(words.contains("in a queue to packer"), "{words}");
}

#[test]
fn what_comes_before_what_it_usually_follows_is_out_of_order() {
    let mut depot = depot(&sixty(&[]));
    for number in 0..60 {
        pay(&mut depot, number, if number == 23 { 15 } else { 400 + number * 5 % 11 });
    }
    let found = findings(&depot);
    let [(23, kind, service, words)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((kind.as_str(), service.as_str()), ("out_of_order", "packer"));
    assert!(words.contains("only after"), "{words}");
}

#[test]
fn what_the_end_of_the_logs_cuts_off_is_not_missing() {
    check(&[(59, Lost)], &[]);
    check(&[(59, Stuck)], &[]);
}

#[test]
fn a_failure_that_the_caller_is_told_of_as_its_own_fault_needs_nobody() {
    let told = |status: u16| {
        let mut depot = depot(&sixty(&[]));
        turn_away(&mut depot, 60, status);
        turn_away(&mut depot, 61, status);
        findings(&depot).into_iter().map(|(number, kind, ..)| (number, kind)).collect::<Vec<_>>()
    };
    assert_eq!(told(429), []);
    assert_eq!(told(503), [(60, "error".to_owned()), (61, "error".to_owned())]);
}
