//! Joins lines to records.
//!
//! A block may begin and end anywhere between two lines. What a line means depends on the lines before it only through the
//! [`LaneState`] of its lane, so a worker reads a block with the states it is told and says with which it ended; whoever
//! puts the blocks in order compares, and has a block read again where the states were not as told. Lines at the front of
//! a block that go on with a record of the block before, and the record still open at the end, are handed back as they
//! are: they are read when the record is whole.

mod known;
mod pending;
mod state;

pub use state::{Exit, LaneExit, LaneState, Mode, Open, Skipped};

use super::Profile;
use super::escapes::strip_escapes;
use super::layers::{Brief, Layers, MAX_LAYERS, Record};
use super::look::{Class, Look};
use super::pattern::{Known, Patterns, Reading};
use super::read::{self, Reader};
use super::timestamp::Recent;
use super::{Draft, Format, Layer, Pattern, envelope};
use crate::model::SkipReason;
use known::Held;
use memchr::memchr;
use pending::{Content, Pending};

/// A record of more lines than this ends; lines that would go on with it are records of their own.
pub const MAX_RECORD_LINES: u32 = 4096;

/// A record of more bytes than this ends likewise.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// A lane that has no line among so many lines of its source begins afresh.
pub const MAX_SILENCE: u64 = 4096;

/// Takes records as they become whole.
pub trait Sink {
    /// A whole record. Where it has a pattern, what is made of it may be kept for records of that pattern.
    fn record(&mut self, record: &Record<'_>);

    /// Whether [`Sink::alike`] takes records of this pattern.
    fn knows(&self, _pattern: u32) -> bool {
        false
    }

    /// A record of a known pattern, of which its time is known only; `false` if more of it is needed.
    fn brief(&mut self, _brief: &Brief<'_>) -> bool {
        false
    }

    /// A record of a known pattern, without its fields, groups and free parts; `false` if it is needed with them.
    fn alike(&mut self, _record: &Record<'_>) -> bool {
        false
    }
}

#[derive(Debug, Default)]
struct Lane {
    key: u64,
    entry: LaneState,
    entry_mattered: bool,
    appeared: bool,
    last_line: u64,
    state: LaneState,
    pending: Option<Box<Pending>>,
    /// The record that is open is that of [`Lines::held`].
    holds: bool,
    leading: Vec<(usize, usize)>,
    leading_line: u64,
}

impl Lane {
    /// A record of it began in the block and may go on.
    fn is_open(&self) -> bool {
        self.pending.is_some() || self.holds
    }
}

/// Joins the lines of blocks; its buffers are used again from block to block.
#[derive(Debug, Default)]
pub struct Lines {
    lanes: Vec<Lane>,
    #[expect(clippy::vec_box, reason = "a box goes from here to a lane and back, what it holds stays")]
    spare: Vec<Box<Pending>>,
    drafts: Vec<Draft>,
    buffers: Vec<Vec<u8>>,
    stripped: Vec<u8>,
    patterns: Patterns,
    held: Box<Held>,
    /// What the next line is held in.
    next: Box<Held>,
    /// The time of the last line of a known pattern.
    recent: Recent,
}

impl Lines {
    /// Reads a block: hands the records that are whole in it to `sink`, and gives how it ended.
    ///
    /// `entry` gives the state of lanes at the start of the block; lanes not in it are new.
    pub fn block(
        &mut self,
        block: &[u8],
        profile: &Profile,
        entry: &[(u64, LaneState)],
        sink: &mut dyn Sink,
    ) -> Exit {
        self.drafts.resize_with(MAX_LAYERS, Draft::default);
        self.buffers.resize_with(MAX_LAYERS, Vec::new);
        self.lanes.clear();
        self.lanes.extend(entry.iter().map(|&(key, state)| Lane {
            key,
            entry: state,
            state,
            ..Lane::default()
        }));
        let mut exit = Exit::default();
        let colours = memchr(0x1b, block).is_some();
        let mut start = 0;
        let mut number = 0;
        while start < block.len() {
            let end = memchr(b'\n', &block[start..]).map_or(block.len(), |length| start + length);
            let known = self.know(block, start, end, number, profile, sink);
            if let Some(known) = known {
                self.line(block, start, end, number, colours, known, profile, sink, &mut exit.skipped);
            }
            number += 1;
            start = end + 1;
        }
        exit.lines = number;
        self.open_held(block, profile);
        for lane in self.lanes.drain(..) {
            if !lane.leading.is_empty() {
                exit.leading.push(Open { lane: lane.key, lines: lane.leading, line: lane.leading_line });
            }
            let started = lane.pending.is_some();
            if let Some(mut pending) = lane.pending {
                exit.open.push(Open {
                    lane: lane.key,
                    lines: std::mem::take(&mut pending.lines),
                    line: pending.line,
                });
                self.spare.push(pending);
            }
            exit.lanes.push(LaneExit {
                lane: lane.key,
                entry: lane.entry,
                appeared: lane.appeared,
                mattered: lane.entry_mattered,
                started,
                exit: lane.state,
                last_line: lane.last_line,
            });
        }
        exit
    }

    /// Reads the lines of `text`, which are known to be one record, and hands it to `sink`.
    pub fn whole(&mut self, text: &[u8], profile: &Profile, sink: &mut dyn Sink) {
        self.drafts.resize_with(MAX_LAYERS, Draft::default);
        self.buffers.resize_with(MAX_LAYERS, Vec::new);
        let colours = memchr(0x1b, text).is_some();
        let mut first: Option<Box<Pending>> = None;
        let mut partial = false;
        let mut start = 0;
        let mut number = 0;
        while start < text.len() {
            let end = memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
            let mut pending = self.spare.pop().unwrap_or_default();
            let (lane, goes_on) = self.unwrap(text, start, end, number, colours, &mut pending);
            pending.lane = lane;
            if pending.content.bytes(text).is_empty() && !goes_on && !partial {
                self.spare.push(pending);
            } else if let Some(open) = &mut first {
                open.append(text, &pending, partial);
                self.spare.push(pending);
            } else {
                pending.look = Some(pending.look(text, profile));
                first = Some(pending);
            }
            partial = goes_on;
            number += 1;
            start = end + 1;
        }
        if let Some(mut pending) = first {
            if pending.lines.len() > 1 {
                // the first line may have been a part only
                pending.look = Some(pending.look(text, profile));
            }
            self.finish(text, pending, profile, sink);
        }
    }

    /// Reads one JSON element of a document and hands its records to `sink`.
    pub fn element(&mut self, text: &[u8], line: u64, offset: usize, sink: &mut dyn Sink) {
        self.drafts.resize_with(MAX_LAYERS, Draft::default);
        self.buffers.resize_with(MAX_LAYERS, Vec::new);
        let profile = Profile::default();
        let seen =
            Look { format: Format::Json, class: Class::Start, head: Default::default(), awaits_level: false };
        let mut draft = Draft::default();
        let reader = Reader { profile: &profile, drafts: &mut self.drafts, buffers: &mut self.buffers };
        read::read(text, &seen, &mut draft, Layers::default(), reader, &mut |layers, part| {
            sink.record(&Record { layers, line, offset, len: text.len(), part, pattern: None });
        });
    }

    /// Takes wrapping and colours off a line; gives its lane and whether it goes on in the next line.
    fn unwrap(
        &mut self,
        block: &[u8],
        start: usize,
        end: usize,
        number: u64,
        colours: bool,
        pending: &mut Pending,
    ) -> (u64, bool) {
        pending.lines.clear();
        pending.lines.push((start, end));
        pending.line = number;
        pending.wrapped = None;
        pending.uncoloured = None;
        pending.look = None;
        pending.known = Known::No;
        pending.outer.clear();
        pending.draft.clear();
        let mut raw = &block[start..end];
        if raw.last() == Some(&b'\r') {
            raw = &raw[..raw.len() - 1];
        }
        let holes = nuls(raw);
        raw = &raw[holes..];
        let offset = start + holes;
        let coloured = colours && memchr(0x1b, raw).is_some();
        let mut buffer = match std::mem::take(&mut pending.content) {
            Content::Owned(buffer) => buffer,
            Content::Borrowed(..) => Vec::new(),
        };
        buffer.clear();
        let clean: &[u8] = if coloured {
            self.stripped.clear();
            strip_escapes(raw, &mut self.stripped);
            &self.stripped
        } else {
            raw
        };
        let Some(wrapped) = envelope::strip(clean, &mut pending.outer, &mut buffer) else {
            pending.outer.clear();
            pending.content = if coloured {
                buffer.extend_from_slice(clean);
                Content::Owned(buffer)
            } else {
                Content::Borrowed(offset, offset + clean.len())
            };
            return (0, false);
        };
        pending.wrapped = Some(wrapped.format);
        pending.uncoloured = coloured.then(|| clean.to_vec());
        pending.content = match wrapped.inside {
            Some(inside) if coloured => {
                buffer.extend_from_slice(inside.of(clean));
                Content::Owned(buffer)
            }
            Some(inside) => Content::Borrowed(offset + inside.start as usize, offset + inside.end()),
            None => {
                if memchr(0x1b, &buffer).is_some() {
                    self.stripped.clear();
                    strip_escapes(&buffer, &mut self.stripped);
                    std::mem::swap(&mut buffer, &mut self.stripped);
                }
                Content::Owned(buffer)
            }
        };
        (wrapped.lane, wrapped.partial)
    }

    #[allow(clippy::too_many_arguments)]
    fn line(
        &mut self,
        block: &[u8],
        start: usize,
        end: usize,
        number: u64,
        colours: bool,
        known: Known,
        profile: &Profile,
        sink: &mut dyn Sink,
        skipped: &mut Vec<Skipped>,
    ) {
        let mut pending = self.spare.pop().unwrap_or_default();
        let (key, goes_on) = self.unwrap(block, start, end, number, colours, &mut pending);
        pending.known = if pending.wrapped.is_none() { known } else { Known::No };
        if pending.known != Known::No {
            std::mem::swap(&mut pending.mask, &mut self.next.mask);
        }
        pending.lane = key;
        let index = self.lanes.iter().position(|lane| lane.key == key).unwrap_or_else(|| {
            self.lanes.push(Lane { key, ..Lane::default() });
            self.lanes.len() - 1
        });
        let lane = &mut self.lanes[index];
        let expired = lane.appeared && number - lane.last_line > MAX_SILENCE;
        lane.appeared = true;
        lane.last_line = number;
        let joined = lane.state.partial && !expired;
        lane.state.partial = goes_on;
        if expired {
            lane.state.mode = Mode::Fresh;
        }
        if joined {
            lane.entry_mattered |= !lane.is_open();
            self.go_on(block, index, pending, true, number, profile);
            return;
        }
        let mut seen = pending.look(block, profile);
        let class = match seen.class {
            Class::Start | Class::Plain
                if lane.state.mode == Mode::Entry && seen.format != Format::Journald =>
            {
                Class::Continuation
            }
            Class::Plain if matches!(lane.state.mode, Mode::Headed | Mode::AwaitsLevel) => {
                Class::Continuation
            }
            Class::Start
                if lane.state.mode == Mode::AwaitsLevel
                    && seen.format == Format::Text
                    && seen.head.stamp.is_none() =>
            {
                Class::Continuation
            }
            Class::Rule if matches!(lane.state.mode, Mode::Headed | Mode::AwaitsLevel | Mode::Entry) => {
                Class::Continuation
            }
            Class::Continuation if lane.state.mode == Mode::Fresh => Class::Plain,
            class => class,
        };
        let by_mode = matches!(seen.class, Class::Plain | Class::Continuation | Class::Rule)
            || seen.class == Class::Start
                && seen.format != Format::Journald
                && (seen.head.stamp.is_none() || lane.state.mode == Mode::Entry);
        lane.entry_mattered |= !lane.is_open() && by_mode;
        match class {
            Class::Blank | Class::Header | Class::Rule => {
                if profile.blocks.is_some() {
                    // what comes next begins a record, whatever it is
                    lane.state.mode = Mode::Bare;
                }
                let reason = match class {
                    Class::Header | Class::Rule => SkipReason::HeaderLine,
                    _ if end > start && block[start] == 0 => SkipReason::BinaryPart,
                    _ => SkipReason::EmptyLine,
                };
                skip(skipped, reason, number);
                self.spare.push(pending);
            }
            Class::Continuation => {
                if lane.state.mode == Mode::AwaitsLevel {
                    lane.state.mode = Mode::Headed;
                }
                self.go_on(block, index, pending, false, number, profile);
            }
            Class::Start | Class::Plain => {
                if seen.class == Class::Continuation {
                    seen.class = Class::Plain;
                }
                pending.look = Some(seen);
                lane.state.mode = match seen.format {
                    _ if class == Class::Plain && seen.format == Format::Text => Mode::Bare,
                    Format::Text if seen.awaits_level => Mode::AwaitsLevel,
                    Format::Text | Format::Klog | Format::Block | Format::Xml => Mode::Headed,
                    Format::Journald => Mode::Entry,
                    _ => Mode::Structured,
                };
                pending.mode = lane.state.mode;
                let before = lane.pending.replace(pending);
                if std::mem::take(&mut lane.holds) {
                    self.hand_on_held(block, profile, sink);
                } else if let Some(before) = before {
                    self.finish(block, before, profile, sink);
                }
            }
        }
    }

    /// Adds a line to the open record of its lane.
    fn go_on(
        &mut self,
        block: &[u8],
        index: usize,
        pending: Box<Pending>,
        partial: bool,
        number: u64,
        profile: &Profile,
    ) {
        if self.lanes[index].holds {
            self.open_held(block, profile);
        }
        let lane = &mut self.lanes[index];
        match &mut lane.pending {
            Some(open) => {
                open.append(block, &pending, partial);
                if open.is_full(block) {
                    lane.state.mode = Mode::Bare;
                }
            }
            None => {
                if lane.leading.is_empty() {
                    lane.leading_line = number;
                }
                lane.leading.push(pending.lines[0]);
            }
        }
        self.spare.push(pending);
    }

    /// Reads a whole record and hands it on.
    fn finish(&mut self, block: &[u8], mut pending: Box<Pending>, profile: &Profile, sink: &mut dyn Sink) {
        let Some(mut seen) = pending.look else {
            self.spare.push(pending);
            return;
        };
        let profile = profile.of_lane(pending.lane);
        let (offset, _) = pending.lines[0];
        let len = pending.lines.last().map_or(0, |&(_, end)| end - offset);
        let Pending { content, outer, uncoloured, draft, wrapped, lines, line, known, mask, mode, .. } =
            &mut *pending;
        if lines.len() > 1 {
            *known = Known::No;
        }
        let text: &[u8] = match content {
            Content::Borrowed(start, end) => &block[*start..*end],
            Content::Owned(buffer) => buffer,
        };
        if lines.len() > 1 && seen.format == Format::Text && text.starts_with(b"{") {
            // a brace on a line of its own opened a JSON record
            seen.format = Format::Json;
        }
        let around = match wrapped {
            Some(format) => {
                let (from, to) = lines[0];
                let raw = uncoloured.as_deref().unwrap_or(&block[from + nuls(&block[from..to])..to]);
                Layers::default().with(Layer { text: raw, draft: outer, format: *format, names: &[] })
            }
            None => Layers::default(),
        };
        let reader = Reader { profile, drafts: &mut self.drafts, buffers: &mut self.buffers };
        let patterns = &mut self.patterns;
        read::read(text, &seen, draft, around, reader, &mut |layers, part| {
            let pattern = match std::mem::take(known) {
                Known::Mask(hash) => {
                    let reading = Reading { seen: &seen, mode: *mode, profile, layers: &layers };
                    patterns.learn(hash, mask, text, &reading)
                }
                Known::Plan(planned) => patterns.plan(planned).map(|(id, _, free)| (id, free)),
                Known::No => None,
            };
            let pattern = pattern.map(|(id, free)| Pattern { id, line: text, marks: &mask.marks, free });
            sink.record(&Record { layers, line: *line, offset, len, part, pattern });
        });
        self.spare.push(pending);
    }
}

/// Bytes at the front of a line that are no text: holes of NULs, and the record separators of RFC 7464.
fn nuls(line: &[u8]) -> usize {
    line.iter().take_while(|&&byte| matches!(byte, 0 | 0x1e)).count()
}

fn skip(skipped: &mut Vec<Skipped>, reason: SkipReason, line: u64) {
    match skipped.iter_mut().find(|skipped| skipped.reason == reason) {
        Some(skipped) => skipped.count += 1,
        None => skipped.push(Skipped { reason, count: 1, line }),
    }
}
