//! Joins atoms that hold the same value, kind by kind of value, the most trusted first.
//!
//! A kind is tried before it is trusted: if its values would join two sets of atoms that begin in the same way (two
//! checkouts, say), it names more than a transaction: a customer, a product, a host.

use super::atoms::Atoms;
use super::dependents::Dependents;
use super::holdings::Holding;
use super::kinds::{Kind, Kinds};
use super::order::{Ordered, Sharing};
use super::sets::{Sets, Trial};
use crate::gather::bytes::{Get, Put};
use crate::gather::{Room, Rows, SpillError};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;

/// A kind may join wrongly in this share of its values.
const MAX_CONFLICTS: f32 = 0.12;
/// Kinds that score less than this are never tried.
const MIN_SCORE: f32 = 0.15;
/// Kinds that score less than this need [`MIN_VALUES`] values that join something.
const SURE_SCORE: f32 = 0.6;
const MIN_VALUES: usize = 4;
/// More atoms than this hold no value of one transaction.
const MAX_HOLDERS: usize = 2048;

/// The values of a kind: for each the atoms that hold it, by time.
#[derive(Debug, Default)]
struct Values {
    atoms: Vec<u32>,
    ends: Vec<u32>,
}

impl Values {
    /// Those of a kind: the atoms that one is born in, or that go on with what others began.
    fn of(
        shared: &Rows,
        kinds: &Kinds,
        kind: usize,
        atoms: &Ordered,
        dependents: &Dependents,
    ) -> Result<Values, SpillError> {
        let named = kinds.list[kind].named;
        let mut values = Values::default();
        shared.each(kind, |bytes| {
            let mut bytes = Get(bytes);
            while let Some(count) = bytes.number() {
                let start = values.atoms.len();
                for _ in 0..count {
                    let atom = atoms.place(bytes.number().unwrap_or_default() as u32);
                    let origin = values.atoms.get(start).is_none_or(|origin| *origin == atom);
                    if named || origin || dependents.depends(atoms, kind, atom) {
                        values.atoms.push(atom);
                    }
                }
                if values.atoms.len() - start > 1 {
                    values.ends.push(values.atoms.len() as u32);
                } else {
                    values.atoms.truncate(start);
                }
            }
        })?;
        Ok(values)
    }

    fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.atoms[start as usize..*end as usize])
    }

    fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Joins; tables are held in memory as far as there is `room`, and `several` tells whether fragments came from several windows.
pub(super) fn join(
    atoms: Atoms,
    kinds: &Kinds,
    room: Room,
    several: bool,
) -> Result<(Ordered, Sets), SpillError> {
    let mut order: Vec<usize> =
        (0..kinds.list.len()).filter(|&kind| kinds.list[kind].score >= MIN_SCORE).collect();
    let name = |kind: usize| kinds.list[kind].names.iter().min().copied();
    order.sort_by(|&a, &b| kinds.list[b].score.total_cmp(&kinds.list[a].score).then(name(a).cmp(&name(b))));
    let begin = || Split {
        kinds,
        values: Rows::new(kinds.list.len(), room),
        dependents: Dependents::new(room),
        sharing: Sharing::default(),
    };
    let split = atoms.by_value(begin, |split, holdings| split.value(&atoms, holdings), Split::append)?;
    let Split { values, mut dependents, sharing, .. } = split;
    dependents.count(&atoms)?;
    let atoms = Ordered::of(atoms, sharing, several);
    let all = Joining { kinds, shared: &values, dependents: &dependents, atoms: &atoms };
    let (mut work, joined) = all.join(&order)?;
    if atoms.len() > atoms.traced() && joined.len() > 1 {
        let mut order = order;
        if all.review(&mut order, joined)? {
            work = all.join(&order)?.0;
        }
    }
    let sets = work.sets;
    Ok((atoms, sets))
}

/// More kinds than this are not held against each other.
const MAX_REVIEWED: usize = 16;

/// All that joining goes by.
struct Joining<'a> {
    kinds: &'a Kinds,
    shared: &'a Rows,
    dependents: &'a Dependents,
    atoms: &'a Ordered,
}

impl<'a> Joining<'a> {
    fn values(&self, kind: usize) -> Result<Values, SpillError> {
        Values::of(self.shared, self.kinds, kind, self.atoms, self.dependents)
    }

    /// Joins by kinds in an order; gives also those kinds that held.
    fn join(&self, order: &[usize]) -> Result<(Work<'a>, Vec<usize>), SpillError> {
        let firsts = (0..self.atoms.len() as u32).collect();
        let mut work = Work { atoms: self.atoms, sets: Sets::new(self.atoms.len()), firsts };
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
                held.push(kind);
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

/// Splits values by kind: those of kinds that may be tried.
struct Split<'k> {
    kinds: &'k Kinds,
    /// By kind: for each value that several atoms hold how many these are, and those, by time.
    values: Rows,
    dependents: Dependents,
    sharing: Sharing,
}

impl Split<'_> {
    /// Takes in other values.
    fn append(&mut self, others: Split<'_>) -> Result<(), SpillError> {
        self.values.append(&others.values)?;
        self.dependents.append(&others.dependents)?;
        self.sharing.append(others.sharing);
        Ok(())
    }

    /// Takes in the holdings of a value.
    fn value(&mut self, atoms: &Atoms, holdings: &[Holding]) -> Result<(), SpillError> {
        let mut by_kind: Vec<(usize, &Holding)> = Vec::new();
        for holding in holdings {
            let kind = self.kinds.of(holding);
            if self.kinds.list[kind].score >= MIN_SCORE {
                by_kind.push((kind, holding));
            }
        }
        by_kind.sort_by_key(|(kind, holding)| (*kind, holding.atom, holding.time));
        for group in by_kind.chunk_by(|a, b| a.0 == b.0) {
            let kind = group[0].0;
            let mut value: Vec<&Holding> = group.iter().map(|(_, holding)| *holding).collect();
            value.dedup_by_key(|holding| holding.atom);
            value.sort_by_key(|holding| (holding.time, holding.first, holding.origin));
            self.dependents.add(atoms, kind, &value)?;
            if value.len() > 1 {
                self.values.push(kind, |out| {
                    out.number(value.len() as u64);
                    value.iter().for_each(|holding| out.number(u64::from(holding.atom)));
                })?;
                value
                    .iter()
                    .filter(|holding| !atoms.is_traced(holding.atom))
                    .for_each(|holding| self.sharing.add(holding));
            }
        }
        Ok(())
    }
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
    sets: Sets,
    /// The earliest atom of each set, by root.
    firsts: Vec<u32>,
}

impl Work<'_> {
    /// Tries a kind; joins by it if it holds.
    fn try_kind(&mut self, kind: &Kind, values: &Values, gathering: &FxHashSet<u32>) -> Tried {
        let mut trial = Trial::default();
        let mut firsts: FxHashMap<u32, u32> = FxHashMap::default();
        let mut good: Vec<bool> = vec![false; values.len()];
        let (mut novel, mut conflicts, mut alike) = (0usize, 0usize, 0usize);
        let mut roots: Vec<u32> = Vec::new();
        let mut sorts: Vec<u32> = Vec::new();
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
            novel += 1;
            let first_of = |root: u32| firsts.get(&root).copied().unwrap_or(self.firsts[root as usize]);
            let earliest =
                roots.iter().map(|&root| first_of(root)).min_by_key(|&atom| (self.atoms.first(atom), atom));
            let Some(earliest) = earliest else {
                alike += value.len();
                conflicts += 1;
                continue;
            };
            sorts.clear();
            sorts.extend(roots.iter().map(|&root| self.atoms.sort(first_of(root))));
            let sort = self.atoms.sort(earliest);
            let same = sorts.iter().filter(|other| **other == sort).count();
            if !kind.named && same > 1 {
                conflicts += 1;
                alike += same - 1;
                continue;
            }
            let target = roots[0];
            for &root in &roots[1..] {
                trial.join(root, target);
            }
            firsts.insert(target, earliest);
            *good = true;
        }
        let weak = kind.score < SURE_SCORE;
        let limit = if weak { MAX_CONFLICTS / 3.0 } else { MAX_CONFLICTS };
        if !kind.named && novel > 0 && (conflicts as f32 > limit * novel as f32 || weak && novel < MIN_VALUES)
        {
            return Tried { holds: false, novel, alike };
        }
        for (value, _) in values.iter().zip(good).filter(|(_, good)| *good) {
            for &atom in &value[1..] {
                if atom == value[0] || !gathering.contains(&self.atoms.sort(atom)) {
                    self.unite(value[0], atom);
                }
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

    fn unite(&mut self, a: u32, b: u32) {
        let (x, y) = (self.sets.find(a), self.sets.find(b));
        if self.sets.union(a, b) {
            let earliest = [self.firsts[x as usize], self.firsts[y as usize]]
                .into_iter()
                .min_by_key(|&atom| (self.atoms.first(atom), atom));
            let root = self.sets.find(a);
            self.firsts[root as usize] = earliest.unwrap_or(root);
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
