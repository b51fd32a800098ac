//! Ids and keys in free text.
//!
//! The text is cut into words. A word behind a name (`name=word`, `name: word`, `"name": "word"`, and `name word` for
//! names of ids) is that name's value; a word with a digit in it is a value under the word before it. Nothing else is.

mod durations;
mod moments;
mod pairs;
mod requests;
mod shapes;
mod value;
mod words;

pub(super) use durations::{NO_UNIT, duration};
pub(super) use shapes::{
    folder_keys, is_id_of, is_unique, is_work, looks_like_id, names_some_id, path_keys, shape_of,
};

use super::Found;
use super::access::is_unique_id;
use super::words::is_a_value;
use crate::model::Shape;
use moments::moment;
use value::value_after;

/// What a text may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Region {
    /// A header of a line: named ids, no keys.
    Header,
    /// A message: everything.
    Message,
    /// A value that may hold propagation headers: named trace context only.
    Ids,
}

/// Rank of ids found in free text; fields go before.
pub(super) const IN_TEXT: u8 = 60;

/// Rank of a trace that only a link leads to; whatever else names one goes before.
pub(super) const LINKED: u8 = 250;

/// Messages are searched up to this many bytes.
const MAX_TEXT: usize = 64 << 10;

/// Bytes of a word: 1 for letters, 2 for digits, 3 for bytes inside words.
static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => 1,
            b'0'..=b'9' => 2,
            b'-' | b'.' => 3,
            c if c >= 0x80 => 1,
            _ => 0,
        };
        byte += 1;
    }
    table
};

impl Found {
    /// Searches a text that is a header up to `body`, and a message from there on.
    pub(super) fn scan_parts(&mut self, text: &[u8], body: usize) {
        self.body = body;
        self.search(text, |start| if start < body { Region::Header } else { Region::Message });
    }

    /// Searches a text.
    pub(super) fn scan(&mut self, text: &[u8], region: Region) {
        self.body = 0;
        self.search(text, |_| region);
    }

    #[inline]
    fn search(&mut self, text: &[u8], region: impl Fn(usize) -> Region) {
        let text = &text[..text.len().min(MAX_TEXT)];
        let mut before: Option<(usize, usize)> = None;
        // the value before, with its name
        let mut listed: Option<((usize, usize), (usize, usize))> = None;
        let mut at = 0;
        while at < text.len() {
            let class = CLASS[usize::from(text[at])];
            if class == 0 || class == 3 {
                if matches!(text[at], b'\n' | b';') {
                    before = None;
                }
                at += 1;
                continue;
            }
            let start = at;
            if class == 2
                && let Some(end) = moment(text, start)
            {
                (at, before, listed) = (end, None, None);
                continue;
            }
            let mut digits = false;
            while at < text.len() {
                match CLASS[usize::from(text[at])] {
                    0 => break,
                    2 => digits = true,
                    _ => {}
                }
                at += 1;
            }
            let mut end = at;
            while matches!(text[end - 1], b'-' | b'.') {
                end -= 1;
            }
            let unique = unique_id(text, start, at);
            (at, end, digits) = (unique.unwrap_or(at), unique.unwrap_or(end), digits || unique.is_some());
            if let Some(value) = value_after(text, at)
                && !(digits && is_a_value(&text[start..end]))
                && (end == at || text[end] == b'.')
                // the logger's name before a message that begins with a value
                && region(start) == region(value.start)
            {
                // "Trace ID: …"; not SQL's "where id=7"
                let joined = before.filter(|&(_, last)| {
                    last + 1 == start
                        && text[start..end].eq_ignore_ascii_case(b"id")
                        && (text[start] == b'I' || text.get(end) != Some(&b'='))
                });
                let start = joined.map_or(start, |(first, _)| first);
                if let Some(next) = self.pair(text, start, end, value, region(start)) {
                    at = next;
                    before = None;
                    listed = Some(((start, end), word_at(text, value.start)));
                    continue;
                }
            }
            if digits {
                // a word of the header names nothing in the message
                let near = before.filter(|&(from, _)| region(from) == region(start));
                let near = near.or_else(|| {
                    listed.filter(|(_, value)| go_on(text, *value, (start, end))).map(|(name, _)| name)
                });
                listed = near.map(|name| (name, (start, end)));
                let opens = start == 0 || region(start - 1) != region(start);
                at = self.word(text, (start, end, opens), near, region(start)).max(at);
                before = None;
            } else {
                let joined = before.filter(|&(_, last)| {
                    matches!(&text[start..end], b"id" | b"Id" | b"ID") && last + 1 == start
                });
                before = Some((joined.map_or(start, |(first, _)| first), end));
            }
        }
    }
}

/// The word that a value begins with, in a list or not.
fn word_at(text: &[u8], value: usize) -> (usize, usize) {
    let opens = text[value..].iter().take_while(|byte| matches!(byte, b'[' | b'(' | b'{')).count();
    let start = value + opens;
    (start, start + text[start..].iter().take_while(|byte| CLASS[usize::from(**byte)] != 0).count())
}

/// Whether two values are neighbours in a list: they look alike, and only a comma is between them.
fn go_on(text: &[u8], value: (usize, usize), next: (usize, usize)) -> bool {
    let shape = |(start, end): (usize, usize)| {
        shape_of(&text[start..end]).filter(|shape| matches!(shape, Shape::Uuid | Shape::Hex | Shape::Mixed))
    };
    value.1 < next.0
        && matches!(&text[value.1..next.0], b"," | b", ")
        && shape(value).is_some()
        && shape(value) == shape(next)
}

/// Where an id of HAProxy ends that begins with a word, as the address of the client.
#[inline]
fn unique_id(text: &[u8], start: usize, end: usize) -> Option<usize> {
    let address = matches!(end - start, 8 | 32) && text.get(end) == Some(&b':');
    let part = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'_');
    let length = || text[start..].iter().take_while(|byte| part(byte)).count();
    Some(start + address.then(length)?).filter(|end| is_unique_id(&text[start..*end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::At;
    use proptest::prelude::*;

    const T: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const S: &str = "00f067aa0ba902b7";

    fn found(text: &str) -> Found {
        let mut found = Found { ranks: [u8::MAX; 3], ..Found::default() };
        found.scan(text.as_bytes(), Region::Message);
        found
    }

    #[track_caller]
    fn check(text: &str, trace: Option<&str>, span: Option<&str>) {
        let found = found(text);
        let header = found.headers.first();
        let got_trace = found.trace.or(header.map(|header| header.trace)).map(|trace| trace.id.to_string());
        let got_span = found.span.or(header.and_then(|header| header.span)).map(|span| span.id.to_string());
        assert_eq!((got_trace.as_deref(), got_span.as_deref()), (trace, span), "{text}");
    }

    #[track_caller]
    fn keys(text: &str, expected: &[(&str, &str)]) {
        let found = found(text);
        let show = |at: At| String::from_utf8_lossy(at.of(&found.arena)).into_owned();
        let got: Vec<_> = found.keys.iter().map(|key| (show(key.name_text), show(key.value_text))).collect();
        let expected: Vec<_> =
            expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn named_ids_are_found_however_they_are_quoted() {
        for text in [
            format!("x trace_id={T} span_id={S} y"),
            format!("TraceID: {T} SpanID: {S} List products"),
            format!("event {{'type': 'A', 'trace_id': '{T}', 'span_id': '{S}', 'ok': None}}"),
            format!("payload={{\"orderId\":1,\"trace_id\":\"{T}\",\"span_id\":\"{S}\"}}"),
            format!("payload={{\\\"trace_id\\\": \\\"{T}\\\", \\\"span_id\\\": \\\"{S}\\\"}}"),
            format!("=> SpanId:{S}, TraceId:{T}, ParentId:e28d1ecccccf01b0"),
            format!("trace={T}/{S} parent=e28d1ecccccf01b0"),
            format!("(trace id {T}, span id {S})"),
            format!("store{{trace={T} id={S}}}: zadd"),
            format!("({T}.{S}) executed"),
            format!("printed ~{T}~{S}"),
            format!("served {{trace {T} {S}}}"),
            format!("Starting job otel={T}:{S}"),
        ] {
            check(&text, Some(T), Some(S));
        }
    }

    #[test]
    fn ids_of_proxies_are_whole() {
        let id = "ABAAB4A2:EF67_C9A19D1B:01BB_6B0C5A63_0008:5CCD";
        keys(&format!("Assigned BKG7995610 to request {id}"), &[("assigned", "BKG7995610"), ("request", id)]);
        keys("ABAAB4A2: 77", &[("abaab4a2", "77")]);
    }

    #[test]
    fn the_topic_that_a_header_names_is_found() {
        let mut found = Found { ranks: [u8::MAX; 3], ..Found::default() };
        found.scan(b"on_command{topic=antenna.reserve kind=\"busy\"}", Region::Header);
        assert_eq!(found.topic.map(|at| found.text(at)), Some(&b"antenna.reserve"[..]));
    }

    #[test]
    fn headers_are_found_with_or_without_a_name() {
        check(&format!("consumed 00-{T}-{S}-01 from shipments"), Some(T), Some(S));
        check(&format!("SELECT 1 /*db='x',traceparent='00-{T}-{S}-01'*/"), Some(T), Some(S));
        check(&format!("headers {{'b3': '{T}-{S}-1'}}"), Some(T), Some(S));
        check(&format!("HTTP_X_B3_TRACEID={T} HTTP_X_B3_SPANID={S}"), Some(T), Some(S));
        check(&format!("uber-trace-id: {T}:{S}:0:03"), Some(T), Some(S));
        check(&format!("[{T},{S}] <- order.placed"), Some(T), Some(S));
    }

    #[test]
    fn what_only_looks_like_an_id_is_none() {
        for text in [
            "deployed commit 2ce08771199d4c364d1de1ec2ff395d362b4fdd1",
            "etag 9e107d9d372bb6826bd81d3542a419d6 matched",
            "image orders@sha256:ba5250ce4cfb8708a98ebcf496b1b3cfcf6cc7fe8f6d4425150838af1dde5063",
            "Stack trace: see the attached file",
            "config trace=true span=false",
            "traceId: undefined, spanId: undefined",
            "trace_id=0 span_id=0",
            "customer 8242a861-8f99-45cf-a85a-66346c6f547c updated",
        ] {
            check(text, None, None);
        }
    }

    #[test]
    fn values_are_kept_under_the_name_or_word_before_them() {
        keys(
            "order ORD-179652 created for request req-23f1",
            &[("order", "ORD-179652"), ("request", "req-23f1")],
        );
        keys(
            "-> stock.reserved order=ORD-1 msg=e9670498-a2ce-43f3-9db2-7b20cbc960f8",
            &[("order", "ORD-1"), ("msg", "e9670498-a2ce-43f3-9db2-7b20cbc960f8")],
        );
        keys("status: ok; next: none", &[]);
        keys("sale=ORD-1 msg=evt-5e01: accruing", &[("sale", "ORD-1"), ("msg", "evt-5e01")]);
        keys(
            "got it, evt=evt_a78c of cmd=2a58bf35-6fe0-4465-a170-4c6b1d23576b.",
            &[("evt", "evt_a78c"), ("cmd", "2a58bf35-6fe0-4465-a170-4c6b1d23576b")],
        );
        keys("order ORD-1234: 86", &[("order", "ORD-1234"), ("value", "86")]);
        keys(
            "settled [ORD-1, ORD-2,ORD-3], 86",
            &[("settled", "ORD-1"), ("settled", "ORD-2"), ("settled", "ORD-3"), ("value", "86")],
        );
        keys("looking up query=ORD-7731 of stmt=ABC-9921X", &[("query", "ORD-7731"), ("stmt", "ABC-9921X")]);
        keys("invoice 20251101: paid", &[("invoice", "20251101")]);
        keys("published to topic orders partition 2", &[("partition", "2")]);
    }

    #[test]
    fn requests_are_told_by_method_and_path() {
        for (text, method, path) in [
            ("GET /holders/H10374 200 22ms", "GET", "/holders/H10374"),
            (
                "HTTP Request: GET http://127.0.0.1:7404/holders/H10374 \"HTTP/1.1 200 OK\"",
                "GET",
                "/holders/H10374",
            ),
            ("calling POST https://orders/v1/items?page=2 for 7", "POST", "/v1/items"),
            ("Started POST \"/orders/7/lines\" for 10.0.0.7 at 2026-11-30", "POST", "/orders/7/lines"),
            ("GET \"/orders/7\", parameters={}", "GET", "/orders/7"),
        ] {
            let found = found(text);
            let told = |at: Option<At>| at.map(|at| String::from_utf8_lossy(found.text(at)).into_owned());
            assert_eq!(told(found.method).as_deref(), Some(method), "{text}");
            assert_eq!(told(found.route).as_deref(), Some(path), "{text}");
        }
    }

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, nanos) in [
            ("reserved in 97 ms", 97_000_000),
            ("query took 1.5s", 1_500_000_000),
            ("duration_ms=12", 12_000_000),
            ("elapsed 250us", 250_000),
            ("GET /holders/H10374 200 22ms corr=FN0s1oZLh6g", 22_000_000),
            ("GET /orders/7 200 12.5 ms - 48", 12_500_000),
            ("POST http://stock:8080/items -> 201 (656ms)", 656_000_000),
            ("deposit of B-78415: ok (36 ms)", 36_000_000),
            ("charge captured (1.5s).", 1_500_000_000),
            ("two seats reserved for SALE-963 in 11 ms", 11_000_000),
            ("cage 4 of RND-1: 185 chips read in 103 ms, kind=case", 103_000_000),
            ("bureau OK 122 ms, points=665", 122_000_000),
            ("quote FIX24 req=r-dc6 cached 17.3ms", 17_300_000),
            ("insert into seats values (?) [6.8 ms]", 6_800_000),
            ("BEGIN; COMMIT; -- 7.8ms {\"order\":\"a\"}", 7_800_000),
            ("GET /contracts/V-704442 -> active in 13.2 ms", 13_200_000),
            ("scored claim KFZ-26 => :clear in 40ms", 40_000_000),
            ("status OPTIMAL, 2189 branches, wall 0.142s", 142_000_000),
        ] {
            assert_eq!(found(text).duration, Some(nanos), "{text}");
        }
        for (text, no_unit) in [("duration=12ms", false), ("duration=1.5s a", false), ("duration=12", true)] {
            assert_eq!(found(text).no_unit, no_unit, "{text}");
        }
        assert_eq!(found("retrying in 500 ms").duration, None);
        assert_eq!(found("courier to be called in 500 ms").duration, None);
        for text in [
            "GET /orders/7 sleeps 20ms",
            "mail rejected, next attempt in 500 ms",
            "job failed (retry in 3 s)",
            "order 123 arrives in 500 ms",
            "hook timed out (limit 500 ms)",
            "reminder scheduled for BKG-7 in 900 ms",
            "gave up (timeout 500 ms)",
            "waiting for the lock (500 ms)",
            "cache entry kept for 500 ms",
            "GET /orders/7 wakes up in 20ms",
            "heartbeat every 500 ms",
            "clock skew 20 ms",
            "order 7: 5s",
            "window of 30 ms closed by timer",
        ] {
            assert_eq!(found(text).duration, None, "{text}");
        }
        assert_eq!(found("item 00f067aa0ba902ed in 500 ms").duration, None);
        assert_eq!(duration(b"2m3.5s", 0), Some(123_500_000_000));
        assert_eq!(duration(b"PT0.25S", 0), Some(250_000_000));
        assert_eq!(duration(b"abc", 1), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            for region in [Region::Header, Region::Message, Region::Ids] {
                let mut found = Found::default();
                found.scan(&text, region);
            }
        }

        #[test]
        fn any_text_around_an_id_is_survived(before in "[a-z =:\"'{}\\\\,]{0,30}", after in "[a-z =:\"'{}\\\\,]{0,30}") {
            let mut found = Found::default();
            found.scan(format!("{before}{T}{after}").as_bytes(), Region::Message);
        }
    }
}
