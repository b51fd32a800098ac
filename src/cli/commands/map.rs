//! `map`

use super::{matched, read, run, tell};
use crate::analyze::map::Map;
use crate::cli::args::{MapArgs, MapFormat};
use crate::cli::message::Exit;
use crate::cli::options;
use crate::report::{graph, json, text};
use anyhow::Result;

/// `map`
pub fn map(args: &MapArgs) -> Result<Exit> {
    let query = args.select.condition.query()?;
    let (mut loaded, exit) = read(&args.input, &args.weave, &args.output, true)?;
    let selection = options::selection(&args.select, query, &options::zone(&args.input)?, &loaded.store)?;
    let woven = run(&mut loaded, &selection, &args.weave)?;
    let exit = exit.max(matched(woven.traces.len(), &selection, options::voice(&args.output)));
    let map = Map::of(&loaded.store, &woven.traces);
    tell(&loaded, &woven, &woven.traces, Some(map), &args.output, |report, _, out| {
        let map = report.map.as_ref().expect("it was just given");
        match args.format.unwrap_or_default() {
            MapFormat::Text => text::map(report, map, options::style(&args.output), out),
            MapFormat::Json => json::write_rest(report, out),
            MapFormat::Dot => graph::dot(map, out),
            MapFormat::Mermaid => graph::mermaid(map, out),
        }
    })?;
    Ok(exit)
}
