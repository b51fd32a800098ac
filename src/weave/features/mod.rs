//! What speaks for one span having caused another, in numbers.
//!
//! Each number is between -1 and a few units, 0 where it says nothing. What they are worth together is decided by
//! [`super::weights`].

mod drafted;
mod numbers;
mod pair;
mod parts;
mod possible;
mod relation;
mod scope;
pub(super) mod ties;

use super::habits::Habits;
use super::learned::{Learned, OfChild};
use super::lexicon::{Lexicon, Title, Wording};
use super::scene::{Line, Node, Scene};
use super::words::Act;
use crate::model::Symbol;
pub use drafted::Drafted;
use numbers::*;
pub use numbers::{COUNT, OF_CHILD};
use pair::pair;
use relation::{Relation, relations};
use std::cell::{Cell, RefCell};
use ties::Held;

/// The numbers of one candidate.
pub type Features = [f32; COUNT];

/// A possible parent of a span.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The node; `None` for having no parent.
    pub node: Option<u32>,
    /// What speaks for it.
    pub features: Features,
}

impl Candidate {
    /// Whether it names the span's service or route, or answered right after it.
    pub fn calls(&self) -> bool {
        let features = &self.features;
        features[NAMES_CHILD] > 0.0
            || features[ROUTE] > 0.0
            || features[LATE_CROSS_OPEN] > 0.0 && features[LATE_CROSS_ENDS] > 0.0
    }
}

/// What is known of a run before anything is decided.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// Words of templates and services.
    pub lexicon: &'k Lexicon,
    /// How kinds of spans stand to each other.
    pub habits: &'k Habits,
}

/// A parent's first record may be later than its child's by this much: lines of one millisecond, publisher confirms.
pub(super) const SLACK: i64 = 50_000_000;
/// By this share of its length, as its inverse, a span that tells how long it took may begin before what caused it is logged.
const SHORT: i64 = 8;

/// What is asked of the scene for many candidates of one child.
struct Child<'s> {
    node: u32,
    opening: &'s Line,
    begin: i64,
    last: i64,
    /// Its begin is told by a duration.
    took: bool,
    blur: i64,
    opens: u32,
    /// The shortest spans that surround it, of its service and of others.
    inmost_same: Option<u32>,
    inmost_cross: Option<u32>,
    /// Same-service nodes that were open when it began, by their start.
    innermost_same: Option<u32>,
    latest_same: Option<u32>,
    active_same: Option<u32>,
    first_of_service: bool,
    first_of_all: bool,
    /// What its first record says: names, with how telling each is.
    names: Vec<(Symbol, f32)>,
    tokens: Wording<'s>,
    values: Vec<Held>,
    rarest: Option<ties::Rarest<'s>>,
    newest: Option<ties::Newest>,
    /// The weight of all its words.
    wording: f32,
    service: Symbol,
    /// Its service's name in other records.
    title: Title<'s>,
    /// Of its service and on its thread, if that is known: the first one before it, and the latest one before it that began
    /// by receiving or starting something.
    thread_first: Option<u32>,
    thread_began: Option<u32>,
    /// What is asked of the services of its candidates.
    services: RefCell<Vec<(Symbol, OfService)>>,
    /// How clearly another service is named, once that was asked for.
    mentioned: Cell<Option<f32>>,
    /// The spans of its service that did not begin after it, itself among them, by their starts.
    service_began: &'s [(Symbol, i64, u32)],
    /// The node of the record right before its start.
    just_before: Option<u32>,
    /// The latest of its service that may be open still: see [`may_be_open`].
    inmost_open: Option<u32>,
    /// Where the first candidate of its service opens that began by receiving or starting something and did not tell its end.
    at_work: Option<u32>,
    /// See [`Habits::enters`] and [`Habits::follows`].
    enters: f32,
    follows: f32,
    /// What was learned of its kind.
    learned: OfChild,
    /// See [`Habits::sent`].
    sent: f32,
}

/// What is asked of the services of a child's candidates.
#[derive(Clone, Copy)]
struct OfService {
    /// How clearly the child's first record names it.
    mention: f32,
    /// A span of it was open when the child began.
    open: bool,
}

impl Child<'_> {
    /// Whether a record of a possible parent may have to do with how the child began: it is not later, or the parent is
    /// known to have begun before its first record. What a child that tells how long it took surrounds is later.
    fn may_follow(&self, parent: &Node, line: &Line) -> bool {
        if self.took && parent.last < self.last && parent.service != self.service {
            return line.time <= self.begin + SLACK.min((self.last - self.begin) / SHORT);
        }
        line.time <= self.begin + SLACK
            || parent.first > self.begin
            || parent.begin < parent.first && parent.begin - parent.blur <= self.begin + self.blur
    }

    /// Looks for those on its thread.
    fn on_thread(&mut self, scene: &Scene) {
        let thread = self.opening.thread;
        if thread.is_none() {
            return;
        }
        let (mut first, mut began) = (u32::MAX, 0);
        for &(.., other) in self.service_began {
            let Some(line) = scene.opening(other).filter(|line| line.thread == thread) else { continue };
            if other == self.node || line.order >= self.opening.order {
                continue;
            }
            if line.order < first {
                (first, self.thread_first) = (line.order, Some(other));
            }
            if line.act.begins() && line.order >= began {
                (began, self.thread_began) = (line.order, Some(other));
            }
        }
    }

    /// What is asked of the service of a candidate.
    fn of_service(&self, scene: &Scene, service: Symbol, lexicon: &Lexicon) -> OfService {
        let mut services = self.services.borrow_mut();
        if let Some((_, known)) = services.iter().find(|(known, _)| *known == service) {
            return *known;
        }
        let before = scene.of_service(service).iter().take_while(|(_, begin, _)| *begin < self.begin);
        let mut open = before.map(|(.., other)| &scene.nodes[*other as usize]);
        let found = OfService {
            mention: lexicon.title(service).mention(self.tokens),
            open: open.any(|other| other.last >= self.begin),
        };
        services.push((service, found));
        found
    }

    /// How clearly a service other than the own one is named.
    fn mentioned(&self, lexicon: &Lexicon) -> f32 {
        let found = self.mentioned.get().unwrap_or_else(|| lexicon.mentioned(self.tokens, self.service));
        self.mentioned.set(Some(found));
        found
    }
}

/// Finds the possible parents of `node`, none among them, behind those that were found before.
pub fn candidates(
    scene: &Scene,
    node: u32,
    learned: Option<&Learned>,
    known: Known<'_>,
    found: &mut Vec<Candidate>,
) {
    let Some(opening) = scene.opening(node) else { return };
    let own = &scene.nodes[node as usize];
    let possible = possible::parents(scene, node, opening, (known, learned));
    let of_child = learned.map_or(OfChild::default(), |learned| learned.of_child(own.kind));
    let relations = relations(scene, node, &possible, (learned, of_child), known);
    let child = child(scene, node, opening, (&possible, &relations), of_child, known);
    let mut none = [0.0; COUNT];
    about_child(scene, &child, &mut none);
    let start = found.len();
    found.reserve(possible.len() + 1);
    for (&parent, relation) in possible.iter().zip(&relations) {
        found.push(Candidate { node: Some(parent), features: none });
        if let Some(candidate) = found.last_mut() {
            pair(scene, &child, parent, relation, learned.is_some(), known, &mut candidate.features);
        }
    }
    let of_node = &mut found[start..];
    scope::tell(scene, node, of_node);
    compare(of_node);
    recent(scene, &child, of_node);
    none[NONE] = 1.0;
    none[NONE_FIRST] = yes(child.first_of_all);
    none[NONE_FIRST_OF_SERVICE] = yes(child.first_of_service);
    none[NONE_TOOK] = yes(own.begin < own.first);
    none[NONE_CALLS] = yes(own.calls);
    none[NONE_TAKES_IN] = own.role.takes_in;
    if let Some(learned) = learned {
        let of_none = learned.causes(None, own.kind, child.learned);
        none[NONE_CAUSES] = of_none.share;
        none[POSSIBLE] = of_none.possible;
    }
    found.push(Candidate { node: None, features: none });
}

/// What is so of the child whoever the parent is.
fn about_child(scene: &Scene, child: &Child<'_>, out: &mut Features) {
    let own = &scene.nodes[child.node as usize];
    out[CHILD_RECEIVES] = act(child.opening, &[Act::Receive]);
    out[CHILD_ENDS] = act(child.opening, &[Act::End]);
    out[CHILD_ENTERS] = child.enters;
    out[CHILD_FOLLOWS] = child.follows;
    out[CHILD_SINGLE] = yes(own.lines.len() == 1);
    out[CHILD_LENGTH] = scaled(own.last - own.begin);
    if own.lines.len() > 1 {
        out[CHILD_HEAD] = (own.first - own.begin) as f32 / (own.last - own.begin).max(1) as f32;
    }
    out[CHILD_PEERS] = log2(own.rank.1 as f32).min(4.0);
    out[CHILD_FIRST] = yes(child.first_of_service);
    out[CHILD_MAY_FOLLOW] = yes(child.inmost_open.is_some());
    out[CHILD_WITHIN] = yes(child.inmost_same.is_some());
    out[CHILD_HANDS] = yes(own.hands);
    out[CHILD_WORDS] = child.wording.min(3.0) / 3.0;
    out[CHILD_SENT] = child.sent;
    out[CHILD_TAKES_IN] = own.role.takes_in;
    out[CHILD_ASKS] = own.role.asks;
    out[CHILD_SENDS] = own.role.sends;
    out[CHILD_AT_END] = own.role.at_end;
    out[CHILD_DEBUG] = yes(own.role.debug);
    out[CHILD_RARE] = child.rarest.as_ref().map_or(0.0, |rarest| rarest.rarity());
}

/// Ranks the candidates of the child's service by their last record before it.
fn recent(scene: &Scene, child: &Child<'_>, found: &mut [Candidate]) {
    let same = |node: &u32| scene.nodes[*node as usize].service == child.service;
    let since = |node: u32| scene.anchor(node, child.node).map_or(i64::MIN, |(_, time)| time);
    let candidates = found.iter().enumerate();
    let own = candidates.filter_map(|(at, candidate)| Some((candidate.node.filter(same)?, at)));
    let mut order: Vec<(i64, u32, usize)> = own.map(|(node, at)| (since(node), node, at)).collect();
    order.sort_unstable();
    for (rank, (.., at)) in order.into_iter().rev().enumerate() {
        found[at].features[SAME_RECENT] = 1.0 / (1.0 + rank as f32);
    }
}

fn child<'s>(
    scene: &'s Scene,
    node: u32,
    opening: &'s Line,
    (possible, relations): (&[u32], &[Relation]),
    learned: OfChild,
    known: Known<'s>,
) -> Child<'s> {
    let own = &scene.nodes[node as usize];
    let tokens = scene.tokens(opening);
    let of_service = scene.of_service(own.service);
    let mut child = Child {
        node,
        opening,
        begin: own.begin,
        took: own.begin < own.first,
        last: own.last,
        blur: own.blur,
        opens: own.opens,
        inmost_same: None,
        inmost_cross: None,
        innermost_same: None,
        latest_same: None,
        active_same: None,
        first_of_service: of_service.first().is_none_or(|(_, begin, _)| *begin >= own.begin),
        first_of_all: scene.starts() >= own.begin,
        names: scene.names(opening).iter().map(|name| (*name, known.lexicon.weight(*name))).collect(),
        tokens,
        values: ties::held(scene, opening),
        rarest: ties::rarest(scene, node, Some(known.habits)),
        newest: ties::newest(scene, node, known.habits),
        wording: tokens.tokens.iter().map(|(_, weight)| weight).sum(),
        service: own.service,
        title: known.lexicon.title(own.service),
        thread_first: None,
        thread_began: None,
        services: RefCell::default(),
        mentioned: Cell::new(None),
        just_before: scene.lines[..own.opens as usize]
            .last()
            .map(|line| line.node)
            .filter(|before| *before != node),
        inmost_open: None,
        at_work: None,
        service_began: &of_service[..of_service.partition_point(|(_, begin, _)| *begin <= own.begin)],
        enters: known.habits.enters(own.kind),
        follows: known.habits.follows(own.kind),
        sent: 0.0,
        learned,
    };
    child.on_thread(scene);
    if let Some(rarest) = &child.rarest {
        child.sent = known.habits.sent(own.kind, rarest.name);
    }
    // of equals the one that comes later in the list stays
    let later = |best: Option<u32>, other: u32| {
        let first = |node: u32| (scene.nodes[node as usize].begin, node);
        Some(best.filter(|&best| first(best) > first(other)).unwrap_or(other))
    };
    let mut active_same = None;
    for (&other, relation) in possible.iter().zip(relations) {
        let same = scene.nodes[other as usize].service == own.service;
        let open = is_open(scene, other, own.begin + own.blur);
        let around = contains(&scene.nodes[other as usize], own);
        let shorter = |best: Option<u32>| {
            let long = |node: u32| (scene.nodes[node as usize].last - scene.nodes[node as usize].begin, node);
            Some(best.filter(|&best| long(best) < long(other)).unwrap_or(other))
        };
        if around {
            let inmost = if same { &mut child.inmost_same } else { &mut child.inmost_cross };
            *inmost = shorter(*inmost);
        }
        if same {
            if may_be_open(scene, other, own) {
                child.inmost_open = later(child.inmost_open, other);
            }
            if at_work(scene, other, own.begin) {
                let opens = scene.nodes[other as usize].opens;
                child.at_work = Some(child.at_work.map_or(opens, |first| first.min(opens)));
            }
            if open {
                child.innermost_same = later(child.innermost_same, other);
            }
            if scene.nodes[other as usize].begin <= own.begin + own.blur {
                child.latest_same = later(child.latest_same, other);
            }
            active_same = active_same.max(relation.previous.map(|order| (order, other)));
        }
    }
    child.active_same = active_same.map(|(_, other)| other);
    child
}

/// Whether a node has records before and after a time.
pub(super) fn is_open(scene: &Scene, node: u32, time: i64) -> bool {
    let node = &scene.nodes[node as usize];
    node.begin - node.blur <= time && time <= node.last && node.last > node.begin
}

/// Whether a span began before another one and is not known to have ended: it is open, or all that it logs is its start.
pub(super) fn may_be_open(scene: &Scene, node: u32, later: &Node) -> bool {
    let own = &scene.nodes[node as usize];
    let started = own.opens < later.opens || own.begin < later.begin;
    let silent = || {
        own.lines.len() == 1
            && !own.exact
            && own.begin == own.first
            && scene.opening(node).is_some_and(|line| !matches!(line.act, Act::End | Act::Answer | Act::Send))
    };
    started && (own.last >= later.begin || silent())
}

/// Whether a span began by receiving or starting something and told no end until a time.
fn at_work(scene: &Scene, node: u32, time: i64) -> bool {
    scene.opening(node).is_some_and(|line| line.act.begins())
        && !scene.lines_of(node).skip(1).any(|line| line.closes && line.time <= time)
}

/// Whether the first node surrounds the second, and is the longer one.
fn contains(outer: &Node, inner: &Node) -> bool {
    let blur = outer.blur.max(inner.blur);
    outer.begin - blur <= inner.begin
        && outer.last + blur >= inner.last
        && outer.last - outer.begin > inner.last - inner.begin
}

fn act(line: &Line, acts: &[Act]) -> f32 {
    f32::from(u8::from(acts.contains(&line.act)))
}

fn yes(on: bool) -> f32 {
    f32::from(u8::from(on))
}

/// A gap in time on a scale on which 1 ms is 0, 10 ms about 1, 10 s about 4.
pub(super) fn scaled(nanos: i64) -> f32 {
    if nanos <= 0 { 0.0 } else { log2(1.0 + nanos as f32 / 1_000_000.0) * std::f32::consts::LOG10_2 }
}

/// The logarithm of a number from 1 up, as exact as its type is, and the same on all machines: the exponent, and a few terms
/// of the series of artanh, as ln m = 2 artanh((m - 1) / (m + 1)).
fn log2(number: f32) -> f32 {
    const MANTISSA: u32 = 23;
    // so that the rest lies around 1: from 0.7 to 1.4
    let exponent = ((number.to_bits() + 0x4a_fb0d) >> MANTISSA) as i32 - 127;
    let rest = f32::from_bits(number.to_bits().wrapping_sub((exponent << MANTISSA) as u32));
    let part = (rest - 1.0) / (rest + 1.0);
    let square = part * part;
    let series = square * (1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0 + square / 9.0)));
    exponent as f32 + 2.0 * std::f32::consts::LOG2_E * (part + part * series)
}

/// What counts only in comparison, and how the best candidate is marked.
const COMPARED: [(usize, usize); 13] = [
    (VALUES, MOST_VALUES),
    (NAMES, MOST_NAMES),
    (SAME_VALUES, MOST_SAME_VALUES),
    (MENTION, MOST_MENTION),
    (MENTIONED, MOST_MENTIONED),
    (SAME_WORDS, MOST_SAME_WORDS),
    (BEFORE_TIGHT, MOST_BEFORE_TIGHT),
    (HANDED_VALUES, MOST_HANDED_VALUES),
    (HANDED_WORDS, MOST_HANDED_WORDS),
    (LATE_CROSS_AFTER_SURE, MOST_LATE_CROSS_AFTER_SURE),
    (BEFORE_NARROW, MOST_BEFORE_NARROW),
    (SCOPE, MOST_SCOPE),
    (AFTER_NARROW, MOST_AFTER_NARROW),
];

/// Marks the best candidates, each of several that are equally good less.
fn compare(found: &mut [Candidate]) {
    let mut best = [0.0f32; COMPARED.len()];
    for candidate in found.iter() {
        for (best, (from, _)) in best.iter_mut().zip(COMPARED) {
            *best = best.max(candidate.features[from]);
        }
    }
    // what hardly says anything is nowhere the best
    best.iter_mut().filter(|best| **best <= 0.05).for_each(|best| *best = f32::INFINITY);
    let is_best = |candidate: &Candidate, at: usize| candidate.features[COMPARED[at].0] >= best[at] - 1e-4;
    let mut many = [0.0f32; COMPARED.len()];
    for candidate in found.iter() {
        for (at, many) in many.iter_mut().enumerate() {
            *many += yes(is_best(candidate, at));
        }
    }
    for candidate in found.iter_mut() {
        for (at, (_, to)) in COMPARED.into_iter().enumerate() {
            if is_best(candidate, at) {
                candidate.features[to] = 1.0 / many[at];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right() {
        let mut number = 1.0f32;
        while number < 1e13 {
            let (found, right) = (f64::from(log2(number)), f64::from(number).log2());
            assert!((found - right).abs() <= 2e-7 * right.max(1.0), "{number}: {found} {right}");
            number *= 1.0007;
        }
        assert_eq!((log2(1.0), log2(2.0), log2(1024.0)), (0.0, 1.0, 10.0));
        assert!((scaled(99_000_000) - 2.0).abs() < 1e-6 && scaled(0) == 0.0 && scaled(i64::MIN) == 0.0);
    }
}
