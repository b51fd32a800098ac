//! Days, months and years.

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
}
