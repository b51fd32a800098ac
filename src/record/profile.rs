//! What is known of a whole source before its lines are read.

use super::look::{Class, look};
use super::text;
use super::timestamp::{self, DayOrder};
use super::{Draft, Format, Layer, block, envelope, fill, read, services, table};
use crate::model::Time;

/// What is known of a whole source before its lines are read; found from its first bytes.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// How 03/04/2024 is read.
    pub order: DayOrder,
    /// Its lines begin with such dates, and nothing tells how these are to be read.
    pub order_is_open: bool,
    /// The columns of a table.
    pub table: Option<table::Columns>,
    /// Names that stand in pairs behind the messages of most lines: context, whatever they mean.
    pub tail_names: Vec<super::NameHash>,
    /// What its headers usually hold.
    pub usual: text::Usual,
    /// What stands between the header and the message in nearly all lines.
    pub columns: Vec<text::Column>,
    /// Names that state a service or an instance elsewhere, and something of the business here.
    pub not_services: Vec<super::NameHash>,
    /// Nearly all lines end with an id, in brackets or behind a dash or bar.
    pub tail_id: bool,
    /// The number of the word that is the level in most lines, where it stands behind a time.
    pub level_token: Option<u8>,
    /// The source's records are lists of `name: value` lines; how one begins.
    pub blocks: Option<block::Layout>,
    /// What stands inside its records, by the name of who sent them.
    pub inner: Vec<(Box<[u8]>, Profile)>,
    /// What the lines of its lanes hold, where several are mixed in it.
    pub lanes: Vec<(u64, Profile)>,
    /// The user's own patterns that apply to this source.
    pub custom: Vec<super::custom::Pattern>,
    /// Sources with the same number read lines alike; `None` if that is not known.
    pub fingerprint: Option<u64>,
}

/// Who sent lines, and these.
type Sender = (Box<[u8]>, Vec<Vec<u8>>);

impl Profile {
    /// What the first bytes of a source tell; `near`: when it was changed last, or the date in its name.
    pub fn of(head: &[u8], custom: Vec<super::custom::Pattern>, near: Option<Time>) -> Profile {
        let mut clean = Vec::new();
        let lines: Vec<Vec<u8>> = head
            .split(|&byte| byte == b'\n')
            .take(MAX_LINES)
            .map(|line| {
                clean.clear();
                super::escapes::strip_escapes(line.strip_suffix(b"\r").unwrap_or(line), &mut clean);
                clean.clone()
            })
            .collect();
        let starts = || lines.iter().map(|line| line.strip_prefix(b"[").unwrap_or(line));
        let proved = starts().find_map(timestamp::day_order_evidence);
        let both = || starts().find_map(timestamp::both_orders);
        let open = if proved.is_some() { None } else { both() };
        let order =
            proved.or_else(|| open.zip(near).and_then(|(both, near)| timestamp::order_near(both, near)));
        let mut profile = Profile {
            order: order.unwrap_or_default(),
            order_is_open: open.is_some() && order.is_none(),
            table: table::Columns::find(head),
            tail_names: tail_names(&lines),
            custom,
            ..Profile::default()
        };
        let (lanes, texts): (Vec<u64>, Vec<Vec<u8>>) = lines.iter().map(|line| unwrapped(line)).unzip();
        profile.blocks = block::Layout::find(&texts);
        profile.not_services = services::not_services(&texts, &profile);
        profile.learn(&texts);
        profile.inner = profile.of_senders(&texts);
        profile.lanes = profile.of_lanes(&lanes, &texts);
        let Profile { order, tail_names, columns, usual, not_services, tail_id, level_token, inner, .. } =
            &profile;
        let lasting = format!(
            "{order:?} {tail_names:?} {columns:?} {usual:?} {not_services:?} {tail_id} {level_token:?} {inner:?}"
        );
        profile.fingerprint = (profile.table.is_none() && profile.custom.is_empty())
            .then_some(crate::model::Symbol::of(lasting.as_bytes()).0);
        profile
    }

    /// What is known of the lines of one lane.
    pub(super) fn of_lane(&self, lane: u64) -> &Profile {
        self.lanes.iter().find(|(key, _)| *key == lane).map_or(self, |(_, profile)| profile)
    }

    /// What is known of what one sender writes inside the records of this source.
    pub(super) fn of_sender(&self, sender: &[u8]) -> Option<&Profile> {
        self.inner.iter().find(|(name, _)| **name == *sender).map(|(_, profile)| profile)
    }

    /// Learns what only the whole sample tells of its headers.
    fn learn(&mut self, texts: &[Vec<u8>]) {
        let mut draft = Draft::default();
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

    /// What each of those tells whose lines stand inside the records of this source (syslog, exports).
    fn of_senders(&self, texts: &[Vec<u8>]) -> Vec<(Box<[u8]>, Profile)> {
        let mut senders: Vec<Sender> = Vec::new();
        let mut draft = Draft::default();
        for text in texts {
            draft.clear();
            let seen = look(text, self, &mut draft);
            if !matches!(seen.format, Format::Syslog | Format::Json | Format::Journald) {
                continue;
            }
            let format = fill::fill(text, &seen, &mut draft, self);
            let layer = Layer { text, draft: &draft, format, names: &[] };
            let Some((inside, writing, _)) = read::inside(&layer) else { continue };
            let mut line = Vec::new();
            writing.decode(inside, &mut line);
            line.truncate(fill::first_line(&line).len());
            let name = read::sender(&layer);
            let room = senders.len() < MAX_PARTS;
            match senders.iter_mut().find(|(other, _)| **other == *name) {
                Some((_, lines)) => lines.push(line),
                None if room => senders.push((name.into(), vec![line])),
                None => {}
            }
        }
        let learned = senders.into_iter().map(|(name, lines)| (name, self.of_part(&lines)));
        learned.filter_map(|(name, profile)| Some((name, profile?))).collect()
    }

    /// What each of several lanes tells.
    fn of_lanes(&self, lanes: &[u64], texts: &[Vec<u8>]) -> Vec<(u64, Profile)> {
        let mut keys: Vec<u64> = lanes.to_vec();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() < 2 || keys.len() > MAX_PARTS {
            return Vec::new();
        }
        let of_lane = |key: u64| {
            let lines: Vec<Vec<u8>> = lanes
                .iter()
                .zip(texts)
                .filter(|(lane, _)| **lane == key)
                .map(|(_, text)| text.clone())
                .collect();
            let profile = self.of_part(&lines)?;
            Some((key, Profile { blocks: self.blocks.clone(), custom: self.custom.clone(), ..profile }))
        };
        keys.into_iter().filter(|key| *key != 0).filter_map(of_lane).collect()
    }

    /// What the lines tell that are a part of this source; `None` if they are few or tell nothing.
    fn of_part(&self, lines: &[Vec<u8>]) -> Option<Profile> {
        if lines.len() < MIN_LINES {
            return None;
        }
        let mut part = Profile { order: self.order, tail_names: tail_names(lines), ..Profile::default() };
        part.not_services.clone_from(&self.not_services);
        part.learn(lines);
        let silent = part.tail_names.is_empty()
            && part.columns.is_empty()
            && part.usual.is_silent()
            && !part.tail_id
            && part.level_token.is_none();
        (!silent).then_some(part)
    }
}

/// Lines that are looked at.
const MAX_LINES: usize = 400;
/// Fewer lines tell nothing of a part of a source.
const MIN_LINES: usize = 10;
/// More programs or containers in one source are not told apart.
const MAX_PARTS: usize = 32;

/// The lane of a line, and the line without its wrapping.
fn unwrapped(line: &[u8]) -> (u64, Vec<u8>) {
    let (mut outer, mut buffer) = (Draft::default(), Vec::new());
    match envelope::strip(line, &mut outer, &mut buffer) {
        Some(wrapped) => (wrapped.lane, wrapped.inside.map_or(buffer, |inside| inside.of(line).to_vec())),
        None => (0, line.to_vec()),
    }
}

/// Names that stand in pairs behind the messages of most lines.
fn tail_names(lines: &[Vec<u8>]) -> Vec<super::NameHash> {
    let mut all = 0usize;
    // a name, how often it was seen, behind which text first, and whether behind another one
    let mut seen: Vec<(super::NameHash, usize, super::NameHash, bool)> = Vec::new();
    for line in lines.iter().filter(|line| line.first().is_some_and(|first| *first != b'{')) {
        let tail = text::tail_of(line);
        all += usize::from(!tail.names.is_empty());
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
    let shared =
        seen.into_iter().filter(|&(_, count, _, differs)| differs && all >= 2 && count * 5 >= all * 4);
    shared.map(|(name, ..)| name).collect()
}

/// So many names behind messages are counted.
const MAX_NAMES: usize = 256;
