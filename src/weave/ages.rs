//! Durations that records print but that are not how long their span took: the age of the order, a delay to come.
//!
//! A span whose only record ends it began as long before as it took, if what it prints is that. Over the run it is seen:
//! a service that entered a transaction by receiving something cannot have been at work before that was told by another
//! one, and hardly goes on with one span from before it receives something else, by itself, until after that.

use super::scene::{Node, Scene};
use super::words::Act;
use crate::model::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// A service and a template.
type Kind = (Symbol, Symbol);

/// What is told may be received before it is logged: nanoseconds.
const SLACK: i64 = 5_000_000;
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
    /// Those that would have begun before, or would enclose what else reached it.
    early: u32,
}

/// The kinds of records whose durations are not those of their spans.
#[derive(Clone, Debug, Default)]
pub(super) struct Ages(FxHashSet<Kind>);

/// A span that begins by receiving what another service told.
struct Entry {
    node: u32,
    /// When that was told.
    told: i64,
}

impl Tallies {
    /// Adds what a transaction teaches.
    pub fn learn(&mut self, scene: &Scene) {
        for (index, node) in (0u32..).zip(&scene.nodes) {
            let Some(kind) = timed(scene, index, node) else { continue };
            let mut entries = scene
                .of_service(node.service)
                .iter()
                .filter(|(.., other)| *other != index)
                .filter_map(|(.., other)| entry(scene, *other));
            // what stands before it in the transaction reached the service first
            let plain = |entry: &Entry| scene.nodes[entry.node as usize].first;
            let Some(first) = entries.by_ref().filter(|entry| plain(entry) < node.first).min_by_key(plain) else {
                continue;
            };
            if scene.of_service(node.service).iter().any(|(.., other)| {
                let other = &scene.nodes[*other as usize];
                other.first < plain(&first)
            }) {
                continue;
            }
            let early = node.begin + node.blur + SLACK < first.told || {
                let later = scene.of_service(node.service).iter().filter_map(|(.., other)| entry(scene, *other));
                later.filter(|entry| entry.node != index && entry.node != first.node).any(|entry| {
                    let other = &scene.nodes[entry.node as usize];
                    node.begin + node.blur < entry.told && other.last < node.first
                })
            };
            let tally = self.0.entry(kind).or_default();
            tally.all += 1;
            tally.early += u32::from(early);
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

    /// Whether a transaction has such a record.
    pub fn any(&self, scene: &Scene) -> bool {
        let of_service = |line: &super::scene::Line| scene.nodes[line.node as usize].service;
        scene.lines.iter().any(|line| line.duration.is_some() && self.has(of_service(line), line.template))
    }
}

/// The kind of the record that tells that a span began before its first record.
fn timed(scene: &Scene, index: u32, node: &Node) -> Option<Kind> {
    if node.exact || node.begin >= node.first {
        return None;
    }
    let told = scene.lines_of(index).find(|line| line.duration.is_some_and(|took| line.time - took == node.begin));
    told.map(|line| (node.service, line.template))
}

/// What a span was reached by, if it begins by receiving something that another service told before.
fn entry(scene: &Scene, index: u32) -> Option<Entry> {
    let opening = scene.opening(index).filter(|line| line.act == Act::Receive)?;
    let service = scene.nodes[index as usize].service;
    let told = |which: &u32| {
        let first = |other: u32| {
            let lines = scene.lines_of(other).filter(|line| scene.which(line).contains(which));
            lines.map(|line| line.time).min()
        };
        let nodes = scene.holders.value(*which).nodes.iter().copied();
        let (own, others): (Vec<u32>, Vec<u32>) =
            nodes.partition(|other| scene.nodes[*other as usize].service == service);
        let others = others.into_iter().filter_map(first).min()?;
        let own = own.into_iter().filter_map(first).min()?;
        // the service did not tell it first
        (others <= opening.time && others <= own).then_some(others)
    };
    let told = scene.which(opening).iter().filter_map(told).max()?;
    Some(Entry { node: index, told })
}
