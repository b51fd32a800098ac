//! Records written as XML elements: log4j's XMLLayout and XmlLayout, java.util.logging's XMLFormatter, Windows events.
//!
//! Attributes of elements and the texts of elements without children become fields; an element with a `name` or `key`
//! and a `value` is a field of that name. Nothing is resolved, so nothing can grow: entities stay as they are.

use super::{At, Field, NameHash, Role, Writing, json, names};

/// Names, without a prefix, that elements of one record have.
const RECORDS: &[&[u8]] = &[b"event", b"record", b"entry", b"logentry", b"log"];

/// Whether a line begins a record: an element of a record's name with an attribute, or on a line of its own.
pub fn detect(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"<") else { return false };
    let length = name_length(rest);
    let name = rest[..length].rsplit(|&byte| byte == b':').next().unwrap_or_default();
    if !RECORDS.iter().any(|record| name.eq_ignore_ascii_case(record)) {
        return false;
    }
    let rest = rest[length..].trim_ascii();
    rest == b">"
        || rest.first().is_some_and(|&byte| byte != b'>') && rest.contains(&b'=')
        || rest.starts_with(b"><")
}

/// Appends what the elements of a record hold to `fields`.
pub fn scan(text: &[u8], fields: &mut Vec<Field>) {
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'<', &text[at..]).map(|found| at + found) {
        if fields.len() >= json::MAX_FIELDS {
            return;
        }
        let length = name_length(&text[open + 1..]);
        let Some(close) = tag_end(text, open + 1 + length) else { return };
        at = close + 1;
        if length == 0 {
            continue;
        }
        let name = At::new(open + 1, open + 1 + length);
        attributes(text, At::new(name.end(), close), fields);
        let next = memchr::memchr(b'<', &text[at..]).map_or(text.len(), |found| at + found);
        let (value, end) = match text[next..].strip_prefix(b"<![CDATA[") {
            Some(inside) if text[at..next].trim_ascii().is_empty() => {
                let start = next + 9;
                let length = memchr::memmem::find(inside, b"]]>").unwrap_or(inside.len());
                (At::new(start, start + length), start + length)
            }
            _ => (super::text::trim(text, At::new(at, next)), next),
        };
        if !value.is_empty() && text[close - 1] != b'/' {
            push(text, unprefixed(text, name), value, fields);
        }
        at = end;
    }
}

/// The attributes of one element.
fn attributes(text: &[u8], inside: At, fields: &mut Vec<Field>) {
    let mut pair: [Option<At>; 2] = [None; 2];
    let first = fields.len();
    let mut at = inside.start as usize;
    while let Some(equals) = memchr::memchr(b'=', &text[at..inside.end()]).map(|found| at + found) {
        let name = super::text::trim(text, At::new(at, equals));
        let Some(&quote) = text.get(equals + 1).filter(|byte| matches!(byte, b'"' | b'\'')) else { return };
        let start = equals + 2;
        let Some(length) = memchr::memchr(quote, &text[start..inside.end()]) else { return };
        let value = At::new(start, start + length);
        at = start + length + 1;
        match name.of(text) {
            b"name" | b"key" | b"Name" | b"Key" => pair[0] = Some(value),
            b"value" | b"Value" => pair[1] = Some(value),
            _ => {}
        }
        push(text, name, value, fields);
    }
    if let [Some(name), Some(value)] = pair {
        fields.truncate(first);
        push(text, name, value, fields);
    }
}

fn push(text: &[u8], name: At, value: At, fields: &mut Vec<Field>) {
    let known = names::known(name.of(text), true);
    fields.push(Field {
        name,
        parent: At::default(),
        path: NameHash::of(name.of(text)),
        role: known.map_or(Role::Other, |known| known.role),
        rank: known.map_or(u8::MAX, |known| known.rank),
        top: true,
        value,
        writing: Writing::Plain,
    });
}

/// The name behind its prefix.
fn unprefixed(text: &[u8], name: At) -> At {
    let skip = name.of(text).iter().rposition(|&byte| byte == b':').map_or(0, |colon| colon + 1);
    At::new(name.start as usize + skip, name.end())
}

fn name_length(text: &[u8]) -> usize {
    text.iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'.'))
        .count()
}

/// The `>` that ends a tag; one in quotes does not.
fn tag_end(text: &[u8], start: usize) -> Option<usize> {
    let mut quote = None;
    for (index, &byte) in text.get(start..)?.iter().enumerate() {
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if byte == b'>' => return Some(start + index),
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn attributes_texts_and_pairs_become_fields() {
        let text = b"<log4j:event logger=\"a.B\" timestamp=\"17\">\n<log4j:message><![CDATA[x < y]]></log4j:message>\n\
                     <log4j:data name=\"traceId\" value=\"7e\"/>\n<Level>INFO</Level></log4j:event>";
        assert!(detect(text.split(|&byte| byte == b'\n').next().expect("a line")));
        let mut fields = Vec::new();
        scan(text, &mut fields);
        let got: Vec<_> = fields.iter().map(|field| (field.name.of(text), field.value.of(text))).collect();
        let expected: [(&[u8], &[u8]); 5] = [
            (b"logger", b"a.B"),
            (b"timestamp", b"17"),
            (b"message", b"x < y"),
            (b"traceId", b"7e"),
            (b"Level", b"INFO"),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn other_markup_is_no_record() {
        for line in ["<html>", "<log>text", "<0.123.0> x", "<134>till: x", "<entry", "< event >"] {
            assert!(!detect(line.as_bytes()), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut line = b"<event a=".to_vec();
            line.extend(text);
            let _ = detect(&line);
            scan(&line, &mut Vec::new());
        }
    }
}
