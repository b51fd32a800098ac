//! Durations in words.

use crate::model::{OF_NO_UNIT, TOO_LONG};

/// In place of a unit: what a bare number counts in is not told.
pub(in crate::context) const NO_UNIT: u64 = 0;

/// A duration in nanoseconds: a number of `unit` nanoseconds, or a number with a unit of its own (`1.5s`, `2m3s`, `250µs`,
/// `PT1.5S`). A bare number counts in `unit`; with [`NO_UNIT`] its millionths are given.
pub(in crate::context) fn duration(value: &[u8], unit: u64) -> Option<u64> {
    let mut rest = value.trim_ascii();
    rest = rest.strip_prefix(b"PT").unwrap_or(rest);
    let mut total = 0f64;
    let mut parts = 0;
    while !rest.is_empty() && parts < 4 {
        let digits = rest
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-'))
            .count();
        let number: f64 = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        rest = &rest[digits..];
        let gap = rest.iter().take_while(|&&byte| byte == b' ').count();
        rest = &rest[gap..];
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
        let scale = if letters == 0 {
            if parts > 0 {
                return None;
            }
            if unit == NO_UNIT { OF_NO_UNIT } else { unit }
        } else {
            unit_nanos(&rest[..letters].to_ascii_lowercase())?
        };
        rest = &rest[letters..];
        if !number.is_finite() || number < 0.0 {
            return None;
        }
        total += number * scale as f64;
        parts += 1;
    }
    let most = if unit == NO_UNIT { u64::MAX } else { TOO_LONG };
    (parts > 0 && total < most as f64).then_some(total.round() as u64)
}

/// Nanoseconds in a unit of time.
pub(super) fn unit_nanos(unit: &[u8]) -> Option<u64> {
    Some(match unit {
        b"ns" | b"nanos" | b"nanoseconds" => 1,
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" | b"micros" | b"microseconds" | b"usec" => 1_000,
        b"ms" | b"millis" | b"milliseconds" | b"msec" | b"msecs" | b"millisecond" => 1_000_000,
        b"s" | b"sec" | b"secs" | b"second" | b"seconds" => 1_000_000_000,
        b"m" | b"min" | b"mins" | b"minutes" | b"minute" => 60_000_000_000,
        b"h" | b"hours" | b"hour" => 3_600_000_000_000,
        _ => return None,
    })
}
