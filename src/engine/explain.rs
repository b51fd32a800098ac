//! `explain`: reads the first records of each source, or those at one line, and says how they were read.

use super::load::described;
use super::read::{Settings, SourceRead, Taker, read};
use super::texts::Texts;
use super::worker::{Note, Notes};
use crate::gather::Source;
use crate::input::{self, Discovery, Stop, Stream};
use crate::model::{Batch, Event, SourceId, Symbols, Time, flag};
use crate::record::NameHash;
use crate::record::timestamp::DayOrder;
use crate::report::explain::{ExplainedRecord, ExplainedSkip, ExplainedSource, Stated, note};
use std::collections::BTreeMap;

/// Blocks of this size at most, so that little is read in vain.
const BLOCK: usize = 64 << 10;

/// Which records are to be explained.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The first is the one that holds this line, counted from 1.
    pub line: Option<u64>,
    /// So many of each source.
    pub records: usize,
}

/// What was explained.
#[derive(Debug, Default)]
pub struct Explained {
    /// The sources, by name.
    pub sources: Vec<ExplainedSource>,
    /// Errors of this program.
    pub failures: Vec<String>,
    /// Reading was stopped from outside.
    pub stopped: bool,
}

impl Explained {
    /// How many records were explained.
    pub fn records(&self) -> usize {
        self.sources.iter().map(|source| source.records.len()).sum()
    }
}

/// Explains records of everything that was discovered; reads no more of a file than it takes. `now` serves where nothing
/// else tells a year or a date.
pub fn run(discovery: &Discovery, settings: &Settings, wanted: Wanted, now: Time) -> Explained {
    let mut all = Kept::default();
    let sources = discovery
        .streams
        .iter()
        .flat_map(|stream| stream.sources.iter().map(|source| (source, stream.among)));
    for (source, among) in sources {
        if settings.read.stop.is_set() {
            break;
        }
        all.read(source, among, settings, wanted);
    }
    let Kept { reads, events, symbols, mut failures } = all;
    let described = described(&reads, now);
    let mut order: Vec<usize> = (0..reads.len()).collect();
    order.sort_by_key(|&index| described[index].rank);
    let mut texts = Texts::new(&reads);
    let mut sources = Vec::new();
    for index in order {
        let kept = &events[index];
        let notes = kept
            .iter()
            .map(|event| {
                texts.note(event.place, Note { write: note, whole: true, recipe: None }).unwrap_or_default()
            })
            .collect();
        let explain =
            Explain { read: &reads[index], described: &described, symbols: &symbols, settings, wanted };
        sources.push(explain.source(kept.clone(), notes));
    }
    failures.extend(texts.failure);
    Explained { sources, failures, stopped: settings.read.stop.is_set() }
}

/// What was read so far: sources, and the events of each that are to be explained.
#[derive(Debug, Default)]
struct Kept {
    reads: Vec<SourceRead>,
    events: Vec<Vec<Event>>,
    symbols: Symbols,
    failures: Vec<String>,
}

impl Kept {
    /// Reads a file, or the members of an archive, each as a run of its own that can be stopped.
    fn read(&mut self, source: &input::Source, among: bool, settings: &Settings, wanted: Wanted) {
        let stream = Stream { name: source.name.clone(), sources: vec![source.clone()], among };
        let mut own = Settings {
            keep_text: true,
            // what is read ahead is read in vain, unless a line is far off
            threads: if wanted.line.is_some() { settings.threads } else { 1 },
            ..settings.clone()
        };
        own.read.block_size = own.read.block_size.min(BLOCK);
        own.read.stop = settings.read.stop.part();
        own.read.live = true;
        let mut kept = BTreeMap::new();
        let keep = Keep { wanted, file: &source.name, stop: own.read.stop.clone(), kept: &mut kept };
        let streams = [stream];
        let outcome = read(&streams, &own, vec![Box::new(keep)]);
        let first = self.reads.len();
        for index in 0..outcome.sources.len() {
            let mut events = kept.remove(&SourceId(index as u32)).unwrap_or_default();
            for event in &mut events {
                event.place.source = SourceId((first + index) as u32);
            }
            self.events.push(events);
        }
        self.reads.extend(outcome.sources);
        self.symbols.absorb(outcome.symbols);
        self.failures.extend(outcome.failures);
    }
}

struct Keep<'k> {
    wanted: Wanted,
    file: &'k str,
    stop: Stop,
    kept: &'k mut BTreeMap<SourceId, Vec<Event>>,
}

impl Taker for Keep<'_> {
    fn take(&mut self, source: SourceId, name: &str, batch: Batch, _notes: Notes) {
        let records = self.kept.entry(source).or_default();
        for event in &batch.events {
            let before = self.wanted.line.is_some_and(|line| event.place.line <= line);
            if before && records.last().is_some_and(|last| last.place.line < event.place.line) {
                // the line belongs to this record or to a later one
                records.clear();
            }
            if records.len() < self.wanted.records {
                records.push(event.clone());
            }
        }
        let last = records.last().map_or(0, |event| event.place.line);
        let enough = records.len() >= self.wanted.records && self.wanted.line.is_none_or(|line| last > line);
        // behind a member of an archive others may come
        if enough && name == self.file {
            self.stop.set();
        }
    }
}

/// What is known when a source was read.
struct Explain<'a> {
    read: &'a SourceRead,
    described: &'a [Source],
    symbols: &'a Symbols,
    settings: &'a Settings,
    wanted: Wanted,
}

impl Explain<'_> {
    fn source(&self, events: Vec<Event>, notes: Vec<Vec<u8>>) -> ExplainedSource {
        let context = &self.read.context;
        let (profile, defaults) = (&context.profile, &context.defaults);
        let mut source = ExplainedSource {
            file: self.read.name.to_string(),
            service: self.default_service(),
            instance: self.by_path(self.symbols.text(defaults.instance)),
            zone: defaults.zone.name().to_owned(),
            day_order: match profile.order {
                DayOrder::MonthFirst if !self.described[defaults.source.0 as usize].placement.day_first => {
                    "month first"
                }
                DayOrder::MonthFirst | DayOrder::DayFirst => "day first",
            }
            .to_owned(),
            columns: profile.table.iter().flat_map(|table| table.texts()).map(|name| lossy(name)).collect(),
            patterns: profile.custom.len(),
            newest_first: self.read.dating.steps.1 > self.read.dating.steps.0,
            skipped: self
                .read
                .skipped
                .iter()
                .map(|&(reason, count, line)| ExplainedSkip { reason: reason.text().to_owned(), count, line })
                .collect(),
            ..ExplainedSource::default()
        };
        let events = self.complete(events);
        for (index, (event, note)) in events.iter().zip(&notes).enumerate() {
            let Ok(mut record) = serde_json::from_slice::<ExplainedRecord>(note) else { continue };
            record.line = event.place.line;
            record.part = event.place.part as usize;
            self.time(event, index, &mut record);
            self.names(&mut record);
            source.records.push(record);
        }
        let mut names: Vec<&str> = Vec::new();
        let fields = source.records.iter().flat_map(|record| &record.layers).flat_map(|layer| &layer.fields);
        for field in fields.filter(|field| profile.tail_names.contains(&NameHash::of(field.name.as_bytes())))
        {
            if !names.contains(&field.name.as_str()) {
                names.push(&field.name);
            }
        }
        source.tail_names = names.into_iter().map(str::to_owned).collect();
        source.remark = self.remark(&source.records);
        source
    }

    fn default_service(&self) -> Option<Stated> {
        let value = self.symbols.text(self.read.context.defaults.service);
        match &self.settings.service {
            Some(name) => Some(Stated { value: name.clone(), from: "--assume-service".to_owned() }),
            None => self.by_path(value),
        }
    }

    fn by_path(&self, value: &str) -> Option<Stated> {
        let stated = Stated { value: value.to_owned(), from: "path of the source".to_owned() };
        Some(stated).filter(|stated| !stated.value.is_empty())
    }

    /// Gives the events the parts of their times that only the end of reading tells.
    fn complete(&self, mut events: Vec<Event>) -> Vec<Event> {
        for event in &mut events {
            self.described[event.place.source.0 as usize].complete(event);
        }
        events
    }

    /// The time in UTC, and where its missing parts came from.
    fn time(&self, event: &Event, index: usize, record: &mut ExplainedRecord) {
        if event.is(flag::TIME_UNKNOWN) {
            record.time = None;
            return;
        }
        let time = record.time.get_or_insert_default();
        time.utc = event.time.to_string();
        if event.is(flag::TIME_INHERITED) {
            time.completed.push("the record has none: it takes that of the record beside it".to_owned());
            return;
        }
        let dating = &self.read.dating;
        let first = index == 0 && self.wanted.line.is_none();
        for (bit, what) in [(flag::NO_YEAR, "no year"), (flag::NO_DATE, "no date")] {
            if event.is(bit) {
                let by = if first { dating.told_by(bit == flag::NO_DATE) } else { "the records before it" };
                time.completed.push(format!("{what} is written: told by {by}"));
            }
        }
        let zone = self.read.context.defaults.zone.name();
        if time.without_zone {
            time.completed.push(format!("no zone is written: read as {zone} (--timezone)"));
        }
    }

    /// Service and instance that only the source tells.
    fn names(&self, record: &mut ExplainedRecord) {
        let defaults = [
            (&mut record.service, self.default_service()),
            (&mut record.instance, { self.by_path(self.symbols.text(self.read.context.defaults.instance)) }),
        ];
        for (part, default) in defaults {
            match part {
                Some(stated) if stated.from.is_empty() => {
                    stated.from = default.map(|default| default.from).unwrap_or_default();
                }
                None => *part = default,
                _ => {}
            }
        }
    }

    /// Whether the line that was asked for belongs to what is shown.
    fn remark(&self, records: &[ExplainedRecord]) -> String {
        let Some(line) = self.wanted.line else { return String::new() };
        let Some(first) = records.first() else {
            return format!("line {line}: there is no record at it or before it");
        };
        if line < first.line {
            format!("line {line} belongs to no record: the first one behind it is shown")
        } else if line >= first.line + first.lines {
            format!(
                "line {line} belongs to no record, or to one that other lines stand in: the one before is shown"
            )
        } else {
            String::new()
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
