//! `list`.

use super::{PIPE, Run, TERMINAL, same, shop, width};
use spanloom::model::{Status, Symbol};
use spanloom::report::text::Style;

/// Transactions of one record each.
fn run(records: &[(&str, &str, &str)]) -> Run {
    let text: String = records
        .iter()
        .map(|(time, id, name)| format!("{time} INFO {name} trace_id={id} span_id=00f067aa0ba902b7\n"))
        .collect();
    Run::of(&[("svc.log", &text)])
}

const FIRST: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SECOND: &str = "4bf92f3577c34da6a3ce929d0e0e4736";
const SHORT: &str = "00000000000000008ce82b2e9ed820ba";

#[test]
fn a_table_has_a_row_a_transaction() {
    let order = (Symbol::of(b"order"), Symbol::of(b"ORD-230686"));
    let run = shop().with(|woven| woven.traces[0].keys = vec![order]);
    same(&run.list(Style { width: 120, ..TERMINAL }), WIDE);
}

#[test]
fn a_limited_list_says_so() {
    same(&shop().first(1, PIPE), LIMITED);
}

#[test]
fn columns_give_way_to_the_name() {
    let shown = [80, 60, 40].map(|width| shop().list(Style { width, ..TERMINAL }));
    same(&shown.concat(), NARROWER);
}

#[test]
fn dates_are_written_in_each_row_where_they_differ() {
    same(
        &run(&[("2024-05-01T23:59:59Z", FIRST, "late"), ("2024-05-02T00:00:01Z", SHORT, "early")])
            .list(TERMINAL),
        DATES,
    );
}

#[test]
fn ids_are_as_long_as_it_takes_to_tell_them_apart() {
    same(
        &run(&[
            ("2024-05-01T10:00:00Z", FIRST, "one"),
            ("2024-05-01T10:00:01Z", SECOND, "two"),
            ("2024-05-01T10:00:02Z", SHORT, "three"),
        ])
        .list(TERMINAL),
        IDS,
    );
}

#[test]
fn each_status_is_told() {
    let run = run(&[
        ("2024-05-01T10:00:00Z", FIRST, "one"),
        ("2024-05-01T10:00:01Z", SECOND, "two"),
        ("2024-05-01T10:00:02Z", SHORT, "three"),
    ]);
    let run = run.with(|woven| {
        let status = [Status::Incomplete, Status::Truncated, Status::Error];
        woven.traces.iter_mut().zip(status).for_each(|(trace, status)| trace.status = status);
    });
    same(&run.list(TERMINAL), STATUS);
}

#[test]
fn wide_and_combining_letters_do_not_break_alignment() {
    let text = [("注文サービス", "注文を受け付けました"), ("cafe\u{301}", "déjà vu 🚀🚀 launched"), ("plain", "a name")]
        .iter()
        .enumerate()
        .map(|(second, (service, name))| {
            format!("{{\"time\":\"2024-05-01T10:00:0{second}Z\",\"service\":\"{service}\",\"message\":\"{name}\",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e473{second}\",\"span_id\":\"00f067aa0ba902b{second}\"}}\n")
        })
        .collect::<String>();
    let run = Run::of(&[("svc.log", &text)]).with(|woven| {
        let keys = vec![(Symbol::of(b"order"), Symbol::of(b"none"))];
        woven.traces.iter_mut().for_each(|trace| trace.keys.clone_from(&keys));
    });
    same(&run.list(TERMINAL), LETTERS);
    let narrow = run.list(Style { width: 64, ..TERMINAL });
    assert!(narrow.lines().all(|row| width(row) <= 64), "{narrow}");
}

const WIDE: &str = r"
2026-11-22 UTC  ID        DURATION           SPANS  SVCS  ERRS  STATUS  NAME                         KEYS
08:01:22.398    18f6cc36    1.10 s ━━━━━━━━      5     4        ok      storefront checkout started  order=ORD-230686
08:01:24.000    945341f8    250 ms ━━            1     1     1  error   storefront checkout started

2 transactions
4 sources · 2.02 kB · 15 records · 13 in transactions · 2 in none
";
const LIMITED: &str = r"
2026-11-22 UTC  ID        DURATION           SPANS  SVCS  STATUS  NAME
08:01:22.398    18f6cc36    1.10 s ########      5     4  ok      storefront checkout started

1 of 2 transactions
4 sources, 2.02 kB, 15 records, 13 in transactions, 2 in none
";
const NARROWER: &str = r"
2026-11-22 UTC  ID        DURATION  SPANS  SVCS  ERRS  STATUS  NAME
08:01:22.398    18f6cc36    1.10 s      5     4        ok      storefront check…
08:01:24.000    945341f8    250 ms      1     1     1  error   storefront check…

2 transactions
4 sources · 2.02 kB · 15 records · 13 in transactions · 2 in none
2026-11-22 UTC  ID        DURATION  STATUS  NAME
08:01:22.398    18f6cc36    1.10 s  ok      storefront chec…
08:01:24.000    945341f8    250 ms  error   storefront chec…

2 transactions
4 sources · 2.02 kB · 15 records · 13 in transactions
2 in none
ID        DURATION     NAME
18f6cc36    1.10 s     storefront check…
945341f8    250 ms  ✗  storefront check…

2 transactions
4 sources · 2.02 kB · 15 records
13 in transactions · 2 in none
";
const DATES: &str = r"
START (UTC)              ID        DURATION           SPANS  SVCS  STATUS  NAME
2024-05-01 23:59:59.000  4bf92f35         -               1     1  ok      svc late
2024-05-02 00:00:01.000  8ce82b2e         -               1     1  ok      svc early

2 transactions
1 source · 197 B · 2 records · 2 in transactions · 0 in none
";
const IDS: &str = r"
2024-05-01 UTC  ID           DURATION           SPANS  SVCS  STATUS  NAME
10:00:00.000    4bf92f3577b         -               1     1  ok      svc one
10:00:01.000    4bf92f3577c         -               1     1  ok      svc two
10:00:02.000    8ce82b2e9ed         -               1     1  ok      svc three

3 transactions
1 source · 293 B · 3 records · 3 in transactions · 0 in none
";
const STATUS: &str = r"
2024-05-01 UTC  ID           DURATION           SPANS  SVCS  STATUS      NAME
10:00:00.000    4bf92f3577b         -               1     1  incomplete  svc one
10:00:01.000    4bf92f3577c         -               1     1  truncated   svc two
10:00:02.000    8ce82b2e9ed         -               1     1  error       svc three

3 transactions
1 source · 293 B · 3 records · 3 in transactions · 0 in none
";
const LETTERS: &str = r"
2024-05-01 UTC  ID                                DURATION  SPANS  SVCS  STATUS  NAME
10:00:00.000    4bf92f3577b34da6a3ce929d0e0e4730         -      1     1  ok      注文サービス 注文…
10:00:01.000    4bf92f3577b34da6a3ce929d0e0e4731         -      1     1  ok      café déjà vu 🚀🚀 …
10:00:02.000    4bf92f3577b34da6a3ce929d0e0e4732         -      1     1  ok      plain a name

3 transactions
1 source · 491 B · 3 records · 3 in transactions · 0 in none
";
