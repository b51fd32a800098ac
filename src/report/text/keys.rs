//! The keys of a transaction with their values, which are read again from its records.

use super::Style;
use crate::context::stem::{stem, stem_name};
use crate::gather::Store;
use crate::model::{Detail, EventId, Place, Symbol, Trace};
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

/// A key of a transaction, and where its first values are read.
#[derive(Clone, Debug)]
pub(super) struct Named {
    name: Symbol,
    /// In the order of the trace's keys; with the place of a record that holds it, unless its text is at hand.
    values: Vec<(Symbol, Option<Place>)>,
    /// How many more there are.
    more: usize,
}

/// The keys of a transaction whose records are at hand, those of the fewest values first: they tell it best.
pub(super) fn named(store: &Store, trace: &Trace) -> Vec<Named> {
    let mut groups: Vec<&[(Symbol, Symbol)]> = trace.keys.chunk_by(|one, next| one.0 == next.0).collect();
    groups.sort_by_key(|group| group.len());
    let events = || trace.spans.iter().flat_map(|span| &span.events).chain(&trace.loose).copied();
    let value = |&(name, value): &(Symbol, Symbol)| (value, place_of(store, events(), name, value));
    let named = groups.into_iter().map(|group| Named {
        name: group[0].0,
        values: group.iter().take(MAX_VALUES).map(value).collect(),
        more: group.len().saturating_sub(MAX_VALUES),
    });
    named.collect()
}

/// At most `most` keys of a transaction. Values whose text cannot be had any more are left out.
pub(super) fn keys(store: &Store, named: &[Named], most: usize, texts: &mut TextOf<'_>) -> Vec<Key> {
    let mut keys = Vec::new();
    for Named { name, values, more } in named {
        if keys.len() == most {
            break;
        }
        let text = |&(value, place): &(Symbol, Option<Place>)| text_of(store, (*name, value), place, texts);
        let values: Vec<String> = values.iter().filter_map(text).collect();
        if !values.is_empty() {
            keys.push(Key { name: store.symbols.text(*name).to_owned(), values, more: *more });
        }
    }
    keys
}

/// The text of a value that one of these records holds under a name.
pub(super) fn value_text(
    report: &Report<'_>,
    events: impl Iterator<Item = EventId>,
    name: Symbol,
    value: Symbol,
    texts: &mut TextOf<'_>,
) -> Option<String> {
    let place = place_of(report.store, events, name, value);
    text_of(report.store, (name, value), place, texts)
}

/// The place of the first of these records that holds a value under a name, unless the value's text is at hand.
fn place_of(
    store: &Store,
    mut events: impl Iterator<Item = EventId>,
    name: Symbol,
    value: Symbol,
) -> Option<Place> {
    if !store.symbols.text(value).is_empty() {
        return None;
    }
    let held = |detail: &Detail| matches!(detail, Detail::Key { name: other, value: found, .. } if *other == name && *found == value);
    let id = events.find(|&id| store.details(id).iter().any(held))?;
    Some(store.event(id).place)
}

/// The text of a value, if it is at hand or can be read at its place.
fn text_of(
    store: &Store,
    (name, value): (Symbol, Symbol),
    place: Option<Place>,
    texts: &mut TextOf<'_>,
) -> Option<String> {
    let kept = store.symbols.text(value);
    if !kept.is_empty() {
        return Some(kept.to_owned());
    }
    let found = texts(place?)?;
    found.keys.into_iter().find_map(|(other, held, written)| {
        if other == name && held == value {
            return Some(written);
        }
        let stem = (stem_name(other) == name).then(|| stem(written.as_bytes())).flatten()?;
        (Symbol::of(stem) == value).then(|| String::from_utf8_lossy(stem).into_owned())
    })
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
