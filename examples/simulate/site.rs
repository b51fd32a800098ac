//! Places in a program that log: a sentence with gaps, fields, a level, fixed when the system is drawn.

use std::collections::BTreeSet;

use crate::draw::{Draw, Spread};
use crate::layout::{Level, Value};
use crate::phrase::{self, event_name, split};
use crate::service::Service;
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
    /// What is told as a duration is the age of the whole transaction.
    pub(crate) aged: bool,
    /// What the program does then takes so long, and tells nothing of it.
    pub(crate) pause: Option<Spread>,
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

/// Draws the site in the role `role` of `service`, which has the index `at`.
pub(crate) fn draw(
    draw: &mut Draw,
    (at, service): (usize, &Service),
    role: &'static str,
    about: &About,
    facts: &Facts,
) -> Site {
    let text = phrase::choose(draw, service, role, about, &facts.known);
    let pieces = phrase::compile(text, service, about);
    let inline: BTreeSet<Slot> = phrase::gaps(text).filter_map(Slot::named).collect();
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
    if phrase::missing_target(role, text) {
        want(if role.starts_with(['c', 'a', 'g']) { Slot::Peer } else { Slot::Topic }, &mut slots);
    }
    let vague = matches!(role, "request" | "call") || (role == "answer" && draw.chance(0.6));
    if vague && !phrase::says_what(text) {
        want(*draw.pick(&[Slot::Route, Slot::Op]), &mut slots);
    }
    let aged = matches!(role, "sent" | "worked" | "handled" | "message" | "detail")
        && draw.chance(service.habits.aged);
    if aged && !slots.contains(&Slot::Millis) {
        want(Slot::Took, &mut slots);
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
        aged,
        pause: pause(draw, service, role),
    }
}

/// What comes after a line, if anything does that is not told.
fn pause(draw: &mut Draw, service: &Service, role: &str) -> Option<Spread> {
    let begins = matches!(role, "request" | "message" | "work" | "detail" | "answer");
    (begins && draw.chance(0.5)).then(|| {
        let ms = draw.magnitude(0.5, 60.0) * service.pace;
        Spread::around(draw, ms)
    })
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
        aged: false,
        pause: None,
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

fn level(draw: &mut Draw, service: &Service, role: &str) -> Level {
    match role {
        "crash" | "dead" => Level::Error,
        "giveup" | "failed" | "timeout" => *draw.pick(&[Level::Error, Level::Warn]),
        "callfail" | "retry" | "compensate" => Level::Warn,
        "declined" | "refuse" => *draw.pick(&[Level::Warn, Level::Info, Level::Warn, Level::Error]),
        "work" | "query" | "queried" | "detail" | "hit" | "miss" | "batchone" | "skip"
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
        "message" | "handled" | "failed" | "dead" | "sending" | "sent" | "batch" | "batchone"
        | "batchdone" | "ask" | "timeout" => 1,
        "call" | "answer" | "callfail" | "giveup" => 3,
        "query" | "queried" => 4,
        _ => 2,
    }
}
