//! Lines like those before are not read anew.
//!
//! Lines of one mask ([`mask`]) take the same way through all that looks at them byte by byte. So what was found in one of
//! them, as parts of the line, is found in the others in the parts that correspond: a [`plan::Plan`] says which. Parts
//! whose worth decides more than their own value (a level written as a number) are held to be what they were (*pins*).
//!
//! What lines give does not depend on the lines before, only how fast they are read.

mod mask;
mod plan;

pub(super) use mask::Mask;
pub(super) use plan::{Plan, Reading};

use super::Draft;
use super::look::Profile;
use crate::model::Symbol;
use rustc_hash::FxHashMap;

/// A line that is like others: what its parts are called.
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'t> {
    /// Lines with this number are read alike. No number is used twice by one reader.
    pub id: u32,
    /// The line.
    pub line: &'t [u8],
    /// Boundaries in the line that correspond from line to line, in order.
    pub marks: &'t [u32],
    /// Of each two boundaries from the second on, whether the length between them may differ from line to line.
    pub free: &'t [bool],
}

/// A place in a line, told by the boundary before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spot {
    mark: u16,
    behind: u16,
}

impl Spot {
    /// The place in a line of the same pattern.
    #[inline]
    pub fn of(self, marks: &[u32]) -> usize {
        marks[usize::from(self.mark)] as usize + usize::from(self.behind)
    }
}

impl Pattern<'_> {
    /// Where a place of this line is in all lines of the pattern; `None` if it is not in the same place.
    pub fn spot(&self, at: usize) -> Option<Spot> {
        let after = self.marks.partition_point(|&mark| mark as usize <= at);
        let mark = after - 1;
        let behind = at - self.marks[mark] as usize;
        // inside a slot
        if behind > 0 && mark % 2 == 1 && self.free[mark / 2] {
            return None;
        }
        Some(Spot { mark: mark.try_into().ok()?, behind: behind.try_into().ok()? })
    }

    /// The places of a part of the line.
    pub fn part(&self, start: usize, end: usize) -> Option<(Spot, Spot)> {
        Some((self.spot(start)?, self.spot(end)?))
    }

    /// Where a text stands in the line, if it is a part of it.
    pub fn find(&self, text: &[u8]) -> Option<(usize, usize)> {
        let start = (text.as_ptr() as usize).checked_sub(self.line.as_ptr() as usize)?;
        (start + text.len() <= self.line.len()).then_some((start, start + text.len()))
    }

    /// Whether a part of the line is the same in all lines of the pattern.
    pub fn is_constant(&self, start: usize, end: usize) -> bool {
        // an empty part may lie anywhere
        start == end
            || self.marks[1..]
                .chunks_exact(2)
                .all(|slot| slot[1] as usize <= start || slot[0] as usize >= end)
    }
}

/// Patterns beyond these are not kept.
const MAX_PATTERNS: usize = 4096;
/// Of one mask, so many sets of pins are kept.
const MAX_VARIANTS: usize = 12;
/// After so many lines it is judged whether patterns are worth while.
const TRIAL: u32 = 4096;
/// So many lines are read without patterns where they are not.
const REST: u32 = 16 * TRIAL;
/// Hashes of masks that were met once.
const MET: usize = 4096;

/// The patterns that were met.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    by_hash: FxHashMap<u64, Entry>,
    met: Vec<u64>,
    next: u32,
    asked: u32,
    known: u32,
    rests: u32,
    switched_off: bool,
}

#[derive(Debug)]
struct Entry {
    masked: Box<[u8]>,
    profile: u64,
    variants: Vec<Variant>,
    refused: bool,
}

#[derive(Debug)]
struct Variant {
    id: u32,
    /// Number of a slot, and what must stand there.
    pins: Vec<(u16, Box<[u8]>)>,
    plan: Plan,
}

/// What is known of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Known {
    /// Nothing, and nothing is to be learned of it.
    #[default]
    No,
    /// Its mask has this hash; it may be learned.
    Mask(u64),
    /// There is a plan for it: the hash of its mask, and which of the variants.
    Plan(u64, u16),
}

impl Patterns {
    /// Reads all lines anew from here on.
    pub(super) fn switch_off(&mut self) {
        self.switched_off = true;
    }

    /// What is known of a line, whose mask goes to `mask`.
    pub(super) fn look_up(&mut self, line: &[u8], profile: &Profile, mask: &mut Mask) -> Known {
        if self.rests > 0 {
            self.rests -= 1;
            return Known::No;
        }
        let Some(fingerprint) = profile.fingerprint else { return Known::No };
        if self.switched_off || !mask.read(line, exact_until(line)) {
            return Known::No;
        }
        self.asked += 1;
        if self.asked == TRIAL {
            if self.known < TRIAL / 8 {
                self.rests = REST;
            }
            (self.asked, self.known) = (0, 0);
        }
        let hash = Symbol::of(&mask.masked).0 ^ fingerprint;
        let Some(entry) = self.by_hash.get(&hash) else { return self.first_met(hash) };
        if entry.refused || entry.profile != fingerprint || *entry.masked != *mask.masked {
            return Known::No;
        }
        let slot = |number: u16| {
            let at = 1 + 2 * usize::from(number);
            &line[mask.marks[at] as usize..mask.marks[at + 1] as usize]
        };
        let fits = |variant: &Variant| variant.pins.iter().all(|(number, text)| *slot(*number) == **text);
        match entry.variants.iter().position(fits) {
            Some(index) => {
                self.known += 1;
                Known::Plan(hash, index as u16)
            }
            None if entry.variants.len() < MAX_VARIANTS => Known::Mask(hash),
            None => Known::No,
        }
    }

    /// A mask is learned when it is met again.
    fn first_met(&mut self, hash: u64) -> Known {
        self.met.resize(MET, 0);
        let met = &mut self.met[hash as usize % MET];
        let again = *met == hash;
        *met = hash;
        if again { Known::Mask(hash) } else { Known::No }
    }

    /// The plan of a known line, and its number.
    pub(super) fn plan(&self, hash: u64, index: u16) -> Option<(u32, &Plan)> {
        let variant = self.by_hash.get(&hash)?.variants.get(usize::from(index))?;
        Some((variant.id, &variant.plan))
    }

    /// Learns how the line was read whose mask is `mask`; gives the number of its pattern.
    pub(super) fn learn(
        &mut self,
        hash: u64,
        mask: &Mask,
        line: &[u8],
        reading: &Reading<'_>,
    ) -> Option<u32> {
        if self.by_hash.len() >= MAX_PATTERNS {
            // numbers go on, so that what others know by them is not mistaken
            self.by_hash.clear();
        }
        let pattern = Pattern { id: self.next, line, marks: &mask.marks, free: &mask.free };
        let learned = Plan::learn(&pattern, reading);
        let entry = self.by_hash.entry(hash).or_insert_with(|| Entry {
            masked: mask.masked.clone().into(),
            profile: reading.profile.fingerprint.unwrap_or_default(),
            variants: Vec::new(),
            refused: false,
        });
        let Some((plan, pins)) = learned.filter(|_| *entry.masked == *mask.masked) else {
            entry.refused = true;
            return None;
        };
        entry.variants.push(Variant { id: self.next, pins, plan });
        self.next += 1;
        Some(pattern.id)
    }
}

/// How far into a line the length of every number counts: to the end of a text's header, which is told by numbers too.
fn exact_until(line: &[u8]) -> usize {
    const HEADER: usize = 96;
    if line.starts_with(b"{") { 0 } else { HEADER }
}

/// A draft for each layer of a line that is read by its plan.
pub(super) type Drafts = [Draft; plan::MAX_LAYERS];
