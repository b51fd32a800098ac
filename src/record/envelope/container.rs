//! What container runtimes write to files: Docker's json-file driver and Kubernetes CRI.

use super::Wrapped;
use crate::model::Symbol;
use crate::record::timestamp::{self, DayOrder};
use crate::record::{At, Draft, Format, Writing, json};

/// `{"log":"…\n","stream":"stdout","time":"…"}`; a line that lacks the `\n` goes on in the next one.
///
/// Source: moby, daemon/logger/jsonfilelog; long lines are split at 16 KiB.
pub(super) fn docker(line: &[u8], draft: &mut Draft, buffer: &mut Vec<u8>) -> Option<Wrapped> {
    let after = line[1..].trim_ascii_start();
    if !after.starts_with(b"\"log\"") {
        return None;
    }
    draft.scan_json(line, 0);
    let field = |name: &[u8]| draft.fields.iter().find(|field| field.name.of(line) == name && field.top);
    let log = field(b"log")?;
    let stream = field(b"stream").map(|field| field.value.of(line));
    let time = field(b"time").and_then(|field| timestamp::parse(field.value.of(line), DayOrder::MonthFirst));
    // a shipper's record may hold the line under "log" as well; Docker's own has nothing but attributes besides
    if stream.is_none() && time.is_none() {
        draft.fields.clear();
        return None;
    }
    buffer.clear();
    match log.writing {
        Writing::Escaped => json::unescape(log.value.of(line), buffer),
        _ => buffer.extend_from_slice(log.value.of(line)),
    }
    let whole = buffer.ends_with(b"\n");
    while buffer.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        buffer.pop();
    }
    let lane = Symbol::of_pair(b"docker", stream.unwrap_or_default()).0;
    draft.stamp = time;
    super::super::pick::pick_service(line, draft);
    draft.message = None;
    Some(Wrapped { format: Format::Docker, inside: None, partial: !whole, lane })
}

/// `2024-02-23T02:47:19.570055007Z stdout F line`; tag `P` marks a part of a line.
///
/// Source: Kubernetes, "CRI log format" (kubelet, pkg/kubelet/kuberuntime/logs).
pub(super) fn cri(line: &[u8], draft: &mut Draft) -> Option<Wrapped> {
    // the time is RFC 3339 with up to nine digits: the first blank comes within 36 bytes
    let blank = memchr::memchr(b' ', &line[..line.len().min(40)])?;
    let rest = &line[blank + 1..];
    let (stream, rest) =
        [&b"stdout "[..], b"stderr "].iter().find_map(|name| Some((*name, rest.strip_prefix(*name)?)))?;
    let (tag, partial) = match rest.first()? {
        b'F' => (1, false),
        b'P' => (1, true),
        _ => return None,
    };
    let inside = match rest.get(tag) {
        Some(b' ') => tag + 1,
        // further tags: "F:tag"
        Some(b':') => memchr::memchr(b' ', rest)? + 1,
        None => tag,
        _ => return None,
    };
    let (stamp, taken) = timestamp::parse_prefix(line, DayOrder::MonthFirst)?;
    if taken != blank {
        return None;
    }
    draft.stamp = Some(stamp);
    let start = line.len() - rest.len() + inside;
    let lane = Symbol::of_pair(b"cri", stream).0;
    Some(Wrapped { format: Format::Cri, inside: Some(At::new(start, line.len())), partial, lane })
}
