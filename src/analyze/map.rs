//! Services, topics, databases and externals, and what flows between them.
//!
//! An edge of the map stands for all edges of traces between two services: a call, or a message, which flows through its topic
//! where that is known. Whether an edge is a call or a message is told by the kinds of its spans, by what the records state,
//! by their words, and last by whether the parent waited; edges between the same two operations are of one sort.

mod hops;
mod names;

use super::numbers::quantile;
use crate::gather::Store;
use crate::model::{Symbol, Trace};
use hops::{Hop, Sort};
use indexmap::IndexMap;
use names::{Names, Target};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

/// What a node of the map is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NodeKind {
    /// A service whose logs were read.
    Service,
    /// A topic, queue or exchange.
    Topic,
    /// A database.
    Database,
    /// Something that is called and whose logs are not there.
    External,
}

impl NodeKind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            NodeKind::Service => "service",
            NodeKind::Topic => "topic",
            NodeKind::Database => "database",
            NodeKind::External => "external",
        }
    }
}

/// A node of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name; unlike that of every other node.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// A service's name.
    pub service: Symbol,
    /// Spans of a service; messages sent to a topic or received from it; calls of anything else.
    pub spans: u64,
    /// Those that failed.
    pub errors: u64,
}

/// What flows along an edge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EdgeKind {
    /// Somebody waits for an answer.
    Call,
    /// A message is sent.
    Send,
    /// A message is received.
    Receive,
}

impl EdgeKind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            EdgeKind::Call => "call",
            EdgeKind::Send => "send",
            EdgeKind::Receive => "receive",
        }
    }
}

/// Median and 99th percentile, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Half are not longer.
    pub p50: u64,
    /// All but one in a hundred are not longer.
    pub p99: u64,
}

impl Spread {
    /// Of samples in any order.
    fn of(mut samples: Vec<u64>) -> Option<Spread> {
        samples.sort_unstable();
        Some(Spread { p50: quantile(&samples, 0.5)?, p99: quantile(&samples, 0.99)? })
    }
}

/// An edge of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapEdge {
    /// Index of the node it begins at.
    pub from: usize,
    /// Index of the node it ends at.
    pub to: usize,
    /// What flows.
    pub kind: EdgeKind,
    /// How often.
    pub count: u64,
    /// How often what was called, or handled the message, failed.
    pub errors: u64,
    /// How long a call or the handling of a message took.
    pub latency: Option<Spread>,
    /// How long messages waited.
    pub queue: Option<Spread>,
    /// How often each message that was sent was received; of edges to topics.
    pub fan_out: Option<f64>,
    /// How often the trace did not go on: the receiver logs another trace id, or none.
    pub context_lost: u64,
}

/// Services, topics, databases and externals, and what flows between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// By kind and id.
    pub nodes: Vec<Node>,
    /// By the nodes.
    pub edges: Vec<MapEdge>,
    /// Nanoseconds from the first start to the last end.
    pub length: u64,
}

impl Map {
    /// The map of some traces.
    pub fn of(store: &Store, traces: &[Trace]) -> Map {
        let mut builder = Builder { store, names: Names::of(store, traces), edges: IndexMap::default() };
        let hops = hops::hops(store, traces);
        for hop in &hops.list {
            builder.hop(hop);
        }
        for sent in &hops.sent {
            let topic = builder.names.topic(&sent.topic);
            let service = builder.names.service(sent.service);
            builder.edge(service, topic, EdgeKind::Send).count += sent.count;
        }
        for lone in &hops.received {
            let topic = builder.names.topic(&lone.topic);
            let service = builder.names.service(lone.service);
            builder.edge(topic, service, EdgeKind::Receive).count += lone.count;
        }
        builder.finish(traces)
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// What is gathered of one edge.
#[derive(Debug, Default)]
struct Flow {
    count: u64,
    errors: u64,
    lost: u64,
    lengths: Vec<u64>,
    waits: Vec<u64>,
}

struct Builder<'s> {
    store: &'s Store,
    names: Names,
    edges: IndexMap<(Target, Target, EdgeKind), Flow, FxBuildHasher>,
}

impl Builder<'_> {
    fn edge(&mut self, from: Target, to: Target, kind: EdgeKind) -> &mut Flow {
        self.edges.entry((from, to, kind)).or_default()
    }

    fn hop(&mut self, hop: &Hop) {
        let from = self.names.service(hop.from);
        let (from, to, kind) = match &hop.sort {
            Sort::Call => (from, self.names.service(hop.to), EdgeKind::Call),
            Sort::Message(Some(topic)) => {
                let topic = self.names.topic(topic);
                (topic, self.names.service(hop.to), EdgeKind::Receive)
            }
            Sort::Message(None) => (from, self.names.service(hop.to), EdgeKind::Send),
            Sort::Database(name) => {
                (from, self.names.other(self.store, *name, NodeKind::Database), EdgeKind::Call)
            }
            Sort::External(name) => (from, self.names.peer(self.store, *name), EdgeKind::Call),
        };
        let flow = self.edge(from, to, kind);
        flow.count += 1;
        flow.errors += u64::from(hop.failed);
        flow.lost += u64::from(hop.lost);
        flow.lengths.extend(hop.length);
        flow.waits.extend(hop.wait);
    }

    fn finish(self, traces: &[Trace]) -> Map {
        let Builder { store, mut names, edges } = self;
        let mut counts: FxHashMap<Target, (u64, u64)> = FxHashMap::default();
        for span in traces.iter().flat_map(|trace| &trace.spans) {
            if !span.missing && !span.service.is_none() {
                let entry = counts.entry(names.service(span.service)).or_default();
                entry.0 += 1;
                entry.1 += u64::from(span.failed);
            }
        }
        let mut received: FxHashMap<Target, u64> = FxHashMap::default();
        for ((from, to, kind), flow) in &edges {
            let end = if *kind == EdgeKind::Receive { from } else { to };
            if end.kind() != NodeKind::Service {
                let entry = counts.entry(*end).or_default();
                entry.0 += flow.count;
                entry.1 += flow.errors;
            }
            if *kind == EdgeKind::Receive {
                *received.entry(*from).or_default() += flow.count;
            }
        }
        let mut sent: FxHashMap<Target, u64> = FxHashMap::default();
        for ((_, to, kind), flow) in &edges {
            if *kind == EdgeKind::Send {
                *sent.entry(*to).or_default() += flow.count;
            }
        }
        let used: FxHashSet<Target> = counts.keys().copied().collect();
        let (mut nodes, index) = names.nodes(store, &used);
        for (target, &at) in &index {
            (nodes[at].spans, nodes[at].errors) = counts.get(target).copied().unwrap_or_default();
        }
        let mut edges: Vec<MapEdge> = edges
            .into_iter()
            .filter_map(|((from, to, kind), flow)| {
                let topic = kind == EdgeKind::Send && to.kind() == NodeKind::Topic;
                let share = || {
                    received.get(&to).copied().unwrap_or(0) as f64
                        / sent.get(&to).copied().unwrap_or(0).max(1) as f64
                };
                Some(MapEdge {
                    from: *index.get(&from)?,
                    to: *index.get(&to)?,
                    kind,
                    count: flow.count,
                    errors: flow.errors,
                    latency: Spread::of(flow.lengths),
                    queue: Spread::of(flow.waits),
                    fan_out: topic.then(share),
                    context_lost: flow.lost,
                })
            })
            .collect();
        edges.sort_by_key(|edge| (edge.from, edge.to, edge.kind));
        let start = traces.iter().filter(|trace| trace.start.0 != 0).map(|trace| trace.start.0).min();
        let end = traces.iter().map(|trace| trace.end.0).max();
        let length = start.zip(end).map_or(0, |(start, end)| end.saturating_sub(start).max(0) as u64);
        Map { nodes, edges, length }
    }
}
