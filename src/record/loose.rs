//! Objects that are written like JSON and are none: Node's util.inspect, Java's Map.toString, Python's repr, Ruby's inspect,
//! Clojure's EDN.
//!
//! Keys may lack quotes or have single ones, `=`, `:` or `=>` parts them from values, values run up to a comma or a closing
//! bracket; a blank alone parts keywords from values. What does not fit is passed over.

use super::json::{MAX_DEPTH, MAX_FIELDS};
use super::names::{self, NameHash, Role};
use super::{At, Field, Writing};

/// Appends the fields of the object at `start` (a `{`) to `fields`; gives one past its end, or `None` if it does not end.
pub fn scan(text: &[u8], start: usize, fields: &mut Vec<Field>) -> Option<usize> {
    let mut names: Vec<At> = Vec::new();
    let mut name = At::default();
    let mut depth = 0;
    let mut at = start;
    while at < text.len() {
        match text[at] {
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return None;
                }
                names.push(name);
                at += 1;
            }
            b'}' | b']' | b')' => {
                depth -= 1;
                names.pop();
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b';' => at += 1,
            _ => {
                let keyword = text[at] == b':';
                let (word, quoted, end) = word(text, at);
                let blanks = text[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                let separator = match text.get(end + blanks..) {
                    Some([b'=', b'>', ..]) => 2,
                    Some([b':', ..]) if keyword && blanks > 0 => 0,
                    Some([b'=' | b':', ..]) => 1,
                    _ => 0,
                };
                if separator > 0 && !word.is_empty() {
                    name = word;
                    at = end + blanks + separator;
                    at += text[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                    match text.get(at) {
                        Some(b'{' | b'[' | b'(') | None => continue,
                        Some(b',' | b'}' | b']' | b')') => {}
                        _ => {
                            let (value, quoted, end) = value(text, at, false);
                            push(text, &names, name, value, quoted, fields);
                            at = end;
                        }
                    }
                } else if keyword
                    && !word.is_empty()
                    && let Some(start) = behind_keyword(text, end)
                {
                    let space = memchr::memrchr(b'/', word.of(text)).map(|slash| word.start as usize + slash);
                    name = space.map_or(word, |slash| At::new(slash + 1, word.end()));
                    at = start;
                    if !matches!(text[at], b'{' | b'[' | b'(') {
                        if let Some(slash) = space {
                            names.push(At::new(word.start as usize, slash));
                        }
                        let (value, quoted, end) = value(text, at, true);
                        push(text, &names, name, value, quoted, fields);
                        names.truncate(names.len() - usize::from(space.is_some()));
                        at = end;
                    }
                } else {
                    if quoted {
                        push(text, &names, name, word, true, fields);
                    }
                    at = end.max(at + 1);
                }
            }
        }
    }
    None
}

/// Where the value of a keyword begins, behind blanks and the tag that tells its type: `:at #inst "2026-01-02"`. Source: the
/// extensible data notation (github.com/edn-format/edn).
fn behind_keyword(text: &[u8], end: usize) -> Option<usize> {
    let skip = |from: usize| from + text[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let mut at = skip(end);
    if at == end {
        return None;
    }
    if text.get(at) == Some(&b'#') {
        let of_a_tag = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_');
        at = skip(at + 1 + text[at + 1..].iter().take_while(of_a_tag).count());
    }
    text.get(at).filter(|byte| !matches!(byte, b',' | b'}' | b']' | b')'))?;
    Some(at)
}

fn push(text: &[u8], names: &[At], name: At, value: At, quoted: bool, fields: &mut Vec<Field>) {
    if fields.len() >= MAX_FIELDS {
        return;
    }
    let parent = names.last().copied().filter(|parent| *parent != name).unwrap_or_default();
    let leaf = NameHash::of(name.of(text));
    let pair = NameHash::of(parent.of(text)).text(name.of(text));
    let top =
        names.len() <= 1 || names[1..].iter().all(|name| names::is_transparent(NameHash::of(name.of(text))));
    let known =
        names::lookup(pair, pair, leaf, top, names.len() <= 2).or_else(|| names::by_tail(name.of(text)));
    let writing = match value.of(text) {
        b"null" | b"undefined" | b"None" | b"nil" if !quoted => Writing::Null,
        b"true" | b"false" | b"True" | b"False" if !quoted => Writing::Bool,
        [b'0'..=b'9' | b'-', rest @ ..]
            if !quoted && rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') =>
        {
            Writing::Number
        }
        inside if quoted && inside.contains(&b'\\') => Writing::Escaped,
        _ => Writing::Plain,
    };
    fields.push(Field {
        name,
        parent,
        path: pair,
        role: known.map_or(Role::Other, |known| known.role),
        rank: known.map_or(u8::MAX, |known| known.rank),
        top,
        value,
        writing,
    });
}

/// A key or a lone value: without its quotes, whether it had any, and one past it.
fn word(text: &[u8], start: usize) -> (At, bool, usize) {
    if let Some(found) = quoted(text, start) {
        return found;
    }
    let start = start + usize::from(text[start] == b':');
    let length = text[start..]
        .iter()
        .position(|byte| {
            !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@' | b'/' | b'$'))
        })
        .unwrap_or(text.len() - start);
    (At::new(start, start + length), false, start + length)
}

/// A value: without its quotes or the colon of a symbol, whether it had quotes, and one past it.
fn value(text: &[u8], start: usize, keyed: bool) -> (At, bool, usize) {
    if let Some(found) = quoted(text, start) {
        return found;
    }
    let ends = |byte: &u8| {
        matches!(byte, b',' | b'}' | b']' | b'\n') || keyed && matches!(byte, b' ' | b'\t' | b'\r' | b')')
    };
    let length = text[start..].iter().position(ends).unwrap_or(text.len() - start);
    let bare = text[start..start + length].trim_ascii_end();
    let symbol = matches!(bare, [b':', first, ..] if first.is_ascii_alphabetic());
    (At::new(start + usize::from(symbol), start + bare.len()), false, start + length)
}

fn quoted(text: &[u8], start: usize) -> Option<(At, bool, usize)> {
    let quote = text[start];
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let mut at = start + 1;
    while *text.get(at)? != quote {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    Some((At::new(start + 1, at), true, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let mut fields = Vec::new();
        assert_eq!(scan(text.as_bytes(), 0, &mut fields), Some(text.len()), "{text}");
        let show = |at: At| String::from_utf8_lossy(at.of(text.as_bytes())).into_owned();
        let got: Vec<_> = fields.iter().map(|field| (show(field.name), show(field.value))).collect();
        let expected: Vec<_> =
            expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn objects_of_other_languages_are_read() {
        check(
            "{\n  level: 'error',\n  user: { id: 7 },\n  msg: 'it\\'s'\n}",
            &[("level", "error"), ("id", "7"), ("msg", "it\\'s")],
        );
        check(
            "{traceId=28694298ee036999, src=null, clock={\"a\":1}, }",
            &[("traceId", "28694298ee036999"), ("src", "null"), ("a", "1")],
        );
        check("{:order_id=>5, \"a\"=>\"b c\"}", &[("order_id", "5"), ("a", "b c")]);
        check("{level: :warn, at: 5}", &[("level", "warn"), ("at", "5")]);
    }

    #[test]
    fn maps_of_clojure_are_read() {
        check(
            r#"{:log/level :warn, :n 5 :at #inst "2026-01-02", :of {:id "a b" :tags #{:x :y}}, :v :on :ok true}"#,
            &[
                ("level", "warn"),
                ("n", "5"),
                ("at", "2026-01-02"),
                ("id", "a b"),
                ("x", "y"),
                ("v", "on"),
                ("ok", "true"),
            ],
        );
        check("{:a :b, :c}", &[("a", "b")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut line = b"{".to_vec();
            line.extend(text);
            scan(&line, 0, &mut Vec::new());
        }
    }
}
