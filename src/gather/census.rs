//! What is counted over all events of a run while they are gathered, so that nobody has to go through them again for it.
//!
//! All of it is integers, sets and bounds, so that parts of a run merge in any order.

use super::durations::Durations;
use super::stamps::Stamps;
use super::{Clocks, Source};
use crate::model::{Batch, Detail, Event, HeaderRole, SourceId, Symbol, Time, flag};
use rustc_hash::{FxHashMap, FxHashSet};

/// Times are written to seconds, milliseconds, microseconds or nanoseconds.
const SECONDS: i64 = 1_000_000_000;

/// How the times of a record are completed when all sources are known.
const CLASS: u16 = flag::TIME_UNKNOWN | flag::NO_DATE | flag::NO_YEAR;

/// Whose records are counted together: source, service, instance, and how their times are completed.
type Who = (SourceId, Symbol, Symbol, u16);

/// Records that are counted together.
#[derive(Clone, Copy, Debug)]
struct Part {
    records: u64,
    /// Those with a trace id, and those of them with a span id.
    traced: u64,
    spanned: u64,
    /// Those that state the id of their span's parent.
    parents: u64,
    low: Time,
    high: Time,
    /// What all times are multiples of, in nanoseconds.
    grain: i64,
}

/// Records of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfService {
    /// All.
    pub records: u64,
    /// Those with a trace id.
    pub traced: u64,
    /// Those of them with a span id.
    pub spanned: u64,
    /// Those that state the id of their span's parent.
    pub parents: u64,
}

/// When the records with a time of a clock were logged, as logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first.
    pub low: Time,
    /// The last.
    pub high: Time,
    /// What all times are multiples of, in nanoseconds; at most a second.
    pub grain: i64,
}

/// Clocks whose times are multiples of this, in nanoseconds, are coarse.
pub const COARSE: i64 = 10_000_000;

impl Window {
    /// Whether the clock does not tell the order of what follows each other in a transaction.
    pub fn is_coarse(&self) -> bool {
        self.grain >= COARSE
    }
}

/// The census of a run.
#[derive(Clone, Debug, Default)]
pub struct Census {
    parts: FxHashMap<Who, Part>,
    /// Templates, with how many records have each.
    pub templates: FxHashMap<Symbol, u64>,
    /// Names of topics, operations, peers and callers.
    pub names: FxHashSet<Symbol>,
    /// Those of them that are of programs which asked.
    pub callers: FxHashSet<Symbol>,
    /// Methods (which may be unknown) and paths of requests.
    pub requests: FxHashSet<(Symbol, Symbol)>,
    /// Templates of records that name a topic or a kind of event, and these.
    pub messages: FxHashSet<(Symbol, Symbol)>,
    /// Topics and kinds of events, each with the service whose records name it; with none if several do.
    pub spoken: FxHashMap<Symbol, Symbol>,
    stamps: Stamps,
    /// Durations without a unit.
    pub durations: Durations,
    /// Services and instances that stamp the records of requests with their beginning; once it is settled.
    pub at_beginnings: FxHashSet<(Symbol, Symbol)>,
    /// Whether any header was received that names another trace than its record, which may have none.
    pub any_foreign: bool,
    /// Records.
    pub records: u64,
    /// Records with a time of their own.
    pub with_time: u64,
    /// Records with a trace, span or correlation id.
    pub with_context: u64,
    /// Records that are whole spans of an export.
    pub whole: u64,
    /// By service; once it is settled.
    pub services: FxHashMap<Symbol, OfService>,
    /// By service and instance; once it is settled.
    pub windows: FxHashMap<(Symbol, Symbol), Window>,
}

impl Part {
    const NONE: Part = Part {
        records: 0,
        traced: 0,
        spanned: 0,
        parents: 0,
        low: Time(i64::MAX),
        high: Time(i64::MIN),
        grain: SECONDS,
    };

    fn add(&mut self, event: &Event) {
        self.records += 1;
        self.traced += u64::from(event.trace.is_some());
        self.spanned += u64::from(event.trace.is_some() && event.span.is_some());
        self.parents += u64::from(event.parent.is_some());
        self.low = self.low.min(event.time);
        self.high = self.high.max(event.time);
        while self.grain > 1 && event.time.0 % self.grain != 0 {
            self.grain /= 1_000;
        }
    }

    fn merge(&mut self, other: &Part) {
        self.records += other.records;
        self.traced += other.traced;
        self.spanned += other.spanned;
        self.parents += other.parents;
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.grain = self.grain.min(other.grain);
    }
}

impl Census {
    /// Counts the events of a batch.
    pub fn add(&mut self, batch: &Batch) {
        // neighbours mostly have the same service
        let mut last: Option<(Who, Part)> = None;
        let (mut template, mut alike) = (Symbol::NONE, 0);
        for event in &batch.events {
            let who = (event.place.source, event.service, event.instance, event.flags & CLASS);
            match &mut last {
                Some((known, part)) if *known == who => part.add(event),
                _ => {
                    let mut part = Part::NONE;
                    part.add(event);
                    if let Some((who, part)) = last.replace((who, part)) {
                        self.part(who, &part);
                    }
                }
            }
            if event.template != template {
                *self.templates.entry(template).or_default() += std::mem::take(&mut alike);
                template = event.template;
            }
            alike += 1;
            self.records += 1;
            self.with_time += u64::from(!event.is(flag::TIME_UNKNOWN | flag::TIME_INHERITED));
            self.with_context += u64::from(event.is(flag::CONTEXT));
            self.whole += u64::from(event.is(flag::WHOLE_SPAN));
            let (mut method, mut route) = (Symbol::NONE, Symbol::NONE);
            for detail in batch.details(event) {
                match *detail {
                    Detail::Topic(name) | Detail::Event(name) => {
                        if self.messages.insert((event.template, name)) {
                            self.names.insert(name);
                        }
                        self.spoken(name, event.service);
                    }
                    Detail::Operation(name) | Detail::Peer(name) => {
                        self.names.insert(name);
                    }
                    Detail::Caller(name) => {
                        self.names.insert(name);
                        self.callers.insert(name);
                    }
                    Detail::Route(path) => route = path,
                    Detail::Method(name) => method = name,
                    Detail::Duration(number) if event.is(flag::NO_UNIT) => self.durations.see(event, number),
                    Detail::Header { trace, role, .. }
                        if role != HeaderRole::Outgoing && event.trace != Some(trace) =>
                    {
                        self.any_foreign = true;
                    }
                    _ => {}
                }
            }
            if !route.is_none() {
                self.requests.insert((method, route));
                self.stamps.see(batch, event);
            }
        }
        *self.templates.entry(template).or_default() += alike;
        if let Some((who, part)) = last {
            self.part(who, &part);
        }
    }

    fn part(&mut self, who: Who, part: &Part) {
        self.parts.entry(who).or_insert(Part::NONE).merge(part);
    }

    fn spoken(&mut self, name: Symbol, service: Symbol) {
        let known = self.spoken.entry(name).or_insert(service);
        if *known != service {
            *known = Symbol::NONE;
        }
    }

    /// Adds the census of another part of the run.
    pub fn merge(&mut self, other: Census) {
        for (who, part) in other.parts {
            self.part(who, &part);
        }
        for (template, records) in other.templates {
            *self.templates.entry(template).or_default() += records;
        }
        self.names.extend(other.names);
        self.callers.extend(other.callers);
        self.requests.extend(other.requests);
        self.messages.extend(other.messages);
        for (name, service) in other.spoken {
            self.spoken(name, service);
        }
        self.stamps.merge(other.stamps);
        self.durations.merge(other.durations);
        self.any_foreign |= other.any_foreign;
        self.records += other.records;
        self.with_time += other.with_time;
        self.with_context += other.with_context;
        self.whole += other.whole;
    }

    /// Paths of requests; one may come several times.
    pub fn routes(&self) -> impl Iterator<Item = Symbol> + Clone + '_ {
        self.requests.iter().map(|(_, route)| *route)
    }

    /// Sums up by service and clock, now that it is known how the times of each source are completed.
    pub fn settle(&mut self, sources: &[Source]) {
        self.templates.remove(&Symbol::NONE);
        self.services.clear();
        self.windows.clear();
        self.at_beginnings = self.stamps.at_beginnings();
        for (&(source, service, instance, class), part) in &self.parts {
            let of = self.services.entry(service).or_default();
            of.records += part.records;
            of.traced += part.traced;
            of.spanned += part.spanned;
            of.parents += part.parents;
            let source = &sources[source.0 as usize];
            let Some(low) = source.completed(part.low, class) else { continue };
            let high = source.completed(part.high, class).unwrap_or(low);
            // a year put in another's place may turn the order
            let window = Window { low: low.min(high), high: high.max(low), grain: part.grain };
            let known = self.windows.entry((service, instance)).or_insert(window);
            known.low = known.low.min(window.low);
            known.high = known.high.max(window.high);
            known.grain = known.grain.min(window.grain);
        }
    }

    /// The time of the newest record, as logged.
    pub fn newest(&self) -> Option<Time> {
        self.windows.values().map(|window| window.high).max()
    }

    /// When the first and last record of each service was logged, on the common clock, and how fine its times are.
    pub fn of_services(&self, clocks: &Clocks) -> FxHashMap<Symbol, Window> {
        let mut services: FxHashMap<Symbol, Window> = FxHashMap::default();
        for (&(service, instance), window) in &self.windows {
            let low = clocks.common(service, instance, window.low);
            let high = clocks.common(service, instance, window.high);
            let window = Window { low, high, grain: window.grain };
            let known = services.entry(service).or_insert(window);
            known.low = known.low.min(low);
            known.high = known.high.max(high);
            known.grain = known.grain.min(window.grain);
        }
        services
    }
}
