//! What caused what, in small runs in which it is known.

use crate::bad_input::report;
use crate::program;
use serde_json::{Value, json};
use std::fmt::Write;

/// Transactions of a run.
const RUNS: u64 = 12;

/// The logs of some services, in the order in which they were written.
#[derive(Default)]
pub(crate) struct Logs(Vec<(&'static str, String)>);

impl Logs {
    /// A line of a service, so many milliseconds after the start of the run, with the trace and the span that it is of.
    pub(crate) fn line(&mut self, service: &'static str, at: u64, ids: (u64, u64), mut fields: Value) {
        let time = format!("2026-11-29T10:{:02}:{:02}.{:03}Z", at / 60_000, at / 1000 % 60, at % 1000);
        fields["time"] = time.into();
        fields["trace_id"] = format!("5b8efff7980381{:018x}", ids.0 + 1).into();
        fields["span_id"] = span(ids).into();
        self.text(service, &fields.to_string());
    }

    pub(crate) fn text(&mut self, service: &'static str, line: &str) {
        let at = self.0.iter().position(|(known, _)| *known == service).unwrap_or_else(|| {
            self.0.push((service, String::new()));
            self.0.len() - 1
        });
        writeln!(self.0[at].1, "{line}").unwrap();
    }

    /// What is reported of them.
    pub(crate) fn report(&self) -> Value {
        let files: Vec<(String, &str)> =
            self.0.iter().map(|(service, text)| (format!("{service}.log"), text.as_str())).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let dir = program::directory(&files);
        report(dir.path(), &["."], 0, &[])
    }
}

/// The id of a span of a transaction.
fn span((run, number): (u64, u64)) -> String {
    format!("a{run:07x}{number:08x}")
}

/// What is reported of a span.
fn span_of<'r>(reported: &'r Value, id: &str) -> &'r Value {
    let traces = reported["traces"].as_array().unwrap().iter();
    let mut spans = traces.flat_map(|trace| trace["spans"].as_array().unwrap());
    spans.find(|span| span["span_id"] == id).unwrap()
}

/// The id of the parent that was found for a span.
fn parent(reported: &Value, of: &str) -> Value {
    span_of(reported, of)["parent_span_id"].clone()
}

#[test]
fn who_is_named_as_the_caller_caused_a_request() {
    let mut logs = Logs::default();
    for run in 0..RUNS {
        let at = run * 700;
        logs.line("front", at, (run, 1), json!({"msg": "order form sent", "order": format!("ORD-{run}77")}));
        logs.line("back", at + 3, (run, 2), json!({"msg": "order in", "order": format!("ORD-{run}77")}));
        let served = json!({
            "msg": "served", "method": "GET", "path": format!("/stock/ORD-{run}77"), "status": 200, "user_agent": "back/2.1 aiohttp",
        });
        logs.line("stock", at + 9, (run, 3), served);
        logs.line(
            "front",
            at + 30,
            (run, 1),
            json!({"msg": "order accepted", "order": format!("ORD-{run}77")}),
        );
    }
    let reported = logs.report();
    for run in 0..RUNS {
        assert_eq!(parent(&reported, &span((run, 3))), span((run, 2)), "{run}");
    }
}

/// A job is cut into parts, each is checked elsewhere, and when all are back something is made of them.
#[test]
fn parts_are_told_apart_by_their_numbers_and_what_waits_for_all_follows_the_last_one() {
    const PARTS: u64 = 3;
    let mut logs = Logs::default();
    let message =
        |run: u64, way: u64, part: u64| format!("0bd{way}{part}{run:03}-56c2-4f58-a086-5c5e85ba281f");
    for run in 0..RUNS {
        let (at, batch) = (run * 1900, format!("RB-{run}51c"));
        logs.line("meter", at, (run, 1), json!({"msg": "readings accepted", "batch": batch, "parts": PARTS}));
        for part in 1..=PARTS {
            // the parts are checked in an order of their own
            let (sent, taken, back) = (at + 10 + part, at + 20 + part, at + 60 + 40 * ((part + run) % PARTS));
            let of_part = |msg: &str, way: u64| json!({"msg": msg, "batch": batch, "part": part, "message_id": message(run, way, part)});
            let mut received = of_part("part received", 0);
            received["attempt"] = (1 + (part + run) % PARTS).into();
            logs.line("meter", sent, (run, 10 + part), of_part("part sent", 0));
            logs.line("check", taken, (run, 20 + part), received);
            let checked = json!({"msg": "history loaded", "batch": batch, "part": part});
            logs.line("check", back - 20, (run, 30 + part), checked);
            logs.line("check", back - 4, (run, 40 + part), of_part("result sent", 1));
            logs.line("meter", back, (run, 50 + part), of_part("part back", 1));
        }
        logs.line(
            "meter",
            at + 60 + 40 * (PARTS - 1) + 7,
            (run, 60),
            json!({"msg": "profile", "batch": batch}),
        );
    }
    let reported = logs.report();
    for run in 0..RUNS {
        for part in 1..=PARTS {
            assert_eq!(parent(&reported, &span((run, 30 + part))), span((run, 20 + part)), "{run} {part}");
            if (part + run) % PARTS == PARTS - 1 {
                assert_eq!(parent(&reported, &span((run, 60))), span((run, 50 + part)), "{run}");
            }
        }
    }
}

/// A bank is asked, and calls back later: with the trace id that it was asked with, or without.
#[test]
fn a_request_that_calls_back_belongs_to_what_asked_for_it_if_it_says_so() {
    let transactions = |path: &str, takes_along: bool| {
        let mut logs = Logs::default();
        for run in 0..RUNS {
            let (at, name) = (run * 900, format!("BK{run}F7KV1L"));
            let (first, handed) = (3 * run, 3 * run + 1);
            let back = if takes_along { handed } else { 3 * run + 2 };
            let request =
                |path: String| json!({"msg": "served", "method": "POST", "path": path, "status": 200});
            logs.line("edge", at, (first, 1), request("/orders".into()));
            logs.line("shop", at + 4, (first, 2), json!({"msg": "order taken", "bank_ref": name}));
            let to_bank = json!({"msg": "received collection", "bank_ref": name});
            logs.line("pay", at + 8, (handed, 3), to_bank);
            logs.line("edge", at + 400, (back, 4), request(format!("{path}{name}")));
            logs.line("pay", at + 408, (back, 5), json!({"msg": "collection matched", "bank_ref": name}));
        }
        let reported = logs.report();
        let traces = reported["traces"].as_array().unwrap();
        traces.len() as u64
    };
    assert_eq!(transactions("/webhooks/bank/", true), RUNS);
    // the bank came back by itself
    assert_eq!(transactions("/webhooks/bank/", false), 2 * RUNS);
    // who comes back by himself asks for something else
    assert_eq!(transactions("/collections/", false), 2 * RUNS);
}

#[test]
fn a_proxy_that_stamps_its_lines_with_the_beginning_stands_around_what_it_passed_on() {
    let mut logs = Logs::default();
    // requests overlap, and each line is written when its request is over
    let mut over: Vec<(u64, String)> = Vec::new();
    for run in 0..RUNS {
        let (at, took) = (run * 40, if run % 2 == 0 { 90 } else { 20 });
        let trace = format!("5b8efff7980381{:018x}", run + 1);
        let line = format!(
            r#"[2026-11-29T10:00:00.{at:03}Z] "POST /orders HTTP/1.1" 202 - 5 7 {took} 9 "-" "curl/8.5.0" trace_id={trace} span_id={}"#,
            span((run, 1))
        );
        over.push((at + took, line));
        logs.line(
            "orders",
            at + 1,
            (run, 2),
            json!({"msg": "order wanted", "method": "POST", "path": "/orders"}),
        );
        logs.line("orders", at + took - 1, (run, 2), json!({"msg": "order taken"}));
    }
    over.sort();
    over.iter().for_each(|(_, line)| logs.text("edge", line));
    let reported = logs.report();
    for run in 0..RUNS {
        assert_eq!(parent(&reported, &span((run, 1))), Value::Null, "{run}");
        assert_eq!(parent(&reported, &span((run, 2))), span((run, 1)), "{run}");
    }
    let first = &reported["traces"][0]["spans"][0];
    let times = [&first["start"], &first["end"], &first["records"][0]["time"]];
    let seconds: Vec<&str> = times.iter().map(|time| &time.as_str().unwrap()[17..23]).collect();
    // the record keeps its time
    assert_eq!(seconds, ["00.000", "00.090", "00.000"]);
}

#[test]
fn what_handles_a_request_caused_what_is_done_meanwhile_and_not_who_passed_it_on() {
    let mut logs = Logs::default();
    for run in 0..RUNS {
        let at = run * 700 + run % 5;
        let order = format!("ORD-{run}77");
        // the proxy logs when all is over, and tells how long that took
        let wanted = json!({"msg": "order wanted", "method": "POST", "path": "/orders"});
        logs.line("orders", at + 1, (run, 2), wanted);
        logs.line("stock", at + 9, (run, 3), json!({"msg": "reserving", "order": order}));
        logs.line("stock", at + 14, (run, 3), json!({"msg": "reserved", "order": order}));
        let passed = json!({
            "msg": "handled request", "method": "POST", "path": "/orders", "status": 202, "duration": 0.0275,
        });
        logs.line("edge", at + 28, (run, 1), passed);
    }
    let reported = logs.report();
    for run in 0..RUNS {
        assert_eq!(parent(&reported, &span((run, 1))), Value::Null, "{run}");
        assert_eq!(parent(&reported, &span((run, 2))), span((run, 1)), "{run}");
        assert_eq!(parent(&reported, &span((run, 3))), span((run, 2)), "{run}");
    }
}

#[test]
fn what_is_put_to_a_database_is_a_span_of_its_service_and_causes_nothing() {
    let mut logs = Logs::default();
    for run in 0..RUNS {
        let at = run * 700;
        logs.line("orders", at, (run, 1), json!({"msg": "telling stock about the order"}));
        // the service that is asked tells what it did only when the statement is done, and that is told in a field
        let statement = json!({"msg": "query", "sql": "update items set state = $1 where id = $2"});
        logs.line("stock", at + 20, (run, 3), statement);
        logs.line("stock", at + 21, (run, 2), json!({"msg": "state of the item changed"}));
        logs.line("stock", at + 30, (run, 4), json!({"msg": "INSERT journal (2 ms)"}));
        logs.line("mail", at + 42, (run, 5), json!({"msg": "writing to the customer"}));
    }
    let reported = logs.report();
    for run in 0..RUNS {
        let statements = [span((run, 3)), span((run, 4))];
        for statement in &statements {
            let of = parent(&reported, statement);
            assert_eq!(of, span((run, 2)), "{run}: {statement}");
        }
        for other in [1, 2, 5] {
            let of = parent(&reported, &span((run, other)));
            assert!(of.as_str().is_none_or(|of| !statements.iter().any(|one| one == of)), "{run}: {other}");
        }
    }
}

#[test]
fn what_was_told_when_it_was_done_caused_nothing_of_what_comes_after_it() {
    let mut logs = Logs::default();
    for run in 0..RUNS {
        let at = run * 3000 + run * run % 7;
        logs.line("intake", at, (run, 1), json!({"msg": "publishing application.filed"}));
        logs.line("review", at + 30, (run, 2), json!({"msg": "received application.filed"}));
        logs.line("review", at + 700 + run * 13, (run, 3), json!({"msg": "reviewers assigned"}));
        logs.line("review", at + 702 + run * 13, (run, 4), json!({"msg": "scoring started"}));
        logs.line("review", at + 1500, (run, 4), json!({"msg": "score submitted"}));
    }
    let reported = logs.report();
    for run in 0..RUNS {
        assert_eq!(parent(&reported, &span((run, 3))), span((run, 2)), "{run}");
        assert_eq!(parent(&reported, &span((run, 4))), span((run, 2)), "{run}");
    }
}

#[test]
fn who_waits_for_the_broker_sends_before_what_is_received_though_it_says_so_later() {
    let mut logs = Logs::default();
    let message = |run: u64| format!("f73249f1-8423-499d-820d-670c4998a6{run:02}");
    for run in 0..RUNS {
        let at = run * 900;
        logs.line(
            "kitchen",
            at,
            (run, 1),
            json!({"msg": "consumed order.placed", "order": format!("ORD-{run}77")}),
        );
        let sent = json!({"msg": "event out", "type": "meal.ready", "mid": message(run)});
        let received = json!({"msg": "message received", "topic": "meal.ready", "messageId": message(run)});
        logs.line("courier", at + 200, (run, 3), received);
        logs.line("kitchen", at + 201, (run, 2), sent);
    }
    let reported = logs.report();
    for run in 0..RUNS {
        assert_eq!(parent(&reported, &span((run, 3))), span((run, 2)), "{run}");
        assert_eq!(parent(&reported, &span((run, 2))), span((run, 1)), "{run}");
    }
}

#[test]
fn what_is_left_when_a_request_is_over_is_not_that_of_a_step_of_it() {
    let mut logs = Logs::default();
    for run in 0..RUNS {
        let (at, order) = (run * 900, format!("ORD-{run}77"));
        let line = |msg: &str| json!({"msg": msg, "order": order});
        logs.line("orders", at, (run, 1), json!({"msg": "request", "method": "POST", "path": "/orders"}));
        logs.line("orders", at + 30, (run, 2), json!({"msg": "zone resolved", "zone": "Z2"}));
        logs.line("orders", at + 80, (run, 1), line("order placed"));
        logs.line("orders", at + 190 + run, (run, 3), line("event published"));
        logs.line("mail", at + 195 + run, (run, 4), line("event received"));
    }
    let reported = logs.report();
    for run in 0..RUNS {
        assert_eq!(parent(&reported, &span((run, 3))), span((run, 1)), "{run}");
    }
}

#[test]
fn a_statement_may_be_all_that_who_was_handed_something_logs() {
    let mut logs = Logs::default();
    for run in 0..RUNS {
        let (at, bag) = (run * 2111, format!("BAG-{run}57"));
        logs.line("register", at, (run, 1), json!({"msg": "bag registered", "bag": bag}));
        logs.line("makeup", at + 400, (run, 2), json!({"msg": "received bag.registered", "bag": bag}));
        logs.line("makeup", at + 430, (run, 3), json!({"msg": "published bag.loaded", "bag": bag}));
        let statement = "UPDATE bags SET status = 'LOADED' WHERE tag = ?";
        logs.line("register", at + 437, (run, 4), json!({"msg": statement, "bag": bag}));
    }
    let reported = logs.report();
    for run in 0..RUNS {
        assert_eq!(parent(&reported, &span((run, 4))), span((run, 3)), "{run}");
    }
}

#[test]
fn a_word_of_beginning_may_be_all_that_a_handler_logs_at_its_end() {
    let mut logs = Logs::default();
    for run in 0..RUNS {
        let (at, job) = (run * 2111, format!("JOB-{run}57"));
        logs.line("front", at, (run, 1), json!({"msg": "received order", "job": job}));
        logs.line("front", at + 10, (run, 1), json!({"msg": "published build.start", "job": job}));
        logs.line("farm", at + 30 + run, (run, 3), json!({"msg": "SELECT id FROM printers", "job": job}));
        logs.line("farm", at + 50 + run, (run, 2), json!({"msg": "build running", "job": job}));
    }
    let reported = logs.report();
    for run in 0..RUNS {
        assert_eq!(parent(&reported, &span((run, 3))), span((run, 2)), "{run}");
        assert_eq!(parent(&reported, &span((run, 2))), span((run, 1)), "{run}");
    }
}

#[test]
fn a_parent_that_is_left_out_is_no_sign_of_a_root() {
    let mut logs = Logs::default();
    for run in 0..12 {
        let at = run * 900;
        logs.line(
            "front",
            at,
            (run, 1),
            json!({"msg": "POST /orders asked", "order": format!("ORD-{run}77")}),
        );
        for (number, text) in [(2, "reserving goods"), (3, "goods reserved")] {
            let (trace, span) = (format!("5b8efff7980381{:018x}", run + 1), span((run, number)));
            // its pattern prints a parent that it never knows
            let line = format!(
                "2026-11-29 10:00:{:02},{:03} INFO  traceId={trace}, parentId=, spanId={span}, sampled=true [o.Stock] (exec-1) {text} for ORD-{run}77",
                (at + 10 * number) / 1000,
                (at + 10 * number) % 1000,
            );
            logs.text("stock", &line);
        }
        logs.line("front", at + 60, (run, 1), json!({"msg": "POST /orders answered", "status": 200}));
    }
    let report = logs.report();
    for run in 0..12 {
        assert_eq!(parent(&report, &span((run, 2))), span((run, 1)));
        assert_ne!(parent(&report, &span((run, 3))), Value::Null);
    }
}

#[test]
fn an_arrow_points_where_the_run_says() {
    // `mails` means by its arrow what comes in
    let mut logs = Logs::default();
    for run in 0..RUNS {
        let (at, message) = (run * 700, format!("m-{run}f77a"));
        logs.line("front", at, (run, 1), json!({"msg": format!("order on its way as {message}")}));
        logs.line("mails", at + 4, (run, 2), json!({"msg": format!("=> order.placed {message}")}));
        logs.line("mails", at + 30, (run, 2), json!({"msg": "mail written"}));
        logs.line("stock", at + 9, (run, 3), json!({"msg": format!("goods of {message} set aside")}));
    }
    let reported = logs.report();
    for run in 0..RUNS {
        let mail = span_of(&reported, &span((run, 2)));
        assert_eq!(mail["parent_span_id"], span((run, 1)), "{run}");
        // one that is read as sending is caused by `front` with 0.6 at most
        assert!(mail["edge"]["confidence"].as_f64() > Some(0.8), "{mail}");
    }
}
