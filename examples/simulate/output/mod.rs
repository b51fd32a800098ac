//! From a run to files: lines of text, and the truth beside them.

mod noise;
pub(crate) mod render;
mod stack;
mod truth;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::plan::System;
use crate::run::Run;
use crate::variant::{self, Clock, SpanIds, Variant};

/// The lines of one record in the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) service: usize,
    /// Counted from 1.
    pub(crate) first_line: usize,
    pub(crate) lines: usize,
    pub(crate) span: Option<usize>,
}

/// Everything that a run leaves behind, by file name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Corpus {
    /// `SERVICE.log`
    pub(crate) logs: BTreeMap<String, String>,
    /// `spans.jsonl`, `transactions.jsonl`, `lines.tsv` …
    pub(crate) truth: BTreeMap<String, String>,
}

/// What the writers of lines and truth share.
pub(crate) struct Setting<'a> {
    pub(crate) system: &'a System,
    pub(crate) run: &'a Run,
    pub(crate) variant: Variant,
    pub(crate) ids: Vec<SpanIds>,
    pub(crate) clocks: Vec<Clock>,
}

/// Writes lines and truth.
pub(crate) fn corpus(system: &System, run: &Run, variant: Variant) -> Corpus {
    let ids = variant::ids(system, run, variant);
    let clocks = variant::clocks(system, variant);
    let setting = Setting { system, run, variant, ids, clocks };
    let (logs, placed) = render::logs(&setting);
    let truth = truth::files(&setting, &placed);
    Corpus { logs, truth }
}

impl Corpus {
    /// Stores the files below `folder`. Replaces an earlier corpus there, and nothing else.
    pub(crate) fn store(&self, folder: &Path) -> io::Result<()> {
        let (logs, truth) = (folder.join("logs"), folder.join("truth"));
        if truth.join("stats.json").is_file() {
            fs::remove_dir_all(&logs)?;
            fs::remove_dir_all(&truth)?;
        } else if logs.exists() || truth.exists() {
            let told = format!("{} holds logs or truth of something else", folder.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, told));
        }
        for (folder, files) in [(logs, &self.logs), (truth, &self.truth)] {
            fs::create_dir_all(&folder)?;
            for (name, text) in files {
                fs::write(folder.join(name), text)?;
            }
        }
        Ok(())
    }
}
