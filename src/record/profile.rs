//! What is known of a whole source before its lines are read.

use super::look::{Class, look};
use super::text;
use super::timestamp::{self, DayOrder};
use super::{Draft, Format, block, envelope, services, table};

/// What is known of a whole source before its lines are read; found from its first bytes.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// How 03/04/2024 is read.
    pub order: DayOrder,
    /// The columns of a table.
    pub table: Option<table::Columns>,
    /// Names that stand in pairs behind the messages of most lines: context, whatever they mean.
    pub tail_names: Vec<super::NameHash>,
    /// What its headers usually hold.
    pub usual: text::Usual,
    /// What stands between the header and the message in nearly all lines.
    pub columns: Vec<text::Column>,
    /// Names that state a service elsewhere, and something of the business here.
    pub not_services: Vec<super::NameHash>,
    /// Nearly all lines end with an id, in brackets or behind a dash or bar.
    pub tail_id: bool,
    /// The number of the word that is the level in most lines, where it stands behind a time.
    pub level_token: Option<u8>,
    /// The source's records are lists of `name: value` lines; how one begins.
    pub blocks: Option<block::Layout>,
    /// The user's own patterns that apply to this source.
    pub custom: Vec<super::custom::Pattern>,
    /// Sources with the same number read lines alike; `None` if that is not known.
    pub fingerprint: Option<u64>,
}

impl Profile {
    /// What the first bytes of a source tell.
    pub fn of(head: &[u8], custom: Vec<super::custom::Pattern>) -> Profile {
        let mut order = None;
        let mut lines = 0usize;
        // a name, how often it was seen, behind which text first, and whether behind another one
        let mut seen: Vec<(super::NameHash, usize, super::NameHash, bool)> = Vec::new();
        let mut clean = Vec::new();
        for line in head.split(|&byte| byte == b'\n').take(400) {
            clean.clear();
            super::escapes::strip_escapes(line.strip_suffix(b"\r").unwrap_or(line), &mut clean);
            let line = clean.as_slice();
            order = order
                .or_else(|| timestamp::day_order_evidence(line))
                .or_else(|| line.strip_prefix(b"[").and_then(timestamp::day_order_evidence));
            if line.is_empty() || line[0] == b'{' {
                continue;
            }
            let tail = text::tail_of(line);
            lines += usize::from(!tail.names.is_empty());
            for name in tail.names {
                let room = seen.len() < MAX_NAMES;
                match seen.iter_mut().find(|(other, ..)| *other == name) {
                    Some((_, count, before, differs)) => {
                        *count += 1;
                        *differs |= *before != tail.before;
                    }
                    None if room => seen.push((name, 1, tail.before, false)),
                    None => {}
                }
            }
        }
        // pairs behind one and the same text are a part of what it says
        let shared = seen
            .into_iter()
            .filter(|&(_, count, _, differs)| differs && lines >= 2 && count * 5 >= lines * 4)
            .map(|(name, ..)| name);
        let mut profile = Profile {
            order: order.unwrap_or_default(),
            table: table::Columns::find(head),
            tail_names: shared.collect(),
            columns: Vec::new(),
            usual: text::Usual::default(),
            not_services: Vec::new(),
            level_token: None,
            tail_id: false,
            blocks: None,
            custom,
            fingerprint: None,
        };
        profile.learn(head);
        let Profile { order, tail_names, columns, usual, not_services, tail_id, level_token, .. } = &profile;
        let lasting = format!(
            "{order:?} {tail_names:?} {columns:?} {usual:?} {not_services:?} {tail_id} {level_token:?}"
        );
        profile.fingerprint = (profile.table.is_none() && profile.custom.is_empty())
            .then_some(crate::model::Symbol::of(lasting.as_bytes()).0);
        profile
    }

    /// Learns what only the whole sample tells of its headers.
    fn learn(&mut self, sample: &[u8]) {
        let mut draft = Draft::default();
        let mut clean = Vec::new();
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for line in sample.split(|&byte| byte == b'\n').take(400) {
            clean.clear();
            super::escapes::strip_escapes(line.strip_suffix(b"\r").unwrap_or(line), &mut clean);
            let (mut outer, mut buffer) = (Draft::default(), Vec::new());
            let text = match envelope::strip(&clean, &mut outer, &mut buffer) {
                Some(wrapped) => wrapped.inside.map_or(buffer, |inside| inside.of(&clean).to_vec()),
                None => clean.clone(),
            };
            texts.push(text);
        }
        self.blocks = block::Layout::find(&texts);
        self.not_services = services::not_services(&texts, self);
        let begins = |text: &&Vec<u8>| {
            let seen = look(text, self, &mut Draft::default());
            seen.format == Format::Text && seen.class == Class::Start
        };
        let starts: Vec<&[u8]> = texts.iter().filter(begins).map(Vec::as_slice).collect();
        let lines: Vec<_> = starts
            .iter()
            .map(|&text| {
                draft.clear();
                (look(text, self, &mut draft).head, text)
            })
            .collect();
        let ids = lines.iter().filter(|(_, text)| text::id_at_end(text).is_some()).count();
        self.tail_id = ids >= 2 && ids * 10 >= lines.len() * 9;
        let token = text::level_token(&lines);
        let columns = text::learn(&lines);
        self.level_token = token;
        self.columns = columns;
        // a part is looked at as one of a message only where no column is
        self.usual = text::Usual::learn(&starts, self, &mut draft);
    }
}

/// So many names behind messages are counted.
const MAX_NAMES: usize = 256;
