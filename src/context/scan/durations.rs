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
        let number = decimal(&rest[..digits])?;
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

/// The number that a text of digits, with or without point and exponent, is.
fn decimal(text: &[u8]) -> Option<f64> {
    // so many digits are a whole number that has exactly one form
    const EXACT: usize = 15;
    if (1..=EXACT).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
        let whole = text.iter().fold(0u64, |number, digit| number * 10 + u64::from(digit - b'0'));
        return Some(whole as f64);
    }
    std::str::from_utf8(text).ok()?.parse().ok()
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

/// Whether a length of time closes what it belongs to and is told of nothing that is yet to come: `charge captured (12 ms)`.
pub(super) fn closes(before: &[u8], behind: &[u8]) -> bool {
    let closed = before.ends_with(b"(") && behind.starts_with(b")");
    closed && matches!(behind.get(1), None | Some(b' ' | b'.' | b'"' | b'\n' | b'\r')) && !is_to_come(before)
}

/// Whether a length of time is the last thing that a message says, and nothing before it says what else it is: `cached 17.3ms`,
/// `update seats [6.8 ms]`, `COMMIT; -- 7.8ms {"trace_id":…}`.
pub(super) fn ends_message(before: &[u8], behind: &[u8]) -> bool {
    /// What stands right before lengths of time that nothing took: of what is repeated, allowed, or compared.
    const OTHERS: &[&[u8]] = &[
        b"for", b"each", b"per", b"within", b"under", b"over", b"than", b"by", b"of", b"to", b"from", b"at",
        b"since", b"last", b"up", b"uptime", b"age", b"skew", b"offset", b"drift", b"period", b"rate",
        b"delta", b"step", b"in", b"after", b"before", b"and", b"or", b"plus", b"about", b"only", b"another",
        b"now", b"set", b"is", b"was",
    ];
    let bracket = before.ends_with(b"[");
    let behind = if bracket { behind.strip_prefix(b"]").unwrap_or(behind) } else { behind };
    let rest = behind.strip_prefix(b".").unwrap_or(behind).trim_ascii_start();
    // ids and values in a place of their own
    let word = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    let apart =
        rest.len() < behind.len() && (matches!(word.first(), Some(b'{' | b'[')) || word.contains(&b'='));
    let words = before.strip_suffix(b"[").unwrap_or(before);
    let (_, last) = last_words(words);
    // a value of what is named before it
    let named = words
        .trim_ascii_end()
        .last()
        .is_some_and(|last| matches!(last, b'=' | b':' | b'<' | b'>' | b'+' | b'/'));
    (rest.is_empty() || apart)
        && words.contains(&b' ')
        && !named
        && (bracket || words.ends_with(b" "))
        && !OTHERS.iter().any(|other| last.eq_ignore_ascii_case(other))
}

/// Whether words tell of a time to come, or of one that is allowed.
pub(super) fn is_to_come(text: &[u8]) -> bool {
    const BEGINNINGS: &[&[u8]] = &[
        b"retr",
        b"next",
        b"again",
        b"wait",
        b"delay",
        b"defer",
        b"postpon",
        b"schedul",
        b"reschedul",
        b"expir",
        b"expect",
        b"due",
        b"until",
        b"timeout",
        b"limit",
        b"budget",
        b"interval",
        b"every",
        b"ttl",
        b"redeliver",
        b"requeu",
        b"will",
        b"be",
        b"eta",
        b"estimat",
        b"plan",
        b"poll",
        b"sleep",
        b"paus",
        b"resum",
        b"remind",
        b"lag",
        b"behind",
        b"ahead",
        b"ago",
        b"old",
        b"late",
        b"idle",
        b"attempt",
        b"grace",
        b"deadline",
        b"window",
        b"max",
        b"back",
        b"call",
        b"start",
    ];
    let mut words = text.rsplit(|byte| !byte.is_ascii_alphanumeric()).take(MAX_LOOKED_BACK);
    words.any(|word| {
        BEGINNINGS.iter().any(|beginning| match beginning.len() {
            ..4 => word.eq_ignore_ascii_case(beginning),
            length => word.len() >= length && word[..length].eq_ignore_ascii_case(beginning),
        })
    })
}

/// So many words before a length of time may tell what it is.
const MAX_LOOKED_BACK: usize = 24;

/// Whether the words before "in" or "after" say that something was finished: the last one, or one of the same clause in front of
/// what it was done to (`two seats reserved for SALE-963 in`).
pub(super) fn done_before(text: &[u8]) -> bool {
    let (_, last) = last_words(text);
    if is_done(text) || last.len() == 3 && last.iter().all(u8::is_ascii_digit) {
        return true;
    }
    let clause =
        text.rsplit(|byte| matches!(byte, b',' | b';' | b':' | b'"' | b'\n')).next().unwrap_or_default();
    let mut ends = memchr::memrchr_iter(b' ', clause).take(MAX_LOOKED_BACK);
    ends.any(|end| is_done(&clause[..end])) && !is_to_come(text)
}

/// The last word but one and the last one.
fn last_words(text: &[u8]) -> (&[u8], &[u8]) {
    let mut words = text.trim_ascii_end().rsplit(|byte| !byte.is_ascii_alphanumeric());
    let last = words.next().unwrap_or_default();
    (words.next().unwrap_or_default(), last)
}

/// Whether the last word says that something was finished.
pub(super) fn is_done(text: &[u8]) -> bool {
    let (before, word) = last_words(text);
    // "to be called in", "will be retried in": it is yet to come
    if before.eq_ignore_ascii_case(b"be") {
        return false;
    }
    // "…7bed" is no verb
    word.ends_with(b"ed") && word.iter().all(u8::is_ascii_alphabetic)
        || matches!(
            word,
            b"done"
                | b"ok"
                | b"OK"
                | b"complete"
                | b"sent"
                | b"built"
                | b"ran"
                | b"read"
                | b"written"
                | b"wrote"
                | b"found"
                | b"made"
                | b"drawn"
                | b"taken"
                | b"success"
                | b"successfully"
                | b"finish"
        )
}
