//! What fields, loggers, source files and threads are called in a service.

use std::collections::BTreeMap;

use crate::company::Broker;
use crate::domain::Domain;
use crate::draw::Draw;
use crate::layout::Lang;
use crate::slot::Slot;
use crate::words::{Case, cased, title};

/// Names that do not depend on the trade, snake case.
const NAMES: [(Slot, &[&str]); 29] = [
    (Slot::Request, &["request_id", "req_id", "rid", "x_request_id", "request_id"]),
    (Slot::Correlation, &["correlation_id", "corr_id", "cid", "conversation_id", "correlation_id"]),
    (Slot::Amount, &["amount", "total", "value", "sum", "price"]),
    (Slot::Count, &["count", "n", "size", "items", "records"]),
    (Slot::Message, &["message_id", "msg_id", "mid", "event_id", "message_id", "msgid"]),
    (Slot::Partition, &["partition", "part", "partition"]),
    (Slot::Offset, &["offset", "off", "offset"]),
    (Slot::Tag, &["delivery_tag", "tag", "seq", "delivery_no"]),
    (Slot::Redelivered, &["redelivered", "redelivery", "is_retry"]),
    (Slot::Attempt, &["attempt", "try", "retry_count", "delivery_attempt"]),
    (Slot::Millis, &["duration_ms", "took_ms", "elapsed_ms", "ms", "latency_ms", "elapsed", "dur_ms"]),
    (Slot::Took, &["took", "duration", "elapsed", "latency"]),
    (Slot::Status, &["status", "status_code", "http_status", "code", "result"]),
    (Slot::Worker, &["worker", "worker_id", "consumer", "lane"]),
    (Slot::Caller, &["caller", "client", "from", "source_service", "origin"]),
    (Slot::Error, &["error", "err", "reason", "cause", "problem"]),
    (Slot::Delay, &["delay_ms", "backoff_ms", "wait_ms", "in_ms"]),
    (Slot::Keys, &["keys", "ids", "entities", "batch_keys"]),
    (Slot::Messages, &["message_ids", "messages", "event_ids", "batch"]),
    (Slot::Event, &["event_type", "event_name", "type", "evt"]),
    (Slot::Peer, &["peer", "target", "upstream", "remote", "peer_service"]),
    (Slot::Route, &["route", "path", "uri", "url", "endpoint"]),
    (Slot::Op, &["operation", "op", "action", "step"]),
    (Slot::Version, &["version", "schema_version", "build", "rev"]),
    (Slot::Region, &["region", "zone", "dc", "env"]),
    (Slot::Bytes, &["bytes", "size_bytes", "payload_size", "len"]),
    (Slot::Payload, &["payload", "body", "data", "content"]),
    (Slot::Topic, &["topic"]),
    (Slot::Unit, &["item"]),
];

/// Draws the name of each field; `usual` if the service keeps to what the company mostly says.
pub(crate) fn fields(
    draw: &mut Draw,
    domain: &Domain,
    broker: Broker,
    case: Case,
    usual: bool,
) -> BTreeMap<Slot, String> {
    let mut names = BTreeMap::new();
    let mut put = |slot: Slot, name: &str| {
        names.insert(slot, cased(name, case));
    };
    for (slot, choices) in NAMES {
        put(slot, if usual { choices[0] } else { draw.word(choices) });
    }
    put(Slot::Topic, draw.word(broker.place_names()));
    let mut own = |slot: Slot, keys: &[String]| {
        let name = if usual || draw.chance(0.35) { &keys[0] } else { draw.pick(keys) };
        put(slot, name);
    };
    own(Slot::Key, &domain.entity.keys);
    own(Slot::Actor, &domain.actor.keys);
    own(Slot::Unit, &domain.unit.keys);
    own(Slot::Tenant, std::slice::from_ref(&domain.tenant.0));
    for (at, sub) in domain.subs.iter().enumerate() {
        own(Slot::Sub(at as u8), &sub.keys);
    }
    names
}

/// Loggers for requests, messages, work, calls, storage.
pub(crate) fn loggers(draw: &mut Draw, lang: Lang, company: &str, stem: &str) -> [String; 5] {
    let snake = cased(stem, Case::Snake);
    let pascal = cased(stem, Case::Pascal);
    let parts = |parts: [String; 5]| parts;
    let each = |one: &dyn Fn(&str) -> String, names: [&str; 5]| names.map(one);
    match lang {
        Lang::Java => {
            let package = format!("com.{company}.{}", snake.replace('_', ""));
            parts([
                format!("{package}.api.{pascal}{}", draw.word(&["Controller", "Resource", "Endpoint"])),
                format!(
                    "{package}.messaging.{pascal}{}",
                    draw.word(&["Listener", "Consumer", "EventHandler"])
                ),
                format!("{package}.core.{pascal}{}", draw.word(&["Service", "Manager", "Processor"])),
                format!("{package}.client.{}", draw.word(&["RestClient", "Gateway", "PeerClient"])),
                format!("{package}.db.{pascal}{}", draw.word(&["Repository", "Dao", "Store"])),
            ])
        }
        Lang::DotNet => {
            let space = format!("{}.{pascal}", title(company));
            parts([
                format!("{space}.Api.{pascal}Controller"),
                format!("{space}.Messaging.{}", draw.word(&["Worker", "ConsumerService", "BusHandler"])),
                format!("{space}.Domain.{pascal}Service"),
                format!("{space}.Clients.HttpGateway"),
                format!("{space}.Data.{pascal}Context"),
            ])
        }
        Lang::Python => {
            let root = draw.pick(&[snake.clone(), "app".to_owned(), format!("{snake}_service")]).clone();
            each(&|name| format!("{root}.{name}"), ["api", "events", "core", "client", "db"])
        }
        Lang::Rust => each(&|name| format!("{snake}::{name}"), ["http", "bus", "domain", "client", "store"]),
        Lang::Node => match draw.below(3) {
            0 => each(&|_| stem.to_owned(), [""; 5]),
            1 => each(
                &|name| format!("{pascal}{name}"),
                ["Controller", "Consumer", "Service", "Client", "Repository"],
            ),
            _ => each(&|name| format!("{stem}:{name}"), ["http", "queue", "core", "client", "db"]),
        },
        Lang::Go => each(&|name| name.to_owned(), ["http", "consumer", stem, "client", "store"]),
        Lang::Ruby | Lang::Php | Lang::Elixir => {
            each(&|name| format!("{pascal}{name}"), ["Controller", "Job", "Service", "Client", "Record"])
        }
        Lang::Cpp => each(&|name| format!("{snake}/{name}"), ["rpc", "mq", "engine", "net", "disk"]),
    }
}

/// Source files for the same five.
pub(crate) fn sources(draw: &mut Draw, lang: Lang, stem: &str) -> [String; 5] {
    let snake = cased(stem, Case::Snake);
    let pascal = cased(stem, Case::Pascal);
    let deep = draw.chance(0.5);
    let each = |one: &dyn Fn(&str) -> String, names: [&str; 5]| names.map(one);
    match lang {
        Lang::Java | Lang::DotNet => {
            let end = if lang == Lang::Java { "java" } else { "cs" };
            each(
                &|name| format!("{pascal}{name}.{end}"),
                ["Controller", "Listener", "Service", "Client", "Repository"],
            )
        }
        Lang::Python if deep => {
            each(&|name| format!("{name}.py"), ["views", "handlers", "services", "clients", "models"])
        }
        Lang::Python => each(&|_| format!("{snake}.py"), [""; 5]),
        Lang::Node => {
            each(&|name| format!("dist/{name}.js"), ["routes", "consumer", "service", "client", "store"])
        }
        Lang::Go if deep => each(
            &|name| format!("internal/{name}.go"),
            ["http/handler", "mq/consumer", "core/service", "client/client", "db/store"],
        ),
        Lang::Go => each(&|name| format!("{name}.go"), ["handler", "consumer", "service", "client", "store"]),
        Lang::Rust => each(&|name| format!("src/{name}.rs"), ["http", "bus", "domain", "client", "store"]),
        Lang::Ruby => {
            each(&|name| format!("{snake}_{name}.rb"), ["controller", "job", "service", "client", "record"])
        }
        Lang::Php => {
            each(&|name| format!("{pascal}{name}.php"), ["Controller", "Job", "Service", "Client", "Model"])
        }
        Lang::Elixir => {
            each(&|name| format!("lib/{snake}/{name}.ex"), ["web", "worker", "core", "client", "repo"])
        }
        Lang::Cpp => each(&|name| format!("{snake}_{name}.cc"), ["rpc", "mq", "engine", "net", "disk"]),
    }
}

/// Thread names of servers, consumers, side_threads and timers, `{n}` for the number.
pub(crate) fn threads(draw: &mut Draw, lang: Lang) -> [&'static str; 4] {
    match lang {
        Lang::Java => [
            draw.word(&[
                "http-nio-8080-exec-{n}",
                "qtp1847509784-{n}",
                "XNIO-1 task-{n}",
                "reactor-http-epoll-{n}",
            ]),
            draw.word(&[
                "pool-4-thread-{n}",
                "consumer-0-{n}-C-1",
                "SimpleAsyncTaskExecutor-{n}",
                "listener-{n}",
            ]),
            draw.word(&["ForkJoinPool.commonPool-worker-{n}", "task-{n}", "async-{n}"]),
            draw.word(&["scheduling-{n}", "timer-{n}", "quartzScheduler_Worker-{n}"]),
        ],
        Lang::Python => match draw.below(3) {
            0 => ["MainThread"; 4],
            1 => [
                "ThreadPoolExecutor-0_{n}",
                "Thread-{n} (consume)",
                "ThreadPoolExecutor-1_{n}",
                "APScheduler",
            ],
            _ => ["gthread-{n}", "ForkPoolWorker-{n}", "side-{n}", "Beat"],
        },
        Lang::DotNet => {
            [".NET ThreadPool Worker {n}", "consumer {n}", ".NET ThreadPool Worker 1{n}", ".NET Timer"]
        }
        Lang::Cpp => ["{n}", "1{n}", "2{n}", "30"],
        Lang::Rust => ["tokio-runtime-worker"; 4],
        Lang::Ruby => ["puma srv tp {n}", "processor-{n}", "worker-{n}", "cron"],
        Lang::Node | Lang::Go | Lang::Php | Lang::Elixir => [""; 4],
    }
}
