//! The commands.

mod check;
mod diff;
mod export;
mod map;

pub use check::check;
pub use diff::diff;
pub use export::export;
pub use map::map;

use super::args::{
    ExplainArgs, ExtractArgs, Format, InputArgs, ListArgs, OutputArgs, ReportArgs, ShowArgs, SortKey,
    WeaveArgs,
};
use super::interrupt;
use super::message::{Exit, Voice};
use super::options::{self, HintText};
use super::output::Output;
use super::progress::Progress;
use crate::analyze::map::Map;
use crate::analyze::times::Operations;
use crate::engine::find;
use crate::engine::load::{Loaded, load};
use crate::engine::read::Settings;
use crate::engine::run::{self as running, Selection, Woven};
use crate::engine::texts::Texts;
use crate::engine::{explain as explaining, extract as extracting};
use crate::gather::{SpillError, Store};
use crate::input::Discovery;
use crate::model::{Finding, SkipReason, Time, Trace, TraceId};
use crate::report::{self, Report, TextOf, json, text};
use anyhow::{Context, Result, anyhow};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::cmp::Reverse;
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

/// `report`
pub fn report(args: &ReportArgs) -> Result<Exit> {
    let query = args.select.condition.query()?;
    let (mut loaded, mut exit) = read(&args.input, &args.weave, &args.output, true)?;
    let selection = options::selection(&args.select, query, &options::zone(&args.input)?, &loaded.store)?;
    let format = args.format.unwrap_or_default();
    if format == Format::Text {
        return Ok(exit.max(overview(loaded, &selection, args)?));
    }
    let woven = run(&mut loaded, &selection, &args.weave)?;
    exit = exit.max(matched(woven.traces.len(), &selection, options::voice(&args.output)));
    write(&loaded, &woven, &woven.traces, format, &args.output, true, |_, _, _, _| Ok(()))?;
    Ok(exit)
}

/// A report for people, for which no transaction is kept.
fn overview(mut loaded: Loaded, selection: &Selection, args: &ReportArgs) -> Result<Exit> {
    let options = options::weaving(&args.weave)?;
    let mut digest = text::Digest::default();
    let take = |_: &Store, traces: Vec<Trace>, findings: Vec<Finding>| {
        digest.add(&traces);
        digest.find(&findings);
        running::let_go(traces);
        Ok::<(), SpillError>(())
    };
    let told = running::each(&mut loaded.store, selection, &options, loaded.threads, take);
    let told = told.map_err(too_little)?;
    digest.find(&told.findings);
    let transactions = digest.transactions() as usize;
    let exit = matched(transactions, selection, options::voice(&args.output));
    let mut out = Output::open(&args.output)?;
    let report = Report::without_traces(&loaded.store, transactions, &told.coverage, told.services);
    text::digested(&report, digest, options::style(&args.output), &mut out).with_context(|| out.failed())?;
    out.finish()?;
    Ok(exit)
}

/// `list`
pub fn list(args: &ListArgs) -> Result<Exit> {
    let query = args.select.condition.query()?;
    let (mut loaded, mut exit) = read(&args.input, &args.weave, &args.output, true)?;
    let selection = options::selection(&args.select, query, &options::zone(&args.input)?, &loaded.store)?;
    let (sort, most) = (args.sort.unwrap_or_default(), args.limit.unwrap_or(usize::MAX));
    let format = args.format.unwrap_or_default();
    if format == Format::Text {
        return Ok(exit.max(rows(loaded, &selection, args, sort, most)?));
    }
    let mut woven = run(&mut loaded, &selection, &args.weave)?;
    exit = exit.max(matched(woven.traces.len(), &selection, options::voice(&args.output)));
    let traces = &mut woven.traces;
    match sort {
        SortKey::Start => {}
        SortKey::Duration => traces.sort_by_key(|trace| Reverse(trace.duration())),
        SortKey::Errors => traces.sort_by_key(|trace| Reverse(trace.error_count())),
        SortKey::Spans => traces.sort_by_key(|trace| Reverse(trace.spans.len())),
        SortKey::Records => traces.sort_by_key(|trace| Reverse(trace.record_count())),
    }
    let shown = &woven.traces[..most.min(woven.traces.len())];
    write(&loaded, &woven, shown, format, &args.output, false, |_, _, _, _| Ok(()))?;
    Ok(exit)
}

/// A list for people, for which only a row of each transaction is kept.
fn rows(
    mut loaded: Loaded,
    selection: &Selection,
    args: &ListArgs,
    sort: SortKey,
    most: usize,
) -> Result<Exit> {
    let options = options::weaving(&args.weave)?;
    let mut rows: Vec<text::Listed> = Vec::new();
    let take = |store: &Store, traces: Vec<Trace>, _: Vec<Finding>| {
        rows.par_extend(traces.par_iter().map(|trace| text::Listed::of(store, trace)));
        running::let_go(traces);
        Ok::<(), SpillError>(())
    };
    let told = running::each(&mut loaded.store, selection, &options, loaded.threads, take);
    let mut told = told.map_err(too_little)?;
    let transactions = rows.len();
    let exit = matched(transactions, selection, options::voice(&args.output));
    match sort {
        SortKey::Start => {}
        SortKey::Duration => rows.sort_by_key(|row| Reverse(row.duration())),
        SortKey::Errors => rows.sort_by_key(|row| Reverse(row.errors)),
        SortKey::Spans => rows.sort_by_key(|row| Reverse(row.spans)),
        SortKey::Records => rows.sort_by_key(|row| Reverse(row.records)),
    }
    rows.truncate(most);
    let shown: u64 = rows.iter().map(|row| row.records as u64).sum();
    told.coverage.records_filtered += told.coverage.records_placed - shown;
    told.coverage.records_placed = shown;
    let report = Report::without_traces(&loaded.store, transactions, &told.coverage, told.services);
    let style = options::style(&args.output);
    print(&loaded, &args.output, |texts, out| text::list(&report, &rows, texts, style, out))?;
    Ok(exit)
}

/// `show`
pub fn show(args: &ShowArgs) -> Result<Exit> {
    let query = args.condition.query()?;
    let (mut loaded, exit) = read(&args.input, &args.weave, &args.output, true)?;
    let selection = Selection { query, ..Selection::default() };
    let mut woven = run(&mut loaded, &selection, &args.weave)?;
    let mut found: Vec<Trace> = find::find(&loaded.store, &woven.traces, &args.id);
    if found.is_empty() {
        options::voice(&args.output).error(format_args!("no transaction has the id or value '{}'", args.id));
        return Ok(exit.max(Exit::NoMatch));
    }
    let begins = |trace: &Trace| find::begins(&loaded.store, trace, &args.id);
    if found.len() > 1 && found.iter().all(begins) {
        let ids: Vec<String> = found.iter().take(3).map(|trace| loaded.store.trace_text(trace.id)).collect();
        let error = anyhow!("'{}' begins {} trace ids: {} …", args.id, found.len(), ids.join(", "));
        return Err(error.context(HintText::of("give more of the id")));
    }
    found.truncate(MAX_SHOWN);
    woven.operations = Some(Operations::of(&woven.traces));
    let wanted = text::Show { lines: args.lines, why: args.why, all: args.all };
    write(
        &loaded,
        &woven,
        &found,
        args.format.unwrap_or_default(),
        &args.output,
        false,
        move |report, texts, style, out| text::show(report, texts, style, wanted, out),
    )?;
    Ok(exit)
}

/// Transactions that one value may bring up in `show`.
const MAX_SHOWN: usize = 50;

/// `extract`
pub fn extract(args: &ExtractArgs) -> Result<Exit> {
    let voice = options::voice(&args.output);
    let query = args.condition.query()?;
    let (discovery, settings, mut exit) = discover(&args.input, &args.output, false)?;
    let mut out = Output::open(&args.output)?;
    let asked = query.is_some();
    let keep = query.map(|query| {
        Box::new(move |line: &[u8]| query.holds(&super::record::facts(line))) as Box<extracting::Keep>
    });
    let (outcome, kept) = {
        let _progress = Progress::follow(&discovery, settings.progress.clone(), args.output.quiet);
        extracting::run(&discovery, &settings, keep, &mut out).with_context(|| out.failed())?
    };
    out.finish()?;
    if asked && kept == 0 {
        voice.note(format_args!("no record meets the condition"));
        exit = exit.max(Exit::NoMatch);
    }
    let left_out = discovery.skipped.iter().map(|(reason, name)| (*reason, name));
    for (reason, name) in left_out.chain(outcome.skipped.iter().map(|(reason, name, _)| (*reason, name))) {
        voice.note(format_args!("left out '{name}': {}", reason.text()));
    }
    for source in &outcome.sources {
        let lost = |reason| !matches!(reason, SkipReason::EmptyLine | SkipReason::HeaderLine);
        for (reason, ..) in source.skipped.iter().filter(|(reason, ..)| lost(*reason)) {
            let part = if *reason == SkipReason::NoLog { "" } else { "a part of " };
            voice.note(format_args!("left out {part}'{}': {}", source.name, reason.text()));
        }
    }
    exit = exit.max(failures(&outcome.failures, outcome.stopped, voice));
    Ok(exit)
}

/// `explain`
pub fn explain(args: &ExplainArgs) -> Result<Exit> {
    let (discovery, settings, mut exit) = discover(&args.input, &args.output, false)?;
    let voice = options::voice(&args.output);
    let wanted = explaining::Wanted {
        line: args.line,
        records: args.limit.unwrap_or(if args.line.is_some() { 1 } else { 3 }),
    };
    let mut out = Output::open(&args.output)?;
    let explained = {
        let _progress = Progress::follow(&discovery, settings.progress.clone(), args.output.quiet);
        explaining::run(&discovery, &settings, wanted, now())
    };
    match args.format.unwrap_or_default() {
        Format::Text => text::explain(&explained.sources, options::style(&args.output), &mut out),
        Format::Json => report::explain::json(&explained.sources, &mut out),
        Format::Ndjson => report::explain::json_lines(&explained.sources, &mut out),
    }
    .with_context(|| out.failed())?;
    out.finish()?;
    for (reason, name) in &discovery.skipped {
        voice.note(format_args!("left out '{name}': {}", reason.text()));
    }
    exit = exit.max(failures(&explained.failures, explained.stopped, voice));
    if explained.records() == 0 {
        voice.error("no record to explain");
        exit = exit.max(Exit::NoMatch);
    }
    Ok(exit)
}

/// Finds the sources and says what cannot be read; stops reading at the first Ctrl-C.
fn discover(input: &InputArgs, output: &OutputArgs, keep_text: bool) -> Result<(Discovery, Settings, Exit)> {
    let voice = options::voice(output);
    let settings = options::settings(input, keep_text)?;
    let discovery = options::inputs(input)?;
    let mut hints: Vec<&str> = Vec::new();
    for failed in &discovery.failed {
        voice.error(failed);
        if !hints.contains(&failed.hint()) {
            hints.push(failed.hint());
        }
    }
    for hint in hints {
        voice.hint(hint);
    }
    let exit = if discovery.failed.is_empty() { Exit::Done } else { Exit::Trouble };
    interrupt::listen(settings.read.stop.clone(), voice);
    Ok((discovery, settings, exit))
}

fn read(
    input: &InputArgs,
    weave: &WeaveArgs,
    output: &OutputArgs,
    keep_text: bool,
) -> Result<(Loaded, Exit)> {
    let voice = options::voice(output);
    let (discovery, mut settings, exit) = discover(input, output, keep_text)?;
    settings.memory = options::memory(weave)?;
    let loaded = {
        let _progress = Progress::follow(&discovery, settings.progress.clone(), output.quiet);
        load(&discovery, &settings, now()).map_err(too_little)?
    };
    let exit = exit.max(failures(&loaded.failures, loaded.stopped, voice));
    Ok((loaded, exit))
}

/// Weaves what was read.
fn run(loaded: &mut Loaded, selection: &Selection, weave: &WeaveArgs) -> Result<Woven> {
    let options = options::weaving(weave)?;
    running::run(&mut loaded.store, selection, &options, loaded.threads).map_err(too_little)
}

/// What does not fit into memory cannot be kept.
fn too_little(error: SpillError) -> anyhow::Error {
    let hint = "allow more with --memory, or name a folder with more room in TMPDIR";
    anyhow::Error::from(error).context(HintText::of(hint))
}

fn failures(failures: &[String], stopped: bool, voice: Voice) -> Exit {
    for failure in failures {
        voice.error(failure);
    }
    match (failures.is_empty(), stopped) {
        (_, true) => Exit::Interrupted,
        (false, _) => Exit::Trouble,
        _ => Exit::Done,
    }
}

fn matched(transactions: usize, selection: &Selection, voice: Voice) -> Exit {
    if transactions == 0 && !selection.is_all() {
        voice.error("no transaction matches the selection");
        return Exit::NoMatch;
    }
    Exit::Done
}

/// Writes a report in its format; as JSON with the map of its transactions, if `mapped`.
fn write(
    loaded: &Loaded,
    woven: &Woven,
    traces: &[Trace],
    format: Format,
    output: &OutputArgs,
    mapped: bool,
    as_text: impl Fn(&Report<'_>, &mut TextOf<'_>, text::Style, &mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let map = (mapped && format != Format::Text).then(|| Map::of(&loaded.store, traces));
    tell(loaded, woven, traces, map, output, |report, texts, out| match format {
        Format::Text => as_text(report, texts, options::style(output), out),
        Format::Json => json::write(report, texts, out),
        Format::Ndjson => json::write_lines(report, texts, out),
    })
}

/// Writes what some transactions tell.
fn tell(
    loaded: &Loaded,
    woven: &Woven,
    traces: &[Trace],
    map: Option<Map>,
    output: &OutputArgs,
    write: impl FnOnce(&Report<'_>, &mut TextOf<'_>, &mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let mut coverage = woven.coverage.clone();
    let shown: u64 = traces.iter().map(|trace| trace.record_count() as u64).sum();
    coverage.records_filtered += coverage.records_placed - shown;
    coverage.records_placed = shown;
    let written: FxHashSet<TraceId> = traces.iter().map(|trace| trace.id).collect();
    let about = |finding: &&Finding| finding.trace.is_none_or(|trace| written.contains(&trace));
    let findings: Vec<Finding> = woven.findings.iter().filter(about).cloned().collect();
    let report = Report {
        store: &loaded.store,
        traces,
        transactions: woven.traces.len(),
        coverage: &coverage,
        services: woven.services.clone(),
        findings: &findings,
        operations: woven.operations.as_ref(),
        map,
    };
    print(loaded, output, |texts, out| write(&report, texts, out))
}

/// Writes what may tell the texts of records.
fn print(
    loaded: &Loaded,
    output: &OutputArgs,
    write: impl FnOnce(&mut TextOf<'_>, &mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let mut out = Output::open(output)?;
    let mut texts = Texts::new(&loaded.sources);
    {
        let mut get = |place| texts.get(place);
        write(&mut get, &mut out).with_context(|| out.failed())?;
    }
    out.finish()?;
    if let Some(failure) = texts.failure {
        options::voice(output).error(failure);
    }
    Ok(())
}

/// The time of day, for logs whose dates nothing else tells.
fn now() -> Time {
    Time(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos().try_into().unwrap_or(i64::MAX)),
    )
}
