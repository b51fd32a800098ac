//! Puts blocks in order and resolves what crosses their borders.
//!
//! Blocks are read in parallel with the lane states their worker was told. Here, in the order of the source, these are
//! compared with the true ones and a block is read again where they differ; lines at a block's front join the record that
//! was open; times take what they lack from their neighbours. What comes out does not depend on where blocks were cut.

use super::dating::Dating;
use super::worker::{Note, Notes, Read, Worker};
use crate::context::Defaults;
use crate::model::{Batch, Event, SkipReason};
use crate::record::document::Splitter;
use crate::record::{LaneState, MAX_RECORD_BYTES, MAX_RECORD_LINES, MAX_SILENCE, Mode, Profile};

/// Where finished events go.
pub trait Consumer {
    /// Events in the order of their lines, complete, with a note each if notes were asked for.
    fn take(&mut self, batch: Batch, notes: Notes);
}

/// What all blocks of a source share.
#[derive(Clone, Debug)]
pub struct SourceContext {
    /// How its lines are read.
    pub profile: Profile,
    /// What its records take from it.
    pub defaults: Defaults,
    /// What outputs want of each record.
    pub note: Option<Note>,
    /// The source is a JSON document, whose elements are records, not its lines.
    pub document: bool,
}

/// A record that is open at the end of a block.
#[derive(Debug)]
struct Carry {
    lane: u64,
    text: Vec<u8>,
    lines: u32,
    line: u64,
    last_line: u64,
    offset: u64,
    end: u64,
}

/// Something that was passed over, with its line in the source, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkippedAt {
    /// Why.
    pub reason: SkipReason,
    /// How often.
    pub count: u64,
    /// The first line.
    pub line: u64,
}

/// The seam of one source.
#[derive(Debug, Default)]
pub struct Seam {
    states: Vec<(u64, LaneState)>,
    last_lines: Vec<(u64, u64)>,
    carries: Vec<Carry>,
    held: Vec<(Event, Vec<crate::model::Detail>, Vec<u8>)>,
    line: u64,
    worker: Worker,
    splitter: Splitter,
    dating: Dating,
    /// What was passed over so far.
    pub skipped: Vec<SkippedAt>,
    /// Blocks that had to be read a second time.
    pub reread: u64,
}

impl Seam {
    /// The seam of a source whose first times are dated by `dating`.
    pub fn new(dating: Dating) -> Seam {
        Seam { dating, ..Seam::default() }
    }

    /// The lane states after the blocks so far: a good guess for blocks to come.
    pub fn states(&self) -> &[(u64, LaneState)] {
        &self.states
    }

    /// Takes the next bytes of a document.
    pub fn absorb_document(&mut self, bytes: &[u8], source: &SourceContext, consumer: &mut dyn Consumer) {
        let mut elements = Vec::new();
        self.splitter.feed(bytes, &mut elements);
        let (text, offset) = self.splitter.bytes();
        let Read { mut batch, notes, .. } =
            self.worker.elements(text, &elements, &source.defaults, source.note);
        for event in &mut batch.events {
            event.place.line += 1;
            event.place.offset += offset;
        }
        self.line += memchr::memchr_iter(b'\n', bytes).count() as u64;
        self.hand_on(batch, notes, consumer);
    }

    /// Takes the next block in order, as a worker read it.
    pub fn absorb(
        &mut self,
        block: &[u8],
        offset: u64,
        read: Read,
        source: &SourceContext,
        consumer: &mut dyn Consumer,
    ) {
        let mut read = read;
        let (mut from, mut block, mut offset) = (0usize, block, offset);
        loop {
            block = &block[from..];
            offset += from as u64;
            if from > 0 || !self.agrees(&read) {
                self.reread += 1;
                read = self.worker.block(block, &source.profile, &source.defaults, &self.states, source.note);
            }
            match self.limit(&read) {
                None => break,
                Some((lane, lines)) => {
                    // the record is full in the midst of its leading lines: read on behind them afresh
                    let upto = self.cut(block, &read, lane, lines);
                    let head = self.worker.block(
                        &block[..upto],
                        &source.profile,
                        &source.defaults,
                        &self.states,
                        source.note,
                    );
                    self.join(block, offset, head, source, consumer);
                    set(&mut self.states, lane, LaneState { mode: Mode::Bare, partial: false });
                    from = upto;
                    if from == block.len() {
                        return;
                    }
                }
            }
        }
        self.join(block, offset, read, source, consumer);
    }

    /// Whether the worker read the block with the states that turned out to be true.
    fn agrees(&self, read: &Read) -> bool {
        read.exit.lanes.iter().all(|lane| {
            let state = get(&self.states, lane.lane);
            !lane.appeared || lane.entry == state || !lane.mattered && lane.entry.partial == state.partial
        }) && !read.exit.leading.iter().any(|leading| self.is_silent(leading.lane, leading.line))
    }

    /// Whether a lane was silent for too long before this line of the next block.
    fn is_silent(&self, lane: u64, line: u64) -> bool {
        let last = self.last_lines.iter().find(|(key, _)| *key == lane).map(|(_, line)| *line);
        last.is_some_and(|last| self.line + line - last > MAX_SILENCE)
    }

    /// A lane whose open record would grow beyond its limit, and how many of its leading lines still fit.
    fn limit(&self, read: &Read) -> Option<(u64, usize)> {
        read.exit.leading.iter().find_map(|leading| {
            let carry = self.carries.iter().find(|carry| carry.lane == leading.lane)?;
            let mut lines = carry.lines;
            let mut bytes = carry.text.len();
            let fit = leading.lines.iter().take_while(|(start, end)| {
                let fits = lines < MAX_RECORD_LINES && bytes < MAX_RECORD_BYTES;
                lines += 1;
                bytes += end - start + 1;
                fits
            });
            let fit = fit.count();
            (fit < leading.lines.len()).then_some((leading.lane, fit))
        })
    }

    /// The end of the line before the first leading line of `lane` that does not fit.
    fn cut(&self, block: &[u8], read: &Read, lane: u64, fit: usize) -> usize {
        let leading = read.exit.leading.iter().find(|leading| leading.lane == lane);
        leading.and_then(|leading| leading.lines.get(fit)).map_or(block.len(), |&(start, _)| start)
    }

    fn join(
        &mut self,
        block: &[u8],
        offset: u64,
        read: Read,
        source: &SourceContext,
        consumer: &mut dyn Consumer,
    ) {
        let Read { mut batch, notes, exit } = read;
        for leading in &exit.leading {
            let line = self.line;
            if let Some(carry) = self.carries.iter_mut().find(|carry| carry.lane == leading.lane) {
                for &(start, end) in &leading.lines {
                    carry.text.extend_from_slice(&block[start..end]);
                    carry.text.push(b'\n');
                    carry.end = offset + end as u64;
                }
                carry.lines += leading.lines.len() as u32;
                carry.last_line = line + leading.line + leading.lines.len() as u64 - 1;
            }
        }
        let mut whole = Vec::new();
        for lane in exit.lanes.iter().filter(|lane| lane.started) {
            if let Some(index) = self.carries.iter().position(|carry| carry.lane == lane.lane) {
                whole.push(self.carries.remove(index));
            }
        }
        whole.sort_by_key(|carry| carry.line);
        for event in &mut batch.events {
            event.place.line += self.line + 1;
            event.place.offset += offset;
        }
        self.carries.extend(exit.open.iter().map(|open| {
            let mut text = Vec::new();
            for &(start, end) in &open.lines {
                text.extend_from_slice(&block[start..end]);
                text.push(b'\n');
            }
            let (first, last) = (open.lines[0], open.lines[open.lines.len() - 1]);
            Carry {
                lane: open.lane,
                text,
                lines: open.lines.len() as u32,
                line: self.line + open.line + 1,
                last_line: self.line + open.line + open.lines.len() as u64 - 1,
                offset: offset + first.0 as u64,
                end: offset + last.1 as u64,
            }
        }));
        for lane in exit.lanes.iter().filter(|lane| lane.appeared) {
            let mut state = lane.exit;
            if !lane.started && !lane.mattered {
                state.mode = get(&self.states, lane.lane).mode;
            }
            set(&mut self.states, lane.lane, state);
            set(&mut self.last_lines, lane.lane, self.line + lane.last_line);
        }
        for skipped in &exit.skipped {
            let line = self.line + skipped.line + 1;
            match self.skipped.iter_mut().find(|other| other.reason == skipped.reason) {
                Some(other) => other.count += skipped.count,
                None => self.skipped.push(SkippedAt { reason: skipped.reason, count: skipped.count, line }),
            }
        }
        self.line += exit.lines;
        let silent = self.line.saturating_sub(MAX_SILENCE);
        let quiet: Vec<Carry> = extract_if(&mut self.carries, |carry| carry.last_line < silent);
        whole.extend(quiet);
        let finished: Vec<(Batch, Notes)> = whole.iter().map(|carry| self.finish(carry, source)).collect();
        self.emit(finished, batch, notes, consumer);
    }

    /// Reads a record whose lines are all there.
    fn finish(&mut self, carry: &Carry, source: &SourceContext) -> (Batch, Notes) {
        let (mut batch, notes) =
            self.worker.whole(&carry.text, &source.profile, &source.defaults, source.note);
        for event in &mut batch.events {
            event.place.line = carry.line;
            event.place.offset = carry.offset;
            event.place.len = (carry.end - carry.offset).try_into().unwrap_or(u32::MAX);
        }
        (batch, notes)
    }

    /// Hands events on in the order of their lines; those behind a record that is still open wait.
    fn emit(
        &mut self,
        finished: Vec<(Batch, Notes)>,
        batch: Batch,
        notes: Notes,
        consumer: &mut dyn Consumer,
    ) {
        let open = self.carries.iter().map(|carry| carry.line).min().unwrap_or(u64::MAX);
        let last = |batch: &Batch| batch.events.last().map_or(0, |event| event.place.line);
        let first = |batch: &Batch| batch.events.first().map_or(u64::MAX, |event| event.place.line);
        let mut upto = 0;
        let ordered = finished.iter().map(|(batch, _)| batch).chain([&batch]).all(|batch| {
            let fits = first(batch) >= upto && batch.events.is_sorted_by_key(|event| event.place.line);
            upto = upto.max(last(batch));
            fits
        });
        if self.held.is_empty() && ordered && upto < open {
            for (batch, notes) in finished.into_iter().chain([(batch, notes)]) {
                self.hand_on(batch, notes, consumer);
            }
            return;
        }
        // several lanes: merge by line
        let mut symbols = crate::model::Symbols::default();
        for (batch, notes) in finished.into_iter().chain([(batch, notes)]) {
            for (index, event) in batch.events.iter().enumerate() {
                self.held.push((event.clone(), batch.details(event).to_vec(), notes.of(index).to_vec()));
            }
            symbols.absorb(batch.symbols);
        }
        self.held.sort_by_key(|(event, ..)| (event.place.line, event.place.part));
        let ready = self.held.partition_point(|(event, ..)| event.place.line < open);
        let mut merged = Batch { symbols, ..Batch::default() };
        let mut merged_notes = Notes::default();
        for (mut event, details, note) in self.held.drain(..ready) {
            event.details_start = merged.details.len() as u32;
            merged.details.extend(details);
            merged.events.push(event);
            merged_notes.bytes.extend(note);
            merged_notes.ends.push(merged_notes.bytes.len());
        }
        self.hand_on(merged, merged_notes, consumer);
    }

    fn hand_on(&mut self, mut batch: Batch, notes: Notes, consumer: &mut dyn Consumer) {
        self.dating.settle(&mut batch.events);
        if !batch.events.is_empty() || !batch.symbols.is_empty() {
            consumer.take(batch, notes);
        }
    }

    /// Passes over a block that could not be read: the records open before it are whole.
    pub fn pass_over(&mut self, block: &[u8]) {
        self.recover(self.line, block);
    }

    /// Goes on behind a block in which something went wrong; `line` lines stood before it.
    pub fn recover(&mut self, line: u64, block: &[u8]) {
        let open = block.last().is_some_and(|&byte| byte != b'\n');
        self.line = line + memchr::memchr_iter(b'\n', block).count() as u64 + u64::from(open);
        self.worker = Worker::default();
        self.states.clear();
    }

    /// Ends the source: the records still open are whole. Gives how the source was dated.
    pub fn end(&mut self, source: &SourceContext, consumer: &mut dyn Consumer) -> Dating {
        let mut carries = std::mem::take(&mut self.carries);
        carries.sort_by_key(|carry| carry.line);
        let finished = carries.iter().map(|carry| self.finish(carry, source)).collect();
        self.emit(finished, Batch::default(), Notes::default(), consumer);
        let lost = self.splitter.unfinished();
        if lost > 0 {
            self.skipped.push(SkippedAt { reason: SkipReason::LongRecord, count: 1, line: self.line.max(1) });
        }
        self.dating.clone()
    }

    /// Physical lines so far.
    pub fn lines(&self) -> u64 {
        self.line
    }
}

fn get(states: &[(u64, LaneState)], lane: u64) -> LaneState {
    states.iter().find(|(key, _)| *key == lane).map_or(LaneState::default(), |(_, state)| *state)
}

fn set<T>(states: &mut Vec<(u64, T)>, lane: u64, value: T) {
    match states.iter_mut().find(|(key, _)| *key == lane) {
        Some((_, old)) => *old = value,
        None => states.push((lane, value)),
    }
}

fn extract_if<T>(items: &mut Vec<T>, mut test: impl FnMut(&T) -> bool) -> Vec<T> {
    let (taken, kept) = std::mem::take(items).into_iter().partition(|item| test(item));
    *items = kept;
    taken
}
