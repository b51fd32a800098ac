//! What is known of the texts of a run: the words and names of its templates, topics, operations and services, and how telling
//! each is.

use super::words::{self, Words, normalized, tokens};
use super::{frames, routes};
use crate::gather::Store;
use crate::model::{Detail, EventId, Symbol};
use rustc_hash::{FxHashMap, FxHashSet};

/// Words with how telling they are (0 to 1), sorted by the word.
pub type Tokens = Vec<(Symbol, f32)>;

/// What is known of the templates of a run.
#[derive(Debug, Default)]
pub struct Lexicon {
    templates: FxHashMap<Symbol, (Words, Tokens)>,
    /// How telling the names are that stand in templates or topics; and any other one.
    names: FxHashMap<Symbol, f32>,
    unnamed: f32,
    services: FxHashMap<Symbol, Symbol>,
    /// The words of templates, and of topics, operations, peers and routes, each with how telling it is; sorted.
    tokens: FxHashMap<Symbol, Tokens>,
    /// The words of services' names that few of them have, and their weight in all.
    service_tokens: FxHashMap<Symbol, (Tokens, f32)>,
    /// Topics, operations and peers, normalized.
    pub(super) named: FxHashMap<Symbol, Symbol>,
    /// See [`Lexicon::caller`].
    callers: FxHashMap<Symbol, Symbol>,
    /// See [`Lexicon::frame`].
    frames: FxHashMap<Symbol, Symbol>,
    /// See [`Lexicon::route`] and [`Lexicon::route_text`].
    routes: FxHashMap<Symbol, (Symbol, String)>,
    /// See [`Lexicon::calls_back`].
    callbacks: FxHashSet<Symbol>,
    /// See [`Lexicon::tells_kind`].
    data: FxHashSet<Symbol>,
    none: (Words, Tokens),
}

impl Lexicon {
    /// Reads all templates that events of a store have.
    pub fn of(store: &Store) -> Lexicon {
        let mut lexicon = Lexicon::default();
        let mut names: FxHashMap<Symbol, u32> = FxHashMap::default();
        for &template in store.census.templates.keys() {
            let found = words::words(store.symbols.text(template));
            for name in &found.names {
                *names.entry(*name).or_default() += 1;
            }
            lexicon.templates.insert(template, (found, Tokens::new()));
        }
        for &service in store.census.services.keys().filter(|service| !service.is_none()) {
            lexicon.services.insert(service, normalized(store.symbols.text(service)));
        }
        let all = lexicon.templates.len().max(8) as f32;
        let weight = |count: u32| ((all / (1.0 + count as f32)).ln() / all.ln()).clamp(0.0, 1.0);
        lexicon.names = names.into_iter().map(|(name, count)| (name, weight(count))).collect();
        lexicon.unnamed = weight(0);
        lexicon.weigh_tokens(store);
        lexicon.find_callers(store);
        let text = |symbol: Symbol| store.symbols.text(symbol);
        lexicon.frames =
            frames::frames(store.census.templates.keys().map(|&template| (template, text(template))));
        let of_one = store.census.spoken.iter().filter(|(_, service)| !service.is_none());
        let plain = of_one.map(|(name, _)| *name).filter(|name| words::name(text(*name)).is_none());
        lexicon.data = plain.collect();
        lexicon.callbacks = store.census.routes().filter(|route| routes::is_callback(text(*route))).collect();
        lexicon.routes = routes::kinds(store.census.routes().map(|route| (route, text(route))));
        lexicon
    }

    /// Whether what a record calls its topic or the kind of its event tells what the record is about: other services speak of it
    /// too, or it is put together of several words. Else it may tell of what is handled (`"kind":"hail"`).
    pub(super) fn tells_kind(&self, name: Symbol) -> bool {
        !self.data.contains(&name)
    }

    /// Reads a template anew, as if its text were another one.
    pub(super) fn read(&mut self, template: Symbol, text: &str) {
        if let Some((words, _)) = self.templates.get_mut(&template) {
            *words = words::words(text);
        }
    }

    /// The words of a template.
    pub fn words(&self, template: Symbol) -> &Words {
        &self.template(template).0
    }

    /// The words of a template, with how telling they are.
    pub(super) fn template(&self, template: Symbol) -> &(Words, Tokens) {
        self.templates.get(&template).unwrap_or(&self.none)
    }

    /// Weighs the words of all texts by how many of them have each.
    fn weigh_tokens(&mut self, store: &Store) {
        let census = &store.census;
        let text = |symbol: Symbol| store.symbols.text(symbol);
        let all = census.templates.keys().chain(&census.names).copied().chain(census.routes());
        let texts: FxHashMap<Symbol, Vec<Symbol>> =
            all.filter(|symbol| !symbol.is_none()).map(|symbol| (symbol, tokens(text(symbol)))).collect();
        self.named = census.names.iter().map(|&name| (name, normalized(text(name)))).collect();
        self.tokens = weighed(texts, |count, all| {
            // a word of one text alone ties it to nothing
            if count < 2 { 0.0 } else { ((all / count as f32).ln() / all.ln()).clamp(0.0, 1.0) }
        });
        for (template, (_, tokens)) in &mut self.templates {
            *tokens = self.tokens.get(template).cloned().unwrap_or_default();
        }
        let services =
            self.services.keys().map(|service| (*service, tokens(store.symbols.text(*service)))).collect();
        let services = weighed(services, |count, all| {
            if count == 1 || (count as f32) < all / 4.0 { 1.0 / count as f32 } else { 0.0 }
        });
        let total = |tokens: Tokens| {
            let all = tokens.iter().map(|(_, weight)| weight).sum();
            (tokens, all)
        };
        self.service_tokens =
            services.into_iter().map(|(service, tokens)| (service, total(tokens))).collect();
    }

    /// The words of a text.
    pub(super) fn tokens(&self, text: Symbol) -> &[(Symbol, f32)] {
        self.tokens.get(&text).map_or(&[], Vec::as_slice)
    }

    /// The name of a service as others may mention it.
    pub(super) fn title(&self, service: Symbol) -> Title<'_> {
        Title(self.service_tokens.get(&service).filter(|(_, all)| *all != 0.0))
    }

    /// The service (its name, normalized) that a record names as the one that asked, by a program of it: `billing` of
    /// `billing-client/2.4`.
    pub(super) fn caller(&self, store: &Store, id: EventId) -> Symbol {
        let asked = store.details(id).iter().filter_map(|detail| match detail {
            Detail::Caller(program) => self.callers.get(program),
            _ => None,
        });
        asked.copied().next().unwrap_or_default()
    }

    /// Looks which services those are that others name as who asked them: all words of a service's name are in that of the
    /// program, and of no longer name of another one.
    fn find_callers(&mut self, store: &Store) {
        let mut services: Vec<(Vec<Symbol>, Symbol)> =
            self.services.iter().map(|(id, name)| (tokens(store.symbols.text(*id)), *name)).collect();
        services.retain(|(words, name)| !words.is_empty() && !name.is_none());
        services.sort_unstable_by(|a, b| (b.0.len(), a).cmp(&(a.0.len(), b)));
        services.dedup_by_key(|(_, name)| *name);
        for &program in &store.census.callers {
            let text = store.symbols.text(program);
            let words = tokens(text.split('/').next().unwrap_or_default());
            let mut named = services.iter().filter(|(own, _)| own.iter().all(|word| words.contains(word)));
            let Some((own, service)) = named.next() else { continue };
            if named.next().is_none_or(|(other, _)| other.len() < own.len()) {
                self.callers.insert(program, *service);
            }
        }
    }

    /// The service that words name most clearly but one, if any.
    pub fn mentioned(&self, words: Wording<'_>, own: Symbol) -> f32 {
        let others = self.service_tokens.iter().filter(|(service, _)| **service != own);
        others.map(|(_, tokens)| share_of(tokens, words)).fold(0.0, f32::max)
    }

    /// The template that stands for all that differ only by names.
    pub(super) fn frame(&self, template: Symbol) -> Symbol {
        self.frames.get(&template).copied().unwrap_or(template)
    }

    /// The path that stands for all requests of a kind.
    pub(super) fn route(&self, path: Symbol) -> Symbol {
        self.routes.get(&path).map_or(path, |(kind, _)| *kind)
    }

    /// Whether requests for a path tell what became of something that was asked of others.
    pub(super) fn calls_back(&self, path: Symbol) -> bool {
        self.callbacks.contains(&path)
    }

    /// Whether requests for any of some paths do.
    pub(super) fn calls_back_at(&self, paths: &[Symbol]) -> bool {
        paths.iter().any(|path| self.calls_back(*path))
    }

    /// Whether any request of the run does.
    pub(super) fn any_call_back(&self) -> bool {
        !self.callbacks.is_empty()
    }

    /// The text of that path, where it is another one.
    pub(super) fn route_text(&self, path: Symbol) -> Option<&str> {
        self.routes.get(&path).map(|(_, text)| text.as_str())
    }

    /// What a record is of all those of its service: its template, with what it says that it is about where templates alike tell
    /// of requests or messages of several kinds.
    pub(super) fn what(&self, store: &Store, id: EventId) -> Symbol {
        let told = store.details(id).iter().filter_map(|detail| match *detail {
            Detail::Route(path) => Some(self.route(path)),
            Detail::Method(name) => Some(name),
            Detail::Topic(name) | Detail::Event(name) if self.tells_kind(name) => Some(name),
            _ => None,
        });
        let template = self.frame(store.event(id).template);
        let mixed =
            |hash: u64, name: Symbol| (hash.rotate_left(5) ^ name.0).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Symbol(told.fold(template.0, mixed))
    }

    /// How telling a name is: 1 for one that few templates have, towards 0 for one that many have.
    pub fn weight(&self, name: Symbol) -> f32 {
        self.names.get(&name).copied().unwrap_or(self.unnamed)
    }

    /// A service's name, normalized.
    pub fn service(&self, service: Symbol) -> Symbol {
        self.services.get(&service).copied().unwrap_or_default()
    }
}

/// The words of a service's name that are not those of many services.
#[derive(Clone, Copy, Debug)]
pub(super) struct Title<'l>(Option<&'l (Tokens, f32)>);

impl Title<'_> {
    /// How clearly words name the service: the share of the words of its name that are among them.
    pub fn mention(self, words: Wording<'_>) -> f32 {
        self.0.map_or(0.0, |own| share_of(own, words))
    }
}

/// The share of the words of a service's name, of which the weight in all is given, that are among others.
fn share_of((own, all): &(Tokens, f32), words: Wording<'_>) -> f32 {
    if *all == 0.0 { 0.0 } else { common(own, words) / all }
}

fn weighed(
    texts: FxHashMap<Symbol, Vec<Symbol>>,
    weight: impl Fn(u32, f32) -> f32,
) -> FxHashMap<Symbol, Tokens> {
    let mut counts: FxHashMap<Symbol, u32> = FxHashMap::default();
    for token in texts.values().flatten() {
        *counts.entry(*token).or_default() += 1;
    }
    let all = texts.len().max(8) as f32;
    texts
        .into_iter()
        .map(|(text, tokens)| {
            let weigh = |token: Symbol| (token, weight(counts[&token], all));
            (text, tokens.into_iter().map(weigh).filter(|(_, weight)| *weight > 0.0).collect())
        })
        .collect()
}

/// Words, with a bit for each, so that those that are not among them are mostly told without a search.
#[derive(Clone, Copy, Debug)]
pub struct Wording<'w> {
    /// The words.
    pub tokens: &'w [(Symbol, f32)],
    /// See [`bits`].
    pub bits: u64,
}

/// One of 64 bits for each word.
pub fn bits(tokens: &[(Symbol, f32)]) -> u64 {
    tokens.iter().fold(0, |bits, (token, _)| bits | bit(*token))
}

fn bit(token: Symbol) -> u64 {
    1 << (token.0 & 63)
}

/// The weight of the words that two lists have in common.
pub fn shared(one: Wording<'_>, other: Wording<'_>) -> f32 {
    if one.bits & other.bits == 0 { 0.0 } else { common(one.tokens, other) }
}

/// The weight of the words of a list that others have too.
fn common(list: &[(Symbol, f32)], others: Wording<'_>) -> f32 {
    let (mut at, mut sum) = (0, 0.0);
    let tokens = others.tokens;
    for (token, weight) in list.iter().filter(|(token, _)| others.bits & bit(*token) != 0) {
        while at < tokens.len() && tokens[at].0 < *token {
            at += 1;
        }
        if tokens.get(at).is_some_and(|(other, _)| other == token) {
            sum += weight;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn common_words_are_those_of_both_lists(
            one in prop::collection::btree_set(0u64..200, 0..20),
            other in prop::collection::btree_set(0u64..200, 0..20),
        ) {
            let list = |words: &std::collections::BTreeSet<u64>| -> Tokens {
                words.iter().map(|&word| (Symbol(word), 1.0)).collect()
            };
            let tokens = list(&other);
            let found = common(&list(&one), Wording { tokens: &tokens, bits: bits(&tokens) });
            prop_assert_eq!(found, one.intersection(&other).count() as f32);
        }
    }
}
