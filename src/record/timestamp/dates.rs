//! Reads times that begin with a date in digits: `2024-05-01 12:00:00`, `05/01/2024, 1:26:07 PM`, `20240501T120000Z`.

use crate::model::{Date, Stamp};

use super::calendar::{self, day_number};
use super::clock::{self, Allow};
use super::digits::{self, Shape, byte, is_digit, is_word};
use super::{Day, DayOrder, finish, names};

/// Reads `2024-05-01T12:00:00`, also with `/` or `.` in the date and any separator of one byte; nothing else, but fast.
#[inline]
pub(super) fn iso(text: &[u8]) -> Option<(Stamp, usize)> {
    const DASHES: Shape = Shape::new(b"0000-00-");
    const SLASHES: Shape = Shape::new(b"0000/00/");
    const DOTS: Shape = Shape::new(b"0000.00.");
    let shape = match text.get(4)? {
        b'-' => DASHES,
        b'/' => SLASHES,
        b'.' => DOTS,
        _ => return None,
    };
    let pairs = shape.pairs(text.first_chunk()?)?;
    let day = digits::two(text, 8)?;
    if !matches!(byte(text, 10), b'T' | b' ' | b'_' | b't') {
        return None;
    }
    let (clock, at) = clock::full(text, 11)?;
    let number = day_number(u32::from(pairs[0]) * 100 + u32::from(pairs[2]), pairs[5].into(), day)?;
    finish(text, Day::full(number), &clock, at)
}

/// Reads a date in digits, or with the name of a month after digits, and the time of day after it.
pub(super) fn read(text: &[u8], at: usize, order: DayOrder) -> Option<(Stamp, usize)> {
    let n = digits::count(text, at, 18);
    match (n, byte(text, at + n)) {
        (1 | 2, b'/' | b'-' | b'.') if !is_digit(text, at + n + 1) => names::day_first(text, at, n),
        (2, b'.') if digits::count(text, at + 3, 4) == 3 => ordinal(text, at),
        (1 | 2, b'/' | b'-' | b'.') => year_last(text, at, order),
        (1 | 2, b' ') => names::day_first(text, at, n).or_else(|| blanks(text, at)),
        (4, b'-' | b'/' | b'.') => year_first(text, at),
        (4, b' ') => names::year_first(text, at),
        (6, b' ') => six_digits(text, at),
        (8, b'T' | b't' | b' ' | b'.' | b'-' | b'_') => eight_digits(text, at),
        (14 | 17, _) if !is_word(text, at + n) => all_digits(text, at, n),
        _ => None,
    }
}

/// `01 05 2024 12:00:00.123`, day, month and year with blanks between them (log4js, "DATE").
fn blanks(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    if byte(text, at + 2) != b' ' || byte(text, at + 5) != b' ' || byte(text, at + 10) != b' ' {
        return None;
    }
    let (day, month, year) =
        (digits::two(text, at)?, digits::two(text, at + 3)?, digits::four(text, at + 6)?);
    timed(text, at + 10, Day::full(day_number(year, month, day)?), Allow { minutes_only: false, dots: false })
}

/// Position of the time of day after a date that ends at `at`.
pub(super) fn after_gap(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at + usize::from(byte(text, at) == b',');
    if text.get(at..at + 4) == Some(b" at ") {
        return Some(at + 4);
    }
    // Kibana shows "Mar 1, 2025 @ 09:14:22.731"
    if text.get(at..at + 3) == Some(b" @ ") {
        return Some(at + 3);
    }
    // gin writes "2025/04/09 - 08:50:25"
    if matches!(text.get(at..at + 3), Some(b" - " | b" | ")) {
        at += 2;
    }
    match byte(text, at) {
        b'T' | b't' | b'_' | b'-' | b'\t' | b'|' | b';' => at += 1,
        // Erlang writes two.
        b':' => at += 1 + usize::from(byte(text, at + 1) == b':'),
        // Some write two, for instance before an hour of one digit.
        b' ' => at += 1 + usize::from(byte(text, at + 1) == b' '),
        _ => {}
    }
    is_digit(text, at).then_some(at)
}

/// Reads the time of day after a date that ends at `at`.
pub(super) fn timed(text: &[u8], at: usize, day: Day, allow: Allow) -> Option<(Stamp, usize)> {
    let start = after_gap(text, at).filter(|&start| start > at)?;
    let (clock, end) = clock::after_date(text, start, allow)?;
    finish(text, day, &clock, end)
}

/// `24.122 12:00:00`: year and day of the year, as mainframes write dates.
fn ordinal(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let year = calendar::year_of_century(digits::two(text, at)?);
    let number = calendar::ordinal_day_number(year, digits::value(text, at + 3, 3))?;
    let (clock, end) = clock::full(text, at + 7).filter(|_| byte(text, at + 6) == b' ')?;
    finish(text, Day::full(number), &clock, end)
}

/// `2024-05-01`, `2024/5/1`, `2024.05.01`, `2024-May-01`, `2024-122`.
fn year_first(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let year = digits::four(text, at)?;
    let separator = byte(text, at + 4);
    let month_at = at + 5;
    let allow = |dots| Allow { minutes_only: true, dots };
    let (month, month_end) = match digits::count(text, month_at, 4) {
        0 => calendar::month(text, month_at)?,
        3 if separator == b'-' => {
            let number = calendar::ordinal_day_number(year, digits::value(text, month_at, 3))?;
            return timed(text, month_at + 3, Day::full(number), allow(false));
        }
        n @ (1 | 2) => (digits::value(text, month_at, n), month_at + n),
        _ => return None,
    };
    if byte(text, month_end) != separator {
        return None;
    }
    let (day, end) = digits::one_or_two(text, month_end + 1)?;
    let number = day_number(year, month, day)?;
    // After other separators four numbers with dots may be an address.
    let dots = matches!(byte(text, end), b'-' | b'T' | b't' | b'_');
    timed(text, end, Day::full(number), allow(dots))
}

/// The parts of a date in digits whose year stands last, or is missing.
struct Parts {
    first: u32,
    second: u32,
    /// Value and number of digits.
    year: Option<(u32, usize)>,
    separator: u8,
    end: usize,
}

fn parts(text: &[u8], at: usize) -> Option<Parts> {
    let (first, first_end) = digits::one_or_two(text, at)?;
    let separator = byte(text, first_end);
    let (second, second_end) = digits::one_or_two(text, first_end + 1)?;
    if byte(text, second_end) != separator || !is_digit(text, second_end + 1) {
        // Without a year only what is written in full is a date.
        let full = second_end == at + 5 && matches!(byte(text, second_end), b' ' | b'|');
        return full.then_some(Parts { first, second, year: None, separator, end: second_end });
    }
    let year_at = second_end + 1;
    let digits = digits::count(text, year_at, 5);
    let year = matches!(digits, 2 | 4).then(|| digits::value(text, year_at, digits))?;
    Some(Parts { first, second, year: Some((year, digits)), separator, end: year_at + digits })
}

impl Parts {
    /// Number of the day and the orders that the two first parts of the date allow, the one that is taken first.
    fn day_number(&self, order: DayOrder) -> Option<i64> {
        // Nobody writes the month first with dots, unless the year is missing.
        let day_first = order == DayOrder::DayFirst || (self.separator == b'.' && self.year.is_some());
        let (first, second) = (self.first, self.second);
        let (wanted, other) =
            if day_first { ((second, first), (first, second)) } else { ((first, second), (second, first)) };
        let last = |(month, day)| match self.year {
            Some((year, 2)) => day_number(calendar::year_of_century(year), month, day),
            Some((year, _)) => day_number(year, month, day),
            None => day_number(2000, month, day),
        };
        let year_first = || match self.year {
            Some((day, 2)) => day_number(calendar::year_of_century(first), second, day),
            _ => None,
        };
        if !day_first
            && first > 12
            && let Some(number) = year_first()
        {
            return Some(number);
        }
        last(wanted).or_else(|| last(other)).or_else(year_first)
    }
}

/// `05/01/2024`, `01.05.2024`, `1-5-2024`, `24/05/01`, `05/01/24`, `05-01`, `05-01|`.
fn year_last(text: &[u8], at: usize, order: DayOrder) -> Option<(Stamp, usize)> {
    let parts = parts(text, at)?;
    let number = parts.day_number(order)?;
    let allow = Allow { minutes_only: matches!(parts.year, Some((_, 4))), dots: parts.year.is_some() };
    let written = if parts.year.is_some() { Date::Full } else { Date::NoYear };
    // Browsers in American English write 24:05:12 for five past midnight when told to use 24 hours.
    let day = Day { number, written, hour_24_begins_it: parts.separator == b'/' };
    timed(text, parts.end, day, allow)
}

/// A date with its year that no time of day stands behind: the number of the day, and where it ends.
pub(super) fn alone(text: &[u8], at: usize, order: DayOrder) -> Option<(i64, usize)> {
    let digits = digits::count(text, at, 5);
    let separator = byte(text, at + digits);
    let (number, end) = match (digits, separator) {
        (1 | 2, b'-' | b'/' | b'.') if !is_digit(text, at + digits + 1) => {
            let (month, end) = calendar::month(text, at + digits + 1)?;
            let year = digits::four(text, end + 1).filter(|_| byte(text, end) == separator)?;
            (day_number(year, month, digits::value(text, at, digits))?, end + 5)
        }
        (1 | 2, b'-' | b'/' | b'.') => {
            let parts = parts(text, at).filter(|parts| matches!(parts.year, Some((_, 4))))?;
            (parts.day_number(order)?, parts.end)
        }
        (4, b'-' | b'/' | b'.') => {
            let (month, end) = (digits::two(text, at + 5)?, at + 7);
            let day = digits::two(text, end + 1).filter(|_| byte(text, end) == separator)?;
            (day_number(digits::four(text, at)?, month, day)?, end + 3)
        }
        _ => return None,
    };
    let apart = matches!(byte(text, end), b' ' | b'\t' | b']' | b')' | b',' | b';' | b'|' | 0);
    let timed = after_gap(text, end).is_some_and(|start| {
        clock::after_date(text, start, Allow { minutes_only: true, dots: false }).is_some()
    });
    (apart && !timed).then_some((number, end))
}

/// The order of day and month that the date at `at` proves, if one of them is above 12 and the year cannot be first.
pub(super) fn order_of(text: &[u8], at: usize) -> Option<DayOrder> {
    if !matches!(digits::count(text, at, 3), 1 | 2) {
        return None;
    }
    let parts = parts(text, at)?;
    match (parts.first, parts.second) {
        _ if parts.separator == b'.' && parts.year.is_some() => None,
        (1..=12, 13..) => Some(DayOrder::MonthFirst),
        (13.., 1..=12) if !matches!(parts.year, Some((_, 2))) => Some(DayOrder::DayFirst),
        _ => None,
    }
}

/// `240501 12:00:00` and `240501  9:00:00` (MySQL 5), `081109 203615 ` (Hadoop).
fn six_digits(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let year = calendar::year_of_century(digits::two(text, at)?);
    let number = day_number(year, digits::two(text, at + 2)?, digits::two(text, at + 4)?)?;
    if digits::count(text, at + 7, 7) == 6 && matches!(byte(text, at + 13), b' ' | b'\t' | 0) {
        let (clock, end) = clock::compact(text, at + 7, false)?;
        return finish(text, Day::full(number), &clock, end);
    }
    timed(text, at + 6, Day::full(number), Allow { minutes_only: false, dots: false })
}

/// `20240501T120000`, `20240501T1200`, `20240501 12:00:00`, `20240501-12:00:00`, `20240501.120000`.
fn eight_digits(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let number = eight_digit_day(text, at)?;
    let gap = byte(text, at + 8);
    let start = at + 9;
    if let Some((clock, end)) = clock::compact(text, start, matches!(gap, b'T' | b't')) {
        return finish(text, Day::full(number), &clock, end);
    }
    if gap == b'-'
        && let Some((clock, end)) = clock::unpadded(text, start)
    {
        return finish(text, Day::full(number), &clock, end);
    }
    timed(text, at + 8, Day::full(number), Allow { minutes_only: false, dots: false })
}

fn eight_digit_day(text: &[u8], at: usize) -> Option<i64> {
    day_number(digits::four(text, at)?, digits::two(text, at + 4)?, digits::two(text, at + 6)?)
}

/// `20240501120000`, `20240501120000123`.
fn all_digits(text: &[u8], at: usize, n: usize) -> Option<(Stamp, usize)> {
    let number = eight_digit_day(text, at)?;
    let (clock, end) = clock::joined(text, at + 8, n - 14)?;
    finish(text, Day::full(number), &clock, end)
}

/// `0501 12:00:00.123456` and `20240501 12:00:00.123456`: what stands after the letter of glog's and klog's lines.
#[inline]
pub(super) fn klog(text: &[u8]) -> Option<(Stamp, usize)> {
    const HEAD: Shape = Shape::new(b"0000 00:");
    let Some(pairs) = text.first_chunk().and_then(|head| HEAD.pairs(head)) else {
        let digits = digits::count(text, 0, 9);
        if digits == 6 && byte(text, 6) == b' ' {
            return six_digits(text, 0);
        }
        let begins = digits == 8 && byte(text, 8) == b' ';
        return if begins { eight_digits(text, 0) } else { None };
    };
    let number = day_number(2000, pairs[0].into(), pairs[2].into())?;
    let (clock, at) = clock::full(text, 5)?;
    finish(text, Day { written: Date::NoYear, ..Day::full(number) }, &clock, at)
}
