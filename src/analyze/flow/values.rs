//! Words that are values though nothing masks them: ids that happen to have no digit.
//!
//! Such a word stands where the same message elsewhere has a masked value, and it does so in several messages, as one id is
//! told of by many; or many words stand in one such place.

use super::kinds::MASK;
use crate::model::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// A word is a value if it stands for one in so many messages,
const MIN_MESSAGES: usize = 3;
/// or if so many words do in one place.
const MIN_WORDS: usize = 6;
/// Shorter words are no ids.
const MIN_LETTERS: usize = 4;
/// Messages with fewer words may be the same by chance,
const MIN_LENGTH: usize = 2;
/// and those with more are not looked at.
const MAX_LENGTH: usize = 40;

/// What stands around the masked value in a word, by the message without that word.
type Places<'t> = FxHashMap<Symbol, Vec<(&'t str, &'t str)>>;

/// The words that are values, and where values stand.
pub(super) struct Values {
    words: FxHashSet<String>,
    places: FxHashMap<Symbol, Vec<(String, String)>>,
}

/// Looks at the templates of a run.
pub(super) fn among<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> Values {
    let mut places: Places<'t> = FxHashMap::default();
    for text in texts.clone() {
        for (place, word) in without_each(text, |word| word.contains(MASK)) {
            let around = word.split_once(MASK).filter(|(_, end)| !end.contains(MASK));
            let known = around.map(|around| (around, places.entry(place).or_default()));
            if let Some((around, known)) = known.filter(|(around, known)| !known.contains(around)) {
                known.push(around);
            }
        }
    }
    let mut by_word: FxHashMap<&str, FxHashSet<Symbol>> = FxHashMap::default();
    let mut by_place: FxHashMap<Symbol, FxHashSet<&str>> = FxHashMap::default();
    for text in texts {
        for (place, word) in without_each(text, |word| !word.contains(MASK)) {
            let known = places.get(&place).into_iter().flatten();
            if let Some(value) = known.filter_map(|&(start, end)| value(word, start, end)).next() {
                by_word.entry(value).or_default().insert(place);
                by_place.entry(place).or_default().insert(value);
            }
        }
    }
    let many = by_place.values().filter(|words| words.len() >= MIN_WORDS).flatten();
    let told = by_word.iter().filter(|(_, places)| places.len() >= MIN_MESSAGES).map(|(word, _)| word);
    let words: FxHashSet<String> = many.chain(told).map(|word| (*word).to_owned()).collect();
    let owned = |(start, end): &(&str, &str)| ((*start).to_owned(), (*end).to_owned());
    let places = places.into_iter().filter(|(place, _)| by_place.contains_key(place));
    let places = places.map(|(place, around)| (place, around.iter().map(owned).collect())).collect();
    Values { words, places }
}

impl Values {
    /// Masks the words of a template that are values.
    pub(super) fn mask(&self, text: &mut String) {
        if self.words.is_empty() {
            return;
        }
        // one at a time: where another one stands, the message is another one without it
        for _ in 0..MAX_LENGTH {
            let found = without_each(text, |word| !word.contains(MASK)).find_map(|(place, word)| {
                let known = self.places.get(&place).into_iter().flatten();
                let mut values = known.filter_map(|(start, end)| value(word, start, end));
                let value = values.find(|value| self.words.contains(*value))?;
                let start = value.as_ptr() as usize - text.as_ptr() as usize;
                Some(start..start + value.len())
            });
            let Some(found) = found else { return };
            text.replace_range(found, MASK);
        }
    }
}

/// The messages that a template is without each of some of its words, and these words.
fn without_each<'t>(
    text: &'t str,
    wanted: impl Fn(&str) -> bool + 't,
) -> impl Iterator<Item = (Symbol, &'t str)> + 't {
    let words: Vec<&str> = text.split(' ').collect();
    let fits = (MIN_LENGTH..=MAX_LENGTH).contains(&words.len());
    let words = if fits { words } else { Vec::new() };
    words.into_iter().filter(move |word| wanted(word)).map(move |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let rest = [&text[..start], &text[start + word.len()..]].join("\0");
        (Symbol::of(rest.as_bytes()), word)
    })
}

/// What a word has between a start and an end, if that may be an id.
fn value<'w>(word: &'w str, start: &str, end: &str) -> Option<&'w str> {
    let value = word.strip_prefix(start)?.strip_suffix(end)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (value.len() >= MIN_LETTERS && value.bytes().all(plain)).then_some(value)
}
