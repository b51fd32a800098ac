//! What happens when a reaction is set off.

use std::rc::Rc;

use super::record::More;
use super::steps::status;
use super::{Ctx, End, FaultKind, Message, Run, Then};
use crate::plan::{Body, Kind, Redelivery, Step};

/// What sets a reaction off.
pub(super) struct Cause {
    pub(super) reaction: usize,
    pub(super) transaction: usize,
    pub(super) parent: Option<usize>,
    pub(super) links: Vec<usize>,
    pub(super) caller: Option<usize>,
    pub(super) unit: Option<usize>,
    pub(super) message: Option<Rc<Message>>,
    pub(super) batch: Option<Rc<Vec<Rc<Message>>>>,
    pub(super) attempt: u32,
    pub(super) redelivered: bool,
    pub(super) thread: (usize, u32),
    /// It is to fail for no good reason.
    pub(super) fails: bool,
}

impl Run {
    /// A call reaches a server: it waits for a worker, is handled, and `then` goes on with the outcome.
    #[expect(clippy::too_many_arguments, reason = "a call has that many sides")]
    pub(super) fn serve(
        &mut self,
        reaction: usize,
        parent: Option<usize>,
        transaction: usize,
        caller: Option<usize>,
        fails: bool,
        at: i64,
        unit: Option<usize>,
        then: Then,
    ) {
        let pool = (reaction, 0);
        self.enter(
            pool,
            at,
            Box::new(move |run, at, worker| {
                let cause = Cause {
                    reaction,
                    transaction,
                    parent,
                    links: Vec::new(),
                    caller,
                    unit,
                    message: None,
                    batch: None,
                    attempt: 1,
                    redelivered: false,
                    thread: (0, worker),
                    fails,
                };
                let at = at + run.system_moment();
                run.react(
                    cause,
                    at,
                    Box::new(move |run, at, end| {
                        run.leave(pool, worker, at);
                        then(run, at, end);
                    }),
                );
            }),
        );
    }

    /// A scheduled job begins.
    pub(super) fn tick(&mut self, reaction: usize, transaction: usize, at: i64) {
        let cause = Cause {
            reaction,
            transaction,
            parent: None,
            links: Vec::new(),
            caller: None,
            unit: None,
            message: None,
            batch: None,
            attempt: 1,
            redelivered: false,
            thread: (3, 0),
            fails: false,
        };
        self.react(cause, at, Box::new(|_, _, _| {}));
    }

    /// Runs a reaction from its first line to its last.
    pub(super) fn react(&mut self, cause: Cause, at: i64, then: Then) {
        let system = Rc::clone(&self.system);
        let reaction = &system.reactions[cause.reaction];
        let transaction = cause.transaction;
        let span = self.open(&reaction.span, reaction.service, transaction, cause.parent, at);
        if cause.parent.is_none() && self.transactions[transaction].root.is_none() {
            self.transactions[transaction].root = Some(span);
        }
        let opened = &mut self.spans[span];
        opened.links.clone_from(&cause.links);
        opened.reaction = Some(cause.reaction);
        opened.loses_context = reaction.loses_context || reaction.span.kind == Kind::Consumer;
        if let Some(message) = &cause.message {
            opened.attributes.push(("messaging.message.id".to_owned(), message.id.clone()));
        }
        let tag = self.tag(cause.reaction, cause.message.is_some() || cause.batch.is_some());
        let ctx = Ctx {
            transaction,
            span,
            reaction: cause.reaction,
            thread: cause.thread,
            unit: cause.unit,
            message: cause.message.clone(),
            tag,
            redelivered: cause.redelivered,
            attempt: cause.attempt,
            caller: cause.caller,
            started: at,
            correlation: None,
            batch: cause.batch.clone(),
        };
        let more =
            More { since: at, count: cause.batch.as_ref().map(|batch| batch.len()), ..More::default() };
        let mut now = at + self.system_moment();
        now = self.note(reaction.span.first, &ctx, now, more);
        for message in cause.batch.iter().flat_map(|batch| batch.iter()) {
            now = self.batch_line(reaction.batch_line, &ctx, message, now);
        }
        let strike = self.strike(&cause, span, now);
        if strike == Some(FaultKind::Drop) {
            now += self.system_moment();
            self.close(span, now, false);
            then(self, now, End::Silent);
            return;
        }
        now += reaction.prepare.sample(&mut self.transactions[transaction].draw);
        if strike == Some(FaultKind::Slow) {
            now += self.slowness(cause.reaction, transaction);
        }
        let last_try = self.is_last_try(&cause);
        let fails = strike == Some(FaultKind::Error) || cause.fails;
        let body = if fails { opening(&reaction.body) } else { Rc::clone(&reaction.body) };
        let declined = Rc::clone(&reaction.declined);
        self.body(
            body,
            0,
            ctx.clone(),
            now,
            Box::new(move |run, at, end| {
                let end = if fails { End::Failed } else { end };
                match end {
                    End::Declined => {
                        let after = ctx.clone();
                        run.body(
                            declined,
                            0,
                            ctx,
                            at,
                            Box::new(move |run, at, _| {
                                run.finish(after, more, at, End::Declined, last_try, then);
                            }),
                        );
                    }
                    end => run.finish(ctx, more, at, end, last_try, then),
                }
            }),
        );
    }

    /// The last lines of a reaction.
    fn finish(&mut self, ctx: Ctx, more: More, at: i64, end: End, last_try: bool, then: Then) {
        let system = Rc::clone(&self.system);
        let reaction = &system.reactions[ctx.reaction];
        let code = status(end, reaction);
        let more = More { status: code, attempt: ctx.attempt, ..more };
        let site = match end {
            End::Declined => reaction.refused.or(reaction.span.last),
            End::Failed => reaction.span.fail,
            End::Done | End::Silent => reaction.span.last,
        };
        let mut at = self.note(site, &ctx, at, more);
        if end == End::Failed {
            self.transactions[ctx.transaction].failed |= last_try;
        }
        if reaction.span.kind == Kind::Server {
            self.spans[ctx.span].attributes.push(("http.response.status_code".to_owned(), code.to_string()));
            self.access(&ctx, at, code);
        }
        let parked = match &reaction.redelivery {
            Some(Redelivery { dead, parked, .. }) if end == End::Failed && last_try => {
                at = self.note(*dead, &ctx, at, more);
                Rc::clone(parked)
            }
            _ => Rc::from([]),
        };
        let span = ctx.span;
        self.body(
            parked,
            0,
            ctx,
            at,
            Box::new(move |run, at, _| {
                run.close(span, at, end == End::Failed);
                then(run, at, end);
            }),
        );
    }

    /// True where no further attempt follows a failure.
    fn is_last_try(&self, cause: &Cause) -> bool {
        match &self.system.reactions[cause.reaction].redelivery {
            Some(redelivery) => cause.attempt >= redelivery.attempts,
            None => {
                self.system.reactions[cause.reaction].span.kind == Kind::Consumer || cause.parent.is_none()
            }
        }
    }

    fn batch_line(&mut self, site: Option<usize>, ctx: &Ctx, message: &Rc<Message>, at: i64) -> i64 {
        let Some(site) = site else { return at };
        // The line tells the key of the message's transaction, not of the batch's.
        let within =
            Ctx { transaction: message.transaction, message: Some(Rc::clone(message)), ..ctx.clone() };
        self.say(Some(site), &within, Some(ctx.span), at, More::default())
    }
}

/// The first steps of a body, as far as they set off nothing.
fn opening(body: &Body) -> Body {
    let quiet = |step: &&Step| match step {
        Step::Note(_) => true,
        Step::Work(work) => work.decline == 0.0,
        _ => false,
    };
    body.iter().take_while(quiet).take(2).cloned().collect::<Vec<_>>().into()
}
