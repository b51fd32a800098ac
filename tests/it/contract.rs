//! The JSON outputs against their published schemas, and what they count against each other.
//!
//! Every case is asked for every JSON output, whether or not it has expected output of its own.

use crate::cases::{self, Case};
use crate::{diff, program};
use jsonschema::Validator;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The schemas of `schema/`.
struct Schemas {
    report: Validator,
    trace: Validator,
    rest: Validator,
    extract: Validator,
}

impl Schemas {
    fn read() -> Schemas {
        let report = schema("report.schema.json");
        let part = |name: &str| {
            let mut part = report.clone();
            let members = part.as_object_mut().expect("a schema is an object");
            members.retain(|key, _| key.starts_with('$'));
            members.insert("$ref".to_owned(), format!("#/$defs/{name}").into());
            validator(&part)
        };
        Schemas {
            trace: part("trace"),
            rest: part("rest"),
            extract: validator(&schema("extract.schema.json")),
            report: validator(&report),
        }
    }
}

fn schema(name: &str) -> Value {
    let path = program::root().join("schema").join(name);
    let text = fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap_or_else(|error| panic!("not a JSON Schema: {error}"))
}

/// What a schema finds wrong, in a few lines.
fn violations(validator: &Validator, value: &Value) -> Vec<String> {
    const SHOWN: usize = 5;
    let told = |error: jsonschema::ValidationError<'_>| {
        let what: String = error.to_string().chars().take(300).collect();
        format!("{}: {what}", error.instance_path())
    };
    validator.iter_errors(value).take(SHOWN).map(told).collect()
}

/// What is wrong with a report as one JSON object.
pub(crate) fn report_faults(report: &Value) -> Vec<String> {
    let mut wrong = violations(&Schemas::read().report, report);
    wrong.extend(sums(report));
    wrong
}

/// What is wrong with the counts and references of a report.
fn sums(report: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let coverage = &report["coverage"];
    let count = |name: &str| coverage[name].as_u64().unwrap_or(0);
    let parts = ["records_placed", "records_unplaced", "records_filtered"];
    let sum: u64 = parts.iter().map(|name| count(name)).sum();
    if sum != count("records") {
        wrong.push(format!("coverage: {} records, but {parts:?} make {sum}", count("records")));
    }
    for name in ["records_with_time", "records_with_context"] {
        if count(name) > count("records") {
            wrong.push(format!("coverage: {name} is more than records"));
        }
    }
    let traces = list(&report["traces"]);
    let placed: u64 = traces.iter().map(|trace| number(&trace["record_count"])).sum();
    if placed != count("records_placed") {
        wrong.push(format!("coverage: {} records placed, but traces hold {placed}", count("records_placed")));
    }
    let named: u64 = list(&report["services"]).iter().map(|service| number(&service["records"])).sum();
    if named > count("records") {
        wrong.push(format!("services have {named} of {} records", count("records")));
    }
    let mut ids = BTreeSet::new();
    for trace in traces {
        let id = trace["trace_id"].as_str().unwrap_or_default();
        if !ids.insert(id) {
            wrong.push(format!("two traces have the id {id}"));
        }
        wrong.extend(trace_faults(trace).into_iter().map(|fault| format!("trace {id}: {fault}")));
    }
    for finding in list(&report["findings"]) {
        if let Some(id) = finding["trace_id"].as_str() {
            let member = |trace: &&Value| {
                trace["trace_id"] == id || list(&trace["members"]).iter().any(|member| member == id)
            };
            if !traces.iter().any(|trace| member(&trace)) {
                wrong.push(format!("a finding names trace {id}, which is not there"));
            }
        }
    }
    wrong
}

/// What is wrong within one trace.
fn trace_faults(trace: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let spans = list(&trace["spans"]);
    let mut parents: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for span in spans {
        let id = text(&span["span_id"]);
        if parents.insert(id, span["parent_span_id"].as_str()).is_some() {
            wrong.push(format!("two spans have the id {id}"));
        }
    }
    for (id, parent) in &parents {
        if let Some(parent) = parent.filter(|parent| !parents.contains_key(parent)) {
            wrong.push(format!("span {id} hangs under {parent}, which is not there"));
        }
        if has_cycle(&parents, id) {
            wrong.push(format!("span {id} is its own ancestor"));
        }
    }
    let mut seen = BTreeSet::new();
    for span in spans {
        if span["parent_span_id"].as_str().is_some_and(|parent| !seen.contains(parent)) {
            wrong.push(format!("span {} stands before its parent", text(&span["span_id"])));
        }
        seen.insert(text(&span["span_id"]));
    }
    for named in [&trace["root_span_id"]]
        .into_iter()
        .chain(list(&trace["critical_path"]).iter().map(|part| &part["span_id"]))
        .filter_map(Value::as_str)
    {
        if !parents.contains_key(named) {
            wrong.push(format!("{named} is named as root or on the critical path, but is not there"));
        }
    }
    let logged = spans.iter().filter(|span| span["missing"] != true).count() as u64;
    let records = || spans.iter().flat_map(|span| list(&span["records"])).chain(list(&trace["records"]));
    let errors = records().filter(|record| record["level"] == "ERROR" || record["level"] == "FATAL").count();
    for (name, counted) in
        [("span_count", logged), ("record_count", records().count() as u64), ("error_count", errors as u64)]
    {
        if number(&trace[name]) != counted {
            wrong.push(format!("{name} is {}, but there are {counted}", trace[name]));
        }
    }
    let services: BTreeSet<&str> = list(&trace["services"]).iter().map(text).collect();
    for service in spans.iter().map(|span| text(&span["service"])).filter(|service| !service.is_empty()) {
        if !services.contains(service) {
            wrong.push(format!("its services lack {service}"));
        }
    }
    wrong.extend(time_faults(trace, "trace"));
    for span in spans {
        wrong.extend(time_faults(span, &format!("span {}", text(&span["span_id"]))));
        let within = |name: &str, late: bool| match (nanos(&span[name]), nanos(&trace[name])) {
            (Some(inner), Some(outer)) => {
                if late {
                    inner <= outer
                } else {
                    inner >= outer
                }
            }
            _ => true,
        };
        if !within("start", false) || !within("end", true) {
            wrong.push(format!("span {} is not within its trace", text(&span["span_id"])));
        }
    }
    wrong
}

fn has_cycle(parents: &BTreeMap<&str, Option<&str>>, from: &str) -> bool {
    let mut at = from;
    for _ in 0..=parents.len() {
        match parents.get(at).copied().flatten() {
            Some(parent) if parent == from => return true,
            Some(parent) => at = parent,
            None => return false,
        }
    }
    false
}

/// What is wrong with a start, an end and the time between them.
fn time_faults(value: &Value, what: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if let (Some(start), Some(end)) = (nanos(&value["start"]), nanos(&value["end"])) {
        if start > end {
            wrong.push(format!("{what} ends before it starts"));
        }
        if number(&value["duration_ns"]) as i128 != end - start {
            wrong.push(format!("{what} lasts {} ns, but {} by its times", value["duration_ns"], end - start));
        }
    }
    for name in ["start", "end"] {
        if text(&value[name]).starts_with("1970-01-01T") {
            wrong.push(format!("{what}: {name} is {}, a time that nobody stated", text(&value[name])));
        }
    }
    wrong
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn nanos(value: &Value) -> Option<i128> {
    Some(value.as_str()?.parse::<jiff::Timestamp>().ok()?.as_nanosecond())
}

/// What is wrong with the outputs of one input.
fn check(schemas: &Schemas, dir: &Path, options: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    let run = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain(options.iter().map(String::as_str)).collect();
        program::run(dir, &args)
    };
    let mut note = |what: &str, faults: Vec<String>| {
        wrong.extend(faults.into_iter().map(|fault| format!("{what}: {fault}")));
    };
    let extracted = run(&["extract", "."]).lines();
    for record in &extracted {
        let at = format!("extract {}:{}", text(&record["file"]), record["line"]);
        note(&at, violations(&schemas.extract, record));
        if text(&record["time"]).starts_with("1970-01-01T") {
            note(&at, vec![format!("time is {}, a time that nobody stated", text(&record["time"]))]);
        }
    }
    let report = run(&["report", "--format", "json", "."]).json();
    note("report", violations(&schemas.report, &report));
    note("report", sums(&report));
    if report["coverage"]["records"] != extracted.len() {
        let faults =
            format!("{} records, but extract has {}", report["coverage"]["records"], extracted.len());
        note("report", vec![faults]);
    }
    // an id that no record states was made of what the transaction holds, and is no member of it
    let stated: BTreeSet<&str> = extracted.iter().map(|record| text(&record["trace_id"])).collect();
    for trace in list(&report["traces"]) {
        let id = text(&trace["trace_id"]);
        if stated.contains(id) && !list(&trace["members"]).contains(&trace["trace_id"]) {
            note("report", vec![format!("the members of trace {id} lack it")]);
        }
    }
    let mut lines = run(&["report", "--format", "ndjson", "."]).lines();
    let mut rest = lines.pop().unwrap_or_default();
    note("ndjson, last line", violations(&schemas.rest, &rest));
    for trace in &lines {
        note("ndjson", violations(&schemas.trace, trace));
    }
    let map = run(&["map", "--format", "json", "."]).json();
    if map != rest {
        note("map", vec!["is not the last line of ndjson".to_owned()]);
    }
    rest["traces"] = Value::Array(lines);
    if rest != report {
        note("ndjson", vec!["does not say the same as json".to_owned()]);
    }
    let listed = run(&["list", "--format", "json", "."]).json();
    note("list", violations(&schemas.report, &listed));
    note("list", sums(&listed));
    if listed["traces"] != report["traces"] {
        note("list", vec!["has other traces than report".to_owned()]);
    }
    let first = run(&["list", "--limit", "1", "--format", "json", "."]).json();
    note("list --limit 1", sums(&first));
    if let Some(trace) = list(&report["traces"]).first() {
        let shown = run(&["show", "--format", "json", text(&trace["trace_id"]), "."]).json();
        note("show", violations(&schemas.report, &shown));
        note("show", sums(&shown));
        if list(&shown["traces"]) != std::slice::from_ref(trace) {
            note("show", vec!["gives another trace than report".to_owned()]);
        }
    }
    wrong
}

#[test]
fn every_output_of_every_case_keeps_the_contract() {
    let schemas = Schemas::read();
    let mut wrong = Vec::new();
    for case in cases::all() {
        let Case { name, options, breaks_contract_today, .. } = &case;
        let faults = check(&schemas, case.input().path(), options);
        match (breaks_contract_today, faults.is_empty()) {
            (Some(_), false) | (None, true) => {}
            (None, false) => {
                wrong.push(format!("{name}:\n  {}\n", faults[..faults.len().min(12)].join("\n  ")))
            }
            (Some(reason), true) => {
                wrong.push(format!("{name} is right: take away breaks_contract_today = '{reason}'\n"))
            }
        }
    }
    diff::none(&wrong);
}

/// The smallest report that has every member of the contract, as design and schema have it.
fn whole_contract() -> Value {
    let text = fs::read_to_string(program::root().join("testdata/contract/whole.json"))
        .expect("the example of the contract is there");
    serde_json::from_str(&text).expect("the example is JSON")
}

#[test]
fn the_schema_takes_every_member_of_the_contract() {
    assert_eq!(violations(&Schemas::read().report, &whole_contract()), Vec::<String>::new());
    assert_eq!(sums(&whole_contract()), Vec::<String>::new());
}

#[test]
fn the_schema_refuses_what_the_contract_does_not_have() {
    let schemas = Schemas::read();
    let refused = |path: &str, value: Value| {
        let mut report = whole_contract();
        let (parent, name) = path.rsplit_once('/').expect("a path");
        match report.pointer_mut(parent).expect("it is in the example") {
            Value::Object(members) => drop(members.insert(name.to_owned(), value)),
            other => panic!("{parent} is {other}"),
        }
        assert!(!violations(&schemas.report, &report).is_empty(), "{path} is taken: {report}");
    };
    refused("/schema", "spanloom.report/2".into());
    refused("/extra", true.into());
    refused("/findings", Value::Array(Vec::new()));
    refused("/coverage/records", (-1).into());
    refused("/coverage/skipped", Value::Array(Vec::new()));
    refused("/services/0/service", "".into());
    refused("/traces/0/trace_id", "5B8EFFF798038103D269B633813FC60C".into());
    refused("/traces/0/trace_id", "0".repeat(32).into());
    refused("/traces/0/start", "2024-05-01T12:00:00Z".into());
    refused("/traces/0/start", "2024-13-01T12:00:00.000000000Z".into());
    refused("/traces/0/status", "failed".into());
    refused("/traces/0/members", Value::Array(Vec::new()));
    refused("/traces/0/spans/1/kind", "server".into());
    refused("/traces/0/spans/1/edge", Value::Null);
    refused("/traces/0/spans/1/edge/basis", "guess".into());
    refused("/traces/0/spans/1/edge/confidence", 1.5.into());
    refused("/traces/0/spans/0/records/0/line", 0.into());
    refused("/traces/0/spans/0/records/0/message", "".into());
    refused("/map/nodes/0/kind", "queue".into());
    refused("/findings/0/severity", "error".into());
}
