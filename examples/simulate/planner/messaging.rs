//! Shapes that are made of messages: fan-outs, queues, joins, choreographies, replies, batches, outboxes.

use std::rc::Rc;

use super::consumers::Consumption;
use super::steps::Draft;
use super::{Planner, Scene};
use crate::plan::{Arrive, Body, Kind, SpanPlan, Step};
use crate::slot::Slot;
use crate::words::Task;

impl Planner {
    /// An event from here to `count` consumers.
    pub(super) fn fan_out(
        &mut self,
        service: usize,
        scene: &Scene,
        draft: &mut Draft,
        count: usize,
        polled: bool,
    ) {
        let queue = count == 1 && self.draw.chance(0.6);
        let channel = self.event_channel(service, queue);
        if polled {
            self.poll(channel, service, scene);
        }
        let publish = self.publish(service, channel, scene);
        let mut avoid = scene.path.clone();
        for _ in 0..count {
            let target = self.other(&avoid);
            avoid.push(target);
            let task = self.task(target);
            let what = Consumption { channel, task, redelivery: false, dead_letters: false, body: None };
            self.consumer(target, what, scene.clone());
        }
        draft.steps.push(publish);
    }

    /// A new channel for an event of `service`.
    fn event_channel(&mut self, service: usize, queue: bool) -> usize {
        let task = self.task(service);
        self.channel(service, &task, queue)
    }

    fn poll(&mut self, channel: usize, service: usize, scene: &Scene) {
        self.channels[channel].poll_ms = Some(self.draw.magnitude(40.0, 900.0));
        if self.draw.chance(0.5) {
            let task = Task::parse("poll records");
            let about = self.message_about(channel, &task);
            let mut facts = self.facts(service, &Scene { path: scene.path.clone(), ..Scene::default() }, &[]);
            facts.known.clear();
            facts.known.insert(Slot::Count);
            (facts.must, facts.may) = (vec![Slot::Count], Vec::new());
            let site = self.site(service, "batch", &about, &facts);
            self.sites[site].receives = false;
            self.channels[channel].polled = Some(site);
        }
    }

    pub(super) fn flaky_queue(
        &mut self,
        service: usize,
        scene: &Scene,
        draft: &mut Draft,
        dead_letters: bool,
    ) {
        let channel = self.event_channel(service, true);
        let publish = self.publish(service, channel, scene);
        let target = self.other(&scene.path.clone());
        let task = self.task(target);
        let what = Consumption { channel, task, redelivery: true, dead_letters, body: None };
        self.consumer(target, what, scene.clone());
        draft.steps.push(publish);
    }

    /// One event to two or three services; each sends its own, and another waits for all of these.
    pub(super) fn join(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let need = if self.draw.chance(0.75) { 2 } else { 3 };
        let source = self.event_channel(service, false);
        let publish = self.publish(service, source, scene);
        let mut avoid = scene.path.clone();
        let workers: Vec<usize> = (0..need)
            .map(|_| {
                let worker = self.other(&avoid);
                avoid.push(worker);
                worker
            })
            .collect();
        let joiner = self.other(&avoid);
        let mut results = Vec::new();
        for worker in workers {
            let result = self.event_channel(worker, false);
            let inner = Scene { path: vec![service, worker], depth: scene.depth + 2, ..scene.clone() };
            let mut steps = vec![self.leaf(worker, &inner)];
            if self.draw.chance(0.4) {
                let task = self.small_task(worker);
                steps.push(self.decision(worker, &task, &inner));
            }
            let done = self.publish(worker, result, &inner);
            steps.push(done);
            let task = self.task(worker);
            let body = Some((steps.into(), Rc::from([])));
            let what = Consumption { channel: source, task, redelivery: false, dead_letters: false, body };
            self.consumer(worker, what, scene.clone());
            results.push(result);
        }
        let arrive = self.arrival(joiner, need, scene);
        for result in results {
            let task = self.task(joiner);
            let body = Some((Self::one(Step::Arrive(arrive.clone())), Rc::from([])));
            let what = Consumption { channel: result, task, redelivery: false, dead_letters: false, body };
            let reaction = self.consumer(joiner, what, scene.clone());
            self.reactions[reaction].can_repeat = false;
        }
        draft.steps.push(publish);
    }

    fn arrival(&mut self, joiner: usize, need: usize, scene: &Scene) -> Arrive {
        let inner = Scene { path: vec![joiner], depth: scene.depth + 3, unborn: false, ..scene.clone() };
        let task = self.task(joiner);
        let about = self.about(&task);
        let facts = self.facts(joiner, &inner, &[]);
        let wanted = self.draw.chance(0.6);
        let waiting = self.site_if(wanted, joiner, "waiting", &about, &facts);
        let wanted = self.draw.chance(0.6);
        let joined = self.site_if(wanted, joiner, "joined", &about, &facts);
        // The work after the meeting is bracketed by lines, so that what follows has a visible home.
        let first = Some(self.site(joiner, "work", &about, &facts));
        let last = Some(self.site(joiner, "worked", &about, &facts));
        let span =
            SpanPlan { name: task.base(), kind: Kind::Internal, first, last, fail: None, attribute: None };
        let owed = std::mem::take(&mut self.due);
        let (body, ..) = self.body(joiner, &task, Scene { path: vec![usize::MAX, joiner], ..inner });
        self.due.extend(owed);
        self.joins += 1;
        Arrive {
            join: self.joins - 1,
            need,
            waiting,
            joined,
            span: self.draw.chance(0.75).then_some(span),
            body,
        }
    }

    /// Services that go on by events, and tell each other when one says no.
    pub(super) fn choreography(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let started = self.event_channel(service, false);
        let publish = self.publish(service, started, scene);
        let one = self.other(&scene.path.clone());
        let mut avoid = scene.path.clone();
        avoid.push(one);
        let two = self.other(&avoid);
        let (first_task, second_task) = (self.task(one), self.task(two));
        let inner = |path: Vec<usize>| Scene { path, depth: scene.depth + 2, unborn: false, ..scene.clone() };
        let (at_one, at_two) = (inner(vec![service, one]), inner(vec![service, two]));
        let reserved = self.channel(one, &first_task, false);
        let settled = self.channel(two, &second_task, false);
        let refusal = Task {
            verb: self.draw.word(&["reject", "refuse", "decline"]).to_owned(),
            object: second_task.object.clone(),
        };
        let refused = self.channel(two, &refusal, false);

        let steps = vec![self.leaf(one, &at_one), self.publish(one, reserved, &at_one)];
        let what =
            |channel, task, body| Consumption { channel, task, redelivery: false, dead_letters: false, body };
        self.consumer(
            one,
            what(started, first_task.clone(), Some((steps.into(), Rc::from([])))),
            scene.clone(),
        );

        let steps = vec![self.decision(two, &second_task, &at_two), self.publish(two, settled, &at_two)];
        let no = Self::one(self.publish(two, refused, &at_two));
        self.consumer(two, what(reserved, second_task, Some((steps.into(), no))), scene.clone());

        let undo: Body = Self::one(self.leaf(one, &at_one));
        self.consumer(one, what(refused, first_task.undone(), Some((undo, Rc::from([])))), scene.clone());
        let last = self.other(&avoid);
        let last_task = self.task(last);
        self.consumer(last, what(settled, last_task, None), scene.clone());
        draft.steps.push(publish);
    }

    /// A service that tells one worker after the other what to do by message, and hears of each what came of it.
    pub(super) fn orchestration(&mut self, service: usize, scene: &Scene, draft: &mut Draft) {
        let inner = |path: Vec<usize>| Scene { path, depth: scene.depth + 2, unborn: false, ..scene.clone() };
        let here = inner(vec![service]);
        let mut next = Draft::default();
        if self.draw.chance(0.6) {
            self.fan_out(service, &here, &mut next, 1, false);
        }
        for _ in 0..self.draw.range(1, 4) {
            let worker = self.other(&[service]);
            let task = self.task(worker);
            let at_worker = inner(vec![service, worker]);
            let queue = self.draw.chance(0.7);
            let (told, done) = (self.channel(worker, &task, queue), self.channel(worker, &task, false));
            let steps = vec![self.leaf(worker, &at_worker), self.publish(worker, done, &at_worker)];
            let what = |channel, task, steps: Vec<Step>| {
                let body = Some((steps.into(), Rc::from([])));
                Consumption { channel, task, redelivery: false, dead_letters: false, body }
            };
            self.consumer(worker, what(told, task.clone(), steps), scene.clone());
            let heard = Task { verb: "conclude".to_owned(), object: task.base().replace(' ', "-") };
            let mut after = std::mem::take(&mut next.steps);
            if self.draw.chance(0.3) {
                after.insert(0, self.leaf(service, &here));
            }
            self.consumer(service, what(done, heard, after), scene.clone());
            next.steps.push(self.publish(service, told, &here));
        }
        draft.steps.append(&mut next.steps);
    }

    /// A request by message; the answer comes by another one to whoever asked.
    pub(super) fn ask(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let target = self.other(&scene.path.clone());
        let task = self.task(target);
        let mut scene = scene.clone();
        scene.known.insert(Slot::Correlation);
        let asked = self.channel(target, &task, true);
        let wanted = Task { verb: "answer".to_owned(), object: task.base() };
        let queue = self.draw.chance(0.5);
        let answered = self.channel(target, &wanted, queue);
        let about = self.message_about(asked, &task);
        let facts = self.facts(service, &scene, &[]);
        let timeout = Some(self.site(service, "timeout", &about, &facts));
        let mut publish = self.publication(service, asked, &scene, ("ask", "ask"));
        let inner =
            Scene { path: vec![service, target], depth: scene.depth + 2, unborn: false, ..scene.clone() };
        let reply = self.publication(target, answered, &inner, ("sending", "sent"));
        let steps = vec![self.leaf(target, &inner), Step::Reply(reply)];
        let what =
            |channel, task, body| Consumption { channel, task, redelivery: false, dead_letters: false, body };
        let asker = self.consumer(
            target,
            what(asked, task.clone(), Some((steps.into(), Rc::from([])))),
            scene.clone(),
        );
        self.reactions[asker].can_repeat = false;
        let taking = Task { verb: "take".to_owned(), object: format!("{} answer", task.object) };
        let note: Body = Rc::from([]);
        let back = self.consumer(service, what(answered, taking, Some((note, Rc::from([])))), scene);
        self.reactions[back].can_repeat = false;
        self.reactions[back].can_fail = false;
        publish.reply = Some((answered, self.draw.between(8_000.0, 20_000.0), timeout));
        draft.steps.push(Step::Publish(publish));
    }

    pub(super) fn batched(&mut self, service: usize, scene: &Scene, draft: &mut Draft) {
        let channel = self.event_channel(service, false);
        let publish = self.publish(service, channel, scene);
        let target = self.other(&scene.path.clone());
        self.batch(target, channel, scene);
        draft.steps.push(publish);
    }

    /// An event that is stored first and sent on by a relay.
    pub(super) fn outbox(&mut self, service: usize, scene: &Scene, draft: &mut Draft) {
        let stored = self.event_channel(service, false);
        self.channels[stored].poll_ms = Some(self.draw.magnitude(40.0, 500.0));
        let publish = self.publish(service, stored, scene);
        let relay = if self.draw.chance(0.5) { service } else { self.other(&scene.path.clone()) };
        let event = self.channels[stored].event.clone();
        let public = self.channels.len();
        self.channels.push(self.channels[stored].clone());
        self.channels[stored].name = format!("outbox.{}", self.channels[stored].name);
        self.channels[public].poll_ms = None;
        let inner =
            Scene { path: vec![service, relay], depth: scene.depth + 1, unborn: false, ..scene.clone() };
        let body = Some((Self::one(self.publish(relay, public, &inner)), Rc::from([])));
        let task = Task { verb: "relay".to_owned(), object: event.replace(' ', "-") };
        let what = Consumption { channel: stored, task, redelivery: false, dead_letters: false, body };
        self.consumer(relay, what, scene.clone());
        let target = self.other(&scene.path.clone());
        let task = self.task(target);
        let what = Consumption { channel: public, task, redelivery: false, dead_letters: false, body: None };
        self.consumer(target, what, scene.clone());
        draft.steps.push(publish);
    }
}
