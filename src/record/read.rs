//! Reads one record: what its layers hold, from the outermost to the innermost.

use super::names::{self, NameHash, Role};
use super::timestamp::{self, DayOrder};
use super::{
    At, Draft, Field, Format, Head, Layer, Look, Profile, Writing, access, envelope, expand, json, klog,
    level, logfmt, look, loose, text,
};
use crate::model::{Date, Level, Precision, SECOND, Stamp, Time};

/// A record in a record in a record, beyond this many, is text.
pub const MAX_LAYERS: usize = 6;

/// The layers of a record, outermost first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layers<'t> {
    items: [Option<Layer<'t>>; MAX_LAYERS],
    len: usize,
}

impl<'t> Layers<'t> {
    /// The layers, outermost first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Layer<'t>> {
        self.items[..self.len].iter().flatten()
    }

    /// These layers with one more inside.
    pub(super) fn with(mut self, layer: Layer<'t>) -> Layers<'t> {
        if let Some(slot) = self.items.get_mut(self.len) {
            *slot = Some(layer);
            self.len += 1;
        }
        self
    }

    fn is_full(&self) -> bool {
        self.len >= MAX_LAYERS
    }

    /// The innermost layer that has something.
    fn innermost<T>(&self, get: impl Fn(&Layer<'t>) -> Option<T>) -> Option<T> {
        self.iter().rev().find_map(get)
    }
}

/// A record as it is handed to the next stage.
#[derive(Clone, Copy, Debug)]
pub struct Record<'t> {
    /// Its layers.
    pub layers: Layers<'t>,
    /// Its first line in the block, counted from 0.
    pub line: u64,
    /// Its first byte in the block.
    pub offset: usize,
    /// Bytes from there to the end of its last line.
    pub len: usize,
    /// Which record of its line.
    pub part: u32,
}

impl<'t> Record<'t> {
    /// The time: the innermost one; a time of day takes its date, and a time without zone its zone, from the layer around it.
    pub fn stamp(&self) -> Option<Stamp> {
        let mut outer: Option<Stamp> = None;
        let mut exact: Option<Stamp> = None;
        for layer in self.layers.iter() {
            if let Some(stamp) = layer.draft.stamp {
                outer = Some(outer.map_or(stamp, |outer| combine(outer, stamp)));
            }
            if layer.format == Format::Syslog {
                exact = layer.draft.stamp;
            }
        }
        // the program itself writes the syslog header: if that is the same moment written finer, it counts
        if let (Some(exact), Some(found)) = (exact, outer)
            && let (Some(fine), Some(coarse)) = (exact.complete(), found.complete())
            && exact.precision < found.precision
            && (0..i64::from(found.precision.0)).contains(&(fine.0 - coarse.0))
        {
            return Some(exact);
        }
        outer
    }

    /// The level.
    pub fn level(&self) -> Option<Level> {
        self.layers.innermost(|layer| layer.draft.level)
    }

    /// The message and how it is written.
    pub fn message(&self) -> Option<(&'t [u8], Writing)> {
        self.layers.innermost(|layer| layer.draft.message.map(|(at, writing)| (at.of(layer.text), writing)))
    }

    /// A stated service name, and whether it is only likely one.
    pub fn service(&self) -> Option<(&'t [u8], bool)> {
        let named = |weak: bool| {
            self.layers.innermost(|layer| {
                let at = layer.draft.service.filter(|_| layer.draft.service_is_weak == weak)?;
                Some((at.of(layer.text), weak))
            })
        };
        named(false).or_else(|| named(true))
    }

    /// Pod, host or container.
    pub fn instance(&self) -> Option<&'t [u8]> {
        self.layers.innermost(|layer| layer.draft.instance.map(|at| at.of(layer.text)))
    }

    /// Thread or task.
    pub fn thread(&self) -> Option<&'t [u8]> {
        self.layers.innermost(|layer| layer.draft.thread.map(|at| at.of(layer.text)))
    }

    /// Logger or category.
    pub fn logger(&self) -> Option<&'t [u8]> {
        self.layers.innermost(|layer| layer.draft.logger.map(|at| at.of(layer.text)))
    }
}

/// A time of day may differ from the time around it by this much and still be of the same moment (buffering).
const SAME_MOMENT: i64 = 10 * 60 * crate::model::SECOND;

/// The inner of two times of one record, completed by the outer one.
fn combine(outer: Stamp, inner: Stamp) -> Stamp {
    let Some(around) = outer.complete() else { return if inner.date == Date::Full { inner } else { outer } };
    if inner.date == Date::Full && inner.offset.is_some() {
        return inner;
    }
    const QUARTER: i64 = 15 * 60 * crate::model::SECOND;
    const DAY: i64 = crate::model::DAY;
    let local = match inner.date {
        Date::Full => inner.local,
        // the year 2000 and 1970-01-01 stand for what is missing: bring the time near the one around it
        Date::NoYear => super::timestamp::with_year(inner, around.civil().0).local,
        Date::None => {
            let day = inner.local + around.0.div_euclid(DAY) * DAY;
            day + (around.0 - day + DAY / 2).div_euclid(DAY) * DAY
        }
    };
    // an offset in whole quarters of an hour is a zone that was not written
    let shift = match inner.offset {
        Some(offset) => -i64::from(offset) * crate::model::SECOND,
        None => (around.0 - local + QUARTER / 2).div_euclid(QUARTER) * QUARTER,
    };
    let time = local + shift;
    if (time - around.0).abs() > SAME_MOMENT || shift.abs() > 14 * 4 * QUARTER {
        return outer;
    }
    Stamp::utc(Time(time), inner.precision)
}

/// What a record is read with; its buffers are used again for each record.
pub(super) struct Reader<'a> {
    pub(super) profile: &'a Profile,
    pub(super) drafts: &'a mut [Draft],
    pub(super) buffers: &'a mut [Vec<u8>],
}

/// Reads the layer `text`, whose first line was looked at before, and all layers inside it; hands each record to `emit`.
pub(super) fn read(
    text: &[u8],
    seen: &Look,
    draft: &mut Draft,
    outer: Layers<'_>,
    mut reader: Reader<'_>,
    emit: &mut dyn FnMut(Layers<'_>, u32),
) {
    let format = fill(text, seen, draft, reader.profile);
    let names = match format {
        Format::Table => reader.profile.table.as_ref().map_or(&[][..], |columns| columns.texts()),
        Format::Custom => reader
            .profile
            .custom
            .iter()
            .find(|pattern| pattern.is_match(text))
            .map_or(&[][..], |pattern| pattern.texts()),
        _ => &[],
    };
    let layer = Layer { text, draft, format, names };
    if format == Format::Json
        && outer.len + 2 < MAX_LAYERS
        && expand::expand(&layer, outer, &mut reader, emit)
    {
        return;
    }
    let layers = outer.with(layer);
    if layers.is_full() {
        return emit(layers, 0);
    }
    let Some((inner, writing, certain)) = inside(&layer) else { return emit(layers, 0) };
    let Some((buffer, buffers)) = reader.buffers.split_first_mut() else { return emit(layers, 0) };
    let Some((next, drafts)) = reader.drafts.split_first_mut() else { return emit(layers, 0) };
    let inner = match writing {
        Writing::Escaped => {
            buffer.clear();
            json::unescape(inner, buffer);
            buffer.trim_ascii_end()
        }
        _ => inner.trim_ascii_end(),
    };
    next.clear();
    let plain = Profile { order: reader.profile.order, ..Profile::default() };
    let seen = look::look(first_line(inner), &plain, next);
    let structured = seen.format != Format::Text || seen.head.stamp.is_some() || seen.head.level.is_some();
    let opens = inner.starts_with(b"{") && inner.ends_with(b"}");
    if !certain && (!structured || seen.format == Format::Json && !opens) {
        return emit(layers, 0);
    }
    let reader = Reader { profile: &plain, drafts, buffers };
    read(inner, &seen, next, layers, reader, emit);
}

/// The text inside a layer that may be a record of its own: its bytes, their writing, and whether the layer is known to be
/// a mere wrapping.
fn inside<'t>(layer: &Layer<'t>) -> Option<(&'t [u8], Writing, bool)> {
    let (at, writing) = layer.draft.message?;
    let text = at.of(layer.text);
    match layer.format {
        Format::Syslog | Format::Journald | Format::Export => Some((text, writing, true)),
        Format::Json => {
            let object = matches!(text.first(), Some(b'{'))
                && matches!(text.trim_ascii_end().last(), Some(b'}' | b'n'));
            (object || layer.draft.level.is_none() && text.len() > 8).then_some((text, writing, false))
        }
        Format::Table => Some((text, Writing::Escaped, false)).filter(|_| text.starts_with(b"{")),
        Format::Text => {
            Some((text, writing, false)).filter(|_| text.starts_with(b"{") && text.ends_with(b"}"))
        }
        _ => None,
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    memchr::memchr(b'\n', text).map_or(text, |end| &text[..end])
}

/// Completes the draft of a layer; gives the format it turned out to have.
fn fill(text: &[u8], seen: &Look, draft: &mut Draft, profile: &Profile) -> Format {
    match seen.format {
        Format::Json => {
            let scan = json::scan(text, 0, &mut draft.fields);
            if !scan.complete && draft.fields.len() < 2 {
                draft.clear();
                let end = loose::scan(text, 0, &mut draft.fields);
                if end.is_some() && draft.fields.len() >= 2 {
                    pick(text, draft);
                    draft.free.push(At::new(end.unwrap_or(0), text.len()));
                    return Format::Object;
                }
                draft.clear();
                let head = text::head(first_line(text), profile.order, draft);
                fill_text(text, &head, draft, profile);
                return Format::Text;
            }
            if scan.end < text.len() {
                draft.free.push(At::new(scan.end, text.len()));
            }
            pick(text, draft);
            json_format(text, draft)
        }
        Format::Logfmt => {
            logfmt::scan(text, 0, &mut draft.fields);
            pick(text, draft);
            Format::Logfmt
        }
        Format::Access => {
            access::read(text, profile.order, draft);
            Format::Access
        }
        Format::Table => {
            if let Some(columns) = &profile.table {
                columns.read(text, draft);
            }
            // the date and the time of two columns, which are fields of their own too
            let whole = draft.stamp;
            pick(text, draft);
            draft.stamp = whole.or(draft.stamp);
            Format::Table
        }
        Format::Custom => {
            profile.custom.iter().any(|pattern| pattern.read(text, draft));
            pick(text, draft);
            if draft.message.is_none() {
                draft.message = Some((text::trim(text, At::new(0, text.len())), Writing::Plain));
            }
            draft.free.push(At::new(0, text.len()));
            Format::Custom
        }
        Format::Syslog => {
            draft.clear();
            let found = envelope::syslog(text, draft);
            let message = found.map_or(0, |found| found.message.min(text.len()));
            draft.message = Some((At::new(message, text.len()), Writing::Plain));
            Format::Syslog
        }
        Format::Klog => match klog::read(first_line(text), draft) {
            Some(head) => {
                let stated = draft.message;
                fill_text(text, &head, draft, profile);
                draft.message = stated.or(draft.message);
                Format::Klog
            }
            None => {
                draft.clear();
                let head = text::head(first_line(text), profile.order, draft);
                fill_text(text, &head, draft, profile);
                Format::Text
            }
        },
        Format::Journald => {
            journal_entry(text, draft);
            pick(text, draft);
            Format::Journald
        }
        _ => {
            fill_text(text, &seen.head, draft, profile);
            Format::Text
        }
    }
}

/// Message and free parts of a text behind its header.
fn fill_text(text: &[u8], head: &Head, draft: &mut Draft, profile: &Profile) {
    let line_end = first_line(text).len();
    draft.stamp = head.stamp;
    draft.level = head.level;
    let start = head.message.min(line_end);
    let line = &text[..line_end];
    let quoted = line[start..].trim_ascii();
    let pairs = start
        + (line.len() - start - quoted.len())
            .min(line[start..].iter().take_while(|byte| byte.is_ascii_whitespace()).count());
    if logfmt::detect(&line[pairs..]) {
        // pairs behind a header
        logfmt::scan(line, pairs, &mut draft.fields);
        let (stamp, level) = (draft.stamp, draft.level);
        pick(text, draft);
        draft.stamp = stamp.or(draft.stamp);
        draft.level = level.or(draft.level);
        if draft.message.is_some() {
            draft.free.push(At::new(0, pairs));
            return;
        }
        draft.fields.clear();
    }
    let end = text::tail(line, start, profile);
    tail_fields(line, end, draft);
    let mut message = text::trim(text, At::new(start, end));
    if message.is_empty() && line_end < text.len() {
        message = second_line(text, line_end, draft);
    } else if let Some((level, from)) = level_on_second_line(text, line_end, draft) {
        draft.level = Some(level);
        message = text::trim(text, At::new(from, text.len()));
    } else if end == line_end && line_end < text.len() {
        message = text::trim(text, At::new(start, text.len()));
    } else if quoted.starts_with(b"\"") && message.of(text).ends_with(b"\"") && message.len > 2 {
        message = At { start: message.start + 1, len: message.len - 2 };
    }
    draft.message = Some((message, Writing::Plain));
    // ids may stand anywhere but in the time
    let (from, to) = (head.stamp_at.start as usize, head.stamp_at.end());
    if from > 0 && head.stamp.is_some() {
        draft.free.push(At::new(0, from));
    }
    draft.free.push(At::new(if head.stamp.is_some() { to } else { 0 }, text.len()));
}

/// Fields in the tail behind the message; of them only the service counts for the record itself.
fn tail_fields(line: &[u8], end: usize, draft: &mut Draft) {
    let tail = line[end..].trim_ascii();
    if tail.is_empty() {
        return;
    }
    let mut at = end + (line[end..].len() - line[end..].trim_ascii_start().len());
    while at < line.len() {
        let before = at;
        match line[at] {
            b'{' => {
                let scan = json::scan(line, at, &mut draft.fields);
                at = if scan.complete {
                    scan.end
                } else {
                    loose::scan(line, at, &mut draft.fields).unwrap_or(line.len())
                };
            }
            b'[' | b' ' | b'\t' | b'|' | b',' | b':' | b'-' | b']' => at += 1,
            _ => {
                logfmt::scan_tail(line, at, &mut draft.fields);
                break;
            }
        }
        if at == before {
            break;
        }
    }
    let Draft { service, fields, service_is_weak, .. } = draft;
    if service.is_none() {
        let named = fields.iter().filter(|field| {
            field.role == Role::Service
                && field.top
                && field.rank < WEAK_SERVICE
                && field.writing == Writing::Plain
                && !field.value.is_empty()
        });
        if let Some(field) = named.min_by_key(|field| field.rank) {
            *service = Some(field.value);
            *service_is_weak = false;
        }
    }
}

/// The message of a record whose header fills its first line (.NET's console): the next line that is no list of scopes.
fn second_line(text: &[u8], line_end: usize, _draft: &Draft) -> At {
    let mut start = line_end + 1;
    while start < text.len() {
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
        let line = text::trim(text, At::new(start, end));
        if !line.of(text).starts_with(b"=> ") && !line.is_empty() {
            return text::trim(text, At::new(line.start as usize, text.len()));
        }
        start = end + 1;
    }
    At::new(text.len(), text.len())
}

/// java.util.logging's second line: `WARNING: message`.
fn level_on_second_line(text: &[u8], line_end: usize, draft: &Draft) -> Option<(Level, usize)> {
    if draft.level.is_some() || draft.stamp.is_none() {
        return None;
    }
    let rest = text.get(line_end + 1..)?;
    let word = rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let level = level::from_word(&rest[..word]).filter(|_| word > 2 && rest[word..].starts_with(b": "))?;
    Some((level, line_end + 1 + word + 2))
}

/// The fields of an entry in systemd's export format: `NAME=value` a line. Binary values (a name alone, then a length) are
/// passed over.
fn journal_entry(text: &[u8], draft: &mut Draft) {
    let mut at = 0;
    for line in text.split(|&byte| byte == b'\n') {
        if let Some(equals) = memchr::memchr(b'=', line) {
            let name = At::new(at, at + equals);
            let path = NameHash::of(name.of(text));
            let known = names::lookup_name(path, true);
            draft.fields.push(Field {
                name,
                parent: At::default(),
                path,
                role: known.map_or(Role::Other, |known| known.role),
                rank: known.map_or(u8::MAX, |known| known.rank),
                top: true,
                value: At::new(at + equals + 1, at + line.len()),
                writing: Writing::Plain,
            });
        }
        at += line.len() + 1;
    }
}

/// Gives a JSON layer its proper name, and what only its kind tells.
fn json_format(text: &[u8], draft: &mut Draft) -> Format {
    let has = |draft: &Draft, name: &[u8]| draft.fields.iter().any(|field| field.name.of(text) == name);
    if text.starts_with(b"{\"@") && (has(draft, b"@m") || has(draft, b"@mt")) && draft.level.is_none() {
        // Serilog's compact format leaves the level out where it is Information
        draft.level = Some(Level::Info);
    }
    if has(draft, b"__REALTIME_TIMESTAMP") {
        return Format::Journald;
    }
    const EXPORTS: &[&[u8]] = &[
        b"logStreamName",
        b"ingestionTime",
        b"textPayload",
        b"jsonPayload",
        b"receiveTimestamp",
        b"kubernetes",
        b"container_name",
        b"container_id",
        b"_source",
        b"eventId",
        b"TimeGenerated",
        b"ContainerLogV2",
        b"LogEntry",
        b"LogMessage",
        b"_raw",
        b"ecs_cluster",
    ];
    if draft.message.is_some() && EXPORTS.iter().any(|name| has(draft, name)) {
        return Format::Export;
    }
    Format::Json
}

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
        match field.role {
            Role::Time => {
                // of two spellings of one moment the finer one counts
                let finer = |found: &Stamp, old: &Stamp| {
                    found.precision < old.precision && (found.local - old.local).abs() < SECOND
                };
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
            Role::Level | Role::LevelOrTime if better(&ranks, 1) => {
                if let Some(found) = level_of(value, field, text) {
                    *level = Some(found);
                    ranks[1] = rank(field);
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
                    && matches!(field.writing, Writing::Plain | Writing::Escaped)
                    && !value.is_empty() =>
            {
                *message = Some((field.value, field.writing));
                ranks[2] = rank(field);
            }
            Role::Service if !value.is_empty() && matches!(field.writing, Writing::Plain) => {
                let weak = field.rank >= WEAK_SERVICE;
                if is_container(field.name.of(text)) && is_general_container(value) {
                    continue;
                }
                if weak && (value.contains(&b'.') || value.contains(&b':') || value.contains(&b' ')) {
                    logger.get_or_insert(field.value);
                } else if better(&ranks, 3) {
                    *service = Some(field.value);
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
const WEAK_SERVICE: u8 = 36;

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

fn time_of(value: &[u8], writing: Writing) -> Option<Stamp> {
    match writing {
        Writing::Number => timestamp::parse_epoch(value),
        Writing::Plain => timestamp::parse(value, DayOrder::MonthFirst),
        Writing::Escaped => {
            let mut decoded = Vec::new();
            json::unescape(value, &mut decoded);
            timestamp::parse(&decoded, DayOrder::MonthFirst)
        }
        Writing::Bool | Writing::Null => None,
    }
}

fn level_of(value: &[u8], field: &Field, text: &[u8]) -> Option<Level> {
    let scale = if field.name.of(text).eq_ignore_ascii_case(b"severityLevel") {
        level::Scale::AppInsights
    } else {
        level::Scale::Unknown
    };
    match field.writing {
        Writing::Plain | Writing::Escaped => {
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
