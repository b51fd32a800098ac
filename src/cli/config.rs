//! `spanloom.toml`: settings that a flag would be too long for.

mod check;

use crate::analyze::check::rules::Rules;
use crate::model::KeyRules;
use crate::record::custom::Pattern;
use anyhow::{Context, Result, anyhow, bail};
use check::CheckEntry;
use globset::{Glob, GlobMatcher};
use serde::Deserialize;
use std::path::Path;

/// The file that is read if no other is named.
const DEFAULT: &str = crate::input::SETTINGS[0];

/// What the file may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    format: Vec<FormatEntry>,
    check: Option<CheckEntry>,
    #[serde(default)]
    keys: KeysEntry,
}

/// `[keys]`: what ties records of one transaction together.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysEntry {
    /// Names whose values join the records that hold them.
    #[serde(default)]
    join: Vec<String>,
    /// Names whose values never join anything.
    #[serde(default)]
    ignore: Vec<String>,
}

impl KeysEntry {
    fn rules(&self) -> Result<KeyRules> {
        for name in self.join.iter().chain(&self.ignore) {
            if KeyRules::symbol(name).is_none() {
                bail!("keys: expected a name with letters or digits, found '{name}'");
            }
        }
        let rules =
            KeyRules::new(self.join.iter().map(String::as_str), self.ignore.iter().map(String::as_str));
        if let Some(name) = self.join.iter().find(|name| rules.ignores(KeyRules::symbol(name))) {
            bail!(
                "keys: '{name}' stands under join and under ignore; names are compared without case and separators"
            );
        }
        Ok(rules)
    }
}

/// A format of the user's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FormatEntry {
    /// Which files have lines of it; all, if left out.
    files: Option<String>,
    /// A regular expression with named groups: time, level, service, message, trace_id, span_id, and any other name.
    pattern: String,
}

/// The settings of a file, checked.
#[derive(Debug, Default)]
pub struct Config {
    formats: Vec<(Option<GlobMatcher>, Pattern)>,
    /// Names of values that join transactions or never do.
    pub keys: KeyRules,
    /// The rules of `check`, if there are any.
    pub rules: Option<Rules>,
}

impl Config {
    /// Reads the named file, or the default one if it exists.
    pub fn read(named: Option<&Path>) -> Result<Config> {
        let path = named.unwrap_or(Path::new(DEFAULT));
        match std::fs::read_to_string(path) {
            Ok(text) => Config::parse(&text).with_context(|| format!("cannot use '{}'", path.display())),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Config::default())
            }
            Err(error) => Err(anyhow!("{}", crate::input::words(&error))
                .context(format!("cannot read '{}'", path.display()))),
        }
    }

    /// Checks the text of a settings file.
    pub fn parse(text: &str) -> Result<Config> {
        let file: File = toml::from_str(text).map_err(|error| at_line(&error, text))?;
        let rules = file.check.as_ref().map(CheckEntry::rules).transpose()?;
        let mut config = Config { rules, keys: file.keys.rules()?, ..Config::default() };
        for (index, entry) in file.format.into_iter().enumerate() {
            let number = index + 1;
            let files = match &entry.files {
                Some(glob) => match Glob::new(glob) {
                    Ok(glob) => Some(glob.compile_matcher()),
                    Err(error) => bail!("format {number}: cannot read the glob '{glob}': {}", error.kind()),
                },
                None => None,
            };
            match Pattern::new(&entry.pattern) {
                Ok(pattern) => config.formats.push((files, pattern)),
                Err(cause) => bail!("format {number}: cannot read the pattern '{}': {cause}", entry.pattern),
            }
        }
        Ok(config)
    }

    /// The patterns that apply to a source of this name.
    pub fn patterns(&self, source: &str) -> Vec<Pattern> {
        let base = Path::new(source).file_name().map(Path::new);
        let applies = |files: &Option<GlobMatcher>| {
            files
                .as_ref()
                .is_none_or(|glob| glob.is_match(source) || base.is_some_and(|base| glob.is_match(base)))
        };
        self.formats.iter().filter(|(files, _)| applies(files)).map(|(_, pattern)| pattern.clone()).collect()
    }
}

/// What is wrong with a TOML file, in one line.
pub fn at_line(error: &toml::de::Error, text: &str) -> anyhow::Error {
    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    anyhow!("line {line}: {}", error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_apply_to_the_files_they_name() {
        let config =
            Config::parse("[[format]]\nfiles = 'legacy*.log'\npattern = '^(?<time>\\S+) (?<message>.*)$'\n")
                .expect("right");
        assert_eq!(config.patterns("logs/legacy-1.log").len(), 1);
        assert_eq!(config.patterns("logs/new.log").len(), 0);
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let error = format!("{:#}", Config::parse(text).expect_err("wrong"));
        assert!(error.contains(expected) && !error.contains('\n'), "{error}");
    }

    #[test]
    fn keys_are_named_however_they_are_spelled() {
        let config = Config::parse("[keys]\njoin = ['shipment-ref']\nignore = ['user.id']\n").expect("right");
        assert!(config.keys.joins(KeyRules::symbol("ShipmentRef")));
        assert!(config.keys.ignores(KeyRules::symbol("user_id")));
    }

    #[test]
    fn mistakes_are_told_in_one_line() {
        refused(
            "[keys]\njoin = ['order_id']\nignore = ['orderId']",
            "keys: 'order_id' stands under join and under ignore",
        );
        refused("[keys]\njoin = ['_']", "keys: expected a name with letters or digits, found '_'");
        refused("[keys]\njoins = ['a']", "line 2: unknown field `joins`, expected `join` or `ignore`");
        refused("[[format]]\npattern = '('", "format 1: cannot read the pattern '(': unclosed group");
        refused("[[format]]\npatern = 'x'", "line 2: unknown field `patern`");
        refused("formats = 3", "line 1: unknown field `formats`");
    }
}
