//! Parts of headers that a few loggers write in a way of their own.

use super::Reader;
use super::ids::is_bare_id;
use super::kinds::{is_logger, is_place, is_thread};
use super::moments::before_level;
use crate::model::Level;
use crate::record::text::{pair, skip_blanks, word_end};
use crate::record::{At, NameHash, Role, level, names, timestamp};
use memchr::memchr;

/// Braces of a span hold no more than this.
const MAX_SPANS: usize = 512;
/// So many words may stand between a job's process and its level.
const MAX_JOB: usize = 5;

impl Reader<'_, '_> {
    /// `ts=… lvl=INFO trace=… | message`: pairs at the front of a line, one of them the time, closed by a bar or a dash.
    pub(super) fn leading_pairs(&mut self) -> bool {
        if self.at > 0 {
            return false;
        }
        let text = self.text;
        let (mut stamp, mut found, mut at, mut count) = (None, None, 0, 0);
        while let Some((name, value, mut end)) = pair(text, at, false) {
            match names::lookup_name(NameHash::of(name.of(text)), true).map(|known| known.role) {
                Some(Role::Time) if stamp.is_none() => {
                    let start = value.start as usize;
                    let Some((time, taken)) = timestamp::parse_prefix(&text[start..], self.order) else {
                        return false;
                    };
                    // a date and a time may be two words
                    end = end.max(start + taken);
                    stamp = Some((time, At::new(start, start + taken)));
                }
                Some(Role::Level) => found = found.or_else(|| level::from_word(value.of(text))),
                _ => {}
            }
            count += 1;
            at = skip_blanks(text, end);
        }
        let closed = matches!(text[at..], [b'|' | b'-', b' ', ..]);
        let Some((time, place)) = stamp.filter(|_| closed && count > 1) else { return false };
        self.head.stamp = Some(time);
        self.head.stamp_at = place;
        self.head.level = found;
        self.head.context = true;
        self.at = at + 1;
        true
    }

    /// `ThreadId(01) `, and the name of a thread before `span{…}: ` (tracing-subscriber).
    pub(super) fn thread_before_spans(&mut self) -> bool {
        if self.head.level.is_none() || self.closed || self.logger {
            return false;
        }
        let text = self.text;
        let rest = &text[self.at..];
        if let Some(number) = rest.strip_prefix(b"ThreadId(") {
            let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let taken = digits > 0 && number[digits..].starts_with(b") ");
            if taken {
                let end = self.at + 9 + digits + 1;
                self.draft.thread.get_or_insert(At::new(self.at, end));
                self.at = end;
            }
            return taken;
        }
        let end = word_end(text, self.at);
        let span = skip_blanks(text, end);
        let open = word_end(text, span);
        let near = &text[open..text.len().min(open + MAX_SPANS)];
        let taken = span > end
            && open > span
            && near.first() == Some(&b'{')
            && memchr::memmem::find(near, b"}:").is_some_and(|close| near[..close].contains(&b'='))
            && is_thread(&text[self.at..end]);
        if taken {
            self.draft.thread.get_or_insert(At::new(self.at, end));
            self.at = end;
        }
        taken
    }

    /// `src/main.rs:42: ` behind the target of a span, `[src/main.rs:42] ` behind that of simplelog.
    pub(super) fn place_behind(&mut self) {
        let start = skip_blanks(self.text, self.at);
        let bracket = usize::from(self.text.get(start) == Some(&b'['));
        let end = word_end(self.text, start + bracket);
        let place = &self.text[start + bracket..end];
        let place = match bracket {
            0 => place.strip_suffix(b":").is_some_and(is_place),
            _ => is_place(place) && self.text[end..].starts_with(b"] "),
        };
        self.at = if place { end + bracket } else { self.at };
    }

    /// `from org.shop.Orders in worker-1 - `, as Play's own logback.xml has it.
    pub(super) fn logger_in_thread(&mut self) -> bool {
        let Some(rest) = self.text[self.at..].strip_prefix(b"from ").filter(|_| self.head.level.is_some())
        else {
            return false;
        };
        let mut words = rest.split(|byte| *byte == b' ');
        let (Some(logger), Some(b"in"), Some(thread), Some(next)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return false;
        };
        let taken = is_logger(logger) && !thread.is_empty() && (next == b"-" || next.starts_with(b"["));
        if taken {
            let start = self.at + 5;
            let behind = start + logger.len() + 4;
            self.draft.logger = Some(At::new(start, start + logger.len()));
            self.draft.thread.get_or_insert(At::new(behind, behind + thread.len()));
            self.logger = true;
            self.at = behind + thread.len();
        }
        taken
    }

    /// `ID: UUID INFO `, `ID:      INFO `: a label and an id, or none, before the level.
    pub(super) fn labelled_id(&mut self) -> bool {
        if !self.known() || self.closed || self.head.level.is_some() {
            return false;
        }
        let text = self.text;
        let end = word_end(text, self.at);
        let label = text[self.at..end].strip_suffix(b":").unwrap_or_default();
        if label.len() < 2 || label.len() > 24 || level::from_word(label).is_some() {
            return false;
        }
        let start = skip_blanks(text, end);
        let id = At::new(start, word_end(text, start));
        if is_bare_id(id.of(text)) && before_level(&text[skip_blanks(text, id.end())..]) {
            self.draft.groups.push(id);
            self.at = id.end();
            return true;
        }
        // so wide a gap is where the id stands in other lines
        let taken = start > end + 15 && before_level(&text[start..]);
        self.at = if taken { start } else { self.at };
        taken
    }

    /// `PID TID-… Worker JID-… INFO: `: process, thread, class and job (Sidekiq before version 6).
    pub(super) fn job(&mut self, digits: usize) -> bool {
        let text = self.text;
        let mut at = self.at + digits;
        if self.head.level.is_some() || self.closed || !text[at..].starts_with(b" TID-") {
            return false;
        }
        for _ in 0..MAX_JOB {
            at = skip_blanks(text, at);
            let end = word_end(text, at);
            let word = &text[at..end];
            let found = word.strip_suffix(b":").filter(|word| word.iter().all(u8::is_ascii_uppercase));
            if let Some(level) = found.and_then(level::from_word) {
                self.head.context = true;
                return self.set_level(level, end);
            }
            if memchr(b'-', word).is_some_and(|dash| names::names_a_correlation(&word[..dash])) {
                self.draft.groups.push(At::new(at, end));
            }
            at = end;
        }
        false
    }

    /// `4711/MainThread `: process and thread.
    pub(super) fn process_slash_thread(&mut self, digits: usize) -> bool {
        let start = self.at + digits + 1;
        if !self.known() || self.text.get(start - 1) != Some(&b'/') {
            return false;
        }
        let end = word_end(self.text, start);
        let taken = is_thread(&self.text[start..end]) && self.text.get(end) == Some(&b' ');
        if taken {
            self.draft.thread.get_or_insert(At::new(start, end));
            self.at = end;
        }
        taken
    }

    /// `LEVEL\tthread\tcom.acme.Orders\tmessage` (airlift): a thread between tabs before a logger, and the logger; also one whose
    /// name is a word, where all columns are parted by tabs: `time\tLEVEL\torders\tmessage\t{…}` (zap's console encoder).
    pub(super) fn tab_cell(&mut self, word: At) -> bool {
        let text = self.text;
        let between = text[..self.at].ends_with(b"\t") && text.get(word.end()) == Some(&b'\t');
        if !between || self.head.level.is_none() {
            return false;
        }
        let next = word.end() + 1;
        let length = memchr(b'\t', &text[next..text.len().min(next + 128)]);
        let before_logger = length.is_some_and(|length| is_logger(&text[next..next + length]));
        if is_logger(word.of(text)) {
            self.draft.logger.get_or_insert(word);
            self.logger = true;
        } else if before_logger {
            self.draft.thread.get_or_insert(word);
        } else if self.head.stamp.is_some()
            && text.get(self.head.stamp_at.end()) == Some(&b'\t')
            && is_column_name(word.of(text))
            && text.get(next).is_some_and(|first| !matches!(first, b'\t' | b'{' | b'['))
        {
            self.draft.logger.get_or_insert(word);
            self.logger = true;
        } else {
            return false;
        }
        self.at = word.end();
        true
    }

    /// `0000004a ShipService   W   `: thread, name and a letter for the level behind the time, IBM's basic format.
    /// Source: WebSphere Application Server, "JVM log interpretation": F E W A I C D O R.
    pub(super) fn thread_name_level(&mut self) -> bool {
        let text = self.text;
        let end = self.at + 8;
        let thread = text.get(self.at..end).is_some_and(|word| word.iter().all(u8::is_ascii_hexdigit));
        if !thread
            || text.get(end) != Some(&b' ')
            || !self.known()
            || self.head.level.is_some()
            || self.closed
        {
            return false;
        }
        let name = skip_blanks(text, end);
        let name_end = word_end(text, name);
        let at = skip_blanks(text, name_end);
        let level = match text.get(at) {
            Some(b'F') => Level::Fatal,
            Some(b'E' | b'R') => Level::Error,
            Some(b'W') => Level::Warn,
            Some(b'A' | b'I' | b'C' | b'O') => Level::Info,
            Some(b'D') => Level::Debug,
            _ => return false,
        };
        if name_end == name || at == name_end || !matches!(text.get(at + 1), Some(b' ')) {
            return false;
        }
        self.draft.thread = Some(At::new(self.at, end));
        self.draft.logger = Some(At::new(name, name_end));
        self.logger = true;
        self.closed = true;
        self.set_level(level, at + 1)
    }

    /// `┌ Warning: message` (Julia); the lines below it begin with `│` and `└`.
    pub(super) fn boxed_level(&mut self) -> bool {
        let Some(rest) = self.text.strip_prefix("┌ ".as_bytes()) else { return false };
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let level = level::from_word(&rest[..letters]).filter(|_| rest[letters..].starts_with(b": "));
        level.is_some_and(|level| self.set_level(level, self.text.len() - rest.len() + letters + 1))
    }

    /// `ship.exe: [WARNING] message` (OCaml's Logs), `PHP Warning:  message` (PHP's error log).
    pub(super) fn named_first(&mut self) -> bool {
        let text = self.text;
        if self.head.level.is_some() || self.closed || self.logger {
            return false;
        }
        let rest = &text[self.at..];
        if let Some(kind) = rest.strip_prefix(b"PHP ") {
            let colon = memchr(b':', &kind[..kind.len().min(32)]).filter(|_| self.known() || self.at == 0);
            let Some(colon) = colon.filter(|colon| kind[*colon..].starts_with(b":  ")) else { return false };
            let first = kind.split(|byte| matches!(byte, b' ' | b':')).next().unwrap_or_default();
            let level = level::from_word(first).or_else(|| match &kind[..colon] {
                b"Deprecated" | b"Strict Standards" => Some(Level::Info),
                other if other.ends_with(b"error") => Some(Level::Error),
                other if other.ends_with(b"warning") => Some(Level::Warn),
                _ => None,
            });
            return level.is_some_and(|level| self.set_level(level, self.at + 4 + colon + 1));
        }
        if self.at > 0 {
            return false;
        }
        let end = word_end(text, 0);
        // npm's own: "npm WARN name message", "npm ERR! name message"
        let heading = text[..end].iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_'));
        for (word, level) in [(&b" WARN "[..], Level::Warn), (b" ERR! ", Level::Error)] {
            if heading && text[end..].starts_with(word) {
                return self.set_level(level, end + word.len() - 1);
            }
        }
        // "orders.api[4711]: LEVEL message"
        if end > 1
            && let Some(process) = text[end..].strip_prefix(b"[")
        {
            let digits = process.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let rest = process[digits..].strip_prefix(b"]: ").unwrap_or_default();
            let letters = rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
            let bounded = letters >= 4 && rest.get(letters) == Some(&b' ');
            let level = level::stands_for_level(&rest[..letters]).filter(|_| bounded && digits > 0);
            let Some(level) = level else { return false };
            self.draft.logger = Some(At::new(0, end));
            self.logger = true;
            return self.set_level(level, end + 1 + digits + 3 + letters);
        }
        let Some(inside) = text[end..].strip_prefix(b" [").filter(|_| text[..end].ends_with(b":")) else {
            return false;
        };
        let letters = inside.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let level = level::from_word(&inside[..letters]).filter(|_| inside[letters..].starts_with(b"] "));
        let Some(level) = level.filter(|_| letters >= 4) else { return false };
        self.draft.logger = Some(At::new(0, end - 1));
        self.logger = true;
        self.set_level(level, end + 2 + letters + 1)
    }
}

/// Whether a word between tabs is a name: letters, with what joins them.
fn is_column_name(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_alphabetic)
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && !is_bare_id(word)
}

/// The severity before the state in PostgreSQL's csvlog: `…,ERROR,23505,"…` ("Using CSV-Format Log Output").
pub(super) fn csv_level(line: &[u8]) -> Option<Level> {
    const COLUMNS: usize = 22;
    const STATE: usize = 5;
    let commas = memchr::memchr_iter(b',', line).count();
    let mut cells = line.split(|byte| *byte == b',').take(COLUMNS).peekable();
    while let Some(cell) = cells.next() {
        let state = cells.peek().filter(|next| {
            next.len() == STATE && next.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        });
        if commas >= COLUMNS && state.is_some() && cell.iter().all(u8::is_ascii_uppercase) {
            return level::from_word(cell);
        }
    }
    None
}
