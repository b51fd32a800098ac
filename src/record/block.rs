//! Records of many lines, each with one `name: value`: what OpenTelemetry's console exporters and its collector's debug
//! exporter print, and layouts that write a record like a YAML document.
//!
//! Sources: opentelemetry-dotnet, ConsoleLogRecordExporter and ConsoleActivityExporter; opentelemetry-collector,
//! exporter/internal/otlptext; YAML 1.2, "Block Mappings", of which only flat and nested mappings of scalars are read.

use super::look::Class;
use super::{At, Field, NameHash, Role, Writing, json, level, names, timestamp};
use memchr::memchr;

/// What the first line of a record begins with, whatever the source is.
const STARTS: &[&[u8]] = &[b"LogRecord.Timestamp:", b"Activity.TraceId:", b"LogRecord #", SPAN];
/// Begins a span that the collector's debug exporter prints; its own id is named "ID".
const SPAN: &[u8] = b"Span #";
/// Longer names are none.
const MAX_NAME: usize = 48;
/// Deeper values are left out.
const MAX_DEPTH: usize = 8;

/// Whether a line begins such a record.
pub fn detect(line: &[u8]) -> bool {
    STARTS.iter().any(|start| line.starts_with(start))
}

/// Whether a line is one of dashes or the like: `---`, `=====`.
pub fn is_rule(line: &[u8]) -> bool {
    if !matches!(line.first(), Some(b'-' | b'=' | b'*' | b'_')) {
        return false;
    }
    let line = line.trim_ascii_end();
    line.len() >= 3 && line.iter().all(|byte| *byte == line[0])
}

/// How the records of a source are laid out, if each is a list of `name: value` lines.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The name in the first line of a record.
    first: Box<[u8]>,
    /// Each record is an element of a list, `- name: value`.
    listed: bool,
}

impl Layout {
    /// The layout of a source, told by the first lines of it: nearly all are `name: value`, one of them is a time or a
    /// level, another a message or a trace.
    pub fn find(lines: &[Vec<u8>]) -> Option<Layout> {
        let mut first: Option<(&[u8], bool)> = None;
        let (mut all, mut named) = (0usize, 0usize);
        let (mut dated, mut told) = (false, false);
        for line in lines.iter().filter(|line| !line.trim_ascii().is_empty() && !is_rule(line)) {
            all += 1;
            let Some(pair) = Pair::of(line) else { continue };
            named += 1;
            if pair.indent > 0 && first.is_none() {
                return None;
            }
            first.get_or_insert((pair.name, pair.listed));
            match names::known(pair.name, true).map(|known| known.role) {
                Some(Role::Time) => {
                    dated |= timestamp::parse_prefix(unquoted(pair.value), Default::default()).is_some();
                }
                Some(Role::Level) => dated |= level::from_word(unquoted(pair.value)).is_some(),
                Some(Role::Message | Role::TraceId | Role::Traceparent) => told = true,
                _ => {}
            }
        }
        let (name, listed) = first?;
        (dated && told && named >= 3 && named * 10 >= all * 8).then(|| Layout { first: name.into(), listed })
    }

    /// Whether a line of such a source begins a record.
    pub(super) fn class(&self, line: &[u8]) -> Class {
        if is_rule(line) {
            return Class::Header;
        }
        match Pair::of(line) {
            Some(pair) if pair.indent == 0 && pair.listed == self.listed && pair.name == &*self.first => {
                Class::Start
            }
            _ if line.trim_ascii().is_empty() => Class::Blank,
            _ => Class::Plain,
        }
    }
}

/// A line `name: value`, `- name: value`, `name:`.
struct Pair<'t> {
    indent: usize,
    listed: bool,
    name: &'t [u8],
    value: &'t [u8],
}

impl Pair<'_> {
    fn of(line: &[u8]) -> Option<Pair<'_>> {
        let line = line.trim_ascii_end();
        let rest = line.trim_ascii_start();
        let indent = line.len() - rest.len();
        let bare = rest.strip_prefix(b"- ").map(<[u8]>::trim_ascii_start);
        let listed = bare.is_some();
        let bare = bare.unwrap_or(rest);
        let colon = memchr(b':', &bare[..bare.len().min(MAX_NAME)])?;
        let name = unquoted(bare[..colon].trim_ascii_end());
        let plain =
            name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'@'))
                && name
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@'));
        let spaced = bare.get(colon + 1).is_none_or(|next| matches!(next, b' ' | b'\t'));
        (plain && spaced).then(|| Pair { indent, listed, name, value: bare[colon + 1..].trim_ascii() })
    }
}

/// The text without quotes around it.
fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inside @ .., b'"'] | [b'\'', inside @ .., b'\''] => inside,
        _ => text,
    }
}

/// Appends the fields of a record to `fields`.
pub fn scan(text: &[u8], fields: &mut Vec<Field>) {
    // the indents of the containers that are open, and their names
    let mut open: Vec<(usize, At)> = Vec::new();
    // a value that goes on below its name, indented further than that
    let mut below: Option<(usize, usize)> = None;
    // where the program tells the record's own values from attributes, only those count
    let marked = STARTS[..2].iter().any(|start| text.starts_with(start));
    let mut at = 0;
    for line in text.split(|&byte| byte == b'\n').take(json::MAX_FIELDS) {
        let indent = line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let (start, end) = (at + indent, at + line.trim_ascii_end().len());
        at += line.len() + 1;
        let Some(bytes) = text.get(start..end).filter(|bytes| !bytes.is_empty()) else { continue };
        if let Some((index, outside)) = below {
            if indent > outside {
                let field: &mut Field = &mut fields[index];
                let from = if field.value.is_empty() { start } else { field.value.start as usize };
                field.value = At::new(from, end);
                continue;
            }
            below = None;
        }
        let mark = [&b"- "[..], b"-> "].into_iter().find(|mark| bytes.starts_with(mark));
        let start = start + mark.map_or(0, <[u8]>::len);
        let indent = indent + mark.map_or(0, <[u8]>::len);
        let Some(colon) = memchr(b':', &text[start..end]) else { continue };
        let name = super::text::trim(text, At::new(start, start + colon));
        let bare = name.of(text);
        let kind = [&b"LogRecord."[..], b"Activity."].into_iter().find(|kind| bare.starts_with(kind));
        let name = quotes_off(text, At::new(name.start as usize + kind.map_or(0, <[u8]>::len), name.end())).0;
        let value = super::text::trim(text, At::new(start + colon + 1, end));
        open.retain(|(outside, _)| *outside < indent);
        let parent = open.last().map_or(At::default(), |(_, name)| *name);
        if name.is_empty() {
            continue;
        }
        let block = matches!(value.of(text), b"|" | b">" | b"|-" | b">-" | b"|+" | b">+");
        if value.is_empty() {
            if open.len() < MAX_DEPTH {
                open.push((indent, name));
            }
            continue;
        }
        // "FormattedMessage" is what "Body", the template, became
        let top = kind.is_some() || open.is_empty() && !marked || name.of(text) == b"service.name";
        let known = match name.of(text) {
            b"FormattedMessage" => Some((Role::Message, 0)),
            b"Body" if text.starts_with(b"LogRecord #") => Some((Role::Message, 0)),
            b"ID" if text.starts_with(SPAN) => Some((Role::SpanId, 0)),
            name => names::known(name, top).map(|known| (known.role, known.rank)),
        };
        let (value, writing) = if block { (At::new(end, end), Writing::Plain) } else { scalar(text, value) };
        if block {
            below = Some((fields.len(), indent));
        }
        let path = match parent.is_empty() {
            true => NameHash::of(name.of(text)),
            false => NameHash::of(parent.of(text)).text(name.of(text)),
        };
        fields.push(Field {
            name,
            parent,
            path,
            role: known.map_or(Role::Other, |known| known.0),
            rank: known.map_or(u8::MAX, |known| known.1),
            top,
            value,
            writing,
        });
    }
}

/// A value without its quotes, or without the type that the collector's debug exporter writes around it.
fn scalar(text: &[u8], value: At) -> (At, Writing) {
    let typed = [&b"Str("[..], b"Int(", b"Double(", b"Bool("]
        .into_iter()
        .find(|kind| value.of(text).starts_with(kind) && value.of(text).ends_with(b")"));
    match typed {
        Some(kind) => (At::new(value.start as usize + kind.len(), value.end() - 1), Writing::Plain),
        None => match value.of(text) {
            b"null" | b"~" => (value, Writing::Null),
            _ => quotes_off(text, value),
        },
    }
}

fn quotes_off(text: &[u8], at: At) -> (At, Writing) {
    let inside = || At::new(at.start as usize + 1, at.end() - 1);
    match at.of(text) {
        [b'"', .., b'"'] if at.len > 1 && at.of(text).contains(&b'\\') => (inside(), Writing::Escaped),
        [b'"', .., b'"'] | [b'\'', .., b'\''] if at.len > 1 => (inside(), Writing::Plain),
        _ => (at, Writing::Plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(Role, String)> {
        let mut fields = Vec::new();
        scan(text.as_bytes(), &mut fields);
        let value = |field: &Field| String::from_utf8_lossy(field.value.of(text.as_bytes())).into_owned();
        fields.iter().map(|field| (field.role, value(field))).collect()
    }

    #[test]
    fn lines_of_a_record_become_fields() {
        let text = "LogRecord.Timestamp:   2023-03-19T08:01:20Z\nLogRecord.TraceId:  70ad\n    Body: x\nservice.name: a";
        assert!(detect(text.as_bytes()));
        let got = fields(text);
        assert_eq!(got[0], (Role::Time, "2023-03-19T08:01:20Z".into()));
        assert_eq!(got[1], (Role::TraceId, "70ad".into()));
        assert_eq!(got[3], (Role::Service, "a".into()));
    }

    #[test]
    fn documents_like_yaml_become_fields() {
        let got = fields(
            "- time: \"2025-01-02\"\n  context:\n    trace_id: 70ad\n  message: |\n    one\n    two\n  level: WARN",
        );
        assert_eq!(
            got,
            [
                (Role::Time, "2025-01-02".into()),
                (Role::TraceId, "70ad".into()),
                (Role::Message, "one\n    two".into()),
                (Role::Level, "WARN".into())
            ]
        );
    }

    #[test]
    fn what_the_collector_prints_becomes_fields() {
        let got = fields(
            "LogRecord #0\nTimestamp: 2025-01-02 03:04:05 +0000 UTC\nBody: Str(paid)\nAttributes:\n     -> order: Str(7)\nTrace ID: 70ad",
        );
        assert_eq!(got[0].0, Role::Time);
        assert_eq!(got[1], (Role::Message, "paid".into()));
        assert_eq!(got[2], (Role::Other, "7".into()));
        assert_eq!(got[3], (Role::TraceId, "70ad".into()));
    }

    #[test]
    fn sources_of_blocks_are_told_from_sources_of_lines() {
        let find = |text: &str| {
            let lines: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
            Layout::find(&lines)
                .map(|layout| (String::from_utf8_lossy(&layout.first).into_owned(), layout.listed))
        };
        let time = "2025-01-02T03:04:05Z";
        assert_eq!(find(&format!("---\ntime: {time}\nlevel: INFO\nmsg: a")), Some(("time".into(), false)));
        assert_eq!(find(&format!("- at: x\n  time: {time}\n  trace_id: 7")), Some(("at".into(), true)));
        assert_eq!(find("INFO: server is up\nWARN: disk is full\nINFO: bye"), None);
        assert_eq!(find("name: a\nimage: b\nmessage: c"), None);
        assert_eq!(find(&format!("{time} INFO a\n{time} INFO b\nkey: c\nlevel: WARN\nmsg: x")), None);
    }
}
