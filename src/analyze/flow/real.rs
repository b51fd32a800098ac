//! Whether what is absent from a transaction did not happen, or only its records are not there: they may be in other
//! transactions or in none, where no ids tell which belong together.

use super::count::StepCount;
use super::frame::Frame;
use super::rules::Rule;
use super::shape::Shape;
use super::steps::Steps;
use super::usual::{MIN_PEERS, Usual};
use crate::model::Symbol;
use rustc_hash::FxHashMap;

/// Where more records than so many for each absence are in no transaction, these are usual.
const MAX_NOWHERE: u32 = 3;
/// At most this share of a kind of thing has another cause than the one that is known.
const MAX_OTHERWISE: f64 = 0.05;
/// As many records in no transaction may be there by chance.
const BY_CHANCE: u32 = 1;
/// A step leads elsewhere if so many transactions have it, with the one that is looked at,
const MIN_ELSEWHERE: u32 = 4;
/// and at most this share of the others has what else comes.
const MAX_ALONG: f64 = 0.1;

impl Usual {
    /// How many records are worded like each step and in no transaction.
    pub(super) fn in_no_transaction(&self, frame: &Frame) -> FxHashMap<u64, u32> {
        let wording = |count: &StepCount| frame.wording(count.example.template);
        let mut placed: FxHashMap<Symbol, u64> = FxHashMap::default();
        for (step, count) in &self.ends {
            *placed.entry(wording(count)).or_default() += u64::from(self.occurs(*step).times);
        }
        let nowhere = self.ends.iter().filter_map(|(step, count)| {
            let wording = wording(count);
            let lost = frame.records.get(&wording)?.saturating_sub(placed[&wording]);
            (lost > 0 && !wording.is_none()).then(|| (*step, u32::try_from(lost).unwrap_or(u32::MAX)))
        });
        nowhere.collect()
    }

    /// About what share of so many absences of a step is real, where so many transactions have it that should not: for each
    /// of these, which is a part torn off, one is not, nor for each record like it that is in no transaction. Where far more
    /// are in none, that is how things are.
    pub fn real(&self, step: u64, absent: u32, loose: u32) -> f64 {
        let absent = absent.max(1);
        let nowhere = self.nowhere.get(&step).copied().unwrap_or_default();
        let nowhere = if nowhere > absent.saturating_mul(MAX_NOWHERE) { 0 } else { nowhere };
        let nowhere = if nowhere <= BY_CHANCE { 0 } else { nowhere };
        (1.0 - f64::from(loose.saturating_add(nowhere)) / f64::from(absent)).max(0.0)
    }

    /// The share of the absences by a rule that is real. Of a transaction that one trace id makes `whole` nothing is torn off
    /// but what begins another one and mostly is caused by something.
    pub fn real_by(&self, rule: &Rule, whole: bool) -> f64 {
        let parts = || self.parts.iter().map(|root| self.in_root(*root, rule.effect).transactions).sum();
        let torn_off = if whole { rule.loose.min(parts()) } else { rule.loose };
        self.real(rule.effect, rule.peers.saturating_sub(rule.right), torn_off)
    }

    /// Whether a step must have happened though no record of it is there: what it alone leads to is there more often, in the
    /// service itself or in others. Of what one trace id makes `whole` only what was sent tells that.
    pub fn has_happened(&self, shape: &Shape, steps: &Steps, step: u64, whole: bool) -> bool {
        let own = self.mandatory.get(&step).map_or(&[][..], Vec::as_slice);
        let alone = |own: &u64| {
            let here = self.counts.steps.get(&(step, *own)).map_or(0, |count| count.hops);
            let all = self.step(*own).map_or(0, |count| count.hops);
            *own != step && f64::from(all - here.min(all)) <= f64::from(all) * MAX_OTHERWISE
        };
        // where a hop begins with what is known to begin others, what it goes on with may come of that
        let elsewhere = |own: &u64| {
            let begins = steps.first(*own).map_or(step, |place| shape.hops[place.hop as usize].kind);
            ![step, *own].contains(&begins)
                && self.counts.kinds.get(&begins).is_some_and(|kind| kind.hops >= MIN_PEERS)
        };
        let mut own_alone = own.iter().filter(|own| alone(own) && !(whole && elsewhere(own)));
        own_alone.any(|own| steps.number(*own) > steps.number(step))
            || own.iter().chain([&step]).any(|cause| {
                let rules = self.rules.triggered_by(*cause);
                // that things mostly come together does not tell that one comes of the other
                let sure = |rule: &&Rule| {
                    f64::from(rule.loose) <= f64::from(rule.peers) * MAX_OTHERWISE
                        && (rule.delivery || !whole)
                };
                rules.filter(sure).any(|rule| rule.surplus(steps) > 0)
            })
    }

    /// Whether something was there before a time with which, in other transactions, a step mostly is not: then things went
    /// another way. The transaction itself lacks the step, so it says nothing.
    pub fn leads_elsewhere(&self, steps: &Steps, until: i64, step: u64) -> bool {
        let before = |it: &u64| steps.first(*it).is_some_and(|place| place.time <= until);
        let elsewhere = |it: u64| {
            let (all, some) = self.along.ways.together(it, step);
            all >= MIN_ELSEWHERE && f64::from(some) <= f64::from(all - 1) * MAX_ALONG
        };
        steps.kinds().filter(before).any(elsewhere)
    }
}

#[cfg(test)]
mod tests {
    use crate::analyze::made::{Does, Made};
    use crate::model::Level::{self, Info, Warn};
    use crate::model::{FindingKind, Severity};

    const ORDER: Does<'_> =
        ("shop", None, false, &[(0, Info, "order placed"), (5, Info, "sent order.placed")]);
    const USUAL: &[(i64, Level, &str)] =
        &[(10, Info, "charge asked for"), (20, Info, "card charged"), (30, Info, "receipt written")];

    /// What somebody should look at in the last of many transactions.
    fn warnings(made: Made) -> Vec<FindingKind> {
        let found = made.of_the_last().into_iter();
        found.filter(|(_, severity, ..)| *severity > Severity::Info).map(|(kind, ..)| kind).collect()
    }

    fn usual() -> Made {
        let mut made = Made::new();
        (0..80).for_each(|_| made.add(&[ORDER, ("payer", Some(0), true, USUAL)]));
        made
    }

    #[test]
    fn what_is_in_no_transaction_is_not_missing() {
        let lost = |records: u64| {
            let mut made = usual();
            made.add(&[ORDER]);
            made.log_elsewhere("charge asked for", records);
            warnings(made)
        };
        assert_eq!(lost(0), [FindingKind::MissingStep]);
        // one may be there by chance
        assert_eq!(lost(1), [FindingKind::MissingStep]);
        assert_eq!(lost(2), []);
        // it is logged for other reasons as well
        assert_eq!(lost(100), [FindingKind::MissingStep]);
    }

    #[test]
    fn what_has_consequences_has_happened() {
        let mut made = usual();
        made.add(&[ORDER, ("payer", Some(0), false, &USUAL[1..])]);
        assert_eq!(warnings(made), []);
    }

    #[test]
    fn what_waits_for_another_message_tells_nothing_of_that() {
        const WAITS: (i64, Level, &str) = (21, Info, "waiting for the rest");
        const LABEL: Does<'_> = ("packer", Some(0), true, &[(40, Info, "label taken"), (41, Info, "packed")]);
        let made = |last: Does<'_>| {
            let mut made = Made::new();
            for _ in 0..60 {
                made.add(&[ORDER, ("packer", Some(0), true, &[(20, Info, "stock taken"), WAITS]), LABEL]);
            }
            made.add(&[ORDER, last]);
            made
        };
        // in a join, whoever comes first waits
        let label_alone = || made(("packer", Some(0), true, &[(20, Info, "label taken"), WAITS]));
        assert_eq!(warnings(label_alone().by_trace_ids()), [FindingKind::MissingStep]);
        // without trace ids the record of the stock may be elsewhere
        assert_eq!(warnings(label_alone()), []);
    }

    #[test]
    fn of_transactions_of_one_trace_id_only_what_begins_one_is_torn_off() {
        let made = |alone: Does<'_>| {
            let mut made = usual();
            made.add(&[alone]);
            made.add(&[ORDER]);
            warnings(made.by_trace_ids())
        };
        assert_eq!(made(("payer", None, true, USUAL)), []);
        let other: &[(i64, Level, &str)] = &[(0, Info, "order changed"), (5, Info, "changes are sent")];
        let mut made = usual();
        made.add(&[("shop", None, false, other), ("payer", Some(0), true, USUAL)]);
        made.add(&[ORDER]);
        assert_eq!(warnings(made.by_trace_ids()), [FindingKind::MissingStep]);
    }

    #[test]
    fn what_came_before_may_lead_elsewhere() {
        let stopped = |order: Does<'_>| {
            let mut made = usual();
            (0..4).for_each(|_| made.add(&[order, ("payer", Some(0), true, &USUAL[..1])]));
            warnings(made)
        };
        assert_eq!(stopped(ORDER), [FindingKind::Stuck]);
        let frozen =
            &[(0, Info, "order placed"), (2, Warn, "account is frozen"), (5, Info, "sent order.placed")];
        assert_eq!(stopped(("shop", None, false, frozen)), []);
    }
}
