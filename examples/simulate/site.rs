//! Places in a program that log: a sentence with gaps, fields, a level, fixed when the system is drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::draw::Draw;
use crate::layout::{Level, Value};
use crate::service::{Service, Tone};
use crate::slot::Slot;
use crate::words::{self, Case, Task};

/// Index of a site in its system.
pub(crate) type SiteId = usize;

/// A part of a sentence.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(String),
    Gap(Slot),
}

/// What a field holds.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Fixed(Value),
    Gap(Slot),
}

/// One place in a service's code that logs.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) service: usize,
    pub(crate) role: &'static str,
    pub(crate) level: Level,
    pub(crate) logger: usize,
    pub(crate) function: String,
    pub(crate) line: u32,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) fields: Vec<(String, What)>,
    /// A stack trace follows.
    pub(crate) stack: bool,
    /// The line tells of something that came in: in v2 it says from whom.
    pub(crate) receives: bool,
}

impl Site {
    /// The values that a record of this site needs, each once.
    pub(crate) fn gaps(&self) -> Vec<Slot> {
        let pieces = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Gap(slot) => Some(*slot),
            Piece::Text(_) => None,
        });
        let fields = self.fields.iter().filter_map(|(_, what)| match what {
            What::Gap(slot) => Some(*slot),
            What::Fixed(_) => None,
        });
        pieces.chain(fields).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Site {
    /// What all records of this site have in common, as a reader sees it.
    pub(crate) fn looks(&self) -> String {
        let mut looks = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => looks += text,
                Piece::Gap(slot) => looks += &format!("{{{slot:?}}}"),
            }
        }
        for (name, what) in &self.fields {
            looks += &match what {
                What::Fixed(value) => format!(" {name}={}", value.plain()),
                What::Gap(_) => format!(" {name}="),
            };
        }
        looks
    }
}

/// The words that a site's sentence may use.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) task: Option<Task>,
    pub(crate) noun: String,
    pub(crate) peer: String,
    pub(crate) method: String,
    pub(crate) route: String,
    /// The topic's name.
    pub(crate) topic: String,
    /// What happened, for services that call events by their type: object and past.
    pub(crate) event: String,
    pub(crate) table: String,
}

/// What a site must and may say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Values that exist there.
    pub(crate) known: BTreeSet<Slot>,
    /// Values that must be printed.
    pub(crate) must: Vec<Slot>,
    /// Values that are printed with this probability.
    pub(crate) may: Vec<(Slot, f64)>,
}

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
pub(crate) fn rows() -> Vec<(&'static str, &'static str)> {
    pool().keys().copied().collect()
}

/// The names in braces within `phrase`.
fn gaps(phrase: &str) -> impl Iterator<Item = &str> {
    phrase.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

/// Draws the site in the role `role` of `service`, which has the index `at`.
pub(crate) fn draw(
    draw: &mut Draw,
    (at, service): (usize, &Service),
    role: &'static str,
    about: &About,
    facts: &Facts,
) -> Site {
    let phrase = choose(draw, service, role, about, &facts.known);
    let pieces = compile(phrase, service, about);
    let inline: BTreeSet<Slot> = gaps(phrase).filter_map(Slot::named).collect();
    let mut slots: Vec<Slot> = Vec::new();
    let want = |slot: Slot, slots: &mut Vec<Slot>| {
        if !inline.contains(&slot) && !slots.contains(&slot) {
            slots.push(slot);
        }
    };
    for slot in &facts.must {
        want(*slot, &mut slots);
    }
    for (slot, p) in &facts.may {
        if (facts.known.contains(slot) || is_fixed(*slot)) && draw.chance(*p) {
            want(*slot, &mut slots);
        }
    }
    if missing_target(role, phrase) {
        want(if role.starts_with(['c', 'a', 'g']) { Slot::Peer } else { Slot::Topic }, &mut slots);
    }
    let vague = matches!(role, "request" | "call") || (role == "answer" && draw.chance(0.6));
    if vague && !says_what(phrase) {
        want(*draw.pick(&[Slot::Route, Slot::Op]), &mut slots);
    }
    for slot in &service.habits.context {
        if facts.known.contains(slot) || is_fixed(*slot) {
            want(*slot, &mut slots);
        }
    }
    let field = |slot: Slot| {
        let name = service.names.get(&slot).cloned().unwrap_or_else(|| "value".to_owned());
        let what = fixed(slot, service, about).map_or(What::Gap(slot), What::Fixed);
        (name, what)
    };
    let level = level(draw, service, role);
    let wordy =
        about.task.as_ref().map_or_else(|| "run".to_owned(), |task| words::cased(&task.base(), service.case));
    Site {
        service: at,
        role,
        level,
        logger: group(role),
        function: if service.case == Case::Dotted { wordy.replace('.', "_") } else { wordy },
        line: draw.range(12, 420) as u32,
        pieces,
        fields: slots.into_iter().map(field).collect(),
        stack: matches!(role, "crash" | "failed" | "callfail" | "dead")
            && draw.chance(service.habits.stacks * if role == "callfail" { 0.4 } else { 1.0 }),
        receives: matches!(role, "request" | "message"),
    }
}

/// The access log's line for a route of the service with index `at`.
pub(crate) fn access(at: usize, about: &About, draw: &mut Draw) -> Site {
    let client = format!("10.{}.{}.{}", draw.below(4), draw.below(30), draw.range(2, 250));
    let request = format!("{client} \"{} {} HTTP/1.1\" ", about.method, about.route);
    let agent = format!(
        " {} \"-\" \"{}\"",
        draw.range(18, 900),
        draw.word(&["undici", "Go-http-client/2.0", "okhttp/4.12", "curl/8.5.0"])
    );
    Site {
        service: at,
        role: "access",
        level: Level::Info,
        logger: 0,
        function: "access".to_owned(),
        line: 1,
        pieces: split(&format!("{request}{{status}}{agent}")),
        fields: Vec::new(),
        stack: false,
        receives: false,
    }
}

/// A phrase whose gaps can all be filled.
fn choose(
    draw: &mut Draw,
    service: &Service,
    role: &str,
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
        let Some(row) = pool().iter().find(|((r, t), _)| *r == role && *t == tone).map(|(_, row)| row) else {
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
fn compile(phrase: &str, service: &Service, about: &About) -> Vec<Piece> {
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
fn split(text: &str) -> Vec<Piece> {
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
fn event_name(service: &Service, about: &About) -> String {
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

/// The value of a slot that is the same on every line of a site.
fn fixed(slot: Slot, service: &Service, about: &About) -> Option<Value> {
    let text = match slot {
        Slot::Topic => about.topic.clone(),
        Slot::Event => event_name(service, about),
        Slot::Peer => about.peer.clone(),
        Slot::Route => about.route.replace("{key}", "{id}"),
        Slot::Op => words::cased(&about.task.as_ref()?.base(), Case::Snake),
        Slot::Version => service.version.clone(),
        Slot::Region => ["eu-central-1", "prod", "dc2", "fra"][service.stem.len() % 4].to_owned(),
        _ => return None,
    };
    Some(Value::Text(text))
}

fn is_fixed(slot: Slot) -> bool {
    use Slot::{Event, Op, Peer, Region, Route, Topic, Version};
    matches!(slot, Topic | Event | Peer | Route | Op | Version | Region)
}

/// True where a sentence about a call or a message does not say to or from where.
fn missing_target(role: &str, phrase: &str) -> bool {
    const TOLD: [&str; 13] = [
        "{peer", "{route", "{op", "{Op", "{OP", "{ing", "{done", "{Done", "{topic", "{event", "{EVENT",
        "{Event", "{table",
    ];
    matches!(role, "call" | "answer" | "callfail" | "giveup" | "message" | "sent" | "sending" | "ask")
        && !TOLD.iter().any(|word| phrase.contains(word))
}

/// True where a sentence names the operation.
fn says_what(phrase: &str) -> bool {
    ["{route", "{op", "{Op", "{OP", "{ing", "{done", "{Done"].iter().any(|word| phrase.contains(word))
}

fn level(draw: &mut Draw, service: &Service, role: &str) -> Level {
    match role {
        "crash" | "dead" => Level::Error,
        "giveup" | "failed" | "timeout" => *draw.pick(&[Level::Error, Level::Warn]),
        "callfail" | "retry" | "compensate" => Level::Warn,
        "declined" | "refuse" => *draw.pick(&[Level::Warn, Level::Info, Level::Warn, Level::Error]),
        "work" | "query" | "queried" | "detail" | "hit" | "miss" | "batchitem" | "skip"
            if draw.chance(service.habits.debug) =>
        {
            Level::Debug
        }
        "call" | "answer" | "sending" if draw.chance(service.habits.debug * 0.5) => Level::Debug,
        _ => Level::Info,
    }
}

/// Which of a service's loggers prints the role.
fn group(role: &str) -> usize {
    match role {
        "request" | "reply" | "refuse" | "crash" => 0,
        "message" | "handled" | "failed" | "dead" | "sending" | "sent" | "batch" | "batchitem"
        | "batchdone" | "ask" | "timeout" => 1,
        "call" | "answer" | "callfail" | "giveup" => 3,
        "query" | "queried" => 4,
        _ => 2,
    }
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
