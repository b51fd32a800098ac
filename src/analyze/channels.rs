//! What a record sends or receives, and through which topic.
//!
//! A topic is what the logs state (a field such as `messaging.destination.name` or `routing_key`), the destination in a span's
//! name as OpenTelemetry forms it, or a name in the text of a record that speaks of sending or receiving. Never a word of
//! plain prose: a name joins parts by dots, dashes, underscores or capitals, or directly follows a word such as "topic".

use crate::gather::Store;
use crate::model::{Detail, EventId, Span, SpanKind, Symbol};
use crate::weave::words::{self, Act};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// The topic of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Equal for all spellings of a name.
    pub symbol: Symbol,
    /// The name as written.
    pub name: String,
    /// A field states it; otherwise it was found in a text.
    pub stated: bool,
}

impl Topic {
    fn new(name: &str, stated: bool) -> Topic {
        let symbol = match words::normalized(name) {
            // a name of signs only
            Symbol::NONE => Symbol::of(name.as_bytes()),
            symbol => symbol,
        };
        Topic { symbol, name: name.to_owned(), stated }
    }
}

/// What a record does with messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// A message goes out.
    Sends,
    /// A message comes in.
    Receives,
}

/// What the words of a template tell.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    /// What it is about.
    pub act: Act,
    /// Whether a message is sent or received.
    pub direction: Option<Direction>,
    /// It names a method of HTTP.
    pub method: bool,
    /// The topic it names.
    topic: Option<Topic>,
}

impl Spoken {
    fn of(template: &str) -> Spoken {
        let act = words::words(template).act;
        let method = names_a_method(template);
        let direction = match act {
            // GET, POST and their like are words of HTTP, not of messaging
            _ if method => None,
            Act::Send => Some(Direction::Sends),
            Act::Receive => Some(Direction::Receives),
            _ => None,
        };
        Spoken { act, direction, method, topic: in_text(template).map(|name| Topic::new(name, false)) }
    }
}

/// What records tell of messages; each template is read once.
#[derive(Debug)]
pub struct Channels {
    spoken: FxHashMap<Symbol, Spoken>,
    silent: Spoken,
}

impl Channels {
    /// For the records of a store.
    pub fn of(store: &Store) -> Channels {
        let mut spoken: FxHashMap<Symbol, Spoken> = FxHashMap::default();
        for &template in store.census.templates.keys() {
            spoken.insert(template, Spoken::of(store.symbols.text(template)));
        }
        Channels { spoken, silent: Spoken::default() }
    }

    /// What the words of a record tell.
    pub fn spoken(&self, store: &Store, id: EventId) -> &Spoken {
        self.spoken.get(&store.event(id).template).unwrap_or(&self.silent)
    }

    /// The topic that a record states or names.
    pub fn topic(&self, store: &Store, id: EventId) -> Option<Topic> {
        stated(store, id).or_else(|| self.spoken(store, id).topic.clone())
    }

    /// What a span sends and receives. What is sent without a topic is no message, unless the span's kind says so: mail is sent, too.
    pub fn flows(&self, store: &Store, span: &Span) -> Vec<Flow> {
        let kind = match span.kind {
            Some(SpanKind::Producer) => Some(Direction::Sends),
            Some(SpanKind::Consumer) => Some(Direction::Receives),
            _ => None,
        };
        if let Some(direction) = kind {
            let stated = span.events.iter().find_map(|id| stated(store, *id));
            return vec![Flow { direction, topic: stated.or_else(|| in_span_name(store, span)), count: 1 }];
        }
        // by topic, then by template: "publishing x" and "published x" are one message, two "published x" are two
        let mut counts: IndexMap<(bool, Option<Symbol>), Counted, FxBuildHasher> = IndexMap::default();
        for &id in &span.events {
            let Some(direction) = self.spoken(store, id).direction else { continue };
            let topic = self.topic(store, id);
            let sends = direction == Direction::Sends;
            if topic.is_some() || !sends {
                let key = (sends, topic.as_ref().map(|topic| topic.symbol));
                let (_, templates) = counts.entry(key).or_insert((topic, FxHashMap::default()));
                *templates.entry(store.event(id).template).or_default() += 1;
            }
        }
        let flow = |((sends, _), (topic, templates)): ((bool, Option<Symbol>), Counted)| {
            let direction = if sends { Direction::Sends } else { Direction::Receives };
            // what a span receives, it handles once
            let count = if sends { templates.values().copied().max().unwrap_or(1) } else { 1 };
            Flow { direction, topic, count }
        };
        counts.into_iter().map(flow).collect()
    }
}

/// The topic that a record's fields state.
pub fn stated(store: &Store, id: EventId) -> Option<Topic> {
    store
        .details(id)
        .iter()
        .find_map(|detail| match detail {
            Detail::Topic(name) => Some(store.symbols.text(*name)),
            _ => None,
        })
        .filter(|name| !name.is_empty())
        .map(|name| Topic::new(name, true))
}

/// The destination in the name of a producer's or consumer's span: `publish orders`, or `orders publish` as older
/// conventions have it (OpenTelemetry semantic conventions, messaging spans, "Span name").
pub fn in_span_name(store: &Store, span: &Span) -> Option<Topic> {
    if !matches!(span.kind, Some(SpanKind::Producer | SpanKind::Consumer)) {
        return None;
    }
    let name = store.symbols.text(span.name);
    let (first, rest) = name.split_once(' ')?;
    let (last, before) = name.rsplit_once(' ').map(|(before, last)| (last, before))?;
    let topic = match (is_operation(first), is_operation(last)) {
        (true, _) => rest,
        (false, true) => before,
        _ => return None,
    };
    (!topic.contains(' ')).then(|| Topic::new(topic, false))
}

/// Operations of messaging spans, of the conventions and of the client libraries they quote.
fn is_operation(word: &str) -> bool {
    const OPERATIONS: [&str; 12] = [
        "create", "send", "publish", "receive", "process", "settle", "poll", "ack", "deliver", "consume",
        "produce", "enqueue",
    ];
    OPERATIONS.iter().any(|operation| word.eq_ignore_ascii_case(operation))
}

/// What a span sends or receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Which of both.
    pub direction: Direction,
    /// Through which topic, if that is known.
    pub topic: Option<Topic>,
    /// How often.
    pub count: u64,
}

/// A topic, and how often each template speaks of it.
type Counted = (Option<Topic>, FxHashMap<Symbol, u64>);

/// Methods of HTTP (RFC 9110, 9.3; RFC 5789).
fn names_a_method(text: &str) -> bool {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];
    text.split(|c: char| !c.is_ascii_alphanumeric()).take(8).any(|word| METHODS.contains(&word))
}

/// Words after the verb that lead to the name of a topic.
const LEADING: [&str; 14] = [
    "to", "from", "on", "into", "in", "the", "topic", "queue", "exchange", "channel", "event", "message",
    "subject", "stream",
];
/// Words that say that a topic's name follows, whatever it looks like.
const TELLING: [&str; 6] = ["topic", "queue", "exchange", "channel", "subject", "stream"];
/// Words of a text that are looked at.
const MAX_WORDS: usize = 16;

/// The name of a topic in a template that speaks of sending or receiving.
pub fn in_text(template: &str) -> Option<&str> {
    let mut verb = false;
    let mut telling = false;
    for word in template.split_whitespace().take(MAX_WORDS) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if !verb {
            verb = matches!(words::words(word).act, Act::Send | Act::Receive);
            continue;
        }
        // a field of the record, or a variable part
        if word.contains(['=', '<', '>', ':']) || bare.is_empty() {
            return None;
        }
        if LEADING.iter().any(|leading| bare.eq_ignore_ascii_case(leading)) {
            telling = TELLING.iter().any(|leading| bare.eq_ignore_ascii_case(leading));
            continue;
        }
        return (telling || is_name(bare)).then_some(bare);
    }
    None
}

/// Whether a word joins parts as names of topics and events do.
fn is_name(word: &str) -> bool {
    let parts: Vec<&str> = word.split(['.', '-', '_']).collect();
    let joined = parts.len() > 1 && parts.iter().all(|part| part.chars().any(char::is_alphabetic));
    let capitals = word.chars().zip(word.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    word.len() >= 4 && !word.contains('/') && (joined || capitals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, expected: Option<&str>) {
        assert_eq!(in_text(template), expected, "{template}");
    }

    #[test]
    fn topics_are_names_behind_a_verb() {
        check("published order.placed order_id=<*>", Some("order.placed"));
        check("<- order.placed order=<*>", Some("order.placed"));
        check("sending message to topic invoices", Some("invoices"));
        check("Consumed PaymentCaptured from partition <*>", Some("PaymentCaptured"));
        check("emitted event user-registered", Some("user-registered"));
    }

    #[test]
    fn prose_and_fields_are_no_topics() {
        check("Sending push", None);
        check("received event", None);
        check("message received msg_id=<*>", None);
        check("published order_id=<*>", None);
        check("sent <*> items", None);
        check("order.placed", None);
        check("", None);
    }

    #[test]
    fn methods_of_http_are_no_messages() {
        assert!(names_a_method("received POST /orders"));
        assert!(!names_a_method("posted the letter"));
    }
}
