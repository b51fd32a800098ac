//! What stands at the end of a line: pairs, and loggers behind the message.

use super::head::is_logger;
use super::pair;
use super::tail::{all_pairs, pair_before};
use crate::record::{At, NameHash};

/// So many gaps are tried for the one before pairs.
const MAX_GAPS: usize = 8;

/// Where pairs begin that stand behind a gap and fill the rest of the text: what loggers write that pad the message to a
/// column (log15, go-ethereum), whatever the names.
pub(super) fn padded(text: &[u8], start: usize, end: usize) -> Option<usize> {
    let bytes = &text[start..end];
    let mut at = 0;
    for _ in 0..MAX_GAPS {
        let gap = at + memchr::memmem::find(&bytes[at..], b"  ")?;
        let tail = gap + bytes[gap..].iter().take_while(|byte| **byte == b' ').count();
        let pairs = tail + bracketed_name(&bytes[tail..]);
        if bytes[..gap].contains(&b' ')
            && !bytes[..gap].contains(&b'=')
            && pair(bytes, pairs, false).is_some()
            && all_pairs(bytes, pairs).is_ok()
        {
            return Some(start + tail);
        }
        at = tail;
    }
    None
}

/// The length of a line without the `file.py:42` that stands at the right edge, behind a gap (Rich's `RichHandler`).
pub(super) fn place_at_end(line: &[u8]) -> Option<usize> {
    /// So many blanks part the place from the message.
    const GAP: usize = 4;
    let start = memchr::memrchr(b' ', line)? + 1;
    let place = &line[start..];
    let digits = place.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let file = place[..place.len() - digits].strip_suffix(b":").filter(|_| digits > 0)?;
    let named = file.contains(&b'.')
        && file.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && file
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'<' | b'>'));
    let length = line[..start].trim_ascii_end().len();
    (named && start - length >= GAP && length > 0).then_some(length)
}

/// The length of `[name] `, structlog's logger between the message and the pairs.
fn bracketed_name(text: &[u8]) -> usize {
    let Some(inside) = text.strip_prefix(b"[") else { return 0 };
    let name =
        inside.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')).count();
    if name > 0 && inside[name..].starts_with(b"] ") { name + 3 } else { 0 }
}

/// `message (com.acme.Orders)`, the logger behind the message (log4j's `[%d] %p %m (%c)`, which is Kafka's default), and
/// where its parenthesis opens. Not a class of exceptions.
pub fn logger_at_end(line: &[u8]) -> Option<(At, usize)> {
    let bare = line.trim_ascii_end().strip_suffix(b")")?;
    let open = memchr::memrchr(b'(', bare)?;
    let inside = &bare[open + 1..];
    let logger = bare[..open].ends_with(b" ")
        && is_deep_logger(inside)
        && !inside.ends_with(b"Exception")
        && !inside.ends_with(b"Error");
    logger.then_some((At::new(open + 1, bare.len()), open))
}

/// `message | com.acme.Orders | thread`: logger and thread behind the message (ActiveMQ), and where they begin.
pub fn columns_at_end(message: &[u8]) -> Option<(At, At, usize)> {
    let last = memchr::memmem::rfind(message, b" | ")?;
    let cut = memchr::memmem::rfind(&message[..last], b" | ")?;
    let logger = message[cut + 3..last].trim_ascii_end();
    let at = At::new(cut + 3, cut + 3 + logger.len());
    is_deep_logger(logger).then_some((at, At::new(last + 3, message.len()), cut))
}

fn is_deep_logger(name: &[u8]) -> bool {
    is_logger(name) && name.iter().filter(|byte| **byte == b'.').count() >= 2 && !name.contains(&b'/')
}

/// The run of pairs at the end of a line.
#[derive(Debug, Default)]
pub struct Tail {
    /// The names in it.
    pub names: Vec<NameHash>,
    /// Hash of the letters that stand before it: tells one message from another.
    pub before: NameHash,
}

/// The run of pairs at the end of a line, for learning which names stand behind most messages.
pub fn tail_of(line: &[u8]) -> Tail {
    /// So many bytes before the pairs tell the message.
    const NEAR: usize = 24;
    let bytes = line.trim_ascii_end();
    let mut start = bytes.len();
    while let Some(before) = pair_before(bytes, start) {
        start = before;
    }
    let mut names = Vec::new();
    let mut at = start;
    while at < bytes.len() {
        at += bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let Some((name, _, end)) = pair(bytes, at, false) else { break };
        names.push(NameHash::of(name.of(bytes)));
        at = end;
    }
    let near = bytes[start.saturating_sub(NEAR)..start].iter().filter(|byte| byte.is_ascii_alphabetic());
    Tail { names, before: NameHash::of(&near.copied().collect::<Vec<u8>>()) }
}
