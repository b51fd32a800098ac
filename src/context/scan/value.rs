//! Where the value of a pair stands.

use crate::context::{header, id};
use crate::record::{NameHash, Role, names};

/// Bytes that end a value without quotes.
static ENDS_VALUE: [bool; 256] = {
    let mut table = [false; 256];
    let ends = b" \t\n\r,;)}]\"'|&>\\";
    let mut index = 0;
    while index < ends.len() {
        table[ends[index] as usize] = true;
        index += 1;
    }
    table
};

/// A shorter value is no trace and span of Google's header.
const MIN_CLOUD: usize = 33;

/// Longer values are cut: each name may have one, so that their lengths multiply.
const MAX_VALUE: usize = 1024;

/// So much of an object's text tells that it is one.
const MAX_NESTED: usize = 64;

/// Where the value of a pair stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) quote: Option<u8>,
    pub(super) quoted: bool,
    pub(super) colon: bool,
    pub(super) equals: bool,
}

impl Value {
    /// First byte and one past the last byte of the value.
    pub(super) fn extent(&self, text: &[u8], role: Role) -> (usize, usize) {
        let nested = self.quote.is_none()
            && text.get(self.start) == Some(&b'{')
            && matches!(role, Role::Other | Role::Id | Role::Noise | Role::Message);
        // an object is read from its inside on, so where its text breaks off does not matter
        let most = if nested { MAX_NESTED } else { MAX_VALUE };
        let rest = &text[self.start..text.len().min(self.start + most)];
        let length = match self.quote {
            Some(quote) => rest.iter().position(|&byte| byte == quote || byte == b'\\' || byte == b'\n'),
            None if role == Role::SwCtx => memchr::memchr(b']', rest).map(|at| at + 1),
            None if matches!(role, Role::AmznTraceId | Role::XrayTraceId | Role::CloudTraceContext) => rest
                .iter()
                .position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'"' | b'\'' | b']' | b')' | b'}')),
            None if role == Role::NewRelic && rest.starts_with(b"{") => Some(rest.len()),
            // typographic quotes and brackets of other scripts end a value, letters do not
            None => rest.iter().position(|&byte| ENDS_VALUE[usize::from(byte)]).map(|length| {
                let flag = rest[length] == b';' && length > MIN_CLOUD;
                let whole = if flag { header::cloud_form(rest) } else { None };
                whole.map_or(length, |(whole, _)| whole.max(length))
            }),
        };
        // "trace:ID:span:ID", "[trace:ID[span:ID]]"
        let named_hex = || {
            let hex = rest.iter().take(33).take_while(|byte| byte.is_ascii_hexdigit()).count();
            let behind = rest.get(hex + 1);
            let named = matches!(hex, 16 | 32)
                && rest.get(hex) == Some(&b':')
                && behind.is_some_and(|byte| byte.is_ascii_alphabetic() && !byte.is_ascii_hexdigit());
            let opened = matches!(hex, 16 | 32) && matches!(rest.get(hex), Some(b'[' | b'(' | b'{' | b'<'));
            (named || opened).then_some(hex)
        };
        let named = if matches!(role, Role::TraceId | Role::SpanId) { named_hex() } else { None };
        let length = named.or(length).unwrap_or(rest.len());
        let value = &rest[..length];
        let mark = if value.is_ascii() {
            None
        } else {
            value.windows(2).position(|two| matches!(two, [0xe2, 0x80] | [0xe3, 0x80] | [0xc2, 0xbb]))
        };
        let mut length = mark.unwrap_or(length);
        if self.quote.is_none() && rest.get(length).is_none_or(u8::is_ascii_whitespace) {
            // what ends a phrase: "msg=evt-5e01: accruing"
            while length > 1 && matches!(rest[length - 1], b':' | b'.' | b'!' | b'?') {
                length -= 1;
            }
        }
        (self.start, self.start + length)
    }

    /// Where to go on behind a value that ends at `end`.
    pub(super) fn next(&self, end: usize) -> usize {
        end + usize::from(self.quote.is_some())
    }
}

/// The value of a pair whose name ends at `at`: behind `=`, `:` or `=>`, quotes of the name and the value passed over.
#[inline]
pub(super) fn value_after(text: &[u8], at: usize) -> Option<Value> {
    match *text.get(at)? {
        b':' | b'=' | b'"' | b'\'' | b'\\' => behind_name(text, at),
        b' ' if matches!(text.get(at + 1), Some(b'=' | b':')) => behind_name(text, at),
        // PHP's print_r: "[name] => value"
        b']' if text[at + 1..].starts_with(b" => ") && opens_apart(text, at) => behind_name(text, at + 1),
        _ => None,
    }
}

/// Whether the bracket that ends at `at` opens behind a blank, so that it holds a name: `[trace_id]`, not `Checkout[0]`.
#[cold]
fn opens_apart(text: &[u8], at: usize) -> bool {
    let near = &text[at.saturating_sub(64)..at];
    memchr::memrchr(b'[', near).is_some_and(|open| {
        near[open + 1..].first().is_some_and(u8::is_ascii_alphabetic)
            && near[..open].last().is_some_and(u8::is_ascii_whitespace)
    })
}

fn behind_name(text: &[u8], at: usize) -> Option<Value> {
    let mut next = at;
    let mut name_quoted = false;
    // closing quote of the name, maybe escaped
    while matches!(text.get(next), Some(b'"' | b'\'' | b'\\')) && next < at + 3 {
        next += 1;
        name_quoted = true;
    }
    if name_quoted && text[next.min(text.len())..].starts_with(b"]=>") {
        return dumped_value(text, next + 3);
    }
    if text.get(next) == Some(&b' ')
        && (name_quoted
            || matches!(text.get(next + 1), Some(b'=' | b':'))
                && matches!(text.get(next + 2), Some(b' ' | b'>')))
    {
        next += 1;
    }
    let mut separator = *text.get(next)?;
    if separator == b',' && name_quoted && matches!(text.get(next + 1..next + 3), Some([b' ', b'\'' | b'"']))
    {
        // Envoy writes headers as 'name', 'value'
        let name = text[..at].rsplit(|byte| matches!(byte, b'\'' | b'"')).next().unwrap_or_default();
        let known = names::lookup_name(NameHash::of(name), false).map(|known| known.role);
        let header = known.is_some_and(|role| !matches!(role, Role::Other | Role::Noise))
            || names::names_a_correlation(name);
        if header {
            separator = b':';
        }
    }
    if separator == b'-' && name_quoted && text.get(next + 1) == Some(&b'>') {
        // "'name'->'value'", as Axon and Scala print maps
        separator = b'=';
    }
    let (colon, equals) = (separator == b':', separator == b'=');
    if !colon && !equals {
        return None;
    }
    next += 1;
    match text.get(next) {
        Some(b':' | b'/') if colon => return None,
        Some(b'>') if equals => next += 1,
        Some(b'=') => return None,
        _ => {}
    }
    let blanks = text[next..].iter().take_while(|&&byte| byte == b' ').count();
    if blanks > 3
        || equals && !name_quoted && blanks > 0 && text.get(at) != Some(&b' ') && text[next - 1] != b'>'
    {
        // "key= next=1": an empty value
        return Some(Value { start: next, quote: Some(b' '), quoted: false, colon, equals });
    }
    next += blanks;
    // Erlang's binaries
    if text[next.min(text.len())..].starts_with(b"<<\"") {
        next += 2;
    }
    // quotes of typography
    if matches!(
        text.get(next..next + 3),
        Some(b"\xe2\x80\x9c" | b"\xe2\x80\x98" | b"\xe2\x80\x9e" | b"\xc2\xab")
    ) {
        next += 3;
    }
    // Rust's Option, as {:?} prints it
    if text[next.min(text.len())..].starts_with(b"Some(") {
        next += 5;
    }
    // Java's
    if text[next.min(text.len())..].starts_with(b"Optional[") {
        next += 9;
    }
    // Windows writes GUIDs in braces
    if text.get(next) == Some(&b'{')
        && text.get(next + 37) == Some(&b'}')
        && id::uuid(&text[next + 1..next + 37]).is_some()
    {
        next += 1;
    }
    let mut quoted = false;
    let mut quote = None;
    while matches!(text.get(next), Some(b'\\')) {
        next += 1;
    }
    if let Some(&found @ (b'"' | b'\'' | b'`')) = text.get(next) {
        quote = Some(found);
        quoted = true;
        next += 1;
    } else if text.get(next) == Some(&b'b') && matches!(text.get(next + 1), Some(b'\'' | b'"')) {
        // Python's bytes
        quote = text.get(next + 1).copied();
        quoted = true;
        next += 2;
    }
    Some(Value { start: next.min(text.len()), quote, quoted: quoted || name_quoted, colon, equals })
}

/// PHP's var_dump writes a value on a line of its own: `["name"]=>`, then `string(5) "value"`.
#[cold]
fn dumped_value(text: &[u8], at: usize) -> Option<Value> {
    /// Values are indented by fewer blanks.
    const INDENT: usize = 64;
    let near = &text[at..text.len().min(at + INDENT)];
    let blanks = near.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let digits = near[blanks..].strip_prefix(b"string(")?;
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let quote = digits[length..].strip_prefix(b") ")?.first().copied().filter(|byte| *byte == b'"')?;
    let start = at + blanks + b"string(".len() + length + b") \"".len();
    Some(Value { start, quote: Some(quote), quoted: true, colon: false, equals: true })
}
