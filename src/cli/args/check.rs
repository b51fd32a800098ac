//! `check`

use super::{InputArgs, OutputArgs, SelectArgs, WeaveArgs, manual};
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  spanloom check logs/                                  Nothing failed, missing or stuck?
  spanloom check --update-baseline logs/good-run/       Learn a good run
  spanloom check --format junit -o check.xml logs/      Hold a run against it, for CI
  spanloom check --format markdown logs/ >> \"$GITHUB_STEP_SUMMARY\"

Exit codes:
  0  everything holds
  1  a check failed
  2  wrong usage, a named path that cannot be read, or output that cannot be written
  3  something could not be judged: no such transaction, too few, or too little of the logs read
  Of several, 2 goes before 1, and 1 before 3";

const MANUAL: &str = "\
Rules stand in spanloom.toml:
  [check]
  min_placed = \"90%\"             of the records must stand in transactions, else nothing is judged
  min_transactions = 10          fewer cannot be judged
  max_failed = \"1%\"              of the transactions
  max_context_lost = 0           on any edge between services
  findings = { missing_step = 0, stuck = 0, duplicate = 2 }

  [[check.rule]]
  name = \"every order gets its label\"
  when = 'trace.name = checkout'                which transactions; see --where
  require = '{name = \"create label\"}'           each of them meets it
  forbid = 'service = payments && error'        none of them does
  may_break = \"0.5%\"                            so many may break the rule
  p95 = \"2s\"                                    they take no longer; also p50, p90, p99, max

  [[check.edge]]
  from = \"orders\"
  to = \"order.placed\"            a name of `spanloom map`; must be there
  max_failed = \"1%\"              also max_context_lost, p50, p99, wait_p50, wait_p99
  # forbidden = true             or must not be there

  [check.baseline]
  slower = 1.5                   durations may be so many times those of the baseline
  strict = false                 fail what the baseline does not have

Without rules: no transaction fails, no step is missing, nothing is stuck.

The baseline is learned from a good run and kept in a file that is committed and reviewed like code. It
holds, for each kind of transaction, its steps, how often each was there, failures and durations. What
every transaction of the baseline has must be in each one of the run; other shares, failures and
durations count as worse if the difference is no chance: at most 1 % of what is told so is expected to
be wrong (one-sided exact tests, corrected after Benjamini and Hochberg). Whatever is new is noted.";

/// `check`
#[derive(Debug, Args, Clone)]
#[command(after_help = EXAMPLES, after_long_help = manual(MANUAL, EXAMPLES))]
pub struct CheckArgs {
    /// What to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// Which transactions.
    #[command(flatten)]
    pub select: SelectArgs,
    /// How to weave.
    #[command(flatten)]
    pub weave: WeaveArgs,
    /// Hold the run against FILE [default: spanloom.baseline.toml, if there is one]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Checks")]
    pub baseline: Option<PathBuf>,
    /// Learn the run and write it to the baseline, unless a rule fails
    #[arg(long, help_heading = "Checks")]
    pub update_baseline: bool,
    /// Write the outcome as FORMAT: text, json, markdown, junit, sarif or github [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<CheckFormat>,
    /// Where to.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Formats of the outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum CheckFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// For the summary of a job.
    Markdown,
    /// JUnit XML.
    Junit,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}
