//! A line without what varies: numbers, times and ids are masked, all else stays.
//!
//! Lines of one mask have their variable parts (*slots*) in the same order, each of the same kind and, unless it is a small
//! number that stands alone, of the same length. So whatever looks at a line byte by byte, and not at the worth of its
//! numbers, takes the same way through all of them.

use super::slots::{
    CAPITAL, CLASS, DIGIT, FREE_DIGITS, Kind, LETTER, MAX_DOTTED, SMALL, UPPER, digits, is_moment, is_uuid,
    next_digit,
};
use memchr::memchr2;

/// Longer lines are not masked.
pub(in crate::record) const MAX_LINE: usize = 2048;
/// Nor are lines with more slots.
const MAX_SLOTS: usize = 96;
/// In longer lines the length of every slot counts.
pub(super) const MAX_FREE: usize = 900;
/// Shorter runs of hex digits are letters and digits like any other.
const MIN_HEX: usize = 6;
/// Digits within a word vary only if there are so many; `sha256`, `k8s` and `http2` are words.
const MIN_INNER: usize = 4;

/// A number that stands alone may have a unit of so many letters.
const MAX_UNIT: usize = 4;

/// Stands in the mask for a slot; a byte that no text in UTF-8 has. What kind it is follows.
const SLOT: u8 = 0xff;

/// The mask of a line; used again from line to line.
#[derive(Debug, Default)]
pub(in crate::record) struct Mask {
    /// The line with its slots masked.
    pub(in crate::record) masked: Vec<u8>,
    /// 0, and then where each slot begins and ends.
    pub(in crate::record) marks: Vec<u32>,
    /// Of each slot, what it holds, and what more tells it apart.
    pub(super) kinds: Vec<(Kind, u8)>,
}

impl Mask {
    /// Masks a line; `false` if it is not to be masked. Before the byte `exact`, the length of every slot counts.
    pub(in crate::record) fn read(&mut self, line: &[u8], exact: usize) -> bool {
        self.masked.clear();
        self.marks.clear();
        self.kinds.clear();
        self.marks.push(0);
        if line.len() > MAX_LINE || memchr2(SLOT, 0x1b, line).is_some() {
            return false;
        }
        // a value is looked at up to a kilobyte, wherever that ends
        let exact = if line.len() > MAX_FREE { line.len() } else { exact };
        let mut masking = Masking { line, exact, literal: 0, mask: self };
        let mut at = 0;
        while let Some(digit) = next_digit(line, at) {
            at = masking.run(digit);
            if masking.mask.kinds.len() > MAX_SLOTS {
                return false;
            }
        }
        let literal = masking.literal;
        self.masked.extend_from_slice(&line[literal..]);
        true
    }
}

struct Masking<'l, 'm> {
    line: &'l [u8],
    exact: usize,
    /// All before this byte is in the mask.
    literal: usize,
    mask: &'m mut Mask,
}

impl Masking<'_, '_> {
    /// Masks the run of letters and digits around the first digit behind the last run; gives where to go on.
    fn run(&mut self, digit: usize) -> usize {
        let line = self.line;
        let mut start = digit;
        while start > self.literal && line[start - 1].is_ascii_alphanumeric() {
            start -= 1;
        }
        if start == digit && is_moment(&line[start..]) {
            return self.slot(start, start + 19, Kind::Moment, usize::from(line[start + 10]));
        }
        let mut classes = 0;
        let mut end = start;
        while end < line.len() && CLASS[usize::from(line[end])] != 0 {
            classes |= CLASS[usize::from(line[end])];
            end += 1;
        }
        let length = end - start;
        if length > 200 {
            return end;
        }
        if length == 8 && classes & (CAPITAL | LETTER | UPPER) == 0 && is_uuid(&line[start..]) {
            return self.slot(start, start + 36, Kind::Uuid, 0);
        }
        match classes {
            DIGIT => self.number(start, end),
            classes if classes == DIGIT | SMALL && length >= MIN_HEX => {
                self.slot(start, end, Kind::Hex, length)
            }
            classes if classes == DIGIT | CAPITAL && length >= MIN_HEX => {
                self.slot(start, end, Kind::Capitals, length)
            }
            _ => self.mixed(start, end),
        }
    }

    /// A run of digits only, with those behind dots.
    fn number(&mut self, start: usize, end: usize) -> usize {
        let line = self.line;
        let zeros = |start: usize, end: usize| line[start..end].iter().all(|&byte| byte == b'0');
        if start >= self.exact && end - start <= FREE_DIGITS && opens(line, start) {
            let (mut last, mut dots, mut small) = (end, 0, true);
            while line.get(last) == Some(&b'.') && dots < 3 {
                let digits = digits(line, last + 1);
                if digits == 0 {
                    break;
                }
                small &= digits <= FREE_DIGITS;
                dots += 1;
                last += 1 + digits;
            }
            if small && closes(line, last) && last - start <= MAX_DOTTED {
                return match dots {
                    0 if zeros(start, end) => self.slot(start, end, Kind::Zeros, end - start),
                    0 => self.slot(start, end, Kind::Number, 0),
                    _ => self.slot(start, last, Kind::Dotted, dots),
                };
            }
        }
        let kind = if zeros(start, end) { Kind::Zeros } else { Kind::Digits };
        self.slot(start, end, kind, end - start)
    }

    /// A run of letters and digits.
    fn mixed(&mut self, start: usize, end: usize) -> usize {
        let line = self.line;
        // with digits more, hex digits would be of another kind
        let word = line[start..end].iter().any(|&byte| CLASS[usize::from(byte)] & (LETTER | UPPER) != 0);
        let many = line[start..end].iter().filter(|byte| byte.is_ascii_digit()).count() >= MIN_INNER;
        let mut at = start;
        while at < end {
            let count = digits(line, at);
            if count == 0 {
                at += 1;
                continue;
            }
            // a number with its unit
            let measured = at == start && !line[at + count..end].iter().any(u8::is_ascii_digit);
            let zeros = line[at..at + count].iter().all(|&byte| byte == b'0');
            let free = measured && word && !zeros && start >= self.exact && count <= FREE_DIGITS;
            if free && end - at - count <= MAX_UNIT && opens(line, start) && closes(line, end) {
                self.slot(at, at + count, Kind::Number, 0);
            } else if measured || many {
                let kind = if zeros { Kind::Zeros } else { Kind::Digits };
                self.slot(at, at + count, kind, count);
            }
            at += count;
        }
        end
    }

    fn slot(&mut self, start: usize, end: usize, kind: Kind, length: usize) -> usize {
        self.mask.masked.extend_from_slice(&self.line[self.literal..start]);
        self.mask.masked.extend_from_slice(&[SLOT, kind as u8, length as u8]);
        self.mask.marks.extend_from_slice(&[start as u32, end as u32]);
        self.mask.kinds.push((kind, length as u8));
        self.literal = end;
        end
    }
}

/// Whether a number that begins at `start` stands alone on its left.
fn opens(line: &[u8], start: usize) -> bool {
    match start.checked_sub(1).map(|before| line[before]) {
        Some(b' ' | b'=' | b'(' | b'[') => true,
        Some(b':') => start > 1 && line[start - 2] == b'"',
        _ => false,
    }
}

/// Whether a number that ends at `end` stands alone on its right.
fn closes(line: &[u8], end: usize) -> bool {
    match line.get(end) {
        // three digits before these words may be a status
        Some(b' ') => !line[end + 1..].starts_with(b"in ") && !line[end + 1..].starts_with(b"after "),
        None | Some(b',' | b')' | b']' | b'}' | b'"') => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, slots: &[&str]) {
        let mut mask = Mask::default();
        assert!(mask.read(line.as_bytes(), 0), "{line}");
        let got: Vec<&str> =
            mask.marks[1..].chunks(2).map(|slot| &line[slot[0] as usize..slot[1] as usize]).collect();
        assert_eq!(got, slots, "{line}");
    }

    #[track_caller]
    fn same(one: &str, other: &str, expected: bool) {
        let (mut first, mut second) = (Mask::default(), Mask::default());
        assert!(first.read(one.as_bytes(), 0) && second.read(other.as_bytes(), 0));
        assert_eq!(first.masked == second.masked, expected, "{one} | {other}");
    }

    #[test]
    fn what_varies_is_masked() {
        check("order ORD-179652 took 12 ms", &["179652", "12"]);
        check("{\"time\":\"2026-03-01T12:00:00.744Z\",\"pid\":38}", &["2026-03-01T12:00:00", "744", "38"]);
        check("id=9c754793-80fa-438e-8a8a-6337a9745a2a.", &["9c754793-80fa-438e-8a8a-6337a9745a2a"]);
        check("msg-2e27b156efa9 from 10.0.3.17, sha256 k8s v2", &["2e27b156efa9", "10.0.3.17"]);
        check("took 4.5ms or 12ms", &["4", "5", "12"]);
        check("20260301T120000Z", &["20260301", "120000"]);
    }

    #[test]
    fn lines_of_one_mask_differ_in_slots_only() {
        same("took 5 ms", "took 1234 ms", true);
        same("took 0 ms", "took 5 ms", false);
        same("order-12", "order-123", false);
        same("sha256 x", "sha512 x", false);
        same("id 00000000000000000000000000000000", "id 4bf92f3577b34da6a3ce929d0e0e4736", false);
        same("a 4bf92f3577b34da6", "a 4bf92f3577b34da61", false);
        same("200 in 5 ms", "20 in 5 ms", false);
    }

    #[test]
    fn digits_are_found_wherever_they_stand() {
        for length in 0..40 {
            for at in 0..length {
                let mut line = b"/:abcxyz\x80\xc3 ".repeat(4)[..length].to_vec();
                line[at] = b'0' + (at % 10) as u8;
                assert_eq!(next_digit(&line, 0), Some(at));
            }
        }
        assert_eq!(next_digit(b"no digit here: / and : stand beside them", 0), None);
    }
}
