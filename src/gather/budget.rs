//! How much memory there is, and for what.

/// Bytes that an event takes with its details, about.
const EVENT: usize = 300;
/// Bytes that an event takes while it is woven and judged, with all that is made of it, about.
const WOVEN: usize = 1000;

/// Bytes that are held where nothing else is asked for, and that so many are added to for each event.
const MODEST: usize = 8 << 20;
const MODEST_EVENT: u64 = 40;

/// How much memory there is for what grows with the input.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    bytes: usize,
    /// Not all of it is to be used unless the input is large.
    modest: bool,
    /// What does not fit must not be held, even if it can be kept nowhere else.
    firm: bool,
}

/// Bytes that may be held.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// So many.
    pub bytes: usize,
    /// What does not fit must not be held, even if it can be kept nowhere else.
    pub firm: bool,
}

impl Room {
    /// The part of it that each of so many has.
    pub fn shared_by(self, many: usize) -> Room {
        Room { bytes: self.bytes / many, ..self }
    }
}

impl Default for Budget {
    /// No limit.
    fn default() -> Budget {
        Budget { bytes: usize::MAX, modest: false, firm: true }
    }
}

impl Budget {
    /// So many bytes and no more.
    pub fn firm(bytes: usize) -> Budget {
        Budget { bytes, modest: false, firm: true }
    }

    /// Little more than what is needed to be quick, and at most so many bytes.
    pub fn modest(most: usize) -> Budget {
        Budget { bytes: most, modest: true, firm: false }
    }

    /// What there is for so many events.
    pub fn of(self, events: u64) -> Budget {
        let grown = usize::try_from(events.saturating_mul(MODEST_EVENT)).unwrap_or(usize::MAX);
        let grown = grown.saturating_add(MODEST);
        Budget { bytes: if self.modest { self.bytes.min(grown) } else { self.bytes }, modest: false, ..self }
    }

    fn room(self, bytes: usize) -> Room {
        Room { bytes, firm: self.firm }
    }

    /// Bytes of events that are held while they are read.
    pub fn gathering(self) -> Room {
        self.room(self.of(0).bytes / 3)
    }

    /// Bytes of tables beside the events.
    pub fn tables(self) -> Room {
        self.room(self.bytes / 8)
    }

    /// Events that are looked at together, one by one.
    pub(super) fn surveyed(self) -> u64 {
        (self.bytes / 4 / EVENT) as u64
    }

    /// Events that are learned from together, of so many: all of them if they can be.
    pub fn learned(self, all: u64) -> u64 {
        if all <= (self.bytes / 3 * 2 / WOVEN) as u64 { all.max(1) } else { self.woven() }
    }

    /// Events that are woven together.
    pub fn woven(self) -> u64 {
        ((self.bytes / 3 / WOVEN) as u64).max(1)
    }
}

impl Room {
    /// The share of each of so many.
    pub fn each(self, many: usize) -> Room {
        Room { bytes: self.bytes / many.max(1), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_bounds_grows_with_the_input_up_to_what_is_free() {
        let modest = Budget::modest(1 << 30);
        assert_eq!(modest.gathering().bytes, MODEST / 3);
        assert_eq!(modest.of(1_000_000).tables().bytes, (MODEST + 40_000_000) / 8);
        assert_eq!(modest.of(u64::MAX / 64).tables().bytes, (1 << 30) / 8);
        assert_eq!(Budget::firm(1 << 20).of(1_000_000).tables().bytes, (1 << 20) / 8);
        assert!(Budget::firm(1).tables().firm && !modest.tables().firm);
    }
}
