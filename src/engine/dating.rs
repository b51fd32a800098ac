//! Gives times what they lack: records without time take their neighbour's, times without year or date take the nearest.

use crate::gather::Placement;
use crate::model::{DAY, Event, Time, days_from_civil, flag};
use crate::record::timestamp::Zone;

/// How the times of a source are completed, in the order of its records.
#[derive(Clone, Debug)]
pub struct Dating {
    zone: Zone,
    /// Year, and maybe month and day, that the file's name or its times tell.
    hint: Option<(i64, Option<(u32, u32)>)>,
    /// When the file was changed last: no record is much later.
    modified: Option<Time>,
    /// The time of the last record.
    last: Option<Time>,
    /// What the time of the last record lacked.
    lacking: u16,
    /// The first time, for records before it.
    pub first: Option<Time>,
    /// What of the times is only assumed.
    pub assumed: Assumed,
    /// Where assumed times belong, if a later record of the source told it; times kept here are then right.
    pub told: Option<Placement>,
    /// Earliest and latest time.
    pub range: Option<(Time, Time)>,
    /// Nothing in the source tells whether its dates have the month first, as they were read.
    pub order_is_open: bool,
    /// Steps forward and backward in time from record to record.
    pub steps: (u64, u64),
}

/// What of the times of a source nothing in it tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Assumed {
    /// All is told.
    #[default]
    Nothing,
    /// Times begin in [`ASSUMED_YEAR`].
    Year,
    /// Times begin on 1970-01-01.
    Date,
}

/// Stands for a year that nothing tells; a leap year, so that it has every day.
pub const ASSUMED_YEAR: i64 = 1972;

/// What of a time may not be written.
const LACKING: u16 = flag::NO_YEAR | flag::NO_DATE;

impl Default for Dating {
    fn default() -> Dating {
        Dating::new(Zone::utc(), None, None)
    }
}

impl Dating {
    /// For a source of which the name tells a date, and that was last changed at `modified`.
    pub fn new(zone: Zone, hint: Option<(i64, Option<(u32, u32)>)>, modified: Option<Time>) -> Dating {
        Dating {
            zone,
            hint,
            modified,
            last: None,
            lacking: 0,
            first: None,
            assumed: Assumed::Nothing,
            told: None,
            range: None,
            order_is_open: false,
            steps: (0, 0),
        }
    }

    /// What tells the year, or the whole date, of the first time that lacks it, in words.
    pub fn told_by(&self, no_date: bool) -> &'static str {
        match self.hint {
            Some((_, date)) if !no_date || date.is_some() => "the date in the file's name",
            _ if !no_date && self.modified.is_some() => "the time of the file's last change",
            _ => "the times of the other files, or else today",
        }
    }

    /// Completes the times of the next events.
    pub fn settle(&mut self, events: &mut [Event]) {
        for event in events {
            if event.is(flag::TIME_UNKNOWN) {
                if let Some(last) = self.last {
                    event.time = self.stored(last, self.lacking);
                    event.flags = event.flags & !flag::TIME_UNKNOWN | flag::TIME_INHERITED | self.lacking;
                }
                continue;
            }
            let lacking = event.flags & LACKING;
            let time = if lacking != 0 { self.complete(event) } else { event.time };
            if lacking == 0 && self.assumed != Assumed::Nothing && self.told.is_none() {
                self.tell(time);
            }
            if let Some(last) = self.last {
                match time.cmp(&last) {
                    std::cmp::Ordering::Greater => self.steps.0 += 1,
                    std::cmp::Ordering::Less => self.steps.1 += 1,
                    std::cmp::Ordering::Equal => {}
                }
            }
            event.time = self.stored(time, lacking);
            (self.last, self.lacking) = (Some(time), lacking);
            self.first.get_or_insert(time);
            self.range = Some(self.range.map_or((time, time), |(low, high)| (low.min(time), high.max(time))));
        }
    }

    /// The time as the event has it: what lacks something is moved with all that do, once all is read.
    fn stored(&self, time: Time, lacking: u16) -> Time {
        match self.told {
            Some(placement) if lacking != 0 => placement.displace(time),
            _ => time,
        }
    }

    /// A record states its date and so tells where the assumed times before it belong: near to it.
    fn tell(&mut self, time: Time) {
        let Some(last) = self.last else { return };
        let placement = if self.assumed == Assumed::Date {
            Placement { shift: (time.0 - last.0 + DAY / 2).div_euclid(DAY) * DAY, ..Placement::default() }
        } else {
            let (assumed, near) = (last.civil().0, time.civil().0);
            let year = (near - 1..=near + 1).min_by_key(|&year| (last.in_year(year).0 - time.0).abs());
            Placement { year: Some((assumed, year.unwrap_or(near))), ..Placement::default() }
        };
        self.told = Some(placement);
        let place = |time: Time| placement.place(time);
        self.last = self.last.map(place);
        self.first = self.first.map(place);
        self.range = self.range.map(|(low, high)| (place(low), place(high)));
    }

    /// The time nearest to the last one that the written parts allow.
    fn complete(&mut self, event: &Event) -> Time {
        let near = self.last.or_else(|| self.anchor(event));
        if near.is_none() {
            self.assumed = if event.is(flag::NO_DATE) { Assumed::Date } else { Assumed::Year };
        }
        if event.is(flag::NO_DATE) {
            let day = |day: i64| self.utc(event, event.time.0 + day * DAY);
            let Some(near) = near else { return day(0) };
            let today = near.0.div_euclid(DAY);
            return (today - 1..=today + 1)
                .map(day)
                .min_by_key(|time| (time.0 - near.0).abs())
                .unwrap_or(near);
        }
        let (_, month, date) = event.time.civil();
        let year =
            |year: i64| self.utc(event, days_from_civil(year, month, date) * DAY + event.time.nanos_of_day());
        match near {
            Some(near) => {
                let this = near.civil().0;
                (this - 1..=this + 1).map(year).min_by_key(|time| (time.0 - near.0).abs()).unwrap_or(near)
            }
            None => year(ASSUMED_YEAR),
        }
    }

    /// What the first time is near to: the date in the file's name, or the file's last change.
    fn anchor(&self, event: &Event) -> Option<Time> {
        if let Some((year, date)) = self.hint {
            let written = || {
                let (_, month, day) = event.time.civil();
                event.is(flag::NO_YEAR).then_some((month, day))
            };
            let (month, day) = date.or_else(written)?;
            return Time::from_civil(year, month, day, event.time.nanos_of_day());
        }
        if event.is(flag::NO_DATE) {
            return None;
        }
        // the latest year in which the time is not after the last change
        let modified = self.modified?;
        let (year, ..) = modified.civil();
        let (_, month, date) = event.time.civil();
        let this = Time(days_from_civil(year, month, date) * DAY + event.time.nanos_of_day());
        Some(if this.0 > modified.0 + DAY { Time(this.0 - 365 * DAY) } else { this })
    }

    fn utc(&self, event: &Event, local: i64) -> Time {
        if event.is(flag::ZONED) { Time(local) } else { self.zone.to_utc(local) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Place;

    const HOUR: i64 = 3_600_000_000_000;

    fn at(time: i64, flags: u16) -> Event {
        Event { time: Time(time), flags, ..Event::at(Place::default()) }
    }

    fn day(year: i64, month: u32, day: u32) -> i64 {
        days_from_civil(year, month, day) * DAY
    }

    /// The times that records have in the end.
    fn settled(mut dating: Dating, mut events: Vec<Event>) -> Vec<i64> {
        dating.settle(&mut events);
        let placement = dating.told.unwrap_or_default();
        let place = |event: &Event| if event.is(LACKING) { placement.place(event.time) } else { event.time };
        events.iter().map(|event| place(event).0).collect()
    }

    #[test]
    fn the_date_in_a_name_tells_that_of_times_of_day() {
        let dating = Dating::new(Zone::utc(), Some((2024, Some((5, 1)))), None);
        assert_eq!(settled(dating, vec![at(9 * HOUR, flag::NO_DATE)]), [day(2024, 5, 1) + 9 * HOUR]);
    }

    #[test]
    fn a_record_with_a_date_tells_that_of_those_around_it() {
        let of_day = |hour: i64| at(hour * HOUR, flag::NO_DATE);
        let events = vec![of_day(23), at(0, flag::TIME_UNKNOWN), at(day(2024, 5, 2) + HOUR, 0), of_day(2)];
        let midnight = day(2024, 5, 2);
        let expected = [midnight - HOUR, midnight - HOUR, midnight + HOUR, midnight + 2 * HOUR];
        assert_eq!(settled(Dating::default(), events), expected);
    }

    #[test]
    fn a_record_with_a_year_tells_that_of_those_around_it() {
        let in_year = |month: u32| at(day(1970, month, 3), flag::NO_YEAR);
        let events = vec![in_year(12), at(day(2024, 1, 2), 0), in_year(2)];
        assert_eq!(settled(Dating::default(), events), [day(2023, 12, 3), day(2024, 1, 2), day(2024, 2, 3)]);
    }
}
