//! A drawn system: its services, what each does when, and where it logs. Nothing in here happens yet.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::company::{Broker, Company};
use crate::domain::Domain;
use crate::draw::Spread;
use crate::service::Service;
use crate::site::{Site, SiteId};
use crate::values::Shape;
use crate::words::Task;

/// A sequence of steps.
pub(crate) type Body = Rc<[Step]>;

/// What OpenTelemetry calls the kind of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Server,
    Client,
    Producer,
    Consumer,
    Internal,
}

impl Kind {
    /// Its name in the truth.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Server => "SERVER",
            Self::Client => "CLIENT",
            Self::Producer => "PRODUCER",
            Self::Consumer => "CONSUMER",
            Self::Internal => "INTERNAL",
        }
    }
}

/// A span that a step opens, and where it logs.
#[derive(Clone, Debug)]
pub(crate) struct SpanPlan {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) first: Option<SiteId>,
    pub(crate) last: Option<SiteId>,
    /// In place of the last line where it failed.
    pub(crate) fail: Option<SiteId>,
    /// An attribute that never changes.
    pub(crate) attribute: Option<(&'static str, String)>,
}

/// Kinds of things that flows do; a system uses some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Feature {
    SyncChain,
    SyncParallel,
    UnitsLoop,
    FanOut,
    WorkQueue,
    Join,
    Saga,
    Orchestration,
    Choreography,
    CallRetry,
    Redelivery,
    DeadLetter,
    RequestReply,
    Batch,
    Scheduled,
    Timer,
    Polling,
    Outbox,
    Cache,
    Callback,
    Branch,
    AsyncWork,
    LongStep,
    SecondCall,
    FollowUp,
    DeviceEntry,
}

impl Feature {
    /// All of them, with how common they are.
    pub(crate) const TABLE: [(Feature, f64); 26] = [
        (Feature::SyncChain, 0.7),
        (Feature::SyncParallel, 0.4),
        (Feature::UnitsLoop, 0.65),
        (Feature::FanOut, 0.6),
        (Feature::WorkQueue, 0.45),
        (Feature::Join, 0.35),
        (Feature::Saga, 0.3),
        (Feature::Choreography, 0.25),
        (Feature::Orchestration, 0.4),
        (Feature::CallRetry, 0.4),
        (Feature::Redelivery, 0.35),
        (Feature::DeadLetter, 0.2),
        (Feature::RequestReply, 0.25),
        (Feature::Batch, 0.22),
        (Feature::Scheduled, 0.35),
        (Feature::Timer, 0.25),
        (Feature::Polling, 0.25),
        (Feature::Outbox, 0.22),
        (Feature::Cache, 0.3),
        (Feature::Callback, 0.25),
        (Feature::Branch, 0.5),
        (Feature::AsyncWork, 0.35),
        (Feature::LongStep, 0.2),
        (Feature::SecondCall, 0.3),
        (Feature::FollowUp, 0.25),
        (Feature::DeviceEntry, 0.15),
    ];
}

/// Work inside a service: computing, a query, a call to a system that is not ours.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) span: Option<SpanPlan>,
    /// Lines in the span around it, before and after.
    pub(crate) before: Option<SiteId>,
    pub(crate) after: Option<SiteId>,
    pub(crate) time: Spread,
    /// How often the answer is no.
    pub(crate) decline: f64,
    pub(crate) declined: Option<SiteId>,
    /// How often it needs a second try.
    pub(crate) flaky: f64,
    pub(crate) retry: Option<SiteId>,
}

/// A call to another reaction.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) reaction: usize,
    pub(crate) span: Option<SpanPlan>,
    /// Lines in the span around it, before and after.
    pub(crate) before: Option<SiteId>,
    pub(crate) after: Option<SiteId>,
    pub(crate) network: Spread,
    /// How often one attempt fails for no good reason.
    pub(crate) flaky: f64,
    pub(crate) attempts: u32,
    pub(crate) retry: Option<SiteId>,
    /// The caller goes on whatever the answer.
    pub(crate) optional: bool,
}

/// A message to a channel.
#[derive(Clone, Debug)]
pub(crate) struct Publish {
    pub(crate) channel: usize,
    pub(crate) span: Option<SpanPlan>,
    /// Lines in the span around it, before and after.
    pub(crate) before: Option<SiteId>,
    pub(crate) after: Option<SiteId>,
    pub(crate) accept: Spread,
    /// How long the confirmation takes after the broker has the message; `None` where nobody waits for it.
    pub(crate) confirm: Option<Spread>,
    /// Where the reply comes in, and after how many milliseconds the asker gives up.
    pub(crate) reply: Option<(usize, f64, Option<SiteId>)>,
}

/// The meeting of several messages of one transaction.
#[derive(Clone, Debug)]
pub(crate) struct Arrive {
    pub(crate) join: usize,
    pub(crate) need: usize,
    pub(crate) waiting: Option<SiteId>,
    pub(crate) joined: Option<SiteId>,
    /// The span of the work after the last one, with links to the others.
    pub(crate) span: Option<SpanPlan>,
    pub(crate) body: Body,
}

/// One step of a body.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Note(SiteId),
    Work(Work),
    Call(Call),
    Publish(Publish),
    /// Sends the reply that an asker waits for.
    Reply(Publish),
    /// A span around other steps.
    Within(SpanPlan, Body),
    Parallel(Vec<Body>),
    /// Once for each of two to so many units.
    Each {
        most: usize,
        parallel: bool,
        body: Body,
    },
    Maybe {
        p: f64,
        yes: Body,
        no: Body,
    },
    /// Steps with what takes them back, and the line that says so.
    Saga(Vec<(Body, Body)>, Option<SiteId>),
    /// In the background; ends when it ends.
    Spawn(Option<SpanPlan>, Body),
    Later {
        delay: Spread,
        armed: Option<SiteId>,
        span: SpanPlan,
        body: Body,
    },
    Arrive(Arrive),
}

/// What sets a reaction off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    Http { method: String, route: String },
    Grpc { route: String },
    Channel(usize),
    Clock,
}

/// What a consumer does with a message that it failed to react.
#[derive(Clone, Debug)]
pub(crate) struct Redelivery {
    pub(crate) attempts: u32,
    /// How often one attempt fails for no good reason.
    pub(crate) flaky: f64,
    pub(crate) backoff: Spread,
    pub(crate) dead: Option<SiteId>,
    /// What happens in the last attempt's span when all have failed.
    pub(crate) parked: Body,
}

/// What one service does on one trigger.
#[derive(Clone, Debug)]
pub(crate) struct Reaction {
    pub(crate) service: usize,
    pub(crate) task: Task,
    pub(crate) trigger: Trigger,
    pub(crate) span: SpanPlan,
    /// In place of the last line where the answer is no.
    pub(crate) refused: Option<SiteId>,
    pub(crate) prepare: Spread,
    pub(crate) body: Body,
    /// What happens after a no.
    pub(crate) declined: Body,
    pub(crate) redelivery: Option<Redelivery>,
    /// The access log's line.
    pub(crate) access: Option<SiteId>,
    /// One line for each message of a batch.
    pub(crate) batch_line: Option<SiteId>,
    /// The context does not survive the call that sets it off (in v3).
    pub(crate) loses_context: bool,
    /// A fault may strike here.
    pub(crate) can_fail: bool,
    /// Handling twice shows: not a join, not a batch, not a reply.
    pub(crate) can_repeat: bool,
}

impl Reaction {
    /// True where a reader can see that it was set off.
    pub(crate) fn shows(&self) -> bool {
        self.span.logs()
    }

    /// True where a reader can see that it went on after its first line.
    pub(crate) fn shows_progress(&self) -> bool {
        self.span.last.is_some() || speaks(&self.body)
    }
}

impl SpanPlan {
    /// True where it logs at one of its ends.
    pub(crate) fn logs(&self) -> bool {
        self.first.is_some() || self.last.is_some()
    }
}

impl Step {
    /// True where it always logs in the span around it.
    fn logs(&self) -> bool {
        match self {
            Self::Note(_) => true,
            Self::Work(work) => work.before.is_some() || work.after.is_some(),
            Self::Call(call) => call.before.is_some() || call.after.is_some(),
            Self::Publish(publish) | Self::Reply(publish) => {
                publish.before.is_some() || publish.after.is_some()
            }
            _ => false,
        }
    }

    /// The span that it opens.
    fn span(&self) -> Option<&SpanPlan> {
        match self {
            Self::Work(work) => work.span.as_ref(),
            Self::Call(call) => call.span.as_ref(),
            Self::Publish(publish) | Self::Reply(publish) => publish.span.as_ref(),
            Self::Within(plan, _) => Some(plan),
            _ => None,
        }
    }
}

/// True where some step always logs in the service itself.
fn speaks(body: &Body) -> bool {
    body.iter().any(|step| {
        let within = matches!(step, Step::Within(_, body) if speaks(body));
        step.logs() || step.span().is_some_and(SpanPlan::logs) || within
    })
}

/// True where some step may log in the span around the steps, as opposed to one that it opens.
pub(crate) fn has_voice(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Work(work) if work.span.is_none() => step.logs() || work.retry.or(work.declined).is_some(),
        Step::Call(call) if call.span.is_none() => step.logs() || call.retry.is_some(),
        Step::Parallel(bodies) => bodies.iter().any(|body| has_voice(body)),
        Step::Each { body, .. } | Step::Spawn(None, body) => has_voice(body),
        Step::Maybe { yes, no, .. } => has_voice(yes) || has_voice(no),
        Step::Saga(stages, rollback) => {
            rollback.is_some() || stages.iter().any(|(go, back)| has_voice(go) || has_voice(back))
        }
        Step::Later { armed, .. } => armed.is_some(),
        Step::Arrive(arrive) => {
            arrive.waiting.or(arrive.joined).is_some() || arrive.span.is_none() && has_voice(&arrive.body)
        }
        _ => step.logs(),
    })
}

/// Who gets the messages of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subscriber {
    Reaction(usize),
    Batch(usize),
}

/// A topic, queue or subject.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) name: String,
    pub(crate) broker: Broker,
    /// Object and past of what happened.
    pub(crate) event: String,
    pub(crate) subscribers: Vec<Subscriber>,
    pub(crate) delay: Spread,
    pub(crate) partitions: u32,
    /// Consumers fetch every so many milliseconds.
    pub(crate) poll_ms: Option<f64>,
    /// The line of such a fetch, outside any span.
    pub(crate) polled: Option<SiteId>,
    /// Sender and receiver print what names the message.
    pub(crate) named: (bool, bool),
}

/// Takes several messages at once.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) reaction: usize,
    pub(crate) size: usize,
    pub(crate) wait_ms: f64,
}

/// How a flow begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Origin {
    /// A call from outside.
    Request,
    /// A call about something that an earlier transaction made.
    FollowUp,
    /// A message from outside.
    Device,
    /// The clock.
    Clock,
}

/// One way through the system.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) entry: usize,
    pub(crate) weight: u32,
    pub(crate) features: BTreeSet<Feature>,
}

/// A system as drawn from a seed.
#[derive(Clone, Debug)]
pub(crate) struct System {
    pub(crate) seed: u64,
    pub(crate) domain: Domain,
    pub(crate) company: Company,
    pub(crate) services: Vec<Service>,
    pub(crate) sites: Vec<Site>,
    pub(crate) reactions: Vec<Reaction>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) batches: Vec<Batch>,
    pub(crate) flows: Vec<Flow>,
    /// Shapes of the keys: of the main entity, of the further ones.
    pub(crate) key_shape: Shape,
    pub(crate) sub_shapes: Vec<Shape>,
    /// Shape of the keys of units; `None` where these come from a catalogue.
    pub(crate) unit_shape: Option<Shape>,
    /// Transactions that overlap, on average.
    pub(crate) in_flight: f64,
    /// Background lines per service and minute.
    pub(crate) noise_per_minute: f64,
}

#[cfg(test)]
impl System {
    /// All features that some flow uses.
    pub(crate) fn features(&self) -> BTreeSet<Feature> {
        self.flows.iter().flat_map(|flow| flow.features.iter().copied()).collect()
    }
}
