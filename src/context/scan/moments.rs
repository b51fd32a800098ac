//! Dates and times of day in a text: their numbers name nothing and are no keys.

use crate::record::is_moment;

/// Where the date and time, or the time of day, ends that begins at `start`, with its fraction and zone.
///
/// Goes by how many digits stand where, not by what they say, so that all lines of one shape are read alike.
pub(super) fn moment(text: &[u8], start: usize) -> Option<usize> {
    let rest = &text[start..];
    // most numbers are none: see this first
    let mut end = if rest.get(4) == Some(&b'-') {
        is_moment(rest).then_some(19)?
    } else {
        let behind_colon = start > 0 && matches!(text[start - 1], b':' | b'.');
        clock(rest).filter(|_| !behind_colon)?
    };
    if matches!(rest.get(end), Some(b'.' | b',')) {
        let digits = digits(&rest[end + 1..]);
        end += if digits > 0 { 1 + digits } else { 0 };
    }
    end += zone(&rest[end..]);
    let closed =
        !rest.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_'));
    closed.then_some(start + end)
}

/// How long a time of day is: `08:15`, `08:15:30`.
fn clock(text: &[u8]) -> Option<usize> {
    let two = |at: usize| digits(text.get(at..).unwrap_or_default()) == 2;
    let next = |at: usize| text.get(at) == Some(&b':') && two(at + 1);
    (next(2) && two(0)).then(|| if next(5) { 8 } else { 5 })
}

/// How long a zone is: `Z`, `+02:00`, `+0200`, ` +0000`.
fn zone(text: &[u8]) -> usize {
    let blank = usize::from(text.first() == Some(&b' '));
    match text.get(blank) {
        Some(b'Z') if blank == 0 => 1,
        Some(b'+' | b'-') => match digits(&text[blank + 1..]) {
            4 => blank + 5,
            2 if text.get(blank + 3) == Some(&b':') && digits(&text[blank + 4..]) == 2 => blank + 6,
            _ => 0,
        },
        _ => 0,
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_end_behind_their_zones() {
        for (text, expected) in [
            ("2026-10-23 00:38:40 +0000", 25),
            ("2026-10-23T00:38:40.221+02:00]", 29),
            ("2026-10-23T00:38:40Z to", 20),
            ("08:15 for four", 5),
            ("08:15:30,125 next", 12),
        ] {
            assert_eq!(moment(text.as_bytes(), 0), Some(expected), "{text}");
        }
        for text in ["8:15", "108:15", "08:1", "08:15:30:44", "00:1a:2b", "2026-10-23", "08:15x"] {
            assert_eq!(moment(text.as_bytes(), 0), None, "{text}");
        }
        assert_eq!(moment(b"11:08:15", 3), None);
    }
}
