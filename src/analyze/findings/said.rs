//! What a service said twice: the same record of the same things, where transactions have such a record once, however many of
//! its kind they have.

use super::case::Case;
use super::received::names_a_message;
use super::repeated::{Again, calm, sent_apart};
use crate::analyze::flow::{Step, said};
use crate::model::Symbol;

/// Of what steps of a kind say, transactions say at least this share once where they are about a message: some come again,
const MIN_ONCE_OF_MESSAGES: f64 = 0.6;
/// and this share where they are about anything else.
const MIN_ONCE: f64 = 0.85;

/// Things said twice in one transaction that are looked at.
const MAX_TWICE: usize = 50;

/// Two steps that say the same, each with its hop, the second one's time first.
type Twice<'c> = (i64, (usize, &'c Step), (usize, &'c Step));

/// The first thing that a service did for a message and said twice, though transactions say such things once.
pub(super) fn said_again(case: &Case<'_>, told: bool) -> Option<Again> {
    let said = said(&case.shape, &case.steps);
    let same = said.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1));
    let twice = same.filter_map(|same| {
        let &[(kind, _, _, earlier, first), (_, _, time, later, second)] = same else { return None };
        let one = &case.hop(earlier as usize).steps[first as usize];
        let other = &case.hop(later as usize).steps[second as usize];
        let usual = case.usual.says_once(kind) >= MIN_ONCE_OF_MESSAGES
            && !case.usual.rules.are_due(&case.steps, kind, case.times(kind));
        // what is called again answers again
        let answers = one.answered || one.failed;
        (usual && one.span != other.span && !answers).then_some((
            time,
            (earlier as usize, one),
            (later as usize, other),
        ))
    });
    let mut twice: Vec<Twice<'_>> = twice.collect();
    twice.sort_by_key(|&(time, (earlier, one), (later, other))| (time, later, earlier, one.time, other.kind));
    twice.truncate(MAX_TWICE);
    let first = twice.into_iter().find(|&(_, one, other)| is_done_again(case, one, other, told));
    first.map(|(_, (earlier, one), (later, other))| {
        let records = Some((one.event, other.event));
        Again { earlier, later, name: Symbol::NONE, retried: false, records }
    })
}

/// Whether what two steps say tells that a message was handled twice, for no reason that somebody told.
fn is_done_again(case: &Case<'_>, one: (usize, &Step), other: (usize, &Step), told: bool) -> bool {
    let ((earlier, first), (later, second)) = (one, other);
    let delivered = || {
        case.usual.says_once(first.kind) >= MIN_ONCE
            && earlier != later
            && case.hop(later).message
            && !sent_apart(case, &[first, second])
    };
    is_known_by_value(case, first, second)
        && begin_alike(case, one, other)
        && (told || calm(case, first, second))
        && (delivered() || names_one_message(case, first, second))
}

/// Whether two records hold the same value that no other transaction has: what is said without one may be said of several
/// things.
fn is_known_by_value(case: &Case<'_>, one: &Step, other: &Step) -> bool {
    let own = |value: Symbol| {
        let mut held = case.shape.hops.iter().flat_map(|hop| hop.values.iter().map(|it| (hop.kind, it)));
        held.any(|(kind, it)| it.1 == value && case.usual.are_own(kind, it.0))
    };
    case.run.shared_values(one.event, other.event).any(|(value, _)| own(value))
}

/// Whether two records hold the same value that names a message.
fn names_one_message(case: &Case<'_>, one: &Step, other: &Step) -> bool {
    let mut values = case.run.shared_values(one.event, other.event).filter(|(_, telling)| *telling);
    values.any(|(value, _)| names_a_message(case, one, value))
}

/// Whether two steps are parts of hops and spans that begin alike and with the same: what ends many things is said of all of
/// them.
fn begin_alike(case: &Case<'_>, one: (usize, &Step), other: (usize, &Step)) -> bool {
    let alike = |pair: Option<(&Step, &Step)>| {
        pair.is_none_or(|(one, other)| one.kind == other.kind && case.run.same_values(one.event, other.event))
    };
    let begins = |(hop, step): (usize, &Step)| {
        case.hop(hop).steps.iter().find(|it| it.span == step.span && case.begins_span(it))
    };
    alike(case.hop(one.0).steps.first().zip(case.hop(other.0).steps.first()))
        && alike(begins(one).zip(begins(other)))
}

#[cfg(test)]
mod tests {
    use crate::analyze::made::{Does, Made};
    use crate::model::FindingKind;
    use crate::model::Level::Info;

    /// What is found in the last of many transactions, in each of which a shop sends messages that a payer takes, so many of
    /// them twice: those of the last one with these ids.
    fn found(twice: usize, last: [&str; 2]) -> Vec<FindingKind> {
        let mut made = Made::new();
        let mut add = |order: usize, messages: &[&str]| {
            let placed = format!("placed order={order}x");
            let sent = format!("sent order={order}x msg={}", messages[0]);
            let taken: Vec<String> =
                messages.iter().map(|id| format!("taken order={order}x msg={id}")).collect();
            let says = [(0, Info, placed.as_str()), (5, Info, sent.as_str())];
            let takes: Vec<[_; 1]> =
                (0..).zip(&taken).map(|(at, text)| [(10 + 900 * at, Info, text.as_str())]).collect();
            let mut does: Vec<Does<'_>> = vec![("shop", None, false, &says)];
            does.extend(takes.iter().map(|takes| ("payer", Some(0), true, &takes[..])));
            made.add(&does);
        };
        for order in 0..40 {
            let id = format!("m{order}");
            let times = if order < twice { 2 } else { 1 };
            add(order, &vec![id.as_str(); times]);
        }
        add(40, &last);
        made.of_the_last().into_iter().map(|(kind, ..)| kind).collect()
    }

    #[test]
    fn what_is_said_twice_of_one_message_was_handled_twice() {
        assert_eq!(found(0, ["m40", "m40"]), [FindingKind::Duplicate]);
        // however often that happens
        assert_eq!(found(8, ["m40", "m40"]), [FindingKind::Duplicate]);
        // where most come twice, that is how things are
        assert_eq!(found(30, ["m40", "m40"]), []);
        assert_eq!(found(8, ["m40", "m41"]), []);
    }
}
