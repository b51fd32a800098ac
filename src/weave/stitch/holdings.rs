//! The values that atoms hold, value by value.

use super::super::places::in_order;
use super::asked::Asked;
use crate::gather::bytes::{Get, Put};
use crate::gather::{Room, Rows, SpillError};
use crate::model::{Origin, Symbol, Time};
use rayon::prelude::*;

/// A value held by an atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub value: Symbol,
    /// When it was first held, on the common clock, and by which record of the atom.
    pub time: Time,
    pub origin: Origin,
    /// The time of the atom's first event as logged.
    pub first: Time,
    /// Of an event without trace id: by how much it may have been before that, as its clock is coarse.
    pub grain: i64,
    pub atom: u32,
    /// Which of the types.
    pub kind: u32,
    /// What the atom begins with: which of the pairs of service and template of a first event.
    pub sort: u32,
    /// The time of the record is known.
    pub timed: bool,
    /// It is the id of the atom's own trace: nothing unless another atom received it.
    pub own: bool,
    /// Of a fragment: the span that it begins with does not hold the value.
    pub late: bool,
    /// Likewise: it does, and several services of the fragment hold it.
    pub spread: bool,
    /// Of an event without trace id: whether it tells of a request, or of a message; and, where transactions may enter, whether
    /// of one that is over.
    pub asked: Asked,
}

/// Values in memory are looked at in so many parts, by their first bits.
const PARTS: usize = 64;
/// Bytes that one takes while they are put in order.
const SORTED: usize = 2 * size_of::<Holding>() + size_of::<(Symbol, u32)>();
/// Those in rows in so many, as some values are held by a large part of all atoms.
const ROWS: usize = 256;

/// The part of a value, of so many.
fn part(value: Symbol, parts: usize) -> usize {
    (((value.0 >> 32) * parts as u64) >> 32) as usize
}

/// What is held: in memory, or in rows that may be spilled.
#[derive(Debug)]
pub(super) enum Holdings {
    /// By parts of the values.
    Held(Vec<Vec<Holding>>),
    Spilled {
        rows: Rows,
        /// How many there are in each part.
        counts: Vec<usize>,
        /// The numbers of types by the ones they had first.
        kinds: Vec<u32>,
        /// So many bytes of holdings are looked at together.
        room: Room,
    },
}

/// What was held by some atoms.
pub(super) struct Added {
    pub holdings: Holdings,
    /// The number of the first of the atoms among all.
    pub base: u32,
    /// The numbers of types, and of what atoms begin with, by the ones they had.
    pub kinds: Vec<u32>,
    pub sorts: Vec<u32>,
}

impl Holdings {
    /// None so far, in memory.
    pub fn held() -> Holdings {
        Holdings::Held(vec![Vec::new(); PARTS])
    }

    /// Likewise, to be put with those of [`Holdings::spilled`].
    pub fn to_spill() -> Holdings {
        Holdings::Held(vec![Vec::new(); ROWS])
    }

    /// None so far; so many bytes of them will be in memory.
    pub fn spilled(room: Room) -> Holdings {
        Holdings::Spilled { rows: Rows::new(ROWS, room), counts: vec![0; ROWS], kinds: Vec::new(), room }
    }

    /// Adds one to those in memory.
    pub fn add(&mut self, holding: &Holding) {
        if let Holdings::Held(held) = self {
            let parts = held.len();
            held[part(holding.value, parts)].push(*holding);
        }
    }

    /// Adds what comes from [`Holdings::to_spill`] to those that may be spilled.
    pub fn extend(&mut self, added: &[Added]) -> Result<(), SpillError> {
        let Holdings::Spilled { rows, counts, .. } = self else { return Ok(()) };
        let of_part = |part: usize| {
            added.iter().filter_map(move |added| match &added.holdings {
                Holdings::Held(held) => Some((added, &held[part])),
                Holdings::Spilled { .. } => None,
            })
        };
        for (part, count) in counts.iter_mut().enumerate() {
            *count += of_part(part).map(|(_, held)| held.len()).sum::<usize>();
        }
        rows.extend(|part, out| {
            for (added, held) in of_part(part) {
                held.iter().for_each(|holding| added.rename(holding).write(out));
            }
        })
    }

    /// Puts those in memory together and in order; what is put in order is let go where it was.
    pub fn sorted(mut added: Vec<Added>) -> Holdings {
        let mut parts: Vec<Vec<Vec<Holding>>> = vec![Vec::new(); PARTS];
        for Added { holdings, .. } in &mut added {
            match holdings {
                Holdings::Held(held) => {
                    parts.iter_mut().zip(held).for_each(|(part, held)| part.push(std::mem::take(held)));
                }
                Holdings::Spilled { .. } => parts.iter_mut().for_each(|part| part.push(Vec::new())),
            }
        }
        let sorted = parts.into_par_iter().map(|part| {
            let mut all = Vec::with_capacity(part.iter().map(Vec::len).sum());
            for (held, added) in part.into_iter().zip(&added) {
                all.extend(held.iter().map(|holding| added.rename(holding)));
            }
            sort(all)
        });
        Holdings::Held(sorted.collect())
    }

    /// Tells the numbers of types, for those that may be spilled.
    pub fn rename(&mut self, of_kinds: Vec<u32>) {
        if let Holdings::Spilled { kinds, .. } = self {
            *kinds = of_kinds;
        }
    }

    /// Looks at all, value by value, each by time: in parts, of which the results are merged in order.
    pub fn by_value<T: Send>(
        &self,
        begin: impl Fn() -> T + Sync,
        take: impl Fn(&mut T, &[Holding]) -> Result<(), SpillError> + Sync,
        mut merge: impl FnMut(&mut T, T) -> Result<(), SpillError>,
    ) -> Result<T, SpillError> {
        let values = |all: &[Holding], told: &mut T| {
            let mut values = all.chunk_by(|a, b| a.value == b.value);
            values
                .try_for_each(|same| if same.iter().all(|held| held.own) { Ok(()) } else { take(told, same) })
        };
        let mut all = None;
        let mut gather = |some: Vec<T>| {
            some.into_iter().try_for_each(|told| match &mut all {
                Some(all) => merge(all, told),
                none => {
                    *none = Some(told);
                    Ok(())
                }
            })
        };
        match self {
            Holdings::Held(held) => {
                let part = |part: &Vec<Holding>| {
                    let mut told = begin();
                    values(part, &mut told).map(|()| told)
                };
                gather(held.par_iter().map(part).collect::<Result<_, _>>()?)?;
            }
            Holdings::Spilled { rows, counts, kinds, room } => {
                let part = |part: usize| {
                    let mut held: Vec<Holding> = Vec::with_capacity(counts[part]);
                    rows.each(part, |bytes| {
                        let mut bytes = Get(bytes);
                        while let Some(holding) = Holding::read(&mut bytes) {
                            held.push(Holding { kind: kinds[holding.kind as usize], ..holding });
                        }
                    })?;
                    let mut told = begin();
                    values(&sort(held), &mut told).map(|()| told)
                };
                let mut start = 0;
                while start < counts.len() {
                    let mut bytes = 0;
                    let fits = |count: &&usize| {
                        bytes += **count * SORTED;
                        bytes <= room.bytes
                    };
                    let end = start + counts[start..].iter().take_while(fits).count().max(1);
                    gather((start..end).into_par_iter().map(part).collect::<Result<_, _>>()?)?;
                    start = end;
                }
            }
        }
        Ok(all.unwrap_or_else(begin))
    }
}

impl Added {
    /// A holding with the numbers that it has among all.
    fn rename(&self, holding: &Holding) -> Holding {
        Holding {
            atom: self.base + holding.atom,
            kind: self.kinds[holding.kind as usize],
            sort: self.sorts[holding.sort as usize],
            ..*holding
        }
    }
}

/// Sorts by value and time. They are large: only values change places, and then each holding is brought to its place.
fn sort(holdings: Vec<Holding>) -> Vec<Holding> {
    let order = in_order(holdings.iter().map(|holding| holding.value));
    let mut sorted: Vec<Holding> = order.iter().map(|(_, at)| holdings[*at as usize]).collect();
    for same in sorted.chunk_by_mut(|a, b| a.value == b.value).filter(|same| same.len() > 1) {
        same.sort_unstable_by_key(|holding| (holding.time, holding.origin, holding.kind));
    }
    sorted
}

/// Sorts by value, and what has the same value by something else: mostly there is but one.
pub(super) fn by_value<H, K: Ord>(list: &mut [H], value: impl Fn(&H) -> Symbol, then: impl Fn(&H) -> K) {
    list.sort_unstable_by_key(&value);
    for same in list.chunk_by_mut(|a, b| value(a) == value(b)).filter(|same| same.len() > 1) {
        same.sort_unstable_by_key(&then);
    }
}

impl Holding {
    fn write(&self, out: &mut Vec<u8>) {
        out.bits(self.value.0);
        out.number(u64::from(self.kind));
        out.number(u64::from(self.atom));
        out.bits(self.time.0 as u64);
        out.number(u64::from(self.origin.rank));
        out.number(self.origin.line);
        out.number(u64::from(self.origin.part));
        out.signed(self.first.0.wrapping_sub(self.time.0));
        let flags = u64::from(self.own) << 1 | u64::from(self.timed);
        let place = u64::from(self.spread) << 3 | u64::from(self.late) << 2;
        let over = u64::from(self.asked.enters != 0) << 4;
        out.number(u64::from(self.sort) << 5 | over | place | flags);
        out.signed(self.grain);
        out.number(self.asked.by_request);
        out.number(self.asked.by_message);
    }

    fn read(bytes: &mut Get<'_>) -> Option<Holding> {
        let value = Symbol(bytes.bits()?);
        let (kind, atom) = (bytes.number()? as u32, bytes.number()? as u32);
        let time = Time(bytes.bits()? as i64);
        let (rank, line, part) = (bytes.number()? as u32, bytes.number()?, bytes.number()? as u32);
        let first = Time(time.0.wrapping_add(bytes.signed()?));
        let sort = bytes.number()?;
        let (spread, late) = (sort & 8 != 0, sort & 4 != 0);
        let (over, sort, own, timed) = (sort & 16 != 0, (sort >> 5) as u32, sort & 2 != 0, sort & 1 != 0);
        let grain = bytes.signed()?;
        let (by_request, by_message) = (bytes.number()?, bytes.number()?);
        let asked =
            Asked { by_request, by_message, enters: if over { by_request } else { 0 }, ..Asked::default() };
        Some(Holding {
            value,
            time,
            origin: Origin { rank, line, part },
            first,
            grain,
            atom,
            kind,
            sort,
            timed,
            own,
            late,
            spread,
            asked,
        })
    }
}
