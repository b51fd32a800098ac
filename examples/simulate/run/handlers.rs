//! What happens when a handler is set off.

use std::rc::Rc;

use super::record::More;
use super::steps::status;
use super::{Ctx, End, FaultKind, Message, Run, Then};
use crate::plan::{Body, Kind, Redelivery, Step};

/// What sets a handler off.
pub(super) struct Cause {
    pub(super) handler: usize,
    pub(super) transaction: usize,
    pub(super) parent: Option<usize>,
    pub(super) links: Vec<usize>,
    pub(super) caller: Option<usize>,
    pub(super) item: Option<usize>,
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
        handler: usize,
        parent: Option<usize>,
        transaction: usize,
        caller: Option<usize>,
        fails: bool,
        at: i64,
        item: Option<usize>,
        then: Then,
    ) {
        let pool = (handler, 0);
        self.enter(
            pool,
            at,
            Box::new(move |run, at, worker| {
                let cause = Cause {
                    handler,
                    transaction,
                    parent,
                    links: Vec::new(),
                    caller,
                    item,
                    message: None,
                    batch: None,
                    attempt: 1,
                    redelivered: false,
                    thread: (0, worker),
                    fails,
                };
                let at = at + run.system_moment();
                run.handle(
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
    pub(super) fn tick(&mut self, handler: usize, transaction: usize, at: i64) {
        let cause = Cause {
            handler,
            transaction,
            parent: None,
            links: Vec::new(),
            caller: None,
            item: None,
            message: None,
            batch: None,
            attempt: 1,
            redelivered: false,
            thread: (3, 0),
            fails: false,
        };
        self.handle(cause, at, Box::new(|_, _, _| {}));
    }

    /// Runs a handler from its first line to its last.
    pub(super) fn handle(&mut self, cause: Cause, at: i64, then: Then) {
        let system = Rc::clone(&self.system);
        let handler = &system.handlers[cause.handler];
        let transaction = cause.transaction;
        let span = self.open(&handler.span, handler.service, transaction, cause.parent, at);
        if cause.parent.is_none() && self.transactions[transaction].root.is_none() {
            self.transactions[transaction].root = Some(span);
        }
        let opened = &mut self.spans[span];
        opened.links.clone_from(&cause.links);
        opened.handler = Some(cause.handler);
        opened.loses_context = handler.loses_context || handler.span.kind == Kind::Consumer;
        if let Some(message) = &cause.message {
            opened.attributes.push(("messaging.message.id".to_owned(), message.id.clone()));
        }
        let tag = self.tag(cause.handler, cause.message.is_some() || cause.batch.is_some());
        let ctx = Ctx {
            transaction,
            span,
            handler: cause.handler,
            thread: cause.thread,
            item: cause.item,
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
        now = self.note(handler.span.first, &ctx, now, more);
        for message in cause.batch.iter().flat_map(|batch| batch.iter()) {
            now = self.batch_item(handler.batch_item, &ctx, message, now);
        }
        let strike = self.strike(&cause, span, now);
        if strike == Some(FaultKind::Drop) {
            now += self.system_moment();
            self.close(span, now, false);
            then(self, now, End::Silent);
            return;
        }
        now += handler.prepare.sample(&mut self.transactions[transaction].draw);
        if strike == Some(FaultKind::Slow) {
            now += self.slowness(cause.handler, transaction);
        }
        let last_try = self.is_last_try(&cause);
        let fails = strike == Some(FaultKind::Error) || cause.fails;
        let body = if fails { opening(&handler.body) } else { Rc::clone(&handler.body) };
        let declined = Rc::clone(&handler.declined);
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

    /// The last lines of a handler.
    fn finish(&mut self, ctx: Ctx, more: More, at: i64, end: End, last_try: bool, then: Then) {
        let system = Rc::clone(&self.system);
        let handler = &system.handlers[ctx.handler];
        let code = status(end, handler);
        let more = More { status: code, attempt: ctx.attempt, ..more };
        let site = match end {
            End::Declined => handler.refused.or(handler.span.last),
            End::Failed => handler.span.fail,
            End::Done | End::Silent => handler.span.last,
        };
        let mut at = self.note(site, &ctx, at, more);
        if end == End::Failed {
            self.transactions[ctx.transaction].failed |= last_try;
        }
        if handler.span.kind == Kind::Server {
            self.spans[ctx.span].attributes.push(("http.response.status_code".to_owned(), code.to_string()));
            self.access(&ctx, at, code);
        }
        let parked = match &handler.redelivery {
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
        match &self.system.handlers[cause.handler].redelivery {
            Some(redelivery) => cause.attempt >= redelivery.attempts,
            None => self.system.handlers[cause.handler].span.kind == Kind::Consumer || cause.parent.is_none(),
        }
    }

    fn batch_item(&mut self, site: Option<usize>, ctx: &Ctx, message: &Rc<Message>, at: i64) -> i64 {
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
