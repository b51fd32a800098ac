//! Epoch numbers, the order of day and month, and what completes a stamp.

use super::*;
use crate::model::Precision;

#[test]
fn epoch_numbers_are_told_apart_by_magnitude_and_exact() {
    for (written, nanos, precision) in [
        ("631152000", 631_152_000_000_000_000, 1_000_000_000),
        ("4102444799", 4_102_444_799_000_000_000, 1_000_000_000),
        ("1714564800", 1_714_564_800_000_000_000, 1_000_000_000),
        ("1714564800.1", 1_714_564_800_100_000_000, 100_000_000),
        ("1714564800.123456789987", 1_714_564_800_123_456_789, 1),
        ("1714564800123", 1_714_564_800_123_000_000, 1_000_000),
        ("1714564800123.4567899", 1_714_564_800_123_456_789, 1),
        ("1714564800123456", 1_714_564_800_123_456_000, 1_000),
        ("1714564800123456789", 1_714_564_800_123_456_789, 1),
        ("1.714564800123456789e9", 1_714_564_800_123_456_789, 1),
        ("1.714564800123e+12", 1_714_564_800_123_000_000, 1_000_000),
        ("1.7145648E9", 1_714_564_800_000_000_000, 1_000_000_000),
        ("0.17e10", 1_700_000_000_000_000_000, 1_000_000_000),
        ("17145648e2", 1_714_564_800_000_000_000, 1_000_000_000),
    ] {
        let expected = Stamp::utc(Time(nanos), Precision(precision));
        assert_eq!(parse_epoch(written.as_bytes()), Some(expected), "{written}");
        assert_eq!(parse(written.as_bytes(), DayOrder::MonthFirst), Some(expected), "{written}");
    }
}

#[test]
fn numbers_of_other_magnitudes_are_no_times() {
    for text in [
        "",
        "0",
        "631151999",
        "4102444800",
        "63115199999",
        "99999999999999999999",
        "1e3",
        "1e99",
        "1.7e9x",
        "1714564800,5",
        "0x1234567890",
        " 1714564800",
    ] {
        assert_eq!(parse_epoch(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn dates_prove_their_order_if_a_part_is_above_twelve() {
    use DayOrder::{DayFirst, MonthFirst};
    for (text, expected) in [
        ("05/27/2013 10:53:39 AM", Some(MonthFirst)),
        ("27/05/2013 10:53:39", Some(DayFirst)),
        ("27-5-2013 10:53:39", Some(DayFirst)),
        ("05/27/13 10:53:39", Some(MonthFirst)),
        ("05-27 10:53:39", Some(MonthFirst)),
        ("Mon 05/27/2013 10:53:39", Some(MonthFirst)),
        ("05/06/2013 10:53:39", None),
        ("17/06/09 20:10:40", None),
        ("27.05.2013 10:53:39", None),
        ("27/05/2013", None),
        ("27/25/2013 10:53:39", None),
        ("2013-05-27 10:53:39", None),
        ("27/May/2013:10:53:39", None),
        ("x", None),
        ("", None),
    ] {
        assert_eq!(day_order_evidence(text.as_bytes()), expected, "{text}");
    }
}

fn stamp(text: &str) -> Stamp {
    parse(text.as_bytes(), DayOrder::MonthFirst).expect("a time")
}

#[test]
fn a_year_completes_month_and_day() {
    let dated = |text, year| shown(with_year(stamp(text), year));
    assert_eq!(dated("Nov  5 10:04:31.123", 2023), "2023-11-05T10:04:31.123");
    assert_eq!(dated("Feb 29 10:04:31", 2024), "2024-02-29T10:04:31");
    assert_eq!(dated("Feb 29 10:04:31", 2023), "2020-02-29T10:04:31");
    assert_eq!(dated("Feb 29 10:04:31", 1903), "1896-02-29T10:04:31");
    assert_eq!(dated("Feb 29 10:04:31 UTC", 2025), "2024-02-29T10:04:31Z");
    for other in ["2024-05-01T12:00:00Z", "12:00:00"] {
        assert_eq!(with_year(stamp(other), 2020), stamp(other));
    }
    for year in [i64::MIN, -1, 1500, 2500] {
        assert_eq!(with_year(stamp("Nov  5 10:04:31"), year), stamp("Nov  5 10:04:31"), "{year}");
    }
}

#[test]
fn a_day_completes_a_time_of_day() {
    let day = crate::model::days_from_civil(2024, 5, 1);
    assert_eq!(shown(with_date(stamp("12:00:00.5"), day)), "2024-05-01T12:00:00.5");
    assert_eq!(shown(with_date(stamp("12:00:00Z"), -1)), "1969-12-31T12:00:00Z");
    for other in ["2024-05-01T12:00:00Z", "Nov  5 10:04:31"] {
        assert_eq!(with_date(stamp(other), day), stamp(other));
    }
    for day in [i64::MAX, i64::MIN, 200_000] {
        assert_eq!(with_date(stamp("12:00:00"), day), stamp("12:00:00"), "{day}");
    }
}
