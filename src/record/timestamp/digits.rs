//! Reads digits, eight at a time.

use crate::model::Precision;

/// More fraction digits than this are no fraction.
pub(super) const MAX_FRACTION_DIGITS: usize = 64;

const POWERS: [u64; 11] = {
    let mut powers = [1; 11];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// Ten to the power `exponent`, which is at most ten.
pub(super) fn power_of_ten(exponent: usize) -> u64 {
    POWERS[exponent]
}

/// The byte at `at`; NUL past the end, which no time contains.
#[inline]
pub(super) fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// Whether a word or number would go on with the byte at `at`.
#[inline]
pub(super) fn is_word(text: &[u8], at: usize) -> bool {
    let byte = byte(text, at);
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[inline]
pub(super) fn is_digit(text: &[u8], at: usize) -> bool {
    byte(text, at).is_ascii_digit()
}

/// The number of digits at `at`, counted up to `limit`.
#[inline]
pub(super) fn count(text: &[u8], at: usize, limit: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.iter().take(limit).take_while(|byte| byte.is_ascii_digit()).count()
}

/// The value of exactly two digits.
#[inline]
pub(super) fn two(text: &[u8], at: usize) -> Option<u32> {
    let pair: &[u8; 2] = text.get(at..)?.first_chunk()?;
    let (tens, units) = (pair[0].wrapping_sub(b'0'), pair[1].wrapping_sub(b'0'));
    (tens <= 9 && units <= 9).then_some(u32::from(tens) * 10 + u32::from(units))
}

/// The value of exactly four digits.
#[inline]
pub(super) fn four(text: &[u8], at: usize) -> Option<u32> {
    Some(two(text, at)? * 100 + two(text, at + 2)?)
}

/// The value of the one or two digits at `at` and the position after them; `None` if there are more, or none.
#[inline]
pub(super) fn one_or_two(text: &[u8], at: usize) -> Option<(u32, usize)> {
    let n = count(text, at, 3);
    matches!(n, 1 | 2).then(|| (value(text, at, n), at + n))
}

/// The value of `n` digits, at most nine, that are known to stand at `at`.
#[inline]
pub(super) fn value(text: &[u8], at: usize, n: usize) -> u32 {
    text[at..at + n].iter().fold(0, |value, &digit| value * 10 + u32::from(digit - b'0'))
}

/// Eight bytes from `at`, the first in the lowest place, zeros past the end of the text.
#[inline]
fn load(text: &[u8], at: usize) -> u64 {
    if let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        return u64::from_le_bytes(*chunk);
    }
    match text.last_chunk() {
        // The last eight bytes hold what is left: shift out what stands before.
        Some(chunk) if at < text.len() => u64::from_le_bytes(*chunk) >> (8 * (8 - (text.len() - at))),
        Some(_) => 0,
        None => text.iter().skip(at).rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;

/// How a text of eight bytes must look: `0` stands for a digit, all else for itself.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    written: u64,
    slack: u64,
}

impl Shape {
    pub(super) const fn new(shape: &[u8; 8]) -> Shape {
        let mut slack = [0x7f; 8];
        let mut i = 0;
        while i < 8 {
            if shape[i] == b'0' {
                slack[i] = 0x80 - 10;
            }
            i += 1;
        }
        Shape { written: u64::from_le_bytes(*shape), slack: u64::from_le_bytes(slack) }
    }

    /// For each place that begins two digits, their value; `None` if the text has another shape.
    #[inline]
    pub(super) fn pairs(self, text: &[u8; 8]) -> Option<[u8; 8]> {
        let word = u64::from_le_bytes(*text) ^ self.written;
        // A digit has become 0 to 9, any other byte 0: else the sum reaches the high bit of its byte.
        let off = (((word & (0x7f * ONES)) + self.slack) | word) & (0x80 * ONES);
        (off == 0).then(|| (word * 10 + (word >> 8)).to_le_bytes())
    }
}

/// How many of eight bytes, from the lowest, are below ten.
#[inline(always)]
fn leading_digits(word: u64) -> usize {
    let off = (((word & (0x7f * ONES)) + (0x76 * ONES)) | word) & (0x80 * ONES);
    off.trailing_zeros() as usize / 8
}

/// The value and the number of the digits at `at`, up to eight.
#[inline(always)]
fn eight(text: &[u8], at: usize) -> (u64, usize) {
    let word = load(text, at) ^ (0x30 * ONES);
    let n = leading_digits(word);
    if n == 0 {
        return (0, 0);
    }
    // Shifting puts zeros before the digits; then pairs, fours and eights are joined.
    let word = word << (8 * (8 - n));
    let pairs = (word * 10 + (word >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    ((fours * 10_000 + (fours >> 32)) & 0xffff_ffff, n)
}

/// The value and the number of the digits at `at`; `None` above nineteen digits.
#[inline]
pub(super) fn number(text: &[u8], at: usize) -> Option<(u64, usize)> {
    let (mut value, mut digits) = eight(text, at);
    let mut last = digits;
    while last == 8 {
        let (part, n) = eight(text, at + digits);
        digits += n;
        if digits > 19 {
            return None;
        }
        value = value * POWERS[n] + part;
        last = n;
    }
    Some((value, digits))
}

/// A fraction of a unit, in billionths of it.
#[derive(Clone, Copy)]
pub(super) struct Fraction {
    pub(super) billionths: i64,
    pub(super) digits: usize,
}

impl Fraction {
    pub(super) const NONE: Fraction = Fraction { billionths: 0, digits: 0 };

    pub(super) fn precision(self) -> Precision {
        Precision::from_digits(self.digits)
    }
}

/// The fraction whose first digit stands at `at`, and the position after its last. Digits from the tenth on are cut
/// off; `None` without a digit and above [`MAX_FRACTION_DIGITS`].
#[inline(always)]
pub(super) fn fraction(text: &[u8], at: usize) -> Option<(Fraction, usize)> {
    let (value, n) = eight(text, at);
    match n {
        0 => None,
        8 => long_fraction(text, at, value),
        _ => Some((Fraction { billionths: (value * POWERS[9 - n]) as i64, digits: n }, at + n)),
    }
}

/// The fraction of exactly `n` digits at `at`, in billionths; `None` if there are more or less, and above nine.
#[inline]
pub(super) fn billionths(text: &[u8], at: usize, n: usize) -> Option<i64> {
    let (value, digits) = eight(text, at);
    let ninth = byte(text, at + 8).wrapping_sub(b'0');
    let billionths = match n {
        1..8 if digits == n => value * POWERS[9 - n],
        8 if digits == 8 && ninth > 9 => value * 10,
        9 if digits == 8 && ninth <= 9 && !is_digit(text, at + 9) => value * 10 + u64::from(ninth),
        _ => return None,
    };
    Some(billionths as i64)
}

fn long_fraction(text: &[u8], at: usize, first_eight: u64) -> Option<(Fraction, usize)> {
    let digits = count(text, at, MAX_FRACTION_DIGITS + 1);
    let ninth = if digits > 8 { byte(text, at + 8) - b'0' } else { 0 };
    let billionths = (first_eight * 10 + u64::from(ninth)) as i64;
    (digits <= MAX_FRACTION_DIGITS).then_some((Fraction { billionths, digits }, at + digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_are_read_wherever_they_stand() {
        let digits = "1234567890123456789";
        for n in 1..=19 {
            let expected = Some((digits[..n].parse().expect("a number"), n));
            for (before, after) in [("", ""), ("", " x"), ("abc ", ""), ("abcdefgh ", "-------------------")]
            {
                let text = format!("{before}{}{after}", &digits[..n]);
                assert_eq!(number(text.as_bytes(), before.len()), expected, "{text}");
            }
        }
        assert_eq!(number(b"12345678901234567890", 0), None);
        assert_eq!(number(b"x", 0), Some((0, 0)));
        assert_eq!(number(b"", 0), Some((0, 0)));
    }

    #[test]
    fn bytes_next_to_digits_in_the_table_are_no_digits() {
        for byte in (0..=255).filter(|byte: &u8| !byte.is_ascii_digit()) {
            let text = [b'1', byte, b'2', b'3', b'4', b'5', b'6', b'7', b'8'];
            assert_eq!(number(&text, 0), Some((1, 1)), "byte {byte}");
            assert_eq!(two(&text, 0), None, "byte {byte}");
            let text = [b'1', b'2', byte, b'3', b'4', byte, b'5', b'6'];
            assert_eq!(Shape::new(b"00:00:00").pairs(&text).is_some(), byte == b':', "byte {byte}");
            let text = [b'1', byte, b':', b'3', b'4', b':', b'5', b'6'];
            assert_eq!(Shape::new(b"00:00:00").pairs(&text), None, "byte {byte}");
        }
    }

    #[test]
    fn fractions_are_cut_after_the_ninth_digit() {
        let read = |text: &[u8]| fraction(text, 0).map(|(f, n)| (f.billionths, f.precision(), n));
        assert_eq!(read(b"5"), Some((500_000_000, Precision(100_000_000), 1)));
        assert_eq!(read(b"12345678 "), Some((123_456_780, Precision(10), 8)));
        assert_eq!(read(b"123456789"), Some((123_456_789, Precision(1), 9)));
        assert_eq!(read(b"1234567899999Z"), Some((123_456_789, Precision(1), 13)));
        assert_eq!(read(&[b'1'; MAX_FRACTION_DIGITS]).map(|read| read.2), Some(MAX_FRACTION_DIGITS));
        assert_eq!(read(&[b'1'; MAX_FRACTION_DIGITS + 1]), None);
        assert_eq!(read(b""), None);
    }
}
