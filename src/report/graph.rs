//! The map as a drawing for other programs: Graphviz (DOT) and Mermaid.
//!
//! Names come from logs. In DOT a quoted string ends at `"` alone (The DOT Language, "ID"); in Mermaid entities such as `#quot;`
//! stand for what would end a text (Mermaid, "Flowcharts", "Entity codes to escape characters").

use super::units::{counted, duration, percent};
use crate::analyze::map::{EdgeKind, Map, MapEdge, NodeKind};
use std::io::{self, Write};

/// Characters of a name that are shown.
const MAX_NAME: usize = 80;

/// Writes the map in the DOT language.
pub fn dot(map: &Map, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "digraph spanloom {{\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];"
    )?;
    for (at, node) in map.nodes.iter().enumerate() {
        let shape = match node.kind {
            NodeKind::Service => "box, style=rounded",
            NodeKind::Topic => "cds",
            NodeKind::Database => "cylinder",
            NodeKind::External => "box, style=dashed",
        };
        let color = if node.errors > 0 { ", color=\"#c0392b\"" } else { "" };
        writeln!(out, "  n{at} [label=\"{}\", shape={shape}{color}];", dot_text(&node.id))?;
    }
    for edge in &map.edges {
        let style = if edge.kind == EdgeKind::Call { "solid" } else { "dashed" };
        let color = if edge.errors > 0 { ", color=\"#c0392b\"" } else { "" };
        let label = dot_text(&facts(edge).join("\n"));
        writeln!(out, "  n{} -> n{} [label=\"{label}\", style={style}{color}];", edge.from, edge.to)?;
    }
    writeln!(out, "}}")
}

/// Writes the map as a Mermaid flowchart.
pub fn mermaid(map: &Map, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (at, node) in map.nodes.iter().enumerate() {
        let (open, close) = match node.kind {
            NodeKind::Service => ("(", ")"),
            NodeKind::Topic => ("([", "])"),
            NodeKind::Database => ("[(", ")]"),
            NodeKind::External => ("[", "]"),
        };
        writeln!(out, "  n{at}{open}\"{}\"{close}", mermaid_text(&node.id))?;
    }
    for edge in &map.edges {
        let arrow = if edge.kind == EdgeKind::Call { "-->" } else { "-.->" };
        let label = mermaid_text(&facts(edge).join(", "));
        writeln!(out, "  n{} {arrow}|\"{label}\"| n{}", edge.from, edge.to)?;
    }
    Ok(())
}

/// What is known of an edge, in words.
fn facts(edge: &MapEdge) -> Vec<String> {
    let time = |nanos: u64| duration(nanos.try_into().unwrap_or(i64::MAX));
    let verb = match edge.kind {
        EdgeKind::Call => "call",
        EdgeKind::Send => "message",
        EdgeKind::Receive => "receipt",
    };
    let mut facts = vec![counted(edge.count, verb)];
    if edge.errors > 0 {
        facts.push(format!("{} failed", percent(edge.errors as f64 / edge.count.max(1) as f64)));
    }
    facts.extend(edge.latency.map(|spread| format!("p99 {}", time(spread.p99))));
    facts.extend(edge.queue.map(|spread| format!("waits {}", time(spread.p50))));
    if edge.context_lost > 0 {
        facts.push(format!("context lost {}", percent(edge.context_lost as f64 / edge.count.max(1) as f64)));
    }
    facts
}

/// A name without control characters, cut where it is too long.
fn shortened(text: &str) -> impl Iterator<Item = char> {
    let long = text.chars().count() > MAX_NAME;
    let clean = |c: char| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().take(MAX_NAME).map(clean).chain(long.then_some('…'))
}

fn dot_text(text: &str) -> String {
    let mut out = String::new();
    for c in shortened(text) {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}

/// A text for a quoted label.
pub(super) fn mermaid_text(text: &str) -> String {
    let mut out = String::new();
    for c in shortened(text) {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            ';' => out.push_str("#59;"),
            '`' => out.push_str("#96;"),
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_end_their_strings() {
        let name = "a\"]; x -> y [\\\n</script>\0\x1b]]>";
        assert_eq!(dot_text(name), "a\\\"]; x -> y [\\\\\\n</script>\u{fffd}\u{fffd}]]>");
        assert_eq!(mermaid_text(name), "a#quot;]#59; x -#gt; y [\\ #lt;/script#gt;\u{fffd}\u{fffd}]]#gt;");
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(dot_text(&"x".repeat(200)).chars().count(), MAX_NAME + 1);
    }
}
