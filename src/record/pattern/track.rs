//! Finds the mask of a line without making it: along the masks that are known.
//!
//! The masks are a tree of literal parts and slots. What is found along it is what the mask of the line would be found by;
//! where the tree ends there may still be a mask.

use super::mask::{MAX_FREE, Mask};
use super::slots::Kind;

/// A node holds so many bytes of a literal; a longer one goes on in the node below.
const LITERAL: usize = 8 * WORDS;
/// In so many words of eight bytes.
const WORDS: usize = 4;

/// No node.
const NONE: u32 = u32::MAX;

/// As large as a line of the cache: a line of a log is held against a dozen of them.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Node {
    /// What stands before all below; zeros behind it.
    literal: [u64; WORDS],
    length: u8,
    /// The first kind of slot behind it, and the length of such slots.
    kind: Kind,
    slot_length: u8,
    /// The first byte of the first literal below.
    byte: u8,
    /// The node behind that slot.
    slot: u32,
    /// The node of that literal.
    branch: u32,
    /// Further kinds of slots, and further literals: where they begin in [`Tracks::more`].
    more_slots: u32,
    more_branches: u32,
    /// What was put down for masks that end here.
    end: u32,
}

/// A further kind of slot behind a literal, or a further literal.
#[derive(Clone, Copy, Debug)]
struct More {
    kind: Kind,
    /// The length of such slots, or the first byte of the literal.
    mark: u8,
    below: u32,
    next: u32,
}

/// For each length of a literal, the bytes that count.
static COUNTED: [[u64; WORDS]; LITERAL + 1] = {
    let mut all = [[0; WORDS]; LITERAL + 1];
    let mut length = 0;
    while length <= LITERAL {
        let mut at = 0;
        while at < length {
            all[length][at / 8] |= 0xff << (8 * (at % 8));
            at += 1;
        }
        length += 1;
    }
    all
};

/// The words of a text of at most [`LITERAL`] bytes, with zeros behind it.
fn words(text: &[u8]) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    for (at, &byte) in text.iter().enumerate() {
        words[at / 8] |= u64::from(byte) << (8 * (at % 8));
    }
    words
}

impl Node {
    /// A node of as much of a literal as it can hold.
    fn new(literal: &[u8]) -> Node {
        let length = literal.len().min(LITERAL);
        Node {
            literal: words(&literal[..length]),
            length: length as u8,
            kind: Kind::Digits,
            slot_length: 0,
            byte: 0,
            slot: NONE,
            branch: NONE,
            more_slots: NONE,
            more_branches: NONE,
            end: NONE,
        }
    }

    fn literal(&self) -> Vec<u8> {
        self.literal.iter().flat_map(|word| word.to_le_bytes()).take(usize::from(self.length)).collect()
    }

    /// Where the literal ends that begins at `at`; `None` if another one stands there. Bytes of `ahead` behind `end` do
    /// not count.
    #[inline]
    fn pass(&self, ahead: &[u8], at: usize, end: usize) -> Option<usize> {
        let length = usize::from(self.length);
        let counted = COUNTED.get(length)?;
        let text = ahead.get(at..)?;
        let differs = match text.first_chunk::<LITERAL>() {
            Some(text) => {
                let (words, _) = text.as_chunks();
                let differs =
                    |word: usize| (u64::from_le_bytes(words[word]) ^ self.literal[word]) & counted[word];
                differs(0) | differs(1) | differs(2) | differs(3)
            }
            None => {
                let words = words(text);
                let differs = |word: usize| (words[word] ^ self.literal[word]) & counted[word];
                differs(0) | differs(1) | differs(2) | differs(3)
            }
        };
        (differs == 0 && at + length <= end).then_some(at + length)
    }
}

/// Masks as a tree.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    nodes: Vec<Node>,
    more: Vec<More>,
    /// The root of each set of masks, and the number of the set.
    roots: Vec<(u64, u32)>,
}

impl Tracks {
    /// Forgets all masks.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.more.clear();
        self.roots.clear();
    }

    /// What was put down for the mask of a line, with the boundaries of its slots in `marks`. The line is the first `end`
    /// bytes of `ahead`.
    #[inline]
    pub(super) fn find(&self, set: u64, ahead: &[u8], end: usize, marks: &mut Vec<u32>) -> Option<u32> {
        marks.clear();
        marks.push(0);
        if end > MAX_FREE {
            return None;
        }
        let line = ahead.get(..end)?;
        let (_, root) = self.roots.iter().find(|(other, _)| *other == set)?;
        let mut index = *root;
        let mut at = 0;
        loop {
            let node = self.nodes.get(index as usize)?;
            at = node.pass(ahead, at, end)?;
            let Some(&byte) = line.get(at) else { return Some(node.end).filter(|&end| end != NONE) };
            if node.slot != NONE {
                let found = match node.kind.end(node.slot_length, line, at) {
                    Some(end) => Some((end, node.slot)),
                    None => self.slot(node.more_slots, line, at),
                };
                if let Some((end, below)) = found {
                    marks.push(at as u32);
                    marks.push(end as u32);
                    (index, at) = (below, end);
                    continue;
                }
            }
            index = if node.byte == byte { node.branch } else { self.branch(node.more_branches, byte) };
        }
    }

    /// The end of the slot at `at` among kinds from `first` on, and the node behind it.
    #[inline(never)]
    fn slot(&self, first: u32, line: &[u8], at: usize) -> Option<(usize, u32)> {
        self.list(first).find_map(|more| more.kind.end(more.mark, line, at).map(|end| (end, more.below)))
    }

    /// The node of the literal that begins with a byte, among those from `first` on; [`NONE`] if there is none.
    fn branch(&self, first: u32, byte: u8) -> u32 {
        self.list(first).find(|more| more.mark == byte).map_or(NONE, |more| more.below)
    }

    fn list(&self, first: u32) -> impl Iterator<Item = &More> {
        let get = |at: u32| self.more.get(at as usize);
        std::iter::successors(get(first), move |more| get(more.next))
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
                let root = self.nodes.len() as u32;
                self.roots.push((set, root));
                self.add(first)
            }
        };
        for &(kind, length) in &mask.kinds {
            let Some(from) = behind else { return };
            let (next, end) = literal(from);
            behind = end;
            node = match self.known_slot(node, kind, length) {
                Some(below) => self.enter(below, next),
                None => {
                    let below = self.nodes.len() as u32;
                    self.add_slot(node, kind, length, below);
                    self.add(next)
                }
            };
        }
        self.nodes[node as usize].end = number;
    }

    fn known_slot(&self, node: u32, kind: Kind, length: u8) -> Option<u32> {
        let node = &self.nodes[node as usize];
        if node.slot == NONE || (node.kind, node.slot_length) == (kind, length) {
            return Some(node.slot).filter(|&slot| slot != NONE);
        }
        let same = |more: &&More| (more.kind, more.mark) == (kind, length);
        self.list(node.more_slots).find(same).map(|more| more.below)
    }

    fn add_slot(&mut self, node: u32, kind: Kind, length: u8, below: u32) {
        let node = &mut self.nodes[node as usize];
        if node.slot == NONE {
            (node.kind, node.slot_length, node.slot) = (kind, length, below);
        } else {
            let more = More { kind, mark: length, below, next: node.more_slots };
            node.more_slots = self.more.len() as u32;
            self.more.push(more);
        }
    }

    fn known_branch(&self, node: u32, byte: u8) -> Option<u32> {
        let node = &self.nodes[node as usize];
        let below = if node.byte == byte { node.branch } else { self.branch(node.more_branches, byte) };
        Some(below).filter(|&below| below != NONE)
    }

    fn add_branch(&mut self, node: u32, byte: u8, below: u32) {
        let node = &mut self.nodes[node as usize];
        if node.branch == NONE {
            (node.byte, node.branch) = (byte, below);
        } else {
            let more = More { kind: Kind::Digits, mark: byte, below, next: node.more_branches };
            node.more_branches = self.more.len() as u32;
            self.more.push(more);
        }
    }

    /// Adds the nodes of a literal; gives the last one.
    fn add(&mut self, mut literal: &[u8]) -> u32 {
        loop {
            let node = self.nodes.len() as u32;
            self.nodes.push(Node::new(literal));
            literal = literal.get(LITERAL..).unwrap_or_default();
            let Some(&first) = literal.first() else { return node };
            self.add_branch(node, first, node + 1);
        }
    }

    /// The node behind a literal that begins where that of `node` does; made if there is none.
    fn enter(&mut self, mut node: u32, mut rest: &[u8]) -> u32 {
        loop {
            let literal = self.nodes[node as usize].literal();
            let shared = literal.iter().zip(rest).take_while(|(one, other)| one == other).count();
            if shared < literal.len() {
                // what is shared stays, the rest becomes a node below
                let (front, back) = (Node::new(&literal[..shared]), Node::new(&literal[shared..]));
                let below = self.nodes.len() as u32;
                let upper = std::mem::replace(&mut self.nodes[node as usize], front);
                self.nodes.push(Node { literal: back.literal, length: back.length, ..upper });
                self.add_branch(node, literal[shared], below);
            }
            rest = &rest[shared..];
            let Some(&first) = rest.first() else { return node };
            match self.known_branch(node, first) {
                Some(below) => node = below,
                None => {
                    let below = self.nodes.len() as u32;
                    self.add_branch(node, first, below);
                    return self.add(rest);
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
            for (exact, behind) in [(0, 0), (4, 20), (0, 40)] {
                let mut tracks = Tracks::default();
                let mut masks: Vec<Vec<u8>> = Vec::new();
                let mut mask = Mask::default();
                for line in &lines {
                    prop_assert!(mask.read(line.as_bytes(), exact));
                    let mut marks = Vec::new();
                    // what stands behind the line does not count
                    let text = format!("{line}\n{}", "1e".repeat(behind));
                    match tracks.find(7, text.as_bytes(), line.len(), &mut marks) {
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
