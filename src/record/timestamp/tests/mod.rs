//! Times in all spellings, what is none, and what holds for every text.

use super::*;

mod parts;
mod properties;
mod refusals;
mod spellings;

/// A stamp in the style of RFC 3339, with what is missing left out: `--05-01T12:00:00.123`, `T12:00:00Z`.
fn shown(stamp: Stamp) -> String {
    let full = Time(stamp.local).to_string();
    let (date, time) = full.split_once('T').expect("a time has a date");
    let date = match stamp.date {
        Date::Full => date.to_owned(),
        Date::NoYear => format!("-{}", &date[4..]),
        Date::None => String::new(),
    };
    let digits = 9 - stamp.precision.0.ilog10() as usize;
    let time = if digits == 0 { &time[..8] } else { &time[..9 + digits] };
    let zone = match stamp.offset {
        None => String::new(),
        Some(0) => "Z".to_owned(),
        Some(offset) => {
            let sign = if offset < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{:02}", offset.abs() / 3600, offset.abs() / 60 % 60)
        }
    };
    format!("{date}T{time}{zone}")
}

/// Asserts that a text is a time as a whole, wherever it stands.
#[track_caller]
fn check_in(order: DayOrder, written: &str, expected: &str) {
    for after in [
        "",
        " ",
        "\n",
        "] text",
        " INFO text",
        " [main] text",
        "\t5",
        ", text",
        " - - \"GET /\"",
        " 10.0.0.1",
    ] {
        let text = format!("{written}{after}");
        let got = parse_prefix(text.as_bytes(), order).map(|(stamp, end)| (shown(stamp), &text[..end]));
        assert_eq!(got, Some((expected.to_owned(), written)), "written as {text:?}");
    }
    for text in [written.to_owned(), format!(" {written}\r\n")] {
        assert_eq!(parse(text.as_bytes(), order).map(shown).as_deref(), Some(expected), "field {text:?}");
    }
}

#[track_caller]
fn check(written: &str, expected: &str) {
    check_in(DayOrder::MonthFirst, written, expected);
}

/// Asserts how much of a text is a time.
#[track_caller]
fn check_start(text: &str, written: &str, expected: &str) {
    let got =
        parse_prefix(text.as_bytes(), DayOrder::MonthFirst).map(|(stamp, end)| (shown(stamp), &text[..end]));
    assert_eq!(got, Some((expected.to_owned(), written)), "written as {text:?}");
}

#[track_caller]
fn refuse(text: &str) {
    let got =
        parse_prefix(text.as_bytes(), DayOrder::MonthFirst).map(|(stamp, end)| (shown(stamp), &text[..end]));
    assert_eq!(got, None, "written as {text:?}");
}
