//! What all services of one company share: its name, brokers, ids, and how uniform it is.

use crate::domain::Domain;
use crate::draw::{Draw, dealt};
use crate::layout::Wrap;
use crate::words::{self, Case};

/// How ids of traces and spans are written in all logs of the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum IdSpelling {
    /// 32 and 16 hexadecimal digits.
    Hex,
    /// 16 and 16 hexadecimal digits.
    Hex64,
    /// Decimal 64-bit numbers, as Datadog's libraries print them.
    Decimal,
    /// A hexadecimal trace id and a decimal span id, Datadog's other way.
    HexDecimal,
    /// The trace id as a UUID with dashes.
    Uuid,
    /// `1-5759e988-bd862e3fe1be46a994272793`
    Xray,
    /// Upper case.
    Loud,
}

/// Which headers carry the context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Propagation {
    W3c,
    B3,
    Jaeger,
    Datadog,
}

/// What carries messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Broker {
    Rabbit,
    Kafka,
    Sqs,
    Nats,
    RedisStreams,
    Pulsar,
    PubSub,
    Jms,
    ServiceBus,
    CloudEvents,
}

impl Broker {
    /// What the broker calls the place where messages go.
    pub(crate) fn place_names(self) -> &'static [&'static str] {
        match self {
            Self::Rabbit => &["routing_key", "exchange", "queue"],
            Self::Kafka | Self::Pulsar | Self::PubSub => &["topic", "channel"],
            Self::Sqs => &["queue", "queue_name"],
            Self::Nats => &["subject", "channel"],
            Self::RedisStreams => &["stream", "stream_key"],
            Self::Jms | Self::ServiceBus => &["destination", "queue"],
            Self::CloudEvents => &["source", "channel"],
        }
    }

    /// True where a message is known by topic, partition and offset, not by an id.
    pub(crate) fn has_offsets(self) -> bool {
        matches!(self, Self::Kafka)
    }
}

/// How a company writes the names of events and topics.
#[derive(Clone, Debug)]
pub(crate) struct Naming {
    /// The case of the words.
    pub(crate) case: Case,
    /// Before them, with its separator.
    pub(crate) prefix: String,
    /// Behind them.
    pub(crate) suffix: String,
}

impl Naming {
    /// The name of an event in which `object` was done something to, for example `stock` and `reserved`.
    pub(crate) fn name(&self, object: &str, past: &str) -> String {
        format!("{}{}{}", self.prefix, words::cased(&format!("{object} {past}"), self.case), self.suffix)
    }
}

/// Conventions that hold in all services.
#[derive(Clone, Debug)]
pub(crate) struct Company {
    pub(crate) name: String,
    pub(crate) ids: IdSpelling,
    pub(crate) propagation: Propagation,
    /// One or two brokers.
    pub(crate) brokers: Vec<Broker>,
    /// How topics are named.
    pub(crate) topics: Naming,
    /// A request id travels along HTTP calls.
    pub(crate) request_ids: bool,
    /// A correlation id travels with everything.
    pub(crate) correlation: bool,
    /// What the log collector puts around lines, and how many services it collects from (0 to 1).
    pub(crate) wrap: (Wrap, f64),
    /// The share of services that use the platform team's layout.
    pub(crate) uniform: f64,
    /// Machines; services on one share a clock.
    pub(crate) hosts: Vec<String>,
    /// Behind the names of services: `-service`, `-svc`, nothing …
    pub(crate) service_suffix: String,
    /// Before the names of services.
    pub(crate) service_prefix: String,
    /// The start of the run, nanoseconds since the epoch.
    pub(crate) epoch_ns: i64,
    /// Everything is so many times as slow as elsewhere.
    pub(crate) pace: f64,
    /// How likely a span logs at both of its ends, and in between, where 1 is often.
    pub(crate) wordiness: f64,
}

/// Draws a company of the trade `domain`.
pub(crate) fn draw(draw: &mut Draw, seed: u64, domain: &Domain, services: usize) -> Company {
    let name = draw_name(draw);
    let ids = [
        (56, IdSpelling::Hex),
        (8, IdSpelling::Hex64),
        (7, IdSpelling::Decimal),
        (6, IdSpelling::HexDecimal),
        (6, IdSpelling::Uuid),
        (5, IdSpelling::Xray),
        (7, IdSpelling::Loud),
    ];
    let ids = dealt(seed, 0.618_033_988_7, &ids);
    let propagation = match ids {
        IdSpelling::Decimal | IdSpelling::HexDecimal => Propagation::Datadog,
        IdSpelling::Hex64 => draw.weighted(&[(3, Propagation::B3), (1, Propagation::Jaeger)]),
        IdSpelling::Hex => {
            draw.weighted(&[(8, Propagation::W3c), (2, Propagation::B3), (1, Propagation::Jaeger)])
        }
        _ => Propagation::W3c,
    };
    const BROKERS: [(u32, Broker); 10] = [
        (24, Broker::Rabbit),
        (28, Broker::Kafka),
        (10, Broker::Sqs),
        (9, Broker::Nats),
        (7, Broker::RedisStreams),
        (5, Broker::Pulsar),
        (6, Broker::PubSub),
        (5, Broker::Jms),
        (5, Broker::ServiceBus),
        (5, Broker::CloudEvents),
    ];
    let mut brokers = vec![dealt(seed, 0.414_213_562_4, &BROKERS)];
    if draw.chance(0.25) {
        brokers.push(draw.weighted(&BROKERS));
        brokers.dedup();
    }
    const WRAPS: [(u32, Wrap); 5] =
        [(78, Wrap::None), (7, Wrap::Cri), (6, Wrap::Docker), (5, Wrap::Compose), (4, Wrap::Kubectl)];
    let wrap = match dealt(seed, 0.732_050_807_6, &WRAPS) {
        Wrap::None => (Wrap::None, 0.0),
        wrap => (wrap, if draw.chance(0.6) { 1.0 } else { 0.5 }),
    };
    let host_count = draw.range(1 + services as i64 / 4, services as i64) as usize;
    let stem = draw.word(&["node", "web", "ip-10-0-3", "srv", "worker", "k8s-pool-a", "vm"]).to_string();
    let topics = topics(draw, &domain.name, &name);
    let (epoch_ns, pace) = (start(draw), draw.magnitude(0.4, 3.0));
    Company {
        ids,
        propagation,
        brokers,
        topics,
        request_ids: draw.chance(0.6),
        correlation: draw.chance(0.2),
        wrap,
        uniform: *draw.pick(&[0.0, 0.0, 0.5, 0.8, 1.0]),
        hosts: (1..=host_count).map(|at| format!("{stem}-{at}")).collect(),
        service_suffix: draw
            .weighted(&[(55, ""), (16, "-service"), (12, "-svc"), (5, "-app"), (6, "service")])
            .to_owned(),
        service_prefix: if draw.chance(0.12) {
            format!("{}-", &name[..name.len().min(3)])
        } else {
            String::new()
        },
        name,
        epoch_ns,
        pace,
        wordiness: draw.magnitude(0.03, 0.8),
    }
}

fn draw_name(draw: &mut Draw) -> String {
    if draw.chance(0.5) {
        return words::invented(draw);
    }
    let known = [
        "acme", "kestrel", "nordwind", "bluefin", "halden", "mistral", "tern", "corvus", "lumen", "oakridge",
    ];
    (*draw.pick(&known)).to_owned()
}

fn topics(draw: &mut Draw, domain: &str, company: &str) -> Naming {
    let case = draw.weighted(&[
        (34, Case::Dotted),
        (16, Case::Pascal),
        (20, Case::Kebab),
        (14, Case::Snake),
        (6, Case::Upper),
        (4, Case::Camel),
    ]);
    let separator = match case {
        Case::Pascal | Case::Camel | Case::Dotted => ".",
        Case::Upper => "_",
        Case::Snake | Case::Kebab => draw.word(&[".", "-", "_"]),
    };
    let prefix = match draw.below(8) {
        0 => format!("{company}{separator}"),
        1 => format!("{domain}{separator}"),
        2 => format!("prod{separator}{domain}{separator}"),
        3 if matches!(case, Case::Pascal) => format!("com.{company}.{domain}."),
        _ => String::new(),
    };
    let suffix = match draw.below(7) {
        0 => format!("{separator}v{}", draw.range(1, 3)),
        1 if case == Case::Pascal => "Event".to_owned(),
        2 => format!("{separator}{}", if case == Case::Upper { "EVENTS" } else { "events" }),
        _ => String::new(),
    };
    Naming { case, prefix: if case == Case::Upper { prefix.to_uppercase() } else { prefix }, suffix }
}

/// A time of day in the years 2024 to 2026, far from the turn of a year.
fn start(draw: &mut Draw) -> i64 {
    const DAY: i64 = 86_400;
    let year_start = *draw.pick(&[1_704_067_200, 1_735_689_600, 1_767_225_600]);
    let seconds = year_start + draw.range(20, 330) * DAY + draw.range(2 * 3_600, 21 * 3_600);
    seconds * 1_000_000_000 + draw.range(0, 999_999_999)
}
