//! Events of records whose pattern tells nearly all of them: no search, no fields, only the parts that differ.
//!
//! Made from the steps that found the context of a record like them ([`super::tape`]). A plan is used only if it gives for
//! that record the event that was written of it.

mod learner;
mod places;

pub use places::Places;

use super::event::{Defaults, set_time};
use super::tape::{Own, Part, Step};
use super::{header, id, scan, stem, words};
use crate::model::{
    Batch, Detail, Event, HeaderRole, Level, Place, Prefix, Shape, SpanId, Symbol, TraceId, flag,
};
use crate::record::{Brief, Pattern, Record, Role};
use learner::{Context, Learner};

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
    name: KeyName,
    value: Part,
    shape: Shape,
    /// Its values may be put together of a whole and a part.
    parted: bool,
    /// The batch that has the text of the name.
    told: u64,
}

#[derive(Debug)]
enum KeyName {
    /// The same in all records: symbol, and text with underscores.
    Same(Symbol, Box<[u8]>),
    /// A part of the line.
    Part(Part),
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
    /// Propagation headers: of which kind, and where.
    headers: Vec<(Role, Part)>,
    /// Whose they are.
    whose: HeaderRole,
    /// Parts that must have this length.
    lengths: Vec<(Part, usize)>,
    /// For names that are written otherwise.
    scratch: Vec<u8>,
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
            event: Event { trace: None, flags: event.flags & !(OF_TIME | flag::FAILED), ..event.clone() },
            trace: None,
            span: None,
            parent: None,
            thread: None,
            service: None,
            placed: None,
            instance: None,
            keys: Vec::new(),
            headers: Vec::new(),
            whose: record.message().map_or(HeaderRole::Unknown, |(text, _)| words::header_role(text)),
            lengths: Vec::new(),
            scratch: Vec::new(),
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
        let mut headers = Vec::new();
        for step in steps {
            match step {
                Step::Exact { own: which, rank, scheme: _, id } => own(*which, *rank, *id)?,
                Step::Context { role, rank, name: _, value, text } => {
                    let rank = if *text { scan::IN_TEXT } else { *rank };
                    match learner.context(*role, *value)? {
                        Context::Nothing => {}
                        Context::Header => headers.push((*role, *value)),
                        Context::Own(which) => own(which, rank, *value)?,
                        Context::Both(trace, span) => {
                            own(Own::Trace, rank, trace)?;
                            own(Own::Span, rank, span)?;
                        }
                    }
                }
                Step::Key { name, text, value, shape } => {
                    let name = KeyName::Same(*name, text.clone());
                    direct.keys.push(learner.key(name, *value, *shape));
                }
                Step::Duration(part, unit) => match scan::duration(learner.part(*part), *unit) {
                    Some(_) if matches!(duration, None | Some(Rest::Duration(_, scan::NO_UNIT))) => {
                        duration = Some(Rest::Duration(*part, *unit));
                    }
                    Some(_) => {}
                    None if learner.is_same(*part) => {}
                    None => return None,
                },
                Step::Status(part) => status = status.or(Some(Rest::Status(*part))),
                Step::Service(part) => direct.placed = Some(learner.text(learner.part(*part))?),
                Step::Topic(part) | Step::Event(part) | Step::Method(part) if learner.is_same(*part) => {}
                Step::Field { value, .. } if learner.is_same(*value) => {}
                Step::Field { field, value, .. } if learner.is_one_program(field.role, *value) => {}
                // what is masked in a route is what differs
                Step::NamedKey { name, value, shape } => {
                    let name = KeyName::Part(*name);
                    direct.keys.push(learner.key(name, *value, *shape));
                }
                Step::Header(role, part) => headers.push((*role, *part)),
                Step::Length(part, length) => direct.lengths.push((*part, *length)),
                Step::Route(_) | Step::Root | Step::Id(..) | Step::QuotedUuid(_) => {}
                _ => return None,
            }
        }
        if direct.keys.len() > super::MAX_KEYS {
            return None;
        }
        for detail in batch.details(event) {
            let rest = match detail {
                Detail::Key { .. } => continue,
                Detail::Header { .. } => continue,
                Detail::Link { .. } => return None,
                Detail::Duration(_) => duration.take()?,
                Detail::Status(_) => status.take()?,
                Detail::Kind(_) => Rest::Same(*detail),
                Detail::Operation(symbol)
                | Detail::Topic(symbol)
                | Detail::Event(symbol)
                | Detail::Route(symbol)
                | Detail::Method(symbol)
                | Detail::Peer(symbol)
                | Detail::Caller(symbol)
                | Detail::Database(symbol) => {
                    direct.texts.push((*symbol, batch.symbols.text(*symbol).as_bytes().into()));
                    Rest::Same(*detail)
                }
            };
            direct.rest.push(rest);
        }
        if headers.len() > MAX_HEADERS {
            return None;
        }
        direct.headers = headers;
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
        let Brief { text: line, marks, .. } = *brief;
        let text = |(start, end): Part| &line[start.of(marks)..end.of(marks)];
        if self.lengths.iter().any(|(part, length)| text(*part).len() != *length) {
            return false;
        }
        let (first, start) = (batch.events.len(), batch.details.len());
        let written = self.append(brief, defaults, batch, serial, &text);
        if written.is_none() {
            batch.details.truncate(start);
            batch.events.truncate(first);
        }
        written.is_some()
    }

    /// Appends the event and its details; `None`, with a part of them appended, if the record is not like the others.
    #[inline]
    fn append<'l>(
        &mut self,
        brief: &Brief<'_>,
        defaults: &Defaults,
        batch: &mut Batch,
        serial: u64,
        text: &impl Fn(Part) -> &'l [u8],
    ) -> Option<()> {
        let Batch { events, details, symbols } = batch;
        let start = details.len();
        let place = Place {
            source: defaults.source,
            line: brief.line,
            offset: brief.offset as u64,
            len: brief.len.try_into().unwrap_or(u32::MAX),
            part: 0,
        };
        // copied as a whole, where a clone would look at each id
        events.push(Event { place, details_start: start as u32, ..self.event });
        let event = events.last_mut()?;
        set_time(Some(brief.stamp), defaults, event);
        if let Some(part) = self.trace {
            event.trace = Some(id::exact_trace(text(part))?.id);
        }
        if let Some(part) = self.span {
            event.span = Some(id::exact_span(text(part))?.id);
        }
        if let Some(part) = self.parent {
            event.parent = Some(id::exact_span(text(part))?.id);
        }
        if let Some(part) = self.thread {
            event.thread = Symbol::of(text(part));
        }
        for key in &mut self.keys {
            let written = text(key.value);
            let (value, shape) = (Symbol::of(written), key.shape.of_length(written.len()));
            let name = match &key.name {
                KeyName::Same(symbol, _) => *symbol,
                KeyName::Part(part) => {
                    self.scratch.clear();
                    words::bare(text(*part), &mut self.scratch);
                    Symbol::of(&self.scratch)
                }
            };
            let is_same = |other: &Detail| matches!(other, Detail::Key { name: known, value: same, .. } if *known == name && *same == value);
            if details[start..].iter().any(is_same) {
                continue;
            }
            details.push(Detail::Key { name, value, shape, prefix: Prefix::of(written, shape) });
            let written = match &key.name {
                KeyName::Same(_, text) => text,
                KeyName::Part(part) => {
                    self.scratch.clear();
                    words::snake(text(*part), &mut self.scratch);
                    &self.scratch[..]
                }
            };
            if !matches!(key.name, KeyName::Same(..)) || key.told != serial {
                symbols.keep_as(name, written);
            }
            if key.parted {
                stem::add((name, written), text(key.value), (details, start), symbols);
            }
            key.told = serial;
        }
        if !self.headers.is_empty() {
            self.add_headers(text, event, details)?;
        }
        for rest in &self.rest {
            let detail = match rest {
                Rest::Same(detail) => Some(*detail),
                Rest::Duration(part, unit) => {
                    event.flags |= if *unit == scan::NO_UNIT { flag::NO_UNIT } else { 0 };
                    scan::duration(text(*part), *unit).map(Detail::Duration)
                }
                Rest::Status(part) => std::str::from_utf8(text(*part))
                    .ok()
                    .and_then(|status| status.parse().ok())
                    .filter(|status| (100..600).contains(status))
                    .map(Detail::Status),
            };
            let detail = detail?;
            if matches!(detail, Detail::Status(500..)) && event.level >= Some(Level::Warn) {
                event.flags |= flag::FAILED;
            }
            details.push(detail);
        }
        event.details_len = (details.len() - start).try_into().unwrap_or(u16::MAX);
        let name = match &self.service {
            Some((name, false)) => Some(name),
            Some((name, true)) if !defaults.service_is_sure => self.placed.as_ref().or(Some(name)),
            _ => self.placed.as_ref(),
        };
        let fresh = self.told != serial;
        let mut keep = |name: &Text| match name {
            Text::Same(symbol, text) => {
                if fresh {
                    symbols.keep_as(*symbol, text);
                }
                *symbol
            }
            Text::Part(part) => symbols.keep(text(*part)),
        };
        event.service = name.map_or(defaults.service, &mut keep);
        event.instance = self.instance.as_ref().map_or(defaults.instance, &mut keep);
        if fresh {
            self.told = serial;
            for (symbol, text) in &self.texts {
                symbols.keep_as(*symbol, text);
            }
        }
        Some(())
    }
}

impl Direct {
    /// Adds the headers to an event; `None` if they are not like those of the others.
    fn add_headers<'l>(
        &self,
        text: &impl Fn(Part) -> &'l [u8],
        event: &mut Event,
        details: &mut Vec<Detail>,
    ) -> Option<()> {
        let mut found: [Option<(TraceId, Option<SpanId>)>; MAX_HEADERS] = [None; MAX_HEADERS];
        let mut count = 0;
        for &(role, part) in &self.headers {
            let read = header::read(role, text(part))?;
            if read.trace.opaque.is_some() || read.span.is_some_and(|span| span.opaque.is_some()) {
                return None;
            }
            let header = Some((read.trace.id, read.span.map(|span| span.id)));
            // of several headers those of one span are one
            if !found[..count].contains(&header) {
                found[count] = header;
                count += 1;
            }
        }
        let found = || found[..count].iter().flatten();
        if event.trace.is_none() {
            // two headers of different traces name none as the record's own
            event.trace =
                found().next().map(|first| first.0).filter(|first| found().all(|other| other.0 == *first));
        }
        for &(trace, span) in found() {
            if span.is_none() || span != event.span {
                details.push(Detail::Header { role: self.whose, trace, span });
            }
        }
        Some(())
    }
}

/// More headers in one record are searched for each time.
const MAX_HEADERS: usize = 4;
