//! How steps are carried out.

use std::cell::RefCell;
use std::rc::Rc;

use super::record::More;
use super::{Ctx, End, MS, Run, Then};
use crate::plan::{Arrive, Body, Call, Reaction, SpanPlan, Step, Work};

/// What branches that run side by side have come to.
struct Meeting {
    left: usize,
    at: i64,
    end: End,
    then: Option<Then>,
}

impl Run {
    /// Carries out `body` from its `from`-th step.
    pub(super) fn body(&mut self, body: Body, from: usize, ctx: Ctx, at: i64, then: Then) {
        if from == body.len() {
            then(self, at, End::Done);
            return;
        }
        self.at(at, move |run| {
            let step = body[from].clone();
            let inner = ctx.clone();
            let next: Then = Box::new(move |run, at, end| {
                if end == End::Done {
                    run.body(body, from + 1, ctx, at, then);
                } else {
                    then(run, at, end);
                }
            });
            run.step(step, inner, at, next);
        });
    }

    fn step(&mut self, step: Step, ctx: Ctx, at: i64, then: Then) {
        match step {
            Step::Note(site) => {
                let at = self.note(Some(site), &ctx, at, More::default());
                then(self, at, End::Done);
            }
            Step::Work(work) => self.work(work, ctx, at, then),
            Step::Call(call) => self.call(call, ctx, 1, at, then),
            Step::Publish(publish) => self.publish(publish, ctx, None, at, then),
            Step::Reply(publish) => {
                let ask = ctx.message.as_ref().and_then(|message| message.ask.clone());
                self.publish(publish, ctx, ask, at, then);
            }
            Step::Within(plan, body) => self.within(&plan, Vec::new(), body, ctx, at, then),
            Step::Parallel(bodies) => {
                let lanes = bodies.into_iter().map(|body| (body, ctx.unit)).collect();
                self.side_by_side(lanes, &ctx, at, then);
            }
            Step::Each { most, parallel, body } => {
                let count = self.transactions[ctx.transaction].draw.range(2, most as i64) as usize;
                if parallel {
                    let lanes = (0..count).map(|unit| (Rc::clone(&body), Some(unit))).collect();
                    self.side_by_side(lanes, &ctx, at, then);
                } else {
                    self.in_turn(body, 0, count, ctx, at, then);
                }
            }
            Step::Maybe { p, yes, no } => {
                let body = if self.transactions[ctx.transaction].draw.chance(p) { yes } else { no };
                self.body(body, 0, ctx, at, then);
            }
            Step::Saga(stages, rollback) => self.saga(Rc::new(stages), rollback, 0, ctx, at, then),
            Step::Spawn(plan, body) => {
                self.background(plan, body, ctx.clone(), at);
                let at = at + self.moment(ctx.transaction);
                then(self, at, End::Done);
            }
            Step::Later { delay, armed, span, body } => {
                let wait = delay.sample(&mut self.transactions[ctx.transaction].draw);
                let at = self.note(armed, &ctx, at, More { delay_ns: wait, ..More::default() });
                let later = Ctx { thread: (3, 0), ..ctx };
                self.at(at + wait, move |run| {
                    run.within(&span, Vec::new(), body, later, at + wait, Box::new(|_, _, _| {}));
                });
                then(self, at, End::Done);
            }
            Step::Arrive(arrive) => self.arrive(arrive, ctx, at, then),
        }
    }

    /// Steps inside a span of their own.
    fn within(&mut self, plan: &SpanPlan, links: Vec<usize>, body: Body, ctx: Ctx, at: i64, then: Then) {
        let service = self.system.reactions[ctx.reaction].service;
        let span = self.open(plan, service, ctx.transaction, Some(ctx.span), at);
        self.spans[span].links = links;
        let inner = Ctx { span, started: at, ..ctx };
        let since = at;
        let at = at + self.system_moment();
        let at = self.note(plan.first, &inner, at, More { since, ..More::default() });
        let last = plan.last;
        let outer = inner.clone();
        self.body(
            body,
            0,
            inner,
            at,
            Box::new(move |run, at, end| {
                let at = if end == End::Done {
                    run.note(last, &outer, at, More { since, ..More::default() })
                } else {
                    at
                };
                run.close(span, at, end == End::Failed);
                then(run, at, end);
            }),
        );
    }

    /// A small time that a runtime takes.
    pub(super) fn system_moment(&mut self) -> i64 {
        (self.draw.magnitude(0.004, 0.06) * MS as f64) as i64
    }

    fn background(&mut self, plan: Option<SpanPlan>, body: Body, ctx: Ctx, at: i64) {
        let service = self.system.reactions[ctx.reaction].service;
        let side_thread = self.side_thread(service);
        let ctx = Ctx { thread: (2, side_thread), ..ctx };
        let at = at + self.system_moment();
        let done: Then = Box::new(move |run, _, _| run.release(service, side_thread));
        match plan {
            Some(plan) => self.at(at, move |run| run.within(&plan, Vec::new(), body, ctx, at, done)),
            None => self.body(body, 0, ctx, at, done),
        }
    }

    /// Carries out all lanes at once, each on a side_thread thread; goes on when the last is done.
    fn side_by_side(&mut self, lanes: Vec<(Body, Option<usize>)>, ctx: &Ctx, at: i64, then: Then) {
        let service = self.system.reactions[ctx.reaction].service;
        let meeting =
            Rc::new(RefCell::new(Meeting { left: lanes.len(), at, end: End::Done, then: Some(then) }));
        for (body, unit) in lanes {
            let side_thread = self.side_thread(service);
            let inner = Ctx { thread: (2, side_thread), unit, ..ctx.clone() };
            let start = at + self.system_moment();
            let meeting = Rc::clone(&meeting);
            self.body(
                body,
                0,
                inner,
                start,
                Box::new(move |run, at, end| {
                    run.release(service, side_thread);
                    let mut all = meeting.borrow_mut();
                    (all.left, all.at, all.end) = (all.left - 1, all.at.max(at), all.end.max(end));
                    if all.left == 0 {
                        let (at, end, then) = (all.at, all.end, all.then.take());
                        drop(all);
                        then.expect("taken once")(run, at, end);
                    }
                }),
            );
        }
    }

    fn in_turn(&mut self, body: Body, unit: usize, count: usize, ctx: Ctx, at: i64, then: Then) {
        if unit == count {
            then(self, at, End::Done);
            return;
        }
        let inner = Ctx { unit: Some(unit), ..ctx.clone() };
        self.body(
            Rc::clone(&body),
            0,
            inner,
            at,
            Box::new(move |run, at, end| {
                if end == End::Done {
                    run.in_turn(body, unit + 1, count, ctx, at, then);
                } else {
                    then(run, at, end);
                }
            }),
        );
    }

    fn work(&mut self, work: Work, ctx: Ctx, at: i64, then: Then) {
        let service = self.system.reactions[ctx.reaction].service;
        let transaction = ctx.transaction;
        let started = at;
        let more = More { since: started, ..More::default() };
        let mut at = self.note(work.before, &ctx, at, more);
        let span = work.span.as_ref().map(|plan| self.open(plan, service, transaction, Some(ctx.span), at));
        let inner = Ctx { span: span.unwrap_or(ctx.span), ..ctx.clone() };
        at += self.system_moment();
        at = self.note(work.span.as_ref().and_then(|plan| plan.first), &inner, at, more);
        let draw = &mut self.transactions[transaction].draw;
        let mut time = work.time.sample(draw);
        if draw.chance(work.flaky) {
            let (first_try, wait) =
                (work.time.sample(draw) + 80 * MS, (draw.magnitude(30.0, 300.0) * MS as f64) as i64);
            let failing = inner.clone();
            let retry = work.retry;
            let told = at + first_try;
            self.at(told, move |run| {
                run.note(
                    retry,
                    &failing,
                    told,
                    More { since: started, attempt: 1, delay_ns: wait, ..More::default() },
                );
            });
            time += first_try + wait;
        }
        let declined = self.transactions[transaction].draw.chance(work.decline);
        let done = at + time;
        self.at(done, move |run| {
            let status = if declined { 422 } else { 200 };
            let more = More { since: started, status, ..More::default() };
            let mut at = done;
            if declined {
                at = run.note(work.declined, &inner, at, more);
            } else {
                at = run.note(work.span.as_ref().and_then(|plan| plan.last), &inner, at, more);
            }
            if let Some(span) = span {
                run.close(span, at, declined);
            }
            at += run.system_moment();
            if declined {
                run.transactions[transaction].declined = true;
                then(run, at, End::Declined);
            } else {
                at = run.note(work.after, &ctx, at, more);
                then(run, at, End::Done);
            }
        });
    }

    /// One attempt at a call.
    fn call(&mut self, call: Call, ctx: Ctx, attempt: u32, at: i64, then: Then) {
        let service = self.system.reactions[ctx.reaction].service;
        let transaction = ctx.transaction;
        let started = at;
        let more = More { since: started, attempt, ..More::default() };
        let mut at = self.note(call.before, &ctx, at, more);
        let span = call.span.as_ref().map(|plan| self.open(plan, service, transaction, Some(ctx.span), at));
        let inner = Ctx { span: span.unwrap_or(ctx.span), ..ctx.clone() };
        at += self.system_moment();
        at = self.note(call.span.as_ref().and_then(|plan| plan.first), &inner, at, more);
        let draw = &mut self.transactions[transaction].draw;
        // The last attempt is not left to chance: what is flaky heals.
        let flaky = attempt < call.attempts && draw.chance(call.flaky);
        let reaches = !flaky || draw.chance(0.6);
        let there = call.network.sample(draw);
        let arrival = at + there;
        let (parent, unit) = (inner.span, inner.unit);
        let reaction = call.reaction;
        let answered: Then = Box::new(move |run, at, end| {
            let at = at + call.network.sample(&mut run.transactions[transaction].draw);
            let calling = Calling { call, ctx, inner, span, attempt, started };
            run.at(at, move |run| run.answered(calling, at, end, then));
        });
        if reaches {
            self.at(arrival, move |run| {
                run.serve(reaction, Some(parent), transaction, Some(service), flaky, arrival, unit, answered);
            });
        } else {
            // Nobody was there.
            let at = arrival + self.transactions[transaction].draw.range(1, 60) * MS;
            answered(self, at, End::Failed);
        }
    }

    /// The answer to one attempt, or its absence.
    fn answered(&mut self, calling: Calling, at: i64, end: End, then: Then) {
        let Calling { call, ctx, inner, span, attempt, started } = calling;
        let status = status(end, &self.system.reactions[call.reaction]);
        let more = More { since: started, status, attempt, ..More::default() };
        let plan = call.span.as_ref();
        let mut at = at;
        if end == End::Failed && attempt < call.attempts {
            let wait = (self.transactions[ctx.transaction].draw.magnitude(20.0, 400.0) * MS as f64) as i64;
            at = self.note(call.retry, &inner, at, More { delay_ns: wait, ..more });
            if let Some(span) = span {
                self.close(span, at, true);
            }
            self.at(at + wait, move |run| run.call(call, ctx, attempt + 1, at + wait, then));
            return;
        }
        let site = if end == End::Failed {
            plan.and_then(|plan| plan.fail)
        } else {
            plan.and_then(|plan| plan.last)
        };
        at = self.note(site, &inner, at, more);
        if let Some(span) = span {
            self.close(span, at, end != End::Done);
            let name = if self.spans[span].name.contains('/') && status == 200 { None } else { Some(status) };
            if let Some(status) = name {
                self.spans[span]
                    .attributes
                    .push(("http.response.status_code".to_owned(), status.to_string()));
            }
        }
        at += self.system_moment();
        if end != End::Failed {
            at = self.note(call.after, &ctx, at, more);
        }
        then(self, at, if call.optional { End::Done } else { end });
    }

    /// The stages one after the other; after a no those that are done are taken back, the last one first.
    fn saga(
        &mut self,
        stages: Rc<Vec<(Body, Body)>>,
        rollback: Option<usize>,
        done: usize,
        ctx: Ctx,
        at: i64,
        then: Then,
    ) {
        let Some((forward, _)) = stages.get(done) else {
            then(self, at, End::Done);
            return;
        };
        self.body(
            Rc::clone(forward),
            0,
            ctx.clone(),
            at,
            Box::new(move |run, at, end| {
                if end == End::Done {
                    run.saga(stages, rollback, done + 1, ctx, at, then);
                    return;
                }
                let at = if done > 0 { run.note(rollback, &ctx, at, More::default()) } else { at };
                run.take_back(stages, done, ctx, at, Box::new(move |run, at, _| then(run, at, end)));
            }),
        );
    }

    fn take_back(&mut self, stages: Rc<Vec<(Body, Body)>>, left: usize, ctx: Ctx, at: i64, then: Then) {
        if left == 0 {
            then(self, at, End::Done);
            return;
        }
        let back = Rc::clone(&stages[left - 1].1);
        self.body(
            back,
            0,
            ctx.clone(),
            at,
            Box::new(move |run, at, _| run.take_back(stages, left - 1, ctx, at, then)),
        );
    }

    /// One of several messages that must meet.
    fn arrive(&mut self, arrive: Arrive, ctx: Ctx, at: i64, then: Then) {
        let here = self.joins.entry((ctx.transaction, arrive.join)).or_default();
        here.push(ctx.span);
        let more = More { since: ctx.started, count: Some(here.len()), ..More::default() };
        if here.len() != arrive.need {
            let at = self.note(arrive.waiting, &ctx, at, more);
            then(self, at, End::Done);
            return;
        }
        let others: Vec<usize> = here[..here.len() - 1].to_vec();
        let at = self.note(arrive.joined, &ctx, at, more);
        match &arrive.span {
            Some(plan) => self.within(plan, others, arrive.body, ctx, at, then),
            None => {
                self.spans[ctx.span].links.extend(others);
                self.body(arrive.body, 0, ctx, at, then);
            }
        }
    }
}

/// One attempt at a call that is under way.
struct Calling {
    call: Call,
    ctx: Ctx,
    /// Within the call's span.
    inner: Ctx,
    span: Option<usize>,
    attempt: u32,
    started: i64,
}

/// The HTTP status of an answer.
pub(super) fn status(end: End, reaction: &Reaction) -> u16 {
    match end {
        End::Done | End::Silent => match reaction.span.name.split(' ').next() {
            Some("POST") if reaction.task.verb.len().is_multiple_of(3) => 201,
            Some("POST") if reaction.task.verb.len() % 3 == 1 => 202,
            _ => 200,
        },
        End::Declined => [409, 422, 402, 404][reaction.task.object.len() % 4],
        End::Failed => [500, 503, 502][reaction.task.object.len() % 3],
    }
}
