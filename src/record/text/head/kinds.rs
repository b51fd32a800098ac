//! What the words and groups of a header look like.

use super::ids::is_id_list;
use crate::record::text::names_context;
use crate::record::{NameHash, Role, names};

pub(super) fn is_number(content: &[u8]) -> bool {
    !content.is_empty() && content.iter().all(u8::is_ascii_digit)
}

/// `com.acme.Orders`, `shop::orders`, `main.go:10`, `orders/worker`; not `e.g.`, an address or a number.
pub fn is_logger(word: &[u8]) -> bool {
    let joined =
        word.iter().any(|byte| matches!(byte, b'.' | b'$' | b'/')) || word.windows(2).any(|two| two == b"::");
    joined
        && word.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && word.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'>')
        && !word.windows(3).any(|three| three == b"://")
        && word.iter().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'.' | b':' | b'$' | b'/' | b'_' | b'-' | b'<' | b'>' | b'@')
        })
}

/// A logger with what some add to it: `t.s.OrderService#532`, a line, and `o.a.c.c.C.[.[.[/].[dispatcherServlet]`, as
/// Tomcat names those of its containers.
pub(super) fn is_logger_with_more(word: &[u8]) -> bool {
    let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let word = word[..word.len() - digits].strip_suffix(b"#").filter(|_| digits > 0).unwrap_or(word);
    let container = memchr::memmem::find(word, b".[").filter(|_| word.ends_with(b"]"));
    let named = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'=' | b'"' | b'{' | b'}' | b',');
    is_logger(word) || container.is_some_and(|at| is_logger(&word[..at]) && word[at..].iter().all(named))
}

/// `file.go:42`, `orders/main.py:7`: a file and a line.
pub(super) fn is_place(word: &[u8]) -> bool {
    let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let file = &word[..word.len() - digits];
    digits > 0
        && file.len() > 3
        && file.ends_with(b":")
        && file.contains(&b'.')
        && is_logger(word)
        && !names_a_host(&file[..file.len() - 1])
}

/// `db.acme.com`, `proxy.cluster.local`: what stands before a port, not before a line.
fn names_a_host(name: &[u8]) -> bool {
    const DOMAINS: &[&[u8]] =
        &[b"com", b"net", b"org", b"local", b"localdomain", b"internal", b"svc", b"lan"];
    let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let small = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    DOMAINS.contains(&last) && name.iter().all(small)
}

/// `CartController:`, a class before its message.
pub(super) fn is_class_label(word: &[u8]) -> bool {
    let Some(class) = word.strip_suffix(b":") else { return false };
    class.first().is_some_and(u8::is_ascii_uppercase)
        && class.iter().all(u8::is_ascii_alphanumeric)
        && class.iter().any(u8::is_ascii_lowercase)
        && !is_code(class)
}

/// `AH00489`, `ORA-00942`: the code of a message, which is a part of it.
pub(super) fn is_code(word: &[u8]) -> bool {
    let letters = word.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let number = word[letters..].strip_prefix(b"-").unwrap_or(&word[letters..]);
    letters >= 2 && number.len() >= 3 && is_number(number)
}

/// `module:function:line`.
pub(super) fn is_code_place(word: &[u8]) -> bool {
    let parts: Vec<&[u8]> = word.split(|&byte| byte == b':').collect();
    // Gitea: "routers/logger.go:102:func1()"
    matches!(parts.as_slice(), [module, line, function] if !module.is_empty() && is_number(line) && function.ends_with(b"()"))
        || matches!(parts.as_slice(), [module, function, line] if !module.is_empty() && !function.is_empty() && is_number(line) && module[0].is_ascii_alphabetic() | (module[0] == b'_'))
}

pub(super) fn contains_word(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

/// Names that thread pools give.
pub(super) fn is_thread(name: &[u8]) -> bool {
    const PARTS: &[&[u8]] = &[
        b"thread",
        b"exec",
        b"pool",
        b"worker",
        b"nio",
        b"dispatcher",
        b"scheduling",
        b"task-",
        b"eventloop",
        b"executor",
        b"reactor",
        b"vert.x",
        b"akka",
        b"forkjoin",
        b"consumer-",
        b"listener",
    ];
    static FIRST: [bool; 256] = {
        let mut first = [false; 256];
        let mut at = 0;
        while at < PARTS.len() {
            first[PARTS[at][0] as usize] = true;
            first[PARTS[at][0].to_ascii_uppercase() as usize] = true;
            at += 1;
        }
        first
    };
    let begins = |rest: &[u8], part: &[u8]| {
        rest[0].to_ascii_lowercase() == part[0]
            && rest.get(..part.len()).is_some_and(|rest| rest.eq_ignore_ascii_case(part))
    };
    let may_begin = |at: &usize| FIRST[usize::from(name[*at])];
    name.eq_ignore_ascii_case(b"main")
        || (0..name.len()).filter(may_begin).any(|at| PARTS.iter().any(|part| begins(&name[at..], part)))
}

/// `intake-1`, `charges-0`, `conn12`: a name with a number, as threads, workers and connections have.
pub(super) fn is_numbered_name(name: &[u8]) -> bool {
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let word = &name[..name.len() - digits];
    let bare =
        word.strip_suffix(b"-").or(word.strip_suffix(b"_")).or(word.strip_suffix(b"#")).unwrap_or(word);
    (1..=4).contains(&digits)
        && bare.len() > 1
        && bare.first().is_some_and(u8::is_ascii_alphabetic)
        && bare.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b' '))
}

/// Whether a group holds named values, or something that looks like an id.
pub(super) fn group_has_id(content: &[u8]) -> bool {
    content.contains(&b'=') && pair_in(content)
        || content
            .split(|byte| matches!(byte, b',' | b' ' | b'-' | b'/' | b'|' | b';' | b':' | b'='))
            .any(|part| part.len() >= 16 && part.iter().all(u8::is_ascii_hexdigit))
        || is_uuid(content)
        || content.len() > 36
            && content.split(|byte| matches!(byte, b' ' | b'/' | b'|' | b';' | b':' | b'#')).any(is_uuid)
            && content.iter().filter(|byte| **byte == b' ').count() < 3
        || content.split(|byte| matches!(byte, b',' | b' ')).any(|part| {
            let mut halves = part.splitn(2, |&byte| byte == b':');
            let name = halves.next().unwrap_or_default();
            halves.next().is_some() && names_context(name)
        })
        || content.ends_with(b",,")
}

/// Whether a group of pairs names a trace or span.
pub(super) fn names_trace(content: &[u8]) -> bool {
    content.split(|byte| matches!(byte, b',' | b' ')).any(|part| {
        let mut halves = part.splitn(2, |&byte| byte == b'=');
        let name = halves.next().unwrap_or_default();
        let role = names::lookup_name(NameHash::of(name), false).map(|known| known.role);
        let trace = matches!(
            role,
            Some(Role::TraceId | Role::SpanId | Role::DatadogTraceId | Role::DatadogSpanId | Role::B3TraceId)
        );
        trace && halves.next().is_some_and(|value| !value.is_empty())
    })
}

/// Whether a group names what it holds, or holds an id alone.
pub(super) fn pair_like(content: &[u8]) -> bool {
    content.contains(&b'=')
        || content.contains(&b':')
        || is_uuid(content)
        || content
            .iter()
            .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b',' | b'-' | b'|' | b';' | b'/'))
}

pub(super) fn pair_in(content: &[u8]) -> bool {
    content
        .iter()
        .enumerate()
        .any(|(at, &byte)| byte == b'=' && at > 0 && content[at - 1].is_ascii_alphanumeric())
}

pub(super) fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| {
            if matches!(at, 8 | 13 | 18 | 23) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
        })
}

/// Whether a value may be an id: hex, a UUID, a number, digits and letters mixed; or one of the words for "none".
pub(super) fn looks_like_id(value: &[u8]) -> bool {
    let plain = value
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'|' | b':'))
        || is_id_list(value);
    plain
        && (value.iter().any(u8::is_ascii_digit)
            || matches!(value, b"" | b"-" | b"null" | b"none" | b"N/A" | b"undefined"))
}

/// `18.3ms`, `2s`.
pub(super) fn is_duration(text: &[u8]) -> bool {
    let number = text.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    number > 0 && matches!(&text[number..], b"ns" | b"us" | b"\xc2\xb5s" | b"ms" | b"s" | b"m")
}

/// Whether a pair tells context; "trace" and "span" are words too, which tell nothing unless an id stands behind them.
pub(super) fn tells_context(name: &[u8], value: &[u8]) -> bool {
    let sure = names::lookup_name(NameHash::of(name), false).is_some();
    names_context(name) && !is_message(name) && (sure || looks_like_id(value))
}

fn is_message(name: &[u8]) -> bool {
    names::known(name, true).is_some_and(|known| known.role == Role::Message)
}
