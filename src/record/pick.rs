//! Picks time, level, service and so on from the fields of a record.

use super::names::Role;
use super::timestamp::{self, DayOrder};
use super::{At, Draft, Field, Writing, access, fallback, json, level};
use crate::model::{Date, Level, Precision, SECOND, Stamp, Time};

/// Picks the record's time, level, service and so on from its fields: of several fields with one role, the one of lowest rank
/// whose value is of the right kind.
pub(super) fn pick(text: &[u8], draft: &mut Draft) {
    let Draft { stamp, level, service, service_is_weak, instance, thread, logger, message, fields, .. } =
        draft;
    let mut ranks = [u16::MAX; 8];
    let mut severity = None;
    let mut seconds = None;
    let mut nanos = None;
    let mut python = false;
    for field in fields.iter() {
        let value = field.value.of(text);
        if field.writing == Writing::Null {
            continue;
        }
        let better = |ranks: &[u16; 8], slot: usize| rank(field) < ranks[slot];
        // of two spellings of one moment the finer one counts
        let finer = |found: &Stamp, old: &Stamp| {
            found.precision < old.precision && (found.local - old.local).abs() < SECOND
        };
        match field.role {
            Role::Time => {
                if (better(&ranks, 0) || stamp.is_some_and(|old| old.precision > Precision::MICRO))
                    && let Some(found) = time_of(value, field.writing)
                {
                    if better(&ranks, 0) && !stamp.is_some_and(|old| finer(&old, &found))
                        || stamp.is_some_and(|old| finer(&found, &old))
                    {
                        *stamp = Some(found);
                    }
                    ranks[0] = ranks[0].min(rank(field));
                }
            }
            // Datadog's events call the severity "status"
            Role::Status if level.is_none() && ranks[1] == u16::MAX && field.writing == Writing::Plain => {
                *level = level::from_word(value)
            }
            Role::DurationMillis | Role::DurationSeconds | Role::Duration if timestamp::is_moment(value) => {
                let moment = timestamp::parse_epoch(value);
                if stamp.is_none_or(|old| moment.is_some_and(|moment| finer(&moment, &old))) {
                    *stamp = moment;
                }
            }
            // API Gateway's requestTime is a time, nginx's request_time a duration
            Role::DurationSeconds | Role::Duration
                if stamp.is_none() && value.len() > 18 && field.writing == Writing::Plain =>
            {
                *stamp = time_of(value, field.writing)
            }
            Role::SeverityNumber => {
                severity = severity.or_else(|| Level::from_severity_number(number(value)?.try_into().ok()?))
            }
            Role::TimeSeconds => seconds = number(value),
            Role::TimeNanos => nanos = number(value),
            Role::Level | Role::LevelOrTime if better(&ranks, 1) || ranks[1] >= NUMBERS => {
                if let Some(found) = level_of(value, field, text) {
                    // a word tells more than a number
                    let own = rank(field) + if field.writing == Writing::Number { NUMBERS } else { 0 };
                    if own < ranks[1] {
                        *level = Some(found);
                        ranks[1] = own;
                    }
                } else if field.role == Role::LevelOrTime
                    && better(&ranks, 0)
                    && let Some(found) = time_of(value, field.writing)
                {
                    *stamp = Some(found);
                    ranks[0] = rank(field);
                }
            }
            Role::Message
                if better(&ranks, 2)
                    && matches!(field.writing, Writing::Plain | Writing::Escaped | Writing::Doubled)
                    && !value.is_empty() =>
            {
                *message = Some((field.value, field.writing));
                ranks[2] = rank(field);
            }
            Role::Service if !value.is_empty() && matches!(field.writing, Writing::Plain) => {
                let weak = field.rank >= WEAK_SERVICE;
                if weak && !field.parent.is_empty() {
                    // the name of a span, a state, an attribute
                    continue;
                }
                if is_container(field.name.of(text)) && is_general_container(value) {
                    continue;
                }
                if weak && (value.contains(&b'.') || value.contains(&b':') || value.contains(&b' ')) {
                    logger.get_or_insert(field.value);
                } else if better(&ranks, 3) {
                    // Docker's own names begin with a slash
                    let slash = usize::from(value.starts_with(b"/") && !value[1..].contains(&b'/'));
                    *service = Some(At::new(field.value.start as usize + slash, field.value.end()));
                    *service_is_weak = weak;
                    ranks[3] = rank(field);
                }
            }
            Role::Instance if better(&ranks, 4) && !value.is_empty() => {
                *instance = Some(field.value);
                ranks[4] = rank(field);
            }
            Role::Thread | Role::Tid if better(&ranks, 5) && !value.is_empty() => {
                *thread = Some(field.value);
                ranks[5] = rank(field);
            }
            Role::Logger if better(&ranks, 6) && !value.is_empty() => {
                *logger = Some(field.value);
                ranks[6] = rank(field);
            }
            _ => {}
        }
        python |= matches!(field.name.of(text), b"levelname" | b"asctime" | b"levelno");
    }
    *level = level.or(severity);
    if message.is_none() {
        // an access log has nothing else to say
        let says =
            |field: &&Field| field.role == Role::Other && access::is_request_line(field.value.of(text));
        *message = fields.iter().find(says).map(|field| (field.value, field.writing));
    }
    if let Some(seconds) = seconds {
        let nanos = nanos.unwrap_or(0);
        if let Some(time) = seconds.checked_mul(crate::model::SECOND).and_then(|time| time.checked_add(nanos))
        {
            *stamp = Some(Stamp::utc(Time(time), Precision::NANO));
        }
    }
    if python && *service_is_weak {
        // Python's JSON loggers call the logger "name"
        logger.get_or_insert(service.take().unwrap_or_default());
        *service_is_weak = false;
    }
    let undated = stamp.is_some_and(|stamp| stamp.date == Date::None);
    if stamp.is_none() || message.is_none() || level.is_none() || undated {
        fallback::complete(text, draft);
    }
}

/// Whether a field names a container.
fn is_container(name: &[u8]) -> bool {
    name.len() >= 9 && name[..9].eq_ignore_ascii_case(b"container")
}

/// Container names that tell nothing of the service.
fn is_general_container(name: &[u8]) -> bool {
    matches!(
        name,
        b"app"
            | b"main"
            | b"server"
            | b"web"
            | b"container"
            | b"service"
            | b"application"
            | b"default"
            | b"worker"
            | b"api"
    )
}

/// The rank from which on a service name is only likely one (`name`, `component` …).
pub const WEAK_SERVICE: u8 = 36;

/// Numbers of severity rank behind all words.
const NUMBERS: u16 = 1024;

fn rank(field: &Field) -> u16 {
    u16::from(field.rank) * 2 + u16::from(!field.top)
}

/// Service and instance among the fields of a wrapping (Docker's attributes).
pub(super) fn pick_service(text: &[u8], draft: &mut Draft) {
    let stamp = draft.stamp;
    pick(text, draft);
    draft.stamp = stamp;
    draft.level = None;
}

fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

pub(super) fn time_of(value: &[u8], writing: Writing) -> Option<Stamp> {
    match writing {
        Writing::Number => timestamp::parse_epoch(value),
        Writing::Plain => timestamp::parse(value, DayOrder::MonthFirst),
        Writing::Escaped => {
            let mut decoded = Vec::new();
            json::unescape(value, &mut decoded);
            timestamp::parse(&decoded, DayOrder::MonthFirst)
        }
        Writing::Bool | Writing::Null | Writing::Doubled => None,
    }
}

/// Whether a number under this name says how urgent a job is. The journal calls its severity `PRIORITY` (systemd.journal-fields), and
/// what reads it may write that in lower case.
fn ranks_work(name: &[u8], text: &[u8]) -> bool {
    let of_a_log =
        || [&b"syslog"[..], b"systemd"].iter().any(|word| memchr::memmem::find(text, word).is_some());
    name.eq_ignore_ascii_case(b"priority") && name != b"PRIORITY" && !of_a_log()
}

pub(super) fn level_of(value: &[u8], field: &Field, text: &[u8]) -> Option<Level> {
    if value.first().is_some_and(u8::is_ascii_digit) && ranks_work(field.name.of(text), text) {
        return None;
    }
    let scale = if field.name.of(text).eq_ignore_ascii_case(b"severityLevel") {
        level::Scale::AppInsights
    } else if text.starts_with(b"<Event ") && field.name.of(text) == b"Level" {
        level::Scale::Windows
    } else if text.starts_with(b"{\"reqId\":") {
        level::Scale::Nextcloud
    } else if text.get(field.name.end()..).is_some_and(|rest| rest.starts_with(b"\"=")) {
        level::Scale::Verbosity
    } else {
        level::Scale::Unknown
    };
    match field.writing {
        Writing::Plain | Writing::Escaped | Writing::Doubled => {
            let word = value.trim_ascii();
            if word.first().is_some_and(u8::is_ascii_digit) {
                return level::from_number(std::str::from_utf8(word).ok()?.parse().ok()?, scale);
            }
            if let [letter] = word {
                return level::from_letter(letter.to_ascii_uppercase());
            }
            // "Level.INFO", "INFO (1)", "\u001b[32minfo\u001b[39m"
            let word = word.rsplit(|&byte| byte == b'.').next()?;
            let start = word.iter().position(u8::is_ascii_alphabetic)?;
            let colour = word.starts_with(b"\\u001b[").then(|| memchr::memchr(b'm', word)).flatten();
            let rest = &word[colour.map_or(start, |end| end + 1)..];
            let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
            level::from_word(&rest[..end])
        }
        Writing::Number => level::from_number(std::str::from_utf8(value).ok()?.parse().ok()?, scale),
        Writing::Bool | Writing::Null => None,
    }
}
