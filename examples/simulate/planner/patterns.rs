//! The shapes that flows are made of, and those among them that are made of calls, work and time.

use super::steps::{Draft, Leaf};
use super::{Planner, Scene};
use crate::draw::Spread;
use crate::plan::{Body, Feature, Kind, SpanPlan, Step};
use crate::slot::Slot;
use crate::words::Task;

impl Planner {
    /// Adds some shape to the body of `service`: one that the flow still owes, or any common one.
    pub(super) fn pattern(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let owed = if self.draw.chance(0.75) { self.due.pop() } else { None };
        let feature = owed.unwrap_or_else(|| {
            self.draw.weighted(&[
                (30, Feature::SyncChain),
                (14, Feature::FanOut),
                (12, Feature::WorkQueue),
                (8, Feature::SyncParallel),
                (8, Feature::Branch),
                (6, Feature::SecondCall),
                (12, Feature::UnitsLoop),
                (8, Feature::Orchestration),
            ])
        });
        self.feature(feature, service, scene, draft);
    }

    /// Adds this shape.
    pub(super) fn feature(&mut self, feature: Feature, service: usize, scene: &mut Scene, draft: &mut Draft) {
        self.shown.insert(feature);
        match feature {
            Feature::SyncChain | Feature::CallRetry => {
                if feature == Feature::CallRetry {
                    self.due.push(feature);
                }
                self.chain(service, scene, draft);
            }
            Feature::SyncParallel => self.parallel(service, scene, draft),
            Feature::UnitsLoop => self.units(service, scene, draft),
            Feature::FanOut => {
                let count = self.draw.range(2, 4) as usize;
                self.fan_out(service, scene, draft, count, false);
            }
            Feature::WorkQueue => self.fan_out(service, scene, draft, 1, false),
            Feature::Redelivery | Feature::DeadLetter => {
                self.shown.remove(&feature);
                self.flaky_queue(service, scene, draft, feature == Feature::DeadLetter);
            }
            Feature::Polling => self.fan_out(service, scene, draft, 1, true),
            Feature::Join => self.join(service, scene, draft),
            Feature::Saga => self.saga(service, scene, draft),
            Feature::Orchestration => self.orchestration(service, scene, draft),
            Feature::Choreography => self.choreography(service, scene, draft),
            Feature::RequestReply => self.ask(service, scene, draft),
            Feature::Batch => self.batched(service, scene, draft),
            Feature::Timer => self.timer(service, scene, draft),
            Feature::Outbox => self.outbox(service, scene, draft),
            Feature::Cache => self.cache(service, scene, draft),
            Feature::Callback => self.callback(service, scene, draft),
            Feature::Branch => self.branch(service, scene, draft),
            Feature::AsyncWork => self.background(service, scene, draft),
            Feature::LongStep => self.long_step(service, scene, draft),
            Feature::SecondCall => self.second_call(service, scene, draft),
            Feature::Scheduled | Feature::FollowUp | Feature::DeviceEntry => unreachable!("a flow's origin"),
        }
    }

    /// A call to another service. If the key is yet unborn, it is born there and known here afterwards.
    pub(super) fn chain(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let step = self.call_to_other(service, scene);
        draft.steps.push(step);
    }

    fn call_to_other(&mut self, service: usize, scene: &mut Scene) -> Step {
        let avoid = scene.path.clone();
        let target = self.other(&avoid);
        let task = self.task(target);
        let reaction = self.server(target, task, scene.clone(), false);
        let before = scene.clone();
        if std::mem::take(&mut scene.unborn) {
            scene.known.extend([Slot::Key, Slot::Amount]);
        }
        Step::Call(self.call(service, reaction, &before, scene))
    }

    fn parallel(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let count = self.draw.range(2, 4) as usize;
        let mut inner = scene.clone();
        let mut bodies: Vec<Body> = Vec::new();
        for _ in 0..count {
            let step = self.call_to_other(service, &mut inner);
            if let Step::Call(call) = &step {
                // Nobody asks one service for several things at once.
                inner.path.insert(0, self.reactions[call.reaction].service);
            }
            bodies.push(Self::one(step));
        }
        (scene.known, scene.unborn) = (inner.known, inner.unborn);
        draft.steps.push(Step::Parallel(bodies));
    }

    /// The same for each unit: some work, a call, or a message.
    fn units(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let mut inner = scene.clone();
        inner.unit = true;
        let elsewhere = self.budget > 0 && !scene.unit;
        let body = if elsewhere && self.draw.chance(0.8) {
            let handed = self.draw.chance(0.65);
            // what is sent goes on for a while, what is called comes back soon
            let room = if handed { self.budget.min(6) } else { 0 };
            let budget = std::mem::replace(&mut self.budget, room);
            let due = std::mem::take(&mut self.due);
            let body = if handed {
                let mut each = Draft::default();
                if self.draw.chance(0.3) {
                    self.orchestration(service, &inner, &mut each);
                } else {
                    let count = self.draw.range(1, 3) as usize;
                    self.fan_out(service, &inner, &mut each, count, false);
                }
                each.steps.into()
            } else {
                Self::one(self.call_to_other(service, &mut inner))
            };
            (self.budget, self.due) = (budget - 1, due);
            body
        } else {
            let task = Task { object: self.domain.unit.noun.clone(), ..self.small_task(service) };
            let leaf = if self.draw.chance(0.7) { Leaf::Compute } else { Leaf::Query };
            Self::one(Step::Work(self.work(service, &task, &inner, leaf)))
        };
        let parallel = self.draw.chance(0.4);
        draft.steps.push(Step::Each { most: self.draw.range(2, 5) as usize, parallel, body });
    }

    /// Calls that are taken back when a later one says no.
    fn saga(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let count = self.draw.range(2, 4) as usize;
        let mut stages = Vec::new();
        for at in 0..count {
            let target = self.other(&scene.path.clone());
            let task = self.task(target);
            let budget = std::mem::replace(&mut self.budget, 0);
            let due = std::mem::take(&mut self.due);
            let go = self.server(target, task.clone(), scene.clone(), false);
            if at > 0 || self.draw.chance(0.5) {
                let inner = Scene { path: vec![target], ..scene.clone() };
                let decision = self.decision(target, &task, &inner);
                let mut steps = self.reactions[go].body.to_vec();
                steps.push(decision);
                self.reactions[go].body = steps.into();
            }
            let back = self.server(target, task.undone(), scene.clone(), false);
            self.reactions[back].can_fail = false;
            (self.budget, self.due) = (budget - 1, due);
            let forward = Step::Call(self.call(service, go, scene, scene));
            let mut undo = self.call(service, back, scene, scene);
            undo.optional = true;
            stages.push((Self::one(forward), Self::one(Step::Call(undo))));
        }
        let about =
            self.about(&Task { verb: "compensate".to_owned(), object: self.domain.entity.noun.clone() });
        let facts = self.facts(service, scene, &[]);
        let wanted = self.draw.chance(0.8);
        let rollback = self.site_if(wanted, service, "compensate", &about, &facts);
        draft.steps.push(Step::Saga(stages, rollback));
    }

    /// Something that this service does later on its own.
    fn timer(&mut self, service: usize, scene: &Scene, draft: &mut Draft) {
        let task = self.task(service);
        let about = self.about(&task);
        let facts = self.facts(service, scene, &[Slot::Delay]);
        let wanted = self.draw.chance(0.6);
        let armed = self.site_if(wanted, service, "armed", &about, &facts);
        let facts = self.facts(service, scene, &[Slot::Took, Slot::Millis]);
        let first = Some(self.site(service, "fired", &about, &facts));
        let last = Some(self.site(service, "worked", &about, &facts));
        let span =
            SpanPlan { name: task.base(), kind: Kind::Internal, first, last, fail: None, attribute: None };
        let body = self.local_body(service, scene);
        let delay_ms = self.draw.magnitude(400.0, 9_000.0);
        let delay =
            if self.draw.chance(0.5) { Spread::Constant(delay_ms) } else { Spread::LogNormal(delay_ms, 0.4) };
        draft.steps.push(Step::Later { delay, armed, span, body });
    }

    fn cache(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let call = self.call_to_other(service, scene);
        let task = match &call {
            Step::Call(call) => self.reactions[call.reaction].task.clone(),
            _ => unreachable!("just drawn"),
        };
        let mut about = self.about(&task);
        let Step::Call(target) = &call else { unreachable!("just drawn") };
        about.peer.clone_from(&self.services[self.reactions[target.reaction].service].stem);
        let facts = self.facts(service, scene, &[]);
        let yes = if self.draw.chance(0.6) {
            vec![Step::Note(self.site(service, "hit", &about, &facts))]
        } else {
            Vec::new()
        };
        let mut no = if self.draw.chance(0.4) {
            vec![Step::Note(self.site(service, "miss", &about, &facts))]
        } else {
            Vec::new()
        };
        no.push(call);
        draft.steps.push(Step::Maybe { p: self.draw.between(0.3, 0.8), yes: yes.into(), no: no.into() });
    }

    /// A call to a service that calls back.
    fn callback(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let target = self.other(&scene.path.clone());
        let (task, asked) = (self.task(target), self.task(service));
        let budget = std::mem::replace(&mut self.budget, 0);
        let due = std::mem::take(&mut self.due);
        let mut inner = scene.clone();
        inner.unborn = false;
        inner.path.push(target);
        let answer = self.server(service, asked, inner.clone(), false);
        let step = Step::Call(self.call(target, answer, &inner, &inner));
        let reaction = self.server(target, task, Scene { unborn: false, ..scene.clone() }, false);
        (self.budget, self.due) = (budget - 2, due);
        let mut steps = self.reactions[reaction].body.to_vec();
        let at = self.draw.below(steps.len() + 1);
        steps.insert(at, step);
        self.reactions[reaction].body = steps.into();
        let step = Step::Call(self.call(service, reaction, scene, scene));
        draft.steps.push(step);
    }

    fn branch(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let mut inner = Draft::default();
        let mut within = Scene { unborn: false, ..scene.clone() };
        if self.budget > 0 && self.draw.chance(0.6) {
            self.pattern(service, &mut within, &mut inner);
        } else {
            inner.steps.push(self.leaf(service, &within));
        }
        let mut no = Vec::new();
        if self.draw.chance(0.4) {
            let task = self.small_task(service);
            let about = self.about(&task);
            let facts = self.facts(service, scene, &[]);
            no.push(Step::Note(self.site(service, "skip", &about, &facts)));
        }
        draft.declined.append(&mut inner.declined);
        draft.steps.push(Step::Maybe {
            p: self.draw.between(0.25, 0.85),
            yes: inner.steps.into(),
            no: no.into(),
        });
    }

    /// Work that goes on after the answer has been given.
    fn background(&mut self, service: usize, scene: &Scene, draft: &mut Draft) {
        let task = self.task(service);
        let about = self.about(&task);
        let facts = self.facts(service, scene, &[Slot::Took, Slot::Millis]);
        let first = Some(self.site(service, "async", &about, &facts));
        let last = Some(self.site(service, "asyncdone", &about, &facts));
        let span =
            SpanPlan { name: task.base(), kind: Kind::Internal, first, last, fail: None, attribute: None };
        let mut steps = vec![self.leaf(service, scene)];
        let ms = self.draw.magnitude(30.0, 600.0);
        let mut slow = self.work(service, &task, scene, Leaf::Compute);
        slow.time = self.time(service, ms);
        steps.push(Step::Work(slow));
        if self.budget > 0 && self.draw.chance(0.4) {
            let mut inner = Scene { unborn: false, ..scene.clone() };
            steps.push(self.call_to_other(service, &mut inner));
        }
        draft.steps.push(Step::Spawn(Some(span), steps.into()));
    }

    fn long_step(&mut self, service: usize, scene: &Scene, draft: &mut Draft) {
        let task = self.small_task(service);
        let mut work = self.work(service, &task, scene, Leaf::Compute);
        work.time = Spread::LogNormal(self.draw.magnitude(800.0, 4_000.0), 0.3);
        draft.steps.push(Step::Work(work));
    }

    /// A lookup that several services of the system call.
    fn second_call(&mut self, service: usize, scene: &mut Scene, draft: &mut Draft) {
        let usable = |(reaction, needs): &(usize, std::collections::BTreeSet<Slot>), planner: &Self| {
            // From two places of one service nobody could tell the calls apart.
            needs.is_subset(&scene.known)
                && !scene.path.contains(&planner.reactions[*reaction].service)
                && !planner.shared_by.contains(&(service, *reaction))
        };
        let known: Vec<usize> =
            self.shared.iter().filter(|entry| usable(entry, self)).map(|(reaction, _)| *reaction).collect();
        let reaction = if known.is_empty() || scene.unit {
            let target = self.other(&scene.path.clone());
            let task = self.task(target);
            let budget = std::mem::replace(&mut self.budget, 0);
            let due = std::mem::take(&mut self.due);
            let inner = Scene { unborn: false, shared: true, ..scene.clone() };
            let reaction = self.server(target, task, inner, false);
            (self.budget, self.due) = (budget - 1, due);
            if !scene.unit {
                self.shared.push((reaction, scene.known.clone()));
            }
            reaction
        } else {
            *self.draw.pick(&known)
        };
        self.shared_by.insert((service, reaction));
        let step = Step::Call(self.call(service, reaction, scene, scene));
        draft.steps.push(step);
        if self.draw.chance(0.35) {
            // Once more, for the rest of it.
            let step = Step::Call(self.call(service, reaction, scene, scene));
            draft.steps.push(step);
        }
    }
}
