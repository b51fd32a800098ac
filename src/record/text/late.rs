//! Times that stand behind the front of a line, and records behind a tag.

use crate::model::{Date, Stamp};
use crate::record::timestamp::{self, DayOrder};
use crate::record::{At, Draft, Role, Writing, json};
use memchr::memchr;

/// A time further from the front than this belongs to the message.
const WITHIN: usize = 200;
/// A tag before an object is not longer than this.
const MAX_TAG: usize = 64;

/// A time with its date in brackets or between bars near the front, or in the form of access logs: uWSGI, php-fpm, gin's
/// own formats, librdkafka, Fluent Bit. Looked for where a line does not begin with a time.
pub fn late_time(line: &[u8], order: DayOrder) -> Option<(Stamp, At)> {
    let near = &line[..line.len().min(WITHIN)];
    let at = |start: usize, ends: &[u8]| {
        let (stamp, taken) = timestamp::parse_prefix(line.get(start..)?, order)?;
        let end = start + taken;
        let bounded = line.get(end).is_some_and(|next| ends.contains(next));
        (bounded && stamp.date == Date::Full).then(|| (stamp, At::new(start, end)))
    };
    if let Some(found) = request_time(line, order) {
        return Some(found);
    }
    let mut from = 0;
    while let Some(found) = memchr(b'[', &near[from..]) {
        from += found + 1;
        // "task[2019352994]" numbers a task
        let glued = from > 1 && near[from - 2].is_ascii_alphanumeric();
        let number = |place: &At| place.of(line).iter().all(u8::is_ascii_digit);
        if let Some(found) = at(from, b"],").filter(|(_, place)| !glued || !number(place)) {
            return Some(found);
        }
    }
    if let Some(bar) = memchr(b'|', &near[..near.len().min(32)])
        && let Some(found) = at(bar + 1, b"|")
    {
        return Some(found);
    }
    // 22/Nov/2026:12:32:08 +0000
    let slash = memchr(b'/', near).filter(|&slash| slash >= 2 && near.get(slash + 4) == Some(&b'/'))?;
    let bounded = slash == 2 || matches!(near[slash - 3], b' ' | b'"' | b'|' | b'\t');
    let ends = at(slash - 2, b" \t\"|");
    ends.filter(|_| bounded && near.get(slash + 9) == Some(&b':'))
}

/// A time with its date where a message begins, maybe behind a word in brackets, or that ends the line in brackets:
/// `[WARNING] 2024-05-01 10:15:30.123 …`, `*** Request 7 [Wed May  1 10:15:30 2024] ***`. For headers without a time.
pub fn time_in_message(line: &[u8], start: usize, order: DayOrder) -> Option<(Stamp, At)> {
    let at = |start: usize| {
        let (stamp, taken) = timestamp::parse_prefix(line.get(start..)?, order)?;
        let at = At::new(start, start + taken);
        (stamp.date == Date::Full && at.of(line).contains(&b':')).then_some((stamp, at))
    };
    let message = line.get(start..)?.trim_ascii_start();
    let group = message.strip_prefix(b"[").and_then(|rest| {
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        rest[letters..].strip_prefix(b"] ").filter(|_| letters > 0)
    });
    let front = group.unwrap_or(message);
    if front.first().is_some_and(u8::is_ascii_digit)
        && let Some(found) = at(line.len() - front.len())
    {
        return Some(found);
    }
    let near = &line[line.len().saturating_sub(WITHIN)..];
    let close = near.iter().rposition(|byte| byte.is_ascii_alphanumeric() || *byte == b']')?;
    if near[close] != b']' {
        return None;
    }
    let open = line.len() - near.len() + memchr::memrchr(b'[', &near[..close])?;
    let found = at(open + 1)?;
    (line.get(found.1.end()) == Some(&b']') && open >= start).then_some(found)
}

/// `Started GET "/orders" for 127.0.0.1 at 2024-05-01 12:00:00 +0000`, the one time in what Rails says of a request.
fn request_time(line: &[u8], order: DayOrder) -> Option<(Stamp, At)> {
    if !(line.starts_with(b"Started ") || line.starts_with(b"Finished ")) {
        return None;
    }
    let line = line.trim_ascii_end();
    let start = memchr::memmem::rfind(line, b" at ")? + 4;
    let (stamp, taken) = timestamp::parse_prefix(&line[start..], order)?;
    (stamp.date == Date::Full && start + taken == line.len()).then(|| (stamp, At::new(start, line.len())))
}

/// Where an object begins that is the record itself: all that follows a header, or a tag such as `@cee:`, `data:`,
/// `app.orders:` if the object has a message and a level, a time or a trace of its own.
pub fn object(text: &[u8], start: usize) -> Option<usize> {
    let whole = text.trim_ascii_end();
    if !whole.ends_with(b"}") {
        return None;
    }
    let open = start + memchr(b'{', whole.get(start..(start + MAX_TAG).min(whole.len()))?)?;
    if !whole[open + 1..].trim_ascii_start().starts_with(b"\"") {
        return None;
    }
    let tag = whole[start..open].trim_ascii();
    let single = tag.last().is_some_and(|last| matches!(last, b':' | b'|')) && !tag.contains(&b' ');
    if !(tag.is_empty() || single) || json::skip_nested(whole, open) != Some(whole.len()) {
        return None;
    }
    (tag.is_empty() && start > 0 || is_record(whole, open)).then_some(open)
}

/// Where the object begins in what Fluent Bit prints: `[0] tag: [TIME, {"log"=>"…"}]`, `[0] tag: [[TIME, {}], {…}]`.
pub fn shipped_object(line: &[u8]) -> Option<usize> {
    let rest = line.strip_prefix(b"[")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || !rest[digits..].starts_with(b"] ") || !line.trim_ascii_end().ends_with(b"}]") {
        return None;
    }
    let near = &line[..line.len().min(WITHIN)];
    let list = memchr::memmem::find(near, b": [")?;
    let stamped = near.get(list + 3) == Some(&b'[');
    let before: &[u8] = if stamped { b"], {" } else { b", {" };
    memchr::memmem::find(&near[list..], before).map(|found| list + found + before.len() - 1)
}

/// The time and the object in what is forwarded to Fluentd: `["tag",TIME,{…}]` (forward protocol, message mode).
pub fn forwarded(line: &[u8]) -> Option<(Option<Stamp>, At)> {
    let whole = line.trim_ascii_end();
    let rest = whole.strip_prefix(b"[\"").filter(|_| whole.ends_with(b"}]"))?;
    let tag = memchr(b'"', &rest[..rest.len().min(WITHIN)])?;
    let number = rest[tag + 1..].strip_prefix(b",")?.trim_ascii_start();
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let object = number[digits..].strip_prefix(b",")?.trim_ascii_start();
    let open = whole.len() - object.len();
    let complete = object.starts_with(b"{") && json::skip_nested(whole, open) == Some(whole.len() - 1);
    let stamp = timestamp::parse_epoch(&number[..digits]);
    complete.then(|| (stamp, At::new(open, whole.len() - 1)))
}

/// `["message"] [k=v]`: the unified log format of PingCAP, where all stands in brackets.
pub fn bracketed_message(line: &[u8], start: usize) -> Option<(At, Writing)> {
    let open = start + line.get(start..)?.iter().take_while(|byte| **byte == b' ').count();
    if !line[open..].starts_with(b"[\"") {
        return None;
    }
    let (end, escaped) = json::string_end(line, open + 2)?;
    let writing = if escaped { Writing::Escaped } else { Writing::Plain };
    (line.get(end + 1) == Some(&b']')).then_some((At::new(open + 2, end), writing))
}

/// A time behind a few names, and before an object that is all the rest: `component instance TIME {…}`.
pub fn time_before_object(line: &[u8], order: DayOrder) -> Option<(Stamp, At)> {
    /// So many names stand before the time.
    const NAMES: usize = 4;
    let whole = line.trim_ascii_end();
    let near = &whole[..whole.len().min(WITHIN)];
    let open = memchr(b'{', near).filter(|_| whole.ends_with(b"}"))?;
    if !whole[open + 1..].trim_ascii_start().starts_with(b"\"") {
        return None;
    }
    let before = near[..open].trim_ascii_end();
    let name =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'@');
    let mut start = 0;
    for _ in 0..NAMES {
        let length = before[start..].iter().take_while(|byte| name(byte)).count();
        start += length + 1;
        if length == 0 || before.get(start - 1) != Some(&b' ') {
            return None;
        }
        if let Some((stamp, taken)) = timestamp::parse_prefix(&before[start..], order)
            && stamp.date == Date::Full
            && start + taken == before.len()
            && json::skip_nested(whole, open) == Some(whole.len())
        {
            return Some((stamp, At::new(start, start + taken)));
        }
    }
    None
}

/// Whether an object has a message, and a level, a time or a trace.
fn is_record(text: &[u8], open: usize) -> bool {
    let mut draft = Draft::default();
    json::scan(text, open, &mut draft.fields);
    let has = |roles: &[Role]| draft.fields.iter().any(|field| field.top && roles.contains(&field.role));
    has(&[Role::Message]) && has(&[Role::Level, Role::Time, Role::TraceId, Role::Noise])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, time: Option<&str>) {
        let found = late_time(line.as_bytes(), DayOrder::MonthFirst);
        assert_eq!(found.map(|(_, at)| &line[at.start as usize..at.end()]), time, "{line}");
    }

    #[test]
    fn times_are_found_behind_addresses_and_tags() {
        check(
            "[pid: 1|app: 0] 10.0.0.1 () [Sun Nov 22 12:32:19 2026] GET /",
            Some("Sun Nov 22 12:32:19 2026"),
        );
        check("192.0.2.1 - [Sun, 22 Nov 2026 12:32:06 UTC] \"GET /", Some("Sun, 22 Nov 2026 12:32:06 UTC"));
        check("127.0.0.1 -  22/Nov/2026:12:32:08 +0000 \"GET", Some("22/Nov/2026:12:32:08 +0000"));
        check("%3|1795350795.243|FAIL|x| y", Some("1795350795.243"));
        check("[0] tag: [[1786078438.181409000, {}], {}]", Some("1786078438.181409000"));
        check(
            "Started GET \"/orders\" for ::1 at 2024-05-01 12:00:00 +0000",
            Some("2024-05-01 12:00:00 +0000"),
        );
        check("retry at 2024-05-01T12:00:00Z", None);
        check("see /var/log/app [done]", None);
    }

    #[test]
    fn the_object_that_fluent_bit_prints_is_found() {
        let check = |line: &str, object: Option<&str>| {
            assert_eq!(shipped_object(line.as_bytes()).map(|at| &line[at..]), object, "{line}");
        };
        check(r#"[0] app: [1758231187.4, {"log"=>"x"}]"#, Some(r#"{"log"=>"x"}]"#));
        check(r#"[12] app: [[1758231187.4, {"a"=>1}], {"log"=>"x"}]"#, Some(r#"{"log"=>"x"}]"#));
        check(r#"[0] done: [1, 2]"#, None);
        check(r#"[INFO] app: [1, {"a"=>1}]"#, None);
    }

    #[test]
    fn objects_behind_tags_are_records_if_they_look_like_one() {
        let check = |text: &str, at: Option<usize>| assert_eq!(object(text.as_bytes(), 0), at, "{text}");
        check(r#"data: {"level":"info","message":"x"}"#, Some(6));
        check(r#"@cee: {"msg":"x","trace_id":"1"}"#, Some(6));
        check(r#"payload: {"id":1}"#, None);
        check(r#"sent the {"level":"info","msg":"x"}"#, None);
        assert_eq!(object(br#"12:00:00 {"id":1}"#, 8), Some(9));
    }
}
