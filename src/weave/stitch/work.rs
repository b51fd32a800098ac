//! Sets of atoms, and the trial of a kind of value on them: what it would join, and what speaks against it.

use super::asked::{Asked, Services};
use super::kinds::{Kind, MIN_FORM};
use super::order::Ordered;
use super::parts;
use super::sets::{Sets, Trial};
use super::turns::{Begun, Turns};
use super::values::{Timed, Values};
use rustc_hash::{FxHashMap, FxHashSet};

/// A kind may join wrongly in this share of its values.
const MAX_CONFLICTS: f32 = 0.06;
/// And so many of its values may be those of several transactions that begin alike and of which it is known that they are several:
/// it names what they are about, as an order, and no customer.
const MAX_REPEATED: f32 = 0.33;
/// Kinds that score less than this need [`MIN_VALUES`] values that join something.
pub(super) const SURE_SCORE: f32 = 0.6;
const MIN_VALUES: usize = 4;
/// More atoms than this hold no value of one transaction.
const MAX_HOLDERS: usize = 2048;

/// What is so many times more than nine of ten values of a kind have is beyond it.
const BEYOND: i64 = 4;
/// What is over within one of so many parts of the run passes soon.
const SOON: i64 = 20;
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

impl Bounds {
    fn of(atoms: &Ordered, values: &Values) -> Bounds {
        let mut extents: Vec<i64> = values.iter().map(|value| extent(atoms, value.iter().copied())).collect();
        let mut holders: Vec<usize> = values.iter().map(<[u32]>::len).collect();
        extents.sort_unstable();
        holders.sort_unstable();
        let at = values.len() * 9 / 10;
        Bounds {
            extent: extents.get(at).copied().unwrap_or_default(),
            holders: holders.get(at).copied().unwrap_or_default(),
        }
    }
}

/// How long after the first of some atoms the last one begins.
fn extent(atoms: &Ordered, some: impl Iterator<Item = u32>) -> i64 {
    let (first, last) = some
        .map(|atom| atoms.first(atom).0)
        .fold((i64::MAX, i64::MIN), |(first, last), time| (first.min(time), last.max(time)));
    last.saturating_sub(first).max(0)
}

/// How long nine of ten values are held at most.
pub(super) fn held_for(atoms: &Ordered, values: &Values) -> i64 {
    Bounds::of(atoms, values).extent
}

/// Whether nine of ten values are held for less than a small part of the run.
pub(super) fn pass_soon(atoms: &Ordered, values: &Values) -> bool {
    held_for(atoms, values) < extent(atoms, 0..atoms.len() as u32) / SOON
}

/// How the trial of a kind went.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    pub holds: bool,
    /// Values that would join something.
    pub novel: usize,
    /// Sets more than one that begin in the same way and would be joined by one value, over all values.
    pub alike: usize,
    /// Values about which there are several transactions.
    pub visited: usize,
    /// The places of the values that join nothing, as they would join wrongly.
    pub conflicting: FxHashSet<usize>,
}

/// The sets that hold a value, by their roots: those that are transactions of their own, by time, and those that go on with one
/// of them.
#[derive(Debug, Default)]
struct Roles {
    transactions: Vec<u32>,
    parts: Vec<u32>,
}

/// What a kind that is tried would join.
#[derive(Debug, Default)]
struct OnTrial {
    sets: Trial,
    /// Of the sets on trial: the earliest atom, and where it was asked for something.
    known: FxHashMap<u32, (u32, Asked)>,
}

impl OnTrial {
    /// The earliest atom of a set, by its root, and where it was asked for something.
    fn of(&self, work: &Work<'_>, root: u32) -> (u32, Asked) {
        self.known.get(&root).copied().unwrap_or((work.firsts[root as usize], work.asked[root as usize]))
    }

    /// Joins the sets of two atoms, unless something was asked for anew in both where transactions enter. Whether it did.
    fn join(&mut self, work: &mut Work<'_>, (transaction, part): (u32, u32), named: bool) -> bool {
        let (target, child) =
            (self.sets.find(&mut work.sets, transaction), self.sets.find(&mut work.sets, part));
        if target == child {
            return true;
        }
        let ((earliest, asked), (other, more)) = (self.of(work, target), self.of(work, child));
        if !named && asked.enters_as(more) {
            return false;
        }
        let first = [earliest, other].into_iter().min_by_key(|&atom| (work.atoms.first(atom), atom));
        self.sets.join(child, target);
        self.known.insert(target, (first.unwrap_or(earliest), asked.and(more)));
        true
    }
}

/// By atom in which values were born: what begins the transactions that enter elsewhere with one of these.
pub(super) type About = FxHashMap<u32, Vec<u32>>;

/// What is joined so far.
pub(super) struct Work<'a> {
    atoms: &'a Ordered,
    services: &'a Services<'a>,
    about: &'a About,
    pub sets: Sets,
    /// The earliest atom of each set, by root.
    firsts: Vec<u32>,
    /// In which services each set was asked for something, by root.
    asked: Vec<Asked>,
}

impl<'a> Work<'a> {
    /// Nothing but the events of rounds is joined yet.
    pub fn of(atoms: &'a Ordered, services: &'a Services<'a>, about: &'a About) -> Work<'a> {
        let all = 0..atoms.len() as u32;
        let mut work = Work {
            atoms,
            services,
            about,
            sets: Sets::new(atoms.len()),
            firsts: all.clone().collect(),
            asked: all.map(|atom| atoms.asked(atom)).collect(),
        };
        for round in &atoms.rounds().events {
            round[1..].iter().for_each(|event| work.unite(round[0], *event));
        }
        work
    }

    /// Cuts values into episodes, see [`parts::episodes`].
    pub fn episodes(&mut self, values: &Timed, pause: i64) -> Values {
        let (atoms, firsts, sets) = (self.atoms, &self.firsts, &mut self.sets);
        parts::episodes(values, pause, |atom| sets.find(atom), |set| atoms.sort(firsts[set as usize]))
    }

    /// Tries a kind; joins by it if it holds.
    pub fn try_kind(&mut self, kind: &Kind, values: &Values, gathering: &FxHashSet<u32>) -> Tried {
        let mut trial = OnTrial::default();
        let (turns, asked_again) =
            if kind.named { Default::default() } else { self.turns(values, gathering) };
        let (mut novel, mut alike, mut repeated, mut visited) = (0usize, 0usize, 0usize, 0usize);
        let mut conflicting: FxHashSet<usize> = FxHashSet::default();
        let mut joined: Vec<(u32, u32)> = Vec::new();
        let bounds = (!kind.named && !kind.unique).then(|| Bounds::of(self.atoms, values));
        let mut roles = Roles::default();
        for (at, held) in values.iter_with_back().enumerate() {
            if !kind.named && held.0.len() > MAX_HOLDERS {
                alike += held.0.len();
                conflicting.insert(at);
                continue;
            }
            self.roles(&mut trial, held, (kind.named, gathering), &asked_again, &mut roles);
            let Roles { transactions, parts } = &roles;
            let first_of = |root: &u32| trial.of(self, *root).0;
            let begins = |root: &u32| self.atoms.sort(first_of(root));
            let Some(start) = transactions.first().filter(|_| transactions.len() + parts.len() > 1) else {
                continue;
            };
            let sort = begins(start);
            // those that begin alike tell of the kind, though who comes back later makes a transaction of its own
            let again = |roots: &[u32]| roots.iter().filter(|root| begins(root) == sort).count();
            let (others, same) = (again(&transactions[1..]), if kind.named { 0 } else { again(parts) });
            if !kind.named && parts.is_empty() && others == 0 {
                continue;
            }
            novel += 1;
            visited += usize::from(transactions.len() > 1 && !parts.is_empty());
            repeated += usize::from(others > 0);
            let begun =
                |roots: &[u32]| roots.iter().map(|root| self.begun(first_of(root))).collect::<Vec<_>>();
            let whens = begun(transactions);
            let goes_on: Vec<usize> = begun(parts).into_iter().map(|part| turns.of(&whens, part)).collect();
            let wrong =
                if same > 0 || kind.named { same } else { self.clashes(&trial, kind, &roles, &goes_on) };
            if wrong > 0 {
                conflicting.insert(at);
                alike += wrong;
                continue;
            }
            if let Some(bounds) = &bounds
                && let Some(excess) =
                    self.is_beyond(bounds, held.0, parts.iter().chain([start]).map(first_of))
            {
                conflicting.insert(at);
                alike += excess;
                continue;
            }
            let pair = |(part, turn): (&u32, usize)| (first_of(&transactions[turn]), first_of(part));
            let pairs: Vec<(u32, u32)> = parts.iter().zip(goes_on).map(pair).collect();
            joined.extend(pairs.into_iter().filter(|pair| trial.join(self, *pair, kind.named)));
        }
        let weak = kind.score < SURE_SCORE;
        let limit = if weak && kind.form < MIN_FORM { MAX_CONFLICTS / 3.0 } else { MAX_CONFLICTS };
        let most = |share: f32| share * novel as f32;
        let conflicts = conflicting.len() as f32 > most(limit) || repeated as f32 > most(MAX_REPEATED);
        if !kind.named && novel > 0 && (conflicts || weak && novel < MIN_VALUES) {
            return Tried { holds: false, novel, alike, visited, conflicting };
        }
        joined.into_iter().for_each(|(transaction, part)| self.unite(transaction, part));
        Tried { holds: true, novel, alike, visited, conflicting }
    }

    /// How many of the parts that a value would join to its transactions speak against that: those that are whole themselves, and
    /// those that were begun by a request as another one was.
    fn clashes(&self, trial: &OnTrial, kind: &Kind, roles: &Roles, goes_on: &[usize]) -> usize {
        let Roles { transactions, parts } = roles;
        let of_one = |(place, transaction): (usize, &u32)| {
            let own = parts.iter().zip(goes_on).filter(|(_, turn)| **turn == place).map(|(part, _)| part);
            let whole = |root: &&u32| !kind.unique && self.atoms.asked(trial.of(self, **root).0).whole;
            let all = own.clone().chain([transaction]).filter(whole).count();
            all.saturating_sub(1) + self.again(own.map(|root| trial.of(self, *root)))
        };
        transactions.iter().enumerate().map(of_one).sum()
    }

    /// Takes in what enters with values that were born elsewhere.
    pub fn look_about(&mut self, values: &Values, about: &mut About) {
        for value in values.iter().filter(|value| value.len() <= MAX_HOLDERS) {
            let born = self.sets.find(value[0]);
            for &atom in &value[1..] {
                let root = self.sets.find(atom);
                let first = self.firsts[root as usize];
                let enters = self.asked[root as usize].enters != 0 && !self.atoms.is_traced(first);
                // what begins as another one does is no more about it than that is
                if root != born && enters && !self.begin_alike(first, value[0]) {
                    about.entry(value[0]).or_default().push(first);
                }
            }
        }
    }

    /// What stands beside each other in the values of a kind; and what several requests about one thing begin with.
    fn turns(&mut self, values: &Values, gathering: &FxHashSet<u32>) -> (Turns, FxHashSet<u32>) {
        let (mut turns, mut roles, mut trial) = (Turns::default(), Roles::default(), OnTrial::default());
        let (none, mut asked_again) = (FxHashSet::default(), FxHashSet::default());
        let all = || values.iter_with_back().filter(|(value, _)| value.len() <= MAX_HOLDERS);
        for held in all() {
            self.roles(&mut trial, held, (false, gathering), &none, &mut roles);
            let begun = self.requests(roles.parts.iter().map(|root| trial.of(self, *root)));
            asked_again
                .extend(begun.chunk_by(|a, b| a == b).filter(|same| same.len() > 1).map(|same| same[0]));
        }
        for held in all() {
            self.roles(&mut trial, held, (false, gathering), &asked_again, &mut roles);
            let begun = |roots: &[u32]| -> Vec<Begun> {
                roots.iter().map(|root| self.begun(self.firsts[*root as usize])).collect()
            };
            turns.see(&begun(&roles.transactions), &begun(&roles.parts));
        }
        (turns, asked_again)
    }

    /// When the set of an earliest atom began, and with what.
    fn begun(&self, first: u32) -> Begun {
        (self.atoms.first(first), self.atoms.sort(first))
    }

    /// Tells the sets that hold a value apart: those that are transactions of their own, and those that go on with one of them.
    fn roles(
        &mut self,
        trial: &mut OnTrial,
        (value, back): (&[u32], &[bool]),
        (named, gathering): (bool, &FxHashSet<u32>),
        asked_again: &FxHashSet<u32>,
        roles: &mut Roles,
    ) {
        let Roles { transactions, parts } = roles;
        transactions.clear();
        parts.clear();
        let mut goes_on: Vec<u32> = Vec::new();
        for (&atom, &back) in value.iter().zip(back) {
            if !named && atom != value[0] && gathering.contains(&self.atoms.sort(atom)) {
                continue;
            }
            for &other in self.about.get(&atom).into_iter().flatten() {
                transactions.push(trial.sets.find(&mut self.sets, other));
            }
            let root = trial.sets.find(&mut self.sets, atom);
            transactions.push(root);
            if !back {
                goes_on.push(root);
            }
        }
        transactions.sort_unstable();
        transactions.dedup();
        goes_on.sort_unstable();
        transactions.sort_by_key(|root| {
            let first = trial.of(self, *root).0;
            (self.atoms.first(first), first)
        });
        let Some(&start) = transactions.first() else { return };
        let (earliest, asked) = trial.of(self, start);
        let bit = self.services.bit(self.atoms.service(earliest));
        let is_part = |root: u32| {
            let (first, own) = trial.of(self, root);
            let apart = own.is_apart_from(asked, bit)
                || asked_again.contains(&self.atoms.sort(first))
                || self.atoms.enters(first)
                || self.atoms.is_traced(earliest) && self.atoms.begins_anew(first);
            root != start && (named || !apart && goes_on.binary_search(&root).is_ok())
        };
        parts.extend(transactions.iter().copied().filter(|root| is_part(*root)));
        transactions.retain(|root| !is_part(*root));
    }

    /// How many of some sets, by their earliest atoms and where they were asked for something, were each begun by a request as
    /// another one of them was, and went on to other services: each is a transaction, all of which met one thing of longer
    /// life, as a version of what they looked up.
    fn again(&self, sets: impl Iterator<Item = (u32, Asked)>) -> usize {
        self.requests(sets).chunk_by(|a, b| a == b).map(|same| same.len() - 1).sum()
    }

    /// What those of some sets begin with that were begun by a request and went on to other services, in order.
    fn requests(&self, sets: impl Iterator<Item = (u32, Asked)>) -> Vec<u32> {
        let begun = |(first, asked): (u32, Asked)| {
            let bit = self.services.bit(self.atoms.service(first));
            asked.is_begun(bit).then(|| self.atoms.sort(first))
        };
        let mut sorts: Vec<u32> = sets.filter_map(begun).collect();
        sorts.sort_unstable();
        sorts
    }

    /// Whether a value stands out of its kind as what names more than one transaction does: it is held far longer than the
    /// others are, and several sorts of what it would join come again, or far more of one sort than others join. How
    /// many begin like others then.
    fn is_beyond(&self, bounds: &Bounds, value: &[u32], firsts: impl Iterator<Item = u32>) -> Option<usize> {
        if extent(self.atoms, value.iter().copied()) <= bounds.extent.saturating_mul(BEYOND) {
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

    /// Whether something was asked for anew in both of two sets where transactions enter.
    fn both_enter(&mut self, a: u32, b: u32) -> bool {
        let (x, y) = (self.sets.find(a), self.sets.find(b));
        x != y && self.asked[x as usize].enters_as(self.asked[y as usize])
    }

    /// Joins what rounds say is about one thing.
    pub fn tie(&mut self) {
        for &(a, b) in &self.atoms.rounds().ties {
            if !self.both_enter(a, b) && !self.begin_alike(a, b) {
                self.unite(a, b);
            }
        }
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
        let most = (Bounds::of(self.atoms, values).holders as i64).saturating_mul(BEYOND);
        let of_one = |(at, (value, _)): &(usize, (&[u32], &[bool]))| {
            value.len() <= MAX_HOLDERS
                && !conflicting.contains(at)
                && (kind.named || value.len() as i64 <= most)
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
        // by what a receiver begins with: those whose values come from several, and those of them that handle batches
        let mut votes: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
        for (atom, origins) in &receivers {
            if let Some(batch) = self.is_batch(origins) {
                let vote = votes.entry(self.atoms.sort(*atom)).or_default();
                vote.0 += 1;
                vote.1 += u32::from(batch);
            }
        }
        for (atom, origins) in receivers {
            let mostly = votes.get(&self.atoms.sort(atom)).is_some_and(|(all, batches)| batches * 2 > *all);
            // one that handles messages of several transactions makes no one of them
            if mostly || self.is_batch(&origins) == Some(true) {
                continue;
            }
            for origin in origins {
                let whole = |atom: u32| self.atoms.asked(atom).whole;
                let apart = !kind.named && !kind.unique && whole(origin) && whole(atom);
                if !apart && (kind.named || !self.both_enter(origin, atom)) && !self.begin_alike(origin, atom)
                {
                    self.unite(origin, atom);
                }
            }
        }
    }

    /// Whether values that were born in some atoms are of several transactions; none if one set holds all of these.
    fn is_batch(&mut self, origins: &[u32]) -> Option<bool> {
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
        let on_its_own = |origin: &&u32| {
            let asked = self.atoms.asked(**origin);
            asked.whole || asked.wide
        };
        let mut own: Vec<u32> =
            origins.iter().filter(on_its_own).map(|origin| self.sets.find(*origin)).collect();
        own.sort_unstable();
        own.dedup();
        (begins.len() > 1).then(|| own.len() > 1 || begins.windows(2).any(|two| two[0].0 == two[1].0))
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
        let about = About::default();
        let mut work = Work::of(&atoms, &services, &about);
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

    #[test]
    fn a_constant_is_not_gathered() {
        // each batch holds the order that it was begun for, and an account that all of them hold
        let orders = 40u32;
        let sorts: Vec<u32> = std::iter::once(3).chain((0..orders).flat_map(|_| [FRONT, BATCH])).collect();
        let pairs: Vec<[u32; 2]> = (0..orders).map(|order| [order * 2 + 1, order * 2 + 2]).collect();
        let account: Vec<u32> = std::iter::once(0).chain((0..orders).map(|order| order * 2 + 2)).collect();
        let values: Vec<&[u32]> =
            pairs.iter().map(<[u32; 2]>::as_slice).chain([account.as_slice()]).collect();
        let one = together(&sorts, &values, &[BATCH]);
        assert!(one[1] == one[2] && one[1] != one[3] && one[0] == 0, "{one:?}");
    }
}
