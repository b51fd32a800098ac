//! Says where the times of a source belong of which no record tells the date or the year.

use super::dating::{ASSUMED_YEAR, Assumed, Dating};
use crate::gather::Placement;
use crate::model::{DAY, Time};

/// The earliest and latest time of something.
type Range = (Time, Time);

/// The placement of each source: near to those that state their dates, else together, and not after `now`.
pub(super) fn placements<'a>(datings: impl Iterator<Item = &'a Dating> + Clone, now: Time) -> Vec<Placement> {
    let others = dated_range(datings.clone());
    let undated = datings.clone().filter(|dating| unplaced(dating) == Assumed::Date);
    let ranges: Vec<Range> = undated.filter_map(|dating| dating.range).collect();
    let together = Together::of(&ranges, now);
    let place = |dating: &Dating| -> Placement {
        let Some(range) = dating.range else { return Placement::default() };
        match unplaced(dating) {
            Assumed::Nothing
                if dating.order_is_open && others.is_some_and(|others| is_turned(range, others)) =>
            {
                Placement { day_first: true, ..Placement::default() }
            }
            Assumed::Nothing => dating.told.unwrap_or_default(),
            Assumed::Date => {
                let days = others.map_or_else(|| together.days(range), |others| days_to(range, others));
                Placement { shift: days * DAY, ..Placement::default() }
            }
            Assumed::Year => {
                Placement { year: Some((ASSUMED_YEAR, year(range, others, now))), ..Placement::default() }
            }
        }
    };
    datings.map(place).collect()
}

/// What of a source's times neither it nor its name tells.
fn unplaced(dating: &Dating) -> Assumed {
    if dating.told.is_some() { Assumed::Nothing } else { dating.assumed }
}

/// The first and last time of the sources that state their dates.
fn dated_range<'a>(datings: impl Iterator<Item = &'a Dating>) -> Option<Range> {
    let dated = datings.filter(|dating| unplaced(dating) == Assumed::Nothing && !dating.order_is_open);
    dated.filter_map(|dating| dating.range).reduce(|all, range| (all.0.min(range.0), all.1.max(range.1)))
}

/// Whether dates that were read with the month first are nearer to others with the day first.
fn is_turned((first, _): Range, others: Range) -> bool {
    let away = |time: Time| (others.0.0 - time.0).max(time.0 - others.1.0).max(0);
    away(first.day_first()) < away(first)
}

fn middle((low, high): Range) -> i64 {
    low.0 / 2 + high.0 / 2
}

/// The days that bring a range nearest to another.
fn days_to(range: Range, others: Range) -> i64 {
    (middle(others) - middle(range) + DAY / 2).div_euclid(DAY)
}

/// Sources without dates when nothing else has one: they are taken to be of the same run.
struct Together {
    /// The longest one; the others stand where they share most of its time.
    longest: Range,
    /// Days from the assumed date to the latest one on which nothing is after now.
    days: i64,
}

impl Together {
    fn of(ranges: &[Range], now: Time) -> Together {
        let length = |range: &Range| (range.1.0 - range.0.0, std::cmp::Reverse(range.0));
        let longest = ranges.iter().copied().max_by_key(length).unwrap_or((now, now));
        let mut together = Together { longest, days: 0 };
        let last = ranges.iter().map(|&range| range.1.0 + together.days(range) * DAY).max();
        together.days = last.map_or(0, |last| (now.0 - last).div_euclid(DAY));
        together
    }

    fn days(&self, (low, high): Range) -> i64 {
        let shared = |days: &i64| {
            let low = (low.0 + days * DAY).max(self.longest.0.0);
            low.saturating_sub((high.0 + days * DAY).min(self.longest.1.0))
        };
        // of equals the first: no day off is likelier than one
        self.days + [0, 1, -1].into_iter().min_by_key(shared).unwrap_or(0)
    }
}

/// The year in which a source of which only the year is unknown began.
fn year((first, last): Range, others: Option<Range>, now: Time) -> i64 {
    let placed = |year: i64| (first.in_year(year), last.in_year(year + last.civil().0 - first.civil().0));
    let near = others.map_or(now, |others| Time(middle(others))).civil().0;
    match others {
        Some(others) => (near - 1..=near + 1)
            .min_by_key(|&year| (middle(placed(year)) - middle(others)).abs())
            .unwrap_or(near),
        // clocks may differ a little
        None => near - i64::from(placed(near).1.0 > now.0 + DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const HOUR: i64 = 3_600_000_000_000;

    fn day(year: i64, month: u32, day: u32) -> Time {
        Time::from_civil(year, month, day, 0).expect("within range")
    }

    fn source(assumed: Assumed, first: Time, last: Time) -> Dating {
        let mut dating = Dating::default();
        (dating.assumed, dating.range) = (assumed, Some((first, last)));
        dating
    }

    #[track_caller]
    fn check(first: Time, last: Time, others: Option<Range>, expected: i64) {
        let mut all = vec![source(Assumed::Year, first, last)];
        all.extend(others.map(|(low, high)| source(Assumed::Nothing, low, high)));
        let placement = placements(all.iter(), day(2026, 3, 1))[0];
        assert_eq!(placement, Placement { year: Some((ASSUMED_YEAR, expected)), ..Placement::default() });
        assert_eq!(placement.place(first).civil().0, expected);
        assert_eq!(placement.displace(placement.place(first)), first);
    }

    #[test]
    fn a_year_that_nothing_tells_is_the_last_one_possible() {
        check(day(1972, 2, 28), day(1972, 3, 1), None, 2026);
        check(day(1972, 3, 5), day(1972, 3, 6), None, 2025);
        check(day(1972, 12, 31), day(1973, 1, 1), None, 2025);
    }

    #[test]
    fn a_year_that_nothing_tells_is_that_of_the_other_sources() {
        check(day(1972, 5, 1), day(1972, 5, 2), Some((day(2024, 5, 1), day(2024, 5, 3))), 2024);
        check(day(1972, 12, 31), day(1972, 12, 31), Some((day(2024, 1, 1), day(2024, 1, 2))), 2023);
        check(day(1972, 1, 1), day(1972, 1, 2), Some((day(2023, 12, 30), day(2023, 12, 31))), 2024);
    }

    #[test]
    fn dates_of_open_order_are_read_as_they_fit_the_other_sources() {
        let turned = |first: Time, others: Option<Range>| {
            let mut open = source(Assumed::Nothing, first, Time(first.0 + HOUR));
            open.order_is_open = true;
            let mut all = vec![open];
            all.extend(others.map(|(low, high)| source(Assumed::Nothing, low, high)));
            let placement = placements(all.iter(), day(2027, 1, 1))[0];
            placement.place(first)
        };
        let others = Some((day(2026, 12, 1), day(2026, 12, 2)));
        assert_eq!(turned(day(2026, 1, 12), others), day(2026, 12, 1));
        assert_eq!(turned(day(2026, 12, 1), others), day(2026, 12, 1));
        assert_eq!(turned(day(2026, 1, 12), None), day(2026, 1, 12));
    }

    /// Where sources that know only the time of day begin, in hours before 2026-03-01 08:00.
    fn starts(hours: &[(i64, i64)]) -> Vec<i64> {
        let undated = |&(low, high): &(i64, i64)| source(Assumed::Date, Time(low * HOUR), Time(high * HOUR));
        let all: Vec<Dating> = hours.iter().map(undated).collect();
        let now = Time(day(2026, 3, 1).0 + 8 * HOUR);
        let start = |(placement, &(low, _)): (Placement, &(i64, i64))| {
            (now.0 - placement.place(Time(low * HOUR)).0) / HOUR
        };
        placements(all.iter(), now).into_iter().zip(hours).map(start).collect()
    }

    #[test]
    fn times_of_day_are_the_latest_before_now() {
        assert_eq!(starts(&[(5, 7)]), [3]);
        assert_eq!(starts(&[(5, 9)]), [27]);
    }

    #[test]
    fn sources_that_know_only_the_time_of_day_stand_together() {
        // one of them ended before eight o'clock, and yet all are of yesterday
        assert_eq!(starts(&[(5, 7), (6, 23), (20, 22)]), [27, 26, 12]);
        // one begins after the midnight that another one passes
        assert_eq!(starts(&[(22, 27), (1, 2)]), [10, 7]);
    }
}
