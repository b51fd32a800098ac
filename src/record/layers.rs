//! The layers of a record, and what they say together.

use super::{Format, Layer, Pattern, Writing, text};
use crate::model::{Date, Level, Precision, Stamp, Time};

/// A record in a record in a record, beyond this many, is text.
pub const MAX_LAYERS: usize = 6;

/// The layers of a record, outermost first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layers<'t> {
    items: [Option<Layer<'t>>; MAX_LAYERS],
    pub(super) len: usize,
}

impl<'t> Layers<'t> {
    /// The layers, outermost first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Layer<'t>> {
        self.items[..self.len].iter().flatten()
    }

    /// These layers with one more inside.
    pub(super) fn with(mut self, layer: Layer<'t>) -> Layers<'t> {
        if let Some(slot) = self.items.get_mut(self.len) {
            *slot = Some(layer);
            self.len += 1;
        }
        self
    }

    pub(super) fn is_full(&self) -> bool {
        self.len >= MAX_LAYERS
    }

    /// The innermost layer that has something.
    fn innermost<T>(&self, get: impl Fn(&Layer<'t>) -> Option<T>) -> Option<T> {
        self.iter().rev().find_map(get)
    }
}

/// A record of a known pattern, of which its time was read only.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'t> {
    /// The number of its pattern.
    pub id: u32,
    /// The line.
    pub text: &'t [u8],
    /// Its boundaries; see [`Pattern::marks`].
    pub marks: &'t [u32],
    /// Its time.
    pub stamp: Stamp,
    /// Its line in the block, counted from 0.
    pub line: u64,
    /// Its first byte in the block.
    pub offset: usize,
    /// Bytes from there to the end of the line.
    pub len: usize,
}

/// A record as it is handed to the next stage.
#[derive(Clone, Copy, Debug)]
pub struct Record<'t> {
    /// Its layers.
    pub layers: Layers<'t>,
    /// Its first line in the block, counted from 0.
    pub line: u64,
    /// Its first byte in the block.
    pub offset: usize,
    /// Bytes from there to the end of its last line.
    pub len: usize,
    /// Which record of its line.
    pub part: u32,
    /// Which lines are like its own, if that is known.
    pub pattern: Option<Pattern<'t>>,
}

impl<'t> Record<'t> {
    /// The time: the innermost one; a time of day takes its date, and a time without zone its zone, from the layer around it.
    pub fn stamp(&self) -> Option<Stamp> {
        let mut outer: Option<Stamp> = None;
        let mut exact: Option<(Stamp, bool)> = None;
        for layer in self.layers.iter() {
            if let Some(stamp) = layer.draft.stamp {
                outer = Some(outer.map_or(stamp, |outer| combine(outer, stamp)));
            }
            let of_program = layer.format == Format::Syslog;
            let of_runtime = matches!(
                layer.format,
                Format::Docker | Format::Cri | Format::Compose | Format::Kubectl | Format::Journald
            );
            if of_program || of_runtime && layer.draft.stamp.is_some() {
                exact = layer.draft.stamp.map(|stamp| (stamp, of_program));
            }
        }
        // the program itself writes the syslog header: if that is the same moment written finer, it counts; so does what a
        // container's runtime noted right behind a program that tells whole seconds
        if let (Some((exact, of_program)), Some(found)) = (exact, outer)
            && let (Some(fine), Some(coarse)) = (exact.complete(), found.complete())
            && exact.precision < found.precision
            && (of_program || found.precision >= Precision::SECOND)
            && (0..i64::from(found.precision.0)).contains(&(fine.0 - coarse.0))
        {
            return Some(exact);
        }
        outer.or_else(|| self.layers.innermost(|layer| layer.draft.likely_stamp))
    }

    /// The level.
    pub fn level(&self) -> Option<Level> {
        self.layers.innermost(|layer| layer.draft.level)
    }

    /// The message and how it is written.
    pub fn message(&self) -> Option<(&'t [u8], Writing)> {
        self.layers.innermost(|layer| layer.draft.message.map(|(at, writing)| (at.of(layer.text), writing)))
    }

    /// A stated service name, and whether it is only likely one.
    pub fn service(&self) -> Option<(&'t [u8], bool)> {
        let named = |weak: bool| {
            self.layers.innermost(|layer| {
                let at = layer.draft.service.filter(|_| layer.draft.service_is_weak == weak)?;
                let name = at.of(layer.text);
                (!weak || !text::is_bare_id(name)).then_some((name, weak))
            })
        };
        named(false).or_else(|| named(true))
    }

    /// Pod, host or container.
    pub fn instance(&self) -> Option<&'t [u8]> {
        self.layers.innermost(|layer| layer.draft.instance.map(|at| at.of(layer.text)))
    }

    /// Thread or task.
    pub fn thread(&self) -> Option<&'t [u8]> {
        self.layers.innermost(|layer| layer.draft.thread.map(|at| at.of(layer.text)))
    }

    /// Logger or category.
    pub fn logger(&self) -> Option<&'t [u8]> {
        self.layers.innermost(|layer| layer.draft.logger.map(|at| at.of(layer.text)))
    }
}

/// A time of day may differ from the time around it by this much and still be of the same moment (buffering).
const SAME_MOMENT: i64 = 10 * 60 * crate::model::SECOND;

/// Times of one record in two zones, and of hosts whose clocks disagree, are no further apart.
const SAME_DAYS: i64 = 2 * crate::model::DAY;

/// Whether a time without year may be of the same days as one that has all.
fn is_of_day(outer: Stamp, inner: Stamp) -> bool {
    let (Date::NoYear, Some(time)) = (outer.date, inner.complete()) else { return true };
    let year = time.civil().0;
    (year - 1..=year + 1).any(|year| {
        (super::timestamp::with_year(outer, year).local.saturating_sub(time.0)).abs() <= SAME_DAYS
    })
}

/// The inner of two times of one record, completed by the outer one.
fn combine(outer: Stamp, inner: Stamp) -> Stamp {
    let Some(around) = outer.complete() else {
        return if inner.date == Date::Full && is_of_day(outer, inner) { inner } else { outer };
    };
    if inner.date == Date::Full && inner.offset.is_some() {
        // what is wrapped was logged before: a number of another kind may look like a time
        let later = inner.complete().is_some_and(|time| time.0.saturating_sub(around.0) > SAME_DAYS);
        return if later { outer } else { inner };
    }
    const QUARTER: i64 = 15 * 60 * crate::model::SECOND;
    const DAY: i64 = crate::model::DAY;
    let local = match inner.date {
        Date::Full => inner.local,
        // the year 2000 and 1970-01-01 stand for what is missing: bring the time near the one around it
        Date::NoYear => super::timestamp::with_year(inner, around.civil().0).local,
        Date::None => {
            let day = inner.local + around.0.div_euclid(DAY) * DAY;
            day + (around.0 - day + DAY / 2).div_euclid(DAY) * DAY
        }
    };
    // an offset in whole quarters of an hour is a zone that was not written
    let shift = match inner.offset {
        Some(offset) => -i64::from(offset) * crate::model::SECOND,
        None => (around.0 - local + QUARTER / 2).div_euclid(QUARTER) * QUARTER,
    };
    let time = local + shift;
    if (time - around.0).abs() > SAME_MOMENT || shift.abs() > 14 * 4 * QUARTER {
        return outer;
    }
    Stamp::utc(Time(time), inner.precision)
}
