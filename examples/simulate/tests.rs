//! What always holds: same bytes, a truth without contradictions, everything on offer drawn, nothing beyond telling.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;

use crate::layout::{json, text};
use crate::output::{self, Corpus};
use crate::plan::{Feature, System};
use crate::variant::Variant;
use crate::{drive, symmetry};

fn corpus(seed: u64, variant: Variant, transactions: usize) -> (Rc<System>, Corpus) {
    let trial = drive::draw(seed);
    let run = drive::drive(&trial, variant, transactions);
    let corpus = output::corpus(&trial.system, &run, variant);
    (trial.system, corpus)
}

fn rows(corpus: &Corpus, file: &str) -> Vec<Value> {
    corpus.truth[file].lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect()
}

fn text_of<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("no {field} in {row}"))
}

/// The parent, or in v3 the cause.
fn origin(span: &Value) -> Option<&str> {
    span["parent_span_id"].as_str().or_else(|| span["cause"]["span_id"].as_str())
}

/// Checks everything in the truth that can be checked against itself and the logs.
#[track_caller]
fn check(told: &str, corpus: &Corpus) {
    let spans = rows(corpus, "spans.jsonl");
    let by_id: BTreeMap<&str, &Value> = spans.iter().map(|span| (text_of(span, "span_id"), span)).collect();
    assert_eq!(by_id.len(), spans.len(), "{told}: a span id occurs twice");

    for span in &spans {
        let (start, end) = (span["start_ns"].as_i64().unwrap(), span["end_ns"].as_i64().unwrap());
        assert!(start <= end, "{told}: ends before it starts: {span}");
        let Some(parent) = origin(span) else { continue };
        let parent = by_id.get(parent).unwrap_or_else(|| panic!("{told}: unknown parent of {span}"));
        assert!(parent["start_ns"].as_i64().unwrap() <= start, "{told}: starts before its parent: {span}");
        assert_eq!(
            parent["transaction"], span["transaction"],
            "{told}: parent in another transaction: {span}"
        );
        let same_trace = parent["trace_id"] == span["trace_id"];
        assert_eq!(same_trace, span["cause"].is_null(), "{told}: {span}");
        for link in span["links"].as_array().into_iter().flatten() {
            assert!(by_id.contains_key(text_of(link, "span_id")), "{told}: unknown link of {span}");
        }
    }

    let mut records: BTreeMap<&str, usize> = BTreeMap::new();
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    for row in corpus.truth["lines.tsv"].lines().skip(1) {
        let [service, first, lines, span] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{told}: {row}")
        };
        let expected = next.entry(service).or_insert(1);
        assert_eq!(first.parse::<usize>().unwrap(), *expected, "{told}: {row}");
        *expected += lines.parse::<usize>().unwrap();
        if span != "-" {
            assert_eq!(text_of(by_id[span], "service"), service, "{told}: {row}");
            *records.entry(span).or_default() += 1;
        }
    }
    for (file, text) in &corpus.logs {
        let service = file.strip_suffix(".log").unwrap();
        let lines = next.get(service).map_or(0, |next| next - 1);
        assert_eq!(text.lines().count(), lines, "{told}: lines of {file}");
    }
    for span in &spans {
        let logged = records.get(text_of(span, "span_id")).copied().unwrap_or(0);
        assert_eq!(span["log_records"].as_u64().unwrap() as usize, logged, "{told}: {span}");
    }

    let mut left = spans.len();
    let mut members: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for span in &spans {
        members.entry(text_of(span, "transaction")).or_default().push(span);
    }
    for row in rows(corpus, "transactions.jsonl") {
        let own = &members[text_of(&row, "transaction")];
        left -= own.len();
        assert_eq!(row["spans"].as_u64().unwrap() as usize, own.len(), "{told}: {row}");
        let roots: Vec<&&Value> = own.iter().filter(|span| origin(span).is_none()).collect();
        assert_eq!(roots.len(), 1, "{told}: roots of {row}");
        assert_eq!(roots[0]["span_id"], row["root_span_id"], "{told}: {row}");
        if row["kind"] == "request" {
            assert!(roots[0]["log_records"].as_u64() > Some(0), "{told}: silent root of {row}");
        }
    }
    assert_eq!(left, 0, "{told}: spans of no transaction");
}

#[test]
fn the_truth_does_not_contradict_itself() {
    for seed in 1..=24 {
        let trial = drive::draw(seed);
        for variant in Variant::ALL {
            let run = drive::drive(&trial, variant, if seed <= 6 { 40 } else { 6 });
            check(&format!("seed {seed}, {variant:?}"), &output::corpus(&trial.system, &run, variant));
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for (seed, variant) in [(3, Variant::V1), (8, Variant::V3), (11, Variant::V6), (21, Variant::V5)] {
        assert!(corpus(seed, variant, 30).1 == corpus(seed, variant, 30).1, "seed {seed}, {variant:?}");
    }
    assert!(corpus(3, Variant::V1, 60).1 != corpus(4, Variant::V1, 60).1);
}

#[test]
fn forty_seeds_show_every_kind_of_flow() {
    let shown: BTreeSet<Feature> = (1..=40).flat_map(|seed| drive::draw(seed).system.features()).collect();
    let missing: Vec<Feature> =
        Feature::TABLE.iter().map(|row| row.0).filter(|f| !shown.contains(f)).collect();
    assert!(missing.is_empty(), "never drawn: {missing:?}");
}

#[test]
fn forty_seeds_show_every_style() {
    let mut shown: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for seed in 1..=40 {
        let system = drive::draw(seed).system;
        let mut put = |what: &'static str, value: String| {
            shown.entry(what).or_default().insert(value);
        };
        put("trade", system.domain.name.clone());
        put("ids", format!("{:?}", system.company.ids));
        put("propagation", format!("{:?}", system.company.propagation));
        put("collector", format!("{:?}", system.company.wrap.0));
        put("topic case", format!("{:?}", system.company.topics.case));
        put("key shape", system.key_shape.name().to_owned());
        for service in &system.services {
            put("language", format!("{:?}", service.lang));
            put("layout", service.layout.name().to_owned());
            put("tone", format!("{:?}", service.tone));
            put("tail", format!("{:?}", service.tail));
            put("broker", format!("{:?}", service.broker));
            put("parent", format!("{:?}", service.habits.parent));
            put("duration", format!("{:?}", service.duration));
        }
    }
    let layouts = json::TABLE.len() + text::TABLE.len() + text::SECONDS.len();
    let expected = [
        ("trade", 18),
        ("ids", 7),
        ("propagation", 4),
        ("collector", 5),
        ("topic case", 6),
        ("key shape", 9),
        ("language", 10),
        ("layout", layouts),
        ("tone", 8),
        ("tail", 10),
        ("broker", 10),
        ("parent", 4),
        ("duration", 6),
    ];
    for (what, count) in expected {
        assert_eq!(shown[what].len(), count, "{what}: only {:?}", shown[what]);
    }
}

#[test]
fn nearly_every_span_can_be_told_from_its_rivals() {
    let (mut children, mut symmetric) = (0, 0);
    for seed in 1..=60 {
        let trial = drive::draw(seed);
        let run = drive::drive(&trial, Variant::V1, 20);
        let found = symmetry::measure(&trial.system, &run);
        assert!(
            found.share() <= 0.02,
            "seed {seed}: {} of {}: {:?}",
            found.symmetric,
            found.children,
            found.worst
        );
        children += found.children;
        symmetric += found.symmetric;
    }
    assert!(symmetric * 200 <= children, "{symmetric} of {children}");
}

#[test]
fn logs_without_ids_hold_none() {
    for seed in 1..=12 {
        let (_, corpus) = corpus(seed, Variant::V4, 8);
        let logs: String =
            corpus.logs.values().map(String::as_str).collect::<Vec<_>>().join("\n").to_lowercase();
        for span in rows(&corpus, "spans.jsonl").iter().take(60) {
            for id in [text_of(span, "span_id"), text_of(span, "trace_id")] {
                assert!(!logs.contains(id), "seed {seed}: {id} is in the logs");
                let number = u64::from_str_radix(&id[id.len() - 16..], 16).unwrap().to_string();
                assert!(!logs.contains(&number), "seed {seed}: {id} is in the logs as {number}");
            }
        }
    }
}

#[test]
fn a_lost_context_leaves_a_cause() {
    let mut lost_calls = 0;
    for seed in 1..=20 {
        let (_, corpus) = corpus(seed, Variant::V3, 10);
        for span in rows(&corpus, "spans.jsonl") {
            if span["kind"] == "CONSUMER" {
                assert!(span["parent_span_id"].is_null(), "seed {seed}: {span}");
            }
            lost_calls += usize::from(span["kind"] == "SERVER" && span["cause"].is_object());
        }
    }
    assert!(lost_calls > 0, "some systems lose the context at calls too");
}

#[test]
fn wrong_clocks_show_only_in_the_logs_of_their_services() {
    for seed in [2, 5, 9] {
        let ((_, right), (_, wrong)) = (corpus(seed, Variant::V1, 20), corpus(seed, Variant::V5, 20));
        assert_eq!(right.truth["spans.jsonl"], wrong.truth["spans.jsonl"], "seed {seed}: true times stay");
        let offsets: Value = serde_json::from_str(&wrong.truth["offsets.json"]).unwrap();
        let mut moved = 0;
        for (file, text) in &right.logs {
            let offset = &offsets[file.strip_suffix(".log").unwrap()];
            let at_mid = offset["offset_at_mid_s"].as_f64().unwrap();
            assert!(at_mid.abs() <= 3.1, "seed {seed}: {file}: {offset}");
            let off = offset["offset_s"] != 0.0 || offset["drift_ppm"] != 0.0;
            assert_eq!(off, *text != wrong.logs[file], "seed {seed}: {file}: {offset}");
            moved += usize::from(off);
        }
        assert!(moved > 0, "seed {seed}: no clock is wrong");
    }
}

#[test]
fn faults_strike_in_v6_alone_and_are_told() {
    let mut kinds = BTreeSet::new();
    for seed in 1..=10 {
        let (_, calm) = corpus(seed, Variant::V1, 4);
        let none: Value = serde_json::from_str(&calm.truth["faults.json"]).unwrap();
        assert_eq!(none["faults"].as_array().unwrap().len(), 0, "seed {seed}");
        let (_, struck) = corpus(seed, Variant::V6, 60);
        let faults: Value = serde_json::from_str(&struck.truth["faults.json"]).unwrap();
        let spans = rows(&struck, "spans.jsonl");
        let mut hit = BTreeSet::new();
        for fault in faults["faults"].as_array().unwrap() {
            kinds.insert(text_of(fault, "kind").to_owned());
            assert!(
                hit.insert(text_of(fault, "transaction").to_owned()),
                "seed {seed}: two faults in one: {fault}"
            );
            if let Some(id) = fault["span_id"].as_str() {
                let span = spans.iter().find(|span| span["span_id"] == id).unwrap();
                assert_eq!(span["service"], fault["service"], "seed {seed}: {fault}");
                assert!(fault["kind"] != "error" || span["status"] == "ERROR", "seed {seed}: {fault}");
            }
        }
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["drop", "duplicate", "error", "slow"]);
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (_, corpus) = corpus(1, Variant::V1, 5);
    corpus.store(folder.path()).unwrap();
    corpus.store(folder.path()).unwrap();
    std::fs::remove_file(folder.path().join("truth/stats.json")).unwrap();
    assert!(corpus.store(folder.path()).is_err());
}
