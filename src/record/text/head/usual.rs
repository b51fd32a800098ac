//! What headers of a source usually hold. A part that only few of its lines have, right before their messages, is one of
//! their messages.
//!
//! A header is a path of parts ([`Part`]). How many lines of the sample come to a place, and how many of these go on with
//! one part more and end there, tells whether that part is a column. An id that nothing names is one if it stands there in
//! most lines, or comes again: digests do neither.

use super::ids::is_bare_id;
use super::{Head, Reader};
use crate::model::Level;
use crate::record::{At, Draft, Profile};
use rustc_hash::FxHashMap;

/// Fewer lines tell nothing of a part that some lack.
const MIN_LINES: usize = 10;
/// A column is in one of so many lines at least.
const MIN_SHARE: usize = 5;

/// So many ids are looked for in other lines.
const MAX_IDS: usize = 16;

/// A place in a header: a hash of the parts before it.
pub(super) type Place = u64;

/// One part of a line's header, as it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// The place before it.
    before: Place,
    /// The place behind it.
    behind: Place,
    /// A separator of its own.
    separates: bool,
    /// It told the level.
    levels: bool,
    /// The level was known before it.
    levelled: bool,
    /// It may belong to a message: it holds no ids, and the line was known to begin a record before it.
    open: bool,
}

/// What is known of the headers of a source.
#[derive(Clone, Debug, Default)]
pub struct Usual {
    /// Places behind parts that are messages', in order.
    refused: Vec<Place>,
    /// Ids right before messages, which nothing names, are messages'.
    digests: bool,
}

impl Usual {
    /// What the lines of a sample tell.
    pub fn learn(lines: &[&[u8]], profile: &Profile, draft: &mut Draft) -> Usual {
        let mut reached: FxHashMap<Place, usize> = FxHashMap::default();
        let mut leaves: FxHashMap<Place, Leaf> = FxHashMap::default();
        let mut ends: FxHashMap<Place, usize> = FxHashMap::default();
        let mut parts = Vec::new();
        // lines, those that have an id before their message, and the ids
        let (mut all, mut placed, mut ids) = (0, 0, Vec::new());
        for &line in lines {
            parts.clear();
            draft.clear();
            let (head, end) = read(line, profile, draft, &mut parts);
            if !head.starts_record() && !head.context {
                continue;
            }
            all += 1;
            if let Some(id) = draft.groups.last().filter(|_| unnamed_id(line, &head, draft).is_some()) {
                placed += 1;
                ids.push(id.of(line));
            } else if ends_in_empty_group(&line[..head.message]) {
                placed += 1;
            }
            *reached.entry(0).or_default() += 1;
            for part in &parts {
                *reached.entry(part.behind).or_default() += 1;
            }
            let last = parts.iter().rposition(|part| !part.separates);
            if line[end.min(head.message)..head.message].trim_ascii().is_empty() {
                for part in &parts[last.unwrap_or(0)..] {
                    *ends.entry(part.behind).or_default() += 1;
                }
            }
            for (index, part) in parts.iter().enumerate().filter(|(_, part)| !part.separates) {
                let leaf =
                    leaves.entry(part.behind).or_insert(Leaf { before: part.before, ..Leaf::default() });
                let settled = part.levelled || part.levels || head.level.is_none();
                leaf.inner |= last != Some(index) || !part.open || !settled;
            }
        }
        let refuses = |leaf: &Leaf| {
            let all = reached.get(&leaf.before).copied().unwrap_or_default();
            // in the others the message begins there
            let without = ends.get(&leaf.before).copied().unwrap_or_default();
            !leaf.inner && all >= MIN_LINES && without * MIN_SHARE > all * (MIN_SHARE - 1)
        };
        let refused = leaves.iter().filter_map(|(&place, leaf)| refuses(leaf).then_some(place));
        let mut refused: Vec<Place> = refused.collect();
        refused.sort_unstable();
        let few = !ids.is_empty() && placed * 2 <= all;
        let comes_again = |id: &&[u8]| {
            lines.iter().filter(|line| memchr::memmem::find(line, id).is_some()).nth(1).is_some()
        };
        Usual { refused, digests: few && !ids.iter().take(MAX_IDS).any(comes_again) }
    }

    /// Whether nothing was learned.
    pub fn is_silent(&self) -> bool {
        self.refused.is_empty() && !self.digests
    }

    /// Whether nothing is refused.
    pub(super) fn is_empty(&self) -> bool {
        self.refused.is_empty()
    }

    /// Whether ids right before messages, which nothing names, are the messages'.
    pub fn has_digests(&self) -> bool {
        self.digests
    }

    /// Gives an id that is none back to the message.
    pub(super) fn settle(&self, line: &[u8], head: &mut Head, draft: &mut Draft) {
        if self.digests
            && let Some(start) = unnamed_id(line, head, draft)
        {
            draft.groups.pop();
            head.message = start;
        }
    }

    /// Whether the part before this place is none of a header.
    pub(super) fn refuses(&self, place: Place) -> bool {
        self.refused.binary_search(&place).is_ok()
    }
}

/// What is known of the parts that lead to one place.
#[derive(Debug, Default)]
struct Leaf {
    before: Place,
    /// Others followed in some line, or it is a column for sure.
    inner: bool,
}

/// Whether a header ends in `[]`, maybe with a separator behind it: where other lines have an id.
fn ends_in_empty_group(header: &[u8]) -> bool {
    let separates = |byte: &u8| matches!(byte, b' ' | b'\t' | b'-' | b'|' | b':' | b'>');
    let end = header.iter().rposition(|byte| !separates(byte)).map_or(0, |at| at + 1);
    header[..end].ends_with(b"[]")
}

/// Where the id begins, with its bracket, that stands alone right before the message and that nothing names.
fn unnamed_id(line: &[u8], head: &Head, draft: &Draft) -> Option<usize> {
    /// Longer ids are UUIDs, which are no digests, or pairs.
    const MAX_DIGITS: u32 = 32;
    let (id, others) = draft.groups.split_last()?;
    if id.len > MAX_DIGITS || head.message < id.end() || !is_bare_id(id.of(line)) {
        return None;
    }
    let between = |from: usize, to: usize| {
        let closing = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'=' | b'"');
        line.get(from..to).is_some_and(|bytes| bytes.iter().all(closing))
    };
    let paired = others
        .last()
        .is_some_and(|other| is_bare_id(other.of(line)) && between(other.end(), id.start as usize));
    let start = id.start as usize;
    let open = usize::from(matches!(line[..start].last(), Some(b'[' | b'(' | b'{' | b'<')));
    let named = matches!(line[..start].last(), Some(b'=' | b':' | b'"'));
    (between(id.end(), head.message) && !paired && !named).then_some(start - open)
}

/// Reads the header of a line, part by part, as far as nothing was learned of its source yet; gives also where the last of
/// these parts ends.
fn read(line: &[u8], profile: &Profile, draft: &mut Draft, parts: &mut Vec<Part>) -> (Head, usize) {
    let mut reader = Reader::new(line, profile, draft);
    reader.parts = Some(parts);
    reader.run();
    let end = reader.at;
    (reader.rest(profile), end)
}

/// What a reader knew before it took a part.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    at: usize,
    head: Head,
    logger: bool,
    closed: bool,
    bracketed_level: bool,
    groups: usize,
    thread: Option<At>,
    name: Option<At>,
    service: Option<At>,
    service_is_weak: bool,
}

impl Reader<'_, '_> {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            at: self.at,
            head: self.head,
            logger: self.logger,
            closed: self.closed,
            bracketed_level: self.bracketed_level,
            groups: self.draft.groups.len(),
            thread: self.draft.thread,
            name: self.draft.logger,
            service: self.draft.service,
            service_is_weak: self.draft.service_is_weak,
        }
    }

    /// Gives a part back to the message; the level that it tells stays known.
    fn give_back(&mut self, before: &Mark) {
        let level = self.head.level;
        self.at = before.at;
        self.head = Head { level, ..before.head };
        self.logger = before.logger;
        self.closed = before.closed;
        self.bracketed_level = before.bracketed_level;
        self.draft.groups.truncate(before.groups);
        self.draft.thread = before.thread;
        self.draft.logger = before.name;
        self.draft.service = before.service;
        self.draft.service_is_weak = before.service_is_weak;
    }

    /// Goes on to the place behind the part that was taken since `before`; `false` if it is given back.
    pub(super) fn went_on(&mut self, before: &Mark) -> bool {
        let byte = self.text[super::skip_blanks(self.text, before.at).min(self.text.len() - 1)];
        let group = self.draft.groups.get(before.groups).map(|group| group.of(self.text));
        let ids = group.is_some_and(super::kinds::group_has_id);
        let bracket = matches!(byte, b'[' | b'(' | b'<' | b'{');
        let stamped = self.head.stamp.is_some() != before.head.stamp.is_some();
        let level = |level: Option<Level>| level.is_some();
        let levels = level(self.head.level) != level(before.head.level);
        // what stands in brackets differs from line to line
        let named = !bracket && (self.logger != before.logger || self.draft.logger != before.name);
        let class = match byte {
            _ if ids && !bracket => b'i',
            b'0'..=b'9' => b'0',
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => b'a',
            other => other,
        };
        let separates = matches!(class, b'-' | b'|' | b':' | b'=' | b'*' | b'#' | b'>' | b',' | b';')
            && !(stamped || levels || named)
            && group.is_none();
        let marks = [stamped, levels, named, self.closed];
        let bits = marks.iter().fold(u64::from(class), |bits, mark| bits << 1 | u64::from(*mark));
        let behind = (self.place.rotate_left(5) ^ bits).wrapping_mul(0x517c_c1b7_2722_0a95) | 1;
        if self.parts.is_none() && self.usual.refuses(behind) {
            self.give_back(before);
            return false;
        }
        if let Some(parts) = &mut self.parts {
            let context = self.head.context != before.head.context || self.head.pairs != before.head.pairs;
            parts.push(Part {
                before: self.place,
                behind,
                separates,
                levels,
                levelled: before.head.level.is_some(),
                open: before.head.starts_record() && !stamped && !ids && !context,
            });
        }
        self.place = behind;
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::record::{Draft, Profile, look};

    /// What a source's lines say behind their headers, as its sample tells.
    fn messages(lines: &[String]) -> Vec<String> {
        let profile = Profile::of(lines.join("\n").as_bytes(), Vec::new(), None);
        let head = |line: &String| look::look(line.as_bytes(), &profile, &mut Draft::default()).head;
        lines.iter().map(|line| line[head(line).message..].trim().to_owned()).collect()
    }

    fn source(message: impl Fn(usize) -> String) -> Vec<String> {
        (0..40).map(|n| format!("2024-05-01 12:00:{n:02},250 INFO {}", message(n))).collect()
    }

    #[test]
    fn what_few_lines_have_before_their_messages_is_a_part_of_them() {
        let said = |n: usize| if n == 7 { "[client] gone".to_owned() } else { format!("served {n}") };
        assert_eq!(messages(&source(said))[7], "[client] gone");
        let said = |n: usize| format!("[worker] served {n}");
        assert_eq!(messages(&source(said))[7], "served 7");
    }

    #[test]
    fn ids_are_columns_if_the_other_lines_have_an_empty_group_in_their_place() {
        let lines = source(|n| match n % 3 {
            0 => format!("shop.orders [{n:032x}] - served"),
            _ => "shop.orders [] - kept".to_owned(),
        });
        assert_eq!(messages(&lines)[21], "served");
    }

    #[test]
    fn ids_that_nothing_names_are_columns_if_most_lines_have_them_or_they_come_again() {
        let digest = |n: u128| format!("{:032x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        let rare = source(|n| match n {
            5 | 20 => format!("[{}] matches", digest(n as u128)),
            _ => format!("served {n}"),
        });
        assert!(messages(&rare)[5].ends_with("] matches"), "{}", messages(&rare)[5]);
        let again = source(|n| match n {
            5 | 6 | 20 => format!("[{}] matches", digest(7)),
            _ => format!("served {n}"),
        });
        assert_eq!(messages(&again)[5], "matches");
        let most = source(|n| match n {
            5 | 6 | 20 => "up".to_owned(),
            _ => format!("[{}] matches", digest(n as u128)),
        });
        assert_eq!(messages(&most)[7], "matches");
    }
}
