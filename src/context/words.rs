//! Words that tell what a record is about.

use crate::model::HeaderRole;

/// Whether a message speaks of something received or of something sent; by the first word that tells.
pub(super) fn header_role(message: &[u8]) -> HeaderRole {
    for word in message.split(|byte| !byte.is_ascii_alphabetic() && !matches!(byte, b'<' | b'>' | b'-')) {
        match direction(word) {
            HeaderRole::Unknown => {}
            role => return role,
        }
    }
    HeaderRole::Unknown
}

/// What one word says of the direction.
pub(super) fn direction(word: &[u8]) -> HeaderRole {
    let mut lower = [0u8; 16];
    let Some(folded) = lower.get_mut(..word.len()) else { return HeaderRole::Unknown };
    folded.copy_from_slice(word);
    folded.make_ascii_lowercase();
    match &*folded {
        b"received" | b"receive" | b"receiving" | b"recv" | b"incoming" | b"inbound" | b"consumed"
        | b"consume" | b"consuming" | b"got" | b"accepted" | b"extracted" | b"extract" | b"delivered"
        | b"delivery" | b"handling" | b"processing" | b"dequeued" | b"polled" | b"picked" | b"<-"
        | b"<--" => HeaderRole::Incoming,
        b"sent" | b"send" | b"sending" | b"outgoing" | b"outbound" | b"forwarding" | b"forwarded"
        | b"forward" | b"published" | b"publish" | b"publishing" | b"produced" | b"produce" | b"emitted"
        | b"emit" | b"injected" | b"inject" | b"injecting" | b"calling" | b"call" | b"enqueued"
        | b"dispatched" | b"dispatching" | b"propagating" | b"->" | b"-->" => HeaderRole::Outgoing,
        _ => HeaderRole::Unknown,
    }
}

/// Words that name digests, secrets and addresses of hardware wherever they stand in a name.
const DIGESTS: &[&[u8]] = &[
    b"commit",
    b"sha",
    b"sha1",
    b"sha256",
    b"sha512",
    b"md5",
    b"digest",
    b"checksum",
    b"etag",
    b"fingerprint",
    b"thumbprint",
    b"build",
    b"hmac",
    b"nonce",
    b"mac",
    b"password",
    b"secret",
    b"signature",
    b"crc",
    b"crc32",
];

/// Words that do so where separators part them from others: `addressId` and the like name things of the business.
const APART: &[&[u8]] = &[
    b"md5sum",
    b"sha1sum",
    b"sha256sum",
    b"hash",
    b"image",
    b"revision",
    b"rev",
    b"color",
    b"colour",
    b"sig",
    b"token",
    b"apikey",
    b"cookie",
    b"address",
    b"addr",
    b"pointer",
    b"ptr",
    b"vcs",
    b"gitsha",
    b"githash",
    b"cert",
    b"auth",
    b"authorization",
    b"bearer",
    b"salt",
    b"imageid",
    b"layer",
    b"blob",
    b"tree",
    b"ja3",
];

/// Names whose values are digests, colours, addresses and secrets, never ids: `image.digest`, `x-auth-token`, `commitId`.
pub(super) fn names_a_digest(name: &[u8]) -> bool {
    let last = name.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or(name);
    let first = name.split(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or(name);
    let is = |list: &[&[u8]], part: &[u8]| list.iter().any(|word| part.eq_ignore_ascii_case(word));
    [first, last].iter().any(|part| is(DIGESTS, part) || is(APART, part)) || {
        let begins = |at: &usize| last[*at].is_ascii_uppercase() && last[*at - 1].is_ascii_lowercase();
        let humps = (1..last.len()).find(begins).zip((1..last.len()).rfind(begins));
        humps.is_some_and(|(from, to)| is(DIGESTS, &last[..from]) || is(DIGESTS, &last[to..]))
    }
}

/// Whether a word is a value where a name is expected: `ORD-1234`, `SHP-8DM5C5Y`, a number, an id in hex digits.
pub(super) fn is_a_value(name: &[u8]) -> bool {
    /// Names have no more digits: `x-b3-traceid`, `iso-8859-1`.
    const MAX_DIGITS: usize = 5;
    /// A number behind a dash tells things apart from so many digits on, a code of capitals and digits if it is longer.
    const NUMBER: usize = 3;
    let digits = |part: &[u8]| part.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits(name) > MAX_DIGITS {
        return true;
    }
    let last = name.rsplit(|&byte| byte == b'-').next().unwrap_or_default();
    let is_code = || {
        last.len() > NUMBER
            && last.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && digits(last) > 0
    };
    last.len() < name.len() && (last.len() >= NUMBER && digits(last) == last.len() || is_code())
}

/// Writes a name in lower case without what is no letter or digit: `orderId` and `order-id` as `orderid`.
pub(super) fn bare(name: &[u8], out: &mut Vec<u8>) {
    let inner = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte >= 0x80;
    out.extend(name.iter().filter(inner).map(u8::to_ascii_lowercase));
}

/// Writes a name in lower case with underscores between its words: `orderId` and `order-id` as `order_id`.
pub(super) fn snake(name: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let mut before = b'_';
    for (index, &byte) in name.iter().enumerate() {
        let inner = byte.is_ascii_alphanumeric() || byte >= 0x80;
        let ends_capitals =
            before.is_ascii_uppercase() && name.get(index + 1).is_some_and(u8::is_ascii_lowercase);
        let begins = byte.is_ascii_uppercase() && (before.is_ascii_lowercase() || ends_capitals);
        if (begins || !inner) && out.len() > start && out.last() != Some(&b'_') {
            out.push(b'_');
        }
        if inner {
            out.push(byte.to_ascii_lowercase());
        }
        before = byte;
    }
    if out.len() > start && out.last() == Some(&b'_') {
        out.pop();
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_are_told_from_names() {
        for (word, is) in [
            ("ORD-1234", true),
            ("SHP-8DM5C5Y", true),
            ("NB-06", false),
            ("x-b3-traceid", false),
            ("X-B3-TRACEID", false),
            ("iso-8859-1", false),
            ("X-REQUEST-ID", false),
        ] {
            assert_eq!(super::is_a_value(word.as_bytes()), is, "{word}");
        }
    }

    #[test]
    fn names_are_written_in_one_way() {
        for (name, expected) in [
            ("orderId", "order_id"),
            ("order-id", "order_id"),
            ("HTTPRequestID", "http_request_id"),
            ("a.b_", "a_b"),
            ("IDs", "i_ds"),
        ] {
            let mut out = Vec::new();
            super::snake(name.as_bytes(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
    }
}
