//! Draws a system from a seed: services, flows through them, and every place that logs.
//!
//! `reactions` and `consumers` make what a trigger sets off, `steps` what happens inside, `patterns` and `messaging`
//! the shapes that flows are made of.

mod consumers;
mod messaging;
mod patterns;
mod reactions;
mod steps;

use std::collections::BTreeSet;

use crate::company::{self, Company};
use crate::domain::{self, Domain};
use crate::draw::{Draw, Spread};
use crate::layout;
use crate::plan::{Batch, Channel, Feature, Flow, Origin, Reaction, System};
use crate::service::{self, Ends, Looks, Service};
use crate::site::{self, About, Facts, Site, SiteId};
use crate::slot::Slot;
use crate::values::Shape;
use crate::words::Task;

/// How likely what logs only its end tells how long it took.
const TIMED: f64 = 0.7;

/// What is known and demanded at a point of a flow.
#[derive(Clone, Debug, Default)]
struct Scene {
    /// Values of the transaction that exist here.
    known: BTreeSet<Slot>,
    /// Several of these run for one transaction: lines must say for which unit.
    unit: bool,
    /// Calls and messages since the flow began.
    depth: u32,
    /// Services on the way here, the last one is the one that acts.
    path: Vec<usize>,
    /// The main key is yet to be made, by whoever comes first.
    unborn: bool,
    /// Several services call this: lines say which.
    shared: bool,
}

/// Draws one system.
struct Planner {
    draw: Draw,
    domain: Domain,
    company: Company,
    services: Vec<Service>,
    /// Indices of the services that the world calls.
    edges: Vec<usize>,
    sites: Vec<Site>,
    reactions: Vec<Reaction>,
    channels: Vec<Channel>,
    batches: Vec<Batch>,
    joins: usize,
    /// What each service does already.
    taken: BTreeSet<(usize, Task)>,
    /// Features that the flow at hand has yet to show.
    due: Vec<Feature>,
    /// Features that it has shown.
    shown: BTreeSet<Feature>,
    /// Reactions that it may still make.
    budget: i32,
    /// Services that it has been to.
    seen: Vec<usize>,
    /// Lookups that several callers share, with what they need to know.
    shared: Vec<(usize, BTreeSet<Slot>)>,
    /// Who calls these.
    shared_by: BTreeSet<(usize, usize)>,
    /// Further entities that the flow has made.
    subs_made: BTreeSet<u8>,
    /// In v3 the context is lost at some calls too.
    calls_lose_context: bool,
}

/// Draws a system for `seed`; another one for each attempt.
pub(crate) fn draw(seed: u64, attempt: u32) -> System {
    let mut draw = Draw::new(seed, &format!("system {attempt}"));
    let names = domain::names();
    // Neighbouring seeds take different trades.
    let at = (seed as usize).wrapping_mul(7) % names.len();
    let domain = domain::load(&names[at], &mut draw);
    let count = draw.range(4, 14) as usize;
    let company = company::draw(&mut draw, seed, &domain, count);
    let (services, edges) = staff(&mut draw, seed, &domain, &company, count);
    let key_shape = Shape::numbered(&mut draw, seed, &domain.entity.prefix);
    let sub_shapes = domain.subs.iter().map(|sub| Shape::draw(&mut draw, &sub.prefix)).collect();
    let unit_shape = draw.chance(0.8).then(|| Shape::draw(&mut draw, &domain.unit.prefix));
    let in_flight = draw.magnitude(1.0, 45.0);
    let noise_per_minute = draw.magnitude(0.5, 20.0);
    let calls_lose_context = draw.chance(0.3);
    let mut planner = Planner {
        draw,
        domain,
        company,
        services,
        edges,
        sites: Vec::new(),
        reactions: Vec::new(),
        channels: Vec::new(),
        batches: Vec::new(),
        joins: 0,
        taken: BTreeSet::new(),
        due: Vec::new(),
        shown: BTreeSet::new(),
        budget: 0,
        seen: Vec::new(),
        shared: Vec::new(),
        shared_by: BTreeSet::new(),
        subs_made: BTreeSet::new(),
        calls_lose_context,
    };
    let flows = planner.flows();
    System {
        seed,
        domain: planner.domain,
        company: planner.company,
        services: planner.services,
        sites: planner.sites,
        reactions: planner.reactions,
        channels: planner.channels,
        batches: planner.batches,
        flows,
        key_shape,
        sub_shapes,
        unit_shape,
        in_flight,
        noise_per_minute,
    }
}

/// Draws the services, the one or two that the world calls first.
fn staff(
    draw: &mut Draw,
    seed: u64,
    domain: &Domain,
    company: &Company,
    count: usize,
) -> (Vec<Service>, Vec<usize>) {
    // Two layouts of each system go by its number, so that neighbouring seeds show all of them.
    let dealt = |at: usize| layout::numbered((seed as usize).wrapping_mul(2) + at);
    let platform = service::platform(draw, dealt(0));
    let mut edges = domain.edges.clone();
    let mut inner = domain.services.clone();
    draw.shuffle(&mut edges);
    draw.shuffle(&mut inner);
    let edge_count = if count > 5 && draw.chance(0.35) { 2 } else { 1 };
    let slow =
        if seed % 9 == 4 { draw.range(edge_count as i64 + 1, count as i64 - 1) as usize } else { usize::MAX };
    let mut services = Vec::new();
    for edge in edges.into_iter().take(edge_count) {
        let tasks = [format!("submit {}", domain.entity.noun), format!("open {}", domain.entity.noun)];
        let tasks: Vec<Task> = tasks.iter().map(|task| Task::parse(task)).collect();
        let looks = if services.is_empty() { Looks::Given(dealt(1)) } else { Looks::Free };
        services.push(service::draw(draw, domain, company, &platform, &edge, &tasks, looks));
    }
    for (stem, tasks) in inner.into_iter().take(count - edge_count) {
        let looks = match services.len() {
            at if at == slow => Looks::WholeSeconds(seed as usize / 9),
            at if at == edge_count => Looks::Given(dealt(0)),
            _ => Looks::Free,
        };
        services.push(service::draw(draw, domain, company, &platform, &stem, &tasks, looks));
    }
    (services, (0..edge_count).collect())
}

impl Planner {
    /// Draws all flows.
    fn flows(&mut self) -> Vec<Flow> {
        let mut offered: Vec<Feature> = Vec::new();
        for (feature, p) in Feature::TABLE {
            if self.draw.chance(p) {
                offered.push(feature);
            }
        }
        self.draw.shuffle(&mut offered);
        let (origins, mut shapes): (Vec<Feature>, Vec<Feature>) = offered.into_iter().partition(|feature| {
            matches!(feature, Feature::Scheduled | Feature::FollowUp | Feature::DeviceEntry)
        });
        let plain = self.draw.range(1, 3) as usize;
        let mut kinds = vec![Origin::Request; plain];
        for feature in origins {
            kinds.push(match feature {
                Feature::Scheduled => Origin::Clock,
                Feature::FollowUp => Origin::FollowUp,
                _ => Origin::Device,
            });
        }
        let mut flows = Vec::new();
        let count = kinds.len();
        for (at, origin) in kinds.into_iter().enumerate() {
            let left = count - at;
            let most = if origin == Origin::Clock { 2 } else { shapes.len().div_ceil(left).min(7) };
            let share: Vec<Feature> = shapes.drain(..most.min(shapes.len())).collect();
            flows.push(self.flow(origin, share));
        }
        flows
    }

    /// Draws one flow that shows these features.
    fn flow(&mut self, origin: Origin, features: Vec<Feature>) -> Flow {
        self.due = features;
        self.shown = BTreeSet::new();
        self.seen = Vec::new();
        self.subs_made = BTreeSet::new();
        self.budget = self.draw.range(2, 13) as i32;
        let edge = *self.draw.pick(&self.edges.clone());
        let mut scene = Scene::default();
        for slot in [Slot::Actor, Slot::Tenant] {
            scene.known.insert(slot);
        }
        let entry = match origin {
            Origin::Request | Origin::FollowUp => {
                if self.company.request_ids {
                    scene.known.insert(Slot::Request);
                }
                if self.company.correlation {
                    scene.known.insert(Slot::Correlation);
                }
                if origin == Origin::FollowUp || self.draw.chance(0.25) {
                    scene.known.extend([Slot::Key, Slot::Amount]);
                } else {
                    scene.unborn = true;
                }
                let task = self.task(edge);
                self.server(edge, task, scene, true)
            }
            Origin::Device => {
                scene.known.insert(Slot::Key);
                let service = self.other(&[]);
                self.device(service, scene)
            }
            Origin::Clock => {
                let service = self.other(&[]);
                self.job(service, scene)
            }
        };
        match origin {
            Origin::FollowUp => self.shown.insert(Feature::FollowUp),
            Origin::Device => self.shown.insert(Feature::DeviceEntry),
            Origin::Clock => self.shown.insert(Feature::Scheduled),
            Origin::Request => false,
        };
        let weight = match origin {
            Origin::Request => self.draw.range(4, 30) as u32,
            Origin::FollowUp => self.draw.range(1, 5) as u32,
            Origin::Device => self.draw.range(3, 15) as u32,
            Origin::Clock => 0,
        };
        let name = self.reactions[entry].task.base();
        Flow { name, origin, entry, weight, features: std::mem::take(&mut self.shown) }
    }

    /// A service that the flow has not been to, if there is one; never one of `avoid` where that can be helped.
    fn other(&mut self, avoid: &[usize]) -> usize {
        let inner: Vec<usize> = (self.edges.len()..self.services.len()).collect();
        let fresh = |at: &usize| !avoid.contains(at) && !self.seen.contains(at);
        let mut from: Vec<usize> = inner.iter().copied().filter(fresh).collect();
        if from.is_empty() || self.draw.chance(0.25) {
            from = inner.iter().copied().filter(|at| !avoid.contains(at)).collect();
        }
        let from = if from.is_empty() { inner } else { from };
        let at = *self.draw.pick(&from);
        self.seen.push(at);
        at
    }

    /// Something that `service` does and that no other reaction of it does.
    fn task(&mut self, service: usize) -> Task {
        const VERBS: [&str; 16] = [
            "load", "check", "update", "validate", "record", "prepare", "refresh", "confirm", "register",
            "inspect", "track", "apply", "review", "queue", "export", "mark",
        ];
        let own = self.services[service].tasks.clone();
        let mut free: Vec<Task> =
            own.into_iter().filter(|task| !self.taken.contains(&(service, task.clone()))).collect();
        while free.is_empty() {
            let nouns = [&self.domain.entity, &self.domain.actor, &self.domain.unit];
            let noun = match self.draw.below(4) {
                3 => self.draw.pick(&self.domain.subs).noun.clone(),
                at => nouns[at].noun.clone(),
            };
            let task = Task { verb: self.draw.word(&VERBS).to_owned(), object: noun };
            if !self.taken.contains(&(service, task.clone())) {
                free.push(task);
            }
        }
        let task = self.draw.pick(&free).clone();
        self.taken.insert((service, task.clone()));
        task
    }

    /// Draws a site of `service`.
    fn site(&mut self, service: usize, role: &'static str, about: &About, facts: &Facts) -> SiteId {
        let site = site::draw(&mut self.draw, (service, &self.services[service]), role, about, facts);
        self.sites.push(site);
        self.sites.len() - 1
    }

    /// A site, if `wanted`.
    fn site_if(
        &mut self,
        wanted: bool,
        service: usize,
        role: &'static str,
        about: &About,
        facts: &Facts,
    ) -> Option<SiteId> {
        wanted.then(|| self.site(service, role, about, facts))
    }

    fn ends(&mut self, weights: &[(u32, Ends); 4]) -> Ends {
        self.draw.weighted(weights)
    }

    /// A distribution around `ms`, at the pace of the company and of the service.
    fn time(&mut self, service: usize, ms: f64) -> Spread {
        let pace = self.company.pace * self.services[service].pace;
        let ms = ms * pace * self.draw.magnitude(0.6, 1.7);
        Spread::around(&mut self.draw, ms)
    }

    /// What a line of `service` within `scene` can and must say, beside what is particular to it.
    fn facts(&mut self, service: usize, scene: &Scene, more: &[Slot]) -> Facts {
        let mut known = scene.known.clone();
        known.extend(more.iter().copied());
        known.extend([Slot::Count, Slot::Worker, Slot::Error]);
        let mut must = Vec::new();
        if scene.unit {
            known.insert(Slot::Unit);
            must.push(Slot::Unit);
        }
        // who handles a part often knows only that
        let keys = self.services[service].habits.keys * if scene.unit { 0.5 } else { 1.0 };
        let mut may =
            vec![(Slot::Key, keys), (Slot::Actor, 0.08), (Slot::Tenant, 0.07), (Slot::Amount, 0.07)];
        may.extend([(Slot::Region, 0.03), (Slot::Version, 0.03), (Slot::Worker, 0.03), (Slot::Op, 0.05)]);
        may.extend((0..self.domain.subs.len() as u8).map(|at| (Slot::Sub(at), 0.4)));
        Facts { known, must, may }
    }
}
