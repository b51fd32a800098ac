//! Joins atoms that hold the same value, kind by kind of value, the most trusted first.
//!
//! A kind is tried before it is trusted: if its values would join two sets of atoms that begin in the same way (two
//! checkouts, say), it names more than a transaction: a customer, a product, a host.

use super::asked::{Asked, Services};
use super::atoms::Atoms;
use super::dependents::Dependents;
use super::kinds::{Kind, Kinds};
use super::order::Ordered;
use super::parts;
use super::sets::{Sets, Trial};
use super::values::{MIN_SCORE, Split, Timed, Values};
use crate::gather::{Room, Rows, SpillError};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;

/// A kind may join wrongly in this share of its values.
const MAX_CONFLICTS: f32 = 0.12;
/// Kinds that score less than this need [`MIN_VALUES`] values that join something.
const SURE_SCORE: f32 = 0.6;
const MIN_VALUES: usize = 4;
/// So many kinds of values may tell something in parts, and their form has to tell so much.
const MAX_PARTS: usize = 8;
const MIN_FORM: f32 = 0.4;
/// More atoms than this hold no value of one transaction.
const MAX_HOLDERS: usize = 2048;

/// Joins; tables are held in memory as far as there is `room`, and `several` tells whether fragments came from several windows.
pub(super) fn join(
    atoms: Atoms,
    kinds: &Kinds,
    services: &Services,
    room: Room,
    several: bool,
) -> Result<(Ordered, Sets), SpillError> {
    let mut order: Vec<usize> =
        (0..kinds.list.len()).filter(|&kind| kinds.list[kind].score >= MIN_SCORE).collect();
    let name = |kind: usize| kinds.list[kind].names.iter().min().copied();
    order.sort_by(|&a, &b| kinds.list[b].score.total_cmp(&kinds.list[a].score).then(name(a).cmp(&name(b))));
    let begin = || Split::new(kinds, room);
    let split = atoms.by_value(begin, |split, holdings| split.value(&atoms, holdings), Split::append)?;
    let Split { values, timed, mut dependents, sharing, .. } = split;
    dependents.count(&atoms)?;
    let atoms = Ordered::of(atoms, sharing, several);
    let all =
        Joining { kinds, services, shared: &values, timed: &timed, dependents: &dependents, atoms: &atoms };
    let (mut work, mut joined) = all.join(&order)?;
    if atoms.len() > atoms.traced() && joined.len() > 1 {
        let mut order = order;
        let reviewed = all.review(&mut order, joined.iter().map(|(kind, _)| *kind).collect())?;
        if reviewed {
            joined = all.join(&order)?.1;
        }
        // those first whose values never join what begins alike
        let doubtful = |kind: usize| {
            let alike = joined.iter().find(|(held, _)| *held == kind).map_or(0.0, |(_, alike)| *alike);
            (alike * 200.0) as u32
        };
        let before = order.clone();
        order.sort_by_key(|&kind| doubtful(kind));
        if reviewed || order != before {
            (work, joined) = all.join(&order)?;
        }
    }
    let joined: Vec<usize> = joined.into_iter().map(|(kind, _)| kind).collect();
    all.join_by_parts(&mut work, &joined)?;
    let sets = work.sets;
    Ok((atoms, sets))
}

/// More kinds than this are not held against each other.
const MAX_REVIEWED: usize = 16;

/// All that joining goes by.
struct Joining<'a> {
    kinds: &'a Kinds,
    services: &'a Services<'a>,
    shared: &'a Rows,
    timed: &'a Rows,
    dependents: &'a Dependents,
    atoms: &'a Ordered,
}

impl<'a> Joining<'a> {
    fn values(&self, kind: usize) -> Result<Values, SpillError> {
        Values::of(self.shared, self.kinds, kind, self.atoms, self.dependents)
    }

    /// Joins by kinds in an order; gives also those kinds that held, with how often they would have joined what begins alike.
    fn join(&self, order: &[usize]) -> Result<(Work<'a>, Vec<(usize, f32)>), SpillError> {
        let firsts = (0..self.atoms.len() as u32).collect();
        let asked = (0..self.atoms.len() as u32).map(|atom| self.atoms.asked(atom)).collect();
        let mut work = Work {
            atoms: self.atoms,
            services: self.services,
            sets: Sets::new(self.atoms.len()),
            firsts,
            asked,
        };
        let (mut waiting, mut held) = (Vec::new(), Vec::new());
        for &kind in order {
            let values = self.values(kind)?;
            if !self.kinds.list[kind].named && !is_directed(self.atoms, &values) {
                continue;
            }
            let gathering = gathering(self.atoms, &values);
            let tried = work.try_kind(&self.kinds.list[kind], &values, &gathering);
            if !tried.holds {
                continue;
            }
            if tried.novel > 0 {
                held.push((kind, tried.alike as f32 / tried.novel as f32));
            }
            if !gathering.is_empty() {
                waiting.push((kind, gathering));
            }
        }
        for (kind, gathering) in waiting {
            work.gather(&self.values(kind)?, &gathering);
        }
        Ok((work, held))
    }

    /// Joins by values that tell only together, or only for a while, of kinds that did not hold as they are.
    fn join_by_parts(&self, work: &mut Work<'_>, held: &[usize]) -> Result<(), SpillError> {
        let list = &self.kinds.list;
        let mut rest: Vec<usize> = (0..list.len())
            .filter(|&kind| list[kind].in_parts && !list[kind].named && !held.contains(&kind))
            .collect();
        // those that tell most first
        let name = |kind: usize| list[kind].names.iter().min().copied();
        rest.sort_by(|&a, &b| list[b].form.total_cmp(&list[a].form).then_with(|| name(a).cmp(&name(b))));
        rest.truncate(MAX_PARTS);
        let mut held: Vec<Timed> = Vec::new();
        for &kind in &rest {
            held.push(Timed::of(self.timed, kind, self.atoms)?);
        }
        for (at, one) in held.iter().enumerate() {
            for other in &held[at + 1..] {
                let values = parts::together(one, other);
                // few that coincide do so by chance
                if values.len() * 2 < one.count().max(other.count()) {
                    continue;
                }
                let kind = Kind { score: SURE_SCORE - 0.01, ..Kind::default() };
                let gathering = gathering(self.atoms, &values);
                work.try_kind(&kind, &values, &gathering);
            }
        }
        for (_, values) in rest.iter().zip(&held).filter(|(kind, _)| list[**kind].form >= MIN_FORM) {
            let Some(pause) = parts::moment(values, |atom| work.sets.find(atom)) else { continue };
            let values = work.episodes(values, pause);
            let kind = Kind { score: SURE_SCORE - 0.01, ..Kind::default() };
            let gathering = gathering(self.atoms, &values);
            work.try_kind(&kind, &values, &gathering);
        }
        Ok(())
    }

    /// Tries each kind that held on what all others joined: single events begin in many ways, so that a kind that was tried
    /// early may have held though it names more than a transaction. Those that do not hold now are put last, the one that
    /// would join the most at once first of all. Whether there are any.
    fn review(&self, order: &mut Vec<usize>, mut held: Vec<usize>) -> Result<bool, SpillError> {
        let mut moved = false;
        while held.len() > 1 && held.len() <= MAX_REVIEWED {
            let mut worst: Option<(f32, usize)> = None;
            for (at, &kind) in held.iter().enumerate().rev() {
                if self.kinds.list[kind].named {
                    continue;
                }
                let others: Vec<usize> = held.iter().copied().filter(|other| *other != kind).collect();
                let (mut work, _) = self.join(&others)?;
                let values = self.values(kind)?;
                let tried = work.try_kind(&self.kinds.list[kind], &values, &gathering(self.atoms, &values));
                let excess = tried.alike as f32 / tried.novel.max(1) as f32;
                if !tried.holds && worst.is_none_or(|(most, _)| excess > most) {
                    worst = Some((excess, at));
                }
            }
            let Some((_, at)) = worst else { break };
            let kind = held.remove(at);
            order.retain(|other| *other != kind);
            order.push(kind);
            moved = true;
        }
        Ok(moved)
    }
}

/// How the trial of a kind went.
#[derive(Clone, Copy, Debug)]
struct Tried {
    holds: bool,
    /// Values that would join something.
    novel: usize,
    /// Sets more than one that begin in the same way and would be joined by one value, over all values.
    alike: usize,
}

/// Values may run both ways between two sorts of fragments in this share.
const MAX_BACKWARD: f32 = 0.1;

/// Whether the values of a kind run one way between sorts of fragments, as from cause to effect. What two transactions of
/// one customer share runs both ways.
fn is_directed(atoms: &Ordered, values: &Values) -> bool {
    let mut ways: FxHashMap<(u32, u32), u32> = FxHashMap::default();
    for value in values.iter().filter(|value| atoms.is_traced(value[0])) {
        let origin = atoms.sort(value[0]);
        for &atom in value[1..].iter().filter(|atom| atoms.is_traced(**atom)) {
            *ways.entry((origin, atoms.sort(atom))).or_default() += 1;
        }
    }
    let all: u32 = ways.values().sum();
    let (mut backward, mut alike) = (0, 0);
    for ((from, to), count) in &ways {
        match from.cmp(to) {
            Ordering::Less => backward += (*count).min(ways.get(&(*to, *from)).copied().unwrap_or(0)),
            Ordering::Equal => alike += *count,
            Ordering::Greater => {}
        }
    }
    // sender and receiver of one message may log in either order, and a message may be delivered again
    let messages = all as usize <= 2 * values.len();
    (messages || backward < 2 || backward as f32 <= MAX_BACKWARD * all as f32)
        && (alike < 4 || alike * 3 <= all)
}

/// The sorts of atoms that hold several values born elsewhere, and those atoms: consumers of batches, or joins.
fn gathering(atoms: &Ordered, values: &Values) -> FxHashSet<u32> {
    let mut incoming: FxHashMap<u32, u32> = FxHashMap::default();
    for value in values.iter() {
        for &atom in &value[1..] {
            *incoming.entry(atom).or_default() += 1;
        }
    }
    let mut sorts: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
    for (atom, count) in incoming {
        let entry = sorts.entry(atoms.sort(atom)).or_default();
        entry.0 += 1;
        entry.1 += u32::from(count > 1);
    }
    sorts.into_iter().filter(|(_, (all, several))| several * 8 >= *all).map(|(sort, _)| sort).collect()
}

struct Work<'a> {
    atoms: &'a Ordered,
    services: &'a Services<'a>,
    sets: Sets,
    /// The earliest atom of each set, by root.
    firsts: Vec<u32>,
    /// In which services each set was asked for something, by root.
    asked: Vec<Asked>,
}

impl Work<'_> {
    /// Cuts values into episodes, see [`parts::episodes`].
    fn episodes(&mut self, values: &Timed, pause: i64) -> Values {
        let (atoms, firsts, sets) = (self.atoms, &self.firsts, &mut self.sets);
        parts::episodes(values, pause, |atom| sets.find(atom), |set| atoms.sort(firsts[set as usize]))
    }

    /// Tries a kind; joins by it if it holds.
    fn try_kind(&mut self, kind: &Kind, values: &Values, gathering: &FxHashSet<u32>) -> Tried {
        let mut trial = Trial::default();
        // of the sets on trial: the earliest atom, and where it was asked for something
        let mut tried: FxHashMap<u32, (u32, Asked)> = FxHashMap::default();
        let mut good: Vec<bool> = vec![false; values.len()];
        let (mut novel, mut conflicts, mut alike) = (0usize, 0usize, 0usize);
        let mut roots: Vec<u32> = Vec::new();
        for (value, good) in values.iter().zip(&mut good) {
            roots.clear();
            if kind.named || value.len() <= MAX_HOLDERS {
                for &atom in value {
                    if atom != value[0] && gathering.contains(&self.atoms.sort(atom)) {
                        continue;
                    }
                    roots.push(trial.find(&mut self.sets, atom));
                }
                roots.sort_unstable();
                roots.dedup();
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
                conflicts += 1;
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
                roots.retain(|&root| root == start || !of(root).1.is_apart_from(asked, bit));
                if roots.len() < 2 && same < 2 {
                    continue;
                }
            }
            novel += 1;
            if !kind.named && same > 1 {
                conflicts += 1;
                alike += same - 1;
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
        if !kind.named && novel > 0 && (conflicts as f32 > limit * novel as f32 || weak && novel < MIN_VALUES)
        {
            return Tried { holds: false, novel, alike };
        }
        let mut own: Vec<u32> = Vec::new();
        for (value, _) in values.iter().zip(good).filter(|(_, good)| *good) {
            own.clear();
            own.extend(
                value.iter().filter(|&&atom| atom == value[0] || !gathering.contains(&self.atoms.sort(atom))),
            );
            if !kind.named {
                self.leave_apart(&mut own);
            }
            for &atom in own.iter().skip(1) {
                self.unite(own[0], atom);
            }
        }
        Tried { holds: true, novel, alike }
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
    fn gather(&mut self, values: &Values, gathering: &FxHashSet<u32>) {
        if gathering.is_empty() {
            return;
        }
        // receiving atom, by first time → where its values were born
        let mut incoming: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for value in values.iter().filter(|value| value.len() <= MAX_HOLDERS) {
            for &atom in &value[1..] {
                if gathering.contains(&self.atoms.sort(atom)) {
                    incoming.entry(atom).or_default().push(value[0]);
                }
            }
        }
        let mut receivers: Vec<(u32, Vec<u32>)> = incoming.into_iter().collect();
        receivers.sort_by_key(|(atom, _)| (self.atoms.first(*atom), *atom));
        let mut votes: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
        for (atom, origins) in &receivers {
            let mut begins: Vec<(u32, u32)> = origins
                .iter()
                .map(|&origin| {
                    let root = self.sets.find(origin);
                    (self.atoms.sort(self.firsts[root as usize]), root)
                })
                .collect();
            begins.sort_unstable();
            begins.dedup();
            if begins.len() > 1 {
                let batch = begins.windows(2).any(|two| two[0].0 == two[1].0);
                let vote = votes.entry(self.atoms.sort(*atom)).or_default();
                vote.0 += 1;
                vote.1 += u32::from(batch);
            }
        }
        for (atom, origins) in receivers {
            let batch = votes.get(&self.atoms.sort(atom)).is_some_and(|(all, batches)| batches * 2 > *all);
            // one that handles messages of several transactions makes no one of them
            for origin in origins.into_iter().filter(|_| !batch) {
                if !self.begin_alike(origin, atom) {
                    self.unite(origin, atom);
                }
            }
        }
    }
}
