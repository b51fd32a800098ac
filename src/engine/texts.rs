//! Reads single records again, for reports that show them.

use super::read::{SourceRead, Text};
use super::worker::{Note, Notes, Worker};
use crate::context::Found;
use crate::input::Rereader;
use crate::model::{Batch, Event, Place, Symbol};
use crate::record::Record;
use crate::report::RecordText;
use std::io::{Read as _, Seek, SeekFrom};

/// Reads records again.
#[derive(Debug)]
pub struct Texts<'s> {
    sources: &'s [SourceRead],
    files: Rereader,
    worker: Worker,
    buffer: Vec<u8>,
    /// The first reason why a text could not be had.
    pub failure: Option<String>,
}

impl<'s> Texts<'s> {
    /// For the records of these sources.
    pub fn new(sources: &'s [SourceRead]) -> Texts<'s> {
        Texts {
            sources,
            files: Rereader::new(64),
            worker: Worker::default(),
            buffer: Vec::new(),
            failure: None,
        }
    }

    /// A record's text; `None` if its source is gone or was changed.
    pub fn get(&mut self, place: Place) -> Option<RecordText> {
        let mut text = decode(&self.note(place, Note { write: note, whole: true, recipe: None })?);
        text.raw = String::from_utf8_lossy(&self.buffer).trim_end().to_owned();
        Some(text)
    }

    /// What `note` says of a record; `None` if its source is gone or was changed.
    pub fn note(&mut self, place: Place, note: Note) -> Option<Vec<u8>> {
        let source = &self.sources[place.source.0 as usize];
        let fetched = match &source.text {
            Text::File(original) => self
                .files
                .fetch(original, place.offset, place.len as usize, &mut self.buffer)
                .map_err(|error| error.to_string()),
            Text::Spooled(file) => {
                let mut file = file;
                self.buffer.resize(place.len as usize, 0);
                file.seek(SeekFrom::Start(place.offset))
                    .and_then(|_| file.read_exact(&mut self.buffer))
                    .map_err(|error| error.to_string())
            }
            Text::Gone => Err(format!("the text of '{}' was not kept", source.name)),
        };
        if let Err(failure) = fetched {
            self.failure.get_or_insert(failure);
            return None;
        }
        let context = &source.context;
        let (batch, notes) = if context.document {
            let element = crate::record::document::Element { start: 0, end: self.buffer.len(), line: 0 };
            let read = self.worker.elements(&self.buffer, &[element], &context.defaults, Some(note));
            (read.batch, read.notes)
        } else {
            self.worker.first(&self.buffer, &context.profile, &context.defaults, note)
        };
        let index = batch.events.iter().position(|event| event.place.part == place.part)?;
        Some(notes.of(index).to_vec())
    }
}

/// Message and keys of a record, as [`decode`] reads them: length-prefixed parts.
fn note(record: &Record<'_>, found: Option<&Found>, event: &Event, batch: &Batch, out: &mut Vec<u8>) {
    let mut put = |text: &[u8]| {
        out.extend_from_slice(&(text.len() as u32).to_le_bytes());
        out.extend_from_slice(text);
    };
    let Some(found) = found else {
        let name = batch.details(event).iter().find_map(|detail| match detail {
            crate::model::Detail::Operation(name) => Some(*name),
            _ => None,
        });
        return put(name.map_or("", |name| batch.symbols.text(name)).as_bytes());
    };
    match record.message() {
        Some((message, writing)) if writing.is_coded() => {
            let mut decoded = Vec::new();
            writing.decode(message, &mut decoded);
            put(&decoded);
        }
        Some((message, _)) => put(message),
        None => put(record.layers.iter().next_back().map_or(&[], |layer| layer.text)),
    }
    for key in &found.keys {
        put(&key.name.0.to_le_bytes());
        put(&key.value.0.to_le_bytes());
        put(found.text(key.value_text));
    }
}

fn decode(mut note: &[u8]) -> RecordText {
    let mut next = || {
        let (length, rest) = note.split_first_chunk::<4>()?;
        let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        note = rest;
        Some(part)
    };
    let mut text = RecordText {
        message: next().map(|part| String::from_utf8_lossy(part).into_owned()).unwrap_or_default(),
        ..RecordText::default()
    };
    while let (Some(name), Some(value), Some(written)) = (next(), next(), next()) {
        let symbol = |part: &[u8]| Symbol(part.try_into().map_or(0, u64::from_le_bytes));
        text.keys.push((symbol(name), symbol(value), String::from_utf8_lossy(written).into_owned()));
    }
    text
}

impl Worker {
    /// Reads the record that begins with the first line of `text`.
    fn first(
        &mut self,
        text: &[u8],
        profile: &crate::record::Profile,
        defaults: &crate::context::Defaults,
        note: Note,
    ) -> (Batch, Notes) {
        if memchr::memchr(b'\n', text).is_none() {
            return self.whole(text, profile, defaults, Some(note));
        }
        let read = self.block(text, profile, defaults, &[], Some(note));
        if read.batch.events.first().is_some_and(|event| event.place.line == 0) {
            return (read.batch, read.notes);
        }
        // it is the only one, or goes on behind records of other lanes
        let Some(open) = read.exit.open.iter().find(|open| open.line == 0) else {
            return (read.batch, read.notes);
        };
        let mut lines = Vec::new();
        for &(start, end) in &open.lines {
            lines.extend_from_slice(&text[start..end]);
            lines.push(b'\n');
        }
        self.whole(&lines, profile, defaults, Some(note))
    }
}
