//! Spans that look the same share a row.

use super::{Run, TERMINAL, same};
use spanloom::report::text::Show;
use std::fmt::Write;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A record of a span, `ms` after the start.
fn line(out: &mut String, ms: u64, span: u64, parent: u64, message: &str) {
    let (seconds, rest) = (ms / 1000, ms % 1000);
    let _ = writeln!(
        out,
        "2024-05-01T12:00:{seconds:02}.{rest:03}Z INFO {message} trace_id={TRACE} span_id={span:016x} parent_span_id={parent:016x}"
    );
}

/// A batch that reads `items` rows, each in a span of its own, and twice asks for stock.
fn batch(items: u64) -> Run {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "2024-05-01T12:00:00.000Z INFO batch begins trace_id={TRACE} span_id=00000000000000aa"
    );
    for item in 0..items {
        let begin = item * 3;
        line(&mut text, begin, 0x1000 + item, 0xaa, "SELECT item");
        line(&mut text, begin + 1 + item % 2, 0x1000 + item, 0xaa, "row read");
        if item % (items / 2) == 0 {
            line(&mut text, begin + 2, 0x2000 + item, 0xaa, "stock asked");
        }
    }
    let _ =
        writeln!(text, "2024-05-01T12:00:03.000Z INFO batch ends trace_id={TRACE} span_id=00000000000000aa");
    Run::of(&[("batch.log", &text)])
}

/// Orders of two steps each.
fn orders(number: u64) -> Run {
    let mut text = String::new();
    for order in 0..number {
        let begin = order * 100;
        line(&mut text, begin, 0x1000 + order, 0xaa, "order handled");
        line(&mut text, begin + 10, 0x2000 + order, 0x1000 + order, "card charged");
        line(&mut text, begin + 30, 0x2000 + order, 0x1000 + order, "card charged");
        line(&mut text, begin + 40, 0x3000 + order, 0x1000 + order, "label made");
        line(&mut text, begin + 90, 0x1000 + order, 0xaa, "order handled");
    }
    Run::of(&[("orders.log", &text)])
}

#[test]
fn many_siblings_that_look_the_same_are_one_row() {
    same(&batch(812).show(Show::default(), TERMINAL), FOLDED);
}

#[test]
fn subtrees_that_look_the_same_are_folded_together() {
    same(&orders(40).show(Show::default(), TERMINAL), SUBTREES);
}

#[test]
fn spans_are_unfolded_where_all_are_asked_for() {
    let rows = |all| batch(40).show(Show { all, ..Show::default() }, TERMINAL).lines().count();
    assert_eq!(rows(true) - rows(false), 39);
}

#[test]
fn deep_trees_keep_their_names_in_sight() {
    let mut text = String::new();
    for level in 0..60 {
        line(
            &mut text,
            level,
            0x1000 + level,
            0xfff + level,
            &format!("step {}", "abcdefghij".chars().nth(level as usize % 10).unwrap_or('x')),
        );
    }
    let shown = Run::of(&[("deep.log", &text)]).show(Show { lines: true, ..Show::default() }, TERMINAL);
    assert!(shown.lines().all(|row| row.chars().count() <= 100), "{shown}");
    assert!(shown.contains("⋯60   └─ deep step j"), "{shown}");
}

const FOLDED: &str = r"
batch batch begins  ok
  trace     4bf92f3577b34da6a3ce929d0e0e4736
  start     2024-05-01 12:00:00.000 UTC
  duration  3.00 s
  holds     815 spans · 1,628 records · 1 service
  services  batch

                                                          time  ╷0          ╷1 s        ╷2 s
batch batch begins                                      3.00 s  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
├─ ×812 batch SELECT item median 2.00 ms, max 2.00 ms   1.22 s  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╸
├─ batch stock asked                                         -  ╸
└─ batch stock asked                                         -                ╺

1 source · 227.05 kB · 1,628 records · 1,628 in transactions · 0 in none
";
const SUBTREES: &str = r"
orders order handled  ok
  trace     4bf92f3577b34da6a3ce929d0e0e4736
  start     2024-05-01 12:00:00.000 UTC
  duration  3.99 s
  holds     120 spans · 200 records · 1 service · 1 parent not logged
  services  orders

                                                          time  ╷0       ╷1 s     ╷2 s     ╷3 s
not logged 00000000000000aa                                     ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
└─ ×40 orders order handled max 90.0 ms                 3.60 s  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  ├─ ×40 orders card charged max 20.0 ms                800 ms  ━╺╺╺╺╺╸╸╸╸━╺╺╺╺╸╸╸╸━╺╺╺╺╸╸╸╸━╺╺╺╺╸╸╸
  └─ ×40 orders label made                                   -  ╸╸╸━╺╺╺╺╸╸╸╸━╺╺╺╺╺╸╸╸╸━╺╺╺╺╸╸╸╸━╺╺╺╺

1 source · 28.40 kB · 200 records · 200 in transactions · 0 in none
";
