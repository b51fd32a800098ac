//! Joins atoms that hold the same value, kind by kind of value, the most trusted first.
//!
//! A kind is tried before it is trusted: if its values would join two sets of atoms that begin in the same way (two
//! checkouts, say), it names more than a transaction: a customer, a product, a host.

use super::Batch;
use super::atoms::{Atoms, Holding};
use super::kinds::{Kind, Kinds};
use super::sets::{Sets, Trial};
use crate::model::EventId;
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

/// What joining gave.
#[derive(Debug)]
pub(super) struct Joined {
    pub sets: Sets,
    pub batches: Vec<Batch>,
    pub joints: Vec<(EventId, EventId)>,
    /// Kinds that joined, or could have.
    pub trusted: Vec<bool>,
}

/// One value of a kind: its holdings by time, one an atom.
type Value<'h> = Vec<&'h Holding>;

/// Joins.
pub(super) fn join(atoms: &Atoms, kinds: &Kinds) -> Joined {
    let mut values: Vec<Vec<Value<'_>>> = vec![Vec::new(); kinds.list.len()];
    let mut dependents = Dependents::default();
    for holdings in atoms.by_value() {
        split(holdings, kinds, atoms, &mut values, &mut dependents);
    }
    dependents.count(atoms);
    for (kind, values) in values.iter_mut().enumerate() {
        for value in values.iter_mut().filter(|_| !kinds.list[kind].named) {
            let origin = value[0].atom;
            value.retain(|holding| holding.atom == origin || dependents.depends(atoms, kind, holding.atom));
        }
        values.retain(|value| value.len() > 1);
    }
    let mut order: Vec<usize> =
        (0..kinds.list.len()).filter(|&kind| kinds.list[kind].score >= MIN_SCORE).collect();
    let name = |kind: usize| kinds.list[kind].names.iter().min().copied();
    order.sort_by(|&a, &b| kinds.list[b].score.total_cmp(&kinds.list[a].score).then(name(a).cmp(&name(b))));
    let mut work = Work {
        atoms,
        joined: Joined {
            sets: Sets::new(atoms.len()),
            batches: Vec::new(),
            joints: Vec::new(),
            trusted: vec![false; kinds.list.len()],
        },
        firsts: (0..atoms.len() as u32).collect(),
    };
    let mut waiting = Vec::new();
    for kind in order {
        if !kinds.list[kind].named && !is_directed(atoms, &values[kind]) {
            continue;
        }
        let gathering = gathering(atoms, &values[kind]);
        if work.try_kind(&kinds.list[kind], &values[kind], &gathering) {
            work.joined.trusted[kind] = true;
            waiting.push((kind, gathering));
        }
    }
    for (kind, gathering) in waiting {
        work.gather(&values[kind], &gathering);
    }
    work.joined.joints.sort_unstable();
    work.joined.batches.sort_unstable_by_key(|batch| (batch.receiver, batch.sender));
    work.joined.batches.dedup();
    work.joined
}

/// Splits the holdings of a value by kind.
fn split<'h>(
    holdings: &'h [Holding],
    kinds: &Kinds,
    atoms: &Atoms,
    values: &mut [Vec<Value<'h>>],
    dependents: &mut Dependents,
) {
    if let [holding] = holdings {
        return dependents.add(atoms, kinds.of(holding), &[holding]);
    }
    let mut by_kind: Vec<(usize, &Holding)> =
        holdings.iter().map(|holding| (kinds.of(holding), holding)).collect();
    by_kind.sort_by_key(|(kind, holding)| (*kind, holding.atom, holding.time));
    for group in by_kind.chunk_by(|a, b| a.0 == b.0) {
        let mut value: Value<'h> = group.iter().map(|(_, holding)| *holding).collect();
        value.dedup_by_key(|holding| holding.atom);
        value.sort_by_key(|holding| (holding.time, atoms.first(holding.atom as usize), holding.event));
        dependents.add(atoms, group[0].0, &value);
        if value.len() > 1 {
            values[group[0].0].push(value);
        }
    }
}

/// Values may run both ways between two sorts of fragments in this share.
const MAX_BACKWARD: f32 = 0.1;

/// Whether the values of a kind run one way between sorts of fragments, as from cause to effect. What two transactions of
/// one customer share runs both ways.
fn is_directed(atoms: &Atoms, values: &[Value<'_>]) -> bool {
    let mut ways: FxHashMap<(u64, u64), u32> = FxHashMap::default();
    for value in values.iter().filter(|value| atoms.is_traced(value[0].atom)) {
        let origin = atoms.sort(value[0].atom);
        for holding in value[1..].iter().filter(|holding| atoms.is_traced(holding.atom)) {
            *ways.entry((origin, atoms.sort(holding.atom))).or_default() += 1;
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

/// Which sorts of fragments mostly hold values of a kind that were born elsewhere. Where a sort seldom does, its fragments
/// are transactions of their own that come back to the same thing later: trace context is not lost there.
#[derive(Debug, Default)]
struct Dependents {
    /// Kind, atom, and whether a value of it was born elsewhere.
    holders: Vec<(u32, u32, bool)>,
    /// Kind and sort: fragments that hold a value of the kind, and those that hold one born elsewhere.
    sorts: FxHashMap<(u32, u64), (u32, u32)>,
}

/// So many fragments of a sort tell whether it depends on others.
const MIN_DEPENDENTS: u32 = 4;

impl Dependents {
    fn add(&mut self, atoms: &Atoms, kind: usize, value: &[&Holding]) {
        let traced = value.iter().enumerate().filter(|(_, holding)| atoms.is_traced(holding.atom));
        self.holders.extend(traced.map(|(index, holding)| (kind as u32, holding.atom, index > 0)));
    }

    /// Counts, when all values are there.
    fn count(&mut self, atoms: &Atoms) {
        let mut holders = std::mem::take(&mut self.holders);
        holders.sort_unstable();
        for group in holders.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let entry = self.sorts.entry((group[0].0, atoms.sort(group[0].1))).or_default();
            entry.0 += 1;
            entry.1 += u32::from(group[group.len() - 1].2);
        }
    }

    /// Whether fragments such as this one mostly hold values of a kind that were born elsewhere; events without a trace
    /// always may.
    fn depends(&self, atoms: &Atoms, kind: usize, atom: u32) -> bool {
        if !atoms.is_traced(atom) {
            return true;
        }
        let (all, later) = self.sorts.get(&(kind as u32, atoms.sort(atom))).copied().unwrap_or_default();
        all < MIN_DEPENDENTS || later * 2 >= all
    }
}

/// The sorts of atoms that hold several values born elsewhere, and those atoms: consumers of batches, or joins.
fn gathering(atoms: &Atoms, values: &[Value<'_>]) -> FxHashSet<u64> {
    let mut incoming: FxHashMap<u32, u32> = FxHashMap::default();
    for value in values {
        for holding in &value[1..] {
            *incoming.entry(holding.atom).or_default() += 1;
        }
    }
    let mut sorts: FxHashMap<u64, (u32, u32)> = FxHashMap::default();
    for (atom, count) in incoming {
        let entry = sorts.entry(atoms.sort(atom)).or_default();
        entry.0 += 1;
        entry.1 += u32::from(count > 1);
    }
    sorts.into_iter().filter(|(_, (all, several))| several * 8 >= *all).map(|(sort, _)| sort).collect()
}

struct Work<'a> {
    atoms: &'a Atoms,
    joined: Joined,
    /// The earliest atom of each set, by root.
    firsts: Vec<u32>,
}

impl Work<'_> {
    /// Tries a kind; joins by it if it holds.
    fn try_kind(&mut self, kind: &Kind, values: &[Value<'_>], gathering: &FxHashSet<u64>) -> bool {
        let mut trial = Trial::default();
        let mut firsts: FxHashMap<u32, u32> = FxHashMap::default();
        let mut good: Vec<&Value<'_>> = Vec::new();
        let (mut novel, mut conflicts) = (0usize, 0usize);
        let mut roots: Vec<u32> = Vec::new();
        let mut sorts: Vec<u64> = Vec::new();
        for value in values {
            roots.clear();
            if kind.named || value.len() <= MAX_HOLDERS {
                for holding in value {
                    if holding.atom != value[0].atom && gathering.contains(&self.atoms.sort(holding.atom)) {
                        continue;
                    }
                    roots.push(trial.find(&mut self.joined.sets, holding.atom));
                }
                roots.sort_unstable();
                roots.dedup();
                if roots.len() < 2 {
                    continue;
                }
            }
            novel += 1;
            let first_of = |root: u32| firsts.get(&root).copied().unwrap_or(self.firsts[root as usize]);
            let earliest = roots
                .iter()
                .map(|&root| first_of(root))
                .min_by_key(|&atom| (self.atoms.first(atom as usize), atom));
            let Some(earliest) = earliest else {
                conflicts += 1;
                continue;
            };
            sorts.clear();
            sorts.extend(roots.iter().map(|&root| self.atoms.sort(first_of(root))));
            let sort = self.atoms.sort(earliest);
            if !kind.named && sorts.iter().filter(|other| **other == sort).count() > 1 {
                conflicts += 1;
                continue;
            }
            let target = roots[0];
            for &root in &roots[1..] {
                trial.join(root, target);
            }
            firsts.insert(target, earliest);
            good.push(value);
        }
        let weak = kind.score < SURE_SCORE;
        let limit = if weak { MAX_CONFLICTS / 3.0 } else { MAX_CONFLICTS };
        if !kind.named && novel > 0 && (conflicts as f32 > limit * novel as f32 || weak && novel < MIN_VALUES)
        {
            return false;
        }
        for value in good {
            let kept: Vec<&Holding> = value
                .iter()
                .copied()
                .filter(|holding| {
                    holding.atom == value[0].atom || !gathering.contains(&self.atoms.sort(holding.atom))
                })
                .collect();
            for holding in &kept[1..] {
                self.unite(kept[0], holding);
            }
        }
        true
    }

    /// Whether two sets begin in the same way: they are two transactions then.
    fn begin_alike(&mut self, a: u32, b: u32) -> bool {
        let (x, y) = (self.joined.sets.find(a), self.joined.sets.find(b));
        let sort = |root: u32| self.atoms.sort(self.firsts[root as usize]);
        x != y && sort(x) == sort(y)
    }

    fn unite(&mut self, a: &Holding, b: &Holding) {
        let (x, y) = (self.joined.sets.find(a.atom), self.joined.sets.find(b.atom));
        if self.joined.sets.union(a.atom, b.atom) {
            let earliest = [self.firsts[x as usize], self.firsts[y as usize]]
                .into_iter()
                .min_by_key(|&atom| (self.atoms.first(atom as usize), atom));
            let root = self.joined.sets.find(a.atom);
            self.firsts[root as usize] = earliest.unwrap_or(root);
            if self.atoms.is_traced(a.atom) && self.atoms.is_traced(b.atom) {
                self.joined.joints.push((a.event, b.event));
            }
        }
    }

    /// Decides for atoms that hold several values born elsewhere: joined, or linked as a batch.
    fn gather(&mut self, values: &[Value<'_>], gathering: &FxHashSet<u64>) {
        if gathering.is_empty() {
            return;
        }
        // receiving atom, by first time → where its values were born
        let mut incoming: FxHashMap<u32, Vec<(&Holding, &Holding)>> = FxHashMap::default();
        for value in values.iter().filter(|value| value.len() <= MAX_HOLDERS) {
            for holding in &value[1..] {
                if gathering.contains(&self.atoms.sort(holding.atom)) {
                    incoming.entry(holding.atom).or_default().push((value[0], holding));
                }
            }
        }
        let mut receivers: Vec<(u32, Vec<(&Holding, &Holding)>)> = incoming.into_iter().collect();
        receivers.sort_by_key(|(atom, _)| (self.atoms.first(*atom as usize), *atom));
        let mut votes: FxHashMap<u64, (u32, u32)> = FxHashMap::default();
        for (atom, pairs) in &receivers {
            let mut begins: Vec<(u64, u32)> = pairs
                .iter()
                .map(|(origin, _)| {
                    let root = self.joined.sets.find(origin.atom);
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
        for (atom, pairs) in receivers {
            let batch = votes.get(&self.atoms.sort(atom)).is_some_and(|(all, batches)| batches * 2 > *all);
            for (origin, holding) in pairs {
                if batch {
                    self.joined.batches.push(Batch { receiver: holding.event, sender: origin.event });
                } else if !self.begin_alike(origin.atom, holding.atom) {
                    self.unite(origin, holding);
                }
            }
        }
    }
}
