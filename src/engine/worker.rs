//! Reads one block: a pure function of its bytes and of what it is told of the source.

use crate::context::{Defaults, Found, Places, Writer};
use crate::model::{Batch, Event};
use crate::record::document::Element;
use crate::record::{Brief, Exit, LaneState, Lines, Profile, Record, Sink};
use crate::report::recipe::Recipe;

/// What an output wants of a record besides its event; see [`Notes`].
#[derive(Clone, Copy, Debug)]
pub struct Note {
    /// Appends the note.
    pub write:
        fn(record: &Record<'_>, found: Option<&Found>, event: &Event, batch: &Batch, out: &mut Vec<u8>),
    /// It is about more of the record than what its methods tell: fields, groups, free parts.
    pub whole: bool,
    /// How the notes of records like one are written, if that is known.
    pub recipe: Option<Learn>,
}

/// Learns by a record and its note how those of records of its pattern are written.
pub type Learn = fn(&Record<'_>, &Found, &Event, &Batch, &Places<'_>, &[u8]) -> Option<Recipe>;

/// A text for each event of a batch, made while the record's bytes were at hand.
#[derive(Debug, Default)]
pub struct Notes {
    /// All texts.
    pub bytes: Vec<u8>,
    /// Where each ends.
    pub ends: Vec<usize>,
}

impl Notes {
    /// The text of the event with this index; empty if there is none.
    pub fn of(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(0));
        self.ends.get(index).map_or(&[], |&end| &self.bytes[start..end])
    }
}

/// A block that was read.
#[derive(Debug, Default)]
pub struct Read {
    /// Events of the records that are whole in the block; lines and offsets count from its start.
    pub batch: Batch,
    /// A text for each event, if a note was asked for.
    pub notes: Notes,
    /// How the block ended.
    pub exit: Exit,
}

/// The machine that reads blocks; its buffers are used again.
#[derive(Debug, Default)]
pub struct Worker {
    lines: Lines,
    writer: Writer,
    recipes: Recipes,
    /// Events and details of the last block, which the next one will have about as many of.
    last: (usize, usize),
}

impl Worker {
    /// A worker that reads all lines anew, whatever it read before; what it gives is the same.
    pub fn without_patterns() -> Worker {
        let mut worker = Worker::default();
        worker.lines.without_patterns();
        worker
    }

    /// Reads a block whose lanes are in the states `entry`.
    pub fn block(
        &mut self,
        block: &[u8],
        profile: &Profile,
        defaults: &Defaults,
        entry: &[(u64, LaneState)],
        note: Option<Note>,
    ) -> Read {
        let mut read = Read::default();
        // notes of records that take their names from the source find them here
        read.batch.symbols = defaults.names.clone();
        let (events, details) = self.last;
        read.batch.events.reserve(events);
        read.batch.details.reserve(details);
        let mut collect = Collect {
            writer: &mut self.writer,
            recipes: &mut self.recipes,
            batch: &mut read.batch,
            notes: &mut read.notes,
            defaults,
            note,
        };
        read.exit = self.lines.block(block, profile, entry, &mut collect);
        let Batch { events, details, .. } = &mut read.batch;
        self.last = (events.len() + events.len() / 64, details.len() + details.len() / 64);
        // what is kept of a run is kept to its end
        if events.capacity() > self.last.0 * 5 / 4 {
            events.shrink_to_fit();
        }
        if details.capacity() > self.last.1 * 5 / 4 {
            details.shrink_to_fit();
        }
        read
    }

    /// Reads elements of a document, which stand in `bytes`.
    pub fn elements(
        &mut self,
        bytes: &[u8],
        elements: &[Element],
        defaults: &Defaults,
        note: Option<Note>,
    ) -> Read {
        let mut read = Read::default();
        let mut collect = Collect {
            writer: &mut self.writer,
            recipes: &mut self.recipes,
            batch: &mut read.batch,
            notes: &mut read.notes,
            defaults,
            note,
        };
        for element in elements {
            self.lines.element(&bytes[element.start..element.end], element.line, element.start, &mut collect);
        }
        read
    }

    /// Reads lines that are known to be one record.
    pub fn whole(
        &mut self,
        text: &[u8],
        profile: &Profile,
        defaults: &Defaults,
        note: Option<Note>,
    ) -> (Batch, Notes) {
        let mut batch = Batch { symbols: defaults.names.clone(), ..Batch::default() };
        let mut notes = Notes::default();
        let mut collect = Collect {
            writer: &mut self.writer,
            recipes: &mut self.recipes,
            batch: &mut batch,
            notes: &mut notes,
            defaults,
            note,
        };
        self.lines.whole(text, profile, &mut collect);
        (batch, notes)
    }
}

/// How notes of records of known patterns are written, by the numbers of the patterns from the first on.
#[derive(Debug, Default)]
struct Recipes {
    first: u32,
    /// `None` within if there is no recipe.
    known: Vec<Option<Option<Recipe>>>,
}

/// More recipes than this are forgotten.
const MAX_RECIPES: usize = 8192;

impl Recipes {
    fn index(&self, pattern: u32) -> usize {
        pattern.wrapping_sub(self.first) as usize
    }

    /// The recipe for records of a pattern.
    #[inline]
    fn get(&mut self, pattern: u32) -> Option<&mut Recipe> {
        let index = self.index(pattern);
        self.known.get_mut(index)?.as_mut()?.as_mut()
    }

    /// Whether it is not known if there is one.
    fn is_new(&self, pattern: u32) -> bool {
        let index = self.index(pattern);
        self.known.get(index).is_none_or(Option::is_none) && index < 2 * MAX_RECIPES
    }

    fn put(&mut self, pattern: u32, recipe: Option<Recipe>) {
        if self.known.len() >= MAX_RECIPES {
            self.known.clear();
            self.first = pattern;
        }
        let index = self.index(pattern);
        if self.known.len() <= index {
            self.known.resize_with(index + 1, || None);
        }
        self.known[index] = Some(recipe);
    }
}

struct Collect<'a> {
    writer: &'a mut Writer,
    recipes: &'a mut Recipes,
    batch: &'a mut Batch,
    notes: &'a mut Notes,
    defaults: &'a Defaults,
    note: Option<Note>,
}

impl Collect<'_> {
    /// Learns how notes of records like this one, which was just written, are written.
    fn learn(&mut self, learn: Learn, record: &Record<'_>, pattern: u32) {
        if !self.recipes.is_new(pattern) || !self.writer.knows(pattern) {
            return;
        }
        let index = self.notes.ends.len().saturating_sub(1);
        let recipe = match (self.writer.places(pattern), self.batch.events.last()) {
            (Some(places), Some(event)) => {
                learn(record, self.writer.found(), event, self.batch, &places, self.notes.of(index))
            }
            _ => None,
        };
        self.recipes.put(pattern, recipe);
    }
}

impl Sink for Collect<'_> {
    fn record(&mut self, record: &Record<'_>) {
        let first = self.batch.events.len();
        let found = self.writer.write(record, self.defaults, self.batch);
        if let Some(note) = self.note {
            for event in &self.batch.events[first..] {
                (note.write)(record, found, event, self.batch, &mut self.notes.bytes);
                self.notes.ends.push(self.notes.bytes.len());
            }
            if let (Some(learn), Some(pattern)) = (note.recipe, record.pattern) {
                self.learn(learn, record, pattern.id);
            }
        }
    }

    fn knows(&self, pattern: u32) -> bool {
        self.note.is_none_or(|note| !note.whole) && self.writer.knows(pattern)
    }

    fn brief(&mut self, brief: &Brief<'_>) -> bool {
        let Some(_) = self.note else { return self.writer.write_brief(brief, self.defaults, self.batch) };
        let Some(recipe) = self.recipes.get(brief.id) else { return false };
        if !self.writer.write_brief(brief, self.defaults, self.batch) {
            return false;
        }
        if let Some(event) = self.batch.events.last() {
            recipe.write(brief, event, self.batch, &mut self.notes.bytes);
        }
        self.notes.ends.push(self.notes.bytes.len());
        true
    }

    fn alike(&mut self, record: &Record<'_>) -> bool {
        let written = self.writer.write_alike(record, self.defaults, self.batch);
        if let (Some(note), Some(event), true) = (self.note, self.batch.events.last(), written) {
            (note.write)(record, Some(self.writer.found()), event, self.batch, &mut self.notes.bytes);
            self.notes.ends.push(self.notes.bytes.len());
        }
        written
    }
}
