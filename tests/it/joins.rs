//! What is one transaction and what is not, in small runs in which it is known.

use crate::causes::Logs;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
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

/// Lines without trace ids, each with the transaction that it is of.
#[derive(Default)]
struct Untraced(Vec<(u64, &'static str, String, u64)>);

impl Untraced {
    /// A line of a service, so many milliseconds after the start of the run.
    fn line(&mut self, service: &'static str, at: u64, transaction: u64, mut fields: Value) {
        let time = format!("2026-11-29T10:{:02}:{:02}.{:03}Z", at / 60_000, at / 1000 % 60, at % 1000);
        fields["time"] = time.into();
        self.0.push((at, service, fields.to_string(), transaction));
    }

    /// A request where transactions enter, and the line of the service that it goes to.
    fn request(&mut self, (at, transaction): (u64, u64), path: &str, service: &'static str, mut line: Value) {
        let id = format!("rq-{transaction}-{at}");
        line["request"] = id.clone().into();
        let over = json!({"msg": "request", "method": "POST", "path": path, "status": 200, "duration_ms": 20, "request": id});
        self.line("edge", at + 20, transaction, over);
        self.line(service, at + 5, transaction, line);
    }

    /// The transactions that share a reported one with each line of others, and those that are in several.
    fn wrong(mut self) -> (BTreeSet<(u64, u64)>, BTreeSet<u64>) {
        self.0.sort_by_key(|(at, ..)| *at);
        let (mut logs, mut counts, mut of_line) = (Logs::default(), BTreeMap::new(), BTreeMap::new());
        for (_, service, text, transaction) in &self.0 {
            logs.text(service, text);
            let count: &mut u64 = counts.entry(*service).or_default();
            *count += 1;
            of_line.insert((format!("{service}.log"), *count), *transaction);
        }
        let (mut mixed, mut homes) = (BTreeSet::new(), BTreeMap::new());
        for (at, trace) in logs.report()["traces"].as_array().unwrap().iter().enumerate() {
            let spans = trace["spans"].as_array().unwrap().iter();
            let records = spans.flat_map(|span| span["records"].as_array().unwrap());
            let here: BTreeSet<u64> = records
                .map(|record| {
                    let file = record["file"].as_str().unwrap().trim_start_matches("./").to_owned();
                    of_line[&(file, record["line"].as_u64().unwrap())]
                })
                .collect();
            for one in &here {
                homes.entry(*one).or_insert_with(BTreeSet::new).insert(at);
                mixed.extend(here.iter().filter(|other| *other > one).map(|other| (*one, *other)));
            }
        }
        (mixed, homes.into_iter().filter(|(_, homes)| homes.len() > 1).map(|(one, _)| one).collect())
    }
}

#[test]
fn a_round_through_what_others_began_is_a_transaction_of_its_own() {
    // its number stands in all that it logs, or in its beginning and end only
    for numbered in [true, false] {
        let mut logs = Untraced::default();
        for order in 0..60u64 {
            let (at, id) = (order * 2000, format!("ORD-{order}77"));
            logs.request((at, order), "/orders", "orders", json!({"msg": "order taken", "order": id}));
            logs.line("bills", at + 60, order, json!({"msg": "to be billed", "order": id}));
            logs.line("stock", at + 70, order, json!({"msg": "goods packed", "order": id}));
        }
        for round in 0..10u64 {
            let (mut at, own) = (round * 12_000 + 11_000, 1000 + round);
            logs.line("bills", at, own, json!({"msg": "bill run begins", "run": 41 + round}));
            for order in round * 6..round * 6 + 5 {
                at += 40;
                let (id, bill) = (format!("ORD-{order}77"), format!("B-{order}3141"));
                let mut written = json!({"msg": "bill written", "order": id, "bill": bill});
                if numbered {
                    written["run"] = (41 + round).into();
                }
                logs.line("bills", at, own, written);
                logs.line("mail", at + 7, own, json!({"msg": "got bill", "order": id, "bill": bill}));
            }
            logs.line("bills", at + 40, own, json!({"msg": "bill run done", "run": 41 + round}));
        }
        assert_eq!(logs.wrong(), Default::default(), "{numbered}");
    }
}

#[test]
fn what_comes_of_a_call_about_a_part_of_something_goes_on_with_the_call() {
    let mut logs = Untraced::default();
    for order in 0..40u64 {
        let (at, called) = (order * 2000, 1000 + order);
        let (id, job) = (format!("ORD-{order}77"), format!("J{order}4242"));
        logs.request((at, order), "/orders", "orders", json!({"msg": "order taken", "order": id}));
        logs.line("stock", at + 60, order, json!({"msg": "goods packed", "order": id}));
        if order % 4 == 0 {
            continue;
        }
        // who prints it knows the number of the job only, and calls when that is done
        logs.line("prints", at + 80, order, json!({"msg": "handed to printer", "order": id, "job": job}));
        logs.line("queue", at + 90, order, json!({"msg": "job queued", "job": job}));
        let done = json!({"msg": "job done", "job": job});
        logs.request((at + 9000, called), "/printed", "prints", done);
        logs.line("mail", at + 9030, called, json!({"msg": "print announced", "order": id}));
        logs.line("stock", at + 9040, called, json!({"msg": "print put in", "order": id}));
    }
    assert_eq!(logs.wrong(), Default::default());
}
