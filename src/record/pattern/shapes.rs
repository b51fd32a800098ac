//! Finds the mask of a line by a line before it that had its slots in the same places.
//!
//! Most lines have not only the mask of an earlier one but all of its lengths, too. They are held against lines of their own
//! length, 32 bytes at a time: literals have to be the same, digits have to be digits. What more tells a kind of slot is
//! asked of each slot then. So what is found is what [`super::track`] would find, which follows the slots one by one.

use super::mask::MAX_FREE;
use super::slots::{HIGH, Kind};

/// So many bytes are compared at once.
const CELL: usize = 8 * WORDS;
/// In so many words of eight bytes.
const WORDS: usize = 4;
/// Of one length, so many shapes are kept.
const MAX_ALIKE: usize = 32;
/// When all take so many bytes, they are forgotten.
const MAX_BYTES: usize = 4 << 20;
/// Of so many lines that have no known shape, one is kept: what comes often is soon there, what comes once rarely gets there.
const SAMPLE: u32 = 4;

/// What stands in some bytes of a line, as large as a line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Cell {
    /// The bytes, `0` for digits that may differ.
    written: [u64; WORDS],
    /// What may be added to the difference of each byte before it reaches the high bit.
    slack: [u64; WORDS],
}

/// No other byte may stand there.
const SAME: u8 = 0x7f;
/// Any digit may stand there, which differs from `0` by less than ten.
const DIGIT: u8 = 0x80 - 10;
/// Any byte of ASCII may stand there; the slot is looked at apart.
const ANY: u8 = 0;

impl Cell {
    /// Whether a text may stand there.
    #[inline(always)]
    fn takes(&self, text: &[u8; CELL]) -> bool {
        let (words, _) = text.as_chunks();
        let mut off = 0;
        for ((word, written), slack) in words.iter().zip(&self.written).zip(&self.slack) {
            let differs = u64::from_le_bytes(*word) ^ written;
            off |= ((differs & !HIGH) + slack) | differs;
        }
        off & HIGH == 0
    }
}

/// Where the slots of a mask stand in lines of one length.
#[derive(Debug)]
struct Shape {
    set: u64,
    number: u32,
    /// The parts of the line; the last one ends with the line and may begin within the one before.
    cells: Box<[Cell]>,
    /// Kind, length and beginning of the slots of which more is to be asked than where digits stand.
    slots: Box<[(Kind, u8, u16)]>,
    marks: Box<[u32]>,
}

impl Shape {
    /// The shape of a line of at least [`CELL`] bytes.
    fn new(set: u64, line: &[u8], marks: &[u32], kinds: &[(Kind, u8)], number: u32) -> Shape {
        let mut written = line.to_vec();
        let mut slack = vec![SAME; line.len()];
        let mut slots = Vec::new();
        for (slot, &(kind, length)) in marks[1..].chunks_exact(2).zip(kinds) {
            let (start, end) = (slot[0] as usize, slot[1] as usize);
            let may_be = match kind {
                Kind::Zeros => continue,
                Kind::Hex | Kind::Capitals | Kind::Uuid => ANY,
                Kind::Digits | Kind::Number | Kind::Moment | Kind::Dotted => DIGIT,
            };
            for at in start..end {
                if may_be == ANY || written[at].is_ascii_digit() {
                    (written[at], slack[at]) = (b'0', may_be);
                }
            }
            if !matches!(kind, Kind::Moment | Kind::Dotted) {
                let length = if kind == Kind::Number { (end - start) as u8 } else { length };
                slots.push((kind, length, start as u16));
            }
        }
        let starts = (0..line.len() / CELL).map(|cell| cell * CELL);
        let last = (!line.len().is_multiple_of(CELL)).then(|| line.len() - CELL);
        let words = |bytes: &[u8]| {
            std::array::from_fn(|word| {
                let eight = bytes[8 * word..].first_chunk().copied().unwrap_or_default();
                u64::from_le_bytes(eight)
            })
        };
        let cell = |at: usize| Cell { written: words(&written[at..]), slack: words(&slack[at..]) };
        let cells = starts.chain(last).map(cell).collect();
        Shape { set, number, cells, slots: slots.into(), marks: marks.into() }
    }

    /// Whether a line of the length of this shape is of it.
    #[inline]
    fn is_of(&self, line: &[u8]) -> bool {
        let (parts, rest) = line.as_chunks::<CELL>();
        let takes = parts.iter().zip(&self.cells).all(|(part, cell)| cell.takes(part));
        let ends = || match (line.last_chunk(), self.cells.last()) {
            (Some(last), Some(cell)) => rest.is_empty() || cell.takes(last),
            _ => false,
        };
        takes && ends() && self.slots.iter().all(|&slot| is_slot(slot, line))
    }

    fn size(&self) -> usize {
        size_of::<Shape>() + size_of_val(&*self.cells) + size_of_val(&*self.slots) + size_of_val(&*self.marks)
    }
}

/// Whether a slot of a kind stands at a place, of whose digits it is known that they are digits.
#[inline(always)]
fn is_slot((kind, length, start): (Kind, u8, u16), line: &[u8]) -> bool {
    let start = usize::from(start);
    match kind {
        Kind::Digits | Kind::Number => line
            .get(start..start + usize::from(length))
            .is_some_and(|digits| digits.iter().any(|&digit| digit != b'0')),
        _ => kind.end(length, line, start).is_some(),
    }
}

/// The shapes of lines that were met.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    /// By the length of the line; what was found last stands near the front.
    by_length: Vec<Vec<Shape>>,
    bytes: usize,
    missed: u32,
}

impl Shapes {
    /// Forgets all shapes.
    pub(super) fn clear(&mut self) {
        self.by_length.clear();
        self.bytes = 0;
    }

    /// What was put down for the mask of a line, with the boundaries of its slots in `marks`.
    #[inline]
    pub(super) fn find(&mut self, set: u64, line: &[u8], marks: &mut Vec<u32>) -> Option<u32> {
        let alike = self.by_length.get_mut(line.len())?;
        let at = alike.iter().position(|shape| shape.set == set && shape.is_of(line))?;
        let shape = &alike[at];
        let number = shape.number;
        marks.clear();
        marks.extend_from_slice(&shape.marks);
        if at > 0 {
            alike.swap(at, at - 1);
        }
        Some(number)
    }

    /// Puts a number down for the mask of a line of which no shape was found, if it is one of the sample.
    #[inline]
    pub(super) fn missed(&mut self, set: u64, line: &[u8], marks: &[u32], kinds: &[(Kind, u8)], number: u32) {
        self.missed = self.missed.wrapping_add(1);
        if self.missed.is_multiple_of(SAMPLE) && (CELL..=MAX_FREE).contains(&line.len()) {
            self.put(line.len(), Shape::new(set, line, marks, kinds, number));
        }
    }

    #[cold]
    fn put(&mut self, length: usize, shape: Shape) {
        if self.bytes >= MAX_BYTES {
            self.clear();
        }
        self.by_length.resize_with(MAX_FREE + 1, Vec::new);
        self.bytes += shape.size();
        let alike = &mut self.by_length[length];
        if alike.len() >= MAX_ALIKE {
            self.bytes -= alike.pop().map_or(0, |shape| shape.size());
        }
        alike.push(shape);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::pattern::mask::Mask;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_found_has_the_mask_that_it_was_put_down_for(
            lines in proptest::collection::vec(
                "[ a-c]{30}([a-g]|0|[0-9]{2}|[0-9a-f]{6}|[0-9A-F]{6}|[ .:=\"-]|2026-03-01T12:00:0[0-9]\
                |1[0-9]\\.0\\.[0-9]|[0-9a]{8}-[0-9]{4}-0000-0000-00000000000[0a]){4,7}", 1..60),
            exact in prop_oneof![Just(0usize), Just(40)],
        ) {
            let mut shapes = Shapes::default();
            let mut masks: Vec<Vec<u8>> = Vec::new();
            let (mut mask, mut marks) = (Mask::default(), Vec::new());
            for line in &lines {
                let line = line.as_bytes();
                prop_assert!(mask.read(line, exact));
                for line in [line, &line.to_ascii_uppercase()] {
                    prop_assert!(mask.read(line, exact));
                    match shapes.find(7, line, &mut marks) {
                        Some(number) => {
                            prop_assert_eq!(&masks[number as usize], &mask.masked);
                            prop_assert_eq!(&marks, &mask.marks);
                        }
                        None => {
                            shapes.put(line.len(), Shape::new(7, line, &mask.marks, &mask.kinds, masks.len() as u32));
                            prop_assert_eq!(shapes.find(7, line, &mut marks), Some(masks.len() as u32));
                            masks.push(mask.masked.clone());
                        }
                    }
                }
            }
        }
    }
}
