//! Finds the context of a record by the steps that found that of a record like it; see [`super::tape`].

use super::direct::Direct;
use super::facts::Facts;
use super::tape::{Name, Part, Step};
use super::{Found, header, takes_key, words};
use crate::model::Symbol;
use crate::record::{At, Draft, Field, Format, Layer, Pattern, Record};

/// How the context of records of one pattern is found.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    present: Present,
    /// The template of the message, if it is the same in all of them: symbol and text.
    pub(super) template: Option<(Symbol, Box<[u8]>)>,
    /// How events are written without any search.
    pub(super) direct: Option<Direct>,
}

/// What a record turned out to have: steps that come later may depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Present {
    ranks: [u8; 3],
    duration: bool,
    status: bool,
    headers: usize,
}

impl Found {
    /// Finds the context of a record whose pattern is new; gives how, if all records of the pattern are searched so.
    pub(super) fn find_and_learn(&mut self, record: &Record<'_>, pattern: &Pattern<'_>) -> Option<Plan> {
        self.clear();
        self.tape = Some(Box::new(super::tape::Tape::new(pattern)));
        self.layers(record);
        let steps = self.tape.take().and_then(|tape| tape.steps());
        let present = self.present();
        self.settle(record);
        steps.map(|steps| Plan { steps, present, template: None, direct: None })
    }

    fn present(&self) -> Present {
        Present {
            ranks: self.ranks,
            duration: self.duration.is_some(),
            status: self.status.is_some(),
            headers: self.headers.len(),
        }
    }

    /// Finds the context of a record by a plan; `false` if it has to be searched.
    pub(super) fn follow(&mut self, plan: &Plan, record: &Record<'_>, pattern: &Pattern<'_>) -> bool {
        self.clear();
        if !plan.steps.iter().all(|step| self.take(step, pattern)) || self.present() != plan.present {
            return false;
        }
        self.settle(record);
        true
    }

    /// Takes a step; `false` if the record is not like the one that the step was taken for first.
    fn take(&mut self, step: &Step, pattern: &Pattern<'_>) -> bool {
        let text = |(start, end): Part| &pattern.line[start.of(pattern.marks)..end.of(pattern.marks)];
        match step {
            Step::Key { name, text: written, value, shape } => {
                let value = text(*value);
                if let Some(symbol) = self.new_key(*name, value) {
                    let start = self.arena.len();
                    self.arena.extend_from_slice(written);
                    let name_text = At::new(start, self.arena.len());
                    self.put_key(*name, name_text, symbol, value, *shape);
                }
            }
            Step::NamedKey { name, value, shape } => {
                let (name, value) = (text(*name), text(*value));
                if !takes_key(name, value) {
                    return false;
                }
                let mut bare = std::mem::take(&mut self.scratch);
                bare.clear();
                words::bare(name, &mut bare);
                let symbol = Symbol::of(&bare);
                self.scratch = bare;
                if let Some(value_symbol) = self.new_key(symbol, value) {
                    let start = self.arena.len();
                    words::snake(name, &mut self.arena);
                    let name_text = At::new(start, self.arena.len());
                    self.put_key(symbol, name_text, value_symbol, value, *shape);
                }
            }
            Step::Context { role, rank, name, value, text: in_text } => {
                let (name, value) = (text(*name), text(*value));
                return if *in_text {
                    self.text_context(*role, name, value)
                } else {
                    self.context(*role, *rank, name, value, false)
                };
            }
            Step::Id(name, value) => {
                let name = match name {
                    Name::Same(name) => name,
                    Name::Part(part) => text(*part),
                };
                self.put_id(name, text(*value));
            }
            Step::Header(role, value) => match header::read(*role, text(*value)) {
                Some(header) => self.add_header(header),
                None => return false,
            },
            Step::Exact { own, rank, scheme, id } => return self.exact(*own, *rank, *scheme, text(*id)),
            Step::Duration(value, unit) => self.text_duration(text(*value), *unit),
            Step::Field { field, name, parent, value } => {
                let at = |(start, end): Part| At::new(start.of(pattern.marks), end.of(pattern.marks));
                let field = Field { name: at(*name), parent: at(*parent), value: at(*value), ..*field };
                let draft = Draft::default();
                let layer = Layer { text: pattern.line, draft: &draft, format: Format::Json, names: &[] };
                self.field(&layer, &field, text(*value));
            }
            Step::QuotedUuid(part) => {
                self.uuid_in_quotes(text(*part));
            }
            Step::Service(value) => self.service = Some(self.keep(text(*value))),
            Step::Topic(value) => self.topic = Some(self.keep(text(*value))),
            Step::Event(value) => self.event_kind(text(*value)),
            Step::Method(method) => self.method = Some(self.keep(text(*method))),
            Step::Route(path) => self.route = Some(self.keep(text(*path))),
            Step::Status(value) => {
                self.text_status(text(*value));
            }
            Step::Root => self.root = true,
            Step::SameName(name, facts) => {
                let found = self.facts.get(text(*name));
                return is_alike(facts, &found);
            }
            Step::Length(part, length) => return text(*part).len() == *length,
        }
        true
    }
}

/// Whether two names are treated alike.
fn is_alike(one: &Facts, other: &Facts) -> bool {
    let known = |facts: &Facts| facts.known.map(|known| (known.role, known.rank, known.top_only));
    let spelling = |facts: &Facts| {
        (facts.digest, facts.correlation, facts.id, facts.machinery, facts.generic, facts.key.is_none())
    };
    known(one) == known(other) && spelling(one) == spelling(other)
}
