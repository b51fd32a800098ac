//! Steps that took far longer than the same step in other transactions.

use super::apart::{Far, LONG, MANY_KNOWN, MIN_KNOWN, far_off, is_common, is_short};
use super::case::{Case, Fate, Found};
use super::words::names;
use crate::analyze::flow::{Hop, Rule, Step, caused, gaps};
use crate::model::units::duration;
use crate::model::{Detail, EventId, Finding, FindingKind, Severity, Shape, Symbol};
use crate::weave::words::Act;

/// What makes a transaction longer by a smaller share of its usual time is not worth a word, unless it is [`LONG`].
const WORTH: f64 = 0.1;
/// Queues, and whoever asks now and then whether there is something to do, take a while now and then: what begins later than
/// usual must begin so much later, in nanoseconds.
const LATE: f64 = 2e9;
/// What hardly ever comes after a step has times of its own from so many on.
const MIN_OWN: u64 = 3;

/// So many times the usual time are no number that tells anything.
const MANY: f64 = 100.0;

/// Slow stretches of one transaction that are looked at, the longest.
const MAX_FOUND: usize = 200;

/// A stretch of time that took far longer than usual.
struct Stretch {
    hop: usize,
    /// The step at its end.
    at: usize,
    /// The record at its beginning.
    since: Option<EventId>,
    from: i64,
    to: i64,
    nanos: i64,
    usual: i64,
    /// It is a fault.
    grave: bool,
}

/// Judges the time that each hop spent itself, what its steps say that they took, and how late hops began.
pub(super) fn judge(case: &mut Case<'_>) {
    let mut found: Vec<Stretch> = Vec::new();
    for index in 0..case.shape.hops.len() {
        if !matches!(case.fates[index], Fate::Broken | Fate::Retried | Fate::Stuck) {
            found.extend(slowest(case, index));
        }
    }
    found.extend(case.usual.rules.about(&case.steps).filter_map(|rule| late(case, rule)));
    found.extend((0..case.shape.hops.len()).filter_map(|index| late_hop(case, index)));
    for stretch in found.iter_mut().filter(|it| it.grave) {
        stretch.grave = !is_guessed(case, stretch);
    }
    found.sort_by_key(|it| (!it.grave, it.usual - it.nanos, it.from, it.hop));
    found.truncate(MAX_FOUND);
    found.sort_by_key(|it| (!it.grave, it.to - it.from, it.from, it.hop));
    // whoever waits for what is slow is slow too: of stretches that hold one another the inner one is the cause
    let mut causes: Vec<Stretch> = Vec::new();
    for stretch in found {
        let holds = |inner: &Stretch| {
            let common = stretch.to.min(inner.to) - stretch.from.max(inner.from);
            common * 2 >= stretch.nanos - stretch.usual
        };
        if !causes.iter().any(holds) {
            causes.push(stretch);
        }
    }
    for stretch in causes {
        if !failed_meanwhile(case, &stretch) && !waited_in_vain(case, &stretch) {
            report(case, &stretch);
        }
    }
}

/// Whether a stretch begins or ends with a record that is there only because times put it there: no id and no value ties it to
/// the others. If it took long for that one to come, it may as well be another transaction's.
fn is_guessed(case: &Case<'_>, stretch: &Stretch) -> bool {
    let (store, ends) = (case.run.store, case.hop(stretch.hop).steps.get(stretch.at).map(|step| step.event));
    let values = |event: EventId| {
        store.details(event).iter().filter_map(|detail| match *detail {
            Detail::Key { value, shape, .. } if shape != Shape::Word => Some(value),
            _ => None,
        })
    };
    let others = || case.shape.hops.iter().flat_map(|hop| &hop.steps).map(|step| step.event);
    let is_tied = |event: EventId| {
        let record = store.event(event);
        let shared =
            |other: EventId| other != event && values(other).any(|value| values(event).any(|it| it == value));
        record.trace.is_some() || record.span.is_some() || others().any(shared)
    };
    stretch.since.into_iter().chain(ends).any(|event| !is_tied(event))
}

/// Whether a stretch ends with a warning of somebody who waited for what another finding tells of.
fn waited_in_vain(case: &Case<'_>, stretch: &Stretch) -> bool {
    let warned = case.hop(stretch.hop).steps.get(stretch.at).is_some_and(|step| step.warned);
    let told = |finding: &Finding| finding.severity > Severity::Info && finding.kind != FindingKind::Slow;
    warned && case.findings.iter().any(told)
}

/// Whether something failed within a stretch: then that is why it took so long.
fn failed_meanwhile(case: &Case<'_>, stretch: &Stretch) -> bool {
    let fails = |step: &Step| {
        let told = || case.told(step.event);
        let within = stretch.from < step.time && step.time <= stretch.to;
        within && (step.failed || step.warned && (told().fails || told().breaks))
    };
    // what begins late may wait for anything that happens meanwhile
    let begins = stretch.at == 0 && stretch.since.is_some();
    let mut hops = if begins { (0..case.shape.hops.len()).collect() } else { vec![stretch.hop] };
    while let Some(index) = hops.pop() {
        let hop = case.hop(index);
        if hop.steps.iter().any(fails) {
            return true;
        }
        if !begins {
            hops.extend(hop.children.iter().map(|&child| child as usize));
        }
    }
    false
}

/// The stretch of a hop that exceeds the usual most.
fn slowest(case: &Case<'_>, index: usize) -> Option<Stretch> {
    let hop = case.hop(index);
    let grain = case.run.grain(hop.service);
    let spent = gaps(&case.shape, hop).into_iter().enumerate().filter_map(|(at, (before, after, nanos))| {
        let far = far_between(case, (before, after), nanos - grain)?;
        let (since, step) = (&hop.steps[at], &hop.steps[at + 1]);
        Some(Stretch {
            hop: index,
            at: at + 1,
            since: Some(since.event),
            from: since.time,
            to: step.time,
            nanos,
            usual: far.usual,
            grave: far.apart && is_long(nanos - grain, far),
        })
    });
    let said = hop.steps.iter().enumerate().filter_map(|(at, step)| {
        let nanos = step.took.filter(|nanos| !is_short(*nanos))?;
        if step.time.saturating_sub(nanos) < case.run.window().0 {
            // no logs tell of that
            return None;
        }
        let far = far_off(case.usual.gap(0, step.kind)?, nanos)?;
        let (from, grave) = (step.time - nanos, far.apart && is_long(nanos, far));
        Some(Stretch { hop: index, at, since: None, from, to: step.time, nanos, usual: far.usual, grave })
    });
    spent.chain(said).max_by_key(|it| (it.grave, it.nanos - it.usual, std::cmp::Reverse(it.at)))
}

/// Whether a duration is longer than usual by so much that it is felt.
fn is_long(nanos: i64, far: Far) -> bool {
    (nanos - far.usual) as f64 >= LONG
}

/// What is usual between two steps, if a duration is far beyond it. Where the one hardly ever follows the other, as where
/// some records are logged only now and then, that is what is usual from the first one on and till the second one.
fn far_between(case: &Case<'_>, (before, after): (u64, u64), nanos: i64) -> Option<Far> {
    if is_short(nanos) {
        return None;
    }
    let own = case.usual.gap(before, after)?;
    let sides = [case.usual.gap_from(before)?, case.usual.gap_to(after)?];
    // where few are known, the second step may take so long after others
    let is_common = || own.count() < MANY_KNOWN && is_common(sides[1], nanos);
    let apart = |far: Far| Far { apart: far.apart && !is_common(), ..far };
    if own.count() >= MIN_KNOWN {
        return far_off(own, nanos).map(apart);
    }
    let mut known = sides.into_iter().filter(|tally| tally.count() >= MIN_KNOWN);
    let (first, second) = (known.next()?, known.next());
    // it takes its own time
    if own.count() >= MIN_OWN && own.at(0.5).saturating_mul(2) > nanos {
        return None;
    }
    if own.count() < MIN_OWN && second.is_none() {
        return None;
    }
    let one = far_off(first, nanos).map(apart)?;
    let Some(second) = second else { return Some(one) };
    let other = far_off(second, nanos)?;
    Some(Far { usual: one.usual.max(other.usual), apart: one.apart && other.apart })
}

/// An effect that began far later after its cause than usual.
fn late(case: &Case<'_>, rule: &Rule) -> Option<Stretch> {
    let (cause, effect) = rule.pair(&case.steps)?;
    let (before, hop) = (case.hop(cause.hop as usize), case.hop(effect.hop as usize));
    let (since, step) = (&before.steps[cause.step as usize], &hop.steps[effect.step as usize]);
    let nanos = step.time - since.time;
    let grain = case.run.grain(before.service).max(case.run.grain(hop.service));
    let far = far_off(&rule.delays, nanos - grain)?;
    let (usual, grave) = (far.usual, is_late(nanos - grain, far));
    // what usually comes right before it, in a third service, was as late
    let service = |step: u64| case.usual.step(step).map(|count| count.example.service);
    let first = case.usual.along.right_before(rule.effect, service).map(|(_, steps)| steps[0]);
    if let Some(place) = first.and_then(|first| case.steps.first(first))
        && (since.time + (nanos - usual) / 2..=step.time).contains(&place.time)
        && case.hop(place.hop as usize).service != before.service
    {
        return Some(Stretch {
            hop: place.hop as usize,
            at: place.step as usize,
            since: Some(since.event),
            from: since.time,
            to: place.time,
            nanos: place.time - since.time,
            usual,
            grave,
        });
    }
    Some(Stretch {
        hop: effect.hop as usize,
        at: effect.step as usize,
        since: Some(since.event),
        from: since.time,
        to: step.time,
        nanos,
        usual,
        grave,
    })
}

/// Whether something that begins far later than usual is a fault.
fn is_late(nanos: i64, far: Far) -> bool {
    far.apart && (nanos - far.usual) as f64 >= LATE
}

/// A hop that began far later after the step that caused it than usual.
fn late_hop(case: &Case<'_>, index: usize) -> Option<Stretch> {
    let hop = case.hop(index);
    if case.fates[index] != Fate::Fine {
        return None;
    }
    let (cause, begins) = caused(&case.shape, hop)?;
    let nanos = begins.time - cause.time;
    let grain = case.run.grain(hop.service).max(case.run.grain(case.run.store.event(cause.event).service));
    let far = far_off(case.usual.delay(cause.kind, hop.kind)?, nanos - grain)?;
    // what was done again after that began later for a reason
    let again = |other: &Hop| other.kind == hop.kind && other.cause == hop.cause && other.start < hop.start;
    if case.shape.hops.iter().any(again) {
        return None;
    }
    let (from, to, grave) = (cause.time, begins.time, is_late(nanos - grain, far));
    Some(Stretch { hop: index, at: 0, since: Some(cause.event), from, to, nanos, usual: far.usual, grave })
}

/// Whether a stretch is the way of a message from what sent it to what handles it.
fn waited(case: &Case<'_>, stretch: &Stretch) -> bool {
    let hop = case.hop(stretch.hop);
    let sent = stretch.since.is_some_and(|since| case.run.act(&case.run.store.sample(since)) == Act::Send);
    let elsewhere = stretch.since.is_some_and(|since| !hop.steps.iter().any(|step| step.event == since));
    hop.message && stretch.at == 0 && sent && elsewhere
}

/// The service that a stretch was spent waiting for: its end tells of it, and its own records do not say that it was done
/// before long.
fn callee(case: &Case<'_>, stretch: &Stretch) -> Option<Symbol> {
    let (store, hop) = (case.run.store, case.hop(stretch.hop));
    let step = hop.steps.get(stretch.at)?;
    let sample = store.sample(step.event);
    let says = store.symbols.text(sample.template);
    if case.run.act(&sample) != Act::Answer {
        return None;
    }
    let called = case.usual.children(hop).map(|(_, count)| count.example.service);
    let named = called.filter(|&service| service != hop.service && names(says, store.symbols.text(service)));
    let named = named.min_by_key(|service| store.symbols.text(*service))?;
    let half = stretch.from + (stretch.to - stretch.from) / 2;
    let done = |other: &Hop| {
        let within = stretch.from <= other.start && other.end < half;
        other.service == named && within && other.steps.len() > 1
    };
    (!case.shape.hops.iter().any(done)).then_some(named)
}

/// The topic that a message waited in, for a sentence.
fn topic(case: &Case<'_>, stretch: &Stretch) -> String {
    let store = case.run.store;
    let step = case.hop(stretch.hop).steps.get(stretch.at);
    let events = step.map(|step| step.event).into_iter().chain(stretch.since);
    let topic = events.flat_map(|event| store.details(event)).find_map(|detail| match detail {
        Detail::Topic(topic) => Some(store.symbols.text(*topic)),
        _ => None,
    });
    topic.map_or(String::new(), |topic| format!(" ({topic})"))
}

fn report(case: &mut Case<'_>, stretch: &Stretch) {
    let (index, at) = (stretch.hop, stretch.at);
    let excess = (stretch.nanos - stretch.usual) as f64;
    let harm = excess / case.usual.length(&case.shape).max(1) as f64;
    if harm < WORTH && excess < LONG {
        return;
    }
    let (nanos, usual) = (stretch.nanos, stretch.usual);
    let times = nanos as f64 / usual.max(1) as f64;
    let hop = case.hop(index);
    let Some(step) = hop.steps.get(at).cloned() else { return };
    let (service, says) = (case.service(hop), case.says(step.event));
    let after = stretch.since.map_or(String::new(), |since| format!(" after {}", case.says(since)));
    let took = duration(nanos);
    let usually = match (times, duration(usual)) {
        (MANY.., usually) => format!("; {usually} is usual"),
        (_, usually) => format!(", {times:.0} times the usual {usually}"),
    };
    let callee = callee(case, stretch);
    let summary = if waited(case, stretch) {
        let topic = topic(case, stretch);
        format!("{says} waited {took} in a queue to {service}{topic}{after}{usually}")
    } else if let Some(callee) = callee {
        let callee = case.run.store.symbols.text(callee);
        format!("{service} waited {took} for {callee}, till {says}{usually}")
    } else {
        format!("{service} took {took} to {says}{after}{usually}")
    };
    let group = (0, step.kind);
    let evidence = stretch.since.into_iter().chain([step.event]).collect();
    case.find(
        index,
        Found {
            kind: FindingKind::Slow,
            severity: if stretch.grave { Severity::Warning } else { Severity::Info },
            span: Some(step.span),
            service: callee,
            summary,
            confidence: 0.9,
            evidence,
            group,
        },
    );
}

#[cfg(test)]
mod tests {
    use super::Severity;
    use crate::analyze::made::{Does, Made};
    use crate::model::Level::Info;

    /// How severe it is that a step of long transactions takes two seconds, where it takes some other times as well.
    fn severity(others: &[i64]) -> Vec<Severity> {
        const ORDER: Does<'_> =
            ("shop", None, false, &[(0, Info, "order placed"), (5, Info, "sent order.placed")]);
        let mut made = Made::new();
        for took in [10; 100].iter().chain(others).chain(&[2_000]) {
            let says = [
                (10, Info, "charge asked for"),
                (10 + took, Info, "card charged"),
                (9_000, Info, "receipt written"),
            ];
            made.add(&[ORDER, ("payer", Some(0), true, &says)]);
        }
        made.of_the_last().into_iter().map(|(_, severity, ..)| severity).collect()
    }

    #[test]
    fn what_stands_apart_from_all_other_times_is_a_fault() {
        assert_eq!(severity(&[]), [Severity::Warning]);
        assert_eq!(severity(&[12, 14]), [Severity::Warning]);
        // a few take ever longer: then two seconds are no wonder
        assert_eq!(severity(&[200, 400, 600, 800, 1_200, 1_600]), [Severity::Info]);
    }

    #[test]
    fn steps_are_timed_by_their_sides_where_records_between_them_are_logged_now_and_then() {
        const ORDER: Does<'_> =
            ("shop", None, false, &[(0, Info, "order placed"), (5, Info, "sent order.placed")]);
        let mut made = Made::new();
        // what is between is absent only where it is slow
        let between = ["card looked up", "limit checked", "risk weighed"];
        for at in 0..99 {
            let says =
                [(10, Info, "charge asked for"), (20, Info, between[at % 3]), (30, Info, "card charged")];
            made.add(&[ORDER, ("payer", Some(0), true, &says)]);
        }
        let says = [(10, Info, "charge asked for"), (3_000, Info, "card charged")];
        made.add(&[ORDER, ("payer", Some(0), true, &says)]);
        let found = made.of_the_last();
        assert!(found.iter().any(|it| it.1 == Severity::Warning && it.2 == "payer"), "{found:?}");
    }
}
