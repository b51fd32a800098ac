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
    #[inline(always)]
    pub(super) fn end(self, length: u8, line: &[u8], at: usize) -> Option<usize> {
        let text = line.get(at..)?;
        let end = match self {
            Kind::Digits | Kind::Zeros => {
                let (count, zeros) = run(text);
                (count == usize::from(length) && zeros == (self == Kind::Zeros)).then_some(count)?
            }
            Kind::Hex | Kind::Capitals => {
                let length = usize::from(length);
                let own = text.get(..length)?;
                let letters = if self == Kind::Capitals { b'A' } else { b'a' };
                if !is_hex(own, letters) || text.get(length).is_some_and(u8::is_ascii_alphanumeric) {
                    return None;
                }
                length
            }
            Kind::Uuid => is_uuid(text).then_some(36)?,
            Kind::Moment => (is_moment(text) && text[10] == length).then_some(19)?,
            Kind::Number => {
                let (count, zeros) = run(text);
                ((1..=FREE_DIGITS).contains(&count) && !zeros).then_some(count)?
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
                    let count = run(text.get(end..)?).0;
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

/// Whether a text holds digits and the six letters from `first` on, some of both, and nothing else.
#[inline(always)]
fn is_hex(text: &[u8], first: u8) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    // a letter has bit 6 and is nine above its last four bits
    let above = u64::from(first - b'0' - 10);
    let (mut digits, mut letters, mut others) = (0, 0, 0);
    let mut add = |word: u64| {
        let letter = (word >> 6) & ONES;
        let worth = (word & (0x0f * ONES)) + 9 * letter;
        // what its worth would be written as
        let written = worth + ZEROS + above * (((worth + 6 * ONES) >> 4) & ONES);
        letters |= letter;
        digits |= letter ^ ONES;
        others |= (written ^ word) | (worth & (0x10 * ONES));
    };
    let (eights, rest) = text.as_chunks();
    for eight in eights {
        add(u64::from_le_bytes(*eight));
    }
    if !rest.is_empty() {
        match text.last_chunk() {
            Some(eight) => add(u64::from_le_bytes(*eight)),
            None => {
                let is_letter = |byte: &u8| (first..first + 6).contains(byte);
                return text.iter().all(|byte| byte.is_ascii_digit() || is_letter(byte))
                    && text.iter().any(u8::is_ascii_digit)
                    && text.iter().any(is_letter);
            }
        }
    }
    others == 0 && digits != 0 && letters != 0
}

/// How many digits a text begins with, and whether they are nothing but zeros.
#[inline(always)]
fn run(text: &[u8]) -> (usize, bool) {
    if let Some(eight) = text.first_chunk() {
        let word = u64::from_le_bytes(*eight) ^ ZEROS;
        let others = at_least(word, 10);
        if others != 0 {
            let count = others.trailing_zeros() as usize / 8;
            // what stands behind the digits is shifted out
            return (count, count > 0 && word << (64 - 8 * count) == 0);
        }
    }
    let count = digits(text, 0);
    (count, text[..count].iter().all(|&byte| byte == b'0'))
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
pub fn is_moment(text: &[u8]) -> bool {
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
#[inline]
pub(super) fn is_uuid(text: &[u8]) -> bool {
    const DASH: u64 = 0xff << 32;
    const DASHES: u64 = (b'-' as u64) << 32;
    let Some(id) = text.first_chunk::<36>() else { return false };
    let word = |at: usize| id[at..].first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight));
    let (mut digits, mut letters, mut others) = (0, 0, 0);
    // the last three eights have a dash in their midst
    for (at, dash) in [(0, 0), (24, 0), (28, 0), (9, DASH), (14, DASH), (19, DASH)] {
        let word = word(at);
        let (digit, letter) = (digits_in(word), letters_in(word, b'a'));
        digits |= digit;
        letters |= letter;
        others |= ((digit | letter) ^ HIGH) & !dash | (word & dash) ^ (DASHES & dash);
    }
    others == 0
        && id[8] == b'-'
        && digits != 0
        && letters != 0
        && !text.get(36).is_some_and(u8::is_ascii_alphanumeric)
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
pub(super) const HIGH: u64 = u64::from_le_bytes([0x80; 8]);

/// The high bit of each byte that is at least `least`, which is at most 0x80.
#[inline]
fn at_least(word: u64, least: u8) -> u64 {
    // nothing carries from one byte to the next
    (((word & !HIGH) + u64::from_le_bytes([0x80 - least; 8])) | word) & HIGH
}

/// Eight zeros.
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// The high bit of each byte that is a digit.
#[inline]
fn digits_in(word: u64) -> u64 {
    at_least(word ^ ZEROS, 10) ^ HIGH
}

/// The high bit of each byte that is one of the six letters from `first` on, `a` or `A`.
#[inline]
fn letters_in(word: u64, first: u8) -> u64 {
    let letters = word ^ u64::from_le_bytes([first - 1; 8]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_told_of_eight_bytes_at_once_is_told_of_each(
            text in proptest::collection::vec(prop_oneof![
                Just(b'0'), Just(b'-'), b'0'..=b'9', b'a'..=b'f', b'A'..=b'F', b'/'..=b':', b'@'..=b'G', b'`'..=b'g', any::<u8>(),
            ], 0..40),
            uuid in "([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|0{8}-0{4}-1{4}-0{4}-0{12})",
            spoilt in 0..36usize,
            by in any::<u8>(),
        ) {
            let of = |classes: u8| text.iter().all(|&byte| CLASS[usize::from(byte)] & classes != 0);
            let any = |class: u8| text.iter().any(|&byte| CLASS[usize::from(byte)] == class);
            prop_assert_eq!(is_hex(&text, b'a'), of(DIGIT | SMALL) && any(DIGIT) && any(SMALL));
            prop_assert_eq!(is_hex(&text, b'A'), of(DIGIT | CAPITAL) && any(DIGIT) && any(CAPITAL));
            let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let zeros = text[..count].iter().all(|&byte| byte == b'0');
            prop_assert_eq!(run(&text).0, count);
            prop_assert!(count == 0 || run(&text).1 == zeros);
            let mut id = uuid.into_bytes();
            prop_assert_eq!(is_uuid(&id), id.iter().any(|&byte| CLASS[usize::from(byte)] == SMALL));
            id[spoilt] = by;
            let expected = id.iter().enumerate().all(|(at, &byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => CLASS[usize::from(byte)] & (DIGIT | SMALL) != 0,
            });
            let has = |class: u8| id.iter().any(|&byte| CLASS[usize::from(byte)] == class);
            prop_assert_eq!(is_uuid(&id), expected && has(DIGIT) && has(SMALL));
        }
    }
}
