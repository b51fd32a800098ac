//! What conditions can ask for. The help text is made of this table.

use crate::model::Symbol;

/// A field: what it is called, and what its values are like.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The name in conditions.
    pub name: &'static str,
    /// What its values are.
    pub of: Of,
    /// What it tells, in a few words.
    pub about: &'static str,
    pub(super) field: Field,
}

/// What values of a field are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// A text.
    Text,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// A duration.
    Duration,
    /// A whole number.
    Count,
    /// A number from 0 to 1.
    Share,
    /// True or false.
    Flag,
}

/// Which field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Field {
    Service,
    Instance,
    Name,
    Kind,
    Duration,
    Own,
    Queue,
    Offset,
    Status,
    Failed,
    Errors,
    Records,
    Message,
    Topic,
    Sends,
    Receives,
    Root,
    Leaf,
    Depth,
    Basis,
    Confidence,
    Synthetic,
    Missing,
    Id,
    TraceId,
    TraceName,
    TraceService,
    TraceDuration,
    TraceStatus,
    TraceErrors,
    TraceSpans,
    TraceRecords,
    TraceServices,
    TraceFinding,
    /// A key by its normalized name.
    Key(Symbol),
    /// A member of a record, by its name in `extract`.
    Part(&'static str),
}

/// Which fields a condition can ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// Those of spans and transactions.
    Spans,
    /// Those of records.
    Records,
}

const KINDS: &[&str] = &["server", "client", "producer", "consumer", "internal"];
const SPAN_STATUS: &[&str] = &["ok", "error"];
const TRACE_STATUS: &[&str] = &["ok", "error", "incomplete", "truncated"];
const BASES: &[&str] = &["stated", "header", "link", "message", "call", "nesting", "key", "learned"];
const FINDINGS: &[&str] = &[
    "missing_step",
    "stuck",
    "error",
    "slow",
    "duplicate",
    "retry",
    "out_of_order",
    "context_lost",
    "orphan",
    "clock_skew",
];

const fn known(name: &'static str, of: Of, field: Field, about: &'static str) -> Known {
    Known { name, of, about, field }
}

/// All fields but keys, in the order of the help text.
pub const FIELDS: &[Known] = &[
    known("service", Of::Text, Field::Service, "service of the span"),
    known("instance", Of::Text, Field::Instance, "its instance (pod, host)"),
    known("name", Of::Text, Field::Name, "its name: operation, route, or first message"),
    known("kind", Of::Choice(KINDS), Field::Kind, "its kind, where the logs state it"),
    known("duration", Of::Duration, Field::Duration, "from its start to its end"),
    known("self", Of::Duration, Field::Own, "the part in which no child ran"),
    known("queue", Of::Duration, Field::Queue, "how long its message waited"),
    known("offset", Of::Duration, Field::Offset, "from the start of the transaction to its start"),
    known("status", Of::Choice(SPAN_STATUS), Field::Status, "whether it failed"),
    known("error", Of::Flag, Field::Failed, "it failed"),
    known("errors", Of::Count, Field::Errors, "its records at level ERROR or worse"),
    known("records", Of::Count, Field::Records, "its records"),
    known("message", Of::Text, Field::Message, "one of its messages, <*> for variable parts"),
    known("topic", Of::Text, Field::Topic, "topic that it sends to or receives from"),
    known("sends", Of::Text, Field::Sends, "topic that it sends to"),
    known("receives", Of::Text, Field::Receives, "topic that it receives from"),
    known("root", Of::Flag, Field::Root, "it has no parent"),
    known("leaf", Of::Flag, Field::Leaf, "it has no child"),
    known("depth", Of::Count, Field::Depth, "spans above it"),
    known("basis", Of::Choice(BASES), Field::Basis, "what the edge from its parent rests on"),
    known("confidence", Of::Share, Field::Confidence, "how sure that edge is"),
    known("synthetic", Of::Flag, Field::Synthetic, "no log states its id"),
    known("missing", Of::Flag, Field::Missing, "named as a parent, but never logged"),
    known("id", Of::Text, Field::Id, "its id"),
    known("trace.id", Of::Text, Field::TraceId, "a trace id of the transaction"),
    known("trace.name", Of::Text, Field::TraceName, "name of its root"),
    known("trace.service", Of::Text, Field::TraceService, "service of its root"),
    known("trace.duration", Of::Duration, Field::TraceDuration, "from its first start to its last end"),
    known("trace.status", Of::Choice(TRACE_STATUS), Field::TraceStatus, "how it ended"),
    known("trace.errors", Of::Count, Field::TraceErrors, "its records at level ERROR or worse"),
    known("trace.spans", Of::Count, Field::TraceSpans, "its spans"),
    known("trace.records", Of::Count, Field::TraceRecords, "its records"),
    known("trace.services", Of::Count, Field::TraceServices, "services that have a part in it"),
    known("trace.finding", Of::Choice(FINDINGS), Field::TraceFinding, "kind of a finding about it"),
];

const LEVELS: &[&str] = &["trace", "debug", "info", "warn", "error", "fatal"];

/// All fields of records but ids, in the order of the help text.
pub const RECORD_FIELDS: &[Known] = &[
    known("file", Of::Text, Field::Part("file"), "source that it stands in"),
    known("line", Of::Count, Field::Part("line"), "its first line there"),
    known("time", Of::Text, Field::Part("time"), "when, in UTC: 2026-01-31T08:00:00.000000000Z"),
    known("service", Of::Text, Field::Part("service"), "service that logged it"),
    known("instance", Of::Text, Field::Part("instance"), "its instance (pod, host)"),
    known("level", Of::Choice(LEVELS), Field::Part("level"), "its level"),
    known("error", Of::Flag, Field::Failed, "its level is ERROR or FATAL"),
    known("message", Of::Text, Field::Part("message"), "what it says"),
    known("trace_id", Of::Text, Field::Part("trace_id"), "trace id"),
    known("span_id", Of::Text, Field::Part("span_id"), "span id"),
    known("parent_span_id", Of::Text, Field::Part("parent_span_id"), "id of the span above"),
    known("scheme", Of::Text, Field::Part("scheme"), "how the trace id is written: w3c, b3, …"),
    known("format", Of::Text, Field::Part("format"), "how the record is written: json, logfmt, …"),
];

/// What comes before the name of a key.
pub(super) const KEY: &str = "key.";
/// What comes before the name of an id of a record.
const IDS: &str = "ids.";

impl Table {
    fn fields(self) -> &'static [Known] {
        match self {
            Table::Spans => FIELDS,
            Table::Records => RECORD_FIELDS,
        }
    }

    /// The field of a name.
    pub(super) fn lookup(self, name: &str) -> Option<Known> {
        let ids = name.strip_prefix(IDS).filter(|_| self == Table::Records);
        if let Some(key) = name.strip_prefix(KEY).or(ids).filter(|key| !key.is_empty()) {
            return Some(known("key", Of::Text, Field::Key(key_name(key)), ""));
        }
        self.fields().iter().find(|known| known.name == name).copied()
    }

    /// The field whose name is most like a word.
    pub(super) fn similar(self, word: &str) -> Option<&'static str> {
        let word = word.to_ascii_lowercase();
        let near = |name: &&'static str| distance(&word, name) <= 1 + name.len() / 4;
        let names = self.fields().iter().map(|known| known.name).filter(near);
        names.min_by_key(|name| distance(&word, name))
    }
}

/// The symbol of a key's name: lowercase, without separators.
pub(super) fn key_name(name: &str) -> Symbol {
    let bytes = name.bytes().filter(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    Symbol::of(&bytes.map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>())
}

/// How many letters have to be changed, added or left out (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, a) in one.chars().take(64).enumerate() {
        let mut above = row[0];
        row[0] = at + 1;
        for (column, b) in other.iter().enumerate() {
            let changed = above + usize::from(a != *b);
            above = row[column + 1];
            row[column + 1] = changed.min(above + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
