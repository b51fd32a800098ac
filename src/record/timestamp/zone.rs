//! Zones for times that state none.
//!
//! The rules come from the zone database that is part of the program, never from that of the machine: the same logs
//! give the same times everywhere. Only [`Zone::local`] asks the machine which zone it is in.

use std::fmt;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::model::{SECOND, Time};

use super::offset;

/// A zone for times that state none.
#[derive(Clone)]
pub struct Zone {
    name: Arc<str>,
    /// Offset in seconds before the first change.
    first_offset: i32,
    changes: Arc<[Change]>,
}

/// From a time on another offset from UTC applies.
struct Change {
    utc: i64,
    /// The first local time, read as UTC, that can only be meant with the new offset.
    local: i64,
    offset: i32,
}

/// A name that is no zone.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown time zone '{0}'")]
pub struct UnknownZone(
    /// The name as given.
    pub String,
);

/// The changes in these years are known; before and after, the nearest offset applies.
const FIRST_YEAR: i16 = 1970;
const LAST_YEAR: i16 = 2100;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

impl Zone {
    /// Coordinated Universal Time.
    pub fn utc() -> Zone {
        Zone::fixed("UTC", 0)
    }

    /// A zone by its name in the zone database (`Europe/Paris`, in any case), or `UTC`, `GMT`, `Z`, or an offset:
    /// `+02:00`, `-0500`, `+02`, each also after `UTC` or `GMT`.
    pub fn parse(name: &str) -> Result<Zone, UnknownZone> {
        let plain = ["UTC", "GMT", "Z", ""]
            .iter()
            .find(|known| name.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known)));
        let offset = &name[plain.map_or(0, |known| known.len())..];
        if offset.is_empty() && !name.is_empty() {
            return Ok(Zone::utc());
        }
        if offset.starts_with(['+', '-'])
            && let Some((seconds, end)) = offset::numeric(offset.as_bytes(), 0)
            && end == offset.len()
        {
            return Ok(Zone::fixed(name, seconds));
        }
        DATABASE.get(name).map(|zone| Zone::of(&zone)).map_err(|_| UnknownZone(name.to_owned()))
    }

    /// The zone of this machine; UTC if it does not tell.
    pub fn local() -> Zone {
        let zone = TimeZone::system();
        if zone.is_unknown() { Zone::utc() } else { Zone::of(&zone) }
    }

    /// Name or offset.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The time at which clocks in this zone show `local`, nanoseconds since the epoch as if it were UTC.
    ///
    /// An hour that is shown twice is taken for its first time; an hour that is left out is counted on from the time
    /// before it. Both come from one rule: the offset before the change applies.
    pub fn to_utc(&self, local: i64) -> Time {
        let offset = self.offset_where(|change| change.local <= local);
        Time(local.saturating_sub(i64::from(offset) * SECOND))
    }

    /// What clocks in this zone show at `time`: nanoseconds since the epoch as if it were UTC.
    pub fn to_local(&self, time: Time) -> i64 {
        let offset = self.offset_where(|change| change.utc <= time.0);
        time.0.saturating_add(i64::from(offset) * SECOND)
    }

    fn offset_where(&self, has_come: impl Fn(&Change) -> bool) -> i32 {
        match self.changes.partition_point(has_come) {
            0 => self.first_offset,
            n => self.changes[n - 1].offset,
        }
    }

    fn fixed(name: &str, offset: i32) -> Zone {
        Zone { name: name.into(), first_offset: offset, changes: Arc::new([]) }
    }

    fn of(zone: &TimeZone) -> Zone {
        let start = first_of_year(FIRST_YEAR);
        let end = first_of_year(LAST_YEAR);
        let first_offset = zone.to_offset(start).seconds();
        let mut before = first_offset;
        let mut changes = Vec::new();
        for change in zone.following(start).take_while(|change| change.timestamp() < end) {
            let offset = change.offset().seconds();
            let utc = change.timestamp().as_second() * SECOND;
            // After a change to a later clock the new offset applies once the gap is over, after one to an earlier
            // clock once the hour that comes twice has come once.
            let local = utc + i64::from(offset.max(before)) * SECOND;
            if offset != before {
                changes.push(Change { utc, local, offset });
            }
            before = offset;
        }
        Zone { name: zone.iana_name().unwrap_or("local").into(), first_offset, changes: changes.into() }
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name).finish()
    }
}

/// The offset of a named zone when its clocks show `local`; `None` if there is no such zone.
pub(super) fn offset_of(name: &str, local: Time) -> Option<i32> {
    let (year, month, day) = local.civil();
    let date = civil::Date::new(year.try_into().ok()?, month as i8, day as i8).ok()?;
    let seconds = local.nanos_of_day() / SECOND;
    let time =
        civil::Time::new((seconds / 3600) as i8, (seconds / 60 % 60) as i8, (seconds % 60) as i8, 0).ok()?;
    let zone = DATABASE.get(name).ok()?;
    Some(zone.to_ambiguous_zoned(date.to_datetime(time)).compatible().ok()?.offset().seconds())
}

fn first_of_year(year: i16) -> Timestamp {
    let start = civil::date(year, 1, 1).to_zoned(TimeZone::UTC).expect("a date far within jiff's range");
    start.timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(written: &str) -> i64 {
        let timestamp: Timestamp = format!("{written}Z").parse().expect("a time");
        timestamp.as_second() * SECOND
    }

    #[track_caller]
    fn check(zone: &str, local: &str, utc: &str) {
        let zone = Zone::parse(zone).expect("a zone");
        assert_eq!(zone.to_utc(nanos(local)), Time(nanos(utc)), "{local} in {zone:?}");
    }

    #[test]
    fn local_times_become_utc_by_the_offset_of_their_season() {
        check("UTC", "2024-05-01T12:00:00", "2024-05-01T12:00:00");
        check("Europe/Paris", "2024-05-01T12:00:00", "2024-05-01T10:00:00");
        check("europe/paris", "2024-01-01T12:00:00", "2024-01-01T11:00:00");
        check("America/New_York", "2024-07-01T12:00:00", "2024-07-01T16:00:00");
        check("Asia/Kolkata", "2024-07-01T12:00:00", "2024-07-01T06:30:00");
        check("+05:30", "2024-07-01T12:00:00", "2024-07-01T06:30:00");
        check("-0800", "2024-07-01T12:00:00", "2024-07-01T20:00:00");
        check("UTC+02", "2024-07-01T12:00:00", "2024-07-01T10:00:00");
        check("Asia/Tokyo", "1950-06-01T09:00:00", "1950-06-01T00:00:00");
        check("Europe/Paris", "2099-07-01T12:00:00", "2099-07-01T10:00:00");
    }

    #[test]
    fn the_offset_before_a_change_applies_in_gaps_and_folds() {
        check("Europe/Berlin", "2024-03-31T01:59:59", "2024-03-31T00:59:59");
        check("Europe/Berlin", "2024-03-31T02:30:00", "2024-03-31T01:30:00");
        check("Europe/Berlin", "2024-03-31T03:00:00", "2024-03-31T01:00:00");
        check("Europe/Berlin", "2024-10-27T01:59:59", "2024-10-26T23:59:59");
        check("Europe/Berlin", "2024-10-27T02:30:00", "2024-10-27T00:30:00");
        check("Europe/Berlin", "2024-10-27T03:00:00", "2024-10-27T02:00:00");
        check("America/New_York", "2024-11-03T01:59:59", "2024-11-03T05:59:59");
        check("America/New_York", "2024-11-03T02:00:00", "2024-11-03T07:00:00");
        // Half an hour of daylight saving, and a day that was left out.
        check("Australia/Lord_Howe", "2024-04-07T01:45:00", "2024-04-06T14:45:00");
        check("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00");
    }

    #[test]
    fn zones_agree_with_jiff_around_every_change() {
        for name in
            ["Europe/London", "America/Sao_Paulo", "Africa/Casablanca", "Asia/Pyongyang", "Pacific/Apia"]
        {
            let zone = Zone::parse(name).expect("a zone");
            let jiff_zone = DATABASE.get(name).expect("a zone");
            for change in zone.changes.iter() {
                for minutes in (-180..=180).step_by(15) {
                    let utc = Time(change.utc + minutes * 60 * SECOND);
                    let timestamp = Timestamp::from_second(utc.0 / SECOND).expect("in range");
                    let local = utc.0 + i64::from(jiff_zone.to_offset(timestamp).seconds()) * SECOND;
                    assert_eq!(zone.to_local(utc), local, "{name} {utc}");
                    let offset = offset_of(name, Time(local)).expect("a zone");
                    assert_eq!(zone.to_utc(local), Time(local - i64::from(offset) * SECOND), "{name} {utc}");
                }
            }
        }
    }

    #[test]
    fn names_that_are_no_zone_are_told() {
        for name in ["", "Mars/Olympus", "EST5", "+25:00", "+2", "UTC+", "Ж", "Zzz", "local"] {
            let unknown = Zone::parse(name).expect_err(name);
            assert_eq!(unknown.to_string(), format!("unknown time zone '{name}'"));
        }
        for name in ["utc", "Z", "GMT", "Zulu", "Etc/UTC"] {
            assert_eq!(Zone::parse(name).expect("a zone").to_utc(5), Time(5), "{name}");
        }
        assert_eq!(Zone::parse("america/NEW_york").expect("a zone").name(), "America/New_York");
        assert_eq!(Zone::parse("+02:00").expect("a zone").name(), "+02:00");
    }

    #[test]
    fn extreme_times_do_not_overflow() {
        let zone = Zone::parse("America/New_York").expect("a zone");
        assert_eq!(zone.to_utc(i64::MAX), Time(i64::MAX));
        assert_eq!(Zone::parse("+14").expect("a zone").to_utc(i64::MIN), Time(i64::MIN));
        assert_eq!(zone.to_local(Time(i64::MIN)), i64::MIN);
    }
}
