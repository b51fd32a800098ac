//! Which files are one log that was rotated, told from their names.
//!
//! A name is taken apart into a base (`svc.log`) and an age. Files of one directory with one base are one set:
//!
//! | part of the name | read as |
//! | --- | --- |
//! | `.gz`, `.zst` … at the end | compressed |
//! | a date, anywhere | the day; sorted by date and time |
//! | a number behind a date (`svc-2024-05-01.1.log`, `svc.log.2024-05-01.1`) | the file of that day; higher is newer |
//! | a number behind a log extension (`svc.log.1`) | rotation; higher is older |
//! | a number between dots or behind a name without extension (`svc.1.log`, `syslog.1`) | rotation if the live file (`svc.log`, `syslog`) stands beside it, else an instance; `svc.0.log` is always an instance |
//! | a number behind a dash (`node-1.log`) | an instance, never rotation |
//! | `.old`, `.prev`, `.previous`, `.bak` | the file before |
//!
//! Oldest first: dated files, numbered ones, the live file. Files of different directories are never one set.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::dates::{self, NameDate};

/// Suffixes of compressed files. What a file really is, its content tells.
const COMPRESSED: [&str; 8] = ["gz", "zst", "zstd", "bz2", "xz", "lz4", "zip", "gzip"];

/// Extensions that logs have.
const LOG_EXTENSIONS: [&str; 12] =
    ["log", "logs", "txt", "json", "jsonl", "ndjson", "logfmt", "out", "err", "csv", "tsv", "trace"];

const OLD: [&str; 5] = ["old", "prev", "previous", "bak", "backup"];

/// Rotation numbers have at most this many digits; longer ones are process numbers and the like.
const MAX_NUMBER_DIGITS: usize = 4;

/// A file name taken apart.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Name {
    /// The name without compression, rotation and date.
    pub(super) base: String,
    pub(super) age: Age,
    /// The name ends like that of a compressed file.
    pub(super) compressed: bool,
    /// The number may as well be that of an instance.
    pub(super) ambiguous: bool,
}

/// How old a file of a set is; the oldest is the least.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Age {
    /// Written on a day, with the number of the file of that day.
    Dated(NameDate, Option<u32>),
    /// Rotated this often.
    Numbered(Reverse<u32>),
    /// Being written.
    Live,
}

impl Name {
    /// Takes a file name apart.
    pub(super) fn of(file_name: &str) -> Name {
        let (name, compressed) = without_compression(file_name);
        if name.ends_with(".tar") {
            return Name { base: name.to_owned(), age: Age::Live, compressed, ambiguous: false };
        }
        let (mut base, dated) = take_date(name);
        let mut number = None;
        let mut ambiguous = false;
        if let Some((stem, last)) = base.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) {
            let after_log = stem.rsplit_once('.').is_some_and(|(_, extension)| is_log_extension(extension));
            if OLD.contains(&last) {
                number = Some(1);
                base.truncate(stem.len());
            } else if is_number(last) && (after_log || !ends_with_digit(stem)) {
                number = last.parse().ok();
                ambiguous = !after_log;
                base.truncate(stem.len());
            } else if is_log_extension(last)
                && dated.is_none()
                && let Some((before, middle)) = stem.rsplit_once('.')
                && is_number(middle)
                && !before.is_empty()
                && !ends_with_digit(before)
                && middle.bytes().any(|digit| digit != b'0')
            {
                number = middle.parse().ok();
                ambiguous = true;
                base = format!("{before}.{last}");
            }
        }
        let age = match (dated, number) {
            (Some((date, of_day)), number) => Age::Dated(date, of_day.or(number)),
            (None, Some(number)) => Age::Numbered(Reverse(number)),
            (None, None) => Age::Live,
        };
        ambiguous &= matches!(age, Age::Numbered(_));
        Name { base, age, compressed, ambiguous }
    }
}

/// Takes the date, and the number of the file of that day, out of a name.
fn take_date(name: &str) -> (String, Option<(NameDate, Option<u32>)>) {
    let Some(found) = dates::find(name) else { return (name.to_owned(), None) };
    let (mut before, mut behind) = (&name[..found.range.start], &name[found.range.end..]);
    let mut of_day = None;
    if let Some(tail) = behind.strip_prefix(['.', '-', '_']) {
        let digits = tail.len() - tail.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        let (number, rest) = tail.split_at(digits);
        if is_number(number) && (rest.is_empty() || rest.starts_with(['.', '-', '_'])) {
            of_day = number.parse().ok();
            behind = rest;
        }
    }
    if let Some(shorter) = before.strip_suffix("__").or(before.strip_suffix(['.', '-', '_'])) {
        before = shorter;
    } else if before.is_empty() && !behind.strip_prefix('.').is_some_and(is_log_extension) {
        behind = behind.strip_prefix(['.', '-', '_']).unwrap_or(behind);
    }
    (format!("{before}{behind}"), Some((found.date, of_day)))
}

/// The name without the suffix of a compressed file, and whether it had one.
pub(super) fn without_compression(name: &str) -> (&str, bool) {
    match name.rsplit_once('.') {
        Some((stem, last)) if !stem.is_empty() && is_one_of(last, &COMPRESSED) => (stem, true),
        _ => (name, false),
    }
}

/// Whether logs have this extension.
pub(super) fn is_log_extension(extension: &str) -> bool {
    is_one_of(extension, &LOG_EXTENSIONS)
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn is_number(text: &str) -> bool {
    (1..=MAX_NUMBER_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn ends_with_digit(text: &str) -> bool {
    text.ends_with(|letter: char| letter.is_ascii_digit())
}

/// Files that are one log.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Set<D> {
    pub(super) directory: D,
    /// The name that the live file has, or would have.
    pub(super) base: String,
    /// Indices into the names that were given, oldest first.
    pub(super) members: Vec<usize>,
    /// For each member but the first, whether it has the age of the one before: a compressed copy, perhaps.
    pub(super) same_age: Vec<bool>,
}

/// Sorts files, given as directory and name, into sets.
pub(super) fn sets<D: Ord + Clone>(files: &[(D, &str)]) -> Vec<Set<D>> {
    let mut names: Vec<Name> = files.iter().map(|(_, name)| Name::of(name)).collect();
    let key = |index: usize, base: &str| (files[index].0.clone(), base.to_owned());
    let mut has_live = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        *has_live.entry(key(index, &name.base)).or_insert(false) |= name.age == Age::Live;
    }
    let mut sets: BTreeMap<(D, String), Vec<usize>> = BTreeMap::new();
    for (index, name) in names.iter_mut().enumerate() {
        let mut place = key(index, &name.base);
        if name.ambiguous && !has_live[&place] {
            place = key(index, without_compression(files[index].1).0);
            name.age = Age::Live;
        }
        sets.entry(place).or_default().push(index);
    }
    sets.into_iter()
        .map(|((directory, base), mut members)| {
            members.sort_by_key(|&index| (&names[index].age, !names[index].compressed, files[index].1));
            let same_age = members.windows(2).map(|pair| names[pair[0]].age == names[pair[1]].age).collect();
            Set { directory, base, members, same_age }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of one directory, in any order, and the sets expected of them, as `base: files`.
    #[track_caller]
    fn check(files: &[&str], expected: &[&str]) {
        for reverse in [false, true] {
            let mut given: Vec<(&str, &str)> = files.iter().map(|&name| ("logs", name)).collect();
            if reverse {
                given.reverse();
            }
            let got: Vec<String> = sets(&given)
                .iter()
                .map(|set| {
                    let members: Vec<&str> = set.members.iter().map(|&index| given[index].1).collect();
                    format!("{}: {}", set.base, members.join(" "))
                })
                .collect();
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn numbers_behind_the_extension_are_older_the_higher_they_are() {
        check(
            &["svc.log", "svc.log.1", "svc.log.2.gz", "svc.log.10.gz"],
            &["svc.log: svc.log.10.gz svc.log.2.gz svc.log.1 svc.log"],
        );
        check(&["svc.log.1", "svc.log.2"], &["svc.log: svc.log.2 svc.log.1"]);
    }

    #[test]
    fn numbers_between_dots_are_rotation_beside_the_live_file_only() {
        check(&["svc.log", "svc.1.log", "svc.2.log.gz"], &["svc.log: svc.2.log.gz svc.1.log svc.log"]);
        check(
            &["worker.0.log", "worker.1.log", "worker.1.log.1"],
            &["worker.0.log: worker.0.log", "worker.1.log: worker.1.log.1 worker.1.log"],
        );
        check(&["worker.log", "worker.0.log"], &["worker.0.log: worker.0.log", "worker.log: worker.log"]);
        check(&["syslog", "syslog.1", "syslog.2.gz"], &["syslog: syslog.2.gz syslog.1 syslog"]);
        check(&["case.1", "case.2"], &["case.1: case.1", "case.2: case.2"]);
    }

    #[test]
    fn dates_are_rotation_wherever_they_stand() {
        check(
            &["svc.log", "svc-2024-05-02.log", "svc-2024-05-01.log.gz"],
            &["svc.log: svc-2024-05-01.log.gz svc-2024-05-02.log svc.log"],
        );
        check(
            &["svc.log-20240501.gz", "svc.log-20240502", "svc.log"],
            &["svc.log: svc.log-20240501.gz svc.log-20240502 svc.log"],
        );
        check(
            &["svc.log.2024-05-01", "svc.log.2024-04-30", "svc.log"],
            &["svc.log: svc.log.2024-04-30 svc.log.2024-05-01 svc.log"],
        );
        check(
            &["svc.log.2024-05-01-13", "svc.log.2024-05-01-09", "svc.log.2024-05-01"],
            &["svc.log: svc.log.2024-05-01 svc.log.2024-05-01-09 svc.log.2024-05-01-13"],
        );
        check(
            &["0.log", "0.log.20240501-120000.gz", "0.log.20240501-130000"],
            &["0.log: 0.log.20240501-120000.gz 0.log.20240501-130000 0.log"],
        );
        check(
            &["2024-05-01-svc.log", "2024-05-02-svc.log"],
            &["svc.log: 2024-05-01-svc.log 2024-05-02-svc.log"],
        );
        check(&["2024-05-01.log", "2024-05-02.1.log"], &[".log: 2024-05-01.log 2024-05-02.1.log"]);
        check(
            &["svc-2024-05-01-error.log", "svc-2024-05-01.log"],
            &["svc-error.log: svc-2024-05-01-error.log", "svc.log: svc-2024-05-01.log"],
        );
        check(
            &["svc-2024-05-01T12-00-00.000.log.gz", "svc-2024-05-01T02-00-00.000.log.gz", "svc.log"],
            &["svc.log: svc-2024-05-01T02-00-00.000.log.gz svc-2024-05-01T12-00-00.000.log.gz svc.log"],
        );
        check(
            &["app-out.log", "app-out__2024-05-01_00-00-00.log"],
            &["app-out.log: app-out__2024-05-01_00-00-00.log app-out.log"],
        );
    }

    #[test]
    fn numbers_of_a_day_are_newer_the_higher_they_are() {
        check(
            &["svc-2024-05-01.1.log", "svc-2024-05-01.10.log", "svc-2024-05-01.2.log", "svc-2024-05-01.log"],
            &["svc.log: svc-2024-05-01.log svc-2024-05-01.1.log svc-2024-05-01.2.log svc-2024-05-01.10.log"],
        );
        check(
            &["svc.2024-05-01.1.log.gz", "svc.2024-05-01.0.log.gz", "svc.log"],
            &["svc.log: svc.2024-05-01.0.log.gz svc.2024-05-01.1.log.gz svc.log"],
        );
        check(
            &["svc-20240501_001.log", "svc-20240501.log"],
            &["svc.log: svc-20240501.log svc-20240501_001.log"],
        );
        check(
            &["svc-2024-05-01.log.1", "svc-2024-05-01.log"],
            &["svc.log: svc-2024-05-01.log svc-2024-05-01.log.1"],
        );
    }

    #[test]
    fn instances_and_versions_are_logs_of_their_own() {
        check(&["node-1.log", "node-2.log"], &["node-1.log: node-1.log", "node-2.log: node-2.log"]);
        check(
            &["orders.log", "orders-v2.log", "orders-2.log"],
            &["orders-2.log: orders-2.log", "orders-v2.log: orders-v2.log", "orders.log: orders.log"],
        );
        check(
            &["app-1.2.log", "app-1.2.3.log", "app-1.log"],
            &["app-1.2.3.log: app-1.2.3.log", "app-1.2.log: app-1.2.log", "app-1.log: app-1.log"],
        );
        check(&["10.0.0.1.log", "10.0.0.log"], &["10.0.0.1.log: 10.0.0.1.log", "10.0.0.log: 10.0.0.log"]);
        check(&["svc.log.12345", "svc.log"], &["svc.log: svc.log", "svc.log.12345: svc.log.12345"]);
        check(&["a.json", "a.log"], &["a.json: a.json", "a.log: a.log"]);
        check(
            &["backup.tar.gz", "backup-2024-05-01.tar.gz"],
            &["backup-2024-05-01.tar: backup-2024-05-01.tar.gz", "backup.tar: backup.tar.gz"],
        );
    }

    #[test]
    fn old_files_come_before_the_live_one() {
        check(&["svc.log", "svc.log.old"], &["svc.log: svc.log.old svc.log"]);
        check(&["Xorg.0.log", "Xorg.0.log.old"], &["Xorg.0.log: Xorg.0.log.old Xorg.0.log"]);
    }

    #[test]
    fn directories_keep_sets_apart_and_copies_have_one_age() {
        let files = [("a", "svc.log.1"), ("a", "svc.log.1.gz"), ("a", "svc.log"), ("b", "svc.log")];
        let sets = sets(&files);
        assert_eq!(sets.len(), 2);
        assert_eq!((&sets[0].members[..], &sets[0].same_age[..]), (&[1, 0, 2][..], &[true, false][..]));
        assert_eq!((sets[1].directory, &sets[1].members[..]), ("b", &[3][..]));
    }
}
