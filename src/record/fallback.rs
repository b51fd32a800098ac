//! What stands in for a record's time, level and message where no field of a usual name gives them.

use super::names::{self, NameHash, Role};
use super::pick::{level_of, time_of};
use super::timestamp::{self, DayOrder};
use super::{At, Draft, Field, Writing, level};
use crate::model::{Date, Level, Stamp};

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

/// Words of a name that speak of severity.
const LEVELS: &[&[u8]] = &[b"level", b"lvl", b"sev", b"severity", b"prio", b"priority", b"loglevel"];
/// Words of a name that speak of what a record says, the most telling first.
const MESSAGES: &[&[u8]] =
    &[b"message", b"msg", b"text", b"rendered", b"body", b"content", b"summary", b"description", b"format"];

/// Completes what [`super::pick`] left open.
pub(super) fn complete(text: &[u8], draft: &mut Draft) {
    if draft.stamp.is_none() {
        let fields = &draft.fields;
        draft.stamp = wrapped_time(text, fields).or_else(|| audit_time(text, fields));
        draft.likely_stamp = named_time(text, fields)
            .or_else(|| any_time(text, fields))
            .or_else(|| wrapped_whole(text, fields));
    }
    if draft.stamp.is_some_and(|stamp| stamp.date == Date::None) {
        draft.stamp = parted_time(text, &draft.fields).or(draft.stamp);
    }
    if draft.level.is_none() && draft.message.is_none() {
        inner_record(text, draft);
    }
    if draft.level.is_none() {
        draft.level = named_level(text, &draft.fields).or_else(|| word_of_severity(text, &draft.fields));
    }
    if draft.message.is_none() {
        draft.message = named_message(text, &draft.fields)
            .or_else(|| argument(text, &draft.fields))
            .or_else(|| event_message(text, &draft.fields));
    }
    // a document that is no record has times inside, too
    if draft.stamp.is_none()
        && draft.likely_stamp.is_none()
        && (draft.level.is_some() || draft.message.is_some())
    {
        draft.likely_stamp = nested_time(text, &draft.fields);
    }
}

/// Fields at the top that mean nothing by themselves.
fn unknown(fields: &[Field]) -> impl Iterator<Item = &Field> {
    fields.iter().filter(|field| field.top && matches!(field.role, Role::Other | Role::Noise))
}

/// A word for a severity under a name that speaks of it: `sev`, `logger_level`.
fn named_level(text: &[u8], fields: &[Field]) -> Option<Level> {
    unknown(fields).filter(|field| field.writing == Writing::Plain && field.value.len < 14).find_map(
        |field| {
            let level = level::from_word(field.value.of(text))?;
            words(field.name.of(text)).any(|word| LEVELS.contains(&word.bytes())).then_some(level)
        },
    )
}

/// A word that is nothing but a severity, under a short name or in capitals: `"p":"ERROR"`, `"grade":"WARNING"`.
fn word_of_severity(text: &[u8], fields: &[Field]) -> Option<Level> {
    /// Names of no more letters say nothing themselves.
    const SHORT: u32 = 3;
    const WORDS: [&[u8]; 9] =
        [b"trace", b"debug", b"info", b"warn", b"warning", b"error", b"fatal", b"critical", b"notice"];
    const OTHERS: [&[u8]; 8] =
        [b"type", b"status", b"result", b"state", b"outcome", b"code", b"kind", b"mode"];
    let known = |word: &[u8]| WORDS.iter().any(|one| one.eq_ignore_ascii_case(word));
    let mut told = unknown(fields).filter(|field| {
        let value = field.value.of(text);
        field.writing == Writing::Plain
            && known(value)
            && (field.name.len <= SHORT || value.iter().all(u8::is_ascii_uppercase))
            && !words(field.name.of(text)).any(|word| OTHERS.contains(&word.bytes()))
    });
    let first = told.next()?;
    told.next().is_none().then(|| level::from_word(first.value.of(text))).flatten()
}

/// What a record says happened, where it says nothing else: `"evt":"order.create.begin"`; of several the one of several words.
fn event_message(text: &[u8], fields: &[Field]) -> Option<(At, Writing)> {
    let told = |field: &&Field| {
        field.top
            && field.role == Role::Event
            && matches!(field.writing, Writing::Plain | Writing::Escaped)
            && field.value.of(text).iter().any(u8::is_ascii_alphabetic)
    };
    let words = |field: &&Field| field.value.of(text).contains(&b' ');
    let mut events = fields.iter().filter(told);
    let found = events.clone().find(words).or_else(|| events.next())?;
    Some((found.value, found.writing))
}

/// A text of several words under a name that speaks of what is said.
fn named_message(text: &[u8], fields: &[Field]) -> Option<(At, Writing)> {
    let speaks = |field: &Field| {
        let prose = field.writing != Writing::Number && memchr::memchr(b' ', field.value.of(text)).is_some();
        let word = words(field.name.of(text))
            .filter_map(|word| MESSAGES.iter().position(|one| *one == word.bytes()));
        if prose { word.min() } else { None }
    };
    let found = unknown(fields)
        .filter_map(|field| speaks(field).map(|rank| (rank, field)))
        .min_by_key(|(rank, _)| *rank);
    found.map(|(_, field)| (field.value, field.writing))
}

/// The first text among the arguments of a logging call, where these are numbered: `{"0":{"order":"O-1"},"1":"picked up"}` (tslog).
fn argument(text: &[u8], fields: &[Field]) -> Option<(At, Writing)> {
    let numbered = |field: &&Field| {
        let name = field.name.of(text);
        (1..=2).contains(&name.len())
            && name.iter().all(u8::is_ascii_digit)
            && matches!(field.writing, Writing::Plain | Writing::Escaped)
            && field.value.of(text).iter().any(u8::is_ascii_alphabetic)
    };
    unknown(fields).find(numbered).map(|field| (field.value, field.writing))
}

/// A time in words under any name that does not speak of another moment.
fn any_time(text: &[u8], fields: &[Field]) -> Option<Stamp> {
    unknown(fields)
        .filter(|field| field.writing == Writing::Plain && (19..40).contains(&field.value.len))
        .filter(|field| field.value.of(text)[0].is_ascii_digit())
        .filter(|field| !words(field.name.of(text)).any(|word| OTHER_TIMES.contains(&word.bytes())))
        .filter_map(|field| {
            timestamp::parse_prefix(field.value.of(text), DayOrder::MonthFirst).map(|found| (found, field))
        })
        .find(|((stamp, taken), field)| stamp.date == Date::Full && *taken == field.value.len as usize)
        .map(|((stamp, _), _)| stamp)
}

/// MongoDB's extended JSON: `{"ts": {"$date": …}}`, `{"$date": {"$numberLong": "…"}}`.
fn wrapped_time(text: &[u8], fields: &[Field]) -> Option<Stamp> {
    let wrapper = |name: &[u8]| matches!(name, b"$date" | b"$numberLong");
    let field = fields.iter().find(|field| {
        field.name.of(text) == b"$date" || wrapper(field.name.of(text)) && field.parent.of(text) == b"$date"
    })?;
    time_of(field.value.of(text), field.writing)
}

/// The time of a record that is the one member of an object, which names where it comes from: `{"aws": {"time": …}}`.
fn wrapped_whole(text: &[u8], fields: &[Field]) -> Option<Stamp> {
    if fields.iter().any(|field| field.parent.is_empty()) {
        return None;
    }
    fields
        .iter()
        .filter(|field| {
            let meaning = names::lookup_name(NameHash::of(field.name.of(text)), true);
            meaning.is_some_and(|known| known.role == Role::Time)
        })
        .filter_map(|field| time_of(field.value.of(text), field.writing))
        .find(|stamp| stamp.date == Date::Full)
}

/// The date and the time of day in fields of their own: `"date":"2026-04-02","time":"08:11:09.120"`.
fn parted_time(text: &[u8], fields: &[Field]) -> Option<Stamp> {
    let plain = || {
        fields.iter().filter(|field| {
            field.top && field.writing == Writing::Plain && (5..24).contains(&field.value.len)
        })
    };
    let value = |field: &Field| field.value.of(text);
    let date = plain().find(|field| {
        let value = value(field);
        value.len() == 10
            && value[0].is_ascii_digit()
            && !value.contains(&b':')
            && names_a_time(field.name.of(text))
    })?;
    let time = plain().find(|field| {
        let value = value(field);
        field.role == Role::Time && value[0].is_ascii_digit() && matches!(value.get(2), Some(b':'))
    })?;
    let whole = [value(date), b" ", value(time)].concat();
    let (stamp, taken) = timestamp::parse_prefix(&whole, DayOrder::MonthFirst)?;
    (taken == whole.len() && stamp.date == Date::Full).then_some(stamp)
}

/// A time inside an object, where nothing at the top tells one: `{"evt":{"at":"2025-03-01T09:14:22.731Z"}}`; one under a name
/// that speaks of a time goes before others.
fn nested_time(text: &[u8], fields: &[Field]) -> Option<Stamp> {
    let of_others = |name: &[u8]| words(name).any(|word| OTHER_TIMES.contains(&word.bytes()));
    let mut nested = fields
        .iter()
        .filter(|field| !field.top && !field.parent.is_empty() && (10..40).contains(&field.value.len))
        .filter(|field| !of_others(field.name.of(text)) && !of_others(field.parent.of(text)))
        .filter_map(|field| {
            let value = field.value.of(text);
            let name = field.name.of(text);
            let speaks = names_a_time(name)
                || names::lookup_name(NameHash::of(name), true).is_some_and(|known| known.role == Role::Time);
            let stamp = match field.writing {
                Writing::Plain if value[0].is_ascii_digit() && value.len() >= 19 => {
                    let (stamp, taken) = timestamp::parse_prefix(value, DayOrder::MonthFirst)?;
                    (taken == value.len()).then_some(stamp)
                }
                Writing::Number if speaks => time_of(value, field.writing),
                _ => None,
            };
            stamp.filter(|stamp| stamp.date == Date::Full).map(|stamp| (speaks, stamp))
        });
    let mut any = None;
    nested
        .find(|(speaks, stamp)| {
            any.get_or_insert(*stamp);
            *speaks
        })
        .map(|(_, stamp)| stamp)
        .or(any)
}

/// `msg=audit(1651589429.921:1318):` of the Linux audit daemon.
fn audit_time(text: &[u8], fields: &[Field]) -> Option<Stamp> {
    let values = fields.iter().take(4).map(|field| field.value.of(text));
    let inside = values.filter_map(|value| value.strip_prefix(b"audit(")).next()?;
    timestamp::parse_epoch(&inside[..memchr::memchr(b':', inside)?])
}

/// A field at the top whose name speaks of a time and whose value is one, with its date.
fn named_time(text: &[u8], fields: &[Field]) -> Option<Stamp> {
    fields
        .iter()
        .filter(|field| {
            field.top && matches!(field.role, Role::Other | Role::Time | Role::Noise | Role::LevelOrTime)
        })
        .filter(|field| field.value.len >= 8 && names_a_time(field.name.of(text)))
        .filter_map(|field| time_of(field.value.of(text), field.writing))
        .find(|stamp| stamp.date == Date::Full)
}

fn names_a_time(name: &[u8]) -> bool {
    let mut speaks = false;
    for word in words(name) {
        let word = word.bytes();
        if OTHER_TIMES.contains(&word) {
            return false;
        }
        // "datetime", "logtime", "ibmDatetime"
        speaks |= TIMES.contains(&word) || word.ends_with(b"time") || word.ends_with(b"timestamp");
    }
    speaks
}

/// A word of a name in small letters; longer ones are cut.
#[derive(Clone, Copy, Default)]
struct Word {
    letters: [u8; 16],
    length: usize,
}

impl Word {
    fn bytes(&self) -> &[u8] {
        &self.letters[..self.length]
    }
}

/// The words of a name: parted by separators and capitals.
fn words(name: &[u8]) -> impl Iterator<Item = Word> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let start = rest.iter().position(u8::is_ascii_alphabetic)?;
        rest = &rest[start..];
        let hump = |at: usize| rest[at].is_ascii_uppercase() && rest[at - 1].is_ascii_lowercase();
        let end =
            (1..rest.len()).find(|&at| !rest[at].is_ascii_alphabetic() || hump(at)).unwrap_or(rest.len());
        let mut word = Word::default();
        for byte in &rest[..end.min(16)] {
            word.letters[word.length] = byte.to_ascii_lowercase();
            word.length += 1;
        }
        rest = &rest[end..];
        Some(word)
    })
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
