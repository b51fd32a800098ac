//! The steps of a transaction by kind.

use super::shape::{Hop, Shape, Step, mix};
use crate::gather::bytes::{Get, Put};

/// Stands for a warning, after a step of a kind.
const WARNED: u64 = 1;

/// The steps of a transaction by kind: how many, and where the first one is.
#[derive(Debug, Default)]
pub struct Steps {
    of_kinds: Box<[(u64, u32, Place)]>,
    /// Something failed.
    failed: bool,
}

/// Where a step is, and when.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Index of the hop.
    pub hop: u32,
    /// Index of the step in it.
    pub step: u32,
    /// When, in nanoseconds.
    pub time: i64,
}

impl Steps {
    /// Counts the steps of a transaction.
    pub fn of(shape: &Shape) -> Steps {
        let mut steps = Vec::with_capacity(shape.hops.iter().map(|hop| hop.steps.len()).sum());
        for (hop, of_hop) in (0..).zip(&shape.hops) {
            let place =
                |(step, of_step): (u32, &Step)| (of_step.kind, 1, Place { hop, step, time: of_step.time });
            steps.extend((0..).zip(&of_hop.steps).map(place));
            // warnings that come at one place have one reason, however each of them words it
            let warned = |(at, pair): (u32, &[Step])| {
                let step = Place { hop, step: at + 1, time: pair[1].time };
                pair[1].warned.then(|| (mix(pair[0].kind, WARNED), 1, step))
            };
            steps.extend((0..).zip(of_hop.steps.windows(2)).filter_map(warned));
        }
        steps.sort_unstable_by_key(|(kind, _, place): &(u64, u32, Place)| (*kind, place.hop, place.step));
        steps.dedup_by(|later, first| {
            let same = later.0 == first.0;
            first.1 += u32::from(same);
            same
        });
        let failed = shape.hops.iter().any(Hop::failed);
        Steps { of_kinds: steps.into_boxed_slice(), failed }
    }

    /// Appends them to bytes.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.number(self.of_kinds.len() as u64 * 2 + u64::from(self.failed));
        let mut last = 0i64;
        for (kind, number, place) in &self.of_kinds {
            out.bits(*kind);
            out.number(u64::from(*number));
            out.number(u64::from(place.hop));
            out.number(u64::from(place.step));
            out.signed(place.time.wrapping_sub(last));
            last = place.time;
        }
    }

    /// Reads what [`Steps::write`] wrote; `None` at the end.
    pub(super) fn read(bytes: &mut Get<'_>) -> Option<Steps> {
        let head = bytes.number()?;
        let (count, failed) = ((head / 2) as usize, head % 2 == 1);
        let mut steps = Vec::with_capacity(count);
        let mut last = 0i64;
        for _ in 0..count {
            let (kind, number) = (bytes.bits()?, bytes.number()? as u32);
            let (hop, step) = (bytes.number()? as u32, bytes.number()? as u32);
            last = last.wrapping_add(bytes.signed()?);
            steps.push((kind, number, Place { hop, step, time: last }));
        }
        Some(Steps { of_kinds: steps.into_boxed_slice(), failed })
    }

    /// Whether something failed.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    fn get(&self, kind: u64) -> Option<&(u64, u32, Place)> {
        self.of_kinds.binary_search_by_key(&kind, |(known, ..)| *known).ok().map(|at| &self.of_kinds[at])
    }

    /// How many there are of a kind.
    pub fn number(&self, kind: u64) -> u32 {
        self.get(kind).map_or(0, |(_, number, _)| *number)
    }

    /// The kinds, with how many there are of each.
    pub fn numbers(&self) -> impl Iterator<Item = (u64, u32)> {
        self.of_kinds.iter().map(|(kind, number, _)| (*kind, *number))
    }

    /// The kinds, with how many there are of each, and where the first one is.
    pub(super) fn places(&self) -> impl Iterator<Item = (u64, u32, Place)> {
        self.of_kinds.iter().copied()
    }

    /// The kinds.
    pub fn kinds(&self) -> impl Iterator<Item = u64> {
        self.of_kinds.iter().map(|(kind, ..)| *kind)
    }

    /// Where the first of a kind is.
    pub fn first(&self, kind: u64) -> Option<Place> {
        self.get(kind).map(|(.., place)| *place)
    }
}
