//! `export`

use super::{matched, read, run, tell};
use crate::analyze::map::Map;
use crate::cli::args::{ExportArgs, ExportFormat};
use crate::cli::message::Exit;
use crate::cli::options;
use crate::model::units::counted;
use crate::report::export::{html, jaeger, otlp, perfetto, zipkin};
use crate::report::graph;
use anyhow::Result;

/// `export`
pub fn export(args: &ExportArgs) -> Result<Exit> {
    let query = args.select.condition.query()?;
    let (mut loaded, exit) = read(&args.input, &args.weave, &args.output, true)?;
    let selection = options::selection(&args.select, query, &options::zone(&args.input)?, &loaded.store)?;
    let woven = run(&mut loaded, &selection, &args.weave)?;
    let voice = options::voice(&args.output);
    let exit = exit.max(matched(woven.traces.len(), &selection, voice));
    let mapped = matches!(args.to, ExportFormat::Html | ExportFormat::Mermaid | ExportFormat::Dot);
    let map = mapped.then(|| Map::of(&loaded.store, &woven.traces));
    tell(&loaded, &woven, &woven.traces, map, &args.output, |report, texts, out| {
        match (args.to, &report.map) {
            (ExportFormat::Mermaid, Some(map)) => graph::mermaid(map, out),
            (ExportFormat::Dot, Some(map)) => graph::dot(map, out),
            (ExportFormat::Otlp, _) => otlp::write(report, texts, out),
            (ExportFormat::Jaeger, _) => jaeger::write(report, texts, out),
            (ExportFormat::Zipkin, _) => zipkin::write(report, texts, out),
            (ExportFormat::Perfetto, _) => perfetto::write(report, texts, out),
            _ => html::write(report, texts, out),
        }
    })?;
    let of_spans = !mapped;
    let loose: usize = woven.traces.iter().map(|trace| trace.loose.len()).sum();
    let lost = loose as u64 + woven.coverage.records_unplaced;
    if of_spans && lost > 0 {
        voice.note(format_args!("left out {} of no span", counted(lost, "record")));
    }
    Ok(exit)
}
