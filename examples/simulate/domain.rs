//! The trades that systems are drawn from: what their services are called, what they do, what their keys are.

use crate::draw::Draw;
use crate::words::{self, Task};

/// A kind of thing with identifiers of its own.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    /// What people call it.
    pub(crate) noun: String,
    /// What prefixed values begin with.
    pub(crate) prefix: String,
    /// Names of the field that holds its key, snake case; any service may use any of them.
    pub(crate) keys: Vec<String>,
}

/// The vocabulary of one trade.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    /// `shop`, `banking` …
    pub(crate) name: String,
    /// What a transaction is about.
    pub(crate) entity: Entity,
    /// Further entities that come to be on the way.
    pub(crate) subs: Vec<Entity>,
    /// Who asks for it.
    pub(crate) actor: Entity,
    /// What it is made of.
    pub(crate) unit: Entity,
    /// Name of the tenant field, and its few values.
    pub(crate) tenant: (String, Vec<String>),
    /// Services that the world calls.
    pub(crate) edges: Vec<String>,
    /// What runs by the clock.
    pub(crate) jobs: Vec<Task>,
    /// Systems outside.
    pub(crate) peers: Vec<String>,
    /// Service names with their tasks.
    pub(crate) services: Vec<(String, Vec<Task>)>,
}

const TABLE: &str = include_str!("domains.txt");

/// The names of all trades, the one of made-up words last.
pub(crate) fn names() -> Vec<String> {
    let listed = TABLE.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    listed.chain(["invented"]).map(str::to_owned).collect()
}

/// The vocabulary of the trade `name`; made-up words are taken from `draw`.
pub(crate) fn load(name: &str, draw: &mut Draw) -> Domain {
    if name == "invented" { invent(draw) } else { parse(name) }
}

fn parse(name: &str) -> Domain {
    let head = format!("[{name}]");
    let lines =
        TABLE.lines().skip_while(|line| *line != head).skip(1).take_while(|line| !line.starts_with('['));
    let mut domain = blank(name);
    for line in lines {
        if let Some((service, tasks)) = line.strip_prefix("svc ").and_then(|rest| rest.split_once(':')) {
            domain.services.push((service.to_owned(), tasks.split(';').map(Task::parse).collect()));
        } else if let Some((field, value)) = line.split_once(" = ") {
            let list = || value.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>();
            match field {
                "entity" => domain.entity = entity(value),
                "subs" => domain.subs = list().iter().map(|sub| entity(sub)).collect(),
                "actor" => domain.actor = entity(value),
                "unit" => domain.unit = entity(value),
                "tenant" => {
                    let (key, values) = value.split_once(':').expect("a tenant line has a colon");
                    domain.tenant =
                        (key.to_owned(), values.split(',').map(|v| v.trim().to_owned()).collect());
                }
                "edge" => domain.edges = list(),
                "jobs" => domain.jobs = list().iter().map(|job| Task::parse(job)).collect(),
                "peers" => domain.peers = list(),
                _ => unreachable!("unknown field {field} in domains.txt"),
            }
        }
    }
    domain
}

/// Reads `noun PREFIX key key …`; without keys the usual ones are made from the noun.
fn entity(text: &str) -> Entity {
    let mut words = text.split_whitespace();
    let noun = words.next().unwrap_or_default().to_owned();
    let prefix = words.next().unwrap_or_default().to_owned();
    let mut keys: Vec<String> = words.map(str::to_owned).collect();
    if keys.is_empty() {
        keys = vec![format!("{noun}_id"), noun.clone(), format!("{noun}_no")];
    }
    Entity { noun: noun.replace('_', " "), prefix, keys }
}

fn blank(name: &str) -> Domain {
    let none = || entity("");
    Domain {
        name: name.to_owned(),
        entity: none(),
        subs: Vec::new(),
        actor: none(),
        unit: none(),
        tenant: (String::new(), Vec::new()),
        edges: Vec::new(),
        jobs: Vec::new(),
        peers: Vec::new(),
        services: Vec::new(),
    }
}

/// A trade of which nobody has heard.
fn invent(draw: &mut Draw) -> Domain {
    let mut seen = Vec::new();
    let mut word = |draw: &mut Draw| {
        loop {
            let word = words::invented(draw);
            if !seen.contains(&word) && word.len() > 3 {
                seen.push(word.clone());
                return word;
            }
        }
    };
    let mut domain = blank("invented");
    let thing = |noun: String| entity(&format!("{noun} {}", noun[..3].to_uppercase()));
    domain.entity = thing(word(draw));
    domain.subs = (0..3).map(|_| thing(word(draw))).collect();
    domain.actor = thing(word(draw));
    domain.unit = thing(word(draw));
    domain.tenant = (word(draw), (0..4).map(|_| word(draw)).collect());
    domain.edges =
        (0..3).map(|_| format!("{}-{}", word(draw), draw.word(&["gate", "api", "port"]))).collect();
    domain.peers = (0..3).map(|_| word(draw)).collect();
    let verbs: Vec<String> = (0..18).map(|_| word(draw)).collect();
    let nouns: Vec<String> = (0..14).map(|_| word(draw)).collect();
    let task = |draw: &mut Draw| Task { verb: draw.pick(&verbs).clone(), object: draw.pick(&nouns).clone() };
    domain.jobs = (0..3).map(|_| task(draw)).collect();
    for _ in 0..14 {
        let name = word(draw);
        let mut tasks: Vec<Task> = (0..3).map(|_| task(draw)).collect();
        tasks.sort();
        tasks.dedup();
        domain.services.push((name, tasks));
    }
    domain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trade_is_complete() {
        let names = names();
        assert!(names.len() >= 13, "{names:?}");
        for name in names {
            let domain = load(&name, &mut Draw::new(1, "test"));
            assert!(domain.services.len() >= 12, "{name} has {} services", domain.services.len());
            assert!(domain.services.iter().all(|(_, tasks)| !tasks.is_empty()), "{name}");
            assert!(domain.edges.len() >= 3 && domain.jobs.len() >= 3 && domain.peers.len() >= 3, "{name}");
            assert!(domain.subs.len() >= 3 && domain.tenant.1.len() >= 3, "{name}");
            for entity in [&domain.entity, &domain.actor, &domain.unit] {
                assert!(entity.keys.len() >= 3 && !entity.prefix.is_empty(), "{name}: {entity:?}");
            }
        }
    }
}
