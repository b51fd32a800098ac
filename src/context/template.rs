//! The template of a message: its words with the variable parts masked.
//!
//! A pure function of the message, so that no order of arrival shows. Variable are a word with a digit in it, a quoted text, a
//! word of letters alone that is one of many ids by its case or by the name before it, and whether a broker delivers a
//! message anew. Everything else is constant.

use crate::model::Symbol;
use std::ops::Range;

/// Stands for a variable part.
const MASK: &[u8] = b"<*>";
/// Messages are looked at up to this many bytes: what comes later tells no templates apart.
pub(super) const MAX_MESSAGE: usize = 400;

/// Writes the template to `out`, which is emptied first: the logger, a zero byte, and the message with `<*>` for its
/// variable parts. Gives the template's symbol and where the message begins.
pub(super) fn write(logger: &[u8], message: &[u8], out: &mut Vec<u8>) -> (Symbol, usize) {
    out.clear();
    out.extend_from_slice(logger);
    out.push(0);
    let start = out.len();
    parts(message, |part| out.extend_from_slice(part));
    (Symbol::of(out), start)
}

/// The template's text: the message with `<*>` for its variable parts.
pub(super) fn text(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len().min(MAX_MESSAGE));
    parts(message, |part| out.extend_from_slice(part));
    out
}

/// Hands out the constant parts and masks in order.
fn parts(message: &[u8], mut take: impl FnMut(&[u8])) {
    let message = &message[..message.len().min(MAX_MESSAGE)];
    let message = memchr::memchr(b'\n', message).map_or(message, |end| &message[..end]);
    let mut at = 0;
    // the constant part since the last variable one, if there was one
    let (mut constant, mut masked) = (0, false);
    // the word before
    let mut before = 0..0;
    while at < message.len() {
        let byte = message[at];
        if is(byte, BEGINS) {
            let start = at;
            let mut marks = 0;
            while at < message.len() && is(message[at], WORD) {
                marks |= CLASS[usize::from(message[at])];
                at += 1;
            }
            let digit = marks & DIGIT != 0;
            let mut end = at;
            while matches!(message[end - 1], b'-' | b'.') {
                end -= 1;
            }
            if digit || end - start >= MIN_LETTERS && names(message, before, start..end, marks) {
                // however many values a list has, it is one part
                let goes_on = masked && matches!(&message[constant..start], b"," | b", ");
                if !goes_on {
                    take(&message[constant..start]);
                    take(MASK);
                }
                (constant, masked) = (end, true);
            }
            before = start..end;
        } else if matches!(byte, b'"' | b'\'') && (at == 0 || !message[at - 1].is_ascii_alphanumeric()) {
            let length = memchr::memchr(byte, &message[at + 1..]).unwrap_or(0);
            if length > 0 {
                take(&message[constant..=at]);
                take(MASK);
                (constant, masked) = (at + 1 + length, false);
                at = constant;
            }
            at += 1;
        } else {
            at += 1;
        }
    }
    take(&message[constant..]);
}

/// Shorter words of letters alone are no ids.
const MIN_LETTERS: usize = 4;
/// Words of letters alone after the name of an id are ids from this length on.
const MIN_NAMED: usize = 6;
/// Words of letters alone whose case changes as if thrown are ids from this length on.
const MIN_THROWN: usize = 10;

/// Whether a word of letters alone is a value: an id by its case or by the name before it, or whether a message is
/// delivered anew, as AMQP, JMS and others flag it.
fn names(message: &[u8], before: Range<usize>, word: Range<usize>, marks: u8) -> bool {
    let text = &message[word.clone()];
    let mixed = marks & UPPER != 0 && marks & LOWER != 0;
    if mixed && is_thrown(text) {
        return true;
    }
    let name = &message[before.clone()];
    let flag = text.len() <= 5 && (text.eq_ignore_ascii_case(b"true") || text.eq_ignore_ascii_case(b"false"));
    if flag {
        let start = name.len().saturating_sub(REDELIVERED.len());
        return name[start..].eq_ignore_ascii_case(REDELIVERED);
    }
    text.len() >= MIN_NAMED
        && word.start == before.end + 1
        && matches!(message[before.end], b'=' | b':')
        && names_an_id(name)
}

/// Says of a message that it was delivered before.
const REDELIVERED: &[u8] = b"redelivered";

/// Whether the case of letters changes as often as if each were thrown: names change it once or twice a word.
pub(super) fn is_thrown(word: &[u8]) -> bool {
    let is_letter = |pair: &&[u8]| pair.iter().all(u8::is_ascii_alphabetic);
    let pairs = word.windows(2).filter(is_letter);
    let changes = pairs.clone().filter(|pair| pair[0].is_ascii_uppercase() != pair[1].is_ascii_uppercase());
    word.len() >= MIN_THROWN && 20 * changes.count() >= 9 * pairs.count().max(MIN_THROWN - 1)
}

/// Whether a name ends in "id" as a word of its own.
fn names_an_id(name: &[u8]) -> bool {
    match name {
        [.., before, b'i', b'd'] => !before.is_ascii_alphanumeric(),
        [.., before, b'I', b'D'] => !before.is_ascii_uppercase(),
        [.., before, b'I', b'd'] => before.is_ascii_lowercase() || before.is_ascii_digit(),
        _ => matches!(name, b"id" | b"ID" | b"Id"),
    }
}

/// Bytes of words.
const WORD: u8 = 1;
/// Bytes that words begin with.
const BEGINS: u8 = 1 << 1;
/// Digits.
const DIGIT: u8 = 1 << 2;
/// Small letters.
const LOWER: u8 = 1 << 3;
/// Capital letters.
const UPPER: u8 = 1 << 4;

static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => WORD | BEGINS | DIGIT,
            b'a'..=b'z' => WORD | BEGINS | LOWER,
            b'A'..=b'Z' => WORD | BEGINS | UPPER,
            b'_' => WORD | BEGINS,
            b'-' | b'.' | 0x80.. => WORD,
            _ => 0,
        };
        byte += 1;
    }
    table
};

#[inline]
fn is(byte: u8, class: u8) -> bool {
    CLASS[usize::from(byte)] & class != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: &str) {
        assert_eq!(String::from_utf8_lossy(&text(message.as_bytes())), expected);
    }

    #[test]
    fn variable_words_are_masked() {
        check("order ORD-179652 created for request req-23f1", "order <*> created for request <*>");
        check(
            "published order.placed message_id=9c754793-80fa-438e-8a8a-6337a9745a2a",
            "published order.placed message_id=<*>",
        );
        check("GET /api/items/97816?q=a took 12ms", "GET /api/items/<*>?q=a took <*>");
        check("order 5 said \"ready\" to hana", "order <*> said \"<*>\" to hana");
        check("it's bob's basket", "it's bob's basket");
        check("done.", "done.");
        check("3 arrivals: CNF-66, CNF-46, CNF-57 of T1", "<*> arrivals: <*> of <*>");
        check("batch [RC-12,RC-13] of 2, 7 left", "batch [<*>] of <*> left");
    }

    #[test]
    fn ids_without_digits_are_masked_as_those_with_digits_are() {
        check("loaded meter jlXulDVhSOas", "loaded meter <*>");
        check("arrived (request_id=DSKRBGMPEK)", "arrived (request_id=<*>)");
        check("arrived (requestId:dskrbgmpek)", "arrived (requestId:<*>)");
        check("valid=DSKRBGMPEK", "valid=DSKRBGMPEK");
        check("received, redelivered false", "received, redelivered <*>");
        check("JMSRedelivered=TRUE approved=true", "JMSRedelivered=<*> approved=true");
        for name in ["HTTPServerConnection", "AlertsService.onChunkCompressed", "MySqlDbConnection"] {
            check(name, name);
        }
    }

    fn symbol(logger: &[u8], message: &[u8]) -> Symbol {
        write(logger, message, &mut Vec::new()).0
    }

    #[test]
    fn equal_templates_have_equal_symbols() {
        assert_eq!(symbol(b"", b"order 1 done"), symbol(b"", b"order 22 done"));
        assert_ne!(symbol(b"", b"order 1 done"), symbol(b"", b"order 1 failed"));
        assert_ne!(symbol(b"a", b"x"), symbol(b"b", b"x"));
    }
}
