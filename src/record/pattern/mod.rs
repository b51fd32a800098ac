//! Lines like those before are not read anew.
//!
//! Lines of one mask ([`mask`]) take the same way through all that looks at them byte by byte. So what was found in one of
//! them, as parts of the line, is found in the others in the parts that correspond: a [`plan::Plan`] says which. Parts
//! whose worth decides more than their own value (a level written as a number) are held to be what they were (*pins*).
//!
//! What lines give does not depend on the lines before, only how fast they are read.

mod mask;
mod plan;
mod shapes;
mod slots;
mod track;

pub(super) use mask::Mask;
pub(super) use plan::{Gist, Plan, Reading};
pub use slots::is_moment;

use super::Draft;
use super::Profile;
use crate::model::Symbol;
use rustc_hash::FxHashMap;
use shapes::Shapes;
use slots::Kind;
use track::Tracks;

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

/// When so many patterns are known, they are forgotten.
const MAX_PATTERNS: usize = 4096;
/// Nor are patterns of lines of more bytes kept: what is known of a line grows with its length.
const MAX_BYTES: usize = 1 << 20;
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
    entries: Vec<Entry>,
    /// Of each entry, the number of its pattern and what its lines are, if nothing is held fixed in them.
    only: Vec<Option<(u32, Gist)>>,
    tracks: Tracks,
    shapes: Shapes,
    /// Entries by the hash of their masks.
    by_hash: FxHashMap<u64, u32>,
    met: Vec<u64>,
    /// Bytes of the lines that patterns were learned of.
    bytes: usize,
    next: u32,
    trials: Vec<Trial>,
    /// The trial of the last line.
    trial: usize,
    switched_off: bool,
}

/// Whether patterns are worth while in sources that are read alike.
#[derive(Debug)]
struct Trial {
    /// Which sources these are.
    fingerprint: u64,
    /// Lines that were looked up, and those of them for which there was a plan.
    asked: u32,
    known: u32,
    /// So many lines are to be read without patterns.
    rests: u32,
}

/// When there are so many trials, all begin anew.
const MAX_TRIALS: usize = 256;

#[derive(Debug)]
struct Entry {
    masked: Box<[u8]>,
    profile: u64,
    /// What its slots hold.
    kinds: Box<[(Kind, u8)]>,
    /// Of each slot, whether its length may differ.
    free: Box<[bool]>,
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
    /// There is a plan for it.
    Plan(Planned),
}

/// Where a plan is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Planned {
    /// The number of the mask.
    number: u32,
    /// Which of its variants.
    variant: u16,
    /// The number of the pattern.
    pub(super) id: u32,
}

impl Patterns {
    /// Reads all lines anew from here on.
    pub(super) fn switch_off(&mut self) {
        self.switched_off = true;
    }

    /// What is known of a line, whose boundaries, and mask if it is new, go to `mask`.
    ///
    /// The line is the first `end` bytes of `ahead`.
    #[inline]
    pub(super) fn look_up(&mut self, ahead: &[u8], end: usize, profile: &Profile, mask: &mut Mask) -> Known {
        let Some(fingerprint) = profile.fingerprint.filter(|_| !self.switched_off) else { return Known::No };
        let trial = self.trial_of(fingerprint);
        if trial.rests > 0 {
            trial.rests -= 1;
            return Known::No;
        }
        trial.asked += 1;
        if trial.asked == TRIAL {
            if trial.known < TRIAL / 8 {
                trial.rests = REST;
            }
            (trial.asked, trial.known) = (0, 0);
        }
        let line = &ahead[..end];
        let number = match self.shapes.find(fingerprint, line, &mut mask.marks) {
            Some(number) => Some(number),
            None => self.track(ahead, end, fingerprint, &mut mask.marks),
        };
        match number.and_then(|number| self.variant(number, line, &mask.marks)) {
            Some(known) => known,
            // the mask is needed to learn it, or another variant of it
            None => self.look_up_mask(line, fingerprint, mask),
        }
    }

    /// The number of the mask of a line that has no known shape.
    fn track(&mut self, ahead: &[u8], end: usize, fingerprint: u64, marks: &mut Vec<u32>) -> Option<u32> {
        let number = self.tracks.find(fingerprint, ahead, end, marks)?;
        let kinds = &self.entries[number as usize].kinds;
        self.shapes.missed(fingerprint, &ahead[..end], marks, kinds, number);
        Some(number)
    }

    #[inline]
    fn trial_of(&mut self, fingerprint: u64) -> &mut Trial {
        if self.trials.get(self.trial).is_none_or(|trial| trial.fingerprint != fingerprint) {
            self.trial =
                self.trials.iter().position(|trial| trial.fingerprint == fingerprint).unwrap_or_else(|| {
                    if self.trials.len() >= MAX_TRIALS {
                        self.trials.clear();
                    }
                    self.trials.push(Trial { fingerprint, asked: 0, known: 0, rests: 0 });
                    self.trials.len() - 1
                });
        }
        &mut self.trials[self.trial]
    }

    #[inline]
    fn was_known(&mut self) {
        if let Some(trial) = self.trials.get_mut(self.trial) {
            trial.known += 1;
        }
    }

    fn look_up_mask(&mut self, line: &[u8], fingerprint: u64, mask: &mut Mask) -> Known {
        if !mask.read(line, exact_until(line)) {
            return Known::No;
        }
        let hash = Symbol::of(&mask.masked).0 ^ fingerprint;
        let Some(&number) = self.by_hash.get(&hash) else { return self.first_met(hash) };
        let entry = &self.entries[number as usize];
        if entry.profile != fingerprint || *entry.masked != *mask.masked {
            return Known::No;
        }
        self.variant(number, line, &mask.marks).unwrap_or(Known::Mask(hash))
    }

    /// What is known of a line with the mask of this number; `None` if more may be learned of it.
    #[inline]
    fn variant(&mut self, number: u32, line: &[u8], marks: &[u32]) -> Option<Known> {
        if let Some(&Some((id, _))) = self.only.get(number as usize) {
            self.was_known();
            return Some(Known::Plan(Planned { number, variant: 0, id }));
        }
        let entry = &self.entries[number as usize];
        if entry.refused {
            return Some(Known::No);
        }
        let slot = |number: u16| {
            let at = 1 + 2 * usize::from(number);
            &line[marks[at] as usize..marks[at + 1] as usize]
        };
        let fits = |variant: &Variant| variant.pins.iter().all(|(number, text)| *slot(*number) == **text);
        match entry.variants.iter().position(fits) {
            Some(index) => {
                let id = entry.variants[index].id;
                self.was_known();
                Some(Known::Plan(Planned { number, variant: index as u16, id }))
            }
            None if entry.variants.len() < MAX_VARIANTS => None,
            None => Some(Known::No),
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

    /// What a known line is.
    #[inline]
    pub(super) fn gist(&self, planned: Planned) -> Option<Gist> {
        match self.only.get(planned.number as usize) {
            Some(Some((id, gist))) => (*id == planned.id).then_some(*gist),
            _ => self.plan(planned).map(|(_, plan, _)| plan.gist),
        }
    }

    /// The plan of a known line, the number of its pattern, and of each slot whether its length may differ.
    #[inline]
    pub(super) fn plan(&self, planned: Planned) -> Option<(u32, &Plan, &[bool])> {
        let entry = self.entries.get(planned.number as usize)?;
        let variant = entry.variants.get(usize::from(planned.variant))?;
        // it may have been forgotten since
        (variant.id == planned.id).then_some((variant.id, &variant.plan, &entry.free))
    }

    /// Learns how the line was read whose mask is `mask`; gives the number of its pattern, and of each slot whether its
    /// length may differ.
    pub(super) fn learn(
        &mut self,
        hash: u64,
        mask: &Mask,
        line: &[u8],
        reading: &Reading<'_>,
    ) -> Option<(u32, &[bool])> {
        if self.entries.len() >= MAX_PATTERNS || self.bytes >= MAX_BYTES {
            // numbers of patterns go on, so that what others know by them is not mistaken; lines that are held or
            // open lose their plans and are read anew
            self.entries.clear();
            self.only.clear();
            self.by_hash.clear();
            self.tracks.clear();
            self.shapes.clear();
            self.bytes = 0;
        }
        self.bytes += line.len();
        let free: Box<[bool]> = mask.kinds.iter().map(|(kind, _)| kind.is_free()).collect();
        let pattern = Pattern { id: self.next, line, marks: &mask.marks, free: &free };
        let learned = Plan::learn(&pattern, reading);
        let profile = reading.profile.fingerprint.unwrap_or_default();
        let number = *self.by_hash.entry(hash).or_insert_with(|| {
            let number = self.entries.len() as u32;
            let masked = mask.masked.clone().into();
            self.only.push(None);
            self.entries.push(Entry {
                masked,
                profile,
                kinds: mask.kinds.clone().into(),
                free,
                variants: Vec::new(),
                refused: false,
            });
            self.tracks.put(profile, line, mask, number);
            number
        });
        let entry = &mut self.entries[number as usize];
        let Some((plan, pins)) = learned.filter(|_| *entry.masked == *mask.masked) else {
            entry.refused = true;
            return None;
        };
        if pins.is_empty() {
            self.only[number as usize] = Some((self.next, plan.gist));
        }
        entry.variants.push(Variant { id: self.next, pins, plan });
        self.next += 1;
        Some((self.next - 1, &entry.free))
    }
}

/// How far into a line the length of every number counts: to the end of a text's header, which is told by numbers too.
fn exact_until(line: &[u8]) -> usize {
    const HEADER: usize = 96;
    if line.starts_with(b"{") { 0 } else { HEADER }
}

/// A draft for each layer of a line that is read by its plan.
pub(super) type Drafts = [Draft; plan::MAX_LAYERS];
