//! What is one transaction where no line tells a trace id.

use crate::causes::Logs;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A line: its service, and its number there.
type Line = (&'static str, u64);

/// When a line is logged, the line, and its transaction.
type Written = (u64, String, Option<String>);

/// Logs without trace ids, with the transaction of each line; lines of none have none.
#[derive(Default)]
struct Untraced {
    logs: Logs,
    /// By service.
    lines: BTreeMap<&'static str, Vec<Written>>,
}

impl Untraced {
    fn json(&mut self, service: &'static str, at: u64, transaction: Option<&str>, mut fields: Value) {
        fields["time"] =
            format!("2026-11-29T10:{:02}:{:02}.{:03}Z", at / 60_000, at / 1000 % 60, at % 1000).into();
        self.text(service, at, transaction, fields.to_string());
    }

    fn text(&mut self, service: &'static str, at: u64, transaction: Option<&str>, line: String) {
        let transaction = transaction.map(str::to_owned);
        self.lines.entry(service).or_default().push((at, line, transaction));
    }

    /// A line of a transaction that has a number.
    fn numbered(&mut self, service: &'static str, at: u64, transaction: u64, fields: Value) {
        self.json(service, at, Some(&transaction.to_string()), fields);
    }

    /// A request where transactions enter, and the line of the service that it goes to.
    fn asked(&mut self, (at, transaction): (u64, u64), path: &str, service: &'static str, mut line: Value) {
        let id = format!("rq-{transaction}-{at}");
        line["request"] = id.clone().into();
        let over = json!({"msg": "request", "method": "POST", "path": path, "status": 200, "duration_ms": 20, "request": id});
        self.numbered("edge", at + 20, transaction, over);
        self.numbered(service, at + 5, transaction, line);
    }

    /// The line that a proxy logs of a request when that is over, with whole seconds.
    fn request(&mut self, at: u64, took: u64, transaction: &str, request: &str, id: &str) {
        let second = (at + took) / 1000;
        let line = format!(
            "10.0.0.7 - - [29/Nov/2026:10:{:02}:{:02} +0000] \"{request} HTTP/1.1\" 200 18 \"-\" \"curl/8.5.0\" rt=0.{took:03} rid={id}",
            second / 60,
            second % 60,
        );
        self.text("edge", at + took, Some(transaction), line);
    }

    /// The lines of each transaction: as they are, and as reported.
    fn told(mut self) -> (Vec<Vec<Line>>, Vec<Vec<Line>>) {
        let mut expected: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        for (service, lines) in &mut self.lines {
            lines.sort_by_key(|(at, ..)| *at);
            for (number, (_, line, transaction)) in (1..).zip(lines) {
                self.logs.text(service, line);
                if let Some(transaction) = transaction {
                    expected.entry(transaction.clone()).or_default().push((service, number));
                }
            }
        }
        let reported = self.logs.report();
        let line = |record: &Value| {
            let file = record["file"].as_str().unwrap();
            let is = |service: &&&str| file.ends_with(&format!("{service}.log"));
            (*self.lines.keys().find(is).unwrap(), record["line"].as_u64().unwrap())
        };
        let lines = |trace: &Value| {
            let spans = trace["spans"].as_array().unwrap().iter();
            let mut all: Vec<Line> =
                spans.flat_map(|span| span["records"].as_array().unwrap().iter().map(line)).collect();
            all.sort_unstable();
            all
        };
        let mut found: Vec<Vec<Line>> = reported["traces"].as_array().unwrap().iter().map(lines).collect();
        found.sort();
        let mut expected: Vec<Vec<Line>> = expected.into_values().collect();
        expected.sort();
        (found, expected)
    }
}

#[test]
fn who_enters_anew_begins_a_transaction() {
    let mut logs = Untraced::default();
    for run in 0..24 {
        let at = run * 9137;
        let (booking, placed, scanned) = (
            format!("BK-{run}77"),
            format!("f{run:02}c{:011x}", run * 7919),
            format!("e{run:02}d{:011x}", run * 104_729),
        );
        logs.request(at, 90, &placed, "POST /bookings", &placed);
        logs.json(
            "desk",
            at + 5,
            Some(&placed),
            json!({"msg": "booking asked for", "booking": booking, "rid": placed}),
        );
        logs.json("desk", at + 60, Some(&placed), json!({"msg": "seats held", "booking": booking}));
        logs.json(
            "mail",
            at + 300,
            Some(&placed),
            json!({"msg": "confirmation written", "booking": booking}),
        );
        // half of them come to the gate, and what is done then is about the booking, too
        if run % 2 == 0 {
            logs.request(at + 4000, 40, &scanned, "POST /gate/scan", &scanned);
            logs.json(
                "gate",
                at + 4004,
                Some(&scanned),
                json!({"msg": "scan", "booking": booking, "rid": scanned}),
            );
            logs.json(
                "guide",
                at + 4300,
                Some(&scanned),
                json!({"msg": "device handed out", "booking": booking}),
            );
        }
    }
    let (found, expected) = logs.told();
    assert_eq!(found, expected);
}

#[test]
fn lines_without_a_value_stand_where_those_of_their_kind_always_do() {
    let mut logs = Untraced::default();
    for run in 0..40 {
        // two orders are at work at once: a line belongs to the one that was taken long enough before
        for (one, start) in [(0, 0), (1, 24)] {
            let (at, order) = (run * 2000 + start, format!("ORD-{run}7{one}"));
            let transaction = Some(order.as_str());
            logs.json("desk", at, transaction, json!({"msg": "order taken", "order": order}));
            logs.json("desk", at + 40 + run % 3, transaction, json!({"msg": "rows written", "rows": 3}));
            logs.json("desk", at + 80 + run % 5, transaction, json!({"msg": "order stored", "order": order}));
            logs.json("mail", at + 90, transaction, json!({"msg": "mail asked for", "order": order}));
            logs.json("mail", at + 130 + run % 11, transaction, json!({"msg": "template read"}));
            logs.json("mail", at + 131 + run % 11, transaction, json!({"msg": "mail sent", "order": order}));
        }
        // of no order
        logs.json("desk", run * 2000 + 900 + run % 7 * 50, None, json!({"msg": "pool: all idle"}));
    }
    let (found, expected) = logs.told();
    let wrong: Vec<_> = found.iter().filter(|lines| !expected.contains(lines)).collect();
    assert!(found.len() == expected.len() && wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_is_called_id_names_a_message() {
    let mut logs = Untraced::default();
    for run in 0..12 {
        let (at, order, message) =
            (run * 5000, format!("ORD-{run}77"), format!("01JFFF610E72DDA{run:02}E29D"));
        let transaction = Some(order.as_str());
        logs.json("desk", at, transaction, json!({"msg": "order taken", "order": order}));
        logs.json(
            "desk",
            at + 20,
            transaction,
            json!({"msg": "sent order.taken", "order": order, "id": message}),
        );
        logs.json("mail", at + 40, transaction, json!({"msg": "received", "mid": message}));
    }
    let (found, expected) = logs.told();
    assert_eq!(found, expected);
}

#[test]
fn a_round_through_what_others_began_is_a_transaction_of_its_own() {
    // its number stands in all that it logs, or in its beginning and end only
    for numbered in [true, false] {
        let mut logs = Untraced::default();
        for order in 0..60u64 {
            let (at, id) = (order * 2000, format!("ORD-{order}77"));
            logs.asked((at, order), "/orders", "orders", json!({"msg": "order taken", "order": id}));
            logs.numbered("bills", at + 60, order, json!({"msg": "to be billed", "order": id}));
            logs.numbered("stock", at + 70, order, json!({"msg": "goods packed", "order": id}));
        }
        for round in 0..10u64 {
            let (mut at, own) = (round * 12_000 + 11_000, 1000 + round);
            logs.numbered("bills", at, own, json!({"msg": "bill run begins", "run": 41 + round}));
            for order in round * 6..round * 6 + 5 {
                at += 40;
                let (id, bill) = (format!("ORD-{order}77"), format!("B-{order}3141"));
                let mut written = json!({"msg": "bill written", "order": id, "bill": bill});
                if numbered {
                    written["run"] = (41 + round).into();
                }
                logs.numbered("bills", at, own, written);
                logs.numbered("mail", at + 7, own, json!({"msg": "got bill", "order": id, "bill": bill}));
            }
            logs.numbered("bills", at + 40, own, json!({"msg": "bill run done", "run": 41 + round}));
        }
        let (found, expected) = logs.told();
        assert_eq!(found, expected, "{numbered}");
    }
}

#[test]
fn what_comes_of_a_call_about_a_part_of_something_goes_on_with_the_call() {
    let mut logs = Untraced::default();
    for order in 0..40u64 {
        let (at, called) = (order * 2000, 1000 + order);
        let (id, job) = (format!("ORD-{order}77"), format!("J{order}4242"));
        logs.asked((at, order), "/orders", "orders", json!({"msg": "order taken", "order": id}));
        logs.numbered("stock", at + 60, order, json!({"msg": "goods packed", "order": id}));
        if order % 4 == 0 {
            continue;
        }
        // who prints it knows the number of the job only, and calls when that is done
        logs.numbered("prints", at + 80, order, json!({"msg": "handed to printer", "order": id, "job": job}));
        logs.numbered("queue", at + 90, order, json!({"msg": "job queued", "job": job}));
        let done = json!({"msg": "job done", "job": job});
        logs.asked((at + 9000, called), "/printed", "prints", done);
        logs.numbered("mail", at + 9030, called, json!({"msg": "print announced", "order": id}));
        logs.numbered("stock", at + 9040, called, json!({"msg": "print put in", "order": id}));
    }
    let (found, expected) = logs.told();
    assert_eq!(found, expected);
}

#[test]
fn what_names_a_thing_of_an_earlier_transaction_goes_on_with_the_later_one_about_both() {
    let mut logs = Untraced::default();
    for order in 0..40u64 {
        let (at, id, charge) = (order * 9137, format!("ORD-{order}77"), format!("ch_{order:02}Q5vX81kD"));
        logs.asked((at, order), "/orders", "orders", json!({"msg": "order taken", "order": id}));
        let charged = json!({"msg": "charged", "order": id, "charge": charge});
        logs.numbered("payments", at + 40, order, charged);
        logs.numbered("mail", at + 90, order, json!({"msg": "receipt written", "charge": charge}));
        // every other one is cancelled, and the money goes back by the charge that was made before
        if order % 2 == 0 {
            let (later, own) = (at + 4000, 1000 + order);
            logs.asked(
                (later, own),
                "/cancellations",
                "orders",
                json!({"msg": "order cancelled", "order": id}),
            );
            let refunded = json!({"msg": "refunded", "charge": charge, "order": id});
            logs.numbered("payments", later + 300, own, refunded);
        }
    }
    let (found, expected) = logs.told();
    let wrong: Vec<_> = found.iter().filter(|lines| !expected.contains(lines)).collect();
    assert!(found.len() == expected.len() && wrong.is_empty(), "{wrong:?}");
}
