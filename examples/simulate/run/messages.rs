//! Messages: sending, delivering, failing and coming again, several at once.

use std::rc::Rc;

use super::reactions::Cause;
use super::record::More;
use super::{Ctx, End, FaultKind, MS, Message, Run, Then, Transaction};
use crate::layout::Value;
use crate::plan::{Publish, Subscriber, Trigger};
use crate::slot::Slot;
use crate::values;

/// Messages that wait for a batch.
#[derive(Default)]
pub(super) struct Gathered {
    messages: Vec<Rc<Message>>,
    /// Batches so far.
    turn: u64,
}

impl Run {
    /// Sends a message; `answers` says whose waiting it ends.
    pub(super) fn publish(
        &mut self,
        publish: Publish,
        ctx: Ctx,
        answers: Option<(u64, String)>,
        at: i64,
        then: Then,
    ) {
        let system = Rc::clone(&self.system);
        let service = system.reactions[ctx.reaction].service;
        let asks = publish.reply.is_some();
        let ask = match answers {
            Some(ask) => Some(ask),
            None if asks => {
                let draw = &mut self.transactions[ctx.transaction].draw;
                let id = values::uuid(draw);
                self.order += 1;
                Some((self.order, id))
            }
            None => None,
        };
        let partition = self.partition(publish.channel, ctx.transaction);
        let (offset, id) = self.next_message(publish.channel, partition, ctx.transaction, at);
        let message = Message {
            id,
            channel: publish.channel,
            partition,
            offset,
            producer: Some(ctx.span),
            transaction: ctx.transaction,
            unit: ctx.unit,
            ask: ask.clone(),
        };
        let telling = Ctx { message: Some(Rc::new(message.clone())), ..ctx.clone() };
        let more = More { since: at, ..More::default() };
        let mut at = self.note(publish.before, &telling, at, more);
        let span =
            publish.span.as_ref().map(|plan| self.open(plan, service, ctx.transaction, Some(ctx.span), at));
        let inner = Ctx { span: span.unwrap_or(ctx.span), ..telling.clone() };
        if let Some(span) = span {
            self.spans[span].attributes.push(("messaging.message.id".to_owned(), message.id.clone()));
        }
        at += self.system_moment();
        at = self.note(publish.span.as_ref().and_then(|plan| plan.first), &inner, at, more);
        let taken = at + publish.accept.sample(&mut self.transactions[ctx.transaction].draw);
        let message = Rc::new(Message { producer: Some(inner.span), ..message });
        self.distribute(&message, taken);
        let confirmed = match publish.confirm {
            Some(confirm) => taken + confirm.sample(&mut self.transactions[ctx.transaction].draw),
            None => at + self.system_moment(),
        };
        self.at(confirmed, move |run| {
            let mut at = run.note(publish.span.as_ref().and_then(|plan| plan.last), &inner, confirmed, more);
            if let Some(span) = span {
                run.close(span, at, false);
            }
            at = run.note(publish.after, &telling, at, more);
            match (publish.reply, ask) {
                (Some(_), Some((id, _))) if run.early_answers.remove(&id) => then(run, at, End::Done),
                (Some((_, patience_ms, site)), Some((id, _))) => {
                    run.asks.insert(id, then);
                    let late = at + (patience_ms * MS as f64) as i64;
                    run.at(late, move |run| {
                        if let Some(then) = run.asks.remove(&id) {
                            let at = run.note(site, &telling, late, More { since: at, ..More::default() });
                            then(run, at, End::Failed);
                        }
                    });
                }
                _ => then(run, at, End::Done),
            }
        });
    }

    /// A message that the world sends to the flow's entry.
    pub(super) fn message_from_outside(&mut self, entry: usize, transaction: usize, at: i64) -> Rc<Message> {
        let Trigger::Channel(channel) = self.system.reactions[entry].trigger else {
            unreachable!("a device sends messages")
        };
        let partition = self.partition(channel, transaction);
        let (offset, id) = self.next_message(channel, partition, transaction, at);
        Rc::new(Message {
            id,
            channel,
            partition,
            offset,
            producer: None,
            transaction,
            unit: None,
            ask: None,
        })
    }

    /// The partition that the transaction's key goes to.
    fn partition(&self, channel: usize, transaction: usize) -> u32 {
        let key = &self.transactions[transaction].key;
        let hash = key
            .bytes()
            .fold(2_166_136_261u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
        (hash >> 8) % self.system.channels[channel].partitions
    }

    fn next_message(&mut self, channel: usize, partition: u32, transaction: usize, at: i64) -> (u64, String) {
        let broker = self.system.channels[channel].broker;
        let start = 1_000 + channel as u64 * 7_310 + u64::from(partition) * 913;
        let offset = self.offsets.entry((channel, partition)).or_insert(start);
        *offset += 1;
        let offset = *offset;
        let id = values::message_id(&mut self.transactions[transaction].draw, broker, offset, partition, at);
        (offset, id)
    }

    /// Brings a message to everybody who takes messages of its channel.
    fn distribute(&mut self, message: &Rc<Message>, at: i64) {
        let system = Rc::clone(&self.system);
        let channel = &system.channels[message.channel];
        for subscriber in &channel.subscribers {
            let delay = channel.delay.sample(&mut self.transactions[message.transaction].draw);
            let mut there = at + delay;
            if let Some(every) = channel.poll_ms {
                there = self.fetch(message.channel, (every * MS as f64) as i64, there);
            }
            let message = Rc::clone(message);
            match *subscriber {
                Subscriber::Reaction(reaction) => {
                    if self.lose(reaction, &message, there) {
                        continue;
                    }
                    self.at(there, move |run| run.receive(reaction, message, 1, there));
                }
                Subscriber::Batch(batch) => self.at(there, move |run| run.gather(batch, message, there)),
            }
        }
    }

    /// The next time at which a polling consumer fetches; logs how much it found.
    fn fetch(&mut self, channel: usize, every: i64, at: i64) -> i64 {
        let tick = at.div_euclid(every) + 1;
        let there = tick * every;
        let found = self.fetched.entry((channel, tick)).or_insert(0);
        *found += 1;
        if *found == 1 {
            self.at(there, move |run| {
                let count = run.fetched[&(channel, tick)];
                let system = Rc::clone(&run.system);
                let Some(site) = system.channels[channel].polled else { return };
                let value = Value::Bare(count.to_string());
                let values = system.sites[site].gaps().into_iter().map(|slot| match slot {
                    Slot::Count => (slot, value.clone()),
                    _ => (slot, Value::Bare("0".to_owned())),
                });
                let values = values.collect();
                run.order += 1;
                let order = run.order;
                run.records.push(super::Record {
                    at: there,
                    order,
                    site,
                    span: None,
                    thread: (1, 0),
                    values,
                });
            });
        }
        // One record after the other.
        there + *self.fetched.get(&(channel, tick)).expect("just made") as i64 * 150_000
    }

    /// A message reaches its consumer.
    pub(super) fn receive(&mut self, reaction: usize, message: Rc<Message>, attempt: u32, at: i64) {
        self.take(reaction, message, attempt, attempt > 1, at);
    }

    fn take(&mut self, reaction: usize, message: Rc<Message>, attempt: u32, redelivered: bool, at: i64) {
        let system = Rc::clone(&self.system);
        let lane = if system.channels[message.channel].broker.has_offsets() { message.partition } else { 0 };
        let pool = (reaction, lane);
        self.enter(
            pool,
            at,
            Box::new(move |run, at, worker| {
                let at = at + run.system_moment();
                let fails = match &system.reactions[reaction].redelivery {
                    Some(redelivery) if attempt < redelivery.attempts || run.load.exhaustion => {
                        let p = if attempt == 1 { redelivery.flaky } else { 0.45 };
                        run.transactions[message.transaction].draw.chance(p)
                    }
                    _ => false,
                };
                let cause = Cause {
                    reaction,
                    transaction: message.transaction,
                    parent: message.producer,
                    links: Vec::new(),
                    caller: None,
                    unit: message.unit,
                    message: Some(Rc::clone(&message)),
                    batch: None,
                    attempt,
                    redelivered,
                    thread: (1, if lane > 0 { lane } else { worker }),
                    fails,
                };
                run.react(
                    cause,
                    at,
                    Box::new(move |run, at, end| {
                        run.leave(pool, worker, at);
                        run.settle(reaction, message, attempt, redelivered, at, end);
                    }),
                );
            }),
        );
    }

    /// What becomes of a message after it was handled.
    fn settle(
        &mut self,
        reaction: usize,
        message: Rc<Message>,
        attempt: u32,
        redelivered: bool,
        at: i64,
        end: End,
    ) {
        let system = Rc::clone(&self.system);
        let transaction = message.transaction;
        if let (Some((id, _)), true) = (&message.ask, end == End::Done) {
            let answers = !system.reactions[reaction].can_fail;
            let later = at + self.system_moment();
            match self.asks.remove(id) {
                Some(then) if answers => then(self, later, End::Done),
                Some(then) => {
                    self.asks.insert(*id, then);
                }
                None if answers => {
                    self.early_answers.insert(*id);
                }
                None => {}
            }
        }
        match (&system.reactions[reaction].redelivery, end) {
            (Some(redelivery), End::Failed) if attempt < redelivery.attempts => {
                let there = at + redelivery.backoff.sample(&mut self.transactions[transaction].draw);
                self.at(there, move |run| run.take(reaction, message, attempt + 1, true, there));
            }
            _ => {
                let again = end == End::Done && !redelivered && self.repeats(reaction, transaction);
                if again {
                    let gap = (self.transactions[transaction].draw.magnitude(5.0, 600.0) * MS as f64) as i64;
                    self.at(at + gap, move |run| run.take(reaction, message, attempt, true, at + gap));
                }
            }
        }
    }

    /// True where the transaction's fault is that this reaction handles twice.
    fn repeats(&self, reaction: usize, transaction: usize) -> bool {
        self.transactions[transaction].planned.as_ref().is_some_and(|planned| {
            planned.kind == FaultKind::Duplicate && planned.reaction == reaction && planned.struck.is_some()
        })
    }

    /// Counts a delivery.
    pub(super) fn tag(&mut self, reaction: usize, delivery: bool) -> u64 {
        if !delivery {
            return 0;
        }
        let tag = self.tags.entry(reaction).or_insert(0);
        *tag += 1;
        *tag
    }

    /// A message joins those that wait for a batch.
    fn gather(&mut self, batch: usize, message: Rc<Message>, at: i64) {
        let system = Rc::clone(&self.system);
        let plan = &system.batches[batch];
        let gathered = self.gathered.entry(batch).or_default();
        gathered.messages.push(message);
        let turn = gathered.turn;
        if gathered.messages.len() == plan.size {
            self.flush(batch, turn, at);
        } else if gathered.messages.len() == 1 {
            let late = at + (plan.wait_ms * MS as f64) as i64;
            self.at(late, move |run| run.flush(batch, turn, late));
        }
    }

    /// Handles the messages that have come together, in a transaction of its own.
    fn flush(&mut self, batch: usize, turn: u64, at: i64) {
        let system = Rc::clone(&self.system);
        let gathered = self.gathered.entry(batch).or_default();
        if gathered.turn != turn || gathered.messages.is_empty() {
            return;
        }
        gathered.turn += 1;
        let messages = std::mem::take(&mut gathered.messages);
        let flow = self.transactions[messages[0].transaction].flow;
        let number = self.transactions.len();
        let draw = self.draw.fork("batch");
        let source = &self.transactions[messages[0].transaction];
        let made = Transaction {
            flow,
            kind: "batch",
            key: source.key.clone(),
            subs: source.subs.clone(),
            request: source.request.clone(),
            correlation: source.correlation.clone(),
            actor: source.actor.clone(),
            tenant: source.tenant.clone(),
            amount: source.amount.clone(),
            units: source.units.clone(),
            root: None,
            started: at,
            declined: false,
            failed: false,
            planned: None,
            draw,
        };
        self.transactions.push(made);
        let reaction = system.batches[batch].reaction;
        let mut links: Vec<usize> = messages.iter().filter_map(|message| message.producer).collect();
        links.dedup();
        self.enter(
            (reaction, 0),
            at,
            Box::new(move |run, at, worker| {
                let cause = Cause {
                    reaction,
                    transaction: number,
                    parent: None,
                    links,
                    caller: None,
                    unit: None,
                    message: None,
                    batch: Some(Rc::new(messages)),
                    attempt: 1,
                    redelivered: false,
                    thread: (1, worker),
                    fails: false,
                };
                run.react(cause, at, Box::new(move |run, at, _| run.leave((reaction, 0), worker, at)));
            }),
        );
    }
}
