//! Joins atoms that hold the same value, kind by kind of value, the most trusted first.
//!
//! A kind is tried before it is trusted: if its values would join two sets of atoms that begin in the same way (two
//! checkouts, say), it names more than a transaction: a customer, a product, a host.

use super::asked::Services;
use super::atoms::Atoms;
use super::dependents::Dependents;
use super::kinds::{Kind, Kinds, MIN_FORM};
use super::order::Ordered;
use super::parts;
use super::rounds::rounds;
use super::sets::Sets;
use super::values::{MIN_SCORE, Split, Timed, Values};
use super::ways::{gathering, not_directed};
use super::work::{About, SURE_SCORE, Work, held_for, pass_soon};
use crate::gather::{Room, Rows, SpillError};
use rustc_hash::{FxHashMap, FxHashSet};

/// So many kinds of values may tell something in parts.
const MAX_PARTS: usize = 8;

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
    let Split { values, timed, numbers, mut dependents, sharing, new, .. } = split;
    dependents.count(&atoms)?;
    let told = Told { kinds, services, shared: &values, timed: &timed, dependents: &dependents, new: &new };
    let mut atoms = Ordered::of(atoms, sharing, several);
    let any_untraced = atoms.len() > atoms.traced();
    let (nothing, mut about) = (About::default(), About::default());
    if any_untraced {
        let (Work { mut sets, .. }, joined) =
            Joining { told, atoms: &atoms, about: &nothing }.join(&order)?;
        let joined: Vec<usize> = joined.into_iter().map(|held| held.kind).collect();
        let of_kind = |kind| Values::of(told.shared, kinds, kind, &atoms, (told.dependents, told.new));
        let rounds = rounds(&numbers, &atoms, &mut sets, &joined, of_kind)?;
        atoms.enter(&mut sets);
        atoms.begin_rounds(rounds);
    }
    let mut all = Joining { told, atoms: &atoms, about: &nothing };
    let (mut work, mut joined) = all.join(&order)?;
    if any_untraced {
        about = all.about(&mut work, &joined)?;
    }
    if !about.is_empty() {
        all.about = &about;
        (work, joined) = all.join(&order)?;
    }
    let told_anew;
    if any_untraced && joined.len() > 1 {
        let reviewed = all.review(&mut order, joined.iter().map(|held| held.kind).collect())?;
        if reviewed {
            joined = all.join(&order)?.1;
        }
        if all.reorder(&mut order, &joined)? || reviewed {
            (work, joined) = all.join(&order)?;
            // what is in other transactions now is about these
            told_anew = all.about(&mut work, &joined)?;
            if told_anew != about {
                all.about = &told_anew;
                (work, joined) = all.join(&order)?;
            }
        }
    }
    let joined: Vec<usize> = joined.into_iter().map(|held| held.kind).collect();
    all.join_by_parts(&mut work, &joined)?;
    let sets = work.sets;
    Ok((atoms, sets))
}

/// More kinds than this are not held against each other.
const MAX_REVIEWED: usize = 16;

/// What values tell.
#[derive(Clone, Copy)]
struct Told<'a> {
    kinds: &'a Kinds,
    services: &'a Services<'a>,
    shared: &'a Rows,
    timed: &'a Rows,
    dependents: &'a Dependents,
    /// See [`Split::new`].
    new: &'a FxHashSet<u32>,
}

/// There are several transactions about at least this share of the values of what people come back to.
const MIN_VISITED: f32 = 0.1;

/// What is held so many times longer is something that people come back to; what is held as long may be a thing of it.
const LONGER: i64 = 4;

/// A kind that held.
#[derive(Clone, Copy, Debug)]
struct Held {
    kind: usize,
    /// How often it would have joined what begins alike, for each value that joined something.
    alike: f32,
    /// The share of its values about which there are several transactions.
    visited: f32,
}

/// All that joining goes by.
struct Joining<'a> {
    told: Told<'a>,
    atoms: &'a Ordered,
    about: &'a About,
}

impl<'a> Joining<'a> {
    /// The values of a kind that run from cause to effect, if they do.
    fn values(&self, kind: usize) -> Result<Option<Values>, SpillError> {
        let mut values = Values::of(
            self.told.shared,
            self.told.kinds,
            kind,
            self.atoms,
            (self.told.dependents, self.told.new),
        )?;
        if self.told.kinds.list[kind].named {
            return Ok(Some(values));
        }
        let Some(among_own) = not_directed(self.atoms, &values) else { return Ok(None) };
        values.drop_born_in(|origin| among_own.contains(&self.atoms.sort(origin)));
        Ok(Some(values))
    }

    /// What enters with values of kinds that joined, by where these were born.
    fn about(&self, work: &mut Work<'_>, joined: &[Held]) -> Result<About, SpillError> {
        let mut about = About::default();
        for Held { kind, .. } in joined {
            if let Some(values) = self.values(*kind)? {
                work.look_about(&values, &mut about);
            }
        }
        for others in about.values_mut() {
            others.sort_unstable();
            others.dedup();
        }
        Ok(about)
    }

    /// Joins by kinds in an order; gives also those kinds that held.
    fn join(&self, order: &[usize]) -> Result<(Work<'a>, Vec<Held>), SpillError> {
        let mut work = Work::of(self.atoms, self.told.services, self.about);
        let (mut waiting, mut held) = (Vec::new(), Vec::new());
        for &kind in order {
            let Some(values) = self.values(kind)? else { continue };
            let gathering = gathering(self.atoms, &values, |atom| work.sets.find(atom));
            let tried = work.try_kind(&self.told.kinds.list[kind], &values, &gathering);
            if !tried.holds {
                continue;
            }
            if tried.novel > 0 {
                let share = |some: usize| some as f32 / tried.novel as f32;
                held.push(Held { kind, alike: share(tried.alike), visited: share(tried.visited) });
            }
            if !gathering.is_empty() {
                waiting.push((kind, gathering, tried.conflicting));
            }
        }
        for (kind, gathering, conflicting) in waiting {
            if let Some(values) = self.values(kind)? {
                work.gather(&self.told.kinds.list[kind], &values, &gathering, &conflicting);
            }
        }
        work.tie();
        Ok((work, held))
    }

    /// Puts those kinds first whose values never join what begins alike, and last those that did not hold; of equal ones first those
    /// that pass soon, as ids of messages do beside those of orders, then those about whose values there are more transactions: they
    /// know all of these that something may go on with. Of equal ones what the user named stays in front. Whether that changed anything.
    fn reorder(&self, order: &mut Vec<usize>, joined: &[Held]) -> Result<bool, SpillError> {
        let mut lasting: FxHashMap<usize, i64> = FxHashMap::default();
        for held in joined {
            let values = self.values(held.kind)?.unwrap_or_default();
            lasting.insert(held.kind, held_for(self.atoms, &values));
        }
        let come_back_to = joined.iter().filter(|held| held.visited >= MIN_VISITED);
        let longest = come_back_to.map(|held| lasting[&held.kind]).max().unwrap_or(i64::MAX);
        let doubts = |kind: usize| {
            let Some(held) = joined.iter().find(|held| held.kind == kind) else { return (u32::MAX, 0) };
            let named = self.told.kinds.list[kind].named;
            let soon = named || lasting[&kind].saturating_mul(LONGER) < longest;
            ((held.alike * 200.0) as u32, if soon { 0 } else { 10 - (held.visited * 10.0) as u32 })
        };
        let before = order.clone();
        order.sort_by_cached_key(|kind| doubts(*kind));
        Ok(*order != before)
    }

    /// Joins by values that tell only together, or only for a while, of kinds that did not hold as they are.
    fn join_by_parts(&self, work: &mut Work<'_>, held: &[usize]) -> Result<(), SpillError> {
        let list = &self.told.kinds.list;
        let mut rest: Vec<usize> = (0..list.len())
            .filter(|&kind| list[kind].in_parts && !list[kind].named && !held.contains(&kind))
            .collect();
        // those that tell most first
        let name = |kind: usize| list[kind].names.iter().min().copied();
        rest.sort_by(|&a, &b| list[b].form.total_cmp(&list[a].form).then_with(|| name(a).cmp(&name(b))));
        rest.truncate(MAX_PARTS);
        let mut held: Vec<Timed> = Vec::new();
        for &kind in &rest {
            held.push(Timed::of(self.told.timed, kind, self.atoms)?);
        }
        for (at, one) in held.iter().enumerate() {
            for other in &held[at + 1..] {
                let values = parts::together(one, other);
                // few that coincide do so by chance
                if values.len() * 2 < one.count().max(other.count()) {
                    continue;
                }
                let kind = Kind { score: SURE_SCORE - 0.01, ..Kind::default() };
                let gathering = gathering(self.atoms, &values, |atom| work.sets.find(atom));
                work.try_kind(&kind, &values, &gathering);
            }
        }
        for (_, values) in rest.iter().zip(&held).filter(|(kind, _)| list[**kind].form >= MIN_FORM) {
            let Some(pause) = parts::moment(values, |atom| work.sets.find(atom)) else { continue };
            let values = work.episodes(values, pause);
            let kind = Kind { score: SURE_SCORE - 0.01, ..Kind::default() };
            let gathering = gathering(self.atoms, &values, |atom| work.sets.find(atom));
            work.try_kind(&kind, &values, &gathering);
        }
        Ok(())
    }

    /// Tries each kind that held on what all others joined: single events begin in many ways, so that a kind that was tried
    /// early may have held though it names more than a transaction. Those that do not hold now are put last, the one that
    /// would join the most at once first of all, but for those whose values pass soon, as ids of messages do. Whether there are any.
    fn review(&self, order: &mut Vec<usize>, mut held: Vec<usize>) -> Result<bool, SpillError> {
        let mut moved = false;
        if held.len() > MAX_REVIEWED {
            return Ok(moved);
        }
        let mut doubted = FxHashSet::default();
        for &kind in held.iter().filter(|kind| !self.told.kinds.list[**kind].named) {
            if self.values(kind)?.is_some_and(|values| !pass_soon(self.atoms, &values)) {
                doubted.insert(kind);
            }
        }
        while held.len() > 1 {
            let mut worst: Option<(f32, usize)> = None;
            for (at, &kind) in held.iter().enumerate().rev().filter(|(_, kind)| doubted.contains(kind)) {
                let others: Vec<usize> = held.iter().copied().filter(|other| *other != kind).collect();
                let (mut work, _) = self.join(&others)?;
                let values = self.values(kind)?.unwrap_or_default();
                let gathering = gathering(self.atoms, &values, |atom| work.sets.find(atom));
                let tried = work.try_kind(&self.told.kinds.list[kind], &values, &gathering);
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
