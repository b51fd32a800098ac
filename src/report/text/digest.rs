//! What an overview needs of the transactions of a run, some of which may be gone when it is written.

use super::findings::Groups;
use super::list::MAX_ID;
use super::{has_time, id_text};
use crate::gather::Store;
use crate::model::{Finding, FindingKind, Severity, Status, Time, Trace, TraceId};
use rustc_hash::FxHashSet;

/// Failed transactions that are shown where no finding tells of them.
const MAX_FAILED: usize = 5;
/// Slow transactions that are shown.
const MAX_SLOW: usize = 10;

/// A transaction without its spans and records.
#[derive(Clone, Debug)]
pub(super) struct Brief {
    pub trace: Trace,
    /// Spans that were logged.
    pub spans: u64,
}

impl Brief {
    pub(super) fn of(trace: &Trace) -> Brief {
        let spans = trace.spans.iter().filter(|span| !span.missing).count() as u64;
        let trace = Trace {
            id: trace.id,
            opaque: trace.opaque,
            members: Vec::new(),
            keys: Vec::new(),
            name: trace.name,
            service: trace.service,
            root: None,
            start: trace.start,
            end: trace.end,
            status: trace.status,
            services: trace.services.clone(),
            spans: Vec::new(),
            loose: Vec::new(),
            loose_errors: trace.loose_errors,
            critical_path: Vec::new(),
        };
        Brief { trace, spans }
    }
}

/// The digest of a run.
#[derive(Debug, Default)]
pub struct Digest {
    /// How many transactions ended how.
    pub(super) statuses: [u64; 4],
    /// Of those that came to their end, how many were slow, and in how many something was done twice.
    pub(super) slow: u64,
    pub(super) twice: u64,
    /// Of the transactions taken in last: those that came to their end, and of which no finding tells so far.
    fine: FxHashSet<TraceId>,
    /// The first that failed, and how many did.
    pub(super) failed: Vec<Brief>,
    pub(super) failures: u64,
    /// Those that took longest; the first of equal ones first.
    pub(super) slowest: Vec<Brief>,
    /// Of those with a time: start and length; and the last end.
    pub(super) times: Vec<(Time, u64)>,
    pub(super) end: Option<Time>,
    /// Findings by cause.
    pub(super) groups: Groups,
    /// All ids of transactions.
    ids: Vec<TraceId>,
}

impl Digest {
    /// Takes in transactions, in their order.
    pub fn add(&mut self, traces: &[Trace]) {
        self.fine.clear();
        for trace in traces {
            if trace.status == Status::Ok {
                self.fine.insert(trace.id);
            }
            self.statuses[trace.status as usize] += 1;
            self.ids.push(trace.id);
            self.ids.extend(trace.members.iter().filter(|&&member| member != trace.id));
            if trace.status == Status::Error {
                self.failures += 1;
                if self.failed.len() < MAX_FAILED {
                    self.failed.push(Brief::of(trace));
                }
            }
            if has_time(trace) {
                self.times.push((trace.start, trace.duration()));
                self.end = self.end.max(Some(trace.end));
                let longer = |other: &Brief| other.trace.duration() >= trace.duration();
                let at = self.slowest.partition_point(longer);
                if at < MAX_SLOW {
                    self.slowest.insert(at, Brief::of(trace));
                    self.slowest.truncate(MAX_SLOW);
                }
            }
        }
    }

    /// Takes in findings, in their order: those of the transactions taken in last, or of the whole run.
    pub fn find(&mut self, findings: &[Finding]) {
        for finding in findings {
            let count = match finding.kind {
                FindingKind::Slow => Some(&mut self.slow),
                FindingKind::Duplicate => Some(&mut self.twice),
                _ => None,
            };
            if let (Some(count), Some(trace)) = (count, finding.trace)
                && finding.severity > Severity::Info
                && self.fine.remove(&trace)
            {
                *count += 1;
            }
            self.groups.add(finding);
        }
    }

    /// How many transactions there are.
    pub fn transactions(&self) -> u64 {
        self.statuses.iter().sum()
    }

    /// How many characters tell the ids of the transactions apart, but at least `least`; at most `most`.
    pub(super) fn id_length(&self, store: &Store, least: usize, most: usize) -> usize {
        id_length(store, self.ids.clone(), least, most)
    }
}

/// How many characters tell ids apart, but at least `least`; at most `most`.
pub(super) fn id_length(store: &Store, mut ids: Vec<TraceId>, least: usize, most: usize) -> usize {
    ids.sort_unstable();
    ids.dedup();
    let needed = if ids.iter().any(|id| store.symbols.has(id.symbol())) {
        of_texts(ids.into_iter().map(|id| front(id_text(store, id).as_bytes())).collect())
    } else {
        of_numbers(ids.into_iter().map(TraceId::bits).collect())
    };
    needed.clamp(least, most)
}

/// The first bytes of an id: none is shown at greater length.
type Front = [u8; MAX_ID];

fn front(text: &[u8]) -> Front {
    let mut front = [0; MAX_ID];
    let length = text.len().min(front.len());
    front[..length].copy_from_slice(&text[..length]);
    front
}

/// Of different ids in any spelling, by their fronts.
fn of_texts(mut fronts: Vec<Front>) -> usize {
    fronts.sort_unstable();
    let common = |pair: &[Front]| pair[0].iter().zip(&pair[1]).take_while(|(a, b)| a == b).count();
    fronts.windows(2).map(|pair| common(pair) + 1).max().unwrap_or(0)
}

/// Of numbers, in hexadecimal digits without leading zeros.
fn of_numbers(mut numbers: Vec<u128>) -> usize {
    let digits = |number: u128| (u128::BITS - number.leading_zeros()).div_ceil(4);
    // the first digit in front; of the numbers that only differ in zeros at their end the shorter one is first
    let front = |number: u128| (number << (u128::BITS - 4 * digits(number)), digits(number));
    numbers.sort_unstable_by_key(|&number| front(number));
    numbers.dedup();
    let common = |pair: &[u128]| {
        let ((a, a_digits), (b, b_digits)) = (front(pair[0]), front(pair[1]));
        ((a ^ b).leading_zeros() / 4).min(a_digits).min(b_digits)
    };
    numbers.windows(2).map(|pair| common(pair) as usize + 1).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_told_apart_as_their_texts_are(
            numbers in prop::collection::vec(prop_oneof![1u128..400, any::<u128>().prop_map(|id| id | 1)], 0..40)
        ) {
            let mut numbers = numbers;
            numbers.sort_unstable();
            numbers.dedup();
            let fronts = numbers.iter().map(|number| front(format!("{number:x}").as_bytes())).collect();
            prop_assert_eq!(of_numbers(numbers), of_texts(fronts));
        }
    }
}
