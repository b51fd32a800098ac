//! What stands in for a record's time, level and message where no field of a usual name gives them.

use super::names::{self, NameHash, Role};
use super::pick::{level_of, time_of};
use super::{Draft, Field, Writing};
use crate::model::{Date, Stamp};

/// Words of a name that speak of when something was recorded.
const TIMES: &[&[u8]] =
    &[b"time", b"timestamp", b"date", b"datetime", b"ts", b"at", b"epoch", b"stamp", b"isodate", b"written"];
/// Words of a name by which a time is that of something else.
const OTHER_TIMES: &[&[u8]] = &[
    b"expire",
    b"expires",
    b"expiry",
    b"expiration",
    b"due",
    b"birth",
    b"valid",
    b"until",
    b"deadline",
    b"next",
    b"last",
    b"end",
    b"ends",
    b"delivery",
    b"scheduled",
    b"modified",
    b"updated",
    b"boot",
    b"build",
    b"first",
    b"since",
    b"not",
];

/// Completes what [`super::pick`] left open.
pub(super) fn complete(text: &[u8], draft: &mut Draft) {
    if draft.stamp.is_none() {
        draft.stamp = wrapped_time(text, &draft.fields).or_else(|| named_time(text, &draft.fields));
    }
    if draft.level.is_none() && draft.message.is_none() {
        inner_record(text, draft);
    }
}

/// MongoDB's extended JSON: `{"ts": {"$date": …}}`, `{"$date": {"$numberLong": "…"}}`.
fn wrapped_time(text: &[u8], fields: &[Field]) -> Option<Stamp> {
    let wrapper = |name: &[u8]| matches!(name, b"$date" | b"$numberLong");
    let field = fields.iter().find(|field| {
        field.name.of(text) == b"$date" || wrapper(field.name.of(text)) && field.parent.of(text) == b"$date"
    })?;
    time_of(field.value.of(text), field.writing)
}

/// A field at the top whose name speaks of a time and whose value is one, with its date.
fn named_time(text: &[u8], fields: &[Field]) -> Option<Stamp> {
    fields
        .iter()
        .filter(|field| field.top && matches!(field.role, Role::Other | Role::Time | Role::Noise))
        .filter(|field| field.value.len >= 8 && names_a_time(field.name.of(text)))
        .filter_map(|field| time_of(field.value.of(text), field.writing))
        .find(|stamp| stamp.date == Date::Full)
}

fn names_a_time(name: &[u8]) -> bool {
    let mut speaks = false;
    let mut word = [0u8; 16];
    let mut length = 0;
    let mut before = 0u8;
    for index in 0..=name.len() {
        let byte = name.get(index).copied().unwrap_or(b'_');
        let hump = byte.is_ascii_uppercase() && before.is_ascii_lowercase();
        if !byte.is_ascii_alphabetic() || hump {
            let written = &word[..length];
            if OTHER_TIMES.contains(&written) {
                return false;
            }
            // "datetime", "logtime", "ibmDatetime"
            speaks |=
                TIMES.contains(&written) || written.ends_with(b"time") || written.ends_with(b"timestamp");
            length = 0;
        }
        if byte.is_ascii_alphabetic() && length < word.len() {
            word[length] = byte.to_ascii_lowercase();
            length += 1;
        }
        before = byte;
    }
    speaks
}

/// A container that holds a level and a message is the record itself, whatever it is called.
fn inner_record(text: &[u8], draft: &mut Draft) {
    let meaning = |field: &Field| {
        let name = field.name.of(text);
        names::lookup_name(NameHash::of(name), true).map(|known| (known.role, known.rank))
    };
    let best = |role: Role, parent: &[u8]| {
        let fields = draft.fields.iter().filter(|field| field.parent.of(text) == parent);
        let known = fields.filter_map(|field| {
            meaning(field).filter(|(found, _)| *found == role).map(|(_, rank)| (rank, field))
        });
        known.min_by_key(|(rank, _)| *rank).map(|(_, field)| *field)
    };
    let messages = draft.fields.iter().filter(|field| {
        !field.parent.is_empty()
            && matches!(field.writing, Writing::Plain | Writing::Escaped)
            && !field.value.is_empty()
            && meaning(field).is_some_and(|(role, _)| role == Role::Message)
    });
    for parent in messages.map(|field| field.parent).take(8) {
        let parent = parent.of(text);
        let (Some(level), Some(message)) = (best(Role::Level, parent), best(Role::Message, parent)) else {
            continue;
        };
        let Some(found) = level_of(level.value.of(text), &level, text) else { continue };
        let time = best(Role::Time, parent).and_then(|field| time_of(field.value.of(text), field.writing));
        draft.level = Some(found);
        draft.message = Some((message.value, message.writing));
        draft.stamp = time.or(draft.stamp);
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_whether_they_speak_of_the_records_time() {
        for name in
            ["written_at", "request_timestamp", "ISODATE", "ibm_datetime", "logTime", "event_ts", "epochMs"]
        {
            assert!(names_a_time(name.as_bytes()), "{name}");
        }
        for name in ["expires_at", "dueDate", "status", "format", "attempts", "delivery_date", "state"] {
            assert!(!names_a_time(name.as_bytes()), "{name}");
        }
    }
}
