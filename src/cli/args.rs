//! Flags as they are typed.

mod check;
mod condition;
mod diff;
mod export;
mod map;

pub use check::{CheckArgs, CheckFormat};
pub use condition::{WhereArgs, WhereRecordArgs};
pub use diff::{DiffArgs, DiffFormat, FailOn};
pub use export::{ExportArgs, ExportFormat};
pub use map::{MapArgs, MapFormat};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  spanloom logs/                        What happened in the logs below logs/
  kubectl logs -l app=shop --prefix | spanloom
  spanloom show ORD-1234 logs/          The transaction of one order
  spanloom list --service shipping --since -15m logs/
  spanloom --format json logs/ | jq '.traces[] | select(.status == \"error\").trace_id'
  spanloom map logs/                    Services, topics, and what flows between them
  spanloom check logs/                  Did every transaction do what it should? For CI
  spanloom explain logs/orders.log      How lines were read, and why

Exit codes:
  0  done
  1  a check failed, or nothing matched what was asked for
  2  wrong usage, a named path that cannot be read, or output that cannot be written
  3  a check could not be judged
  130  interrupted";

/// What `--help` says beyond the flags: how something works, then examples.
fn manual(text: &str, examples: &str) -> String {
    format!("{text}\n\n{examples}")
}

/// Weave the logs of many services into traces
///
/// spanloom reads log files of any format, finds trace ids, span ids and business keys in every record, and rebuilds each
/// transaction as a timeline and a causal tree. It needs no tracing backend, no agent and no configuration.
#[derive(Debug, Parser)]
#[command(name = "spanloom", version, styles = STYLES, after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, max_term_width = 100)]
pub struct Cli {
    /// What to do; `report` if nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The arguments of `report`.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell what happened: what is wrong, the slowest transactions, the services
    Report(ReportArgs),
    /// List transactions, one a row
    List(ListArgs),
    /// Show one transaction: its tree with time bars, and its log lines
    Show(ShowArgs),
    /// Draw what flows between services, topics and databases
    Map(MapArgs),
    /// Judge a run by rules and a baseline, for CI
    Check(CheckArgs),
    /// Compare two runs: what is new, gone, slower, or fails more
    Diff(DiffArgs),
    /// Write transactions in the formats of other tools, or as one HTML page
    Export(ExportArgs),
    /// Print what was read from each record, one JSON object a line
    Extract(ExtractArgs),
    /// Tell how lines were read, and why
    Explain(ExplainArgs),
    /// Print a script that completes arguments in a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

/// What to read, and how.
#[derive(Debug, Args, Clone, Default)]
pub struct InputArgs {
    /// Files, directories, archives or globs; `-` reads standard input
    ///
    /// Compressed files and archives are read as they are. A rotated set (svc.log.2.gz, svc.log.1, svc.log) is one stream.
    /// Without a path, standard input is read if it is a pipe.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Also read hidden files
    #[arg(long, help_heading = "Input")]
    pub hidden: bool,
    /// Name the service of records that do not say theirs
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub assume_service: Option<String>,
    /// Read times without zone as of ZONE [default: UTC]
    ///
    /// A name such as Europe/Berlin, an offset such as +02:00, or `local`.
    #[arg(long, value_name = "ZONE", help_heading = "Input")]
    pub timezone: Option<String>,
    /// Read settings from FILE [default: spanloom.toml, if there is one]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Input")]
    pub config: Option<PathBuf>,
    /// Use N threads [default: one a processor]
    #[arg(short = 'j', long, value_name = "N", help_heading = "Input")]
    pub threads: Option<usize>,
    /// Read blocks of SIZE bytes (for testing)
    #[arg(long, value_name = "SIZE", hide = true)]
    pub block_size: Option<usize>,
}

/// What to write, and where.
#[derive(Debug, Args, Clone, Default)]
pub struct OutputArgs {
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Use colours: auto, always or never
    #[arg(long, value_name = "WHEN", help_heading = "Output")]
    pub color: Option<ColorWhen>,
    /// Say nothing but errors on standard error
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
}

/// Which transactions to take.
#[derive(Debug, Args, Clone, Default)]
pub struct SelectArgs {
    /// Take transactions that end at or after TIME
    ///
    /// A time such as 2024-05-01T12:00:00Z or "2024-05-01 12:00", or one counted back from the newest record, such as -15m
    /// or -2h.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Selection")]
    pub since: Option<String>,
    /// Take transactions that start before TIME
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Selection")]
    pub until: Option<String>,
    /// Take transactions in which service NAME has a part; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Selection")]
    pub service: Vec<String>,
    /// What they meet.
    #[command(flatten)]
    pub condition: WhereArgs,
}

/// How to weave.
#[derive(Debug, Args, Clone, Default)]
pub struct WeaveArgs {
    /// Leave out inferred edges that are less sure than SHARE, from 0 to 1: their spans get no parent
    #[arg(long, value_name = "SHARE", help_heading = "Weaving")]
    pub min_confidence: Option<f32>,
    /// Take the times of all services as logged, although their clocks disagree
    #[arg(long, help_heading = "Weaving")]
    pub no_clock_correction: bool,
    /// Keep what takes more memory than SIZE in temporary files [default: as little as is quick]
    ///
    /// A size such as 512M or 4G, of 64M at least. Without it about 64 MiB and 64 bytes for each record are taken in all, or
    /// half of what is free if that is less; what cannot be kept in a temporary file is held in memory then. What is told is
    /// the same, whatever the size. No more than 64 MiB are taken beside it, but
    /// for what cannot be put away: about 120 bytes for each transaction and for each record without trace id that shares a
    /// telling value, the largest transaction, exported spans that state no parents, and, but for `report` as text, the
    /// transactions that are told of. TMPDIR names the folder of the files, which vanish with the program.
    #[arg(long, value_name = "SIZE", help_heading = "Weaving")]
    pub memory: Option<String>,
}

/// `report`
#[derive(Debug, Args, Clone, Default)]
pub struct ReportArgs {
    /// What to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// How to weave.
    #[command(flatten)]
    pub weave: WeaveArgs,
    /// Which transactions.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Write the report as FORMAT: text, json or ndjson [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<Format>,
    /// Where to.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `list`
#[derive(Debug, Args, Clone)]
pub struct ListArgs {
    /// What to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// How to weave.
    #[command(flatten)]
    pub weave: WeaveArgs,
    /// Which transactions.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Sort by KEY: start, duration, errors, spans or records [default: start]
    #[arg(long, value_name = "KEY", help_heading = "Selection")]
    pub sort: Option<SortKey>,
    /// Stop after N rows
    #[arg(short = 'n', long, value_name = "N", help_heading = "Selection")]
    pub limit: Option<usize>,
    /// Write the list as FORMAT: text, json or ndjson [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<Format>,
    /// Where to.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `show`
#[derive(Debug, Args, Clone)]
pub struct ShowArgs {
    /// A trace id, a prefix of one, or any value its records hold, such as an order number
    #[arg(value_name = "ID")]
    pub id: String,
    /// What to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// How to weave.
    #[command(flatten)]
    pub weave: WeaveArgs,
    /// What the transactions meet.
    #[command(flatten)]
    pub condition: WhereArgs,
    /// Show the log lines of each span
    #[arg(short, long, help_heading = "Output")]
    pub lines: bool,
    /// Tell for each edge why it was drawn
    #[arg(long, help_heading = "Output")]
    pub why: bool,
    /// Neither fold spans that look the same nor shorten long messages
    #[arg(short, long, help_heading = "Output")]
    pub all: bool,
    /// Write as FORMAT: text, json or ndjson [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<Format>,
    /// Where to.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `extract`
#[derive(Debug, Args, Clone)]
pub struct ExtractArgs {
    /// What to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// `--where`
    #[command(flatten)]
    pub condition: WhereRecordArgs,
    /// Where to.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `explain`
#[derive(Debug, Args, Clone)]
pub struct ExplainArgs {
    /// What to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// Explain line N of each source
    #[arg(long, value_name = "N", help_heading = "Selection")]
    pub line: Option<u64>,
    /// Explain the first N records of each source [default: 3]
    #[arg(short = 'n', long, value_name = "N", help_heading = "Selection")]
    pub limit: Option<usize>,
    /// Write as FORMAT: text, json or ndjson [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<Format>,
    /// Where to.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `completions`
#[derive(Debug, Args, Clone)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// One JSON object a line.
    Ndjson,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum ColorWhen {
    /// On a terminal.
    #[default]
    Auto,
    /// Also in a pipe.
    Always,
    /// Not at all.
    Never,
}

/// Orders of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum SortKey {
    /// First started, first.
    #[default]
    Start,
    /// Longest first.
    Duration,
    /// Most errors first.
    Errors,
    /// Most spans first.
    Spans,
    /// Most records first.
    Records,
}
