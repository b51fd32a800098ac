//! Ids in lines of access logs, which only their place tells.

use super::scan::IN_TEXT;
use super::tape::Step;
use super::{Found, Scheme, id};
use crate::record::Layer;

impl Found {
    /// A UUID, or 32 hex digits, in quotes in an access log is the request's id (Envoy's default format has it as its fifth quoted field).
    pub(super) fn quoted_uuid(&mut self, layer: &Layer<'_>) {
        for part in &layer.draft.free {
            let text = part.of(layer.text);
            if self.step(|tape| tape.part(text).map(Step::QuotedUuid), |found| found.uuid_in_quotes(text)) {
                return;
            }
        }
    }

    /// Whether a part of an access log holds the request's id.
    pub(super) fn uuid_in_quotes(&mut self, text: &[u8]) -> bool {
        // "TRACE" "SPAN"
        let mut quoted = text.split(|&byte| byte == b'"').skip(1).step_by(2);
        while let Some(word) = quoted.next() {
            if word.len() == 32
                && let Some(trace) = id::exact_trace(word)
                && let Some(span) = quoted.clone().next().and_then(id::exact_span)
            {
                self.set_trace(IN_TEXT, trace, Scheme::Plain);
                self.set_span(IN_TEXT, span);
                return true;
            }
        }
        // Kuma: "TRACE" "UUID of the request"
        let mut quoted = text.split(|&byte| byte == b'"').skip(1).step_by(2);
        while let Some(word) = quoted.next() {
            let next = quoted.clone().next().unwrap_or_default();
            if word.len() == 32
                && next.len() == 36
                && let Some(trace) = id::exact_trace(word)
                && id::uuid(next).is_some_and(|bits| bits != 0)
            {
                self.set_trace(IN_TEXT, trace, Scheme::Plain);
                self.add_id(b"request_id", next);
                return true;
            }
        }
        let last = text.trim_ascii_end().rsplit(|&byte| byte == b' ').next().unwrap_or_default();
        let mut before: &[u8] = b"";
        for word in text.split(|&byte| byte == b'"') {
            // "etag="…"" has a name
            let named = std::mem::replace(&mut before, word).ends_with(b"=");
            if named {
                continue;
            }
            let uuid = word.len() == 36 && id::uuid(word).is_some_and(|bits| bits != 0);
            if uuid || word.len() == 32 && id::exact_trace(word).is_some() {
                self.add_id(b"request_id", word);
                // Envoy: "UUID of the request" … TRACE
                if let Some(trace) = id::exact_trace(last).filter(|_| uuid && last.len() == 32) {
                    self.set_trace(IN_TEXT, trace, Scheme::Plain);
                }
                return true;
            }
        }
        if is_unique_id(last) {
            self.add_id(b"unique_id", last);
            return false;
        }
        // morgan's tokens and others without quotes
        let bare = text.split(|&byte| byte == b'"').step_by(2).flat_map(|part| {
            // HAProxy's captured headers: "{UUID|host}"
            part.split(|byte| matches!(byte, b' ' | b'{' | b'|' | b'}' | b'[' | b']' | b'(' | b')'))
        });
        let mut uuids = bare.filter(|word| word.len() == 36 && id::uuid(word).is_some_and(|bits| bits != 0));
        if let Some(word) = uuids.next() {
            self.add_id(b"request_id", word);
            return true;
        }
        // ingress-nginx ends its lines with $req_id
        if last.len() == 32 && id::exact_trace(last).is_some() {
            self.add_id(b"request_id", last);
        }
        false
    }
}

/// `7F000001:A8CA_7F000001:46A2_6B0A9383_0000:0358`: client, frontend, time, count and process in capital hex digits.
/// Source: HAProxy's documentation of `unique-id-format`.
pub(super) fn is_unique_id(word: &[u8]) -> bool {
    let hex = |part: &[u8]| {
        !part.is_empty() && part.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'A'..=b'F'))
    };
    let parts = || word.split(|byte| matches!(byte, b':' | b'_'));
    (24..=128).contains(&word.len()) && parts().count() == 7 && parts().all(hex)
}
