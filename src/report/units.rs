//! Durations and counts for people.

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

/// A count with a comma every three digits.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
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
    fn counts_are_grouped() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(bytes(1_050_000_000), "1.05 GB");
    }
}
