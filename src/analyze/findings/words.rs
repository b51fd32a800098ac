//! Words of findings.

use crate::gather::Store;
use crate::model::{Detail, EventId, flag};

/// The most characters of a message that a sentence quotes.
const MAX_QUOTED: usize = 60;

/// What a record says, in quotes: its template, or the name of an exported span, with the topic if the text does not have it.
pub(super) fn quoted(store: &Store, event: EventId) -> String {
    let record = store.event(event);
    let mut topic = "";
    let mut name = "";
    for detail in store.details(event) {
        match detail {
            Detail::Topic(symbol) => topic = store.symbols.text(*symbol),
            Detail::Operation(symbol) => name = store.symbols.text(*symbol),
            _ => {}
        }
    }
    let template = store.symbols.text(record.template);
    let text = if record.is(flag::WHOLE_SPAN) && !name.is_empty() { name } else { template };
    let mut short: String = text.trim().chars().take(MAX_QUOTED).collect();
    if short.len() < text.trim().len() {
        short = short.trim_end().to_owned() + "…";
    }
    if !topic.is_empty() && !text.contains(topic) {
        short = format!("{short} {topic}");
    }
    format!("\"{short}\"")
}

/// Whether a template says that a message is given up and put aside: brokers' and client libraries' words for it.
pub(super) fn gives_up(template: &str) -> bool {
    let lower = template.to_ascii_lowercase();
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
        "exhausted",
    ]
    .iter()
    .any(|word| lower.contains(word))
}
