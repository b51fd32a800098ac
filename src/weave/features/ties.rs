//! What ties a parent and a child together: values, names and words that both hold.

use super::numbers::*;
use super::{Child, Features, Known, yes};
use crate::model::{Shape, Symbol};
use crate::weave::habits::Habits;
use crate::weave::holders::{Holders, Which};
use crate::weave::lexicon;
use crate::weave::scene::{Line, Scene};
use crate::weave::words::Act;

/// A value of a child's first record that other nodes hold too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    which: Which,
    /// How telling it is that another one holds it, by what it looks like and how many do.
    telling: f32,
    /// A value that few spans of the transaction hold tells more.
    weight: f32,
}

/// The values of a record that nodes other than its own hold.
pub(super) fn held(scene: &Scene, opening: &Line) -> Vec<Held> {
    let values = scene.values(opening).iter().zip(scene.which(opening));
    let held = values.filter_map(|((.., shape), &which)| {
        let holders = scene.holders.value(which).nodes.len();
        let shape = match shape {
            Shape::Uuid | Shape::Hex => 1.0,
            Shape::Mixed => 0.9,
            Shape::Number => 0.5,
            _ => 0.3,
        };
        let others = holders as f32 - 1.0;
        (holders > 1).then(|| Held { which, telling: shape / others, weight: 1.0 / others })
    });
    held.collect()
}

/// The rarest value that a span got from others.
#[derive(Clone, Debug)]
pub(in crate::weave) struct Rarest<'s> {
    /// Its name.
    pub name: Symbol,
    which: Which,
    holders: &'s Holders,
    /// So many hold it.
    count: usize,
    /// The span that held it first, and the only one whose record with it sends something.
    origin: u32,
    sender: Option<u32>,
    /// It stands in the span's first record.
    at_once: bool,
    /// Only spans of the child's service hold it.
    within: bool,
}

impl Rarest<'_> {
    /// Whether one span is said to have sent it.
    pub fn sent(&self) -> bool {
        self.sender.is_some()
    }

    /// 1 if one other span holds it, towards 0 for many.
    pub fn rarity(&self) -> f32 {
        1.0 / (self.count as f32 - 1.0)
    }

    /// Whether a span is the one that is said to have sent it.
    pub fn sent_by(&self, node: u32) -> bool {
        self.sender == Some(node)
    }

    /// Whether a span told it first and nobody else holds it: both are of one service, and the child begins with it.
    pub fn left_by(&self, node: u32) -> bool {
        self.within && self.count == 2 && self.at_once && self.origin == node
    }

    /// Whether a span holds it.
    pub fn held_by(&self, node: u32) -> bool {
        self.holders.has(self.which, node)
    }
}

/// The value of a span's records, rather of the first one, that fewest other spans hold and that another one held before.
/// Whoever logs the value only after others got it had it before them none the less, as `habits` tell of its kind.
pub(in crate::weave) fn rarest<'s>(
    scene: &'s Scene,
    node: u32,
    habits: Option<&Habits>,
) -> Option<Rarest<'s>> {
    let common = MOST_HOLDERS.max(scene.nodes.len() / 2);
    let origin = |which: Which| match habits {
        Some(habits) => habits.origin(scene, which),
        None => scene.holders.value(which).nodes[0],
    };
    let mut found: Option<(usize, Symbol, Which)> = None;
    let opening = scene.opening(node)?.order;
    for line in scene.lines_of(node) {
        for (&(name, _, shape), &which) in scene.values(line).iter().zip(scene.which(line)) {
            let holding = scene.holders.value(which);
            let count = holding.nodes.len();
            if !(2..=common).contains(&count) {
                continue;
            }
            let late = usize::from(line.order != opening);
            let order = count * 4 + usize::from(matches!(shape, Shape::Number)) * 2 + late;
            if found.is_some_and(|(least, ..)| order >= least) {
                continue;
            }
            let sent = || holding.senders().any(|other| other != node);
            if origin(which) != node || line.act == Act::Receive && sent() {
                found = Some((order, name, which));
            }
        }
    }
    let (order, name, which) = found?;
    let holding = scene.holders.value(which);
    let mut senders = holding.senders().filter(|other| *other != node);
    let sender = senders.next().filter(|_| senders.next().is_none());
    let (count, origin) = (holding.nodes.len(), origin(which));
    let service = scene.nodes[node as usize].service;
    let within = holding.nodes.iter().all(|other| scene.nodes[*other as usize].service == service);
    Some(Rarest {
        within,
        name,
        which,
        holders: &scene.holders,
        count,
        origin,
        sender,
        at_once: order % 2 == 0,
    })
}

/// The value of a span's first record that came up last in the transaction: whoever caused the span knew it already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newest {
    which: Which,
    /// Who had it first, and since when.
    origin: u32,
    since: i64,
}

/// See [`Newest`]. Numbers count where all call them the same.
pub(super) fn newest(scene: &Scene, node: u32, habits: &Habits) -> Option<Newest> {
    let opening = scene.opening(node)?;
    let begin = scene.nodes[node as usize].begin;
    let values = scene.values(opening).iter().zip(scene.which(opening));
    let known = values.filter_map(|((.., shape), &which)| {
        let holding = scene.holders.value(which);
        let single = !matches!(shape, Shape::Number | Shape::Decimal) || holding.names.len() == 1;
        let since = holding.since[0];
        (single && holding.nodes.len() > 1 && since <= begin + super::SLACK).then_some((since, which))
    });
    let of = known.map(|(since, which)| Newest { which, origin: habits.origin(scene, which), since });
    of.filter(|newest| newest.origin != node).max_by_key(|newest| (newest.since, newest.which))
}

/// What the newest value of a child tells of a parent.
pub(super) fn knew(scene: &Scene, child: &Child<'_>, parent: u32, same: bool, out: &mut Features) {
    let Some(newest) = &child.newest else { return };
    let p = &scene.nodes[parent as usize];
    if newest.origin == parent {
        out[if same { SAME_NEWEST_BORN } else { CROSS_NEWEST_BORN }] = 1.0;
    } else if scene.holders.has(newest.which, parent) {
        out[if same { SAME_NEWEST_HELD } else { CROSS_NEWEST_HELD }] = 1.0;
    } else if p.last < newest.since {
        out[if same { SAME_NEWEST_MISSED } else { CROSS_NEWEST_MISSED }] = 1.0;
    } else if p.begin <= newest.since {
        out[if same { SAME_NEWEST_AROUND } else { CROSS_NEWEST_AROUND }] = 1.0;
    }
}

/// So many spans may hold a value that is taken for a rare one.
pub(super) const MOST_HOLDERS: usize = 4;

/// What the rarest value of a child tells of a parent; `usual`: how often values of that name have one sender.
pub(super) fn rare(child: &Child<'_>, usual: f32, parent: u32, same: bool, out: &mut Features) {
    let Some(rarest) = &child.rarest else { return };
    let holds = rarest.held_by(parent);
    if rarest.sent_by(parent) {
        if rarest.at_once {
            // what others received, too, may be what they replied to
            let receives = child.opening.act == Act::Receive && rarest.within;
            if same {
                out[SAME_SENT_RECEIVED] = yes(receives);
            } else {
                out[CROSS_RARE_SENT] = 1.0;
            }
        }
        out[if same { SAME_RARE_USUAL } else { CROSS_RARE_USUAL }] = usual * usual;
    } else if rarest.origin == parent {
        if rarest.at_once {
            out[if same { SAME_RARE_BORN } else { CROSS_RARE_BORN }] = 1.0;
        }
    } else if holds {
        if rarest.at_once {
            out[if same { SAME_RARE_HELD } else { CROSS_RARE_HELD }] = 1.0;
        }
    } else if rarest.sender.is_some() && !same {
        out[CROSS_RARE_USUAL_ELSEWHERE] = usual * usual;
        if rarest.at_once {
            out[CROSS_RARE_ELSEWHERE] = 1.0;
        }
    }
}

/// How surely another one that holds the child's rarest value stands between a parent that holds it and the child: comes after
/// the one and before the other wherever they are, and is wherever the child is.
pub(super) fn between(scene: &Scene, child: &Child<'_>, parent: u32, habits: &Habits) -> f32 {
    let Some(rarest) = child.rarest.as_ref().filter(|rarest| rarest.count <= MOST_BETWEEN) else {
        return 0.0;
    };
    if !rarest.held_by(parent) {
        return 0.0;
    }
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let holders = rarest.holders.value(rarest.which).nodes.iter();
    let others = holders.filter(|other| **other != parent && **other != child.node);
    let stands = |other: &u32| {
        let between = &scene.nodes[*other as usize];
        let (after, before) = (habits.between(p.pair(between)).habit, habits.between(between.pair(c)).habit);
        after.order.min(before.order).max(0.0) * before.needed
    };
    others.map(stands).fold(0.0, f32::max)
}

/// So many hold a value at most where it is asked who stands between.
const MOST_BETWEEN: usize = 6;

/// What the words of two spans of one service tell.
pub(super) fn wording(scene: &Scene, child: &Child<'_>, parent: u32, out: &mut Features) {
    let lines = scene.lines_of(parent).filter(|line| child.may_follow(&scene.nodes[parent as usize], line));
    let most = lines.map(|line| lexicon::shared(child.tokens, scene.tokens(line))).fold(0.0, f32::max);
    out[SAME_WORDS] = most.min(3.0);
}

/// Values that both hold: the sum of how telling they are.
pub(super) fn shared(scene: &Scene, child: &Child<'_>, parent: u32) -> f32 {
    let both = child.values.iter().filter(|held| scene.holders.has(held.which, parent));
    both.map(|held| held.telling).sum::<f32>().min(2.0)
}

/// What ties spans of two services together: values, names and words. What the parent holds because it was the first to
/// receive it, it has not handed over.
/// `enters`: see [`Habits::enters`](crate::weave::habits::Habits::enters).
pub(super) fn evidence(
    scene: &Scene,
    child: &Child<'_>,
    parent: u32,
    enters: f32,
    known: Known<'_>,
    out: &mut Features,
) {
    let sum = shared(scene, child, parent);
    out[VALUES] = sum;
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let opening = child.opening;
    let mut ties = Ties::default();
    for line in scene.lines_of(parent).filter(|line| child.may_follow(p, line)) {
        let outgoing = matches!(line.act, Act::Send | Act::Call);
        let first = p.lines.first() == Some(&line.order);
        // what is sent is no way in which a span is called
        let share = if first && !outgoing { 1.0 - enters } else { 1.0 };
        if sum > 0.0 {
            let (mut all, mut best) = (0.0f32, 0.0f32);
            for which in scene.which(line) {
                let Some(held) = child.values.iter().find(|held| held.which == *which) else { continue };
                // what nobody else had before did not come with how it was called
                let mut holders = scene.holders.value(*which).nodes.iter();
                let born = holders.find(|holder| **holder != child.node) == Some(&parent);
                all += if born { held.weight } else { share * held.weight };
                best = best.max(held.weight);
            }
            ties.values = ties.values.max(all.min(2.0));
            if outgoing {
                ties.message = ties.message.max(best);
            }
        }
        let names = scene.names(line);
        let both = names.iter().filter_map(|name| child.names.iter().find(|(own, _)| own == name));
        let common_names = both.map(|(_, weight)| weight).sum::<f32>().min(2.0);
        ties.names = ties.names.max(common_names);
        // who asked for it is named for that
        let served = line.caller == c.service_name;
        ties.named |= !served && names.contains(&c.service_name);
        ties.route |= !line.route.is_none() && line.route == opening.route;
        let tokens = scene.tokens(line);
        let words = lexicon::shared(child.tokens, tokens);
        ties.most = ties.most.max(words);
        if line.order < child.opens {
            ties.last = words;
        }
        if outgoing {
            ties.sent_names = ties.sent_names.max(common_names);
            ties.sent = ties.sent.max(words);
        }
        if !served {
            ties.mention = ties.mention.max(child.title.mention(tokens));
        }
        ties.handed = ties.handed.max(share * words.min(3.0));
        if first
            && !outgoing
            && line.order < child.opens
            && p.lines.get(1).is_none_or(|next| *next >= child.opens)
        {
            out[ENTERED_ONLY] = enters;
        }
    }
    if (ties.names > 0.0 || ties.most > 0.0) && came_in_before(scene, child, parent) {
        ties = Ties { names: 0.0, sent_names: 0.0, most: 0.0, handed: 0.0, ..ties };
    }
    out[NAMES] = ties.names;
    out[SENT_NAMES] = ties.sent_names;
    out[NAMES_CHILD] = yes(ties.named);
    out[NAMED_BY_CHILD] = yes(child.names.iter().any(|(name, _)| *name == p.service_name));
    out[ROUTE] = yes(ties.route);
    out[SENT_VALUE] = ties.message;
    out[WORDS] = ties.most.min(3.0);
    out[MENTION] = ties.mention;
    out[MENTIONED] = child.of_service(scene, p.service, known.lexicon).mention;
    // it says who called, and that is another one
    out[MENTIONS_ANOTHER] = if out[MENTIONED] < 0.5 { child.mentioned(known.lexicon) } else { 0.0 };
    out[HANDED_VALUES] = ties.values;
    out[HANDED_WORDS] = ties.handed;
}

/// Whether an earlier span of a child's service received what child and parent share, and the child says nothing of that kind:
/// then what both name is what the child made of it.
fn came_in_before(scene: &Scene, child: &Child<'_>, parent: u32) -> bool {
    if child.opening.act == Act::Receive {
        return false;
    }
    let own = &scene.nodes[child.node as usize];
    let holders = |which: Which| scene.holders.value(which).nodes;
    let shared = child.values.iter().map(|held| held.which).filter(|which| scene.holders.has(*which, parent));
    let Some(rarest) = shared.min_by_key(|which| (holders(*which).len(), *which)) else { return false };
    holders(rarest).iter().filter(|other| **other != child.node && **other != parent).any(|&other| {
        let node = &scene.nodes[other as usize];
        let receives = |line: &Line| line.act == Act::Receive && scene.which(line).contains(&rarest);
        node.service == own.service && node.begin <= own.begin && scene.opening(other).is_some_and(receives)
    })
}

/// The most of what the records of a parent have in common with a child.
#[derive(Clone, Copy, Debug, Default)]
struct Ties {
    /// Values, and of those sent the one that fewest hold.
    values: f32,
    message: f32,
    /// Names, in all records and in those that send.
    names: f32,
    sent_names: f32,
    /// The child's service is named, or its route.
    named: bool,
    route: bool,
    /// Words, in all records, in the last one before the child, in those that send, and in what was handed over.
    most: f32,
    last: f32,
    sent: f32,
    handed: f32,
    /// How clearly the child's service is named.
    mention: f32,
}
