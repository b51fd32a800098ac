//! What is true of a run: who caused whom.

use crate::hops::{Hops, nearest};
use crate::told;
use serde_json::Value;
use spanloom::weave::training::{Given, Lesson};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// What is true of a run.
pub struct Truth {
    /// Nearest logged ancestor of each logged span.
    above: HashMap<String, Option<String>>,
    hops: Hops,
}

impl Truth {
    /// What the folder of a run tells; `logged`: the spans of which something is logged, if that is not what the folder
    /// says. Nothing is known of hops then.
    pub fn of(folder: &Path, logged: Option<HashSet<String>>) -> Truth {
        let hops = if logged.is_none() { Hops::of(folder) } else { Hops::default() };
        Truth { above: above(folder, logged), hops }
    }

    /// For each span of a lesson whose right parent is known: where that stands among its candidates, if anywhere.
    /// `sources`: the names of the files.
    pub fn answers(&self, sources: &[String], lesson: &Lesson) -> Vec<Option<Option<usize>>> {
        let ids: Vec<String> = lesson.ids.iter().map(ToString::to_string).collect();
        let hops = self.hops_of(sources, lesson);
        // several spans may have been made of a hop: the first stands for it
        let first = |hop: &String| hops.iter().position(|other| other.as_ref() == Some(hop));
        let answer = |(at, given): (usize, &Given)| {
            let Given::Open { span, candidates } = given else { return None };
            let place = |wanted: &dyn Fn(Option<u32>) -> bool| {
                candidates.iter().position(|(parent, _)| wanted(*parent))
            };
            if let Some(truth) = self.above.get(&span.to_string()) {
                return Some(place(&|parent| parent.map(|parent| &ids[parent as usize]) == truth.as_ref()));
            }
            let hop = hops[at].as_ref()?;
            let above = self.hops.above.get(hop).cloned().flatten();
            let right = match first(hop) {
                Some(first) if first != at => Some(first),
                _ => above.as_ref().and_then(first),
            };
            Some(match right {
                Some(right) => place(&|parent| parent == Some(right as u32)),
                None if above.is_none() => place(&|parent| parent.is_none()),
                None => None,
            })
        };
        lesson.given.iter().enumerate().map(answer).collect()
    }

    /// The hops of the spans of a lesson that have no ids, by most of their records.
    fn hops_of(&self, sources: &[String], lesson: &Lesson) -> Vec<Option<String>> {
        let hop = |records: &Vec<(usize, u64)>| {
            let mut votes: HashMap<&String, usize> = HashMap::new();
            for (source, line) in records {
                let name = &sources[*source];
                if let Some(span) = self.hops.lines.get(&(told::file(name).to_owned(), *line)) {
                    *votes.entry(&self.hops.of[span]).or_default() += 1;
                }
            }
            let most = votes.into_iter().max_by_key(|(hop, votes)| (*votes, std::cmp::Reverse(*hop)));
            most.map(|(hop, _)| hop.clone())
        };
        lesson.records.iter().map(hop).collect()
    }
}

fn above(folder: &Path, at_hand: Option<HashSet<String>>) -> HashMap<String, Option<String>> {
    let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    let read = |name: &str| std::fs::read_to_string(folder.join("truth").join(name));
    let (mut parents, mut logged) = (HashMap::new(), HashSet::new());
    let contracted = read("contracted.jsonl");
    let spans = contracted.or_else(|_| read("spans.jsonl")).expect("truth/spans.jsonl");
    for line in spans.lines() {
        let span: Value = serde_json::from_str(line).expect("JSON");
        let id = text(&span, "span_id").expect("an id");
        let parent = text(&span, "logged_ancestor_id").or_else(|| text(&span, "parent_span_id"));
        let parent = parent.or_else(|| text(&span["cause"], "span_id"));
        // those without a number are all logged
        if span["log_records"].as_u64() != Some(0) {
            logged.insert(id.clone());
        }
        parents.insert(id, parent);
    }
    let logged = at_hand.unwrap_or(logged);
    let above = |id: &str| parents.get(id).cloned().flatten();
    let ids = logged.iter().filter(|id| parents.contains_key(*id));
    ids.map(|id| (id.clone(), nearest(id, above, |id| logged.contains(id)))).collect()
}
