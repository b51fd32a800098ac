//! What stands around the message of a text: ids before it, its tail, its logger, its second line.

use super::names::{self, Role};
use super::pick::WEAK_SERVICE;
use super::{At, Draft, Head, Writing, level, logfmt, loose, text};
use crate::model::Level;

/// What a line says that has only pairs behind its header: all from the first one on that names neither ids nor a service.
pub(super) fn said_by_pairs(line: &[u8], start: usize) -> At {
    let mut at = start + line[start..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    while let Some((name, _, end)) = text::pair(line, at, false) {
        let known = names::known(name.of(line), true).map(|known| known.role);
        if known.is_none_or(|role| matches!(role, Role::Other | Role::Noise))
            && !names::names_a_correlation(name.of(line))
        {
            return text::trim(line, At::new(at, line.len()));
        }
        at = end + line[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b',' | b';')).count();
    }
    At::new(start, start)
}

/// Passes over groups that hold ids alone, before a message whose header says nothing of them: `[TRACE] message`.
pub(super) fn leading_ids(text: &[u8], start: usize, draft: &mut Draft) -> usize {
    let mut at = start;
    loop {
        let open = at + text[at..].iter().take_while(|byte| **byte == b' ').count();
        if text.get(open) != Some(&b'[') {
            return at;
        }
        let near = &text[open + 1..text.len().min(open + 1 + MAX_IDS)];
        let Some(length) = memchr::memchr(b']', near) else { return at };
        let inside = &near[..length];
        let behind = text.get(open + 1 + length + 1);
        if !(text::is_id_group(inside) || text::names_ids(inside))
            || behind.is_some_and(|next| !matches!(next, b' ' | b'[' | b':'))
        {
            return at;
        }
        draft.groups.push(At::new(open + 1, open + 1 + length));
        at = open + 1 + length + 1;
        at += usize::from(text.get(at) == Some(&b':'));
    }
}

/// A group of ids before a message is no longer than this.
const MAX_IDS: usize = 128;

/// Fields in the tail behind the message; of them only the service counts for the record itself.
pub(super) fn tail_fields(line: &[u8], end: usize, draft: &mut Draft) {
    let tail = line[end..].trim_ascii();
    if tail.is_empty() {
        return;
    }
    let mut at = end + (line[end..].len() - line[end..].trim_ascii_start().len());
    // the bracket that closes the tail is no part of its last value
    let line = match tail {
        [b'[' | b'(' | b'<', .., b']' | b')' | b'>'] if !tail.contains(&b'"') => &line[..at + tail.len() - 1],
        _ => line,
    };
    while at < line.len() {
        let before = at;
        match line[at] {
            b'{' => {
                let scan = draft.scan_json(line, at);
                at = if scan.complete {
                    scan.end
                } else {
                    loose::scan(line, at, &mut draft.fields).unwrap_or(line.len())
                };
            }
            b'[' | b'(' | b'<' | b' ' | b'\t' | b'|' | b',' | b':' | b'-' | b']' => at += 1,
            _ => {
                // "|traceid=…|spanid=…": bars part the pairs
                let stop = memchr::memchr(b'|', &line[at..]).filter(|_| tail.starts_with(b"|"));
                let stop = stop.map_or(line.len(), |length| at + length);
                logfmt::scan_tail(&line[..stop], at, &mut draft.fields);
                at = stop;
            }
        }
        if at == before {
            break;
        }
    }
    let Draft { service, fields, service_is_weak, stamp, level, .. } = draft;
    if stamp.is_none() {
        // winston's simple format has its time behind the message
        let times = fields.iter().filter(|field| field.role == Role::Time && field.top);
        let best = times.min_by_key(|field| field.rank);
        *stamp = best.and_then(|field| super::pick::time_of(field.value.of(line), field.writing));
    }
    if level.is_none() {
        let levels = fields.iter().filter(|field| field.role == Role::Level && field.top);
        let best = levels.min_by_key(|field| field.rank).filter(|field| field.writing == Writing::Plain);
        *level = best.and_then(|field| level::from_word(field.value.of(line)));
    }
    if service.is_none() {
        let named = fields.iter().filter(|field| {
            field.role == Role::Service
                && field.top
                && field.rank < WEAK_SERVICE
                && field.writing == Writing::Plain
                && !field.value.is_empty()
        });
        if let Some(field) = named.min_by_key(|field| field.rank) {
            *service = Some(field.value);
            *service_is_weak = false;
        }
    }
}

/// The message of a record whose header fills its first line (.NET's console): the next line that is no list of scopes.
pub(super) fn second_line(text: &[u8], line_end: usize, _draft: &Draft) -> At {
    let mut start = line_end + 1;
    while start < text.len() {
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
        let line = text::trim(text, At::new(start, end));
        if !line.of(text).starts_with(b"=> ") && !line.is_empty() {
            return text::trim(text, At::new(line.start as usize, text.len()));
        }
        start = end + 1;
    }
    At::new(text.len(), text.len())
}

/// java.util.logging's second line: `WARNING: message`.
pub(super) fn level_on_second_line(text: &[u8], line_end: usize, draft: &Draft) -> Option<(Level, usize)> {
    if draft.level.is_some() || draft.stamp.is_none() {
        return None;
    }
    let rest = text.get(line_end + 1..)?;
    let word = rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let level = level::from_word(&rest[..word]).filter(|_| word > 2 && rest[word..].starts_with(b": "))?;
    Some((level, line_end + 1 + word + 2))
}

/// The end of the message without the logger that stands behind it.
pub(super) fn logger_off(line: &[u8], start: usize, end: usize, head: &Head, draft: &mut Draft) -> usize {
    if head.level.is_none() || draft.logger.is_some() || start > end {
        return end;
    }
    if line.starts_with(b"[")
        && let Some((logger, open)) = text::logger_at_end(&line[..end])
        && open > start
    {
        draft.logger = Some(logger);
        return text::trim(line, At::new(start, open)).end();
    }
    let behind_bar = line[..start].trim_ascii_end().ends_with(b"|");
    if behind_bar && let Some((logger, thread, cut)) = text::columns_at_end(&line[start..end]) {
        let place = |at: At| At::new(start + at.start as usize, start + at.end());
        draft.logger = Some(place(logger));
        draft.thread.get_or_insert(place(thread));
        return start + cut;
    }
    end
}
