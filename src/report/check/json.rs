//! The outcome of a check as JSON: schema `spanloom.check/1`.

use super::Judged;
use crate::analyze::check::Verdict;
use crate::report::json_text::name;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Check<'j> {
    rule: &'j str,
    name: &'j str,
    state: &'static str,
    summary: &'j str,
    #[serde(skip_serializing_if = "str::is_empty")]
    service: &'j str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    examples: Vec<ExampleObject<'j>>,
}

#[derive(Serialize)]
struct ExampleObject<'j> {
    trace_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'j str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    about: &'j str,
}

/// Writes the outcome as one JSON object.
pub fn write(judged: &Judged<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = b"{\"schema\":\"spanloom.check/1\"".to_vec();
    crate::report::json_text::member("result", judged.state().name().as_bytes(), &mut buffer);
    crate::report::json_text::number("transactions", judged.traces.len(), &mut buffer);
    name("coverage", &mut buffer);
    crate::report::json::coverage(judged.coverage, &mut buffer);
    name("checks", &mut buffer);
    let checks: Vec<Check<'_>> = judged.verdicts.iter().map(|verdict| check(judged, verdict)).collect();
    serde_json::to_writer(&mut buffer, &checks)?;
    buffer.extend_from_slice(b"}\n");
    out.write_all(&buffer)
}

fn check<'j>(judged: &'j Judged<'_>, verdict: &'j Verdict) -> Check<'j> {
    let example = |example: &'j crate::analyze::check::Example| {
        let place = judged.place(example);
        ExampleObject {
            trace_id: judged.trace_id(example),
            file: place.map(|(file, _)| file),
            line: place.map(|(_, line)| line),
            about: &example.about,
        }
    };
    Check {
        rule: verdict.rule,
        name: &verdict.name,
        state: verdict.state.name(),
        summary: &verdict.summary,
        service: judged.store.symbols.text(verdict.service),
        examples: verdict.examples.iter().map(example).collect(),
    }
}
