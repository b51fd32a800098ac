//! Fills the draft of a layer: by its format, what was found in its text.

use super::behind::{leading_ids, level_on_second_line, logger_off, said_by_pairs, second_line, tail_fields};
use super::names::{self, NameHash, Role};
use super::pick::pick;
use super::{
    At, Draft, Field, Format, Head, Look, Profile, Writing, access, block, cef, envelope, klog, logfmt,
    loose, ltsv, text, xml,
};
use crate::model::{Date, Level};

pub(super) fn first_line(text: &[u8]) -> &[u8] {
    memchr::memchr(b'\n', text).map_or(text, |end| &text[..end])
}

/// Completes the draft of a layer; gives the format it turned out to have.
pub(super) fn fill(text: &[u8], seen: &Look, draft: &mut Draft, profile: &Profile) -> Format {
    match seen.format {
        Format::Json => {
            let scan = draft.scan_json(text, 0);
            if !scan.complete && draft.fields.len() < 2 {
                draft.clear();
                let end = loose::scan(text, 0, &mut draft.fields);
                if end.is_some() && draft.fields.len() >= 2 {
                    pick(text, draft);
                    draft.free.push(At::new(end.unwrap_or(0), text.len()));
                    return Format::Object;
                }
                draft.clear();
                let head = text::head(first_line(text), profile, draft);
                fill_text(text, &head, draft, profile);
                return Format::Text;
            }
            if scan.end < text.len() {
                draft.free.push(At::new(scan.end, text.len()));
            }
            pick(text, draft);
            json_format(text, draft)
        }
        Format::Logfmt => {
            draft.scan_pairs(text, 0);
            pick(text, draft);
            whole_message(text, draft);
            if draft.message.is_none() {
                words_behind_pairs(text, draft);
            }
            Format::Logfmt
        }
        Format::Ltsv => {
            ltsv::scan(text, &mut draft.fields);
            pick(text, draft);
            Format::Ltsv
        }
        Format::Cef => {
            cef::scan(first_line(text), &mut draft.fields);
            pick(text, draft);
            Format::Cef
        }
        Format::Xml => {
            xml::scan(text, &mut draft.fields);
            pick(text, draft);
            Format::Xml
        }
        Format::Block => {
            block::scan(text, &mut draft.fields);
            // a time that was never set, as Go prints it
            draft.fields.retain(|field| !field.value.of(text).starts_with(b"1970-01-01 00:00:00 +0000 UTC"));
            pick(text, draft);
            if draft.message.is_none() && draft.fields.is_empty() {
                draft.message = Some((text::trim(text, At::new(0, text.len())), Writing::Plain));
            }
            Format::Block
        }
        Format::Access => {
            access::read(text, profile.order, draft);
            Format::Access
        }
        Format::Table => {
            if let Some(columns) = &profile.table {
                columns.read(text, draft);
            }
            // the date and the time of two columns, which are fields of their own too
            let whole = draft.stamp;
            pick(text, draft);
            draft.stamp = whole.or(draft.stamp);
            Format::Table
        }
        Format::Custom => {
            profile.custom.iter().any(|pattern| pattern.read(text, draft));
            pick(text, draft);
            if draft.message.is_none() {
                draft.message = Some((text::trim(text, At::new(0, text.len())), Writing::Plain));
            }
            draft.free.push(At::new(0, text.len()));
            Format::Custom
        }
        Format::Syslog => {
            draft.clear();
            let found = envelope::syslog(text, draft);
            let message = found.map_or(0, |found| found.message.min(text.len()));
            draft.message = Some((At::new(message, text.len()), Writing::Plain));
            Format::Syslog
        }
        Format::Klog => match klog::read(first_line(text), draft) {
            Some(head) => {
                let stated = draft.message;
                fill_text(text, &head, draft, profile);
                draft.message = stated.or(draft.message);
                Format::Klog
            }
            None => {
                draft.clear();
                let head = text::head(first_line(text), profile, draft);
                fill_text(text, &head, draft, profile);
                Format::Text
            }
        },
        Format::Journald => {
            journal_entry(text, draft);
            pick(text, draft);
            Format::Journald
        }
        _ => {
            fill_text(text, &seen.head, draft, profile);
            Format::Text
        }
    }
}

/// Message and free parts of a text behind its header.
fn fill_text(text: &[u8], head: &Head, draft: &mut Draft, profile: &Profile) {
    let line_end = first_line(text).len();
    draft.stamp = head.stamp;
    draft.level = head.level;
    let start = head.message.min(line_end);
    let line = &text[..line_end];
    let quoted = line[start..].trim_ascii();
    let pairs = start
        + (line.len() - start - quoted.len())
            .min(line[start..].iter().take_while(|byte| byte.is_ascii_whitespace()).count());
    let pairs = match logfmt::labelled(&line[pairs..]) {
        Some((label, from)) => {
            draft.logger = draft.logger.or(Some(At::new(pairs, pairs + label)));
            pairs + from
        }
        None => pairs,
    };
    if draft.detects_pairs(&line[pairs..]) {
        // pairs behind a header
        draft.scan_pairs(line, pairs);
        let (stamp, level) = (draft.stamp, draft.level);
        pick(text, draft);
        // a time of day in front gives way to a pair that has the date too
        let dated = draft.stamp.is_some_and(|stamp| stamp.date == Date::Full);
        draft.stamp = stamp.filter(|stamp| stamp.date != Date::None || !dated).or(draft.stamp);
        draft.level = level.or(draft.level);
        whole_message(text, draft);
        if draft.message.is_none() && tells_request(&draft.fields) {
            draft.message = Some((text::trim(line, At::new(pairs, line.len())), Writing::Plain));
        }
        if draft.message.is_some() {
            draft.free.push(At::new(0, pairs));
            return;
        }
        draft.fields.clear();
    }
    if let Some(open) = text::shipped_object(line) {
        let stamp = draft.stamp;
        if loose::scan(line, open, &mut draft.fields) == Some(line.trim_ascii_end().len() - 1) {
            pick(text, draft);
            draft.stamp = stamp.or(draft.stamp);
            return;
        }
        draft.fields.clear();
    }
    if let Some((stamp, object)) = text::forwarded(line) {
        draft.stamp = draft.stamp.or(stamp);
        draft.message = Some((object, Writing::Plain));
        return;
    }
    if let Some(open) = text::object(text, start) {
        draft.message = Some((text::trim(text, At::new(open, text.len())), Writing::Plain));
        draft.free.push(At::new(0, open));
        return;
    }
    if let Some((message, writing)) = text::bracketed_message(line, start) {
        draft.message = Some((message, writing));
        draft.free.push(At::new(head.stamp_at.end(), message.start as usize - 2));
        draft.free.push(At::new(message.end() + 2, text.len()));
        return;
    }
    let start = if profile.usual.has_digests() { start } else { leading_ids(text, start, draft) };
    let mut end = text::tail(line, start, profile);
    let closed = |open: &[u8], close: &[u8]| line[..start].ends_with(open) && line[..end].ends_with(close);
    if closed(b"> <", b">") || closed(b"|", b"|") {
        // the last of the columns that stand in angles, or between bars
        end -= 1;
    } else {
        tail_fields(line, end, draft);
        end = logger_off(line, start, end, head, draft);
    }
    end = end.max(start);
    if profile.tail_id
        && let Some((id, open)) = text::id_at_end(line)
        && open >= start
    {
        draft.groups.push(id);
        end = end.min(text::trim(line, At::new(start, open)).end());
    }
    let mut message = text::trim(text, At::new(start, end));
    if message.is_empty() && line_end < text.len() {
        message = second_line(text, line_end, draft);
    } else if let Some((level, from)) = level_on_second_line(text, line_end, draft) {
        draft.level = Some(level);
        let from = leading_ids(text, from, draft);
        message = text::trim(text, At::new(from, text.len()));
    } else if end == line_end && line_end < text.len() {
        let open = text::object_over_lines(text, start, line_end);
        if let Some(open) = open {
            tail_fields(text, open, draft);
        }
        message = text::trim(text, At::new(start, open.unwrap_or(text.len())));
    } else if quoted.starts_with(b"\"") && message.of(text).ends_with(b"\"") && message.len > 2 {
        message = At { start: message.start + 1, len: message.len - 2 };
    }
    if message.is_empty() && line_end == text.len() {
        message = said_by_pairs(line, head.pairs.unwrap_or(start));
    }
    draft.message = Some((message, Writing::Plain));
    // ids may stand anywhere but in the time
    let (from, to) = (head.stamp_at.start as usize, head.stamp_at.end());
    if from > 0 && head.stamp.is_some() {
        draft.free.push(At::new(0, from));
    }
    draft.free.push(At::new(if head.stamp.is_some() { to } else { 0 }, text.len()));
}

/// A message without quotes that is the last pair of its line goes on to the end.
fn whole_message(text: &[u8], draft: &mut Draft) {
    let (Some((message, Writing::Plain)), Some(last)) = (draft.message, draft.fields.last()) else { return };
    let line = first_line(text);
    if last.value == message && last.role == Role::Message && line.get(message.end()) == Some(&b' ') {
        draft.message = Some((text::trim(line, At::new(message.start as usize, line.len())), Writing::Plain));
    }
}

/// Whether fields tell of a request: its method and its path.
fn tells_request(fields: &[Field]) -> bool {
    [Role::Method, Role::Route].iter().all(|role| fields.iter().any(|field| field.role == *role))
}

/// The words that a line of pairs ends with are its message, if no pair is.
fn words_behind_pairs(text: &[u8], draft: &mut Draft) {
    let line = first_line(text);
    // lines that go on with the record may have pairs too
    let Some(last) = draft.fields.iter().rev().find(|field| field.value.end() <= line.len()) else { return };
    let end = last.value.end() + usize::from(line.get(last.value.end()) == Some(&b'"'));
    let rest = line.get(end..).unwrap_or_default();
    let marks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'|' | b'-' | b':')).count();
    let words = text::trim(line, At::new(end + marks, line.len()));
    if words.of(line).contains(&b' ') && rest.starts_with(b" ") {
        draft.message = Some((words, Writing::Plain));
    }
}

/// The fields of an entry in systemd's export format: `NAME=value` a line. Binary values (a name alone, then a length) are
/// passed over.
fn journal_entry(text: &[u8], draft: &mut Draft) {
    let mut at = 0;
    for line in text.split(|&byte| byte == b'\n') {
        if let Some(equals) = memchr::memchr(b'=', line) {
            let name = At::new(at, at + equals);
            let path = NameHash::of(name.of(text));
            let known = names::known(name.of(text), true);
            draft.fields.push(Field {
                name,
                parent: At::default(),
                path,
                role: known.map_or(Role::Other, |known| known.role),
                rank: known.map_or(u8::MAX, |known| known.rank),
                top: true,
                value: At::new(at + equals + 1, at + line.len()),
                writing: Writing::Plain,
            });
        }
        at += line.len() + 1;
    }
}

/// Gives a JSON layer its proper name, and what only its kind tells.
fn json_format(text: &[u8], draft: &mut Draft) -> Format {
    let has = |draft: &Draft, name: &[u8]| draft.fields.iter().any(|field| field.name.of(text) == name);
    if text.starts_with(b"{\"@") && (has(draft, b"@m") || has(draft, b"@mt")) && draft.level.is_none() {
        // Serilog's compact format leaves the level out where it is Information
        draft.level = Some(Level::Info);
    }
    let mut export = false;
    let (mut segment, mut loki, mut name) = (0, 0, None);
    for field in &draft.fields {
        match field.name.of(text) {
            b"__REALTIME_TIMESTAMP" => return Format::Journald,
            b"logStreamName" | b"ingestionTime" | b"textPayload" | b"jsonPayload" | b"receiveTimestamp"
            | b"kubernetes" | b"container_name" | b"container_id" | b"_source" | b"eventId"
            | b"TimeGenerated" | b"ContainerLogV2" | b"LogEntry" | b"LogMessage" | b"_raw"
            | b"ecs_cluster" => export = true,
            b"id" | b"trace_id" | b"start_time" if field.parent.is_empty() => segment += 1,
            b"type" if field.parent.is_empty() => segment = 4,
            b"name" if field.parent.is_empty() => name = Some(field.value),
            b"timestamp" | b"date" if field.parent.is_empty() => loki += 1,
            b"line" if draft.message.is_some_and(|(message, _)| message == field.value) => loki += 1,
            _ => {}
        }
    }
    if segment == 3 && name.is_some() && draft.message.is_none() {
        // a segment of X-Ray is named by its service; a subsegment has a type
        (draft.service, draft.service_is_weak) = (name, false);
    }
    // what Grafana's Explore writes of Loki's lines
    export |= loki == 3;
    if export && draft.message.is_some() {
        return Format::Export;
    }
    Format::Json
}
