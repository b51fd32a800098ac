//! Logs of simulated transactions: the same seed gives the same bytes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write as _;

/// How the records are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// A JSON object a line.
    Json,
    /// `key=value` pairs.
    Logfmt,
    /// Text with a header that holds the ids.
    Text,
    /// Text without any id.
    Plain,
}

impl std::str::FromStr for Style {
    type Err = String;

    fn from_str(name: &str) -> Result<Style, String> {
        match name {
            "json" => Ok(Style::Json),
            "logfmt" => Ok(Style::Logfmt),
            "text" => Ok(Style::Text),
            "plain" => Ok(Style::Plain),
            _ => Err(format!("'{name}' is no style: json, logfmt, text or plain")),
        }
    }
}

/// A call of the simulated system: the service, its caller among the calls, what it does, and whether a message leads there.
const CALLS: [(&str, Option<usize>, &str, bool); 9] = [
    ("gateway", None, "POST /v1/orders", false),
    ("orders", Some(0), "place order", false),
    ("pricing", Some(1), "quote", false),
    ("inventory", Some(1), "reserve", false),
    ("payments", Some(1), "charge card", false),
    ("fraud", Some(4), "score", false),
    ("shipping", Some(1), "prepare shipment", true),
    ("notify", Some(6), "send mail", true),
    ("billing", Some(4), "write invoice", true),
];

/// Random numbers: SplitMix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

struct Record {
    service: usize,
    trace: u128,
    span: u64,
    parent: u64,
    error: bool,
    message: String,
}

/// Logs of about `size` bytes: the name of each file and its text.
pub fn logs(style: Style, size: usize, seed: u64) -> Vec<(String, Vec<u8>)> {
    let mut random = Random(seed);
    let mut files: Vec<(String, Vec<u8>)> =
        CALLS.iter().map(|(service, ..)| (format!("{service}.log"), Vec::new())).collect();
    let mut waiting: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut records: Vec<Record> = Vec::new();
    let (mut now, mut written) = (0, 0);
    while written < size {
        transaction(now, &mut random, &mut records, &mut waiting);
        now += random.below(4_000);
        while let Some(&Reverse((time, index))) = waiting.peek()
            && time < now
        {
            waiting.pop();
            let record = &records[index];
            let (_, text) = &mut files[record.service];
            let before = text.len();
            line(style, time, record, text);
            written += text.len() - before;
        }
    }
    files
}

/// Adds the records of one transaction; times are in microseconds.
fn transaction(
    start: u64,
    random: &mut Random,
    records: &mut Vec<Record>,
    waiting: &mut BinaryHeap<Reverse<(u64, usize)>>,
) {
    let trace = u128::from(random.next()) << 64 | u128::from(random.next());
    let order = random.below(90_000_000) + 10_000_000;
    let spans: Vec<u64> = CALLS.iter().map(|_| random.next() | 1).collect();
    let mut begins = [start; CALLS.len()];
    for (index, (_, caller, what, message)) in CALLS.iter().enumerate() {
        let wait = if *message { 20_000 } else { 1_000 };
        begins[index] = caller.map_or(start, |caller| begins[caller] + 500 + random.below(wait));
        let took = 2_000 + random.below(40_000);
        let failed = random.below(200) == 0;
        let texts = [
            format!("{what} started order=ORD-{order} customer=c-{}", order % 977),
            format!("{what}: {} rows read from table {}_items", random.below(50), CALLS[index].0),
            if failed {
                format!("{what} failed: timeout after {} ms", took / 1000)
            } else {
                format!("{what} done in {} ms", took / 1000)
            },
        ];
        for (step, message) in texts.into_iter().enumerate() {
            let parent = caller.map_or(0, |caller| spans[caller]);
            let error = failed && step == 2;
            records.push(Record { service: index, trace, span: spans[index], parent, error, message });
            waiting.push(Reverse((begins[index] + took * step as u64 / 2, records.len() - 1)));
        }
    }
}

fn line(style: Style, time: u64, record: &Record, out: &mut Vec<u8>) {
    let Record { service, trace, span, parent, error, message } = record;
    let service = CALLS[*service].0;
    let level = if *error { "ERROR" } else { "INFO" };
    let seconds = time / 1_000_000;
    let clock = format!(
        "2026-03-{:02}T{:02}:{:02}:{:02}.{:03}",
        1 + seconds / 86_400 % 28,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
        time / 1000 % 1000
    );
    let mut text = String::new();
    let above = if *parent == 0 { String::new() } else { format!("{parent:016x}") };
    let written = match style {
        Style::Json => write!(
            text,
            "{{\"level\":\"{level}\",\"time\":\"{clock}Z\",\"logger\":\"com.shop.{service}.Handler\",\
             \"msg\":\"{message}\",\"service\":\"{service}\",\"pid\":38,\"trace_id\":\"{trace:032x}\",\
             \"span_id\":\"{span:016x}\",\"parent_span_id\":\"{above}\",\"attrs\":{{\"region\":\"eu-1\",\
             \"shard\":7}}}}"
        ),
        Style::Logfmt => write!(
            text,
            "ts={clock}Z caller={service}/handler.go:101 level={} service={service} msg=\"{message}\" \
             trace_id={trace:032x} span_id={span:016x} parent_span_id={above} pod={service}-8d9f-x1k2",
            level.to_lowercase()
        ),
        Style::Text => write!(
            text,
            "{} {level} [{service}.api] [main.py:41] [trace_id={trace:032x} span_id={span:016x} \
             resource.service.name={service} trace_sampled=True] - {message}",
            clock.replace('T', " ").replace('.', ",")
        ),
        Style::Plain => {
            let words = message.split(' ').filter(|word| !word.bytes().any(|byte| byte.is_ascii_digit()));
            let message: Vec<&str> = words.collect();
            write!(text, "{clock} {level} {service} worker - {}", message.join(" "))
        }
    };
    debug_assert!(written.is_ok());
    out.extend_from_slice(text.as_bytes());
    out.push(b'\n');
}
