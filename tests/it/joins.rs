//! What is one transaction and what is not, in small runs in which it is known.

use crate::causes::Logs;
use serde_json::{Value, json};
use std::fmt::Write;

/// The trace ids that the transactions of a run were printed under, sorted: those of each together.
fn together(reported: &Value) -> Vec<Vec<String>> {
    let ids = |trace: &Value| {
        let members = trace["members"].as_array().filter(|members| !members.is_empty());
        let one = || vec![trace["trace_id"].as_str().unwrap().to_owned()];
        members.map_or_else(one, |all| all.iter().map(|id| id.as_str().unwrap().to_owned()).collect())
    };
    let mut all: Vec<Vec<String>> = reported["traces"].as_array().unwrap().iter().map(ids).collect();
    all.iter_mut().for_each(|ids| ids.sort());
    all.sort();
    all
}

/// A trace id as [`Logs::line`] prints it.
fn trace(number: u64) -> String {
    format!("5b8efff7980381{:018x}", number + 1)
}

#[test]
fn who_comes_back_to_a_thing_begins_a_transaction_but_who_was_handed_it_does_not() {
    let mut logs = Logs::default();
    let mut expected = Vec::new();
    for run in 0..12 {
        let (at, placed, lost, returned) = (run * 20_000, 3 * run, 3 * run + 1, 3 * run + 2);
        let (order, parcel) = (format!("ORD-{run}77"), format!("RET-{run}31"));
        logs.line("front", at, (placed, 1), json!({"msg": "order placed", "order": order}));
        logs.line("stock", at + 20, (placed, 2), json!({"msg": "goods reserved", "order": order}));
        logs.line("mail", at + 50, (placed, 3), json!({"msg": "confirmation sent", "order": order}));
        // the consumer lost the context
        logs.line("labels", at + 2000, (lost, 1), json!({"msg": "received order.placed", "order": order}));
        logs.line("labels", at + 2040, (lost, 2), json!({"msg": "label printed", "sheet": run}));
        // a return has a number of its own, and says only later what was ordered
        logs.line("returns", at + 6000, (returned, 1), json!({"msg": "return opened", "return": parcel}));
        logs.line("stock", at + 6030, (returned, 2), json!({"msg": "goods checked", "return": parcel}));
        logs.line("mail", at + 6060, (returned, 3), json!({"msg": "return confirmed", "return": parcel}));
        logs.line("stock", at + 6090, (returned, 4), json!({"msg": "goods taken back", "order": order}));
        expected.push(vec![trace(placed), trace(lost)]);
        expected.push(vec![trace(returned)]);
    }
    assert_eq!(together(&logs.report()), expected);
}

#[test]
fn who_enters_anew_begins_a_transaction() {
    let mut logs = Logs::default();
    let mut expected = Vec::new();
    for run in 0..12 {
        let (at, placed, asked) = (run * 9137, 2 * run, 2 * run + 1);
        let order = format!("ORD-{run}77");
        // the proxy logs whole seconds, when a request is over
        let entered = |at: u64, took: u64, number: u64, request: &str| {
            let (second, mut line) = (at / 1000, String::new());
            let time = format!("29/Nov/2026:10:{:02}:{:02} +0000", second / 60, second % 60);
            write!(
                line,
                "10.0.0.7 - - [{time}] \"{request} HTTP/1.1\" 200 18 \"-\" \"curl/8.5.0\" rt={took}ms"
            )
            .unwrap();
            write!(line, " rid=req-{number}7 trace={} span=a{number:07x}{:08x}", trace(number), 9).unwrap();
            line
        };
        logs.text("edge", &entered(at + 60, 60, placed, "POST /orders"));
        let taken = json!({"msg": "order received", "order": order, "reqId": format!("req-{placed}7")});
        logs.line("orders", at + 5, (placed, 1), taken);
        logs.line("stock", at + 30, (placed, 2), json!({"msg": "goods reserved", "order": order}));
        logs.text("edge", &entered(at + 4020, 20, asked, &format!("GET /orders/{order}")));
        let status = json!({"msg": "order status", "order": order, "reqId": format!("req-{asked}7")});
        logs.line("orders", at + 4005, (asked, 1), status);
        expected.extend([vec![trace(placed)], vec![trace(asked)]]);
    }
    assert_eq!(together(&logs.report()), expected);
}

#[test]
fn who_handles_a_part_belongs_to_the_whole() {
    let mut logs = Logs::default();
    let mut expected = Vec::<Vec<String>>::new();
    for run in 0..12 {
        let (at, placed) = (run * 9137, 3 * run);
        let order = format!("RND-{run}57");
        logs.line("checkout", at, (placed, 1), json!({"msg": "order placed", "order": order}));
        logs.line("checkout", at + 12, (placed, 2), json!({"msg": "order split", "order": order}));
        for number in 1..=2 {
            // the consumer lost the context, and tells the number of the part only
            let (at, ids, part) = (at + 30 + number * 7, placed + number, format!("{order}/{number}"));
            logs.line("sellers", at, (ids, 1), json!({"msg": "received part", "part": part}));
            logs.line("sellers", at + 20, (ids, 2), json!({"msg": "seller told", "part": part}));
        }
        expected.push((placed..placed + 3).map(trace).collect());
    }
    assert_eq!(together(&logs.report()), expected);
}

#[test]
fn numbers_of_many_digits_join_though_small_ones_stand_under_their_name() {
    let mut logs = Logs::default();
    let mut expected = Vec::new();
    for run in 0..30 {
        let (at, dealt, lost) = (run * 5000, 2 * run, 2 * run + 1);
        let hand = 240_118_401 + run;
        logs.line("tables", at, (dealt, 1), json!({"msg": "hand dealt", "hand": hand}));
        // the consumer lost the context, and calls tables by a number, too
        logs.line("history", at + 400, (lost, 1), json!({"msg": "hand stored", "no": hand}));
        logs.line("history", at + 420, (lost, 2), json!({"msg": "table updated", "no": run % 7}));
        logs.line("tables", at + 430, (dealt, 2), json!({"msg": "seats free", "no": run % 5}));
        expected.push(vec![trace(dealt), trace(lost)]);
    }
    assert_eq!(together(&logs.report()), expected);
}

#[test]
fn what_is_handed_on_belongs_to_the_latest_request_that_hands_on_such() {
    let mut logs = Logs::default();
    let mut expected = Vec::new();
    for run in 0..14 {
        let at = run * 30_000;
        let [placed, asked, paid, canceled, refunded] = [0, 1, 2, 3, 4].map(|nth| 5 * run + nth);
        let order = format!("ORD-{run}77");
        let request = |logs: &mut Logs, at: u64, number: u64, method: &str, path: &str, msg: &str| {
            let asked =
                json!({"msg": "request", "method": method, "path": path, "status": 200, "duration_ms": 40});
            logs.line("edge", at + 41, (number, 1), asked);
            logs.line("orders", at + 9, (number, 2), json!({"msg": msg, "order": order}));
        };
        request(&mut logs, at, placed, "POST", "/orders", "order taken");
        // somebody asks before what was begun goes on
        if run % 3 == 0 {
            request(&mut logs, at + 1000, asked, "GET", &format!("/orders/{order}"), "order looked up");
            expected.push(vec![trace(asked)]);
        }
        // consumers lost the context
        logs.line("payments", at + 2000, (paid, 1), json!({"msg": "received order.placed", "order": order}));
        expected.push(vec![trace(placed), trace(paid)]);
        if run % 2 == 0 {
            request(&mut logs, at + 9000, canceled, "DELETE", &format!("/orders/{order}"), "order canceled");
            let received = json!({"msg": "received order.canceled", "order": order});
            logs.line("refunds", at + 11_000, (refunded, 1), received);
            expected.push(vec![trace(canceled), trace(refunded)]);
        }
    }
    let mut found = together(&logs.report());
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn who_receives_what_it_says_only_later_goes_on_with_it() {
    let mut logs = Logs::default();
    let mut expected = Vec::new();
    for run in 0..12 {
        let (at, placed, lost) = (run * 20_000, 2 * run, 2 * run + 1);
        let order = format!("ORD-{run}77");
        logs.line("front", at, (placed, 1), json!({"msg": "order placed", "order": order}));
        logs.line("stock", at + 20, (placed, 2), json!({"msg": "goods reserved", "order": order}));
        // the consumer lost the context, and its store logs first
        logs.line("labels", at + 2000, (lost, 2), json!({"msg": "rows written", "rows": 3}));
        logs.line("labels", at + 2040, (lost, 1), json!({"msg": "label stored", "order": order}));
        expected.push(vec![trace(placed), trace(lost)]);
    }
    assert_eq!(together(&logs.report()), expected);
}

#[test]
fn where_messages_carry_the_trace_id_what_no_message_begins_stands_by_itself() {
    let mut expected = Vec::new();
    let mut logs = Logs::default();
    for run in 0..30 {
        let (at, placed, packed) = (run * 9137, 2 * run, 2 * run + 1);
        let order = format!("ORD-{run}77");
        logs.line("shop", at, (placed, 1), json!({"msg": "order placed", "order": order}));
        logs.line("bills", at + 40, (placed, 2), json!({"msg": "received order.placed", "order": order}));
        logs.line("bills", at + 70, (placed, 3), json!({"msg": "invoice written", "order": order}));
        logs.line("mail", at + 90, (placed, 4), json!({"msg": "received invoice.written", "order": order}));
        logs.line("mail", at + 95, (placed, 5), json!({"msg": "letter sent", "order": order}));
        // a robot in the hall that nobody told of the order
        logs.line("hall", at + 3000, (packed, 1), json!({"msg": "lane 4 full", "order": order}));
        logs.line("mail", at + 3030, (packed, 2), json!({"msg": "received lane.full", "order": order}));
        expected.extend([vec![trace(placed)], vec![trace(packed)]]);
    }
    assert_eq!(together(&logs.report()), expected);
}
