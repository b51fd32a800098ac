//! What happens inside a reaction: work, calls, messages, and in which order.

use std::rc::Rc;

use super::{Planner, Scene, TIMED};
use crate::draw::Spread;
use crate::plan::{self, Body, Call, Feature, Kind, Publish, SpanPlan, Step, Trigger, Work};
use crate::service::Ends;
use crate::site::About;
use crate::slot::Slot;
use crate::words::{self, Case, Task};

/// A body in the making.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) steps: Vec<Step>,
    /// What happens after a no.
    pub(super) declined: Vec<Step>,
}

/// What a leaf does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaf {
    Compute,
    Query,
    External,
}

impl Planner {
    /// Draws what `service` does for `task`: the steps, those after a no, and what is known at the end.
    pub(super) fn body(&mut self, service: usize, task: &Task, mut scene: Scene) -> (Body, Body, Scene) {
        let mut draft = Draft::default();
        if self.draw.chance(0.65) {
            let leaf = self.leaf(service, &scene);
            draft.steps.push(leaf);
        }
        if std::mem::take(&mut scene.unborn) {
            if scene.depth <= 1 && self.budget > 0 && self.draw.chance(0.2) {
                // The first service behind this one makes the key.
                scene.unborn = true;
                self.chain(service, &mut scene, &mut draft);
            } else {
                self.birth(service, &mut scene, &mut draft);
            }
        } else if scene.depth > 0 && scene.known.contains(&Slot::Key) && self.draw.chance(0.3) {
            self.sub_birth(service, &mut scene, &mut draft);
        }
        let entry = scene.path.len() <= 1;
        let most = if entry { 3 } else { 2 };
        let count = if scene.depth > 5 { 0 } else { self.draw.range(i64::from(entry), most) };
        for _ in 0..count {
            if self.budget > 0 {
                self.pattern(service, &mut scene, &mut draft);
            }
        }
        while entry && !self.due.is_empty() {
            let feature = self.due.pop().expect("checked above");
            self.budget = self.budget.max(2);
            self.feature(feature, service, &mut scene, &mut draft);
        }
        if draft.steps.is_empty() || self.draw.chance(0.35) {
            let leaf = self.leaf(service, &scene);
            let at = if self.draw.chance(0.6) {
                draft.steps.len()
            } else {
                self.draw.below(draft.steps.len() + 1)
            };
            draft.steps.insert(at, leaf);
        }
        if self.draw.chance(self.services[service].habits.details) {
            let facts = self.facts(service, &scene, &[]);
            let about = self.about(task);
            let note = self.site(service, "detail", &about, &facts);
            draft.steps.push(Step::Note(note));
        }
        let steps = self.contained(service, &scene, draft.steps);
        (steps.into(), draft.declined.into(), scene)
    }

    /// Puts some of the steps into a span around them that logs at both ends or not at all.
    fn contained(&mut self, service: usize, scene: &Scene, mut steps: Vec<Step>) -> Vec<Step> {
        if steps.len() < 2 || !self.draw.chance(0.18) {
            return steps;
        }
        let from = self.draw.below(steps.len() - 1);
        let to = from + 1 + self.draw.below(steps.len() - from);
        let inner: Vec<Step> = steps.drain(from..to).collect();
        // What waits for messages must stay at the top of its reaction.
        let fits = |step: &Step| {
            !matches!(step, Step::Arrive(_) | Step::Reply(_) | Step::Later { .. } | Step::Spawn(..))
        };
        if !inner.iter().all(fits) {
            steps.splice(from..from, inner);
            return steps;
        }
        let task = self.small_task(service);
        let about = self.about(&task);
        let facts = self.facts(service, scene, &[Slot::Took, Slot::Millis]);
        // Lines after those of its steps would not show that it was around them.
        let logged = self.draw.chance(0.5) || plan::has_voice(&inner);
        let first = self.site_if(logged, service, "work", &about, &facts);
        let last = self.site_if(logged, service, "worked", &about, &facts);
        let span =
            SpanPlan { name: task.base(), kind: Kind::Internal, first, last, fail: None, attribute: None };
        steps.insert(from, Step::Within(span, inner.into()));
        steps
    }

    /// One to three leaves.
    pub(super) fn local_body(&mut self, service: usize, scene: &Scene) -> Body {
        let count = self.draw.range(1, 3);
        (0..count).map(|_| self.leaf(service, scene)).collect::<Vec<_>>().into()
    }

    /// Words for something small that `service` does.
    pub(super) fn small_task(&mut self, service: usize) -> Task {
        const VERBS: [&str; 18] = [
            "validate",
            "compute",
            "check",
            "map",
            "enrich",
            "render",
            "normalize",
            "merge",
            "sort",
            "encode",
            "lock",
            "apply",
            "resolve",
            "prepare",
            "sign",
            "filter",
            "rank",
            "parse",
        ];
        let own = self.services[service].tasks.clone();
        let mut objects: Vec<String> = own.iter().map(|task| task.object.clone()).collect();
        objects.extend([self.domain.entity.noun.clone(), self.domain.unit.noun.clone()]);
        if self.draw.chance(0.3) {
            return self.draw.pick(&own).clone();
        }
        Task { verb: self.draw.word(&VERBS).to_owned(), object: self.draw.pick(&objects).clone() }
    }

    /// Some work that sets off nothing else.
    pub(super) fn leaf(&mut self, service: usize, scene: &Scene) -> Step {
        let leaf = self.draw.weighted(&[(45, Leaf::Compute), (38, Leaf::Query), (17, Leaf::External)]);
        let task = self.small_task(service);
        Step::Work(self.work(service, &task, scene, leaf))
    }

    /// Work of this kind.
    pub(super) fn work(&mut self, service: usize, task: &Task, scene: &Scene, leaf: Leaf) -> Work {
        let mut about = self.about(task);
        let (first_role, last_role, ms, kind) = match leaf {
            Leaf::Compute => ("work", "worked", self.draw.magnitude(1.0, 90.0), Kind::Internal),
            Leaf::Query => ("query", "queried", self.draw.magnitude(1.0, 60.0), Kind::Client),
            Leaf::External => ("call", "answer", self.draw.magnitude(15.0, 350.0), Kind::Client),
        };
        if leaf == Leaf::External {
            about.peer = self.draw.pick(&self.domain.peers).clone();
            "POST".clone_into(&mut about.method);
            about.route = format!("/{}", words::cased(&task.base(), Case::Kebab));
        }
        let weights = self.services[service].habits.work;
        let ends = self.ends(&weights);
        let early = self.facts(service, scene, &[]);
        let late = self.facts(service, scene, &[Slot::Took, Slot::Millis, Slot::Status]);
        let first = self.site_if(ends.first(), service, first_role, &about, &early);
        let last = self.site_if(ends.last(), service, last_role, &about, &late);
        let time = self.time(service, ms);
        let flaky =
            if leaf == Leaf::External && self.draw.chance(0.3) { self.draw.between(0.02, 0.1) } else { 0.0 };
        let more = self.facts(service, scene, &[Slot::Attempt, Slot::Delay]);
        let retry = self.site_if(flaky > 0.0, service, "retry", &about, &more);
        let mut work =
            Work { span: None, before: None, after: None, time, decline: 0.0, declined: None, flaky, retry };
        if self.draw.chance(if leaf == Leaf::Compute { 0.6 } else { 0.85 }) {
            let (name, attribute) = match leaf {
                Leaf::Compute => (task.base(), None),
                Leaf::Query => {
                    let verb = self.draw.word(&["SELECT", "INSERT", "UPDATE"]);
                    (format!("{verb} {}", about.table), Some(("db.system", "postgresql".to_owned())))
                }
                Leaf::External => {
                    (format!("POST {}", about.route), Some(("peer.service", about.peer.clone())))
                }
            };
            work.span = Some(SpanPlan { name, kind, first, last, fail: None, attribute });
            // The outcome may be told by whoever asked for it.
            if ends == Ends::First || (ends == Ends::Neither && self.draw.chance(0.3)) {
                let wanted = self.draw.chance(0.35 * self.company.wordiness);
                work.after = self.site_if(wanted, service, last_role, &about, &late);
            }
        } else if self.draw.chance(self.company.wordiness.max(0.15)) {
            (work.before, work.after) = (first, last);
        }
        work
    }

    /// Work that may say no.
    pub(super) fn decision(&mut self, service: usize, task: &Task, scene: &Scene) -> Step {
        let leaf = if self.draw.chance(0.4) { Leaf::External } else { Leaf::Compute };
        let mut work = self.work(service, task, scene, leaf);
        let about = self.about(task);
        let facts = self.facts(service, scene, &[]);
        work.decline = self.draw.between(0.03, 0.12);
        work.declined = Some(self.site(service, "declined", &about, &facts));
        Step::Work(work)
    }

    /// The transaction's key comes to be.
    fn birth(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        scene.known.extend([Slot::Key, Slot::Amount]);
        let task = Task { verb: "create".to_owned(), object: self.domain.entity.noun.clone() };
        self.made(service, Slot::Key, &task, scene, draft);
    }

    /// A further entity comes to be.
    fn sub_birth(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let free: Vec<u8> =
            (0..self.domain.subs.len() as u8).filter(|at| !self.subs_made.contains(at)).collect();
        if free.is_empty() || scene.unit {
            return;
        }
        let at = *self.draw.pick(&free);
        self.subs_made.insert(at);
        scene.known.insert(Slot::Sub(at));
        let task = Task { verb: "create".to_owned(), object: self.domain.subs[usize::from(at)].noun.clone() };
        self.made(service, Slot::Sub(at), &task, scene, draft);
    }

    fn made(&mut self, service: usize, slot: Slot, task: &Task, scene: &Scene, draft: &mut Draft) {
        let mut about = self.about(task);
        if slot != Slot::Key {
            about.noun.clone_from(&task.object);
        }
        let mut facts = self.facts(service, scene, &[]);
        if slot != Slot::Key {
            // "payment 17" must not be said with the order's number.
            facts.known.remove(&Slot::Key);
        }
        facts.must.push(slot);
        facts.must.extend(scene.known.contains(&Slot::Request).then_some(Slot::Request));
        facts.may.retain(|(other, _)| *other != Slot::Op);
        let mut work = self.work(service, task, scene, Leaf::Query);
        (work.before, work.after) = (None, Some(self.site(service, "created", &about, &facts)));
        if slot != Slot::Key && scene.known.contains(&Slot::Key) {
            let name = self.services[service].names[&Slot::Key].clone();
            let site = self.sites.last_mut().expect("just drawn");
            site.fields.push((name, crate::site::What::Gap(Slot::Key)));
        }
        if let Some(span) = &mut work.span {
            span.first = None;
        }
        draft.steps.push(Step::Work(work));
    }

    /// A call of `service` to a reaction.
    pub(super) fn call(
        &mut self,
        service: usize,
        reaction: usize,
        scene: &Scene,
        known_after: &Scene,
    ) -> Call {
        let target = self.reactions[reaction].clone();
        let mut about = self.about(&target.task);
        about.peer.clone_from(&self.services[target.service].stem);
        let (name, attribute) = match &target.trigger {
            Trigger::Http { method, route } => {
                about.method.clone_from(method);
                about.route.clone_from(route);
                let name = match self.services[service].stem.len() % 3 {
                    0 => method.clone(),
                    1 => format!("HTTP {method}"),
                    _ => format!("{method} {}", route.replace("{key}", "{id}")),
                };
                (name, ("http.request.method", method.clone()))
            }
            Trigger::Grpc { route } => {
                "POST".clone_into(&mut about.method);
                about.route.clone_from(route);
                (route[1..].to_owned(), ("rpc.method", route[1..].to_owned()))
            }
            _ => unreachable!("only servers are called"),
        };
        let weights = self.services[service].habits.client;
        let ends = self.ends(&weights);
        let mut early = self.facts(service, scene, &[]);
        early.may.extend([(Slot::Peer, 0.25), (Slot::Route, 0.15), (Slot::Request, 0.3)]);
        let mut late = self.facts(service, known_after, &[Slot::Took, Slot::Millis, Slot::Status]);
        late.may.extend([
            (Slot::Peer, 0.25),
            (Slot::Status, 0.5),
            (Slot::Millis, 0.35),
            (Slot::Request, 0.2),
        ]);
        let first = self.site_if(ends.first(), service, "call", &about, &early);
        if ends == Ends::Last && self.draw.chance(TIMED) {
            late.must.push(Slot::Took);
        }
        let last = self.site_if(ends.last(), service, "answer", &about, &late);
        let failing = self.facts(service, scene, &[Slot::Attempt, Slot::Delay, Slot::Status]);
        let wanted = ends != Ends::Neither;
        let fail = self.site_if(wanted, service, "giveup", &about, &failing);
        let network_ms = self.draw.magnitude(0.2, 4.0) * self.company.pace;
        let network = Spread::around(&mut self.draw, network_ms);
        let (mut flaky, mut attempts, mut retry) = (0.0, 1, None);
        if let Some(at) = self.due.iter().position(|feature| *feature == Feature::CallRetry) {
            self.due.remove(at);
            self.shown.insert(Feature::CallRetry);
            (flaky, attempts) = (self.draw.between(0.06, 0.22), self.draw.range(3, 4) as u32);
            retry = Some(self.site(service, "callfail", &about, &failing));
        }
        let mut call = Call {
            reaction,
            span: None,
            before: None,
            after: None,
            network,
            flaky,
            attempts,
            retry,
            optional: false,
        };
        if self.draw.chance(self.services[service].habits.client_span) {
            call.span =
                Some(SpanPlan { name, kind: Kind::Client, first, last, fail, attribute: Some(attribute) });
        } else {
            (call.before, call.after) = (first, last);
        }
        call
    }

    /// Sending to a channel from `service`.
    pub(super) fn publish(&mut self, service: usize, channel: usize, scene: &Scene) -> Step {
        Step::Publish(self.publication(service, channel, scene, ("sending", "sent")))
    }

    /// Sending, with lines in these roles.
    pub(super) fn publication(
        &mut self,
        service: usize,
        channel: usize,
        scene: &Scene,
        roles: (&'static str, &'static str),
    ) -> Publish {
        let task = self.small_task(service);
        let mut about: About = self.message_about(channel, &task);
        // The words of the sender are those of the event.
        let event = self.channels[channel].event.clone();
        let (object, past) = event.rsplit_once(' ').unwrap_or(("message", "sent"));
        about.task = Some(Task { verb: "publish".to_owned(), object: format!("{object} {past}") });
        let weights = self.services[service].habits.producer;
        let mut ends = self.ends(&weights);
        if scene.unit && ends == Ends::Neither {
            ends = Ends::Last;
        }
        let named = self.message_slots(channel, false, scene.unit);
        // Offsets are known when the broker has answered.
        let before: Vec<Slot> = named.iter().copied().filter(|slot| *slot == Slot::Message).collect();
        let mut early = self.facts(service, scene, &before);
        early.must.extend(before);
        let mut late = self.facts(service, scene, &named);
        late.must.extend(named);
        for facts in [&mut early, &mut late] {
            let may = [(Slot::Topic, 0.2), (Slot::Event, 0.08), (Slot::Bytes, 0.1), (Slot::Payload, 0.06)];
            facts.may.extend(may);
            facts.known.insert(Slot::Bytes);
            facts.known.extend(scene.known.contains(&Slot::Key).then_some(Slot::Payload));
            if scene.known.contains(&Slot::Key) && facts.must.is_empty() {
                facts.must.push(Slot::Key);
            }
        }
        let first = self.site_if(ends.first(), service, roles.0, &about, &early);
        let last = self.site_if(ends.last(), service, roles.1, &about, &late);
        let confirm_ms = self.draw.magnitude(0.4, 25.0);
        let confirm = self.draw.chance(0.6).then(|| Spread::around(&mut self.draw, confirm_ms));
        let accept = Spread::LogNormal(self.draw.magnitude(0.2, 3.0), 0.4);
        let mut publish =
            Publish { channel, span: None, before: None, after: None, accept, confirm, reply: None };
        let habits = self.services[service].habits.clone();
        if self.draw.chance(habits.producer_span) {
            let topic = self.channels[channel].name.clone();
            let name = match topic.len() % 3 {
                0 => format!("publish {topic}"),
                1 => format!("{topic} publish"),
                _ => format!("{topic} send"),
            };
            let attribute = Some(("messaging.destination.name", topic));
            let mut span = SpanPlan { name, kind: Kind::Producer, first, last, fail: None, attribute };
            if self.draw.chance(habits.sent_outside) {
                (publish.before, publish.after) = (span.first.take(), span.last.take());
            }
            publish.span = Some(span);
        } else {
            (publish.before, publish.after) = (first, last);
        }
        publish
    }

    /// A body of one step.
    pub(super) fn one(step: Step) -> Body {
        Rc::from([step])
    }
}
