//! Woven traces as bytes, in memory or in a temporary file, until all are woven and what is usual is known.
//!
//! They are kept as they come from weaving: what judging sets (times of spans, critical paths) is not.

mod read;
mod write;

use crate::gather::{Log, Room, SpillError};
use crate::model::{Basis, SpanKind, Status, Trace};
use rayon::prelude::*;
use read::Unpacker;
use std::ops::Range;
use write::Packer;

const KINDS: [SpanKind; 5] =
    [SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer, SpanKind::Internal];
const BASES: [Basis; 8] = [
    Basis::Stated,
    Basis::Header,
    Basis::Link,
    Basis::Message,
    Basis::Call,
    Basis::Nesting,
    Basis::Key,
    Basis::Learned,
];
const STATUSES: [Status; 4] = [Status::Ok, Status::Error, Status::Incomplete, Status::Truncated];

/// Bits of a span.
mod bit {
    pub const OPAQUE: u64 = 1;
    pub const SYNTHETIC: u64 = 1 << 1;
    pub const MISSING: u64 = 1 << 2;
    pub const FAILED: u64 = 1 << 3;
    pub const PARENT: u64 = 1 << 4;
    pub const EDGE: u64 = 1 << 5;
    pub const RAW: u64 = 1 << 6;
    pub const LINKS: u64 = 1 << 7;
    /// Above these stands the kind: 0 for none.
    pub const KIND: u32 = 8;
}

/// Traces that are written together: names are told once for all of them.
const TOGETHER: usize = 128;

/// Traces that were put away, round by round.
#[derive(Debug)]
pub struct Packed {
    blocks: Log,
    rounds: Vec<Range<usize>>,
}

impl Packed {
    /// Holds so many bytes in memory.
    pub fn new(room: Room) -> Packed {
        Packed { blocks: Log::new(room), rounds: Vec::new() }
    }

    /// Puts the traces of a round away.
    pub fn push(&mut self, traces: &[Trace]) -> Result<(), SpillError> {
        let start = self.blocks.blocks();
        let blocks: Vec<Vec<u8>> = traces.par_chunks(TOGETHER).map(pack).collect();
        blocks.into_iter().try_for_each(|block| self.blocks.push(block))?;
        self.rounds.push(start..self.blocks.blocks());
        Ok(())
    }

    /// Brings the traces of a round back, once.
    pub fn take(&mut self, round: usize) -> Result<Vec<Trace>, SpillError> {
        let blocks = self.blocks.take(self.rounds[round].clone())?;
        let traces: Option<Vec<Vec<Trace>>> = blocks.par_iter().map(|block| unpack(block)).collect();
        let mut traces = traces.ok_or_else(SpillError::damaged)?;
        let mut all = Vec::with_capacity(traces.iter().map(Vec::len).sum());
        traces.iter_mut().for_each(|traces| all.append(traces));
        Ok(all)
    }
}

fn pack(traces: &[Trace]) -> Vec<u8> {
    let mut packer = Packer::default();
    traces.iter().for_each(|trace| packer.trace(trace));
    packer.out.shrink_to_fit();
    packer.out
}

/// The traces of a block; `None` if [`pack`] did not write it.
fn unpack(block: &[u8]) -> Option<Vec<Trace>> {
    let mut unpacker = Unpacker::new(block);
    let mut traces = Vec::with_capacity(TOGETHER);
    while !unpacker.is_empty() {
        traces.push(unpacker.trace()?);
    }
    Some(traces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Edge, EventId, Link, Proof, Span, SpanId, Symbol, Time, TraceId};

    fn edge(number: u32) -> Edge {
        let id = EventId { batch: number, index: number * 7 };
        let (name, value) = (Symbol(u64::from(number)), Symbol(u64::MAX - u64::from(number)));
        let proofs = [
            Proof::ParentId(id),
            Proof::SharedSpan,
            Proof::Header(id),
            Proof::Link(id),
            Proof::Message { name, value, sent: id, received: EventId { batch: 0, index: u32::MAX } },
            Proof::Key { name, value },
            Proof::Call,
            Proof::Encloses,
            Proof::Follows { before: id, delay: -5 },
            Proof::Usual { times: number },
            Proof::OnlyCandidate,
        ];
        Edge {
            basis: BASES[number as usize % BASES.len()],
            confidence: 1.0 / (number + 1) as f32,
            proofs: proofs[..number as usize % (proofs.len() + 1)].to_vec(),
            runner_up: number.is_multiple_of(2).then_some((number, 0.25)),
        }
    }

    fn span(number: u32, own: TraceId) -> Span {
        let odd = |part: u32| number / part % 2 == 1;
        let id = SpanId::new(u64::from(number) + 1).expect("it is not zero");
        let link = Link { trace: own, span: id, basis: Basis::Link, confidence: 0.5 };
        Span {
            id,
            opaque: odd(1),
            synthetic: odd(2),
            missing: odd(4),
            trace: odd(1).then_some(if odd(2) { own } else { TraceId::opaque(b"another") }),
            parent: odd(2).then(|| number - 1),
            edge: odd(2).then(|| edge(number)),
            links: if odd(8) { vec![link, link] } else { Vec::new() },
            service: Symbol(7),
            instance: Symbol::NONE,
            name: Symbol(u64::from(number % 5)),
            kind: KINDS.get(number as usize % 7).copied(),
            start: Time(1_000_000 - i64::from(number)),
            end: if odd(16) { Time::UNKNOWN } else { Time(2_000_000) },
            raw: odd(4).then_some((Time(i64::MIN), Time(i64::MAX))),
            failed: odd(8),
            errors: number,
            events: (0..number % 4).map(|index| EventId { batch: 3 - index, index }).collect(),
            self_time: None,
            queue_time: None,
        }
    }

    fn trace(number: u32) -> Trace {
        let id = TraceId::new(u128::MAX / u128::from(number + 1)).expect("it is not zero");
        Trace {
            id,
            opaque: number.is_multiple_of(2),
            members: if number.is_multiple_of(3) { Vec::new() } else { vec![id] },
            keys: vec![(Symbol(3), Symbol(u64::from(number)))],
            name: Symbol(5),
            service: Symbol(7),
            root: number.is_multiple_of(2).then_some(number),
            start: if number == 9 { Time::UNKNOWN } else { Time(-3) },
            end: Time(i64::from(number)),
            status: STATUSES[number as usize % STATUSES.len()],
            services: vec![Symbol(7), Symbol(8)],
            spans: (0..number).map(|number| span(number, id)).collect(),
            loose: (0..number % 3).map(|index| EventId { batch: u32::MAX, index }).collect(),
            loose_errors: number,
            critical_path: Vec::new(),
        }
    }

    #[test]
    fn traces_come_back_as_they_were_wherever_they_are() {
        let traces: Vec<Trace> = (0..300).map(|number| trace(number % 50)).collect();
        for limit in [0, 10_000, usize::MAX] {
            let mut packed = Packed::new(Room { bytes: limit, firm: true });
            for round in [&traces[..], &traces[..7], &[]] {
                packed.push(round).expect("there is room");
            }
            for (round, expected) in [&traces[..], &traces[..7], &[]].into_iter().enumerate() {
                let found = packed.take(round).expect("it was just written");
                assert_eq!(found.len(), expected.len());
                for (found, expected) in found.iter().zip(expected) {
                    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
                }
            }
        }
    }

    #[test]
    fn a_block_that_was_cut_is_damaged() {
        let block = pack(&[trace(40)]);
        assert!((1..block.len()).all(|end| unpack(&block[..end]).is_none()));
    }
}
