//! Syslog: RFC 5424, RFC 3164 and what relays write to files.

use crate::model::Date;
use crate::model::Level;
use crate::record::cef;
use crate::record::timestamp::{self, DayOrder};
use crate::record::{At, Draft, Field, NameHash, Writing, names};
use memchr::memchr;

/// A syslog header that was read.
#[derive(Clone, Copy, Debug)]
pub struct Syslog {
    /// Where MSG begins.
    pub message: usize,
}

/// Reads the syslog header of a line: time, host, APP-NAME, PROCID, structured data and level go to `draft`.
///
/// Without PRI a line counts as syslog if it has the form `TIME HOST TAG[PID]: ` or `TIME TAG[PID]: ` (Heroku), or a
/// time without year before `HOST TAG: `.
pub fn syslog(line: &[u8], draft: &mut Draft) -> Option<Syslog> {
    let mut at = 0;
    // octet counting (RFC 6587): "83 <40>1 …"
    let digits = line.iter().take(7).take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 && line[digits..].starts_with(b" <") {
        at = digits + 1;
    }
    let priority = priority(&line[at..]);
    if let Some((severity, taken)) = priority {
        at += taken;
        draft.level = Level::from_syslog(severity);
        let version = line[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if (1..=2).contains(&version) && line.get(at + version) == Some(&b' ') {
            return rfc5424(line, at + version + 1, draft);
        }
    } else if at > 0 {
        return None;
    }
    rfc3164(line, at, priority.is_some(), draft)
}

/// `<134>`: severity and length.
fn priority(text: &[u8]) -> Option<(u8, usize)> {
    let close = memchr(b'>', text.get(..text.len().min(5))?)?;
    let digits = text.get(1..close).filter(|_| text[0] == b'<')?;
    let number: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (number < 192).then_some(((number % 8) as u8, close + 1))
}

/// TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG (RFC 5424, 6).
fn rfc5424(line: &[u8], start: usize, draft: &mut Draft) -> Option<Syslog> {
    let mut at = start;
    let mut words = [At::default(); 5];
    for word in &mut words {
        let end = at + memchr(b' ', &line[at..])?;
        *word = At::new(at, end);
        at = end + 1;
    }
    let [time, host, app, process, message_id] = words;
    draft.stamp = timestamp::parse(time.of(line), DayOrder::MonthFirst);
    if draft.stamp.is_none() && time.of(line) != b"-" {
        return None;
    }
    let present = |word: At| (word.of(line) != b"-").then_some(word);
    draft.service = present(app);
    draft.instance = present(host);
    draft.thread = present(process);
    draft.logger = present(message_id);
    if line.get(at) == Some(&b'-') {
        at += 1;
    } else {
        while line.get(at) == Some(&b'[') {
            at = structured_data(line, at, draft)?;
        }
    }
    let message = at + usize::from(line.get(at) == Some(&b' '));
    let bom = if line[message..].starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    Some(Syslog { message: message + bom })
}

/// One SD-ELEMENT: `[id name="value" …]`; gives one past it.
fn structured_data(line: &[u8], open: usize, draft: &mut Draft) -> Option<usize> {
    let mut at = open + 1;
    at += line[at..].iter().position(|byte| matches!(byte, b' ' | b']'))?;
    // `trace@32473`: the name is told, the number whose it is is not
    let length = line[open + 1..at].iter().position(|byte| *byte == b'@').unwrap_or(at - open - 1);
    let element = At::new(open + 1, open + 1 + length);
    loop {
        match *line.get(at)? {
            b']' => return Some(at + 1),
            b' ' => at += 1,
            _ => {
                let equals = at + memchr(b'=', &line[at..])?;
                if line.get(equals + 1) != Some(&b'"') {
                    return None;
                }
                let mut end = equals + 2;
                let mut escaped = false;
                while *line.get(end)? != b'"' {
                    if line[end] == b'\\' {
                        escaped = true;
                        end += 1;
                    }
                    end += 1;
                }
                let name = At::new(at, equals);
                // what an id is of, its element tells
                let parent = if name.of(line).eq_ignore_ascii_case(b"id") { element } else { At::default() };
                let path = NameHash::of(parent.of(line)).text(name.of(line));
                let known = names::lookup(path, path, NameHash::of(name.of(line)), true, true)
                    .or_else(|| names::known(name.of(line), true));
                draft.fields.push(Field {
                    name,
                    parent,
                    path,
                    role: known.map_or(names::Role::Other, |known| known.role),
                    rank: known.map_or(u8::MAX, |known| known.rank),
                    top: true,
                    value: At::new(equals + 2, end),
                    writing: if escaped { Writing::Escaped } else { Writing::Plain },
                });
                at = end + 1;
            }
        }
    }
}

/// `TIME HOST TAG[PID]: MSG` and its dialects.
fn rfc3164(line: &[u8], start: usize, certain: bool, draft: &mut Draft) -> Option<Syslog> {
    let Some((stamp, taken)) = timestamp::parse_prefix(&line[start..], DayOrder::MonthFirst) else {
        return untimed(line, start, certain, draft);
    };
    let mut at = start + taken;
    if line.get(at) != Some(&b' ') {
        return None;
    }
    at += 1;
    let no_year = stamp.date == Date::NoYear;
    let mut first = word(line, at)?;
    if let Some(level) = facility_and_severity(first.of(line)) {
        // OpenWrt: "TIME daemon.err TAG[PID]: "
        draft.level = Some(level);
        first = word(line, first.end() + 1)?;
    }
    if (certain || no_year) && line.get(first.end() + 1..).is_some_and(cef::detect) {
        // security events name no program: "TIME HOST CEF:0|…"
        draft.stamp = Some(stamp);
        draft.instance = Some(first);
        return Some(Syslog { message: first.end() + 1 });
    }
    let mut second = if is_tag(first.of(line)) { None } else { word(line, first.end() + 1) };
    let tag_behind = |second: At| word(line, second.end() + 1).is_some_and(|next| is_tag(next.of(line)));
    let severity = |second: At| {
        facility_and_severity(second.of(line)).or_else(|| {
            crate::record::level::stands_for_level(second.of(line)).filter(|_| tag_behind(second))
        })
    };
    if let Some(level) = second.and_then(severity) {
        // rsyslog's "%syslogfacility-text%.%syslogseverity-text%", or the severity alone
        draft.level = Some(level);
        second = second.and_then(|second| word(line, second.end() + 1));
    }
    let (host, tag) = match second {
        None => (None, first),
        Some(second) => (Some(first), second),
    };
    let bytes = tag.of(line);
    let bare_tag = host.is_some() && is_bare_tag(line, tag);
    if !(is_tag(bytes) || bare_tag) || host.is_some_and(|host| !is_host(host.of(line))) {
        // "<134>TIME HOST MSG": log4j's SyslogLayout writes no tag
        if certain && no_year && host.is_some_and(|host| is_host(host.of(line))) {
            draft.stamp = Some(stamp);
            draft.instance = host;
            return Some(Syslog { message: first.end() + 1 });
        }
        return None;
    }
    let bare = bytes.strip_suffix(b":").or(bare_tag.then_some(bytes))?;
    let (name, process) = match memchr(b'[', bare) {
        Some(open) if bare.ends_with(b"]") => (open, Some((open + 1, bare.len() - 1))),
        Some(_) => return None,
        None => (bare.len(), None),
    };
    if !(certain || no_year) && process.is_none() || name == 0 {
        return None;
    }
    // "- INFO: message" is no program's
    if !certain && process.is_none() && crate::record::level::stands_for_level(&bare[..name]).is_some() {
        return None;
    }
    // "INFO logger[1]:" has no host
    if host.is_some_and(|host| crate::record::level::stands_for_level(host.of(line)).is_some()) {
        return None;
    }
    let offset = tag.start as usize;
    let name = memchr(b'(', &bare[..name]).unwrap_or(name);
    draft.stamp = Some(stamp);
    draft.service = Some(At::new(offset, offset + name));
    draft.thread = process.map(|(from, to)| At::new(offset + from, offset + to));
    draft.instance = host;
    let message = tag.end() + line[tag.end()..].iter().take_while(|&&byte| byte == b' ').count();
    // Heroku: "app[web.1]:" is the application's, "heroku[router]:" the platform's
    if host.is_none() {
        draft.instance = draft.thread.take();
        draft.service_is_weak = bare.starts_with(b"app[");
    }
    Some(Syslog { message })
}

/// `<131>TAG[PID]: MSG`: what Python's SysLogHandler and others send without time and host.
fn untimed(line: &[u8], start: usize, certain: bool, draft: &mut Draft) -> Option<Syslog> {
    let tag =
        word(line, start).filter(|tag| certain && (is_tag(tag.of(line)) || is_category(tag.of(line))))?;
    if !is_tag(tag.of(line)) {
        draft.logger = Some(At::new(start, start + memchr(b'[', tag.of(line))?));
        return Some(Syslog {
            message: tag.end() + line[tag.end()..].iter().take_while(|&&byte| byte == b' ').count(),
        });
    }
    let bare = At::new(start, tag.end() - 1);
    let open = memchr(b'[', bare.of(line)).filter(|_| bare.of(line).ends_with(b"]"));
    let name = At::new(start, open.map_or(bare.end(), |open| start + open));
    if name.is_empty() || crate::record::level::from_word(name.of(line)).is_some() {
        return None;
    }
    draft.service = Some(name);
    draft.thread = open.map(|open| At::new(start + open + 1, bare.end() - 1));
    Some(Syslog { message: tag.end() + line[tag.end()..].iter().take_while(|&&byte| byte == b' ').count() })
}

/// `Shop.Orders[17]`: the category and the number of an event, as .NET writes for systemd.
fn is_category(word: &[u8]) -> bool {
    let Some((open, close)) = memchr(b'[', word).zip(word.strip_suffix(b"]").map(<[u8]>::len)) else {
        return false;
    };
    open > 2
        && open < close
        && word[open + 1..close].iter().all(u8::is_ascii_digit)
        && word[..open].contains(&b'.')
}

/// `local0.info`: the severity.
fn facility_and_severity(word: &[u8]) -> Option<Level> {
    const FACILITIES: &str =
        "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local";
    let dot = memchr(b'.', word)?;
    let bare = match &word[..dot] {
        [rest @ .., b'0'..=b'7'] => rest,
        bare => bare,
    };
    let known = FACILITIES.split(' ').any(|name| name.as_bytes().eq_ignore_ascii_case(bare));
    crate::record::level::from_word(&word[dot + 1..]).filter(|_| known)
}

fn word(line: &[u8], start: usize) -> Option<At> {
    let rest = line.get(start..)?;
    let length = memchr(b' ', &rest[..rest.len().min(128)]).unwrap_or(rest.len().min(128));
    (length > 0).then(|| At::new(start, start + length))
}

fn is_tag(word: &[u8]) -> bool {
    let Some(bare) = word.strip_suffix(b":") else { return false };
    // "sshd(pam_unix)[19937]:" tells a module, "main()" a call
    let module = memchr(b'(', bare).is_none_or(|open| {
        let close = memchr(b')', bare).unwrap_or(0);
        open > 0 && close > open + 1 && matches!(bare[close + 1..].first(), None | Some(b'['))
    });
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'=' | b'"' | b'{' | b'<' | b',');
    !bare.is_empty() && module && bare.iter().all(plain)
}

/// `name[123]` without a colon, as senders without one leave it; what follows must be no level.
fn is_bare_tag(line: &[u8], tag: At) -> bool {
    let bytes = tag.of(line);
    let Some(open) = memchr(b'[', bytes).filter(|&open| open > 0) else { return false };
    let process = bytes[open + 1..]
        .strip_suffix(b"]")
        .is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit));
    let next = word(line, tag.end() + 1).map_or(&[][..], |next| next.of(line));
    process && crate::record::level::from_word(next).is_none()
}

fn is_host(word: &[u8]) -> bool {
    word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':'))
        && !word.ends_with(b":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<(&str, &str)>) {
        let mut draft = Draft::default();
        let got = syslog(line.as_bytes(), &mut draft).map(|found| {
            let service =
                draft.service.map_or("", |at| std::str::from_utf8(at.of(line.as_bytes())).unwrap_or(""));
            (service, &line[found.message..])
        });
        assert_eq!(got, expected, "{line}");
    }

    #[test]
    fn headers_of_both_standards_are_read() {
        check(
            r#"<134>1 2025-02-19T23:51:22.823975+00:00 vm ledger - - [t@32473 traceId="49" b="a\"]"] price"#,
            Some(("ledger", "price")),
        );
        check("<13>Nov  5 10:04:31 vm billing[97271]: cache hit", Some(("billing", "cache hit")));
        check(
            "Nov  3 09:23:38 veridian automount[7998]: lookup(file): failed",
            Some(("automount", "lookup(file): failed")),
        );
        check("Apr 28 07:02:46 host dhclient: bound", Some(("dhclient", "bound")));
        check("2023-05-23T17:47:15.562303+00:00 heroku[router]: at=info", Some(("heroku", "at=info")));
        check(
            "83 <40>1 2012-11-30T06:45:29+00:00 host app web.3 - - State changed",
            Some(("app", "State changed")),
        );
    }

    #[test]
    fn lines_that_only_begin_like_syslog_are_left_alone() {
        check("2024-05-01T12:00:00Z INFO orders: message", None);
        check("2024-05-01 12:00:00 host word more", None);
        check("Jan 15 12:46:35 INFO image thumbnail 11080 generated", None);
    }
}
