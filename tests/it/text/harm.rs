//! What logs say cannot break a report, whatever it is.

use super::{PIPE, Run, TERMINAL, char_width, width};
use proptest::prelude::*;
use serde_json::json;
use spanloom::report::text::{Show, Style};

const LEVELS: [&str; 4] = ["info", "warn", "error", "debug"];

/// A run whose service, operation, message and key are these texts.
fn run(texts: &[[String; 4]]) -> Run {
    let lines: String = texts
        .iter()
        .enumerate()
        .map(|(index, [service, name, message, key])| {
            let record = json!({
                "time": format!("2024-05-01T10:00:00.{:03}Z", index * 7 % 1000),
                "level": LEVELS[index % LEVELS.len()],
                "service": service,
                "operation": name,
                "message": message,
                "trace_id": format!("{:032x}", (index / 3 + 1) as u128 * 0x1_0000_0001),
                "span_id": format!("{:016x}", index + 1),
                "parent_span_id": format!("{:016x}", index),
                "order_id": key,
            });
            format!("{record}\n")
        })
        .collect();
    Run::of(&[("svc.log", &lines)])
}

/// Texts with letters of all widths, marks, line ends, controls, and marks of direction.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,60}",
        "\\PC{0,40}",
        proptest::collection::vec(any::<char>(), 0..30).prop_map(|chars| chars.into_iter().collect()),
        proptest::collection::vec(
            proptest::sample::select(vec![
                "支払",
                "\u{301}",
                "🚀",
                "\x1b[2J",
                "\u{202e}",
                "\u{200b}",
                "\n",
                "\t",
                "\r",
                "\u{feff}",
                "a",
                " ",
                "\u{9b}m",
                "👨‍👩‍👧",
                "❤\u{fe0f}",
                "\0"
            ]),
            0..20
        )
        .prop_map(|parts| parts.concat()),
    ]
}

fn texts() -> impl Strategy<Value = Vec<[String; 4]>> {
    proptest::collection::vec([text(), text(), text(), text()], 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_row_is_wider_than_the_terminal_and_none_holds_controls(texts in texts(), columns in 40usize..140) {
        for unicode in [true, false] {
            let style = Style { width: columns, unicode, ..TERMINAL };
            let shown = run(&texts).everything(style);
            for row in shown.lines() {
                prop_assert!(width(row) <= columns, "{} of {columns} columns: {row:?}", width(row));
                prop_assert!(!row.chars().any(char::is_control), "{row:?}");
                prop_assert!(!row.contains(['\u{202e}', '\u{200b}', '\u{feff}', '\u{200d}']), "{row:?}");
            }
        }
    }

    #[test]
    fn in_a_pipe_every_row_of_a_list_is_one_line(texts in texts()) {
        let run = run(&texts);
        let rows = run.list(PIPE).lines().count();
        prop_assert_eq!(rows, run.woven.traces.len() + 4);
    }
}

#[test]
fn ascii_logs_make_ascii_reports() {
    let word = |text: &str| text.to_owned();
    let texts: Vec<[String; 4]> = (0..20)
        .map(|index| [word("orders"), format!("step {index}"), word("done in 3 us"), format!("ORD-{index}")])
        .collect();
    let shown = run(&texts).everything(Style { color: true, ..PIPE });
    assert!(shown.is_ascii(), "{shown}");
}

#[test]
fn a_pipe_gets_the_bytes_of_a_message_as_they_are() {
    let texts = [["svc", "op", "red \u{1b}[31mletters\u{202e}\nand a second line", "k"].map(str::to_owned)];
    let show = Show { lines: true, ..Show::default() };
    let shown = run(&texts).show(show, PIPE);
    assert!(shown.contains("red \u{1b}[31mletters\u{202e}\n"), "{shown}");
    let shown = run(&texts).show(show, TERMINAL);
    assert!(shown.contains("red \\x1b[31mletters\\u{202e}\n"), "{shown}");
    let columns = |part: &str| {
        shown
            .lines()
            .find_map(|row| row.find(part).map(|at| row[..at].chars().map(char_width).sum::<usize>()))
    };
    assert_eq!(columns("and a second"), columns("red"), "{shown}");
}

#[test]
fn a_message_of_a_megabyte_is_cut_in_tables_and_wrapped_below_spans() {
    let texts = [[String::from("svc"), "n".repeat(1 << 20), "m ".repeat(1 << 19), "k".repeat(1 << 12)]];
    let run = run(&texts);
    assert!(run.list(PIPE).lines().all(|row| row.len() <= 120));
    let shown = run.show(Show { lines: true, ..Show::default() }, TERMINAL);
    assert!(shown.lines().all(|row| row.chars().count() <= 100));
}
