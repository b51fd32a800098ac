//! Finds the fields of a JSON object without building it.
//!
//! Source: RFC 8259. Lenient: a text that ends early or breaks the grammar gives the fields up to that place. Depth and
//! number of fields are bounded; what lies deeper is passed over.

use super::names::{NameId, Names, Part, Seen, TOP};
use super::text::names_context;
use super::{At, Field, Writing};
use memchr::{memchr, memchr2};

/// Containers deeper than this are passed over.
pub const MAX_DEPTH: usize = 48;
/// Fields of one record beyond this many are passed over.
pub const MAX_FIELDS: usize = 1024;

/// How far a scan came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scan {
    /// One past the last byte that belongs to the value.
    pub end: usize,
    /// The value is whole.
    pub complete: bool,
}

#[derive(Debug)]
struct Container {
    /// The name it stands under; in an array, that of the array.
    id: NameId,
    name: At,
    array: bool,
    /// In an object of the form `{"key": NAME, "value": VALUE}`: the position of NAME.
    pair_name: Option<At>,
}

/// Appends the fields of the object or array at `start` (a `{` or `[`) to `fields`.
///
/// An object with a text under `key` or `name` and a scalar under `value` (lists of headers, OTLP attributes) also gives
/// a field of that name. Objects under `stringValue`, `intValue` and so on (OTLP's AnyValue) count as the value itself.
pub fn scan(text: &[u8], start: usize, fields: &mut Vec<Field>) -> Scan {
    Scanner::default().scan(text, start, fields)
}

/// A scanner that remembers the names it met, so that records like those before are read faster. What it gives does not
/// depend on what it met.
#[derive(Debug, Default)]
pub struct Scanner {
    names: Names,
    stack: Vec<Container>,
}

impl Scanner {
    /// As [`scan`].
    pub fn scan(&mut self, text: &[u8], start: usize, fields: &mut Vec<Field>) -> Scan {
        self.names.begin();
        self.stack.clear();
        let Scanner { names, stack } = self;
        let mut cursor = Cursor { text, at: start, before: TOP, names, stack, fields };
        let complete = cursor.run().is_some();
        Scan { end: cursor.at, complete }
    }
}

struct Cursor<'t, 'f> {
    text: &'t [u8],
    at: usize,
    /// The name that was met last.
    before: NameId,
    names: &'f mut Names,
    stack: &'f mut Vec<Container>,
    fields: &'f mut Vec<Field>,
}

/// Bytes that end a number or a word.
static ENDS_SCALAR: [bool; 256] = {
    let mut table = [false; 256];
    let ends = b",}] \n\r\t";
    let mut index = 0;
    while index < ends.len() {
        table[ends[index] as usize] = true;
        index += 1;
    }
    table
};

impl Cursor<'_, '_> {
    fn run(&mut self) -> Option<()> {
        let array = self.text.get(self.at) == Some(&b'[');
        self.at += 1;
        self.stack.push(Container { id: TOP, name: At::default(), array, pair_name: None });
        while let Some(container) = self.stack.last() {
            let array = container.array;
            match self.next_byte()? {
                b'}' | b']' => {
                    self.at += 1;
                    self.stack.pop();
                }
                b',' => self.at += 1,
                b'"' if !array => self.member()?,
                _ if array => self.value(None)?,
                _ => return None,
            }
        }
        Some(())
    }

    /// The next byte that is not white space; it is not consumed.
    #[inline]
    fn next_byte(&mut self) -> Option<u8> {
        loop {
            match *self.text.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// The inside of the string at the cursor, and whether it has escapes.
    #[inline]
    fn string(&mut self) -> Option<(At, bool)> {
        let start = self.at + 1;
        let (end, escaped) = string_end(self.text, start)?;
        self.at = end + 1;
        Some((At::new(start, end), escaped))
    }

    #[inline]
    fn member(&mut self) -> Option<()> {
        let container = self.stack.last()?.id;
        let start = self.at + 1;
        let (id, name) = match self.names.expected(self.before, container, &self.text[start..], b'"') {
            Some((id, length)) => {
                self.at = start + length + 1;
                (id, At::new(start, start + length))
            }
            None => {
                let (name, _) = self.string()?;
                (self.names.find_behind(self.before, container, name.of(self.text)), name)
            }
        };
        self.before = id;
        if self.next_byte()? != b':' {
            return None;
        }
        self.at += 1;
        self.value(Some((id, name)))
    }

    /// The value at the cursor, of a member or of an array.
    #[inline]
    fn value(&mut self, member: Option<(NameId, At)>) -> Option<()> {
        match self.next_byte()? {
            open @ (b'{' | b'[') => {
                let parent = self.stack.last()?;
                if self.stack.len() >= MAX_DEPTH {
                    self.at = skip_nested(self.text, self.at)?;
                    return Some(());
                }
                self.at += 1;
                let (id, name) = member.unwrap_or((parent.id, parent.name));
                self.stack.push(Container { id, name, array: open == b'[', pair_name: None });
                Some(())
            }
            b'"' => {
                let (value, escaped) = self.string()?;
                self.field(member, value, if escaped { Writing::Escaped } else { Writing::Plain });
                Some(())
            }
            _ => {
                let start = self.at;
                let length = self.text[start..].iter().position(|&byte| ENDS_SCALAR[usize::from(byte)]);
                let end = length.map_or(self.text.len(), |length| start + length);
                let writing = match &self.text[start..end] {
                    [b'0'..=b'9' | b'-', ..] => Writing::Number,
                    b"null" => Writing::Null,
                    b"true" | b"false" => Writing::Bool,
                    _ => return None,
                };
                self.at = end;
                length?;
                self.field(member, At::new(start, end), writing);
                Some(())
            }
        }
    }

    #[inline]
    fn field(&mut self, member: Option<(NameId, At)>, value: At, writing: Writing) {
        if self.fields.len() >= MAX_FIELDS {
            return;
        }
        if member.is_none()
            && let Some(name) = self.name_before(value)
        {
            return self.pair(name, value, writing);
        }
        let Some(container) = self.stack.last_mut() else { return };
        let (name, parent, (role, rank), path, part) = match member {
            Some((id, name)) => {
                let seen = self.names.get(id);
                (name, container.name, (seen.role, seen.rank), seen.path, seen.part)
            }
            None => {
                let seen = self.names.get(container.id);
                (container.name, At::default(), seen.element, seen.path, seen.part)
            }
        };
        let top = self.names.get(container.id).top;
        let pair = match part {
            Part::Plain => None,
            Part::Name => {
                if writing == Writing::Plain {
                    container.pair_name = Some(value);
                }
                None
            }
            // OpenTelemetry's Go exporters: {"Key": NAME, "Value": {"Type": "STRING", "Value": VALUE}}
            Part::Value => container.pair_name.or_else(|| self.stack.iter().rev().nth(1)?.pair_name),
            Part::TypedValue => self.stack.iter().rev().nth(1).and_then(|outer| outer.pair_name),
        };
        if let Some(pair) = pair {
            return self.pair(pair, value, writing);
        }
        self.fields.push(Field { name, parent, path, role, rank, top, value, writing });
    }

    /// The name before a value in a list of names and values by turns; what may be such a name is remembered.
    #[cold]
    fn name_before(&mut self, value: At) -> Option<At> {
        const LONGEST: usize = 64;
        let container = self.stack.last_mut()?;
        if !self.names.get(container.id).by_turns {
            return None;
        }
        let name = container.pair_name.take();
        let text = value.of(self.text);
        if name.is_none() && text.len() <= LONGEST && names_context(text) {
            container.pair_name = Some(value);
        }
        name
    }

    /// A field whose name stands in a value of its own.
    fn pair(&mut self, name: At, value: At, writing: Writing) {
        let id = self.names.find(TOP, name.of(self.text));
        let Seen { path, role, rank, .. } = *self.names.get(id);
        self.fields.push(Field { name, parent: At::default(), path, role, rank, top: true, value, writing });
    }
}

/// The position of the quote that ends the string whose inside begins at `start`, and whether it has escapes.
#[inline]
pub fn string_end(text: &[u8], start: usize) -> Option<(usize, bool)> {
    let first = start + memchr2(b'"', b'\\', text.get(start..)?)?;
    if text[first] == b'"' {
        return Some((first, false));
    }
    let mut at = first;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some((at, true));
        }
        at += 2;
    }
}

/// One past the end of the object or array at `start`, whatever its depth; `None` if it does not end.
pub fn skip_nested(text: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = start;
    loop {
        match *text.get(at)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at = string_end(text, at + 1)?.0,
            _ => {}
        }
        at += 1;
    }
}

/// Appends the text that an escaped string (its inside) stands for. Broken escapes stay as they are written.
pub fn unescape(inside: &[u8], out: &mut Vec<u8>) {
    let mut rest = inside;
    while let Some(at) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let taken = match rest.get(1) {
            Some(b'n') => simple(out, b'\n'),
            Some(b't') => simple(out, b'\t'),
            Some(b'r') => simple(out, b'\r'),
            Some(b'b') => simple(out, 8),
            Some(b'f') => simple(out, 12),
            Some(&byte @ (b'"' | b'\\' | b'/' | b'\'')) => simple(out, byte),
            Some(b'u') => unicode(rest, out),
            _ => 0,
        };
        if taken == 0 {
            out.push(b'\\');
        }
        rest = &rest[taken.max(1)..];
    }
    out.extend_from_slice(rest);
}

fn simple(out: &mut Vec<u8>, byte: u8) -> usize {
    out.push(byte);
    2
}

/// Appends the character of a `\uXXXX` escape or surrogate pair; gives the number of bytes it takes, 0 if it is broken.
fn unicode(text: &[u8], out: &mut Vec<u8>) -> usize {
    let Some(high) = hex4(text) else { return 0 };
    let (code, taken) = match high {
        0xd800..=0xdbff => match text.get(6..).filter(|next| next.starts_with(b"\\u")).and_then(hex4) {
            Some(low @ 0xdc00..=0xdfff) => (0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), 12),
            _ => (0xfffd, 6),
        },
        code => (code, 6),
    };
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    taken
}

fn hex4(escape: &[u8]) -> Option<u32> {
    escape.get(2..6)?.iter().try_fold(0, |code, &byte| Some(code << 4 | char::from(byte).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(text: &str) -> (Vec<(String, String)>, Scan) {
        let mut fields = Vec::new();
        let scan = scan(text.as_bytes(), 0, &mut fields);
        let show = |at: At| String::from_utf8_lossy(at.of(text.as_bytes())).into_owned();
        (fields.iter().map(|field| (show(field.name), show(field.value))).collect(), scan)
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let (got, scan) = fields(text);
        let got: Vec<_> = got.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(got, expected, "{text}");
        assert!(scan.complete && scan.end == text.len(), "{text}: {scan:?}");
    }

    #[test]
    fn scalars_of_every_kind_are_found_at_every_depth() {
        check(
            r#"{"a":"x","b":{"c":1.5e3,"d":[true,null,"y"]},"e":{}}"#,
            &[("a", "x"), ("c", "1.5e3"), ("d", "true"), ("d", "null"), ("d", "y")],
        );
        check("{ \"a\" :\t-1 ,\n \"b\": false\r}", &[("a", "-1"), ("b", "false")]);
    }

    #[test]
    fn a_list_of_names_and_values_gives_fields_of_these_names() {
        check(r#"{"headers":[{"name":"b3","value":"x"}]}"#, &[("name", "b3"), ("b3", "x")]);
        check(
            r#"{"attributes":[{"key":"order.id","value":{"intValue":7}}]}"#,
            &[("key", "order.id"), ("order.id", "7")],
        );
        check(r#"{"attrs":[{"k":"span_id","v":"x"}]}"#, &[("k", "span_id"), ("span_id", "x")]);
        check(
            r#"{"headers":["trace_id","x","a","b"]}"#,
            &[("headers", "trace_id"), ("trace_id", "x"), ("headers", "a"), ("headers", "b")],
        );
    }

    #[test]
    fn a_text_that_breaks_off_keeps_the_fields_before() {
        let (got, scan) = fields(r#"{"a":"x","b":"unfini"#);
        assert_eq!(got, [("a".to_owned(), "x".to_owned())]);
        assert!(!scan.complete);
        assert!(!fields(r#"{"a":12"#).1.complete);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(fields(&deep).1.complete);
        let endless = "{\"a\":".repeat(100_000);
        assert!(!fields(&endless).1.complete);
    }

    #[test]
    fn escapes_are_decoded_and_broken_ones_stay() {
        for (inside, expected) in [
            (r"a\nb\t\u00e9\ud83d\ude00\/", "a\nb\té😀/"),
            (r"C:\\data\\x", r"C:\data\x"),
            (r"\ud83d!", "\u{fffd}!"),
            (r"\q \u12 \", r"\q \u12 \"),
        ] {
            let mut out = Vec::new();
            unescape(inside.as_bytes(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected, "{inside}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut fields = Vec::new();
            let mut line = b"{".to_vec();
            line.extend(&text);
            let scan = scan(&line, 0, &mut fields);
            prop_assert!(scan.end <= line.len());
            unescape(&text, &mut Vec::new());
        }

        #[test]
        fn strings_are_decoded_as_serde_json_does(text in ".{0,40}") {
            let written = serde_json::to_string(&text).expect("a string can be written");
            let mut out = Vec::new();
            unescape(&written.as_bytes()[1..written.len() - 1], &mut out);
            prop_assert_eq!(String::from_utf8(out).expect("UTF-8"), text);
        }
    }
}
