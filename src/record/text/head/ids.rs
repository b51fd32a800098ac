//! What ids look like that nothing names, and groups that name theirs.

use super::kinds::{is_uuid, looks_like_id};
use crate::record::text::names_context;
use crate::record::text::remarks::names_a_span;

/// A UUID, 16 or 32 hex digits, or two such ids.
pub fn is_bare_id(word: &[u8]) -> bool {
    let hex = |part: &[u8]| {
        matches!(part.len(), 16 | 32)
            && part.iter().all(u8::is_ascii_hexdigit)
            && part.iter().any(u8::is_ascii_digit)
            && (part.len() == 32 || part.iter().any(u8::is_ascii_alphabetic))
    };
    // of a pair the second one may be of digits alone: one of about two thousand span ids is
    is_uuid(word)
        || hex(word)
        || word.len() == 49
            && !word[32].is_ascii_alphanumeric()
            && hex(&word[..32])
            && word[33..].iter().all(u8::is_ascii_hexdigit)
}

/// Whether a group names a trace or a span and holds its id, whatever stands between the two: `trace 4bf9…, span 00f0…`,
/// `trace=4bf9… span=00f0…`. Ids that are none (`trace= span=`) count too.
pub fn names_ids(inside: &[u8]) -> bool {
    let mut words = inside
        .split(|byte| matches!(byte, b' ' | b',' | b';' | b'=' | b':' | b'|' | b'/'))
        .filter(|word| !word.is_empty());
    let Some(name) = words.next().filter(|name| names_a_span(name)) else { return false };
    let rest = &inside[name.len()..];
    rest.starts_with(b"=") || !rest.is_empty() && words.all(|word| names_context(word) || looks_like_id(word))
}

/// Several ids with commas, slashes or colons between them.
pub(super) fn is_id_list(word: &[u8]) -> bool {
    word.len() > 32 && word.split(|byte| matches!(byte, b',' | b'/' | b':' | b';')).all(is_bare_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_id_of_digits_alone_is_one_beside_its_trace_id() {
        assert!(is_bare_id(b"9574eacd5166e877bc9d6cf3fa2b3839:0110711626210521"));
        assert!(!is_bare_id(b"0110711626210521"));
        assert!(!is_bare_id(b"9574eacd5166e877bc9d6cf3fa2b3839:01107116262105zz"));
    }
}
