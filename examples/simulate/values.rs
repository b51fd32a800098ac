//! The shapes of business values: keys, message ids, customers, amounts.

use crate::company::Broker;
use crate::draw::{Draw, dealt};
use crate::stamp::iso;

/// The shape of the keys of one kind of entity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Uuid,
    /// Prefix, dash or not, and a number that counts up.
    Numbered(String, i64),
    Ulid,
    /// So many letters and digits in upper case.
    Base36(usize),
    /// A plain number that counts up.
    Plain(i64),
    /// `2026/HH/000123`
    Yearly(String, i64),
    /// 24 hexadecimal digits.
    ObjectId,
    /// `nHx_3kP-...`, 12 characters
    Nano,
    /// A prefix and random hexadecimal digits, `pay_3fa9…`.
    Tagged(String),
}

/// How common the shapes are.
const SHAPES: [(u32, u8); 9] = [(18, 0), (26, 1), (9, 2), (9, 3), (12, 4), (8, 5), (6, 6), (4, 7), (10, 8)];

impl Shape {
    /// Draws a shape for an entity whose prefix is `prefix`.
    pub(crate) fn draw(draw: &mut Draw, prefix: &str) -> Self {
        let at = draw.weighted(&SHAPES);
        Self::of(draw, at, prefix)
    }

    /// The shape of the main entity in the system of this number.
    pub(crate) fn numbered(draw: &mut Draw, seed: u64, prefix: &str) -> Self {
        let at = dealt(seed, 0.236_067_977_5, &SHAPES);
        Self::of(draw, at, prefix)
    }

    fn of(draw: &mut Draw, at: u8, prefix: &str) -> Self {
        let start = draw.magnitude(1_000.0, 9e8) as i64;
        match at {
            0 => Self::Uuid,
            1 => Self::Numbered(format!("{prefix}{}", draw.word(&["-", "-", "", "_"])), start),
            2 => Self::Ulid,
            3 => Self::Base36(6 + draw.below(4)),
            4 => Self::Plain(start),
            5 => Self::Yearly(prefix.to_owned(), start % 900_000),
            6 => Self::ObjectId,
            7 => Self::Nano,
            _ => Self::Tagged(prefix.to_lowercase()),
        }
    }

    /// The value of the entity that is the `at`-th of its kind.
    pub(crate) fn value(&self, draw: &mut Draw, at: usize, now_ns: i64) -> String {
        // Other customers' numbers lie between ours.
        let step = at as i64 * 3 + draw.range(0, 2);
        match self {
            Self::Uuid => uuid(draw),
            Self::Numbered(prefix, start) => format!("{prefix}{}", start + step),
            Self::Ulid => ulid(draw, now_ns),
            Self::Base36(n) => draw.of(b"ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", *n),
            Self::Plain(start) => (start + step).to_string(),
            Self::Yearly(prefix, start) => {
                let year = &iso(0).write(now_ns)[..4];
                format!("{year}/{prefix}/{:06}", start + step)
            }
            Self::ObjectId => format!("{:08x}{}", now_ns / 1_000_000_000, draw.hex(16)),
            Self::Nano => draw.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", 12),
            Self::Tagged(prefix) => format!("{prefix}_{}", draw.hex(14)),
        }
    }

    /// What it is called in a description.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Numbered(..) => "prefixed number",
            Self::Ulid => "ulid",
            Self::Base36(_) => "base36",
            Self::Plain(_) => "integer",
            Self::Yearly(..) => "year/prefix/number",
            Self::ObjectId => "object id",
            Self::Nano => "nano id",
            Self::Tagged(_) => "tagged hex",
        }
    }
}

/// A random UUID, version 4.
pub(crate) fn uuid(draw: &mut Draw) -> String {
    let (high, variant) = (draw.hex(8), draw.word(&["8", "9", "a", "b"]));
    format!("{high}-{}-4{}-{variant}{}-{}", draw.hex(4), draw.hex(3), draw.hex(3), draw.hex(12))
}

/// A ULID of this time.
pub(crate) fn ulid(draw: &mut Draw, now_ns: i64) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let ms = now_ns / 1_000_000;
    let time: String = (0..10).rev().map(|at| char::from(DIGITS[(ms >> (5 * at) & 31) as usize])).collect();
    time + &draw.of(DIGITS, 16)
}

/// The id that `broker` or its client library gives to a message; `count` is the number of messages before it.
pub(crate) fn message_id(draw: &mut Draw, broker: Broker, count: u64, partition: u32, now_ns: i64) -> String {
    match broker {
        Broker::Rabbit | Broker::Sqs | Broker::Kafka => uuid(draw),
        Broker::Nats => (48_210 + count).to_string(),
        Broker::RedisStreams => format!("{}-{}", now_ns / 1_000_000, count % 3),
        Broker::Pulsar => format!("{}:{}:{partition}", 1_200 + count / 500, count % 500),
        Broker::PubSub => {
            (9_824_160_337_105_212 + (now_ns / 1_000) % 1_000_000_000_000 + count as i64).to_string()
        }
        Broker::Jms => format!("ID:{}-{}-1:{}:1:1:{}", "amq-host", 41_233, 1 + partition, count + 1),
        Broker::ServiceBus => draw.hex(32),
        Broker::CloudEvents => ulid(draw, now_ns),
    }
}

/// An amount of money.
pub(crate) fn amount(draw: &mut Draw) -> String {
    let cents = draw.magnitude(300.0, 90_000.0) as i64;
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The id of an actor: a number of the pool, the popular ones first.
pub(crate) fn actor(prefix: &str, rank: usize) -> String {
    format!("{prefix}{}", 1_000 + (rank * 7_919) % 9_000)
}

/// The id that an edge gives to a request, in the shape that the system `seed` uses.
pub(crate) fn request_id(draw: &mut Draw, seed: u64) -> String {
    match seed % 4 {
        0 => uuid(draw),
        1 => format!("req-{}", draw.hex(12)),
        2 => draw.hex(20),
        _ => draw.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 10),
    }
}
