//! `diff`

use super::{read, run};
use crate::analyze::compare::{Limits, Side, compare};
use crate::analyze::map::Map;
use crate::analyze::profile::Profile;
use crate::analyze::query::Query;
use crate::cli::args::{DiffArgs, DiffFormat, FailOn, InputArgs};
use crate::cli::message::Exit;
use crate::cli::options;
use crate::cli::output::Output;
use crate::engine::load::Loaded;
use crate::engine::run::Woven;
use crate::report::diff::{Compared, Run, json, markdown};
use crate::report::text;
use anyhow::{Context, Result};
use std::path::Path;

/// `diff`
pub fn diff(args: &DiffArgs) -> Result<Exit> {
    let query = args.select.condition.query()?;
    let [base, new] = args.input.paths.as_slice() else { unreachable!("clap takes two paths") };
    let (base, base_exit) = Read::of(args, base, query.clone())?;
    let (new, new_exit) = Read::of(args, new, query)?;
    let mut exit = base_exit.max(new_exit);
    for side in [&base, &new] {
        if side.woven.traces.is_empty() {
            options::voice(&args.output).error(format_args!("no transaction in '{}'", side.name));
            exit = exit.max(Exit::NoMatch);
        }
    }
    let side = |read: &'_ Read| {
        (Profile::of(&read.loaded.store, &read.woven.traces), Map::of(&read.loaded.store, &read.woven.traces))
    };
    let (before, after) = (side(&base), side(&new));
    let differences = compare(
        Side { profile: &before.0, map: &before.1 },
        Side { profile: &after.0, map: &after.1 },
        &Limits::default(),
    );
    let compared = Compared {
        stores: [&base.loaded.store, &new.loaded.store],
        runs: [base.run(), new.run()],
        differences: &differences,
    };
    let mut out = Output::open(&args.output)?;
    match args.format.unwrap_or_default() {
        DiffFormat::Text => text::diff(&compared, options::style(&args.output), &mut out),
        DiffFormat::Json => json::write(&compared, &mut out),
        DiffFormat::Markdown => markdown::write(&compared, &mut out),
    }
    .with_context(|| out.failed())?;
    out.finish()?;
    let fails = match args.fail_on.unwrap_or_default() {
        FailOn::Never => false,
        FailOn::Worse => compared.worse() > 0,
        FailOn::Any => !differences.is_empty(),
    };
    Ok(exit.max(if fails { Exit::NoMatch } else { Exit::Done }))
}

/// One side, read and woven.
struct Read {
    name: String,
    loaded: Loaded,
    woven: Woven,
}

impl Read {
    fn of(args: &DiffArgs, path: &Path, query: Option<Query>) -> Result<(Read, Exit)> {
        let input = InputArgs { paths: vec![path.to_owned()], ..args.input.clone() };
        let (mut loaded, exit) = read(&input, &args.weave, &args.output, false)?;
        let selection = options::selection(&args.select, query, &options::zone(&input)?, &loaded.store)?;
        let woven = run(&mut loaded, &selection, &args.weave)?;
        Ok((Read { name: path.display().to_string(), loaded, woven }, exit))
    }

    fn run(&self) -> Run<'_> {
        Run { name: &self.name, transactions: self.woven.traces.len(), coverage: &self.woven.coverage }
    }
}
