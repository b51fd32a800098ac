//! Turns the lines of a block into records. Knows nothing of ids.
//!
//! A line may be wrapped (by Docker, journald, a cloud export …); each wrapping is a [`Layer`] with its own text and its
//! own [`Draft`] of what was found in it, the outermost first. Positions ([`At`]) point into the layer's text, so that
//! drafts are reused from record to record and nothing is copied.

pub mod access;
pub mod behind;
mod block;
pub mod cef;
pub mod custom;
pub mod document;
pub mod envelope;
mod escapes;
mod expand;
mod fallback;
mod fill;
pub mod json;
mod klog;
mod layers;
pub mod level;
mod lines;
pub mod logfmt;
pub mod look;
pub mod loose;
pub mod ltsv;
pub mod names;
mod pattern;
mod pick;
mod profile;
mod read;
mod services;
pub mod statement;
pub mod table;
pub mod text;
pub mod timestamp;
pub mod xml;

pub use layers::{Brief, Layers, Record};
pub use lines::{
    Exit, LaneExit, LaneState, Lines, MAX_RECORD_BYTES, MAX_RECORD_LINES, MAX_SILENCE, Mode, Open, Sink,
    Skipped,
};
pub use look::{Class, Look};
pub use names::{NameHash, Role};
pub use pattern::{Pattern, Spot, is_moment};
pub use profile::Profile;

pub use pick::WEAK_SERVICE;
use text::Head;

use crate::model::{Level, Stamp};

/// A part of a layer's text: first byte and length.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct At {
    /// First byte.
    pub start: u32,
    /// Bytes.
    pub len: u32,
}

impl At {
    /// The part from `start` up to `end`, which must not lie before it.
    pub fn new(start: usize, end: usize) -> At {
        At { start: start as u32, len: (end - start) as u32 }
    }

    /// The bytes in their text; an empty part may lie anywhere.
    #[inline]
    pub fn of(self, text: &[u8]) -> &[u8] {
        if self.len == 0 { &[] } else { &text[self.start as usize..self.end()] }
    }

    /// One past the last byte.
    pub fn end(self) -> usize {
        (self.start + self.len) as usize
    }

    /// Whether there is nothing.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Writing {
    /// Text that stands for itself.
    Plain,
    /// The inside of a string with backslash escapes.
    Escaped,
    /// The inside of a CSV cell in which quotes are doubled.
    Doubled,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
}

impl Writing {
    /// Whether the bytes do not stand for themselves.
    pub fn is_coded(self) -> bool {
        matches!(self, Writing::Escaped | Writing::Doubled)
    }

    /// Appends what the bytes stand for.
    pub fn decode(self, written: &[u8], out: &mut Vec<u8>) {
        match self {
            Writing::Escaped => json::unescape(written, out),
            Writing::Doubled => table::undouble(written, out),
            _ => out.extend_from_slice(written),
        }
    }
}

/// One field of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The field's own name as written, escapes left as they are; empty for an array's element.
    pub name: At,
    /// The name of the container it stands in; empty at the top.
    pub parent: At,
    /// Hash of the names from the top down to this field.
    pub path: NameHash,
    /// What the name means.
    pub role: Role,
    /// Between several fields of one role the lowest rank counts.
    pub rank: u8,
    /// The field stands at the top of the record, or in containers that add nothing.
    pub top: bool,
    /// The value without its quotes.
    pub value: At,
    /// How the value is written.
    pub writing: Writing,
}

/// How a record, or a layer of it, is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// A JSON object.
    Json,
    /// `key=value` pairs.
    Logfmt,
    /// An object as programming languages print it, not quite JSON.
    Object,
    /// `label:value` cells between tabs.
    Ltsv,
    /// A security event, CEF or LEEF.
    Cef,
    /// XML elements.
    Xml,
    /// A record of lines, each with a name and a value.
    Block,
    /// Free text, with or without a header of time, level and so on.
    Text,
    /// A klog or glog header and text.
    Klog,
    /// An access log line.
    Access,
    /// Columns under a header line (CSV, TSV, W3C extended).
    Table,
    /// By the user's own pattern.
    Custom,
    /// A log record of an OTLP JSON request.
    OtlpLogs,
    /// A span of an OTLP JSON request.
    OtlpSpans,
    /// A span of a Jaeger JSON document.
    Jaeger,
    /// A span of a Zipkin v2 JSON document.
    Zipkin,
    /// Docker's json-file driver.
    Docker,
    /// Kubernetes CRI.
    Cri,
    /// `docker compose logs`.
    Compose,
    /// `kubectl logs --prefix`, stern and their like.
    Kubectl,
    /// Syslog, RFC 5424 or 3164.
    Syslog,
    /// systemd's journal as JSON.
    Journald,
    /// A cloud's or shipper's export of log entries.
    Export,
}

impl Format {
    /// The name in `extract` and `explain`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Logfmt => "logfmt",
            Format::Object => "object",
            Format::Ltsv => "ltsv",
            Format::Block => "block",
            Format::Cef => "cef",
            Format::Xml => "xml",
            Format::Text => "text",
            Format::Klog => "klog",
            Format::Access => "access",
            Format::Table => "table",
            Format::Custom => "custom",
            Format::OtlpLogs => "otlp-logs",
            Format::OtlpSpans => "otlp-spans",
            Format::Jaeger => "jaeger",
            Format::Zipkin => "zipkin",
            Format::Docker => "docker",
            Format::Cri => "cri",
            Format::Compose => "compose",
            Format::Kubectl => "kubectl",
            Format::Syslog => "syslog",
            Format::Journald => "journald",
            Format::Export => "export",
        }
    }
}

/// What was found in one layer; positions point into the layer's text.
#[derive(Debug, Default)]
pub struct Draft {
    /// The time written in this layer.
    pub stamp: Option<Stamp>,
    /// A time under a name that only may mean the record's; counts where no layer states one.
    pub likely_stamp: Option<Stamp>,
    /// The severity written in this layer.
    pub level: Option<Level>,
    /// Service name.
    pub service: Option<At>,
    /// The service name is only likely one (`name`, a label).
    pub service_is_weak: bool,
    /// Pod, host, container.
    pub instance: Option<At>,
    /// Thread or task.
    pub thread: Option<At>,
    /// Logger or category.
    pub logger: Option<At>,
    /// What the record says, and how it is written.
    pub message: Option<(At, Writing)>,
    /// All fields of a structured layer.
    pub fields: Vec<Field>,
    /// Where free text may hold ids and keys: parts of the text that are not fields.
    pub free: Vec<At>,
    /// Contents of bracketed groups in a text's header.
    pub groups: Vec<At>,
    /// What scanners remember from record to record.
    memory: Option<Box<Memory>>,
}

#[derive(Debug, Default)]
struct Memory {
    json: json::Scanner,
    pairs: logfmt::Scanner,
}

impl Draft {
    /// Appends the fields of the JSON object or array at `start`; see [`json::scan`].
    pub(crate) fn scan_json(&mut self, text: &[u8], start: usize) -> json::Scan {
        self.memory.get_or_insert_default().json.scan(text, start, &mut self.fields)
    }

    /// Appends the pairs from `start` on; see [`logfmt::scan`].
    pub(crate) fn scan_pairs(&mut self, text: &[u8], start: usize) {
        self.memory.get_or_insert_default().pairs.scan(text, start, &mut self.fields);
    }

    /// Whether a line is one of pairs; see [`logfmt::detect`].
    pub(crate) fn detects_pairs(&mut self, line: &[u8]) -> bool {
        self.memory.get_or_insert_default().pairs.detect(line)
    }

    /// Makes the draft empty again and keeps its buffers.
    pub fn clear(&mut self) {
        self.stamp = None;
        self.likely_stamp = None;
        self.level = None;
        self.service = None;
        self.service_is_weak = false;
        self.instance = None;
        self.thread = None;
        self.logger = None;
        self.message = None;
        self.fields.clear();
        self.free.clear();
        self.groups.clear();
    }
}

/// One wrapping of a record, or its inside.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'t> {
    /// The layer's text.
    pub text: &'t [u8],
    /// What was found in it.
    pub draft: &'t Draft,
    /// How it is written.
    pub format: Format,
    /// The names of fields that stand outside the text (columns, groups of a pattern); a field's name is an index then.
    pub names: &'t [Box<[u8]>],
}

impl<'t> Layer<'t> {
    /// The name of a field of this layer.
    pub fn name(&self, field: &Field) -> &'t [u8] {
        if self.names.is_empty() { field.name.of(self.text) } else { &self.names[field.name.start as usize] }
    }
}
