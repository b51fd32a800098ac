//! A message that was delivered twice, told by what names it: a value that two records of one service hold which begin to
//! handle something, and that nobody else holds as often.

use super::case::Case;
use super::repeated::{Again, failed};
use crate::analyze::flow::Step;
use crate::model::{Detail, EventId, Shape, Symbol};
use crate::weave::words::Act;

/// Values of a record that are looked at.
const MAX_VALUES: usize = 8;
/// Records of who sends a message that tell its id.
const MAX_SENDING: usize = 3;
/// Records of one transaction that are looked at.
const MAX_RECORDS: usize = 4096;

/// A record that begins a span, with a value that it holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Receipt {
    kind: u64,
    name: Symbol,
    value: Symbol,
    time: i64,
    hop: usize,
    step: usize,
}

impl Receipt {
    /// Its record.
    fn event(&self, case: &Case<'_>) -> EventId {
        case.hop(self.hop).steps[self.step].event
    }
}

/// The first message that was delivered twice, and handled both times.
pub(super) fn delivered_twice(case: &Case<'_>) -> Option<Again> {
    let mut receipts: Vec<Receipt> = Vec::new();
    for (hop, of_hop) in case.shape.hops.iter().enumerate() {
        for (step, it) in of_hop.steps.iter().enumerate() {
            if case.times(it.kind) < 2 || !case.begins_span(it) || receipts.len() > MAX_RECORDS {
                continue;
            }
            let (kind, time) = (it.kind, it.time);
            receipts.extend(telling(case, it.event).map(|(name, value)| Receipt {
                kind,
                name,
                value,
                time,
                hop,
                step,
            }));
        }
    }
    receipts.sort_unstable();
    let same = |a: &Receipt, b: &Receipt| (a.kind, a.name, a.value) == (b.kind, b.name, b.value);
    let twice = receipts.chunk_by(same).filter_map(|group| match group {
        [one, other]
            if is_message(case, one, other)
                && is_done(case, one, other)
                && !is_sent_again(case, one, other)
                && !are_two_messages(case, one, other) =>
        {
            Some((one, other))
        }
        _ => None,
    });
    let (one, other) = twice.min_by_key(|(one, other)| (other.time, one.time, other.hop, other.step))?;
    let records = Some((one.event(case), other.event(case)));
    Some(Again { earlier: one.hop, later: other.hop, name: other.name, retried: false, records })
}

/// The values of a record that no two things are likely to have in common.
fn telling<'c>(case: &Case<'c>, event: EventId) -> impl Iterator<Item = (Symbol, Symbol)> + use<'c> {
    let keys = case.run.store.details(event).iter().filter_map(|detail| match *detail {
        Detail::Key { name, value, shape: Shape::Uuid | Shape::Hex | Shape::Mixed, .. } => {
            Some((name, value))
        }
        _ => None,
    });
    keys.take(MAX_VALUES)
}

/// Whether the value of two records names one message: it usually comes once, somebody else held it before, and nobody else
/// says the same of it twice.
fn is_message(case: &Case<'_>, one: &Receipt, other: &Receipt) -> bool {
    let root = case.hop(0).kind;
    let once = match case.usual.holders(one.kind, one.name) {
        Some(usual) => usual == 1,
        None => case.usual.is_done_once(root, one.kind),
    };
    let sample = case.run.store.sample(one.event(case));
    if !once || case.run.act(&sample) == Act::Send {
        return false;
    }
    let service = case.hop(one.hop).service;
    let mut said: Vec<u64> = Vec::new();
    let mut before = false;
    for hop in case.shape.hops.iter().filter(|hop| hop.service != service) {
        for step in hop.steps.iter().filter(|step| step.time <= other.time) {
            if telling(case, step.event).any(|(_, value)| value == one.value) {
                if said.contains(&step.kind) {
                    return false;
                }
                said.push(step.kind);
                before |= step.time <= one.time;
            }
        }
    }
    before
}

/// Whether a value that a record holds names a message: who sent it came up with it right then, or all who tell of it
/// received it.
pub(super) fn names_a_message(case: &Case<'_>, receipt: &Step, value: Symbol) -> bool {
    let service = case.run.store.event(receipt.event).service;
    let mut holders: Vec<(i64, usize, usize)> = Vec::new();
    for (index, hop) in case.shape.hops.iter().enumerate() {
        for (at, step) in hop.steps.iter().enumerate() {
            if telling(case, step.event).any(|(_, held)| held == value) {
                holders.push((step.time, index, at));
            }
        }
    }
    holders.sort_unstable();
    let Some(&(_, sender, first)) = holders.first() else { return false };
    let sends = case.hop(sender).service;
    let step = &case.hop(sender).steps[first];
    let own = holders.iter().filter(|it| case.hop(it.1).service == sends);
    let others = holders.iter().filter(|it| case.hop(it.1).service != sends);
    let mut said: Vec<u64> = Vec::new();
    for &(_, hop, at) in others.clone() {
        let step = &case.hop(hop).steps[at];
        if case.hop(hop).service != service {
            if said.contains(&step.kind) {
                return false;
            }
            said.push(step.kind);
        }
    }
    if sends == service || own.clone().any(|it| it.1 != sender) || own.count() > MAX_SENDING {
        return false;
    }
    let received = |&(_, hop, at): &(i64, usize, usize)| case.begins_span(&case.hop(hop).steps[at]);
    match case.run.act(&case.run.store.sample(step.event)) {
        Act::Send => true,
        Act::Receive => sender > 0 && case.begins_span(step) && others.clone().all(received),
        _ => first > 0 && others.clone().all(received),
    }
}

/// Whether the first one was handled as usual, so that there was no reason to deliver it again.
fn is_done(case: &Case<'_>, one: &Receipt, other: &Receipt) -> bool {
    let service = case.hop(one.hop).service;
    let own = case.shape.hops.iter().filter(|hop| hop.service == service).flat_map(|hop| &hop.steps);
    let order = |step: &&Step| (step.time, case.run.store.order(step.event));
    let until = (other.time, case.run.store.order(other.event(case)));
    let last = own.filter(|step| order(step) < until).max_by_key(order);
    last.is_some_and(|last| !last.warned && !failed(case, last) && case.usual.ends(last.kind))
}

/// Whether two receipts hold, under one name, two values that others held before each: what they have in common is then what both
/// messages are about.
fn are_two_messages(case: &Case<'_>, one: &Receipt, other: &Receipt) -> bool {
    let service = case.hop(one.hop).service;
    let others = || case.shape.hops.iter().filter(|hop| hop.service != service).flat_map(|hop| &hop.steps);
    let was_sent = |value: Symbol, time: i64| {
        others().any(|step| step.time <= time && telling(case, step.event).any(|(_, held)| held == value))
    };
    let second: Vec<(Symbol, Symbol)> = telling(case, other.event(case)).collect();
    telling(case, one.event(case)).any(|(name, value)| {
        let differs = |it: &&(Symbol, Symbol)| it.0 == name && it.1 != value;
        let held = second.contains(&(name, value));
        !held
            && second.iter().find(differs).is_some_and(|(_, new)| {
                was_sent(value, one.time) && was_sent(*new, other.time) && !was_sent(*new, one.time)
            })
    })
}

/// Whether somebody sent it again in between, said that it will be tried again, or warned.
fn is_sent_again(case: &Case<'_>, one: &Receipt, other: &Receipt) -> bool {
    let (first, second) = (one.event(case), other.event(case));
    let says_so = |step: &Step| {
        let between = one.time <= step.time && step.time <= other.time;
        let same = || telling(case, step.event).any(|(_, value)| value == one.value);
        let sends = || case.run.act(&case.run.store.sample(step.event)) == Act::Send;
        between
            && step.event != first
            && step.event != second
            && (step.warned || case.told(step.event).announces || sends())
            && same()
    };
    case.shape.hops.iter().flat_map(|hop| &hop.steps).any(says_so)
}

#[cfg(test)]
mod tests {
    use crate::analyze::made::{Does, Made};
    use crate::model::Level::Info;
    use crate::model::{FindingKind, Level};

    /// What is found in the last of many transactions, in each of which a shop sends a message that a payer takes: there he takes two,
    /// with these ids, and what the shop says in between.
    fn found(ids: [&str; 2], between: &[(i64, Level, &str)]) -> Vec<FindingKind> {
        let mut made = Made::new();
        let mut add = |order: usize, ids: &[&str], between: &[(i64, Level, &str)]| {
            let placed = format!("placed order={order}xk");
            let sent = format!("sent order={order}xk msg={}", ids[0]);
            let taken: Vec<[String; 2]> = ids
                .iter()
                .map(|id| {
                    [format!("taken order={order}xk msg={id}"), format!("charged order={order}xk msg={id}")]
                })
                .collect();
            let mut says = vec![(0, Info, placed.as_str()), (5, Info, sent.as_str())];
            says.extend(between);
            let takes: Vec<[_; 2]> = (0..)
                .zip(&taken)
                .map(|(at, [taken, charged])| {
                    [(10 + 900 * at, Info, taken.as_str()), (50 + 900 * at, Info, charged.as_str())]
                })
                .collect();
            let mut does: Vec<Does<'_>> = vec![("shop", None, false, &says)];
            does.extend(takes.iter().map(|takes| ("payer", Some(0), true, &takes[..])));
            made.add(&does);
        };
        (0..40).for_each(|order| add(order, &[format!("m{order}q").as_str()], &[]));
        add(40, &ids, between);
        made.by_trace_ids().of_the_last().into_iter().map(|(kind, ..)| kind).collect()
    }

    #[test]
    fn one_message_that_is_taken_twice_is_done_twice() {
        assert_eq!(found(["m40q", "m40q"], &[]), [FindingKind::Duplicate]);
    }

    #[test]
    fn two_messages_about_one_thing_are_two() {
        assert!(
            !found(["m40q", "m41q"], &[(700, Info, "sent order=40xk msg=m41q")])
                .contains(&FindingKind::Duplicate)
        );
        // one that nobody sent is no other one
        assert_eq!(found(["m40q", "m41q"], &[]), [FindingKind::Duplicate]);
    }
}
