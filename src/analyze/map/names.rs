//! The nodes of a map and their names.

use super::{Node, NodeKind};
use crate::analyze::channels::Topic;
use crate::gather::Store;
use crate::model::{Symbol, Trace};
use crate::weave::words::normalized;
use rustc_hash::{FxHashMap, FxHashSet};

/// A node: what it is, and the symbol of its name (of topics and peers, of its normalized form).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Target(NodeKind, Symbol);

impl Target {
    pub(super) fn kind(self) -> NodeKind {
        self.0
    }
}

/// The names of nodes: of each spelling, how often it was met.
#[derive(Debug)]
pub(super) struct Names {
    spellings: FxHashMap<Target, FxHashMap<String, u64>>,
    services: FxHashMap<Symbol, Symbol>,
}

impl Names {
    /// Knows the services of some traces.
    pub(super) fn of(store: &Store, traces: &[Trace]) -> Names {
        let services: FxHashSet<Symbol> = traces.iter().flat_map(|trace| &trace.services).copied().collect();
        let mut services: Vec<Symbol> = services.into_iter().collect();
        services.sort_by_key(|service| store.symbols.text(*service));
        let services = services.into_iter().map(|service| (normalized(store.symbols.text(service)), service));
        Names { spellings: FxHashMap::default(), services: services.collect() }
    }

    pub(super) fn service(&mut self, name: Symbol) -> Target {
        Target(NodeKind::Service, name)
    }

    pub(super) fn topic(&mut self, topic: &Topic) -> Target {
        self.named(Target(NodeKind::Topic, topic.symbol), &topic.name)
    }

    pub(super) fn other(&mut self, store: &Store, name: Symbol, kind: NodeKind) -> Target {
        let text = store.symbols.text(name);
        self.named(Target(kind, normalized(text)), text)
    }

    /// What a peer's name stands for: a service by that name, also as the first part of a host name, or an external.
    pub(super) fn peer(&mut self, store: &Store, name: Symbol) -> Target {
        let text = store.symbols.text(name);
        let first = text.split(['.', ':']).next().unwrap_or(text);
        let service = [text, first].iter().find_map(|text| self.services.get(&normalized(text)));
        match service {
            Some(service) => Target(NodeKind::Service, *service),
            None => self.named(Target(NodeKind::External, Symbol::of(text.as_bytes())), text),
        }
    }

    fn named(&mut self, target: Target, name: &str) -> Target {
        let spellings = self.spellings.entry(target).or_default();
        match spellings.get_mut(name) {
            Some(count) => *count += 1,
            None => drop(spellings.insert(name.to_owned(), 1)),
        }
        target
    }

    /// The nodes that are used, by kind and name, and the index of each.
    pub(super) fn nodes(
        &mut self,
        store: &Store,
        used: &FxHashSet<Target>,
    ) -> (Vec<Node>, FxHashMap<Target, usize>) {
        let mut named: Vec<(NodeKind, String, Target)> =
            used.iter().map(|&target| (target.0, self.name(store, target), target)).collect();
        named.sort();
        let mut taken: FxHashSet<String> = FxHashSet::default();
        let mut nodes = Vec::with_capacity(named.len());
        let mut index = FxHashMap::default();
        for (kind, name, target) in named {
            // a topic may be called like a service
            let mut id = name.clone();
            while !taken.insert(id.clone()) {
                id = format!("{} {id}", kind.name());
            }
            let service = if kind == NodeKind::Service { target.1 } else { Symbol::NONE };
            index.insert(target, nodes.len());
            nodes.push(Node { id, kind, service, spans: 0, errors: 0 });
        }
        (nodes, index)
    }

    /// The most frequent spelling.
    fn name(&self, store: &Store, target: Target) -> String {
        if target.0 == NodeKind::Service {
            return store.symbols.text(target.1).to_owned();
        }
        let spellings = self.spellings.get(&target).into_iter().flatten();
        spellings
            .max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)))
            .map(|(name, _)| name.clone())
            .unwrap_or_default()
    }
}
