//! Finds the parents that nobody stated.
//!
//! Three rounds: in the first each transaction is looked at by itself; what was certain there teaches how the spans of this
//! run cause each other. The second one looks again with that, and teaches it better. The last one decides, with a draft of
//! the whole transaction before its eyes.

use super::ages::{self, Ages};
use super::choose::{self, Parent, Room, Round};
use super::features::Known;
use super::habits::Habits;
use super::holders::as_logged;
use super::learned::Learned;
use super::lexicon::Lexicon;
use super::scene::Scene;
use super::spans::Drafts;
use super::stitch::Whole;
use super::tables::Tables;
use super::weights;
use super::words::Act;
use crate::gather::Store;
use crate::model::{Basis, Edge, EventId, Proof};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// A transaction on its way to its tree.
pub(super) struct Woven {
    pub drafts: Drafts,
    /// Of each span, what is to be decided.
    pub parents: Vec<Parent>,
    pub scene: Scene,
}

/// Lays out a transaction whose stated parents are known; `placed`: where records of coarse clocks stand.
pub(super) fn lay_out(
    store: &Store,
    known: (&Lexicon, &Ages),
    drafts: Drafts,
    parents: Vec<Parent>,
    placed: &FxHashMap<EventId, i64>,
) -> Woven {
    let scene = Scene::of(store, known, &drafts.spans, placed);
    Woven { drafts, parents, scene }
}

/// What so many events teach does not change when more of a run are looked at.
const ENOUGH: u64 = 100_000;

/// Which transactions a run is learned from: all, or as many as are enough, chosen by their ids.
pub(super) fn teachers(groups: &[Whole]) -> Vec<bool> {
    let events: u64 = groups.iter().map(|group| group.events).sum();
    let share = (u128::from(ENOUGH) << 64) / u128::from(events.max(1));
    let mixed = |id: u64| (id ^ id >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    groups.iter().map(|group| u128::from(mixed(group.id)) <= share).collect()
}

/// Which durations are not those of their spans, as some transactions tell.
pub(super) fn ages(teachers: &[Woven]) -> ages::Tallies {
    let tables = Tables::<ages::Tallies>::default();
    teachers.par_iter().for_each(|woven| tables.fill(|ages| ages.learn(&woven.scene)));
    tables.all().reduce(ages::Tallies::merge).unwrap_or_default()
}

/// How the spans of some transactions stand to each other.
pub(super) fn habits(teachers: &[Woven]) -> Habits {
    let tables = Tables::<Habits>::default();
    teachers.par_iter().for_each(|woven| tables.fill(|habits| habits.learn(&woven.scene)));
    tables.all().reduce(Habits::merge).unwrap_or_default()
}

/// What is certain in some transactions, by the habits of the run and what the round before taught, if there was one.
pub(super) fn learn(teachers: &[Woven], known: Known<'_>, before: Option<&Learned>) -> Learned {
    let weights = if before.is_some() { &weights::SECOND } else { &weights::FIRST };
    let round = Round { known, learned: before, draft: None, weights };
    let tables = Tables::<Learned>::default();
    teachers.par_iter().for_each_init(Room::default, |room, woven| {
        tables.fill(|learned| choose::teach(woven, learned, round, room));
    });
    tables.all().reduce(Learned::merge).unwrap_or_default()
}

/// Whether a parent is to be found for any span of some transactions.
pub(super) fn any_open(teachers: &[Woven]) -> bool {
    teachers.par_iter().any(|woven| is_open(&woven.parents))
}

/// Whether a parent is to be found for any span of a transaction.
pub(super) fn is_open(parents: &[Parent]) -> bool {
    parents.iter().any(|parent| matches!(parent, Parent::Open(_)))
}

/// Gives the spans without a stated parent the most likely ones, if they are sure enough.
pub(super) fn decide(
    woven: &mut Woven,
    learned: &Learned,
    known: Known<'_>,
    min_confidence: f32,
    room: &mut Room,
) {
    let Woven { drafts, parents, scene } = woven;
    let (draft, weights) = (Some(&weights::SECOND), &weights::LAST);
    let round = Round { known, learned: Some(learned), draft, weights };
    let decided = choose::decide(scene, parents, round, room);
    for (span, node, best, calls) in decided.best(parents) {
        let list = &decided.lists[span];
        let (parent, share) = list[best];
        let Some(parent) = parent.filter(|_| share >= min_confidence) else { continue };
        let others = list.iter().enumerate().filter(|(other, _)| *other != best).map(|(_, other)| other);
        let second = others.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let runner_up = second.and_then(|(node, share)| Some(((*node)?, *share)));
        let draft = &mut drafts.spans[span];
        draft.parent = Some(parent);
        let chosen = Chosen { parent, share, calls };
        draft.edge = Some(edge(scene, node, chosen, runner_up, learned));
    }
}

/// A parent that was chosen.
struct Chosen {
    parent: u32,
    share: f32,
    /// See [`Candidate::calls`](super::features::Candidate::calls).
    calls: bool,
}

/// Says what an edge rests on.
fn edge(scene: &Scene, node: u32, chosen: Chosen, runner_up: Option<(u32, f32)>, learned: &Learned) -> Edge {
    let mut proofs = Vec::new();
    let parent = chosen.parent;
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[node as usize]);
    let same = p.service == c.service;
    let opening = scene.opening(node);
    let mut basis = if same { Basis::Nesting } else { Basis::Learned };
    if let Some(opening) = opening {
        if !same {
            // the value that fewest spans hold names the message
            let held = scene.values(opening).iter().filter_map(|(name, value, _)| {
                let holders = scene.holders.get(*value)?;
                let sent = scene
                    .lines_of(parent)
                    .find(|line| scene.values(line).iter().any(|(_, other, _)| other == value))?;
                Some((holders.len(), *name, *value, sent))
            });
            if let Some((holders, name, value, sent)) = held.min_by_key(|(holders, ..)| *holders) {
                let value = as_logged(name, value);
                if holders * 3 <= scene.nodes.len().max(6) || sent.act == Act::Send {
                    basis = Basis::Message;
                    proofs.push(Proof::Message { name, value, sent: sent.id, received: opening.id });
                } else {
                    basis = Basis::Key;
                    proofs.push(Proof::Key { name, value });
                }
            }
            if chosen.calls {
                if basis != Basis::Message {
                    basis = Basis::Call;
                }
                proofs.push(Proof::Call);
            }
        }
        if p.begin <= c.begin && p.last >= c.last && p.last > p.begin {
            proofs.push(Proof::Encloses);
        }
        let previous = scene.lines_of(parent).rfind(|line| line.order < c.opens);
        if let Some(before) = previous {
            proofs.push(Proof::Follows { before: before.id, delay: c.begin - before.time });
        }
    }
    let times = learned.times(p.cause(c), c.kind);
    if times > 1 {
        proofs.push(Proof::Usual { times });
    }
    if proofs.is_empty() {
        proofs.push(Proof::OnlyCandidate);
    }
    Edge { basis, confidence: chosen.share, proofs, runner_up }
}
