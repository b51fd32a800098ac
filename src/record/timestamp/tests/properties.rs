//! What holds for every text and every time.

use proptest::prelude::*;

use super::spellings::{EPOCHS, ISO, NAMES, NUMBERS, TIMES_OF_DAY};
use super::*;
use crate::model::Precision;

/// Reads a text in every way and checks that what was read lies inside it.
fn read_all(text: &[u8]) {
    for order in [DayOrder::MonthFirst, DayOrder::DayFirst] {
        if let Some((_, end)) = parse_prefix(text, order) {
            assert!(0 < end && end <= text.len(), "{:?}", String::from_utf8_lossy(text));
        }
        parse(text, order);
    }
    if let Some((_, end)) = parse_klog(text) {
        assert!(end <= text.len());
    }
    parse_epoch(text);
    day_order_evidence(text);
}

fn samples() -> impl Iterator<Item = &'static str> {
    [ISO, NUMBERS, NAMES, TIMES_OF_DAY, EPOCHS].into_iter().flatten().map(|(written, _)| *written)
}

#[test]
fn cut_and_broken_samples_never_panic() {
    for sample in samples() {
        for end in 0..sample.len() {
            read_all(&sample.as_bytes()[..end]);
            for byte in [0, b' ', b'0', b'9', b':', b'-', b'.', b'Z', 0xff] {
                let mut broken = sample.as_bytes().to_vec();
                broken[end] = byte;
                read_all(&broken);
            }
        }
    }
}

#[test]
fn ten_megabytes_are_answered_at_once() {
    let size = 10 << 20;
    let starts = [
        "",
        "2024-05-01 12:00:00.",
        "2024-05-01 12:00:00 ",
        "1714564800.",
        "1.",
        "1e",
        "May ",
        "2024-05-01 12:00:00 Asia/",
    ];
    for start in starts {
        for byte in *b"0 aAZ.:\xff" {
            let mut text = start.as_bytes().to_vec();
            text.resize(size, byte);
            for _ in 0..1000 {
                parse_prefix(&text, DayOrder::MonthFirst);
                parse_klog(&text);
                parse_epoch(&text);
            }
        }
    }
    let mut line = b"2024-05-01T12:00:00Z ".to_vec();
    line.resize(size, b'x');
    assert_eq!(parse_prefix(&line, DayOrder::MonthFirst).map(|(_, end)| end), Some(20));
}

/// English names, as short as logs write them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time in the main spellings: text, whether it has a date and a zone, and its number of fraction digits.
fn spelled(time: Time, offset: i32) -> Vec<(String, Date, bool, usize)> {
    let full = time.to_string();
    let (year, month, day) = time.civil();
    let name = MONTHS[month as usize - 1];
    let (date, seconds, millis, micros, nanos) =
        (&full[..10], &full[11..19], &full[20..23], &full[20..26], &full[20..29]);
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
    let hour: u32 = full[11..13].parse().expect("digits");
    let (hour_12, half) = ((hour + 11) % 12 + 1, if hour < 12 { "AM" } else { "PM" });
    let rest = &full[13..19];
    let epoch = time.0 / SECOND;
    vec![
        (format!("{date}T{seconds}.{nanos}{sign}{hours:02}:{minutes:02}"), Date::Full, true, 9),
        (format!("{date} {seconds},{millis} {sign}{hours:02}{minutes:02}"), Date::Full, true, 3),
        (format!("{date} {seconds}"), Date::Full, false, 0),
        (format!("{}T{}.{micros}", date.replace('-', ""), seconds.replace(':', "")), Date::Full, false, 6),
        (format!("{} {seconds}.{micros}", date.replace('-', "/")), Date::Full, false, 6),
        (format!("{day:02}/{name}/{year}:{seconds} {sign}{hours:02}{minutes:02}"), Date::Full, true, 0),
        (format!("{day:02}-{name}-{year} {seconds}.{millis}"), Date::Full, false, 3),
        (format!("{day:02} {name} {year} {seconds}.{millis}"), Date::Full, false, 3),
        (format!("Mon, {day:02} {name} {year} {seconds} {sign}{hours:02}{minutes:02}"), Date::Full, true, 0),
        (format!("Mon {name} {day:2} {seconds}.{micros} {year}"), Date::Full, false, 6),
        (format!("{name} {day:02}, {year} {hour_12}{rest} {half}"), Date::Full, false, 0),
        (format!("{month:02}/{day:02}/{year}, {hour_12}{rest} {half}"), Date::Full, false, 0),
        (format!("{name} {day:2} {seconds}"), Date::NoYear, false, 0),
        (format!("{month:02}-{day:02} {seconds}.{millis}"), Date::NoYear, false, 3),
        (format!("{seconds}.{nanos}"), Date::None, false, 9),
        (format!("{epoch}{nanos}"), Date::Full, true, 9),
        (format!("{epoch}{micros}"), Date::Full, true, 6),
        (format!("{epoch}{millis}"), Date::Full, true, 3),
        (format!("{epoch}.{micros}"), Date::Full, true, 6),
        (format!("{epoch}"), Date::Full, true, 0),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(text in prop::collection::vec(any::<u8>(), 0..80)) {
        read_all(&text);
    }

    #[test]
    fn any_text_like_a_time_is_read_without_panic(text in "[0-9:./,+ TZ@-]{0,40}|[A-Z][a-z]{2},? [0-9A-Za-z:., +/-]{0,40}") {
        read_all(text.as_bytes());
    }

    #[test]
    fn times_come_back_from_every_spelling(
        // 2001 to 2096: epoch numbers of ten digits.
        seconds in 1_000_000_000i64..4_000_000_000,
        fraction in 0..SECOND,
        quarters in -48..=56i32,
    ) {
        let time = Time(seconds * SECOND + fraction);
        let offset = quarters * 900;
        for (text, date, has_zone, digits) in spelled(time, offset) {
            let is_epoch = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let offset = has_zone.then_some(if is_epoch { 0 } else { offset });
            let precision = Precision::from_digits(digits);
            let cut = time.0 - time.0 % i64::from(precision.0);
            let (_, month, day) = time.civil();
            let local = match date {
                Date::Full => cut,
                Date::NoYear => Time::from_civil(2000, month, day, cut % DAY).expect("in range").0,
                Date::None => cut % DAY,
            };
            let expected = Stamp { local, date, offset, precision };
            prop_assert_eq!(parse_prefix(text.as_bytes(), DayOrder::MonthFirst), Some((expected, text.len())), "{}", text);
            if date == Date::NoYear {
                prop_assert_eq!(with_year(expected, time.civil().0).local, cut);
            }
            if date == Date::None {
                prop_assert_eq!(with_date(expected, time.0.div_euclid(DAY)).local, cut);
            }
        }
    }
}
