//! Words of findings.

use crate::gather::Store;
use crate::model::{EventId, Sample, Symbol};
use rustc_hash::FxHashMap;

/// The most characters of a message that a sentence quotes.
const MAX_QUOTED: usize = 60;

/// What a template tells of a failure, if anything.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// See [`gives_up`].
    pub(super) gives_up: bool,
    /// See [`fails`].
    pub(super) fails: bool,
    /// See [`breaks`].
    pub(super) breaks: bool,
    /// See [`refuses`].
    pub(super) refuses: bool,
    /// See [`announces`].
    pub(super) announces: bool,
    /// See [`notices`].
    pub(super) notices: bool,
}

impl Told {
    fn by(template: &str) -> Told {
        // how long something may take is no failure
        let lower = template.to_ascii_lowercase().replace("timeout=", "=");
        Told {
            gives_up: gives_up(&lower),
            fails: fails(&lower),
            breaks: breaks(&lower),
            refuses: refuses(&lower),
            announces: announces(&lower),
            notices: notices(&lower),
        }
    }
}

/// What the templates of a run tell of failures: each is read once.
#[derive(Debug, Default)]
pub(in crate::analyze) struct Sayings(FxHashMap<Symbol, Told>);

impl Sayings {
    /// Reads the templates of a run.
    pub(in crate::analyze) fn of(store: &Store) -> Sayings {
        let templates = store.census.templates.keys();
        Sayings(templates.map(|template| (*template, Told::by(store.symbols.text(*template)))).collect())
    }

    /// What the template of a record tells.
    pub(super) fn told(&self, store: &Store, event: EventId) -> Told {
        let template = store.event(event).template;
        self.0.get(&template).copied().unwrap_or_else(|| Told::by(store.symbols.text(template)))
    }
}

/// What a record says, in quotes: its template, or the name of an exported span, with the topic if the text does not have it.
pub(super) fn quoted(store: &Store, event: EventId) -> String {
    told(store, &store.sample(event))
}

/// What a sample says, likewise.
pub(super) fn told(store: &Store, sample: &Sample) -> String {
    let topic = store.symbols.text(sample.topic);
    let name = store.symbols.text(sample.operation);
    let text = if name.is_empty() { store.symbols.text(sample.template) } else { name };
    let mut short: String = text.trim().chars().take(MAX_QUOTED).collect();
    if short.len() < text.trim().len() {
        short = short.trim_end().to_owned() + "…";
    }
    if !topic.is_empty() && !text.contains(topic) {
        short = format!("{short} {topic}");
    }
    format!("\"{short}\"")
}

/// What a failure is counted under: what a record says before a colon, as what stands behind it is one of many reasons.
pub(super) fn cause(store: &Store, event: EventId) -> u64 {
    let template = store.symbols.text(store.event(event).template);
    let head = template.split_once(": ").map_or(template, |(head, _)| head);
    let told = if head.split_whitespace().count() >= MIN_HEAD { head } else { template };
    Symbol::of(told.as_bytes()).0
}

/// Fewer words before a colon are a name.
const MIN_HEAD: usize = 2;

/// Whether a template says that a message is given up and put aside, or that nothing handled a failure: brokers', client
/// libraries' and languages' words for it.
fn gives_up(lower: &str) -> bool {
    [
        "dead letter",
        "dead-letter",
        "deadletter",
        "dead_letter",
        "dlq",
        "dlx",
        "poison",
        "giving up",
        "gave up",
        "giveup",
        "for good",
        "unhandled",
        "uncaught",
    ]
    .iter()
    .any(|word| lower.contains(word))
        || lower.contains("exhausted") && ["retr", "attempt", "tries"].iter().any(|word| lower.contains(word))
}

/// Whether a template speaks of a failure rather than of a refusal.
fn fails(lower: &str) -> bool {
    const WORDS: [&str; 15] = [
        "pool exhausted",
        "fail",
        "error",
        "exception",
        "nack",
        "abort",
        "timeout",
        "timed out",
        "threw",
        "unhandled",
        "crash",
        "panic",
        "fatal",
        "memory exhausted",
        "unavailable",
    ];
    !lower.contains("compensat")
        && (gives_up(lower)
            || WORDS.iter().any(|word| lower.contains(word))
            || has_word(lower, "err")
            || returns_message(lower))
}

/// Whether a template says that a message was not taken, as brokers' clients reject it.
fn returns_message(lower: &str) -> bool {
    lower.contains("reject") && ["message", "event", "delivery"].iter().any(|word| lower.contains(word))
}

/// Whether a text has a word, as letters and digits between others.
fn has_word(lower: &str, wanted: &str) -> bool {
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| word == wanted)
}

/// Whether a template says that something will be tried again.
fn announces(lower: &str) -> bool {
    const WORDS: [&str; 9] = [
        "retry",
        "retri",
        "attempt",
        "redeliver",
        "requeue",
        "backoff",
        "back off",
        "backing off",
        "try again",
    ];
    const LAST: [&str; 6] = ["exceed", "reached", "exhausted", "no more", "last attempt", "final attempt"];
    !gives_up(lower)
        && !LAST.iter().any(|word| lower.contains(word))
        && WORDS.iter().any(|word| lower.contains(word))
}

/// Whether a template says that what came in is known already, as what was delivered twice is, or that it needs no care.
fn notices(lower: &str) -> bool {
    ["duplicate", "already", "seen before", "idempoten", "ignored", "ignoring"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Whether a template names a fault of the machinery, as operating systems, databases and libraries word it.
fn breaks(lower: &str) -> bool {
    const WORDS: [&str; 19] = [
        "timed out",
        "timeout",
        "certificate has expired",
        "certificate verify failed",
        "connection refused",
        "connection reset",
        "connection closed",
        "connection aborted",
        "too many connections",
        "broken pipe",
        "deadlock",
        "no route to host",
        "unreachable",
        "unavailable",
        "bad gateway",
        "internal server error",
        "out of memory",
        "no space left",
        "end of file",
    ];
    WORDS.iter().any(|word| lower.contains(word)) || has_word(lower, "eof")
}

/// Whether a template says that nobody answered in time.
pub(super) fn waits_in_vain(template: &str) -> bool {
    const WORDS: [&str; 8] = [
        "timed out",
        "timeout",
        "deadline",
        "no reply",
        "no response",
        "no answer",
        "not answer",
        "unanswered",
    ];
    let lower = template.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}

/// Whether a template says that what was asked for is refused, which is an answer.
fn refuses(lower: &str) -> bool {
    const WORDS: [&str; 20] = [
        "declin",
        "reject",
        "denied",
        "refused",
        "forbidden",
        "unauthorized",
        "not possible",
        "not eligible",
        "ineligible",
        "not allowed",
        "not permitted",
        "not available",
        "insufficient",
        "already exists",
        "duplicate entry",
        "out of stock",
        "sold out",
        "exceeds the limit",
        "limit exceeded",
        "expired",
    ];
    !breaks(lower) && !returns_message(lower) && WORDS.iter().any(|word| lower.contains(word))
}

/// Whether a template names a service: its name as a word, or the part of it before a dash.
pub(super) fn names(template: &str, service: &str) -> bool {
    let words = template.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_' && c != '.');
    // what stands before a value names the value
    let value = |word: &str| {
        template[word.as_ptr() as usize - template.as_ptr() as usize + word.len()..].starts_with('=')
    };
    words.filter(|word| word.len() >= MIN_NAME && !value(word)).any(|word| {
        let rest = service.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word));
        rest.is_some() && service[word.len()..].chars().next().is_none_or(|next| !next.is_alphanumeric())
    })
}

/// Fewer letters are no name.
const MIN_NAME: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_named_with_or_without_what_all_names_end_with() {
        assert!(names("could not widen search: matchmaking answered <*>", "matchmaking"));
        assert!(names("documents failed for good", "documents-svc"));
        assert!(names("giving up on trip-api", "trip-api"));
        assert!(!names("order saved", "orders"));
        assert!(!names("orders saved", "order"));
        assert!(!names("api is down", "api-gateway"));
        assert!(!names("capture for trip=<*> failed", "trip-api"), "what stands before a value");
    }

    #[test]
    fn what_is_known_already_is_noticed_and_a_setting_is_no_failure() {
        assert!(Told::by("message <*> seen before, skipping").notices);
        assert!(Told::by("\"<*>\" already processed, answering [accepted]").notices);
        assert!(Told::by("timeout of <*> ignored").notices);
        assert!(Told::by("booking rejected").refuses && !Told::by("booking rejected").fails);
        assert!(Told::by("event <*> rejected").fails && !Told::by("event <*> rejected").refuses);
        assert!(!Told::by("message <*> received").notices);
        let command = Told::by("Executed DbCommand (<*>) [Parameters=[], CommandTimeout='<*>']");
        assert!(!command.fails && !command.breaks);
        assert!(Told::by("Timeout: no answer of the bank").breaks);
    }

    #[test]
    fn refusals_are_no_failures() {
        let refused = Told::by("card declined: insufficient funds");
        assert!(refused.refuses && !refused.fails);
        assert!(!Told::by("connection refused by peer").refuses);
        assert!(Told::by("could not save: Connection refused").breaks);
        assert!(!Told::by("could not save: limit exceeded").breaks);
        let certificate = Told::by("certificate has expired");
        assert!(certificate.breaks && !certificate.refuses && Told::by("offer expired").refuses);
        assert!(Told::by("request failed with <*>").fails && Told::by("gave up").fails);
        assert!(!Told::by("saga aborted, compensating").fails);
        let pool = Told::by("pool exhausted");
        assert!(Told::by("retries exhausted").gives_up && !pool.gives_up && pool.fails);
    }
}
