//! What was read, and what was not.

use std::collections::BTreeMap;

/// Counts of a run; every report ends with them.
///
/// Always holds: `records == records_placed + records_unplaced + records_filtered`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files, archive members and stdin that were read.
    pub sources: u64,
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Records read.
    pub records: u64,
    /// Records with a time of their own.
    pub records_with_time: u64,
    /// Records with a trace, span or correlation id.
    pub records_with_context: u64,
    /// Records that stand in a trace of the report.
    pub records_placed: u64,
    /// Records that belong to no trace.
    pub records_unplaced: u64,
    /// Records that the user's selection left out.
    pub records_filtered: u64,
    /// What never became a record, by reason; the first place of each is kept.
    pub skipped: BTreeMap<SkipReason, Skip>,
}

/// Why bytes or whole sources never became records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SkipReason {
    /// A file that holds no text.
    BinaryFile,
    /// A compressed copy of a file that was read.
    CompressedTwin,
    /// A file or directory that could not be opened or read.
    Unreadable,
    /// A file that got shorter, or vanished, while it was read.
    Shrunk,
    /// Compressed or archived data that ends early or is damaged.
    Damaged,
    /// A compressed source that expands beyond the limit.
    ExpandsTooFar,
    /// An archive inside archives, too deep.
    NestedTooDeep,
    /// The end of a line beyond the longest line that is kept.
    LongLine,
    /// Lines beyond the longest record that is kept.
    LongRecord,
    /// A binary part (NUL bytes) inside a text.
    BinaryPart,
    /// A header line of a table (CSV, W3C extended).
    HeaderLine,
    /// A named pipe, socket or device found in a directory.
    SpecialFile,
    /// An empty line.
    EmptyLine,
    /// A JSON document that is no log record, alone in its file.
    NoLog,
    /// Settings or a baseline of spanloom, found in a directory.
    Settings,
}

impl SkipReason {
    /// The reason in words, as reports print it.
    pub fn text(self) -> &'static str {
        match self {
            SkipReason::BinaryFile => "binary file",
            SkipReason::CompressedTwin => "compressed copy of a file that was read",
            SkipReason::Unreadable => "cannot be read",
            SkipReason::Shrunk => "file shrank while it was read",
            SkipReason::Damaged => "damaged or truncated compressed data",
            SkipReason::ExpandsTooFar => "compressed data expands too far",
            SkipReason::NestedTooDeep => "archive nested too deep",
            SkipReason::LongLine => "rest of a line that is too long",
            SkipReason::LongRecord => "rest of a record that is too long",
            SkipReason::BinaryPart => "binary data",
            SkipReason::HeaderLine => "header line",
            SkipReason::SpecialFile => "not a regular file",
            SkipReason::EmptyLine => "empty line",
            SkipReason::NoLog => "JSON document that holds no log records",
            SkipReason::Settings => "settings of spanloom",
        }
    }
}

/// How often something was skipped, and where first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skip {
    /// How often.
    pub count: u64,
    /// The first file, in the order of the sources.
    pub file: String,
    /// The first line in it, if a line is meant.
    pub line: Option<u64>,
}

impl Coverage {
    /// Counts something skipped; `file` and `line` are kept if no earlier place is known.
    pub fn skip(&mut self, reason: SkipReason, count: u64, file: &str, line: Option<u64>) {
        let entry =
            self.skipped.entry(reason).or_insert_with(|| Skip { count: 0, file: file.to_owned(), line });
        entry.count += count;
        if (file, line) < (entry.file.as_str(), entry.line) {
            file.clone_into(&mut entry.file);
            entry.line = line;
        }
    }
}
