//! A record whose lines are still gathered.

use super::{MAX_RECORD_BYTES, MAX_RECORD_LINES, Mode};
use crate::record::Profile;
use crate::record::look::{self, Look};
use crate::record::pattern::{Known, Mask};
use crate::record::{Draft, Format};
use memchr::memchr;

/// A line of a lane, freed of its wrapping, and the record that began with it.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) lines: Vec<(usize, usize)>,
    pub(super) line: u64,
    /// The lane of its first line.
    pub(super) lane: u64,
    pub(super) wrapped: Option<Format>,
    pub(super) outer: Draft,
    /// The first line without colours, where it had any: positions in `outer` point into it.
    pub(super) uncoloured: Option<Vec<u8>>,
    pub(super) look: Option<Look>,
    pub(super) draft: Draft,
    pub(super) content: Content,
    /// What is known of lines like the first one, and its mask.
    pub(super) known: Known,
    pub(super) mask: Mask,
    /// What it made of its lane.
    pub(super) mode: Mode,
}

#[derive(Debug)]
pub(super) enum Content {
    /// A part of the block.
    Borrowed(usize, usize),
    /// Decoded or joined.
    Owned(Vec<u8>),
}

impl Default for Content {
    fn default() -> Content {
        Content::Borrowed(0, 0)
    }
}

impl Content {
    pub(super) fn bytes<'b>(&'b self, block: &'b [u8]) -> &'b [u8] {
        match self {
            Content::Borrowed(start, end) => &block[*start..*end],
            Content::Owned(buffer) => buffer,
        }
    }

    pub(super) fn first_line<'b>(&'b self, block: &'b [u8]) -> &'b [u8] {
        let bytes = self.bytes(block);
        memchr(b'\n', bytes).map_or(bytes, |end| &bytes[..end])
    }
}

impl Pending {
    /// Looks at the first line.
    pub(super) fn look(&mut self, block: &[u8], profile: &Profile) -> Look {
        self.draft.clear();
        look::look(self.content.first_line(block), profile.of_lane(self.lane), &mut self.draft)
    }

    pub(super) fn append(&mut self, block: &[u8], next: &Pending, partial: bool) {
        if let Content::Borrowed(start, end) = self.content {
            self.content = Content::Owned(block[start..end].to_vec());
        }
        if let Content::Owned(buffer) = &mut self.content {
            if !partial {
                buffer.push(b'\n');
            }
            buffer.extend_from_slice(next.content.bytes(block));
        }
        self.lines.push(next.lines[0]);
    }

    pub(super) fn is_full(&self, block: &[u8]) -> bool {
        self.lines.len() >= MAX_RECORD_LINES as usize || self.content.bytes(block).len() >= MAX_RECORD_BYTES
    }
}
