//! What varies in a line: the kinds of slots, and how each is told.

/// Numbers of so many digits, standing alone, are of one kind whatever their length.
pub(super) const FREE_DIGITS: usize = 7;
/// Small numbers with dots between them have no more bytes.
pub(super) const MAX_DOTTED: usize = 15;

/// What a slot holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    /// Digits, so many of them.
    Digits,
    /// Nothing but zeros, so many of them.
    Zeros,
    /// Digits and the letters `a` to `f`, some of both, so many of them.
    Hex,
    /// The same with capitals.
    Capitals,
    /// 36 bytes of a UUID.
    Uuid,
    /// A date and a time of day as in ISO 8601, up to the seconds.
    Moment,
    /// A small number that stands alone.
    Number,
    /// Small numbers with so many dots between them.
    Dotted,
}

impl Kind {
    /// Whether the length of such slots may differ within one mask.
    pub(super) fn is_free(self) -> bool {
        matches!(self, Kind::Number | Kind::Dotted)
    }

    /// Where the slot of this kind that begins at `at` ends; `None` if there is none.
    #[inline]
    pub(super) fn end(self, length: u8, line: &[u8], at: usize) -> Option<usize> {
        let text = &line[at..];
        let end = match self {
            Kind::Digits | Kind::Zeros => {
                let length = usize::from(length);
                if digits(line, at) != length {
                    return None;
                }
                let zeros = text[..length].iter().all(|&byte| byte == b'0');
                (zeros == (self == Kind::Zeros)).then_some(length)?
            }
            Kind::Hex | Kind::Capitals => {
                let length = usize::from(length);
                let own = text.get(..length)?;
                let letters = if self == Kind::Capitals { CAPITAL } else { SMALL };
                if text.get(length).is_some_and(u8::is_ascii_alphanumeric)
                    || classes_of(own) != DIGIT | letters
                {
                    return None;
                }
                length
            }
            Kind::Uuid => is_uuid(text).then_some(36)?,
            Kind::Moment => (is_moment(text) && text[10] == length).then_some(19)?,
            Kind::Number => {
                let count = digits(text, 0);
                if !(1..=FREE_DIGITS).contains(&count) || text[..count].iter().all(|&byte| byte == b'0') {
                    return None;
                }
                count
            }
            Kind::Dotted => {
                let mut end = 0;
                for number in 0..=length {
                    if number > 0 {
                        end += 1;
                        if text.get(end - 1) != Some(&b'.') {
                            return None;
                        }
                    }
                    let count = digits(text, end);
                    if !(1..=FREE_DIGITS).contains(&count) {
                        return None;
                    }
                    end += count;
                }
                (end <= MAX_DOTTED).then_some(end)?
            }
        };
        Some(at + end)
    }
}

/// The classes of letters and digits in a text; 0 if there is any other byte.
#[inline]
pub(super) fn classes_of(text: &[u8]) -> u8 {
    if let (Some(last), 8..) = (text.last_chunk(), text.len()) {
        // hex digits in small letters, eight at once
        let eights = text.chunks_exact(8).filter_map(<[u8]>::first_chunk).chain([last]);
        let (mut digits, mut letters, mut others) = (0, 0, 0);
        for eight in eights {
            let word = u64::from_le_bytes(*eight);
            let (digit, letter) = (digits_in(word), small_in(word));
            digits |= digit;
            letters |= letter;
            others |= !(digit | letter) & HIGH;
        }
        if others == 0 {
            return if digits == 0 { 0 } else { DIGIT } | if letters == 0 { 0 } else { SMALL };
        }
    }
    let (mut classes, mut others) = (0, false);
    for &byte in text {
        let class = CLASS[usize::from(byte)];
        classes |= class;
        others |= class == 0;
    }
    if others { 0 } else { classes }
}

/// How many digits stand at `at`.
#[inline]
pub(super) fn digits(line: &[u8], at: usize) -> usize {
    let text = line.get(at..).unwrap_or_default();
    let mut count = 0;
    while let Some(eight) = text.get(count..).and_then(<[u8]>::first_chunk) {
        let others = digits_in(u64::from_le_bytes(*eight)) ^ HIGH;
        if others != 0 {
            return count + others.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    count + text[count..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Whether a text begins with `2024-05-01T12:00:00` or the same with a blank.
#[inline]
pub(super) fn is_moment(text: &[u8]) -> bool {
    const DATE: u64 = u64::from_le_bytes(*b"0000-00-");
    const CLOCK: u64 = u64::from_le_bytes(*b"00:00:00");
    const DASHES: u64 = u64::from_le_bytes([0, 0, 0, 0, 0xff, 0, 0, 0xff]);
    const COLONS: u64 = u64::from_le_bytes([0, 0, 0xff, 0, 0, 0xff, 0, 0]);
    let word =
        |at: usize| text.get(at..).and_then(<[u8]>::first_chunk).map(|eight| u64::from_le_bytes(*eight));
    let (Some(date), Some(clock)) = (word(0), word(11)) else { return false };
    let (date, clock) = (date ^ DATE, clock ^ CLOCK);
    at_least(date, 10) == 0
        && at_least(clock, 10) == 0
        && date & DASHES == 0
        && clock & COLONS == 0
        && text[8].is_ascii_digit()
        && text[9].is_ascii_digit()
        && matches!(text[10], b'T' | b' ')
}

/// Whether a text begins with a UUID in small letters, with digits and letters in it, and ends with it.
pub(super) fn is_uuid(text: &[u8]) -> bool {
    let Some(id) = text.get(..36) else { return false };
    let mut classes = 0;
    for (at, &byte) in id.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if byte != b'-' {
                return false;
            }
        } else {
            classes |= CLASS[usize::from(byte)] | u8::from(CLASS[usize::from(byte)] == 0) << 7;
        }
    }
    classes == DIGIT | SMALL && !text.get(36).is_some_and(u8::is_ascii_alphanumeric)
}

/// The first digit from `at` on.
pub(super) fn next_digit(line: &[u8], mut at: usize) -> Option<usize> {
    while let Some(eight) = line.get(at..at + 8) {
        let digits = digits_in(u64::from_le_bytes(eight.try_into().ok()?));
        if digits != 0 {
            return Some(at + digits.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    line[at..].iter().position(u8::is_ascii_digit).map(|found| at + found)
}

/// The high bit of each byte.
const HIGH: u64 = u64::from_le_bytes([0x80; 8]);

/// The high bit of each byte that is at least `least`, which is at most 0x80.
#[inline]
fn at_least(word: u64, least: u8) -> u64 {
    // nothing carries from one byte to the next
    (((word & !HIGH) + u64::from_le_bytes([0x80 - least; 8])) | word) & HIGH
}

/// The high bit of each byte that is a digit.
#[inline]
fn digits_in(word: u64) -> u64 {
    !at_least(word ^ u64::from_le_bytes([b'0'; 8]), 10) & HIGH
}

/// The high bit of each byte that is one of the letters `a` to `f`.
#[inline]
fn small_in(word: u64) -> u64 {
    let letters = word ^ u64::from_le_bytes([0x60; 8]);
    at_least(letters, 1) & !at_least(letters, 7)
}

/// Digits.
pub(super) const DIGIT: u8 = 1;
/// `a` to `f`.
pub(super) const SMALL: u8 = 1 << 1;
/// `A` to `F`.
pub(super) const CAPITAL: u8 = 1 << 2;
/// Other small letters.
pub(super) const LETTER: u8 = 1 << 3;
/// Other capitals.
pub(super) const UPPER: u8 = 1 << 4;

/// The class of each byte; 0 for what is no letter and no digit.
pub(super) static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' => SMALL,
            b'A'..=b'F' => CAPITAL,
            b'g'..=b'z' => LETTER,
            b'G'..=b'Z' => UPPER,
            _ => 0,
        };
        byte += 1;
    }
    table
};
