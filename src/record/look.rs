//! What a line is at first sight: how it is written, and whether it begins a record.

use super::Profile;
use super::text::{self, Head};
use super::{At, Draft, Format, access, block, cef, envelope, klog, logfmt, ltsv, timestamp, xml};
use crate::model::Date;

/// Whether a line begins a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// It does: it has a time, a level or a structure of its own.
    Start,
    /// It goes on with the record before: indented, a closing bracket, a frame of a stack.
    Continuation,
    /// It may do either; told by what its lane is made of.
    Plain,
    /// There is nothing in it.
    Blank,
    /// It only describes the lines that follow (column names).
    Header,
    /// A line of dashes or the like, which parts records where none is open.
    Rule,
}

/// What was seen of a line.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// How it is written.
    pub format: Format,
    /// Whether it begins a record.
    pub class: Class,
    /// The header of a text.
    pub head: Head,
    /// The line lacks a level that the next one may bring (java.util.logging writes two lines a record).
    pub awaits_level: bool,
}

/// The first line of an entry in systemd's export format ("Journal Export Formats").
pub(super) const JOURNAL_START: &[u8] = b"__CURSOR=";

/// What AWS Lambda writes of its invocations without a time. Source: AWS Lambda, "Log format for … text".
const LAMBDA: [&[u8]; 8] = [
    b"RequestId: ",
    b"START RequestId: ",
    b"END RequestId: ",
    b"REPORT RequestId: ",
    b"INIT_START Runtime Version: ",
    b"INIT_REPORT Init Duration: ",
    b"RESTORE_START Runtime Version: ",
    b"RESTORE_REPORT Restore Duration: ",
];

/// Looks at a line (without wrappings and colours); thread, logger and so on of a text's header go to `draft`.
pub fn look(line: &[u8], profile: &Profile, draft: &mut Draft) -> Look {
    let seen = |format, class| Look { format, class, head: Head::default(), awaits_level: false };
    let Some(&first) = line.first() else { return seen(Format::Text, Class::Blank) };
    if profile.custom.iter().any(|pattern| pattern.is_match(line)) {
        return seen(Format::Custom, Class::Start);
    }
    if line.starts_with(JOURNAL_START) {
        return seen(Format::Journald, Class::Start);
    }
    if let Some(columns) = &profile.table {
        let class = if columns.is_header(line) { Class::Header } else { Class::Start };
        return seen(Format::Table, class);
    }
    if let Some(layout) = &profile.blocks {
        return seen(Format::Block, layout.class(line));
    }
    if block::is_rule(line) {
        return seen(Format::Text, Class::Rule);
    }
    match first {
        b'{' => {
            let whole = line.trim_ascii_end();
            // a lone brace may open a JSON record or go on with the text before; so may what Python prints
            let printed = (whole.get(1) == Some(&b'\'') || is_ruby_hash(whole)) && !is_printed_record(whole);
            let class = if whole.len() == 1 || printed { Class::Plain } else { Class::Start };
            return seen(Format::Json, class);
        }
        b'[' if line[1..].trim_ascii_start().starts_with(b"{\"")
            || line[1..].trim_ascii_start().starts_with(b"[{") =>
        {
            return seen(Format::Json, Class::Start);
        }
        b'}' | b']' | b')' => return seen(Format::Text, Class::Continuation),
        b' ' | b'\t' | b'\r' | 0x0b | 0x0c => return indented(line, profile, draft),
        b'<' | b'0'..=b'9' if first == b'<' || octets_then_priority(line) => {
            if envelope::syslog(line, draft).is_some() {
                return seen(Format::Syslog, Class::Start);
            }
            draft.clear();
            if xml::detect(line) {
                return seen(Format::Xml, Class::Start);
            }
        }
        b'D' | b'I' | b'W' | b'E' | b'F' if klog::detect(line) => return seen(Format::Klog, Class::Start),
        _ => {}
    }
    if (first.is_ascii_alphabetic() || matches!(first, b'@' | b'_' | b'"')) && draft.detects_pairs(line) {
        return seen(Format::Logfmt, Class::Start);
    }
    if let Some((label, start)) = logfmt::labelled(line)
        && draft.detects_pairs(&line[start..])
    {
        draft.logger = Some(At::new(0, label));
        let head = Head { message: start, ..Head::default() };
        return Look { format: Format::Text, class: Class::Start, head, awaits_level: false };
    }
    if is_frame(line) {
        return seen(Format::Text, Class::Continuation);
    }
    if block::detect(line) {
        return seen(Format::Block, Class::Start);
    }
    if matches!(first, b'C' | b'L') && cef::detect(line) {
        return seen(Format::Cef, Class::Start);
    }
    if memchr::memchr(b'\t', line).is_some() && ltsv::detect(line) {
        return seen(Format::Ltsv, Class::Start);
    }
    if may_be_access(line, first) && !behind_header(line, profile, draft) {
        if access::read(line, profile.order, draft) {
            draft.clear();
            return seen(Format::Access, Class::Start);
        }
        draft.clear();
    }
    let mut head = text::head(line, profile, draft);
    if let Some(stamp) = head.stamp
        && head.stamp_at.start == 0
        && (stamp.date == Date::NoYear || syslog_shape(line, head.stamp_at.end()))
    {
        let mut other = Draft::default();
        if envelope::syslog(line, &mut other).is_some() {
            *draft = other;
            return seen(Format::Syslog, Class::Start);
        }
    }
    if head.stamp.is_none()
        && head.level.is_some()
        && let Some((stamp, at)) = text::time_in_message(line, head.message, profile.order)
    {
        head.stamp = Some(stamp);
        head.stamp_at = at;
    }
    if !head.starts_record() {
        if let Some((stamp, at)) = text::late_time(line, profile.order) {
            head.stamp = Some(stamp);
            head.stamp_at = at;
        } else if let Some((stamp, at)) = text::time_before_object(line, profile.order) {
            head = Head { stamp: Some(stamp), stamp_at: at, message: at.end(), ..head };
            if let [name, instance] =
                line[..at.start as usize].trim_ascii_end().split(|byte| *byte == b' ').collect::<Vec<_>>()[..]
            {
                draft.service = Some(At::new(0, name.len()));
                draft.service_is_weak = true;
                draft.instance = Some(At::new(name.len() + 1, name.len() + 1 + instance.len()));
            }
        } else if text::object(line, 0).is_some() || LAMBDA.iter().any(|start| line.starts_with(start)) {
            return seen(Format::Text, Class::Start);
        }
    }
    let class = if head.starts_record() { Class::Start } else { Class::Plain };
    let awaits_level = head.stamp.is_some() && head.level.is_none() && {
        let message = line[head.message.min(line.len())..].trim_ascii();
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'<' | b'>' | b'$');
        // java.util.logging: "class method"; tinylog: "class.method()"
        draft.logger.is_some() && !message.is_empty() && message.iter().all(is_name)
            || head.message <= head.stamp_at.end() + 1 && is_class_and_method(message)
            || message.ends_with(b"()")
                && message[..message.len() - 2].iter().all(|byte| is_name(byte) || *byte == b'.')
    };
    Look { format: Format::Text, class, head, awaits_level }
}

fn indented(line: &[u8], profile: &Profile, draft: &mut Draft) -> Look {
    let blanks = line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let rest = &line[blanks..];
    let seen = |class| Look { format: Format::Text, class, head: Head::default(), awaits_level: false };
    if rest.is_empty() {
        return seen(Class::Blank);
    }
    if line.starts_with(b"\t\t") && is_mysql_query(rest) {
        return seen(Class::Start);
    }
    if blanks <= 2 && line[0] == b' ' && rest[0].is_ascii_lowercase() && is_level_and_colon(rest) {
        // captains-log: " warn: message", which goes on with a record that has a header
        let mut head = text::head(rest, profile, draft);
        if head.level.is_some() {
            shift(&mut head, draft, blanks);
            return Look { format: Format::Text, class: Class::Plain, head, awaits_level: false };
        }
        draft.clear();
    }
    if blanks == 1
        && line[0] == b' '
        && let Some((level, length)) = text::capitalized_column(rest)
    {
        let end = blanks + length;
        let head = Head { level: Some(level), level_end: end, message: end, ..Head::default() };
        return Look { format: Format::Text, class: Class::Start, head, awaits_level: false };
    }
    // padded levels (" INFO") and times; deeper indents and stack frames are continuations
    // the time of the line before holds for this one too, its column is left blank
    let column = blanks > 8 && line[0] == b' ' && text::begins_with_padded_level(rest);
    if blanks > 4 && !column
        || !(rest[0].is_ascii_uppercase() || rest[0].is_ascii_digit() || rest[0] == b'[')
        || is_frame(rest)
    {
        return seen(Class::Continuation);
    }
    let mut head = text::head(rest, profile, draft);
    let uptime = rest[0].is_ascii_digit() && head.level.is_some() && head.stamp.is_none();
    let numbered = line[0] == b' ' && head.level_end > 0 && rest.get(head.level_end) == Some(&b'[');
    if uptime
        || column && head.level.is_some()
        || numbered
        || head.stamp.is_some() && head.stamp_at.start < 40
        || head.level.is_some() && blanks <= 2 && line[0] == b' ' && (draft.logger.is_some() || head.context)
    {
        shift(&mut head, draft, blanks);
        return Look { format: Format::Text, class: Class::Start, head, awaits_level: false };
    }
    draft.clear();
    seen(Class::Continuation)
}

/// `warn: message`.
fn is_level_and_colon(text: &[u8]) -> bool {
    let word = text.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
    word > 3 && text[word..].starts_with(b": ") && super::level::stands_for_level(&text[..word]).is_some()
}

/// Whether a dictionary as Python prints it tells a level or a message: it is a record, not one that another one shows.
fn is_printed_record(line: &[u8]) -> bool {
    const NAMES: [&[u8]; 12] = [
        b"'level': ",
        b"'levelname': ",
        b"'message': ",
        b"'msg': ",
        b"'event': ",
        b"'severity': ",
        b":level=>",
        b":message=>",
        b":msg=>",
        b"\"level\"=>",
        b"\"message\"=>",
        b"\"msg\"=>",
    ];
    let near = &line[..line.len().min(512)];
    NAMES.iter().any(|name| memchr::memmem::find(near, name).is_some())
}

/// Whether a hash as Ruby prints it begins here: `{:id=>1`, `{"id"=>1`, `{"id" => 1`.
fn is_ruby_hash(line: &[u8]) -> bool {
    let near = &line[..line.len().min(96)];
    match near.get(1) {
        Some(b':') => memchr::memmem::find(near, b"=>").is_some(),
        Some(b'"') => memchr::memchr(b'"', &near[2..]).is_some_and(|end| {
            let rest = near[2 + end + 1..].trim_ascii_start();
            rest.starts_with(b"=>")
        }),
        _ => false,
    }
}

/// MySQL's general log leaves the time out where it is that of the line before: `\t\t     4 Query\tSELECT …`.
fn is_mysql_query(rest: &[u8]) -> bool {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest.get(digits) == Some(&b' ') && rest.get(digits + 1).is_some_and(u8::is_ascii_uppercase)
}

/// Moves positions by the blanks that stood before the text they were found in.
fn shift(head: &mut Head, draft: &mut Draft, by: usize) {
    head.message += by;
    head.stamp_at.start += by as u32;
    for at in [&mut draft.thread, &mut draft.logger, &mut draft.service].into_iter().flatten() {
        at.start += by as u32;
    }
    for group in &mut draft.groups {
        group.start += by as u32;
    }
}

/// `83 <40>1 …`: a length before a syslog priority (RFC 6587, 3.4.1).
fn octets_then_priority(line: &[u8]) -> bool {
    let digits = line.iter().take(7).take_while(|byte| byte.is_ascii_digit()).count();
    line[digits..].starts_with(b" <")
}

/// Whether `HOST TAG[PID]:` or `TAG[PID]:` may stand behind a time with a year.
fn syslog_shape(line: &[u8], time_end: usize) -> bool {
    let near = &line[time_end..line.len().min(time_end + 96)];
    let ends = || memchr::memchr_iter(b']', near);
    let close = ends()
        .find(|&end| near[end..].starts_with(b"]: "))
        .or_else(|| ends().find(|&end| near.get(end + 1) == Some(&b' ')));
    close.is_some_and(|end| {
        near[..end].iter().filter(|&&byte| byte == b' ').count() <= 3 && near.contains(&b'[')
    })
}

fn may_be_access(line: &[u8], first: u8) -> bool {
    let near = &line[..line.len().min(256)];
    match first {
        b'[' => near.get(1).is_some_and(u8::is_ascii_digit) && near.contains(&b'"'),
        _ => {
            memchr::memchr(b'[', near).is_some_and(|open| near.get(open + 1).is_some_and(u8::is_ascii_digit))
                && line.contains(&b'"')
        }
    }
}

/// Whether a logger's header with a time and a level begins the line, so that what stands in it is said by that logger.
fn behind_header(line: &[u8], profile: &Profile, draft: &mut Draft) -> bool {
    let times = line[0].is_ascii_digit()
        && timestamp::parse_prefix(line, profile.order).is_some_and(|(stamp, _)| stamp.date == Date::Full);
    if !times && !line[0].is_ascii_uppercase() {
        return false;
    }
    let head = text::head(line, profile, draft);
    draft.clear();
    head.stamp.is_some() && head.level.is_some() && head.stamp_at.start < 40
}

/// `Orders place`, a class without a package and a method.
fn is_class_and_method(message: &[u8]) -> bool {
    let name = |word: &[u8]| {
        word.len() > 1
            && word
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'<' | b'>'))
    };
    let mut words = message.split(|byte| *byte == b' ');
    matches!(
        (words.next(), words.next(), words.next()),
        (Some(class), Some(method), None)
            if name(class) && name(method) && class[0].is_ascii_uppercase() && !method[0].is_ascii_uppercase()
    )
}

/// Lines that belong to a stack trace although they are not indented.
fn is_frame(line: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[
        b"Caused by:",
        b"Suppressed:",
        b"Traceback (most recent call last)",
        b"During handling of the above",
        b"The above exception was the direct",
        b"at ",
        b"... ",
        b"--- End of ",
        b"---> ",
        b"stack backtrace:",
        b"note: run with `RUST_BACKTRACE",
        b"created by ",
        b"goroutine ",
        b"[signal ",
        b"Stack trace:",
        b"#0 ",
        b"File \"",
        b"Wrapped by:",
        b"Exception in thread ",
        b"exit status ",
        b"Caused by ",
        "│".as_bytes(),
        "└".as_bytes(),
    ];
    let Some(&first) = line.first() else { return false };
    STARTS.iter().any(|start| start[0] == first && line.starts_with(start))
        || is_dots_more(line)
        || is_call_and_place(line)
}

/// `Matchmaker:Join () (at Assets/Matchmaker.cs:88)`, `UnityEngine.Debug:Log (object)`: class and method, parted by a colon.
fn is_call_and_place(line: &[u8]) -> bool {
    if !line[0].is_ascii_uppercase() {
        return false;
    }
    let name = |part: &[u8]| {
        part.first().is_some_and(u8::is_ascii_alphabetic)
            && part
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'<' | b'>' | b'`'))
    };
    let near = &line[..line.len().min(160)];
    let Some(open) = memchr::memchr(b'(', near) else { return false };
    let call = near[..open].strip_suffix(b" ").unwrap_or(&near[..open]);
    let Some(colon) = memchr::memchr(b':', call) else { return false };
    let Some(close) = memchr::memchr(b')', &line[open..]) else { return false };
    let rest = line[open + close + 1..].trim_ascii_end();
    name(&call[..colon])
        && name(&call[colon + 1..])
        && super::level::from_word(&call[..colon]).is_none()
        && (rest.is_empty() || rest.starts_with(b" (at ") || rest.starts_with(b" [0x"))
}

/// `… 12 more` with the ellipsis as one character.
fn is_dots_more(line: &[u8]) -> bool {
    line.starts_with("…".as_bytes()) && line.ends_with(b"more")
}
