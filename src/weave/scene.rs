//! A transaction laid out for weaving: spans, their events in order of time, and what each event tells.

use super::spans::Draft;
use super::words::{Act, Words, normalized, tokens, words};
use crate::gather::Store;
use crate::model::{Detail, EventId, Shape, Symbol, Symbols, flag};
use rustc_hash::FxHashMap;

/// Words with how telling they are (0 to 1), sorted by the word.
pub type Tokens = Vec<(Symbol, f32)>;

/// What is known of the templates of a run.
#[derive(Debug, Default)]
pub struct Lexicon {
    templates: FxHashMap<Symbol, Words>,
    /// In how many templates or topics a name stands.
    names: FxHashMap<Symbol, u32>,
    services: FxHashMap<Symbol, Symbol>,
    /// The words of templates, and of topics, operations, peers and routes, each with how telling it is; sorted.
    tokens: FxHashMap<Symbol, Tokens>,
    /// The words of services' names that few of them have.
    service_tokens: FxHashMap<Symbol, Tokens>,
    none: Words,
}

impl Lexicon {
    /// Reads all templates that events of a store have.
    pub fn of(store: &Store) -> Lexicon {
        let mut lexicon = Lexicon::default();
        for batch in &store.batches {
            for event in &batch.events {
                if !event.template.is_none() && !lexicon.templates.contains_key(&event.template) {
                    let found = words(store.symbols.text(event.template));
                    for name in &found.names {
                        *lexicon.names.entry(*name).or_default() += 1;
                    }
                    lexicon.templates.insert(event.template, found);
                }
                if !event.service.is_none() && !lexicon.services.contains_key(&event.service) {
                    lexicon.services.insert(event.service, normalized(store.symbols.text(event.service)));
                }
            }
        }
        lexicon.weigh_tokens(store);
        lexicon
    }

    /// The words of a template.
    pub fn words(&self, template: Symbol) -> &Words {
        self.templates.get(&template).unwrap_or(&self.none)
    }

    /// Weighs the words of all texts by how many of them have each.
    fn weigh_tokens(&mut self, store: &Store) {
        let mut texts: FxHashMap<Symbol, Vec<Symbol>> = FxHashMap::default();
        let mut take = |symbol: Symbol| {
            if !symbol.is_none() && !texts.contains_key(&symbol) {
                texts.insert(symbol, tokens(store.symbols.text(symbol)));
            }
        };
        for batch in &store.batches {
            for event in &batch.events {
                take(event.template);
                for detail in batch.details(event) {
                    if let Detail::Topic(name)
                    | Detail::Operation(name)
                    | Detail::Peer(name)
                    | Detail::Route(name) = *detail
                    {
                        take(name);
                    }
                }
            }
        }
        self.tokens = weighed(texts, |count, all| {
            // a word of one text alone ties it to nothing
            if count < 2 { 0.0 } else { ((all / count as f32).ln() / all.ln()).clamp(0.0, 1.0) }
        });
        let services =
            self.services.keys().map(|service| (*service, tokens(store.symbols.text(*service)))).collect();
        self.service_tokens = weighed(services, |count, all| {
            if count == 1 || (count as f32) < all / 4.0 { 1.0 / count as f32 } else { 0.0 }
        });
    }

    /// The words of a text.
    fn tokens(&self, text: Symbol) -> &[(Symbol, f32)] {
        self.tokens.get(&text).map_or(&[], Vec::as_slice)
    }

    /// How clearly a record names a service: the share of the words of its name that are not those of many services.
    pub fn mention(&self, line: &Line, service: Symbol) -> f32 {
        let Some(own) = self.service_tokens.get(&service) else { return 0.0 };
        let all: f32 = own.iter().map(|(_, weight)| weight).sum();
        if all == 0.0 { 0.0 } else { common(own, &line.tokens) / all }
    }

    /// The service that a record names most clearly but its own, if any.
    pub fn mentioned(&self, line: &Line, own: Symbol) -> f32 {
        self.service_tokens
            .keys()
            .filter(|service| **service != own)
            .map(|service| self.mention(line, *service))
            .fold(0.0, f32::max)
    }

    /// How telling a name is: 1 for one that few templates have, towards 0 for one that many have.
    pub fn weight(&self, name: Symbol) -> f32 {
        let count = self.names.get(&name).copied().unwrap_or(0);
        let all = self.templates.len().max(8) as f32;
        ((all / (1.0 + count as f32)).ln() / all.ln()).clamp(0.0, 1.0)
    }

    /// A service's name, normalized.
    pub fn service(&self, service: Symbol) -> Symbol {
        self.services.get(&service).copied().unwrap_or_default()
    }
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

/// The weight of the words of the first list that the second has too.
pub fn common(a: &[(Symbol, f32)], b: &[(Symbol, f32)]) -> f32 {
    let (mut at, mut sum) = (0, 0.0);
    for (token, weight) in a {
        while at < b.len() && b[at].0 < *token {
            at += 1;
        }
        if b.get(at).is_some_and(|(other, _)| other == token) {
            sum += weight;
        }
    }
    sum
}

/// One event of a scene.
#[derive(Clone, Debug)]
pub struct Line {
    /// The event.
    pub id: EventId,
    /// Nanoseconds, on the common clock.
    pub time: i64,
    /// Index of its span.
    pub node: u32,
    /// Its place in the order of time among all events.
    pub order: u32,
    /// What it is about.
    pub act: Act,
    /// Its template.
    pub template: Symbol,
    /// Names in it: topics, event types, services.
    pub names: Vec<Symbol>,
    /// The telling words of its message, topic, operation, peer and route.
    pub tokens: Tokens,
    /// Values that may tie it to others.
    pub values: Vec<(Symbol, Symbol, Shape)>,
    /// The path it is about.
    pub route: Symbol,
    /// The thread.
    pub thread: Symbol,
    /// How long something took.
    pub duration: Option<i64>,
}

/// One span of a scene.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its service.
    pub service: Symbol,
    /// Its service's name, normalized, as other records may mention it.
    pub service_name: Symbol,
    /// What it is: the same for all spans of a kind.
    pub kind: u64,
    /// Its lines: indices into the scene's lines, in order of time.
    pub lines: Vec<u32>,
    /// First record.
    pub first: i64,
    /// Last record.
    pub last: i64,
    /// Start as durations tell it; at most `first`.
    pub begin: i64,
    /// The span is exported: its times are exact.
    pub exact: bool,
}

/// A transaction laid out.
#[derive(Debug, Default)]
pub struct Scene {
    /// Spans with records.
    pub nodes: Vec<Node>,
    /// Their events in order of time.
    pub lines: Vec<Line>,
    /// For each value: the nodes that hold it, in the order of their first line with it.
    pub holders: FxHashMap<Symbol, Vec<u32>>,
}

impl Scene {
    /// Lays out spans.
    pub(super) fn of(store: &Store, lexicon: &Lexicon, spans: &[Draft]) -> Scene {
        let mut scene = Scene::default();
        let mut lines: Vec<(u32, EventId)> = spans
            .iter()
            .enumerate()
            .flat_map(|(node, span)| span.events.iter().map(move |id| (node as u32, *id)))
            .collect();
        lines.sort_by_key(|(_, id)| store.order(*id));
        scene.nodes = spans.iter().map(|span| node(span, lexicon, store)).collect();
        for (node, id) in lines {
            let index = scene.lines.len() as u32;
            let line = line(store, lexicon, id, node, index);
            for (_, value, _) in &line.values {
                let holders = scene.holders.entry(*value).or_default();
                if holders.last() != Some(&node) && !holders.contains(&node) {
                    holders.push(node);
                }
            }
            let owner = &mut scene.nodes[node as usize];
            owner.lines.push(index);
            owner.first = owner.first.min(line.time);
            owner.last = owner.last.max(line.time);
            if !owner.exact {
                owner.begin = owner.begin.min(line.time);
                if let Some(duration) = line.duration {
                    owner.begin = owner.begin.min(line.time - duration);
                }
            }
            scene.lines.push(line);
        }
        for (index, span) in spans.iter().enumerate() {
            let node = &mut scene.nodes[index];
            if node.exact {
                let shift = node.first - span.start.0;
                node.begin = node.first;
                node.last = span.end.0 + shift;
            }
        }
        scene
    }

    /// The first line of a node.
    pub fn opening(&self, node: u32) -> Option<&Line> {
        self.nodes[node as usize].lines.first().map(|&index| &self.lines[index as usize])
    }

    /// The lines of a node.
    pub fn lines_of(&self, node: u32) -> impl DoubleEndedIterator<Item = &Line> {
        self.nodes[node as usize].lines.iter().map(|&index| &self.lines[index as usize])
    }
}

fn node(span: &Draft, lexicon: &Lexicon, store: &Store) -> Node {
    let exact = span.events.iter().any(|id| store.event(*id).is(flag::WHOLE_SPAN));
    Node {
        service: span.service,
        service_name: lexicon.service(span.service),
        kind: kind(span, store),
        lines: Vec::new(),
        first: i64::MAX,
        last: i64::MIN,
        begin: i64::MAX,
        exact,
    }
}

/// What a span is: its service and the template of its first record, or its stated name and kind.
fn kind(span: &Draft, store: &Store) -> u64 {
    let opening = span.events.first().map_or(Symbol::NONE, |id| store.event(*id).template);
    let topic = span.events.first().and_then(|id| {
        store.details(*id).iter().find_map(|detail| match detail {
            Detail::Topic(name) => Some(*name),
            _ => None,
        })
    });
    let stated = span.kind.map_or(0, |kind| kind as u64 + 1);
    let parts = [
        span.service.0,
        if span.name.is_none() { opening.0 } else { span.name.0 },
        topic.unwrap_or_default().0,
        stated,
    ];
    let bytes: Vec<u8> = parts.iter().flat_map(|part| part.to_le_bytes()).collect();
    Symbol::of(&bytes).0
}

fn line(store: &Store, lexicon: &Lexicon, id: EventId, node: u32, order: u32) -> Line {
    let event = store.event(id);
    let words = lexicon.words(event.template);
    let mut line = Line {
        id,
        time: store.time(id).0,
        node,
        order,
        act: words.act,
        template: event.template,
        names: words.names.clone(),
        tokens: lexicon.tokens(event.template).to_vec(),
        values: Vec::new(),
        route: Symbol::NONE,
        thread: event.thread,
        duration: None,
    };
    for detail in store.details(id) {
        match *detail {
            Detail::Key { name, value, shape } if !matches!(shape, Shape::Word) => {
                line.values.push((name, value, shape))
            }
            Detail::Topic(name) | Detail::Operation(name) | Detail::Peer(name) => {
                line.names.push(named(&store.symbols, name));
                line.tokens.extend_from_slice(lexicon.tokens(name));
            }
            Detail::Key { value, shape: Shape::Word, .. } => line.names.push(value),
            Detail::Route(route) => {
                line.route = route;
                line.tokens.extend_from_slice(lexicon.tokens(route));
            }
            Detail::Duration(nanos) => line.duration = i64::try_from(nanos).ok(),
            _ => {}
        }
    }
    line.tokens.sort_by_key(|(token, _)| *token);
    line.tokens.dedup_by_key(|(token, _)| *token);
    line
}

fn named(symbols: &Symbols, name: Symbol) -> Symbol {
    normalized(symbols.text(name))
}
