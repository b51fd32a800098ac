//! What is told beside the logs of a run.

use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// The spans of a run, by their ids, if the run tells them.
pub fn spans(folder: &Path) -> Option<HashMap<String, Value>> {
    let text = std::fs::read_to_string(folder.join("truth/spans.jsonl")).ok()?;
    let spans = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    Some(spans.map(|span| (span["span_id"].as_str().expect("an id").to_owned(), span)).collect())
}

/// The span that each line is of, by the name of its file, if the run tells it.
pub fn lines(folder: &Path) -> Option<HashMap<(String, u64), String>> {
    let text = std::fs::read_to_string(folder.join("truth/lines.tsv")).ok()?;
    let mut spans = HashMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [file, first, count, span] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        let (first, count): (u64, u64) = (first.parse().expect("a line"), count.parse().expect("a count"));
        for line in (first..first + count).filter(|_| span != "-") {
            spans.insert((file.to_owned(), line), span.to_owned());
        }
    }
    Some(spans)
}

/// The name of a source as [`lines`] has it.
pub fn file(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name).split(".log").next().unwrap_or(name)
}
