//! Names met so far, each with the container it stands in: what is known of a name is looked up once, and the name that
//! follows another one is guessed from the record before.

use super::{NameHash, Role, by_tail, is_transparent, lookup};
use indexmap::{Equivalent, IndexMap};
use rustc_hash::FxBuildHasher;
use std::hash::{Hash, Hasher};

/// A name in its container: an index into [`Names`].
pub type NameId = u32;

/// The record itself, which contains all names at the top.
pub const TOP: NameId = 0;

/// More names than this are forgotten before the next record.
const MAX_NAMES: usize = 8192;

/// Lists that hold names and values by turns: `"headers":["traceparent","00-…"]`.
const BY_TURNS: [&[u8]; 14] = [
    b"headers",
    b"header",
    b"hdrs",
    b"rawheaders",
    b"metadata",
    b"meta",
    b"attributes",
    b"attrs",
    b"kv",
    b"kvs",
    b"fields",
    b"context",
    b"args",
    b"properties",
];

/// What a field's value says of the fields beside it: OTLP and lists of headers write names as values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Nothing.
    Plain,
    /// It is the name of another field.
    Name,
    /// It belongs to the name beside it.
    Value,
    /// It belongs to the name beside its container.
    TypedValue,
}

/// What is known of a name in its container.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Hash of the names from the top down to this one.
    pub path: NameHash,
    /// What a value under it means.
    pub role: Role,
    /// Between several fields of one role the lowest rank counts.
    pub rank: u8,
    /// Role and rank of a value in an array under this name.
    pub element: (Role, u8),
    /// Fields inside it count as if they stood at the top.
    pub top: bool,
    /// It stands so itself.
    pub outer_top: bool,
    /// What its value says of the fields beside it.
    pub part: Part,
    /// A list under it may hold names and values by turns.
    pub by_turns: bool,
    /// The name that followed it last.
    next: NameId,
}

/// Names that were met.
#[derive(Debug)]
pub struct Names {
    known: IndexMap<Name, Seen, FxBuildHasher>,
}

#[derive(PartialEq, Eq, Debug)]
struct Name {
    container: NameId,
    text: Box<[u8]>,
}

struct Asked<'t> {
    container: NameId,
    text: &'t [u8],
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Asked { container: self.container, text: &self.text }.hash(state);
    }
}

impl Hash for Asked<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(self.container);
        state.write(self.text);
    }
}

impl Equivalent<Name> for Asked<'_> {
    fn equivalent(&self, name: &Name) -> bool {
        self.container == name.container && *self.text == *name.text
    }
}

impl Default for Names {
    fn default() -> Names {
        let top = Seen {
            path: NameHash::default(),
            role: Role::Other,
            rank: u8::MAX,
            element: (Role::Other, u8::MAX),
            top: true,
            outer_top: true,
            part: Part::Plain,
            by_turns: false,
            next: TOP,
        };
        let name = Name { container: NameId::MAX, text: Box::default() };
        Names { known: IndexMap::from_iter([(name, top)]) }
    }
}

impl Names {
    /// A record begins: names are forgotten if there are too many.
    pub fn begin(&mut self) {
        if self.known.len() > MAX_NAMES {
            *self = Names::default();
        }
    }

    /// What is known of a name.
    #[inline]
    pub fn get(&self, id: NameId) -> &Seen {
        &self.known[id as usize]
    }

    /// The name in `container` that followed `before` last, if `text` goes on with it and `quote`.
    #[inline]
    pub fn expected(
        &self,
        before: NameId,
        container: NameId,
        text: &[u8],
        quote: u8,
    ) -> Option<(NameId, usize)> {
        let id = self.known[before as usize].next;
        let (name, _) = self.known.get_index(id as usize)?;
        let length = name.text.len();
        (name.container == container && text.get(length) == Some(&quote) && text[..length] == *name.text)
            .then_some((id, length))
    }

    /// The name `text` in `container`.
    pub fn find(&mut self, container: NameId, text: &[u8]) -> NameId {
        match self.known.get_index_of(&Asked { container, text }) {
            Some(index) => index as NameId,
            None => {
                let seen = self.look_up(container, text);
                let name = Name { container, text: text.into() };
                self.known.insert_full(name, seen).0 as NameId
            }
        }
    }

    /// The name `text` in `container`; it will be expected behind `before`.
    pub fn find_behind(&mut self, before: NameId, container: NameId, text: &[u8]) -> NameId {
        let id = self.find(container, text);
        self.known[before as usize].next = id;
        id
    }

    fn look_up(&self, container: NameId, text: &[u8]) -> Seen {
        let (outer, around) = self
            .known
            .get_index(container as usize)
            .map_or((&[][..], self.known[TOP as usize]), |(name, seen)| (&*name.text, *seen));
        let leaf = NameHash::of(text);
        let path = around.path.text(text);
        let pair = NameHash::of(outer).text(text);
        let known = |path, pair, top, outer_top| {
            lookup(path, pair, leaf, top, outer_top)
                .or_else(|| by_tail(text))
                .map_or((Role::Other, u8::MAX), |known| (known.role, known.rank))
        };
        let (role, rank) = known(path, pair, around.top, around.outer_top);
        Seen {
            path,
            role,
            rank,
            // an element of an array is a value of the array's name
            element: known(path, leaf, around.top, around.top),
            top: around.top && is_transparent(leaf),
            outer_top: around.top,
            part: match text {
                b"key" | b"name" | b"Key" | b"Name" | b"field" | b"k" | b"K" | b"attr" => Part::Name,
                b"value" | b"Value" | b"v" | b"V" | b"val" | b"Val" => Part::Value,
                b"stringValue" | b"intValue" | b"doubleValue" | b"boolValue" | b"string_value"
                | b"int_value" | b"double_value" | b"bool_value" => Part::TypedValue,
                _ => Part::Plain,
            },
            by_turns: BY_TURNS.iter().any(|name| NameHash::of(name) == leaf),
            next: TOP,
        }
    }
}
