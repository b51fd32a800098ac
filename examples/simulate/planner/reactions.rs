//! Reactions: what a call, a message or the clock sets off.

use super::consumers::Consumption;
use super::{Planner, Scene, TIMED};
use crate::draw::Spread;
use crate::plan::{Kind, Reaction, SpanPlan, Trigger};
use crate::service::Ends;
use crate::site::About;
use crate::slot::Slot;
use crate::words::{self, Case, Task};

impl Planner {
    /// The words of a reaction of `service` that does `task`.
    pub(super) fn about(&mut self, task: &Task) -> About {
        let table = words::cased(&words::plural(&task.object), Case::Snake);
        About { task: Some(task.clone()), noun: self.domain.entity.noun.clone(), table, ..About::default() }
    }

    /// How `service` is called for `task`; `keyed` where the main key exists already.
    fn trigger(&mut self, service: usize, task: &Task, keyed: bool) -> Trigger {
        let stem = self.services[service].stem.clone();
        if stem.len().is_multiple_of(3) && !self.edges.contains(&service) {
            let name = words::cased(&stem, Case::Pascal);
            let op = words::cased(&task.base(), Case::Pascal);
            let package = words::cased(&stem, Case::Snake);
            return Trigger::Grpc {
                route: format!("/{}.{package}.v1.{name}Service/{op}", self.company.name),
            };
        }
        let method = match task.verb.as_str() {
            "load" | "check" | "search" | "find" | "quote" | "track" | "resolve" | "inspect" | "review" => {
                "GET"
            }
            "cancel" | "void" | "delete" | "release" => self.draw.word(&["DELETE", "POST"]),
            "update" | "mark" | "refresh" => self.draw.word(&["PUT", "PATCH", "POST"]),
            _ => "POST",
        };
        let base = ["", "/api", "/v1", "/api/v2", "/internal"][stem.len() % 5];
        let things = words::cased(&words::plural(&task.object), Case::Kebab);
        let op = words::cased(&task.base(), Case::Kebab);
        let plain = format!("{base}/{things}");
        let route = match self.draw.below(3) {
            0 => plain.clone(),
            1 => format!("{base}/{things}/{}", task.verb),
            _ => format!("{base}/{}/{op}", words::cased(&stem, Case::Kebab)),
        };
        let entities = words::cased(&words::plural(&self.domain.entity.noun), Case::Kebab);
        let route = match self.draw.below(5) {
            // The key stands in the path.
            0 if keyed => format!("{base}/{entities}/{{key}}/{op}"),
            1 if keyed => format!("{base}/{things}/{{key}}"),
            _ => route,
        };
        let trigger = Trigger::Http { method: method.to_owned(), route };
        // Two operations never share a route.
        let taken = self.reactions.iter().any(|other| other.service == service && other.trigger == trigger);
        if taken {
            Trigger::Http { method: method.to_owned(), route: format!("{plain}/{op}") }
        } else {
            trigger
        }
    }

    /// Slots that must stand in a hop's first line, so that it can be told apart without trace ids.
    pub(super) fn identity(&mut self, service: usize, scene: &Scene, named: &[Slot]) -> Vec<Slot> {
        let keys = self.services[service].habits.keys;
        let mut must: Vec<Slot> = named.to_vec();
        if scene.known.contains(&Slot::Key) && (named.is_empty() || self.draw.chance(keys)) {
            must.push(Slot::Key);
        } else if scene.known.contains(&Slot::Request) {
            must.push(Slot::Request);
        }
        must
    }

    /// Where the span of a hop logs; a root always does.
    pub(super) fn entry_ends(&mut self, service: usize, root: bool) -> Ends {
        let weights = self.services[service].habits.entry;
        loop {
            let ends = self.ends(&weights);
            if !root || ends != Ends::Neither {
                return ends;
            }
        }
    }

    /// A reaction of `service` for calls; `root` if the world calls it. Leaves in `scene` what is known afterwards.
    pub(super) fn server(&mut self, service: usize, task: Task, mut scene: Scene, root: bool) -> usize {
        self.budget -= 1;
        self.seen.push(service);
        scene.path.push(service);
        scene.depth += 1;
        let trigger = self.trigger(service, &task, scene.known.contains(&Slot::Key));
        let mut about = self.about(&task);
        let (name, kind_attribute) = match &trigger {
            Trigger::Http { method, route } => {
                about.method.clone_from(method);
                about.route.clone_from(route);
                let route = route.replace("{key}", "{id}");
                (format!("{method} {route}"), ("http.route", route))
            }
            Trigger::Grpc { route } => {
                "POST".clone_into(&mut about.method);
                about.route.clone_from(route);
                (route[1..].to_owned(), ("rpc.service", route[1..].to_owned()))
            }
            _ => unreachable!("a server is called"),
        };
        let ends = self.entry_ends(service, root);
        let identity = self.identity(service, &scene, &[]);
        let shared = std::mem::take(&mut scene.shared);
        let mut facts = self.facts(service, &scene, &[Slot::Caller]);
        facts.must.extend(identity.clone());
        facts.may.extend([
            (Slot::Caller, if shared { 1.0 } else { 0.1 }),
            (Slot::Route, 0.15),
            (Slot::Bytes, 0.05),
        ]);
        facts.known.insert(Slot::Bytes);
        facts.must.extend(scene.known.contains(&Slot::Request).then_some(Slot::Request));
        let (body, declined, after) = self.body(service, &task, scene.clone());
        let ends = ends.around(&body);
        let first = self.site_if(ends.first(), service, "request", &about, &facts);
        let mut facts = self.facts(service, &after, &[Slot::Took, Slot::Millis, Slot::Status]);
        if !ends.first() {
            facts.must.extend(identity);
            facts.must.extend(self.draw.chance(TIMED).then_some(Slot::Took));
            if shared {
                facts.known.insert(Slot::Caller);
                facts.must.push(Slot::Caller);
            }
        }
        facts.may.extend([(Slot::Request, 0.6), (Slot::Status, 0.5), (Slot::Millis, 0.5)]);
        let last = self.site_if(ends.last(), service, "reply", &about, &facts);
        let wanted = ends.last() && self.draw.chance(0.7);
        let refused = self.site_if(wanted, service, "refuse", &about, &facts);
        let wanted = root || self.draw.chance(0.9);
        let fail = self.site_if(wanted, service, "crash", &about, &facts);
        let access = self.access_line(service, &about);
        let loses_context = self.calls_lose_context && !root && self.draw.chance(0.35);
        self.push(Reaction {
            service,
            task,
            trigger,
            span: SpanPlan { name, kind: Kind::Server, first, last, fail, attribute: Some(kind_attribute) },
            refused,
            prepare: Spread::LogNormal(0.15 * self.company.pace, 0.5),
            body,
            declined,
            redelivery: None,
            access,
            batch_line: None,
            loses_context,
            can_fail: !root,
            can_repeat: false,
        })
    }

    fn access_line(&mut self, service: usize, about: &About) -> Option<usize> {
        if !self.services[service].habits.access_log {
            return None;
        }
        let plain = About {
            task: about.task.clone(),
            method: about.method.clone(),
            route: about.route.clone(),
            ..About::default()
        };
        let site = crate::site::access(service, &plain, &mut self.draw);
        self.sites.push(site);
        Some(self.sites.len() - 1)
    }

    /// A reaction for messages that come from outside.
    pub(super) fn device(&mut self, service: usize, mut scene: Scene) -> usize {
        let task = self.task(service);
        let channel =
            self.channel(service, &Task::parse(&format!("receive {}", self.domain.unit.noun)), false);
        self.channels[channel].named = (true, true);
        scene.depth = 0;
        let what = Consumption { channel, task, redelivery: false, dead_letters: false, body: None };
        let reaction = self.consumer(service, what, scene);
        // The world sends what nobody here publishes.
        self.channels[channel].subscribers.clear();
        reaction
    }

    /// A reaction that the clock sets off.
    pub(super) fn job(&mut self, service: usize, mut scene: Scene) -> usize {
        self.budget -= 1;
        scene.path.push(service);
        let jobs = self.domain.jobs.clone();
        let task = self.draw.pick(&jobs).clone();
        let about = self.about(&task);
        let facts = self.facts(service, &scene, &[Slot::Took, Slot::Millis]);
        let first = Some(self.site(service, "job", &about, &facts));
        scene.known.insert(Slot::Key);
        let (body, declined, _) = self.body(service, &task, scene.clone());
        let wanted = self.draw.chance(0.75);
        let last = self.site_if(wanted, service, "jobdone", &about, &facts);
        let fail = Some(self.site(service, "crash", &about, &facts));
        self.push(Reaction {
            service,
            span: SpanPlan { name: task.base(), kind: Kind::Internal, first, last, fail, attribute: None },
            task,
            trigger: Trigger::Clock,
            refused: None,
            prepare: Spread::LogNormal(0.5, 0.4),
            body,
            declined,
            redelivery: None,
            access: None,
            batch_line: None,
            loses_context: false,
            can_fail: false,
            can_repeat: false,
        })
    }

    pub(super) fn push(&mut self, reaction: Reaction) -> usize {
        self.reactions.push(reaction);
        self.reactions.len() - 1
    }
}
