//! `map`

use super::{InputArgs, OutputArgs, SelectArgs, WeaveArgs, manual};
use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  spanloom map logs/
  spanloom map --where 'trace.status = error' logs/   What flows in transactions that failed
  spanloom map --format dot logs/ | dot -Tsvg > map.svg
  spanloom map --format json logs/ | jq '.map.edges[] | select(.context_lost)'";

const MANUAL: &str = "\
How to read it:
  Each row is one edge: who calls whom, which topic a service sends to, and whom a topic feeds. What
  stands in brackets is no service: [topic or queue], (database), <called, but its logs are not here>.

  fan-out       how often each message that was sent was received
  p50, p99      how long the call or the handling of the message took
  wait          from the sending of a message to the start of its handling
  context lost  share of edges over which the trace does not go on: the receiver logs another trace
                id, or none";

/// `map`
#[derive(Debug, Args, Clone)]
#[command(after_help = EXAMPLES, after_long_help = manual(MANUAL, EXAMPLES))]
pub struct MapArgs {
    /// What to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// How to weave.
    #[command(flatten)]
    pub weave: WeaveArgs,
    /// Which transactions.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Write the map as FORMAT: text, json, dot or mermaid [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<MapFormat>,
    /// Where to.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Formats of maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum MapFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object: the report without its transactions.
    Json,
    /// For Graphviz.
    Dot,
    /// For Mermaid, as in Markdown.
    Mermaid,
}
