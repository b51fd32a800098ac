//! What the user says about names of values.

use super::Symbol;

/// Names whose values tie records of one transaction together because the user says so, and names whose values never do.
///
/// Names are compared without case and separators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRules {
    join: Vec<Symbol>,
    ignore: Vec<Symbol>,
    /// Learned from the run: values without digits under these are ids too.
    words: Vec<Symbol>,
}

impl KeyRules {
    /// The rules for these names.
    pub fn new<'n>(
        join: impl IntoIterator<Item = &'n str>,
        ignore: impl IntoIterator<Item = &'n str>,
    ) -> KeyRules {
        let sorted = |names: Vec<Symbol>| {
            let mut names = names;
            names.sort_unstable();
            names
        };
        KeyRules {
            join: sorted(join.into_iter().map(KeyRules::symbol).collect()),
            ignore: sorted(ignore.into_iter().map(KeyRules::symbol).collect()),
            words: Vec::new(),
        }
    }

    /// The symbol by which a name is compared; none if there are no letters and digits in it.
    pub fn symbol(name: &str) -> Symbol {
        let bare: Vec<u8> = name
            .bytes()
            .filter(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80)
            .map(|byte| byte.to_ascii_lowercase())
            .collect();
        Symbol::of(&bare)
    }

    /// Whether values under this name tie records together.
    pub fn joins(&self, name: Symbol) -> bool {
        self.join.binary_search(&name).is_ok()
    }

    /// Whether values under this name never do.
    pub fn ignores(&self, name: Symbol) -> bool {
        self.ignore.binary_search(&name).is_ok()
    }

    /// Words under these names are ids, as the run shows.
    pub fn take_words(&mut self, mut names: Vec<Symbol>) {
        names.sort_unstable();
        self.words = names;
    }

    /// Whether words under this name are ids.
    pub fn takes_words(&self, name: Symbol) -> bool {
        self.words.binary_search(&name).is_ok()
    }

    /// Whether no name is to join.
    pub fn joins_none(&self) -> bool {
        self.join.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_separators() {
        let rules = KeyRules::new(["shipment-ref"], ["user.id"]);
        for name in ["shipmentRef", "SHIPMENT_REF", "shipment.ref"] {
            assert!(rules.joins(KeyRules::symbol(name)) && !rules.ignores(KeyRules::symbol(name)), "{name}");
        }
        assert!(rules.ignores(KeyRules::symbol("userId")) && !rules.joins(KeyRules::symbol("user")));
    }
}
