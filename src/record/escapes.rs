//! Terminal escape sequences.

use memchr::memchr;

/// Appends `text` without terminal escape sequences (ECMA-48: CSI, OSC and two-byte ones).
pub(super) fn strip_escapes(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr(0x1b, rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let taken = match rest.first() {
            Some(b'[') => rest[1..]
                .iter()
                .position(|byte| (0x40..=0x7e).contains(byte))
                .map_or(rest.len(), |length| length + 2),
            Some(b']') => {
                let bell = memchr(7, rest);
                let end = memchr::memmem::find(rest, b"\x1b\\").map(|at| at + 1);
                bell.into_iter().chain(end).min().map_or(0, |at| at + 1)
            }
            Some(b'(' | b')') => 2.min(rest.len()),
            Some(0x30..=0x7e) => 1,
            _ => 0,
        };
        rest = &rest[taken..];
    }
    out.extend_from_slice(rest);
}
