//! Records of many lines, each with one `Name:   value`: the console exporters of OpenTelemetry .NET.
//!
//! Source: opentelemetry-dotnet, ConsoleLogRecordExporter and ConsoleActivityExporter. Attributes stand indented below.

use super::{At, Field, NameHash, Role, Writing, json, names};

/// What the first line of a record begins with.
const STARTS: &[&[u8]] = &[b"LogRecord.Timestamp:", b"Activity.TraceId:"];

/// Whether a line begins such a record.
pub fn detect(line: &[u8]) -> bool {
    STARTS.iter().any(|start| line.starts_with(start))
}

/// Appends the fields of a record to `fields`.
pub fn scan(text: &[u8], fields: &mut Vec<Field>) {
    let mut at = 0;
    for line in text.split(|&byte| byte == b'\n').take(json::MAX_FIELDS) {
        let start = at + line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let end = at + line.trim_ascii_end().len();
        at += line.len() + 1;
        let Some(colon) = memchr::memchr(b':', text.get(start..end).unwrap_or_default()) else { continue };
        let name = At::new(start, start + colon);
        let bare = name.of(text);
        let kind = [&b"LogRecord."[..], b"Activity."].into_iter().find(|kind| bare.starts_with(kind));
        let name = At::new(start + kind.map_or(0, <[u8]>::len), name.end());
        let value = super::text::trim(text, At::new(name.end() + 1, end));
        if value.is_empty() || name.is_empty() {
            continue;
        }
        // "FormattedMessage" is what "Body", the template, became
        let known = match name.of(text) {
            b"FormattedMessage" => Some((Role::Message, 0)),
            name => names::known(name, kind.is_some()).map(|known| (known.role, known.rank)),
        };
        fields.push(Field {
            name,
            parent: At::default(),
            path: NameHash::of(name.of(text)),
            role: known.map_or(Role::Other, |known| known.0),
            rank: known.map_or(u8::MAX, |known| known.1),
            top: kind.is_some() || name.of(text) == b"service.name",
            value,
            writing: Writing::Plain,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_record_become_fields() {
        let text = b"LogRecord.Timestamp:   2023-03-19T08:01:20Z\nLogRecord.TraceId:  70ad\n    Body: x\nservice.name: a";
        assert!(detect(text));
        let mut fields = Vec::new();
        scan(text, &mut fields);
        let got: Vec<_> = fields.iter().map(|field| (field.role, field.value.of(text))).collect();
        assert_eq!(got[0], (Role::Time, &b"2023-03-19T08:01:20Z"[..]));
        assert_eq!(got[1], (Role::TraceId, &b"70ad"[..]));
        assert_eq!(got[3], (Role::Service, &b"a"[..]));
    }
}
