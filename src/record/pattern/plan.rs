//! How lines of one pattern are read: what was found in one of them, by places that correspond.

use super::{Pattern, Spot};
use crate::model::{Level, Stamp};
use crate::record::Profile;
use crate::record::lines::Mode;
use crate::record::look::Look;
use crate::record::timestamp::{self, DayOrder, Recent};
use crate::record::{At, Class, Draft, Field, Format, Layer, Layers, Role, Writing, pick};

/// Records of more layers are read anew each time.
pub(in crate::record) const MAX_LAYERS: usize = 2;

/// Around this place numbers of other lengths may put a bracket out of what is looked at.
const MAX_FREE: usize = 200;

/// How lines of one pattern are read.
#[derive(Debug)]
pub(in crate::record) struct Plan {
    layers: Vec<LayerPlan>,
    pub(in crate::record) gist: Gist,
}

/// What the lines of one pattern are: all that is needed of most of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::record) struct Gist {
    /// What the line makes of its lane.
    pub(in crate::record) mode: Mode,
    /// That it begins a record is told by its time.
    pub(in crate::record) timed: bool,
    /// Where the time stands, if only one layer states one.
    time: Option<(Part, Clock)>,
}

type Part = (Spot, Spot);

/// How a line was read.
#[derive(Debug)]
pub(in crate::record) struct Reading<'t> {
    /// At first sight.
    pub(in crate::record) seen: &'t Look,
    /// What it made of its lane.
    pub(in crate::record) mode: Mode,
    /// What is known of its source.
    pub(in crate::record) profile: &'t Profile,
    /// What was found in it.
    pub(in crate::record) layers: &'t Layers<'t>,
}

/// Slots, by number, and what must stand there.
type Pins = Vec<(u16, Box<[u8]>)>;

#[derive(Debug)]
struct LayerPlan {
    format: Format,
    text: Part,
    stamp: Option<(Part, Clock)>,
    level: Option<Level>,
    service: Option<Part>,
    service_is_weak: bool,
    instance: Option<Part>,
    thread: Option<Part>,
    logger: Option<Part>,
    message: Option<(Part, Writing)>,
}

/// How a time is read.
#[derive(Clone, Copy, Debug)]
enum Clock {
    /// It begins a text.
    Prefix(DayOrder),
    /// It is a field's value.
    Field(Writing),
}

impl Clock {
    fn read(self, text: &[u8], start: usize, end: usize) -> Option<Stamp> {
        match self {
            Clock::Prefix(order) => timestamp::parse_prefix(&text[start..], order)
                .filter(|(_, taken)| start + taken == end)
                .map(|(stamp, _)| stamp),
            Clock::Field(writing) => pick::time_of(&text[start..end], writing),
        }
    }
}

impl Plan {
    /// How the line was read, if all lines of its pattern are read so: the plan, and the slots that must be as they are.
    pub(super) fn learn(pattern: &Pattern<'_>, reading: &Reading<'_>) -> Option<(Plan, Pins)> {
        let Reading { seen, mode, profile, layers } = *reading;
        // escapes may stand for any character
        let escapes = memchr::memmem::find(pattern.line, b"\\u").is_some();
        if escapes || seen.class != Class::Start || layers.len == 0 || layers.len > MAX_LAYERS {
            return None;
        }
        let mut pins = Pins::new();
        let mut plans = Vec::new();
        for (index, layer) in layers.iter().enumerate() {
            plans.push(LayerPlan::learn(pattern, layer, seen, index == 0, profile, &mut pins)?);
        }
        let innermost = plans.last()?;
        let inside = innermost.message?;
        // what a message without level may be is told by its text
        let doubtful = innermost.level.is_none() && matches!(innermost.format, Format::Json);
        let near = inside.0.0.of(pattern.marks);
        let slots = pattern.marks[1..].chunks_exact(2).map(|slot| slot[0] as usize);
        if doubtful && slots.clone().any(|slot| (near..near + 40).contains(&slot)) {
            return None;
        }
        // the header of a text is told by its numbers, and what it is by what stands near its front
        let mut free = slots.zip(pattern.free).filter(|(_, free)| **free).map(|(slot, _)| slot);
        let open = memchr::memchr(b'[', pattern.line).unwrap_or_default();
        let text = innermost.format == Format::Text && free.any(|slot| slot <= near);
        let bracket = matches!(plans[0].format, Format::Text | Format::Access)
            && (MAX_FREE..MAX_FREE + 96).contains(&open);
        if text || bracket || seen.awaits_level {
            return None;
        }
        plans.iter().any(|plan| plan.stamp.is_some()).then_some(())?;
        let timed = seen.head.stamp.is_some();
        let mut times = plans.iter().filter_map(|plan| plan.stamp);
        let time = times.next().filter(|_| times.next().is_none());
        Some((Plan { layers: plans, gist: Gist { mode, timed, time } }, pins))
    }

    /// Fills a draft for each layer of another line of the pattern; `None` if the line has to be read anew.
    pub(in crate::record) fn fill(
        &self,
        line: &[u8],
        marks: &[u32],
        drafts: &mut super::Drafts,
    ) -> Option<()> {
        for (plan, draft) in self.layers.iter().zip(drafts) {
            plan.fill(line, marks, draft)?;
        }
        Some(())
    }

    /// The layers of a line whose drafts were filled.
    pub(in crate::record) fn layers<'t>(
        &self,
        line: &'t [u8],
        marks: &[u32],
        drafts: &'t super::Drafts,
    ) -> Layers<'t> {
        let mut layers = Layers::default();
        for (plan, draft) in self.layers.iter().zip(drafts) {
            let text = &line[plan.text.0.of(marks)..plan.text.1.of(marks)];
            layers = layers.with(Layer { text, draft, format: plan.format, names: &[] });
        }
        layers
    }
}

impl Gist {
    /// The time of another line of the pattern, if it can be read apart from all else; `Err` if it is none there.
    #[inline]
    pub(in crate::record) fn stamp(
        &self,
        line: &[u8],
        marks: &[u32],
        recent: &mut Recent,
    ) -> Result<Option<Stamp>, ()> {
        let Some(((start, end), clock)) = self.time else { return Ok(None) };
        let (start, end) = (start.of(marks), end.of(marks));
        recent.read(line, start, end, || clock.read(line, start, end)).map(Some).ok_or(())
    }
}

impl LayerPlan {
    fn learn(
        pattern: &Pattern<'_>,
        layer: &Layer<'_>,
        seen: &Look,
        outermost: bool,
        profile: &Profile,
        pins: &mut Pins,
    ) -> Option<LayerPlan> {
        let draft = layer.draft;
        let (start, end) = pattern.find(layer.text)?;
        let known = matches!(
            layer.format,
            Format::Json | Format::Logfmt | Format::Text | Format::Access | Format::Syslog
        );
        // what is no status is no field either
        let unsure =
            layer.format == Format::Access && !draft.fields.iter().any(|field| field.role == Role::Status);
        if !known
            || unsure
            || draft.likely_stamp.is_some()
            || !layer.names.is_empty()
            || outermost && start > 0
        {
            return None;
        }
        for field in &draft.fields {
            let constant = |at: At| pattern.is_constant(start + at.start as usize, start + at.end());
            if !is_told_by_its_text(field) || !constant(field.name) || !constant(field.parent) {
                return None;
            }
            if is_pinned(field) {
                pin(pattern, start + field.value.start as usize, start + field.value.end(), pins);
            }
        }
        let place = |at: At| pattern.part(start + at.start as usize, start + at.end());
        let optional = |at: Option<At>| match at {
            Some(at) => place(at).map(Some),
            None => Some(None),
        };
        let stamp = match draft.stamp {
            None => None,
            Some(stamp) => {
                let (from, to, clock) = find_time(pattern, layer, start, seen, profile)?;
                if clock.read(pattern.line, from, to) != Some(stamp) {
                    return None;
                }
                if layer.format == Format::Syslog {
                    // the severity stands before the time
                    pin(pattern, start, from, pins);
                }
                Some((pattern.part(from, to)?, clock))
            }
        };
        Some(LayerPlan {
            format: layer.format,
            text: pattern.part(start, end)?,
            stamp,
            level: draft.level,
            service: optional(draft.service)?,
            service_is_weak: draft.service_is_weak,
            instance: optional(draft.instance)?,
            thread: optional(draft.thread)?,
            logger: optional(draft.logger)?,
            message: match draft.message {
                Some((at, writing)) => Some((place(at)?, writing)),
                None => None,
            },
        })
    }

    fn fill(&self, line: &[u8], marks: &[u32], draft: &mut Draft) -> Option<()> {
        let base = self.text.0.of(marks);
        let at = |(start, end): Part| At::new(start.of(marks) - base, end.of(marks) - base);
        draft.stamp = match self.stamp {
            None => None,
            Some(((start, end), clock)) => Some(clock.read(line, start.of(marks), end.of(marks))?),
        };
        draft.level = self.level;
        draft.service = self.service.map(at);
        draft.service_is_weak = self.service_is_weak;
        draft.instance = self.instance.map(at);
        draft.thread = self.thread.map(at);
        draft.logger = self.logger.map(at);
        draft.message = self.message.map(|(part, writing)| (at(part), writing));
        Some(())
    }
}

/// Whether the bytes of a field's value tell all that it does, or it can be pinned.
fn is_told_by_its_text(field: &Field) -> bool {
    match field.role {
        Role::TimeSeconds | Role::TimeNanos => false,
        // such a value may be a time
        Role::Duration | Role::DurationSeconds => field.value.len <= 18,
        _ => true,
    }
}

/// Whether the number in a field's value decides more than the value itself.
fn is_pinned(field: &Field) -> bool {
    matches!(field.role, Role::Level | Role::SeverityNumber)
}

fn pin(pattern: &Pattern<'_>, start: usize, end: usize, pins: &mut Pins) {
    for (number, slot) in pattern.marks[1..].chunks_exact(2).enumerate() {
        let (from, to) = (slot[0] as usize, slot[1] as usize);
        if from < end && to > start {
            pins.push((number as u16, pattern.line[from..to].into()));
        }
    }
}

/// Where the time of a layer stands in the line, and how it is read.
fn find_time(
    pattern: &Pattern<'_>,
    layer: &Layer<'_>,
    start: usize,
    seen: &Look,
    profile: &Profile,
) -> Option<(usize, usize, Clock)> {
    let prefix = |from: usize, order: DayOrder| {
        let (_, taken) = timestamp::parse_prefix(&pattern.line[from..], order)?;
        Some((from, from + taken, Clock::Prefix(order)))
    };
    match layer.format {
        Format::Text => {
            // the time of a text without one in its header stands somewhere else
            let head = seen.head;
            head.stamp.filter(|_| start == 0 && seen.format == Format::Text)?;
            let (from, to) = (head.stamp_at.start as usize, head.stamp_at.end());
            if head.message <= from || may_hold_time(pattern, head.message, from, to) {
                return None;
            }
            prefix(seen.head.stamp_at.start as usize, profile.order)
        }
        Format::Access => prefix(start + memchr::memchr(b'[', layer.text)? + 1, profile.order),
        Format::Syslog => {
            let mut slots = pattern.marks[1..].chunks_exact(2).map(|slot| slot[0] as usize);
            let from = slots.find(|&slot| slot >= start && pattern.line.get(slot + 4) == Some(&b'-'))?;
            prefix(from, DayOrder::MonthFirst)
        }
        _ => {
            let mut times = layer.draft.fields.iter().filter(|field| {
                let is_moment = || timestamp::is_moment(field.value.of(layer.text));
                match field.role {
                    Role::Time | Role::LevelOrTime => field.writing != Writing::Null,
                    Role::DurationMillis | Role::DurationSeconds | Role::Duration => is_moment(),
                    _ => false,
                }
            });
            let field = times.next()?;
            // of several the finer counts
            if times.next().is_some() {
                return None;
            }
            let (from, to) = (start + field.value.start as usize, start + field.value.end());
            Some((from, to, Clock::Field(field.writing)))
        }
    }
}

/// Whether a header holds numbers, besides its time from `from` to `to`, that with other digits could be a time.
fn may_hold_time(pattern: &Pattern<'_>, header: usize, from: usize, to: usize) -> bool {
    let mut before = 0;
    pattern.marks[1..].chunks_exact(2).any(|slot| {
        let (start, end) = (slot[0] as usize, slot[1] as usize);
        let beside = start == before + 1 && matches!(pattern.line[before], b'-' | b'/' | b':' | b'.');
        let epoch = matches!(end - start, 8 | 10 | 13 | 16 | 19)
            && pattern.line[start..end].iter().all(u8::is_ascii_digit);
        before = end;
        start < header && (start < from || start >= to) && (beside || epoch)
    })
}
