//! Finds the mask of a line without making it: along the masks that are known.
//!
//! The masks are a tree of literal parts and slots. What is found along it is what the mask of the line would be found by;
//! where the tree ends there may still be a mask.

use super::mask::{MAX_FREE, Mask};
use super::slots::Kind;

/// Literals of so many bytes stand in their nodes: what is looked at one after the other lies together.
const INLINE: usize = 40;

/// No node.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Node {
    /// What stands before all below, if it is no longer than this.
    literal: [u8; INLINE],
    length: u8,
    /// The first kind of slot behind it, and the node behind that.
    slot: (Kind, u8, u32),
    /// The first byte of the first literal below, and its node.
    branch: (u8, u32),
    /// What was put down for masks that end here.
    end: u32,
    more: Option<Box<More>>,
}

/// What most nodes do not have.
#[derive(Debug, Default)]
struct More {
    /// The literal, if it is long.
    literal: Box<[u8]>,
    slots: Vec<(Kind, u8, u32)>,
    branches: Vec<(u8, u32)>,
}

impl Node {
    fn new(literal: &[u8]) -> Node {
        let mut node = Node {
            literal: [0; INLINE],
            length: 0,
            slot: (Kind::Digits, 0, NONE),
            branch: (0, NONE),
            end: NONE,
            more: None,
        };
        node.set_literal(literal);
        node
    }

    fn set_literal(&mut self, literal: &[u8]) {
        match self.literal.get_mut(..literal.len()) {
            Some(place) => {
                place.copy_from_slice(literal);
                self.length = literal.len() as u8;
            }
            None => {
                self.more.get_or_insert_default().literal = literal.into();
                self.length = u8::MAX;
            }
        }
    }

    fn literal(&self) -> &[u8] {
        match (&self.more, self.length) {
            (Some(more), u8::MAX) => &more.literal,
            _ => &self.literal[..usize::from(self.length)],
        }
    }

    /// Where the literal ends that begins at `at`; `None` if another one stands there.
    #[inline]
    fn pass(&self, line: &[u8], at: usize) -> Option<usize> {
        let length = usize::from(self.length);
        if length > INLINE {
            let literal = self.literal();
            return line[at..].starts_with(literal).then_some(at + literal.len());
        }
        let text = &line[at..];
        let word = |text: &[u8]| text.first_chunk().map(|eight| u64::from_le_bytes(*eight));
        let mut done = 0;
        while done + 8 <= length {
            if word(text.get(done..)?)? != word(&self.literal[done..])? {
                return None;
            }
            done += 8;
        }
        let rest = length - done;
        let same = match text.get(done..).and_then(word) {
            Some(other) => {
                // the bytes behind the literal do not count
                let differs = other ^ self.literal.get(done..).and_then(word).unwrap_or_default();
                rest == 0 || differs << (64 - 8 * rest) == 0
            }
            None => text.get(done..length)? == &self.literal[done..length],
        };
        same.then_some(at + length)
    }

    fn slots(&self) -> impl Iterator<Item = (Kind, u8, u32)> {
        let more = self.more.as_ref().map_or(&[][..], |more| &more.slots);
        std::iter::once(self.slot).filter(|slot| slot.2 != NONE).chain(more.iter().copied())
    }

    fn branches(&self) -> impl Iterator<Item = (u8, u32)> {
        let more = self.more.as_ref().map_or(&[][..], |more| &more.branches);
        std::iter::once(self.branch).filter(|branch| branch.1 != NONE).chain(more.iter().copied())
    }

    fn add_slot(&mut self, slot: (Kind, u8, u32)) {
        if self.slot.2 == NONE {
            self.slot = slot;
        } else {
            self.more.get_or_insert_default().slots.push(slot);
        }
    }

    fn add_branch(&mut self, branch: (u8, u32)) {
        if self.branch.1 == NONE {
            self.branch = branch;
        } else {
            self.more.get_or_insert_default().branches.push(branch);
        }
    }
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
        let mut node = self.nodes.get(*root as usize)?;
        let mut at = 0;
        'nodes: loop {
            at = node.pass(line, at)?;
            let Some(&byte) = line.get(at) else { return Some(node.end).filter(|&end| end != NONE) };
            for (kind, length, below) in node.slots() {
                if let Some(end) = kind.end(length, line, at) {
                    marks.push(at as u32);
                    marks.push(end as u32);
                    at = end;
                    node = self.nodes.get(below as usize)?;
                    continue 'nodes;
                }
            }
            let (_, below) = node.branches().find(|(other, _)| *other == byte)?;
            node = self.nodes.get(below as usize)?;
        }
    }

    /// Puts a number down for the mask of a line.
    pub(super) fn put(&mut self, set: u64, line: &[u8], mask: &Mask, number: u32) {
        if line.len() > MAX_FREE {
            return;
        }
        let mut slots = mask.marks[1..].chunks_exact(2);
        let mut literal = |from: usize| {
            let next = slots.next();
            (&line[from..next.map_or(line.len(), |slot| slot[0] as usize)], next.map(|slot| slot[1] as usize))
        };
        let (first, mut behind) = literal(0);
        let mut node = match self.roots.iter().find(|(other, _)| *other == set) {
            Some(&(_, root)) => self.enter(root, first),
            None => {
                let root = self.add(first);
                self.roots.push((set, root));
                root
            }
        };
        for &(kind, length) in &mask.kinds {
            let Some(from) = behind else { return };
            let (next, end) = literal(from);
            behind = end;
            let known = self.nodes[node as usize].slots().find(|slot| (slot.0, slot.1) == (kind, length));
            node = match known {
                Some((_, _, below)) => self.enter(below, next),
                None => {
                    let below = self.add(next);
                    self.nodes[node as usize].add_slot((kind, length, below));
                    below
                }
            };
        }
        self.nodes[node as usize].end = number;
    }

    fn add(&mut self, literal: &[u8]) -> u32 {
        self.nodes.push(Node::new(literal));
        (self.nodes.len() - 1) as u32
    }

    /// The node behind a literal that begins where that of `node` does; made if there is none.
    fn enter(&mut self, mut node: u32, mut rest: &[u8]) -> u32 {
        loop {
            let literal = self.nodes[node as usize].literal();
            let shared = literal.iter().zip(rest).take_while(|(one, other)| one == other).count();
            if shared < literal.len() {
                // what is shared stays, the rest becomes a node below
                let (front, back) = (literal[..shared].to_vec(), literal[shared..].to_vec());
                let below = self.nodes.len() as u32;
                let mut lower = std::mem::replace(&mut self.nodes[node as usize], Node::new(&front));
                lower.set_literal(&back);
                self.nodes[node as usize].add_branch((back[0], below));
                self.nodes.push(lower);
            }
            rest = &rest[shared..];
            let Some(&first) = rest.first() else { return node };
            let known = self.nodes[node as usize].branches().find(|(byte, _)| *byte == first);
            match known {
                Some((_, below)) => node = below,
                None => {
                    let below = self.add(rest);
                    self.nodes[node as usize].add_branch((first, below));
                    return below;
                }
            }
        }
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
