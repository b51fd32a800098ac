//! Reads times of day: `12:00:00.123`, `1:26:07 PM`, `120000`.
//!
//! After a date little is needed to believe that digits are a time of day. Alone they must be written in full, for
//! durations, ratios, IPv6 and MAC addresses look alike.

use crate::model::{Precision, SECOND};

use super::digits::{self, Fraction, Shape, byte, is_digit, is_word};

/// A time of day as written.
pub(super) struct Clock {
    /// 0 to 24; 24 is midnight.
    pub(super) hour: u32,
    /// Nanoseconds since the hour began. A leap second is the first second of the next minute.
    pub(super) nanos_of_hour: i64,
    pub(super) precision: Precision,
    /// What stands between hour, minute and second.
    pub(super) separator: u8,
}

/// What the date before a time of day allows it to be.
#[derive(Clone, Copy)]
pub(super) struct Allow {
    /// The seconds may be missing.
    pub(super) minutes_only: bool,
    /// Dots may stand for colons.
    pub(super) dots: bool,
}

/// Reads the time of day at `at`, which stands after a date and what separates the two.
pub(super) fn after_date(text: &[u8], at: usize, allow: Allow) -> Option<(Clock, usize)> {
    let (hour, minute_at) = digits::one_or_two(text, at)?;
    let separator = byte(text, minute_at);
    let after_letter = matches!(byte(text, at.wrapping_sub(1)), b'T' | b't' | b'_');
    match separator {
        b':' => {}
        b'.' if allow.dots && minute_at == at + 2 => {}
        b'-' if after_letter && minute_at == at + 2 => {}
        _ => return None,
    }
    let minute = digits::two(text, minute_at + 1)?;
    let at = minute_at + 3;
    if byte(text, at) == separator && is_digit(text, at + 1) {
        let second = digits::two(text, at + 1)?;
        return rest(text, at + 3, [hour, minute, second], separator);
    }
    if separator == b':'
        && byte(text, at) == b'.'
        && !is_digit(text, at + 3)
        && let Some(second) = digits::two(text, at + 1).filter(|second| *second < 60)
    {
        // structlog's default before version 21: "13:14.59"
        return half_day(text, at + 3, [hour, minute, second], Fraction::NONE, separator);
    }
    if separator != b':' || !allow.minutes_only || is_digit(text, at) {
        return None;
    }
    half_day(text, at, [hour, minute, 0], Fraction::NONE, separator)
}

/// Reads `hh:mm:ss` at `at` and what may follow it; nothing else, but fast.
#[inline(always)]
pub(super) fn full(text: &[u8], at: usize) -> Option<(Clock, usize)> {
    const COLONS: Shape = Shape::new(b"00:00:00");
    let pairs = COLONS.pairs(text.get(at..)?.first_chunk()?)?;
    rest(text, at + 8, [pairs[0].into(), pairs[3].into(), pairs[6].into()], b':')
}

/// Reads `hhmmss`, or `hhmm` if `minutes_only`, at `at`.
pub(super) fn compact(text: &[u8], at: usize, minutes_only: bool) -> Option<(Clock, usize)> {
    let [hour, minute] = [digits::two(text, at)?, digits::two(text, at + 2)?];
    match digits::two(text, at + 4) {
        Some(second) => rest(text, at + 6, [hour, minute, second], 0),
        None if minutes_only && !is_digit(text, at + 4) => {
            half_day(text, at + 4, [hour, minute, 0], Fraction::NONE, 0)
        }
        None => None,
    }
}

/// Reads `hhmmss` and the digits of its fraction right after it.
pub(super) fn joined(text: &[u8], at: usize, fraction_digits: usize) -> Option<(Clock, usize)> {
    let time = [digits::two(text, at)?, digits::two(text, at + 2)?, digits::two(text, at + 4)?];
    let (fraction, end) = match fraction_digits {
        0 => (Fraction::NONE, at + 6),
        _ => digits::fraction(text, at + 6)?,
    };
    half_day(text, end, time, fraction, 0)
}

/// Reads `h:m:s` or `h:m:s:ms`, each number without leading zeros, as some Android apps write them.
pub(super) fn unpadded(text: &[u8], at: usize) -> Option<(Clock, usize)> {
    let after_colon = |at| if byte(text, at) == b':' { digits::one_or_two(text, at + 1) } else { None };
    let (hour, at) = digits::one_or_two(text, at)?;
    let (minute, at) = after_colon(at)?;
    let (second, at) = after_colon(at)?;
    let millis = digits::count(text, at + 1, 4);
    if byte(text, at) != b':' || !(1..=3).contains(&millis) {
        return rest(text, at, [hour, minute, second], b':');
    }
    let billionths = i64::from(digits::value(text, at + 1, millis)) * 1_000_000;
    let fraction = Fraction { billionths, digits: 3 };
    half_day(text, at + 1 + millis, [hour, minute, second], fraction, b':')
}

/// Reads a time of day that stands alone: `hh:mm:ss`, or with AM or PM also `h:mm:ss` and `h:mm`.
pub(super) fn alone(text: &[u8]) -> Option<(Clock, usize)> {
    let (hour, hour_end) = digits::one_or_two(text, 0)?;
    let minute = digits::two(text, hour_end + 1)?;
    let at = hour_end + 3;
    if byte(text, hour_end) != b':' || is_digit(text, at) {
        return None;
    }
    let has_seconds = byte(text, at) == b':';
    let (clock, end) = if has_seconds {
        rest(text, at + 3, [hour, minute, digits::two(text, at + 1)?], b':')?
    } else {
        half_day(text, at, [hour, minute, 0], Fraction::NONE, b':')?
    };
    let has_half = matches!(text[end - 1], b'm' | b'M');
    let in_full = hour_end == 2 && has_seconds && hour < 24;
    (has_half || in_full).then_some((clock, end))
}

/// Reads what may follow the seconds: a fraction, AM or PM. `at` is the position after the seconds.
#[inline(always)]
fn rest(text: &[u8], at: usize, time: [u32; 3], separator: u8) -> Option<(Clock, usize)> {
    let (fraction, end) = match byte(text, at) {
        b'.' | b',' if is_digit(text, at + 1) => {
            let (fraction, end) = digits::fraction(text, at + 1)?;
            (fraction, if byte(text, end) == b'.' { past_millis_again(text, at, end) } else { end })
        }
        b':' => colon_fraction(text, at).unwrap_or((Fraction::NONE, at)),
        b'0'..=b'9' => return None,
        _ => (Fraction::NONE, at),
    };
    half_day(text, end, time, fraction, separator)
}

/// One past milliseconds that a layout writes once more, `12:00:00,257.257`: Python's `%(asctime)s.%(msecs)03d`.
#[cold]
fn past_millis_again(text: &[u8], at: usize, end: usize) -> usize {
    let again = text[at] == b','
        && text[at + 1..end].len() == 3
        && text.get(end + 1..end + 4) == Some(&text[at + 1..end])
        && !is_word(text, end + 4);
    if again { end + 4 } else { end }
}

/// Milliseconds, or finer, after a colon: three, six or nine digits, else it is another number (a line, a process).
fn colon_fraction(text: &[u8], at: usize) -> Option<(Fraction, usize)> {
    let (fraction, end) = digits::fraction(text, at + 1)?;
    (matches!(fraction.digits, 3 | 6 | 9) && !is_word(text, end)).then_some((fraction, end))
}

/// Reads AM or PM, if there, and checks the ranges.
#[inline(always)]
fn half_day(
    text: &[u8],
    at: usize,
    [hour, minute, second]: [u32; 3],
    fraction: Fraction,
    separator: u8,
) -> Option<(Clock, usize)> {
    // A leap second ends an hour of UTC, and in every zone a quarter of an hour.
    let seconds = if minute % 15 == 14 { 61 } else { 60 };
    if hour > 24 || minute > 59 || second >= seconds {
        return None;
    }
    let (hour, end) = match byte(text, at) {
        b' ' | b'a' | b'A' | b'p' | b'P' | 0xc2 | 0xe2 if (1..=12).contains(&hour) => {
            match half_day_name(text, at) {
                Some((half, end)) => (hour % 12 + half, end),
                None => (hour, at),
            }
        }
        _ => (hour, at),
    };
    let nanos_of_hour = i64::from(minute * 60 + second) * SECOND + fraction.billionths;
    Some((Clock { hour, nanos_of_hour, precision: fraction.precision(), separator }, end))
}

/// Hours to add for AM or PM and the position after it. Java and browsers put no-break spaces before it.
fn half_day_name(text: &[u8], at: usize) -> Option<(u32, usize)> {
    let rest = &text[at..];
    let at = match rest {
        [b' ', ..] => at + 1,
        [0xc2, 0xa0, ..] => at + 2,
        [0xe2, 0x80, 0xaf, ..] => at + 3,
        _ => at,
    };
    let half = match byte(text, at) {
        b'a' | b'A' => 0,
        b'p' | b'P' => 12,
        _ => return None,
    };
    let is_name = matches!(byte(text, at + 1), b'm' | b'M') && !is_word(text, at + 2);
    is_name.then_some((half, at + 2))
}
