//! Notes of records of one pattern, put together from parts of their lines.
//!
//! What [`extract::note`] writes of such records differs in few places, and there stands what stands in the line. A recipe
//! is kept only if it gives the note that was written of the record that it was learned of.

use super::extract;
use super::json_text::{is_plain, string};
use crate::context::{Found, Places};
use crate::model::{Batch, Event, Symbol, flag};
use crate::record::{Brief, Pattern, Record, Spot, Writing};

/// Values of more bytes are written anew each time: with longer numbers they may be too long to be kept.
const MAX_ID: usize = 64;

/// A part of the line.
type Part = (Spot, Spot);

/// How notes of records of one pattern are written.
#[derive(Debug, Default)]
pub struct Recipe {
    /// What is the same in all of them.
    literal: Vec<u8>,
    /// What stands between its parts: behind how many of its bytes, and what.
    pieces: Vec<(usize, Piece)>,
    /// The last service and instance, and their members.
    named: [(Symbol, Vec<u8>); 2],
}

#[derive(Debug)]
enum Piece {
    /// A part of the line as it stands there.
    Line(Part),
    /// A part of the line, to be escaped.
    Text(Part, Writing),
    /// The member of the service.
    Service,
    /// The member of the instance.
    Instance,
    /// The trace id in digits.
    Trace,
    /// The span id in digits.
    Span,
    /// The parent's id in digits.
    Parent,
}

impl Recipe {
    /// How the notes of records of a pattern are written, by one of them and its note.
    pub fn learn(
        record: &Record<'_>,
        found: &Found,
        event: &Event,
        batch: &Batch,
        places: &Places<'_>,
        note: &[u8],
    ) -> Option<Recipe> {
        let pattern = record.pattern?;
        // whether it does hangs on the ids
        if found.received_its_parent() {
            return None;
        }
        let mut recipe = Recipe::default();
        recipe.piece(Piece::Service);
        recipe.piece(Piece::Instance);
        if let Some(level) = event.level {
            extract::member("level", level.name().as_bytes(), &mut recipe.literal);
        }
        if let Some((message, writing)) = record.message().filter(|(text, _)| !text.is_empty()) {
            recipe.literal.extend_from_slice(b",\"message\":");
            recipe.value(&pattern, message, writing)?;
        }
        let ids = [
            ("trace_id", event.trace.map(|id| id.digits().to_vec()), places.trace, Piece::Trace),
            ("span_id", event.span.map(|id| id.digits().to_vec()), places.span, Piece::Span),
            ("parent_span_id", event.parent.map(|id| id.digits().to_vec()), places.parent, Piece::Parent),
        ];
        for (name, digits, part, piece) in ids {
            let Some(digits) = digits else { continue };
            let part = part?;
            recipe.literal.extend_from_slice(format!(",\"{name}\":\"").as_bytes());
            let as_written = line_part(pattern.line, pattern.marks, part) == digits;
            recipe.piece(if as_written { Piece::Line(part) } else { piece });
            recipe.literal.push(b'"');
        }
        if let Some(trace) = found.trace {
            extract::member("scheme", trace.scheme.name().as_bytes(), &mut recipe.literal);
        }
        if event.is(flag::LENIENT) {
            return None;
        }
        recipe.ids(&pattern, found, places)?;
        extract::formats(record, &mut recipe.literal);
        let brief = Brief {
            id: pattern.id,
            text: pattern.line,
            marks: pattern.marks,
            stamp: record.stamp()?,
            line: record.line,
            offset: record.offset,
            len: record.len,
        };
        let mut again = Vec::new();
        recipe.write(&brief, event, batch, &mut again);
        (again == note).then_some(recipe)
    }

    fn ids(&mut self, pattern: &Pattern<'_>, found: &Found, places: &Places<'_>) -> Option<()> {
        if found.ids.len() != places.ids.len() {
            return None;
        }
        for (index, (id, (name, part))) in found.ids.iter().zip(&places.ids).enumerate() {
            let value = line_part(pattern.line, pattern.marks, *part);
            if found.text(id.name) != *name || found.text(id.value) != value || value.len() > MAX_ID {
                return None;
            }
            self.literal.extend_from_slice(if index == 0 { b",\"ids\":{" } else { b"," });
            string(name, &mut self.literal);
            self.literal.push(b':');
            self.value(pattern, value, Writing::Plain)?;
        }
        if !found.ids.is_empty() {
            self.literal.push(b'}');
        }
        Some(())
    }

    /// Adds a text of the line as a JSON string.
    fn value(&mut self, pattern: &Pattern<'_>, text: &[u8], writing: Writing) -> Option<()> {
        let (start, end) = pattern.find(text)?;
        let part = pattern.part(start, end)?;
        if writing.is_coded() {
            self.piece(Piece::Text(part, writing));
        } else if is_plain(text) {
            // so it is with other digits in its slots
            self.literal.push(b'"');
            self.piece(Piece::Line(part));
            self.literal.push(b'"');
        } else {
            self.piece(Piece::Text(part, writing));
        }
        Some(())
    }

    fn piece(&mut self, piece: Piece) {
        self.pieces.push((self.literal.len(), piece));
    }

    /// Appends the note of a record of the pattern.
    pub fn write(&mut self, brief: &Brief<'_>, event: &Event, batch: &Batch, out: &mut Vec<u8>) {
        let mut from = 0;
        for (behind, piece) in &self.pieces {
            append(&self.literal, from, *behind, out);
            from = *behind;
            match piece {
                Piece::Line((start, end)) => {
                    append(brief.text, start.of(brief.marks), end.of(brief.marks), out);
                }
                Piece::Text(part, writing) => {
                    extract::text(line_part(brief.text, brief.marks, *part), *writing, out);
                }
                Piece::Service => name("service", event.service, &mut self.named[0], batch, out),
                Piece::Instance => name("instance", event.instance, &mut self.named[1], batch, out),
                Piece::Trace => out.extend_from_slice(&event.trace.map_or([b'0'; 32], |id| id.digits())),
                Piece::Span => out.extend_from_slice(&event.span.map_or([b'0'; 16], |id| id.digits())),
                Piece::Parent => out.extend_from_slice(&event.parent.map_or([b'0'; 16], |id| id.digits())),
            }
        }
        out.extend_from_slice(&self.literal[from..]);
    }
}

/// Appends a part of a text; what is short is copied with what stands behind it, which needs no call.
#[inline(always)]
fn append(text: &[u8], from: usize, to: usize, out: &mut Vec<u8>) {
    const SHORT: usize = 32;
    match text[from..].first_chunk::<SHORT>() {
        Some(short) if to - from <= SHORT => {
            let end = out.len() + to - from;
            out.extend_from_slice(short);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&text[from..to]),
    }
}

fn line_part<'l>(line: &'l [u8], marks: &[u32], (start, end): Part) -> &'l [u8] {
    &line[start.of(marks)..end.of(marks)]
}

/// Appends the member of a name, which is mostly the one before.
fn name(key: &str, symbol: Symbol, last: &mut (Symbol, Vec<u8>), batch: &Batch, out: &mut Vec<u8>) {
    if last.0 != symbol {
        last.0 = symbol;
        last.1.clear();
        extract::member(key, batch.symbols.text(symbol).as_bytes(), &mut last.1);
    }
    out.extend_from_slice(&last.1);
}
