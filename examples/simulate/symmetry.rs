//! Measures how often nothing in the logs tells a span's true parent from a rival.
//!
//! A system in which two candidates look exactly alike asks for luck, not for skill; few such spans may remain.
//! The measure knows the truth and is generous to nobody: a rival counts if it could be the parent by its type and by
//! time, and no value that the true parent and the child share is missing from the rival's lines. A parent that
//! lasts longer than the child, but whose lines all come later and do not say how long it took, counts too: nothing
//! shows that it was around.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{Kind, System};
use crate::run::Run;
use crate::site::Site;
use crate::slot::Slot;

/// What was counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Symmetry {
    /// Logged spans that have a logged ancestor.
    pub(crate) children: usize,
    /// Those among them that have a rival nothing speaks against.
    pub(crate) symmetric: usize,
    /// How often, by child, parent and rival.
    pub(crate) worst: BTreeMap<String, usize>,
}

impl Symmetry {
    /// The share of children that cannot be told.
    pub(crate) fn share(&self) -> f64 {
        self.symmetric as f64 / self.children.max(1) as f64
    }
}

/// What the logs show of a span.
#[derive(Clone, Debug, Default)]
struct Shown {
    first: i64,
    /// Some line says for how long.
    timed: bool,
    values: BTreeSet<String>,
    threads: BTreeSet<(usize, u32)>,
}

/// Spans of one type look alike to a reader.
type Type = (usize, String, Kind);

/// Counts over all transactions of a run.
pub(crate) fn measure(system: &System, run: &Run) -> Symmetry {
    let shown = shown(system, run);
    let parents: Vec<Option<usize>> = (0..run.spans.len()).map(|at| nearest(run, &shown, at)).collect();
    let sites: Vec<String> = system.sites.iter().map(Site::looks).collect();
    let kind = |at: usize| -> Type {
        let span = &run.spans[at];
        let looks = |site: Option<usize>| site.map_or("", |site| &sites[site]);
        let (first, last) = (looks(span.sites.0), looks(span.sites.1));
        // What logs at neither end is known by what else it says; its name stands for that.
        let name = if first.is_empty() && last.is_empty() {
            span.name.clone()
        } else {
            format!("{first} … {last}")
        };
        (span.service, name, span.kind)
    };
    let mut causes: BTreeMap<Type, BTreeSet<Type>> = BTreeMap::new();
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in shown.keys() {
        members.entry(run.spans[*at].transaction).or_default().push(*at);
        if let Some(parent) = parents[*at] {
            causes.entry(kind(*at)).or_default().insert(kind(parent));
        }
    }
    let mut found = Symmetry::default();
    for (child, parent) in shown.keys().filter_map(|at| parents[*at].map(|parent| (*at, parent))) {
        found.children += 1;
        let allowed = &causes[&kind(child)];
        let rival = members[&run.spans[child].transaction].iter().find(|rival| {
            let rival = **rival;
            rival != child
                && rival != parent
                && allowed.contains(&kind(rival))
                && !is_ancestor(run, child, rival)
                && !is_ancestor(run, rival, parent)
                && possible(run, &shown, (child, parent, rival))
                && !told(system, run, &shown, (child, parent, rival))
        });
        let (inner, outer) = (&shown[&child], &shown[&parent]);
        let lasts =
            run.spans[child].service == run.spans[parent].service || run.spans[parent].kind == Kind::Client;
        let unseen = lasts && outer.first > inner.first && !outer.timed;
        if let Some(rival) = rival.copied().or(unseen.then_some(parent)) {
            found.symmetric += 1;
            let name = |at: usize| {
                format!("{}: {}", system.services[run.spans[at].service].name, run.spans[at].name)
            };
            let told = format!("{} <- {}, not {}", name(child), name(parent), name(rival));
            *found.worst.entry(told).or_default() += 1;
        }
    }
    found
}

fn shown(system: &System, run: &Run) -> BTreeMap<usize, Shown> {
    let mut shown: BTreeMap<usize, Shown> = BTreeMap::new();
    for record in &run.records {
        let Some(span) = record.span else { continue };
        let entry = shown.entry(span).or_insert_with(|| Shown { first: record.at, ..Shown::default() });
        let telling = |slot: Slot| {
            slot.identifies()
                || matches!(slot, Slot::Unit | Slot::Caller | Slot::Partition | Slot::Messages | Slot::Keys)
        };
        entry
            .values
            .extend(record.values.iter().filter(|(slot, _)| telling(*slot)).map(|(_, value)| value.plain()));
        entry.timed |= record.values.iter().any(|(slot, _)| matches!(slot, Slot::Took | Slot::Millis));
        let service = &system.services[run.spans[span].service];
        if service.threads[record.thread.0].contains("{n}") {
            entry.threads.insert(record.thread);
        }
    }
    shown
}

/// The nearest ancestor that has a line.
fn nearest(run: &Run, shown: &BTreeMap<usize, Shown>, at: usize) -> Option<usize> {
    let mut at = run.spans[at].parent;
    while let Some(parent) = at {
        if shown.contains_key(&parent) {
            return Some(parent);
        }
        at = run.spans[parent].parent;
    }
    None
}

fn is_ancestor(run: &Run, ancestor: usize, of: usize) -> bool {
    let mut at = run.spans[of].parent;
    while let Some(parent) = at {
        if parent == ancestor {
            return true;
        }
        at = run.spans[parent].parent;
    }
    false
}

/// True where the rival could be the parent by time.
fn possible(
    run: &Run,
    shown: &BTreeMap<usize, Shown>,
    (child, parent, rival): (usize, usize, usize),
) -> bool {
    let (one, two) = (&run.spans[child], &run.spans[rival]);
    if two.start > shown[&child].first {
        return false;
    }
    if one.kind != Kind::Consumer {
        return two.end.is_some_and(|end| end >= one.start);
    }
    // Of two alike the later one is the likelier cause of a message.
    two.start > run.spans[parent].start
}

/// True where a value or a thread tells the true parent from the rival.
fn told(
    system: &System,
    run: &Run,
    shown: &BTreeMap<usize, Shown>,
    (child, parent, rival): (usize, usize, usize),
) -> bool {
    let around = |at: usize| {
        let mut values = shown[&at].values.clone();
        let mut up = at;
        while let Some(parent) = run.spans[up].parent {
            let inner = !matches!(run.spans[up].kind, Kind::Server | Kind::Consumer);
            if !inner {
                break;
            }
            if let Some(shown) = shown.get(&parent) {
                values.extend(shown.values.iter().cloned());
            }
            up = parent;
        }
        values
    };
    let (own, right, wrong) = (around(child), around(parent), around(rival));
    let own_near = &shown[&child].values;
    let (right_near, wrong_near) = (&shown[&parent].values, &shown[&rival].values);
    let near = own_near.iter().any(|value| right_near.contains(value) && !wrong_near.contains(value));
    let speaks = near || own_near.iter().any(|value| right.contains(value) && !wrong.contains(value));
    let against =
        !own.is_disjoint(&right) && own.iter().any(|value| right.contains(value) && !wrong.contains(value));
    let name = |at: usize| &system.services[run.spans[at].service].name;
    let named = own_near.contains(name(parent)) && !own_near.contains(name(rival));
    let in_process = run.spans[child].service == run.spans[parent].service;
    let thread = |at: usize| &shown[&at].threads;
    let by_thread = in_process
        && !thread(child).is_disjoint(thread(parent))
        && !thread(rival).is_empty()
        && thread(child).is_disjoint(thread(rival));
    speaks || named || (against && !in_process) || by_thread
}
