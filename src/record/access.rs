//! Access logs: the common and combined formats and what web servers and proxies make of them.
//!
//! Told by a time in brackets followed, on the same line, by a quoted request. Sources: Apache mod_log_config, nginx
//! ngx_http_log_module, HAProxy "HTTP log format", Envoy "Default format string".

use super::timestamp::{self, DayOrder};
use super::{At, Draft, Field, NameHash, Role, Writing, level};
use crate::model::{Level, Stamp};
use memchr::{memchr, memmem};

/// The time must stand within this many bytes.
const TIME_WITHIN: usize = 256;

/// Reads an access log line; `false` if it is none.
pub fn read(line: &[u8], order: DayOrder, draft: &mut Draft) -> bool {
    let Some((stamp, open, close)) = bracketed_time(line, order) else { return false };
    let Some(request) = request(line, close) else { return false };
    // a logger's own header before the line of an access log
    if line[close + 1..].trim_ascii_start().starts_with(b"[") {
        return false;
    }
    // words before the time must be addresses, users, names: no sentence, no level
    let before = &line[..open];
    if before.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).count() > 8
        || memchr(b'[', before).is_some()
    {
        return false;
    }
    draft.stamp = Some(stamp);
    draft.level = level_behind(line, close + 1);
    draft.message = Some((At::new(0, line.len()), Writing::Plain));
    let (took, status) = timers(line, close + 1)
        .unwrap_or_else(|| (envoy_duration(line, open, request.status.end()), request.status));
    for (role, at, writing) in [
        (Role::Method, request.method, Writing::Plain),
        (Role::Route, request.path, Writing::Plain),
        (Role::Status, status, Writing::Plain),
        duration(line, took, (request.status.end(), status.end())),
        (Role::Caller, user(before), Writing::Plain),
        (Role::Caller, agent(line, request.status.end()), Writing::Plain),
    ] {
        if !at.is_empty() {
            draft.fields.push(Field {
                name: At::default(),
                parent: At::default(),
                path: NameHash::default(),
                role,
                rank: 0,
                top: true,
                value: at,
                writing,
            });
        }
    }
    draft.free.push(At::new(0, open));
    draft.free.push(At::new(close + 1, line.len()));
    true
}

/// How long a request took, as the first of several ways tells it, none of which may: what it is, where it stands, how it is
/// written. `ends`: of the status in its usual place, and of that which timers tell the place of.
fn duration(line: &[u8], took: At, ends: (usize, usize)) -> (Role, At, Writing) {
    if !took.is_empty() {
        return (Role::DurationMillis, took, Writing::Plain);
    }
    let exact = exact_duration(line, ends.0);
    if !exact.is_empty() {
        return (Role::Duration, exact, Writing::Plain);
    }
    // a number alone: its unit is told by those of the whole run
    let bare = bare_duration(line, ends.0);
    if !bare.is_empty() {
        return (Role::Duration, bare, Writing::Number);
    }
    (Role::DurationMicros, microseconds(line, ends.1), Writing::Plain)
}

/// The level that stands behind the time, before the logger or the request: `[TIME] DEBUG django.server "GET …`.
fn level_behind(line: &[u8], start: usize) -> Option<Level> {
    let word = words(line, start, line.len()).next()?.of(line);
    let word = word.strip_suffix(b":").unwrap_or(word);
    level::stands_for_level(word).filter(|_| word.len() > 2 && word.iter().all(u8::is_ascii_uppercase))
}

/// A time in brackets near the front: the stamp and the positions of the brackets.
fn bracketed_time(line: &[u8], order: DayOrder) -> Option<(Stamp, usize, usize)> {
    let open = memchr(b'[', &line[..line.len().min(TIME_WITHIN)])?;
    let (stamp, taken) = timestamp::parse_prefix(&line[open + 1..], order)?;
    let close = open + 1 + taken;
    (line.get(close) == Some(&b']')).then_some((stamp, open, close))
}

/// The parts of a quoted request line and the status behind it; parts may be empty.
pub struct Request {
    /// `GET`.
    pub method: At,
    /// The path without its query.
    pub path: At,
    /// Three digits.
    pub status: At,
}

/// The first request line (`GET /path HTTP/1.1`, in quotes) from `start` on.
pub fn request(line: &[u8], start: usize) -> Option<Request> {
    let mut from = start;
    while let Some(found) = memchr(b'"', &line[from..]) {
        let open = from + found + 1;
        let close = open + memchr(b'"', &line[open..])?;
        let inside = &line[open..close];
        if let Some(request) = request_line(inside, open) {
            return Some(Request { status: status(line, close + 1), ..request });
        }
        if matches!(inside, b"-" | b"" | b"<BADREQ>") {
            let status = status(line, close + 1);
            return (!status.is_empty()).then_some(Request {
                method: At::default(),
                path: At::default(),
                status,
            });
        }
        from = close + 1;
    }
    None
}

fn request_line(inside: &[u8], offset: usize) -> Option<Request> {
    let method = inside.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    if !(3..=10).contains(&method) || inside.get(method) != Some(&b' ') {
        return None;
    }
    let rest = &inside[method + 1..];
    let length = memmem::rfind(rest, b" HTTP/").or_else(|| rest.starts_with(b"/").then_some(rest.len()))?;
    let target = &rest[..length];
    let path = target.iter().position(|byte| matches!(byte, b'?' | b'#' | b' ')).unwrap_or(target.len());
    let start = offset + method + 1;
    Some(Request {
        method: At::new(offset, offset + method),
        path: At::new(start, start + path),
        status: At::default(),
    })
}

/// Whether a text is a request line: `POST /orders HTTP/1.1`.
pub fn is_request_line(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_uppercase)
        && memmem::find(text, b" HTTP/").is_some()
        && request_line(text, 0).is_some()
}

/// Three digits behind the request, or (HAProxy) none.
fn status(line: &[u8], start: usize) -> At {
    let begin = start + line[start..].iter().take_while(|&&byte| byte == b' ').count();
    let digits = line[begin..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 3 && (b'1'..=b'5').contains(&line[begin]) {
        At::new(begin, begin + 3)
    } else {
        At::default()
    }
}

/// The words of a part of a line, each with where it begins.
fn words(line: &[u8], start: usize, end: usize) -> impl Iterator<Item = At> + '_ {
    let mut at = start;
    line[start..end].split(|byte| *byte == b' ').filter_map(move |word| {
        let begin = at;
        at += word.len() + 1;
        (!word.is_empty()).then(|| At::new(begin, begin + word.len()))
    })
}

/// HAProxy's `TR/Tw/Tc/Tr/Ta STATUS` (milliseconds; -1 for what did not come to pass) between the time and the request: how long
/// all took, and the status. Source: HAProxy's documentation, "HTTP log format".
fn timers(line: &[u8], start: usize) -> Option<(At, At)> {
    let end = start + memchr(b'"', &line[start..])?;
    let mut words = words(line, start, end);
    let timers = words.find(|word| {
        let word = word.of(line);
        word.iter().filter(|byte| **byte == b'/').count() == 4
            && word.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b'-' | b'+'))
    })?;
    let all = timers.of(line).iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let status = words.next().map_or(At::default(), |word| status(line, word.start as usize));
    Some((At::new(timers.end() - all, timers.end()), status))
}

/// Envoy's duration in milliseconds: behind the status and response flags, bytes received and sent, the duration, and the time of the
/// upstream. Source: Envoy's documentation, "Default format string".
fn envoy_duration(line: &[u8], open: usize, start: usize) -> At {
    if open != 0 || start == 0 {
        return At::default();
    }
    let is_number = |word: &At| word.of(line).iter().all(u8::is_ascii_digit);
    let behind: Vec<At> = words(line, start, line.len()).take(9).collect();
    // the flags are no number
    if behind.first().is_none_or(is_number) {
        return At::default();
    }
    let four =
        |run: &&[At]| run[..3].iter().all(is_number) && (is_number(&run[3]) || run[3].of(line) == b"-");
    behind.windows(4).find(four).map_or(At::default(), |run| run[2])
}

/// How long a request took: the first number with a unit that stands alone behind the status, outside quotes: `49442us`, `4ms`.
fn exact_duration(line: &[u8], start: usize) -> At {
    if start == 0 {
        return At::default();
    }
    let mut words = outside_quotes(line, start).map(|(word, _)| word);
    let exact = |word: &At| {
        let word = word.of(line);
        let number = word.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        word[0].is_ascii_digit() && matches!(&word[number..], b"us" | b"\xc2\xb5s" | b"ms" | b"s")
    };
    words.find(exact).unwrap_or_default()
}

/// How long a request took, in a unit that the line does not name: the first number with a fraction that stands alone behind the
/// status, outside quotes. Sources: `:response-time` of morgan (milliseconds), `$request_time` of nginx and the elapsed time of
/// Rack's CommonLogger (seconds). Numbers without fraction are too many things: sizes, ports, counts.
fn bare_duration(line: &[u8], start: usize) -> At {
    if start == 0 {
        return At::default();
    }
    let mut words = outside_quotes(line, start).map(|(word, _)| word);
    words.find(|word| is_decimal(word.of(line))).unwrap_or_default()
}

/// How long a request took where Apache's `%D` (mod_log_config: "the time taken to serve the request, in microseconds") stands where
/// it mostly does, behind the user agent: a whole number that stands alone there. Two of them are bytes (mod_logio).
fn microseconds(line: &[u8], start: usize) -> At {
    /// Referer and user agent.
    const STRINGS: usize = 2;
    if start == 0 {
        return At::default();
    }
    let is_whole = |word: &At| {
        let word = word.of(line);
        word.len() <= 10 && word.iter().all(u8::is_ascii_digit)
    };
    let behind = outside_quotes(line, start).skip_while(|(_, strings)| *strings < STRINGS);
    let mut behind = behind.take_while(|(_, strings)| *strings == STRINGS).map(|(word, _)| word);
    let number = behind.next().filter(is_whole);
    number.filter(|_| !behind.next().is_some_and(|next| is_whole(&next))).unwrap_or_default()
}

/// The words of a line from somewhere on that stand outside quotes, each with how many strings stand before it.
fn outside_quotes(line: &[u8], start: usize) -> impl Iterator<Item = (At, usize)> + '_ {
    let (mut within, mut strings) = (false, 0);
    words(line, start, line.len()).filter_map(move |word| {
        let marks = quotes(word.of(line));
        let plain = !within && marks == 0;
        within ^= marks % 2 == 1;
        strings += usize::from(marks > 0 && !within);
        plain.then_some((word, strings))
    })
}

/// How many quotes open or close in a word.
fn quotes(word: &[u8]) -> usize {
    let escaped = |at: usize| at > 0 && word[at - 1] == b'\\';
    memchr::memchr_iter(b'"', word).filter(|at| !escaped(*at)).count()
}

/// Digits, a dot, digits; and no time since 1970.
fn is_decimal(word: &[u8]) -> bool {
    /// What has more before the dot counts seconds since 1970 (nginx's `$msec`).
    const MAX_WHOLE: usize = 9;
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    memchr(b'.', word).is_some_and(|dot| dot <= MAX_WHOLE && digits(&word[..dot]) && digits(&word[dot + 1..]))
}

/// Who was let in (`frank` of `127.0.0.1 - frank`), if that is told.
fn user(before: &[u8]) -> At {
    let mut words = before.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let user = words.nth(2).filter(|user| words.next().is_none() && !user.iter().any(u8::is_ascii_digit));
    let user = user.filter(|user| *user != b"-");
    user.map_or(At::default(), |user| {
        let start = before.trim_ascii_end().len() - user.len();
        At::new(start, start + user.len())
    })
}

/// The user agent, where it is that of a program rather than of a browser: `kitchen/2.4`, `reporting`, `portal/1.9 node-fetch`. Browsers
/// tell their platform in parentheses (RFC 9110, section 10.1.5).
fn agent(line: &[u8], start: usize) -> At {
    /// A longer one tells more than who calls.
    const MAX_AGENT: usize = 48;
    let mut from = start;
    while let Some(found) = memchr(b'"', &line[from..]) {
        let open = from + found + 1;
        let Some(length) = memchr(b'"', &line[open..]) else { break };
        let inside = &line[open..open + length];
        let named = line[..open - 1].ends_with(b"=");
        let product = inside.iter().take_while(|byte| **byte != b'/').count();
        let name = &inside[..product];
        if !named
            && (2..MAX_AGENT).contains(&inside.len())
            && (product == inside.len() || inside.get(product + 1).is_some_and(u8::is_ascii_alphanumeric))
            && name.first().is_some_and(u8::is_ascii_alphabetic)
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            && memchr(b'(', inside).is_none()
        {
            return At::new(open, open + inside.iter().take_while(|byte| **byte != b' ').count());
        }
        from = open + length + 1;
    }
    At::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<[&str; 3]>) {
        let mut draft = Draft::default();
        let found = read(line.as_bytes(), DayOrder::MonthFirst, &mut draft);
        let get = |role| {
            draft
                .fields
                .iter()
                .find(|field| field.role == role)
                .map_or("", |field| std::str::from_utf8(field.value.of(line.as_bytes())).unwrap_or(""))
        };
        let got = found.then(|| [get(Role::Method), get(Role::Route), get(Role::Status)]);
        assert_eq!(got, expected, "{line}");
    }

    #[test]
    fn programs_tell_who_they_are_and_browsers_do_not() {
        let told = |rest: &str| {
            let line =
                format!(r#"127.0.0.1 - - [22/Nov/2026:08:29:31 +0000] "GET /t/1 HTTP/1.1" 200 {rest}"#);
            let mut draft = Draft::default();
            assert!(read(line.as_bytes(), DayOrder::MonthFirst, &mut draft));
            let agent = draft.fields.iter().find(|field| field.role == Role::Caller);
            agent.map(|field| String::from_utf8_lossy(field.value.of(line.as_bytes())).into_owned())
        };
        assert_eq!(told(r#"2 "-" "kitchen/2.4 aiohttp" 0.015"#), Some("kitchen/2.4".into()));
        assert_eq!(told(r#"32 "reporting" rid=7"#), Some("reporting".into()));
        assert_eq!(told(r#"2 "-" "Mozilla/5.0 (X11; Linux x86_64)""#), None);
        assert_eq!(told(r#"2 "https://shop/a" "-" trace="kitchen/2.4""#), None);
        assert_eq!(told("2"), None);
        let user = |before: &[u8]| String::from_utf8_lossy(user(before).of(before)).into_owned();
        assert_eq!(user(b"127.0.0.1 - billing "), "billing");
        assert_eq!(
            user(b"127.0.0.1 - - ") + &user(b"::1 - u-1048 ") + &user(b"shop 127.0.0.1 - billing "),
            ""
        );
    }

    #[test]
    fn apache_tells_microseconds_behind_the_user_agent() {
        let told = |rest: &str| {
            let line = format!(r#"10.4.0.1 - - [30/Nov/2026:05:50:10 +0000] "GET /a HTTP/1.1" 200 {rest}"#);
            let mut draft = Draft::default();
            assert!(read(line.as_bytes(), DayOrder::MonthFirst, &mut draft));
            let took = draft.fields.iter().find(|field| field.role == Role::DurationMicros);
            took.map(|took| String::from_utf8_lossy(took.value.of(line.as_bytes())).into_owned())
        };
        assert_eq!(
            told(r#"27 "-" "Mozilla/5.0 (X11; Linux x86_64)" 196735 orders 89"#),
            Some("196735".into())
        );
        assert_eq!(told(r#"27 "-" "" 78"#), Some("78".into()));
        // bytes in and out, and what stands elsewhere
        assert_eq!(told(r#"27 "-" "curl/8.1" 512 1024"#), None);
        assert_eq!(told(r#"27 "-" "curl/8.1" id=5 1024"#), None);
        assert_eq!(told(r#"27 "curl/8.1" 1024"#), None);
        assert_eq!(told("27 1024"), None);
        assert_eq!(told(r#"27 "-" "curl/8.1" 0.015 78"#), None);
    }

    #[test]
    fn proxies_tell_how_long_all_took() {
        let took = |line: &str| {
            let mut draft = Draft::default();
            assert!(read(line.as_bytes(), DayOrder::MonthFirst, &mut draft));
            let took = draft.fields.iter().find(|field| field.role == Role::DurationMillis);
            took.map(|field| String::from_utf8_lossy(field.value.of(line.as_bytes())).into_owned())
        };
        let haproxy = |timers: &str| {
            took(&format!(
                r#"10.0.0.1:3 [22/Nov/2026:08:29:34.740] web web/s1 {timers} 200 90 "GET /a HTTP/1.1""#
            ))
        };
        let envoy = |behind: &str| took(&format!(r#"[2024-07-14T21:22:39.664Z] "GET /a HTTP/1.1" {behind}"#));
        assert_eq!(haproxy("0/0/1/28/30"), Some("30".into()));
        assert_eq!(haproxy("0/0/1/28/+1204"), Some("1204".into()));
        assert_eq!(haproxy("0/-1/0"), None);
        assert_eq!(envoy(r#"503 UF 0 154 14 - "-" "curl" 1 2 3 4"#), Some("14".into()));
        // Istio's format
        assert_eq!(envoy(r#"200 - via_upstream - "-" 0 5 12 11 "-""#), Some("12".into()));
        assert_eq!(envoy(r#"200 0 154 14 13 "-""#), None);
        assert_eq!(took(r#"::1 - - [22/Nov/2026:08:29:31 +0000] "GET /t HTTP/1.1" 200 - 1 2 3 4"#), None);
    }

    #[test]
    fn a_bare_number_with_a_fraction_is_how_long_all_took() {
        let took = |rest: &str| {
            let line = format!(r#"127.0.0.1 - - [22/Nov/2026:08:29:31 +0000] "GET /t/1 HTTP/1.1" {rest}"#);
            let mut draft = Draft::default();
            assert!(read(line.as_bytes(), DayOrder::MonthFirst, &mut draft));
            let took = draft.fields.iter().find(|field| field.role == Role::Duration);
            took.map(|field| {
                assert_eq!(field.writing, Writing::Number);
                String::from_utf8_lossy(field.value.of(line.as_bytes())).into_owned()
            })
        };
        assert_eq!(took(r#"200 27 "-" "node" 669.491 rid=7 trace=0a54"#), Some("669.491".into()));
        assert_eq!(took(r#"200 27 "-" "a \" 1.5 (b)" 0.438 0.437"#), Some("0.438".into()));
        assert_eq!(took("200 27 0.0034"), Some("0.0034".into()));
        assert_eq!(
            took(r#"200 - "-" "curl/8.5" 512 0.003 [a-80] [] 10.0.0.1:80 0.002"#),
            Some("0.003".into())
        );
        assert_eq!(took(r#"200 27 "-" "node 1.5 b" rt=0.438 rid=1.5"#), None);
        assert_eq!(took(r#"200 27 "-" "node" 1795938948.250 10.0.0.1 1.25.3 v1.5"#), None);
        assert_eq!(took(r#"200 27 "-" "node" 669"#), None);
    }

    #[test]
    fn requests_of_servers_and_proxies_are_read() {
        check(
            r#"127.0.0.1 - - [22/Nov/2026:08:29:31 +0000] "GET /t/1?q=2 HTTP/1.1" 200 2 "-" "curl""#,
            Some(["GET", "/t/1", "200"]),
        );
        check(
            r#"[2024-07-14T21:22:39.664Z] "GET /api/2 HTTP/1.1" 503 UF 0 154 14 13 "-""#,
            Some(["GET", "/api/2", "503"]),
        );
        check(
            r#"127.0.0.1:3 [22/Nov/2026:08:29:34.740] web web/<NOSRV> 0/-1/0 200 90 - - LR-- 1/1 0/0 {x} "GET /a HTTP/1.1""#,
            Some(["GET", "/a", ""]),
        );
        check(
            r#"127.0.0.1:3 [22/Nov/2026:08:29:34.740] web web/s1 0/0/1/28/+30 200 90 - - ---- 1/1 0/0 {x} "GET /a HTTP/1.1""#,
            Some(["GET", "/a", "200"]),
        );
        check(r#"10.0.0.1 - - [15/Feb/2013:06:00:31 +0000] "-" 400 0 "-" "-""#, Some(["", "", "400"]));
    }

    #[test]
    fn other_lines_with_a_time_in_brackets_are_left_alone() {
        check(r#"[2025-06-24T11:43:04.761556+00:00] orders.INFO: user "carmen" logged in"#, None);
        check("[2024-05-01 12:00:00] no request", None);
    }
}
