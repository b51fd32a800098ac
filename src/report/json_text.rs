//! JSON strings of bytes that may not be UTF-8.

use std::io::{self, Write};

/// Appends `text` as a JSON string; what is not UTF-8 becomes U+FFFD.
pub fn string(text: &[u8], out: &mut Vec<u8>) {
    // most texts stand for themselves
    if text.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
        out.push(b'"');
        out.extend_from_slice(text);
        return out.push(b'"');
    }
    let text = String::from_utf8_lossy(text);
    // writing to a Vec does not fail
    let _ = serde_json::to_writer(&mut *out, &*text);
}

/// Appends `"name":` with a comma before it unless the object has just been opened.
pub fn name(name: &str, out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    string(name.as_bytes(), out);
    out.push(b':');
}

/// Appends a member with a text.
pub fn member(key: &str, text: &[u8], out: &mut Vec<u8>) {
    name(key, out);
    string(text, out);
}

/// Appends a member whose text needs no escaping.
pub fn plain(key: &str, text: impl std::fmt::Display, out: &mut Vec<u8>) {
    name(key, out);
    let _: io::Result<()> = write!(out, "\"{text}\"");
}

/// Appends a member with a number.
pub fn number(key: &str, number: impl std::fmt::Display, out: &mut Vec<u8>) {
    name(key, out);
    let _: io::Result<()> = write!(out, "{number}");
}
