//! Gives each call the request that made it, all calls of one service instance together.
//!
//! Calls that lie within one request alone teach; then each call is moved, or two of a kind exchanged, as long as the
//! whole becomes likelier. The idea of matching requests and calls by learned gaps is that of Ashok et al.
//! (TraceWeaver, SIGCOMM 2024); the search is our own: near linear, as only what overlaps is compared.

use super::model::{Call, Model};
use rustc_hash::FxHashMap;

/// A request that a service instance handled, or a call that it made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Hash of service and operation.
    pub kind: u64,
    /// Nanoseconds.
    pub start: i64,
    /// Nanoseconds, at least `start`.
    pub end: i64,
}

/// What made a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Index of the request.
    pub request: u32,
    /// The share of this request among those that could have made the call, 0 to 1.
    pub confidence: f32,
    /// In how many requests of that kind such a call was found.
    pub times: u32,
}

/// Requests that are looked at for one call, at most; those that began last.
const MAX_CANDIDATES: usize = 24;
/// Requests that began before a call and are looked through, at most.
const MAX_OPEN: usize = 4096;
/// So many times all calls are gone through, at most.
const ROUNDS: usize = 6;
/// Calls of one request that are weighed, at most: more are not moved.
const MAX_CALLS: usize = 64;

/// One service instance while its calls are given to requests.
struct Desk<'a> {
    requests: &'a [Work],
    calls: &'a [Work],
    /// The requests that enclose each call.
    candidates: &'a [Vec<u32>],
    /// The calls of each request, by start.
    made: Vec<Vec<u32>>,
    /// The request of each call.
    by: Vec<Option<u32>>,
    /// Kinds of calls that a kind of request could have made.
    possible: &'a FxHashMap<u64, Vec<u64>>,
}

/// The requests that enclose each call. Both lists are sorted by start.
pub fn candidates(requests: &[Work], calls: &[Work]) -> Vec<Vec<u32>> {
    let mut open: Vec<u32> = Vec::new();
    let mut next = 0;
    calls
        .iter()
        .map(|call| {
            while requests.get(next).is_some_and(|request| request.start <= call.start) {
                open.push(next as u32);
                next += 1;
            }
            open.retain(|&request| requests[request as usize].end >= call.start);
            if open.len() > MAX_OPEN {
                open.drain(..open.len() - MAX_OPEN);
            }
            let encloses = |request: &&u32| requests[**request as usize].end >= call.end;
            let mut found: Vec<u32> =
                open.iter().rev().filter(encloses).take(MAX_CANDIDATES).copied().collect();
            found.reverse();
            found
        })
        .collect()
}

/// Gives calls to requests: for each call of each instance the request, if there is one.
pub fn assign(instances: &[(Vec<Work>, Vec<Work>)]) -> Vec<Vec<Option<Found>>> {
    let candidates: Vec<Vec<Vec<u32>>> =
        instances.iter().map(|(requests, calls)| candidates(requests, calls)).collect();
    let possible = possible(instances, &candidates);
    let mut desks: Vec<Desk> = instances
        .iter()
        .zip(&candidates)
        .map(|((requests, calls), candidates)| Desk::new(requests, calls, candidates, &possible))
        .collect();
    let mut model = Model::default();
    let mut certain = 0;
    for desk in &desks {
        certain += desk.teach(&mut model, true);
    }
    if certain < 20 {
        model = Model::default();
        for desk in &desks {
            desk.teach(&mut model, false);
        }
    }
    for _ in 0..ROUNDS {
        let mut moved = false;
        for desk in &mut desks {
            moved |= desk.improve(&model);
        }
        model = Model::default();
        for desk in &desks {
            desk.teach(&mut model, false);
        }
        if !moved {
            break;
        }
    }
    desks.iter().map(|desk| desk.found(&model)).collect()
}

fn possible(instances: &[(Vec<Work>, Vec<Work>)], candidates: &[Vec<Vec<u32>>]) -> FxHashMap<u64, Vec<u64>> {
    let mut possible: FxHashMap<u64, Vec<u64>> = FxHashMap::default();
    for ((requests, calls), candidates) in instances.iter().zip(candidates) {
        for (call, candidates) in calls.iter().zip(candidates) {
            for &request in candidates {
                let kinds = possible.entry(requests[request as usize].kind).or_default();
                if !kinds.contains(&call.kind) {
                    kinds.push(call.kind);
                }
            }
        }
    }
    for kinds in possible.values_mut() {
        kinds.sort_unstable();
    }
    possible
}

impl<'a> Desk<'a> {
    /// Begins with each call at the request that has fewest of its kind, the oldest of those.
    fn new(
        requests: &'a [Work],
        calls: &'a [Work],
        candidates: &'a [Vec<u32>],
        possible: &'a FxHashMap<u64, Vec<u64>>,
    ) -> Desk<'a> {
        let mut desk = Desk {
            requests,
            calls,
            candidates,
            made: vec![Vec::new(); requests.len()],
            by: vec![None; calls.len()],
            possible,
        };
        for call in 0..calls.len() as u32 {
            let kind = calls[call as usize].kind;
            let of_kind = |request: u32| {
                desk.made[request as usize]
                    .iter()
                    .filter(|&&other| calls[other as usize].kind == kind)
                    .count()
            };
            let least = candidates[call as usize].iter().copied().min_by_key(|&request| of_kind(request));
            if let Some(request) = least {
                desk.made[request as usize].push(call);
                desk.by[call as usize] = Some(request);
            }
        }
        desk
    }

    /// Teaches what requests do: those alone whose calls are certain, or all. Says how many there were.
    fn teach(&self, model: &mut Model, certain: bool) -> usize {
        // a request is certain if each call that it could have made could be of no other
        let mut unsure = vec![false; self.requests.len()];
        for candidates in self.candidates.iter().filter(|candidates| candidates.len() > 1) {
            for &request in candidates {
                unsure[request as usize] = true;
            }
        }
        let mut taught = 0;
        for (index, request) in self.requests.iter().enumerate() {
            if !(certain && unsure[index]) {
                model.learn(
                    request.kind,
                    request.start,
                    request.end,
                    &self.calls_of(index as u32, None, None),
                );
                taught += 1;
            }
        }
        taught
    }

    /// The calls of a request, one left out and one put in.
    fn calls_of(&self, request: u32, without: Option<u32>, with: Option<u32>) -> Vec<Call> {
        let own = self.made[request as usize].iter().copied();
        own.filter(|call| Some(*call) != without)
            .chain(with)
            .map(|call| {
                let work = &self.calls[call as usize];
                (work.kind, work.start, work.end)
            })
            .collect()
    }

    /// How much likelier a request becomes by an exchange of calls.
    fn gain(&self, model: &Model, request: u32, without: Option<u32>, with: Option<u32>) -> f64 {
        let work = &self.requests[request as usize];
        let possible = self.possible.get(&work.kind).map_or(&[][..], Vec::as_slice);
        let score = |calls: &[Call]| model.score(work.kind, work.start, work.end, calls, possible);
        score(&self.calls_of(request, without, with)) - score(&self.calls_of(request, None, None))
    }

    /// The best way to give a call to another request: the gain, and the call that comes back for it.
    fn change(&self, model: &Model, call: u32, to: u32) -> (f64, Option<u32>) {
        let from = self.by[call as usize];
        let leave = |with| from.map_or(0.0, |from| self.gain(model, from, Some(call), with));
        let mut best = (leave(None) + self.gain(model, to, None, Some(call)), None);
        let kind = self.calls[call as usize].kind;
        for &other in &self.made[to as usize] {
            let fits = self.calls[other as usize].kind == kind
                && from.is_some_and(|from| self.candidates[other as usize].contains(&from));
            if fits {
                let gain = leave(Some(other)) + self.gain(model, to, Some(other), Some(call));
                if gain > best.0 {
                    best = (gain, Some(other));
                }
            }
        }
        best
    }

    /// Goes through all calls once; says whether one was moved.
    fn improve(&mut self, model: &Model) -> bool {
        let mut moved = false;
        for call in 0..self.calls.len() as u32 {
            let Some(from) = self.by[call as usize] else { continue };
            if self.candidates[call as usize].len() < 2 {
                continue;
            }
            let best = self.candidates[call as usize]
                .iter()
                .filter(|&&to| to != from && self.small(to) && self.small(from))
                .map(|&to| (self.change(model, call, to), to))
                .max_by(|a, b| a.0.0.total_cmp(&b.0.0).then(b.1.cmp(&a.1)));
            let Some(((gain, back), to)) = best else { continue };
            if gain > 1e-6 {
                self.put(call, to);
                if let Some(back) = back {
                    self.put(back, from);
                }
                moved = true;
            }
        }
        moved
    }

    fn small(&self, request: u32) -> bool {
        self.made[request as usize].len() <= MAX_CALLS
    }

    fn put(&mut self, call: u32, to: u32) {
        if let Some(from) = self.by[call as usize].replace(to) {
            self.made[from as usize].retain(|other| *other != call);
        }
        let made = &mut self.made[to as usize];
        let at = made.partition_point(|other| *other < call);
        made.insert(at, call);
    }

    /// The request of each call, with its share among all that could be.
    fn found(&self, model: &Model) -> Vec<Option<Found>> {
        (0..self.calls.len() as u32)
            .map(|call| {
                let request = self.by[call as usize]?;
                let others: f64 = self.candidates[call as usize]
                    .iter()
                    .filter(|&&to| to != request && self.small(to) && self.small(request))
                    .map(|&to| libm::exp(self.change(model, call, to).0.min(0.0)))
                    .sum();
                let kind = self.requests[request as usize].kind;
                let times = model.times(kind, self.calls[call as usize].kind);
                // where there is a choice, what was seldom seen is not known well
                let known = if self.candidates[call as usize].len() > 1 {
                    f64::from(times) / (f64::from(times) + 5.0)
                } else {
                    1.0
                };
                Some(Found { request, confidence: (0.99 * known / (1.0 + others)) as f32, times })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(kind: u64, start: i64, end: i64) -> Work {
        Work { kind, start, end }
    }

    /// Requests that make one call 100 us after they begin and end 50 us after it; every tenth pair overlaps.
    fn run(overlap: bool) -> (Vec<Work>, Vec<Work>, Vec<u32>) {
        let (mut requests, mut calls) = (Vec::new(), Vec::new());
        for index in 0..60i64 {
            let start =
                if overlap && index % 10 == 9 { (index - 1) * 1_000_000 + 40_000 } else { index * 1_000_000 };
            let length = 300_000 + index % 7 * 20_000;
            requests.push(work(7, start, start + length + 150_000));
            calls
                .push((work(8, start + 100_000 + index % 5 * 1_000, start + 100_000 + length), index as u32));
        }
        calls.sort_by_key(|(call, _)| call.start);
        let truth = calls.iter().map(|(_, index)| *index).collect();
        (requests, calls.into_iter().map(|(call, _)| call).collect(), truth)
    }

    #[test]
    fn calls_within_one_request_are_its_own() {
        let (requests, calls, truth) = run(false);
        let found = assign(&[(requests, calls)]);
        let got: Vec<u32> = found[0].iter().map(|found| found.expect("enclosed").request).collect();
        assert_eq!(got, truth);
        assert!(found[0].iter().flatten().all(|found| found.confidence > 0.95 && found.times == 60));
    }

    #[test]
    fn overlapping_requests_are_told_apart_by_usual_gaps() {
        let (requests, calls, truth) = run(true);
        let found = assign(&[(requests, calls)]);
        let got: Vec<u32> = found[0].iter().map(|found| found.expect("enclosed").request).collect();
        assert_eq!(got, truth);
    }

    #[test]
    fn two_requests_that_could_have_made_a_call_alike_are_no_certainty() {
        let (mut requests, mut calls, _) = run(false);
        let at = 100_000_000;
        requests.extend([work(7, at, at + 450_000), work(7, at, at + 450_000)]);
        calls.extend([work(8, at + 100_000, at + 400_000), work(8, at + 100_000, at + 400_000)]);
        let found = assign(&[(requests, calls)]);
        let last: Vec<&Found> = found[0][60..].iter().flatten().collect();
        assert_ne!(last[0].request, last[1].request);
        assert!(last.iter().all(|found| found.confidence < 0.6), "{last:?}");
    }

    #[test]
    fn a_call_outside_all_requests_has_none() {
        let found = assign(&[(vec![work(7, 0, 100)], vec![work(8, 50, 200)])]);
        assert_eq!(found, [[None]]);
    }
}
