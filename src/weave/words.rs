//! What the words of a template tell: whether something is received, sent, called, answered, begun or ended, and which
//! names of topics and services stand in it.

use super::roles::{self, TOLD};
use crate::model::Symbol;
use crate::record::statement::is_statement;

/// What a record is about, by its first telling word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Act {
    /// Nothing tells.
    #[default]
    Other,
    /// A message or request comes in.
    Receive,
    /// A message goes out.
    Send,
    /// Another service is called.
    Call,
    /// A call was answered.
    Answer,
    /// Work begins.
    Start,
    /// Work ended.
    End,
}

impl Act {
    /// Whether something comes in, or work begins.
    pub fn begins(self) -> bool {
        matches!(self, Act::Receive | Act::Start)
    }
}

/// What is known of a template.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// What it is about.
    pub act: Act,
    /// It tells something in the past: `rendered`.
    pub past: bool,
    /// Names in it (topics, services, event types): normalized, without the words of plain prose.
    pub names: Vec<Symbol>,
    /// It is a statement that was put to a database.
    pub statement: bool,
    /// Hash of its first word, for grouping templates that differ later.
    pub first: Symbol,
    /// See [`roles::told`].
    pub told: [f32; TOLD],
}

impl Words {
    /// Whether they tell that something is done.
    pub fn closes(&self) -> bool {
        match self.act {
            Act::End | Act::Answer => true,
            Act::Other | Act::Call | Act::Start => self.past,
            Act::Receive | Act::Send => false,
        }
    }
}

/// Reads a template's text.
pub fn words(template: &str) -> Words {
    let (statement, told) = (is_statement(template.as_bytes()), roles::told(template));
    let mut words = Words { statement, told, ..Words::default() };
    let tells_time = template.contains("took <*>") || template.ends_with("took");
    let (mut is_request, mut named, mut message) = (false, false, false);
    for (index, word) in split(template).enumerate() {
        is_request |= is_method(word);
        if words.first.is_none() {
            words.first = Symbol::of(word.to_ascii_lowercase().as_bytes());
        }
        let act = match act(word) {
            // "replied …" is what who was asked says of itself, "stock replied …" what who asked does
            Act::Answer if index == 0 && is_reply(word) => Act::Send,
            // `SELECT a took 3 ms`
            Act::Receive if word == "took" && tells_time => Act::Other,
            // "fetched a job" and "accepted a connection" begin with it, others tell what came of something
            Act::Receive if index > 0 => outcome(word).unwrap_or(Act::Receive),
            // `POST /orders -> 201`: what came of it
            Act::Send if is_request && matches!(word, "->" | "-->" | "=>") => Act::Other,
            // "event out"
            Act::Other if message && word.eq_ignore_ascii_case("out") => Act::Send,
            Act::Other if message && word.eq_ignore_ascii_case("in") => Act::Receive,
            act => act,
        };
        message = is_message(word);
        words.past |= index < 12 && is_past(word);
        if words.act == Act::Other && index < 12 {
            words.act = act;
        } else if words.act == Act::Start && act != Act::Other && act != Act::Start && index < 3 {
            // "starting to send", "processing received": the second verb says more
            words.act = act;
        } else if named && !matches!(act, Act::Other | Act::Call) && index < 12 {
            // "request received", "price query failed": the verb says what becomes of it
            words.act = act;
        } else if named && words.act != Act::Call && act == Act::Other && is_past(word) {
            // "delivery zone resolved"
            words.act = act;
        } else if words.act == Act::End && act == Act::Send && word.ends_with("ing") {
            // "settled, announcing it": what is over is not what is done now
            words.act = act;
        }
        named =
            matches!(words.act, Act::Call | Act::Receive | Act::Send) && (named || is_noun(word, index == 0));
        if let Some(name) = name(word)
            && words.names.len() < 12
            && !words.names.contains(&name)
        {
            words.names.push(name);
        }
    }
    if words.statement {
        words.act = Act::Call;
    }
    words
}

/// A text with its arrows the other way round, and whether the first of them says that a message goes out, as it stands;
/// `None` if it has none.
pub fn turned(text: &str) -> Option<(String, bool)> {
    const ARROWS: [(&str, &str); 4] = [("->", "<-"), ("-->", "<--"), (">>", "<<"), ("=>", "<=")];
    let mut out = None;
    let mut turn = |word: &str| {
        let (right, left) = ARROWS.into_iter().find(|(right, left)| word == *right || word == *left)?;
        out.get_or_insert(word == right);
        // a double line is also a comparison
        Some(match (word == right, right) {
            (true, "=>") => "<-",
            (false, "=>") => "->",
            (true, _) => left,
            (false, _) => right,
        })
    };
    let words: Vec<&str> = text.split(' ').map(|word| turn(word).unwrap_or(word)).collect();
    out.map(|out| (words.join(" "), out))
}

fn is_method(word: &str) -> bool {
    matches!(word, "GET" | "POST" | "PUT" | "PATCH" | "DELETE")
}

/// Whether a word names a call or a message, and does not say that one calls, as it may in front: `Query product successfully`.
fn is_noun(word: &str, in_front: bool) -> bool {
    const ALWAYS: [&str; 6] =
        ["request", "requests", "delivery", "deliveries", "notification", "notifications"];
    const OTHERS: [&str; 6] = ["call", "calls", "query", "queries", "lookup", "rpc"];
    let is = |noun: &&str| noun.eq_ignore_ascii_case(word);
    ALWAYS.iter().any(&is) || !in_front && OTHERS.iter().any(&is)
}

/// What a verb that may say that something is taken up tells in the past, behind what it is told of: "address fetched",
/// "customer accepted the offer".
fn outcome(word: &str) -> Option<Act> {
    let outcomes = [("fetched", Act::Answer), ("accepted", Act::End), ("picked", Act::Other)];
    outcomes.into_iter().find(|(verb, _)| verb.eq_ignore_ascii_case(word)).map(|(_, act)| act)
}

fn is_past(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ed")
}

/// Whether a word names a message.
fn is_message(word: &str) -> bool {
    ["event", "message", "msg"].iter().any(|noun| noun.eq_ignore_ascii_case(word))
}

/// Whether a word says that one replies, not that there is a reply.
fn is_reply(word: &str) -> bool {
    ["replied", "replying"].iter().any(|form| form.eq_ignore_ascii_case(word))
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                ',' | ';'
                    | '('
                    | ')'
                    | '['
                    | ']'
                    | '{'
                    | '}'
                    | '"'
                    | '\''
                    | '='
                    | ':'
                    | '/'
                    | '|'
                    | '!'
                    | '?'
            )
    })
    .map(|word| word.trim_matches(|c: char| matches!(c, '.' | '-' | '_') && word.len() > 2))
    .filter(|word| !word.is_empty() && *word != "<*>")
}

/// The words of a text, split also where capitals or separators join them; their stems, sorted.
pub fn tokens(text: &str) -> Vec<Symbol> {
    let mut found: Vec<Symbol> = Vec::new();
    let mut word = String::new();
    let mut end = |word: &mut String| {
        let stem = stem(word);
        if stem.len() >= 2 {
            found.push(Symbol::of(stem.as_bytes()));
        }
        word.clear();
    };
    let mut before = ' ';
    for c in text.chars() {
        if !c.is_alphabetic() || c.is_uppercase() && before.is_lowercase() {
            end(&mut word);
        }
        if c.is_alphabetic() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    end(&mut word);
    found.sort_unstable();
    found.dedup();
    found.truncate(MAX_TOKENS);
    found
}

/// A word in lower case without what English puts behind it, so that `reserve`, `reserved`, `reserving` and `reservations` are
/// one: the endings of plurals, of the past, of what goes on and of what came of it, and what these leave behind.
fn stem(word: &str) -> &str {
    /// What has to be left of a word.
    const LEAST: usize = 3;
    let without = |word: &'_ str, ending: &str| {
        word.strip_suffix(ending).filter(|rest| rest.len() >= LEAST && rest.contains(VOWELS)).map(str::len)
    };
    let mut stem = word;
    if !stem.ends_with("ss") && !stem.ends_with("us") && stem.len() > LEAST {
        stem = stem.strip_suffix('s').unwrap_or(stem);
    }
    let verb = ["ing", "ed"].iter().find_map(|ending| without(stem, ending));
    if let Some(end) = verb {
        stem = &stem[..end];
        // "shipped", but "billed" and "passed"
        let bytes = stem.as_bytes();
        let doubled = bytes.len() > LEAST && bytes[bytes.len() - 1] == bytes[bytes.len() - 2];
        if doubled && !stem.ends_with(['l', 's', 'z', 'e', 'o']) {
            stem = &stem[..stem.len() - 1];
        }
    } else if let Some(end) = ["ment", "ion"].iter().find_map(|ending| without(stem, ending))
        && (stem.ends_with("ment") || stem[..end].ends_with(['s', 't']))
    {
        stem = &stem[..end];
    }
    // "reserve", "cancel(l)ed", "notify" and "notified", "allocate" and "allocation"
    for ending in ["e", "i", "y", "at"] {
        if let Some(rest) = stem.strip_suffix(ending).filter(|rest| rest.len() > LEAST) {
            stem = rest;
        }
    }
    stem
}

const VOWELS: [char; 6] = ['a', 'e', 'i', 'o', 'u', 'y'];

/// Words of a text that are looked at.
const MAX_TOKENS: usize = 32;

/// What a word says.
fn act(word: &str) -> Act {
    // `POST /orders` is no message that is sent, and may be asked or answered
    if is_method(word) {
        return Act::Other;
    }
    let lower = word.to_ascii_lowercase();
    match lower.as_str() {
        "<-" | "<--" | "<<" | "<=" => return Act::Receive,
        "->" | "-->" | ">>" | "=>" => return Act::Send,
        _ => {}
    }
    const STEMS: &[(Act, &[&str])] = &[
        (
            Act::Receive,
            &[
                "receiv", "incoming", "inbound", "consum", "got", "dequeue", "pick", "poll", "accept",
                "arriv", "recv", "delivery", "taking", "took", "fetched", "popped", "intake",
            ],
        ),
        (
            Act::Send,
            &[
                "sent",
                "send",
                "publish",
                "emit",
                "produc",
                "enqueu",
                "dispatch",
                "queued",
                "queue",
                "outgoing",
                "outbound",
                "push",
                "post",
                "broadcast",
                "notif",
                "forward",
                "fire",
                "announc",
                "raise",
                "raising",
                "schedul",
                "relay",
                "deliver",
            ],
        ),
        (
            Act::Call,
            &[
                "call", "request", "invok", "ask", "query", "querying", "quer", "fetching", "fetch",
                "lookup", "contact", "get", "put", "delete", "rpc", "dial",
            ],
        ),
        (Act::Answer, &["answer", "respon", "repl", "return", "respond", "got"]),
        (
            Act::Start,
            &[
                "start", "begin", "begun", "process", "handl", "creat", "open", "enter", "initiat", "execut",
                "running", "run", "validat", "check", "reserv", "charg", "prepar", "work",
            ],
        ),
        (
            Act::End,
            &[
                "done",
                "complet",
                "finish",
                "success",
                "succeed",
                "fail",
                "ended",
                "end",
                "clos",
                "stored",
                "saved",
                "created",
                "ok",
                "acknowledg",
                "ack",
                "settl",
                "handled",
                "processed",
                "confirmed",
                "booked",
                "rejected",
                "declined",
                "aborted",
            ],
        ),
    ];
    // whole words that are ends before their stems are starts
    const ENDS: &[&str] = &[
        "handled",
        "processed",
        "created",
        "executed",
        "validated",
        "checked",
        "reserved",
        "charged",
        "opened",
        "completed",
        "initiated",
        "prepared",
        "delivered",
    ];
    if ENDS.contains(&lower.as_str()) {
        return Act::End;
    }
    let first = lower.as_bytes().first();
    for (act, stems) in STEMS {
        for stem in stems.iter().filter(|stem| stem.as_bytes().first() == first) {
            let hit = if stem.len() <= 3 { lower == *stem } else { lower.starts_with(stem) };
            if hit {
                return *act;
            }
        }
    }
    Act::Other
}

/// A word that names something: it joins parts by dots, dashes or underscores, or by capitals; or stands in capitals.
pub(super) fn name(word: &str) -> Option<Symbol> {
    let inner = &word[word.char_indices().nth(1).map_or(word.len(), |(at, _)| at)..];
    let joined = inner.contains(['.', '_', '-'])
        || inner.chars().any(|c| c.is_ascii_uppercase()) && inner.chars().any(|c| c.is_ascii_lowercase());
    (joined && word.len() >= 4 && word.chars().any(char::is_alphabetic)).then(|| normalized(word))
}

/// The symbol of a name without case, separators, mask and a trailing version: `order.placed`, `OrderPlaced` and
/// `order-placed-v2` are one.
pub fn normalized(name: &str) -> Symbol {
    let last = name.rsplit(['/', ':']).next().unwrap_or(name);
    let mut letters: String =
        last.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if let Some(at) = letters.rfind('v')
        && at > 2
        && letters[at + 1..].chars().all(|c| c.is_ascii_digit())
        && letters.len() > at + 1
    {
        letters.truncate(at);
    }
    Symbol::of(letters.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_are_turned() {
        assert_eq!(turned("=> <*> x"), Some(("<- <*> x".to_owned(), true)));
        assert_eq!(turned("a <- b --> c"), Some(("a -> b <-- c".to_owned(), false)));
        assert_eq!(turned("a->b, x >= 3"), None);
        assert_eq!(words("-> orders").act, Act::Send);
        assert_eq!(words(&turned("-> orders").unwrap().0).act, Act::Receive);
    }

    #[test]
    fn what_is_told_in_the_past_closes_but_what_was_received_or_sent_does_not() {
        let closes = ["report rendered", "inbox answered", "charge done", "ticket plated"];
        assert!(closes.iter().all(|text| words(text).closes()));
        let open = ["received order.placed", "order.placed published", "rendering", "looking up ward"];
        assert!(!open.iter().any(|text| words(text).closes()));
    }

    #[test]
    fn the_first_telling_word_counts() {
        for (template, expected) in [
            ("published order.placed order_id=<*>", Act::Send),
            ("POST /orders/<*> from <*>", Act::Other),
            ("replied kind=busy", Act::Send),
            ("stock replied <*>", Act::Answer),
            ("reply received", Act::Answer),
            ("settled, announcing order.closed <*>", Act::Send),
            ("done after the mail was sent", Act::End),
            ("received POST <*>", Act::Receive),
            ("<- order.placed order=<*>", Act::Receive),
            ("-> stock.reserved order=<*>", Act::Send),
            ("POST <*> order=<*> -> <*>", Act::Other),
            ("calling orders service", Act::Call),
            ("duty request received", Act::Receive),
            ("Request completed", Act::End),
            ("request to stock sent", Act::Send),
            ("request to stock", Act::Call),
            ("Query product successfully", Act::Call),
            ("price query answered", Act::Answer),
            ("orders service answered", Act::Answer),
            ("event handled", Act::End),
            ("card charged", Act::End),
            ("mail delivered, queue id <*>", Act::End),
            ("delivering mail", Act::Send),
            ("charging card", Act::Start),
            ("cart total above soft limit", Act::Other),
            ("address fetched", Act::Answer),
            ("fetched <*> jobs", Act::Receive),
            ("restaurant accepted ticket <*>", Act::End),
            ("accepted connection from <*>", Act::Receive),
            ("delivery <*> offer=<*>", Act::Receive),
            ("delivery zone resolved", Act::Other),
            ("event out", Act::Send),
            ("message in", Act::Receive),
            ("request timed out", Act::Call),
            ("notification rendered", Act::Other),
        ] {
            assert_eq!(words(template).act, expected, "{template}");
        }
    }

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for forms in [
            &["reserve", "reserved", "reserving", "reserves", "reservation", "reservations"][..],
            &["bump", "bumped", "bumps", "bumping"],
            &["ship", "shipped", "shipping", "shipment"],
            &["order", "orders", "ordered"],
            &["allocate", "allocated", "allocation"],
            &["cancel", "canceled"],
            &["pass", "passed", "passing"],
            &["notify", "notified", "notifies"],
            &["settle", "settled", "settlement"],
            &["created", "create", "creating", "creation"],
            &["delivery", "deliveries"],
            &["status"],
            &["red"],
            &["thing"],
        ] {
            let stems: Vec<&str> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.iter().all(|stem| stem == &stems[0]), "{stems:?}");
        }
        assert_ne!(stem("order"), stem("ordinal"));
        assert_eq!([stem("red"), stem("s"), stem("ed"), stem("straße")], ["red", "s", "ed", "straß"]);
    }

    #[test]
    fn names_are_one_in_all_spellings() {
        let all = ["order.placed", "OrderPlaced", "order-placed-v2", "order_placed", "ORDER_PLACED"]
            .map(normalized);
        assert!(all.iter().all(|name| *name == all[0]));
        assert!(words("published order.placed").names.contains(&all[0]));
        assert!(words("saving the order now").names.is_empty());
    }
}
