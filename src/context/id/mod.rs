//! Ids in their canonical form.
//!
//! A trace id is 32 lowercase hex digits: 64-bit ids are padded with zeros on the left, UUIDs and X-Ray ids lose their
//! dashes, decimal numbers become hex. A span id is 16 lowercase hex digits. What is no number stays as it is (opaque).

mod digits;

pub use digits::{decimal, hex, hex_digits, uuid, xray};

use crate::model::{SpanId, TraceId};
use digits::sixteen;

/// A trace id that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trace<'t> {
    /// The id.
    pub id: TraceId,
    /// Its text if it is no number.
    pub opaque: Option<&'t [u8]>,
    /// Capitals or punctuation had to be overlooked.
    pub lenient: bool,
}

/// A span id that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span<'t> {
    /// The id.
    pub id: SpanId,
    /// Its text if it is no number.
    pub opaque: Option<&'t [u8]>,
}

/// Why a value is no id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It stands for "none": empty, all zero, `null`, `-` and so on.
    Absent,
    /// It looks like an id of another length (truncated, or something else).
    WrongLength,
    /// It is no id at all.
    NoId,
}

/// Reads a value that its name says to be a trace id.
pub fn trace(value: &[u8]) -> Result<Trace<'_>, Refused> {
    // nearly all ids are of these lengths, and digits only
    if matches!(value.len(), 16 | 32)
        && let Some((bits, lenient)) = hex(value)
    {
        return TraceId::new(bits).map(|id| Trace { id, opaque: None, lenient }).ok_or(Refused::Absent);
    }
    let (value, punctuated) = unwrap(value);
    if is_absent(value) {
        return Err(Refused::Absent);
    }
    let ok = |bits: u128, lenient| {
        TraceId::new(bits).map(|id| Trace { id, opaque: None, lenient }).ok_or(Refused::Absent)
    };
    let digits_only = value.iter().all(u8::is_ascii_digit);
    match value.len() {
        32 | 16 => {
            if let Some((bits, upper)) = hex(value) {
                return ok(bits, upper || punctuated);
            }
        }
        36 => {
            if let Some(bits) = uuid(value) {
                return ok(bits, punctuated);
            }
        }
        35 => {
            if let Some(bits) = xray(value) {
                return ok(bits, punctuated);
            }
        }
        _ => {}
    }
    if digits_only {
        return match decimal(value) {
            Some(bits) if value.len() >= 10 => ok(u128::from(bits), punctuated),
            _ => Err(Refused::WrongLength),
        };
    }
    if let Some(at) = traces_of_a_project(value) {
        return trace(&value[at..]);
    }
    if hex_digits(value) == value.len() {
        return Err(Refused::WrongLength);
    }
    opaque(value)
        .map(|text| Trace { id: TraceId::opaque(text), opaque: Some(text), lenient: false })
        .ok_or(Refused::NoId)
}

/// Reads a value that its name says to be a span id.
pub fn span(value: &[u8]) -> Result<Span<'_>, Refused> {
    if let Some(span) = exact_span(value) {
        return Ok(span);
    }
    let (value, _) = unwrap(value);
    if is_absent(value) {
        return Err(Refused::Absent);
    }
    let ok = |bits: u64| SpanId::new(bits).map(|id| Span { id, opaque: None }).ok_or(Refused::Absent);
    if value.len() == 16
        && let Some((bits, _)) = hex(value)
    {
        return ok(bits as u64);
    }
    if value.len() > 16
        && value.len() <= 20
        && let Some(bits) = decimal(value)
    {
        return ok(bits);
    }
    if hex_digits(value) == value.len() {
        return Err(Refused::WrongLength);
    }
    opaque(value).map(|text| Span { id: SpanId::opaque(text), opaque: Some(text) }).ok_or(Refused::NoId)
}

/// Reads a decimal span or trace id (Datadog, Google's header), or 16 hex digits that are no decimal number.
pub fn decimal_span(value: &[u8]) -> Result<Span<'_>, Refused> {
    let (value, _) = unwrap(value);
    if is_absent(value) {
        return Err(Refused::Absent);
    }
    match decimal(value) {
        Some(bits) => SpanId::new(bits).map(|id| Span { id, opaque: None }).ok_or(Refused::Absent),
        None => span(value),
    }
}

/// Reads Datadog's trace id: decimal (of all 128 bits too, as some tracers print it), or 32 hex digits.
pub fn datadog_trace(value: &[u8]) -> Result<Trace<'_>, Refused> {
    let (bare, punctuated) = unwrap(value);
    if is_absent(bare) {
        return Err(Refused::Absent);
    }
    let long = || (21..=39).contains(&bare.len()).then(|| std::str::from_utf8(bare).ok()?.parse().ok())?;
    let bits = if bare.len() <= 20 { decimal(bare).map(u128::from) } else { long() };
    match bits.filter(|_| bare.len() != 32) {
        Some(bits) => TraceId::new(bits)
            .map(|id| Trace { id, opaque: None, lenient: punctuated })
            .ok_or(Refused::Absent),
        None => trace(value),
    }
}

/// A trace id of exactly 16 or 32 hex digits.
pub fn exact_trace(value: &[u8]) -> Option<Trace<'_>> {
    let small = match value.as_chunks() {
        ([high, low], []) => sixteen(high).zip(sixteen(low)),
        ([low], []) => sixteen(low).map(|low| (0, low)),
        _ => return None,
    };
    let (bits, lenient) = match small {
        Some((high, low)) => (u128::from(high) << 64 | u128::from(low), false),
        None => hex(value)?,
    };
    TraceId::new(bits).map(|id| Trace { id, opaque: None, lenient })
}

/// A span id of exactly 16 hex digits.
#[inline]
pub fn exact_span(value: &[u8]) -> Option<Span<'_>> {
    let digits = value.try_into().ok()?;
    let bits = match sixteen(digits) {
        Some(bits) => bits,
        None => hex(digits)?.0 as u64,
    };
    SpanId::new(bits).map(|id| Span { id, opaque: None })
}

/// `TRACE:SPAN`, `TRACE-SPAN`: 32 and 16 hex digits with one mark between them.
pub fn trace_and_span(value: &[u8]) -> Option<(Trace<'_>, Span<'_>)> {
    let joined = value.len() == 49 && !value[32].is_ascii_alphanumeric();
    joined.then(|| exact_trace(&value[..32]).zip(exact_span(&value[33..])))?
}

/// Where the id stands in `projects/P/traces/ID`.
pub fn traces_of_a_project(value: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'/', value).map(|slash| slash + 1).find(|&at| value[..at].ends_with(b"traces/"))
}

/// The value without quotes, brackets and trailing punctuation, and whether any was taken off.
fn unwrap(value: &[u8]) -> (&[u8], bool) {
    let mut bare = value.trim_ascii();
    let mut taken = false;
    if let Some(rest) = bare.strip_prefix(b"0x") {
        bare = rest;
    }
    loop {
        let before = bare.len();
        if let [b'"' | b'\'' | b'`' | b'<' | b'(' | b'[' | b'{', rest @ ..] = bare {
            bare = rest;
        }
        if let [
            rest @ ..,
            b'"' | b'\'' | b'`' | b'>' | b')' | b']' | b'}' | b',' | b';' | b'.' | b':' | b'\\',
        ] = bare
        {
            bare = rest;
        }
        if bare.len() == before {
            return (bare, taken);
        }
        taken = true;
    }
}

/// Whether a value stands for "none", or is a constant of a standard.
pub fn is_absent(value: &[u8]) -> bool {
    if value.iter().all(|byte| matches!(byte, b'0' | b'-')) || is_constant(value) {
        return true;
    }
    let mut lower = [0; 16];
    let Some(lower) = lower.get_mut(..value.len()) else { return false };
    lower.copy_from_slice(value);
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"null"
            | b"none"
            | b"nil"
            | b"<nil>"
            | b"n/a"
            | b"na"
            | b"undefined"
            | b"[undefined]"
            | b"unknown"
            | b"true"
            | b"false"
            | b"root"
            | b"%!s(<nil>)"
            | b"(null)"
            | b"?"
            | b"empty"
            | b"ignored_trace"
            | b"nan"
            | b"no-trace"
            | b"not_set"
            | b"unset"
            | b"(none)"
            | b"notrace"
            | b"disabled"
            | b"missing"
            | b"%x{traceid}"
            | b"${traceid}"
            | b"x"
            | b"xxx"
            | b"tbd"
    )
}

/// `0000110a-0000-1000-8000-00805f9b34fb`, a service of Bluetooth (Core Specification, "UUID", base UUID), the namespaces of
/// RFC 9562 (6.6), and the greatest of all UUIDs.
fn is_constant(value: &[u8]) -> bool {
    const ENDS: [&[u8]; 2] = [b"-0000-1000-8000-00805f9b34fb", b"-9dad-11d1-80b4-00c04fd430c8"];
    value.len() == 36
        && (ENDS.iter().any(|end| value[8..].eq_ignore_ascii_case(end))
            || value.iter().all(|byte| matches!(byte, b'f' | b'F' | b'-')))
}

/// A text that may be an id of a scheme of its own: one word of eight to 128 bytes with a digit in it.
fn opaque(value: &[u8]) -> Option<&[u8]> {
    let plain = value.iter().all(|byte| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b':' | b'|' | b'/' | b'+' | b'=' | b'@' | b'#')
    });
    (plain
        && (8..=128).contains(&value.len())
        && value.iter().any(u8::is_ascii_digit)
        && !value.starts_with(b"[")
        && !looks_like_digest(value))
    .then_some(value)
}

/// `10.0.0.7`, `10.0.0.7:8080`, `00:1b:44:11:3a:b7`: where something is, not which.
pub fn is_address(value: &[u8]) -> bool {
    let numbers = |text: &[u8], separator: u8| {
        text.split(|byte| *byte == separator)
            .map(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
            .fold((true, 0), |(all, count), number| (all && number, count + 1))
    };
    let (host, port) = match memchr::memchr(b':', value) {
        Some(colon) => (&value[..colon], &value[colon + 1..]),
        None => (value, &b"0"[..]),
    };
    let hardware = value.len() == 17
        && value.iter().enumerate().all(|(at, byte)| {
            if at % 3 == 2 { matches!(byte, b':' | b'-') } else { byte.is_ascii_hexdigit() }
        });
    hardware || numbers(host, b'.') == (true, 4) && port.iter().all(u8::is_ascii_digit)
}

/// `sha256:…` and the like.
pub fn looks_like_digest(value: &[u8]) -> bool {
    const NAMES: &[&[u8]] = &[b"sha256", b"sha1", b"sha512", b"sha384", b"md5", b"blake", b"sha-"];
    NAMES.iter().any(|name| value.len() > name.len() && value[..name.len()].eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(written: &str, canonical: &str) {
        let got = trace(written.as_bytes()).map(|trace| trace.id.to_string());
        assert_eq!(got.as_deref(), Ok(canonical), "written as {written}");
    }

    #[track_caller]
    fn refuse(written: &str, why: Refused) {
        assert_eq!(trace(written.as_bytes()), Err(why), "written as {written}");
    }

    #[test]
    fn trace_ids_of_all_spellings_become_32_hex_digits() {
        check("4bf92f3577b34da6a3ce929d0e0e4736", "4bf92f3577b34da6a3ce929d0e0e4736");
        check("4BF92F3577B34DA6A3CE929D0E0E4736", "4bf92f3577b34da6a3ce929d0e0e4736");
        check("6f99f2ecffc91413", "00000000000000006f99f2ecffc91413");
        check("c3bf5c70-03eb-4b49-e483-c089d557c12d", "c3bf5c7003eb4b49e483c089d557c12d");
        check("1-5759e988-bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272793");
        check("projects/acme/traces/7069381845c3455d7e2207f79f1530f4", "7069381845c3455d7e2207f79f1530f4");
        check("8457982581737901830", "00000000000000007560ca5884edcf06");
        check("\"6f99f2ecffc91413\",", "00000000000000006f99f2ecffc91413");
    }

    #[test]
    fn what_stands_for_none_is_absent() {
        for written in [
            "",
            "-",
            "0",
            "00000000000000000000000000000000",
            "null",
            "N/A",
            "undefined",
            "<nil>",
            "true",
            "00000000-0000-0000-0000-000000000000",
        ] {
            refuse(written, Refused::Absent);
        }
    }

    #[test]
    fn other_values_are_refused() {
        refuse("4bf92f3577b34da6a3ce929d0e0e473", Refused::WrongLength);
        refuse("2ce08771199d4c364d1de1ec2ff395d362b4fdd1", Refused::WrongLength);
        refuse("12345", Refused::WrongLength);
        refuse("sha256:ba5250ce4cfb8708a98ebcf496b1b3cfcf6cc7fe8f6d4425150838af1dde5063", Refused::NoId);
        refuse("see below", Refused::NoId);
    }

    #[test]
    fn ids_that_are_no_numbers_stay_as_written() {
        let id = trace(b"a1b2.105.16612345670001").expect("an opaque id");
        assert_eq!(id.opaque, Some(&b"a1b2.105.16612345670001"[..]));
    }

    #[test]
    fn span_ids_may_be_decimal() {
        let got = |written: &str| span(written.as_bytes()).map(|span| span.id.to_string());
        assert_eq!(got("15490895560306263341").as_deref(), Ok("d6fab77014bb052d"));
        assert_eq!(got("a3cb95c48a467993").as_deref(), Ok("a3cb95c48a467993"));
        assert_eq!(got("a3cb95c48a46799"), Err(Refused::WrongLength));
        assert_eq!(
            decimal_span(b"4859713311500169764").map(|span| span.id.to_string()).as_deref(),
            Ok("43712b824a347224")
        );
    }

    proptest! {
        #[test]
        fn canonical_ids_are_their_own_canonical_form(bits in 1u128..) {
            let written = format!("{bits:032x}");
            prop_assert_eq!(trace(written.as_bytes()).map(|trace| trace.id.to_string()), Ok(written));
        }

        #[test]
        fn hex_digits_are_read_as_the_library_does(text in "[0-9a-fA-F]{1,32}|[0-9a-f]{16}|[0-9a-g`/:@]{16}") {
            let expected = u128::from_str_radix(&text, 16).ok();
            prop_assert_eq!(hex(text.as_bytes()).map(|(bits, _)| bits), expected);
            let capitals = text.bytes().any(|byte| byte.is_ascii_uppercase());
            prop_assert_eq!(hex(text.as_bytes()).map(|(_, capitals)| capitals), expected.map(|_| capitals));
        }

        #[test]
        fn any_bytes_are_survived(value in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = (trace(&value), span(&value), decimal_span(&value), datadog_trace(&value));
        }
    }
}
