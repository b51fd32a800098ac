//! The map as a member of the report.

use super::json_text::name;
use crate::analyze::map::{Map, MapEdge, Node};
use serde::Serialize;

#[derive(Serialize)]
struct MapObject<'m> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nodes: Vec<NodeObject<'m>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    edges: Vec<EdgeObject<'m>>,
}

#[derive(Serialize)]
struct NodeObject<'m> {
    id: &'m str,
    kind: &'static str,
    spans: u64,
    errors: u64,
}

#[derive(Serialize)]
struct EdgeObject<'m> {
    from: &'m str,
    to: &'m str,
    kind: &'static str,
    count: u64,
    errors: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fan_out: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_p50_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_p99_ns: Option<u64>,
    #[serde(skip_serializing_if = "is_zero")]
    context_lost: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Appends the member `map`; nothing of an empty map.
pub(super) fn map(map: &Map, out: &mut Vec<u8>) {
    if map.is_empty() {
        return;
    }
    name("map", out);
    let object = MapObject {
        nodes: map.nodes.iter().map(node).collect(),
        edges: map.edges.iter().map(|one| edge(map, one)).collect(),
    };
    // writing to a Vec does not fail
    let _ = serde_json::to_writer(out, &object);
}

fn node(node: &Node) -> NodeObject<'_> {
    NodeObject { id: &node.id, kind: node.kind.name(), spans: node.spans, errors: node.errors }
}

fn edge<'m>(map: &'m Map, edge: &MapEdge) -> EdgeObject<'m> {
    let per_second = |length: u64| rounded(edge.count as f64 / (length as f64 / 1e9));
    EdgeObject {
        from: &map.nodes[edge.from].id,
        to: &map.nodes[edge.to].id,
        kind: edge.kind.name(),
        count: edge.count,
        errors: edge.errors,
        per_second: (map.length > 0).then(|| per_second(map.length)),
        fan_out: edge.fan_out.map(rounded),
        p50_ns: edge.latency.map(|spread| spread.p50),
        p99_ns: edge.latency.map(|spread| spread.p99),
        queue_p50_ns: edge.queue.map(|spread| spread.p50),
        queue_p99_ns: edge.queue.map(|spread| spread.p99),
        context_lost: edge.context_lost,
    }
}

/// A number with six digits behind the point.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}
