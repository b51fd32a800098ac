//! Free text with a header of time, level, logger, thread and context, as pattern layouts write it.
//!
//! Nothing is known of any one layout: a header is read atom by atom (a time, a level, a bracketed group, a logger …)
//! until something stands there that no header has. What follows is the message, less a tail of structured context.

mod ends;
mod head;
mod late;
mod over_lines;
mod remarks;
mod tail;

pub use ends::{Tail, columns_at_end, logger_at_end, tail_of};
pub use head::{
    Column, Head, Usual, begins_with_padded_level, capitalized_column, head, is_bare_id, learn, level_token,
    names_ids,
};
pub use late::{
    bracketed_message, forwarded, late_time, object, shipped_object, time_before_object, time_in_message,
};
pub use over_lines::object_over_lines;
pub use tail::{id_at_end, is_id_group, tail};

use super::{At, names};

/// One past the word at `start`: up to white space or a byte that ends a word in any layout.
pub(super) fn word_end(text: &[u8], start: usize) -> usize {
    text.get(start..)
        .unwrap_or_default()
        .iter()
        .position(|byte| {
            matches!(
                byte,
                b' ' | b'\t'
                    | b'['
                    | b'('
                    | b'{'
                    | b'<'
                    | b'|'
                    | b'"'
                    | b'\''
                    | b'='
                    | b','
                    | b';'
                    | b']'
                    | b')'
                    | b'}'
                    | b'\n'
            )
        })
        .map_or(text.len(), |length| start + length)
}

/// The first position from `start` that is no blank; the end of the text, if there is none or `start` is past it.
pub(super) fn skip_blanks(text: &[u8], start: usize) -> usize {
    text.get(start..)
        .unwrap_or_default()
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t'))
        .map_or(text.len(), |length| start + length)
}

/// The text without white space around it.
pub(super) fn trim(text: &[u8], at: At) -> At {
    let bytes = at.of(text);
    let trimmed = bytes.trim_ascii();
    let start = at.start as usize + (trimmed.as_ptr() as usize - bytes.as_ptr() as usize).min(bytes.len());
    At::new(start, start + trimmed.len())
}

/// Whether a name in free text tells context: a trace, span or correlation id, a service, the logger's own flags.
pub(super) fn names_context(name: &[u8]) -> bool {
    use super::Role;
    match names::known(name, false).map(|known| known.role) {
        Some(
            Role::Other
            | Role::DurationNanos
            | Role::DurationMicros
            | Role::DurationMillis
            | Role::DurationSeconds
            | Role::Duration
            | Role::Topic
            | Role::Event
            | Role::Route
            | Role::Method
            | Role::Peer
            | Role::Caller
            | Role::Database
            | Role::Status
            | Role::Operation
            | Role::Kind
            | Role::Exception,
        ) => false,
        // what a request says of itself
        Some(Role::Noise) => !is_of_a_request(name),
        Some(_) => true,
        None => {
            let top = names::lookup_name(names::NameHash::of(name), true).map(|known| known.role);
            matches!(top, Some(Role::TraceId | Role::SpanId | Role::ParentId | Role::Tid))
                || names::names_a_correlation(name)
        }
    }
}

fn is_of_a_request(name: &[u8]) -> bool {
    let hash = names::NameHash::of(name);
    [&b"useragent"[..], b"httpuseragent", b"httpversion", b"uid", b"gid"]
        .iter()
        .any(|name| hash == names::NameHash::of(name))
}

/// A `name=value` pair, or `name: value` where `colon` allows it, at `start`: the name, the value without quotes, and one past it.
pub(in crate::record) fn pair(text: &[u8], start: usize, colon: bool) -> Option<(At, At, usize)> {
    let length = text[start..].iter().position(|&byte| {
        !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@' | b'/'))
    })?;
    let name_end = start + length;
    if length == 0 || !(text[start].is_ascii_alphabetic() || matches!(text[start], b'_' | b'@')) {
        return None;
    }
    let mut at = name_end;
    match text[at] {
        b'=' => at += 1,
        b':' if colon && text.get(at + 1).is_some_and(|&next| next != b':') => {
            at += 1;
            if text.get(at) == Some(&b' ') {
                at += 1;
            }
        }
        _ => return None,
    }
    // Erlang's binaries: `<<"value">>`
    let binary = text[at..].starts_with(b"<<\"");
    at += if binary { 2 } else { 0 };
    let quote = text.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\''));
    let (value, end) = if let Some(quote) = quote {
        let length = memchr::memchr(quote, &text[at + 1..])?;
        let end = at + length + 2;
        let closed = binary && text[end..].starts_with(b">>");
        (At::new(at + 1, end - 1), if closed { end + 2 } else { end })
    } else {
        let end = bare_value_end(text, at);
        (At::new(at, end), end)
    };
    Some((At::new(start, name_end), value, end))
}

/// One past a value without quotes; one that opens a parenthesis behind a name ends where that closes: `Timeout(3s)`,
/// `Err("no route")`, as Rust and others print values.
fn bare_value_end(text: &[u8], start: usize) -> usize {
    /// A value that is longer is none.
    const MAX_CALL: usize = 256;
    let ends = |byte: &u8| {
        matches!(byte, b' ' | b'\t' | b',' | b';' | b']' | b')' | b'}' | b'|' | b'\n' | b'"' | b'(')
    };
    let mut end = text[start..].iter().position(ends).map_or(text.len(), |length| start + length);
    // "33,615,127"
    while text.get(end) == Some(&b',')
        && text[start..end].iter().all(|byte| byte.is_ascii_digit() || *byte == b',')
        && end > start
        && text[end + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count() == 3
    {
        end += 4;
    }
    // "52.49395,13.39977"
    let numeral = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b',');
    if text.get(end) == Some(&b',')
        && text[start..end].contains(&b'.')
        && text[start..end].iter().all(numeral)
    {
        let more = text[end..].iter().take_while(|byte| numeral(byte)).count();
        let closed = text.get(end + more).is_none_or(|next| matches!(next, b' ' | b'\t' | b'\n'));
        if closed && text[end + more - 1].is_ascii_digit() {
            end += more;
        }
    }
    if text.get(end) != Some(&b'(') {
        return end;
    }
    let mut depth = 0usize;
    for (index, byte) in text[end..].iter().enumerate().take(MAX_CALL) {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'\n' => break,
            _ => {}
        }
        if depth == 0 {
            let close = end + index + 1;
            let bounded =
                text.get(close).is_none_or(|next| matches!(next, b' ' | b'\t' | b',' | b';' | b'\n'));
            if end > start && text[end - 1].is_ascii_alphanumeric() && bounded {
                return close;
            }
            break;
        }
    }
    // a parenthesis that is no call is a part of the value, as it is written
    text[end..].iter().position(|byte| ends(byte) && *byte != b'(').map_or(text.len(), |length| end + length)
}
