//! What deviates from what is usual, and what failed: one finding a cause.
//!
//! Each file knows one kind of fault. A finding is made where the fault is; what follows from it is named there and found
//! no second time: a hop that failed misses no steps, a hop that waits for a stuck one is not stuck itself.

mod apart;
mod blame;
mod case;
mod error;
mod missing;
mod order;
mod received;
mod recover;
mod repeated;
mod retry;
mod run;
mod said;
mod slow;
mod stuck;
mod vanish;
mod words;

use super::flow::{Run, Usual};
use crate::model::{Finding, FindingKind, Severity, Status, Trace};
use case::Case;
use rayon::prelude::*;
pub(super) use run::Whole;
pub(super) use words::Sayings;

/// Finds what is wrong with the traces at hand, in their order, and sets how each ended.
pub(super) fn find(run: &Run<'_>, usual: &Usual, sayings: &Sayings, traces: &mut [Trace]) -> Vec<Finding> {
    let found: Vec<(Vec<Finding>, Status)> = traces
        .par_iter()
        .map(|trace| {
            let mut case = Case::new(run, (usual, sayings), trace);
            stuck::mark(&mut case);
            error::judge(&mut case);
            repeated::judge(&mut case);
            stuck::judge(&mut case);
            missing::judge(&mut case);
            vanish::judge(&mut case);
            order::judge(&mut case);
            slow::judge(&mut case);
            let status = status(&case);
            (case.finish(), status)
        })
        .collect();
    for (trace, (_, status)) in traces.iter_mut().zip(&found) {
        trace.status = *status;
    }
    found.into_iter().flat_map(|(findings, _)| findings).collect()
}

fn status(case: &Case<'_>) -> Status {
    let has = |kinds: &[FindingKind]| {
        case.findings.iter().any(|finding| finding.severity > Severity::Info && kinds.contains(&finding.kind))
    };
    let lacks = has(&[FindingKind::MissingStep, FindingKind::Stuck]);
    if has(&[FindingKind::Error]) || lacks && case.any_broken() {
        Status::Error
    } else if lacks {
        Status::Incomplete
    } else if case.truncated {
        Status::Truncated
    } else {
        Status::Ok
    }
}
