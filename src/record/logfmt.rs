//! `key=value` pairs: logfmt as Go's loggers, logrus, slog and Heroku write it.
//!
//! Source: the conventions of github.com/kr/logfmt; keys may hold dots, dashes and `@`, values may be quoted with
//! backslash escapes. Words without `=` are passed over.

use super::names::{self, NameHash, NameId, Names, Role, Seen, TOP};
use super::timestamp::{self, DayOrder};
use super::{At, Field, Writing, json};

/// A scanner that remembers the names it met, so that texts like those before are read faster. What it gives does not
/// depend on what it met.
#[derive(Debug, Default)]
pub struct Scanner {
    names: Names,
}

/// Words and pairs that are looked at to tell pairs from prose.
const ENOUGH: usize = 12;

/// Whether a line is one of pairs; see [`Scanner::detect`].
pub fn detect(line: &[u8]) -> bool {
    Scanner::default().detect(line)
}

/// Appends the pairs of a text to `fields`.
pub fn scan(text: &[u8], start: usize, fields: &mut Vec<Field>) {
    Scanner::default().scan(text, start, fields);
}

impl Scanner {
    /// Whether a line is one of pairs from its start on: its first word is one, and more pairs than bare words follow.
    pub fn detect(&mut self, line: &[u8]) -> bool {
        if !begins(line) {
            return false;
        }
        self.names.begin();
        let (mut pairs, mut words) = (0, 0);
        let mut telling = false;
        let (mut at, mut before) = (0, TOP);
        while at < line.len() && pairs + words < ENOUGH {
            let Some((id, _, _, _, end)) = self.pair(before, line, at) else {
                if pairs == 0 {
                    return false;
                }
                words += 1;
                at = skip_blanks(line, word_end(line, at));
                continue;
            };
            let role = self.names.get(id).role;
            telling |= matches!(role, Role::Time | Role::Level | Role::LevelOrTime | Role::Message);
            pairs += 1;
            if telling && pairs >= ENOUGH / 2 {
                // no words to come can outnumber them
                return true;
            }
            before = id;
            at = skip_blanks(line, end);
        }
        telling && pairs >= 2 && pairs >= words || pairs >= 3 && words == 0
    }

    /// As [`scan`].
    pub fn scan(&mut self, text: &[u8], start: usize, fields: &mut Vec<Field>) {
        self.names.begin();
        let (mut at, mut before) = (skip_blanks(text, start), TOP);
        while at < text.len() && fields.len() < json::MAX_FIELDS {
            match self.pair(before, text, at) {
                Some((id, name, mut value, writing, mut end)) => {
                    let Seen { path, role, rank, .. } = *self.names.get(id);
                    if role == Role::Time
                        && let Some(whole) = time_of_words(text, value)
                    {
                        end = whole;
                        value.len = (whole - value.start as usize) as u32;
                    }
                    let parent = At::default();
                    fields.push(Field { name, parent, path, role, rank, top: true, value, writing });
                    before = id;
                    at = end;
                }
                None => at = word_end(text, at),
            }
            at = skip_blanks(text, at);
        }
    }

    /// The pair at `at`, behind the name `before`: name, where it stands, value, its writing, and one past it.
    #[inline]
    fn pair(&mut self, before: NameId, text: &[u8], at: usize) -> Option<(NameId, At, At, Writing, usize)> {
        if let Some((id, length)) = self.names.expected(before, TOP, &text[at..], b'=') {
            let (value, writing, end) = value(text, at + length + 1);
            return Some((id, At::new(at, at + length), value, writing, end));
        }
        let (name, value, writing, end) = next(text, at)?;
        let id = if text[at] == b'"' {
            // may hold any bytes: never expected without its quotes
            self.names.find(TOP, name.of(text))
        } else {
            self.names.find_behind(before, TOP, name.of(text))
        };
        Some((id, name, value, writing, end))
    }
}

/// One past a time whose time of day, and zone, are words of their own: `time=2018-05-14 15:59:03 +0000`.
fn time_of_words(text: &[u8], value: At) -> Option<usize> {
    let rest = text.get(value.end()..)?;
    let date = value.len == 10 && matches!(value.of(text)[4], b'-' | b'/');
    if !date || !matches!(rest, [b' ', b'0'..=b'9', b'0'..=b'9', b':', ..]) {
        return None;
    }
    let (_, taken) = timestamp::parse_prefix(&text[value.start as usize..], DayOrder::MonthFirst)?;
    Some(value.start as usize + taken)
}

/// Whether a text begins like a pair, without looking at the value.
fn begins(text: &[u8]) -> bool {
    text.first() == Some(&b'"') || key_end(text, 0).is_some_and(|end| text.get(end) == Some(&b'='))
}

/// `name: "level"=0 "msg"="…"`, with the colon or without it: the length of the name, and where the pairs begin, whose names
/// are in quotes. Source: funcr of github.com/go-logr/logr.
pub fn labelled(text: &[u8]) -> Option<(usize, usize)> {
    const MAX_LABEL: usize = 80;
    const MAX_NAME: usize = 64;
    let of_a_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-');
    let label = text.iter().take(MAX_LABEL).take_while(|byte| of_a_name(byte)).count();
    let colon = usize::from(text.get(label) == Some(&b':'));
    let name = text[label + colon..].strip_prefix(b" \"").filter(|_| label > 0)?;
    let length = name.iter().take(MAX_NAME).take_while(|byte| of_a_name(byte)).count();
    (length > 0 && name[length..].starts_with(b"\"=")).then_some((label, label + colon + 1))
}

/// Appends the pairs of a tail: `k=v k=v` or `k: v, k: v`.
pub fn scan_tail(text: &[u8], start: usize, fields: &mut Vec<Field>) {
    let rest = &text[start..];
    let colon = key_end(text, start).is_some_and(|end| text[end..].starts_with(b": "));
    if !colon {
        return scan(text, start, fields);
    }
    let mut at = start;
    for part in rest.split(|&byte| byte == b',') {
        let blanks = part.len() - part.trim_ascii_start().len();
        let from = at + blanks;
        at += part.len() + 1;
        let Some(end) = key_end(text, from).filter(|end| text[*end..].starts_with(b": ")) else { continue };
        let mut value = super::text::trim(text, At::new(end + 1, from + part.len() - blanks));
        if let [b'"', .., b'"'] = value.of(text) {
            value = At::new(value.start as usize + 1, value.end() - 1);
        }
        let path = NameHash::of(&text[from..end]);
        let known = names::known(&text[from..end], true);
        fields.push(Field {
            name: At::new(from, end),
            parent: At::default(),
            path,
            role: known.map_or(Role::Other, |known| known.role),
            rank: known.map_or(u8::MAX, |known| known.rank),
            top: true,
            value,
            writing: Writing::Plain,
        });
    }
}

/// The pair at `start`: name, value, its writing, and one past it.
fn next(text: &[u8], start: usize) -> Option<(At, At, Writing, usize)> {
    let (name, equals) = if text.get(start) == Some(&b'"') {
        // logr writes its keys in quotes
        let (end, _) = json::string_end(text, start + 1)?;
        (At::new(start + 1, end), end + 1)
    } else {
        let end = key_end(text, start)?;
        (At::new(start, end), end)
    };
    if text.get(equals) != Some(&b'=') {
        return None;
    }
    let (value, writing, end) = value(text, equals + 1);
    Some((name, value, writing, end))
}

/// The value at `at`: without its quotes, its writing, and one past it.
#[inline]
fn value(text: &[u8], at: usize) -> (At, Writing, usize) {
    if text.get(at) == Some(&b'"')
        && let Some((end, escaped)) = json::string_end(text, at + 1)
    {
        let writing = if escaped { Writing::Escaped } else { Writing::Plain };
        return (At::new(at + 1, end), writing, end + 1);
    }
    if text.get(at) == Some(&b'\'') {
        // Python's repr
        if let Some((end, escaped)) = quote_end(text, at + 1) {
            let writing = if escaped { Writing::Escaped } else { Writing::Plain };
            return (At::new(at + 1, end), writing, end + 1);
        }
    }
    let end = match text.get(at) {
        Some(b'm' | b'&') => printed_end(text, at).unwrap_or_else(|| word_end(text, at)),
        _ => word_end(text, at),
    };
    let comma = usize::from(end < text.len() && end > at && matches!(text[end - 1], b',' | b';'));
    let value = At::new(at, end - comma);
    let writing = match value.of(text) {
        b"null" | b"nil" | b"<nil>" => Writing::Null,
        b"true" | b"false" => Writing::Bool,
        _ => Writing::Plain,
    };
    (value, writing, end)
}

/// One past a map or a structure as Go prints it: `map[a:1 b:map[c:2]]`, `&{A:1 B:2}`.
fn printed_end(text: &[u8], at: usize) -> Option<usize> {
    /// Longer ones end with their first word.
    const LONGEST: usize = 4096;
    let rest = &text[at..text.len().min(at + LONGEST)];
    if !(rest.starts_with(b"map[") || rest.starts_with(b"&{")) {
        return None;
    }
    let mut depth = 0usize;
    for (index, byte) in rest.iter().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    let end = at + index + 1;
                    let bounded =
                        text.get(end).is_none_or(|next| matches!(next, b' ' | b'\t' | b'\n' | b'\r' | b','));
                    return bounded.then_some(end);
                }
            }
            b'\n' => return None,
            _ => {}
        }
    }
    None
}

/// The closing single quote of a repr: one that white space or the end follows.
fn quote_end(text: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    let mut at = start;
    loop {
        match *text.get(at)? {
            b'\\' => {
                escaped = true;
                at += 1;
            }
            b'\'' if text.get(at + 1).is_none_or(|next| next.is_ascii_whitespace() || *next == b',') => {
                return Some((at, escaped));
            }
            b'\n' => return None,
            _ => {}
        }
        at += 1;
    }
}

fn key_end(text: &[u8], start: usize) -> Option<usize> {
    let length = text[start..]
        .iter()
        .position(|&byte| {
            !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@' | b'/' | b'%'))
        })
        .unwrap_or(text.len() - start);
    let first = *text.get(start)?;
    (length > 0 && (first.is_ascii_alphabetic() || matches!(first, b'_' | b'@'))).then_some(start + length)
}

fn word_end(text: &[u8], start: usize) -> usize {
    text[start..]
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
        .map_or(text.len(), |length| start + length)
}

fn skip_blanks(text: &[u8], start: usize) -> usize {
    text[start..]
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
        .map_or(text.len(), |length| start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_and_quotes_taken_off() {
        let line = br#"time=2024-05-01T12:00:00Z level=info msg="it \"works\"" dd.trace_id=12 ok= flag n=1"#;
        assert!(detect(line));
        let mut fields = Vec::new();
        scan(line, 0, &mut fields);
        let got: Vec<_> = fields
            .iter()
            .map(|field| {
                (
                    String::from_utf8_lossy(field.name.of(line)),
                    String::from_utf8_lossy(field.value.of(line)),
                    field.writing,
                )
            })
            .map(|(name, value, writing)| (name.into_owned(), value.into_owned(), writing))
            .collect();
        let expect = [
            ("time", "2024-05-01T12:00:00Z", Writing::Plain),
            ("level", "info", Writing::Plain),
            ("msg", r#"it \"works\""#, Writing::Escaped),
            ("dd.trace_id", "12", Writing::Plain),
            ("ok", "", Writing::Plain),
            ("n", "1", Writing::Plain),
        ];
        assert_eq!(got, expect.map(|(name, value, writing)| (name.to_owned(), value.to_owned(), writing)));
    }

    #[test]
    fn prose_with_one_pair_is_no_logfmt() {
        for line in [
            "order=ORD-1 reserved in 97 ms",
            "a=b",
            "GET /x?y=1 took 3ms",
            "x == y",
            "k=v and more words than pairs n=2",
        ] {
            assert!(!detect(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn pairs_with_quoted_names_may_stand_behind_a_name() {
        let check = |line: &str, pairs: Option<&str>| {
            assert_eq!(labelled(line.as_bytes()).map(|(_, at)| &line[at..]), pairs, "{line}");
        };
        check(r#"a/b "level"=0 "msg"="x""#, Some(r#""level"=0 "msg"="x""#));
        check(r#"a.b: "msg"="x""#, Some(r#""msg"="x""#));
        check(r#"said: "x" y=1"#, None);
        check(r#": "msg"="x""#, None);
        check(r#"two words "msg"="x""#, None);
    }

    #[test]
    fn an_open_quote_ends_with_the_word() {
        let line = br#"msg="broken value level=info"#;
        let mut fields = Vec::new();
        scan(line, 0, &mut fields);
        assert_eq!(fields.len(), 2);
        assert_eq!(fields[0].value.of(line), b"\"broken");
    }
}
