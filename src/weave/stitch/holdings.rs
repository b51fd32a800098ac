//! The values that atoms hold, value by value.

use crate::gather::bytes::{Get, Put};
use crate::gather::{Rows, SpillError};
use crate::model::{Origin, Symbol, Time};
use rayon::prelude::*;

/// A value held by an atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub value: Symbol,
    pub time: Time,
    /// The first record of the atom that holds it.
    pub origin: Origin,
    pub atom: u32,
    /// Which of the pairs of name and shape.
    pub kind: u32,
}

/// Values are looked at in so many parts, by their first bits.
const PARTS: usize = 64;

/// The part of a value.
fn part(value: Symbol) -> usize {
    (value.0 >> 58) as usize
}

/// What is held: in memory, or in rows that may be spilled.
#[derive(Debug)]
pub(super) enum Holdings {
    Held(Vec<Vec<Holding>>),
    Spilled {
        rows: Rows,
        /// The places of atoms by their order of coming, and the numbers of pairs by the ones they had first.
        places: Vec<u32>,
        kinds: Vec<u32>,
    },
}

/// What was held by some atoms, the place of the first of them among all, and the numbers of pairs by the ones they had.
pub(super) type Added = (Holdings, u32, Vec<u32>);

impl Holdings {
    /// None so far, in memory.
    pub fn held() -> Holdings {
        Holdings::Held(vec![Vec::new(); PARTS])
    }

    /// None so far; so many bytes of them will be in memory.
    pub fn spilled(limit: usize) -> Holdings {
        Holdings::Spilled { rows: Rows::new(PARTS, limit), places: Vec::new(), kinds: Vec::new() }
    }

    /// Adds those of an atom.
    pub fn add(&mut self, own: &[Holding]) -> Result<(), SpillError> {
        match self {
            Holdings::Held(held) => own.iter().for_each(|holding| held[part(holding.value)].push(*holding)),
            Holdings::Spilled { rows, .. } => {
                for holding in own {
                    rows.push(part(holding.value), |out| holding.write(out))?;
                }
            }
        }
        Ok(())
    }

    /// Puts those in memory together and in order.
    pub fn sorted(added: Vec<Added>) -> Holdings {
        let sorted = (0..PARTS).into_par_iter().map(|part| {
            let parts = || {
                added.iter().filter_map(|(holdings, base, kinds)| match holdings {
                    Holdings::Held(held) => Some((&held[part], *base, kinds)),
                    Holdings::Spilled { .. } => None,
                })
            };
            let mut all = Vec::with_capacity(parts().map(|(held, ..)| held.len()).sum());
            for (held, base, kinds) in parts() {
                all.extend(held.iter().map(|holding| Holding {
                    atom: base + holding.atom,
                    kind: kinds[holding.kind as usize],
                    ..*holding
                }));
            }
            sort(&mut all);
            all
        });
        Holdings::Held(sorted.collect())
    }

    /// Tells the places of atoms, and the numbers of pairs, for those that may be spilled.
    pub fn rename(&mut self, of_atoms: Vec<u32>, of_kinds: Vec<u32>) {
        if let Holdings::Spilled { places, kinds, .. } = self {
            (*places, *kinds) = (of_atoms, of_kinds);
        }
    }

    /// Looks at all, value by value, each by time: part by part at once, or all one after the other where not all is in
    /// memory.
    pub fn by_value<T: Default + Send>(
        &self,
        take: impl Fn(&mut T, &[Holding]) + Sync,
    ) -> Result<Vec<T>, SpillError> {
        let values = |all: &[Holding], told: &mut T| {
            all.chunk_by(|a, b| a.value == b.value).for_each(|same| take(told, same));
        };
        match self {
            Holdings::Held(held) => {
                let part = |part: &Vec<Holding>| {
                    let mut told = T::default();
                    values(part, &mut told);
                    told
                };
                Ok(held.par_iter().map(part).collect())
            }
            Holdings::Spilled { rows, places, kinds } => {
                let mut told = T::default();
                for part in 0..PARTS {
                    let mut all: Vec<Holding> = Vec::new();
                    rows.each(part, |bytes| {
                        let mut bytes = Get(bytes);
                        while let Some(mut holding) = Holding::read(&mut bytes) {
                            holding.atom = places[holding.atom as usize];
                            holding.kind = kinds[holding.kind as usize];
                            all.push(holding);
                        }
                    })?;
                    sort(&mut all);
                    values(&all, &mut told);
                }
                Ok(vec![told])
            }
        }
    }
}

fn sort(holdings: &mut [Holding]) {
    by_value(holdings, |holding| (holding.time, holding.atom, holding.kind));
}

/// Sorts by value, and those of one value by something else: mostly there is but one.
pub(super) fn by_value<K: Ord>(holdings: &mut [Holding], then: impl Fn(&Holding) -> K) {
    holdings.sort_unstable_by_key(|holding| holding.value);
    for same in holdings.chunk_by_mut(|a, b| a.value == b.value).filter(|same| same.len() > 1) {
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
    }

    fn read(bytes: &mut Get<'_>) -> Option<Holding> {
        Some(Holding {
            value: Symbol(bytes.bits()?),
            kind: bytes.number()? as u32,
            atom: bytes.number()? as u32,
            time: Time(bytes.bits()? as i64),
            origin: Origin {
                rank: bytes.number()? as u32,
                line: bytes.number()?,
                part: bytes.number()? as u32,
            },
        })
    }
}
