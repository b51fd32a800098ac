//! The user's own line formats: regular expressions with named groups.

use super::names::{self, NameHash, Role};
use super::{At, Draft, Field, Writing};
use regex::bytes::Regex;
use std::sync::Arc;

/// A pattern of the user's; its named groups become fields of these names.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Arc<Regex>,
    groups: Arc<[(usize, NameHash, Role, u8)]>,
    texts: Arc<[Box<[u8]>]>,
}

impl Pattern {
    /// Compiles a pattern. Fails with the parser's words if it is wrong, or if it names no group.
    pub fn new(pattern: &str) -> Result<Pattern, String> {
        let regex = Regex::new(pattern).map_err(|error| last_line(&error.to_string()))?;
        let groups: Vec<_> = regex
            .capture_names()
            .enumerate()
            .filter_map(|(index, name)| {
                let hash = NameHash::of(name?.as_bytes());
                let known = names::lookup_name(hash, true);
                Some((
                    index,
                    hash,
                    known.map_or(Role::Other, |known| known.role),
                    known.map_or(u8::MAX, |known| known.rank),
                ))
            })
            .collect();
        let texts = regex.capture_names().flatten().map(|name| name.as_bytes().into()).collect();
        if groups.is_empty() {
            return Err("it has no named group such as (?<time>…) or (?<message>…)".to_owned());
        }
        Ok(Pattern { regex: Arc::new(regex), groups: groups.into(), texts })
    }

    /// The names of the groups; a record's fields name them by index.
    pub fn texts(&self) -> &[Box<[u8]>] {
        &self.texts
    }

    /// Whether a line has this format.
    pub fn is_match(&self, line: &[u8]) -> bool {
        self.regex.is_match(line)
    }

    /// Appends the named groups of the first match as fields.
    pub fn read(&self, line: &[u8], draft: &mut Draft) -> bool {
        let Some(captures) = self.regex.captures(line) else { return false };
        for (name, &(index, path, role, rank)) in self.groups.iter().enumerate() {
            if let Some(found) = captures.get(index) {
                let value = At::new(found.start(), found.end());
                draft.fields.push(Field {
                    name: At::new(name, name),
                    parent: At::default(),
                    path,
                    role,
                    rank,
                    top: true,
                    value,
                    writing: Writing::Plain,
                });
            }
        }
        true
    }
}

/// regex writes the pattern and a marker first; the reason stands in the last line.
fn last_line(message: &str) -> String {
    message.lines().last().unwrap_or(message).trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_groups_become_fields() {
        let pattern =
            Pattern::new(r"^(?<time>\S+) \{(?<trace_id>\w+)\} (?<message>.*)$").expect("a right pattern");
        let line = b"12:00:00 {abc} hello";
        let mut draft = Draft::default();
        assert!(pattern.read(line, &mut draft));
        let roles: Vec<_> = draft.fields.iter().map(|field| field.role).collect();
        assert_eq!(roles, [Role::Time, Role::TraceId, Role::Message]);
    }

    #[test]
    fn a_wrong_pattern_is_refused_in_one_line() {
        assert!(Pattern::new("(").expect_err("unclosed").contains("unclosed group"));
        assert!(Pattern::new("abc").expect_err("no names").contains("no named group"));
    }
}
