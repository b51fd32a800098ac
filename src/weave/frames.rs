//! Templates that differ only in a word which names a thing: `ticket <*> up: fries`, `ticket <*> up: lemonade`.
//!
//! Values with digits are masked where messages are read; names are told by how many there are in one place of what is else
//! one message.

use crate::model::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// So many words in one place are no words of the message; and so many if it has a few other words and values.
const MANY: usize = 10;
const SEVERAL: usize = 6;
const LONG: usize = 5;
/// Longer messages are looked at no further.
const MAX_WORDS: usize = 40;

/// For each template the one that stands for all that differ from it only by names, where that is another one.
pub(super) fn frames<'t>(templates: impl Iterator<Item = (Symbol, &'t str)>) -> FxHashMap<Symbol, Symbol> {
    let texts: Vec<(Symbol, Vec<&str>)> = templates
        .map(|(template, text)| (template, text.split_whitespace().take(MAX_WORDS).collect()))
        .collect();
    let mut places: FxHashMap<Symbol, Place<'_>> = FxHashMap::default();
    let mut frame = String::new();
    for (_, words) in &texts {
        for (place, word) in words.iter().enumerate().filter(|(_, word)| is_plain(word)) {
            if let Some(key) = without(words, place, &mut frame) {
                // of messages that begin with a name none begins like the others
                let first = if place == 0 { "" } else { words[0] };
                let new = || Place { words: Vec::new(), first, length: words.len() };
                places.entry(key).or_insert_with(new).words.push(word);
            }
        }
    }
    let is_name = |place: &Place<'_>| {
        let enough = if place.length < LONG { MANY } else { SEVERAL };
        place.words.len() >= enough && !are_acts(&place.words)
    };
    places.retain(|_, place| is_name(place));
    // a name that stands in one message may stand in others that begin alike: in lists of several
    let named = places.values().flat_map(|place| place.words.iter().map(|word| (place.first, bare(word))));
    let named: FxHashSet<(&str, &str)> = named.collect();
    let mut found = FxHashMap::default();
    for (template, words) in &texts {
        let mut masked = words.clone();
        for (place, word) in words.iter().enumerate().filter(|(_, word)| is_plain(word)) {
            let is_name = named.contains(&(words[0], bare(word)))
                || without(words, place, &mut frame).is_some_and(|key| places.contains_key(&key));
            if is_name {
                masked[place] = MASK;
            }
        }
        if masked != *words {
            found.insert(*template, Symbol::of(once(&masked).join(" ").as_bytes()));
        }
    }
    found
}

/// What stands in one place of messages that are else the same.
struct Place<'t> {
    words: Vec<&'t str>,
    /// The first word of the messages, none where that is what differs, and how many words they have.
    first: &'t str,
    length: usize,
}

/// Words of which none follows on the same: a list of one thing is one of many.
fn once<'t>(words: &[&'t str]) -> Vec<&'t str> {
    let mut kept: Vec<&str> = Vec::with_capacity(words.len());
    let comma = |word: &str| word.trim_end_matches(',') == MASK;
    for &word in words {
        if !(comma(word) && kept.last().is_some_and(|last| comma(last))) {
            kept.push(if comma(word) { MASK } else { word });
        }
    }
    kept
}

/// A word without the signs around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Stands for a value.
const MASK: &str = "<*>";

/// A message without one of its words; nothing if no other word is left.
fn without(words: &[&str], place: usize, frame: &mut String) -> Option<Symbol> {
    frame.clear();
    let mut any = false;
    for (at, word) in words.iter().enumerate() {
        frame.push('\n');
        if at == place {
            frame.push('\n');
        } else {
            frame.push_str(word);
            any |= word.bytes().filter(u8::is_ascii_alphabetic).count() > 1;
        }
    }
    any.then(|| Symbol::of(frame.as_bytes()))
}

/// Whether a word may be a name: it has letters, and nothing in it is masked.
fn is_plain(word: &str) -> bool {
    word.contains(char::is_alphabetic) && !word.contains(MASK)
}

/// Whether words rather tell what is done: more than a third of them end as the past of verbs and what goes on does.
fn are_acts(words: &[&str]) -> bool {
    let is_act = |word: &&&str| {
        let word = bare(word).to_lowercase();
        word.ends_with("ed") || word.ends_with("ing")
    };
    words.iter().filter(is_act).count() * 3 > words.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(texts: &[String]) -> Vec<Symbol> {
        let symbols: Vec<Symbol> = texts.iter().map(|text| Symbol::of(text.as_bytes())).collect();
        let found = frames(symbols.iter().copied().zip(texts.iter().map(String::as_str)));
        symbols.iter().map(|symbol| found.get(symbol).copied().unwrap_or(*symbol)).collect()
    }

    #[test]
    fn many_names_in_one_place_are_one_kind() {
        let name = |at: u8| format!("ticket <*> up: {}-pie [<*>]", char::from(b'a' + at));
        let mut texts: Vec<String> = (0..12).map(name).collect();
        texts.push("ticket <*> closed: all [<*>]".to_owned());
        texts.push("ticket <*> up: c-pie, b-pie, <*> [<*>]".to_owned());
        let kinds = kinds(&texts);
        assert_eq!(kinds[13], kinds[0]);
        assert!(kinds[..12].iter().all(|kind| *kind == Symbol::of(b"ticket <*> up: <*> [<*>]")));
        assert_eq!(kinds[12], Symbol::of(texts[12].as_bytes()));
    }

    #[test]
    fn what_is_done_to_one_thing_stays_apart() {
        let states =
            "created,paid,packed,picked,shipped,delivered,returned,refunded,closed,cancelled,reopened,lost";
        let texts: Vec<String> = states.split(',').map(|state| format!("order <*> {state}")).collect();
        let found = kinds(&texts);
        assert!(found.iter().zip(&texts).all(|(kind, text)| *kind == Symbol::of(text.as_bytes())));
        let few: Vec<String> =
            ["red", "green", "blue"].iter().map(|name| format!("lamp {name} on")).collect();
        assert_eq!(kinds(&few), few.iter().map(|text| Symbol::of(text.as_bytes())).collect::<Vec<_>>());
    }
}
