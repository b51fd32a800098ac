//! Texts that recur (service names, message templates, key values), held as hashes.

use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A 64-bit hash that stands for a text wherever only equality matters. Zero stands for "no text".
///
/// The hash is XXH3, so equal texts have equal symbols in every run and on every machine, and making one needs no table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Symbol(pub u64);

impl Symbol {
    /// No text.
    pub const NONE: Symbol = Symbol(0);

    /// The symbol of a text; the empty text is [`Symbol::NONE`].
    pub fn of(text: &[u8]) -> Symbol {
        if text.is_empty() { Symbol::NONE } else { Symbol(xxh3_64(text).max(1)) }
    }

    /// The symbol of two texts taken together.
    pub fn of_pair(first: &[u8], second: &[u8]) -> Symbol {
        Symbol(xxh3_64_with_seed(second, xxh3_64(first)).max(1))
    }

    /// Whether there is no text.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// The texts behind the symbols of a run.
#[derive(Default, Debug, Clone)]
pub struct Symbols {
    texts: FxHashMap<Symbol, Box<str>>,
}

impl Symbols {
    /// Keeps the text of a symbol, with U+FFFD for what is not UTF-8, and gives the symbol.
    pub fn keep(&mut self, text: &[u8]) -> Symbol {
        let symbol = Symbol::of(text);
        self.keep_as(symbol, text);
        symbol
    }

    /// Keeps a text under a symbol that was made elsewhere; of several the first in the order of their bytes stays.
    pub fn keep_as(&mut self, symbol: Symbol, text: &[u8]) {
        if symbol.is_none() {
            return;
        }
        match self.texts.entry(symbol) {
            Entry::Occupied(mut known) => {
                if text < known.get().as_bytes() {
                    known.insert(String::from_utf8_lossy(text).into());
                }
            }
            Entry::Vacant(free) => {
                free.insert(String::from_utf8_lossy(text).into());
            }
        }
    }

    /// The text of a symbol; empty if none was kept.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(&symbol).map_or("", |text| text)
    }

    /// Whether a text is kept.
    pub fn has(&self, symbol: Symbol) -> bool {
        self.texts.contains_key(&symbol)
    }

    /// Whether another table has all of these texts.
    pub fn is_within(&self, other: &Symbols) -> bool {
        self.texts.iter().all(|(symbol, text)| other.texts.get(symbol) == Some(text))
    }

    /// Takes over all texts of another table.
    pub fn absorb(&mut self, other: Symbols) {
        if self.texts.is_empty() {
            self.texts = other.texts;
        } else {
            for (symbol, text) in other.texts {
                match self.texts.entry(symbol) {
                    Entry::Occupied(mut known) => {
                        if text < *known.get() {
                            known.insert(text);
                        }
                    }
                    Entry::Vacant(free) => {
                        free.insert(text);
                    }
                }
            }
        }
    }

    /// How many texts are kept.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether no text is kept.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_equal_symbols_and_only_the_empty_text_is_none() {
        assert_eq!(Symbol::of(b"orders"), Symbol::of(b"orders"));
        assert_ne!(Symbol::of(b"orders"), Symbol::of(b"order"));
        assert!(Symbol::of(b"").is_none());
        assert_ne!(Symbol::of_pair(b"a", b"bc"), Symbol::of_pair(b"ab", b"c"));
    }
}
