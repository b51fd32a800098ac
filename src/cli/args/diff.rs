//! `diff`

use super::{InputArgs, OutputArgs, SelectArgs, WeaveArgs, manual};
use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  spanloom diff logs/before logs/after
  spanloom diff --where 'trace.service = shop' a.tar.gz b.tar.gz
  spanloom diff --fail-on worse --format markdown main/logs branch/logs

Exit codes:
  0  done
  1  a run has no such transaction, or --fail-on found what it names
  2  wrong usage, a named path that cannot be read, or output that cannot be written";

const MANUAL: &str = "\
What is compared:
  Kinds of transactions (told by service and name of their root), their steps (service and name of a
  span), and the edges of the map: what is new or gone, how many transactions have a step, how many fail,
  how many lose their trace context, and how long they take.

What is told:
  Durations are compared by the rank-sum test of Mann and Whitney, if there are at least 8 on each side;
  shares by Fisher's exact test; both two-sided. All chances are corrected together after Benjamini and
  Hochberg: of all differences told, at most 1 % are expected to be chance. Medians that differ by less
  than 10 % or 500 us are equal. Kinds of transactions and edges that are new or gone are always told.

What is worse:
  A step in fewer transactions, more failures, more lost contexts, longer durations, and what is gone
  although it was there five times or more.";

/// `diff`
#[derive(Debug, Args, Clone)]
#[command(after_help = EXAMPLES, after_long_help = manual(MANUAL, EXAMPLES))]
#[command(mut_arg("paths", |arg| {
    arg.value_names(["BASE", "NEW"]).num_args(2).required(true)
        .help("The run before and the run after: a file, directory, archive or glob each")
        .long_help("The run before and the run after: a file, directory, archive or glob each")
}))]
pub struct DiffArgs {
    /// What to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// Which transactions.
    #[command(flatten)]
    pub select: SelectArgs,
    /// How to weave.
    #[command(flatten)]
    pub weave: WeaveArgs,
    /// End with exit code 1 on differences: never, worse (those for the worse) or any [default: never]
    #[arg(long, value_name = "WHICH", help_heading = "Checks")]
    pub fail_on: Option<FailOn>,
    /// Write the differences as FORMAT: text, json or markdown [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<DiffFormat>,
    /// Where to.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Differences that fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum FailOn {
    /// None.
    #[default]
    Never,
    /// Those for the worse.
    Worse,
    /// All.
    Any,
}

/// Formats of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum DiffFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// For the summary of a job.
    Markdown,
}
