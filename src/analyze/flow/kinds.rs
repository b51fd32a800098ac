//! Which templates are one kind of step: those that differ only in what is data, though it is made of letters.
//!
//! A template masks what has digits. A city or a tenant among the attributes of a message stays, and so do the few ids that
//! happen to have no digit: each would make a step of its own, and none of them would be known well. Whether something is
//! data shows only when all templates of a run are looked at together.

use crate::gather::Store;
use crate::model::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;

/// Stands for what is variable.
pub(super) const MASK: &str = "<*>";
/// An attribute is data if at least so many of its values
const MIN_VALUES: usize = 2;
/// stand in so many messages that are worded differently: what tells steps apart stands in few.
const MIN_WORDINGS: u32 = 4;
/// Shorter messages may be the same by chance.
const MIN_WORDS: usize = 3;
/// Shorter words in capitals are no ids.
const MIN_CODE: usize = 6;
/// A word in capitals is data if it has so many letters,
const MIN_SHORT: usize = 2;
/// and so many words stand in its place,
const MIN_MANY: u32 = 6;
/// in a message of at least so many words.
const MIN_PLACE: usize = 3;
/// What lists begin with.
const LISTS: [char; 3] = ['[', '(', '{'];
/// Attributes of one message that are looked at.
const MAX_ATTRIBUTES: usize = 24;

/// The templates that count as another one.
pub(super) fn merged(store: &Store) -> FxHashMap<Symbol, Symbol> {
    let text = |symbol: &Symbol| store.symbols.text(*symbol);
    let templates = &store.census.templates;
    let data = data(templates.keys().map(text));
    // the least of those with one wording stands for all: messages of some length are not the same by chance, whoever logs them
    let mut by_wording: FxHashMap<Symbol, Symbol> = FxHashMap::default();
    let mut masked: Vec<(Symbol, String)> =
        templates.keys().map(|template| (*template, mask(text(template), &data))).collect();
    let values = super::values::among(masked.iter().map(|(_, wording)| wording.as_str()));
    masked.iter_mut().for_each(|(_, wording)| values.mask(wording));
    for (template, wording) in &masked {
        if wording.split_whitespace().nth(MIN_WORDS - 1).is_some() {
            let least = by_wording.entry(Symbol::of(wording.as_bytes())).or_insert(*template);
            *least = (*least).min(*template);
        }
    }
    // words in capitals of which there are many in one place
    let mut many: FxHashMap<Symbol, (u32, Symbol)> = FxHashMap::default();
    for (template, wording) in &masked {
        for wording in without_word(wording) {
            let (times, least) = many.entry(wording).or_insert((0, *template));
            *times += 1;
            *least = (*least).min(*template);
        }
    }
    many.retain(|_, (times, _)| *times >= MIN_MANY);
    let in_place =
        |wording: &str| without_word(wording).into_iter().find_map(|it| many.get(&it).map(|it| it.1));
    let mut merged: FxHashMap<Symbol, Symbol> = FxHashMap::default();
    for (template, wording) in &masked {
        if let Some(least) = in_place(wording) {
            if least != *template {
                merged.insert(*template, least);
            }
            continue;
        }
        let wordings = without_code(wording).into_iter().chain([Symbol::of(wording.as_bytes())]);
        let known = wordings.filter_map(|wording| by_wording.get(&wording)).next();
        merged.extend(known.filter(|known| *known != template).map(|known| (*template, *known)));
    }
    merged
}

/// The names of attributes that are data: their values come again in messages that are worded differently.
fn data<'t>(texts: impl Iterator<Item = &'t str>) -> FxHashSet<&'t str> {
    let mut seen: FxHashMap<&str, FxHashMap<Symbol, FxHashSet<&str>>> = FxHashMap::default();
    for text in texts {
        for (name, value) in attributes(text) {
            let mut wording = text.to_owned();
            for (_, value) in attributes(text).into_iter().rev() {
                wording.replace_range(value, MASK);
            }
            let wordings = seen.entry(&text[name]).or_default();
            wordings.entry(Symbol::of(wording.as_bytes())).or_default().insert(&text[value]);
        }
    }
    let is_data = |wordings: &FxHashMap<Symbol, FxHashSet<&str>>| {
        let mut often: FxHashMap<&str, u32> = FxHashMap::default();
        for values in wordings.values().filter(|values| values.len() >= MIN_VALUES) {
            for value in values {
                *often.entry(value).or_default() += 1;
            }
        }
        often.values().filter(|times| **times >= MIN_WORDINGS).count() >= MIN_VALUES
    };
    seen.into_iter().filter(|(_, wordings)| is_data(wordings)).map(|(name, _)| name).collect()
}

/// A template with attributes that are data masked, and lists of them as one: how long a list is makes no other step.
fn mask(text: &str, data: &FxHashSet<&str>) -> String {
    let mut masked = text.to_owned();
    if !data.is_empty() {
        for (name, value) in attributes(text).into_iter().rev() {
            if data.contains(&text[name]) {
                masked.replace_range(value, MASK);
            }
        }
    }
    for opens in LISTS {
        let (first, next) = (format!("{opens}{MASK}, {MASK}"), format!("{opens}{MASK}"));
        while masked.contains(&first) {
            masked = masked.replace(&first, &next);
        }
    }
    masked
}

/// The attributes of a message that are not masked, in order: `name=value`, and `, name value` in a list.
fn attributes(text: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let bytes = text.as_bytes();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let mut at = 0;
    while let Some(next) = memchr::memchr2(b'=', b',', &bytes[at..]) {
        let mark = at + next;
        at = mark + 1;
        let (name, value) = if bytes[mark] == b'=' {
            let start = bytes[..mark].iter().rposition(|&byte| !word(byte)).map_or(0, |before| before + 1);
            (start..mark, mark + 1)
        } else {
            let start = mark + 2;
            let Some(end) = bytes.get(start..).and_then(|rest| rest.iter().position(|&byte| !word(byte)))
            else {
                continue;
            };
            if bytes[mark + 1] != b' ' || bytes[start + end] != b' ' {
                continue;
            }
            (start..start + end, start + end + 1)
        };
        let end = bytes[value..].iter().position(|&byte| !word(byte)).map_or(bytes.len(), |end| value + end);
        let closed =
            bytes.get(end).is_none_or(|byte| matches!(byte, b' ' | b',' | b';' | b']' | b'}' | b')'));
        let listed = bytes[mark] == b'=' || bytes.get(end) != Some(&b' ');
        if !name.is_empty() && end > value && closed && listed && found.len() < MAX_ATTRIBUTES {
            found.push((name, value..end));
        }
    }
    found
}

/// The wordings that a template has without one of its words that stands in capitals within it.
fn without_word(text: &str) -> Vec<Symbol> {
    let words: Vec<&str> = text.split(' ').collect();
    if words.len() < MIN_PLACE || words.len() > MAX_ATTRIBUTES {
        return Vec::new();
    }
    let within = 1..words.len() - 1;
    let is_data = |at: &usize| {
        let word = words[*at];
        word.len() >= MIN_SHORT && word.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    let without = |at: usize| {
        let mut wording = words.clone();
        wording[at] = MASK;
        Symbol::of(format!("{at} {}", wording.join(" ")).as_bytes())
    };
    within.filter(is_data).map(without).collect()
}

/// The wordings that a template has if one of its words, all in capitals, is an id.
fn without_code(text: &str) -> Vec<Symbol> {
    let is_code = |word: &&str| word.len() >= MIN_CODE && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-');
    let codes = words.filter(is_code).take(MAX_ATTRIBUTES);
    let mut wordings: Vec<Symbol> =
        codes.map(|code| Symbol::of(text.replace(code, MASK).as_bytes())).collect();
    wordings.dedup();
    wordings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged_texts(texts: &[&str]) -> Vec<usize> {
        let mut store = Store::default();
        let symbols: Vec<Symbol> = texts.iter().map(|text| store.symbols.keep(text.as_bytes())).collect();
        store.census.templates.extend(symbols.iter().map(|symbol| (*symbol, 1)));
        let merged = merged(&store);
        let of = |symbol: &Symbol| *merged.get(symbol).unwrap_or(symbol);
        symbols.iter().map(|one| symbols.iter().position(|other| of(one) == of(other)).unwrap()).collect()
    }

    #[test]
    fn what_stands_in_many_messages_is_data() {
        let mut texts = Vec::new();
        for says in ["got order", "order saved", "order sent", "done"] {
            for city in ["lyon", "porto"] {
                texts.push(format!("{says} [id=<*>] [city={city}]"));
            }
        }
        texts.extend(["lyon", "porto"].map(|city| format!("seen for id <*>, city {city}, zone a")));
        texts.extend(["open", "paid"].map(|state| format!("order now state={state}")));
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert_eq!(merged_texts(&texts), [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 11]);
    }

    #[test]
    fn lists_of_any_length_are_one_kind() {
        let texts = [
            "asked all of [<*>] for it",
            "asked all of [<*>, <*>, <*>] for it",
            "asked all of <*>, <*> for it",
            "asked all of [] for it",
        ];
        assert_eq!(merged_texts(&texts), [0, 0, 2, 3]);
    }

    #[test]
    fn ids_without_digits_are_data_where_others_have_digits() {
        let texts =
            ["order <*> sent", "order WUKJUMKVA sent", "order PAID sent", "WUKJUMKVA", "sent DNZBTSGCY"];
        assert_eq!(merged_texts(&texts), [0, 0, 2, 3, 4]);
    }

    #[test]
    fn words_where_others_have_a_masked_value_in_several_messages_are_data() {
        let mut texts = Vec::new();
        for says in
            ["merging parts of {}", "stored {} in the index", "sent it, doc={} done", "state is {} now"]
        {
            texts.push(says.replace("{}", "<*>"));
            let word = if says.starts_with("state") { "open" } else { "doc_xpcwa" };
            texts.push(says.replace("{}", word));
        }
        texts.push("doc_xpcwa is nowhere else".to_owned());
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert_eq!(merged_texts(&texts), [0, 0, 2, 2, 4, 4, 6, 7, 8]);
    }

    #[test]
    fn codes_of_which_there_are_many_in_one_place_are_data() {
        let texts = ["FCO", "CDG", "BER", "LIS", "OSL", "JFK"].map(|code| format!("rooms in {code} for <*>"));
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.extend(["order NEW saved", "order PAID saved"]);
        assert_eq!(merged_texts(&texts), [0, 0, 0, 0, 0, 0, 6, 7]);
    }
}
