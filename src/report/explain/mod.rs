//! `explain`: how lines were read, and why.
//!
//! Says only what the stages decided, and where in the line they found it; decides nothing itself. What looks like an id
//! and was not taken for one is named with the reason.

mod doubts;
mod layer;
mod note;
mod place;
mod words;

pub use note::note;

use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// A value and where it stood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// The value.
    pub value: String,
    /// Where it stood, in words; empty if that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
}

/// A name with a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// What they are to spanloom.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
}

/// One wrapping of a record, or its inside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedLayer {
    /// Name of the format.
    pub format: String,
    /// The format in words.
    pub what: String,
    /// The parts of a text's header, in order: what each is, and its text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<Named>,
    /// Its fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Named>,
    /// Fields beyond those that are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_fields: usize,
}

/// The time of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedTime {
    /// As written; empty if that cannot be said.
    pub written: String,
    /// Where it stood.
    pub from: String,
    /// RFC 3339 in UTC.
    #[serde(default)]
    pub utc: String,
    /// It has its date, and no zone is told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_zone: bool,
    /// Where missing parts came from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub completed: Vec<String>,
}

/// An id that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedId {
    /// The id in its canonical form.
    pub id: String,
    /// As written, where that differs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub written: String,
    /// Where it stood.
    pub from: String,
}

/// A propagation header that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedHeader {
    /// Its scheme.
    pub scheme: String,
    /// `received`, `sent`, or `unknown`.
    pub role: String,
    /// The trace in it.
    pub trace_id: String,
    /// The span in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub span_id: String,
    /// Where it stood.
    pub from: String,
}

/// How a record was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedRecord {
    /// Its first line, counted from 1.
    #[serde(default)]
    pub line: u64,
    /// Which record of that line, counted from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub part: usize,
    /// Its text as written, cut if it is long.
    pub text: String,
    /// Its layers, outermost first.
    pub layers: Vec<ExplainedLayer>,
    /// Why a record begins with its first line.
    pub begins: String,
    /// How many further lines belong to it, and why; empty if there are none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub goes_on: String,
    /// Its lines.
    pub lines: u64,
    /// Its time, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<ExplainedTime>,
    /// Severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Stated>,
    /// Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Stated>,
    /// Instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Stated>,
    /// Thread or task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Stated>,
    /// Logger or category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logger: Option<Stated>,
    /// Message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Stated>,
    /// The message with its variable parts masked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub template: String,
    /// Trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<ExplainedId>,
    /// Span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_id: Option<ExplainedId>,
    /// Parent of the span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<ExplainedId>,
    /// The scheme of the ids.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scheme: String,
    /// Propagation headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<ExplainedHeader>,
    /// Correlation ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<Named>,
    /// Values that may tie records together; the role is what they look like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Named>,
    /// Further facts: duration, route, status and so on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Named>,
    /// What looks like an id and was not taken for one, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Named>,
}

/// How a source was read, and some of its records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedSource {
    /// Its name.
    pub file: String,
    /// The service of records that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Stated>,
    /// The instance of records that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Stated>,
    /// The zone of times that state none.
    pub zone: String,
    /// How 03/04/2024 is read.
    pub day_order: String,
    /// Columns of a table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Names of pairs that stand behind the messages of most lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tail_names: Vec<String>,
    /// Patterns of the settings file that apply.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub patterns: usize,
    /// It runs newest first, as far as it was read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub newest_first: bool,
    /// What was passed over before or among the records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<ExplainedSkip>,
    /// What there is to say if a line was asked for and belongs to no record.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remark: String,
    /// The records.
    pub records: Vec<ExplainedRecord>,
}

/// Something that was passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedSkip {
    /// Why.
    pub reason: String,
    /// How often, as far as the source was read.
    pub count: u64,
    /// The first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Writes all sources as one JSON object.
pub fn json(sources: &[ExplainedSource], out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Whole<'s> {
        schema: &'static str,
        sources: &'s [ExplainedSource],
    }
    serde_json::to_writer(&mut *out, &Whole { schema: "spanloom.explain/1", sources })?;
    out.write_all(b"\n")
}

/// Writes one source a line.
pub fn json_lines(sources: &[ExplainedSource], out: &mut dyn Write) -> io::Result<()> {
    for source in sources {
        serde_json::to_writer(&mut *out, source)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
