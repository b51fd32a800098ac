//! When spans began and ended: by their records, and by how long these tell that something took, as a line of an access log is
//! written at the end.
//!
//! A duration is believed unless such records print other ones in this run (`ages`), or the span would have begun before the
//! one that caused it. Records of coarse clocks stand where weaving put them (`coarse`), and spans of such clocks are moved, by
//! less than their clock tells, so that no span begins before its cause and they surround what they may have waited for.

use super::ages::Ages;
use super::lexicon::Lexicon;
use super::spans::Draft;
use crate::gather::Store;
use crate::model::{EventId, Time, flag};
use rustc_hash::FxHashMap;

/// Durations and times are rounded: nanoseconds.
const ROUNDED: i64 = 1_000_000;

/// Sets the times of spans that have their parents. The raw ones begin earlier, too, where durations tell it.
pub(super) fn set(
    store: &Store,
    known: (&Lexicon, &Ages),
    placed: &FxHashMap<EventId, i64>,
    spans: &mut [Draft],
) {
    if !placed.is_empty() {
        spans.iter_mut().for_each(|span| place(store, placed, span));
    }
    let (order, children) = downwards(spans);
    for &index in &order {
        let span = &spans[index];
        let Some(told) = told(store, known, placed, span).filter(|told| *told < span.start) else { continue };
        let start = match span.parent.map(|parent| &spans[parent as usize]) {
            // a placeholder spans its children, whatever these say
            Some(parent) if !parent.missing && bounds(store, parent, span) => {
                let slack = ROUNDED.max(grain(store, span)).max(grain(store, parent));
                if told.0.saturating_add(slack) < parent.start.0 {
                    continue;
                }
                if slack > ROUNDED { told } else { told.max(parent.start.min(span.start)) }
            }
            _ => told,
        };
        let span = &mut spans[index];
        let shift = span.start.0.saturating_sub(start.0);
        span.start = start;
        span.raw.0 = Time(span.raw.0.0.saturating_sub(shift));
    }
    if !placed.is_empty() {
        for &index in order.iter().rev() {
            if !is_coarse(placed, &spans[index]) {
                continue;
            }
            let shift = fitting(store, index, &children[index], spans);
            let span = &mut spans[index];
            span.start = Time(span.start.0.saturating_add(shift));
            span.end = Time(span.end.0.saturating_add(shift));
        }
    }
}

/// Whether the first record of a parent tells when a span cannot have begun yet. It tells nothing of a span that one record tells
/// whole, and that was over before its parent logged anything.
fn bounds(store: &Store, parent: &Draft, span: &Draft) -> bool {
    let grain = grain(store, span).max(grain(store, parent)).min(ROUNDED);
    parent.start != Time(i64::MAX)
        && (span.events.len() > 1 || parent.start.0.saturating_add(grain) <= span.start.0)
}

/// Whether a clock that is coarse among finer ones tells when a span was.
fn is_coarse(placed: &FxHashMap<EventId, i64>, span: &Draft) -> bool {
    !span.events.is_empty() && span.events.iter().all(|id| placed.contains_key(id))
}

/// By how much a span of a coarse clock is moved.
fn fitting(store: &Store, index: usize, children: &[usize], spans: &[Draft]) -> i64 {
    let span = &spans[index];
    let between = |from: Time, to: Time| to.0.saturating_sub(from.0);
    // its last record was logged at some moment of what its clock told
    let logged = span.events.iter().map(|id| store.written(*id)).max().unwrap_or(span.end);
    let least = between(span.end, logged).min(0);
    let most = between(span.end, logged).saturating_add(grain(store, span) - 1).max(0);
    let known = |other: &Draft| !other.missing && other.start <= other.end;
    let below = || children.iter().map(|&child| &spans[child]).filter(|child| known(child));
    let above = span.parent.map(|parent| &spans[parent as usize]).filter(|parent| known(parent));
    // no span begins before its cause
    let after = above.map_or(least, |above| between(span.start, above.start)).max(least);
    let before = below().map(|child| between(span.start, child.start)).min().unwrap_or(most).min(most);
    if after > before {
        return 0;
    }
    // and who calls waits for the answer, where that may be
    let waits =
        below().map(|child| between(span.end, child.end)).filter(|wait| (after..=before).contains(wait));
    let after = waits.max().unwrap_or(after);
    let answered = above.map_or(before, |above| between(span.end, above.end));
    let before = if (after..=before).contains(&answered) { answered } else { before };
    0.clamp(after, before)
}

/// When a record was written, where it was put.
fn time(store: &Store, placed: &FxHashMap<EventId, i64>, id: EventId) -> Time {
    placed.get(&id).map_or_else(|| store.written(id), |time| Time(*time))
}

/// Has a span begin and end with its records where they were put.
fn place(store: &Store, placed: &FxHashMap<EventId, i64>, span: &mut Draft) {
    if span.events.iter().any(|id| placed.contains_key(id)) {
        let timed = span.events.iter().filter(|id| !store.event(**id).is(flag::TIME_UNKNOWN));
        let times = timed.map(|id| time(store, placed, *id));
        (span.start, span.end) = times
            .fold((Time(i64::MAX), Time(i64::MIN)), |(start, end), time| (start.min(time), end.max(time)));
    }
}

/// When a span began by the durations that its records print.
fn told(
    store: &Store,
    (lexicon, ages): (&Lexicon, &Ages),
    placed: &FxHashMap<EventId, i64>,
    span: &Draft,
) -> Option<Time> {
    let begins = span.events.iter().filter_map(|id| {
        let event = store.event(*id);
        let taken = store.duration(*id)?;
        let is_own = !event.is(flag::WHOLE_SPAN | flag::TIME_UNKNOWN)
            && !ages.has(event.service, lexicon.frame(event.template));
        is_own.then(|| Time(time(store, placed, *id).0.saturating_sub(taken)))
    });
    begins.min()
}

/// What the times of a span's clock are multiples of.
fn grain(store: &Store, span: &Draft) -> i64 {
    store.census.windows.get(&(span.service, span.instance)).map_or(0, |window| window.grain)
}

/// Spans, parents before children; and the children of each.
fn downwards(spans: &[Draft]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut order = Vec::with_capacity(spans.len());
    for (index, span) in spans.iter().enumerate() {
        match span.parent {
            Some(parent) => children[parent as usize].push(index),
            None => order.push(index),
        }
    }
    let mut at = 0;
    while at < order.len() {
        order.extend_from_slice(&children[order[at]]);
        at += 1;
    }
    (order, children)
}
