//! Structured context behind the message.

use super::{names_context, pair, trim};
use crate::record::{At, json};

/// Where the message that begins at `start` ends: before a tail of context, which is what remains of `text`.
///
/// A tail is a JSON object, a list of pairs in braces or brackets, or pairs that name ids. What only looks like one (a
/// message that ends in `{ttl=0}`) stays in the message.
pub fn tail(text: &[u8], start: usize) -> usize {
    let mut end = text.len();
    loop {
        let line = trim(text, At::new(start, end));
        let shorter = group(text, line).or_else(|| pairs(text, line));
        match shorter {
            Some(shorter) if shorter >= start && shorter < end => end = shorter,
            _ => break,
        }
    }
    let message = text[start..end].trim_ascii_end();
    let message = separator_off(message, end < text.trim_ascii_end().len());
    start + message.len()
}

/// The message without the separator that stood before its tail.
fn separator_off(message: &[u8], has_tail: bool) -> &[u8] {
    if !has_tail {
        return message;
    }
    let bare = message.trim_ascii_end();
    match bare {
        [rest @ .., b'|' | b':' | b',' | b'-' | b'('] if rest.last().is_some_and(|byte| *byte == b' ' || bare.ends_with(b":") || bare.ends_with(b",")) => {
            rest.trim_ascii_end()
        }
        _ => bare,
    }
}

/// A group in braces or brackets at the end.
fn group(text: &[u8], line: At) -> Option<usize> {
    let bytes = line.of(text);
    let close = *bytes.last()?;
    let open = match close {
        b'}' => b'{',
        b']' => b'[',
        _ => return None,
    };
    let offset = line.start as usize;
    if matches!(bytes, [.., b' ' | b'\t', b'{', b'}'] | [.., b' ' | b'\t', b'[', b']']) {
        return Some(offset + bytes.len() - 2);
    }
    // the first opening byte behind a blank from which all up to the end is one group
    let mut from = 0;
    while let Some(found) = memchr::memchr(open, &bytes[from..]) {
        let at = from + found;
        from = at + 1;
        let before = bytes[..at].last().copied();
        let spaced = before.is_none_or(|byte| byte == b' ' || byte == b'\t');
        if !spaced || at == 0 {
            continue;
        }
        let word_before = bytes[..at].trim_ascii_end().last().copied();
        let inside = &bytes[at + 1..bytes.len() - 1];
        let quoted = matches!(inside.trim_ascii_start().first(), Some(b'"'));
        if quoted && !matches!(word_before, Some(b':' | b'=')) && json::skip_nested(bytes, at) == Some(bytes.len()) {
            return Some(offset + at);
        }
        if closes_at_end(bytes, at, open, close) && names_ids(inside) && !matches!(word_before, Some(b':' | b'=')) {
            return Some(offset + at);
        }
    }
    None
}

fn closes_at_end(bytes: &[u8], at: usize, open: u8, close: u8) -> bool {
    let mut depth = 0;
    for (index, &byte) in bytes[at..].iter().enumerate() {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return at + index + 1 == bytes.len();
            }
        }
    }
    false
}

/// Whether a group's content names an id (`traceId=…`, `'trace_id': '…'`).
fn names_ids(inside: &[u8]) -> bool {
    inside.split(|byte| matches!(byte, b',' | b' ' | b';')).any(|part| {
        let end = part.iter().position(|byte| matches!(byte, b'=' | b':'));
        let name = end.map(|end| &part[..end]).unwrap_or_default();
        let name = name.strip_prefix(b"'").or_else(|| name.strip_prefix(b"\"")).unwrap_or(name);
        let name = name.strip_suffix(b"'").or_else(|| name.strip_suffix(b"\"")).unwrap_or(name);
        !name.is_empty() && names_context(name)
    })
}

/// Pairs at the end: from the first one that names an id on; all of them behind ` | ` or a tab.
fn pairs(text: &[u8], line: At) -> Option<usize> {
    let bytes = line.of(text);
    let offset = line.start as usize;
    if !bytes.contains(&b'=') {
        return None;
    }
    // walk back over words that are pairs
    let mut end = bytes.len();
    let mut first_known = None;
    let mut first = end;
    while end > 0 {
        let start = start_of_pair(bytes, end)?;
        let Some((name, _, taken)) = pair(bytes, start, false) else { break };
        if bytes.get(name.end()) != Some(&b'=') || taken < end && !matches!(&bytes[taken..end], b"," | b";") {
            break;
        }
        if names_context(name.of(bytes)) {
            first_known = Some(start);
        }
        first = start;
        end = bytes[..start].trim_ascii_end().len();
        if start > 0 && !matches!(bytes[start - 1], b' ' | b'\t') {
            break;
        }
    }
    let known = first_known?;
    let before = bytes[..first].trim_ascii_end();
    let marked = before.ends_with(b"|") || bytes[..first].ends_with(b"\t");
    if marked {
        return Some(offset + first);
    }
    // "message | elasticapm transaction.id=… trace.id=…"
    if let Some(bar) = memchr::memmem::rfind(before, b" | ") {
        if !before[bar + 3..].contains(&b' ') {
            return Some(offset + bar);
        }
    }
    Some(offset + known)
}

/// Where the word that ends at `end` begins; a quoted value may hold blanks.
fn start_of_pair(bytes: &[u8], end: usize) -> Option<usize> {
    let last = *bytes.get(end.checked_sub(1)?)?;
    let mut at = end;
    if matches!(last, b'"' | b'\'') {
        let open = memchr::memrchr(last, &bytes[..end - 1])?;
        at = open;
    }
    let start = bytes[..at].iter().rposition(|byte| matches!(byte, b' ' | b'\t')).map_or(0, |blank| blank + 1);
    (start < end).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, message: &str) {
        assert_eq!(String::from_utf8_lossy(&text.as_bytes()[..tail(text.as_bytes(), 0)]), message, "{text}");
    }

    #[test]
    fn context_behind_a_message_is_cut_off() {
        check("user carmen logged in {\"trace_id\":\"7e\",\"span_id\":\"2\"} ", "user carmen logged in");
        check("woke up {spanId=e2ed23d81a3ae006, traceId=f659}", "woke up");
        check("loaded | {'trace_id': 'a1', 'span_id': '4'}", "loaded");
        check("below threshold | elasticapm transaction.id=15 trace.id=87 span.id=c2", "below threshold");
        check("took 23873 ms: trace_id=1efb span_id=80db", "took 23873 ms");
        check("cache miss for key user:87550 span_id=ee trace_id=9f", "cache miss for key user:87550");
        check("saved [] []", "saved");
        check("item is low [trace_id=427711b03ee1e44caa796c0d96d71a65]", "item is low");
    }

    #[test]
    fn a_message_that_only_looks_like_context_stays() {
        check("key [user:10203] expired {ttl=0}", "key [user:10203] expired {ttl=0}");
        check("basket 35646: total=42.50 currency=EUR items=3", "basket 35646: total=42.50 currency=EUR items=3");
        check("basket 1: total=42.50 items=3 trace_id=9f", "basket 1: total=42.50 items=3");
        check("2662% of quota used (user=dmitri)", "2662% of quota used (user=dmitri)");
    }
}
