//! What a site says at one moment: its values, not yet its text.

use std::rc::Rc;

use super::{Ctx, MS, Run};
use crate::layout::Value;
use crate::layout::tail::raw;
use crate::plan::Trigger;
use crate::site::SiteId;
use crate::slot::Slot;
use crate::words::{self, Case};

/// One log record before it is text.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// True time.
    pub(crate) at: i64,
    /// Among records of one time.
    pub(crate) order: u64,
    pub(crate) site: SiteId,
    /// None: logged outside any span.
    pub(crate) span: Option<usize>,
    pub(crate) thread: (usize, u32),
    pub(crate) values: Vec<(Slot, Value)>,
}

/// What a line may need beside its surroundings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct More {
    /// Since when durations count.
    pub(super) since: i64,
    pub(super) status: u16,
    pub(super) attempt: u32,
    pub(super) delay_ns: i64,
    pub(super) count: Option<usize>,
}

const REFUSALS: [&str; 10] = [
    "limit exceeded",
    "not eligible",
    "insufficient funds",
    "sold out",
    "expired",
    "outside service area",
    "duplicate entry",
    "blocked by policy",
    "quota used up",
    "not available",
];

const BREAKS: [&str; 10] = [
    "connection reset by peer",
    "read timed out after 2000 ms",
    "deadlock detected",
    "503 Service Unavailable",
    "too many connections",
    "broken pipe",
    "no route to host",
    "lock wait timeout exceeded",
    "EOF",
    "connection refused",
];

impl Run {
    /// Logs at `site` within `span`; returns the time afterwards.
    pub(super) fn say(
        &mut self,
        site: Option<SiteId>,
        ctx: &Ctx,
        span: Option<usize>,
        at: i64,
        more: More,
    ) -> i64 {
        let Some(site) = site else { return at };
        let system = Rc::clone(&self.system);
        let values =
            system.sites[site].gaps().into_iter().map(|slot| (slot, self.value(slot, site, ctx, at, more)));
        let values = values.collect();
        self.order += 1;
        self.records.push(Record { at, order: self.order, site, span, thread: ctx.thread, values });
        let pause = system.sites[site]
            .pause
            .map_or(0, |pause| pause.sample(&mut self.transactions[ctx.transaction].draw));
        at + pause + self.moment(ctx.transaction)
    }

    /// Logs in the span that is open.
    pub(super) fn note(&mut self, site: Option<SiteId>, ctx: &Ctx, at: i64, more: More) -> i64 {
        self.say(site, ctx, Some(ctx.span), at, more)
    }

    fn value(&mut self, slot: Slot, site: SiteId, ctx: &Ctx, at: i64, more: More) -> Value {
        let system = Rc::clone(&self.system);
        let transaction = &mut self.transactions[ctx.transaction];
        let message = ctx.message.as_deref();
        let since = if system.sites[site].aged { transaction.started } else { more.since };
        let text = |text: &str| Value::Text(text.to_owned());
        let bare = |text: String| Value::Bare(text);
        match slot {
            Slot::Key => key(&transaction.key),
            Slot::Sub(at) => key(&transaction.subs[usize::from(at)]),
            Slot::Request => text(&transaction.request),
            Slot::Correlation => {
                let asked = message.and_then(|message| message.ask.as_ref()).map(|(_, id)| id.as_str());
                text(asked.or(ctx.correlation.as_deref()).unwrap_or(&transaction.correlation))
            }
            Slot::Actor => text(&transaction.actor),
            Slot::Tenant => text(&transaction.tenant),
            Slot::Unit => text(&transaction.units[ctx.unit.unwrap_or(0)]),
            Slot::Amount => bare(transaction.amount.clone()),
            Slot::Count => bare(more.count.unwrap_or_else(|| 1 + transaction.draw.below(9)).to_string()),
            Slot::Message => text(message.map_or("-", |message| &message.id)),
            Slot::Partition => bare(message.map_or(0, |message| message.partition).to_string()),
            Slot::Offset => bare(message.map_or(0, |message| message.offset).to_string()),
            Slot::Tag => bare(ctx.tag.to_string()),
            Slot::Redelivered => bare(ctx.redelivered.to_string()),
            Slot::Attempt => bare(more.attempt.max(ctx.attempt).max(1).to_string()),
            Slot::Millis => bare(((at - since) / MS).to_string()),
            Slot::Took => {
                let service = &system.services[system.sites[site].service];
                text(&service.duration.write(at - since))
            }
            Slot::Status => bare(more.status.to_string()),
            Slot::Worker => bare((ctx.thread.1 + 1).to_string()),
            Slot::Caller => match ctx.caller {
                Some(service) => text(&system.services[service].name),
                None => text(["web", "ios", "android", "partner"][transaction.draw.below(4)]),
            },
            Slot::Error => {
                let refusing = matches!(system.sites[site].role, "declined" | "refuse" | "compensate");
                text(transaction.draw.word(if refusing { &REFUSALS } else { &BREAKS }))
            }
            Slot::Delay => bare((more.delay_ns / MS).to_string()),
            Slot::Keys => {
                let of = |message: &Rc<super::Message>| self.transactions[message.transaction].key.clone();
                Value::List(ctx.batch.iter().flat_map(|batch| batch.iter()).map(of).collect())
            }
            Slot::Messages => Value::List(
                ctx.batch
                    .iter()
                    .flat_map(|batch| batch.iter())
                    .map(|message| coordinates(&system, message))
                    .collect(),
            ),
            Slot::Payload => {
                let field = |entity: &crate::domain::Entity| words::cased(&entity.keys[0], Case::Camel);
                let (key_name, actor_name) = (field(&system.domain.entity), field(&system.domain.actor));
                let (key, actor) = (raw(&key(&transaction.key)), &transaction.actor);
                let amount = &transaction.amount;
                bare(format!("{{\"{key_name}\":{key},\"{actor_name}\":\"{actor}\",\"amount\":{amount}}}"))
            }
            Slot::Bytes => bare((120 + transaction.draw.below(4_000)).to_string()),
            Slot::Topic
            | Slot::Event
            | Slot::Peer
            | Slot::Route
            | Slot::Op
            | Slot::Version
            | Slot::Region => {
                unreachable!("{slot:?} is fixed when the site is drawn")
            }
        }
    }

    /// The line that an HTTP server writes for each request, without ids.
    pub(super) fn access(&mut self, ctx: &Ctx, at: i64, status: u16) {
        let system = Rc::clone(&self.system);
        let reaction = &system.reactions[ctx.reaction];
        if matches!(reaction.trigger, Trigger::Http { .. }) {
            self.say(reaction.access, ctx, None, at, More { status, ..More::default() });
        }
    }
}

/// A key as a value: plain numbers stand without quotes.
fn key(text: &str) -> Value {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        Value::Bare(text.to_owned())
    } else {
        Value::Text(text.to_owned())
    }
}

/// What names a message of a batch.
fn coordinates(system: &crate::plan::System, message: &super::Message) -> String {
    let channel = &system.channels[message.channel];
    if channel.broker.has_offsets() {
        format!("{}-{}@{}", channel.name, message.partition, message.offset)
    } else {
        message.id.clone()
    }
}
