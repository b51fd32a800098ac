//! Days, months and years, and their names in English.

use super::digits::byte;

/// The years that a log can have been written in; a date of another year is no date.
const FIRST_YEAR: u32 = 1900;
const YEARS: usize = 300;

/// Days from 1970-01-01 to the first day of each year, and to the day after the last year.
const YEAR_STARTS: [i32; YEARS + 1] = {
    let mut starts = [0; YEARS + 1];
    let mut i = 0;
    while i <= YEARS {
        let before = (FIRST_YEAR as usize + i - 1) as i32;
        starts[i] = before * 365 + before / 4 - before / 100 + before / 400 - 719_162;
        i += 1;
    }
    starts
};

/// Days from the start of a year to the first day of each month, and to the next year; for leap years in the second row.
const MONTH_STARTS: [[u16; 13]; 2] = [
    [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365],
    [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366],
];

/// Days from 1970-01-01 to the first day of a year, and whether it is a leap year.
#[inline(always)]
fn year_start(year: u32) -> Option<(i64, bool)> {
    let i = year.wrapping_sub(FIRST_YEAR) as usize;
    let (start, end) = (*YEAR_STARTS.get(i)?, *YEAR_STARTS.get(i + 1)?);
    Some((i64::from(start), end - start == 366))
}

/// Days from 1970-01-01 to a date; `None` if the calendar has no such date, or the year is no year of a log.
///
/// Tables make it cheaper, with the checks, than [`crate::model::days_from_civil`] without.
#[inline(always)]
pub(super) fn day_number(year: u32, month: u32, day: u32) -> Option<i64> {
    let (start, is_leap) = year_start(year)?;
    let months = &MONTH_STARTS[usize::from(is_leap)];
    let end = u32::from(*months.get(month as usize)?);
    let before = u32::from(*months.get(month.wrapping_sub(1) as usize)?);
    (day > 0 && before + day <= end).then(|| start + i64::from(before + day) - 1)
}

/// Days from 1970-01-01 to the `day`th day of a year, from 1 to 366.
pub(super) fn ordinal_day_number(year: u32, day: u32) -> Option<i64> {
    let (start, is_leap) = year_start(year)?;
    (1..=365 + u32::from(is_leap)).contains(&day).then(|| start + i64::from(day) - 1)
}

/// The year that two digits stand for, from 1970 to 2069 as in POSIX.
pub(super) fn year_of_century(year: u32) -> u32 {
    if year < 70 { 2000 + year } else { 1900 + year }
}

/// Three letters in lower case as a number; bytes that are no letters never become any.
const fn letters(name: &[u8; 3]) -> u32 {
    (name[0] as u32) << 16 | (name[1] as u32) << 8 | name[2] as u32 | 0x20_2020
}

fn letters_at(text: &[u8], at: usize) -> Option<u32> {
    text.get(at..)?.first_chunk().map(letters)
}

/// Position after a name that may go on after its first three letters with all of one of `rests`.
fn end_of_name(text: &[u8], at: usize, rests: &[&str]) -> Option<usize> {
    let after = at + 3;
    if !byte(text, after).is_ascii_alphabetic() {
        return Some(after);
    }
    let n = text[after..].iter().take(8).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let rest = &text[after..after + n];
    rests.iter().any(|whole| rest.eq_ignore_ascii_case(whole.as_bytes())).then_some(after + n)
}

/// The month, 1 to 12, whose English name in full or in three letters stands at `at`, and the position after it.
pub(super) fn month(text: &[u8], at: usize) -> Option<(u32, usize)> {
    const JAN: u32 = letters(b"jan");
    const FEB: u32 = letters(b"feb");
    const MAR: u32 = letters(b"mar");
    const APR: u32 = letters(b"apr");
    const MAY: u32 = letters(b"may");
    const JUN: u32 = letters(b"jun");
    const JUL: u32 = letters(b"jul");
    const AUG: u32 = letters(b"aug");
    const SEP: u32 = letters(b"sep");
    const OCT: u32 = letters(b"oct");
    const NOV: u32 = letters(b"nov");
    const DEC: u32 = letters(b"dec");
    let (month, rests): (u32, &[&str]) = match letters_at(text, at)? {
        JAN => (1, &["uary"]),
        FEB => (2, &["ruary"]),
        MAR => (3, &["ch"]),
        APR => (4, &["il"]),
        MAY => (5, &[]),
        JUN => (6, &["e"]),
        JUL => (7, &["y"]),
        AUG => (8, &["ust"]),
        SEP => (9, &["tember", "t"]),
        OCT => (10, &["ober"]),
        NOV => (11, &["ember"]),
        DEC => (12, &["ember"]),
        _ => return None,
    };
    end_of_name(text, at, rests).map(|end| (month, end))
}

/// Position after the English name of a weekday, in full or in three letters.
pub(super) fn weekday(text: &[u8], at: usize) -> Option<usize> {
    const MON: u32 = letters(b"mon");
    const TUE: u32 = letters(b"tue");
    const WED: u32 = letters(b"wed");
    const THU: u32 = letters(b"thu");
    const FRI: u32 = letters(b"fri");
    const SAT: u32 = letters(b"sat");
    const SUN: u32 = letters(b"sun");
    let rests: &[&str] = match letters_at(text, at)? {
        MON | FRI | SUN => &["day"],
        TUE => &["sday", "s"],
        WED => &["nesday"],
        THU => &["rsday", "rs", "r"],
        SAT => &["urday"],
        _ => return None,
    };
    end_of_name(text, at, rests)
}

/// Whether the name of a month or a weekday can begin with a letter.
#[inline]
pub(super) fn may_begin_name(letter: u8) -> bool {
    matches!(letter | 0x20, b'a' | b'd' | b'f' | b'j' | b'm' | b'n' | b'o' | b's' | b't' | b'w')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{civil_from_days, days_from_civil};

    #[test]
    fn day_numbers_agree_with_the_model_and_exist_in_the_calendar() {
        for year in 1900..2200 {
            for month in 0..=13 {
                for day in 0..=32 {
                    let days = days_from_civil(i64::from(year), month, day);
                    let exists = civil_from_days(days) == (i64::from(year), month, day);
                    assert_eq!(day_number(year, month, day), exists.then_some(days), "{year}-{month}-{day}");
                }
            }
            let new_year = day_number(year, 1, 1).expect("every year has one");
            assert_eq!(ordinal_day_number(year, 366).is_some(), day_number(year, 2, 29).is_some());
            assert_eq!(ordinal_day_number(year, 60), Some(new_year + 59));
        }
        assert_eq!((day_number(1899, 1, 1), day_number(2200, 1, 1)), (None, None));
        assert_eq!((ordinal_day_number(2024, 0), ordinal_day_number(2024, 367)), (None, None));
    }

    #[test]
    fn names_are_full_or_three_letters_in_any_case() {
        assert_eq!(month(b"May 1", 0), Some((5, 3)));
        assert_eq!(month(b"x SEPTEMBER", 2), Some((9, 11)));
        assert_eq!(month(b"sept-", 0), Some((9, 4)));
        assert_eq!(month(b"Marriage", 0), None);
        assert_eq!(month(b"Ma", 0), None);
        assert_eq!(month(b"M\x01y", 0), None);
        assert_eq!(weekday(b"Wednesday,", 0), Some(9));
        assert_eq!(weekday(b"Monitor", 0), None);
        for name in ["Jan", "Feb", "Apr", "Aug", "Oct", "Nov", "Dec", "Tue", "Wed", "Sun"] {
            assert!(may_begin_name(name.as_bytes()[0]), "{name}");
        }
        assert!(!may_begin_name(b'I') && !may_begin_name(b'E') && !may_begin_name(b'{'));
    }
}
