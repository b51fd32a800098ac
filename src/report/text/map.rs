//! The map: what flows from where to where, one row an edge, grouped by where it begins.

use super::bars::share_bar;
use super::paint::Paint;
use super::row::{Row, clean_width, width};
use super::{Style, coverage};
use crate::analyze::map::{EdgeKind, Map, MapEdge, Node, NodeKind, Spread};
use crate::report::Report;
use crate::report::units::{count, counted, percent};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Rows that are shown.
const MAX_ROWS: usize = 200;
/// Columns of a bar.
const BAR: usize = 10;
/// Blanks between cells.
const GAP: usize = 2;
/// Columns that a name keeps however narrow the output.
const MIN_NAME: usize = 16;

/// Writes the map.
pub fn map(report: &Report<'_>, map: &Map, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if map.is_empty() {
        super::overview::nothing(report, &style, out)?;
        Row::new(&style).write(out)?;
        return coverage::full(report.coverage, &style, out);
    }
    title(report, map, &style, out)?;
    if !map.edges.is_empty() {
        Table::new(map, &style).write(out)?;
    }
    alone(map, &style, out)?;
    legend(map, &style, out)?;
    Row::new(&style).write(out)?;
    coverage::full(report.coverage, &style, out)
}

fn title(report: &Report<'_>, map: &Map, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let number = |kind| map.nodes.iter().filter(|node| node.kind == kind).count() as u64;
    let kinds = [
        (NodeKind::Service, "service"),
        (NodeKind::Topic, "topic"),
        (NodeKind::Database, "database"),
        (NodeKind::External, "external"),
    ];
    let facts: Vec<String> = kinds
        .iter()
        .map(|&(kind, word)| (number(kind), word))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| counted(number, word))
        .collect();
    let mut row = Row::new(style);
    row.put(Paint::Strong, &facts.join(", "));
    let traces = counted(report.traces.len() as u64, "transaction");
    let during = if map.length > 0 { format!(" in {}", style.duration(map.length)) } else { String::new() };
    row.gap(GAP).put(Paint::Faint, &format!("{traces}{during}")).write(out)
}

/// A column of numbers.
struct Column {
    name: &'static str,
    cells: Vec<(Paint, String)>,
    /// Columns of lower weight go first where there is no room.
    weight: u8,
}

impl Column {
    fn width(&self) -> usize {
        self.cells.iter().map(|(_, cell)| width(cell)).max().unwrap_or(0).max(self.name.len()) + GAP
    }
}

struct Table<'m> {
    map: &'m Map,
    style: &'m Style,
    /// Edges in the order they are drawn: by where they begin, sources first.
    order: Vec<usize>,
    columns: Vec<Column>,
    name: usize,
    bar: bool,
}

impl<'m> Table<'m> {
    fn new(map: &'m Map, style: &'m Style) -> Table<'m> {
        let ranks = ranks(map);
        let mut order: Vec<usize> = (0..map.edges.len()).collect();
        order.sort_by_key(|&at| {
            let edge = &map.edges[at];
            (ranks[edge.from], ranks[edge.to], edge.kind)
        });
        let names = map
            .edges
            .iter()
            .map(|edge| clean_width(&label(&map.nodes[edge.to]), style) + width(&verb(edge, map, style)) + 3);
        let heads = map.edges.iter().map(|edge| clean_width(&label(&map.nodes[edge.from]), style));
        let name = names.chain(heads).max().unwrap_or(0).max("Flows".len());
        let mut columns = columns(map, style);
        columns.retain(|column| column.cells.iter().any(|(_, cell)| !cell.is_empty()));
        let needed = |columns: &[Column]| columns.iter().map(Column::width).sum::<usize>();
        let least = name.min((style.width / 2).max(MIN_NAME));
        while needed(&columns) + least > style.width {
            let Some(at) = (0..columns.len()).min_by_key(|&at| columns[at].weight) else { break };
            columns.remove(at);
        }
        let room = style.width - needed(&columns);
        let name = name.min(room);
        Table { map, style, order, bar: room >= name + BAR + GAP, columns, name }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut row = Row::new(self.style);
        row.write(out)?;
        row.left(Paint::Strong, "Flows", self.name);
        for column in &self.columns {
            row.right(Paint::Faint, column.name, column.width());
        }
        row.write(out)?;
        let most = self.map.edges.iter().map(|edge| edge.count).max().unwrap_or(1).max(1);
        let mut from = usize::MAX;
        for (position, &at) in self.order.iter().enumerate().take(MAX_ROWS) {
            let edge = &self.map.edges[at];
            if edge.from != from {
                from = edge.from;
                let node = &self.map.nodes[from];
                row.left(paint(node), &label(node), self.name).write(out)?;
            }
            let last = self.order.get(position + 1).is_none_or(|&next| self.map.edges[next].from != from);
            self.edge(at, last, most, &mut row, out)?;
        }
        match self.order.len().saturating_sub(MAX_ROWS) {
            0 => Ok(()),
            more => row.put(Paint::Faint, &format!("and {} more", counted(more as u64, "flow"))).write(out),
        }
    }

    fn edge(&self, at: usize, last: bool, most: u64, row: &mut Row, out: &mut dyn Write) -> io::Result<()> {
        let edge = &self.map.edges[at];
        let to = &self.map.nodes[edge.to];
        if last {
            row.glyph(Paint::Faint, "└─", "`-")
        } else {
            row.glyph(Paint::Faint, "├─", "|-")
        };
        let verb = verb(edge, self.map, self.style);
        row.put(Paint::Faint, &verb).gap(1);
        let room = self.name.saturating_sub(row.at());
        row.left(paint(to), &label(to), room);
        for column in &self.columns {
            let (paint, cell) = &column.cells[at];
            row.right(*paint, cell, column.width());
        }
        if self.bar {
            row.gap(GAP).put(paint(to), &share_bar(edge.count as f64 / most as f64, BAR, self.style));
        }
        row.write(out)
    }
}

/// What an edge does, with its arrow.
fn verb(edge: &MapEdge, map: &Map, style: &Style) -> String {
    let arrow = if style.unicode { "─▶" } else { "->" };
    let direct = map.nodes[edge.to].kind == NodeKind::Service;
    let word = match edge.kind {
        EdgeKind::Call => " calls ",
        EdgeKind::Send if direct => " sends to ",
        EdgeKind::Send => " sends ",
        EdgeKind::Receive => " feeds ",
    };
    format!("{word}{arrow}")
}

/// Numbers beside the edges, by edge.
fn columns(map: &Map, style: &Style) -> Vec<Column> {
    let column = |name, weight, cell: &dyn Fn(&MapEdge) -> (Paint, String)| Column {
        name,
        cells: map.edges.iter().map(cell).collect(),
        weight,
    };
    let plain = |text: String| (Paint::Plain, text);
    let part = |spread: Option<Spread>, of: fn(Spread) -> u64| {
        plain(spread.map_or_else(String::new, |spread| style.duration(of(spread))))
    };
    vec![
        column("count", 9, &|edge| plain(count(edge.count))),
        column("rate", 3, &|edge| plain(rate(edge.count, map.length))),
        column("fan-out", 5, &|edge| {
            let times = |share: f64| format!("{}{}", style.times(), short(share));
            let paint = if edge.fan_out == Some(0.0) { Paint::Warning } else { Paint::Plain };
            (paint, edge.fan_out.map(times).unwrap_or_default())
        }),
        column("errors", 8, &|edge| match edge.errors {
            0 => plain(String::new()),
            errors => {
                (Paint::Error, format!("{} ({})", count(errors), percent(errors as f64 / edge.count as f64)))
            }
        }),
        column("p50", 6, &|edge| part(edge.latency, |spread| spread.p50)),
        column("p99", 4, &|edge| part(edge.latency, |spread| spread.p99)),
        column("wait p50", 5, &|edge| part(edge.queue, |spread| spread.p50)),
        column("wait p99", 3, &|edge| part(edge.queue, |spread| spread.p99)),
        column("context lost", 7, &|edge| match edge.context_lost {
            0 => plain(String::new()),
            lost => (Paint::Warning, percent(lost as f64 / edge.count as f64)),
        }),
    ]
}

/// How often in a second, minute or hour: the first that makes it at least one.
fn rate(number: u64, length: u64) -> String {
    if length == 0 || number < 2 {
        return String::new();
    }
    let per_second = number as f64 / (length as f64 / 1e9);
    let units = [(1.0, "s"), (60.0, "min"), (3_600.0, "h")];
    if per_second * 3_600.0 < 0.05 {
        return String::new();
    }
    let &(times, unit) = units.iter().find(|(times, _)| per_second * times >= 1.0).unwrap_or(&units[2]);
    format!("{}/{unit}", short(per_second * times))
}

/// A number with one digit behind the point, where that tells something.
fn short(number: f64) -> String {
    let text = if number >= 99.95 { format!("{number:.0}") } else { format!("{number:.1}") };
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Topics, databases and externals wear brackets, so that each can be told without colours.
fn label(node: &Node) -> String {
    match node.kind {
        NodeKind::Service => node.id.clone(),
        NodeKind::Topic => format!("[{}]", node.id),
        NodeKind::Database => format!("({})", node.id),
        NodeKind::External => format!("<{}>", node.id),
    }
}

fn paint(node: &Node) -> Paint {
    match node.kind {
        NodeKind::Service => Paint::Service(node.service),
        _ => Paint::Strong,
    }
}

/// Where each node stands when sources come first. Within a cycle the node goes first that most flows to from those that stand
/// already.
fn ranks(map: &Map) -> Vec<usize> {
    let mut incoming = vec![0usize; map.nodes.len()];
    let mut outgoing: Vec<Vec<(usize, u64)>> = vec![Vec::new(); map.nodes.len()];
    for edge in map.edges.iter().filter(|edge| edge.from != edge.to) {
        incoming[edge.to] += 1;
        outgoing[edge.from].push((edge.to, edge.count));
    }
    let mut ranks = vec![usize::MAX; map.nodes.len()];
    let mut pull = vec![0u64; map.nodes.len()];
    let nodes = 0..incoming.len();
    let (mut ready, mut waiting): (BTreeSet<usize>, BTreeSet<usize>) =
        nodes.partition(|&node| incoming[node] == 0);
    for next in 0..ranks.len() {
        let pulled = || waiting.iter().copied().max_by_key(|&node| (pull[node], Reverse(node)));
        let Some(node) = ready.first().copied().or_else(pulled) else { break };
        ready.remove(&node);
        waiting.remove(&node);
        ranks[node] = next;
        for &(to, count) in &outgoing[node] {
            pull[to] = pull[to].saturating_add(count);
            incoming[to] = incoming[to].saturating_sub(1);
            if incoming[to] == 0 && waiting.remove(&to) {
                ready.insert(to);
            }
        }
    }
    ranks
}

/// Nodes without an edge.
fn alone(map: &Map, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let joined = |at: usize| map.edges.iter().any(|edge| edge.from == at || edge.to == at);
    let alone: Vec<String> = (0..map.nodes.len())
        .filter(|&at| !joined(at))
        .map(|at| format!("{} ({})", label(&map.nodes[at]), counted(map.nodes[at].spans, "span")))
        .collect();
    if alone.is_empty() {
        return Ok(());
    }
    let mut row = Row::new(style);
    row.write(out)?;
    row.put(Paint::Strong, "Nothing flows to or from").write(out)?;
    row.facts(Paint::Plain, &alone, GAP, out)
}

fn legend(map: &Map, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let has = |kind| map.nodes.iter().any(|node| node.kind == kind);
    let any = |test: fn(&MapEdge) -> bool| map.edges.iter().any(test);
    let marks = [
        (has(NodeKind::Topic), "[topic or queue]"),
        (has(NodeKind::Database), "(database)"),
        (has(NodeKind::External), "<called, but its logs are not here>"),
        (any(|edge| edge.fan_out.is_some()), "fan-out: receipts of each message"),
        (any(|edge| edge.queue.is_some()), "wait: from sending to handling"),
        (any(|edge| edge.context_lost > 0), "context lost: the trace did not go on"),
    ];
    let marks: Vec<&str> = marks.iter().filter(|(used, _)| *used).map(|(_, mark)| *mark).collect();
    if marks.is_empty() {
        return Ok(());
    }
    let mut row = Row::new(style);
    row.write(out)?;
    row.facts(Paint::Faint, &marks, 0, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_take_the_unit_that_suits_them() {
        for (number, seconds, expected) in
            [(300, 10, "30/s"), (15, 10, "1.5/s"), (10, 600, "1/min"), (3, 36_000, "0.3/h"), (1, 5, "")]
        {
            assert_eq!(rate(number, seconds * 1_000_000_000), expected, "{number} in {seconds} s");
        }
    }

    #[test]
    fn sources_come_first_even_where_there_are_cycles() {
        let node = |id: &str| Node {
            id: id.to_owned(),
            kind: NodeKind::Service,
            service: crate::model::Symbol::NONE,
            spans: 1,
            errors: 0,
        };
        let edge = |from, to| MapEdge {
            from,
            to,
            kind: EdgeKind::Call,
            count: 1,
            errors: 0,
            latency: None,
            queue: None,
            fan_out: None,
            context_lost: 0,
        };
        let mut map =
            Map { nodes: ["a", "b", "c"].map(node).into(), edges: vec![edge(2, 1), edge(1, 0)], length: 0 };
        assert_eq!(ranks(&map), [2, 1, 0]);
        map.edges.push(edge(0, 1));
        assert_eq!(ranks(&map), [2, 1, 0]);
        map.edges.push(edge(0, 0));
        assert_eq!(ranks(&map), [2, 1, 0]);
    }
}
