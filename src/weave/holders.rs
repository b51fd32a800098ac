//! Who holds the values of a transaction, and what these are called.

use super::places::in_order;
use super::words::Act;
use crate::model::{Shape, Symbol};
use crate::record::names::names_an_id;
use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// A value as it stands in a line.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// The value.
    pub value: Symbol,
    /// What it is called, and what it looks like.
    pub name: Symbol,
    /// See `name`.
    pub shape: Shape,
    /// Who holds it.
    pub node: u32,
    /// The holder's service.
    pub service: Symbol,
    /// What the line tells.
    pub act: Act,
    /// When: nanoseconds.
    pub time: i64,
}

/// A value that more spans hold does not tell that two of them are about one request.
pub(super) const MOST_OF_REQUEST: usize = 10;

/// Numbers below this one stand under many names, and mean something else under each.
const SMALL: u32 = 100;

static NUMBERS: LazyLock<FxHashSet<Symbol>> =
    LazyLock::new(|| (0..SMALL).map(|number| Symbol::of(number.to_string().as_bytes())).collect());

/// A value, told apart by its name where it is a small number: the second part is not the second attempt. A row of a table is
/// called otherwise wherever it is told (`outbox_id=9`, `row #9`). `text` gives the text of a symbol.
pub(super) fn of_its_name<'t>(name: Symbol, value: Symbol, text: impl FnOnce(Symbol) -> &'t str) -> Symbol {
    let is_row = |name: &str| names_an_id(name.as_bytes()) || name.eq_ignore_ascii_case("row");
    if NUMBERS.contains(&value) && !is_row(text(name)) { mixed(name, value) } else { value }
}

/// The value that [`of_its_name`] told apart.
pub(super) fn as_logged(name: Symbol, value: Symbol) -> Symbol {
    let logged = mixed(name, value);
    if NUMBERS.contains(&logged) { logged } else { value }
}

/// Done twice, it is the value as it was.
fn mixed(name: Symbol, value: Symbol) -> Symbol {
    Symbol(value.0 ^ name.0.rotate_left(1))
}

/// Which of the values of a transaction it is, in the order of all.
pub type Which = u32;

/// For each value who holds it, and for each node what it holds.
#[derive(Debug, Default)]
pub struct Holders {
    /// In their order, each with the ends of its parts of `nodes` and `names`.
    values: Vec<Ends>,
    /// Who holds each, whether a line of it sends the value, and when its first line with it was.
    nodes: Vec<u32>,
    sends: Vec<bool>,
    since: Vec<i64>,
    names: Vec<Symbol>,
    /// A bit for each node, for values that many hold.
    bits: Vec<u64>,
    /// What each node holds, each value once for each of its names; and where that ends.
    held: Vec<Held>,
    held_ends: Vec<u32>,
}

/// Where the parts of a value end, and where its bits begin, if it has any.
#[derive(Debug)]
struct Ends {
    value: Symbol,
    nodes: u32,
    names: u32,
    bits: Option<u32>,
}

/// What a node holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// The value.
    pub which: Which,
    /// What the node calls it.
    pub name: Symbol,
    /// What it looks like.
    pub shape: Shape,
}

/// Who holds a value, in the order of their first line with it, and what its names are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holding<'h> {
    /// The value.
    pub value: Symbol,
    /// The nodes.
    pub nodes: &'h [u32],
    /// For each node whether one of its lines sends the value.
    pub sends: &'h [bool],
    /// For each node the time of its first line with the value: nanoseconds.
    pub since: &'h [i64],
    /// The names.
    pub names: &'h [Symbol],
}

impl Holding<'_> {
    /// The nodes that send the value.
    pub fn senders(&self) -> impl Iterator<Item = u32> + '_ {
        self.nodes.iter().zip(self.sends).filter(|(_, sends)| **sends).map(|(node, _)| *node)
    }
}

/// Who holds a value that fewer hold is found without bits.
const FEW: usize = 8;

impl Holders {
    /// Of values as they stand in lines, in the order of these, in a transaction of so many nodes; with which value each is.
    pub fn of(told: &[Told], nodes: usize) -> (Holders, Vec<Which>) {
        let order = in_order(told.iter().map(|told| told.value));
        let mut holders = Holders::default();
        let mut which = vec![0; told.len()];
        // the last value of each node, and where the node stands among those that hold it
        let mut last: Vec<(Which, u32)> = vec![(Which::MAX, 0); nodes];
        let mut held: Vec<(u32, Held)> = Vec::with_capacity(told.len());
        // of the nodes that hold a value: whether one received it, and its service
        let mut received: Vec<(bool, Symbol)> = Vec::new();
        for group in order.chunk_by(|a, b| a.0 == b.0) {
            let own = holders.values.len() as Which;
            let (first, first_name) = (holders.nodes.len(), holders.names.len());
            received.clear();
            for (_, at) in group {
                which[*at as usize] = own;
                let &Told { name, shape, node, service, act, time, .. } = &told[*at as usize];
                let (sent, receives) = (act == Act::Send, act == Act::Receive);
                let last = &mut last[node as usize];
                if last.0 == own {
                    holders.sends[last.1 as usize] |= sent;
                    received[last.1 as usize - first].0 |= receives;
                } else {
                    received.push((receives, service));
                    *last = (own, holders.nodes.len() as u32);
                    holders.nodes.push(node);
                    holders.sends.push(sent);
                    holders.since.push(time);
                }
                if !holders.names[first_name..].contains(&name) {
                    holders.names.push(name);
                }
                held.push((node, Held { which: own, name, shape }));
            }
            if !holders.sends[first..].contains(&true)
                && let Some(sender) = sender(&received, &holders.since[first..])
            {
                holders.sends[first + sender] = true;
            }
            let of_value = &holders.nodes[first..];
            let bits = (of_value.len() > FEW).then(|| {
                let start = holders.bits.len();
                holders.bits.resize(start + nodes.div_ceil(64), 0);
                of_value
                    .iter()
                    .for_each(|node| holders.bits[start + *node as usize / 64] |= 1 << (node % 64));
                start as u32
            });
            let (value, nodes, names) = (group[0].0, holders.nodes.len() as u32, holders.names.len() as u32);
            holders.values.push(Ends { value, nodes, names, bits });
        }
        holders.hold(held, nodes);
        (holders, which)
    }

    /// Tells of each node what it holds, told in the order of the values.
    fn hold(&mut self, held: Vec<(u32, Held)>, nodes: usize) {
        let mut places = vec![0u32; nodes + 1];
        held.iter().for_each(|(node, _)| places[*node as usize + 1] += 1);
        (0..nodes).for_each(|node| places[node + 1] += places[node]);
        let mut of_nodes: Vec<Held> = held.iter().map(|(_, held)| *held).collect();
        for (node, held) in held {
            let place = &mut places[node as usize];
            of_nodes[*place as usize] = held;
            *place += 1;
        }
        // each place has moved to where those of its node end
        let mut start = 0;
        for end in &places[..nodes] {
            for same in of_nodes[start..*end as usize].chunk_by_mut(|a, b| a.which == b.which) {
                if same.len() > 1 {
                    same.sort_unstable_by_key(|held| (held.name, held.shape));
                }
                let mut last = None;
                self.held.extend(same.iter().filter(|held| last.replace(**held) != Some(**held)));
            }
            start = *end as usize;
            self.held_ends.push(self.held.len() as u32);
        }
    }

    /// The nodes that hold a value, in the order of their first line with it.
    pub fn get(&self, value: Symbol) -> Option<&[u32]> {
        let at = self.values.binary_search_by_key(&value, |ends| ends.value).ok()?;
        Some(self.value(at as Which).nodes)
    }

    /// How many values there are.
    pub fn count(&self) -> Which {
        self.values.len() as Which
    }

    /// Who holds a value, and what it is called.
    pub fn value(&self, which: Which) -> Holding<'_> {
        let at = which as usize;
        let Ends { value, nodes, names, .. } = self.values[at];
        let before = at.checked_sub(1).map(|before| &self.values[before]);
        let (first, first_name) =
            before.map_or((0, 0), |before| (before.nodes as usize, before.names as usize));
        Holding {
            value,
            nodes: &self.nodes[first..nodes as usize],
            sends: &self.sends[first..nodes as usize],
            since: &self.since[first..nodes as usize],
            names: &self.names[first_name..names as usize],
        }
    }

    /// Whether a node holds a value.
    pub fn has(&self, which: Which, node: u32) -> bool {
        match self.values[which as usize].bits {
            Some(start) => self.bits[start as usize + node as usize / 64] >> (node % 64) & 1 == 1,
            None => self.value(which).nodes.contains(&node),
        }
    }

    /// What a node calls a value that it holds: the first of its names.
    pub fn name(&self, which: Which, node: u32) -> Symbol {
        let held = self.held_by(node);
        let at = held.partition_point(|held| held.which < which);
        held.get(at).filter(|held| held.which == which).map_or(Symbol::NONE, |held| held.name)
    }

    /// What a node holds, each value once for each of its names, in the order of the values.
    pub fn held_by(&self, node: u32) -> &[Held] {
        let start = node.checked_sub(1).map_or(0, |before| self.held_ends[before as usize]);
        &self.held[start as usize..self.held_ends[node as usize] as usize]
    }
}

/// A sender of which no word says so may log what it sent this much later than the first who received it: nanoseconds. Less than
/// one that says so, as a later step of theirs may be all that it is.
const UNSAID: i64 = 5_000_000;

/// Which of those that hold a value sent it, though no word of it says so: the only one that did not receive it, where several of
/// other services did, and where it was not much later. `received`: whether each did, and its service.
fn sender(received: &[(bool, Symbol)], since: &[i64]) -> Option<usize> {
    let mut others = received.iter().enumerate().filter(|(_, (received, _))| !received);
    let (sender, (_, service)) = others.next()?;
    let alone = others.next().is_none() && received.len() > 2;
    let elsewhere = || received.iter().filter(|(_, other)| other == service).count() == 1;
    (alone && elsewhere() && since[sender] <= since[0].saturating_add(UNSAID)).then_some(sender)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_told_apart_by_their_names() {
        let [part, attempt, two, order] = [&b"part"[..], b"attempt", b"2", b"4711"].map(Symbol::of);
        let second = of_its_name(part, two, |_| "part");
        assert!(second != two && second != of_its_name(attempt, two, |_| "attempt"));
        assert_eq!((as_logged(part, second), as_logged(part, two)), (two, two));
        assert_eq!(of_its_name(part, order, |_| "part"), order);
        for row in ["outbox_id", "row"] {
            assert_eq!(of_its_name(part, two, |_| row), two, "{row}");
        }
    }

    fn told(value: &[u8], node: u32, name: &[u8], sent: bool) -> Told {
        let (value, name, service) = (Symbol::of(value), Symbol::of(name), Symbol::NONE);
        let act = if sent { Act::Send } else { Act::Other };
        Told { value, name, shape: Shape::Mixed, node, service, act, time: 0 }
    }

    #[test]
    fn who_alone_did_not_receive_what_others_did_sent_it() {
        let [a, b, c] = [b"a", b"b", b"c"].map(|name| Symbol::of(name));
        let (received, own) = ([(true, a), (true, b), (false, c)], [(true, a), (true, b), (false, a)]);
        assert_eq!(sender(&received, &[0, 9_000_000, 4_000_000]), Some(2));
        // it comes too late, it is a step of one that received it, or two did not receive it
        assert_eq!(sender(&received, &[0, 1, 6_000_000]), None);
        assert_eq!(sender(&own, &[0, 1, 2]), None);
        assert_eq!(sender(&[(true, a), (false, b), (false, c)], &[0, 1, 2]), None);
        assert_eq!(sender(&received[1..], &[0, 1]), None);
    }

    #[test]
    fn holders_come_in_the_order_of_their_lines_and_names_too() {
        let lines = [
            told(b"HX1", 9, b"tube", false),
            told(b"HX1", 9, b"of", true),
            told(b"HX1", 2, b"of", false),
            told(b"HX1", 1, b"tube", false),
            told(b"HX2", 4, b"of", false),
        ];
        let (holders, which) = Holders::of(&lines, 10);
        let [tube, of] = [b"tube".as_slice(), b"of"].map(Symbol::of);
        let first = holders.value(which[0]);
        assert_eq!((first.nodes, first.names), (&[9, 2, 1][..], &[tube, of][..]));
        assert_eq!(first.senders().collect::<Vec<_>>(), [9]);
        assert_eq!((which[1], which[3], holders.value(which[4]).nodes), (which[0], which[0], &[4][..]));
        assert_eq!((holders.get(lines[4].value), holders.get(tube)), (Some(&[4][..]), None));
        let names: Vec<Symbol> = holders.held_by(9).iter().map(|held| held.name).collect();
        assert!(names.len() == 2 && names.contains(&tube) && names.contains(&of), "{names:?}");
        assert_eq!(holders.held_by(3), []);
    }

    #[test]
    fn many_hold_what_few_hold() {
        let lines: Vec<Told> = (0..200).step_by(3).map(|node| told(b"HX1", node, b"of", false)).collect();
        let (many, _) = Holders::of(&lines, 200);
        let (few, _) = Holders::of(&lines[..FEW], 200);
        for node in 0..200 {
            assert_eq!(many.has(0, node), node % 3 == 0);
            assert_eq!(few.has(0, node), node % 3 == 0 && node < 3 * FEW as u32);
        }
    }
}
