//! Finds the mask of a line without making it: along the masks that are known.
//!
//! The masks are a tree of literal parts and slots. What is found along it is what the mask of the line would be found by;
//! where the tree ends there may still be a mask.

use super::mask::{Kind, MAX_FREE, Mask};

#[derive(Debug, Default)]
struct Node {
    /// What stands before all below.
    literal: Box<[u8]>,
    slots: Vec<(Kind, u8, u32)>,
    /// The first byte of each literal below, and where that is.
    bytes: Vec<u8>,
    below: Vec<u32>,
    /// What ends here.
    end: Option<u32>,
}

/// Masks as a tree.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    nodes: Vec<Node>,
    /// The root of each set of masks, and the number of the set.
    roots: Vec<(u64, u32)>,
}

impl Tracks {
    /// Forgets all masks.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.roots.clear();
    }

    /// What was put down for the mask of a line, with the boundaries of its slots in `marks`.
    #[inline]
    pub(super) fn find(&self, set: u64, line: &[u8], marks: &mut Vec<u32>) -> Option<u32> {
        marks.clear();
        marks.push(0);
        if line.len() > MAX_FREE {
            return None;
        }
        let (_, root) = self.roots.iter().find(|(other, _)| *other == set)?;
        let mut node = &self.nodes[*root as usize];
        let mut at = 0;
        'nodes: loop {
            if !begins(&line[at..], &node.literal) {
                return None;
            }
            at += node.literal.len();
            let Some(&byte) = line.get(at) else { return node.end };
            for &(kind, length, below) in &node.slots {
                if let Some(end) = kind.end(length, line, at) {
                    marks.push(at as u32);
                    marks.push(end as u32);
                    at = end;
                    node = &self.nodes[below as usize];
                    continue 'nodes;
                }
            }
            let index = node.bytes.iter().position(|&other| other == byte)?;
            node = &self.nodes[node.below[index] as usize];
        }
    }

    /// Puts a number down for the mask of a line.
    pub(super) fn put(&mut self, set: u64, line: &[u8], mask: &Mask, number: u32) {
        if line.len() > MAX_FREE {
            return;
        }
        let root = match self.roots.iter().find(|(other, _)| *other == set) {
            Some(&(_, root)) => root,
            None => {
                let root = self.add(Node::default());
                self.roots.push((set, root));
                root
            }
        };
        let (mut node, mut from) = (root, 0);
        for (slot, &(kind, length)) in mask.marks[1..].chunks_exact(2).zip(&mask.kinds) {
            node = self.literal(node, &line[from..slot[0] as usize]);
            let known = self.nodes[node as usize].slots.iter();
            let known = known.copied().find(|&(other, size, _)| (other, size) == (kind, length));
            node = match known {
                Some((_, _, below)) => below,
                None => {
                    let below = self.add(Node::default());
                    self.nodes[node as usize].slots.push((kind, length, below));
                    below
                }
            };
            from = slot[1] as usize;
        }
        node = self.literal(node, &line[from..]);
        self.nodes[node as usize].end = Some(number);
    }

    fn add(&mut self, node: Node) -> u32 {
        self.nodes.push(node);
        (self.nodes.len() - 1) as u32
    }

    /// The node behind a literal below another node; made if there is none.
    fn literal(&mut self, mut node: u32, mut rest: &[u8]) -> u32 {
        while let Some(&first) = rest.first() {
            let Some(index) = self.nodes[node as usize].bytes.iter().position(|&byte| byte == first) else {
                let below = self.add(Node { literal: rest.into(), ..Node::default() });
                let above = &mut self.nodes[node as usize];
                above.bytes.push(first);
                above.below.push(below);
                return below;
            };
            let below = self.nodes[node as usize].below[index];
            let literal = &self.nodes[below as usize].literal;
            let shared = literal.iter().zip(rest).take_while(|(one, other)| one == other).count();
            if shared < literal.len() {
                // what is shared becomes a node of its own
                let (front, back): (Box<[u8]>, Box<[u8]>) =
                    (literal[..shared].into(), literal[shared..].into());
                let between =
                    Node { literal: front, bytes: vec![back[0]], below: vec![below], ..Node::default() };
                self.nodes[below as usize].literal = back;
                let between = self.add(between);
                self.nodes[node as usize].below[index] = between;
                node = between;
            } else {
                node = below;
            }
            rest = &rest[shared..];
        }
        node
    }
}

/// Whether a text begins with a literal, which is short mostly.
#[inline]
fn begins(text: &[u8], literal: &[u8]) -> bool {
    let Some(text) = text.get(..literal.len()) else { return false };
    let word = |text: &[u8]| text.first_chunk().map(|eight| u64::from_le_bytes(*eight));
    let last = |text: &[u8]| text.last_chunk().map(|eight| u64::from_le_bytes(*eight));
    match literal.len() {
        0..8 => text.iter().zip(literal).all(|(one, other)| one == other),
        8..=16 => word(text) == word(literal) && last(text) == last(literal),
        _ => word(text) == word(literal) && text[8..] == literal[8..],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_found_has_the_mask_that_it_was_put_down_for(
            lines in proptest::collection::vec("([a-g]{1,3}|[0-9]{1,9}|[0-9a-f]{6,9}|[ .:=\"-]|ed in |12ms|2026-03-01T12:00:00){1,8}", 1..40)
        ) {
            for exact in [0, 4] {
                let mut tracks = Tracks::default();
                let mut masks: Vec<Vec<u8>> = Vec::new();
                let mut mask = Mask::default();
                for line in &lines {
                    prop_assert!(mask.read(line.as_bytes(), exact));
                    let mut marks = Vec::new();
                    match tracks.find(7, line.as_bytes(), &mut marks) {
                        Some(number) => {
                            prop_assert_eq!(&masks[number as usize], &mask.masked, "{}", line);
                            prop_assert_eq!(&marks, &mask.marks);
                        }
                        None => {
                            tracks.put(7, line.as_bytes(), &mask, masks.len() as u32);
                            masks.push(mask.masked.clone());
                        }
                    }
                }
            }
        }
    }
}
