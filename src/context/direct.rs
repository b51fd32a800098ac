//! Events of records whose pattern tells nearly all of them: no search, no fields, only the parts that differ.
//!
//! Made from the steps that found the context of a record like them ([`super::tape`]). A plan is used only if it gives for
//! that record the event that was written of it.

use super::event::{Defaults, set_time};
use super::tape::{Own, Part, Step};
use super::{id, scan};
use crate::model::{Batch, Detail, Event, Level, Place, Shape, Symbol, flag};
use crate::record::{Brief, Pattern, Record, Role};

/// A text of an event.
#[derive(Debug)]
enum Text {
    /// The same in all records.
    Same(Symbol, Box<[u8]>),
    /// A part of the line.
    Part(Part),
}

#[derive(Debug)]
struct Key {
    name: Symbol,
    name_text: Box<[u8]>,
    value: Part,
    shape: Shape,
    /// The batch that has the text of the name.
    told: u64,
}

/// A detail that is no key.
#[derive(Debug)]
enum Rest {
    /// The same in all records.
    Same(Detail),
    /// A duration, and the unit of a bare number.
    Duration(Part, u64),
    /// An HTTP status.
    Status(Part),
}

/// How events of one pattern are written.
#[derive(Debug)]
pub(super) struct Direct {
    /// The event, but for what differs.
    event: Event,
    trace: Option<Part>,
    span: Option<Part>,
    parent: Option<Part>,
    thread: Option<Part>,
    /// The service that the record states, and whether it is only likely one.
    service: Option<(Text, bool)>,
    /// The service that the place of ids tells.
    placed: Option<Text>,
    instance: Option<Text>,
    keys: Vec<Key>,
    rest: Vec<Rest>,
    /// Texts of symbols that are the same in all records.
    texts: Vec<(Symbol, Box<[u8]>)>,
    /// The batch that has these texts.
    told: u64,
}

/// Bits that the time sets.
const OF_TIME: u16 = flag::NO_YEAR | flag::NO_DATE | flag::ZONED | flag::TIME_UNKNOWN;

impl Direct {
    /// How records of a pattern are written, of which one was written to the end of `batch` after `steps` were taken.
    pub(super) fn learn(
        steps: &[Step],
        template: &(Symbol, Box<[u8]>),
        record: &Record<'_>,
        pattern: &Pattern<'_>,
        batch: &Batch,
    ) -> Option<Direct> {
        let event = batch.events.last()?;
        let learner = Learner { pattern };
        let mut direct = Direct {
            event: Event { flags: event.flags & !(OF_TIME | flag::FAILED), ..event.clone() },
            trace: None,
            span: None,
            parent: None,
            thread: None,
            service: None,
            placed: None,
            instance: None,
            keys: Vec::new(),
            rest: Vec::new(),
            texts: vec![(template.0, template.1.clone())],
            told: 0,
        };
        if let Some((name, weak)) = record.service().filter(|(name, _)| super::event::is_service(name)) {
            direct.service = Some((learner.text(name)?, weak));
        }
        if let Some(name) = record.instance().filter(|name| !name.is_empty()) {
            direct.instance = Some(learner.text(name)?);
        }
        if let Some(thread) = record.thread()
            && let Text::Part(part) = learner.text(thread)?
        {
            direct.thread = Some(part);
        }
        let mut ranks = [u8::MAX; 3];
        let mut own = |own: Own, rank: u8, part: Part| {
            let slot = own as usize;
            if rank < ranks[slot] {
                ranks[slot] = rank;
                let place = [&mut direct.trace, &mut direct.span, &mut direct.parent];
                *place.into_iter().nth(slot)? = Some(part);
            }
            Some(())
        };
        let (mut duration, mut status) = (None, None);
        for step in steps {
            match step {
                Step::Exact { own: which, rank, scheme: _, id } => own(*which, *rank, *id)?,
                Step::Context { role, rank, name: _, value, text } => {
                    let written = learner.part(*value);
                    let rank = if *text { scan::IN_TEXT } else { *rank };
                    match role {
                        Role::TraceId if id::exact_trace(written).is_some() => own(Own::Trace, rank, *value)?,
                        Role::SpanId if id::exact_span(written).is_some() => own(Own::Span, rank, *value)?,
                        Role::ParentId if id::exact_span(written).is_some() => {
                            own(Own::Parent, rank, *value)?
                        }
                        // without a value there is nothing but the mark that is kept
                        Role::ParentId if written.is_empty() => {}
                        _ => return None,
                    }
                }
                Step::Key { name, text, value, shape } => {
                    let (name, name_text) = (*name, text.clone());
                    direct.keys.push(Key { name, name_text, value: *value, shape: *shape, told: 0 });
                }
                Step::Duration(part, unit) => duration = duration.or(Some(Rest::Duration(*part, *unit))),
                Step::Status(part) => status = status.or(Some(Rest::Status(*part))),
                Step::Service(part) => direct.placed = Some(learner.text(learner.part(*part))?),
                Step::Topic(part) | Step::Method(part) if learner.is_same(*part) => {}
                Step::Field { value, .. } if learner.is_same(*value) => {}
                // what is masked in a route is what differs
                Step::Route(_) | Step::Root | Step::Id(..) => {}
                _ => return None,
            }
        }
        if direct.keys.len() > super::MAX_KEYS {
            return None;
        }
        for detail in batch.details(event) {
            let rest = match detail {
                Detail::Key { .. } => continue,
                Detail::Header { .. } | Detail::Link { .. } => return None,
                Detail::Duration(_) => duration.take()?,
                Detail::Status(_) => status.take()?,
                Detail::Kind(_) => Rest::Same(*detail),
                Detail::Operation(symbol)
                | Detail::Topic(symbol)
                | Detail::Route(symbol)
                | Detail::Method(symbol)
                | Detail::Peer(symbol)
                | Detail::Database(symbol) => {
                    direct.texts.push((*symbol, batch.symbols.text(*symbol).as_bytes().into()));
                    Rest::Same(*detail)
                }
            };
            direct.rest.push(rest);
        }
        // one that has no worth here may have one elsewhere
        (duration.is_none() && status.is_none()).then_some(direct)
    }

    /// Whether this gives the last event of `batch` for its record.
    pub(super) fn gives(&mut self, brief: &Brief<'_>, defaults: &Defaults, batch: &Batch) -> bool {
        let mut other = Batch::default();
        let written = self.write(brief, defaults, &mut other, u64::MAX);
        let (Some(event), Some(expected)) = (other.events.first(), batch.events.last()) else { return false };
        let alike = Event { details_start: 0, ..expected.clone() };
        written
            && *event == alike
            && other.details(event) == batch.details(expected)
            && other.symbols.is_within(&batch.symbols)
    }

    /// Appends the event of a record of the pattern to `batch`, the one with number `serial`; `false` if it is not like
    /// the others.
    pub(super) fn write(
        &mut self,
        brief: &Brief<'_>,
        defaults: &Defaults,
        batch: &mut Batch,
        serial: u64,
    ) -> bool {
        let Brief { pattern: Pattern { line, marks, .. }, .. } = *brief;
        let text = |(start, end): Part| &line[start.of(marks)..end.of(marks)];
        let start = batch.details.len();
        let mut event = Event {
            place: Place {
                source: defaults.source,
                line: brief.line,
                offset: brief.offset as u64,
                len: brief.len.try_into().unwrap_or(u32::MAX),
                part: 0,
            },
            details_start: start as u32,
            ..self.event.clone()
        };
        set_time(Some(brief.stamp), defaults, &mut event);
        if let Some(part) = self.trace {
            let Some(trace) = id::exact_trace(text(part)) else { return false };
            event.trace = Some(trace.id);
        }
        if let Some(part) = self.span {
            let Some(span) = id::exact_span(text(part)) else { return false };
            event.span = Some(span.id);
        }
        if let Some(part) = self.parent {
            let Some(span) = id::exact_span(text(part)) else { return false };
            event.parent = Some(span.id);
        }
        if let Some(part) = self.thread {
            event.thread = Symbol::of(text(part));
        }
        for key in &mut self.keys {
            let value = Symbol::of(text(key.value));
            let detail = Detail::Key { name: key.name, value, shape: key.shape };
            let is_same = |other: &Detail| matches!(other, Detail::Key { name, value: known, .. } if *name == key.name && *known == value);
            if !batch.details[start..].iter().any(is_same) {
                batch.details.push(detail);
                if key.told != serial {
                    key.told = serial;
                    batch.symbols.keep_as(key.name, &key.name_text);
                }
            }
        }
        for rest in &self.rest {
            let detail = match rest {
                Rest::Same(detail) => Some(*detail),
                Rest::Duration(part, unit) => scan::duration(text(*part), *unit).map(Detail::Duration),
                Rest::Status(part) => std::str::from_utf8(text(*part))
                    .ok()
                    .and_then(|status| status.parse().ok())
                    .filter(|status| (100..600).contains(status))
                    .map(Detail::Status),
            };
            let Some(detail) = detail else {
                batch.details.truncate(start);
                return false;
            };
            if matches!(detail, Detail::Status(500..)) && event.level >= Some(Level::Warn) {
                event.flags |= flag::FAILED;
            }
            batch.details.push(detail);
        }
        event.details_len = (batch.details.len() - start).try_into().unwrap_or(u16::MAX);
        let name = match &self.service {
            Some((name, false)) => Some(name),
            Some((name, true)) if !defaults.service_is_sure => self.placed.as_ref().or(Some(name)),
            _ => self.placed.as_ref(),
        };
        let symbols = &mut batch.symbols;
        let mut keep = |name: &Text| match name {
            Text::Same(symbol, text) => {
                if !symbols.has(*symbol) {
                    symbols.keep_as(*symbol, text);
                }
                *symbol
            }
            Text::Part(part) => symbols.keep(text(*part)),
        };
        event.service = name.map_or(defaults.service, &mut keep);
        event.instance = self.instance.as_ref().map_or(defaults.instance, &mut keep);
        if self.told != serial {
            self.told = serial;
            for (symbol, text) in &self.texts {
                batch.symbols.keep_as(*symbol, text);
            }
        }
        batch.events.push(event);
        true
    }
}

struct Learner<'p> {
    pattern: &'p Pattern<'p>,
}

impl<'p> Learner<'p> {
    fn part(&self, (start, end): Part) -> &'p [u8] {
        &self.pattern.line[start.of(self.pattern.marks)..end.of(self.pattern.marks)]
    }

    fn is_same(&self, (start, end): Part) -> bool {
        self.pattern.is_constant(start.of(self.pattern.marks), end.of(self.pattern.marks))
    }

    fn text(&self, text: &[u8]) -> Option<Text> {
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
