//! What a line can say: values that differ by record, and names of things that do not.

/// A thing that stands in a line under a name, or within its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    /// The key of what the transaction is about.
    Key,
    /// The key of the n-th further entity.
    Sub(u8),
    /// The id of the request from outside.
    Request,
    /// An id that ties a request to its reply, or everything together.
    Correlation,
    Actor,
    Tenant,
    /// One of the parts of the transaction.
    Unit,
    Amount,
    Count,
    /// The message's id.
    Message,
    Partition,
    Offset,
    /// A counter of deliveries.
    Tag,
    Redelivered,
    Attempt,
    /// A duration as a number of milliseconds.
    Millis,
    /// A duration with its unit.
    Took,
    Status,
    Worker,
    /// Who calls.
    Caller,
    Error,
    Delay,
    /// The keys of the messages of a batch.
    Keys,
    /// The ids of the messages of a batch.
    Messages,
    Topic,
    Event,
    Peer,
    Route,
    Op,
    Version,
    Region,
    Bytes,
    /// What a message holds, as JSON.
    Payload,
}

impl Slot {
    /// The slot that a phrase calls `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "key" => Self::Key,
            "rid" => Self::Request,
            "cid" => Self::Correlation,
            "actor" => Self::Actor,
            "unit" => Self::Unit,
            "amount" => Self::Amount,
            "n" => Self::Count,
            "mid" => Self::Message,
            "part" => Self::Partition,
            "off" => Self::Offset,
            "tag" => Self::Tag,
            "attempt" => Self::Attempt,
            "ms" => Self::Millis,
            "dur" => Self::Took,
            "status" => Self::Status,
            "worker" => Self::Worker,
            "err" => Self::Error,
            "delay" => Self::Delay,
            _ => return None,
        })
    }

    /// True where the value tells one transaction, message or call from others.
    pub(crate) fn identifies(self) -> bool {
        matches!(
            self,
            Self::Key | Self::Sub(_) | Self::Request | Self::Correlation | Self::Message | Self::Offset
        )
    }
}
