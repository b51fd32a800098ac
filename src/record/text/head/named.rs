//! Pairs in a header: named ids, the service, the level.

use super::Reader;
use super::kinds::{is_uuid, looks_like_id, tells_context};
use super::moments::before_level;
use crate::record::text::{names_context, pair, skip_blanks};
use crate::record::{At, NameHash, Role, WEAK_SERVICE, level, names};

impl Reader<'_, '_> {
    /// Named ids before the message: `trace_id=… span_id=…`, `TraceID: … SpanID: …`.
    pub(super) fn pairs(&mut self) -> bool {
        if self.header_run() || self.named_level() {
            return true;
        }
        let mut at = self.at;
        let mut taken = false;
        while let Some((name, value, end)) = pair(self.text, at, true) {
            let colon = self.text.get(name.end()) == Some(&b':');
            // "trace" and "span" are words too
            let short = names::lookup_name(NameHash::of(name.of(self.text)), false).is_none();
            let known = names_context(name.of(self.text))
                && (!(colon || short) || looks_like_id(value.of(self.text)))
                // "… | req=UUID | message"
                || !colon && is_uuid(value.of(self.text)) && self.text[end..].starts_with(b" | ");
            // "service=orders trace_id=…"
            let before_ids = || {
                let next = pair(self.text, skip_blanks(self.text, end), false);
                next.is_some_and(|(name, value, _)| tells_context(name.of(self.text), value.of(self.text)))
            };
            let known = known || !colon && self.states_service(name) && before_ids();
            let listed = || matches!(self.text[..at].trim_ascii_end().last(), Some(b',' | b';'));
            if !(known || taken && !colon && listed()) {
                break;
            }
            taken = true;
            self.service_of(name, value);
            self.head.pairs.get_or_insert(name.start as usize);
            self.at = end;
            at = end;
            if matches!(self.text.get(at), Some(b',' | b';')) {
                at += 1;
                // "trace=…; message"
                self.at += usize::from(self.text[at - 1] == b';');
            }
            at = skip_blanks(self.text, at);
        }
        self.head.context |= taken;
        self.head.ended |= taken && self.logger;
        self.closed |= self.head.ended;
        taken
    }

    /// The service, if a pair states it.
    pub(super) fn service_of(&mut self, name: At, value: At) {
        if self.states_service(name) && !value.is_empty() {
            self.draft.service.get_or_insert(value);
        }
    }

    fn states_service(&self, name: At) -> bool {
        let known = names::known(name.of(self.text), true);
        known.is_some_and(|known| known.role == Role::Service && known.rank < WEAK_SERVICE)
    }

    /// The service among pairs, which are kept as a group.
    pub(super) fn service_among(&mut self, pairs: At) {
        self.draft.groups.push(pairs);
        let mut at = pairs.start as usize;
        while let Some((name, value, end)) =
            pair(self.text, at, false).filter(|(.., end)| *end <= pairs.end())
        {
            self.service_of(name, value);
            at = end + self.text[end..].iter().take_while(|byte| matches!(byte, b' ' | b',')).count();
        }
    }

    /// `level=INFO` among the parts of a header.
    pub(super) fn named_level(&mut self) -> bool {
        if !self.known() || self.closed || self.head.level.is_some() {
            return false;
        }
        let Some((name, value, end)) = pair(self.text, self.at, false) else { return false };
        let role = names::lookup_name(NameHash::of(name.of(self.text)), true).map(|known| known.role);
        let level = level::from_word(value.of(self.text)).filter(|_| role == Some(Role::Level));
        level.is_some_and(|level| self.set_level(level, end))
    }

    /// `-key="value" key="value"- `: logback's %kvp between dashes.
    pub(super) fn dashed_pairs(&mut self) -> bool {
        let mut at = self.at + 1;
        while let Some((_, _, end)) = pair(self.text, at, false) {
            if self.text[end..].starts_with(b"- ") {
                self.head.context = true;
                self.at = end + 1;
                return true;
            }
            at = skip_blanks(self.text, end);
        }
        false
    }

    /// Pairs that a separator or a level closes, one of which names context: all of them are header.
    pub(super) fn header_run(&mut self) -> bool {
        let (mut at, mut end, mut known, mut count) = (self.at, self.at, false, 0);
        while let Some((name, _, after)) = pair(self.text, at, false) {
            count += 1;
            known |= names_context(name.of(self.text));
            end = after;
            at = after + usize::from(matches!(self.text.get(after), Some(b',' | b';')));
            at = skip_blanks(self.text, at);
        }
        let rest = &self.text[at..];
        // "time p=4711 u=root n=x | message" (Ansible)
        let behind_time = self.text[..self.at].trim_ascii_end().len() == self.head.stamp_at.end();
        known |= count > 1 && behind_time && rest.starts_with(b"| ");
        if end == self.at || !known || !self.known() {
            return false;
        }
        let level = self.head.level.is_none() && before_level(rest);
        let dash = matches!(rest, [b'-' | b'|', b' ', ..]);
        if level || dash {
            self.head.context = true;
            self.at = end;
        }
        level || dash
    }

    /// Whether the pairs from `start` on are closed by ` - `, so that they stand before the message.
    pub(super) fn ends_in_dash(&self, start: usize) -> bool {
        let mut at = start;
        while let Some((_, _, end)) = pair(self.text, at, false) {
            at = skip_blanks(self.text, end);
        }
        matches!(self.text.get(at), Some(b'-' | b'|')) && self.text.get(at + 1) == Some(&b' ')
    }
}
