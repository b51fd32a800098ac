//! What is different in the six variants of a system's logs.

use std::collections::BTreeMap;

use crate::company::{IdSpelling, Propagation};
use crate::draw::Draw;
use crate::plan::System;
use crate::run::Run;

/// What the logs hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Variant {
    /// Trace and span ids, no parents.
    V1,
    /// Receiving lines also tell who called.
    V2,
    /// The context is lost at brokers.
    V3,
    /// No trace ids at all.
    V4,
    /// As v1, with wrong clocks.
    V5,
    /// As v1, with faults.
    V6,
}

impl Variant {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Variant; 6] = [Self::V1, Self::V2, Self::V3, Self::V4, Self::V5, Self::V6];

    /// `v1` … `v6`
    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// The ids of one span, canonical: 32 and 16 digits.
#[derive(Clone, Debug)]
pub(crate) struct SpanIds {
    pub(crate) trace: String,
    pub(crate) span: String,
    /// The context was lost before it: its parent is only its cause.
    pub(crate) cut: bool,
}

/// Gives each span its ids.
pub(crate) fn ids(system: &System, run: &Run, variant: Variant) -> Vec<SpanIds> {
    let mut draw = Draw::new(system.seed, "ids");
    let mut all: Vec<SpanIds> = Vec::with_capacity(run.spans.len());
    for span in &run.spans {
        let cut = variant == Variant::V3 && span.loses_context && span.parent.is_some();
        let trace = match span.parent {
            Some(parent) if !cut => all[parent].trace.clone(),
            _ => trace_id(&mut draw, system.company.ids, span.start),
        };
        let id = loop {
            let id = draw.hex(16);
            // A decimal number of fewer digits would be hard to tell from other numbers.
            if !id.starts_with('0') {
                break id;
            }
        };
        all.push(SpanIds { trace, span: id, cut });
    }
    all
}

fn trace_id(draw: &mut Draw, spelling: IdSpelling, at: i64) -> String {
    match spelling {
        IdSpelling::Hex64 | IdSpelling::Decimal => {
            format!("{:0>16}{}{}", "", draw.of(b"123456789abcdef", 1), draw.hex(15))
        }
        IdSpelling::Xray => format!("{:08x}{}", at / 1_000_000_000, draw.hex(24)),
        _ => format!("{}{}", draw.of(b"123456789abcdef", 1), draw.hex(31)),
    }
}

/// The trace id as the company's logs spell it.
pub(crate) fn spell_trace(trace: &str, spelling: IdSpelling) -> String {
    match spelling {
        IdSpelling::Hex | IdSpelling::HexDecimal => trace.to_owned(),
        IdSpelling::Hex64 => trace[16..].to_owned(),
        IdSpelling::Decimal => decimal(&trace[16..]),
        IdSpelling::Uuid => {
            let parts = [&trace[..8], &trace[8..12], &trace[12..16], &trace[16..20], &trace[20..]];
            parts.join("-")
        }
        IdSpelling::Xray => format!("1-{}-{}", &trace[..8], &trace[8..]),
        IdSpelling::Loud => trace.to_uppercase(),
    }
}

/// The span id as the company's logs spell it.
pub(crate) fn spell_span(span: &str, spelling: IdSpelling) -> String {
    match spelling {
        IdSpelling::Decimal | IdSpelling::HexDecimal => decimal(span),
        IdSpelling::Loud => span.to_uppercase(),
        _ => span.to_owned(),
    }
}

fn decimal(hex: &str) -> String {
    u64::from_str_radix(hex, 16).expect("ids are hexadecimal").to_string()
}

/// Name and value of the header that carries this context.
pub(crate) fn header(
    ids: &SpanIds,
    spelling: IdSpelling,
    propagation: Propagation,
) -> (&'static str, String) {
    let SpanIds { trace, span, .. } = ids;
    let short = if spelling == IdSpelling::Hex64 { &trace[16..] } else { trace };
    match propagation {
        _ if spelling == IdSpelling::Xray => {
            ("X-Amzn-Trace-Id", format!("Root=1-{}-{};Parent={span};Sampled=1", &trace[..8], &trace[8..]))
        }
        Propagation::W3c => ("traceparent", format!("00-{trace}-{span}-01")),
        Propagation::B3 => ("b3", format!("{short}-{span}-1")),
        Propagation::Jaeger => ("uber-trace-id", format!("{}:{span}:0:1", short.trim_start_matches('0'))),
        Propagation::Datadog => ("x-datadog-parent-id", decimal(span)),
    }
}

/// How wrong one service's clock is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    pub(crate) offset_s: f64,
    pub(crate) drift_ppm: f64,
    /// When the drift began.
    pub(crate) base_ns: i64,
}

impl Clock {
    /// Nanoseconds that the clock is ahead at the true time `at`.
    pub(crate) fn ahead(&self, at: i64) -> i64 {
        (self.offset_s * 1e9 + (at - self.base_ns) as f64 * self.drift_ppm / 1e6) as i64
    }
}

/// The clocks of the services; those on one machine share it.
pub(crate) fn clocks(system: &System, variant: Variant) -> Vec<Clock> {
    let mut draw = Draw::new(system.seed, "clocks");
    let mut hosts = BTreeMap::new();
    let drifting = 1 + draw.below(2);
    for host in 0..system.company.hosts.len() {
        let clock = match variant {
            Variant::V5 => Clock {
                offset_s: if draw.chance(0.15) { 0.0 } else { (draw.between(-3.0, 3.0) * 1e3).round() / 1e3 },
                drift_ppm: if host < drifting { draw.between(-150.0, 150.0).round() } else { 0.0 },
                base_ns: system.company.epoch_ns,
            },
            _ => Clock { base_ns: system.company.epoch_ns, ..Clock::default() },
        };
        hosts.insert(host, clock);
    }
    system.services.iter().map(|service| hosts[&service.host]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_spelled_as_the_tracers_spell_them() {
        let trace = "5759e988bd862e3fe1be46a994272793";
        assert_eq!(spell_trace(trace, IdSpelling::Xray), "1-5759e988-bd862e3fe1be46a994272793");
        assert_eq!(spell_trace(trace, IdSpelling::Uuid), "5759e988-bd86-2e3f-e1be-46a994272793");
        assert_eq!(spell_trace(trace, IdSpelling::Decimal), "16266516598257821587");
        assert_eq!(spell_span("00000000000000ff", IdSpelling::Decimal), "255");
    }
}
