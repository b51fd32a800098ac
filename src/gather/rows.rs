//! Rows of bytes by part: in memory up to a limit, beyond it in a temporary file.

use super::budget::Room;
use super::spill::{Chunk, Spill, SpillError};
use rayon::prelude::*;

/// Rows by part.
#[derive(Debug)]
pub struct Rows {
    held: Vec<Vec<u8>>,
    bytes: usize,
    room: Room,
    spilled: Option<(Spill, Vec<Vec<Chunk>>)>,
}

impl Rows {
    /// So many parts, of which so much in all is held in memory.
    pub fn new(parts: usize, room: Room) -> Rows {
        Rows { held: vec![Vec::new(); parts], bytes: 0, room, spilled: None }
    }

    /// Appends a row to a part.
    pub fn push(&mut self, part: usize, row: impl FnOnce(&mut Vec<u8>)) -> Result<(), SpillError> {
        let held = &mut self.held[part];
        let before = held.len();
        row(held);
        self.bytes += held.len() - before;
        if self.bytes > self.room.bytes { self.put_away() } else { Ok(()) }
    }

    /// Appends the rows of others, part by part.
    pub fn append(&mut self, others: &Rows) -> Result<(), SpillError> {
        for part in 0..others.parts() {
            let held = &mut self.held[part];
            let before = held.len();
            others.each(part, |bytes| held.extend_from_slice(bytes))?;
            self.bytes += held.len() - before;
        }
        if self.bytes > self.room.bytes { self.put_away() } else { Ok(()) }
    }

    /// Appends rows to all parts at once; `write` is called for each.
    pub fn extend(&mut self, write: impl Fn(usize, &mut Vec<u8>) + Sync) -> Result<(), SpillError> {
        self.held.par_iter_mut().enumerate().for_each(|(part, held)| write(part, held));
        self.bytes = self.held.iter().map(Vec::len).sum();
        if self.bytes > self.room.bytes { self.put_away() } else { Ok(()) }
    }

    fn put_away(&mut self) -> Result<(), SpillError> {
        let (spill, chunks) = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert((Spill::new(self.room.firm)?, vec![Vec::new(); self.held.len()])),
        };
        for (held, chunks) in self.held.iter_mut().zip(chunks).filter(|(held, _)| !held.is_empty()) {
            chunks.push(spill.chunk(held)?);
            *held = Vec::new();
        }
        self.bytes = 0;
        Ok(())
    }

    /// How many parts there are.
    pub fn parts(&self) -> usize {
        self.held.len()
    }

    /// Hands over the rows of a part, in the order in which they came; block by block.
    pub fn each(&self, part: usize, mut take: impl FnMut(&[u8])) -> Result<(), SpillError> {
        if let Some((spill, chunks)) = &self.spilled {
            for chunk in &chunks[part] {
                take(&spill.read(*chunk)?);
            }
        }
        take(&self.held[part]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_by_part_wherever_they_are() {
        for limit in [0, 50, usize::MAX] {
            let mut rows = Rows::new(3, Room { bytes: limit, firm: true });
            for number in 0..90u8 {
                rows.push(usize::from(number % 3), |out| out.extend([number, number]))
                    .expect("there is room");
            }
            for part in 0..3u8 {
                let mut found = Vec::new();
                rows.each(usize::from(part), |bytes| found.extend_from_slice(bytes)).expect("it can be read");
                let expected: Vec<u8> =
                    (0..90).filter(|number| number % 3 == part).flat_map(|number| [number, number]).collect();
                assert_eq!(found, expected, "{limit}");
            }
        }
    }
}
