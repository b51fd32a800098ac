//! Fields that are called `service` or `instance` and name none: the carrier's service level, the kind of a repair, the machine that
//! a customer rents.
//!
//! What a source is of stands in each of its records, or in all that one of its programs writes. A general name that stands
//! in few records, and has several values, tells of the business. One that has several values within one span tells of parts of
//! a program, and so do those that are called so where no span tells. Many that differ by their numbers only are of things, and so
//! are many with numbers in most of them of which each stands in a few records only.

use super::names::{self, NameHash, Role};
use super::{Class, Draft, Field, Format, Profile, fill, look};
use rustc_hash::{FxHashMap, FxHashSet};

/// Fewer records of one format tell nothing.
const MIN_RECORDS: usize = 10;
/// So many names are counted.
const MAX_NAMES: usize = 16;
/// Services of one source that differ by their numbers only are fewer than this.
const MAX_NUMBERED: usize = 12;
/// So many values are told apart.
const MAX_VALUES: usize = 64;
/// What is called so is the service where all records have it: a check, a file and a person have a name, too, and a job is work.
const GENERAL: [&[u8]; 2] = [b"name", b"job"];
/// A service has more records than this, on average.
const FEW_RECORDS: usize = 8;

/// A name under which services or instances were stated.
struct Stated {
    format: Format,
    name: NameHash,
    /// What such a name is of elsewhere: services or instances.
    role: Role,
    /// In so many records.
    count: usize,
    /// The first value, and whether there was another one.
    value: Vec<u8>,
    differs: bool,
    /// A span has several values.
    splits: bool,
    /// It is called a part of a program.
    part: bool,
    /// It is called what things of all kinds are.
    general: bool,
    /// Its values, as many as are told apart, and whether all of them differ by their numbers only.
    values: FxHashSet<Vec<u8>>,
    numbered: bool,
}

impl Stated {
    /// Takes in another value of it.
    fn add(&mut self, value: &[u8], splits: bool) {
        self.count += 1;
        self.differs |= self.value != value;
        self.splits |= splits;
        self.numbered &= without_numbers(&self.value).eq(without_numbers(value));
        if self.values.len() < MAX_VALUES && !self.values.contains(value) {
            self.values.insert(value.to_vec());
        }
    }

    /// Whether it has many values that differ by their numbers only, or that mostly hold numbers and stand in few records each.
    fn is_numbered(&self) -> bool {
        let count = self.values.len();
        let with_numbers = || self.values.iter().filter(|value| value.iter().any(u8::is_ascii_digit)).count();
        count >= MAX_NUMBERED
            && (self.numbered || self.count < count * FEW_RECORDS && with_numbers() * 2 > count)
    }
}

/// The bytes of a value but for its digits.
fn without_numbers(value: &[u8]) -> impl Iterator<Item = &u8> {
    value.iter().filter(|byte| !byte.is_ascii_digit())
}

/// Names of fields that state no service or instance in this source, although they would elsewhere.
pub(super) fn not_services(texts: &[Vec<u8>], profile: &Profile) -> Vec<NameHash> {
    let mut stated: Vec<Stated> = Vec::new();
    let mut records: Vec<(Format, usize)> = Vec::new();
    let mut draft = Draft::default();
    let mut spans: FxHashMap<Vec<u8>, Vec<u8>> = FxHashMap::default();
    for text in texts {
        draft.clear();
        let seen = look::look(text, profile, &mut draft);
        if seen.class != Class::Start {
            continue;
        }
        let format = fill::fill(text, &seen, &mut draft, profile);
        match records.iter_mut().find(|(other, _)| *other == format) {
            Some((_, count)) => *count += 1,
            None => records.push((format, 1)),
        }
        for (role, value) in [(Role::Service, draft.service), (Role::Instance, draft.instance)] {
            let is_it = |field: &&Field| {
                field.role == role && value.is_some_and(|value| value.start == field.value.start)
            };
            // names that can mean nothing else do so wherever they stand
            let field = draft.fields.iter().find(is_it);
            let Some(field) = field.filter(|field| names::lookup_name(field.path, false).is_none()) else {
                continue;
            };
            let value = field.value.of(text);
            let span = draft.fields.iter().find(|field| field.role == Role::SpanId);
            let splits = role == Role::Service
                && span.is_some_and(|span| {
                    let first = spans.entry(span.value.of(text).to_vec()).or_insert_with(|| value.to_vec());
                    *first != value
                });
            let room = stated.len() < MAX_NAMES;
            match stated.iter_mut().find(|other| other.format == format && other.name == field.path) {
                Some(other) => other.add(value, splits),
                None if room => stated.push(Stated {
                    format,
                    name: field.path,
                    role,
                    count: 1,
                    value: value.to_vec(),
                    differs: false,
                    splits,
                    part: [&b"component"[..], b"module"].contains(&field.name.of(text)),
                    general: GENERAL.iter().any(|name| field.name.of(text).eq_ignore_ascii_case(name)),
                    values: FxHashSet::from_iter([value.to_vec()]),
                    numbered: true,
                }),
                None => {}
            }
        }
    }
    let names_none = |stated: &&Stated| {
        let all = records.iter().find(|(format, _)| *format == stated.format).map_or(0, |(_, count)| *count);
        // who writes stands in all that is written
        let seldom = || all >= MIN_RECORDS && stated.count * 10 < all * 9;
        if (stated.general || stated.role == Role::Instance && stated.differs) && seldom() {
            return true;
        }
        if stated.role == Role::Instance || !matches!(stated.format, Format::Json | Format::Logfmt) {
            return stated.is_numbered();
        }
        let rare = all >= MIN_RECORDS && stated.count * 2 < all;
        stated.differs && (rare || stated.splits || stated.is_numbered() || stated.part && spans.is_empty())
    };
    stated.iter().filter(names_none).map(|stated| stated.name).collect()
}

/// Makes plain fields of those that state no service or instance in this source.
pub(super) fn forget(draft: &mut Draft, profile: &Profile) {
    if profile.not_services.is_empty() {
        return;
    }
    for field in &mut draft.fields {
        let named = match field.role {
            Role::Service => &mut draft.service,
            Role::Instance => &mut draft.instance,
            _ => continue,
        };
        if profile.not_services.contains(&field.path) {
            field.role = Role::Other;
            named.take_if(|named| named.start == field.value.start);
        }
    }
}
