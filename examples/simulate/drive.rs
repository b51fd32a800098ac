//! Draws a system, finds out how fast it is, and then drives it as hard as was drawn.

use std::rc::Rc;

use crate::plan::{Origin, System, Trigger};
use crate::run::{self, Load, Run};
use crate::variant::Variant;
use crate::{planner, symmetry};

/// A system, and a few of its transactions, one at a time, that show how long things take.
pub(crate) struct Trial {
    pub(crate) system: Rc<System>,
    run: Run,
}

/// Draws the system of `seed`. One in which too many spans could as well hang elsewhere is drawn again.
pub(crate) fn draw(seed: u64) -> Trial {
    const ATTEMPTS: u32 = 16;
    let mut attempt = 0;
    loop {
        let system = Rc::new(planner::draw(seed, attempt));
        let quiet = Load { transactions: 18, gap_ns: 90e9, job_runs: 3, ..Load::default() };
        let run = run::run(&system, quiet, "trial");
        attempt += 1;
        if attempt == ATTEMPTS || symmetry::measure(&system, &run).share() <= 0.006 {
            return Trial { system, run };
        }
    }
}

/// Runs a system with so many transactions from outside.
pub(crate) fn drive(trial: &Trial, variant: Variant, transactions: usize) -> Run {
    let load = load(&trial.system, &trial.run, variant, transactions);
    run::run(&trial.system, load, "run")
}

/// How hard to drive the system, from what a quiet trial has shown.
fn load(system: &System, trial: &Run, variant: Variant, transactions: usize) -> Load {
    let length = |spans: &[&run::Span]| {
        let from = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let to = spans.iter().filter_map(|span| span.end).max().unwrap_or(0);
        (to - from) as f64
    };
    let requests: Vec<usize> =
        (0..trial.transactions.len()).filter(|at| trial.transactions[*at].kind == "request").collect();
    let mut total = 0.0;
    for at in &requests {
        let spans: Vec<&run::Span> = trial.spans.iter().filter(|span| span.transaction == *at).collect();
        total += length(&spans);
    }
    let mean = (total / requests.len().max(1) as f64).max(2e6);
    let (mut visits, mut busy) = (vec![0usize; system.reactions.len()], vec![0f64; system.reactions.len()]);
    let mut flows_of = vec![vec![0usize; system.reactions.len()]; system.flows.len()];
    for span in &trial.spans {
        if let (Some(reaction), Some(end)) = (span.reaction, span.end) {
            visits[reaction] += 1;
            busy[reaction] += (end - span.start) as f64;
            flows_of[trial.transactions[span.transaction].flow][reaction] += 1;
        }
    }
    let per_request = |reaction: usize| busy[reaction] / requests.len().max(1) as f64;
    // One partition is worked off by one consumer; more than it can take would only pile up.
    let lane = |at: usize| match system.reactions[at].trigger {
        Trigger::Channel(channel) if system.channels[channel].broker.has_offsets() => {
            per_request(at) / (0.6 * f64::from(system.channels[channel].partitions))
        }
        _ => 0.0,
    };
    let gap_ns = (0..system.reactions.len()).map(lane).fold(mean / system.in_flight, f64::max);
    let workers = (0..system.reactions.len()).map(|reaction| match variant {
        // What one slow step holds up must not look like further faults.
        Variant::V6 => 10_000,
        _ => workers(system, reaction, per_request(reaction) / gap_ns),
    });
    let typical_ns = (0..system.reactions.len())
        .map(|reaction| (busy[reaction] / visits[reaction].max(1) as f64) as i64)
        .collect();
    let mut faults = crate::draw::Draw::new(system.seed, "fault rate");
    let mut targets = Vec::new();
    for (at, flow) in system.flows.iter().enumerate() {
        let begun = requests.iter().filter(|tx| trial.transactions[**tx].flow == at).count();
        let usual = |reaction: &usize| {
            let plan = &system.reactions[*reaction];
            let fit = plan.can_fail && plan.shows() && plan.span.fail.is_some();
            fit && flow.origin != Origin::Clock && flows_of[at][*reaction] * 10 >= begun * 6
        };
        let often: Vec<usize> = (0..system.reactions.len()).filter(usual).filter(|_| begun > 0).collect();
        targets.push(often);
    }
    Load {
        transactions,
        gap_ns,
        job_runs: 3 + transactions / 40,
        workers: workers.collect(),
        typical_ns,
        targets: if variant == Variant::V6 { targets } else { Vec::new() },
        fault_rate: faults.between(0.15, 0.4),
        exhaustion: variant != Variant::V6,
    }
}

/// Workers of a reaction that is busy `load` at a time, on average.
fn workers(system: &System, reaction: usize, load: f64) -> u32 {
    let plan = &system.reactions[reaction];
    let service = &system.services[plan.service];
    if service.event_loop {
        return 10_000;
    }
    // Some run close to their limit, so that work queues up.
    let spare = [1.3, 1.6, 2.2, 4.0][(reaction * 7 + service.stem.len()) % 4];
    (load * spare).ceil().max(1.0) as u32 + u32::from(spare > 2.0) * 2
}
