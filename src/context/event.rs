//! Makes events of records.

use super::direct::{Direct, Places};
use super::plan::Plan;
use super::{Found, exports, stem, template};
use crate::model::{
    Batch, Date, Detail, Event, KeyRules, Level, Place, Prefix, Shape, SourceId, Stamp, Symbol, Symbols,
    Time, flag,
};
use crate::record::timestamp::Zone;
use crate::record::{Brief, Format, Pattern, Record};
use std::sync::Arc;

/// What a record takes from its source when it does not say it itself.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// The source.
    pub source: SourceId,
    /// Service named by the path or the user.
    pub service: Symbol,
    /// The path names the service surely (a pod's log), so it goes before a field that only may (`name`).
    pub service_is_sure: bool,
    /// Instance named by the path.
    pub instance: Symbol,
    /// The texts of both.
    pub names: Symbols,
    /// Zone of times that state none.
    pub zone: Zone,
    /// Names of values that join transactions or never do, as the user says.
    pub keys: Arc<KeyRules>,
}

impl Defaults {
    /// Of a source of which nothing else is known; times are those of UTC.
    pub fn of(source: SourceId) -> Defaults {
        Defaults {
            source,
            service: Symbol::NONE,
            service_is_sure: false,
            instance: Symbol::NONE,
            names: Symbols::default(),
            zone: Zone::utc(),
            keys: Arc::default(),
        }
    }
}

/// Writes events to a batch; its buffers are used again from record to record.
#[derive(Debug, Default)]
pub struct Writer {
    found: Found,
    scratch: Vec<u8>,
    template: Vec<u8>,
    /// How records of the patterns from the first number on are read.
    plans: Vec<State>,
    first: u32,
    /// Bytes of the lines that they were learned of.
    bytes: usize,
    /// The number of the batch that is written to.
    serial: u64,
}

/// What is known of a pattern.
#[derive(Debug, Default)]
enum State {
    /// Nothing.
    #[default]
    New,
    /// Its records are searched each time.
    Searched,
    /// How its records are read.
    Known(Box<Plan>),
}

/// More patterns than this are forgotten.
const MAX_PLANS: usize = 8192;
/// So are those of lines of more bytes.
const MAX_BYTES: usize = 2 << 20;

impl Writer {
    /// Appends the record's event to `batch` (several for a document of spans). Lines and offsets count from the start of the
    /// block; a time that lacks date or year is left as its stamp says and flagged.
    ///
    /// Gives what was found, unless the record is a document of spans.
    pub fn write(&mut self, record: &Record<'_>, defaults: &Defaults, batch: &mut Batch) -> Option<&Found> {
        self.number(batch);
        if let Some(layer) =
            record.layers.iter().next_back().filter(|layer| layer.format == Format::OtlpSpans)
        {
            exports::write(layer.text, record, defaults, batch);
            return None;
        }
        self.found.obey(&defaults.keys);
        match record.pattern {
            Some(pattern) if self.is_new(pattern.id) => {
                self.learn(record, &pattern, defaults, batch);
            }
            _ => {
                self.found.find(record);
                self.put(record, None, defaults, batch);
            }
        }
        Some(&self.found)
    }

    /// Writes a record of a new pattern, and keeps how that was done.
    fn learn(&mut self, record: &Record<'_>, pattern: &Pattern<'_>, defaults: &Defaults, batch: &mut Batch) {
        if self.plans.len() >= MAX_PLANS || self.bytes >= MAX_BYTES {
            self.plans.clear();
            self.first = pattern.id;
            self.bytes = 0;
        }
        self.bytes += pattern.line.len();
        let mut plan = self.found.find_and_learn(record, pattern);
        self.put(record, None, defaults, batch);
        if let Some(plan) = &mut plan {
            plan.template = self.lasting_template(record, pattern);
            if let (Some(template), Some(stamp)) = (&plan.template, record.stamp()) {
                let (line, offset, len) = (record.line, record.offset, record.len);
                let Pattern { id, line: text, marks, .. } = *pattern;
                let brief = Brief { id, text, marks, stamp, line, offset, len };
                plan.direct = Direct::learn(&plan.steps, template, record, pattern, batch)
                    .and_then(|mut direct| direct.gives(&brief, defaults, batch).then_some(direct));
            }
        }
        let index = (pattern.id - self.first) as usize;
        if self.plans.len() <= index {
            self.plans.resize_with(index + 1, State::default);
        }
        self.plans[index] = plan.map_or(State::Searched, |plan| State::Known(Box::new(plan)));
    }

    /// Whether a pattern is to be learned; numbers from before what is kept are not.
    fn is_new(&self, pattern: u32) -> bool {
        let index = pattern.wrapping_sub(self.first) as usize;
        matches!(self.plans.get(index), None | Some(State::New)) && index < 2 * MAX_PLANS
    }

    /// Gives each batch a number of its own.
    #[inline]
    fn number(&mut self, batch: &Batch) {
        if batch.events.is_empty() {
            self.serial += 1;
        }
    }

    /// As [`Writer::write_alike`] for a record of which only the time is needed.
    #[inline]
    pub fn write_brief(&mut self, brief: &Brief<'_>, defaults: &Defaults, batch: &mut Batch) -> bool {
        self.number(batch);
        match self.plans.get_mut(brief.id.wrapping_sub(self.first) as usize) {
            Some(State::Known(plan)) => match &mut plan.direct {
                Some(direct) => direct.write(brief, defaults, batch, self.serial),
                None => false,
            },
            _ => false,
        }
    }

    /// Where ids stand in the records of a pattern that [`Writer::write_brief`] takes.
    pub fn places(&self, pattern: u32) -> Option<Places<'_>> {
        match self.plans.get(pattern.wrapping_sub(self.first) as usize) {
            Some(State::Known(plan)) => plan.direct.as_ref()?.places(&plan.steps),
            _ => None,
        }
    }

    /// What was found in the last record that was searched.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// Whether [`Writer::write_alike`] takes records of a pattern.
    #[inline]
    pub fn knows(&self, pattern: u32) -> bool {
        matches!(self.plans.get(pattern.wrapping_sub(self.first) as usize), Some(State::Known(_)))
    }

    /// As [`Writer::write`] for a record of a known pattern, of which only what it states itself is needed; `false` if
    /// it has to be written as any other.
    pub fn write_alike(&mut self, record: &Record<'_>, defaults: &Defaults, batch: &mut Batch) -> bool {
        self.number(batch);
        let Some(pattern) = record.pattern else { return false };
        let index = pattern.id.wrapping_sub(self.first) as usize;
        let Some(State::Known(plan)) = self.plans.get(index) else { return false };
        if !self.found.follow(plan, record, &pattern) {
            return false;
        }
        let template = match &plan.template {
            Some((_, _))
                if record.message().is_some_and(|(message, _)| message.len() > template::MAX_MESSAGE) =>
            {
                return false;
            }
            Some((symbol, text)) => {
                if !batch.symbols.has(*symbol) {
                    batch.symbols.keep_as(*symbol, text);
                }
                Some(*symbol)
            }
            None => None,
        };
        self.put(record, template, defaults, batch);
        true
    }

    /// The template of a record, if it is that of all records of its pattern.
    fn lasting_template(
        &mut self,
        record: &Record<'_>,
        pattern: &Pattern<'_>,
    ) -> Option<(Symbol, Box<[u8]>)> {
        let constant = |text: &[u8]| {
            text.is_empty() || pattern.find(text).is_some_and(|(start, end)| pattern.is_constant(start, end))
        };
        let (message, _) = record.message()?;
        if message.len() > template::MAX_MESSAGE || !constant(record.logger().unwrap_or_default()) {
            return None;
        }
        self.template_of(record).map(|(symbol, start)| (symbol, self.template[start..].into()))
    }

    fn put(&mut self, record: &Record<'_>, template: Option<Symbol>, defaults: &Defaults, batch: &mut Batch) {
        let found = &self.found;
        let place = Place {
            source: defaults.source,
            line: record.line,
            offset: record.offset as u64,
            len: record.len.try_into().unwrap_or(u32::MAX),
            part: record.part,
        };
        let mut event = Event {
            trace: found.trace.map(|trace| trace.id),
            span: found.span.map(|span| span.id),
            parent: found.parent.map(|span| span.id),
            thread: record.thread().map_or(Symbol::NONE, Symbol::of),
            level: record.level(),
            details_start: batch.details.len() as u32,
            ..Event::at(place)
        };
        set_time(record.stamp(), defaults, &mut event);
        self.service(record, defaults, batch, &mut event);
        match template {
            Some(symbol) => event.template = symbol,
            None => self.template(record, batch, &mut event),
        }
        self.flags(&mut event);
        self.details(record, batch);
        event.details_len =
            (batch.details.len() - event.details_start as usize).try_into().unwrap_or(u16::MAX);
        batch.events.push(event);
    }

    fn service(&self, record: &Record<'_>, defaults: &Defaults, batch: &mut Batch, event: &mut Event) {
        let stated = record.service().filter(|(name, _)| is_service(name));
        let by_place = self.found.service.map(|at| self.found.text(at));
        let name = match stated {
            Some((name, false)) => Some(name),
            Some((name, true)) if !defaults.service_is_sure => by_place.or(Some(name)),
            _ => by_place,
        };
        event.service = name.map_or(defaults.service, |name| batch.symbols.keep(name));
        event.instance = match record.instance().filter(|name| !name.is_empty()) {
            Some(name) => batch.symbols.keep(name),
            None => defaults.instance,
        };
    }

    fn template(&mut self, record: &Record<'_>, batch: &mut Batch, event: &mut Event) {
        let Some((symbol, start)) = self.template_of(record).or_else(|| self.template_of_kind()) else {
            return;
        };
        event.template = symbol;
        if !batch.symbols.has(symbol) {
            batch.symbols.keep_as(symbol, &self.template[start..]);
        }
    }

    /// The template of a record: its symbol, and where in [`Writer::template`] its text begins.
    fn template_of(&mut self, record: &Record<'_>) -> Option<(Symbol, usize)> {
        let (message, writing) = record.message()?;
        let message = if writing.is_coded() {
            self.scratch.clear();
            writing.decode(message, &mut self.scratch);
            &self.scratch
        } else {
            message
        };
        let logger = record.logger().unwrap_or_default();
        let logger = if names_a_thing(logger) { b"<*>" } else { logger };
        Some(template::write(logger, message, &mut self.template))
    }

    /// The template of a record without message that names what it is about.
    fn template_of_kind(&mut self) -> Option<(Symbol, usize)> {
        let kind = self.found.operation.or(self.found.event_name).or(self.found.topic)?;
        Some(template::write(b"", self.found.text(kind), &mut self.template))
    }

    fn flags(&self, event: &mut Event) {
        let found = &self.found;
        let mut set = |on: bool, bit: u16| event.flags |= if on { bit } else { 0 };
        set(found.trace.is_some_and(|trace| trace.text.is_some()), flag::OPAQUE_TRACE);
        set(found.span.is_some_and(|span| span.text.is_some()), flag::OPAQUE_SPAN);
        set(found.trace.is_some_and(|trace| trace.lenient), flag::LENIENT);
        set(found.root, flag::ROOT);
        set(found.exception, flag::EXCEPTION);
        set(found.no_unit, flag::NO_UNIT);
        set(found.statement, flag::STATEMENT);
        set(found.has_context(), flag::CONTEXT);
        set(
            found.status.is_some_and(|status| status >= 500) && event.level >= Some(Level::Warn),
            flag::FAILED,
        );
    }

    fn details(&self, record: &Record<'_>, batch: &mut Batch) {
        let found = &self.found;
        let Batch { details, symbols, .. } = batch;
        let start = details.len();
        if let Some(thing) = record.logger().filter(|logger| names_a_thing(logger)) {
            let shape = super::scan::shape_of(thing).unwrap_or(Shape::Mixed);
            let prefix = Prefix::of(thing, shape);
            details.push(Detail::Key {
                name: symbols.keep(b"logger"),
                value: Symbol::of(thing),
                shape,
                prefix,
            });
        }
        for (trace, text) in found.trace.iter().filter_map(|trace| Some((trace.id, trace.text?))) {
            symbols.keep_as(trace.symbol(), found.text(text));
        }
        for (span, text) in
            [found.span, found.parent].into_iter().flatten().filter_map(|span| Some((span.id, span.text?)))
        {
            symbols.keep_as(span.symbol(), found.text(text));
        }
        for key in &found.keys {
            let (name, value) = (found.text(key.name_text), found.text(key.value_text));
            symbols.keep_as(key.name, name);
            let shape = key.shape.of_length(value.len());
            let prefix = Prefix::of(value, shape);
            details.push(Detail::Key { name: key.name, value: key.value, shape, prefix });
            if key.shape == Shape::Mixed {
                stem::add((key.name, name), value, (details, start), symbols);
            }
        }
        for header in &found.headers {
            let span = header.span.map(|span| span.id);
            if span.is_some() && span == found.span.map(|span| span.id) {
                continue;
            }
            details.push(Detail::Header { role: header.role, trace: header.trace.id, span });
        }
        details.extend(found.duration.map(Detail::Duration));
        details.extend(found.kind.map(Detail::Kind));
        details.extend(found.status.map(Detail::Status));
        let mut named = |at: Option<crate::record::At>, detail: fn(Symbol) -> Detail| {
            if let Some(at) = at {
                details.push(detail(symbols.keep(found.text(at))));
            }
        };
        named(found.operation, Detail::Operation);
        named(found.topic, Detail::Topic);
        named(found.event_name, Detail::Event);
        named(found.method, Detail::Method);
        named(found.peer, Detail::Peer);
        found.callers.iter().for_each(|at| named(Some(*at), Detail::Caller));
        named(found.database, Detail::Database);
        if let Some(route) = found.route {
            let masked = template::text(found.text(route));
            details.push(Detail::Route(symbols.keep(&masked)));
        }
    }
}

/// Whether what stands where a logger is named is the thing that the message is about: `doc_w8bygfehq3x0: uploaded`.
fn names_a_thing(logger: &[u8]) -> bool {
    const SHORT: usize = 7;
    const MANY: usize = 5;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'#');
    let end = logger.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
    // "worker-12" has its number at its end
    let inside = logger[..end].iter().any(u8::is_ascii_digit);
    logger.len() > SHORT && logger.iter().all(plain) && (inside || logger.len() - end >= MANY)
}

/// Whether a name may be that of a service.
pub(super) fn is_service(name: &[u8]) -> bool {
    !name.is_empty() && name.len() <= 128 && !super::id::is_absent(name)
}

/// Gives an event its time, as far as the stamp says it.
#[inline]
pub(super) fn set_time(stamp: Option<Stamp>, defaults: &Defaults, event: &mut Event) {
    let Some(stamp) = stamp else {
        event.flags |= flag::TIME_UNKNOWN;
        return;
    };
    event.time = match (stamp.date, stamp.complete()) {
        (_, Some(time)) => time,
        (Date::Full, None) => defaults.zone.to_utc(stamp.local),
        (date, None) => {
            event.flags |= if date == Date::NoYear { flag::NO_YEAR } else { flag::NO_DATE };
            let shift = i64::from(stamp.offset.unwrap_or(0)) * crate::model::SECOND;
            if stamp.offset.is_some() {
                event.flags |= flag::ZONED;
            }
            Time(stamp.local - shift)
        }
    };
}
