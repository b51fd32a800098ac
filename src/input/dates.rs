//! Dates in file names, as rotation and daily logs write them.
//!
//! Found anywhere in a name: `2024-05-01`, `2024_05_01`, `2024.05.01`, `20240501`, each with or without a time of day
//! behind it (`-13`, `_13-00-00`, `T12-00-00.000Z`, `-120000`, `.120000`, `2024050113`). Found at the end of a stem
//! only, because they might be anything elsewhere: `2024`, `2024-05`, `202405`, and seconds or milliseconds since the
//! epoch. Two-digit years and days before months are not read: they cannot be told apart.

use std::ops::Range;

use super::rotation::is_log_extension;
use crate::model::civil_from_days;

/// A date in a name; the order is that of time, with parts that are missing first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct NameDate {
    pub(super) year: i64,
    /// 0 if only the year is written.
    pub(super) month: u32,
    /// 0 if only year and month are written.
    pub(super) day: u32,
    /// The digits of the time of day, as many as are written.
    time: String,
}

/// A date and where in the name it stands.
pub(super) struct Found {
    pub(super) range: Range<usize>,
    pub(super) date: NameDate,
}

/// The first date in a name that has no compression suffix.
pub(super) fn find(name: &str) -> Option<Found> {
    let bytes = name.as_bytes();
    let starts = || {
        (0..bytes.len())
            .filter(|&at| bytes[at].is_ascii_digit() && (at == 0 || !bytes[at - 1].is_ascii_digit()))
    };
    starts().find_map(|at| day_at(bytes, at)).or_else(|| starts().find_map(|at| vague_at(name, at)))
}

/// Whether a name is a date and nothing else, as that of a directory.
pub(super) fn whole(name: &str) -> Option<NameDate> {
    find(name).filter(|found| found.range == (0..name.len())).map(|found| found.date)
}

/// A date with a day.
fn day_at(bytes: &[u8], at: usize) -> Option<Found> {
    let run = digits_at(bytes, at);
    let (mut end, date) = match run {
        4 => {
            let separator = *bytes.get(at + 4).filter(|byte| b"-_.".contains(byte))?;
            let second = *bytes.get(at + 7)?;
            if second != separator || digits_at(bytes, at + 5) != 2 || digits_at(bytes, at + 8) != 2 {
                return None;
            }
            let parts = [&bytes[at..at + 4], &bytes[at + 5..at + 7], &bytes[at + 8..at + 10]].concat();
            (at + 10, compact(&parts)?)
        }
        8 | 10 | 12 | 14 => (at + run, compact(&bytes[at..at + run])?),
        _ => return None,
    };
    let mut date = date;
    if date.time.is_empty() {
        let (time, time_end) = time_at(bytes, end);
        (date.time, end) = (time, time_end);
    }
    at_boundary(bytes, end).then_some(Found { range: at..end, date })
}

/// `YYYYMMDD`, with two, four or six digits of time behind it.
fn compact(digits: &[u8]) -> Option<NameDate> {
    let date = NameDate {
        year: number(&digits[..4])?,
        month: number(&digits[4..6])? as u32,
        day: number(&digits[6..8])? as u32,
        time: String::from_utf8(digits[8..].to_vec()).ok()?,
    };
    let real = (1990..2100).contains(&date.year)
        && (1..=12).contains(&date.month)
        && (1..=31).contains(&date.day)
        && is_time(date.time.as_bytes());
    real.then_some(date)
}

/// The digits of a time of day behind a date, and where it ends.
fn time_at(bytes: &[u8], start: usize) -> (String, usize) {
    let none = (String::new(), start);
    let mut at = start + usize::from(bytes[start..].starts_with(b"__"));
    let Some(&lead) = bytes.get(at).filter(|byte| b"T-_.".contains(byte)) else { return none };
    at += 1;
    let mut time = Vec::new();
    match digits_at(bytes, at) {
        // A dot and few digits are the number of a file of that day.
        6 => time.extend_from_slice(&bytes[at..at + 6]),
        4 if lead != b'.' => time.extend_from_slice(&bytes[at..at + 4]),
        2 if lead != b'.' => {
            time.extend_from_slice(&bytes[at..at + 2]);
            let mut next = at + 2;
            while time.len() < 6
                && bytes.get(next).is_some_and(|byte| b"-_.:".contains(byte))
                && digits_at(bytes, next + 1) == 2
            {
                time.extend_from_slice(&bytes[next + 1..next + 3]);
                next += 3;
            }
            at = next - time.len();
        }
        _ => return none,
    }
    let mut end = at + time.len();
    if !is_time(&time) || time.is_empty() {
        return none;
    }
    if time.len() == 6
        && bytes.get(end).is_some_and(|byte| b".,".contains(byte))
        && digits_at(bytes, end + 1) >= 3
    {
        let fraction = digits_at(bytes, end + 1);
        time.extend_from_slice(&bytes[end + 1..end + 1 + fraction]);
        end += 1 + fraction;
    }
    end += usize::from(bytes.get(end) == Some(&b'Z'));
    if !at_boundary(bytes, end) {
        return none;
    }
    (String::from_utf8(time).unwrap_or_default(), end)
}

/// A date at the end of the stem that has no day, or is a number of seconds.
fn vague_at(name: &str, at: usize) -> Option<Found> {
    let bytes = name.as_bytes();
    if at > 0 && !b"-_.".contains(&bytes[at - 1]) {
        return None;
    }
    let run = digits_at(bytes, at);
    let dashed_month = run == 4
        && bytes.get(at + 4).is_some_and(|byte| b"-_.".contains(byte))
        && digits_at(bytes, at + 5) == 2
        && at > 0;
    let (end, date) = match run {
        4 if dashed_month => {
            let parts = [&bytes[at..at + 4], &bytes[at + 5..at + 7], b"01"].concat();
            (at + 7, NameDate { day: 0, ..compact(&parts)? })
        }
        4 if at > 0 => {
            let parts = [&bytes[at..at + 4], b"0101"].concat();
            (at + 4, NameDate { month: 0, day: 0, ..compact(&parts)? })
        }
        6 => {
            let parts = [&bytes[at..at + 6], b"01"].concat();
            (at + 6, NameDate { day: 0, ..compact(&parts)? })
        }
        10 | 13 => (at + run, from_epoch(number(&bytes[at..at + 10])?)?),
        _ => return None,
    };
    let rest = &name[end..];
    let at_stem_end = rest.is_empty() || rest.strip_prefix('.').is_some_and(is_log_extension);
    at_stem_end.then_some(Found { range: at..end, date })
}

fn from_epoch(seconds: i64) -> Option<NameDate> {
    if !(1_000_000_000..4_102_444_800).contains(&seconds) {
        return None;
    }
    let (year, month, day) = civil_from_days(seconds / 86_400);
    let of_day = seconds % 86_400;
    let time = format!("{:02}{:02}{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60);
    Some(NameDate { year, month, day, time })
}

fn is_time(digits: &[u8]) -> bool {
    let limits = [24, 60, 61];
    digits.len() <= 6
        && digits
            .chunks(2)
            .zip(limits)
            .all(|(part, limit)| part.len() == 2 && number(part).is_some_and(|n| n < limit))
}

fn digits_at(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn at_boundary(bytes: &[u8], end: usize) -> bool {
    bytes.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

fn number(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, found: &str) {
        let got = find(name).map_or("none".to_owned(), |found| {
            let NameDate { year, month, day, time } = &found.date;
            format!(
                "{}|{}",
                &name[found.range],
                format_args!("{year}-{month}-{day} {time}").to_string().trim()
            )
        });
        assert_eq!(got, found, "{name}");
    }

    #[test]
    fn dates_are_found_in_their_spellings() {
        check("svc-2024-05-01.log", "2024-05-01|2024-5-1");
        check("svc.log-20240501", "20240501|2024-5-1");
        check("svc_2024_05_01.log", "2024_05_01|2024-5-1");
        check("svc.2024.05.01.log", "2024.05.01|2024-5-1");
        check("log20240501.txt", "20240501|2024-5-1");
        check("2024-05-01-svc-error.log", "2024-05-01|2024-5-1");
        check("svc.log.2024-05-01-13", "2024-05-01-13|2024-5-1 13");
        check("svc.log.2024-05-01_13-00-05", "2024-05-01_13-00-05|2024-5-1 130005");
        check("svc-2024-05-01T12-00-00.000.log", "2024-05-01T12-00-00.000|2024-5-1 120000000");
        check("svc-2024-05-01T12:00:00Z.log", "2024-05-01T12:00:00Z|2024-5-1 120000");
        check("out__2024-05-01_00-00-00.log", "2024-05-01_00-00-00|2024-5-1 000000");
        check("0.log.20240501-120000", "20240501-120000|2024-5-1 120000");
        check("svc.20240501.120000.log", "20240501.120000|2024-5-1 120000");
        check("svc-2024050113.log", "2024050113|2024-5-1 13");
        check("svc-20240501130509.log", "20240501130509|2024-5-1 130509");
    }

    #[test]
    fn the_number_of_a_file_of_the_day_is_no_time() {
        check("svc-2024-05-01.1.log", "2024-05-01|2024-5-1");
        check("svc.2024-05-01.10.log", "2024-05-01|2024-5-1");
        check("svc-20240501_001.log", "20240501|2024-5-1");
        check("svc-2024-05-01-1.log", "2024-05-01|2024-5-1");
        check("svc-2024-05-01-77.log", "2024-05-01|2024-5-1");
    }

    #[test]
    fn vague_dates_are_found_at_the_end_of_the_stem_only() {
        check("svc.log.2024-05", "2024-05|2024-5-0");
        check("svc-202405.log", "202405|2024-5-0");
        check("svc-2024.log", "2024|2024-0-0");
        check("svc.log-1714564800", "1714564800|2024-5-1 120000");
        check("svc-2024-results.log", "none");
        check("1714564800-svc.log", "none");
    }

    #[test]
    fn other_numbers_are_no_dates() {
        for name in [
            "svc.log.1",
            "node-12.log",
            "svc-1234.log",
            "svc-12345678.log",
            "svc-20241301.log",
            "ip-10-0-12-7.log",
            "550e8400-e29b-41d4-a716-446655440000.log",
            "svc-2024-05-01x.log",
            "checkout-7d9f8b6c5-x2x4q.log",
            "",
        ] {
            check(name, "none");
        }
    }
}
