//! The keys of a transaction with their values, which are read again from its records.

use super::Style;
use crate::model::{Detail, EventId, Symbol, Trace};
use crate::report::{Report, TextOf};

/// A key with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Name, as reports write it.
    pub(super) name: String,
    /// Values in the order of the trace's keys.
    pub(super) values: Vec<String>,
}

/// The first `most` keys of a transaction; values whose text cannot be had any more are left out.
pub(super) fn keys(report: &Report<'_>, trace: &Trace, most: usize, texts: &mut TextOf<'_>) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for &(name, value) in &trace.keys {
        let text = report.store.symbols.text(name);
        let at = keys.iter().position(|key| key.name == text);
        if at.is_none() && keys.len() >= most {
            break;
        }
        let events = trace.spans.iter().flat_map(|span| &span.events).chain(&trace.loose);
        let Some(written) = value_text(report, events.copied(), name, value, texts) else { continue };
        match at {
            Some(at) => keys[at].values.push(written),
            None => keys.push(Key { name: text.to_owned(), values: vec![written] }),
        }
    }
    keys
}

/// The text of a value that one of these records holds under a name.
pub(super) fn value_text(
    report: &Report<'_>,
    mut events: impl Iterator<Item = EventId>,
    name: Symbol,
    value: Symbol,
    texts: &mut TextOf<'_>,
) -> Option<String> {
    let kept = report.store.symbols.text(value);
    if !kept.is_empty() {
        return Some(kept.to_owned());
    }
    let holds = |id: EventId| {
        let held = |detail: &Detail| matches!(detail, Detail::Key { name: other, value: found, .. } if *other == name && *found == value);
        report.store.details(id).iter().any(held)
    };
    let found = texts(report.store.event(events.find(|&id| holds(id))?).place)?;
    found
        .keys
        .into_iter()
        .find(|(other, held, _)| *other == name && *held == value)
        .map(|(.., written)| written)
}

/// `order_id=ORD-1 msg_id=1,2,3`, with at most three values a key.
pub(super) fn in_words(keys: &[Key], style: &Style) -> String {
    const MOST: usize = 3;
    let words = keys.iter().map(|key| {
        let values = key.values.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(",");
        let more = match key.values.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!(",{}{more}", if style.unicode { "…+" } else { "+" }),
        };
        format!("{}={values}{more}", key.name)
    });
    words.collect::<Vec<_>>().join(" ")
}
