//! The time that was read last: the next one mostly differs in its time of day only.

use super::digits::{self, Shape};
use crate::model::{DAY, Date, SECOND, Stamp};

/// A longer time is read anew.
const MAX_LENGTH: usize = 40;
/// Before the time of day stand year, month and day, and what joins them to it.
const DAY_LENGTH: usize = 11;
/// Where the seconds end.
const SECONDS_END: usize = DAY_LENGTH + 8;

/// A time that was read, if it is one of a date, a time of day, a fraction and an offset in digits or `Z`.
#[derive(Debug)]
pub(in crate::record) struct Recent {
    written: [u8; MAX_LENGTH],
    length: usize,
    /// Where the fraction ends.
    clock_end: usize,
    /// What stood behind it; zeros past the end.
    behind: [u8; 8],
    /// The beginning of its day.
    midnight: i64,
    stamp: Option<Stamp>,
}

impl Default for Recent {
    fn default() -> Recent {
        Recent { written: [0; MAX_LENGTH], length: 0, clock_end: 0, behind: [0; 8], midnight: 0, stamp: None }
    }
}

impl Recent {
    /// Reads the time that stands from `start` to `end` in a text as `read` does, which looks at no more than
    /// eight bytes behind it.
    #[inline]
    pub(in crate::record) fn read(
        &mut self,
        text: &[u8],
        start: usize,
        end: usize,
        read: impl FnOnce() -> Option<Stamp>,
    ) -> Option<Stamp> {
        let written = text.get(start..end)?;
        let behind = match text[end..].first_chunk() {
            Some(behind) => *behind,
            None => std::array::from_fn(|at| digits::byte(text, end + at)),
        };
        self.again(written, behind).or_else(|| {
            let stamp = read();
            self.stamp = stamp.filter(|stamp| self.keep(written, behind, stamp).is_some());
            stamp
        })
    }

    /// The time, if it differs from the last one in digits of its time of day only.
    #[inline]
    fn again(&self, written: &[u8], behind: [u8; 8]) -> Option<Stamp> {
        let stamp = self.stamp?;
        if written.len() != self.length || behind != self.behind {
            return None;
        }
        if written.first_chunk::<DAY_LENGTH>()? != self.written.first_chunk::<DAY_LENGTH>()? {
            return None;
        }
        let mut nanos = time_of_day(written)?;
        if self.clock_end > SECONDS_END {
            if written.get(SECONDS_END) != self.written.get(SECONDS_END) {
                return None;
            }
            nanos += digits::billionths(written, SECONDS_END + 1, self.clock_end - SECONDS_END - 1)?;
        }
        let same = written.get(self.clock_end..)? == self.written.get(self.clock_end..self.length)?;
        same.then_some(Stamp { local: self.midnight + nanos, ..stamp })
    }

    /// Keeps a time, if times with another time of day are told from it; does not set its stamp.
    #[cold]
    fn keep(&mut self, written: &[u8], behind: [u8; 8], stamp: &Stamp) -> Option<()> {
        let mut nanos = time_of_day(written)?;
        let mut clock_end = SECONDS_END;
        if matches!(written.get(SECONDS_END), Some(b'.' | b',')) {
            let (fraction, end) = digits::fraction(written, SECONDS_END + 1)?;
            nanos += fraction.billionths;
            clock_end = end;
        }
        let is_offset = match &written[clock_end..] {
            [] => stamp.offset.is_none(),
            [b'Z'] => true,
            [b'+' | b'-', offset @ ..] => {
                matches!(offset.len(), 4 | 5)
                    && offset.iter().all(|&byte| byte.is_ascii_digit() || byte == b':')
            }
            _ => false,
        };
        let midnight = stamp.local - nanos;
        let date = &written[..DAY_LENGTH - 1];
        let is_date = date.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => matches!(byte, b'-' | b'/' | b'.'),
            _ => byte.is_ascii_digit(),
        });
        let known =
            is_date && is_offset && !may_go_on(behind) && stamp.date == Date::Full && midnight % DAY == 0;
        self.written.get_mut(..written.len()).filter(|_| known)?.copy_from_slice(written);
        (self.length, self.clock_end, self.behind, self.midnight) =
            (written.len(), clock_end, behind, midnight);
        Some(())
    }
}

/// Whether what stands behind a time may be a part of it, depending on the time or on more than is kept of it: the half
/// of the day, a zone by its name, an offset.
fn may_go_on(behind: [u8; 8]) -> bool {
    let [first, second, third, ..] = behind;
    let word = if first == b' ' { second } else { first };
    first == b'['
        || matches!(word, b'A' | b'a' | b'P' | b'p')
        || first == b' ' && matches!(second, b'+' | b'-') && third.is_ascii_digit()
        || first == b' ' && second.is_ascii_uppercase() && third.is_ascii_lowercase()
}

/// The nanoseconds from midnight to the time of day behind a date, without its fraction.
#[inline]
fn time_of_day(written: &[u8]) -> Option<i64> {
    const CLOCK: Shape = Shape::new(b"00:00:00");
    let pairs = CLOCK.pairs(written.get(DAY_LENGTH..)?.first_chunk()?)?;
    let (hour, minute, second) = (i64::from(pairs[0]), i64::from(pairs[3]), i64::from(pairs[6]));
    // the last hour of a day, leap seconds
    (hour < 24 && minute < 60 && second < 60).then_some(((hour * 60 + minute) * 60 + second) * SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::timestamp::{DayOrder, parse_prefix};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_time_is_read_alike_whatever_was_read_before(
            times in proptest::collection::vec((
                "2024[-/.](02[-/]2[89]|13-01|05.01)[T _]([01][0-9]|2[0-5]):([0-5][0-9]|60):([0-5][0-9]|60)([.,:][0-9]{1,11})?",
                "(Z|[+-]0[0-9]:?[03]0| [+-]0200| [AP]M| UTC| EST| CEST|z)?",
                "( INFO x| Info x| Singapore| \\+03:00| \\(CEST\\)|\\] |\"|[0-9]| PM| am|Z|\\[Europe/Berlin\\]| 2024|)",
            ), 1..20),
            again in 0..3usize,
        ) {
            let mut recent = Recent::default();
            for (time, zone, behind) in &times {
                for second in [None, Some("00"), Some("59"), Some("61")].into_iter().take(again + 2) {
                    let mut text = format!("x{time}{zone}{behind}");
                    if let Some(second) = second {
                        text.replace_range(18..20, second);
                    }
                    let end = 1 + time.len() + zone.len();
                    let bytes = text.as_bytes();
                    let read = || {
                        parse_prefix(&bytes[1..], DayOrder::MonthFirst)
                            .filter(|(_, taken)| 1 + taken == end)
                            .map(|(stamp, _)| stamp)
                    };
                    prop_assert_eq!(recent.read(bytes, 1, end, read), read(), "{}", text);
                }
            }
        }
    }
}
