//! What the words of a record tell of the part that its span plays, and of where in the span it stands, by what the words of
//! many systems' records were found to tell (`vocabulary`).
//!
//! A word counts in the form in which it stands (`received` is not `receive`), as the first one also by itself, and so do
//! signs such as arrows, methods and durations. What they are worth is summed up (logistic regression, without a name of any
//! system among the words).

use super::lexicon::Lexicon;
use super::spans::Draft;
use super::vocabulary::{BIAS, WORDS};
use crate::gather::Store;
use crate::model::Level;
use crate::record::statement::is_statement;

/// The parts that a span may play: it takes in a request or a message, asks others, sends a message, or does part of another
/// span's work.
pub const PARTS: usize = 4;
/// What is told: how much speaks for each part, and for standing at the span's end.
pub const TOLD: usize = PARTS + 1;
/// Where it is told that a span takes in a request or a message.
pub const TAKES_IN: usize = 0;
/// That it asks others.
pub const ASKS: usize = 1;
/// That a record stands at its span's end.
pub const AT_END: usize = PARTS;
/// What one is worth in the table.
pub const UNIT: f32 = 1.0 / 16.0;

/// What stands for signs in a text.
const SIGNS: [(&str, &str); 9] = [
    ("->", "+to"),
    ("<-", "+from"),
    ("=>", "+to"),
    (">>", "+to"),
    ("<<", "+from"),
    ("://", "+url"),
    ("HTTP/", "+http"),
    ("<*> ms", "+took"),
    ("<*>ms", "+took"),
];
/// Words of a text that are looked at.
const MAX_WORDS: usize = 24;

/// How much the words of a template speak for each part, and for the end: logarithms of odds.
pub fn told(template: &str) -> [f32; TOLD] {
    let mut sums = BIAS;
    forms(template, |form| {
        if let Ok(at) = WORDS.binary_search_by(|(word, _)| (*word).cmp(form)) {
            sums.iter_mut().zip(WORDS[at].1).for_each(|(sum, worth)| *sum += i32::from(worth));
        }
    });
    sums.map(|sum| sum as f32 * UNIT)
}

/// What the words of a span's records tell of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Role {
    /// How likely it is that it takes in a request or a message.
    pub takes_in: f32,
    /// That it asks another service, a database, or whatever else it waits for.
    pub asks: f32,
    /// That it sends a message.
    pub sends: f32,
    /// That its first record stands at its end.
    pub at_end: f32,
    /// Its first record is told to developers only.
    pub debug: bool,
}

/// Records of a span whose words count.
const MAX_RECORDS: usize = 3;

impl Role {
    /// Of a span.
    pub(super) fn of_span(span: &Draft, lexicon: &Lexicon, store: &Store) -> Role {
        let level = span.events.first().and_then(|id| store.event(*id).level);
        let told = span.events.iter().map(|id| &lexicon.words(store.event(*id).template).told);
        Role::of(told, matches!(level, Some(Level::Trace | Level::Debug)))
    }

    /// Of a span by what each of its records tells, in their order; `debug`: the first one is for developers.
    fn of<'w>(mut records: impl Iterator<Item = &'w [f32; TOLD]>, debug: bool) -> Role {
        let Some(mut sums) = records.next().copied() else { return Role::default() };
        let at_end = likely(sums[AT_END]);
        for told in records.take(MAX_RECORDS - 1) {
            for (at, sum) in sums.iter_mut().enumerate() {
                *sum += told[at] - BIAS[at] as f32 * UNIT;
            }
        }
        let [takes_in, asks, sends, _] = shares(&sums);
        Role { takes_in, asks, sends, at_end, debug }
    }
}

/// The shares of the parts.
pub fn shares(told: &[f32; TOLD]) -> [f32; PARTS] {
    let most = told[..PARTS].iter().copied().fold(f32::MIN, f32::max);
    let mut shares = [0.0; PARTS];
    shares.iter_mut().zip(told).for_each(|(share, told)| *share = (told - most).exp());
    let sum: f32 = shares.iter().sum();
    shares.map(|share| share / sum)
}

/// How likely something is by the logarithm of its odds.
pub fn likely(told: f32) -> f32 {
    1.0 / (1.0 + (-told).exp())
}

/// Hands over the forms of words and signs that stand in a text, each once.
pub fn forms(template: &str, mut see: impl FnMut(&str)) {
    let mut seen: Vec<String> = Vec::with_capacity(MAX_WORDS);
    let mut form = |form: &str| {
        if seen.len() < MAX_WORDS * 2 && !seen.iter().any(|other| other == form) {
            see(form);
            seen.push(form.to_owned());
        }
    };
    for (sign, name) in SIGNS {
        if template.contains(sign) {
            form(name);
        }
    }
    if is_statement(template.as_bytes()) {
        form("+statement");
    }
    let (mut word, mut count) = (String::new(), 0);
    let mut before = ' ';
    for c in template.chars().chain([' ']) {
        if !c.is_alphabetic() || c.is_uppercase() && before.is_lowercase() {
            let method = matches!(word.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE");
            let lower = word.to_lowercase();
            if word.len() >= 2 && count < MAX_WORDS {
                count += 1;
                if count == 1 {
                    form(&format!("^{lower}"));
                }
                form(if method { "+method" } else { &lower });
            }
            word.clear();
        }
        if c.is_alphabetic() {
            word.push(c);
        }
        before = c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        forms(text, |form| found.push(form.to_owned()));
        found
    }

    #[test]
    fn forms_are_words_as_they_stand_and_signs() {
        let found = all("-> orderPlaced sent in <*> ms, order <*>");
        assert_eq!(found, ["+to", "+took", "^order", "order", "placed", "sent", "in", "ms"]);
        assert_eq!(all("GET http://<*>/stock"), ["+url", "^get", "+method", "http", "stock"]);
        assert_eq!(all("SELECT <*> FROM bags")[0], "+statement");
        assert!(all(&"word ".repeat(100)).len() == 2 && all("<*>").is_empty());
    }

    #[test]
    fn words_tell_what_a_span_does() {
        let share = |text: &str| shares(&told(text));
        let [takes_in, asks, sends, _] = share("received message");
        assert!(takes_in > 0.8 && asks < 0.1 && sends < 0.1);
        assert!(share("published event")[2] > share("received message")[2] + 0.3);
        assert!(share("SELECT <*> FROM bags")[1] > 0.8);
        assert!(likely(told("took <*> ms")[AT_END]) > 0.8 && likely(told("starting")[AT_END]) < 0.5);
    }

    #[test]
    fn the_first_records_of_a_span_count() {
        let (received, sent) = (told("received message"), told("published event"));
        let one = Role::of([&received].into_iter(), false);
        let more = Role::of([&received, &sent].into_iter(), true);
        assert!(one.takes_in > more.takes_in && one.at_end == more.at_end && more.debug);
        let many = Role::of([&received, &sent, &sent, &received].into_iter(), true);
        assert!(many.takes_in < more.takes_in, "the fourth does not");
        assert_eq!(Role::of([].into_iter(), false).takes_in, 0.0);
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(WORDS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
