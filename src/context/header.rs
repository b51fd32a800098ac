//! Propagation headers.

use super::Scheme;
use super::id::{self, Span, Trace};
use crate::model::{SpanId, TraceId};
use crate::record::Role;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use memchr::memchr;

/// A propagation header that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header<'t> {
    /// Which scheme it follows.
    pub scheme: Scheme,
    /// Its trace.
    pub trace: Trace<'t>,
    /// The sender's span.
    pub span: Option<Span<'t>>,
    /// The parent of the sender's span.
    pub parent: Option<Span<'t>>,
}

/// Reads the value of the header that `role` names; `None` if it is not one, or carries no ids.
pub fn read(role: Role, value: &[u8]) -> Option<Header<'_>> {
    match role {
        Role::Traceparent => traceparent(value),
        Role::B3 => b3(value),
        Role::UberTraceId => uber(value),
        Role::AmznTraceId | Role::XrayTraceId => amzn(value),
        Role::CloudTraceContext | Role::GcpTrace => cloud(value),
        Role::SwCtx => sw_ctx(value),
        Role::SentryTrace => sentry(value),
        Role::NewRelic => newrelic(value),
        Role::GrpcTraceBin => grpc_bin(value),
        Role::RequestIdHeader => request_id(value),
        _ => None,
    }
}

/// Reads a header that its form tells, whatever it stands under: `traceparent`, `uber-trace-id`, B3, Google's.
pub fn of_any_name(value: &[u8]) -> Option<(Role, Header<'_>)> {
    const SHORTEST: usize = 36;
    const LONGEST: usize = 128;
    /// Shorter numbers before a colon may be an address.
    const TRACE: usize = 16;
    if !(SHORTEST..=LONGEST).contains(&value.len()) {
        return None;
    }
    let hex = id::hex_digits(value);
    match value.get(hex) {
        Some(b'-') if hex == 2 => traceparent(value).map(|header| (Role::Traceparent, header)),
        Some(b'-') if hex == 32 => b3(value).map(|header| (Role::B3, header)),
        Some(b':') if hex >= TRACE => uber(value).map(|header| (Role::UberTraceId, header)),
        Some(b'/') if cloud_form(value) == Some((value.len(), true)) => {
            cloud(value).map(|header| (Role::CloudTraceContext, header))
        }
        _ => None,
    }
}

/// `00-TRACE-SPAN-FLAGS`. Source: W3C Trace Context, 3.2.2. Version `ff` is invalid; version 00 has four fields, higher
/// versions may have more. Capitals are read leniently.
pub fn traceparent(value: &[u8]) -> Option<Header<'_>> {
    let value = bare(value);
    if value.len() < 55 || value[2] != b'-' || value[35] != b'-' || value[52] != b'-' {
        return None;
    }
    let (version, _) = id::hex(&value[..2])?;
    id::hex(&value[53..55])?;
    match value.get(55) {
        None => {}
        Some(b'-') if version > 0 => {}
        _ => return None,
    }
    if version == 0xff {
        return None;
    }
    let trace = id::exact_trace(&value[3..35])?;
    let span = id::exact_span(&value[36..52])?;
    Some(Header { scheme: Scheme::W3c, trace, span: Some(span), parent: None })
}

/// `TRACE-SPAN[-SAMPLED[-PARENT]]`; a lone `0`, `1` or `d` carries no ids. Source: openzipkin/b3-propagation.
pub fn b3(value: &[u8]) -> Option<Header<'_>> {
    let mut parts = bare(value).split(|&byte| byte == b'-');
    let trace = id::exact_trace(parts.next()?)?;
    let span = id::exact_span(parts.next()?)?;
    if let Some(decision) = parts.next()
        && !matches!(decision, b"0" | b"1" | b"d" | b"")
    {
        return None;
    }
    let parent = parts.next().and_then(id::exact_span);
    Some(Header { scheme: Scheme::B3, trace, span: Some(span), parent })
}

/// `TRACE:SPAN:PARENT:FLAGS`, ids of up to 32 and 16 digits without leading zeros, colons maybe percent-encoded.
/// Source: Jaeger client libraries, "Propagation Format".
pub fn uber(value: &[u8]) -> Option<Header<'_>> {
    let value = bare(value);
    let mut parts = [&b""[..]; 4];
    let mut rest = value;
    for (index, part) in parts.iter_mut().enumerate() {
        let colon = memchr(b':', rest).map(|at| (at, 1)).into_iter();
        let encoded = memchr::memmem::find(rest, b"%3A")
            .or_else(|| memchr::memmem::find(rest, b"%3a"))
            .map(|at| (at, 3));
        match colon.chain(encoded).min() {
            Some((at, len)) if index < 3 => {
                *part = &rest[..at];
                rest = &rest[at + len..];
            }
            _ if index == 3 => *part = rest,
            _ => return None,
        }
    }
    let [trace, span, parent, flags] = parts;
    id::hex(flags).filter(|_| flags.len() <= 2)?;
    let (bits, lenient) = id::hex(trace)?;
    let trace = Trace { id: TraceId::new(bits)?, opaque: None, lenient };
    let short_span = |text: &[u8]| {
        let (bits, _) = id::hex(text).filter(|_| text.len() <= 16)?;
        SpanId::new(bits as u64).map(|id| Span { id, opaque: None })
    };
    Some(Header { scheme: Scheme::Jaeger, trace, span: Some(short_span(span)?), parent: short_span(parent) })
}

/// `Root=1-…;Parent=…;Sampled=1`, fields in any order; or the bare id. Source: AWS X-Ray, "Tracing header".
pub fn amzn(value: &[u8]) -> Option<Header<'_>> {
    let value = bare(value);
    let field = |name: &[u8]| {
        value.split(|byte| matches!(byte, b';' | b',')).map(<[u8]>::trim_ascii).find_map(|part| {
            let (key, rest) = part.split_at_checked(name.len())?;
            key.eq_ignore_ascii_case(name).then_some(rest)
        })
    };
    let root = field(b"Root=").unwrap_or_else(|| value.split(|&byte| byte == b';').next().unwrap_or(value));
    let trace = Trace { id: TraceId::new(id::xray(root)?)?, opaque: None, lenient: false };
    let span = field(b"Parent=").and_then(id::exact_span);
    Some(Header { scheme: Scheme::Xray, trace, span, parent: None })
}

/// `TRACE/SPAN;o=1`, the span in decimal. Source: Google Cloud Trace, "X-Cloud-Trace-Context".
pub fn cloud(value: &[u8]) -> Option<Header<'_>> {
    let value = bare(value);
    let value = memchr::memmem::find(value, b"traces/").map_or(value, |at| &value[at + 7..]);
    let value = value.split(|&byte| byte == b';').next().unwrap_or(value);
    let mut parts = value.splitn(2, |&byte| byte == b'/');
    let trace = id::exact_trace(parts.next()?).filter(|_| value.len() >= 32)?;
    let span = parts.next().and_then(|rest| {
        let end = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        id::decimal_span(&rest[..end]).ok()
    });
    Some(Header { scheme: Scheme::Gcp, trace, span, parent: None })
}

/// How long the `TRACE/SPAN;o=1` is that a text begins with, and whether its flag is there, which nothing else has.
pub fn cloud_form(text: &[u8]) -> Option<(usize, bool)> {
    if id::hex_digits(text) != 32 || text.get(32) != Some(&b'/') {
        return None;
    }
    let digits = text[33..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let end = 33 + digits;
    let flagged = matches!(text[end..], [b';', b'o', b'=', b'0'..=b'9', ..]);
    (digits > 0).then_some((if flagged { end + 4 } else { end }, flagged))
}

/// `1-TRACE-SEGMENT-INDEX-…`, ids in base64: the trace id's text, and the sender's span, which is segment and index together.
/// Source: SkyWalking Cross Process Propagation Headers Protocol v3.
pub fn sw8(value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut parts = bare(value).split(|&byte| byte == b'-');
    let sample = parts.next()?;
    let (trace, segment, index) = (parts.next()?, parts.next()?, parts.next()?);
    if !matches!(sample, b"0" | b"1") || id::decimal(index).is_none() || parts.count() < 3 {
        return None;
    }
    let mut span = base64(segment)?;
    span.push(b'.');
    span.extend_from_slice(index);
    Some((base64(trace)?, span))
}

/// `[service,instance,TRACE,SEGMENT,INDEX]` with `N/A` for what is absent. Source: SkyWalking Java agent, "Print trace ID in logs".
pub fn sw_ctx(value: &[u8]) -> Option<Header<'_>> {
    let inside = value.trim_ascii().strip_prefix(b"[")?;
    let inside = &inside[..memchr(b']', inside).unwrap_or(inside.len())];
    let parts: Vec<&[u8]> = inside.split(|&byte| byte == b',').collect();
    let [_, _, trace, segment, index] = parts[..] else { return None };
    let trace = id::trace(trace).ok()?;
    let span = id::span(segment).ok().map(|_| {
        let start = segment.as_ptr() as usize - inside.as_ptr() as usize;
        let text = &inside[start..start + segment.len() + 1 + index.len()];
        Span { id: SpanId::opaque(text), opaque: Some(text) }
    });
    Some(Header { scheme: Scheme::Skywalking, trace, span, parent: None })
}

/// `TRACE-SPAN[-SAMPLED]`. Source: Sentry SDK, "Trace Propagation".
pub fn sentry(value: &[u8]) -> Option<Header<'_>> {
    let mut parts = bare(value).split(|&byte| byte == b'-');
    let trace = id::exact_trace(parts.next().filter(|id| id.len() == 32)?)?;
    let span = id::exact_span(parts.next()?)?;
    Some(Header { scheme: Scheme::Sentry, trace, span: Some(span), parent: None })
}

/// New Relic's payload, as JSON or base64: `{"d":{"tr":TRACE,"id":SPAN,…}}`. Source: New Relic distributed tracing payload.
pub fn newrelic(value: &[u8]) -> Option<Header<'_>> {
    let decoded = if value.trim_ascii().starts_with(b"{") { value.to_vec() } else { base64(bare(value))? };
    let field = |name: &[u8]| {
        let at = memchr::memmem::find(&decoded, name)? + name.len();
        let rest = decoded[at..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"\\\""))?;
        Some(&rest[..id::hex_digits(rest)])
    };
    let trace = id::exact_trace(field(b"\"tr\"").or_else(|| field(b"\\\"tr\\\""))?)?;
    let span = field(b"\"id\"").or_else(|| field(b"\\\"id\\\"")).and_then(id::exact_span);
    Some(Header {
        scheme: Scheme::NewRelic,
        trace: Trace { id: trace.id, opaque: None, lenient: trace.lenient },
        span: span.map(|span| Span { id: span.id, opaque: None }),
        parent: None,
    })
}

/// Version 0, then field 0 with 16 bytes of trace id and field 1 with 8 bytes of span id, in base64.
/// Source: OpenCensus "BinaryEncoding".
pub fn grpc_bin(value: &[u8]) -> Option<Header<'_>> {
    let bytes = base64(bare(value))?;
    let [0, 0, rest @ ..] = bytes.as_slice() else { return None };
    let trace = TraceId::new(u128::from_be_bytes(rest.get(..16)?.try_into().ok()?))?;
    let span = rest
        .get(16)
        .filter(|&&field| field == 1)
        .and_then(|_| rest.get(17..25))
        .and_then(|bytes| SpanId::new(u64::from_be_bytes(bytes.try_into().ok()?)));
    let trace = Trace { id: trace, opaque: None, lenient: false };
    Some(Header {
        scheme: Scheme::OpenCensus,
        trace,
        span: span.map(|id| Span { id, opaque: None }),
        parent: None,
    })
}

/// `|ROOT.1.2.`: the root names the trace, the whole the sender's span. Source: .NET "Hierarchical Request-Id".
pub fn request_id(value: &[u8]) -> Option<Header<'_>> {
    let value = bare(value);
    let inside = value.strip_prefix(b"|")?;
    let root = &inside[..memchr(b'.', inside)?];
    let trace = id::trace(root).ok()?;
    // with W3C ids inside: "|TRACE.SPAN."
    let rest = &inside[root.len() + 1..];
    let last = id::exact_span(rest.strip_suffix(b".").unwrap_or(rest));
    let span = last.unwrap_or(Span { id: SpanId::opaque(value), opaque: Some(value) });
    Some(Header { scheme: Scheme::Dotnet, trace, span: Some(span), parent: None })
}

/// The bytes of base64 in its usual or URL alphabet, padded or not. Source: RFC 4648.
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const USUAL: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let text = text.trim_ascii();
    let decoded = USUAL.decode(text).or_else(|_| URL.decode(text)).ok()?;
    (!decoded.is_empty()).then_some(decoded)
}

/// The value without quotes and trailing punctuation.
fn bare(value: &[u8]) -> &[u8] {
    let mut bare = value.trim_ascii();
    while let [b'"' | b'\'' | b'<' | b'[' | b'(' | b'{', rest @ ..] = bare {
        bare = rest;
    }
    while let [rest @ .., b'"' | b'\'' | b'>' | b']' | b')' | b'}' | b',' | b';' | b'.' | b'\\'] = bare {
        bare = rest;
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const S: &str = "00f067aa0ba902b7";

    #[track_caller]
    fn check(role: Role, value: &str, expected: Option<(&str, Option<&str>)>) {
        let got = read(role, value.as_bytes())
            .map(|header| (header.trace.id.to_string(), header.span.map(|span| span.id.to_string())));
        let expected = expected.map(|(trace, span)| (trace.to_owned(), span.map(str::to_owned)));
        assert_eq!(got, expected, "{value}");
    }

    #[test]
    fn headers_of_every_scheme_are_read() {
        let both = Some((T, Some(S)));
        check(Role::Traceparent, &format!("00-{T}-{S}-01"), both);
        check(Role::Traceparent, &format!("\"cc-{T}-{S}-01-what\""), both);
        check(Role::B3, &format!("{T}-{S}-1-05e3ac9a4f6e3b90"), both);
        check(Role::B3, &format!("{T}-{S}"), both);
        check(Role::UberTraceId, &format!("{T}:f067aa0ba902b7:0:3"), both);
        check(Role::UberTraceId, &format!("{T}%3A{S}%3A0%3A1"), both);
        check(
            Role::AmznTraceId,
            &format!(
                "Self=1-67891234-12456789abcdef012345678;Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent={S};Sampled=?"
            ),
            both,
        );
        check(Role::CloudTraceContext, &format!("{T}/67667974448284343;o=1"), both);
        check(Role::SentryTrace, &format!("{T}-{S}-1"), both);
        check(
            Role::NewRelic,
            &format!("{{\"v\":[0,1],\"d\":{{\"ty\":\"App\",\"tr\":\"{T}\",\"id\":\"{S}\"}}}}"),
            both,
        );
        check(Role::GrpcTraceBin, "AABL+S81d7NNpqPOkp0ODkc2AQDwZ6oLqQK3AgE=", both);
        check(Role::SwCtx, "[orders,i@10.0.0.1,N/A,N/A,-1]", None);
    }

    #[test]
    fn the_form_of_googles_header_tells_it_under_any_name() {
        let check = |value: String, known: bool| {
            let role = of_any_name(value.as_bytes()).map(|(role, _)| role);
            assert_eq!(role == Some(Role::CloudTraceContext), known, "{value}");
        };
        check(format!("{T}/67667974448284343;o=1"), true);
        check(format!("{T}/0;o=0"), true);
        check(format!("{T}/67667974448284343"), false);
        check(format!("{T}/67667974448284343;o=1;p"), false);
        check(format!("{T}/report;o=1"), false);
    }

    #[test]
    fn broken_headers_are_refused() {
        check(Role::Traceparent, &format!("ff-{T}-{S}-01"), None);
        check(Role::Traceparent, &format!("00-{T}-{S}-01-extra"), None);
        check(Role::Traceparent, &format!("00-{}-{S}-01", &T[..31]), None);
        check(Role::Traceparent, &format!("00-{}-{S}-01", "0".repeat(32)), None);
        check(Role::B3, "1", None);
        check(Role::B3, &format!("{T}-{S}-x"), None);
        check(Role::AmznTraceId, "Root=2-1-1", None);
        check(Role::Traceparent, "[B@71ad62af", None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(value in proptest::collection::vec(any::<u8>(), 0..80)) {
            for role in [Role::Traceparent, Role::B3, Role::UberTraceId, Role::AmznTraceId, Role::CloudTraceContext, Role::Sw8, Role::SwCtx,
                Role::SentryTrace, Role::NewRelic, Role::GrpcTraceBin, Role::RequestIdHeader] {
                let _ = read(role, &value);
            }
        }
    }
}
