//! Reads the times that logs write.
//!
//! [`parse_prefix`] reads the time that begins a text, [`parse`] a text that is nothing but a time. Neither asks for
//! zone, year or date: a [`Stamp`] says what was written, [`Zone`], [`with_year`] and [`with_date`] give the rest.
//! Names of months, weekdays and zones are English. Brackets, quotes and white space around a time are not its part.
//!
//! A date alone is no time, nor is hour and minute alone. What has more than one reading is read so:
//!
//! - `03/04/2024` by the given order of day and month, unless one of them is above 12; `03.04.2024` day first.
//! - `24/05/01`: year first, as Spark writes, if the first number is above 12 and the month goes first; else the year
//!   is last. `05-01 12:00:00` is month and day by the same order.
//! - Hour 24 is midnight at the end of the day (ISO 8601), in dates with slashes the first hour of it (browsers).
//! - A leap second is the first second of the next minute.
//! - `12:00:00:123` has milliseconds; `12:00:00:42` ends after the seconds.
//! - `2024-05-01T12:00:001` is no time; after `2024-05-01T12:00:00abc` the time ends before the letters.
//! - A zone's abbreviation counts if it has one meaning in practice; an unknown one is not part of the time, except
//!   before a year (`Wed May 19 08:00:01 WIB 2021`), and leaves the zone open.

mod calendar;
mod clock;
mod dates;
mod digits;
mod epoch;
mod names;
mod offset;
mod recent;
mod zone;

use crate::model::{DAY, Date, SECOND, Stamp, Time, civil_from_days, days_from_civil};

use clock::Clock;

pub use epoch::{is_moment, parse_epoch};
pub(super) use recent::Recent;
pub use zone::{UnknownZone, Zone};

/// How to read 03/04/2024.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DayOrder {
    /// The 4th of March.
    #[default]
    MonthFirst,
    /// The 3rd of April.
    DayFirst,
}

/// Reads the time that stands at the very start of `text`; gives it and the number of bytes it takes.
///
/// The zone is part of it, a separator after it is not. What follows does not matter unless it makes the time doubtful.
#[inline]
pub fn parse_prefix(text: &[u8], order: DayOrder) -> Option<(Stamp, usize)> {
    match *text.first()? {
        b'0'..=b'9' => {
            let common = match text.get(4) {
                Some(b'-' | b'/' | b'.') => dates::iso(text),
                Some(b'A'..=b'z') => names::access_log(text),
                _ => None,
            };
            common.or_else(|| digits_first(text, order))
        }
        b'@' => epoch::tai64(text),
        letter if calendar::may_begin_name(letter) => names::read(text, order),
        _ => None,
    }
}

/// Reads a text that is a time as a whole, such as the value of a field. White space around it is allowed, and so are
/// epoch numbers of any length that [`parse_epoch`] reads.
pub fn parse(text: &[u8], order: DayOrder) -> Option<Stamp> {
    let text = text.trim_ascii();
    match parse_prefix(text, order) {
        Some((stamp, end)) if end == text.len() || is_monotonic_clock(&text[end..]) => Some(stamp),
        _ if text.starts_with(b"[") && text.ends_with(b"]") && text.len() < 64 => {
            parse(&text[1..text.len() - 1], order)
        }
        _ if text.starts_with(b"/Date(") => epoch::microsoft(text),
        _ => parse_epoch(text),
    }
}

/// Reads what stands after the letter of a line of glog or klog, `0501 12:00:00.123456` or, with the year,
/// `20240501 12:00:00.123456`; gives it and the number of bytes it takes.
#[inline]
pub fn parse_klog(text: &[u8]) -> Option<(Stamp, usize)> {
    dates::klog(text)
}

/// The order of day and month that the time at the very start of `text` proves: one of the two is above 12.
///
/// `None` if both orders are possible, if the time has no such date, or if there is no time. Dates with dots prove
/// nothing about others, for their order is fixed.
pub fn day_order_evidence(text: &[u8]) -> Option<DayOrder> {
    let at = names::after_weekday(text).unwrap_or(0);
    let order = dates::order_of(text, at)?;
    parse_prefix(text, order).map(|_| order)
}

/// The time at the very start of `text` with the month first and with the day first, in local time, if day and month may
/// change places.
pub fn both_orders(text: &[u8]) -> Option<(Time, Time)> {
    let read = |order| match parse_prefix(text, order)? {
        (Stamp { local, date: Date::Full, .. }, _) => Some(Time(local)),
        _ => None,
    };
    let (month_first, day_first) = (read(DayOrder::MonthFirst)?, read(DayOrder::DayFirst)?);
    let is_open = month_first != day_first && month_first.day_first() == day_first;
    is_open.then_some((month_first, day_first))
}

/// The order of day and month in which one of two times (see [`both_orders`]) is close to when a file was changed or to the date
/// in its name, and the other one is not.
pub fn order_near((month_first, day_first): (Time, Time), near: Time) -> Option<DayOrder> {
    const CLOSE: i64 = 3 * DAY;
    const FAR: i64 = 10 * DAY;
    let away = |time: Time| time.0.saturating_sub(near.0).saturating_abs();
    match (away(month_first), away(day_first)) {
        (close, far) if close <= CLOSE && far >= FAR => Some(DayOrder::MonthFirst),
        (far, close) if close <= CLOSE && far >= FAR => Some(DayOrder::DayFirst),
        _ => None,
    }
}

/// Gives a stamp with month and day the year that was not written; any other stamp stays as it is.
///
/// The 29th of February in a year that has none is of the last leap year before it. A year before 1700 or after 2250,
/// near the ends of `Time`, is not taken.
pub fn with_year(stamp: Stamp, year: i64) -> Stamp {
    if stamp.date != Date::NoYear || !(1700..=2250).contains(&year) {
        return stamp;
    }
    let (_, month, day) = civil_from_days(stamp.local.div_euclid(DAY));
    let has_day = |year: &i64| civil_from_days(days_from_civil(*year, month, day)) == (*year, month, day);
    // Leap years are eight years apart at most.
    let year = (0..=8).map(|back| year - back).find(has_day);
    match year.and_then(|year| Time::from_civil(year, month, day, stamp.local.rem_euclid(DAY))) {
        Some(Time(local)) => Stamp { local, date: Date::Full, ..stamp },
        None => stamp,
    }
}

/// Gives a stamp without a date the day that lies `days_since_epoch` after 1970-01-01; any other stamp stays as it is.
/// A day outside the range of `Time` is not taken.
pub fn with_date(stamp: Stamp, days_since_epoch: i64) -> Stamp {
    if stamp.date != Date::None {
        return stamp;
    }
    match days_since_epoch.checked_mul(DAY).and_then(|midnight| midnight.checked_add(stamp.local)) {
        Some(local) => Stamp { local, date: Date::Full, ..stamp },
        None => stamp,
    }
}

/// Whether a word is a part of a date or a time: the name of a month, of a weekday or of a zone.
pub fn is_calendar_word(word: &[u8]) -> bool {
    calendar::month(word, 0).is_some_and(|(_, end)| end == word.len())
        || calendar::weekday(word, 0) == Some(word.len())
        || offset::is_abbreviation(word)
}

fn digits_first(text: &[u8], order: DayOrder) -> Option<(Stamp, usize)> {
    let (number, n) = digits::number(text, 0)?;
    match (n, digits::byte(text, n)) {
        (1 | 2, b':') => time_of_day(text, order),
        (10 | 13 | 16 | 19, _) => epoch::prefix(text, number, n),
        (1, b'.') => dates::read(text, 0, order).or_else(|| epoch::prefix(text, number, n)),
        _ => dates::read(text, 0, order),
    }
}

fn time_of_day(text: &[u8], order: DayOrder) -> Option<(Stamp, usize)> {
    let (clock, end) = clock::alone(text)?;
    let (stamp, end) = finish(text, Day { written: Date::None, ..Day::full(0) }, &clock, end)?;
    let next = digits::byte(text, end);
    // "12:00:00: message" is a time, "12:00:00:1f" is not
    let goes_on = next == b':' && digits::byte(text, end + 1) != b' '
        || (matches!(next, b'.' | b',') && digits::is_digit(text, end + 1));
    if goes_on || digits::is_word(text, end) {
        return None;
    }
    // "12:00:00.123 01-May-2024"
    let behind = if next == b' ' { dates::alone(text, end + 1, order) } else { None };
    Some(match behind {
        Some((day, end)) => (Stamp { local: day * DAY + stamp.local, date: Date::Full, ..stamp }, end),
        None => (stamp, end),
    })
}

/// What Go adds to a time that it prints: ` m=+0.123`.
fn is_monotonic_clock(rest: &[u8]) -> bool {
    let reading = rest.strip_prefix(b" m=+").or_else(|| rest.strip_prefix(b" m=-"));
    reading.is_some_and(|reading| reading.iter().all(|&byte| byte.is_ascii_digit() || byte == b'.'))
}

/// A day before a time of day.
struct Day {
    /// Days since 1970-01-01.
    number: i64,
    written: Date,
    /// Hour 24 is the first hour of the day, not the end of it.
    hour_24_begins_it: bool,
}

impl Day {
    fn full(number: i64) -> Day {
        Day { number, written: Date::Full, hour_24_begins_it: false }
    }
}

/// Joins a day with its time of day and the zone that may follow at `at`.
#[inline(always)]
fn finish(text: &[u8], day: Day, clock: &Clock, at: usize) -> Option<(Stamp, usize)> {
    let hour = match clock.hour {
        24 if day.hour_24_begins_it => 0,
        24 if clock.nanos_of_hour != 0 => return None,
        hour => hour,
    };
    let local = day.number * DAY + i64::from(hour) * 3600 * SECOND + clock.nanos_of_hour;
    let (offset, end) = match clock.separator {
        b'.' if let Some((offset, end)) = offset::minutes(text, at) => (Some(offset), end),
        _ => offset::read(text, at, local),
    };
    Some((Stamp { local, date: day.written, offset, precision: clock.precision }, end))
}

#[cfg(test)]
mod tests;
