//! Channels, and reactions for the messages on them.

use std::rc::Rc;

use super::{Planner, Scene, TIMED};
use crate::company::Broker;
use crate::draw::Spread;
use crate::plan::{
    Batch, Body, Channel, Feature, Kind, Reaction, Redelivery, SpanPlan, Step, Subscriber, Trigger,
};
use crate::service::Ends;
use crate::site::{About, Facts};
use crate::slot::Slot;
use crate::words::{self, Case, Task};

/// What is drawn for a consumer.
pub(super) struct Consumption {
    /// The channel that it takes messages from.
    pub(super) channel: usize,
    /// What it does with them.
    pub(super) task: Task,
    /// It may fail and get the message again.
    pub(super) redelivery: bool,
    /// After several failures the message is set aside.
    pub(super) dead_letters: bool,
    /// It may say no, and tells others.
    pub(super) body: Option<(Body, Body)>,
}

impl Planner {
    /// A channel that `service` would send to when it has done `task`.
    pub(super) fn channel(&mut self, service: usize, task: &Task, queue: bool) -> usize {
        let broker = self.services[service].broker;
        let past = words::past(&task.verb);
        let mut name = self.company.topics.name(&task.object, &past);
        if queue {
            name = format!(
                "{}{}",
                words::cased(&task.base(), Case::Kebab),
                self.draw.word(&["-queue", "-jobs", ".work", ""])
            );
        }
        while self.channels.iter().any(|channel| channel.name == name) {
            name += "-2";
        }
        let named = self.draw.weighted(&[
            (60, (true, true)),
            (12, (false, true)),
            (11, (true, false)),
            (17, (false, false)),
        ]);
        let delay_ms = self.draw.magnitude(0.4, 30.0);
        let delay = Spread::around(&mut self.draw, delay_ms);
        self.channels.push(Channel {
            name,
            broker,
            event: format!("{} {past}", task.object),
            subscribers: Vec::new(),
            delay,
            partitions: self.draw.range(1, 12) as u32,
            poll_ms: None,
            polled: None,
            named,
        });
        self.channels.len() - 1
    }

    /// The slots that name a message of this channel, if the side prints them.
    pub(super) fn message_slots(&mut self, channel: usize, receiver: bool, forced: bool) -> Vec<Slot> {
        let Channel { broker, named, .. } = &self.channels[channel];
        let printed = if receiver { named.1 } else { named.0 };
        if !printed && !forced {
            return Vec::new();
        }
        if broker.has_offsets() {
            return vec![Slot::Topic, Slot::Partition, Slot::Offset];
        }
        vec![Slot::Message]
    }

    /// A reaction of `service` for the messages of a channel, subscribed to it.
    pub(super) fn consumer(&mut self, service: usize, what: Consumption, mut scene: Scene) -> usize {
        self.budget -= 1;
        self.seen.push(service);
        scene.path.push(service);
        scene.depth += 1;
        if !self.company.correlation {
            scene.known.remove(&Slot::Request);
        }
        let Consumption { channel, task, redelivery, dead_letters, body } = what;
        let about = self.message_about(channel, &task);
        let mut ends = self.entry_ends(service, scene.path.len() == 1);
        let named = self.message_slots(channel, true, scene.unit);
        let identity = self.identity(service, &scene, &named);
        let mut more = named.clone();
        if self.channels[channel].broker == Broker::Rabbit {
            more.push(Slot::Tag);
        }
        more.extend([Slot::Redelivered, Slot::Attempt]);
        let mut facts = self.facts(service, &scene, &more);
        facts.must.extend(identity.clone());
        facts.may.extend([
            (Slot::Topic, 0.25),
            (Slot::Event, 0.1),
            (Slot::Tag, 0.3),
            (Slot::Redelivered, 0.12),
            (Slot::Payload, 0.06),
        ]);
        facts.known.extend(scene.known.contains(&Slot::Key).then_some(Slot::Payload));
        if redelivery {
            facts.must.push(Slot::Attempt);
            if ends == Ends::Neither {
                ends = Ends::First;
            }
        }
        let (body, declined, after) = match body {
            Some((body, declined)) => (body, declined, scene.clone()),
            None => self.body(service, &task, scene.clone()),
        };
        let ends = ends.around(&body);
        let first = self.site_if(ends.first(), service, "message", &about, &facts);
        more.extend([Slot::Took, Slot::Millis]);
        let mut facts = self.facts(service, &after, &more);
        if !ends.first() {
            facts.must.extend(identity);
            facts.must.extend(self.draw.chance(TIMED).then_some(Slot::Took));
        }
        facts.may.extend([(Slot::Millis, 0.4), (Slot::Tag, 0.15)]);
        facts.known.insert(Slot::Delay);
        let last = self.site_if(ends.last(), service, "handled", &about, &facts);
        let wanted = ends.last() && self.draw.chance(0.4);
        let refused = self.site_if(wanted, service, "declined", &about, &facts);
        let fail = Some(self.site(service, "failed", &about, &facts));
        let redelivery =
            redelivery.then(|| self.redelivery(service, channel, &about, &facts, &after, dead_letters));
        let channel_name = &self.channels[channel].name;
        let name = match channel_name.len() % 3 {
            0 => format!("process {channel_name}"),
            1 => format!("{channel_name} process"),
            _ => format!("{channel_name} receive"),
        };
        let attribute = Some(("messaging.destination.name", channel_name.clone()));
        let reaction = self.push(Reaction {
            service,
            task,
            trigger: Trigger::Channel(channel),
            span: SpanPlan { name, kind: Kind::Consumer, first, last, fail, attribute },
            refused,
            prepare: Spread::LogNormal(0.1 * self.company.pace, 0.5),
            body,
            declined,
            redelivery,
            access: None,
            batch_line: None,
            loses_context: false,
            can_fail: scene.path.len() > 1,
            can_repeat: scene.path.len() > 1,
        });
        self.channels[channel].subscribers.push(Subscriber::Reaction(reaction));
        reaction
    }

    /// The words of a message of `channel` that sets off `task`.
    pub(super) fn message_about(&mut self, channel: usize, task: &Task) -> About {
        let mut about = self.about(task);
        about.topic.clone_from(&self.channels[channel].name);
        about.event.clone_from(&self.channels[channel].event);
        about
    }

    fn redelivery(
        &mut self,
        service: usize,
        channel: usize,
        about: &About,
        facts: &Facts,
        scene: &Scene,
        dead_letters: bool,
    ) -> Redelivery {
        self.shown.insert(Feature::Redelivery);
        let dead = Some(self.site(service, "dead", about, facts));
        let mut parked: Vec<Step> = Vec::new();
        if dead_letters {
            self.shown.insert(Feature::DeadLetter);
            let task = about.task.clone().expect("a consumer has a task");
            let dlq = self.channel(service, &Task { verb: "park".to_owned(), object: task.object }, true);
            let event = format!(
                "{}{}",
                self.channels[channel].name,
                self.draw.word(&[".dlq", "-dead-letter", ".DLT", "_error"])
            );
            self.channels[dlq].name = event;
            let mut scene = scene.clone();
            scene.path.pop();
            let publish = self.publish(service, dlq, &scene);
            let keeper = self.other(&[service]);
            let task = self.task(keeper);
            let body = Some((Rc::from([]), Rc::from([])));
            self.consumer(
                keeper,
                Consumption { channel: dlq, task, redelivery: false, dead_letters: false, body },
                scene,
            );
            parked.push(publish);
        }
        let backoff_ms = self.draw.magnitude(30.0, 900.0);
        Redelivery {
            attempts: self.draw.range(2, 4) as u32,
            flaky: self.draw.between(0.06, 0.2),
            backoff: Spread::around(&mut self.draw, backoff_ms),
            dead,
            parked: parked.into(),
        }
    }

    /// A reaction that takes several messages of `channel` at once.
    pub(super) fn batch(&mut self, service: usize, channel: usize, scene: &Scene) {
        self.budget -= 1;
        self.seen.push(service);
        let task = self.task(service);
        let about = self.message_about(channel, &task);
        let (ids, keys) = (self.channels[channel].named.1, self.services[service].habits.keys);
        let known = [Slot::Count, Slot::Keys, Slot::Messages, Slot::Took, Slot::Millis, Slot::Error];
        let each = self.draw.chance(0.5);
        let mut facts = Facts { known: known.into_iter().collect(), ..Facts::default() };
        facts.must.push(Slot::Count);
        if !each {
            facts.must.push(if ids && self.draw.chance(0.5) { Slot::Messages } else { Slot::Keys });
        }
        let first = Some(self.site(service, "batch", &about, &facts));
        let unit = if each {
            let mut facts = self.facts(service, scene, &[]);
            facts.known.retain(|slot| matches!(slot, Slot::Key));
            let named = self.message_slots(channel, true, false);
            facts.known.extend(named.iter().copied());
            facts.must = named;
            if facts.must.is_empty() || self.draw.chance(keys) {
                facts.must.push(Slot::Key);
            }
            facts.may.clear();
            Some(self.site(service, "batchone", &about, &facts))
        } else {
            None
        };
        facts.must.truncate(1);
        let wanted = self.draw.chance(0.7);
        let last = self.site_if(wanted, service, "batchdone", &about, &facts);
        let fail = Some(self.site(service, "failed", &about, &facts));
        let inner = Scene { path: vec![service], ..Scene::default() };
        let body = self.local_body(service, &inner);
        let name = format!("{} process", self.channels[channel].name);
        let reaction = self.push(Reaction {
            service,
            task,
            trigger: Trigger::Channel(channel),
            span: SpanPlan { name, kind: Kind::Consumer, first, last, fail, attribute: None },
            refused: None,
            prepare: Spread::LogNormal(0.3, 0.4),
            body,
            declined: Rc::from([]),
            redelivery: None,
            access: None,
            batch_line: unit,
            loses_context: false,
            can_fail: false,
            can_repeat: false,
        });
        let size = self.draw.range(2, 8) as usize;
        self.batches.push(Batch { reaction, size, wait_ms: self.draw.magnitude(100.0, 2_500.0) });
        self.channels[channel].subscribers.push(Subscriber::Batch(self.batches.len() - 1));
    }
}
