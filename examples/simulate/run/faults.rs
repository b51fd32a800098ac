//! Faults that are put in (v6): a message lost, a very slow step, an error, a message handled twice.

use std::rc::Rc;

use super::reactions::Cause;
use super::{MS, Message, Run};
use crate::draw::Draw;
use crate::plan::Kind;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FaultKind {
    Drop,
    Slow,
    Error,
    Duplicate,
}

impl FaultKind {
    /// Its name in the truth.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Slow => "slow",
            Self::Error => "error",
            Self::Duplicate => "duplicate",
        }
    }
}

/// A fault that is to strike in a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) kind: FaultKind,
    pub(crate) reaction: usize,
    /// A lost message is not even received.
    early: bool,
    /// Once it has struck: the message, if there was one.
    pub(crate) struck: Option<Option<String>>,
}

/// A fault that has struck.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) transaction: usize,
    pub(crate) kind: FaultKind,
    pub(crate) service: usize,
    pub(crate) span: Option<usize>,
    pub(crate) producer: Option<usize>,
    pub(crate) at: i64,
    pub(crate) message: Option<String>,
}

impl Run {
    /// Draws whether and where a fault will strike in a transaction of `flow`.
    pub(super) fn plan_fault(&self, flow: usize, draw: &mut Draw) -> Option<Planned> {
        let targets = self.load.targets.get(flow).filter(|targets| !targets.is_empty())?;
        if !draw.chance(self.load.fault_rate) {
            return None;
        }
        let reaction = *draw.pick(targets);
        let target = &self.system.reactions[reaction];
        let consumer = target.span.kind == Kind::Consumer;
        let progress = target.shows_progress();
        // A fault that leaves no sign in the logs is none.
        let mut kinds = vec![FaultKind::Error];
        kinds.extend(progress.then_some(FaultKind::Slow));
        kinds.extend(consumer.then_some(FaultKind::Drop));
        kinds.extend((consumer && target.can_repeat).then_some(FaultKind::Duplicate));
        let early = !progress || draw.chance(0.4);
        Some(Planned { kind: *draw.pick(&kinds), reaction, early, struck: None })
    }

    /// True where this message is lost on the way.
    pub(super) fn lose(&mut self, reaction: usize, message: &Rc<Message>, at: i64) -> bool {
        let transaction = message.transaction;
        let Some(planned) = &mut self.transactions[transaction].planned else { return false };
        let lost = planned.kind == FaultKind::Drop
            && planned.reaction == reaction
            && planned.early
            && planned.struck.is_none();
        if lost {
            planned.struck = Some(Some(message.id.clone()));
            self.faults.push(Fault {
                transaction,
                kind: FaultKind::Drop,
                service: self.system.reactions[reaction].service,
                span: None,
                producer: message.producer,
                at,
                message: Some(message.id.clone()),
            });
        }
        lost
    }

    /// The fault that strikes a reaction that has just begun.
    pub(super) fn strike(&mut self, cause: &Cause, span: usize, at: i64) -> Option<FaultKind> {
        let planned = self.transactions[cause.transaction].planned.as_mut()?;
        if planned.reaction != cause.reaction {
            return None;
        }
        let id = cause.message.as_ref().map(|message| message.id.clone());
        if planned.struck.is_some() {
            // What is broken stays broken however often it is tried.
            return (planned.kind == FaultKind::Error).then_some(FaultKind::Error);
        }
        if planned.kind == FaultKind::Drop && planned.early {
            return None;
        }
        planned.struck = Some(id.clone());
        let kind = planned.kind;
        self.faults.push(Fault {
            transaction: cause.transaction,
            kind,
            service: self.system.reactions[cause.reaction].service,
            span: Some(span),
            producer: cause.message.as_ref().and(cause.parent),
            at,
            message: id,
        });
        Some(kind)
    }

    /// How much longer than ever a slow reaction takes.
    pub(super) fn slowness(&mut self, reaction: usize, transaction: usize) -> i64 {
        let usual = self.load.typical_ns.get(reaction).copied().unwrap_or(0);
        let factor = self.transactions[transaction].draw.between(1.0, 1.8);
        ((usual * 12).max(1_200 * MS) as f64 * factor) as i64
    }
}
