//! Security events: `CEF:0|vendor|product|version|class|name|severity|key=value …` and LEEF.
//!
//! Sources: ArcSight, "Common Event Format" (a value goes on up to the next key, `|` and `=` are escaped by a backslash);
//! IBM, "Log Event Extended Format" (version 2 names the delimiter of the attributes, else it is a tab).

use super::{At, Field, NameHash, Role, Writing, json, names};
use memchr::{memchr, memchr_iter};

/// Whether a line is an event of either format.
pub fn detect(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"CEF:").or_else(|| line.strip_prefix(b"LEEF:"));
    rest.is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit) && memchr(b'|', rest).is_some())
}

/// Appends the fields of an event to `fields`; the name of the event is its message.
pub fn scan(line: &[u8], fields: &mut Vec<Field>) {
    let cef = line.starts_with(b"CEF:");
    let bars: Vec<usize> = memchr_iter(b'|', line)
        .filter(|&at| at == 0 || line[at - 1] != b'\\')
        .take(if cef { 7 } else { 6 })
        .collect();
    let part = |index: usize| {
        let start = bars.get(index)? + 1;
        Some(At::new(start, bars.get(index + 1).copied().unwrap_or(line.len())))
    };
    // CEF has a name behind the class of the event, LEEF its id only
    if let Some(name) = part(if cef { 4 } else { 3 }) {
        push(At::default(), name, Role::Message, 0, line, fields);
    }
    if cef {
        let start = bars.get(6).map_or(line.len(), |bar| bar + 1);
        extension(line, start, fields);
        return label(line, fields);
    }
    let versioned = line.starts_with(b"LEEF:2") && bars.len() > 5;
    let start = bars.get(if versioned { 5 } else { 4 }).map_or(line.len(), |bar| bar + 1);
    let delimiter = match part(4).filter(|_| versioned).map(|at| at.of(line)) {
        Some([one]) => *one,
        _ => b'\t',
    };
    let mut at = start;
    for pair in line[start..].split(|&byte| byte == delimiter).take(json::MAX_FIELDS) {
        if let Some(equals) = memchr(b'=', pair) {
            let value = At::new(at + equals + 1, at + pair.len());
            named(At::new(at, at + equals), value, line, fields);
        }
        at += pair.len() + 1;
    }
}

/// `key=value with blanks key=value`.
fn extension(line: &[u8], start: usize, fields: &mut Vec<Field>) {
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    let mut open: Option<At> = None;
    let mut from = start;
    for equals in memchr_iter(b'=', &line[start..]).map(|at| start + at).take(json::MAX_FIELDS) {
        let key = line[from..equals].iter().rev().take_while(|byte| is_key(byte)).count();
        let begins = equals - key == start || line[equals - key - 1] == b' ';
        if key == 0 || !begins {
            continue;
        }
        if let Some(name) = open {
            let value = super::text::trim(line, At::new(name.end() + 1, equals - key));
            named(name, value, line, fields);
        }
        open = Some(At::new(equals - key, equals));
        from = equals + 1;
    }
    if let Some(name) = open {
        named(name, super::text::trim(line, At::new(name.end() + 1, line.len())), line, fields);
    }
}

/// Gives custom fields the names that others state: `cs1Label=traceId cs1=4bf9…` ("Custom dictionary extensions").
fn label(line: &[u8], fields: &mut [Field]) {
    for index in 0..fields.len() {
        let Some(name) = fields[index].name.of(line).strip_suffix(b"Label") else { continue };
        let label = fields[index].value;
        let custom = fields.iter_mut().find(|field| !name.is_empty() && field.name.of(line) == name);
        if let Some(field) = custom.filter(|_| !label.is_empty()) {
            let meaning = names::known(label.of(line), true);
            field.name = label;
            field.path = NameHash::of(label.of(line));
            field.role = meaning.map_or(Role::Other, |known| known.role);
            field.rank = meaning.map_or(u8::MAX, |known| known.rank);
        }
    }
}

fn named(name: At, value: At, line: &[u8], fields: &mut Vec<Field>) {
    let (role, rank) = match name.of(line) {
        // receipt time, which elsewhere is short for response time
        b"rt" | b"devTime" => (Role::Time, 0),
        b"msg" => (Role::Message, 1),
        other => {
            let known = names::known(other, true);
            (known.map_or(Role::Other, |known| known.role), known.map_or(u8::MAX, |known| known.rank))
        }
    };
    push(name, value, role, rank, line, fields);
}

fn push(name: At, value: At, role: Role, rank: u8, line: &[u8], fields: &mut Vec<Field>) {
    fields.push(Field {
        name,
        parent: At::default(),
        path: NameHash::of(name.of(line)),
        role,
        rank,
        top: true,
        value,
        writing: if value.of(line).contains(&b'\\') { Writing::Escaped } else { Writing::Plain },
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &[(Role, &str)]) {
        assert!(detect(line.as_bytes()), "{line}");
        let mut fields = Vec::new();
        scan(line.as_bytes(), &mut fields);
        let text = |at: At| std::str::from_utf8(at.of(line.as_bytes())).expect("as it was");
        let got: Vec<_> = fields.iter().map(|field| (field.role, text(field.value))).collect();
        assert_eq!(got, expected, "{line}");
    }

    #[test]
    fn events_become_fields() {
        check(
            "CEF:0|Acme|gate|1|7|door opened|3|rt=1741338942123 externalId=A-7 msg=by a guest",
            &[
                (Role::Message, "door opened"),
                (Role::Time, "1741338942123"),
                (Role::Other, "A-7"),
                (Role::Message, "by a guest"),
            ],
        );
        check(
            "CEF:0|Acme|gate|1|7|open|3|cs2=b01a4577fa417188 cs1Label=traceId cs1=4bf9 cs2Label=spanId",
            &[
                (Role::Message, "open"),
                (Role::SpanId, "b01a4577fa417188"),
                (Role::Other, "traceId"),
                (Role::TraceId, "4bf9"),
                (Role::Other, "spanId"),
            ],
        );
        check(
            "LEEF:2.0|Acme|gate|1|OPEN|^|devTime=Mar 07 2025 09:15:42^requestId=r-7",
            &[(Role::Message, "OPEN"), (Role::Time, "Mar 07 2025 09:15:42"), (Role::Other, "r-7")],
        );
        check(
            "LEEF:1.0|Acme|gate|1|OPEN|src=10.0.0.1\trequestId=r-7",
            &[(Role::Message, "OPEN"), (Role::Other, "10.0.0.1"), (Role::Other, "r-7")],
        );
    }

    #[test]
    fn what_is_cut_short_is_survived() {
        let line = "CEF:0|a|b|c|d|e|f|x=1 y=2";
        for end in 0..line.len() {
            scan(&line.as_bytes()[..end], &mut Vec::new());
        }
        assert!(!detect(b"CEF: see below"));
    }
}
