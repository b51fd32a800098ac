//! Kinds of values: names that stand for the same thing, and what their values are like.

use super::atoms::Atoms;
use super::holdings::Holding;
use crate::gather::{SpillError, Store};
use crate::model::{Prefix, Shape, Symbol};
use crate::record::names;
use rustc_hash::FxHashMap;

/// Values of one name that look alike: their shape, and what they begin with.
pub(super) type Type = (Symbol, Shape, Prefix);

/// A kind of value.
#[derive(Clone, Debug, Default)]
pub(super) struct Kind {
    /// Names its values stand under.
    pub names: Vec<Symbol>,
    /// The name to show for all of them.
    pub label: Symbol,
    /// How far it may be trusted before it is tried: the most trusted are tried first.
    pub score: f32,
    /// Its values are unique by their form (UUIDs, long hex).
    pub unique: bool,
    /// Its values hold for one transaction, and each transaction has one, or few.
    pub names_transaction: bool,
    /// How much the form of its values tells.
    pub form: f32,
    /// It may tell something together with another kind, or for a while.
    pub in_parts: bool,
    /// The user says that its values join.
    pub named: bool,
}

/// Kinds with fewer values than this in common are not one for that reason.
const MIN_SHARED: u32 = 3;

/// So many values of a kind that tells something in parts several services hold.
const MIN_ACROSS: u32 = 8;

/// Values whose form tells less are numbers.
pub(super) const MIN_FORM: f32 = 0.4;

/// What the user's word adds to a kind's score: more than all else together, so that it is tried first.
const NAMED: f32 = 100.0;

/// The kinds of a run's values.
#[derive(Debug)]
pub(super) struct Kinds {
    pub list: Vec<Kind>,
    of_type: Vec<usize>,
    /// The types under which values of several kinds stand, see [`general`].
    general: Vec<bool>,
}

impl Kinds {
    /// The kinds of the holdings of one value: one that stands under a general name is of the kind that it has elsewhere.
    pub fn of<'k>(&'k self, holdings: &[Holding]) -> impl Fn(&Holding) -> usize + 'k {
        let mut own = u32::MAX;
        let mut any = u32::MAX;
        for holding in holdings {
            any = any.min(holding.kind);
            if !self.general[holding.kind as usize] {
                own = own.min(holding.kind);
            }
        }
        let elsewhere = if own == u32::MAX { any } else { own };
        move |holding| {
            let general = self.general[holding.kind as usize];
            self.of_type[if general { elsewhere } else { holding.kind } as usize]
        }
    }
}

/// Finds the kinds of the values that atoms hold.
pub(super) fn kinds(store: &Store, atoms: &Atoms) -> Result<Kinds, SpillError> {
    let list = atoms.types();
    let Occurrences { counts, shared, held, .. } = occurrences(atoms)?;
    // names whose values are mostly the same are one kind
    let alike = |a: u32, b: u32, count: u32| {
        let smaller = counts[a as usize].min(counts[b as usize]);
        match list[a as usize].1 {
            Shape::Number | Shape::Decimal => count >= 20 && count * 10 >= smaller * 9,
            _ => count >= MIN_SHARED && count * 10 >= smaller || count * 2 > smaller,
        }
    };
    let measured: Vec<bool> = list
        .iter()
        .map(|(name, shape, _)| {
            matches!(shape, Shape::Number | Shape::Serial | Shape::Decimal)
                && names::names_a_measure(store.symbols.text(*name).as_bytes())
        })
        .collect();
    let mut same: Vec<(u32, u32)> =
        shared.iter().filter(|((a, b), count)| alike(*a, *b, **count)).map(|(two, _)| *two).collect();
    let hot = |a: u32, b: u32| {
        let mean = |of: u32| held[of as usize] as f32 / counts[of as usize].max(1) as f32;
        counts[a as usize] * SLIGHT < counts[b as usize] && mean(a) > HOT * mean(b)
    };
    same.retain(|&(a, b)| !measured[a as usize] && !measured[b as usize] && !hot(a, b) && !hot(b, a));
    same.sort_unstable();
    let general = general(list.len(), &same, &shared);
    same.retain(|(a, b)| !general[*a as usize] && !general[*b as usize]);
    let mut sets = super::sets::Sets::new(list.len());
    for (a, b) in own_kind(&same, &counts, &shared) {
        sets.union(a, b);
    }
    one_name(list).for_each(|(a, b)| {
        sets.union(a, b);
    });
    let mut at: FxHashMap<u32, usize> = FxHashMap::default();
    let mut kinds: Vec<Kind> = Vec::new();
    let mut shapes: Vec<FxHashMap<Shape, u32>> = Vec::new();
    let mut of_type: Vec<usize> = Vec::new();
    // by kind: what one template alone tells; whether it is measured
    let mut tellers: Vec<Option<Symbol>> = Vec::new();
    let mut numbers: Vec<bool> = Vec::new();
    for (index, ((name, shape, _), &teller)) in list.iter().zip(atoms.tellers()).enumerate() {
        let kind = *at.entry(sets.find(index as u32)).or_insert_with(|| {
            kinds.push(Kind::default());
            shapes.push(FxHashMap::default());
            tellers.push(teller);
            numbers.push(measured[index]);
            kinds.len() - 1
        });
        if tellers[kind] != teller {
            tellers[kind] = None;
        }
        if !kinds[kind].names.contains(name) {
            kinds[kind].names.push(*name);
        }
        *shapes[kind].entry(*shape).or_default() += counts[index];
        of_type.push(kind);
    }
    let mut kinds = Kinds { list: kinds, of_type, general };
    let measures = measure(atoms, &kinds)?;
    for (at, (kind, measure)) in kinds.list.iter_mut().zip(&measures).enumerate() {
        rate(store, kind, &shapes[at], measure);
        // the lag or the number of rows that one kind of record tells of is now and then the same by chance, and so are amounts
        let mostly =
            |shape| shapes[at].get(&shape).is_some_and(|count| *count * 2 > shapes[at].values().sum::<u32>());
        let alone = tellers[at].is_some() && (kind.form < MIN_FORM || mostly(Shape::Serial));
        let amount = mostly(Shape::Decimal);
        if (alone || amount || numbers[at]) && !kind.named {
            (kind.score, kind.in_parts, kind.names_transaction) = (0.0, false, false);
        }
    }
    Ok(kinds)
}

/// Where the values of one name begin in more ways than this, what they begin with tells no kinds apart.
const MAX_PREFIXES: usize = 6;

/// Types that are one kind although their values begin differently, two by two; `list` is sorted.
fn one_name(list: &[Type]) -> impl Iterator<Item = (u32, u32)> {
    let mut pairs = Vec::new();
    let mut from = 0;
    for same in list.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        if same.len() > MAX_PREFIXES {
            pairs.extend((from..from + same.len() as u32 - 1).map(|at| (at, at + 1)));
        }
        from += same.len() as u32;
    }
    pairs.into_iter()
}

/// A type that has so many times fewer values than another one may have them by chance.
const SLIGHT: u32 = 8;

/// Few values that are held so many times more often than those of another type are not of its kind: a few customers beside orders.
const HOT: f32 = 4.0;

/// The pairs of types that are one kind: one of few values, which may stand beside several kinds, is of the kind only of the
/// one with which it has most in common, so that it makes no two kinds one.
fn own_kind(same: &[(u32, u32)], counts: &[u32], shared: &FxHashMap<(u32, u32), u32>) -> Vec<(u32, u32)> {
    let slight = |a: u32, b: u32| counts[a as usize] * SLIGHT < counts[b as usize];
    // of each type of few values: the best one of many, by what they have in common
    let mut best: FxHashMap<u32, (u32, u32, u32)> = FxHashMap::default();
    for &(a, b) in same {
        for (few, many) in [(a, b), (b, a)] {
            if slight(few, many) {
                let rank = (shared[&(a, b)], counts[many as usize], many);
                best.entry(few).and_modify(|best| *best = rank.max(*best)).or_insert(rank);
            }
        }
    }
    let is_own =
        |few: u32, many: u32| !slight(few, many) || best.get(&few).is_some_and(|best| best.2 == many);
    same.iter().copied().filter(|&(a, b)| is_own(a, b) && is_own(b, a)).collect()
}

/// More types than this that have values in common with one are not compared with each other.
const MAX_NEIGHBOURS: usize = 64;
/// Of two types that have nothing in common, the values that they share are so many times fewer than those that each shares
/// with a third one.
const DISJOINT: u32 = 20;

/// The types under which values of several kinds stand: each has values in common with two others that have none in common,
/// and no other has values in common with both of these and more of them.
/// So is it with words such as "for" and "of" in front of a value. Those that stand between the most others come first, as
/// what is left may not need any.
fn general(types: usize, same: &[(u32, u32)], shared: &FxHashMap<(u32, u32), u32>) -> Vec<bool> {
    let mut general = vec![false; types];
    let mut next: Vec<Vec<u32>> = vec![Vec::new(); types];
    for &(a, b) in same {
        next[a as usize].push(b);
        next[b as usize].push(a);
    }
    let count = |a: u32, b: u32| shared.get(&(a.min(b), a.max(b))).copied().unwrap_or(0);
    let between = |at: u32, next: &[u32]| {
        let mut order: Vec<u32> = next.iter().copied().filter(|&a| count(a, at) >= MIN_SHARED).collect();
        order.sort_unstable_by_key(|&a| (std::cmp::Reverse(count(a, at)), a));
        // what stands beside the most of it, and what has nothing in common with that: where one name stands beside all of it,
        // others may stand beside parts that have nothing in common
        let mut apart: Vec<u32> = Vec::new();
        let mut sum = 0u64;
        for a in order {
            let least = count(a, at);
            if apart.iter().all(|&b| count(a, b) * DISJOINT < least) {
                sum += u64::from(least) * apart.len() as u64;
                apart.push(a);
            }
        }
        sum
    };
    next.iter_mut().for_each(|next| next.truncate(MAX_NEIGHBOURS));
    let mut sums: Vec<u64> = (0..).zip(&next).map(|(at, next)| between(at, next)).collect();
    while let Some(most) = (0..types).filter(|at| sums[*at] > 0).max_by_key(|&at| (sums[at], at)) {
        general[most] = true;
        sums[most] = 0;
        for other in std::mem::take(&mut next[most]) {
            let at = other as usize;
            next[at].retain(|one| *one as usize != most);
            sums[at] = between(other, &next[at]);
        }
    }
    general
}

/// How many values each type of [`Atoms::types`] has, how often these are held, and how many each two types have in common.
#[derive(Debug, Default)]
struct Occurrences {
    counts: Vec<u32>,
    held: Vec<u64>,
    shared: FxHashMap<(u32, u32), u32>,
    here: Vec<u32>,
}

impl Occurrences {
    fn add(&mut self, holdings: &[Holding]) {
        self.here.clear();
        for holding in holdings {
            if !self.here.contains(&holding.kind) && self.here.len() < 16 {
                self.here.push(holding.kind);
            }
        }
        for (at, &a) in self.here.iter().enumerate() {
            self.counts[a as usize] += 1;
            self.held[a as usize] += holdings.len() as u64;
            for &b in &self.here[at + 1..] {
                *self.shared.entry((a.min(b), a.max(b))).or_default() += 1;
            }
        }
    }
}

fn occurrences(atoms: &Atoms) -> Result<Occurrences, SpillError> {
    let add = |all: &mut Occurrences, holdings: &[Holding]| {
        all.add(holdings);
        Ok(())
    };
    let types = atoms.types().len();
    let begin = || Occurrences { counts: vec![0; types], held: vec![0; types], ..Occurrences::default() };
    atoms.by_value(begin, add, |all, part| {
        all.counts.iter_mut().zip(&part.counts).for_each(|(own, count)| *own += count);
        all.held.iter_mut().zip(&part.held).for_each(|(own, held)| *own += held);
        for (types, count) in part.shared {
            *all.shared.entry(types).or_default() += count;
        }
        Ok(())
    })
}

/// What the values of a kind are like.
#[derive(Clone, Debug, Default)]
struct Measure {
    values: u32,
    /// Values that several atoms hold.
    multi: u32,
    /// Values that several services hold.
    across: u32,
    /// Of the values that several atoms hold: those where an atom of the first one's sort comes again.
    again: u32,
    /// Sum over those of their extent in time, as a share of the run, in thousandths.
    extent: u64,
    /// Atoms in all.
    atoms: u32,
}

impl Measure {
    fn merge(&mut self, other: &Measure) {
        self.values += other.values;
        self.multi += other.multi;
        self.across += other.across;
        self.again += other.again;
        self.extent += other.extent;
        self.atoms += other.atoms;
    }

    /// Takes in a value by what each atom that holds it held first.
    fn add(&mut self, atoms: &Atoms, run: f64, group: &[(usize, &Holding)]) {
        self.values += 1;
        self.atoms += group.len() as u32;
        if group.len() == 1 {
            return;
        }
        let service = atoms.service(group[0].1);
        self.across += u32::from(group.iter().any(|(_, held)| atoms.service(held) != service));
        self.multi += 1;
        let earliest = |(_, held): &&(usize, &Holding)| (held.first, held.time, held.origin);
        let first = group.iter().min_by_key(earliest).map_or(group[0].1, |(_, held)| held);
        self.again += u32::from(group.iter().filter(|(_, held)| held.sort == first.sort).count() > 1);
        let end = group.iter().map(|(_, held)| atoms.last(held)).max().unwrap_or(first.first);
        self.extent += ((end.0 - first.first.0) as f64 / run * 1000.0) as u64;
    }
}

fn measure(atoms: &Atoms, kinds: &Kinds) -> Result<Vec<Measure>, SpillError> {
    let (low, high) = atoms.span();
    let run = high.0.saturating_sub(low.0).max(1) as f64;
    let begin = || vec![Measure::default(); kinds.list.len()];
    let take = |measures: &mut Vec<Measure>, holdings: &[Holding]| {
        let of = kinds.of(holdings);
        let mut here: Vec<(usize, &Holding)> =
            holdings.iter().map(|holding| (of(holding), holding)).collect();
        here.sort_unstable_by_key(|(kind, held)| (*kind, held.atom, held.time, held.origin));
        here.dedup_by_key(|(kind, held)| (*kind, held.atom));
        for group in here.chunk_by(|a, b| a.0 == b.0) {
            measures[group[0].0].add(atoms, run, group);
        }
        Ok(())
    };
    atoms.by_value(begin, take, |measures, part| {
        measures.iter_mut().zip(&part).for_each(|(own, measure)| own.merge(measure));
        Ok(())
    })
}

fn rate(store: &Store, kind: &mut Kind, shapes: &FxHashMap<Shape, u32>, measure: &Measure) {
    let total: u32 = shapes.values().sum();
    let share = |shape| shapes.get(&shape).copied().unwrap_or(0) as f32 / total.max(1) as f32;
    let form = share(Shape::Uuid)
        + 0.9 * share(Shape::Hex)
        + 0.7 * share(Shape::Mixed)
        + 0.25 * (share(Shape::Number) + share(Shape::Serial))
        + 0.05 * share(Shape::Decimal);
    kind.unique = share(Shape::Uuid) + share(Shape::Hex) > 0.9;
    // the name that says best that it is an id; of equals the longest
    let text = |name: Symbol| store.symbols.text(name);
    kind.label = kind
        .names
        .iter()
        .copied()
        .max_by_key(|name| (names::names_an_id(text(*name).as_bytes()), text(*name).len(), text(*name)))
        .unwrap_or_default();
    let named =
        kind.names.iter().any(|name| names::names_a_correlation(store.symbols.text(*name).as_bytes()));
    let id = kind.names.iter().any(|name| names::names_an_id(store.symbols.text(*name).as_bytes()));
    let multi = measure.multi.max(1) as f32;
    let again = measure.again as f32 / multi;
    let extent = measure.extent as f32 / 1000.0 / multi;
    let across = measure.across as f32 / measure.values.max(1) as f32;
    // a value that hundreds of atoms hold names no transaction
    let crowd = (measure.atoms as f32 / measure.values.max(1) as f32 / 64.0).min(1.0);
    kind.score = form + 0.4 * across + 0.15 * f32::from(u8::from(named)) + 0.1 * f32::from(u8::from(id))
        - 0.8 * again
        - 0.5 * extent
        - crowd;
    kind.named = kind.names.iter().any(|name| store.keys.joins(*name));
    if kind.named {
        kind.score += NAMED;
    }
    kind.form = form;
    kind.in_parts = form >= 0.2 && measure.across >= MIN_ACROSS;
    kind.names_transaction = kind.named
        || measure.values >= 1
            && across > 0.5
            && (form >= MIN_FORM || form >= 0.2 && id)
            && again < 0.3
            && crowd < 0.9;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_between_values_of_several_kinds_are_general() {
        // order, for, mission, of: "for" and "of" stand before both orders and missions
        let pairs = [((0, 1), 100), ((1, 2), 80), ((0, 3), 50), ((2, 3), 90), ((1, 3), 20)];
        let mut same: Vec<(u32, u32)> = pairs.iter().map(|(two, _)| *two).collect();
        same.sort_unstable();
        assert_eq!(general(4, &same, &pairs.into_iter().collect()), [false, true, false, true]);
    }

    #[test]
    fn a_name_of_few_values_makes_no_two_kinds_one() {
        // order and parcel, and a word that stands before two of the one and one of the other
        let pairs = [((0, 1), 90), ((0, 4), 2), ((2, 4), 1), ((2, 3), 80)];
        let same: Vec<(u32, u32)> = pairs.iter().map(|(two, _)| *two).collect();
        let found = own_kind(&same, &[100, 90, 100, 80, 3], &pairs.into_iter().collect());
        assert_eq!(found, [(0, 1), (0, 4), (2, 3)]);
        // where all are few, nothing is held against any
        let pairs = [((0, 1), 1), ((1, 2), 1)];
        let found = own_kind(&[(0, 1), (1, 2)], &[1, 2, 1], &pairs.into_iter().collect());
        assert_eq!(found, [(0, 1), (1, 2)]);
    }

    #[test]
    fn values_of_one_name_that_begin_in_many_ways_are_one_kind() {
        let types = |count: u8| -> Vec<Type> {
            (0..count).map(|at| (Symbol(1), Shape::Mixed, Prefix::numbered(at).unwrap())).collect()
        };
        assert_eq!(one_name(&types(6)).count(), 0);
        assert_eq!(
            one_name(&types(7)).collect::<Vec<_>>(),
            (0..6).map(|at| (at, at + 1)).collect::<Vec<_>>()
        );
        // those of another name have nothing to do with them
        let mut two = types(4);
        two.extend(types(4).into_iter().map(|(_, shape, prefix)| (Symbol(2), shape, prefix)));
        assert_eq!(one_name(&two).count(), 0);
    }

    #[test]
    fn a_name_beside_parts_of_its_values_is_not_general() {
        // claim and claim_no; some claims came by mail, and others were asked about
        let pairs = [((0, 1), 100), ((0, 2), 20), ((1, 2), 20), ((0, 3), 30), ((1, 3), 30)];
        let same: Vec<(u32, u32)> = pairs.iter().map(|(two, _)| *two).collect();
        assert_eq!(general(4, &same, &pairs.into_iter().collect()), [false; 4]);
    }

    #[test]
    fn names_of_one_kind_are_not_general() {
        let pairs = [((0, 1), 100), ((1, 2), 100), ((0, 2), 60)];
        let same: Vec<(u32, u32)> = vec![(0, 1), (0, 2), (1, 2)];
        assert_eq!(general(3, &same, &pairs.into_iter().collect()), [false; 3]);
    }

    #[test]
    fn long_numbers_are_trusted_no_more_than_short_ones() {
        let form = |shape: Shape| {
            let mut kind = Kind::default();
            let shapes = [(shape, 10)].into_iter().collect();
            rate(&Store::default(), &mut kind, &shapes, &Measure::default());
            kind.form
        };
        assert!(form(Shape::Serial) <= form(Shape::Number) && form(Shape::Number) < MIN_FORM);
        assert!(form(Shape::Mixed) >= MIN_FORM);
    }
}
