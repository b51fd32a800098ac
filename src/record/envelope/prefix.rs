//! Prefixes that tools put before each line when they show several programs at once.

use super::Wrapped;
use crate::input;
use crate::model::Symbol;
use crate::record::timestamp::{self, DayOrder};
use crate::record::{At, Draft, Format, level};
use memchr::memchr;

/// `web-1  | line`, also with a time before the line; pm2's `0|name | line`.
///
/// Source: docker compose, pkg/compose and cmd/formatter.
pub(super) fn compose(line: &[u8], draft: &mut Draft) -> Option<Wrapped> {
    // pm2: "0|name  | line"
    let digits = line.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    let from = if digits > 0 && line.get(digits) == Some(&b'|') { digits + 1 } else { 0 };
    let name_end = name_end(line, from)?;
    let blanks = line[name_end..].iter().take_while(|&&byte| byte == b' ').count();
    if blanks == 0 || line.get(name_end + blanks) != Some(&b'|') {
        return None;
    }
    let name = At::new(from, name_end);
    if name_end > 80 || level::from_word(name.of(line)).is_some() {
        return None;
    }
    let bar = name_end + blanks + 1;
    let start = match line.get(bar) {
        Some(b' ') => bar + 1,
        None => bar,
        _ => return None,
    };
    named(line, draft, name);
    Some(after_time(line, draft, start, name, Format::Compose))
}

/// `17:23:43 web.1   | line`: foreman, honcho and their like.
pub(super) fn foreman(line: &[u8], draft: &mut Draft) -> Option<Wrapped> {
    let start = if line.get(2) == Some(&b':') && line.get(8) == Some(&b' ') { 9 } else { return None };
    let end = name_end(line, start)?;
    let blanks = line[end..].iter().take_while(|&&byte| byte == b' ').count();
    if blanks == 0
        || !line[end + blanks..].starts_with(b"| ")
        || level::from_word(&line[start..end]).is_some()
    {
        return None;
    }
    let (stamp, _) = timestamp::parse_prefix(line, DayOrder::MonthFirst)?;
    draft.stamp = Some(stamp);
    let name = At::new(start, end);
    named(line, draft, name);
    let lane = Symbol::of_pair(b"foreman", name.of(line)).0;
    Some(Wrapped {
        format: Format::Compose,
        inside: Some(At::new(end + blanks + 2, line.len())),
        partial: false,
        lane,
    })
}

/// `2024-05-01T12:00:00.49-0600 [APP/PROC/WEB/0] OUT line`, what `cf logs` prints, three blanks before it.
///
/// Source: Cloud Foundry, "App logging", log formats.
pub(super) fn cloud_foundry(line: &[u8], start: usize, draft: &mut Draft) -> Option<Wrapped> {
    let near = &line[start..line.len().min(start + 96)];
    let open = memchr(b'[', &near[..near.len().min(36)])?;
    let close = open + memchr(b']', &near[open..])?;
    let from = &near[open + 1..close];
    let stream = close + 1 + near[close + 1..].iter().take_while(|byte| **byte == b' ').count();
    if stream == close + 1
        || !matches!(near.get(stream..stream + 4), Some(b"OUT " | b"ERR "))
        || !from.contains(&b'/')
        || !from.first().is_some_and(u8::is_ascii_uppercase)
    {
        return None;
    }
    let (stamp, taken) = timestamp::parse_prefix(near, DayOrder::MonthFirst)?;
    if taken + 1 != open {
        return None;
    }
    draft.stamp = Some(stamp);
    let lane = Symbol::of_pair(b"cf", from).0;
    let inside = At::new(start + stream + 4, line.len());
    Some(Wrapped { format: Format::Compose, inside: Some(inside), partial: false, lane })
}

/// `[pod/NAME/CONTAINER] line`, also with a time before the line.
///
/// Source: kubectl, pkg/cmd/logs (`--prefix`).
pub(super) fn kubectl(line: &[u8], draft: &mut Draft) -> Option<Wrapped> {
    let inside = line.strip_prefix(b"[")?.strip_prefix(b"pod/")?;
    let close = memchr(b']', inside)? + 5;
    let slash = memchr(b'/', &line[5..close])? + 5;
    let start = if line.get(close + 1) == Some(&b' ') { close + 2 } else { close + 1 };
    let pod = At::new(5, slash);
    draft.instance = Some(pod);
    draft.service = Some(service_of_pod(line, pod, At::new(slash + 1, close)));
    Some(after_time(line, draft, start, At::new(1, close), Format::Kubectl))
}

/// `checkout-7d9f8b6c5-x2x4q app line`: stern's default; with several namespaces, the pod's stands first.
pub(super) fn stern(line: &[u8], draft: &mut Draft) -> Option<Wrapped> {
    let is_pod = |pod: At| std::str::from_utf8(pod.of(line)).is_ok_and(input::is_pod);
    let mut pod = At::new(0, name_end(line, 0)?);
    if line.get(pod.end()) == Some(&b' ') && !is_pod(pod) {
        pod = At::new(pod.end() + 1, name_end(line, pod.end() + 1)?);
    }
    let pod_end = pod.end();
    if line.get(pod_end) != Some(&b' ') || !is_pod(pod) {
        return None;
    }
    let start = pod_end + 1;
    let end = name_end(line, start)?;
    if line.get(end) != Some(&b' ') || level::from_word(&line[start..end]).is_some() {
        return None;
    }
    draft.instance = Some(pod);
    draft.service = Some(service_of_pod(line, pod, At::new(start, end)));
    Some(after_time(line, draft, end + 1, At::new(0, end), Format::Kubectl))
}

/// The service of a pod: its name without hash or ordinal; the container's name where the pod's tells nothing.
fn service_of_pod(line: &[u8], pod: At, container: At) -> At {
    let Ok(name) = std::str::from_utf8(pod.of(line)) else { return container };
    let (service, _) = input::split_pod(name);
    At::new(pod.start as usize, pod.start as usize + service.len())
}

fn named(line: &[u8], draft: &mut Draft, name: At) {
    // docker service logs: "SERVICE.SLOT.TASK@NODE"
    if let Some(at) = memchr(b'@', name.of(line)) {
        let service = name.of(line)[..at].split(|&byte| byte == b'.').next().unwrap_or_default();
        draft.service = Some(At::new(name.start as usize, name.start as usize + service.len()));
        draft.instance = Some(name);
        return;
    }
    let Ok(text) = std::str::from_utf8(name.of(line)) else { return };
    let (service, instance) = input::split_instance(text);
    draft.service = Some(At::new(name.start as usize, name.start as usize + service.len()));
    if instance.is_some() {
        draft.instance = Some(name);
    }
}

/// Takes the RFC 3339 time of `--timestamps` off, if there is one.
fn after_time(line: &[u8], draft: &mut Draft, start: usize, lane: At, format: Format) -> Wrapped {
    let lane = Symbol::of_pair(b"prefix", lane.of(line)).0;
    let mut inside = At::new(start.min(line.len()), line.len());
    if let Some((stamp, taken)) = timestamp::parse_prefix(inside.of(line), DayOrder::MonthFirst) {
        // nine digits and Z: the tool's own, not the program's
        if line.get(start + taken) == Some(&b' ') && line[start..start + taken].ends_with(b"Z") && taken >= 28
        {
            draft.stamp = Some(stamp);
            inside = At::new(start + taken + 1, line.len());
        }
    }
    Wrapped { format, inside: Some(inside), partial: false, lane }
}

/// One past a name of letters, digits, `-`, `_` and `.`.
fn name_end(line: &[u8], start: usize) -> Option<usize> {
    let length = line[start..]
        .iter()
        .take(128)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'@'))
        .count();
    (length > 0 && line[start].is_ascii_alphanumeric()).then_some(start + length)
}
