//! How loggers write the time of a line.

/// Where the zone stands, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// `Z`
    Zulu,
    /// Minutes east, as `+02:00`.
    Offset(i32),
    /// Minutes east, as `+0200`.
    Packed(i32),
    /// UTC, not said.
    Bare,
    /// ` UTC`
    Word,
}

/// One spelling of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// Year, month, day, time of day, with so many digits of a second behind a point (or a comma).
    Iso {
        /// Between date and time.
        separator: char,
        /// Digits of the fraction, 0 to 9.
        digits: u8,
        /// A comma before them.
        comma: bool,
        /// The zone.
        zone: Zone,
    },
    /// Milliseconds since the epoch.
    EpochMs,
    /// Nanoseconds since the epoch.
    EpochNs,
    /// Seconds since the epoch with so many digits behind the point.
    EpochSeconds(u8),
    /// `2026/11/22 08:29:19.123456`
    Slashes(u8),
    /// `22/Nov/2026:08:29:31 +0000`
    Common,
    /// `1122 08:29:19.892876`, without a year.
    Klog,
    /// `Nov 22 08:29:19`, without a year.
    Bsd,
    /// `22-Nov-2026 08:29:19.385`
    Tomcat,
    /// `11/22/2026, 8:29:19 AM`
    American,
    /// `Nov 22, 2026 8:29:19 AM`
    Jul,
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment taken apart.
struct Civil {
    year: i64,
    month: usize,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
}

impl Civil {
    /// Proleptic Gregorian date and time of day of `ns` since the epoch.
    fn of(ns: i64) -> Self {
        let (seconds, nanos) = (ns.div_euclid(1_000_000_000), ns.rem_euclid(1_000_000_000));
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let part = (5 * day_of_year + 2) / 153;
        let month = if part < 10 { part + 3 } else { part - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as usize,
            day: day_of_year - (153 * part + 2) / 5 + 1,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
            nanos,
        }
    }

    /// `n` digits of the second's fraction, cut off.
    fn fraction(&self, n: u8) -> String {
        format!("{:09}", self.nanos)[..usize::from(n)].to_owned()
    }

    fn half_day(&self) -> (i64, &'static str) {
        ((self.hour + 11) % 12 + 1, if self.hour < 12 { "AM" } else { "PM" })
    }
}

impl Stamp {
    /// True where JSON writes it without quotes.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::EpochMs | Self::EpochNs | Self::EpochSeconds(_))
    }

    /// The moment `ns` (nanoseconds since the epoch) in this spelling.
    pub(crate) fn write(self, ns: i64) -> String {
        let east = match self {
            Self::Iso { zone: Zone::Offset(minutes) | Zone::Packed(minutes), .. } => minutes,
            _ => 0,
        };
        let at = Civil::of(ns + i64::from(east) * 60_000_000_000);
        let Civil { year, month, day, hour, minute, second, .. } = at;
        let name = MONTHS[month - 1];
        match self {
            Self::Iso { separator, digits, comma, zone } => {
                let mut text =
                    format!("{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}");
                if digits > 0 {
                    text.push(if comma { ',' } else { '.' });
                    text += &at.fraction(digits);
                }
                let sign = if east < 0 { '-' } else { '+' };
                let (h, m) = (east.abs() / 60, east.abs() % 60);
                match zone {
                    Zone::Zulu => text.push('Z'),
                    Zone::Offset(_) => text += &format!("{sign}{h:02}:{m:02}"),
                    Zone::Packed(_) => text += &format!("{sign}{h:02}{m:02}"),
                    Zone::Bare => {}
                    Zone::Word => text += " UTC",
                }
                text
            }
            Self::EpochMs => (ns / 1_000_000).to_string(),
            Self::EpochNs => ns.to_string(),
            Self::EpochSeconds(0) => (ns / 1_000_000_000).to_string(),
            Self::EpochSeconds(digits) => format!("{}.{}", ns / 1_000_000_000, at.fraction(digits)),
            Self::Slashes(digits) => {
                let text = format!("{year:04}/{month:02}/{day:02} {hour:02}:{minute:02}:{second:02}");
                if digits == 0 { text } else { format!("{text}.{}", at.fraction(digits)) }
            }
            Self::Common => format!("{day:02}/{name}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000"),
            Self::Klog => format!("{month:02}{day:02} {hour:02}:{minute:02}:{second:02}.{}", at.fraction(6)),
            Self::Bsd => format!("{name} {day:2} {hour:02}:{minute:02}:{second:02}"),
            Self::Tomcat => {
                format!("{day:02}-{name}-{year:04} {hour:02}:{minute:02}:{second:02}.{}", at.fraction(3))
            }
            Self::American => {
                let (h, half) = at.half_day();
                format!("{month:02}/{day:02}/{year:04}, {h}:{minute:02}:{second:02} {half}")
            }
            Self::Jul => {
                let (h, half) = at.half_day();
                format!("{name} {day:02}, {year:04} {h}:{minute:02}:{second:02} {half}")
            }
        }
    }
}

/// The usual spelling: `2026-11-22T08:29:19.892Z` with so many digits.
pub(crate) const fn iso(digits: u8) -> Stamp {
    Stamp::Iso { separator: 'T', digits, comma: false, zone: Zone::Zulu }
}

/// `2026-11-22 08:29:19.892`, no zone.
pub(crate) const fn blank(digits: u8) -> Stamp {
    Stamp::Iso { separator: ' ', digits, comma: false, zone: Zone::Bare }
}

/// `2026-11-22 08:29:19,892`, no zone.
pub(crate) const fn comma() -> Stamp {
    Stamp::Iso { separator: ' ', digits: 3, comma: true, zone: Zone::Bare }
}

/// `2026-11-22T10:29:19.892+02:00` with so many digits.
pub(crate) const fn zoned(digits: u8, minutes: i32) -> Stamp {
    Stamp::Iso { separator: 'T', digits, comma: false, zone: Zone::Offset(minutes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stamp: Stamp, expected: &str) {
        assert_eq!(stamp.write(1_795_336_159_892_876_543), expected, "{stamp:?}");
    }

    #[test]
    fn one_moment_in_many_spellings() {
        check(iso(9), "2026-11-22T08:29:19.892876543Z");
        check(comma(), "2026-11-22 08:29:19,892");
        check(zoned(3, 330), "2026-11-22T13:59:19.892+05:30");
        check(Stamp::EpochMs, "1795336159892");
        check(Stamp::EpochSeconds(3), "1795336159.892");
        check(Stamp::Common, "22/Nov/2026:08:29:19 +0000");
        check(Stamp::Klog, "1122 08:29:19.892876");
        check(Stamp::American, "11/22/2026, 8:29:19 AM");
    }

    #[test]
    fn leap_days_are_right() {
        assert_eq!(iso(0).write(1_709_164_800_000_000_000), "2024-02-29T00:00:00Z");
    }
}
