//! What blocks hand on to each other.

use crate::model::SkipReason;

/// What the last record of a lane was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// There was none.
    #[default]
    Fresh,
    /// Text with a header: lines without one go on with it.
    Headed,
    /// Text with a header that lacks its level: a line that begins with one goes on with it.
    AwaitsLevel,
    /// JSON, logfmt and so on: only indented lines go on with it.
    Structured,
    /// A line without header: the next one is a record of its own.
    Bare,
    /// An entry of systemd's export format: all lines go on with it up to the next entry.
    Entry,
}

/// What a line's meaning takes from the lines before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LaneState {
    /// What the last record was.
    pub mode: Mode,
    /// The last line goes on in the next one whatever that looks like.
    pub partial: bool,
}

/// Lines of a record that is not whole in this block.
#[derive(Clone, Debug)]
pub struct Open {
    /// The lane.
    pub lane: u64,
    /// First byte and one past the last byte of each line, in the block.
    pub lines: Vec<(usize, usize)>,
    /// Number of the first of these lines in the block, from 0.
    pub line: u64,
}

/// What became of a lane in a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LaneExit {
    /// The lane.
    pub lane: u64,
    /// Its state at the start of the block, as the worker was told.
    pub entry: LaneState,
    /// It has lines in the block.
    pub appeared: bool,
    /// A line's meaning was taken from `entry.mode`.
    pub mattered: bool,
    /// A record of the lane began in the block, so that the one before it is whole.
    pub started: bool,
    /// Its state at the end.
    pub exit: LaneState,
    /// Its last line in the block, from 0.
    pub last_line: u64,
}

/// How a block ended.
#[derive(Debug, Default)]
pub struct Exit {
    /// Lines at the front, by lane, that go on with a record of an earlier block.
    pub leading: Vec<Open>,
    /// The record of each lane that is open at the end.
    pub open: Vec<Open>,
    /// What became of each lane.
    pub lanes: Vec<LaneExit>,
    /// Physical lines in the block.
    pub lines: u64,
    /// What was passed over: reason, how often, and the first line (from 0).
    pub skipped: Vec<Skipped>,
}

/// Something that was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Why.
    pub reason: SkipReason,
    /// How often.
    pub count: u64,
    /// The first line in the block, from 0.
    pub line: u64,
}
