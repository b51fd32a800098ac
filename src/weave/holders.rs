//! Who holds the values of a transaction, and what these are called.

use crate::model::Symbol;

/// For each value who holds it.
#[derive(Debug, Default)]
pub struct Holders {
    /// Each value with the ends of its parts of `nodes` and `names`, sorted.
    values: Vec<(Symbol, u32, u32)>,
    nodes: Vec<u32>,
    names: Vec<Symbol>,
}

/// Who holds a value, in the order of their first line with it, and what its names are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holding<'h> {
    /// The nodes.
    pub nodes: &'h [u32],
    /// The names.
    pub names: &'h [Symbol],
}

impl Holders {
    /// Of values as they stand in lines: the value, the place of the line in the order of time, its node, and the name.
    pub fn of(mut all: Vec<(Symbol, u32, u32, Symbol)>) -> Holders {
        all.sort_unstable();
        let mut holders = Holders::default();
        for group in all.chunk_by(|a, b| a.0 == b.0) {
            let (nodes, names) = (holders.nodes.len(), holders.names.len());
            for (.., node, name) in group {
                if !holders.nodes[nodes..].contains(node) {
                    holders.nodes.push(*node);
                }
                if !holders.names[names..].contains(name) {
                    holders.names.push(*name);
                }
            }
            holders.values.push((group[0].0, holders.nodes.len() as u32, holders.names.len() as u32));
        }
        holders
    }

    /// The nodes that hold a value, in the order of their first line with it.
    pub fn get(&self, value: Symbol) -> Option<&[u32]> {
        self.of_value(value).map(|holding| holding.nodes)
    }

    /// Who holds a value, and what it is called.
    pub fn of_value(&self, value: Symbol) -> Option<Holding<'_>> {
        let at = self.values.binary_search_by_key(&value, |(known, ..)| *known).ok()?;
        let (nodes, names) = at.checked_sub(1).map_or((0, 0), |before| {
            let (_, nodes, names) = self.values[before];
            (nodes as usize, names as usize)
        });
        let (_, nodes_end, names_end) = self.values[at];
        Some(Holding {
            nodes: &self.nodes[nodes..nodes_end as usize],
            names: &self.names[names..names_end as usize],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_come_in_the_order_of_their_lines_and_names_too() {
        let [a, b, tube, of] = [b"HX1".as_slice(), b"HX2", b"tube", b"of"].map(Symbol::of);
        let lines = vec![(b, 7, 4, of), (a, 5, 2, of), (a, 3, 9, tube), (a, 4, 9, of), (a, 6, 1, tube)];
        let holders = Holders::of(lines);
        assert_eq!(holders.of_value(a), Some(Holding { nodes: &[9, 2, 1], names: &[tube, of] }));
        assert_eq!(holders.of_value(b), Some(Holding { nodes: &[4], names: &[of] }));
        assert_eq!(holders.get(tube), None);
    }
}
