//! Requests in free text: their method, path and status, and UUIDs that only their place beside them tells.

use super::path_keys;
use crate::context::Found;
use crate::context::tape::Step;
use crate::record::access;

/// What HTTP may do with a path.
pub(super) const METHODS: &[&[u8]] = &[b"GET", b"POST", b"PUT", b"DELETE", b"PATCH", b"HEAD", b"OPTIONS"];

/// A request begins within so many bytes before the first number behind it.
const REQUEST_WITHIN: usize = 256;

impl Found {
    /// `GET /orders/7 200`: what ends in a status says that a request was answered.
    pub(super) fn answered(&mut self, before: &[u8]) -> bool {
        if self.method.is_none() {
            return false;
        }
        // `-> 200 (12ms)`
        let before = before.strip_suffix(b"(").unwrap_or(before).trim_ascii_end();
        let status = &before[before.len().saturating_sub(4)..];
        self.same_length(status);
        matches!(status, [b' ', b'1'..=b'5', rest @ ..] if rest.len() == 2 && rest.iter().all(u8::is_ascii_digit))
    }

    /// `GET /orders/7` and `"POST /orders HTTP/1.1" 201`, looked for once at the first number of a message.
    pub(in crate::context) fn text_request(&mut self, text: &[u8], start: usize) {
        if self.method.is_some() || self.route.is_some() {
            return;
        }
        let near = &text[..start];
        if memchr::memrchr(b'/', near).is_none() {
            return;
        }
        self.same_end(near, REQUEST_WITHIN);
        let from = near.len().saturating_sub(REQUEST_WITHIN);
        let Some((method_start, method_end)) =
            method_before_path(&text[from..]).map(|(at, len)| (from + at, from + at + len))
        else {
            return;
        };
        let quoted = text[method_end + 1] == b'"';
        let target = method_end + 1 + usize::from(quoted);
        const SCHEMES: [&[u8]; 2] = [b"http://", b"https://"];
        let host = SCHEMES.iter().find(|scheme| text[target..].starts_with(scheme));
        let path_start = match host {
            None => target,
            Some(scheme) => {
                let host = &text[target + scheme.len()..];
                let end =
                    host.iter().position(|byte| matches!(byte, b'/' | b' ' | b'"')).unwrap_or(host.len());
                if host.get(end) != Some(&b'/') {
                    return;
                }
                target + scheme.len() + end
            }
        };
        let length = text[path_start..]
            .iter()
            .position(|byte| matches!(byte, b' ' | b'"' | b'?' | b'\'' | b'\n'))
            .unwrap_or(text.len() - path_start);
        let method = &text[method_start..method_end];
        let path = &text[path_start..path_start + length];
        self.step(
            |tape| tape.part(method).map(Step::Method),
            |found| found.method = Some(found.keep(method)),
        );
        self.put_route(path);
        path_keys(self, path);
        // a status follows a path without a host, or the quotes around the whole request
        if host.is_some() || quoted {
            return;
        }
        let rest = method_start.saturating_sub(1);
        let request = access::request(text, rest);
        if request.as_ref().is_none_or(|request| request.status.is_empty())
            && memchr::memchr(b'"', &text[rest..]).is_some()
        {
            // a number may be a status or not
            self.refuse();
        }
        if let Some(request) = request {
            let status = request.status.of(text);
            if self.status.is_none() && !status.is_empty() {
                let number = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok());
                self.step(|tape| tape.part(status).map(Step::Status), |found| found.status = number);
            }
        }
    }
}

/// Whether a UUID that nothing names stands where a request's id does: at the front of what is said, before names or a
/// request (`UUID Begin Request`, as AppSync writes it, `UUID POST /orders`), or between dashes and before a request.
pub(super) fn is_requests_column(text: &[u8], (start, end): (usize, usize), opens: bool) -> bool {
    if text.get(end) != Some(&b' ') {
        return false;
    }
    if opens {
        let mut words = text[end + 1..].split(|byte| *byte == b' ');
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let named = |word: &[u8]| {
            word.len() > 2
                && word[0].is_ascii_uppercase()
                && word.strip_suffix(b":").unwrap_or(word).iter().all(u8::is_ascii_alphabetic)
                && word.iter().any(u8::is_ascii_lowercase)
        };
        return named(first) && named(second) || METHODS.contains(&first) && second.starts_with(b"/");
    }
    let before = text[..start].strip_suffix(b" - ").unwrap_or_default();
    text[end..].starts_with(b" - ")
        && !before.is_empty()
        && (names_a_client(before) || memchr::memmem::find(&text[end..], b" HTTP/").is_some())
}

/// An HTTP method in capitals followed by a path, which may be in quotes, as Rails and Spring write it: position and length of
/// the method.
fn method_before_path(text: &[u8]) -> Option<(usize, usize)> {
    let blanks = memchr::memchr_iter(b'/', text).filter_map(|slash| {
        let before = &text[..slash];
        let address = before.strip_suffix(b"http:").or_else(|| before.strip_suffix(b"https:"));
        let before = address.unwrap_or(before);
        before.strip_suffix(b" \"").map_or(before.len().checked_sub(1), |before| Some(before.len()))
    });
    blanks.filter(|&blank| text[blank] == b' ').find_map(|blank| {
        let start = text[..blank].iter().rposition(|byte| !byte.is_ascii_uppercase()).map_or(0, |at| at + 1);
        METHODS.contains(&&text[start..blank]).then_some((start, blank - start))
    })
}

/// Whether a text is nothing but the address of a client.
fn names_a_client(text: &[u8]) -> bool {
    let parts = |mark: u8| text.iter().filter(|byte| **byte == mark).count();
    text.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'))
        && (parts(b'.') == 3 || parts(b':') > 1)
}
