//! Durations that records print but that are not how long their span took: the age of the order, a delay to come.
//!
//! A span that logs its end began as long before as it took, if what it prints is that. Over the run it is seen: what is done
//! because something was received cannot have begun before another service told that.

use super::holders::Which;
use super::scene::{Line, Node, Scene};
use super::words::Act;
use crate::model::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// A service and a template.
type Kind = (Symbol, Symbol);

/// What is told may be received before it is logged: nanoseconds.
const SLACK: i64 = 5_000_000;
/// So many spans hold the id of a message: its sender, and who receives it.
const MOST_HOLDERS: usize = 3;
/// Fewer cases tell nothing.
const MIN_CASES: u32 = 3;

/// How often spans of a kind would have begun when they cannot have.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies(FxHashMap<Kind, Tally>);

/// Of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Spans of which something else tells when their service was reached.
    all: u32,
    /// Those that would have begun before.
    early: u32,
}

/// The kinds of records whose durations are not those of their spans.
#[derive(Clone, Debug, Default)]
pub(super) struct Ages(FxHashSet<Kind>);

impl Tallies {
    /// Adds what a transaction teaches.
    pub fn learn(&mut self, scene: &Scene) {
        for (index, node) in (0u32..).zip(&scene.nodes) {
            let Some(kind) = timed(scene, index, node) else { continue };
            let others =
                scene.nodes.iter().filter(|other| !other.lines.is_empty() && !std::ptr::eq(*other, node));
            let first = others.map(|other| other.first).min();
            // what begins before all else may be what all else was done for
            let within = first.is_some_and(|first| node.begin > first + node.blur);
            let told = reply(scene, index)
                .or_else(|| message(scene, index))
                .or_else(|| reached(scene, index).filter(|_| within));
            let takes_in = takes_in(scene, index, node);
            if told.is_none() && !takes_in {
                continue;
            }
            let early = told.is_some_and(|told| node.begin + node.blur + SLACK < told);
            let tally = self.0.entry(kind).or_default();
            tally.all += 1;
            tally.early += u32::from(early || takes_in);
        }
    }

    /// Adds what another part of the run taught.
    pub fn merge(mut self, other: Tallies) -> Tallies {
        for (kind, other) in other.0 {
            let own = self.0.entry(kind).or_default();
            own.all += other.all;
            own.early += other.early;
        }
        self
    }

    /// The kinds whose spans would mostly begin when they cannot have.
    pub fn settle(self) -> Ages {
        let doubted = |tally: &Tally| tally.all >= MIN_CASES && tally.early * 2 > tally.all;
        Ages(self.0.into_iter().filter(|(_, tally)| doubted(tally)).map(|(kind, _)| kind).collect())
    }
}

impl Ages {
    /// Whether all durations are what they seem.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a record of this service and template prints a duration that is not its span's.
    pub fn has(&self, service: Symbol, template: Symbol) -> bool {
        self.0.contains(&(service, template))
    }
}

/// The kind of the record that tells that a span began before its first record.
fn timed(scene: &Scene, index: u32, node: &Node) -> Option<Kind> {
    if node.exact || node.begin >= node.first {
        return None;
    }
    let told =
        scene.lines_of(index).find(|line| line.duration.is_some_and(|took| line.time - took == node.begin));
    told.map(|line| (node.service, line.template))
}

/// Whether a span would have begun before its service received messages that other spans handle, and ended after that: it
/// prints how long all took that these were sent for.
fn takes_in(scene: &Scene, index: u32, node: &Node) -> bool {
    let within = node.begin + node.blur + SLACK..node.first;
    scene.of_service(node.service).iter().map(|(.., other)| *other).any(|other| {
        other != index
            && within.contains(&scene.nodes[other as usize].first)
            && message(scene, other).is_some_and(|sent| within.contains(&sent))
    })
}

/// When a reply came that a span begins with, if another span of its service only sent what is replied to: what the record prints
/// is how long that took.
fn reply(scene: &Scene, index: u32) -> Option<i64> {
    let opening = scene.opening(index)?;
    if !matches!(opening.act, Act::Receive | Act::Answer) || opening.duration.is_none() {
        return None;
    }
    let holders = |which: &Which| scene.holders.value(*which).nodes;
    let shared = scene.which(opening).iter().copied().filter(|which| holders(which).len() > 1);
    let rarest = shared.min_by_key(|which| (holders(which).len(), *which))?;
    let sent = |other: &u32| {
        let node = &scene.nodes[*other as usize];
        node.service == scene.nodes[index as usize].service
            && node.lines.len() == 1
            && scene
                .opening(*other)
                .is_some_and(|line| matches!(line.act, Act::Send | Act::Call) && line.order < opening.order)
    };
    holders(&rarest).iter().any(sent).then_some(opening.time)
}

/// When the message was sent that a span begins by receiving: with a value that hardly any other span holds.
fn message(scene: &Scene, index: u32) -> Option<i64> {
    let opening = received(scene, index)?;
    let few = |which: &Which| scene.holders.value(*which).nodes.len() <= MOST_HOLDERS;
    let sent = scene.which(opening).iter().copied().filter(few);
    sent.filter_map(|which| told(scene, index, which, true)).max()
}

/// When that was told by which the service of a span was reached: what it received itself, else what the first span of its
/// service did.
fn reached(scene: &Scene, index: u32) -> Option<i64> {
    let of_service = scene.of_service(scene.nodes[index as usize].service).iter();
    let first = of_service.min_by_key(|(.., other)| (scene.nodes[*other as usize].first, *other));
    entry(scene, index).or_else(|| first.and_then(|(.., first)| entry(scene, *first)))
}

/// When another service told what a span begins by receiving: when it was sent, if any record says so, else when any of it
/// was told first.
fn entry(scene: &Scene, index: u32) -> Option<i64> {
    let values = scene.which(received(scene, index)?).iter().copied();
    let sent = values.clone().filter_map(|which| told(scene, index, which, true)).max();
    sent.or_else(|| values.filter_map(|which| told(scene, index, which, false)).min())
}

/// The first record of a span, if it receives or starts something.
fn received(scene: &Scene, index: u32) -> Option<&Line> {
    scene.opening(index).filter(|line| line.act.begins())
}

/// When another service told a value before a span's first record did; `sent`: by sending something.
fn told(scene: &Scene, index: u32, which: Which, sent: bool) -> Option<i64> {
    let own = &scene.nodes[index as usize];
    let others = scene.holders.value(which).nodes.iter();
    let others = others.filter(|other| scene.nodes[**other as usize].service != own.service);
    let lines = others.flat_map(|other| scene.lines_of(*other));
    let lines = lines.filter(|line| (!sent || line.act == Act::Send) && scene.which(line).contains(&which));
    lines.map(|line| line.time).min().filter(|time| *time <= own.first)
}
