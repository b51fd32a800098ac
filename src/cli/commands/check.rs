//! `check`

use super::{read, run};
use crate::analyze::check::baseline::{Baseline, VERSION};
use crate::analyze::check::rules::Rules;
use crate::analyze::check::{Case, State, judge};
use crate::analyze::map::Map;
use crate::analyze::profile::Profile;
use crate::analyze::query;
use crate::cli::args::{CheckArgs, CheckFormat, OutputArgs};
use crate::cli::config::Config;
use crate::cli::message::Exit;
use crate::cli::options;
use crate::cli::output::Output;
use crate::report::check::{Judged, github, json, junit, markdown, sarif};
use crate::report::{baseline, text};
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;

/// The baseline that is used if no other is named.
const DEFAULT: &str = crate::input::SETTINGS[1];

/// `check`
pub fn check(args: &CheckArgs) -> Result<Exit> {
    let condition = args.select.condition.query()?;
    let rules = Config::read(args.input.config.as_deref())?.rules;
    let path = args.baseline.as_deref().unwrap_or(Path::new(DEFAULT));
    let known = if args.update_baseline { None } else { read_baseline(path, args.baseline.is_some())? };
    let (mut loaded, exit) = read(&args.input, &args.weave, &args.output, true)?;
    let selection = options::selection(&args.select, condition, &options::zone(&args.input)?, &loaded.store)?;
    let woven = run(&mut loaded, &selection, &args.weave)?;
    let map = Map::of(&loaded.store, &woven.traces);
    let profile = Profile::of(&loaded.store, &woven.traces);
    let case = Case {
        store: &loaded.store,
        traces: &woven.traces,
        findings: &woven.findings,
        coverage: &woven.coverage,
        map: &map,
        profile: &profile,
        context: query::Context::of(&woven.findings),
    };
    let mut notes = Vec::new();
    let rules = match (rules, &known) {
        (Some(rules), _) => rules,
        // a baseline is enough, if there is something to hold against it
        (None, Some(_)) => Rules { min_transactions: 1, ..Rules::default() },
        (None, None) => {
            notes.push("No rules and no baseline: judged by the rules that are built in".to_owned());
            Rules::built_in()
        }
    };
    let verdicts = judge(&case, &rules, known.as_ref());
    let judged = Judged {
        store: &loaded.store,
        traces: &woven.traces,
        coverage: &woven.coverage,
        verdicts: &verdicts,
    };
    if args.update_baseline && judged.state() <= State::Noted {
        write_baseline(&Baseline::of(&case), path)?;
        notes.push(format!("Learned: {}", path.display()));
    } else if args.update_baseline {
        notes.push(format!(
            "Not learned: {}. If the run is a good one, write rules in spanloom.toml that it keeps",
            path.display()
        ));
    }
    let mut out = Output::open(&args.output)?;
    match args.format.unwrap_or_default() {
        CheckFormat::Text => text::check(&judged, &notes, options::style(&args.output), &mut out),
        CheckFormat::Json => json::write(&judged, &mut out),
        CheckFormat::Markdown => markdown::write(&judged, &mut out),
        CheckFormat::Junit => junit::write(&judged, &mut out),
        CheckFormat::Sarif => sarif::write(&judged, &mut out),
        CheckFormat::Github => github::write(&judged, &mut out),
    }
    .with_context(|| out.failed())?;
    out.finish()?;
    Ok(exit.max(match judged.state() {
        State::Passed | State::Noted => Exit::Done,
        State::Unjudged => Exit::Unjudged,
        State::Failed => Exit::NoMatch,
    }))
}

fn read_baseline(path: &Path, named: bool) -> Result<Option<Baseline>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if !named && error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let cause = anyhow!("{}", crate::input::words(&error));
            return Err(cause.context(format!("cannot read '{}'", path.display())));
        }
    };
    let baseline: Baseline = toml::from_str(&text)
        .map_err(|error| crate::cli::config::at_line(&error, &text))
        .with_context(|| format!("cannot use '{}'", path.display()))?;
    if baseline.version != VERSION {
        bail!("cannot use '{}': its version is {}, {VERSION} is known", path.display(), baseline.version);
    }
    Ok(Some(baseline))
}

fn write_baseline(learned: &Baseline, path: &Path) -> Result<()> {
    let mut out = Output::open(&OutputArgs { output: Some(path.to_owned()), ..OutputArgs::default() })?;
    baseline::write(learned, &mut out).with_context(|| out.failed())?;
    out.finish()
}
