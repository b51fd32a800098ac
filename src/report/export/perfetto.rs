//! Trace events as Chrome and Perfetto load them ("Trace Event Format"): services are processes, and slices that overlap without
//! one enclosing the other are put on threads of their own. Edges between services are arrows. Times in microseconds.

use super::{Exported, spans};
use crate::report::{Report, TextOf};
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::io::{self, Write};

/// Threads of one process; what needs more shares the last one.
const MAX_LANES: usize = 500;

/// A slice with its place.
struct Slice<'r> {
    exported: Exported<'r>,
    trace: usize,
    process: usize,
    lane: usize,
}

/// Writes all transactions as one object.
pub fn write(report: &Report<'_>, texts: &mut TextOf<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut processes: IndexMap<&str, Lanes> = IndexMap::new();
    let mut slices: Vec<Slice<'_>> = Vec::new();
    for (trace, one) in report.traces.iter().enumerate() {
        for exported in spans(report, one, texts) {
            let entry = processes.entry(exported.service);
            let process = entry.index();
            entry.or_default();
            slices.push(Slice { exported, trace, process, lane: 0 });
        }
    }
    let mut order: Vec<usize> = (0..slices.len()).collect();
    order.sort_by_key(|&at| (slices[at].exported.start, std::cmp::Reverse(slices[at].exported.duration), at));
    for at in order {
        let (start, duration) = (slices[at].exported.start, slices[at].exported.duration);
        slices[at].lane = processes[slices[at].process].take(start, start.saturating_add_unsigned(duration));
    }
    out.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n")?;
    for (at, name) in processes.keys().enumerate() {
        let named =
            json!({"ph": "M", "name": "process_name", "pid": at + 1, "tid": 0, "args": {"name": name}});
        writeln!(out, "{named},")?;
    }
    let mut arrow = 0u64;
    let mut parents: IndexMap<(usize, crate::model::SpanId), usize> = IndexMap::new();
    for (at, slice) in slices.iter().enumerate() {
        parents.insert((slice.trace, slice.exported.id), at);
        writeln!(out, "{},", complete(report, slice))?;
        let parent = slice.exported.parent.and_then(|parent| parents.get(&(slice.trace, parent)));
        let Some(from) = parent.map(|&parent| &slices[parent]).filter(|from| from.process != slice.process)
        else {
            continue;
        };
        arrow += 1;
        let end = from.exported.start.saturating_add_unsigned(from.exported.duration);
        let ends = [
            ("s", from, slice.exported.start.clamp(from.exported.start, end)),
            ("f", slice, slice.exported.start),
        ];
        for (phase, place, time) in ends {
            let mut event = json!({
                "ph": phase, "id": arrow, "name": "edge", "cat": "edge", "ts": micros(time),
                "pid": place.process + 1, "tid": place.lane + 1,
            });
            if phase == "f" {
                event["bp"] = "e".into();
            }
            writeln!(out, "{event},")?;
        }
    }
    // the last element has no comma behind it
    writeln!(
        out,
        "{}\n]}}",
        json!({"ph": "M", "name": "spanloom_version", "pid": 0, "tid": 0, "args": {"name": env!("CARGO_PKG_VERSION")}})
    )
}

fn micros(nanos: i64) -> f64 {
    nanos as f64 / 1_000.0
}

fn complete(report: &Report<'_>, slice: &Slice<'_>) -> Value {
    let exported = &slice.exported;
    let mut args: serde_json::Map<String, Value> =
        exported.tags.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
    args.insert("trace_id".to_owned(), report.store.trace_text(report.traces[slice.trace].id).into());
    args.insert("span_id".to_owned(), exported.id.to_string().into());
    let messages: Vec<&str> = exported.events.iter().map(|event| event.message.as_str()).collect();
    if !messages.is_empty() {
        args.insert("records".to_owned(), messages.into());
    }
    json!({
        "ph": "X", "name": exported.name, "cat": if exported.span.failed { "error" } else { "span" },
        "ts": micros(exported.start), "dur": exported.duration as f64 / 1_000.0,
        "pid": slice.process + 1, "tid": slice.lane + 1, "args": args,
    })
}

/// The threads of a process: on each the ends of the slices that are open, the outermost first.
#[derive(Default)]
struct Lanes {
    open: Vec<Vec<i64>>,
}

impl Lanes {
    /// The first thread on which a slice lies beside the others or within one of them; slices come by start, longer ones first.
    fn take(&mut self, start: i64, end: i64) -> usize {
        for (at, lane) in self.open.iter_mut().enumerate() {
            while lane.last().is_some_and(|last| *last <= start) {
                lane.pop();
            }
            if lane.last().is_none_or(|last| end <= *last) || at + 1 == MAX_LANES {
                lane.push(end);
                return at;
            }
        }
        self.open.push(vec![end]);
        self.open.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_of_a_lane_never_cross() {
        let mut lanes = Lanes::default();
        let taken: Vec<usize> = [(0, 10), (0, 5), (3, 8), (6, 9), (10, 12), (11, 20)]
            .map(|(start, end)| lanes.take(start, end))
            .into();
        assert_eq!(taken, [0, 0, 1, 0, 0, 1]);
    }
}
