//! A transaction laid out for weaving: spans, their events in order of time, and what each event tells.

use super::ages::Ages;
use super::holders::{Holders, Told, Which, of_its_name};
use super::lexicon::{Lexicon, Tokens, Wording, bits};
use super::roles::Role;
use super::spans::Draft;
use super::statements::{self, Statement};
use super::words::Act;
use crate::gather::Store;
use crate::model::{Detail, EventId, Shape, Symbol, Time, TraceId, flag};
use rustc_hash::FxHashMap;

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
    /// It tells that something is done.
    pub closes: bool,
    /// It tells what was put to a database.
    pub statement: bool,
    /// Its template, as that of all that differ only by names.
    pub template: Symbol,
    /// See [`Scene::names`], [`Scene::tokens`] and [`Scene::values`].
    names: (u32, u32),
    tokens: (u32, u32),
    /// See [`Wording`].
    bits: u64,
    values: (u32, u32),
    /// The path it is about.
    pub route: Symbol,
    /// The service that asked for what it tells of, as it says: see `Lexicon::caller`.
    pub caller: Symbol,
    /// The thread.
    pub thread: Symbol,
    /// How long something took.
    pub duration: Option<i64>,
    /// When that began is what the record is stamped with.
    stamped_at_start: bool,
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
    /// The same without topic, event and request.
    pub form: u64,
    /// It tells a topic, an event or a request.
    pub about: bool,
    /// Its lines: indices into the scene's lines, in order of time.
    pub lines: Vec<u32>,
    /// First record.
    pub first: i64,
    /// Last record.
    pub last: i64,
    /// Start as durations tell it; at most `first`.
    pub begin: i64,
    /// How far `begin` may be off, as durations are rounded.
    pub blur: i64,
    /// The place of its start in the order of time: records before it came before the span.
    pub opens: u32,
    /// Its place among the spans of its kind in the transaction, and how many these are.
    pub rank: (u32, u32),
    /// The same among those of its form.
    pub form_rank: (u32, u32),
    /// It holds a value that else only spans of other services hold, which began with it: a message that it sent.
    pub hands: bool,
    /// It is a call: it names another service, and either surrounds a span of that or tells its answer right after one, and
    /// tells nothing else.
    pub calls: bool,
    /// Whether all that it tells is what was put to a database.
    pub statement: Statement,
    /// What its words tell of it.
    pub role: Role,
    /// The span is exported: its times are exact.
    pub exact: bool,
    /// The trace id that its records carry.
    pub trace: Option<TraceId>,
    /// No span with its trace id begins before it.
    pub first_of_trace: bool,
}

impl Node {
    /// What the two are to each other.
    pub fn pair(&self, child: &Node) -> (u64, u64) {
        (self.kind, child.kind)
    }

    /// What it is as a cause: its kind, or within one service its form, as several kinds of messages may cause the same.
    pub fn cause(&self, child: &Node) -> u64 {
        if self.service == child.service { self.form } else { self.kind }
    }

    /// The places of the two among their likes, and how many these are. Where one of two in a service tells nothing of what it
    /// is about, all forms of the other are alike: what waits for several messages follows the last one.
    pub fn ranks(&self, child: &Node) -> ((u32, u32), (u32, u32)) {
        if self.service == child.service && !(self.about && child.about) {
            (self.form_rank, child.form_rank)
        } else {
            (self.rank, child.rank)
        }
    }
}

/// A transaction laid out.
#[derive(Debug, Default)]
pub struct Scene {
    /// Spans with records.
    pub nodes: Vec<Node>,
    /// Their events in order of time.
    pub lines: Vec<Line>,
    /// For each value: the nodes that hold it.
    pub holders: Holders,
    names: Vec<Symbol>,
    tokens: Tokens,
    values: Vec<Value>,
    /// Which of all values each is.
    which: Vec<Which>,
    /// When the first span starts.
    starts: i64,
    /// The spans by service, and by their start.
    pub(super) by_service: Vec<(Symbol, i64, u32)>,
    /// The paths that each node is about, each once, and where they end.
    routes: Vec<Symbol>,
    route_ends: Vec<u32>,
}

/// A value of a line: its name, itself, and what it looks like.
pub type Value = (Symbol, Symbol, Shape);

/// So many spans may receive one message.
const MOST_RECEIVERS: usize = 6;
/// From this share of the words of its name on a service is named.
const NAMED: f32 = 0.9;
/// How far the start may be off that a duration tells: most clocks tell whole milliseconds.
const BLUR: i64 = 1_000_000;
/// A message may be received before its sender logs that it was sent: nanoseconds.
const CONFIRMED: i64 = 50_000_000;

impl Scene {
    /// Lays out spans; `ages`: whose durations are not their spans'; `placed`: events that stand at another time than that
    /// of their clock.
    pub(super) fn of(
        store: &Store,
        (lexicon, ages): (&Lexicon, &Ages),
        spans: &[Draft],
        placed: &FxHashMap<EventId, i64>,
    ) -> Scene {
        let mut scene = Scene::default();
        let mut lines: Vec<(Time, u32, EventId)> =
            Vec::with_capacity(spans.iter().map(|span| span.events.len()).sum());
        for (node, span) in (0u32..).zip(spans) {
            let time = |id: &EventId| placed.get(id).map_or_else(|| store.written(*id), |time| Time(*time));
            lines.extend(span.events.iter().map(|id| (time(id), node, *id)));
        }
        lines.sort_unstable_by_key(|(time, ..)| *time);
        for same in lines.chunk_by_mut(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            same.sort_unstable_by_key(|(.., id)| store.order(*id));
        }
        scene.nodes = spans.iter().map(|span| node(span, lexicon, store)).collect();
        scene.lines.reserve(lines.len());
        scene.tokens.reserve(lines.len() * 8);
        scene.values.reserve(lines.len() * 2);
        scene.names.reserve(lines.len());
        for (time, node, id) in lines {
            let index = scene.lines.len() as u32;
            let line = scene.line(store, (lexicon, ages), id, time.0, node);
            let owner = &mut scene.nodes[node as usize];
            owner.lines.push(index);
            owner.first = owner.first.min(line.time);
            owner.last = owner.last.max(line.time);
            scene.lines.push(line);
        }
        scene.hold();
        for (index, span) in spans.iter().enumerate() {
            let node = &mut scene.nodes[index];
            if node.exact {
                let shift = node.first - span.start.0;
                node.begin = node.first;
                node.last = span.end.0 + shift;
            }
        }
        scene.settle(lexicon);
        scene
    }

    /// Lays out anew what durations tell, where some are found not to be their spans'.
    pub(super) fn doubt(&mut self, lexicon: &Lexicon, ages: &Ages) {
        let (nodes, mut any) = (&self.nodes, false);
        let doubtful = |line: &&mut Line| ages.has(nodes[line.node as usize].service, line.template);
        for line in self.lines.iter_mut().filter(doubtful) {
            any |= line.duration.take().is_some();
        }
        if any {
            self.settle(lexicon);
        }
    }

    /// Lays out what follows from lines and who holds their values.
    fn settle(&mut self, lexicon: &Lexicon) {
        self.begin();
        self.place();
        for node in 0..self.nodes.len() as u32 {
            let (hands, calls) = (self.hands(node), self.calls(node, lexicon));
            let node = &mut self.nodes[node as usize];
            (node.hands, node.calls) = (hands, calls);
        }
        statements::tell(self);
    }

    /// Finds when spans begin that are not exported.
    fn begin(&mut self) {
        for node in self.nodes.iter_mut().filter(|node| !node.exact) {
            (node.begin, node.blur) = (i64::MAX, 0);
        }
        for line in &self.lines {
            let owner = &mut self.nodes[line.node as usize];
            if owner.exact {
                continue;
            }
            owner.begin = owner.begin.min(line.time);
            if let Some(duration) = line.duration
                && line.time - duration < owner.begin
            {
                owner.begin = line.time - duration;
                owner.blur =
                    if line.stamped_at_start && (line.time - duration) % BLUR == 0 { 0 } else { BLUR };
            }
        }
    }

    /// See [`Node::hands`].
    fn hands(&self, node: u32) -> bool {
        let service = self.nodes[node as usize].service;
        let receives = |other: u32, which: Which, line: &Line| {
            self.nodes[other as usize].service != service
                && self.opening(other).is_some_and(|opening| {
                    opening.time + CONFIRMED >= line.time && self.which(opening).contains(&which)
                })
        };
        self.lines_of(node).any(|line| {
            self.which(line).iter().any(|&which| {
                let holders = self.holders.value(which).nodes;
                (2..=MOST_RECEIVERS + 1).contains(&holders.len())
                    && holders.iter().all(|&other| other == node || receives(other, which, line))
            })
        })
    }

    /// See [`Node::calls`]; a call may log its start and its end.
    fn calls(&self, node: u32, lexicon: &Lexicon) -> bool {
        let own = &self.nodes[node as usize];
        let Some(last) = own.lines.last().filter(|_| own.lines.len() <= 2) else { return false };
        let last = &self.lines[*last as usize];
        let answered = last.act == Act::Answer;
        if own.begin >= own.last && !answered {
            return false;
        }
        let named = |other: &Node| {
            let title = lexicon.title(other.service);
            self.lines_of(node).any(|line| {
                self.names(line).contains(&other.service_name) || title.mention(self.tokens(line)) >= NAMED
            })
        };
        let within = |other: &Node| {
            let blur = own.blur.max(other.blur);
            other.service != own.service
                && !other.lines.is_empty()
                && own.begin - blur <= other.begin
                && other.last <= own.last + blur
        };
        let since = self.lines[own.opens as usize..].iter();
        let mut inside = since.take_while(|line| line.time <= own.last + own.blur);
        let surrounds = inside.any(|line| {
            let other = &self.nodes[line.node as usize];
            other.lines.first() == Some(&line.order) && within(other) && named(other)
        });
        let before = self.lines[..last.order as usize].iter().rev();
        let mut recent = before.take_while(|line| line.time + CONFIRMED >= last.time);
        surrounds
            || answered
                && own.begin >= own.last
                && recent.any(|line| {
                    let other = &self.nodes[line.node as usize];
                    other.service != own.service && other.lines.last() == Some(&line.order) && named(other)
                })
    }

    /// Notes who holds which values, and who is about which paths.
    fn hold(&mut self) {
        let mut told: Vec<Told> = Vec::with_capacity(self.values.len());
        for line in &self.lines {
            let (node, act, time) = (line.node, line.act, line.time);
            let service = self.nodes[node as usize].service;
            let of = |&(name, value, shape): &Value| Told { value, name, shape, node, service, act, time };
            told.extend(self.values(line).iter().map(of));
        }
        (self.holders, self.which) = Holders::of(&told, self.nodes.len());
        for node in &self.nodes {
            let first = self.routes.len();
            for route in node.lines.iter().map(|&index| self.lines[index as usize].route) {
                if !route.is_none() && !self.routes[first..].contains(&route) {
                    self.routes.push(route);
                }
            }
            self.route_ends.push(self.routes.len() as u32);
        }
    }

    /// Puts the starts of spans in order.
    fn place(&mut self) {
        let mut kinds: Vec<(u64, i64, u32)> = Vec::with_capacity(self.nodes.len());
        let mut forms = Vec::with_capacity(self.nodes.len());
        self.by_service.clear();
        for (index, node) in (0u32..).zip(&mut self.nodes) {
            let Some(&opening) = node.lines.first() else { continue };
            node.opens = opening;
            if node.begin < node.first {
                let before = &self.lines[..opening as usize];
                node.opens = before.partition_point(|line| line.time <= node.begin + node.blur) as u32;
            }
            kinds.push((node.kind, node.begin, index));
            forms.push((node.form, node.begin, index));
            self.by_service.push((node.service, node.begin, index));
        }
        self.starts = self.by_service.iter().map(|(_, begin, _)| *begin).min().unwrap_or_default();
        self.by_service.sort_unstable();
        let mut firsts: FxHashMap<Option<TraceId>, (i64, u32)> = FxHashMap::default();
        for (index, node) in (0u32..).zip(&self.nodes).filter(|(_, node)| !node.lines.is_empty()) {
            let first = firsts.entry(node.trace).or_insert((i64::MAX, 0));
            *first = (*first).min((node.begin, index));
        }
        for (index, node) in (0u32..).zip(&mut self.nodes) {
            node.first_of_trace = firsts.get(&node.trace).is_some_and(|first| first.1 == index);
        }
        ranked(kinds, |index, rank| self.nodes[index as usize].rank = rank);
        ranked(forms, |index, rank| self.nodes[index as usize].form_rank = rank);
    }

    /// Lays out an event behind those before it.
    fn line(
        &mut self,
        store: &Store,
        (lexicon, ages): (&Lexicon, &Ages),
        id: EventId,
        time: i64,
        node: u32,
    ) -> Line {
        let event = store.event(id);
        let (words, tokens) = lexicon.template(event.template);
        let starts = (self.names.len(), self.tokens.len(), self.values.len());
        self.names.extend_from_slice(&words.names);
        self.tokens.extend_from_slice(tokens);
        let own = self.tokens.len();
        let (mut route, mut duration, mut answered) = (Symbol::NONE, None, false);
        for detail in store.details(id) {
            match *detail {
                Detail::Key { name, value, shape: Shape::Number | Shape::Serial, .. } => {
                    let value = of_its_name(name, value, |name| store.symbols.text(name));
                    self.values.push((name, value, Shape::Number));
                }
                Detail::Key { name, value, shape, .. } if !matches!(shape, Shape::Word) => {
                    self.values.push((name, value, shape))
                }
                Detail::Topic(name)
                | Detail::Event(name)
                | Detail::Operation(name)
                | Detail::Peer(name)
                | Detail::Caller(name) => {
                    self.names.push(lexicon.named.get(&name).copied().unwrap_or_default());
                    self.tokens.extend_from_slice(lexicon.tokens(name));
                }
                Detail::Key { value, shape: Shape::Word, .. } => self.names.push(value),
                Detail::Route(path) => {
                    route = path;
                    self.tokens.extend_from_slice(lexicon.tokens(path));
                }
                Detail::Duration(nanos) => duration = i64::try_from(nanos).ok(),
                Detail::Status(_) => answered = true,
                _ => {}
            }
        }
        if self.tokens.len() > own {
            let mut tokens = self.tokens.split_off(starts.1);
            tokens.sort_by_key(|(token, _)| *token);
            tokens.dedup_by_key(|(token, _)| *token);
            self.tokens.append(&mut tokens);
        }
        Line {
            id,
            time,
            node,
            order: self.lines.len() as u32,
            act: words.act,
            closes: answered || duration.is_some() || words.closes(),
            statement: words.statement || event.is(flag::STATEMENT),
            template: lexicon.frame(event.template),
            names: (starts.0 as u32, self.names.len() as u32),
            tokens: (starts.1 as u32, self.tokens.len() as u32),
            bits: bits(&self.tokens[starts.1..]),
            values: (starts.2 as u32, self.values.len() as u32),
            route,
            caller: lexicon.caller(store, id),
            thread: event.thread,
            duration: duration.filter(|_| !ages.has(event.service, lexicon.frame(event.template))),
            stamped_at_start: event.is(flag::STAMPED_AT_START),
        }
    }

    /// Names in a line: topics, event types, services.
    pub fn names(&self, line: &Line) -> &[Symbol] {
        &self.names[line.names.0 as usize..line.names.1 as usize]
    }

    /// The telling words of a line's message, topic, operation, peer and route.
    pub fn tokens(&self, line: &Line) -> Wording<'_> {
        let tokens = &self.tokens[line.tokens.0 as usize..line.tokens.1 as usize];
        Wording { tokens, bits: line.bits }
    }

    /// Values of a line that may tie it to others.
    pub fn values(&self, line: &Line) -> &[Value] {
        &self.values[line.values.0 as usize..line.values.1 as usize]
    }

    /// Which of all values those of a line are.
    pub fn which(&self, line: &Line) -> &[Which] {
        &self.which[line.values.0 as usize..line.values.1 as usize]
    }

    /// When the first span starts.
    pub fn starts(&self) -> i64 {
        self.starts
    }

    /// The spans of a service in the order of their starts: the service, the start, the span.
    pub fn of_service(&self, service: Symbol) -> &[(Symbol, i64, u32)] {
        let start = self.by_service.partition_point(|(other, ..)| *other < service);
        let of_service = &self.by_service[start..];
        &of_service[..of_service.partition_point(|(other, ..)| *other == service)]
    }

    /// The paths that a node is about, each once.
    pub fn routes(&self, node: u32) -> &[Symbol] {
        let start = node.checked_sub(1).map_or(0, |before| self.route_ends[before as usize]);
        &self.routes[start as usize..self.route_ends[node as usize] as usize]
    }

    /// Whether all that a node tells is one request and how long it took, as the line of an access log does.
    pub fn is_access(&self, node: u32) -> bool {
        let Node { lines, begin, first, .. } = &self.nodes[node as usize];
        lines.len() == 1 && begin < first && !self.routes(node).is_empty()
    }

    /// The first line of a node.
    pub fn opening(&self, node: u32) -> Option<&Line> {
        self.nodes[node as usize].lines.first().map(|&index| &self.lines[index as usize])
    }

    /// The last record of a node before the start of another one, or its own start: template and time.
    pub fn anchor(&self, node: u32, later: u32) -> Option<(Symbol, i64)> {
        let (own, opens) = (&self.nodes[node as usize], self.nodes[later as usize].opens);
        let place = own.lines.partition_point(|order| *order < opens);
        let before = place.checked_sub(1).map(|before| &self.lines[own.lines[before] as usize]);
        self.anchored(node, later, before)
    }

    /// Likewise, where that record is at hand.
    pub fn anchored(&self, node: u32, later: u32, before: Option<&Line>) -> Option<(Symbol, i64)> {
        if let Some(line) = before {
            return Some((line.template, line.time));
        }
        let (own, later) = (&self.nodes[node as usize], &self.nodes[later as usize]);
        let starts = own.begin < own.first && own.begin - own.blur <= later.begin + later.blur;
        starts.then(|| (self.lines[own.lines[0] as usize].template, own.begin))
    }

    /// The lines of a node.
    pub fn lines_of(&self, node: u32) -> impl DoubleEndedIterator<Item = &Line> {
        self.nodes[node as usize].lines.iter().map(|&index| &self.lines[index as usize])
    }
}

/// Tells of each span its place among those of its kind, and how many these are.
fn ranked(mut spans: Vec<(u64, i64, u32)>, mut tell: impl FnMut(u32, (u32, u32))) {
    spans.sort_unstable();
    for peers in spans.chunk_by(|a, b| a.0 == b.0) {
        for (rank, (.., index)) in (0u32..).zip(peers) {
            tell(*index, (rank, peers.len() as u32));
        }
    }
}

fn node(span: &Draft, lexicon: &Lexicon, store: &Store) -> Node {
    let (kind, form, about) = kind(span, lexicon, store);
    Node {
        service: span.service,
        service_name: lexicon.service(span.service),
        kind,
        form,
        about,
        lines: Vec::new(),
        first: i64::MAX,
        last: i64::MIN,
        begin: i64::MAX,
        blur: 0,
        opens: 0,
        rank: (0, 1),
        form_rank: (0, 1),
        exact: store.any_whole(&span.events),
        hands: false,
        calls: false,
        statement: Statement::No,
        role: Role::of_span(span, lexicon, store),
        trace: span.trace,
        first_of_trace: true,
    }
}

/// What a span is: its service and the template of its first record, or its stated name and kind; with what that record says
/// of its topic, event and request, and without. Whether it says any of this.
fn kind(span: &Draft, lexicon: &Lexicon, store: &Store) -> (u64, u64, bool) {
    let opening = span.events.first().map_or(Symbol::NONE, |id| store.event(*id).template);
    let [mut topic, mut event, mut method, mut route] = [Symbol::NONE; 4];
    for detail in span.events.first().map_or(&[][..], |id| store.details(*id)) {
        match *detail {
            Detail::Topic(name) if lexicon.tells_kind(name) => topic = name,
            Detail::Event(name) if lexicon.tells_kind(name) => event = name,
            Detail::Method(name) => method = name,
            Detail::Route(path) => route = lexicon.route(path),
            _ => {}
        }
    }
    let stated = span.kind.map_or(0, |kind| kind as u64 + 1);
    let name = lexicon.frame(if span.name.is_none() { opening } else { span.name }).0;
    let mixed = |parts: &[u64]| {
        let mut bytes = [0; 56];
        for (place, part) in bytes.chunks_exact_mut(8).zip(parts) {
            place.copy_from_slice(&part.to_le_bytes());
        }
        Symbol::of(&bytes[..8 * parts.len()]).0
    };
    let about = [topic, event, method, route];
    let [topic, event, method, route] = about.map(|name| name.0);
    (
        mixed(&[span.service.0, name, topic, event, method, route, stated]),
        mixed(&[span.service.0, name, stated]),
        about.iter().any(|name| !name.is_none()),
    )
}
