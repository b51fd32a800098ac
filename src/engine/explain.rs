//! `explain`: reads the first records of each source, or those at one line, and says how they were read.

use super::load::described;
use super::read::{Outcome, Settings, SourceRead, Taker, read};
use super::texts::Texts;
use super::worker::Notes;
use crate::gather::{Source, Store};
use crate::input::{Discovery, Stream};
use crate::model::{Batch, Event, SourceId, Symbols, Time, flag};
use crate::record::NameHash;
use crate::record::timestamp::DayOrder;
use crate::report::explain::{ExplainedRecord, ExplainedSkip, ExplainedSource, Stated, note};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

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

/// Explains records of everything that was discovered; reads no more of a source than it takes. `now` serves where nothing
/// else tells a year or a date.
pub fn run(discovery: &Discovery, settings: &Settings, wanted: Wanted, now: Time) -> Explained {
    // a source of its own each, so that the rest of it can be passed over
    let streams: Vec<Stream> = discovery
        .streams
        .iter()
        .flat_map(|stream| {
            stream
                .sources
                .iter()
                .map(|source| Stream { name: stream.name.clone(), sources: vec![source.clone()] })
        })
        .collect();
    let mut settings = Settings { keep_text: true, ..settings.clone() };
    settings.read.block_size = settings.read.block_size.min(BLOCK);
    let kept = Arc::default();
    let keep = Keep { wanted, kept: Arc::clone(&kept) };
    let Outcome { sources: reads, symbols, mut failures, stopped, .. } =
        read(&streams, &settings, vec![Box::new(keep)]);
    let mut kept = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
    let described = described(&reads, now, &settings);
    let mut order: Vec<usize> = (0..reads.len()).collect();
    order.sort_by_key(|&index| described[index].rank);
    let mut texts = Texts::new(&reads);
    let mut sources = Vec::new();
    for index in order {
        let kept = kept.remove(&SourceId(index as u32)).unwrap_or_default();
        let notes = kept.iter().map(|event| texts.note(event.place, note).unwrap_or_default()).collect();
        let explain = Explain {
            read: &reads[index],
            described: &described,
            symbols: &symbols,
            settings: &settings,
            wanted,
        };
        sources.push(explain.source(kept, notes));
    }
    failures.extend(texts.failure);
    Explained { sources, failures, stopped }
}

struct Keep {
    wanted: Wanted,
    kept: Arc<Mutex<BTreeMap<SourceId, Vec<Event>>>>,
}

impl Taker for Keep {
    fn take(&mut self, source: SourceId, _name: &str, batch: Batch, _notes: Notes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let records = kept.entry(source).or_default();
        for event in &batch.events {
            let before = self.wanted.line.is_some_and(|line| event.place.line <= line);
            if before && records.last().is_some_and(|last| last.place.line < event.place.line) {
                // the line belongs to this record or to a later one
                records.clear();
            }
            if records.len() >= self.wanted.records {
                return;
            }
            records.push(event.clone());
        }
    }

    fn has_enough(&self, source: SourceId) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(records) = kept.get(&source) else { return false };
        let last = records.last().map_or(0, |event| event.place.line);
        records.len() >= self.wanted.records && self.wanted.line.is_none_or(|line| last > line)
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
                DayOrder::MonthFirst => "month first",
                DayOrder::DayFirst => "day first",
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
    fn complete(&self, events: Vec<Event>) -> Vec<Event> {
        let batch = Batch { events, ..Batch::default() };
        let mut store = Store { sources: self.described.to_vec(), batches: vec![batch], ..Store::default() };
        store.complete();
        store.batches.pop().unwrap_or_default().events
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
