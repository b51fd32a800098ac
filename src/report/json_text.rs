//! JSON strings of bytes that may not be UTF-8.

use std::io::{self, Write};

/// Appends `text` as a JSON string; what is not UTF-8 becomes U+FFFD.
pub fn string(text: &[u8], out: &mut Vec<u8>) {
    // most texts stand for themselves
    if is_plain(text) {
        out.push(b'"');
        out.extend_from_slice(text);
        return out.push(b'"');
    }
    let text = String::from_utf8_lossy(text);
    // writing to a Vec does not fail
    let _ = serde_json::to_writer(&mut *out, &*text);
}

/// Whether a text is of printable ASCII that needs no escaping.
pub(super) fn is_plain(text: &[u8]) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = 0x80 * ONES;
    let is_one = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    let (eights, rest) = text.as_chunks();
    // each tells whether any of eight bytes is so
    let below = |word: u64, least: u8| word.wrapping_sub(u64::from(least) * ONES) & !word;
    let has = |word: u64, byte: u8| below(word ^ (u64::from(byte) * ONES), 1);
    let is_eight = |eight: &[u8; 8]| {
        let word = u64::from_le_bytes(*eight);
        let others = word | below(word, b' ') | has(word, b'"') | has(word, b'\\') | has(word, 0x7f);
        others & HIGH == 0
    };
    eights.iter().all(is_eight) && rest.iter().all(is_one)
}

/// Appends a number.
pub fn decimal(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return out.extend_from_slice(&digits[first..]);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_are_written_as_the_library_does(
            text in "([ -~]{0,20}|[\\x00-\\x7f]{0,20}|\\PC{0,12}|[a-z]{0,20}[\"\\\\\\x1f\\x7f !~])",
            value in any::<u64>(),
            shift in 0..64u32,
        ) {
            let mut out = Vec::new();
            string(text.as_bytes(), &mut out);
            prop_assert_eq!(String::from_utf8_lossy(&out), serde_json::to_string(&text).expect("a text"));
            out.clear();
            decimal(value >> shift, &mut out);
            prop_assert_eq!(String::from_utf8_lossy(&out), (value >> shift).to_string());
        }
    }
}
