//! What one message tells: a value that one span sent, and that others hold in their first records.

use super::{Candidate, yes};
use crate::model::Symbol;
use crate::weave::scene::{Line, Scene};
use crate::weave::words::Act;

/// Where the numbers begin.
const AT: usize = 140;

/// Who handed a value out, if that is one span.
#[derive(Clone, Copy, Debug)]
struct Sender {
    node: u32,
    /// Its record says that something is sent.
    worded: bool,
    /// So many spans hold the value in their first record.
    receivers: usize,
}

fn holds(scene: &Scene, line: &Line, value: Symbol) -> bool {
    scene.values(line).iter().any(|(_, held, _)| *held == value)
}

/// The one span that holds a value elsewhere than in what it received; more than one says nothing.
fn sender(scene: &Scene, value: Symbol, child: u32) -> Option<Sender> {
    let holders = scene.holders.get(value)?;
    if holders.len() < 2 || holders.len() > MAX_HOLDERS {
        return None;
    }
    let mut found: Option<Sender> = None;
    let mut receivers = 0;
    for &node in holders {
        let line = scene.lines_of(node).find(|line| holds(scene, line, value))?;
        let opens = scene.nodes[node as usize].lines.first() == Some(&line.order);
        let worded = matches!(line.act, Act::Send | Act::Call);
        if node == child || opens && !worded {
            receivers += 1;
            continue;
        }
        match &found {
            // a worded one goes before what only mentions the value
            Some(known) if known.worded && !worded => {}
            Some(known) if known.worded == worded => return None,
            _ => found = Some(Sender { node, worded, receivers: 0 }),
        }
    }
    found.map(|found| Sender { receivers, ..found })
}

/// Values that more spans hold name no message.
const MAX_HOLDERS: usize = 12;

/// Enters the numbers of all candidates of a span.
pub(super) fn enter(scene: &Scene, child: u32, opening: &Line, found: &mut [Candidate]) {
    let mut senders: Vec<Sender> = Vec::new();
    for (_, value, _) in scene.values(opening) {
        if let Some(sender) = sender(scene, *value, child) {
            senders.push(sender);
        }
    }
    if senders.is_empty() {
        return;
    }
    let worded = senders.iter().any(|sender| sender.worded);
    for candidate in found.iter_mut() {
        let out = &mut candidate.features;
        let own = senders.iter().filter(|sender| candidate.node == Some(sender.node));
        let best = own.max_by_key(|sender| (sender.worded, std::cmp::Reverse(sender.receivers)));
        match best {
            Some(best) => {
                out[AT] = yes(best.worded);
                out[AT + 1] = yes(!best.worded);
                out[AT + 2] = 1.0 / best.receivers.max(1) as f32;
                out[AT + 3] = yes(best.worded && opening.act == Act::Receive);
            }
            None if worded => out[AT + 4] = 1.0,
            None => out[AT + 5] = 1.0,
        }
    }
}
