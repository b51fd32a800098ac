//! Flags as they are meant: judged once, so that nothing behind has to ask again.

use super::args::{ColorWhen, InputArgs, OutputArgs, SelectArgs, WeaveArgs, WhereArgs, WhereRecordArgs};
use super::config::Config;
use super::message::Voice;
use crate::analyze::query::{Mistake, Query};
use crate::engine::read::Settings;
use crate::engine::run::Selection;
use crate::gather::{Budget, Store};
use crate::input::{DiscoverOptions, Discovery, Input, ReadOptions, discover};
use crate::model::{DAY, SECOND, Symbol, Time};
use crate::record::timestamp::{self, DayOrder, Zone};
use crate::report::text::Style;
use crate::weave;
use anyhow::{Result, anyhow, bail};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Columns where the output is no terminal.
const PIPE_WIDTH: usize = 120;

/// Finds what is to be read.
pub fn inputs(args: &InputArgs) -> Result<Discovery> {
    let mut inputs: Vec<Input> = args
        .paths
        .iter()
        .map(|path| if path == Path::new("-") { Input::Stdin } else { Input::Path(path.clone()) })
        .collect();
    if inputs.is_empty() {
        if std::io::stdin().is_terminal() {
            bail!("nothing to read: name a file or directory, or pipe logs in");
        }
        inputs.push(Input::Stdin);
    }
    Ok(discover(&inputs, &DiscoverOptions { hidden: args.hidden, settings: args.config.clone() }))
}

/// The zone of times that state none.
pub fn zone(args: &InputArgs) -> Result<Zone> {
    match args.timezone.as_deref() {
        None => Ok(Zone::utc()),
        Some("local") => Ok(Zone::local()),
        Some(name) => Zone::parse(name).map_err(|_| {
            anyhow!("unknown zone '{name}' for --timezone")
                .context(HintText::of("use a name such as Europe/Berlin, an offset such as +02:00, or local"))
        }),
    }
}

/// A hint that goes with an error.
#[derive(Debug)]
pub struct HintText(pub String);

impl HintText {
    /// A hint of our own.
    pub fn of(text: &str) -> HintText {
        HintText(text.to_owned())
    }
}

impl std::fmt::Display for HintText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How to weave.
pub fn weaving(args: &WeaveArgs) -> Result<weave::Options> {
    let min_confidence = args.min_confidence.unwrap_or_default();
    if !(0.0..=1.0).contains(&min_confidence) {
        bail!("--min-confidence must be from 0 to 1");
    }
    Ok(weave::Options { correct_clocks: !args.no_clock_correction, min_confidence })
}

/// How to read.
pub fn settings(args: &InputArgs, keep_text: bool) -> Result<Settings> {
    let config = Config::read(args.config.as_deref())?;
    let threads = match args.threads {
        Some(0) => bail!("--threads must be at least 1"),
        Some(threads) => threads.min(256),
        None => std::thread::available_parallelism().map_or(1, |count| count.get()),
    };
    let mut read = ReadOptions::default();
    if let Some(size) = args.block_size {
        read.block_size = size.max(1);
    }
    Ok(Settings {
        threads,
        read,
        zone: zone(args)?,
        service: args.assume_service.clone(),
        keys: Arc::new(config.keys.clone()),
        patterns: Arc::new(move |source| config.patterns(source)),
        note: None,
        keep_text,
        memory: Budget::default(),
        progress: Arc::new(AtomicU64::new(0)),
    })
}

impl WhereArgs {
    /// The condition, judged.
    pub fn query(&self) -> Result<Option<Query>> {
        self.condition.as_deref().map(|text| condition("--where", text)).transpose()
    }
}

impl WhereRecordArgs {
    /// The condition, judged.
    pub fn query(&self) -> Result<Option<Query>> {
        let text = self.condition.as_deref();
        text.map(|text| told("--where", text, Query::of_records(text))).transpose()
    }
}

/// A condition that stands at `place`.
pub fn condition(place: &str, text: &str) -> Result<Query> {
    told(place, text, Query::parse(text))
}

fn told(place: &str, text: &str, query: Result<Query, Mistake>) -> Result<Query> {
    query.map_err(|mistake| {
        let error = anyhow!("{place}: {}\n{}", mistake.what, mistake.pointer(text));
        match mistake.hint {
            Some(hint) => error.context(HintText(hint)),
            None => error,
        }
    })
}

/// Which transactions are asked for; relative times count from the newest record.
pub fn selection(args: &SelectArgs, query: Option<Query>, zone: &Zone, store: &Store) -> Result<Selection> {
    let newest = store.census.newest().unwrap_or_default();
    let time = |flag: &str, text: &Option<String>| {
        text.as_deref().map(|text| point(flag, text, zone, newest)).transpose()
    };
    Ok(Selection {
        since: time("--since", &args.since)?,
        until: time("--until", &args.until)?,
        services: args.service.iter().map(|name| Symbol::of(name.as_bytes())).collect(),
        query,
    })
}

/// A time as the user wrote it.
fn point(flag: &str, text: &str, zone: &Zone, newest: Time) -> Result<Time> {
    if let Some(back) = text.strip_prefix('-')
        && let Some(nanos) = span_of_time(back)
    {
        return Ok(Time(newest.0.saturating_sub(nanos)));
    }
    let stamp = timestamp::parse(text.as_bytes(), DayOrder::MonthFirst)
        .or_else(|| timestamp::parse(format!("{text} 00:00:00").as_bytes(), DayOrder::MonthFirst))
        .or_else(|| timestamp::parse(format!("{text}:00").as_bytes(), DayOrder::MonthFirst));
    let stamp = stamp.filter(|stamp| stamp.date == crate::model::Date::Full);
    match stamp {
        Some(stamp) => Ok(stamp.complete().unwrap_or_else(|| zone.to_utc(stamp.local))),
        None => Err(anyhow!("cannot read the time '{text}' for {flag}").context(HintText::of("use a time such as 2024-05-01T12:00:00Z, or -15m for a quarter of an hour before the newest record"))),
    }
}

/// `15m`, `2h30m`, `1d`, `90s` in nanoseconds.
fn span_of_time(text: &str) -> Option<i64> {
    let mut total = 0i64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        let letters =
            rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |length| digits + length);
        let unit = match &rest[digits..letters] {
            "ms" => 1_000_000,
            "s" | "sec" => SECOND,
            "m" | "min" => 60 * SECOND,
            "h" => 3600 * SECOND,
            "d" => DAY,
            "w" => 7 * DAY,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[letters..];
    }
    (total > 0).then_some(total)
}

/// How much memory there is for what grows with the input.
pub fn memory(args: &WeaveArgs) -> Result<Budget> {
    let Some(text) = &args.memory else {
        let most = super::memory::free().map_or(usize::MAX, |free| left(free / 2));
        return Ok(Budget::modest(most));
    };
    let error = || anyhow!("cannot read the size '{text}' for --memory");
    let hint = || HintText::of("use a size such as 512M or 4G");
    let bytes = size(text).ok_or_else(|| error().context(hint()))?;
    Ok(Budget::firm(left(bytes)))
}

/// What is left of so much memory for what grows with the input.
fn left(bytes: u64) -> usize {
    let left = bytes.saturating_sub(FIXED).max(bytes / 4);
    usize::try_from(left).unwrap_or(usize::MAX)
}

/// Bytes that blocks, names and what is learned take, about, beyond the 64 MiB that may stand beside.
const FIXED: u64 = 32 << 20;

/// `512M`, `4G`, `1.5g`, `100000` in bytes: powers of 1024.
fn size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let unit: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => return None,
    };
    let number: f64 = text[..digits].parse().ok()?;
    let bytes = number * unit as f64;
    (bytes >= 1.0 && bytes < u64::MAX as f64).then_some(bytes as u64)
}

/// How text is drawn on the output.
pub fn style(args: &OutputArgs) -> Style {
    let terminal = args.output.is_none() && std::io::stdout().is_terminal();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let color = match args.color.unwrap_or_default() {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => terminal && !no_color && !dumb,
    };
    let utf8 = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let unicode =
        terminal && utf8.is_none_or(|locale| locale.to_ascii_lowercase().replace('-', "").contains("utf8"));
    let width = if terminal { terminal_width() } else { PIPE_WIDTH };
    Style { color, unicode, width, terminal }
}

fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    columns.or_else(measured).unwrap_or(PIPE_WIDTH).clamp(40, 400)
}

/// What a voice says depends on `--quiet` only.
pub fn voice(args: &OutputArgs) -> Voice {
    Voice { quiet: args.quiet }
}
