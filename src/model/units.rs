//! Durations, counts and times for people.

use super::{SECOND, Time};

/// A duration in the unit that suits it: `850 ns`, `12.3 ms`, `4.56 s`, `3m 20s`, `2h 05m`.
pub fn duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let scaled = |unit: u64, name: &str| {
        let value = nanos as f64 / unit as f64;
        let digits = if value < 9.995 {
            2
        } else if value < 99.95 {
            1
        } else {
            0
        };
        format!("{sign}{value:.digits$} {name}")
    };
    match nanos {
        0..=999 => format!("{sign}{nanos} ns"),
        1_000..=999_499 => scaled(1_000, "µs"),
        999_500..=999_499_999 => scaled(1_000_000, "ms"),
        999_500_000..=59_949_999_999 => scaled(1_000_000_000, "s"),
        _ => {
            let seconds = (nanos + 500_000_000) / 1_000_000_000;
            match seconds {
                0..=3599 => format!("{sign}{}m {:02}s", seconds / 60, seconds % 60),
                3600..=86_399 => format!("{sign}{}h {:02}m", seconds / 3600, seconds / 60 % 60),
                _ => format!("{sign}{}d {:02}h", seconds / 86_400, seconds / 3600 % 24),
            }
        }
    }
}

/// A round duration without digits that say nothing: `0`, `500 ms`, `1.5 s`, `2m`, `1h 30m`.
pub fn round_duration(nanos: u64) -> String {
    let scaled = |unit: u64, name: &str| {
        let whole = nanos / unit;
        let digits = format!("{:03}", nanos % unit * 1_000 / unit);
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() { format!("{whole} {name}") } else { format!("{whole}.{digits} {name}") }
    };
    let pair = |large: u64, small: u64| match (nanos / 1_000_000_000 / small) % (large / small) {
        0 => String::new(),
        rest => format!(" {rest}"),
    };
    const SECONDS: u64 = 1_000_000_000;
    match nanos {
        0 => "0".to_owned(),
        1..=999 => format!("{nanos} ns"),
        1_000..=999_999 => scaled(1_000, "µs"),
        1_000_000..=999_999_999 => scaled(1_000_000, "ms"),
        1_000_000_000..=59_999_999_999 => scaled(SECONDS, "s"),
        _ => {
            let seconds = nanos / SECONDS;
            let (large, small, names) = match seconds {
                0..=3_599 => (60, 1, ("m", "s")),
                3_600..=86_399 => (3_600, 60, ("h", "m")),
                _ => (86_400, 3_600, ("d", "h")),
            };
            let rest = pair(large, small);
            let end = if rest.is_empty() { "" } else { names.1 };
            format!("{}{}{rest}{end}", seconds / large, names.0)
        }
    }
}

/// A count with a comma every three digits.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with what is counted: `1 span`, `2,048 spans`.
pub fn counted(number: u64, what: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {what}{end}", count(number))
}

/// Bytes in decimal units: `812 B`, `4.1 MB`, `1.05 GB`.
pub fn bytes(bytes: u64) -> String {
    let scaled = |unit: u64, name: &str| format!("{:.2} {name}", bytes as f64 / unit as f64);
    match bytes {
        0..=999 => format!("{bytes} B"),
        1_000..=999_999 => scaled(1_000, "kB"),
        1_000_000..=999_999_999 => scaled(1_000_000, "MB"),
        _ => scaled(1_000_000_000, "GB"),
    }
}

/// A share of one in percent: `0%`, `<1%`, `34%`, `>99%`.
pub fn percent(share: f64) -> String {
    let rounded = (share * 100.0).round();
    if share <= 0.0 {
        "0%".to_owned()
    } else if rounded < 1.0 {
        "<1%".to_owned()
    } else if rounded >= 100.0 && share < 1.0 {
        ">99%".to_owned()
    } else {
        format!("{rounded:.0}%")
    }
}

/// A date in UTC: `2024-05-01`.
pub fn date(time: Time) -> String {
    let (year, month, day) = time.civil();
    format!("{year:04}-{month:02}-{day:02}")
}

/// A time of day in UTC, cut to milliseconds: `08:01:22.398`.
pub fn time_of_day(time: Time) -> String {
    let nanos = time.nanos_of_day();
    let seconds = nanos / SECOND;
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        nanos % SECOND / 1_000_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_take_the_unit_that_suits_them() {
        for (nanos, expected) in [
            (0, "0 ns"),
            (850, "850 ns"),
            (1_500, "1.50 µs"),
            (12_345_678, "12.3 ms"),
            (999_600_000, "1.00 s"),
            (4_560_000_000, "4.56 s"),
            (200_000_000_000, "3m 20s"),
            (7_500_000_000_000, "2h 05m"),
            (-12_000_000, "-12.0 ms"),
        ] {
            assert_eq!(duration(nanos), expected, "{nanos}");
        }
    }

    #[test]
    fn round_durations_drop_digits_that_say_nothing() {
        for (nanos, expected) in [
            (0, "0"),
            (20, "20 ns"),
            (1_500, "1.5 µs"),
            (500_000_000, "500 ms"),
            (1_250_000_000, "1.25 s"),
            (60_000_000_000, "1m"),
            (90_000_000_000, "1m 30s"),
            (5_400_000_000_000, "1h 30m"),
            (129_600_000_000_000, "1d 12h"),
        ] {
            assert_eq!(round_duration(nanos), expected, "{nanos}");
        }
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(counted(1, "span"), "1 span");
        assert_eq!(counted(2_048, "span"), "2,048 spans");
        assert_eq!(bytes(1_050_000_000), "1.05 GB");
    }

    #[test]
    fn shares_never_look_like_all_or_nothing_unless_they_are() {
        for (share, expected) in [(0.0, "0%"), (0.001, "<1%"), (0.336, "34%"), (0.999, ">99%"), (1.0, "100%")]
        {
            assert_eq!(percent(share), expected, "{share}");
        }
    }

    #[test]
    fn times_are_cut_to_milliseconds() {
        let time = Time(1_795_334_482_398_999_999);
        assert_eq!((date(time).as_str(), time_of_day(time).as_str()), ("2026-11-22", "08:01:22.398"));
    }
}
