//! What is done in the order of a line of work: sources begin, blocks go through the seam, sources end.

use super::dating::Dating;
use super::read::{Settings, SourceRead, Taker, Text};
use super::seam::{Consumer, Seam, SourceContext};
use super::worker::{Notes, Read};
use crate::input::{Block, Original};
use crate::model::{Batch, SkipReason, SourceId, flag};
use crate::record::LaneState;
use std::any::Any;
use std::io::{Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// States of the lanes at the ends of blocks.
pub(super) type Boundaries = Arc<Mutex<Vec<(u64, LaneState)>>>;

/// Something that reached its turn in a line of work.
pub(super) enum Turn {
    Begin(Box<Begun>),
    Read { block: Block, read: Box<Read> },
    Skipped { reason: SkipReason, count: u64 },
    Failed { block: Block, what: String },
    End { bytes: u64 },
}

impl Turn {
    /// Whether a block is held.
    pub(super) fn holds(&self) -> bool {
        matches!(self, Turn::Read { .. } | Turn::Failed { .. })
    }
}

/// A source that begins.
pub(super) struct Begun {
    pub(super) id: SourceId,
    pub(super) name: Arc<str>,
    pub(super) context: Arc<SourceContext>,
    pub(super) dating: Dating,
    pub(super) original: Option<Original>,
    pub(super) hint: Boundaries,
}

/// What happens in order in one line of work.
pub(super) struct Order<'t> {
    taker: Box<dyn Taker + 't>,
    current: Option<Current>,
    pub(super) done: Vec<(SourceId, SourceRead)>,
    pub(super) failures: Vec<String>,
}

struct Current {
    begun: Begun,
    seam: Seam,
    text: Text,
    skipped: Vec<(SkipReason, u64, Option<u64>)>,
    /// Records were handed on.
    told: bool,
}

impl<'t> Order<'t> {
    pub(super) fn new(taker: Box<dyn Taker + 't>) -> Order<'t> {
        Order { taker, current: None, done: Vec::new(), failures: Vec::new() }
    }

    /// Takes the next turn.
    pub(super) fn turn(&mut self, turn: Turn, settings: &Settings) {
        match turn {
            Turn::Begin(begun) => {
                let text = match &begun.original {
                    Some(original) => Text::File(original.clone()),
                    None if settings.keep_text => tempfile::tempfile().map_or(Text::Gone, Text::Spooled),
                    None => Text::Gone,
                };
                let seam = Seam::new(begun.dating.clone());
                self.current = Some(Current { begun: *begun, seam, text, skipped: Vec::new(), told: false });
            }
            Turn::Read { block, read } => {
                let Some(current) = &mut self.current else { return };
                self.failures.extend(current.keep(&block));
                self.failures.extend(current.absorb(&block, *read, &mut *self.taker));
            }
            Turn::Skipped { reason, count } => {
                if let Some(current) = &mut self.current {
                    let line = (reason == SkipReason::LongLine).then(|| current.seam.lines().max(1));
                    current.skip(reason, count, line);
                }
            }
            Turn::Failed { block, what } => {
                let Some(current) = &mut self.current else { return };
                self.failures.push(current.failure(block.offset, &what));
                current.seam.pass_over(block.bytes());
            }
            Turn::End { bytes } => {
                let Some(current) = self.current.take() else { return };
                let id = current.begun.id;
                let (read, failure) = current.end(bytes, &mut *self.taker);
                self.failures.extend(failure);
                self.done.push((id, read));
            }
        }
    }
}

impl Current {
    /// Keeps the text of a source that cannot be read again; gives what went wrong.
    fn keep(&mut self, block: &Block) -> Option<String> {
        let Text::Spooled(file) = &mut self.text else { return None };
        let written = file.seek(SeekFrom::Start(block.offset)).and_then(|_| file.write_all(block.bytes()));
        let error = written.err()?;
        self.text = Text::Gone;
        Some(format!("cannot keep the text of '{}': {}", self.begun.name, crate::input::words(&error)))
    }

    /// Puts a block that was read behind those before it; gives what went wrong.
    fn absorb(&mut self, block: &Block, read: Read, taker: &mut dyn Taker) -> Option<String> {
        let Begun { id, name, context, .. } = &self.begun;
        let mut hand = Hand { taker, source: *id, name, told: self.told, ends: false, no_log: false };
        let line = self.seam.lines();
        let seam = &mut self.seam;
        let done = catch_unwind(AssertUnwindSafe(|| {
            if context.document {
                seam.absorb_document(block.bytes(), context, &mut hand);
            } else {
                seam.absorb(block.bytes(), block.offset, read, context, &mut hand);
            }
        }));
        self.told = hand.told;
        let failure = done.err().map(|panic| {
            self.seam.recover(line, block.bytes());
            self.failure(block.offset, &words(&*panic))
        });
        let mut hint = self.begun.hint.lock().unwrap_or_else(PoisonError::into_inner);
        hint.clear();
        hint.extend_from_slice(self.seam.states());
        failure
    }

    fn end(mut self, bytes: u64, taker: &mut dyn Taker) -> (SourceRead, Option<String>) {
        let Begun { id, name, context, .. } = &self.begun;
        let ends = self.seam.lines() > 1;
        let mut hand = Hand { taker, source: *id, name, told: self.told, ends, no_log: false };
        let seam = &mut self.seam;
        let ended = catch_unwind(AssertUnwindSafe(|| seam.end(context, &mut hand)));
        let (dating, failure) = match ended {
            Ok(dating) => (dating, None),
            Err(panic) => (self.begun.dating.clone(), Some(self.failure(bytes, &words(&*panic)))),
        };
        if hand.no_log {
            self.skip(SkipReason::NoLog, 1, Some(1));
        }
        for skipped in std::mem::take(&mut self.seam.skipped) {
            self.skip(skipped.reason, skipped.count, Some(skipped.line));
        }
        let read = SourceRead {
            name: self.begun.name,
            dating,
            bytes,
            lines: self.seam.lines(),
            text: self.text,
            context: self.begun.context,
            skipped: self.skipped,
        };
        (read, failure)
    }

    fn skip(&mut self, reason: SkipReason, count: u64, line: Option<u64>) {
        match self.skipped.iter_mut().find(|(other, ..)| *other == reason) {
            Some((_, total, _)) => *total += count,
            None => self.skipped.push((reason, count, line)),
        }
    }

    fn failure(&self, offset: u64, what: &str) -> String {
        format!("internal error in '{}' at byte {offset}: {what}", self.begun.name)
    }
}

/// What a panic said.
pub(super) fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no reason given".to_owned())
}

/// Whether what a whole source holds is one object over several lines without a time, a level or a message: a document such
/// as a setting or a result, in which nothing is logged.
fn no_log(batch: &Batch) -> bool {
    let [event] = batch.events.as_slice() else { return false };
    event.is(flag::TIME_UNKNOWN | flag::TIME_INHERITED)
        && event.level.is_none()
        && event.template.is_none()
        && !event.is(flag::WHOLE_SPAN)
}

struct Hand<'a, 't> {
    taker: &'a mut (dyn Taker + 't),
    source: SourceId,
    name: &'a str,
    /// Records were handed on.
    told: bool,
    /// The source ends, and has several lines.
    ends: bool,
    /// All that the source holds is no record.
    no_log: bool,
}

impl Consumer for Hand<'_, '_> {
    fn take(&mut self, batch: Batch, notes: Notes) {
        if self.ends && !self.told && no_log(&batch) {
            self.no_log = true;
            return;
        }
        self.told |= !batch.events.is_empty();
        self.taker.take(self.source, self.name, batch, notes);
    }
}
