//! Points in time, and times as a log wrote them.

use std::fmt;

/// Nanoseconds since 1970-01-01T00:00:00Z. Range: the years 1678 to 2262.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(pub i64);

/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;
/// Nanoseconds in a day.
pub const DAY: i64 = 86_400 * SECOND;

impl Time {
    /// Stands for a time that nothing tells.
    pub const UNKNOWN: Time = Time(0);

    /// The time of a civil date and time of day in UTC; `None` outside the range of `Time`.
    ///
    /// `month` is 1 to 12, `day` 1 to 31; neither is checked against the calendar.
    pub fn from_civil(year: i64, month: u32, day: u32, nanos_of_day: i64) -> Option<Time> {
        days_from_civil(year, month, day).checked_mul(DAY)?.checked_add(nanos_of_day).map(Time)
    }

    /// Year, month (1 to 12) and day (1 to 31) in UTC.
    pub fn civil(self) -> (i64, u32, u32) {
        civil_from_days(self.0.div_euclid(DAY))
    }

    /// The same day and time of day in another year; a time that would leave the range stays.
    pub fn in_year(self, year: i64) -> Time {
        let (_, month, day) = self.civil();
        Time::from_civil(year, month, day, self.nanos_of_day()).unwrap_or(self)
    }

    /// A time whose date was read with the month first, with the day first: day and month change places, if they can.
    pub fn day_first(self) -> Time {
        let (year, month, day) = self.civil();
        if day > 12 {
            return self;
        }
        Time::from_civil(year, day, month, self.nanos_of_day()).unwrap_or(self)
    }

    /// Nanoseconds since midnight UTC.
    pub fn nanos_of_day(self) -> i64 {
        self.0.rem_euclid(DAY)
    }
}

/// RFC 3339 in UTC with nine fraction digits: `2024-05-01T12:00:00.000000000Z`.
impl Time {
    /// The written form.
    pub fn written(self) -> [u8; 30] {
        let (year, month, day) = self.civil();
        let nanos = self.nanos_of_day() as u64;
        let seconds = nanos / SECOND as u64;
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        // the years of the range have four digits
        for (at, length, number) in [
            (0, 4, year.unsigned_abs()),
            (5, 2, month.into()),
            (8, 2, day.into()),
            (11, 2, seconds / 3600),
            (14, 2, seconds / 60 % 60),
            (17, 2, seconds % 60),
            (20, 9, nanos % SECOND as u64),
        ] {
            digits(number, &mut text[at..at + length]);
        }
        text
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.written()).unwrap_or_default())
    }
}

/// Writes a number with zeros at its front.
fn digits(mut number: u64, into: &mut [u8]) {
    for digit in into.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
///
/// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let y = year - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let shifted_month = i64::from((month + 9) % 12);
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date that lies `days` after 1970-01-01; the inverse of [`days_from_civil`].
pub fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// How fine a log writes its times: the size of the last digit, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Precision(pub u32);

impl Precision {
    /// Nine fraction digits.
    pub const NANO: Precision = Precision(1);
    /// Six fraction digits.
    pub const MICRO: Precision = Precision(1_000);
    /// Three fraction digits.
    pub const MILLI: Precision = Precision(1_000_000);
    /// No fraction.
    pub const SECOND: Precision = Precision(1_000_000_000);

    /// The precision of a number of fraction digits of a second.
    pub fn from_digits(digits: usize) -> Precision {
        Precision(10u32.pow(9 - digits.min(9) as u32))
    }
}

/// Which parts of the date a log wrote.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Date {
    /// Year, month and day.
    Full,
    /// Month and day; the year is missing and 2000 stands for it.
    NoYear,
    /// Time of day only; 1970-01-01 stands for the date.
    None,
}

/// A time as a log wrote it, before zone, year and date are resolved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// The written date and time of day, read as if it were UTC: nanoseconds since the epoch.
    pub local: i64,
    /// Which parts of the date were written.
    pub date: Date,
    /// Offset from UTC in seconds (east is positive) if the log states one; 0 for `Z`, `UTC` and epoch numbers.
    pub offset: Option<i32>,
    /// How fine the time is written.
    pub precision: Precision,
}

impl Stamp {
    /// A complete time that needs nothing more.
    pub fn utc(time: Time, precision: Precision) -> Stamp {
        Stamp { local: time.0, date: Date::Full, offset: Some(0), precision }
    }

    /// The time, if the log wrote date and zone; `None` if something has to be found elsewhere.
    pub fn complete(&self) -> Option<Time> {
        match (self.date, self.offset) {
            (Date::Full, Some(offset)) => Some(Time(self.local - i64::from(offset) * SECOND)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_dates_survive_the_way_to_days_and_back() {
        for days in (-110_000..110_000).step_by(7) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days, "{year}-{month}-{day}");
        }
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 3, 1), 11_017);
    }

    #[test]
    fn a_time_is_written_with_nine_digits() {
        let time = Time::from_civil(2024, 2, 29, 12 * 3600 * SECOND + 5).expect("in range");
        assert_eq!(time.to_string(), "2024-02-29T12:00:00.000000005Z");
        assert_eq!(Time(-1).to_string(), "1969-12-31T23:59:59.999999999Z");
    }

    #[test]
    fn an_offset_east_of_greenwich_is_earlier_in_utc() {
        let stamp = Stamp {
            local: 7_200 * SECOND,
            date: Date::Full,
            offset: Some(7_200),
            precision: Precision::SECOND,
        };
        assert_eq!(stamp.complete(), Some(Time(0)));
    }
}
