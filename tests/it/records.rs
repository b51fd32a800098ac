//! Which records there are, and which of them are asked for.

use crate::bad_input::{GOOD, counts, extract, has_good_record, report, skips};
use crate::program;
use serde_json::Value;

#[test]
fn a_document_that_is_no_log_is_told_and_makes_no_transaction() {
    let facts = "{\n \"seed\": 1,\n \"slowest\": [{\"trace_id\": \"5b8efff798038103d269b633813fc60c\"}]\n}\n";
    let dir = program::directory(&[("facts.json", facts), ("good.log", GOOD)]);
    let reported = report(dir.path(), &["."], 0, &[]);
    has_good_record(&reported);
    let why = "JSON document that holds no log records";
    assert_eq!(counts(&reported), skips(1, why, 1, "./facts.json"));
    let said = [format!("spanloom: left out './facts.json': {why}")];
    assert_eq!(extract(dir.path(), &["."], 0, &[&said[0]]).len(), 1);
}

#[test]
fn extract_takes_the_records_that_are_asked_for() {
    let dir = program::directory(&[("a.log", [GOOD, "plain words\n"].concat())]);
    let ask = |condition: &str| ["--where", condition, "a.log"].map(str::to_owned);
    for (condition, found) in [("service = till", 1), ("not trace_id", 1), ("line >= 1", 2)] {
        let args = ask(condition);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_eq!(extract(dir.path(), &args, 0, &[]).len(), found, "{condition}");
    }
    let none = ["spanloom: no record meets the condition"];
    assert_eq!(extract(dir.path(), &["--where", "error", "a.log"], 1, &none), Vec::<Value>::new());
    let wrong = [
        "spanloom: --where: unknown field 'servce'",
        "  servce = till",
        "  ^^^^^^",
        "hint: did you mean 'service'?",
    ];
    assert_eq!(extract(dir.path(), &["--where", "servce = till", "a.log"], 2, &wrong), Vec::<Value>::new());
}

#[test]
fn properties_that_are_called_like_parts_of_a_record_are_none() {
    // Serilog's compact format: the message is `@mt`, and no `@l` is information
    let line = concat!(
        r#"{"@t":"2026-11-29T10:44:01.9751446Z","@mt":"Sent {Event} {MessageId}","#,
        r#""@tr":"36899d0a8cfd7355f9f2361560036576","@sp":"b53aa8cb1e1b8ddf","Event":"cert.issue","#,
        r#""MessageId":"b6078fdd-c152-4871-9a58-bd4a3f39f539","Priority":1}"#,
        "\n"
    );
    let dir = program::directory(&[("a.log", line)]);
    let records = extract(dir.path(), &["a.log"], 0, &[]);
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!((&record["message"], &record["level"]), (&"Sent {Event} {MessageId}".into(), &"INFO".into()));
    assert_eq!(record["time"], "2026-11-29T10:44:01.975144600Z");
    assert_eq!(record["trace_id"], "36899d0a8cfd7355f9f2361560036576");
    assert_eq!(record["span_id"], "b53aa8cb1e1b8ddf");
    assert_eq!(record["ids"]["MessageId"], "b6078fdd-c152-4871-9a58-bd4a3f39f539");
}

#[test]
fn a_number_in_the_front_of_what_syslog_wraps_is_no_time_of_another_day() {
    // Postfix's queue ids are now and then all digits
    let lines = concat!(
        "2026-11-29T07:55:47+00:00 mail01 mailer[8617]: 912C7B9731: removed\n",
        "2026-11-29T07:55:48+00:00 mail01 mailer[8617]: 3086796773: accepted claim.closed\n",
        "2026-11-29T07:55:49+00:00 mail01 squid[9]: 1795938948.250 TCP_MISS\n",
    );
    let dir = program::directory(&[("mail.log", lines)]);
    let records = extract(dir.path(), &["mail.log"], 0, &[]);
    let times: Vec<&str> = records.iter().filter_map(|record| record["time"].as_str()).collect();
    assert_eq!(
        times,
        [
            "2026-11-29T07:55:47.000000000Z",
            "2026-11-29T07:55:48.000000000Z",
            "2026-11-29T07:55:48.250000000Z"
        ]
    );
    let without_year = "Nov 29 07:55:47 mail01 mailer[8617]: 3086796773: accepted claim.closed\n";
    let dir = program::directory(&[("mail-2026-11-29.log", without_year)]);
    let records = extract(dir.path(), &["mail-2026-11-29.log"], 0, &[]);
    assert_eq!(records[0]["time"], "2026-11-29T07:55:47.000000000Z");
}

#[test]
fn pairs_behind_a_header_that_tell_a_request_are_its_fields() {
    // lograge, in the form of Rails' logger
    let line = concat!(
        "I, [2026-11-29T14:09:49.266142 #21183]  INFO -- : method=POST path=/videos format=json ",
        "controller=VideosController action=create status=202 duration=127.93 view=0.40 db=14.92 ",
        "request_id=8b78d571-34bc-4cf4-b8c7-edc0d91096b2 trace_id=5372937d564e188a48f13745abeecd37 ",
        "span_id=1ca0e1f5016c3106\n"
    );
    let dir = program::directory(&[("web.log", line)]);
    let record = &extract(dir.path(), &["web.log"], 0, &[])[0];
    assert_eq!(record["trace_id"], "5372937d564e188a48f13745abeecd37");
    assert!(
        record["message"].as_str().is_some_and(|message| message.starts_with("method=POST path=/videos"))
    );
    let reported = report(dir.path(), &["."], 0, &[]);
    let span = &reported["traces"][0]["spans"][0];
    assert_eq!((&span["name"], &span["duration_ns"]), (&"create".into(), &127_930_000.into()));
}

#[test]
fn a_span_without_fields_stands_before_a_target() {
    let line = "2026-11-29T14:32:06.378556Z  INFO chunk: transcoder::worker: chunk received chunk=VID-7\n";
    let dir = program::directory(&[("worker.log", line)]);
    let record = &extract(dir.path(), &["worker.log"], 0, &[])[0];
    assert_eq!(record["message"], "chunk received chunk=VID-7");
}

#[test]
fn each_value_of_a_list_is_a_key() {
    let line = concat!(
        "time=2026-11-29T14:04:31Z level=INFO msg=\"payout started\" sales=SALE-940,SALE-941 price=1,234 ",
        "trace_id=5b8efff798038103d269b633813fc60c\n"
    );
    let dir = program::directory(&[("payments.log", line)]);
    let told = program::run(dir.path(), &["explain", "payments.log"]).text();
    let keys = told.lines().find_map(|line| line.trim().strip_prefix("keys"));
    assert_eq!(keys.map(str::trim), Some("sales=SALE-940, sales=SALE-941"), "{told}");
}

#[test]
fn what_a_runtime_notes_tells_more_than_whole_seconds_do() {
    let told = |noted: &str| {
        let line = format!(
            "{noted} stdout F {{\"level\":\"info\",\"time\":\"2026-11-29T16:45:10Z\",\"message\":\"got it\"}}\n"
        );
        let dir = program::directory(&[("customers.log", line)]);
        extract(dir.path(), &["customers.log"], 0, &[])[0]["time"].as_str().unwrap().to_owned()
    };
    assert_eq!(told("2026-11-29T16:45:10.941330358Z"), "2026-11-29T16:45:10.941330358Z");
    // written later, as what is buffered is
    assert_eq!(told("2026-11-29T16:45:13.941330358Z"), "2026-11-29T16:45:10.000000000Z");
}

#[test]
fn what_differs_within_a_span_is_a_part_of_a_program() {
    let services = |lines: &str, span: bool| {
        let mut text = String::new();
        for number in 0..24 {
            let component = ["consumer", "depot", "producer"][number % 3];
            let id = if span { format!(" span_id={:016x}", number / 3 + 1) } else { String::new() };
            text += &format!(
                "time=2026-11-29T17:01:{number:02}.926Z level=INFO msg=moved {lines}={component}{id}\n"
            );
        }
        let dir = program::directory(&[("moves.log", text)]);
        let records = extract(dir.path(), &["moves.log"], 0, &[]);
        let services = records.iter().filter_map(|record| record["service"].as_str());
        let mut services: Vec<String> = services.map(str::to_owned).collect();
        services.sort();
        services.dedup();
        services
    };
    assert_eq!(services("component", true), ["moves"]);
    assert_eq!(services("component", false), ["moves"]);
    assert_eq!(services("app", true), ["moves"]);
    // what shares no span may be of several services
    assert_eq!(services("app", false), ["consumer", "depot", "producer"]);
}

#[test]
fn many_values_that_differ_by_their_numbers_are_no_services() {
    let services = |value: fn(usize) -> String| {
        let line = |number: usize| {
            format!(
                "2026-11-30T05:58:{number:02}.602Z INFO  mail accepted by relay {{\"application\":\"{}\"}}\n",
                value(number)
            )
        };
        let text: String = (0..24).map(line).collect();
        let dir = program::directory(&[("notifier.log", text)]);
        let records = extract(dir.path(), &["notifier.log"], 0, &[]);
        let services = records.iter().filter_map(|record| record["service"].as_str());
        services.map(str::to_owned).collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!(services(|number| format!("APP-{}", 20_349 + number)), 1);
    assert_eq!(services(|number| format!("shop-{}", number % 3)), 3);
    let word = |number: usize| ["north", "south", "east", "west"][number % 4].to_owned();
    assert_eq!(services(|number| "abcdefghijklm"[number % 13..=number % 13].to_owned() + "-desk"), 13);
    assert_eq!(services(word), 4);
}

#[test]
fn who_asked_is_told_by_user_agents_and_by_fields_that_hold_no_id() {
    let lines = concat!(
        "{\"time\":\"2026-11-29T10:43:06Z\",\"msg\":\"done\",\"req\":{\"method\":\"GET\",\"headers\":{\"user-agent\":\"billing/2.0 node\"}}}\n",
        "{\"time\":\"2026-11-29T10:43:07Z\",\"msg\":\"done\",\"client\":\"billing\"}\n",
        "{\"time\":\"2026-11-29T10:43:08Z\",\"msg\":\"done\",\"client\":\"C-1048\"}\n",
        "{\"time\":\"2026-11-29T10:43:09Z\",\"msg\":\"done\",\"user_agent\":\"Mozilla/5.0 (X11; Linux)\"}\n",
    );
    let dir = program::directory(&[("stock.log", lines)]);
    let told = program::run(dir.path(), &["explain", "stock.log"]).text();
    let found = |word: &str| told.lines().filter(|line| line.contains(word)).count();
    assert_eq!(
        (found("caller billing"), found("client=C-1048"), found("caller Mozilla")),
        (2, 1, 0),
        "{told}"
    );
}

#[test]
fn an_access_log_in_json_tells_its_request_and_the_finer_of_its_times() {
    // nginx: $msec is a moment, not a duration
    let line = concat!(
        r#"{"time":"2026-11-29T19:39:47+00:00","msec":"1795981187.986","request":"POST /v1/stays/RSV-7/checkout?x=1 HTTP/1.1","#,
        r#""status":"200","request_time":"0.197","trace_id":"36899d0a8cfd7355f9f2361560036576","span_id":"b53aa8cb1e1b8ddf"}"#,
        "\n"
    );
    let dir = program::directory(&[("edge.log", line)]);
    let record = &extract(dir.path(), &["edge.log"], 0, &[])[0];
    assert_eq!(record["time"], "2026-11-29T19:39:47.986000000Z");
    assert_eq!(record["message"], "POST /v1/stays/RSV-7/checkout?x=1 HTTP/1.1");
    let reported = report(dir.path(), &["."], 0, &[]);
    let span = &reported["traces"][0]["spans"][0];
    assert_eq!(
        (&span["start"], &span["end"]),
        (&"2026-11-29T19:39:47.789000000Z".into(), &"2026-11-29T19:39:47.986000000Z".into())
    );
}

/// The seconds at which the span of the third of some lines begins.
fn third_begins(file: &str, lines: impl Iterator<Item = String>) -> String {
    let dir = program::directory(&[(file, lines.collect::<String>())]);
    let reported = report(dir.path(), &["."], 0, &[]);
    reported["traces"][2]["spans"][0]["start"].as_str().unwrap()[17..23].to_owned()
}

#[test]
fn durations_without_a_unit_are_understood_by_how_large_they_mostly_are() {
    let began = |numbers: [&str; 3]| {
        let lines = (0..3).map(|at| {
            let ids = format!(
                r#""trace_id":"36899d0a8cfd7355f9f236156003657{at}","span_id":"b53aa8cb1e1b8dd{at}""#
            );
            let (time, number) = (format!("2026-11-29T10:00:0{at}.500Z"), numbers[at]);
            format!(r#"{{"time":"{time}","msg":"handled request","method":"GET","duration":{number},{ids}}}"#)
                + "\n"
        });
        third_begins("edge.log", lines)
    };
    assert_eq!(began(["0.0277", "0.004", "0.25"]), "02.250");
    assert_eq!(began(["27.7", "4.25", "250"]), "02.250");
    assert_eq!(began(["27700000", "4250000", "250000000"]), "02.250");
    // nobody knows
    assert_eq!(began(["27", "4", "250"]), "02.500");
}

#[test]
fn what_is_no_duration_does_not_hide_one_without_a_unit() {
    let lines = (0..3).map(|at| {
        let ids =
            format!(r#""trace_id":"36899d0a8cfd7355f9f236156003657{at}","span_id":"b53aa8cb1e1b8dd{at}""#);
        let took = r#""duration":0.25,"elapsed_ms":"unknown""#;
        format!(r#"{{"time":"2026-11-29T10:00:0{at}.500Z","msg":"handled request",{took},{ids}}}"#) + "\n"
    });
    let dir = program::directory(&[("edge.log", lines.collect::<String>())]);
    let reported = report(dir.path(), &["."], 0, &[]);
    for (at, trace) in reported["traces"].as_array().unwrap().iter().enumerate() {
        let start = trace["spans"][0]["start"].as_str().unwrap();
        assert_eq!(start[17..23], format!("0{at}.250"));
    }
}

#[test]
fn bare_durations_of_access_logs_are_understood_by_how_large_they_mostly_are() {
    let began = |numbers: [&str; 3]| {
        let lines = (0..3).map(|at| {
            let ids = format!("trace=36899d0a8cfd7355f9f236156003657{at} span=b53aa8cb1e1b8dd{at}");
            let number = numbers[at];
            let request = r#""GET /a HTTP/1.1" 200 27 "-" "node""#;
            format!("127.0.0.1 - - [29/Nov/2026:10:00:0{at} +0000] {request} {number} rid=7 {ids}\n")
        });
        third_begins("gateway.log", lines)
    };
    // morgan, nginx with the time of the upstream
    assert_eq!(began(["669.491", "7.793", "250.000"]), "01.750");
    assert_eq!(began(["0.438 0.437", "0.002 0.001", "0.250 0.249"]), "01.750");
    // Apache's %D counts microseconds
    assert_eq!(began(["669000", "7200", "250000"]), "01.750");
    // sizes, ports, counts
    assert_eq!(began(["- 669000", "- 7200", "- 250000"]), "02.000");
    assert_eq!(began(["669000 12", "7200 12", "250000 12"]), "02.000");
}

#[test]
fn what_decorates_a_message_tells_the_service() {
    let line = concat!(
        "2026-11-29 11:22:33,481 ERROR app item gone NR-LINKING|MjUyMDUyOHxBUE18QVBQTElDQVRJT058MjE1|web-1|",
        "65a7b8adf2ed00fd963e64365cc2aa01|20af84179b1199e3|cart|\n",
    );
    let dir = program::directory(&[("a.log", line)]);
    let record = &extract(dir.path(), &["a.log"], 0, &[])[0];
    let ids = ["trace_id", "span_id", "service"].map(|name| record[name].as_str().unwrap_or_default());
    assert_eq!(ids, ["65a7b8adf2ed00fd963e64365cc2aa01", "20af84179b1199e3", "cart"]);
}

#[test]
fn columns_and_places_before_a_message_are_no_part_of_it() {
    let ids = r#"{"traceID": "e6139dabf5c2d417f39c02a676102f0c", "spanID": "621c3b7f5e7c2f71"}"#;
    let message = |line: &str| {
        let dir = program::directory(&[("a.log", format!("{line}\n"))]);
        extract(dir.path(), &["a.log"], 0, &[])[0]["message"].as_str().unwrap_or_default().to_owned()
    };
    // zap: time, level, logger, message, fields
    let zap = |rest: &str| message(&format!("2026-11-29T22:46:43.762Z\tERROR\t{rest}"));
    assert_eq!(zap(&format!("lease\tlease lost\t{ids}")), "lease lost");
    assert_eq!(zap(&format!("lost\t{ids}")), "lost");
    // loguru: {name}:{line}
    let line = "2026-11-29T22:41:12.116+00:00 SUCCESS  mailer [6c4950e1-6d33-721b-87b0-b350f2fd3510]";
    assert_eq!(message(&format!("{line} __main__:64 mail sent")), "mail sent");
    assert_eq!(message(&format!("{line} port:64 is open")), "port:64 is open");
}

#[test]
fn a_named_id_may_stand_in_braces() {
    let guid = "9A2A2EEA-4066-B69E-4FC8-DF60F8162C49";
    for name in ["correlation id: ", "correlationId="] {
        let line = format!("2026-11-29 11:22:34,481 INFO app.http {name}{{{guid}}} done\n");
        let dir = program::directory(&[("a.log", line)]);
        let record = &extract(dir.path(), &["a.log"], 0, &[])[0];
        assert_eq!(record["ids"][name.trim_end_matches([':', ' ', '='])], guid);
    }
}

#[test]
fn of_numbered_arguments_the_first_text_is_the_message() {
    // tslog
    let line = concat!(
        r#"{"0":{"subject":"pass.ready","orderNo":"TB17","traceId":"36899d0a8cfd7355f9f2361560036576","#,
        r#""spanId":"b53aa8cb1e1b8ddf"},"1":"picked up","2":"at once","_meta":{"name":"mailer","#,
        r#""date":"2026-11-30T02:03:16.303Z","logLevelName":"WARN"}}"#,
        "\n"
    );
    let dir = program::directory(&[("a.log", line)]);
    let records = extract(dir.path(), &["a.log"], 0, &[]);
    let record = &records[0];
    assert_eq!((&record["message"], &record["level"]), (&"picked up".into(), &"WARN".into()));
    assert_eq!(record["span_id"], "b53aa8cb1e1b8ddf");
}

#[test]
fn a_name_that_few_records_have_is_not_the_service() {
    let line = |second: usize, more: &str| {
        format!(r#"{{"time":"2026-11-29T10:44:{second:02}Z","level":"info","msg":"lane {second}"{more}}}"#)
            + "\n"
    };
    let lines = |named: std::ops::Range<usize>| -> String {
        (0..40).map(|at| line(at, if named.contains(&at) { r#","name":"broker""# } else { "" })).collect()
    };
    let dir = program::directory(&[("tolls.log", lines(7..9)), ("gates.log", lines(0..40))]);
    let services = |file: &str| -> Vec<Value> {
        let mut services: Vec<Value> =
            extract(dir.path(), &[file], 0, &[]).iter().map(|record| record["service"].clone()).collect();
        services.dedup();
        services
    };
    assert_eq!(services("tolls.log"), ["tolls"]);
    assert_eq!(services("gates.log"), ["broker"]);
}

#[test]
fn lines_of_a_proxy_with_headers_of_their_own_are_requests_of_their_own() {
    const TRACE: &str = "7c1f9be02d5a4e6389b0c4d7e1f2a356";
    let line = |second: u8, request: &str, span: &str| {
        format!(
            "192.0.2.7 - - [24/Oct/2026:12:42:{second} +0000] \"POST {request} HTTP/1.1\" 201 27 \"-\" \"agent\" \
             traceparent=\"00-{TRACE}-{span}-01\"\n"
        )
    };
    let lines =
        [line(56, "/orders", "16f1e88d25fb4363"), line(58, "/hooks/carrier/T153", "f2976362e5072058")];
    let dir = program::directory(&[("nginx.log", lines.concat())]);
    let reported = report(dir.path(), &["."], 0, &[]);
    let spans = reported["traces"][0]["spans"].as_array().map_or(&[][..], Vec::as_slice);
    let records = |span: &Value| span["records"].as_array().map_or(0, Vec::len);
    assert_eq!(spans.iter().map(records).filter(|records| *records > 0).collect::<Vec<_>>(), [1, 1]);
    for parent in ["16f1e88d25fb4363", "f2976362e5072058"] {
        assert!(spans.iter().any(|span| span["parent_span_id"] == parent), "{reported}");
    }
}

#[test]
fn a_span_is_as_long_as_its_record_says_where_its_parent_logged_later() {
    const TRACE: &str = "7c1f9be02d5a4e6389b0c4d7e1f2a356";
    let line = |millis: u16, span: &str, more: &str| {
        format!("2026-11-29T10:44:01.{millis:03}Z INFO trace_id={TRACE} span_id={span} {more}\n")
    };
    let lines = [
        line(100, "16f1e88d25fb4363", "parent_span_id=a2976362e5072058 passage found took=40ms"),
        line(102, "a2976362e5072058", "passage told"),
    ];
    let dir = program::directory(&[("tolls.log", lines.concat())]);
    let reported = report(dir.path(), &["."], 0, &[]);
    let spans = reported["traces"][0]["spans"].as_array().map_or(&[][..], Vec::as_slice);
    let child = spans.iter().find(|span| span["span_id"] == "16f1e88d25fb4363");
    let child = child.unwrap_or_else(|| panic!("{reported}"));
    assert_eq!(
        (&child["parent_span_id"], &child["duration_ns"]),
        (&"a2976362e5072058".into(), &40_000_000.into())
    );
}

#[test]
fn an_instance_that_some_records_name_is_a_thing_and_an_operation_that_is_an_id_too() {
    let line = |at: u64| {
        let asked = format!("instance=i-a0{at}c7 op=op-9d61{at:02}88");
        let rest =
            if at.is_multiple_of(3) { "msg=sweep expired=0" } else { &format!("msg=reconciling {asked}") };
        format!("time=2026-11-30T10:00:{:02}Z level=info {rest}\n", at % 60)
    };
    let lines: String = (0..40).map(line).collect();
    let dir = program::directory(&[("conductor.log", lines)]);
    let told = program::run(dir.path(), &["explain", "conductor.log"]).text();
    assert!(told.contains("instance=i-a01c7, op=op-9d610188"), "{told}");
}

#[test]
fn the_numbers_of_dates_and_times_in_a_message_are_no_keys() {
    let line = "2026-10-23 00:38:40,123 INFO [o.Orders] (worker-1) moved from 2026-10-24 08:05:00 +0000 to 10:15 ref=A-5512\n";
    let dir = program::directory(&[("orders.log", line.repeat(3))]);
    let told = program::run(dir.path(), &["explain", "orders.log"]).text();
    let keys: Vec<&str> = told.lines().filter(|line| line.trim_start().starts_with("keys ")).collect();
    assert_eq!(keys.len(), 3, "{told}");
    assert!(
        keys.iter().all(|line| line.trim_start().trim_start_matches("keys").trim() == "ref=A-5512"),
        "{told}"
    );
}

#[test]
fn a_logger_in_brackets_stands_before_its_thread_in_parentheses() {
    let line =
        "2026-11-30 12:25:56,524 INFO  [d.a.p.OrderListener] (stream-1) order.placed 17-0: authorise 45.77\n";
    let dir = program::directory(&[("pay.log", line)]);
    let told = program::run(dir.path(), &["explain", "pay.log"]).text();
    let has = |what: &str, value: &str| {
        told.lines().any(|line| line.trim_start().starts_with(what) && line.contains(value))
    };
    assert!(has("logger ", "d.a.p.OrderListener") && has("thread ", "stream-1"), "{told}");
    assert!(has("message ", "order.placed 17-0: authorise"), "{told}");
}

#[test]
fn other_files_tell_which_of_day_and_month_stands_first() {
    let mails = "[03/04/2024 10:00:01.000 +0100] INFO mails sent trace_id=5b8efff798038103d269b633813fc60c\n";
    let orders = "2024-04-03T09:00:00.000Z INFO orders placed trace_id=5b8efff798038103d269b633813fc60c\n";
    let time = |files: &[(&str, &str)]| {
        let dir = program::directory(files);
        // when it was changed tells nothing
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        std::fs::File::options()
            .append(true)
            .open(dir.path().join("mails.log"))
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        let reported = report(dir.path(), &["."], 0, &[]);
        reported["traces"][0]["start"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(time(&[("mails.log", mails), ("orders.log", orders)]), "2024-04-03T09:00:00.000000000Z");
    assert_eq!(time(&[("mails.log", mails)]), "2024-03-04T09:00:01.000000000Z");
}
