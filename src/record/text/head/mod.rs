//! The header of a line of text.

mod cells;
mod columns;
mod enclosed;
mod groups;
mod ids;
mod kinds;
mod layouts;
mod levels;
mod marked;
mod moments;
mod named;
mod servers;
mod tokens;
mod usual;
mod widths;
mod words;

pub use columns::{Column, learn, level_token};
pub use ids::{is_bare_id, names_ids};
pub(super) use kinds::is_logger;
pub use marked::{begins_with_padded_level, capitalized_column};
pub use usual::Usual;

use super::skip_blanks;
use crate::model::{Level, Stamp};
use crate::record::timestamp::DayOrder;
use crate::record::{At, Draft, Profile};
use moments::before_level;

/// A header with more atoms than this ends there.
const MAX_ATOMS: usize = 24;

/// What a line begins with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head {
    /// The time in the header.
    pub stamp: Option<Stamp>,
    /// Where it stands.
    pub stamp_at: At,
    /// The level in the header.
    pub level: Option<Level>,
    /// One past the level where it is a word or a group of its own, else 0.
    pub level_end: usize,
    /// Where the message begins.
    pub message: usize,
    /// The header holds named ids.
    pub context: bool,
    /// Named ids stand behind the logger: what is in brackets there may be the message's, however regular.
    pub ended: bool,
    /// Where the first pair in it begins.
    pub pairs: Option<usize>,
}

impl Head {
    /// Whether the line begins a record by itself.
    pub fn starts_record(&self) -> bool {
        self.stamp.is_some() || self.level.is_some()
    }
}

/// Reads the header of the line `text`; thread, logger, service and bracketed groups go to `draft`.
pub fn head(text: &[u8], profile: &Profile, draft: &mut Draft) -> Head {
    Reader::new(text, profile, draft).whole(profile)
}

struct Reader<'t, 'd> {
    text: &'t [u8],
    usual: &'t Usual,
    /// Where its parts are told to, while the headers of a source are learned.
    parts: Option<&'d mut Vec<usual::Part>>,
    /// The place behind what was read, if it may matter.
    place: usual::Place,
    /// A part was given back to the message.
    refused: bool,
    order: DayOrder,
    draft: &'d mut Draft,
    at: usize,
    head: Head,
    logger: bool,
    /// A separator came after which only ids may still belong to the header (`logger: `, ` : `).
    closed: bool,
    bracketed_level: bool,
}

impl<'t, 'd> Reader<'t, 'd> {
    fn new(text: &'t [u8], profile: &'t Profile, draft: &'d mut Draft) -> Reader<'t, 'd> {
        Reader {
            text,
            usual: &profile.usual,
            parts: None,
            place: 0,
            refused: false,
            order: profile.order,
            draft,
            at: 0,
            head: Head::default(),
            logger: false,
            closed: false,
            bracketed_level: false,
        }
    }

    /// Reads the whole header.
    fn whole(mut self, profile: &Profile) -> Head {
        self.run();
        self.rest(profile)
    }

    /// Reads what only stands behind parts that were read by themselves.
    fn rest(mut self, profile: &Profile) -> Head {
        if let Some(token) = profile.level_token
            && self.level_at(usize::from(token))
        {
            self.run();
        }
        if !self.refused {
            self.postgres();
            self.tabbed_level();
            self.labelled_level();
            self.cells();
            self.tokens();
        }
        if self.known() {
            self.columns(&profile.columns);
        }
        let mut head = self.head;
        head.message = self.message();
        self.usual.settle(self.text, &mut head, self.draft);
        if self.draft.thread.is_none() && self.known() {
            // "[intake-1]"
            let text = self.text;
            let named = |group: &&At| kinds::is_numbered_name(group.of(text));
            self.draft.thread = self.draft.groups.iter().find(named).copied();
        }
        if !head.starts_record() && !head.context {
            head.message = 0;
            self.draft.groups.clear();
            self.draft.thread = None;
            self.draft.logger = None;
            self.draft.service = None;
        }
        head
    }
}

impl Reader<'_, '_> {
    fn run(&mut self) {
        let places = self.parts.is_some() || !self.usual.is_empty();
        for _ in 0..MAX_ATOMS {
            let start = self.at;
            let before = places.then(|| self.mark());
            self.at = skip_blanks(self.text, self.at);
            let Some(&byte) = self.text.get(self.at) else { return };
            let taken = match byte {
                b'[' => self.bracket(),
                b'(' => self.parenthesis(),
                b'<' => self.angle(),
                b'{' => self.brace(),
                b'0'..=b'9' => {
                    self.time()
                        || self.short_time()
                        || self.first_id()
                        || self.bare_id()
                        || self.thread_name_level()
                        || self.number()
                }
                b'=' if self.at == 0 => self.erlang_report(),
                b'#' if self.at == 0 && self.text.starts_with(b"# Time: ") => {
                    // MySQL's slow query log
                    self.at = 8;
                    self.time()
                }
                b'#' if self.at == 0 && self.text.get(1).is_some_and(u8::is_ascii_digit) => {
                    self.marked_time()
                }
                b'-' | b'|' | b':' | b'=' | b'*' | b'#' | b'>' | b',' | b';' => self.separator(byte),
                b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                    (byte.is_ascii_alphabetic() && (self.time() || self.lettered_time()))
                        || self.first_id()
                        || self.bare_id()
                        || self.thread_name_level()
                        || self.named_first()
                        || self.leading_pairs()
                        || self.level_word()
                        || self.thread_before_spans()
                        || self.labelled_id()
                        || self.in_place()
                        || self.pairs()
                        || self.word()
                }
                b'@' => self.time() || self.at_a_time() || self.at_a_function(),
                b'"' => self.quoted_time(),
                b'/' => self.path_and_line(),
                b'?' | b'.' => self.placeholder(),
                0xe2 if self.at == 0 => self.boxed_level() || self.level_behind_symbol(),
                0xc2 | 0xe2 | 0xe3 => self.foreign_brackets() || byte != 0xe3 && self.ornament(),
                _ => false,
            };
            if !taken {
                self.at = self.at.max(start);
                return;
            }
            if let Some(before) = &before
                && !self.went_on(before)
            {
                self.refused = true;
                return;
            }
        }
    }

    fn known(&self) -> bool {
        self.head.starts_record()
    }

    /// Where the message begins: a group without ids that nothing follows is all that the record says.
    fn message(&mut self) -> usize {
        let rest = &self.text[self.at.min(self.text.len())..];
        let Some(last) = self.draft.groups.last().filter(|_| rest.trim_ascii().is_empty()) else {
            return self.at;
        };
        let before = self.text[..last.start as usize].trim_ascii_end();
        let closes = before.ends_with(b"[") && self.text[last.end()..].trim_ascii() == b"]";
        if !closes || kinds::group_has_id(last.of(self.text)) {
            return self.at;
        }
        let open = before.len() - 1;
        self.draft.groups.pop();
        open
    }

    /// `?` or `...` in the place of something that is not known.
    fn placeholder(&mut self) -> bool {
        let run = self.text[self.at..].iter().take_while(|byte| matches!(byte, b'?' | b'.')).count();
        let taken = self.known()
            && !self.closed
            && self.text.get(self.at + run) == Some(&b' ')
            && (run == 3 || run == 1);
        self.at += if taken { run } else { 0 };
        taken
    }

    /// `@module:function:line` behind a process (lager, "formatter_config").
    fn at_a_function(&mut self) -> bool {
        let end = super::word_end(self.text, self.at);
        let taken = self.known()
            && !self.closed
            && self.text.get(end) == Some(&b' ')
            && kinds::is_code_place(&self.text[self.at + 1..end]);
        self.at = if taken { end } else { self.at };
        taken
    }

    /// `›`, `✔`, `ℹ` and their like between the parts of a header.
    fn ornament(&mut self) -> bool {
        let length = if self.text[self.at] == 0xc2 { 2 } else { 3 };
        let symbol = self.text[self.at] == 0xc2
            || matches!(self.text.get(self.at + 1), Some(0x80 | 0x84..=0x9f | 0xac));
        let taken = self.known()
            && !self.closed
            && self.head.level.is_none()
            && symbol
            && matches!(self.text.get(self.at + length), Some(b' '));
        self.at += if taken { length } else { 0 };
        taken
    }

    /// Whether a bracket and a blank stand before this place.
    fn behind_group(&self) -> bool {
        self.text[..self.at].ends_with(b"] ")
    }

    fn separator(&mut self, byte: u8) -> bool {
        if byte == b'-' && self.known() && self.text.get(self.at + 1).is_some_and(u8::is_ascii_alphabetic) {
            return self.dashed_pairs() || self.dash_behind_logger();
        }
        if byte == b'-'
            && self.known()
            && self.text.get(self.at + 1) == Some(&b'[')
            && self.dash_behind_logger()
        {
            return true;
        }
        if self.at == 0 && byte == b'|' && self.enclosed_level(b'|') {
            return true;
        }
        if self.at == 0 && byte != b'-' && byte != b'*' && byte != b'#' {
            return false;
        }
        if byte == b'#' && self.known() && !self.closed && self.tagged_id() {
            return true;
        }
        if byte == b'*' && self.starred() {
            return true;
        }
        let run = self.text[self.at..].iter().take_while(|&&next| next == byte).count();
        let mut end = self.at + run;
        let behind_time = self.text[..self.at].trim_ascii_end().len() == self.head.stamp_at.end();
        if byte == b'-'
            && (run == 1 || run == 2 && self.head.level.is_some())
            && self.text.get(end) == Some(&b'>')
            && behind_time
        {
            // CodeIgniter: "LEVEL - date --> message"; "time->[thread] …"
            end += 1;
        }
        if byte == b'=' {
            // .NET: "=> SpanId:…"
            if run != 1 || self.text.get(end) != Some(&b'>') {
                return false;
            }
            end += 1;
        }
        if byte == b'|'
            && run == 1
            && self.text.get(end) == Some(&b'-')
            && before_level(&self.text[end + 1..])
        {
            // "|-INFO"
            end += 1;
        }
        let arrow = end > self.at + run;
        let before_blank = arrow || self.text.get(end).is_none_or(|next| matches!(next, b' ' | b'\t' | b'['))
            // WebLogic: "####<time> <level> <subsystem> …"
            || byte == b'#' && self.text.get(end) == Some(&b'<');
        if byte == b':' && run == 1 && before_blank && self.swift_module(end) {
            return true;
        }
        match byte {
            b'-' | b'*' | b'#' | b'>' if !before_blank => return false,
            b'-' if run > 3 => return false,
            b':' if self.known() && before_blank && (self.logger || run == 1 && self.behind_group()) => {
                self.closed = true
            }
            b':' | b'|' if !self.known() && self.at == 0 => return false,
            _ => {}
        }
        self.at = end;
        true
    }
}
