//! Transactions in the formats of other tracing tools.
//!
//! What a format cannot hold is put into attributes named `spanloom.*`: that an id or an edge is inferred, how sure it is, and
//! from which trace id a span was joined. Records become events of their spans. Ids are hexadecimal everywhere: an opaque one
//! becomes the hash that stands for it, and where client and server share a span id, one of them gets one of its own, since
//! other tools take them for one span.

pub mod html;
pub mod jaeger;
pub mod otlp;
pub mod perfetto;
pub mod zipkin;

use super::{Report, TextOf};
use crate::model::{Detail, Span, SpanId, Symbol, Trace, flag};
use rustc_hash::FxHashSet;

/// A span on its way into another format.
struct Exported<'r> {
    span: &'r Span,
    id: SpanId,
    parent: Option<SpanId>,
    service: &'r str,
    name: &'r str,
    /// Nanoseconds since the epoch.
    start: i64,
    /// Nanoseconds.
    duration: u64,
    /// Names and values beyond what every format holds.
    tags: Vec<(&'static str, String)>,
    events: Vec<Event>,
}

/// A record of a span.
struct Event {
    time: i64,
    level: &'static str,
    message: String,
    file: String,
    line: u64,
}

/// The spans of a trace, parents before children.
fn spans<'r>(report: &'r Report<'_>, trace: &'r Trace, texts: &mut TextOf<'_>) -> Vec<Exported<'r>> {
    let ids = unique_ids(trace);
    let store = report.store;
    let span = |(at, span): (usize, &'r Span)| {
        let name = match store.symbols.text(span.name) {
            "" if span.missing => "(not logged)",
            "" => "(no name)",
            name => name,
        };
        let service = match store.symbols.text(span.service) {
            "" => "unknown_service",
            service => service,
        };
        let mut events = Vec::new();
        for &id in &span.events {
            let event = store.event(id);
            // a span that was exported before is no record of a log
            if event.is(flag::WHOLE_SPAN) {
                continue;
            }
            events.push(Event {
                time: store.time(id).0,
                level: event.level.map_or("", |level| level.name()),
                message: texts(event.place)
                    .map_or_else(|| store.symbols.text(event.template).to_owned(), |text| text.message),
                file: store.source(event.place.source).name.to_string(),
                line: event.place.line,
            });
        }
        Exported {
            span,
            id: ids[at],
            parent: span.parent.map(|parent| ids[parent as usize]),
            service,
            name,
            start: span.start.0.max(0),
            duration: span.end.0.saturating_sub(span.start.0).max(0) as u64,
            tags: tags(report, trace, span),
            events,
        }
    };
    trace.spans.iter().enumerate().map(span).collect()
}

/// An id for each span, none of them twice.
fn unique_ids(trace: &Trace) -> Vec<SpanId> {
    let mut taken: FxHashSet<SpanId> = FxHashSet::default();
    let unique = |(at, span): (usize, &Span)| {
        let mut id = span.id;
        let mut salt = at as u64;
        while !taken.insert(id) {
            let bits = Symbol::of_pair(
                &span.id.bits().to_le_bytes(),
                &[span.service.0, salt].map(u64::to_le_bytes).concat(),
            );
            id = SpanId::new(bits.0).unwrap_or(span.id);
            salt = salt.wrapping_add(1);
        }
        id
    };
    trace.spans.iter().enumerate().map(unique).collect()
}

fn tags(report: &Report<'_>, trace: &Trace, span: &Span) -> Vec<(&'static str, String)> {
    let store = report.store;
    let mut tags = Vec::new();
    let instance = store.symbols.text(span.instance);
    if !instance.is_empty() {
        tags.push(("service.instance.id", instance.to_owned()));
    }
    if span.synthetic {
        tags.push(("spanloom.synthetic", "true".to_owned()));
    }
    if span.missing {
        tags.push(("spanloom.missing", "true".to_owned()));
    }
    if let Some(edge) = &span.edge {
        tags.push(("spanloom.edge.basis", edge.basis.name().to_owned()));
        tags.push(("spanloom.edge.confidence", format!("{:.3}", edge.confidence)));
    }
    if let Some(stated) = span.trace.filter(|stated| *stated != trace.id) {
        tags.push(("spanloom.trace_id", store.trace_text(stated)));
    }
    if let Some(wait) = span.queue_time.filter(|wait| *wait > 0) {
        tags.push(("spanloom.queue_time_ns", wait.to_string()));
    }
    let details = || span.events.iter().flat_map(|id| store.details(*id));
    let text = |symbol: Symbol| Some(store.symbols.text(symbol).to_owned()).filter(|text| !text.is_empty());
    type Pick = fn(&Detail) -> Option<Symbol>;
    let peer =
        if span.kind == Some(crate::model::SpanKind::Server) { "client.address" } else { "server.address" };
    let named: [(&'static str, Pick); 6] = [
        ("http.request.method", |detail| if let Detail::Method(name) = detail { Some(*name) } else { None }),
        ("url.path", |detail| if let Detail::Route(name) = detail { Some(*name) } else { None }),
        (
            "messaging.destination.name",
            |detail| if let Detail::Topic(name) = detail { Some(*name) } else { None },
        ),
        (peer, |detail| if let Detail::Peer(name) = detail { Some(*name) } else { None }),
        ("user_agent.name", |detail| if let Detail::Caller(name) = detail { Some(*name) } else { None }),
        ("db.system.name", |detail| if let Detail::Database(name) = detail { Some(*name) } else { None }),
    ];
    for (name, pick) in named {
        tags.extend(details().find_map(pick).and_then(text).map(|value| (name, value)));
    }
    let status = |detail: &Detail| if let Detail::Status(code) = detail { Some(*code) } else { None };
    tags.extend(details().find_map(status).map(|code| ("http.response.status_code", code.to_string())));
    tags
}
