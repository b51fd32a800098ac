//! The outcome of a check as SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format").

use super::{Judged, about};
use crate::analyze::check::{Example, State, Verdict};
use crate::model::Symbol;
use serde_json::{Value, json};
use std::io::{self, Write};

/// Writes one result for each check that did not pass.
pub fn write(judged: &Judged<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut ids: Vec<&str> = judged.verdicts.iter().map(|verdict| verdict.rule).collect();
    ids.sort_unstable();
    ids.dedup();
    let rules: Vec<Value> =
        ids.iter().map(|id| json!({"id": id, "shortDescription": {"text": about(id)}})).collect();
    let results: Vec<Value> = judged
        .worst_first()
        .into_iter()
        .filter(|verdict| verdict.state != State::Passed)
        .map(|verdict| result(judged, verdict, &ids))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "spanloom",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "invocations": [{"executionSuccessful": true}],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer(&mut *out, &log)?;
    writeln!(out)
}

fn result(judged: &Judged<'_>, verdict: &Verdict, ids: &[&str]) -> Value {
    // what is not decided has no level (SARIF 2.1.0, 3.27.9 and 3.27.10)
    let (kind, level) = match verdict.state {
        State::Failed => ("fail", "error"),
        State::Noted => ("fail", "note"),
        _ => ("open", "none"),
    };
    let mut result = json!({
        "ruleId": verdict.rule,
        "ruleIndex": ids.binary_search(&verdict.rule).unwrap_or(0),
        "kind": kind,
        "level": level,
        "message": {"text": format!("{}: {}", verdict.name, verdict.summary)},
        // results of one check are one, whatever its numbers
        "partialFingerprints": {
            "spanloomCheck/v1": format!("{:016x}", Symbol::of_pair(verdict.rule.as_bytes(), verdict.name.as_bytes()).0),
        },
    });
    let mut examples = verdict.examples.iter();
    if let Some(location) = examples.next().and_then(|example| location(judged, example)) {
        result["locations"] = json!([location]);
    }
    let related: Vec<Value> = examples.filter_map(|example| location(judged, example)).collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    if !verdict.examples.is_empty() {
        let ids: Vec<String> = verdict.examples.iter().map(|example| judged.trace_id(example)).collect();
        result["properties"] = json!({"trace_ids": ids});
    }
    result
}

fn location(judged: &Judged<'_>, example: &Example) -> Option<Value> {
    let (file, line) = judged.place(example)?;
    let mut location = json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(file)},
        "region": {"startLine": line},
    }});
    if !example.about.is_empty() {
        location["message"] = json!({"text": example.about});
    }
    Some(location)
}

/// A path as a relative reference or, if it begins at the root, a file URI (RFC 3986, 2.1 and 4.2; RFC 8089).
fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'!' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("logs/a b:1.log"), "logs/a%20b%3A1.log");
        assert_eq!(uri("/var/log/é.log"), "file:///var/log/%C3%A9.log");
    }
}
