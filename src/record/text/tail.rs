//! Structured context behind the message.

use super::ends::{padded, place_at_end};
use super::head::is_bare_id;
use super::remarks::{asks_for_more, is_remark, names_a_trace};
use super::{names_context, pair, trim};
use crate::record::{At, NameHash, Profile, Role, json, names};

/// Longer names are none.
const MAX_NAME: usize = 128;
/// A tail has no more groups than this.
const MAX_GROUPS: usize = 8;
/// So many lists of `name: value` are tried.
const MAX_LISTS: usize = 32;
/// So many objects are tried for the one that ends a line.
const MAX_OBJECTS: usize = 32;

/// Where the message that begins at `start` ends: before a tail of context, which is what remains of `text`.
///
/// A tail is a JSON object, a list of pairs in braces or brackets, or pairs that name ids. What only looks like one (a
/// message that ends in `{ttl=0}`) stays in the message.
pub fn tail(text: &[u8], start: usize, profile: &Profile) -> usize {
    let mut end = text.len();
    for _ in 0..MAX_GROUPS {
        let mut line = trim(text, At::new(start, end));
        if end < text.trim_ascii_end().len() {
            // "message | trace=… | span=…"
            line.len = separator_off(line.of(text), true).len() as u32;
        }
        let shorter = group(text, line, profile)
            .or_else(|| pairs(text, line, profile))
            .or_else(|| padded(text, line.start as usize, line.end()))
            .or_else(|| place_at_end(line.of(text)).map(|length| line.start as usize + length))
            .or_else(|| piped(text, line));
        match shorter {
            Some(shorter) if shorter >= start && shorter < end => end = shorter,
            _ => break,
        }
    }
    if end < text.trim_ascii_end().len() {
        end = logger(&text[start..end]).map_or(end, |length| start + length);
    }
    let message = text[start..end].trim_ascii_end();
    let message = separator_off(message, end < text.trim_ascii_end().len());
    start + message.len()
}

/// `message|traceid=…`: a pair that names context, behind a bar; `|message|TRACE`: an id, where bars part the header too.
fn piped(text: &[u8], line: At) -> Option<usize> {
    let bytes = line.of(text);
    let bar = memchr::memrchr(b'|', bytes)?;
    let columns = text[..line.start as usize].trim_ascii_end().ends_with(b"|");
    if columns && bar > 0 && is_bare_id(bytes[bar + 1..].trim_ascii()) {
        return Some(line.start as usize + bar);
    }
    let (name, _, end) = pair(bytes, bar + 1, false)?;
    (bar > 0 && end == bytes.len() && names_context(name.of(bytes))).then_some(line.start as usize + bar)
}

/// structlog's console: the logger in brackets between the padded message and the pairs; gives the message's length.
fn logger(line: &[u8]) -> Option<usize> {
    let bare = line.trim_ascii_end().strip_suffix(b"]")?;
    let open = memchr::memrchr(b'[', bare)?;
    let name = &bare[open + 1..];
    let plain = name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
    let told = name.contains(&b'.') || bare[..open].ends_with(b"  ");
    (plain && told && bare[..open].ends_with(b" ")).then_some(open)
}

/// The message without the separator that stood before its tail.
fn separator_off(message: &[u8], has_tail: bool) -> &[u8] {
    if !has_tail {
        return message;
    }
    let bare = message.trim_ascii_end();
    match bare {
        [rest @ .., b' ', b'-', b'-'] => rest.trim_ascii_end(),
        [rest @ .., b'|' | b':' | b',' | b';' | b'-' | b'(']
            if rest
                .last()
                .is_some_and(|byte| *byte == b' ' || matches!(bare.last(), Some(b':' | b',' | b';'))) =>
        {
            rest.trim_ascii_end()
        }
        _ => bare,
    }
}

/// A group in braces or brackets at the end.
fn group(text: &[u8], line: At, profile: &Profile) -> Option<usize> {
    let bytes = line.of(text);
    let close = *bytes.last()?;
    let open = match close {
        b'}' => b'{',
        b']' => b'[',
        b')' => b'(',
        b'>' => b'<',
        _ => return None,
    };
    let offset = line.start as usize;
    if matches!(bytes, [.., b' ' | b'\t', b'{', b'}'] | [.., b' ' | b'\t', b'[', b']']) {
        return Some(offset + bytes.len() - 2);
    }
    // the first opening byte behind a blank from which all up to the end is one group
    let whole = opening(bytes, open, close);
    let (mut from, mut objects) = (0, 0);
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
        objects += usize::from(quoted);
        if quoted
            && objects <= MAX_OBJECTS
            && !matches!(word_before, Some(b':' | b'='))
            && json::skip_nested(bytes, at) == Some(bytes.len())
        {
            return Some(offset + at);
        }
        if whole == Some(at)
            && (names_ids(inside, open)
                // semantic_logger's payload
                || open == b'{' && bytes[..at].ends_with(b" -- ")
                || open == b'[' && (holds_ids(inside) || profile.tail_id && is_bare_id(inside)))
            && !matches!(word_before, Some(b':' | b'='))
        {
            return Some(offset + at);
        }
    }
    None
}

/// Where the group opens that the last byte closes.
fn opening(bytes: &[u8], open: u8, close: u8) -> Option<usize> {
    let mut depth = 0;
    for (index, &byte) in bytes.iter().enumerate().rev() {
        if byte == close {
            depth += 1;
        } else if byte == open {
            depth -= 1;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

/// Whether a group holds a trace and a span without names: `[TRACE,SPAN]`, `[TRACE-SPAN]`.
fn holds_ids(inside: &[u8]) -> bool {
    let mut parts = inside.split(|byte| matches!(byte, b',' | b' ' | b'/')).filter(|part| !part.is_empty());
    inside.len() >= 49 && parts.all(is_bare_id)
}

/// Whether a group holds an id, or ids, and nothing else.
pub fn is_id_group(inside: &[u8]) -> bool {
    is_bare_id(inside) || holds_ids(inside)
}

/// The id that a line ends with, in brackets or behind a dash or bar of its own: where it stands, and where what parts it
/// from the message begins.
pub fn id_at_end(line: &[u8]) -> Option<(At, usize)> {
    let bare = line.trim_ascii_end();
    let (inside, open) = match bare.strip_suffix(b"]") {
        Some(inside) => {
            let open = memchr::memrchr(b'[', inside)?;
            (At::new(open + 1, inside.len()), open)
        }
        None => {
            let blank = memchr::memrchr(b' ', bare)?;
            let before = bare[..blank].strip_suffix(b"-").or_else(|| bare[..blank].strip_suffix(b"|"))?;
            (At::new(blank + 1, bare.len()), before.len())
        }
    };
    let digest =
        || line[..open].rsplit(|byte| !byte.is_ascii_alphanumeric()).take(32).any(names::says_digest);
    (is_bare_id(inside.of(line)) && line[..open].ends_with(b" ") && !digest()).then_some((inside, open))
}

/// Whether a group's content names an id (`traceId=…`, `'trace_id': '…'`).
fn names_ids(inside: &[u8], open: u8) -> bool {
    inside.split(|byte| matches!(byte, b',' | b' ' | b';')).any(|part| {
        // Clojure's ":trace-id"
        let keyword = part.strip_prefix(b":").filter(|_| open == b'{');
        let end = part.iter().position(|byte| matches!(byte, b'=' | b':'));
        let name = keyword.or(end.map(|end| &part[..end])).unwrap_or_default();
        let name = name.strip_prefix(b"'").or_else(|| name.strip_prefix(b"\"")).unwrap_or(name);
        let name = name.strip_suffix(b"'").or_else(|| name.strip_suffix(b"\"")).unwrap_or(name);
        // in parentheses stand remarks of the message, so only trace context and what is an id for sure count there
        let id = || end.is_some_and(|end| is_bare_id(part[end + 1..].trim_ascii()));
        !name.is_empty()
            && if open == b'(' {
                names_a_trace(name) || names::names_a_correlation(name) && id()
            } else {
                names_context(name) && !is_noise(name)
            }
    })
}

/// Whether a name tells of the logger's own matters only; `source`, `file` and the like stand in objects that are printed.
fn is_noise(name: &[u8]) -> bool {
    names::known(name, false).is_some_and(|known| known.role == Role::Noise)
}

/// Pairs at the end: from the first one on that names context.
fn pairs(text: &[u8], line: At, profile: &Profile) -> Option<usize> {
    let bytes = line.of(text);
    let offset = line.start as usize;
    let learned = |name: &[u8]| profile.tail_names.contains(&NameHash::of(name));
    let context = |name: &[u8]| names_context(name) || learned(name);
    let (mut from, mut lists) = (0, 0);
    while let Some(found) = memchr::memchr2(b'=', b':', &bytes[from..]) {
        let separator = from + found;
        from = separator + 1;
        let near = separator.saturating_sub(MAX_NAME);
        let blank = bytes[near..separator].iter().rposition(|byte| matches!(byte, b' ' | b'\t'));
        let start = blank.map_or(near, |blank| near + blank + 1);
        let colon = bytes[separator] == b':';
        if start == separator
            || blank.is_none() && near > 0
            || colon && bytes.get(separator + 1) != Some(&b' ')
            || !context(&bytes[start..separator])
        {
            continue;
        }
        lists += usize::from(colon);
        if colon && (lists > MAX_LISTS || !all_colon_pairs(bytes, start)) {
            continue;
        }
        if !colon && let Err(end) = all_pairs(bytes, start) {
            // what stops these pairs stops those behind them too
            from = from.max(end);
            continue;
        }
        let before = bytes[..start].trim_ascii_end();
        let told = learned(&bytes[start..separator]);
        if !told && (asks_for_more(before) || is_remark(bytes, start, colon)) {
            continue;
        }
        // "message | elasticapm transaction.id=… trace.id=…"
        if let Some(bar) = memchr::memmem::rfind(before, b" | ")
            && !before[bar + 3..].contains(&b' ')
        {
            return Some(offset + bar);
        }
        // all pairs behind a bar, a tab or a gap belong together
        let run = run_before(bytes, start, colon);
        let marked = bytes[..run].ends_with(b"\t")
            || bytes[..run].ends_with(b"  ")
            || bytes[..run].trim_ascii_end().ends_with(b"|")
            || colon
            || run < start
                && !bytes[..run].trim_ascii_end().ends_with(b",")
                && written_by_a_logger(&bytes[run..]);
        return Some(offset + if marked { run } else { start });
    }
    None
}

/// Whether pairs fill the text from `start` on, else where they end; the last may be a quoted value that goes on in the
/// next line.
pub(super) fn all_pairs(bytes: &[u8], start: usize) -> Result<(), usize> {
    let mut at = start;
    while at < bytes.len() {
        match pair(bytes, at, false) {
            Some((_, _, end)) => at = end,
            None => {
                let rest = &bytes[at..];
                let open = memchr::memmem::find(rest, b"=\"").is_some_and(|quote| {
                    !rest[..quote].contains(&b' ') && memchr::memchr(b'"', &rest[quote + 2..]).is_none()
                });
                return if open { Ok(()) } else { Err(at) };
            }
        }
        at += bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b',' | b';')).count();
    }
    Ok(())
}

/// Whether `name: value` pairs, parted by commas, fill the text from `start` on.
fn all_colon_pairs(bytes: &[u8], start: usize) -> bool {
    bytes[start..].split(|&byte| byte == b',').all(|part| {
        let part = part.trim_ascii();
        let name = part
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
            .count();
        name > 0 && part[name..].starts_with(b": ") && !part[name + 2..].contains(&b' ')
    })
}

/// Where the pair begins that ends before `end`; its value may be quoted and hold blanks.
pub(super) fn pair_before(bytes: &[u8], end: usize) -> Option<usize> {
    let bare = bytes[..end].trim_ascii_end();
    let quote = bare.last().copied().filter(|byte| matches!(byte, b'"' | b'\''));
    let open = quote.and_then(|quote| memchr::memrchr(quote, &bare[..bare.len() - 1]));
    let within = match open {
        Some(open) if bare[..open].ends_with(b"=") => &bare[..open],
        _ => bare,
    };
    let start = within.iter().rposition(|byte| matches!(byte, b' ' | b'\t')).map(|blank| blank + 1)?;
    let (_, _, after) = pair(bytes, start, false)?;
    (bytes.get(start).is_some() && after >= bare.len() && start < end).then_some(start)
}

/// Whether a program wrote the pairs: three or more in the order of their names, or one in quotes.
fn written_by_a_logger(pairs: &[u8]) -> bool {
    let (mut at, mut count, mut sorted, mut quoted) = (0, 0, true, false);
    let mut last: &[u8] = b"";
    while let Some((name, value, end)) = pair(pairs, at, false) {
        sorted &= last < name.of(pairs);
        quoted |= value.end() < end;
        last = name.of(pairs);
        count += 1;
        at = end + pairs[end..].iter().take_while(|byte| matches!(byte, b' ' | b',' | b';')).count();
    }
    quoted || count >= 3 && sorted
}

/// Where the run of pairs begins that ends before `start`.
fn run_before(bytes: &[u8], start: usize, colon: bool) -> usize {
    let mut run = start;
    loop {
        let before = bytes[..run].trim_ascii_end();
        let bare = match (colon, before.strip_suffix(b",")) {
            (true, Some(bare)) => bare,
            (true, None) => return run,
            (false, _) => before,
        };
        let mut word =
            bare.iter().rposition(|byte| matches!(byte, b' ' | b'\t')).map_or(0, |blank| blank + 1);
        if colon && word > 1 && bare[..word].ends_with(b": ") {
            word = bare[..word - 2]
                .iter()
                .rposition(|byte| matches!(byte, b' ' | b'\t'))
                .map_or(0, |blank| blank + 1);
        }
        let mut fits = match pair(bytes, word, colon) {
            Some((_, _, end)) => word < run && end >= bare.len(),
            None => false,
        };
        if !fits
            && !colon
            && bare.ends_with(b"\"")
            && let Some(quoted) = pair_before(bytes, bare.len())
        {
            word = quoted;
            fits = true;
        }
        if !fits {
            return run;
        }
        run = word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, message: &str) {
        assert_eq!(
            String::from_utf8_lossy(&text.as_bytes()[..tail(text.as_bytes(), 0, &Profile::default())]),
            message,
            "{text}"
        );
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
        check(
            "flush done, shard 2 of 8, rows: 75653, span_id: b58ce0cd, service: x",
            "flush done, shard 2 of 8",
        );
        check("sent to 84122\trows=1 trace_id=c979 span_id=f2c4", "sent to 84122");
        check("published: trace_id=11a7 detail=\"first line", "published");
        check("item is low [trace_id=427711b03ee1e44caa796c0d96d71a65]", "item is low");
        check("Imported new segment        blocks=4  txs=42 number=33,615,127", "Imported new segment");
    }

    #[test]
    fn a_message_that_only_looks_like_context_stays() {
        check("key [user:10203] expired {ttl=0}", "key [user:10203] expired {ttl=0}");
        check(
            "basket 35646: total=42.50 currency=EUR items=3",
            "basket 35646: total=42.50 currency=EUR items=3",
        );
        check("basket 1: total=42.50 items=3 trace_id=9f", "basket 1: total=42.50 items=3");
        check("two  gaps a=1 and words", "two  gaps a=1 and words");
        check("gone: Error { source: Io, code: 2 }", "gone: Error { source: Io, code: 2 }");
        check("request on eth0 (xid=0x654a04aa)", "request on eth0 (xid=0x654a04aa)");
        check("2662% of quota used (user=dmitri)", "2662% of quota used (user=dmitri)");
    }
}
