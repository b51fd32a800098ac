//! Reads times that are one number: seconds, or parts of them, since 1970, and the labels of TAI64.

use crate::model::{Precision, SECOND, Stamp, Time};

use super::digits::{self, Fraction, byte, is_digit, is_word};

/// Seconds from the epoch to 1990 and to 2100: a number of another magnitude is no time.
const PLAUSIBLE_SECONDS: std::ops::Range<u64> = 631_152_000..4_102_444_800;

/// A number in digits, cut to billionths: `1714564800`, `1714564800.123`, `1.7145648e+09`.
struct Number {
    whole: u64,
    fraction: Fraction,
    /// An exponent was written.
    is_scientific: bool,
}

/// Seconds, milliseconds, microseconds or nanoseconds since the epoch, told apart by magnitude.
///
/// A fraction counts to the nanosecond, an exponent moves the point; no digit is rounded. `None` if `number` is more
/// than a number, or if it gives a year outside 1990 to 2099 in all four units.
pub fn parse_epoch(number: &[u8]) -> Option<Stamp> {
    let (whole, digits) = digits::number(number, 0)?;
    let (parsed, end) = read_number(number, whole, digits)?;
    if end == number.len() { parsed.stamp() } else { None }
}

/// Whether a number that should be a duration is a moment, as nginx's `$msec` (`1795981187.986`) is: seconds since the epoch with a
/// fraction, or milliseconds. As a duration it would be weeks.
pub fn is_moment(number: &[u8]) -> bool {
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let fraction = number.get(digits) == Some(&b'.');
    number.first() == Some(&b'1')
        && (digits == 10 && fraction || digits == 13 && number.len() == digits)
        && parse_epoch(number).is_some()
}

/// Reads `/Date(1766220196470)/`, maybe with a zone behind the number, which changes nothing (Microsoft's JSON).
pub(super) fn microsoft(text: &[u8]) -> Option<Stamp> {
    let inside = text.strip_prefix(b"/Date(")?.strip_suffix(b")/")?;
    let digits = inside.iter().take_while(|byte| byte.is_ascii_digit()).count();
    parse_epoch(&inside[..digits])
}

/// Reads an epoch number that begins a line with `whole`, a number of `digits` digits. So that not every number is a
/// time, it must have as many digits as current times have, or an exponent, and something must end it.
#[inline]
pub(super) fn prefix(text: &[u8], whole: u64, digits: usize) -> Option<(Stamp, usize)> {
    let (number, end) = read_number(text, whole, digits)?;
    let ends = match byte(text, end) {
        0 => end == text.len(),
        b' ' | b'\t' | b'\r' | b'\n' => true,
        b',' | b';' | b':' | b'|' | b']' | b')' | b'}' | b'"' | b'\'' | b'=' | b'>' => true,
        _ => false,
    };
    let is_usual = byte(text, 0) != b'0' && (matches!(digits, 10 | 13 | 16 | 19) || number.is_scientific);
    if is_usual && ends { Some((number.stamp()?, end)) } else { None }
}

/// Reads the number at the start of `text`, which is `whole` up to its point, and gives the position after it.
#[inline]
fn read_number(text: &[u8], whole: u64, n: usize) -> Option<(Number, usize)> {
    if n == 0 {
        return None;
    }
    let (fraction, end) = match byte(text, n) {
        b'.' if is_digit(text, n + 1) => digits::fraction(text, n + 1)?,
        _ => (Fraction::NONE, n),
    };
    if matches!(byte(text, end), b'e' | b'E') {
        let exponent_at = end + 1 + usize::from(byte(text, end + 1) == b'+');
        let (exponent, exponent_end) = digits::one_or_two(text, exponent_at)?;
        let number = shifted(&text[..end], fraction.digits, exponent as usize)?;
        return Some((number, exponent_end));
    }
    Some((Number { whole, fraction, is_scientific: false }, end))
}

/// The number that `written` becomes when its point moves to the right.
fn shifted(written: &[u8], fraction_digits: usize, places: usize) -> Option<Number> {
    let mut digits = written.iter().filter(|&&byte| byte != b'.').map(|digit| u64::from(digit - b'0'));
    let all = digits.clone().count();
    let mut take =
        |n| (0..n).try_fold(0u64, |value, _| value.checked_mul(10)?.checked_add(digits.next().unwrap_or(0)));
    let whole = take(all - fraction_digits + places)?;
    let billionths = take(9)? as i64;
    let fraction = Fraction { billionths, digits: fraction_digits.saturating_sub(places) };
    Some(Number { whole, fraction, is_scientific: true })
}

impl Number {
    #[inline]
    fn stamp(&self) -> Option<Stamp> {
        let unit = match self.whole {
            whole if PLAUSIBLE_SECONDS.contains(&whole) => 1_000_000_000,
            whole if PLAUSIBLE_SECONDS.contains(&(whole / 1_000)) => 1_000_000,
            whole if PLAUSIBLE_SECONDS.contains(&(whole / 1_000_000)) => 1_000,
            whole if PLAUSIBLE_SECONDS.contains(&(whole / 1_000_000_000)) => 1,
            _ => return None,
        };
        let nanos = self.whole as i64 * unit + self.fraction.billionths * unit / SECOND;
        let precision = (unit as u32 / digits::power_of_ten(self.fraction.digits.min(9)) as u32).max(1);
        Some(Stamp::utc(Time(nanos), Precision(precision)))
    }
}

/// Label of the second at which 1970 began in TAI64, plus the ten seconds that TAI was ahead of UTC then.
const TAI64_EPOCH: u64 = (1 << 62) + 10;

/// Reads a label of TAI64 or TAI64N: `@` and the seconds, then perhaps the nanoseconds, in hexadecimal.
///
/// Ten seconds are taken off, for what writes such labels (multilog, svlogd, s6-log on a clock of TAI-10) adds ten to
/// the time of the system, which runs on UTC. A label that counts the leap seconds since 1972 comes out that much late.
pub(super) fn tai64(text: &[u8]) -> Option<(Stamp, usize)> {
    let hex = |start: usize, n: usize| {
        let digits = text.get(start..start + n)?;
        digits
            .iter()
            .try_fold(0u64, |value, &digit| Some(value << 4 | u64::from((digit as char).to_digit(16)?)))
    };
    let seconds =
        hex(1, 16)?.checked_sub(TAI64_EPOCH).filter(|seconds| PLAUSIBLE_SECONDS.contains(seconds))?;
    let (nanos, precision, end) = match hex(17, 8) {
        Some(nanos) => (nanos as i64, Precision::NANO, 25),
        None => (0, Precision::SECOND, 17),
    };
    let stamp = Stamp::utc(Time(seconds as i64 * SECOND + nanos), precision);
    (nanos < SECOND && !is_word(text, end)).then_some((stamp, end))
}
