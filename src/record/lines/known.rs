//! Lines of known patterns, which are not read anew: see [`crate::record::pattern`].
//!
//! Such a line is *held* until the line behind it says that its record is whole. Nothing is done for it that its plan
//! tells; where a plan does not fit, the line is read as any other.

use super::pending::Pending;
use super::{Lines, MAX_SILENCE, Mode, Sink, nuls};
use crate::model::Stamp;
use crate::record::Profile;
use crate::record::pattern::{Drafts, Known, Mask, Planned};
use crate::record::{Brief, Pattern, Record};

/// A line of a known pattern.
#[derive(Debug, Default)]
pub(super) struct Held {
    start: usize,
    /// One past its text, without a carriage return.
    end: usize,
    /// One past all of it.
    line_end: usize,
    number: u64,
    plan: Planned,
    pub(super) mask: Mask,
    /// The time of the line, where that is all that was read; otherwise its drafts are filled.
    stamp: Option<Stamp>,
    drafts: Drafts,
}

impl Lines {
    /// Reads all lines anew from here on; what is given stays the same.
    pub fn without_patterns(&mut self) {
        self.patterns.switch_off();
    }

    /// Takes a line of a known pattern; of any other line, what is known of it.
    #[inline]
    pub(super) fn know(
        &mut self,
        block: &[u8],
        start: usize,
        line_end: usize,
        number: u64,
        profile: &Profile,
        sink: &mut dyn Sink,
    ) -> Option<Known> {
        let raw = &block[start..line_end];
        let line = raw.strip_suffix(b"\r").unwrap_or(raw);
        if line.len() < 2 || nuls(line) > 0 {
            return Some(Known::No);
        }
        let known = self.patterns.look_up(&block[start..], line.len(), profile, &mut self.next.mask);
        let Known::Plan(planned) = known else { return Some(known) };
        let Some(gist) = self.patterns.gist(planned) else { return Some(Known::No) };
        let Some(index) = self.lanes.iter().position(|lane| lane.key == 0) else { return Some(known) };
        let lane = &mut self.lanes[index];
        let expired = lane.appeared && number - lane.last_line > MAX_SILENCE;
        if expired || lane.state.partial || lane.state.mode == Mode::Entry || !sink.knows(planned.id) {
            return Some(known);
        }
        let Held { mask, drafts, stamp, .. } = &mut *self.next;
        // a line without a valid time may be something else
        let Ok(found) = gist.stamp(line, &mask.marks, &mut self.recent) else { return Some(Known::No) };
        if found.is_none() {
            let plan = self.patterns.plan(planned).map(|(_, plan, _)| plan);
            if plan.and_then(|plan| plan.fill(line, &mask.marks, drafts)).is_none() {
                return Some(Known::No);
            }
        }
        *stamp = found;
        lane.appeared = true;
        lane.last_line = number;
        lane.entry_mattered |= !lane.is_open() && !gist.timed;
        lane.state.mode = gist.mode;
        if lane.holds {
            self.hand_on_held(block, profile, sink);
        } else {
            lane.holds = true;
            if let Some(before) = lane.pending.take() {
                self.finish(block, before, profile, sink);
            }
        }
        std::mem::swap(&mut self.next, &mut self.held);
        let held = &mut *self.held;
        (held.start, held.end, held.line_end) = (start, start + line.len(), line_end);
        (held.number, held.plan) = (number, planned);
        None
    }

    /// Hands the held line on as a record.
    pub(super) fn hand_on_held(&mut self, block: &[u8], profile: &Profile, sink: &mut dyn Sink) {
        let Held { start, end, line_end, number, plan: planned, mask, stamp, drafts } = &mut *self.held;
        let text = &block[*start..*end];
        let (line, offset, len) = (*number, *start, *line_end - *start);
        if let Some(stamp) = *stamp
            && sink.brief(&Brief { id: planned.id, text, marks: &mask.marks, stamp, line, offset, len })
        {
            return;
        }
        if let Some((id, plan, free)) = self.patterns.plan(*planned) {
            if stamp.is_some() {
                // the time was read before
                let _ = plan.fill(text, &mask.marks, drafts);
            }
            let pattern = Pattern { id, line: text, marks: &mask.marks, free };
            let record = Record {
                layers: plan.layers(text, &mask.marks, drafts),
                line,
                offset,
                len,
                part: 0,
                pattern: Some(pattern),
            };
            if sink.alike(&record) {
                return;
            }
        }
        let pending = self.pending_of_held(block, profile);
        self.finish(block, pending, profile, sink);
    }

    /// Makes the held line the open record of its lane, to which lines may be added.
    pub(super) fn open_held(&mut self, block: &[u8], profile: &Profile) {
        if let Some(index) = self.lanes.iter().position(|lane| lane.holds) {
            let pending = self.pending_of_held(block, profile);
            self.lanes[index].holds = false;
            self.lanes[index].pending = Some(pending);
        }
    }

    fn pending_of_held(&mut self, block: &[u8], profile: &Profile) -> Box<Pending> {
        let Held { start, line_end, number, .. } = *self.held;
        let mut pending = self.spare.pop().unwrap_or_default();
        (pending.lane, _) = self.unwrap(block, start, line_end, number, false, &mut pending);
        pending.look = Some(pending.look(block, profile));
        pending
    }
}
