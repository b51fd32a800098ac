//! What the steps of one record give in all records of its pattern.

use super::{Key, KeyName, Text};
use crate::context::fields::program;
use crate::context::tape::{Own, Part};
use crate::context::{header, id, stem};
use crate::model::{Shape, Symbol};
use crate::record::{Pattern, Role};

/// Bytes of a trace id and a span id with a byte between them.
const BOTH: usize = 49;

/// What the value of a name that carries trace context gives.
pub(super) enum Context {
    /// Nothing that an event keeps.
    Nothing,
    /// A header.
    Header,
    /// An id in hex digits.
    Own(Own),
    /// A trace id and a span id in hex digits.
    Both(Part, Part),
}

pub(super) struct Learner<'p> {
    pub(super) pattern: &'p Pattern<'p>,
}

impl<'p> Learner<'p> {
    pub(super) fn part(&self, (start, end): Part) -> &'p [u8] {
        &self.pattern.line[start.of(self.pattern.marks)..end.of(self.pattern.marks)]
    }

    /// What a value gives in all records; `None` if that is not known.
    pub(super) fn context(&self, role: Role, value: Part) -> Option<Context> {
        let text = self.part(value);
        let own = match role {
            Role::TraceId => Own::Trace,
            Role::SpanId => Own::Span,
            Role::ParentId => Own::Parent,
            _ if header::read(role, text).is_some()
                && !matches!(role, Role::XrayTraceId | Role::GcpTrace) =>
            {
                return Some(Context::Header);
            }
            _ => return None,
        };
        // zeros are a kind of their own
        if text.is_empty() || text.iter().all(|&byte| byte == b'0') {
            return Some(Context::Nothing);
        }
        if if own == Own::Trace { id::exact_trace(text).is_some() } else { id::exact_span(text).is_some() } {
            return Some(Context::Own(own));
        }
        if own == Own::Trace && id::trace_and_span(text).is_some() {
            let (start, end) = self.pattern.find(text)?;
            let part = |start, end| self.pattern.part(start, end);
            return Some(Context::Both(part(start, start + 32)?, part(start + 33, end)?));
        }
        if self.is_torn(value) {
            return Some(Context::Nothing);
        }
        let refused = match own {
            Own::Trace => text.len() < BOTH && id::trace(text).is_err(),
            Own::Span => id::span(text).is_err(),
            Own::Parent => text.len() < BOTH && id::span(text).is_err(),
        };
        (refused && self.is_same(value)).then_some(Context::Nothing)
    }

    /// Whether a value is no id in all records, as a blank of the line itself stands in it where an id goes on.
    fn is_torn(&self, value: Part) -> bool {
        let text = self.part(value);
        let Some((start, end)) = self.pattern.find(text) else { return false };
        let slots = self.pattern.marks[1..].chunks_exact(2).zip(self.pattern.free);
        let is_inside = |slot: &[u32]| slot[0] as usize >= start && slot[1] as usize <= end;
        let mut shifts = slots.filter(|(slot, free)| **free && is_inside(slot));
        let goes_on = |at: &usize| {
            text[..*at].last().is_some_and(u8::is_ascii_alphanumeric)
                && text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
        };
        shifts.next().is_none()
            && text.len() != BOTH
            && !text.contains(&b'/')
            && !text[..text.len().min(5)].eq_ignore_ascii_case(b"root=")
            && memchr::memchr(b' ', text).filter(goes_on).is_some_and(|at| at < BOTH)
    }

    pub(super) fn is_same(&self, (start, end): Part) -> bool {
        self.pattern.is_constant(start.of(self.pattern.marks), end.of(self.pattern.marks))
    }

    /// Whether a value tells in all records that one program asked, of whatever version.
    pub(super) fn is_one_program(&self, role: Role, value: Part) -> bool {
        let name = program(self.part(value)).filter(|_| role == Role::Caller);
        name.and_then(|name| self.pattern.find(name))
            .is_some_and(|(start, end)| self.pattern.is_constant(start, end))
    }

    /// A key of which one value stands in the line.
    pub(super) fn key(&self, name: KeyName, value: Part, shape: Shape) -> Key {
        let parted = shape == Shape::Mixed && !self.is_rigid_word(value);
        Key { name, value, shape, parted, told: 0 }
    }

    /// Whether values of this kind have no mark near their end, wherever they stand.
    fn is_rigid_word(&self, (start, end): Part) -> bool {
        let (start, end) = (start.of(self.pattern.marks), end.of(self.pattern.marks));
        let mut slots = self.pattern.marks[1..].chunks_exact(2).zip(self.pattern.free);
        let rigid = slots.all(|(slot, free)| !free || slot[1] as usize <= start || slot[0] as usize >= end);
        rigid && !stem::may_have(&self.pattern.line[start..end])
    }

    pub(super) fn text(&self, text: &[u8]) -> Option<Text> {
        if text.is_empty() {
            return Some(Text::Same(Symbol::NONE, Box::default()));
        }
        let (start, end) = self.pattern.find(text)?;
        if self.pattern.is_constant(start, end) {
            return Some(Text::Same(Symbol::of(text), text.into()));
        }
        self.pattern.part(start, end).map(Text::Part)
    }
}
