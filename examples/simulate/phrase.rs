//! The phrases of `phrases.txt`: choosing one that fits, and putting its fixed words in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::draw::Draw;
use crate::service::{Service, Tone};
use crate::site::{About, Piece};
use crate::slot::Slot;
use crate::words::{self, Case, Task};

const PHRASES: &str = include_str!("phrases.txt");

type Pool = BTreeMap<(&'static str, &'static str), Vec<&'static str>>;

/// All phrases by role and tone.
fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let mut pool = Pool::new();
        for line in PHRASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (head, phrases) = line.split_once(": ").expect("a row has a colon");
            let (role, tone) = head.split_once('.').expect("a row names role and tone");
            pool.insert((role, tone), phrases.split(" | ").map(str::trim).collect());
        }
        pool
    })
}

/// The roles and tones that have phrases.
#[cfg(test)]
fn rows() -> Vec<(&'static str, &'static str)> {
    pool().keys().copied().collect()
}

/// The names in braces within `phrase`.
pub(crate) fn gaps(phrase: &str) -> impl Iterator<Item = &str> {
    phrase.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

/// A phrase whose gaps can all be filled.
pub(crate) fn choose(
    draw: &mut Draw,
    service: &Service,
    role: &'static str,
    about: &About,
    known: &BTreeSet<Slot>,
) -> &'static str {
    // Middleware says the same for every route and topic.
    let house = matches!(
        role,
        "request"
            | "reply"
            | "call"
            | "answer"
            | "message"
            | "handled"
            | "sent"
            | "sending"
            | "query"
            | "queried"
    );
    let mut same = Draw::new(service.port.into(), &format!("{} says {role}", service.name));
    let draw = if house && service.habits.house { &mut same } else { draw };
    let tone = if draw.chance(0.82) { service.tone } else { Tone::Plain };
    let inline = draw.chance(service.habits.inline);
    let fits = |phrase: &str| {
        let mut gaps = gaps(phrase).filter_map(Slot::named);
        let told = !phrase.contains("{peer}") || !about.peer.is_empty();
        told && gaps.all(|slot| known.contains(&slot))
    };
    let is_inline = |phrase: &str| gaps(phrase).filter_map(Slot::named).any(|slot| slot.identifies());
    for tone in [tone.name(), "plain", "terse"] {
        let Some(row) = pool().get(&(role, tone)) else {
            continue;
        };
        let fitting: Vec<&'static str> = row.iter().filter(|phrase| fits(phrase)).copied().collect();
        let liked: Vec<&'static str> =
            fitting.iter().filter(|phrase| is_inline(phrase) == inline).copied().collect();
        for from in [&liked, &fitting] {
            if !from.is_empty() {
                return draw.word(from);
            }
        }
    }
    unreachable!("role {role} has no phrase that fits {known:?}")
}

/// Puts the words that are fixed into a phrase, and splits it at the gaps that are left.
pub(crate) fn compile(phrase: &str, service: &Service, about: &About) -> Vec<Piece> {
    let mut text = String::new();
    let mut rest = phrase;
    while let Some((before, name, after)) = next_gap(rest) {
        text += before;
        match Slot::named(name) {
            Some(_) => text += &rest[before.len()..rest.len() - after.len()],
            None => text += &word(name, service, about),
        }
        rest = after;
    }
    split(&(text + rest))
}

/// What stands before the first gap, its name, and what stands behind it.
fn next_gap(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// Splits a sentence at its gaps, all of which are to be filled when it is logged.
pub(crate) fn split(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, name, after)) = next_gap(rest) {
        pieces.push(Piece::Text(before.to_owned()));
        pieces.push(Piece::Gap(Slot::named(name).expect("only gaps are left")));
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    pieces
}

/// The event as this service calls it.
pub(crate) fn event_name(service: &Service, about: &About) -> String {
    match service.event_case {
        Some(case) => words::cased(&about.event, case),
        None => about.topic.clone(),
    }
}

fn word(name: &str, service: &Service, about: &About) -> String {
    let task = || about.task.clone().unwrap_or_else(|| Task::parse("run step"));
    let op = |case: Case| words::cased(&task().base(), case);
    match name {
        "op" => task().base(),
        "Op" => op(Case::Pascal),
        "OP" => op(Case::Upper),
        "op_" => {
            op(if matches!(service.case, Case::Kebab | Case::Dotted) { service.case } else { Case::Snake })
        }
        "opc" => op(Case::Camel),
        "ing" => task().doing(),
        "Ing" => words::title(&task().doing()),
        "done" => task().done(),
        "Done" => words::title(&task().done()),
        "noun" => about.noun.clone(),
        "peer" => about.peer.clone(),
        "method" => about.method.clone(),
        "route" => about.route.clone(),
        "topic" => about.topic.clone(),
        "event" => event_name(service, about),
        "EVENT" => words::cased(&about.event, Case::Upper),
        "Event" => words::cased(&about.event, Case::Pascal),
        "table" => about.table.clone(),
        "cls" => format!("{}Service", words::cased(&service.stem, Case::Pascal)),
        "svc" => service.name.clone(),
        _ => unreachable!("a phrase has the gap {name}"),
    }
}

/// True where a sentence about a call or a message does not say to or from where.
pub(crate) fn missing_target(role: &str, phrase: &str) -> bool {
    const TOLD: [&str; 13] = [
        "{peer", "{route", "{op", "{Op", "{OP", "{ing", "{done", "{Done", "{topic", "{event", "{EVENT",
        "{Event", "{table",
    ];
    matches!(role, "call" | "answer" | "callfail" | "giveup" | "message" | "sent" | "sending" | "ask")
        && !TOLD.iter().any(|word| phrase.contains(word))
}

/// True where a sentence names the operation.
pub(crate) fn says_what(phrase: &str) -> bool {
    ["{route", "{op", "{Op", "{OP", "{ing", "{done", "{Done"].iter().any(|word| phrase.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_of_a_phrase_is_known() {
        const FIXED: [&str; 19] = [
            "op", "Op", "OP", "op_", "opc", "ing", "Ing", "done", "Done", "noun", "peer", "method", "route",
            "topic", "event", "EVENT", "Event", "table", "cls",
        ];
        for ((role, tone), phrases) in pool() {
            for phrase in phrases {
                for gap in gaps(phrase) {
                    let known = FIXED.contains(&gap) || gap == "svc" || Slot::named(gap).is_some();
                    assert!(known, "{role}.{tone}: {phrase:?} has the gap {gap:?}");
                }
            }
        }
    }

    #[test]
    fn every_role_speaks_plainly() {
        let roles: BTreeSet<&str> = rows().iter().map(|(role, _)| *role).collect();
        assert!(roles.len() > 30);
        for role in roles {
            assert!(pool().contains_key(&(role, "plain")), "{role} has no plain phrase");
        }
    }
}
