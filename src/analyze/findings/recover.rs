//! Whether a transaction went on as usual after a failure, told by its steps alone: whatever they were hung under.

use super::case::Case;
use super::missing::MIN_REAL;
use crate::analyze::flow::{Follower, Hop, Rule, Step, anchors};
use crate::model::Level;
use crate::weave::words::Act;

/// An outcome that only follows failures is known if it was seen in so many transactions.
const MIN_KNOWN: u32 = 3;
/// So many steps of who takes up a failure are more than a note of it.
const MIN_TAKEN_UP: usize = 2;
/// What comes along with a warning in this share of the transactions always does.
const MIN_ALWAYS: f64 = 0.9;

/// Whether all that the service usually does in such transactions is there, some of it after its last failure.
pub(super) fn went_on(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let Some(at) = hop.steps.iter().rposition(|step| step.failed) else { return false };
    let failure = &hop.steps[at];
    if hop.steps[at..].iter().any(|step| case.told(step.event).gives_up) {
        return false;
    }
    let (mut all, mut after) = (true, false);
    for anchor in anchors(&case.shape, hop, at).into_iter().filter(|anchor| case.times(*anchor) == 1) {
        for (step, number) in case.usual.along.usual(anchor).filter(|(step, _)| *step != failure.kind) {
            let known = case.usual.step(step).filter(|count| count.example.service == hop.service);
            if known.is_none_or(|count| count.clean * 2 < count.hops) {
                continue;
            }
            all &= case.times(step) >= number;
            after |= all && steps_of(case, hop).any(|it| it.kind == step && it.time >= failure.time);
        }
    }
    all && after
}

/// Whether the service of a hop lacks something that is due after what others did before its last failure: what it began,
/// or what it practically always does then as often.
pub(super) fn lacks_what_is_due(case: &Case<'_>, index: usize) -> bool {
    let (hop, usual) = (case.hop(index), case.usual);
    let failures = steps_of(case, hop).filter(|step| step.failed);
    let Some(last) = failures.map(|step| step.time).max() else { return false };
    let began = |step: u64| case.steps.first(step).filter(|place| place.time <= last);
    let lost = usual.rules.about(&case.steps).any(|rule| {
        rule.example.service == hop.service
            && rule.triggers.iter().any(|trigger| began(trigger.step).is_some())
            && is_lost(case, rule)
    });
    let is_own = |step: u64| usual.step(step).is_some_and(|count| count.example.service == hop.service);
    let fewer = |since: u64| {
        let times = case.times(since);
        let lacks = |follower: &Follower| {
            case.times(follower.step) < times && is_own(follower.step) && !case.has_happened(follower.step)
        };
        // what was tried again is there more often than what comes of it
        let again = times > 1 && usual.once(since);
        let elsewhere = began(since).is_some_and(|at| case.hop(at.hop as usize).service != hop.service);
        elsewhere && !again && usual.along.followers(since).iter().any(lacks)
    };
    lost || case.steps.kinds().any(fewer)
}

/// Whether an effect is absent, and such absences are real.
pub(super) fn is_lost(case: &Case<'_>, rule: &Rule) -> bool {
    case.lacks(rule) && case.real_by(rule) >= MIN_REAL
}

/// Whether the service told others of its last failure, and they made up for it: a message that is only sent then, and that
/// somebody acts on.
pub(super) fn compensated(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let failures = steps_of(case, hop).filter(|step| step.failed);
    let Some(last) = failures.map(|step| step.time).max() else { return false };
    let store = case.run.store;
    let mut told = steps_of(case, hop).filter(|step| {
        let sent = !step.warned && step.time >= last;
        let known = || case.usual.present(step.kind) >= MIN_KNOWN && case.usual.rare(step.kind);
        sent && known()
            && case.run.act(&store.sample(step.event)) == Act::Send
            && !case.told(step.event).gives_up
    });
    told.any(|sent| {
        let sample = store.sample(sent.event);
        case.shape.hops.iter().any(|taker| {
            let Some(first) = taker.steps.first() else { return false };
            let blur = case.run.blur(taker.service, hop.service);
            let takes = taker.service != hop.service
                && first.time.saturating_add(blur) >= last
                && !taker.failed()
                && case.run.share_a_name(&sample, &store.sample(first.event));
            takes && steps_of(case, taker).filter(|it| it.time > first.time).count() >= MIN_TAKEN_UP
        })
    })
}

/// Whether somebody else took up the last failure of a service: what only follows failures, and came to an end without
/// another one.
pub(super) fn taken_up(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let failures = steps_of(case, hop).filter(|step| step.failed);
    let Some(last) = failures.map(|step| step.time).max() else { return false };
    case.shape.hops.iter().any(|taker| {
        let blur = case.run.blur(taker.service, hop.service);
        let answers = |step: &&Step| {
            step.time.saturating_add(blur) >= last && !step.failed && case.usual.responds(step.kind)
        };
        taker.service != hop.service
            && taker.steps.last().is_some_and(|end| !end.warned)
            && taker.steps.first().is_some_and(|first| answers(&first))
            && taker.steps.iter().filter(answers).count() >= MIN_TAKEN_UP
    })
}

/// Whether a service went on in the same hop to send what it also sends where nothing fails.
pub(super) fn sent_on(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let Some(at) = hop.steps.iter().rposition(|step| step.failed) else { return false };
    let failure = &hop.steps[at];
    if case.told(failure.event).gives_up {
        return false;
    }
    hop.steps[at + 1..].iter().any(|step| {
        let clean = case.usual.step(step.kind).is_some_and(|count| count.clean * 2 >= count.hops);
        let sends = case.run.act(&case.run.store.sample(step.event)) == Act::Send;
        clean && sends && !step.warned && !case.told(step.event).gives_up
    })
}

/// Whether a failure is no more than a word of somebody who tries again, or did: a warning that counts attempts says itself
/// that it is not the end, and a later success may log nothing. So nothing worse was said after it, and nothing is missing of
/// what usually comes where it is not.
pub(super) fn only_announced(case: &Case<'_>, index: usize) -> bool {
    let hop = case.hop(index);
    let announced = |step: &Step| {
        case.run.store.event(step.event).level < Some(Level::Error) && case.told(step.event).announces
    };
    let Some(at) = hop.steps.iter().rposition(|step| step.failed) else { return false };
    hop.steps.iter().filter(|step| step.failed).all(announced) && lacks_nothing(case, hop, at)
}

/// Whether all is there that usually comes along with what was there before a step of a hop: the effects that are due, the
/// steps of the hop, and those of its service.
fn lacks_nothing(case: &Case<'_>, hop: &Hop, at: usize) -> bool {
    let usual = case.usual;
    let mut due = usual.rules.about(&case.steps).filter(|rule| case.absent(rule) > 0);
    let kind = hop.steps[at].kind;
    let calm = |step: u64| {
        let known = usual.step(step).filter(|count| count.example.service == hop.service);
        step != kind && known.is_some_and(|count| count.clean * 2 >= count.hops)
    };
    let all_along = |anchor: u64| {
        let mut along = usual.along.usual(anchor).filter(|(step, _)| calm(*step));
        case.times(anchor) != 1 || along.all(|(step, number)| case.times(step) >= number)
    };
    !due.any(|rule| case.explained(rule).is_none())
        && !usual.lacking(hop).any(|step| case.times(step) == 0)
        && anchors(&case.shape, hop, at).into_iter().all(all_along)
}

/// Whether a warning is one of the ways that things go: others go on from it soon, practically always in the same way, to
/// what transactions without it also come to.
pub(super) fn is_outcome(case: &Case<'_>, index: usize, at: usize) -> bool {
    let hop = case.hop(index);
    let warning = &hop.steps[at];
    let usual = case.usual;
    if usual.present(warning.kind) < MIN_KNOWN {
        return false;
    }
    let soon = warning.time..=warning.time.saturating_add(usual.length(&case.shape));
    let mut others = case.shape.hops.iter().filter(|other| other.service != hop.service);
    others.any(|other| {
        other.steps.iter().any(|step| {
            let (with, without) = usual.along.with_and_without(warning.kind, step.kind);
            soon.contains(&step.time)
                && !step.warned
                && usual.rare(step.kind)
                && with >= MIN_ALWAYS
                && without > 0
        })
    })
}

/// The steps of the service of a hop, in all of its hops.
fn steps_of<'c>(case: &'c Case<'_>, hop: &'c Hop) -> impl Iterator<Item = &'c Step> {
    case.shape.hops.iter().filter(|other| other.service == hop.service).flat_map(|other| &other.steps)
}

#[cfg(test)]
mod tests {
    use crate::analyze::made::{Does, Made};
    use crate::model::FindingKind::Error as Failed;
    use crate::model::Level::{self, Error, Info, Warn};
    use crate::model::Severity;

    const ORDER: Does<'_> =
        ("shop", None, false, &[(0, Info, "order placed"), (5, Info, "sent order.placed")]);
    const USUAL: &[(i64, Level, &str)] =
        &[(10, Info, "charge asked for"), (20, Info, "card charged"), (30, Info, "receipt written")];

    /// Many orders that are paid, and then some others; how severe the failures of the last one are.
    fn failures(others: usize, does: &[Does<'_>]) -> Vec<Severity> {
        let mut made = Made::new();
        for _ in 0..40 {
            made.add(&[ORDER, ("payer", Some(0), true, USUAL)]);
        }
        for _ in 0..others {
            made.add(does);
        }
        let found = made.of_the_last().into_iter().filter(|(kind, ..)| *kind == Failed);
        found.map(|(_, severity, ..)| severity).collect()
    }

    #[test]
    fn a_failure_after_which_all_is_there_is_no_fault() {
        let all = &[
            (10, Info, "charge asked for"),
            (15, Error, "the bank broke down"),
            (20, Info, "card charged"),
            (30, Info, "receipt written"),
        ];
        assert_eq!(failures(1, &[ORDER, ("payer", Some(0), true, all)]), [Severity::Info]);
        let lost = &all[..2];
        assert_eq!(failures(1, &[ORDER, ("payer", Some(0), true, lost)]), [Severity::Warning]);
    }

    #[test]
    fn what_comes_of_another_message_heals_no_failure() {
        let twice: Does<'_> = (
            "shop",
            None,
            false,
            &[(0, Info, "order placed"), (4, Info, "sent part.packed"), (5, Info, "sent part.packed")],
        );
        let billed = |severity: Level, says: &'static str| -> Vec<Severity> {
            let mut made = Made::new();
            let charged = &[(20, Info, "card charged")];
            for _ in 0..60 {
                made.add(&[twice, ("payer", Some(0), true, charged), ("payer", Some(0), true, charged)]);
            }
            let failed = &[(15, severity, says)];
            made.add(&[twice, ("payer", Some(0), true, failed), ("payer", Some(0), true, charged)]);
            let found = made.of_the_last().into_iter().filter(|(kind, ..)| *kind == Failed);
            found.map(|(_, severity, ..)| severity).collect()
        };
        assert_eq!(billed(Error, "the bank broke down"), [Severity::Warning]);
        assert_eq!(billed(Info, "card charged"), []);
    }

    #[test]
    fn a_failure_that_somebody_takes_up_is_no_fault_once_it_is_known_that_they_do() {
        let given_up = &[(10, Info, "charge asked for"), (15, Error, "giving up, to dead.letters")];
        let taken: &[(i64, Level, &str)] =
            &[(16, Warn, "dead letter, asking another bank"), (40, Info, "dead letter resolved")];
        let payer: Does<'_> = ("payer", Some(0), true, given_up);
        assert_eq!(failures(4, &[ORDER, payer, ("medic", Some(1), true, taken)]), [Severity::Info]);
        // a note of it is none, nor is one who fails as well
        assert_eq!(failures(4, &[ORDER, payer, ("medic", Some(1), true, &taken[..1])]), [Severity::Warning]);
        let failed = &[taken[0], (40, Error, "the other bank broke down")];
        assert_eq!(failures(4, &[ORDER, payer, ("medic", Some(1), true, failed)])[0], Severity::Warning);
        assert_eq!(failures(4, &[ORDER, payer]), [Severity::Warning]);
    }

    #[test]
    fn a_failure_after_which_a_usual_message_is_sent_is_no_fault() {
        let mut made = Made::new();
        let ends = |says: &'static str| -> [(i64, Level, &'static str); 2] {
            [(10, Info, "charge asked for"), (30, Info, says)]
        };
        for (times, says) in [(30, "sent payment.captured"), (10, "sent payment.declined")] {
            for _ in 0..times {
                made.add(&[ORDER, ("payer", Some(0), true, &ends(says))]);
            }
        }
        let retried = &[
            (10, Info, "charge asked for"),
            (15, Error, "the bank was silent, once more"),
            (30, Info, "sent payment.declined"),
        ];
        made.add(&[ORDER, ("payer", Some(0), true, retried)]);
        let found = made.of_the_last();
        assert!(found.iter().all(|(_, severity, ..)| *severity == Severity::Info), "{found:?}");
    }

    #[test]
    fn a_warning_that_tells_of_a_further_attempt_is_no_fault_where_nothing_is_missing() {
        let ends = |says: &'static str| {
            let all = [USUAL[0], USUAL[1], USUAL[2], (40, Warn, says)];
            failures(1, &[ORDER, ("payer", Some(0), true, &all)])
        };
        assert_eq!(ends("mail failed, will retry"), [Severity::Info]);
        assert_eq!(ends("mail failed"), [Severity::Warning]);
        let lacks = &[USUAL[0], (40, Warn, "mail failed, will retry")];
        assert_eq!(failures(1, &[ORDER, ("payer", Some(0), true, lacks)]), [Severity::Warning]);
    }

    #[test]
    fn a_warning_from_which_all_go_on_to_what_others_come_to_is_an_outcome() {
        let refused = &[(10, Info, "charge asked for"), (15, Warn, "card check failed")];
        let closed: &[(i64, Level, &str)] = &[(20, Info, "order closed")];
        let errors = |without: usize| {
            let mut made = Made::new();
            (0..40).for_each(|_| made.add(&[ORDER, ("payer", Some(0), true, USUAL)]));
            (0..without).for_each(|_| made.add(&[ORDER, ("closer", Some(0), true, closed)]));
            for _ in 0..4 {
                made.add(&[ORDER, ("payer", Some(0), true, refused), ("closer", Some(1), true, closed)]);
            }
            made.of_the_last().into_iter().filter(|(kind, ..)| *kind == Failed).count()
        };
        assert_eq!(errors(2), 0);
        assert_eq!(errors(0), 1);
    }
}
