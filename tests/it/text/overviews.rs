//! `report`.

use super::{PIPE, Run, TERMINAL, same, shop};
use spanloom::model::{Finding, FindingKind, Severity, Symbol};
use spanloom::report::ClockSummary;
use spanloom::report::text::Style;

fn faulty() -> Run {
    shop().with(|woven| {
        let ids: Vec<_> = woven.traces.iter().map(|trace| trace.id).collect();
        let finding = |kind, severity, trace, service: &str, summary: &str, group| Finding {
            kind,
            severity,
            trace,
            span: None,
            service: Symbol::of(service.as_bytes()),
            summary: summary.to_owned(),
            confidence: 0.9,
            evidence: Vec::new(),
            group,
        };
        let slow = "charging took 448 ms, eight times as long as usual, while the gateway answered with 402 on the first of two attempts";
        woven.findings = vec![
            finding(FindingKind::Retry, Severity::Info, Some(ids[0]), "payments", "the card was charged at the second attempt", 1),
            finding(FindingKind::Slow, Severity::Warning, Some(ids[0]), "payments", slow, 2),
            finding(FindingKind::Error, Severity::Critical, Some(ids[1]), "storefront", "checkout failed: no stock", 3),
            finding(FindingKind::Error, Severity::Critical, Some(ids[0]), "storefront", "checkout failed: no stock", 3),
            finding(FindingKind::ClockSkew, Severity::Warning, None, "shipping", "the clock of shipping is 2.30 s ahead", 4),
        ];
        for service in &mut woven.services {
            if service.name == Symbol::of(b"shipping") {
                service.clock = Some(ClockSummary { offset: 2_300_000_000, drift_ppm: 12.4, uncertainty: 4_000_000 });
            } else {
                service.clock = Some(ClockSummary { offset: -1_000_000, drift_ppm: 0.0, uncertainty: 4_000_000 });
            }
        }
    })
}

#[test]
fn what_is_wrong_comes_first() {
    same(&faulty().overview(TERMINAL), FAULTY);
}

#[test]
fn without_findings_the_failed_transactions_are_named() {
    same(&shop().overview(PIPE), FAILED);
}

#[test]
fn narrow_terminals_lose_nothing_of_what_was_read() {
    same(&faulty().overview(Style { width: 40, ..TERMINAL }), NARROW);
}

#[test]
fn many_transactions_have_a_shape() {
    let text: String = (0..60u64)
        .flat_map(|number| {
            let at = |ms: u64| format!("2024-05-01T12:00:{:02}.{:03}Z", ms / 1000, ms % 1000);
            let (begin, end) = (number * number * 15, number * number * 15 + 1 + number * 7);
            [(at(begin), "begun"), (at(end), "done")].map(|(time, what)| {
                format!(
                    "{time} INFO {what} trace_id={:032x} span_id={:016x}\n",
                    u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
                    number + 1
                )
            })
        })
        .collect();
    same(&Run::of(&[("job.log", &text)]).overview(TERMINAL), SHAPE);
}

#[test]
fn findings_of_many_causes_are_cut_short() {
    let run = faulty().with(|woven| {
        let first = woven.findings[0].clone();
        woven.findings.extend((10..40).map(|group| Finding { group, ..first.clone() }));
    });
    let text = run.overview(TERMINAL);
    assert!(text.contains("\n  and 19 findings of 19 other kinds, handled or harmless\n"), "{text}");
}

#[test]
fn an_empty_run_says_that_there_was_nothing() {
    same(&Run::of(&[]).overview(TERMINAL), EMPTY);
}

#[test]
fn records_without_ids_say_so_and_point_to_explain() {
    same(&Run::of(&[("a.log", "hello\n\nworld\n")]).overview(TERMINAL), UNTRACED);
}

#[test]
fn a_selection_that_takes_nothing_is_not_blamed_on_the_logs() {
    let run = shop().with(|woven| {
        woven.traces.clear();
        woven.coverage.records_filtered = std::mem::take(&mut woven.coverage.records_placed);
    });
    let text = run.overview(TERMINAL);
    assert!(text.contains("The selection left out every transaction there is (13 records)."), "{text}");
    assert!(!text.contains("explain"), "{text}");
}

const FAULTY: &str = r"
2 transactions: 1 error, 1 slow

What is wrong
✗ 945341f8 ×2  error       storefront  checkout failed: no stock
! 18f6cc36 ×1  slow        payments    charging took 448 ms, eight times as long as usual, while
                                       the gateway answered with 402 on the first of two attempts
!          ×1  clock skew  shipping    the clock of shipping is 2.30 s ahead
· 18f6cc36 ×1  retry       payments    the card was charged at the second attempt

Slowest
  18f6cc36    1.10 s  ━━━━━━━━━━━━━━━━━━━━  storefront checkout started  5 spans · 4 services
✗ 945341f8    250 ms  ━━━━╸                 storefront checkout started  1 span · 1 service

Shape
  time      2026-11-22 08:01:22.398 to 08:01:24.250 UTC (1.85 s)
  durations 250 ms to 1.10 s

Services      records  spans  errors  share                   clock
  storefront        6      3       1    43% ━━━━━━━━━━━━━━━━  -1.00 ms ±4.00 ms
  shipping          3      2            29% ━━━━━━━━━━╸       +2.30 s ±4.00 ms, drifts 12 ppm
  orders            3      1            14% ━━━━━╸            -1.00 ms ±4.00 ms
  payments          3      1            14% ━━━━━╸            -1.00 ms ±4.00 ms

Read
  4 sources · 2.02 kB · 15 records
  15 with a time · 13 with ids · 13 in transactions · 2 in none

Next
  spanloom show 945341f8 --lines …  the first finding, with its log lines
  spanloom explain …                why 2 records are in no transaction
";
const FAILED: &str = r"
2 transactions: 1 error, 1 ok

Failed
X 945341f8    250 ms  storefront checkout started  1 span, 1 service

Slowest
  18f6cc36    1.10 s  ########################  storefront checkout started  5 spans, 4 services
X 945341f8    250 ms  #####                     storefront checkout started  1 span, 1 service

Shape
  time      2026-11-22 08:01:22.398 to 08:01:24.250 UTC (1.85 s)
  durations 250 ms to 1.10 s

Services      records  spans  errors  share
  storefront        6      3       1    43% ################
  shipping          3      2            29% ###########
  orders            3      1            14% #####
  payments          3      1            14% #####

Read
  4 sources, 2.02 kB, 15 records
  15 with a time, 13 with ids, 13 in transactions, 2 in none

Next
  spanloom show 945341f8 --lines ...  a failed transaction, with its log lines
  spanloom explain ...                why 2 records are in no transaction
";
const NARROW: &str = r"
2 transactions: 1 error, 1 slow

What is wrong
✗ 945341f8 ×2  error       storefront
    checkout failed: no stock
! 18f6cc36 ×1  slow        payments
    charging took 448 ms, eight times
    as long as usual, while the gateway
    answered with 402 on the first of
    two attempts
!          ×1  clock skew  shipping
    the clock of shipping is 2.30 s
    ahead
· 18f6cc36 ×1  retry       payments
    the card was charged at the second
    attempt

Slowest
  18f6cc36    1.10 s  storefront checko…
✗ 945341f8    250 ms  storefront checko…

Shape
  time      2026-11-22 08:01:22.398
            to 08:01:24.250 UTC (1.85 s)
  durations 250 ms to 1.10 s

Services      records  spans  errors
  storefront        6      3       1
    -1.00 ms ±4.00 ms
  shipping          3      2
    +2.30 s ±4.00 ms, drifts 12 ppm
  orders            3      1
    -1.00 ms ±4.00 ms
  payments          3      1
    -1.00 ms ±4.00 ms

Read
  4 sources · 2.02 kB · 15 records
  15 with a time · 13 with ids
  13 in transactions · 2 in none

Next
  spanloom show 945341f8 --lines …
    the first finding, with its log
    lines
  spanloom explain …
    why 2 records are in no transaction
";
const SHAPE: &str = r"
60 transactions: 60 ok

Slowest
  15008779    414 ms  ━━━━━━━━━━━━━━━━━━━━  job begun  1 span · 1 service
  76c90dc0    407 ms  ━━━━━━━━━━━━━━━━━━━╸  job begun  1 span · 1 service
  d8919406    400 ms  ━━━━━━━━━━━━━━━━━━━╸  job begun  1 span · 1 service
  3a5a1a4d    393 ms  ━━━━━━━━━━━━━━━━━━━   job begun  1 span · 1 service
  9c22a093    386 ms  ━━━━━━━━━━━━━━━━━━╸   job begun  1 span · 1 service
  fdeb26da    379 ms  ━━━━━━━━━━━━━━━━━━╸   job begun  1 span · 1 service
  5fb3ad20    372 ms  ━━━━━━━━━━━━━━━━━━    job begun  1 span · 1 service
  c17c3367    365 ms  ━━━━━━━━━━━━━━━━━╸    job begun  1 span · 1 service
  2344b9ad    358 ms  ━━━━━━━━━━━━━━━━━╸    job begun  1 span · 1 service
  850d3ff4    351 ms  ━━━━━━━━━━━━━━━━━     job begun  1 span · 1 service

Shape
  time      2024-05-01 12:00:00.000 to 12:00:52.629 UTC (52.6 s)
  starts    █▄▂▃▂▁▂▂▁▁▂▁▁▁▁▂▁▁▁▁▁ ▁▁▁▁▁▁ ▁▁▁ ▁▁▁ ▁▁ ▁▁ ▁▁ ▁▁  up to 9 in 1.09 s
  durations ▁               ▁    ▁  ▁ ▁ ▁▁ ▁▁▂▁▁▂▂▂▃▃▃▅▅▆▆██  1.00 ms to 414 ms
            median 211 ms · p90 372 ms · p99 407 ms

Services    records  spans  share
  job           120     60   100% ━━━━━━━━━━━━━━━━

Read
  1 source · 12.30 kB · 120 records
  120 with a time · 120 with ids · 120 in transactions · 0 in none

Next
  spanloom show 15008779 --lines …  the slowest, with its log lines
";
const EMPTY: &str = r"
No transaction found
There was nothing to read: 0 sources, 0 records.

Read
  0 sources · 0 B · 0 records
  0 with a time · 0 with ids · 0 in transactions · 0 in none
";
const UNTRACED: &str = r"
No transaction found
2 records read, but no trace, span or correlation id was recognised in any of them.

Next
  spanloom explain …  how each line was read, and which ids were seen

Services    records  share
  a               2   100% ━━━━━━━━━━━━━━━━

Read
  1 source · 13 B · 2 records
  0 with a time · 0 with ids · 0 in transactions · 2 in none
  skipped 1× empty line · first in logs/a.log:2
";
