//! Reads the zone that stands after a time: `Z`, `+02:00`, ` +0200 CEST`, ` EST`, ` GMT+0200 (…)`, `[Europe/Paris]`.

use crate::model::Time;

use super::digits::{self, byte, is_digit, is_word};
use super::zone;

const HOUR: i32 = 3600;

/// Longest name of a zone in the zone database, and then some.
const MAX_NAME: usize = 48;

/// Reads the zone at `at`, where a time of day ends. Gives the offset from UTC in seconds, if one is written, and the
/// position after it, which is `at` if no zone is written there.
///
/// `local` is the time before it, as if in UTC; the offset of a zone that is written by name depends on it.
#[inline(always)]
pub(super) fn read(text: &[u8], at: usize, local: i64) -> (Option<i32>, usize) {
    match byte(text, at) {
        b'Z' if !is_word(text, at + 1) && byte(text, at + 1) != b'[' => (Some(0), at + 1),
        // Mattermost: "2024-05-01 12:00:00.123 Z"
        b' ' if byte(text, at + 1) == b'Z' && matches!(byte(text, at + 2), 0 | b']' | b'"') => {
            (Some(0), at + 2)
        }
        b' ' if !matches!(byte(text, at + 1), b'+' | b'-' | b'A'..=b'Z') => (None, at),
        b' ' | b'+' | b'-' | b'[' | b'A'..=b'Z' | b'z' => read_zone(text, at, local).unwrap_or((None, at)),
        _ => (None, at),
    }
}

fn read_zone(text: &[u8], at: usize, local: i64) -> Option<(Option<i32>, usize)> {
    let start = at + usize::from(byte(text, at) == b' ');
    match byte(text, start) {
        b'Z' | b'z' if start == at && !is_word(text, at + 1) => Some((Some(0), annotation(text, at + 1))),
        b'+' | b'-' => {
            let (offset, end) = numeric(text, start)?;
            Some((Some(offset), repeated(text, end)))
        }
        b'[' => {
            let (offset, end) = region(text, start + 1, local)?;
            (byte(text, end) == b']').then_some((Some(offset), end + 1))
        }
        _ => named(text, start, local),
    }
}

/// Reads `+hh:mm`, `+hhmm` or `+hh`. What no zone on earth has is none: more than 14 hours, minutes that are no
/// quarter of an hour.
pub(super) fn numeric(text: &[u8], at: usize) -> Option<(i32, usize)> {
    let hours = digits::two(text, at + 1)?;
    let (minutes, end) = match byte(text, at + 3) {
        b':' if is_digit(text, at + 4) => (digits::two(text, at + 4)?, at + 6),
        b'0'..=b'9' => (digits::two(text, at + 3)?, at + 5),
        _ => (0, at + 3),
    };
    let goes_on = is_word(text, end)
        || (matches!(byte(text, end), b':' | b'.' | b'-' | b'/') && is_digit(text, end + 1));
    if goes_on || hours > 14 || minutes % 15 != 0 || minutes > 45 {
        return None;
    }
    let offset = hours as i32 * HOUR + minutes as i32 * 60;
    Some((if byte(text, at) == b'-' { -offset } else { offset }, end))
}

/// Reads the zone of DB2: a sign and minutes, `+120`.
pub(super) fn minutes(text: &[u8], at: usize) -> Option<(i32, usize)> {
    if !matches!(byte(text, at), b'+' | b'-') || digits::count(text, at + 1, 4) != 3 {
        return None;
    }
    let minutes = digits::value(text, at + 1, 3) as i32;
    let offset = if byte(text, at) == b'-' { -60 * minutes } else { 60 * minutes };
    (minutes % 15 == 0 && minutes <= 14 * 60).then_some((offset, at + 4))
}

/// Position after a zone's name that only repeats the offset before it: ` UTC` and ` +03` as Go writes them, ` (CEST)`
/// as mail does.
fn repeated(text: &[u8], at: usize) -> usize {
    if byte(text, at) != b' ' {
        return annotation(text, at);
    }
    match byte(text, at + 1) {
        b'A'..=b'Z' => abbreviation(text, at + 1).map_or(at, |(_, end)| end),
        b'+' | b'-' => numeric(text, at + 1).map_or(at, |(_, end)| end),
        b'(' => match abbreviation(text, at + 2) {
            Some((_, end)) if byte(text, end) == b')' => end + 1,
            _ => at,
        },
        _ => at,
    }
}

/// Position after a zone in brackets that only explains the offset before it (RFC 9557, 3.1).
#[inline]
fn annotation(text: &[u8], at: usize) -> usize {
    if byte(text, at) != b'[' {
        return at;
    }
    let n = region_name(text, at + 1).or_else(|| Some(abbreviation(text, at + 1)?.1 - at - 1));
    match n {
        Some(n) if byte(text, at + 1 + n) == b']' => at + n + 2,
        _ => at,
    }
}

/// Reads a zone that begins with a capital letter.
#[inline]
fn named(text: &[u8], at: usize, local: i64) -> Option<(Option<i32>, usize)> {
    if byte(text, at + 1).is_ascii_lowercase() {
        return region(text, at, local).map(|(offset, end)| (Some(offset), end));
    }
    let (offset, end) = abbreviation(text, at)?;
    match byte(text, end) {
        b'+' | b'-' if matches!(&text[at..end], b"GMT" | b"UTC") => {
            from_greenwich(text, end).or(Some((offset, end)))
        }
        _ => Some((offset, end)),
    }
}

/// Reads what may follow `GMT` or `UTC`: `+0200`, `+2`, and after these a name in brackets, as JavaScript writes it.
fn from_greenwich(text: &[u8], at: usize) -> Option<(Option<i32>, usize)> {
    let (offset, end) = match digits::count(text, at + 1, 2) {
        1 if !is_word(text, at + 2) => {
            let hours = digits::value(text, at + 1, 1) as i32;
            (if byte(text, at) == b'-' { -hours * HOUR } else { hours * HOUR }, at + 2)
        }
        _ => numeric(text, at)?,
    };
    let is_of_name = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'-' | b'&');
    let name = match text.get(end..) {
        Some([b' ', b'(', rest @ ..]) => {
            rest.iter().take(MAX_NAME).take_while(|byte| is_of_name(byte)).count()
        }
        _ => 0,
    };
    let explained = name > 0
        && byte(text, end + 2 + name) == b')'
        && (text[..end + 2 + name].ends_with(b" Time") || abbreviation(text, end + 2).is_some());
    Some((Some(offset), if explained { end + name + 3 } else { end }))
}

/// Reads an abbreviation in capitals. `None` as offset: it is used for several zones.
///
/// RFC 5322, 4.3 tells what the American ones mean; the others are those of the zone database that are no words and
/// have one meaning there. `CST` is so read as the one of North America, though China writes it too, and `BST` as
/// the summer time of Britain. `IST` (India, Israel, Ireland) leaves the zone open, so that it can be told.
#[inline]
fn abbreviation(text: &[u8], at: usize) -> Option<(Option<i32>, usize)> {
    let rest = text.get(at..)?;
    // Most words that follow a time are no zones (`INFO`, `GET /`): their last letter tells most of them.
    let n = rest.iter().take(6).position(|byte| !byte.is_ascii_uppercase()).unwrap_or(rest.len());
    if !(2..=5).contains(&n) || !matches!(rest[n - 1], b'T' | b'C' | b'K' | b'Z') || is_word(text, at + n) {
        return None;
    }
    abbreviation_offset(&rest[..n]).map(|offset| (offset, at + n))
}

/// Whether a word is the abbreviation of a zone.
pub(super) fn is_abbreviation(word: &[u8]) -> bool {
    abbreviation_offset(word).is_some()
}

fn abbreviation_offset(name: &[u8]) -> Option<Option<i32>> {
    let quarters = match name {
        b"UTC" | b"GMT" | b"UT" | b"WET" => 0,
        b"IST" => return Some(None),
        b"EST" => -20,
        b"EDT" => -16,
        b"CST" => -24,
        b"CDT" => -20,
        b"MST" => -28,
        b"MDT" => -24,
        b"PST" => -32,
        b"PDT" => -28,
        b"AKST" => -36,
        b"AKDT" => -32,
        b"HST" => -40,
        b"CET" | b"MEZ" | b"WEST" | b"BST" => 4,
        b"CEST" | b"MESZ" | b"EET" | b"SAST" => 8,
        b"EEST" | b"MSK" => 12,
        b"PKT" => 20,
        b"HKT" | b"SGT" | b"AWST" => 32,
        b"JST" | b"KST" => 36,
        b"ACST" => 38,
        b"AEST" => 40,
        b"ACDT" => 42,
        b"AEDT" => 44,
        b"NZST" => 48,
        b"NZDT" => 52,
        _ => return None,
    };
    Some(Some(quarters * HOUR / 4))
}

/// Length of a name of the zone database that begins with a region; only these are told from other words.
fn region_name(text: &[u8], at: usize) -> Option<usize> {
    const REGIONS: [&[u8]; 11] = [
        b"Africa/",
        b"America/",
        b"Antarctica/",
        b"Arctic/",
        b"Asia/",
        b"Atlantic/",
        b"Australia/",
        b"Etc/",
        b"Europe/",
        b"Indian/",
        b"Pacific/",
    ];
    let rest = text.get(at..)?;
    REGIONS.iter().find(|region| rest.starts_with(region))?;
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
    let n = rest.iter().take(MAX_NAME + 1).take_while(|byte| is_of_name(byte)).count();
    (n <= MAX_NAME).then_some(n)
}

/// Reads a name of the zone database, as PHP writes it, and gives its offset at that time.
fn region(text: &[u8], at: usize, local: i64) -> Option<(i32, usize)> {
    let n = region_name(text, at)?;
    let name = std::str::from_utf8(&text[at..at + n]).ok()?;
    Some((zone::offset_of(name, Time(local))?, at + n))
}
