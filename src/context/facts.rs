//! What is to be known of a name, found once: names recur from record to record.

use super::words;
use crate::model::{KeyRules, Symbol};
use crate::record::NameHash;
use crate::record::names::{self, Known};
use crate::record::timestamp;
use rustc_hash::FxHasher;
use std::hash::Hasher;
use std::sync::Arc;

/// What is known of a name wherever it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// Its hash.
    pub(super) hash: NameHash,
    /// What its values mean at the top of a record.
    pub(super) known: Option<Known>,
    /// Its values are digests, addresses and so on, never ids.
    pub(super) digest: bool,
    /// It names an id that ties records together, whatever the business.
    pub(super) correlation: bool,
    /// By its spelling it names an id.
    pub(super) id: bool,
    /// It names a part of the machinery where it stands in no container.
    pub(super) machinery: bool,
    /// Its values name what outlives a request: ids that are unique to it are no request's.
    pub(super) lasting: bool,
    /// It says little without the container it stands in.
    pub(super) generic: bool,
    /// The user says that its values tie records together.
    pub(super) named: bool,
    /// The name lowercase and without separators.
    pub(super) key: Symbol,
}

/// Names that were met; what it gives does not depend on them.
#[derive(Debug)]
pub(super) struct FactCache {
    slots: Box<[Option<Box<Slot>>]>,
    rules: Arc<KeyRules>,
}

#[derive(Debug, Default)]
struct Slot {
    name: Vec<u8>,
    /// The name with underscores between its words.
    snake: Vec<u8>,
    facts: Option<Facts>,
}

const SLOTS: usize = 1024;
/// Longer names are not remembered.
const MAX_NAME: usize = 64;

impl Default for FactCache {
    fn default() -> FactCache {
        FactCache { slots: std::iter::repeat_with(|| None).take(SLOTS).collect(), rules: Arc::default() }
    }
}

impl FactCache {
    /// Follows the user's rules from now on.
    pub(super) fn obey(&mut self, rules: &Arc<KeyRules>) {
        if !Arc::ptr_eq(&self.rules, rules) {
            if self.rules != *rules {
                self.slots.fill_with(|| None);
            }
            self.rules = Arc::clone(rules);
        }
    }

    /// Whether the user names values that tie records together.
    #[inline]
    pub(super) fn any_named(&self) -> bool {
        !self.rules.joins_none()
    }

    /// What is known of a name.
    #[inline]
    pub(super) fn get(&mut self, name: &[u8]) -> Facts {
        self.slot(name).0
    }

    /// What is known of a name, and the name with underscores between its words.
    #[inline]
    pub(super) fn slot(&mut self, name: &[u8]) -> (Facts, &[u8]) {
        let (facts, index) = self.find(name);
        (facts, self.snake(index))
    }

    /// The name with underscores between its words of what [`FactCache::find`] found last.
    #[inline]
    pub(super) fn snake(&self, index: usize) -> &[u8] {
        self.slots[index].as_ref().map_or(&[], |slot| &slot.snake)
    }

    /// What is known of a name, and where it stands until the next name is asked for.
    #[inline]
    pub(super) fn find(&mut self, name: &[u8]) -> (Facts, usize) {
        let mut hasher = FxHasher::default();
        hasher.write(name);
        let index = hasher.finish() as usize % SLOTS;
        let slot = self.slots[index].get_or_insert_default();
        let facts = match slot.facts {
            Some(facts) if slot.name == name => facts,
            _ => {
                let facts = Facts::of(name, &self.rules);
                slot.snake.clear();
                words::snake(name, &mut slot.snake);
                slot.name.clear();
                // what is not remembered whole never matches
                slot.name.extend_from_slice(&name[..name.len().min(MAX_NAME)]);
                slot.facts = Some(facts).filter(|_| name.len() <= MAX_NAME);
                facts
            }
        };
        (facts, index)
    }
}

impl Facts {
    fn of(name: &[u8], rules: &KeyRules) -> Facts {
        let hash = NameHash::of(name);
        let mut bare = Vec::with_capacity(name.len());
        words::bare(name, &mut bare);
        let key = Symbol::of(&bare);
        let named = rules.joins(key);
        Facts {
            hash,
            known: names::known(name, true),
            digest: (words::names_a_digest(name)
                || words::is_a_value(name)
                || timestamp::is_calendar_word(name))
                && !named,
            correlation: names::names_a_correlation(name) || named,
            id: names::names_an_id(name),
            machinery: names::names_machinery(b"", name) && !named,
            lasting: names::names_a_lasting_thing(name) && !named && !names::names_a_correlation(name),
            generic: is_generic(name),
            named,
            key,
        }
    }
}

/// Names that say little without the container they stand in.
fn is_generic(name: &[u8]) -> bool {
    matches!(
        name.to_ascii_lowercase().as_slice(),
        b"id"
            | b"uuid"
            | b"guid"
            | b"key"
            | b"ref"
            | b"number"
            | b"no"
            | b"code"
            | b"name"
            | b"value"
            | b"type"
            | b""
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_known_of_a_name_does_not_depend_on_names_before(
            all in proptest::collection::vec("[a-zA-Z_.-]{0,12}(id|Id|trace)?", 1..200)
        ) {
            let mut cache = FactCache::default();
            for name in all.iter().chain(&all) {
                let (facts, snake) = cache.slot(name.as_bytes());
                let mut expected = Vec::new();
                words::snake(name.as_bytes(), &mut expected);
                prop_assert_eq!(snake, expected);
                prop_assert_eq!(format!("{facts:?}"), format!("{:?}", Facts::of(name.as_bytes(), &KeyRules::default())));
            }
        }
    }
}
