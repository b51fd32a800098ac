//! Gives times what they lack: records without time take their neighbour's, times without year or date take the nearest.

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
    /// The first time, for records before it.
    pub first: Option<Time>,
    /// What of the times is only assumed.
    pub assumed: Assumed,
    /// Earliest and latest time.
    pub range: Option<(Time, Time)>,
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
            first: None,
            assumed: Assumed::Nothing,
            range: None,
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
                    event.time = last;
                    event.flags = event.flags & !flag::TIME_UNKNOWN | flag::TIME_INHERITED;
                }
                continue;
            }
            if event.is(flag::NO_YEAR | flag::NO_DATE) {
                event.time = self.complete(event);
            }
            if let Some(last) = self.last {
                match event.time.cmp(&last) {
                    std::cmp::Ordering::Greater => self.steps.0 += 1,
                    std::cmp::Ordering::Less => self.steps.1 += 1,
                    std::cmp::Ordering::Equal => {}
                }
            }
            self.last = Some(event.time);
            self.first.get_or_insert(event.time);
            self.range =
                Some(self.range.map_or((event.time, event.time), |(low, high)| {
                    (low.min(event.time), high.max(event.time))
                }));
        }
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
            let (month, day) = date.unwrap_or(if event.is(flag::NO_YEAR) {
                (event.time.civil().1, event.time.civil().2)
            } else {
                return None;
            });
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
