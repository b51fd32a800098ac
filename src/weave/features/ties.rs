//! What ties a parent and a child together: values, names and words that both hold.

use super::{Child, Features, SLACK, yes};
use crate::model::Symbol;
use crate::weave::scene::{Lexicon, Scene, common};
use crate::weave::words::Act;

/// What the parent can have handed over: not what it holds because it was the first to receive it.
pub(super) fn handed(scene: &Scene, child: &Child<'_>, parent: u32, enters: f32, out: &mut Features) {
    let p = &scene.nodes[parent as usize];
    let (mut values, mut tokens) = (0.0f32, 0.0f32);
    for line in scene.lines_of(parent).filter(|line| line.time <= child.first + SLACK) {
        let first = p.lines.first() == Some(&line.order);
        let share = if first { 1.0 - enters } else { 1.0 };
        let held: f32 = line
            .values
            .iter()
            .filter(|(_, value, _)| child.opening.values.iter().any(|(_, other, _)| other == value))
            .filter_map(|(_, value, _)| scene.holders.get(value))
            .map(|holders| 1.0 / (holders.len().max(2) as f32 - 1.0))
            .sum();
        values = values.max(share * held.min(2.0));
        tokens = tokens.max(share * common(&child.opening.tokens, &line.tokens).min(3.0));
        if first
            && line.order < child.opening.order
            && p.lines.get(1).is_none_or(|next| *next > child.opening.order)
        {
            out[113] = enters;
        }
    }
    out[110] = values;
    out[111] = tokens;
}

/// What the words of both tell.
pub(super) fn wording(
    scene: &Scene,
    child: &Child<'_>,
    parent: u32,
    same: bool,
    lexicon: &Lexicon,
    out: &mut Features,
) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let opening = child.opening;
    let all: f32 = opening.tokens.iter().map(|(_, weight)| weight).sum();
    let (mut most, mut last, mut outgoing, mut mention) = (0.0f32, 0.0f32, 0.0f32, 0.0f32);
    for line in scene.lines_of(parent).filter(|line| line.time <= child.first + SLACK) {
        let shared = common(&opening.tokens, &line.tokens);
        most = most.max(shared);
        if line.order < opening.order {
            last = shared;
        }
        if matches!(line.act, Act::Send | Act::Call) {
            outgoing = outgoing.max(shared);
        }
        if !same {
            mention = mention.max(lexicon.mention(line, c.service));
        }
    }
    if same {
        out[82] = most.min(3.0);
        out[83] = last.min(3.0);
        return;
    }
    out[84] = most.min(3.0);
    out[85] = last.min(3.0);
    out[86] = outgoing.min(3.0);
    out[87] = if all > 0.0 { most / all } else { 0.0 };
    out[96] = mention;
    out[97] = lexicon.mention(opening, p.service);
    // it says who called, and that is another one
    out[98] = if out[97] < 0.5 { lexicon.mentioned(opening, c.service) } else { 0.0 };
}

/// Values that both hold: the sum of how telling they are, and whether the parent held the most telling one first.
pub(super) fn shared(scene: &Scene, child: &Child<'_>, parent: u32) -> (f32, bool) {
    let mut sum = 0.0;
    let mut best = 0.0;
    let mut born = false;
    for (_, value, shape) in &child.opening.values {
        let Some(holders) = scene.holders.get(value) else { continue };
        if !holders.contains(&parent) {
            continue;
        }
        let shape = match shape {
            crate::model::Shape::Uuid | crate::model::Shape::Hex => 1.0,
            crate::model::Shape::Mixed => 0.9,
            crate::model::Shape::Number => 0.5,
            _ => 0.3,
        };
        // a value that few spans of the transaction hold tells more
        let others = holders.len().max(2) as f32 - 1.0;
        let weight = shape / others;
        sum += weight;
        if weight > best {
            best = weight;
            born = holders[0] == parent;
        }
    }
    (sum.min(2.0), born)
}

/// What ties spans of two services together.
pub(super) fn evidence(
    scene: &Scene,
    child: &Child<'_>,
    parent: u32,
    weigh: &dyn Fn(Symbol) -> f32,
    out: &mut Features,
) {
    let (sum, born) = shared(scene, child, parent);
    out[30] = sum;
    out[33] = yes(born) * sum.min(1.0);
    let c = &scene.nodes[child.node as usize];
    let p = &scene.nodes[parent as usize];
    let mut names = 0.0f32;
    let mut mention = 0.0;
    let mut route = 0.0;
    let mut sent = 0.0f32;
    for line in scene.lines_of(parent).filter(|line| line.time <= child.first + SLACK) {
        let common: f32 = line
            .names
            .iter()
            .filter(|name| child.opening.names.contains(name))
            .map(|name| weigh(*name))
            .sum();
        names = names.max(common.min(2.0));
        mention = f32::max(mention, yes(line.names.contains(&c.service_name)));
        route = f32::max(route, yes(!line.route.is_none() && line.route == child.opening.route));
        if matches!(line.act, Act::Send | Act::Call) {
            sent = sent.max(common.min(2.0));
        }
        let outgoing = matches!(line.act, Act::Send | Act::Call);
        if outgoing {
            let held = line
                .values
                .iter()
                .filter(|(_, value, _)| child.opening.values.iter().any(|(_, other, _)| other == value))
                .filter_map(|(_, value, _)| scene.holders.get(value))
                .map(|holders| 1.0 / (holders.len().max(2) as f32 - 1.0))
                .fold(0.0, f32::max);
            out[39] = out[39].max(held);
        }
    }
    out[34] = names;
    out[35] = sent;
    out[36] = mention;
    out[37] = yes(child.opening.names.contains(&p.service_name));
    out[38] = route;
}
