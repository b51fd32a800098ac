//! Sets of atoms, and the trial of a kind of value on them: what it would join, and what speaks against it.

use super::asked::{Asked, Services};
use super::kinds::Kind;
use super::order::Ordered;
use super::parts;
use super::sets::{Sets, Trial};
use super::values::{Timed, Values};
use rustc_hash::{FxHashMap, FxHashSet};

/// A kind may join wrongly in this share of its values.
const MAX_CONFLICTS: f32 = 0.06;
/// Kinds that score less than this need [`MIN_VALUES`] values that join something.
pub(super) const SURE_SCORE: f32 = 0.6;
const MIN_VALUES: usize = 4;
/// More atoms than this hold no value of one transaction.
const MAX_HOLDERS: usize = 2048;

/// What is so many times more than nine of ten values of a kind have is beyond it.
const BEYOND: i64 = 4;
/// So many sets that begin like another are many.
const MANY: usize = 8;

/// What nine of ten values of a kind do not exceed.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// How long after the first atom that holds it the last one begins.
    extent: i64,
    /// Atoms that hold it.
    holders: usize,
}

/// How the trial of a kind went.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    pub holds: bool,
    /// Values that would join something.
    pub novel: usize,
    /// Sets more than one that begin in the same way and would be joined by one value, over all values.
    pub alike: usize,
    /// The places of the values that join nothing, as they would join wrongly.
    pub conflicting: FxHashSet<usize>,
}

/// What is joined so far.
pub(super) struct Work<'a> {
    atoms: &'a Ordered,
    services: &'a Services<'a>,
    pub sets: Sets,
    /// The earliest atom of each set, by root.
    firsts: Vec<u32>,
    /// In which services each set was asked for something, by root.
    asked: Vec<Asked>,
}

impl<'a> Work<'a> {
    /// Nothing is joined yet.
    pub fn of(atoms: &'a Ordered, services: &'a Services<'a>) -> Work<'a> {
        let all = 0..atoms.len() as u32;
        Work {
            atoms,
            services,
            sets: Sets::new(atoms.len()),
            firsts: all.clone().collect(),
            asked: all.map(|atom| atoms.asked(atom)).collect(),
        }
    }

    /// Cuts values into episodes, see [`parts::episodes`].
    pub fn episodes(&mut self, values: &Timed, pause: i64) -> Values {
        let (atoms, firsts, sets) = (self.atoms, &self.firsts, &mut self.sets);
        parts::episodes(values, pause, |atom| sets.find(atom), |set| atoms.sort(firsts[set as usize]))
    }

    /// Tries a kind; joins by it if it holds.
    pub fn try_kind(&mut self, kind: &Kind, values: &Values, gathering: &FxHashSet<u32>) -> Tried {
        let mut trial = Trial::default();
        // of the sets on trial: the earliest atom, and where it was asked for something
        let mut tried: FxHashMap<u32, (u32, Asked)> = FxHashMap::default();
        let mut good: Vec<bool> = vec![false; values.len()];
        let (mut novel, mut alike) = (0usize, 0usize);
        let mut conflicting: FxHashSet<usize> = FxHashSet::default();
        let (mut roots, mut goes_on): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        let bounds = (!kind.named && !kind.unique).then(|| self.bounds(values));
        for (at, ((value, back), good)) in values.iter_with_back().zip(&mut good).enumerate() {
            roots.clear();
            goes_on.clear();
            if kind.named || value.len() <= MAX_HOLDERS {
                for (&atom, &back) in value.iter().zip(back) {
                    if atom != value[0] && gathering.contains(&self.atoms.sort(atom)) {
                        continue;
                    }
                    let root = trial.find(&mut self.sets, atom);
                    roots.push(root);
                    if !back {
                        goes_on.push(root);
                    }
                }
                for sets in [&mut roots, &mut goes_on] {
                    sets.sort_unstable();
                    sets.dedup();
                }
                if roots.len() < 2 {
                    continue;
                }
            }
            let of = |root: u32| {
                tried.get(&root).copied().unwrap_or((self.firsts[root as usize], self.asked[root as usize]))
            };
            let first_of = |root: u32| of(root).0;
            let earliest = roots.iter().copied().min_by_key(|&root| {
                let atom = first_of(root);
                (self.atoms.first(atom), atom)
            });
            let Some(start) = earliest else {
                alike += value.len();
                conflicting.insert(at);
                continue;
            };
            let earliest = first_of(start);
            let sort = self.atoms.sort(earliest);
            let mut same = 1;
            if !kind.named {
                // who comes back to it later makes a transaction of its own; those that begin alike tell of the kind
                same = roots.iter().filter(|&&root| self.atoms.sort(first_of(root)) == sort).count();
                let bit = self.services.bit(self.atoms.service(earliest));
                let asked = of(start).1;
                roots.retain(|&root| {
                    let goes_on = || goes_on.binary_search(&root).is_ok();
                    root == start || !of(root).1.is_apart_from(asked, bit) && goes_on()
                });
                if roots.len() < 2 && same < 2 {
                    continue;
                }
            }
            novel += 1;
            if !kind.named && !kind.unique && same == 1 {
                let whole = roots.iter().filter(|&&root| self.atoms.asked(first_of(root)).whole).count();
                same = same.max(whole);
            }
            if !kind.named && same == 1 {
                let begun = roots.iter().filter(|&&root| root != start).map(|&root| of(root));
                same += self.again(begun);
            }
            if !kind.named && same > 1 {
                conflicting.insert(at);
                alike += same - 1;
                continue;
            }
            if let Some(bounds) = &bounds
                && let Some(excess) = self.is_beyond(bounds, value, roots.iter().map(|&root| first_of(root)))
            {
                conflicting.insert(at);
                alike += excess;
                continue;
            }
            let target = roots[0];
            let asked = roots.iter().fold(Asked::default(), |asked, &root| asked.and(of(root).1));
            for &root in &roots[1..] {
                trial.join(root, target);
            }
            tried.insert(target, (earliest, asked));
            *good = true;
        }
        let weak = kind.score < SURE_SCORE;
        let limit = if weak { MAX_CONFLICTS / 3.0 } else { MAX_CONFLICTS };
        let conflicts = conflicting.len() as f32;
        if !kind.named && novel > 0 && (conflicts > limit * novel as f32 || weak && novel < MIN_VALUES) {
            return Tried { holds: false, novel, alike, conflicting };
        }
        let mut own: Vec<u32> = Vec::new();
        for ((value, back), _) in values.iter_with_back().zip(good).filter(|(_, good)| *good) {
            own.clear();
            let joins = |atom: u32, back: bool| {
                atom == value[0] || !back && !gathering.contains(&self.atoms.sort(atom))
            };
            let joined = value.iter().zip(back).filter(|(atom, back)| joins(**atom, **back));
            own.extend(joined.map(|(atom, _)| *atom));
            if !kind.named {
                self.leave_apart(&mut own);
            }
            for &atom in own.iter().skip(1) {
                self.unite(own[0], atom);
            }
        }
        Tried { holds: true, novel, alike, conflicting }
    }

    /// How many of some sets, by their earliest atoms and where they were asked for something, were each begun by a request as
    /// another one of them was, and went on to other services: each is a transaction, all of which met one thing of longer
    /// life, as a version of what they looked up.
    fn again(&self, sets: impl Iterator<Item = (u32, Asked)>) -> usize {
        let begun = |(first, asked): (u32, Asked)| {
            let bit = self.services.bit(self.atoms.service(first));
            asked.is_begun(bit).then(|| self.atoms.sort(first))
        };
        let mut sorts: Vec<u32> = sets.filter_map(begun).collect();
        sorts.sort_unstable();
        sorts.chunk_by(|a, b| a == b).map(|same| same.len() - 1).sum()
    }

    /// What most values of a kind do not exceed.
    fn bounds(&self, values: &Values) -> Bounds {
        let mut extents: Vec<i64> = values.iter().map(|value| self.extent(value)).collect();
        let mut holders: Vec<usize> = values.iter().map(<[u32]>::len).collect();
        extents.sort_unstable();
        holders.sort_unstable();
        let at = values.len() * 9 / 10;
        Bounds {
            extent: extents.get(at).copied().unwrap_or_default(),
            holders: holders.get(at).copied().unwrap_or_default(),
        }
    }

    /// How long after the first atom that holds a value the last one begins.
    fn extent(&self, value: &[u32]) -> i64 {
        let times = || value.iter().map(|&atom| self.atoms.first(atom).0);
        times().max().unwrap_or_default().saturating_sub(times().min().unwrap_or_default())
    }

    /// Whether a value stands out of its kind as what names more than one transaction does: it is held far longer than the
    /// others are, and several sorts of what it would join come again, or far more of one sort than others join. How
    /// many begin like others then.
    fn is_beyond(&self, bounds: &Bounds, value: &[u32], firsts: impl Iterator<Item = u32>) -> Option<usize> {
        if self.extent(value) <= bounds.extent.saturating_mul(BEYOND) {
            return None;
        }
        let mut sorts: Vec<u32> = firsts.map(|first| self.atoms.sort(first)).collect();
        sorts.sort_unstable();
        let again = || sorts.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
        let excess: usize = again().map(|same| same.len() - 1).sum();
        let many = excess >= MANY && value.len() as i64 > (bounds.holders as i64).saturating_mul(BEYOND);
        (again().count() > 1 || many).then_some(excess)
    }

    /// Whether two sets begin in the same way: they are two transactions then.
    fn begin_alike(&mut self, a: u32, b: u32) -> bool {
        let (x, y) = (self.sets.find(a), self.sets.find(b));
        let sort = |root: u32| self.atoms.sort(self.firsts[root as usize]);
        x != y && sort(x) == sort(y)
    }

    /// Leaves out those atoms whose sets are transactions of their own beside the set that comes first.
    fn leave_apart(&mut self, atoms: &mut Vec<u32>) {
        let of = |sets: &mut Sets, firsts: &[u32], atom: u32| firsts[sets.find(atom) as usize];
        let firsts = &self.firsts;
        let start = atoms
            .iter()
            .map(|&atom| of(&mut self.sets, firsts, atom))
            .min_by_key(|&first| (self.atoms.first(first), first));
        let Some(start) = start else { return };
        let bit = self.services.bit(self.atoms.service(start));
        let root = self.sets.find(start);
        let asked = self.asked[root as usize];
        let (sets, all) = (&mut self.sets, &self.asked);
        atoms.retain(|&atom| {
            let other = sets.find(atom);
            other == root || !all[other as usize].is_apart_from(asked, bit)
        });
    }

    fn unite(&mut self, a: u32, b: u32) {
        let (x, y) = (self.sets.find(a), self.sets.find(b));
        if self.sets.union(a, b) {
            let asked = self.asked[x as usize].and(self.asked[y as usize]);
            let earliest = [self.firsts[x as usize], self.firsts[y as usize]]
                .into_iter()
                .min_by_key(|&atom| (self.atoms.first(atom), atom));
            let root = self.sets.find(a);
            self.firsts[root as usize] = earliest.unwrap_or(root);
            self.asked[root as usize] = asked;
        }
    }

    /// Decides for atoms that hold several values born elsewhere: joined, or left alone as they handle batches.
    pub fn gather(
        &mut self,
        kind: &Kind,
        values: &Values,
        gathering: &FxHashSet<u32>,
        conflicting: &FxHashSet<usize>,
    ) {
        if gathering.is_empty() {
            return;
        }
        // receiving atom, by first time → where its values were born
        let mut incoming: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        let of_one = |(at, (value, _)): &(usize, (&[u32], &[bool]))| {
            value.len() <= MAX_HOLDERS && !conflicting.contains(at)
        };
        for (_, (value, back)) in values.iter_with_back().enumerate().filter(of_one) {
            for (&atom, back) in value.iter().zip(back).skip(1) {
                let (sort, born) = (self.atoms.sort(atom), self.atoms.sort(value[0]));
                if !back && sort != born && gathering.contains(&sort) {
                    incoming.entry(atom).or_default().push(value[0]);
                }
            }
        }
        let mut receivers: Vec<(u32, Vec<u32>)> = incoming.into_iter().collect();
        receivers.sort_by_key(|(atom, _)| (self.atoms.first(*atom), *atom));
        let mut votes: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
        for (atom, origins) in &receivers {
            let mut begins: Vec<((bool, u64), u32)> = origins
                .iter()
                .map(|&origin| {
                    let root = self.sets.find(origin);
                    let first = self.firsts[root as usize];
                    // whatever is asked of a service, what it is asked for next is something else
                    let bit = self.services.bit(self.atoms.service(first));
                    let begun = self.asked[root as usize].is_begun(bit);
                    ((begun, if begun { bit } else { u64::from(self.atoms.sort(first)) }), root)
                })
                .collect();
            begins.sort_unstable();
            begins.dedup();
            if begins.len() > 1 {
                let on_its_own = |origin: &&u32| {
                    let asked = self.atoms.asked(**origin);
                    asked.whole || asked.wide
                };
                let mut own: Vec<u32> =
                    origins.iter().filter(on_its_own).map(|origin| self.sets.find(*origin)).collect();
                own.sort_unstable();
                own.dedup();
                let batch = own.len() > 1 || begins.windows(2).any(|two| two[0].0 == two[1].0);
                let vote = votes.entry(self.atoms.sort(*atom)).or_default();
                vote.0 += 1;
                vote.1 += u32::from(batch);
            }
        }
        for (atom, origins) in receivers {
            let batch = votes.get(&self.atoms.sort(atom)).is_some_and(|(all, batches)| batches * 2 > *all);
            // one that handles messages of several transactions makes no one of them
            for origin in origins.into_iter().filter(|_| !batch) {
                let whole = |atom: u32| self.atoms.asked(atom).whole;
                let apart = !kind.named && !kind.unique && whole(origin) && whole(atom);
                if !apart && !self.begin_alike(origin, atom) {
                    self.unite(origin, atom);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::lexicon::Lexicon;
    use super::*;

    const FRONT: u32 = 0;
    const INSERT: u32 = 1;
    const BATCH: u32 = 2;

    /// Which atoms are one after a kind with these values was tried, and those that gather were seen to.
    fn together(sorts: &[u32], values: &[&[u32]], gathering: &[u32]) -> Vec<u32> {
        let (atoms, lexicon) = (Ordered::of_sorts(sorts), Lexicon::default());
        let services = Services::none(&lexicon);
        let mut work = Work::of(&atoms, &services);
        let mut held = Values::default();
        values.iter().for_each(|value| held.add(value.iter().copied()));
        let kind = Kind { score: 1.0, ..Kind::default() };
        let gathering = gathering.iter().copied().collect();
        let tried = work.try_kind(&kind, &held, &gathering);
        assert!(tried.holds);
        work.gather(&kind, &held, &gathering, &tried.conflicting);
        (0..sorts.len() as u32).map(|atom| work.sets.find(atom)).collect()
    }

    #[test]
    fn records_of_one_sort_gather_nothing_of_each_other() {
        // both inserts hold the name of a column, too
        let one = together(&[FRONT, INSERT, FRONT, INSERT], &[&[1, 3], &[0, 1], &[2, 3]], &[INSERT]);
        assert!(one[0] == one[1] && one[2] == one[3] && one[0] != one[2], "{one:?}");
    }

    #[test]
    fn a_value_that_joins_wrongly_is_not_gathered() {
        // orders of which each was taken and reserved, and a word that two of them and a batch hold
        let orders = 40u32;
        let mut sorts: Vec<u32> = (0..orders).flat_map(|_| [FRONT, 3]).collect();
        sorts.push(BATCH);
        let pairs: Vec<[u32; 2]> = (0..orders).map(|order| [order * 2, order * 2 + 1]).collect();
        let word = [0, 2, orders * 2];
        let values: Vec<&[u32]> = pairs.iter().map(<[u32; 2]>::as_slice).chain([&word[..]]).collect();
        let one = together(&sorts, &values, &[BATCH]);
        assert!(one[0] == one[1] && one[0] != one[2] && one[orders as usize * 2] == orders * 2, "{one:?}");
    }
}
