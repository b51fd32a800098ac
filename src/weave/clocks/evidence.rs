//! Differences between the times of events that belong together.

use super::super::coarse::Coarse;
use super::super::lexicon::Lexicon;
use super::super::stitch::Group;
use super::super::words::Act;
use super::known::Known;
use super::level::{Level, Told};
use crate::gather::{Clocks, Fragments, Store};
use crate::model::{Detail, EventId, Symbol, Time, flag};
use rustc_hash::{FxHashMap, FxHashSet};

/// So many transactions are looked at.
const MAX_GROUPS: usize = 1024;
/// So many templates of each.
const MAX_NODES: usize = 64;
/// A pair that is blurred more than this, in nanoseconds, tells nothing.
pub(super) const MAX_BLUR: i64 = 2_000_000_000;
/// Fewer differences than this tell nothing.
const MIN_SAMPLES: usize = 8;

/// Whether the transaction of a number, out of so many, is looked at.
pub(in crate::weave) fn looks_at(number: u32, groups: usize) -> bool {
    (number as usize).is_multiple_of(groups.div_ceil(MAX_GROUPS).max(1))
}

/// What one clock logs, by its template or [`Lexicon::what`], and which moment it is.
pub(super) type Node = (u32, Symbol, Moment);

/// When something is: as logged; where work that was told of when it was done began, by how long it
/// took, or as its record is stamped; where an exported span ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Moment {
    Logged,
    Begin,
    Stamp,
    End,
}

/// How two templates of two clocks are apart.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// Indices of the clocks: the one that comes first by cause, and the other.
    pub from: u32,
    pub to: u32,
    /// Time of the effect minus time of the cause, smallest first.
    pub gaps: Vec<i64>,
    /// When, and the gap, in order of time.
    pub course: Vec<(Time, i64)>,
    /// Words or ids tell which causes which; else the shape of the differences does.
    pub proven: bool,
}

impl Pair {
    /// The gap below which a share of all gaps lies.
    pub fn quantile(&self, share: f64) -> i64 {
        self.gaps[((self.gaps.len() - 1) as f64 * share).round() as usize]
    }

    /// Where the gaps crowd: the lower end and the width of the shortest interval that holds a quarter of them. A sender
    /// that logs only when the broker has confirmed may log after the receiver: the smallest gap would tell nothing.
    pub fn crowd(&self) -> (i64, i64) {
        let quarter = (self.gaps.len() / 4).max(1);
        let intervals = self.gaps.windows(quarter + 1).map(|window| (window[quarter] - window[0], window[0]));
        intervals.min().map_or((0, i64::MAX), |(width, low)| (low, width.max(1)))
    }
}

/// All pairs that tell something.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// The clocks: service and instance.
    pub clocks: Vec<(Symbol, Symbol)>,
    /// What the times of a clock are multiples of, in nanoseconds.
    pub resolution: Vec<i64>,
    pub pairs: Vec<Pair>,
    pub coarse: Told,
    /// First and last time.
    pub span: (Time, Time),
}

#[derive(Debug, Default)]
struct Samples {
    /// When, and time of the second minus time of the first.
    gaps: Vec<(Time, i64)>,
    /// How often the two hold one message's value.
    same_message: u32,
    /// How often the first is stated as the parent of the second, and the other way round.
    stated: (u32, u32),
    /// How often the first, and the second, is the first record of its span.
    opens: (u32, u32),
}

pub(super) struct Seen {
    pub node: Node,
    id: EventId,
    pub time: Time,
    values: Vec<Symbol>,
    /// It is the first record of its span.
    opens: bool,
}

impl Evidence {
    /// Of transactions that [`looks_at`] chose, with times of other zones put right.
    pub fn of(
        store: &Store,
        fragments: &Fragments,
        groups: &[Group],
        zones: &Clocks,
        lexicon: &Lexicon,
    ) -> Evidence {
        let mut evidence = Evidence { span: (Time(i64::MAX), Time(i64::MIN)), ..Evidence::default() };
        let mut known = Known::default();
        let mut samples: FxHashMap<(Node, Node), Samples> = FxHashMap::default();
        let mut level = Level::default();
        let has_coarse = !Coarse::of(store).is_idle();
        for group in groups {
            let events = in_order(store, fragments, group);
            let mut once = |what: &dyn Fn(EventId) -> Symbol| {
                let seen = once(store, &events, zones, what, &mut known, &mut evidence.span);
                if seen.iter().any(|one| one.node.0 != seen[0].node.0) { seen } else { Vec::new() }
            };
            pairs(store, &once(&|id| store.event(id).template), &mut samples);
            if has_coarse {
                let seen = once(&|id| lexicon.what(store, id));
                level.see(&seen, &known.resolutions);
            }
        }
        (evidence.clocks, evidence.resolution) = (known.names, known.resolutions);
        evidence.coarse = level.told(&evidence.resolution);
        let mut all: Vec<((Node, Node), Samples)> =
            samples.into_iter().filter(|(_, samples)| samples.gaps.len() >= MIN_SAMPLES).collect();
        all.sort_by_key(|(nodes, _)| *nodes);
        for ((a, b), samples) in all {
            evidence.pairs.extend(directed(a, b, samples, lexicon));
        }
        evidence
    }
}

/// The events of a transaction in the order of time.
fn in_order(store: &Store, fragments: &Fragments, group: &Group) -> Vec<EventId> {
    let mut events: Vec<EventId> = group.events(fragments).chain(group.untraced.iter().copied()).collect();
    events.sort_by_key(|id| store.order(*id));
    events
}

/// What a transaction has once, with times; `what` tells what a record is.
fn once(
    store: &Store,
    events: &[EventId],
    zones: &Clocks,
    what: &dyn Fn(EventId) -> Symbol,
    known: &mut Known,
    span: &mut (Time, Time),
) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    let mut twice: FxHashSet<Node> = FxHashSet::default();
    let mut spans = FxHashSet::default();
    for &id in events {
        let event = store.event(id);
        if event.is(flag::TIME_UNKNOWN | flag::TIME_INHERITED) || event.service.is_none() {
            continue;
        }
        let clock = known.number((event.service, event.instance), event.time);
        let time = Time(zones.time(event).0.saturating_add(store.delay(id)));
        let opens = event.span.is_some_and(|span| spans.insert((event.trace, span)));
        *span = (span.0.min(time), span.1.max(time));
        let mut length = None;
        let mut values = Vec::new();
        for detail in store.details(id) {
            match *detail {
                Detail::Key { value, .. } => values.push(value),
                Detail::Duration(nanos) if event.is(flag::WHOLE_SPAN) => length = i64::try_from(nanos).ok(),
                _ => {}
            }
        }
        let what = if event.template.is_none() { operation(store, id) } else { what(id) };
        let mut add = |moment: Moment, time: Time, values: Vec<Symbol>| {
            let node = (clock, what, moment);
            if twice.contains(&node) {
                return;
            }
            if seen.iter().any(|one| one.node == node) {
                seen.retain(|one| one.node != node);
                twice.insert(node);
            } else if seen.len() < MAX_NODES {
                let opens = moment == Moment::Begin || opens && moment == Moment::Logged;
                seen.push(Seen { node, id, time, values, opens });
            }
        };
        if let Some(length) = begun(store, id) {
            let moment = if store.delay(id) > 0 { Moment::Stamp } else { Moment::Begin };
            add(moment, Time(time.0.saturating_sub(length)), values.clone());
        }
        add(Moment::Logged, time, values);
        if let Some(length) = length {
            add(Moment::End, Time(time.0.saturating_add(length)), Vec::new());
        }
    }
    seen
}

/// How long before it was logged that began which an event tells of when it is done.
pub(super) fn begun(store: &Store, id: EventId) -> Option<i64> {
    store.duration(id).filter(|_| !store.event(id).is(flag::WHOLE_SPAN))
}

fn operation(store: &Store, id: EventId) -> Symbol {
    store
        .details(id)
        .iter()
        .find_map(|detail| match detail {
            Detail::Operation(name) => Some(*name),
            _ => None,
        })
        .unwrap_or_default()
}

fn pairs(store: &Store, seen: &[Seen], samples: &mut FxHashMap<(Node, Node), Samples>) {
    let mut holders: FxHashMap<Symbol, u32> = FxHashMap::default();
    for one in seen.iter().filter(|one| one.node.2 == Moment::Logged) {
        for value in &one.values {
            *holders.entry(*value).or_default() += 1;
        }
    }
    for (index, a) in seen.iter().enumerate() {
        for b in &seen[index + 1..] {
            if a.node.0 == b.node.0 {
                continue;
            }
            let (a, b) = if a.node < b.node { (a, b) } else { (b, a) };
            let entry = samples.entry((a.node, b.node)).or_default();
            entry.gaps.push((a.time, b.time.0.saturating_sub(a.time.0)));
            entry.same_message += u32::from(a.values.iter().any(|value| {
                holders.get(value).is_some_and(|count| *count <= 4) && b.values.contains(value)
            }));
            entry.opens.0 += u32::from(a.opens);
            entry.opens.1 += u32::from(b.opens);
            let (first, second) = (store.event(a.id), store.event(b.id));
            entry.stated.0 += u32::from(second.parent.is_some() && second.parent == first.span);
            entry.stated.1 += u32::from(first.parent.is_some() && first.parent == second.span);
        }
    }
}

/// Which of two templates causes the other, if anything tells.
fn directed(a: Node, b: Node, samples: Samples, lexicon: &Lexicon) -> Option<Pair> {
    let Samples { mut gaps, same_message, stated, opens } = samples;
    let count = gaps.len() as u32;
    gaps.sort_unstable();
    let sorted = {
        let mut only: Vec<i64> = gaps.iter().map(|(_, gap)| *gap).collect();
        only.sort_unstable();
        only
    };
    let (first, second) = (lexicon.words(a.1).act, lexicon.words(b.1).act);
    let message = same_message * 10 >= count * 8;
    let mostly = |part: u32| part * 10 >= count * 8;
    let sends = |act| matches!(act, Act::Send | Act::Call);
    // what begins with a message that another one sent got it from there
    let gets = |node: Node, act, opens| {
        act == Act::Receive
            || mostly(opens) && (node.2 == Moment::Begin || matches!(act, Act::Other | Act::Start))
    };
    let logged = a.2 == Moment::Logged && b.2 == Moment::Logged;
    let forward = mostly(stated.0) && logged
        || message && a.2 == Moment::Logged && sends(first) && gets(b, second, opens.1);
    let backward = mostly(stated.1) && logged
        || message && b.2 == Moment::Logged && sends(second) && gets(a, first, opens.0);
    let pair = |turned: bool, proven: bool| {
        let sign = if turned { -1 } else { 1 };
        let (from, to) = if turned { (b.0, a.0) } else { (a.0, b.0) };
        let mut signed: Vec<i64> = sorted.iter().map(|gap| gap * sign).collect();
        signed.sort_unstable();
        Pair {
            from,
            to,
            gaps: signed,
            course: gaps.iter().map(|(time, gap)| (*time, gap * sign)).collect(),
            proven,
        }
    };
    if forward != backward {
        return Some(pair(backward, true));
    }
    // how long something took may be told of something else: alone it proves nothing
    if a.2 == Moment::Begin || b.2 == Moment::Begin {
        return None;
    }
    // the differences crowd at the side where the delay is least
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    let (low, high) = (at(0.25) - at(0.02), at(0.98) - at(0.75));
    if low * 3 < high {
        Some(pair(false, false))
    } else if high * 3 < low {
        Some(pair(true, false))
    } else {
        None
    }
}
