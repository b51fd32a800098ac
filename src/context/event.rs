//! Makes events of records.

use super::{Found, exports, template};
use crate::model::{Batch, Detail, Event, KeyRules, Level, Place, SourceId, Symbol, Symbols, Time, flag};
use crate::record::timestamp::Zone;
use crate::record::{Format, Record};
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

/// Writes events to a batch; its buffers are used again from record to record.
#[derive(Debug, Default)]
pub struct Writer {
    found: Found,
    scratch: Vec<u8>,
    template: Vec<u8>,
}

impl Writer {
    /// Appends the record's event to `batch` (several for a document of spans). Lines and offsets count from the start of the
    /// block; a time that lacks date or year is left as its stamp says and flagged.
    ///
    /// Gives what was found, unless the record is a document of spans.
    pub fn write(&mut self, record: &Record<'_>, defaults: &Defaults, batch: &mut Batch) -> Option<&Found> {
        if let Some(layer) =
            record.layers.iter().next_back().filter(|layer| layer.format == Format::OtlpSpans)
        {
            exports::write(layer.text, record, defaults, batch);
            return None;
        }
        self.found.obey(&defaults.keys);
        self.found.find(record);
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
        self.time(record, defaults, &mut event);
        self.service(record, defaults, batch, &mut event);
        self.template(record, batch, &mut event);
        self.flags(&mut event);
        self.details(batch);
        event.details_len =
            (batch.details.len() - event.details_start as usize).try_into().unwrap_or(u16::MAX);
        batch.events.push(event);
        Some(&self.found)
    }

    fn time(&self, record: &Record<'_>, defaults: &Defaults, event: &mut Event) {
        use crate::model::Date;
        match record.stamp() {
            None => event.flags |= flag::TIME_UNKNOWN,
            Some(stamp) => {
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
        }
    }

    fn service(&self, record: &Record<'_>, defaults: &Defaults, batch: &mut Batch, event: &mut Event) {
        let stated = record
            .service()
            .filter(|(name, _)| !name.is_empty() && name.len() <= 128 && !super::id::is_absent(name));
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
        let Some((message, writing)) = record.message() else { return };
        let message = if writing.is_coded() {
            self.scratch.clear();
            writing.decode(message, &mut self.scratch);
            &self.scratch
        } else {
            message
        };
        let logger = record.logger().unwrap_or_default();
        let (symbol, start) = template::write(logger, message, &mut self.template);
        event.template = symbol;
        if !batch.symbols.has(symbol) {
            batch.symbols.keep_as(symbol, &self.template[start..]);
        }
    }

    fn flags(&self, event: &mut Event) {
        let found = &self.found;
        let mut set = |on: bool, bit: u16| event.flags |= if on { bit } else { 0 };
        set(found.trace.is_some_and(|trace| trace.text.is_some()), flag::OPAQUE_TRACE);
        set(found.span.is_some_and(|span| span.text.is_some()), flag::OPAQUE_SPAN);
        set(found.trace.is_some_and(|trace| trace.lenient), flag::LENIENT);
        set(found.root, flag::ROOT);
        set(found.exception, flag::EXCEPTION);
        set(found.has_context(), flag::CONTEXT);
        set(
            found.status.is_some_and(|status| status >= 500) && event.level >= Some(Level::Warn),
            flag::FAILED,
        );
    }

    fn details(&self, batch: &mut Batch) {
        let found = &self.found;
        let Batch { details, symbols, .. } = batch;
        for (trace, text) in found.trace.iter().filter_map(|trace| Some((trace.id, trace.text?))) {
            symbols.keep_as(trace.symbol(), found.text(text));
        }
        for (span, text) in
            [found.span, found.parent].into_iter().flatten().filter_map(|span| Some((span.id, span.text?)))
        {
            symbols.keep_as(span.symbol(), found.text(text));
        }
        for key in &found.keys {
            symbols.keep_as(key.name, found.text(key.name_text));
            details.push(Detail::Key { name: key.name, value: key.value, shape: key.shape });
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
        named(found.method, Detail::Method);
        named(found.peer, Detail::Peer);
        named(found.database, Detail::Database);
        if let Some(route) = found.route {
            let masked = template::text(found.text(route));
            details.push(Detail::Route(symbols.keep(&masked)));
        }
    }
}
