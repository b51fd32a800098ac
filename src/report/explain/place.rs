//! Where in a record a value stands.

use super::words;
use crate::record::timestamp::{self, DayOrder};
use crate::record::{At, Field, Format, Layer, Record, Role, Writing};

/// A time is searched for so far from the front of a text.
const NEAR: usize = 256;
/// Texts are searched so far for ids.
const MAX_TEXT: usize = 64 << 10;

/// The text of a part of a layer, with U+FFFD for what is not UTF-8.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A text of at most so many bytes.
pub(super) fn cut(bytes: &[u8], most: usize) -> String {
    if bytes.len() <= most { text(bytes) } else { text(&bytes[..most]) + "..." }
}

/// The name of a field, with its container's.
pub(super) fn name(layer: &Layer<'_>, field: &Field) -> String {
    let own = text(layer.name(field));
    if field.parent.is_empty() || !layer.names.is_empty() {
        return own;
    }
    format!("{}.{own}", text(field.parent.of(layer.text)))
}

/// Where a part of a layer stands, in words.
pub(super) fn of(layer: &Layer<'_>, at: At) -> String {
    let inside = |outer: At| outer.start <= at.start && at.end() <= outer.end();
    let behind = name_before(&layer.text[..at.start as usize]);
    if let Some(field) = layer.draft.fields.iter().find(|field| inside(field.value)) {
        let name = name(layer, field);
        // the field's own name stands before the whole value
        return match behind.filter(|_| at.start > field.value.start + 1) {
            Some(before) => format!("field {name}, behind \"{}\"", text(before)),
            None => format!("field {name}"),
        };
    }
    if words::wraps_lines(layer.format) {
        return format!("the {} wrapping", layer.format.name());
    }
    let region = match layer.draft.message {
        Some((message, _)) if inside(message) => "message",
        Some((message, _)) if at.end() <= message.start as usize => "header",
        _ if layer.format == Format::Text => "text behind the message",
        _ => "text",
    };
    match behind {
        Some(name) => format!("{region}, behind \"{}\"", text(name)),
        None => region.to_owned(),
    }
}

/// The name that stands before a value and its separator: `trace_id=`, `"traceId": "`.
pub(super) fn name_before(text: &[u8]) -> Option<&[u8]> {
    let quote = |text: &[u8]| {
        text.strip_suffix(b"\"").or_else(|| text.strip_suffix(b"'")).map_or(text.len(), <[u8]>::len)
    };
    let bare = text[..quote(text)].trim_ascii_end();
    let name = bare.strip_suffix(b"=").or_else(|| bare.strip_suffix(b":"))?;
    let name = &name[..quote(name)];
    let start = name
        .iter()
        .rposition(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')))
        .map_or(0, |before| before + 1);
    Some(&name[start..]).filter(|name| !name.is_empty())
}

/// The first word, or value of a field, that `is` what is looked for, from the innermost layer out: as written, and where
/// it stands.
pub(super) fn find(record: &Record<'_>, is: impl Fn(&[u8]) -> bool) -> Option<(String, String)> {
    for layer in record.layers.iter().rev() {
        let mut fields = layer.draft.fields.iter().filter(|field| field.writing != Writing::Null);
        if let Some(field) = fields.find(|field| is(field.value.of(layer.text))) {
            return Some((text(field.value.of(layer.text)), of(layer, field.value)));
        }
        let mut found = None;
        words_of(layer.text, |at| {
            let whole = at.of(layer.text);
            if found.is_none() && is(whole) {
                found = Some(at);
            }
            let mut start = at.start as usize;
            for part in whole.split(|&byte| byte == b'-') {
                let at = At::new(start, start + part.len());
                if found.is_none() && is(part) {
                    found = Some(at);
                }
                start = at.end() + 1;
            }
        });
        if let Some(at) = found {
            return Some((text(at.of(layer.text)), of(layer, at)));
        }
    }
    None
}

/// Hands out the words of a text that may be ids: letters, digits, and the signs inside ids.
pub(super) fn words_of(text: &[u8], mut take: impl FnMut(At)) {
    let text = &text[..text.len().min(MAX_TEXT)];
    let within = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@');
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().position(|byte| !within(byte)).unwrap_or(text.len() - at);
        let word = &text[at..at + length];
        let kept = word.len() - word.iter().rev().take_while(|byte| matches!(byte, b'.' | b'-')).count();
        if kept > 0 {
            take(At::new(at, at + kept));
        }
        at += length + 1;
    }
}

/// Where the time of a layer is written, and what stands there.
pub(super) fn time(layer: &Layer<'_>) -> Option<(String, String)> {
    let stamp = layer.draft.stamp?;
    let orders = [DayOrder::MonthFirst, DayOrder::DayFirst];
    for field in &layer.draft.fields {
        let value = field.value.of(layer.text);
        let is = match field.role {
            Role::TimeSeconds => true,
            _ if field.writing == Writing::Number => timestamp::parse_epoch(value) == Some(stamp),
            _ => orders.iter().any(|order| timestamp::parse(value, *order) == Some(stamp)),
        };
        if is {
            return Some((text(value), of(layer, field.value)));
        }
    }
    if let Some((found, length)) = layer.text.get(1..).and_then(timestamp::parse_klog)
        && found == stamp
    {
        return Some((text(&layer.text[1..=length]), "header".to_owned()));
    }
    let starts = |&at: &usize| at == 0 || !layer.text[at - 1].is_ascii_alphanumeric();
    for at in (0..layer.text.len().min(NEAR)).filter(starts) {
        for order in orders {
            if let Some((found, length)) = timestamp::parse_prefix(&layer.text[at..], order)
                && found == stamp
            {
                let at = At::new(at, at + length);
                return Some((text(at.of(layer.text)), time_from(layer, at)));
            }
        }
    }
    None
}

fn time_from(layer: &Layer<'_>, at: At) -> String {
    if at.start == 0 && !words::wraps_lines(layer.format) {
        "front of the line".to_owned()
    } else {
        of(layer, at)
    }
}
