//! Finds the files behind what the user named.
//!
//! The result does not depend on the order of the names or of directories: files are sorted by name, and one that is
//! found under several names counts once, under the first of them. Every walk ends: no directory is entered twice.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::error::{InputError, words};
use super::naming::telling;
use super::open::{FileId, real};
use super::pattern::Pattern;
use super::rotation::sets;
use super::twins::is_twin;
use super::{DiscoverOptions, Discovery, Input, SETTINGS, Source, Stream};
use crate::model::SkipReason;

/// Finds the files behind `inputs` and sorts them into streams.
///
/// A path that does not exist but holds `*`, `?`, `[` or `{` is a pattern: `*` and `?` match within one directory, `**`
/// any number of directories. In directories, hidden files, the program's own files and what is no regular file are left
/// out; each is read if its name was given. Files are opened only where two may be copies of each other.
pub fn discover(inputs: &[Input], options: &DiscoverOptions) -> Discovery {
    let mut search = Search { options, found: Vec::new(), stdin: false, discovery: Discovery::default() };
    for input in inputs {
        match input {
            Input::Stdin => search.stdin = true,
            Input::Path(path) => search.named(path),
        }
    }
    search.finish()
}

struct Search<'a> {
    options: &'a DiscoverOptions,
    found: Vec<Found>,
    stdin: bool,
    discovery: Discovery,
}

struct Found {
    name: String,
    path: PathBuf,
    real: PathBuf,
    metadata: Metadata,
}

impl Search<'_> {
    /// A path that the user wrote.
    fn named(&mut self, path: &Path) {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(_) if Pattern::is(path) => return self.pattern(path),
            Err(error) => return self.fail(path, words(&error)),
        };
        if metadata.is_dir() {
            return self.walk(path, true);
        }
        if metadata.is_file() {
            // A pipe must not be opened twice: its writer would see it close.
            if let Err(error) = File::open(path) {
                return self.fail(path, words(&error));
            }
        } else if is_socket(&metadata) {
            return self.fail(path, "it is a socket".to_owned());
        }
        self.found.push(Found { name: shown(path), path: path.to_owned(), real: real(path), metadata });
    }

    fn fail(&mut self, path: &Path, cause: String) {
        self.discovery.failed.push(InputError::Unreadable { name: shown(path), cause });
    }

    /// A directory, which was named by the user or matched a pattern.
    fn walk(&mut self, root: &Path, named: bool) {
        let mut entered = Entered::default();
        let hidden = self.options.hidden;
        let entries = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
        for entry in entries.filter_entry(|entry| (hidden || !is_hidden(entry)) && entered.allow(entry)) {
            match entry {
                Ok(entry) => self.walked(&entry, entry.path()),
                Err(error) if error.depth() == 0 && named => {
                    let cause = error.io_error().map_or_else(|| error.to_string(), words);
                    self.fail(root, cause);
                }
                Err(error) => self.unreadable(&error, root),
            }
        }
    }

    /// An entry that a walk met; `path` is what it is called.
    fn walked(&mut self, entry: &DirEntry, path: &Path) {
        if entry.file_type().is_dir() {
            return;
        }
        let name = shown(path);
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => {
                if self.is_settings(entry, path) {
                    self.discovery.skipped.push((SkipReason::Settings, name));
                    return;
                }
                self.found.push(Found { name, path: path.to_owned(), real: real(path), metadata });
            }
            Ok(_) => self.discovery.skipped.push((SkipReason::SpecialFile, name)),
            Err(_) => self.discovery.skipped.push((SkipReason::Unreadable, name)),
        }
    }

    /// Whether an entry is a file of the program's own.
    fn is_settings(&self, entry: &DirEntry, path: &Path) -> bool {
        SETTINGS.iter().any(|name| entry.file_name() == *name)
            || self.options.settings.as_deref().is_some_and(|settings| {
                settings.file_name() == Some(entry.file_name()) && real(settings) == real(path)
            })
    }

    fn unreadable(&mut self, error: &walkdir::Error, base: &Path) {
        if error.loop_ancestor().is_none() {
            let name = error.path().map(|path| shown(below(base, path))).unwrap_or_default();
            self.discovery.skipped.push((SkipReason::Unreadable, name));
        }
    }

    fn pattern(&mut self, path: &Path) {
        let pattern = match Pattern::new(path) {
            Ok(pattern) => pattern,
            Err(cause) => {
                return self.discovery.failed.push(InputError::BadPattern { pattern: shown(path), cause });
            }
        };
        let root = if pattern.base.as_os_str().is_empty() { Path::new(".") } else { &pattern.base };
        let mut entered = Entered::default();
        let hidden = self.options.hidden || pattern.wants_hidden();
        let leads = |entry: &DirEntry| {
            (hidden || !is_hidden(entry))
                && pattern.leads_into(Path::new(entry.file_name()), entry.depth())
                && entered.allow(entry)
        };
        let walk = WalkDir::new(root).follow_links(true).min_depth(1).max_depth(pattern.max_depth);
        let entries = walk.sort_by_file_name().into_iter().filter_entry(leads);
        let mut directories = Vec::new();
        let mut matched = false;
        // Without the directory, nothing matches; that is no failure of its own.
        for entry in entries.take_while(|_| root.is_dir()) {
            match entry {
                Ok(entry) => {
                    let path = below(&pattern.base, entry.path());
                    if !pattern.matches(path) {
                        continue;
                    }
                    matched = true;
                    if entry.file_type().is_dir() {
                        directories.push(path.to_owned());
                    } else {
                        self.walked(&entry, path);
                    }
                }
                Err(error) => self.unreadable(&error, &pattern.base),
            }
        }
        for directory in &directories {
            self.walk(directory, false);
        }
        if !matched {
            self.discovery.failed.push(InputError::NoMatch { pattern: shown(path) });
        }
    }

    fn finish(mut self) -> Discovery {
        self.found.sort_by(|a, b| (&a.name, &a.real).cmp(&(&b.name, &b.real)));
        let mut seen = HashSet::new();
        self.found.retain(|found| seen.insert(found.real.clone()));
        let mut streams = self.streams();
        if self.stdin {
            let stdin = Source { name: "-".to_owned(), path: None, size: None, id: None };
            streams.push(Stream { name: "-".to_owned(), sources: vec![stdin], among: false });
        }
        let first = |stream: &Stream| stream.sources.first().map(|source| source.name.clone());
        streams.sort_by_cached_key(|stream| (stream.name.clone(), first(stream)));
        let mut discovery = self.discovery;
        discovery.streams = streams;
        discovery.skipped.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
        discovery.skipped.dedup();
        discovery.failed.sort_by_key(ToString::to_string);
        discovery.failed.dedup();
        discovery
    }

    fn streams(&mut self) -> Vec<Stream> {
        let mut directories: HashMap<&Path, PathBuf> = HashMap::new();
        let mut files = Vec::new();
        for (index, found) in self.found.iter().enumerate() {
            let (_, file_name) = split_name(&found.name);
            let parent = found.path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            let directory = directories.entry(parent).or_insert_with(|| real(parent));
            // What is no file is no part of a set; its index keeps it apart.
            let apart = if found.metadata.is_file() { 0 } else { index + 1 };
            files.push(((directory.clone(), apart), file_name));
        }
        let mut streams = Vec::new();
        for set in sets(&files) {
            let mut sources = Vec::new();
            let mut run: Vec<usize> = Vec::new();
            for (position, &member) in set.members.iter().enumerate() {
                run.push(member);
                if !set.same_age.get(position).copied().unwrap_or(false) {
                    sources.extend(self.without_copies(&std::mem::take(&mut run)));
                }
            }
            let (directory, _) = split_name(&self.found[set.members[0]].name);
            streams.push(Stream { name: format!("{directory}{}", set.base), sources, among: false });
        }
        among_services(&mut streams);
        streams
    }

    /// Files of one age without those that are compressed copies of another.
    fn without_copies(&mut self, run: &[usize]) -> Vec<Source> {
        let mut kept: Vec<&Found> = Vec::new();
        // Compressed files stand before the others.
        for &index in run.iter().rev() {
            let found = &self.found[index];
            if kept.iter().any(|other| is_twin(&found.real, &other.real)) {
                self.discovery.skipped.push((SkipReason::CompressedTwin, found.name.clone()));
            } else {
                kept.push(found);
            }
        }
        kept.into_iter().rev().map(Found::source).collect()
    }
}

/// Tells the streams whose directories hold the logs of several services.
fn among_services(streams: &mut [Stream]) {
    /// One service may write a log or two under names of their own.
    const SEVERAL: usize = 3;
    let mut services: HashMap<String, HashSet<String>> = HashMap::new();
    for stream in &*streams {
        let (directory, base) = split_name(&stream.name);
        if let Some(service) = telling(base) {
            services.entry(directory.to_owned()).or_default().insert(service);
        }
    }
    for stream in streams {
        let directory = split_name(&stream.name).0;
        stream.among = services.get(directory).is_some_and(|services| services.len() >= SEVERAL);
    }
}

impl Found {
    fn source(&self) -> Source {
        let is_file = self.metadata.is_file();
        Source {
            name: self.name.clone(),
            path: Some(self.real.clone()),
            size: is_file.then_some(self.metadata.len()),
            id: FileId::of(&self.metadata).filter(|_| is_file),
        }
    }
}

/// Directories that a walk has entered.
#[derive(Default)]
struct Entered(HashSet<PathBuf>);

impl Entered {
    /// Whether an entry is a file or a directory that was not entered before.
    fn allow(&mut self, entry: &DirEntry) -> bool {
        !entry.file_type().is_dir() || self.0.insert(real(entry.path()))
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// The path of an entry as it is below `base`, which the walk calls `.` if it is empty.
fn below<'a>(base: &Path, path: &'a Path) -> &'a Path {
    if base.as_os_str().is_empty() { path.strip_prefix(".").unwrap_or(path) } else { path }
}

#[cfg(unix)]
fn is_socket(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_socket()
}

#[cfg(not(unix))]
fn is_socket(_: &Metadata) -> bool {
    false
}

/// The directory, with the separator behind it, and the name in it.
pub(super) fn split_name(name: &str) -> (&str, &str) {
    name.split_at(name.rfind(['/', std::path::MAIN_SEPARATOR]).map_or(0, |at| at + 1))
}

/// A path as reports show it.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
