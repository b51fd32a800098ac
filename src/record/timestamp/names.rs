//! Reads times whose month has a name: `Nov  5 10:04:31`, `01/May/2024:12:00:00 +0000`, `Wed May 19 08:00:01 EST 2021`.

use crate::model::{Date, Precision, Stamp};

use super::calendar::{self, day_number};
use super::clock::{self, Allow};
use super::digits::{self, byte, is_digit};
use super::{Day, DayOrder, dates, finish};

/// Years that are believed where another number might stand.
const LIKELY_YEARS: std::ops::Range<u32> = 1990..2100;

/// Reads a time that begins with the name of a weekday or a month.
pub(super) fn read(text: &[u8], order: DayOrder) -> Option<(Stamp, usize)> {
    if let Some((month, end)) = calendar::month(text, 0) {
        return month_first(text, end, month, false);
    }
    let at = after_weekday(text)?;
    if is_digit(text, at) {
        return dates::read(text, at, order);
    }
    let (month, end) = calendar::month(text, at)?;
    month_first(text, end, month, true)
}

/// Reads `01/May/2024:12:00:00`; nothing else, but fast.
#[inline]
pub(super) fn access_log(text: &[u8]) -> Option<(Stamp, usize)> {
    let head: &[u8; 12] = text.first_chunk()?;
    let [.., b'/', _, _, _, b'/', _, _, _, _, b':'] = head else {
        return None;
    };
    let (month, _) = calendar::month(text, 3)?;
    let number = day_number(digits::four(text, 7)?, month, digits::two(text, 0)?)?;
    let (clock, at) = clock::full(text, 12)?;
    finish(text, Day::full(number), &clock, at)
}

/// Position after a weekday and what separates it from the date.
pub(super) fn after_weekday(text: &[u8]) -> Option<usize> {
    let at = calendar::weekday(text, 0)?;
    let at = at + usize::from(byte(text, at) == b',');
    after_spaces(text, at)
}

/// Position after one or two spaces.
fn after_spaces(text: &[u8], at: usize) -> Option<usize> {
    (byte(text, at) == b' ').then(|| at + 1 + usize::from(byte(text, at + 1) == b' '))
}

/// `May 01 12:00:00`, `May 1, 2024 12:00:00 PM`, `May 01 12:00:00 2024`. `at` is the position after the month.
fn month_first(text: &[u8], at: usize, month: u32, has_weekday: bool) -> Option<(Stamp, usize)> {
    if matches!(byte(text, at), b'-' | b'/') {
        return month_joined(text, at, month);
    }
    let (day, day_end) = digits::one_or_two(text, after_spaces(text, at)?)?;
    let after_comma = day_end + usize::from(byte(text, day_end) == b',');
    let year_at = after_spaces(text, after_comma)?;
    if digits::count(text, year_at, 5) == 4 {
        let number = day_number(digits::four(text, year_at)?, month, day)?;
        return dates::timed(text, year_at + 4, Day::full(number), Allow { minutes_only: true, dots: false });
    }
    year_after_time(text, year_at, month, day, has_weekday)
}

/// `May-01-2024 12:00:00`, `May/01/2024 12:00:00`. `at` is the position after the month.
fn month_joined(text: &[u8], at: usize, month: u32) -> Option<(Stamp, usize)> {
    let (day, end) = digits::one_or_two(text, at + 1)?;
    if byte(text, end) != byte(text, at) || digits::count(text, end + 1, 5) != 4 {
        return None;
    }
    let number = day_number(digits::four(text, end + 1)?, month, day)?;
    dates::timed(text, end + 5, Day::full(number), Allow { minutes_only: true, dots: false })
}

/// Reads `01/May/2024:12:00:00`, `30-Dec-2023 17:19:29.385`, `22 Nov 2026 08:29:38.344`, `1-May-24 12:00:00`,
/// `22 Nov 08:29:38.344`. The day has `n` digits at `at`, before which only a weekday may stand.
pub(super) fn day_first(text: &[u8], at: usize, n: usize) -> Option<(Stamp, usize)> {
    let has_weekday = at > 0;
    let day = digits::value(text, at, n);
    let separator = byte(text, at + n);
    let (month, month_end) = calendar::month(text, at + n + 1)?;
    let year_at = month_end + 1;
    if byte(text, month_end) != separator {
        return None;
    }
    let year = match digits::count(text, year_at, 5) {
        4 => digits::four(text, year_at)?,
        2 if separator != b' ' || has_weekday && byte(text, year_at + 2) == b' ' => {
            calendar::year_of_century(digits::two(text, year_at)?)
        }
        _ if separator == b' ' => return year_after_time(text, year_at, month, day, has_weekday),
        _ => return None,
    };
    let year_end = year_at + if is_digit(text, year_at + 2) { 4 } else { 2 };
    let number = day_number(year, month, day)?;
    dates::timed(text, year_end, Day::full(number), Allow { minutes_only: true, dots: separator == b'-' })
}

/// `2024 May 01 12:00:00`, `2017 May 08 Mon 18:57:57.578`.
pub(super) fn year_first(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let year = digits::four(text, at)?;
    let (month, month_end) = calendar::month(text, at + 5)?;
    let (day, mut end) = digits::one_or_two(text, after_spaces(text, month_end)?)?;
    let number = day_number(year, month, day)?;
    if byte(text, end) == b' '
        && let Some(weekday_end) = calendar::weekday(text, end + 1)
    {
        end = weekday_end;
    }
    dates::timed(text, end, Day::full(number), Allow { minutes_only: true, dots: false })
}

/// Reads the time of day at `at`, and the year if it stands after it: `12:00:00 2024`, `08:00:01 EST 2021`.
fn year_after_time(
    text: &[u8],
    at: usize,
    month: u32,
    day: u32,
    has_weekday: bool,
) -> Option<(Stamp, usize)> {
    let (clock, clock_end) = clock::after_date(text, at, Allow { minutes_only: false, dots: false })?;
    let number = day_number(2000, month, day)?;
    let (stamp, end) = finish(text, Day { written: Date::NoYear, ..Day::full(number) }, &clock, clock_end)?;
    // The number after a time with a fraction is hardly a year; after a weekday or a zone it is.
    let has_zone = end > clock_end;
    let trusted = has_weekday || has_zone || stamp.precision == Precision::SECOND;
    let found = year_at(text, end).filter(|_| trusted);
    let found = found.or_else(|| year_at(text, after_word(text, clock_end)).filter(|_| has_weekday));
    let Some((year, year_end)) = found else {
        return Some((stamp, end));
    };
    let (dated, dated_end) = finish(text, Day::full(day_number(year, month, day)?), &clock, year_end)?;
    Some(if has_zone { (Stamp { offset: stamp.offset, ..dated }, year_end) } else { (dated, dated_end) })
}

/// The year after one space at `at`, and the position after it.
fn year_at(text: &[u8], at: usize) -> Option<(u32, usize)> {
    let end = at + 5;
    if byte(text, at) != b' ' || digits::count(text, at + 1, 5) != 4 {
        return None;
    }
    let ends = matches!(byte(text, end), 0 | b' ' | b'\t' | b'\r' | b'\n' | b']' | b')' | b',' | b'|' | b'"');
    let year = digits::value(text, at + 1, 4);
    (ends && LIKELY_YEARS.contains(&year)).then_some((year, end))
}

/// Position after a space and a word in capitals: a zone that is not known.
fn after_word(text: &[u8], at: usize) -> usize {
    let rest = text.get(at + 1..).unwrap_or_default();
    at + 1 + rest.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count()
}
