//! `export`

use super::{InputArgs, OutputArgs, SelectArgs, WeaveArgs};
use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  spanloom export --to html -o report.html logs/        A page that needs nothing but a browser
  spanloom export --to otlp logs/ > traces.jsonl        For the file receiver of an OpenTelemetry Collector
  spanloom export --to jaeger -o traces.json logs/      For the upload of Jaeger's user interface
  spanloom export --to zipkin logs/ | curl -d @- -H 'Content-Type: application/json' localhost:9411/api/v2/spans
  spanloom export --to perfetto -o trace.json logs/     For ui.perfetto.dev or chrome://tracing
  spanloom export --to mermaid --where 'error' logs/    What flows in transactions with a failed span";

/// `export`
#[derive(Debug, Args, Clone)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// Write transactions as FORMAT: html, otlp, jaeger, zipkin or perfetto; or their map: mermaid, dot
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub to: ExportFormat,
    /// What to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// Which transactions.
    #[command(flatten)]
    pub select: SelectArgs,
    /// How to weave.
    #[command(flatten)]
    pub weave: WeaveArgs,
    /// Where to.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Formats of other tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One page that holds all it needs.
    Html,
    /// OTLP JSON, one request a line.
    Otlp,
    /// Jaeger's JSON.
    Jaeger,
    /// Zipkin's JSON, version 2.
    Zipkin,
    /// Trace events of Chrome and Perfetto.
    Perfetto,
    /// The map for Mermaid.
    Mermaid,
    /// The map for Graphviz.
    Dot,
}
