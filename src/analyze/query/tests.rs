//! Conditions against a small transaction, and what is said of mistakes.

use super::*;
use crate::gather::Store;
use crate::model::{Basis, Edge, Span, SpanId, SpanKind, Status, Symbols, Time, Trace, TraceId};

/// Service, name, kind, milliseconds, parent, failed.
type Row = (&'static str, &'static str, Option<SpanKind>, i64, Option<u32>, bool);

const ROWS: [Row; 5] = [
    ("shop", "checkout", Some(SpanKind::Server), 3_000, None, false),
    ("orders", "create", None, 900, Some(0), false),
    ("orders", "send placed", Some(SpanKind::Producer), 0, Some(1), false),
    ("shipping", "label", Some(SpanKind::Consumer), 2_500, Some(2), true),
    ("mail", "notify", Some(SpanKind::Producer), 1, Some(0), false),
];

fn trace(symbols: &mut Symbols) -> Trace {
    let span = |(index, row): (usize, &Row)| Span {
        id: SpanId::new(index as u64 + 1).expect("not zero"),
        opaque: false,
        synthetic: false,
        missing: false,
        trace: None,
        parent: row.4,
        edge: row.4.map(|_| Edge {
            basis: Basis::Stated,
            confidence: 1.0,
            proofs: Vec::new(),
            runner_up: None,
        }),
        links: Vec::new(),
        service: symbols.keep(row.0.as_bytes()),
        instance: Symbol::NONE,
        name: symbols.keep(row.1.as_bytes()),
        kind: row.2,
        start: Time(1_000),
        end: Time(1_000 + row.3 * 1_000_000),
        raw: None,
        failed: row.5,
        errors: u32::from(row.5),
        events: Vec::new(),
        self_time: None,
        queue_time: None,
    };
    let spans = ROWS.iter().enumerate().map(span).collect();
    Trace {
        id: TraceId::new(7).expect("not zero"),
        opaque: false,
        members: Vec::new(),
        keys: vec![(symbols.keep(b"order_id"), Symbol::of(b"ORD-1"))],
        name: symbols.keep(b"checkout"),
        service: symbols.keep(b"shop"),
        root: Some(0),
        start: Time(1_000),
        end: Time(3_000_001_000),
        status: Status::Error,
        services: ["shop", "orders", "shipping", "mail"].map(|name| Symbol::of(name.as_bytes())).into(),
        spans,
        loose: Vec::new(),
        loose_errors: 0,
        critical_path: Vec::new(),
    }
}

#[track_caller]
fn check(conditions: &[(&str, bool)]) {
    let mut store = Store::default();
    let trace = trace(&mut store.symbols);
    let context = Context::default();
    let view = View { store: &store, trace: &trace, context: &context };
    for (text, expected) in conditions {
        let query = Query::parse(text)
            .unwrap_or_else(|mistake| panic!("{}: {}", mistake.what, mistake.pointer(text)));
        assert_eq!(query.meets(&view), *expected, "{text}");
    }
}

#[test]
fn a_condition_holds_of_one_span_as_a_whole() {
    check(&[
        ("service = shipping && duration > 2s", true),
        ("service = \"shipping\" and duration > 2.6s", false),
        ("service = orders && duration > 2s", false),
        ("service = orders or duration > 2s", true),
        ("{service = orders} && {duration > 2s}", true),
        ("service in (till, 'mail')", true),
        ("service not in (shop, orders, shipping, mail)", false),
        ("service = shop && service = orders", false),
        ("error && kind = consumer", true),
        ("error = false && leaf", true),
        ("name ~ '^send ' && kind = PRODUCER", true),
        ("name !~ . && service = shop", false),
        ("(root || leaf) && service = shop", true),
        ("depth = 3", true),
        ("depth > 3", false),
        ("confidence >= 90%", true),
        ("duration = 1m", false),
    ]);
}

#[test]
fn fields_of_the_transaction_need_no_span() {
    check(&[
        ("trace.status = error && trace.duration >= 3s", true),
        ("trace.spans = 5 && trace.services < 5", true),
        ("trace.service = orders", false),
        ("trace.finding = missing_step", false),
        ("key.order_id = ORD-1", true),
        ("key.orderId in (ORD-2, ORD-1)", true),
        ("key.order_id != ORD-1", false),
        ("key.customer", false),
    ]);
}

#[test]
fn what_is_absent_meets_no_comparison() {
    check(&[
        ("kind != server && name = create", false),
        ("not kind = server && name = create", true),
        ("queue < 1h", false),
    ]);
}

#[test]
fn relations_lead_from_span_to_span() {
    check(&[
        ("shop > orders", true),
        ("shop > shipping", false),
        ("shop >> shipping", true),
        ("shop >> {kind = producer} > {error}", true),
        ("shipping << shop", true),
        ("\"send placed\" > label", true),
        ("{service = shipping} < {kind = producer}", true),
        ("kind = producer && not >> {kind = consumer}", true),
        ("kind = producer && service = orders && not >> {kind = consumer}", false),
        ("!{service = till}", true),
        ("{} >> {service = till}", false),
        ("leaf && > {}", false),
    ]);
}

#[test]
fn a_transaction_without_spans_is_judged_by_its_own_fields() {
    let mut store = Store::default();
    let mut trace = trace(&mut store.symbols);
    trace.spans.clear();
    let view = View { store: &store, trace: &trace, context: &Context::default() };
    for (text, expected) in [
        ("trace.status = error", true),
        ("service = shop", false),
        ("!{service = shop}", true),
        ("{}", false),
    ] {
        assert_eq!(Query::parse(text).expect(text).meets(&view), expected, "{text}");
    }
}

#[track_caller]
fn refused(text: &str, at: usize, len: usize, what: &str) {
    let mistake = Query::parse(text).expect_err(text);
    assert_eq!(
        (mistake.at, mistake.len, mistake.what.as_str()),
        (at, len, what),
        "{text}\n{}",
        mistake.pointer(text)
    );
}

#[test]
fn mistakes_are_told_with_their_place() {
    refused("servce = a", 0, 6, "unknown field 'servce'");
    refused("", 0, 0, "expected a field, { or (, found the end");
    refused("service =", 9, 0, "expected a text, found the end");
    refused("duration > fast", 11, 4, "expected a duration such as 2s or 150ms, found 'fast'");
    refused("duration", 8, 0, "expected an operator such as = behind 'duration', found the end");
    refused("(error && root", 14, 0, "expected ), && or ||, found the end");
    refused("{error", 6, 0, "expected }, && or ||, found the end");
    refused("error root", 6, 4, "expected &&, || or the end, found 'root'");
    refused("service = 'a", 10, 1, "this quote is never closed");
    refused("kind = sever", 7, 5, "'sever' is none of the values of 'kind'");
    refused("service > 3", 0, 10, "'service' cannot be compared like this");
    refused("name ~ '('", 7, 3, "cannot read the regular expression: unclosed group");
    refused("shop >> duration > 2s", 8, 8, "'duration' is a field, not a set of spans");
    refused("service in a", 11, 1, "expected a list such as (a, b), found 'a'");
    refused("error &&", 8, 0, "expected a field, { or (, found the end");
}

#[test]
fn a_mark_stands_under_the_mistake() {
    let text = "name = 'läßt 日本' && durtion > 2s";
    let mistake = Query::parse(text).expect_err("wrong");
    assert_eq!(mistake.pointer(text), format!("  {text}\n  {}^^^^^^^", " ".repeat(22)));
    assert_eq!(mistake.hint.as_deref(), Some("did you mean 'duration'?"));
}

#[test]
fn deep_and_long_conditions_are_refused() {
    for text in ["(".repeat(100_000), "x".repeat(100_000), "{".repeat(51), "!".repeat(9_000)] {
        assert!(Query::parse(&text).is_err());
    }
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in "[a-z(){}<>=!~&|'\" .0-9µ\\\\]{0,60}") {
        if let Err(mistake) = Query::parse(&text) {
            mistake.pointer(&text);
            proptest::prop_assert!(!mistake.what.is_empty(), "{text}");
        }
    }
}
