//! `show`.

use super::{PIPE, Run, TERMINAL, same, shop};
use spanloom::engine::run::Woven;
use spanloom::model::{
    Basis, Edge, Finding, FindingKind, Link, PathKind, PathPart, Proof, Severity, SpanId, Symbol, Time,
};
use spanloom::report::text::{Show, Style};

#[test]
fn a_tree_has_a_row_a_span_and_bars_on_one_scale() {
    same(&shop().show(Show::default(), TERMINAL), TREE);
}

#[test]
fn what_later_stages_tell_is_drawn() {
    same(&rich().show(Show::default(), Style { width: 120, ..TERMINAL }), RICH);
}

#[test]
fn log_lines_and_reasons_stand_below_their_span() {
    let show = Show { lines: true, why: true, all: false };
    same(&rich().first_shown(show, TERMINAL), LINES);
}

#[test]
fn without_unicode_all_is_ascii() {
    let text = rich().first_shown(Show::default(), PIPE);
    assert!(text.is_ascii());
    same(&text, ASCII);
}

#[test]
fn forty_columns_are_enough() {
    same(&rich().first_shown(Show::default(), Style { width: 40, ..TERMINAL }), NARROW);
}

#[test]
fn one_record_makes_a_tree_of_one_row() {
    let run = Run::of(&[(
        "a.log",
        "2024-05-01T12:00:00Z INFO hello trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7\n",
    )]);
    same(&run.show(Show::default(), TERMINAL), ONE);
}

#[test]
fn records_of_no_span_come_last_and_long_messages_are_shortened() {
    let frames: String = (1..=20).map(|frame| format!("\tat Frame.number({frame})\n")).collect();
    let text = format!(
        "2024-05-01T12:00:00Z INFO hello trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7\n\
         2024-05-01T12:00:01Z ERROR trace_id=4bf92f3577b34da6a3ce929d0e0e4736 it broke\n{frames}"
    );
    let run = Run::of(&[("a.log", &text)]);
    let show = |lines, all| run.show(Show { lines, why: false, all }, TERMINAL);
    assert!(show(false, false).contains("\n1 record of no span: --lines shows them\n"));
    same(&show(true, false), LOOSE);
    assert!(show(true, true).contains("at Frame.number(20)\n"));
}

#[test]
fn a_text_that_is_gone_gives_way_to_its_template() {
    let mut run = shop();
    for source in &mut run.loaded.sources {
        source.text = spanloom::engine::read::Text::Gone;
    }
    let shown = run.first_shown(Show { lines: true, why: true, all: false }, TERMINAL);
    assert!(shown.contains("(cannot be read again) order <*> created\n"), "{shown}");
    assert!(shown.contains("- the parent's id stands in logs/orders.log:1\n"), "{shown}");
}

#[test]
fn colours_repeat_what_signs_say() {
    let text = rich().first_shown(Show::default(), Style { color: true, ..TERMINAL });
    let plain = rich().first_shown(Show::default(), TERMINAL);
    assert!(text.contains("\x1b[1m\x1b[31m✗\x1b[0m"), "{text}");
    let mut stripped = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        stripped.push_str(before);
        rest = after.split_once('m').expect("a colour").1;
    }
    assert_eq!(stripped + rest, plain);
}

/// The shop with all that later stages may tell of a transaction.
fn rich() -> Run {
    let run = shop();
    let shipping = Symbol::of(b"shipping");
    run.with(|woven| enrich(woven, shipping))
}

fn enrich(woven: &mut Woven, shipping: Symbol) {
    let other = woven.traces[1].id;
    let trace = &mut woven.traces[0];
    let index = |id: u64| {
        let wanted = SpanId::new(id);
        trace.spans.iter().position(|span| Some(span.id) == wanted).expect("it is logged")
    };
    let (checkout, cart, order, payment, label) =
        (index(0xa1), index(0xa2), index(0xb1), index(0xc1), index(0xd1));
    let sent = trace.spans[order].events[1];
    let received = trace.spans[payment].events[0];
    let (name, value) = (Symbol::of(b"order"), Symbol::of(b"ORD-230686"));
    let own = |nanos: u64| Some(nanos * 1_000_000);
    trace.keys = vec![(name, value)];
    trace.spans[checkout].self_time = own(252);
    trace.spans[order].self_time = own(220);
    let span = &mut trace.spans[payment];
    span.queue_time = own(250);
    span.self_time = own(448);
    span.errors = 1;
    span.edge = Some(Edge {
        basis: Basis::Message,
        confidence: 0.93,
        proofs: vec![
            Proof::Message { name, value, sent, received },
            Proof::Follows { before: sent, delay: 250_000_000 },
        ],
        runner_up: Some((cart as u32, 0.05)),
    });
    let span = &mut trace.spans[label];
    span.synthetic = true;
    span.failed = true;
    span.links = vec![
        Link {
            trace: trace.id,
            span: SpanId::new(0xc1).expect("not zero"),
            basis: Basis::Key,
            confidence: 0.7,
        },
        Link {
            trace: other,
            span: SpanId::new(0xf1).expect("not zero"),
            basis: Basis::Link,
            confidence: 1.0,
        },
    ];
    let trace = &mut woven.traces[0];
    trace.spans[label].raw = Some((
        Time(trace.spans[label].start.0 + 2_300_000_000),
        Time(trace.spans[label].end.0 + 2_300_000_000),
    ));
    let at = |span: usize, from: i64, to: i64| PathPart {
        span: span as u32,
        start: Time(trace.start.0 + from * 1_000_000),
        end: Time(trace.start.0 + to * 1_000_000),
        kind: PathKind::Work,
    };
    trace.critical_path =
        vec![at(checkout, 0, 82), at(order, 82, 302), at(payment, 552, 902), at(label, 902, 1102)];
    trace.members.push(other);
    woven.findings = vec![Finding {
        kind: FindingKind::Stuck,
        severity: Severity::Critical,
        trace: Some(woven.traces[0].id),
        span: None,
        service: shipping,
        summary: "the label was made twice and nobody fetched it".to_owned(),
        confidence: 0.9,
        evidence: Vec::new(),
        group: 7,
    }];
}

const TREE: &str = r"
storefront checkout started  ok
  trace     18f6cc3639f5207b5f035afcae968990
  start     2026-11-22 08:01:22.398 UTC
  duration  1.10 s
  holds     5 spans · 10 records · 4 services · 1 parent not logged · 2 without a parent
  services  storefront, orders, payments, shipping

                                          time  ╷0                     ╷500 ms                 ╷1 s
storefront checkout started             502 ms  ━━━━━━━━━━━━━━━━━━━━━━━╸
├─ storefront validating cart          30.0 ms   ━╸
└─ orders received POST /orders         220 ms     ╺━━━━━━━━━━╸
  └─ » payments received order.placed   448 ms                            ━━━━━━━━━━━━━━━━━━━━━
not logged 00000000000000e1                                                               ╌╌╌╌╌╌╌╌╌╌
└─ shipping label made order=<*>        200 ms                                            ╺━━━━━━━━━

» after its parent's end

────────────────────────────────────────────────────────────────────────────────────────────────────

storefront checkout started  error
  trace     945341f852f91b32490f531fc0dcabb6
  start     2026-11-22 08:01:24.000 UTC
  duration  250 ms
  holds     1 span · 2 records · 1 service · 1 error
  services  storefront

                                  time  ╷0          ╷50 ms      ╷100 ms     ╷150 ms     ╷200 ms
✗ storefront checkout started   250 ms  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

✗ failed

4 sources · 2.02 kB · 15 records · 13 in transactions · 2 in none
";
const RICH: &str = r"
storefront checkout started  ok
  trace     18f6cc3639f5207b5f035afcae968990
  joins     2 traces: 18f6cc3639f5207b5f035afcae968990, 945341f852f91b32490f531fc0dcabb6
  start     2026-11-22 08:01:22.398 UTC
  duration  1.10 s
  spent in  payments 350 ms (41%), orders 220 ms (26%), shipping 200 ms (23%), storefront 82.0 ms (10%)
  holds     5 spans · 10 records · 4 services · 1 error · 1 parent not logged · 2 without a parent
  services  storefront, orders, payments, shipping
  keys      order=ORD-230686
  clocks    corrected: shipping was 2.30 s ahead
  findings  stuck: the label was made twice and nobody fetched it

                                              queued     self     time  ╷0                   ╷500 ms               ╷1 s
  storefront checkout started                          252 ms   502 ms  ▄▄▄▄━━━━━━━━━━━━━━━━━━
  ├─ storefront validating cart                                30.0 ms  ╺━╸
  └─ orders received POST /orders                      220 ms   220 ms     ▗▄▄▄▄▄▄▄▄▄
!   └╌ » payments received order.placed 93%   250 ms   448 ms   448 ms               ───────────▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄━━━╸
  not logged 00000000000000e1                                                                                  ╌╌╌╌╌╌╌╌╌
✗ └─ shipping label made order=<*>*                             200 ms                                         ▄▄▄▄▄▄▄▄▄
      also caused by payments received order.placed (key 70%)
      also caused by span 00000000000000f1 of trace 945341f852f91b32490f531fc0dcabb6 (link)

✗ failed   ! errors that did not fail it   ├╌ inferred, confidence shown if below 95%   * no span id is logged
» after its parent's end   ── queued   ▄▄ critical path

────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

storefront checkout started  error
  trace     945341f852f91b32490f531fc0dcabb6
  start     2026-11-22 08:01:24.000 UTC
  duration  250 ms
  holds     1 span · 2 records · 1 service · 1 error
  services  storefront

                                  time  ╷0              ╷50 ms          ╷100 ms         ╷150 ms         ╷200 ms
✗ storefront checkout started   250 ms  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

✗ failed

4 sources · 2.02 kB · 15 records · 13 in transactions · 2 in none
";
const LINES: &str = r#"
storefront checkout started  ok
  trace     18f6cc3639f5207b5f035afcae968990
  joins     2 traces: 18f6cc3639f5207b5f035afcae968990, 945341f852f91b32490f531fc0dcabb6
  start     2026-11-22 08:01:22.398 UTC
  duration  1.10 s
  spent in  payments 350 ms (41%), orders 220 ms (26%), shipping 200 ms (23%), storefront 82.0 ms
            (10%)
  holds     5 spans · 10 records · 4 services · 1 error · 1 parent not logged · 2 without a parent
  services  storefront, orders, payments, shipping
  keys      order=ORD-230686
  clocks    corrected: shipping was 2.30 s ahead
  findings  stuck: the label was made twice and nobody fetched it

                                              queued     time  ╷0              ╷500 ms          ╷1 s
  storefront checkout started                          502 ms  ▄▄▄━━━━━━━━━━━━━━
  │ why: a root, no parent is stated or likely
  │     +0 ns INFO  checkout started
  │   +502 ms INFO  checkout accepted
  ├─ storefront validating cart                       30.0 ms  ╺╸
  │   why: the parent is stated, 100%
  │     - the parent's id stands in logs/storefront.log:2 "validating cart"
  │    +22.0 ms DEBUG validating cart
  │    +52.0 ms DEBUG cart is valid
  └─ orders received POST /orders                      220 ms    ▗▄▄▄▄▄▄▄
    │ why: the parent is stated, 100%
    │   - the parent's id stands in logs/orders.log:1 "received POST /orders"
    │  +82.0 ms INFO  received POST /orders
    │   +302 ms INFO  order ORD-230686 created
!   └╌ » payments received order.placed 93%   250 ms   448 ms            ────────▗▄▄▄▄▄▄▄▄▄▄▄▄━━╸
        why: both handle one message, 93%
          - order ORD-230686 sent in logs/orders.log:2 "order ORD-230686 created", received in
            logs/payments.log:1 "received order.placed"
          - 250 ms after logs/orders.log:2 "order ORD-230686 created"
          - next best: below storefront validating cart, 5%
          +552 ms INFO  received order.placed
          +1.00 s INFO  card charged
  not logged 00000000000000e1                                                                ╌╌╌╌╌╌╌
✗ └─ shipping label made order=<*>*                    200 ms                                ▄▄▄▄▄▄▄
      also caused by payments received order.placed (key 70%)
      also caused by span 00000000000000f1 of trace 945341f852f91b32490f531fc0dcabb6 (link)
      why: the parent is stated, 100%
        - the parent's id stands in logs/shipping.log:2 "label made order=ORD-230686"
        -1.40 s INFO  label made order=ORD-230686
        -1.20 s INFO  shipped order=ORD-230686

✗ failed   ! errors that did not fail it   ├╌ inferred, confidence shown if below 95%
* no span id is logged   » after its parent's end   ── queued   ▄▄ critical path

4 sources · 2.02 kB · 15 records · 13 in transactions · 2 in none
"#;
const ASCII: &str = r"
storefront checkout started  ok
  trace     18f6cc3639f5207b5f035afcae968990
  joins     2 traces: 18f6cc3639f5207b5f035afcae968990, 945341f852f91b32490f531fc0dcabb6
  start     2026-11-22 08:01:22.398 UTC
  duration  1.10 s
  spent in  payments 350 ms (41%), orders 220 ms (26%), shipping 200 ms (23%), storefront 82.0 ms (10%)
  holds     5 spans, 10 records, 4 services, 1 error, 1 parent not logged, 2 without a parent
  services  storefront, orders, payments, shipping
  keys      order=ORD-230686
  clocks    corrected: shipping was 2.30 s ahead
  findings  stuck: the label was made twice and nobody fetched it

                                              queued     self     time  |0                   |500 ms               |1 s
  storefront checkout started                          252 ms   502 ms  ####==================
  |- storefront validating cart                                30.0 ms  ===
  `- orders received POST /orders                      220 ms   220 ms     ##########
!   `~ > payments received order.placed 93%   250 ms   448 ms   448 ms               -----------################====
  not logged 00000000000000e1                                                                                  .........
X `- shipping label made order=<*>*                             200 ms                                         #########
      also caused by payments received order.placed (key 70%)
      also caused by span 00000000000000f1 of trace 945341f852f91b32490f531fc0dcabb6 (link)

X failed   ! errors that did not fail it   |~ inferred, confidence shown if below 95%   * no span id is logged
> after its parent's end   -- queued   ## critical path

4 sources, 2.02 kB, 15 records, 13 in transactions, 2 in none
";
const NARROW: &str = r"
storefront checkout started  ok
  trace     18f6cc3639f5207b5f035afcae96
            8990
  joins     2 traces: 18f6cc3639f5207b5f
            035afcae968990,
            945341f852f91b32490f531fc0dc
            abb6
  start     2026-11-22 08:01:22.398 UTC
  duration  1.10 s
  spent in  payments 350 ms (41%),
            orders 220 ms (26%),
            shipping 200 ms (23%),
            storefront 82.0 ms (10%)
  holds     5 spans · 10 records
            4 services · 1 error
            1 parent not logged
            2 without a parent
  services  storefront, orders, payments
            shipping
  keys      order=ORD-230686
  clocks    corrected: shipping was
            2.30 s ahead
  findings  stuck: the label was made
            twice and nobody fetched it

                       time  ╷0
  storefront chec…   502 ms  ▄━━━━
  ├─ storefront v…  30.0 ms  ╸
  └─ orders recei…   220 ms  ▗▄▄
!   └╌ » payments    448 ms     ──▗▄▄▄━
  not logged 0000…                    ╌╌
✗ └─ shipping lab…   200 ms           ▄▄
      also caused by payments received …
      also caused by span 0000000000000…

✗ failed   ! errors that did not fail it
├╌ inferred, confidence shown if below …
* no span id is logged
» after its parent's end   ── queued
▄▄ critical path

4 sources · 2.02 kB · 15 records
13 in transactions · 2 in none
";
const LOOSE: &str = r"
a hello  ok
  trace     4bf92f3577b34da6a3ce929d0e0e4736
  start     2024-05-01 12:00:00.000 UTC
  duration  1.00 s
  holds     1 span · 2 records · 1 service · 1 error
  services  a

                 time  ╷0             ╷200 ms        ╷400 ms         ╷600 ms        ╷800 ms
a hello             -  ╸
      +0 ns INFO  hello
1 record of no span
    +1.00 s ERROR a it broke
                        at Frame.number(1)
                        at Frame.number(2)
                        at Frame.number(3)
                        at Frame.number(4)
                        at Frame.number(5)
                        at Frame.number(6)
                        at Frame.number(7)
                        at Frame.number(8)
                        at Frame.number(9)
                        at Frame.number(10)
                        at Frame.number(11)
                    … 9 more lines

1 source · 588 B · 2 records · 2 in transactions · 0 in none
";
const ONE: &str = r"
a hello  ok
  trace     4bf92f3577b34da6a3ce929d0e0e4736
  start     2024-05-01 12:00:00.000 UTC
  holds     1 span · 1 record · 1 service
  services  a

                 time
a hello             -  ╸

1 source · 99 B · 1 record · 1 in transactions · 0 in none
";
