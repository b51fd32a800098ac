//! The keys of a transaction with their values, which are read again from its records.

use super::Style;
use crate::model::{Detail, EventId, Symbol, Trace};
use crate::report::{Report, TextOf};

/// Values of one key that are read and shown.
const MAX_VALUES: usize = 3;

/// A key with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Name, as reports write it.
    pub(super) name: String,
    /// The first values, in the order of the trace's keys.
    pub(super) values: Vec<String>,
    /// How many more there are.
    pub(super) more: usize,
}

/// At most `most` keys of a transaction, those of the fewest values first: they tell it best. Values whose text cannot be had
/// any more are left out.
pub(super) fn keys(report: &Report<'_>, trace: &Trace, most: usize, texts: &mut TextOf<'_>) -> Vec<Key> {
    let mut groups: Vec<&[(Symbol, Symbol)]> = trace.keys.chunk_by(|one, next| one.0 == next.0).collect();
    groups.sort_by_key(|group| group.len());
    let mut keys = Vec::new();
    for group in groups {
        if keys.len() == most {
            break;
        }
        let events = || trace.spans.iter().flat_map(|span| &span.events).chain(&trace.loose).copied();
        let text = |&(name, value): &(Symbol, Symbol)| value_text(report, events(), name, value, texts);
        let values: Vec<String> = group.iter().take(MAX_VALUES).filter_map(text).collect();
        if !values.is_empty() {
            let name = report.store.symbols.text(group[0].0).to_owned();
            keys.push(Key { name, values, more: group.len().saturating_sub(MAX_VALUES) });
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

/// `order_id=ORD-1 msg_id=1,2,3,…+2`.
pub(super) fn in_words(keys: &[Key], style: &Style) -> String {
    let words = keys.iter().map(|key| {
        let more = match key.more {
            0 => String::new(),
            more => format!(",{}{more}", if style.unicode { "…+" } else { "+" }),
        };
        format!("{}={}{more}", key.name, key.values.join(","))
    });
    words.collect::<Vec<_>>().join(" ")
}
