//! Explains one record while its bytes are at hand.

use super::doubts::{doubts, is_span, is_trace};
use super::layer::layer;
use super::place::{self, cut, text};
use super::{ExplainedHeader, ExplainedId, ExplainedRecord, ExplainedTime, Named, Stated, words};
use crate::context::{Found, FoundSpan, FoundTrace};
use crate::model::{Batch, Date, Detail, Event, HeaderRole, OF_NO_UNIT, Symbol, flag};
use crate::record::look::look;
use crate::record::{At, Class, Draft, Format, Layer, Profile, Record, Role};
use crate::report::units;

/// Bytes of a text that are kept.
const MAX_TEXT: usize = 4 << 10;

/// Appends the explanation of a record, as JSON, to `out`.
pub fn note(record: &Record<'_>, found: Option<&Found>, event: &Event, batch: &Batch, out: &mut Vec<u8>) {
    let explained = Note { record, found, event, batch }.explain();
    // writing to a Vec does not fail, and all keys are texts
    let _ = serde_json::to_writer(out, &explained);
}

struct Note<'a> {
    record: &'a Record<'a>,
    found: Option<&'a Found>,
    event: &'a Event,
    batch: &'a Batch,
}

impl Note<'_> {
    fn explain(&self) -> ExplainedRecord {
        // of a document of many records the innermost layer is this one
        let outer = self.record.layers.iter().next().filter(|layer| layer.format != Format::OtlpLogs);
        let own = outer.or_else(|| self.record.layers.iter().next_back());
        let mut explained = ExplainedRecord {
            text: own.map(|layer| cut(layer.text, MAX_TEXT)).unwrap_or_default(),
            layers: self.record.layers.iter().map(layer).collect(),
            template: self.text(self.event.template),
            facts: self.facts(),
            time: self.time(),
            level: self.level(),
            service: self.service(),
            instance: self.part(|draft| draft.instance, self.event.instance),
            thread: self.part(|draft| draft.thread, self.event.thread),
            logger: self.part(|draft| draft.logger, Symbol::NONE),
            message: self.message(),
            ..ExplainedRecord::default()
        };
        self.lines(&mut explained);
        match self.found {
            Some(found) => self.context(found, &mut explained),
            None => self.span(&mut explained),
        }
        explained
    }

    fn text(&self, symbol: Symbol) -> String {
        self.batch.symbols.text(symbol).to_owned()
    }

    /// Why the record begins where it does, and what goes on with it.
    fn lines(&self, explained: &mut ExplainedRecord) {
        let inner = self.record.layers.iter().find(|layer| !words::wraps_lines(layer.format));
        let Some(inner) = inner else { return };
        let mut lines = inner.text.split(|&byte| byte == b'\n');
        let first = lines.next().unwrap_or_default();
        explained.lines = 1 + lines.clone().count() as u64;
        let plain = Profile::default();
        let seen = look(first, &plain, &mut Draft::default());
        explained.begins = match inner.format {
            Format::Text => match (seen.head.stamp, seen.head.level) {
                (Some(_), Some(_)) => "it has a time and a level".to_owned(),
                (Some(_), None) => "it has a time".to_owned(),
                (None, Some(_)) => "it begins with a level".to_owned(),
                (None, None) => {
                    "it has neither time nor level nor any structure, and no record before it that it could go on with"
                        .to_owned()
                }
            },
            format => words::format(format).to_owned(),
        };
        let Some(second) = lines.next() else { return };
        let why = match look(second, &plain, &mut Draft::default()).class {
            Class::Continuation => "indented, a bracket, or part of a stack trace",
            _ => "without time, level or structure of their own",
        };
        let more = units::counted(explained.lines - 1, "more line");
        let verb = if explained.lines == 2 { "goes" } else { "go" };
        explained.goes_on = format!("{more} {verb} on with it: {why}");
    }

    fn time(&self) -> Option<ExplainedTime> {
        let stamped = |layer: &&Layer<'_>| layer.draft.stamp.is_some();
        let layer = self.record.layers.iter().rev().find(stamped)?;
        let (inner, whole) = (layer.draft.stamp?, self.record.stamp()?);
        let (written, from) = place::time(layer).unwrap_or_default();
        let without_zone = whole.offset.is_none();
        let mut time = ExplainedTime { written, from, without_zone, ..ExplainedTime::default() };
        let around = self.record.layers.iter().filter(stamped).rev().nth(1);
        if let Some(around) = around {
            let name = around.format.name();
            if around.draft.stamp == Some(whole) && whole != inner {
                time.completed.push(format!("it does not fit the {name} time around it, which counts"));
            } else {
                if inner.date != Date::Full {
                    time.completed.push(format!("the rest of the date is that of the {name} time around it"));
                }
                if inner.offset.is_none() {
                    time.completed.push(format!("its zone is told by the {name} time around it"));
                }
            }
        }
        Some(time)
    }

    fn level(&self) -> Option<Stated> {
        let level = self.event.level?;
        let layer = self.record.layers.iter().rev().find(|layer| layer.draft.level.is_some());
        let from = layer.map(|layer| {
            let is = |role| matches!(role, Role::Level | Role::LevelOrTime);
            let field =
                layer.draft.fields.iter().filter(|field| is(field.role)).min_by_key(|field| field.rank);
            match (field, layer.format) {
                (Some(field), _) => {
                    format!("field {}: {}", place::name(layer, field), text(field.value.of(layer.text)))
                }
                (None, Format::Syslog) => "syslog priority".to_owned(),
                (None, Format::Klog) => "first letter".to_owned(),
                (None, Format::Access) => "status".to_owned(),
                (None, Format::Text) => "header".to_owned(),
                (None, format) => format.name().to_owned(),
            }
        });
        Some(Stated { value: level.name().to_owned(), from: from.unwrap_or_default() })
    }

    fn service(&self) -> Option<Stated> {
        let chosen = self.event.service;
        let is = |name: &[u8]| Symbol::of(name) == chosen;
        let value = self.text(chosen);
        let stated = |layer: &&Layer<'_>| layer.draft.service.is_some_and(|at| is(at.of(layer.text)));
        if let Some(layer) = self.record.layers.iter().rev().find(stated) {
            let from = layer.draft.service.map(|at| place::of(layer, at)).unwrap_or_default();
            return Some(Stated { value, from });
        }
        if self.found.is_some_and(|found| found.service.is_some_and(|at| is(found.text(at)))) {
            let from = place::find(self.record, is).map(|(_, from)| from).unwrap_or_default();
            return Some(Stated { value, from });
        }
        // what only the source tells is added later
        Some(Stated { value, from: String::new() }).filter(|stated| !stated.value.is_empty())
    }

    /// A part that some layer names.
    fn part(&self, of: fn(&Draft) -> Option<At>, kept: Symbol) -> Option<Stated> {
        let layer = self.record.layers.iter().rev().find(|layer| of(layer.draft).is_some());
        match layer.and_then(|layer| Some((layer, of(layer.draft)?))) {
            Some((layer, at)) => Some(Stated { value: text(at.of(layer.text)), from: place::of(layer, at) }),
            None => Some(Stated { value: self.text(kept), from: String::new() })
                .filter(|part| !part.value.is_empty()),
        }
    }

    fn message(&self) -> Option<Stated> {
        let layer = self.record.layers.iter().rev().find(|layer| layer.draft.message.is_some())?;
        let (at, writing) = layer.draft.message?;
        let mut decoded = Vec::new();
        let bytes = if writing.is_coded() {
            writing.decode(at.of(layer.text), &mut decoded);
            &decoded
        } else {
            at.of(layer.text)
        };
        let field = layer.draft.fields.iter().find(|field| field.value == at);
        let from = match field {
            Some(field) => format!("field {}", place::name(layer, field)),
            None if at.start == 0 => "whole line".to_owned(),
            None => "what follows the header".to_owned(),
        };
        Some(Stated { value: cut(bytes, MAX_TEXT), from })
    }

    fn facts(&self) -> Vec<Named> {
        let named =
            |name: &str, value: String| Some(Named { name: name.to_owned(), value, role: String::new() });
        let details = self.batch.details(self.event).iter().filter_map(|detail| match *detail {
            // the numbers of all records tell the unit
            Detail::Duration(number) if self.event.is(flag::NO_UNIT) => {
                named("duration", format!("{} of no unit", number as f64 / OF_NO_UNIT as f64))
            }
            Detail::Duration(nanos) => {
                named("duration", units::duration(nanos.try_into().unwrap_or(i64::MAX)))
            }
            Detail::Kind(kind) => named("kind", kind.name().to_owned()),
            Detail::Operation(name) => named("operation", self.text(name)),
            Detail::Topic(name) => named("topic", self.text(name)),
            Detail::Route(name) => named("route", self.text(name)),
            Detail::Method(name) => named("method", self.text(name)),
            Detail::Event(name) => named("event", self.text(name)),
            Detail::Peer(name) => named("peer", self.text(name)),
            Detail::Caller(name) => named("caller", self.text(name)),
            Detail::Database(name) => named("database", self.text(name)),
            Detail::Status(status) => named("status", status.to_string()),
            Detail::Key { .. } | Detail::Header { .. } | Detail::Link { .. } => None,
        });
        let mut facts: Vec<Named> = details.filter(|fact| !fact.value.is_empty()).collect();
        for (bit, what) in [
            (flag::FAILED, "says that the span failed"),
            (flag::EXCEPTION, "has an exception or stack trace"),
            (flag::STATEMENT, "tells what was put to a database"),
            (flag::LENIENT, "ids were mangled and read leniently"),
            (flag::ROOT, "says that the span has no parent"),
        ] {
            if self.event.is(bit) {
                facts.extend(named("", what.to_owned()));
            }
        }
        facts
    }

    /// A span of an export: its ids stand in fields of the document.
    fn span(&self, explained: &mut ExplainedRecord) {
        let from = "the span's own fields".to_owned();
        let id = |id: String| Some(ExplainedId { id, written: String::new(), from: from.clone() });
        explained.trace_id = self.event.trace.and_then(|trace| id(trace.to_string()));
        explained.span_id = self.event.span.and_then(|span| id(span.to_string()));
        explained.parent_span_id = self.event.parent.and_then(|span| id(span.to_string()));
        explained.scheme = "otlp".to_owned();
    }

    /// Ids, headers and keys, where they stood, and what was no id.
    fn context(&self, found: &Found, explained: &mut ExplainedRecord) {
        explained.trace_id = found.trace.map(|trace| self.trace_id(found, trace));
        explained.span_id = found.span.map(|span| self.span_id(found, span));
        explained.parent_span_id = found.parent.map(|span| self.span_id(found, span));
        let scheme = found.trace.or_else(|| found.headers.first().map(|header| header.trace));
        explained.scheme = scheme.map(|trace| trace.scheme.name().to_owned()).unwrap_or_default();
        explained.headers = found
            .headers
            .iter()
            .map(|header| ExplainedHeader {
                scheme: header.trace.scheme.name().to_owned(),
                role: match header.role {
                    HeaderRole::Incoming => "received",
                    HeaderRole::Outgoing => "sent",
                    HeaderRole::Unknown => "unknown",
                }
                .to_owned(),
                trace_id: canonical_trace(found, header.trace),
                span_id: header.span.map(|span| canonical_span(found, span)).unwrap_or_default(),
                from: self.trace_id(found, header.trace).from,
            })
            .collect();
        let lossy = |at: At| text(found.text(at));
        explained.ids = found
            .ids
            .iter()
            .map(|id| Named { name: lossy(id.name), value: lossy(id.value), role: String::new() })
            .collect();
        explained.keys = found
            .keys
            .iter()
            .map(|key| Named {
                name: lossy(key.name_text),
                value: lossy(key.value_text),
                role: words::shape(key.shape).to_owned(),
            })
            .collect();
        for field in explained.layers.iter_mut().flat_map(|layer| &mut layer.fields) {
            let is =
                |list: &[Named]| field.role.is_empty() && list.iter().any(|named| named.value == field.value);
            if is(&explained.ids) {
                field.role = "correlation id".to_owned();
            } else if is(&explained.keys) {
                field.role = "key".to_owned();
            }
        }
        explained.doubts = doubts(self.record, found);
    }

    fn trace_id(&self, found: &Found, trace: FoundTrace) -> ExplainedId {
        let canonical = canonical_trace(found, trace);
        explained_id(canonical, place::find(self.record, |word| is_trace(word, trace.id)))
    }

    fn span_id(&self, found: &Found, span: FoundSpan) -> ExplainedId {
        let canonical = canonical_span(found, span);
        explained_id(canonical, place::find(self.record, |word| is_span(word, span.id)))
    }
}

fn explained_id(id: String, found: Option<(String, String)>) -> ExplainedId {
    let (written, from) = found.unwrap_or_else(|| (String::new(), "decoded from a header".to_owned()));
    let written = if written == id { String::new() } else { written };
    ExplainedId { id, written, from }
}

fn canonical_trace(found: &Found, trace: FoundTrace) -> String {
    trace.text.map_or_else(|| trace.id.to_string(), |at| text(found.text(at)))
}

fn canonical_span(found: &Found, span: FoundSpan) -> String {
    span.text.map_or_else(|| span.id.to_string(), |at| text(found.text(at)))
}
