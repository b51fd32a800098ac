//! Records by what steps the context of a record was found, so that they can be taken again for records like it.
//!
//! What looks for context decides by bytes that are the same in all lines of a pattern, or of the same kind; what it then
//! takes are parts of the line. Each step names these parts and does with them what was done the first time. A step that
//! is not told refuses the whole tape, so that such lines are searched each time.

use super::facts::Facts;
use super::{Found, Scheme};
use crate::model::{Shape, Symbol};
use crate::record::{Field, Pattern, Role, Spot};

/// Where a part of a line begins and ends.
pub(super) type Part = (Spot, Spot);

/// A name that values stand under.
#[derive(Debug)]
pub(super) enum Name {
    /// The same in all lines.
    Same(Box<[u8]>),
    /// A part of the line.
    Part(Part),
}

/// Which of a record's own ids one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Own {
    /// Its trace.
    Trace,
    /// Its span.
    Span,
    /// The parent of its span.
    Parent,
}

/// One step.
#[derive(Debug)]
pub(super) enum Step {
    /// The value of a name that carries trace context; found in free text or not.
    Context { role: Role, rank: u8, name: Part, value: Part, text: bool },
    /// A field with a role of its own.
    Field { field: Field, name: Part, parent: Part, value: Part },
    /// An id in hex digits, told by its place; the better rank counts.
    Exact { own: Own, rank: u8, scheme: Scheme, id: Part },
    /// A part of an access log in which a UUID may stand.
    QuotedUuid(Part),
    /// A propagation header.
    Header(Role, Part),
    /// A correlation id.
    Id(Name, Part),
    /// A key, its name the same in all lines: symbol, and text with underscores.
    Key { name: Symbol, text: Box<[u8]>, value: Part, shape: Shape },
    /// A key under a name of the line, of which nothing else is known.
    NamedKey { name: Part, value: Part, shape: Shape },
    /// A duration, and the unit of a bare number.
    Duration(Part, u64),
    /// A service named in a text.
    Service(Part),
    /// A topic named in a text.
    Topic(Part),
    /// A kind of event named in a text.
    Event(Part),
    /// The method of a request.
    Method(Part),
    /// The path of a request.
    Route(Part),
    /// An HTTP status.
    Status(Part),
    /// The span has no parent.
    Root,
    /// Not a step: the name is one of which nothing else is known.
    SameName(Part, Facts),
    /// Not a step: the part has this length, and other lengths may be looked at otherwise.
    Length(Part, usize),
}

/// Shorter values are looked at alike whatever the length of the numbers in them.
const HEADER: usize = 40;
/// By so many bytes a slot of one line may be longer than that of another.
const GROWTH: usize = 12;

/// No name that is known has so many digits in a row.
const NUMBER: usize = 5;

/// The steps of one record.
#[derive(Debug)]
pub(super) struct Tape {
    /// Address and length of the line.
    line: (usize, usize),
    marks: Vec<u32>,
    free: Vec<bool>,
    steps: Vec<Step>,
    /// Within a step.
    depth: u32,
    refused: bool,
}

impl Tape {
    /// An empty tape for a line.
    pub(super) fn new(pattern: &Pattern<'_>) -> Tape {
        let has = |text: &[u8]| memchr::memmem::find(pattern.line, text).is_some();
        // lists of bytes, and contents of tags, are looked for some bytes ahead
        let refused = has(b"Buffer")
            || has(b"content=\"")
            || has(b"alue") && (has(b"key") || has(b"Key") || has(b"KEY"));
        Tape {
            line: (pattern.line.as_ptr() as usize, pattern.line.len()),
            marks: pattern.marks.to_vec(),
            free: pattern.free.to_vec(),
            steps: Vec::new(),
            depth: 0,
            refused,
        }
    }

    /// The steps, unless one was not told.
    pub(super) fn steps(self) -> Option<Vec<Step>> {
        (!self.refused).then_some(self.steps)
    }

    fn pattern(&self) -> Pattern<'_> {
        Pattern { id: 0, line: &[], marks: &self.marks, free: &self.free }
    }

    fn place(&self, text: &[u8]) -> Option<(usize, usize)> {
        let start = (text.as_ptr() as usize).checked_sub(self.line.0)?;
        (start + text.len() <= self.line.1).then_some((start, start + text.len()))
    }

    /// The part of the line that a text is.
    pub(super) fn part(&self, text: &[u8]) -> Option<Part> {
        if text.is_empty() {
            return Some(Part::default());
        }
        let (start, end) = self.place(text)?;
        self.pattern().part(start, end)
    }

    /// Whether a text is the same in all lines; one that is no part of the line was made of such.
    fn is_constant(&self, text: &[u8]) -> bool {
        self.place(text).is_none_or(|(start, end)| self.pattern().is_constant(start, end))
    }

    /// Whether a name differs by numbers only that are too long to be part of a word that is known.
    fn is_numbered(&self, name: &[u8]) -> bool {
        let Some((start, end)) = self.place(name) else { return false };
        let inside = |slot: &&[u32]| (slot[0] as usize) < end && slot[1] as usize > start;
        self.marks[1..].chunks_exact(2).filter(inside).all(|slot| {
            let (from, to) = (slot[0] as usize, slot[1] as usize);
            from >= start
                && to <= end
                && to - from >= NUMBER
                && name[from - start..to - start].iter().all(u8::is_ascii_digit)
        })
    }

    /// A name that values stand under.
    fn name(&self, name: &[u8]) -> Option<Name> {
        if self.is_constant(name) { Some(Name::Same(name.into())) } else { self.part(name).map(Name::Part) }
    }

    fn add(&mut self, step: Option<Step>) {
        match step {
            Some(step) => self.steps.push(step),
            None => self.refused = true,
        }
    }
}

impl Found {
    /// Takes a step: what `run` does, told by `step`.
    #[inline]
    pub(super) fn step<R>(
        &mut self,
        step: impl FnOnce(&Tape) -> Option<Step>,
        run: impl FnOnce(&mut Found) -> R,
    ) -> R {
        if self.tape.is_none() {
            return run(self);
        }
        self.begin(step);
        let result = run(self);
        if let Some(tape) = &mut self.tape {
            tape.depth -= 1;
        }
        result
    }

    #[cold]
    fn begin(&mut self, step: impl FnOnce(&Tape) -> Option<Step>) {
        if let Some(tape) = &mut self.tape {
            if tape.depth == 0 {
                let step = step(tape);
                tape.add(step);
            }
            tape.depth += 1;
        }
    }

    /// Takes the last step back, which did nothing.
    pub(super) fn untold(&mut self) {
        if let Some(tape) = &mut self.tape
            && tape.depth == 0
        {
            tape.steps.pop();
        }
    }

    /// Something is done that only a step may do.
    #[inline]
    pub(super) fn within_step(&mut self) {
        if let Some(tape) = &mut self.tape
            && tape.depth == 0
        {
            tape.refused = true;
        }
    }

    /// What is done to this record cannot be told.
    pub(super) fn refuse(&mut self) {
        if let Some(tape) = &mut self.tape {
            tape.refused = true;
        }
    }

    /// What is looked for in a text depends on its length, which may vary.
    pub(super) fn same_length(&mut self, text: &[u8]) {
        self.demand(text, HEADER);
    }

    /// Of a text its last part is searched.
    pub(super) fn same_end(&mut self, text: &[u8], last: usize) {
        self.demand(text, last);
    }

    #[inline]
    fn demand(&mut self, text: &[u8], from: usize) {
        let Some(tape) = &mut self.tape else { return };
        let Some((start, end)) = tape.place(text) else { return };
        let slots = tape.marks[1..].chunks_exact(2).zip(&tape.free);
        let inside = |slot: &[u32]| slot[0] as usize >= start && slot[1] as usize <= end;
        let varying = slots.filter(|(slot, free)| **free && inside(slot)).count();
        if tape.depth == 0 && varying > 0 && text.len() + GROWTH * varying >= from {
            let step = tape.part(text).map(|part| Step::Length(part, text.len()));
            tape.add(step);
        }
    }

    /// All that follows holds for a name of which this is known.
    #[inline]
    pub(super) fn named(&mut self, name: &[u8], facts: &Facts) {
        if let Some(tape) = &mut self.tape
            && tape.depth == 0
            && !tape.is_constant(name)
            && !tape.is_numbered(name)
        {
            let step = tape.part(name).map(|part| Step::SameName(part, *facts));
            tape.add(step);
        }
    }
}

impl Tape {
    /// Adds the step of a key, unless it belongs to another step: its name, the symbol and the text of that, and its value.
    pub(super) fn key(&mut self, name: &[u8], known: (Symbol, &[u8]), value: &[u8], shape: Shape) {
        if self.depth > 0 {
            return;
        }
        let step = self.part(value).and_then(|value| {
            if self.is_constant(name) {
                return Some(Step::Key { name: known.0, text: known.1.into(), value, shape });
            }
            Some(Step::NamedKey { name: self.part(name)?, value, shape })
        });
        self.add(step);
    }
}

impl Step {
    /// The step of an id.
    pub(super) fn id(tape: &Tape, name: &[u8], value: &[u8]) -> Option<Step> {
        Some(Step::Id(tape.name(name)?, tape.part(value)?))
    }

    /// The step of a field.
    pub(super) fn field(tape: &Tape, field: &Field, texts: [&[u8]; 3]) -> Option<Step> {
        let [name, parent, value] = texts;
        let (name, parent, value) = (tape.part(name)?, tape.part(parent)?, tape.part(value)?);
        Some(Step::Field { field: *field, name, parent, value })
    }
}
