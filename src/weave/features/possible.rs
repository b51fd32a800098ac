//! Which spans are looked at as parents of a span at all.

use super::scope::same_request;
use super::{Known, SLACK};
use crate::weave::holders::{Held, MOST_OF_REQUEST};
use crate::weave::learned::Learned;
use crate::weave::scene::{Line, Node, Scene};
use crate::weave::statements::{Statement, over};
use crate::weave::words::Act;

/// Times and durations are written in whole milliseconds at worst.
const BLUR: i64 = 1_500_000;
/// Candidates that are looked at for one span, at most.
const MAX_CANDIDATES: usize = 48;
/// A parent may log its first record this long after its child's last.
const MAX_LATE: i64 = 30_000_000_000;
/// And one that says that it sends this long after a child that took some time.
const MAX_CONFIRMED: i64 = 200_000_000;
/// So many late parents are looked at.
const MAX_LATE_NODES: usize = 16;
/// Of these, so many of the own service and of others that share nothing telling.
const MAX_NEAR_SAME: usize = 6;
const MAX_NEAR_CROSS: usize = 6;

/// The spans that may have caused one that begins with `opening`.
pub(super) fn parents(
    scene: &Scene,
    node: u32,
    opening: &Line,
    (Known { lexicon, .. }, learned): (Known<'_>, Option<&Learned>),
) -> Vec<u32> {
    let mut possible: Vec<u32> = (0..scene.nodes.len() as u32)
        .filter(|&other| other != node && !scene.nodes[other as usize].lines.is_empty())
        .filter(|&other| before(scene, other, node, opening) && !is_answered(scene, other, node))
        .collect();
    if possible.len() > MAX_CANDIDATES {
        possible = narrow(scene, possible, node, opening);
    }
    possible.extend(late(scene, node, opening));
    asked_by(scene, node, &mut possible);
    stated_by(scene, node, &mut possible);
    possible.retain(|&other| !surrounds(scene, node, other) && !was_sent_by(scene, other, node));
    let passed_on: Vec<u32> =
        possible.iter().copied().filter(|&other| has_passed_on(scene, other, node, &possible)).collect();
    possible.retain(|other| !passed_on.contains(other));
    // whom the run shows to be asked from outside was asked by none of the others
    let service = scene.nodes[node as usize].service;
    let from_outside = || scene.is_access(node) && !lexicon.calls_back_at(scene.routes(node));
    if learned.is_some_and(|learned| learned.is_entered(service)) && from_outside() {
        possible.retain(|&other| scene.nodes[other as usize].service == service);
    }
    possible
}

/// Whether all that a candidate tells is one request and how long it took, which another candidate of another service has taken over
/// meanwhile: what else comes of it comes of that one.
fn has_passed_on(scene: &Scene, other: u32, node: u32, possible: &[u32]) -> bool {
    let (proxy, own) = (&scene.nodes[other as usize], &scene.nodes[node as usize]);
    if !scene.is_access(other) || proxy.service == own.service {
        return false;
    }
    let takes_over = |&taker: &u32| {
        let node = &scene.nodes[taker as usize];
        node.service != proxy.service
            && (proxy.begin - proxy.blur..=own.begin).contains(&node.begin)
            && node.begin <= proxy.last
            && same_request(scene, taker, other)
    };
    !same_request(scene, node, other) && possible.iter().any(takes_over)
}

/// Whether a span tells how long it took, and all of another one of another service that is about the same thing took place
/// meanwhile: who surrounds what is done for it was not caused by that.
fn surrounds(scene: &Scene, outer: u32, inner: u32) -> bool {
    let (own, other) = (&scene.nodes[outer as usize], &scene.nodes[inner as usize]);
    let about_one = || {
        let few = |held: &&Held| scene.holders.value(held.which).nodes.len() <= MOST_OF_REQUEST;
        scene.holders.held_by(outer).iter().filter(few).any(|held| scene.holders.has(held.which, inner))
    };
    scene.is_access(outer)
        && own.service != other.service
        && own.begin <= other.begin
        && other.last <= own.last
        && about_one()
}

/// Whether a span begins by receiving what another one says that it sent: who waits for the broker's confirmation may say so a
/// moment after that was received.
fn was_sent_by(scene: &Scene, receiver: u32, sender: u32) -> bool {
    let (one, other) = (&scene.nodes[receiver as usize], &scene.nodes[sender as usize]);
    let (Some(received), Some(sent)) = (scene.opening(receiver), scene.opening(sender)) else { return false };
    sent.act == Act::Send
        && received.act == Act::Receive
        && one.service != other.service
        && one.begin + SLACK >= other.begin
        && scene.which(sent).iter().any(|which| {
            let few = scene.holders.value(*which).nodes.len() <= MOST_OF_REQUEST;
            few && scene.which(received).contains(which)
        })
}

/// Where a span says which service asked for it, others did not, but for what passes the request on and names that service, too.
fn asked_by(scene: &Scene, node: u32, possible: &mut Vec<u32>) {
    let own = &scene.nodes[node as usize];
    let caller = |node: u32| scene.lines_of(node).map(|line| line.caller).find(|caller| !caller.is_none());
    let Some(asked) = caller(node).filter(|caller| *caller != own.service_name) else { return };
    let is_caller = |other: u32| scene.nodes[other as usize].service_name == asked;
    if possible.iter().any(|&other| is_caller(other)) {
        possible.retain(|&other| {
            is_caller(other)
                || scene.nodes[other as usize].service == own.service
                || caller(other) == Some(asked)
        });
    }
}

/// What is put to a database is a span of the service that does so, and causes nothing; unless it is all that a span logs which
/// does more.
fn stated_by(scene: &Scene, node: u32, possible: &mut Vec<u32>) {
    possible.retain(|&other| scene.nodes[other as usize].statement != Statement::Part);
    let own = &scene.nodes[node as usize];
    let may_state =
        |other: &u32| scene.nodes[*other as usize].service == own.service && over(scene, *other) >= own.begin;
    if own.statement != Statement::No && possible.iter().any(may_state) {
        possible.retain(may_state);
    }
}

/// Whether a node is a call that was answered before one of another service began: what came of it, came of the one that was
/// called.
fn is_answered(scene: &Scene, other: u32, node: u32) -> bool {
    let (call, node) = (&scene.nodes[other as usize], &scene.nodes[node as usize]);
    let answered = || scene.lines_of(other).next_back().is_some_and(|line| line.act == Act::Answer);
    call.calls && call.service != node.service && call.last + SLACK < node.begin && answered()
}

/// Whether a node may come before another: it has a record before the other's first, or right after it.
fn before(scene: &Scene, other: u32, node: u32, opening: &Line) -> bool {
    let Some(first) = scene.opening(other) else { return false };
    let (other, node) = (&scene.nodes[other as usize], &scene.nodes[node as usize]);
    first.order < opening.order && first.order < node.opens
        || other.begin - other.blur <= node.begin + node.blur && other.begin < other.first
        || first.time <= node.begin + SLACK && other.service != node.service
}

/// Nodes whose first record comes after the child's: a caller that logs only the answer, work that logs only its end, a
/// sender that logs after the broker has confirmed; not what says that it begins only then. The nearest few of the own service
/// and of others count, and those that share a telling value.
fn late(scene: &Scene, node: u32, opening: &Line) -> Vec<u32> {
    let own = &scene.nodes[node as usize];
    let (mut same, mut cross) = (Vec::new(), Vec::new());
    for line in &scene.lines[own.opens as usize..] {
        if line.time - own.last > MAX_LATE || same.len() + cross.len() >= MAX_LATE_NODES {
            break;
        }
        let other = &scene.nodes[line.node as usize];
        if line.node == node || other.lines.first() != Some(&line.order) || other.exact {
            continue;
        }
        // of a span of the own service that tells one thing only, the word may be another: "build running", "checked, closing"
        let begins = line.act.begins() && (other.lines.len() > 1 || other.service != own.service);
        if begins || before(scene, line.node, node, opening) {
            continue;
        }
        // what is sent is received later; a confirmation of the broker is waited for no longer
        let sends = matches!(line.act, Act::Send | Act::Call);
        let over = own.last > own.begin && line.time - own.last > MAX_CONFIRMED;
        if sends && over && other.service != own.service {
            continue;
        }
        let (list, most) = if other.service == own.service {
            (&mut same, MAX_NEAR_SAME)
        } else {
            (&mut cross, MAX_NEAR_CROSS)
        };
        let tied = || {
            scene.values(opening).iter().any(|(_, value, _)| {
                scene.values(line).iter().any(|(_, held, _)| held == value)
                    && scene.holders.get(*value).is_some_and(|holders| holders.len() <= 6)
            })
        };
        if list.len() < most || tied() {
            list.push(line.node);
        }
    }
    same.extend(cross);
    same
}

/// Of too many nodes those that matter most: of the own service, recent, sharing a value.
fn narrow(scene: &Scene, possible: Vec<u32>, node: u32, opening: &Line) -> Vec<u32> {
    let service = scene.nodes[node as usize].service;
    let shares = |other: u32| {
        scene.values(opening).iter().any(|(_, value, _)| {
            scene.holders.get(*value).is_some_and(|holders| holders.len() <= 8 && holders.contains(&other))
        })
    };
    let recency = |other: &u32| {
        let last = scene
            .lines_of(*other)
            .rfind(|line| line.order < scene.nodes[node as usize].opens)
            .map_or(i64::MIN, |line| line.time);
        let around = encloses(&scene.nodes[*other as usize], &scene.nodes[node as usize]);
        (std::cmp::Reverse(around || shares(*other)), std::cmp::Reverse(last), *other)
    };
    let (mut same, mut cross): (Vec<u32>, Vec<u32>) =
        possible.into_iter().partition(|&other| scene.nodes[other as usize].service == service);
    let first = |list: &mut Vec<u32>, most: usize| {
        if list.len() > most {
            let mut keys: Vec<_> = list.iter().map(recency).collect();
            keys.select_nth_unstable(most);
            *list = keys[..most].iter().map(|(.., other)| *other).collect();
        }
    };
    first(&mut same, MAX_CANDIDATES / 2);
    let rest = MAX_CANDIDATES - same.len();
    first(&mut cross, rest);
    same.extend(cross);
    same.sort_unstable();
    same
}

/// Whether the first node encloses the second, as far as their times tell.
fn encloses(outer: &Node, inner: &Node) -> bool {
    outer.last > outer.begin && outer.begin <= inner.begin + BLUR && outer.last + BLUR >= inner.last
}
