//! What is true of the hops of a run.

use crate::told;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// What is true of hops: a span that another service caused, with what its own service did for it.
#[derive(Default)]
pub struct Hops {
    /// The hop of each span.
    pub of: HashMap<String, String>,
    /// The nearest hop above a hop of which something is logged.
    pub above: HashMap<String, Option<String>>,
    /// The span of each line, by the name of its file.
    pub lines: HashMap<(String, u64), String>,
}

impl Hops {
    /// What the folder of a run tells; nothing, if it tells none.
    pub fn of(folder: &Path) -> Hops {
        let (Some(spans), Some(lines)) = (told::spans(folder), told::lines(folder)) else {
            return Hops::default();
        };
        let mut hops = Hops { lines, ..Hops::default() };
        let parent = |span: &Value| {
            let parent = span["parent_span_id"].as_str().or_else(|| span["cause"]["span_id"].as_str());
            parent.filter(|parent| spans.contains_key(*parent)).map(str::to_owned)
        };
        for (id, mut span) in &spans {
            let mut at = id.clone();
            while let Some(parent) = parent(span) {
                let entry = matches!(span["kind"].as_str(), Some("SERVER" | "CONSUMER"));
                if entry || spans[&parent]["service"] != span["service"] {
                    break;
                }
                (at, span) = (parent.clone(), &spans[&parent]);
            }
            hops.of.insert(id.clone(), at);
        }
        let logged: HashSet<&String> = spans
            .iter()
            .filter(|(_, span)| span["log_records"].as_u64() > Some(0))
            .map(|(id, _)| &hops.of[id])
            .collect();
        for hop in hops.of.values() {
            let above = |hop: &str| parent(&spans[hop]).map(|parent| hops.of[&parent].clone());
            hops.above.insert(hop.clone(), nearest(hop, above, |hop| logged.contains(hop)));
        }
        hops
    }
}

/// The nearest one above of which something is logged.
pub fn nearest(
    below: &str,
    above: impl Fn(&str) -> Option<String>,
    is_logged: impl Fn(&String) -> bool,
) -> Option<String> {
    let mut up = above(below);
    while let Some(at) = &up
        && !is_logged(at)
    {
        up = above(at);
    }
    up
}
