//! On which side of what is right beside it a coarse record stands, where its usual lag leaves that open.
//!
//! What tells how long it took is the line of a call, in most cases. Who called is silent for as long, so a partner of a
//! service that logs nothing for that time afterwards (or before) called it, and stands around it; one of a service that logs
//! something in between was called by it, and stands inside. Where the line names its caller, that is known. Of what does not
//! tell how long it took, who tells comes before who was told.

use super::super::words::Act;
use super::Anchor;
use super::marks::{Mark, Marks};

/// Narrows the times that a record stands between to those on the right sides of its anchors.
pub(super) fn narrowed(marks: &Marks, coarse: &Mark, anchors: &[Anchor], within: (i64, i64)) -> (i64, i64) {
    let (mut least, mut most) = within;
    for anchor in
        anchors.iter().filter(|anchor| anchor.least <= anchor.beside && anchor.beside <= anchor.most)
    {
        let Some(later) = is_later(marks, coarse, anchor) else { continue };
        let both =
            if later { (least.max(anchor.beside + 1), most) } else { (least, most.min(anchor.beside - 1)) };
        if both.0 <= both.1 {
            (least, most) = both;
        }
    }
    (least, most)
}

/// Whether a record comes after what is beside it (`false`: before it), if that can be told.
fn is_later(marks: &Marks, coarse: &Mark, anchor: &Anchor) -> Option<bool> {
    let partner = &marks.all[anchor.index];
    let Some(took) = coarse.took else {
        if let Some(later) = anchor.skewed {
            return Some(later);
        }
        if partner.begins {
            let surrounds =
                partner.kind.0 != coarse.kind.0 && partner.took >= marks.least_length(coarse.span);
            return surrounds.then_some(true);
        }
        let tells = |mark: &Mark| !matches!(mark.act, Act::Receive | Act::End | Act::Answer);
        let is_told = |mark: &Mark| !matches!(mark.act, Act::Send | Act::Call);
        // what begins with a value that this one sends began by it
        let sends = || {
            partner.opens
                && !is_told(coarse)
                && coarse.values.iter().any(|value| partner.values.contains(value))
        };
        let first = tells(coarse) && is_told(partner) && (!coarse.opens || sends());
        return match (first, tells(partner) && is_told(coarse)) {
            (_, true) => Some(true),
            (true, false) => Some(false),
            (false, false) => None,
        };
    };
    if !coarse.caller.is_none() && coarse.caller == partner.service_name {
        return Some(anchor.starts);
    }
    let same = |other: &&Mark| other.kind.0 == partner.kind.0;
    let waits = if anchor.starts {
        let next = marks.all[anchor.index + 1..].iter().find(same);
        next.is_none_or(|next| next.time - partner.time >= took)
    } else {
        let before = marks.all[..anchor.index].iter().rev().find(same);
        before.is_some_and(|before| partner.time - before.time >= took)
    };
    // it begins after who called was last heard, and ends before that one goes on
    Some(waits == anchor.starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EventId, SourceId, Symbol};

    const MS: i64 = 1_000_000;

    fn mark(index: u32, service: u64, time: i64) -> Mark {
        Mark {
            id: EventId { batch: 0, index },
            time: time * MS,
            grain: 0,
            kind: (Symbol(service), Symbol(u64::from(index))),
            source: SourceId(service as u32),
            act: Act::Other,
            opens: true,
            values: Vec::new(),
            span: index,
            begins: false,
            took: None,
            service_name: Symbol(service),
            caller: Symbol::NONE,
        }
    }

    /// A call of 30 ms by service 1, which logs at 100 and 140 ms, to service 9, of which service 2 logs something at 120 ms.
    fn call() -> (Marks, Mark) {
        let line = Mark { grain: 1000 * MS, took: Some(30 * MS), ..mark(9, 9, 0) };
        (Marks::of(vec![mark(0, 1, 100), mark(1, 2, 118), mark(2, 2, 120), mark(3, 1, 140)]), line)
    }

    fn anchor(marks: &Marks, index: usize, starts: bool) -> Anchor {
        let beside = marks.all[index].time + if starts { 30 * MS } else { 0 };
        Anchor { index, starts, least: beside - 5 * MS, most: beside + 5 * MS, beside, skewed: None }
    }

    #[test]
    fn a_call_stands_between_what_the_caller_logged_and_around_what_the_called_one_asked_for() {
        let (marks, line) = call();
        let told = |index: usize, starts: bool| is_later(&marks, &line, &anchor(&marks, index, starts));
        assert_eq!((told(0, true), told(3, false)), (Some(true), Some(false)));
        // it ends after what it asked for
        assert_eq!(told(2, false), Some(true));
        let anchors = [anchor(&marks, 0, true), anchor(&marks, 3, false)];
        assert_eq!(narrowed(&marks, &line, &anchors, (125 * MS, 145 * MS)), (130 * MS + 1, 140 * MS - 1));
    }

    #[test]
    fn who_is_named_as_the_caller_stands_around_a_call_whatever_it_logs_meanwhile() {
        let (marks, line) = call();
        let line = Mark { caller: Symbol(2), ..line };
        let told = |index: usize, starts: bool| is_later(&marks, &line, &anchor(&marks, index, starts));
        assert_eq!((told(1, true), told(2, false)), (Some(true), Some(false)));
    }

    #[test]
    fn who_is_told_comes_after_who_tells() {
        let marks = Marks::of(vec![
            Mark { act: Act::Send, ..mark(0, 1, 100) },
            Mark { act: Act::Receive, ..mark(1, 2, 104) },
        ]);
        let of = |act: Act, opens: bool, index: usize| {
            let line = Mark { grain: 1000 * MS, act, opens, ..mark(9, 9, 0) };
            is_later(&marks, &line, &anchor(&marks, index, false))
        };
        assert_eq!(of(Act::Receive, true, 0), Some(true));
        assert_eq!(of(Act::Send, false, 1), Some(false));
        assert_eq!(of(Act::End, true, 1), None);
        // a span that is nothing but its sending
        assert_eq!(of(Act::Send, true, 1), None);
        let line = Mark { grain: 1000 * MS, act: Act::Send, values: vec![Symbol(7)], ..mark(9, 9, 0) };
        let receives = Mark { act: Act::Receive, values: vec![Symbol(7)], ..mark(0, 2, 104) };
        let marks = Marks::of(vec![receives]);
        assert_eq!(is_later(&marks, &line, &anchor(&marks, 0, false)), Some(false));
    }
}
