//! What was handled more than once: the same hop for the same value, where the other transactions have it once.

use super::case::{Case, Fate, Found};
use crate::analyze::flow::holders;
use crate::model::{FindingKind, Level, Severity, Symbol};

/// Judges all that was done more than once in a transaction.
pub(super) fn judge(case: &mut Case<'_>) {
    if case.shape.hops.len() < 2 {
        return;
    }
    let mut repeated: Vec<(Vec<u32>, u32, Symbol)> = holders(&case.shape)
        .into_iter()
        .filter_map(|((kind, name, _), hops)| {
            let usual = case.usual.holders(kind, name).filter(|&usual| hops.len() as u32 > usual)?;
            Some((hops, usual, name))
        })
        .collect();
    repeated.sort_unstable();
    let mut seen: Vec<Vec<u32>> = Vec::new();
    for (mut hops, usual, name) in repeated {
        if seen.contains(&hops) {
            continue;
        }
        seen.push(hops.clone());
        hops.sort_by_key(|&hop| (case.hop(hop as usize).start, hop));
        if told_apart(case, &hops) {
            continue;
        }
        let (first, further) = hops.split_at(usual as usize);
        report(case, first, further, name);
    }
}

/// Whether some other value, which usually only one hop holds, tells the hops apart.
fn told_apart(case: &Case<'_>, hops: &[u32]) -> bool {
    let hop = |index: u32| case.hop(index as usize);
    let first = hop(hops[0]);
    first.values.iter().filter(|(.., telling)| *telling).any(|&(name, value, _)| {
        let Some(usual) = case.usual.holders(first.kind, name) else { return false };
        let same = hops
            .iter()
            .filter(|&&other| hop(other).values.iter().any(|held| (held.0, held.1) == (name, value)));
        let has = hops.iter().all(|&other| hop(other).values.iter().any(|held| held.0 == name));
        has && same.count() as u32 <= usual && (hops.len() as u32) > usual
    })
}

fn report(case: &mut Case<'_>, first: &[u32], further: &[u32], name: Symbol) {
    let earlier = first[first.len() - 1] as usize;
    for &later in further {
        let index = later as usize;
        if matches!(case.fates[index], Fate::Fine | Fate::Stuck) {
            case.fates[index] = Fate::Repeated;
        }
        let (before, hop) = (case.hop(earlier), case.hop(index));
        // causes that were repeated themselves repeat their effects; a cause of another kind is another matter
        if before.parent != hop.parent {
            continue;
        }
        if matches!(case.fates[earlier], Fate::Retried | Fate::Broken) {
            continue;
        }
        let warned = before
            .steps
            .last()
            .is_some_and(|last| case.run.store.event(last.event).level >= Some(Level::Warn));
        let unfinished = case.usual.lacking(before).count() > case.usual.lacking(hop).count();
        let effects = before.children.len();
        let (Some(one), Some(other)) = (before.steps.first(), hop.steps.first()) else { continue };
        let (service, says) = (case.service(hop), case.says(other.event));
        let by = case.run.store.symbols.text(name);
        let by = if by.is_empty() { String::new() } else { format!(" (same {by})") };
        let retried = warned || unfinished && effects == 0 && before.steps.len() == 1;
        let (kind, severity, summary) = if retried {
            (
                FindingKind::Retry,
                Severity::Info,
                format!("{service} took up {says} again after it had not finished{by}"),
            )
        } else {
            (FindingKind::Duplicate, Severity::Warning, format!("{service} handled {says} twice{by}"))
        };
        let evidence = vec![one.event, other.event];
        let group = (hop.kind, 0);
        if matches!(case.fates[earlier], Fate::Fine | Fate::Stuck) {
            case.fates[earlier] = Fate::Repeated;
        }
        case.find(
            index,
            Found { kind, severity, span: None, service: None, summary, confidence: 0.9, evidence, group },
        );
    }
}
